"""The board in a browser of this machine."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time

import click

from mlkanban.cli.session import Session, pass_session
from mlkanban.errors import StoreProblem, UsageProblem
from mlkanban.hints import install_extra
from mlkanban.paths import places

_PORT = 8765
_LOOK_SECONDS, _LEAVE_SECONDS = 2, 10
VIEW_ONLY = "The board is served read-only: nothing can be changed."


@click.command()
@click.option(
    "--port",
    type=click.IntRange(1024, 65535),
    default=_PORT,
    show_default=True,
    help="The port of 127.0.0.1 to serve it on.",
)
@click.option("--write", is_flag=True, help="Let the browser change the board, too.")
@click.option("--session", "is_session", is_flag=True, hidden=True)
@pass_session
def serve(session: Session, port: int, write: bool, is_session: bool) -> None:
    """Show the board in a browser of this machine, until ^C.

    Only 127.0.0.1 answers, and only to whoever has the address that is printed: it opens the board
    in one browser, where a reload works from then on. Without --write nothing can be changed.

    From another machine: ssh -L 8765:127.0.0.1:8765 HOST, then open the address there.
    """
    if is_session:
        raise click.exceptions.Exit(_open_board(session, write=write))
    try:
        # An extra, which nothing else needs.
        from mlkanban.web.server import HOST, BoardServer
    except ModuleNotFoundError as missing:
        raise UsageProblem(
            f"The board in a browser needs the package {missing.name}.",
            install_extra("web"),
        ) from None
    with session.service() as service:
        board = session.board(service).key
    _refuse_taken(HOST, port)
    command = [sys.executable, "-m", "mlkanban", "--board", board, "serve", "--session"]
    server = BoardServer([*command, *(["--write"] if write else [])], port)
    session.answer(
        "serve",
        lambda: {"address": server.address, "board": board, "writes": write},
        lambda: [server.address],
    )
    sys.stdout.flush()
    session.show_message(f"The board {board} is served {'' if write else 'read-only '}until ^C.")
    server.serve()


def _refuse_taken(host: str, port: int) -> None:
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            free.bind((host, port))
        except OSError as error:
            raise StoreProblem(
                f"Port {port} cannot be served on: {error.strerror}.",
                f"Name another one: mlkanban serve --port {port + 1}",
            ) from None


def _end_with(server: int) -> None:
    """End this session once its server is gone, which may have had no time to say so."""
    while os.getppid() == server:
        time.sleep(_LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_LEAVE_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


def _open_board(session: Session, *, write: bool) -> int:
    """The board as a session of the server, which draws by way of its standard output."""
    # Textual, which the server itself draws nothing with.
    from mlkanban.tui.start import run_board

    os.environ["TERM"] = "xterm-256color"
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    return run_board(
        places(),
        session.settings,
        session.board_key,
        actor=session.actor,
        view_only="" if write else VIEW_ONLY,
    )
