"""What follows for models in use when a card is finished, re-opened or archived, whatever command
does it."""

from __future__ import annotations

from collections.abc import Iterator

from mlkanban.core import lineage
from mlkanban.core.events import Change, Event, changes
from mlkanban.core.models import CardFace, Health, Outcome
from mlkanban.store import repository
from mlkanban.store.database import Connection


def after_end(conn: Connection, event: Event) -> Iterator[Change]:
    """The changes of models that follow from an event that ended or re-opened a card.

    A retrained model that is shipped is ok, and the one before it is superseded; a retraining that
    ends otherwise leaves the model at alert. A card that is no longer shipped has no health. The
    undo of an event restores what followed from it, too.
    """
    ends = changes(event).keys() & {"outcome", "archived"}
    if not event.card or not ends or event.undoes:
        return
    face = next(iter(repository.faces_of(conn, (event.card,))), None)
    if face is None:
        return
    shipped = face.outcome == Outcome.SHIPPED
    if shipped and "outcome" not in ends:
        return  # a shipped card that is archived was shipped before
    if face.health and not shipped:
        yield _change(conn, face, None)
    before = lineage.origins(face, lineage.LineageKind.RETRAIN_OF)
    if shipped and before and not face.health:
        yield _change(conn, face, Health.OK)
    for champion in filter(None, (repository.face_by_ref(conn, ref) for ref in before)):
        health = _after(conn, face, champion)
        if health and health != champion.health:
            yield _change(conn, champion, health)


def _after(conn: Connection, face: CardFace, champion: CardFace) -> Health | None:
    """The health of a model after what happened to a card that retrains it; None for no change."""
    if champion.outcome != Outcome.SHIPPED or champion.health == Health.RETIRED:
        return None
    if face.outcome == Outcome.SHIPPED:
        return Health.SUPERSEDED
    if face.is_open or open_retrain(conn, champion) is not None:
        return Health.RETRAINING if champion.health else None
    return Health.ALERT if champion.health == Health.RETRAINING else None


def open_retrain(conn: Connection, champion: CardFace) -> CardFace | None:
    """The open card that retrains a model, if there is one."""
    board = repository.board_id(conn, champion)
    tie = f"{lineage.LineageKind.RETRAIN_OF}:{champion.ref}"
    return next((card for card in repository.tied(conn, board, tie) if card.is_open), None)


def _change(conn: Connection, face: CardFace, health: Health | None) -> Change:
    board = repository.board_id(conn, face)
    return Change("card.edited", board, card=face.id, set={"health": health and health.value})
