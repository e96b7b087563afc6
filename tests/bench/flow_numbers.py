"""How long the flow numbers of a large store take, and their chart."""

import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from mlkanban.charts.render import render
from mlkanban.charts.spec import histogram_spec
from mlkanban.flow.cycle_time import cycle_times, grouped
from mlkanban.service import Service
from tests.bench import programs

_GROUPINGS = ("type", "tag", "stage")


class Numbers(NamedTuple):
    """Seconds for each part: reading the log, every flow number from it, one drawing."""

    reading: float
    cycle_time: float
    groups: float
    drawing: float


def numbers(home: Path) -> Numbers:
    """Everything the reports screen can show, of all time."""
    as_of = datetime.now(UTC)
    service = Service.open(home, actor="bench", clock=lambda: as_of, write=False)
    board = service.boards.find()
    times = [time.perf_counter()]
    workflow, histories = service.history.for_flow(board)
    times.append(time.perf_counter())
    all_cards = cycle_times(workflow, histories, as_of=as_of, window_days=None)
    times.append(time.perf_counter())
    for by in _GROUPINGS:
        grouped(workflow, histories, by=by, as_of=as_of, window_days=None)
    times.append(time.perf_counter())
    width, height = programs.SIZE
    render(histogram_spec(all_cards), width, height - 10, palette=None, ascii=False)
    times.append(time.perf_counter())
    service.close()
    return Numbers(*(after - before for before, after in pairwise(times)))


def open_reports(home: Path) -> float:
    """Seconds from the key to the chart on the real screen."""
    with programs.board(home) as terminal:
        programs.settled(terminal)
        pressed = time.monotonic()
        terminal.send("R")
        terminal.settle(1.5, 30)
        return terminal.last_output - pressed
