"""Models in use: released, watched, looked at again, and rolled back."""

from __future__ import annotations

from mlkanban.core.board import OUT_OF_USE, Board, Health, Outcome, in_use
from mlkanban.core.look_again import EVERY_DAYS, LookAgain, parse_look
from mlkanban.core.model_versions import VersionName
from mlkanban.errors import RuleRefused, UsageProblem
from mlkanban.service.card_writes import write_edit
from mlkanban.service.model_names import find_model, find_version, name_use, proposed
from mlkanban.service.model_records import ModelInUse, ModelRecord, models_in_use, record_of
from mlkanban.service.model_release import release_card
from mlkanban.service.model_rollback import roll_back, worse_text
from mlkanban.service.transaction import Context, Done, Transaction, find_face
from mlkanban.text import accept

_URGENT = {Health.ALERT: 1, Health.WATCH: 2, Health.RETRAINING: 3}
"""Which models in use come first, after those that are silent."""


class ModelsInUse:
    """What people do with models in use."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def all(self, board: Board) -> list[ModelInUse]:
        """The models in use of a board: silent and alerting ones first, then by name."""
        now = self._context.clock()
        with self._context.store.reading() as conn:
            models = models_in_use(conn, board, now)
        return sorted(
            models,
            key=lambda model: (
                0 if model.silence else _URGENT.get(Health(model.version.face.health), 4),
                model.version.name.casefold(),
                model.version.face.id,
            ),
        )

    def record(self, board: Board, name: str) -> ModelRecord:
        """The change record of a model, by its name, by name and version, or by a card of it."""
        now = self._context.clock()
        with self._context.store.reading() as conn:
            return record_of(conn, board, find_model(conn, board.id, name), now)

    def ref_of(self, board: Board, name: str) -> str:
        """The card of the version in use of a model, by its name, or a card by its id; NotFound
        when there is none."""
        with self._context.store.reading() as conn:
            return find_version(conn, board.id, name).ref

    def proposal(self, ref: str) -> VersionName:
        """What a delivered card is most likely in use as."""
        with self._context.store.reading() as conn:
            return proposed(conn, find_face(conn, ref), self._context.actor)

    def release(self, ref: str, title: str = "", *, stage_id: str = "") -> Done:
        """A new card that releases what a card found: its metric at the chosen configuration, with
        the model in use as baseline, and the gates of a release. A card has one open release at a
        time: an open one is answered."""
        with self._context.writing(slots=True) as tx:
            return release_card(tx, ref, title, stage_id)

    def use(self, ref: str, named: VersionName) -> Done:
        """Say what a delivered card is in use as; the version before it is superseded."""
        with self._context.writing() as tx:
            face = tx.face(ref)
            if face.outcome != Outcome.SHIPPED:
                raise RuleRefused(
                    f"{face.ref} is not in use: it was not shipped.",
                    "Move it past delivery first.",
                )
            name_use(tx, face, named)
            card = tx.card(face.ref)
            name = f"{card.model} {card.version}"
            message = f"{card.ref} is in use as {name}."
            if card.health in OUT_OF_USE:
                message = f"{card.ref} was in use as {name}; it is {card.health}."
            return tx.done(message, (card,), worse_text(tx, ref))

    def roll_back(self, board: Board, name: str, reason: str) -> Done:
        """Take a version out of use because it failed: the version before it is in use again, and
        a card is added that asks why."""
        reason = accept(reason, "the reason").strip()
        if not reason:
            raise UsageProblem("A rollback needs a reason.", "Say what failed.")
        with self._context.writing() as tx:
            return roll_back(tx, board, name, reason)

    def look_again(self, board: Board, name: str, when: str) -> Done:
        """When a model in use is looked at again: a day, `every 90d`, with `retrain`; none clears
        it."""
        with self._context.writing() as tx:
            face = find_version(tx.conn, board.id, name)
            today = board.day_of(tx.now)
            look = parse_look(when, today)
            if look is not None and look.day <= today:
                raise UsageProblem(f"{look.day} does not lie ahead.", "Name a later day.")
            write_edit(tx, face, {"look_again": str(look) if look else None})
            card = tx.card(face.ref)
            return tx.done(f"{face.ref}: {_look_text(look)}.", (card,))

    def keep(self, ref: str) -> Done:
        """Decide that a model in use stays: the next look at it is one span of time from now."""
        with self._context.writing() as tx:
            message = keep_model(tx, ref)
            return tx.done(message, (tx.card(ref),))


def keep_model(tx: Transaction, ref: str) -> str:
    """Decide that a model in use stays, and answer when somebody looks at it again."""
    face = tx.face(ref)
    if not in_use(face):
        raise RuleRefused(
            f"{face.ref} is not a model in use.", "Say what it is in use as once it is shipped."
        )
    today = tx.board_of(face).day_of(tx.now)
    kept = (tx.card(face.ref).look_again or LookAgain(today)).kept(today)
    write_edit(tx, face, {"look_again": str(kept)})
    return f"{face.ref} stays: {_look_text(kept)}."


def _look_text(look: LookAgain | None) -> str:
    """When a model is looked at again, in a sentence."""
    default = f"{EVERY_DAYS} days after it came into use"
    return f"look again {look.text if look else default}"
