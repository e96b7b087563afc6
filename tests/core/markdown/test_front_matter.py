"""Values as YAML has them: quoted only where it would read something else. (Checked against PyYAML
when the rule was made; here without it.)"""

import pytest

from mlkanban.core.markdown.front_matter import (
    FrontMatterLine,
    flow,
    read_lines,
    read_list,
    read_scalar,
    scalar,
)


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
