"""The board: where the day is spent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container
from textual.widgets import Input

from mlkanban.core.board import CardFace, Stage
from mlkanban.core.query.store_terms import Answers, StoreTerms
from mlkanban.errors import BadQuery, MlkanbanError
from mlkanban.flow.pace import Pace
from mlkanban.service import Done
from mlkanban.tui.bindings import key_name
from mlkanban.tui.board_model import BoardModel
from mlkanban.tui.commands import BOARD, keys_shown
from mlkanban.tui.help_text import with_keys
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.widgets.board_view import BoardView
from mlkanban.tui.widgets.cards_view import CardsView
from mlkanban.tui.widgets.menu import Option, numbered
from mlkanban.tui.widgets.preview import Preview, PreviewPlace

if TYPE_CHECKING:
    from mlkanban.tui.card_commands import CardCommands

_WAY_BACK = "Esc shows all cards again."
_ANSWER_SECONDS = 0.15
"""So long a query that is typed waits for what the store knows of cards besides their faces."""


class BoardScreen(KeyScreen):
    WHERE: ClassVar[str] = BOARD

    def __init__(self, pace: Pace | None = None) -> None:
        """`pace` is what marks cards as old until it is counted."""
        super().__init__()
        self._pace = pace
        self._listed = self.host.settings.card_list
        self.view = self._made_view()
        self._views = {self._listed: self.view}
        self.preview = Preview(self.host)
        self._preview_on = self.host.settings.preview
        self._filtering = False
        self._answers = Answers()
        self._wanted = ""

    @cached_property
    def _cards(self) -> CardCommands:
        from mlkanban.tui.card_commands import CardCommands  # the board is painted without commands

        return CardCommands(self)

    @cached_property
    def command_objects(self) -> tuple[object, ...]:
        # As above.
        from mlkanban.tui.card_commands.new_card import NewCardCommands
        from mlkanban.tui.report_file import ReportFile
        from mlkanban.tui.undo import UndoCommands

        return (
            *self._cards.objects,
            NewCardCommands(self),
            UndoCommands(self),
            ReportFile(self, lambda: self.model.query),
        )

    def compose(self) -> ComposeResult:
        with Container(id="board-parts"):
            yield self.view
            yield self.preview
        yield self.ask
        yield self.status

    def on_mount(self) -> None:
        self.view.show(self.model, self.host.now(), self._pace)

    def _made_view(self) -> CardsView:
        if not self._listed:
            return BoardView(glyphs=self.host.glyphs)
        # Of the two one is enough for most people, and for the start of the others.
        from mlkanban.tui.widgets.card_list import CardList

        return CardList(glyphs=self.host.glyphs)

    def on_resize(self) -> None:
        self._place_preview()

    def _place_preview(self) -> None:
        on = self._preview_on
        self.preview.stand(PreviewPlace.at(self.app.size) if on else PreviewPlace())

    @on(CardsView.CursorMoved)
    def _show_card(self) -> None:
        """The cursor is on another card, or the card is another one now."""
        face, model = self.model.current, self.model
        self.status.offer(self.card_hints(self.targets()))
        if face is None:
            self.preview.point(None)
        else:
            waits = model.waits.get(face.id, ())
            self.preview.point(face, waits, model.needed_by.get(face.ref, ()))

    @property
    def model(self) -> BoardModel:
        return self.host.model

    @property
    def new_card_stage(self) -> Stage:
        return self.board.stages[self.model.stage]

    def targets(self) -> list[CardFace]:
        return self.model.chosen

    def after_change(self, done: Done) -> None:
        if self.model.marks:
            self.model.marks.clear()
            self.view.repaint()
        if done.cards:
            self.go_to(done.cards[-1].id)

    def go_to(self, card_id: str) -> None:
        """Put the cursor on a card and show it."""
        was = self._place
        if self.model.go_to(card_id):
            self.view.moved(*was)

    # Looking around

    @property
    def _place(self) -> tuple[int, int]:
        return self.model.stage, self.model.rows[self.model.stage]

    def _move_cursor(self, change: Callable[[BoardModel], None]) -> None:
        was = self._place
        change(self.model)
        column = self.model.columns[self.model.stage]
        row = self.model.rows[self.model.stage]
        self.model.rows[self.model.stage] = max(0, min(row, len(column) - 1))
        if self._place != was:
            self.view.moved(*was)

    def _passes(self, event: events.Key) -> bool:
        """The cursor goes about the cards that are there while the others are read, and one may
        leave; all else waits for these."""
        if self.model.complete or self._busy > 1 or self._typed_ahead:
            return False
        binding = self.command_bindings.get(key_name(self.latin_key(event)))
        match binding.id if binding else None:
            case "cursor.down":
                stage = self.model.stage
                below = len(self.model.columns[stage]) - self.model.rows[stage]
                return not self.model.unread[stage] or below > self.view.page
            case "cursor.up" | "cursor.left" | "cursor.right" | "cursor.stage" | "quit":
                return True
        return False

    def _down(self, by: int) -> None:
        self._move_cursor(lambda model: self.view.step(by))

    def _to_stage(self, stage: int) -> None:
        if 0 <= stage < len(self.model.columns):
            self._move_cursor(lambda model: setattr(model, "stage", stage))

    def do_cursor_down(self) -> None:
        self._down(1)

    def do_cursor_up(self) -> None:
        self._down(-1)

    def do_cursor_left(self) -> None:
        self._to_stage(self.model.stage - 1)

    def do_cursor_right(self) -> None:
        self._to_stage(self.model.stage + 1)

    def do_cursor_top(self) -> None:
        self._down(-1_000_000)

    def do_cursor_bottom(self) -> None:
        self._down(1_000_000)

    def do_cursor_page_up(self) -> None:
        self._down(-max(1, self.view.page // 2))

    def do_cursor_page_down(self) -> None:
        self._down(max(1, self.view.page // 2))

    def do_cursor_stage(self, number: int) -> None:
        if number > len(self.board.stages):
            self.status.show(f"There is no stage {number}.", passing=True)
        self._to_stage(number - 1)

    def do_card_open(self) -> None:
        card = self.model.current
        if card is not None:
            self.open("card", card.ref)

    # Moving

    async def _reorder(self, by: int) -> None:
        card = self.model.current
        # Going down, the card passes its neighbour: it is put ahead of the one after that.
        passed = self.model.neighbour(by)
        if card is None or passed is None:
            return
        ahead_of = passed if by < 0 else self.model.neighbour(by + 1)
        before = ahead_of.ref if ahead_of else ""
        if await self.fetch(lambda service: service.cards.reorder(card.ref, before)):
            await self.host.catch_up()

    async def do_card_down(self) -> None:
        await self._reorder(1)

    async def do_card_up(self) -> None:
        await self._reorder(-1)

    @on(CardsView.Dropped)
    def _begin_drop(self, event: CardsView.Dropped) -> None:
        self.start(self._drop(event))

    async def _drop(self, event: CardsView.Dropped) -> None:
        stage = self.board.stages[event.stage]
        if event.card.stage == stage.id:
            await self._cards.edits.change(lambda s: s.cards.reorder(event.card.ref, event.before))
        else:
            await self._cards.move.to_stage([event.card], stage, event.before)

    @on(CardsView.Opened)
    def _open_clicked(self) -> None:
        self.do_card_open()

    # Marks

    def do_mark_toggle(self) -> None:
        card = self.model.current
        if card is not None:
            self.model.marks ^= {card.id}
            self.view.marked({self.model.stage})
            self._down(1)

    def do_mark_range(self) -> None:
        stage = self.model.stage
        row = self.model.rows[stage]
        column = self.model.columns[stage]
        marked = [at for at, face in enumerate(column) if face.id in self.model.marks]
        start = min(marked, key=lambda at: abs(at - row), default=row)
        low, high = min(start, row), max(start, row)
        self.model.marks |= {face.id for face in column[low : high + 1]}
        self.view.marked({stage})

    def do_mark_all(self) -> None:
        if self.model.marks:
            self.model.marks.clear()
            self.view.repaint()
            return
        self.model.marks |= {face.id for face in self.model.columns[self.model.stage]}
        self.view.marked({self.model.stage})

    # Finding

    async def do_filter(self) -> None:
        """Ask for a query, shown as it is typed; while it cannot be read, the last good one is."""
        given = typed = self.model.query
        while True:
            self._filtering = True
            try:
                text = await self.ask.text(
                    "Show cards with", given, typed=typed, verb="keeps it", complete=self._completed
                )
            finally:
                self._filtering = False
                self.refocus()
            if self._filter(given if text is None else text):
                self.view.lay_out()
                if text:
                    self.status.show(_WAY_BACK, passing=True)
                    self.run_worker(self._name_charter(text))
                return
            typed = text or ""

    async def _name_charter(self, text: str) -> None:
        """Name the sections of the charter that have the words that cards are filtered by."""
        board_id = self.board.id
        lines = await self.fetch(lambda service: service.search.in_charter(board_id, text))
        if lines:
            key = next(keys_shown(c) for c in self.host.commands if c.name == "charter")
            first, *others = dict.fromkeys(line.section.title for line in lines)
            more = f" and {len(others)} more" if others else ""
            self.status.show(
                f"{_WAY_BACK} Also in the charter ({key}): {first}{more}.", passing=True
            )

    @on(Input.Changed)
    def _filter_as_typed(self, event: Input.Changed) -> None:
        if self._filtering:
            self._filter(event.value)

    def show_query(self, text: str) -> None:
        """Show only what a query asks for."""
        if self._filter(text):
            self.view.lay_out()

    def _filter(self, text: str) -> bool:
        """Show what a query asks for; False after saying what is wrong with it."""
        self.status.clear()
        self._wanted = text.strip()
        if self.model.query != self._wanted:
            try:
                if self._filtering and self._waits_for_store(text):
                    return True
                self.model.filter(text, self._answers)
            except BadQuery as error:
                self.status.show(error.text, warning=True, passing=True)
                return False
            self._show_found()
            self._ask_store(text)
        return True

    def _waits_for_store(self, text: str) -> bool:
        """Whether a query that is typed is shown only when the store has said what it knows: cards
        that the store alone finds would go for a moment, and come back, and all are sent twice."""
        # As below.
        from mlkanban.core.query.match import store_terms

        self.model.check(text)
        unknown = store_terms(text).beyond(self._answers)
        if any(unknown):
            self.run_worker(self._filter_answered(text, unknown))
        return any(unknown)

    async def _filter_answered(self, text: str, unknown: StoreTerms) -> None:
        """Show what a query asks for when the store has answered, or, where that takes long, what
        is known before that too."""
        asking = asyncio.ensure_future(self._ask(unknown))
        answered, _ = await asyncio.wait({asking}, timeout=_ANSWER_SECONDS)
        if not answered:
            self._filter_by_answers(text)
        await asking
        self._filter_by_answers(text)

    def _filter_by_answers(self, text: str) -> None:
        """Show what a query asks for, if it is still the one that is wanted."""
        if self._wanted == text.strip():
            self.model.filter(text, self._answers)
            self._show_found()

    def _show_found(self) -> None:
        """Paint what the filter finds; the stages stay where they are as long as one types."""
        if self._filtering:
            self.view.repaint()
        else:
            self.view.lay_out()

    def _ask_store(self, text: str, *, again: bool = False) -> None:
        """Find cards by what their faces do not say too, as soon as the store has said it."""
        # The query language, which the board does without at its start.
        from mlkanban.core.query.match import store_terms

        unknown = store_terms(text).beyond(self._answers)
        if any(unknown) or again:
            self.run_worker(self._store_answered(text, unknown))

    async def _store_answered(self, text: str, unknown: StoreTerms) -> None:
        await self._ask(unknown)
        self._filter_by_answers(text)

    async def _ask(self, unknown: StoreTerms) -> None:
        """Add to what the store has said of cards; why it could not be read is said."""
        board_id = self.board.id
        try:
            answers = await self.host.store_thread.call(
                lambda service: service.search.answers(board_id, unknown)
            )
        except MlkanbanError as error:
            self.show_error(error)
            return
        if self.board.id == board_id:
            self._answers = self._answers.plus(answers)

    def filter_again(self) -> None:
        """The board changed: what the filter finds may be other cards."""
        self._answers = Answers()
        if self.model.query:
            self._ask_store(self.model.query, again=True)

    async def do_views(self) -> None:
        """Choose a saved filter, keep the present one, or forget one."""
        board_id, query = self.board.id, self.model.query
        views = await self.fetch(lambda service: service.views.of(board_id))
        if views is None:
            return
        rows = numbered([f"{name}  {text}" for name, text in views.items()])
        more = [Option("+", f"keep {query}")] if query else []
        more += [Option("-", "forget one")] if views else []
        if not rows and not more:
            text = "No view is saved yet: {filter} filters the board, then {views} keeps it."
            self.status.show(with_keys(text, self.host.commands))
            return
        key = await self.ask.choose("Show", [*rows, *more], rows=True)
        if key == "+":
            await self.ask_and_write(
                "Name of this view", "", lambda s, text: s.views.save(board_id, text, query),
                form="view",
            )  # fmt: skip
        elif key == "-":
            key = await self.ask.choose("Forget", rows, rows=True)
            if key is not None:
                name = list(views)[[row.key for row in rows].index(key)]
                await self.write(lambda service: service.views.remove(board_id, name))
        elif key is not None:
            self._filter(list(views.values())[[row.key for row in rows].index(key)])

    def _completed(self, text: str) -> str:
        # As above.
        from mlkanban.core.query.complete import completion
        from mlkanban.core.query.fields import QueryContext

        faces = self.model.faces.values()
        scene = QueryContext(self.board, self.host.today(), faces, self._answers)
        return completion(text, scene)

    def cancel(self) -> None:
        self.status.clear()
        if self.model.query:
            self._filter("")
        elif self.model.only:
            self.show_only((), "")
        elif self.model.marks:
            self.do_mark_all()

    def show_only(self, refs: Sequence[str], label: str) -> None:
        """Only these cards; Esc or q brings all back."""
        self.model.show_only(refs, label)
        self.view.lay_out()

    def do_stage_fold(self) -> None:
        if self._listed:
            self.status.show("A list has no columns to fold.")
        elif self.view.fold(self.model.stage):
            self.host.keep_folds()
        else:
            self.status.show("A stage can be folded from 100 cells on.")

    def do_finished_show(self) -> None:
        self.model.show_everything(not self.model.everything)
        self.view.lay_out()

    def do_preview(self) -> None:
        """Show the preview of the card under the cursor, or hide it; from now on, too."""
        self._preview_on = not self._preview_on
        self._place_preview()
        self.host.remember("preview", self._preview_on)

    async def do_list(self) -> None:
        """Show the cards in columns, or as a list; from now on, too."""
        self._listed = not self._listed
        before = self.view
        if self._listed not in self._views:
            self._views[self._listed] = self._made_view()
            await self.query_one("#board-parts").mount(self._views[self._listed], before=before)
        self.view = self._views[self._listed]
        self.view.show_instead_of(before, self.model, self.host.now())
        before.display, self.view.display = False, True
        self.host.remember("card_list", self._listed)

    # Other screens

    def do_reports(self) -> None:
        self.open("reports")

    def do_sync(self) -> None:
        self.host.sync()

    def do_plan(self) -> None:
        self.open("plan")

    def do_review(self) -> None:
        self.open("review")

    def do_triage(self) -> None:
        marked = [face.ref for face in self.targets()] if self.model.marks else []
        if marked:
            self.do_mark_all()
        self.open("triage", marked=marked)

    def do_tour(self) -> None:
        self.open("tour")

    def do_stages(self) -> None:
        self.open("stages")

    def do_board_switch(self) -> None:
        self.open("portfolio")

    def do_back(self) -> None:
        if self.model.query or self.model.only or self.model.marks:
            self.cancel()
        else:
            self.leave_program()
