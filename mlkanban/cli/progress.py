"""What takes its time counts up on one line of stderr, which is gone at the end."""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
from collections.abc import Callable, Iterator

import click

from mlkanban.cli.session import Session

_LOOK_SECONDS = 0.1
"""Seconds between two looks of the line."""
_ECHO = 2
"""Cells that the terminal writes behind it for Ctrl+c."""


@contextlib.contextmanager
def counting_line(session: Session) -> Iterator[Callable[[str, str], None]]:
    """Shows what is being done and how far it is in place of what was shown before, where somebody
    looks: another thing at once, how far it is at most so often."""
    watched = sys.stderr.isatty() and not session.json
    doing, due, width = "", 0.0, 0

    def show(what: str, how_far: str) -> None:
        nonlocal doing, due, width
        if watched and (what != doing or time.monotonic() >= due):
            doing, due = what, time.monotonic() + _LOOK_SECONDS
            shown = session.clean(f"{what} {how_far}")[
                : shutil.get_terminal_size().columns - _ECHO - 1
            ]
            width = max(width, len(shown))
            click.echo(f"\r{shown:<{width}}", nl=False, err=True)

    try:
        yield show
    finally:
        if width:
            click.echo("\r" + " " * (width + _ECHO) + "\r", nl=False, err=True)
