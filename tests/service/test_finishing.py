"""How cards end."""

import pytest

from mlkanban.core.board import BlockReason, Outcome
from mlkanban.errors import LimitReached, RuleRefused
from tests.service.people import Person


def test_what_was_never_worked_has_no_start(ada: Person) -> None:
    [idea] = ada.adds("idea")
    [card] = ada.cards.finish([idea], Outcome.LEARNED).cards
    assert card.started_at is None
    assert card.finished_at is not None


def test_a_move_past_delivery_lifts_the_block(ada: Person) -> None:
    [ref] = ada.adds("a", to="Training")
    ada.cards.block([ref], BlockReason.BUG)
    before = ada.state()
    [card] = ada.moves(ref, to="Monitoring")
    assert (card.outcome, card.blocker) == (Outcome.SHIPPED, None)
    ada.undoes()
    assert ada.state() == before


def test_another_outcome_needs_the_card_back_first(ada: Person) -> None:
    [idea] = ada.adds("idea")
    ada.cards.finish([idea], Outcome.LEARNED)
    with pytest.raises(RuleRefused, match=r"finished already \(learned\)"):
        ada.cards.finish([idea], Outcome.SHIPPED)
    assert not ada.cards.finish([idea], Outcome.LEARNED).changed


def test_a_bulk_move_says_how_many_would_fit(ada: Person) -> None:
    cards = ada.adds("a", "b", "c", "d")
    with pytest.raises(LimitReached, match="room for 2 of these 4 cards"):
        ada.cards.move(cards, ada.stage("Features").id)
    assert all(ada.cards.get(card).stage == ada.stage("Ideas").id for card in cards)
