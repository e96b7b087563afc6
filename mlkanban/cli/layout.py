"""Calm text for people: columns that line up whatever the script, one weight of emphasis."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from textwrap import wrap

import click
from rich.cells import cell_len

from mlkanban.cells import padded, shortened
from mlkanban.text import beginning

GAP = "  "
_WIDEST, _LONGEST = 60, 2_000
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


def table(rows: Sequence[Sequence[str]], head: Sequence[str]) -> Iterator[str]:
    """The lines of a table; on a terminal the last column is cut at the edge."""
    rows = [[*(shortened(one, _WIDEST) for one in first), beginning(last, _LONGEST)]
            for *first, last in rows]  # fmt: skip
    sizes = [max(map(cell_len, column)) for column in zip(head, *rows, strict=True)]
    room = width()
    left = None if room is None else max(10, room - sum(sizes[:-1]) - len(GAP) * (len(sizes) - 1))
    yield dim(_row(head, sizes, left))
    for row in rows:
        yield _row(row, sizes, left)


def _row(cells: Sequence[str], sizes: Sequence[int], left: int | None) -> str:
    *first, last = cells
    shown = [padded(text, size) for text, size in zip(first, sizes, strict=False)]
    return GAP.join([*shown, last if left is None else shortened(last, left)]).rstrip()
