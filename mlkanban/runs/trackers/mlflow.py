"""MLflow: its database (2.22 to 3.x have the same columns) and its older folder of files. MLflow
itself is never loaded: a newer one would change the file."""

from __future__ import annotations

import glob
import math
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from sys import float_info
from typing import Any

from mlkanban.core.timestamps import instant
from mlkanban.growing_file import GrowingFile
from mlkanban.runs.model.series import Series, SeriesBuilder
from mlkanban.runs.model.tracker_run import NESTED_TAG, RUN_TAG, Tracked
from mlkanban.runs.trackers.tracker import GoingOn, LiveRecord, SeriesSource, Tracker, name_of
from mlkanban.runs.trackers.values import MOST_TEXT, numbers, texts
from mlkanban.sqlite_files import SqliteFile, reading
from mlkanban.text import quantity

_STATES = {"1": "RUNNING", "2": "SCHEDULED", "3": "FINISHED", "4": "FAILED", "5": "KILLED"}
_TAIL = 4096


class MlflowDatabase:
    """The runs in a database."""

    def __init__(self, file: SqliteFile, where: Path) -> None:
        self._file, self._where = file, where
        self._columns = file.columns("runs")

    @classmethod
    def of(cls, file: SqliteFile, where: Path) -> MlflowDatabase | None:
        """None when it is none of MLflow."""
        there = {"run_uuid", "status", "start_time", "end_time"} <= file.columns("runs")
        return cls(file, where) if there else None

    @property
    def _kept(self) -> str:
        return "WHERE lifecycle_stage = 'active'" if "lifecycle_stage" in self._columns else ""

    def count(self) -> int:
        [(count,)] = self._file.rows(f"SELECT count(*) FROM runs {self._kept}")
        return int(count)

    def records(self, run: GoingOn) -> list[LiveRecord]:
        if not {"run_uuid", "key", "value"} <= self._file.columns("tags"):
            return []
        name = "name" if "name" in self._columns else "''"
        found = [*self._file.rows(
            f"SELECT runs.run_uuid, {name} FROM runs JOIN tags ON tags.run_uuid = runs.run_uuid"
            " WHERE tags.key = ? AND tags.value = ? ORDER BY start_time DESC, runs.rowid DESC",
            RUN_TAG, run.run,
        )]  # fmt: skip
        nested = self._file.rows("SELECT value FROM tags WHERE key = ?", NESTED_TAG)
        records = _records(
            [
                Tracked(f"mlflow:{uuid}", str(called or ""), metrics=self._metrics_of(uuid),
                        where=str(self._where))
                for uuid, called in found
            ],
            {f"mlflow:{outer}" for (outer,) in nested},
        )  # fmt: skip
        best = NestedSeries(run, self._where, run.metric)
        if run.direction and len(best.values(self._file)) > 1:
            make = partial(NestedSeries, run, self._where)
            records.insert(0, LiveRecord(f"nested:{run.run}", (run.metric,), make, self._where))
        return records

    def _metrics_of(self, run: str) -> dict[str, float]:
        if not {"run_uuid", "key", "value"} <= self._file.columns("latest_metrics"):
            return {}
        rows = self._file.rows("SELECT key, value FROM latest_metrics WHERE run_uuid = ?", run)
        return numbers(dict(rows))

    def runs(self) -> Iterator[Tracked]:
        metrics, params, tags = map(self._by_run, ("latest_metrics", "params", "tags"))
        since = self._no_numbers_since()
        for run, named in since.items():
            metrics.setdefault(run, {}).update(dict.fromkeys(named, math.nan))
        experiments = self._experiments()
        name, experiment = (
            column if column in self._columns else "''" for column in ("name", "experiment_id")
        )
        for run, called, status, started, ended, at in self._file.rows(
            f"SELECT run_uuid, {name}, status, start_time, end_time, {experiment} FROM runs"
            f" {self._kept} ORDER BY start_time"
        ):
            yield Tracked(
                ref=f"mlflow:{run}", name=str(called or ""), experiment=experiments.get(at, ""),
                says=str(status or ""), started=_moment(started), ended=_moment(ended),
                metrics=numbers(metrics.get(run, {})), params=texts(params.get(run, {})),
                tags=texts(tags.get(run, {})), where=str(self._where), since=since.get(run, {}),
            )  # fmt: skip

    def _experiments(self) -> dict[Any, str]:
        if not {"experiment_id", "name"} <= self._file.columns("experiments"):
            return {}
        rows = self._file.rows("SELECT experiment_id, name FROM experiments")
        return {at: str(name) for at, name in rows}

    def _by_run(self, table: str) -> dict[str, dict[str, Any]]:
        values: dict[str, dict[str, Any]] = {}
        if {"run_uuid", "key", "value"} <= self._file.columns(table):
            for run, key, value in self._file.rows(f"SELECT run_uuid, key, value FROM {table}"):
                values.setdefault(run, {})[str(key)] = value
        return values

    def _no_numbers_since(self) -> dict[str, dict[str, int]]:
        """The metrics of each run that are NaN by now, and the step since which they are: MLflow
        keeps 0 for NaN, and says so beside it."""
        counts: dict[str, dict[str, int]] = {}
        if not {"is_nan", "step"} <= self._file.columns("latest_metrics"):
            return counts
        for run, key, step in self._file.rows(
            "SELECT run_uuid, key, step FROM latest_metrics WHERE is_nan"
        ):
            [(first,)] = self._file.rows(
                "SELECT min(step) FROM metrics WHERE run_uuid = ?1 AND key = ?2 AND is_nan AND"
                " step > (SELECT coalesce(max(step), -9e18) FROM metrics"
                " WHERE run_uuid = ?1 AND key = ?2 AND NOT is_nan)",
                run, key,
            )  # fmt: skip
            counts.setdefault(run, {})[str(key)] = int(step if first is None else first)
        return counts


def _series(ref: str, where: Path, name: str, argv: Sequence[str]) -> SeriesSource:
    source = FolderSeries if where.is_dir() else DatabaseSeries
    return source(name_of(ref), where, name)


TRACKER = Tracker("mlflow", ("mlflow.db", "mlruns"), _series, ("MLFLOW_TRACKING_URI",))


def _records(found: Sequence[Tracked], outer: Collection[str]) -> list[LiveRecord]:
    """What is kept of the runs that were begun in the same run of ours. Those in which others are
    nested, of the refs in `outer`, are not counted among them."""
    many = sum(tracked.ref not in outer for tracked in found)
    nested = many < len(found)
    return [_record(tracked, many, outer=tracked.ref in outer, nested=nested) for tracked in found]


def _record(tracked: Tracked, many: int, *, outer: bool, nested: bool) -> LiveRecord:
    where, name = Path(tracked.where), tracked.name or tracked.ref
    about = f"run {name}, one of {many}{' nested runs' * nested}" if many > 1 else ""
    about = f"outer run {name}" if outer and many else about
    return LiveRecord(
        tracked.ref, tuple(tracked.metrics), lambda name: _series(tracked.ref, where, name, ()),
        where, about,
    )  # fmt: skip


class DatabaseSeries:
    """The values of a metric of a run in a database, each read once."""

    def __init__(self, run: str, where: Path, name: str) -> None:
        self._run, self._where = run, where
        self._series = SeriesBuilder(name)
        self._newest = 0

    def read(self) -> Series:
        with reading(self._where) as file:
            columns = file.columns("metrics")
            if not {"run_uuid", "key", "value", "timestamp"} <= columns:
                return self._series.series
            step, nan = (name if name in columns else "NULL" for name in ("step", "is_nan"))
            [(newest,)] = file.rows("SELECT coalesce(max(rowid), 0) FROM metrics")
            if newest < self._newest:  # rows were deleted: they may have other numbers now
                self._series, self._newest = SeriesBuilder(self._series.name), 0
            for value, ms, step_, is_nan in file.rows(
                f"SELECT value, timestamp, {step}, {nan} FROM metrics"
                " WHERE run_uuid = ? AND key = ? AND rowid > ? ORDER BY rowid",
                self._run, self._series.name, self._newest,
            ):  # fmt: skip
                number = math.nan if is_nan else float(value)
                self._series.add(number, step_, at=ms / 1000)
            self._newest = newest
        return self._series.series


class NestedSeries:
    """The best value so far after each finished run that is nested in another one, of those that
    were begun in the same run of ours."""

    def __init__(self, run: GoingOn, where: Path, name: str) -> None:
        self._run, self._where, self._name = run, where, name

    def values(self, file: SqliteFile) -> list[tuple[float, int]]:
        """The values of these runs with when each ended (milliseconds), in that order."""
        columns = file.columns("latest_metrics")
        if not {"run_uuid", "key", "value"} <= columns:
            return []
        nan = "is_nan" if "is_nan" in columns else "0"
        rows = file.rows(
            f"SELECT value, end_time, {nan} FROM runs JOIN latest_metrics USING (run_uuid)"
            " WHERE latest_metrics.key = ? AND status = 'FINISHED' AND run_uuid IN"
            " (SELECT run_uuid FROM tags WHERE key = ? AND value = ?) AND run_uuid IN"
            " (SELECT run_uuid FROM tags WHERE key = ?) ORDER BY end_time",
            self._name, RUN_TAG, self._run.run, NESTED_TAG,
        )  # fmt: skip
        known = [(float(value), int(ended or 0)) for value, ended, is_nan in rows if not is_nan]
        return [(value, ended) for value, ended in known if abs(value) < float_info.max]

    def read(self) -> Series:
        with reading(self._where) as file:
            values = self.values(file)
        better = min if self._run.direction == "<=" else max
        series, best = SeriesBuilder(self._name), None
        for value, ended in values:
            best = value if best is None else better(best, value)
            series.add(best, at=ended / 1000)
        about = f"best of {quantity(len(values), 'finished nested run')}"
        return replace(series.series, about=about, best_so_far=True)


class FolderSeries:
    """The values of a metric of a run in a folder of files, each read once."""

    def __init__(self, run: str, where: Path, name: str) -> None:
        found = next(where.glob(f"*/{glob.escape(run)}/metrics"), where / "none")
        self._file = GrowingFile(found / name)
        self._series = SeriesBuilder(name)

    def read(self) -> Series:
        try:
            new = self._file.read()
        except FileNotFoundError:
            return self._series.series
        if new.anew:
            self._series = SeriesBuilder(self._series.name)
        for line in new.lines:
            with suppress(ValueError, IndexError):
                ms, value, step = line.split()[:3]
                self._series.add(float(value), float(step), at=int(ms) / 1000)
        return self._series.series


class MlflowFolder:
    """The runs in a folder such as `mlruns`: experiments, in them runs, in each a meta.yaml."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @classmethod
    def of(cls, path: Path) -> MlflowFolder | None:
        """None when it is none of MLflow."""
        return cls(path) if any(path.glob("*/meta.yaml")) else None

    def count(self) -> int:
        """Those that were not deleted."""
        return sum(1 for _ in self._active())

    def _active(self) -> Iterator[tuple[Path, dict[str, str]]]:
        for meta in sorted(self._root.glob("*/*/meta.yaml")):
            known = _meta(_text(meta))
            if known.get("lifecycle_stage", "active") == "active" and "run_id" in known:
                yield meta.parent, known

    def records(self, run: GoingOn) -> list[LiveRecord]:
        files = [
            file for file in self._root.glob(f"*/*/tags/{RUN_TAG}")
            if _text(file).strip() == run.run
        ]  # fmt: skip
        found = []
        folders = [file.parent.parent for file in files]
        for folder in folders:
            known = _meta(_text(folder / "meta.yaml"))
            metrics = numbers({name: _last(file) for name, file in _files(folder / "metrics")})
            tracked = Tracked(
                f"mlflow:{folder.name}", known.get("run_name", ""), where=str(self._root),
                started=_moment(known.get("start_time")), metrics=metrics,
            )  # fmt: skip
            found.append(tracked)
        found.sort(key=lambda tracked: tracked.started, reverse=True)
        outer = {f"mlflow:{_text(folder / 'tags' / NESTED_TAG).strip()}" for folder in folders}
        return _records(found, outer)

    def runs(self) -> Iterator[Tracked]:
        experiments: dict[Path, str] = {}
        for folder, known in self._active():
            above = folder.parent
            if above not in experiments:
                experiments[above] = _meta(_text(above / "meta.yaml")).get("name", "")
            metrics = numbers({n: _last(f) for n, f in _files(folder / "metrics")})
            wrong = [name for name, value in metrics.items() if value != value]
            yield Tracked(
                ref=f"mlflow:{known['run_id']}",
                name=known.get("run_name", ""),
                experiment=experiments[above],
                says=_STATES.get(known.get("status", ""), known.get("status", "")),
                started=_moment(known.get("start_time")),
                ended=_moment(known.get("end_time")),
                metrics=metrics,
                since={name: _nan_since(folder / "metrics" / name) for name in wrong},
                params={name: _text(file) for name, file in _files(folder / "params")},
                tags={name: _text(file) for name, file in _files(folder / "tags")},
                where=str(self._root),
            )


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            yield file.relative_to(folder).as_posix(), file


def _meta(text: str) -> dict[str, str]:
    """The plain `key: value` lines that MLflow writes; YAML's other shapes are not in use there."""
    pairs = (line.partition(": ") for line in text.splitlines() if ": " in line)
    return {key.strip(): value.strip().strip("'\"") for key, _, value in pairs}


def _last(file: Path) -> float | None:
    """The value of the last whole line, `ms value step`."""
    with suppress(OSError, ValueError, IndexError), file.open("rb") as source:
        source.seek(max(0, source.seek(0, 2) - _TAIL))
        whole = source.read().decode(errors="replace").rpartition("\n")[0]
        return float(whole.rpartition("\n")[2].split()[1])
    return None


def _nan_since(file: Path) -> int:
    """The step since which the values of a file are NaN."""
    since = 0
    with suppress(OSError, ValueError, IndexError), file.open(errors="replace") as source:
        before = 0.0
        for line in source:
            value, step = line.split()[1:3]
            if math.isnan(float(value)) and not math.isnan(before):
                since = int(step)
            before = float(value)
    return since


def _text(file: Path) -> str:
    with suppress(OSError), file.open(encoding="utf-8", errors="replace") as source:
        return source.read(MOST_TEXT)
    return ""


def _moment(ms: Any) -> str:
    with suppress(TypeError, ValueError, OverflowError, OSError):
        return instant(datetime.fromtimestamp(int(ms) / 1000, UTC)) if ms else ""
    return ""
