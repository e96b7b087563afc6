"""The service level expectation: how long a card should take, and which open cards are past it.

Source: the Kanban Guide (2025): a forecast of how long it should take a work item to flow from
start to finish, with a probability. Here 85 %, from what was finished lately.
"""

from dataclasses import dataclass
from typing import Any

from mlkanban.flow.history import FlowState
from mlkanban.flow.percentiles import nearest_rank, needed
from mlkanban.flow.said import Said, Table, finished_cards
from mlkanban.flow.sample import Sample
from mlkanban.flow.window import Scope
from mlkanban.text import quantity

PERCENT = 85
BASIS_DAYS, BASIS_CARDS = 90, 30
_CONVENTION = "85 %, nearest rank, from the last 90 days or 30 cards, whichever is more"


@dataclass(frozen=True, slots=True)
class Sle:
    """`days` is None where fewer than ten cards stand behind it. `past` are the open cards older
    than that, oldest first: short id, age, title."""

    days: int | None
    n: int
    open: int
    past: tuple[tuple[str, int, str], ...]
    scope: Scope

    def to_data(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "percent": PERCENT,
            "days": self.days,
            "open": self.open,
            "past": [{"id": ref, "age_days": age, "title": title} for ref, age, title in self.past],
            "convention": _CONVENTION,
            **self.scope.to_data(),
        }

    def figures(self) -> tuple[tuple[str, str], ...]:
        return (
            ("n", str(self.n)),
            ("sle", "-" if self.days is None else f"{self.days} d"),
            ("open", str(self.open)),
            ("past it", str(len(self.past))),
        )

    def said(self) -> Said:
        note = f"n {self.n} | to {self.scope.as_of}, {self.scope.timezone} | {_CONVENTION}"
        if self.days is None:
            few = f"{finished_cards(self.n)}; a service level expectation needs {needed(PERCENT)}."
            return Said("Service level expectation", (few,), None, note)
        line = (
            f"{PERCENT} % of cards within {quantity(self.days, 'day')}"
            f" | {len(self.past)} of {self.open} open cards past it"
        )
        rows = tuple((ref, f"{age} d", title) for ref, age, title in self.past)
        table = Table(("past it", "age", "title"), rows) if rows else None
        return Said("Service level expectation", (line,), table, note)


def sle(sample: Sample) -> Sle:
    """Expect what 85 % of the cards finished lately took, whatever the window."""
    today = sample.today.toordinal()
    done = sorted(
        (card for card in sample.worked if card.flow.state is FlowState.FINISHED),
        key=lambda card: (card.flow.finish, card.ref),
    )
    lately = [card for card in done if card.finish is not None and card.finish > today - BASIS_DAYS]
    basis = sorted(
        map(sample.days_of, lately if len(lately) > BASIS_CARDS else done[-BASIS_CARDS:])
    )
    days = nearest_rank(basis, PERCENT) if len(basis) >= needed(PERCENT) else None
    ages = [(card.ref, sample.days_of(card), card.history.title) for card in sample.open]
    past = [one for one in ages if days is not None and one[1] > days]
    past.sort(key=lambda one: (-one[1], one[0]))
    return Sle(days, len(basis), len(ages), tuple(past), sample.scope)
