"""The shell script that watches over a job: what it writes under every shell, and what it costs."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

import mlkanban
from mlkanban.runs.local import start
from mlkanban.runs.local.folder import RunFolder
from tests.runs.jobs import Job, alive, kill, until
from tests.tools import needs_proc

SCRIPT = Path(start.__file__).with_name("supervisor.sh")
SHELLS = [
    words for words in (["dash"], ["bash", "--posix"], ["busybox", "sh"], ["mksh"], ["zsh"])
    if shutil.which(words[0])
]  # fmt: skip


@pytest.fixture(params=SHELLS, ids=" ".join)
def shell(request: pytest.FixtureRequest) -> list[str]:
    return list(request.param)


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is missing")
@pytest.mark.parametrize("script", sorted(Path(mlkanban.__file__).parent.rglob("*.sh")), ids=str)
def test_scripts_are_posix_and_quote_what_they_expand(script: Path) -> None:
    done = subprocess.run(["shellcheck", "-s", "sh", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


class Watched:
    """A supervisor whose job is played by the test."""

    def __init__(self, folder: RunFolder, supervisor: subprocess.Popen[bytes], status: int) -> None:
        self.folder, self.supervisor, self._status = folder, supervisor, status

    def job_ends(self, status: str) -> None:
        """What the shell around the job writes; '' where it was killed."""
        os.write(self._status, status.encode())
        os.close(self._status)


@contextmanager
def watched(
    shell: list[str], tmp_path: Path, job: int, *counters: Path, **tools: str
) -> Iterator[Watched]:
    """`tools` are scripts that come before the programs of that name."""
    (tmp_path / "tools").mkdir()
    for name, script in tools.items():
        (tmp_path / "tools" / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "tools" / name).chmod(0o755)
    folder = RunFolder(tmp_path / "20260301-101010-0a0b0c0d")
    folder.make()
    folder.write_start({"id": folder.id})
    read, write = os.pipe()
    words = [
        str(folder.path), str(job), str(os.getsid(0)), "true", str(tmp_path / "queue"), "1",
        *map(str, counters),
    ]  # fmt: skip
    # Descriptors 3 and 4 are taken in this process, so the shell arranges its own.
    arranged = f'exec "$@" 3<&{read} 4<"{folder.start_file}" {read}<&-'
    supervisor = subprocess.Popen(
        ["bash", "-c", arranged, "bash", *shell, str(SCRIPT), *words],
        pass_fds=(read,), start_new_session=True, stderr=subprocess.DEVNULL,
        env=os.environ | {"PATH": f"{tmp_path / 'tools'}:{os.environ['PATH']}"},
    )  # fmt: skip
    os.close(read)
    try:
        yield Watched(folder, supervisor, write)
    finally:
        os.killpg(supervisor.pid, signal.SIGKILL) if supervisor.poll() is None else None
        supervisor.wait()


@pytest.mark.parametrize(("status", "exit"), [("5\n", 5), ("0\n", 0), ("", None)])
def test_the_end_is_written_whole(shell, tmp_path, status: str, exit: int | None) -> None:
    counter = tmp_path / "memory.events"
    counter.write_text("low 0\noom_kill 1\n")
    gone = subprocess.Popen(["true"])
    gone.wait()
    with watched(shell, tmp_path, gone.pid, counter, tmp_path / "missing") as run:
        before = run.folder.path.stat().st_mtime
        run.job_ends(status)
        run.supervisor.wait(timeout=20)
        end = run.folder.end()
        assert (end["exit"], end["oom"]) == (exit, False)
        assert datetime.fromisoformat(end["ended"]).timestamp() >= int(before)
    assert sorted(os.listdir(run.folder.path)) == ["end.json", "err.log", "out.log", "start.json"]


def test_a_kill_for_lack_of_memory_while_the_job_ran_is_noted(shell, tmp_path) -> None:
    counter = tmp_path / "vmstat"
    counter.write_text("nr_free_pages 7\noom_kill 2\n")
    with watched(shell, tmp_path, 1, counter) as run:
        run.job_ends("137\n")
        run.supervisor.wait(timeout=20)
        assert run.folder.end()["oom"] is True


def test_a_job_whose_shell_was_killed_is_waited_for(shell, tmp_path) -> None:
    job = subprocess.Popen(["sleep", "60"], process_group=0)
    with watched(shell, tmp_path, job.pid) as run:
        run.job_ends("")
        time.sleep(0.5)
        assert run.folder.end() == {}
        job.kill()
        # Not waited for: a zombie is no living job.
        run.supervisor.wait(timeout=20)
        assert run.folder.end()["exit"] is None
        job.wait()


def test_a_removed_folder_is_made_again(shell, tmp_path) -> None:
    with watched(shell, tmp_path, 1) as run:
        before = run.folder.start()
        time.sleep(0.3)  # it reads start.json first
        shutil.rmtree(run.folder.path)
        run.job_ends("3\n")
        run.supervisor.wait(timeout=20)
        assert (run.folder.start(), run.folder.end()["exit"]) == (before, 3)
        assert "was removed" in run.folder.err.read_text()


def test_an_end_for_which_there_is_no_room_is_written_when_there_is(shell, tmp_path) -> None:
    room = tmp_path / "room"
    tools = {
        "mv": f'[ -e {room} ] && exec /bin/mv "$@"; touch {tmp_path}/tried; exit 1',
        "sleep": "exec /bin/sleep 0.1",
    }
    with watched(shell, tmp_path, 1, **tools) as run:
        run.job_ends("5\n")
        until((tmp_path / "tried").exists)
        time.sleep(0.3)
        assert (run.supervisor.poll(), run.folder.end()) == (None, {})
        room.touch()
        run.supervisor.wait(timeout=20)
        assert run.folder.end()["exit"] == 5


def hearts(supervisor: int) -> list[int]:
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    return [pid for pid in map(int, children) if b"supervisor.sh" in words(pid)]


def test_the_end_is_written_though_the_signs_of_life_are_stopped(shell, tmp_path) -> None:
    needs_proc()
    with watched(shell, tmp_path, 1, sleep=f"touch {tmp_path}/slept; exec /bin/sleep 9") as run:
        until((tmp_path / "slept").exists)
        [heart] = hearts(run.supervisor.pid)
        kill(heart, signal.SIGSTOP)
        run.job_ends("4\n")
        run.supervisor.wait(timeout=20)
        assert run.folder.end()["exit"] == 4


def test_where_nothing_can_sleep_the_signs_of_life_end_and_the_end_is_written(
    shell, tmp_path
) -> None:
    needs_proc()
    with watched(shell, tmp_path, 1, sleep=f"echo >> {tmp_path}/slept; exit 1") as run:
        until((tmp_path / "slept").exists)
        until(lambda: not hearts(run.supervisor.pid))
        assert len((tmp_path / "slept").read_text()) == 5
        run.job_ends("4\n")
        run.supervisor.wait(timeout=20)
        assert run.folder.end()["exit"] == 4


def private_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))


def test_a_supervisor_is_small_and_leaves_nothing_behind(job: Job) -> None:
    needs_proc()
    job.start("sh", "-c", "echo up; while [ ! -e go ]; do sleep 0.1; done", options=("--detach",))
    begun = job.up()
    watching = [begun["supervisor"]["pid"]]

    def children() -> list[int]:
        found = Path(f"/proc/{watching[0]}/task/{watching[0]}/children").read_text().split()
        return [pid for pid in map(int, found) if b"supervisor.sh" in words(pid)]

    try:
        until(lambda: len(children()) == 1)
        watching += children()
        assert sum(map(private_kb, watching)) < 3000
    finally:
        (job.cwd / "go").touch()
    until(lambda: job.json("end.json"))
    until(lambda: not any(map(alive, watching)))


def test_signs_of_life_end_with_a_killed_supervisor(job: Job) -> None:
    needs_proc()
    job.start("sh", "-c", "echo up; while [ ! -e go ]; do sleep 0.1; done", options=("--detach",))
    supervisor = job.up()["supervisor"]["pid"]
    kill(supervisor)
    try:
        session = job.json("start.json")["session"]
        until(lambda: not [pid for pid in sessions(session) if b"supervisor.sh" in words(pid)])
    finally:
        (job.cwd / "go").touch()


def sessions(session: int) -> list[int]:
    found = []
    for name in filter(str.isdecimal, os.listdir("/proc")):
        try:
            stat = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(stat[3]) == session and stat[0] != "Z":
            found.append(int(name))
    return found


def words(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_the_arguments_of_a_job_are_kept_to_the_byte(job: Job) -> None:
    given = ["", " a  b ", "'", '"$HOME"', "*", "\\", "a\nb\n", "-n", "%s", os.fsdecode(b"\xff")]
    code, out, _ = job.ended(
        job.start("python3", "-c", "import sys;print(ascii(sys.argv[1:]))", *given)
    )
    assert (code, out) == (0, ascii(given) + "\n")
    assert json.loads((job.folder / "end.json").read_text())["exit"] == 0
