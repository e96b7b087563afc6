"""The chances of single cards: of those in progress, of those in the plan, and of cards with
parts."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.flow.card_chances import FARTHEST, CardChances, Remaining, rest_of_day
from mlkanban.flow.due import DueCard, Prospects
from mlkanban.flow.survival import kaplan_meier

STEPS = 300


class Evenly:
    """The first card is finished within 300 days, each day as likely as any other; the second one
    takes twice as long."""

    def chance(self, cards: int, days: float) -> float:
        return min(1.0, days / (STEPS * cards))


def chances(
    order=("x", "y"), *, ages=None, parts=None, dates=Evenly, rest=0.0, blocked=()
) -> CardChances:
    # Of forty cards that took as many days as there are cards one is finished each day.
    remaining = Remaining(kaplan_meier(range(1, 41), ()), over=True)
    return CardChances(remaining, ages or {}, parts or {}, order, dates, rest, set(blocked))


@pytest.mark.parametrize("p", [1, 50, 85, 95, 100])
def test_the_days_of_a_card_in_the_plan_are_the_fewest_that_reach_the_share(p: int) -> None:
    assert chances().days("x", p) == STEPS * p / 100
    expected = 2 * STEPS * p / 100
    assert chances().days("y", p) == (expected if expected < FARTHEST else None)


@given(st.integers(0, 29), st.integers(1, 99))
def test_the_days_of_a_card_in_progress_are_the_fewest_that_reach_the_share(
    age: int, p: int
) -> None:
    some = chances(ages={"x": age})
    days = some.days("x", p)
    assert days is not None
    # A card of this age is one of the 40 - age that lasted so long, and one of them ends each day.
    assert some.chance("x", days)[0] == pytest.approx(days / (40 - age))
    assert 100 * days >= p * (40 - age) > 100 * (days - 1)


def test_a_card_waits_for_all_its_open_parts() -> None:
    some = chances(ages={"a": 0, "b": 20}, parts={"whole": ["a", "b", "x"]})
    chance, why = some.chance("whole", 10)
    # Two cards in progress are finished before the first one of the plan.
    assert chance == pytest.approx(10 / 40 * 10 / 20 * 10 / (3 * STEPS))
    assert why is None
    days = chances(ages={"a": 0, "b": 20}, parts={"whole": ["a", "b"]}).days("whole", 50)
    assert days == next(d for d in range(40) if d / 40 * min(1, d / 20) >= 0.5)


def test_why_a_chance_is_unknown() -> None:
    assert chances(ages={"x": 31}).chance("x", 1) == (None, "too few older cards")
    assert chances().chance("z", 1) == (None, "not in the plan")
    assert chances(None).chance("x", 1) == (None, "its place then is unknown")
    assert chances(dates=lambda: None).chance("x", 1) == (None, "too little throughput")
    assert chances(parts={"w": ["z"]}).chance("w", 1) == (None, "a part is unknown")
    assert chances().days("z", 50) is None


def test_today_what_is_left_of_the_day_counts_and_a_past_day_is_missed() -> None:
    assert chances(rest=0.5).by("x", 0) == (0.5 / STEPS, None)
    assert chances().by("x", -1) == (0.0, None)


class Slowly:
    """A card is finished within two years, each day as likely as any other."""

    def chance(self, cards: int, days: float) -> float:
        return min(1.0, days / (2 * 365))


def test_the_day_of_a_card_in_the_plan_is_told_up_to_a_year_ahead() -> None:
    assert chances(dates=Slowly).days("x", 50) == 365
    assert chances(dates=Slowly).days("x", 51) is None


def test_of_today_as_much_is_left_as_the_clock_says() -> None:
    assert rest_of_day(datetime(2026, 3, 1, 18, 0)) == 0.25
    assert rest_of_day(datetime(2026, 3, 1)) == 1


def test_parts_in_the_plan_are_done_with_the_last_one() -> None:
    """Not the product: whoever does the last one has done those before it."""
    some = chances(parts={"whole": ["x", "y"]})
    assert some.chance("whole", STEPS // 2) == some.chance("y", STEPS // 2) == (0.25, None)


@pytest.mark.parametrize(("chance", "doubtful"), [(0.49, True), (0.5, False), (None, False)])
def test_a_due_date_is_marked_below_one_half(chance: float | None, doubtful: bool) -> None:
    card = DueCard("v1", "a", date(2026, 3, 1), 3, chance, None, None, 1, 0)
    assert card.doubtful == doubtful
    if chance is not None:
        assert bool(Prospects({"v1": chance}).doubtful) == doubtful


def test_while_a_card_or_one_of_its_parts_is_blocked_nothing_is_known() -> None:
    some = chances(
        ages={"a": 0, "b": 20, "c": 3},
        parts={"whole": ["a", "b"], "all": ["whole", "c"], "y": ["c"]},
        blocked={"b", "x", "y"},
    )
    unknown = {
        "b": "blocked", "x": "blocked", "y": "blocked",
        "whole": "a part is blocked", "all": "a part is blocked",
    }  # fmt: skip
    for ref, why in unknown.items():
        assert some.chance(ref, 10) == (None, why)
        assert (some.by(ref, -1), some.days(ref, 50)) == ((0.0, None), None)
    for ref in ("a", "c"):
        assert some.chance(ref, 10)[0] is not None
        assert some.days(ref, 50) is not None
