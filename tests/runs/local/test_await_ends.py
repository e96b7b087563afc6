"""Waiting for runs, by their folders alone."""

from pathlib import Path

import pytest

from mlkanban.clock import now
from mlkanban.core.timestamps import instant
from mlkanban.runs.local.await_ends import wait_for
from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.local.processes import here
from mlkanban.runs.model.state import RunState

FIRST, SECOND = "20260320-080000-0000000a", "20260320-090000-0000000b"


class Waiter:
    """Waits in a time of its own, in which `later` has what happens when."""

    def __init__(self, folder: Path) -> None:
        self.runs = [RunFolder(folder / name) for name in (FIRST, SECOND)]
        for run in self.runs:
            run.make()
            place = here()
            run.write_start(
                {"card": "v1", "made": instant(now()), "host": "gpu2", "boot_id": place.boot_id}
            )
        self.at = 0.0
        self.later: dict[float, tuple[RunFolder, int]] = {}
        self.ended: list[tuple[str, float]] = []
        self.asked: list[int] = []

    def sleep(self, seconds: float) -> None:
        self.at += seconds
        for at in [at for at in self.later if at <= self.at]:
            run, code = self.later.pop(at)
            run.write_end({"exit": code})

    def wait(self, seconds: float | None = None) -> list[tuple[RunState, int | None]]:
        states = wait_for(
            self.runs, now, seconds=seconds, elapsed=lambda: self.at, sleep=self.sleep,
            ended=lambda run, _: self.ended.append((run.id, self.at)),
            ask=lambda runs: self.asked.append(len(runs)),
        )  # fmt: skip
        return [(states[run.id].state, states[run.id].exit) for run in self.runs]


@pytest.fixture
def waiter(tmp_path: Path) -> Waiter:
    return Waiter(tmp_path)


def test_every_run_is_waited_for_and_its_end_seen_soon(waiter: Waiter) -> None:
    waiter.later = {5.0: (waiter.runs[1], 3), 9.0: (waiter.runs[0], 0)}
    assert waiter.wait() == [(RunState.FINISHED, 0), (RunState.FAILED, 3)]
    (first, at), (second, then) = waiter.ended
    assert (first, second) == (SECOND, FIRST)
    assert 5 <= at < 5.5
    assert 9 <= then < 9.5


def test_what_has_ended_is_not_waited_for(waiter: Waiter) -> None:
    for run in waiter.runs:
        run.write_end({"exit": 0})
    waiter.wait()
    assert waiter.at == 0


def test_the_time_is_up(waiter: Waiter) -> None:
    waiter.runs[0].write_end({"exit": 0})
    states = waiter.wait(3.1)
    assert states[0] == (RunState.FINISHED, 0)
    assert not states[1][0].ended
    assert waiter.at == pytest.approx(3.1)
    # Once at the start, then about once a second, and only for what goes on.
    assert waiter.asked[:3] == [2, 1, 1]
    assert len(waiter.asked) < 6
