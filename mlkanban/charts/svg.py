"""Pictures as inline SVG, for a page that opens anywhere: true vectors on linear axes, computed
from what a picture shows, not from cells. Colours are the classes of the page."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from html import escape
from itertools import pairwise
from typing import NamedTuple

from rich.cells import cell_len

from mlkanban.charts.spec import (
    AgingSpec,
    BarsSpec,
    CfdSpec,
    ChancesSpec,
    CurveSpec,
    HistogramSpec,
    Mark,
    Role,
    RunSpec,
    ScatterSpec,
    Spec,
    XmrSpec,
)
from mlkanban.text import display

FONT = 11
"""The size of letters, in pixels."""
_LETTER = 6.1
"""The width of a letter, about."""
_LINE = 16
_NICE = (1.0, 2.0, 5.0)
_MOST_BARS = 60
_MOST_ROWS = 30
_SHADES: tuple[Role, ...] = ("area-1", "area-2", "area-3", "area-4")
_OUTCOMES: tuple[tuple[str, Role], ...] = (
    ("shipped", "live"), ("learned", "value"), ("superseded", "mark"), ("abandoned", "dim")
)  # fmt: skip

Entry = tuple[Role, str, bool]
"""A colour of a legend, what it means, and whether its spot is a ring."""


def svg(spec: Spec, width: int, height: int, title: str) -> str:
    """A picture of at most `width` x `height` pixels; '' where there is nothing to draw."""
    drawing = Drawing(float(width), float(height))
    match spec:
        case HistogramSpec() if spec.counts:
            _histogram(drawing, spec)
        case ScatterSpec() if spec.dots:
            _scatter(drawing, spec)
        case CfdSpec() if spec.bands and spec.bands[0].counts:
            _cfd(drawing, spec)
        case AgingSpec() if spec.items:
            _aging(drawing, spec)
        case RunSpec() if spec.buckets:
            _run(drawing, spec)
        case XmrSpec() if spec.values:
            _xmr(drawing, spec)
        case ChancesSpec() if spec.chances:
            _chances(drawing, spec)
        case BarsSpec() if spec.rows:
            _bars(drawing, spec)
        case CurveSpec() if spec.lines:
            _curves(drawing, spec)
        case _:
            return ""
    return (
        f'<svg role="img" viewBox="0 0 {drawing.width:g} {drawing.height:g}"'
        f' width="{drawing.width:g}" height="{drawing.height:g}" font-size="{FONT}">'
        f"<title>{escape(display(title))}</title>{''.join(drawing.parts)}</svg>"
    )


class LinearAxis(NamedTuple):
    """A linear axis: values from `low` to `high` lie from `start` to `end`, in pixels."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a value lies."""
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return self.start + share * (self.end - self.start)


def nice_step(span: float, most: float, *, whole: bool = False) -> float:
    """The least of 1, 2, 5, 10, 20 ... and their parts of which `span` has at most `most`; `whole`
    numbers are no part of one."""
    least = max(span / max(1.0, most), 1.0 if whole else 0.0) or 1.0
    power = 10.0 ** math.floor(math.log10(least))
    return next(n * power for n in (*_NICE, 10.0) if n * power >= least * (1 - 1e-9))


def ticks(low: float, high: float, step: float) -> list[float]:
    """The multiples of a step from one value to another."""
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [at * step for at in range(first, last + 1)]


@dataclass
class Drawing:
    """The shapes of a picture, and the room for the next ones: `top` and `right` move in."""

    width: float
    height: float
    parts: list[str] = field(default_factory=list)
    top: float = 4.0
    right: float = 0.0

    def rect(self, role: Role, x: float, y: float, wide: float, high: float) -> None:
        if wide > 0 and high > 0:
            self.parts.append(
                f'<rect class="{role}" x="{_n(x)}" y="{_n(y)}" width="{_n(wide)}"'
                f' height="{_n(high)}"/>'
            )

    def line(
        self, role: Role, points: Sequence[tuple[float, float]], *, dashed: bool = False
    ) -> None:
        path = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        self.parts.append(
            f'<polyline class="{role} rule{" dashed" if dashed else ""}" points="{path}"/>'
        )

    def area(self, role: Role, points: Sequence[tuple[float, float]]) -> None:
        path = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        self.parts.append(f'<polygon class="{role}" points="{path}"/>')

    def dot(self, role: Role, x: float, y: float, *, ring: bool = False, size: float = 3) -> None:
        self.parts.append(
            f'<circle class="{role}{" ring" if ring else ""}" cx="{_n(x)}" cy="{_n(y)}"'
            f' r="{size:g}"/>'
        )

    def text(self, role: Role, x: float, y: float, text: str, anchor: str = "start") -> None:
        """A text whose middle is at a height."""
        if text:
            self.parts.append(
                f'<text class="{role}" x="{_n(x)}" y="{_n(y + FONT / 3)}"'
                f' text-anchor="{anchor}">{escape(display(text))}</text>'
            )

    def legend(self, entries: Iterable[Entry]) -> None:
        """What colours mean, each beside a spot of it, above the picture."""
        x, y = 4.0, self.top + _LINE / 2
        for role, text, ring in entries:
            if x > 4 and x + wide_of(text) + 16 > self.width:
                x, y = 4.0, y + _LINE
            if ring:
                self.dot(role, x + 4, y, ring=True)
            else:
                self.rect(role, x, y - 4, 8, 8)
            self.text("text", x + 13, y, text)
            x += wide_of(text) + 28
        self.top = y + _LINE / 2 + 4

    def frame(
        self,
        high: float,
        *,
        low: float = 0.0,
        whole: bool = True,
        name: Callable[[float], str] | None = None,
    ) -> tuple[LinearAxis, float]:
        """The axis upwards, with its grid and its ticks, and where the picture begins at the left;
        below it is room for the ticks across."""
        bottom = self.height - _LINE - 4
        high = high if high > low else low + 1
        step = nice_step(high - low, max(1.0, (bottom - self.top) / 28), whole=whole)
        top = math.ceil(high / step - 1e-9) * step
        base = math.floor(low / step + 1e-9) * step
        named = [(value, (name or _plain)(value)) for value in ticks(base, top, step)]
        left = max(wide_of(text) for _, text in named) + 8
        axis = LinearAxis(base, top, bottom, self.top + 6)
        for value, text in named:
            y = axis.at(value)
            self.line("faint", [(left, y), (self.width - self.right, y)])
            self.text("dim", left - 5, y, text, "end")
        return axis, left

    def across(self, axis: LinearAxis, named: Iterable[tuple[float, str]], unit: str = "") -> None:
        """Ticks across, those left out that would touch the one before; the unit after the last."""
        y, end = self.height - _LINE / 2, -math.inf
        for value, text in named:
            half = wide_of(text) / 2
            x = min(max(axis.at(value), half), self.width - half)
            if x - half > end + 8:
                self.text("dim", x, y, text, "middle")
                end = x + half
        if unit and end + 8 + wide_of(unit) <= self.width:
            self.text("dim", end + 8, y, unit)

    def level(self, role: Role, axis: LinearAxis, left: float, value: float, text: str) -> None:
        """A line across at a value, named beside it."""
        y = axis.at(value)
        self.line(role, [(left, y), (self.width - self.right, y)], dashed=True)
        self.text(role, self.width - self.right + 4, y, text)

    def marks(
        self, axis: LinearAxis, marks: Iterable[tuple[float, str, Role]], bottom: float
    ) -> None:
        """Upright lines at values, named above, on lines of their own where they would touch."""
        rows: list[float] = []
        for value, text, role in sorted(marks):
            x = axis.at(value)
            wide = wide_of(text)
            start = min(max(x - wide / 2, 0), self.width - wide)
            row = next((at for at, end in enumerate(rows) if end + 6 <= start), len(rows))
            rows[row : row + 1] = [start + wide]
            y = self.top - _LINE * row - _LINE / 2
            self.line(role, [(x, y + FONT / 2 + 1), (x, bottom)], dashed=True)
            self.text(role, start, y, text)


def wide_of(text: str) -> float:
    """How wide a text is, about, in pixels."""
    return cell_len(text) * _LETTER


def _n(number: float) -> str:
    return f"{round(number, 2):g}" if abs(number) < 1e5 else f"{number:.1f}"


def _plain(value: float) -> str:
    return f"{value:,.6g}" if abs(value) >= 1e-9 else "0"


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _heads_for(drawing: Drawing, marks: Sequence[object]) -> None:
    """Room above the picture for the names of marks."""
    if marks:
        drawing.top += _LINE * min(len(marks), 3)


def _days_across(drawing: Drawing, axis: LinearAxis, first: date, last: date) -> None:
    """Days at equal distances, months once they are long apart."""
    days = (last - first).days
    months = days >= 330
    sample = f"{first:%Y-%m}" if months else day_text(first)
    most = max(1, int((axis.end - axis.start) / (wide_of(sample) + 14)))
    step = max(1, math.ceil(days / most))
    step = -(-step // 7) * 7 if step > 3 else step
    named = [first + timedelta(days=at) for at in range(0, days + 1, step)]
    drawing.across(
        axis,
        [(float(day.toordinal()), f"{day:%Y-%m}" if months else day_text(day)) for day in named],
    )


def day_text(day: date) -> str:
    """`3 Mar`."""
    return f"{day.day} {day:%b}"


def _histogram(drawing: Drawing, spec: HistogramSpec) -> None:
    expected = next((m.value for m in spec.marks if m.label == "SLE"), None)
    marks = [
        (float(m.value), f"{_mark_text(m)}", "clock" if m.label == "SLE" else "dim")
        for m in spec.marks
    ]
    values = [value for value, _ in spec.counts]
    low, high = min(values), max([*values, *(m.value for m in spec.marks)])
    size = max(1, math.ceil((high - low + 1) / _MOST_BARS))
    within: dict[int, int] = {}
    beyond: dict[int, int] = {}
    for value, count in spec.counts:
        at = low + (value - low) // size * size
        late = expected is not None and value > expected
        within[at] = within.get(at, 0) + (0 if late else count)
        beyond[at] = beyond.get(at, 0) + (count if late else 0)
    _heads_for(drawing, marks)
    y, left = drawing.frame(max(within[at] + beyond[at] for at in within))
    bars = (high - low) // size + 1
    x = LinearAxis(low - 0.5, low + bars * size - 0.5, left, drawing.width - 4)
    for at, count in within.items():
        start, end = x.at(at - 0.5) + 0.5, x.at(at + size - 0.5) - 0.5
        middle = y.at(count)
        drawing.rect("area-2", start, middle, end - start, y.start - middle)
        top = y.at(count + beyond[at])
        drawing.rect("clock", start, top, end - start, middle - top)
    roles: list[tuple[float, str, Role]] = [
        (value, text, "clock" if role == "clock" else "dim") for value, text, role in marks
    ]
    drawing.marks(x, roles, y.start)
    step = nice_step(high - low, (drawing.width - left) / 50, whole=True)
    drawing.across(x, [(at, f"{at:g}") for at in ticks(low, high, step)], spec.unit)


def _mark_text(mark: Mark) -> str:
    """What a line stands for, in words that need no dictionary."""
    if mark.label == "SLE":
        return f"expected {mark.value}"
    return f"{mark.label[1:]} %" if mark.label.startswith("p") else mark.label


def _scatter(drawing: Drawing, spec: ScatterSpec) -> None:
    there = {dot.outcome for dot in spec.dots}
    roles = dict(_OUTCOMES)
    drawing.legend((role, name, name == "abandoned") for name, role in _OUTCOMES if name in there)
    drawing.right = 84
    y, left = drawing.frame(max([*(d.days for d in spec.dots), *(m.value for m in spec.marks)]))
    first, last = float(spec.first.toordinal()), float(spec.last.toordinal())
    x = LinearAxis(first, max(last, first + 1), left + 4, drawing.width - drawing.right - 4)
    free = math.inf
    for mark in sorted(spec.marks, key=lambda mark: mark.value):
        text = f"{_mark_text(mark)} {mark.value} d" if mark.label != "SLE" else _mark_text(mark)
        at = y.at(mark.value)
        role: Role = "clock" if mark.label == "SLE" else "dim"
        drawing.level(role, y, left, mark.value, text if free - at >= FONT else "")
        free = at if free - at >= FONT else free
    for dot in spec.dots:
        drawing.dot(
            roles.get(dot.outcome, "text"), x.at(dot.day.toordinal()), y.at(dot.days),
            ring=dot.outcome == "abandoned",
        )  # fmt: skip
    _days_across(drawing, x, spec.first, spec.last)


def _cfd(drawing: Drawing, spec: CfdSpec) -> None:
    roles = [_SHADES[len(spec.bands) - 1 - at] for at in range(len(spec.bands))]
    above = [*(band.counts[-1] for band in spec.bands[1:]), spec.base if spec.base else 0]
    drawing.legend(
        (role, f"{_short(band.label, 40)} {band.counts[-1] - below}", False)
        for band, role, below in zip(spec.bands, roles, above, strict=True)
    )
    y, left = drawing.frame(max(max(band.counts) for band in spec.bands), low=spec.base)
    days = len(spec.bands[0].counts)
    last = spec.first + timedelta(days=days - 1)
    x = LinearAxis(
        spec.first.toordinal(), max(last, spec.first + timedelta(1)).toordinal(), left,
        drawing.width - 4,
    )  # fmt: skip
    for band, role in zip(spec.bands, roles, strict=True):
        top = [
            (x.at(spec.first.toordinal() + at), y.at(max(count, y.low)))
            for at, count in enumerate(band.counts)
        ]
        if days == 1:
            top.append((x.end, top[0][1]))
        drawing.area(role, [(top[0][0], y.start), *top, (top[-1][0], y.start)])
    _days_across(drawing, x, spec.first, last)


def _aging(drawing: Drawing, spec: AgingSpec) -> None:
    kinds: list[Entry] = [
        ("text", "in time", False), ("clock", "old for its stage", False),
        ("alarm", "blocked", False), ("value", "85 % had left at this age", False),
    ]  # fmt: skip
    there: set[Role] = {item.role for item in spec.items}
    if any(spec.pace):
        there.add("value")
    drawing.legend(entry for entry in kinds if entry[0] in there)
    drawing.right = 84 if spec.sle else 0
    known = [age for age in spec.pace if age is not None]
    y, left = drawing.frame(max([*(i.age for i in spec.items), *known, spec.sle or 1]))
    stages = len(spec.stages)
    x = LinearAxis(0, stages, left, drawing.width - drawing.right)
    wide = (x.end - x.start) / stages
    for at, age in enumerate(spec.pace):
        if age is not None:
            drawing.line("value", [(x.at(at) + 4, y.at(age)), (x.at(at + 1) - 4, y.at(age))])
    if spec.sle:
        drawing.level("clock", y, left, spec.sle, f"expected {spec.sle} d")
    for at in range(stages):
        some = sorted((i for i in spec.items if i.stage == at), key=lambda item: item.age)
        for place, item in enumerate(some):
            share = (place + 1) / (len(some) + 1)
            across, up = x.at(at) + share * wide * 0.8, y.at(item.age)
            drawing.dot(item.role, across, up)
            drawing.text("dim", across + 5, up, item.label)
    most = max(3, int(wide / _LETTER) - 1)
    drawing.across(x, [(at + 0.5, _short(name, most)) for at, name in enumerate(spec.stages)])


def _run(drawing: Drawing, spec: RunSpec) -> None:
    entries: list[Entry] = [("area-2", f"{spec.counted} per {spec.unit}", False)]
    if spec.second:
        entries.append(("value", spec.second, True))
    if spec.mean is not None:
        entries.append(("dim", f"mean {spec.mean:.1f}", False))
    drawing.legend(entries)
    y, left = drawing.frame(
        max([1.0, spec.mean or 0, *(max(b.count, b.second or 0) for b in spec.buckets)])
    )
    size = 7 if spec.unit == "week" else 1
    first, last = spec.buckets[0].first, spec.buckets[-1].first
    x = LinearAxis(first.toordinal(), last.toordinal() + size, left, drawing.width - 4)
    gap = min(2.0, x.at(size) - x.at(0) - 1 if len(spec.buckets) < _MOST_BARS else 0.0)
    for bucket in spec.buckets:
        start = x.at(bucket.first.toordinal())
        end = x.at(bucket.first.toordinal() + size) - max(0.0, gap)
        top = y.at(bucket.count)
        drawing.rect("area-2", start, top, end - start, y.start - top)
    for bucket in spec.buckets:
        if bucket.second is not None:
            drawing.dot(
                "value", x.at(bucket.first.toordinal() + size / 2), y.at(bucket.second), ring=True
            )
    if spec.mean is not None:
        drawing.line("dim", [(left, y.at(spec.mean)), (x.end, y.at(spec.mean))], dashed=True)
    _days_across(drawing, x, first, last)


def _xmr(drawing: Drawing, spec: XmrSpec) -> None:
    entries: list[Entry] = [("value", "days a card took, in order of its end", False)]
    if any(not spec.lower <= days <= spec.upper for _, days in spec.values):
        entries.append(("clock", "outside the limits", False))
    drawing.legend(entries)
    drawing.right = 84
    y, left = drawing.frame(max([spec.upper, *(float(days) for _, days in spec.values)]))
    x = LinearAxis(1, max(2, len(spec.values)), left + 6, drawing.width - drawing.right - 6)
    for value, name, role in (
        (spec.upper, "upper", "clock"), (spec.mean, "mean", "dim"), (spec.lower, "lower", "clock")
    ):  # fmt: skip
        drawing.level("dim" if role == "dim" else "clock", y, left, value, f"{name} {value:.1f}")
    points = [(x.at(at), y.at(days)) for at, (_, days) in enumerate(spec.values, 1)]
    if len(points) > 1:
        drawing.line("value", points)
    for (_, days), place in zip(spec.values, points, strict=True):
        inside = spec.lower <= days <= spec.upper
        drawing.dot("value" if inside else "clock", *place, size=2 if inside else 3.5)
    step = nice_step(len(spec.values), (x.end - x.start) / 50, whole=True)
    drawing.across(x, [(at, f"{at:g}") for at in ticks(1, len(spec.values), step)])


def _chances(drawing: Drawing, spec: ChancesSpec) -> None:
    marks: list[tuple[float, str, Role]] = [
        (min(max(m.value, 0), len(spec.chances) - 1) + 0.5, m.label,
         "live" if m.label == "85 %" else "dim")
        for m in spec.marks
    ]  # fmt: skip
    _heads_for(drawing, marks)
    percent = [100 * chance for chance in spec.chances]
    y, left = drawing.frame(max(percent), whole=False, name=lambda value: f"{value:g} %")
    x = LinearAxis(0, len(percent), left, drawing.width - 4)
    for at, chance in enumerate(percent):
        start, end = x.at(at) + 0.5, x.at(at + 1) - 0.5
        drawing.rect("area-2", start, y.at(chance), end - start, y.start - y.at(chance))
    drawing.marks(x, marks, y.start)
    room = max(map(wide_of, spec.names)) + 12
    every = max(1, math.ceil(room * len(percent) / (x.end - x.start)))
    names = [(at + 0.5, name) for at, name in enumerate(spec.names)][::every]
    drawing.across(x, names, spec.unit)


def _bars(drawing: Drawing, spec: BarsSpec) -> None:
    named = [
        (role, name, False)
        for role, name in zip(spec.roles, spec.parts, strict=False)
        if name and len(spec.parts) > 1
    ]
    drawing.text("dim", 4, drawing.top + _LINE / 2, spec.unit)
    drawing.top += _LINE
    if named:
        drawing.legend(named)
    fits = spec.rows[:_MOST_ROWS]
    label = min(220.0, max(wide_of(_short(row.label, 34)) for row in fits)) + 10
    tail = max(wide_of(f"{row.text}  {row.alert}") for row in fits) + 12
    longest = max(sum(row.parts) for row in spec.rows) or 1.0
    x = LinearAxis(0, longest, label, max(label + 40, drawing.width - tail))
    y = drawing.top + _LINE / 2
    for row in fits:
        drawing.text("title" if row.leads else "text", 4, y, _short(row.label, 34))
        sofar = 0.0
        for part, role in zip(row.parts, spec.roles, strict=False):
            start, sofar = x.at(sofar), sofar + part
            drawing.rect(row.role or role, start, y - 5, x.at(sofar) - start, 10)
        end = x.at(sofar) + 6
        drawing.text("title" if row.leads else "dim", end, y, row.text)
        drawing.text("alarm", end + wide_of(row.text) + 8, y, row.alert)
        y += _LINE + 2
    if len(fits) < len(spec.rows):
        drawing.text("dim", 4, y, f"and {len(spec.rows) - len(fits)} more")
        y += _LINE + 2
    drawing.height = y


def _curves(drawing: Drawing, spec: CurveSpec) -> None:
    named = [(line.role, line.label, line.parts[-1][-1][1]) for line in spec.lines if line.label]
    named += [(level.role, level.label, level.value) for level in spec.levels]
    drawing.right = min(180.0, max((wide_of(text) for _, text, _ in named), default=0.0)) + 10
    y, left = drawing.frame(spec.high, low=spec.low, whole=False)
    last = spec.last if spec.last > spec.first else spec.first + 1
    x = LinearAxis(spec.first, last, left, drawing.width - drawing.right - 6)
    for level in spec.levels:
        if y.low <= level.value <= y.high:
            drawing.level(level.role, y, left, level.value, "")
    for line in spec.lines:
        for part in line.parts:
            points = [(x.at(at), y.at(min(max(value, y.low), y.high))) for at, value in part]
            if len(points) > 1:
                drawing.line(line.role, points)
            else:
                drawing.dot(line.role, *points[0], size=4)
    for place, (role, text) in _apart(
        [(y.at(min(max(value, y.low), y.high)), (role, text)) for role, text, value in named]
    ):
        drawing.text(role, drawing.width - drawing.right, place, _short(text, 28))
    step = nice_step(last - spec.first, (x.end - x.start) / 60)
    even = [(at, _plain(at)) for at in ticks(spec.first, last, step)]
    drawing.across(x, spec.ticks or even, spec.axis)


def _apart(
    labels: Sequence[tuple[float, tuple[Role, str]]],
) -> Iterator[tuple[float, tuple[Role, str]]]:
    """Labels at their heights, moved down as far as they would cover each other."""
    placed = sorted(labels)
    heights = [at for at, _ in placed]
    for before, at in pairwise(range(len(heights))):
        heights[at] = max(heights[at], heights[before] + FONT + 2)
    return zip(heights, (label for _, label in placed), strict=True)
