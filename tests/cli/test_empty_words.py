"""An empty word where something is to be named is refused with one sentence, and writes nothing."""

import pytest


@pytest.mark.parametrize(
    "words",
    [
        ("--board", "", "list"), ("--home", "", "boards"), ("init", ""), ("init", " "),
        ("init", "x", "--timezone", ""), ("restore", ""), ("backup", "--to", ""),
        ("stages", "add", ""), ("stages", "add", "x", "--after", ""), ("stages", "limit", "", "3"),
        ("stages", "rename", "Ideas", ""), ("stages", "rename", "", "x"),
        ("stages", "commit", ""), ("stages", "uncommit", ""), ("stages", "remove", ""),
        ("stages", "move", "", "1"), ("move", "REF", ""), ("move", "", "Ready"),
        ("move", "REF", "Ready", "--before", ""), ("add", "x", "--tag", ""),
        ("add", "x", "--stage", ""), ("add", "x", "--needs", ""), ("edit", "REF", "--tag", " "),
        ("edit", "REF", "--untag", ""), ("edit", "REF", "--title", ""),
        ("edit", "REF", "--due", ""), ("edit", "REF", "--parent", ""),
        ("edit", "REF", "--needs", ""), ("edit", "REF", "--link", ""),
        ("edit", "REF", "--unlink", ""), ("edit", "REF", "--lineage", ""),
        ("edit", "REF", "--tick", ""), ("block", "REF", "--reason", "bug", "--until", ""),
        ("show", ""), ("note", "", "x"), ("archive", ""), ("merge", "REF", ""), ("history", ""),
        ("runs", ""), ("logs", ""), ("stop", ""), ("diff", ""), ("unlink", "REF", ""),
        ("run", "", "--", "true"), ("import", "markdown", ""),
        ("import", "events", "", "--map", "x"), ("import", "events", "x", "--map", ""),
        ("export", "csv", "--out", ""), ("sync", "--dir", ""),
        ("resolve", ""), ("resolve", "REF", "", "--keep"), ("flow", "aging", "--tag", ""),
        ("list", "--view", ""), ("list", "-q", "tag:"), ("list", "-q", "stage:"),
        ("report", "--out", ""), ("plan", "--until", ""),
    ],
)  # fmt: skip
def test_an_empty_word_is_refused_before_anything_is_written(board, words) -> None:
    ref = board.card("one")
    before = board.data("history")
    answer = board(*(ref if word == "REF" else word for word in words))
    assert (answer.code, answer.out) == (2, "")
    assert len(answer.err.splitlines()) == 1
    assert "empty" in answer.err or "needs a value" in answer.err, answer.err
    assert board.data("history") == before


def test_the_sentence_says_what_and_where_and_what_to_do(board) -> None:
    ref = board.card("one")
    for words, said in {
        ("restore", ""): "No backup is given: FILE|NAME is empty. List them: mlkanban backup list",
        (
            "edit",
            ref,
            "--tag",
            "",
        ): "No tag is given: --tag is empty. Type a word, or leave it out.",
        ("stages", "add", ""): "No name is given: NAME is empty. Type a few words.",
    }.items():
        assert board(*words).err == f"mlkanban: {said}\n"
