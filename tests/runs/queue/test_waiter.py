"""The shell script that waits for a turn, with half minutes that pass in no time."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlkanban.runs.queue import waiter as module
from tests.runs.jobs import until
from tests.runs.local.test_supervisor import SHELLS

SCRIPT = Path(module.__file__).with_name("waiter.sh")
ARGUMENTS = ["", " a  b ", "'", '"$HOME"', "*", "\\", "a\nb\n", "-n"]


class Waiters:
    """Scripts in one queue; what they call as Python writes down how it was called."""

    def __init__(self, folder: Path, shell: list[str]) -> None:
        self.folder, self._shell = folder, shell
        self.queue, self.called = folder / "queue", folder / "called"
        tools = folder / "bin"
        tools.mkdir()
        self.sleep = tools / "sleep"
        self.program(self.sleep, "exec /bin/sleep 0.2")
        self.python = folder / "python"
        self.program(self.python, f'for word; do printf "%s\\0" "$word"; done >> {self.called}')
        self._path = f"{tools}:{os.environ['PATH']}"
        self.started: list[subprocess.Popen[bytes]] = []

    def program(self, file: Path, script: str) -> None:
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    def wait(self, run: str) -> subprocess.Popen[bytes]:
        (self.folder / run).mkdir()
        (self.folder / run / "start.json").touch()
        words = [str(self.folder / run), str(self.queue), run, str(self.python), *ARGUMENTS]
        waiter = subprocess.Popen(
            [*self._shell, str(SCRIPT), *words], env=os.environ | {"PATH": self._path},
            start_new_session=True, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.started.append(waiter)
        return waiter

    def calls(self) -> list[list[str]]:
        if not self.called.exists():
            return []
        words = self.called.read_text().split("-P\0")[1:]
        return [call.removesuffix("\0").split("\0") for call in words]

    def clean(self) -> None:
        for waiter in self.started:
            if waiter.poll() is None:
                os.killpg(waiter.pid, signal.SIGKILL)
            waiter.wait()


@pytest.fixture(params=SHELLS, ids=" ".join)
def waiters(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Waiters]:
    made = Waiters(tmp_path, list(request.param))
    yield made
    made.clean()


def test_of_all_that_wait_one_looks_in_each_half_minute(waiters: Waiters) -> None:
    began = int(time.time()) // 30
    runs = ["one", "two", "three"]
    for run in runs:
        waiters.wait(run)
        os.utime(waiters.folder / run / "start.json", (1, 1))
    until(lambda: waiters.queue.is_dir() and set(runs) <= set(os.listdir(waiters.queue)))
    until(lambda: all((waiters.folder / r / "start.json").stat().st_mtime > 1 for r in runs))
    time.sleep(1)
    halves = int(time.time()) // 30 - began + 1
    assert 1 <= len(waiters.calls()) <= halves
    assert waiters.calls()[0] == ["-m", "mlkanban", "queue", "advance"]


def test_the_one_whose_turn_came_becomes_what_starts_its_job(waiters: Waiters) -> None:
    waiter = waiters.wait("one")
    until(waiters.calls)
    (waiters.folder / "one" / "turn").touch()
    waiter.send_signal(signal.SIGURG)
    assert waiter.wait(timeout=20) == 0
    begun = [call for call in waiters.calls() if "begin" in call]
    assert begun == [["-m", "mlkanban", "queue", "begin", "one", "--", *ARGUMENTS]]


@pytest.mark.parametrize("how", ["dropped", "removed"])
def test_one_that_is_dropped_ends_without_a_start(waiters: Waiters, how: str) -> None:
    waiter = waiters.wait("one")
    until(waiters.calls)
    (waiters.folder / "one" / "turn").touch()
    if how == "dropped":
        (waiters.folder / "one" / "stop.json").touch()
    else:
        for file in (waiters.folder / "one").iterdir():
            file.unlink()
        (waiters.folder / "one").rmdir()
    waiter.send_signal(signal.SIGURG)
    waiter.wait(timeout=20)
    assert not [call for call in waiters.calls() if "begin" in call]


def test_where_nothing_can_sleep_nobody_waits(waiters: Waiters) -> None:
    waiters.program(waiters.sleep, "exit 1")
    waiters.wait("one").wait(timeout=20)
