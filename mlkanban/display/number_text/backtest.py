"""Back-test, in words and as JSON."""

from typing import Any, TypedDict

from mlkanban.display.number_view import (
    Day,
    Figures,
    NumberJson,
    NumberView,
    Summary,
    scope_json,
    scope_text,
)
from mlkanban.display.table import Table
from mlkanban.flow.backtest import FEWEST_PAST, HORIZON, KINDS, PASTS, Backtest
from mlkanban.flow.backtest import backtest as count
from mlkanban.flow.forecast import FEWEST_DAYS
from mlkanban.flow.percentiles import PERCENTILES
from mlkanban.flow.sample import Sample
from mlkanban.flow.window import Window
from mlkanban.text import quantity

_TOLERANCE = 5
"""Points by which a forecast may hold less often than it says."""
_MAIN = PERCENTILES.index(85)
"""The forecast that sentences name, and whose trials are counted."""
_KINDS = {
    "how_many": f"how many in {HORIZON} days",
    "when": "when the next {} are done",
    "card": "when an open card is done",
}
_CONVENTION = "replayed with what was known on each day; trials overlap"


class ScoreJson(TypedDict):
    past_days: int
    kind: str
    percent: int
    trials: int
    held: int
    share: float | None


class BacktestJson(NumberJson):
    n: int
    first_trial: Day | None
    last_trial: Day | None
    horizon_days: int
    cards_ahead: int
    best_past_days: int
    scores: list[ScoreJson]


def sentence(backtest: Backtest, kind: str, p: int = 85, *, back: int) -> str:
    """`The 85 % forecast from 90 days (how many in 14 days) held 83 % of 120 times.`; ''
    without a trial."""
    score = next(score for score in backtest.scores[back][kind] if score.percent == p)
    if score.share is None:
        return ""
    what = _KINDS[kind].format(backtest.cards_ahead)
    return (
        f"The {p} % forecast from {quantity(back, 'day')} ({what}) held {score.share:.0f} %"
        f" of {quantity(score.trials, 'time')}."
    )


def to_json(backtest: Backtest) -> BacktestJson:
    return {
        "n": len(backtest.days),
        "first_trial": backtest.days[0].isoformat() if backtest.days else None,
        "last_trial": backtest.days[-1].isoformat() if backtest.days else None,
        "horizon_days": HORIZON,
        "cards_ahead": backtest.cards_ahead,
        "best_past_days": backtest.best_past_days,
        "scores": [
            {
                "past_days": back, "kind": kind, "percent": score.percent, "trials": score.trials,
                "held": score.held, "share": score.share,
            }
            for back, kinds in backtest.scores.items()
            for kind, scores in kinds.items()
            for score in scores
        ],
        "convention": _CONVENTION,
        **scope_json(backtest.scope),
    }  # fmt: skip


def figures(backtest: Backtest) -> Figures:
    shares = ((kind, scores[_MAIN].share) for kind, scores in backtest.scores[PASTS[-1]].items())
    return (
        ("trials", str(len(backtest.days))),
        *((k.replace("_", " "), "-" if s is None else f"{s:.0f} %") for k, s in shares),
    )


def summary(backtest: Backtest) -> Summary:
    note = f"n {quantity(len(backtest.days), 'day')} | {scope_text(backtest.scope)} | {_CONVENTION}"
    if not backtest.days:
        few = (
            f"Nothing to replay: it takes {FEWEST_PAST + HORIZON} days of history, and cards"
            f" finished on {FEWEST_DAYS} of them before a trial."
        )
        return Summary("Back-test", (few,), None, note)
    rows = tuple(
        (
            _KINDS[kind].format(backtest.cards_ahead),
            f"{back} d",
            *("-" if s.share is None else f"{s.share:.0f} %" for s in scores),
            str(scores[_MAIN].trials),
        )
        for kind in KINDS
        for back in PASTS
        if (scores := backtest.scores[back][kind])
    )
    head = ("held, forecast", "from", *(f"{p} %" for p in PERCENTILES), "trials")
    first, last = backtest.days[0], backtest.days[-1]
    tried = f"Replayed on {quantity(len(backtest.days), 'day')} from {first} to {last}."
    return Summary("Back-test", (tried, _verdict(backtest)), Table(head, rows), note)


def _verdict(backtest: Backtest) -> str:
    worst, best = backtest.worst(backtest.best_past_days), quantity(backtest.best_past_days, "day")
    if worst > _TOLERANCE:
        return (
            f"Be careful: even those from {best} of past held"
            f" up to {worst:.0f} points less often than they say."
        )
    held = f"From {best} all held as often as they say, within {_TOLERANCE} points"
    if backtest.worst(PASTS[-1]) > _TOLERANCE:
        return f"{held}; from {PASTS[-1]} not: forecast with --window {backtest.best_past_days}d."
    return f"{held}."


def of_all_time(sample: Sample) -> Backtest:
    """The back-test over the whole history, whatever the window."""
    return count(sample.within(Window.back(None, sample.window.last)))


def remarks(view: NumberView[Any], sample: Sample, backtest: Backtest | None = None) -> list[str]:
    """How often the forecasts of a view held, from about as much past as its own. `backtest` is
    that of all time, if it is there already."""
    if not view.forecasts:
        return []
    tested = backtest or of_all_time(sample)
    back = min(PASTS, key=lambda days: abs(days - len(sample.days)))
    return [text for kind in view.forecasts if (text := sentence(tested, kind, back=back))]


NUMBER = NumberView("backtest", of_all_time, summary, figures, to_json)
