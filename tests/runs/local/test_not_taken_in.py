"""Runs that ended and that nobody took in yet: what commands show that only read, and what a
command does that writes."""

import json
import subprocess
from hashlib import sha256

import pytest

from tests.runs.jobs import PROGRAM, Job, until


def stage(job: Job, *words: str) -> list[str]:
    return [card["stage"] for card in json.loads(job.mlk("--json", *words))["data"]]


@pytest.mark.parametrize(("script", "where"), [("exit 2", "Training"), ("exit 0", "Evaluation")])
def test_commands_that_read_show_what_a_run_did_and_write_nothing(
    job: Job, script: str, where: str
) -> None:
    code, _, _ = job.ended(job.start("sh", "-c", script))
    before = {
        file: sha256(file.read_bytes()).hexdigest()
        for file in job.data.rglob("*") if file.is_file()
    }  # fmt: skip
    failed = bool(code)
    assert stage(job, "list") == [where]
    assert stage(job, "list", "-q", "blocked:yes") == [where] * failed
    card = job.card_now()
    assert (card["stage"], bool(card["blocked"])) == (where, failed)
    assert where in job.mlk("show", job.card)
    assert where in job.mlk("list")
    after = {file: sha256(file.read_bytes()).hexdigest() for file in before}
    assert after == before


def test_a_move_after_a_failure_that_nobody_saw_does_not_bury_it(job: Job) -> None:
    job.ended(job.start("sh", "-c", "exit 2"))
    job.mlk("move", job.card, "Evaluation")
    card = job.card_now()
    assert (card["stage"], bool(card["blocked"])) == ("Evaluation", True)
    kinds = [e["kind"] for e in json.loads(job.mlk("--json", "history", job.card))["data"]]
    assert kinds.index("run.ended") != kinds.index("card.moved")


def test_an_export_has_what_runs_did(job: Job) -> None:
    job.ended(job.start("sh", "-c", "exit 2"))
    assert '"run.ended"' in job.mlk("export", "jsonl")


def test_of_several_started_at_once_no_more_begin_than_there_is_room_for(job: Job) -> None:
    job.mlk("stages", "limit", "Training", "9", "--unattended", "2")
    cards = [json.loads(job.mlk("--json", "add", f"card {n}"))["data"]["id"] for n in range(4)]
    wait = "while [ ! -e go ]; do sleep 0.1; done"
    started = [
        subprocess.Popen(
            [*PROGRAM, "run", card, "--detach", "--", "sh", "-c", wait],
            env=job.env, cwd=job.cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for card in cards
    ]  # fmt: skip
    said = [one.communicate(timeout=60)[1].decode() for one in started]
    try:
        assert sorted(one.returncode for one in started) == [0, 0, 1, 1]
        assert (
            sum("was not started: --queue waits for a slot, --override" in text for text in said)
            == 2
        ), said
        assert len(list((job.data / "runs").iterdir())) == 2
        runs = json.loads(job.mlk("--json", "runs"))["data"]
        assert [run["state"] for run in runs] == ["running", "running"]
    finally:
        (job.cwd / "go").touch()
    until(lambda: all((f / "end.json").exists() for f in (job.data / "runs").glob("2*")))


def test_a_run_that_could_not_be_started_leaves_its_card_where_it_was(job: Job) -> None:
    hook = job.cwd / "sitecustomize.py"
    hook.write_text(
        "from mlkanban.runs.local import start\n"
        "def full(*_): raise OSError(28, 'No space left on device')\n"
        "start._supervise = full\n"
    )
    job.env["PYTHONPATH"] = f"{job.cwd}:{job.env['PYTHONPATH']}"
    before = job.card_now()
    job.mlk("run", job.card, "--", "touch", "made", code=4)
    hook.unlink()
    assert not (job.cwd / "made").exists()
    assert json.loads(job.mlk("--json", "runs"))["data"] == []
    after = job.card_now()
    assert (after["stage"], after["blocked"]) == (before["stage"], before["blocked"])


def test_a_run_ends_with_what_became_of_its_card_and_stage(job: Job) -> None:
    job.mlk("stages", "limit", "Training", "1", "--unattended", "2")
    job.mlk("add", "there", "--stage", "Training")
    code, _, err = job.ended(job.start("sh", "-c", "exit 2"))
    last = err.splitlines()[-1]
    assert code == 2
    assert last.endswith("It is blocked. Training is 2/1!: over its limit now.")
    assert "Training" not in job.mlk("--json", "runs"), "it is said once"
