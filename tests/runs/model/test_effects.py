"""What a run does to its card when it starts and when it ends."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from mlkanban.core.board import Board, CardFace, Stage, Work
from mlkanban.runs.model.effects import (
    Effect,
    RunContext,
    RunStep,
    block_by,
    on_end,
    on_start,
    steps,
    training_stage,
)
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState
from tests.tui.test_board_model import face

READY, TRAIN, TUNE, CHECK, LIVE = STAGES = (
    Stage("ready", "Ready"),
    Stage("train", "Train", committed=True, unattended=2),
    Stage("tune", "Tune", committed=True, unattended=1),
    Stage("check", "Check", committed=True),
    Stage("live", "Live", unattended=1),
)
BOARD = Board("b", "b", "B", STAGES)
NONE_COUNTED = replace(BOARD, stages=tuple(replace(s, unattended=None) for s in STAGES))
NOTHING = Effect()


def at(stage: Stage, **more) -> CardFace:
    return face(1, stage.id, "a", "A card", 0, "", "")._replace(**more)


def scene(stage: Stage, board: Board = BOARD, **more: Any) -> RunContext:
    card = {name: more.pop(name) for name in [*more] if name in CardFace._fields}
    return RunContext(board, at(stage, **card), **more)


@pytest.mark.parametrize(
    ("stage", "trains"),
    [(READY, TRAIN), (TRAIN, TRAIN), (TUNE, TUNE), (CHECK, TRAIN), (LIVE, TRAIN)],
)
def test_a_card_is_in_the_first_stage_that_counts_runs_or_in_its_own(stage, trains) -> None:
    assert training_stage(BOARD, at(stage)) == trains
    assert training_stage(NONE_COUNTED, at(stage)) is None


ALONE = [
    scene(TRAIN, outcome="shipped", work="unattended"),
    scene(TRAIN, archived=1, work="unattended"),
    scene(LIVE, work="unattended"),
]


@pytest.mark.parametrize("alone", ALONE)
def test_a_card_that_is_finished_is_left_alone(alone: RunContext) -> None:
    assert alone.left_alone
    assert on_start(alone) == NOTHING
    for state in RunState:
        assert on_end(alone, Run("r", state)) == NOTHING


@pytest.mark.parametrize("blocked", [False, True])
def test_a_start_takes_the_card_along_unless_a_person_moved_it(blocked: bool) -> None:
    here = Effect(None, Work.UNATTENDED, blocked)
    for moved in (False, True):
        assert on_start(scene(TUNE, moved=moved, blocked_by_run=blocked)) == here
    assert on_start(scene(READY, blocked_by_run=blocked)) == replace(here, to=TRAIN)
    assert on_start(scene(CHECK, blocked_by_run=blocked)) == replace(here, to=TRAIN)
    assert on_start(scene(READY, moved=True, blocked_by_run=blocked)) == NOTHING
    nowhere = scene(READY, NONE_COUNTED, blocked_by_run=blocked)
    assert on_start(nowhere) == Effect(unblock=blocked)


@pytest.mark.parametrize(
    ("stage", "to"), [(READY, None), (TRAIN, TUNE), (TUNE, CHECK), (CHECK, None)]
)
def test_an_end_moves_the_card_on_from_a_stage_that_counts_runs(stage, to) -> None:
    card: dict[str, Any] = {"work": "unattended"}
    finished = Run("r", RunState.FINISHED)
    assert on_end(scene(stage, **card), finished) == Effect(to, Work.ATTENDED)
    assert on_end(scene(stage, moved=True, **card), finished) == Effect(None, Work.ATTENDED)
    assert on_end(scene(stage, block_reason="bug", **card), finished) == Effect(None, Work.ATTENDED)
    assert on_end(scene(stage, others=True, **card), finished) == NOTHING
    assert on_end(scene(stage), finished) == NOTHING, "no run was known to go on"
    stopped = Run("r", RunState.KILLED)
    assert on_end(scene(stage, **card), stopped) == Effect(None, Work.ATTENDED)


def test_the_last_stage_before_delivery_is_not_left_for_a_person_decides_that() -> None:
    short = replace(BOARD, stages=(READY, TRAIN, TUNE, LIVE))
    there = scene(TUNE, short, work="unattended")
    assert on_end(there, Run("r", RunState.FINISHED)) == Effect(None, Work.ATTENDED)


@pytest.mark.parametrize(
    ("state", "adopted", "blocks"),
    [
        (RunState.FAILED, False, True), (RunState.FAILED, True, True),
        (RunState.LOST, False, True), (RunState.LOST, True, False),
        (RunState.KILLED, False, False), (RunState.FINISHED, False, False),
    ],
)  # fmt: skip
def test_a_failure_blocks_the_card_unless_it_is_blocked_or_moved(state, adopted, blocks) -> None:
    run = Run("r", state, adopted=adopted, reason="compute-queue")
    for blocked, moved in product((False, True), repeat=2):
        where = scene(CHECK, work="unattended", block_reason="bug" * blocked, moved_meanwhile=moved)
        found = on_end(where, run)
        assert found.work is Work.ATTENDED
        assert found.to is None
        assert (found.block is not None) == (blocks and not blocked and not moved)
    assert block_by(run)["external"]
    assert not block_by(replace(run, reason="bug"))["external"]


def day(number: int) -> str:
    return f"2026-03-{number:02}T09:00:00.000000Z"


def told(run: Run, had: Run | None = None) -> list[tuple[str, RunState, bool]]:
    return [(step.at[8:10], step.run.state, step.ends) for step in steps(run, had)]


def test_a_run_of_one_life_began_and_has_ended() -> None:
    run = Run("r", RunState.FINISHED, started=day(2), ended=day(5))
    assert told(run) == [("02", run.state, False), ("05", run.state, True)]
    going = Run("r", RunState.RUNNING, started=day(2))
    assert told(going) == [("02", RunState.RUNNING, False)]
    # One that was adopted began long before it had to do with its card.
    assert told(replace(run, made=day(4))) == [("04", run.state, False), ("05", run.state, True)]
    late = replace(run, made=day(9))
    assert told(late) == [("09", run.state, False), ("09", run.state, True)]


LIVES = (f"{day(2)}/{day(3)}", f"{day(5)}/{day(6)}", f"{day(8)}/")


def test_what_a_scheduler_started_again_went_back_into_the_queue_between() -> None:
    running = Run("r", RunState.RUNNING, started=day(8), made=day(1), job="7", lives=LIVES)
    queued, begun = RunState.QUEUED, RunState.RUNNING
    between = [("02", begun, False), ("03", queued, False), ("05", begun, False)]
    whole = [*between, ("06", queued, False), ("08", begun, False)]
    assert told(running) == whole
    waits = replace(running, state=queued, started="", lives=LIVES[:2])
    assert told(waits) == [*between, ("06", queued, False)]
    for known, rest in ((1, 1), (2, 3)):
        had = replace(running, lives=(*LIVES[: known - 1], LIVES[known - 1][: -len(day(1))]))
        assert told(running, had) == whole[rest:]
    once = replace(waits, lives=LIVES[:1])
    assert told(running, once) == whole[2:]
    ended = replace(running, state=RunState.FAILED, ended=day(9))
    assert told(ended)[-2:] == [("08", ended.state, False), ("09", ended.state, True)]


def test_each_step_has_the_run_as_it_was_then() -> None:
    running = Run(
        "r", RunState.RUNNING, started=day(8), made=day(1), job="7", lives=LIVES, elapsed=5,
        waited=3, evidence="seen", stopping="ada",
    )  # fmt: skip
    first, back, *_, last = steps(running, None)
    assert last == RunStep(day(8), running)
    assert first.run.lives == (f"{day(2)}/",)
    assert back.run.lives == LIVES[:1]
    for step in (first, back):
        now = step.run
        assert (now.elapsed, now.waited, now.evidence, now.stopping) == (None, None, "", "")
