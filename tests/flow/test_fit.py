"""How much fits until a day, against a past that leaves no doubt and one that does."""

from datetime import timedelta

import pytest

from mlkanban.flow.fit import fit
from mlkanban.flow.forecast import forecast
from tests.flow.logs import card, sample, took


def steady(open_cards, days=20):
    """A card finished on each of so many days, and some in progress on the morning after."""
    done = [took(f"d{n}", 1, start=n) for n in range(1, days + 1)]
    return sample([*done, *(card(f"o{n}", (1, 1)) for n in range(open_cards))], day=days + 1)


@pytest.mark.parametrize("days", [1, 2, 10])
@pytest.mark.parametrize("underway", [0, 1, 7, 10, 11])
def test_each_day_fits_a_card_less_those_in_progress(days, underway):
    some = steady(underway)
    found = fit(some, some.today + timedelta(days=days))
    assert found.until == found.forecast.by == some.today + timedelta(days=days)
    assert found.in_progress == underway
    assert found.likely == found.even == max(0, days - underway)


def test_more_is_even_than_is_likely():
    done = [took(f"d{n}", 1, start=1 + n // 3 * 2) for n in range(30)]
    some = sample([*done, card("o1", (3, 1)), card("o2", (4, 1))], day=21)
    found = fit(some, some.today + timedelta(days=14))
    ahead = forecast(some, days=14).how_many
    assert (found.likely, found.even) == (ahead[85] - 2, ahead[50] - 2)
    assert found.forecast == forecast(some, days=14, cards=1)
    assert 0 < found.likely < found.even


@pytest.mark.parametrize(("days", "likely"), [(4, 0), (5, 9)])
def test_a_fit_needs_five_days_on_which_something_was_finished(days, likely):
    some = steady(1, days)
    found = fit(some, some.today + timedelta(days=10))
    assert found.forecast.possible == (days == 5)
    assert (found.in_progress, found.likely, found.even) == (1, likely, likely)


@pytest.mark.parametrize("underway", [0, 3])
def test_the_day_of_a_card_comes_after_all_cards_before_it(underway):
    some = steady(underway)
    found = fit(some, some.today + timedelta(days=30))
    days = [found.day_of(place) for place in range(5)]
    assert days == [some.today + timedelta(days=underway + place + 1) for place in range(5)]
    assert found.day_of(89 - underway) == some.today + timedelta(days=90)
    assert found.day_of(90 - underway) is None


def test_the_day_of_a_card_agrees_with_what_fits_by_that_day():
    done = [took(f"d{n}", 1, start=1 + n // 3 * 2) for n in range(30)]
    some = sample([*done, card("o1", (3, 1)), card("o2", (4, 1))], day=21)
    day = fit(some, some.today + timedelta(days=14)).day_of(4)
    assert day is not None
    assert fit(some, day).likely > 4
    assert fit(some, day - timedelta(days=1)).likely <= 4


def test_without_a_forecast_no_card_has_a_day():
    some = steady(1, 4)
    assert fit(some, some.today + timedelta(days=10)).day_of(0) is None
