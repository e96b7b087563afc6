from datetime import date, timedelta
from fractions import Fraction
from itertools import islice, pairwise

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlkanban.display.number_text.forecast import reason, summary, to_json
from mlkanban.flow.forecast import Sums, forecast, whole_days
from mlkanban.flow.percentiles import PERCENTILES
from mlkanban.flow.sample import follow
from mlkanban.flow.throughput import throughput
from mlkanban.flow.window import Window
from tests.examples import examples
from tests.flow.logs import WORKFLOW, at, card, sample, took

pasts = st.lists(st.integers(0, 6), min_size=1, max_size=40).filter(any)


def reference(past, days):
    """P(X >= k) by numpy's convolution."""
    share = numpy.bincount(past) / len(past)
    total = numpy.array([1.0])
    for _ in range(days):
        total = numpy.convolve(total, share)
    return numpy.cumsum(total[::-1])[::-1]


@given(pasts, st.integers(1, 30))
def test_the_distribution_is_that_of_numpy(past, days):
    found = Sums(past).chances(days)
    expected = reference(past, days)
    assert numpy.allclose(found[: len(expected)], expected, atol=1e-12)
    assert found[len(expected) :] == [0.0] * (len(found) - len(expected))


def exact(past, days):
    """P(X >= k) in fractions, one day after the other."""
    shares = {j: Fraction(past.count(j), len(past)) for j in set(past)}
    total = {0: Fraction(1)}
    for _ in range(days):
        step: dict[int, Fraction] = {}
        for have, p in total.items():
            for j, q in shares.items():
                step[have + j] = step.get(have + j, 0) + p * q
        total = step
    return lambda k: sum((p for have, p in total.items() if have >= k), Fraction(0))


@settings(max_examples=examples(60))
@given(pasts, st.integers(1, 9), st.sampled_from(PERCENTILES))
def test_how_many_is_the_most_with_that_chance(past, days, p):
    chance = exact(past, days)
    k = Sums(past).how_many(p, days)
    assert chance(k) >= Fraction(p, 100)
    assert chance(k + 1) < Fraction(p, 100)


@settings(max_examples=examples(60))
@given(pasts, st.integers(1, 8), st.sampled_from(PERCENTILES))
def test_when_is_the_first_day_with_that_chance(past, cards, p):
    sums = Sums(past)
    days = sums.when(p, cards)
    if days is not None and days < 40:
        assert exact(past, days)(cards) >= Fraction(p, 100)
        assert days == 1 or exact(past, days - 1)(cards) < Fraction(p, 100)
        assert sums.how_many(p, days) >= cards


@settings(max_examples=examples(60))
@given(pasts, st.integers(1, 30), st.sampled_from(PERCENTILES))
def test_day_by_day_as_many_cards_are_finished_as_by_each_of_the_days(past, most, p):
    sums = Sums(past)
    found = list(islice(sums.ahead(p, most), 12))
    assert found == [min(most, sums.how_many(p, days)) for days in range(1, 13)]


@settings(max_examples=examples(60))
@given(pasts, st.integers(1, 40))
def test_how_soon_is_that_of_numpy(past, cards):
    for days, chance in zip(range(1, 25), Sums(past).soon(cards), strict=False):
        tail = reference(past, days)
        assert chance == pytest.approx(tail[cards] if cards < len(tail) else 0.0, abs=1e-9)


def test_a_tie_counts_as_reached():
    """Of two days one finished a card: one day more gives a card in exactly half of all cases."""
    assert Sums([0, 1]).how_many(50, 1) == 1
    assert Sums([0, 1]).when(50, 1) == 1
    # 17 of 20 days: 85 % to the digit, which floats miss in one direction or the other.
    assert Sums([1] * 17 + [0] * 3).how_many(85, 1) == 1
    assert next(Sums([1] * 17 + [0] * 3).ahead(85, 5)) == 1


def test_what_takes_too_long_is_not_told():
    assert Sums([0] * 999 + [1]).when(95, 50) is None


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
        assert f" of {ahead.window_days} day" in summary(ahead).note
    ahead = forecast(sample(today, day=20.2))
    assert "n 0 finished on 0 of 1 day (today left out)" in summary(ahead).note
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
    assert said.forecasts == ("how_many",)
    assert said.table is not None
    assert said.table.head == ("chance", f"cards by {found.by}")
    assert to_json(found)["when"]["cards"] == 1
    assert len(summary(forecast(sample([*done, card("o", (3, 1))]))).lines) == 2


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
        assert len(whole_days(some)) == len(some.days) - (not over)
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


def test_ten_years_ahead_is_as_far_as_is_told():
    # A day finishes a card or none: the chance of none in D days is q ** D.
    for without, days in ((5265, 3650), (5266, None)):
        assert Sums([1] + [0] * without).when(50, 1) == days


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


@given(st.lists(st.integers(0, 4), min_size=1, max_size=9).filter(any), st.integers(1, 12))
def test_the_chances_of_each_number_add_up(past, days):
    tail = Sums(past).chances(days)
    assert len(tail) == max(past) * days + 2
    assert (tail[0], tail[-1]) == (1, 0)
    assert all(before >= after for before, after in pairwise(tail))
    mean = sum(tail[1:])
    assert mean == pytest.approx(days * sum(past) / len(past))
