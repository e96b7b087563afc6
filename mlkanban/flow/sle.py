"""The service level expectation: how long a card should take, and which open cards are past it.

Source: the Kanban Guide (2025): a forecast of how long it should take a work item to flow from
start to finish, with a probability. Here 85 %, from what was finished lately.
"""

from dataclasses import dataclass

from mlkanban.flow.history import FlowState
from mlkanban.flow.percentiles import nearest_rank, needed
from mlkanban.flow.sample import Sample
from mlkanban.flow.window import Scope

PERCENT = 85
BASIS_DAYS, BASIS_CARDS = 90, 30


@dataclass(frozen=True, slots=True)
class Sle:
    """`days` is None where fewer than ten cards stand behind it. `past` are the open cards older
    than that, oldest first: short id, age, title."""

    days: int | None
    n: int
    open: int
    past: tuple[tuple[str, int, str], ...]
    scope: Scope


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
