from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runs.jobs import Job


@pytest.fixture
def job(home: dict[str, str], tmp_path: Path) -> Iterator[Job]:
    """Somebody with a card to run jobs for; what still runs at the end is killed."""
    made = Job(home, tmp_path)
    yield made
    made.clean()
