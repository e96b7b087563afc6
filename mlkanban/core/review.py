"""Reviews of a board: what was promised and what came of it, what was learned since, and what is
promised until the next review.

A review is a field of its board, `review:ID`, and so is each answer given in it, `answer:ID:KEY`:
answers are undone one by one, and reviews that two replicas held at once are both kept. A review
names in `after` the reviews it follows; those that no review follows are the last ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from mlkanban.core.board import CardFace
from mlkanban.core.plan import EVEN
from mlkanban.core.timestamps import instant, moment
from mlkanban.errors import UsageProblem
from mlkanban.records import record

BEGAN, ANSWERED, ENDED = KINDS = ("review.began", "review.answered", "review.ended")
"""The events of a review."""
REVIEW, ANSWER = "review:", "answer:"
"""The prefixes of the fields of a board that hold reviews and answers."""
RHYTHM = "rhythm"
"""The section of the charter that says how often the board is reviewed."""
USUAL_DAYS = 14
"""The days until the next review, and back to the last one, where nothing says otherwise."""
MINUTES = 10
"""A review should take no longer."""
REMEMBERED = timedelta(days=7)
"""A review that was begun is gone on with for so long."""
LONGEST_TEXT = 500
"""So many characters of a text are kept with an answer."""
_FARTHEST_DAYS = 366
_RHYTHM = re.compile(r"(\d{1,3}) ?(d|w|days?|weeks?)")
_KEY = re.compile(r"[a-z]+(?::[a-z0-9]{1,40})?")


class ReviewPart(StrEnum):
    """The parts of a review, in their order."""

    PROMISED = "promised"
    LEARNED = "learned"
    UNUSUAL = "unusual"
    OVERRIDES = "overrides"
    BLOCKED = "blocked"
    RISKS = "risks"
    MODELS = "models"


class ReviewAnswer(NamedTuple):
    """An answer to a topic: the `word` that scripts type and the log keeps, what it means, and
    whether it needs a text."""

    word: str
    meaning: str
    needs_text: bool = False


ANSWERS: Mapping[ReviewPart, tuple[ReviewAnswer, ...]] = {
    ReviewPart.PROMISED: (ReviewAnswer("seen", "go on"),),
    ReviewPart.LEARNED: (
        ReviewAnswer("stands", "the lesson stands"),
        ReviewAnswer("line", "write the lesson in a line", needs_text=True),
    ),
    ReviewPart.UNUSUAL: (
        ReviewAnswer("line", "write what is learned as a note", needs_text=True),
        ReviewAnswer("chance", "nothing, it was chance"),
    ),
    ReviewPart.OVERRIDES: (
        ReviewAnswer("right", "it was right to go on"),
        ReviewAnswer("line", "write what is learned as a note", needs_text=True),
    ),
    ReviewPart.BLOCKED: (
        ReviewAnswer("seen", "go on"),
        ReviewAnswer("line", "write what will be done about it", needs_text=True),
    ),
    ReviewPart.RISKS: (
        ReviewAnswer("still", "it is still so"),
        ReviewAnswer("line", "change the line", needs_text=True),
        ReviewAnswer("gone", "it is a risk no more: take the line out"),
    ),
    ReviewPart.MODELS: (
        ReviewAnswer("keep", "keep it, and look again later"),
        ReviewAnswer("retrain", "make the card that trains it again"),
        ReviewAnswer("retire", "take it out of use"),
    ),
}
"""THE table of what can be answered to the topics of each part, the likeliest first."""


class Result(StrEnum):
    """What came of a promise by the next review."""

    DONE = "done"
    OPEN = "open"
    LATE = "late"
    """Still open, and its day is over."""
    DROPPED = "dropped"
    """Abandoned, discarded, or archived without an outcome."""
    GONE = "gone"
    """Its card was taken away: its adding was undone."""


class PromiseResult(NamedTuple):
    """What came of a promised card; `late_days` after the day that was promised, 0 for none."""

    card: str
    title: str
    result: Result
    late_days: int

    @classmethod
    def of_field(cls, value: Any) -> PromiseResult:
        """A stored value; KeyError, TypeError or ValueError for a malformed one."""
        card, title = _texts([value["card"], value["title"]])
        return cls(card, title, Result(value["result"]), _count(value["late_days"]))


@record(frozen=True, slots=True)
class AnswerRecord:
    """An answer as it was given: what it was about, the word, the text that was written or that
    stood there, and the seconds that it took."""

    key: str
    part: str
    card: str
    title: str
    answer: str
    text: str
    at: datetime
    seconds: int

    def to_field(self) -> dict[str, Any]:
        return {
            "part": self.part, "card": self.card, "title": self.title, "answer": self.answer,
            "text": self.text, "at": instant(self.at), "seconds": self.seconds,
        }  # fmt: skip

    @classmethod
    def of_field(cls, key: str, value: Any) -> AnswerRecord | None:
        """A stored answer; None for a malformed value."""
        try:
            part, card, title, answer, text = _texts(
                [value[name] for name in ("part", "card", "title", "answer", "text")]
            )
            at = moment(value["at"])
            seconds = _count(value["seconds"])
            if at is None:
                return None
            return cls(key, part, card, title, answer, text, at, seconds)
        except (KeyError, TypeError, ValueError):
            return None


@record(frozen=True, slots=True)
class Review:
    """A review; `ended` is None while it goes on. `since` is where it looked back to, `after` are
    the ids of the reviews it follows, `came` is what came of their promises. `promised` are the
    short ids of the cards that are promised until the day `until`."""

    id: str
    began: datetime
    ended: datetime | None = None
    since: datetime | None = None
    after: tuple[str, ...] = ()
    until: date | None = None
    promised: tuple[str, ...] = ()
    came: tuple[PromiseResult, ...] = ()
    answers: tuple[AnswerRecord, ...] = field(default=(), compare=False)

    @property
    def seconds(self) -> int:
        """The time in which somebody was at it, as far as that is known."""
        return sum(answer.seconds for answer in self.answers)

    def to_field(self) -> dict[str, Any]:
        """The value of the board's field; answers are fields of their own."""
        return {
            "began": instant(self.began),
            "ended": instant(self.ended) if self.ended else "",
            "since": instant(self.since) if self.since else "",
            "after": list(self.after),
            "until": self.until.isoformat() if self.until else "",
            "promised": list(self.promised),
            "came": [
                {"card": c.card, "title": c.title, "result": c.result.value,
                 "late_days": c.late_days}
                for c in self.came
            ],
        }  # fmt: skip

    @classmethod
    def of_field(cls, review_id: str, value: Any) -> Review | None:
        """A stored review without its answers; None for a malformed value."""
        try:
            began = moment(value["began"])
            if began is None:
                return None
            return cls(
                review_id,
                began,
                _moment_or_none(value["ended"]),
                _moment_or_none(value["since"]),
                _texts(value["after"]),
                date.fromisoformat(value["until"]) if value["until"] else None,
                _texts(value["promised"]),
                tuple(map(PromiseResult.of_field, value["came"])),
            )  # fmt: skip
        except (KeyError, TypeError, ValueError):
            return None


def _moment_or_none(text: Any) -> datetime | None:
    if text == "":
        return None
    at = moment(text)
    if at is None:
        raise ValueError(text)
    return at


def _texts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError(values)
    return tuple(values)


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 31:
        raise ValueError(value)
    return value


def review_field(review_id: str) -> str:
    return REVIEW + review_id


def answer_field(review_id: str, key: str) -> str:
    return f"{ANSWER}{review_id}:{key}"


def is_key(text: str) -> bool:
    """Whether it may be the key of a topic: a part, or a part and what it is about."""
    return bool(_KEY.fullmatch(text))


def reviews_in(fields: Mapping[str, Any]) -> list[Review]:
    """The reviews of a board with these fields, with their answers, in the order in which they
    ended; those that go on come last, by when they began."""
    answers: dict[str, list[AnswerRecord]] = {}
    for name, value in fields.items():
        if value and name.startswith(ANSWER):
            review_id, _, key = name.removeprefix(ANSWER).partition(":")
            if record := AnswerRecord.of_field(key, value):
                answers.setdefault(review_id, []).append(record)
    found: list[Review] = []
    for name, value in fields.items():
        if value and name.startswith(REVIEW):
            review_id = name.removeprefix(REVIEW)
            if review := Review.of_field(review_id, value):
                given = sorted(answers.get(review_id, ()), key=lambda a: (a.at, a.key))
                found.append(replace(review, answers=tuple(given)))
    never = datetime.max.replace(tzinfo=UTC)
    return sorted(found, key=lambda r: (r.ended or never, r.began, r.id))


def last_reviews(reviews: Iterable[Review]) -> list[Review]:
    """The ended reviews that no other one follows: one, or several that replicas held at once
    without knowing of each other. In the order in which they ended."""
    ended = [review for review in reviews if review.ended]
    followed = {review_id for review in ended for review_id in review.after}
    return [review for review in ended if review.id not in followed]


def what_came(
    reviews: Iterable[Review],
    faces: Mapping[str, CardFace],
    duplicates: Collection[str],
    day: Callable[[str], date],
    today: date,
) -> tuple[PromiseResult, ...]:
    """What came of the promises of these reviews, each card once with the latest day promised.
    `faces` are by short id, `duplicates` the ids of cards that were merged into others, `day` is
    the day of a stored instant."""
    until: dict[str, date] = {}
    for review in reviews:
        for ref in review.promised:
            promised = review.until or today
            until[ref] = max(promised, until.get(ref, promised))
    return tuple(
        _came(ref, faces.get(ref), last, duplicates, day, today) for ref, last in until.items()
    )


def _came(
    ref: str,
    face: CardFace | None,
    until: date,
    duplicates: Collection[str],
    day: Callable[[str], date],
    today: date,
) -> PromiseResult:
    if face is None:
        return PromiseResult(ref, "", Result.GONE, 0)
    title = face.title[:LONGEST_TEXT]
    dropped = face.outcome in ("abandoned", "discarded") or face.id in duplicates
    if dropped or (face.archived and not face.outcome):
        return PromiseResult(ref, title, Result.DROPPED, 0)
    if face.finished_at:
        return PromiseResult(ref, title, Result.DONE, max(0, (day(face.finished_at) - until).days))
    late = max(0, (today - until).days)
    return PromiseResult(ref, title, Result.LATE if late else Result.OPEN, late)


# How often


def rhythm_days(text: str) -> int | None:
    """The days between two reviews, from `14d` or `2w`; None where it says none."""
    match = _RHYTHM.fullmatch(" ".join(text.lower().split()))
    days = int(match[1]) * (7 if match[2].startswith("w") else 1) if match else 0
    return days if 1 <= days <= _FARTHEST_DAYS else None


def parse_rhythm(text: str) -> int:
    """The same; UsageProblem where it says none."""
    days = rhythm_days(text)
    if days is None:
        raise UsageProblem(
            f"{' '.join(text.split())[:40]!r} is no rhythm.",
            f"Write it as 14d or 2w, {_FARTHEST_DAYS} days at most; an empty text clears it.",
        )
    return days


@record(frozen=True, slots=True)
class ReviewState:
    """How a board stands between two reviews: `every` so many days, None without a rhythm; the day
    of the last one, and the day the next one is due, None where there is none. `answered` topics of
    a review that goes on, None where none does."""

    every: int | None
    last: date | None
    next: date | None
    today: date
    answered: int | None = None

    @property
    def is_due(self) -> bool:
        return self.next is not None and self.next <= self.today


def next_day(review_day: date, every: int | None) -> date:
    """The day of the review after one on a day."""
    return review_day + timedelta(days=every or USUAL_DAYS)


# What a review goes through


class Override(NamedTuple):
    """A rule that was overridden: when, in which stage, why, and what was passed besides a limit:
    unticked items and broken guards."""

    at: datetime
    stage: str
    reason: str
    passed: tuple[str, ...]


class LostDays(NamedTuple):
    """Days that committed cards were blocked, by reason."""

    reason: str
    days: float
    external_days: float
    cards: tuple[str, ...]


@record(frozen=True, slots=True)
class Topic:
    """One thing of a review. `key` names it for scripts and answers; `card` is the short id of the
    card that it is about, '' for none. What else there is depends on its part: `text` is a lesson,
    a risk or what a model is looked at for; `came` with `until` of a promise; `days` of a cycle
    time with the upper `limit` and the `n` cards behind it, and `stages` where these days went;
    `overrides`; `lost` days."""

    key: str
    part: ReviewPart
    card: str = ""
    title: str = ""
    text: str = ""
    outcome: str = ""
    day: date | None = None
    win: bool = False
    came: tuple[PromiseResult, ...] = ()
    until: date | None = None
    days: int = 0
    limit: float = 0.0
    n: int = 0
    stages: tuple[tuple[str, float], ...] = ()
    overrides: tuple[Override, ...] = ()
    lost: tuple[LostDays, ...] = ()

    @property
    def answers(self) -> tuple[ReviewAnswer, ...]:
        """What can be answered: no lesson stands where none was written."""
        return tuple(
            answer for answer in ANSWERS[self.part] if answer.word != "stands" or self.text
        )


@record(frozen=True, slots=True)
class Candidate:
    """An open card that may be promised: `chance` to be finished by the day, None where it is
    `unknown` why, and whether it is `in_progress`. `free`: no block is in its way, its own or that
    of a part."""

    face: CardFace
    chance: float | None
    unknown: str
    free: bool
    in_progress: bool
    promised: bool

    @property
    def proposed(self) -> bool:
        """Whether it is marked before anybody chose: it is in progress, nothing blocks it, and
        no chance below 50 % is known to be finished in time."""
        return self.in_progress and self.free and (self.chance is None or self.chance >= EVEN)


@record(frozen=True, slots=True)
class Agenda:
    """What a review has to go through now: its topics in order, with the answers given so far by
    the keys of topics (of those too that are none any more), and the cards to promise from until
    the day `until`. `number` is that of this review, from 1."""

    number: int
    state: ReviewState
    since: datetime
    topics: tuple[Topic, ...]
    answers: Mapping[str, AnswerRecord]
    candidates: tuple[Candidate, ...]
    until: date

    @property
    def left(self) -> list[Topic]:
        """The topics without an answer."""
        return [topic for topic in self.topics if topic.key not in self.answers]

    @property
    def seconds(self) -> int:
        return sum(answer.seconds for answer in self.answers.values())


def lines_of_risks(text: str) -> list[str]:
    """The risks in that section of a charter: its items, or else its lines; each once."""
    lines = [line.strip() for line in text.split("\n")]
    items = [line for line in lines if _is_item(line)]
    return list(
        dict.fromkeys(without_mark(line) for line in (items or lines) if line.strip("-*+ "))
    )


def with_risk(text: str, risk: str, line: str) -> str:
    """The section with another line for a risk, '' to take it out."""
    made = []
    for old in text.split("\n"):
        if without_mark(old.strip()) != risk:
            made.append(old)
        elif line:
            at = old.rfind(risk)
            made.append(old[:at] + line)
    return "\n".join(made)


def _is_item(line: str) -> bool:
    return line[:2] in ("- ", "* ", "+ ") or bool(re.match(r"\d{1,3}[.)] ", line))


def without_mark(line: str) -> str:
    """A line without the mark of an item of a list."""
    return re.sub(r"^(?:[-*+]|\d{1,3}[.)])\s+", "", line.strip()).strip()
