"""The places where trackers keep their runs, and reading them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlparse

from mlkanban.errors import BadInput, MlkanbanError, StoreBusy
from mlkanban.hints import hint
from mlkanban.log import logger
from mlkanban.runs.model.tracker_run import Tracked
from mlkanban.runs.trackers import mlflow, optuna, tensorboard, wandb
from mlkanban.runs.trackers.tracker import (
    NOTHING_KNOWN,
    GoingOn,
    KnownRuns,
    LiveRecord,
    Source,
    Tracker,
)
from mlkanban.sqlite_files import reading
from mlkanban.text import display, display_lines

TRACKERS: tuple[Tracker, ...] = (
    mlflow.TRACKER, optuna.TRACKER, wandb.TRACKER, tensorboard.TRACKER,
)  # fmt: skip
_USUAL = [name for tracker in TRACKERS for name in tracker.usual]
_NAMED = [name for tracker in TRACKERS for name in tracker.variables]
_ELSEWHERE = ("databricks", "databricks-uc", "uc")
"""Servers that MLflow knows by a name alone."""
_SQLITE = b"SQLite format 3\x00"
_ENDINGS = (".db", ".sqlite3", ".sqlite", ".log")
"""Of files that are looked into for those of a tracker."""
_MOST_FILES, _HEAD = 20, 256
"""Files of a folder that are looked into, and bytes of each that are read first."""

Progress = Callable[[int, Path], None]
"""Is called with the number of runs read so far, and the present place."""


@dataclass(frozen=True, slots=True)
class TrackerRuns:
    """The runs of every place that was read, and a sentence for each place that could not be."""

    runs: tuple[Tracked, ...]
    places: tuple[Path, ...]
    problems: tuple[str, ...]


def servers(environ: Mapping[str, str], typed: Iterable[str] = ()) -> list[str]:
    """A sentence for each server that the environment or a person names: servers are not read."""
    named = {name: environ.get(name, "") for name in _NAMED}
    named |= {text: text for text in typed}
    return [
        f"{name if name in _NAMED else 'What you named'} is a server ({_address(text)}), and only"
        " files are read. By hand: a job reports its metric by a line"
        " `mlkanban: NAME=VALUE`, " + hint("and {edit CARD --link URL} keeps the page of the run.")
        for name, text in named.items()
        if text and place(text, Path()) is None
    ]


def _address(text: str) -> str:
    """The address of a server without a name and password in it."""
    parts = urlparse(text)
    return display(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}") if parts.scheme else text


def usual(
    cwd: Path,
    environ: Mapping[str, str],
    more: Iterable[str] = (),
    folders: Iterable[Path] = (),
) -> list[Path]:
    """The places that exist: those of the environment, those usual in a folder, the databases,
    journals and event files of trackers in it, `more`, and what other `folders` have of these; of
    folders those that hold runs."""
    named = [environ.get(name, "") for name in _NAMED]
    if beside := environ.get("WANDB_DIR"):
        named.append(f"{beside}/wandb")
    texts = filter(None, (*named, *_in_folder(cwd), *more))
    paths = [place(text, cwd) for text in texts]
    for folder in folders:
        paths += [place(text, folder) for text in _in_folder(folder)]
    return list(dict.fromkeys(path for path in paths if path and _holds(path)))


def _in_folder(folder: Path) -> Iterator[str]:
    """The names by which a folder may have what trackers keep."""
    yield from _USUAL
    yield from _files_of_trackers(folder)
    yield from (name for name in tensorboard.folders_with_events(folder) if name not in _USUAL)


def _files_of_trackers(folder: Path) -> Iterator[str]:
    """Names of the databases and journals in a folder that are a tracker's by what is in them, of
    very many files only the newest."""
    found: list[tuple[float, str]] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(_ENDINGS) and entry.name not in _USUAL and entry.is_file():
                    found.append((entry.stat().st_mtime, entry.name))
    except OSError as error:
        logger("tracker").info("%s cannot be searched: %s", display(str(folder)), error.strerror)
    for _, name in sorted(found, reverse=True)[:_MOST_FILES]:
        if _is_of_tracker(folder / name):
            yield name


def _is_of_tracker(path: Path) -> bool:
    try:
        with path.open("rb") as source:
            head = source.read(_HEAD)
        if not head.startswith(_SQLITE):
            return optuna.Journal.is_begun_by(head)
        with _sources(path):
            return True
    except StoreBusy:
        return True  # reading it says so
    except (MlkanbanError, OSError) as error:  # any program may have made it
        logger("tracker").debug("%s is passed over: %s", path, error)
        return False


def _holds(path: Path) -> bool:
    try:
        return _folder(path) is not None if path.is_dir() else path.exists()
    except OSError:
        return True  # why it cannot be read is told when it is to be


def place(text: str, cwd: Path) -> Path | None:
    """The file or folder a path or an address names; None for one elsewhere in the network."""
    if text.startswith("sqlite:///"):
        path = text.removeprefix("sqlite:///").partition("?")[0]
    elif text.startswith("file:"):
        path = unquote(urlparse(text).path)
    elif "://" in text or text in _ELSEWHERE or text.startswith("databricks:"):
        return None
    else:
        path = text
    return (cwd / Path(path).expanduser()).absolute()


def records_of(run: GoingOn, paths: Iterable[Path]) -> tuple[list[LiveRecord], list[str]]:
    """What trackers have at these places of a run of ours that goes on, and a sentence for each
    place where that cannot be told. StoreBusy where one is being written just now."""
    records: list[LiveRecord] = []
    problems: list[str] = []
    busy: StoreBusy | None = None
    for path in dict.fromkeys(paths):
        with _telling(path, problems):
            try:
                with _sources(path) as sources:
                    records += [record for source in sources for record in source.records(run)]
            except StoreBusy as error:
                busy = error
    if busy is not None:
        raise busy
    return records, problems


def read_all(
    paths: Iterable[Path], progress: Progress | None = None, known: KnownRuns = NOTHING_KNOWN
) -> TrackerRuns:
    """Read the runs of every place. A place that cannot be read becomes a problem, and the others
    are still read. `progress` is called with every run and before every place."""
    runs: dict[str, Tracked] = {}
    seen: list[Path] = []
    problems: list[str] = []
    for path in dict.fromkeys(paths):
        if progress is not None:
            progress(len(runs), path)
        with _telling(path, problems), _sources(path, known) as sources:
            for tracked in (_sound(run) for source in sources for run in source.runs()):
                runs[tracked.ref] = tracked
                if progress is not None:
                    progress(len(runs), path)
            seen.append(path)
    log = logger("tracker")
    log.info("%d runs read in %d places", len(runs), len(seen))
    for problem in problems:
        log.warning("%s", problem)
    return TrackerRuns(tuple(runs.values()), tuple(seen), tuple(problems))


def _sound(run: Tracked) -> Tracked:
    """A run with names that can be stored and displayed: foreign files contain anything."""
    metrics = {display(name): value for name, value in run.metrics.items()}
    params = {display(name): display_lines(value) for name, value in run.params.items()}
    tags = {name: display(value) for name, value in run.tags.items()}  # a card is looked up by one
    return replace(
        run, ref=display(run.ref), name=display(run.name), experiment=display(run.experiment),
        says=display(run.says), metrics=metrics, params=params, tags=tags,
        where=display(run.where),
    )  # fmt: skip


def count_all(paths: Iterable[Path]) -> tuple[dict[Path, int], list[str]]:
    """The number of runs in every place, and a sentence for each that cannot be read. The runs
    themselves are not read."""
    counts: dict[Path, int] = {}
    problems: list[str] = []
    for path in dict.fromkeys(paths):
        with _telling(path, problems), _sources(path) as sources:
            counts[path] = sum(source.count() for source in sources)
    return counts, problems


@contextlib.contextmanager
def _telling(path: Path, problems: list[str]) -> Iterator[None]:
    try:
        yield
    except MlkanbanError as error:
        problems.append(str(error))
    except OSError as error:
        problems.append(f"{path} cannot be read: {error.strerror}.")
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        problems.append(f"{path} holds what no tracker writes.")


@contextlib.contextmanager
def _sources(path: Path, known: KnownRuns = NOTHING_KNOWN) -> Iterator[Sequence[Source]]:
    """What keeps runs at a place."""
    if path.is_dir():
        if (folder := _folder(path, known)) is None:
            raise BadInput(f"{path} holds no runs of a tracker that is known here.", "")
        yield [folder]
        return
    with path.open("rb") as source:
        head = source.read(len(_SQLITE))
    if head != _SQLITE:
        if not head.startswith(b"{"):
            raise BadInput(f"{path} is no file of a tracker that is known here.", "")
        yield [optuna.Journal(path)]
        return
    with reading(path) as file:
        kinds = (mlflow.MlflowDatabase.of(file, path), optuna.OptunaDatabase.of(file, path))
        sources: list[Source] = [kind for kind in kinds if kind is not None]
        if not sources:
            raise BadInput(f"{path} is a database of neither MLflow nor Optuna.", "")
        yield sources


def _folder(path: Path, known: KnownRuns = NOTHING_KNOWN) -> Source | None:
    return (
        wandb.WandbFolder.of(path, known)
        or mlflow.MlflowFolder.of(path)
        or tensorboard.TensorboardFolder.of(path)
    )
