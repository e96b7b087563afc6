"""The values of a search over one of its hyper-parameters: a point for each configuration."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mlkanban.charts.search_curve import SearchPicture, in_range
from mlkanban.charts.spec import CurveLine
from mlkanban.core.metrics import compact_text, number_text
from mlkanban.runs.model.parameter_axes import ParameterAxis, Scale, SearchSpace
from mlkanban.runs.model.parameters import by_value, rounded
from mlkanban.text import cell_text

_FEW = 6
"""Values that all stand below the picture."""
_PARTS, _TOUCHING = 5, 8
"""Parts of a linear axis at most, and of any axis, a part that only one label has room in."""
_ZEROS = ("0", "0.0", ".0")
_GOLDEN = 0.618034
_SIDEWAYS = 0.5
"""Points of one word lie so far from each other at most, or they would hide each other."""


def parameter_curve(
    space: SearchSpace, axis: ParameterAxis, metric: Mapping[str, Any], *, whole: bool = False
) -> SearchPicture:
    """A point for each configuration with a value of the parameter, the best ones in another
    colour; over the `whole` range of values, or without those that are far worse."""
    places = _places(axis)
    best = [at for at in space.ranking[: space.best] if places[at] is not None]
    others = [at for at, place in enumerate(places) if place is not None and at not in {*best}]

    def points(some: Sequence[int]) -> tuple[tuple[tuple[float, float], ...], ...]:
        return tuple(((places[at] or 0.0, space.means[at]),) for at in some)

    lines = [CurveLine("", "text", points(others), ".")]
    if best:
        # A curve is named at its end: the best one comes last.
        value = compact_text(number_text(space.means[best[0]], metric))
        lines.append(CurveLine(f"{value} best", "live", points(best[::-1]), "*"))
    drawn = [place for place in places if place is not None]
    values = [space.means[at] for at in (*others, *best)]
    first, last = min(drawn), max(drawn)
    if axis.scale is Scale.WORDS:
        first, last = -_SIDEWAYS, len(axis.words) - 1 + _SIDEWAYS
    picture = in_range(
        axis.name, tuple(line for line in lines if line.parts), values, metric, first, last,
        whole=whole,
    )  # fmt: skip
    return replace(picture, spec=replace(picture.spec, ticks=_ticks(axis)))


def _places(axis: ParameterAxis) -> list[float | None]:
    if axis.scale is not Scale.WORDS:
        return [*axis.places]
    return [
        None if place is None else place + (at * _GOLDEN % 1 - 0.5) * _SIDEWAYS
        for at, place in enumerate(axis.places)
    ]


def _ticks(axis: ParameterAxis) -> tuple[tuple[float, str], ...]:
    """All values of an axis that has few; else the words of one of words, and the ends and between
    them powers of ten or round numbers."""
    if axis.scale is Scale.WORDS:
        return tuple((float(at), word) for at, word in enumerate(map(cell_text, axis.words)))
    values = {
        place: compact_text(rounded(text))
        for place, text in zip(axis.places, axis.texts, strict=True) if place is not None
    }  # fmt: skip
    ordered = sorted(values)
    if len(ordered) <= _FEW:
        return tuple((place, values[place]) for place in ordered)
    first, last = ordered[0], ordered[-1]
    if axis.scale is Scale.LOG:
        above = ordered[1] if values[first] in _ZEROS else first
        powers = range(math.ceil(above), math.floor(last) + 1)
        between = {float(power): compact_text(f"{10.0**power:g}") for power in powers}
    else:
        step = _round_step((last - first) / _PARTS)
        many = range(math.ceil(first / step), math.floor(last / step) + 1)
        between = {at * step: compact_text(f"{at * step:.12g}") for at in many}
    # What would touch an end gives way to it.
    apart = (last - first) / _TOUCHING
    between = {at: t for at, t in between.items() if first + apart < at < last - apart}
    ends = {end: compact_text(by_value(rounded(values[end], 2))) for end in (first, last)}
    return tuple(sorted((between | ends).items()))


def _round_step(least: float) -> float:
    """The least of 1, 2, 5, 10, 20 ... and .5, .2, .1 ... that is not less."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(size * power for size in (1, 2, 5, 10) if size * power >= least)
