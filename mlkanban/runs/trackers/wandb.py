"""Weights & Biases: the folders it keeps on this machine. Only its own program can read them, and
only a newer one can: `wandb leet inspect`. Without it they are left alone, and that is said."""

from __future__ import annotations

import glob
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, Any

from mlkanban.core.timestamps import instant, moment
from mlkanban.errors import BadInput
from mlkanban.runs.model.series import Series, SeriesBuilder
from mlkanban.runs.model.tracker_run import CARD_TAG, RUN_TAG, Tracked
from mlkanban.runs.trackers.tracker import (
    NOTHING_KNOWN,
    GoingOn,
    KnownRuns,
    LiveRecord,
    SeriesSource,
    Tracker,
    name_of,
)
from mlkanban.runs.trackers.values import numbers, texts

_RUN = re.compile(r"(?:offline-)?run-(([0-9]{8}_[0-9]{6})-.+)")
_INSPECT = ("leet", "inspect")
_SUMMARY = ("--summary", "--json")
_USAGE = 2
"""Its exit code for a command that it does not have."""
_SECONDS = 20
"""For one run: it takes about one."""
_PAUSE_SECONDS = 30.0
"""Between two looks at the values of a run that goes on."""
_WRITES_ON_SECONDS = 60.0
"""So long after its end the log of a run may still be written."""
NO_PROGRAM = "there is no program wandb here"
_UNREADABLE = "There is no program wandb here, which alone can read its files."
_MOST_GOING_ON = 5
"""Runs that are asked for that of one that goes on, the newest."""
_MOST_RUNS = 50
"""Runs that are read of a folder, the newest: each takes a start of the program."""


class WandbFolder:
    """The runs in a folder such as `wandb`, or the one whose folder it is."""

    def __init__(self, root: Path, runs: list[Path], known: KnownRuns = NOTHING_KNOWN) -> None:
        self._root, self._runs, self._known = root, runs, known

    @classmethod
    def of(cls, path: Path, known: KnownRuns = NOTHING_KNOWN) -> WandbFolder | None:
        """None when it holds no runs of Weights & Biases."""
        if _RUN.fullmatch(path.name):
            return cls(path.parent, [path], known)
        runs = [run for run in path.glob("*run-*") if _RUN.fullmatch(run.name) and run.is_dir()]
        in_order = sorted(runs, key=lambda run: (_begun(run), run.name))
        return cls(path, in_order, known) if runs else None

    def count(self) -> int:
        """As their folders say. BadInput when the program cannot read the newest one."""
        path = self._program()
        if path is None:
            return 0
        try:
            _inspected(path, self._runs[-1])
        except _OfNoUse as error:
            raise self._unread(self._runs, f"{path} {error}") from None
        return len(self._runs)

    def runs(self) -> Iterator[Tracked]:
        """Oldest first. BadInput says at the end what could not be read. Where only news are
        wanted, the program is not asked of runs that cards keep as ended: each takes a second."""
        path = self._program()
        if path is None:
            return
        failed, newest = [], self._runs[-_MOST_RUNS:]
        if self._known.only_news:
            newest = [run for run in newest if self._has_news(run)]
        for at, run in enumerate(newest):
            try:
                fields = _inspected(path, run)
            except _OfNoUse as error:
                raise self._unread(newest[at:], f"{path} {error}") from None
            if fields is None:
                failed.append(run)
            else:
                yield self._tracked(run, fields)
        if failed:
            raise self._unread(failed, f"{path} could not")
        if older := self._runs[:-_MOST_RUNS]:
            raise self._unread(older, f"only the newest {_MOST_RUNS} are")

    def _program(self) -> str | None:
        """The program that reads the runs; None where there is none and nothing new to read."""
        path = program(self._root, self._known.command_in(self._root.parent))
        news = [] if path else [run for run in self._runs if self._has_news(run)]
        if news:
            raise self._unread(news, NO_PROGRAM)
        return path

    def _has_news(self, run: Path) -> bool:
        """Whether a run was written to since a card keeps it as one that ended."""
        match = _RUN.fullmatch(run.name)
        ended = self._known.ended.get(f"{TRACKER.kind}:{match[1]}" if match else "")
        return ended is None or _written(run) > ended.timestamp() + _WRITES_ON_SECONDS

    def records(self, run: GoingOn) -> list[LiveRecord]:
        since = run.since.timestamp()
        changed = [folder for folder in self._runs if _written(folder) >= since]
        if not changed:
            return []
        path = program(self._root, run.argv, run.cwd)
        if path is None:
            raise BadInput(_UNREADABLE, "")
        found = []
        for folder in reversed(changed[-_MOST_GOING_ON:]):
            try:
                tracked = self._tracked(folder, _inspected(path, folder) or {})
            except _OfNoUse as error:
                raise BadInput(f"{path} {error}.", "") from None
            if tracked.tags.get(RUN_TAG) == run.run:
                found.append(tracked)
        return [
            LiveRecord(
                tracked.ref,
                tuple(tracked.metrics),
                partial(_series, tracked.ref, self._root, argv=run.argv),
                self._root,
                f"run {tracked.name or tracked.ref}, one of {len(found)}" if len(found) > 1 else "",
            )
            for tracked in found
        ]  # fmt: skip

    def _unread(self, runs: list[Path], why: str) -> BadInput:
        what, was = ("run", "was") if len(runs) == 1 else ("runs", "were")
        return BadInput(f"{len(runs)} {what} in {self._root} {was} not read: {why}.", "")

    def _tracked(self, run: Path, fields: Mapping[str, Any]) -> Tracked:
        match = _RUN.fullmatch(run.name)
        assert match is not None
        ended = fields.get("exit_code") is not None
        tags = [str(tag).partition(":") for tag in fields.get("tags") or ()]
        return Tracked(
            ref=f"wandb:{match[1]}",
            name=str(fields.get("name") or ""),
            experiment=str(fields.get("project") or ""),
            says=str(fields.get("state") or ""),
            started=_instant(fields.get("start_time")),
            ended=_instant(fields.get("last_write")) if ended else "",
            about=_begun(run),
            metrics=numbers(_flat(fields.get("summary"))),
            params=texts(_flat(fields.get("config"))),
            tags={name: value for name, _, value in tags if name in (CARD_TAG, RUN_TAG)},
            where=str(self._root),
        )


def program(root: Path, argv: Sequence[str] = (), cwd: Path | None = None) -> str | None:
    """The program that reads the runs in a folder: that of this shell, else the one beside the
    interpreter in the command line of a run, which a person started there."""
    if found := shutil.which("wandb"):
        return found
    folders = [((cwd or root.parent) / word).parent for word in argv if "=" not in word]
    bins = [str(folder) for folder in folders if folder.name == "bin"]
    return shutil.which("wandb", path=os.pathsep.join(bins)) if bins else None


def _written(run: Path) -> float:
    """When the log of a run was written last (seconds since 1970)."""
    return max((log.stat().st_mtime for log in run.glob("*.wandb")), default=0.0)


def _series(ref: str, where: Path, name: str, argv: Sequence[str]) -> SeriesSource:
    return HistorySeries(name_of(ref), where, name, argv)


TRACKER = Tracker("wandb", ("wandb",), _series)


class _OfNoUse(Exception):
    """The program does not know the question, or does not answer: it need not be asked again."""


def _inspected(program: str, run: Path) -> dict[str, Any] | None:
    """What the program tells of a run; None when it can tell nothing."""
    with _asked(program, run, *_SUMMARY) as out:
        try:
            fields = json.load(out)
        except (ValueError, RecursionError):
            return None
    return fields if isinstance(fields, dict) else None


@contextmanager
def _asked(program: str, run: Path, *options: str) -> Iterator[IO[bytes]]:
    """What the program prints of a run, nothing when it fails."""
    # A file, not a pipe, and a session of its own: what it starts may outlive it.
    with tempfile.TemporaryFile() as out:
        try:
            process = subprocess.Popen(
                [program, *_INSPECT, *options, str(run)], stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.DEVNULL, start_new_session=True,
                env=os.environ | {"WANDB_MODE": "offline", "WANDB_ERROR_REPORTING": "false"},
            )  # fmt: skip
        except OSError as error:
            raise _OfNoUse(f"cannot be started: {error.strerror}") from error
        try:
            code = process.wait(_SECONDS)
        except BaseException as error:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if isinstance(error, subprocess.TimeoutExpired):
                raise _OfNoUse(f"did not answer within {_SECONDS} s") from error
            raise
        if code == _USAGE:
            raise _OfNoUse("has no `leet inspect`; a newer one has")
        out.seek(0)
        if code:
            out.truncate()
        yield out


class HistorySeries:
    """The values of a metric of a run, asked of the program when its log has changed."""

    def __init__(self, run: str, where: Path, name: str, argv: Sequence[str] = ()) -> None:
        self._argv = argv
        self._folder = next(where.glob(f"*run-{glob.escape(run)}"), None)
        self._where, self._name = where, name
        self._stamp: object = None
        self._asked_at = float("-inf")
        self._read = Series(name)

    def read(self) -> Series:
        path = program(self._where, self._argv)
        if path is None:
            raise BadInput(_UNREADABLE, "")
        if self._folder is None:
            raise BadInput(f"{self._where} does not hold it any more.", "")
        stamp = [(log.name, log.stat().st_mtime_ns) for log in self._folder.glob("*.wandb")]
        if stamp == self._stamp or time.monotonic() - self._asked_at < _PAUSE_SECONDS:
            return self._read
        self._asked_at = time.monotonic()
        series = SeriesBuilder(self._name)
        try:
            with _asked(path, self._folder, "--json") as out:
                for line in out:
                    _take(line, series)
        except _OfNoUse as error:
            raise BadInput(f"{path} {error}.", "") from None
        self._stamp, self._read = stamp, series.series
        return self._read


def _take(line: bytes, series: SeriesBuilder) -> None:
    """Add the value that a record of the history has."""
    if b'"history"' not in line:
        return
    with suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):
        item = json.loads(line)["history"]["item"]
        value = numbers({"": item.get(series.name)}).get("")
        if value is not None:
            step, epoch, at = (
                numbers({"": item.get(name)}).get("") for name in ("_step", "epoch", "_timestamp")
            )
            series.add(value, step, epoch if series.name != "epoch" else None, at)


def _flat(values: Any) -> dict[str, Any]:
    """Values by name, those inside others as `loss.min`; what W&B itself counts is left out."""
    flat: dict[str, Any] = {}
    for name, value in values.items() if isinstance(values, dict) else ():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": item for inner, item in _flat(value).items()}
        elif not name.startswith("_"):
            flat[name] = value
    return flat


def _begun(run: Path) -> str:
    """When it began, as its name says it, in the time zone of then."""
    match = _RUN.fullmatch(run.name)
    with suppress(ValueError):
        return datetime.strptime(match[2] if match else "", "%Y%m%d_%H%M%S").isoformat()
    return ""


def _instant(text: Any) -> str:
    when = moment(text) if isinstance(text, str) else None
    return instant(when) if when else ""
