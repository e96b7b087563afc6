from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from statistics import mean, multimode
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlkanban.display.number_text.cycle_time import figures, summary, to_json
from mlkanban.flow.cycle_time import cycle_times, grouped
from mlkanban.flow.history import CardHistory, FlowState, Step, Workflow, trace
from mlkanban.flow.sample import follow
from mlkanban.flow.window import Window
from tests.examples import examples
from tests.flow.logs import rows

# Ready | Train, Evaluate | Monitor
WORKFLOW = Workflow(("Ready", "Train", "Evaluate", "Monitor"), 1, 3, UTC)
MORNING = datetime(2026, 1, 1, 9, tzinfo=UTC)


def at(day: float) -> datetime:
    return MORNING + timedelta(days=day - 1)


def card(*steps, ref="C1", type="model", tags=(), title="A card"):
    made = tuple(Step(at(day), stage, outcome) for day, stage, outcome in steps)
    return CardHistory(ref, title, type, tags, made)


def took(days, outcome="shipped", start=1, **fields):
    return card((start, 1, None), (start + days - 1, 1, outcome), **fields)


def still(age, as_of, **fields):
    return card((as_of - age + 1, 1, None), **fields)


def sample(cards, day=21, window=None, workflow=WORKFLOW):
    """Of cards with a short id each, whatever they were made with."""
    cards = [replace(c, ref=f"C{n}") if c.ref == "C1" else c for n, c in enumerate(cards, 1)]
    return follow(workflow, cards, at(day), Window.back(window, workflow.day(at(day))))


def numbers(cards, day=21, window=None):
    return cycle_times(sample(cards, day, window))


def lines_of(times):
    said = summary(times)
    return [*said.lines, said.note]


def example():
    """Eight finished and two open cards on day 21: the worked example of the definitions."""
    finished = [took(d, ref=f"F{d}", title=f"Took {d}") for d in (1, 5, 6, 9, 10, 14, 15, 17)]
    return [*finished, still(11, 21), still(21, 21)]


def test_the_worked_example():
    times = numbers(example())
    assert (times.n, times.open, times.never_worked) == (8, 2, 0)
    assert (times.mean, times.mode, times.min, times.max) == (9.625, 1, 1, 17)
    assert times.percentiles == {50: 9, 70: None, 85: None, 95: None}
    # Ten durations are enough for 85 %; 95 % asks for twenty.
    assert times.percentiles_with_open == {50: 10, 70: 15, 85: 17, 95: None}


def test_the_data_for_scripts():
    times = numbers(example()[:2], window=90)
    assert to_json(times) == {
        "n": 2,
        "never_worked": 0,
        "never_worked_percentiles": {"50": None, "70": None, "85": None, "95": None},
        "open": 0,
        "mean": 3.0,
        "mode": 1,
        "min": 1,
        "max": 5,
        "percentiles": {"50": None, "70": None, "85": None, "95": None},
        "percentiles_with_open": {"50": None, "70": None, "85": None, "95": None},
        "withheld_from": None,
        "histogram": [
            {"from": 1, "to": 1, "count": 1},
            {"from": 2, "to": 2, "count": 0},
            {"from": 3, "to": 3, "count": 0},
            {"from": 4, "to": 4, "count": 0},
            {"from": 5, "to": None, "count": 1},
        ],
        "outcomes": {"shipped": 2, "learned": 0, "superseded": 0, "abandoned": 0},
        "convention": "calendar days, both ends counted | nearest rank",
        "window": "90d",
        "from": "2025-10-24",
        "to": "2026-01-21",
        "as_of": "2026-01-21",
        "timezone": "UTC",
        "only": "",
    }


def test_cards_that_were_never_worked_have_the_days_from_writing_to_end():
    # What lists of other tools have of a card: created on the first day, resolved `days` later.
    days = [2, 3, 3, 5, 8, 9, 12, 13, 20, 21]
    cards = [card((1, 0, None), (n, 3, "shipped"), ref=f"C{n}-{at}") for at, n in enumerate(days)]
    times = numbers(cards)
    assert (times.n, times.never_worked) == (0, 10)
    reference = np.percentile(days, [50, 70, 85], method="inverted_cdf")
    assert times.never_worked_percentiles == {
        **dict(zip((50, 70, 85), map(int, reference), strict=True)), 95: None,
    }  # fmt: skip
    assert (
        "never worked, from created to resolved: p50 8 d | p70 12 d | p85 20 d"
        in summary(times).lines
    )
    assert len(summary(numbers(cards[:4])).lines) == 1, "too few for any"


def test_nothing_finished():
    data = to_json(numbers([still(3, 21)]))
    assert (data["n"], data["open"], data["histogram"], data["window"]) == (0, 1, [], "all")
    assert {data[key] for key in ("mean", "mode", "min", "max")} == {None}


def test_the_smallest_of_the_commonest_is_the_mode():
    assert numbers([took(d) for d in (7, 4, 4, 7, 9)]).mode == 4


def test_abandoned_cards_stand_beside_and_count_with_the_open_ones():
    times = numbers([took(2), took(3, "learned"), took(4, "superseded"), took(5, "abandoned")])
    assert times.outcomes == {"shipped": 1, "learned": 1, "superseded": 1, "abandoned": 1}
    assert (times.n, times.open, times.mean, times.n_with_open) == (3, 0, 3.0, 4)


def test_an_abandoned_card_is_censored_on_its_day():
    cards = [took(2)] * 5 + [took(4)] * 5 + [took(3, "abandoned")] * 10
    # S(2) = 3/4, then 5 at risk on day 4, all finish: nobody knows of the ten.
    assert numbers(cards).percentiles_with_open == {50: 4, 70: 4, 85: 4, 95: 4}
    assert numbers(cards + [still(5, 21)] * 5).percentiles_with_open[70] is None


def test_never_worked_and_discarded_cards_stay_out():
    skipped = card((1, 0, None), (3, 3, None))
    discarded = card((1, 0, None), (3, 0, "discarded"))
    dropped = card((1, 0, None), (3, 0, "abandoned"))
    times = numbers([took(2), skipped, discarded, dropped])
    assert (times.n, times.never_worked, times.open, times.outcomes["abandoned"]) == (1, 2, 0, 0)


@pytest.mark.parametrize(("finished", "counted"), [(20, 1), (19, 1), (18, 0), (21, 1), (22, 0)])
def test_the_window_takes_its_last_day_and_leaves_the_day_before_its_first(finished, counted):
    times = numbers([took(finished), still(20, 21)], day=21, window=3)
    assert times.n == counted
    assert times.open == (2 if finished == 22 else 1)


def test_days_begin_and_end_in_the_zone_of_the_board():
    late = datetime(2026, 1, 1, 23, 30, tzinfo=UTC)
    history = CardHistory(
        "C1", "t", "model", (), (Step(late, 1, None), Step(late + timedelta(hours=1), 1, "shipped"))
    )
    for zone, days in (("UTC", 2), ("Europe/Berlin", 1)):
        workflow = Workflow(WORKFLOW.stages, 1, 3, ZoneInfo(zone))
        times = cycle_times(sample([history], 9, workflow=workflow))
        assert (times.max, times.scope.timezone) == (days, zone)
        assert times.scope.as_of == date(2026, 1, 9)
        assert times.cards[0].hours == 1


def test_groups_by_type_and_tag():
    cards = [
        took(2, type="model", tags=("vision", "night")),
        took(4, type="data", tags=("vision",)),
        still(3, 21, type="model"),
    ]

    def by(what):
        groups = grouped(sample(cards), what)
        return [(key, times.n, times.open, times.mean) for key, times in groups]

    assert by("type") == [("data", 1, 0, 4.0), ("model", 1, 1, 2.0)]
    assert by("tag") == [("", 0, 1, None), ("night", 1, 0, 2.0), ("vision", 2, 0, 3.0)]


def test_groups_by_stage_are_residence_over_all_visits():
    back = card(
        (1, 0, None), (2, 1, None), (4, 2, None), (4.5, 1, None), (6, 2, None), (9, 3, None)
    )
    straight = card((1, 1, None), (2, 3, None))
    groups = grouped(sample([back, straight, still(6, 21)]), "stage")
    # Train: 2 + 1.5 days are 4 begun ones.
    assert [(key, t.n, t.open, t.mean) for key, t in groups] == [
        ("Ready", 1, 0, 1.0), ("Train", 2, 1, 2.5), ("Evaluate", 1, 0, 4.0)
    ]  # fmt: skip


steps = st.lists(
    st.tuples(
        st.integers(1, 30),
        st.integers(0, 3),
        st.sampled_from(
            [None] * 5 + ["shipped", "learned", "superseded", "abandoned", "discarded"]
        ),
    ),
    max_size=6,
).map(lambda raw: card(*sorted(raw, key=lambda step: step[0])))


@settings(max_examples=examples(100))
@given(st.lists(steps, max_size=25), st.integers(1, 31), st.one_of(st.none(), st.integers(1, 31)))
def test_every_card_is_counted_once_and_the_numbers_fit_the_list(cards, day, window):
    times = numbers(cards, day, window)
    flows = [flow for c in cards if (flow := trace(WORKFLOW, c, at(day)))]
    states = Counter(flow.state for flow in flows)
    departed = [
        flow
        for flow in flows
        if flow.finish and (window is None or flow.finish > at(day) - timedelta(days=window))
    ]
    assert times.open == states[FlowState.OPEN]
    assert times.never_worked + sum(times.outcomes.values()) == len(departed)
    assert times.n == len(times.cards) == sum(b.count for b in times.histogram)
    days = [c.days for c in times.cards]
    if days:
        assert times.mean == pytest.approx(mean(days))
        assert times.mode == min(multimode(days))
        assert (times.min, times.max) == (min(days), max(days))


@given(st.lists(steps, max_size=25), st.integers(1, 31))
def test_work_in_progress_adds_up_to_the_time_cards_took(cards, until):
    """Conservation: the WIP at the end of each day, summed up, is the days the cards spent."""
    flows = [flow for c in cards if (flow := trace(WORKFLOW, c, at(until)))]
    committed = [(flow.start, flow.finish) for flow in flows if flow.start]
    ends = [at(day) for day in range(1, until + 1)]
    wip = sum(
        start <= end and (finish is None or finish > end)
        for start, finish in committed
        for end in ends
    )
    took_days = sum(WORKFLOW.days(start, finish) - 1 for start, finish in committed if finish)
    ages = sum(WORKFLOW.days(start, at(until)) for start, finish in committed if not finish)
    assert wip == took_days + ages


def test_the_lines_under_the_chart():
    assert lines_of(numbers(example(), window=90)) == [
        "50 % of finished cards took 9 days or less | counting open cards: 10 d",
        "8 finished | mean 9.6 d | mode 1 d | from 1 to 17 d",
        "finished             p50 9 d  | p70, p85 n < 10 | p95 n < 20",
        "counting open cards  p50 10 d | p70 15 d | p85 17 d | p95 n < 20",
        "8 shipped, 0 learned, 0 superseded | 2 open, 0 abandoned, 0 never worked",
        "90 days to 2026-01-21, UTC | calendar days, both ends counted | nearest rank",
    ]


def test_not_reached_is_not_too_few():
    lines = lines_of(numbers([took(d) for d in range(1, 11)] + [still(21, 21)] * 10))
    assert (
        lines[0] == "85 % of finished cards took 9 days or less | counting open cards: not reached"
    )
    assert lines[3] == ("counting open cards  p50 10 d | p70, p85, p95 not reached")


def test_too_few_cards_are_listed():
    said = summary(numbers([*example()[:2], still(4, 21)]))
    assert said.lines == (
        "2 finished cards (1 open, 0 abandoned, 0 never worked); percentiles need 5.",
    )
    assert said.table is not None
    assert said.table.head == ("card", "took", "outcome", "title")
    assert rows(said) == (
        ("F1", "1 d", "shipped", "Took 1"),
        ("F5", "5 d", "shipped", "Took 5"),
    )
    assert summary(numbers([], window=30)).lines == (
        "No finished cards (0 open, 0 abandoned, 0 never worked); percentiles need 5.",
    )


def test_each_figure_of_cycle_times_is_under_its_name():
    times = numbers(example(), window=90)
    assert figures(times) == (
        ("finished", "8"), ("open", "2"), ("mean", "9.6"),
        ("p50", "9"), ("p70", "-"), ("p85", "-"), ("p95", "-"),
    )  # fmt: skip
    assert figures(replace(times, of_stage=True))[:2] == (("left", "8"), ("there", "2"))
    assert dict(figures(numbers([still(3, 21)])))["mean"] == "-"


def test_the_data_for_scripts_has_each_number_of_cards_under_its_name():
    never = card((1, 0, None), (2, 3, "shipped"))
    dropped = [took(4, "abandoned")] * 2
    times = numbers([*example(), still(11, 21), *dropped, *[never] * 4])
    data = to_json(times)
    assert (data["n"], data["open"], data["never_worked"]) == (8, 3, 4)
    assert data["outcomes"] == {"shipped": 8, "learned": 0, "superseded": 0, "abandoned": 2}
    assert (data["min"], data["mode"], data["max"]) == (1, 1, 17)
    assert summary(times).lines[-1] == (
        "8 shipped, 0 learned, 0 superseded | 3 open, 2 abandoned, 4 never worked"
    )


def stages(cards, day=21, window=None):
    return dict(grouped(sample(cards, day, window), "stage"))


def test_a_stage_counts_what_was_worked_and_known_by_the_end():
    cards = [
        card((1, 0, None), (2, 3, None), ref="skipped"),  # never worked
        card((1, 1, None), (2, 1, "discarded"), ref="dropped"),
        card((1, 1, None), (4, 2, None), (6, 3, None), ref="straight"),
        card((1, 1, None), (3, 1, "learned"), ref="learned"),
        card((1, 1, None), (6, 1, "abandoned"), ref="given up"),
        card((2, 1, None), ref="open"), card((30, 1, None), ref="later"),
    ]  # fmt: skip
    ready, train, evaluate = stages(cards).values()
    assert (ready.n, ready.open, ready.mean, ready.mode, ready.min, ready.max) == (
        0, 0, None, None, None, None,
    )  # fmt: skip
    assert (train.n, train.open, train.n_with_open, train.never_worked) == (2, 1, 4, 0)
    assert train.of_stage
    assert train.outcomes == {
        "moved on": 1, "shipped": 0, "learned": 1, "superseded": 0, "abandoned": 1,
    }  # fmt: skip
    assert [(c.ref, c.days, c.hours, c.outcome) for c in train.cards] == [
        ("learned", 2, 48, "learned"), ("straight", 3, 72, "moved on"),
    ]  # fmt: skip
    assert [(c.ref, c.days, c.outcome) for c in train.abandoned] == [("given up", 5, "abandoned")]
    assert (evaluate.n, evaluate.open, evaluate.mean) == (1, 0, 2.0)
    assert not numbers(cards).of_stage
    assert numbers(cards).outcomes == {
        "shipped": 1, "learned": 1, "superseded": 0, "abandoned": 1,
    }  # fmt: skip


def test_time_in_a_stage_is_begun_days_and_hours():
    minute = 1 / 24 / 60
    for spent, days, hours in (
        (minute, 1, 1), (1 / 24, 1, 1), (1 / 24 + minute, 1, 2), (1, 1, 24), (1 + minute, 2, 25),
    ):  # fmt: skip
        (one,) = stages([card((1, 1, None), (1 + spent, 3, None))])["Train"].cards
        assert (one.days, one.hours) == (days, hours)


def test_cards_that_came_before_the_window_count_from_the_age_they_had_then():
    """Left truncation, in whole days, and never as many as they took."""
    cards = [card((1, 1, None), (1 + n, 3, None), ref=f"c{n}") for n in range(5, 15)]
    young = stages(cards, day=15, window=11)["Train"]  # from day 5 on: each was 3.6 days old
    assert [c.days for c in young.cards] == list(range(5, 15))
    assert young.percentiles_with_open == young.percentiles
    brief = stages([card((4, 1, None), (5.1, 3, None))], day=15, window=11)["Train"]
    assert (brief.n, brief.mean) == (1, 2.0)
    before = stages([card((1, 1, None), (4, 3, None))], day=15, window=11)["Train"]
    assert (before.n, before.open) == (0, 0)


def test_a_stage_that_was_left_in_the_first_instant_of_the_window_counts():
    begin = WORKFLOW.start_of_day(date(2026, 1, 5))
    for seconds, counted in ((-1, 0), (0, 1), (1, 1)):
        left = begin + timedelta(seconds=seconds)
        history = CardHistory("x", "x", "model", (), (Step(at(1), 1, None), Step(left, 3, None)))
        assert stages([history], day=15, window=11)["Train"].n == counted


def test_the_least_the_most_the_mean_and_the_commonest():
    found = numbers([took(d, ref=f"r{n}") for n, d in enumerate((4, 2, 2, 9, 9, 1))])
    assert (found.n, found.min, found.max, found.mode, found.mean) == (6, 1, 9, 2, 27 / 6)
    assert [c.days for c in found.cards] == [1, 2, 2, 4, 9, 9]
    assert sum(one.count for one in found.histogram) == 6


@pytest.mark.parametrize(("days", "bars", "width"), [(30, 30, 1), (40, 40, 1), (41, 21, 2)])
def test_a_histogram_has_a_bar_for_two_of_eighty_columns_at_most(days, bars, width):
    cards = [took(d, ref=f"r{d}") for d in range(1, days + 1)]
    found = numbers(cards, day=60).histogram
    assert (len(found), found[0].last) == (bars, width)
    assert found[-1].last is None
