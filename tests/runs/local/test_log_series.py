"""The series in the log of a run, read on while it is written."""

from pathlib import Path

import pytest

from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.local.log_series import LogSeries


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
