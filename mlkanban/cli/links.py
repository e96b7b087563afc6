"""Commands about the runs that experiment trackers tell of."""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlkanban import clock
from mlkanban.cli.progress import counting_line
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import CARD, TRACKED
from mlkanban.core.metrics import number_text
from mlkanban.display.run_text import SHORTLY
from mlkanban.errors import BadInput, NotFound, UsageProblem
from mlkanban.files import write_whole
from mlkanban.paths import in_full, places, working_folder
from mlkanban.runs.local.folder import RunFolder, runs_folder
from mlkanban.runs.local.likely_runs import (
    local_runs,
    newest_command_in,
    newest_working_folders,
)
from mlkanban.runs.model.inbox import (
    experiments,
    find,
    find_experiment,
    with_likely_run,
)
from mlkanban.runs.model.metric_order import in_order_of_interest
from mlkanban.runs.model.tracker_names import BY_FOLDER, KINDS
from mlkanban.runs.model.tracker_run import Tracked
from mlkanban.runs.slurm.job_states import read_job_states
from mlkanban.runs.slurm.time_limits import COMMAND_SECONDS
from mlkanban.runs.slurm.unlinked_jobs import link_job, unlinked_jobs
from mlkanban.runs.trackers.places import place, read_all, servers, usual
from mlkanban.runs.trackers.tracker import KnownRuns
from mlkanban.runs.trackers.wandb import NO_PROGRAM
from mlkanban.text import quantity

if TYPE_CHECKING:
    from mlkanban.runs.trackers.places import TrackerRuns
    from mlkanban.service import Done, Service

_LISTED = 5
"""Runs of an experiment, the newest, and experiments: the others are counted."""
_MOST_RUNS_NAMED = 20
"""Runs that were linked, or have news."""


@click.command()
@click.argument("card", type=CARD)
@click.argument("run", type=TRACKED, metavar="KIND:REF")
@click.option("--from", "source", default="", metavar="PATH", help="The file or folder of the run.")
@pass_session
def link(session: Session, card: str, run: str, source: str) -> None:
    """Link a run of a tracker to CARD.

    Name it as mlflow:RUN_ID, optuna:STUDY/TRIAL ... Or a whole experiment or study, optuna:STUDY,
    mlflow:EXPERIMENT: its runs so far, and later ones as sync-runs or the board reads them. Runs
    nested in a linked run of MLflow come with it.

    Or wandb:RUN_ID, or tensorboard:DIR for a folder with event files. Its metrics count like those
    of any other run; what the tracker says of its state is shown and moves nothing.

    slurm:JOB takes a job of yours, or an array with all its tasks, as a run of CARD, which is
    followed as if `mlkanban sbatch` had submitted it.
    """
    kind, _, name = run.partition(":")
    if kind not in KINDS:
        raise UsageProblem(
            f"{run!r} names no run of a tracker.",
            f"Write {' or '.join(k + ':...' for k in KINDS)}.",
        )
    with session.service(write=True) as service:
        service.cards.get(card)
        if kind == "slurm":
            _link_job(session, service, card, name)
            return
        place_of_run = source or (name if kind in BY_FOLDER else "")
        # Others that were written in the same run of ours decide whether it is the record of that.
        tracker_runs = read_trackers(
            session, service, [place_of_run] if place_of_run else [], only=bool(source)
        )
        try:
            done = service.links.link(card, _find(tracker_runs, run))
        except NotFound:
            experiment = find_experiment(tracker_runs.runs, run)
            if experiment is None:
                raise
            done = service.links.link_experiment(card, experiment.runs)
        session.answer_done("link", done, service)


def _link_job(session: Session, service: Service, card: str, number: str) -> None:
    data = places().data
    number = number.partition("_")[0]  # an array is linked with all its tasks
    run = link_job(data, number, service.runs.label(card), clock.now(), COMMAND_SECONDS)
    if not run:
        raise NotFound(
            f"There is no job {number} to be linked.",
            "It must be yours, be no run yet, and name no card of a store. See: mlkanban sync-runs",
        )
    folder = RunFolder(runs_folder(data) / run)
    read_job_states(data, [folder], frozenset(), clock.now(), COMMAND_SECONDS)
    session.answer("link", lambda: {"id": run, "card": card, "job": number})
    if not session.json:
        session.show_message(f"Job {number} is run {run} now. See: mlkanban runs {card}")


@click.command()
@click.argument("card", type=CARD)
@click.argument("run", type=TRACKED, metavar="KIND:REF")
@pass_session
def unlink(session: Session, card: str, run: str) -> None:
    """Unlink a tracker run, or an experiment, from CARD.

    `sync-runs` does not link it again.
    """
    with session.service(write=True) as service:
        session.answer_done("unlink", service.links.unlink(card, _in_full(run)), service)


def _in_full(run: str) -> str:
    """A run as it is linked: TensorBoard's are named by their folders."""
    kind, _, name = run.partition(":")
    return f"{kind}:{in_full(Path(name))}" if kind in BY_FOLDER else run


@click.command("sync-runs")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--new", type=TRACKED, metavar="KIND:REF", help="Add a card for this run.")
@click.option(
    "--ignore", type=TRACKED, multiple=True, metavar="KIND:REF", help="Never list this run again."
)
@click.option("--ignore-experiment", "ignore_all", type=TRACKED, multiple=True, metavar="KIND:REF",
              help="Never list runs of its experiment again.")  # fmt: skip
@click.option(
    "--heed", type=TRACKED, multiple=True, metavar="KIND:REF", help="List this run again."
)
@click.option("--ignored", is_flag=True, help="List the ignored runs instead.")
@pass_session
def sync_runs(
    session: Session,
    paths: Sequence[str],
    new: str | None,
    ignore: Sequence[str],
    ignore_all: Sequence[str],
    heed: Sequence[str],
    ignored: bool,
) -> None:
    """Read runs from the files of experiment trackers.

    The files are never written. Looks at PATHs, MLFLOW_TRACKING_URI, OPTUNA_STORAGE, WANDB_DIR,
    ./mlflow.db, ./mlruns, ./optuna.db, ./optuna.log, ./journal.log, other *.db, *.sqlite3, *.sqlite
    and *.log here that are Optuna's or MLflow's by what is in them, ./wandb, ./runs,
    ./lightning_logs, ./tb_logs and other folders here with event files of TensorBoard, or with
    folders of such, at the same places in the folders that the newest runs were started in, the
    setting `trackers`, and where linked runs were read from. Runs of W&B are read by its own
    program, if that knows `wandb leet inspect`.

    Runs tagged mlkanban.card with the label of a card, STORE:CARD as `mlkanban show CARD` prints
    it, are linked to that card (W&B: a tag mlkanban.card:STORE:CARD). The others, also those that
    name a card without a store, are listed, the newest first, and wait for a decision: a card, a
    new card, or never to be listed again. So are your jobs of SLURM that no card has: those whose
    comment is mlk:CARD, and for a day all others. An array is one of them.
    """
    with session.service(write=True) as service:
        session.take_in_runs(service)  # first: trackers tell of these too
        named = bool(new or ignore or ignore_all or heed or ignored)
        tracker_runs = read_trackers(session, service, paths, only_news=not named)
        cwd = working_folder()
        if not tracker_runs.places and any(place(path, cwd) for path in paths):
            raise BadInput(" ".join(tracker_runs.problems), "Nothing was read.")
        for done in _decide(session, service, tracker_runs, new, ignore, ignore_all, heed):
            session.show_done(done)
        with counting_line(session) as show:
            synced = service.links.sync(
                tracker_runs.runs, lambda at, of: show("linking", f"{at:,} of {of:,} runs")
            )
        inbox = synced.inbox

        def lines() -> Iterator[str]:
            yield from _first([f"linked    {card}  {name}" for name, card in synced.linked])
            yield from _first([f"new       {name}" for name in synced.changed])
            label, listed = ("ignored", inbox.ignored) if ignored else ("unlinked", inbox.unlinked)
            yield from inbox_lines(label, listed, inbox.metrics)
            if elsewhere := len(inbox.of_other_stores):
                yield f"tagged with cards of other stores: {quantity(elsewhere, 'run')}"
            if waiting := len(inbox.waiting):
                yield f"linked when the job ends that they run in: {quantity(waiting, 'run')}"

        session.answer(
            "sync-runs",
            lambda: {
                "places": [str(path) for path in tracker_runs.places],
                "problems": list(tracker_runs.problems),
                "runs": len(tracker_runs.runs),
                "linked": [{"run": name, "card": card} for name, card in synced.linked],
                "changed": list(synced.changed),
                "unlinked": [tracked_data(tracked) for tracked in inbox.unlinked],
                "ignored": [tracked_data(tracked) for tracked in inbox.ignored],
                "of_other_stores": len(inbox.of_other_stores),
                "waiting": len(inbox.waiting),
            },
            lambda: map(session.clean, lines()),
        )
    for problem in tracker_runs.problems if paths else _new_problems(tracker_runs.problems):
        session.show_message(problem)
    if session.json:
        return
    if not tracker_runs.places and not tracker_runs.runs:
        session.show_message("No tracker was found. Name a file: mlkanban sync-runs PATH")
        return
    session.show_message(
        f"Runs read: {len(tracker_runs.runs):,}; {len(synced.linked)} linked now,"
        f" {len(synced.changed)} with news, {len(inbox.unlinked):,} unlinked,"
        f" {len(inbox.ignored):,} ignored."
    )
    if inbox.unlinked:
        session.show_message(
            deciding([path for path in paths if place(path, cwd) in tracker_runs.places])
        )


def _new_problems(problems: Sequence[str]) -> list[str]:
    """The problems without those of a missing program that were shown before: a look that cron
    takes every hour names each once."""
    file = places().data / "shown-problems"
    with suppress(OSError):
        shown = set(file.read_text().splitlines()) if file.exists() else set()
        once = [problem for problem in problems if NO_PROGRAM in problem]
        if not shown.issuperset(once):
            write_whole(file, "".join(f"{line}\n" for line in once).encode())
        return [problem for problem in problems if problem not in shown]
    return [*problems]


def _decide(
    session: Session,
    service: Service,
    tracker_runs: TrackerRuns,
    new: str | None,
    ignore: Sequence[str],
    ignore_all: Sequence[str],
    heed: Sequence[str],
) -> Iterator[Done]:
    """Do with runs what was asked for."""
    links = service.links
    if new:
        tracked = _find(tracker_runs, new)
        if tracked.kind == "slurm":
            raise UsageProblem(
                "A job needs a card that there is.", f"Then: mlkanban link CARD {new}"
            )
        yield links.new_card(session.board(service).id, tracked.title, tracked)
    for names, all_of_it in ((ignore, False), (ignore_all, True)):
        for name in names:
            tracked = _find(tracker_runs, name)
            yield links.ignore(session.board(service).id, tracked, all_of_it=all_of_it)
    for name in heed:
        yield links.heed([_find(tracker_runs, name)])


def deciding(paths: Sequence[str] = ()) -> str:
    """How the runs of an inbox are decided on, by commands that find them again: `paths` are the
    places that were named."""
    from_there = f" --from {shlex.quote(paths[0]) if len(paths) == 1 else 'PATH'}" if paths else ""
    there = "".join(f" {shlex.quote(path)}" for path in paths)
    return (
        f"Decide: mlkanban link CARD KIND:REF{from_there} or mlkanban sync-runs{there} with --new,"
        " --ignore or --ignore-experiment KIND:REF"
    )


def _first(lines: Sequence[str]) -> Iterator[str]:
    yield from lines[:_MOST_RUNS_NAMED]
    if more := len(lines[_MOST_RUNS_NAMED:]):
        yield f"and {more:,} more"


def inbox_lines(
    label: str, runs: Sequence[Tracked], metrics: Collection[str], limit: int | None = None
) -> Iterator[str]:
    """A heading for each experiment, and its newest runs, with the `metrics` that cards are for
    first: at most `limit` of all together. What is not listed is counted."""
    groups = experiments(runs)
    room, headings = len(runs) if limit is None else limit, 0
    for experiment in groups[:_LISTED]:
        if not room:
            break
        headings += 1
        yield f"{label}  {experiment.name}: {experiment.count}  ({experiment.where})"
        listed = experiment.runs[: min(_LISTED, room)]
        room -= len(listed)
        for run in listed:
            hint = f"tagged {run.card}" if run.card else run.within_text
            values = _metrics(run, metrics)
            yield "  ".join(filter(None, (f"  {run.ref}", run.name, values, hint)))
        if more := len(experiment.runs) - len(listed):
            yield f"  and {more:,} older"
    if more := len(groups) - headings:
        yield f"and {more:,} experiment{'' if more == 1 else 's'} more"


def tracked_data(tracked: Tracked) -> dict[str, object]:
    """What --json says of a run of a tracker."""
    return {
        "ref": tracked.ref,
        "name": tracked.name,
        "experiment": tracked.experiment,
        "says": tracked.says or None,
        "started": tracked.started or None,
        "ended": tracked.ended or None,
        "metrics": tracked.numbers,
        "params": dict(tracked.params),
        "tagged": tracked.card or None,
        "during": {"run": tracked.within, "card": tracked.within_card} if tracked.within else None,
        "where": tracked.where,
    }


def _metrics(tracked: Tracked, wanted: Collection[str]) -> str:
    names = in_order_of_interest(tracked.numbers, wanted)[:SHORTLY]
    return "  ".join(f"{name} {number_text(tracked.numbers[name])}" for name in names)


def _find(tracker_runs: TrackerRuns, run: str) -> Tracked:
    try:
        return find(tracker_runs.runs, _in_full(run))
    except NotFound as error:
        raise NotFound(error.message, " ".join([error.hint, *tracker_runs.problems])) from None


def read_trackers(
    session: Session,
    service: Service,
    sources: Sequence[str] = (),
    *,
    only: bool = False,
    only_news: bool = False,
) -> TrackerRuns:
    """What trackers tell of runs at the places that are usual here, and those `given`."""
    cwd = working_folder()
    named = [path for text in sources if (path := place(text, cwd)) is not None]
    missing = next((path for path in named if not path.exists()), None)
    if missing is not None:
        raise NotFound(f"There is no {missing}.", "Check the path.")
    data = places().data
    own_runs = local_runs(data)
    more = [] if only else usual(
        cwd, os.environ, [*session.settings.trackers, *service.links.places()],
        newest_working_folders(own_runs),
    )  # fmt: skip
    known = KnownRuns(service.links.ended(), partial(newest_command_in, data), only_news)
    with counting_line(session) as show:
        tracker_runs = read_all(
            [*named, *more], lambda count, path: show(f"reading {path.name}:", f"{count:,} runs"),
            known,
        )  # fmt: skip
    runs = with_likely_run(tracker_runs.runs, own_runs)
    unread = servers({} if only else os.environ, sources)
    jobs = () if only else unlinked_jobs(data, clock.now(), COMMAND_SECONDS)
    return replace(tracker_runs, runs=(*runs, *jobs), problems=(*tracker_runs.problems, *unread))
