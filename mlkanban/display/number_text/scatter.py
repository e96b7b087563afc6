"""Cycle time card by card: the numbers and words of cycle time, another picture."""

from dataclasses import replace
from typing import TYPE_CHECKING

from mlkanban.display.number_text.cycle_time import NUMBER as CYCLE_TIME
from mlkanban.display.number_text.cycle_time import expectation
from mlkanban.flow.cycle_time import CycleTimes
from mlkanban.flow.sample import Sample

if TYPE_CHECKING:
    from mlkanban.charts.spec import ScatterSpec


def _picture(times: CycleTimes, sample: Sample) -> "ScatterSpec":
    # Whoever draws nothing, such as --json, does without the pictures.
    from mlkanban.charts import pictures

    return pictures.scatter(times, expectation(times, sample))


NUMBER = replace(
    CYCLE_TIME,
    name="scatter",
    draw=_picture,
)
