"""The back-test in words: what is said of forecasts that hold too seldom and too often, and of
those of which too little is known."""

from dataclasses import replace
from datetime import date

import pytest
from scipy.stats import binomtest

from mlkanban.display.number_text import backtest as text
from mlkanban.display.number_text import forecast as forecast_text
from mlkanban.display.number_view import ForecastClaim, Summary
from mlkanban.flow.backtest import KINDS, Backtest, ChanceBin, HitRate, backtest
from mlkanban.flow.forecast import forecast
from mlkanban.flow.percentiles import PERCENTILES
from mlkanban.flow.window import Scope, Window
from tests.flow.logs import card, sample, took

DAY = date(2026, 3, 1)
Key = tuple[str, int]


def with_shares(
    held: dict[Key, int],
    trials: dict[Key, int] | None = None,
    periods: dict[Key, int] | None = None,
    ahead: int = 9,
) -> Backtest:
    """All forecasts held as often as they say in 100 trials of 40 independent periods, but for
    these shares, trials and periods."""

    def rate(kind: str, p: int) -> HitRate:
        n = (trials or {}).get((kind, p), 100)
        apart = (periods or {}).get((kind, p), 40 if n else 0)
        return HitRate(p, n, round(n * held.get((kind, p), p) / 100), apart)

    scores = {kind: tuple(rate(kind, p) for p in PERCENTILES) for kind in KINDS}
    return Backtest((DAY,), scores, (), 14, ahead, Scope(Window.back(None, DAY), DAY, "UTC"))


def verdicts(backtest: Backtest) -> tuple[str, ...]:
    return text.summary(backtest).lines[1:]


def test_forecasts_that_hold_as_often_as_they_say_are_told_so() -> None:
    assert verdicts(with_shares({})) == (
        "85 % forecasts held as often as they say, within chance: how many in 14 days, when the"
        " next 9 are done, when an open card is done.",
    )
    assert len(verdicts(with_shares({("when", 85): 78, ("card", 85): 92}))) == 1


def test_holding_more_often_is_as_wrong_as_less_often() -> None:
    off = with_shares({("how_many", 85): 60, ("when", 85): 99})
    assert verdicts(off) == (
        "Be careful: how many in 14 days held less often at 85 % than it says, 60 % (45-74 %).",
        "Be careful: when the next 9 are done held more often at 85 % than it says,"
        " 99 % (89-100 %).",
        "85 % forecasts held as often as they say, within chance: when an open card is done.",
    )


def test_what_is_off_at_another_level_is_named_and_marked() -> None:
    off = with_shares({("when", 95): 60, ("card", 50): 90})
    assert verdicts(off)[:2] == (
        "Be careful: when the next 9 are done held less often at 95 % than it says,"
        " 60 % (45-74 %).",
        "Be careful: when an open card is done held more often at 50 % than it says,"
        " 90 % (77-96 %).",
    )
    table = text.summary(off).table
    assert table is not None
    assert table.rows[1][1:5] == ("50 %", "70 %", "85 %", "60 %!")
    assert table.rows[2][1:5] == ("90 %!", "70 %", "85 %", "95 %")


def test_nothing_is_concluded_from_few_independent_periods() -> None:
    few = with_shares({("how_many", 85): 30}, {("card", 85): 0}, {("how_many", 85): 9})
    assert verdicts(few) == (
        "85 % forecasts held as often as they say, within chance: when the next 9 are done.",
        "Too few independent periods to judge (it takes 10): how many in 14 days (9), when"
        " an open card is done (no trials).",
    )
    scores = {(s["kind"], s["percent"]): s for s in text.to_json(few)["scores"]}
    assert scores["how_many", 85]["verdict"] is None
    assert scores["how_many", 85]["share"] == 30
    assert scores["when", 85]["verdict"] == "as often"
    assert scores["card", 85]["trials"] == 0
    assert scores["card", 85]["low"] is scores["card", 85]["share"] is None


def test_each_row_says_how_far_the_share_is_known() -> None:
    few = {("card", 95): 1, ("card", 85): 0, ("card", 70): 20}
    table = text.summary(with_shares({("card", 95): 0}, few)).table
    assert table is not None
    assert table.head == (
        "held, forecast", "50 %", "70 %", "85 %", "95 %", "85 % within", "periods", "trials",
    )  # fmt: skip
    assert table.rows[0] == (
        "how many in 14 days", "50 %", "70 %", "85 %", "95 %", "71-93 %", "40", "100",
    )  # fmt: skip
    assert table.rows[2] == (
        "when an open card is done", "50 %", "70 %", "-", "-", "-", "0", "0-100",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("held", "trials", "periods", "said"),
    [
        (85, 100, 40, "85 % forecasts held in 85 % of cases (71-93 %; 40 independent periods)"),
        (60, 100, 40, "85 % forecasts held in 60 % of cases (45-74 %; 40 independent"
         " periods): less often than they say"),
        (99, 100, 40, "85 % forecasts held in 99 % of cases (89-100 %; 40 independent"
         " periods): more often than they say"),
        (0, 58, 2, "85 % forecasts held in 0 % of cases (0-66 %; only 2 independent periods)"),
        (60, 100, 9, "85 % forecasts held in 60 % of cases (30-84 %; only 9 independent periods)"),
        (100, 12, 1, "85 % forecasts held in 100 % of cases (21-100 %; only 1 independent period)"),
    ],
)  # fmt: skip
def test_a_sentence_says_how_often_and_how_sure_that_is(
    held: int, trials: int, periods: int, said: str
) -> None:
    key = ("how_many", 85)
    found = with_shares({key: held}, {key: trials}, {key: periods})
    careful = "Be careful with this forecast. " if held in (0, 60) and periods != 9 else ""
    assert text.sentence(found, "how_many") == f"{careful}Tested 14 days ahead: {said}."


def test_without_trials_a_sentence_says_so() -> None:
    found = with_shares({}, {("when", 85): 0, ("card", 85): 9})
    assert text.sentence(found, "when") == ("Not tested on the next 9 cards: no trials yet.")
    assert text.sentence(found, "card") == ("Not tested on open cards: too few trials (9).")


@pytest.mark.parametrize(("days", "cards"), [(14, None), (5, 3), (60, 40)])
@pytest.mark.parametrize("window", [None, 30])
def test_under_a_forecast_stands_what_was_tested_of_the_same(
    days: int, cards: int | None, window: int | None
) -> None:
    done = [took(f"c{n}", 1 + n % 3, start=1 + 0.7 * n) for n in range(160)]
    some = sample([*done, card("o", (110, 1))], day=120, days=window)
    number = forecast(some, days=days, cards=cards)
    summary = forecast_text.summary(number)
    assert summary.claims == (ForecastClaim("how_many", days), ForecastClaim("when", number.cards))
    tested = backtest(some, days=days, cards=number.cards)
    assert tested.scope.window == number.scope.window
    assert text.remarks(summary, some) == [
        text.sentence(tested, "how_many"), text.sentence(tested, "when"),
    ]  # fmt: skip
    assert f" {days} days ahead" in text.remarks(summary, some)[0]


def test_nothing_stands_under_a_forecast_that_is_not_made() -> None:
    none = Summary("Forecast", ("too few",), None, "")
    assert text.remarks(none, sample([took("a", 1)])) == []


def test_chances_of_open_cards_stand_beside_what_happened() -> None:
    """Cards of one period share what happened: what is said of them goes by the periods, and no
    verdict does; one miss in ten at 99 % is none either."""
    chances = (
        ChanceBin(0, 20, 9, 12.0, 3, 4), ChanceBin(20, 40, 10, 31.0, 2, 9),
        ChanceBin(40, 60, 200, 52.0, 60, 10), ChanceBin(95, 100, 100, 98.0, 99, 40),
    )  # fmt: skip
    found = replace(with_shares({}), chances=chances)
    assert verdicts(found)[1:] == (
        "Open cards in 14 days: 31 % said, 20 % happened, n 10 in 9 independent periods.",
        "Open cards in 14 days: 52 % said, 30 % happened (11-60 %), n 200 in 10 independent"
        " periods.",
        "Open cards in 14 days: 98 % said, 99 % happened (89-100 %), n 100 in 40 independent"
        " periods.",
    )
    told = text.to_json(found)["chances"]
    assert [(one["n"], one["share"], one["periods"]) for one in told] == [
        (9, None, 4), (10, 20.0, 9), (200, 30.0, 10), (100, 99.0, 40),
    ]  # fmt: skip
    assert [one["low"] for one in told[:2]] == [None, None]
    low, high = binomtest(3, 10).proportion_ci(method="wilson")
    assert told[2]["low"] == pytest.approx(100 * low, abs=1e-3)
    assert told[2]["high"] == pytest.approx(100 * high, abs=1e-3)
