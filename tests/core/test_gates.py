"""Soft gates: what may not be left behind unticked, on any board and any way over it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core import rules
from mlkanban.core.board import Board, Stage
from mlkanban.core.card import CheckItem
from mlkanban.core.rules import Allowed, Refused
from mlkanban.errors import GateClosed, LimitReached
from tests.core.test_rules import boards

TEXTS = st.text("abc ", min_size=1, max_size=4)


@st.composite
def checklists(draw: st.DrawFn, board: Board) -> tuple[CheckItem, ...]:
    """Items with gates of the board in any case, gates of another board, and none."""
    names = [stage.name for stage in board.stages]
    gates = st.sampled_from(["", "Elsewhere", *names, *map(str.upper, names)])
    item = st.builds(CheckItem, text=TEXTS, done=st.booleans(), gate=gates)
    return tuple(draw(st.lists(item, max_size=6)))


@st.composite
def ways(draw: st.DrawFn) -> tuple[Board, int, int, tuple[CheckItem, ...]]:
    """A board, a position to leave, one to go to (past the end too), and a checklist."""
    board = draw(boards())
    at = draw(st.integers(0, len(board.stages) - 1))
    to = draw(st.integers(0, len(board.stages)))
    return board, at, to, draw(checklists(board))


def in_the_way(board: Board, at: int, to: int, checklist) -> tuple[CheckItem, ...]:
    return rules.in_the_way(board, board.stages[at].id, to, checklist)


def closes(board: Board, item: CheckItem) -> int:
    """By hand: the position of the stage an item closes."""
    names = [stage.name.lower() for stage in board.stages]
    if item.gate.lower() in names:
        return names.index(item.gate.lower())
    return max(at for at, stage in enumerate(board.stages) if stage.committed)


@given(ways())
def test_the_items_named_are_those_between_the_two_stages(way) -> None:
    board, at, to, checklist = way
    expected = [i for i in checklist if not i.done and i.gate and at <= closes(board, i) < to]
    assert list(in_the_way(board, at, to, checklist)) == expected


@given(ways())
def test_back_and_to_the_same_stage_nothing_is_asked(way) -> None:
    board, at, to, checklist = way
    assert in_the_way(board, at, min(at, to), checklist) == ()


@given(ways(), st.data())
def test_a_jump_asks_what_the_single_steps_ask(way, data) -> None:
    board, at, to, checklist = way
    to = max(at, to)
    between = data.draw(st.integers(at, min(to, len(board.stages) - 1)))
    steps = [*in_the_way(board, at, between, checklist), *in_the_way(board, between, to, checklist)]
    whole = in_the_way(board, at, to, checklist)
    assert sorted(map(repr, steps)) == sorted(map(repr, whole))


@given(ways())
def test_ticking_what_is_named_opens_the_way(way) -> None:
    board, at, to, checklist = way
    named = in_the_way(board, at, to, checklist)
    ticked = [replace(item, done=item.done or item in named) for item in checklist]
    assert rules.leave(board, "g1", board.stages[at].id, to, ticked) == Allowed()


@given(ways())
def test_shipping_passes_every_gate_that_is_still_ahead(way) -> None:
    board, at, _, checklist = way
    named = in_the_way(board, at, board.first_delivered, checklist)
    for item in checklist:
        position = closes(board, item)
        ahead = at <= position < board.first_delivered
        assert (item in named) == (bool(item.gate) and not item.done and ahead)


@given(ways())
def test_a_refusal_names_card_stage_and_items_and_can_be_passed(way) -> None:
    board, at, to, checklist = way
    verdict = rules.leave(board, "g12", board.stages[at].id, to, checklist)
    texts = tuple(item.text for item in in_the_way(board, at, to, checklist))
    if isinstance(verdict, Allowed):
        assert texts == ()
        return
    assert verdict.reason == (
        f"g12 leaves {board.stages[at].name} with {len(texts)} unticked: {'; '.join(texts)}."
    )
    assert (verdict.unticked, verdict.passable, verdict.by_limit) == ({"g12": texts}, True, False)


def test_a_gate_whose_stage_was_renamed_closes_the_last_committed_one() -> None:
    stages = (Stage("1", "Ideas"), Stage("2", "Doing", committed=True), Stage("3", "Done"))
    board = Board("b", "b", "b", stages)
    item = CheckItem(text="report", gate="Evaluation")
    assert rules.in_the_way(board, "1", 1, [item]) == ()
    assert rules.in_the_way(board, "1", 2, [item]) == (item,)
    assert rules.gate(board, "") is None


CLOSED = Refused("g1 leaves A with 1 unticked: x.", "Tick.", unticked={"g1": ("x",)})
OTHER = Refused("g2 leaves A with 1 unticked: y.", "Tick.", unticked={"g2": ("y",)})
FULL = Refused("B is 1/1.", "Wait.", by_limit=True)


def test_verdicts_together_say_all_that_is_refused() -> None:
    assert rules.together([]) == Allowed()
    assert rules.together([Allowed("one"), Allowed(), Allowed("two")]) == Allowed("one two")
    both = rules.together([CLOSED, Allowed("soft"), OTHER, FULL])
    assert both == Refused(
        "g1 leaves A with 1 unticked: x. g2 leaves A with 1 unticked: y. B is 1/1.", "Tick.",
        by_limit=True, unticked={"g1": ("x",), "g2": ("y",)},
    )  # fmt: skip


def test_of_many_refusals_the_first_are_told_and_all_are_kept() -> None:
    many = [
        Refused(f"g{n} leaves.", "Tick.", unticked={f"g{n}": ("x",)}) for n in range(5)
    ]  # fmt: skip
    said = rules.together(many)
    assert isinstance(said, Refused)
    assert said.reason == "g0 leaves. g1 leaves. g2 leaves. 2 more cards are not ready either."
    assert list(said.unticked) == ["g0", "g1", "g2", "g3", "g4"]
    said = rules.together([*many[:4], FULL])
    assert isinstance(said, Refused)
    assert said.reason.endswith("g2 leaves. 1 more card is not ready either. B is 1/1.")


def test_required_raises_the_kind_that_says_what_passes() -> None:
    with pytest.raises(GateClosed) as closed:
        rules.required(rules.together([CLOSED, FULL]))
    assert closed.value.unticked == {"g1": ("x",)}
    assert closed.value.exit_code == 1
    with pytest.raises(LimitReached):
        rules.required(rules.together([FULL]))
