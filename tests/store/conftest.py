from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.people import Person


@pytest.fixture
def ada(tmp_path: Path) -> Iterator[Person]:
    """Somebody with a new ML board and two cards on it."""
    person = Person(tmp_path / "data")
    person.starts()
    person.adds("a", "b", tags=["x"])
    yield person
    person.service.close()


@pytest.fixture
def path(ada: Person) -> Path:
    """Ada's store, closed."""
    ada.service.close()
    return ada.service.path
