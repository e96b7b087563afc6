"""A model's whole life in a real terminal: released, in use, watched, retrained, rolled back."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mlkanban.service import Service
from tests.terminal import ENTER, Terminal
from tests.tui.boards import started
from tests.tui.page import clock

pytestmark = pytest.mark.terminal

PROGRAM = [sys.executable, "-m", "mlkanban"]
METRIC = {"name": "auc", "direction": ">=", "target": 0.94, "value": 0.95}


@pytest.fixture
def env(home: dict[str, str]) -> dict[str, str]:
    """Somebody with a finding that is worth a release, and no limits."""
    ada = started(Path(home["MLKANBAN_HOME"]))
    ada.adds("Transformer", tags=["fraud"], metric=METRIC)
    for stage in ada.board.stages:
        ada.sets(stage.name, limit=None, unattended=None)
    ada.service.close()
    return home


def told(env: dict[str, str], *args: str) -> Any:
    command = [*PROGRAM, "--json", *args]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["data"]


def press(terminal: Terminal, *keys: str) -> None:
    for key in keys:
        terminal.send(key)
        terminal.settle(0.1)


def delivers(terminal: Terminal, name: str) -> None:
    """Deliver the card under the cursor past its gates; its line is there already."""
    press(terminal, "m", "8")
    terminal.wait_for(name)
    press(terminal, ENTER)
    terminal.wait_for("go on (reason)")
    press(terminal, "o")
    terminal.wait_for("Why go on")
    press(terminal, "agreed", ENTER)


def test_a_life(env: dict[str, str]) -> None:
    with Terminal(PROGRAM, env=env | {"TERM": "xterm-256color"}, size=(120, 35)) as terminal:
        terminal.wait_for("Transformer")
        press(terminal, "g", "r")
        terminal.wait_for("v2 releases v1")
        terminal.wait_for("Release Transformer")
        delivers(terminal, "fraud 1   owner: ")
        terminal.wait_for(lambda text: "in use" in text and "Monitoring" in text)
        for value in ("0.1", "0.12"):
            told(env, "reading", "fraud", f"psi={value}", "--threshold", ">0.2")
        told(env, "reading", "fraud", "psi=0.31")
        press(terminal, "g", "v")
        terminal.wait_for("alert")
        terminal.wait_for("psi .31 (>.2)")
        press(terminal, "g", "m")
        terminal.wait_for("retraining")
        press(terminal, "q")
        [retrain] = [one["id"] for one in told(env, "list", "-q", "from:retrain")]
        told(env, "move", retrain, "monitoring", "--override", "agreed")
        press(terminal, "g", "v")
        terminal.wait_for("no reading yet")
        press(terminal, "X")
        terminal.wait_for("Roll fraud 2")
        press(terminal, "y")
        terminal.wait_for("What failed in fraud 2?")
        press(terminal, "scores of midnight were lost", ENTER)
        terminal.wait_for("fraud 2 (v3) is rolled back")
        press(terminal, ENTER)
        terminal.wait_for("Model  fraud")
        terminal.wait_for("scores of midnight were lost")
        press(terminal, "q", "q", "1")
        terminal.wait_for("Why fraud 2 failed")
        press(terminal, "Q")
        assert terminal.wait() == 0
    record = told(env, "models", "fraud")
    assert record["in_use"]["version"] == "1"
    newest, oldest = record["versions"]
    assert newest["rolled_back"]["reason"] == "scores of midnight were lost"
    assert len(oldest["in_use"]) == 2
    assert [alert["value"] for alert in oldest["alerts"]] == [0.31]
    assert [gate["reason"] for gate in oldest["passed_over"]] == ["agreed"]
    card = told(env, "models", "fraud", "--card")["markdown"]
    assert card.startswith("# Model card: fraud 1\n")
    assert "fraud 2 rolled back: scores of midnight were lost" in card
    service = Service.open(Path(env["MLKANBAN_HOME"]), actor="bob", clock=clock, write=False)
    try:
        kinds = [event.kind for event in [*service.exports.events(service.boards.find().id)]]
    finally:
        service.close()
    life = [kind for kind in kinds if kind in
            ("card.created", "card.moved", "card.alerted", "card.rolled-back")]  # fmt: skip
    assert life == [
        "card.created", "card.created", "card.moved", "card.alerted", "card.alerted",
        "card.alerted", "card.created", "card.moved", "card.rolled-back", "card.created",
    ]  # fmt: skip
