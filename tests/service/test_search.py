"""Everything that is written about a card is found, whatever it looks like."""

from pathlib import Path

import pytest

from mlkanban.core.models import BlockReason
from tests.service.people import Person


@pytest.fixture
def ada(tmp_path: Path) -> Person:
    person = Person(tmp_path / "data")
    person.starts()
    return person


def found(person: Person, query: str) -> list[str]:
    board = person.board
    faces = person.boards.snapshot(board.id).faces
    today = person.clock.now.date()
    return sorted(f.title for f in person.service.search.find(board, faces, query, today))


def test_every_text_of_a_card_is_looked_at(ada: Person) -> None:
    [ref] = ada.adds("one", hypothesis="Hypo", dataset="Frames", links=["http://wiki/page"],
                     checklist=[{"text": "seeds"}])  # fmt: skip
    ada.adds("two")
    ada.cards.note([ref], 'lr=3e-4 diverged (c++ AND "NaN")')
    ada.cards.block([ref], BlockReason.OTHER, note="Waiting for Maria")
    texts = ["one", "HYPO", "frames", "wiki/page", "seed", "maria", "3e-4", "div", "nan"]
    for query in [*texts, '"c++ AND"', '"lr=3e-4"', '"\\"NaN\\""']:
        assert found(ada, query) == ["one"], query
    assert found(ada, '"%"') == found(ada, '"_"') == found(ada, '"*"') == []


def test_what_is_no_more_there_is_not_found_any_more(ada: Person) -> None:
    [ref] = ada.adds("one")
    ada.cards.note([ref], "first thought")
    assert found(ada, "thought") == ["one"]
    ada.undoes()
    assert found(ada, "thought") == []
    ada.redoes()
    assert found(ada, "thought") == ["one"]
    ada.cards.edit([ref], {"hypothesis": "because"})
    ada.cards.edit([ref], {"hypothesis": None})
    assert found(ada, "because") == []


def test_each_board_has_its_own_words(ada: Person) -> None:
    [ref] = ada.adds("one")
    ada.cards.note([ref], "secret")
    first = ada.board
    ada.starts(name="Other")
    assert ada.service.search.written(ada.board_id, ["secret"]) == {"secret": frozenset()}
    assert len(ada.service.search.written(first.id, ["secret"])["secret"]) == 1
