"""Model health: the readings of a model in use, and what follows for its card."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mlkanban.core.board import OUT_OF_USE, Health
from mlkanban.core.metrics import parse_number
from mlkanban.errors import UsageProblem

PREFIX = "alert:"
"""The prefix of the card field that stores the last reading of a metric; the metric's name
follows."""
ALERTED = "card.alerted"
_THRESHOLD = re.compile(r"\s*(>=|<=|>|<|)\s*([^\s<>=]+)\s*")


class Threshold(NamedTuple):
    """The limit of a metric in use: values beyond `limit`, on the side that `sign` says, are an
    alert."""

    sign: str
    limit: float

    def passed(self, value: float) -> bool:
        return {
            ">": value > self.limit, ">=": value >= self.limit,
            "<": value < self.limit, "<=": value <= self.limit,
        }[self.sign]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.sign}{self.limit:g}"


class HealthReading(NamedTuple):
    """A reading of a metric in use, and whether it is an alert."""

    metric: str
    value: float
    threshold: str
    alert: bool
    at: str
    note: str = ""

    @property
    def text(self) -> str:
        """`psi 0.31, alert at >0.2`, or `psi 0.12, within (alert at >0.2)`."""
        if self.alert:
            return f"{self.metric} {self.value:g}, alert at {self.threshold}"
        return f"{self.metric} {self.value:g}, within (alert at {self.threshold})"

    @property
    def sign(self) -> str:
        """On which side of the threshold an alert is: `>`."""
        return self.threshold[: len(self.threshold) - len(self.threshold.lstrip("<>="))]

    @property
    def limit(self) -> float | None:
        """The number of the threshold; None where it is none, since logs come from elsewhere."""
        try:
            number = float(self.threshold.lstrip("<>="))
        except ValueError:
            return None
        return number if math.isfinite(number) else None

    def to_field(self) -> dict[str, Any]:
        """The value of the card's field."""
        kept = self._asdict()
        return {name: kept[name] for name in kept if name != "metric"}


def readings(fields: Mapping[str, Any]) -> list[HealthReading]:
    """The last reading of each metric of a card: alerts first, then the newest. Malformed values
    are left out, since logs come from elsewhere, too."""
    some = (
        _reading(name.removeprefix(PREFIX), kept)
        for name, kept in fields.items()
        if name.startswith(PREFIX) and kept
    )
    known = [reading for reading in some if reading is not None]
    return sorted(sorted(known, key=lambda r: r.at, reverse=True), key=lambda r: not r.alert)


def _reading(metric: str, kept: Any) -> HealthReading | None:
    try:
        value, threshold, at = float(kept["value"]), str(kept["threshold"]), str(kept["at"])
        return HealthReading(
            metric, value, threshold, bool(kept["alert"]), at, str(kept.get("note") or "")
        )
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        return None


def episodes(readings: Sequence[HealthReading]) -> list[HealthReading]:
    """The readings that began an alert: of each metric those at alert whose reading before was
    not."""
    at_alert: dict[str, bool] = {}
    begun = []
    for reading in readings:
        if reading.alert and not at_alert.get(reading.metric):
            begun.append(reading)
        at_alert[reading.metric] = reading.alert
    return begun


def parse_threshold(text: str) -> Threshold:
    """Parse a threshold: `>0.2`, `<0.8` (also `>=`, `<=`), or a bare number, above which is an
    alert."""
    match = _THRESHOLD.fullmatch(text)
    if not match:
        raise UsageProblem(
            f"{text!r} is not a threshold.", "Write '>0.2', '<0.8', or 0.2 for an alert above it."
        )
    return Threshold(match[1] or ">", parse_number(match[2]))


def after_reading(health: Health | None, alert: bool, others: bool) -> Health:
    """The health of a card after a reading; `others` says whether another metric is at alert.

    An alert is over when no metric is at alert any more, but somebody should still look: the model
    is then watched. A model being retrained or out of use stays so.
    """
    if health is Health.RETRAINING or health in OUT_OF_USE:
        return health
    if alert:
        return Health.ALERT
    if health is Health.ALERT:
        return Health.ALERT if others else Health.WATCH
    return health or Health.OK
