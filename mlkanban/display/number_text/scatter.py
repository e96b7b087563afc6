"""Cycle time card by card: the numbers and words of cycle time, another picture."""

from dataclasses import replace

from mlkanban.display.number_text.cycle_time import NUMBER as CYCLE_TIME

NUMBER = replace(CYCLE_TIME, name="scatter", picture="scatter")
