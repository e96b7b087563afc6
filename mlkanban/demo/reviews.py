"""The reviews of the demo: one every two weeks, the last one so long ago that the next is due."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any, NamedTuple
from uuid import UUID
from zlib import crc32

from mlkanban.core.board import Outcome
from mlkanban.core.events import Change
from mlkanban.core.review import (
    ANSWERED,
    BEGAN,
    ENDED,
    AnswerRecord,
    PromiseResult,
    Result,
    Review,
    ReviewPart,
    answer_field,
    lines_of_risks,
    review_field,
)
from mlkanban.demo.models_in_use import Cards
from mlkanban.demo.plan import PlannedCard
from mlkanban.demo.schedule import DAY, Calendar

EVERY_DAYS = 14
_AGO = (57, 43, 29, 15)
"""The days before today on which reviews were held."""
_BEFORE_COMMITMENT = ("ideas", "ready")
_DELIVERED = "live"
_WINS = 1
"""Wins that a review stars."""


class _Held(NamedTuple):
    """A review with the minute it was held at."""

    minute: float
    review: Review


def reviews(
    cards: Cards, board: str, risks: str, calendar: Calendar, rng: Random
) -> Iterator[tuple[float, Change]]:
    """What was answered and promised in each review, with its minute. `risks` is that section of
    the charter."""
    before: _Held | None = None
    for ago in _AGO:
        minute = calendar.days_ago(ago)
        if minute < DAY:
            continue
        held = _held(cards, minute, before, calendar, rng)
        yield from _changes(held, before, cards, board, risks, calendar, rng)
        before = held


def _held(
    cards: Cards, minute: float, before: _Held | None, calendar: Calendar, rng: Random
) -> _Held:
    moment = calendar.moment(minute)
    day = moment.date()
    promised = [card_id for card_id, card in cards.values() if _in_progress(card, minute)]
    return _Held(
        minute,
        Review(
            str(UUID(int=rng.getrandbits(128), version=4)),
            calendar.moment(minute - 8),
            moment,
            calendar.moment(before.minute if before else minute - 10 * DAY),
            (before.review.id,) if before else (),
            day + timedelta(days=EVERY_DAYS),
            tuple(promised),
            tuple(_came(cards, before.review, minute, day, calendar)) if before else (),
        ),
    )


def _slot(card: PlannedCard, minute: float) -> str:
    """Where a card is at a minute, '' where it is not on the board."""
    return next((v.slot for v in card.visits if v.start <= minute < v.end), "")


def _in_progress(card: PlannedCard, minute: float) -> bool:
    slot = _slot(card, minute)
    return bool(slot) and slot not in (*_BEFORE_COMMITMENT, _DELIVERED)


def _finish(card: PlannedCard, after: float, until: float) -> float | None:
    """The minute at which a card was finished after one minute and by another."""
    ends = [visit.start for visit in card.visits if visit.slot == _DELIVERED]
    ends += [card.end] if card.spec.end else []
    return next((end for end in ends if after < end <= until), None)


def _came(
    cards: Cards, review: Review, minute: float, day: date, calendar: Calendar
) -> Iterator[PromiseResult]:
    by_id = dict(cards.values())
    assert review.ended is not None
    assert review.until is not None
    for card_id in review.promised:
        card = by_id[card_id]
        end = _finish(card, calendar.minute(review.ended), minute)
        if end is None:
            late = max(0, (day - review.until).days)
            result = Result.LATE if late else Result.OPEN
            yield PromiseResult(card_id, card.spec.title, result, late)
        elif card.spec.end in (Outcome.ABANDONED, Outcome.DISCARDED):
            yield PromiseResult(card_id, card.spec.title, Result.DROPPED, 0)
        else:
            late = max(0, (calendar.moment(end).date() - review.until).days)
            yield PromiseResult(card_id, card.spec.title, Result.DONE, late)


def _changes(
    held: _Held,
    before: _Held | None,
    cards: Cards,
    board: str,
    risks: str,
    calendar: Calendar,
    rng: Random,
) -> Iterator[tuple[float, Change]]:
    minute, review = held
    begun = minute - 8
    since = before.minute if before else minute - 10 * DAY
    ended = [(i, c) for i, c in cards.values() if c.spec.end and since < c.end <= minute]

    def change(at: float, kind: str, values: dict[str, Any], card: str = "") -> Change:
        return Change(kind, board, card=card, set=values, at=calendar.instant(at))

    unended = Review(review.id, review.began)
    yield begun, change(begun, BEGAN, {review_field(review.id): unended.to_field()})
    at = begun
    for key, part, card_id, title, word, text in _answers(ended, before, risks):
        at += rng.uniform(0.2, 0.5)
        record = AnswerRecord(
            key, part.value, card_id, title, word, text, calendar.moment(at), rng.randint(8, 40)
        )
        yield at, change(at, ANSWERED, {answer_field(review.id, key): record.to_field()})
    shipped = [i for i, c in ended if c.spec.end == Outcome.SHIPPED and c.spec.metric]
    for card_id in shipped[:_WINS]:
        yield at, change(at, "card.edited", {"win": True}, card_id)
    assert review.until is not None
    for card_id in before.review.promised if before else ():
        if (
            card_id not in review.promised
            and _finish(dict(cards.values())[card_id], 0, minute) is None
        ):
            yield minute, change(minute, "card.edited", {"promised": None}, card_id)
    for card_id in review.promised:
        values = {"promised": review.until.isoformat()}
        yield minute, change(minute, "card.edited", values, card_id)
    yield minute, change(minute, ENDED, {review_field(review.id): review.to_field()})


def _answers(
    ended: list[tuple[str, PlannedCard]], before: _Held | None, risks: str
) -> Iterator[tuple[str, ReviewPart, str, str, str, str]]:
    """Key, part, card, title, answer and text of what was answered."""
    if before:
        yield ReviewPart.PROMISED.value, ReviewPart.PROMISED, "", "", "seen", ""
    part = ReviewPart.LEARNED
    for card_id, card in ended:
        if card.spec.verdict:
            yield f"{part}:{card_id}", part, card_id, card.spec.title, "stands", card.spec.verdict
    part = ReviewPart.RISKS
    for risk in lines_of_risks(risks):
        yield f"{part}:{crc32(risk.encode()):08x}", part, "", "", "still", risk
