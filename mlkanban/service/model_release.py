"""Cards that make the next version of a model, with the gates of a release."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlkanban.core import lineage
from mlkanban.core.board import Board, CardFace, CardType, Outcome, Work, in_use
from mlkanban.core.card import Card, to_json
from mlkanban.core.card_templates import card_template
from mlkanban.core.events import Change
from mlkanban.core.lineage import LineageKind
from mlkanban.errors import RuleRefused
from mlkanban.hints import hint
from mlkanban.service.card_writes import write_new
from mlkanban.service.enforce import enter
from mlkanban.service.fields import checked, flat
from mlkanban.service.model_names import champion, next_use
from mlkanban.service.model_records import configuration_text, results_of
from mlkanban.service.transaction import Done, Transaction, find_stage_by_id
from mlkanban.store import repository
from mlkanban.store.database import Connection
from mlkanban.text import accept_title

if TYPE_CHECKING:
    from mlkanban.runs.model.results import Configuration

RELEASE = "model-release"
"""The card template whose gates releases and retrained models have."""
_NAMED_RUNS = 5


def release_card(tx: Transaction, ref: str, title: str = "", stage_id: str = "") -> Done:
    """Add the card that releases what a card found, or answer the open one."""
    face = tx.face(ref)
    _check_release(tx, face)
    board = tx.board_of(face)
    if present := _open_release(tx.conn, board.id, face):
        message = f"{face.ref} has an open release: {present.ref}."
        return Done(message, (tx.card(present.ref),), changed=False)
    card, found = tx.card(face.ref), results_of(tx.conn, face)
    chosen = found.chosen if found else None
    replaced = champion(tx.conn, board.id, face)
    before = tx.card(replaced.ref) if replaced else None
    fields = {
        "title": accept_title(title) if title.strip() else f"Release {card.title}",
        "type": CardType.MODEL, "tags": card.tags, "dataset": card.dataset,
        "priority": card.priority, "owner": card.owner,
        "configuration": configuration_text(chosen) if chosen else card.configuration,
        "lineage": [f"{LineageKind.RELEASE_OF}:{face.ref}"],
        **_measures(card, chosen, before),
    }  # fmt: skip
    made, warning = add_next_version(
        tx, board, stage_id, fields, before, late="a release begins before that"
    )
    if found and chosen:
        text = f"From {face.ref}: {found.name} {chosen.summary_by_label}\n{_runs_text(chosen)}"
        tx.write(Change("card.noted", board.id, card=made.id, note=text))
    cards = (tx.card(face.ref), tx.card(made.ref))
    where = board.stage(made.stage).name
    return tx.done(f"{made.ref} releases {face.ref}, in {where}.", cards, warning)


def add_next_version(
    tx: Transaction,
    board: Board,
    stage_id: str,
    fields: Mapping[str, Any],
    before: Card | None,
    *,
    late: str,
) -> tuple[CardFace, str]:
    """Add a card that makes a model with these fields, the next version after the one `before` it,
    and a warning. `late` says why no such card is added past delivery."""
    stage = find_stage_by_id(board, stage_id) if stage_id else board.stages[0]
    if board.is_delivered(stage.id):
        raise RuleRefused(f"{stage.name} lies past delivery: {late}.", "Name an earlier stage.")
    warning, _ = enter(tx, board, stage, Work.ATTENDED, None, override="")
    template = card_template(RELEASE)
    assert template is not None
    wanted = {**fields, "checklist": template.fields(board)["checklist"]}
    wanted |= next_use(tx, before) if before else {}
    set_fields = {name: value for name, value in wanted.items() if value}
    return write_new(tx, board, stage, flat(checked(set_fields))), warning


def _check_release(tx: Transaction, face: CardFace) -> None:
    if face.outcome in (Outcome.ABANDONED, Outcome.DISCARDED):
        raise RuleRefused(
            f"{face.ref} is {face.outcome}: there is nothing to release.", "Name another card."
        )
    if lineage.origins(face, LineageKind.RELEASE_OF) and face.is_open:
        raise RuleRefused(
            f"{face.ref} is a release itself.", "Move it past delivery to take it into use."
        )
    if in_use(face):
        raise RuleRefused(
            f"{face.ref} is a model in use already.",
            hint("Train it again, {retrain {}}, or release another card.", face.ref),
        )


def _open_release(conn: Connection, board_id: str, face: CardFace) -> CardFace | None:
    tie = f"{LineageKind.RELEASE_OF}:{face.ref}"
    return next((card for card in repository.tied(conn, board_id, tie) if card.is_open), None)


def _runs_text(chosen: Configuration) -> str:
    """The runs of a configuration and the command of the newest: what it takes to repeat them."""
    ids = [run.id for run in chosen.runs]
    many = "" if len(ids) <= _NAMED_RUNS else f" and {len(ids) - _NAMED_RUNS} more"
    text = f"Runs: {', '.join(ids[-_NAMED_RUNS:])}{many}"
    argv = chosen.runs[-1].argv
    return f"{text}\nCommand of the last one: {shlex.join(argv)}" if argv else text


def _measures(card: Card, chosen: Configuration | None, before: Card | None) -> dict[str, Any]:
    """The metric and the guards of a release: at the values of the chosen configuration, with the
    model in use as baseline where it has that metric."""
    fields: dict[str, Any] = {}
    measured: Mapping[str, float | None] = {}
    if chosen is not None:
        measured = {guard.name: guard.mean for guard in chosen.guards}
    fields["guards"] = [
        {**to_json(guard), "value": measured.get(guard.name, guard.value)} for guard in card.guards
    ]
    if card.metric is not None:
        value = chosen.mean if chosen is not None else card.metric.value
        fields["metric"] = {**to_json(card.metric), "value": value}
        reached = before.measured if before else None
        if reached and reached.name == card.metric.name and reached.value is not None:
            fields["metric"]["baseline"] = reached.value
    return fields
