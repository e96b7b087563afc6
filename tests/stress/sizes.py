"""How much the stress tests do: enough for every day, or all of it with MLKANBAN_STRESS=full."""

import os

FULL = os.environ.get("MLKANBAN_STRESS") == "full"


def size(every_day: int, full: int) -> int:
    return full if FULL else every_day
