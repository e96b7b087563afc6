"""Where stages stand on a board, removed ones among them."""

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mlkanban.core.board import UNTIL_RUN, Board, Stage, asleep, on_board, stands
from tests.tui.test_board_model import BOARD, face


@st.composite
def boards(draw: st.DrawFn) -> Board:
    """A board in the order of its ranks; committed stages follow each other, or there are none."""
    some = draw(st.lists(st.integers(0, 2), min_size=1, max_size=6).map(sorted))
    ranks = sorted(draw(st.sets(st.integers(0, 20), min_size=len(some), max_size=len(some))))
    stages = tuple(
        Stage(f"s{rank}", f"S{rank}", committed=part == 1, rank=f"{rank:02}")
        for rank, part in zip(ranks, some, strict=True)
    )
    former = tuple(
        Stage(f"f{rank}", f"F{rank}", committed=draw(st.booleans()), rank=f"{rank:02}")
        for rank in draw(st.sets(st.integers(0, 20).filter(lambda r: r not in ranks), max_size=4))
    )
    return Board("b", "b", "B", stages, former=former)


@given(boards())
def test_commitment_and_delivery_are_where_committed_stages_begin_and_have_ended(board) -> None:
    flags = [stage.committed for stage in board.stages]
    assert flags[: board.first_committed] == [False] * board.first_committed
    assert flags[board.first_committed : board.first_delivered] == [True] * sum(flags)
    if any(flags):
        assert not any(flags[board.first_delivered :])
    else:
        assert board.first_committed == board.first_delivered == len(flags)


@given(boards())
def test_a_stage_is_where_it_stands_and_one_that_nobody_knows_is_the_first(board) -> None:
    for at, stage in enumerate(board.stages):
        assert board.position(stage.id) == at
        assert board.stage(stage.id) == stage
        assert board.is_committed(stage.id) == stage.committed
        assert board.is_delivered(stage.id) == (at >= board.first_delivered)
    assert board.position("nowhere") == 0
    assert board.stage("nowhere") == board.stages[0]


@given(boards())
def test_a_removed_stage_counts_as_the_one_it_followed_on_its_side_of_the_work(board) -> None:
    committed = [stage.rank for stage in board.stages if stage.committed]
    assume(committed)  # no board is without
    for removed in board.former:
        at, before = board.position(removed.id), [s for s in board.stages if s.rank < removed.rank]
        between = committed[0] < removed.rank < committed[-1]
        assert board.is_committed(removed.id) == (removed.committed or between)
        followed = max(0, len(before) - 1)
        if removed.committed or between:
            assert board.stages[at].committed
            assert abs(at - followed) == min(
                abs(n - followed) for n, stage in enumerate(board.stages) if stage.committed
            )
        elif removed.rank < committed[0]:
            assert at == followed
            assert not board.is_delivered(removed.id)
        else:
            assert board.is_delivered(removed.id)
            assert at == max(followed, min(board.first_delivered, len(board.stages) - 1))


@pytest.mark.parametrize(
    ("former", "names"),
    [
        ((), ["A", "B", "C", "D"]),
        ((Stage("x", "X", committed=True, rank="0"),), ["A", "X*", "B*", "C*", "D"]),
        ((Stage("x", "X", rank="25"),), ["A", "B*", "X*", "C*", "D"]),
        ((Stage("x", "X", rank="35"),), ["A", "B*", "C*", "X", "D"]),
        ((Stage("x", "X", committed=True, rank="9"),), ["A", "B*", "C*", "X*", "D"]),
        ((Stage("x", "X", rank="0"),), ["X", "A", "B*", "C*", "D"]),
    ],
)
def test_history_is_read_with_the_removed_stages_in_their_places(former, names) -> None:
    stages = tuple(
        Stage(name.lower(), name, committed=name in "BC", rank=str(10 * at))
        for at, name in enumerate("ABCD", 1)
    )
    whole = Board("b", "b", "B", stages, former=former).with_former
    marked = [stage.name + "*" * stage.committed for stage in whole.stages]
    assert [name.strip("*") for name in marked] == [name.strip("*") for name in names]
    if former:
        assert marked == names


TODAY = date(2026, 3, 20)


@pytest.mark.parametrize(
    ("stage", "archived", "outcome", "there"),
    [
        ("s0", 0, "", True), ("s2", 0, "", True), ("s3", 0, "", True),
        ("s0", 1, "", False), ("s3", 1, "", False),
        ("s0", 0, "shipped", False), ("s2", 0, "learned", False),
        ("s3", 0, "shipped", True), ("s3", 1, "shipped", False),
    ],
)  # fmt: skip
def test_a_card_stands_while_it_is_open_or_past_delivery(stage, archived, outcome, there) -> None:
    card = face(1, stage, "a", "x", archived, outcome, "")
    assert stands(BOARD, card) is there
    assert on_board(BOARD, card, TODAY) is there


@pytest.mark.parametrize(
    ("until", "sleeps"),
    [("", False), ("2026-03-19", False), ("2026-03-20", False), ("2026-03-21", True),
     (UNTIL_RUN, True)],
)  # fmt: skip
def test_an_open_card_sleeps_until_its_day_begins(until: str, sleeps: bool) -> None:
    card = face(1, "s0", "a", "x", 0, "", until)
    assert asleep(card, TODAY) is sleeps
    assert on_board(BOARD, card, TODAY) is not sleeps
    assert not asleep(card._replace(outcome="shipped"), TODAY)
    assert not asleep(card._replace(archived=1), TODAY)
    assert on_board(BOARD, card._replace(stage="s3", outcome="shipped"), TODAY)
