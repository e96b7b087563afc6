"""THE table of commands: what leads to one, by which words."""

from mlkanban.shell_commands import ALSO, MEANT, SECTIONS, SENTENCES, words_for


def test_every_command_has_one_place_and_a_sentence() -> None:
    names = [name for section in SECTIONS.values() for name in section]
    assert sorted(names) == sorted(SENTENCES)
    assert all(sentence.endswith(".") for sentence in SENTENCES.values())


def test_other_words_lead_to_commands_that_there_are_and_are_none_themselves() -> None:
    assert ALSO.keys() <= SENTENCES.keys()
    assert not MEANT.keys() & SENTENCES.keys()


def test_a_command_is_found_by_its_words_and_those_of_its_subcommands() -> None:
    assert {"rm", "delete", "remove"} <= set(words_for("archive").split())
    assert {"cfd", "stats", "lead-time"} <= set(words_for("flow").split())
    assert "jira" in words_for("import")
    assert not words_for("portfolio")
