"""Budgets of cards as people type them: `40 gpu-h` or `12 runs`."""

import re
from enum import StrEnum
from typing import NamedTuple

from mlkanban.errors import UsageProblem

_WRITTEN = re.compile(
    r"(\d{1,9}(?:\.\d*)?|\.\d+)\s*(?:(gpu[- ]?h(?:ours?)?)|(runs?))", re.IGNORECASE | re.ASCII
)
_HINT = "Write 40 gpu-h or 12 runs."


class Unit(StrEnum):
    """The unit of a budget."""

    GPU_HOURS = "gpu-h"
    RUNS = "runs"


class Budget(NamedTuple):
    """A number of GPU hours or of runs, greater than zero."""

    amount: float
    unit: Unit

    def __str__(self) -> str:
        single = self.unit is Unit.RUNS and self.amount == 1
        number = f"{self.amount:.2f}".rstrip("0").rstrip(".")
        return f"{number} {'run' if single else self.unit}"


def parse_budget(written: str) -> Budget | None:
    """Parse a budget; None for `` or `none`. The hint of UsageProblem shows the format."""
    text = written.strip()
    if text.lower() in ("", "none"):
        return None
    match = _WRITTEN.fullmatch(text)
    if not match or not (amount := round(float(match[1]), 2)):
        raise UsageProblem(f"{written!r} is no budget.", _HINT)
    if match[3] and not amount.is_integer():
        raise UsageProblem(f"{written!r} are no whole runs.", _HINT)
    return Budget(amount, Unit.RUNS if match[3] else Unit.GPU_HOURS)


def budget_text(written: str) -> str:
    """A budget in the form that cards store; '' for none."""
    budget = parse_budget(written)
    return str(budget) if budget else ""
