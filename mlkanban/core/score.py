"""Scores: the value of a card for its effort, as people type it.

`5/2` is value by effort. Three factors, `8*2*0.8/3`, are RICE: reach, impact and confidence by
effort (S. McBride, Intercom 2016). A sum, `5+3+1/2`, is WSJF: value, urgency and risk reduced by
the size of the job (D. Reinertsen's cost of delay by duration, as SAFe writes it).
"""

import math
import re
from typing import NamedTuple

from mlkanban.errors import UsageProblem

_NUMBER = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(%?)")
_HINT = "Write value/effort such as 5/2, RICE as 8*2*80%/3, or WSJF as 5+3+1/2."


class Score(NamedTuple):
    """The text as it was typed, without blanks, and the number that cards are ranked by: higher
    comes first."""

    text: str
    value: float

    def __str__(self) -> str:
        return f"{self.value:.1f}" if self.value < 100 else f"{self.value:.0f}"

    @property
    def summary(self) -> str:
        """The text and its value: `5/2 = 2.5`."""
        return f"{self.text} = {self}"


def parse_score(written: str) -> Score | None:
    """Parse a score; None for `` or `none`. The hint of UsageProblem shows the format."""
    text = "".join(written.split()).replace("x", "*").replace("×", "*")
    if text in ("", "none"):
        return None
    gain, slash, effort = text.partition("/")
    sign = "*" if "*" in gain else "+"
    parts = gain.split(sign)
    if not slash or len(parts) > 3 or (sign == "*" and len(parts) != 3):
        raise UsageProblem(f"{written!r} is no score.", _HINT)
    numbers = [_number(part, written) for part in parts]
    cost = _number(effort, written)
    if not cost:
        raise UsageProblem(f"{written!r} has no effort to divide by.", _HINT)
    total = math.prod(numbers) if sign == "*" else sum(numbers)
    value = total / cost
    if not math.isfinite(value):
        raise UsageProblem(f"{written!r} is too large.", _HINT)
    return Score(text, value)


def score_text(written: str) -> str:
    """A typed score with its value: `5/2 = 2.5`; '' for none."""
    score = parse_score(written)
    return score.summary if score else ""


def _number(text: str, written: str) -> float:
    match = _NUMBER.fullmatch(text)
    if not match or not math.isfinite(number := float(match[1])):
        raise UsageProblem(f"{written!r} is no score.", _HINT)
    return number / 100 if match[2] else number
