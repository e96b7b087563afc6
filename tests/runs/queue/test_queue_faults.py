"""What may happen to a queue: runs that start at the same moment, and processes that are killed.
`make faults` tries all of it often."""

import os
import random
import signal
import subprocess

from tests.runs.jobs import PROGRAM, kill, members, until
from tests.runs.queue.queues import JOB, Queue
from tests.stress.faults import Tell
from tests.stress.sizes import size

ROUNDS = size(2, 200)
QUEUES, JOBS = size(1, 3), size(8, 20)


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


def test_of_four_started_at_once_on_two_slots_two_start(queue: Queue, tell: Tell) -> None:
    for number in range(ROUNDS):
        option = ("--queue", "--detach")[number % 2]
        before, names = began(queue), [f"r{number}-{n}" for n in range(4)]
        codes = at_once(queue, names, option)
        assert codes == ([0, 0, 0, 0] if option == "--queue" else [0, 0, 1, 1])
        until(lambda: began(queue) == before + 2)  # noqa: B023
        listed = queue.listed()
        waiting = [run for run in listed if run["place"]]
        assert len(waiting) == (2 if option == "--queue" else 0), (number, listed)
        assert began(queue) == before + 2
        queue.end()
        total = 4 if option == "--queue" else 2
        until(lambda: began(queue) == before + total)  # noqa: B023
        until(lambda: '"running"' not in queue.job.mlk("--json", "runs"))
        (queue.job.cwd / "go").unlink()
    tell("four runs started at once on two slots", ROUNDS, 0)


def test_each_job_of_a_long_queue_runs_once_or_is_lost_by_name(queue: Queue, tell: Tell) -> None:
    """With the board closed the terminal is dropped (SIGHUP), supervisors and waiters are killed,
    ticks collide, and the machine restarts under a job and under a waiter."""
    lost: set[str] = set()
    for number in range(QUEUES):
        lost |= queue_of_jobs(queue, number, random.Random(number))
    assert sorted(queue.began()) == sorted(set(queue.names.values()) - lost)
    tell("a queue whose supervisors and waiters are killed, jobs", QUEUES * JOBS, 0)


def queue_of_jobs(queue: Queue, number: int, chance: random.Random) -> set[str]:
    """A queue from its first job to its last; those that were lost before they began."""
    names = [f"queue{number}-job{n}" for n in range(JOBS)]
    runs = {name: queue.put(name) for name in names}
    never, cut_off = {names[-1], names[-2]}, names[-3]
    queue.forge(runs[names[-1]], boot_id="another")
    kill(queue.waiter(runs[names[-2]]))
    for run in list(runs.values())[2:-2]:
        os.killpg(os.getpgid(queue.waiter(run)), signal.SIGHUP)
    ended: set[str] = set()
    while len(ended) < len(names) - len(never):
        expected = min(2, len(names) - len(never) - len(ended))
        until(lambda: len(going_on(queue, names, ended)) == expected, 60)  # noqa: B023
        name = chance.choice(going_on(queue, names, ended))
        until(lambda: "supervisor" in queue.start(runs[name]))  # noqa: B023
        start = queue.start(runs[name])
        os.killpg(start["session"], signal.SIGHUP)
        if name == cut_off:
            kill(start["supervisor"]["pid"])
            for pid in members(start["child"]["pid"]):
                kill(pid)
            queue.forge(runs[name], boot_id="another")
        elif chance.random() < 0.5:
            kill(start["supervisor"]["pid"])
        ticks = [
            subprocess.Popen(
                [*PROGRAM, "queue", "advance"], env=queue.job.env, stderr=subprocess.DEVNULL
            )
            for _ in range(2)
        ]
        queue.end(name)
        for tick in ticks:
            tick.wait()
        ended.add(name)
        if name != cut_off:
            until(lambda: (queue.job.data / "runs" / runs[name] / "rc").exists())  # noqa: B023
        queue.tick()
    until(lambda: not set(queue.states().values()) & {"running", "starting", "orphan"})
    states = queue.states()
    assert {name for name in names if states[name] == "lost"} == never | {cut_off}
    assert {states[name] for name in names if name not in never | {cut_off}} == {"finished"}
    return never


def going_on(queue: Queue, names: list[str], ended: set[str]) -> list[str]:
    return sorted(set(queue.began()) & set(names) - ended)
