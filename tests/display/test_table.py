"""Tables of text on every surface."""

from html import escape

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from mlkanban.display.table import (
    Table,
    html_table,
    html_text,
    markdown_table,
    screen_lines,
    text_lines,
)
from mlkanban.text import display

CARDS = Table(("card", "age", "title"), [(f"c{n}", f"{n} d", f"Title {n}") for n in range(30)])
WIDE = Table(("card", "title"), [("漢字", "one"), ("a", "two")])


def test_columns_line_up_whatever_the_script():
    assert text_lines(WIDE) == ["card  title", "漢字  one", "a     two"]


def test_the_last_column_is_cut_at_the_edge_and_never_to_nothing():
    assert text_lines(Table(("id", "title"), [("a", "x" * 40)]), 20)[1] == f"a   {'x' * 14}.."
    assert text_lines(Table(("id", "title"), [("a", "x" * 40)]), 3)[1] == f"a   {'x' * 8}.."


@given(st.integers(2, 90), st.integers(3, 40), st.integers(0, 29))
def test_a_screen_shows_the_selected_row(width: int, height: int, selected: int) -> None:
    lines = screen_lines(CARDS, width, height, selected)
    assert len(lines) <= height
    assert all(cell_len(line) <= max(width, len("  and 28 more")) for line in lines)
    marked = [line for line in lines if line.startswith(">")]
    assert len(marked) == 1
    assert f"> c{selected}".startswith(marked[0].rstrip(".")[: len(f"> c{selected}")])


def test_a_screen_says_how_many_rows_are_left():
    assert screen_lines(CARDS, 40, 10, None)[-1] == "  and 22 more"
    assert len(screen_lines(CARDS, 40, 40, None)) == 31


def test_markdown_and_html_take_every_sign_literally():
    nasty = Table(("a",), [("<b>|*x*\x1b[31m",)])
    assert markdown_table(nasty).split("\n")[2] == r"| \<b\>\|\*x\*" + f"{chr(0xFFFD)}\\[31m |"
    assert "<b>" not in html_table(nasty)
    assert markdown_table(Table(("a",), [("`x`",)]), cell=str) == "| a |\n| --- |\n| `x` |"


@given(st.text())
def test_html_is_escaped_as_html_escape_does(text: str) -> None:
    assert html_text(text) == escape(display(text))
