"""What is known of a run before its turn came, and what follows when it never comes."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mlkanban.runs.model.effects import on_end, steps
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import (
    HEART_STOPPED_SECONDS,
    STARTS_WITHIN_SECONDS,
    PidScope,
    RunState,
    SeenWaiting,
    judge_waiting,
)
from mlkanban.runs.model.usage import gpu_hours, spending
from tests.runs.model.test_effects import NOTHING, READY, scene

HERE = PidScope("gpu1", "boot", "pid:[1]")
LAPTOP, RESTARTED = replace(HERE, host="laptop"), replace(HERE, boot_id="second")
WAITS = SeenWaiting(HERE, HERE, 100, 5, waiter=True, waits_for="a free slot and 2 GPUs")


@pytest.mark.parametrize(
    ("changes", "state", "evidence"),
    [
        ({}, RunState.QUEUED, "waits for a free slot and 2 GPUs"),
        ({"held_by": "ada"}, RunState.QUEUED, "held back by ada"),
        ({"dropped_by": "ada"}, RunState.KILLED, "ada took it out of the queue"),
        ({"waiter": None, "age": 1}, RunState.QUEUED, "waits for"),
        ({"waiter": None, "age": STARTS_WITHIN_SECONDS + 1}, RunState.LOST, "it never started"),
        ({"waiter": False}, RunState.LOST, "the process that waited for it is gone"),
        ({"here": RESTARTED}, RunState.LOST, "gpu1 was restarted before its turn came"),
        ({"here": LAPTOP}, RunState.QUEUED, "on gpu1"),
        (
            {"here": LAPTOP, "heartbeat": HEART_STOPPED_SECONDS + 1},
            RunState.STALE,
            "on gpu1 any more",
        ),
        ({"here": replace(HERE, pid_ns="pid:[2]")}, RunState.QUEUED, "on gpu1"),
    ],
)
def test_a_waiting_run_is_judged_by_the_process_that_waits(changes, state, evidence) -> None:
    judgement = judge_waiting(replace(WAITS, **changes))
    assert judgement.state is state
    assert evidence in judgement.evidence


@pytest.mark.parametrize("state", [RunState.LOST, RunState.KILLED])
def test_a_run_that_never_started_moves_and_blocks_nothing_and_used_nothing(state) -> None:
    run = Run("r", state, made="2026-01-01T00:00:00Z", gpus=4)
    assert run.never_started
    assert on_end(scene(READY), run) == NOTHING
    now = datetime(2026, 1, 2, tzinfo=UTC)
    assert gpu_hours(run, now) == 0
    spent = spending("12 runs", [run, Run("s", RunState.FINISHED, started=run.made)], now)
    assert spent is not None
    assert spent.used == 1


def test_a_run_that_waited_has_its_start_when_its_turn_came() -> None:
    made, started = "2026-01-01T00:00:00Z", "2026-01-01T05:00:00Z"
    waiting = Run("r", RunState.QUEUED, made=made)
    running = replace(waiting, state=RunState.RUNNING, started=started)
    assert [step.at for step in steps(waiting, None)] == [made]
    assert [step.at for step in steps(running, waiting)] == [started]
    assert not running.never_started
