"""The queue of this machine: runs that wait for a slot, their order, and what starts them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from mlkanban.cli.before_run import give_up, show, slot_for, started_data
from mlkanban.cli.layout import table
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import RUN, RUN_OR_CARD
from mlkanban.clock import now
from mlkanban.core.rules import Load
from mlkanban.display.card_face import Header, header
from mlkanban.display.run_text import elapsed
from mlkanban.errors import StoreProblem
from mlkanban.files import umask_of_the_person
from mlkanban.log import logger, write_to
from mlkanban.paths import places
from mlkanban.runs.local.folder import find_run
from mlkanban.runs.local.inspect import judged
from mlkanban.runs.local.processes import here
from mlkanban.runs.local.start import Wanted
from mlkanban.runs.model.queue_order import held_runs, waiting_runs
from mlkanban.runs.model.state import UNSEEN, WAITING, RunState
from mlkanban.runs.queue.enqueue import planned, require_gpus
from mlkanban.runs.queue.entries import QueuedRun, QueueFiles
from mlkanban.runs.queue.listing import QueueRow, queue_rows
from mlkanban.runs.queue.turns import Turns, turn_numbers
from mlkanban.runs.queue.waiter import start_now

if TYPE_CHECKING:
    from mlkanban.core.board import Board, Stage
    from mlkanban.service import Service


def enqueue(
    session: Session,
    card: str,
    command: Sequence[str],
    *,
    override: str,
    gpus: int | None,
    target: str,
    no_env: bool,
) -> None:
    """Put a job into the queue, and let it start where there is room for it now."""
    if gpus:
        require_gpus(gpus)
    data = places().data
    with slot_for(session, card, override, how=None) as slot:
        job = slot.job
        if slot.service is None:
            raise StoreProblem(
                "The store cannot be read, so nothing can wait for a slot.",
                "Start the job without --queue: the board takes it in later.",
            )
        wanted = Wanted(
            job.ref, job.id, command, session.actor, gpus, override.strip(), not no_env, target,
            label=job.label,
        )  # fmt: skip
        entry = planned(data, wanted, now())
        entry.store(slot.service, now())
    folder = entry.folder
    try:
        entry.wait(umask_of_the_person())
    except StoreProblem:
        give_up(job, folder.id)
        raise
    with session.service(write=True) as service:
        turns = Turns(data, service)
        turns.forget_replaced(entry.start, now())
        started = turns.advance(now())
        numbers = turn_numbers(turns.waiting(now()))
    place = numbers.get(folder.id)
    state = judged(folder, folder.start(), here(), now()).state
    session.answer("run", lambda: started_data(job.ref, folder, state, place), acted=True)
    if place is not None:
        show(f"Run {folder.id} of {job.ref} is queued, {place} of {len(numbers)}: mlkanban queue")
    elif folder.id in started:
        show(f"Run {folder.id} of {job.ref} starts: mlkanban logs -f {folder.id}")
    else:
        show(f"Run {folder.id} of {job.ref}: mlkanban runs {job.ref}")


@click.group(invoke_without_command=True)
@click.pass_context
def queue(ctx: click.Context) -> None:
    """List the queue of this machine, or change its order.

    Listed are the runs that execute and those that wait for a slot. `mlkanban run --queue CARD --
    COMMAND` puts a run into the queue. Runs of cards with a higher priority come first, then those
    that came first, unless `up` and `down` change that. Runs that lost their place (the machine was
    restarted) are listed below, with what queues them again.
    """
    if ctx.invoked_subcommand is None:
        session = ctx.find_object(Session)
        assert session is not None
        with session.service() as service:
            _answer(session, service)


@queue.command()
@click.argument("run", type=RUN_OR_CARD)
@pass_session
def up(session: Session, run: str) -> None:
    """Give a run its turn one place earlier."""
    _change(session, run, lambda turns, queued: turns.shift(queued, now(), earlier=True))


@queue.command()
@click.argument("run", type=RUN_OR_CARD)
@pass_session
def down(session: Session, run: str) -> None:
    """Give a run its turn one place later."""
    _change(session, run, lambda turns, queued: turns.shift(queued, now(), earlier=False))


@queue.command()
@click.argument("run", type=RUN_OR_CARD)
@pass_session
def hold(session: Session, run: str) -> None:
    """Hold a run back: others start before it, until `release` lets it go on."""
    _change(session, run, lambda turns, queued: turns.hold(queued, session.actor, now()))


@queue.command()
@click.argument("run", type=RUN_OR_CARD)
@pass_session
def release(session: Session, run: str) -> None:
    """Let a run that is held back start when its turn comes."""
    _change(session, run, lambda turns, queued: turns.hold(queued, "", now()))


@queue.command()
@click.argument("run", type=RUN_OR_CARD)
@pass_session
def drop(session: Session, run: str) -> None:
    """Take a run out of the queue: it never starts."""
    _change(session, run, lambda turns, queued: turns.drop(queued, session.actor, now()))


@queue.command(hidden=True)
@pass_session
def advance(session: Session) -> None:
    """Give free slots to the runs that are next. The processes that wait call this."""
    if not any(run.waits for run in QueueFiles(places().data).runs(now())):
        QueueFiles(places().data).sweep(now())
        return
    with session.service(write=True) as service:
        for run in Turns(places().data, service).advance(now()):
            logger("program").info("the turn of run %s came", run)


@queue.command(hidden=True)
@click.argument("run", type=RUN)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def begin(run: str, command: Sequence[str]) -> None:
    """Start a run whose turn has come. The process that waited for it becomes this."""
    write_to(places().log)
    folder = find_run(places().data, run)
    if not start_now(folder, command, now(), umask=umask_of_the_person()):
        logger("program").warning("run %s was not started when its turn came", folder.id)
        raise click.exceptions.Exit(1)


def _change(
    session: Session, run: str, change: Callable[[Turns, Sequence[QueuedRun]], None]
) -> None:
    data = places().data
    with session.service(write=True) as service:
        turns = Turns(data, service)
        change(turns, [turns.named(run, now())])
        session.acted = True
        session.take_in_runs(service)
        _answer(session, service)


def _answer(session: Session, service: Service) -> None:
    board, at = session.board(service), now()
    turns, rows = Turns(places().data, service), queue_rows(places().data, service, board.id, at)
    waiting, lost = turns.waiting(at), turns.lost(at)
    places_in_turn = turn_numbers(waiting)
    execute = [row for row in rows if row.run.may_go_on and row.run.state is not RunState.QUEUED]
    heads = _heads(service, board)
    session.answer(
        "queue",
        lambda: [
            *(_data(run, places_in_turn.get(run.folder.id)) for run in waiting),
            *(_data(run, None) for run in lost),
        ],
        lambda: _lines(session, heads, rows, lost),
        meta=lambda: {
            "stages": [
                {
                    "stage": stage.name,
                    "running": head.meters[-1].count,
                    "unattended": stage.unattended,
                    "waiting": head.queued,
                    "held": head.held,
                }
                for stage, head in heads
            ],
            "executing": [
                {
                    "id": row.run.id,
                    "card": row.ref,
                    "state": row.run.state.value,
                    "started": row.run.started or None,
                    "command": list(row.run.argv),
                }
                for row in execute
            ],
        },
    )
    if not (rows or session.json):
        session.show_message("No run waits here. Queue one: mlkanban run --queue CARD -- COMMAND")


def _heads(service: Service, board: Board) -> list[tuple[Stage, Header]]:
    """The stages that count runs, with their heads as `mlkanban stages` shows them."""
    loads = service.boards.loads(board.id)
    faces = service.boards.snapshot(board.id).faces
    waiting, held = waiting_runs(board, faces), held_runs(board, faces)
    return [
        (
            stage,
            header(
                board, at, loads.get(stage.id, Load()), 0,
                queued=waiting[stage.id], held=held[stage.id],
            ),
        )
        for at, stage in enumerate(board.stages)
        if stage.unattended is not None
    ]  # fmt: skip


def _data(run: QueuedRun, place: int | None) -> dict[str, object]:
    """What --json says of a run of the queue."""
    return {
        "place": place,
        "id": run.folder.id,
        "card": run.start.get("card"),
        "state": run.judgement.state.value,
        "evidence": run.judgement.evidence,
        "held_by": run.held_by or None,
        "gpus": run.start.get("gpus"),
        "queued": run.start.get("made"),
        "command": run.start.get("argv"),
        "cwd": run.start.get("cwd"),
    }


def _lines(
    session: Session,
    heads: Sequence[tuple[Stage, Header]],
    rows: Sequence[QueueRow],
    lost: Sequence[QueuedRun],
) -> Iterator[str]:
    at = now()
    if not rows:
        return
    for stage, head in heads:
        yield f"{session.clean(stage.name)}: {head.named}"
    cells = [
        (
            row.turn_text, session.clean(row.run.id), row.ref, elapsed(row.run, at),
            session.clean(
                row.run.evidence if row.run.state in WAITING | UNSEEN else row.run.state.value
            ),
            session.clean(shlex.join(row.run.argv)),
        )
        for row in rows if not row.run.state.ended
    ]  # fmt: skip
    if cells:
        yield ""
        yield from table(cells, ("TURN", "RUN", "CARD", "FOR", "STATE", "COMMAND"))
    if lost:
        yield ""
        yield "Lost before their turn came (mlkanban rerun RUN --queue, or queue drop RUN):"
        places = [
            (run.folder.id, str(run.start.get("card")), run.judgement.evidence, _command(run))
            for run in lost
        ]
        cleaned = [tuple(map(session.clean, cells)) for cells in places]
        yield from table(cleaned, ("RUN", "CARD", "WHY", "COMMAND"))


def _command(run: QueuedRun) -> str:
    return shlex.join(map(str, run.start.get("argv") or ()))
