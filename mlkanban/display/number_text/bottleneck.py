"""The bottleneck, in words and as JSON."""

from typing import TypedDict

from mlkanban.display.number_view import (
    Figures,
    NumberJson,
    NumberView,
    Summary,
    scope_json,
    scope_text,
)
from mlkanban.display.table import Table
from mlkanban.flow.bottleneck import FEWEST, Bottleneck
from mlkanban.flow.bottleneck import bottleneck as count
from mlkanban.hints import hint

_CONVENTION = (
    "real time within the window, from the first card on; limits as they were; named from n 10"
)


class EvidenceJson(TypedDict):
    stage: str
    residence_share: float
    at_limit_share: float | None
    arrivals: int
    arrivals_minus_departures: int
    blocked_share: float
    queue_before: float | None


class BottleneckJson(NumberJson):
    n: int
    bottleneck: str | None
    configured: bool
    stages: list[EvidenceJson]


def to_json(bottleneck: Bottleneck) -> BottleneckJson:
    named = bottleneck.named
    return {
        "n": bottleneck.n,
        "bottleneck": None if named is None else bottleneck.stages[named].stage,
        "configured": bottleneck.configured,
        "stages": [
            {
                "stage": e.stage, "residence_share": e.residence_share,
                "at_limit_share": e.at_limit_share,
                "arrivals": e.arrivals, "arrivals_minus_departures": e.arrivals_minus_departures,
                "blocked_share": e.blocked_share, "queue_before": e.queue_before,
            }
            for e in bottleneck.stages
        ],
        "convention": _CONVENTION,
        **scope_json(bottleneck.scope),
    }  # fmt: skip


def figures(bottleneck: Bottleneck) -> Figures:
    named = "-" if bottleneck.named is None else bottleneck.stages[bottleneck.named].stage
    return ("n", str(bottleneck.n)), ("bottleneck", named)


def summary(bottleneck: Bottleneck) -> Summary:
    note = f"n {bottleneck.n} finished | {scope_text(bottleneck.scope)} | {_CONVENTION}"
    rows = tuple(
        (
            e.stage,
            f"{percent} %",
            "no limit" if e.at_limit_share is None else f"{100 * e.at_limit_share:.0f} %",
            f"{e.arrivals_minus_departures:+d}",
            f"{100 * e.blocked_share:.0f} %",
            "-" if e.queue_before is None else f"{e.queue_before:.1f}",
        )
        for e, percent in zip(bottleneck.stages, bottleneck.percents, strict=True)
    )
    head = ("stage", "of time", "at limit", "in - out", "blocked", "queue before")
    table = Table(head, rows) if bottleneck.known else None
    lines = [_sentence(bottleneck)]
    if bottleneck.known and len(bottleneck.stages) > 1 and not bottleneck.configured:
        lines.append(
            "Waiting counts as work here, for no stage is a queue or a gate: "
            + hint("give those where work waits the kind queue or gate: {stages kind}.")
        )
    return Summary("Bottleneck", tuple(lines), table, note)


def _sentence(bottleneck: Bottleneck) -> str:
    if bottleneck.n < FEWEST:
        few = f"{bottleneck.n or 'no'} finished card{'' if bottleneck.n == 1 else 's'}"
        return f"No stage is named: {few}, and it takes {FEWEST}."
    if len(bottleneck.stages) < 2:
        return "No stage is named: one committed stage alone has none to be compared with."
    longest = max(bottleneck.stages, key=lambda e: e.residence_share)
    percent = bottleneck.percents[bottleneck.stages.index(longest)]
    share = f"{percent} % of the time of all cards in progress"
    if bottleneck.named is None:
        if longest.residence_share == 1:
            return f"No stage is named: no card in progress was in any other than {longest.stage}."
        slack = (
            "it has no limit, and work does not pile up there beyond chance"
            if longest.at_limit_share is None
            else "it is neither at its limit half of the time nor does work pile up there beyond"
            " chance"
        )
        return f"No stage is named: {longest.stage} takes the most ({share}), but {slack}."
    why = [f"takes {share}"]
    if longest.full and longest.at_limit_share is not None:
        why.append(f"is at its limit {100 * longest.at_limit_share:.0f} % of the time")
    if longest.piles_up:
        why.append(f"took in {longest.arrivals_minus_departures} more than it let go")
    return f"{longest.stage} is the bottleneck: it {' and '.join(why)}."


NUMBER = NumberView(
    "bottleneck",
    count,
    summary,
    figures,
    to_json,
    picture="bottleneck",
    staged=True,
)
