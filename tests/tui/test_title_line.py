"""The first line of the board: what needs somebody, and how it gives way."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from mlkanban.core.board import BlockReason, Board, CardFace, Stage
from mlkanban.glyphs import UTF8, Glyphs, glyphs
from mlkanban.tui.board_model import BoardModel
from mlkanban.tui.title_line import title_line
from tests.tui.boards import somebody
from tests.tui.page import opened
from tests.tui.test_board_model import face

BOARD = Board(
    id="b",
    key="b",
    name="Fraud, churn and demand",
    timezone="Pacific/Auckland",
    stages=(Stage("s0", "Ideas"), Stage("s1", "Work", committed=True), Stage("s2", "Done")),
)
TODAY = date(2026, 3, 20)


def model(board: Board = BOARD) -> BoardModel:
    """Eleven cards at work: five blocked, one late, three older than five days, two snoozed."""
    faces = [
        replace_face(number, block_reason="bug" if number < 5 else "",
                     due="2026-03-19" if number == 7 else "2026-03-20",
                     started_at=started(number), snoozed_until="2026-04-01" if number > 8 else "")
        for number in range(11)
    ]  # fmt: skip
    made = BoardModel.of(board, faces, TODAY)
    made.expect(5)
    return made


def started(number: int) -> str:
    # Midnight of March 16 in Auckland is 11:00 UTC the day before: the fifth day of a card.
    return "2026-03-15T10:59:59.000000Z" if number < 3 else "2026-03-15T11:00:00.000000Z"


def replace_face(number: int, **fields: Any) -> CardFace:
    return face(number, "s1", f"a{number:02}", f"card {number}", 0, "", "")._replace(**fields)


def line(made: BoardModel, width: int, signs: Glyphs = UTF8) -> str:
    pieces = title_line(made, width, signs)
    text = "".join(piece.text for piece in pieces)
    assert cell_len(text) == width
    return text


def test_what_needs_somebody_stands_at_the_right() -> None:
    assert line(model(), 120).split("   ")[0] == " Fraud, churn and demand"
    assert line(model(), 120).rstrip().endswith(
        "   11 in progress   ■ 5 blocked   !! 3 past SLE   1 late   z 2 snoozed"
    )  # fmt: skip


def test_snoozed_cards_go_first_then_words_then_the_name() -> None:
    made = model()
    assert line(made, 89).endswith("   11 in progress   ■ 5 blocked   !! 3 past SLE   1 late ")
    assert line(made, 70).startswith(" Fraud, churn and demand   ")
    assert line(made, 70).endswith("   11 WIP   ■ 5   !! 3   1 late ")
    made.review_day = made.today
    assert line(made, 80).startswith(" Fraud, churn and demand   ")
    assert line(made, 80).endswith("   review due   11 WIP   ■ 5   !! 3   1 late ")
    made.review_day = None
    assert line(made, 65).endswith("   11 WIP   ■ 5   !! 3   1 late ")
    assert line(made, 46).startswith(" Fraud, churn…  ")
    assert line(made, 46).endswith("   11 WIP   ■ 5   !! 3   1 late ")


@pytest.mark.parametrize("width", [1, 2, 5, 11, 20, 30, 40, 250])
@pytest.mark.parametrize("name", ["b", "漢字の板" * 20, "\x1b[31m\u202e" * 9])
def test_it_is_as_wide_as_the_screen(width: int, name: str) -> None:
    made = model(replace(BOARD, name=name))
    for signs in (UTF8, glyphs("ascii")):
        assert "\x1b" not in line(made, width, signs)
    made.filter("漢 tag:x" * 9)
    line(made, width)


def test_nothing_is_said_of_what_there_is_none_of() -> None:
    assert line(BoardModel.of(BOARD, (), TODAY), 80).split() == [
        "Fraud,", "churn", "and", "demand", "0", "in", "progress",
    ]  # fmt: skip


def test_a_filter_stands_beside_the_name_with_what_it_found() -> None:
    made = model()
    made.filter("card 1")
    pieces = title_line(made, 120, UTF8)
    assert ("  card 1", "focus") in pieces
    assert ("  1 of 11", "text") in pieces


def test_what_a_filter_finds_none_of_is_dim_and_goes_before_the_name_does() -> None:
    made = model()
    made.filter("card 7")
    pieces = title_line(made, 160, UTF8)
    assert ("■ 0 of 5 blocked", "dim") in pieces
    assert ("1 of 1 late", "alarm") in pieces
    assert ("z 0 of 2 snoozed", "dim") in pieces
    assert line(made, 80).startswith(" Fraud, churn and demand  card 7  1 of 11   ")
    assert line(made, 80).endswith("   1 of 11 WIP   1 of 1 late ")


@pytest.mark.parametrize("query", ["card 1", "card 1 or card 2 or card 3 or a word that is long"])
def test_some_of_the_name_of_the_board_stays_beside_a_filter(query: str) -> None:
    made = model()
    made.filter(query)
    assert line(made, 60).startswith(" Fraud")
    assert " of 11" in line(made, 60)


def test_a_full_board_is_said_by_its_colour_too() -> None:
    made = model(replace(BOARD, conwip=11))
    assert ("11/11 in progress", "clock") in title_line(made, 120, UTF8)
    made = model(replace(BOARD, conwip=9))
    assert ("11/9! in progress", "alarm") in title_line(made, 120, UTF8)


async def test_the_line_follows_what_is_done(used: Path) -> None:
    ada = somebody(used)
    [ref] = ada.adds("late", to="Training", work="unattended", due="2026-03-19")
    ada.service.close()
    async with opened(used) as board:
        assert "1 blocked" in board.lines()[0]
        assert "1 late" in board.lines()[0]
        with board.store() as service:
            service.cards.block([ref], BlockReason.BUG)
            service.cards.edit([ref], {"due": None})
        await board.until(lambda: "2 blocked" in board.lines()[0])
        assert "late" not in board.lines()[0]


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("days", [5, 400])
def test_what_is_counted_after_the_start_moves_nothing_in_the_title(width: int, days: int) -> None:
    made = model()
    made.expect(None)
    made.sle_awaited = True
    before = "".join(piece.text for piece in title_line(made, width, UTF8))
    made.expect(days)
    after = "".join(piece.text for piece in title_line(made, width, UTF8))
    assert "past" not in before
    assert "!!" not in before
    for words in ("11", "■ 5", "1 late"):
        assert before.index(words) == after.index(words)
    if width == 120:
        assert ("!! 3 past SLE" if days == 5 else "   0 past SLE") in after
