"""Where the values of a run are looked for, and how often, with readers that only count."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlkanban.runs import series_reader as module
from mlkanban.runs.local.folder import RunFolder
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.series import RunSeries, SeriesBuilder
from mlkanban.runs.model.state import RunState
from mlkanban.runs.series_reader import SeriesReader
from mlkanban.runs.trackers.tracker import GoingOn, LiveRecord

AUC = {"name": "auc"}
OWN = Run("20261130-053000-abcdef01", RunState.RUNNING, started="2026-11-30T05:30:00Z")


def having(name: str, points: int = 2) -> RunSeries:
    builder = SeriesBuilder(name)
    for step in range(points):
        builder.add(0.5, step)
    return RunSeries({name: builder.series})


class Trackers:
    """What trackers keep, by the name of the run; `read` are those that were asked."""

    def __init__(self) -> None:
        self.kept: dict[str, RunSeries] = {}
        self.read: list[str] = []

    def __call__(self, ref: str, where: Path, name: str, argv: Sequence[str] = ()) -> "Source":
        return Source(self, ref)


class Source:
    def __init__(self, trackers: Trackers, ref: str) -> None:
        self._trackers, self._ref = trackers, ref

    def read(self) -> RunSeries:
        self._trackers.read.append(self._ref)
        return self._trackers.kept.get(self._ref, RunSeries(why="nothing there"))


def going_on(data: Path, run: Run = OWN, **start: object) -> RunFolder:
    """The folder of a run that was started in the data folder and goes on."""
    folder = RunFolder(data / "runs" / run.id)
    folder.make()
    record: Any = {"cwd": str(data), **start}
    folder.write_start(record)
    return folder


@pytest.fixture
def trackers(monkeypatch: pytest.MonkeyPatch) -> Trackers:
    made = Trackers()
    monkeypatch.setattr(module, "TrackerSeries", made)
    return made


def child(at: int) -> Run:
    return Run(f"mlflow:{at}", RunState.TRACKED, parent=OWN.id, where="/m.db")


def test_the_first_run_inside_that_has_the_metric_is_enough(
    tmp_path: Path, trackers: Trackers
) -> None:
    trackers.kept = {"mlflow:1": having("auc"), "mlflow:2": having("auc")}
    read = SeriesReader(tmp_path).read(OWN, AUC, [child(1), child(2)])
    assert read == replace(trackers.kept["mlflow:1"], inner="mlflow:1")
    assert trackers.read == ["mlflow:1"]


def test_a_single_value_does_not_end_the_search_for_a_curve(
    tmp_path: Path, trackers: Trackers
) -> None:
    own = replace(
        OWN, state=RunState.FINISHED, tracked="mlflow:0", where="/m.db", metrics={"auc": 0.9}
    )
    inside = [replace(child(at), metrics={"auc": 0.8 + at / 100}) for at in (12, 11, 10, 9)]
    deeper = replace(child(13), parent="mlflow:12")
    curves = {one.id: having("auc", 40) for one in inside}
    trackers.kept = {"mlflow:0": having("auc", 1), **curves}
    read = SeriesReader(tmp_path).read(own, AUC, [own, *inside, deeper])
    assert read.inner == "mlflow:10", "the value of the run is that of its best one"
    assert trackers.read == ["mlflow:0", "mlflow:10"]
    trackers.kept = {"mlflow:0": having("auc", 1), "mlflow:13": having("auc", 40)}
    assert SeriesReader(tmp_path).read(own, AUC, [own, *inside, deeper]).inner == "mlflow:13"
    trackers.kept = {"mlflow:0": having("auc", 1)}
    alone = SeriesReader(tmp_path).read(own, AUC, [own, *inside, deeper])
    assert alone is trackers.kept["mlflow:0"], "where nothing has a curve, its own value stays"


def test_a_run_inside_without_the_metric_takes_nothing_away(
    tmp_path: Path, trackers: Trackers
) -> None:
    own = Run(OWN.id, RunState.FINISHED, tracked="mlflow:0", where="/m.db")
    trackers.kept = {"mlflow:0": having("loss"), "mlflow:1": having("other")}
    read = SeriesReader(tmp_path).read(own, AUC, [child(1)])
    assert read is trackers.kept["mlflow:0"]


def test_a_curve_of_another_metric_is_better_than_a_value_of_it(
    tmp_path: Path, trackers: Trackers
) -> None:
    own = Run(OWN.id, RunState.LOST, started=OWN.started)
    killed, whole = (
        Run(f"optuna:s/{at}", RunState.TRACKED, parent=own.id, where="/o.db", experiment="s")
        for at in (16, 15)
    )
    trackers.kept = {killed.id: having("value", 1), whole.id: having("value", 3)}
    read = SeriesReader(tmp_path).read(own, AUC, [own, killed, whole])
    assert (read.inner, [*read.series]) == (whole.id, ["value"])


def test_trackers_are_not_searched_with_every_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    going_on(tmp_path)
    searched: list[GoingOn] = []
    seconds = [0.0]

    def search(run: GoingOn, paths: list[Path]) -> tuple[list[LiveRecord], list[str]]:
        searched.append(run)
        return [], []

    monkeypatch.setattr(module, "records_of", search)
    monkeypatch.setattr("mlkanban.runs.series_reader.time.monotonic", lambda: seconds[0])
    reader = SeriesReader(tmp_path)
    for now, times in ((0.0, 1), (2.0, 1), (29.0, 1), (30.0, 2)):
        seconds[0] = now
        reader.read(OWN, AUC)
        assert len(searched) == times


def test_other_values_of_the_log_stay_where_no_tracker_has_the_metric(tmp_path: Path) -> None:
    going_on(tmp_path).out.write_text("mlkanban: step=1 loss=0.5\n")
    read = SeriesReader(tmp_path).read(OWN, AUC)
    assert [*read.series] == ["loss"]
