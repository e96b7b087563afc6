"""The day on which somebody looks again whether a model in use is to stay."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import NamedTuple

from mlkanban.core.day_input import parse_day
from mlkanban.errors import UsageProblem

EVERY_DAYS = 90
"""So often a model in use is looked at again where nobody said otherwise."""
MOST_DAYS = 3660
_STORED = re.compile(r"(\d{4}-\d{2}-\d{2})(?: every (\d{1,4})d)?( retrain)?")
_EVERY = re.compile(r"every\s+(\d{1,4})\s*([dw])")


class LookAgain(NamedTuple):
    """The `day` of the next look, after how many days the one after it is (0: no such was named),
    and whether the model is then to be trained again."""

    day: date
    every: int = 0
    retrain: bool = False

    def __str__(self) -> str:
        """As a card keeps it: `2026-12-15 every 90d retrain`."""
        every = f" every {self.every}d" if self.every else ""
        return f"{self.day}{every}{' retrain' * self.retrain}"

    @property
    def text(self) -> str:
        return f"{self}".replace(" retrain", ", to retrain it")

    def kept(self, today: date) -> LookAgain:
        """The look after this one, which decided that the model stays."""
        return self._replace(day=today + timedelta(self.every or EVERY_DAYS))


def stored_look(text: str) -> LookAgain:
    """The look that a card keeps; ValueError for anything else."""
    match = _STORED.fullmatch(text)
    if not match or (match[2] and not _is_span(int(match[2]))):
        raise ValueError(f"{text!r} is no look that a card keeps")
    return LookAgain(date.fromisoformat(match[1]), int(match[2] or 0), bool(match[3]))


def _is_span(days: int) -> bool:
    return 1 <= days <= MOST_DAYS


def parse_look(text: str, today: date) -> LookAgain | None:
    """The look that a person typed: a day (2026-12-15, 3w), `every 90d`, or both, and `retrain`;
    None for none."""
    words = " ".join(text.lower().split())
    if words in ("", "none"):
        return None
    retrain = words.endswith("retrain")
    rest = words.removesuffix("retrain").strip()
    every = 0
    if found := _EVERY.search(rest):
        every = int(found[1]) * (7 if found[2] == "w" else 1)
        rest = (rest[: found.start()] + rest[found.end() :]).strip()
        if not _is_span(every):
            raise UsageProblem(f"Every {every} days is not possible.", "Write every 90d or 12w.")
    if not rest and not every:
        every = EVERY_DAYS
    day = parse_day(rest, today) if rest else today + timedelta(every)
    if day is None:
        raise UsageProblem(f"{text!r} names no day.", "Write 2026-12-15, 3w or every 90d.")
    return LookAgain(day, every, retrain)


def look_day(look: LookAgain | None, since: date) -> LookAgain:
    """The next look at a model in use since a day; after 90 days where nobody named one."""
    return look or LookAgain(since + timedelta(EVERY_DAYS))


def look_reason(name: str, look: LookAgain) -> str:
    """Why a model is looked at again, and what is to be decided."""
    if look.retrain:
        return f"retrain {name}: due since {look.day}; retrain, keep or retire?"
    return f"look again at {name}: due since {look.day}; keep, retrain or retire?"
