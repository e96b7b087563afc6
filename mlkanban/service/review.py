"""Reviews: what a board promised and learned since the last one, and what it promises next."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zlib import crc32
from zoneinfo import ZoneInfo

from mlkanban.core.board import (
    Board,
    CardFace,
    CardType,
    Health,
    Outcome,
    asleep,
    in_use,
    place,
    to_do,
)
from mlkanban.core.events import Change, Event
from mlkanban.core.look_again import LookAgain, look_reason
from mlkanban.core.markdown.charter import charter_in
from mlkanban.core.review import (
    ANSWERED,
    BEGAN,
    ENDED,
    LONGEST_TEXT,
    REMEMBERED,
    RHYTHM,
    Agenda,
    AnswerRecord,
    Candidate,
    LostDays,
    Override,
    Review,
    ReviewAnswer,
    ReviewPart,
    ReviewState,
    Topic,
    answer_field,
    last_reviews,
    lines_of_risks,
    next_day,
    review_field,
    reviews_in,
    rhythm_days,
    what_came,
    with_risk,
)
from mlkanban.core.timestamps import instant
from mlkanban.errors import NotFound, RuleRefused, UsageProblem
from mlkanban.service.card_writes import write_edit
from mlkanban.service.charter import write_charter
from mlkanban.service.history import History
from mlkanban.service.model_records import ModelVersion, looks_due
from mlkanban.service.models_in_use import keep_model
from mlkanban.service.plan import Planning
from mlkanban.service.retraining import retrain_model
from mlkanban.service.transaction import Context, Done, Transaction
from mlkanban.store import repository
from mlkanban.store.replica import uuid7
from mlkanban.text import accept, quantity, tidy

if TYPE_CHECKING:
    from mlkanban.flow.sample import Sample
    from mlkanban.store.database import Connection

_XMR_DAYS = 90
"""The window whose natural process limit says which cycle times are out of the usual."""
_WITH_LESSONS = (CardType.EXPERIMENT, CardType.MODEL)
"""Cards of these types are asked for what was learned where no verdict was written."""
_RISKS = "risks"


class Reviews:
    """Reviews of boards: what they look back at, their answers, and what is promised."""

    def __init__(self, context: Context, history: History, planning: Planning) -> None:
        self._context = context
        self._history = history
        self._planning = planning

    def ended(self, board_id: str) -> list[Review]:
        """The reviews of a board that were held to their end, in the order in which they ended."""
        with self._context.store.reading() as conn:
            reviews = reviews_in(repository.entity(conn, board_id).fields)
        return [review for review in reviews if review.ended]

    def last(self, board_id: str) -> Review | None:
        """The review that ended last: when, what was answered and promised; None before the first
        one."""
        reviews = self.ended(board_id)
        return reviews[-1] if reviews else None

    def numbered(self, board_id: str, number: int) -> Review:
        """The review with this number, from 1 on; NotFound where there is none."""
        reviews = self.ended(board_id)
        if not 1 <= number <= len(reviews):
            there = f"There are {len(reviews)}." if reviews else "None was held to its end yet."
            raise NotFound(f"There is no review {number}.", there)
        return reviews[number - 1]

    def state(self, board: Board) -> ReviewState:
        """When the last review was, and when the next one is due."""
        with self._context.store.reading() as conn:
            return _Reviewed(conn, board, self._context.clock()).state

    def answers(self, board: Board) -> dict[str, AnswerRecord]:
        """The answers given so far in the review that goes on, by the keys of topics."""
        with self._context.store.reading() as conn:
            return _Reviewed(conn, board, self._context.clock()).answers

    def agenda(self, board: Board, *, until: date | None = None) -> Agenda:
        """What a review goes through now, with the answers given so far. `until` is the day of the
        next one, by default as the rhythm has it."""
        period = self._period(board)
        reviewed = period.reviewed
        day = until or next_day(reviewed.today, reviewed.state.every)
        _check_ahead(day, reviewed.today)
        return Agenda(
            len(reviewed.ended) + 1,
            reviewed.state,
            reviewed.since,
            tuple(topic for part in ReviewPart for topic in _TOPICS[part](period)),
            reviewed.answers,
            tuple(self._candidates(period, day)),
            day,
        )

    def answer(
        self, board: Board, key: str, word: str, text: str = "", *, seconds: int = 0
    ) -> Done:
        """Answer a topic in the review that goes on, or begin one with it. NotFound for a topic
        that the review does not have, UsageProblem for an answer that the topic does not take."""
        topic = self._topic(board, key)
        text = " ".join(accept(text, "the answer").split())
        chosen = _chosen(topic, word, text)
        with self._context.writing(slots=chosen.word == "retrain") as tx:
            reviewed = _Reviewed(tx.conn, board, tx.now)
            review = _going_on(tx, reviewed)
            message = _act(tx, board, topic, chosen, text)
            record = AnswerRecord(
                key=topic.key, part=topic.part.value, card=topic.card,
                title=topic.title[:LONGEST_TEXT], answer=chosen.word,
                text=(text or topic.text)[:LONGEST_TEXT], at=tx.now, seconds=seconds,
            )  # fmt: skip
            values = {answer_field(review.id, topic.key): record.to_field()}
            tx.write(Change(ANSWERED, board.id, set=values))
            return tx.done(message, [tx.card(topic.card)] if topic.card else ())

    def end(self, board: Board, refs: Sequence[str], *, until: date | None = None) -> Done:
        """End the review: these open cards are promised until the day of the next one, and no
        others. RuleRefused for a card that is done, or on another board."""
        with self._context.writing() as tx:
            reviewed = _Reviewed(tx.conn, board, tx.now)
            day = until or next_day(reviewed.today, reviewed.state.every)
            _check_ahead(day, reviewed.today)
            promised = {face.id: face for face in (_promisable(tx, board, ref) for ref in refs)}
            review = _going_on(tx, reviewed)
            before = repository.promised(tx.conn, board.id) - promised.keys()
            for face in repository.faces_of(tx.conn, tuple(before)):
                if face.is_open:
                    write_edit(tx, face, {"promised": None})
            for face in promised.values():
                write_edit(tx, face, {"promised": day.isoformat()})
            ended = replace(
                review,
                ended=tx.now,
                since=reviewed.since,
                after=tuple(last.id for last in reviewed.last),
                until=day,
                promised=tuple(face.ref for face in promised.values()),
                came=_Period.read(tx.conn, reviewed).came,
            )
            tx.write(Change(ENDED, board.id, set={review_field(review.id): ended.to_field()}))
            cards = [tx.card(face.ref) for face in promised.values()]
        many = quantity(len(promised), "card") if promised else "nothing"
        number = len(reviewed.ended) + 1
        return Done(f"Review {number} ended: {many} promised until {day:%a %m-%d}.", tuple(cards))

    def _period(self, board: Board) -> _Period:
        now = self._context.clock()
        with self._context.store.reading() as conn:
            period = _Period.read(conn, _Reviewed(conn, board, now))
        period.read_sample = lambda: self._sample(board, now)
        return period

    def _sample(self, board: Board, now: datetime) -> Sample:
        from mlkanban.flow.sample import follow  # numbers: most answers do without
        from mlkanban.flow.window import Window

        workflow, histories = self._history.for_flow(board, now)
        return follow(workflow, histories, now, Window.back(None, workflow.day(now)))

    def _topic(self, board: Board, key: str) -> Topic:
        period = self._period(board)
        part = next((part for part in ReviewPart if part == key.partition(":")[0]), None)
        topics = [*_TOPICS[part](period)] if part else []
        topic = next((topic for topic in topics if topic.key == key), None)
        if topic is None:
            topics = [topic for part in ReviewPart for topic in _TOPICS[part](period)]
            keys = ", ".join(topic.key for topic in topics) or "nothing"
            raise NotFound(f"The review does not ask about {key!r}.", f"It asks about: {keys}.")
        return topic

    def _candidates(self, period: _Period, day: date) -> Iterator[Candidate]:
        """The open cards that may be promised: those in progress first, the farthest one ahead of
        them, then the others in the order of the board."""
        from mlkanban.flow.card_chances import BLOCKED  # numbers, which the chances load anyway

        board = period.reviewed.board
        awake = [f for f in period.faces if to_do(f) and not asleep(f, period.reviewed.today)]
        chances = self._planning.chances(board, period.faces, day)

        def order(face: CardFace) -> tuple[bool, int, tuple[str, str]]:
            return not board.is_committed(face.stage), -board.position(face.stage), place(face)

        for face in sorted(awake, key=order):
            inside = board.is_committed(face.stage)
            chance, unknown = chances[face.id]
            promised = face.id in period.promised
            free = unknown not in BLOCKED
            yield Candidate(face, chance, unknown or "", free, inside, promised)


class _Reviewed:
    """The reviews of a board, and its rhythm, as of now."""

    def __init__(self, conn: Connection, board: Board, now: datetime) -> None:
        entity = repository.entity(conn, board.id)
        self.board, self.now, self.zone = board, now, ZoneInfo(board.timezone)
        self.today = self.day_of(now)
        self.charter = charter_in(entity.fields)
        self._rhythm_set = entity.stamps.get(f"charter:{RHYTHM}", "")
        reviews = reviews_in(entity.fields)
        self.ended = [review for review in reviews if review.ended]
        self.last = last_reviews(reviews)
        oldest = now - REMEMBERED
        if self._last_end:
            oldest = max(oldest, self._last_end)
        self.open = [review for review in reviews if not review.ended and review.began > oldest]

    def day_of(self, moment: datetime) -> date:
        return min(moment, self.now).astimezone(self.zone).date()

    def day(self, stored: str) -> date:
        return self.day_of(datetime.fromisoformat(stored))

    @property
    def _last_end(self) -> datetime | None:
        return self.ended[-1].ended if self.ended else None

    @cached_property
    def state(self) -> ReviewState:
        every = rhythm_days(self.charter[RHYTHM])
        last = self.day_of(self._last_end) if self._last_end else None
        begun = last
        if begun is None and self._rhythm_set:
            # Until the first review the rhythm counts from the day on which it was set.
            begun = self.day_of(
                datetime.fromtimestamp(int(self._rhythm_set[:15]) / 1000, self.zone)
            )
        due = next_day(begun, every) if every is not None and begun is not None else None
        return ReviewState(every, last, due, self.today, len(self.answers) if self.open else None)

    @cached_property
    def since(self) -> datetime:
        """Where the review looks back to: the last one, of several the first; without one as many
        days as the next one is away."""
        ends = [review.ended for review in self.last if review.ended]
        if ends:
            return min(ends)
        return self.now - (next_day(self.today, self.state.every) - self.today)

    @cached_property
    def answers(self) -> dict[str, AnswerRecord]:
        """The answers of the reviews that go on, by the keys of topics; of two the later one."""
        given = [answer for review in self.open for answer in review.answers]
        return {answer.key: answer for answer in sorted(given, key=lambda a: (a.at, a.key))}


@dataclass
class _Period:
    """What a review looks at, read from the store: the cards, `fields` of those that ended since,
    by card id, the events that overrode a rule since, and the models to be looked at again."""

    reviewed: _Reviewed
    faces: Sequence[CardFace]
    duplicates: Collection[str]
    promised: Collection[str]
    ended: Sequence[CardFace]
    fields: Mapping[str, Mapping[str, Any]]
    overrides: Sequence[Event]
    looks: Sequence[tuple[ModelVersion, LookAgain]] = ()
    read_sample: Callable[[], Sample] | None = None

    @classmethod
    def read(cls, conn: Connection, reviewed: _Reviewed) -> _Period:
        board, since = reviewed.board.id, reviewed.since
        faces = repository.faces(conn, board)
        duplicates = repository.merged(conn, board)
        ended = sorted(
            (
                face
                for face in faces
                if face.finished_at
                and datetime.fromisoformat(face.finished_at) > since
                and face.id not in duplicates
            ),
            key=lambda face: (face.finished_at, face.id),
        )
        entities = repository.entities(conn, (face.id for face in ended))
        fields = {card: entity.fields for card, entity in entities.items()}
        overrides = repository.overrides(conn, board, instant(since))
        promised = repository.promised(conn, board)
        used = [face for face in faces if in_use(face)]
        looks = list(looks_due(conn, reviewed.board, used, reviewed.now))
        return cls(reviewed, faces, duplicates, promised, ended, fields, overrides, looks)

    @cached_property
    def sample(self) -> Sample:
        assert self.read_sample is not None
        return self.read_sample()

    @property
    def came(self) -> tuple[Any, ...]:
        by_ref = {face.ref: face for face in self.faces}
        reviewed = self.reviewed
        return what_came(reviewed.last, by_ref, self.duplicates, reviewed.day, reviewed.today)


# The topics of each part


def _promised_topics(period: _Period) -> Iterator[Topic]:
    if period.reviewed.last:
        until = max(review.until or period.reviewed.today for review in period.reviewed.last)
        yield Topic(ReviewPart.PROMISED.value, ReviewPart.PROMISED, came=period.came, until=until)


def _lessons(period: _Period) -> Iterator[Topic]:
    part = ReviewPart.LEARNED
    for face in period.ended:
        verdict = str(period.fields[face.id].get("verdict") or "")
        asked = face.type in _WITH_LESSONS and face.outcome != Outcome.DISCARDED
        if verdict or asked:
            yield Topic(
                f"{part}:{face.ref}", part, face.ref, face.title, verdict,
                outcome=face.outcome, day=period.reviewed.day(face.finished_at),
                win=bool(period.fields[face.id].get("win")),
            )  # fmt: skip


def _unusual(period: _Period) -> Iterator[Topic]:
    from mlkanban.flow.window import Window  # as for the sample
    from mlkanban.flow.xmr import xmr

    part, sample = ReviewPart.UNUSUAL, period.sample
    chart = xmr(sample.within(Window.back(_XMR_DAYS, period.reviewed.today)))
    if chart.limits is None:
        return
    ended = {face.ref: face for face in period.ended}
    followed = {card.ref: card for card in sample.cards}
    for at in chart.outside:
        ref, days = chart.cards[at]
        face = ended.get(ref)
        if face is None or days <= chart.limits.upper:
            continue
        times = zip(sample.workflow.stages, followed[ref].flow.residence, strict=True)
        inside = [*times][sample.workflow.first_committed : sample.workflow.first_delivered]
        yield Topic(
            f"{part}:{ref}", part, ref, face.title, outcome=face.outcome,
            day=period.reviewed.day(face.finished_at), days=days, limit=chart.limits.upper,
            n=chart.n, stages=tuple((name, round(time.total_seconds() / 86_400, 1))
                                    for name, time in inside if time),
            win=bool(period.fields[face.id].get("win")),
        )  # fmt: skip


def _overridden(period: _Period) -> Iterator[Topic]:
    faces = {face.id: face for face in period.faces}
    board = period.reviewed.board
    names = {stage.id: stage.name for stage in (*board.former, *board.stages)}
    by_card: dict[str, list[Override]] = {}
    for event in period.overrides:
        values = event.data.get("set", {})
        stage = names.get((values.get("place") or [""])[0], "")
        passed = (*event.data.get("unticked", ()), *event.data.get("broken", ()))
        made = Override(
            datetime.fromisoformat(event.at), stage, str(event.data["reason"]), tuple(passed)
        )
        by_card.setdefault(event.card, []).append(made)
    for card, overrides in by_card.items():
        if face := faces.get(card):
            key = f"{ReviewPart.OVERRIDES}:{face.ref}"
            yield Topic(key, ReviewPart.OVERRIDES, face.ref, face.title, overrides=tuple(overrides))


def _blocked(period: _Period) -> Iterator[Topic]:
    from mlkanban.flow.blockers import LEAST, blockers  # as for the sample
    from mlkanban.flow.window import Window

    first = period.reviewed.day_of(period.reviewed.since)
    found = blockers(period.sample.within(Window.between(first, period.reviewed.today)))
    lost = tuple(
        LostDays(
            reason.name,
            reason.days,
            sum(cluster.days for cluster in reason.clusters if cluster.external),
            tuple(dict.fromkeys(ref for cluster in reason.clusters for ref in cluster.cards)),
        )
        for reason in found.reasons
        if reason.days >= LEAST
    )
    if lost:
        yield Topic(ReviewPart.BLOCKED.value, ReviewPart.BLOCKED, lost=lost)


def _risks(period: _Period) -> Iterator[Topic]:
    given = period.reviewed.answers.values()
    written = {answer.text for answer in given if (answer.part, answer.answer) == (_RISKS, "line")}
    for risk in lines_of_risks(period.reviewed.charter[_RISKS]):
        if risk[:LONGEST_TEXT] not in written:  # which is the answer to the line before it
            yield Topic(
                f"{ReviewPart.RISKS}:{crc32(risk.encode()):08x}", ReviewPart.RISKS, text=risk
            )


def _models(period: _Period) -> Iterator[Topic]:
    """Models in use whose day to be looked at again has come."""
    part = ReviewPart.MODELS
    for version, look in period.looks:
        face, why = version.face, look_reason(version.name, look)
        yield Topic(f"{part}:{face.ref}", part, face.ref, face.title, why, day=look.day)


_TOPICS: Mapping[ReviewPart, Callable[[_Period], Iterator[Topic]]] = {
    ReviewPart.PROMISED: _promised_topics,
    ReviewPart.LEARNED: _lessons,
    ReviewPart.UNUSUAL: _unusual,
    ReviewPart.OVERRIDES: _overridden,
    ReviewPart.BLOCKED: _blocked,
    ReviewPart.RISKS: _risks,
    ReviewPart.MODELS: _models,
}


# Answers


def _chosen(topic: Topic, word: str, text: str) -> ReviewAnswer:
    chosen = next((answer for answer in topic.answers if answer.word == word), None)
    if chosen is None:
        words = ", ".join(answer.word for answer in topic.answers)
        raise UsageProblem(f"{topic.key} takes no answer {word!r}.", f"Choose: {words}.")
    if chosen.needs_text and not text:
        raise UsageProblem(f"{topic.key} {word} needs a line.", "Write it behind the answer.")
    if text and not chosen.needs_text:
        raise UsageProblem(f"{topic.key} {word} takes no text.", "Leave it out, or answer: line.")
    return chosen


def _act(tx: Transaction, board: Board, topic: Topic, chosen: ReviewAnswer, text: str) -> str:
    """Write what follows from an answer, besides the answer itself; a sentence on what was done."""
    if chosen.needs_text and topic.part is ReviewPart.LEARNED:
        write_edit(tx, tx.face(topic.card), {"verdict": text})
        return f"{topic.card}: the lesson is written."
    if chosen.needs_text and topic.card:
        tx.write(tx.change("card.noted", tx.face(topic.card), {}, note=text))
        return f"{topic.card}: noted."
    if topic.part is ReviewPart.MODELS:
        return _decided(tx, topic.card, chosen.word)
    if topic.part is ReviewPart.RISKS and chosen.word in ("line", "gone") and text != topic.text:
        section = charter_in(repository.entity(tx.conn, board.id).fields)[_RISKS]
        changed = tidy(with_risk(section, topic.text, text))
        if changed == section:
            raise RuleRefused("That risk was changed meanwhile.", "Look at it again.")
        write_charter(tx, board.id, {_RISKS: changed})
        return "The risk is out of the charter." if not text else "The risk is changed."
    return "Answered."


def _decided(tx: Transaction, ref: str, word: str) -> str:
    """Keep a model in use, retrain it or take it out of use; a sentence on what was done."""
    if word == "retrain":
        return retrain_model(tx, ref).message
    if word == "retire":
        write_edit(tx, tx.face(ref), {"health": Health.RETIRED.value})
        return f"{ref} is retired."
    return keep_model(tx, ref)


def _going_on(tx: Transaction, reviewed: _Reviewed) -> Review:
    """The review that goes on; one begins where there is none."""
    if reviewed.open:
        return reviewed.open[-1]
    review = Review(uuid7(tx.now), tx.now)
    tx.write(Change(BEGAN, reviewed.board.id, set={review_field(review.id): review.to_field()}))
    return review


def _promisable(tx: Transaction, board: Board, ref: str) -> CardFace:
    face = tx.face(ref)
    if tx.board_of(face).id != board.id:
        raise RuleRefused(f"{face.ref} is on another board.", f"Promise cards of {board.key}.")
    if not to_do(face):
        raise RuleRefused(f"{face.ref} is done: it cannot be promised.", "Leave it out.")
    return face


def _check_ahead(day: date, today: date) -> None:
    if day <= today:
        raise UsageProblem(f"{day} does not lie ahead.", "Name a day after today.")
