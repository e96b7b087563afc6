"""What a card may cost, the way people write it down: `40 gpu-h` or `12 runs`."""

import re
from enum import StrEnum
from typing import NamedTuple

from mlkanban.errors import UsageProblem

_WRITTEN = re.compile(
    r"(\d{1,9}(?:\.\d*)?|\.\d+)\s*(?:(gpu[- ]?h(?:ours?)?)|(runs?))", re.IGNORECASE | re.ASCII
)
_HINT = "Write 40 gpu-h or 12 runs."


class Unit(StrEnum):
    """What is counted."""

    GPU_HOURS = "gpu-h"
    RUNS = "runs"


class Budget(NamedTuple):
    """So many gpu-hours, or so many runs, and more than none."""

    amount: float
    unit: Unit

    def __str__(self) -> str:
        one = self.unit is Unit.RUNS and self.amount == 1
        number = f"{self.amount:.2f}".rstrip("0").rstrip(".")
        return f"{number} {'run' if one else self.unit}"


def parse_budget(written: str) -> Budget | None:
    """Read a budget; None for `` or `none`. UsageProblem says how it is written."""
    text = written.strip()
    if text.lower() in ("", "none"):
        return None
    found = _WRITTEN.fullmatch(text)
    amount = round(float(found[1]), 2) if found else 0.0
    if not found or not amount:
        raise UsageProblem(f"{written!r} is no budget.", _HINT)
    if found[3] and not amount.is_integer():
        raise UsageProblem(f"{written!r} are no whole runs.", _HINT)
    return Budget(amount, Unit.RUNS if found[3] else Unit.GPU_HOURS)


def budget_text(written: str) -> str:
    """A budget as cards keep it; '' for none."""
    budget = parse_budget(written)
    return str(budget) if budget else ""
