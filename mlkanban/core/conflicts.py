"""Conflicts: two replicas wrote one field, or worked on one card, without knowing of each other.

The later write stands, as everywhere; the other one is kept visible until somebody resolves the
conflict. A write names the origin of the value it replaces: if a different value was there, in the
order all replicas agree on, the writer had not seen that value. Stage, outcome and archived are one
value (core/lifecycle.py), and work on a card that another replica took off the board is in conflict
with that, too. A write that was undone resolves nothing, and neither does its undo.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlkanban.core import ab_test, goal, lifecycle, model_health, review
from mlkanban.core.board import UNTIL_RUN
from mlkanban.core.events import MEMBERS, RANK, Entity, Event, in_order, knew, roots, undone
from mlkanban.core.lifecycle import Lifecycle
from mlkanban.runs.model import run

SETTLED = "card.settled"
"""The kind of the event that resolves a conflict."""
DELETED = "deleted"
"""The field of a conflict about a card whose creation was undone while another machine used it."""

_WITHOUT_CONFLICTS = frozenset(
    {
        "ref", "rank", "triage", "work", "snoozed_run", "promised", "win", ab_test.FIELD, DELETED,
        *lifecycle.PARTS,
    }
)  # fmt: skip
"""Fields of which the later write is all there is to know, or that are looked at apart. Nobody
types the first three; `work` and `snoozed_run` follow from moves and runs, `promised` and mostly
`win` from reviews, and an A/B test is recorded again and again."""
_PREFIXES_WITHOUT_CONFLICTS = (
    *MEMBERS, RANK, run.PREFIX, model_health.PREFIX, goal.PREFIX, review.REVIEW, review.ANSWER,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field with the value that stands, and another value that somebody wrote meanwhile."""

    field: str
    kept: Any
    other: Any
    other_stamp: str
    actor: str
    host: str
    at: str


def conflict_between(name: str, kept: Any, other: Any, loser: Event) -> Conflict:
    """The conflict about a field with what `loser` wrote."""
    return Conflict(name, kept, other, loser.stamp, loser.actor, loser.host, loser.at)


def conflicts_of(events: Iterable[Event]) -> list[Conflict]:
    """The open conflicts of one entity, from all its events in any order."""
    entity = Entity()
    lost: dict[str, dict[str, Event]] = {}
    writers: dict[str, Event] = {}
    events_given = list(events)
    ordered = in_order(events_given)
    about = roots(ordered)
    idle = undone(ordered) | about.keys()
    lives = _Lives(idle, about)
    counts = {event.id: event.stamp for event in ordered}
    stands_for = {event.stamp: counts[event.id] for event in events_given}
    for place, event in enumerate(ordered):
        origins = {
            name: stands_for.get(seen, seen)
            for name, (_, seen) in event.data.get("was", {}).items()
            if name in event.data.get("set", {})
        }
        for name, origin in origins.items():
            if not _may_conflict(name):
                continue
            known = lost.setdefault(name, {})
            known.pop(origin, None)
            before = writers.get(entity.stamps.get(name, ""))
            if not _chosen(event, name):
                if event.id not in idle:
                    known.clear()
            elif before and _chosen(before, name) and _unseen(event, name, origin, entity, before):
                known[before.stamp] = before
            if event.id in idle:
                continue
            for stamp in event.data.get("settles", {}).get(name, ()):
                known.pop(stamp, None)
            value = _value(event, name)
            for stamp in [s for s, loser in known.items() if _value(loser, name) == value]:
                del known[stamp]  # it stands now, whoever wrote it
        writers[event.stamp] = event
        unseen = any(
            _unseen(event, name, origins[name], entity, writers[entity.stamps[name]])
            for name in lifecycle.PARTS
            if name in origins and entity.stamps.get(name) in writers
        )
        if lifecycle.FIELD in event.data.get("settles", {}) and event.id not in idle:
            ended = lives.conflicts(ordered[:place], entity.fields)
            for name in lifecycle.COMPANIONS:
                lost[name] = {
                    stamp: loser for stamp, loser in lost.get(name, {}).items()
                    if not (knew(event, loser) and _part_of(ended, name, loser))
                }  # fmt: skip
        entity.apply(event)
        if event.card:
            lives.take(event, lifecycle.lifecycle(entity.fields), unseen=unseen)
    conflicts = [
        conflict_between(name, entity.fields.get(name), loser.data["set"][name], loser)
        for name, known in sorted(lost.items())
        for _, loser in sorted(known.items())
        if _value(loser, name) != (entity.fields.get(name) or None)
    ]
    taken_away = [
        event
        for event in overruled_deletions(ordered)
        if event.data.get("restores", {}).get(DELETED, event.stamp) == entity.origins[DELETED]
    ]
    ended = lives.conflicts(ordered, entity.fields)
    return [
        *(conflict_between(DELETED, False, True, deletion) for deletion in taken_away[-1:]),
        *(
            conflict
            for conflict in conflicts
            if not _part_of(ended, conflict.field, writers[conflict.other_stamp])
        ),
        *ended,
    ]


def standing_verdict(ordered: Sequence[Event], outcome: str) -> str | None:
    """The verdict of a card with an outcome ('' while it is open): the last one that was not
    written for a different outcome."""
    by_stamp = {event.stamp: event for event in ordered}
    for event in reversed(ordered):
        values = event.data.get("set", {})
        if lifecycle.VERDICT not in values:
            continue
        origin = event.data.get("restores", {}).get(lifecycle.VERDICT, event.stamp)
        writer = by_stamp.get(origin, event)
        ended = (
            values[lifecycle.VERDICT]
            and lifecycle.lifecycle(_known_to(writer, ordered).fields).outcome
        )
        if not ended or ended == outcome:
            return values[lifecycle.VERDICT] or None
    return None


def _known_to(writer: Event, ordered: Sequence[Event], later: Sequence[Event] = ()) -> Entity:
    """The card as the writer of an event knew it, plus some `later` events."""
    entity = Entity()
    for event in ordered:
        before = knew(writer, event)
        if before is None:
            before = event.stamp < writer.stamp
        if before or event is writer or event in later:
            entity.apply(event)
    return entity


def _part_of(ended: Sequence[Conflict], name: str, loser: Event) -> bool:
    """Whether what `loser` wrote to a field is no conflict of its own: a conflict about the
    lifecycle shows it already, or the field was only cleared because the card was finished or
    re-opened."""
    if name not in lifecycle.COMPANIONS:
        return False
    value = _value(loser, name)
    if value is None and lifecycle.writes(loser):
        return True
    return any(
        value == side.get(name) for conflict in ended for side in (conflict.other, conflict.kept)
    )


@dataclass(slots=True)
class _Lives:
    """The lifecycle of a card from event to event, in order.

    `now` is the lifecycle, `before` the previous one, `writer` the event that wrote it. `lost` are
    overruled lifecycles by stamp, `work` the work on the card, each with the lifecycle the card had
    then. Events that are `idle` resolve nothing; `roots` map undos and redos to the events they are
    about.
    """

    idle: frozenset[str]
    roots: Mapping[str, str]
    now: Lifecycle = Lifecycle("", "", False)  # noqa: RUF009
    before: Lifecycle = Lifecycle("", "", False)  # noqa: RUF009
    writer: Event | None = None
    lost: dict[str, tuple[Event, Lifecycle]] = field(default_factory=dict)
    work: list[tuple[Event, Lifecycle]] = field(default_factory=list)

    def take(self, event: Event, now: Lifecycle, *, unseen: bool) -> None:
        """Apply the next event, after which the lifecycle is `now`. `unseen` means that it replaces
        a value that its writer did not know, judged by the values it replaced."""
        if lifecycle.writes(event):
            self._written(event, now, unseen)
        else:
            if (
                self.writer
                and lifecycle.works_on(event, self.before, self.now)
                and knew(event, self.writer) is False
                and not knew(self.writer, event)  # its clock may have been behind
            ):
                self._lose(event, self.before)
            self.work.append((event, self.now))
            self.now = now  # the rank of an older program comes with a stage
        if event.id in self.idle:
            return
        for name in (lifecycle.FIELD, *lifecycle.PARTS):
            for stamp in event.data.get("settles", {}).get(name, ()):
                self.lost.pop(stamp, None)

    def conflicts(self, ordered: Sequence[Event], fields: Mapping[str, Any]) -> list[Conflict]:
        """The conflicts about the lifecycle after these events, each with the fields that go with
        it; `fields` are the card's fields after them."""
        lost = {stamp: pair for stamp, pair in sorted(self.lost.items()) if pair[1] != self.now}
        if not lost:
            return []
        verdict = standing_verdict(ordered, self.now.outcome)
        kept = lifecycle.conflict_value(self.now, {**fields, lifecycle.VERDICT: verdict})
        return [
            conflict_between(
                lifecycle.FIELD,
                kept,
                lifecycle.conflict_value(other, self._beside(loser, ordered)),
                loser,
            )
            for loser, other in lost.values()
        ]

    def _beside(self, loser: Event, ordered: Sequence[Event]) -> Mapping[str, Any]:
        """The fields of a card for someone who knows of `loser`, but not of what stands."""
        writer = self.writer
        later = [
            event
            for event in ordered
            if writer is not None and event is not writer
            and knew(event, loser) and knew(event, writer) is False
            and not (event.id in self.idle and knew(writer, event))
        ]  # fmt: skip
        return _known_to(loser, ordered, later).fields

    def _written(self, event: Event, now: Lifecycle, unseen: bool) -> None:
        self.lost = {s: pair for s, pair in self.lost.items() if not self._settles(event, pair[0])}
        if self.writer:
            known = knew(event, self.writer)
            if unseen if known is None else not known:
                self._lose(self.writer, self.now)
        self.work = [pair for pair in self.work if knew(event, pair[0]) is False]
        for worked, then in self.work:
            if lifecycle.works_on(worked, then, now):
                self._lose(worked, then)
        self.before, self.now, self.writer = self.now, now, event
        if event.id not in self.idle:
            self.lost = {stamp: pair for stamp, pair in self.lost.items() if pair[1] != now}

    def _settles(self, event: Event, lost: Event) -> bool:
        """Whether the writer of `event` decided against a lost event; an undo only replaces what it
        is about."""
        if event.id in self.idle:
            root = self.roots.get(event.id)
            if root is None or root != self.roots.get(lost.id, lost.id):
                return False
        return bool(knew(event, lost))

    def _lose(self, event: Event, value: Lifecycle) -> None:
        """Keep the lifecycle that an event gave the card, once for each value."""
        self.lost = {stamp: pair for stamp, pair in self.lost.items() if pair[1] != value}
        self.lost[event.stamp] = event, value


def overruled_deletions(ordered: Sequence[Event]) -> list[Event]:
    """The events that deleted a card while another replica did something with it, neither knowing
    of the other: the card stays."""
    return [
        event
        for event in ordered
        if event.card and _deletes(event)
        if any(
            other.replica != event.replica
            and not _deletes(other)
            and knew(event, other) is False
            and not knew(other, event)
            for other in ordered
        )
    ]


def _deletes(event: Event) -> bool:
    return bool(event.data.get("set", {}).get(DELETED))


def _may_conflict(name: str) -> bool:
    return name not in _WITHOUT_CONFLICTS and not name.startswith(_PREFIXES_WITHOUT_CONFLICTS)


def _chosen(event: Event, name: str) -> bool:
    """Whether a person chose the value: of a snooze only a day counts, since cards wake up and wait
    for runs by themselves."""
    return name != "snoozed_until" or _value(event, name) not in (None, UNTIL_RUN)


def _unseen(event: Event, name: str, origin: str, entity: Entity, before: Event) -> bool:
    """Whether the writer of `event` did not know the value it replaces here."""
    return entity.origins.get(name, "") != origin and before.replica != event.replica


def _value(event: Event, name: str) -> Any:
    """A value in the form in which people tell values apart."""
    return event.data["set"][name] or None
