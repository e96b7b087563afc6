"""A plan: what is ready, what could be pulled, and how much there is room for."""

from datetime import date

import pytest

from mlkanban.core.board import Board, CardFace, Stage
from mlkanban.core.plan import Plan, PlanRow, plan, ready_stage
from mlkanban.core.score import parse_score
from tests.tui.test_board_model import face

TODAY = date(2026, 3, 20)


def board(flags: str, *, limit: int | None = None, conwip: int | None = None) -> Board:
    """A stage for each letter, `c` for a committed one; the stage `s1` has the limit."""
    stages = tuple(
        Stage(f"s{at}", f"S{at}", committed=flag == "c", limit=limit if at == 1 else None)
        for at, flag in enumerate(flags)
    )
    return Board("b", "b", "B", stages, conwip=conwip)


def card(number: int, stage: str, rank: str = "a", **more: object) -> CardFace:
    return face(number, stage, rank, "x", 0, "", "")._replace(**more)  # type: ignore[arg-type]


def refs(rows: tuple[PlanRow, ...]) -> list[str]:
    return [row.face.ref for row in rows]


@pytest.mark.parametrize(
    ("flags", "ready"),
    [("--cc-", "s1"), ("---c", "s2"), ("-cc-", "s1"), ("-c", "s1"), ("cc-", None), ("c", None),
     ("-", None), ("--", "s1")],
)  # fmt: skip
def test_the_last_stage_before_commitment_is_replenished(flags: str, ready: str | None) -> None:
    found = ready_stage(board(flags))
    assert (found.id if found else None) == ready


@pytest.mark.parametrize(
    ("limit", "free", "standing", "room"),
    [
        (None, None, 3, None), (3, None, 0, 3), (3, None, 2, 1), (3, None, 3, 0), (3, None, 4, 0),
        (None, 2, 9, 2), (None, 0, 0, 0), (None, -1, 0, 0), (3, 1, 1, 1), (3, 5, 1, 2),
        (0, None, 0, 0),
    ],
)  # fmt: skip
def test_there_is_room_for_what_both_limits_leave(limit, free, standing, room) -> None:
    ideas = tuple(PlanRow(card(n, "s0"), None) for n in range(5))
    made = Plan(Stage("s1", "Ready", limit=limit), ideas, (), standing, free)
    assert made.room == room
    assert made.next == ideas[: room or 0]


def test_cards_wait_in_their_order_unless_they_have_begun() -> None:
    ideas, rows = (tuple(PlanRow(card(n, "s0"), None) for n in some) for some in ((1, 2), (3, 4)))
    waiting = Plan(Stage("s1", "Ready"), ideas, rows, 2)
    assert (waiting.order, waiting.begun) == (["r3", "r4", "r1", "r2"], ())
    begun = Plan(Stage("s1", "Doing", committed=True), ideas, rows, 2)
    assert (begun.order, begun.begun) == (["r1", "r2"], rows)


CARDS = [
    card(1, "s1", "b"), card(2, "s1", "a"), card(3, "s0", "b"), card(4, "s0", "a"),
    card(5, "s2"), card(6, "s0", "c", outcome="learned"), card(7, "s1", "c", archived=1),
    card(8, "s0", "d", snoozed_until="2026-03-21"), card(9, "s1", "d", snoozed_until="2026-03-21"),
    card(10, "s0", "e", snoozed_until="2026-03-20"),
]  # fmt: skip


def test_open_and_awake_cards_before_commitment_are_planned_in_board_order() -> None:
    some = board("--c-", limit=4)
    made = plan(some, some.stages[1], CARDS, {}, TODAY, by_score=False)
    assert (refs(made.ideas), refs(made.rows)) == (["r4", "r3", "r10"], ["r2", "r1"])
    assert (made.standing, made.room, made.free) == (3, 1, None)


def test_by_score_the_dearest_come_first_and_those_without_one_last() -> None:
    some = board("--c-")
    scores = {"c3": "1/1", "c10": "3/1", "c1": "0/1", "c4": ""}
    made = plan(some, some.stages[1], CARDS, scores, TODAY, by_score=True)
    assert (refs(made.ideas), refs(made.rows)) == (["r10", "r3", "r4"], ["r1", "r2"])
    assert [row.score for row in made.ideas] == [parse_score("3/1"), parse_score("1/1"), None]
    scores = {"c3": "2/1", "c4": "2/1"}
    made = plan(some, some.stages[1], CARDS, scores, TODAY, by_score=True)
    assert refs(made.ideas) == ["r4", "r3", "r10"], "of equal ones that of the board"


@pytest.mark.parametrize(
    ("flags", "conwip", "free"),
    [("-cc-", 5, 1), ("-cc-", 4, 0), ("-cc-", 3, -1), ("-cc-", None, None), ("--c-", 5, None)],
)
def test_conwip_leaves_what_is_not_in_progress(flags: str, conwip, free) -> None:
    some = board(flags, conwip=conwip)
    made = plan(some, some.stages[1], CARDS, {}, TODAY, by_score=False)
    assert made.free == free
