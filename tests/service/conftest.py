from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.exchanging import meet
from tests.service.machine import Machine
from tests.service.people import Clock, Person


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder that stores exchange their events through."""
    made = tmp_path / "between"
    made.mkdir()
    return made


@pytest.fixture
def ada(tmp_path: Path, clock: Clock) -> Iterator[Person]:
    """Somebody with a new ML board."""
    person = Person(tmp_path / "data", "ada", clock)
    person.starts()
    yield person
    person.service.close()


@pytest.fixture
def bob(ada: Person, tmp_path: Path, clock: Clock) -> Iterator[Person]:
    """Somebody else at the same board."""
    person = Person(tmp_path / "data", "bob", clock)
    person.board_id = ada.board_id
    yield person
    person.service.close()


@pytest.fixture
def box(ada: Person) -> Machine:
    return Machine(ada)


@pytest.fixture
def two(tmp_path: Path, place: Path) -> Iterator[tuple[Person, Person]]:
    """Ada with a board and one card, and Bob, who has it from her."""
    ada = Person(tmp_path / "ada", "ada", Clock())
    ada.starts()
    ada.adds("one")
    bob = Person(tmp_path / "bob", "bob", Clock())
    bob.board_id = ada.board_id
    meet(place, ada, bob)
    yield ada, bob
    ada.service.close()
    bob.service.close()
