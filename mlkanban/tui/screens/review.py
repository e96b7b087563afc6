"""A review: one thing at a time, then what is promised until the next."""

from collections.abc import Awaitable
from dataclasses import replace
from datetime import date
from typing import ClassVar
from zoneinfo import ZoneInfo

from textual import events, on
from textual.app import ComposeResult
from textual.widgets import Input

from mlkanban.core.board import CardFace
from mlkanban.core.day_input import day_ahead
from mlkanban.core.review import Agenda, Candidate, ReviewAnswer, ReviewPart, Topic
from mlkanban.core.triage_session import ActiveTime
from mlkanban.display.card_face import FaceContext, Line
from mlkanban.display.review_page import candidate_line, head_lines, promise_head, topic_lines
from mlkanban.display.review_text import LINE_QUESTIONS
from mlkanban.display.table import first_in_sight
from mlkanban.errors import MlkanbanError
from mlkanban.hints import hint
from mlkanban.service import Done, Service
from mlkanban.text import quantity
from mlkanban.tui.card_commands import CardCommands
from mlkanban.tui.commands import REVIEW, keys_shown
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.undo import UndoCommands
from mlkanban.tui.widgets.lines import Lines, ListLines

_OF_TOPIC = ("review.previous", "card.open", "card.win", "card.note", "undo", "review.promise",
             "help", "back")  # fmt: skip
"""`review.later` stands among the answers."""
_OF_PROMISE = ("mark.toggle", "review.promise", "review.day", "review.previous", "card.open",
               "undo", "help", "back")  # fmt: skip


class ReviewScreen(KeyScreen):
    """What was answered is in the store, so that the review goes on where it was left."""

    WHERE: ClassVar[str] = REVIEW

    def __init__(self) -> None:
        super().__init__()
        self._cards = CardCommands(self)
        self._undo = UndoCommands(self)
        self.command_objects = (*self._cards.objects, self._undo)
        self._agenda: Agenda | None = None
        self._time = ActiveTime(self.host.now())
        self._kept_seconds = 0
        self._key: str | None = None
        """The topic that is shown; None for the cards to promise."""
        self._later: set[str] = set()
        self._row = 0
        self._marks: set[str] | None = None
        self._until: date | None = None
        self._numbers: dict[int, int] = {}
        self._rows_in_sight: dict[int, int] = {}
        self._head = Lines(ascii=self.host.ascii, id="review-head")
        self._page = ListLines(ascii=self.host.ascii, id="review")

    def compose(self) -> ComposeResult:
        yield self._head
        yield self._page
        yield self.ask
        yield self.status

    def on_mount(self) -> None:
        self.start(self._begin())

    def on_resize(self) -> None:
        self._show()

    async def on_key(self, event: events.Key) -> None:
        # Textual goes on to the handler of the class below by itself.
        self._time.seen(self.host.now())

    @on(Input.Changed)
    def _typed_into_field(self) -> None:
        self._time.seen(self.host.now())

    # Reading

    async def _begin(self) -> None:
        await self._read()
        if self._agenda is not None:
            self._go_on()
            if self._agenda.answers and self._agenda.left:
                self.status.show("The review goes on where it was left.")

    async def board_changed(self) -> None:
        """Read all of it again, beside everything else: on large boards that takes a while."""
        self.only_newest("review", self._read_again)

    async def _read_again(self) -> None:
        await self._read()
        self._show()

    async def _read(self) -> None:
        board, until = self.board, self._until
        try:
            self._agenda = await self.host.store_thread.read(
                lambda service: service.reviews.agenda(board, until=until)
            )
        except MlkanbanError as error:
            self.show_error(error)
            return
        if self._marks is None:
            self._marks = {c.face.ref for c in self._agenda.candidates if c.proposed}
        if self._key is not None and self._topic is None:
            self._go_on()  # somebody changed what it was about

    @property
    def _topic(self) -> Topic | None:
        topics = self._agenda.topics if self._agenda else ()
        return next((topic for topic in topics if topic.key == self._key), None)

    @property
    def _candidates(self) -> tuple[Candidate, ...]:
        return self._agenda.candidates if self._agenda else ()

    @property
    def _candidate(self) -> Candidate | None:
        some = self._candidates
        return some[min(self._row, len(some) - 1)] if some else None

    @property
    def _marked(self) -> list[str]:
        marks = self._marks or set()
        return [c.face.ref for c in self._candidates if c.face.ref in marks]

    @property
    def _seconds(self) -> int:
        """The time since the last answer."""
        return round(self._time.total.total_seconds()) - self._kept_seconds

    # Showing

    def _show(self) -> None:
        agenda = self._agenda
        if agenda is None or not self.ready:
            return
        width, glyphs, topic = self.size.width, self.host.glyphs, self._topic
        zone, keys = ZoneInfo(self.board.timezone), self._keys
        seconds = agenda.seconds + self._seconds
        self._head.show(head_lines(agenda, topic, seconds, zone, width, glyphs))
        room = max(1, self._page.size.height)
        self._numbers, self._rows_in_sight = {}, {}
        if topic is not None:
            size = width, room
            lines, self._numbers = topic_lines(
                topic, agenda, keys["review.later"], zone, size, glyphs
            )
            cursor = -1
        else:
            lines, cursor = self._promise_lines(agenda, keys["review.promise"], room)
        self._page.show([*lines, *([[]] * (room - len(lines)))], cursor)
        names = _OF_TOPIC if topic is not None else _OF_PROMISE
        has_card = bool(self.targets())
        self.status.offer(self.hints([n for n in names if has_card or not n.startswith("card.")]))

    @property
    def _keys(self) -> dict[str, str]:
        return {command.name: keys_shown(command).split()[0] for command in self.host.commands}

    def _promise_lines(self, agenda: Agenda, key: str, room: int) -> tuple[list[Line], int]:
        width, glyphs = self.size.width, self.host.glyphs
        view = FaceContext.at(self.board, self.host.now(), glyphs=glyphs)
        some, marks = agenda.candidates, self._marks or set()
        self._row = max(0, min(self._row, len(some) - 1))
        head = promise_head(agenda, self._marked, key, width, glyphs)
        if not some:
            return head, -1
        most = max(1, room - len(head))
        first = first_in_sight(self._row, most, len(some))
        shown = range(first, min(first + most, len(some)))
        self._rows_in_sight = dict(enumerate(shown, len(head)))
        lines = [
            candidate_line(
                some[at], view, width, marked=some[at].face.ref in marks, here=at == self._row
            )
            for at in shown
        ]
        return [*head, *lines], len(head) + self._row - first

    def targets(self) -> list[CardFace]:
        topic = self._topic
        if topic is not None:
            return [f for f in self.host.model.faces.values() if f.ref == topic.card]
        return [self._candidate.face] if self._candidate and self._key is None else []

    # The mouse

    @on(ListLines.Clicked)
    def _click(self, event: ListLines.Clicked) -> None:
        if not self.takes_mouse:
            return
        if number := self._numbers.get(event.line):
            self.run_command("review.answer", number)
        elif (row := self._rows_in_sight.get(event.line)) is not None:
            self._row = row
            self._show()
            if event.double:
                self.run_enter()

    @on(ListLines.Turned)
    def _turn(self, event: ListLines.Turned) -> None:
        if self.takes_mouse and self._topic is None:
            self._row += event.by
            self._show()

    # Going through

    def _go_on(self) -> None:
        """Show the next topic without an answer, then those that were left for later, then what is
        promised next."""
        if self._agenda is None:
            return
        keys = [topic.key for topic in self._agenda.topics]
        at = keys.index(self._key) + 1 if self._key in keys else 0
        left = {topic.key for topic in self._agenda.left}
        ahead = [key for key in (*keys[at:], *keys[:at]) if key in left and key not in self._later]
        if not ahead and self._later & left:
            ahead = [key for key in keys if key in left & self._later and key != self._key]
            self._later.clear()
        self._key = ahead[0] if ahead else None
        self._show()

    async def do_review_answer(self, number: int) -> None:
        topic = self._topic
        if topic is None or number > len(topic.answers):
            self.status.show(f"There is no answer {number} here.", passing=True)
            return
        answer = topic.answers[number - 1]
        done = await (
            self._ask(topic, answer) if answer.needs_text else self._answer(topic, answer)
        )
        if done is not None:
            self._kept_seconds += self._seconds
            board = self.board
            answers = await self.fetch(lambda service: service.reviews.answers(board))
            if answers is not None and self._agenda is not None:
                self._agenda = replace(self._agenda, answers=answers)
            self._go_on()

    async def _answer(self, topic: Topic, answer: ReviewAnswer) -> Done | None:
        board, seconds = self.board, self._seconds
        return await self.write(
            lambda s: s.reviews.answer(board, topic.key, answer.word, seconds=seconds)
        )

    async def _ask(self, topic: Topic, answer: ReviewAnswer) -> Done | None:
        board = self.board

        def write(service: Service, text: str) -> Done:
            seconds = self._seconds
            return service.reviews.answer(board, topic.key, answer.word, text, seconds=seconds)

        given = topic.text if topic.part in (ReviewPart.LEARNED, ReviewPart.RISKS) else ""
        return await self.ask_and_write(
            LINE_QUESTIONS[topic.part].format(topic.card),
            " ".join(given.split()),
            write,
            form=f"review {board.id} {topic.key}",
        )

    async def do_review_later(self) -> None:
        """Leave the topic for later; on the last page, go to the next card."""
        topic = self._topic
        if topic is None:
            self._row += 1
            self._show()
            return
        if self._agenda is not None and topic.key not in self._agenda.answers:
            self._later.add(topic.key)
        self._go_on()

    def do_review_previous(self) -> None:
        """Go to the topic before, on the last page to the card above; from the first card on, to
        the last topic."""
        keys = [topic.key for topic in self._agenda.topics] if self._agenda else []
        if self._key is None and self._row > 0:
            self._row -= 1
        elif self._key is None and keys:
            self._key = keys[-1]
        elif self._key in keys[1:]:
            self._key = keys[keys.index(self._key) - 1]
        self._show()

    def do_mark_toggle(self) -> None:
        candidate = self._candidate
        if self._key is not None or candidate is None:
            self.status.show("Cards are promised on the last page.", passing=True)
            return
        self._marks = (self._marks or set()) ^ {candidate.face.ref}
        self._row = min(self._row + 1, len(self._candidates) - 1)
        self._show()

    async def do_review_day(self) -> None:
        """Another day for the next review."""
        if self._agenda is None:
            return
        today, given = self.host.today(), self._agenda.until.isoformat()
        text = await self.ask.text("The day of the next review: 2w, fri, 2026-12-01", given)
        self.refocus()
        if text is None:
            return
        try:
            self._until = day_ahead(text, today)
        except MlkanbanError as error:
            self.show_error(error)
            return
        await self._read_again()

    async def do_review_promise(self) -> None:
        """Go to the last page; from there end the review and promise the marked cards."""
        if self._agenda is None:
            return
        if self._key is not None:
            self._key = None
            self._show()
            return
        if left := len(self._agenda.left):
            question = f"{quantity(left, 'topic')} without an answer. End the review?"
            if not await self.ask.confirm(question, "end it"):
                return
        board, refs, until = self.board, self._marked, self._agenda.until
        done = await self.write(lambda service: service.reviews.end(board, refs, until=until))
        if done is not None:
            self.close()
            self.host.show_result(done)

    # Changes

    def after_change(self, done: Done) -> None:
        self.only_newest("review", self._read_again)

    def changed_above(self, done: Done) -> None:
        self.only_newest("review", self._read_again)

    async def do_undo(self) -> None:
        await self._back_after(self._undo.do_undo())

    async def do_redo(self) -> None:
        await self._back_after(self._undo.do_redo())

    async def do_undo_list(self) -> None:
        await self._back_after(self._undo.do_undo_list())

    async def _back_after(self, change: Awaitable[None]) -> None:
        """Do it, and show the topic whose answer was taken back by it, or the next one."""
        before = set(self._agenda.answers) if self._agenda else set()
        await change
        await self._read()
        if self._agenda is None:
            return
        gone = before - set(self._agenda.answers)
        topic = next((t.key for t in self._agenda.topics if t.key in gone), None)
        if topic is not None:
            self._key = topic
            self._show()
        elif self._key is not None:
            self._go_on()

    def do_card_open(self) -> None:
        if faces := self.targets():
            self.open("card", faces[0].ref)

    # Leaving

    def do_back(self) -> None:
        left = len(self._agenda.left) if self._agenda else 0
        answered = bool(self._agenda and self._agenda.answers)
        self.close()
        if answered:
            self.host.show_message(
                f"Review: {quantity(left, 'topic')} left" + hint(", {review} goes on.")
            )
