"""One card with everything on it: what it is at the left, its runs, notes, history or links at the
right; on narrow terminals below one another."""

import re
from functools import partial
from typing import ClassVar, NamedTuple
from zoneinfo import ZoneInfo

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Markdown

from mlkanban.core.board import CardFace
from mlkanban.core.card import Card, to_json
from mlkanban.core.profit_curve import MetricWorth
from mlkanban.display.card_face import FaceContext, Line, Piece, parts_text
from mlkanban.display.card_layout import (
    TABS,
    CardContent,
    Tab,
    detail_lines,
    head_lines,
    history_lines,
    left_lines,
    left_width,
    link_lines,
    summary_lines,
    tab_pieces,
)
from mlkanban.display.card_page import CardPage
from mlkanban.display.lines import filled, labelled, paragraph, width_of
from mlkanban.display.number_text.due import chance_words
from mlkanban.display.run_lines import (
    RunPageContext,
    comparison_lines,
    configuration_grid,
    count_text,
    remark_lines,
    run_grid,
    verdict_lines,
)
from mlkanban.display.run_text import in_order_of_state
from mlkanban.errors import MlkanbanError, NotFound
from mlkanban.flow.due import DueCard, PartsDone
from mlkanban.runs.model.overview import (
    ConfigurationRuns,
    Order,
    arrays_apart,
    in_order,
    overview,
    run_counts,
    run_parameters,
    worth_watching,
)
from mlkanban.runs.model.results import results
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.usage import Spending
from mlkanban.service import Done
from mlkanban.service.conflicts import OpenConflict
from mlkanban.service.history import HistoryEntry
from mlkanban.tui.card_commands import CardCommands
from mlkanban.tui.commands import CARD
from mlkanban.tui.help_text import with_keys
from mlkanban.tui.learning_curves import Chosen, LearningCurves
from mlkanban.tui.plain_markdown import plain_line, plain_lines
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.screens.text_screen import TextScreen
from mlkanban.tui.undo import UndoCommands
from mlkanban.tui.widgets.lines import LineButtons, Lines
from mlkanban.tui.widgets.plain_text import PlainMarkdown

_EACH = 12
"""So many runs have a line each; more are shown by configuration."""
_CONFIGURATIONS = 20
_CURVE = (9, 24)
"""The lines of learning curves, at least and at most."""
_RUN_SECONDS = 2.0
"""Seconds between two looks at what runs that go on report."""
_LAST = len("tried last  ")
_NUMBERED = re.compile(r"\d+[.)]\s")
"""The beginning of a list."""
_NO_LINKS = "No links and no related cards. {card.edit} adds links, and cards that this one needs."


class _Read(NamedTuple):
    """What the store knows of the card."""

    card: Card
    entries: list[HistoryEntry]
    runs: list[Run]
    spent: Spending | None
    conflicts: list[OpenConflict]
    worth: MetricWorth | None


class _Expected(NamedTuple):
    """What the past of the board says of the time to come of the card."""

    due: DueCard | None = None
    parts: PartsDone | None = None


class CardScreen(TextScreen):
    WHERE: ClassVar[str] = CARD

    def __init__(self, ref: str) -> None:
        super().__init__()
        self._ref = ref
        self._tab: Tab | None = None
        self._tabs = len(TABS)
        self._read: _Read | None = None
        self._expected = _Expected()
        self._notes = ""
        self._curves = LearningCurves(self, self._draw_newest)
        self.command_objects = (*CardCommands(self).objects, UndoCommands(self), self._curves)

    def compose(self) -> ComposeResult:
        ascii = self.host.ascii
        yield Lines(ascii=ascii, id="card-head")
        yield LineButtons(ascii=ascii, id="card-tabs", pressed=self._tab_clicked)
        with Horizontal(id="card-body"):
            yield Lines(ascii=ascii, id="card-left")
            with self.scroll:
                yield Lines(ascii=ascii, id="card-tab")
                yield PlainMarkdown(self.host.glyphs, id="notes")
        yield self.ask
        yield self.status

    def on_mount(self) -> None:
        self.set_interval(_RUN_SECONDS, self._look_at_runs)

    def on_resize(self) -> None:
        self._draw_newest()

    def _draw_newest(self) -> None:
        """Draw the card as it is known; if it was not read yet, read it, as what goes on in the
        group, the first reading too, is given up."""
        self.only_newest("draw", self._draw if self._read else self.board_changed)

    def targets(self) -> list[CardFace]:
        face = self._face()
        return [face] if face else []

    def _face(self) -> CardFace | None:
        faces = self.host.model.faces.values()
        return next((face for face in faces if face.ref == self._ref), None)

    async def board_changed(self) -> None:
        """Read the card again."""
        ref = self._ref
        try:
            read = await self.host.store_thread.call(
                lambda s: _Read(
                    card := s.cards.get(ref),
                    s.history.of_card(ref),
                    s.runs.of_card(ref),
                    s.runs.spending(ref),
                    s.conflicts.of_card(ref),
                    s.worth.of_card(card) if card.metric else None,
                )
            )
        except NotFound:
            if self.is_active:
                self._card_is_gone()
            return
        except MlkanbanError as error:
            self.show_error(error)
            return
        if ref == self._ref:
            if self._read is None or self._read.card.id != read.card.id:
                self._expected = _Expected()
            self._read = read
            self._curves.expect(read.runs)
            await self._draw()
            self._read_curves()
            self.only_newest("expected", partial(self._read_expected, read.card))

    async def _read_expected(self, card: Card) -> None:
        """Add what takes all cards of the board to what stands there already."""
        board = self.board
        try:
            expected = await self.host.store_thread.read(
                lambda s: _Expected(
                    s.planning.due_card(board, card) if card.due else None,
                    s.planning.parts(board, card),
                )
            )
        except MlkanbanError as error:
            self.show_error(error)
            return
        if expected != self._expected and self._read is not None and self._read.card == card:
            self._expected = expected
            self._draw_newest()

    def _read_curves(self) -> None:
        """Read the learning curves of the runs that tell most, and what those report that go on."""
        read = self._read
        if read is None or not read.runs:
            self._curves.forget()
            return
        metric = to_json(read.card.metric) if read.card.metric else None
        guards = [to_json(guard) for guard in read.card.guards]
        found = results(read.runs, metric, self.host.settings.repeats, guards)
        chosen = [Chosen(*one) for one in worth_watching(read.runs, found)]
        self.only_newest(
            "curves", partial(self._curves.read, read.runs, chosen, metric, results=found)
        )

    def _look_at_runs(self) -> None:
        going_on = self._read and any(not run.state.ended for run in self._read.runs)
        if self.is_active and going_on:
            self._read_curves()
            self._draw_newest()  # how long they have run

    def _card_is_gone(self) -> None:
        """Somebody undid its creation."""
        self.close()
        self.host.show_message(f"{self._ref} is no more.")

    # Drawing

    def _content(self, read: _Read) -> CardContent:
        view = FaceContext.at(self.board, self.host.now(), glyphs=self.host.glyphs)
        due, done = self._expected
        parts = parts_text(done, view.today) if done else ""
        model = self.host.model
        column = model.columns[self.board.position(read.card.stage)]
        refs = [face.ref for face in column]
        place = (refs.index(self._ref) + 1, len(refs)) if self._ref in refs else (0, 0)
        return CardContent(
            read.card,
            CardPage(
                view, read.spent, "x", self._face(), chance_words(due), read.worth, parts
            ),
            model.faces.values(),
            len(read.runs), read.conflicts, read.entries, place, model.sle_days,
            tuple(self._curves.latest.values()),
        )  # fmt: skip

    async def _draw(self) -> None:
        """Lay the page out for the size there is."""
        read = self._read
        if read is None or not self.ready:
            return
        self.status.offer(self.card_hints(self.targets()))
        content = self._content(read)
        width, height = self.size
        left = left_width(width)
        head, shown = head_lines(content, width, height)
        if not left:
            head = [*head, *summary_lines(content, width, height)]
        body = max(1, height - len(head) - 2)
        column: list[Line] = []
        whole = False
        if left:
            notes = None if self._current(read, whole=True) is Tab.NOTES else _plain_note
            column, whole = left_lines(content, shown, left - 2, body, notes)
        tabs = TABS[:-1] if whole else TABS
        self._tabs = len(tabs)
        current = self._current(read, whole=whole)
        self.query_one("#card-head", Lines).show(head)
        self._draw_tabs(tab_pieces(content, current, tabs), left, width)
        pane = self.query_one("#card-left", Lines)
        pane.display = bool(left)
        pane.styles.width = left
        edge = Piece(self.host.glyphs.upright, "faint")
        column += [[]] * (body - len(column))
        pane.show([[*filled(line, left - 1, self.host.glyphs), edge] for line in column])
        await self._draw_tab(content, read, current, shown, width - left - 3, body)

    def _current(self, read: _Read, *, whole: bool) -> Tab:
        """The tab that is shown: the one that was chosen last, if there is one."""
        if self._tab is not None and not (whole and self._tab is Tab.DETAILS):
            return self._tab
        if read.runs:
            return Tab.RUNS
        if not whole:
            return Tab.DETAILS
        return Tab.NOTES if read.card.notes else Tab.HISTORY

    def _draw_tabs(self, parts: list[tuple[Tab, Line]], left: int, width: int) -> None:
        """A rule, with a heading over the left column, and the tabs in it."""
        rule = self.host.glyphs.rule
        start = [Piece(f"{rule} ", "faint")]
        if left:
            start = [*start, Piece("What ", "title")]
            start.append(Piece(rule * (left - width_of(start)) + " ", "faint"))
        shown: list[tuple[str, Line]] = [("", start)]
        for tab, line in parts:
            shown += [(tab.value, line), ("", [Piece("  ", "text")])]
        used = sum(width_of(line) for _, line in shown)
        if used > width:
            # Without their counts they fit down to some 50 cells.
            shown = [(name, line[:3] if name else line) for name, line in shown]
            used = sum(width_of(line) for _, line in shown)
        shown.append(("", [Piece(rule * max(0, width - used), "faint")]))
        self.query_one("#card-tabs", LineButtons).show_buttons(shown)

    async def _draw_tab(
        self,
        content: CardContent,
        read: _Read,
        tab: Tab,
        shown: frozenset[str],
        width: int,
        body: int,
    ) -> None:
        width = max(10, width)
        keys = self.host.commands
        notes = self.query_one("#notes", Markdown)
        pane = self.query_one("#card-tab", Lines)
        lines: list[Line] = []
        match tab:
            case Tab.RUNS:
                lines = self._run_lines(read, width)
                lines = [*self._curve_lines(width, body - len(lines) - 1), *lines]
            case Tab.NOTES if not read.card.notes:
                text = with_keys("No notes yet: {card.note} writes the first one.", keys)
                lines = paragraph(text, "dim", width, self.host.glyphs)
            case Tab.HISTORY:
                lines = history_lines(content, width, plain_line)
            case Tab.LINKS:
                lines = link_lines(content, width, with_keys(_NO_LINKS, keys))
            case Tab.DETAILS:
                lines = detail_lines(content, shown, width, _plain_note)
        has_notes = tab is Tab.NOTES and bool(read.card.notes)
        pane.display, notes.display = not has_notes, has_notes
        pane.show([[Piece(" ", "text"), *line] for line in lines])
        if has_notes and (text := self._notes_text(read.card)) != self._notes:
            self._notes = text
            await notes.update(text)

    def _notes_text(self, card: Card) -> str:
        zone = ZoneInfo(self.board.timezone)
        notes = (
            f"**{note.at.astimezone(zone):%Y-%m-%d %H:%M}**{_break_before(note.text)}{note.text}"
            for note in reversed(card.notes)
        )
        return self.plain("\n\n".join(notes))

    def _run_lines(self, read: _Read, width: int) -> list[Line]:
        """The runs, a line each or by configuration, and what they say together."""
        runs, repeats = read.runs, self.host.settings.repeats
        if not runs:
            text = f"No runs yet. Start one in a shell: mlkanban run {self._ref} -- COMMAND"
            return paragraph(text, "dim", width, self.host.glyphs)
        metric = to_json(read.card.metric) if read.card.metric else None
        guards = [to_json(guard) for guard in read.card.guards]
        found = results(runs, metric, repeats, guards)
        now = self.host.now()
        context = RunPageContext(
            found, metric, ZoneInfo(self.board.timezone), now, self.host.glyphs,
            self._curves.latest, written_guards=guards,
        )  # fmt: skip
        lines: list[Line] = []
        rows: list[ConfigurationRuns] = []
        several = found is not None and len(found.configurations) > 1
        if len(runs) <= _EACH:
            ordered = in_order_of_state(runs)
            differs = run_parameters(ordered, context.metric, repeats)
            grid = run_grid(ordered, differs, context, width)
            lines = [grid.head, *(grid.row(at) for at in range(len(runs)))]
            lines += [[]] if several else []
        if several or len(runs) > _EACH:
            rows = in_order(
                overview(runs, found, repeats), Order.METRIC if found else Order.NEWEST, now,
                lower=found is not None and found.lower,
            )  # fmt: skip
            grid = configuration_grid(rows, context, width)
            some = range(min(len(rows), _CONFIGURATIONS))
            lines += [grid.head, *(grid.row(at) for at in some)]
            more = len(rows) - len(some)
            rest = f"{more} more configurations; " if more else ""
            if more or len(runs) > _EACH:
                many = count_text(run_counts(arrays_apart(runs, repeats)))
                lines.append([Piece(f"{rest}{many} in all: r shows them", "dim")])
        last: list[Line] = []
        if found is not None:
            last = comparison_lines(found.latest, context, width - _LAST, with_verdict=several)
            last = labelled([Piece("tried last", "dim")], _LAST, last)
        together = [
            *last, *verdict_lines(context, width),
            *remark_lines(runs, context, width, repeats, rows=rows),
        ]  # fmt: skip
        return [*lines, [], *together] if together else lines

    def _curve_lines(self, width: int, room: int) -> list[Line]:
        """The learning curves over the runs, as high as there is room for."""
        height = max(_CURVE[0], min(_CURVE[1], room - 1))
        if not (lines := self._curves.lines(width, height)):
            return []
        return [self._curves.title, *lines, *([[]] * (height - len(lines)))]

    # Tabs and cards

    def do_card_tab(self, number: int) -> None:
        if number <= self._tabs:
            self._show_tab(TABS[number - 1])
        else:
            self.status.show(f"There is no tab {number}.", passing=True)

    def _tab_clicked(self, name: str) -> None:
        self._show_tab(Tab(name))

    def _show_tab(self, tab: Tab) -> None:
        self._tab = tab
        self.scroll.scroll_home(animate=False)
        self._draw_newest()

    async def do_card_next(self) -> None:
        await self._go_on(1)

    async def do_card_previous(self) -> None:
        await self._go_on(-1)

    async def _go_on(self, by: int) -> None:
        """Show the next card of the stage, or the one before, and leave the cursor of the board on
        it."""
        face, model = self._face(), self.host.model
        at, row = model.locate(face.id) if face else (0, -1)
        column = model.columns[at]
        if face is None or row < 0:
            self.status.show(f"{self._ref} is not among the cards that the board shows.")
        elif not 0 <= row + by < len(column):
            end = "last" if by > 0 else "first"
            self.status.show(f"It is the {end} card of {self.board.stages[at].name}.")
        else:
            self._ref = column[row + by].ref
            self._curves.forget()
            below = self.host.screen_stack[-2]
            if isinstance(below, KeyScreen):
                below.go_to(column[row + by].id)
            self.scroll.scroll_home(animate=False)
            await self.board_changed()

    def after_change(self, done: Done) -> None:
        for screen in self.host.screen_stack:
            if isinstance(screen, KeyScreen) and screen is not self:
                screen.changed_above(done)
        if done.cards and self._face() is None:
            self.close()


def _break_before(text: str) -> str:
    """What stands between the date of a note and its text: the end of a line before words, that of
    a paragraph before whatever else Markdown has."""
    return "  \n" if text[:1].isalnum() and not _NUMBERED.match(text) else "\n\n"


def _plain_note(text: str) -> str:
    return "\n".join(plain_lines(text))
