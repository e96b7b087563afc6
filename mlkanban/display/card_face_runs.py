"""What the face of a card says of its runs, from what it keeps of them in short."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from mlkanban.core.metrics import MetricFields, compact_text, number_text, value_text
from mlkanban.core.timestamps import moment
from mlkanban.display.run_text import spoken
from mlkanban.display.sparkline import sparkline
from mlkanban.glyphs import UTF8, Glyphs
from mlkanban.runs.model.brief import Brief
from mlkanban.runs.model.series import Latest, means
from mlkanban.runs.model.state import HELD
from mlkanban.text import ascii_only, cell_text


def going_on(packed: str, now: datetime) -> str:
    """`14h` while a run goes on, `14h?` while its processes cannot be seen; '' when none does."""
    brief = Brief.read(packed)
    if not brief.since:
        return ""
    begun = moment(brief.since)
    length = now - begun if begun else timedelta()
    return spoken(length) + UTF8.unseen * (not brief.sure)


def waiting(packed: str, now: datetime) -> str:
    """`2h` while a scheduler lets a run wait and none goes on, `held` where all that wait are held
    back, else ''."""
    brief = Brief.read(packed)
    if brief.since:
        return ""
    if not brief.waits:
        return HELD if brief.held else ""
    return spoken(timedelta(seconds=now.timestamp() - brief.waits))


def tried_last(packed: str, metric: MetricFields | None) -> str:
    """The configuration that was tried last where the card stands at another one (`last .931`), on
    its side of the target of the metric, else ''."""
    mean = Brief.read(packed).last
    return "" if mean is None else f"last {value_text({**(metric or {}), 'value': mean})}"


def so_far(
    latest: Latest, metric: Mapping[str, Any] | None, glyphs: Glyphs, cells: int = 5
) -> tuple[tuple[str, ...], str]:
    """What a run that goes on reported last, `.937 ▁▃▅▆▇`, with so many `cells` for all its values,
    or that it is no number: in several lengths, with its role. It is shown on its side of the
    target of the `metric` of the card; what is not that metric is named, `loss .154 ▇▅▃▂▁`, and so
    is the best of the trials of a study: `best .0509 ▇▅▃▂▁`."""
    if latest.unread or latest.value is None:
        return (cell_text(latest.unread),), "alarm"
    aim = metric if metric and metric.get("name") == latest.name else None
    value = compact_text(number_text(latest.value, aim))
    if latest.other:
        name = cell_text(latest.name)
        value = f"{ascii_only(name) if glyphs.ascii else name} {value}"
    if latest.best_so_far:
        value = f"best {value}"
    bars = sparkline(means(latest.shape, cells), glyphs.spark)
    return (f"{value} {bars}", value) if bars else (value,), "value"
