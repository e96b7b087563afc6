from datetime import date, timedelta
from itertools import pairwise
from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom

from mlkanban.display.number_text.forecast import reason, rests_on, summary, to_json
from mlkanban.display.number_view import chance_text
from mlkanban.flow.forecast import MOST_DAYS, Forecaster, GammaRate, forecast, learned
from mlkanban.flow.percentiles import PERCENTILES
from mlkanban.flow.sample import follow
from mlkanban.flow.throughput import throughput
from mlkanban.flow.window import Window
from tests.examples import examples
from tests.flow.logs import WORKFLOW, at, card, sample, took


def five_days():
    return [took(f"c{day}", 1, start=day) for day in (1, 3, 5, 7, 9)]


def test_too_few_days_are_a_sentence_and_no_number():
    ahead = forecast(sample(five_days()[:4], day=20))
    assert reason(ahead) == (
        "A forecast needs cards finished on 5 different days; here on 4 before today."
    )
    assert (ahead.how_many, ahead.when, ahead.chances) == ({}, {}, ())
    assert summary(ahead).table is None
    assert to_json(ahead)["reason"]


def test_the_day_that_is_not_over_is_left_out():
    cards = [*five_days(), took("today", 1, start=20)]
    assert forecast(sample(cards, day=20.2)).past_days == 19
    assert forecast(sample(cards, day=20.2)).n == 5


def test_a_forecast_and_throughput_count_the_same_days():
    today = [took("today", 1, start=20)]
    for cards, day in ((five_days(), 20.2), ([*five_days(), *today], 20.2), (today, 20.2), ([], 3)):
        some = sample(cards, day=day)
        ahead = forecast(some)
        assert ahead.window_days == throughput(some).days == to_json(ahead)["window_days"]
        assert f" of {ahead.past_days} whole day" in summary(ahead).note
    ahead = forecast(sample(today, day=20.2))
    assert "n 0 finished on 0 of 0 whole days (today left out)" in summary(ahead).note
    assert "binomial" not in summary(ahead).note
    assert reason(ahead).endswith("5 different days; here on none before today.")


def test_days_are_dates_beside_numbers():
    ahead = forecast(sample([*five_days(), card("open", (19, 1))], day=20), days=30, cards=3)
    assert ahead.by == date(2026, 2, 19)
    assert (ahead.days, ahead.cards) == (30, 3)
    data = to_json(ahead)
    for p in ("50", "85"):
        days = data["when"]["days"][p]
        assert days is not None
        day = date(2026, 1, 20) + timedelta(days=days)
        assert data["when"]["day"][p] == day.isoformat()
    assert sum(chance for _, chance in ahead.chances) == pytest.approx(1)
    assert ahead.dates[0][0] == date(2026, 1, 21)
    assert forecast(sample([*five_days(), card("open", (19, 1))], day=20)).cards == 1


def test_the_next_of_one_card_is_the_next_card():
    done = [took(f"c{n}", 1, start=n) for n in range(1, 20)]
    said = summary(forecast(sample(done), cards=1))
    assert said.lines[1].startswith("85 %: the next card by ")
    assert said.table is not None
    assert said.table.head[2] == "next card by"
    assert summary(forecast(sample(done), cards=2)).lines[1].startswith("85 %: the next 2 cards by")


def test_with_nothing_open_nothing_is_said_of_all_open_cards():
    done = [took(f"c{n}", 1, start=n) for n in range(1, 20)]
    found = forecast(sample(done))
    said = summary(found)
    assert [line for line in said.lines if "next" in line] == []
    assert [claim.kind for claim in said.claims] == ["how_many"]
    assert said.table is not None
    assert said.table.head == ("chance", f"cards by {found.by}")
    assert to_json(found)["when"]["cards"] == 1
    assert len(summary(forecast(sample([*done, card("o", (3, 1))]))).lines) == 3


def test_a_forecast_looks_two_weeks_ahead_unless_it_is_asked_for_other_days():
    some = sample(five_days(), day=20)
    found = forecast(some)
    assert (found.days, found.by) == (14, some.today + timedelta(days=14))
    assert found == forecast(some, days=14)


def test_a_day_is_over_by_its_last_second():
    cards = five_days()
    end = WORKFLOW.end_of_day(at(20).date())
    window = Window.back(None, WORKFLOW.day(end))
    for moment, over in (
        (end, True), (end.replace(microsecond=0), True),
        (end.replace(microsecond=0) - timedelta(microseconds=1), False),
    ):  # fmt: skip
        some = follow(WORKFLOW, cards, moment, window)
        assert len(some.whole_days) == len(some.days) - (not over)
        found = forecast(some)
        assert (found.left_out, found.past_days) == (not over, len(some.days) - (not over))
        assert found.window_days == len(some.days)


def test_the_days_of_a_forecast_go_a_quarter_past_the_latest_that_is_told():
    some = sample([took(f"c{n}", 1, start=1 + 2 * n) for n in range(10)], day=21)
    for cards in (1, 3, 12):
        found = forecast(some, cards=cards)
        latest = found.when[95]
        assert latest is not None
        ahead = (latest - some.today).days
        days = [day for day, _ in found.dates]
        assert days == [some.today + timedelta(days=n + 1) for n in range(ahead + ahead // 4 + 1)]
        reached = sum(chance for day, chance in found.dates if day <= latest)
        assert 0.95 <= reached <= 1
        assert reached - dict(found.dates)[latest] < 0.95


def rate_of(counts):
    forecaster = Forecaster()
    forecaster.learn(counts)
    return forecaster.when()


pasts = st.lists(st.integers(0, 6), min_size=5, max_size=90).filter(lambda past: sum(past) > 2)


@settings(max_examples=examples(60), deadline=None)
@given(pasts, st.integers(1, 40), st.integers(1, 200))
def test_how_soon_is_that_of_a_gamma_distributed_rate(past, cards, days):
    """The variance of D days is base times the mean, and c times its square."""
    rate = rate_of(past)
    mean = rate.per_day * days
    dispersion = max(rate.dispersion + rate.growth * mean, 1.001)
    expected = nbinom.sf(cards - 1, mean / (dispersion - 1), 1 / dispersion)
    assert rate.chance(cards, days) == pytest.approx(expected, abs=1e-9)


@settings(max_examples=examples(60), deadline=None)
@given(pasts, st.integers(1, 30), st.sampled_from(PERCENTILES))
def test_when_is_the_first_day_with_that_chance(past, cards, p):
    rate = rate_of(past)
    days = rate.days(cards, p)
    if days is not None:
        assert rate.chance(cards, days) >= p / 100
        assert days == 1 or rate.chance(cards, days - 1) < p / 100
        assert rate.cards(days, p) >= cards
        assert days == 1 or rate.cards(days - 1, p) < cards


@settings(max_examples=examples(60), deadline=None)
@given(pasts)
def test_over_two_weeks_the_rate_scatters_as_it_did(past):
    """The two parts of its variance add up to what was seen over fourteen days, as long as the rate
    itself scatters no more than it does after three periods."""
    forecaster = Forecaster()
    forecaster.learn(past)
    rate = forecaster.when()
    scatters = rate.dispersion + rate.growth * rate.per_day * 14
    assert 0 <= rate.growth <= 1 / 3
    if rate.growth < 1 / 3:
        assert scatters == pytest.approx(forecaster.rate.dispersion)
    else:
        assert scatters <= forecaster.rate.dispersion + 1e-9


def test_a_board_that_rests_is_not_expected_to_rest_for_ever():
    """Bursts of a year, then three quiet months: the spread of the bursts says nothing of a rate
    that has become a hundredth."""
    busy = [9 if day % 30 < 5 else 0 for day in range(360)]
    rate = rate_of([*busy, *[0] * 45, 1, *[0] * 30])
    even, sure = rate.days(3, 50), rate.days(3, 95)
    assert even is not None
    assert sure is not None
    assert sure <= 6 * even


@settings(max_examples=examples(40), deadline=None)
@given(pasts, st.integers(1, 40), st.sampled_from((5, 14, 30)))
def test_when_and_how_many_never_contradict_each_other(past, cards, ahead):
    forecaster = Forecaster(ahead)
    forecaster.learn(past)
    many, soon = forecaster.how_many(), forecaster.dates()
    reached = [soon.chance(cards, days) for days in range(1, 60)]
    assert reached == sorted(reached)
    # No day stands still: the chance is one curve, from before the day of "how many" to after it.
    assert all(before < after for before, after in pairwise(reached) if 0.001 < before < 0.999)
    for days in (1, ahead - 1, ahead + 1, ahead + 20):
        more = [soon.chance(k, days) for k in range(1, cards + 2)]
        assert more == sorted(more, reverse=True)
    told = [soon.days(cards, p) or MOST_DAYS + 1 for p in PERCENTILES]
    assert told == sorted(told)
    for p, days in zip(PERCENTILES, told, strict=True):
        # So many or more by the day is the same as the last of them by that day or before.
        assert (many.cards(p) >= cards) == (days <= ahead)


def test_the_pair_that_is_shown_is_of_one_distribution():
    """A board that stood still at times: how many are certain is raised by how it held."""
    some = sample([took(f"c{n}", 1, start=1 + n + 9 * (n // 40)) for n in range(160)], day=205)
    apart = 0
    for cards in range(1, 25):
        found = forecast(some, cards=cards)
        for p in PERCENTILES:
            day = found.when[p]
            assert (found.how_many[p] >= cards) == (day is not None and day <= found.by)
            raw = learned(some).when().days(cards, p)
            apart += (found.how_many[p] >= cards) != (raw is not None and raw <= found.days)
    assert apart


def test_ten_years_ahead_is_as_far_as_is_told():
    assert GammaRate(0.01, 1.0, 0.0).days(30, 50) is not None
    assert GammaRate(0.01, 1.0, 0.0).days(60, 50) is None


@pytest.mark.parametrize(("active", "possible"), [(0, False), (4, False), (5, True)])
def test_a_forecast_needs_five_days_with_throughput(active, possible):
    cards = [took(f"{twice}{n}", 1, start=1 + 2 * n) for n in range(active) for twice in "ab"]
    found = forecast(sample([*cards, card("open", (1, 1))], day=21))
    assert (found.active_days, found.possible, found.n) == (active, possible, 2 * active)
    assert bool(found.how_many) == bool(found.when) == bool(found.chances) == possible
    assert bool(found.dates) == possible


@pytest.mark.parametrize(
    ("open_cards", "asked", "cards", "none_open"),
    [(0, None, 1, True), (1, None, 1, False), (3, None, 3, False), (3, 2, 2, False),
     (0, 2, 2, False), (0, 1, 1, False)],
)  # fmt: skip
def test_how_many_cards_the_dates_are_of(open_cards, asked, cards, none_open):
    some = sample([*five_days(), *(card(f"o{n}", (1, 1)) for n in range(open_cards))], day=20)
    found = forecast(some, cards=asked)
    assert (found.cards, found.none_open) == (cards, none_open)


def test_the_chances_of_each_number_add_up():
    some = sample([took(f"c{n}", 3, start=1 + 1.7 * n) for n in range(60)], day=105)
    found = forecast(some)
    assert [k for k, _ in found.chances] == list(range(len(found.chances)))
    assert sum(chance for _, chance in found.chances) == pytest.approx(1)
    for p, cards in found.how_many.items():
        assert sum(chance for k, chance in found.chances if k >= cards) >= p / 100
        assert sum(chance for k, chance in found.chances if k > cards) < p / 100


def test_nothing_is_promised_of_no_cards():
    """A card every four days: of one day not even one has a chance of half."""
    some = sample([took(f"c{n}", 1, start=1 + 4 * n) for n in range(20)], day=79)
    found = forecast(some, days=1)
    assert found.how_many == {50: 0, 70: 0, 85: 0, 95: 0}
    said = summary(found)
    assert said.table is not None
    assert {row[1] for row in said.table.rows} == {"not one"}
    assert "0 cards or more" not in " ".join(said.lines)
    assert "85 %: not one card is that likely (" in said.lines[0]
    assert f"({chance_text(found.chance_of_one)})" in said.lines[0]
    assert 0 < found.chance_of_one < 0.5


@pytest.mark.parametrize(("days", "tried"), [(44, 0), (45, 1), (100, 56)])
def test_it_says_what_past_it_rests_on(days, tried):
    end = WORKFLOW.end_of_day(at(days).date())
    cards = [took(f"c{n}", 1, start=n) for n in range(1, days + 1)]
    found = forecast(follow(WORKFLOW, cards, end, Window.back(None, WORKFLOW.day(end))))
    assert (found.past_days, found.tried) == (days, tried)
    said = rests_on(found)
    assert said in summary(found).lines
    rate, *young = said.partition(" That is young: ")
    assert rate == f"Rests on {days} cards finished in {days} days, lately 7.0 a week."
    assert any(young) == (days <= 60)
    # Of forecasts of each day, all but a few overlap.
    apart = tried // 14
    assert to_json(found)["how_many"]["past_periods"] == apart
    assert to_json(found)["how_many"]["past_forecasts"] == tried
    assert to_json(found)["per_day"] == pytest.approx(1)


def test_nothing_is_said_beyond_ten_years() -> None:
    """Of one card in so many days the chance is a half after log 2 times as many."""
    soon, late = (GammaRate(log(2) / half, 1.001, 0.0).days(1, 50) for half in (3645, 3651))
    assert soon is not None
    assert 3640 < soon <= 3650
    assert late is None


def test_a_rate_changes_no_more_than_one_that_three_cards_are_known_of() -> None:
    forecaster = Forecaster()
    forecaster.learn([9] * 90 + [0] * 60 + [9] * 30 + [0] * 90 + [1, 0] * 10)
    rate = forecaster.when()
    assert rate.growth == pytest.approx(1 / 3)
    steady = Forecaster()
    steady.learn([3, 4] * 60 + [8, 9] * 30)
    rate, lately = steady.when(), steady.rate
    assert 0 < rate.growth < 1 / 3
    # Over 14 days it scatters as it did over 14 days.
    assert rate.dispersion + rate.growth * 14 * rate.per_day == pytest.approx(lately.dispersion)


def test_numbers_of_cards_are_shown_down_to_one_chance_in_2000() -> None:
    cards = [took(f"c{n}", 2, start=1 + n % 40) for n in range(120)]
    ahead = forecast(sample(cards, day=45))
    tail = sum(chance for _, chance in ahead.chances[-1:])
    assert 0.0005 <= tail < 0.002
