"""TensorBoard: a run is a folder with event files. They tell nothing of its card or its state.

Two functions of its writers put event files into folders of their own below that of their run:
`add_hparams` its parameters, `add_scalars` each of its curves. These are parts of the run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path

from mlkanban.core.timestamps import instant
from mlkanban.errors import BadInput
from mlkanban.runs.model.series import Series, SeriesBuilder
from mlkanban.runs.model.tracker_run import DIRECTORY, LIKELY_SEED, Tracked
from mlkanban.runs.trackers.event_files import Scalar, contents
from mlkanban.runs.trackers.tracker import GoingOn, LiveRecord, SeriesSource, Tracker, name_of

_NAME = "events.out.tfevents."
_MADE = re.compile(rf"{re.escape(_NAME)}(\d{{9,}})\b")
"""Of a file: the second in which it was made."""
_MOMENT = re.compile(r"\d{9,}(?:\.\d+)?")
"""What `add_hparams` calls its folder."""
_SEED = re.compile(
    rf"(?P<rest>.+?)[-_.](?P<word>seed|{LIKELY_SEED})[-_]?(?P<number>\d+)", re.IGNORECASE
)
_DEEP = 6
_MOST_FOLDERS = 5_000
_MOST_NEAR, _MOST_ENTRIES = 20, 200
"""Folders, and entries of each, that are looked at for event files where nobody named them."""
_MOST_SCALARS = 1_000_000
"""Of a run: what comes after is not read, and that is said."""
_HEAD = 500
"""So many scalars at the beginning of a file show what tags it has."""


class TensorboardFolder:
    """The runs at or below a folder such as `runs` or `lightning_logs`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @classmethod
    def of(cls, path: Path) -> TensorboardFolder | None:
        """None when there is no event file."""
        return cls(path) if any(holds for _, holds in _below(path)) else None

    def count(self) -> int:
        """Folders inside that of another run are looked into: they may be parts of it."""
        above: list[Path] = []
        for folder in (folder for folder, holds in _below(self._root) if holds):
            run = next((run for run in reversed(above) if run in folder.parents), None)
            if run is None or _prefix_in(run, _head(run), folder, _head(folder)) is None:
                above.append(folder)
        return len(above)

    def runs(self) -> Iterator[Tracked]:
        problem = ""
        seen = 0
        read: dict[Path, _FolderValues] = {}
        for folder, holds in _below(self._root):
            seen += 1
            # Parts of a run are below its folder, which was read before them.
            for run in [run for run in read if run not in folder.parents]:
                yield self._tracked(run, read.pop(run))
            if not holds:
                continue
            values = _FolderValues()
            try:
                for file in _event_files(folder):
                    values.read(file)
            except OSError as error:
                problem = problem or f"{error.filename} cannot be read: {error.strerror}."
            if values.full:
                problem = problem or (
                    f"{folder} holds more than {_MOST_SCALARS:,} scalars: the later ones were not"
                    " read."
                )
            above = next(reversed(read), None)
            prefix = _prefix_in(above, read[above], folder, values) if above else None
            if above is None or prefix is None:
                read[folder] = values
            else:
                read[above].add(values, prefix)
        for run, values in read.items():
            yield self._tracked(run, values)
        if seen == _MOST_FOLDERS:
            problem = problem or f"{self._root} has more folders than the {seen:,} looked into."
        if problem:
            raise BadInput(problem, "")

    def _tracked(self, folder: Path, values: _FolderValues) -> Tracked:
        name = folder.name
        if folder != self._root:
            name = folder.relative_to(self._root).as_posix()
        return Tracked(
            ref=f"{TRACKER.kind}:{folder}", experiment=self._root.name, name=name,
            started=_instant(values.first), ended=_instant(values.last), metrics=values.metrics,
            params=values.params or _from_name(name), where=str(self._root), since=values.since,
        )  # fmt: skip

    def records(self, run: GoingOn) -> list[LiveRecord]:
        since = int(run.since.timestamp())
        made: dict[Path, float] = {}
        for folder in (folder for folder, holds in _below(self._root) if holds):
            if files := _event_files(folder, since):
                made[folder] = max(map(_made, files))
        if made and not run.alone:
            raise BadInput(
                "TensorBoard does not say whose its files are, and several runs go on in one"
                " folder.", "",
            )  # fmt: skip
        heads = {folder: _head(folder, since) for folder in made}
        runs = [
            folder for folder in made
            if all(
                _prefix_in(above, heads[above], folder, heads[folder]) is None
                for above in folder.parents if above in made
            )
        ]  # fmt: skip
        newest_first = sorted(runs, key=lambda folder: made[folder], reverse=True)
        return [
            LiveRecord(
                f"{TRACKER.kind}:{folder}",
                tuple(heads[folder].tags),
                partial(EventFileSeries, folder, since=since),
                self._root,
                f"run {folder.name}, one of {len(runs)}" if len(runs) > 1 else "",
            )
            for folder in newest_first
        ]


def _series(ref: str, where: Path, name: str, argv: Sequence[str]) -> SeriesSource:
    return EventFileSeries(Path(name_of(ref)), name)


TRACKER = Tracker("tensorboard", ("runs", "lightning_logs", "tb_logs"), _series)


def folders_with_events(folder: Path) -> Iterator[str]:
    """Names of the folders in a folder that have event files, or folders with such: of many only
    the newest, and of each the first entries alone, for any folder may hold a data set."""
    try:
        with os.scandir(folder) as entries:
            below = [entry for entry in entries if entry.is_dir() and entry.name[0] != "."]
        newest_first = sorted(below, key=lambda entry: entry.stat().st_mtime, reverse=True)
    except OSError:
        return  # what else is searched there says so
    for entry in newest_first[:_MOST_NEAR]:
        if _has_events(Path(entry.path), deeper=True):
            yield entry.name


def _has_events(folder: Path, *, deeper: bool) -> bool:
    with suppress(OSError), os.scandir(folder) as entries:
        some = [*islice(entries, _MOST_ENTRIES)]
        if any(entry.name.startswith(_NAME) for entry in some):
            return True
        folders = [Path(entry.path) for entry in some if deeper and entry.is_dir()]
        return any(_has_events(one, deeper=False) for one in folders[:_MOST_NEAR])
    return False


def _below(root: Path) -> Iterator[tuple[Path, bool]]:
    """The folders there, the first few thousand and not those in the depths, and whether each holds
    event files."""
    for folder, below, files in islice(os.walk(root), _MOST_FOLDERS):
        path = Path(folder)
        below[:] = sorted(below) if len(path.relative_to(root).parts) < _DEEP else []
        yield path, any(name.startswith(_NAME) for name in files)


def _event_files(folder: Path, since: float = 0) -> list[Path]:
    """The event files in a folder that were made `since` then (seconds since 1970)."""
    return [
        file for file in sorted(folder.iterdir())
        if file.name.startswith(_NAME) and (not since or _made(file) >= since)
    ]  # fmt: skip


def _made(file: Path) -> float:
    """When an event file was made (seconds since 1970)."""
    match = _MADE.match(file.name)
    return float(match[1]) if match else file.stat().st_mtime


def _instant(at: float | None) -> str:
    with suppress(OverflowError, OSError, ValueError, TypeError):
        return instant(datetime.fromtimestamp(at, UTC))  # type: ignore[arg-type]
    return ""


def _from_name(name: str) -> dict[str, str]:
    """What the folder of a run says that logged no parameters: its name, without what looks like a
    seed. `-seed3` is one; whether `-s3` is, a person may say (the setting repeat_parameters)."""
    match = _SEED.fullmatch(name)
    if match is None:
        return {DIRECTORY: name}
    return {DIRECTORY: match["rest"], match["word"].lower(): match["number"]}


class _FolderValues:
    """The values in the files of one run, as far as these were read."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}
        self._least: dict[str, float] = {}
        self._most: dict[str, float] = {}
        self._count = 0
        self.since: dict[str, int] = {}
        self.params: dict[str, str] = {}
        self.first: float | None = None
        self.last: float | None = None

    @property
    def full(self) -> bool:
        return self._count >= _MOST_SCALARS

    @property
    def tags(self) -> Collection[str]:
        """The names of its metrics."""
        return self._last.keys()

    @property
    def metrics(self) -> dict[str, float]:
        """The last value of every tag, and the least and the most where those are others: which of
        them is the best one only the card knows."""
        made = dict(self._last)
        for end, some in ((".min", self._least), (".max", self._most)):
            made |= {tag + end: v for tag, v in some.items() if v != self._last[tag]}
        return made

    def read(self, file: Path, most: int | None = None) -> None:
        """Read a file, or only as many scalars at its beginning."""
        with file.open("rb") as source:
            for item in islice(contents(source), most):
                if self.full:
                    return
                self._count += 1
                if isinstance(item, Scalar):
                    self._take(item)
                elif item is not None:
                    self.params |= item.params

    def _take(self, scalar: Scalar) -> None:
        if self.first is None:
            self.first = scalar.at
        self.last = max(scalar.at, self.last or scalar.at)
        tag, value = scalar.tag, scalar.value
        self._last[tag] = value
        if value != value:  # NaN
            self.since.setdefault(tag, scalar.step)
        else:
            self.since.pop(tag, None)
            self._least[tag] = min(value, self._least.get(tag, value))
            self._most[tag] = max(value, self._most.get(tag, value))

    def add(self, part: _FolderValues, prefix: str) -> None:
        """Add those of a part of the run: with a prefix, `both/train`, for its only tag."""
        names = {tag: prefix or tag for tag in part.tags}
        for mine, others in (
            (self._last, part._last), (self._least, part._least), (self._most, part._most),
        ):  # fmt: skip
            mine.update({names[tag]: value for tag, value in others.items()})
        self.since |= {names[tag]: step for tag, step in part.since.items()}
        self.params |= part.params
        moments = [at for at in (self.first, part.first, self.last, part.last) if at is not None]
        self.first, self.last = min(moments, default=None), max(moments, default=None)


def _head(folder: Path, since: float = 0) -> _FolderValues:
    """What the beginnings of the event files of a folder have that were made since then."""
    values = _FolderValues()
    for file in _event_files(folder, since):
        with suppress(OSError):
            values.read(file, _HEAD)
    return values


def _prefix_in(
    run: Path, run_values: _FolderValues, folder: Path, values: _FolderValues
) -> str | None:
    """What the only tag of a folder is called in the run above it that it is a part of, '' where
    its tags keep their names; None where it is a run of its own."""
    inside = folder.relative_to(run).as_posix()
    if values.params and run_values.tags:
        # One with a name that was given is the only one: a tuner puts its trials in such folders.
        named = not run_values.params and "/" not in inside
        return "" if named or _MOMENT.fullmatch(inside) else None
    if len(values.tags) == 1:
        [tag] = values.tags
        for beginning in (f"{tag}/", f"{tag.replace('/', '_')}_"):
            if inside.startswith(beginning) and inside != beginning:
                return f"{tag}/{inside.removeprefix(beginning)}"
    return None


def _places_of(folder: Path, name: str) -> Iterator[tuple[Path, str]]:
    """The folders in which a metric of a run may be, with its tag there: its own, and its parts."""
    yield folder, name
    parts = name.split("/")
    for at in range(1, len(parts)):
        tag, curve = "/".join(parts[:at]), "/".join(parts[at:])
        yield folder / tag / curve, tag
        yield folder / f"{tag.replace('/', '_')}_{curve}", tag
    for part in sorted(folder.iterdir()):
        if _MOMENT.fullmatch(part.name):
            yield part, name


class EventFileSeries:
    """The values of a metric in the event files of a run that were made `since` then (seconds since
    1970), each read once."""

    def __init__(self, folder: Path, name: str, since: float = 0) -> None:
        self._folder, self._since = folder, since
        self._series = SeriesBuilder(name)
        self._read: dict[tuple[Path, str], int] = {}

    def read(self) -> Series:
        sizes = {(file, tag): file.stat().st_size for file, tag in self._files()}
        if any(size < self._read.get(key, 0) for key, size in sizes.items()):
            self._series, self._read = SeriesBuilder(self._series.name), {}
        for key, size in sizes.items():
            if size > self._read.get(key, 0):
                self._read_on(*key)
        return self._series.series

    def _files(self) -> Iterable[tuple[Path, str]]:
        for folder, tag in _places_of(self._folder, self._series.name):
            if folder == self._folder or folder.is_dir():
                for file in _event_files(folder, self._since):
                    yield file, tag

    def _read_on(self, file: Path, tag: str) -> None:
        with file.open("rb") as source:
            source.seek(self._read.get((file, tag), 0))
            for item in contents(source):
                if isinstance(item, Scalar) and item.tag == tag:
                    self._series.add(item.value, item.step, at=item.at)
            self._read[file, tag] = source.tell()
