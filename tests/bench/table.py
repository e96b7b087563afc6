"""The one table a run prints."""

from collections.abc import Sequence
from typing import NamedTuple

_HEAD = ("what", "figure", "ratio", "target", "")


class Row(NamedTuple):
    """A measurement against its limit. `value` is what the limit is for: a ratio, or a number.

    A row without a limit only informs.
    """

    what: str
    figure: str
    value: float | None = None
    limit: float | None = None
    unit: str = "x"

    @property
    def cells(self) -> tuple[str, ...]:
        ratio = "" if self.value is None or self.unit != "x" else f"{self.value:.2f}x"
        target = "" if self.limit is None else f"<= {self.limit:g}{self.unit}"
        return (self.what, self.figure, ratio, target, self._verdict)

    @property
    def _verdict(self) -> str:
        if self.limit is None or self.value is None:
            return ""
        return "ok" if self.value <= self.limit else "OVER"


def against(what: str, mine: float, other: float, unit: str, limit: float | None = None) -> Row:
    """A row for the ratio of two numbers of the same unit."""
    return Row(what, f"{mine:.3g} / {other:.3g} {unit}", mine / other, limit)


def within(what: str, value: float, unit: str, limit: float | None = None) -> Row:
    """A row for one number."""
    return Row(what, f"{value:.3g} {unit}", value, limit, f" {unit}")


def lines(rows: Sequence[Row]) -> list[str]:
    """The table as text, numbers to the right."""
    table = [_HEAD, *(row.cells for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [_line(cells, widths) for cells in table]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    name = first[0].ljust(first[1])
    return "  ".join([name, *(cell.rjust(width) for cell, width in others)]).rstrip()
