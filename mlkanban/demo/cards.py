"""The cards of the demo board, as cards.toml describes them."""

import re
import tomllib
from dataclasses import dataclass, field
from importlib import resources
from random import Random
from typing import Any

from mlkanban.demo.schedule import DAY, Steps, names

_USUAL = {
    "experiment": "data 0.7, features 0.8, train 0.4, run 0.9, eval 0.9",
    "data": "data 2.5, eval 0.6",
    "feature": "data 0.6, features 1.8, eval 0.6",
    "model": "features 1, train 0.5, run 1, eval 1, deploy 0.8",
    "deployment": "eval 0.5, deploy 1.3",
    "monitoring": "data 0.5, features 0.8, deploy 0.6",
    "chore": "data 0.6",
}
_METRIC = re.compile(
    r"(?P<name>\S+) (?P<direction>>=|<=) (?P<target>\S+)"
    r"(?: from (?P<baseline>\S+))?(?: noise (?P<noise>\S+))?(?: to (?P<value>\S+))?"
)


@dataclass(frozen=True, slots=True)
class PlannedBlock:
    """A block in the visit `where`, for `days` working days, or since `waiting` calendar days
    ago."""

    where: str
    why: str
    note: str
    days: float = 0.0
    waiting: int = 0
    external: bool | None = None
    until: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """How the runs of the visit `where` failed: exit status and last lines on stderr."""

    where: str
    exit: int
    last: list[str]


@dataclass(frozen=True, slots=True)
class Alert:
    """A reading of a metric of a model in use, either `days` working days before the card `before`
    began, or `ago` calendar days ago."""

    metric: str
    value: float
    threshold: str
    note: str = ""
    before: str = ""
    days: float = 0.0
    ago: int = 0


@dataclass(frozen=True, slots=True)
class DemoTest:
    """An A/B test in which less is better: the names of its arms, the least difference that is
    worth it, and for each of the last days successes and n of the one in use, and of the
    challenger."""

    control: str
    challenger: str
    least: float
    told: list[list[int]]


@dataclass(frozen=True, slots=True)
class DemoSeries:
    """Readings of a metric of a model in use: the last of the `values` was told `until` calendar
    days ago, each of the others `every` days before the next one."""

    metric: str
    threshold: str
    every: int
    until: int
    values: list[float]

    def alerts(self) -> list[Alert]:
        last = len(self.values) - 1
        return [
            Alert(self.metric, value, self.threshold, ago=self.until + self.every * (last - at))
            for at, value in enumerate(self.values)
        ]


@dataclass(frozen=True, slots=True)
class DemoCard:
    """One card of cards.toml; `end` is its outcome, '' while it is open."""

    title: str
    type: str
    tags: str
    end: str = "shipped"
    key: str = ""
    path: str = ""
    priority: str = ""
    service_class: str = ""
    verdict: str = ""
    hypothesis: str = ""
    dataset: str = ""
    metric: str = ""
    worth: str = ""
    runs: list[float | list[float]] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    gpus: int = 1
    host: str = ""
    job: int = 0
    failures: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    checklist: list[str] = field(default_factory=list)
    blocks: list[PlannedBlock] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)
    model: str = ""
    version: str = ""
    owner: str = ""
    look: int | None = None
    judged: int | None = None
    alerts: list[Alert] = field(default_factory=list)
    series: list[DemoSeries] = field(default_factory=list)
    ab: DemoTest | None = None
    parent: str = ""
    retrains: str = ""
    due: int | None = None
    snoozed: int | None = None
    override: str = ""
    after: str = ""
    live: bool = False
    ago: float | None = None

    @property
    def forced(self) -> dict[str, str]:
        """The visit that exceeds a limit, with the reason."""
        where, _, reason = self.override.partition(": ")
        return {where: reason} if where else {}

    @property
    def can_wait(self) -> bool:
        """Whether the card is placed in its turn: no card needs it, or it needs a full stage to
        exceed a limit."""
        return not self.key or bool(self.override)

    def steps(self, rng: Random | None = None, pace: float = 1.0) -> Steps:
        """The slots that the card goes through, with minutes, blocks included; with `rng` each time
        a little different."""
        steps: list[tuple[str, float]] = []
        for part in (self.path or _USUAL[self.type]).split(","):
            slot, days = part.split()
            varied = pace * rng.uniform(0.75, 1.3) if rng else pace
            steps.append((slot, float(days) * DAY * varied))
        for block in self.blocks:
            at = names(steps).index(block.where)
            slot, minutes = steps[at]
            steps[at] = (slot, minutes + block.days * DAY)
        return steps

    def measured(self) -> tuple[dict[str, Any], float | None]:
        """The metric as it is set at first, and the value reached in the end."""
        match = _METRIC.fullmatch(self.metric)
        if not match:
            return {}, None
        values: dict[str, Any] = {
            name: float(text)
            for name, text in match.groupdict().items()
            if text and name not in ("name", "direction")
        }
        reached = values.pop("value", None)
        return {"name": match["name"], "direction": match["direction"], **values}, reached


def read() -> dict[str, list[DemoCard]]:
    """The cards of cards.toml: finished, dropped and open ones, each in order."""
    file = resources.files("mlkanban.demo").joinpath("cards.toml")
    tables = tomllib.loads(file.read_text("utf-8"))
    ends = {"finished": "shipped", "dropped": "discarded", "open": ""}
    return {name: [_demo_card(card, end) for card in tables[name]] for name, end in ends.items()}


def _demo_card(table: dict[str, Any], end: str) -> DemoCard:
    values = {"end": end, **table}
    values["service_class"] = values.pop("class", "")
    values["alerts"] = [Alert(**alert) for alert in values.get("alerts", [])]
    values["series"] = [DemoSeries(**series) for series in values.get("series", [])]
    values["ab"] = DemoTest(**values["ab"]) if "ab" in values else None
    values["blocks"] = [PlannedBlock(**block) for block in values.get("blocks", [])]
    values["failures"] = [Failure(**failure) for failure in values.get("failures", [])]
    return DemoCard(**values)
