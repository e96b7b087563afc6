"""`mlkanban` without a command: what opens the board, and what is left to the command line."""

import sys
from pathlib import Path

import pytest

from mlkanban.cli import bare
from tests.terminal import Terminal
from tests.tui import boards

_MAIN = """
import sys
from mlkanban.cli import main
out = sys.argv.pop(1)
code = main()
open(out, "w").write(" ".join(sys.modules))
sys.exit(code)
"""
"""What is loaded by the end of a call is written to a file."""


@pytest.mark.parametrize(
    ("args", "options"),
    [
        ([], {}),
        (["--home", "/data"], {"home": "/data"}),
        (["--board", "fraud", "--home", "/data"], {"board": "fraud", "home": "/data"}),
        (["--home", "/data", "--home", "/other"], {"home": "/other"}),
        (["list"], None),
        (["--json"], None),
        (["--home"], None),
        (["--home", ""], None),
        (["--home", "--board"], None),
        (["--board", "a\x1bb"], None),
        (["--home", "/data", "list"], None),
        (["--home=/data"], None),
        (["--version"], None),
    ],
)
def test_only_options_that_open_the_board_are_read_without_click(
    monkeypatch: pytest.MonkeyPatch, args: list[str], options: dict[str, str] | None
) -> None:
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    assert bare.screen_options(args) == options


@pytest.mark.parametrize("name", ["stdin", "stdout", "stderr"])
def test_without_a_terminal_nothing_opens_the_board(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    monkeypatch.setattr(sys, name, None)
    assert bare.screen_options([]) is None


@pytest.mark.terminal
def test_the_board_loads_no_commands_and_nothing_that_reads_runs(
    home: dict[str, str], tmp_path: Path
) -> None:
    store = Path(home["MLKANBAN_HOME"])
    boards.small_board(store)
    out = tmp_path / "modules"
    with Terminal([sys.executable, "-c", _MAIN, out, "--home", store], env=home) as terminal:
        terminal.wait_for("calibrate probabilities")
        terminal.send("Q")
        assert terminal.wait() == 0
    loaded = out.read_text().split()
    assert "mlkanban.tui.app" in loaded
    late = (
        "click", "pydantic", "ssl", "hashlib",
        "mlkanban.runs.model.redaction", "mlkanban.runs.model.series",
        "mlkanban.tui.palette", "mlkanban.cli.program", "textual.widgets._text_area",
    )  # fmt: skip
    assert not set(late) & set(loaded)


@pytest.mark.terminal
def test_an_error_before_the_board_is_one_sentence(home: dict[str, str]) -> None:
    with Terminal(
        [sys.executable, "-m", "mlkanban", "--board", "nowhere"], env=home | {"COLUMNS": "80"}
    ) as terminal:
        assert terminal.wait() == 3
        assert "mlkanban: There is no board" in terminal.text
        assert "Traceback" not in terminal.text
