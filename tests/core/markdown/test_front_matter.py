"""Values as YAML has them: quoted only where it would read something else. (Checked against PyYAML
when the rule was made; here without it.)"""

import pytest

from mlkanban.core.markdown.front_matter import (
    FrontMatterLine,
    entry_line,
    flow,
    read_lines,
    read_list,
    read_scalar,
    scalar,
    written,
)
from mlkanban.errors import BadMarkdown


@pytest.mark.parametrize(
    "text",
    ["focal loss", "GPU", "a:b", "a#b", "https://x/y?z=1", "it's", "3 epochs", "(a) b", "_x",
     "模型",
     "x [y]", "Test a, b", "v1", "nullable", 'say "x"'],
)  # fmt: skip
def test_what_yaml_reads_as_text_stands_as_it_is(text: str) -> None:
    assert scalar(text) == text
    assert read_scalar(FrontMatterLine(text, 1)) == text


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("a: b", '"a: b"'), ("a:", '"a:"'), ("a #b", '"a #b"'), ("# a", '"# a"'), ("- a", '"- a"'),
        ("[a]", '"[a]"'), ("{a}", '"{a}"'), ("*a", '"*a"'), ("&a", '"&a"'), ("!a", '"!a"'),
        ("'a'", "\"'a'\""), ('"a"', '"\\"a\\""'), ("|", '"|"'), ("> a", '"> a"'), ("@a", '"@a"'),
        ("yes", '"yes"'), ("No", '"No"'), ("null", '"null"'), ("~", '"~"'), ("1", '"1"'),
        ("1e3", '"1e3"'), ("0x1F", '"0x1F"'), ("12:30", '"12:30"'), ("2026-03-31", '"2026-03-31"'),
        (".5", '".5"'), ("a\nb", '"a\\nb"'), ("a\tb", '"a\\tb"'), ("a\u200bb", '"a\\u200bb"'),
    ],
)  # fmt: skip
def test_what_it_would_misread_is_quoted(text: str, quoted: str) -> None:
    assert scalar(text) == quoted
    assert read_scalar(FrontMatterLine(quoted, 1)) == text


def test_lists() -> None:
    items = ("a", "b c", "d,e", "f]", "", "yes", "g?", 'h"')
    assert flow(items) == '[a, b c, "d,e", "f]", "", "yes", "g?", "h\\""]'
    assert read_list(FrontMatterLine(flow(items), 1)) == tuple(item for item in items if item)
    assert flow(()) == "[]"
    assert read_list(FrontMatterLine("[]", 1)) == ()


def test_comments_and_empty_lines_are_no_entries() -> None:
    entries = read_lines(["# typed by hand", "title: a", "", "due:"], 2)
    assert entries == {"title": FrontMatterLine("a", 3), "due": FrontMatterLine("", 5)}


@pytest.mark.parametrize(
    ("raw", "text"), [("'it''s'", "it's"), ("cats'", "cats'"), ("'", "'"), ("'n boot", "'n boot")]
)
def test_single_quotes_count_only_around_a_value(raw: str, text: str) -> None:
    assert read_scalar(FrontMatterLine(raw, 1)) == text


@pytest.mark.parametrize(
    ("lines", "at", "said"),
    [
        (["title: a", "", "title: b"], 4, "title stands here a second time"),
        (["title: a", "nothing"], 3, "'nothing' is not of the form"),
        (["title:a"], 2, "'title:a' is not of the form"), ([": a"], 2, "is not of the form"),
        (["x" * 50], 2, f"'{'x' * 40}' is not"),
    ],
)  # fmt: skip
def test_the_line_of_a_mistake_is_told(lines: list[str], at: int, said: str) -> None:
    with pytest.raises(BadMarkdown) as bad:
        read_lines(lines, 2)
    assert bad.value.line == at
    assert said in bad.value.what
    if "second" in said:
        assert "line 2" in bad.value.hint


@pytest.mark.parametrize(
    ("raw", "items"),
    [
        ("", ()), ("a", ("a",)), ("a, b", ("a", "b")), ("a,,b,", ("a", "b")), ("[a", None),
        ("[a, b]", ("a", "b")), ('["a, b", c]', ("a, b", "c")), ('"a" b', None), ('["a', None),
        ("[ ]", ()), ("[a,]", ("a",)), ('[""]', ()), ("a]", ("a]",)), ('["\\ud800x"', None),
    ],
)  # fmt: skip
def test_a_list_is_read_with_or_without_brackets(raw: str, items: tuple[str, ...] | None) -> None:
    if items is None:
        with pytest.raises(BadMarkdown) as bad:
            read_list(FrontMatterLine(raw, 7))
        assert bad.value.line == 7
    else:
        assert read_list(FrontMatterLine(raw, 7)) == items


@pytest.mark.parametrize("raw", ['"', '"a', '"a" b', '"a"b"'])
def test_a_text_that_begins_with_a_quote_is_one_quoted_text(raw: str) -> None:
    with pytest.raises(BadMarkdown, match="begins with a quote") as bad:
        read_scalar(FrontMatterLine(raw, 3))
    assert bad.value.line == 3


def test_signs_that_are_not_seen_are_written_as_numbers() -> None:
    assert scalar("a\uffffb") == '"a\\uffffb"'
    assert scalar("a\U0001f9eab", in_list=True) == "a\U0001f9eab"
    assert scalar("a \U000e0001") == '"a \U000e0001"'
    assert (scalar(""), scalar("", in_list=True)) == ("", '""')
    assert (scalar("a?"), scalar("a?", in_list=True)) == ("a?", '"a?"')
    assert entry_line("due", "") == "due:"
    assert (written("a"), written(("a", "b"))) == ("a", "[a, b]")
