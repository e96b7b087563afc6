"""Before a job is started: which card it is for, and whether it may be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import click

from mlkanban.cli.person import login_name
from mlkanban.cli.session import Session
from mlkanban.clock import now
from mlkanban.config import Settings, load
from mlkanban.errors import MlkanbanError, NotFound, StoreProblem, UsageProblem
from mlkanban.paths import places
from mlkanban.runs.local.code import git_branch
from mlkanban.runs.local.intake import Intake, report_of
from mlkanban.runs.local.processes import here
from mlkanban.runs.local.start import FolderProblem, make
from mlkanban.runs.model.state import RunState
from mlkanban.runs.use_cases.card_runs import STARTS, StartWords
from mlkanban.service import Service
from mlkanban.text import display

if TYPE_CHECKING:
    from mlkanban.runs.local.folder import RunFolder
    from mlkanban.runs.model.records import StartRecord
    from mlkanban.runs.use_cases.card_runs import RunReport
    from mlkanban.service import Service

STORE_SECONDS = 2.0
"""So long a job waits for a store that others write: it starts all the same."""
_QUEUE_SECONDS = 30.0
"""So long a job waits that is to be queued, as every other write does: it needs the store."""
_LATER = "The job is started; the board takes it in later."
BY_BRANCH = "-"


def show(message: str) -> None:
    """On stderr, whatever the settings."""
    with suppress(OSError):  # nobody is there to read it
        click.echo(f"mlkanban: {display(message)}", err=True)


def started_data(
    ref: str, folder: RunFolder, state: RunState, place: int | None = None
) -> dict[str, object]:
    """What --json says of a run that was started or queued; `place` is its turn."""
    return {
        "id": folder.id,
        "card": ref,
        "run_folder": str(folder.path),
        "state": state.value,
        "place": place,
    }


class JobCard(NamedTuple):
    """The card that a job is for: its short id, its id, and the label that the job carries. Where
    the store could not be read, the latter two are not known."""

    ref: str
    id: str = ""
    label: str = ""


class RunSlot(NamedTuple):
    """What takes the place of a job on the board: the card of the job and, where that could be
    read, the store."""

    job: JobCard
    service: Service | None = None
    how: StartWords = STARTS

    def take(self, folder: RunFolder, start: StartRecord, override: str) -> None:
        """Make the folder of a run and let the run start on the board, both or neither: of several
        started at once no more begin than fit. Where the store cannot be written the job runs all
        the same."""

        def made() -> RunReport:
            make(folder, start)
            report = report_of(folder, start, here(), now())
            assert report is not None
            return replace(report, run=replace(report.run, state=RunState.RUNNING, evidence=""))

        try:
            if self.service is not None:
                self.service.runs.start(self.job.ref, override, made, self.how)
        except FolderProblem:
            raise
        except StoreProblem as error:
            show(f"{error} {_LATER}")
        if not folder.path.is_dir():
            make(folder, start)


@contextmanager
def slot_for(
    session: Session, card: str, override: str, *, how: StartWords | None = STARTS
) -> Iterator[RunSlot]:
    """The card for which a job may start, or wait in the queue where `how` is None, with the store
    open while the block runs. Where that cannot be read the job runs all the same: the board hears
    of it later. What became of other runs meanwhile is kept for hooks, which no job waits for."""
    names = _branch_names() if card == BY_BRANCH else [card.strip().lower()]
    data = places().data
    later = f" {_LATER}" if how is not None else ""
    try:
        service = _opened(_QUEUE_SECONDS if how is None else STORE_SECONDS)
    except (MlkanbanError, OSError) as error:
        show(f"{error}{later}")
        yield RunSlot(JobCard(names[0]))
        return
    with closing(service):
        try:
            if (data / "runs").is_dir():
                _take_in_others(session, service)
            slot = RunSlot(
                _named(service, names, override, how, source=card), service, how or STARTS
            )
            _warn_of_budget(service, slot.job.ref)
        except StoreProblem as error:
            show(f"{error}{later}")
            slot = RunSlot(JobCard(names[0]))
        yield slot
        session.keep_for_afterwards(service.take_hook_events())
        for notice in service.take_notices():
            show(notice)


def which_card(session: Session, card: str, override: str, how: StartWords) -> JobCard:
    """The card for which a job may start."""
    with slot_for(session, card, override, how=how) as slot:
        return slot.job


def give_up(job: JobCard, run_id: str) -> None:
    """Take back that a run started, which could not be."""
    try:
        with closing(_opened()) as service:
            service.runs.give_up(job.ref, run_id)
    except (MlkanbanError, OSError):
        pass  # it was not kept, or cannot be by now; the job's own error says more


def _opened(timeout: float = STORE_SECONDS) -> Service:
    where, settings = places(), _settings()
    return Service.open(
        where.data,
        actor=settings.name or login_name(),
        clock=now,
        make=False,
        timeout=timeout,
        config=where.config,
        repeats=settings.repeats,
    )


def _settings() -> Settings:
    """The settings; those of somebody who set nothing where they cannot be read, which is no reason
    to stop a job."""
    try:
        return load()
    except MlkanbanError as error:
        show(f"{error} The login is your name; the default repeat_parameters are used.")
        return Settings()


def _take_in_others(session: Session, service: Service) -> None:
    """Runs that nobody has taken in yet count for the limits too."""
    intake = Intake(places().data)
    try:
        done = intake.take_in(service, now())
    except StoreProblem as error:
        show(f"What became of other runs was not taken in: {error}")
    else:
        if done.message:
            show(done.message)
    session.keep_for_afterwards(ended=intake.take_ended())


def _warn_of_budget(service: Service, ref: str) -> None:
    """A budget is no limit: it is said, and the job starts."""
    spent = service.runs.spending(ref)
    if spent and spent.warning:
        show(f"{ref}: budget {spent.warning}.")


def _named(
    service: Service, names: Sequence[str], override: str, how: StartWords | None, *, source: str
) -> JobCard:
    """The one card that there is of these names. A branch may hold more that look like ids."""
    faces = {face.id: face for name in names if (face := service.runs.card_called(name))}
    if len(faces) > 1:
        refs = ", ".join(face.ref for face in faces.values())
        raise UsageProblem(
            f"The git branch names several cards ({refs}).", "Name one: mlkanban run CARD -- ..."
        )
    if not faces and source == BY_BRANCH:
        raise NotFound(
            f"The git branch names no card that there is ({', '.join(names)}).",
            "Name the card: mlkanban run CARD -- ...",
        )
    [name] = [face.ref for face in faces.values()] or names
    runs = service.runs
    face = runs.may_start(name, override, how) if how else runs.may_queue(name, override)
    return JobCard(face.ref, face.id, service.runs.label(face.ref))


def names_in_branch(branch: str) -> list[str]:
    """What may be the id of a card in the name of a branch: alone between separators, such as g12
    in `exp/g12-focal`, and no part of a version, such as v2 in `release/v2.0`."""
    names = re.findall(r"(?<![^/_-])[a-z]{1,3}\d+(?![^/_-])", branch.lower())
    return list(dict.fromkeys(names))


def _branch_names() -> list[str]:
    branch = git_branch()
    names = names_in_branch(branch)
    if not names:
        where = f"The git branch {branch!r} names no card" if branch else "This is no git branch"
        raise UsageProblem(
            f"{where}.", "Name the card, or call the branch after it: exp/g12-focal."
        )
    return names
