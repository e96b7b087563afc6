"""The cards of a board, each followed once: what every flow number is made from."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime
from functools import cached_property, wraps
from typing import Any, Literal, NamedTuple, TypeVar

from mlkanban.core.profit_curve import WorthMarks
from mlkanban.core.triage_session import TriageSession
from mlkanban.flow.history import CardFlow, CardHistory, FlowState, Workflow, trace
from mlkanban.flow.window import Scope, Window
from mlkanban.records import record

Grouping = Literal["type", "tag", "stage"]
Number = TypeVar("Number")


class EndedCard(NamedTuple):
    """A finished or abandoned card: the day it ended, the calendar days it took, the same in
    elapsed hours rounded up, and the outcome."""

    ref: str
    title: str
    day: date
    days: int
    hours: int
    outcome: str


@record(frozen=True, slots=True)
class Followed:
    """A card and its flow. `start`, `finish` and those it `arrived` on are its days as ordinals
    (`date.toordinal`)."""

    history: CardHistory
    flow: CardFlow
    start: int | None
    finish: int | None
    arrived: tuple[int | None, ...]

    @property
    def ref(self) -> str:
        return self.history.ref

    @property
    def stage(self) -> int:
        """The position of the stage it stood in last; its steps are those known by then."""
        return self.history.steps[-1].stage


@record(frozen=True)
class Sample:
    """All cards that existed at the aware instant `as_of`, and the window to count in.

    A card is in the window by the day it departed; open cards are as they stand at `as_of`. Cards
    that were never worked, or are not committed, are in no list but `never_worked`. `histories`
    are the whole ones, with what came after `as_of`; `sessions` are those of triage, `worth` is
    where the metric of the charter stands, None where no charter says what one brings. `query`
    found the cards, '' where they are all there are.
    """

    workflow: Workflow
    as_of: datetime
    window: Window
    cards: tuple[Followed, ...]
    histories: tuple[CardHistory, ...]
    everyone: tuple[Followed, ...]
    sessions: tuple[TriageSession, ...] = ()
    query: str = ""
    worth: WorthMarks | None = None

    @cached_property
    def numbers(self) -> dict[Callable[["Sample"], Any], Any]:
        """What was counted of it already (see `kept`)."""
        return {}

    @cached_property
    def today(self) -> date:
        """Day(as_of)."""
        return self.workflow.day(self.as_of)

    @cached_property
    def today_is_over(self) -> bool:
        """Whether that day is over, which it is by its last second."""
        return self.as_of >= self.workflow.end_of_day(self.today).replace(microsecond=0)

    @cached_property
    def whole_days(self) -> range:
        """The days of the window as `days` has them, without the one that is still going on."""
        goes_on = self.window.last == self.today and not self.today_is_over
        return self.days[:-1] if goes_on else self.days

    @cached_property
    def scope(self) -> Scope:
        return Scope(self.window, self.today, str(self.workflow.timezone), self.query)

    @cached_property
    def worked(self) -> tuple[Followed, ...]:
        """Every card with a start that still holds, open or departed, whatever the window."""
        return tuple(c for c in self.cards if c.start is not None and not c.flow.never_worked)

    @cached_property
    def open(self) -> tuple[Followed, ...]:
        return tuple(card for card in self.worked if card.flow.state is FlowState.OPEN)

    @cached_property
    def finished(self) -> tuple[Followed, ...]:
        """Shipped, learned and superseded within the window, in order of their finish."""
        return self._departed(FlowState.FINISHED)

    @cached_property
    def abandoned(self) -> tuple[Followed, ...]:
        """Abandoned within the window, in order of that."""
        return self._departed(FlowState.ABANDONED)

    @cached_property
    def never_worked(self) -> tuple[Followed, ...]:
        """Went straight past delivery, within the window."""
        return tuple(c for c in self.cards if c.flow.never_worked and self._holds(c))

    @cached_property
    def stages(self) -> tuple[int, ...]:
        """The positions of the committed stages; of the removed ones those in which a card was that
        counts in the window."""
        return self._present(self.workflow.committed)

    @cached_property
    def stages_before_delivery(self) -> tuple[int, ...]:
        """Likewise, with those before commitment."""
        return self._present(range(self.workflow.first_delivered))

    @cached_property
    def days(self) -> range:
        """The days of the window as ordinals, from the first commitment on if that is later."""
        starts = [card.start for card in self.worked if card.start is not None]
        first = min(starts, default=self.window.last.toordinal() + 1)
        if self.window.first is not None:
            first = max(first, self.window.first.toordinal())
        return range(first, self.window.last.toordinal() + 1)

    def days_of(self, card: Followed) -> int:
        """Cycle time of a departed card, age of an open one: calendar days, both ends counted."""
        assert card.start is not None
        last = self.today.toordinal() if card.finish is None else card.finish
        return last - card.start + 1

    def days_by_end(self, card: Followed) -> int:
        """Cycle time of a card that departed by the end of the window, else its age on that day."""
        assert card.start is not None
        last = self.window.last.toordinal()
        return min(last, last if card.finish is None else card.finish) - card.start + 1

    def days_before(self, card: Followed) -> int:
        """The days a card had taken already when the window began."""
        assert card.start is not None
        first = self.window.first
        return 0 if first is None else max(0, first.toordinal() - card.start)

    @property
    def of_all_time(self) -> "Sample":
        """The same cards, counted in all days up to the last one of the window."""
        return self.within(Window.back(None, self.window.last))

    @property
    def of_board(self) -> "Sample":
        """All cards of the board, whichever were chosen."""
        if self.cards is self.everyone and not self.query:
            return self
        return replace(self, cards=self.everyone, query="")

    def within(self, window: Window) -> "Sample":
        """The same cards counted in another window."""
        return self if window == self.window else replace(self, window=window)

    def grouped(self, by: Grouping) -> list[tuple[str, "Sample"]]:
        """A sample for each type or tag, by name, or stage before delivery, in board order.

        A card with two tags is in both groups, one with none in the group ""; of a stage are the
        cards that have been there. Types and tags of cards that do not count here are left out.
        """
        if by == "stage":
            return [
                (
                    self.workflow.stages[at],
                    self.only(card.ref for card in self.cards if card.flow.passes[at]),
                )
                for at in self.stages_before_delivery
            ]
        groups: defaultdict[str, list[str]] = defaultdict(list)
        for card in self.cards:
            for key in (card.history.type,) if by == "type" else card.history.tags or ("",):
                groups[key].append(card.ref)
        made = [(key, self.only(groups[key])) for key in sorted(groups)]
        return [
            (key, some)
            for key, some in made
            if some.open or some.finished or some.abandoned or some.never_worked
        ]

    def only(self, refs: Iterable[str], query: str = "") -> "Sample":
        """The cards with these short ids, on the same board; `query` is what found them."""
        kept = frozenset(refs)
        return replace(
            self,
            cards=tuple(card for card in self.cards if card.ref in kept),
            histories=tuple(h for h in self.histories if h.ref in kept),
            query=query or self.query,
        )

    def _present(self, stages: range) -> tuple[int, ...]:
        removed = self.workflow.removed
        been = {
            at
            for card in (self.cards if removed else ())
            if self._overlaps(card)
            for at in removed
            if card.flow.passes[at]
        }
        return tuple(at for at in stages if at not in removed or at in been)

    def _overlaps(self, card: Followed) -> bool:
        """Whether a card began by the end of the window and had not ended before it."""
        first, last = self.window.first, self.window.last.toordinal()
        begun = card.start is None or card.start <= last
        return begun and (card.finish is None or first is None or card.finish >= first.toordinal())

    def _holds(self, card: Followed) -> bool:
        return card.finish is not None and date.fromordinal(card.finish) in self.window

    def _departed(self, state: FlowState) -> tuple[Followed, ...]:
        cards = [c for c in self.worked if c.flow.state is state and self._holds(c)]
        return tuple(sorted(cards, key=lambda card: (card.flow.finish, card.ref)))


def kept(count: Callable[[Sample], Number]) -> Callable[[Sample], Number]:
    """Count a number that others need too once for each sample."""

    @wraps(count)
    def counted(sample: Sample) -> Number:
        if count not in sample.numbers:
            sample.numbers[count] = count(sample)
        number: Number = sample.numbers[count]
        return number

    return counted


def follow(
    workflow: Workflow,
    histories: Iterable[CardHistory],
    as_of: datetime,
    window: Window,
    sessions: Iterable[TriageSession] = (),
) -> Sample:
    """Follow every card up to the instant `as_of`; what came later is kept in `histories` only."""
    workflow = workflow.as_of(as_of)
    zone = workflow.timezone
    cards: list[Followed] = []
    whole = tuple(histories)
    for history in whole:
        flow = trace(workflow, history, as_of)
        if flow is None:
            continue
        if history.steps[-1].at > as_of:
            history = history.until(as_of)
        start, finish, *arrived = [
            None if at is None else at.astimezone(zone).toordinal()
            for at in (flow.start, flow.finish, *flow.arrivals)
        ]
        cards.append(Followed(history, flow, start, finish, tuple(arrived)))
    every = tuple(cards)
    return Sample(workflow, as_of, window, every, whole, every, tuple(sessions))
