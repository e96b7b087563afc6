"""Runs with real processes: whoever is killed, the job goes on and the board does not lie."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from datetime import datetime
from typing import Any

import pytest

from tests.runs.jobs import PROGRAM, SLOW, Job, kill, members, until
from tests.tools import needs

QUICK = "echo up; sleep 1; echo done; exit 5"


@pytest.mark.parametrize(
    ("command", "code", "state"),
    [
        (["true"], 0, "finished"),
        (["sh", "-c", "exit 7"], 7, "failed"),
        (["no-such-program"], 127, "failed"),
        (["/etc/passwd"], 126, "failed"),
        (["exit", "3"], 127, "failed"),
    ],
)
def test_the_viewer_exits_with_the_code_of_the_job(job: Job, command, code, state) -> None:
    assert job.ended(job.start(*command))[0] == code
    run = job.run()
    assert (run["state"], run["exit"]) == (state, code)


def test_output_goes_where_it_belongs_and_files_are_private(job: Job) -> None:
    code, out, err = job.ended(job.start("sh", "-c", "echo to-out; echo to-err >&2"))
    assert (code, out) == (0, "to-out\n")
    assert "to-err\n" in err
    for file in job.folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert stat.S_IMODE(job.folder.stat().st_mode) == 0o700
    assert {file.name for file in job.folder.iterdir()} == {
        "start.json", "end.json", "rc", "out.log", "err.log",
    }  # fmt: skip


def test_the_files_of_the_job_are_as_the_person_wishes(job: Job) -> None:
    env = job.env
    subprocess.run(
        ["sh", "-c", f"umask 022; exec {sys.executable} -m mlkanban run {job.card} -- touch made"],
        env=env, cwd=job.cwd, check=True, capture_output=True,
    )  # fmt: skip
    assert stat.S_IMODE((job.cwd / "made").stat().st_mode) == 0o644


def test_a_pipe_is_read_by_the_job(job: Job) -> None:
    done = subprocess.run(
        [*PROGRAM, "run", job.card, "--", "cat"], env=job.env, cwd=job.cwd,
        input=b"rows\n", capture_output=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, b"rows\n")


def test_interrupt_asks_the_job_and_does_not_block_the_card(job: Job) -> None:
    viewer = job.start("sh", "-c", SLOW)
    job.up()
    viewer.send_signal(signal.SIGINT)
    code, out, _ = job.ended(viewer)
    assert (code, "asked" in out) == (3, True)
    run = job.run()
    assert run["state"] == "killed"
    card = job.card_now()
    assert card["blocked"] is None
    assert (card["stage"], card["work"]) == ("Training", "attended")


def test_a_second_interrupt_ends_what_does_not_listen(job: Job) -> None:
    viewer = job.start("sh", "-c", "trap '' INT; echo up; sleep 60 & wait; sleep 60")
    job.up()
    viewer.send_signal(signal.SIGINT)
    until(lambda: job.json("stop.json"))
    viewer.send_signal(signal.SIGINT)
    assert job.ended(viewer)[0] == 128 + signal.SIGTERM


def test_a_killed_viewer_leaves_the_job(job: Job) -> None:
    viewer = job.start("sh", "-c", QUICK)
    job.up()
    viewer.kill()
    viewer.communicate()
    until(lambda: job.json("end.json"))
    assert job.json("end.json")["exit"] == 5
    assert job.out() == "up\ndone\n"


def test_a_hangup_leaves_the_job(job: Job) -> None:
    viewer = job.start("sh", "-c", QUICK)
    job.up()
    os.killpg(viewer.pid, signal.SIGHUP)
    viewer.communicate()
    until(lambda: job.json("end.json"))
    assert job.out() == "up\ndone\n"
    assert job.run()["state"] == "failed"


def test_a_killed_supervisor_leaves_the_job_and_its_exit_status(job: Job) -> None:
    viewer = job.start("sh", "-c", "echo up; while [ ! -e go ]; do sleep 0.05; done; exit 5")
    kill(job.up()["supervisor"]["pid"])
    run = job.run()
    assert (run["state"], "supervisor is gone" in run["evidence"]) == ("orphan", True)
    (job.cwd / "go").touch()
    assert job.ended(viewer)[0] == 5
    assert job.json("end.json") == {}
    run = job.run()
    assert (run["state"], run["exit"]) == ("failed", 5)


def test_without_supervisor_and_shell_the_job_goes_on_and_its_end_is_unknown(job: Job) -> None:
    viewer = job.start("sh", "-c", "echo up; while [ ! -e go ]; do sleep 0.05; done; echo done")
    start = job.up()
    kill(start["supervisor"]["pid"])
    kill(start["child"]["pid"])
    assert job.run()["state"] == "orphan"
    (job.cwd / "go").touch()
    until(lambda: "done" in job.out())
    assert job.ended(viewer)[0] == 4
    run = job.run()
    assert (run["state"], run["exit"]) == ("lost", None)
    assert job.card_now()["blocked"]["note"] == f"{run['evidence']}, run {run['id']}"
    history = job.mlk("history", job.card)
    assert "lost (none of its processes is left" in history
    assert "lost (lost" not in history


def test_a_killed_shell_alone_leaves_the_job(job: Job) -> None:
    job.start("sh", "-c", "echo up; while [ ! -e go ]; do sleep 0.05; done; echo done")
    kill(job.up()["child"]["pid"])
    assert job.run()["state"] == "running"
    (job.cwd / "go").touch()
    until(lambda: job.json("end.json"))
    assert job.out() == "up\ndone\n"
    assert job.run()["state"] == "lost"


def test_a_killed_job_failed_by_signal_9(job: Job) -> None:
    viewer = job.start("sh", "-c", "echo up; exec sleep 60")
    job.up()
    until(lambda: len(job.jobs()) == 1)
    kill(job.jobs()[0])
    assert job.ended(viewer)[0] == 137
    run = job.run()
    assert (run["state"], run["why"]) == ("failed", "killed by SIGKILL")


def test_a_killed_group_is_lost(job: Job) -> None:
    viewer = job.start("sh", "-c", "echo up; sleep 60")
    os.killpg(job.up()["child"]["pid"], signal.SIGKILL)
    assert job.ended(viewer)[0] == 4
    assert job.run()["state"] == "lost"


def lost(job: Job) -> dict[str, Any]:
    """The newest run, after all its processes were killed."""
    start = job.json("start.json")
    kill(start["supervisor"]["pid"])
    os.killpg(start["child"]["pid"], signal.SIGKILL)
    until(lambda: not members(start["child"]["pid"]))
    run = job.run()
    assert run["state"] == "lost"
    return run


def seconds(run: dict[str, Any]) -> float:
    ended, started = (datetime.fromisoformat(run[name]) for name in ("ended", "started"))
    return (ended - started).total_seconds()


def test_a_lost_run_lasted_until_its_last_output(job: Job) -> None:
    job.start("sh", "-c", "echo up; sleep 2; echo more; sleep 60", options=("--gpus", "2"))
    job.up()
    until(lambda: "more" in job.out())
    run = lost(job)
    assert 2 <= seconds(run) < 5
    meta = json.loads(job.mlk("--json", "runs", job.card))["meta"]
    assert meta["gpu_hours"] == pytest.approx(2 * seconds(run) / 3600)


def test_a_lost_run_lasted_until_it_was_seen_alive_last(job: Job) -> None:
    job.start("sh", "-c", "echo up; sleep 60")
    start = job.up()
    kill(start["supervisor"]["pid"])
    for file in job.folder.iterdir():
        os.utime(file, (1e9, 1e9))
    time.sleep(1.5)
    assert job.run()["state"] == "orphan"
    assert 1 < seconds(lost(job)) < 10
    events = json.loads(job.mlk("--json", "history", job.card))["data"]
    of_runs = [one for one in events if one["kind"].startswith("run.")]
    assert [one["kind"] for one in of_runs] == ["run.started", "run.changed", "run.ended"]
    assert [one["at"] for one in of_runs] == sorted(one["at"] for one in of_runs)


def test_how_long_a_run_lasted_that_gave_no_sign_of_life_is_not_known(job: Job) -> None:
    job.start("sh", "-c", "echo up; sleep 60", options=("--gpus", "2"))
    job.up()
    for file in job.folder.iterdir():
        os.utime(file, (1e9, 1e9))
    run = lost(job)
    assert run["ended"] is None
    meta = json.loads(job.mlk("--json", "runs", job.card))["meta"]
    assert (meta["gpu_hours"], meta["runs_of_unknown_gpu_hours"]) == (0, 1)
    assert job.card_now()["blocked"] is not None


def test_stop_ends_a_detached_run(job: Job) -> None:
    job.ended(job.start("sh", "-c", SLOW, options=("--detach",)))
    job.up()
    job.mlk("stop", job.folder.name)
    run = job.run()
    assert (run["state"], run["exit"]) == ("killed", 3)
    assert job.card_now()["blocked"] is None
    job.mlk("stop", job.folder.name, code=1)


def test_detach_comes_back_at_once(job: Job) -> None:
    code, out, err = job.ended(job.start("sh", "-c", QUICK, options=("--detach",)))
    assert (code, out) == (0, "")
    assert job.folder.name in err
    assert job.json("end.json") == {}
    until(lambda: job.json("end.json"))
    assert job.mlk("logs", job.folder.name[-5:]) == "up\ndone\n"


def test_logs_follow_to_the_end(job: Job) -> None:
    job.ended(job.start("sh", "-c", QUICK, options=("--detach",)))
    assert job.mlk("logs", "-f", job.folder.name) == "up\ndone\n"


def test_a_tmux_session_that_is_killed_leaves_the_job(job: Job) -> None:
    needs("tmux")
    name = f"mlk-d-{os.getpid()}"
    words = " ".join([*PROGRAM, "run", job.card, "--", "sh", "-c", f"'{QUICK}'"])
    tmux = ["tmux", "-L", name, "-f", "/dev/null"]
    env = job.env | {"TERM": "xterm", "TMUX_TMPDIR": str(job.cwd)}
    subprocess.run([*tmux, "new", "-d", "-s", name, words], env=env, cwd=job.cwd, check=True)
    try:
        job.up()
        subprocess.run([*tmux, "kill-session", "-t", name], env=env, check=True)
        until(lambda: job.json("end.json"))
        assert job.out() == "up\ndone\n"
        assert job.json("end.json")["exit"] == 5
    finally:
        subprocess.run([*tmux, "kill-server"], env=env, check=False, capture_output=True)


# Forged: what another machine, another boot or another process with the number looks like


def forge(job: Job, **changes: object) -> None:
    values = {**job.json("start.json"), **changes}
    (job.folder / "start.json").write_text(json.dumps(values))


@pytest.mark.parametrize(
    ("changes", "state", "evidence"),
    [
        ({"host": "gpu2"}, "unknown", "started on gpu2"),
        ({"boot_id": "another"}, "lost", "restarted before"),
        ({"pid_ns": "pid:[1]"}, "unknown", "another container"),
        (
            {"child": {"pid": 1, "start": "0"}, "supervisor": {"pid": 1, "start": "0"}},
            "lost",
            "none of its processes is left",
        ),
        ({"child": {"pid": 1, "start": "0"}}, "running", "the job has ended"),
    ],
)
def test_numbers_of_processes_mean_something_only_where_they_were_given(
    job: Job, changes, state, evidence
) -> None:
    job.ended(job.start("sh", "-c", SLOW, options=("--detach",)))
    start = job.up()
    forge(job, **changes)
    run = job.run()
    assert run["state"] == state
    assert evidence in run["evidence"]
    kill(start["supervisor"]["pid"])
    os.killpg(start["child"]["pid"], signal.SIGKILL)


def test_what_is_silent_elsewhere_is_stale(job: Job) -> None:
    job.ended(job.start("sh", "-c", SLOW, options=("--detach",)))
    start = job.up()
    kill(start["supervisor"]["pid"])
    forge(job, host="gpu2")
    os.utime(job.folder / "start.json", (1, 1))
    assert job.run()["state"] == "stale"
    os.killpg(start["child"]["pid"], signal.SIGKILL)


def test_a_run_of_another_host_that_ended_is_taken_in(job: Job) -> None:
    job.ended(job.start("true", options=("--detach",)))
    until(lambda: job.json("end.json"))
    forge(job, host="gpu2", boot_id="another")
    run = job.run()
    assert (run["state"], run["host"]) == ("finished", "gpu2")
    assert job.card_now()["stage"] == "Evaluation"


def test_a_job_that_removes_the_folder_of_its_run_ends_all_the_same(job: Job) -> None:
    viewer = job.start("sh", "-c", 'rm -r "$MLKANBAN_HOME/runs/$MLKANBAN_RUN"; echo up; exit 5')
    code, out, err = job.ended(viewer)
    assert (code, out) == (5, "up\n")
    assert "rc.tmp" not in err
    run = job.run()
    assert (run["state"], run["exit"]) == ("failed", 5)


def test_a_viewer_stops_a_job_that_removed_the_folder_of_its_run(job: Job) -> None:
    wait = "echo up; until [ -e go ]; do sleep 0.05; done;"
    remove = 'rm -r "$MLKANBAN_HOME/runs/$MLKANBAN_RUN"; touch gone; exec sleep 60'
    viewer = job.start("sh", "-c", wait + remove)
    assert viewer.stdout is not None
    assert viewer.stdout.readline() == b"up\n", "it has the logs open"
    (job.cwd / "go").touch()
    until(lambda: (job.cwd / "gone").exists())
    viewer.send_signal(signal.SIGTERM)
    assert job.ended(viewer)[0] == 128 + signal.SIGTERM
    assert job.run()["state"] in ("failed", "killed")


def test_a_run_whose_processes_are_held_is_stopped(job: Job) -> None:
    job.start("sh", "-c", SLOW, options=("--detach",))
    start = job.up()
    for name in ("supervisor", "child"):
        kill(start[name]["pid"], signal.SIGSTOP)
    job.mlk("stop", job.folder.name)
    assert not members(start["child"]["pid"])
    until(lambda: job.json("end.json"))
    assert job.run()["state"] == "killed"


def test_what_a_held_supervisor_cannot_write_down_the_shell_did(job: Job) -> None:
    job.start("sh", "-c", "echo up; while [ ! -e go ]; do sleep 0.1; done", options=("--detach",))
    start = job.up()
    kill(start["supervisor"]["pid"], signal.SIGSTOP)
    try:
        (job.cwd / "go").touch()
        until(lambda: (job.folder / "rc").exists())
        until(lambda: not members(start["child"]["pid"]))
        assert job.run()["state"] == "finished"
    finally:
        kill(start["supervisor"]["pid"], signal.SIGCONT)
