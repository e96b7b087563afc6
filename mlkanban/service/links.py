"""Runs that trackers tell of, linked to cards: by a tag of theirs, or by a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mlkanban.core.events import Change, Entity, holders
from mlkanban.core.models import CardFace
from mlkanban.core.runs.model import PREFIX, Run, runs_in
from mlkanban.core.runs.tracked import IGNORED, Tracked, ours
from mlkanban.errors import NotFound, RuleRefused
from mlkanban.service.transaction import Desk, Done, Transaction
from mlkanban.store import repository, steps
from mlkanban.store.database import Connection

_LINK = "link:"


@dataclass(frozen=True, slots=True)
class Synced:
    """What a look at trackers brought: refs of runs that were linked, of those with news, and the
    runs that belong to no card yet."""

    linked: tuple[tuple[str, str], ...]
    changed: tuple[str, ...]
    unlinked: tuple[Tracked, ...]


class Links:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def link(self, ref: str, one: Tracked) -> Done:
        """Say that a run of a tracker is one of a card."""
        with self._desk.writing() as tx:
            face = tx.face(ref)
            other = holders(_linked(tx.conn), _LINK).get(one.ref)
            if other is not None and other != face.id:
                [has] = repository.faces_of(tx.conn, (other,)) or [face]
                raise RuleRefused(
                    f"{one.ref} is linked to {has.ref} already.",
                    f"Unlink it there first: mlkanban unlink {has.ref} {one.ref}",
                )
            if other is None:
                _link(tx, face, one)
            return tx.done(f"{one.ref} linked to {face.ref}.", (tx.card(face.ref),))

    def unlink(self, ref: str, name: str) -> Done:
        """Take a run of a tracker off a card; a tag of its does not bring it back."""
        with self._desk.writing() as tx:
            face = tx.face(ref)
            fields = tx.writer.projector.entity(face.id).fields
            if not fields.get(_LINK + name):
                raise NotFound(
                    f"{name} is not linked to {face.ref}.",
                    f"See: mlkanban runs {face.ref}",
                )
            values: dict[str, Any] = {_LINK + name: None}
            if fields.get(PREFIX + name):
                values[PREFIX + name] = None
            tx.write(tx.change("run.unlinked", face, values))
            return tx.done(f"{name} unlinked from {face.ref}.", (tx.card(face.ref),))

    def ignore(self, board_id: str, refs: Sequence[str]) -> Done:
        """Never list these runs of trackers again, until it is undone."""
        with self._desk.writing() as tx:
            values = {IGNORED + ref: True for ref in refs}
            had = tx.writer.projector.entity(board_id).fields
            if new := {name: True for name in values if not had.get(name)}:
                tx.write(Change("run.ignored", board_id, set=new))
            return tx.done(f"Ignored from now on: {', '.join(refs)}.")

    def places(self) -> list[str]:
        """The files that runs of cards were read from."""
        with self._desk.store.reading() as conn:
            linked = _linked(conn).values()
            found = {run.where for entity in linked for run in runs_in(entity.fields)}
        return sorted(found - {""})

    def sync(self, told: Sequence[Tracked]) -> Synced:
        """Link the runs that are tagged with a card, and keep what is new about linked ones. Again
        and again, it writes nothing that is known."""
        with self._desk.store.reading() as conn:
            entities, ignored = _linked(conn), _ignored(conn)
            cards = holders(entities, _LINK)
            wanted: list[tuple[Tracked, str, bool]] = []
            unlinked: list[Tracked] = []
            for one in told:
                card = cards.get(one.ref, "")
                if card:
                    if _news(entities[card].fields, one):
                        wanted.append((one, card, False))
                    continue
                face = repository.face_by_ref(conn, one.card) if one.card else None
                had = repository.entity(conn, face.id).fields if face else {}
                # Taken off by a person: that is not for a tag to take back.
                if face is None or _LINK + one.ref in had:
                    if one.ref not in ignored:
                        unlinked.append(one)
                elif not _waits(one, runs_in(had)):
                    wanted.append((one, face.id, True))
        linked, changed = [], []
        for one, card, new in wanted:
            with replace(self._desk, actor=PREFIX + one.ref).writing() as tx:
                face = next(iter(repository.faces_of(tx.conn, (card,))), None)
                if face is None:
                    continue
                state = tx.writer.projector.entity(card).fields
                if new and _LINK + one.ref not in state:
                    _link(tx, face, one)
                    linked.append((one.ref, face.ref))
                elif not new and state.get(_LINK + one.ref) and _news(state, one):
                    values = _record(state, one)
                    tx.write(_change(tx, "run.changed", face, values))
                    changed.append(one.ref)
        return Synced(tuple(linked), tuple(changed), tuple(unlinked))


def _linked(conn: Connection) -> dict[str, Entity]:
    """The cards that runs of trackers are linked to, by id."""
    cards = steps.with_links(conn)
    faces = repository.faces_of(conn, tuple(cards))
    return {face.id: repository.entity(conn, face.id) for face in faces}


def _ignored(conn: Connection) -> set[str]:
    return {
        name.removeprefix(IGNORED)
        for board in repository.boards(conn)
        for name, there in repository.entity(conn, board.id).fields.items()
        if there and name.startswith(IGNORED)
    }


def _waits(one: Tracked, runs: Iterable[Run]) -> bool:
    """Whether it is the record of a run of ours that still goes on: its end comes first."""
    own = ours(one, [*runs])
    return own is not None and not own.state.ended


def _own(fields: Mapping[str, Any], one: Tracked) -> Run | None:
    """The run of ours it is joined to, or would be."""
    runs = runs_in(fields)
    return next((run for run in runs if run.tracked == one.ref), None) or ours(one, runs)


def _record(fields: Mapping[str, Any], one: Tracked) -> dict[str, Any]:
    """The fields of a card that keep a run of a tracker: one of its own, or the run of ours that it
    is the record of. The card's metric follows its newest run."""
    own = _own(fields, one)
    if own is not None and own.state.ended:
        metrics = {**own.metrics, **one.numbers}
        run = replace(own, tracked=one.ref, says=one.says, where=one.where, metrics=metrics)
    else:
        run = one.as_run()
    values: dict[str, Any] = {PREFIX + run.id: run.to_field()}
    if run.tracked and fields.get(PREFIX + one.ref):
        values[PREFIX + one.ref] = None  # it was heard of before the run of ours
    metric = fields.get("metric")
    name = metric.get("name") if metric else ""
    others = [
        other for other in runs_in(fields)
        if other.id not in (run.id, one.ref) and name in other.metrics
    ]  # fmt: skip
    if metric and name in run.metrics and all(o.started <= run.started for o in others):
        values["metric"] = {**metric, "value": run.metrics[name]}
    return {name: value for name, value in values.items() if fields.get(name) != value}


def _news(fields: Mapping[str, Any], one: Tracked) -> bool:
    return any(name.startswith(PREFIX) for name in _record(fields, one))


def _link(tx: Transaction, face: CardFace, one: Tracked) -> None:
    fields = tx.writer.projector.entity(face.id).fields
    values = {_LINK + one.ref: True, **_record(fields, one)}
    tx.write(_change(tx, "run.linked", face, values))


def _change(tx: Transaction, kind: str, face: CardFace, values: Mapping[str, Any]) -> Change:
    """A change that does not wake the card."""
    return Change(kind, repository.board_id(tx.conn, face), card=face.id, set=values)
