"""Reads the files of trackers beside the board, which goes on meanwhile."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from mlkanban.paths import working_folder
from mlkanban.runs.local.likely_runs import (
    local_runs,
    newest_command_in,
    newest_working_folders,
)
from mlkanban.runs.model.inbox import with_likely_run
from mlkanban.runs.slurm.time_limits import PATIENT_SECONDS
from mlkanban.service import Service
from mlkanban.tui.number_worker import GivenUp
from mlkanban.tui.store_thread import beside

if TYPE_CHECKING:
    from mlkanban.runs.trackers.places import TrackerRuns
    from mlkanban.tui.host import Host

_LOOK_SECONDS = 0.2
"""Seconds between two sentences of how far it is."""


class TrackerReader:
    """One look at the trackers; `tell` hears how far it is, until it is given up."""

    def __init__(self, app: Host, show: Callable[[str], None]) -> None:
        self._app = app
        self._show = show
        self._loop = asyncio.get_running_loop()
        self._shown_at = float("-inf")
        self._over = threading.Event()

    async def read(self) -> TrackerRuns:
        """What trackers tell of runs; those that are tagged with a card are linked."""
        from mlkanban.runs.trackers.places import (  # few look at trackers
            read_all,
            servers,
            usual,
        )
        from mlkanban.runs.trackers.tracker import KnownRuns  # as above

        links, actor, read_only = await self._app.store_thread.call(
            lambda service: (
                (service.links.places(), service.links.ended()), service.actor, service.read_only,
            )
        )  # fmt: skip
        linked, ended = links
        cwd, more = working_folder(), [*self._app.settings.trackers, *linked]
        data, now = self._app.places.data, self._app.now()
        known = KnownRuns(ended, partial(newest_command_in, data), only_news=True)
        own_runs = await beside(lambda: local_runs(data))
        tracker_runs = await beside(
            lambda: read_all(
                usual(cwd, os.environ, more, newest_working_folders(own_runs)),
                lambda count, path: self._so_far(f"Reading {path.name}: {count:,} runs"),
                known,
            )
        )
        likely = await beside(lambda: with_likely_run(tracker_runs.runs, own_runs))
        tracker_runs = replace(tracker_runs, runs=tuple(likely))
        if not read_only:
            await beside(lambda: self._sync(actor, tracker_runs))
            await self._app.catch_up()
        from mlkanban.runs.slurm.unlinked_jobs import unlinked_jobs  # few have SLURM

        jobs = await beside(lambda: unlinked_jobs(data, now, PATIENT_SECONDS))
        return replace(
            tracker_runs, runs=(*tracker_runs.runs, *jobs),
            problems=(*tracker_runs.problems, *servers(os.environ)),
        )  # fmt: skip

    def give_up(self) -> None:
        self._over.set()

    def _sync(self, actor: str, tracker_runs: TrackerRuns) -> None:
        """Through a connection of its own, beside that of the keys."""
        app = self._app
        places = app.places
        service = Service.open(
            places.data,
            actor=actor,
            clock=app.now,
            make=False,
            config=places.config,
            repeats=app.settings.repeats,
        )
        try:
            service.links.sync(
                tracker_runs.runs, lambda at, of: self._so_far(f"Linking {at:,} of {of:,} runs")
            )
        finally:
            service.close()

    def _so_far(self, text: str) -> None:
        if self._over.is_set():
            raise GivenUp
        if time.monotonic() - self._shown_at >= _LOOK_SECONDS:
            self._shown_at = time.monotonic()
            self._loop.call_soon_threadsafe(self._show, text)
