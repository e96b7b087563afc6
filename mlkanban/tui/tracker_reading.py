"""Reads the files of trackers beside the board, which goes on meanwhile."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from mlkanban.service import Service
from mlkanban.tui.counting import GivenUp

if TYPE_CHECKING:
    from mlkanban.runs.trackers.places import Found
    from mlkanban.tui.app import BoardApp

_EVERY = 0.2
"""Seconds between two sentences of how far it is."""


class TrackerReading:
    """One look at the trackers; `tell` hears how far it is, until it is given up."""

    def __init__(self, app: BoardApp, tell: Callable[[str], None]) -> None:
        self._app = app
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._told = float("-inf")
        self._over = threading.Event()

    async def read(self) -> Found:
        """What trackers tell of runs; those that are tagged with a card are linked."""
        from mlkanban.runs.trackers.places import read_all, usual  # few look at trackers

        known = await self._app.backstage.call(lambda service: service.links.places())
        cwd, more = Path.cwd(), [*self._app.settings.trackers, *known]
        found = await self._beside(
            lambda: read_all(
                usual(cwd, os.environ, more),
                lambda count, path: self._so_far(f"Reading {path.name}: {count:,} runs"),
            )
        )
        await self._app.backstage.call(lambda service: self._sync(service, found))
        await self._app.catch_up()
        return found

    def give_up(self) -> None:
        self._over.set()

    def _sync(self, service: Service, found: Found) -> None:
        if not service.read_only:
            service.links.sync(
                found.runs, lambda at, of: self._so_far(f"Linking {at:,} of {of:,} runs")
            )

    def _so_far(self, text: str) -> None:
        if self._over.is_set():
            raise GivenUp
        if time.monotonic() - self._told >= _EVERY:
            self._told = time.monotonic()
            self._loop.call_soon_threadsafe(self._tell, text)

    async def _beside(self, action: Callable[[], Found]) -> Found:
        """In a thread that the end of the program does not wait for: it only reads, and what it
        reads may hang."""
        future: Future[Found] = Future()
        future.set_running_or_notify_cancel()

        def run() -> None:
            try:
                future.set_result(action())
            except BaseException as error:
                future.set_exception(error)

        threading.Thread(target=run, daemon=True).start()
        return await asyncio.wrap_future(future)
