"""How the lines of a question are broken."""

from mlkanban.tui.widgets.ask import Option, _in_one_line, _label_lines


def texts(lines) -> list[str]:
    return ["".join(piece.text for piece in line) for line in lines]


def test_an_answer_never_loses_its_word() -> None:
    options = [Option("y", "leave"), Option("q", "cancel")]
    [line] = texts(_in_one_line("The demo is thrown away.", options, 50))
    assert line.endswith("[y] leave  [q] cancel")
    for room in range(30, 50):
        assert all(
            "cancel" in line for line in texts(_in_one_line("The demo goes.", options, room))
        )


def test_what_the_keys_do_is_not_broken() -> None:
    assert texts(_label_lines("Why", "saves", "", 78)) == ["Why  (Enter saves, Ctrl+g cancels)"]
    label = "Why is it blocked, until when, and who or what is it waiting for?"
    assert texts(_label_lines(label, "saves", "", 78)) == [label, "(Enter saves, Ctrl+g cancels)"]
