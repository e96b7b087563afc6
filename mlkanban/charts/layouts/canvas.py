"""A picture in cells, before anything paints it, and what all pictures share."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Literal

Role = Literal["bar", "second", "third", "fourth", "line", "bad", "text"]
BANDS: tuple[Role, ...] = ("bar", "second", "third", "fourth")

SMALLEST = (30, 8)
LABEL_GAP = 3
EIGHTHS = 8
BLOCKS = " ▁▂▃▄▅▆▇█"
LINE = "│"


@dataclass(frozen=True, slots=True)
class Words:
    """A text that begins at a cell. Row 0 is the lowest of the canvas; the lines above the canvas
    have the rows after its highest."""

    column: int
    row: int
    text: str
    role: Role = "text"

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
    words: tuple[Words, ...]
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

    def ticks(self) -> tuple[tuple[int, str], ...]:
        step = next(n for n in nice() if (self.rows - 1) * n >= 2 * max(1, self.top - self.base))
        first = -(-self.base // step) * step
        return tuple((self.row(v), str(v)) for v in range(first, self.top + 1, step))


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


def level(
    cells: Cells, words: list[Words], row: int, columns: int, label: str, taken: set[int]
) -> None:
    """A horizontal line through the free cells of a row, named at its right end if there is room
    for a name."""
    for column in range(columns):
        cells.put_below(column, row, "─", "line")
    if row not in taken and len(label) + 1 < columns:
        words.append(Words(columns - len(label) - 1, row, f" {label}", "line"))
        taken.add(row)


def legend(parts: Iterable[tuple[str, str]], columns: int) -> list[str]:
    """Glyphs and what they mean, in as many lines as it takes; the last part comes last."""
    lines: list[str] = []
    for glyph, meaning in parts:
        text = f"{glyph} {meaning}".strip()[:columns]
        if lines and len(lines[-1]) + LABEL_GAP + len(text) <= columns:
            lines[-1] += " " * LABEL_GAP + text
        else:
            lines.append(text)
    return lines


def above(lines: Sequence[str], rows: int) -> list[Words]:
    """Lines of text over a canvas of so many rows, the first on top."""
    top = rows + len(lines) - 1
    return [Words(0, top - at, line) for at, line in enumerate(lines)]
