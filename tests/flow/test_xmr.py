import itertools
from math import ceil
from random import Random
from statistics import mean, median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.display.number_text.xmr import summary, to_json
from mlkanban.flow.xmr import LongRun, NaturalLimits, limits_of, long_run, long_runs, xmr
from tests.flow.logs import card, sample, took


def one_by_one(values):
    """Each at an instant of its own."""
    return [[value] for value in values]


def test_the_worked_example():
    limits = limits_of(one_by_one([1, 10, 9, 17, 14, 5, 15, 6]))
    assert limits is not None
    assert limits.mean == 9.625
    assert limits.upper == pytest.approx(28.245)
    assert limits.lower == 0


@given(st.lists(st.integers(1, 60), min_size=6, max_size=40))
def test_limits_are_the_mean_and_the_moving_ranges(values):
    limits = limits_of(one_by_one(values))
    moving = mean(abs(b - a) for a, b in itertools.pairwise(values))
    assert limits is not None
    assert limits.mean == pytest.approx(mean(values))
    assert limits.upper == pytest.approx(mean(values) + 2.66 * moving)
    assert limits.lower == pytest.approx(max(0, mean(values) - 2.66 * moving))


def of(values):
    cards = [took(f"c{n:02}", days, start=1 + n - days + 40) for n, days in enumerate(values)]
    return xmr(sample(cards, day=100))


def test_cards_are_in_order_of_finish_and_signals_are_named():
    found = of([3, 4] * 8 + [30])
    assert [days for _, days in found.cards][:4] == [3, 4, 3, 4]
    assert [found.cards[at] for at in found.outside] == [("c16", 30)]
    assert "1 card outside" in summary(found).lines[1]
    assert not found.provisional


def test_a_long_run_may_be_a_shift_from_its_first_day_on():
    found = of([3, 5] * 6 + [12] * 9)
    assert [(run.first, run.last, run.length, run.above) for run in found.runs] == [
        (12, 20, 9, True)
    ]
    assert found.may_have_shifted == found.finished_on[12]
    line = summary(found).lines[2]
    assert line.startswith(
        f"Cycle times may have shifted since {found.finished_on[12]}: 9 in a row"
    )
    told = to_json(found)
    assert (told["median"], told["run_length"]) == (5, found.run_length)
    assert told["may_have_shifted_since"] == told["runs"][0]["since"] == str(found.finished_on[12])
    assert (told["runs"][0]["from"], told["runs"][0]["side"]) == ("c12", "above")


def test_a_series_that_begins_with_its_long_run_may_have_shifted_after_it():
    found = of([7, *[12] * 9, *[2, 3, 7, 9] * 3, 7, 2, 2, 2])
    assert found.runs == (LongRun(1, 9, 9, above=True),)
    assert found.may_have_shifted == found.finished_on[10]
    line = summary(found).lines[2]
    assert f"since {found.finished_on[10]}: the first 9 were all above the median of 7 d" in line


def closed(values, day=50.0, apart=0.0):
    """Cards that took so many days and were closed on one day, so many days apart."""
    return [
        card(f"c{n:02}", (day - days + 1, 1), (day + n * apart, 1, "shipped"))
        for n, days in enumerate(values)
    ]


def test_cards_closed_at_one_instant_are_in_no_order():
    values = list(range(24, 0, -1))
    found = xmr(sample([*closed(values), *closed([12], day=51)], day=100))
    assert (found.runs, found.outside) == ((), ())
    shuffled = values[:]
    Random(3).shuffle(shuffled)
    assert xmr(sample([*closed(shuffled), *closed([12], day=51)], day=100)).limits == found.limits


@given(st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=3), min_size=2, max_size=3))
def test_moving_ranges_of_one_instant_are_means_over_all_orders(groups):
    several = [
        list(itertools.chain.from_iterable(order))
        for order in itertools.product(*(itertools.permutations(group) for group in groups))
    ]
    limits = limits_of(groups)
    if limits is None:
        assert len(several[0]) < 6
        return
    moving = mean(mean(abs(b - a) for a, b in itertools.pairwise(order)) for order in several)
    assert limits.upper == pytest.approx(mean(several[0]) + 2.66 * moving)


def test_a_run_is_one_in_every_order_of_an_instant():
    sides = [*one_by_one([9] * 4), [9, 9, 9], *one_by_one([9, 9]), [1, 9], *one_by_one([1] * 8)]
    assert long_runs(sides, 5)[1] == [LongRun(0, 8, 9, above=True), LongRun(11, 18, 8, above=False)]


def test_what_was_closed_within_one_day_is_no_shift():
    morning = xmr(sample(closed([20] * 9 + [2] * 9, apart=0.001), day=100))
    assert (morning.run_length, morning.runs, morning.may_have_shifted) == (None, (), None)
    assert summary(morning).lines[2].startswith("All finished on one day")
    last = [*(took(f"e{n}", 2, start=20 + n) for n in range(9)), *closed([20] * 9, apart=0.001)]
    found = xmr(sample(last, day=100))
    assert [run.above for run in found.runs] == [False]


@pytest.mark.parametrize("values", [[1, 3, 5] * 2 + [3], [2, 3] * 4])
def test_where_no_run_could_be_long_there_are_too_few_cards(values):
    found = of(values)
    assert (found.run_length, found.runs) == (None, ())
    line = summary(found).lines[2]
    assert line.startswith("Too few cards to look for a shift: ")
    assert to_json(found)["run_length"] is None


def test_too_few_values_have_no_limits():
    assert of([3] * 5).limits is None
    assert "limits need 6" in summary(of([3] * 5)).lines[0]
    assert of([3, 4, 5] * 3).provisional
    assert "provisional" in summary(of([3, 4, 5] * 3)).lines[0]


@pytest.mark.parametrize(("many", "limits", "provisional"), [
    (5, False, True), (6, True, True), (14, True, True), (15, True, False), (16, True, False),
])  # fmt: skip
def test_limits_need_six_values_and_settle_with_fifteen(many, limits, provisional):
    found = of([3, 5] * 8 if many == 16 else ([3, 5] * 8)[:many])
    assert (found.limits is not None, found.provisional, found.n) == (limits, provisional, many)


def orders(above, below):
    """The longest run of every order of so many values above and below the median."""
    for places in itertools.combinations(range(above + below), above):
        sides = [at in places for at in range(above + below)]
        yield max(len(list(run)) for _, run in itertools.groupby(sides))


@pytest.mark.parametrize(("above", "below"), [(6, 6), (7, 7), (9, 5), (3, 9), (8, 8)])
def test_chance_reaches_a_long_run_in_at_most_one_of_twenty_orders(above, below):
    length = long_run(above, below)
    assert length is not None
    longest = list(orders(above, below))
    assert (
        mean(run >= length for run in longest) <= 0.05 < mean(run >= length - 1 for run in longest)
    )


@pytest.mark.parametrize(("n", "length"), [(20, 7), (60, 10), (100, 11), (200, 12), (4000, 17)])
def test_the_more_values_the_longer_a_run_has_to_be(n, length):
    assert long_run(n // 2, n // 2) == length


def test_values_on_the_median_neither_count_nor_end_a_run():
    found = of([3, 8] * 4 + [3] * 5 + [5, 9, 9, 5, 9, 9, 9, 9, 9, 9] + [3] * 2)
    assert (found.median, found.run_length) == (5, 8)
    assert found.runs == (LongRun(14, 22, 8, above=True),)


def test_where_all_took_the_same_time_no_run_is_looked_for():
    for values in ([7] * 20, [1] * 15 + [4] * 5):
        found = of(values)
        assert (found.run_length, found.runs, found.may_have_shifted) == (None, (), None)
        assert summary(found).lines[2].startswith("Too many cards took the same time")


@pytest.mark.parametrize("n", [20, 60, 200])
def test_a_stable_skewed_process_is_seldom_said_to_have_shifted(n):
    rng = Random(n)
    cried = 0
    for _ in range(200):
        values = [ceil(5 * rng.lognormvariate(0, 0.8)) for _ in range(n)]
        cried += bool(long_runs(one_by_one(values), median(values))[1])
    assert cried <= 0.05 * 200


def test_half_of_the_doublings_of_the_last_twenty_of_sixty_cards_are_found():
    rng = Random(8)
    found = 0
    for _ in range(200):
        values = [ceil((5 + 5 * (n >= 40)) * rng.lognormvariate(0, 0.5)) for n in range(60)]
        found += bool(long_runs(one_by_one(values), median(values))[1])
    assert found >= 100


def test_only_what_lies_beyond_a_limit_is_outside():
    same = of([4] * 8)
    assert (same.limits, same.outside) == (NaturalLimits(4, 4, 4), ())
    low = of([40, 41] * 8 + [1])
    assert low.outside == (16,)
    found = limits_of(one_by_one([3, 3, 3, 3, 3, 9]))
    assert found is not None
    assert found.mean == 4
    assert found.lower == pytest.approx(0.808)
    assert found.upper == pytest.approx(7.192)
