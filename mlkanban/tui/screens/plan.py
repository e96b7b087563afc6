"""Planning: ideas and what is ready side by side, in an order, with what fits until a day."""

from datetime import timedelta
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from mlkanban.cells import shortened
from mlkanban.core.day_input import day_ahead
from mlkanban.core.models import CardFace, Stage
from mlkanban.core.plan import AHEAD, Plan, PlanRow
from mlkanban.display.card_face import FULL, priority_sign
from mlkanban.display.number_text.fit import chance_at, fit_text
from mlkanban.errors import MlkanbanError
from mlkanban.flow.fit import Fit
from mlkanban.glyphs import Glyphs
from mlkanban.service import Done
from mlkanban.text import display, steady
from mlkanban.tui.card_commands import CardCommands
from mlkanban.tui.card_commands.new_card import NewCardCommands
from mlkanban.tui.commands import PLAN
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.undo import UndoCommands
from mlkanban.tui.widgets.list_pane import ListPane, ListRow

_NARROW = 70
"""Below this many cells one list is shown at a time."""
_PAUSE_SECONDS = 0.5
"""Seconds after a change until what fits is counted again."""
_IDEAS, _READY = 0, 1


class PlanScreen(KeyScreen):
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
        self._side = _IDEAS
        self._rows = [0, 0]
        ascii = self.host.ascii
        self._panes = [ListPane(ascii=ascii, id=f"plan-{name}") for name in ("ideas", "ready")]

    def compose(self) -> ComposeResult:
        yield Static(markup=False, id="plan-head")
        yield Static(markup=False, id="plan-fit")
        with Horizontal(id="plan-lists"):
            yield from self._panes
        yield self.ask
        yield self.status

    def on_mount(self) -> None:
        self.start(self.board_changed())

    def on_resize(self) -> None:
        self._arrange()

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
        try:
            fit = await self.host.store_thread.call(
                lambda service: service.planning.fit(board, until)
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
        plan, fit = self._plan, self._fit
        if plan is None or not self.ready:
            return
        chances = partial(chance_at, fit) if fit else _nothing
        words = {row.face.id: word for row, word in plan.with_words(chances)}
        ready = steady(display(plan.ready.name))
        limit = "" if plan.ready.limit is None else f"/{plan.ready.limit}"
        room = f"room for {plan.room}" if plan.room else FULL if plan.room == 0 else "no limit"
        titles = (f"Ideas {len(plan.ideas)}", f"{ready} {plan.standing}{limit} {room}")
        empty = ("No idea waits. n writes one.", "Nothing is ready. P pulls the first ideas.")
        marks = self.host.model.marks
        for side, rows in enumerate(self._sides()):
            self._rows[side] = max(0, min(self._rows[side], len(rows) - 1))
            entries = [
                _entry(row, words[row.face.id], row.face.id in marks, self.host.glyphs)
                for row in rows
            ]
            self._panes[side].show(titles[side], entries, empty[side])
        order = "highest score first" if self._by_score else "in board order"
        head = f" Plan of {display(self.board.name)}, {order}"
        self._say("plan-head", head)
        self._say("plan-fit", " " + (fit_text(fit) if fit else "Counting what fits ..."))
        self._arrange()

    def _say(self, where: str, text: str) -> None:
        shown = shortened(text, max(4, self.size.width))
        self.query_one(f"#{where}", Static).update(Content(self.plain(shown)))

    def _arrange(self) -> None:
        """Give the cursor to a list; on a narrow screen the other one gives way."""
        for side, pane in enumerate(self._panes):
            pane.display = side == self._side or self.size.width >= _NARROW
            pane.point(self._rows[side], active=side == self._side)

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

    def _go(self, row: int) -> None:
        self._rows[self._side] = max(0, min(row, len(self._list) - 1))
        self._arrange()

    def do_cursor_down(self) -> None:
        self._go(self._rows[self._side] + 1)

    def do_cursor_up(self) -> None:
        self._go(self._rows[self._side] - 1)

    def do_cursor_top(self) -> None:
        self._go(0)

    def do_cursor_bottom(self) -> None:
        self._go(len(self._list))

    def do_cursor_page_down(self) -> None:
        self._go(self._rows[self._side] + max(1, self.size.height // 2))

    def do_cursor_page_up(self) -> None:
        self._go(self._rows[self._side] - max(1, self.size.height // 2))

    def do_cursor_left(self) -> None:
        self._side = _IDEAS
        self._arrange()

    def do_cursor_right(self) -> None:
        self._side = _READY
        self._arrange()

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
        there = self._plan is not None and self._side == _READY
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


def _nothing(place: int) -> str:
    return ""


def _entry(row: PlanRow, word: str, marked: bool, signs: Glyphs) -> ListRow:
    face = row.face
    priority = priority_sign(face, signs)
    score = str(row.score) if row.score else ""
    title = steady(display(face.title)) + (
        f"  {signs.blocked} {face.block_reason}" if face.block_reason else ""
    )
    return ListRow(f"{face.ref:<5}{priority:<2} ", title, f"{score:>4} {word:<3}", marked)
