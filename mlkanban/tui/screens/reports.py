"""Reports: every flow number, the picture and the words, and the cards behind each part of it."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from mlkanban.cells import wrapped_note
from mlkanban.charts.layouts.canvas import Target
from mlkanban.display.number_text import number_view, simulate, suggest_limits
from mlkanban.display.number_text.backtest import remarks
from mlkanban.display.number_view import NumberView, Summary
from mlkanban.errors import MlkanbanError
from mlkanban.flow.sample import Grouping, Sample
from mlkanban.flow.simulation.suggest import suggest
from mlkanban.flow.simulation.whatif import limits_from, what_if
from mlkanban.text import display, quantity
from mlkanban.tui.commands import REPORTS
from mlkanban.tui.number_worker import (
    Counted,
    CountedGroup,
    Progress,
    Samples,
    counted,
    row_targets,
)
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.widgets.picture import Picture
from mlkanban.tui.widgets.table_pane import TablePane

_WINDOWS: tuple[int | None, ...] = (90, 30, None)
_GROUPINGS: tuple[Grouping | None, ...] = (None, "type", "tag", "stage")
_LINES = 9
_NUMBERS = "numbers"
_PATIENCE = 50
_NOTHING = "There is nothing to point at in this view."
_ROOMY = 120
"""From so many columns on the table stands beside the picture."""
_SIDE = 56


class ReportsScreen(KeyScreen):
    WHERE: ClassVar[str] = REPORTS

    def __init__(self, name: str = "") -> None:
        """Begin with the report of this name, or with the one looked at last."""
        super().__init__()
        self._report = self.host.report
        if name:
            self._report.view, self._report.part = name, None
        self._picture = Picture(glyphs=self.host.glyphs)
        self._table = TablePane(ascii=self.host.ascii, id="report-table")
        self._samples = Samples()
        self._counted: Counted | None = None
        self._settled = asyncio.Event()
        self._played = ""

    def compose(self) -> ComposeResult:
        yield Static(markup=False, id="report-title")
        with Horizontal(id="report-body"):
            yield self._picture
            yield self._table
        yield Static(markup=False, id="report-text")
        yield self.ask
        yield self.status

    async def on_mount(self) -> None:
        await self.board_changed()

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    @property
    def _view(self) -> NumberView[Any]:
        return number_view(self._report.view)

    @property
    def _by(self) -> Grouping | None:
        return _GROUPINGS[self._report.grouping]

    # Counting, beside the keys: one can go on to another view, or leave, at any time

    async def board_changed(self) -> None:
        """Count again what is looked at; what was still being counted is not waited for."""
        # One for each count: what an earlier one left to be done settles nothing of this one.
        before, self._settled = self._settled, asyncio.Event()
        before.set()
        self._title("counting ...")
        self.only_newest(_NUMBERS, self._count)

    async def _count(self) -> None:
        view, by, settled = self._view, self._by, self._settled
        try:
            sample = await self._sample()
            found = await asyncio.to_thread(counted, view, sample, by)
            self._counted, self._played = found, ""
            self._report.group = min(self._report.group, max(0, len(found.groups) - 1))
            self._show()
            settled.set()
            if by is None:
                summary = found.groups[0].summary
                found.remarks = await asyncio.to_thread(remarks, summary, sample)
            if found.remarks:
                self._show()
        except MlkanbanError as error:
            settled.set()
            self.show_error(error)

    async def _sample(self) -> Sample:
        board, now = self.board, self.host.now()
        days = _WINDOWS[self._report.window]
        return await self.host.store_thread.call(
            lambda service: self._samples.get(service, board, days, now)
        )

    # Showing

    def _title(self, found: str, what: str = "", pointed: str = "") -> None:
        days = _WINDOWS[self._report.window]
        window = "all time" if days is None else f"{quantity(days, 'day')}"
        entry = self._view.entry
        what = self._played.capitalize() or f"{entry.key}  {what or entry.title}"
        # Beside the title, where it moves nothing.
        title = f" {what}, {window}{found and f', {found}'}{pointed and f'  > {pointed}'}"
        self.query_one("#report-title", Static).update(Content(self.plain(title)))

    def _show(self) -> None:
        if self._counted is None or not self.ready:
            return
        text = self.query_one("#report-text", Static)
        if not self._counted.groups:
            self._title("")
            text.update(Content(" No cards to count yet."))
            self._table.display = False
            self._picture.show(None)
            return
        group = self._counted.groups[self._report.group]
        spec, summary = group.spec, group.summary
        found = ""
        if self._by is not None:
            at = f"({self._report.group + 1} of {len(self._counted.groups)})"
            by = "cards that were in" if self._by == "stage" else f"{self._by}:"
            found = f"{by} {display(group.name) or '(none)'}  {at}"
        by_stage = summary.title if self._by == "stage" else ""
        self._title(found, by_stage, self._pointed_words())
        roomy = self.size.width >= _ROOMY
        self._table.display = summary.table is not None and (roomy or spec is None)
        self._picture.display = spec is not None
        self._table.styles.width = _SIDE if spec is not None else "1fr"
        text.update(Content(self._sentences(summary)))
        self._picture.show(spec, self._report.part)
        self._table.show(summary.table, self._report.part if spec is None else None)

    def _sentences(self, summary: Summary) -> str:
        assert self._counted is not None
        lines: list[str] = []
        for line in (*summary.lines, *self._counted.remarks, summary.note):
            lines += wrapped_note(self.worded(line), max(20, self.size.width - 3))
        return "\n".join(" " + self.plain(line) for line in lines[:_LINES])

    def _pointed_words(self) -> str:
        """What is pointed at: the card, or how many."""
        part = self._part
        if part is None or self._counted is None:
            return ""
        if len(part.cards) > 1:
            return f"{part.label}: {quantity(len(part.cards), 'card')}, Enter shows them"
        sample = self._counted.groups[self._report.group].sample
        [ref] = part.cards
        title = next((c.history.title for c in sample.cards if c.ref == ref), "")
        label = "" if part.label == ref else f"{part.label}: "
        return f"{label}{ref} {title}"

    # The parts of the picture, or of the table where there is none

    @property
    def _parts(self) -> tuple[Target, ...]:
        if self._counted is None or not self._counted.groups:
            return ()
        group = self._counted.groups[self._report.group]
        if group.spec is None:
            return row_targets(group)
        return self._picture.targets()

    @property
    def _part(self) -> Target | None:
        at, parts = self._report.part, self._parts
        return parts[at] if at is not None and at < len(parts) else None

    async def _counting_is_over(self) -> None:
        waited = None
        while waited is not self._settled:
            waited = self._settled
            await waited.wait()
        # A picture has parts once it has a place: it gets that with the next layout, or, where the
        # terminal is too small for it, never.
        for _ in range(_PATIENCE):
            if not self._picture.display or all(self._picture.content_size):
                return
            await asyncio.sleep(0.01)

    async def _point(self, by: int) -> None:
        await self._counting_is_over()
        parts = self._parts
        if not parts:
            self.status.show(_NOTHING)
            return
        at = self._report.part
        self._report.part = (
            (0 if by > 0 else -1) % len(parts) if at is None else (at + by) % len(parts)
        )
        self._show()

    async def do_part_next(self) -> None:
        await self._point(1)

    async def do_part_previous(self) -> None:
        await self._point(-1)

    async def do_part_open(self) -> None:
        part = await self._pointed()
        if part is not None and len(part.cards) == 1:
            self.open("card", part.cards[0])
        elif part is not None:
            self._show_on_board(part)

    async def do_part_board(self) -> None:
        part = await self._pointed()
        if part is not None:
            self._show_on_board(part)

    async def _pointed(self) -> Target | None:
        """The part pointed at; None after saying how to point."""
        await self._counting_is_over()
        if not self._parts:
            self.status.show(_NOTHING)
        elif self._part is None:
            self.status.show("Point at something first: l and h go from one to the next.")
        return self._part

    def _show_on_board(self, part: Target) -> None:
        self.close()
        self.host.show_only(part.cards, f"{self._view.entry.title.lower()}, {part.label}")

    # What if

    async def do_limits_try(self) -> None:
        board = self.board
        limits = [f"{s.name}={s.limit}" for s in board.stages if s.committed and s.limit]
        label = f"Limits to try; today: {' '.join(limits) or 'none'}"
        text: str | None = ""
        while True:
            text = await self.ask.text(label, typed=text or "", verb="plays it")
            self.refocus()
            if text is None:
                return
            try:
                changes = limits_from(board, text)
                break
            except MlkanbanError as error:
                self.show_error(error)
        self._play(
            "what if",
            lambda sample, progress: simulate.summary(what_if(sample, changes, progress=progress)),
        )

    def do_limits_suggest(self) -> None:
        self._play(
            "limits to try",
            lambda sample, progress: suggest_limits.summary(suggest(sample, progress=progress)),
        )

    def _play(self, name: str, play: Callable[[Sample, Progress], Summary]) -> None:
        """Simulate beside the keys, and show what came of it; another key gives it up."""
        loop = asyncio.get_running_loop()

        def show_percent(percent: int) -> None:
            loop.call_soon_threadsafe(self.status.show, f"Simulating ... {percent} %")

        async def simulated() -> None:
            progress = Progress(show_percent)
            try:
                sample = await self._sample()
                summary = await asyncio.to_thread(play, sample, progress)
            finally:
                progress.give_up()
            self.status.clear()
            self._report.grouping, self._report.group, self._report.part = 0, 0, None
            self._counted, self._played = Counted([CountedGroup(name, sample, None, summary)]), name
            self._show()

        self._settled.set()
        self.status.show("Simulating ...")
        self.only_newest(_NUMBERS, simulated)

    # What is looked at

    def command_method(self, name: str) -> Callable[..., Any]:
        group, _, view = name.partition(".")
        return partial(self._look_at, view) if group == "view" else super().command_method(name)

    async def _look_at(self, view: str) -> None:
        self._report.view, self._report.part = view, None
        if not self._view.divides(self._by):
            self._report.grouping = self._report.group = 0
        self._played = ""
        await self.board_changed()

    def cancel(self) -> None:
        if self._report.part is not None:
            self._report.part = None
            self._show()
        else:
            super().cancel()

    async def do_reports_window(self) -> None:
        self._report.window = (self._report.window + 1) % len(_WINDOWS)
        self._report.part = None
        await self.board_changed()

    async def do_reports_group(self) -> None:
        if not self._view.entry.of_cards:
            self.status.show(f"{self._view.entry.title} is of the whole board: it has no groups.")
            return
        self._report.grouping = (self._report.grouping + 1) % len(_GROUPINGS)
        if not self._view.divides(self._by):
            self._report.grouping = 0
        self._report.group, self._report.part = 0, None
        await self.board_changed()

    async def _turn(self, by: int) -> None:
        await self._counting_is_over()
        if self._counted is not None and self._by is not None and self._counted.groups:
            self._report.group = (self._report.group + by) % len(self._counted.groups)
            self._report.part = None
            self._show()
        else:
            self.status.show("o groups the cards by type, tag or stage first.")

    async def do_group_next(self) -> None:
        await self._turn(1)

    async def do_group_previous(self) -> None:
        await self._turn(-1)
