"""Snoozed cards: out of sight until their day, or until something is done with them."""

from datetime import date, timedelta

import pytest

from mlkanban.core.board import BlockReason, Outcome, asleep, on_board
from mlkanban.errors import RuleRefused, UsageProblem
from tests.service.people import START, Person

TODAY = START.date()
LATER = TODAY + timedelta(days=7)


def face(ada: Person, ref: str):
    return next(f for f in ada.boards.snapshot(ada.board_id).faces if f.ref == ref)


def test_it_sleeps_until_its_day(ada: Person) -> None:
    [ref] = ada.adds("later", to="Training")
    assert ada.cards.snooze([ref], LATER).message == f"{ref} snoozed until {LATER}."
    card = face(ada, ref)
    assert asleep(card, TODAY)
    assert not on_board(ada.board, card, LATER - timedelta(days=1))
    assert on_board(ada.board, card, LATER)
    training = ada.stage("Training").id
    assert ada.boards.loads(ada.board_id)[training].total == 1, "it keeps its slot"


ACTS = {
    "moved": lambda ada, ref: ada.moves(ref, to="Features"),
    "edited": lambda ada, ref: ada.cards.edit([ref], {"priority": "high"}),
    "noted": lambda ada, ref: ada.cards.note([ref], "news"),
    "blocked": lambda ada, ref: ada.cards.block([ref], BlockReason.BUG),
    "finished": lambda ada, ref: ada.cards.finish([ref], Outcome.LEARNED),
    "woken": lambda ada, ref: ada.cards.wake([ref]),
}


@pytest.mark.parametrize("act", ACTS)
def test_whatever_is_done_with_it_wakes_it_and_undo_puts_it_to_sleep(ada: Person, act: str) -> None:
    [ref] = ada.adds("later", to="Data prep")
    ada.cards.snooze([ref], LATER)
    before = ada.state()
    ACTS[act](ada, ref)
    assert face(ada, ref).snoozed_until == ""
    ada.undoes()
    assert face(ada, ref).snoozed_until == LATER.isoformat()
    if act != "noted":
        assert ada.state() == before


def test_undo_wakes_what_was_snoozed(ada: Person) -> None:
    [ref] = ada.adds("later")
    ada.cards.snooze([ref], LATER)
    assert "snoozing" in ada.undoes()
    assert face(ada, ref).snoozed_until == ""


def test_what_cannot_be_is_refused(ada: Person) -> None:
    [ref] = ada.adds("now")
    for day in (TODAY, TODAY - timedelta(days=1)):
        with pytest.raises(UsageProblem, match="does not lie ahead"):
            ada.cards.snooze([ref], day)
    with pytest.raises(RuleRefused, match="is not snoozed"):
        ada.cards.wake([ref])
    ada.cards.finish([ref], Outcome.DISCARDED)
    with pytest.raises(RuleRefused, match="is finished"):
        ada.cards.snooze([ref], LATER)


def test_the_day_is_that_of_the_board(ada: Person) -> None:
    """One minute past midnight in Berlin it is still the day before in UTC."""
    board = ada.boards.create("Berlin", "plain", "Europe/Berlin")
    ada.clock.now = ada.clock.now.replace(hour=23, minute=30)
    ref = ada.cards.add(board.id, "early").cards[0].ref
    with pytest.raises(UsageProblem):
        ada.cards.snooze([ref], date(2026, 3, 3))
    ada.cards.snooze([ref], date(2026, 3, 4))
