"""Models in use: their alerts, and the cards that train them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlkanban.core import lineage, model_health
from mlkanban.core.board import OUT_OF_USE, CardFace, Health, Outcome
from mlkanban.core.card import to_json
from mlkanban.core.events import Change
from mlkanban.core.metrics import parse_reading
from mlkanban.core.model_health import HealthReading
from mlkanban.core.timestamps import instant
from mlkanban.errors import RuleRefused, UsageProblem
from mlkanban.hints import hint
from mlkanban.service.card_writes import write_edit
from mlkanban.service.consequences import open_retrain
from mlkanban.service.model_release import add_next_version
from mlkanban.service.transaction import Context, Done, Transaction
from mlkanban.text import accept, accept_title


class Retraining:
    """Readings of models in use, their health, and the cards that train them again."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def record_readings(
        self, ref: str, metrics: Sequence[str], threshold: str = "", note: str = ""
    ) -> Done:
        """Record readings of metrics of a model in use (`psi=0.31`), and whether each passes a
        threshold (`>0.2`), without one that of its last reading. An alert of a model that is being
        retrained becomes a note on the card that retrains it."""
        values = [parse_reading(accept_title(metric)) for metric in metrics]
        limit = model_health.parse_threshold(threshold) if threshold else None
        note = accept(note, "the note").strip()
        with self._context.writing() as tx:
            face = _in_use(tx, ref)
            known = {r.metric: r.threshold for r in model_health.readings(tx.fields(face))}
            said, joined = [], ""
            for name, value in values:
                threshold_now = limit or _last_limit(name, known)
                reading = HealthReading(
                    name,
                    value,
                    str(threshold_now),
                    threshold_now.passed(value),
                    instant(tx.now),
                    note,
                )
                health, joined = _tell(tx, tx.face(face.ref), reading)
                where = f"; noted on {joined}" if joined else ""
                said.append(f"{reading.text}; {health.value}{where}")
            refs = [face.ref, *([joined] if joined else [])]
            message = f"{face.ref}: {'. '.join(said)}."
            return tx.done(message, [tx.card(card_ref) for card_ref in refs])

    def retrain(self, ref: str, title: str = "", *, stage_id: str = "") -> Done:
        """A new card that trains a model again, with its metric, data and tags; what the model
        reaches is the baseline. A model has one such card at a time: an open one is answered."""
        with self._context.writing(slots=True) as tx:
            return retrain_model(tx, ref, title, stage_id)

    def judge(self, refs: Sequence[str], health: Health | None) -> Done:
        """Say how models in use are doing."""
        with self._context.writing() as tx:
            for face in map(tx.face, refs):
                write_edit(tx, face, {"health": health and health.value})
            cards = [tx.card(ref) for ref in refs]
            names = ", ".join(card.ref for card in cards)
            return tx.done(f"{names}: {health.value if health else 'no health'}.", cards)


def retrain_model(tx: Transaction, ref: str, title: str = "", stage_id: str = "") -> Done:
    """Add the card that trains a model in use again, or answer the open one."""
    face = _in_use(tx, ref)
    if face.health in OUT_OF_USE:
        raise RuleRefused(
            f"{face.ref} is {face.health}: it is not in use any more.",
            hint("If it is: {edit {} --health ok}", face.ref),
        )
    present = open_retrain(tx.conn, face)
    if present is not None:
        write_edit(tx, face, {"health": Health.RETRAINING.value})
        message = f"{face.ref} is being retrained already: {present.ref}."
        done = tx.done(message, (tx.card(present.ref), tx.card(face.ref)))
        return done if done.changed else Done(message, done.cards, changed=False)
    board, champion = tx.board_of(face), tx.card(face.ref)
    fields: dict[str, Any] = {
        "title": accept_title(title) if title.strip() else f"Retrain {champion.title}",
        "type": champion.type, "tags": champion.tags, "dataset": champion.dataset,
        "priority": champion.priority,
        "lineage": [f"{lineage.LineageKind.RETRAIN_OF}:{face.ref}"],
        "guards": [{**to_json(guard), "value": None} for guard in champion.guards],
    }  # fmt: skip
    if champion.metric is not None:
        same = {**to_json(champion.metric), "value": None}
        reached = champion.measured and champion.measured.value
        fields["metric"] = same | ({} if reached is None else {"baseline": reached})
    made, warning = add_next_version(
        tx, board, stage_id, fields, champion, late="nothing is trained there"
    )
    alerts = [reading for reading in champion.readings if reading.alert]
    if alerts:
        text = _noted(face, alerts)
        tx.write(Change("card.noted", board.id, card=made.id, note=text))
    write_edit(tx, face, {"health": Health.RETRAINING.value})
    cards = (tx.card(made.ref), tx.card(face.ref))
    where = board.stage(made.stage).name
    return tx.done(f"{made.ref} retrains {face.ref}, in {where}.", cards, warning)


def _tell(tx: Transaction, face: CardFace, reading: HealthReading) -> tuple[Health, str]:
    """Write a reading: the health it leaves the model in, and the card that retrains the model if
    an alert was noted there."""
    fields = tx.fields(face)
    others = any(
        other.alert and other.metric != reading.metric for other in model_health.readings(fields)
    )
    was = Health(face.health) if face.health else None
    now = model_health.after_reading(was, reading.alert, others)
    values: dict[str, Any] = {model_health.PREFIX + reading.metric: reading.to_field()}
    if now != was:
        values["health"] = now.value
    tx.write(tx.change(model_health.ALERTED, face, values, note=reading.note))
    joined = open_retrain(tx.conn, face) if reading.alert and now is Health.RETRAINING else None
    if joined is None:
        return now, ""
    tx.write(tx.change("card.noted", joined, {}, note=_noted(face, [reading])))
    return now, joined.ref


def _last_limit(metric: str, known: Mapping[str, str]) -> model_health.Threshold:
    """The threshold that a metric was compared with last."""
    try:
        return model_health.parse_threshold(known[metric])
    except (KeyError, UsageProblem):
        raise UsageProblem(
            f"{metric} has no threshold yet.",
            "Name it once: --threshold 0.2, '>0.2' or '<0.8'.",
        ) from None


def _in_use(tx: Transaction, ref: str) -> CardFace:
    face = tx.face(ref)
    if face.archived:
        raise RuleRefused(
            f"{face.ref} is archived.", hint("Bring it back: {archive {} --restore}", face.ref)
        )
    if face.outcome != Outcome.SHIPPED:
        raise RuleRefused(
            f"{face.ref} is not in use: it was not shipped.", "Move it past delivery first."
        )
    return face


def _noted(face: CardFace, alerts: Sequence[HealthReading]) -> str:
    """A note about the alerts of a model."""
    lines = [
        f"Alert on {face.ref}: {reading.text}" + (f". {reading.note}" if reading.note else "")
        for reading in alerts
    ]
    return "\n".join(lines)
