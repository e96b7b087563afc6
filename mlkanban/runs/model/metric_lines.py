"""Metrics that a job reports: lines `mlkanban: step=1200 val_auc=0.917` on its stdout, and a file
with one JSON object of names and numbers, which takes precedence. What cannot be read is kept to be
reported."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from sys import float_info
from types import MappingProxyType
from typing import NamedTuple

from mlkanban.patterns import pattern
from mlkanban.runs.model.redaction import redacted_text

MARK = "mlkanban:"
"""What a line of metrics begins with."""
MOST_METRICS = 50
MOST_UNREAD = 5
LONGEST_LINE = 20_000
"""Characters of a line of metrics."""
_LONGEST_TEXT = 60
_NAME = pattern(r"[^\W\d][\w./@ -]{0,60}")
_LINE = pattern(r"(?P<before>.*?(?:^|(?<=\s)))mlkanban:(?P<rest>.*)", re.DOTALL)
_OWN_WORDS = pattern(r"\s*Run \d{8}-\d{6}-")
"""What `mlkanban run` itself says, which a job of another run may have in its output."""
_PAIR = pattern(
    r"[\s,;]*(?P<name>[^\s=,;][^=,;]{0,200}?)\s*=\s*"
    # A comma belongs to the value before digits that are no name: `a=0,91`, not `a=0,b=1`.
    r"(?P<value>[^\s,;=]+(?:,\d+(?![\w./@-]*\s*=)[^\s,;=]*)*(?:\s?%)?)(?=[\s,;]|$)"
)
_NUMBER = pattern(r"(?P<number>[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?)\s?(?P<per>%?)")
_OF_TRACKER = pattern(r" is (?:NaN|infinite)(?: since step -?\d+)?$")
_BEGAN_AGAIN = pattern(r"steps of (?P<name>.+) began again (?:once|\d+ times): ")
_THOUSANDS = pattern(r"[-+]?[1-9]\d{0,2},\d{3}")
_STEP_NAMES = ("step", "global_step", "iteration", "iter")
"""What counts the steps of a training; of several in one line the first of these does."""
_STEPS = frozenset(("step", "global_step"))
"""Those that are no metric even where they stand alone."""
_COUNTERS = frozenset(("epoch", *_STEP_NAMES))


class Reported(NamedTuple):
    """The last value of every metric by name, and what was not understood, as it was written:
    `nan_metric=nan`."""

    values: dict[str, float]
    unread: tuple[str, ...] = ()


class MetricLine(NamedTuple):
    """What one line of output reports: the step and the epoch that it names, its values by name,
    and what is not understood, by name, as it was written."""

    step: float | None = None
    epoch: float | None = None
    values: Mapping[str, float] = MappingProxyType({})
    unread: Mapping[str, str] = MappingProxyType({})


def metric_line(line: str) -> MetricLine | None:
    """What a line reports; None where it is no line of metrics."""
    if MARK not in line:
        return None
    if len(line) > LONGEST_LINE:
        return MetricLine(unread={line[:_LONGEST_TEXT]: f"a line of {len(line):,} characters"})
    match = _LINE.fullmatch(line)
    if match is None or _OWN_WORDS.match(match["rest"]):
        return None
    text = match["rest"].strip()
    if match["before"].strip():
        return MetricLine(unread={line: _shortened(line)}) if _PAIR.match(text) else None
    pairs, place = [], 0
    while pair := _PAIR.match(text, place):
        pairs.append(pair)
        place = pair.end()
    counters: dict[str, float] = {}
    values: dict[str, float] = {}
    unread: dict[str, str] = {}
    for pair in pairs:
        name, value = pair["name"].strip(), _number(pair["value"])
        counts = name.lower() in (_COUNTERS if len(pairs) > 1 else _STEPS)
        if value is None or not (counts or _NAME.fullmatch(name)):
            unread[name if _NAME.fullmatch(name) else pair[0]] = _shortened(pair[0])
            values.pop(name, None)
        elif counts:
            counters[name.lower()] = value
        else:
            values[name] = value
            unread.pop(name, None)
    if rest := text[place:].strip(" \t\r,;"):
        unread[text] = _shortened(rest)
    step = next((counters[name] for name in _STEP_NAMES if name in counters), None)
    return MetricLine(step, counters.get("epoch"), values, unread)


class StepOrder:
    """Finds metrics whose steps begin again: at the first one, or before it, after later ones, as
    where several trainings write to one log. Where epochs are named, the steps within each may
    begin again. `again` is how often each metric did."""

    def __init__(self) -> None:
        self.again: dict[str, int] = {}
        self._first: dict[str, tuple[float, ...]] = {}
        self._last: dict[str, tuple[float, ...]] = {}

    def take(self, line: MetricLine) -> list[str]:
        """The metrics whose steps begin again with this line."""
        place = tuple(part for part in (line.epoch, line.step) if part is not None)
        began = []
        for name in line.values:
            if place:
                first, last = self._first.setdefault(name, place), self._last.get(name, place)
                if len(place) == len(first) and place <= first and place < last:
                    self.again[name] = self.again.get(name, 0) + 1
                    began.append(name)
            self._last[name] = place
        return began

    def is_open(self, name: str) -> bool:
        """Whether the last value of a metric is that of the last of several trainings, and not one
        without a step that stands for all of them."""
        return name in self.again and bool(self._last[name])


def began_again_text(name: str, times: int) -> str:
    """`steps of val_auc began again 5 times: several trainings in one log`."""
    many = "once" if times == 1 else f"{times} times"
    return f"steps of {name} began again {many}: several trainings in one log"


def reported(lines: Iterable[str]) -> Reported:
    """The metrics that `lines` report, those of the newest line first. A line may hold several,
    with their step. Of several
    trainings the value of the last one is none of all: only a value without a step is."""
    values: dict[str, float] = {}
    unread: dict[str, str] = {}
    newest: dict[str, int] = {}
    order = StepOrder()
    for number, line in enumerate(lines):
        if (found := metric_line(line)) is None:
            continue
        order.take(found)
        for name, written in found.unread.items():
            # It ended without a number: an earlier one is not its result.
            values.pop(name, None)
            unread.pop(name, None)
            unread[name] = written
        for name, value in found.values.items():
            unread.pop(name, None)
            if name in values or len(values) < MOST_METRICS:
                values[name] = value
                newest[name] = number
            else:
                unread[name] = f"{name}={value:g}"
    for name in filter(order.is_open, [*values]):
        del values[name]
        unread[name] = began_again_text(name, order.again[name])
    names = sorted(values, key=lambda name: -newest[name])
    return Reported({name: values[name] for name in names}, tuple(unread.values()))


def _number(text: str) -> float | None:
    """`0.91`, `0,91` and `91 %` as a number; None for what is none, or could be two."""
    match = _NUMBER.fullmatch(text)
    if match is None or _THOUSANDS.fullmatch(match["number"]):
        return None
    number = float(match["number"].replace(",", "."))
    if match["per"]:
        number /= 100
    return number if math.isfinite(number) else None


def _shortened(text: str) -> str:
    text = redacted_text(text.strip(" \t\r,;"))
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 3] + "..."


def in_file(text: str) -> Reported:
    """The first numbers of a JSON object, by name. What is nested or a text is no metric; a number
    that is none, such as NaN, is not understood. ValueError says what is wrong with the whole."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("it is no JSON") from None
    if not isinstance(given, dict):
        raise ValueError("it is no JSON object of names and numbers")
    values: dict[str, float] = {}
    unread = []
    for key, number in given.items():
        name = key.strip()
        if isinstance(number, bool) or not isinstance(number, int | float):
            continue
        if not _NAME.fullmatch(name):
            continue
        if abs(number) <= float_info.max and len(values) < MOST_METRICS:
            values[name] = float(number)
        else:
            unread.append(_shortened(f"{name}={number if isinstance(number, float) else '?'}"))
    return Reported(values, tuple(unread))


def together(lines: Reported, file: Reported) -> Reported:
    """Both sources combined; the file takes precedence."""
    unread = [line for line in lines.unread if _metric_of(line) not in file.values]
    return Reported(lines.values | file.values, tuple(dict.fromkeys([*unread, *file.unread])))


def _metric_of(unread: str) -> str:
    """The metric that something unread is about."""
    again = _BEGAN_AGAIN.search(unread)
    return again["name"] if again else unread.partition("=")[0].strip()


def unread_text(unread: tuple[str, ...]) -> str:
    """A sentence about unread metrics: `metrics not understood: f1=high, auc=nan and 3 more`, a
    tracker's `auc is NaN since step 50`, or that its steps began again; '' for none."""
    of_tracker = [line for line in unread if is_of_tracker(line)]
    again = [line for line in unread if _BEGAN_AGAIN.search(line)]
    written = [line for line in unread if line not in of_tracker and line not in again]
    sentences = [_some(some) for some in (of_tracker, again) if some]
    sentences += [f"metrics not understood: {_some(written)}"] if written else []
    return "; ".join(sentences)


def is_of_tracker(unread: str) -> bool:
    """Whether it was a tracker that has no number for a metric."""
    return _OF_TRACKER.search(unread) is not None


def _some(unread: list[str]) -> str:
    more = len(unread) - MOST_UNREAD
    return ", ".join(unread[:MOST_UNREAD]) + (f" and {more} more" if more > 0 else "")
