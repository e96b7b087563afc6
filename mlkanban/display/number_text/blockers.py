"""Blocker clusters, in words and as JSON."""

from typing import TypedDict

from mlkanban.display.number_view import (
    Figures,
    Headline,
    NumberJson,
    NumberView,
    Summary,
    scope_json,
    scope_text,
)
from mlkanban.display.table import Table
from mlkanban.flow.blockers import LEAST, Blockers, Cluster, Reason
from mlkanban.flow.blockers import blockers as count
from mlkanban.text import quantity

_CONVENTION = "real days of 24 hours within the window; committed cards"


class ClusterJson(TypedDict):
    reason: str
    external: bool
    count: int
    days: float
    median_days: float
    open: int
    cards: list[str]


class BlockersJson(NumberJson):
    n: int
    days: float
    blocked_not_committed: int
    clusters: list[ClusterJson]


def _side(cluster: Cluster) -> str:
    return "external" if cluster.external else "internal"


def _sides(reason: Reason) -> str:
    """`external`, or `external 11.0, internal 3.4`."""
    if len(reason.clusters) == 1:
        return _side(reason.clusters[0])
    return ", ".join(f"{_side(c)} {c.days:.1f}" for c in reason.clusters)


def to_json(blockers: Blockers) -> BlockersJson:
    return {
        "n": blockers.n,
        "days": blockers.days,
        "blocked_not_committed": blockers.blocked_not_committed,
        "clusters": [
            {
                "reason": c.reason, "external": c.external, "count": len(c.blocks),
                "days": c.days, "median_days": c.median_days, "open": c.open,
                "cards": list(c.cards),
            }
            for c in blockers.clusters
        ],
        "convention": _CONVENTION,
        **scope_json(blockers.scope),
    }  # fmt: skip


def figures(blockers: Blockers) -> Figures:
    return (
        ("blocks", str(blockers.n)),
        ("days lost", f"{blockers.days:.1f}"),
        ("open", str(len(blockers.still))),
        ("most", blockers.leader.name if blockers.leader else "-"),
    )


def summary(blockers: Blockers) -> Summary:
    note = f"n {quantity(blockers.n, 'block')} | {scope_text(blockers.scope)} | {_CONVENTION}"
    waiting = blockers.blocked_not_committed
    others = [f"{waiting} blocked before commitment"] if waiting else []
    if not blockers.clusters:
        nothing = "Nothing committed was blocked in this window."
        return Summary("Blockers", (nothing, *others), None, note)
    lost = f"{blockers.days:.1f}" if blockers.days >= LEAST else f"less than {LEAST}"
    lines = [f"{quantity(blockers.n, 'block')}, {lost} days lost, {len(blockers.still)} still open"]
    if top := blockers.leader:
        lines.append(
            f"{_most(blockers)} {top.name} ({_sides(top)}): {top.days:.1f} d"
            f" ({100 * top.days / blockers.days:.0f} %)"
        )
    lines += others
    rows = tuple(
        (
            c.reason,
            _side(c),
            str(len(c.blocks)),
            f"{c.days:.1f}",
            f"{c.median_days:.1f}",
            str(c.open),
        )
        for c in blockers.clusters
    )
    head = ("reason", "side", "blocks", "days lost", "median", "still open")
    return Summary("Blockers", tuple(lines), Table(head, rows), note)


def _most(blockers: Blockers) -> str:
    """What goes before the leader: it need not have the half of all days, nor be alone."""
    first, *others = (f"{reason.days:.1f}" for reason in blockers.reasons)
    if not others:
        return "All days went to"
    return (
        "No more days went to any other than"
        if first in others
        else "The largest share of days went to"
    )


def headline(blockers: Blockers) -> Headline:
    if not blockers.clusters:
        return ()
    return ((f"{blockers.days:.0f} d lost", "alarm"),)


NUMBER = NumberView(
    "blockers",
    count,
    summary,
    figures,
    to_json,
    picture="blockers",
    headline=headline,
)
