"""Every number counted a second time, from the rows of a log alone: real logs where there are any,
and one made at random."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, pairwise, product
from random import Random
from statistics import mean, median, pvariance, stdev
from typing import Any, NamedTuple

import numpy as np
import pytest

from mlkanban.flow.aging import aging
from mlkanban.flow.blockers import blockers
from mlkanban.flow.bottleneck import bottleneck
from mlkanban.flow.cfd import cfd
from mlkanban.flow.cycle_time import cycle_times
from mlkanban.flow.debt import debt
from mlkanban.flow.efficiency import Share, efficiency
from mlkanban.flow.history import CardHistory, Step, Workflow
from mlkanban.flow.iterations import iterations
from mlkanban.flow.lead import lead_times
from mlkanban.flow.little import little
from mlkanban.flow.quality import quality
from mlkanban.flow.sample import Sample, follow
from mlkanban.flow.sle import sle
from mlkanban.flow.throughput import throughput
from mlkanban.flow.window import Window
from mlkanban.flow.wip import wip
from mlkanban.flow.xmr import xmr
from tests.flow.logs import ACTIVE, GATE, QUEUE
from tests.flow.test_real_logs import HELPDESK, LOGS, SERVICENOW, read

DAY = timedelta(days=1)
PULLS = [("Before", ["-"]), ("Open", ["Open"]), ("Merged", ["Merged"])]
MADE = "made"
LOG = {
    "helpdesk": (HELPDESK[0], HELPDESK[1], 3, date(2012, 6, 30)),
    "servicenow": (SERVICENOW[0], SERVICENOW[1], 2, date(2016, 6, 1)),
    "textual": ("pulls_textual.csv", PULLS, 2, date(2024, 3, 31)),
    "pip": ("pulls_pip.csv", PULLS, 2, date(2020, 5, 31)),
    MADE: ("", [(name, [name]) for name in "ABCDE"], 4, date(2026, 5, 31)),
}
Rows = list[tuple[datetime, int]]


def made() -> list[CardHistory]:
    """Cards that go on, back, past stages, out of the workflow and in again."""
    rng = Random(11)
    cards = []
    for number in range(160):
        at = datetime(2026, 1, 1, 7, tzinfo=UTC) + timedelta(hours=rng.randrange(3600))
        stage, steps = 0, list[Step]()
        while len(steps) < 12:
            steps.append(Step(at, stage, None))
            if stage == 4 and rng.random() < 0.9:
                break
            stage = min(4, max(0, stage + rng.choice((1, 1, 1, 1, 2, -1))))
            at += timedelta(hours=rng.choice((0, 1, 5, 30, 60, 200)))
        cards.append(CardHistory(f"m{number}", "t", "chore", (), tuple(steps)))
    return cards


class Life(NamedTuple):
    """Of a card by its rows: when it was begun and done, whether it was worked on, the first row,
    when it came to each stage, and where it was from when until when."""

    start: datetime | None
    finish: datetime | None
    worked: bool
    written: datetime
    came: list[datetime | None]
    stays: list[tuple[int, datetime, datetime]]

    @property
    def begun(self) -> int:
        return self.start.toordinal() if self.start else 0

    @property
    def done(self) -> int:
        return self.finish.toordinal() if self.finish else 10**7

    @property
    def days(self) -> int:
        return self.done - self.begun + 1


def life(rows: Rows, delivered: int, as_of: datetime) -> Life:
    """The first stage is not committed; from `delivered` on all is done."""
    places = [stage for _, stage in rows]
    outs = [n for n, stage in enumerate(places) if stage == 0]
    last_out = outs[-1] if outs else -1
    since = rows[last_out + 1 :]
    start = since[0][0] if since else None
    open_rows = [n for n, (_, stage) in enumerate(since) if stage < delivered]
    finish = None
    if since and since[-1][1] >= delivered:
        finish = since[open_rows[-1] + 1 if open_rows else 0][0]
    came: list[datetime | None] = []
    for stage in range(delivered + 1):
        before = [n for n, place in enumerate(places) if min(place, delivered) < stage]
        first = before[-1] + 1 if before else 0
        came.append(rows[first][0] if first < len(rows) else None)
    ends = [*(at for at, _ in rows[1:]), as_of]
    stays = [(stage, at, end) for (at, stage), end in zip(rows, ends, strict=True)]
    return Life(start, finish, bool(open_rows), rows[0][0], came, stays)


class World(NamedTuple):
    """A log up to the end of a day, and the cards of a window of 90 days or of all time."""

    sample: Sample
    delivered: int
    lives: dict[str, Life]
    first: int
    last: int

    @property
    def begun(self) -> list[Life]:
        return [one for one in self.lives.values() if one.start and one.worked]

    @property
    def finished(self) -> list[Life]:
        return [one for one in self.begun if self.first <= one.done <= self.last]

    @property
    def days(self) -> range:
        return range(self.first, self.last + 1)

    def wip(self, day: int) -> int:
        return sum(one.begun <= day < one.done for one in self.begun)


@pytest.fixture(scope="module", params=[(log, days) for log in LOG for days in (None, 90)], ids=str)
def world(request: pytest.FixtureRequest) -> World:
    log, days = request.param
    name, stages, delivered, day = LOG[log]
    if log != MADE and not (LOGS / name).exists():
        pytest.skip(f"{name} is not in {LOGS}")
    kinds = (QUEUE, ACTIVE, *[GATE] * (delivered - 2), *[QUEUE] * (len(stages) - delivered))
    workflow = Workflow(tuple(stage for stage, _ in stages), 1, delivered, UTC, kinds)
    cards = made() if log == MADE else read(LOGS / name, stages)
    end = workflow.end_of_day(day)
    sample = follow(workflow, cards, end, Window.back(days, day))
    lives = {}
    for card in cards:
        rows = [(step.at, step.stage) for step in card.steps if step.at <= end]
        if rows:
            lives[card.ref] = life(rows, delivered, end)
    last = day.toordinal()
    first = min(one.begun for one in lives.values() if one.start and one.worked)
    return World(sample, delivered, lives, max(first, last - days + 1) if days else first, last)


def ranked(values: list[int], p: int) -> int:
    """Nearest rank, by numpy; exact at whole ranks, where its own is at the mercy of floats."""
    ordered = np.sort(values)
    return int(ordered[-(-p * len(ordered) // 100) - 1])


def test_cycle_times(world: World) -> None:
    found, days = cycle_times(world.sample), [one.days for one in world.finished]
    assert (found.n, found.open) == (len(days), world.wip(world.last))
    assert found.mean == pytest.approx(mean(days))
    assert (found.min, found.max) == (min(days), max(days))
    assert all(value in (None, ranked(days, p)) for p, value in found.percentiles.items())
    assert found.percentiles[50] is not None
    assert Counter(card.days for card in found.cards) == Counter(days)


def test_lead_times(world: World) -> None:
    found = lead_times(world.sample)
    days = [one.done - one.written.toordinal() + 1 for one in world.finished]
    waited = [one.begun - one.written.toordinal() for one in world.finished]
    assert found.n == len(days)
    assert found.mean == pytest.approx(mean(days))
    assert found.before_commitment == pytest.approx(mean(waited))
    assert all(value in (None, ranked(days, p)) for p, value in found.percentiles.items())


def test_throughput(world: World) -> None:
    found = throughput(world.sample)
    done = Counter(one.done for one in world.finished)
    arrived = sum(one.begun in world.days for one in world.begun)
    assert (found.n, found.arrivals, found.abandoned) == (done.total(), arrived, 0)
    assert (found.days, found.active_days) == (len(world.days), len(done))
    starts = [bucket.first.toordinal() for bucket in found.buckets]
    for bucket, first, after in zip(
        found.buckets, starts, [*starts[1:], world.last + 1], strict=True
    ):
        assert bucket.finished == sum(done[day] for day in range(first, after))


def test_work_in_progress(world: World) -> None:
    assert list(wip(world.sample).counts) == [world.wip(day) for day in world.days]


def test_cumulative_flow(world: World) -> None:
    for at, line in enumerate(cfd(world.sample).lines, 1):
        came = [
            one.begun if at == 1 else one.done if at == world.delivered else at_day(one.came[at])
            for one in world.begun
        ]
        days = list(world.days)
        assert list(line.counts) == [sum(day <= end for day in came) for end in days], line.name


def at_day(moment: datetime | None) -> int:
    return moment.toordinal() if moment else 10**7


def test_flow_debt(world: World) -> None:
    found = debt(world.sample)
    begun = sorted(one.begun for one in world.begun)
    gaps = [
        done - begun[nth] + 1
        for nth, done in enumerate(sorted(one.done for one in world.begun))
        if done in world.days
    ]
    took = [one.days for one in world.finished]
    ages = [world.last - one.begun + 1 for one in world.begun if one.done > world.last]
    assert found.gap_days == pytest.approx(mean(gaps))
    assert found.mean_cycle_time == pytest.approx(mean(took))
    spread = stdev([*took, *ages])
    error = spread / len(took) ** 0.5
    begun_first = min(begun)
    if world.first - begun_first >= world.last - world.first + 1:
        # By definition: what the departed began later than as many that were begun first.
        overtaken = [
            sum(one.begun for one in world.begun if one.done <= day)
            - sum(begun[: sum(one.done <= day for one in world.begun)])
            for day in range(begun_first, world.last + 1)
        ]
        apart = max(2, len(overtaken) / (2 * mean(took)))
        before = overtaken[world.first - begun_first - 1]
        moved = max(
            2 * pvariance(overtaken) * apart / (apart - 1),
            mean((days - before) ** 2 for days in overtaken),
            mean(took) ** 2,
        )
        others = spread**2 * (1 / len(took) - 1 / len(gaps))
        error = min(error, (moved / len(gaps) ** 2 + others) ** 0.5)
    assert found.standard_error_days == pytest.approx(error)


def test_littles_law(world: World) -> None:
    found = little(world.sample)
    counts = [world.wip(day) for day in world.days]
    assert found.mean_wip == pytest.approx(mean(counts))
    assert found.throughput_per_day == pytest.approx(len(world.finished) / len(counts))
    assert found.observed_days == pytest.approx(mean(one.days - 1 for one in world.finished))
    assert (found.wip_at_start, found.wip_at_end) == (
        sum(one.begun < world.first <= one.done for one in world.begun), counts[-1]
    )  # fmt: skip
    spent = found.n * (found.observed_days or 0) - found.days_before_window
    assert sum(counts) == pytest.approx(spent + found.days_of_open_cards)


def test_flow_efficiency(world: World) -> None:
    found = efficiency(world.sample)
    spent = {at: timedelta() for at in range(1, world.delivered)}
    for one in world.finished:
        for stage, at, end in one.stays:
            if stage in spent and one.start and end > one.start:
                spent[stage] += end - max(at, one.start)
    shares = [(stage.spent.days(Share.ACTIVE), stage.spent.days(Share.WAITING))
              for stage in found.stages]  # fmt: skip
    for share, (number, time) in zip(shares, spent.items(), strict=True):
        assert share == pytest.approx((time / DAY, 0) if number == 1 else (0, time / DAY))
    whole = sum(spent.values(), timedelta())
    expected = pytest.approx(spent[1] / whole) if len(spent) > 1 else None
    assert found.efficiency == expected


def test_iterations(world: World) -> None:
    for at, stage in enumerate(iterations(world.sample).stages, 1):
        cards = [*world.finished, *(one for one in world.begun if one.done > world.last)]
        visits = [
            sum(place == at for place, _ in groupby(stay[0] for stay in one.stays)) for one in cards
        ]
        been = [count for count in visits if count]
        assert (stage.n, stage.max) == (len(been), max(been))
        assert stage.mean == pytest.approx(mean(been))


def test_aging(world: World) -> None:
    found = aging(world.sample, None)
    for at, stage in enumerate(found.stages, 1):
        ages = [
            (one.done if at + 1 == world.delivered else at_day(one.came[at + 1])) - one.begun + 1
            for one in world.finished
        ]
        if at == 1:
            assert stage.n == len(ages)
            assert all(value in (None, ranked(ages, p)) for p, value in stage.percentiles.items())
    ages = sorted(world.last - one.begun + 1 for one in world.begun if one.done > world.last)
    assert sorted(card.age_days for card in found.cards) == ages


def test_service_level_expectation(world: World) -> None:
    done = sorted(
        (one for one in world.begun if one.done <= world.last),
        key=lambda one: one.finish or datetime.max,
    )
    lately = [one for one in done if one.done > world.last - 90]
    basis = lately if len(lately) > 30 else done[-30:]
    found = sle(world.sample)
    assert (found.n, found.days) == (len(basis), ranked([one.days for one in basis], 85))


def test_natural_limits(world: World) -> None:
    """Cards finished at one instant are in any order: the moving range is the mean over all."""
    found = xmr(world.sample)
    done = sorted(world.finished, key=lambda one: one.finish or datetime.max)
    groups = [[c.days for c in some] for _, some in groupby(done, key=lambda one: one.finish)]
    moved = 0.0
    for group in groups:
        pairs = [abs(a - b) for n, a in enumerate(group) for b in group[:n]]
        moved += (len(group) - 1) * mean(pairs) if pairs else 0
    for one, other in pairwise(groups):
        moved += mean(abs(a - b) for a, b in product(one, other))
    days = [one.days for one in done]
    assert found.limits is not None
    assert found.limits.mean == pytest.approx(mean(days))
    upper = mean(days) + 2.66 * moved / (len(days) - 1)
    assert found.limits.upper == pytest.approx(upper)
    assert found.median == median(days)
    assert len(found.outside) == sum(
        not found.limits.lower <= value <= found.limits.upper for value in days
    )


def test_bottleneck(world: World) -> None:
    first = datetime.combine(date.fromordinal(world.first), datetime.min.time(), UTC)
    first = max(first, min(one.written for one in world.lives.values()))
    end = world.sample.as_of
    spent = {at: timedelta() for at in range(1, world.delivered)}
    for one in world.lives.values():
        for place, since, until in one.stays:
            if place in spent:
                spent[place] += max(timedelta(), min(until, end) - max(since, first))
    whole = sum(spent.values(), timedelta())
    for number, stage in enumerate(bottleneck(world.sample).stages, 1):
        came, left = (
            sum(first <= m <= end for one in world.begun if (m := one.came[k]))
            for k in (number, number + 1)
        )
        assert stage.residence_share == pytest.approx(spent[number] / whole)
        assert (stage.arrivals, stage.arrivals_minus_departures) == (came, came - left)
        assert (stage.at_limit_share, stage.blocked_share) == (None, 0)


def test_what_makes_them_doubtful(world: World) -> None:
    found: dict[str, Any] = {finding.kind: finding for finding in quality(world.sample).findings}
    straight = [
        one for one in world.lives.values()
        if one.finish and not one.worked and world.first <= one.done <= world.last
    ]  # fmt: skip
    assert found["never_worked"].count == len(straight)
    assert blockers(world.sample).n == 0
