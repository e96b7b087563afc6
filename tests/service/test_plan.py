"""The plan of a board: order, room, what is pulled, and what fits."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from mlkanban.core.board import Outcome
from mlkanban.display.number_text.fit import fit_text, fits_text
from mlkanban.errors import RuleRefused, UsageProblem
from tests.service.people import Person


@pytest.fixture
def ada(tmp_path: Path) -> Person:
    person = Person(tmp_path / "data")
    person.starts()
    return person


def titles(rows) -> list[str]:
    return [row.face.title for row in rows]


def test_by_worth_the_dearest_come_first_and_the_others_stay_in_board_order(ada: Person) -> None:
    ada.adds("plain")
    ada.adds("low", worth="1/2")
    ada.adds("none")
    ada.adds("high", worth="8*2*80%/3")
    ada.adds("ready", to="Ready")
    assert titles(ada.service.planning.plan(ada.board).ideas) == ["plain", "low", "none", "high"]
    made = ada.service.planning.plan(ada.board, by_score=True)
    assert titles(made.ideas) == ["high", "low", "plain", "none"]
    assert titles(made.rows) == ["ready"]
    assert (made.standing, made.room) == (1, 2)


def test_finished_archived_snoozed_and_begun_cards_are_not_planned(ada: Person) -> None:
    done, gone, asleep, sleeper, _ = (
        ada.adds("done")[0], ada.adds("gone")[0], ada.adds("asleep")[0],
        ada.adds("sleeper", to="Ready")[0], ada.adds("begun", to="Training")[0],
    )  # fmt: skip
    ada.cards.finish([done], Outcome.ABANDONED)
    ada.cards.archive([gone])
    ada.cards.snooze([asleep, sleeper], ada.clock.now.date() + timedelta(days=3))
    made = ada.service.planning.plan(ada.board)
    assert made.ideas == made.rows == ()
    assert made.room == 2, "who sleeps in Ready keeps the slot"


def test_replenishing_pulls_the_first_ideas_as_one_action(ada: Person) -> None:
    ada.adds("a", worth="1/1")
    ada.adds("b", worth="3/1")
    ada.adds("c", worth="2/1")
    ada.adds("d")
    ada.adds("ready", to="Ready")
    before = ada.state()
    ada.service.planning.replenish(ada.board, by_score=True)
    assert titles(ada.service.planning.plan(ada.board).rows) == ["ready", "b", "c"]
    with pytest.raises(RuleRefused, match="Ready is full"):
        ada.service.planning.replenish(ada.board)
    ada.undoes()
    assert ada.state() == before


def test_without_limit_or_ideas_nothing_is_pulled(ada: Person) -> None:
    with pytest.raises(RuleRefused, match="no idea to pull"):
        ada.service.planning.replenish(ada.board)
    ada.sets("Ready", limit=None)
    with pytest.raises(RuleRefused, match="no limit to fill up to"):
        ada.service.planning.replenish(ada.board)


def test_where_one_stage_comes_before_work_it_is_pulled_into_work(ada: Person) -> None:
    ada.starts("plain", "Chores")
    ada.adds("one", "two")
    made = ada.service.planning.plan(ada.board)
    assert (made.ready.name, titles(made.ideas)) == ("Doing", ["one", "two"])


def test_a_board_where_work_begins_at_once_has_nothing_to_plan(ada: Person) -> None:
    ada.sets("Ready", committed=True)
    ada.sets("Ideas", committed=True)
    with pytest.raises(RuleRefused, match="nothing to plan"):
        ada.service.planning.plan(ada.board)


def test_what_fits_is_the_forecast_less_what_is_in_progress(ada: Person) -> None:
    start = ada.clock.now
    for day in range(20):
        ada.clock.now = start + timedelta(days=day)
        [ref] = ada.adds(f"card {day}", to="Features")
        ada.clock.now += timedelta(hours=1)
        ada.moves(ref, to="Monitoring")
    ada.adds("begun", to="Training")
    today = ada.clock.now.date()
    fit = ada.service.planning.fit(ada.board, today + timedelta(days=30))
    assert fit.in_progress == 1
    assert 0 < fit.likely < fit.even
    words = [fits_text(card) for card in fit.cards([str(at) for at in range(fit.even + 1)])]
    assert [words[at] for at in (0, fit.likely - 1, fit.likely, fit.even)] == [
        "85%", "85%", "50%", "",
    ]  # fmt: skip
    for wrong in (today, today - timedelta(days=1), date(2999, 1, 1)):
        with pytest.raises(UsageProblem, match="cannot reach"):
            ada.service.planning.fit(ada.board, wrong)


def test_without_a_past_it_says_why_nothing_is_said(ada: Person) -> None:
    fit = ada.service.planning.fit(ada.board, ada.clock.now.date() + timedelta(days=10))
    assert "A forecast needs cards finished on 5 different days" in fit_text(fit)
    assert [fits_text(card) for card in fit.cards(["v1"])] == [""]


def test_a_limit_of_the_whole_board_is_no_more_to_pull_than_that(ada: Person) -> None:
    ada.starts("plain", "Chores")
    ada.adds("a", "b", "c")
    ada.boards.edit(ada.board_id, {"conwip": 1})
    made = ada.service.planning.plan(ada.board)
    assert (made.room, titles(made.next)) == (1, ["a"])
