"""What a job reports of itself: lines `mlkanban: val_auc=0.917` on its stdout."""

import math
import re
from collections.abc import Iterable

MOST = 50
_LINE = re.compile(r"\s*mlkanban:\s*([A-Za-z_][\w./@ -]{0,60}?)\s*=\s*([-+\w.]+)\s*")


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
