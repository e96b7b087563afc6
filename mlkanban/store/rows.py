"""Rows to core values and back, where more than one part of the store needs it."""

import json
import sqlite3

from mlkanban.core.events import Entity
from mlkanban.core.models import Board, Stage, StageKind
from mlkanban.errors import NotFound


def entity_text(entity: Entity) -> str:
    """An entity as it is kept: fields, and the names written under each stamp and origin."""
    by_stamp: dict[str, list[str]] = {}
    for name, stamp in entity.stamps.items():
        by_stamp.setdefault(stamp, []).append(name)
    restored = {n: o for n, o in entity.origins.items() if o != entity.stamps[n]}
    state = {"fields": entity.fields, "stamps": by_stamp, "origins": restored}
    return json.dumps(state, ensure_ascii=False, separators=(",", ":"))


def entity_from(text: str) -> Entity:
    """The entity kept as `text` by entity_text."""
    state = json.loads(text)
    stamps = {name: stamp for stamp, names in state["stamps"].items() for name in names}
    return Entity(state["fields"], stamps, {**stamps, **state["origins"]})


def stages_of(conn: sqlite3.Connection, board_id: str, *, removed: bool) -> tuple[Stage, ...]:
    """The stages of a board in order: those it has, or those that were removed."""
    rows = conn.execute(
        "SELECT id, name, kind, committed, wip_limit, unattended, soft, rank FROM stage"
        " WHERE board = ? AND deleted = ? ORDER BY rank, id",
        (board_id, int(removed)),
    ).fetchall()
    return tuple(
        Stage(
            id=sid, name=name, kind=StageKind(kind), committed=bool(committed), limit=limit,
            unattended=unattended, soft=bool(soft), rank=rank,
        )
        for sid, name, kind, committed, limit, unattended, soft, rank in rows
    )  # fmt: skip


def board_of(conn: sqlite3.Connection, board_id: str) -> Board:
    """The board with this id; NotFound when there is none."""
    row = conn.execute(
        "SELECT key, name, timezone, conwip, template FROM board WHERE id = ?", (board_id,)
    ).fetchone()
    if row is None:
        raise NotFound(f"There is no board {board_id}.", "List them: mlkanban boards")
    key, name, timezone, conwip, template = row
    return Board(
        id=board_id, key=key, name=name, timezone=timezone, conwip=conwip, template=template,
        stages=stages_of(conn, board_id, removed=False),
        former=stages_of(conn, board_id, removed=True),
    )  # fmt: skip
