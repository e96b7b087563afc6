"""Groups, orphan processes and runs, judged from a table of processes."""

import os
import socket
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import mlkanban.machine
from mlkanban.machine.protocol import Status
from mlkanban.runs.local import processes
from mlkanban.runs.local.adoption import adopt
from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.local.inspect import judged, why
from mlkanban.runs.local.orphans import orphan_processes
from mlkanban.runs.local.processes import Process, alive, group, here
from mlkanban.runs.local.viewer import job_of
from mlkanban.runs.model.state import RunState
from tests.machine.fake import FakeMachine, FakeProcess

NOW = datetime(2026, 3, 20, 8, tzinfo=UTC)
ID = "20260320-080000-0000000a"


@pytest.fixture
def mac(monkeypatch: pytest.MonkeyPatch) -> FakeMachine:
    made = FakeMachine(
        processes={
            10: FakeProcess(Status("S", 10, 5, "100.00")),
            11: FakeProcess(Status("S", 10, 5, "101.00"), ("python", "train.py")),
            12: FakeProcess(Status("Z", 10, 5, "102.00")),
            13: FakeProcess(Status("S", 13, 5, "103.00"), ("gpu-hog",), {"MLKANBAN_RUN": ID}),
            14: FakeProcess(Status("S", 14, 14, "104.00"), mine=False),
        }
    )
    monkeypatch.setattr(mlkanban.machine, "_present", made)
    monkeypatch.setattr(socket, "gethostname", lambda: "macbook.local")
    return made


@pytest.fixture
def run(mac: FakeMachine, tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path / "runs" / ID)
    folder.make()
    record: Any = {
        "id": ID, "card": "v1", "made": "2026-03-20T07:00:00Z", "session": 5,
        "supervisor": {"pid": 5, "start": "99.00"}, "child": {"pid": 10, "start": "100.00"},
        **asdict(here()),
    }  # fmt: skip
    folder.write_start(record)
    return folder


def state(run: RunFolder) -> tuple[RunState, str]:
    judgement = judged(run, run.start(), here(), NOW)
    return judgement.state, judgement.evidence


def test_a_group_has_neither_zombies_nor_a_reused_number(mac: FakeMachine) -> None:
    assert [process.pid for process in group(Process(10, "100.00"), 5)] == [10, 11]
    assert group(Process(10, "99.00"), 5) == []
    assert group(Process(10, "100.00"), 6) == []
    assert alive(Process(11, "101.00"))
    assert not alive(Process(12, "102.00"))
    assert not alive(Process(11, "100.99"))


def test_a_run_stays_the_run_of_a_mac_that_gets_another_name(
    mac: FakeMachine, run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert state(run) == (RunState.ORPHAN, "its processes are alive, its supervisor is gone")
    monkeypatch.setattr(socket, "gethostname", lambda: "dhcp-17.example.com")
    assert state(run)[0] is RunState.ORPHAN
    assert job_of(run) == (Process(10, "100.00"), 5)
    mac.boot = "next"
    assert state(run) == (
        RunState.LOST,
        "dhcp-17.example.com was restarted before it wrote an exit status",
    )
    mac.id = "another"
    assert state(run)[0] is not RunState.LOST
    assert "macbook.local" in state(run)[1]


def test_where_a_boot_is_not_shown_a_run_is_not_called_lost(mac, run: RunFolder) -> None:
    mac.boot = ""
    assert state(run)[0] is RunState.UNKNOWN
    assert "cannot be known on this system" in state(run)[1]


def test_what_a_job_leaves_behind_is_found(mac: FakeMachine, run: RunFolder) -> None:
    run.rc_file.write_text("0")
    left = orphan_processes([run])[ID]
    assert [(orphan.process.pid, orphan.command) for orphan in left] == [
        (10, ""), (11, "python train.py"), (13, "gpu-hog"),
    ]  # fmt: skip


@pytest.mark.parametrize(("oom", "says"), [("null", True), ("false", False)])
def test_a_kill_may_be_for_lack_of_memory_where_nothing_counts_them(
    mac, run: RunFolder, oom: str, says: bool
) -> None:
    run.path.joinpath("end.json").write_text(
        f'{{"v": 1, "exit": 137, "ended": "2026-03-20T08:00:00Z", "oom": {oom}}}'
    )
    sentence = why(run, judged(run, run.start(), here(), NOW))
    assert sentence.startswith("killed by SIGKILL")
    assert ("cannot be known on this system" in sentence) is says


def test_a_log_that_anybody_has_open_may_be_written(mac: FakeMachine, run: RunFolder) -> None:
    run.out.touch()
    status = run.out.stat()
    mac.processes[11].opened = frozenset({(status.st_dev, status.st_ino)})
    assert processes.open_for_writing([run.out]) == [Process(11, "101.00")]
    mac.shows_open_files = False
    assert processes.open_for_writing([run.out]) is None


def test_a_process_is_adopted_with_what_is_known_of_it(mac: FakeMachine, tmp_path: Path) -> None:
    mac.processes[13].variables.clear()
    _, start = adopt(tmp_path, "v1", "id", 13, "ada", NOW)
    assert (start["argv"], start["child"], start["machine"]) == (
        ["gpu-hog"], {"pid": 13, "start": "103.00"}, "machine",
    )  # fmt: skip


def test_a_supervisor_that_does_not_write_the_end_is_not_waited_for(
    mac: FakeMachine, run: RunFolder
) -> None:
    mac.processes = {5: FakeProcess(Status("S", 5, 5, "99.00"))}
    run.rc_file.write_text("0")
    for seconds, expected in ((59, RunState.RUNNING), (61, RunState.FINISHED)):
        at = NOW.timestamp() - seconds
        os.utime(run.rc_file, (at, at))
        assert state(run)[0] is expected
