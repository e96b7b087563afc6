"""Runs that are started at the same moment: no more begin than there are slots, over and over."""

import os
import subprocess

from tests.runs.jobs import PROGRAM, until
from tests.runs.queue.queues import JOB, Queue

ROUNDS = 200 if os.environ.get("MLKANBAN_STRESS") == "full" else 2


def at_once(queue: Queue, names: list[str], option: str) -> list[int]:
    cards = [queue.card(name) for name in names]
    started = [
        subprocess.Popen(
            [*PROGRAM, "run", card, option, "--", "sh", "-c", JOB, "sh", name],
            env=queue.job.env, cwd=queue.job.cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for card, name in zip(cards, names, strict=True)
    ]  # fmt: skip
    for one in started:
        one.communicate(timeout=60)
    return sorted(one.returncode for one in started)


def began(queue: Queue) -> int:
    file = queue.job.cwd / "began"
    return len(file.read_text().split()) if file.exists() else 0


def test_of_four_started_at_once_on_two_slots_two_start(queue: Queue) -> None:
    for number in range(ROUNDS):
        option = ("--queue", "--detach")[number % 2]
        before, names = began(queue), [f"r{number}-{n}" for n in range(4)]
        codes = at_once(queue, names, option)
        assert codes == ([0, 0, 0, 0] if option == "--queue" else [0, 0, 1, 1])
        until(lambda: began(queue) == before + 2)  # noqa: B023
        waiting = [run for run in queue.listed() if run["place"]]
        assert len(waiting) == (2 if option == "--queue" else 0)
        assert began(queue) == before + 2
        queue.end()
        total = 4 if option == "--queue" else 2
        until(lambda: began(queue) == before + total)  # noqa: B023
        until(lambda: '"running"' not in queue.job.mlk("--json", "runs"))
        (queue.job.cwd / "go").unlink()
