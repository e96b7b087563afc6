"""TensorBoard: a run is a folder with event files. They tell nothing of its card or its state."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from mlkanban.core.timestamps import instant
from mlkanban.errors import BadInput
from mlkanban.runs.model.series import Series, SeriesBuilder
from mlkanban.runs.model.tracker_run import Tracked
from mlkanban.runs.trackers.event_files import scalars

_NAME = "events.out.tfevents."
_DEEP = 6
_MOST_FOLDERS = 5_000
_MOST_SCALARS = 1_000_000
"""Of a run: what comes after is not read, and that is said."""


class TensorboardFolder:
    """The runs at or below a folder such as `runs` or `lightning_logs`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @classmethod
    def of(cls, path: Path) -> TensorboardFolder | None:
        """None when there is no event file."""
        return cls(path) if any(holds for _, holds in _below(path)) else None

    def count(self) -> int:
        return sum(holds for _, holds in _below(self._root))

    def runs(self) -> Iterator[Tracked]:
        problem = ""
        seen = 0
        for folder, holds in _below(self._root):
            seen += 1
            if not holds:
                continue
            values = _FolderValues()
            try:
                for file in sorted(folder.iterdir()):
                    if file.name.startswith(_NAME):
                        values.read(file)
            except OSError as error:
                problem = problem or f"{error.filename} cannot be read: {error.strerror}."
            if values.full:
                problem = problem or (
                    f"{folder} holds more than {_MOST_SCALARS:,} scalars: the later ones were not"
                    " read."
                )
            yield Tracked(
                ref=f"tensorboard:{folder}", experiment=self._root.name,
                name=folder.relative_to(self._root).as_posix() if folder != self._root else "",
                started=values.started, metrics=values.metrics, where=str(self._root),
                since=values.since,
            )  # fmt: skip
        if seen == _MOST_FOLDERS:
            problem = problem or f"{self._root} has more folders than the {seen:,} looked into."
        if problem:
            raise BadInput(problem, "")


def _below(root: Path) -> Iterator[tuple[Path, bool]]:
    """The folders there, the first few thousand and not those in the depths, and whether each holds
    event files."""
    for folder, below, files in islice(os.walk(root), _MOST_FOLDERS):
        path = Path(folder)
        below[:] = sorted(below) if len(path.relative_to(root).parts) < _DEEP else []
        yield path, any(name.startswith(_NAME) for name in files)


class EventFileSeries:
    """The values of a tag in the event files of a folder, each read once."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._series = SeriesBuilder(name)
        self._read: dict[Path, int] = {}

    def read(self) -> Series:
        files = [file for file in sorted(self._folder.iterdir()) if file.name.startswith(_NAME)]
        if any(file.stat().st_size < self._read.get(file, 0) for file in files):
            self._series, self._read = SeriesBuilder(self._series.name), {}
        for file in files:
            if file.stat().st_size > self._read.get(file, 0):
                self._read_on(file)
        return self._series.series

    def _read_on(self, file: Path) -> None:
        with file.open("rb") as source:
            source.seek(self._read.get(file, 0))
            for scalar in scalars(source):
                if scalar is not None and scalar.tag == self._series.name:
                    self._series.add(scalar.value, scalar.step, at=scalar.at)
            self._read[file] = source.tell()


class _FolderValues:
    """The values in the files of one run, as far as these were read."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}
        self._least: dict[str, float] = {}
        self._most: dict[str, float] = {}
        self._count = 0
        self.since: dict[str, int] = {}
        self.started = ""

    @property
    def full(self) -> bool:
        return self._count >= _MOST_SCALARS

    @property
    def metrics(self) -> dict[str, float]:
        """The last value of every tag, and the least and the most where those are others: which of
        them is the best one only the card knows."""
        made = dict(self._last)
        for end, some in ((".min", self._least), (".max", self._most)):
            made |= {tag + end: v for tag, v in some.items() if v != self._last[tag]}
        return made

    def read(self, file: Path) -> None:
        with file.open("rb") as source:
            for scalar in scalars(source):
                if self.full:
                    return
                self._count += 1
                if scalar is None:
                    continue
                if not self.started:
                    with suppress(OverflowError, OSError, ValueError):
                        self.started = instant(datetime.fromtimestamp(scalar.at, UTC))
                tag, value = scalar.tag, scalar.value
                self._last[tag] = value
                if value != value:  # NaN
                    self.since.setdefault(tag, scalar.step)
                else:
                    self.since.pop(tag, None)
                    self._least[tag] = min(value, self._least.get(tag, value))
                    self._most[tag] = max(value, self._most.get(tag, value))
