from datetime import UTC, datetime, timedelta

from mlkanban.charts.spec import Mark, histogram_spec
from mlkanban.flow.cycle_time import cycle_times
from mlkanban.flow.history import CardHistory, Step, Workflow
from mlkanban.flow.sample import follow
from mlkanban.flow.window import Window

WORKFLOW = Workflow(("Train", "Done"), 0, 1, UTC)
MORNING = datetime(2026, 1, 1, 6, tzinfo=UTC)


def times(*hours):
    cards = [
        CardHistory(
            "C",
            "t",
            "model",
            (),
            (Step(MORNING, 0, None), Step(MORNING + timedelta(hours=h), 1, None)),
        )
        for h in hours
    ]
    as_of = MORNING + timedelta(days=99)
    return cycle_times(follow(WORKFLOW, cards, as_of, Window.back(None, as_of.date())))


def test_percentiles_that_have_enough_cards_and_the_sle_are_marked():
    spec = histogram_spec(times(*(24 * d for d in range(10))), sle=14)
    assert spec.unit == "days"
    assert spec.counts == tuple((day, 1) for day in range(1, 11))
    assert spec.marks == (Mark(5, "p50"), Mark(7, "p70"), Mark(9, "p85"), Mark(14, "SLE"))
    assert histogram_spec(times(24, 48, 72)).marks == ()


def test_under_three_days_hours_are_drawn():
    spec = histogram_spec(times(0.2, 1, 3, 3, 26), sle=2)
    assert (spec.unit, spec.counts) == ("hours", ((1, 2), (3, 2), (26, 1)))
    assert spec.marks == (Mark(3, "p50"),)
    assert histogram_spec(times(0.2, 48)).unit == "days"
