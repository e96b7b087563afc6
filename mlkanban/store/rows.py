"""Convert rows to core values and back, where more than one module of the store needs it, and the
connection, with what all that is read and written through it agrees on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from mlkanban.core import lifecycle
from mlkanban.core.actors import CONDITION
from mlkanban.core.board import Board, Stage, StageKind
from mlkanban.core.card import Card, Note
from mlkanban.core.card_fields import values_of
from mlkanban.core.events import DATA, LOGGED, MEMBERS, RECORD_FIELDS, Entity, Event, Member, Record
from mlkanban.core.field_kinds import guard_in, metric_in
from mlkanban.core.metrics import metrics_in
from mlkanban.core.notes import current_text
from mlkanban.errors import NotFound, StoreProblem
from mlkanban.hints import hint
from mlkanban.runs.model.repeats import DEFAULT, Repeats

if TYPE_CHECKING:
    from mlkanban.core.ab_test import AbTest


class StoreConnection(sqlite3.Connection):
    """`repeats` says which runs are averaged in the metrics of cards. `gives_way` tells whether a
    copy of the store that is being made is to be given up for a write; None where nobody asks."""

    repeats: Repeats = DEFAULT
    gives_way: Callable[[], bool] | None = None


def repeats_of(conn: sqlite3.Connection) -> Repeats:
    """The names by which runs are repeats here; a connection to a mere copy has the default."""
    return conn.repeats if isinstance(conn, StoreConnection) else DEFAULT


def entity_text(entity: Entity) -> str:
    """An entity as it is stored: its fields, and the names written under each stamp and origin."""
    by_stamp: dict[str, list[str]] = {}
    for name, stamp in entity.stamps.items():
        by_stamp.setdefault(stamp, []).append(name)
    restored = {n: o for n, o in entity.origins.items() if o != entity.stamps[n]}
    sets = {
        name: [member.adds, sorted(member.gone), member.until, member.removed]
        for name, member in entity.sets.items()
    }
    state: dict[str, Any] = {"fields": entity.fields, "stamps": by_stamp, "origins": restored}
    if sets:
        state["sets"] = sets
    if entity.homes:
        state["homes"] = entity.homes
    if entity.derived:
        state["fits"] = entity.derived  # the key in the stores that there are
    return json.dumps(state, ensure_ascii=False, separators=(",", ":"))


def entity_from(text: str) -> Entity:
    """The entity stored as `text` by entity_text."""
    state = _loaded(text)
    stamps = {name: stamp for stamp, names in state["stamps"].items() for name in names}
    entity = Entity(state["fields"], stamps, {**stamps, **state["origins"]})
    entity.derived = state.get("fits", {})
    entity.homes = state.get("homes", [])
    for name, (adds, gone, until, removed) in state.get("sets", {}).items():
        entity.sets[name] = Member(adds, set(gone), until, removed)
    for name in [n for n in stamps if n.startswith(MEMBERS) and n not in entity.sets]:
        entity.sets[name] = _before_merging(entity, name)
    return entity


def _before_merging(entity: Entity, name: str) -> Member:
    """A member as it was stored before stores could be merged: its last write alone."""
    member, value = Member(), entity.fields.get(name)
    if value:
        member.add(entity.stamps[name], value, entity.origins[name])
    else:
        member.remove(entity.stamps[name], value, entity.origins[name], None)
    return member


def stages_of(conn: sqlite3.Connection, board_id: str, *, removed: bool) -> tuple[Stage, ...]:
    """The stages of a board in order: the present ones, or the removed ones."""
    rows = conn.execute(
        "SELECT id, name, kind, committed, wip_limit, unattended, soft, rank, role, deliverables"
        " FROM stage WHERE board = ? AND deleted = ? ORDER BY rank, id",
        (board_id, int(removed)),
    ).fetchall()
    return tuple(
        Stage(
            id=sid, name=name, kind=StageKind(kind), committed=bool(committed), limit=limit,
            unattended=unattended, soft=bool(soft), rank=rank, role=role,
            deliverables=tuple(filter(None, deliverables.split("\n"))),
        )
        for (
            sid, name, kind, committed, limit, unattended, soft, rank, role, deliverables
        ) in rows
    )  # fmt: skip


_FIRST, _LAST = (
    "(SELECT person FROM card WHERE card.board = board.id AND person > ''"
    f" AND person != '' ORDER BY person{way} LIMIT 1)"
    for way in ("", " DESC")
)
"""The first and the last of those who had cards of a board in progress: one step in an index."""


def board_of(conn: sqlite3.Connection, board_id: str) -> Board:
    """The board with this id; NotFound when there is none."""
    row = conn.execute(
        f"SELECT key, name, timezone, conwip, template, state, {_FIRST} != {_LAST}"
        " FROM board LEFT JOIN entity ON entity.id = board.id WHERE board.id = ?",
        (board_id,),
    ).fetchone()
    if row is None:
        raise NotFound(f"There is no board {board_id}.", hint("List them: {boards}"))
    key, name, timezone, conwip, template, state, of_team = row
    fields = entity_from(state).fields if state else {}
    return Board(
        id=board_id, key=key, name=name, timezone=_zone_here(timezone), conwip=conwip,
        template=template,
        stages=stages_of(conn, board_id, removed=False),
        former=stages_of(conn, board_id, removed=True),
        archived=bool(fields.get("archived")),
        team_limits=bool(fields.get("team_limits")),
        of_team=bool(of_team),
    )  # fmt: skip


def _zone_here(name: str) -> str:
    """The time zone of a board; UTC when this machine does not know it (yet)."""
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        return "UTC"
    return name


class CardTimes(NamedTuple):
    """When a card was created, entered its present stage, was started and finished, and the person
    who moved it last into a stage that is committed; '' for none."""

    created: str = ""
    entered: str = ""
    started: str = ""
    finished: str = ""
    person: str = ""


def card_of(
    card_id: str,
    board_id: str,
    state: Entity,
    times: CardTimes,
    notes: tuple[Note, ...],
    repeats: Repeats,
) -> Card:
    """A whole card from its fields."""
    # What measures: the board, which shows faces, does without.
    from mlkanban.core.model_health import readings
    from mlkanban.runs.model.brief import measured
    from mlkanban.runs.model.run import runs_in

    fields = lifecycle.shown(state)
    metrics = measured(runs_in(fields), metrics_in(fields), repeats)
    created, entered, started, finished = (parse_instant(at) if at else None for at in times[:4])
    assert created is not None
    assert entered is not None
    return Card(
        id=card_id,
        ref=fields["ref"],
        board=board_id,
        rank=fields["place"][1],
        values=values_of(fields),
        created_at=created,
        entered_at=entered,
        started_at=started,
        finished_at=finished,
        person=times.person,
        measured=metric_in(metrics.metric),
        measured_guards=tuple(map(guard_in, metrics.guards)),
        readings=tuple(readings(fields)),
        ab=_ab_test(fields),
        notes=notes,
    )


def _ab_test(fields: Mapping[str, Any]) -> AbTest | None:
    if not fields.get("ab"):
        return None
    from mlkanban.core.ab_test import ab_test_in  # with statistics: few cards have one

    return ab_test_in(fields)


def notes_of(events: Iterable[Event], fields: Mapping[str, Any]) -> tuple[Note, ...]:
    """The notes that these events wrote on a card, as they are now."""
    return tuple(
        Note(id=event.id, at=parse_instant(event.at), actor=event.actor, text=text)
        for event in events
        if (text := current_text(event.id, str(event.data["note"]), fields))
    )


def parse_instant(text: str) -> datetime:
    """An instant of the store as an aware datetime in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


COLUMNS = ", ".join((*LOGGED, "seq"))
"""What `event_of` makes an event from."""
RECORD_COLUMNS = ", ".join(RECORD_FIELDS)
"""What `record_of` makes a record from."""

IN_FORCE = "seq NOT IN (SELECT seq FROM inert)"
"""Of an event: it counts (core/event_validation.py). Whatever reads the log asks for it."""

_BEHIND_LETTER = "ltrim(ref, 'abcdefghijklmnopqrstuvwxyz')"
CARD_LETTER = f"substr(ref, 1, length(ref) - length({_BEHIND_LETTER}))"
CARD_NUMBER = f"CAST({_BEHIND_LETTER} AS INTEGER)"
"""Of a card: what its short id begins with, and the number behind. Written as in the index
`card_number`, by which the highest number is found."""

BY_PERSON = f"actor NOT LIKE 'run:%' AND actor != '{CONDITION}'"
"""Of an event: a person wrote it, not a run or a condition."""


def event_of(row: tuple[Any, ...]) -> Event:
    """An event from a row of COLUMNS."""
    values = own_id(row[0]), *row[1:DATA], _loaded(row[DATA]), *row[DATA + 1 :]
    return Event(*values)


def record_of(row: tuple[Any, ...]) -> Record:
    """A record from a row of RECORD_COLUMNS."""
    return Record(own_id(row[0]), *row[1:])


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise StoreProblem(
            f"The store is damaged: what it says of a card or a board cannot be read ({error}).",
            hint("See what can be repaired: {doctor --deep}; or restore a backup: {restore NAME}."),
        ) from error


def kept_as(event_id: str, replica: str, rseq: int) -> str:
    """The id in the log of an event whose own id is taken there: the same history, imported on two
    replicas. The column is unique, and every log must hold both events."""
    return f"{event_id}@{replica}.{rseq}"


def own_id(text: str) -> str:
    """The event id behind the id `text` in the log."""
    event_id, at, _ = text.rpartition("@")
    return event_id if at else text


def events_of(conn: sqlite3.Connection, board_id: str, entity_id: str) -> list[Event]:
    """All events of one card, stage or board."""
    rows = conn.execute(
        f"SELECT {COLUMNS} FROM event WHERE card = ? AND {IN_FORCE}", (entity_id,)
    ).fetchall()
    if rows:
        return list(map(event_of, rows))
    about = events_about_board(conn, board_id)
    return [event for event in about if event.entity == entity_id]


def events_about_board(conn: sqlite3.Connection, board_id: str) -> list[Event]:
    """The events about a board and its stages."""
    rows = conn.execute(
        f"SELECT {COLUMNS} FROM event INDEXED BY event_card WHERE card = '' AND board = ?"
        f" AND {IN_FORCE}",
        (board_id,),
    ).fetchall()
    return list(map(event_of, rows))
