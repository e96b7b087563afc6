"""Triage: one card, one key, the next card."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Input

from mlkanban.core import triage
from mlkanban.core.board import CardFace, Work
from mlkanban.core.card import Card
from mlkanban.core.events import REDONE, UNDONE
from mlkanban.core.triage import Item
from mlkanban.core.triage_session import Queue, Sitting, decision_word, in_minutes
from mlkanban.display.card_face import FaceContext, Line, Piece
from mlkanban.display.card_layout import CardContent
from mlkanban.display.card_page import CardPage
from mlkanban.display.lines import fitted, page_title, rule, width_of
from mlkanban.display.triage_page import (
    OFTEN_SNOOZED,
    Outlook,
    TriageChoice,
    card_lines,
    choices,
    stage_grid,
)
from mlkanban.errors import MlkanbanError, NotFound
from mlkanban.hints import hint
from mlkanban.runs.model.queue_order import more_slots_of
from mlkanban.runs.model.usage import Spending
from mlkanban.service import Done, Service
from mlkanban.text import display, quantity
from mlkanban.tui.card_commands import CardCommands
from mlkanban.tui.commands import TRIAGE, keys_shown
from mlkanban.tui.help_text import with_keys
from mlkanban.tui.plain_markdown import plain_line
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.title_line import attention
from mlkanban.tui.undo import UndoCommands
from mlkanban.tui.widgets.lines import Lines, ListLines
from mlkanban.tui.widgets.menu import NOTHING, Option

_DECISIONS = {
    "card.finish": "completed", "card.block": "blocked", "card.archive": "archived",
    "card.health": "answered", "card.retrain": "answered", "card.merge": "merged",
}  # fmt: skip
"""Commands that decide about a card when they were done, and how the session counts them."""
_ROOMY, _BESIDE, _MOST_BESIDE = 120, 40, 80
"""From so many cells on the rest of the queue stands beside the card, in cells of the second number
at least, of the third at most."""
_LEAST_CARD, _MEASURE = 80, 110
"""The least and the most cells of the lines of a card: between them the titles of the queue take
two fifths of the width."""
_LOW = 20
"""Below so many lines the stages are left out."""


class TriageScreen(KeyScreen):
    """Goes through a queue: the `marked` cards, or a part of those that ask for a decision."""

    WHERE: ClassVar[str] = TRIAGE

    def __init__(
        self,
        view: triage.TriageView = triage.TriageView.ALL,
        limit: int | None = None,
        marked: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self._cards = CardCommands(self)
        self._undo = UndoCommands(self)
        self.command_objects = (*self._cards.objects, self._undo)
        self._view, self._limit = view, limit
        self._marked = [Item(ref, triage.MARKED) for ref in marked]
        self._sitting = self._sit(Queue([]))
        self._done: Done | None = None
        self._counting = False
        self._top, self._in_sight = 0, range(0)

    def compose(self) -> ComposeResult:
        ascii = self.host.ascii
        yield Lines(ascii=ascii, id="triage-head")
        with Horizontal(id="triage-body"):
            with VerticalScroll(can_focus=False):
                yield Lines(ascii=ascii, id="triage-card")
            yield ListLines(ascii=ascii, id="triage-left")
        yield self.ask
        yield self.status

    def on_mount(self) -> None:
        self.start(self._begin())

    def on_resize(self) -> None:
        self.only_newest("resize", self.board_changed)

    async def on_key(self, event: events.Key) -> None:
        # Textual goes on to the handler of the class below by itself.
        self._sitting.seen(self.host.now())

    @on(Input.Changed)
    def _typed_into_field(self) -> None:
        # Keys that are typed into a field go no further.
        self._sitting.seen(self.host.now())

    def _sit(self, queue: Queue) -> Sitting:
        view = triage.MARKED if self._marked else self._view
        return Sitting(view, queue, self.host.now())

    async def _begin(self) -> None:
        board, view = self.board, self._view
        found: Queue | None = Queue(self._marked)
        if not self._marked:
            found = await self.fetch(lambda service: service.triage.queue(board, view))
        if found is not None:
            self._sitting = self._sit(found.first(self._limit))
        await self.board_changed()

    # Showing

    @property
    def _item(self) -> Item | None:
        return self._sitting.item

    def targets(self) -> list[CardFace]:
        item = self._item
        faces = self.host.model.faces.values()
        return [face for face in faces if item is not None and face.ref == item.ref]

    async def board_changed(self) -> None:
        """Read the card again, and show it; or the end, when there is none left."""
        item = self._item
        card: Card | None = None
        spent: Spending | None = None
        snoozes, results = 0, None
        if item is not None:
            face = next(iter(self.targets()), None)
            judged = face is not None and bool(face.runs and face.metric)
            try:
                card, spent, snoozes, results = await self.host.store_thread.call(
                    lambda s: (
                        s.cards.get(item.ref),
                        s.runs.spending(item.ref),
                        s.triage.snoozes(item.ref),
                        s.runs.results(item.ref) if judged else None,
                    )
                )
            except NotFound:
                self._sitting.gone()
                await self.board_changed()
                return
            except MlkanbanError as error:
                self.show_error(error)
                return
        if not self.ready:
            return
        width, height = self.size
        glyphs, model = self.host.glyphs, self.host.model
        grid = stage_grid([model.header(at) for at in range(len(model.columns))], width, glyphs)
        grid = [*grid, []] if height >= _LOW else []
        self.query_one("#triage-head", Lines).show([self._head(width), *grid])
        beside = 0
        if width >= _ROOMY and item is not None:
            share = min(width * 2 // 5, width - _LEAST_CARD)
            beside = max(_BESIDE, min(max(share, width - _MEASURE), _MOST_BESIDE))
        lines, offered = self._end_lines(width), list[tuple[str, TriageChoice]]()
        if card is not None and item is not None:
            # The head, the last line, and the bar that scrolls.
            room = (min(width - beside - 2, _MEASURE), height - len(grid) - 2)
            why = item.why + (f"; snoozed {quantity(snoozes, 'time')} before" if snoozes else "")
            if results is not None and results.proposal is not None:
                why += f"; its runs say {results.proposal_text}"
            lines, offered = self._card_lines(card, why, spent, snoozes, room)
        on_page = {choice.command for _, choice in offered}
        hints = self.card_hints(self.targets())
        self.status.offer([hint for hint in hints if hint.command not in on_page])
        self.query_one("#triage-card", Lines).show(lines)
        left = self.query_one("#triage-left", ListLines)
        left.display = bool(beside)
        left.styles.width = beside
        left.show(self._left_lines(beside, height - len(grid) - 2) if beside else [])

    def _head(self, width: int) -> Line:
        sitting = self._sitting
        resumed = " (resumed)" if sitting.resumed else ""
        place = f"{sitting.place} of {sitting.cards}{resumed}"
        left = f"{sitting.left} to go" if sitting.items else ""
        right = [Piece("   ".join(filter(None, (self._counts(), left))), "dim")]
        glyphs = self.host.glyphs
        room = width - width_of(page_title("Triage", place, width, glyphs)) - width_of(right) - 7
        sums = attention(self.host.model, room, glyphs)
        more = [Piece("     ", "dim"), *sums] if sums else []
        return page_title("Triage", place, width, glyphs, more=more, right=right)

    def _counts(self) -> str:
        decided = self._sitting.decided.items()
        return "  ".join(f"{decision_word(verb)} {count}" for verb, count in decided)

    def _card_lines(
        self, card: Card, why: str, spent: Spending | None, snoozes: int, size: tuple[int, int]
    ) -> tuple[list[Line], list[tuple[str, TriageChoice]]]:
        """The lines of the card, and the choices with their keys that stand in them."""
        host, model, board = self.host, self.host.model, self.board
        view = FaceContext.at(board, host.now(), glyphs=host.glyphs)
        face = next(iter(self.targets()), None)
        content = CardContent(card, CardPage(view, spent, "x", face), model.faces.values())
        loads = dict(model.loads)
        if face is not None and face.is_open:
            load = loads[face.stage]
            loads[face.stage] = load.plus(Work(face.work), -1, -more_slots_of(face))
        stages = range(len(board.stages))
        outlook = Outlook(
            [model.header(at) for at in stages],
            [[f.ref for f in model.columns[at] if f.is_open] for at in stages],
            loads,
            snoozes,
        )
        keys = {command.name: keys_shown(command).split()[0] for command in host.commands}
        offered = [(keys[choice.command], choice) for choice in choices(content, outlook)]
        return card_lines(content, why, offered, plain_line, size), offered

    def _left_lines(self, width: int, room: int) -> list[Line]:
        """The cards that are still to come, with why they are here."""
        glyphs, faces = self.host.glyphs, {f.ref: f for f in self.host.model.faces.values()}
        lines = [rule([Piece("To come", "title")], width, glyphs)]
        items = self._sitting.to_come
        most = max(0, room - 2)
        top = self._top = max(0, min(self._top, len(items) - most))
        self._in_sight = range(top, min(len(items), top + most))
        for item in items[top : top + most]:
            title = display(faces[item.ref].title) if item.ref in faces else item.why
            lines.append(
                fitted([Piece(f" {item.ref:<6}", "dim"), Piece(title, "text")], width - 1, glyphs)
            )
        if more := len(items) - self._in_sight.stop:
            lines.append([Piece(f" {more} more", "dim")])
        return lines if items else []

    @on(ListLines.Turned)
    async def _turn_wheel(self, event: ListLines.Turned) -> None:
        if self.takes_mouse:
            self._top += event.by
            await self.board_changed()

    @on(ListLines.Clicked)
    async def _click_row(self, event: ListLines.Clicked) -> None:
        """Go to a card of the queue; a double click, of which the first one did that, opens it."""
        place = self._top + event.line - 1
        if not self.takes_mouse or place not in self._in_sight:
            return
        if event.double:
            self.run_enter()
        else:
            self._sitting.bring(place)
            await self.board_changed()

    def _end_lines(self, width: int) -> list[Line]:
        """The last page: what was decided, how long it took, what is left."""
        sitting, model = self._sitting, self.host.model
        if not sitting.items:
            lines = ["", "Nothing asks for a decision.", ""]
        else:
            decided = sitting.decided
            count = f"{sum(decided.values())} of {sitting.cards} decided"
            lines = ["", f"Done: {count} in {in_minutes(sitting.minutes)}."]
            lines += [f"  {decision_word(verb):<12} {count}" for verb, count in decided.items()]
            undo = with_keys("{undo} takes the last decision back.", self.host.commands)
            lines += ["", undo]
        opened = [face for face in model.faces.values() if face.is_open]
        if opened:
            oldest = min(opened, key=lambda face: face.created_at)
            lines.append(f"The oldest open card is {oldest.ref}  {display(oldest.title)}")
        last = (
            "{unlinked} goes on with runs of trackers that belong to no card.",
            "{back} goes back to the board.",
        )
        lines += (with_keys(text, self.host.commands) for text in last)
        pieces = [Piece(f" {self.plain(line)}", "title" if at == 1 else "text")
                  for at, line in enumerate(lines)]  # fmt: skip
        return [fitted([piece], width, self.host.glyphs) for piece in pieces]

    # Deciding

    def after_change(self, done: Done) -> None:
        self._done = done
        if not self._counting:
            self._count(done)

    def changed_above(self, done: Done) -> None:
        self._count(done)
        self.only_newest("above", self.board_changed)

    def _count(self, done: Done) -> None:
        """Count what was done without a decision, or took one back."""
        refs = [card.ref for card in done.cards]
        if done.back == UNDONE:
            self._sitting.undo(refs)
        elif done.back == REDONE:
            self._sitting.redo(refs)
        elif done.changed:
            self._sitting.note(refs)

    async def _result_of(self, action: Awaitable[object]) -> Done | None:
        """What an action did, if it did something."""
        self._done, self._counting = None, True
        try:
            await action
        finally:
            self._counting = False
        done: Done | None = self._done
        return done if done is not None and done.changed else None

    async def _decide(self, what: str, action: Awaitable[object]) -> None:
        """Do it, and go on to the next card if it was done."""
        done = await self._result_of(action)
        if done is not None:
            self._sitting.decide(what, forced=done.forced)
        await self.board_changed()

    def command_method(self, name: str) -> Callable[..., Any]:
        method = super().command_method(name)
        decision = _DECISIONS.get(name)
        if name == "card.block" and any(face.block_reason for face in self.targets()):
            decision = "unblocked"
        return method if decision is None else lambda: self._decide(decision, method())

    async def do_triage_accept(self) -> None:
        faces = self._cards.edits.chosen()
        if not faces:
            return
        onward = self.board.position(faces[0].stage) + 1
        if not self._can_go_on(faces[0]):
            self.status.show(f"{faces[0].ref} has come to its end: it cannot move on.")
        elif onward == len(self.board.stages):
            await self.command_method("card.finish")()
        else:
            await self._decide(
                "accepted", self._cards.move.to_stage(faces, self.board.stages[onward])
            )

    @staticmethod
    def _can_go_on(face: CardFace) -> bool:
        """What is finished does not move on."""
        return face.is_open

    async def do_triage_stage(self, number: int) -> None:
        faces = self._cards.edits.chosen()
        if faces and number > len(self.board.stages):
            self.status.show(f"There is no stage {number}.", passing=True)
        elif faces:
            await self._decide(
                "accepted", self._cards.move.to_stage(faces, self.board.stages[number - 1])
            )

    async def do_card_snooze(self) -> None:
        faces = self._cards.edits.chosen()
        if not faces:
            return
        snoozes = await self.fetch(lambda service: service.triage.snoozes(faces[0].ref))
        if snoozes is not None and snoozes >= OFTEN_SNOOZED:
            options = [
                Option("L", "move on"), Option("c", "finish"), Option("x", "archive"),
                Option("z", "snooze again"),
            ]  # fmt: skip
            label = f"{faces[0].ref} was snoozed {quantity(snoozes, 'time')}. What is it to be?"
            key = await self.ask.choose(label, options, at=NOTHING)
            others = {"L": "triage.accept", "c": "card.finish", "x": "card.archive"}
            if key in others:
                await self.command_method(others[key])()
            if key != "z":
                return
        await self._decide("snoozed", self._cards.snooze.do_card_snooze())

    async def do_triage_skip(self) -> None:
        """Leave it for now; it comes back once, at the end."""
        self._sitting.skip()
        await self.board_changed()

    async def do_triage_previous(self) -> None:
        self._sitting.previous()
        await self.board_changed()

    async def do_undo(self) -> None:
        """Take the last change back, and go to the card it was about."""
        await self._undo.do_undo()
        await self.board_changed()

    async def do_undo_list(self) -> None:
        await self._undo.do_undo_list()
        await self.board_changed()

    async def do_redo(self) -> None:
        await self._undo.do_redo()
        await self.board_changed()

    def do_card_open(self) -> None:
        item = self._item
        if item is not None:
            self.open("card", item.ref)

    # Leaving

    def save_before_exit(self) -> None:
        if self._sitting.has_changes:
            self.host.store_thread.begin(self._keep())

    def _keep(self) -> Callable[[Service], Done]:
        """Keeps what was decided, and where one stopped."""
        board, session = self.board, self._sitting.ended()
        return lambda service: service.triage.end(board.id, session)

    def do_back(self) -> None:
        if self._sitting.has_changes:
            # Of the app: this screen is left meanwhile, and nobody waits for it.
            self.app.run_worker(self._wait_until_kept(self.host.store_thread.begin(self._keep())))
        self.close()
        left = self._sitting.left
        counts = self._counts() or "nothing decided"
        onward = f"; {left} left" + self._onward if left else ""
        self.host.show_message(f"Triage: {counts}" + onward + ".")

    async def _wait_until_kept(self, future: Future[Done]) -> None:
        try:
            await asyncio.shield(asyncio.wrap_future(future))
        except MlkanbanError as error:
            self.host.show_message(error.text, warning=True)

    @property
    def _onward(self) -> str:
        """How one goes on with what is left."""
        if self._marked:
            return ""
        if self._view is triage.TriageView.ALL:
            return hint(", {triage} goes on")
        return hint(", {triage --view {}} goes on", self._view)
