"""The learning curves of a card on one of its pages, read beside the keys."""

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from mlkanban.charts.learning_curve import LearningCurve, NamedSeries, learning_curve
from mlkanban.charts.spec import Role
from mlkanban.core.metrics import metric_named
from mlkanban.display.card_face import Line, Piece
from mlkanban.display.curve_lines import (
    curve_lines,
    heading,
    name_of,
    named_series,
    search_heading,
    search_lines,
)
from mlkanban.display.parameter_lines import (
    parameter_heading,
    parameter_lines,
    space_heading,
    space_lines,
)
from mlkanban.runs.model.overview import ConfigurationRuns
from mlkanban.runs.model.parameter_axes import ParameterAxis, SearchSpace, search_space
from mlkanban.runs.model.results import Results
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.search import SearchHistory, search_history
from mlkanban.runs.model.series import Axis, Latest, RunSeries, drawn_metric
from mlkanban.text import display
from mlkanban.tui.command_screen import CommandScreen
from mlkanban.tui.commands import BY_NAME, keys_shown

_BY_TRIAL = "trial"
_BY_ALL = "all parameters"
_MOST_PARAMETERS = 6
"""Hyper-parameters over which a search is drawn by itself."""
_MOST_GOING_ON = 20
"""Runs that are looked at for their newest value."""


def _by_parameter(axis: ParameterAxis) -> str:
    return f"parameter {axis.name}"


class Chosen(NamedTuple):
    """A run whose curve is drawn, and what it is called; a marked one has a letter and a colour."""

    run: Run
    label: str
    role: Role | None = None


class LearningCurves:
    """`latest` is what each run that goes on reported last, by id; `changed` draws the page again.
    The picture is made anew only for other values, another size or another part of it."""

    def __init__(self, screen: CommandScreen, changed: Callable[[], None]) -> None:
        self._screen, self._changed = screen, changed
        self._axis: str = ""
        self._search: SearchHistory | None = None
        self._space: SearchSpace | None = None
        self._aim: Mapping[str, Any] = {}
        self._whole = False
        self._wanted = ""
        """The metric of the card."""
        self._picked = ""
        """The metric that a person chose to be drawn, '' for the one that tells most."""
        self._names: list[str] = []
        """What the drawn runs report."""
        self._runs: Sequence[Run] = ()
        self._chosen: Sequence[Run] = ()
        """Of these runs those whose curves are drawn."""
        self._read_of_chosen: Sequence[RunSeries] = ()
        self._asked: Callable[[], Coroutine[None, None, None]] | None = None
        self._named: list[NamedSeries] = []
        self._metric: Mapping[str, Any] | None = None
        self._picture: LearningCurve | None = None
        self._drawn: tuple[object, list[Line]] | None = None
        self._read_before = self._awaited = False
        self.latest: dict[str, Latest] = {}
        self._unread: dict[str, tuple[str, ...]] = {}

    def expect(self, runs: Iterable[Run]) -> None:
        """Keep the room of the curves of a card until these are read for the first time, where its
        runs may have any."""
        self._awaited = not self._read_before and any(
            run.metrics or run.unread or not run.state.ended for run in runs
        )

    async def read(
        self,
        runs: Sequence[Run],
        chosen: Sequence[Chosen],
        metric: Mapping[str, Any] | None,
        *,
        results: Results | None,
        rows: Sequence[ConfigurationRuns] = (),
    ) -> None:
        """Read what the chosen of the runs of a card report, and those that go on. Of a search, by
        its `results`, the best value over its trials is drawn first, then its values over each
        hyper-parameter of its configurations, the `rows`, unless runs are marked or another metric
        is chosen."""
        marked = any(one.role for one in chosen)
        search = None if marked or self._picked else search_history(runs, results)
        space = search_space(rows, results) if search else None
        self._asked = partial(self.read, runs, chosen, metric, results=results, rows=rows)
        name = self._wanted = str((metric or {}).get("name") or "")
        going_on = [run for run in runs if not run.state.ended][:_MOST_GOING_ON]
        wanted = {run.id: run for run in (*(one.run for one in chosen), *going_on)}
        series = await self._screen.host.live.series([*wanted.values()], metric, runs)
        found = dict(zip(wanted, series, strict=True))
        self._runs, self._chosen = runs, [one.run for one in chosen]
        self._read_of_chosen = [found[run.id] for run in self._chosen]
        latest = {
            run.id: Latest.of(run.id, one, name, found[run.id].series.values())
            for run in going_on
            if (one := found[run.id].shown(name))
        }
        reported = (
            other for one in chosen for other in (*found[one.run.id].series, *one.run.metrics)
        )
        self._names = [*dict.fromkeys(filter(None, (name, *reported)))]
        drawn = self._picked
        if drawn not in self._names:
            drawn = self._picked = ""
        if drawn and any(found[one.run.id].of(drawn) is None for one in chosen):
            # Of a tracker only the metric that is asked for is read.
            some = [one.run for one in chosen]
            series = await self._screen.host.live.series(some, {"name": drawn}, runs)
            found |= {run.id: read for run, read in zip(some, series, strict=True)}
        drawn = drawn or drawn_metric([found[one.run.id] for one in chosen], name)
        if marked:
            named = [
                NamedSeries(
                    of, one.label, one.role or "value", one.label, not one.run.state.ended,
                    run=name_of(one.run, found[one.run.id], runs),
                )
                for one in chosen
                if (of := found[one.run.id].of(drawn))
            ]  # fmt: skip
        else:
            shown = [(one.run, one.label, found[one.run.id]) for one in chosen]
            named = named_series(shown, drawn, runs)
        metric = metric_named(drawn, metric)
        unread = {run.id: found[run.id].unread for run in going_on}
        aim = results.metric if results else {}
        awaited, self._awaited, self._read_before = self._awaited, False, True
        if awaited or (named, latest, unread, metric, search, aim, space) != (
            self._named, self.latest, self._unread, self._metric, self._search, self._aim,
            self._space,
        ):  # fmt: skip
            self._named, self.latest, self._unread, self._metric = named, latest, unread, metric
            self._search, self._aim, self._space = search, aim, space
            self._draw_anew()

    def forget(self) -> None:
        """The page is about another card now."""
        self._picked, self._names = "", []
        self._named, self.latest, self._unread = [], {}, {}
        self._picture = self._search = self._space = None
        self._read_before = self._awaited = False

    def _draw_anew(self) -> None:
        axis = Axis(self._axis) if self._axis in [*Axis] else None
        self._picture = learning_curve(self._named, self._metric, axis, whole=self._whole)
        self._drawn = None
        if self._picked and self._picture is None:
            self._screen.status.show(
                f"{display(self._picked)} has fewer than two values over time."
            )
        self._changed()

    def with_unread(self, run: Run) -> Run:
        """A run that goes on with what it reported so far that is no number."""
        unread = self._unread.get(run.id)
        return replace(run, unread=unread) if unread else run

    @property
    def there(self) -> bool:
        """Whether there is anything to draw, or may be once the values are read."""
        return self._awaited or bool(self._axes)

    @property
    def _axes(self) -> list[str]:
        """What can be drawn: a search by trial, by its hyper-parameters, those that tell most, and
        by all of them, and curves over what their values have a place on."""
        axes = [axis.value for axis in self._picture.axes] if self._picture else []
        if not self._search:
            return axes
        some = self._space.axes[:_MOST_PARAMETERS] if self._space else ()
        together = [_BY_ALL] if some else []
        return [_BY_TRIAL, *map(_by_parameter, some), *together, *axes]

    @property
    def _drawn_axis(self) -> str:
        """The axis of what is drawn, '' for nothing."""
        axes = self._axes
        return self._axis if self._axis in axes else next(iter(axes), "")

    @property
    def _parameter(self) -> ParameterAxis | None:
        """The hyper-parameter over which a search is drawn, None where something else is."""
        axes = self._space.axes if self._space else ()
        return next((axis for axis in axes if _by_parameter(axis) == self._drawn_axis), None)

    @property
    def title(self) -> Line:
        """`val_auc by epoch`."""
        if self._awaited:
            return [Piece("learning curves", "dim")]
        drawn, name = self._drawn_axis, str(self._aim.get("name", ""))
        if self._search and drawn == _BY_TRIAL:
            return [Piece(search_heading(name, self._search), "title")]
        if self._space and drawn == _BY_ALL:
            return [Piece(space_heading(name), "title")]
        if axis := self._parameter:
            return [Piece(parameter_heading(name, axis), "title")]
        if self._picture is None:
            return []
        missing = "" if self._picked else self._wanted
        return [Piece(heading(self._named[0].series.name, self._picture, missing), "title")]

    def lines(self, width: int, height: int) -> list[Line]:
        """The curves in at most `height` lines; none where there is nothing to draw."""
        if not self.there:
            return []
        if self._awaited:
            return [[Piece("Reading the values of the runs", "dim")], *([[]] * (height - 1))]
        host = self._screen.host
        coloured = not host.no_color
        key = (width, height, coloured)
        if self._drawn is None or self._drawn[0] != key:
            if self._space and self._drawn_axis == _BY_ALL:
                lines = space_lines(self._space, self._aim, width, height, host.glyphs)
            elif self._space and (axis := self._parameter):
                lines = parameter_lines(
                    self._space, axis, self._aim, width, height, host.glyphs, coloured=coloured,
                    whole=self._whole, whole_key=self._key("curve.range"),
                )  # fmt: skip
            elif self._search and self._drawn_axis == _BY_TRIAL:
                lines = search_lines(
                    self._search, self._aim, width, height, host.glyphs, coloured=coloured,
                    whole=self._whole, whole_key=self._key("curve.range"),
                )  # fmt: skip
            else:
                assert self._picture is not None
                lines = curve_lines(
                    self._picture, self._named, self._metric, width, height, host.glyphs,
                    coloured=coloured, whole_key=self._key("curve.range"),
                    closer_key=self._key("curve.range"),
                )  # fmt: skip
            self._drawn = (key, lines)
        return self._drawn[1]

    def _key(self, name: str) -> str:
        commands = {command.name: command for command in self._screen.host.commands}
        return keys_shown(commands.get(name, BY_NAME[name])).split()[0]

    # Commands

    def do_curve_metric(self) -> None:
        """Draw the curves of the next of the metrics that these runs report."""
        if not self._names or self._asked is None:
            self._screen.status.show("There is no learning curve here.")
            return
        shown = self._picked or (self._named[0].series.name if self._named else self._names[0])
        if len(self._names) == 1:
            self._screen.status.show(f"These runs report {display(shown)} alone.")
            return
        self._screen.only_newest("curves", partial(self._draw_next, shown, self._asked))

    async def _draw_next(self, shown: str, read: Callable[[], Coroutine[None, None, None]]) -> None:
        """Draw the next metric that has a curve; what is drawn stays where no other has one."""
        at = self._names.index(shown) if shown in self._names else -1
        for name in [*self._names[at + 1 :], *self._names[: max(0, at)]]:
            if await self._has_curve(name):
                unasked = drawn_metric(self._read_of_chosen, self._wanted)
                self._picked = "" if name == unasked else name
                await read()
                return
        other = "No other metric has a curve." if self.there else "There is no learning curve here."
        self._screen.status.show(other)

    async def _has_curve(self, name: str) -> bool:
        """Whether any of the drawn runs reported more than one value of a metric."""
        some = self._read_of_chosen
        if any(one.of(name) is None for one in some):
            # Of a tracker only the metric that is asked for is read.
            live = self._screen.host.live
            some = await live.series(self._chosen, {"name": name}, self._runs)
        return any(one.has_curve(name) for one in some)

    def do_curve_axis(self) -> None:
        """Draw the curves over the next of what their values have a place on."""
        axes = self._axes
        if not axes:
            self._screen.status.show("There is no learning curve here.")
            return
        self._axis = axes[(axes.index(self._drawn_axis) + 1) % len(axes)]
        if len(axes) == 1:
            self._screen.status.show(f"These values are known by {axes[0]} alone.")
        else:
            self._draw_anew()

    def do_curve_range(self) -> None:
        """Show all values, or leave out outliers again."""
        if not self.there:
            self._screen.status.show("There is no learning curve here.")
            return
        self._whole = not self._whole
        self._draw_anew()
