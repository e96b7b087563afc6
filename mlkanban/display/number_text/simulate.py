"""What if, in words and as JSON."""

from collections.abc import Mapping
from typing import Literal, TypedDict

from mlkanban.display.number_view import (
    Day,
    Figures,
    NumberJson,
    Summary,
    finished_cards,
    scope_json,
    scope_text,
)
from mlkanban.display.table import Table
from mlkanban.flow.simulation.learn import FEWEST, TouchFit
from mlkanban.flow.simulation.model import Capacity
from mlkanban.flow.simulation.whatif import (
    NEAR,
    SURE,
    LimitEffect,
    Play,
    Played,
    Refusal,
    Spread,
    WhatIf,
)
from mlkanban.text import quantity

_MEASURES = {
    "p50": "cycle time p50",
    "p85": "cycle time p85",
    "per_week": "finished a week",
    "wip": "in progress",
    "waiting": "waiting to start",
}
_CONVENTION = (
    "mean of runs with these cards, in brackets what 90 % of runs with others like them gave, as"
    " near as whole days allow, and that mean; they hold for the model only, a real period may vary"
    " more | calendar days, both ends counted"
)
_MODELS = {
    Capacity.INDEPENDENT: "each card takes its own time",
    Capacity.SHARED: "attended cards share the time of one person",
}
_SHORT = {Capacity.INDEPENDENT: "own time", Capacity.SHARED: "one person"}


class SpreadJson(TypedDict):
    mean: float
    low: float
    high: float


class LimitEffectJson(TypedDict):
    """Means with today's limits and with the proposed ones; `agreed` is the share of the runs that
    changed in that direction, `direction` is null where too few agree. In 90 % of the runs it
    changed by a share from `low` to `high`, null where there was nothing before."""

    before: float
    after: float
    agreed: float
    low: float | None
    high: float | None
    direction: Literal["more", "less"] | None


class PlayJson(TypedDict):
    """One model: of independent touch, or of capacity that the attended cards share. `far_off` are
    the measures whose mean is more than a fifth from what was observed; `reproduced` where neither
    these nor `not_reproduced` has any."""

    model: Literal["independent", "shared"]
    reproduced: bool
    not_reproduced: list[str]
    far_off: list[str]
    today: dict[str, SpreadJson] | None
    proposed: dict[str, SpreadJson] | None
    effects: dict[str, LimitEffectJson] | None


class TouchFitJson(TypedDict):
    """Rank correlations of the attended legs with the attended cards beside them at their start:
    of their days (none where touch is independent) and of their effort (none where capacity is
    shared). Up to `chance` either is by chance alone."""

    legs: int
    days: float
    effort: float
    chance: float


class OverriddenJson(TypedDict):
    times: int
    of: int


class WhatIfJson(NumberJson):
    """`models` are those that were played, the better one first. Measures by name: as they were
    observed, as today's limits play them, and the changed ones, in the first model that reproduces
    today, else in the first; null where nothing was played. `refused` says why no model is to be
    gone by; `limits_since` is the day of the last change of a limit in the window, before which
    nothing is counted."""

    n: int
    runs: int
    days: int
    trusted: bool
    refused: Refusal | None
    model: Literal["independent", "shared", "both"] | None
    models: list[PlayJson]
    fit: TouchFitJson | None
    overridden: OverriddenJson | None
    limits_since: Day | None
    not_reproduced: list[str]
    limits: dict[str, int | None]
    changes: dict[str, int | None]
    observed: dict[str, float] | None
    today: dict[str, SpreadJson] | None
    proposed: dict[str, SpreadJson] | None


def _spread_text(spread: Spread) -> str:
    return f"{spread.mean:.1f} ({spread.low:.1f}-{spread.high:.1f})"


def _played_json(played: Played) -> dict[str, SpreadJson] | None:
    return {m: {"mean": s.mean, "low": s.low, "high": s.high} for m, s in played.items()} or None


def _effect_json(effect: LimitEffect) -> LimitEffectJson:
    return {
        "before": effect.before,
        "after": effect.after,
        "agreed": effect.agreed,
        "low": effect.low,
        "high": effect.high,
        "direction": "more" if effect.direction > 0 else "less" if effect.direction else None,
    }


def _play_json(play: Play, observed: Mapping[str, float]) -> PlayJson:
    far_off = play.far_off(observed)
    return {
        "model": play.capacity.value,
        "reproduced": not play.not_reproduced and not far_off,
        "not_reproduced": list(play.not_reproduced),
        "far_off": list(far_off),
        "today": _played_json(play.today),
        "proposed": _played_json(play.proposed),
        "effects": {m: _effect_json(e) for m, e in play.effects.items()} or None,
    }


def _model(what_if: WhatIf) -> Literal["independent", "shared", "both"] | None:
    shown = what_if.shown
    return "both" if len(shown) > 1 else shown[0].capacity.value if shown else None


def to_json(what_if: WhatIf) -> WhatIfJson:
    first = what_if.first
    fit, overridden = what_if.fit, what_if.overridden
    return {
        "n": what_if.n,
        "runs": what_if.runs,
        "days": what_if.days,
        "trusted": what_if.trusted,
        "refused": what_if.refused,
        "model": _model(what_if),
        "models": [_play_json(play, what_if.observed) for play in what_if.plays],
        "fit": None
        if fit is None
        else {"legs": fit.legs, "days": fit.days, "effort": fit.effort, "chance": fit.chance},
        "overridden": None
        if overridden is None
        else {"times": overridden.times, "of": overridden.of},
        "limits_since": None if what_if.since is None else what_if.since.isoformat(),
        "not_reproduced": list(first.not_reproduced) if first else [],
        "limits": what_if.limits,
        "changes": what_if.changes,
        "observed": what_if.observed or None,
        "today": _played_json(first.today) if first else None,
        "proposed": _played_json(first.proposed) if first else None,
        "convention": _CONVENTION,
        **scope_json(what_if.scope),
    }


def figures(what_if: WhatIf) -> Figures:
    first = what_if.first
    after = (first.proposed or first.today) if first else {}
    return (
        ("n", str(what_if.n)),
        ("p85", _spread_text(after["p85"]) if after else "-"),
        ("per week", _spread_text(after["per_week"]) if after else "-"),
    )


def summary(what_if: WhatIf) -> Summary:
    played = (
        f", {quantity(what_if.runs, 'run')} of {quantity(what_if.days, 'day')}"
        if what_if.plays
        else ""
    )
    note = f"n {what_if.n} finished{played} | {scope_text(what_if.scope)} | {_CONVENTION}"
    if not what_if.plays:
        return Summary("What if", (refusal(what_if),), None, note)
    asked = f"With {limits_text(what_if.changes)}"
    lines = [f"{asked}: {_effects(play, what_if)}." for play in what_if.shown if play.effects] or [
        refusal(what_if)
    ] * bool(what_if.refused)
    if what_if.shown:
        lines += _trust(what_if)
    if what_if.fit is not None:
        lines.append(_evidence(what_if.fit, what_if))
    since = f" (changed on {what_if.since}: only later cards count)" if what_if.since else ""
    lines.append(f"Limits today: {limits_text(what_if.limits)}{since}")
    return Summary("What if", tuple(lines), _table(what_if), note)


def refusal(what_if: WhatIf) -> str:
    """Why no model is to be gone by; '' where one is."""
    few = f"{finished_cards(what_if.n)} in this window; a simulation needs {FEWEST}."
    if what_if.refused == "few_since_change":
        return (
            f"Limits were changed on {what_if.since}, and {what_if.n or 'no'} cards were finished"
            f" since; a simulation needs {FEWEST}."
        )
    if what_if.refused == "no_gaps":
        return "No time lies between the starts of these cards, so nothing can be simulated."
    if what_if.refused == "overridden":
        assert what_if.overridden is not None
        return (
            f"Refused: cards entered a full stage in {what_if.overridden.times} of"
            f" {what_if.overridden.of} cases, so the limits are none that could be played."
        )
    if what_if.refused == "not_reproduced":
        wrong = "; ".join(
            f"if {_MODELS[play.capacity]}, {_measures(play.not_reproduced)}"
            f" {'is' if len(play.not_reproduced) == 1 else 'are'} not reproduced"
            for play in what_if.plays
        )
        return f"Not to be trusted on this history: {wrong}."
    return few if what_if.refused else ""


def _measures(measures: tuple[str, ...]) -> str:
    return ", ".join(_MEASURES[measure] for measure in measures)


def _trust(what_if: WhatIf) -> list[str]:
    """Whether today is reproduced, and where a model is far off what it played beside the facts."""
    near = f"{100 * NEAR:.0f} %"
    rough = []
    for play in what_if.shown:
        if far_off := play.far_off(what_if.observed):
            played = ", ".join(
                f"{_MEASURES[m]} {play.today[m].mean:.1f} for {what_if.observed[m]:.1f}"
                for m in far_off
            )
            which = f" if {_MODELS[play.capacity]}" if len(what_if.shown) > 1 else ""
            rough.append(
                f"Today is reproduced only roughly{which}, not within {near}: played"
                f" {played} observed. Go by the direction of a change, not by its size."
            )
    return rough or [
        f"Today is reproduced: cycle times are within {near} or half a day, throughput and WIP"
        f" within {near} of those observed."
    ]


def _evidence(fit: TouchFit, what_if: WhatIf) -> str:
    """Which model the legs speak for: by the correlation that decides it."""
    possible = [play.capacity for play in what_if.plays]
    legs = f"{quantity(fit.legs, 'attended stay')} beside others"
    chance = f"chance alone: up to {fit.chance:.2f} either way"
    if len(possible) > 1:
        shown = [play.capacity for play in what_if.shown]
        word = "both are shown" if len(shown) > 1 else "both were played"
        return (
            f"{legs} cannot tell whether each card takes its own time or attended cards share the"
            f" time of one person (rank correlation of the others with days {fit.days:+.2f}, with"
            f" effort {fit.effort:+.2f}; {chance}): {word}."
        )
    if possible == [Capacity.SHARED]:
        return (
            f"{legs} took longer the more there were: attended cards share the time of one person"
            f" (rank correlation with days {fit.days:+.2f}; {chance})."
        )
    return (
        f"{legs} do not fit one person: by a share of one, they had less effort the more there"
        f" were, so each card takes its own time (rank correlation with effort {fit.effort:+.2f};"
        f" {chance})."
    )


def _effects(play: Play, what_if: WhatIf) -> str:
    effects, far_off = [], play.far_off(what_if.observed)
    for measure in ("p85", "per_week"):
        effect = play.effects[measure]
        name = "p85 of cycle time" if measure == "p85" else "throughput"
        way = f"{'more' if effect.direction > 0 else 'less'} in {100 * effect.agreed:.0f} %"
        span = ""
        if effect.low is not None and effect.high is not None:
            span = f"; by {100 * effect.low:+.0f} to {100 * effect.high:+.0f} % in 90 %"
        sure = (
            f"{way} of the runs{span}"
            if effect.direction
            else f"no clear change: fewer than {100 * SURE:.0f} % of the runs agree"
        )
        sizes = "" if measure in far_off else f" {effect.before:.1f} -> {effect.after:.1f}"
        effects.append(f"{name}{sizes} ({sure})")
    which = f" if {_MODELS[play.capacity]}" if len(what_if.shown) > 1 else ""
    return ", ".join(effects) + which


def _table(what_if: WhatIf) -> Table:
    """A row for each measure, and where two models are played, for each of them."""
    plays = what_if.shown or what_if.plays
    several, proposed = len(plays) > 1, any(play.proposed for play in plays)
    heads = [*["model"] * several, "measure", "observed", "today", *["proposed"] * proposed]
    rows = [
        (
            *[_SHORT[play.capacity]] * several,
            meaning,
            f"{what_if.observed[m]:.1f}" if m in what_if.observed else "",
            _spread_text(play.today[m]) if play.today else "-",
            *[_spread_text(play.proposed[m]) if play.proposed else "-"] * proposed,
        )
        for play in plays
        for m, meaning in _MEASURES.items()
    ]
    return Table(tuple(heads), tuple(rows))


def limits_text(changes: Mapping[str, int | None]) -> str:
    return ", ".join(
        f"{stage} {'without limit' if limit is None else limit}" for stage, limit in changes.items()
    )
