"""How long the flow numbers of a large store take, and their pictures, in seconds of CPU."""

import gc
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import plotext  # noqa: F401  loaded once, with the first picture: not part of painting one

from mlkanban.charts.catalogue import CATALOGUE
from mlkanban.charts.render import render
from mlkanban.display.number_text import number_view
from mlkanban.flow.sample import follow
from mlkanban.flow.window import Window
from mlkanban.service import Service
from tests.bench import programs

REPLAY = "backtest"


class Numbers(NamedTuple):
    """Seconds of CPU for each part: reading the log, following the cards, every flow number but the
    back-test, that, the dearest number, and the dearest painting of a picture that is counted."""

    reading: float
    following: float
    counting: float
    replaying: float
    dearest: float
    drawing: float


def numbers(home: Path) -> Numbers:
    """Everything the reports screen can show, of all time. Garbage is not collected meanwhile, as
    in the program (`cli.program`)."""
    gc.collect()
    gc.disable()
    try:
        return _numbers(home)
    finally:
        gc.enable()


def _numbers(home: Path) -> Numbers:
    as_of = datetime.now(UTC)
    service = Service.open(home, actor="bench", clock=lambda: as_of, write=False)
    board = service.boards.find()
    began = time.process_time()
    workflow, histories = service.history.for_flow(board)
    read = time.process_time()
    window = Window.back(None, workflow.day(as_of))
    sample = follow(workflow, histories, as_of, window)
    followed = time.process_time()
    width, height = programs.SIZE
    counting, drawing = {}, []
    for entry in CATALOGUE:
        view = number_view(entry.name)
        start = time.process_time()
        number = view.count(sample)
        counting[entry.name] = time.process_time() - start
        spec = view.draw(number, sample)
        start = time.process_time()
        if spec is not None:
            render(spec, width, height - 10, coloured=True)
        drawing.append(time.process_time() - start)
    service.close()
    replaying = counting.pop(REPLAY)
    return Numbers(
        read - began,
        followed - read,
        sum(counting.values()),
        replaying,
        max(counting.values()),
        max(drawing),
    )


class Opening(NamedTuple):
    """Seconds from a key to the end of what it draws on the real screen."""

    first: float
    next: float
    leaving: float


def open_reports(home: Path) -> Opening:
    """The report, another view of it, and back to the board while the back-test is counted."""
    with programs.board(home) as terminal:
        programs.settled(terminal)

        def pressed(key: str, seconds: float) -> float:
            at = time.monotonic()
            terminal.send(key)
            terminal.settle(seconds, 30)
            return terminal.last_output - at

        first, following = pressed("R", 3), pressed("5", 1.5)
        terminal.send("P")
        time.sleep(0.3)
        at = time.monotonic()
        shown = terminal.raw.count(programs.BOARD.encode())
        terminal.send("q")
        while terminal.raw.count(programs.BOARD.encode()) == shown:
            if time.monotonic() > at + 30:
                raise RuntimeError(f"the board did not come back:\n{terminal.text}")
            time.sleep(0.001)
        return Opening(first, following, time.monotonic() - at)
