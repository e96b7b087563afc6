"""The log file: what was done while nobody watched can be read the next morning."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlkanban import log

HOOK = "#!/bin/sh\nprintf 'no \\033]0;x\\007route\\n' >&2; exit 3\n"


@pytest.fixture
def failing_hook(home: dict[str, str]) -> Path:
    """A hook that fails, with an escape sequence in what it says; the log that tells of it."""
    data = Path(home["MLKANBAN_HOME"])
    (data / "hooks").mkdir(mode=0o700)
    hook = data / "hooks" / "on-move"
    hook.write_text(HOOK)
    hook.chmod(0o700)
    return data / "mlkanban.log"


def test_a_hook_that_failed_is_in_the_log_as_one_harmless_line(
    board, shell, failing_hook: Path
) -> None:
    card = board.data("add", "a")["id"]
    assert not failing_hook.exists() or " hook" not in failing_hook.read_text()
    failing_hook.unlink(missing_ok=True)
    shell("move", card, "ready")
    [line] = [one for one in failing_hook.read_text().splitlines() if "hook" in one]
    assert " WARNING mlkanban.hook[" in line
    assert "exit code 3" in line
    assert line.isprintable()
    assert failing_hook.stat().st_mode & 0o077 == 0


def test_doctor_names_the_log_and_its_last_warning(board, failing_hook: Path) -> None:
    board("move", board.data("add", "a")["id"], "ready")
    [check] = [one for one in board.data("doctor")["checks"] if one["what"] == "log"]
    assert str(failing_hook) in check["said"]
    assert "1 warning" in check["said"]
    assert "exit code 3" in check["hint"]


def test_doctor_says_that_the_log_cannot_be_written(board, failing_hook: Path, monkeypatch) -> None:
    board("move", board.data("add", "a")["id"], "ready")
    may = os.access
    monkeypatch.setattr(os, "access", lambda at, how: at != failing_hook and may(at, how))
    answer = board("doctor")
    assert answer.code == 4
    assert f"{failing_hook} cannot be written: nothing is logged" in answer.out


def test_automatic_backups_are_told_from_the_level_that_is_asked_for(
    board, home: dict[str, str], shell
) -> None:
    file = Path(home["MLKANBAN_HOME"]) / "mlkanban.log"
    assert "backup[" in file.read_text(), "the first change makes the first backup"
    file.unlink()
    for backup in (Path(home["MLKANBAN_HOME"]) / "backups").iterdir():
        backup.unlink()
    assert shell("add", "a", env={"MLKANBAN_LOG": "warning"}).code == 0
    assert not file.exists()


def test_a_level_that_is_none_is_refused(shell, board) -> None:
    answer = shell("add", "a", env={"MLKANBAN_LOG": "loud"})
    assert answer.code == 2
    assert "MLKANBAN_LOG=loud is no level. Levels: debug, info, warning." in answer.err
    assert board.data("list") == []


def test_a_log_that_cannot_be_written_harms_nothing(board, failing_hook: Path, shell) -> None:
    failing_hook.unlink(missing_ok=True)
    failing_hook.mkdir()
    answer = shell("move", board.data("add", "a")["id"], "ready")
    assert answer.code == 0
    assert len(answer.err.splitlines()) == 2, "what was done, and that the hook failed"


def test_the_file_does_not_grow_without_end(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from mlkanban import log; import sys\n"
        "log.MAX_BYTES = 2000\n"
        "log.write_to(Path(sys.argv[1]))\n"
        "for n in range(200): log.logger('sync').info('event %d', n)"
    )
    file = tmp_path / "mlkanban.log"
    subprocess.run([sys.executable, "-c", code, str(file)], check=True)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["mlkanban.log", "mlkanban.log.1"]
    assert file.stat().st_size <= 2000
    assert "event 199" in file.read_text()


def test_without_a_file_nothing_is_said_anywhere(monkeypatch, capfd) -> None:
    monkeypatch.setattr(log, "_path", None)
    log.logger("sync").warning("unheard")
    assert capfd.readouterr() == ("", "")
