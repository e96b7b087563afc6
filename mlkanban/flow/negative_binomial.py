"""The negative binomial distribution: counts that scatter more than those of independent events.

Source: Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 26.5.26 for the tail and
26.5.8 for the continued fraction.
"""

from math import exp, lgamma, log, log1p, sqrt

from mlkanban.records import record

_LEAST_DISPERSION = 1.001
"""Below it the distribution is that of Poisson, but for what nobody can tell apart."""
_EXACT = 1e-14
_TINY = 1e-300
_MOST_STEPS = 100_000


@record(frozen=True, slots=True)
class NegativeBinomial:
    """A count with a `mean`, and a variance of `dispersion` times that, above 1."""

    mean: float
    dispersion: float

    def at_least(self, count: int) -> float:
        """P(X >= count)."""
        if count <= 0:
            return 1.0
        if self.mean <= 0:
            return 0.0
        dispersion = max(self.dispersion, _LEAST_DISPERSION)
        return _beta(float(count), self.mean / (dispersion - 1), 1 - 1 / dispersion)

    @property
    def most(self) -> int:
        """A count that is beyond all that happens."""
        return int(self.mean + 14 * sqrt(self.mean * self.dispersion) + 12)


def _beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b) for 0 < x < 1."""
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x > (a + 1) / (a + b + 2):
        # On this side the fraction of the other tail converges.
        return 1 - front * _fraction(b, a, 1 - x) / b
    return front * _fraction(a, b, x) / a


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction, by the algorithm of Lentz."""
    d = 1 / (1 - (a + b) * x / (a + 1) or _TINY)
    c, value = 1.0, d
    for m in range(1, _MOST_STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / (1 + even * d or _TINY)
        c = 1 + even / c or _TINY
        value *= c * d
        d = 1 / (1 + odd * d or _TINY)
        c = 1 + odd / c or _TINY
        change = c * d
        value *= change
        if -_EXACT < change - 1 < _EXACT:
            break
    return value
