"""A line that drops in the middle of something: the program goes, what was typed stays, and the
store is whole."""

import json
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from mlkanban.service import Service
from mlkanban.sync.transports import remotes
from tests.editors import FakeEditor
from tests.stress.sizes import size
from tests.terminal import Terminal
from tests.tools import needs
from tests.tui import boards
from tests.tui.page import clock

pytestmark = [pytest.mark.slow, pytest.mark.terminal]

PROGRAM = [sys.executable, "-m", "mlkanban"]
TRIES = size(2, 20)
GENEROUS = 10.0
"""Seconds after which it counts as hanging; how long it took is printed."""
TYPED = "typed on a train"
STORE = ("file", "log", "tables", "order")


@dataclass(frozen=True)
class Moment:
    """Keys, what they bring to the screen ('' for a drop at any point of what they ask for), and
    what is kept of the text that is typed then."""

    keys: str
    shown: str = ""
    kept: str = ""


MOMENTS = {
    "a form with text": Moment("e", "Edit  v1", "edit v1"),
    "a line with text": Moment("n", "New card", "new card"),
    "a menu of stages": Moment("m", "Data prep"),
    "a move just asked for": Moment("m3"),
    "many moves": Moment("JJKKLuUL"),
    "a line just saved": Moment(f"n{TYPED}\r"),
}


@pytest.fixture
def env(home: dict[str, str]) -> dict[str, str]:
    boards.small_board(Path(home["MLKANBAN_HOME"]))
    return home


@pytest.mark.parametrize("name", MOMENTS)
def test_whatever_one_is_at(name: str, env: dict[str, str]) -> None:
    moment, dice = MOMENTS[name], random.Random(name)
    took = []
    for number in range(TRIES):
        with started(env) as terminal:
            terminal.send(moment.keys)
            if moment.shown:
                terminal.wait_for(moment.shown)
            else:
                time.sleep(dice.uniform(0, 0.2))
            if moment.kept:
                terminal.send(f" n{number}.")
                terminal.wait_for(f" n{number}.")
            took.append(dropped(terminal))
    assert_whole(env)
    if moment.kept:
        with started(env) as again:
            again.wait_for(f"Kept from last time: {moment.kept}")
            again.send(moment.keys)
            again.wait_for(f" n{TRIES - 1}.")
        kept = "".join(file.read_text() for file in Path(env["MLKANBAN_HOME"]).glob("drafts/*"))
        assert all(f" n{number}." in kept for number in range(TRIES))
    print(f"{name}: gone after at most {max(took):.2f} s")


def started(env: dict[str, str]) -> Terminal:
    terminal = Terminal(PROGRAM, env=env, size=(160, 45))
    terminal.wait_for("embedding store", timeout=30)
    terminal.settle()
    return terminal


def dropped(terminal: Terminal) -> float:
    """Cut the line; the seconds until the program was gone."""
    since = time.monotonic()
    terminal.hang_up()
    terminal.wait(GENEROUS)
    return time.monotonic() - since


def assert_whole(env: dict[str, str]) -> None:
    done = subprocess.run(
        [*PROGRAM, "doctor", "--deep", "--json"], env=env, capture_output=True, timeout=60
    )
    checks = {one["what"]: one for one in json.loads(done.stdout)["data"]["checks"]}
    assert {checks[what]["verdict"] for what in STORE} == {"ok"}, checks


@pytest.fixture
def slow_git(tmp_path: Path) -> Path:
    """A folder with a git that takes its time, and leaves a sign that it is at it."""
    needs("git")
    folder = tmp_path / "slow"
    folder.mkdir()
    script = f"""#!/bin/sh
case "$*" in *fetch*) touch {folder}/fetching; exec sleep 60;; esac
PATH=${{PATH#*:}} exec git "$@"
"""
    (folder / "git").write_text(script)
    (folder / "git").chmod(0o700)
    return folder


def test_during_a_sync_that_takes_its_time(env: dict[str, str], slow_git: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", env["HOME"])
        service = Service.open(Path(env["MLKANBAN_HOME"]), actor="ada", clock=clock)
        remotes.choose(service, str(slow_git / "repository"))
        service.close()
    took = []
    for _ in range(TRIES):
        (slow_git / "fetching").unlink(missing_ok=True)
        with started(env | {"PATH": f"{slow_git}:{env['PATH']}"}) as terminal:
            terminal.send("S")
            terminal.wait_for(lambda _: (slow_git / "fetching").exists())
            terminal.send("n" + TYPED)
            terminal.wait_for(TYPED)
            took.append(dropped(terminal))
    assert_whole(env)
    print(f"a sync: gone after at most {max(took):.2f} s")


def test_under_the_editor(env: dict[str, str], tmp_path: Path) -> None:
    editor = FakeEditor(tmp_path / "editor")
    step = """
file.write_text(file.read_text() + 'typed in the editor\\n')
(folder / 'ready').touch()
sys.stdin.read()
sys.exit(1)
"""
    editor.does(*[step] * TRIES)
    ready, took = tmp_path / "editor" / "ready", []
    for _ in range(TRIES):
        ready.unlink(missing_ok=True)
        with started(env | {"VISUAL": editor.command}) as terminal:
            terminal.send("E")
            terminal.wait_for(lambda _: ready.exists())
            took.append(dropped(terminal))
    [draft] = Path(env["MLKANBAN_HOME"]).glob("drafts/*.md")
    assert draft.read_text().count("typed in the editor") == TRIES
    assert_whole(env)
    with started(env) as again:
        again.wait_for("Kept from last time: card v1 in the editor")
    print(f"the editor: gone after at most {max(took):.2f} s")
