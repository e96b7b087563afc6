"""The terms of a query that card faces cannot answer. Only these are looked up in the store, so
that no other query waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers of the store: for each text the ids of the cards that contain it, by card id the
    state of the newest run, and the ids of the cards in conflict. None means not looked up."""

    written: Mapping[str, frozenset[str]] = field(default_factory=dict)
    runs: Mapping[str, str] | None = None
    undecided: frozenset[str] | None = None

    def plus(self, more: Answers) -> Answers:
        """Both answers combined."""
        return Answers(
            {**self.written, **more.written},
            self.runs if more.runs is None else more.runs,
            self.undecided if more.undecided is None else more.undecided,
        )


class StoreTerms(NamedTuple):
    """The texts to search for in cards, whether runs are asked for, and whether conflicts are
    (`undecided`)."""

    texts: tuple[str, ...] = ()
    runs: bool = False
    undecided: bool = False

    def beyond(self, answers: Answers) -> StoreTerms:
        """The terms that these answers do not cover yet."""
        return StoreTerms(
            tuple(text for text in self.texts if text not in answers.written),
            self.runs and answers.runs is None,
            self.undecided and answers.undecided is None,
        )
