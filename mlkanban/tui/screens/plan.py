"""Planning: what is ready over the ideas, in an order, with what fits until a day."""

from datetime import timedelta
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Container
from textual.timer import Timer

from mlkanban.core.board import CardFace, Stage
from mlkanban.core.day_input import day_ahead
from mlkanban.core.plan import AHEAD, Plan, PlanRow
from mlkanban.display.card_face import FaceContext
from mlkanban.display.plan_lines import IDEAS, READY, PlanPage, PlanPlace, fit_line, title_line
from mlkanban.errors import MlkanbanError
from mlkanban.flow.fit import Fit
from mlkanban.service import Done
from mlkanban.tui.card_commands import CardCommands
from mlkanban.tui.card_commands.new_card import NewCardCommands
from mlkanban.tui.commands import PLAN
from mlkanban.tui.help_text import with_keys
from mlkanban.tui.screens.list_screen import MouseListScreen
from mlkanban.tui.undo import UndoCommands
from mlkanban.tui.widgets.lines import ListLines
from mlkanban.tui.widgets.preview import Preview, PreviewPlace

_NO_SCORE = "none: {card.score} sets one"
_PAUSE_SECONDS = 0.5
"""Seconds after a change until what fits is counted again."""
_NO_IDEA = "No idea waits. {card.new} writes one."
_NO_CARD = "No card stands here. {plan.replenish} pulls the first ideas."
_NO_CARD_NOR_IDEA = "No card stands here."
_KEYS_WITHOUT_CARDS = ("card.new", "undo", "help", "back")
_ROOMY = 16
"""In fewer lines nothing stands between the head and the lists."""


class PlanScreen(MouseListScreen):
    WHERE: ClassVar[str] = PLAN

    def __init__(self) -> None:
        super().__init__()
        self._cards = CardCommands(self)
        self.command_objects = (*self._cards.objects, NewCardCommands(self), UndoCommands(self))
        self._plan: Plan | None = None
        self._fit: Fit | None = None
        self._soon: Timer | None = None
        self._by_score = False
        self._until = self.host.today() + timedelta(days=AHEAD)
        self._side = IDEAS
        self._rows = [0, 0]
        self._page: PlanPage | None = None
        self._in_sight: dict[int, PlanPlace] = {}
        self._top = 0
        self._lines = ListLines(ascii=self.host.ascii, id="plan")
        self._preview = Preview(self.host)

    def compose(self) -> ComposeResult:
        with Container(id="plan-parts"):
            yield self._lines
            yield self._preview
        yield self.ask
        yield self.status

    def on_mount(self) -> None:
        self.start(self.board_changed())

    def on_resize(self) -> None:
        self._preview.stand(PreviewPlace.beside_list(self.size))
        self._show()

    @property
    def _width(self) -> int:
        """The cells of the lists."""
        return self.size.width - PreviewPlace.beside_list(self.size).columns

    # Showing

    async def board_changed(self) -> None:
        """Read the plan again, and what fits."""
        board, by_score = self.board, self._by_score
        try:
            self._plan = await self.host.store_thread.call(
                lambda service: service.planning.plan(board, by_score=by_score)
            )
        except MlkanbanError as error:
            self.show_error(error)
            return
        self._show()
        if self._fit is None:
            self._begin_forecast()
            return
        if self._soon is not None:
            self._soon.stop()
        # When the keys have rested: it takes the store's time.
        self._soon = self.set_timer(_PAUSE_SECONDS, self._begin_forecast)

    def _begin_forecast(self) -> None:
        self.run_worker(self._forecast(), group="fit")

    async def _forecast(self) -> None:
        board, until = self.board, self._until
        order = self._plan.order if self._plan else None
        try:
            fit = await self.host.store_thread.read(
                lambda service: service.planning.fit(board, until, order)
            )
        except MlkanbanError as error:
            self.show_error(error)
            return
        if until == self._until:
            self._fit = fit
            self._show()

    def _sides(self) -> tuple[tuple[PlanRow, ...], tuple[PlanRow, ...]]:
        return (self._plan.ideas, self._plan.rows) if self._plan else ((), ())

    def _show(self) -> None:
        if self._plan is None or not self.ready:
            return
        no_card = _NO_CARD if self._plan.ideas else _NO_CARD_NOR_IDEA
        ideas, ready = (with_keys(text, self.host.commands) for text in (_NO_IDEA, no_card))
        self._page = PlanPage(
            self._plan,
            self._fit,
            self.host.model.marks,
            (ideas, ready),
            FaceContext.at(self.board, self.host.now(), glyphs=self.host.glyphs),
            self._width,
        )
        for side, rows in enumerate(self._sides()):
            self._rows[side] = max(0, min(self._rows[side], len(rows) - 1))
        self._draw()

    def _draw(self) -> None:
        """Draw the lines in sight; only those that changed are painted."""
        page, glyphs, width = self._page, self.host.glyphs, self._width
        if page is None or not self.ready:
            return
        order = "highest score first" if self._by_score else "in board order"
        lines = [
            title_line(self.board.name, order, self._until, self._fit, width, glyphs),
            fit_line(self._fit, width, glyphs),
            *([[]] if self.size.height >= _ROOMY else []),
        ]
        room = max(1, self._lines.size.height - len(lines))
        here = PlanPlace(self._side, self._rows[self._side])
        cursor = page.lines.index(here)
        self._follow(page, cursor, room)
        self._in_sight = {}
        for at in range(self._top, min(self._top + room, len(page.lines))):
            if at > self._top and isinstance(place := page.lines[at], PlanPlace):
                self._in_sight[len(lines)] = place
            # The head of a list stays where its cards are in sight.
            lines.append(page.line(page.head_of(at) if at == self._top else at, here))
        self._lines.show(lines, len(lines) - (min(self._top + room, len(page.lines)) - cursor))
        empty = not any(self._sides())
        hints = self.hints(_KEYS_WITHOUT_CARDS) if empty else self.card_hints(self.targets())
        self.status.offer(hints)
        self._point(page, here)

    def _point(self, page: PlanPage, here: PlanPlace) -> None:
        """Show the card under the cursor beside the lists, and why it fits."""
        model, rows = self.host.model, self._list
        if not rows:
            self._preview.point(None)
            return
        face = rows[here.row].face
        waits, needed_by = model.waits.get(face.id, ()), model.needed_by.get(face.ref, ())
        score = with_keys(_NO_SCORE, self.host.commands)
        self._preview.point(face, waits, needed_by, page.remarks(here, score))

    def _follow(self, page: PlanPage, cursor: int, room: int) -> None:
        """Move the window so that the cursor is in sight, with the head of its list above it."""
        count = len(page.lines)
        first = cursor - 1 if room > 1 else cursor
        self._top = min(self._top, max(0, first), max(0, count - room))
        self._top = max(self._top, cursor - room + 1)

    # Looking around

    @property
    def _list(self) -> tuple[PlanRow, ...]:
        return self._sides()[self._side]

    @property
    def _current(self) -> CardFace | None:
        rows = self._list
        return rows[self._rows[self._side]].face if rows else None

    def targets(self) -> list[CardFace]:
        marks = self.host.model.marks
        marked = [row.face for side in self._sides() for row in side if row.face.id in marks]
        return marked or ([self._current] if self._current else [])

    def after_change(self, done: Done) -> None:
        self.host.model.marks.clear()
        if done.cards and self._plan is not None:
            for side, rows in enumerate(self._sides()):
                for at, row in enumerate(rows):
                    if row.face.id == done.cards[-1].id:
                        self._side, self._rows[side] = side, at
        self._show()

    def _go(self, by: int) -> None:
        """So many rows down, from one list into the other."""
        if self._page is not None:
            places = self._page.places
            at = places.index(PlanPlace(self._side, self._rows[self._side]))
            self._side, row = places[max(0, min(at + by, len(places) - 1))]
            self._rows[self._side] = row
            self._draw()

    def point_at(self, line: int) -> bool:
        place = self._in_sight.get(line)
        if place is None:
            return False
        self._side, self._rows[place.side] = place.side, place.row
        self._draw()
        return True

    def do_cursor_down(self) -> None:
        self._go(1)

    def do_cursor_up(self) -> None:
        self._go(-1)

    def do_cursor_top(self) -> None:
        self._go(-len(self._page.places) if self._page else 0)

    def do_cursor_bottom(self) -> None:
        self._go(len(self._page.places) if self._page else 0)

    def do_cursor_page_down(self) -> None:
        self._go(max(1, self.size.height // 2))

    def do_cursor_page_up(self) -> None:
        self._go(-max(1, self.size.height // 2))

    def do_cursor_left(self) -> None:
        self._side = IDEAS
        self._draw()

    def do_cursor_right(self) -> None:
        self._side = READY
        self._draw()

    def do_card_open(self) -> None:
        if self._current is not None:
            self.open("card", self._current.ref)

    def do_mark_toggle(self) -> None:
        if self._current is not None:
            self.host.model.marks ^= {self._current.id}
            self._rows[self._side] += 1
            self._show()

    def do_mark_all(self) -> None:
        marks = self.host.model.marks
        if marks:
            marks.clear()
        else:
            marks |= {row.face.id for row in self._list}
        self._show()

    # Planning

    async def do_card_down(self) -> None:
        await self._reorder(1)

    async def do_card_up(self) -> None:
        await self._reorder(-1)

    async def _reorder(self, by: int) -> None:
        card, rows, at = self._current, self._list, self._rows[self._side]
        if self._by_score:
            self.status.show("The plan is ordered by score: o goes back to board order.")
        elif card is not None and 0 <= at + by < len(rows):
            ahead_of = rows[at - 1 : at] if by < 0 else rows[at + 2 : at + 3]
            near = [row.face for row in ahead_of if row.face.stage == card.stage]
            if by < 0 and not near:
                return  # the first of its stage
            before = near[0].ref if near else ""
            await self._cards.edits.change(lambda service: service.cards.reorder(card.ref, before))

    @property
    def new_card_stage(self) -> Stage:
        """Where a new card goes: to the list one is in."""
        there = self._plan is not None and self._side == READY
        return self._plan.ready if self._plan and there else self.board.stages[0]

    async def do_plan_order(self) -> None:
        self._by_score = not self._by_score
        await self.board_changed()

    async def do_plan_replenish(self) -> None:
        board, by_score = self.board, self._by_score
        await self._cards.edits.change(
            lambda service: service.planning.replenish(board, by_score=by_score)
        )

    async def do_plan_day(self) -> None:
        today, text = self.host.today(), ""
        while True:
            answer = await self.ask.text(
                "What fits until: 2026-12-01, 2w, fri", "", typed=text, verb="shows it"
            )
            self.refocus()
            if answer is None:
                return
            try:
                self._until, self._fit = day_ahead(answer, today), None
            except MlkanbanError as error:
                text = answer
                self.show_error(error)
            else:
                break
        self.status.clear()
        self._show()
        await self._forecast()

    def do_back(self) -> None:
        if self.host.model.marks:
            self.do_mark_all()
        else:
            self.close()
