"""Metrics of models in use that are read no more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from mlkanban.core.model_health import HealthReading
from mlkanban.core.model_versions import UseSpan
from mlkanban.core.timestamps import moment

LEAST_DAYS = 4
"""From so many days with readings of a metric on its usual gap is known."""
SILENT_AFTER = 3
"""So many usual gaps without a reading are silence; a weekend is none where work days have one."""


class Silence(NamedTuple):
    """A metric of which nothing was heard since `last` for longer than three times its `usual`
    gap, in days: the median of those between days with readings."""

    metric: str
    last: datetime
    usual: timedelta


def silence(
    readings: Sequence[HealthReading], spans: Sequence[UseSpan], now: datetime
) -> Silence | None:
    """The metric that is silent for longest, in usual gaps; None while all are read. A model that
    came back into use has been silent since then at most: it could not be read before."""
    back = moment(spans[-1].since) if spans else None
    instants: defaultdict[str, set[datetime]] = defaultdict(set)
    for reading in readings:
        if (at := moment(reading.at)) is not None:
            instants[reading.metric].add(min(at, now).astimezone(now.tzinfo))
    worst: tuple[float, Silence] | None = None
    for metric, times in sorted(instants.items()):
        # Readings of one day, as a person tries them or a job repeats them, are one.
        days = sorted({at.date() for at in times})
        if len(days) < LEAST_DAYS:
            continue
        usual = median((after - before).days for before, after in pairwise(days))
        heard = max(days[-1], back.astimezone(now.tzinfo).date()) if back else days[-1]
        found = (now.date() - heard).days / usual
        if found > SILENT_AFTER and (worst is None or found > worst[0]):
            worst = found, Silence(metric, max(times), timedelta(days=usual))
    return worst and worst[1]


def days_text(span: timedelta) -> str:
    """A span of time in its largest unit: `32 d`, `5 h`, `10 min`."""
    minutes = span / timedelta(minutes=1)
    for unit, size in (("d", 1440), ("h", 60)):
        if minutes >= size:
            return f"{minutes / size:.0f} {unit}"
    return f"{max(1.0, minutes):.0f} min"


def silence_text(silence: Silence, now: datetime) -> str:
    """`no reading of psi for 9 d, usually one every 1 d`."""
    return (
        f"no reading of {silence.metric} for {days_text(now - silence.last)},"
        f" usually one every {days_text(silence.usual)}"
    )
