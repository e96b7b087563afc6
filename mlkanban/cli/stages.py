"""Commands for the stages of a board and their limits."""

from collections.abc import Callable, Iterator
from typing import Any

import click

from mlkanban.cli.layout import table
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import LIMIT, NEW_NAME, NONE, STAGE, SuggestingGroup, limit_of, today
from mlkanban.core.board import ROLE_WORDS, Board, StageKind, asleep, stands
from mlkanban.core.card_templates import ROLE_ABOUT, role_of
from mlkanban.core.names import find_stage
from mlkanban.core.rules import Load, in_progress
from mlkanban.display.card_face import SINCE_MERGE, SNOOZED, HeadNote, header
from mlkanban.display.card_json import stages_data
from mlkanban.errors import UsageProblem, WouldChangeCards
from mlkanban.runs.model.queue_order import held_runs, waiting_runs
from mlkanban.service import Done, Service, Snapshot

_stage = click.argument("stage", type=STAGE)
_yes = click.option(
    "--yes", is_flag=True, help="Finish or reopen cards where the change requires it."
)
_BY_NAME = "auto"
_ROLES = "\b\nRoles:\n" + "\n".join(
    f"  {role.word:<10}{about}" for role, about in ROLE_ABOUT.items()
)
_kind = click.Choice([kind.value for kind in StageKind])


@click.group(cls=SuggestingGroup, invoke_without_command=True)
@click.pass_context
def stages(ctx: click.Context) -> None:
    """List the stages of a board, or change them."""
    if ctx.invoked_subcommand is None:
        session = ctx.find_object(Session)
        assert session is not None
        with session.service() as service:
            snapshot = service.boards.snapshot(session.board(service).id)
            loads = service.boards.loads(snapshot.board.id)
            session.answer(
                "stages",
                lambda: stages_data(snapshot.board, loads, snapshot.over_since_merge),
                lambda: _table(session, snapshot, loads),
            )


@stages.command()
@_stage
@click.argument("number", type=LIMIT, metavar="N|none")
@click.option(
    "--unattended", type=LIMIT, metavar="N|none", help="A separate limit for unattended runs."
)
@click.option("--soft/--hard", default=None, help="A soft limit warns, a hard limit refuses.")
@pass_session
def limit(
    session: Session,
    stage: str,
    number: int | str,
    unattended: int | str | None,
    soft: bool | None,
) -> None:
    """Limit the cards in a stage."""
    fields: dict[str, Any] = {"limit": limit_of(number)}
    if unattended is not None:
        fields["unattended"] = limit_of(unattended)
    if soft is not None:
        fields["soft"] = soft
    _edit(session, "limit", stage, fields)


@stages.command()
@click.argument("name", type=NEW_NAME)
@click.option("--after", type=STAGE, default="", help="Insert it after this stage (default: last).")
@click.option("--kind", type=_kind, default="active", show_default=True)
@pass_session
def add(session: Session, name: str, after: str, kind: str) -> None:
    """Add a stage."""

    def act(service: Service, board: Board) -> Done:
        place = find_stage(board, after) if after else board.stages[-1]
        return service.boards.add_stage(board.id, name, after=place.id, kind=StageKind(kind))

    _change(session, "add", act)


@stages.command()
@_stage
@click.argument("name", type=NEW_NAME)
@pass_session
def rename(session: Session, stage: str, name: str) -> None:
    """Rename a stage."""
    _edit(session, "rename", stage, {"name": name})


@stages.command()
@_stage
@click.argument("kind", type=_kind)
@pass_session
def kind(session: Session, stage: str, kind: str) -> None:
    """Set what happens to the cards of a stage.

    In a queue they wait, in an active stage they are worked on, in a gate they wait for a decision
    or an approval. Flow metrics count the past with the kind that a stage has now.
    """
    _edit(session, "kind", stage, {"kind": StageKind(kind)})


@stages.command(epilog=_ROLES)
@_stage
@click.argument("role", type=click.Choice([*ROLE_WORDS, _BY_NAME]))
@pass_session
def role(session: Session, stage: str, role: str) -> None:
    """Set what a stage is for: where gates of card templates close it, and what is asked there.

    With `none` it has no role, with `auto` the one that its template or its name says. Cards that
    there are keep their gates.
    """
    _edit(session, "role", stage, {"role": "" if role == _BY_NAME else role})


@stages.command()
@_stage
@click.argument("texts", nargs=-1, required=True, metavar="TEXT...|none")
@pass_session
def deliverables(session: Session, stage: str, texts: tuple[str, ...]) -> None:
    """Set what a stage asks of new experiments and models: all of it, or none.

    Each text becomes an item of their checklists, with a gate on this stage.
    """
    given = () if texts == (NONE,) else texts
    _edit(session, "deliverables", stage, {"deliverables": given})


@stages.command()
@_stage
@click.argument("position", type=int)
@_yes
@pass_session
def move(session: Session, stage: str, position: int, yes: bool) -> None:
    """Move a stage to a position, counted from 1.

    Cards that come to stand past delivery that way are finished as shipped, shipped ones that come
    to stand before it are open again: then --yes is needed.
    """

    def act(service: Service, board: Board) -> Done:
        if not 1 <= position <= len(board.stages):
            raise UsageProblem(
                f"There is no position {position}.", f"Give 1 to {len(board.stages)}."
            )
        stage_id = find_stage(board, stage).id
        return service.boards.move_stage(board.id, stage_id, position - 1, agreed=yes)

    _change(session, "move", act)


@stages.command()
@_stage
@_yes
@pass_session
def remove(session: Session, stage: str, yes: bool) -> None:
    """Remove an empty stage."""
    _change(
        session,
        "remove",
        lambda service, board: service.boards.remove_stage(
            board.id, find_stage(board, stage).id, agreed=yes
        ),
    )


@stages.command()
@_stage
@_yes
@pass_session
def commit(session: Session, stage: str, yes: bool) -> None:
    """Count the cards of a stage as work in progress.

    Shipped cards in it are open again: then --yes is needed.
    """
    _edit(session, "commit", stage, {"committed": True}, agreed=yes)


@stages.command()
@_stage
@_yes
@pass_session
def uncommit(session: Session, stage: str, yes: bool) -> None:
    """Stop counting the cards of a stage as work in progress.

    Open cards that come to stand past delivery are finished as shipped: then --yes is needed.
    """
    _edit(session, "uncommit", stage, {"committed": False}, agreed=yes)


@stages.command()
@click.argument("number", type=LIMIT, metavar="N|none")
@pass_session
def conwip(session: Session, number: int | str) -> None:
    """Limit the cards in progress on the whole board."""
    _change(
        session,
        "conwip",
        lambda service, board: service.boards.edit(board.id, {"conwip": limit_of(number)}),
    )


@stages.command("team-limits")
@click.argument("on", type=click.Choice(["on", "off"]))
@pass_session
def team_limits(session: Session, on: str) -> None:
    """Have the limits of the board hold for a whole team at once.

    Whoever takes a slot asks the PostgreSQL database of the team first. Where that is not reached,
    limits are checked on each machine, and what a merge breaks is shown as `since merge`.
    """
    _change(
        session,
        "team-limits",
        lambda service, board: service.boards.edit(board.id, {"team_limits": on == "on"}),
    )


def _edit(
    session: Session, name: str, stage: str, fields: dict[str, Any], *, agreed: bool = False
) -> None:
    _change(
        session,
        name,
        lambda service, board: service.boards.edit_stage(
            board.id, find_stage(board, stage).id, fields, agreed=agreed
        ),
    )


def _change(session: Session, name: str, act: Callable[[Service, Board], Done]) -> None:
    """Do something to the board at hand and say how its stages are then."""
    with session.service(write=True) as service:
        board = session.board(service)
        try:
            done = act(service, board)
        except WouldChangeCards as error:
            error.hint = f"To do it: mlkanban stages {name} .. --yes"
            raise
        session.answer(
            f"stages.{name}",
            lambda: {
                "stages": stages_data(
                    service.boards.find(board.key),
                    service.boards.loads(board.id),
                    service.boards.over_since_merge(board.id),
                ),
                "message": done.message,
                "warning": done.warning,
            },
        )
        session.show_done(done)


def _table(session: Session, snapshot: Snapshot, loads: dict[str, Load]) -> Iterator[str]:
    board, faces, now = snapshot.board, snapshot.faces, today(snapshot.board)
    rows, waiting, held = [], waiting_runs(board, faces), held_runs(board, faces)
    for at, stage in enumerate(board.stages):
        standing = sum(stands(board, f) for f in faces if f.stage == stage.id)
        note = HeadNote(sum(asleep(f, now) for f in faces if f.stage == stage.id), SNOOZED)
        load, queued = loads.get(stage.id, Load()), waiting[stage.id]
        head = header(board, at, load, standing, note=note, queued=queued, held=held[stage.id])
        counted = "yes" if stage.committed else "-"
        merged = stage.id in snapshot.over_since_merge
        more = " soft" if stage.soft else f" {SINCE_MERGE}" if merged else ""
        shown = head.counts + head.waiting + more + head.note.text
        role = role_of(board, stage)
        name, kind = session.clean(stage.name), stage.kind.value
        rows.append((str(at + 1), name, shown, kind, role.word if role else "-", counted))
    yield from table(rows, ("", "STAGE", "CARDS", "KIND", "ROLE", "COMMITTED"))
    if board.team_limits:
        yield "Limits hold for the whole team at once, where its database is reached."
    asking = [stage for stage in board.stages if stage.deliverables]
    if asking:
        yield "New experiments and models are asked before they leave:"
    for stage in asking:
        texts = "; ".join(map(session.clean, stage.deliverables))
        yield f"  {session.clean(stage.name)}: {texts}"
    if board.conwip is not None:
        yield f"In progress: {in_progress(board, loads)}/{board.conwip}"
