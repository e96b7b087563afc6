"""The boards beside each other, in any width."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from mlkanban.core.board import Board, Stage
from mlkanban.display.lines import width_of
from mlkanban.display.portfolio_text import PortfolioRow, _in_cells, sentences, table, table_lines
from mlkanban.flow.portfolio import Standing
from mlkanban.glyphs import UTF8, glyphs

FULL = Standing(3, 12, 1, 2, 9, 1, 6, 30, 1.44, 5, 1)
YOUNG = Standing(3, None, 0, 0, None, None, 1, 1, None, None, 0)
NEW = Standing(0, None, 0, 0, None, None, 0, 0, None, None, 0)


def row(name: str, standing: Standing | None, *, key: str = "", here: bool = False) -> PortfolioRow:
    board = Board("b", key or name.lower(), name, (Stage("s", "S", committed=True),))
    return PortfolioRow(board, standing, here)


ROWS = [row("Fraud", FULL), row("Chores", NEW, here=True), row("Later", None)]


def test_a_line_for_each_board() -> None:
    assert table(ROWS) == [
        "  board   key     WIP   blocked  past SLE  last 30 d  late  at risk  next 30 d",
        "  Fraud   fraud   3/12  1        1         1.4/week   2     1        5+",
        "* Chores  chores  0     0        -         -          0     0        too little history",
        "  Later   later   ..    ..       ..        ..         ..    ..       ..",
    ]


def test_80_columns_take_all_of_it_and_40_what_matters_most() -> None:
    rows = [row("Churn of the smallest customers", FULL, key="churn-of-the-smallest-customers")]
    rows.append(row("Chores", NEW))
    head, first, second = table(rows, 140)
    assert head.split() == table(ROWS)[0].split()
    name = "Churn of the smallest customers"
    assert first.startswith(f"  {name}  churn-of-the-smallest-customers  3/12 ")
    keyless = [word for word in table(ROWS)[0].split() if word != "key"]
    for width, shown in ((112, name), (101, name), (87, "Churn of the smalles..")):
        head, first, second = table(rows, width)
        assert head.split() == keyless, "the name tells more than the key"
        assert first.startswith(f"  {shown}  3/12 ")
    assert second.endswith("too little")
    head, first, _ = table(rows, 43)
    assert head.split() == ["board", "WIP", "blocked", "past", "SLE"]
    assert first.split()[-3:] == ["3/12", "1", "1"]


def test_over_the_limit_of_all_is_marked() -> None:
    assert (
        "13/12!"
        in table([row("Fraud", Standing(13, 12, 0, 0, None, None, 0, 30, 0.0, None, 0))])[1]
    )


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        (None, ["Fraud (fraud): counting ..."]),
        (
            FULL,
            [
                "Fraud (fraud): 3 of 12 in progress, 1 blocked, 2 late, 1 at risk,"
                " 1 past the SLE of 9 days.",
                "6 cards finished in the last 30 days (1.4 a week);"
                " at 85 %, 5 or more will finish in the next 30.",
            ],
        ),
        (
            YOUNG,
            [
                "Fraud (fraud): 3 in progress, 0 blocked, 0 late, 0 at risk, no SLE yet.",
                "1 card finished today; too little history for a forecast.",
            ],
        ),
        (
            NEW,
            [
                "Fraud (fraud): 0 in progress, 0 blocked, 0 late, 0 at risk, no SLE yet.",
                "Nothing was in progress in the last 30 days; too little history for a forecast.",
            ],
        ),
    ],
)
def test_a_board_in_words(standing: Standing | None, said: list[str]) -> None:
    assert sentences(row("Fraud", standing)) == said


def test_names_do_nothing() -> None:
    hostile = row("\x1b]0;x\x07[red]异常", FULL, key="a\x9b31m")
    for lines in (table([hostile]), sentences(hostile)):
        assert not any(c in line for line in lines for c in "\x1b\x07\x9b")
    assert all(line.isascii() for line in table([hostile], 75, ascii=True))


@given(
    st.lists(
        st.builds(
            row, st.text(min_size=1, max_size=50), st.sampled_from([FULL, NEW, None]),
            key=st.text("abc-", min_size=1, max_size=50), here=st.booleans(),
        ),
        min_size=1,
    ),
    st.integers(24, 200),
    st.booleans(),
)  # fmt: skip
def test_it_fits_and_its_columns_line_up(rows, width, ascii) -> None:
    head, *lines = table(rows, width, ascii=ascii)
    assert len(lines) == len(rows)
    assert max(map(cell_len, [head, *lines])) <= width
    assert "WIP" in head
    place = cell_len(head[: head.index("WIP")])
    for one, line in zip(rows, lines, strict=True):
        assert line.startswith("* " if one.here else "  ")
        beginning = {FULL: "3/12", NEW: "0", None: ".."}[one.standing]
        tail = line
        while cell_len(line) - cell_len(tail) < place:
            tail = tail[1:]
        assert tail.startswith(beginning)


@given(
    st.lists(
        st.builds(row, st.text(min_size=1, max_size=50), st.sampled_from([FULL, NEW, None])),
        min_size=1,
    ),
    st.integers(30, 200),
    st.sampled_from([UTF8, glyphs("ascii")]),
)
def test_lines_of_a_screen_fit_and_mark_the_cursor(rows, width, signs) -> None:
    head, lines = table_lines(rows, width, signs, len(rows) - 1)
    assert max(map(width_of, [head, *lines])) <= width
    starts = [line[0].text for line in lines]
    assert starts[-1] == signs.spine_cursor
    assert [len({width_of(line) for line in (head, *lines)})] == [1]


def test_what_needs_somebody_has_the_colour_of_its_state() -> None:
    over = Standing(13, 12, 0, 2, 9, 1, 6, 30, 1.44, 5, 1)
    _, [first, quiet] = table_lines([row("Fraud", over), row("Chores", NEW)], 90, UTF8, 1)
    roles = {piece.text.strip(): piece.role for piece in first}
    assert (roles["13/12!"], roles["2"], roles["0"]) == ("alarm", "alarm", "dim")
    assert first[0].role == "alarm"
    assert "alarm" not in {piece.role for piece in quiet}


def test_that_a_board_is_archived_is_cut_last() -> None:
    for width in (16, 20, 24, 30):
        cells = _in_cells("A churn study of the year 2024 (archived)", width, "…")
        assert cells.rstrip().endswith("… (archived)")
        assert cell_len(cells) == width
