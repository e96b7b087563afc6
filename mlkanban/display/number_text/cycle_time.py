"""Cycle time, in words and as JSON."""

from collections.abc import Sequence
from itertools import groupby

from mlkanban.display.number_view import (
    BinJson,
    Figures,
    Headline,
    NumberJson,
    NumberView,
    Summary,
    bins_json,
    finished_cards,
    scope_json,
    scope_text,
    withheld_text,
)
from mlkanban.display.table import Table
from mlkanban.flow.cycle_time import CycleTimes, cycle_times, grouped
from mlkanban.flow.percentiles import PERCENTILES, needed
from mlkanban.flow.sample import Sample
from mlkanban.flow.sle import sle
from mlkanban.text import quantity

_MAIN = 85
_CYCLE_TIME = "calendar days, both ends counted | nearest rank"
_WITH_OPEN = "counting open cards"
_RESIDENCE = "days of 24 hours, rounded up | nearest rank"


class CycleTimesJson(NumberJson):
    """The days of a bin are both included; `to` is null for the last, open one. Of `withheld_from`
    days or more nothing is said counting open cards: all that were watched had ended by then, and
    others, begun before the window, took longer."""

    n: int
    never_worked: int
    never_worked_percentiles: dict[str, int | None]
    open: int
    mean: float | None
    mode: int | None
    min: int | None
    max: int | None
    percentiles: dict[str, int | None]
    percentiles_with_open: dict[str, int | None]
    withheld_from: int | None
    histogram: list[BinJson]
    outcomes: dict[str, int]


def to_json(times: CycleTimes) -> CycleTimesJson:
    """Return the data of `flow cycle-time --json`; days of a bin are both included."""
    return {
        "n": times.n,
        "never_worked": times.never_worked,
        "never_worked_percentiles": _text_keys(times.never_worked_percentiles),
        "open": times.open,
        "mean": times.mean,
        "mode": times.mode,
        "min": times.min,
        "max": times.max,
        "percentiles": _text_keys(times.percentiles),
        "percentiles_with_open": _text_keys(times.percentiles_with_open),
        "withheld_from": times.withheld,
        "histogram": bins_json(times.histogram),
        "outcomes": {name.replace(" ", "_"): count for name, count in times.outcomes.items()},
        "convention": _convention(times),
        **scope_json(times.scope),
    }


def _convention(times: CycleTimes) -> str:
    return _RESIDENCE if times.of_stage else _CYCLE_TIME


def _ended(times: CycleTimes) -> str:
    return "left" if times.of_stage else "finished"


def figures(times: CycleTimes) -> Figures:
    return (
        (_ended(times), str(times.n)),
        ("there" if times.of_stage else "open", str(times.open)),
        ("mean", "-" if times.mean is None else f"{times.mean:.1f}"),
        *((f"p{p}", "-" if v is None else str(v)) for p, v in times.percentiles.items()),
    )


def summary(times: CycleTimes) -> Summary:
    """With too few cards for any percentile: a sentence that says so, and the cards."""
    title = "Time in stage" if times.of_stage else "Cycle time"
    note = f"{scope_text(times.scope)} | {_convention(times)}"
    least = needed(PERCENTILES[0])
    if times.n < least:
        left = f"{quantity(times.n, 'card')} left it"
        cards = left if times.of_stage else finished_cards(times.n)
        few = f"{cards} ({_others(times)}); percentiles need {least}."
        rows = tuple((c.ref, f"{c.days} d", c.outcome, c.title) for c in times.cards)
        table = Table(("card", "took", "outcome", "title"), rows) if rows else None
        return Summary(title, (few, *_never_worked(times)), table, note)
    split = ", ".join(
        f"{count} {name}" for name, count in times.outcomes.items() if name != "abandoned"
    )
    both = times.percentiles, times.percentiles_with_open
    widths = [
        max(0 if values[p] is None else len(f"{values[p]} d") for values in both)
        for p in times.percentiles
    ]
    lines = (
        _sentence(times),
        f"{times.n} {_ended(times)} | mean {times.mean:.1f} d | mode {times.mode} d"
        f" | from {times.min} to {times.max} d",
        f"{_ended(times):{len(_WITH_OPEN)}}  " + _all(times.percentiles, times.n, widths=widths),
        *(
            [
                f"{_WITH_OPEN}  "
                + _all(
                    times.percentiles_with_open, times.n_with_open, times.withheld, widths=widths
                )
            ]
            if times.open
            else ()
        ),
        f"{split} | {_others(times)}",
        *_never_worked(times),
    )
    return Summary(title, lines, None, note)


def _sentence(times: CycleTimes) -> str:
    """One sentence for each way of counting, at the highest percentile up to 85 there is."""
    p = _MAIN if times.n >= needed(_MAIN) else PERCENTILES[0]
    with_open = _value(times.percentiles_with_open[p], times.n_with_open, p, times.withheld)
    cards = "cards that left it" if times.of_stage else "finished cards"
    took = quantity(times.percentiles[p] or 0, "day")
    finished = f"{p} % of {cards} took {took} or less"
    # With no card open it differs only by those begun before the window, and those abandoned.
    return f"{finished} | counting open cards: {with_open}" if times.open else finished


def _others(times: CycleTimes) -> str:
    abandoned = times.outcomes["abandoned"]
    open_cards = f"{times.open} still there" if times.of_stage else f"{times.open} open"
    return f"{open_cards}, {abandoned} abandoned, {times.never_worked} never worked"


def _never_worked(times: CycleTimes) -> tuple[str, ...]:
    """What is known of the cards that were never worked, such as those of lists with two dates."""
    values = times.never_worked_percentiles
    known = [f"p{p} {value} d" for p, value in values.items() if value is not None]
    if times.of_stage or not known:
        return ()
    return (f"never worked, from created to resolved: {' | '.join(known)}",)


def _text_keys(values: dict[int, int | None]) -> dict[str, int | None]:
    return {str(p): value for p, value in values.items()}


def _all(
    values: dict[int, int | None], n: int, withheld: int | None = None, *, widths: Sequence[int]
) -> str:
    """`p50 3 d | p70 9 d | p85, p95 not reached`; known ones as wide as those above or below."""
    told = [
        (p, _value(value, n, p, withheld), 0 if value is None else width)
        for (p, value), width in zip(values.items(), widths, strict=True)
    ]
    alike = groupby(told, key=lambda one: one[0] if values[one[0]] is not None else one[1])
    each = [list(some) for _, some in alike]
    return " | ".join(
        f"{', '.join(f'p{p}' for p, *_ in some)} {some[0][1]:<{some[0][2]}}" for some in each
    ).rstrip()


def _value(value: int | None, n: int, p: int, withheld: int | None) -> str:
    if value is not None:
        return f"{value} d"
    if n < needed(p):
        return f"n < {needed(p)}"
    return "not reached" if withheld is None else withheld_text(withheld)


def headline(times: CycleTimes) -> Headline:
    known = [p for p in (_MAIN, PERCENTILES[0]) if times.percentiles.get(p) is not None]
    if not known:
        return ((f"{times.n} finished", "dim"),)
    return ((f"{known[0]} % ", "text"), (f"≤ {times.percentiles[known[0]]} d", "clock"))


def past_sle(times: CycleTimes, sample: Sample) -> Table | None:
    """The finished cards that took longer than the SLE, those that took longest first."""
    expected = None if times.of_stage else sle(sample).days
    late = [card for card in times.cards if expected is not None and card.days > expected]
    if not late:
        return None
    late.sort(key=lambda card: (-card.days, card.ref))
    p95 = times.percentiles[95]
    return Table(
        ("past SLE", "card", "title"),
        tuple((f"{card.days} d", card.ref, card.title) for card in late),
        tuple("alarm" if p95 is not None and card.days > p95 else "clock" for card in late),
    )


NUMBER = NumberView(
    "cycle-time",
    cycle_times,
    summary,
    figures,
    to_json,
    picture="histogram",
    by_stage=lambda sample: [times for _, times in grouped(sample, "stage")],
    headline=headline,
    beside=past_sle,
)
