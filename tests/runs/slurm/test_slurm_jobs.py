"""Jobs of SLURM from their submission to their end, with programs that answer as SLURM's do."""

import json
import os
import re
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.runs.jobs import PROGRAM, Job

NUMBER = "4242"


class Cluster:
    """sbatch, squeue, sacct and scontrol that answer what they are told to."""

    def __init__(self, job: Job, folder: Path) -> None:
        self._job = job
        self.folder = folder
        self.bin = job.cwd / "slurm-bin"
        self.bin.mkdir()
        self.work = folder
        self.work.mkdir(exist_ok=True)
        self.log = self.work / f"slurm-{NUMBER}.out"
        (self.work / "train.sh").write_text("#!/bin/sh\n")
        self.program(
            "sbatch", f'printf "%s" "${{2#--comment=}}" > "{self.bin}/label"; echo {NUMBER}'
        )
        for name in ("squeue", "sacct"):
            self.says(name)
        self.control(1000)
        job.env["PATH"] = f"{self.bin}:{job.env['PATH']}"

    def program(self, name: str, script: str) -> None:
        (self.bin / name).write_text(f"#!/bin/sh\n{script}\n")
        (self.bin / name).chmod(0o755)

    @property
    def label(self) -> str:
        return (self.bin / "label").read_text()

    def says(self, name: str, *lines: str) -> None:
        """Answer with these lines, which end with the comment and the folder of the job."""
        text = "".join(f"{line}|{self.work}\n" for line in lines)
        (self.bin / f"{name}.txt").write_text(text)
        self.program(name, f'cat "{self.bin}/{name}.txt"')

    def control(self, submit: int) -> None:
        self.program(
            "scontrol",
            f'echo "JobId={NUMBER} JobName=my train UserId=ada(1000) SubmitTime={submit}'
            f' StdErr={self.log} StdIn=/dev/null StdOut={self.log} WorkDir={self.work}"',
        )

    def submit(self, job: Job | None = None, *options: str) -> dict[str, Any]:
        answer = (job or self._job).mlk(
            "--json", "sbatch", self._job.card, *options, "--", str(self.work / "train.sh")
        )
        return dict(json.loads(answer)["data"])


def runs(job: Job) -> list[dict[str, Any]]:
    """The runs as the board has them, asked as if the last time was long ago."""
    stamp = job.data / "runs" / ".slurm" / "asked"
    if stamp.exists():
        os.utime(stamp, (0, 0))
    job.mlk("runs")
    return list(json.loads(job.mlk("--json", "runs"))["data"])


@pytest.fixture
def cluster(job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    made = Cluster(job, tmp_path / "my project")
    monkeypatch.setattr(job, "cwd", made.work)
    return made


def queued(state: str, submit: int, start: object, label: str, reason: str = "None") -> str:
    return f"{NUMBER}|{state}|{reason}|{submit}|{start}|N/A|{label}"


def counted(state: str, submit: int, start: int, end: object, seconds: int, label: str) -> str:
    return (
        f"{NUMBER}|{NUMBER}|{state}|0:0|{submit}|{start}|{end}|{seconds}|gpu01|gres/gpu=2|None"
        f"|{label}"
    )


def run_steps(job: Job) -> list[tuple[str, datetime]]:
    """What the runs of the card did, oldest first, with when."""
    found = json.loads(job.mlk("--json", "history", job.card))["data"]
    return [
        (one["kind"], datetime.fromisoformat(one["at"]))
        for one in found
        if one["kind"].startswith("run.")
    ]


def test_a_job_that_is_put_back_into_the_queue_is_one_run(job: Job, cluster: Cluster) -> None:
    job.mlk("edit", job.card, "--metric", "val_auc>=0.92")
    cluster.log.write_text("mlkanban: val_auc=0.95\n")
    run = cluster.submit()["id"]
    label = cluster.label
    assert label == f"mlk:{job.card_now()['label']}/{run}"
    cluster.says("squeue", queued("RUNNING", 1000, 1010, label))
    cluster.says("sacct", counted("RUNNING", 1000, 1010, "Unknown", 90, label))
    assert [one["state"] for one in runs(job)] == ["running"]
    cluster.says("squeue", queued("PENDING", 2000, "N/A", label, "BeginTime"))
    cluster.says("sacct", counted("NODE_FAIL", 1000, 1010, 2000, 990, label))
    [waits] = runs(job)
    assert (waits["state"], waits["elapsed"]) == ("queued", 990)
    assert job.card_now()["blocked"] is None
    cluster.says("squeue")
    cluster.says(
        "sacct",
        counted("NODE_FAIL", 1000, 1010, 2000, 990, label),
        counted("COMPLETED", 2000, 2100, 3100, 1000, label),
    )
    [over] = runs(job)
    assert (over["id"], over["state"], over["elapsed"]) == (run, "finished", 1990)
    assert over["metrics"] == {"val_auc": 0.95}
    assert over["evidence"] == "sacct says COMPLETED, requeued 1 time"
    steps = run_steps(job)
    assert [kind for kind, _ in steps] == [
        "run.queued", "run.started", "run.changed", "run.started", "run.ended",
    ]  # fmt: skip
    assert [at for _, at in steps] == sorted(at for _, at in steps)
    meta = json.loads(job.mlk("--json", "runs", job.card))["meta"]
    assert meta["figures"]["n"] == 1
    assert meta["gpu_hours"] == pytest.approx(2 * 1990 / 3600)


def test_a_number_is_ours_though_the_controller_did_not_answer(job: Job, cluster: Cluster) -> None:
    cluster.log.write_text("epoch 1\nmlkanban: val_auc=0.9\n")
    cluster.program("scontrol", "exit 1")
    run = cluster.submit()["id"]
    label = cluster.label.partition("/")[0]  # as an older program would have labelled it
    cluster.says("squeue", queued("RUNNING", 1000, 1010, label))
    assert [(one["id"], one["state"]) for one in runs(job)] == [(run, "running")]
    cluster.control(1000)
    runs(job)
    assert job.mlk("logs", run).startswith("epoch 1")
    cluster.says("squeue")
    cluster.says("sacct", counted("COMPLETED", 1000, 1010, 2000, 990, label))
    [over] = runs(job)
    assert (over["id"], over["metrics"]) == (run, {"val_auc": 0.9})


def test_paths_with_blanks_lose_neither_log_nor_metric(job: Job, cluster: Cluster) -> None:
    cluster.log.write_text("epoch 1 done\nmlkanban: val_auc=0.9\n")
    run = cluster.submit()["id"]
    cluster.says("sacct", counted("COMPLETED", 1000, 1010, 2000, 990, cluster.label))
    [over] = runs(job)
    assert over["metrics"] == {"val_auc": 0.9}
    assert job.mlk("logs", run).startswith("epoch 1 done")
    cluster.log.unlink()
    done = subprocess.run([*PROGRAM, "logs", run], env=job.env, capture_output=True, check=False)
    assert done.returncode == 3
    assert f"It is to be in {cluster.log}." in done.stderr.decode()


def test_jobs_of_another_store_and_those_that_name_none_are_left_alone(
    job: Job, cluster: Cluster
) -> None:
    store, _, ref = job.card_now()["label"].partition(":")
    for label in (
        f"mlk:{'0' * 8}:{ref}",
        f"mlk:{ref}",
        f"mlk:{'0' * 8}:{ref}/{'1' * 8}-{'2' * 6}-{'3' * 8}",
    ):
        cluster.says("squeue", queued("RUNNING", 1000, 1010, label))
        cluster.says("sacct", counted("RUNNING", 1000, 1010, "Unknown", 90, label))
        assert runs(job) == []
    assert not [one for one in (job.data / "runs").iterdir() if one.name != ".slurm"]
    cluster.says("squeue", queued("RUNNING", 1000, 1010, f"mlk:{store}:{ref}"))
    assert [(one["card"], one["state"]) for one in runs(job)] == [(ref, "running")]


def test_a_labelled_job_that_came_and_went_between_two_looks_is_found(
    job: Job, cluster: Cluster
) -> None:
    runs(job)
    label = f"mlk:{job.card_now()['label']}"
    cluster.says("sacct", counted("COMPLETED", 1000, 1010, 2000, 990, label))
    [found] = runs(job)
    assert (found["state"], found["elapsed"]) == ("finished", 990)
    assert len(runs(job)) == 1
    later = int(time.time()) + 5
    cluster.says("sacct", counted("COMPLETED", later, later, later + 9, 9, label))
    assert len(runs(job)) == 2, "its number was given again"


def test_a_job_without_hope_fails_and_was_never_in_training(job: Job, cluster: Cluster) -> None:
    cluster.submit()
    label = cluster.label
    cluster.says("squeue", queued("PENDING", 1000, "N/A", label, "DependencyNeverSatisfied"))
    [found] = runs(job)
    assert found["state"] == "failed"
    assert found["why"] == "a job it depends on did not succeed (DependencyNeverSatisfied)"
    card = job.card_now()
    assert (card["stage"], card["blocked"]["reason"]) == ("Ideas", "dependency")


def test_a_run_whose_number_was_never_heard_gets_it_from_its_label(
    job: Job, cluster: Cluster
) -> None:
    """Who submitted it was killed before sbatch answered."""
    run = cluster.submit()["id"]
    start = job.data / "runs" / run / "start.json"
    start.write_text(json.dumps(json.loads(start.read_text()) | {"slurm": {"job": ""}}))
    for mark in (job.data / "runs" / ".slurm").iterdir():
        mark.unlink()
    assert runs(job) == [], "it waits for sbatch"
    cluster.says("squeue", queued("RUNNING", 1000, 1010, cluster.label))
    runs(job)
    assert [(one["id"], one["state"]) for one in runs(job)] == [(run, "running")]


def test_what_sbatch_says_cannot_drive_the_terminal(job: Job, cluster: Cluster) -> None:
    cluster.program(
        "sbatch", "printf 'sbatch: no \\033]0;owned\\007 such partition\\n' >&2; exit 1"
    )
    done = subprocess.run(
        [*PROGRAM, "sbatch", job.card, "--", "x.sh"], env=job.env, capture_output=True, check=False
    )
    assert done.returncode == 2
    assert b"such partition" in done.stderr
    assert not {b"\x1b", b"\x07"} & {bytes([one]) for one in done.stderr}


def test_a_job_that_names_no_store_is_offered_and_becomes_a_run_when_asked(
    job: Job, cluster: Cluster
) -> None:
    cluster.says("squeue", queued("RUNNING", 1000, 1010, f"mlk:{job.card}"))
    told = json.loads(job.mlk("--json", "sync-runs"))["data"]
    assert [(one["ref"], one["tagged"]) for one in told["unlinked"]] == [
        (f"slurm:{NUMBER}", job.card)
    ]
    assert runs(job) == []
    job.mlk("link", job.card, "slurm:1", code=3)
    job.mlk("link", job.card, f"slurm:{NUMBER}")
    assert [(one["card"], one["state"]) for one in runs(job)] == [(job.card, "running")]
    assert json.loads(job.mlk("--json", "sync-runs"))["data"]["unlinked"] == []
    job.mlk("link", job.card, f"slurm:{NUMBER}", code=3)


def mlk(job: Job, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *words], env=job.env, cwd=job.cwd, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip


def test_a_job_that_was_waited_for_and_failed_is_a_run_with_its_exit_code(
    job: Job, cluster: Cluster
) -> None:
    cluster.program(
        "sbatch", f'printf "%s" "${{2#--comment=}}" > "{cluster.bin}/label"; echo {NUMBER}; exit 3'
    )
    cluster.says("sacct", counted("FAILED", 1000, 1010, 2000, 990, "").replace("0:0", "3:0"))
    done = mlk(job, "sbatch", job.card, "--", "--wait", "train.sh")
    assert done.returncode == 3
    assert "did not take" not in done.stderr
    assert "queued" not in done.stderr
    assert f"was job {NUMBER}, which has ended" in done.stderr
    [found] = json.loads(job.mlk("--json", "runs"))["data"]
    assert (found["state"], found["exit"]) == ("failed", 3)
    assert job.card_now()["blocked"] is not None


def test_a_job_that_was_waited_for_and_completed_is_not_called_queued(
    job: Job, cluster: Cluster
) -> None:
    cluster.program("scontrol", f'echo "JobId={NUMBER} JobState=COMPLETED SubmitTime=1000"')
    cluster.says("sacct", counted("COMPLETED", 1000, 1010, 2000, 990, ""))
    done = mlk(job, "sbatch", job.card, "--", "--wait", "train.sh")
    assert done.returncode == 0
    assert "queued" not in done.stderr
    assert "has ended" in done.stderr


def test_what_sbatch_answers_to_a_question_is_shown(job: Job, cluster: Cluster) -> None:
    cluster.program("sbatch", "echo 'sbatch: Job 3 to start at noon' >&2; echo 'slurm 22'")
    done = mlk(job, "sbatch", job.card, "--", "--test-only", "train.sh")
    assert done.returncode == 0
    assert "Job 3 to start at noon\nslurm 22" in done.stderr
    assert "did not take" not in done.stderr
    assert not [one for one in (job.data / "runs").iterdir() if one.name != ".slurm"]


@pytest.mark.parametrize(
    ("said", "maybe"),
    [
        ("Batch job submission failed: Socket timed out on send/recv operation", True),
        ("Batch job submission failed: Zero Bytes were transmitted or received", True),
        ("Unable to contact slurm controller (connect failure)", False),
    ],
)
def test_a_controller_that_does_not_answer_is_no_wrong_usage(
    job: Job, cluster: Cluster, said: str, maybe: bool
) -> None:
    cluster.program(
        "sbatch",
        f'printf "%s" "${{2#--comment=}}" > "{cluster.bin}/label"'
        f"; echo 'sbatch: error: {said}' >&2; exit 1",
    )
    done = mlk(job, "sbatch", job.card, "--", "train.sh")
    assert done.returncode == 4
    assert "SLURM's controller" in done.stderr
    cluster.says("squeue", queued("RUNNING", 1000, 1010, cluster.label))
    runs(job)
    assert [one["state"] for one in runs(job)] == (["running"] if maybe else [])


def test_a_job_that_takes_its_time_to_end_is_said_to_be_asked(job: Job, cluster: Cluster) -> None:
    run = cluster.submit()["id"]
    label = cluster.label
    cluster.says("squeue", queued("RUNNING", 1000, 1010, label))
    assert [one["state"] for one in runs(job)] == ["running"]
    cluster.program("scancel", "exit 1")
    job.mlk("stop", run, code=4)
    assert "scancel" not in json.loads(job.mlk("--json", "runs"))["data"][0]["evidence"]
    cluster.program("scancel", "true")
    done = mlk(job, "stop", run)
    assert "is stopped" not in done.stderr
    assert f"scancel was sent to job {NUMBER}" in done.stderr
    [found] = json.loads(job.mlk("--json", "runs"))["data"]
    assert re.match(r"scancel was sent at \S+; squeue says RUNNING", found["evidence"])
    assert "is being stopped" in job.mlk("history", job.card)
    cluster.says("squeue")
    cluster.says("sacct", counted(f"CANCELLED by {os.getuid()}", 1000, 1010, 2000, 990, label))
    time.sleep(2)
    [found] = json.loads(job.mlk("--json", "runs"))["data"]
    assert (found["state"], found["evidence"]) == (
        "killed",
        f"sacct says CANCELLED by {os.getuid()}",
    )


def test_a_job_that_never_started_has_no_start(job: Job, cluster: Cluster) -> None:
    cluster.submit()
    label = cluster.label
    cluster.says("squeue", queued("PENDING", 1000, "N/A", label, "Resources"))
    [waits] = runs(job)
    assert (waits["state"], waits["started"]) == ("queued", None)
    assert waits["submitted"] is not None
    cluster.says("squeue")
    cluster.says("sacct", counted(f"CANCELLED by {os.getuid()}", 1000, 1500, 1500, 0, label)
                 .replace("gpu01", "None assigned"))  # fmt: skip
    [over] = runs(job)
    assert (over["state"], over["started"]) == ("killed", None)
    assert f"killed (sacct says CANCELLED by {os.getuid()})" in job.mlk("history", job.card)
    meta = json.loads(job.mlk("--json", "runs", job.card))["meta"]
    assert (meta["gpu_hours"], meta["runs_of_unknown_gpu_hours"]) == (0, 0)


def test_each_life_of_a_job_is_told_at_its_own_time(job: Job, cluster: Cluster) -> None:
    """SLURM counts whole seconds, so the job starts before it was submitted."""
    cluster.submit()
    label, [(_, at)] = cluster.label, run_steps(job) or [("", datetime.now(UTC))]
    begun = int(at.timestamp())
    waits = begun + 1
    cluster.says("sacct",
        counted("NODE_FAIL", begun, begun, waits, 1, label),
        counted("COMPLETED", waits, waits + 1, waits + 2, 1, label),
    )  # fmt: skip
    time.sleep(4)
    [over] = runs(job)
    assert (over["state"], over["elapsed"]) == ("finished", 2)
    steps = run_steps(job)
    told = [(kind, int(at.timestamp()) - begun) for kind, at in steps if kind != "run.queued"]
    assert told == [
        ("run.started", 0), ("run.changed", 1), ("run.started", 2), ("run.ended", 3),
    ]  # fmt: skip
    assert [at for _, at in steps] == sorted(at for _, at in steps)
    assert "was put back into the queue" in job.mlk("history", job.card)


def test_a_job_whose_dependency_is_lifted_goes_on(job: Job, cluster: Cluster) -> None:
    run = cluster.submit()["id"]
    label = cluster.label
    cluster.says("squeue", queued("PENDING", 1000, "N/A", label, "DependencyNeverSatisfied"))
    for _ in range(2):
        assert [one["state"] for one in runs(job)] == ["failed"]
    assert len([kind for kind, _ in run_steps(job) if kind == "run.ended"]) == 1
    cluster.says("squeue", queued("PENDING", 1000, "N/A", label, "Resources"))
    assert [(one["id"], one["state"]) for one in runs(job)] == [(run, "queued")]
    assert job.card_now()["blocked"] is None
    cluster.says("squeue", queued("RUNNING", 1000, 1010, label))
    assert [one["state"] for one in runs(job)] == ["running"]
    assert job.card_now()["stage"] == "Training"
    cluster.says("squeue")
    cluster.says("sacct", counted("COMPLETED", 1000, 1010, 2000, 990, label))
    assert [one["state"] for one in runs(job)] == ["finished"]
    card = job.card_now()
    assert (card["stage"], card["blocked"]) == ("Evaluation", None)


def test_a_failed_job_that_is_put_into_the_queue_again_is_followed(
    job: Job, cluster: Cluster
) -> None:
    cluster.submit()
    label = cluster.label
    cluster.says("squeue", queued("FAILED", 1000, 1010, label, "NonZeroExitCode"))
    first = counted("FAILED", 1000, 1010, 2000, 990, label).replace("0:0", "3:0")
    cluster.says("sacct", first)
    assert [one["state"] for one in runs(job)] == ["failed"]
    assert job.card_now()["blocked"] is not None
    cluster.says("squeue")
    cluster.says("sacct", first, counted("COMPLETED", 2000, 2100, 3100, 1000, label))
    [over] = runs(job)
    assert (over["state"], over["elapsed"]) == ("finished", 1990)
    card = job.card_now()
    assert (card["stage"], card["blocked"]) == ("Evaluation", None)
    assert len(runs(job)) == 1
    cluster.says("sacct")
    assert [one["state"] for one in runs(job)] == ["finished"], "the queue forgot it"


def test_a_job_without_hope_can_be_cancelled(job: Job, cluster: Cluster) -> None:
    run = cluster.submit()["id"]
    cluster.says("squeue", queued("PENDING", 1, "N/A", cluster.label, "DependencyNeverSatisfied"))
    runs(job)
    cluster.program("scancel", f'echo "$@" > "{cluster.bin}/cancelled"')
    job.mlk("stop", run)
    assert (cluster.bin / "cancelled").read_text() == f"{NUMBER}\n"


def test_a_time_limit_blocks_with_the_limit_and_is_no_fault_of_others(
    job: Job, cluster: Cluster
) -> None:
    cluster.submit()
    line = counted("TIMEOUT", 1000, 1010, 15410, 14400, cluster.label)
    cluster.program(
        "sacct",
        f"case \"$*\" in *Timelimit*) echo '{NUMBER}|240';; *) echo '{line}|{cluster.work}';; esac",
    )
    [over] = runs(job)
    assert (over["state"], over["why"]) == ("failed", "ended by its time limit of 4 h")
    block = job.card_now()["blocked"]
    assert (block["reason"], block["external"]) == ("other", False)
    assert "ended by its time limit of 4 h" in block["note"]


def test_the_target_of_a_job_is_that_of_its_card_once_it_starts(job: Job, cluster: Cluster) -> None:
    cluster.log.write_text("mlkanban: val_auc=0.95\n")
    cluster.submit(None, "--metric", "val_auc>=0.92")
    assert job.card_now()["metric"] is None
    cluster.says("sacct", counted("COMPLETED", 1000, 1010, 2000, 990, cluster.label))
    [over] = runs(job)
    assert over["metrics"] == {"val_auc": 0.95}
    metric = job.card_now()["metric"]
    assert (metric["name"], metric["target"], metric["value"]) == ("val_auc", 0.92, 0.95)


def unlinked(job: Job) -> list[str]:
    told = json.loads(job.mlk("--json", "sync-runs"))["data"]
    return [one["ref"] for one in told["unlinked"]]


@pytest.mark.parametrize("seen_by", ["sync-runs", "runs", "sacct"])
def test_a_job_that_names_no_store_waits_though_the_queue_forgot_it(
    job: Job, cluster: Cluster, seen_by: str
) -> None:
    label = f"mlk:{job.card}"
    if seen_by == "sacct":
        cluster.says("sacct", counted("COMPLETED", 1000, 1010, 2000, 990, label))
    else:
        cluster.says("squeue", queued("RUNNING", 1000, 1010, label))
        job.mlk(seen_by)
        cluster.says("squeue")
    assert unlinked(job) == [f"slurm:{NUMBER}"]
    cluster.says("sacct", counted("COMPLETED", 1000, 1010, 2000, 990, label))
    job.mlk("link", job.card, f"slurm:{NUMBER}")
    assert [one["state"] for one in runs(job)] == ["finished"]
    assert unlinked(job) == []


def test_a_job_of_long_ago_is_asked_of_sacct_by_its_number(job: Job, cluster: Cluster) -> None:
    line = counted("COMPLETED", 1000, 1010, 2000, 990, f"mlk:{job.card}")
    cluster.program("sacct", f"case \"$*\" in *-j*) echo '{line}|{cluster.work}';; esac")
    assert unlinked(job) == []
    job.mlk("link", job.card, "slurm:1", code=3)
    job.mlk("link", job.card, f"slurm:{NUMBER}")
    assert [one["state"] for one in runs(job)] == ["finished"]


def failed_in_the_queue(job: Job, cluster: Cluster, status: str) -> dict[str, Any]:
    """A run of a cluster without accounting, whose job failed; squeue prints this exit status."""
    cluster.submit()
    line = queued("FAILED", 1000, 1010, cluster.label, "NonZeroExitCode")
    cluster.program("sacct", "exit 1")
    cluster.program(
        "squeue", f"case \"$*\" in *exit_code*) {status};; *) echo '{line}|{cluster.work}';; esac"
    )
    [over] = runs(job)
    return over


@pytest.mark.parametrize(
    ("status", "exit", "why", "history"),
    [
        (f"echo '{NUMBER}   256'", 1, "out of GPU memory (exit 1)", "out of GPU memory (exit 1)"),
        ("exit 1", None, "out of GPU memory", "failed (out of GPU memory)"),
    ],
)
def test_without_accounting_the_last_lines_tell_why_a_job_failed(
    job: Job, cluster: Cluster, status: str, exit: int | None, why: str, history: str
) -> None:
    cluster.log.write_text("epoch 1\ntorch.cuda.OutOfMemoryError: CUDA out of memory.\n")
    over = failed_in_the_queue(job, cluster, status)
    assert (over["state"], over["exit"], over["why"]) == ("failed", exit, why)
    assert job.card_now()["blocked"]["reason"] == "environment"
    assert history in job.mlk("history", job.card)


def test_without_accounting_the_queue_knows_the_exit_status(job: Job, cluster: Cluster) -> None:
    cluster.log.write_text("Traceback\n")
    over = failed_in_the_queue(job, cluster, f"echo '{NUMBER}   768'")
    assert (over["exit"], over["why"]) == (3, "exit 3")
    assert job.card_now()["blocked"]["reason"] == "bug"


def test_the_task_of_an_array_that_failed_is_named_with_its_last_lines(
    job: Job, cluster: Cluster
) -> None:
    files = {task: cluster.work / f"slurm-{NUMBER}_{task}.out" for task in (1, 2, 3)}
    for file in files.values():
        file.write_text("epoch 9\n")
    files[2].write_text("torch.cuda.OutOfMemoryError: CUDA out of memory.\n")
    cluster.program(
        "scontrol",
        f'echo "JobId=9 ArrayJobId={NUMBER} ArrayTaskId=3 SubmitTime=1000 StdErr={files[3]}'
        f' StdIn=/dev/null StdOut={files[3]} WorkDir={cluster.work}"',
    )
    cluster.submit()
    line = counted("COMPLETED", 1000, 1010, 2000, 990, cluster.label)
    tasks = [line.replace(NUMBER, f"{NUMBER}_{task}", 1) for task in files]
    tasks[1] = tasks[1].replace("COMPLETED|0:0", "FAILED|1:0")
    cluster.says("sacct", *tasks)
    [over] = runs(job)
    assert over["why"] == f"out of GPU memory (exit 1); 1 task of 3 failed: {NUMBER}_2"
    assert over["last_lines"] == ["torch.cuda.OutOfMemoryError: CUDA out of memory."]
    for command in ("runs", "show", "history"):
        assert f"1 task of 3 failed: {NUMBER}_2" in job.mlk(command, job.card)


def test_a_labelled_job_is_in_the_state_in_which_it_was_found(job: Job, cluster: Cluster) -> None:
    label = f"mlk:{job.card_now()['label']}"
    cluster.program("sacct", "exit 1")
    cluster.says("squeue", queued("RUNNING", 1000, 1010, label))
    job.mlk("runs")
    [found] = json.loads(job.mlk("--json", "runs"))["data"]
    assert (found["state"], found["evidence"]) == ("running", "squeue says RUNNING")
    cluster.says("squeue", queued("COMPLETED", 2000, 2100, label).replace("N/A", "3100"))
    [over] = runs(job)
    assert (over["state"], over["elapsed"]) == ("finished", 1990)


def test_a_linked_job_is_in_the_state_in_which_it_was_found(job: Job, cluster: Cluster) -> None:
    cluster.says("squeue", queued("RUNNING", 1000, 1010, f"mlk:{job.card}"))
    job.mlk("link", job.card, f"slurm:{NUMBER}")
    [found] = json.loads(job.mlk("--json", "runs"))["data"]
    assert (found["state"], found["evidence"]) == ("running", "squeue says RUNNING")


def test_an_array_of_seeds_is_one_run_with_a_value_for_each_task(
    job: Job, cluster: Cluster
) -> None:
    for task in (1, 2, 3):
        (cluster.work / f"slurm-{NUMBER}_{task}.out").write_text(f"mlkanban: val_auc=0.9{task}\n")
    pattern = cluster.work / f"slurm-{NUMBER}_4294967294.out"
    cluster.program(
        "scontrol",
        "case $1 in write) echo 'python t.py --seed $SLURM_ARRAY_TASK_ID';; *)"
        f' echo "JobId={NUMBER} ArrayJobId={NUMBER} ArrayTaskId=1-3 SubmitTime=1000'
        f' StdErr={pattern} StdIn=/dev/null StdOut={pattern} WorkDir={cluster.work}";; esac',
    )
    run = cluster.submit(None, "--metric", "val_auc>=0.88")["id"]
    line = counted("COMPLETED", 1000, 1010, 2000, 990, cluster.label)
    tasks = [line.replace(NUMBER, f"{NUMBER}_{task}", 1) for task in (1, 2, 3)]
    waits = queued("PENDING", 1000, "N/A", cluster.label, "JobArrayTaskLimit")
    cluster.says("squeue", waits.replace(NUMBER, f"{NUMBER}_[2-3%1]"))
    cluster.says("sacct", tasks[0])
    [going] = runs(job)
    assert (going["id"], going["state"]) == (run, "running")
    assert (going["tasks"]["count"], going["tasks"]["over"]) == (3, 1)
    cluster.says("squeue")
    cluster.says("sacct", *tasks)
    [over] = runs(job)
    assert (over["state"], over["elapsed"], over["metrics"]) == ("finished", 3 * 990, {})
    assert [(task["task"], task["params"], task["metrics"]) for task in over["tasks"]["ended"]] == [
        (at, {"seed": str(at)}, {"val_auc": 0.9 + at / 100}) for at in (1, 2, 3)
    ]
    meta = json.loads(job.mlk("--json", "runs", job.card))["meta"]
    assert (meta["figures"]["n"], meta["figures"]["proposal"]) == (3, "supported")
    assert meta["gpu_hours"] == pytest.approx(2 * 3 * 990 / 3600)
    assert "val_auc 0.91, 0.92, 0.93" in job.mlk("runs", job.card)
    assert job.mlk("logs", f"{run}_2") == "mlkanban: val_auc=0.92\n"
    assert job.card_now()["metric"]["value"] == 0.92, "their mean"


@pytest.mark.parametrize(
    ("log", "says"),
    [
        ("mlkanban: val_auc=0.9\nslurmstepd: error: *** JOB 4242 ON n1 CANCELLED AT"
         " 2026-11-30T22:44:06 DUE TO TIME LIMIT ***\n", "its log says: timed out or preempted"),
        ("mlkanban: val_auc=0.9\nall done\n", "its log says no reason"),
    ],
)  # fmt: skip
def test_the_log_of_a_job_that_is_gone_is_read_and_its_state_is_unknown(
    job: Job, cluster: Cluster, log: str, says: str
) -> None:
    cluster.program("sacct", "exit 1")
    cluster.submit(None, "--metric", "val_auc>=0.92")
    cluster.says("squeue", queued("RUNNING", 1000, 1010, cluster.label))
    assert [one["state"] for one in runs(job)] == ["running"]
    cluster.log.write_text(log)
    os.utime(cluster.log, (4610, 4610))
    cluster.says("squeue")
    [gone] = runs(job)
    assert (gone["state"], gone["metrics"]) == ("unknown", {"val_auc": 0.9})
    assert gone["evidence"] == (
        f"squeue has no job {NUMBER} any more, and no accounting tells how it ended; {says}"
    )
    assert gone["started"] == "1970-01-01T00:16:50.000000Z"
    assert gone["ended"] == "1970-01-01T01:16:50.000000Z", "its last sign of life"
    card = job.card_now()
    assert (card["blocked"], card["metric"]["value"]) == (None, None), "it is no result"
    assert " 1h " in job.mlk("runs", job.card)
    written = len(run_steps(job))
    cluster.log.write_text("more\n")
    runs(job)
    assert len(run_steps(job)) == written


def test_jobs_without_a_label_are_offered_an_array_as_one(job: Job, cluster: Cluster) -> None:
    lines = [
        queued("PENDING", 1000, "N/A", "(null)", "Priority").replace(NUMBER, f"{NUMBER}_[3-9%2]"),
        queued("RUNNING", 1000, 1010, "(null)").replace(NUMBER, f"{NUMBER}_2"),
        queued("RUNNING", 1000, 1010, "my own words").replace(NUMBER, "77"),
        queued("RUNNING", 1000, 1010, f"mlk:{'0' * 8}:{job.card}").replace(NUMBER, "78"),
    ]
    cluster.says("squeue", *lines)
    text = (cluster.bin / "squeue.txt").read_text()
    cluster.program(
        "squeue", f"case \"$*\" in *%F*) echo '{NUMBER}|sweep';; *) echo '{text}';; esac"
    )
    cluster.says("sacct", counted("COMPLETED", 1000, 1010, 2000, 990, "")
                 .replace(NUMBER, f"{NUMBER}_1", 1))  # fmt: skip
    told = json.loads(job.mlk("--json", "sync-runs"))["data"]["unlinked"]
    told.sort(key=lambda one: len(one["ref"]))
    assert [(one["ref"], one["name"], one["experiment"], one["tagged"]) for one in told] == [
        ("slurm:77", "my own words", "", None),
        (f"slurm:{NUMBER}", "sweep (9 tasks)", "sweep", None),
    ]
    assert told[1]["says"] == "1 of 9 tasks over"
    assert runs(job) == [], "nobody has decided"
    job.mlk("link", job.card, "slurm:78", code=3)
    job.mlk("link", job.card, f"slurm:{NUMBER}_2")
    [linked] = runs(job)
    assert (linked["job"], linked["state"]) == (f"SLURM job {NUMBER}", "running")
    assert linked["tasks"]["count"] == 9
    assert unlinked(job) == ["slurm:77"]
    job.mlk("link", job.card, f"slurm:{NUMBER}", code=3)
    job.mlk("sync-runs", "--ignore", "slurm:77")
    assert unlinked(job) == []
