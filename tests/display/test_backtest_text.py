"""The back-test in words: what is said of forecasts that hold too seldom and too often."""

from datetime import date

import pytest

from mlkanban.display.number_text import backtest as text
from mlkanban.display.number_text import forecast as forecast_text
from mlkanban.display.number_view import Summary
from mlkanban.flow.backtest import KINDS, PASTS, Backtest, HitRate
from mlkanban.flow.forecast import forecast
from mlkanban.flow.percentiles import PERCENTILES
from mlkanban.flow.window import Scope, Window
from tests.flow.logs import card, rows, sample, took

DAY = date(2026, 3, 1)
Key = tuple[int, str, int]


def with_shares(
    held: dict[Key, int], trials: dict[Key, int] | None = None, ahead: int = 9
) -> Backtest:
    """All forecasts held as often as they say in 100 trials, but for these shares and trials."""

    def rate(*key: int | str) -> HitRate:
        back, kind, p = key
        assert isinstance(back, int)
        assert isinstance(kind, str)
        assert isinstance(p, int)
        n = (trials or {}).get((back, kind, p), 100)
        return HitRate(p, n, round(n * held.get((back, kind, p), p) / 100))

    scores = {
        back: {kind: tuple(rate(back, kind, p) for p in PERCENTILES) for kind in KINDS}
        for back in PASTS
    }
    return Backtest((DAY,), scores, ahead, Scope(Window.back(None, DAY), DAY, "UTC"))


def verdict(backtest: Backtest) -> str:
    return text.summary(backtest).lines[1]


def test_forecasts_that_hold_as_often_as_they_say_are_told_so() -> None:
    assert (
        verdict(with_shares({})) == "From 90 days all held as often as they say, within 5 points."
    )
    assert "within 5 points" in verdict(with_shares({(90, "when", 50): 55, (90, "card", 85): 80}))


def test_holding_more_often_is_as_wrong_as_less_often() -> None:
    """Those of 90 days held 65 % at 50 %; from 30 days they were right."""
    more = {(90, "when", 50): 65, (90, "when", 70): 78}
    assert with_shares(more).best_past_days == 30
    assert verdict(with_shares(more)) == (
        "From 30 days all held as often as they say, within 5 points;"
        " from 90 up to 15 points more often: forecast with --window 30d."
    )
    both = more | {(30, "when", 50): 65}
    assert verdict(with_shares(both)) == (
        "Be careful: those from 90 days of past held up to 15 points more often than they say."
    )
    less = {(back, "card", 85): 77 for back in PASTS}
    assert verdict(with_shares(less)) == (
        "Be careful: those from 90 days of past held up to 8 points less often than they say."
    )
    assert verdict(with_shares(less | both)) == (
        "Be careful: those from 90 days of past held up to 8 points less often"
        " and up to 15 points more often than they say."
    )


@pytest.mark.parametrize(("percent", "needed"), [(50, 5), (70, 10), (85, 10), (95, 20)])
def test_shares_of_too_few_trials_are_withheld(percent: int, needed: int) -> None:
    assert HitRate(percent, needed - 1, 1).share is None
    assert HitRate(percent, needed, needed).share == 100.0


def test_each_row_says_how_few_trials_it_has() -> None:
    few = {(90, "card", 95): 1, (90, "card", 85): 0, (90, "card", 70): 20}
    found = with_shares({(90, "card", 95): 0}, few)
    [row] = [
        row for row in rows(text.summary(found)) if row[:2] == ("when an open card is done", "90 d")
    ]
    assert row[2:] == ("50 %", "70 %", "-", "-", "0-100")
    assert {row[-1] for row in rows(text.summary(found))} == {"100", "0-100"}
    assert verdict(found).startswith("From 90 days all that were tried often enough held")
    scores = text.to_json(found)["scores"]
    [score] = [s for s in scores if (s["past_days"], s["kind"], s["percent"]) == (90, "card", 95)]
    assert (score["trials"], score["held"], score["share"]) == (1, 0, None)


def test_a_past_that_was_hardly_tried_is_not_the_best() -> None:
    none = {(30, kind, p): 4 for kind in KINDS for p in PERCENTILES}
    off = {(90, "when", 50): 65}
    assert with_shares(off, none).best_past_days == 90
    assert "from 90 days of past" in verdict(with_shares(off, none))
    nowhere = none | {(90, kind, p): 4 for kind in KINDS for p in PERCENTILES}
    assert verdict(with_shares({}, nowhere)) == (
        "Too few trials to see whether they hold as often as they say."
    )
    other = {(90, kind, p): 4 for kind in KINDS for p in PERCENTILES}
    assert verdict(with_shares({}, other)) == (
        "From 30 days all held as often as they say, within 5 points."
    )


def said(ahead: int = 9, *, days: int = 14, cards: int | None = None) -> list[str]:
    """What stands under a forecast of a board with one open card."""
    some = sample([*(took(f"c{n}", 1, start=n) for n in range(1, 20)), card("o", (3, 1))], days=90)
    summary = forecast_text.summary(forecast(some, days=days, cards=cards))
    return text.remarks(summary, some, with_shares({}, ahead=ahead))


def test_under_a_forecast_stands_what_was_tested() -> None:
    expected = [
        "Always tested with 14 days ahead, from 30 days: the 85 % held 85 % of 100 times.",
        "Always tested with the next 9 cards, from 30 days: the 85 % held 85 % of 100 times.",
    ]
    assert said() == said(days=60) == said(cards=40) == expected
    assert "Always tested with the next card," in said(ahead=1)[1]


def test_nothing_stands_under_a_forecast_that_is_not_made() -> None:
    none = Summary("Forecast", ("too few",), None, "")
    assert text.remarks(none, sample([took("a", 1)]), with_shares({})) == []


def test_a_share_of_too_few_trials_stands_under_no_forecast() -> None:
    found = with_shares({}, {(90, "card", 85): 9})
    assert text.sentence(found, "card", back=90) == ""
    assert "open cards, from 30 days" in text.sentence(found, "card", back=30)
    assert [row[0] for row in rows(text.summary(with_shares({}, ahead=1)))][2] == (
        "when the next card is done"
    )
