"""Random commands over several boards: whatever is typed, the boards hold together, undo and redo
go on, and undoing everything leads back to the new boards."""

from pathlib import Path

import pytest

from tests.stress.sizes import size
from tests.stress.walk import Walk

pytestmark = pytest.mark.slow

WALKS = size(1, 20)
COMMANDS = size(60, 500)


def test_whatever_is_typed_the_boards_hold_together(
    home: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(WALKS):
        place = tmp_path / str(seed)
        place.mkdir()
        for name, value in home.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("MLKANBAN_HOME", str(place / "mlkanban"))
        walk = Walk(seed, place)
        monkeypatch.setattr("mlkanban.clock.now", walk.now)
        walk.go(COMMANDS)
        print(f"walk {seed}: {dict(walk.counts)}")
