"""What if, in words and as JSON."""

from collections.abc import Mapping
from typing import TypedDict

from mlkanban.display.number_view import (
    Figures,
    NumberJson,
    Summary,
    finished_cards,
    scope_json,
    scope_text,
)
from mlkanban.display.table import Table
from mlkanban.flow.simulation.learn import FEWEST
from mlkanban.flow.simulation.whatif import Played, Spread, WhatIf
from mlkanban.text import quantity

_MEASURES = {
    "p50": "cycle time p50, days",
    "p85": "cycle time p85, days",
    "per_week": "finished a week",
    "wip": "in progress",
    "waiting": "waiting to start at the end",
}
_CONVENTION = "mean of the runs, 5 to 95 % of them; calendar days with both ends"


class SpreadJson(TypedDict):
    mean: float
    low: float
    high: float


class WhatIfJson(NumberJson):
    """Measures by name: as they were observed, as today's limits play them, and the changed ones;
    null where nothing was played."""

    n: int
    runs: int
    trusted: bool
    not_reproduced: list[str]
    limits: dict[str, int | None]
    changes: dict[str, int | None]
    observed: dict[str, float] | None
    today: dict[str, SpreadJson] | None
    proposed: dict[str, SpreadJson] | None


def _spread_text(spread: Spread) -> str:
    return f"{spread.mean:.1f} ({spread.low:.1f}-{spread.high:.1f})"


def to_json(what_if: WhatIf) -> WhatIfJson:
    def shown(played: Played) -> dict[str, SpreadJson] | None:
        return {
            m: {"mean": s.mean, "low": s.low, "high": s.high} for m, s in played.items()
        } or None

    return {
        "n": what_if.n,
        "runs": what_if.runs,
        "trusted": what_if.trusted,
        "not_reproduced": what_if.not_reproduced,
        "limits": what_if.limits,
        "changes": what_if.changes,
        "observed": what_if.observed or None,
        "today": shown(what_if.today),
        "proposed": shown(what_if.proposed),
        "convention": _CONVENTION,
        **scope_json(what_if.scope),
    }


def figures(what_if: WhatIf) -> Figures:
    after = what_if.proposed or what_if.today
    return (
        ("n", str(what_if.n)),
        ("p85", _spread_text(after["p85"]) if after else "-"),
        ("per week", _spread_text(after["per_week"]) if after else "-"),
    )


def summary(what_if: WhatIf) -> Summary:
    played = f", {quantity(what_if.runs, 'run')}" if what_if.today else ""
    note = f"n {what_if.n} finished{played} | {scope_text(what_if.scope)} | {_CONVENTION}"
    if not what_if.today:
        few = f"{finished_cards(what_if.n)} in this window; a simulation needs {FEWEST}."
        if what_if.n >= FEWEST:
            few = "No time lies between the starts of these cards, so nothing can be simulated."
        return Summary("What if", (few,), None, note)
    lines = [_trust(what_if)]
    if what_if.proposed:
        lines.append(f"With {limits_text(what_if.changes)}: {_effect(what_if)}.")
    lines.append(f"Limits today: {limits_text(what_if.limits)}")
    rows = tuple(
        (
            meaning,
            f"{what_if.observed[m]:.1f}" if m in what_if.observed else "",
            _spread_text(what_if.today[m]),
            *((_spread_text(what_if.proposed[m]),) if what_if.proposed else ()),
        )
        for m, meaning in _MEASURES.items()
    )
    head = ("measure", "observed", "today, simulated", *(["proposed"] if what_if.proposed else []))
    return Summary("What if", tuple(lines), Table(head, rows), note)


def _trust(what_if: WhatIf) -> str:
    if not what_if.not_reproduced:
        return "Today is reproduced: what was observed lies within 98 % of the simulated runs."
    what = ", ".join(_MEASURES[measure] for measure in what_if.not_reproduced)
    return f"Not to be trusted on this history: today is not reproduced ({what})."


def _effect(what_if: WhatIf) -> str:
    effects = []
    for measure in ("p85", "per_week"):
        before, after = what_if.today[measure].mean, what_if.proposed[measure].mean
        change = 100 * (after - before) / before if before else 0.0
        name = "p85 of cycle time" if measure == "p85" else "throughput"
        effects.append(f"{name} {before:.1f} -> {after:.1f} ({change:+.0f} %)")
    return ", ".join(effects)


def limits_text(changes: Mapping[str, int | None]) -> str:
    return ", ".join(
        f"{stage} {'without limit' if limit is None else limit}" for stage, limit in changes.items()
    )
