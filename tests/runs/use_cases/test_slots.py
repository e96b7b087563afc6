"""The slots of a stage: its head, `mlkanban stages` and the queue count the same."""

from dataclasses import replace

import pytest

from mlkanban.core.rules import Load
from mlkanban.errors import LimitReached
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState
from mlkanban.service.boards import Snapshot
from mlkanban.tui.board_model import BoardModel
from tests.service.machine import FINISHED, KILLED, LOST, RUNNING, Machine
from tests.service.people import Person

QUEUED, ORPHAN = RunState.QUEUED, RunState.ORPHAN
EXECUTES = Run("x", RUNNING, "alive", started="2026-03-20T08:00:00Z")
WAITS = Run("x", QUEUED, "waits for a free slot", made="2026-03-20T08:00:00Z")
JOB = replace(EXECUTES, job="SLURM job 7")
CASES = {
    "one run": ([EXECUTES], 1),
    "two runs of one card": ([EXECUTES, EXECUTES], 2),
    "one executes, two wait": ([EXECUTES, WAITS, WAITS], 1),
    "one was adopted": ([replace(EXECUTES, adopted=True, made=EXECUTES.started)], 1),
    "adopted, and one that nobody watches": (
        [replace(EXECUTES, adopted=True, made=EXECUTES.started), replace(EXECUTES, state=ORPHAN)],
        2,
    ),
    "a job of SLURM beside one of ours": ([JOB, EXECUTES], 2),
    "a job of SLURM that executes, another one waits": (
        [JOB, replace(WAITS, job="SLURM job 8")], 1,
    ),
    "ended ones count for nothing": (
        [replace(EXECUTES, state=state, ended="2026-03-20T09:00:00Z")
         for state in (KILLED, LOST)] + [EXECUTES], 1,
    ),
    "all wait": ([WAITS, WAITS], 0),
}  # fmt: skip
"""Runs of a card, and how many slots they take."""


@pytest.mark.parametrize("case", CASES)
def test_all_count_the_same(ada: Person, case: str) -> None:
    runs, slots = CASES[case]
    first, other = ada.adds("focal loss", "mixup")
    box = Machine(ada)
    for at, run in enumerate(runs):
        box.tells(first, replace(run, id=f"r{at}"))
    assert counted(ada) == slots

    def may_start() -> bool:
        uuid = next(face.id for face in snapshot(ada).faces if face.ref == other)
        try:
            ada.service.runs.start_queued(uuid, "", lambda: None)
        except LimitReached:
            return False
        return True

    ada.sets("Training", limit=9, unattended=slots)
    assert not may_start()
    ada.sets("Training", limit=9, unattended=slots + 1)
    assert may_start()


def test_a_card_whose_further_runs_wait_holds_no_slot_between_them(ada: Person) -> None:
    [ref] = ada.adds("focal loss")
    box = Machine(ada)
    box.starts(ref, "r1")
    box.tells(ref, replace(WAITS, id="r2"))
    assert counted(ada) == 1
    box.ends(ref, "r1", FINISHED)
    assert ada.where(ref) == "Training"
    assert counted(ada) == 0


def test_seeds_of_a_card_in_its_place_run_side_by_side_beyond_the_slots(ada: Person) -> None:
    [ref, other] = ada.adds("seeds", "other")
    box = Machine(ada)
    ada.sets("Training", limit=9, unattended=2)
    for number in range(3):
        assert ada.service.runs.may_start(ref, "").ref == ref
        box.starts(ref, f"r{number}")
    assert counted(ada) == 3
    with pytest.raises(LimitReached, match="3/2! running"):
        ada.service.runs.may_start(other, "")
    assert ada.service.runs.may_queue(ref, "").ref == ref


def test_a_card_in_its_place_without_a_run_holds_the_slot_of_its_next_one(ada: Person) -> None:
    first, second, third = ada.adds("focal loss", "mixup", "cutout")
    box = Machine(ada)
    for ref in (first, second):
        box.starts(ref, f"r-{ref}")
    box.tells(first, replace(box.runs[f"r-{first}"], state=LOST, ended="2026-03-20T09:00:00Z"))
    ada.cards.edit([first], {"work": "unattended"})
    assert (ada.where(first), counted(ada)) == ("Training", 2)
    assert ada.service.runs.may_start(first, "").ref == first
    ada.sets("Training", limit=9, unattended=1)
    assert ada.service.runs.may_start(first, "").ref == first, "it is over the limit already"
    with pytest.raises(LimitReached):
        ada.service.runs.may_start(third, "")


def snapshot(ada: Person) -> Snapshot:
    return ada.service.boards.snapshot(ada.board_id)


def counted(ada: Person) -> int:
    """The slots taken in Training, by the store and by the board on the screen."""
    stage = next(one.id for one in ada.board.stages if one.name == "Training")
    load = ada.service.boards.loads(ada.board_id).get(stage, Load())
    model = BoardModel.of(snapshot(ada).board, snapshot(ada).faces, ada.clock().date())
    assert model.loads.get(stage, Load()) == load
    return load.slots


def test_what_was_seen_before_its_turn_came_frees_no_slot(ada: Person) -> None:
    """Another process may have read the folder of a run just before its turn came."""
    [ref] = ada.adds("focal loss")
    box = Machine(ada)
    seen = replace(WAITS, id="r1")
    box.tells(ref, seen)
    box.tells(ref, replace(EXECUTES, id="r1", made=WAITS.made))
    assert box.tells(ref, seen) == ""
    assert [run.state for run in ada.service.runs.of_card(ref)] == [RUNNING]
    assert counted(ada) == 1
