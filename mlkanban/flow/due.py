"""How likely each open card is finished by its due date.

A committed card is judged by its age, as `forecast-cards` does; one that is not, by its place in
the plan: it is finished when so many cards are, as `forecast --cards` has it, with what is left of
today. None waits for a card that waits for its own parts. A card with parts is done when all of
them are: its chance is the product of theirs, as if they did not depend on each other. Everything
comes from the cards as the board has them, without reading the log again.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from math import prod
from typing import Literal
from zoneinfo import ZoneInfo

from mlkanban.core.lineage import PARENT
from mlkanban.core.models import Board, CardFace
from mlkanban.core.plan import plan, ready_stage
from mlkanban.flow.card_forecast import Remaining
from mlkanban.flow.forecast import Forecaster, GammaRate
from mlkanban.flow.survival import kaplan_meier

Unknown = Literal[
    "too few older cards", "too little throughput", "not in the plan", "a part is unknown"
]
EVEN = 0.5
"""Below that chance a due date is doubtful."""


@dataclass(frozen=True, slots=True)
class DueCard:
    """An open card with a due date, so many `days` away, below 0 when it is past. `chance` to be
    finished by then, None where it is `unknown` why. It rests on `age_days`, on the `place` in the
    plan from 1, or on so many open `parts`; the others are None or 0."""

    id: str
    ref: str
    title: str
    due: date
    days: int
    chance: float | None
    unknown: Unknown | None
    age_days: int | None
    place: int | None
    parts: int

    @property
    def doubtful(self) -> bool:
        return self.chance is not None and self.chance < EVEN


@dataclass(frozen=True, slots=True)
class DueDates:
    """The open cards with due dates, the first day first, of equal ones the least likely. `n`
    finished cards stand behind the chances."""

    cards: tuple[DueCard, ...]
    n: int
    today: date
    timezone: str


def due_dates(
    board: Board,
    faces: Collection[CardFace],
    archived: Mapping[str, str],
    duplicates: Collection[str],
    now: datetime,
) -> DueDates:
    """Judge the due dates of a board, of whose cards `faces` are all. `archived` says when cards
    were archived without an outcome, as instants by card id; `duplicates` are the ids of those
    merged into others, of which nothing was delivered."""
    past = _Past(board, faces, archived, duplicates, now)
    open_cards = _OpenCards(board, faces, past)
    cards = [open_cards.due_card(face) for face in faces if face.due and to_do(face)]
    cards.sort(key=lambda card: (card.due, card.chance or 0.0, card.ref))
    return DueDates(tuple(cards), past.n, past.today, board.timezone)


def chances_by(
    board: Board,
    faces: Collection[CardFace],
    archived: Mapping[str, str],
    duplicates: Collection[str],
    now: datetime,
    day: date,
) -> dict[str, float]:
    """The chance of each open card to be finished by a day, by card id, where it is known; the
    others as for `due_dates`."""
    past = _Past(board, faces, archived, duplicates, now)
    open_cards = _OpenCards(board, faces, past)
    days = (day - past.today).days
    chances = ((f.id, open_cards.chance(f, days)) for f in faces if to_do(f))
    return {card: chance for card, chance in chances if chance is not None}


def to_do(face: CardFace) -> bool:
    """Whether a card is neither finished nor archived; past delivery it needs no outcome for it."""
    return face.is_open and not face.finished_at


class _Past:
    """What the committed cards of a board took, and how fast they are finished."""

    def __init__(
        self,
        board: Board,
        faces: Collection[CardFace],
        archived: Mapping[str, str],
        duplicates: Collection[str],
        now: datetime,
    ) -> None:
        self._zone = ZoneInfo(board.timezone)
        self._now = now
        self.today = now.astimezone(self._zone).date()
        self.rest_of_today = _rest_of_day(now.astimezone(self._zone))
        """What is left of the day, as a share of it."""
        self.ages: dict[str, int] = {}
        """Of open cards, by card id."""
        took: list[int] = []
        censored: list[int] = []
        self._done: Counter[int] = Counter()
        self._first = today = self.today.toordinal()
        for face in faces:
            gone = archived.get(face.id, "")
            if not face.started_at or face.outcome == "discarded" or (gone and face.finished_at):
                continue
            start = self._day(face.started_at)
            self._first = min(self._first, start)
            ended = face.finished_at or gone
            days = (self._day(ended) if ended else today) - start + 1
            left = face.outcome == "abandoned" or face.id in duplicates
            if face.finished_at and not left:
                took.append(days)
                self._done[start + days - 1] += 1
            else:
                censored.append(days)
                if not ended:
                    self.ages[face.id] = days
        self.n = len(took)
        self.remaining = Remaining(kaplan_meier(took, censored), over=False)

    @cached_property
    def rate(self) -> GammaRate | None:
        """How fast cards are finished; None with too little throughput."""
        forecaster = Forecaster()
        days = range(self._first, self.today.toordinal())
        forecaster.learn([self._done[day] for day in days])
        return forecaster.when() if forecaster.possible else None

    def _day(self, instant: str) -> int:
        at = min(datetime.fromisoformat(instant), self._now)
        return at.astimezone(self._zone).toordinal()


def _rest_of_day(now: datetime) -> float:
    seconds = (now.hour * 60 + now.minute) * 60 + now.second
    return 1 - seconds / 86_400


class _OpenCards:
    """The open cards of a board: their places in the plan, and their parts."""

    def __init__(self, board: Board, faces: Collection[CardFace], past: _Past) -> None:
        self._past = past
        self._places: dict[str, int] = {}
        self._parts: defaultdict[str, list[str]] = defaultdict(list)
        for face in faces:
            if face.lineage and to_do(face):
                for name in face.lineage.split():
                    kind, _, whole = name.partition(":")
                    if kind == PARENT:
                        self._parts[whole].append(face.id)
        self._ref_by_id = {face.id: face.ref for face in faces} if self._parts else {}
        self._in_progress = len(past.ages) - sum(
            self._ref_by_id[card] in self._parts for card in past.ages if self._parts
        )
        ready = ready_stage(board)
        if ready is not None:
            waiting = plan(board, ready, faces, {}, past.today, by_score=False)
            awaited = (
                row.face.id
                for row, at in waiting.with_words(str)
                if at and row.face.ref not in self._parts
            )
            self._places = {card: place for place, card in enumerate(awaited, 1)}

    def chance(self, face: CardFace, days: int) -> float | None:
        return self._chance(face.id, face.ref, days, ())[0]

    def due_card(self, face: CardFace) -> DueCard:
        due = date.fromisoformat(face.due)
        days = (due - self._past.today).days
        chance, unknown = self._chance(face.id, face.ref, days, ())
        parts = len(self._parts.get(face.ref, ()))
        return DueCard(
            face.id, face.ref, face.title, due, days, chance, unknown,
            None if parts else self._past.ages.get(face.id),
            None if parts else self._places.get(face.id),
            parts,
        )  # fmt: skip

    def _chance(
        self, card_id: str, ref: str, days: int, above: tuple[str, ...]
    ) -> tuple[float | None, Unknown | None]:
        """The chance that a card is finished within so many days, or why it is unknown; `above` are
        the cards that it is part of."""
        if days < 0:
            return 0.0, None
        parts = self._parts.get(ref)
        if parts and card_id not in above:
            inside = (*above, card_id)
            chances = [self._chance(part, self._ref_by_id[part], days, inside)[0] for part in parts]
            known = [chance for chance in chances if chance is not None]
            return (prod(known), None) if len(known) == len(parts) else (None, "a part is unknown")
        past = self._past
        if card_id in past.ages:
            chance = past.remaining.chance(past.ages[card_id], days)
            return (chance, None) if chance is not None else (None, "too few older cards")
        place = self._places.get(card_id)
        if place is None:
            return None, "not in the plan"
        if past.rate is None:
            return None, "too little throughput"
        return past.rate.chance(self._in_progress + place, days + past.rest_of_today), None
