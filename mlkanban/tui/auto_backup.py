"""Backups that are made by themselves while the board is open, when nobody types."""

from __future__ import annotations

import contextlib
from time import monotonic
from typing import TYPE_CHECKING

from mlkanban.clock import now
from mlkanban.errors import MlkanbanError, StoreBusy

if TYPE_CHECKING:
    from mlkanban.tui.host import Host
    from mlkanban.tui.store_thread import StoreThread

INTERVAL_SECONDS = 20.0
CALM = 10.0
"""Seconds: between two looks, and since the last key."""


class AutoBackup:
    """For one app. A backup is quick, but the next key should not find the store busy with it."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._last_key = monotonic()
        self._said = ""

    def key_pressed(self) -> None:
        self._last_key = monotonic()

    async def look(self) -> None:
        """Make a backup when one is due and the moment is calm."""
        if monotonic() - self._last_key < CALM:
            return
        try:
            # The clock of the file system, whose times tell when something changed.
            await self._app.store_thread.call(lambda service: service.backups.keep(now()))
        except StoreBusy:
            return  # somebody writes: the next look will do it
        except MlkanbanError as error:
            message = "No backup was made: " + error.text
            if message != self._said:
                self._app.show_message(message, warning=True)
            self._said = message
        else:
            self._said = ""


def at_the_end(store_thread: StoreThread) -> None:
    """The terminal is back already: the last chance for a session that was too short or busy."""
    with contextlib.suppress(MlkanbanError):
        store_thread.at_once(lambda service: service.backups.keep(now()))
