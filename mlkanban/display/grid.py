"""Columns of a table that a screen shows line by line: only the lines in sight are made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from mlkanban.display.card_face import Line, Piece
from mlkanban.display.lines import filled, fitted, width_of
from mlkanban.glyphs import Glyphs

_GAP = "  "


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a grid: its `head`, its `width` in cells, and the `cell` of each row. The `last`
    one is cut where the line ends; others stand whole, or not at all."""

    head: str
    width: int
    cell: Callable[[int], Line]
    right: bool = False


def column(
    head: str, texts: Sequence[str], role: str, *, right: bool = False, most: int = 1_000
) -> Column:
    """A column of texts that all play one role; it is as wide as they are, and at most `most`."""
    width = min(most, max(map(cell_len, (head, *texts))))
    return Column(head, width, lambda at: [Piece(texts[at], role)], right)


@dataclass(frozen=True, slots=True)
class Grid:
    """Columns from left to right, as many as `width` has room for; the last one takes what is left,
    if that is `least` cells."""

    columns: tuple[Column, ...]
    width: int
    glyphs: Glyphs

    @classmethod
    def of(
        cls,
        columns: Sequence[Column],
        last: Column,
        width: int,
        glyphs: Glyphs,
        *,
        least: int = 0,
    ) -> "Grid":
        """A grid whose columns are cut from the right, but for the last one, which stays if there
        are `least` cells for it."""
        kept: list[Column] = []
        left = width
        for one in columns:
            size = one.width + len(_GAP)
            if size > left - min(least, last.width):
                break
            kept.append(one)
            left -= size
        if left >= min(4, last.width):
            kept.append(last)
        return cls(tuple(kept), width, glyphs)

    @property
    def head(self) -> Line:
        return self._line(lambda one: [Piece(one.head, "dim")])

    def row(self, at: int) -> Line:
        return self._line(lambda one: one.cell(at))

    def _line(self, cell: Callable[[Column], Line]) -> Line:
        line: Line = []
        left = self.width
        for one in self.columns:
            if line:
                line.append(Piece(_GAP, "text"))
                left -= len(_GAP)
            width = min(one.width, left)
            shown = fitted(cell(one), left if one is self.columns[-1] else width, self.glyphs)
            if one.right:
                shown = [Piece(" " * max(0, width - width_of(shown)), "text"), *shown]
            line += shown if one is self.columns[-1] else filled(shown, width, self.glyphs)
            left -= width
        return line
