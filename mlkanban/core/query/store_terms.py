"""What a query asks that the faces of cards do not say. The store is asked for that alone, so that
no other query waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Answers:
    """What the store said: for a text the ids of the cards about which it was written, by the id of
    a card the state of its newest run, the ids of the cards that are undecided. None is what it was
    not asked for."""

    written: Mapping[str, frozenset[str]] = field(default_factory=dict)
    runs: Mapping[str, str] | None = None
    undecided: frozenset[str] | None = None

    def plus(self, more: Answers) -> Answers:
        """What both say together."""
        return Answers(
            {**self.written, **more.written},
            self.runs if more.runs is None else more.runs,
            self.undecided if more.undecided is None else more.undecided,
        )


class StoreTerms(NamedTuple):
    """The texts that are looked for in cards, whether it is asked for runs, and whether for what is
    undecided."""

    texts: tuple[str, ...] = ()
    runs: bool = False
    undecided: bool = False

    def beyond(self, told: Answers) -> StoreTerms:
        """What is not told yet."""
        return StoreTerms(
            tuple(text for text in self.texts if text not in told.written),
            self.runs and told.runs is None,
            self.undecided and told.undecided is None,
        )
