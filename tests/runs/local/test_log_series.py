"""The series in the log of a run, read on while it is written."""

from pathlib import Path

import pytest

from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.local.log_series import LogSeries
from tests.runs.model.test_hydra_log import AT_ONCE, ONE_AFTER_THE_OTHER


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    made = RunFolder(tmp_path / "20261130-053000-abcdef01")
    made.make()
    return made


def write(folder: RunFolder, *lines: str, mode: str = "a") -> None:
    with folder.out.open(mode) as log:
        log.write("".join(f"{line}\n" for line in lines))


def test_a_log_is_read_on(folder: RunFolder) -> None:
    source = LogSeries(folder)
    assert source.read(over=False).series == {}
    write(folder, "epoch 1", "mlkanban: step=100 epoch=1 val_loss=0.5 val_auc=87%")
    with folder.out.open("a") as log:
        log.write("mlkanban: st")
    read = source.read(over=False)
    assert {name: one.count for name, one in read.series.items()} == {"val_loss": 1, "val_auc": 1}
    [point] = read.series["val_auc"].points
    assert (point.value, point.step, point.epoch) == (0.87, 100, 1)
    write(folder, "ep=200 epoch=2 val_auc=0,9")
    [_, point] = source.read(over=False).series["val_auc"].points
    assert (point.value, point.step) == (0.9, 200)


def test_the_beginning_of_a_very_long_log_is_not_read(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlkanban.runs.local.log_series.METRICS_BYTES", 200)
    write(folder, "mlkanban: step=1 loss=3", *["x" * 99] * 9, "mlkanban: step=2 loss=2")
    source = LogSeries(folder)
    assert [point.step for point in source.read(over=False).series["loss"].points] == [2]
    write(folder, *["x" * 99] * 9, "mlkanban: step=3 loss=1")
    assert [point.step for point in source.read(over=False).series["loss"].points] == [2, 3]


def test_a_log_that_was_truncated_starts_over(folder: RunFolder) -> None:
    source = LogSeries(folder)
    write(folder, *(f"mlkanban: step={at} loss={1 / at}" for at in range(1, 9)))
    assert source.read(over=False).series["loss"].count == 8
    write(folder, "mlkanban: step=1 loss=0.75", mode="w")
    [point] = source.read(over=False).series["loss"].points
    assert point.value == 0.75


def test_what_is_no_number_is_told_until_there_is_one_again(folder: RunFolder) -> None:
    source = LogSeries(folder)
    write(folder, "mlkanban: loss=0.5 step=x", "mlkanban: loss=nan")
    read = source.read(over=False)
    assert (read.series["loss"].unread, read.series["loss"].count) == ("loss=nan", 1)
    assert read.unread == ("step=x", "loss=nan")
    write(folder, "mlkanban: loss=0.4")
    read = source.read(over=False)
    assert (read.series["loss"].unread, read.unread) == ("", ("step=x",))


def test_the_last_line_counts_once_the_run_is_over(folder: RunFolder) -> None:
    source = LogSeries(folder)
    folder.out.write_text("mlkanban: loss=0.5")
    assert source.read(over=False).series == {}
    assert source.read(over=True).series["loss"].count == 1


def test_tasks_of_an_array_have_no_curve_in_common(folder: RunFolder, tmp_path: Path) -> None:
    for task in "12":
        (tmp_path / f"slurm-7_{task}.out").write_text("mlkanban: loss=0.5\n")
    folder.write_start({"slurm": {"job": "7", "stdout": f"{tmp_path}/slurm-7_*.out"}})
    read = LogSeries(folder).read(over=True)
    assert (read.series, read.why) == ({}, "each task of an array has a log of its own")


def test_of_a_sweep_the_newest_job_is_shown_and_named(folder: RunFolder) -> None:
    source = LogSeries(folder)
    write(folder, *ONE_AFTER_THE_OTHER[:5])
    one = source.read(over=False).series["val_auc"]
    assert (one.about, [point.value for point in one.points]) == (
        "job 0: lr=0.01 seed=1", [0.81, 0.83],
    )  # fmt: skip
    write(folder, *ONE_AFTER_THE_OTHER[5:])
    other = source.read(over=False).series["val_auc"]
    assert (other.about, [point.value for point in other.points]) == (
        "job 1: lr=0.02 seed=1", [0.82, 0.84],
    )  # fmt: skip
    first = LogSeries(folder, 0).read(over=True).series["val_auc"]
    assert first == one


def test_jobs_that_run_at_once_have_no_curve(folder: RunFolder) -> None:
    write(folder, *AT_ONCE)
    for task in (None, 0):
        read = LogSeries(folder, task).read(over=True)
        assert (read.series, read.why) == (
            {}, "its jobs wrote into one log, which does not say whose values are",
        )  # fmt: skip


def test_of_several_trainings_the_newest_is_shown(folder: RunFolder) -> None:
    write(folder, *(f"mlkanban: step={at} loss={value}" for at, value in ((0, 3), (1, 2)) * 3))
    loss = LogSeries(folder).read(over=True).series["loss"]
    assert ([point.value for point in loss.points], loss.about) == ([3, 2], "training 3 in its log")


def test_a_task_of_an_array_has_the_curve_of_its_own_log(folder: RunFolder, tmp_path: Path) -> None:
    for task in "12":
        (tmp_path / f"slurm-7_{task}.out").write_text(f"mlkanban: loss=0.{task}\n")
    folder.write_start({"slurm": {"job": "7", "stdout": f"{tmp_path}/slurm-7_*.out"}})
    [point] = LogSeries(folder, 2).read(over=True).series["loss"].points
    assert point.value == 0.2
