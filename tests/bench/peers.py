"""mlkanban beside other boards and task lists in the terminal, on the same work.

    PYTHONPATH=. .venv/bin/python tests/bench/peers.py [--tasks 1000] [--repeat 5]

Measured are those that are found on the PATH: `ktui` (kanban-tui), `task` (Taskwarrior) and
`backlog` (Backlog.md). Each has as many tasks; the figures are seconds of CPU, user and system,
medians of turns taken in rotation. Taskwarrior has no screen; that of Backlog.md is drawn by a
process of its own, and not measured.
"""

import argparse
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.bench.programs import BIN, SIZE, settled
from tests.terminal import Terminal


class Peer(NamedTuple):
    """A program: how it adds and lists tasks, the command of its screen, and what stands there as
    soon as it is drawn. `fill` makes so many tasks in a new home."""

    name: str
    version: list[str]
    fill: Callable[[Path, int], None]
    add: list[str]
    listing: list[str]
    screen: list[str] = []  # noqa: RUF012
    shown: str = ""


def _environment(home: Path) -> dict[str, str]:
    folders = {f"XDG_{kind}_HOME": str(home / kind) for kind in ("DATA", "CONFIG", "CACHE")}
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", **folders} | {
        "TASKRC": str(home / "taskrc"),
        "TASKDATA": str(home / "task"),
    }


def _run(home: Path, *command: str, stdin: str = "") -> None:
    subprocess.run(
        command, env=_environment(home), cwd=home, input=stdin, text=True,
        capture_output=True, check=True,
    )  # fmt: skip


def _fill_mlkanban(home: Path, tasks: int) -> None:
    _run(home, str(BIN / "mlkanban"), "init", "B")
    titles = "".join(f"Task {number}\n" for number in range(tasks))
    _run(home, str(BIN / "mlkanban"), "add", "-", stdin=titles)


def _fill_kanban_tui(home: Path, tasks: int) -> None:
    _run(home, "ktui", "board", "create", "B", "--set-active")
    _run(home, "ktui", "task", "create", "Task 0")
    with sqlite3.connect(home / "DATA" / "kanban_tui" / "kanban_tui.db") as store:
        columns = [row[1] for row in store.execute("PRAGMA table_info(tasks)")]
        copied = ", ".join(f'"{name}"' for name in columns if name not in ("task_id", "title"))
        for number in range(1, tasks):
            store.execute(
                f"INSERT INTO tasks (title, {copied}) SELECT ?, {copied} FROM tasks LIMIT 1",
                [f"Task {number}"],
            )


def _fill_taskwarrior(home: Path, tasks: int) -> None:
    (home / "taskrc").write_text("confirmation=off\n")
    listed = [
        {"uuid": str(uuid.uuid4()), "description": f"Task {number}", "status": "pending"}
        for number in range(tasks)
    ]
    _run(home, "task", "import", "-", stdin=json.dumps(listed))


def _fill_backlog(home: Path, tasks: int) -> None:
    _run(home, "git", "init", "-q", ".")
    _run(home, "backlog", "init", "B", "--defaults")
    _run(home, "backlog", "task", "create", "Task 1", "--plain")
    first = next((home / "backlog" / "tasks").glob("*.md"))
    text = first.read_text()
    for number in range(2, tasks + 1):
        made = text.replace("TASK-1", f"TASK-{number}").replace("Task 1", f"Task {number}")
        (first.parent / f"task-{number} - Task-{number}.md").write_text(made)


MLKANBAN = str(BIN / "mlkanban")
PEERS = (
    Peer("mlkanban", [MLKANBAN, "--version"], _fill_mlkanban, [MLKANBAN, "add", "One more"],
         [MLKANBAN, "list"], [MLKANBAN], "Task"),
    Peer("kanban-tui", ["ktui", "--version"], _fill_kanban_tui,
         ["ktui", "task", "create", "One more"], ["ktui", "task", "list", "--json"],
         ["ktui"], "Task"),
    Peer("Taskwarrior", ["task", "--version"], _fill_taskwarrior, ["task", "add", "One more"],
         ["task", "list"]),
    Peer("Backlog.md", ["backlog", "--version"], _fill_backlog,
         ["backlog", "task", "create", "One more", "--plain"],
         ["backlog", "task", "list", "--plain"]),
)  # fmt: skip


def _command_cpu(home: Path, command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _run(home, *command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def _screen_cpu(home: Path, peer: Peer) -> float:
    with Terminal(peer.screen, env=_environment(home), size=SIZE, cwd=home) as terminal:
        return settled(terminal, peer.shown).cpu


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=5)
    asked = parser.parse_args()
    peers = [peer for peer in PEERS if shutil.which(peer.version[0])]
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        homes = {peer.name: Path(folder, peer.name) for peer in peers}
        for peer in peers:
            homes[peer.name].mkdir()
            peer.fill(homes[peer.name], asked.tasks)
        figures: dict[tuple[str, str], list[float]] = {}
        for turn in range(asked.repeat + 1):
            for peer in peers:
                home = homes[peer.name]
                measured = {"add": _command_cpu(home, peer.add)}
                measured["list"] = _command_cpu(home, peer.listing)
                if peer.screen:
                    measured["screen"] = _screen_cpu(home, peer)
                for what, seconds in measured.items():
                    if turn:  # the first one reads files into memory and compiles
                        figures.setdefault((peer.name, what), []).append(seconds)
        print(f"{asked.tasks} tasks, seconds of CPU, medians of {asked.repeat}")
        print(f"{'':<14}{'version':<12}{'add':>8}{'list':>8}{'screen':>8}")
        for peer in peers:
            version = subprocess.run(
                peer.version, env=_environment(homes[peer.name]), cwd=homes[peer.name],
                capture_output=True, text=True, check=True,
            ).stdout.split()[-1]  # fmt: skip
            cells = "".join(
                f"{median(figures[peer.name, what]):>8.2f}"
                if (peer.name, what) in figures else f"{'-':>8}"
                for what in ("add", "list", "screen")
            )  # fmt: skip
            print(f"{peer.name:<14}{version:<12}{cells}")


if __name__ == "__main__":
    main()
