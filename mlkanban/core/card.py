"""A whole card, as its page shows it, and the parts that some of its fields have.

Plain dataclasses, so that `add`, `move` and `list` start without pydantic; pydantic checks against
them what comes from outside (core/field_kinds.py, service/fields.py).
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar

from mlkanban.core.board import (
    EXTERNAL_BY_DEFAULT,
    BlockReason,
    CardType,
    Health,
    Outcome,
    Priority,
    ServiceClass,
    Work,
)
from mlkanban.core.look_again import LookAgain
from mlkanban.core.metrics import GuardState, metric_text
from mlkanban.core.model_health import HealthReading
from mlkanban.core.timestamps import instant
from mlkanban.records import record

if TYPE_CHECKING:
    from mlkanban.core.ab_test import AbTest

T = TypeVar("T")
_STRICT: Mapping[str, Any] = {"extra": "forbid"}
"""What pydantic is told of these classes: a part that there is not makes a value malformed."""


@record(frozen=True, slots=True)
class Blocker:
    """Why a card cannot go on. `until` is a condition: card:ID, run:ID or a date."""

    __pydantic_config__: ClassVar = _STRICT

    reason: BlockReason
    external: bool
    since: datetime
    note: str = ""
    until: str = ""

    @property
    def unusual_side(self) -> str:
        """Who has to act, where that is not what the reason stands for by itself; else ''."""
        if self.external == (self.reason in EXTERNAL_BY_DEFAULT):
            return ""
        return "external" if self.external else "internal"


@record(frozen=True, slots=True)
class Metric:
    """What an experiment is measured by: `direction` says which side of `target` is good."""

    __pydantic_config__: ClassVar = _STRICT

    name: str
    direction: Literal[">=", "<="] = ">="
    target: float | None = None
    baseline: float | None = None
    noise: float | None = None
    value: float | None = None

    def __str__(self) -> str:
        return metric_text(to_json(self))


@record(frozen=True, slots=True)
class MeasuredGuard(Metric):
    """A guard at the value that its runs, or a person, gave it, and whether it holds there."""

    state: GuardState = GuardState.NOT_MEASURED


@record(frozen=True, slots=True)
class CheckItem:
    """`gate` is the id (or the name) of the stage that is not to be left forward while the item is
    unticked."""

    __pydantic_config__: ClassVar = _STRICT

    text: str
    done: bool = False
    gate: str = ""


def to_json(part: Blocker | Metric | CheckItem) -> dict[str, Any]:
    """A part in the shape the log keeps it."""
    values = {field.name: getattr(part, field.name) for field in fields(part)}
    return {
        name: instant(value) if isinstance(value, datetime)
        else str(value) if isinstance(value, StrEnum) else value
        for name, value in values.items()
    }  # fmt: skip


@record(frozen=True, slots=True)
class Note:
    """A Markdown note, as it was corrected last; `at`, when it was written, in UTC. `id` is that of
    the event that wrote it."""

    id: str
    at: datetime
    actor: str
    text: str


class _Value(Generic[T]):
    """A field of the table that code asks for by its name, with its type."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, card: "Card", owner: type["Card"]) -> T:
        value: T = card.values[self._name]
        return value


@record(frozen=True, slots=True)
class Card:
    """One card with everything on it. `values` holds every field by the name it has in THE table
    (core/card_fields.py). Instants are UTC, `due` and `snoozed_until` are days; `metric` and
    `guards` are as they were written, `measured` and `measured_guards` the same at the values that
    its runs stand at, and `ab` is its A/B test as recorded last; `snoozed_run` is the run
    it is snoozed until, '' for a day. `person` moved it last in progress. `readings` are the last
    ones of a model in use."""

    id: str
    ref: str
    board: str
    rank: str
    values: Mapping[str, Any]
    created_at: datetime
    entered_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    person: str = ""
    measured: Metric | None = None
    measured_guards: tuple[MeasuredGuard, ...] = ()
    readings: tuple[HealthReading, ...] = ()
    ab: "AbTest | None" = None
    notes: tuple[Note, ...] = ()

    stage = _Value[str]("stage")
    title = _Value[str]("title")
    type = _Value[CardType]("type")
    priority = _Value[Priority]("priority")
    service_class = _Value[ServiceClass]("class")
    work = _Value[Work]("work")
    tags = _Value[tuple[str, ...]]("tags")
    due = _Value[date | None]("due")
    metric = _Value[Metric | None]("metric")
    guards = _Value[tuple[Metric, ...]]("guards")
    hypothesis = _Value[str]("hypothesis")
    dataset = _Value[str]("dataset")
    score = _Value[str]("score")
    budget = _Value[str]("budget")
    parent = _Value[str]("parent")
    lineage = _Value[tuple[str, ...]]("lineage")
    needs = _Value[tuple[str, ...]]("needs")
    links = _Value[tuple[str, ...]]("links")
    checklist = _Value[tuple[CheckItem, ...]]("checklist")
    health = _Value[Health | None]("health")
    model = _Value[str]("model")
    version = _Value[str]("version")
    owner = _Value[str]("owner")
    configuration = _Value[str]("configuration")
    look_again = _Value[LookAgain | None]("look_again")
    verdict = _Value[str]("verdict")
    outcome = _Value[Outcome | None]("outcome")
    archived = _Value[bool]("archived")
    blocker = _Value[Blocker | None]("blocked")
    snoozed_until = _Value[date | None]("snoozed")
    snoozed_run = _Value[str]("snoozed_run")
