"""Several starts of a program that are let go at the same moment."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]


def at_once(command: Sequence[str], starts: int = 6) -> list[tuple[str, str]]:
    """What each start says on stdout and stderr; each prints `ready` and waits for a line first."""
    going = [
        subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )
        for _ in range(starts)
    ]  # fmt: skip
    for start in going:
        assert start.stdout is not None
        assert start.stdout.readline() == "ready\n"
    for start in going:
        assert start.stdin is not None
        start.stdin.write("go\n")
        start.stdin.flush()
    return [start.communicate(timeout=60) for start in going]
