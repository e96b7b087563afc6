"""Commands that start jobs for cards, show what became of them and stop them."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from mlkanban.cells import shortened
from mlkanban.cli.layout import table, width
from mlkanban.cli.named_runs import named_run
from mlkanban.cli.prune import prune
from mlkanban.cli.run_curves import (
    CURVES,
    check_chart,
    curve,
    latest_data,
    latest_values,
    parameters_drawn,
    search_data,
)
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import CARD, RUN_OR_CARD, GroupOrArgument
from mlkanban.clock import now
from mlkanban.core.metrics import CardMetrics, direction_of
from mlkanban.display.run_table import reported_text, result_lines, result_text
from mlkanban.display.run_text import duration, inside, parameter_sets_text, started
from mlkanban.errors import MlkanbanError, NotFound, RuleRefused, UsageProblem
from mlkanban.paths import places
from mlkanban.runs.local.folder import folders_of
from mlkanban.runs.local.intake import Intake
from mlkanban.runs.local.log_size import log_bytes, longest, over_limit
from mlkanban.runs.local.logs import copy_logs
from mlkanban.runs.local.orphans import orphan_processes
from mlkanban.runs.local.viewer import runs_here
from mlkanban.runs.model.launch_words import NO_PARAMETERS, parameter_sets
from mlkanban.runs.model.metric_lines import unread_text
from mlkanban.runs.model.overview import (
    importances,
    overview,
    run_parameters,
    telling_differences,
)
from mlkanban.runs.model.parameter_axes import search_space
from mlkanban.runs.model.results import outer_runs, remarks
from mlkanban.runs.model.run import parents_of
from mlkanban.runs.model.run_ids import split_task
from mlkanban.runs.model.search import search_history
from mlkanban.runs.model.state import RunState, Stopped
from mlkanban.runs.model.usage import usage
from mlkanban.runs.slurm import client
from mlkanban.runs.slurm.job_states import read_job_states
from mlkanban.runs.slurm.time_limits import COMMAND_SECONDS
from mlkanban.runs.stop import stop_run

if TYPE_CHECKING:
    from mlkanban.core.board import Board
    from mlkanban.runs.local.orphans import OrphanProcess
    from mlkanban.runs.model.intervals import Difference
    from mlkanban.runs.model.launch_words import ParameterSets
    from mlkanban.runs.model.parameter_axes import SearchSpace
    from mlkanban.runs.model.repeats import Repeats
    from mlkanban.runs.model.results import Configuration, Results
    from mlkanban.runs.model.run import Run
    from mlkanban.runs.model.series import Latest
    from mlkanban.service import Service

_MOST_UNREAD = 10
_PARAMETERS = 40
"""The cells of the parameters of a run."""


@click.group(cls=GroupOrArgument, invoke_without_command=True)
@click.argument("card", type=CARD, required=False)
@click.option(
    "--chart",
    is_flag=False,
    flag_value=CURVES,
    metavar="[WHAT]",
    help="Draw the curves of CARD; or its values over a PARAMETER, or over all: `parameters`.",
)
@click.option("--whole", is_flag=True, help="With --chart: leave no value outside the picture.")
@click.pass_context
def runs(
    ctx: click.Context, card: str | None = None, chart: str | None = None, *, whole: bool = False
) -> None:
    """List the runs of a card or of the board.

    The newest run comes first. Of one card: also what its runs say together of its metric and
    target, and what they used. Of a run that goes on, METRIC is the newest value of its log or of
    its tracker, with all values before it in a few bars.

    --chart draws the values of the best run and of those that go on over their steps, with target
    and baseline as lines; of a search (five configurations or more) also the best value so far over
    its trials, and what its hyper-parameters tell. `--chart lr` draws the values of the metric over
    the hyper-parameter lr, on a logarithmic axis where its values span two decades or more;
    `--chart parameters` all hyper-parameters below one another, where a letter is the same
    configuration on each.
    """
    if ctx.invoked_subcommand is None:
        if card is None and chart not in (None, CURVES):
            card, chart = chart, CURVES  # `runs --chart g12`
        session = ctx.find_object(Session)
        assert session is not None
        _list(session, card, chart, whole=whole)


runs.add_command(prune)


def _list(session: Session, card: str | None, chart: str | None, *, whole: bool) -> None:
    if whole and not chart:
        raise UsageProblem("--whole is of a chart.", "Add --chart: mlkanban runs CARD --chart.")
    if chart and card is None:
        raise UsageProblem("A chart is of the runs of one card.", "Name it: mlkanban runs CARD.")
    if (places().data / "runs").is_dir() or shutil.which("squeue"):
        try:
            with session.service(write=True) as service:
                _read_slurm(session, service, card)
            session.read_end_values()
        except NotFound:
            raise
        except MlkanbanError as error:
            session.show_problem(error)
    with session.service() as service:
        if card is None:
            board = session.board(service)
            card_runs = service.runs.of_board(board.id)
        else:
            board = service.boards.of_card(card)
            card_runs = [(card.strip().lower(), run) for run in service.runs.of_card(card)]
        results = service.runs.results(card) if card else None
        metric = service.runs.metric(card) if card else None
        left = _orphan_processes(card_runs)
        differs = _differing(session, service, board, card_runs)
        sizes = _log_sizes(card_runs) if session.json else {}
        outer = _outer_runs(card_runs) if session.json else {}
        latest = latest_values(card_runs, service)
        own = [run for _, run in card_runs]
        rows = overview(own, results, session.settings.repeats) if card else []
        space = search_space(rows, results)
        if chart not in (None, CURVES):
            check_chart(str(chart), space, str(card))
        session.answer(
            "runs",
            lambda: [
                {
                    "card": ref,
                    **run_data(shown_run, session.settings.repeats),
                    "latest": latest_data(latest.get(shown_run.id, [])),
                    "differs": differs[shown_run.id].parameters,
                    "launch_differs": differs[shown_run.id].launch,
                    "outer": shown_run.id in outer[ref],
                    "left_over": _pids(left.get(shown_run.id, [])),
                    "log_bytes": sizes.get(shown_run.id),
                }
                for ref, shown_run in card_runs
            ],
            lambda: chain(
                _table(session, card_runs, results, board, metric, differs, latest),
                _results(session, card_runs, results, board, metric) if card else (),
                _drawn(session, chart, own, results, metric, space, whole=whole) if chart else (),
                _unread(session, card_runs) if card else (),
                _orphan_lines(session, left),
                _long_logs(session, card_runs),
            ),
            meta=(lambda: _meta(card_runs, results, metric, space)) if card else None,
        )
        if not card_runs and not session.json:
            session.show_message("No runs yet. Start one: mlkanban run CARD -- COMMAND")


def _drawn(
    session: Session,
    chart: str,
    runs: Sequence[Run],
    results: Results | None,
    metric: Mapping[str, Any] | None,
    space: SearchSpace | None,
    *,
    whole: bool,
) -> Iterator[str]:
    """The picture that was asked for, after a blank line; nothing without runs."""
    if chart == CURVES or space is None or results is None:
        return curve(session, runs, results, metric, whole=whole) if runs else iter(())
    return parameters_drawn(session, chart, results, space, whole=whole)


def _read_slurm(session: Session, service: Service, card: str | None = None) -> None:
    """Take in what SLURM knows. That it did not answer is said where one of its jobs is about a
    `card`, None for any."""
    if not client.available():
        return
    intake = Intake(places().data)
    taken_in = intake.take_in(service, now())
    stores = service.runs.store_names()
    about = card is None or any(run.start().get("card") == card for run in intake.going_on)
    problem = read_job_states(places().data, intake.going_on, stores, now(), COMMAND_SECONDS)
    if problem and about:
        session.show_message(f"SLURM was not asked: {problem}")
    # What SLURM answered was written into folders of runs: they are taken in once more.
    for done in (taken_in, intake.take_in(service, now())):
        if done.message:
            session.show_message(done.message)
    session.keep_for_afterwards(ended=intake.take_ended())


def run_data(run: Run, repeats: Repeats) -> dict[str, object]:
    """What --json says of a run."""
    known = parameter_sets(run, repeats)
    return {
        "id": run.id,
        "state": run.state.value,
        "evidence": run.evidence,
        "exit": run.exit,
        "why": run.why or None,
        "started": run.started or None,
        "ended": run.ended or None,
        "submitted": (run.made or None) if run.job else None,
        "host": run.host,
        "command": list(run.argv),
        "commit": run.commit or None,
        "dirty": run.dirty,
        "gpus": run.gpus,
        "elapsed": run.elapsed,
        "job": run.job or None,
        "parent": run.parent or None,
        "metrics": dict(run.metrics),
        "parameters": known.parameters,
        "launch": known.launch,
        "tasks": {
            "count": run.task_count or len(run.tasks),
            "over": run.tasks_over or len(run.tasks),
            "failed": run.tasks_failed or sum(t.state is RunState.FAILED for t in run.tasks),
            "running": run.at_work or 0,
            "ended": [
                {
                    "task": task.number,
                    "state": task.state.value,
                    "why": task.why or None,
                    "elapsed": task.seconds,
                    "params": run.params_of(task),
                    "metrics": dict(task.metrics),
                }
                for task in run.tasks
            ],
        } if run.task_count or run.tasks else None,
        "unread_metrics": list(run.unread),
        "tracker": {
            "ref": run.tracked or run.id, "says": run.says or None, "where": run.where,
            "pruned_at": dict(run.pruned_at) or None,
        } if run.where else None,
        "last_lines": list(run.last),
    }  # fmt: skip


def _orphan_processes(card_runs: Sequence[tuple[str, Run]]) -> dict[str, list[OrphanProcess]]:
    return orphan_processes(
        folders_of(places().data, (run.id for _, run in card_runs if run.state.ended))
    )


def _differing(
    session: Session, service: Service, board: Board, card_runs: Sequence[tuple[str, Run]]
) -> dict[str, ParameterSets]:
    """The parameters of each run in which it is unlike others of its card, what tells most of the
    metric of that first, launch words apart."""
    cards: dict[str, list[Run]] = {}
    for ref, run in card_runs:
        cards.setdefault(ref, []).append(run)
    if not any(len(runs) > 1 for runs in cards.values()):
        return {run.id: NO_PARAMETERS for _, run in card_runs}
    faces = service.boards.snapshot(board.id).faces
    metrics = {face.ref: CardMetrics.read(face.metric).metric or {} for face in faces}
    return {
        run.id: unlike.row(at)
        for ref, runs in cards.items()
        for unlike in [
            telling_differences(
                runs, str(metrics.get(ref, {}).get("name") or ""), session.settings.repeats,
                exact=session.json,
            )
        ]
        for at, run in enumerate(runs)
    }  # fmt: skip


def _outer_runs(card_runs: Sequence[tuple[str, Run]]) -> dict[str, frozenset[str]]:
    """The ids of the runs of each card in which others were started."""
    cards: dict[str, list[Run]] = {}
    for ref, run in card_runs:
        cards.setdefault(ref, []).append(run)
    return {ref: outer_runs(runs, parents_of(runs)) for ref, runs in cards.items()}


def _pids(left: Sequence[OrphanProcess]) -> list[dict[str, object]]:
    return [{"pid": orphan.process.pid, "command": orphan.command} for orphan in left]


def _orphan_lines(session: Session, left: Mapping[str, Sequence[OrphanProcess]]) -> Iterator[str]:
    """What ended runs left behind, and how to be rid of it."""
    for run, processes in left.items():
        yield ""
        yield f"Left over from run {run}, still alive (mlkanban stop {run} ends them):"
        for orphan in processes:
            yield f"  {orphan.process.pid:>8}  {session.clean(orphan.command)[:100]}"


def _log_sizes(card_runs: Sequence[tuple[str, Run]]) -> dict[str, int]:
    """Bytes of the logs of the runs whose logs are in their folders here."""
    folders = folders_of(places().data, (run.id for _, run in card_runs if not run.job))
    return {folder.id: log_bytes(folder) for folder in folders if folder.out.exists()}


def _long_logs(session: Session, card_runs: Sequence[tuple[str, Run]]) -> Iterator[str]:
    """The runs that go on whose logs are over the limit."""
    going_on = folders_of(
        places().data, (run.id for _, run in card_runs if not (run.job or run.state.ended))
    )
    for folder in going_on:
        if text := over_limit(longest(folder), session.settings.log_limit):
            yield ""
            yield f"Run {folder.id}: {text}."


def _meta(
    card_runs: Sequence[tuple[str, Run]],
    results: Results | None,
    metric: Mapping[str, Any] | None,
    space: SearchSpace | None,
) -> dict[str, object]:
    """What --json says of the runs of a card together."""
    runs = [run for _, run in card_runs]
    used = usage(runs, now())
    return {
        "figures": results and {
            "metric": results.name,
            **_configuration(results.latest),
            "best": results.best_run and results.best_run.id,
            "trials": results.trials,
            "search": results.is_search,
            "proposal": results.proposal and results.proposal.value,
            "why": results.why or None,
            "basis": {
                "label": results.basis.label or None, **_configuration(results.basis),
            } if results.basis and results.verdict else None,
            "configurations": [
                {
                    "label": configuration.label or None,
                    **_configuration(configuration),
                    "runs": [run.id for run in configuration.runs],
                    "proposal": configuration.proposal and configuration.proposal.value,
                    "before": compared.other and compared.other.name,
                    "vs_before": _difference(compared.before),
                    "vs_baseline": _difference(compared.baseline),
                }
                for configuration in results.configurations
                for compared in [results.comparison(configuration)]
            ],
        },
        "importances": [
            importance._asdict()
            for importance in importances(overview(runs, results, results.repeats))
        ] if results else [],
        "search": search_data(search_history(runs, results), space),
        "remarks": remarks(runs, metric, results),
        "gpu_hours": used.gpu_hours,
        "runs_of_unknown_gpu_hours": used.unknown,
    }  # fmt: skip


def _difference(known: Difference | None) -> dict[str, object] | None:
    return known and known._asdict()


def _configuration(configuration: Configuration) -> dict[str, object]:
    return {
        "n": configuration.n, "mean": configuration.mean, "sd": configuration.sd,
        "margin": configuration.margin,
        "values": list(configuration.values), "left_out_same_seed": configuration.again,
        "guards": [
            {
                "name": guard.name, "direction": direction_of(guard.guard),
                "target": guard.guard["target"], "n": len(guard.values), "mean": guard.mean,
                "sd": guard.sd, "state": guard.state.value,
            }
            for guard in configuration.guards
        ],
    }  # fmt: skip


def _results(
    session: Session,
    card_runs: Sequence[tuple[str, Run]],
    results: Results | None,
    board: Board,
    metric: Mapping[str, Any] | None,
) -> Iterator[str]:
    """What the runs of a card say together, after a blank line."""
    runs, zone = [run for _, run in card_runs], ZoneInfo(board.timezone)
    lines = result_lines(
        runs, results, zone, now(), glyphs=session.glyphs, metric=metric, room=width() or 0
    )
    if lines:
        yield ""
    yield from map(session.clean, lines)


def _unread(session: Session, card_runs: Sequence[tuple[str, Run]]) -> Iterator[str]:
    """What runs of a card reported as metrics that are no numbers, after a blank line."""
    sentences = [(run.id, unread_text(run.unread)) for _, run in card_runs if run.unread]
    if sentences:
        yield ""
    for run, text in sentences[:_MOST_UNREAD]:
        yield session.clean(f"Run {run}: {text}")
    if len(sentences) > _MOST_UNREAD:
        yield f"{len(sentences) - _MOST_UNREAD} more such runs: mlkanban --json runs"


def _table(
    session: Session,
    card_runs: Sequence[tuple[str, Run]],
    results: Results | None,
    board: Board,
    metric: Mapping[str, Any] | None,
    differs: Mapping[str, ParameterSets],
    latest: Mapping[str, Sequence[Latest]],
) -> Iterator[str]:
    if not card_runs:
        return
    zone, at = ZoneInfo(board.timezone), now()
    newest = {run: one[0] for run, one in latest.items()}
    shown, name = differs, "DIFFERS"
    if len(card_runs) == 1 and card_runs[0][1].params:
        only = card_runs[0][1]
        shown = {only.id: run_parameters([only], None, session.settings.repeats).row(0)}
        name = "PARAMETERS"
    rows = [
        (
            inside(run, session.clean(run.id)), ref, session.clean(run.word),
            started(run, zone), duration(run, at),
            session.clean(result_text(run)),
            session.clean(reported_text(run, results, newest, metric, session.glyphs)),
            _in_short(session.clean(parameter_sets_text(shown[run.id]))),
            session.clean(shlex.join(run.argv)),
        )
        for ref, run in card_runs
    ]  # fmt: skip
    head = ("RUN", "CARD", "STATE", "STARTED", "TIME", "RESULT", "METRIC", name, "COMMAND")
    yield from table(rows, head, whole=(name,))


def _in_short(parameters: str) -> str:
    """Parameters in a column that leaves room for others, or all of them where nothing has to fit
    into a line."""
    return parameters if width() is None else shortened(parameters, _PARAMETERS)


@click.command()
@click.argument("run", type=RUN_OR_CARD)
@click.option(
    "-f", "--follow", is_flag=True, help="Keep printing until the run ends; ^C leaves it running."
)
@click.option("--raw", is_flag=True, help="Print the bytes that the job wrote.")
@pass_session
def logs(session: Session, run: str, follow: bool, raw: bool) -> None:
    """Print what a run wrote.

    Its stdout goes to stdout, its stderr to stderr. The output is printed as a terminal would leave
    it: a progress bar that draws its line again and again is one line, in its last state; with -f
    into a pipe or a file, as it stands every ten seconds. --raw prints what the job wrote, byte by
    byte; to a terminal without the sequences that would act on it.

    RUN is the id of a run, or a beginning or an end of it, or a card, for its newest run; with _3
    behind it, task 3 of its array.
    """
    if session.json:
        raise UsageProblem("Logs are no JSON.", "Leave out --json.")
    name, task = split_task(run)
    copy_logs(named_run(session, name), now, follow=follow, raw=raw, task=task)


@click.command()
@click.argument("run", type=RUN_OR_CARD)
@pass_session
def stop(session: Session, run: str) -> None:
    """Stop a run: SIGINT, after 5 s SIGTERM, after 5 s more SIGKILL. Its card is not blocked.

    A job of SLURM is cancelled; where SLURM grants it more time than a few seconds, that is said.
    A run that waits in the queue never starts. Of a run that has ended, the processes that it left
    behind are ended. RUN is an id, or a beginning or an end of it, or a card, for its newest run.
    """
    folder = named_run(session, run)
    stopped = stop_run(folder, session.actor, now)
    if stopped is Stopped.NOTHING:
        if runs_here(folder):
            raise MlkanbanError(
                f"Run {folder.id} could not be stopped: SIGKILL did not end it.",
                "A process that waits for a disk or a GPU ends when that answers. See: ps -ef",
            )
        host = folder.start().get("host", "")
        raise RuleRefused(
            f"Run {folder.id} does not run here.",
            f"It was started on {host}." if host and host != os.uname().nodename else "",
        )
    ended = stopped is Stopped.ENDED
    session.answer("stop", lambda: {"id": folder.id, "stopped": ended}, acted=True)
    job = folder.start().get("slurm")
    if job is not None:
        _take_in_stop(session)
    if session.json:
        return
    if ended:
        session.show_message(f"Run {folder.id} is stopped.")
    else:
        assert job is not None
        session.show_message(f"scancel was sent to job {job['job']}: SLURM has not ended it yet.")


def _take_in_stop(session: Session) -> None:
    """Let the board hear at once what became of a job that was cancelled."""
    try:
        with session.service(write=True) as service:
            _read_slurm(session, service)
    except MlkanbanError as error:
        session.show_problem(error)
