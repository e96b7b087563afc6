"""The report of a board for people who do not use it: what it has to say, before it is in words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from mlkanban.board_file import read_of_board, write_of_board
from mlkanban.core.board import Board, CardFace, Outcome, Work, to_do
from mlkanban.core.card import Blocker
from mlkanban.core.goal import Goal
from mlkanban.core.score import parse_score
from mlkanban.core.timestamps import instant, moment
from mlkanban.flow.card_chances import LEVELS, card_chances
from mlkanban.flow.percentiles import percentiles
from mlkanban.flow.sample import Sample, follow
from mlkanban.flow.throughput import Throughput, throughput
from mlkanban.flow.window import Window
from mlkanban.store import repository

if TYPE_CHECKING:
    from mlkanban.core.model_health import HealthReading
    from mlkanban.core.profit_curve import WorthMarks
    from mlkanban.flow.portfolio import Standing
    from mlkanban.service.boards import Boards
    from mlkanban.service.charter import Charter
    from mlkanban.service.history import History
    from mlkanban.service.models_in_use import ModelsInUse
    from mlkanban.service.portfolio import Portfolio
    from mlkanban.service.review import Reviews
    from mlkanban.service.transaction import Context
    from mlkanban.service.worth import CardWorths

FILE = "reports.json"
"""When reports were made, beside the store: whoever deletes it loses nothing else."""
FIRST_DAYS = 30
"""A first report looks back so many days."""
PACE_DAYS = 90
_KEPT_DAYS = 2
"""Of so many days the last report is kept: a second one today looks back to the day before, too."""
_NAMED = re.compile(r"(?<![\w@.])@([\w][\w.-]*)")
_FINISHED = (Outcome.SHIPPED, Outcome.LEARNED, Outcome.SUPERSEDED)
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """What a report is asked for: `query` names the cards of `refs`, '' for all; `person` is whom
    it is for, '' for everybody. `since` is what it looks back to, None for the last report or
    review."""

    query: str = ""
    refs: frozenset[str] | None = None
    person: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReportSince:
    """What a report looks back to; `event` is what happened then, '' for a day that was asked for,
    or that is the usual one."""

    at: datetime
    event: Literal["report", "review", ""] = ""


@dataclass(frozen=True, slots=True)
class Need:
    """A card that waits for somebody else: why, for whom (as far as they are named), since when."""

    ref: str
    title: str
    reason: str
    note: str
    people: tuple[str, ...]
    since: date
    days: int
    due: date | None


@dataclass(frozen=True, slots=True)
class NextCard:
    """A card in progress, promised or due. By `even` it is finished with a chance of 50 %, by
    `likely` with one of 85 %; None where that is not known. `state` is `blocked`, `running` or
    ''; `external` is whether it waits for somebody else. `promised` is the day until which it was
    promised, `chance` the one to be finished by `by`, the due or the promised day."""

    ref: str
    title: str
    stage: str
    committed: bool
    state: str
    reason: str
    external: bool
    even: date | None
    likely: date | None
    due: date | None
    chance: float | None
    promised: date | None

    @property
    def by(self) -> date | None:
        return self.due or self.promised


@dataclass(frozen=True, slots=True)
class ReportedEnd:
    """A card that was finished, with its conclusion."""

    ref: str
    title: str
    outcome: str
    day: date
    conclusion: str
    win: bool
    score: float | None


@dataclass(frozen=True, slots=True)
class ReportedModel:
    """A model in use: `name` is '' where nobody gave it one. `silent` is the day of the last
    reading of a metric that should have had another one since, None where none is silent."""

    ref: str
    title: str
    name: str
    version: str
    owner: str
    since: date | None
    health: str
    reading: HealthReading | None
    read: date | None
    silent: date | None


@dataclass(frozen=True, slots=True)
class ReportPace:
    """How fast cards are finished, in the last days: `half` and `most` (85 %) took so many days at
    most, None where too few were finished."""

    counted: Throughput
    half: int | None
    most: int | None


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One board among all."""

    key: str
    name: str
    here: bool
    standing: Standing
    waiting: int
    finished: int


@dataclass(frozen=True, slots=True)
class BoardReport:
    """A report. `outcomes` counts the cards that ended since, by outcome; `won` and `learned` are
    all of these, the first ones first. `imported` more came finished from a list of another tool
    that does not say how."""

    board: Board
    wanted: ReportRequest
    since: ReportSince
    now: datetime
    zone: ZoneInfo
    charter: Mapping[str, str]
    goal: Goal
    worth: WorthMarks | None
    needs: tuple[Need, ...]
    next: tuple[NextCard, ...]
    outcomes: Mapping[str, int]
    imported: int
    won: tuple[ReportedEnd, ...]
    learned: tuple[ReportedEnd, ...]
    models: tuple[ReportedModel, ...]
    pace: ReportPace
    boards: tuple[BoardRow, ...]
    sample: Sample

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()


class Reports:
    """Reports of boards, and when they were made."""

    def __init__(
        self,
        context: Context,
        boards: Boards,
        charter: Charter,
        history: History,
        portfolio: Portfolio,
        reviews: Reviews,
        models: ModelsInUse,
        worth: CardWorths,
    ) -> None:
        self._context = context
        self._boards, self._charter = boards, charter
        self._history, self._portfolio, self._reviews = history, portfolio, reviews
        self._models, self._worth = models, worth

    def make(
        self,
        board: Board,
        wanted: ReportRequest,
        *,
        all_boards: bool = False,
        progress: Progress = lambda part: None,
    ) -> BoardReport:
        """Gather a report of a board; `progress` hears which part comes next."""
        now = self._context.clock()
        zone = ZoneInfo(board.timezone)
        today = now.astimezone(zone).date()
        since = self._since(board, wanted, now)
        progress("history")
        workflow, histories = self._history.for_flow(board, now)
        sample = follow(workflow, histories, now, Window.back(PACE_DAYS, today))
        faces = self._boards.snapshot(board.id).faces
        kept = [f for f in faces if wanted.refs is None or f.ref in wanted.refs]
        worth = self._worth.marks(board, now)
        sample = replace(sample, worth=worth)
        some = sample if wanted.refs is None else sample.only(wanted.refs, wanted.query)
        progress("cards in progress")
        blockers = self._boards.blockers(board.id)
        ended = self._ended_since(board, kept, since)
        with self._context.store.reading() as conn:
            guessed = repository.guessed_ends(conn, board.id)
        said = [(at, face) for at, face in ended if face.id not in guessed]
        cards = self._conclusions(board, said)
        starred = [c for c in cards if c.win or c.outcome == Outcome.SHIPPED]
        rows: tuple[BoardRow, ...] = ()
        if all_boards:
            rows = tuple(self._rows(board, since, now, progress))
        return BoardReport(
            board,
            wanted,
            since,
            now,
            zone,
            self._charter.of(board.id),
            self._charter.goal(board.id),
            worth,
            tuple(_needs(kept, blockers, zone, today, wanted.person)),
            tuple(self._next(board, kept, sample, blockers, today)),
            Counter(face.outcome for _, face in said),
            len(ended) - len(said),
            tuple(sorted(starred, key=lambda c: (not c.win, -(c.score or -1.0)))),
            tuple(c for c in cards if c.outcome == Outcome.LEARNED and not c.win),
            tuple(self._used(board, kept, zone, wanted.person)),
            _pace(some),
            rows,
            some,
        )

    def remember(self, report: BoardReport) -> None:
        """Keep when a report was made, for the next one; OSError where that cannot be done."""
        file = self._context.store.path.parent / FILE
        made = _made(read_of_board(file, report.board.id))
        audience = _audience(report.wanted)
        # The next one looks back to the last one of an earlier day.
        ats = [at for at in map(moment, made.get(audience, ())) if at and at < report.now]
        of_days = {at.astimezone(report.zone).date(): at for at in sorted([*ats, report.now])}
        made[audience] = [*map(instant, of_days.values())][-_KEPT_DAYS:]
        write_of_board(file, report.board.id, made)

    def _since(self, board: Board, wanted: ReportRequest, now: datetime) -> ReportSince:
        """The last report for the same people on an earlier day, or the last review on one, if
        that came later. A second report on one day looks back as far as the first one, and one
        right after a review has the days before it."""
        if wanted.since is not None:
            return ReportSince(wanted.since)
        zone = ZoneInfo(board.timezone)
        today = now.astimezone(zone).date()
        file = self._context.store.path.parent / FILE
        made = _made(read_of_board(file, board.id)).get(_audience(wanted), [])
        reports = [at for at in map(moment, made) if at and at.astimezone(zone).date() < today]
        known = [ReportSince(at, "report") for at in reports]
        reviews = (review.ended for review in self._reviews.ended(board.id))
        known += [
            ReportSince(at, "review") for at in reviews if at and at.astimezone(zone).date() < today
        ]
        if known:
            return max(known, key=lambda one: one.at)
        begin = datetime.combine(today - timedelta(days=FIRST_DAYS), datetime.min.time(), zone)
        return ReportSince(begin.astimezone(UTC))

    def _conclusions(
        self, board: Board, ended: Sequence[tuple[datetime, CardFace]]
    ) -> list[ReportedEnd]:
        """What cards that ended at these instants came to, the last one first."""
        with self._context.store.reading() as conn:
            cards = repository.cards(conn, [face for _, face in ended])
        conclusions = []
        for (at, face), card in zip(reversed(ended), reversed(cards), strict=True):
            score = parse_score(card.score) if card.score else None
            conclusions.append(
                ReportedEnd(
                    card.ref, card.title, face.outcome, board.day_of(at), card.verdict,
                    bool(card.values.get("win")), score.value if score else None,
                )
            )  # fmt: skip
        return conclusions

    def _next(
        self,
        board: Board,
        kept: Sequence[CardFace],
        sample: Sample,
        blockers: Mapping[str, Blocker],
        today: date,
    ) -> Iterator[NextCard]:
        """The cards in progress, and the promised and due ones that are not: those whose day comes
        first first."""
        chances = card_chances(sample.of_all_time)
        with self._context.store.reading() as conn:
            ids = repository.promised(conn, board.id)
            cards = repository.cards(conn, [face for face in kept if face.id in ids])
        promises = {card.id: card.values["promised"] for card in cards}
        found = []
        for face in kept:
            if not to_do(face):
                continue
            committed = board.is_committed(face.stage)
            promised = promises.get(face.id)
            if not (committed or face.due or promised):
                continue
            even, likely = (_day(chances.days(face.ref, p), today) for p in LEVELS)
            due = date.fromisoformat(face.due) if face.due else None
            by = due or promised
            chance = chances.by(face.ref, (by - today).days)[0] if by else None
            block = blockers.get(face.id)
            running = face.work == Work.UNATTENDED
            found.append(
                NextCard(
                    face.ref, face.title, board.stage(face.stage).name, committed,
                    "blocked" if block else "running" if running and committed else "",
                    block.reason.value if block else "", bool(block and block.external),
                    even, likely, due, chance, promised,
                )
            )  # fmt: skip
        never = date.max
        found.sort(
            key=lambda c: (c.due or c.promised or c.likely or never, c.likely or never, c.ref)
        )
        yield from found

    def _used(
        self, board: Board, faces: Sequence[CardFace], zone: ZoneInfo, person: str
    ) -> Iterator[ReportedModel]:
        """The models in use among these cards, those that are silent or at alert first; only those
        of one `person`, if that is named."""
        refs = {face.ref for face in faces}
        for model in self._models.all(board):
            version = model.version
            card = version.card
            if card.ref not in refs or (person and not same_person(card.owner, person)):
                continue
            reading = next(iter(card.readings), None)
            yield ReportedModel(
                card.ref, card.title, card.model, card.version, card.owner,
                _day_of(version.since, zone), version.face.health, reading,
                _day_of(reading.at, zone) if reading else None,
                model.silence.last.astimezone(zone).date() if model.silence else None,
            )  # fmt: skip

    def _ended_since(
        self, board: Board, faces: Collection[CardFace], since: ReportSince
    ) -> list[tuple[datetime, CardFace]]:
        """The cards that were finished after what a report looks back to, in order of that:
        shipped, learned and superseded ones, but no duplicates. A day counts from its first instant
        on."""
        with self._context.store.reading() as conn:
            duplicates = repository.merged(conn, board.id)
        ended = [
            (at, face)
            for face in faces
            if face.outcome in _FINISHED
            and face.id not in duplicates
            and (at := moment(face.finished_at)) is not None
            and (at > since.at or (at == since.at and not since.event))
        ]
        return sorted(ended, key=lambda pair: (pair[0], pair[1].ref))

    def _rows(
        self, here: Board, since: ReportSince, now: datetime, progress: Progress
    ) -> Iterator[BoardRow]:
        for board in self._boards.all():
            progress(board.name)
            faces = self._boards.snapshot(board.id).faces
            waiting = sum(bool(f.block_external and f.block_reason) and f.is_open for f in faces)
            standing = self._portfolio.standing(board)
            finished = len(self._ended_since(board, faces, since))
            yield BoardRow(board.key, board.name, board.id == here.id, standing, waiting, finished)


def people_in(text: str) -> tuple[str, ...]:
    """The people that a text names: `@maria`, `@risk-team`."""
    return tuple(dict.fromkeys(name.rstrip(".-") for name in _NAMED.findall(text)))


def _needs(
    faces: Sequence[CardFace],
    blockers: Mapping[str, Blocker],
    zone: ZoneInfo,
    today: date,
    person: str,
) -> Iterator[Need]:
    """What waits for others, the longest first; only what waits for one `person`, if that is
    named."""
    found = []
    for face in faces:
        block = blockers.get(face.id)
        if block is None or not block.external or not face.is_open:
            continue
        people = people_in(block.note)
        if person and not any(same_person(name, person) for name in people):
            continue
        begun = block.since.astimezone(zone).date()
        found.append(
            Need(
                face.ref, face.title, block.reason.value, block.note, people, begun,
                max(0, (today - begun).days), date.fromisoformat(face.due) if face.due else None,
            )
        )  # fmt: skip
    yield from sorted(found, key=lambda need: (need.since, need.ref))


def _day(days: int | None, today: date) -> date | None:
    return None if days is None else today + timedelta(days=days)


def same_person(one: str, other: str) -> bool:
    """Whether two names mean one person: `@risk-team` is the owner `risk team`."""
    return _plain_name(one) == _plain_name(other)


def _plain_name(name: str) -> str:
    return " ".join(name.casefold().replace("-", " ").split())


def _day_of(at: str, zone: ZoneInfo) -> date | None:
    then = moment(at)
    return then.astimezone(zone).date() if then else None


def _pace(sample: Sample) -> ReportPace:
    took = percentiles(sorted(map(sample.days_of, sample.finished)))
    return ReportPace(throughput(sample), took.get(50), took.get(85))


def _audience(wanted: ReportRequest) -> str:
    return f"{wanted.query}|{wanted.person.casefold()}"


def _made(kept: object) -> dict[str, list[str]]:
    """When reports were made, by whom they were for; nothing where the file says something else."""
    if not isinstance(kept, dict):
        return {}
    return {
        str(audience): [str(at) for at in made]
        for audience, made in kept.items()
        if isinstance(made, list)
    }
