"""`mlkanban` without a command, on a terminal: the board, without what reads a command line."""

import sys
from collections.abc import Sequence

from mlkanban.cli.person import login_name, use_home
from mlkanban.files import be_private
from mlkanban.streams import on_terminal, open_streams


def screen_options(args: Sequence[str]) -> dict[str, str] | None:
    """`--home` and `--board` of a call that opens the board on a terminal and names nothing else,
    as long as there is nothing about them to refuse; None for every other call: click reads it."""
    if not on_terminal():
        return None
    given: dict[str, str] = {}
    for option, value in zip(args[::2], args[1::2], strict=False):
        if option not in ("--home", "--board") or not value or not value.isprintable():
            return None
        given[option.removeprefix("--")] = value
    return (
        None if len(args) % 2 or any(value.startswith("-") for value in given.values()) else given
    )


def open_board(options: dict[str, str]) -> int:
    """Open the board; the exit code. Errors are answered as those of commands are."""
    be_private()
    open_streams()
    try:
        _load_asyncio_without_tls()
        # Textual and the store: nothing that a command waits for.
        from mlkanban import config
        from mlkanban.paths import places
        from mlkanban.tui.start import run_board

        use_home(options.get("home", ""))
        settings = config.load()
        key = options.get("board", settings.board)
        return run_board(places(), settings, key, actor=login_name())
    except BaseException as error:
        from mlkanban.cli.program import ended  # only what fails waits for it
        from mlkanban.cli.session import Session

        return ended(error, Session())


def _load_asyncio_without_tls() -> None:
    """Load asyncio as in a Python without OpenSSL, which takes 4 MB and 10 ms. The board speaks TLS
    by no connection of asyncio; everything else may import ssl afterwards."""
    if "ssl" in sys.modules or "asyncio" in sys.modules:
        return
    sys.modules["ssl"] = None  # type: ignore[assignment]
    try:
        import asyncio  # noqa: F401  # Textual is about to load it
    finally:
        del sys.modules["ssl"]
