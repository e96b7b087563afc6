"""Iterations: how often cards pass through each stage. Going back is normal in machine learning."""

from dataclasses import dataclass
from typing import Any

from mlkanban.flow.said import Said, Table
from mlkanban.flow.sample import Followed, Sample
from mlkanban.flow.window import Scope
from mlkanban.flow.wip import in_progress_on
from mlkanban.text import quantity

_CONVENTION = "visits of finished and open cards that were in the stage"
_LISTED = 3


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

    def to_data(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "stages": [
                {
                    "stage": s.stage, "n": s.n, "mean": s.mean, "max": s.max, "again": s.again,
                    "cards": [{"card": ref, "passes": passes} for ref, passes in s.cards],
                }
                for s in self.stages
            ],
            "convention": _CONVENTION,
            **self.scope.to_data(),
        }  # fmt: skip

    def figures(self) -> tuple[tuple[str, str], ...]:
        again = {ref for stage in self.stages for ref, _ in stage.cards}
        return ("n", str(self.n)), ("went back", str(len(again)))

    def said(self) -> Said:
        note = f"n {quantity(self.n, 'card')} | {self.scope.words} | {_CONVENTION}"
        if not self.n:
            return Said("Iterations", ("No card was worked on in this window.",), None, note)
        again = {ref for stage in self.stages for ref, _ in stage.cards}
        share = 100 * len(again) / self.n
        cards = quantity(self.n, "card")
        line = f"{len(again)} of {cards} ({share:.0f} %) came to a stage more than once"
        rows = tuple(
            (
                s.stage,
                str(s.n),
                "-" if s.mean is None else f"{s.mean:.2f}",
                str(s.max),
                str(s.again),
                ", ".join(f"{ref} {passes}x" for ref, passes in s.cards[:_LISTED]),
            )
            for s in self.stages
        )
        head = ("stage", "cards", "mean", "most", "again", "most often")
        return Said("Iterations", (line,), Table(head, rows), note)


def iterations(sample: Sample) -> Iterations:
    """Count the visits of the cards finished in the window and of those open at its end."""
    cards = (*sample.finished, *in_progress_on(sample, sample.window.last.toordinal()))
    stages = [_passes(sample.workflow.stages[at], at, cards) for at in sample.stages]
    return Iterations(len(cards), tuple(stages), sample.scope)


def _passes(name: str, at: int, cards: tuple[Followed, ...]) -> Passes:
    visits = [(card.ref, card.flow.passes[at]) for card in cards if card.flow.passes[at]]
    counts = [count for _, count in visits]
    again = sorted((v for v in visits if v[1] > 1), key=lambda v: (-v[1], v[0]))
    mean = sum(counts) / len(counts) if counts else None
    return Passes(name, len(counts), mean, max(counts, default=0), tuple(again))
