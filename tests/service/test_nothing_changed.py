"""What is that way already is said to be, and undo goes on to what was really done."""

from collections.abc import Callable

import pytest

from mlkanban.core.board import Outcome
from mlkanban.service import Done
from tests.service.people import Person

AGAIN: dict[str, Callable[[Person, list[str]], Done]] = {
    "move": lambda p, refs: p.cards.move(refs, p.stage("Monitoring").id),
    "edit": lambda p, refs: p.cards.edit(refs, {"title": "a", "due": None, "verdict": ""}),
    "edit to what a blank card has": lambda p, refs: p.cards.edit(
        refs, {"class": "standard", "priority": "normal", "type": "experiment"}
    ),
    "untag": lambda p, refs: p.cards.edit(refs, remove={"tags": ["gpu"]}),
    "finish": lambda p, refs: p.cards.finish(refs, Outcome.SHIPPED),
    "reorder": lambda p, refs: p.cards.reorder(refs[0]),
    "move a stage": lambda p, _: p.boards.move_stage(p.board_id, p.stage("Ideas").id, 0),
    "edit a stage": lambda p, _: p.boards.edit_stage(
        p.board_id, p.stage("Ready").id, {"limit": 3, "name": " Ready"}
    ),
    "edit the board": lambda p, _: p.boards.edit(p.board_id, {"conwip": None}),
}


@pytest.mark.parametrize("what", AGAIN)
def test_what_is_that_way_already(ada: Person, what: str) -> None:
    refs = ada.adds("a")
    ada.moves(*refs, to="Monitoring")
    cursor = ada.boards.cursor()
    done = AGAIN[what](ada, refs)
    assert (done.message, done.changed) == ("Nothing changed.", False)
    assert ada.boards.cursor() == cursor
    assert ada.undoes() == f"Undone: moving {refs[0]} a."


def test_what_changes_one_of_two_cards_changed_something(ada: Person) -> None:
    refs = ada.adds("a", "b")
    ada.moves(refs[0], to="Ready")
    done = ada.cards.move(refs, ada.stage("Ready").id)
    assert (done.changed, done.message) == (True, f"{refs[0]}, {refs[1]} moved to Ready.")


def test_no_limit_and_none_at_all_are_two_things(ada: Person) -> None:
    assert ada.boards.edit(ada.board_id, {"conwip": 0}).changed
    assert ada.boards.edit(ada.board_id, {"conwip": None}).changed


def test_an_archived_card_moved_to_its_own_stage_is_back(ada: Person) -> None:
    [ref] = ada.adds("a")
    ada.moves(ref, to="Monitoring")
    ada.cards.archive([ref])
    [card] = ada.moves(ref, to="Monitoring")
    assert (card.archived, card.outcome) == (False, Outcome.SHIPPED)
    assert ada.history.of_card(ref)[-1].event.kind == "card.restored"
