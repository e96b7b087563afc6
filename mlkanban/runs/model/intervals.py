"""Differences of means with their 95 % confidence interval, from the few runs there are.

The interval is Welch's (Biometrika 34, 1947): the two sides may vary differently. Where the
standard deviation of a side is not estimated from its runs but known, its degrees of freedom are
infinite. The quantile of Student's t is computed here, because the program does without numpy and
scipy.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

PERCENT = 95
_TAIL = 1 - PERCENT / 100
_NORMAL = NormalDist().inv_cdf(1 - _TAIL / 2)
_NEARLY_NORMAL = 1e6
"""Degrees of freedom from which on the first correction of the normal quantile is exact enough."""
_STEPS = 500
_SMALL = 1e-300


class MeanValue(NamedTuple):
    """A mean, its standard error (0 for a number that is taken as exact, None where nobody knows
    it) and the degrees of freedom of that error."""

    mean: float
    error: float | None = 0.0
    freedom: float = math.inf


class Difference(NamedTuple):
    """How much more one mean is than another one, and the interval from `low` to `high` that holds
    the true difference with 95 % confidence; None where nothing is known of chance."""

    value: float
    low: float | None = None
    high: float | None = None


def difference(one: MeanValue, other: MeanValue) -> Difference:
    """`one` less `other`."""
    value = one.mean - other.mean
    if one.error is None or other.error is None:
        return Difference(value)
    error = math.hypot(one.error, other.error)
    if not error:
        return Difference(value)
    share = (one.error / error) ** 2
    inverse = share**2 / one.freedom + (1 - share) ** 2 / other.freedom
    half = error * t_quantile(1 / inverse if inverse else math.inf)
    return Difference(value, value - half, value + half)


def t_quantile(freedom: float, of: int = 1) -> float:
    """The 97.5 % quantile of Student's t distribution, which an interval of 95 % reaches to both
    sides; `freedom`, at least 1, need not be whole. Of so many intervals all hold with 95 %
    (Bonferroni)."""
    tail = _TAIL / of
    normal = _NORMAL if of == 1 else NormalDist().inv_cdf(1 - tail / 2)
    if math.isinf(freedom):
        return normal
    if freedom > _NEARLY_NORMAL:
        return normal + (normal**3 + normal) / (4 * freedom)
    # Newton's steps from below never overshoot: the distribution function is concave there.
    t = normal
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2))
    scale /= math.sqrt(freedom * math.pi)
    for _ in range(_STEPS):
        density = scale * (1 + t * t / freedom) ** (-(freedom + 1) / 2)
        step = (_beyond(t, freedom) - tail) / (2 * density)
        t += step
        if abs(step) <= 1e-12 * t:
            break
    return t


def _beyond(t: float, freedom: float) -> float:
    """The probability that Student's t is further from 0 than `t`."""
    return _incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t))


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularized incomplete beta function, by its continued fraction (DLMF 8.17.22)."""
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(b, a, 1 - x)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    # Lentz's method.
    fraction, above, below = 1.0, 1.0, 0.0
    for step in range(_STEPS):
        half = step // 2
        if step == 0:
            term = 1.0
        elif step % 2 == 0:
            term = half * (b - half) * x / ((a + step - 1) * (a + step))
        else:
            term = -(a + half) * (a + b + half) * x / ((a + step - 1) * (a + step))
        below = 1 / _not_zero(1 + term * below)
        above = _not_zero(1 + term / above)
        fraction *= above * below
        if abs(1 - above * below) < 1e-15:
            break
    return front * (fraction - 1) / a


def _not_zero(number: float) -> float:
    return number if abs(number) > _SMALL else _SMALL
