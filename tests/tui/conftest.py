"""Boards ready to open, each test with a copy of its own."""

import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mlkanban.tui.themed_app import LEAVING
from mlkanban.tui.widgets import status_line
from tests.tui import boards


def _copied(
    fill: Callable[[Path], None],
) -> Callable[[pytest.TempPathFactory, Path], Path]:
    filled: list[Path] = []

    def copy(factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
        if not filled:
            filled.append(factory.mktemp(fill.__name__) / "data")
            fill(filled[0])
        return Path(shutil.copytree(filled[0], tmp_path / "data"))

    return copy


_small, _used, _long = map(_copied, (boards.small_board, boards.used_board, boards.long_board))


@pytest.fixture
def small(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _small(tmp_path_factory, tmp_path)


@pytest.fixture
def used(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _used(tmp_path_factory, tmp_path)


@pytest.fixture
def long(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _long(tmp_path_factory, tmp_path)


@pytest.fixture(autouse=True)
def _nobodys_themes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The themes of whoever runs the tests stay out of them."""
    monkeypatch.setenv("MLKANBAN_HOME", str(tmp_path / "data"))


@pytest.fixture(autouse=True)
def _signals_of_the_tests() -> Iterator[None]:
    """An app in this process takes the signals that end it; with it they are given back."""
    before = {number: signal.getsignal(number) for number in LEAVING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(autouse=True)
def a_terminal_with_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the terminal is that the tests are started from."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.fixture(autouse=True)
def messages_that_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message stands until the next key, however slow the machine is."""
    monkeypatch.setattr(status_line, "MESSAGE_SECONDS", 600.0)
