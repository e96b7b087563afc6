"""The hyper-parameters of a search as axes: where each configuration lies on them, by its value of
the metric of the card."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from mlkanban.core.metrics import has_direction
from mlkanban.runs.model.importance import as_number
from mlkanban.runs.model.overview import ConfigurationRuns, Importance, importances
from mlkanban.runs.model.results import Results
from mlkanban.text import natural

FEWEST = 3
"""Configurations with a value from which on there is something to see."""
_DECADES = 2.0
"""Numbers that span so many powers of ten have a logarithmic axis."""
_BEST_SHARE, _LEAST_BEST = 0.1, 3
"""The best tenth of the configurations, and so many at least, are the best ones."""


class Scale(StrEnum):
    """How the values of a parameter lie on its axis."""

    LINEAR = "linear"
    LOG = "log"
    WORDS = "words"


class ParameterAxis(NamedTuple):
    """A hyper-parameter over the configurations that have a value of the metric: `texts` are its
    values, '' where there is none, `places` where these lie, None there: the number, its power of
    ten on a logarithmic axis, or the place of the word among `words`. A 0 on a logarithmic axis
    lies apart, below the others."""

    name: str
    scale: Scale
    texts: tuple[str, ...]
    places: tuple[float | None, ...]
    words: tuple[str, ...] = ()

    @property
    def known(self) -> list[float]:
        return [place for place in self.places if place is not None]


class SearchSpace(NamedTuple):
    """The configurations of a search with their `means` of the metric, the places of them from the
    best to the worst in `ranking`, how many of them are the `best` ones (0 where nobody knows which
    values are better), and the hyper-parameters, what tells most first. `launch` are the launch
    words in which they differ, which are drawn when somebody asks for one of them."""

    means: tuple[float, ...]
    ranking: tuple[int, ...]
    best: int
    axes: tuple[ParameterAxis, ...]
    importances: tuple[Importance, ...]
    launch: tuple[ParameterAxis, ...] = ()

    def axis(self, name: str) -> ParameterAxis | None:
        return next((axis for axis in (*self.axes, *self.launch) if axis.name == name), None)

    def best_texts(self, axis: ParameterAxis) -> list[str]:
        """The values of the best configurations: of numbers the least and the greatest, of words
        each once, those of the better ones first."""
        places = [at for at in self.ranking[: self.best] if axis.texts[at]]
        if axis.scale is not Scale.WORDS:
            places.sort(key=lambda at: axis.places[at] or 0.0)
            places = [*places[:1], *places[-1:]]
        return [*dict.fromkeys(axis.texts[at] for at in places)]


def search_space(rows: Sequence[ConfigurationRuns], found: Results | None) -> SearchSpace | None:
    """The hyper-parameters of the configurations of a card and its values; None for fewer than
    three of them, or where they differ in none."""
    known = [row for row in rows if row.result]
    if found is None or len(known) < FEWEST:
        return None
    means = tuple(row.result.mean for row in known if row.result)
    telling = importances(rows)
    order = {one.name: at for at, one in enumerate(telling)}
    names = sorted(known[0].differs, key=lambda name: order.get(name, len(order)))
    varied = _varied({name: [row.differs[name] for row in known] for name in names})
    launch = _varied({name: [row.launch[name] for row in known] for name in known[0].launch})
    if not varied and not launch:
        return None
    ranking = sorted(range(len(means)), key=lambda at: means[at] if found.lower else -means[at])
    best = max(_LEAST_BEST, math.ceil(_BEST_SHARE * len(means)))
    return SearchSpace(
        means, tuple(ranking), best if has_direction(found.metric) else 0, varied, tuple(telling),
        launch,
    )  # fmt: skip


def _varied(texts: Mapping[str, Sequence[str]]) -> tuple[ParameterAxis, ...]:
    axes = (parameter_axis(name, values) for name, values in texts.items())
    return tuple(axis for axis in axes if len(set(axis.known)) > 1)


def parameter_axis(name: str, texts: Sequence[str]) -> ParameterAxis:
    """The values of a parameter on an axis: a logarithmic one for numbers that span decades."""
    numbers = [as_number(text) for text in texts]
    given = [number for number in numbers if number is not None and math.isfinite(number)]
    if len(given) < sum(map(bool, texts)):
        words = sorted(set(filter(None, texts)), key=natural)
        at = {word: float(place) for place, word in enumerate(words)}
        return ParameterAxis(
            name, Scale.WORDS, tuple(texts), tuple(map(at.get, texts)), tuple(words)
        )
    above = [number for number in given if number]
    if above and min(above) > 0 and math.log10(max(above)) - math.log10(min(above)) >= _DECADES:
        zero = math.floor(math.log10(min(above))) - 1.0
        logs = (None if n is None else math.log10(n) if n else zero for n in numbers)
        return ParameterAxis(name, Scale.LOG, tuple(texts), tuple(logs))
    return ParameterAxis(name, Scale.LINEAR, tuple(texts), tuple(numbers))
