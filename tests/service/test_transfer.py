"""Cards go to another board with their history, and each board counts what happened on it."""

from pathlib import Path

import pytest

from mlkanban.core.board import Board, Outcome
from mlkanban.core.event_validation import NEWER
from mlkanban.core.events import FIRST_FORMAT
from mlkanban.errors import LimitReached, NoSuchStage, RuleRefused
from mlkanban.flow.cycle_time import cycle_times
from mlkanban.flow.lead import lead_times
from mlkanban.flow.sample import Sample, follow
from mlkanban.flow.window import Window
from mlkanban.store import log, migrations
from tests.service.exchanging import meet, shown
from tests.service.machine import FINISHED, Machine
from tests.service.people import Person


@pytest.fixture
def churn(ada: Person) -> Board:
    """Another board of hers, with the same stages."""
    return ada.boards.create("Churn", "ml", "UTC")


def refs(person: Person, board_id: str) -> list[str]:
    return [face.ref for face in person.boards.snapshot(board_id).faces]


def sample(person: Person, board_id: str) -> Sample:
    now = person.clock()
    workflow, histories = person.service.history.for_flow(person.boards.of_id(board_id), now)
    return follow(workflow, histories, now, Window.back(None, workflow.day(now)))


def rebuilt(person: Person) -> bool:
    """Whether a replay of the whole log shows what is shown now."""
    before = shown(person)
    with person.service._context.store.writing() as conn:
        migrations.recreate_projections(conn)
        log.rebuild(conn)
    return shown(person) == before


def test_a_card_goes_with_all_that_belongs_to_it(ada: Person, churn: Board) -> None:
    [ref, needed] = ada.adds("one", "two", to="Features", tags=["gpu"])
    ada.cards.edit([ref], {"needs": [needed], "hypothesis": "it helps"})
    ada.cards.note([ref], "a note")
    before = ada.cards.get(ref)
    done = ada.service.transfers.transfer([ref], churn.id)
    assert done.message == f"{ref} moved to the board Churn."
    after = ada.cards.get(ref)
    assert (after.board, after.id, after.ref) == (churn.id, before.id, before.ref)
    assert ada.boards.of_id(churn.id).stage(after.stage).name == "Features"
    assert (after.notes, after.tags, after.needs) == (before.notes, before.tags, before.needs)
    assert after.created_at == before.created_at
    assert (refs(ada, ada.board_id), refs(ada, churn.id)) == ([needed], [ref])
    assert [f.ref for f in ada.service.search.find(
        churn, ada.boards.snapshot(churn.id).faces, "helps", ada.clock.now.date()
    )] == [ref]  # fmt: skip
    ada.cards.note([ref], "another")
    stage = next(stage for stage in churn.stages if stage.name == "Training")
    ada.cards.move([ref], stage.id)
    assert ada.cards.get(ref).stage == stage.id
    assert rebuilt(ada)


def test_both_boards_hear_of_it(ada: Person, churn: Board) -> None:
    [ref] = ada.adds("one")
    cursor = ada.boards.cursor()
    ada.service.transfers.transfer([ref], churn.id)
    here, there = (ada.boards.update(board, cursor) for board in (ada.board_id, churn.id))
    assert (here.faces, len(here.gone)) == ((), 1)
    assert [face.ref for face in there.faces] == [ref]
    assert ada.boards.find().id == ada.board_id


@pytest.mark.parametrize("there", [False, True])
def test_it_is_undone_and_redone_on_either_board(ada: Person, churn: Board, there: bool) -> None:
    [ref] = ada.adds("one", to="Ready")
    ada.service.transfers.transfer([ref], churn.id)
    board = churn.id if there else ada.board_id
    assert ada.undoing.undo(board).message == f"Undone: the move to another board of {ref} one."
    assert (ada.cards.get(ref).board, ada.where(ref)) == (ada.board_id, "Ready")
    ada.undoing.redo(board)
    assert refs(ada, churn.id) == [ref]
    assert rebuilt(ada)
    ada.cards.edit([ref], {"title": "two"})
    stage = next(stage for stage in churn.stages if stage.name == "Ideas")
    ada.cards.move([ref], stage.id)
    with pytest.raises(RuleRefused, match="changed again since"):
        ada.undoing.undo(ada.board_id)


def test_it_goes_there_and_back(ada: Person, churn: Board) -> None:
    [ref] = ada.adds("one", to="Data prep")
    ada.service.transfers.transfer([ref], churn.id)
    ada.service.transfers.transfer([ref], ada.board_id)
    assert (ada.cards.get(ref).board, ada.where(ref)) == (ada.board_id, "Data prep")
    ada.moves(ref, to="Features")
    assert ada.where(ref) == "Features"
    assert rebuilt(ada)
    ada.undoes()
    ada.undoes()
    assert refs(ada, churn.id) == [ref]


def test_a_stage_that_is_not_there_is_asked_for(ada: Person) -> None:
    plain = ada.boards.create("Chores", "plain", "UTC")
    [ref] = ada.adds("one", to="Features")
    with pytest.raises(NoSuchStage, match=f"Chores has no stage Features, where {ref} is"):
        ada.service.transfers.transfer([ref], plain.id)
    assert refs(ada, ada.board_id) == [ref]
    doing = plain.stages[1]
    ada.service.transfers.transfer([ref], plain.id, doing.id)
    assert ada.cards.get(ref).stage == doing.id
    done = plain.stages[2]
    [other] = ada.adds("two")
    with pytest.raises(RuleRefused, match="Done is past delivery on Chores"):
        ada.service.transfers.transfer([other], plain.id, done.id)


def test_limits_of_the_other_board_hold(ada: Person, churn: Board) -> None:
    one, two = ada.adds("one", "two", to="Features")
    ada.boards.edit_stage(churn.id, churn.stages[3].id, {"limit": 1})
    with pytest.raises(LimitReached):
        ada.service.transfers.transfer([one, two], churn.id)
    assert refs(ada, churn.id) == []
    done = ada.service.transfers.transfer([one, two], churn.id, override="both are small")
    assert "over the limit: both are small" in done.warning
    assert len(refs(ada, churn.id)) == 2


def test_what_cannot_go_is_refused(ada: Person, churn: Board) -> None:
    done, away, here = ada.adds("one", "two", "three")
    ada.cards.finish([done], Outcome.LEARNED)
    ada.cards.archive([away])
    for ref, what in ((done, "finished"), (away, "archived")):
        with pytest.raises(RuleRefused, match=f"{ref} is {what}, and counts on Fraud"):
            ada.service.transfers.transfer([ref], churn.id)
    with pytest.raises(RuleRefused, match="on Fraud already"):
        ada.service.transfers.transfer([here], ada.board_id)
    ada.boards.archive(churn.id)
    with pytest.raises(RuleRefused, match="The board Churn is archived"):
        ada.service.transfers.transfer([here], churn.id)
    assert len(refs(ada, ada.board_id)) == 3


def test_open_parts_go_along(ada: Person, churn: Board) -> None:
    [whole] = ada.adds("whole")
    part, finished = ada.adds("part", "finished", parent=whole)
    [deeper] = ada.adds("deeper", parent=part)
    ada.cards.finish([finished], Outcome.LEARNED)
    done = ada.service.transfers.transfer([whole], churn.id)
    assert sorted(refs(ada, churn.id)) == sorted([whole, part, deeper])
    assert f"1 part of {whole} is on other boards" in done.warning
    assert rebuilt(ada)


def test_runs_go_along_and_end_there(ada: Person, churn: Board) -> None:
    box = Machine(ada)
    [ref] = ada.adds("one", to="Training")
    box.starts(ref, "r1")
    ada.service.transfers.transfer([ref], churn.id)
    box.ends(ref, "r1", FINISHED)
    assert [run.state for run in ada.service.runs.of_card(ref)] == [FINISHED]
    card = ada.cards.get(ref)
    assert card.board == churn.id
    assert card.stage in {stage.id for stage in churn.stages}
    assert rebuilt(ada)


def test_each_board_counts_what_happened_on_it(ada: Person, churn: Board) -> None:
    clock = ada.clock
    [ref] = ada.adds("one", to="Data prep")
    clock.back(-3 * 24 * 60)  # three days on this board
    ada.service.transfers.transfer([ref], churn.id)
    clock.back(-2 * 24 * 60)  # two on the other one
    ada.cards.finish([ref], Outcome.LEARNED)
    here, there = (sample(ada, board) for board in (ada.board_id, churn.id))
    assert [(card.ref, card.flow.state.value) for card in here.cards] == [(ref, "abandoned")]
    assert cycle_times(here).n == 0
    # Both ends count: the day of the move is the first one there.
    assert [card.days for card in cycle_times(there).cards] == [3]
    assert [card.days for card in lead_times(there).cards] == [6]
    face = ada.boards.snapshot(churn.id).faces[0]
    assert face.started_at[:10] == "2026-03-05"
    assert face.created_at[:10] == "2026-03-02"


def test_gates_go_to_the_stage_of_the_same_name(ada: Person, churn: Board) -> None:
    training = ada.stage("Training").id
    [ref] = ada.adds("one", checklist=[{"text": "seeds", "gate": training}])
    ada.service.transfers.transfer([ref], churn.id)
    [item] = ada.cards.get(ref).checklist
    assert item.gate == next(stage.id for stage in churn.stages if stage.name == "Training")


def test_an_older_program_leaves_the_card_where_it_was(ada: Person, churn: Board) -> None:
    [ref] = ada.adds("one")
    ada.service.transfers.transfer([ref], churn.id)
    stage = next(stage for stage in churn.stages if stage.name == "Ready")
    ada.cards.move([ref], stage.id)
    ada.cards.note([ref], "a note")
    events = ada.service._context.store.conn.execute(
        "SELECT kind, version FROM event WHERE card != '' ORDER BY seq"
    ).fetchall()
    newer = {kind for kind, version in map(tuple, events) if version > FIRST_FORMAT}
    assert newer == {"card.transferred", "card.moved"}
    assert NEWER  # an event of a newer format is kept, and left out


def test_two_machines_move_it_apart(two: tuple[Person, Person], place: Path) -> None:
    ada, bob = two
    churn = ada.boards.create("Churn", "ml", "UTC")
    meet(place, ada, bob)
    [ref] = refs(ada, ada.board_id)
    ada.service.transfers.transfer([ref], churn.id)
    bob.clock.back(-60)
    bob.moves(ref, to="Ready")
    bob.cards.note([ref], "meanwhile")
    meet(place, ada, bob)
    # The later move wins whole; the other one is a conflict that can be taken.
    for person in (ada, bob):
        assert refs(person, ada.board_id) == [ref]
        assert refs(person, churn.id) == []
        [conflict] = person.service.conflicts.of_card(ref)
        assert (conflict.kept, conflict.other) == ("Ready", "Ideas on Churn")
        assert [note.text for note in person.cards.get(ref).notes] == ["meanwhile"]
    assert shown(ada) == shown(bob)
    bob.service.conflicts.resolve(ref, "stage", take=True)
    meet(place, ada, bob)
    for person in (ada, bob):
        assert refs(person, churn.id) == [ref]
        assert person.service.conflicts.all() == []
        assert rebuilt(person)
    assert shown(ada) == shown(bob)


def test_work_on_one_machine_follows_the_card_of_the_other(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    churn = ada.boards.create("Churn", "ml", "UTC")
    meet(place, ada, bob)
    [ref] = refs(ada, ada.board_id)
    bob.cards.note([ref], "meanwhile")
    bob.cards.edit([ref], {"tags": ["gpu"]})
    ada.clock.back(-60)
    ada.service.transfers.transfer([ref], churn.id)
    meet(place, ada, bob)
    for person in (ada, bob):
        assert refs(person, churn.id) == [ref]
        card = person.cards.get(ref)
        assert ([note.text for note in card.notes], card.tags) == (["meanwhile"], ("gpu",))
        assert rebuilt(person)
    assert shown(ada) == shown(bob)


def test_a_card_that_came_to_a_board_another_machine_archived_is_named(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    churn = ada.boards.create("Churn", "ml", "UTC")
    [ref] = ada.adds("one", to="Features")
    meet(place, ada, bob)
    ada.service.transfers.transfer([ref], churn.id)
    bob.boards.archive(churn.id)
    told = [text for text in meet(place, ada, bob) if ref in text]
    assert (
        told
        == [
            f"{ref} was moved to the board churn, which another machine archived. "
            "Bring the board back: mlkanban boards restore churn"
        ]
        * 2
    )
    for person in (ada, bob):
        assert [stray for stray, _ in person.service.strays()] == [told[0].split(". ")[0]]
    assert not [text for text in meet(place, ada, bob) if ref in text], "told once"
    bob.boards.restore(churn.id)
    meet(place, ada, bob)
    assert not ada.service.strays()
    # Who archives a board with a card that came there before means the card, too.
    ada.boards.archive(churn.id)
    assert not ada.service.strays()


def test_a_part_apart_from_its_whole_is_named(two: tuple[Person, Person], place: Path) -> None:
    ada, bob = two
    churn = ada.boards.create("Churn", "ml", "UTC")
    [whole] = ada.adds("whole", to="Features")
    meet(place, ada, bob)
    ada.service.transfers.transfer([whole], churn.id)
    [part] = bob.adds("part", to="Features", parent=whole)
    told = [text for text in meet(place, ada, bob) if text.startswith(part)]
    here = ada.boards.of_id(ada.board_id).key
    assert (
        told
        == [
            f"{part} on {here} is a part of {whole}, which is on churn and counts the parts there"
            f" alone. Move it there: mlkanban transfer {part} churn"
        ]
        * 2
    )
    ada.service.transfers.transfer([part], churn.id)
    assert not ada.service.strays()
