"""Where trackers keep their runs, and everything they tell from there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlparse

from mlkanban.core.runs.tracked import Tracked
from mlkanban.errors import BadInput, MlkanbanError
from mlkanban.runs.trackers import mlflow, optuna
from mlkanban.runs.trackers.sqlite_files import reading

_USUAL = ("mlflow.db", "mlruns", "optuna.db", "optuna.log", "journal.log")
_SQLITE = b"SQLite format 3\x00"


@dataclass(frozen=True, slots=True)
class Found:
    """What was read: the runs of every place, and a sentence for each that could not be."""

    runs: tuple[Tracked, ...]
    places: tuple[Path, ...]
    problems: tuple[str, ...]


def usual(cwd: Path, environ: Mapping[str, str], more: Iterable[str] = ()) -> list[Path]:
    """The places that exist: those of the environment, those usual in a folder, and `more`."""
    named = [environ.get(name, "") for name in ("MLFLOW_TRACKING_URI", "OPTUNA_STORAGE")]
    paths = [place(text, cwd) for text in (*named, *_USUAL, *more) if text]
    return list(dict.fromkeys(path for path in paths if path and path.exists()))


def place(text: str, cwd: Path) -> Path | None:
    """The file or folder a path or an address names; None for one elsewhere in the network."""
    if text.startswith("sqlite:///"):
        path = text.removeprefix("sqlite:///").partition("?")[0]
    elif text.startswith("file:"):
        path = unquote(urlparse(text).path)
    elif "://" in text:
        return None
    else:
        path = text
    return (cwd / Path(path).expanduser()).absolute()


def read_all(paths: Iterable[Path]) -> Found:
    """Read every place. What cannot be read is told of, and the others are read all the same."""
    runs: dict[str, Tracked] = {}
    seen, problems = [], []
    for path in dict.fromkeys(paths):
        try:
            runs |= {one.ref: one for one in _read(path)}
            seen.append(path)
        except MlkanbanError as error:
            problems.append(str(error))
        except OSError as error:
            problems.append(f"{path} cannot be read: {error.strerror}.")
    return Found(tuple(runs.values()), tuple(seen), tuple(problems))


def _read(path: Path) -> Iterator[Tracked]:
    if path.is_dir():
        yield from mlflow.in_folder(path)
        return
    with path.open("rb") as source:
        head = source.read(len(_SQLITE))
    if head != _SQLITE:
        if not head.startswith(b"{"):
            raise BadInput(f"{path} is no file of a tracker that is known here.", "")
        yield from optuna.in_journal(path)
        return
    with reading(path) as file:
        found = [
            runs for tracker in (mlflow, optuna)
            if (runs := tracker.in_database(file, path)) is not None
        ]  # fmt: skip
        if not found:
            raise BadInput(f"{path} is a database of neither MLflow nor Optuna.", "")
        for runs in found:
            yield from runs
