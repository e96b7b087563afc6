"""The histogram."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mlkanban.charts.layouts.canvas import (
    EIGHTHS,
    LABEL_GAP,
    LINE,
    CanvasText,
    Cells,
    Layout,
    Target,
    nice,
)
from mlkanban.charts.spec import HistogramSpec, Mark
from mlkanban.flow.histogram import Bin, bins

WIDEST_BAR = 6
SINGLE_SHARE = 4  # one card fills at most a quarter: a handful should not look like a crowd
INDENT = 1  # keeps the line over the first bar off the axis
LONGEST_UNIT = len("cards")


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of `columns` columns from `column` on, `eighths` of a row high."""

    column: int
    columns: int
    eighths: int

    @property
    def centre(self) -> int:
        return self.column + (self.columns - 1) // 2

    @property
    def rows(self) -> int:
        """The rows it reaches into."""
        return -(-self.eighths // EIGHTHS)


@dataclass(frozen=True, slots=True)
class Label:
    """A text that begins at a column and speaks of the marks at some columns."""

    column: int
    text: str
    anchors: tuple[int, ...]

    @property
    def end(self) -> int:
        return self.column + len(self.text)


@dataclass(frozen=True, slots=True)
class HistogramLayout:
    """A histogram in cells. Columns count from the left of the canvas, rows from its bottom.

    `margin` columns lie left of the canvas and its axis; one row of mark labels lies above it, the
    axis and one row of labels below.
    """

    margin: int
    columns: int
    rows: int
    bins: tuple[Bin, ...]
    bars: tuple[Bar, ...]
    y_ticks: tuple[tuple[int, str], ...]
    x_ticks: tuple[tuple[int, str], ...]
    mark_labels: tuple[Label, ...]
    marks: tuple[tuple[int, int], ...]  # column, lowest row: it ends on top of the bar it marks


def layout_histogram(spec: HistogramSpec, width: int, height: int) -> HistogramLayout:
    """Place a histogram with at least one value in width x height cells, at least SMALLEST."""
    counts = dict(spec.counts)
    margin = max(LONGEST_UNIT, len(str(sum(counts.values())))) + 1
    columns, rows = width - margin - 1, height - 3
    # A mark beyond the values still needs its place on the axis.
    bars_of = bins(dict.fromkeys((mark.value for mark in spec.marks), 0) | counts, columns - INDENT)
    pitch = min((columns - INDENT) // len(bars_of), WIDEST_BAR)
    highest = max([*counts, *(mark.value for mark in spec.marks)])
    # The row kept free on top lets the line of a mark reach even the highest bar.
    step, rows_per_step = _scale(max(b.count for b in bars_of), rows - 1)
    bars = tuple(
        Bar(INDENT + i * pitch, max(pitch - 1, 2), _height(b.count * rows_per_step, step))
        for i, b in enumerate(bars_of)
    )
    marked = [(_bar_of(mark, bars_of, bars), mark.label) for mark in spec.marks]
    return HistogramLayout(
        margin=margin,
        columns=columns,
        rows=rows,
        bins=bars_of,
        bars=bars,
        y_ticks=tuple(_y_ticks(step, rows_per_step, rows)),
        x_ticks=tuple(_x_ticks(highest, bars_of, bars, pitch)),
        mark_labels=mark_labels(((bar.centre, label) for bar, label in marked), columns),
        marks=tuple(sorted({(bar.centre, bar.rows) for bar, _ in marked})),
    )


def _height(amount: int, step: int) -> int:
    """Eighths of a row, rounded, but never nothing for something."""
    return max((2 * amount * EIGHTHS + step) // (2 * step), min(amount, 1))


def _scale(highest: int, rows: int) -> tuple[int, int]:
    """Return a round count per tick and the rows per tick: those that use the most of `rows`.

    Whole rows, two or more, put every tick exactly beside the height it names. A second tick is
    worth more than a fuller canvas.
    """
    fits: list[tuple[int, int]] = []
    for step in nice():
        if fits and 2 * step > highest:
            break
        rows_per_step = min(rows * step // highest, rows // SINGLE_SHARE * step)
        if rows_per_step >= 2:
            fits.append((step, rows_per_step))
    return max(fits, key=lambda fit: fit[1] * highest / fit[0])


def _y_ticks(step: int, rows_per_step: int, rows: int) -> Iterator[tuple[int, str]]:
    for i in range(1, rows // rows_per_step + 1):
        yield i * rows_per_step - 1, str(i * step)


def _bar_of(mark: Mark, bars_of: Sequence[Bin], bars: Sequence[Bar]) -> Bar:
    starts = [i for i, b in enumerate(bars_of) if b.first <= mark.value]
    return bars[starts[-1] if starts else 0]


def _x_ticks(
    highest: int, bars_of: Sequence[Bin], bars: Sequence[Bar], pitch: int
) -> Iterator[tuple[int, str]]:
    """Yield column and text of the bars that are named: as many as fit at a round distance.

    Bars of one value are named by round values, wider ones by their ranges. A last bar that holds
    more than its share of the axis is always named, with a plus.
    """
    first, last = bars_of[0], bars_of[-1]
    size = (first.last or first.first) - first.first + 1
    overfull = highest >= last.first + size
    names = [str(b.first) if size == 1 else f"{b.first}-{b.first + size - 1}" for b in bars_of]
    room = max(map(len, names)) + LABEL_GAP
    every = next(n for n in nice() if n * pitch >= room)
    end = bars[-1].centre - room if overfull else bars[-1].centre
    for i, (b, bar) in enumerate(zip(bars_of, bars, strict=True)):
        if (b.first if size == 1 else i) % every == 0 and bar.centre <= end:
            yield bar.centre, names[i]
    if overfull:
        yield bars[-1].centre, f"{last.first}+"


def _label(text: str, anchors: tuple[int, ...], columns: int) -> Label:
    centre = (anchors[0] + anchors[-1]) // 2
    column = min(max(centre - (len(text) - 1) // 2, 0), columns - len(text))
    return Label(column, text, anchors)


def mark_labels(marks: Iterable[tuple[int, str]], columns: int) -> tuple[Label, ...]:
    """Centre each label over its mark; those that would touch become one, in order."""
    labels: list[Label] = []
    for column, text in sorted(marks, key=lambda mark: mark[0]):
        label = _label(text, (column,), columns)
        while labels and label.column <= labels[-1].end:
            before = labels.pop()
            label = _label(f"{before.text} {label.text}", before.anchors + label.anchors, columns)
        labels.append(label)
    return tuple(labels)


def drawn_histogram(spec: HistogramSpec, width: int, height: int) -> Layout:
    """Draw a histogram with at least one value; every bar with cards is a target."""
    placed = layout_histogram(spec, width, height)
    cells, targets = Cells(), []
    for b, bar in zip(placed.bins, placed.bars, strict=True):
        cells.bar(bar.column, bar.columns, bar.eighths, "area-2")
        held = zip(spec.counts, spec.cards, strict=False)
        refs = tuple(
            ref
            for (value, _), cards in held
            if value >= b.first and (b.last is None or value <= b.last)
            for ref in cards
        )
        if refs:
            targets.append(Target(_named(b, spec.unit), refs, bar.centre))
    for column, lowest in placed.marks:
        for row in range(lowest, placed.rows):
            cells.put(column, row, LINE, "focus")
    return Layout(
        margin=placed.margin,
        columns=placed.columns,
        rows=placed.rows,
        heads=1,
        cells=cells.groups(),
        words=tuple(
            CanvasText(label.column, placed.rows, label.text, "focus")
            for label in placed.mark_labels
        ),
        y_ticks=placed.y_ticks,
        x_ticks=placed.x_ticks,
        y_unit="cards",
        x_unit=spec.unit,
        targets=tuple(targets),
    )


def _named(b: Bin, unit: str) -> str:
    if b.last is None:
        return f"{b.first} {unit} or more"
    return f"{b.first} {unit}" if b.last == b.first else f"{b.first}-{b.last} {unit}"
