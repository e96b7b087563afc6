"""Take the state of runs from their folders into the store, repeatedly; finished runs are not read
again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from mlkanban.files import write_whole
from mlkanban.runs.local.folder import RunFolder, run_ids, runs_folder
from mlkanban.runs.local.inspect import in_queue, report
from mlkanban.runs.local.processes import here
from mlkanban.runs.model.records import StartRecord
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import PidScope, RunState
from mlkanban.runs.use_cases.card_runs import RunReport
from mlkanban.service import Done, Service

_SEEN_EVERY_SECONDS = 10.0
"""Seconds between two notes that a run was seen alive."""


class Intake:
    """Takes in the runs below a data folder. Which finished runs were taken in is remembered beside
    the store, for this store alone, and can be lost without harm."""

    def __init__(self, data: Path) -> None:
        self._folder = runs_folder(data)
        self._listed = -1
        self._open: list[RunFolder] = []
        self._finished: set[str] | None = None
        self._ended: list[RunFolder] = []

    def take_ended(self) -> list[RunFolder]:
        """The runs whose end was taken in since this was asked last."""
        ended, self._ended = self._ended, []
        return ended

    def anything(self) -> bool:
        """Whether there may be news: without open runs, this looks at one folder only."""
        return bool(self._open) or self._mtime() != self._listed

    @property
    def going_on(self) -> list[RunFolder]:
        """The runs that were still open when they were last taken in."""
        return list(self._open)

    def take_in(self, service: Service, now: datetime) -> Done:
        """Take in what is new; the message says what happened to the runs."""
        if service.read_only or not self.anything():
            return Done("", changed=False)
        memory, listed = self._memory(service), self._mtime()
        reports = self._look(listed, now)
        self._beat(reports, now)
        done = service.runs.take_in(reports)
        # The queue may start a job again that has ended, as long as it lists that.
        over = {report.run.id for report in reports if report.run.state.ended}
        listed_jobs = {f.id for f in self._open if f.id in over and f.scheduler().get("listed")}
        finished = set(service.runs.finished(reports)) - listed_jobs
        # One that ended without being taken in is of a card that is not on these boards.
        gone = finished | (over - listed_jobs)
        self._open = [folder for folder in self._open if folder.id not in gone]
        if finished:
            self._ended += [RunFolder(self._folder / name) for name in finished]
            self._finished = (self._finished or set()) | finished
            memory.write(self._finished, service.boards.cursor())
        self._listed = listed
        return done

    def not_taken_in(self, service: Service, now: datetime) -> list[RunReport]:
        """The runs that started or ended without having been taken in. Nothing is written."""
        self._memory(service)
        reports = self._look(self._mtime(), now)
        return [
            report for report in service.runs.news(reports)
            if report.run.state.ended or not service.runs.knows(report)
        ]  # fmt: skip

    def _memory(self, service: Service) -> _Memory:
        memory = _Memory(service.path)
        if self._finished is None:
            self._finished = memory.read(service.boards.cursor())
        return memory

    def _beat(self, reports: Sequence[RunReport], now: datetime) -> None:
        """Record a sign of life for runs that nobody else watches."""
        alive = {report.run.id for report in reports if _unwatched(report.run)}
        for folder in self._open:
            if folder.id in alive and folder.heartbeat(now) >= _SEEN_EVERY_SECONDS:
                folder.beat()

    def _look(self, listed: int, now: datetime) -> list[RunReport]:
        if listed != self._listed:
            self._open = [RunFolder(self._folder / name) for name in self._names()]
        return list(self._reports(now))

    def _mtime(self) -> int:
        with suppress(OSError):
            return self._folder.stat().st_mtime_ns
        return 0

    def _names(self) -> list[str]:
        finished = self._finished or set()
        return [name for name in run_ids(self._folder) if name not in finished]

    def _reports(self, now: datetime) -> Iterator[RunReport]:
        place = here()
        for folder in self._open:
            if run_report := report_of(folder, folder.start(), place, now):
                yield run_report


def report_of(
    folder: RunFolder, start: StartRecord, place: PidScope, now: datetime
) -> RunReport | None:
    """A run as its folder describes it; None while the folder says nothing."""
    run = Run.of_field(folder.id, report(folder, start, place, now))
    if run and run.state is not RunState.QUEUED and in_queue(start):
        start = folder.start() or start  # its turn came while it was looked at
        run = Run.of_field(folder.id, report(folder, start, place, now))
    if run is None:
        return None
    return RunReport(run, start["card"], start.get("card_id", ""), start.get("aim", ""))


def _unwatched(run: Run) -> bool:
    adopted = run.adopted and run.state is RunState.RUNNING
    return adopted or run.state is RunState.ORPHAN


class _Memory:
    """Ids of finished runs, with the file id of the store and the length of its log: a restored
    store is another file or has a shorter log, and must take in everything again."""

    def __init__(self, store: Path) -> None:
        self._file = store.with_name("runs-taken-in")
        status = store.stat()
        self._store = f"{status.st_dev}:{status.st_ino}"

    def read(self, cursor: int) -> set[str]:
        with suppress(OSError, ValueError):
            store, length, *ids = self._file.read_text().split()
            return set(ids) if store == self._store and int(length) <= cursor else set()
        return set()

    def write(self, ids: set[str], cursor: int) -> None:
        with suppress(OSError):
            lines = [self._store, str(cursor), *sorted(ids)]
            write_whole(self._file, "".join(f"{line}\n" for line in lines).encode())
