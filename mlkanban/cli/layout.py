"""Calm text for people: columns that line up whatever the script, one weight of emphasis."""

import shutil
import sys
from collections.abc import Collection, Iterator, Sequence
from textwrap import wrap

import click

from mlkanban.display.table import Table, text_lines
from mlkanban.text import beginning

_MOST_CELLS, _MOST_LETTERS = 60, 2_000
"""The cells of a column, and the letters of the last one: no text makes a table unreadable."""


def width() -> int | None:
    """The cells of a line on this terminal; None where the output goes elsewhere."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def hanging(text: str, indent: int) -> list[str]:
    """`text` broken between words to fit this terminal, the lines after the first indented; one
    line where the output goes elsewhere."""
    room = width()
    if room is None:
        return [text]
    return wrap(text, max(indent + 20, room), subsequent_indent=" " * indent)


def bold(text: str) -> str:
    return click.style(text, bold=True)


def dim(text: str) -> str:
    return click.style(text, dim=True)


def table(
    rows: Sequence[Sequence[str]], head: Sequence[str], *, whole: Collection[str] = ()
) -> Iterator[str]:
    """The lines of a table; on a terminal the last column is cut at the edge, elsewhere the columns
    of which `whole` has the heads are not cut."""
    # It measures with rich, which --json, and what prints no table, does without.
    from mlkanban.cells import shortened

    room = width()
    most = [_MOST_LETTERS if room is None and name in whole else _MOST_CELLS for name in head[:-1]]
    short = [
        [*map(shortened, first, most), beginning(last, _MOST_LETTERS)] for *first, last in rows
    ]
    named, *lines = text_lines(Table(head, short), room)
    yield dim(named)
    yield from lines
