"""Queries of the projections and the log as core models. Every read is complete when it returns."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from mlkanban.core import lifecycle
from mlkanban.core.board import Board, BoardName, CardFace, Outcome, Work
from mlkanban.core.card_fields import FIELD, CardField
from mlkanban.core.events import Entity, Event
from mlkanban.core.metrics import CardMetrics
from mlkanban.core.rules import Load, limited
from mlkanban.records import record
from mlkanban.runs.model.brief import Brief
from mlkanban.runs.model.labels import CardLabel, read_label, store_name
from mlkanban.store.log import COLUMNS, event_of
from mlkanban.store.rows import (
    BY_PERSON,
    IN_FORCE,
    CardTimes,
    board_of,
    card_of,
    entity_from,
    notes_of,
    repeats_of,
)
from mlkanban.text import short_name

if TYPE_CHECKING:
    from mlkanban.core.card import Card

_FACE = ", ".join(CardFace._fields)
_REPEATED = {
    "stage", "type", "priority", "service_class", "tags", "metric", "work", "outcome", "needs",
    "health",
}  # fmt: skip
"""Columns in which many cards have the same string."""
_REPEATED_AT = [at for at, name in enumerate(CardFace._fields) if name in _REPEATED]
_BATCH = 300
"""Cards whose rows are in memory beside their faces."""

_WITH_STAGES = "EXISTS (SELECT 1 FROM stage WHERE stage.board = {} AND NOT stage.deleted)"
_BOARD_THERE = (
    "(NOT board.deleted OR EXISTS"
    " (SELECT 1 FROM card WHERE card.board = board.id AND NOT card.deleted))"
)
"""Of a board: it was not undone, or another machine has put cards on it since."""
_BOARD_SHOWN = f"{_BOARD_THERE} AND " + _WITH_STAGES.format("board.id")
"""Of a board: it has stages. A board without stages (they have not arrived, a newer program wrote
them, or all were removed) cannot be drawn or counted; it appears once it has one."""
_ARCHIVED = "ifnull(json_extract(entity.state, '$.fields.archived'), 0)"
"""Of a board, with its entity."""
ON_SHOWN_BOARD = _WITH_STAGES.format("card.board")
"""Of a card that is looked up by name."""


# Written as in the index card_open, so that the count never looks at the cards themselves.
OPEN = "outcome = '' AND NOT archived AND NOT deleted"
"""Of a card: it is on the board and not finished."""


class Transition(NamedTuple):
    """The stage, outcome ('' for none), work and block that an event in force set; None where it
    set none.

    `at` is ISO 8601 UTC; a block is its reason after `+` (external) or `-`, '' is no block. The
    transitions of a card are in the order of their stamps.
    """

    card: str
    at: str
    stage: str | None
    outcome: str | None
    work: str | None
    block: str | None
    stamp: str


class StageSet(NamedTuple):
    """What was set of a stage at an instant (ISO 8601 UTC): values by the names of the log."""

    stage: str
    at: str
    values: Mapping[str, Any]


@record(frozen=True, slots=True)
class Changes:
    """What changed on a board after a cursor: the new cursor, the cards, and whether the board
    itself changed."""

    cursor: int
    cards: tuple[str, ...]
    board: bool


def boards(conn: sqlite3.Connection) -> list[Board]:
    """All boards, oldest first."""
    return [board_of(conn, board.id) for board in board_names(conn)]


def board_names(conn: sqlite3.Connection, *, taken_back: bool = False) -> list[BoardName]:
    """The names of all boards, oldest first; or of those `taken_back` by an undo."""
    rows = conn.execute(
        f"SELECT board.id, key, name, {_ARCHIVED} FROM board"
        " LEFT JOIN entity ON entity.id = board.id LEFT JOIN"
        " (SELECT board, min(hlc || replica) AS made FROM event INDEXED BY event_card"
        "  WHERE card = '' AND kind = 'board.created' GROUP BY board) AS log"
        " ON log.board = board.id"
        f" WHERE {f'NOT {_BOARD_THERE}' if taken_back else _BOARD_SHOWN} ORDER BY created_at, made"
    ).fetchall()
    return [BoardName(id, key, name, bool(archived)) for id, key, name, archived in rows]


def is_archived(conn: sqlite3.Connection, board_id: str) -> bool:
    """Whether a board is archived."""
    row = conn.execute(f"SELECT {_ARCHIVED} FROM entity WHERE id = ?", (board_id,)).fetchone()
    return bool(row and row[0])


def has_team_limits(conn: sqlite3.Connection) -> bool:
    """Whether there is a board whose limits hold for a whole team at once."""
    row = conn.execute(
        "SELECT 1 FROM board JOIN entity ON entity.id = board.id"
        " WHERE json_extract(entity.state, '$.fields.team_limits') LIMIT 1"
    ).fetchone()
    return row is not None


def held_by(conn: sqlite3.Connection, board: Board, leaving_out: str) -> dict[str, list[str]]:
    """The open cards of each stage that a limit looks at, as `g4 (bob)`, but for one."""
    stages = limited(board)
    rows = conn.execute(
        "SELECT stage, ref, person FROM card WHERE board = ? AND id != ?"
        f" AND stage IN ({','.join('?' * len(stages))}) AND {OPEN} ORDER BY stage, rank, id",
        (board.id, leaving_out, *stages),
    )
    held: dict[str, list[str]] = {}
    for stage, ref, person in rows:
        held.setdefault(stage, []).append(f"{ref} ({short_name(person)})" if person else ref)
    return held


def boards_without_stages(conn: sqlite3.Connection) -> list[tuple[str, str]]:
    """(name, host that first wrote about it) of boards that are not shown for lack of stages."""
    return conn.execute(
        "SELECT name, ifnull((SELECT host FROM event INDEXED BY event_card"
        f"  WHERE card = '' AND event.board = board.id AND {IN_FORCE} ORDER BY hlc LIMIT 1), '')"
        f" FROM board WHERE {_BOARD_THERE} AND NOT {_WITH_STAGES.format('board.id')}"
        " ORDER BY name, id"
    ).fetchall()


def last_used_board(conn: sqlite3.Connection, *, taken_back: bool = False) -> str:
    """The id of the board that a person changed last, here or else anywhere; '' for none.

    It may be one that was `taken_back` by an undo. Events that arrived last were not written last,
    and clocks that were set back only matter between machines.
    """
    there = f"SELECT id FROM board WHERE {_BOARD_THERE if not taken_back else 'true'}"
    last = (
        f"SELECT board FROM event WHERE {BY_PERSON} AND {IN_FORCE} AND board IN ({there})"
        " AND kind != 'card.arrived'"  # it was done on the board that the card left
    )
    here = "replica IN (SELECT id FROM replica WHERE inode != 'restored')"
    row = (
        conn.execute(f"{last} AND {here} ORDER BY seq DESC LIMIT 1").fetchone()
        or conn.execute(f"{last} ORDER BY hlc DESC LIMIT 1").fetchone()
    )
    return row[0] if row else ""


def board_keys(conn: sqlite3.Connection) -> dict[str, bool]:
    """The keys of all boards, and whether each board exists: one whose import was undone keeps its
    key."""
    return dict(conn.execute(f"SELECT key, max({_BOARD_THERE}) FROM board GROUP BY key").fetchall())


def keys_by_id(conn: sqlite3.Connection) -> dict[str, str]:
    """The key of each board that is or was here, by its id."""
    return dict(conn.execute("SELECT id, key FROM board").fetchall())


def has_cards(conn: sqlite3.Connection, board_id: str) -> bool:
    """Whether a board has, or had, cards: open, finished or archived ones."""
    row = conn.execute("SELECT 1 FROM card WHERE board = ? AND NOT deleted LIMIT 1", (board_id,))
    return row.fetchone() is not None


def has_ref(conn: sqlite3.Connection, ref: str) -> bool:
    """Whether a card has, or had, this short id."""
    return conn.execute("SELECT 1 FROM card WHERE ref = ?", (ref,)).fetchone() is not None


def count_boards(conn: sqlite3.Connection) -> int:
    (count,) = conn.execute(f"SELECT count(*) FROM board WHERE {_BOARD_SHOWN}").fetchone()
    return int(count)


def cursor(conn: sqlite3.Connection) -> int:
    """The place of the newest event of the log; 0 when it is empty."""
    (newest,) = conn.execute("SELECT max(seq) FROM event").fetchone()
    return newest or 0


def changes(conn: sqlite3.Connection, board_id: str, after: int) -> Changes:
    """What the events after `after` changed on a board; triage sessions and reviews count as no
    change."""
    rows = conn.execute(
        "SELECT DISTINCT card FROM event WHERE board = ? AND seq > ?"
        " AND kind != 'triage.ended' AND kind NOT LIKE 'review.%'",
        (board_id, after),
    ).fetchall()
    cards = tuple(card for (card,) in rows if card)
    return Changes(cursor(conn), cards, any(not card for (card,) in rows))


def faces(conn: sqlite3.Connection, board_id: str) -> list[CardFace]:
    """All cards of a board in no order, finished and archived ones too.

    Ten thousand of them are read before the first paint: repeated strings are kept once, and only
    a few cards at a time are in memory twice.
    """
    rows = conn.execute(
        f"SELECT {_FACE} FROM card NOT INDEXED WHERE board = ? AND NOT deleted", (board_id,)
    )
    read: list[CardFace] = []
    while batch := rows.fetchmany(_BATCH):
        columns: list[Iterable[Any]] = list(zip(*batch, strict=True))
        once = dict[Any, Any]().setdefault
        for at in _REPEATED_AT:
            columns[at] = map(once, columns[at], columns[at])
        read += map(CardFace._make, zip(*columns, strict=True))
    return _with_repeats_in_force(conn, read)


def has_more_cards(conn: sqlite3.Connection, board_id: str, than: int) -> bool:
    """Whether a board has more than so many cards, deleted ones included; reads no further."""
    rows = conn.execute("SELECT 1 FROM card WHERE board = ? LIMIT 1 OFFSET ?", (board_id, than))
    return rows.fetchone() is not None


def _with_repeats_in_force(conn: sqlite3.Connection, cards: list[CardFace]) -> list[CardFace]:
    """Faces updated to the current setting of names for repeats: rows were written under the
    setting at the last write of the card."""
    for at, face in enumerate(cards):
        if face.runs and (remade := remade_face(conn, face.id, face.runs)):
            metric, runs = remade
            cards[at] = face._replace(metric=metric, runs=runs)
    return cards


def remade_face(conn: sqlite3.Connection, card_id: str, runs: str) -> tuple[str, str] | None:
    """The metric and the runs of a card whose row has `runs`, by the names for repeats that are in
    force; None where the row has them already."""
    repeats = repeats_of(conn)
    if not runs or repeats.made(runs):
        return None
    from mlkanban.runs.model.brief import on_face  # only after the setting was changed

    return on_face(lifecycle.shown(entity(conn, card_id)), repeats)


def first_faces(
    conn: sqlite3.Connection, board: Board, today: date, most: int
) -> dict[str, CardFace]:
    """By id, what the first picture of a board needs: the first `most` cards of each stage that are
    on the board, and all that have runs or a health, whose stage was removed, or that wait for
    other cards, with those."""
    columns = f"SELECT {_FACE} FROM card"
    read: list[CardFace] = []
    for stage in board.stages:
        standing = "NOT archived" if board.is_delivered(stage.id) else OPEN
        rows = conn.execute(
            f"{columns} INDEXED BY card_stage WHERE board = ? AND stage = ? AND NOT deleted"
            f" AND {standing} AND NOT (outcome = '' AND snoozed_until > ?)"
            " ORDER BY rank, id LIMIT ?",
            (board.id, stage.id, today.isoformat(), most),
        )
        read += map(CardFace._make, rows.fetchall())
    rows = conn.execute(
        f"{columns} NOT INDEXED WHERE board = ? AND NOT deleted"
        " AND (runs != '' OR health != '' OR needs != ''"
        f" OR stage NOT IN ({','.join('?' * len(board.stages))}))",
        (board.id, *(stage.id for stage in board.stages)),
    )
    read += map(CardFace._make, rows.fetchall())
    by_id = {face.id: face for face in read}
    for ref in {ref for face in read for ref in face.needs.split()}:
        rows = conn.execute(
            f"{columns} WHERE ref = ? AND board = ? AND NOT deleted", (ref, board.id)
        )
        by_id |= {row[0]: CardFace._make(row) for row in rows.fetchall()}
    return {face.id: face for face in _with_repeats_in_force(conn, [*by_id.values()])}


class StageCounts(NamedTuple):
    """Of the cards of a stage: open ones that are snoozed, blocked, past their due date, and
    started before an instant; finished ones that are not archived; those that were worked on and
    finished."""

    asleep: int
    blocked: int
    late: int
    started_before: int
    standing: int
    worked: int


def stage_counts(
    conn: sqlite3.Connection, board_id: str, today: date, instant: str
) -> dict[str, StageCounts]:
    """The counts of each stage that has cards, by its id, on a day; `instant` is for
    `started_before`."""
    day = today.isoformat()
    rows = conn.execute(
        f"""
        SELECT stage, total({OPEN} AND snoozed_until > ?), total({OPEN} AND block_reason != ''),
            total({OPEN} AND due != '' AND due < ?),
            total({OPEN} AND started_at != '' AND finished_at = '' AND started_at < ?),
            total(outcome != '' AND NOT archived), total(started_at != '' AND finished_at != '')
        FROM card NOT INDEXED WHERE board = ? AND NOT deleted GROUP BY stage
        """,
        (day, day, instant, board_id),
    )
    return {stage: StageCounts(*map(int, counts)) for stage, *counts in rows.fetchall()}


def faces_of(conn: sqlite3.Connection, ids: tuple[str, ...]) -> list[CardFace]:
    """The cards with these ids that (still) exist."""
    cards: list[CardFace] = []
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        rows = conn.execute(
            f"SELECT {_FACE} FROM card WHERE NOT deleted AND id IN ({','.join('?' * len(some))})",
            some,
        ).fetchall()
        cards.extend(map(CardFace._make, rows))
    return _with_repeats_in_force(conn, cards)


def face_by_ref(conn: sqlite3.Connection, ref: str) -> CardFace | None:
    """The card with the short id `ref`."""
    row = conn.execute(
        f"SELECT {_FACE} FROM card WHERE ref = ? AND NOT deleted AND {ON_SHOWN_BOARD}", (ref,)
    ).fetchone()
    return _with_repeats_in_force(conn, [CardFace._make(row)])[0] if row else None


def face_by_label(conn: sqlite3.Connection, text: str) -> CardFace | None:
    """The card that a label of this store, or a short id alone, stands for; None where the label
    belongs to another store, or to one of several cards that had this id before their stores met.
    """
    label = read_label(text) if ":" in text else None
    if label is None:
        return face_by_ref(conn, text.strip().lower())
    if label.store not in store_names(conn):
        return None
    rows = conn.execute(
        "SELECT card.id, (SELECT replica FROM event INDEXED BY event_card"
        "  WHERE event.card = card.id AND event.kind = 'card.created' LIMIT 1)"
        " FROM card WHERE NOT deleted AND (ref = ? OR ref GLOB ?)"
        f" AND {ON_SHOWN_BOARD}",
        (label.ref, f"{label.ref}[a-z]*"),
    ).fetchall()
    if len(rows) > 1:
        rows = [row for row in rows if store_name(row[1] or "") == label.store]
    return next(iter(faces_of(conn, (rows[0][0],))), None) if len(rows) == 1 else None


def refs_by_key(conn: sqlite3.Connection, key: str) -> list[str]:
    """The short ids of the cards that another tool calls so, in any case."""
    rows = conn.execute(
        "SELECT card.ref FROM card JOIN entity ON entity.id = card.id"
        f" WHERE NOT card.deleted AND {ON_SHOWN_BOARD}"
        f" AND lower(json_extract(entity.state, '$.fields.{FIELD['key'].stored}')) = lower(?)",
        (key,),
    )
    return [ref for (ref,) in rows]


def label_of(conn: sqlite3.Connection, ref: str) -> CardLabel:
    """The label that jobs of a card of this store carry."""
    row = conn.execute("SELECT replica FROM event ORDER BY seq LIMIT 1").fetchone()
    return CardLabel(store_name(row[0]) if row else "", ref)


def store_names(conn: sqlite3.Connection) -> frozenset[str]:
    """The names of this store: its own, and those of all stores merged into it.

    A store is named after the replica that wrote the first event of its log. So replicas that sync
    know each other's labels, and a restored store knows the labels that were given before.
    """
    rows = conn.execute(
        "WITH RECURSIVE known (replica) AS (SELECT min(replica) FROM event UNION ALL"
        " SELECT (SELECT min(replica) FROM event WHERE replica > known.replica) FROM known"
        " WHERE known.replica IS NOT NULL) SELECT replica FROM known WHERE replica IS NOT NULL"
    ).fetchall()
    return frozenset(store_name(replica) for (replica,) in rows)


def metric_names(conn: sqlite3.Connection) -> frozenset[str]:
    """The names of the metrics and guards of all cards on boards that are shown."""
    rows = conn.execute(
        f"SELECT DISTINCT metric FROM card WHERE NOT deleted AND metric != '' AND {ON_SHOWN_BOARD}"
    )
    return frozenset(
        str(metric["name"]) for (packed,) in rows for metric in CardMetrics.read(packed).all
    )


def tied(conn: sqlite3.Connection, board_id: str, tie: str) -> list[CardFace]:
    """The cards of a board that come from another card in a given way: `retrain-of:g12`."""
    rows = conn.execute(
        f"SELECT {_FACE} FROM card WHERE board = ? AND lineage != '' AND NOT deleted"
        " AND instr(' ' || lineage || ' ', ?) ORDER BY created_at, id",
        (board_id, f" {tie} "),
    ).fetchall()
    return list(map(CardFace._make, rows))


def waiting(conn: sqlite3.Connection) -> list[tuple[CardFace, str]]:
    """The open cards of all boards whose block has a condition, each with the condition."""
    rows = conn.execute(
        f"SELECT {_FACE} FROM card WHERE block_reason != '' AND outcome = '' AND NOT archived"
        f" AND NOT deleted AND {ON_SHOWN_BOARD}"
    ).fetchall()
    blocked = list(map(CardFace._make, rows))
    untils = [(entity(conn, face.id).fields.get("blocker") or {}).get("until") for face in blocked]
    return [(face, until) for face, until in zip(blocked, untils, strict=True) if until]


def last_touched(conn: sqlite3.Connection, ids: Sequence[str]) -> dict[str, str]:
    """When each of these cards was last changed, by card id."""
    return {
        card: at
        for card in ids
        for (at,) in conn.execute(
            f"SELECT max(at) FROM event WHERE card = ? AND {IN_FORCE}", (card,)
        )
        if at
    }


def board_id(conn: sqlite3.Connection, face: CardFace) -> str:
    """The id of the board a card is on."""
    (board,) = conn.execute("SELECT board FROM card WHERE id = ?", (face.id,)).fetchone()
    return str(board)


def refs(conn: sqlite3.Connection, prefix: str, limit: int) -> list[tuple[str, str]]:
    """(short id, title) of unarchived cards whose id starts with `prefix`, for completion."""
    rows = conn.execute(
        "SELECT ref, title FROM card WHERE ref >= ? AND ref < ? AND NOT deleted AND NOT archived"
        f" AND {ON_SHOWN_BOARD}"
        " ORDER BY length(ref), ref LIMIT ?",
        (prefix, prefix + "\U0010ffff", limit),
    ).fetchall()
    return [(ref, title) for ref, title in rows]


def ref_by_id(conn: sqlite3.Connection, board_id: str) -> dict[str, str]:
    """Short id of every card of a board, by card id."""
    return dict(conn.execute("SELECT id, ref FROM card WHERE board = ?", (board_id,)).fetchall())


def scores(conn: sqlite3.Connection, board_id: str) -> dict[str, str]:
    """The score of each card of a board as it was typed (value and effort), by card id."""
    rows = conn.execute(
        "SELECT id, json_extract(state, '$.fields.worth') FROM entity WHERE board = ?"
        " AND json_extract(state, '$.fields.worth') != ''",
        (board_id,),
    ).fetchall()
    return dict(rows)


def promised(conn: sqlite3.Connection, board_id: str) -> set[str]:
    """The ids of the cards of a board that are promised until a day, or were."""
    rows = conn.execute(
        "SELECT id FROM entity WHERE board = ? AND json_extract(state, '$.fields.promised') != ''",
        (board_id,),
    )
    return {card for (card,) in rows}


def blockers(conn: sqlite3.Connection, board_id: str) -> dict[str, Any]:
    """The blocks of the blocked cards of a board, as they are stored, by card id."""
    rows = conn.execute(
        "SELECT card.id, json_extract(entity.state, '$.fields.blocker') FROM card"
        " JOIN entity ON entity.id = card.id WHERE card.board = ? AND card.block_reason != ''",
        (board_id,),
    ).fetchall()
    return {card: json.loads(block) for card, block in rows if block}


def keys_elsewhere(conn: sqlite3.Connection, board_id: str) -> dict[str, str]:
    """The keys that other tools have for cards of a board, by card id."""
    rows = conn.execute(
        f"SELECT card.id, json_extract(entity.state, '$.fields.{FIELD['key'].stored}') FROM card"
        " JOIN entity ON entity.id = card.id WHERE card.board = ?",
        (board_id,),
    )
    return {card: key for card, key in rows if key}


def having(conn: sqlite3.Connection, board_id: str, text: str) -> frozenset[str]:
    """Ids of the cards of a board whose text contains `text`, case-insensitively."""
    rows = conn.execute(
        "SELECT card FROM words WHERE board = ? AND instr(text, ?)", (board_id, text.casefold())
    ).fetchall()
    return frozenset(card for (card,) in rows)


def having_in(
    conn: sqlite3.Connection, board_id: str, field: CardField, text: str
) -> frozenset[str]:
    """Ids of the cards of a board in which a field says a text, in any case; for '' of those in
    which it says anything."""
    wanted = text.casefold()
    path = "$.fields" if field.is_set else f'$.fields."{field.stored}"'
    # What is searched has the text of every searchable field, and is read faster.
    rows = conn.execute(
        "SELECT words.card, json_extract(entity.state, ?) FROM words"
        " JOIN entity ON entity.id = words.card WHERE words.board = ? AND instr(words.text, ?)",
        (path, board_id, wanted if field.searchable else ""),
    )
    card_ids = set()
    for card, value in rows:
        whole = value is not None and (field.is_set or field.kind.several)
        stored = json.loads(value) if whole else value
        words = field.words(stored if field.is_set else {field.stored: stored})
        if any(word and field.kind.answers(wanted, word) for word in words):
            card_ids.add(card)
    return frozenset(card_ids)


def actors(conn: sqlite3.Connection, board_id: str) -> dict[str, frozenset[str]]:
    """Who did something with each card of a board that is in force, by card id."""
    rows = conn.execute(
        "SELECT DISTINCT event.card, event.actor"
        " FROM card CROSS JOIN event INDEXED BY event_card ON event.card = card.id"
        " WHERE card.board = ? AND NOT card.deleted AND event.undoes = ''"
        f" AND event.{IN_FORCE} AND event.id NOT IN (SELECT event FROM undone)",
        (board_id,),
    )
    by_card: dict[str, set[str]] = {}
    for card_id, actor in rows:
        by_card.setdefault(card_id, set()).add(actor)
    return {card_id: frozenset(names) for card_id, names in by_card.items()}


def entity(conn: sqlite3.Connection, entity_id: str) -> Entity:
    """The folded state of a card, a stage or a board."""
    row = conn.execute("SELECT state FROM entity WHERE id = ?", (entity_id,)).fetchone()
    return entity_from(row[0]) if row else Entity()


def entities(conn: sqlite3.Connection, ids: Iterable[str]) -> dict[str, Entity]:
    """The folded states of some cards, by id."""
    rows = conn.execute(
        "SELECT id, state FROM entity WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    )
    return {entity_id: entity_from(state) for entity_id, state in rows}


def card(conn: sqlite3.Connection, face: CardFace) -> Card:
    """The whole card behind a face."""
    [whole] = cards(conn, [face])
    return whole


def cards(conn: sqlite3.Connection, faces: Sequence[CardFace]) -> list[Card]:
    """The whole cards behind some faces, in their order."""
    ids = json.dumps([face.id for face in faces])
    rows = conn.execute(
        "SELECT card.id, card.board, entity.state FROM card JOIN entity ON entity.id = card.id"
        " WHERE card.id IN (SELECT value FROM json_each(?))",
        (ids,),
    )
    stored = {card_id: (board, entity_from(state)) for card_id, board, state in rows}
    noted: defaultdict[str, list[Event]] = defaultdict(list)
    rows = conn.execute(
        f"SELECT {COLUMNS} FROM event WHERE card IN (SELECT value FROM json_each(?))"
        f" AND kind = 'card.noted' AND {IN_FORCE} AND id NOT IN (SELECT event FROM undone)"
        " ORDER BY hlc, replica",
        (ids,),
    )
    for event in map(event_of, rows):
        noted[event.card].append(event)
    whole = []
    for face in faces:
        board, state = stored[face.id]
        times = CardTimes(
            face.created_at, face.entered_at, face.started_at, face.finished_at, face.person
        )
        notes = notes_of(noted[face.id], state.fields)
        whole.append(card_of(face.id, board, state, times, notes, repeats_of(conn)))
    return whole


def newest_notes(conn: sqlite3.Connection, card_id: str, most: int = -1) -> list[Event]:
    """The events that wrote the notes of a card, newest first, undone ones left out; all of them,
    or `most`."""
    rows = conn.execute(
        f"SELECT {COLUMNS} FROM event WHERE card = ? AND kind = 'card.noted' AND {IN_FORCE}"
        " AND id NOT IN (SELECT event FROM undone) ORDER BY hlc DESC, replica DESC LIMIT ?",
        (card_id, most),
    ).fetchall()
    return list(map(event_of, rows))


def loads(
    conn: sqlite3.Connection,
    board_id: str,
    leaving_out: str = "",
    stages: Collection[str] | None = None,
) -> dict[str, Load]:
    """Open cards per stage id with the slots of their runs, the card with the id `leaving_out` not
    counted; of all stages, or of these."""
    if stages is not None and not stages:
        return {}
    among = "" if stages is None else f" AND stage IN ({','.join('?' * len(stages))})"
    rows = conn.execute(
        f"SELECT stage, work, count(*) FROM card WHERE board = ?{among} AND {OPEN}"
        " GROUP BY stage, work",
        (board_id, *(stages or ())),
    ).fetchall()
    left_out = conn.execute(
        f"SELECT stage, work, -1 FROM card WHERE id = ?{among} AND {OPEN}",
        (leaving_out, *(stages or ())),
    ).fetchall()
    counted: dict[str, Load] = {}
    for stage, work, cards in rows + left_out:
        counted[stage] = counted.get(stage, Load()).plus(Work(work), cards)
    with_runs = conn.execute(
        f"SELECT stage, runs FROM card WHERE board = ?{among} AND id != ? AND work = ?"
        f" AND runs != '' AND {OPEN}",
        (board_id, *(stages or ()), leaving_out, Work.UNATTENDED.value),
    )
    for stage, runs in with_runs:
        counted[stage] = counted[stage].plus(Work.UNATTENDED, 0, Brief.read(runs).more_slots)
    return counted


def limited_loads(conn: sqlite3.Connection, board: Board, leaving_out: str = "") -> dict[str, Load]:
    """The loads of the stages that limits look at; the others may have very many cards."""
    return loads(conn, board.id, leaving_out, limited(board))


def asleep(conn: sqlite3.Connection, board_id: str, today: date) -> dict[str, int]:
    """Open cards per stage id that are snoozed until a day after this one."""
    rows = conn.execute(
        "SELECT stage, count(*) FROM card WHERE board = ? AND "
        + OPEN
        + " AND snoozed_until > ? GROUP BY stage",
        (board_id, today.isoformat()),
    )
    return dict(rows.fetchall())


def dated_after(conn: sqlite3.Connection, instant: str) -> tuple[int, str, list[str]]:
    """How many events are dated after an instant, the latest of their dates, and the short ids of
    the cards they are about."""
    count, last = conn.execute(
        "SELECT count(*), ifnull(max(at), '') FROM event WHERE at > ?", (instant,)
    ).fetchone()
    rows = conn.execute(
        "SELECT DISTINCT ref FROM event JOIN card ON card.id = event.card WHERE at > ?"
        " ORDER BY length(ref), ref",
        (instant,),
    ).fetchall()
    return count, last, [ref for (ref,) in rows]


def last_rank(conn: sqlite3.Connection, board_id: str, stage_id: str) -> str | None:
    """The rank of the last card of a stage, None when it is empty."""
    (rank,) = conn.execute(
        "SELECT max(rank) FROM card WHERE board = ? AND stage = ?", (board_id, stage_id)
    ).fetchone()
    return rank  # type: ignore[no-any-return]


def first_rank(conn: sqlite3.Connection, board_id: str, stage_id: str) -> str | None:
    """The rank of the first card of a stage, None when it is empty."""
    (rank,) = conn.execute(
        "SELECT min(rank) FROM card WHERE board = ? AND stage = ?", (board_id, stage_id)
    ).fetchone()
    return rank  # type: ignore[no-any-return]


def stage_order(conn: sqlite3.Connection, board_id: str, stage_id: str) -> list[tuple[str, str]]:
    """(card id, rank) of the cards in a stage, in order, including hidden ones."""
    rows = conn.execute(
        "SELECT id, rank FROM card WHERE board = ? AND stage = ? AND NOT deleted ORDER BY rank, id",
        (board_id, stage_id),
    ).fetchall()
    return [(card_id, rank) for card_id, rank in rows]


_TRANSITION = "SELECT card, at, stage, outcome, work, block, stamp FROM transition WHERE "


def finished_since(conn: sqlite3.Connection, board_id: str, since: str, least: int) -> list[str]:
    """Ids of the cards that were worked on and finished (not abandoned) since an instant, newest
    first; at least `least` of them if there are as many."""
    rows = conn.execute(
        "SELECT id, finished_at FROM card WHERE board = ? AND finished_at != '' AND NOT deleted"
        " AND started_at != '' AND outcome != 'abandoned' AND NOT (archived AND outcome = '')"
        " ORDER BY finished_at DESC",
        (board_id,),
    )
    return [card for at, (card, finished) in enumerate(rows) if finished >= since or at < least]


def transitions_of(conn: sqlite3.Connection, ids: Sequence[str]) -> list[Transition]:
    """All transitions in force of these cards, by card and then in order of time."""
    steps: list[Transition] = []
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        rows = conn.execute(
            f"{_TRANSITION} card IN ({','.join('?' * len(some))}) AND live ORDER BY card, stamp",
            tuple(some),
        )
        steps += map(Transition._make, rows)
    return steps


def transitions(conn: sqlite3.Connection, board_id: str) -> list[Transition]:
    """All transitions in force of the cards of a board, by card and then in order of time; also of
    cards that left it, and what cards did on another board before they came, and after."""
    rows = conn.execute(
        _TRANSITION + "board = ? AND live ORDER BY card, stamp",
        (board_id,),
    ).fetchall()
    if not (moved := _moved(conn, board_id)):
        return list(map(Transition._make, rows))
    stayed = [transition for row in rows if (transition := Transition(*row)).card not in moved]
    return sorted([*stayed, *transitions_of(conn, moved)], key=lambda one: (one.card, one.stamp))


def _moved(conn: sqlite3.Connection, board_id: str) -> list[str]:
    """The ids of the cards that were on this board and on another one."""
    (boards,) = conn.execute("SELECT count(*) FROM board").fetchone()
    if boards == 1:
        return []
    rows = conn.execute(
        "SELECT transition.card FROM transition JOIN card ON card.id = transition.card"
        " WHERE transition.board = ?1 AND card.board != ?1 UNION"
        " SELECT card.id FROM card CROSS JOIN transition ON transition.card = card.id"
        " WHERE card.board = ?1 AND transition.board != ?1",
        (board_id,),
    )
    return [card for (card,) in rows]


def stages_elsewhere(conn: sqlite3.Connection, board_id: str) -> frozenset[str]:
    """The ids of all stages of other boards."""
    rows = conn.execute("SELECT id FROM stage WHERE board != ?", (board_id,))
    return frozenset(stage for (stage,) in rows)


def stage_names(conn: sqlite3.Connection) -> dict[str, str]:
    """The name of every stage with that of its board, by its id."""
    rows = conn.execute(
        "SELECT stage.id, stage.name || ' on ' || board.name FROM stage"
        " JOIN board ON board.id = stage.board"
    )
    return dict(rows.fetchall())


def board_of_stage(conn: sqlite3.Connection, stage_id: str) -> str:
    """The id of the board that a stage is on; '' for none."""
    row = conn.execute("SELECT board FROM stage WHERE id = ?", (stage_id,)).fetchone()
    return row[0] if row else ""


def on_board(conn: sqlite3.Connection, board_id: str, ids: Sequence[str]) -> frozenset[str]:
    """Those of these cards that are on a board."""
    rows = conn.execute(
        "SELECT card.id FROM json_each(?) AS one CROSS JOIN card ON card.id = one.value"
        " WHERE card.board = ?",
        (json.dumps([*ids]), board_id),
    )
    return frozenset(card for (card,) in rows)


def healths(conn: sqlite3.Connection, board_id: str) -> dict[str, list[tuple[str, str]]]:
    """The health of each model in use of a board over time, by card id, in order."""
    rows = conn.execute(
        "SELECT card.id, at, data"
        " FROM card CROSS JOIN event INDEXED BY event_card ON event.card = card.id"
        " WHERE card.board = ? AND health != '' AND NOT deleted AND undoes = ''"
        f" AND instr(data, '\"health\"') AND {IN_FORCE}"
        " AND event.id NOT IN (SELECT event FROM undone) ORDER BY card.id, hlc, replica, rseq",
        (board_id,),
    )
    by_card: dict[str, list[tuple[str, str]]] = {}
    for card_id, at, data in rows:
        # By the reader of the fold: of a name that stands there twice SQLite takes the other one.
        values = json.loads(data).get("set", {})
        if "health" in values:
            by_card.setdefault(card_id, []).append((at, values["health"] or ""))
    return by_card


def due_dates(conn: sqlite3.Connection, board_id: str, until: str) -> dict[str, str]:
    """The due date that each card of a board had at an instant, by card id; undone changes are left
    out, and cards without one."""
    rows = conn.execute(
        "SELECT card.id, data"
        " FROM card CROSS JOIN event INDEXED BY event_card ON event.card = card.id"
        " WHERE card.board = ? AND NOT deleted AND undoes = '' AND at <= ?"
        f" AND instr(data, '\"due\"') AND {IN_FORCE}"
        " AND event.id NOT IN (SELECT event FROM undone) ORDER BY card.id, hlc, replica, rseq",
        (board_id, until),
    )
    due: dict[str, str] = {}
    for card_id, data in rows:
        values = json.loads(data).get("set", {})
        if "due" in values:
            due[card_id] = values["due"] or ""
    return {card: day for card, day in due.items() if day}


def stages_set(conn: sqlite3.Connection, board_id: str) -> list[StageSet]:
    """What was set of the stages of a board over time, in the order of the stamps; undone changes
    are left out."""
    rows = conn.execute(
        "SELECT at, data FROM event INDEXED BY event_card"
        " WHERE card = '' AND event.board = ? AND undoes = '' AND instr(data, '\"stage\"')"
        f" AND {IN_FORCE} AND event.id NOT IN (SELECT event FROM undone)"
        " ORDER BY hlc, replica, rseq",
        (board_id,),
    )
    events = [(at, json.loads(data)) for at, data in rows]
    return [
        StageSet(event["stage"], at, event.get("set", {})) for at, event in events if event["stage"]
    ]


def merged(conn: sqlite3.Connection, board_id: str) -> set[str]:
    """Ids of the cards of a board that ended as duplicates, merged into another card."""
    rows = conn.execute(
        "SELECT card.id FROM card JOIN entity ON entity.id = card.id"
        " WHERE card.board = ? AND archived AND outcome = ?"
        " AND instr(json_extract(entity.state, '$.fields.verdict'), ?) = 1",
        (board_id, Outcome.SUPERSEDED.value, lifecycle.DUPLICATE_OF),
    )
    return {card for (card,) in rows}


def archivings(conn: sqlite3.Connection, board_id: str) -> dict[str, Transition]:
    """When each card of a board that is archived without an outcome was archived, by card id, as a
    transition that sets nothing."""
    rows = conn.execute(
        "SELECT card.id, at, data, hlc || ':' || replica"
        " FROM card CROSS JOIN event INDEXED BY event_card ON event.card = card.id"
        " WHERE card.board = ? AND archived AND outcome = '' AND NOT deleted"
        f" AND instr(data, '\"archived\"') AND {IN_FORCE}"
        " AND event.id NOT IN (SELECT event FROM undone) ORDER BY card.id, hlc, replica, rseq",
        (board_id,),
    )
    by_card: dict[str, Transition] = {}
    for card_id, at, data, stamp in rows:
        archived = json.loads(data).get("set", {}).get("archived")
        if archived:
            by_card.setdefault(card_id, Transition(card_id, at, None, None, None, None, stamp))
        elif archived is not None:
            by_card.pop(card_id, None)
    return by_card


def history(conn: sqlite3.Connection, board_id: str, card_id: str, limit: int) -> list[Event]:
    """The newest `limit` events of a card, or of the whole board when `card_id` is '', in order."""
    where, value = ("card = ?", card_id) if card_id else ("board = ?", board_id)
    rows = conn.execute(
        f"SELECT {COLUMNS} FROM event WHERE {where} AND id NOT LIKE '%@%' AND {IN_FORCE}"
        " ORDER BY at DESC, seq DESC LIMIT ?",
        (value, limit),
    ).fetchall()
    return [event_of(row) for row in reversed(rows)]


def history_places(conn: sqlite3.Connection, board_id: str) -> list[int]:
    """The numbers of all events of a board, in the order of `history`."""
    rows = conn.execute(
        f"SELECT seq FROM event WHERE board = ? AND id NOT LIKE '%@%' AND {IN_FORCE}"
        " ORDER BY at, seq",
        (board_id,),
    )
    return [seq for (seq,) in rows]


def events_at(conn: sqlite3.Connection, places: Sequence[int]) -> list[Event]:
    """The events with these numbers, in the order of `history`."""
    rows = conn.execute(
        f"SELECT {COLUMNS} FROM event WHERE seq IN (SELECT value FROM json_each(?))"
        " ORDER BY at, seq",
        (json.dumps(list(places)),),
    ).fetchall()
    return list(map(event_of, rows))


def of_kind(conn: sqlite3.Connection, board_id: str, kind: str) -> list[Event]:
    """The events of one kind about the board itself, in order."""
    # By the index of cards: those about none are few, those of a board may be all there are.
    rows = conn.execute(
        f"SELECT {COLUMNS} FROM event INDEXED BY event_card"
        f" WHERE card = '' AND board = ? AND kind = ? AND {IN_FORCE} ORDER BY at, seq",
        (board_id, kind),
    ).fetchall()
    return [event_of(row) for row in rows]


def overrides(conn: sqlite3.Connection, board_id: str, since: str) -> list[Event]:
    """The events after an instant with which a person overrode a limit or a gate, in order."""
    rows = conn.execute(
        f"SELECT {COLUMNS} FROM event WHERE board = ? AND card != '' AND at > ?"
        " AND instr(data, '\"reason\"') AND kind NOT IN ('card.unblocked', 'undone', 'redone')"
        f" AND {BY_PERSON} AND {IN_FORCE} AND id NOT IN (SELECT event FROM undone)"
        " ORDER BY at, seq",
        (board_id, since),
    ).fetchall()
    return [event for event in map(event_of, rows) if event.data.get("reason")]


def undone_ids(conn: sqlite3.Connection, board_id: str) -> frozenset[str]:
    """Ids of a board's events that are not in force."""
    rows = conn.execute(
        "SELECT undone.event FROM undone JOIN event ON event.id = undone.event"
        " WHERE event.board = ?",
        (board_id,),
    ).fetchall()
    return frozenset(event for (event,) in rows)


def undone_ids_of_card(conn: sqlite3.Connection, card_id: str) -> frozenset[str]:
    """Ids of a card's events that are not in force."""
    rows = conn.execute(
        "SELECT id FROM event WHERE card = ? AND id IN (SELECT event FROM undone)", (card_id,)
    ).fetchall()
    return frozenset(event for (event,) in rows)


def actor_of_event(conn: sqlite3.Connection, event_id: str) -> str:
    """Who wrote an event; '' when there is none with this id."""
    row = conn.execute("SELECT actor FROM event WHERE id = ?", (event_id,)).fetchone()
    return row[0] if row else ""


def events_by_id(conn: sqlite3.Connection, ids: Iterable[str]) -> list[Event]:
    """The events with these ids, as far as they exist."""
    rows = conn.execute(
        f"SELECT {COLUMNS} FROM event WHERE {IN_FORCE} AND id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    ).fetchall()
    return [event_of(row) for row in rows]


def events_beginning(conn: sqlite3.Connection, text: str) -> list[Event]:
    """Two events at most whose id begins with a text."""
    rows = conn.execute(
        f"SELECT {COLUMNS} FROM event WHERE id >= ? AND id < ? AND {IN_FORCE}"
        " AND id NOT LIKE '%@%' LIMIT 2",
        (text, f"{text}g"),
    ).fetchall()
    return list(map(event_of, rows))


def ref_of(conn: sqlite3.Connection, card_id: str) -> str:
    """The short id of a card; '' where there is none."""
    row = conn.execute("SELECT ref FROM card WHERE id = ?", (card_id,)).fetchone()
    return row[0] if row else ""


def refs_holding(conn: sqlite3.Connection, texts: Iterable[str]) -> list[str]:
    """The short ids of cards with an event, undone or not, that holds one of some texts."""
    refs: set[str] = set()
    for text in texts:
        inside = json.dumps(text, ensure_ascii=False)[1:-1]
        rows = conn.execute(
            "SELECT DISTINCT ref FROM event JOIN card ON card.id = event.card"
            " WHERE instr(event.data, ?)",
            (inside,),
        )
        refs.update(ref for (ref,) in rows)
    return sorted(refs)


def is_undone(conn: sqlite3.Connection, event_id: str) -> bool:
    row = conn.execute("SELECT 1 FROM undone WHERE event = ?", (event_id,)).fetchone()
    return row is not None


def import_actions(conn: sqlite3.Connection, board_id: str) -> set[str]:
    """The actions that brought history or cards from elsewhere onto a board."""
    rows = conn.execute(
        f"SELECT action FROM event WHERE board = ? AND kind = 'import.noted' AND {IN_FORCE}",
        (board_id,),
    ).fetchall()
    return {action for (action,) in rows}


def guessed_ends(conn: sqlite3.Connection, board_id: str) -> set[str]:
    """The cards of a board whose last outcome is one that an imported list does not name."""
    rows = conn.execute(
        "SELECT card, json_extract(data, '$.note') FROM event WHERE board = ?"
        " AND kind IN ('card.created', 'card.moved', 'card.finished')"
        f" AND json_type(data, '$.set.outcome') IS NOT NULL AND {IN_FORCE}"
        " AND id NOT IN (SELECT event FROM undone) ORDER BY hlc",
        (board_id,),
    )
    last = dict(rows.fetchall())
    return {card for card, note in last.items() if note == lifecycle.GUESSED}


def undone_ids_of_action(conn: sqlite3.Connection, action_id: str) -> frozenset[str]:
    """Ids of an action's events that are not in force."""
    rows = conn.execute(
        "SELECT id FROM event WHERE action = ? AND id IN (SELECT event FROM undone)", (action_id,)
    ).fetchall()
    return frozenset(event for (event,) in rows)


def event_of_card(conn: sqlite3.Connection, card_id: str, stamp: str) -> Event | None:
    """The event about a card with this stamp, None when there is none."""
    hlc, _, replica = stamp.rpartition(":")
    row = conn.execute(
        f"SELECT {COLUMNS} FROM event WHERE card = ? AND hlc = ? AND replica = ?",
        (card_id, hlc, replica),
    ).fetchone()
    return event_of(row) if row else None


def action(conn: sqlite3.Connection, action_id: str, most: int = -1) -> list[Event]:
    """The events of one action in order, the first `most` of them (-1: all)."""
    rows = conn.execute(
        f"SELECT {COLUMNS} FROM event WHERE action = ? AND {IN_FORCE} ORDER BY seq LIMIT ?",
        (action_id, most),
    ).fetchall()
    return [event_of(row) for row in rows]


def cards_of_action(conn: sqlite3.Connection, action_id: str) -> int:
    """How many cards an action was about."""
    (cards,) = conn.execute(
        f"SELECT count(DISTINCT card) FROM event WHERE action = ? AND card != '' AND {IN_FORCE}",
        (action_id,),
    ).fetchone()
    return int(cards)
