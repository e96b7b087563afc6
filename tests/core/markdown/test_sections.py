"""Lines and sections of a Markdown file, whatever editor it comes from."""

import pytest

from mlkanban.core.markdown.sections import lines_of, quoted
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
