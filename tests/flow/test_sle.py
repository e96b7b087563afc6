"""The expectation once the open cards count, against the cycle times of the same days."""

from random import Random

import pytest

from mlkanban.display.number_text.cycle_time import summary as times_summary
from mlkanban.display.number_text.sle import summary, to_json
from mlkanban.flow.cycle_time import cycle_times
from mlkanban.flow.sle import sle
from mlkanban.flow.window import Window
from tests.flow.logs import card, sample, took


def worked(seed: int, cards: int, days: int):
    """Cards of a day to some weeks, of which a few were abandoned and some are open still."""
    rng = Random(seed)
    made = []
    for number in range(cards):
        begun, lasts = 1 + rng.uniform(0, days), 1 + int(rng.lognormvariate(2, 0.9))
        if begun + lasts > days + 1:
            made.append(card(f"c{number}", (begun, 1)))
        else:
            outcome = "abandoned" if rng.random() < 0.1 else "shipped"
            made.append(took(f"c{number}", lasts, begun, outcome))
    return sample(made, day=days + 2)


@pytest.mark.parametrize("seed", range(5))
def test_counting_open_cards_it_is_the_percentile_of_the_90_days(seed):
    some = worked(seed, 150, 200)
    found, times = sle(some), cycle_times(some.within(Window.back(90, some.today)))
    assert times.n > 30
    assert found.days == times.percentiles[85]
    assert found.days_with_open == times.percentiles_with_open[85]
    assert to_json(found)["days_with_open"] == found.days_with_open


def test_of_the_last_thirty_cards_it_goes_back_to_the_first_of_them():
    done = [took(f"c{n}", 5, start=1 + 10 * n) for n in range(40)]
    still = [card(f"o{n}", (395 - n, 1)) for n in range(20)]
    some = sample([*done, *still], day=400)
    found = sle(some)
    assert (found.n, found.days) == (30, 5)
    first = done[10].steps[-1].at.date()
    times = cycle_times(some.within(Window.between(first, some.today)))
    assert (times.n, times.percentiles_with_open[85]) == (30, found.days_with_open)


def test_where_too_many_are_open_it_is_not_reached():
    done = [took(f"c{n}", 2, start=80 + n) for n in range(12)]
    found = sle(sample([*done, *(card(f"o{n}", (60, 1)) for n in range(12))], day=100))
    assert (found.days, found.days_with_open) == (2, None)
    assert "2 days or less | counting open cards: not reached |" in summary(found).lines[0]
    none = sle(sample(done[:9], day=100))
    assert (none.days, none.days_with_open) == (None, None)


def test_with_no_card_open_nothing_counts_open_cards():
    some = sample([took(f"c{n}", 2 + n % 5, start=1 + n) for n in range(60)], day=100)
    assert (sle(some).open, sle(some).days_with_open is None) == (0, False)
    counts = [*summary(sle(some)).lines, *times_summary(cycle_times(some)).lines]
    assert "85 % of finished cards took" in counts[1]
    assert not any("counting open cards" in line for line in counts)
    still = sample([took(f"c{n}", 2, start=1 + n) for n in range(60)] + [card("o", (99, 1))], 100)
    assert "counting open cards" in summary(sle(still)).lines[0]
    assert "counting open cards" in times_summary(cycle_times(still)).lines[0]
