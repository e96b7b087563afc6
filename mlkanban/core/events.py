"""The events and the fold: events -> state.

Every change of a card, a stage or a board is an event that names the fields it sets, with the value
and the clock of each value it replaces. So one fold serves all kinds, undo is an event that sets
the old values, and stores can be merged field by field: the later (hlc, replica) wins.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

FORMAT = 1
"""Version of the event format this program writes."""

UNDONE, REDONE = "undone", "redone"


@dataclass(frozen=True, slots=True)
class Event:
    """One fact of the log.

    `kind`: `card.` created, edited, moved, reordered, blocked, unblocked, noted, finished,
    reopened, snoozed, woken, archived, restored or
    alerted; `stage.` added, edited or removed;
    `board.` created or edited; `view.` saved or removed; `charter.edited`; `triage.ended`;
    `run.` queued, started, changed, ended, linked, unlinked or ignored; `import.noted`; `undone`
    or `redone`.
    `hlc` orders, `at` (ISO 8601 UTC) is for people and flow numbers, `action` groups what one key
    or command did, `undoes` names the event whose values this one puts back. `data` holds
    `set` {field: value}, `was` {field: [value, origin]} and, where given, `restores`
    {field: origin}, `note`, `reason`, `stage` and `unticked`: the items of the checklist that an
    override went past.
    """

    id: str
    replica: str
    rseq: int
    hlc: str
    at: str
    actor: str
    host: str
    board: str
    card: str
    kind: str
    data: Mapping[str, Any]
    action: str
    undoes: str = ""
    version: int = FORMAT
    seq: int = 0

    @property
    def entity(self) -> str:
        """The id of what it changes: a card, a stage or the board itself."""
        return self.card or str(self.data.get("stage", "")) or self.board

    @property
    def stamp(self) -> str:
        return f"{self.hlc}:{self.replica}"


class Position(NamedTuple):
    """A place in the log of one store: the number of its newest event, and that event's clock."""

    cursor: int
    hlc: str


@dataclass(frozen=True, slots=True)
class Change:
    """A change wanted, before the log gives it an id and a place.

    `at` (ISO 8601 UTC) is only given for history brought in from elsewhere; `event_id` likewise,
    so that bringing it in twice adds nothing.
    """

    kind: str
    board: str
    card: str = ""
    stage: str = ""
    set: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    reason: str = ""
    unticked: Sequence[str] = ()
    undoes: str = ""
    restores: Mapping[str, str] = field(default_factory=dict)
    at: str = ""
    event_id: str = ""


@dataclass(slots=True)
class Entity:
    """The folded state of one card, stage or board.

    `stamps` decide which of two writes of a field wins; `origins` name the event a value was first
    written by, which an undo brings back together with the value.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    stamps: dict[str, str] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)

    def replaced_by(self, names: Iterable[str]) -> dict[str, list[Any]]:
        """For each field named, the value and origin that an event setting it replaces."""
        return {name: [self.fields.get(name), self.origins.get(name, "")] for name in names}

    def apply(self, event: Event) -> bool:
        """Take in one event, in any order; True when a field changed."""
        stamp, changed = event.stamp, False
        restored = event.data.get("restores", {})
        for name, value in event.data.get("set", {}).items():
            if stamp > self.stamps.get(name, ""):
                self.fields[name] = value
                self.stamps[name] = stamp
                self.origins[name] = restored.get(name, stamp)
                changed = True
        return changed

    def members(self, prefix: str) -> list[str]:
        """The set kept as one yes/no field per member, such as tags (`tag:gpu`)."""
        return sorted(
            name[len(prefix) :]
            for name, present in self.fields.items()
            if present and name.startswith(prefix)
        )


def fold(events: Iterable[Event]) -> dict[str, Entity]:
    """The state of everything the events speak of, by entity id."""
    state: dict[str, Entity] = {}
    for event in events:
        state.setdefault(event.entity, Entity()).apply(event)
    return state


def undone(events: Iterable[Event]) -> frozenset[str]:
    """Ids of the events that are not in force: undone, and the undoing not undone itself."""
    dead: set[str] = set()
    for event in sorted(events, key=lambda e: (e.hlc, e.replica), reverse=True):
        if event.undoes and event.id not in dead:
            dead.add(event.undoes)
    return frozenset(dead)


def changed_since(event: Event, entity: Entity) -> list[str]:
    """The fields `event` set that hold somebody's later value now."""
    restored = event.data.get("restores", {})
    return [
        name
        for name in event.data.get("set", {})
        if entity.origins.get(name) != restored.get(name, event.stamp)
    ]


def putting_back(event: Event) -> tuple[dict[str, Any], dict[str, str]]:
    """What undoes `event`: the values to set, and the origin of each."""
    if event.kind in ("card.created", "stage.added"):
        return {"deleted": True}, {}
    was = event.data.get("was", {})
    return (
        {name: value for name, (value, _) in was.items()},
        {name: origin for name, (_, origin) in was.items()},
    )
