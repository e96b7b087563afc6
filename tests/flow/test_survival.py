from fractions import Fraction
from time import perf_counter

from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf

from mlkanban.flow.percentiles import nearest_rank
from mlkanban.flow.survival import kaplan_meier

durations = st.lists(st.integers(1, 25), max_size=40)


@given(durations.filter(bool), durations)
def test_scipy_agrees(finished, censored):
    survival = kaplan_meier(finished, censored)
    expected = ecdf(CensoredData(uncensored=finished, right=censored)).sf
    assert [t for t, _ in survival.steps] == sorted(set(finished))
    for t, s in survival.steps:
        assert abs(float(s) - expected.evaluate(t)) < 1e-12


@given(durations.filter(bool), st.integers(1, 99))
def test_without_open_cards_it_is_the_percentile(finished, p):
    assert kaplan_meier(finished, []).time(p) == nearest_rank(sorted(finished), p)


@given(durations.filter(bool), durations, st.integers(1, 99))
def test_open_cards_never_make_it_shorter(finished, censored, p):
    without, counting = kaplan_meier(finished, []).time(p), kaplan_meier(finished, censored).time(p)
    assert counting is None or counting >= without


def test_a_worked_example():
    survival = kaplan_meier([1, 5, 6, 9, 10, 14, 15, 17], [11, 21])
    falls = {1: ".9", 5: ".8", 6: ".7", 9: ".6", 10: ".5", 14: ".375", 15: ".25", 17: ".125"}
    assert survival.steps == tuple((t, Fraction(s)) for t, s in falls.items())
    assert [survival.time(p) for p in (50, 70, 85, 95)] == [10, 15, 17, None]


def test_at_a_tie_the_open_card_still_counts_as_at_risk():
    assert kaplan_meier([3], [3]).steps == ((3, Fraction(1, 2)),)


def test_nothing_known():
    assert kaplan_meier([], [4, 5]).time(50) is None


def test_a_hundred_thousand_cards_are_no_wait():
    finished = [i * i % 3001 + 1 for i in range(80_000)]
    censored = [i * 7 % 2999 + 1 for i in range(20_000)]
    began = perf_counter()
    kaplan_meier(finished, censored).time(95)
    assert perf_counter() - began < 1
