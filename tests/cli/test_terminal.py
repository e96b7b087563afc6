"""What people see where there is a terminal: fitted to its width, colours only where wanted."""

import sys
import time
from pathlib import Path

import pytest

from tests.runs.trackers.files import database, wandb
from tests.terminal import Terminal

pytestmark = pytest.mark.terminal


def seen(home, *args: str, **env: str) -> tuple[list[str], bytes]:
    command = [sys.executable, "-m", "mlkanban", *args]
    with Terminal(command, env=home | env, size=(60, 20)) as terminal:
        assert terminal.wait() == 0
        return [line.rstrip() for line in terminal.lines()], terminal.raw


def test_lines_end_at_the_edge(shell, home) -> None:
    shell("init", "Fraud")
    shell("add", "データの前処理を見直す " * 6, "--stage", "data")
    lines, raw = seen(home, "list")
    assert lines[1].endswith("..")
    assert lines[2] == ""
    assert b"\x1b[2m" in raw
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        plain, raw = seen(home, "list", **env)
        assert plain == lines
        assert b"\x1b" not in raw


def test_sync_runs_counts_on_one_line_and_ends_at_once_when_it_is_stopped(
    shell, home, tmp_path: Path
) -> None:
    shell("init", "Fraud")
    database("m3", tmp_path / "mlflow.db")
    wandb(tmp_path / "wandb", tmp_path / "bin", f"echo $$ > {tmp_path}/pid; exec sleep 600")
    env = home | {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}
    command = [sys.executable, "-m", "mlkanban", "sync-runs"]
    with Terminal(command, env=env, size=(60, 20), cwd=tmp_path) as terminal:
        terminal.wait_for("reading wandb: 3 runs", timeout=60)
        deadline = time.monotonic() + 60
        while not (tmp_path / "pid").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        terminal.send("\x03")
        assert terminal.wait(60) == 130
        assert terminal.text.strip() == ""
    pid = (tmp_path / "pid").read_text().strip()
    assert not Path(f"/proc/{pid}").exists()
