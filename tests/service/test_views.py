"""Saved views: kept with the board, checked when they are saved, undone like all else."""

import pytest

from mlkanban.display.event_text import event_text
from mlkanban.errors import BadQuery, NotFound, UsageProblem
from tests.service.people import Person


def test_they_are_kept_with_the_board(ada: Person, bob: Person) -> None:
    views = ada.service.views
    views.save(ada.board_id, "stuck", "blocked:yes age>5d")
    views.save(ada.board_id, "Mine", "tag:gpu")
    assert list(bob.service.views.of(ada.board_id).items()) == [
        ("Mine", "tag:gpu"), ("stuck", "blocked:yes age>5d"),
    ]  # fmt: skip
    views.save(ada.board_id, "Mine", "tag:cpu")
    assert views.query(ada.board_id, "Mine") == "tag:cpu"
    assert not views.save(ada.board_id, "Mine", "tag:cpu").changed
    views.remove(ada.board_id, "stuck")
    assert list(views.of(ada.board_id)) == ["Mine"]
    assert "removing the view stuck" in ada.undoes()
    assert list(views.of(ada.board_id)) == ["Mine", "stuck"]
    said = [event_text(e.event, ada.board) for e in ada.history.of_board(ada.board_id, 9)]
    assert "view stuck saved: blocked:yes age>5d" in said


def test_what_is_no_query_is_not_kept(ada: Person) -> None:
    with pytest.raises(BadQuery):
        ada.service.views.save(ada.board_id, "x", "blokced:yes")
    with pytest.raises(UsageProblem):
        ada.service.views.save(ada.board_id, "x", " ")
    with pytest.raises(UsageProblem):
        ada.service.views.save(ada.board_id, " ", "tag:gpu")
    with pytest.raises(NotFound, match="none yet"):
        ada.service.views.query(ada.board_id, "x")


def test_the_times_of_cards_stay_as_they_are(ada: Person) -> None:
    [ref] = ada.adds("a", to="Data prep")
    before = ada.state()
    ada.service.views.save(ada.board_id, "stuck", "blocked:yes")
    assert ada.state() == before
    assert ada.cards.get(ref).started_at is not None
