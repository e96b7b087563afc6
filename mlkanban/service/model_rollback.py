"""Rolling a model back: the version before it is in use again, and a card asks why it failed."""

from __future__ import annotations

from typing import Any

from mlkanban.core import lineage
from mlkanban.core.board import OUT_OF_USE, Board, CardFace, Health, Outcome, in_use
from mlkanban.core.events import Change
from mlkanban.core.lineage import LineageKind
from mlkanban.core.metrics import has_direction, number_text, reaches
from mlkanban.core.model_versions import ROLLED_BACK
from mlkanban.errors import RuleRefused
from mlkanban.hints import hint
from mlkanban.service.card_writes import write_new
from mlkanban.service.fields import checked, flat
from mlkanban.service.model_names import find_version
from mlkanban.service.model_records import (
    ModelVersion,
    asks_why,
    question_of,
    version_of,
    versions_of,
)
from mlkanban.service.transaction import Done, Transaction
from mlkanban.store import model_queries, repository
from mlkanban.store.database import Connection


def roll_back(tx: Transaction, board: Board, name: str, reason: str) -> Done:
    """Take a version out of use because it failed: the version before it is in use again, and a
    card is added that asks why."""
    face = find_version(tx.conn, board.id, name)
    if not in_use(face):
        raise RuleRefused(
            f"{face.ref} is not in use{f': it is {face.health}' * bool(face.health)}.",
            "Only a model in use is rolled back.",
        )
    failed = version_of(tx.conn, face)
    before = _predecessor(tx.conn, board.id, failed)
    if before is None:
        raise RuleRefused(
            f"There is no version before {failed.name} to go back to.",
            hint("Take it out of use instead: {edit {} --health retired}", face.ref),
        )
    values = {"health": Health.ROLLED_BACK.value}
    tx.write(tx.change(ROLLED_BACK, face, values, reason=reason))
    again: dict[str, Any] = {}
    if before.face.health in OUT_OF_USE:
        again["health"] = Health.OK.value
    if before.face.archived:
        again["archived"] = False
    if again:
        tx.write(tx.change("card.edited", before.face, again))
    # A merge may have left more versions in use than one.
    for other in model_queries.versions(tx.conn, board.id):
        beside = other.is_of(before.card.model) and other.face.id != before.face.id
        if beside and in_use(other.face):
            superseded = {"health": Health.SUPERSEDED.value}
            tx.write(tx.change("card.edited", other.face, superseded))
    question = _ask_why(tx, board, failed, reason)
    cards = (tx.card(before.face.ref), tx.card(face.ref), tx.card(question.ref))
    message = (
        f"{failed.name} ({face.ref}) is rolled back: {before.name} ({before.face.ref}) is"
        f" in use again. {question.ref} asks why."
    )
    return tx.done(message, cards)


def _ask_why(tx: Transaction, board: Board, failed: ModelVersion, reason: str) -> CardFace:
    """The card that asks why a version failed; while one is open no second one is made."""
    fields = {
        "title": question_of(failed), "tags": failed.card.tags, "dataset": failed.card.dataset,
        "lineage": [f"{LineageKind.FOLLOW_UP_OF}:{failed.face.ref}"],
    }  # fmt: skip
    coming = model_queries.coming(tx.conn, board.id)
    made = next((card.face for card in coming if asks_why(card.face, failed)), None) or write_new(
        tx, board, board.stages[0],
        flat(checked({name: value for name, value in fields.items() if value})),
    )  # fmt: skip
    alerts = [reading.text for reading in failed.card.readings if reading.alert]
    note = "\n".join([f"Rolled back: {reason}", *(f"Alert: {text}" for text in alerts)])
    tx.write(Change("card.noted", board.id, card=made.id, note=note))
    return made


def worse_text(tx: Transaction, ref: str) -> str:
    """That a version that was just taken into use measures worse than the one that it replaces, as
    a sentence; '' where it does not, or where that is not known."""
    face = tx.face(ref)
    new = version_of(tx.conn, face)
    old = _predecessor(tx.conn, repository.board_id(tx.conn, face), new) if in_use(face) else None
    ours, theirs = new.card.measured, old and old.card.measured
    if not (old and ours and theirs) or ours.name != theirs.name:
        return ""
    if ours.value is None or theirs.value is None or ours.value == theirs.value:
        return ""
    metric = tx.fields(face).get("metric") or {}
    if not has_direction(metric) or reaches({**metric, "target": theirs.value}, ours.value):
        return ""
    return (
        f"{new.name} measures worse than {old.name}, which it replaces: {ours.name}"
        f" {number_text(ours.value)} after {number_text(theirs.value)}."
    )


def _predecessor(conn: Connection, board_id: str, failed: ModelVersion) -> ModelVersion | None:
    """The version to go back to: of those before it that were not rolled back or retired, whatever
    a merge made of their health, the one delivered last."""
    origins = lineage.origins(failed.face, LineageKind.RETRAIN_OF)
    before = [
        card.face
        for card in model_queries.versions(conn, board_id)
        if card.face.id != failed.face.id
        and card.face.outcome == Outcome.SHIPPED
        and (card.face.health == Health.SUPERSEDED or in_use(card.face))
        and card.face.finished_at <= failed.face.finished_at
        and (card.face.ref in origins or card.is_of(failed.card.model))
    ]
    latest_first = sorted(before, key=lambda face: (face.finished_at, face.id), reverse=True)
    versions = versions_of(conn, latest_first)
    return next((version for version in versions if not version.life.failed), None)
