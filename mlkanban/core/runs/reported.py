"""What a job reports of itself: lines `mlkanban: val_auc=0.917` on its stdout, and a file, one JSON
object of names and numbers, which has the last word."""

import json
import math
import re
from collections.abc import Iterable
from sys import float_info

MOST = 50
_NAME = r"[A-Za-z_][\w./@ -]{0,60}?"
_NAMED = re.compile(_NAME)
_LINE = re.compile(rf"\s*mlkanban:\s*({_NAME})\s*=\s*([-+\w.]+)\s*")


def reported(lines: Iterable[str]) -> dict[str, float]:
    """The last value of every metric that `lines` report; what is no number is left out."""
    found: dict[str, float] = {}
    for line in lines:
        match = _LINE.fullmatch(line)
        if match is None:
            continue
        try:
            value = float(match[2])
        except ValueError:
            continue
        if math.isfinite(value) and (match[1] in found or len(found) < MOST):
            found[match[1]] = value
    return found


def in_file(text: str) -> dict[str, float]:
    """The first numbers of a JSON object, by name; what is no finite number is left out, and so is
    what is nested. ValueError says what is wrong with the whole."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("it is no JSON") from None
    if not isinstance(values, dict):
        raise ValueError("it is no JSON object of names and numbers")
    numbers = {
        name.strip(): float(number)
        for name, number in values.items()
        if isinstance(number, int | float) and not isinstance(number, bool)
        and _NAMED.fullmatch(name) and abs(number) <= float_info.max
    }  # fmt: skip
    return dict(list(numbers.items())[:MOST])
