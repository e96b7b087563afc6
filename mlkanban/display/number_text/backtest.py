"""Back-test, in words and as JSON."""

from typing import Literal, TypedDict

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
from mlkanban.flow.backtest import (
    CONFIDENCE,
    FEWEST_PAST,
    FEWEST_PERIODS,
    KINDS,
    Backtest,
    ChanceBin,
    HitRate,
)
from mlkanban.flow.backtest import backtest as count
from mlkanban.flow.forecast import HOW_MANY_DAYS
from mlkanban.flow.percentiles import PERCENTILES
from mlkanban.flow.sample import Sample
from mlkanban.text import next_cards, quantity

_MAIN = 85
"""The forecast that sentences name."""
_CONVENTION = (
    "trials whose day has come, with what was known on each day; "
    f"{CONFIDENCE} % interval by Wilson from the periods that do not overlap"
)
_FAR_BELOW = 10
"""Points below what a forecast says that even the upper end of an interval of few periods is."""
Verdict = Literal["less often", "as often", "more often"]
_VERDICTS: dict[int, Verdict] = {-1: "less often", 0: "as often", 1: "more often"}


class ScoreJson(TypedDict):
    """`share` is `held` in percent of `trials`, null where there are too few of them: fewer than 5
    at 50 %, 10 at 70 and 85 %, 20 at 95 %. `low` and `high` are its 95 % interval, by the
    `periods` of these trials that do not overlap; with ten of them there is a `verdict`: it held
    as often as it says, less often or more often. `past_days` is null where all days before a
    trial were used. On `silent` days not one card was that likely: these are no trials."""

    past_days: int | None
    kind: str
    percent: int
    trials: int
    silent: int
    held: int
    share: float | None
    periods: int
    low: float | None
    high: float | None
    verdict: Verdict | None


class ChanceJson(TypedDict):
    """Of `n` chances of open cards from `low_percent` to below `high_percent`, `said` in the mean,
    `held` came true: `share` % of them, null of less than ten. Its 95 % interval goes by the
    `periods` that do not overlap; null of less than ten of these."""

    low_percent: int
    high_percent: int
    n: int
    said: float
    held: int
    share: float | None
    periods: int
    low: float | None
    high: float | None


class BacktestJson(NumberJson):
    n: int
    first_trial: Day | None
    last_trial: Day | None
    horizon_days: int
    cards_ahead: int
    scores: list[ScoreJson]
    chances: list[ChanceJson]


def sentence(backtest: Backtest, kind: str, p: int = _MAIN) -> str:
    """`Tested 14 days ahead: 85 % forecasts held in 84 % of cases (65-94 %; 26 independent
    periods).`, and
    whether that is as often as it says; `only 5 independent periods` are too few for that."""
    score = backtest.score(kind, p)
    tested = {
        "how_many": f"{quantity(backtest.days_ahead, 'day')} ahead",
        "when": f"on {next_cards(backtest.cards_ahead)}",
        "card": "on open cards",
    }[kind]
    if score.share is None or score.interval is None:
        none = f"not one card was that likely on {quantity(score.silent, 'day')}"
        few = f"too few trials ({score.trials})" if score.trials else "no trials yet"
        few = f"{few}, {none}" if score.silent else few
        return f"Not tested {tested}: {few}."
    periods = quantity(score.periods, "independent period")
    ends = {0: "", -1: ": less often than they say", 1: ": more often than they say"}
    only = "" if score.judged else "only "
    # Too little to judge by, and yet what was seen speaks against the forecast.
    against = not score.judged and score.interval[1] < p - _FAR_BELOW
    careful = "Be careful with this forecast. " if score.off < 0 or against else ""
    return (
        f"{careful}Tested {tested}: {p} % forecasts held in {score.share:.0f} % of cases"
        f" ({_interval(score)}; {only}{periods}){ends[score.off]}."
    )


def _interval(score: HitRate) -> str:
    if score.interval is None:
        return "-"
    low, high = score.interval
    return f"{low:.0f}-{high:.0f} %"


def to_json(backtest: Backtest) -> BacktestJson:
    return {
        "n": len(backtest.days),
        "first_trial": backtest.days[0].isoformat() if backtest.days else None,
        "last_trial": backtest.days[-1].isoformat() if backtest.days else None,
        "horizon_days": backtest.days_ahead,
        "cards_ahead": backtest.cards_ahead,
        "scores": [
            _score_json(backtest, kind, score)
            for kind, scores in backtest.scores.items()
            for score in scores
        ],
        "chances": [_chance_json(chance) for chance in backtest.chances],
        "convention": _CONVENTION,
        **scope_json(backtest.scope),
    }


def _score_json(backtest: Backtest, kind: str, score: HitRate) -> ScoreJson:
    low, high = score.interval or (None, None)
    return {
        "past_days": backtest.scope.window.days,
        "kind": kind,
        "percent": score.percent,
        "trials": score.trials,
        "silent": score.silent,
        "held": score.held,
        "share": score.share,
        "periods": score.periods,
        "low": low,
        "high": high,
        "verdict": _VERDICTS[score.off] if score.judged else None,
    }


def _chance_json(chance: ChanceBin) -> ChanceJson:
    low, high = chance.interval or (None, None)
    return {
        "low_percent": chance.low,
        "high_percent": chance.high,
        "n": chance.n,
        "said": chance.said,
        "held": chance.held,
        "share": chance.share,
        "periods": chance.periods,
        "low": low,
        "high": high,
    }


def figures(backtest: Backtest) -> Figures:
    shares = ((kind, backtest.score(kind, _MAIN).share) for kind in KINDS)
    return (
        ("trials", str(len(backtest.days))),
        *((k.replace("_", " "), "-" if s is None else f"{s:.0f} %") for k, s in shares),
    )


def summary(backtest: Backtest) -> Summary:
    note = f"n {quantity(len(backtest.days), 'day')} | {scope_text(backtest.scope)}"
    silent = _silent(backtest)
    if not backtest.days and silent:
        return Summary("Back-test", ("No trials.", *silent), None, note)
    if not backtest.days:
        few = (
            f"No trials yet: the first one has {FEWEST_PAST} days of history behind it, and a day"
            " ahead of it that has come."
        )
        return Summary("Back-test", (few,), None, note)
    note = f"{note} | {_CONVENTION}"
    kinds = _kinds(backtest)
    rows = tuple(
        (
            kinds[kind],
            *map(_share, backtest.scores[kind]),
            _interval(main),
            str(main.periods),
            _trials(backtest, kind),
        )
        for kind in KINDS
        for main in [backtest.score(kind, _MAIN)]
    )
    head = (
        "held, forecast", *(f"{p} %" for p in PERCENTILES), f"{_MAIN} % within", "periods", "trials"
    )  # fmt: skip
    first, last = backtest.days[0], backtest.days[-1]
    tried = f"Replayed on {quantity(len(backtest.days), 'day')} from {first} to {last}."
    lines = (tried, *_verdicts(backtest), *silent, *_chances(backtest))
    return Summary("Back-test", lines, Table(head, rows), note)


def _share(score: HitRate) -> str:
    """`84 %`, and `!` behind it where that is not as often as the forecast says."""
    return "-" if score.share is None else f"{score.share:.0f} %{'!' if score.off else ''}"


def _kinds(backtest: Backtest) -> dict[str, str]:
    ahead = backtest.cards_ahead
    return {
        "how_many": f"how many in {quantity(backtest.days_ahead, 'day')}",
        "when": f"when the next {'card is' if ahead == 1 else f'{ahead} are'} done",
        "card": "when an open card is done",
    }


def _verdicts(backtest: Backtest) -> list[str]:
    """Of each kind of forecast whether it held as often as it says: what is wrong first, at any
    level, then what is right at 85 %."""
    kinds = _kinds(backtest)
    scores = {kind: backtest.score(kind, _MAIN) for kind in KINDS}
    lines = [
        f"Be careful: {kinds[kind]} held {_VERDICTS[score.off]} at {score.percent} % than it says,"
        f" {score.share:.0f} % ({_interval(score)})."
        for kind in KINDS
        for score in backtest.scores[kind]
        if score.off
    ]
    fine = [kinds[kind] for kind, score in scores.items() if score.judged and not score.off]
    if fine:
        lines.append(
            f"{_MAIN} % forecasts held as often as they say, within chance: {', '.join(fine)}."
        )
    unsure = [
        f"{kinds[kind]} ({score.periods if score.trials else 'no trials'})"
        for kind, score in scores.items()
        if not score.judged
    ]
    if unsure:
        lines.append(
            f"Too few independent periods to judge (it takes {FEWEST_PERIODS}):"
            f" {', '.join(unsure)}."
        )
    return lines


def _silent(backtest: Backtest) -> list[str]:
    """On how many days no number of cards had the chance of a level, where there were such."""
    silent = [score for score in backtest.scores["how_many"] if score.silent]
    if not silent:
        return []
    days = f" of {quantity(silent[0].silent + silent[0].trials, 'day')}"
    some = ", ".join(
        f"{score.silent}{'' if at else days} at {score.percent} %"
        for at, score in enumerate(silent)
    )
    return [f"Not one card was likely enough, which is no trial: on {some}."]


def _chances(backtest: Backtest) -> list[str]:
    """What was said of open cards beside what happened, from the least chances to the highest."""
    ahead = quantity(backtest.days_ahead, "day")
    return [
        f"Open cards in {ahead}: {chance.said:.0f} % said, {chance.share:.0f} % happened"
        f"{_within(chance)}, n {chance.n} in {quantity(chance.periods, 'independent period')}."
        for chance in backtest.chances
        if chance.share is not None
    ]


def _within(chance: ChanceBin) -> str:
    if chance.interval is None:
        return ""
    low, high = chance.interval
    return f" ({low:.0f}-{high:.0f} %)"


def _trials(backtest: Backtest, kind: str) -> str:
    """`71`, or `4-12` where the forecasts of a row have fewer and more."""
    trials = {score.trials for score in backtest.scores[kind]}
    return "-".join(map(str, sorted({min(trials), max(trials)})))


def remarks(summary: Summary, sample: Sample) -> list[str]:
    """How often forecasts such as those of a summary held that was made of a sample: from the same
    window, as many days ahead, of as many cards."""
    if not summary.claims:
        return []
    ahead = {claim.kind: claim.ahead for claim in summary.claims}
    tested = count(
        # All cards of the board stand behind the chance of one.
        sample.of_board if "card" in ahead else sample,
        days=ahead.get("how_many", HOW_MANY_DAYS),
        cards=ahead.get("when"),
        kinds=tuple(ahead),
    )
    return [sentence(tested, kind) for kind in ahead]


NUMBER = NumberView("backtest", count, summary, figures, to_json)
