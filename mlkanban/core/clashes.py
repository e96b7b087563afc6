"""Clashes: what two replicas wrote to one field without knowing of each other.

The later write stands, as everywhere; the other one is kept in sight until somebody decides. A
write names the origin of the value it replaces: when another value stood there in the order all
replicas agree on, its writer had not seen that one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mlkanban.core import health
from mlkanban.core.events import MEMBERS, Entity, Event, in_order
from mlkanban.core.runs import model
from mlkanban.core.sight import UNTIL_RUN

SETTLED = "card.settled"
"""The kind of the event that decides."""

_UNTOLD = frozenset({"ref", "rank", "triage", "work", "snoozed_run", "deleted", "archived"})
"""Fields of which the later write is all there is to know. Nobody types the first three; `work` and
`snoozed_run` follow from moves and runs; of the last two the other value is one key away."""
_UNTOLD_KINDS = (*MEMBERS, model.PREFIX, health.PREFIX)


@dataclass(frozen=True, slots=True)
class Clash:
    """A field with the value that stands, and another one somebody wrote meanwhile."""

    field: str
    kept: Any
    other: Any
    other_stamp: str
    actor: str
    host: str
    at: str


def clashes(events: Iterable[Event]) -> list[Clash]:
    """What is undecided after the events, all of one entity and in any order."""
    entity = Entity()
    lost: dict[str, dict[str, Event]] = {}
    writers: dict[str, Event] = {}
    given = list(events)
    ordered = in_order(given)
    counts = {event.id: event.stamp for event in ordered}
    stands_for = {event.stamp: counts[event.id] for event in given}
    for event in ordered:
        for name, (_, seen) in event.data.get("was", {}).items():
            origin = stands_for.get(seen, seen)
            if not _told(name) or name not in event.data.get("set", {}):
                continue
            known = lost.setdefault(name, {})
            known.pop(origin, None)
            before = writers.get(entity.stamps.get(name, ""))
            if not _chosen(event, name):
                known.clear()
            elif before and _chosen(before, name) and _unseen(event, name, origin, entity, before):
                known[before.stamp] = before
            for stamp in event.data.get("settles", {}).get(name, ()):
                known.pop(stamp, None)
            value = _value(event, name)
            for stamp in [s for s, one in known.items() if _value(one, name) == value]:
                del known[stamp]  # it stands now, whoever wrote it
        writers[event.stamp] = event
        entity.apply(event)
    return [
        Clash(name, entity.fields.get(name), loser.data["set"][name], stamp, loser.actor,
              loser.host, loser.at)
        for name, known in sorted(lost.items())
        for stamp, loser in sorted(known.items())
    ]  # fmt: skip


def _told(name: str) -> bool:
    return name not in _UNTOLD and not name.startswith(_UNTOLD_KINDS)


def _chosen(event: Event, name: str) -> bool:
    """Whether somebody decided on the value: of a snooze that is a day, for cards wake and wait for
    runs without that."""
    return name != "snoozed_until" or _value(event, name) not in (None, UNTIL_RUN)


def _unseen(event: Event, name: str, origin: str, entity: Entity, before: Event) -> bool:
    """Whether the writer of `event` did not know of the value it replaces here."""
    return entity.origins.get(name, "") != origin and before.replica != event.replica


def _value(event: Event, name: str) -> Any:
    """A value as far as people tell it from others: of a place, the stage."""
    value = event.data["set"][name]
    return value[0] if name == "place" and value else (value or None)
