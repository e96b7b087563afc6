"""Looks now and then at what became of the runs of cards, while the board is open."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from mlkanban.errors import MlkanbanError, StoreBusy
from mlkanban.service import Done, Service

if TYPE_CHECKING:
    from mlkanban.runs.local.intake import Intake
    from mlkanban.tui.host import Host

INTERVAL_SECONDS = 2.0
SLURM_SECONDS = 20.0
"""For each of its programs."""


class RunWatch:
    """For one app; where nothing runs and nothing is new, a look is one question to the disk."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._intake: Intake | None = None
        self._looking = False
        self._asking = threading.Event()
        self._asked = float("-inf")

    async def look(self) -> None:
        """Take in what is new, and let the board show it."""
        if self._looking:
            return
        self._looking = True
        try:
            done = await self._app.store_thread.call(self._take_in)
        except StoreBusy:
            return  # somebody writes: the next look will see it
        except MlkanbanError as error:
            self._app.show_message(error.text, warning=True)
            return
        finally:
            self._looking = False
        if done.changed:
            await self._app.catch_up()
            await self._app.look_around()
            self._app.show_message(done.message)

    def _take_in(self, service: Service) -> Done:
        if self._intake is None:
            folder = self._app.places.data
            if not folder.joinpath("runs").is_dir():
                return Done("", changed=False)
            from mlkanban.runs.local.intake import Intake  # most boards have no runs

            self._intake = Intake(folder)
        done = self._intake.take_in(service, self._app.now())
        self._ask_slurm(self._intake, service)
        return done

    def _ask_slurm(self, intake: Intake, service: Service) -> None:
        """Beside the board: a controller that hangs holds nobody up. The next look sees what was
        answered."""
        if self._asking.is_set():
            return
        # SLURM: only a board with runs asks it.
        from mlkanban.runs.slurm.job_states import pause, read_job_states

        going_on, now = intake.going_on, self._app.now()
        if time.monotonic() - self._asked < pause(going_on, now):
            return
        self._asked = time.monotonic()
        stores = service.runs.store_names()
        self._asking.set()

        def asking() -> None:
            try:
                read_job_states(self._app.places.data, going_on, stores, now, SLURM_SECONDS)
            finally:
                self._asking.clear()

        threading.Thread(target=asking, daemon=True).start()
