"""Named values as trackers keep them, in the shape they are told in."""

from collections.abc import Mapping
from typing import Any

MOST_TEXT = 4096
"""Characters of a value that are kept."""


def numbers(given: Mapping[str, Any]) -> dict[str, float]:
    """Those that are numbers."""
    return {name: float(v) for name, v in given.items() if isinstance(v, int | float)}


def texts(given: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value)[:MOST_TEXT] for name, value in given.items()}
