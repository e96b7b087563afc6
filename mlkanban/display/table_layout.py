"""A table on a screen: columns fitted to its width once, then only the rows in sight are made."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from rich.cells import cell_len

from mlkanban.cells import padded, shortened
from mlkanban.display.table import GAP, Table
from mlkanban.glyphs import Glyphs
from mlkanban.text import cell_text

_LEAST = 10
"""Texts are not cut shorter than this."""
_LONGEST = 400
"""No column is wider; of a longer text no more is looked at."""
_NUMBER = re.compile(
    r"(?:LATE |due )?[-+−]?[<>]?[0-9][0-9.,%:/ x+±-]*(?: ?[dh%x])?!{0,2}|-|not reached|"
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class TableLayout:
    """Numbers stand at the right of their columns and are never cut; the longest texts are, with an
    ellipsis. Columns of numbers that find no room are left out, from the right, and the head says
    so."""

    def __init__(self, table: Table, glyphs: Glyphs) -> None:
        rows = tuple(tuple(map(glyphs.cell, row)) for row in table.rows)
        self._table = replace(table, rows=rows)
        self._glyphs = glyphs

    @cached_property
    def _natural(self) -> list[int]:
        """The width of each column if nothing is cut."""
        columns = zip(self._table.head, *self._table.rows, strict=True)
        return [min(_LONGEST, max(map(_cells, column))) for column in columns]

    @cached_property
    def _is_number(self) -> list[bool]:
        """Which columns hold nothing but numbers and days."""
        columns = list(zip(*self._table.rows, strict=True)) or [() for _ in self._table.head]
        return [
            all(_NUMBER.fullmatch(cell) or _DAY.match(cell) for cell in column)
            for column in columns
        ]

    @property
    def width(self) -> int:
        """The cells it takes if nothing is cut."""
        return sum(self._natural) + len(GAP) * (len(self._natural) - 1)

    def sizes(self, width: int) -> list[int]:
        """The width of each column that is shown in `width` cells."""
        sizes = list(self._natural)
        while len(sizes) > 1:
            over = sum(sizes) + len(GAP) * (len(sizes) - 1) - width
            if over <= 0:
                return sizes
            texts = [at for at in range(len(sizes)) if not self._is_number[at]]
            # What names a row is cut last: without it the numbers beside it mean nothing.
            long = [at for at in texts if at and sizes[at] > _LEAST]
            long = long or [at for at in texts if sizes[at] > _LEAST]
            if long:
                longest = max(long, key=lambda at: sizes[at])
                sizes[longest] = max(_LEAST, sizes[longest] - over)
            else:
                sizes.pop()
        return [min(sizes[0], max(1, width))]

    def head(self, sizes: Sequence[int]) -> str:
        """The names of the columns, and an ellipsis where some are left out."""
        names = self._table.head
        more = self._glyphs.cut if len(sizes) < len(names) else ""
        return f"{self._line(names, sizes)} {more}".rstrip()

    def row(self, at: int, sizes: Sequence[int]) -> str:
        return self._line(self._table.rows[at], sizes)

    def _line(self, cells: Sequence[str], sizes: Sequence[int]) -> str:
        shown = []
        for cell, size, is_number in zip(cells, sizes, self._is_number, strict=False):
            text = cell_text(cell[: 2 * size + 1])
            if cell_len(text) > size:
                cut = self._glyphs.cut
                text = shortened(text, size, cut)
            shown.append(f"{text:>{size}}" if is_number and text.isascii() else padded(text, size))
        return GAP.join(shown)


def _cells(text: str) -> int:
    return len(text) if text.isascii() else cell_len(cell_text(text[:_LONGEST]))
