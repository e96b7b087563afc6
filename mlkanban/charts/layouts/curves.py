"""Learning curves, with what is to be reached."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby, pairwise
from typing import NamedTuple

from mlkanban.charts.layouts.canvas import (
    FEET,
    LABEL_GAP,
    CanvasText,
    Cells,
    Curve,
    Finish,
    Layout,
    margin_for,
    spread,
)
from mlkanban.charts.spec import CurveSpec, Role
from mlkanban.core.metrics import compact_text, precise, rounded_text

_LEAST_MARGIN = 5
"""Another scale of values, `.925` in place of `.92`, leaves the curves in their columns."""
_LEAST_ROWS, _MOST_ROWS = 2, 5
"""Between two ticks."""
_NICE = (1.0, 2.0, 2.5, 5.0)
_NUMBER = re.compile(r"[-+]?[\d.]+(?:e[-+]?\d+)?", re.IGNORECASE)
_SECONDS = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
)  # fmt: skip
"""Distances between ticks of time; days follow."""
_MOST_DECIMALS, _LEAST_DIGITS, _MOST_DIGITS = 8, 3, 8
"""Of the numbers at ticks: decimals, and digits of what is very large or small."""
_LEAST_IN_K = 1e4
"""Numbers of an axis that ends before are written out."""
_LONG = 1e6
"""From here on numbers have exponents."""
_LEVEL, _MARK = "┄", "•"
_BELOW, _ABOVE = "▼", "▲"
"""Where a curve lies outside of the picture."""
_FAR_DIGITS = 3
"""Of the value farthest outside."""
_DOT = 0.25
"""Rows from one dot to the next above it."""
_DOTS = 4
"""Cells from one dot of a level to the next."""
_MOST_LABEL, _MOST_BESIDE = 20, 24
"""Cells of a label, and of those that stand beside each other in a row."""
_FARTHEST = 1e9
"""Rows above or below the picture: farther out, a value may have no finite place on its scale."""
_WIDEST = 120
"""Columns of a canvas at most: more show nothing new, and each new scale repaints them all."""

Points = list[tuple[float, float]]


def drawn_range(spec: CurveSpec, height: int) -> tuple[float, float]:
    """From which value to which curves are drawn in so many lines: a little more than they have
    to be, so that the ticks are round."""
    rows = height - FEET
    low, step, rows_per_step = _scale(spec.low, spec.high, rows)
    return min(low, spec.low), max(spec.high, low + (rows - 1) / rows_per_step * step)


class _Label(NamedTuple):
    """What stands at the right of the picture, at the height of a place."""

    place: float
    text: str
    role: Role

    def row(self, rows: int) -> int:
        return max(0, min(rows - 1, round(self.place)))

    @property
    def colour(self) -> Role:
        """Of its words: what is faint is no text."""
        return "dim" if self.role == "faint" else self.role

    def hides(self, place: float) -> bool:
        """Whether a level there cannot be told from the end of this curve, though they differ."""
        return 0 < abs(self.place - place) <= _DOT


class _OutsideColumns(NamedTuple):
    """Columns in which curves lie below or above the picture, how far, and in which colour."""

    first: int
    last: int
    value: float
    role: Role


def layout_curves(spec: CurveSpec, width: int, height: int, finish: Finish) -> Layout:
    """Place the curves, their names at the right at the height of their ends, and lines for the
    levels, but none through the end of a curve that differs from it by a dot: it would
    read as reached."""
    rows = height - FEET
    low, step, rows_per_step = _scale(spec.low, spec.high, rows)

    def up(value: float) -> float:
        return max(-_FARTHEST, min(_FARTHEST, (value - low) / step * rows_per_step))

    ticks = _ticks(low, step, rows_per_step, rows)
    margin = max(_LEAST_MARGIN, margin_for([text for _, text in ticks]))
    ends = [_Label(up(line.parts[-1][-1][1]), line.label, line.role)
            for line in reversed(spec.lines) if line.label]  # fmt: skip
    levels = [_Label(up(level.value), level.label, level.role) for level in spec.levels]
    beside = _beside(ends, levels, rows, min(_MOST_BESIDE, width // 3))
    right = 1 + max((_cells(labels) for labels in beside.values()), default=0)
    columns = max(1, min(_WIDEST, width - margin - right))
    across = (columns - 1) / ((spec.last - spec.first) or 1.0)
    cells, curves = Cells(), []
    shown = [level for level in levels if 0 <= level.place <= rows - 1
             and not any(end.hides(level.place) for end in ends)]  # fmt: skip
    for level in shown:
        if finish == "letters":
            cells.rule(level.row(rows), range(columns), _LEVEL, level.role)
        else:
            dots = tuple((float(column), level.place) for column in range(0, columns, _DOTS))
            curves.append(Curve(level.role, dots, joined=False, behind=True))
    marks = []
    for line in spec.lines:
        if line.mark:
            (place, value), *_ = line.parts[0]
            row = max(0, min(rows - 1, round(up(value))))
            glyph = line.letter if finish == "letters" else _MARK
            marks.append(CanvasText(round((place - spec.first) * across), row, glyph, line.role))
            continue
        for part in line.parts:
            points = [((at - spec.first) * across, up(value)) for at, value in part]
            for piece in _inside(_thinned(points), rows - 1):
                joined = len(piece) > 1
                curves.append(Curve(line.role, tuple(piece), joined=joined, letter=line.letter))
    words = [
        CanvasText(
            columns + 1 + _cells(labels[:at]) + bool(at), row, label.text[:_MOST_LABEL],
            label.colour)
        for row, labels in beside.items()
        for at, label in enumerate(labels)
    ]  # fmt: skip
    drawn_low, drawn_high = drawn_range(spec, height)
    drawn = [curve for curve in curves if not curve.behind]
    taken = {row: _columns_at(drawn, row) for row in range(rows)}
    for label in shown:
        row, room = label.row(rows), range(len(label.text) + 1)
        if label not in beside[row] and room.stop <= columns and taken[row].isdisjoint(room):
            words.append(CanvasText(0, row, f"{label.text} ", label.colour))
            taken[row].update(room)
    for row, glyph, found in (
        (0, _BELOW, _outside(spec, across, lambda value: value < drawn_low, min)),
        (rows - 1, _ABOVE, _outside(spec, across, lambda value: value > drawn_high, max)),
    ):
        words += _arrows(found, glyph, row, columns, taken[row])
    return Layout(
        margin, columns, rows, 0, cells.groups(), (*words, *marks), ticks,
        _across_ticks(spec, across, columns), right=right, curves=tuple(curves),
    )  # fmt: skip


def _scale(low: float, high: float, rows: int) -> tuple[float, float, int]:
    """From which value on, and how many rows a step of round size takes, so that as little as
    possible is left free. A scale of few values changes seldom while they grow."""
    span = (high - low) or abs(high) or 1.0
    room = max(1, rows - 1)
    best: tuple[float, float, float, int] | None = None
    power = math.floor(math.log10(span / room))
    for exponent in range(power, power + 3):
        for nice in _NICE:
            step = nice * 10.0**exponent
            base = math.floor(low / step + 1e-9) * step
            for many in range(_LEAST_ROWS, min(_MOST_ROWS, room) + 1):
                held = room / many * step
                if base + held >= high - 1e-9 * span and (best is None or held < best[0]):
                    best = (held, base, step, many)
    if best is None:  # there is next to no room
        return low, span, room
    return best[1:]


def _ticks(low: float, step: float, rows_per_step: int, rows: int) -> tuple[tuple[int, str], ...]:
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    decimals += float(f"{step:.{decimals}f}") != float(f"{step:.{decimals + 1}f}")
    places = range(0, rows, rows_per_step)
    values = [low + at * step for at, _ in enumerate(places)]
    if decimals <= _MOST_DECIMALS and max(map(abs, values)) < _LONG:
        texts = [f"{value + 0.0:.{decimals}f}" for value in values]
    else:
        texts = _told_apart(values, step)
    return tuple(zip(places, map(compact_text, texts), strict=True))


def _told_apart(values: Sequence[float], step: float) -> list[str]:
    """Values as texts no two of which are alike: in as few digits as that takes, or where those are
    too many, the first one whole and how much more the others are."""
    for digits in range(_LEAST_DIGITS, _MOST_DIGITS + 1):
        texts = [f"{value:.{digits}g}" for value in values]
        if len(set(texts)) == len(texts):
            return texts
    return [precise(values[0]), *(f"+{at * step:.3g}" for at in range(1, len(values)))]


def _across_ticks(spec: CurveSpec, across: float, columns: int) -> tuple[tuple[int, str], ...]:
    """The ticks of the picture, or places at even distances, in round numbers."""
    if spec.ticks:
        return spread([_tick(spec, place, label, across, columns) for place, label in spec.ticks])
    time = spec.axis == "time"
    text = _time_text if time else partial(_count_text, greatest=max(-spec.first, spec.last))
    span = (spec.last - spec.first) or 1.0
    room = max(len(text(spec.last)), len(text(spec.first))) + LABEL_GAP + 2
    least = span / max(1, columns // room)
    step = next(size for size in (_time_steps() if time else _steps()) if size >= least)
    first = math.ceil(spec.first / step)
    places = [at * step for at in range(first, math.floor(spec.last / step) + 1)]
    return spread(
        [_tick(spec, place, text(place), across, columns) for place in places or [spec.last]]
    )


def _tick(
    spec: CurveSpec, place: float, label: str, across: float, columns: int
) -> tuple[int, str]:
    """The column of a tick, and its label, which is cut where it is wider than its share, unless it
    is a number."""
    if len(spec.ticks) > 1 and not _NUMBER.fullmatch(label):
        label = label[: max(3, columns // len(spec.ticks) - LABEL_GAP)]
    half = (len(label) - 1) // 2
    column = round((place - spec.first) * across)
    return max(half, min(column, columns - 1 - len(label) // 2)), label


def _steps() -> Iterator[float]:
    """1 2 5 10 20 50 ..."""
    power = 1.0
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10


def _time_steps() -> Iterator[float]:
    yield from map(float, _SECONDS)
    for days in _steps():
        yield 86400 * days


def _count_text(number: float, greatest: float) -> str:
    """A number in the unit of the greatest one of its axis: `8k` beside `10k`."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if greatest >= max(size, _LEAST_IN_K) and number:
            return f"{number / size:.6g}{unit}"
    return f"{number:.6g}"


def _time_text(seconds: float) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:.6g}{unit}"
    if seconds >= 60:
        return f"{seconds / (3600 if seconds >= 3600 else 60):.3g}{'h' if seconds >= 3600 else 'm'}"
    return f"{seconds:.6g}s" if seconds else "0"


def _outside(
    spec: CurveSpec,
    across: float,
    outside: Callable[[float], bool],
    farthest: Callable[[Iterable[float]], float],
) -> list[_OutsideColumns]:
    """Where lines lie outside of the picture on one side; stretches that touch are one."""
    found = []
    for line in spec.lines:
        for part in () if line.mark else line.parts:
            for away, some in groupby(part, key=lambda point: outside(point[1])):
                if away:
                    places, values = zip(*some, strict=True)
                    first, last = (
                        round((place - spec.first) * across) for place in (places[0], places[-1])
                    )
                    found.append(_OutsideColumns(first, last, farthest(values), line.role))
    merged: list[_OutsideColumns] = []
    for one in sorted(found):
        before = merged[-1] if merged else None
        if before is None or one.first > before.last + 1:
            merged.append(one)
        else:
            merged[-1] = _OutsideColumns(
                before.first, max(before.last, one.last), farthest((before.value, one.value)),
                one.role if one.role == before.role else "dim",
            )  # fmt: skip
    return merged


def _arrows(
    found: Sequence[_OutsideColumns], glyph: str, row: int, columns: int, taken: set[int]
) -> Iterator[CanvasText]:
    """`▼ .803`: an arrow where a curve leaves the picture, or begins outside of it, and the value
    that is farthest away where it hides no curve."""
    taken = taken | {one.first for one in found}
    for one in found:
        yield CanvasText(one.first, row, glyph, one.role)
        text = compact_text(rounded_text(one.value, None, _FAR_DIGITS))
        size = len(text)
        for column in (one.first + 2, one.first - 1 - size):
            around = range(column - 1, column + size + 1)
            if (
                column >= 0
                and column + size <= columns
                and taken.isdisjoint({*around} - {one.first})
            ):
                taken = taken | {*around}
                yield CanvasText(column, row, text, one.role)
                break


def _columns_at(curves: Iterable[Curve], row: int) -> set[int]:
    """The columns in which curves are drawn in a row."""
    found: set[int] = set()
    for curve in curves:
        points = curve.points
        for one, other in pairwise(points) if curve.joined else zip(points, points, strict=True):
            part = _cut((one[0], one[1] - row + 0.5), (other[0], other[1] - row + 0.5), 1.0)
            if part is not None:
                left, right = sorted((part[0][0], part[1][0]))
                found.update(range(round(left), round(right) + 1))
    return found


def _thinned(points: Points) -> Points:
    """Of the points of each column the first, the least, the greatest and the last: more cannot be
    told apart."""
    kept: Points = []
    for _, group in groupby(points, key=lambda point: round(2 * point[0])):
        some = [*group]
        wanted = {0, len(some) - 1}
        for pick in (min, max):
            wanted.add(pick(range(len(some)), key=lambda at: some[at][1]))
        kept += [some[at] for at in sorted(wanted)]
    return kept


def _inside(points: Sequence[tuple[float, float]], top: float) -> Iterator[Points]:
    """The pieces of a line that lie between 0 and `top`, cut where it crosses these."""
    piece: Points = []
    for one, other in pairwise(points) if len(points) > 1 else [(*points, *points)]:
        cut = _cut(one, other, top)
        if cut is None:
            continue
        start, end = cut
        if piece and piece[-1] != start:
            yield piece
            piece = []
        piece += [point for point in (start, end) if not piece or piece[-1] != point]
    if piece:
        yield piece


def _cut(
    one: tuple[float, float], other: tuple[float, float], top: float
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """The part of a line between two points whose height lies between 0 and `top`."""
    rise = other[1] - one[1]
    if not rise:
        return (one, other) if 0 <= one[1] <= top else None
    shares = sorted((-one[1] / rise, (top - one[1]) / rise))
    begin, end = max(0.0, shares[0]), min(1.0, shares[1])
    if begin > end:
        return None

    def at(share: float) -> tuple[float, float]:
        whole = {0.0: one, 1.0: other}.get(share)
        x, y = whole or (one[0] + share * (other[0] - one[0]), one[1] + share * rise)
        return x, min(top, max(0.0, y))

    return at(begin), at(end)


def _beside(
    ends: Sequence[_Label], levels: Sequence[_Label], rows: int, most: int
) -> dict[int, list[_Label]]:
    """The labels of each row, most important first. What shares a row stands beside each
    other there, as much as fits into `most` cells; other ends take the nearest row that belongs to
    none. A level has a label in its own row or none."""
    own = {label.row(rows) for label in (*ends, *levels)}
    taken: dict[int, list[_Label]] = {}
    for end in ends:
        row = end.row(rows)
        if _cells([*taken.get(row, ()), end]) > most and row in taken:
            free = [other for other in range(rows) if other not in own and other not in taken]
            if not free:
                continue
            row = min(free, key=lambda other: abs(other - end.place))
        taken.setdefault(row, []).append(end)
    for level in levels:
        labels = taken.setdefault(level.row(rows), [])
        if not labels or _cells([*labels, level]) <= most:
            labels.append(level)
    return taken


def _cells(labels: Sequence[_Label]) -> int:
    """The cells of labels beside each other."""
    return sum(len(label.text[:_MOST_LABEL]) for label in labels) + max(0, len(labels) - 1)
