"""Little's law as a check: mean WIP / mean departure rate beside the mean cycle time.

Source: J. Little, A proof for the queuing formula L = lambda W (1961), as D. Vacanti uses it: over
a stretch of time that begins and ends with the same work, both agree. Where they differ, something
changed; the evidence says what.

WIP is counted at the end of the day, so that a card counts on one day less than its cycle time in
calendar days with both ends: cycle times are compared less one day.
"""

from dataclasses import dataclass

from mlkanban.flow.sample import Sample
from mlkanban.flow.window import Scope
from mlkanban.flow.wip import wip

CLOSE = 0.1
"""Within a tenth of each other the two agree."""


@dataclass(frozen=True, slots=True)
class LittlesLaw:
    """`implied_days` is mean WIP / departures per day, `observed_days` the mean of cycle time - 1.

    The differences add up exactly: WIP-days in the window are those of the cards that departed in
    it (n x observed for the finished ones), less what these spent before the window, plus what
    cards still open at its end, and abandoned ones, spent in it.
    """

    n: int
    mean_wip: float
    throughput_per_day: float
    observed_days: float | None
    days_before_window: int
    days_of_open_cards: int
    days_of_abandoned_cards: int
    wip_at_start: int
    wip_at_end: int
    lowest_wip: int
    highest_wip: int
    begun: int
    scope: Scope

    @property
    def departed(self) -> int:
        """The cards finished or abandoned in the window."""
        return self.begun - (self.wip_at_end - self.wip_at_start)

    @property
    def balanced(self) -> bool:
        """Whether as much was in progress at both ends of the window and as many cards left as
        came, each within a tenth or one card."""
        change = abs(self.wip_at_end - self.wip_at_start)
        return change <= max(1, CLOSE * min(self.mean_wip, self.departed))

    @property
    def steady(self) -> bool:
        """Whether it was balanced and never far from that in between: less than half of the mean,
        or two cards."""
        far = max(2.0, self.mean_wip / 2)
        between = self.mean_wip - far <= self.lowest_wip and self.highest_wip <= self.mean_wip + far
        return self.balanced and between

    @property
    def implied_days(self) -> float | None:
        return self.mean_wip / self.throughput_per_day if self.throughput_per_day else None

    @property
    def ratio(self) -> float | None:
        """Implied / observed; None when either is missing or the observed mean is 0."""
        implied = self.implied_days
        return implied / self.observed_days if implied is not None and self.observed_days else None


def little(sample: Sample) -> LittlesLaw:
    """Compare the two over the window; open cards are counted as they were at its end."""
    days, counted = sample.days, wip(sample)
    first, last = days.start, days.stop
    before = open_days = abandoned_days = 0
    done = {card.ref for card in sample.finished}
    dropped = {card.ref for card in sample.abandoned}
    for card in sample.worked:
        assert card.start is not None
        end = last if card.finish is None else min(card.finish, last)
        inside = max(0, end - max(card.start, first))
        if card.ref in done:
            before += max(0, first - card.start)
        elif card.ref in dropped:
            abandoned_days += inside
        else:
            open_days += inside
    n = len(sample.finished)
    return LittlesLaw(
        n=n,
        mean_wip=counted.mean or 0.0,
        throughput_per_day=n / len(days) if days else 0.0,
        observed_days=sum(sample.days_of(card) - 1 for card in sample.finished) / n if n else None,
        days_before_window=before,
        days_of_open_cards=open_days,
        days_of_abandoned_cards=abandoned_days,
        wip_at_start=sum(
            c.start < first and not (c.finish and c.finish < first)
            for c in sample.worked
            if c.start
        ),
        wip_at_end=counted.counts[-1] if counted.counts else 0,
        lowest_wip=min(counted.counts, default=0),
        highest_wip=max(counted.counts, default=0),
        begun=sum(card.start in days for card in sample.worked),
        scope=sample.scope,
    )
