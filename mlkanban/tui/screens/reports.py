"""Reports: every flow number, the picture and the words, and the cards behind each part of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from mlkanban.charts.layouts.canvas import Target
from mlkanban.charts.spec import Spec
from mlkanban.charts.tabular import table_lines, table_targets
from mlkanban.charts.views import VIEWS, View, remarks
from mlkanban.charts.wrapping import wrapped_note
from mlkanban.core.models import Board
from mlkanban.flow.said import Number, Said
from mlkanban.flow.sample import Grouping, Sample, follow
from mlkanban.flow.simulation.suggest import suggest
from mlkanban.flow.simulation.whatif import limits_from, what_if
from mlkanban.flow.window import Window
from mlkanban.service import Service
from mlkanban.text import ascii_only, display
from mlkanban.tui.commands import REPORTS, VIEW
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.widgets.picture import Picture

_WINDOWS: tuple[int | None, ...] = (90, 30, None)
_GROUPINGS: tuple[Grouping | None, ...] = (None, "type", "tag", "stage")
_LINES = 9
_ROOMY = 120
"""From so many columns on the table stands beside the picture."""
_SIDE = 56


@dataclass
class Reading:
    """What is being looked at; kept while the person is on the board."""

    view: str = "cycle-time"
    window: int = 0
    grouping: int = 0
    group: int = 0
    part: int | None = None


@dataclass
class _Counted:
    """The answer to a reading: a sample and a number for each group."""

    groups: list[tuple[str, Sample, Number]]
    specs: list[Spec | None]
    remarks: list[str] = field(default_factory=list)


def _sample(service: Service, board: Board, days: int | None, now: datetime) -> Sample:
    workflow, histories = service.history.for_flow(board)
    return follow(workflow, histories, now, Window.back(days, workflow.day(now)))


def _count(
    service: Service, board: Board, view: View, by: Grouping | None, days: int | None, now: datetime
) -> _Counted:
    sample = _sample(service, board, days, now)
    groups = view.by(sample, by) if by else [("all cards", sample, view.count(sample))]
    specs = [view.draw(number, some) for _, some, number in groups]
    return _Counted(groups, specs, remarks(view, sample))


class ReportsScreen(KeyScreen):
    WHERE: ClassVar[str] = REPORTS

    def __init__(self, reading: Reading) -> None:
        super().__init__()
        self._reading = reading
        self._picture = Picture(ascii=self.board_app.ascii)
        self._counted: _Counted | None = None
        self._played = ""

    def compose(self) -> ComposeResult:
        yield Static(markup=False, id="report-title")
        with Horizontal(id="report-body"):
            yield self._picture
            yield Static(markup=False, id="report-table")
        yield Static(markup=False, id="report-text")
        yield self.ask
        yield self.status

    async def on_mount(self) -> None:
        self._title("counting ...")
        self.start(self.board_changed())

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    @property
    def _view(self) -> View:
        return VIEWS[self._reading.view]

    @property
    def _by(self) -> Grouping | None:
        return _GROUPINGS[self._reading.grouping]

    async def board_changed(self) -> None:
        """Count again, in the store's thread, and show it."""
        board, now = self.board_app.model.board, self.board_app.now()
        view, by, days = self._view, self._by, _WINDOWS[self._reading.window]
        counted = await self.fetch(lambda service: _count(service, board, view, by, days, now))
        if counted is not None and self.ready:
            self._counted, self._played = counted, ""
            last = max(0, len(counted.groups) - 1)
            self._reading.group = min(self._reading.group, last)
            self._show()

    # Showing

    def _title(self, found: str) -> None:
        days = _WINDOWS[self._reading.window]
        window = "all time" if days is None else f"{days} days"
        entry = self._view.entry
        what = self._played.capitalize() or f"{entry.key}  {entry.title}"
        title = f" {what}, {window}{found and f', {found}'}"
        self.query_one("#report-title", Static).update(Content(self._plain(title)))

    def _show(self) -> None:
        if self._counted is None or not self.ready:
            return
        text = self.query_one("#report-text", Static)
        side = self.query_one("#report-table", Static)
        if not self._counted.groups:
            self._title("")
            text.update(Content(" No cards to count yet."))
            side.display = False
            self._picture.show(None)
            return
        name, _, number = self._counted.groups[self._reading.group]
        spec = self._counted.specs[self._reading.group]
        found = ""
        if self._by is not None:
            at = f"({self._reading.group + 1} of {len(self._counted.groups)})"
            found = f"{self._by}: {display(name) or '(none)'}  {at}"
        self._title(found)
        said = number.said()
        roomy = self.size.width >= _ROOMY
        side.display = said.table is not None and (roomy or spec is None)
        self._picture.display = spec is not None
        side.styles.width = _SIDE if spec is not None else "1fr"
        text.update(Content(self._sentences(said)))
        self._picture.show(spec, self._reading.part)
        self.call_after_refresh(self._show_table, said, spec)

    def _show_table(self, said: Said, spec: Spec | None) -> None:
        side = self.query_one("#report-table", Static)
        if said.table is None or not side.display or not self.ready:
            return
        width, height = side.content_size
        part = self._reading.part if spec is None else None
        lines = table_lines(said.table, width, height, part)
        side.update(Content("\n".join(self._plain(line) for line in lines)))

    def _sentences(self, said: Said) -> str:
        counted = self._counted
        assert counted is not None
        lines = []
        part = self._part
        if part is not None:
            cards = f"{len(part.cards)} card{'' if len(part.cards) == 1 else 's'}"
            lines.append(f"> {part.label}: {cards}. Enter shows {self._which(part)}.")
        for line in (*said.lines, *counted.remarks, said.note):
            lines += wrapped_note(line, max(20, self.size.width - 3))
        return "\n".join(" " + self._plain(line) for line in lines[:_LINES])

    def _which(self, part: Target) -> str:
        return "it" if len(part.cards) == 1 else "them on the board"

    def _plain(self, text: str) -> str:
        shown = display(text)
        return ascii_only(shown) if self.board_app.ascii else shown

    # The parts of the picture, or of the table where there is none

    @property
    def _parts(self) -> tuple[Target, ...]:
        if self._counted is None or not self._counted.groups:
            return ()
        _, sample, number = self._counted.groups[self._reading.group]
        if self._counted.specs[self._reading.group] is None:
            return table_targets(number.said().table, sample)
        return self._picture.targets()

    @property
    def _part(self) -> Target | None:
        at, parts = self._reading.part, self._parts
        return parts[at] if at is not None and at < len(parts) else None

    def _point(self, by: int) -> None:
        parts = self._parts
        if not parts:
            self.status.say("There is nothing to point at in this view.")
            return
        at = self._reading.part
        self._reading.part = (
            (0 if by > 0 else -1) % len(parts) if at is None else (at + by) % len(parts)
        )
        self._show()

    def do_part_next(self) -> None:
        self._point(1)

    def do_part_previous(self) -> None:
        self._point(-1)

    async def do_part_open(self) -> None:
        part = self._part
        if part is None:
            self.status.say("Point at a part first: l and h go from one to the next.")
        elif len(part.cards) == 1:
            from mlkanban.tui.screens.card import CardScreen

            self.app.push_screen(CardScreen(part.cards[0]))
        else:
            self.do_part_board()

    def do_part_board(self) -> None:
        part = self._part
        if part is None:
            self.status.say("Point at a part first: l and h go from one to the next.")
            return
        self.app.pop_screen()
        self.board_app.show_only(part.cards, f"{self._view.entry.title.lower()}, {part.label}")

    # What if

    async def do_limits_try(self) -> None:
        text = await self.ask.text("Limits to try, as Training=1 Evaluation=2", "", verb="plays it")
        self.refocus()
        if text is None:
            return
        changes = limits_from(self.board_app.model.board, text)
        await self._play("what if", lambda sample: what_if(sample, changes))

    async def do_limits_suggest(self) -> None:
        await self._play("limits to try", suggest)

    async def _play(self, name: str, play: Callable[[Sample], Number]) -> None:
        """Simulate, in the store's thread, and show what came of it."""
        board, now = self.board_app.model.board, self.board_app.now()
        days = _WINDOWS[self._reading.window]
        self.status.say("Simulating ...")

        def count(service: Service) -> _Counted:
            sample = _sample(service, board, days, now)
            return _Counted([(name, sample, play(sample))], [None])

        counted = await self.fetch(count)
        if counted is not None and self.ready:
            self.status.clear()
            self._reading.grouping, self._reading.group, self._reading.part = 0, 0, None
            self._counted, self._played = counted, name
            self._show()

    # What is looked at

    def run_command(self, name: str, key: str = "") -> None:
        if name.startswith(VIEW):
            self._reading.view = name.removeprefix(VIEW)
            self._reading.part = None
            self._played = ""
            self._title("counting ...")
            self.start(self.board_changed())
        else:
            super().run_command(name, key)

    def escaped(self) -> None:
        if self._reading.part is not None:
            self._reading.part = None
            self._show()
        else:
            super().escaped()

    async def do_reports_window(self) -> None:
        self._reading.window = (self._reading.window + 1) % len(_WINDOWS)
        self._reading.part = None
        await self.board_changed()

    async def do_reports_group(self) -> None:
        self._reading.grouping = (self._reading.grouping + 1) % len(_GROUPINGS)
        self._reading.group, self._reading.part = 0, None
        await self.board_changed()

    def _turn(self, by: int) -> None:
        if self._counted is not None and self._by is not None and self._counted.groups:
            self._reading.group = (self._reading.group + by) % len(self._counted.groups)
            self._reading.part = None
            self._show()
        else:
            self.status.say("o groups the cards by type, tag or stage first.")

    def do_group_next(self) -> None:
        self._turn(1)

    def do_group_previous(self) -> None:
        self._turn(-1)
