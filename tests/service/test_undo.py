import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from mlkanban.core.board import BlockReason, Health, Outcome
from mlkanban.core.timestamps import instant
from mlkanban.errors import CannotTakeBack, LimitReached, NotFound, RuleRefused
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState
from mlkanban.runs.use_cases.card_runs import RunReport
from mlkanban.service.restore import restore
from tests.service.exchanging import meet, shown
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


def test_undo_and_redo_name_cards_in_the_order_of_the_action(ada: Person) -> None:
    one, two, three = ada.adds("one", "two", "three")
    ada.cards.finish([two, three, one], Outcome.ABANDONED)
    assert ada.undoes() == f"Undone: finishing {two}, {three}, {one}."
    assert ada.redoes() == f"Done again: finishing {two}, {three}, {one}."
    done = ada.undoing.undo(ada.board_id)
    assert [card.ref for card in done.cards] == [two, three, one]


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
    assert ada.undoes() == f"Undone: adding {b} b."
    assert ada.order("Ideas") == [a]


def test_people_undo_their_own_actions(ada: Person, bob: Person) -> None:
    [ref] = ada.adds("a")
    bob.cards.edit([ref], {"priority": "high"})
    ada.cards.edit([ref], {"title": "b"})
    assert bob.undoes() == f"Undone: editing {ref} b."
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
    assert isinstance(refused.value, CannotTakeBack)
    assert refused.value.ref == ref
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


def test_undo_brings_back_what_was_there_over_a_limit_too(ada: Person, bob: Person) -> None:
    [ref] = ada.adds("a", to="Deployment")
    ada.moves(ref, to="Monitoring")
    bob.adds("b", to="Deployment")
    done = ada.undoing.undo(ada.board_id)
    assert done.warning == "Deployment is 2/1!: over its limit now."
    assert ada.where(ref) == "Deployment"
    assert ada.cards.get(ref).outcome is None
    with pytest.raises(LimitReached):
        ada.adds("c", to="Deployment")


def test_undo_passes_the_limit_of_the_whole_board(ada: Person, bob: Person) -> None:
    ada.boards.edit(ada.board_id, {"conwip": 1})
    [ref] = ada.adds("a", to="Training")
    ada.cards.archive([ref])
    bob.adds("b", to="Evaluation")
    assert "2/1! cards in progress (CONWIP)" in ada.undoing.undo(ada.board_id).warning
    assert not ada.cards.get(ref).archived


def test_an_archived_card_comes_back_into_a_stage_that_was_over_its_limit(ada: Person) -> None:
    refs = [ada.adds(title, to="Deployment", override="now")[0] for title in "abc"]
    ada.cards.archive([refs[2]])
    done = ada.undoing.undo(ada.board_id)
    assert done.warning == "Deployment is 3/1!: over its limit now."
    assert ada.order("Deployment") == refs
    ada.undoes()
    assert ada.order("Deployment") == refs[:2]


def test_what_passed_a_limit_with_a_reason_is_done_again(ada: Person) -> None:
    ada.adds("a", to="Deployment")
    [ref] = ada.adds("b")
    ada.moves(ref, to="Deployment", override="now")
    ada.undoes()
    assert ada.undoing.redo(ada.board_id).warning == "Deployment is 2/1!: over its limit now."
    assert ada.where(ref) == "Deployment"


def test_what_cannot_be_undone_is_passed_over_and_older_actions_follow(
    ada: Person, bob: Person
) -> None:
    first, second = ada.adds("a", "b")
    ada.cards.note([first], "older")
    ada.moves(second, to="Ready")
    bob.moves(second, to="Data prep")
    with pytest.raises(CannotTakeBack):
        ada.undoes()
    done = ada.undoing.undo(ada.board_id, skip=True)
    assert done.message == f"Undone: the note on {first} a."
    assert ada.where(second) == "Data prep"
    # It stays passed over, so that the next undo goes on and redo comes back the same way.
    assert "Kept in the archive" in ada.undoes()
    assert ada.undoes() == f"Undone: adding {first} a."
    with pytest.raises(RuleRefused, match="nothing to undo"):
        ada.undoes()
    for _ in range(3):
        ada.redoes()
    assert [note.text for note in ada.cards.get(first).notes] == ["older"]
    assert not ada.cards.get(second).archived
    with pytest.raises(RuleRefused, match="nothing to redo"):
        ada.redoes()


def test_what_was_passed_over_is_asked_about_again_after_something_new(
    ada: Person, bob: Person
) -> None:
    [ref] = ada.adds("a")
    ada.cards.edit([ref], {"title": "b"})
    bob.cards.edit([ref], {"title": "c"})
    ada.undoing.undo(ada.board_id, skip=True)
    ada.cards.archive([ada.adds("new")[0]])
    ada.undoes()
    ada.undoes()
    with pytest.raises(CannotTakeBack):
        ada.undoes()
    bob.undoes()
    assert ada.undoes() == f"Undone: editing {ref} a."


def test_what_cannot_be_done_again_is_passed_over(ada: Person, bob: Person) -> None:
    a, b = ada.adds("a", "b")
    ada.cards.edit([a], {"priority": "high"})
    ada.cards.edit([b], {"title": "x"})
    ada.undoes()
    ada.undoes()
    bob.cards.edit([a], {"priority": "low"})
    with pytest.raises(CannotTakeBack, match=r"changed again since \(priority\)"):
        ada.redoes()
    ada.undoing.redo(ada.board_id, skip=True)
    assert (ada.cards.get(a).priority, ada.cards.get(b).title) == ("low", "x")
    assert ada.undoes() == f"Undone: editing {b} b."


def test_nothing_that_can_be_undone_is_left(ada: Person, bob: Person) -> None:
    ada.sets("Ready", name="Refined")
    bob.sets("Refined", name="Chosen")
    with pytest.raises(RuleRefused, match="nothing else to undo"):
        ada.undoing.undo(ada.board_id, skip=True)
    assert ada.stage("Chosen")


def test_what_somebody_put_back_already_is_no_obstacle(ada: Person, bob: Person) -> None:
    [ref] = ada.adds("a", priority="low")
    ada.cards.edit([ref], {"priority": "high", "title": "b"})
    bob.cards.edit([ref], {"priority": "low"})
    ada.undoes()
    assert (ada.cards.get(ref).priority, ada.cards.get(ref).title) == ("low", "a")


def test_a_card_that_others_worked_on_is_archived_when_its_adding_is_undone(
    ada: Person, bob: Person
) -> None:
    [ref] = ada.adds("a", to="Training")
    bob.cards.note([ref], "mine")
    before = ada.state()
    assert ada.undoes() == (
        f"Undone: adding {ref} a. Kept in the archive, for there is later work on it: {ref}."
    )
    card = ada.cards.get(ref)
    assert card.archived
    assert card.outcome is Outcome.ABANDONED
    assert [note.text for note in card.notes] == ["mine"]
    with pytest.raises(RuleRefused, match="nothing to undo"):
        ada.undoes()
    ada.redoes()
    assert ada.state() == before
    ada.undoes()
    assert ada.cards.get(ref).archived


def test_a_card_that_a_run_worked_on_is_archived_when_its_adding_is_undone(ada: Person) -> None:
    [ref] = ada.adds("train", to="Training")
    run = Run("20260302-090000-00000000", RunState.RUNNING, started=instant(ada.clock()))
    ada.service.runs.take_in([RunReport(run, ref)])
    ada.undoes()
    assert ada.cards.get(ref).archived


def test_a_model_that_was_opened_again_is_in_use_again_with_its_health(ada: Person) -> None:
    [ref] = ada.adds("model", to="Monitoring")
    ada.service.retraining.judge([ref], Health.ALERT)
    before = ada.state()
    ada.moves(ref, to="Training")
    assert ada.cards.get(ref).health is None
    ada.undoes()
    assert ada.state() == before


def test_a_snooze_that_a_condition_ended_is_no_obstacle(ada: Person) -> None:
    [ref] = ada.adds("a", to="Training")
    first, second = (date(2026, 3, day) for day in (20, 25))
    ada.cards.block([ref], BlockReason.BUG, until="2026-03-04")
    ada.cards.snooze([ref], first)
    ada.cards.snooze([ref], second)
    ada.clock.now += timedelta(days=2)
    ada.service.conditions.lift()
    assert ada.cards.get(ref).snoozed_until is None
    ada.undoes()
    assert ada.cards.get(ref).snoozed_until == first


def test_a_finished_card_is_not_blocked_by_an_undo(ada: Person, bob: Person) -> None:
    [ref] = ada.adds("a", to="Training")
    ada.cards.block([ref], BlockReason.BUG)
    ada.cards.unblock([ref])
    bob.cards.finish([ref], Outcome.LEARNED)
    ada.undoes()
    assert ada.cards.get(ref).blocker is None


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


def test_undo_names_the_limits_of_every_board_it_touches(ada: Person) -> None:
    first, [here] = ada.board_id, ada.adds("a", to="Deployment")
    ada.starts(name="Churn")
    [there] = ada.adds("b", to="Deployment")
    ada.cards.finish([here, there], Outcome.LEARNED)
    ada.adds("c", to="Deployment")
    assert ada.undoing.undo(first).warning == "Deployment is 2/1!: over its limit now."
    assert ada.cards.get(there).outcome is None


def test_what_the_same_person_did_on_another_machine_is_not_undone(
    two: tuple[Person, Person], tmp_path: Path, place: Path
) -> None:
    laptop, _ = two
    server = Person(tmp_path / "server", "ada", Clock())
    server.board_id = laptop.board_id
    meet(place, laptop, server)
    laptop.adds("here")
    laptop.clock.now += timedelta(hours=1)
    server.clock.now = laptop.clock.now
    server.moves(*server.adds("there"), to="Ready")
    meet(place, laptop, server)
    # Both may have had one short id: then one of them has another now.
    faces = laptop.boards.snapshot(laptop.board_id).faces
    ref, there = (next(f.ref for f in faces if f.title == title) for title in ("here", "there"))
    assert laptop.undoes() == f"Undone: adding {ref} here of 09:03."
    assert laptop.where(there) == "Ready"
    server.undoes()
    server.undoes()
    with pytest.raises(RuleRefused, match="nothing to undo"):
        server.undoes()
    server.service.close()


def test_a_card_another_machine_worked_on_is_archived_when_its_adding_is_undone(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    [ref] = ada.adds("shared")
    meet(place, ada, bob)
    bob.cards.edit([ref], {"title": "worked on"})
    meet(place, ada, bob)
    ada.undoes()
    meet(place, ada, bob)
    for person in (ada, bob):
        assert person.cards.get(ref).archived
        assert person.cards.get(ref).title == "worked on"
    ada.redoes()
    meet(place, ada, bob)
    assert shown(ada) == shown(bob)
    assert not bob.cards.get(ref).archived


def test_undo_goes_on_in_a_store_that_was_restored(tmp_path: Path) -> None:
    person = Person(tmp_path / "data", "ada", Clock())
    person.starts()
    [ref] = person.adds("a")
    person.moves(ref, to="Ready")
    path = person.service.backups.keep(person.clock())
    person.service.close()
    assert path is not None
    restore(tmp_path / "data", path)
    later = Person(tmp_path / "data", "ada", person.clock)
    later.board_id = person.board_id
    later.cards.note([ref], "after")
    assert "note" in later.undoes()
    assert later.undoes() == f"Undone: moving {ref} a."
    later.redoes()
    assert later.where(ref) == "Ready"
    later.service.close()


def test_undo_in_a_copied_store_leaves_what_the_other_one_did_since(
    tmp_path: Path, place: Path
) -> None:
    desk = Person(tmp_path / "desk", "ada", Clock())
    desk.starts()
    [ref] = desk.adds("a")
    desk.service.close()
    shutil.copytree(tmp_path / "desk", tmp_path / "laptop")
    desk = Person(tmp_path / "desk", "ada", Clock(desk.clock.now))
    laptop = Person(tmp_path / "laptop", "ada", Clock(desk.clock.now))
    desk.board_id = laptop.board_id = desk.boards.all()[0].id
    laptop.moves(ref, to="Ready")
    desk.cards.edit([ref], {"title": "b"})
    meet(place, desk, laptop)
    assert laptop.undoes() == f"Undone: moving {ref} b."
    assert "Kept in the archive" in laptop.undoes(), (
        "what was there before the copy is its own as well"
    )
    assert laptop.cards.get(ref).title == "b"
    desk.service.close()
    laptop.service.close()


def test_an_undo_names_the_stage_or_the_view_it_changed(ada: Person) -> None:
    stage = ada.stage("Ready")
    ada.boards.edit_stage(ada.board_id, stage.id, {"limit": 9})
    assert ada.undoes() == "Undone: changing the stage Ready."
    assert ada.redoes() == "Done again: changing the stage Ready."
    ada.boards.edit_stage(ada.board_id, stage.id, {"name": "Next"})
    assert ada.undoes() == "Undone: changing the stage Ready."
    ada.boards.remove_stage(ada.board_id, stage.id)
    assert ada.undoes() == "Undone: removing the stage Ready."
    ada.service.views.save(ada.board_id, "mine", "is:open")
    assert ada.undoes() == "Undone: saving the view mine."
    assert ada.redoes() == "Done again: saving the view mine."


def test_a_redo_says_what_it_did_again_as_the_undo_said_it(ada: Person) -> None:
    [ref] = ada.adds("a")
    ada.moves(ref, to="Ready")
    assert ada.undoes() == f"Undone: moving {ref} a."
    assert ada.redoes() == f"Done again: moving {ref} a."
    assert ada.undoes() == f"Undone: moving {ref} a."
    ada.boards.edit(ada.board_id, {"name": "Other"})
    assert ada.undoes() == "Undone: changing the board."
    assert ada.redoes() == "Done again: changing the board."


def test_an_undo_names_the_stage_and_the_cards_that_changed_with_it(ada: Person) -> None:
    [ref] = ada.adds("a", to="Ready")
    board = ada.board
    last = board.stages[board.first_delivered - 1].name
    ada.moves(ref, to=last, override="now")
    ada.boards.edit_stage(ada.board_id, ada.stage(last).id, {"committed": False}, agreed=True)
    assert ada.undoes() == f"Undone: changing the stage {last}, with {ref} a."


def test_a_card_that_shipped_where_it_stood_does_so_again_after_an_undo(ada: Person) -> None:
    ada.starts("plain", "Second")
    ada.boards.remove_stage(ada.board_id, ada.stage("Done").id)
    [card] = ada.adds("a", to="Doing")
    ada.cards.finish([card], Outcome.SHIPPED)
    for _ in range(2):
        ada.moves(card, to="To do")
        ada.undoes()
        face = ada.cards.get(card)
        assert (face.stage, face.outcome) == (ada.stage("Doing").id, Outcome.SHIPPED)


@pytest.mark.parametrize(
    ("later", "when"),
    [
        (timedelta(minutes=20), ""), (timedelta(hours=3), " of 09:02"),
        (timedelta(days=1), " of yesterday"), (timedelta(days=4), " of 03-02"),
        (timedelta(days=400), " of 2026-03-02"),
    ],
)  # fmt: skip
def test_an_undo_names_the_title_and_when_it_was_done(
    ada: Person, later: timedelta, when: str
) -> None:
    [ref] = ada.adds("Rank alerts by the money that they save our fraud analysts, and by more")
    ada.clock.now += later
    message = ada.undoes()
    cut = "Rank alerts by the money that they save our fraud analysts\u2026"
    assert message == f"Undone: adding {ref} {cut}{when}{'.' * bool(when)}"


def test_one_of_the_latest_actions_is_undone_and_no_other(ada: Person, bob: Person) -> None:
    one, other = ada.adds("one", "other")
    ada.moves(one, to="Ready")
    ada.cards.edit([other], {"priority": "high"})
    bob.cards.edit([one], {"priority": "low"})
    ada.cards.note([one], "seen")
    latest = ada.undoing.latest(ada.board_id, 3)
    assert [(a.event.kind, a.cards, a.ref, a.title) for a in latest] == [
        ("card.noted", 1, one, "one"),
        ("card.edited", 1, other, "other"),
        ("card.moved", 1, one, "one"),
    ]
    ada.undoing.undo_action(ada.board_id, latest[2].id)
    assert ada.where(one) == "Ideas"
    assert ada.cards.get(other).priority == "high"
    assert latest[2].id not in [a.id for a in ada.undoing.latest(ada.board_id, 9)]
    ada.redoes()
    assert ada.where(one) == "Ready"
    assert ada.undoing.latest(ada.board_id, 2)[0].id == latest[2].id
    ada.undoes()
    assert ada.where(one) == "Ideas", "what was done again last is undone first"
    ada.undoes()
    assert not ada.cards.get(one).notes


def test_an_action_is_undone_once_and_by_whoever_did_it(ada: Person, bob: Person) -> None:
    ada.adds("one")
    [action] = ada.undoing.latest(ada.board_id, 1)
    with pytest.raises(RuleRefused, match="undone already, or somebody else"):
        bob.undoing.undo_action(ada.board_id, action.id)
    ada.undoing.undo_action(ada.board_id, action.id)
    with pytest.raises(RuleRefused, match="undone already, or somebody else"):
        ada.undoing.undo_action(ada.board_id, action.id)
    assert ada.undoing.latest(ada.board_id, 9) == []


def test_an_older_action_that_later_work_stands_on_is_refused(ada: Person) -> None:
    [ref] = ada.adds("one")
    ada.moves(ref, to="Ready")
    ada.moves(ref, to="Data prep")
    older = ada.undoing.latest(ada.board_id, 2)[1]
    with pytest.raises(CannotTakeBack, match="changed again since"):
        ada.undoing.undo_action(ada.board_id, older.id)
    assert ada.where(ref) == "Data prep"


@pytest.mark.parametrize("change", [
    lambda ada, ref: ada.cards.note([ref], "seen"),
    lambda ada, ref: ada.cards.archive([ref]),
])  # fmt: skip
def test_the_adding_of_a_card_that_one_worked_on_since_is_not_undone_alone(
    ada: Person, change: Callable[[Person, str], object]
) -> None:
    [ref] = ada.adds("one")
    change(ada, ref)
    later, added = ada.undoing.latest(ada.board_id, 2)
    with pytest.raises(CannotTakeBack, match=f"You changed {ref} after adding it"):
        ada.undoing.undo_action(ada.board_id, added.id)
    assert [a.id for a in ada.undoing.latest(ada.board_id, 9)] == [later.id, added.id]
    ada.undoing.undo_back_to(ada.board_id, added.id)
    with pytest.raises(NotFound):
        ada.cards.get(ref)


def test_a_chosen_adding_that_others_worked_on_is_archived_and_done_again(
    ada: Person, bob: Person
) -> None:
    one, other = ada.adds("one", "other")
    bob.cards.note([one], "seen")
    added = ada.undoing.latest(ada.board_id, 2)[1]
    done = ada.undoing.undo_action(ada.board_id, added.id)
    assert done.message.endswith(f"Kept in the archive, for there is later work on it: {one}.")
    assert ada.cards.get(one).archived
    ada.redoes()
    assert not ada.cards.get(one).archived
    ada.undoes()
    assert ada.cards.get(one).archived, "the redo is the newest change"
    assert ada.cards.get(other)


def test_what_was_done_again_as_one_is_undone_as_one(ada: Person) -> None:
    [one] = ada.adds("one")
    ada.moves(one, to="Ready")
    moved = ada.undoing.latest(ada.board_id, 1)[0]
    ada.cards.edit([one], {"priority": "high"})
    ada.cards.edit([one], {"priority": "low"})
    ada.undoing.undo_back_to(ada.board_id, moved.id)
    ada.redoes()
    assert ada.undoes() == f"Undone: moving {one} one. With it: 2 actions done after it."
    assert (ada.where(one), ada.cards.get(one).priority) == ("Ideas", "normal")


def test_a_redo_is_the_newest_change_after_a_newer_one_was_undone(ada: Person) -> None:
    one, other = ada.adds("one"), ada.adds("other")
    ada.cards.edit(one, {"priority": "high"})
    edited = ada.undoing.latest(ada.board_id, 1)[0]
    ada.moves(other[0], to="Ready")
    ada.undoing.undo_action(ada.board_id, edited.id)
    ada.redoes()
    ada.cards.note(other, "seen")
    assert ada.undoes().startswith("Undone: the note on")
    assert ada.undoes() == f"Undone: editing {one[0]} one."
    assert ada.where(other[0]) == "Ready"


def test_an_action_is_undone_with_all_after_it_as_one(ada: Person, bob: Person) -> None:
    one, other = ada.adds("one", "other")
    ada.moves(one, to="Ready")
    ada.cards.edit([other], {"priority": "high"})
    bob.cards.edit([other], {"dataset": "v2"})
    ada.moves(one, to="Data prep")
    newest, edited, moved, added = ada.undoing.latest(ada.board_id, 4)
    done = ada.undoing.undo_back_to(ada.board_id, moved.id)
    assert done.message == f"Undone: moving {one} one. With it: 2 actions done after it."
    assert {card.ref: card.priority for card in done.cards} == {one: "normal", other: "normal"}
    assert ada.where(one) == "Ideas"
    assert ada.cards.get(other).dataset == "v2", "what somebody else did stays"
    assert ada.undoing.latest(ada.board_id, 1)[0].id == added.id
    assert ada.redoes() == f"Done again: 3 actions, with {one}, {other}."
    assert ada.where(one) == "Data prep"
    assert ada.cards.get(other).priority == "high"
    assert [a.id for a in ada.undoing.latest(ada.board_id, 3)] == [newest.id, edited.id, moved.id]


def test_all_after_an_action_is_undone_or_nothing(ada: Person, bob: Person) -> None:
    one, other = ada.adds("one", "other")
    ada.moves(one, to="Ready")
    moved = ada.undoing.latest(ada.board_id, 1)[0]
    bob.moves(one, to="Data prep")
    ada.cards.edit([other], {"priority": "high"})
    with pytest.raises(CannotTakeBack, match="changed again since"):
        ada.undoing.undo_back_to(ada.board_id, moved.id)
    assert ada.cards.get(other).priority == "high"
    assert ada.where(one) == "Data prep"
    with pytest.raises(NotFound, match="no action nonsense"):
        ada.undoing.undo_back_to(ada.board_id, "nonsense")
