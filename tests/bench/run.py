"""Measure speed and memory: the real program in a pseudo-terminal against a minimal Textual app.

Every ratio is of two medians of the same run, measured in turns. `--quick` repeats less; BENCH=full
takes a board of 100,000 cards and a log of 1,000,000 events as well, which take long to make.
Nothing fails here: the table says what is over its target.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

from tests.bench import (
    boards,
    curves,
    file_calls,
    finding,
    flow_numbers,
    keys,
    output,
    programs,
    resting,
    runs,
    tracked,
    writing,
)
from tests.bench.table import Row, against, lines, within

FULL = os.environ.get("BENCH") == "full"
SMALL, LARGE, HUGE = 20, 10_000, 100_000
SIZES = (SMALL, 200, 2_000, LARGE, *([HUGE] if FULL else []))
EVENTS = 1_000_000 if FULL else 100_000

LARGE_SIZE, SMALL_SIZE = (160, 45), (80, 24)

KB, MB = 1_000, 1_000_000
SIDEWAYS = frozenset({"side", "across"})
"""Kinds of keys with which the window of stages scrolls where not all of them fit."""
KEYS = (
    # kind, name, and what is allowed: KB on average, KB of the dearest key, ratio of CPU time
    ("near", "cursor key in flight (jk)", 2, None, 1.5),
    ("side", "cursor key to the side in flight (lh)", 2, 4, 1.5),
    ("rest", "cursor key and preview (jk)", 2, None, None),
    ("across", "cursor key to the side and preview (lh)", 2, 4, None),
    ("down", "cursor down 40 cards (j)", 2, 4, None),
    ("move", "move a card (LH)", 3, None, None),
    ("filter", "key of the filter", 4, None, None),
    ("kept", "Enter after the filter", 12, None, None),
    ("off", "filter off (Ctrl+g)", 12, None, None),
    ("enter", "page of a card (Enter)", 12, None, None),
)
_PARTS = {
    "reading": "before that, reading the log",
    "following": "following every card",
    "counting": "every number but the back-test",
    "dearest": "the dearest of them",
    "replaying": "the back-test, apart",
}

# As in an environment without them, wherever the bench runs: sqlite-utils imports both.
LIBRARIES = """
import sys
sys.modules["numpy"] = sys.modules["pandas"] = None
import sqlite_utils, pydantic
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    quick = parser.parse_args().quick
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mlkanban-bench-") as folder:
        homes = {cards: Path(folder, str(cards)) for cards in SIZES}
        worked = Path(folder, "events")
        _tell("making boards")
        for cards, home in homes.items():
            boards.make(home, cards=cards)
        boards.make(worked, events=EVENTS)
        rows: list[Row] = []
        for name, part in (
            ("starting", partial(starts, homes, 3 if quick else 9)),
            ("pressing keys", partial(key_presses, homes, 1 if quick else 2)),
            ("finding cards", partial(finding_cards, homes[LARGE], 2 if quick else 5)),
            ("resting", partial(resting.rows, homes[SMALL])),
            ("counting calls", partial(file_calls.rows, [homes[SMALL], homes[LARGE]])),
            ("writing", partial(writes, homes)),
            ("commands of scripts", partial(commands_cpu, homes, 3 if quick else 9)),
            ("running commands", partial(commands, homes[200], 5 if quick else 15)),
            ("running jobs", partial(runs.rows, homes[200], LIBRARIES, 2 if quick else 7)),
            ("writing output", partial(output.rows, homes[200], 2 if quick else 5)),
            ("following a learning curve", partial(curves.rows, homes[SMALL])),
            ("taking in trials", partial(tracked.rows, 2 if quick else 5)),
            ("counting flow", partial(flow, worked, 2 if quick else 5)),
        ):
            _tell(name)
            rows += part()
    _tell(f"{time.monotonic() - began:.0f} s in all, {programs.SIZE[0]}x{programs.SIZE[1]}")
    print("\n".join(lines(rows)))


def starts(homes: dict[int, Path], repetitions: int) -> Iterator[Row]:
    """Time and memory until the first picture stands."""
    jobs: list[Callable[[], programs.Start]] = [
        partial(programs.start_minimal, homes[SMALL]),
        *(partial(programs.start_board, home) for home in homes.values()),
    ]
    measured = programs.interleaved(repetitions, jobs)
    least, *each = measured
    of = dict(zip(SIZES, each, strict=True))

    def ms(some: Iterable[programs.Start]) -> float:
        return 1000 * median(start.seconds for start in some)

    def cpu(some: Iterable[programs.Start]) -> float:
        return 1000 * median(start.cpu for start in some)

    def mb(some: Iterable[programs.Start]) -> float:
        return median(start.memory for start in some) / MB

    for cards in SIZES:
        yield against(f"start, {cards:,} cards / minimal", ms(of[cards]), ms(least), "ms", 1.2)
    yield against("start, 10,000 / 20 cards", ms(of[LARGE]), ms(of[SMALL]), "ms", 1.3)
    for cards in SIZES:
        name = f"start, CPU, {cards:,} cards / minimal"
        yield against(name, cpu(of[cards]), cpu(least), "ms", 1.2)
    for cards in SIZES:
        name = f"peak memory, {cards:,} cards / minimal"
        yield against(name, mb(of[cards]), mb(least), "MB", 1.3)


def key_presses(homes: dict[int, Path], repetitions: int) -> Iterator[Row]:
    """Bytes and CPU per key, on a large and on a small terminal."""
    places = [(SMALL, LARGE_SIZE), (LARGE, LARGE_SIZE), (SMALL, SMALL_SIZE), (LARGE, SMALL_SIZE)]
    of = {
        (cards, size): [keys.session(homes[cards], size) for _ in range(repetitions)]
        for cards, size in places
    }

    def cost(place: tuple[int, tuple[int, int]], kind: str) -> keys.Cost:
        costs = [getattr(session, kind) for session in of[place]]
        return keys.Cost(*(median(numbers) for numbers in zip(*costs, strict=True)))

    for kind, name, limit, most_limit, cpu_limit in KEYS:
        for place in places:
            cards, size = place
            where = f"{name}, {cards:,} cards, {size[0]}x{size[1]}"
            if kind == "down" and cards == SMALL:
                continue  # there is nothing to go down
            scrolls = kind in SIDEWAYS and size == SMALL_SIZE
            allowed = most_limit if scrolls else limit
            yield within(where, cost(place, kind).size / KB, "KB", allowed)
            if most_limit is not None:
                yield within(f"{where}, the dearest", cost(place, kind).most / KB, "KB", most_limit)
        if cpu_limit is not None:
            most, least = (1000 * cost((n, LARGE_SIZE), kind).cpu for n in (LARGE, SMALL))
            yield against(f"{name}, CPU, 10,000 / 20 cards", most, least, "ms", cpu_limit)
    dearest, first = (cost((SMALL, LARGE_SIZE), kind).size for kind in ("rest", "rest_first"))
    yield against("cursor key, dearest stage / first", dearest / KB, first / KB, "KB", 2)
    memory = median(session.memory for session in of[LARGE, LARGE_SIZE])
    yield within("peak memory after the keys, 10,000", memory / MB, "MB")
    for cards in (SMALL, LARGE):
        idle = median(session.idle for session in of[cards, LARGE_SIZE])
        yield within(f"left alone, CPU in a second, {cards:,}", 1000 * idle, "ms")


def finding_cards(home: Path, repetitions: int) -> Iterator[Row]:
    """The keys of the filter."""
    key, look = (
        1000 * median(seconds)
        for seconds in programs.interleaved(
            repetitions, [partial(finding.dearest_key, home), partial(finding.dearest_look, home)]
        )
    )
    yield within("key of the filter, the dearest, 10,000", key, "ms", 50)
    yield within("its words in notes and so on, beside it, 10,000", look, "ms", 50)


def writes(homes: dict[int, Path]) -> Iterator[Row]:
    """A card that is added, and one that is moved, against a bare insert, in CPU."""
    bare = 1000 * writing.bare_insert(homes[SMALL])
    for cards in (SMALL, LARGE, *([HUGE] if FULL else [])):
        add, move = (1000 * seconds for seconds in writing.add_and_move(homes[cards]))
        yield against(f"add, CPU, {cards:,} cards / bare insert", add, bare, "ms", 2)
        yield against(f"move, CPU, {cards:,} cards / bare insert", move, bare, "ms", 2)


def commands_cpu(homes: dict[int, Path], repetitions: int) -> Iterator[Row]:
    """The CPU of commands that scripts call often, against loading click."""
    program, sizes = programs.BIN / "mlkanban", (SMALL, LARGE)
    kinds = {"add": ["add", "One more"], "list --json": ["list", "--json"], "show": ["show", "v1"]}
    jobs = [partial(programs.command_cpu, homes[SMALL], sys.executable, "-c", "import click")]
    names = [(name, cards) for name in kinds for cards in sizes]
    jobs += [
        partial(programs.command_cpu, homes[cards], program, "--home", homes[cards], *kinds[name])
        for name, cards in names
    ]
    click, *taken = (1000 * median(times) for times in programs.interleaved(repetitions, jobs))
    for (name, cards), ms in zip(names, taken, strict=True):
        yield against(f"mlkanban {name}, CPU, {cards:,} cards / click", ms, click, "ms", 4)


def commands(home: Path, repetitions: int) -> Iterator[Row]:
    """Commands against what they cannot do without."""
    program, python = programs.BIN / "mlkanban", Path(sys.executable)
    run = partial(partial, programs.run_command, home)
    listing, libraries, version, click = (
        1000 * median(seconds)
        for seconds in programs.interleaved(
            repetitions,
            [
                run(program, "--home", home, "list", "--json"),
                run(python, "-c", LIBRARIES),
                run(program, "--version"),
                run(python, "-c", "import click"),
            ],
        )
    )
    yield against("list --json, 200 cards / its libraries", listing, libraries, "ms", 1.5)
    yield against("--version / click", version, click, "ms", 1.5)


def flow(home: Path, repetitions: int) -> Iterator[Row]:
    """The flow numbers of a log of many years."""
    counted = programs.interleaved(repetitions, [partial(flow_numbers.numbers, home)])[0]
    opened = programs.interleaved(
        max(1, repetitions // 2), [partial(flow_numbers.open_reports, home)]
    )[0]

    def seconds(part: str) -> float:
        return median(getattr(numbers, part) for numbers in counted)

    parts = ("following", "counting")
    yield within(f"flow numbers of {EVENTS:,} events, CPU", sum(map(seconds, parts)), "s", 1)
    with_backtest = sum(map(seconds, (*parts, "replaying")))
    yield within("  with the back-test", with_backtest, "s", 2)
    for part in ("reading", *parts, "dearest", "replaying"):
        yield within(f"  {_PARTS[part]}", seconds(part), "s")
    yield within("the dearest picture", 1000 * seconds("drawing"), "ms", 100)
    for name, part in (
        ("reports: from the key to the picture", "first"),
        ("reports: to the next view", "next"),
        ("reports: left while it counts", "leaving"),
    ):
        yield within(name, median(getattr(one, part) for one in opened), "s")


def _tell(what: str) -> None:
    print(what, file=sys.stderr)


if __name__ == "__main__":
    main()
