"""Scores: the value of a card for its effort, as people type it.

`5/2` is value by effort. Three factors, `8*2*0.8/3`, are RICE: reach, impact and confidence by
effort (S. McBride, Intercom 2016). A sum, `5+3+1/2`, is WSJF: value, urgency and risk reduced by
the size of the job (D. Reinertsen's cost of delay by duration, as SAFe writes it). `worth/3` has
what the target of the card brings over its baseline, by the profit curve of the board.
"""

import math
import re
from typing import NamedTuple

from mlkanban.errors import UsageProblem

_NUMBER = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(%?)")
_HINT = (
    "Write value/effort such as 5/2, RICE as 8*2*80%/3, WSJF as 5+3+1/2, or worth/3 where the"
    " charter says what the metric brings."
)
_WORTH = "worth"


class Score(NamedTuple):
    """The text as it was typed, without blanks, and the number that cards are ranked by: higher
    comes first. One by worth has the `unit` of that, for its `effort`; its value is None as long as
    its worth is not known."""

    text: str
    value: float | None
    effort: float = 1.0
    unit: str = ""

    def __str__(self) -> str:
        if self.value is None:
            return "?"
        return f"{self.value:.1f}" if abs(self.value) < 100 else f"{self.value:.0f}"

    @property
    def summary(self) -> str:
        """The text and its value: `5/2 = 2.5`, `worth/3 = 8000 EUR/year`."""
        if self.value is None:
            return f"{self.text}, worth not known"
        return f"{self.text} = {self} {self.unit}".rstrip()

    @property
    def takes_worth(self) -> bool:
        return self.text.startswith(_WORTH)

    @property
    def rank(self) -> tuple[int, float]:
        """What scores are sorted by. Those by worth are in another unit than all others, so they
        stand together, before them."""
        if self.value is None:
            return 2, 0.0
        return 0 if self.takes_worth else 1, -self.value

    def of_worth(self, worth: float, unit: str) -> "Score":
        """The score with what the card brings, in `unit`."""
        return self._replace(value=worth / self.effort, unit=unit)


def parse_score(written: str) -> Score | None:
    """Parse a score; None for `` or `none`. The hint of UsageProblem shows the format."""
    text = "".join(written.split()).replace("x", "*").replace("×", "*")
    if text in ("", "none"):
        return None
    gain, slash, effort = text.partition("/")
    if gain.lower() == _WORTH:
        cost = _number(effort, written)
        if not cost:
            raise UsageProblem(f"{written!r} has no effort to divide by.", _HINT)
        return Score(f"{_WORTH}/{effort}", None, cost)
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
    """A typed score with its value: `5/2 = 2.5`; '' for none. What one by worth comes to stands in
    the plan."""
    score = parse_score(written)
    if score is None:
        return ""
    return score.text if score.takes_worth else score.summary


def _number(text: str, written: str) -> float:
    match = _NUMBER.fullmatch(text)
    if not match or not math.isfinite(number := float(match[1])):
        raise UsageProblem(f"{written!r} is no score.", _HINT)
    return number / 100 if match[2] else number
