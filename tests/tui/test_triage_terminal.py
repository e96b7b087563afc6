"""Thirty cards in a real terminal: the program itself, its keys, and what the log says after."""

import sys
from pathlib import Path

import pytest

from mlkanban.service import Service
from tests.terminal import Terminal
from tests.tools import needs
from tests.tui.boards import started
from tests.tui.page import clock

pytestmark = pytest.mark.terminal

PROGRAM = [sys.executable, "-m", "mlkanban", "triage"]
KEYS = ("L", "5", "zw", "x", "cl\r")
KINDS = ["card.moved", "card.moved", "card.snoozed", "card.archived", "card.finished"]


@pytest.fixture
def env(home: dict[str, str]) -> dict[str, str]:
    """Somebody with thirty new cards, and no limits."""
    ada = started(Path(home["MLKANBAN_HOME"]))
    ada.adds(*(f"idea {number:02}" for number in range(1, 31)))
    for stage in ada.board.stages:
        ada.sets(stage.name, limit=None, unattended=None)
    ada.service.close()
    return home


def last_kinds(env: dict[str, str]) -> list[str]:
    service = Service.open(Path(env["MLKANBAN_HOME"]), actor="bob", clock=clock, write=False)
    try:
        events = [*service.exports.events(service.boards.find().id)]
    finally:
        service.close()
    return [event.kind for event in events if event.kind in KINDS]


def decide(terminal: Terminal) -> None:
    terminal.wait_for("Triage  1 of 30")
    for number in range(30):
        terminal.wait_for(f"idea {number + 1:02}")
        for key in KEYS[number % 5]:
            terminal.send(key)
            terminal.settle(0.05)
    terminal.wait_for("Done: 30 of 30 decided")


@pytest.mark.parametrize("term", ["xterm-256color", "xterm", "screen"])
def test_at_80x24(env: dict[str, str], term: str) -> None:
    """TERM=xterm and screen have 16 colours."""
    with Terminal(PROGRAM, env=env | {"TERM": term}, size=(80, 24)) as terminal:
        decide(terminal)
        terminal.send("Q")
        assert terminal.wait() == 0
    assert last_kinds(env) == 6 * KINDS


def test_inside_tmux_with_its_defaults(env: dict[str, str], tmp_path: Path) -> None:
    needs("tmux")
    tmux = ["tmux", "-S", str(tmp_path / "socket"), "-f", "/dev/null"]
    inside = [*tmux, "new-session", *PROGRAM]
    with Terminal(inside, env=env | {"TERM": "xterm-256color"}, size=(80, 25)) as terminal:
        decide(terminal)
        terminal.send("Q")
        terminal.wait()
    assert last_kinds(env) == 6 * KINDS
