"""What a board is made of, and which cards it shows. Everything is frozen; a change makes a new
value through an event.

Plain dataclasses: the board is on the screen before pydantic would be loaded. What is given for
them is checked by pydantic where it comes in (service/fields.py); cards are in core/card.py.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime
from enum import IntEnum, StrEnum, auto
from functools import cached_property
from operator import attrgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from mlkanban.records import record


class StageKind(StrEnum):
    """What happens to a card in a stage."""

    QUEUE = "queue"
    """Work waits."""
    ACTIVE = "active"
    """Hands on."""
    GATE = "gate"
    """Waiting for a decision or an approval."""


class StageRole(IntEnum):
    """What a stage of a board for models is for, in the order in which work passes them."""

    SCOPE = auto()
    DATA = auto()
    BUILD = auto()
    TRAIN = auto()
    EVALUATE = auto()
    DEPLOY = auto()
    MONITOR = auto()

    @property
    def word(self) -> str:
        """Its name as people and files write it."""
        return self.name.lower()


NO_ROLE = "none"
"""The word for a stage that has none of these roles, whatever its name says."""
ROLE_WORDS = (*(role.word for role in StageRole), NO_ROLE)


class Outcome(StrEnum):
    """How a card ended."""

    SHIPPED = "shipped"
    LEARNED = "learned"
    """A decision was reached and the answer was no; finished work."""
    SUPERSEDED = "superseded"
    ABANDONED = "abandoned"
    """Stopped without an answer, after commitment."""
    DISCARDED = "discarded"
    """Dropped before commitment; outside all flow numbers."""


class CardType(StrEnum):
    EXPERIMENT = "experiment"
    DATA = "data"
    FEATURE = "feature"
    MODEL = "model"
    DEPLOYMENT = "deployment"
    MONITORING = "monitoring"
    CHORE = "chore"


class Priority(StrEnum):
    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class ServiceClass(StrEnum):
    STANDARD = "standard"
    EXPEDITE = "expedite"
    FIXED_DATE = "fixed-date"
    INTANGIBLE = "intangible"


class Work(StrEnum):
    """What a committed card is doing."""

    ATTENDED = "attended"
    UNATTENDED = "unattended"
    """A run is executing on a machine and nobody needs to look."""
    WAITING = "waiting"


class Health(StrEnum):
    """How a model in use is doing: the state of a card that was shipped."""

    OK = "ok"
    WATCH = "watch"
    """Somebody keeps an eye on it."""
    ALERT = "alert"
    """A metric passed its threshold, and nobody has decided yet."""
    RETRAINING = "retraining"
    SUPERSEDED = "superseded"
    """A newer model took its place."""
    RETIRED = "retired"
    """Out of use."""
    ROLLED_BACK = "rolled-back"
    """It failed, and the version before it is in use again."""


OUT_OF_USE = frozenset({Health.SUPERSEDED, Health.RETIRED, Health.ROLLED_BACK})
"""Models that nothing is expected of any more."""


class BlockReason(StrEnum):
    COMPUTE_QUEUE = "compute-queue"
    DATA_ACCESS = "data-access"
    DATA_QUALITY = "data-quality"
    LABELLING = "labelling"
    DEPENDENCY = "dependency"
    APPROVAL_GATE = "approval-gate"
    ENVIRONMENT = "environment"
    BUG = "bug"
    DECISION = "decision"
    OTHER = "other"


EXTERNAL_BY_DEFAULT = frozenset(
    {
        BlockReason.COMPUTE_QUEUE,
        BlockReason.DATA_ACCESS,
        BlockReason.LABELLING,
        BlockReason.DEPENDENCY,
        BlockReason.APPROVAL_GATE,
        BlockReason.DECISION,
    }
)
"""Reasons that usually lie with somebody else; the person can say otherwise."""
UNTIL_RUN = "9999-12-31"
"""The day of a card that is snoozed until a run of it ends; the run is named apart."""


class CardFace(NamedTuple):
    """What the board shows of a card, straight from one row: text as stored, instants ISO 8601.
    The columns of the table `card` are these, `board` and `deleted`; the projector fills them.

    A plain tuple, because ten thousand of them are made before the first picture.
    """

    id: str
    ref: str
    stage: str
    rank: str
    title: str
    type: str
    priority: str
    service_class: str
    tags: str
    due: str
    snoozed_until: str
    block_reason: str
    block_external: int
    metric: str
    work: str
    outcome: str
    archived: int
    created_at: str
    entered_at: str
    started_at: str
    finished_at: str
    version: int
    needs: str = ""
    health: str = ""
    lineage: str = ""
    runs: str = ""
    ab: str = ""
    person: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it is still to be done: neither finished nor archived. Only open cards count
        against limits."""
        return not self.outcome and not self.archived


place = attrgetter("rank", "id")
"""What the cards of a stage are sorted by."""


@record(frozen=True, slots=True)
class Stage:
    """A column of the workflow. `limit` is for attended cards when `unattended` is set, else for
    all of them; `soft` limits warn, others refuse; `committed` stages are work in progress. `role`
    is one of ROLE_WORDS, '' where the template of the board or the name of the stage says it.
    `deliverables` go on the checklists of new experiments and models, with a gate here."""

    id: str
    name: str
    kind: StageKind = StageKind.ACTIVE
    committed: bool = False
    limit: int | None = None
    unattended: int | None = None
    soft: bool = False
    rank: str = ""
    role: str = ""
    deliverables: tuple[str, ...] = ()


class BoardName(NamedTuple):
    """What a board is called: enough to find it among others."""

    id: str
    key: str
    name: str
    archived: bool = False


@record(frozen=True)
class Board:
    """A workflow with its stages in order; `conwip` limits all committed cards together.

    Nothing is changed on an `archived` board. `former` stages were removed; history still speaks of
    them. With `team_limits` limits hold for a whole team at once, where its database is reached.
    `of_team` says that more than one person had cards in progress. Every card of a board asks
    where its stage stands, so that is worked out once.
    """

    id: str
    key: str
    name: str
    stages: tuple[Stage, ...]
    timezone: str = "UTC"
    conwip: int | None = None
    template: str = ""
    former: tuple[Stage, ...] = ()
    archived: bool = False
    team_limits: bool = False
    of_team: bool = False

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def day_of(self, at: datetime) -> date:
        """The day of an instant in the time zone of the board."""
        return at.astimezone(self.zone).date()

    def past_day(self, stored: str, today: date) -> date:
        """The day of a stored instant in the time zone of the board; today for what a clock that
        was ahead dated later."""
        return min(self.day_of(datetime.fromisoformat(stored).replace(tzinfo=UTC)), today)

    @cached_property
    def first_committed(self) -> int:
        """Position of the commitment point; len(stages) when no stage is committed."""
        return next((i for i, s in enumerate(self.stages) if s.committed), len(self.stages))

    @cached_property
    def first_delivered(self) -> int:
        """Position after the last committed stage: being there, a card has been delivered."""
        last = [i for i, s in enumerate(self.stages) if s.committed]
        return last[-1] + 1 if last else len(self.stages)

    def position(self, stage_id: str) -> int:
        """Where a stage stands on the board, from 0.

        A removed stage counts as the one it followed, on the same side of commitment and delivery
        where there is one.
        """
        return self._positions.get(stage_id, 0)

    @cached_property
    def with_former(self) -> "Board":
        """The board with the removed stages back at their places: what history is read by.

        A removed stage that was committed stays so, and one between committed stages is; others
        stay before commitment or past delivery.
        """
        if not self.former:
            return self
        committed = [(s.rank, s.id) for s in self.stages[self.first_committed :] if s.committed]

        def part(stage: Stage) -> int:
            here = stage.rank, stage.id
            if stage.committed:
                return 1
            if not committed or here < committed[0]:
                return 0
            return 1 if here < committed[-1] else 2

        ordered = sorted(
            (*self.stages, *self.former), key=lambda stage: (part(stage), stage.rank, stage.id)
        )
        stages = tuple(replace(stage, committed=part(stage) == 1) for stage in ordered)
        return replace(self, stages=stages, former=())

    @cached_property
    def _positions(self) -> dict[str, int]:
        positions = {stage.id: at for at, stage in enumerate(self.stages)}
        for removed in self.former:
            at = max(0, sum(stage.rank < removed.rank for stage in self.stages) - 1)
            if self.is_committed(removed.id):
                at = max(self.first_committed, min(at, self.first_delivered - 1))
            elif self.is_delivered(removed.id):
                at = max(at, min(self.first_delivered, len(self.stages) - 1))
            positions[removed.id] = at
        return positions

    def stage(self, stage_id: str) -> Stage:
        return self.stages[self.position(stage_id)]

    def is_committed(self, stage_id: str) -> bool:
        board = self.with_former
        return board.first_committed <= board.position(stage_id) < board.first_delivered

    def is_delivered(self, stage_id: str) -> bool:
        board = self.with_former
        return board.position(stage_id) >= board.first_delivered


def stands(board: Board, face: CardFace) -> bool:
    """Whether a card has a place on the board: finished ones keep it past delivery, archived ones
    do not."""
    return face.is_open or (not face.archived and board.is_delivered(face.stage))


def to_do(face: CardFace) -> bool:
    """Whether a card is neither finished nor archived; past delivery it needs no outcome for it."""
    return face.is_open and not face.finished_at


def in_use(face: CardFace) -> bool:
    """Whether a card is a model in use: delivered, on the board, and with a health that says so."""
    return bool(
        face.health
        and face.health not in OUT_OF_USE
        and face.outcome == Outcome.SHIPPED
        and not face.archived
    )


def asleep(face: CardFace, today: date) -> bool:
    """Whether an open card is snoozed until a day after this one."""
    return face.is_open and face.snoozed_until > today.isoformat()


def on_board(board: Board, face: CardFace, today: date) -> bool:
    """Whether a card is shown on the board now. A snoozed card keeps its place and its slot,
    hidden."""
    return stands(board, face) and not asleep(face, today)


def waits(faces: Collection[CardFace]) -> dict[str, tuple[str, ...]]:
    """The short ids of the open cards that each open card still depends on, by card id."""
    needing = [face for face in faces if face.needs and face.is_open]
    if not needing:
        return {}
    needed = {ref for face in needing for ref in face.needs.split()}
    opened = {face.ref for face in faces if face.ref in needed and face.is_open}
    waiting = {face.id: tuple(r for r in face.needs.split() if r in opened) for face in needing}
    return {card: refs for card, refs in waiting.items() if refs}
