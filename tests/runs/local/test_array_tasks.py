"""The logs of the tasks of an array, and what they reported."""

from pathlib import Path

from mlkanban.runs.local.array_tasks import file_of, files_by_number, tasks_report, write_apart
from mlkanban.runs.model.records import JobRecord
from mlkanban.runs.model.state import RunState
from mlkanban.runs.model.task_end import TaskEnd


def ended(task: str, state: str = "finished", raw: str = "", why: str = "") -> TaskEnd:
    return TaskEnd(task, "WORD", RunState(state), None, 60, 100, why, raw)


def test_files_are_told_by_the_number_in_their_names(tmp_path: Path) -> None:
    folder = tmp_path / "a [1]"
    folder.mkdir()
    for name in ("log-007-n1.out", "log-10-n2.out", "log-x-n1.out", "log-10-n2.out.old"):
        (folder / name).touch()
    found = files_by_number(f"{folder}/log-*-?*.out")
    assert {number: file.name for number, file in found.items()} == {
        7: "log-007-n1.out", 10: "log-10-n2.out",
    }  # fmt: skip


def test_each_task_has_its_own_values(tmp_path: Path) -> None:
    (tmp_path / "s-1.out").write_text("mlkanban: auc=0.91\n")
    (tmp_path / "s-2.out").write_text("mlkanban: auc=nan\n")
    job: JobRecord = {"stdout": f"{tmp_path}/s-*.out", "by": "task", "task_params": {"seed": "{}"}}
    assert write_apart(job)
    ends = [ended("7_2", "failed", why="exit 1"), ended("7_1"), ended("7_3")]
    found = tasks_report(job, ends, [("7_1", 1, 40, 20), ("7_1", 1, 10, 5), ("7_3", 1, 50, 60)])
    assert found["tasks"] == [
        [1, "finished", 60, "", {"auc": 0.91}, 10, 100], [2, "failed", 60, "exit 1", {}, None, 100],
        [3, "finished", 60, "", {}, 50, 100],
    ]  # fmt: skip
    assert found["unread"] == ["task 2: auc=nan"]
    assert found["task_params"] == {"seed": "{}"}


def test_files_may_have_the_number_of_the_job(tmp_path: Path) -> None:
    (tmp_path / "s-93.out").write_text("mlkanban: auc=0.91\n")
    job: JobRecord = {"stdout": f"{tmp_path}/s-*.out", "by": "job"}
    ends = [ended("7_1", raw="93")]
    assert tasks_report(job, ends)["tasks"] == [[1, "finished", 60, "", {"auc": 0.91}, None, 100]]
    assert file_of(job, job["stdout"], 1, ends) == tmp_path / "s-93.out"
    assert file_of(job, job["stdout"], 2, ends) is None


def test_one_file_of_all_tasks_is_no_report_of_each() -> None:
    assert not write_apart({"stdout": "/w/all.out", "by": "all"})
    assert not write_apart({"stdout": "/w/all-?*.out", "by": "all"})
    assert write_apart({"stdout": "/w/slurm-1_*.out"}), "as an earlier version wrote it"
