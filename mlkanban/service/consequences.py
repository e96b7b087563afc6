"""What follows by itself, whatever command brings it about: the health of models in use when a card
ends or is open again, and the end of blocks that lift themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from mlkanban.core import lineage
from mlkanban.core.actors import CONDITION
from mlkanban.core.board import OUT_OF_USE, CardFace, Health, Outcome, in_use
from mlkanban.core.events import Change, Event, changes
from mlkanban.service.transaction import Context, Done
from mlkanban.store import model_queries, repository, run_queries
from mlkanban.store.database import Connection
from mlkanban.store.rows import board_of

_DECIDED = (Health.RETIRED, Health.ROLLED_BACK)
"""What a person decided of a model; what becomes of cards that retrain it changes nothing."""


def health_after_end(conn: Connection, event: Event) -> Iterator[Change]:
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


def one_version_in_use(conn: Connection, event: Event) -> Iterator[Change]:
    """The changes of models that follow from an event that delivered a version or named it.

    Of the versions of one model that are in use the one delivered last stays so, and the others are
    superseded. A version that was superseded, retired or rolled back is left as it is.
    """
    if not event.card or event.undoes or not changes(event).keys() & {"outcome", "model"}:
        return
    face = next(iter(repository.faces_of(conn, (event.card,))), None)
    if face is None or face.outcome != Outcome.SHIPPED or face.health in OUT_OF_USE:
        return
    model = model_queries.named(conn, face).model
    if not model:
        return
    board = repository.board_id(conn, face)
    others = [
        other.face
        for other in model_queries.versions(conn, board)
        if other.face.id != face.id and in_use(other.face) and other.is_of(model)
    ]
    newer = any(other.finished_at > face.finished_at for other in others)
    if newer or not face.health:
        yield _change(conn, face, Health.SUPERSEDED if newer else Health.OK)
    for other in others if not newer else ():
        yield _change(conn, other, Health.SUPERSEDED)


def _after(conn: Connection, face: CardFace, champion: CardFace) -> Health | None:
    """The health of a model after what happened to a card that retrains it; None for no change."""
    if champion.outcome != Outcome.SHIPPED or champion.health in _DECIDED:
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


class Conditions:
    """Blocks that lift themselves: when a day comes, a card is finished, or a run ends."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def lift(self) -> Done:
        """Lift every block whose condition holds by now, on all boards, and say why."""
        if self._context.store.read_only:
            return Done("", changed=False)
        with self._context.store.reading() as conn:
            waiting = any(True for _ in _due(conn, self._context.clock()))
        if not waiting:
            return Done("", changed=False)
        sentences = []
        with replace(self._context, actor=CONDITION).writing() as tx:
            for face, cause in list(_due(tx.conn, tx.now)):
                tx.write(tx.change("card.unblocked", face, {"blocker": None}, reason=cause))
                sentences.append(f"{face.ref} is not blocked any more: {cause}.")
            return tx.done(" ".join(sentences))


def _due(conn: Connection, now: datetime) -> Iterator[tuple[CardFace, str]]:
    """Each open card whose block is to be lifted, and why."""
    for face, until in repository.waiting(conn):
        kind, _, name = until.partition(":")
        if kind == "card":
            other = repository.face_by_ref(conn, name)
            if other is not None and not other.is_open:
                yield face, f"{other.ref} is {other.outcome or 'archived'}"
        elif kind == "run":
            if run_queries.end_of_run(conn, until):
                yield face, f"run {name} has ended"
        else:
            zone = ZoneInfo(board_of(conn, repository.board_id(conn, face)).timezone)
            if until <= now.astimezone(zone).date().isoformat():
                yield face, f"{until} has come"
