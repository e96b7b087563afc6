"""What `doctor` finds, one thing at a time."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "note", "problem"]


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, the verdict, what is the case, and what to do about it."""

    what: str
    verdict: Verdict
    said: str
    hint: str = ""
