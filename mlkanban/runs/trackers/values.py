"""Named values as trackers keep them, as numbers and texts.

Each value is judged alone: a model of pydantic would refuse a whole run for one odd value, and what
a tracker says is shown and never believed.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

_WORDS = ("NaN", "Infinity", "-Infinity")
MOST_TEXT = 4096
"""Characters of a value that are kept."""


def numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """Those that are numbers a float can hold, NaN among them, which W&B writes as a word."""
    made = {}
    for name, value in values.items():
        if value in _WORDS:
            made[name] = float(value)
        elif isinstance(value, int | float):
            with suppress(OverflowError):
                made[name] = float(value)
    return made


def texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value)[:MOST_TEXT] for name, value in values.items()}
