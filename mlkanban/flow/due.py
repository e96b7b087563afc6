"""How likely each open card is finished by its due date (see `card_chances`).

Lists and previews ask that of the cards as the board has them, without reading the log again; the
number of the same name asks it of a sample, and as of any day.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import field, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from mlkanban.core.board import Board, CardFace, to_do
from mlkanban.core.lineage import PARENT, origins
from mlkanban.core.plan import EVEN, plan_order
from mlkanban.flow.card_chances import (
    TO_DO,
    CardChances,
    Remaining,
    Unknown,
    card_chances,
    rest_of_day,
)
from mlkanban.flow.forecast import Dates, Forecaster
from mlkanban.flow.sample import Sample
from mlkanban.flow.survival import kaplan_meier
from mlkanban.flow.window import Scope, Window
from mlkanban.records import record

LIKELY = 85
"""The chance in percent with which a day is told."""


@record(frozen=True, slots=True)
class DueCard:
    """An open card with a due date, so many `days` away, below 0 when it is past. `chance` to be
    finished by then, None where it is `unknown` why. It rests on `age_days`, on the `place` in the
    plan from 1, or on so many open `parts`; the others are None or 0."""

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


@record(frozen=True, slots=True)
class DueDates:
    """The open cards with due dates, the first day first, of equal ones the least likely. `n`
    finished cards of the board stand behind the chances."""

    cards: tuple[DueCard, ...]
    n: int
    scope: Scope

    def only(self, refs: Collection[str], query: str) -> "DueDates":
        """Those of the cards with these short ids, which a `query` found."""
        some = tuple(card for card in self.cards if card.ref in refs)
        return replace(self, cards=some, scope=replace(self.scope, only=query))


def due(sample: Sample) -> DueDates:
    """Judge the due dates of the cards of a sample by all cards of the board and all time."""
    board = sample.of_board.of_all_time
    chances = card_chances(board)
    cards = [
        _due_card(card.ref, card.history.title, card.history.due, sample.today, chances)
        for card in sample.cards
        if card.history.due and card.flow.state in TO_DO
    ]
    return DueDates(_sorted(cards), len(board.finished), sample.of_all_time.scope)


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
    past = _BoardHistory(board, faces, archived, duplicates, now)
    chances = _chances(board, faces, past)
    cards = [
        _due_card(face.ref, face.title, face.due, past.today, chances)
        for face in faces
        if face.due and to_do(face)
    ]
    scope = Scope(Window.back(None, past.today), past.today, board.timezone)
    return DueDates(_sorted(cards), past.n, scope)


def chances_by(
    board: Board,
    faces: Collection[CardFace],
    archived: Mapping[str, str],
    duplicates: Collection[str],
    now: datetime,
    day: date,
) -> dict[str, tuple[float | None, Unknown | None]]:
    """The chance of each open card to be finished by a day, by card id, or why it is unknown; the
    others as for `due_dates`."""
    past = _BoardHistory(board, faces, archived, duplicates, now)
    chances, days = _chances(board, faces, past), (day - past.today).days
    return {face.id: chances.by(face.ref, days) for face in faces if to_do(face)}


class PartsDone(NamedTuple):
    """Of a card with parts, how many are done and how many there are, and the day by which all of
    them are done with 85 %: None where nothing is left, or the day is unknown or over a year away.
    As `burn_up` has it."""

    done: int
    total: int
    by: date | None


@record(frozen=True, slots=True)
class Prospects:
    """What the faces of cards say of the time to come, by card id: the chance of each due date that
    is known, and the parts of cards that have some."""

    chances: Mapping[str, float] = field(default_factory=dict)
    parts: Mapping[str, PartsDone] = field(default_factory=dict)

    @property
    def doubtful(self) -> frozenset[str]:
        """The ids of the cards with a chance below 50 %."""
        return frozenset(card for card, chance in self.chances.items() if chance < EVEN)


def prospects(
    board: Board,
    faces: Collection[CardFace],
    archived: Mapping[str, str],
    duplicates: Collection[str],
    now: datetime,
) -> Prospects:
    """The prospects of the open cards; the arguments are those of `due_dates`."""
    past = _BoardHistory(board, faces, archived, duplicates, now)
    chances = _chances(board, faces, past)
    done: Counter[str] = Counter()
    for face in faces:
        if face.lineage and not to_do(face):
            left = face.outcome in ("abandoned", "discarded") or face.id in duplicates
            if not left and face.id not in archived:
                done.update(origins(face, PARENT)[:1])
    dated, parts = {}, {}
    for face in faces:
        if not to_do(face):
            continue
        if face.due:
            dated[face.id] = _due_card(face.ref, face.title, face.due, past.today, chances).chance
        open_parts = len(chances.parts_of(face.ref))
        if total := open_parts + done[face.ref]:
            by = _all_done_by(face.ref, past.today, chances) if open_parts else None
            parts[face.id] = PartsDone(done[face.ref], total, by)
    return Prospects({card: c for card, c in dated.items() if c is not None}, parts)


def _all_done_by(ref: str, today: date, chances: CardChances) -> date | None:
    """The day by which all open parts of a card are done with 85 %, where that is known."""
    days = chances.days(ref, LIKELY)
    return None if days is None else today + timedelta(days=days)


def _chances(board: Board, faces: Collection[CardFace], past: "_BoardHistory") -> CardChances:
    return CardChances(
        past.remaining,
        past.ages,
        _open_parts(faces),
        plan_order(board, faces, past.today),
        past.dates,
        rest_of_day(past.now),
        {face.ref for face in faces if face.block_reason},
    )


def _due_card(ref: str, title: str, due: str, today: date, chances: CardChances) -> DueCard:
    day = date.fromisoformat(due)
    days = (day - today).days
    chance, unknown = chances.by(ref, days)
    parts = len(chances.parts_of(ref))
    return DueCard(
        ref, title, day, days, chance, unknown,
        None if parts else chances.ages.get(ref),
        None if parts else chances.place(ref),
        parts,
    )  # fmt: skip


def _sorted(cards: list[DueCard]) -> tuple[DueCard, ...]:
    return tuple(sorted(cards, key=lambda card: (card.due, card.chance or 0.0, card.ref)))


def _open_parts(faces: Collection[CardFace]) -> Mapping[str, list[str]]:
    """The open parts of each card that has some, by short id."""
    parts: defaultdict[str, list[str]] = defaultdict(list)
    for face in faces:
        if face.lineage and to_do(face):
            for name in face.lineage.split():
                kind, _, whole = name.partition(":")
                if kind == PARENT:
                    parts[whole].append(face.ref)
    return parts


class _BoardHistory:
    """What the committed cards of a board took, and how fast they are finished."""

    def __init__(
        self,
        board: Board,
        faces: Collection[CardFace],
        archived: Mapping[str, str],
        duplicates: Collection[str],
        now: datetime,
    ) -> None:
        self.now = now.astimezone(ZoneInfo(board.timezone))
        self.today = self.now.date()
        self.ages: dict[str, int] = {}
        """Of open cards, by short id."""
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
                    self.ages[face.ref] = days
        self.n = len(took)
        self.remaining = Remaining(kaplan_meier(took, censored), over=False)

    def dates(self) -> Dates | None:
        """When so many cards are finished; None with too little throughput."""
        forecaster = Forecaster()
        days = range(self._first, self.today.toordinal())
        forecaster.learn([self._done[day] for day in days])
        return forecaster.dates() if forecaster.possible else None

    def _day(self, instant: str) -> int:
        at = min(datetime.fromisoformat(instant), self.now)
        return at.astimezone(self.now.tzinfo).toordinal()
