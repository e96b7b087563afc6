"""What every tracker has here: the shape of what reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol

from mlkanban.runs.model.series import Series
from mlkanban.runs.model.tracker_run import Tracked


class SeriesSource(Protocol):
    """Reads the series of a metric of one run, or reads on."""

    def read(self) -> Series: ...


class GoingOn(NamedTuple):
    """A run of ours that goes on, as trackers may know it: its id, the label of its card, its
    command line, the folder it was started in, and when. `alone` is whether no other run of ours
    goes on in that folder: then what is written there meanwhile is taken for its own. `metric` and
    `direction` are those that its card is for, '' for none."""

    run: str
    card: str
    argv: Sequence[str]
    cwd: Path
    since: datetime
    alone: bool
    metric: str = ""
    direction: str = ""


class LiveRecord(NamedTuple):
    """What a tracker keeps of a run that goes on: what it calls that, the metrics it has so far,
    what reads one of them by its name, and whose values they are where the run has several
    records."""

    ref: str
    metrics: Sequence[str]
    series: Callable[[str], SeriesSource]
    where: Path
    about: str = ""


def _no_command(folder: Path) -> Sequence[str]:
    return ()


class KnownRuns(NamedTuple):
    """What is known here of runs before trackers are read: when those ended that cards keep, by
    their refs, and the newest command line of a run of ours in a folder. With `only_news`, what is
    dear to read may be left out where nothing was written since its end."""

    ended: Mapping[str, datetime] = {}
    command_in: Callable[[Path], Sequence[str]] = _no_command
    only_news: bool = False


NOTHING_KNOWN = KnownRuns()


class Source(Protocol):
    """A store of tracker runs."""

    def runs(self) -> Iterator[Tracked]: ...

    def count(self) -> int:
        """The number of its runs, as cheaply as possible."""

    def records(self, run: GoingOn) -> Sequence[LiveRecord]:
        """What it has of a run that goes on, the newest first. BadInput says why that cannot be
        told."""


@dataclass(frozen=True, slots=True)
class Tracker:
    """A tracker: the word its runs are named with, where it usually keeps them below a folder,
    and what reads a metric of a run that is kept at a place. That gets the ref of the run, the
    place, the name of the metric, and the command line of the run, as far as it is known."""

    kind: str
    usual: tuple[str, ...]
    series: Callable[[str, Path, str, Sequence[str]], SeriesSource]
    variables: tuple[str, ...] = ()
    """Environment variables that name such places."""


def name_of(ref: str) -> str:
    """What a tracker itself calls a run."""
    return ref.partition(":")[2]
