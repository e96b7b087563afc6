"""The runs that belong to a card: those it got last, where duplicates moved runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlkanban.core.events import Entity, holders
from mlkanban.runs.model.run import PREFIX, Run, runs_in
from mlkanban.store import repository, run_queries

if TYPE_CHECKING:
    from mlkanban.store.database import Connection


def own_runs(conn: Connection, card_id: str) -> tuple[Mapping[str, Any], list[Run]]:
    """The fields of a card, and those of its runs that were not moved to another card."""
    entities = where_runs_went(conn, card_id)
    return entities[card_id].fields, held_runs(entities)[card_id]


def where_runs_went(conn: Connection, card_id: str) -> dict[str, Entity]:
    """A card and those its runs went to, by id."""
    return {card: repository.entity(conn, card) for card in run_queries.runs_went(conn, card_id)}


def held_runs(entities: Mapping[str, Entity]) -> dict[str, list[Run]]:
    """The runs of each of these cards, newest first, by card id: a run belongs to the card that got
    it last."""
    has = holders(entities, PREFIX)
    return {
        card: [run for run in runs_in(entity.fields) if has[run.id] == card]
        for card, entity in entities.items()
    }
