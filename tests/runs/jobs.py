"""Real runs of real programs, and what a person sees of them."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROGRAM = [sys.executable, "-m", "mlkanban"]
SLOW = (
    "trap 'echo asked; exit 3' INT; echo up;"
    " i=0; while [ $i -lt 300 ]; do sleep 0.1; i=$((i+1)); done"
)


def until(what: Callable[[], Any], seconds: float = 20) -> Any:
    """What `what` returns as soon as it is true."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)
    return found


class Job:
    """A board with one card, in a home of its own, and runs of it."""

    def __init__(self, home: dict[str, str], cwd: Path) -> None:
        self.env = home | {"PYTHONPATH": str(Path(__file__).parents[2])}
        self.cwd = cwd
        self.data = Path(home["MLKANBAN_HOME"])
        self.viewers: list[subprocess.Popen[bytes]] = []
        self.mlk("init", "Fraud", "--timezone", "UTC")
        self.card = str(json.loads(self.mlk("--json", "add", "focal loss"))["data"]["id"])

    def mlk(self, *args: str, code: int = 0) -> str:
        done = subprocess.run(
            [*PROGRAM, *args], env=self.env, cwd=self.cwd, capture_output=True, timeout=60
        )
        assert done.returncode == code, done.stderr.decode()
        return done.stdout.decode()

    def start(self, *command: str, options: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
        """A viewer in a process group of its own, as a shell would start it."""
        viewer = subprocess.Popen(
            [*PROGRAM, "run", self.card, *options, "--", *command],
            env=self.env, cwd=self.cwd, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        self.viewers.append(viewer)
        return viewer

    def ended(self, viewer: subprocess.Popen[bytes]) -> tuple[int, str, str]:
        out, err = viewer.communicate(timeout=60)
        return viewer.returncode, out.decode(), err.decode()

    @property
    def folder(self) -> Path:
        """The folder of the newest run."""
        return max((self.data / "runs").iterdir())

    def json(self, name: str) -> dict[str, Any]:
        try:
            found = json.loads((self.folder / name).read_text())
        except (OSError, ValueError):
            return {}
        return dict(found)

    def up(self) -> dict[str, Any]:
        """Wait until the job says that it is up; start.json."""
        until(lambda: (self.data / "runs").is_dir() and any((self.data / "runs").iterdir()))
        until(lambda: "up" in self.out())
        return self.json("start.json")

    def out(self) -> str:
        """What the newest run has written; its folder is there a moment before its logs."""
        log = self.folder / "out.log"
        return log.read_text() if log.exists() else ""

    def jobs(self) -> list[int]:
        """The processes of the job's group but for the shell that watches it."""
        leader = self.json("start.json")["child"]["pid"]
        return [pid for pid in members(leader) if pid != leader]

    def run(self) -> dict[str, Any]:
        """The newest run, as the board has it after taking it in."""
        return dict(json.loads(self.mlk("--json", "runs"))["data"][0])

    def card_now(self) -> dict[str, Any]:
        return dict(json.loads(self.mlk("--json", "show", self.card))["data"])

    def clean(self) -> None:
        for viewer in self.viewers:
            if viewer.poll() is None:
                viewer.kill()
                viewer.communicate()
        if (self.data / "runs").is_dir():
            for folder in (self.data / "runs").iterdir():
                try:
                    child = json.loads((folder / "start.json").read_text())["child"]["pid"]
                except (OSError, ValueError, KeyError):
                    continue
                for pid in members(child):
                    kill(pid)


def members(group: int) -> list[int]:
    """The living processes of a group, by other means than those of the program."""
    found = []
    if not os.path.isdir("/proc"):
        words = ["ps", "-axo", "pid=,pgid=,state="]
        listed = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        rows = (line.split() for line in listed.splitlines())
        return [int(row[0]) for row in rows if int(row[1]) == group and row[2][0] not in "ZX"]
    for name in os.listdir("/proc"):
        if name.isdecimal():
            try:
                text = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(text[2]) == group and text[0] not in "ZX":
                found.append(int(name))
    return found


def alive(pid: int) -> bool:
    """Whether a process is there, and no zombie."""
    if os.path.isdir("/proc"):
        return os.path.exists(f"/proc/{pid}/exe")
    words = ["ps", "-o", "state=", "-p", str(pid)]
    state = subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()
    return bool(state) and state[0] not in "ZX"


def kill(pid: int, number: int = signal.SIGKILL) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
