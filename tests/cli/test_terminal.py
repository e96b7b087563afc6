"""What people see where there is a terminal: fitted to its width, colours only where wanted."""

import sys

import pytest

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
