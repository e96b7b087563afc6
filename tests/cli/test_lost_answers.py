"""What was done is done, also where its answer cannot be printed; what only reads has failed."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Line = Callable[[str], subprocess.CompletedProcess[str]]


@pytest.fixture
def line(home: dict[str, str], tmp_path: Path) -> Line:
    """A command line for sh, on a board with the card `one`."""
    env = home | {
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "MLK": f"{sys.executable} -m mlkanban",
    }

    def run(words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", words], env=env, cwd=tmp_path, capture_output=True, text=True
        )

    assert run("$MLK init Fraud && $MLK add one").returncode == 0
    return run


def test_a_script_does_not_do_twice_what_was_done(line: Line, shell) -> None:
    [one] = shell("--json", "list").data
    for command in (
        "add two",
        f"note {one['id']} seen",
        f"move {one['id']} Ready",
        f"block {one['id']} --reason bug",
        f"edit {one['id']} --priority high",
        "undo",
        "stages limit Ready 9",
        "init Second",
        "backup",
        "export csv --out cards.csv",
    ):
        done = line(f"$MLK --json {command} > /dev/full")
        assert done.returncode == 0, command
        assert "This was done, but the answer cannot be printed: No space left" in done.stderr
        assert '"kind"' in done.stderr
    titles = [card["title"] for card in shell("--board", "fraud", "--json", "list").data]
    assert sorted(titles) == ["one", "two"]


def test_where_nobody_reads_on_it_is_done_all_the_same(line: Line, shell) -> None:
    done = line("{ $MLK --json add two; echo code $? >&2; } | true")
    assert "code 0" in done.stderr
    silent = line("$MLK add three 2>/dev/full")
    assert silent.returncode == 0
    titles = [card["title"] for card in shell("--json", "list").data]
    assert sorted(titles) == ["one", "three", "two"]


def test_what_only_reads_has_failed(line: Line) -> None:
    for command in ("list", "--json list", "flow cycle-time", "--json boards"):
        done = line(f"$MLK {command} > /dev/full")
        assert done.returncode == 4
        assert done.stderr == "mlkanban: The answer cannot be printed: No space left on device.\n"
