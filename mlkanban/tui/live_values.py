"""What runs report while they go on: read beside the board, and shown on its cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from mlkanban.core.timestamps import moment
from mlkanban.errors import MlkanbanError
from mlkanban.tui.store_thread import beside

if TYPE_CHECKING:
    from mlkanban.runs.model.run import Run
    from mlkanban.runs.model.series import Latest, RunSeries
    from mlkanban.runs.series_reader import SeriesReader
    from mlkanban.tui.host import Host

_COUNTED = timedelta(seconds=65)
"""The first minute of a run, and a look more: until its face says `1m`."""
_CardRuns = tuple[Mapping[str, Any] | None, "Sequence[Run]"]


class LiveValues:
    """`of_cards` is what the runs of each card that go on reported last, newest run first."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._reader: SeriesReader | None = None
        self._looking = False
        self._seen: object = None
        self._runs: Mapping[str, _CardRuns] = {}
        self.of_cards: Mapping[str, Sequence[Latest]] = {}

    async def series(
        self, wanted: Sequence[Run], metric: Mapping[str, Any] | None, runs: Sequence[Run]
    ) -> list[RunSeries]:
        """The series of some of the `runs` of a card, of them at least that of its metric where
        there is one."""
        return await beside(lambda: self._read(wanted, metric, runs))

    def _read(
        self, wanted: Sequence[Run], metric: Mapping[str, Any] | None, runs: Sequence[Run]
    ) -> list[RunSeries]:
        if self._reader is None:
            # The readers of all trackers: most boards have no runs.
            from mlkanban.runs.series_reader import SeriesReader

            self._reader = SeriesReader(self._app.places.data)
        return [self._reader.read(run, metric, runs) for run in wanted]

    async def look(self) -> None:
        """Read on what goes on, and show what is new on the board."""
        if self._looking:
            return
        self._looking = True
        try:
            await self._find_runs()
            found = await beside(self._latest) if self._runs else {}
        except MlkanbanError:
            return  # what is wrong with the store is said by whoever looks at it now and then
        finally:
            self._looking = False
        if found != self.of_cards or self._any_began():
            self.of_cards = found
            self._app.show_live_values()

    async def _find_runs(self) -> None:
        """The runs of the cards with a run that goes on; nothing is asked while nothing happens."""
        model = self._app.model
        seen = (model.board.id, self._app.cursor)
        if seen == self._seen:
            return
        with_runs = [(face.id, face.runs) for face in model.faces.values() if face.runs]
        going_on = await beside(lambda: _going_on(with_runs)) if with_runs else []
        self._runs = (
            await self._app.store_thread.call(lambda service: service.runs.of_cards(going_on))
            if going_on
            else {}
        )
        self._seen = seen

    def _any_began(self) -> bool:
        """Whether a run began so lately that its face counts seconds."""
        since = self._app.now() - _COUNTED
        return any(
            (began := moment(run.started)) is not None and began > since
            for _, runs in self._runs.values()
            for run in runs
            if not run.state.ended
        )

    def _latest(self) -> dict[str, tuple[Latest, ...]]:
        from mlkanban.runs.model.series import Latest  # as above

        found: dict[str, tuple[Latest, ...]] = {}
        for card_id, (metric, runs) in self._runs.items():
            name = str((metric or {}).get("name") or "")
            going_on = [run for run in runs if not run.state.ended]
            read = zip(going_on, self._read(going_on, metric, runs), strict=True)
            latest = [
                Latest.of(run.id, of, name, one.series.values())
                for run, one in read
                if (of := one.shown(name))
            ]
            if latest:
                found[card_id] = tuple(latest)
        return found


def _going_on(with_runs: Sequence[tuple[str, str]]) -> list[str]:
    """The cards with a run that goes on, by what their faces keep of their runs."""
    from mlkanban.runs.model.brief import Brief  # as above

    return [card_id for card_id, packed in with_runs if Brief.read(packed).since]
