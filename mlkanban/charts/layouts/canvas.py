"""A picture in cells, before anything paints it, and what all pictures share."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Literal

Role = Literal[
    "title", "text", "dim", "faint", "alarm", "live", "clock", "value", "mark", "focus",
    "area-1", "area-2", "area-3", "area-4",
]  # fmt: skip
"""The colour roles of themes that a picture may use."""

BANDS: tuple[Role, ...] = ("area-1", "area-2", "area-3", "area-4")

SMALLEST = (30, 8)
LABEL_GAP = 3
EIGHTHS = 8
BLOCKS = " ▁▂▃▄▅▆▇█"
LINE = "│"


@dataclass(frozen=True, slots=True)
class CanvasText:
    """A text that begins at a cell. Row 0 is the lowest of the canvas; the lines above the canvas
    have the rows after its highest."""

    column: int
    row: int
    text: str
    role: Role = "dim"

    @property
    def end(self) -> int:
        return self.column + len(self.text)


@dataclass(frozen=True, slots=True)
class Target:
    """Something in a picture that stands for cards: what it is, which, and where. Without a row it
    is a whole column."""

    label: str
    cards: tuple[str, ...]
    column: int
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns count from the left of the canvas, rows from its bottom.

    `margin` columns lie left of the canvas and its axis, `heads` lines above it, the axis and one
    row of labels below; without any ticks there are no axes either. `cells` are (glyph, role) ->
    places.
    """

    margin: int
    columns: int
    rows: int
    heads: int
    cells: Mapping[tuple[str, Role], Sequence[tuple[int, int]]]
    words: tuple[CanvasText, ...]
    y_ticks: tuple[tuple[int, str], ...]
    x_ticks: tuple[tuple[int, str], ...]
    y_unit: str
    x_unit: str
    targets: tuple[Target, ...]

    @property
    def has_axes(self) -> bool:
        return bool(self.x_ticks or self.y_ticks)

    @property
    def left(self) -> int:
        """The columns before the canvas."""
        return self.margin + 1 if self.has_axes else 0


class Cells:
    """What is drawn so far: one glyph per cell, the last one counts."""

    def __init__(self) -> None:
        self._drawn: dict[tuple[int, int], tuple[str, Role]] = {}

    def put(self, column: int, row: int, glyph: str, role: Role) -> None:
        self._drawn[column, row] = (glyph, role)

    def put_below(self, column: int, row: int, glyph: str, role: Role) -> None:
        """Only where nothing is yet."""
        self._drawn.setdefault((column, row), (glyph, role))

    def free(self, row: int, start: int, end: int) -> bool:
        """Whether there is nothing from one column up to another."""
        return not any((column, row) in self._drawn for column in range(start, end))

    def bar(self, column: int, columns: int, eighths: int, role: Role) -> None:
        for row in range(-(-eighths // EIGHTHS)):
            for at in range(column, column + columns):
                self.put(at, row, BLOCKS[min(EIGHTHS, eighths - row * EIGHTHS)], role)

    def groups(self) -> dict[tuple[str, Role], list[tuple[int, int]]]:
        found: defaultdict[tuple[str, Role], list[tuple[int, int]]] = defaultdict(list)
        for place, drawn in self._drawn.items():
            found[drawn].append(place)
        return dict(found)


@dataclass(frozen=True, slots=True)
class Scale:
    """Whole numbers 0..`top` on `rows` rows, with ticks at round numbers."""

    top: int
    rows: int
    base: int = 0

    def row(self, value: float) -> int:
        """The row of a value; beyond the ends the outermost."""
        share = (value - self.base) / max(1, self.top - self.base)
        return max(0, min(self.rows - 1, round(share * (self.rows - 1))))

    def eighths(self, value: float) -> int:
        """The height of a bar, never nothing for something."""
        share = (value - self.base) / max(1, self.top - self.base)
        return max(round(share * self.rows * EIGHTHS), 1 if value > self.base else 0)

    @property
    def step(self) -> int:
        """The smallest round number from tick to tick that leaves a row between two."""
        gaps = max(1, self.rows - 1)
        return next(n for n in nice() if gaps * n >= 2 * max(1, self.top - self.base))

    def ticks(self) -> tuple[tuple[int, str], ...]:
        first = -(-self.base // self.step) * self.step
        return tuple((self.row(v), str(v)) for v in range(first, self.top + 1, self.step))


def nice() -> Iterator[int]:
    """Yield 1 2 5 10 20 25 50 100 200 250 ..."""
    yield from (1, 2, 5)
    for power in count(1):
        yield from (step * 10**power // 10 for step in (10, 20, 25, 50))


def margin_for(labels: Iterable[str]) -> int:
    return max(map(len, labels), default=0) + 1


def date_ticks(first: date, last: date, columns: int) -> tuple[tuple[int, str], ...]:
    """Columns and names of days at even distances; months once they are long apart."""
    days = max(1, (last - first).days)
    text = "%b %d" if days < 400 else "%Y-%m"
    room = len(first.strftime(text)) + LABEL_GAP
    steps = max(1, min(days, (columns - room) // (room + LABEL_GAP)))
    ticks = []
    for at in range(steps + 1):
        day = first + timedelta(days=days * at // steps)
        column = day_column(day, first, last, columns)
        half = (room - LABEL_GAP) // 2
        ticks.append((max(half, min(column, columns - 1 - half)), day.strftime(text)))
    return spread(ticks)


def day_column(day: date, first: date, last: date, columns: int) -> int:
    days = max(1, (last - first).days)
    return min(columns - 1, (day - first).days * (columns - 1) // days)


def spread(ticks: Iterable[tuple[int, str]]) -> tuple[tuple[int, str], ...]:
    """Ticks in order, those left out that would touch the one before."""
    kept: list[tuple[int, str]] = []
    for column, text in ticks:
        if not kept or column - len(text) // 2 > kept[-1][0] + (len(kept[-1][1]) + 1) // 2:
            kept.append((column, text))
    return tuple(kept)


def levels(cells: Cells, marks: Iterable[tuple[int, str]], columns: int) -> list[CanvasText]:
    """Horizontal lines through the free cells of rows, named as far right as nothing is hidden;
    those that share a row share the line."""
    names: defaultdict[int, list[str]] = defaultdict(list)
    for row, name in marks:
        names[row].append(name)
    words = []
    for row, some in names.items():
        while len(label := f" {', '.join(some)}") >= columns and len(some) > 1:
            some.pop()
        right = columns - len(label)
        places = (at for at in range(right, -1, -1) if cells.free(row, at, at + len(label) + 1))
        if right > 0:
            words.append(CanvasText(next(places, right), row, label, "focus"))
        for column in range(columns):
            cells.put_below(column, row, "─", "focus")
    return words


def legend(parts: Iterable[tuple[str, str]], columns: int, height: int) -> list[str]:
    """Glyphs and what they mean; what would take half the height of a picture is left out."""
    lines: list[str] = []
    for glyph, meaning in parts:
        text = f"{glyph} {meaning}".strip()[:columns]
        if lines and len(lines[-1]) + LABEL_GAP + len(text) <= columns:
            lines[-1] += " " * LABEL_GAP + text
        else:
            lines.append(text)
    return lines[: height // 2 - 1]


def above(lines: Sequence[str], rows: int) -> list[CanvasText]:
    """Lines of text over a canvas of so many rows, the first on top."""
    top = rows + len(lines) - 1
    return [CanvasText(0, top - at, line) for at, line in enumerate(lines)]
