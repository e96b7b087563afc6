"""What merges leave to decide: fields that two replicas wrote without knowing of each other (open
conflicts), and stages over their limits, where each let in what the limit allowed (breaches)."""

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from mlkanban.core.board import Board, Stage, Work
from mlkanban.core.rules import Load, meters
from mlkanban.store import repository

_UNDECIDED = (
    "FROM clash WHERE NOT EXISTS (SELECT 1 FROM card WHERE card.id = clash.entity AND card.deleted)"
)
_MERGED = "SELECT (SELECT min(replica) FROM event) != (SELECT max(replica) FROM event)"
"""Whether there is anything of another machine: asked with every change of a board."""
_STEPS = """
SELECT card.id, step.stage, step.outcome, step.work, step.stamp, event.replica,
    json_extract(event.data, '$.reason') IS NOT NULL
FROM card JOIN transition AS step ON step.card = card.id JOIN event ON event.id = step.event
WHERE card.board = ? AND card.stage = ? AND card.outcome = '' AND NOT card.archived
    AND NOT card.deleted AND step.live
ORDER BY card.id, step.stamp
"""


class ConflictRow(NamedTuple):
    """An open conflict: what another replica wrote to a field; `other` is JSON."""

    entity: str
    board: str
    field: str
    other: str
    stamp: str
    actor: str
    host: str
    at: str


def open_conflicts(conn: sqlite3.Connection, entity_id: str = "") -> list[ConflictRow]:
    """The open conflicts of an entity, or of all entities."""
    rows = conn.execute(
        f"SELECT {', '.join(ConflictRow._fields)} {_UNDECIDED} AND (entity = ? OR ? = '')"
        " ORDER BY board, entity, field, stamp",
        (entity_id, entity_id),
    ).fetchall()
    return list(map(ConflictRow._make, rows))


def count_conflicts(conn: sqlite3.Connection, board_id: str = "") -> int:
    """How many conflicts are open, on a board or on all boards."""
    (fields,) = conn.execute(
        f"SELECT count(*) FROM (SELECT DISTINCT entity, field {_UNDECIDED}"
        " AND (board = ? OR ? = ''))",
        (board_id, board_id),
    ).fetchone()
    return int(fields)


class StageEntry(NamedTuple):
    """How a card entered its stage: the stamp and the replica of the event, and whether somebody
    gave a reason to exceed the limit."""

    stamp: str
    replica: str
    forced: bool


def over_since_merge(conn: sqlite3.Connection, board: Board) -> frozenset[str]:
    """Ids of the stages that are over a hard limit without anyone having overridden it."""
    return frozenset(stage for stage, _ in breaches(conn, board))


def breaches(conn: sqlite3.Connection, board: Board) -> frozenset[tuple[str, str]]:
    """The hard limits that are exceeded without anyone having overridden them: (stage id, name of
    the meter that is over)."""
    (merged,) = conn.execute(_MERGED).fetchone()
    if not merged:
        return frozenset()
    loads, broken = repository.limited_loads(conn, board), set()
    for stage in board.stages:
        shown = meters(stage, loads.get(stage.id, Load()))
        if stage.soft or not any(meter.over for meter in shown):
            continue
        stamps = repository.entity(conn, stage.id).stamps
        entries = _entries(conn, board, stage)
        for unattended, meter in enumerate(shown):
            limit_set = stamps.get("unattended" if unattended else "limit", "")
            if meter.over and by_merge(entries[unattended], meter.limit or 0, limit_set):
                broken.add((stage.id, meter.name))
    return frozenset(broken)


def _entries(conn: sqlite3.Connection, board: Board, stage: Stage) -> tuple[list[StageEntry], ...]:
    """How the open cards entered a stage: the attended ones (or all, where runs are not counted
    apart), then the unattended ones."""
    apart = stage.unattended is not None
    slots: dict[str, tuple[tuple[str, bool] | None, StageEntry]] = {}
    standing: dict[str, tuple[str, bool, str]] = {}
    rows = conn.execute(_STEPS, (board.id, stage.id)).fetchall()
    for card, place, outcome, work, stamp, replica, forced in rows:
        before = standing.get(card, ("", True, ""))
        there = place if place is not None else before[0]
        is_open = outcome == "" if outcome is not None else before[1]
        does = work if work is not None else before[2]
        standing[card] = there, is_open, does
        slot = (there, apart and does == Work.UNATTENDED) if is_open else None
        if card not in slots or slots[card][0] != slot:
            slots[card] = slot, StageEntry(stamp, replica, bool(forced))
    entries: tuple[list[StageEntry], ...] = ([], [])
    for slot, entry in slots.values():
        if slot is not None:
            entries[slot[1]].append(entry)
    return entries


def by_merge(entries: Iterable[StageEntry], limit: int, limit_set: str) -> bool:
    """Whether cards past `limit` were let in by machines that counted fewer.

    `entries` are those of all counted cards. The first ones keep their place. Of the others a card
    that nobody forced, and that came after the limit was set (the stamp `limit_set`), would have
    been refused where all of them were known.
    """
    in_turn = sorted(entries)
    late = in_turn[limit:]
    return len({entry.replica for entry in in_turn}) > 1 and any(
        not entry.forced and entry.stamp > limit_set for entry in late
    )
