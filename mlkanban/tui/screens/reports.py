"""Reports: every flow number, the picture and the words, and the cards behind each part of it."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal

from mlkanban.cells import wrapped_note
from mlkanban.charts.catalogue import CATALOGUE
from mlkanban.charts.layouts.canvas import Target
from mlkanban.charts.spec import AgingSpec, BarsSpec
from mlkanban.display.card_face import Line, Piece
from mlkanban.display.lines import fitted, page_title
from mlkanban.display.number_text import number_view, simulate, suggest_limits
from mlkanban.display.number_text.backtest import remarks
from mlkanban.display.number_view import NumberView, Summary, scope_text
from mlkanban.errors import MlkanbanError
from mlkanban.flow.sample import Grouping, Sample
from mlkanban.flow.simulation.suggest import suggest
from mlkanban.flow.simulation.whatif import limits_from, what_if
from mlkanban.text import cell_text, quantity
from mlkanban.tui.commands import REPORTS, STATUS, shown
from mlkanban.tui.host import OVERVIEW
from mlkanban.tui.key_hints import KeyHint, key_hints
from mlkanban.tui.number_worker import (
    Counted,
    CountedGroup,
    Progress,
    Samples,
    counted,
    in_words,
    row_card,
    row_targets,
    small,
)
from mlkanban.tui.report_file import ReportFile
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.store_thread import beside
from mlkanban.tui.widgets.lines import Lines
from mlkanban.tui.widgets.overview import Overview, Tile
from mlkanban.tui.widgets.picture import Picture
from mlkanban.tui.widgets.tab_bar import ReportTab, TabBar
from mlkanban.tui.widgets.table_pane import TablePane

_WINDOWS: tuple[int | None, ...] = (90, 30, None)
_GROUPINGS: tuple[Grouping | None, ...] = (None, "type", "tag", "stage")
_MOST_LINES = 9
_SHARE = 5
"""The words above a picture take at most this part of the height."""
_LEAST_PICTURE = 10
"""Lines that words leave to a table."""
_NUMBERS = "numbers"
_PATIENCE = 50
_NOTHING = "There is nothing to point at in this view."
_ROOMY = 120
"""From so many columns on the table stands beside the picture."""
_SIDE, _PICTURE, _FLAT = 56, 84, 42
"""The table is as wide as it needs, but leaves so much to the picture, or, where that has no more
to say in more columns, the last number; unless it is narrower."""
_WORDS = "words"
_TILES = (
    "cycle-time", "cfd", "aging", "scatter", "throughput", "forecast", "blockers", "efficiency",
    _WORDS,
)  # fmt: skip
_FEW_TILES = ("cycle-time", "aging", "forecast", "cfd")
_IN_WORDS = {"bottleneck": 0, "cfd": 0, "blockers": 1, "due": 0}
"""The numbers of which the last tile has a sentence, and which."""
_OVERVIEW_KEYS = (
    "part.open", "chart.next", "report.next", "reports.window", "help", "back",
)  # fmt: skip
_AIRY = 30
"""From so many lines on a blank one stands on either side of the words."""
_WIDE, _HIGH = 150, 40
_TWO_WIDE = 56
"""From so many columns on two tiles stand beside each other."""


class ReportsScreen(KeyScreen):
    WHERE: ClassVar[str] = REPORTS

    def __init__(self, name: str = "") -> None:
        """Begin with the report of this name, or with what was looked at last."""
        super().__init__()
        self._report = self.host.report
        if name:
            self._report.view, self._report.part = name, None
        glyphs = self.host.glyphs
        keys = {c.name: shown(c.keys[0]) for c in self.host.commands if c.keys}
        tabs = [ReportTab(e.name, keys.get(f"view.{e.name}", ""), e.tab) for e in CATALOGUE]
        self._keys = keys
        self._tabs = TabBar(
            [ReportTab(OVERVIEW, "", "Overview"), *tabs], glyphs=glyphs, id="report-tabs"
        )
        self._head = Lines(ascii=self.host.ascii, id="report-title")
        self._words = Lines(ascii=self.host.ascii, id="report-words")
        self._note = Lines(ascii=self.host.ascii, id="report-note")
        self._picture = Picture(glyphs=glyphs)
        self._table = TablePane(glyphs=glyphs, id="report-table")
        self._overview = Overview(glyphs=glyphs, id="report-overview")
        self._samples = Samples()
        self.command_objects = (ReportFile(self),)
        self._counted: Counted | None = None
        self._sample_shown: Sample | None = None
        self._settled = asyncio.Event()
        self._played = ""

    def compose(self) -> ComposeResult:
        yield self._head
        yield self._tabs
        yield self._words
        with Horizontal(id="report-body"):
            yield self._picture
            yield self._table
        yield self._overview
        yield self._note
        yield self.ask
        yield self.status

    async def on_mount(self) -> None:
        await self.board_changed()

    def on_resize(self) -> None:
        self.call_after_refresh(self._resized)

    def _resized(self) -> None:
        if self._is_overview and self.ready and self._tile_names != self._names_shown:
            self.start(self.board_changed())
        else:
            self._show()

    @property
    def _is_overview(self) -> bool:
        return self._report.view == OVERVIEW

    @property
    def _view(self) -> NumberView[Any]:
        return number_view(self._report.view)

    @property
    def _by(self) -> Grouping | None:
        return None if self._is_overview else _GROUPINGS[self._report.grouping]

    # Counting, beside the keys: one can go on to another view, or leave, at any time

    async def board_changed(self) -> None:
        """Count again what is looked at; what was still being counted is not waited for."""
        # One for each count: what an earlier one left to be done settles nothing of this one.
        before, self._settled = self._settled, asyncio.Event()
        before.set()
        self._show_frame()
        if self._is_overview:
            self._played = ""
            self._show_tiles([self._tile(name) for name in self._tile_names])
            self.only_newest(_NUMBERS, self._count_tiles)
        else:
            self.only_newest(_NUMBERS, self._count)

    async def _count(self) -> None:
        view, by, settled = self._view, self._by, self._settled
        try:
            sample = await self._sample()
            found = await beside(lambda: counted(view, sample, by))
            self._counted, self._played = found, ""
            self._report.group = min(self._report.group, max(0, len(found.groups) - 1))
            self._show()
            settled.set()
            if by is None:
                summary, some = found.groups[0].summary, found.groups[0].sample
                found.remarks = await beside(lambda: remarks(summary, some))
            if found.remarks:
                self._show()
        except MlkanbanError as error:
            settled.set()
            self.show_error(error)

    async def _count_tiles(self) -> None:
        """Each chart is shown as soon as it is counted."""
        settled = self._settled
        try:
            sample = await self._sample()
            self._show_frame()
            for number, name in enumerate(self._names_shown):
                if name == _WORDS:
                    views = [(number_view(one), at) for one, at in _IN_WORDS.items()]
                    found = await beside(partial(in_words, views, sample))
                else:
                    found = await beside(partial(small, number_view(name), sample))
                sentences = tuple(self.plain(self.worded(line)) for line in found.sentences)
                tile = self._tile(name)._replace(
                    headline=found.headline, spec=found.spec, sentences=sentences, ready=True
                )
                self._overview.show_tile(number, tile)
        except MlkanbanError as error:
            self.show_error(error)
        finally:
            settled.set()

    async def _sample(self) -> Sample:
        board, now = self.board, self.host.now()
        days = _WINDOWS[self._report.window]
        sample = await self.host.store_thread.read(
            lambda service: self._samples.get(service, board, days, now)
        )
        self._sample_shown = sample
        return sample

    # Showing the overview

    @property
    def _shape(self) -> tuple[int, int]:
        """The columns and rows of charts that there is room for."""
        width, height = self.size
        if width >= _WIDE and height >= _HIGH:
            return 3, 3
        return (2, 2) if width >= _TWO_WIDE else (1, 4)

    @property
    def _tile_names(self) -> tuple[str, ...]:
        return _TILES if self._shape == (3, 3) else _FEW_TILES

    @property
    def _names_shown(self) -> tuple[str, ...]:
        return tuple(tile.name for tile in self._overview.tiles)

    def _tile(self, name: str) -> Tile:
        if name == _WORDS:
            return Tile(name, "", "In words")
        return Tile(name, self._keys.get(f"view.{name}", ""), number_view(name).entry.title)

    def _show_tiles(self, tiles: list[Tile]) -> None:
        self._report.tile = min(self._report.tile, len(tiles) - 1)
        self._overview.show(tiles, self._shape, self._report.tile)

    def _look_at_tile(self, at: int) -> None:
        self._report.tile = at % len(self._tile_names)
        self._overview.focus_tile(self._report.tile)

    # Showing a report

    def _show_frame(self) -> None:
        """The title, the tabs and the keys of what is looked at."""
        if not self.ready:
            return
        for part in (self._words, self._note, self.query_one("#report-body")):
            part.display = not self._is_overview
        self._overview.display = self._is_overview
        self._tabs.show(self._report.view)
        self.status.offer(self._hints_here())
        self._head.show([self._title()])

    def _hints_here(self) -> list[KeyHint]:
        """Keys that do something now: those that point only where there is something."""
        names = _OVERVIEW_KEYS if self._is_overview else STATUS[REPORTS]
        hints = key_hints(self.host.commands, names)
        if self._is_overview:
            return [h._replace(word="zoom") if h.command == "part.open" else h for h in hints]
        idle = set[str]() if self._has_parts else {"part.next", "part.open"}
        if not self._view.entry.of_cards:
            idle.add("reports.group")
        if self._view.entry.of_all_time:
            idle.add("reports.window")
        return [hint for hint in hints if hint.command not in idle]

    def _title(self) -> Line:
        days = _WINDOWS[self._report.window]
        window = "all time" if days is None else f"{quantity(days, 'day')}"
        sample, by, found = self._sample_shown, "", self._counted
        if self._is_overview:
            title, then = "Reports", cell_text(self.board.name)
        else:
            title = self._view.entry.title
            then = "all time" if self._view.entry.of_all_time else window
            window = "all cards"
            if self._played:
                title = self._played.capitalize()
            elif self._by is not None and found is not None and found.groups:
                group = found.groups[min(self._report.group, len(found.groups) - 1)]
                title = group.summary.title if self._by == "stage" else title
                by = "cards that were in" if self._by == "stage" else f"{self._by}:"
                name = cell_text(group.name) or "(none)"
                window = f"({self._report.group + 1} of {len(found.groups)})"
                by = f"  {by} {name}"
                sample = group.sample
        if sample is not None and not self._is_overview:
            then += f" to {sample.today:%Y-%m-%d}"
        if sample is not None and not self._is_overview:
            sample = self._view.scoped(sample)
        finished = "" if sample is None else f"  {len(sample.finished):,} finished"
        more = [Piece(by, "text")] if by else []
        right = [Piece(f"{window}{'  all cards' * self._is_overview}{finished}", "dim")]
        width, glyphs = self.size.width, self.host.glyphs
        return page_title(title, then, width, glyphs, more=more, right=right)

    def _show(self) -> None:
        self._show_frame()
        if self._is_overview and self.ready:
            self._overview.reshape(self._shape)
        if self._is_overview or self._counted is None or not self.ready:
            return
        if not self._counted.groups:
            self._words.show([[], [Piece(" No cards to count yet.", "text")]])
            self._table.display = False
            self._picture.show(None)
            return
        group = self._counted.groups[self._report.group]
        spec, summary, table = group.spec, group.summary, group.table
        width = self.size.width
        roomy = width >= _ROOMY
        self._table.display = table is not None and (roomy or spec is None)
        self._picture.display = spec is not None
        self._words.show(self._sentences(summary))
        self._picture.show(spec, self._report.part)
        self._table.show(table, self._report.part if spec is None else None)
        self._note.show(self._footnote(summary))
        self.status.offer(self._hints_here())
        if spec is not None and table is not None:
            picture = _FLAT if isinstance(spec, BarsSpec | AgingSpec) else _PICTURE
            self._table.styles.width = min(
                self._table.natural_width,
                max(_SIDE, width - picture),
                width - min(_SIDE, picture),
            )
        else:
            self._table.styles.width = "1fr"

    def _sentences(self, summary: Summary) -> list[Line]:
        """What the number comes to, in the brightest colour, and what else there is to say."""
        assert self._counted is not None
        width, height = self.size
        extra = self._counted.remarks
        claims = len(summary.claims)
        if not extra and claims and self._by is None and not self._played:
            # Room for what the past says of such forecasts, so that nothing moves then.
            extra = ["Testing such forecasts with the past ..."] * claims
        made: list[Line] = []
        # Where there is little room, how sure a forecast is comes before what else is said.
        sentences = (*summary.lines[:claims], *extra, *summary.lines[claims:])
        for at, line in enumerate(sentences):
            role = "title" if not at else "text"
            for text in wrapped_note(self.worded(line), max(20, width - 3)):
                shown = self.host.glyphs.compared(text.replace(" | ", "   "))
                made.append([Piece(" " + self.plain(shown), role)])
        beside = self._counted.groups[self._report.group].spec is not None
        most = height // _SHARE if beside else height - 4 - _LEAST_PICTURE
        most = max(2, min(_MOST_LINES, most))
        airy: list[Line] = [[]] if height >= _AIRY else []
        return [*airy, *made[:most], *airy]

    def _footnote(self, summary: Summary) -> list[Line]:
        """How it was counted, without what the title says already; while something is pointed at,
        what that is, in as many lines, so that nothing moves."""
        width, glyphs = self.size.width, self.host.glyphs
        in_title = self._parts_in_title()
        new = " | ".join(part for part in summary.note.split(" | ") if part not in in_title)
        note = wrapped_note(glyphs.compared(self.worded(new)), max(20, width - 2))
        lines: list[Line] = [
            [Piece(f" {self.plain(line.replace(' | ', '   '))}", "dim")] for line in note
        ]
        if pointed := self._pointed_words():
            words = fitted([Piece(f" {self.plain(pointed)}", "focus")], width, glyphs)
            lines = [*([[]] * (len(lines) - 1)), words]
        return lines

    def _parts_in_title(self) -> set[str]:
        """The parts of a footnote that say no more than the title: the window, and how many cards
        were finished in it."""
        sample = self._sample_shown
        if sample is None or self._by is not None:
            return set()
        sample = self._view.scoped(sample)
        return {scope_text(sample.scope), f"n {len(sample.finished)} finished"}

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
        return f"{label}{ref} {cell_text(title[: 2 * self.size.width])}"

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
    def _has_parts(self) -> bool:
        if self._counted is None or not self._counted.groups:
            return False
        group = self._counted.groups[self._report.group]
        return bool(row_targets(group)) if group.spec is None else self._picture.has_targets

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
        await self._step(1)

    async def do_part_previous(self) -> None:
        await self._step(-1)

    async def _step(self, by: int) -> None:
        if self._is_overview:
            self._look_at_tile(self._report.tile + by)
        else:
            await self._point(by)

    async def do_part_open(self) -> None:
        if self._is_overview:
            name = self._tile_names[self._report.tile]
            await self._look_at("bottleneck" if name == _WORDS else name)
            return
        part = await self._pointed()
        if part is not None and len(part.cards) == 1:
            self.open("card", part.cards[0])
        elif part is not None:
            self._show_on_board(part)

    async def do_part_board(self) -> None:
        if self._is_overview:
            self.status.show(_NOTHING)
            return
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
            text = f"Simulating ... {percent} %"
            loop.call_soon_threadsafe(partial(self.status.show, text, passing=True))

        async def simulated() -> None:
            progress = Progress(show_percent)
            try:
                sample = await self._sample()
                summary = await beside(lambda: play(sample, progress))
            finally:
                progress.give_up()
            self.status.clear()
            self._report.grouping, self._report.group, self._report.part = 0, 0, None
            if self._is_overview:
                self._report.view = "wip"
            group = CountedGroup(name, sample, None, summary, summary.table)
            self._counted, self._played = Counted([group]), name
            self._show()

        self._settled.set()
        self.status.show("Simulating ...", passing=True)
        self.only_newest(_NUMBERS, simulated)

    # What is looked at

    def command_method(self, name: str) -> Callable[..., Any]:
        group, _, view = name.partition(".")
        return partial(self._look_at, view) if group == "view" else super().command_method(name)

    async def _look_at(self, view: str) -> None:
        self._report.view, self._report.part = view, None
        if self._is_overview or not self._view.divides(self._by):
            self._report.grouping = self._report.group = 0
        if view in self._tile_names:
            self._report.tile = self._tile_names.index(view)
        self._played = ""
        await self.board_changed()

    async def do_report_next(self) -> None:
        await self._turn_page(1)

    async def do_report_previous(self) -> None:
        await self._turn_page(-1)

    async def _turn_page(self, by: int) -> None:
        names = [OVERVIEW, *(entry.name for entry in CATALOGUE)]
        await self._look_at(names[(names.index(self._report.view) + by) % len(names)])

    async def do_chart_next(self) -> None:
        await self._turn_chart(1)

    async def do_chart_previous(self) -> None:
        await self._turn_chart(-1)

    async def _turn_chart(self, by: int) -> None:
        if self._is_overview:
            self._look_at_tile(self._report.tile + by)
        else:
            await self._turn_page(by)

    def cancel(self) -> None:
        if self._report.part is not None:
            self._report.part = None
            self._show()
        else:
            super().cancel()

    def do_back(self) -> None:
        if self._is_overview:
            super().do_back()
        else:
            self.start(self._look_at(OVERVIEW))

    async def do_reports_window(self) -> None:
        if not self._is_overview and self._view.entry.of_all_time:
            self.status.show(f"{self._view.entry.title} goes by the whole past, not by a window.")
            return
        self._report.window = (self._report.window + 1) % len(_WINDOWS)
        self._report.part = None
        await self.board_changed()

    async def do_reports_group(self) -> None:
        if self._is_overview:
            self.status.show("Open a chart first: o groups the cards of one.")
            return
        if not self._view.entry.of_cards:
            self.status.show(f"{self._view.entry.title} is of the whole board: it has no groups.")
            return
        self._report.grouping = (self._report.grouping + 1) % len(_GROUPINGS)
        if not self._view.divides(self._by):
            self._report.grouping = 0
        self._report.group, self._report.part = 0, None
        await self.board_changed()

    async def do_group_next(self) -> None:
        await self._turn(1)

    async def do_group_previous(self) -> None:
        await self._turn(-1)

    async def _turn(self, by: int) -> None:
        """The next group; where there are none the next line of charts or the next part."""
        if self._is_overview:
            self._look_at_tile(self._report.tile + by * self._shape[0])
            return
        await self._counting_is_over()
        if self._counted is not None and self._by is not None and self._counted.groups:
            self._report.group = (self._report.group + by) % len(self._counted.groups)
            self._report.part = None
            self._show()
        else:
            await self._point(by)

    # The mouse

    @on(TabBar.Chosen)
    def _tab_clicked(self, event: TabBar.Chosen) -> None:
        if self.takes_keys and not self.ask.asking:
            self.start(self._look_at(event.name))

    @on(Overview.Chosen)
    def _tile_clicked(self, event: Overview.Chosen) -> None:
        if self.takes_keys and not self.ask.asking:
            self._look_at_tile(event.number)
            self.run_command("part.open")

    @on(TablePane.Chosen)
    def _row_clicked(self, event: TablePane.Chosen) -> None:
        if self._counted is None or not self._counted.groups or not self.takes_mouse:
            return
        group = self._counted.groups[self._report.group]
        if group.spec is None:
            self._click(event.row)
        elif event.double and (ref := row_card(group, event.row)):
            self.open("card", ref)

    @on(Picture.Chosen)
    def _part_clicked(self, event: Picture.Chosen) -> None:
        if not self.ask.asking:
            self._click(event.part)

    def _click(self, part: int) -> None:
        """Point at a part; a click on the one pointed at opens it."""
        if not self.takes_keys or part >= len(self._parts):
            return
        if self._report.part == part:
            self.run_command("part.open")
        else:
            self._report.part = part
            self._show()
