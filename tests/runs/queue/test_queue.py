"""A queue of real jobs: each gets its turn when a slot is free, once, or is lost by name."""

import json
import os
import signal
import subprocess
from pathlib import Path

from tests.runs.jobs import PROGRAM, kill, until
from tests.runs.local.test_supervisor import private_kb
from tests.runs.queue.queues import Queue, alive
from tests.tools import needs_proc


def test_a_job_waits_for_a_slot_and_starts_by_itself_when_one_is_free(queue: Queue) -> None:
    for name in ("a", "b"):
        queue.put(name)
    until(lambda: queue.began() == ["a", "b"])
    starts, waits = max(queue.names), queue.put("c")
    queue.job.mlk("queue", "drop", starts, code=1)
    assert queue.waiting() == ["c"]
    assert queue.states()["c"] == "queued"
    assert "2/2 running, 1 waiting" in queue.job.mlk("stages")
    assert queue.began() == ["a", "b"]
    queue.end("b")
    until(lambda: queue.began() == ["a", "b", "c"])
    assert queue.waiting() == []
    queue.end()
    until(lambda: set(queue.states().values()) == {"finished"})
    history = json.loads(queue.job.mlk("--json", "history"))["data"]
    kinds = [one["kind"] for one in history if waits in str(one)]
    assert sorted(set(kinds)) == ["run.ended", "run.queued", "run.started"]


def test_a_run_that_was_lost_keeps_its_reason_over_a_restart(queue: Queue) -> None:
    queue.job.mlk("stages", "limit", "Training", "9", "--unattended", "0")
    run = queue.put("a")
    kill(queue.waiter(run))
    queue.job.mlk("runs")
    gone = "the process that waited for it is gone; it never started"
    assert [one["evidence"] for one in queue.listed()] == [gone]
    queue.forge(run, boot_id="another")
    assert [one["evidence"] for one in queue.listed()] == [gone]


def test_priority_comes_first_and_then_what_somebody_says(queue: Queue) -> None:
    queue.job.mlk("stages", "limit", "Training", "9", "--unattended", "0")
    queue.put("a"), queue.put("b")
    assert (queue.answer["state"], queue.answer["place"]) == ("queued", 2)
    queue.put("low", card=queue.card("x", "--priority", "low"))
    first = queue.put("first", card=queue.card("y", "--priority", "high"))
    assert queue.waiting() == ["first", "a", "b", "low"]
    [last] = [run for run, name in queue.names.items() if name == "low"]
    queue.job.mlk("queue", "up", last)
    queue.job.mlk("queue", "down", first[-8:])
    assert queue.waiting() == ["a", "first", "low", "b"]
    queue.job.mlk("queue", "hold", first)
    assert queue.listed()[1]["held_by"]
    assert [row["place"] for row in queue.listed()] == [1, None, 2, 3]
    queue.job.mlk("stages", "limit", "Training", "9", "--unattended", "1")
    queue.tick()
    until(lambda: queue.began() == ["a"])
    meta = json.loads(queue.job.mlk("--json", "queue"))["meta"]
    [slots] = meta["stages"]
    assert slots == {"stage": "Training", "running": 1, "unattended": 1, "waiting": 3, "held": 1}
    assert [queue.names[run["id"]] for run in meta["executing"]] == ["a"]
    text = queue.job.mlk("queue")
    assert text.startswith("Training: 0/9 attended + 1/1 running, 3 waiting (1 held)\n")
    assert "0/9 + 1/1 running, 3 waiting (1 held)" in queue.job.mlk("stages")
    queue.end("a")
    until(lambda: queue.began() == ["a", "low"])
    queue.job.mlk("queue", "release", first)
    assert queue.waiting() == ["first", "b"]


def test_a_dropped_run_never_starts_and_its_card_stays_where_it_is(queue: Queue) -> None:
    queue.job.mlk("stages", "limit", "Training", "9", "--unattended", "0")
    runs = [queue.put("a"), queue.put("b")]
    pids = [queue.waiter(run) for run in runs]
    queue.job.mlk("queue", "drop", runs[0])
    queue.job.mlk("stop", runs[1])  # which is the same for a run that waits
    assert (queue.waiting(), queue.states()) == ([], {"a": "killed", "b": "killed"})
    until(lambda: not any(map(alive, pids)))
    cards = json.loads(queue.job.mlk("--json", "list"))["data"]
    assert {card["stage"] for card in cards} == {"Ideas"}
    assert not any(card["blocked"] for card in cards)
    queue.job.mlk("queue", "drop", runs[0], code=1)


def test_what_waits_is_small_and_survives_the_terminal(queue: Queue) -> None:
    needs_proc()
    queue.job.mlk("stages", "limit", "Training", "9", "--unattended", "0")
    waiter = queue.waiter(queue.put("a"))
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        os.kill(waiter, number)
    children = Path(f"/proc/{waiter}/task/{waiter}/children").read_text().split()
    assert sum(private_kb(pid) for pid in (waiter, *map(int, children))) < 3000
    assert os.getsid(waiter) != os.getsid(0)
    assert queue.states() == {"a": "queued"}


def test_secrets_of_a_job_that_waits_are_nowhere_on_disk(queue: Queue) -> None:
    queue.job.mlk("stages", "limit", "Training", "9", "--unattended", "0")
    card = queue.card("a")
    queue.job.env["API_KEY"] = "hunter3"
    answer = queue.job.mlk(
        "--json", "run", "--queue", card, "--", "sh", "-c",
        'echo "$API_KEY $2 $MLKANBAN_CARD" | md5sum > made', "sh", "--token", "hunter2",
    )  # fmt: skip
    queue.names[json.loads(answer)["data"]["id"]] = "a"
    for file in queue.job.data.rglob("*"):
        assert not file.is_file() or b"hunter" not in file.read_bytes(), file
    del queue.job.env["API_KEY"]
    queue.job.mlk("stages", "limit", "Training", "9", "--unattended", "1")
    queue.tick()
    until(lambda: (queue.job.cwd / "made").exists() and queue.states() == {"a": "finished"})
    label = json.loads(queue.job.mlk("--json", "show", card))["data"]["label"]
    told = subprocess.run(
        ["md5sum"], input=f"hunter3 hunter2 {label}\n".encode(), capture_output=True, check=True
    )
    assert (queue.job.cwd / "made").read_bytes() == told.stdout


def test_after_a_restart_what_waited_is_lost_by_name_and_offered_again(queue: Queue) -> None:
    queue.job.mlk("stages", "limit", "Training", "9", "--unattended", "0")
    run = queue.put("a")
    queue.forge(run, boot_id="another")
    queue.job.mlk("stages", "limit", "Training", "9", "--unattended", "2")
    queue.tick()
    assert queue.states() == {"a": "lost"}
    [lost] = queue.listed()
    assert (lost["place"], lost["id"], lost["state"]) == (None, run, "lost")
    assert lost["cwd"] == str(queue.job.cwd)
    assert "mlkanban rerun RUN --queue" in queue.job.mlk("queue")
    assert queue.began() == []
    answer = json.loads(queue.job.mlk("--json", "rerun", run, "--queue"))
    queue.names[answer["data"]["id"]] = "again"
    assert answer["data"]["run_folder"] == str(queue.job.data / "runs" / answer["data"]["id"])
    until(lambda: queue.began() == ["again"])
    assert queue.listed() == []


def test_a_run_whose_waiter_was_killed_is_lost_and_the_next_one_starts(queue: Queue) -> None:
    queue.put("a"), queue.put("b")
    until(lambda: len(queue.began()) == 2)
    killed = queue.put("c")
    queue.put("d")
    kill(queue.waiter(killed))
    queue.end("a")
    until(lambda: "d" in queue.began())
    queue.end()
    until(lambda: queue.states()["d"] == "finished")
    assert (queue.states()["c"], "c" in queue.began()) == ("lost", False)


def test_runs_of_one_card_take_a_slot_each(queue: Queue) -> None:
    card = queue.card("seeds")
    for name in "abc":
        queue.put(name, card=card)
    until(lambda: len(queue.began()) == 2)
    assert (queue.began(), queue.waiting()) == (["a", "b"], ["c"])
    queue.end("a")
    until(lambda: queue.began() == ["a", "b", "c"])
    assert json.loads(queue.job.mlk("--json", "show", card))["data"]["stage"] == "Training"


def test_cards_whose_further_runs_wait_do_not_stop_the_queue(queue: Queue) -> None:
    one, two, three = (queue.card(title) for title in ("one", "two", "three"))
    queue.end()
    queue.job.mlk("stages", "limit", "Training", "9", "--unattended", "0")
    for number, card in enumerate((one, three, two, one, three)):
        queue.put(f"run{number}", card=card)
    queue.job.mlk("stages", "limit", "Training", "9", "--unattended", "2")
    queue.tick()
    until(lambda: set(queue.states().values()) == {"finished"})
    assert sorted(queue.began()) == [f"run{number}" for number in range(5)]


def test_a_finished_card_or_a_missing_one_is_not_queued(queue: Queue) -> None:
    queue.job.mlk("run", "--queue", "zz9", "--", "true", code=3)
    (queue.job.data / "board.db").rename(queue.job.cwd / "away")
    queue.job.mlk("run", "--queue", queue.job.card, "--", "true", code=4)
    assert not (queue.job.data / "queue").exists()


FAKE = """#!/bin/sh
case $1 in
--query-gpu=*) printf '0, GPU-a\\n1, GPU-b\\n2, GPU-c\\n' ;;
--query-compute-apps=*) cat "$(dirname "$0")/busy" ;;
esac
"""


def with_gpus(queue: Queue) -> Path:
    """A machine with three GPUs; on those in the file, by uuid, somebody computes."""
    folder = queue.job.cwd / "bin"
    folder.mkdir()
    (folder / "nvidia-smi").write_text(FAKE)
    (folder / "nvidia-smi").chmod(0o755)
    (folder / "busy").write_text("GPU-a\n")
    queue.job.env["PATH"] = f"{folder}:{os.environ['PATH']}"
    return folder / "busy"


def gpus_of(queue: Queue, run: str) -> str:
    return (queue.job.data / "runs" / run / "out.log").read_text().strip()


def test_jobs_get_free_gpus_of_their_own(queue: Queue) -> None:
    busy = with_gpus(queue)
    queue.job.mlk("stages", "limit", "Training", "9", "--unattended", "9")
    first = queue.put("first", "--gpus", "1")
    wide = queue.put("wide", "--gpus", "2")
    behind = queue.put("behind", "--gpus", "1")
    without = queue.put("without")
    until(lambda: sorted(queue.began()) == ["first", "without"])
    assert queue.waiting() == ["wide", "behind"]
    assert "waits for a free slot and 2 GPUs" in queue.job.mlk("queue")
    queue.end("first")
    until(lambda: "wide" in queue.began())
    assert queue.waiting() == ["behind"]
    busy.write_text("")
    queue.tick()
    until(lambda: "behind" in queue.began())
    queue.end()
    until(lambda: set(queue.states().values()) == {"finished"})
    given = [gpus_of(queue, run) for run in (first, wide, behind, without)]
    assert given == ["1", "1,2", "0", ""]
    runs = json.loads(queue.job.mlk("--json", "runs"))["data"]
    assert {run["id"]: run["gpus"] for run in runs}[wide] == 2


def test_a_job_that_may_see_some_gpus_gets_one_of_these(queue: Queue) -> None:
    with_gpus(queue)
    queue.job.env["CUDA_VISIBLE_DEVICES"] = "2"
    run = queue.put("a", "--gpus", "1")
    queue.end()
    until(lambda: queue.states() == {"a": "finished"})
    assert gpus_of(queue, run) == "2"
    done = subprocess.run(
        [*PROGRAM, "run", "--queue", "--gpus", "2", queue.job.card, "--", "true"],
        env=queue.job.env, cwd=queue.job.cwd, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, "asks for 2 GPUs" in done.stderr) == (1, True)


def test_without_nvidia_smi_gpus_cannot_be_waited_for(queue: Queue) -> None:
    queue.job.env["PATH"] = str(queue.job.cwd)
    done = subprocess.run(
        [*PROGRAM, "run", "--queue", "--gpus", "1", queue.job.card, "--", "true"],
        env=queue.job.env, cwd=queue.job.cwd, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, "no nvidia-smi on this machine" in done.stderr) == (4, True)
    assert not (queue.job.data / "runs").exists()
