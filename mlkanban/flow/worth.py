"""Worth: what a metric brings where a board stands, on the profit curve of its charter.

Nothing of it is counted from history: the curve and the places on it come with the sample.
"""

from dataclasses import dataclass

from mlkanban.core.profit_curve import WorthMarks
from mlkanban.flow.sample import Sample
from mlkanban.flow.window import Scope


@dataclass(frozen=True, slots=True)
class Worth:
    """What the metric brings; `given` is None where no charter says that. Where cards stood on an
    earlier day is not `known`."""

    given: WorthMarks | None
    known: bool
    scope: Scope


def worth(sample: Sample) -> Worth:
    given = sample.worth
    return Worth(given, given is None or given.day == sample.today, sample.of_all_time.scope)
