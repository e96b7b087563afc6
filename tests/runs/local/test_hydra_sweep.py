"""A Hydra sweep inside a run: its jobs are tasks of the run, as those of an array."""

import os
from pathlib import Path

import pytest

from mlkanban.clock import now
from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.local.inspect import metrics_of, report
from mlkanban.runs.local.processes import here
from mlkanban.runs.model.configurations import grouped
from mlkanban.runs.model.run import Run, tasks_apart
from mlkanban.runs.model.state import RunState
from tests.runs.model.test_hydra_log import AT_ONCE, ONE_AFTER_THE_OTHER

COMMAND = ["python", "train.py", "--multirun", "lr=0.01,0.02", "seed=1"]
STARTED, ENDED = "2026-12-01T02:08:00Z", "2026-12-01T02:08:05Z"
AT = 1796090883.0


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    made = RunFolder(tmp_path / "20261201-020800-abcdef01")
    made.make()
    return made


def ended(folder: RunFolder, log: list[str], exit: int = 0, argv: list[str] = COMMAND) -> Run:
    """The run as its card keeps it, once it has ended so with this log."""
    folder.out.write_text("".join(f"{line}\n" for line in log))
    folder.write_start(
        {"card": "v1", "argv": argv, "cwd": str(folder.path.parent), "started": STARTED}
    )
    folder.write_end({"exit": exit, "ended": ENDED})
    run = Run.of_field(folder.id, report(folder, folder.start(), here(), now()))
    assert run is not None
    return run


def test_each_job_is_a_task_with_its_parameters_and_its_value(folder: RunFolder) -> None:
    run = ended(folder, ONE_AFTER_THE_OTHER)
    assert run.metrics == {}, "the value of the last job is none of all"
    assert run.results_for("val_auc") == [0.83, 0.84]
    assert run.unread == ("job 1: loss=nan",)
    first, second = tasks_apart([run])
    assert first.id == f"{run.id}_0"
    assert first.argv == ("python", "train.py", "lr=0.01", "seed=1")
    assert (first.params, second.params["lr"]) == ({"lr": "0.01", "seed": "1"}, "0.02")
    assert first.started <= second.started
    assert len(grouped([first, second])) == 2
    assert Run.of_field(run.id, run.to_field()) == run


def test_a_job_repeats_a_run_of_the_same_script_by_itself(folder: RunFolder) -> None:
    first, _ = tasks_apart([ended(folder, ONE_AFTER_THE_OTHER)])
    alone = Run("x", RunState.FINISHED, argv=("python", "train.py", "lr=0.01", "seed=2"))
    assert len(grouped([first, alone])) == 1


def test_of_a_sweep_that_failed_only_jobs_before_the_named_one_ended_well(
    folder: RunFolder,
) -> None:
    folder.err.write_text("Error executing job with overrides: ['lr=0.02', 'seed=1']\n")
    run = ended(folder, ONE_AFTER_THE_OTHER * 2, exit=1)
    assert [task.state.value for task in run.tasks] == ["finished", "failed", "lost", "lost"]
    folder.err.write_text("")
    run = ended(folder, ONE_AFTER_THE_OTHER, exit=1)
    assert [task.state.value for task in run.tasks] == ["lost", "lost"]
    assert run.results_for("val_auc") == []


def test_one_file_of_metrics_is_none_of_each(folder: RunFolder) -> None:
    folder.metrics_file.write_text('{"val_auc": 0.99}')
    run = ended(folder, ONE_AFTER_THE_OTHER)
    assert run.results_for("val_auc") == [0.83, 0.84]
    assert "metrics.json is left out: all jobs of the sweep write to it" in run.evidence


def test_a_secret_that_a_job_overrides_is_hidden(folder: RunFolder) -> None:
    log = [line.replace("seed=1", "api_key=Zx9Qw7Er5T7Kd9f") for line in ONE_AFTER_THE_OTHER]
    assert ended(folder, log).tasks[0].params["api_key"] == "***"


def sweep(root: Path, *jobs: str, swept: str = "- lr=0.01,0.02", at: float = AT) -> Path:
    """The folder of a sweep as Hydra 1.3 leaves it, each job with its log."""
    made = root / "multirun" / "2026-12-01" / "02-08-01"
    made.mkdir(parents=True)
    (made / "multirun.yaml").write_text(f"hydra:\n  overrides:\n    task:\n    {swept}\n")
    os.utime(made / "multirun.yaml", (at, at))
    for number, log in enumerate(jobs):
        job = made / str(number)
        (job / ".hydra").mkdir(parents=True)
        (job / ".hydra" / "overrides.yaml").write_text(f"- lr=0.0{number + 1}\n- seed=1\n")
        (job / "train.log").write_text(log)
    return made


LOGGED = "[2026-12-01 02:08:02,254][__main__][INFO] - mlkanban: val_auc=0.{}\n"


def test_of_jobs_at_once_the_log_of_each_tells(folder: RunFolder) -> None:
    sweep(folder.path.parent, LOGGED.format(7), LOGGED.format(8))
    run = ended(folder, AT_ONCE)
    assert run.results_for("val_auc") == [0.7, 0.8]
    assert [task.params["lr"] for task in run.tasks] == ["0.01", "0.02"]
    assert "left out" not in run.evidence


def test_what_cannot_be_told_apart_is_left_out_and_that_is_said(folder: RunFolder) -> None:
    sweep(folder.path.parent, "", "")
    run = ended(folder, [line for line in AT_ONCE if "HYDRA" not in line])
    assert [task.params["lr"] for task in run.tasks] == ["0.01", "0.02"]
    assert run.results_for("val_auc") == []
    assert run.metrics == {}
    assert "values of its jobs are left out: their log does not say whose" in run.evidence


@pytest.mark.parametrize(
    ("swept", "at", "argv"),
    [
        ("- lr=0.01,0.03", AT, COMMAND), ("- lr=0.01,0.02", AT - 600, COMMAND),
        ("- lr=0.01,0.02", AT + 600, COMMAND),
        ("- lr=0.01,0.02", AT, [word for word in COMMAND if word != "--multirun"]),
    ],
)  # fmt: skip
def test_the_sweep_of_another_run_is_none_of_it(folder: RunFolder, swept, at, argv) -> None:
    sweep(folder.path.parent, LOGGED.format(7), LOGGED.format(8), swept=swept, at=at)
    assert ended(folder, [], argv=argv).tasks == ()


def test_a_sweep_of_one_job_is_a_run(folder: RunFolder) -> None:
    run = ended(folder, ONE_AFTER_THE_OTHER[:5])
    assert (run.tasks, run.metrics) == ((), {"val_auc": 0.83})


def test_several_trainings_in_one_log_have_no_value(folder: RunFolder) -> None:
    run = ended(folder, ["mlkanban: step=0 val_auc=0.8", "mlkanban: step=1 val_auc=0.9"] * 3)
    assert run.metrics == {}
    assert run.unread == ("steps of val_auc began again 2 times: several trainings in one log",)
    folder.metrics_file.write_text('{"val_auc": 0.95}')
    assert metrics_of(folder, folder.start())[0] == ({"val_auc": 0.95}, ())
