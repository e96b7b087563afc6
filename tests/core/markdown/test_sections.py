"""Lines and sections of a Markdown file, whatever editor it comes from."""

import pytest

from mlkanban.core.markdown.sections import Levels, Part, lines_of, quoted
from mlkanban.errors import BadMarkdown


def test_the_lines_of_any_editor_are_the_same() -> None:
    for text in ("a\nb\n", "a\r\nb\r\n", "\ufeffa\nb\n"):
        assert lines_of(text) == ["a", "b", ""]


@pytest.mark.parametrize("number", [1, 2, 4])
def test_the_line_that_is_no_utf8_is_named(number: int) -> None:
    lines = ["a"] * 4
    lines[number - 1] = "caf\udce9"
    with pytest.raises(BadMarkdown) as bad:
        lines_of("\n".join(lines))
    assert bad.value.line == number


def test_a_quote_has_a_mark_on_each_line() -> None:
    assert quoted(["a\nb", "c "]) == ["> a", "> b", ">", "> c"]
    assert quoted([]) == [">"]


def test_a_document_in_parts_has_the_numbers_of_its_lines() -> None:
    lines = ["", "free", "## A", "", " ", "a", "### B", "#### C", "", "##D", "## E \t"]
    parts = Levels(2, 3).parts(lines, 5)
    assert parts == [
        Part(0, "", 4, ("", "free")), Part(2, "A", 7, ("", " ", "a")),
        Part(3, "B", 11, ("#### C", "", "##D")), Part(2, "E", 15, ()),
    ]  # fmt: skip
    assert [part.empty for part in parts] == [False, False, False, True]
    assert [part.first for part in parts] == [6, 10, 12, 15]
    assert list(parts[2].rows()) == [(12, "#### C"), (14, "##D")]
    assert Levels(2, 3).parts([]) == [Part(0, "", 0, ())]
    assert Levels(1, 1).parts(["# A"])[1] == Part(1, "A", 1, ())


def test_only_what_would_be_read_as_a_heading_gets_a_backslash() -> None:
    levels = Levels(2, 3)
    for text, guarded in (
        ("# a", "# a"), ("## a", "\\## a"), ("### a", "\\### a"), ("#### a", "#### a"),
        ("##", "##"), ("## ", "## "), ("\\## a", "\\\\## a"), ("x ## a", "x ## a"),
        ("a\n## b", "a\n\\## b"),
    ):  # fmt: skip
        assert levels.guarded(text) == guarded
        assert levels.text(Part(2, "A", 1, tuple(guarded.split("\n")))) == text.strip()
