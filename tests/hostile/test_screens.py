"""Every key on every screen of a board full of hostile text: no sequence of it gets out."""

import sys
from pathlib import Path

import pytest

from mlkanban.tui.commands import SCREENS
from tests.hostile.stream import strangers
from tests.hostile.walker import WAYS
from tests.stress.sizes import FULL
from tests.terminal import Terminal

ROOT = Path(__file__).parents[2]
SIZES = [(80, 24), (160, 45), (40, 10)] if FULL else [(80, 24)]
MOST_SECONDS = 240


def test_every_screen_has_its_way() -> None:
    assert set(WAYS) == set(SCREENS)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("where", SCREENS)
def test_no_hostile_text_drives_the_terminal(
    where: str, size: tuple[int, int], hostile_home: Path, home: dict[str, str], tmp_path: Path
) -> None:
    told = tmp_path / "told"
    with Terminal(
        [sys.executable, "-m", "tests.hostile.walker", where, told],
        env=home | {
            "MLKANBAN_HOME": str(hostile_home), "EDITOR": "true", "PAGER": "cat",
            "PYTHONPATH": str(ROOT), "MLKANBAN_STRESS": "full" if FULL else "",
        },
        size=size, cwd=tmp_path,
    ) as terminal:  # fmt: skip
        status = terminal.wait(MOST_SECONDS)
        assert told.read_text() == "done"
        assert status == 0, terminal.text
        assert strangers(terminal.raw, size, screen=True) == []
        assert terminal.leftovers() == []
