"""The events and the fold: events -> state.

Every change of a card, a stage or a board is an event that names the fields it sets, with the value
and the clock of each value it replaces. So one fold serves all kinds, undo is an event that sets
the old values, and stores can be merged field by field: the later (hlc, replica) wins.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, fields
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeVar

from mlkanban.core.card_fields import SETS
from mlkanban.records import record

FORMAT = 2
"""Version of the event format that this program knows."""
FIRST_FORMAT = 1
"""The format of events that every program knows: all but those that name a place on another board
than the one a card was made on. An older program leaves these out, and shows the card where it
was."""

UNDONE, REDONE = "undone", "redone"


Data = TypeVar("Data")


@record(frozen=True, slots=True)
class LogEntry(Generic[Data]):
    """What every log keeps of an event: THE list of its columns, in their order. The log, the hash
    of an event and sync files are made from it."""

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
    version: int
    data: Data
    action: str
    undoes: str


@record(frozen=True, slots=True)
class Event(LogEntry[Mapping[str, Any]]):
    """One fact of the log.

    `kind`: `card.` created, edited, moved, transferred (to another board), arrived (from one; it
    sets nothing), reordered, blocked, unblocked, noted, finished,
    reopened, snoozed, woken, archived, restored, alerted, compared, rolled-back or settled;
    `stage.` added, edited or removed; `board.` created or edited; `view.` saved or removed;
    `charter.` edited or measured; `triage.ended`; `review.` began, answered or ended; `run.`
    queued, started, changed, ended, linked, moved, unlinked or ignored; `import.noted`;
    `redacted` (core/redaction.py); `undone` or `redone`.
    `rseq` numbers the events of a replica without a gap, `seq` those of this store.
    `hlc` orders, `at` (ISO 8601 UTC) is for people and flow numbers, `action` groups what one key
    or command did, `undoes` names the event whose values this one puts back. `data` holds
    `set` {field: value}, `was` {field: [value, origin]} and, where given, `restores`
    {field: origin}, `note`, `reason`, `stage`, `unticked` (the items of the checklist that an
    override went past), `broken` (the guards that it went past), `saw` {member: [stamps]} (the
    additions a removal takes back; under `card` the newest event about the card that the writer
    knew of every other replica), `settles` {field: [stamps]} (the writes a decision between them
    knew of), `redacts` {stamp: [fields]} (the writes whose text is removed), `passed` (the
    actions that an undo or a redo passed over) and `instead` (the events
    that an undo without `undoes` stands for: it archived a card that others work on instead of
    taking its adding back).
    """

    seq: int = 0

    @property
    def entity(self) -> str:
        """The id of the card, stage or board that the event changes."""
        return self.card or str(self.data.get("stage", "")) or self.board

    @property
    def stamp(self) -> str:
        return f"{self.hlc}:{self.replica}"


@record(frozen=True, slots=True)
class Record(LogEntry[str]):
    """An event as it is stored and travels: `data` is the JSON text that `hash` was made of."""

    hash: str = ""


LOGGED = tuple(column.name for column in fields(LogEntry))
logged = attrgetter(*LOGGED)
"""The values of an event or a record in the order of LOGGED."""
RECORD_FIELDS = tuple(column.name for column in fields(Record))
record_values = attrgetter(*RECORD_FIELDS)
DATA = LOGGED.index("data")


def with_data(entry: LogEntry[Any], data: Any) -> tuple[Any, ...]:
    """What is logged of an event or a record, with its data in another form."""
    values = logged(entry)
    return (*values[:DATA], data, *values[DATA + 1 :])


class Position(NamedTuple):
    """A place in the log of one store: the number of its newest event, and that event's clock."""

    cursor: int
    hlc: str


@record(frozen=True, slots=True)
class Change:
    """A change to be written, before the log gives it an id and a position.

    `at` (ISO 8601 UTC) and `actor` are only given for history brought in from elsewhere; `event_id`
    likewise, so that bringing it in twice adds nothing.
    """

    kind: str
    board: str
    card: str = ""
    stage: str = ""
    set: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    reason: str = ""
    unticked: Sequence[str] = ()
    broken: Sequence[str] = ()
    settles: Mapping[str, Sequence[str]] = field(default_factory=dict)
    undoes: str = ""
    restores: Mapping[str, str] = field(default_factory=dict)
    passed: Sequence[str] = ()
    instead: Sequence[str] = ()
    redacts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    at: str = ""
    actor: str = ""
    event_id: str = ""


RANK = "rank:"
"""The prefix of fields that hold the rank of a card in a stage, by the id of the stage."""
KNOWN = "card"
"""The key of `saw` under which an event keeps what its writer knew about the card."""
MEMBERS = tuple(field.stored for field in SETS)
"""Fields that are members of a set: of an addition and a removal that knew nothing of each other
the addition stays."""


@record(slots=True)
class Member:
    """One member of a set: the additions in force {stamp: [value, origin]}, the stamps of those
    taken back, and `until`, the last removal that did not say what it saw and took all before it.
    """

    adds: dict[str, list[Any]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    until: str = ""
    removed: list[Any] = field(default_factory=lambda: ["", None, ""])
    """The last removal: stamp, value, origin."""

    def add(self, stamp: str, value: Any, origin: str) -> None:
        if stamp not in self.gone and stamp > self.until:
            self.adds[stamp] = [value, origin]

    def remove(self, stamp: str, value: Any, origin: str, saw: Iterable[str] | None) -> None:
        if stamp > self.removed[0]:
            self.removed = [stamp, value, origin]
        if saw is None:
            self.until = max(self.until, stamp)
        else:
            self.gone |= set(saw)
        self.adds = {
            s: add for s, add in self.adds.items() if s not in self.gone and s > self.until
        }


_by_clock = attrgetter("hlc", "replica", "rseq")


def in_order(events: Iterable[Event]) -> list[Event]:
    """Events in the order all replicas agree on: by clock, then by replica; each of them once."""
    return list(once(sorted(events, key=_by_clock)))


def once(events: Iterable[Event]) -> Iterator[Event]:
    """Of history that several replicas brought in from elsewhere, each under the same ids, what
    comes first."""
    seen: set[str] = set()
    for event in events:
        if event.id not in seen:
            seen.add(event.id)
            yield event


@record(slots=True)
class Entity:
    """The folded state of one card, stage or board.

    `stamps` decide which of two writes of a field wins; `origins` name the event a value was first
    written by, which an undo brings back together with the value. `derived` are values of a card
    that nobody wrote: they follow from the stages of its board (core/lifecycle.py). `homes` are the
    boards of a card that was on several, the one it was made on first.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    stamps: dict[str, str] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    sets: dict[str, Member] = field(default_factory=dict)
    derived: dict[str, Any] = field(default_factory=dict, compare=False)
    homes: list[str] = field(default_factory=list)

    def settle(self, event: Event, homes: list[str]) -> str:
        """The board of a card after its next event, which was on these boards before."""
        if (target := destination(event.data)) and target not in homes:
            self.homes = homes = [*homes, target]
        return _board_in(self.fields.get("place")) or homes[0]

    def replaced_by(self, names: Iterable[str]) -> dict[str, list[Any]]:
        """For each field named, the value and origin that an event setting it replaces."""
        return {name: [self._value(name), self.origins.get(name, "")] for name in names}

    def _value(self, name: str) -> Any:
        """The value of a field; a card that was not put in order has the rank it came with."""
        place = self.fields.get("place")
        if place and name == RANK + place[0]:
            return place[1]
        return self.fields.get(name)

    def taken_back(self, values: Mapping[str, Any]) -> dict[str, list[str]]:
        """For each member that `values` take out, the additions that are in force."""
        return {
            name: sorted(self.sets[name].adds) if name in self.sets else []
            for name, value in values.items()
            if not value and name.startswith(MEMBERS)
        }

    def apply(self, event: Event) -> bool:
        """Apply an event, in any order; True when a field changed."""
        stamp, changed = event.stamp, False
        restored = event.data.get("restores", {})
        for name, value in event.data.get("set", {}).items():
            if name.startswith(MEMBERS):
                changed |= self._member(name, value, event)
            elif stamp > self.stamps.get(name, ""):
                self.fields[name] = value
                self.stamps[name] = stamp
                self.origins[name] = restored.get(name, stamp)
                changed = True
                if name == "place" or name.startswith(RANK):
                    self._put_in_order()
        return changed

    def _put_in_order(self) -> None:
        """Set the rank that a card was given since it entered its stage."""
        place = self.fields.get("place")
        if place and self.stamps.get(RANK + place[0], "") > self.stamps["place"]:
            self.fields["place"] = [place[0], self.fields[RANK + place[0]], *place[2:]]

    def _member(self, name: str, value: Any, event: Event) -> bool:
        """Add or remove a member."""
        member, stamp = self.sets.setdefault(name, Member()), event.stamp
        origin = event.data.get("restores", {}).get(name, stamp)
        before = self.fields.get(name), self.origins.get(name)
        if value:
            member.add(stamp, value, origin)
        else:
            member.remove(stamp, value, origin, event.data.get("saw", {}).get(name))
        self.stamps[name] = max(stamp, self.stamps.get(name, ""))
        last = member.adds[max(member.adds)] if member.adds else member.removed[1:]
        self.fields[name], self.origins[name] = last
        return (self.fields.get(name), self.origins.get(name)) != before

    def members(self, prefix: str) -> list[str]:
        """The set kept as one yes/no field per member, such as tags (`tag:gpu`)."""
        return sorted(
            name[len(prefix) :]
            for name, present in self.fields.items()
            if present and name.startswith(prefix)
        )


def _board_in(place: Sequence[str] | None) -> str:
    """The board that a place names after stage and rank; '' on the board where a card was made."""
    return place[2] if place and len(place) > 2 else ""


def destination(data: Mapping[str, Any]) -> str:
    """The board on which an event with this data puts its card; '' where it names none."""
    return _board_in(data.get("set", {}).get("place"))


def names_board(data: Mapping[str, Any]) -> bool:
    """Whether an event with this data names the board of a place, old or new."""
    before, *_ = data.get("was", {}).get("place") or [None]
    return bool(destination(data) or _board_in(before))


def at_home(events: Iterable[Event]) -> list[Event]:
    """Those of the events of one card that count, by clock: an event on a board on which the card
    has never been does not."""
    homes: list[str] = []
    kept = []
    for event in sorted(events, key=_by_clock):
        homes = homes or [event.board]
        if event.board in homes:
            kept.append(event)
            if target := destination(event.data):
                homes.append(target)
    return kept


def fold(events: Iterable[Event]) -> dict[str, Entity]:
    """The state of every card, stage and board in the events, by entity id."""
    state: dict[str, Entity] = {}
    for event in events:
        state.setdefault(event.entity, Entity()).apply(event)
    return state


def holders(entities: Mapping[str, Entity], prefix: str) -> dict[str, str]:
    """The id of the entity that has each field beginning with `prefix`, by the rest of its name: of
    several, the one that got it last."""
    newest: dict[str, tuple[str, str]] = {}
    for entity_id, entity in entities.items():
        for name, value in entity.fields.items():
            if value and name.startswith(prefix):
                candidate = entity.stamps[name], entity_id
                rest = name[len(prefix) :]
                newest[rest] = max(newest.get(rest, candidate), candidate)
    return {rest: entity_id for rest, (_, entity_id) in newest.items()}


def undone(events: Iterable[Event]) -> frozenset[str]:
    """Ids of the events that are not in force: undone, and the undoing not undone itself."""
    dead: set[str] = set()
    for event in sorted(events, key=lambda e: (e.hlc, e.replica), reverse=True):
        if event.id not in dead:
            dead.update(event.data.get("instead", ()))
            if event.undoes:
                dead.add(event.undoes)
    return frozenset(dead)


def roots(events: Iterable[Event]) -> dict[str, str]:
    """The event that each undo and redo is about, however often it was undone and done again."""
    undoes = {event.id: event.undoes for event in events if event.undoes}
    root_of = {}
    for event_id in undoes:
        root, seen = event_id, set[str]()
        while root in undoes and root not in seen:  # what a peer says may go round in a circle
            seen.add(root)
            root = undoes[root]
        root_of[event_id] = root
    return root_of


def changes(event: Event) -> dict[str, Any]:
    """The fields whose values `event` changed, with the new values; fields that it wrote again
    unchanged are left out."""
    was = event.data.get("was", {})
    return {
        name: value
        for name, value in event.data.get("set", {}).items()
        if name not in was or (was[name][0] or None) != (value or None)
    }


def knew(event: Event, other: Event) -> bool | None:
    """Whether the writer of `event` knew of `other`, an event about the same card; None when that
    was not noted."""
    if event.replica == other.replica:
        return (event.hlc, event.rseq) > (other.hlc, other.rseq)
    seen = event.data.get("saw", {}).get(KNOWN)
    if seen is None:
        return None
    return any(
        replica == other.replica and hlc >= other.hlc
        for hlc, _, replica in (stamp.partition(":") for stamp in seen)
    )


def changed_since(event: Event, entity: Entity) -> list[str]:
    """The fields set by `event` that hold a later value now."""
    restored = event.data.get("restores", {})
    return [
        name
        for name in event.data.get("set", {})
        if entity.origins.get(name) != restored.get(name, event.stamp)
    ]


def putting_back(event: Event) -> tuple[dict[str, Any], dict[str, str]]:
    """The values that undo `event`, and the origin of each value."""
    if event.kind in ("card.created", "stage.added", "board.created"):
        return {"deleted": True}, {}
    was = event.data.get("was", {})
    return (
        {name: value for name, (value, _) in was.items()},
        {name: origin for name, (_, origin) in was.items()},
    )
