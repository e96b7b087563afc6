"""Queues of real runs: each job says that it began, waits for its sign, and ends."""

import contextlib
import json
import os
import signal
import subprocess
from typing import Any

from tests.runs.jobs import PROGRAM, Job, alive, kill, members, until

JOB = (
    'echo "$MLKANBAN_RUN" >> began; until [ -e go ] || [ -e "go-$1" ]; do sleep 0.05; done;'
    ' echo "$CUDA_VISIBLE_DEVICES"'
)


class Queue:
    def __init__(self, job: Job) -> None:
        self.job = job
        self.names: dict[str, str] = {}
        """The names of jobs, by their run."""
        self.answer: dict[str, Any] = {}
        """What was answered to the last run that was put into the queue."""

    def card(self, title: str, *options: str) -> str:
        return str(json.loads(self.job.mlk("--json", "add", title, *options))["data"]["id"])

    def put(self, name: str, *options: str, card: str = "") -> str:
        """Queue a job of this name; its run."""
        words = ("run", "--queue", *options, card or self.card(name), "--", "sh", "-c", JOB, "sh")
        answer = json.loads(self.job.mlk("--json", *words, name))
        self.answer = answer["data"]
        self.names[answer["data"]["id"]] = name
        return str(answer["data"]["id"])

    def listed(self, *words: str) -> list[dict[str, Any]]:
        return list(json.loads(self.job.mlk("--json", "queue", *words))["data"])

    def waiting(self) -> list[str]:
        """The names of the jobs that wait, in their order."""
        return [self.names[run["id"]] for run in self.listed() if run["place"]]

    def began(self) -> list[str]:
        """The names of the jobs that began, in the order in which they did."""
        file = self.job.cwd / "began"
        return [self.names[run] for run in file.read_text().split()] if file.exists() else []

    def end(self, name: str = "") -> None:
        """Let a job come to its end, or all."""
        (self.job.cwd / (f"go-{name}" if name else "go")).touch()

    def states(self) -> dict[str, str]:
        runs = json.loads(self.job.mlk("--json", "runs"))["data"]
        return {self.names[run["id"]]: run["state"] for run in runs if run["id"] in self.names}

    def start(self, run: str) -> dict[str, Any]:
        text = (self.job.data / "runs" / run / "start.json").read_text()
        return dict(json.loads(text))

    def waiter(self, run: str) -> int:
        return int(self.start(run)["queue"]["waiter"]["pid"])

    def forge(self, run: str, **changes: object) -> None:
        file = self.job.data / "runs" / run / "start.json"
        file.write_text(json.dumps(self.start(run) | changes))

    def tick(self) -> None:
        """What one of the waiters does every half minute."""
        subprocess.run(
            [*PROGRAM, "queue", "advance"], env=self.job.env, cwd=self.job.cwd, check=True,
            capture_output=True, timeout=60,
        )  # fmt: skip

    def clean(self) -> None:
        self.end()
        for run in self.names:
            with contextlib.suppress(OSError, ValueError, KeyError):
                start = self.start(run)
                kill(self.waiter(run))
                os.killpg(self.waiter(run), signal.SIGKILL)
                for pid in members(start["child"]["pid"]):
                    kill(pid)


__all__ = ["JOB", "Queue", "alive", "until"]
