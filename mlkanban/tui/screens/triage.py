"""Triage: one card, one key, the next card."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from mlkanban.cells import shortened
from mlkanban.core import triage
from mlkanban.core.card import Card
from mlkanban.core.events import REDONE, UNDONE
from mlkanban.core.models import CardFace, Health
from mlkanban.core.triage import Item
from mlkanban.core.triage_session import Queue, Sitting, in_minutes
from mlkanban.display.card_face import FaceContext as FaceView
from mlkanban.display.card_page import CardPage, field_lines
from mlkanban.errors import MlkanbanError, NotFound
from mlkanban.hints import hint
from mlkanban.runs.model.usage import Spending
from mlkanban.service import Done, Service
from mlkanban.text import display, display_lines, quantity
from mlkanban.tui.card_commands import CardCommands
from mlkanban.tui.commands import TRIAGE, keys_shown
from mlkanban.tui.plain_markdown import plain_lines
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.undo import UndoCommands
from mlkanban.tui.widgets.ask import Option

_OFTEN = 2
"""Who was snoozed so often before is asked for a decision."""
_DECISIONS = {
    "card.complete": "completed", "card.block": "blocked", "card.archive": "archived",
    "card.health": "answered", "card.retrain": "answered", "card.merge": "merged",
}  # fmt: skip
"""Commands that decide about a card when they were done, and how the session counts them."""
_NOTES = 6
_ROOMY = 120


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

    def compose(self) -> ComposeResult:
        yield Static(markup=False, id="triage-head")
        with VerticalScroll(can_focus=False):
            yield Static(markup=False, id="triage-card")
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
        snoozes = 0
        if item is not None:
            try:
                card, spent, snoozes = await self.host.store_thread.call(
                    lambda s: (
                        s.cards.get(item.ref),
                        s.runs.spending(item.ref),
                        s.triage.snoozes(item.ref),
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
        lines = self._end_lines()
        if card is not None and item is not None:
            lines = self._card_lines(card, item, spent, snoozes)
        self.status.offer(self.card_hints(self.targets()))
        shown = "\n".join(f" {self.plain(line)}" for line in lines)
        self.query_one("#triage-card", Static).update(Content(shown))
        head = shortened(self.plain(self._head()), self.size.width)
        self.query_one("#triage-head", Static).update(Content(head))

    def _head(self) -> str:
        sitting = self._sitting
        place = f"{sitting.place}/{sitting.cards}"
        resumed = " (resumed)" if sitting.resumed else ""
        parts = [f" Triage {place}{resumed}", self._counts(), self._stage_counts()]
        return " | ".join(part for part in parts if part)

    def _counts(self) -> str:
        return " ".join(f"{what} {count}" for what, count in self._sitting.decided.items())

    def _stage_counts(self) -> str:
        """The committed stages with their counts, as much of the names as there is room for."""
        model, board = self.host.model, self.board
        letters = 12 if self.size.width >= _ROOMY else 5
        counts = []
        for at in range(board.first_committed, board.first_delivered):
            name = " ".join(board.stages[at].name.split()[:1])
            counts.append(f"{name[:letters]} {model.header(at).brief}")
        return "  ".join(counts)

    def _card_lines(
        self, card: Card, item: Item, spent: Spending | None, snoozes: int
    ) -> list[str]:
        view = FaceView.at(self.board, self.host.now())
        face = next(iter(self.targets()), None)
        why = item.why + (f"; snoozed {quantity(snoozes, 'time')} before" if snoozes else "")
        if card.health is Health.ALERT:
            keys = (keys_shown(c) for c in self.host.commands if c.name == "card.health")
            why += f"; {next(keys, 'w')} answers it"
        first, *rest = field_lines(card, CardPage(view, spent, "x", face), self.size.width)
        lines = ["", first, "", f"  {'here for':<12} {why}", *rest[1:]]
        if card.notes:
            note = plain_lines(display_lines(card.notes[-1].text))
            lines += ["", f"  last note, {card.notes[-1].at:%Y-%m-%d}"]
            lines += [f"    {line}" for line in note[:_NOTES]]
        return lines

    def _end_lines(self) -> list[str]:
        """The last page: what was decided, how long it took, what is left."""
        sitting, model = self._sitting, self.host.model
        if not sitting.items:
            lines = ["", "Nothing asks for a decision.", ""]
        else:
            decided = sitting.decided
            count = f"{sum(decided.values())} of {sitting.cards} decided"
            lines = ["", f"Done: {count} in {in_minutes(sitting.minutes)}."]
            lines += [f"  {what:<12} {count}" for what, count in decided.items()]
            lines += ["", "u takes the last decision back."]
        opened = [face for face in model.faces.values() if face.is_open]
        if opened:
            oldest = min(opened, key=lambda face: face.created_at)
            lines.append(f"The oldest open card is {oldest.ref}  {display(oldest.title)}")
        keys = (keys_shown(c) for c in self.host.commands if c.name == "unlinked")
        lines.append(f"{next(keys, 'gu')} goes on with runs of trackers that belong to no card.")
        return [*lines, "q goes back to the board."]

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
            self.status.show(f"{faces[0].ref} has come to its end: there is nothing to accept.")
        elif onward == len(self.board.stages):
            await self.command_method("card.complete")()
        else:
            await self._decide(
                "accepted", self._cards.move.to_stage(faces, self.board.stages[onward])
            )

    @staticmethod
    def _can_go_on(face: CardFace) -> bool:
        """What is finished goes nowhere by being accepted."""
        return face.is_open

    async def do_triage_stage(self, number: int) -> None:
        faces = self._cards.edits.chosen()
        if faces and number <= len(self.board.stages):
            await self._decide(
                "accepted", self._cards.move.to_stage(faces, self.board.stages[number - 1])
            )

    async def do_card_snooze(self) -> None:
        faces = self._cards.edits.chosen()
        if not faces:
            return
        snoozes = await self.fetch(lambda service: service.triage.snoozes(faces[0].ref))
        if snoozes is not None and snoozes >= _OFTEN:
            options = [
                Option("L", "accept"), Option("c", "complete"), Option("x", "archive"),
                Option("z", "snooze again"),
            ]  # fmt: skip
            label = f"{faces[0].ref} was snoozed {quantity(snoozes, 'time')}. What is it to be?"
            key = await self.ask.choose(label, options)
            others = {"L": "triage.accept", "c": "card.complete", "x": "card.archive"}
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
