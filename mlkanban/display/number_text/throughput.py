"""Throughput and arrivals, in words and as JSON."""

from typing import Literal, TypedDict

from mlkanban.display.number_view import (
    Day,
    Figures,
    Headline,
    NumberJson,
    NumberView,
    Summary,
    scope_json,
    scope_text,
)
from mlkanban.display.table import Table
from mlkanban.flow.throughput import LEAST_DAYS, WEEK, Throughput
from mlkanban.flow.throughput import throughput as count
from mlkanban.text import quantity

_CONVENTION = "by the day of delivery, zeros kept"


BucketJson = TypedDict(
    "BucketJson",
    {
        "from": Day,
        "days": int,
        "finished": int,
        "arrived": int,
        "abandoned": int,
        "cards": list[str],
    },
)


class ThroughputJson(NumberJson):
    n: int
    per_day: float | None
    per_week: float | None
    days: int
    active_days: int
    arrivals: int
    abandoned: int
    outcomes: dict[str, int]
    unit: Literal["day", "week"]
    buckets: list[BucketJson]


def to_json(throughput: Throughput) -> ThroughputJson:
    return {
        "n": throughput.n,
        "per_day": throughput.per_day,
        "per_week": throughput.per_week,
        "days": throughput.days,
        "active_days": throughput.active_days,
        "arrivals": throughput.arrivals,
        "abandoned": throughput.abandoned,
        "outcomes": dict(throughput.outcomes),
        "unit": throughput.unit,
        "buckets": [
            {
                "from": bucket.first.isoformat(),
                "days": bucket.days,
                "finished": bucket.finished,
                "arrived": bucket.arrived,
                "abandoned": bucket.abandoned,
                "cards": list(bucket.cards),
            }
            for bucket in throughput.buckets
        ],
        "convention": _CONVENTION,
        **scope_json(throughput.scope),
    }


def figures(throughput: Throughput) -> Figures:
    week = "-" if throughput.per_week is None else f"{throughput.per_week:.1f}"
    return (
        ("finished", str(throughput.n)),
        ("per week", week),
        ("arrived", str(throughput.arrivals)),
        ("abandoned", str(throughput.abandoned)),
    )


def summary(throughput: Throughput) -> Summary:
    days = quantity(throughput.days, "day")
    note = f"n {throughput.n} in {days} | {scope_text(throughput.scope)} | {_CONVENTION}"
    if throughput.per_day is None:
        return Summary("Throughput", ("No card was committed in this window.",), None, note)
    split = ", ".join(f"{count} {name}" for name, count in throughput.outcomes.items())
    rate = (
        f", {quantity(LEAST_DAYS, 'day')} make a rate"
        if throughput.per_week is None
        else f": {throughput.per_week:.1f} a week, {throughput.per_day:.2f} a day"
    )
    lines = (
        f"{throughput.n} finished{rate} | on {throughput.active_days} of {days}",
        f"{throughput.arrivals} begun, {throughput.abandoned} abandoned"
        + (f" | {split}" if split else ""),
    )
    whole = WEEK if throughput.unit == "week" else 1
    partly = any(b.days != whole for b in throughput.buckets)
    rows = tuple(
        (
            str(b.first),
            str(b.finished),
            str(b.arrived),
            str(b.abandoned),
            *(["" if b.days == whole else f"{b.days} of {whole}"] if partly else []),
        )
        for b in throughput.buckets
    )
    head = (
        f"{throughput.unit} from" if throughput.unit == "week" else "day",
        "finished",
        "begun",
        "aband.",
        *(["days"] if partly else []),
    )
    return Summary("Throughput", lines, Table(head, rows), note)


def headline(throughput: Throughput) -> Headline:
    if throughput.per_week is None:
        return ((f"{throughput.n} finished", "dim"),)
    return ((f"{throughput.per_week:.1f} a week", "text"), ("  ○ begun", "value"))


NUMBER = NumberView(
    "throughput",
    count,
    summary,
    figures,
    to_json,
    picture="throughput",
    headline=headline,
)
