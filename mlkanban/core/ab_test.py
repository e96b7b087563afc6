"""An A/B test of two models: what each arm has counted so far, and what follows from it.

Shares (successes of n) are compared by their ratio on the log scale (Katz et al., Biometrics 34,
1978), by their difference with Newcombe's hybrid score interval (Statistics in Medicine 17, 1998,
method 10), and by the chance that the challenger is better, exactly, under Beta(1, 1) on both arms.
Means (mean, sd, n) are compared by Welch's interval of their difference; the interval of their
ratio is that of the difference of their logarithms, by the delta method. How many are needed is the
usual formula for two samples of one size, two-sided 5 %, power 80 %, from the arm in use.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from typing import Any, NamedTuple

from mlkanban.core.timestamps import moment
from mlkanban.errors import UsageProblem
from mlkanban.records import record

FIELD = "ab"
"""The field of a card that holds its A/B test."""
COMPARED = "card.compared"
"""The kind of the event that records an A/B test."""
_Z95, _Z80 = 1.959963984540054, 0.8416212335729143
"""The 97.5 % and the 80 % quantile of the normal distribution: every event that is written passes
here, and the module that computes them takes long to load."""
_MOST = 10**10
"""The most an arm counts: the exact chance takes time with the root of it."""
_LEAST_SIZE, _MOST_SIZE = 1e-30, 1e30
"""Means and spreads are 0 or of a size between these, so that their squares stay numbers."""
_LEAST_LEAST, _MOST_LEAST = 1e-6, 10.0
"""The least worthwhile difference, as a share of the value in use, lies between these."""
_WIDEST = 20.0
"""A ratio that is known to a factor of e^20 only says nothing."""
_SHARE = re.compile(r"(\d+)/(\d+)")
_NEGLIGIBLE = 1e-18


@record(frozen=True, slots=True)
class Arm:
    """What one arm has counted: `successes` of `n`, or the `mean` and the `sd` of `n` values."""

    name: str
    n: int
    successes: int | None = None
    mean: float | None = None
    sd: float | None = None

    @property
    def is_share(self) -> bool:
        return self.successes is not None

    @property
    def value(self) -> float:
        """The share, or the mean."""
        if self.successes is not None:
            return self.successes / self.n
        return self.mean or 0.0

    @property
    def error(self) -> float:
        """The standard error of the value."""
        if self.successes is not None:
            return math.sqrt(self.value * (1 - self.value) / self.n)
        return (self.sd or 0.0) / math.sqrt(self.n)


class Interval(NamedTuple):
    """A value and the 95 % interval around it."""

    value: float
    low: float
    high: float


class AbVerdict(StrEnum):
    """What an A/B test says of the challenger once it has counted what was planned."""

    BETTER = "better"
    WORSE = "worse"
    NO_DIFFERENCE = "no difference shown"


@record(frozen=True, slots=True)
class AbTest:
    """The results recorded last: the arm in use, the challenger, the `least` difference that is
    worth it (0.05 is 5 % of the value in use; None where nobody named one), whether `less` is
    better, and when they were recorded (ISO 8601 UTC)."""

    control: Arm
    challenger: Arm
    least: float | None
    less: bool
    at: str

    def to_field(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def n(self) -> int:
        return self.control.n + self.challenger.n

    @property
    def difference(self) -> Interval:
        """How much more the challenger has than the arm in use."""
        one, other = self.challenger, self.control
        value = one.value - other.value
        if one.is_share:
            low, high = _wilson(one)
            low_other, high_other = _wilson(other)
            return Interval(
                value,
                value - math.hypot(one.value - low, high_other - other.value),
                value + math.hypot(high - one.value, other.value - low_other),
            )
        error = math.hypot(one.error, other.error)
        half = error * _t(_freedom(one, other))
        return Interval(value, value - half, value + half)

    @property
    def ratio(self) -> Interval | None:
        """How many times the value in use the challenger has; None where one of them is not above
        zero, or it is known too roughly."""
        one, other = self.challenger, self.control
        if one.value <= 0 or other.value <= 0:
            return None
        value = one.value / other.value
        if one.is_share:
            error = math.sqrt(
                (1 - one.value) / (one.n * one.value) + (1 - other.value) / (other.n * other.value)
            )
            spread = _Z95 * error
        else:
            error = math.hypot(one.error / one.value, other.error / other.value)
            spread = _t(_freedom(one, other)) * error
        if spread > _WIDEST:
            return None
        return Interval(value, value * math.exp(-spread), value * math.exp(spread))

    @property
    def chance(self) -> float:
        """The chance that the challenger is better; of means, that of a flat prior and large
        samples."""
        one, other = self.challenger, self.control
        if one.is_share:
            above = chance_above(_counts(one), _counts(other))
        else:
            error = math.hypot(one.error, other.error)
            value = one.value - other.value
            above = (
                math.erfc(-value / (error * math.sqrt(2))) / 2
                if error
                else (1 + (value > 0) - (value < 0)) / 2
            )
        return 1 - above if self.less else above

    @property
    def planned(self) -> int | None:
        """How many both arms together need to show the least worthwhile difference; None where
        nobody named that, or it cannot be computed."""
        if not self.least or self.control.value <= 0:
            return None
        value = self.control.value
        away = value * self.least
        if self.control.is_share:
            other = value - away if self.less else value + away
            if not 0 < other < 1:
                return None
            spread = value * (1 - value) + other * (1 - other)
        else:
            spread = (self.control.sd or 0.0) ** 2 + (self.challenger.sd or 0.0) ** 2
        return 2 * math.ceil((_Z95 + _Z80) ** 2 * spread / away**2)

    @property
    def more(self) -> int | None:
        """How many are still needed, as `planned`; the smaller arm decides."""
        if self.planned is None:
            return None
        half = self.planned // 2
        return max(0, half - self.control.n) + max(0, half - self.challenger.n)

    @property
    def early(self) -> bool:
        """Whether the planned number is not reached yet."""
        return bool(self.more)

    @property
    def verdict(self) -> AbVerdict | None:
        """What is proposed at the planned number; None before, and where no number is planned. No
        difference is shown as long as one of the intervals, of the difference and of the ratio,
        holds none."""
        if self.more != 0:
            return None
        _, low, high = self.difference
        ratio = self.ratio
        if low <= 0 <= high or (ratio is not None and ratio.low <= 1 <= ratio.high):
            return AbVerdict.NO_DIFFERENCE
        return AbVerdict.BETTER if (high < 0) == self.less else AbVerdict.WORSE


def chance_above(one: tuple[int, int], other: tuple[int, int]) -> float:
    """The chance that a share drawn from Beta(1 + successes, 1 + failures) of `one` is above that
    of `other`, both given as (successes, failures).

    Exact: the sum that Evan Miller gives (Formulas for Bayesian A/B Testing, 2014), over the
    smallest of the four counts, from its largest term on.
    """
    a, b = one[0] + 1, one[1] + 1
    c, d = other[0] + 1, other[1] + 1
    least = min(a, b, c, d)
    # P(A > C) = 1 - P(C > A), and both shares may be looked at as shares of failures.
    if least == a:
        return _sum(c, d, a, b)
    if least == d:
        return _sum(b, a, d, c)
    if least == c:
        return 1 - _sum(a, b, c, d)
    return 1 - _sum(d, c, b, a)


def _sum(a: int, b: int, c: int, d: int) -> float:
    """P(share of Beta(c, d) > share of Beta(a, b)), by c terms."""
    total = a + b + d
    peak = max(0, min(c - 1, math.ceil((a * d - total) / (b + 1))))
    log_term = (
        _log_beta(a + peak, b + d) - math.log(d + peak) - _log_beta(1 + peak, d) - _log_beta(a, b)
    )
    term = first = math.exp(log_term)
    terms = [term]
    for i in range(peak, c - 1):
        term *= (a + i) * (d + i) / ((total + i) * (1 + i))
        terms.append(term)
        if term < first * _NEGLIGIBLE:
            break
    term = first
    for i in range(peak - 1, -1, -1):
        term *= (total + i) * (1 + i) / ((a + i) * (d + i))
        terms.append(term)
        if term < first * _NEGLIGIBLE:
            break
    return min(1.0, math.fsum(terms))


def _log_beta(a: int, b: int) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _counts(arm: Arm) -> tuple[int, int]:
    successes = arm.successes or 0
    return successes, arm.n - successes


def _wilson(arm: Arm) -> tuple[float, float]:
    """Wilson's score interval of a share."""
    z2 = _Z95**2
    middle = arm.value + z2 / (2 * arm.n)
    half = _Z95 * math.sqrt(arm.value * (1 - arm.value) / arm.n + z2 / (4 * arm.n**2))
    return (middle - half) / (1 + z2 / arm.n), (middle + half) / (1 + z2 / arm.n)


def _freedom(one: Arm, other: Arm) -> float:
    """Welch's degrees of freedom."""
    first, second = one.error**2, other.error**2
    if not first + second:
        return math.inf
    inverse = first**2 / (one.n - 1) + second**2 / (other.n - 1)
    return (first + second) ** 2 / inverse


def _t(freedom: float) -> float:
    # Only means need it, and few tests are of means.
    from mlkanban.runs.model.intervals import t_quantile

    return t_quantile(freedom)


def parse_arm(text: str) -> Arm:
    """Parse `v90=412/18230` or `v90=12.3,4.5,1000`."""
    name, equals, result = text.rpartition("=")
    name, result = " ".join(name.split()), result.replace(" ", "")
    write = "Write v90=412/18230 (successes/n) or v90=12.3,4.5,1000 (mean,sd,n)."
    if not name or not equals:
        raise UsageProblem(f"{text!r} is no arm.", write)
    arm = None
    if match := _SHARE.fullmatch(result):
        successes, n = _number(match[1]), _number(match[2])
        if n and successes <= n:
            arm = Arm(name, n, successes=successes)
    elif result.count(",") == 2:
        arm = _mean(name, result)
    if arm is None or arm.n > _MOST:
        raise UsageProblem(f"{result!r} of {name} is no result of an arm.", write)
    return arm


def _number(digits: str) -> int:
    return int(digits) if len(digits) <= len(str(_MOST)) else 10 * _MOST


def _mean(name: str, result: str) -> Arm | None:
    mean, sd, n = result.split(",")
    try:
        values = float(mean), float(sd)
        count = _number(n) if n.isdecimal() and n.isascii() else 0
    except ValueError:
        return None
    known = all(map(_is_number, values)) and values[1] >= 0 and count >= 2
    return Arm(name, count, mean=values[0], sd=values[1]) if known else None


def parse_least(text: str) -> float:
    """Parse the least worthwhile difference, `5%` or `0.05`."""
    raw = text.strip()
    try:
        number = float(raw.removesuffix("%")) / (100 if raw.endswith("%") else 1)
    except ValueError:
        number = math.nan
    if not _LEAST_LEAST <= number <= _MOST_LEAST:
        raise UsageProblem(f"{text!r} is no difference.", "Write --least 5% or 0.05.")
    return number


def ab_test_in(fields: Mapping[str, Any]) -> AbTest | None:
    """The A/B test of a card with these fields; None without one, or where it is malformed."""
    value = fields.get(FIELD)
    try:
        return _read(value) if value and is_valid(value) else None
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        return None


def _read(value: Mapping[str, Any]) -> AbTest:
    control, challenger = Arm(**value["control"]), Arm(**value["challenger"])
    return AbTest(control, challenger, value["least"], value["less"], value["at"])


def is_valid(value: Any) -> bool:
    """Whether an event may set the field to this value. May raise, too, where it may not."""
    if value is None or value == {}:
        return True
    least = value["least"]
    return (
        value.keys() == {"control", "challenger", "least", "less", "at"}
        and all(_is_arm(value[name]) for name in ("control", "challenger"))
        and (value["control"]["successes"] is None) == (value["challenger"]["successes"] is None)
        and value["control"]["name"] != value["challenger"]["name"]
        and (least is None or (_is_number(least) and _LEAST_LEAST <= least <= _MOST_LEAST))
        and isinstance(value["less"], bool)
        and moment(value["at"]) is not None
    )


def _is_arm(value: Any) -> bool:
    name, n, successes = value["name"], value["n"], value["successes"]
    if value.keys() != {"name", "n", "successes", "mean", "sd"} or not _is_count(n):
        return False
    if not isinstance(name, str) or not name.strip() or "\n" in name:
        return False
    if successes is not None:
        return _is_count(successes) and 0 <= successes <= n > 0 and value["mean"] is None
    return n >= 2 and _is_number(value["mean"]) and _is_number(value["sd"]) and value["sd"] >= 0


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and (value == 0 or _LEAST_SIZE <= abs(value) <= _MOST_SIZE)
    )
