"""How much fits until a day, against a past that leaves no doubt and one that does."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mlkanban.flow.card_chances import card_chances
from mlkanban.flow.fit import PLACES, fit
from mlkanban.flow.forecast import forecast
from tests.flow.logs import GPU, card, sample, took


def steady(open_cards, days=20):
    """A card finished on each of so many days, and some in progress on the morning after."""
    done = [took(f"d{n}", 1, start=n) for n in range(1, days + 1)]
    return sample([*done, *(card(f"o{n}", (1, 1)) for n in range(open_cards))], day=days + 1)


@pytest.mark.parametrize("days", [5, 14, 60])
@pytest.mark.parametrize("underway", [0, 1, 7, 40])
def test_what_fits_is_finished_after_what_is_in_progress(days, underway):
    some = steady(underway)
    found = fit(some, some.today + timedelta(days=days))
    assert found.until == found.forecast.by == some.today + timedelta(days=days)
    assert found.in_progress == underway
    for fitting, p in ((found.likely, 85), (found.even, 50)):
        last = forecast(some, cards=max(1, underway + fitting)).when[p]
        more = forecast(some, cards=underway + fitting + 1).when[p]
        assert fitting == 0 or (last is not None and last <= found.until)
        assert more is None or more > found.until


def test_more_is_even_than_is_likely():
    some = steady(2, 60)
    found = fit(some, some.today + timedelta(days=14))
    assert 0 < found.likely < found.even
    assert found.forecast == forecast(some, days=14, cards=1)


@pytest.mark.parametrize(("days", "possible"), [(4, False), (5, True)])
def test_a_fit_needs_five_days_on_which_something_was_finished(days, possible):
    some = steady(1, days)
    found = fit(some, some.today + timedelta(days=30))
    assert found.forecast.possible == (found.likely > 0) == (found.even > 0) == possible


@pytest.mark.parametrize("underway", [0, 3])
def test_the_day_of_a_card_is_that_on_which_so_many_are_finished(underway):
    some = steady(underway)
    found = fit(some, some.today + timedelta(days=30))
    for place in (0, 1, 5, 20):
        when = forecast(some, cards=underway + place + 1).when[85]
        assert found.day_of(place) == when
    assert found.day_of(PLACES) is None


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


def test_a_card_of_the_plan_has_the_chance_of_its_due_date():
    """One with open parts takes no place, and nothing is known of one that is blocked."""
    ideas = ["whole", "held", "p1", "p2", *(f"i{n}" for n in range(30))]
    made = [card(ref, (n / 99 + 1, 0)) for n, ref in enumerate(ideas)]
    made[1] = card("held", (1, 0, None, None, GPU))
    placed = [
        replace(c, place=n, parent="whole" * c.ref.startswith("p")) for n, c in enumerate(made, 1)
    ]
    some = sample([*(took(f"d{n}", 1, start=n) for n in range(1, 41)), *placed], day=41)
    found = fit(some, some.today + timedelta(days=14))
    chances = card_chances(some)
    cards = dict(zip(ideas, found.cards(ideas), strict=True))
    assert (cards["held"].percent, cards["held"].unknown) == (None, "blocked")
    assert (cards["whole"].place, cards["held"].place, cards["p2"].place) == (None, 0, 2)
    assert {0, 50, 85} == {card.percent for card in cards.values()} - {None}
    for ref, fitting in cards.items():
        chance, unknown = chances.chance(ref, 14)
        assert fitting.unknown == unknown
        if chance is not None:
            assert fitting.percent == next((p for p in (85, 50) if chance >= p / 100), 0)
    assert cards["whole"].day == cards["p2"].day
