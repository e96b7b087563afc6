"""The service level expectation: how long a card should take, and which open cards are past it.

Source: the Kanban Guide (2025): a forecast of how long it should take a work item to flow from
start to finish, with a probability. Here 85 %, from what was finished lately.
"""

from collections.abc import Sequence
from datetime import date
from heapq import nlargest

from mlkanban.flow.history import FlowState
from mlkanban.flow.percentiles import nearest_rank, needed
from mlkanban.flow.sample import Followed, Sample, kept
from mlkanban.flow.survival import Survival, kaplan_meier
from mlkanban.flow.window import Scope, Window
from mlkanban.records import record

PERCENT = 85
BASIS_DAYS, BASIS_CARDS = 90, 30


@record(frozen=True, slots=True)
class Sle:
    """`days` is None where fewer than ten cards stand behind it. `days_with_open` counts the cards
    in progress too, and those abandoned, since the first day of the basis; None also where it is
    not reached, or lies at `withheld` days or more, of which nothing can be told. `past` are the
    open cards older than `days`, oldest first: short id, age, title."""

    days: int | None
    days_with_open: int | None
    withheld: int | None
    n: int
    open: int
    past: tuple[tuple[str, int, str], ...]
    scope: Scope


@kept
def sle(sample: Sample) -> Sle:
    """Expect what 85 % of the cards finished lately took, whatever the window."""
    today = sample.today.toordinal()
    done = [card for card in sample.worked if card.flow.state is FlowState.FINISHED]
    lately = [card for card in done if card.finish is not None and card.finish > today - BASIS_DAYS]
    if len(lately) <= BASIS_CARDS:
        lately = nlargest(BASIS_CARDS, done, key=lambda card: (card.flow.finish, card.ref))
    counted = lately
    basis = sorted(map(sample.days_of, counted))
    days = nearest_rank(basis, PERCENT) if len(basis) >= needed(PERCENT) else None
    ages = [(card.ref, sample.days_of(card), card.history.title) for card in sample.open]
    past = [one for one in ages if days is not None and one[1] > days]
    past.sort(key=lambda one: (-one[1], one[0]))
    survival = _with_open(sample, counted)
    with_open = survival.time(PERCENT) if days is not None else None
    return Sle(days, with_open, survival.withheld, len(basis), len(ages), tuple(past), sample.scope)


def _with_open(sample: Sample, counted: Sequence[Followed]) -> Survival:
    """The same by Kaplan and Meier, from the 90 days, or from the first finish of the last 30
    cards where that is earlier."""
    first = sample.today.toordinal() - BASIS_DAYS + 1
    first = min([first, *(card.finish for card in counted if card.finish is not None)])
    since = sample.within(Window.between(date.fromordinal(first), sample.today))
    censored = (*since.open, *since.abandoned)
    return kaplan_meier(
        map(since.days_of, counted),
        map(since.days_of, censored),
        filter(None, map(since.days_before, (*counted, *censored))),
    )
