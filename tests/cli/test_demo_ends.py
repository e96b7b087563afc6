"""The demo in a real terminal that goes away, or is told to go, whatever it is busy with."""

import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.terminal import Terminal

pytestmark = pytest.mark.terminal


def hung_up(terminal: Terminal) -> int:
    """As when a window is closed: the line is cut, and more than one signal tells of it."""
    terminal.hang_up()
    terminal.notify(signal.SIGHUP)
    return signal.SIGHUP


def told(terminal: Terminal) -> int:
    terminal.notify(signal.SIGTERM)
    return signal.SIGTERM


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder


@pytest.fixture
def command(home: dict[str, str], folder: Path) -> Callable[[], Terminal]:
    def started() -> Terminal:
        return Terminal(
            [sys.executable, "-m", "mlkanban", "demo"],
            env=home | {"TMPDIR": str(folder)},
            size=(160, 45),
        )

    return started


@pytest.mark.parametrize("end", [hung_up, told])
@pytest.mark.parametrize("keys", ["", "R", "RO"], ids=lambda keys: keys or "board")
def test_it_ends_at_once_and_leaves_nothing(
    command: Callable[[], Terminal], folder: Path, keys: str, end: Callable[[Terminal], int]
) -> None:
    with command() as terminal:
        terminal.wait_for("thrown away", timeout=60)
        terminal.send(keys)
        terminal.rest(0.3)
        used, since = terminal.cpu_seconds(), time.monotonic()
        number = end(terminal)
        assert terminal.wait(10) == 128 + number
        # Beside other work the clock says little.
        assert min(terminal.cpu_seconds() - used, time.monotonic() - since) < 1
    assert list(folder.iterdir()) == []


def test_a_signal_while_it_is_filled_takes_the_folder_away(
    command: Callable[[], Terminal], folder: Path
) -> None:
    with command() as terminal:
        while not list(folder.glob("mlkanban-demo-*/*")):
            terminal.rest(0.01)
        assert terminal.terminate(signal.SIGTERM) == 128 + signal.SIGTERM
    assert list(folder.iterdir()) == []
