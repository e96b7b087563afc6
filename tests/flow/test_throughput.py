from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.display.number_text.throughput import figures, summary, to_json
from mlkanban.flow.throughput import daily, monday, throughput
from tests.flow.logs import at, card, histories, rows, sample, took


def test_days_keep_their_zeros_and_abandoned_cards_stand_beside():
    cards = [took("a", 2), took("b", 2, outcome="learned"), took("c", 4, outcome="abandoned")]
    counted = throughput(sample(cards, day=5))
    assert counted.unit == "day"
    assert [b.finished for b in counted.buckets] == [0, 2, 0, 0, 0]
    assert [b.arrived for b in counted.buckets] == [3, 0, 0, 0, 0]
    assert [b.abandoned for b in counted.buckets] == [0, 0, 0, 1, 0]
    assert counted.buckets[1].cards == ("a", "b")
    assert (counted.n, counted.abandoned, counted.per_day) == (2, 1, 2 / 5)
    assert counted.outcomes == {"learned": 1, "shipped": 1}


def test_each_column_is_under_its_name():
    cards = [
        took("a", 2), took("b", 2, outcome="learned"), took("c", 4, outcome="abandoned"),
        card("d", (2, 1)),
    ]  # fmt: skip
    counted = throughput(sample(cards, day=5))
    said = summary(counted)
    assert said.table is not None
    assert said.table.head == ("day", "finished", "begun", "aband.")
    assert said.table.rows == (
        ("2026-01-01", "0", "3", "0"),
        ("2026-01-02", "2", "1", "0"),
        ("2026-01-03", "0", "0", "0"),
        ("2026-01-04", "0", "0", "1"),
        ("2026-01-05", "0", "0", "0"),
    )
    assert said.lines[1] == "4 begun, 1 abandoned | 1 learned, 1 shipped"
    assert figures(counted) == (
        ("finished", "2"), ("per week", "-"), ("arrived", "4"), ("abandoned", "1"),
    )  # fmt: skip
    data = to_json(counted)
    assert (data["n"], data["arrivals"], data["abandoned"], data["active_days"]) == (2, 4, 1, 1)
    assert data["buckets"][1] == {
        "from": "2026-01-02", "days": 1, "finished": 2, "arrived": 1, "abandoned": 0,
        "cards": ["a", "b"],
    }  # fmt: skip
    assert data["buckets"][3]["abandoned"] == 1


def test_weeks_begin_on_monday_and_a_part_of_one_is_named():
    counted = throughput(sample([took("a", 1), took("b", 3, start=50)], day=60))
    assert counted.unit == "week"
    assert {b.first.weekday() for b in counted.buckets} == {0}
    assert counted.buckets[0].first == date(2025, 12, 29)
    assert counted.buckets[0].days == 4
    assert sum(b.days for b in counted.buckets) == counted.days == 60
    first = rows(summary(counted))[0]
    assert (first[0], first[-1]) == ("2025-12-29", "4 of 7")


def test_six_weeks_are_told_day_by_day_and_a_day_more_week_by_week():
    cards = [took("a", 1), took("b", 3, start=50)]
    for days, unit in ((42, "day"), (43, "week")):
        counted = throughput(sample(cards, day=60, days=days))
        assert (counted.days, counted.unit) == (days, unit)


def test_less_than_two_weeks_make_no_rate():
    young, old = (throughput(sample([took("a", 1)], day=day)) for day in (13, 14))
    assert to_json(young)["per_week"] is None
    assert summary(young).lines[0] == "1 finished, 14 days make a rate | on 1 of 13 days"
    assert summary(old).lines[0] == "1 finished: 0.5 a week, 0.07 a day | on 1 of 14 days"
    assert to_json(old)["per_week"] == 1 / 2


def test_an_empty_window_is_a_sentence():
    said = summary(throughput(sample([card("a", (1, 0))])))
    assert said.lines == ("No card was committed in this window.",)
    assert said.table is None


@given(histories(), st.integers(1, 31), st.one_of(st.none(), st.integers(1, 31)))
def test_every_finished_card_is_in_one_bucket(cards, day, days):
    some = sample(cards, day, days)
    counted = throughput(some)
    refs = [ref for bucket in counted.buckets for ref in bucket.cards]
    assert Counter(refs) == Counter(c.ref for c in some.finished)
    assert sum(daily(some)) == len(some.finished)
    assert counted.abandoned == sum(b.abandoned for b in counted.buckets)
    first = at(day).toordinal() - (days or 10**6)
    starts = [c.start for c in some.worked if c.start is not None]
    assert len(starts) == len(some.worked)
    assert counted.arrivals == sum(start > first for start in starts)


def test_the_mean_is_that_of_a_bucket_of_full_length():
    cards = [took(f"c{n}", 1, start=n) for n in range(1, 11)]
    by_day = throughput(sample(cards, day=20))
    assert (by_day.unit, by_day.per_day, by_day.mean) == ("day", 0.5, 0.5)
    by_week = throughput(sample(cards, day=50))
    assert (by_week.unit, by_week.per_day) == ("week", 0.2)
    assert by_week.mean == pytest.approx(1.4)
    nothing = throughput(sample([]))
    assert (nothing.n, nothing.per_day, nothing.per_week, nothing.mean) == (0, None, None, None)


def test_an_iso_week_begins_on_monday():
    for day in range(1, 60):
        first = monday(day)
        assert date.fromordinal(first).weekday() == 0
        assert 0 <= day - first < 7
