"""Iterations: how often cards pass through each stage. Going back is normal in machine learning."""

from dataclasses import dataclass

from mlkanban.flow.sample import Followed, Sample
from mlkanban.flow.window import Scope
from mlkanban.flow.wip import in_progress_on


@dataclass(frozen=True, slots=True)
class Passes:
    """The visits of a stage: `n` cards were there, `again` of them more than once. `cards` are
    those with two visits or more, most first, with their number."""

    stage: str
    n: int
    mean: float | None
    max: int
    cards: tuple[tuple[str, int], ...]

    @property
    def again(self) -> int:
        return len(self.cards)


@dataclass(frozen=True, slots=True)
class Iterations:
    """The committed stages in order."""

    n: int
    stages: tuple[Passes, ...]
    scope: Scope


def iterations(sample: Sample) -> Iterations:
    """Count the visits of the cards finished in the window and of those open at its end."""
    cards = (*sample.finished, *in_progress_on(sample, sample.window.last.toordinal()))
    stages = [_passes(sample.workflow.stages[at], at, cards) for at in sample.stages]
    return Iterations(len(cards), tuple(stages), sample.scope)


def _passes(name: str, at: int, cards: tuple[Followed, ...]) -> Passes:
    counts = [count for card in cards if (count := card.flow.passes[at])]
    many: list[tuple[str, int]] = []
    if max(counts, default=0) > 1:
        many = [(card.ref, count) for card in cards if (count := card.flow.passes[at]) > 1]
    again = sorted(many, key=lambda visits: (-visits[1], visits[0]))
    mean = sum(counts) / len(counts) if counts else None
    return Passes(name, len(counts), mean, max(counts, default=0), tuple(again))
