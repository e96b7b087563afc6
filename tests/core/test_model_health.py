"""What an alert is, and what it makes of the health of a model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.board import Health
from mlkanban.core.metrics import parse_reading
from mlkanban.core.model_health import (
    PREFIX,
    HealthReading,
    Threshold,
    after_reading,
    episodes,
    parse_threshold,
    readings,
)
from mlkanban.errors import UsageProblem

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
HEALTH = st.none() | st.sampled_from(Health)


@pytest.mark.parametrize(
    ("written", "sign", "limit", "alert", "fine"),
    [
        ("0.2", ">", 0.2, 0.21, 0.2),
        (">0.2", ">", 0.2, 0.21, 0.2),
        (">= 0.2", ">=", 0.2, 0.2, 0.19),
        ("<0.8", "<", 0.8, 0.79, 0.8),
        ("<=0.8", "<=", 0.8, 0.8, 0.81),
        ("-1e-3", ">", -0.001, 0, -0.001),
    ],
)
def test_a_threshold_has_a_side(written, sign, limit, alert, fine) -> None:
    threshold = parse_threshold(written)
    assert threshold == Threshold(sign, limit)
    assert threshold.passed(alert)
    assert not threshold.passed(fine)


@pytest.mark.parametrize("text", ["", ">", "much", "=0.2", "nan", ">inf", "0.2 0.3", "==1"])
def test_what_is_no_threshold(text: str) -> None:
    with pytest.raises(UsageProblem):
        parse_threshold(text)


@pytest.mark.parametrize("text", ["", "psi", "psi>0.2", "=1", "psi=", "psi=much", "psi=nan"])
def test_what_is_no_value(text: str) -> None:
    with pytest.raises(UsageProblem):
        parse_reading(text)


def test_a_value_with_its_name() -> None:
    assert parse_reading(" drift score = 0.31 ") == ("drift score", 0.31)


@given(st.sampled_from(["<", "<=", ">", ">="]), NUMBERS)
def test_a_threshold_is_read_as_it_is_written(sign: str, limit: float) -> None:
    short = float(f"{limit:g}")
    assert parse_threshold(str(Threshold(sign, short))) == Threshold(sign, short)


@given(HEALTH, st.booleans(), st.booleans())
def test_what_a_reading_makes_of_a_model(health, alert: bool, others: bool) -> None:
    after = after_reading(health, alert, others)
    if health in (Health.RETRAINING, Health.SUPERSEDED, Health.RETIRED, Health.ROLLED_BACK):
        assert after is health
    elif alert:
        assert after is Health.ALERT
    elif health is Health.ALERT:
        assert after is (Health.ALERT if others else Health.WATCH), "somebody is to look at it"
    else:
        assert after is (health or Health.OK)
    assert after_reading(after, alert, others) is after, "told again it stays so"


def test_alerts_come_first_and_the_newest_of_them() -> None:
    some = [
        HealthReading("a", 1.0, ">0", True, "2026-03-01T00:00:00Z"),
        HealthReading("b", 0.0, ">0", False, "2026-03-03T00:00:00Z"),
        HealthReading("c", 1.0, ">0", True, "2026-03-02T00:00:00Z", "after the holiday"),
    ]
    fields = {PREFIX + one.metric: one.to_field() for one in some}
    assert readings(
        {**fields, "title": "x", PREFIX + "d": None, PREFIX + "e": {"value": "x"}, PREFIX + "f": 3}
    ) == [some[2], some[0], some[1]]
    assert some[0].text == "a 1, alert at >0"
    assert some[1].text == "b 0, within (alert at >0)"


def test_an_episode_begins_where_a_metric_passes_its_threshold_not_while_it_stays_past_it() -> None:
    values = [("psi", False), ("psi", True), ("psi", True), ("auc", True), ("psi", False),
              ("psi", True), ("auc", True)]  # fmt: skip
    readings = [
        HealthReading(metric, float(alert), ">0", alert, f"2026-03-{at:02}T00:00:00Z")
        for at, (metric, alert) in enumerate(values, 1)
    ]
    assert episodes(readings) == [readings[1], readings[3], readings[5]]
    assert episodes([]) == []
