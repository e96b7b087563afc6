"""What psutil shows, of real processes: on Linux it must be what /proc shows."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import mlkanban.machine
from mlkanban.machine import Machine
from mlkanban.machine.unix import UnixMachine
from mlkanban.runs.local import processes
from tests.runs.jobs import until

psutil = pytest.importorskip("psutil")
from mlkanban.machine import with_psutil  # noqa: E402 - it imports psutil
from mlkanban.machine.with_psutil import PsutilMachine  # noqa: E402


@pytest.fixture
def sleeper():
    env = os.environ | {"MLKANBAN_RUN": "r1"}
    child = subprocess.Popen(
        [sys.executable, "-c", "import time; print(flush=True); time.sleep(60)"],
        start_new_session=True, stdout=subprocess.PIPE, env=env,
    )  # fmt: skip
    assert child.stdout is not None
    child.stdout.read(1)
    yield child
    child.kill()
    child.wait()


@pytest.fixture(params=["psutil", "system"])
def own(request: pytest.FixtureRequest) -> Machine:
    if request.param == "psutil":
        return PsutilMachine()
    if sys.platform != "linux":
        pytest.skip("psutil is what this system is seen with")
    from mlkanban.machine.linux import LinuxMachine  # only there

    return LinuxMachine()


def test_a_process_is_shown_from_its_start_to_its_end(own: Machine, sleeper) -> None:
    before = own.status(sleeper.pid)
    assert before is not None
    assert (before.group, before.session) == (sleeper.pid, sleeper.pid)
    assert before.start
    assert sleeper.pid in own.pids()
    assert own.is_mine(sleeper.pid)
    assert own.command(sleeper.pid)[1] == "-c"
    assert own.variable(sleeper.pid, "MLKANBAN_RUN") == "r1"
    assert own.variable(sleeper.pid, "MLKANBAN_CARD") == ""
    now = datetime.now(UTC)
    started = own.started_at(sleeper.pid, now)
    assert started is not None
    assert abs(now - started) < timedelta(minutes=1)
    sleeper.send_signal(signal.SIGSTOP)
    until(lambda: (status := own.status(sleeper.pid)) and status.state == "T")
    sleeper.kill()
    until(lambda: (status := own.status(sleeper.pid)) is None or status.state == "Z")
    sleeper.wait()
    assert own.status(sleeper.pid) is None
    assert own.command(sleeper.pid) == []
    assert own.variable(sleeper.pid, "MLKANBAN_RUN") == ""
    assert own.started_at(sleeper.pid, now) is None
    assert not own.is_mine(sleeper.pid)


def test_the_start_of_a_process_is_the_same_for_every_one_who_looks(sleeper) -> None:
    ours = PsutilMachine().status(sleeper.pid)
    code = (
        "import sys; from mlkanban.machine.with_psutil import PsutilMachine;"
        "print(PsutilMachine().status(int(sys.argv[1])).start)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(sleeper.pid)],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ours is not None
    assert done.stdout.strip() == ours.start


def test_a_clock_that_is_set_moves_no_start(monkeypatch: pytest.MonkeyPatch, sleeper) -> None:
    own = PsutilMachine()
    before = own.status(sleeper.pid)
    real = with_psutil._created
    monkeypatch.setattr(with_psutil, "_created", lambda pid: real(pid) + 3600)
    assert own.status(sleeper.pid) == before
    monkeypatch.setattr(own, "_own", 0)  # as after a fork
    assert own.status(sleeper.pid) == before


def test_a_kill_spares_the_shell_that_writes_the_exit_status(monkeypatch) -> None:
    monkeypatch.setattr(mlkanban.machine, "_present", PsutilMachine())
    shell = subprocess.Popen(["sh", "-c", "sleep 60; exit 5"], start_new_session=True)
    leader = processes.process(shell.pid)
    until(lambda: len(processes.group(leader, shell.pid)) == 2)
    assert processes.send(leader, shell.pid, signal.SIGKILL)
    assert shell.wait(timeout=30) == 5
    assert processes.group(leader, shell.pid) == []


def test_a_file_that_another_process_has_open(own: Machine, tmp_path: Path) -> None:
    log = tmp_path / "out.log"
    log.touch()
    status = log.stat()
    files = {(status.st_dev, status.st_ino)}
    with log.open("ab") as opened:
        child = subprocess.Popen(["sleep", "60"], stdout=opened)
    try:
        assert own.has_open(child.pid, files, for_writing=True)
        assert own.has_open(child.pid, files, for_writing=False)
        assert not own.has_open(child.pid, {(0, 0)}, for_writing=False)
        with log.open("rb"):
            assert own.has_open(os.getpid(), files, for_writing=False)
            assert not own.has_open(os.getpid(), files, for_writing=True), "we only read"
    finally:
        child.kill()
        child.wait()
    assert not own.has_open(child.pid, files, for_writing=False)


def test_every_mount_has_a_type(own: Machine) -> None:
    assert all(mount.folder.startswith("/") and mount.kind for mount in own.mounts())
    assert any(mount.folder == "/" for mount in own.mounts())


@pytest.mark.parametrize("method", ["boot_id", "machine_id"])
def test_ids_are_what_programs_of_the_system_print(monkeypatch, method: str) -> None:
    printed = {
        "/usr/sbin/sysctl": "9A3F6C1E-1B2C-4D5E-8F90-A1B2C3D4E5F6\n",
        "/usr/sbin/ioreg": '  "IOPlatformUUID" = "9A3F6C1E-1B2C-4D5E-8F90-A1B2C3D4E5F6"\n',
    }

    def run(words, **_):
        return subprocess.CompletedProcess(words, 0, printed[words[0]], "")

    monkeypatch.setattr(subprocess, "run", run)
    assert getattr(PsutilMachine(), method)() == "9A3F6C1E-1B2C-4D5E-8F90-A1B2C3D4E5F6"
    printed = dict.fromkeys(printed, "sysctl: unknown oid\n")
    assert getattr(PsutilMachine(), method)() == "", "what cannot be known is not guessed"


def test_what_a_mac_does_not_count_is_not_counted() -> None:
    assert PsutilMachine().oom_counters() == []
    assert PsutilMachine().pid_namespace() == ""
    assert PsutilMachine().lock_holder((1, 2)) is None


def test_system_calls_alone_show_that_a_process_is_there(sleeper) -> None:
    own = UnixMachine()
    assert own.status(sleeper.pid) == ("", sleeper.pid, sleeper.pid, "")
    assert own.is_mine(sleeper.pid)
    assert (own.pids(), own.command(sleeper.pid), own.mounts()) == ([], [], [])
    assert own.status(0) is None
