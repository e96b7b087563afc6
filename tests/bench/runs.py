"""What it costs to start a job by way of the board, and to write through it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench import programs
from tests.bench.table import Row, against, within

MB = 100


def rows(home: Path, libraries: str, repetitions: int) -> Iterator[Row]:
    """The wrapper against what it cannot do without, and against the bare command."""
    mlk = [str(programs.BIN / "mlkanban"), "--home", str(home)]
    listed = subprocess.run([*mlk, "--json", "list"], capture_output=True, check=True).stdout
    card = str(json.loads(listed)["data"][0]["id"])
    start = [*mlk, "run", card, "--override", "measured", "--"]
    write = ["head", "-c", str(MB * 1_000_000), "/dev/zero"]
    out = home / "bare.log"
    timed = partial(partial, programs.command_cpu, home)
    # Apart: what is written much of goes to the disk before the little that has to be there.
    nothing, needed = programs.interleaved(
        repetitions, [timed(*start, "true"), timed(sys.executable, "-c", libraries)]
    )
    much, bare = programs.interleaved(
        repetitions,
        [timed(*start, *write), timed("sh", "-c", f"{' '.join(write)} > {out}; cat {out}")],
    )
    for log in (home / "runs").glob("*/out.log"):
        os.truncate(log, 0)
    yield from watching(mlk, card, home / "runs", 50, 20)
    yield against("run -- true / its libraries, CPU", _ms(nothing), _ms(needed), "ms", 1.6)
    yield against(
        f"{MB} MB of output beyond a start of run / to a file and shown, CPU",
        _ms(much) - _ms(nothing), _ms(bare), "ms", 2,
    )  # fmt: skip


def watching(mlk: list[str], card: str, folders: Path, many: int, seconds: float) -> Iterator[Row]:
    """What it costs to watch over jobs that go on, and to wait in the queue: private memory of the
    scripts of each job, and how often they wake up."""
    limit = [*mlk, "stages", "limit", "Training", "1", "--unattended"]
    yield from _kept_up(mlk, folders, many, seconds, "supervisor", ["run", card, "--detach"])
    subprocess.run([*limit, "0"], check=True, capture_output=True)
    yield from _kept_up(mlk, folders, many, seconds, "waiter", ["run", card, "--queue"])
    subprocess.run([*limit, "2"], check=True, capture_output=True)


def _kept_up(
    mlk: list[str], folders: Path, many: int, seconds: float, what: str, run: list[str]
) -> Iterator[Row]:
    had = set(folders.iterdir()) if folders.is_dir() else set()
    for _ in range(many):
        words = [*run, "--override", "measured", "--", "sleep", "600"]
        subprocess.run([*mlk, *words], check=True, capture_output=True)
    starts = [
        json.loads((folder / "start.json").read_text())
        for folder in set(folders.iterdir()) - had
    ]  # fmt: skip
    try:
        groups = {_session(start) for start in starts}
        memory = sum(_private_kb(pid) for pid in _members(groups)) / many
        before = _switches(groups)
        time.sleep(seconds)
        after = _switches(groups)
        # A `sleep` that came and went was woken once; those that came meanwhile are in `after`.
        woken = sum(after[pid] - before.get(pid, 0) for pid in after)
        woken += len(before.keys() - after.keys())
    finally:
        for start in starts:
            group = start["child"]["pid"] if "child" in start else _session(start)
            os.killpg(group, signal.SIGKILL if "queue" in start else signal.SIGTERM)
    yield within(f"{many} jobs: private memory of each {what}", memory / 1000, "MB", 3)
    yield within(f"{many} jobs: wake-ups of each {what}", woken / many / seconds, "/s", 1)


def _session(start: dict[str, Any]) -> int:
    """The session, and process group, of the script of a run."""
    waiter = start.get("queue", {}).get("waiter")
    return os.getsid(waiter["pid"]) if waiter else int(start["session"])


def _members(groups: Collection[int]) -> Iterator[int]:
    """The processes of these process groups."""
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with suppress(OSError):
            stat = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
            if int(stat[2]) in groups and stat[0] != "Z":
                yield int(name)


def _private_kb(pid: int) -> int:
    """The memory that a process has for itself, in KB; 0 where it is gone."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
    return 0


def _switches(groups: Collection[int]) -> dict[int, int]:
    """How often each process of these groups went to sleep by itself."""
    counts: dict[int, int] = {}
    for pid in _members(groups):
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("voluntary_ctxt_switches"):
                    counts[pid] = int(line.split()[1])
    return counts


def _ms(seconds: list[float]) -> float:
    return 1000 * median(seconds)
