import shutil
from pathlib import Path

import pytest

from tests.hostile import board


@pytest.fixture(scope="session")
def hostile_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with hostile text all over, to be copied."""
    made = tmp_path_factory.mktemp("hostile") / "home"
    made.mkdir(mode=0o700)
    board.make(made, tmp_path_factory.mktemp("far"))
    return made


@pytest.fixture
def hostile_home(hostile_store: Path, tmp_path: Path) -> Path:
    """One's own copy of it."""
    copy = tmp_path / "hostile"
    shutil.copytree(hostile_store, copy)
    return copy
