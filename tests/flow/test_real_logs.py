"""The numbers of two public logs, computed with other tools. The logs are not part of the project.

They lie in the folder MLKANBAN_REAL_LOGS names, or in ../shared/data beside the repository.
"""

import csv
import os
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from mlkanban.display.number_text import cycle_time
from mlkanban.display.number_text.little import reason
from mlkanban.flow.backtest import backtest
from mlkanban.flow.cycle_time import cycle_times, grouped
from mlkanban.flow.history import CardHistory, Step, Workflow
from mlkanban.flow.little import little
from mlkanban.flow.sample import Sample, follow
from mlkanban.flow.window import Window
from mlkanban.flow.wip import wip

ROOT = Path(__file__).parents[2]
LOGS = Path(os.environ.get("MLKANBAN_REAL_LOGS", ROOT.parent / "shared" / "data"))


def read(path, stages):
    positions = {status: k for k, (_, inside) in enumerate(stages) for status in inside}
    cases = defaultdict(list)
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            at = datetime.fromisoformat(row["timestamp"])
            cases[row["case"]].append(Step(at, positions[row["status"]], None))
    return [
        CardHistory(case, case, "chore", (), tuple(sorted(steps, key=lambda step: step.at)))
        for case, steps in cases.items()
    ]


HELPDESK = (
    "helpdesk_italian_events.csv",
    [
        ("New", ["Insert ticket", "Assign seriousness"]),
        (
            "Working",
            [
                "Take in charge ticket",
                "Wait",
                "Require upgrade",
                "Create SW anomaly",
                "Schedule intervention",
                "Resolve SW anomaly",
            ],
        ),
        ("Resolved", ["Resolve ticket", "RESOLVED", "VERIFIED", "INVALID", "DUPLICATE"]),
        ("Closed", ["Closed"]),
    ],
    3,
    date(2014, 1, 3),
    {
        "n": 4557,
        "never_worked": 0,
        "open": 23,
        "mean": 37.8330,
        "mode": 32,
        "max": 61,
        "percentiles": {"50": 37, "70": 45, "85": 49, "95": 56},
        "percentiles_with_open": {"50": 37, "70": 45, "85": 49, "95": 57},
    },
    (265, date(2012, 1, 25)),
)
SERVICENOW = (
    "uci498_servicenow_incidents_excerpt.csv",
    [
        ("New", ["New"]),
        (
            "Active",
            [
                "Active",
                "Awaiting User Info",
                "Awaiting Problem",
                "Awaiting Vendor",
                "Awaiting Evidence",
            ],
        ),
        ("Resolved", ["Resolved"]),
        ("Closed", ["Closed"]),
    ],
    2,
    date(2017, 2, 4),
    {
        "n": 639,
        "never_worked": 251,
        "open": 0,
        "mean": 16.4491,
        "mode": 1,
        "max": 335,
        "percentiles": {"50": 4, "70": 11, "85": 25, "95": 74},
        "percentiles_with_open": {"50": 4, "70": 11, "85": 25, "95": 74},
    },
    (324, date(2016, 3, 2)),
)


def sample_of(log):
    name, stages, delivered, day, _, _ = log
    if not (LOGS / name).exists():
        pytest.skip(f"{name} is not in {LOGS}")
    workflow = Workflow(tuple(stage for stage, _ in stages), 1, delivered, UTC)
    histories = read(LOGS / name, stages)
    return follow(workflow, histories, workflow.end_of_day(day), Window.back(None, day))


both = pytest.mark.parametrize("log", [HELPDESK, SERVICENOW], ids=["helpdesk", "servicenow"])


@both
def test_a_real_log_gives_the_known_numbers(log):
    data: dict[str, Any] = {**cycle_time.to_json(cycle_times(sample_of(log)))}
    data["mean"] = round(data["mean"], 4)
    expected = log[4]
    assert {key: data[key] for key in expected} == expected
    assert sum(b["count"] for b in data["histogram"]) == data["n"]


@both
def test_work_in_progress_was_highest_on_the_known_day(log):
    assert wip(sample_of(log)).highest == log[5]


def lived(cases, stage, first, end):
    """By the rows alone: (days in the stage, whether it was left, days before) of the cards that
    stood in it within a stretch of time."""
    day = timedelta(days=1)
    for steps in cases:
        steps = [step for step in steps if step.at < end]
        if not steps:
            continue
        ends = [*(step.at for step in steps[1:]), end]
        stays = [(s.at, e) for s, e in zip(steps, ends, strict=True) if s.stage == stage]
        if not stays or (steps[-1].stage != stage and stays[-1][1] < first):
            continue
        days = ceil(sum(((e - s) for s, e in stays), timedelta()) / day)
        before = sum(((min(e, first) - s) for s, e in stays if s < first), timedelta()) // day
        yield days, steps[-1].stage != stage, min(before, max(0, days - 1))


def reached(cards, p):
    share = Fraction(1)
    for t in sorted({days for days, left, _ in cards if left}):
        at_risk = sum(before < t <= days for days, _, before in cards)
        share *= 1 - Fraction(sum(days == t and left for days, left, _ in cards), at_risk)
        if 1 - share >= Fraction(p, 100):
            return t
    return None


TAKE = [
    HELPDESK[1][0],
    ("Take", ["Take in charge ticket"]),
    ("Working", HELPDESK[1][1][1][1:]),
    *HELPDESK[1][2:],
]


@pytest.mark.parametrize("as_of", [date(2012, 6, 30), date(2014, 1, 3)])
def test_a_card_that_left_a_stage_is_not_in_it_any_more(as_of):
    path = LOGS / HELPDESK[0]
    if not path.exists():
        pytest.skip(f"{path} is not there")
    workflow = Workflow(tuple(name for name, _ in TAKE), 1, 4, UTC)
    cards = read(path, TAKE)
    window = Window.back(90, date(2012, 6, 30))
    sample = follow(workflow, cards, workflow.end_of_day(as_of), window)
    first, end = datetime(2012, 4, 2, tzinfo=UTC), datetime(2012, 7, 1, tzinfo=UTC)
    for stage, (name, times) in enumerate(grouped(sample, "stage")):
        found = list(lived([card.steps for card in cards], stage, first, end))
        assert times.n == sum(left for _, left, _ in found)
        assert times.open == sum(not left for _, left, _ in found)
        expected = {p: reached(found, p) for p in (50, 70, 85, 95)}
        assert times.percentiles_with_open == expected, name
        if name == "Take":
            assert (times.open, expected[50], expected[85]) == (15, 1, 8)


def helpdesk(day: date) -> Sample:
    """The 90 days to a day."""
    path = LOGS / HELPDESK[0]
    if not path.exists():
        pytest.skip(f"{path} is not there")
    workflow = Workflow(tuple(name for name, _ in HELPDESK[1]), 1, 3, UTC)
    window = Window.back(90, day)
    return follow(workflow, read(path, HELPDESK[1]), workflow.end_of_day(day), window)


def test_cards_begun_before_the_window_count_from_their_age():
    """Of 90 days to 2013-06-30; what those cards really took is known: 30/43/53."""
    times = cycle_times(helpdesk(date(2013, 6, 30)))
    assert [times.percentiles_with_open[p] for p in (50, 85, 95)] == [26, 43, 53]


def test_a_pile_that_grows_is_not_in_balance():
    """Counted by the rows: 488 cases begun and 437 closed in the 90 days to 2012-06-30."""
    found = little(helpdesk(date(2012, 6, 30)))
    assert (found.wip_at_start, found.wip_at_end, found.begun, found.departed) == (
        172,
        223,
        488,
        437,
    )
    assert "WIP grew from 172 to 223" in reason(found)


@pytest.mark.parametrize("days", [14, 30])
def test_the_helpdesk_forecasts_hold_as_often_as_they_say(days):
    """The convolution of independent days held 79 % of 14 days and 73 % of 30."""
    found = backtest(sample_of(HELPDESK), days=days, kinds=("how_many", "card"))
    for kind in ("how_many", "card"):
        share = found.score(kind, 85).share
        assert share is not None
        assert abs(share - 85) <= 5, kind
        assert found.score(kind, 85).off == 0
    assert found.score("how_many", 85).periods >= 45
