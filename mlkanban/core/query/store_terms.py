"""The terms of a query that card faces cannot answer. Only these are looked up in the store, so
that no other query waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import NamedTuple

from mlkanban.records import record

ANYTHING = ""
"""The text that every field says which is not empty."""


class FieldText(NamedTuple):
    """A text that is looked for in one field (core/card_fields.py), in any case."""

    field: str
    text: str


@record(frozen=True, slots=True)
class Answers:
    """Answers of the store: for each text the ids of the cards that contain it, by card id the
    state of the newest run, the ids of the cards in conflict, for each text in a field the ids of
    the cards that contain it there, and by card id who did something with it. None means not
    looked up."""

    written: Mapping[str, frozenset[str]] = field(default_factory=dict)
    runs: Mapping[str, str] | None = None
    conflicts: frozenset[str] | None = None
    fields: Mapping[FieldText, frozenset[str]] = field(default_factory=dict)
    actors: Mapping[str, frozenset[str]] | None = None

    def plus(self, more: Answers) -> Answers:
        """Both answers combined."""
        return Answers(
            {**self.written, **more.written},
            self.runs if more.runs is None else more.runs,
            self.conflicts if more.conflicts is None else more.conflicts,
            {**self.fields, **more.fields},
            self.actors if more.actors is None else more.actors,
        )


class StoreTerms(NamedTuple):
    """The texts to search for in cards, whether runs are asked for, whether conflicts are
    (`undecided`), the texts to search for in single fields, and whether actors are asked for."""

    texts: tuple[str, ...] = ()
    runs: bool = False
    conflicts: bool = False
    fields: tuple[FieldText, ...] = ()
    actors: bool = False

    def beyond(self, answers: Answers) -> StoreTerms:
        """The terms that these answers do not cover yet."""
        return StoreTerms(
            tuple(text for text in self.texts if text not in answers.written),
            self.runs and answers.runs is None,
            self.conflicts and answers.conflicts is None,
            tuple(field for field in self.fields if field not in answers.fields),
            self.actors and answers.actors is None,
        )
