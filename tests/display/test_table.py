"""Tables of text on every surface."""

from html import escape

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mlkanban.display.table import (
    Table,
    html_table,
    html_text,
    markdown_table,
    markdown_text,
    text_lines,
)
from mlkanban.text import display

WIDE = Table(("card", "title"), [("漢字", "one"), ("a", "two")])


def test_columns_line_up_whatever_the_script():
    assert text_lines(WIDE) == ["card  title", "漢字  one", "a     two"]


def test_the_last_column_is_cut_at_the_edge_and_never_to_nothing():
    assert text_lines(Table(("id", "title"), [("a", "x" * 40)]), 20)[1] == f"a   {'x' * 14}.."
    assert text_lines(Table(("id", "title"), [("a", "x" * 40)]), 3)[1] == f"a   {'x' * 8}.."


def test_markdown_and_html_take_every_sign_literally():
    nasty = Table(("a",), [("<b>|*x*\x1b[31m",)])
    assert markdown_table(nasty).split("\n")[2] == r"| \<b\>\|\*x\*" + f"{chr(0xFFFD)}\\[31m |"
    assert "<b>" not in html_table(nasty)
    assert markdown_table(Table(("a",), [("`x`",)]), cell=str) == "| a |\n| --- |\n| `x` |"


def test_pasted_markdown_makes_no_links_and_calls_nobody():
    shown = markdown_text("ask @maria, a@b.c, http://a.b/c, www.x.org")
    assert shown == r"ask @&#8203;maria, a@b.c, http\://a.b/c, www\.x.org"
    parsed = MarkdownIt("gfm-like", {"linkify": False}).renderInline(shown)
    assert parsed == "ask @\u200bmaria, a@b.c, http://a.b/c, www.x.org"


@given(st.text())
def test_html_is_escaped_as_html_escape_does(text: str) -> None:
    assert html_text(text) == escape(display(text))
