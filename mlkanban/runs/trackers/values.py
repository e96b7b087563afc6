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


def numbers(given: Mapping[str, Any]) -> dict[str, float]:
    """Those that are numbers a float can hold, NaN among them, which W&B writes as a word."""
    found = {}
    for name, value in given.items():
        if value in _WORDS:
            found[name] = float(value)
        elif isinstance(value, int | float):
            with suppress(OverflowError):
                found[name] = float(value)
    return found


def texts(given: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value)[:MOST_TEXT] for name, value in given.items()}
