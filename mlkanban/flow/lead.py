"""Lead time: from the day a card was written to its delivery, and along a lineage from the first
card to the release that came of it.

Source: the Kanban Guide's elapsed time, begun where the customer's does: with the idea, not with
the commitment. It stands beside cycle time, never for it. Finished are the cards that count in
cycle time; a card is written when the log first knows of it.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from mlkanban.core.board import Outcome
from mlkanban.flow.histogram import COLUMNS, Bin, bins
from mlkanban.flow.percentiles import percentiles
from mlkanban.flow.sample import EndedCard, Followed, Sample
from mlkanban.flow.window import Scope

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ReleaseLine:
    """A release and the first written of the cards it came from: so many `cards` in all, and the
    calendar days from the day that one was written to the delivery of the release."""

    release: str
    title: str
    first: str
    cards: int
    days: int
    day: date


@dataclass(frozen=True, slots=True)
class LeadTimes:
    """The lead times of the cards finished in a window, in calendar days with both ends; a
    percentile is None where too few cards stand behind it.

    `before_commitment` is the mean of the days that passed before the cards were begun. `lines` are
    those of the shipped cards that came from others, in order of delivery, `line_percentiles` of
    their days. `cards` are the finished ones in order of their finish.
    """

    n: int
    mean: float | None
    mode: int | None
    min: int | None
    max: int | None
    before_commitment: float | None
    percentiles: dict[int, int | None]
    histogram: tuple[Bin, ...]
    lines: tuple[ReleaseLine, ...]
    line_percentiles: dict[int, int | None]
    cards: tuple[EndedCard, ...]
    scope: Scope


def lead_times(sample: Sample) -> LeadTimes:
    """Measure the cards finished in the window; those they came from may be of any time."""
    written = [_written(sample, card) for card in sample.finished]
    cards = tuple(map(_ended, sample.finished, written))
    days = sorted(card.days for card in cards)
    counts = Counter(days)
    known = {card.ref: card for card in sample.everyone}
    lines = tuple(
        _line(sample, card, known)
        for card in sample.finished
        if card.flow.outcome == Outcome.SHIPPED
        and any(ref in known for ref in card.history.origins)
    )
    waited = [(card.start or 0) - day for card, day in zip(sample.finished, written, strict=True)]
    return LeadTimes(
        n=len(days),
        mean=sum(days) / len(days) if days else None,
        mode=min(counts, key=lambda day: (-counts[day], day)) if counts else None,
        min=days[0] if days else None,
        max=days[-1] if days else None,
        before_commitment=sum(waited) / len(waited) if waited else None,
        percentiles=percentiles(days),
        histogram=bins(counts, COLUMNS),
        lines=lines,
        line_percentiles=percentiles(sorted(line.days for line in lines)),
        cards=cards,
        scope=sample.scope,
    )


def _written(sample: Sample, card: Followed) -> int:
    return sample.workflow.ordinal(card.history.written)


def _ended(card: Followed, written: int) -> EndedCard:
    assert card.finish is not None
    assert card.flow.finish is not None
    elapsed = card.flow.finish - card.history.written
    return EndedCard(
        card.ref,
        card.history.title,
        date.fromordinal(card.finish),
        card.finish - written + 1,
        -(-elapsed // _HOUR),
        card.flow.outcome or Outcome.SHIPPED.value,
    )


def _line(sample: Sample, release: Followed, known: Mapping[str, Followed]) -> ReleaseLine:
    assert release.finish is not None
    line = {release.ref: release}
    ahead = [release]
    while ahead:
        for ref in ahead.pop().history.origins:
            if ref in known and ref not in line:
                line[ref] = known[ref]
                ahead.append(known[ref])
    first = min(line.values(), key=lambda card: (card.history.written, card.ref))
    return ReleaseLine(
        release.ref,
        release.history.title,
        first.ref,
        len(line),
        release.finish - _written(sample, first) + 1,
        date.fromordinal(release.finish),
    )
