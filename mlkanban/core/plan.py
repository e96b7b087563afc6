"""Planning: which cards could be pulled next, which are ready, and in which order."""

from collections.abc import Collection, Mapping
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

from mlkanban.core.board import Board, CardFace, Stage, asleep, place
from mlkanban.core.score import Score, parse_score
from mlkanban.records import record

EVEN = 0.5
"""With a chance below it is doubtful that a card is finished by its day."""
AHEAD = 30
"""Days that a plan covers when no day is given."""


class PlanRow(NamedTuple):
    """A card of the plan; `score` is its value for effort, None where none was typed."""

    face: CardFace
    score: Score | None


@record(frozen=True)
class Plan:
    """A plan: `ideas` are pulled into the stage `ready`, whose cards are `rows`; both in the order
    in which they would be taken.

    `standing` also counts the snoozed cards there: they keep their slots. `free` is what CONWIP
    leaves, None without a CONWIP limit. The snoozed cards are `ideas_asleep` and `rows_asleep`.
    """

    ready: Stage
    ideas: tuple[PlanRow, ...]
    rows: tuple[PlanRow, ...]
    standing: int
    free: int | None = None
    ideas_asleep: int = 0
    rows_asleep: int = 0

    @property
    def room(self) -> int | None:
        """How many more cards the stage takes; None without a limit."""
        limit = self.ready.limit
        rooms = [] if limit is None else [limit - self.standing]
        rooms += [] if self.free is None else [self.free]
        return max(0, min(rooms)) if rooms else None

    @property
    def begun(self) -> tuple[PlanRow, ...]:
        """The cards that are in progress already, where those that are ready are committed."""
        return self.rows if self.ready.committed else ()

    @property
    def waiting(self) -> tuple[PlanRow, ...]:
        """The others, in the order in which they would be begun."""
        return self.ideas if self.ready.committed else (*self.rows, *self.ideas)

    @property
    def order(self) -> list[str]:
        """The short ids of these."""
        return [row.face.ref for row in self.waiting]

    @property
    def next(self) -> tuple[PlanRow, ...]:
        """The cards that replenishing pulls: the first ideas for which there is room."""
        return self.ideas[: self.room or 0]


def ready_stage(board: Board) -> Stage | None:
    """The stage that is replenished: the last one before commitment, or the first committed one
    where only one stage comes before it. None when there is no stage before commitment."""
    if not board.first_committed or len(board.stages) < 2:
        return None
    return board.stages[max(1, board.first_committed - 1)]


def plan_order(board: Board, faces: Collection[CardFace], today: date) -> list[str]:
    """The short ids of the cards that are not begun, in the order in which they would be."""
    ready = ready_stage(board)
    if ready is None:
        return []
    return plan(board, ready, faces, {}, today, by_score=False).order


def plan(
    board: Board,
    ready: Stage,
    faces: Collection[CardFace],
    scores: Mapping[str, str],
    today: date,
    *,
    by_score: bool,
    worths: Mapping[str, float] = MappingProxyType({}),
    unit: str = "",
) -> Plan:
    """Plan the open, awake cards before commitment. `scores` are those typed, by card id, `worths`
    what cards bring, in `unit`. Ordered by score, those by worth come first, cards without one
    last; ties are in board order."""
    at = board.position(ready.id)
    open_cards = [face for face in faces if face.is_open and board.position(face.stage) <= at]
    open_cards.sort(key=lambda face: (board.position(face.stage), *place(face)))
    sleepers = [face for face in open_cards if asleep(face, today)]
    rows = [
        PlanRow(face, _score(scores.get(face.id, ""), worths.get(face.id), unit))
        for face in open_cards
        if not asleep(face, today)
    ]
    if by_score:
        rows.sort(key=lambda row: row.score.rank if row.score else (3, 0.0))
    return Plan(
        ready,
        tuple(row for row in rows if row.face.stage != ready.id),
        tuple(row for row in rows if row.face.stage == ready.id),
        sum(face.stage == ready.id for face in open_cards),
        _free(board, ready, faces),
        sum(face.stage != ready.id for face in sleepers),
        sum(face.stage == ready.id for face in sleepers),
    )


def _score(typed: str, worth: float | None, unit: str) -> Score | None:
    """A score, with what its card brings where it takes that as its value."""
    score = parse_score(typed)
    if score is None or not score.takes_worth or worth is None:
        return score
    return score.of_worth(worth, unit)


def _free(board: Board, ready: Stage, faces: Collection[CardFace]) -> int | None:
    """How many more cards may be in progress, where the stage counts as in progress."""
    if board.conwip is None or not board.is_committed(ready.id):
        return None
    return board.conwip - sum(f.is_open and board.is_committed(f.stage) for f in faces)
