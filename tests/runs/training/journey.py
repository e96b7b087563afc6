"""An idea, three training runs and a decision: the real program on the demo board, in a terminal,
with the real command line beside it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mlkanban.demo import fill
from mlkanban.service import Service
from tests.runs.jobs import PROGRAM
from tests.runs.training.train import payments
from tests.terminal import ENTER, Terminal

TITLE = "Logistic regression on 8 ratios"
SEEDS = (1, 2, 3)
_DATA = "payments.npz"
_SLOW = 60.0
"""Seconds that a busy machine may take for a step."""


class Step(NamedTuple):
    """What was reached, and the screen then."""

    name: str
    screen: str


class Journey:
    """Somebody with the demo board open in a terminal and a shell beside it. `home` is the
    environment of both, `cwd` where they are."""

    def __init__(self, home: Mapping[str, str], cwd: Path, size: tuple[int, int]) -> None:
        python = os.pathsep.join((str(Path(sys.executable).parent), home["PATH"]))
        self.env = dict(home) | {"PYTHONPATH": str(Path(__file__).parents[3]), "PATH": python}
        self.data = Path(home["MLKANBAN_HOME"])
        self.ref = ""
        self.printed: dict[int, str] = {}
        self._cwd, self._size = cwd, size
        shutil.copy(Path(__file__).with_name("train.py"), cwd)
        with_demo(self.data)

    def mlk(self, *args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, *args], env=self.env, cwd=self._cwd, capture_output=True, text=True,
            timeout=_SLOW, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip

    def steps(self) -> Iterator[Step]:
        """Go all the way, and stop to look after each step."""
        with Terminal(PROGRAM, env=self.env, size=self._size, cwd=self._cwd) as self._terminal:
            yield self._idea()
            yield self._ready()
            jobs = self._started()
            try:
                yield self._running()
                yield self._runs("running", "4-runs")
                self._data_arrives()
                for seed, job in jobs.items():
                    self.printed[seed] = job.communicate(timeout=_SLOW)[0]
                    assert job.returncode == 0
            finally:
                for job in jobs.values():
                    job.kill()
                    job.communicate()
            yield self._evaluated()
            yield self._runs("finished", "6-verdict")
            yield self._card()
            yield self._complete()
            self._terminal.send("Q")
            assert self._terminal.wait(_SLOW) == 0

    def _type(self, *keys: str) -> None:
        for key in keys:
            self._terminal.send(key)
            self._terminal.settle(0.05, _SLOW)

    def _until(self, wanted: str | Callable[[str], object]) -> None:
        self._terminal.wait_for(
            wanted if isinstance(wanted, str) else lambda text: bool(wanted(text)), _SLOW
        )

    def _step(self, name: str) -> Step:
        self._terminal.settle(timeout=_SLOW)
        return Step(name, self._terminal.text)

    def _idea(self) -> Step:
        """Written in one line, with what it is measured by."""
        self._until("Ideas")
        self._type("1", "n")
        self._until("Enter saves")
        self._type(f"{TITLE} #fraud metric:val_auc>=0.85 @experiment", ENTER)
        self._until("added to Ideas")
        step = self._step("1-idea")
        [self.ref] = re.findall(r"(\w+) added to Ideas", step.screen)
        return step

    def _ready(self) -> Step:
        """Ready is full: it takes a reason."""
        self._type("m", "2")
        self._until("Ready is 3/3")
        self._type("o")
        self._until("Why go over")
        self._type("small, and needs no GPU", ENTER)
        self._until("4/3!")
        return self._step("2-ready")

    def _started(self) -> dict[int, subprocess.Popen[str]]:
        """One job for each seed, as soon as the stage has room for that many runs more."""
        job = ["python", "train.py", "--data", _DATA, "--seed"]
        words = ["run", self.ref, "--gpus", "0", "--", *job]
        refused = self.mlk(*words, "0")
        assert refused.returncode == 1, refused
        assert "Training is 2/2 running" in refused.stderr
        assert self.mlk("stages", "limit", "Training", "1", "--unattended", "5").returncode == 0
        return {
            seed: subprocess.Popen(
                [*PROGRAM, *words, str(seed)], env=self.env, cwd=self._cwd, text=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )
            for seed in SEEDS
        }  # fmt: skip

    def _running(self) -> Step:
        """The card went where the runs are, by itself."""
        self._until(lambda text: re.search(r"Train\S* +1/1 ►5/5", text))
        self._type("5", "G")
        return self._step("3-running")

    def _runs(self, state: str, name: str) -> Step:
        """The runs of the card under the cursor, when all are in a state."""
        self._type("r")
        self._until(f"Runs  {self.ref}")
        self._until(lambda text: text.count(f" {state}  ") == len(SEEDS))
        self._until("evidence")
        step = self._step(name)
        self._type("q")
        self._until(lambda text: "in progress" in text or " WIP " in text)
        return step

    def _data_arrives(self) -> None:
        """All at once, as a job that is careful writes it."""
        x, y = payments()
        np.savez(self._cwd / "half.npz", x=x, y=y)
        (self._cwd / "half.npz").replace(self._cwd / _DATA)

    def _evaluated(self) -> Step:
        """The last run that succeeded took it on, above the limit: it has ended, full or not."""
        # Whoever sees the end first takes the card on: the board, or the command that ran the job.
        # Data prep is over its limit too.
        self._until(lambda text: text.count("3/2!") == 2)
        self._type("6", "G")
        self._until(lambda text: re.search(r"6 Evaluat\S* +3/2!", text))
        return self._step("5-evaluation")

    def _card(self) -> Step:
        self._type(ENTER)
        self._until(f"{self.ref}  {TITLE}")
        self._until("supported")
        step = self._step("7-card")
        self._type("q")
        self._until(lambda text: "in progress" in text or " WIP " in text)
        return step

    def _complete(self) -> Step:
        """Shipped; should more be asked, what is proposed will do."""
        self._type("c")
        self._until("ends as")
        self._type("s")
        self._until(lambda text: "finished: shipped" in text or "(Enter" in text)
        if "(Enter" in self._terminal.text:
            self._type(ENTER)
            self._until("finished: shipped")
        return self._step("8-shipped")


def with_demo(data: Path) -> None:
    """The demo board as it is now."""
    now = datetime.now(UTC)
    service = Service.open(data, actor="you", clock=lambda: now)
    fill(service, now)
    service.close()
