"""Back-test, in words and as JSON."""

from collections.abc import Sequence
from typing import TypedDict

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
from mlkanban.flow.backtest import FEWEST_PAST, HORIZON, KINDS, PASTS, Backtest, HitRate
from mlkanban.flow.backtest import backtest as count
from mlkanban.flow.forecast import FEWEST_DAYS
from mlkanban.flow.percentiles import PERCENTILES
from mlkanban.flow.sample import Sample
from mlkanban.flow.window import Window
from mlkanban.text import next_cards, quantity

_TOLERANCE = 5
"""Points by which a forecast may hold more or less often than it says."""
_MAIN = PERCENTILES.index(85)
"""The forecast that sentences name."""
_CONVENTION = "replayed with what was known on each day; trials overlap"


class ScoreJson(TypedDict):
    """`share` is `held` in percent of `trials`, null where there are too few of them: fewer than 5
    at 50 %, 10 at 70 and 85 %, 20 at 95 %."""

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
    """`Always tested with 14 days ahead, from 90 days: the 85 % held 83 % of 120 times.`; ''
    with too few trials. What was tested need not be what is forecast."""
    score = next(score for score in backtest.scores[back][kind] if score.percent == p)
    if score.share is None:
        return ""
    tested = {
        "how_many": f"Always tested with {HORIZON} days ahead",
        "when": f"Always tested with {next_cards(backtest.cards_ahead)}",
        "card": "Tested with open cards",
    }
    return (
        f"{tested[kind]}, from {quantity(back, 'day')}: the {p} % held"
        f" {score.share:.0f} % of {quantity(score.trials, 'time')}."
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
    ahead = backtest.cards_ahead
    kinds = {
        "how_many": f"how many in {HORIZON} days",
        "when": f"when the next {'card is' if ahead == 1 else f'{ahead} are'} done",
        "card": "when an open card is done",
    }
    rows = tuple(
        (
            kinds[kind],
            f"{back} d",
            *("-" if s.share is None else f"{s.share:.0f} %" for s in scores),
            _trials(scores),
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
    best = backtest.best_past_days
    differences = backtest.differences(best)
    if not differences:
        return "Too few trials to see whether they hold as often as they say."
    past, apart = quantity(best, "day"), _apart(differences)
    if apart:
        return f"Be careful: those from {past} of past held {apart} than they say."
    every = len(differences) == len(KINDS) * len(PERCENTILES)
    held = (
        f"From {past} all{'' if every else ' that were tried often enough'} held as often as they"
        f" say, within {_TOLERANCE} points"
    )
    if other := _apart(backtest.differences(PASTS[-1])):
        return f"{held}; from {PASTS[-1]} {other}: forecast with --window {best}d."
    return f"{held}."


def _apart(differences: Sequence[float]) -> str:
    """`up to 8 points less often and up to 16 points more often`; '' within the tolerance."""
    sides = (
        ("less often", -min(differences, default=0.0)),
        ("more often", max(differences, default=0.0)),
    )
    return " and ".join(
        f"up to {points:.0f} points {how}" for how, points in sides if points > _TOLERANCE
    )


def _trials(scores: Sequence[HitRate]) -> str:
    """`71`, or `4-12` where the forecasts of a row have fewer and more."""
    trials = {score.trials for score in scores}
    return "-".join(map(str, sorted({min(trials), max(trials)})))


def of_all_time(sample: Sample) -> Backtest:
    """The back-test over the whole history, whatever the window."""
    return count(sample.within(Window.back(None, sample.window.last)))


def remarks(summary: Summary, sample: Sample, backtest: Backtest | None = None) -> list[str]:
    """How often forecasts such as those of a summary held, from about as much past as its own.
    `backtest` is that of all time, if it is there already."""
    if not summary.forecasts:
        return []
    tested = backtest or of_all_time(sample)
    back = min(PASTS, key=lambda days: abs(days - len(sample.days)))
    return [text for kind in summary.forecasts if (text := sentence(tested, kind, back=back))]


NUMBER = NumberView("backtest", of_all_time, summary, figures, to_json)
