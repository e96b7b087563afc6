"""The values that a run reported of a metric while it went on, in order: what a curve is drawn
from. Nothing of it is stored: it is read from logs and trackers when somebody looks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from functools import cached_property
from heapq import heappush, heapreplace
from itertools import pairwise
from sys import float_info
from typing import NamedTuple, TypeVar

from mlkanban.records import record

T = TypeVar("T")

MOST_POINTS = 2_000
"""Of a series that is kept or drawn."""
SHAPE_CELLS = 10
_BUCKETS = MOST_POINTS // 2 - 1
"""Each keeps its least and its greatest value; the first and the newest value are kept as well."""
MOST_EXTREMES = 1_000
"""Values at either end of a series that are known whatever became of the others."""


class Axis(StrEnum):
    """What the values of a curve are drawn over."""

    STEP = "step"
    EPOCH = "epoch"
    TIME = "time"
    REPORT = "report"
    """The number of the value among those of its run: for what names neither step nor epoch."""


class Point(NamedTuple):
    """A value, its number among those of its series (from 1), the step and the epoch that were
    named with it, and when it was reported (seconds since 1970); None where that is not known."""

    number: int
    value: float
    step: float | None = None
    epoch: float | None = None
    at: float | None = None

    def over(self, axis: Axis) -> float | None:
        """Its place on an axis, None where it has none there."""
        match axis:
            case Axis.STEP:
                return self.step
            case Axis.EPOCH:
                return self.epoch
            case Axis.TIME:
                return self.at
        return float(self.number)

    @property
    def place(self) -> str:
        """`step 1200`, `epoch 3`; '' where neither was named."""
        if self.step is not None:
            return f"step {self.step:.12g}"
        return "" if self.epoch is None else f"epoch {self.epoch:.6g}"


@record(frozen=True)
class Series:
    """The values of a metric, at most `MOST_POINTS` of them: where more were reported, the least
    and the greatest of neighbours. `count` is how many were reported; `unread` is the newest report
    as it was written, where that is no number (`loss=nan`). `about` says whose values they are
    where a run has those of several: `job 3: lr=0.02 seed=1`, `best of 32 trials`; `best_so_far` is
    whether each is the best up to it.

    Where the points are not all values, `neighbours` are how many values follow each other, with
    their mean, and `least` and `greatest` the `MOST_EXTREMES` values at either end, in order."""

    name: str
    points: tuple[Point, ...] = ()
    count: int = 0
    unread: str = ""
    about: str = ""
    best_so_far: bool = False
    neighbours: tuple[tuple[int, float], ...] = ()
    least: tuple[float, ...] = ()
    greatest: tuple[float, ...] = ()

    @property
    def last(self) -> Point | None:
        """The newest value; None where there is none."""
        return self.points[-1] if self.points else None

    def best(self, *, lower: bool = False) -> Point | None:
        """The best value of all, the first of equal ones; None where there is none."""
        sign = 1 if lower else -1
        return min(self.points, key=lambda point: sign * point.value, default=None)

    @cached_property
    def axes(self) -> frozenset[Axis]:
        """What all of its values have a place on, and several not the same one."""
        found: set[Axis] = set()
        for axis in Axis:
            places = {point.over(axis) for point in self.points}
            if None not in places and (len(places) > 1 or len(self.points) < 2):
                found.add(axis)
        return frozenset(found)

    def parts(self, axis: Axis) -> Iterator[list[tuple[float, float]]]:
        """Its values over an axis, (place, value) in order of time. A step that comes after a
        later one begins another part: a run that was started again repeats steps. Time counts from
        the first value."""
        part: list[tuple[float, float]] = []
        first = self.points[0].at if self.points else None
        start = first or 0.0 if axis is Axis.TIME else 0.0
        for point in self.points:
            place = point.over(axis)
            if place is None:
                continue
            if part and place - start < part[-1][0]:
                yield part
                part = []
            part.append((place - start, point.value))
        if part:
            yield part

    def shape(self, cells: int) -> list[float]:
        """All its values in at most so many numbers, means of neighbours each."""
        if not self.neighbours:
            return means([point.value for point in self.points], cells)
        return [_joint(some)[1] for some in _shares(self.neighbours, cells)]

    @cached_property
    def lowest(self) -> Sequence[float]:
        """Its least values in order, all of few."""
        return self.least or sorted(point.value for point in self.points)

    @cached_property
    def highest(self) -> Sequence[float]:
        """Its greatest values in order, all of few."""
        return self.greatest or self.lowest

    def place(self, point: Point) -> str:
        """Where one of its values stands, as `Point.place`; '' where all stand at one step."""
        return point.place if self._has_places else ""

    @cached_property
    def _has_places(self) -> bool:
        return len(self.points) < 2 or len({point.place for point in self.points}) > 1


@record(frozen=True)
class RunSeries:
    """What was read of a run: its series by name, what it reported that is no number, and why there
    is nothing to read, '' where there is or may be. `inner` is the id of a run that was started in
    it and whose values these are, '' for its own."""

    series: Mapping[str, Series] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    why: str = ""
    inner: str = ""

    def of(self, name: str) -> Series | None:
        """The series of a metric, or the first one where no metric is asked for."""
        if name:
            return self.series.get(name)
        return next(iter(self.series.values()), None)

    def has_curve(self, name: str) -> bool:
        """Whether the series of a metric has more than the one value that a run reports when it
        ends."""
        series = self.of(name)
        return series is not None and len(series.points) > 1

    def with_curve(self, other: RunSeries, name: str) -> RunSeries:
        """These series, or `other` ones where only those have any value of the metric, or a curve
        of it, or where these have no value, or no curve, of anything."""
        more = bool(other.series) and not self.series
        nearer = other.of(name) is not None or more or (other.has_curve("") > self.has_curve(""))
        return other if other.has_curve(name) or (self.of(name) is None and nearer) else self

    def shown(self, name: str) -> Series | None:
        """The series of a metric, or the first one of all where it has no value yet."""
        return self.of(name) or self.of("")


def drawn_metric(found: Sequence[RunSeries], name: str) -> str:
    """The metric whose curves tell something of these runs: `name`, or the first that any of them
    reported, where none reported two values of it; `name` where that is no better."""
    candidates = [name, *(other for one in found for other in one.series)]
    for candidate in filter(None, candidates):
        of_all = [one.series[candidate] for one in found if candidate in one.series]
        if any(len(series.points) > 1 for series in of_all):
            return candidate
    return name


def means(values: Sequence[float], cells: int) -> list[float]:
    """Values in at most so many numbers: means of as many neighbours each."""
    return [math.fsum(value / len(some) for value in some) for some in _shares(values, cells)]


def _shares(some: Sequence[T], cells: int) -> Iterator[Sequence[T]]:
    """A sequence in at most so many parts of equal length, or nearly so."""
    many = min(cells, len(some))
    ends = [at * len(some) // many for at in range(many + 1)] if many else [0]
    return (some[start:end] for start, end in pairwise(ends))


def _joint(some: Sequence[tuple[int, float]]) -> tuple[int, float]:
    """How many values these are together, and their mean."""
    count = sum(many for many, _ in some)
    return count, math.fsum(mean * (many / count) for many, mean in some)


class Latest(NamedTuple):
    """What a run that goes on reported last of a metric: its newest value, with the place of that;
    `unread` is what came after it and is no number. `shape` are all values in a few cells. `other`
    says that this is not the metric of the card, but what the run reports in its place. `about`
    says whose values they are, '' for those of the run itself. `beside` are the newest values of
    what else it reports, by name."""

    run: str
    name: str
    value: float | None
    step: float | None
    epoch: float | None
    place: str
    shape: tuple[float, ...]
    unread: str = ""
    other: bool = False
    about: str = ""
    best_so_far: bool = False
    beside: tuple[tuple[str, float], ...] = ()

    @classmethod
    def of(cls, run: str, series: Series, metric: str, others: Iterable[Series] = ()) -> Latest:
        """What a series says of its run, of a card with that `metric`, '' for none, and what all
        series of the run, the `others`, say last."""
        last = series.last
        beside = ((one.name, one.last) for one in others if one is not series)
        return cls(
            run, series.name, last and last.value, last and last.step, last and last.epoch,
            series.place(last) if last else "", tuple(series.shape(SHAPE_CELLS)), series.unread,
            series.name != metric, series.about, series.best_so_far,
            tuple((name, point.value) for name, point in beside if point is not None),
        )  # fmt: skip


def common_axes(series: Sequence[Series]) -> list[Axis]:
    """What all of these can be drawn over; the number of the report only where there is nothing
    else."""
    shared = [axis for axis in Axis if all(axis in one.axes for one in series)]
    return [axis for axis in shared if axis is not Axis.REPORT] or [Axis.REPORT]


class _Neighbours(NamedTuple):
    """Neighbours: the least and the greatest in the order in which they came, how many they are,
    and their mean."""

    first: Point
    second: Point
    many: int = 1
    mean: float = 0.0

    def with_next(self, point: Point) -> _Neighbours:
        many = self.many + 1
        mean = self.mean * (self.many / many) + point.value / many
        first, second = self.first, self.second
        low, high = (first, second) if first.value <= second.value else (second, first)
        if point.value < low.value:
            return _Neighbours(high, point, many, mean)
        if point.value > high.value:
            return _Neighbours(low, point, many, mean)
        return _Neighbours(first, second, many, mean)


class SeriesBuilder:
    """Makes a series of values that come one after the other, in little memory. Values are kept in
    buckets of equally many neighbours; once there are too many buckets, two become one."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.unread = ""
        self.count = 0
        self._first: Point | None = None
        self._last: Point | None = None
        self._each = 1
        self._buckets: list[_Neighbours] = []
        self._least: list[float] = []
        """A heap of the negated least values, once buckets are joined."""
        self._greatest: list[float] = []

    def add(
        self,
        value: float,
        step: float | None = None,
        epoch: float | None = None,
        at: float | None = None,
    ) -> None:
        """Add the next value. What is no number, or infinite, breaks off the series."""
        if not abs(value) < float_info.max:
            self.unread = f"{self.name}={'nan' if value != value else 'inf'}"
            return
        self.unread = ""
        self.count += 1
        point = Point(self.count, value, step, epoch, at)
        self._first = self._first or point
        self._last = point
        if self._each > 1:
            self._keep_extremes(value)
        if (self.count - 1) // self._each == len(self._buckets):
            if len(self._buckets) == _BUCKETS:
                self._halve()
            if (self.count - 1) // self._each == len(self._buckets):
                self._buckets.append(_Neighbours(point, point, 1, value))
                return
        self._buckets[-1] = self._buckets[-1].with_next(point)

    def _halve(self) -> None:
        if self._each == 1:
            for bucket in self._buckets:
                self._keep_extremes(bucket.first.value)
            self._keep_extremes(self._last.value if self._last else 0.0)
        pairs = [self._buckets[at : at + 2] for at in range(0, len(self._buckets), 2)]
        self._buckets = [
            _Neighbours(
                *_extremes([point for bucket in pair for point in bucket[:2]]),
                *_joint([bucket[2:] for bucket in pair]),
            )
            for pair in pairs
        ]
        self._each *= 2

    def _keep_extremes(self, value: float) -> None:
        for heap, key in ((self._least, -value), (self._greatest, value)):
            if len(heap) < MOST_EXTREMES:
                heappush(heap, key)
            elif key > heap[0]:
                heapreplace(heap, key)

    @property
    def series(self) -> Series:
        """The series so far."""
        kept = {point.number: point for bucket in self._buckets for point in bucket[:2]}
        for point in filter(None, (self._first, self._last)):
            kept[point.number] = point
        points = tuple(kept[number] for number in sorted(kept))
        if self._each == 1:
            return Series(self.name, points, self.count, self.unread)
        return Series(
            self.name, points, self.count, self.unread,
            neighbours=tuple(bucket[2:] for bucket in self._buckets),
            least=tuple(sorted(-value for value in self._least)),
            greatest=tuple(sorted(self._greatest)),
        )  # fmt: skip


def _extremes(points: Sequence[Point]) -> tuple[Point, Point]:
    """The least and the greatest, in the order in which they came."""
    one = min(points, key=lambda point: point.value)
    other = max(points, key=lambda point: point.value)
    return (one, other) if one.number <= other.number else (other, one)
