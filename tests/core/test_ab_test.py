"""A/B tests, against scipy and by the formulas."""

import contextlib
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from mlkanban.core.ab_test import (
    FIELD,
    AbTest,
    AbVerdict,
    Arm,
    ab_test_in,
    chance_above,
    is_valid,
    parse_arm,
    parse_least,
)
from mlkanban.display.ab_text import (
    change_text,
    counts_text,
    difference_text,
    headline,
    rows,
    verdict_text,
)
from mlkanban.errors import UsageProblem

AT = "2026-12-01T09:00:00.000000Z"


def share(successes: int, n: int, name: str = "a") -> Arm:
    return Arm(name, n, successes=successes)


def ab(control: Arm, challenger: Arm, least: float | None = None, *, less: bool = False) -> AbTest:
    return AbTest(control, challenger, least, less, AT)


OLD, NEW = share(412, 18230, "v90"), share(371, 18190, "v133")
FRAUD = ab(OLD, NEW, 0.15, less=True)


def by_integral(one: tuple[int, int], other: tuple[int, int]) -> float:
    """P(one > other), as the integral of its density times the other's distribution function."""
    a, b = (stats.beta(s + 1, f + 1) for s, f in (one, other))
    low, high = max(0, a.mean() - 12 * a.std()), min(1, a.mean() + 12 * a.std())
    x = np.linspace(low, high, 100_001)
    return float(integrate.simpson(a.pdf(x) * b.cdf(x), x=x))


COUNT = st.integers(0, 3000)


@given(COUNT, COUNT, COUNT, COUNT)
def test_the_chance_is_that_of_two_betas(a: int, b: int, c: int, d: int) -> None:
    assert chance_above((a, b), (c, d)) == pytest.approx(by_integral((a, b), (c, d)), abs=2e-5)


@given(COUNT, COUNT, COUNT, COUNT)
def test_one_of_two_is_better(a: int, b: int, c: int, d: int) -> None:
    both = chance_above((a, b), (c, d)) + chance_above((c, d), (a, b))
    assert both == pytest.approx(1, abs=1e-9)


def test_the_chance_of_millions_is_exact_and_quick() -> None:
    one, other = (9_000_000, 1_000_000), (9_000_500, 999_500)
    gap = 500 / 1e7 / math.sqrt(2 * 0.9 * 0.1 / 1e7)
    assert chance_above(one, other) == pytest.approx(stats.norm.sf(gap), abs=1e-4)


def test_the_chance_is_that_less_is_better_where_it_is() -> None:
    above = by_integral((371, 18190 - 371), (412, 18230 - 412))
    assert FRAUD.chance == pytest.approx(1 - above, abs=1e-6)
    assert ab(OLD, NEW).chance == pytest.approx(above, abs=1e-6)


def test_the_ratio_is_on_the_log_scale() -> None:
    """Katz: the logarithm of the ratio is normal."""
    p, q = 371 / 18190, 412 / 18230
    error = math.sqrt(1 / 371 - 1 / 18190 + 1 / 412 - 1 / 18230)
    low, high = (math.exp(math.log(p / q) + z * error) for z in stats.norm.interval(0.95))
    assert FRAUD.ratio == pytest.approx((p / q, low, high))
    assert change_text(FRAUD) == "-9.8 % (-21..+4)"


def test_the_difference_of_shares_is_newcombes() -> None:
    """The example of Newcombe 1998, table II (a): 56/70 and 48/80."""
    found = ab(share(48, 80, "b"), share(56, 70)).difference
    assert found.value == pytest.approx(0.2)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)


@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 500), st.integers(1, 500))
def test_the_difference_lies_in_its_interval(a: int, b: int, x: int, y: int) -> None:
    found = ab(share(a, a + x), share(b, b + y, "c")).difference
    assert -1 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1


def test_means_are_compared_as_welch_does() -> None:
    one, other = Arm("old", 40, mean=10.0, sd=2.0), Arm("new", 30, mean=11.0, sd=3.0)
    test = ab(one, other)
    found = stats.ttest_ind_from_stats(11, 3, 30, 10, 2, 40, equal_var=False)
    low, high = found.confidence_interval() if hasattr(found, "confidence_interval") else (0, 0)
    error = math.hypot(3 / math.sqrt(30), 2 / math.sqrt(40))
    freedom = error**4 / ((9 / 30) ** 2 / 29 + (4 / 40) ** 2 / 39)
    half = stats.t.ppf(0.975, freedom) * error
    assert test.difference == pytest.approx((1.0, 1 - half, 1 + half))
    assert not high or (low, high) == pytest.approx((1 - half, 1 + half))
    assert test.chance == pytest.approx(stats.norm.cdf(1 / error))
    relative = math.hypot(3 / math.sqrt(30) / 11, 2 / math.sqrt(40) / 10)
    spread = stats.t.ppf(0.975, freedom) * relative
    assert test.ratio == pytest.approx((1.1, 1.1 * math.exp(-spread), 1.1 * math.exp(spread)))


def test_equal_means_without_spread_are_even() -> None:
    one = Arm("old", 5, mean=1.0, sd=0.0)
    for mean, chance in ((1.0, 0.5), (2.0, 1.0), (0.5, 0.0)):
        assert ab(one, Arm("new", 5, mean=mean, sd=0.0)).chance == chance


def test_how_many_are_needed_follows_the_formula() -> None:
    p = 412 / 18230
    q = 0.85 * p
    z = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
    each = math.ceil(z**2 * (p * (1 - p) + q * (1 - q)) / (p - q) ** 2)
    assert FRAUD.planned == 2 * each
    assert FRAUD.more == 2 * each - FRAUD.n
    assert FRAUD.early
    assert FRAUD.verdict is None
    assert headline(FRAUD).endswith(
        f"{FRAUD.more:,} more for a difference of 15 %; early look: do not stop for it"
    )
    assert counts_text(FRAUD) == "n 36k/56k"


def test_such_a_plan_has_the_power_it_promises() -> None:
    """Simulated: of many tests of the planned size, with the least difference, 80 % find it."""
    rng = np.random.default_rng(1)
    plan = ab(share(200, 2000, "old"), share(200, 2000, "new"), 0.2).planned
    assert plan is not None
    each = plan // 2
    found = 0
    for old, new in zip(rng.binomial(each, 0.1, 2000), rng.binomial(each, 0.12, 2000), strict=True):
        test = ab(share(int(old), each, "old"), share(int(new), each, "new"), 0.2)
        found += test.difference.low > 0
    assert 0.77 < found / 2000 < 0.83


@pytest.mark.parametrize(
    ("new", "less", "verdict"),
    [
        (4000, False, AbVerdict.BETTER), (4000, True, AbVerdict.WORSE),
        (3000, False, AbVerdict.WORSE), (3000, True, AbVerdict.BETTER),
        (3505, True, AbVerdict.NO_DIFFERENCE),
    ],
)  # fmt: skip
def test_a_verdict_is_proposed_at_the_planned_number(new: int, less: bool, verdict) -> None:
    test = ab(share(3500, 50_000, "old"), share(new, 50_000, "new"), 0.1, less=less)
    assert test.more == 0
    assert test.verdict is verdict


def test_a_bound_near_zero_keeps_its_side() -> None:
    test = ab(Arm("a", 30, mean=10.0, sd=2.0), Arm("b", 30, mean=11.0, sd=2.0))
    assert difference_text(test) == "+1.00 (-0.03..+2.03), 95 %"
    assert difference_text(FRAUD) == "-0.22 points (-0.52..+0.08), 95 %"


def test_without_a_least_difference_nothing_is_planned() -> None:
    test = ab(OLD, NEW)
    assert (test.planned, test.more, test.verdict) == (None, None, None)
    assert "--least" in headline(test)


@pytest.mark.parametrize(("one", "other"), [((0, 100), (3, 100)), ((0, 1), (0, 1))])
def test_nothing_in_an_arm_has_no_ratio(one: tuple[int, int], other: tuple[int, int]) -> None:
    test = ab(share(*one, "old"), share(*other, "new"), 0.1)
    assert test.ratio is None
    assert test.planned is None
    assert 0 < test.chance < 1
    assert "how many are needed cannot be computed" in headline(test)


def test_arms_are_read() -> None:
    assert parse_arm("v90=412/18230") == share(412, 18230, "v90")
    assert parse_arm("new model = 12.3, 4.5, 1000") == Arm("new model", 1000, mean=12.3, sd=4.5)
    assert parse_arm("lr=3e-4=1/20").name == "lr=3e-4"
    assert parse_least("5%") == parse_least("0.05") == 0.05


@pytest.mark.parametrize(
    "text",
    ["v90", "v90=", "=1/2", "v90=3/2", "v90=0/0", "v90=-1/2", "v90=1,2,1", "v90=1,-2,10",
     "v90=nan,1,10", "v90=1e999,1,10", "v90=1/" + "9" * 400, "v90=1,2,3,4", "v90=1/2/3"],
)  # fmt: skip
def test_what_is_no_arm_is_refused(text: str) -> None:
    with pytest.raises(UsageProblem):
        parse_arm(text)


@pytest.mark.parametrize("text", ["0", "-5%", "much", "nan", "2000%", ""])
def test_what_is_no_difference_is_refused(text: str) -> None:
    with pytest.raises(UsageProblem):
        parse_least(text)


def test_what_is_stored_is_read_again() -> None:
    assert ab_test_in({"ab": FRAUD.to_field()}) == FRAUD
    assert ab_test_in({}) is None


@pytest.mark.parametrize(
    "broken",
    [
        {"least": 0}, {"least": math.inf}, {"less": 1}, {"at": "noon"}, {"extra": 1},
        {"control": {"name": "v133", "n": 3, "successes": 1, "mean": None, "sd": None}},
        {"control": {"name": "x", "n": 3, "successes": 4, "mean": None, "sd": None}},
        {"control": {"name": "x", "n": 3, "successes": None, "mean": 1.0, "sd": 1.0}},
        {"control": {"name": "x\n", "n": 3, "successes": 1, "mean": None, "sd": None}},
        {"control": {"name": "x", "n": 10**400, "successes": 1, "mean": None, "sd": None}},
        {"control": 3},
    ],
)  # fmt: skip
def test_what_another_machine_may_not_send(broken: dict) -> None:
    value = {**FRAUD.to_field(), **broken}
    with contextlib.suppress(AttributeError, KeyError, TypeError):
        assert not is_valid(value)
    assert ab_test_in({"ab": value}) is None


SIZES = st.floats() | st.sampled_from([0.0, 1e-300, 1e-30, 1.0, -1.0, 1e30, 1e200, 1e308])
COUNTS = st.integers(0, 10**10) | st.sampled_from([2, 10**10, 10**15])


@st.composite
def stored_arms(draw: st.DrawFn, *, is_share: bool, name: str) -> dict[str, Any]:
    n = draw(COUNTS)
    if is_share:
        successes = draw(st.integers(0, n))
        return {"name": name, "n": n, "successes": successes, "mean": None, "sd": None}
    mean, sd = draw(SIZES), abs(draw(SIZES))
    return {"name": name, "n": n, "successes": None, "mean": mean, "sd": sd}


@given(st.data(), st.booleans(), st.none() | SIZES, st.booleans())
def test_what_an_event_may_hold_can_be_shown(
    data: st.DataObject, is_share: bool, least: float | None, less: bool
) -> None:
    value = {
        "control": data.draw(stored_arms(is_share=is_share, name="a")),
        "challenger": data.draw(stored_arms(is_share=is_share, name="b")),
        "least": least, "less": less, "at": AT,
    }  # fmt: skip
    test = ab_test_in({FIELD: value})
    if test is not None:
        change_text(test)
        assert all(text for _, text in rows(test))
        assert all([counts_text(test), difference_text(test), headline(test), verdict_text(test)])


@pytest.mark.parametrize(
    "arms",
    [("a=-1,1e200,5", "b=2,1e200,5"), ("a=1e200,1,5", "b=2,1,5"), ("a=1e-300,1,5", "b=1,1,5")],
)
def test_sizes_whose_squares_are_no_numbers_are_refused(arms: tuple[str, str]) -> None:
    with pytest.raises(UsageProblem, match="is no result of an arm"):
        [parse_arm(text) for text in arms]
    with pytest.raises(UsageProblem, match="is no difference"):
        parse_least("1e-200")


def test_nothing_is_better_while_one_of_the_intervals_holds_no_difference() -> None:
    """The difference of 51 and 69 of 200 leaves out 0, their ratio holds 1."""
    test = AbTest(Arm("a", 200, 51), Arm("b", 200, 69), 5.0, False, "2026-01-01T00:00:00Z")
    assert test.ratio is not None
    assert test.difference.low > 0
    assert test.ratio.low < 1
    assert replace(test, least=2.0).verdict is AbVerdict.NO_DIFFERENCE
