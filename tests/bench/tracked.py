"""The trials of a study: taking them in, and the page of runs with them, in this process."""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median

from mlkanban.runs.trackers.places import read_all
from mlkanban.service import Service
from mlkanban.tui.screens.runs import RunsScreen
from tests.bench import programs
from tests.bench.table import Row, against, within
from tests.runs.trackers.files import study
from tests.tui.page import opened

FEW, MANY = 400, 1_600
LISTED_FEW, LISTED_MANY = 10, 1_600
_PRESSED = 20


def rows(repetitions: int) -> Iterator[Row]:
    """CPU time from the file to the card, by the number of trials, and with nothing new."""
    few, many = programs.interleaved(
        repetitions, [partial(take_in, FEW), partial(take_in, MANY)]
    )  # fmt: skip
    of_many, of_few = (1000 * median(one[0] for one in some) for some in (many, few))
    again = 1000 * median(one[1] for one in many)
    yield against(f"take in {MANY:,} / {FEW} trials of a study, CPU", of_many, of_few, "ms", 5)
    yield within(f"look at {MANY:,} trials again, nothing new", again, "ms")
    key_few, key_many = programs.interleaved(
        repetitions, [partial(cursor_key, LISTED_FEW), partial(cursor_key, LISTED_MANY)]
    )
    yield against(
        f"runs page: cursor key, {LISTED_MANY:,} / {LISTED_FEW} trials, CPU",
        1000 * median(key_many), 1000 * median(key_few), "ms", 2,
    )  # fmt: skip


def cursor_key(trials: int) -> float:
    """Seconds of CPU of a cursor key on the page of runs at 80x24, without the terminal."""

    async def pressed(home: Path) -> float:
        async with opened(home, size=(80, 24)) as page:
            await page.go_to("search")
            await page.press("runs")
            assert isinstance(page.screen, RunsScreen)
            began = time.process_time()
            for _ in range(_PRESSED):
                page.screen.do_cursor_down()
            return (time.process_time() - began) / _PRESSED

    with tempfile.TemporaryDirectory(prefix="mlkanban-bench-") as folder:
        home = Path(folder, "data")
        service = Service.open(home, actor="ada", clock=lambda: datetime.now(UTC))
        board = service.boards.create("Search", "ml", "UTC")
        metric = {"name": "auc", "target": 0.95}
        [card] = service.cards.add(board.id, "search", fields={"metric": metric}).cards
        path = study(Path(folder, "optuna.db"), trials)
        service.links.link_experiment(card.ref, read_all([path]).runs)
        service.close()
        return asyncio.run(pressed(home))


def take_in(trials: int) -> tuple[float, float]:
    """Seconds of CPU of the first and of the second look."""
    with tempfile.TemporaryDirectory(prefix="mlkanban-bench-") as folder:
        service = Service.open(Path(folder), actor="bench", clock=lambda: datetime.now(UTC))
        board = service.boards.create("Search", "ml", "UTC")
        metric = {"name": "auc", "target": 0.95}
        [card] = service.cards.add(board.id, "search", fields={"metric": metric}).cards
        path = study(Path(folder, "optuna.db"), trials, service.runs.label(card.ref))
        times = []
        for _ in range(2):
            began = time.process_time()
            service.links.sync(read_all([path]).runs)
            times.append(time.process_time() - began)
        service.close()
    return times[0], times[1]
