"""Cycle time card by card: the numbers and words of cycle time, another picture."""

from dataclasses import replace

from mlkanban.display.number_text.cycle_time import NUMBER as CYCLE_TIME
from mlkanban.display.number_view import Headline
from mlkanban.flow.cycle_time import CycleTimes


def headline(times: CycleTimes) -> Headline:
    """What the signs of the picture mean."""
    return (("• shipped", "live"), ("  ○ learned", "value")) if times.n else ()


NUMBER = replace(CYCLE_TIME, name="scatter", picture="scatter", headline=headline)
