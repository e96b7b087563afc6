"""Everything that is written about a card is found, whatever it looks like."""

from pathlib import Path

import pytest

from mlkanban.core.board import BlockReason
from mlkanban.core.query.store_terms import Answers, StoreTerms
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState
from mlkanban.runs.use_cases.card_runs import RunReport
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
    store_terms = StoreTerms(("secret",))
    assert ada.service.search.answers(ada.board_id, store_terms) == Answers({"secret": frozenset()})
    assert len(ada.service.search.answers(first.id, store_terms).written["secret"]) == 1


def test_cards_are_found_by_the_state_of_their_newest_run(ada: Person) -> None:
    first, second, _ = ada.adds("one", "two", "three")

    def run(ref: str, name: str, state: RunState, hour: int) -> None:
        one = Run(name, state, started=f"2026-03-01T0{hour}:00:00Z", ended="")
        ada.service.runs.take_in([RunReport(one, ref)])

    run(first, "a", RunState.FAILED, 1)
    run(first, "b", RunState.RUNNING, 2)
    run(second, "c", RunState.LOST, 3)
    assert found(ada, "run:running") == ["one"]
    assert found(ada, "run:failed") == []
    assert found(ada, "run:lost or run:none") == ["three", "two"]
    assert found(ada, "run:any") == ["one", "two"]


def test_cards_are_found_by_who_worked_on_them(ada: Person, tmp_path: Path) -> None:
    _, second = ada.adds("one", "two")
    bob = Person(tmp_path / "data", "Bob Ray", ada.clock)
    bob.cards.note([second], "Looks right.")
    assert found(ada, "actor:ada") == ["one", "two"]
    assert found(ada, 'actor:"bob ray"') == found(ada, "actor:bob") == ["two"]
    bob.board_id = ada.board_id
    bob.undoes()
    assert found(ada, "actor:bob") == []
    bob.redoes()
    assert found(ada, "actor:bob") == ["two"]


def test_cards_are_found_by_dataset(ada: Person) -> None:
    ada.adds("one", dataset="frames v3")
    ada.adds("two")
    assert found(ada, 'dataset:"FRAMES V3"') == ["one"]
    assert found(ada, "dataset:none") == ["two"]
