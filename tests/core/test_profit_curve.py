"""Worth as a curve of straight lines, against numpy."""

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.profit_curve import ProfitCurve, curve_in, parse_curve
from mlkanban.errors import UsageProblem

TEXT = "val_auc 0.90=0 0.93=24000 0.95=31000 EUR/year"
CURVE = parse_curve(TEXT)
NUMBERS = st.floats(-1e9, 1e9).map(lambda number: round(number, 4))
POINTS = st.dictionaries(NUMBERS, NUMBERS, min_size=2, max_size=8).map(
    lambda points: ProfitCurve("auc", tuple(sorted(points.items())))
)


def test_points_are_read_in_any_order() -> None:
    points = ((0.9, 0.0), (0.93, 24000.0), (0.95, 31000.0))
    assert ProfitCurve("val_auc", points, "EUR/year") == CURVE
    assert parse_curve("val_auc 0.95 = 31000 0.90= 0\n0.93 =24000  EUR/year") == CURVE
    assert parse_curve("p95 ms 20=5 50=-1") == ProfitCurve("p95 ms", ((20, 5), (50, -1)))


@pytest.mark.parametrize("value", [0.0, 0.9, 0.915, 0.93, 0.944, 0.95, 0.96, 1e9, -1e9])
def test_it_is_straight_between_points_and_flat_beyond(value: float) -> None:
    values, worths = zip(*CURVE.points, strict=True)
    assert CURVE.at(value) == pytest.approx(numpy.interp(value, values, worths), abs=1e-6)


@given(POINTS, NUMBERS)
def test_it_is_what_numpy_says(curve: ProfitCurve, value: float) -> None:
    values, worths = zip(*curve.points, strict=True)
    for at in (value, *values):
        wanted = float(numpy.interp(at, values, worths))
        assert curve.at(at) == pytest.approx(wanted, rel=1e-6, abs=1e-3)


@given(POINTS, NUMBERS, NUMBERS)
def test_what_values_bring_lies_between_the_least_and_the_most(
    curve: ProfitCurve, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    values, worths = zip(*curve.points, strict=True)
    least, most = curve.between(low, high)
    brought = numpy.interp(numpy.linspace(low, high, 101), values, worths)
    slack = 1e-3 + 1e-6 * max(map(abs, worths))
    assert least - slack <= brought.min()
    assert brought.max() <= most + slack


def test_it_may_hold_for_cards_with_a_tag_alone() -> None:
    curve = parse_curve("val auc #Fraud 0=1 1=2")
    assert curve == ProfitCurve("val auc", ((0, 1), (1, 2)), "", ("fraud",))
    assert curve.holds_for("val auc", ["deep", "fraud"])
    assert not curve.holds_for("val auc", ["churn"])
    assert not curve.holds_for("loss", ["fraud"])
    assert CURVE.holds_for("val_auc", [])


def test_a_step_is_a_small_part_of_the_curve() -> None:
    assert CURVE.step == pytest.approx(0.001)
    assert parse_curve("ms 20=5 500=1").step == pytest.approx(10)
    assert parse_curve("auc 0.9=0 1.0=5").step == parse_curve("auc 0=0 0.1=5").step == 0.01


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "does not say what a metric brings"),
        ("val_auc", "does not say what a metric brings"),
        ("0.90=0 0.95=1", "does not say what a metric brings"),
        ("#fraud 0.90=0 0.95=1", "does not say what a metric brings"),
        ("val_auc 0.9=1", "two points at least"),
        ("val_auc 0.9=1 0.90=2", "Two points stand at 0.9"),
        ("val_auc 0.9=1 0.95=much", "'much' is not a number"),
        ("val_auc 0.9=1 0.95=nan", "'nan' is not a number"),
        ("val_auc 0.9=1 up 0.95=2", "does not say what a metric brings"),
        ("val_auc 0.9=1=2 0.95=2", "does not say what a metric brings"),
        ("val_auc 0.9=1 0.95=", "does not say what a metric brings"),
        ("auc -1e308=1 1e308=2", "too far apart"),
    ],
)
def test_what_is_no_curve_is_refused_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(UsageProblem, match=said) as refused:
        parse_curve(text)
    assert refused.value.hint


def test_a_malformed_curve_of_another_machine_is_none() -> None:
    assert curve_in({"charter:worth": TEXT}) == CURVE
    assert curve_in({"charter:worth": "much"}) is None
    assert curve_in({}) is None
