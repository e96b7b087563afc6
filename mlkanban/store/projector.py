"""Projections: tables that follow from the log, can be read quickly and rebuilt at any time.

Events are folded by core.events; this module only decides which rows show the result. Touched
entities stay in memory until `flush`, so that applying many events writes each card once.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlkanban.core import lifecycle, lineage
from mlkanban.core.actors import person_of
from mlkanban.core.board import Board, CardFace
from mlkanban.core.card_fields import BLANK, FIELDS
from mlkanban.core.events import Entity, Event, at_home, in_order
from mlkanban.core.metrics import metrics_in
from mlkanban.core.milestones import Phase, in_sequence, milestones, phase
from mlkanban.core.notes import PREFIX, current_text
from mlkanban.core.timestamps import far_behind
from mlkanban.store import stages
from mlkanban.store.rows import (
    IN_FORCE,
    CardTimes,
    board_of,
    entity_from,
    entity_text,
    events_of,
    own_id,
    repeats_of,
)

if TYPE_CHECKING:
    from mlkanban.core.conflicts import Conflict
    from mlkanban.runs.model.repeats import Repeats

_CARD_COLUMNS = (*CardFace._fields, "board", "deleted")
_SAVE_CARD = (
    f"INSERT OR REPLACE INTO card ({', '.join(_CARD_COLUMNS)})"
    f" VALUES ({','.join('?' * len(_CARD_COLUMNS))})"
)
# Sets last, the order in which every store has its texts: doctor compares them.
_WORDED = sorted((field for field in FIELDS if field.searchable), key=lambda field: field.is_set)
_WORD_PREFIXES = (PREFIX, *(field.stored for field in _WORDED if field.is_set))
_WORD_FIELDS = frozenset(field.stored for field in _WORDED)


class Projector:
    """Folds events into the projections of one transaction. Call `flush` before its end."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        self._entities: dict[str, Entity] = {}
        self._home: dict[str, str] = {}
        self._cards: dict[str, Event] = {}
        self._others: dict[str, Event] = {}
        self._boards: dict[str, Board] = {}
        self._retimed: set[str] = set()
        self._reworded: set[str] = set()
        self._conflicting: set[str] = set()
        self._latest_step: dict[str, str] = {}

    def entity(self, entity_id: str) -> Entity:
        """The folded state of an entity as of now, including events that are not flushed yet."""
        entity = self._entities.get(entity_id)
        if entity is None:
            row = self._conn.execute(
                "SELECT state, board FROM entity WHERE id = ?", (entity_id,)
            ).fetchone()
            entity = self._entities[entity_id] = entity_from(row[0]) if row else Entity()
            if row:
                self._home[entity_id] = row[1]
        return entity

    def home(self, entity_id: str) -> str:
        """The board of an entity as of now; '' when there is none."""
        self.entity(entity_id)
        return self._home.get(entity_id, "")

    def apply(self, event: Event) -> None:
        """Apply one event that counts, the newest of its entity.

        An entity stays on the board of its first event, until an event moves a card to another one;
        events on a board on which it has never been have no effect.
        """
        entity_id = event.entity
        entity = self.entity(entity_id)
        homes = entity.homes or [self._home.setdefault(entity_id, event.board)]
        if event.board not in homes:
            return
        entity.apply(event)
        if event.card and (home := entity.settle(event, homes)) != self._home[entity_id]:
            self._home[entity_id] = home
            self._reworded.add(entity_id)
        entity.derived = {}  # `flush` looks again
        if event.undoes:
            self._undo(event)
            self._conflicting.add(entity_id)  # a conflict may be open again
        if instead := event.data.get("instead"):
            self._conn.executemany(
                "INSERT OR REPLACE INTO undone VALUES (?, ?)",
                [(other, event.id) for other in instead],
            )
        if event.card:
            self._cards[entity_id] = event
            if _may_change_words(event):
                self._reworded.add(entity_id)
            step = _step(event.data.get("set", {}))
            if not event.undoes and any(value is not None for value in step):
                self._conn.execute(
                    "INSERT OR REPLACE INTO transition VALUES (?,?,?,?,?,?,?,?,?,1,?)",
                    (event.id, event.card, self._home[entity_id], self._when(event), event.seq,
                     *step, event.stamp),
                )  # fmt: skip
        else:
            # The first event, not the last: a board is as old as that.
            self._others.setdefault(entity_id, event)
            if "stage" in event.data:
                # Where the stages stand says when cards started and finished.
                self._retimed.add(event.board)

    def begin_anew(self) -> None:
        """Keep nothing in memory of what was folded: the projections were made anew."""
        for kept in (self._entities, self._home, self._cards, self._others, self._boards,
                     self._latest_step):  # fmt: skip
            kept.clear()
        for due in (self._retimed, self._reworded, self._conflicting):
            due.clear()

    def retime(self, board_id: str) -> None:
        """Recompute when the cards of a board started and finished."""
        self._retimed.add(board_id)

    def refold(self, entity_id: str, events: list[Event]) -> None:
        """Rebuild an entity from all its events, because some of them arrived late."""
        self._entities[entity_id] = Entity()
        self._home.pop(entity_id, None)
        self._latest_step.pop(entity_id, None)
        for table in ("transition", "undone"):
            self._conn.executemany(
                f"DELETE FROM {table} WHERE event = ?", [(event.id,) for event in events]
            )
        self._conn.execute("DELETE FROM board WHERE id = ?", (entity_id,))
        for event in in_order(events):
            self.apply(event)
        self._conflicting.add(entity_id)

    def look_for_conflicts(self, entities: set[str]) -> None:
        """Check these entities for conflicts at the next `flush`."""
        self._conflicting |= entities

    def _when(self, event: Event) -> str:
        """When a step counts as taken: not before the last step of its card, so that a clock
        slightly behind does no harm; steps written by a clock far ahead are ignored here."""
        last = self._latest_step.get(event.card)
        if last is None:
            (at,) = self._conn.execute(
                "SELECT max(at) FROM transition WHERE card = ?", (event.card,)
            ).fetchone()
            last = at or ""
        when = event.at if last <= event.at or far_behind(event.at, last) else last
        self._latest_step[event.card] = max(last, when)
        return when

    def _undo(self, event: Event) -> None:
        """Mark what `event` takes back, and put steps of flow history in or out of force."""
        self._conn.execute("INSERT OR REPLACE INTO undone VALUES (?, ?)", (event.undoes, event.id))
        root, live = event.undoes, False
        seen = {event.id}  # what a peer says may go round in a circle
        while root not in seen:
            seen.add(root)
            row = self._conn.execute(
                "SELECT undoes, json_extract(data, '$.instead') FROM event"
                f" WHERE id = ? AND {IN_FORCE}",
                (root,),
            ).fetchone()
            if not row or not row[0]:
                for other in json.loads(row[1] or "[]") if row else ():
                    self._conn.execute("DELETE FROM undone WHERE event = ?", (other,))
                break
            root, live = row[0], not live
            if live:
                self._conn.execute("DELETE FROM undone WHERE event = ?", (root,))
            else:
                self._conn.execute("INSERT OR REPLACE INTO undone VALUES (?, ?)", (root, event.id))
        self._conn.execute("UPDATE transition SET live = ? WHERE event = ?", (int(live), root))

    def flush(self) -> None:
        """Write every touched entity to the projections."""
        for entity_id, event in self._others.items():
            self._save_other(entity_id, event)
        self._boards.clear()
        retimed = list(filter(self._known, self._retimed))
        for board_id in retimed:
            stages.arrange(self._conn, board_id, self.entity)
        conflicts = self._conflicts(retimed)
        for board_id in retimed:
            known = self._conn.execute(
                "SELECT id FROM card WHERE board = ?", (board_id,)
            ).fetchall()
            for (card_id,) in known:
                if card_id not in self._cards:
                    self._retime(card_id, board_id)
        for card_id, event in self._cards.items():
            self._save_card(card_id, event)
        self._conn.executemany(
            "INSERT OR REPLACE INTO entity VALUES (?, ?, ?)",
            [
                (entity_id, self._home[entity_id], entity_text(self._entities[entity_id]))
                for entity_id in [*self._others, *self._cards]
            ],
        )
        for card_id in self._reworded:
            save_words(self._conn, card_id, self._home[card_id], self._entities[card_id].fields)
        for entity_id, of_entity in conflicts.items():
            self._conn.execute("DELETE FROM clash WHERE entity = ?", (entity_id,))
            board = self._home.get(entity_id, "")
            self._conn.executemany(
                "INSERT INTO clash VALUES (?,?,?,?,?,?,?,?)",
                [
                    (entity_id, board, c.field, json.dumps(c.other), c.other_stamp, c.actor,
                     c.host, c.at)
                    for c in of_entity
                ],
            )  # fmt: skip
        self._conflicting.clear()
        self._reworded.clear()
        self._cards.clear()
        self._others.clear()
        self._retimed.clear()
        self._latest_step.clear()  # conflicts may have taken steps out

    def forget(self) -> None:
        """Flush, and read entities anew from now on: of long imports not all are held in memory."""
        self.flush()
        self._entities.clear()
        self._home.clear()

    def _conflicts(self, retimed: list[str]) -> dict[str, list[Conflict]]:
        """Find the conflicts of all entities that may have one: rebuilt ones, written ones that had
        a conflict, and cards that do not fit the stages of their board.

        Returns the conflicts by entity, and writes what follows from them into the entities.
        """
        written = self._cards.keys() | self._others.keys()
        rows = self._conn.execute("SELECT DISTINCT entity FROM clash").fetchall()
        due = self._conflicting | {e for (e,) in rows if e in written}
        due |= {card for card, event in self._cards.items() if self._unfit(card, self._home[card])}
        for board_id in retimed:
            due |= self._unfit_on(board_id)
        if not due:
            return {}
        from mlkanban.store import conflicts  # few boards need it

        conflicts_by_entity = {}
        for entity_id in due:
            board_id = self._home.get(entity_id) or self._home_of(entity_id)
            events = events_of(self._conn, board_id, entity_id)
            events = at_home(events)
            if not events:
                continue
            self._home[entity_id] = board_id
            entity = self.entity(entity_id)
            board = self._board(board_id) if events[0].card and self._known(board_id) else None
            conflicts_by_entity[entity_id] = conflicts.judge(self._conn, entity, events, board)
            if events[0].card:
                self._cards.setdefault(entity_id, in_order(events)[-1])
        return conflicts_by_entity

    def _home_of(self, entity_id: str) -> str:
        row = self._conn.execute("SELECT board FROM entity WHERE id = ?", (entity_id,)).fetchone()
        return row[0] if row else ""

    def _unfit(self, card_id: str, board_id: str) -> bool:
        """Whether a card that was written differs from what the stages of its board make of it."""
        fields = self._entities[card_id].fields
        if "place" not in fields or fields.get("deleted") or not self._known(board_id):
            return False
        return bool(lifecycle.derived_values(self._board(board_id), fields, ended_in_place=False))

    def _unfit_on(self, board_id: str) -> set[str]:
        """The cards of a board that its stages change, now or before."""
        board = self._board(board_id)
        rows = self._conn.execute(
            "SELECT id, stage, outcome FROM card WHERE board = ? AND NOT archived"
            " AND outcome IN ('', 'shipped') AND NOT deleted",
            (board_id,),
        ).fetchall()
        fitted = self._conn.execute(
            "SELECT id FROM entity WHERE board = ? AND instr(state, ?)",
            (board_id, '"fits":'),
        ).fetchall()
        return {card for (card,) in fitted} | {
            card
            for card, stage, outcome in rows
            if lifecycle.derived_values(
                board, {"place": [stage], "outcome": outcome}, ended_in_place=False
            )
        }

    def _board(self, board_id: str) -> Board:
        if board_id not in self._boards:
            self._boards[board_id] = board_of(self._conn, board_id)
        return self._boards[board_id]

    def _save_other(self, entity_id: str, event: Event) -> None:
        fields = self._entities[entity_id].fields
        if "stage" in event.data:
            if not {"name", "kind", "rank"} <= fields.keys():
                return  # the event that adds it has not come yet
            self._conn.execute(
                "INSERT OR REPLACE INTO stage VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
                (
                    entity_id, event.board, fields["name"], fields["kind"],
                    int(bool(fields.get("committed"))), fields.get("limit"),
                    fields.get("unattended"), int(bool(fields.get("soft"))), fields["rank"],
                    int(bool(fields.get("deleted"))), fields.get("role") or "",
                    "\n".join(fields.get("deliverables") or ()),
                ),
            )  # fmt: skip
        elif {"key", "name", "timezone"} <= fields.keys():
            row = self._conn.execute(
                "SELECT created_at FROM board WHERE id = ?", (entity_id,)
            ).fetchone()
            self._conn.execute(
                "INSERT OR REPLACE INTO board VALUES (?,?,?,?,?,?,?,?)",
                (
                    entity_id, fields["key"], fields["name"], fields["timezone"],
                    fields.get("conwip"), fields.get("template") or "",
                    int(bool(fields.get("deleted"))), row[0] if row else event.at,
                ),
            )  # fmt: skip

    def _known(self, board_id: str) -> bool:
        row = self._conn.execute("SELECT 1 FROM board WHERE id = ?", (board_id,)).fetchone()
        return row is not None

    def _times(self, card_id: str, board: Board) -> CardTimes:
        steps: list[tuple[str, str, str]] = []
        away: list[bool] = []
        people: list[str] = []
        for at, stage, outcome, where, actor in self._conn.execute(
            "SELECT transition.at, stage, outcome, transition.board, event.actor FROM transition"
            " JOIN event ON event.seq = transition.seq WHERE transition.card = ? AND live"
            " AND coalesce(stage, outcome) IS NOT NULL ORDER BY stamp",
            (card_id,),
        ):
            away.append(where != board.id)
            people.append(person_of(actor))
            _, stage_before, outcome_before = steps[-1] if steps else ("", "", "")
            steps.append(
                (
                    at,
                    stage_before if stage is None else stage,
                    outcome_before if outcome is None else outcome,
                )
            )
        if not steps:
            return CardTimes()
        instants = in_sequence([at for at, _, _ in steps])
        steps = [
            (at, stage, outcome) for at, (_, stage, outcome) in zip(instants, steps, strict=True)
        ]
        board = board.with_former
        first, delivered = board.first_committed, board.first_delivered
        # On another board it is outside this one: the clock starts when it is committed here.
        marks = milestones(
            (at, Phase.BEFORE if out else phase(board.position(stage), first, delivered, outcome))
            for (at, stage, outcome), out in zip(steps, away, strict=True)
        )
        entered = steps[-1][0]
        for at, stage, _ in reversed(steps):
            if stage != steps[-1][1]:
                break
            entered = at
        # What was never worked has no start, and so no cycle time.
        started = marks.started if marks.worked or not marks.finished else None
        person = _last_in_progress(board, [stage for _, stage, _ in steps], away, people)
        return CardTimes(steps[0][0], entered, started or "", marks.finished or "", person)

    def _retime(self, card_id: str, board_id: str) -> None:
        times = self._times(card_id, self._board(board_id))
        self._conn.execute(
            "UPDATE card SET created_at = ?, entered_at = ?, started_at = ?, finished_at = ?,"
            " person = ? WHERE id = ?",
            (*times, card_id),
        )

    def _save_card(self, card_id: str, event: Event) -> None:
        entity = self._entities[card_id]
        fields = lifecycle.shown(entity)
        if not {"place", "ref", "title"} <= fields.keys() or not self._known(
            home := self._home[card_id]
        ):
            # The events that make the card, or its board, have not come yet.
            self._conn.execute("DELETE FROM card WHERE id = ?", (card_id,))
            return
        times = self._times(card_id, self._board(home))
        face = _face(card_id, entity, fields, times, event.seq, repeats_of(self._conn))
        self._conn.execute(_SAVE_CARD, (*face, home, int(bool(fields.get("deleted")))))


def _face(
    card_id: str,
    entity: Entity,
    fields: Mapping[str, Any],
    times: CardTimes,
    version: int,
    repeats: Repeats,
) -> CardFace:
    """A card as the board shows it, from its fields; `version` is the number of its
    newest event."""
    stage, rank = fields["place"][:2]
    blocker = fields.get("blocker") or {}
    metric, runs = _on_face(fields, repeats)
    created, entered, started, finished, person = times
    return CardFace(
        id=card_id,
        ref=fields["ref"],
        stage=stage,
        rank=rank,
        title=fields["title"],
        type=fields.get("type") or BLANK["type"],
        priority=fields.get("priority") or BLANK["priority"],
        service_class=fields.get("service_class") or BLANK["service_class"],
        tags=" ".join(entity.members("tag:")),
        due=fields.get("due") or "",
        snoozed_until=fields.get("snoozed_until") or "",
        block_reason=blocker.get("reason", ""),
        block_external=int(bool(blocker.get("external"))),
        metric=metric,
        work=fields.get("work") or BLANK["work"],
        outcome=fields.get("outcome") or "",
        archived=int(bool(fields.get("archived"))),
        created_at=created,
        entered_at=entered,
        started_at=started,
        finished_at=finished,
        version=version,
        needs=" ".join(entity.members("needs:")),
        health=fields.get("health") or "",
        lineage=" ".join(lineage.members(fields)),
        runs=runs,
        ab=json.dumps(ab, separators=(",", ":")) if (ab := fields.get("ab")) else "",
        person=person,
    )


def _last_in_progress(
    board: Board, stages: Sequence[str], away: Sequence[bool], people: Sequence[str]
) -> str:
    """Who last moved a card into a stage that is committed, from its steps in order; '' where it
    went back since, or nobody did. Runs move cards for the person who has them."""
    person, before = "", ""
    for stage, out, mover in zip(stages, away, people, strict=True):
        if out or not (board.is_committed(stage) or board.is_delivered(stage)):
            person = ""
        elif stage != before and board.is_committed(stage):
            person = mover or person
        before = stage
    return person


def _on_face(fields: Mapping[str, Any], repeats: Repeats) -> tuple[str, str]:
    """The metric and the runs of a card as the card's face shows them."""
    if not any(name.startswith("run:") for name in fields):
        return metrics_in(fields).packed, ""
    from mlkanban.runs.model.brief import on_face  # most cards have none

    return on_face(fields, repeats)


def _step(values: dict[str, Any]) -> tuple[str | None, ...]:
    """stage, outcome, work and block that an event sets, as in the table `transition`: NULL where
    the event sets none. A block is its reason after `+` (external) or `-` (internal), '' is no
    block."""
    blocker = values.get("blocker") or {}
    block = f"{'+' if blocker.get('external') else '-'}{blocker['reason']}" if blocker else ""
    return (
        values["place"][0] if values.get("place") else None,
        (values["outcome"] or "") if "outcome" in values else None,
        (values["work"] or "attended") if "work" in values else None,
        block if "blocker" in values else None,
    )


def _may_change_words(event: Event) -> bool:
    """Whether an event can change the text of its card."""
    values = event.data.get("set", {})
    return bool(event.data.get("note") or event.undoes) or any(
        name in _WORD_FIELDS or name.startswith(_WORD_PREFIXES) for name in values
    )


def save_words(conn: sqlite3.Connection, card: str, board: str, fields: Mapping[str, Any]) -> None:
    """Store what people wrote about a card as it is now, case-folded, for the search.

    A plain table that is scanned: ten thousand cards with their notes take less time than a key
    press may, any part of a word is found, and no character of a query has a special meaning.
    """
    notes = conn.execute(
        f"SELECT id, data FROM event WHERE card = ? AND kind = 'card.noted' AND {IN_FORCE}"
        " AND id NOT IN (SELECT event FROM undone) ORDER BY hlc, replica",
        (card,),
    ).fetchall()
    parts = [
        *(word for field in _WORDED for word in field.words(fields)),
        *(current_text(own_id(note), json.loads(data)["note"], fields) for note, data in notes),
    ]
    text = "\n".join(filter(None, parts)).casefold()
    conn.execute("INSERT OR REPLACE INTO words VALUES (?, ?, ?)", (card, board, text))
