"""A whole card, as its page shows it and as what is given for it is checked."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from mlkanban.core.budget import budget_text
from mlkanban.core.metrics import metric_text
from mlkanban.core.model_health import HealthReading
from mlkanban.core.models import (
    BlockReason,
    CardType,
    Health,
    Outcome,
    Priority,
    ServiceClass,
    Work,
)
from mlkanban.core.score import parse_worth


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Blocker(_Frozen):
    """Why a card cannot go on. `until` is a condition: card:ID, run:ID or a date."""

    reason: BlockReason
    external: bool
    note: str = ""
    until: str = ""
    since: datetime


class Metric(_Frozen):
    """What an experiment is measured by: `direction` says which side of `target` is good."""

    name: str
    direction: Literal[">=", "<="] = ">="
    target: float | None = None
    baseline: float | None = None
    noise: float | None = None
    value: float | None = None

    def __str__(self) -> str:
        return metric_text(self.model_dump())


class CheckItem(_Frozen):
    """`gate` is the id (or the name) of the stage that is not to be left forward while the item is
    unticked."""

    text: str
    done: bool = False
    gate: str = ""


class Note(_Frozen):
    """A Markdown note, as it was corrected last; `at`, when it was written, in UTC. `id` is that of
    the event that wrote it."""

    id: str = ""
    at: datetime
    actor: str
    text: str


class Card(_Frozen):
    """One card with everything on it. Instants are UTC, `due` and `snoozed_until` are days;
    `metric` is as it was written, `measured` the same at the value that its runs stand at;
    `snoozed_run` is the run it is snoozed until, '' for a day. `health` and the last
    `readings` of its metrics are those of a model in use."""

    id: str
    ref: str
    board: str
    stage: str
    rank: str
    title: str
    type: CardType = CardType.EXPERIMENT
    priority: Priority = Priority.NORMAL
    service_class: ServiceClass = ServiceClass.STANDARD
    tags: tuple[str, ...] = ()
    due: date | None = None
    snoozed_until: date | None = None
    snoozed_run: str = ""
    blocker: Blocker | None = None
    metric: Metric | None = None
    measured: Metric | None = Field(default_factory=lambda given: given.get("metric"))
    work: Work = Work.ATTENDED
    hypothesis: str = ""
    dataset: str = ""
    worth: str = ""
    budget: str = ""
    checklist: tuple[CheckItem, ...] = ()
    links: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    parent: str = ""
    lineage: tuple[str, ...] = ()
    health: Health | None = None
    readings: tuple[HealthReading, ...] = ()
    outcome: Outcome | None = None
    verdict: str = ""
    archived: bool = False
    created_at: datetime
    entered_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    notes: tuple[Note, ...] = ()

    @field_validator("worth")
    @classmethod
    def _written_as_worth(cls, text: str) -> str:
        worth = parse_worth(text)
        return worth.text if worth else ""

    @field_validator("budget")
    @classmethod
    def _written_as_budget(cls, text: str) -> str:
        return budget_text(text)
