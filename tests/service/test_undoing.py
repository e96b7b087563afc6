from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from mlkanban.core.models import BlockReason, Outcome
from mlkanban.errors import RuleRefused
from tests.service.people import Clock, Person

Act = Callable[[Person, SimpleNamespace], object]

ACTS: dict[str, Act] = {
    "add": lambda p, c: p.adds("new", tags=["x"]),
    "add to a stage past delivery": lambda p, c: p.adds("new", to="Monitoring"),
    "edit": lambda p, c: p.cards.edit(
        [c.idea, c.work], {"title": "other", "due": None, "priority": "urgent"},
        add={"tags": ["new", "gpu"]}, remove={"tags": ["old"]},
    ),
    "move": lambda p, c: p.moves(c.idea, c.work, to="Features"),
    "move, named twice": lambda p, c: p.moves(c.idea, c.idea, to="Features"),
    "deliver": lambda p, c: p.moves(c.work, to="Monitoring"),
    "reopen": lambda p, c: p.moves(c.done, to="Evaluation"),
    "swap": lambda p, c: p.cards.swap(c.idea, c.work),
    "reorder": lambda p, c: p.cards.reorder(c.idea),
    "note": lambda p, c: p.cards.note([c.idea], "x"),
    "block": lambda p, c: p.cards.block([c.idea, c.work], BlockReason.BUG),
    "unblock": lambda p, c: p.cards.unblock([c.blocked]),
    "finish": lambda p, c: p.cards.finish([c.idea, c.work], Outcome.LEARNED, "no gain"),
    "finish a blocked one": lambda p, c: p.cards.finish([c.blocked], Outcome.SHIPPED),
    "archive": lambda p, c: p.cards.archive([c.idea, c.work]),
    "restore": lambda p, c: p.cards.restore([c.old]),
    "edit the board": lambda p, c: p.boards.edit(p.board_id, {"name": "X", "conwip": 9}),
    "add a stage": lambda p, c: p.boards.add_stage(p.board_id, "X", after=p.stage("Ready").id),
    "edit a stage": lambda p, c: p.sets("Ready", name="R", limit=7, committed=True),
    "move a stage": lambda p, c: p.boards.move_stage(p.board_id, p.stage("Ready").id, 0),
    "remove a stage": lambda p, c: p.boards.remove_stage(p.board_id, p.stage("Evaluation").id),
}  # fmt: skip


@pytest.fixture
def cast(ada: Person) -> SimpleNamespace:
    """A card of every kind, by what it is."""
    idea, spare = ada.adds("idea", "spare", tags=["old", "gpu"], due="2026-05-01")
    [work] = ada.adds("work", to="Data prep", priority="low")
    [done] = ada.adds("done", to="Monitoring")
    [blocked] = ada.adds("blocked", to="Training")
    ada.cards.block([blocked], BlockReason.BUG)
    [old] = ada.adds("old", to="Features")
    ada.cards.archive([old])
    ada.moves(spare, to="Ready")
    ada.moves(spare, to="Ideas")
    return SimpleNamespace(idea=idea, work=work, done=done, blocked=blocked, old=old)


@pytest.mark.parametrize("name", ACTS)
def test_everything_can_be_undone_and_done_again(
    ada: Person, cast: SimpleNamespace, tmp_path: Path, name: str
) -> None:
    before = ada.state()
    ACTS[name](ada, cast)
    after = ada.state()
    assert after != before
    ada.undoes()
    assert ada.state() == before
    ada.redoes()
    assert ada.state() == after
    ada.undoes()
    assert ada.state() == before
    # Another session of the same person goes on where this one stopped.
    later = Person(tmp_path / "data", "ada", ada.clock)
    later.board_id = ada.board_id
    later.redoes()
    assert ada.state() == after
    later.undoes()
    assert later.state() == before


def test_undo_goes_back_step_by_step_and_redo_forward(ada: Person) -> None:
    states = [ada.state()]
    [ref] = ada.adds("a")
    states.append(ada.state())
    for stage in ("Ready", "Data prep", "Evaluation", "Monitoring"):
        ada.moves(ref, to=stage)
        states.append(ada.state())
    for state in states[-2::-1]:
        ada.undoes()
        assert ada.state() == state
    with pytest.raises(RuleRefused, match="nothing to undo"):
        ada.undoes()
    for state in states[1:]:
        ada.redoes()
        assert ada.state() == state
    with pytest.raises(RuleRefused, match="nothing to redo"):
        ada.redoes()


def test_a_new_action_ends_what_can_be_done_again(ada: Person) -> None:
    [ref] = ada.adds("a")
    ada.moves(ref, to="Ready")
    ada.undoes()
    ada.adds("b")
    with pytest.raises(RuleRefused, match="nothing to redo"):
        ada.redoes()
    assert "adding" in ada.undoes()
    assert ada.redoes()
    assert ada.where(ref) == "Ideas"


def test_an_undo_does_not_reach_what_was_undone(ada: Person) -> None:
    a, b = ada.adds("a", "b")
    ada.moves(a, to="Ready")
    ada.undoes()
    ada.moves(b, to="Ready")
    ada.undoes()
    assert ada.undoes() == f"Undone: adding {b}."
    assert ada.order("Ideas") == [a]


def test_people_undo_their_own_actions(ada: Person, bob: Person) -> None:
    [ref] = ada.adds("a")
    bob.cards.edit([ref], {"priority": "high"})
    ada.cards.edit([ref], {"title": "b"})
    assert bob.undoes() == f"Undone: editing {ref}."
    card = ada.cards.get(ref)
    assert (card.title, card.priority) == ("b", "normal")
    with pytest.raises(RuleRefused, match="nothing to redo"):
        ada.redoes()
    bob.redoes()
    assert ada.cards.get(ref).priority == "high"


def test_what_somebody_changed_since_is_not_overwritten(ada: Person, bob: Person) -> None:
    [ref] = ada.adds("a")
    ada.moves(ref, to="Data prep")
    bob.moves(ref, to="Features")
    before = ada.state()
    with pytest.raises(RuleRefused, match=r"changed again since \(its place\)") as refused:
        ada.undoes()
    assert f"mlkanban history {ref}" in refused.value.hint
    assert ada.state() == before
    bob.undoes()
    ada.undoes()
    assert ada.where(ref) == "Ideas"


def test_the_same_value_written_again_by_somebody_is_theirs(ada: Person, bob: Person) -> None:
    [ref] = ada.adds("a")
    ada.cards.edit([ref], {"title": "b"}, add={"tags": ["x"]})
    bob.cards.edit([ref], {"title": "c"}, remove={"tags": ["x"]})
    bob.cards.edit([ref], {"title": "b"}, add={"tags": ["x"]})
    with pytest.raises(RuleRefused, match=r"\(title, tag x\)"):
        ada.undoes()


def test_one_card_of_many_that_somebody_changed_stops_the_whole_undo(
    ada: Person, bob: Person
) -> None:
    a, b = ada.adds("a", "b")
    ada.moves(a, b, to="Data prep")
    bob.moves(a, to="Features")
    with pytest.raises(RuleRefused):
        ada.undoes()
    assert (ada.where(a), ada.where(b)) == ("Features", "Data prep")


def test_undo_keeps_to_the_limits(ada: Person, bob: Person) -> None:
    [ref] = ada.adds("a", to="Deployment")
    ada.moves(ref, to="Monitoring")
    [other] = bob.adds("b", to="Deployment")
    with pytest.raises(RuleRefused, match="Deployment would be 2/1"):
        ada.undoes()
    assert ada.where(ref) == "Monitoring"
    bob.cards.archive([other])
    ada.undoes()
    assert ada.where(ref) == "Deployment"
    assert ada.cards.get(ref).outcome is None


def test_what_passed_a_limit_with_a_reason_is_not_done_again_without(ada: Person) -> None:
    ada.adds("a", to="Deployment")
    [ref] = ada.adds("b")
    ada.moves(ref, to="Deployment", override="now")
    ada.undoes()
    with pytest.raises(RuleRefused, match="Deployment would be 2/1"):
        ada.redoes()
    assert ada.where(ref) == "Ideas"


def test_undo_does_not_put_a_card_where_no_stage_is(ada: Person, bob: Person) -> None:
    [ref] = ada.adds("a", to="Ready")
    ada.moves(ref, to="Data prep")
    bob.boards.remove_stage(bob.board_id, bob.stage("Ready").id)
    with pytest.raises(RuleRefused, match="was removed since"):
        ada.undoes()
    assert ada.where(ref) == "Data prep"


def test_undo_does_not_take_a_stage_away_under_its_cards(ada: Person, bob: Person) -> None:
    ada.boards.add_stage(ada.board_id, "New")
    bob.adds("a", to="New")
    with pytest.raises(RuleRefused, match="1 card stands in New"):
        ada.undoes()


def test_undo_keeps_committed_stages_together(ada: Person, bob: Person) -> None:
    ada.sets("Ready", committed=True)
    bob.sets("Ideas", committed=True)
    with pytest.raises(RuleRefused, match="Ready is not committed but would stand between"):
        ada.undoes()
    assert ada.stage("Ready").committed


def test_undo_does_not_make_two_stages_of_one_name(ada: Person, bob: Person) -> None:
    ada.sets("Ready", name="Refined")
    bob.boards.add_stage(bob.board_id, "ready")
    with pytest.raises(RuleRefused, match="two stages"):
        ada.undoes()


def test_an_undone_step_leaves_the_flow_numbers(ada: Person) -> None:
    [ref] = ada.adds("a", to="Ready")
    ada.moves(ref, to="Data prep")
    ada.undoes()
    _, [history] = ada.history.for_flow(ada.board)
    assert [step.stage for step in history.steps] == [1]
    assert ada.cards.get(ref).started_at is None
    ada.redoes()
    _, [history] = ada.history.for_flow(ada.board)
    assert [step.stage for step in history.steps] == [1, 2]
    dead = [entry.event.kind for entry in ada.history.of_card(ref) if not entry.in_force]
    assert dead == ["undone"]


def test_making_a_board_is_not_undone(tmp_path: Path) -> None:
    person = Person(tmp_path / "new", "eve", Clock())
    person.starts()
    with pytest.raises(RuleRefused, match="nothing to undo"):
        person.undoes()


def test_undo_asks_the_limits_of_every_board_it_touches(ada: Person) -> None:
    first, [here] = ada.board_id, ada.adds("a", to="Deployment")
    ada.starts(name="Churn")
    [there] = ada.adds("b", to="Deployment")
    ada.cards.finish([here, there], Outcome.LEARNED)
    ada.adds("c", to="Deployment")
    before = ada.state()
    with pytest.raises(RuleRefused, match="Deployment would be 2/1"):
        ada.undoing.undo(first)
    assert ada.state() == before
