"""Commands about the runs that experiment trackers tell of."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlkanban.cli.params import CARD
from mlkanban.cli.session import Session, pass_session
from mlkanban.errors import NotFound, UsageProblem

if TYPE_CHECKING:
    from mlkanban.core.runs.tracked import Tracked
    from mlkanban.runs.trackers.places import Found
    from mlkanban.service import Service

_LISTED = 20


@click.command()
@click.argument("card", type=CARD)
@click.argument("run", metavar="KIND:REF")
@click.option("--from", "source", default="", metavar="PATH", help="The file or folder it is in.")
@pass_session
def link(session: Session, card: str, run: str, source: str) -> None:
    """Link a run of a tracker to CARD: mlflow:RUN_ID or optuna:STUDY/TRIAL.

    Its metrics count like those of any other run; what the tracker says of its state is shown and
    moves nothing.
    """
    from mlkanban.core.runs.tracked import KINDS

    if run.partition(":")[0] not in KINDS:
        raise UsageProblem(
            f"{run!r} names no run of a tracker.",
            f"Write {' or '.join(k + ':...' for k in KINDS)}.",
        )
    with session.service(write=True) as service:
        service.cards.get(card)
        found = _look(session, service, [source] if source else [], only=bool(source))
        one = next((one for one in found.runs if one.ref == run), None)
        if one is None:
            raise NotFound(
                f"No tracker here tells of {run}.",
                f"Name its file with --from. {' '.join(found.problems)}".strip(),
            )
        session.answer_done("link", service.links.link(card, one), service)


@click.command()
@click.argument("card", type=CARD)
@click.argument("run", metavar="KIND:REF")
@pass_session
def unlink(session: Session, card: str, run: str) -> None:
    """Take a run of a tracker off CARD; sync-runs does not bring it back."""
    with session.service(write=True) as service:
        session.answer_done("unlink", service.links.unlink(card, run), service)


@click.command("sync-runs")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--ignore", multiple=True, metavar="KIND:REF", help="Never list this run again.")
@pass_session
def sync_runs(session: Session, paths: Sequence[str], ignore: Sequence[str]) -> None:
    """Take in what experiment trackers tell of runs; their files are only read.

    Looks at PATHs, MLFLOW_TRACKING_URI, OPTUNA_STORAGE, ./mlflow.db, ./mlruns, ./optuna.db,
    ./optuna.log and ./journal.log, the setting `trackers`, and where linked runs were read from.
    Runs tagged mlkanban.card are linked to that card; the others are listed.
    """
    with session.service(write=True) as service:
        if ignore:
            done = service.links.ignore(session.board(service).id, ignore)
            if not session.json:
                session.say(done.message)
        session.take_in_runs(service)  # first: trackers tell of these too
        found = _look(session, service, paths)
        synced = service.links.sync(found.runs)

        def lines() -> Iterator[str]:
            for name, card in synced.linked:
                yield session.clean(f"linked    {card}  {name}")
            for name in synced.changed:
                yield session.clean(f"new       {name}")
            for one in synced.unlinked[:_LISTED]:
                yield session.clean(f"unlinked  {one.ref}  {one.name}  {_metrics(one)}".rstrip())
            if more := len(synced.unlinked[_LISTED:]):
                yield f"and {more} more unlinked"

        session.answer(
            "sync-runs",
            lambda: {
                "places": [str(path) for path in found.places],
                "problems": list(found.problems),
                "runs": len(found.runs),
                "linked": [{"run": name, "card": card} for name, card in synced.linked],
                "changed": list(synced.changed),
                "unlinked": [tracked_data(one) for one in synced.unlinked],
            },
            lines,
        )
    for problem in found.problems:
        session.say(problem)
    if session.json:
        return
    if not found.places:
        session.say("No tracker was found. Name a file: mlkanban sync-runs PATH")
        return
    session.say(
        f"{len(found.runs)} runs in {len(found.places)} places: {len(synced.linked)} linked now,"
        f" {len(synced.changed)} with news, {len(synced.unlinked)} unlinked."
    )
    if synced.unlinked:
        session.say("Link one: mlkanban link CARD KIND:REF")


def tracked_data(one: Tracked) -> dict[str, object]:
    """What --json says of a run of a tracker."""
    return {
        "ref": one.ref,
        "name": one.name,
        "says": one.says or None,
        "started": one.started or None,
        "ended": one.ended or None,
        "metrics": one.numbers,
        "params": dict(one.params),
        "where": one.where,
    }


def _metrics(one: Tracked) -> str:
    return "  ".join(f"{name} {value:g}" for name, value in list(one.numbers.items())[:2])


def _look(session: Session, service: Service, given: Sequence[str], *, only: bool = False) -> Found:
    from mlkanban.runs.trackers.places import place, read_all, usual

    cwd = Path.cwd()
    named = [path for text in given if (path := place(text, cwd)) is not None]
    missing = next((path for path in named if not path.exists()), None)
    if missing is not None:
        raise NotFound(f"There is no {missing}.", "Check the path.")
    more = [] if only else usual(
        cwd, os.environ, [*session.settings.trackers, *service.links.places()]
    )  # fmt: skip
    return read_all([*named, *more])
