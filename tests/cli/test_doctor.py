"""doctor: what is the case, in plain words, and nothing changed."""

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

import mlkanban.machine
from mlkanban import clock
from mlkanban.cli.doctor import terminal_checks
from mlkanban.paths import places
from tests.machine.fake import FakeMachine


def verdicts(data):
    return {check["what"]: check["verdict"] for check in data["checks"]}


def test_a_healthy_store(board) -> None:
    board.card("a")
    data = board.data("doctor")
    assert data["problems"] == 0
    assert verdicts(data)["store"] == "ok"
    answer = board("doctor")
    assert answer.code == 0
    assert "All is well." in answer.out
    assert "boards 1" in answer.out


def test_before_the_first_board(mlk) -> None:
    answer = mlk("doctor")
    assert answer.code == 0
    assert "mlkanban init NAME" in answer.out


def test_settings_that_cannot_be_read(board, home) -> None:
    (Path(home["MLKANBAN_HOME"]) / "config.toml").write_text("ascii = 7\n")
    shown = board("doctor")
    assert shown.code == 4
    assert "BAD   settings" in shown.out
    assert "config.toml, line 1: ascii: 7 is not true or false." in shown.out
    assert "ok    store" in shown.out


def test_modes_that_let_others_read(board, home) -> None:
    store = next(os.path.join(home["MLKANBAN_HOME"], name)
                 for name in os.listdir(home["MLKANBAN_HOME"]) if name == "board.db")  # fmt: skip
    os.chmod(store, 0o644)
    answer = board("doctor")
    assert answer.code == 4
    assert f"chmod 600 {store}" in answer.out
    assert "1 problem to fix." in answer.out
    assert os.stat(store).st_mode & 0o777 == 0o644, "nothing is changed"


def test_a_damaged_store_is_called_that(board, home) -> None:
    store = os.path.join(home["MLKANBAN_HOME"], "board.db")
    with open(store, "r+b") as file:
        file.write(b"this is no store")
    answer = board("doctor")
    assert answer.code == 4
    assert "BAD   store" in answer.out


def test_programs_that_are_missing(mlk, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("VISUAL", "EDITOR", "PAGER"):
        monkeypatch.delenv(name, raising=False)
    found = verdicts(mlk.data("doctor"))
    assert {found[what] for what in ("git", "ssh", "editor", "pager")} == {"note"}
    monkeypatch.setenv("EDITOR", "nosuch --wait")
    assert "nosuch is not installed" in mlk("doctor").out
    for name in ("git", "ssh", "nosuch", "less"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    found = verdicts(mlk.data("doctor"))
    assert {found[what] for what in ("git", "ssh", "editor", "pager")} == {"ok"}


def test_a_file_system_that_is_mounted_read_only(board, monkeypatch) -> None:
    here = os.statvfs("/")
    mounted = os.statvfs_result((*here[:8], os.ST_RDONLY, *here[9:]))
    monkeypatch.setattr(os, "statvfs", lambda _: mounted)
    answer = board("doctor")
    assert answer.code == 4
    assert "is mounted read-only" in answer.out


def test_a_file_system_that_cannot_be_told_is_not_called_local(board, monkeypatch) -> None:
    monkeypatch.setattr("mlkanban.service.file_system", lambda _: "")
    answer = board("doctor")
    assert answer.code == 0
    assert "note  disk       taken as local: its file system cannot be told here" in answer.out


def test_what_a_system_does_not_show_is_named(board, monkeypatch) -> None:
    monkeypatch.setattr(mlkanban.machine, "_present", FakeMachine())
    monkeypatch.setattr("mlkanban.runs.local.surroundings.killed_at_logout", lambda: None)
    data = board.data("doctor")
    said = {check["what"]: (check["verdict"], check["said"]) for check in data["checks"]}
    assert said["machine"] == (
        "note", "cannot be known on this system: kills for lack of memory",
    )  # fmt: skip
    assert said["logout"][0] == "note"
    assert "cannot be known on this system" in said["logout"][1]


def test_a_time_zone_that_is_none(mlk, monkeypatch) -> None:
    monkeypatch.setenv("TZ", "Mars/Olympus")
    made = mlk("init", "x")
    assert "The time zone of this machine (Mars/Olympus) is not known, so it is UTC." in made.err
    assert verdicts(mlk.data("doctor"))["time zone"] == "note"
    assert "Mars" not in mlk("init", "y", "--timezone", "Europe/Rome").err


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_a_folder_of_somebody_else(board, home, monkeypatch) -> None:
    folder = Path(home["MLKANBAN_HOME"])
    os.chown(folder, 4711, -1)
    may = os.access
    monkeypatch.setattr(os, "access", lambda at, how: at != folder and may(at, how))
    answer = board("doctor")
    assert answer.code == 4
    assert f"{folder} belongs to user 4711, you are root" in answer.out


@pytest.mark.parametrize(
    ("env", "encoding", "what", "verdict"),
    [
        ({"TERM": "dumb"}, "utf-8", "terminal", "note"),
        ({"TERM": "xterm"}, "utf-8", "colours", "note"),
        ({"TERM": "xterm-256color"}, "utf-8", "colours", "ok"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "utf-8", "colours", "ok"),
        ({"TERM": "xterm", "NO_COLOR": "1"}, "utf-8", "colours", "ok"),
        ({"TERM": "xterm"}, "ascii", "characters", "note"),
        ({"TERM": "xterm"}, "UTF-8", "characters", "ok"),
        ({"TERM": "linux"}, "UTF-8", "characters", "ok"),
        ({"TERM": "xterm", "LC_ALL": "C"}, "UTF-8", "characters", "ok"),
    ],
)
def test_the_terminal(env, encoding, what, verdict) -> None:
    assert {check.what: check.verdict for check in terminal_checks(env, encoding)}[what] == verdict


def test_what_is_dated_in_the_future_is_named(board, monkeypatch) -> None:
    right = clock.now()
    monkeypatch.setattr(clock, "now", lambda: right + timedelta(days=731))
    ref = board.card("a")
    monkeypatch.setattr(clock, "now", lambda: right)
    answer = board("doctor")
    assert f"1 event is dated in the future, up to {right + timedelta(days=731):%Y-%m-%d}" in (
        answer.out
    )
    assert f"(cards {ref})" in answer.out
    assert verdicts(board.data("doctor"))["clock"] == "note"
    board("move", ref, "data prep")
    assert board.data("show", ref)["age_days"] == 1


@pytest.mark.parametrize(
    ("kind", "flags", "sacct", "words"),
    [
        ("accounting_storage/none", "", "exit 1", "no accounting: how a job ended is known only"),
        ("(null)", "", "exit 1", "cron run `mlkanban runs` every 4 min"),
        ("accounting_storage/slurmdbd", "", "exit 0", "the accounting keeps no comments"),
        ("accounting_storage/slurmdbd", "job_comment", "exit 1", "sacct failed: no reason given"),
        ("accounting_storage/slurmdbd", "job_comment", "exit 0", ""),
    ],
)
def test_what_a_cluster_leaves_unknown_is_told(
    mlk, monkeypatch, tmp_path, kind, flags, sacct, words
) -> None:
    config = (
        f"AccountingStorageType   = {kind}\nAccountingStoreFlags = {flags}\nMinJobAge = 300 sec"
    )
    for name, script in (
        ("squeue", "exit 0"), ("sinfo", "echo slurm 22.05"), ("sacct", sacct),
        ("scontrol", f"echo '{config}'"),
    ):  # fmt: skip
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    told = [check for check in mlk.data("doctor")["checks"] if check["what"] == "slurm"]
    assert told[0]["verdict"] == "ok"
    assert [check["verdict"] for check in told[1:]] == (["note"] if words else [])
    assert words in str(told[1:])


TEXTS = ["card", "card_id", "label", "cwd", "folder", "commit", "person", "aim", "host", "made",
         "started", "boot_id", "pid_ns", "machine", "id", "argv", "environment"]  # fmt: skip


@pytest.mark.parametrize("odd", ["\ud800", chr(0xDCFF), "a\0"])
def test_no_record_of_a_run_ends_the_commands(board, odd: str) -> None:
    """A job can write into its folder whatever JSON can hold."""
    ref = board.card("focal", "--metric", "val_auc>=0.9")
    assert board("run", ref, "--", "true").code == 0
    [folder] = (places().data / "runs").iterdir()
    file = folder / "start.json"
    whole = json.loads(file.read_text())
    (places().data / "runs-taken-in").unlink()
    for name in TEXTS:
        of_kind = {"argv": [odd], "environment": {"X": odd}}
        file.write_text(json.dumps(whole | {name: of_kind.get(name, odd)}))
        for command in (["list"], ["runs"], ["sync-runs"], ["queue"], ["show", ref]):
            assert board(*command).code == 0, (name, command)
    file.write_text(json.dumps(whole | {"card_id": odd}))
    told = board("doctor")
    assert told.code == 4
    assert f"{folder}: card_id of start.json cannot be read" in told.out
    mended = board("doctor", "--fix")
    assert mended.code == 0
    assert "card_id of start.json removed" in mended.out
    del whole["card_id"]
    assert json.loads(file.read_text()) == whole


def test_two_versions_in_use_are_named(board) -> None:
    one, two = board.card("one"), board.card("two")
    for ref, version in ((one, "1"), (two, "2")):
        board(
            "done", ref, "--outcome", "shipped", "--model", "fraud", "--version", version,
            "--override", "so",
        )  # fmt: skip
    said = f"{one} and {two} are versions of one model in use"
    assert said not in board("doctor").out
    board("edit", one, "--health", "ok")
    assert said in board("doctor").out


def test_archived_boards_are_counted(mlk) -> None:
    for name in ("One", "Two"):
        mlk("init", name, "--template", "plain")
    assert ": boards 2, events" in mlk("doctor").out
    assert mlk("boards", "archive", "two").code == 0
    assert ": boards 2 (1 archived), events" in mlk("doctor").out
