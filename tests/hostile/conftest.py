import shutil
from pathlib import Path

import pytest

from tests.hostile import board
from tests.tools import without_slurm


@pytest.fixture
def home(home: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Somebody on a machine without SLURM, whatever this one has: what its programs answer, and how
    long that takes, is not what is looked at here."""
    return home | {"PATH": without_slurm(home["PATH"], tmp_path / "programs")}


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
