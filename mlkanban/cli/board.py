"""The board itself: on the screen where there is a terminal, else as text."""

import shutil
from collections.abc import Iterator

import click

from mlkanban import clock
from mlkanban.cli.session import Session
from mlkanban.cli.types import today
from mlkanban.core.board import asleep, on_board
from mlkanban.core.rules import Load
from mlkanban.errors import NotFound
from mlkanban.paths import places
from mlkanban.service import Service, Snapshot
from mlkanban.streams import on_terminal


def open_board(session: Session, *, demo: bool = False) -> None:
    """What `mlkanban` does without a command."""
    if on_terminal() and not session.json:
        # Textual: 300 ms that a board printed as text does without.
        from mlkanban.tui.start import run_board

        key = session.board_key or session.settings.board
        code = run_board(places(), session.settings, key, actor=session.actor, demo=demo)
        raise click.exceptions.Exit(code)
    print_board(session)


def print_board(session: Session) -> None:
    """The board as text, or how to get one."""
    try:
        with session.service() as service:
            snapshot = service.boards.snapshot(session.board(service).id)
            session.answer(
                "board",
                lambda: _data(service, snapshot),
                lambda: _lines(session, service, snapshot),
            )
            session.show_conflicts(snapshot.conflicts)
    except NotFound as nothing:
        if session.board_key or session.settings.board:
            raise
        session.answer("board", lambda: None)
        session.show_message(str(nothing))


def _data(service: Service, snapshot: Snapshot) -> dict[str, object]:
    # What prints is nothing that the screen has to wait for.
    from mlkanban.display.card_json import board_data, by_stage, face_data

    faces = by_stage(snapshot.faces, snapshot.board)
    shown = [face for face in faces if on_board(snapshot.board, face, today(snapshot.board))]
    return {
        **board_data(
            snapshot.board,
            service.boards.loads(snapshot.board.id),
            snapshot.over_since_merge,
        ),
        "cards": face_data(shown, snapshot.board, service, clock.now(), snapshot.faces),
    }


def _lines(session: Session, service: Service, snapshot: Snapshot) -> Iterator[str]:
    # As above.
    from mlkanban.cli.layout import bold
    from mlkanban.display.card_face import SNOOZED, FaceContext, HeadNote, header, printed
    from mlkanban.display.card_json import by_stage
    from mlkanban.runs.model.queue_order import held_runs, waiting_runs

    board = snapshot.board
    loads = service.boards.loads(board.id)
    pace = service.history.pace(board, clock.now())
    prospects = service.planning.prospects(board, snapshot.faces)
    view = FaceContext.at(board, clock.now(), glyphs=session.glyphs, pace=pace, prospects=prospects)
    width = shutil.get_terminal_size().columns
    faces = by_stage(snapshot.faces, board)
    waiting, held = waiting_runs(board, faces), held_runs(board, faces)
    yield session.clean(board.name)
    for at, stage in enumerate(board.stages):
        shown = [f for f in faces if f.stage == stage.id and on_board(board, f, view.today)]
        load, merged = loads.get(stage.id, Load()), stage.id in snapshot.over_since_merge
        note = HeadNote(sum(f.stage == stage.id and asleep(f, view.today) for f in faces), SNOOZED)
        head = header(
            board, at, load, len(shown), note=note, by_merge=merged,
            queued=waiting[stage.id], held=held[stage.id],
        )  # fmt: skip
        yield ""
        yield f"{bold(session.clean(head.name))}  {head.named}"
        for face in shown:
            for line in printed(face, max(20, width - 2), view):
                yield "  " + "".join(piece.text for piece in line).rstrip()
