"""Exchanges changes with other machines beside the board, which goes on meanwhile."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from mlkanban.errors import MlkanbanError
from mlkanban.hints import sentences
from mlkanban.service import Service
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.store_thread import beside

if TYPE_CHECKING:
    from mlkanban.sync.exchange import Report
    from mlkanban.tui.host import Host

INTERVAL_SECONDS = 60.0
"""Seconds between looks into the folder that several hosts share."""


class BackgroundSync:
    """For one app. A network may take its time, so it has a thread and a connection of its own, and
    no key waits for it."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._going = False
        self._said = ""

    def begin(self) -> None:
        """Exchange with all that was chosen, say how far it is, and what came of it."""
        if self._going:
            self._app.show_message("A sync is under way.")
            return
        self._going = True
        self._app.run_worker(self._now())

    async def _now(self) -> None:
        self._show_progress("Sync ...")
        report = await self._exchange(by_itself=False)
        if report is not None:
            check = "Resolve with =." if report.conflicts else ""
            self._app.show_message(sentences((report.message, check, *report.notices)))

    async def look(self) -> None:
        """Exchange through the folder that the hosts of one home share, if there is one."""
        if self._going:
            return
        self._going = True
        report = await self._exchange(by_itself=True)
        if report is not None and (report.taken or report.notices):
            self._app.show_message(sentences((report.message, *report.notices)))

    async def _exchange(self, *, by_itself: bool) -> Report | None:
        try:
            actor = await self._app.store_thread.call(lambda service: service.actor)
            report = await beside(lambda: self._run(actor, by_itself))
        except MlkanbanError as error:
            if not by_itself:
                self._app.show_message(error.text, warning=True)
            return None
        finally:
            self._going = False
        if report is not None and report.taken:
            await self._app.catch_up()
        return report

    def _run(self, actor: str, by_itself: bool) -> Report | None:
        from mlkanban.sync.transports import remotes  # git and files: few boards have them

        places = self._app.places
        service = Service.open(
            places.data,
            actor=actor,
            clock=self._app.now,
            config=places.config,
            repeats=self._app.settings.repeats,
        )
        try:
            if by_itself:
                return remotes.meet(service)
            return remotes.exchange(service, remotes.transports(service), self._hear)
        finally:
            service.close()

    def _hear(self, step: str) -> None:
        """From the thread of the sync: how far it is."""
        with contextlib.suppress(RuntimeError):  # the program has ended meanwhile
            self._app.call_later(self._show_progress, f"Sync: {step} ...")

    def _show_progress(self, message: str) -> None:
        """Say it where the last such message or none stands: what somebody reads stays."""
        screen = self._app.screen
        if isinstance(screen, KeyScreen) and screen.status.message in ("", self._said):
            screen.status.show(message)
            self._said = screen.status.message
