"""Cycle time card by card: the numbers and words of cycle time, another picture."""

from dataclasses import replace

from mlkanban.charts import pictures
from mlkanban.display.number_text.cycle_time import NUMBER as CYCLE_TIME
from mlkanban.display.number_text.cycle_time import expectation

NUMBER = replace(
    CYCLE_TIME,
    name="scatter",
    draw=lambda times, sample: pictures.scatter(times, expectation(times, sample)),
)
