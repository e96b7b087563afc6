"""Metrics that a job reports: lines `mlkanban: val_auc=0.917` on its stdout, and a file with one
JSON object of names and numbers, which takes precedence. What cannot be read is kept to be
reported."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from sys import float_info
from typing import NamedTuple

from mlkanban.runs.model.redaction import redacted_text

MOST = 50
MOST_UNREAD = 5
_LONGEST = 60
_NAMED = re.compile(r"[^\W\d][\w./@ -]{0,60}")
_LINE = re.compile(r"(?P<before>.*?(?:^|(?<=\s)))mlkanban:(?P<rest>.*)", re.DOTALL)
_OWN_WORDS = re.compile(r"\s*Run \d{8}-\d{6}-")
"""What `mlkanban run` itself says, which a job of another run may have in its output."""
_PAIR = re.compile(
    r"[\s,;]*(?P<name>[^\s=,;][^=,;]{0,200}?)\s*=\s*"
    # A comma belongs to the value before digits that are no name: `a=0,91`, not `a=0,b=1`.
    r"(?P<value>[^\s,;=]+(?:,\d+(?![\w./@-]*\s*=)[^\s,;=]*)*(?:\s?%)?)(?=[\s,;]|$)"
)
_NUMBER = re.compile(r"(?P<number>[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?)\s?(?P<per>%?)")
_OF_TRACKER = re.compile(r" is (?:NaN|infinite)(?: since step -?\d+)?$")
_THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}")
_STEPS = frozenset(("step", "global_step"))
_COUNTERS = _STEPS | {"epoch", "iter", "iteration"}


class Reported(NamedTuple):
    """The last value of every metric by name, and what was not understood, as it was written:
    `nan_metric=nan`."""

    values: dict[str, float]
    unread: tuple[str, ...] = ()


def reported(lines: Iterable[str]) -> Reported:
    """The metrics that `lines` report. A line may hold several, with their step."""
    values: dict[str, float] = {}
    unread: dict[str, str] = {}
    for line in lines:
        if "mlkanban:" not in line:
            continue
        for name, value, written in _pairs(line):
            unread.pop(name, None)
            if value is None:
                unread[name] = written
                # It ended without a number: an earlier one is not its result.
                values.pop(name, None)
            elif name in values or len(values) < MOST:
                values[name] = value
            else:
                unread[name] = written
    return Reported(values, tuple(unread.values()))


def _pairs(line: str) -> Iterator[tuple[str, float | None, str]]:
    """The name, the value and the text of each metric of a line; no value, and a name that is none,
    for what is not understood."""
    match = _LINE.fullmatch(line)
    if match is None or _OWN_WORDS.match(match["rest"]):
        return
    text = match["rest"].strip()
    if match["before"].strip():
        if _PAIR.match(text):
            yield line, None, _shortened(line)
        return
    pairs, place = [], 0
    while pair := _PAIR.match(text, place):
        pairs.append(pair)
        place = pair.end()
    for pair in pairs:
        name, value = pair["name"].strip(), _number(pair["value"])
        if name.lower() in (_COUNTERS if len(pairs) > 1 else _STEPS):
            continue
        known = _NAMED.fullmatch(name) is not None
        yield name if known else pair[0], value if known else None, _shortened(pair[0])
    if rest := text[place:].strip(" \t\r,;"):
        yield text, None, _shortened(rest)


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
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


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
        if not _NAMED.fullmatch(name):
            continue
        if abs(number) <= float_info.max and len(values) < MOST:
            values[name] = float(number)
        else:
            unread.append(_shortened(f"{name}={number if isinstance(number, float) else '?'}"))
    return Reported(values, tuple(unread))


def together(lines: Reported, file: Reported) -> Reported:
    """Both sources combined; the file takes precedence."""
    unread = [line for line in lines.unread if line.partition("=")[0].strip() not in file.values]
    return Reported(lines.values | file.values, tuple(dict.fromkeys([*unread, *file.unread])))


def unread_text(unread: tuple[str, ...]) -> str:
    """A sentence about unread metrics: `metrics not understood: f1=high, auc=nan and 3 more`, or a
    tracker's `auc is NaN since step 50`; '' for none."""
    of_tracker = [line for line in unread if is_of_tracker(line)]
    written = [line for line in unread if not is_of_tracker(line)]
    sentences = [_some(of_tracker)] if of_tracker else []
    sentences += [f"metrics not understood: {_some(written)}"] if written else []
    return "; ".join(sentences)


def is_of_tracker(unread: str) -> bool:
    """Whether it was a tracker that has no number for a metric."""
    return _OF_TRACKER.search(unread) is not None


def _some(unread: list[str]) -> str:
    more = len(unread) - MOST_UNREAD
    return ", ".join(unread[:MOST_UNREAD]) + (f" and {more} more" if more > 0 else "")
