"""The picture of each number: from what flow counted to what is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from mlkanban.charts.spec import (
    AgingItem,
    AgingSpec,
    Band,
    BarRow,
    BarsSpec,
    CfdSpec,
    ChancesSpec,
    CurveLine,
    CurveSpec,
    Dot,
    HistogramBar,
    HistogramSpec,
    Mark,
    Role,
    RunSpec,
    ScatterSpec,
    Spec,
    XmrSpec,
    histogram_spec,
)
from mlkanban.core.metrics import compact
from mlkanban.flow.sle import sle
from mlkanban.text import cell_text, quantity

if TYPE_CHECKING:
    from mlkanban.core.profit_curve import WorthKind
    from mlkanban.flow.aging import Aging
    from mlkanban.flow.blockers import Blockers
    from mlkanban.flow.bottleneck import Bottleneck
    from mlkanban.flow.burn_up import BurnUps
    from mlkanban.flow.cfd import Cfd
    from mlkanban.flow.cycle_time import CycleTimes
    from mlkanban.flow.efficiency import Efficiency
    from mlkanban.flow.forecast import Forecast
    from mlkanban.flow.iterations import Iterations
    from mlkanban.flow.lead import LeadTimes
    from mlkanban.flow.retraining import RetrainingLoops
    from mlkanban.flow.sample import Sample
    from mlkanban.flow.throughput import Throughput
    from mlkanban.flow.triage import TriageNumbers
    from mlkanban.flow.wip import WorkInProgress
    from mlkanban.flow.worth import Worth
    from mlkanban.flow.xmr import Xmr


PROMISED = 85
"""The chance in percent that is promised."""


def scatter(times: CycleTimes, expected: int | None) -> ScatterSpec:
    """Finished and abandoned cards by the day they ended."""
    ended = sorted((*times.cards, *times.abandoned), key=lambda card: card.day)
    marks = [Mark(days, f"p{p}") for p, days in times.percentiles.items() if days is not None]
    if expected is not None:
        marks.append(Mark(expected, "SLE"))
    window = times.scope.window
    return ScatterSpec(
        window.first or min((card.day for card in ended), default=window.last),
        window.last,
        tuple(Dot(card.day, card.days, card.outcome, card.ref) for card in ended),
        tuple(marks),
    )


def throughput(counted: Throughput) -> RunSpec:
    """Finished cards as bars, begun ones as rings."""
    buckets = [HistogramBar(b.first, b.finished, b.arrived, b.cards) for b in counted.buckets]
    return RunSpec(counted.unit, "finished", "begun", tuple(buckets), counted.mean, "sum")


def wip(counted: WorkInProgress) -> RunSpec:
    """Cards in progress at the end of each day; those of today can be looked at."""
    last = len(counted.counts) - 1
    return RunSpec(
        "day",
        "cards",
        "",
        tuple(
            HistogramBar(
                date.fromordinal(counted.first + at),
                count,
                None,
                counted.cards if at == last else (),
            )
            for at, count in enumerate(counted.counts)
        ),
        counted.mean,
        "max",
    )


def cfd(counted: Cfd) -> CfdSpec:
    """At most four bands above the departures of before the window."""
    bands = tuple(Band(cell_text(line.name), line.counts, line.cards) for line in counted.bands())
    return CfdSpec(date.fromordinal(counted.first), counted.lines[-1].before, bands)


def aging(counted: Aging) -> AgingSpec:
    """Open cards, those with marks told apart."""
    # Every other picture does without what marks a card.
    from mlkanban.flow.aging import STALE
    from mlkanban.flow.pace import BLOCKED_MARK, LATE_MARK, STALE_MARK

    column = {stage.position: at for at, stage in enumerate(counted.stages)}
    return AgingSpec(
        tuple(cell_text(stage.stage) for stage in counted.stages),
        tuple(stage.percentiles[STALE] for stage in counted.stages),
        tuple(
            AgingItem(
                card.ref,
                column[card.stage],
                card.age_days,
                blocked=BLOCKED_MARK in card.marks,
                stale=STALE_MARK in card.marks,
                late=LATE_MARK in card.marks,
            )
            for card in counted.cards
        ),
        counted.sle_days,
    )


def xmr(counted: Xmr) -> XmrSpec | None:
    limits = counted.limits
    if limits is None:
        return None
    return XmrSpec(counted.cards, limits.mean, limits.lower, limits.upper)


def burn_up(counted: BurnUps) -> CfdSpec | None:
    """The parts of one card: those that are done, and above them the open ones."""
    card = counted.shown
    if card is None:
        return None
    bands = (Band("open", card.total, card.open_parts), Band("done", card.done, card.done_parts))
    return CfdSpec(date.fromordinal(card.first), 0, bands)


def lead_times(counted: LeadTimes) -> HistogramSpec:
    """Finished cards by the days since they were written."""
    return histogram_spec(counted)


def how_many(counted: Forecast) -> ChancesSpec | None:
    """How likely it is that so many cards or more are finished by the day asked for."""
    if not counted.chances:
        return None
    exactly = [chance for _, chance in counted.chances]
    or_more = [*accumulate(reversed(exactly))][::-1][1:] or [counted.chance_of_one]
    return ChancesSpec(
        "cards",
        tuple(f"{cards}+" for cards in range(1, len(or_more) + 1)),
        tuple(min(1.0, chance) for chance in or_more),
        tuple(Mark(cards - 1, f"{p} %") for p, cards in counted.how_many.items() if cards),
    )


def how_many_bars(counted: Forecast) -> BarsSpec | None:
    """The same in few words: the surer, the fewer."""
    rows = tuple(
        BarRow(
            f"{p} %",
            (float(cards), 0.0) if p == PROMISED else (0.0, float(cards)),
            f"{quantity(cards, 'card')} or more" if cards else "not one so likely",
            (),
        )
        for p, cards in sorted(counted.how_many.items(), reverse=True)
    )
    return BarsSpec("cards", ("", ""), rows, ("live", "area-2")) if rows else None


def when(counted: Forecast) -> ChancesSpec | None:
    """How likely it is that the last of the cards asked for is finished by a day."""
    days = [day for day, _ in counted.dates]
    if not days:
        return None
    return ChancesSpec(
        "by",
        tuple(day.strftime("%b %d") for day in days),
        tuple(min(1.0, chance) for chance in accumulate(chance for _, chance in counted.dates)),
        tuple(Mark((day - days[0]).days, f"{p} %") for p, day in counted.when.items() if day),
    )


def blockers(counted: Blockers) -> BarsSpec:
    """Days lost by reason, each divided into those of external blocks and of internal ones."""
    rows = []
    for reason in counted.reasons:
        some = reason.clusters
        still = sum(c.open for c in some)
        rows.append(
            BarRow(
                cell_text(reason.name),
                tuple(sum(c.days for c in some if c.external is side) for side in (True, False)),
                f"{reason.days:.1f} d  {sum(len(c.blocks) for c in some)}x",
                tuple(dict.fromkeys(card for c in some for card in c.cards)),
                f"{still} open" if still else "",
                leads=reason == counted.leader,
            )
        )
    # The side a block was on is no state, and most of them are over: only open ones are an alarm.
    return BarsSpec("days lost", ("external", "internal"), tuple(rows), ("area-4", "area-2"))


def stage_times(counted: Efficiency) -> BarsSpec:
    """Days by stage, divided into what they were spent on."""
    # Every other picture does without what efficiency is counted with.
    from mlkanban.flow.efficiency import Share

    rows = [
        BarRow(
            cell_text(stage.stage),
            tuple(stage.spent.days(share) for share in Share),
            f"{stage.spent.total:.0f} d",
            stage.cards,
        )
        for stage in counted.stages
        if counted.n
    ]
    parts = tuple("hands on" if share is Share.ACTIVE else share.value for share in Share)
    unit = "days of finished cards"
    return BarsSpec(unit, parts, tuple(rows), ("live", "value", "dim", "alarm"))


def bottleneck(counted: Bottleneck) -> BarsSpec:
    """The share each stage takes of the time of all cards in progress."""
    rows = [
        BarRow(
            cell_text(e.stage),
            (100 * e.residence_share,),
            f"{percent} %",
            (),
            role="clock" if at == counted.named else None,
            leads=at == counted.named,
        )
        for at, (e, percent) in enumerate(zip(counted.stages, counted.percents, strict=True))
        if counted.known
    ]
    # Where a stage is named the others step back.
    others: Role = "area-2" if counted.named is None else "dim"
    return BarsSpec(
        "share of the time of all cards in progress", ("share",), tuple(rows), (others,)
    )


def iterations(counted: Iterations) -> BarsSpec:
    """The cards that came to a stage more than once."""
    rows = [
        BarRow(
            cell_text(stage.stage),
            (float(stage.again),),
            f"{stage.again} of {stage.n}",
            tuple(ref for ref, _ in stage.cards),
        )
        for stage in counted.stages
        if counted.n
    ]
    return BarsSpec("cards that came back", ("cards",), tuple(rows))


def retraining(counted: RetrainingLoops) -> BarsSpec | None:
    """The days from each first alert on, until a retrain card was begun and from then on: what is
    open first, then what ended, the newest first."""
    ended = [loop for loop in counted.loops if loop.over is not None]
    ids = max((len(loop.model) for loop in (*counted.open, *ended)), default=0)
    rows = [
        BarRow(
            cell_text(f"{loop.model:<{ids}}  {loop.title}"),
            (float(begun), float(loop.days - begun)),
            f"{loop.days} d, {loop.state}",
            tuple(filter(None, (loop.model, loop.retrain))),
            short=loop.model,
        )
        for loop in (*counted.open, *reversed(ended))
        for begun in [loop.days if loop.alert_to_retrain is None else loop.alert_to_retrain]
    ]
    parts = ("waiting", "retraining")
    if not rows:
        return None
    return BarsSpec("days since the first alert", parts, tuple(rows), ("clock", "live"))


def worth(counted: Worth) -> CurveSpec | None:
    """The profit curve, a little beyond its ends and all marks, and the marks on it."""
    given = counted.given
    if given is None or not counted.known:
        return None
    curve = given.curve
    values = [curve.first, curve.last, *(mark.at.value for mark in given.marks)]
    beyond = (curve.last - curve.first) / 20
    first, last = min(values) - beyond, max(values) + beyond
    points = ((first, curve.at(first)), *curve.points, (last, curve.at(last)))
    roles: dict[WorthKind, Role] = {
        "baseline": "dim",
        "in use": "mark",
        "best": "live",
        "target": "focus",
    }
    lines = [CurveLine("", "value", (points,))]
    for mark in given.marks:
        dot = ((mark.at.value, mark.at.worth),)
        letter = mark.kind[0].upper()
        lines.append(CurveLine(mark.kind, roles[mark.kind], (dot,), letter=letter, mark=True))
    worths = [brings for _, brings in points]
    return CurveSpec(
        cell_text(curve.metric), tuple(lines), (), first, last, min(worths), max(worths),
        tuple((value, compact(value)) for value, _ in curve.points),
    )  # fmt: skip


def triage(counted: TriageNumbers) -> RunSpec | None:
    """Decisions by week."""
    weeks = tuple(HistogramBar(week.first, week.decisions, None, ()) for week in counted.weeks)
    return RunSpec("week", "decisions", "", weeks, None, "sum") if weeks else None


def _expected_days(times: CycleTimes, sample: Sample) -> int | None:
    """The service level expectation is of the whole way: the time in one stage has none."""
    return None if times.of_stage else sle(sample).days


def _of_number(draw: Callable[[Any], Spec | None]) -> Callable[[Any, Sample], Spec | None]:
    """A picture that shows nothing of the sample but the number."""
    return lambda number, sample: draw(number)


PICTURES: Mapping[str, Callable[[Any, Sample], Spec | None]] = {
    "histogram": lambda times, sample: histogram_spec(times, sle=_expected_days(times, sample)),
    "scatter": lambda times, sample: scatter(times, _expected_days(times, sample)),
    **{
        draw.__name__.replace("_", "-"): _of_number(draw)
        for draw in (
            throughput, wip, cfd, aging, xmr, how_many, how_many_bars, when, blockers,
            stage_times, bottleneck, iterations, retraining, triage, lead_times,
            burn_up, worth,
        )
    },
}  # fmt: skip
"""THE table of pictures: each is made from a number and the cards it was counted of."""
