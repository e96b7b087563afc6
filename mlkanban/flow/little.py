"""Little's law as a check: mean WIP / mean departure rate beside the mean cycle time.

Source: J. Little, A proof for the queuing formula L = lambda W (1961), as D. Vacanti uses it: over
a stretch of time that begins and ends with the same work, both agree. Where they differ, something
changed; the evidence says what.

WIP is counted at the end of the day, so that a card counts on one day less than its cycle time in
calendar days with both ends: cycle times are compared less one day.
"""

from dataclasses import dataclass
from typing import Any

from mlkanban.flow.percentiles import needed
from mlkanban.flow.said import Said, Table, finished_cards
from mlkanban.flow.sample import Sample
from mlkanban.flow.window import Scope
from mlkanban.flow.wip import wip

_CONVENTION = "days between the ends (cycle time - 1) | WIP at the end of the day"
_CLOSE = 0.1
"""Within a tenth of each other the two agree."""
_LEAST = needed(50)


@dataclass(frozen=True, slots=True)
class LittlesLaw:
    """`implied` is mean WIP / departures per day, `observed` the mean of cycle time - 1, in days.

    The differences add up exactly: WIP-days in the window are those of the cards that departed in
    it (n x observed for the finished ones), less what these spent before the window, plus what
    cards still open at its end, and abandoned ones, spent in it.
    """

    n: int
    mean_wip: float
    per_day: float
    observed: float | None
    before: int
    open_days: int
    abandoned_days: int
    wip_before: int
    wip_after: int
    begun: int
    scope: Scope

    @property
    def departed(self) -> int:
        """The cards finished or abandoned in the window."""
        return self.begun - (self.wip_after - self.wip_before)

    @property
    def balanced(self) -> bool:
        """Whether as much was in progress at both ends of the window and as many cards left as
        came, each within a tenth or one card."""
        change = abs(self.wip_after - self.wip_before)
        return change <= max(1, _CLOSE * min(self.mean_wip, self.departed))

    @property
    def implied(self) -> float | None:
        return self.mean_wip / self.per_day if self.per_day else None

    @property
    def ratio(self) -> float | None:
        """Implied / observed; None when either is missing or the observed mean is 0."""
        implied = self.implied
        return implied / self.observed if implied is not None and self.observed else None

    def to_data(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "mean_wip": self.mean_wip,
            "throughput_per_day": self.per_day,
            "implied_days": self.implied,
            "observed_days": self.observed,
            "ratio": self.ratio,
            "reason": self.reason,
            "days_before_window": self.before,
            "days_of_open_cards": self.open_days,
            "days_of_abandoned_cards": self.abandoned_days,
            "wip_at_start": self.wip_before,
            "wip_at_end": self.wip_after,
            "begun": self.begun,
            "departed": self.departed,
            "balanced": self.balanced,
            "convention": _CONVENTION,
            **self.scope.to_data(),
        }

    def figures(self) -> tuple[tuple[str, str], ...]:
        return (
            ("n", str(self.n)),
            ("wip", f"{self.mean_wip:.1f}"),
            ("per day", f"{self.per_day:.2f}"),
            ("implied", "-" if self.implied is None else f"{self.implied:.1f}"),
            ("observed", "-" if self.observed is None else f"{self.observed:.1f}"),
        )

    @property
    def reason(self) -> str:
        """Why the two differ, by the largest part of the difference; '' where too few cards are
        finished to compare them."""
        if self.implied is None or self.observed is None or self.n < _LEAST:
            return ""
        apart = self.implied - self.observed
        if abs(apart) <= _CLOSE * self.observed:
            if self.balanced:
                return "They agree: the board is in balance over this window."
            grew = "grew" if self.wip_after > self.wip_before else "fell"
            return (
                f"They agree, but the board is not in balance: WIP {grew} from {self.wip_before} to"
                f" {self.wip_after}, with {self.begun} begun and {self.departed} finished or"
                " abandoned."
            )
        parts = {
            "cards still open at the end spent {} days of it here": self.open_days,
            "abandoned cards spent {} days of it here": self.abandoned_days,
            "the finished cards had spent {} days before the window": -self.before,
        }
        wanted = {words: days for words, days in parts.items() if days * apart > 0}
        words = max(wanted, key=lambda key: abs(wanted[key]))
        change = self.wip_after - self.wip_before
        moved = (
            f"; WIP {'grew' if change > 0 else 'fell'} from {self.wip_before} to {self.wip_after}"
            if change
            else ""
        )
        return f"They differ: {words.format(abs(wanted[words]))}{moved}."

    def said(self) -> Said:
        note = f"n {self.n} | {self.scope.words} | {_CONVENTION}"
        if self.n < _LEAST or self.implied is None or self.observed is None:
            few = f"{finished_cards(self.n)}; the check needs {_LEAST}."
            return Said("Little's law", (few,), None, note)
        lines = (
            f"Mean WIP {self.mean_wip:.1f} / {self.per_day:.2f} finished a day"
            f" = {self.implied:.1f} d | observed mean {self.observed:.1f} d",
            self.reason,
        )
        rows = (
            ("of the finished cards, before the window", f"{-self.before}"),
            ("of cards open at its end", f"+{self.open_days}"),
            ("of abandoned cards", f"+{self.abandoned_days}"),
        )
        return Said(
            "Little's law", lines, Table(("days that make the difference", "days"), rows), note
        )


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
        per_day=n / len(days) if days else 0.0,
        observed=sum(sample.days_of(card) - 1 for card in sample.finished) / n if n else None,
        before=before,
        open_days=open_days,
        abandoned_days=abandoned_days,
        wip_before=sum(
            c.start < first and not (c.finish and c.finish < first)
            for c in sample.worked
            if c.start
        ),
        wip_after=counted.counts[-1] if counted.counts else 0,
        begun=sum(card.start in days for card in sample.worked),
        scope=sample.scope,
    )
