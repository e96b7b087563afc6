"""Sync of long histories, and what many exchanges leave behind: time, memory and bytes.

    PYTHONPATH=. python tests/bench/exchanges.py

BENCH=full: 500,000 events and 1,000 exchanges instead of 20,000 and 50.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from mlkanban.sync.transports import remotes
from tests.bench import boards
from tests.bench.table import Row, against, lines, within
from tests.service.people import Person

FULL = os.environ.get("BENCH") == "full"
EVENTS, EXCHANGES = (500_000, 1_000) if FULL else (20_000, 50)
MB = 1_000_000
MOST_MB = 200


class Cost(NamedTuple):
    seconds: float
    cpu: float
    mb: float


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="mlkanban-exchanges-") as folder:
        rows = [*long_history(Path(folder)), *many_exchanges(Path(folder))]
    print("\n".join(lines(rows)))


def long_history(folder: Path) -> Iterator[Row]:
    """A long history over git: sent, taken in elsewhere, and exchanged again."""
    here, there, bare = folder / "here", folder / "there", _bare(folder / "long.git")
    boards.make(here, events=EVENTS)
    there.mkdir()
    jobs: list[tuple[str, Path, list[str | Path]]] = [
        ("sent for the first time", here, ["sync", "init", bare]),
        ("taken in for the first time", there, ["sync", "join", bare]),
        ("sent again, nothing new", here, ["sync"]),
        ("taken in again, nothing new", there, ["sync"]),
    ]
    for what, home, command in jobs:
        yield from costs(f"sync of {EVENTS:,} events, {what}", run(home, *command))
    listing = median(_seconds("git", "ls-remote", bare) for _ in range(5))
    again = median(run(here, "sync").seconds for _ in range(5))
    yield against("sync, nothing new / git ls-remote", again, listing, "s", 2)
    yield from costs(f"doctor --deep of {EVENTS:,} events", run(here, "doctor", "--deep"))
    out = folder / "log.jsonl"
    yield from costs(f"export of {EVENTS:,} events", run(here, "export", "jsonl", "--out", out))


def costs(what: str, cost: Cost) -> Iterator[Row]:
    yield within(what, cost.seconds, "s")
    yield within(f"{what}, CPU", cost.cpu, "s")
    yield within(f"{what}, memory", cost.mb, "MB", MOST_MB)


def many_exchanges(folder: Path) -> Iterator[Row]:
    """Two people who write by turns, and exchange each time."""
    bare = _bare(folder / "many.git")
    people = [Person(folder / name, name) for name in ("ada", "bob")]
    people[0].starts()
    people[1].board_id = people[0].board_id
    seconds = []
    for number in range(EXCHANGES):
        person = people[number % 2]
        if number > 1:
            person.adds(f"card {number}")
        began = time.perf_counter()
        remotes.exchange(person.service, [remotes.repository(person.service, str(bare))])
        seconds.append(time.perf_counter() - began)
    tenth = EXCHANGES // 10
    yield against(f"exchange, the last {tenth} of {EXCHANGES:,} / the first",
                  median(seconds[-tenth:]), median(seconds[2 : 2 + tenth]), "s", 1.5)  # fmt: skip
    clone = people[0].service.path.parent / "sync" / "clone"
    for what, place in (("repository", bare), ("clone", clone)):
        size = sum(file.stat().st_blocks * 512 for file in place.rglob("*") if file.is_file())
        yield within(f"{what} after {EXCHANGES:,} exchanges", size / MB, "MB")
    for person in people:
        person.service.close()


def run(home: Path, *command: str | Path) -> Cost:
    """What a command of the program costs, with all that it starts; the memory is its own."""
    began = time.perf_counter()
    words = [sys.executable, "-m", "mlkanban", "--home", home, *command]
    process = subprocess.Popen(
        words, env={**os.environ, "HOME": str(home)}, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command} ended with {os.waitstatus_to_exitcode(status)}")
    kb = 1 if sys.platform == "darwin" else 1024
    return Cost(
        time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * kb / MB
    )


def _bare(place: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", "--bare", place], check=True)
    return place


def _seconds(*command: str | Path) -> float:
    began = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
