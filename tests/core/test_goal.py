"""The target of a board and the readings of its business metric."""

import pytest

from mlkanban.core.goal import Goal, GoalReading, GoalTarget, goal_in, parse_target
from mlkanban.errors import UsageProblem

EARLY, LATE = "2026-03-02T09:00:00Z", "2026-04-02T09:00:00Z"


def stored(value: object, at: str) -> dict[str, object]:
    return {"value": value, "at": at, "note": ""}


def test_a_target_is_read_with_its_side_and_unit() -> None:
    target = GoalTarget("eur_saved", ">=", 50000, "EUR/year")
    assert parse_target(" eur_saved >= 50000  EUR/year") == target
    assert parse_target("days to ship<=3.5") == GoalTarget("days to ship", "<=", 3.5)


@pytest.mark.parametrize("text", ["", "eur_saved", "eur=3", ">=3", "eur>=", "eur>=1<=2", "a<b>=1"])
def test_what_says_no_target_is_refused(text: str) -> None:
    with pytest.raises(UsageProblem, match="does not say what to reach"):
        parse_target(text)


def test_the_metric_of_the_target_comes_first() -> None:
    fields = {
        "charter:target": "eur>=10 EUR",
        "reading:users": stored(3, LATE),
        "reading:eur": stored(12.0, EARLY),
        "reading:odd": {"value": "much"},
        "reading:gone": None,
    }
    goal = goal_in(fields)
    assert [reading.metric for reading in goal.readings] == ["eur", "users"]
    assert goal.now == GoalReading("eur", 12.0, EARLY)
    assert goal.reached is True


@pytest.mark.parametrize(("value", "reached"), [(9.99, False), (10, True), (10.1, True)])
def test_whether_a_target_is_reached(value: float, reached: bool) -> None:
    now = {"reading:eur": stored(value, LATE)}
    assert goal_in({"charter:target": "eur>=10", **now}).reached is reached
    assert goal_in({"charter:target": "eur<=10", **now}).reached is (value <= 10)


def test_where_nothing_is_known_nothing_is_said() -> None:
    assert goal_in({}) == Goal(None, ())
    assert goal_in({"charter:target": "of an older version"}).target is None
    other = goal_in({"charter:target": "eur>=10", "reading:users": stored(3, LATE)})
    assert (other.now, other.reached) == (None, None)
