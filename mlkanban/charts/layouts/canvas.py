"""A picture in cells, before anything paints it, and what all pictures share."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Literal, NamedTuple

from rich.cells import cell_len, set_cell_size

from mlkanban.charts.spec import Role

SMALLEST = (24, 5)
LABEL_GAP = 3
FEET = 2
"""The lines that an axis and its labels take below a canvas."""
EIGHTHS = 8
BLOCKS = " ▁▂▃▄▅▆▇█"
LINE = "┊"
GRID = "·"
_FARTHEST = 6
"""Ticks need not be farther apart than so many rows."""

Finish = Literal["colour", "shades", "letters"]
"""How areas and parts are told apart: by colour, by shades of grey, or by ASCII characters."""


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
        return self.column + cell_len(self.text)


class Drawn(NamedTuple):
    """A glyph in a cell; `ground` is the colour behind it, '' for that of the screen."""

    glyph: str
    role: Role
    ground: Role | Literal[""] = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through points of the canvas, or the points alone; whole numbers are the middles of
    cells. `letter` draws it where there are no dots of braille. Later ones cover earlier ones; one
    that is `behind` the others is only drawn in cells that these leave free."""

    role: Role
    points: tuple[tuple[float, float], ...]
    joined: bool = True
    letter: str = "•"
    behind: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """Something in a picture that stands for cards: what it is, which, and where. Without a row it
    is a whole column; `columns` of them. `bar` are the columns that its bar fills, if it is one."""

    label: str
    cards: tuple[str, ...]
    column: int
    row: int | None = None
    columns: int = 1
    bar: range = range(0)


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns count from the left of the canvas, rows from its bottom.

    `margin` columns lie left of the canvas, `right` columns right of it, `heads` lines above it; an
    axis and a row of labels lie below where there are `x_ticks`.
    """

    margin: int
    columns: int
    rows: int
    heads: int
    cells: Mapping[Drawn, Sequence[tuple[int, int]]]
    words: tuple[CanvasText, ...]
    y_ticks: tuple[tuple[int, str], ...] = ()
    x_ticks: tuple[tuple[int, str], ...] = ()
    targets: tuple[Target, ...] = ()
    right: int = 0
    curves: tuple[Curve, ...] = ()

    @property
    def width(self) -> int:
        return self.margin + self.columns + self.right

    @property
    def height(self) -> int:
        return self.heads + self.rows + self.feet

    def pointer(self, number: int) -> tuple[int, int, str] | None:
        """The column, the line and the glyph that point at a target."""
        if number >= len(self.targets):
            return None
        target = self.targets[number]
        column = self.margin + target.column
        if target.row is None:
            return column, self.heads + self.rows, "^"
        return max(0, column - 1), self.heads + self.rows - 1 - target.row, ">"

    @property
    def feet(self) -> int:
        """The lines below the canvas."""
        return FEET if self.x_ticks else 0


class Cells:
    """What is drawn so far: one glyph per cell, the last one counts. `plain`: without colours, so
    that the parts of a bar look alike."""

    def __init__(self, *, plain: bool = False) -> None:
        self._plain = plain
        self._drawn: dict[tuple[int, int], Drawn] = {}

    def put(
        self, column: int, row: int, glyph: str, role: Role, ground: Role | Literal[""] = ""
    ) -> None:
        self._drawn[column, row] = Drawn(glyph, role, ground)

    def put_below(self, column: int, row: int, glyph: str, role: Role) -> None:
        """Only where nothing is yet."""
        self._drawn.setdefault((column, row), Drawn(glyph, role))

    def free(self, row: int, start: int, end: int) -> bool:
        """Whether there is nothing from one column up to another."""
        return not any((column, row) in self._drawn for column in range(start, end))

    def bar(self, column: int, columns: int, tops: Sequence[tuple[int, Role]]) -> None:
        """An upright bar; each of its parts, from below, ends at so many eighths of a row."""
        if self._plain:
            tops = tops[-1:]
        for row in range(-(-tops[-1][0] // EIGHTHS)):
            drawn = cut_of(tops, row * EIGHTHS)
            for at in range(column, column + columns):
                self._drawn[at, row] = drawn

    def rule(self, row: int, columns: Iterable[int], glyph: str, role: Role) -> None:
        """A line through the free cells of a row."""
        for column in columns:
            self.put_below(column, row, glyph, role)

    def groups(self) -> dict[Drawn, list[tuple[int, int]]]:
        found: defaultdict[Drawn, list[tuple[int, int]]] = defaultdict(list)
        for place, drawn in self._drawn.items():
            found[drawn].append(place)
        return dict(found)


def cut_of(tops: Sequence[tuple[int, Role]], bottom: int) -> Drawn:
    """The cell whose lowest eighth is `bottom`. A cell has two colours: of three parts in one, the
    lowest is drawn, and of those above it the thickest."""
    parts: list[tuple[int, Role]] = []
    below = bottom
    for top, role in tops:
        reached = min(top, bottom + EIGHTHS)
        if reached > below:
            parts.append((reached - below, role))
            below = reached
    if below < bottom + EIGHTHS:
        if len(parts) == 1:
            return Drawn(BLOCKS[parts[0][0]], parts[0][1])
        # What is over the bar is the colour of the screen: one part has to do.
        return Drawn(BLOCKS[below - bottom], max(parts)[1])
    thick, role = parts[0]
    if len(parts) == 1:
        return Drawn(BLOCKS[EIGHTHS], role)
    return Drawn(BLOCKS[thick], role, max(parts[1:])[1])


@dataclass(frozen=True, slots=True)
class RowScale:
    """Amounts from `base` up on rows: `step` of them take `rows_per_step` whole rows, so that all
    ticks are at the same distance."""

    base: int
    step: int
    rows_per_step: int
    rows: int

    def height(self, value: float) -> float:
        """The height of a value in rows."""
        return (value - self.base) * self.rows_per_step / self.step

    def eighths(self, value: float) -> int:
        """The height of a bar: rounded, but never nothing for something."""
        height = int(self.height(value) * EIGHTHS + 0.5)
        return max(height, 1 if value > self.base else 0)

    def row(self, value: float) -> int:
        """The row of a point; beyond the ends the outermost."""
        return max(0, min(self.rows - 1, int(self.height(value) + 0.5)))

    def bar_ticks(self) -> tuple[tuple[int, str], ...]:
        """Each round amount beside the row on top of which a bar of so many ends."""
        return tuple((row - 1, text) for row, text in self._ticks(self.rows) if row)

    def point_ticks(self) -> tuple[tuple[int, str], ...]:
        """Each round amount beside the row of a point of so many."""
        return tuple(self._ticks(self.rows - 1))

    def _ticks(self, highest: int) -> Iterator[tuple[int, str]]:
        first = -(-self.base // self.step) * self.step
        offset = int(self.height(first) + 0.5)
        for at in count():
            row = offset + at * self.rows_per_step
            if row > highest:
                return
            yield row, str(first + at * self.step)


def scale_to(
    highest: float, rows: int, *, base: int = 0, least: int = 0, spare: int = 0
) -> RowScale:
    """The scale that uses the most of `rows` for amounts from `base` to `highest`, a tick at every
    `least` rows or more; `spare` rows stay free above. A second tick is worth more than a fuller
    canvas."""
    room = max(1, rows - spare)
    least = least or max(2, min(room // 4, _FARTHEST))
    most = max(1.0, highest - base)
    fits: list[tuple[int, int]] = []
    for step in nice():
        if fits and 2 * step > most:
            break
        rows_per_step = int(room * step / most)
        if rows_per_step >= least:
            fits.append((step, rows_per_step))
    step, rows_per_step = max(fits, key=lambda fit: fit[1] / fit[0])
    return RowScale(base, step, min(rows_per_step, max(least, room)), rows)


def nice() -> Iterator[int]:
    """Yield 1 2 5 10 20 25 50 100 200 250 ..."""
    yield from (1, 2, 5)
    for power in count(1):
        yield from (step * 10**power // 10 for step in (10, 20, 25, 50))


def margin_for(labels: Iterable[str]) -> int:
    return max(map(len, labels), default=0) + 1


def date_ticks(first: date, last: date, columns: int) -> tuple[tuple[int, str], ...]:
    """Columns and names of days at even distances; months once they are long apart."""
    days = (last - first).days
    text = date_format(first, last)
    room = len(first.strftime(text)) + LABEL_GAP
    steps = max(1, min(days, (columns - room) // (room + LABEL_GAP)))
    every = max(1, -(-days // steps))
    ticks = []
    for at in range(0, days + 1, every):
        day = first + timedelta(days=at)
        column = day_column(day, first, last, columns)
        half = (room - LABEL_GAP) // 2
        ticks.append((max(half, min(column, columns - 1 - half)), day.strftime(text)))
    return spread(ticks)


def date_format(first: date, last: date) -> str:
    return "%m-%d" if (last - first).days < 330 else "%Y-%m"


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


def grid(
    cells: Cells,
    ticks: Iterable[tuple[int, str]],
    columns: int,
    finish: Finish,
    words: Iterable[CanvasText] = (),
) -> None:
    """A dotted line through the cells of each row with a tick that are free of marks and words. In
    ASCII there is none: a dot is the top of a bar there."""
    if finish == "letters":
        return
    taken = {(column, word.row) for word in words for column in range(word.column, word.end)}
    for row, _ in ticks:
        free = (column for column in range(columns) if (column, row) not in taken)
        cells.rule(row, free, GRID, "faint")


class Level(NamedTuple):
    """A row with a name, a colour and what its line is made of."""

    row: int
    name: str
    role: Role
    glyph: str = "─"


def levels(
    cells: Cells, named: Iterable[Level], columns: int, *, beside: int = 0
) -> list[CanvasText]:
    """Horizontal lines through the free cells of rows, named as far right as nothing is hidden, or
    in so many cells `beside` the canvas; those that share a row share the line."""
    by_row: defaultdict[int, list[Level]] = defaultdict(list)
    for level in named:
        by_row[level.row].append(level)
    words = []
    for row, some in by_row.items():
        role, glyph = some[0].role, some[0].glyph
        most = beside or columns - 1
        while len(label := f" {', '.join(one.name for one in some)}") > most and len(some) > 1:
            some.pop()
        right = columns if beside else columns - len(label)
        places = (at for at in range(right, -1, -1) if cells.free(row, at, at + len(label) + 1))
        if right > 0:
            words.append(CanvasText(next(places, right), row, label, role))
        cells.rule(row, range(columns), glyph, "faint" if role == "dim" else role)
    return words


class LegendPart(NamedTuple):
    """A glyph in its colour, and what it means."""

    glyph: str
    role: Role
    meaning: str


def legend(
    parts: Iterable[LegendPart], columns: int, height: int, more: str = ""
) -> tuple[int, list[CanvasText]]:
    """What glyphs mean, at the top of `height` lines: how many lines that takes, and the words.
    What would take half the height of a picture is left out; `more` comes last."""
    lines: list[list[tuple[str, Role]]] = []
    end = 0
    for part in (*parts, LegendPart("", "dim", more)):
        words: list[tuple[str, Role]] = [(part.glyph, part.role), (part.meaning, "dim")]
        words = [(text, role) for text, role in words if text]
        long = sum(cell_len(text) for text, _ in words) + len(words) - 1
        if not words:
            continue
        if lines and end + LABEL_GAP + long <= columns:
            lines[-1] += [(" " * (LABEL_GAP - 2), "dim"), *words]
            end += LABEL_GAP + long
        else:
            lines.append(words)
            end = long
    lines = lines[: max(0, height // 2 - 1)]
    made = []
    for at, line in enumerate(lines):
        column = 0
        for text, role in line:
            room = columns - column
            if text.strip() and room > 0:
                fitting = set_cell_size(text, min(cell_len(text), room))
                made.append(CanvasText(column, height - 1 - at, fitting, role))
            column += cell_len(text) + 1
    return len(lines), made


def merged_labels(
    marks: Iterable[tuple[int, str, Role]], columns: int, row: int
) -> list[CanvasText]:
    """Each label centred over its mark; those that would touch become one, in order."""
    labels: list[tuple[CanvasText, tuple[int, ...]]] = []
    for column, text, role in sorted(marks, key=lambda mark: mark[0]):
        anchors: tuple[int, ...] = (column,)
        label = _centred(text, anchors, columns, row, role)
        while labels and label.column <= labels[-1][0].end:
            before, others = labels.pop()
            anchors = others + anchors
            role = role if role == before.role else "dim"
            label = _centred(f"{before.text} {label.text}", anchors, columns, row, role)
        labels.append((label, anchors))
    return [label for label, _ in labels]


def _centred(text: str, anchors: tuple[int, ...], columns: int, row: int, role: Role) -> CanvasText:
    centre = (anchors[0] + anchors[-1]) // 2
    text = text[:columns]
    column = min(max(centre - (len(text) - 1) // 2, 0), columns - len(text))
    return CanvasText(column, row, text, role)
