"""Reports: how long things take, as a histogram with the numbers under it."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.color import Color
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from mlkanban.charts.render import Palette, render
from mlkanban.charts.spec import HistogramSpec, histogram_spec
from mlkanban.flow.cycle_time import CycleTimes, Grouping, cycle_times, grouped
from mlkanban.flow.summary import CYCLE_TIME, RESIDENCE, summary_lines
from mlkanban.service import Service
from mlkanban.text import ascii_only, display
from mlkanban.tui.commands import REPORTS
from mlkanban.tui.screens.base import KeyScreen

_WINDOWS: tuple[int | None, ...] = (90, 30, None)
_GROUPINGS: tuple[Grouping | None, ...] = (None, "type", "tag", "stage")
_LINES = 8


class Picture(Widget):
    """A chart as large as its place; drawn again only for another spec, size or theme."""

    DEFAULT_CSS = "Picture { height: 1fr; padding: 0 1; }"

    def __init__(self, *, ascii: bool) -> None:
        super().__init__()
        self._spec: HistogramSpec | None = None
        self._ascii = ascii
        self._drawn: tuple[object, Text] | None = None

    def show(self, spec: HistogramSpec | None) -> None:
        self._spec = spec
        self.refresh()

    def render(self) -> Text:
        if self._spec is None:
            return Text("")
        width, height = self.content_size
        key = (self._spec, width, height, self.app.theme)
        if self._drawn is None or self._drawn[0] != key:
            text = render(self._spec, width, height, palette=self._palette(), ascii=self._ascii)
            self._drawn = (key, Text.from_ansi(text, no_wrap=True, end=""))
        return self._drawn[1]

    def _palette(self) -> Palette:
        colors = self.app.theme_variables

        def colour(role: str) -> tuple[int, int, int] | int:
            color = Color.parse(colors[role])
            if color.ansi is not None:
                # The terminal's own foreground has no number in its palette; 7 is its white.
                return color.ansi if color.ansi >= 0 else 7
            return color.rgb

        return Palette(
            bar=colour("board-chart-bar"),
            line=colour("board-chart-line"),
            axis=colour("board-chart-axis"),
            text=colour("board-chart-axis"),
        )


class ReportsScreen(KeyScreen):
    WHERE: ClassVar[str] = REPORTS

    def __init__(self) -> None:
        super().__init__()
        self._picture = Picture(ascii=self.board_app.ascii)
        self._window = 0
        self._grouping = 0
        self._group = 0
        self._groups: list[tuple[str, CycleTimes]] = []

    def compose(self) -> ComposeResult:
        yield Static(markup=False, id="report-title")
        yield self._picture
        yield Static(markup=False, id="report-text")
        yield self.ask
        yield self.status

    async def on_mount(self) -> None:
        await self.board_changed()

    async def board_changed(self) -> None:
        """Count again, in the store's thread, and show it."""
        board = self.board_app.model.board
        days, by = _WINDOWS[self._window], _GROUPINGS[self._grouping]
        as_of = self.board_app.now()

        def count(service: Service) -> list[tuple[str, CycleTimes]]:
            workflow, histories = service.history.for_flow(board)
            if by is not None:
                return grouped(workflow, histories, by=by, as_of=as_of, window_days=days)
            times = cycle_times(workflow, histories, as_of=as_of, window_days=days)
            return [("all cards", times)]

        groups = await self.fetch(count)
        if groups is not None and self.ready:
            self._groups = groups
            self._group = min(self._group, max(0, len(groups) - 1))
            self._show()

    def _show(self) -> None:
        days, by = _WINDOWS[self._window], _GROUPINGS[self._grouping]
        window = "all time" if days is None else f"{days} days"
        if not self._groups:
            self.query_one("#report-title", Static).update(Content(f" Cycle time, {window}"))
            self.query_one("#report-text", Static).update(Content(" No cards to count yet."))
            self._picture.show(None)
            return
        name, times = self._groups[self._group]
        what = "Time in stage" if by == "stage" else "Cycle time"
        which = ""
        if by is not None:
            label = display(name) or "(none)"
            which = f", {by}: {label}  ({self._group + 1} of {len(self._groups)})"
        title = f" {what}, {window}{which}"
        lines = summary_lines(times, RESIDENCE if by == "stage" else CYCLE_TIME)
        text = "\n".join(f" {display(line)}" for line in lines[:_LINES])
        if self.board_app.ascii:
            title = ascii_only(title)
            text = "\n".join(ascii_only(line) for line in text.split("\n"))
        self.query_one("#report-title", Static).update(Content(title))
        self.query_one("#report-text", Static).update(Content(text))
        self._picture.show(histogram_spec(times))

    async def do_reports_window(self) -> None:
        self._window = (self._window + 1) % len(_WINDOWS)
        await self.board_changed()

    async def do_reports_group(self) -> None:
        self._grouping = (self._grouping + 1) % len(_GROUPINGS)
        self._group = 0
        await self.board_changed()

    def _turn(self, by: int) -> None:
        if self._groups:
            self._group = (self._group + by) % len(self._groups)
            self._show()

    def do_group_next(self) -> None:
        self._turn(1)

    def do_group_previous(self) -> None:
        self._turn(-1)
