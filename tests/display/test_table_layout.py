"""A table on a screen: what is cut, what never is, and how much of it is made."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from mlkanban.display.table import Table
from mlkanban.display.table_layout import TableLayout
from mlkanban.glyphs import UTF8, glyphs

TITLE = "Fraud v3: transformer over the last 50 payments of each card"
CARDS = Table(
    ("card", "age", "pace", "stage", "title"),
    [
        ("v120", "22 d!!", "92 %", "Evaluation", TITLE),
        ("v5", "8 d", "-", "Data prep", "漢字 in a title"),
        ("v77", "105 d!", "100 %", "Deployment", "\x1b[31mred\u202e"),
    ],
)


def lines_of(table: Table, width: int) -> list[str]:
    layout = TableLayout(table, UTF8)
    sizes = layout.sizes(width)
    return [layout.head(sizes), *(layout.row(at, sizes) for at in range(len(table.rows)))]


def test_it_takes_the_room_it_needs() -> None:
    layout = TableLayout(CARDS, UTF8)
    lines = lines_of(CARDS, layout.width)
    assert TITLE in lines[1]
    assert max(map(cell_len, lines)) == layout.width
    assert lines_of(CARDS, layout.width + 40) == lines


def test_numbers_stand_at_the_right_and_titles_are_cut() -> None:
    head, *rows = lines_of(CARDS, 60)
    end = head.index("age") + 3
    assert [row[:end].rstrip().split()[-1] for row in rows] == ["d!!", "d", "d!"]
    assert all(row[end - 1] != " " for row in rows)
    assert rows[0].rstrip().endswith("…")
    assert "92 %" in rows[0]
    assert "100 %" in rows[2]


@given(st.integers(1, 120))
def test_a_number_is_whole_or_not_there(width: int) -> None:
    head, *rows = lines_of(CARDS, width)
    for row, stored in zip(rows, CARDS.rows, strict=True):
        assert cell_len(row) <= width
        if "pace" in head:
            assert stored[2] in row
        if "age" in head:
            assert stored[1] in row
    assert "title" in head or "…" in head or width < 20


def test_what_drives_a_terminal_is_not_shown() -> None:
    assert "\x1b" not in lines_of(CARDS, 100)[3]
    assert "\u202e" not in lines_of(CARDS, 100)[3]


def test_only_rows_in_sight_are_made() -> None:
    """A row is not looked at in full before it is drawn, however long its title is."""
    table = Table(("card", "title"), [(f"v{n}", "x" * 1_000_000) for n in range(3)])
    layout = TableLayout(table, glyphs("ascii"))
    assert layout.width < 1_000
    assert len(layout.row(0, layout.sizes(40))) == 40
    assert layout.row(0, layout.sizes(40)).endswith("..")


def test_what_names_a_row_is_cut_last() -> None:
    table = Table(
        ("what", "times", "which"),
        [
            (
                "changed stage after delivery, or came back",
                "2",
                ", ".join(f"v{n}" for n in range(60)),
            )
        ],
    )
    made = TableLayout(table, UTF8)
    assert made.row(0, made.sizes(80)).startswith("changed stage after delivery, or came back  ")


def test_days_past_a_date_stand_at_the_right_like_those_before_it() -> None:
    made = TableLayout(Table(("card", "in"), [("v1", "LATE 3 d"), ("v2", "19 d")]), UTF8)
    assert made.row(1, made.sizes(40)) == "v2        19 d"


def test_figures_have_the_signs_and_titles_stay_as_they_were_written() -> None:
    table = Table(("what", "auc", "title"), [("best", ".944 +- .004", "recall +- 1")])
    assert ".944 ± .004" in lines_of(table, 60)[1]
    assert "recall +- 1" in lines_of(table, 60)[1]
