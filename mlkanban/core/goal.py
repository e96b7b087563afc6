"""The goal of a board in numbers: the target of the business metric, and its readings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from mlkanban.core.metrics import parse_number, reaches
from mlkanban.errors import UsageProblem
from mlkanban.text import beginning

PREFIX = "reading:"
"""The prefix of the field of a board that stores the last reading of a metric; the metric's name
follows."""
MEASURED = "charter.measured"
SECTION = "target"
"""The section of the charter that holds the target."""
_NAMED = 60
"""As many letters of a text are named where it cannot be read."""


class GoalTarget(NamedTuple):
    """What the business metric is to reach: at least `target` for `>=`, at most for `<=`."""

    metric: str
    direction: Literal[">=", "<="]
    target: float
    unit: str = ""

    def reached(self, value: float) -> bool:
        return reaches({"direction": self.direction, "target": self.target}, value)


class GoalReading(NamedTuple):
    """A value of a business metric; `at` is ISO 8601 UTC."""

    metric: str
    value: float
    at: str
    note: str = ""

    def to_field(self) -> dict[str, Any]:
        """The value of the board's field."""
        return {"value": self.value, "at": self.at, "note": self.note}


class Goal(NamedTuple):
    """The target of a board, if it has one, and the last reading of each metric: the one of the
    target first, then the newest."""

    target: GoalTarget | None
    readings: tuple[GoalReading, ...]

    @property
    def now(self) -> GoalReading | None:
        """The reading to show: of the metric of the target, or without a target the newest."""
        first = next(iter(self.readings), None)
        if self.target and first and first.metric != self.target.metric:
            return None
        return first

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None where that is not known."""
        return self.target.reached(self.now.value) if self.target and self.now else None


def parse_target(text: str) -> GoalTarget:
    """Parse what a business metric is to reach, `eur_saved>=50000 EUR/year`."""
    sign: Literal[">=", "<="] = "<=" if "<=" in text else ">="
    name, found, rest = text.partition(sign)
    target, *unit = rest.split() or [""]
    metric = " ".join(name.split())
    if not (metric and found and target) or any(mark in name + rest for mark in "<>="):
        raise UsageProblem(
            f"{beginning(text, _NAMED)!r} does not say what to reach.",
            "Write it as eur_saved>=50000 EUR/year.",
        )
    return GoalTarget(metric, sign, parse_number(target), " ".join(unit))


def goal_in(fields: Mapping[str, Any]) -> Goal:
    """The goal of a board with these fields. Malformed values are left out, since logs come from
    elsewhere, too."""
    text = fields.get(f"charter:{SECTION}")
    try:
        target = parse_target(str(text)) if text else None
    except UsageProblem:
        target = None
    some = (
        reading_of(name.removeprefix(PREFIX), kept)
        for name, kept in fields.items()
        if name.startswith(PREFIX) and kept
    )
    newest = sorted(filter(None, some), key=lambda reading: reading.at, reverse=True)
    aim = target.metric if target else ""
    return Goal(target, tuple(sorted(newest, key=lambda reading: reading.metric != aim)))


def reading_of(metric: str, kept: Any) -> GoalReading | None:
    """A reading as it is stored; None where it is malformed."""
    try:
        return GoalReading(
            metric, float(kept["value"]), str(kept["at"]), str(kept.get("note") or "")
        )
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        return None
