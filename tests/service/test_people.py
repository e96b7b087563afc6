"""Who has a card: the person who moved it last into a stage in progress."""

from pathlib import Path

import pytest

from mlkanban.core.query.fields import QueryContext
from mlkanban.core.query.match import matcher
from mlkanban.display.card_face import FaceContext, Room, lines
from mlkanban.service import Service
from tests.service.exchanging import meet
from tests.service.people import Clock, Person


@pytest.fixture
def ada(tmp_path: Path) -> Person:
    ada = Person(tmp_path / "ada", "ada")
    ada.starts("plain")
    return ada


def acts_as(person: Person, actor: str) -> None:
    """Go on as somebody else, in the same store."""
    data = person.service.path.parent
    board = person.board_id
    person.service.close()
    person.__init__(data, actor, person.clock)  # type: ignore[misc]
    person.board_id = board


def people(person: Person) -> dict[str, str]:
    return {face.title: face.person for face in person.boards.snapshot(person.board_id).faces}


def test_who_moves_a_card_in_progress_has_it_until_it_goes_back(ada: Person) -> None:
    idea, card = ada.adds("idea", "card")
    ada.sets("Doing", limit=None)
    ada.boards.add_stage(ada.board_id, "Check", after=ada.stage("Doing").id)
    ada.boards.edit_stage(ada.board_id, ada.stage("Check").id, {"committed": True})
    assert people(ada) == {"idea": "", "card": ""}
    ada.moves(card, to="Doing")
    assert people(ada) == {"idea": "", "card": "ada"}
    assert not ada.board.of_team
    acts_as(ada, "bob")
    ada.cards.edit([card], {"title": "edited"})
    assert people(ada)["edited"] == "ada", "who writes on it has not taken it over"
    acts_as(ada, "agent:claude of bob")
    ada.moves(card, to="Check")
    assert people(ada)["edited"] == "bob"
    for actor in ("run:20260301-1", "condition"):
        acts_as(ada, actor)
        ada.moves(card, to="Doing")
        assert people(ada)["edited"] == "bob", "a run moves it for its person"
        ada.moves(card, to="Check")
    acts_as(ada, "ada")
    ada.moves(card, to="Done")
    assert people(ada)["edited"] == "bob"
    ada.moves(idea, to="Doing")
    assert ada.board.of_team
    ada.undoes()
    assert people(ada)["idea"] == ""
    assert not ada.board.of_team
    ada.redoes()
    ada.moves(idea, to="To do")
    assert people(ada)["idea"] == ""
    ada.sets("Doing", committed=False)
    ada.service.close()


def test_faces_name_people_where_there_are_several(ada: Person) -> None:
    one, two = ada.adds("one", "two", to="Doing")[:2]
    assert "@" not in drawn(ada)
    acts_as(ada, "bob")
    ada.adds("three", to="Doing", override="we are two")
    assert "@ada" in drawn(ada)
    assert "@bob" in drawn(ada)
    faces = ada.boards.snapshot(ada.board_id).faces
    asked = matcher("person:ada", QueryContext(ada.board, ada.clock.now.date(), faces))
    assert {face.ref for face in faces if asked(face)} == {one, two}
    ada.service.close()


def drawn(person: Person) -> str:
    snapshot = person.boards.snapshot(person.board_id)
    view = FaceContext.at(snapshot.board, person.clock.now)
    return "\n".join(
        piece.text for face in snapshot.faces for line in lines(face, Room(30, 1), view)
        for piece in line
    )  # fmt: skip


def test_what_a_merge_brings_has_the_person_of_its_machine(ada: Person, tmp_path: Path) -> None:
    bob = Person(tmp_path / "bob", "bob", Clock())
    place = tmp_path / "shared"
    place.mkdir()
    [card] = ada.adds("card")
    meet(place, ada, bob)
    bob.board_id = ada.board_id
    bob.moves(card, to="Doing")
    meet(place, ada, bob)
    assert people(ada) == people(bob) == {"card": "bob"}
    ada.service.close()
    bob.service.close()


def test_an_open_board_hears_that_there_are_several(ada: Person) -> None:
    one, two = ada.adds("one", "two")
    ada.moves(one, to="Doing")
    cursor = ada.boards.cursor()
    acts_as(ada, "bob")
    ada.moves(two, to="Doing")
    service: Service = ada.service
    assert service.boards.update(ada.board_id, cursor).board is None
    update = service.boards.update(ada.board_id, cursor, of_team=False)
    assert update.board is not None
    assert update.board.of_team
    assert len(update.faces) == 2
    assert service.boards.update(ada.board_id, cursor, of_team=True).board is None
    service.close()
