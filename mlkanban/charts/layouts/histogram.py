"""The histogram."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mlkanban.charts.layouts.canvas import (
    FEET,
    LABEL_GAP,
    LINE,
    CanvasText,
    Cells,
    Finish,
    Layout,
    RowScale,
    Target,
    grid,
    margin_for,
    merged_labels,
    nice,
    scale_to,
)
from mlkanban.charts.spec import HistogramSpec, Mark, Role
from mlkanban.flow.histogram import Bin, bins
from mlkanban.text import quantity

_WIDEST_BAR = 6
_SINGLE_SHARE = 4  # one card fills at most a quarter: a handful should not look like a crowd
_LEAST_TICKS = 2
_ROOM_FOR_MARKS = 12
"""From so many lines on the percentiles are named over the bars."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of `columns` columns from `column` on."""

    column: int
    columns: int

    @property
    def centre(self) -> int:
        return self.column + (self.columns - 1) // 2


def layout_histogram(
    spec: HistogramSpec, width: int, height: int, finish: Finish, *, legend: bool
) -> Layout:
    """Place a histogram with at least one value; every bar with cards is a target.

    What lies past the SLE is parted from the rest by a line, and has another colour; so has what
    lies past the 95th percentile.
    """
    counts = dict(spec.counts)
    expected = next((mark.value for mark in spec.marks if mark.label == "SLE"), None)
    p95 = next((mark.value for mark in spec.marks if mark.label == "p95"), None)
    percentiles = [mark for mark in spec.marks if mark.label != "SLE"]
    heads = 1 if legend and percentiles and height >= _ROOM_FOR_MARKS else 0
    rows = height - heads - FEET
    gap = 0 if expected is None else 1
    columns = width - len(str(sum(counts.values()))) - 3
    # A mark beyond the values still needs its place on the axis.
    all_of = dict.fromkeys((m.value for m in spec.marks), 0) | counts
    # Bins have two columns each; where there is little room one has to do.
    bars_of = bins(all_of, (columns - gap) * (1 if legend else 2))
    pitch = min((columns - gap) // len(bars_of), _WIDEST_BAR)
    split = len(bars_of)
    if expected is not None:
        split = next((i for i, b in enumerate(bars_of) if b.first > expected), split)
    bars = [
        Bar(i * pitch + (gap if i >= split else 0), pitch - 1 if pitch > 2 else pitch)
        for i in range(len(bars_of))
    ]
    scale = _scale(max(b.count for b in bars_of), rows)
    ticks = _up_to(max(b.count for b in bars_of), scale)
    margin = margin_for(text for _, text in ticks)
    columns = width - margin
    cells, targets = Cells(plain=finish != "colour"), []
    for b, bar in zip(bars_of, bars, strict=True):
        tops = _tops(spec, b, scale, expected, p95)
        if tops:
            cells.bar(bar.column, bar.columns, tops)
        refs = _refs(spec, b)
        if refs:
            targets.append(
                Target(
                    _named(b, spec.unit),
                    refs,
                    bar.centre,
                    columns=max(pitch, bar.columns),
                    bar=range(bar.column, bar.column + bar.columns),
                )
            )
    words: list[CanvasText] = []
    if expected is not None:
        line = split * pitch
        for row in range(rows):
            cells.put(line, row, LINE, "clock")
        words = _beside_line(spec, cells, line + 1, columns, rows, expected)
    if heads:
        marked = [
            (bars[_bin_of(mark, bars_of)].centre, mark.label, _mark_role(mark))
            for mark in percentiles
        ]
        words += merged_labels(marked, columns, rows)
        for column, _, _ in marked:
            for row in range(rows):
                cells.put_below(column, row, LINE, "faint")
    grid(cells, ticks, columns, finish, words)
    highest = max([*counts, *(mark.value for mark in spec.marks)])
    return Layout(
        margin, columns, rows, heads, cells.groups(), tuple(words), ticks,
        tuple(_x_ticks(highest, bars_of, bars, pitch, spec.unit, columns)), tuple(targets),
    )  # fmt: skip


def _mark_role(mark: Mark) -> Role:
    return "text" if mark.label == "p85" else "dim"


def _scale(highest: int, rows: int) -> RowScale:
    """A free row on top tells the highest bar from one that is cut off."""
    scale = scale_to(highest, rows, spare=1)
    if len(scale.bar_ticks()) < _LEAST_TICKS:
        # One amount alone does not show how high the bars are.
        closer = scale_to(highest, rows, spare=1, least=2)
        scale = max(scale, closer, key=lambda each: len(each.bar_ticks()))
    single = max(2, rows // _SINGLE_SHARE)
    return scale if scale.height(1) <= single else RowScale(0, 1, single, rows)


def _up_to(highest: int, scale: RowScale) -> tuple[tuple[int, str], ...]:
    """The round amounts beside the axis; none that is farther above the highest bar than one."""
    ticks = scale.bar_ticks()
    reached = sum(int(text) < highest for _, text in ticks)
    return ticks[: reached + 1]


def _tops(
    spec: HistogramSpec, b: Bin, scale: RowScale, expected: int | None, p95: int | None
) -> list[tuple[int, Role]]:
    """Where the parts of a bar end: within the SLE, past it, past the 95th percentile too."""
    if not b.count:
        return []
    within = late = 0
    for value, count in _of_bin(spec, b):
        if expected is None or value <= expected:
            within += count
        elif p95 is None or value <= p95:
            late += count
    made: list[tuple[int, Role]] = []
    parts: tuple[tuple[int, Role], ...] = (
        (within, "area-2"),
        (within + late, "clock"),
        (b.count, "alarm"),
    )
    before = 0
    for amount, role in parts:
        if amount > before:
            made.append((scale.eighths(amount), role))
            before = amount
    return made


def _of_bin(spec: HistogramSpec, b: Bin) -> Iterator[tuple[int, int]]:
    for value, count in spec.counts:
        if value >= b.first and (b.last is None or value <= b.last):
            yield value, count


def _refs(spec: HistogramSpec, b: Bin) -> tuple[str, ...]:
    return tuple(
        ref
        for (value, _), cards in zip(spec.counts, spec.cards, strict=False)
        if value >= b.first and (b.last is None or value <= b.last)
        for ref in cards
    )


def _beside_line(
    spec: HistogramSpec, cells: Cells, column: int, columns: int, rows: int, expected: int
) -> list[CanvasText]:
    """The SLE, and how many are past it, at the right of its line, or at the left; in the highest
    rows that are free."""
    total = sum(count for _, count in spec.counts)
    late = sum(count for value, count in spec.counts if value > expected)
    wanted: list[tuple[str, Role]] = [
        (f"SLE {expected} {spec.unit[0]}", "clock"), (f"{late} of {total} past it", "dim")
    ]  # fmt: skip
    made: list[CanvasText] = []
    row = rows - 1
    for text, role in wanted:
        while row >= 0:
            starts = (column, column - 1 - len(text))
            row -= 1
            start = next(
                (
                    at
                    for at in starts
                    if at >= 0
                    and at + len(text) <= columns
                    and cells.free(row + 1, at, at + len(text))
                ),
                None,
            )
            if start is not None:
                made.append(CanvasText(start, row + 1, text, role))
                break
    return made


def _bin_of(mark: Mark, bars_of: Sequence[Bin]) -> int:
    starts = [i for i, b in enumerate(bars_of) if b.first <= mark.value]
    return starts[-1] if starts else 0


def _x_ticks(
    highest: int, bars_of: Sequence[Bin], bars: Sequence[Bar], pitch: int, unit: str, columns: int
) -> Iterator[tuple[int, str]]:
    """Yield column and text of the bars that are named: as many as fit at a round distance, and the
    unit after the last.

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
    made = [
        (bar.centre, name)
        for i, (b, bar, name) in enumerate(zip(bars_of, bars, names, strict=True))
        if ((b.first if size == 1 else i) % every == 0 and bar.centre <= end)
        or (not i and size == 1 and every > 1 and bars[0].centre + room <= end)
    ]
    if len(made) > 1 and made[1][0] - made[0][0] < room:
        made.pop(0)
    if overfull:
        made.append((bars[-1].centre, f"{last.first}+"))
    if not made:
        made.append((bars[0].centre, names[0]))
    yield from made
    column, text = made[-1]
    after = column + (len(text) + 1) // 2 + 1 + len(unit) // 2
    if after + (len(unit) + 1) // 2 <= columns:
        yield after, unit


def _named(b: Bin, unit: str) -> str:
    if b.last is None:
        return f"{b.first} {unit} or more"
    if b.last == b.first:
        return quantity(b.first, unit.removesuffix("s"))
    return f"{b.first}-{b.last} {unit}"
