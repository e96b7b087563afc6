"""The lifecycle of a card as one value: its stage, its outcome, and whether it is archived.

Every event that moves, finishes, re-opens, archives or restores a card writes all of it, so that of
two machines that did not know of each other one wins completely. The rank within a stage is not
part of it: reordering a card never brings it back. A verdict, a block, unattended work, a snooze
and model health belong to one lifecycle: they are merged and resolved with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from mlkanban.core.board import UNTIL_RUN, Board, Outcome, Work
from mlkanban.core.events import Entity, Event, changes

FIELD = "lifecycle"
"""The name under which a conflict about the lifecycle is listed."""
PARTS = ("place", "outcome", "archived")
VERDICT = "verdict"
DUPLICATE_OF = "duplicate of "
"""How the verdict of a card begins that was merged into another; the id of that one follows."""
GUESSED = "outcome guessed"
"""The note of an event that ends a card as an imported list does not say itself."""
COMPANIONS = (VERDICT, "blocker", "work", "snoozed_until", "snoozed_run", "health")
"""Fields that belong to a lifecycle, and are shown and resolved with it."""
_WORKED = frozenset(
    {"card.noted", "card.edited", "card.blocked", "card.snoozed", "card.alerted", "run.started"}
)


class Lifecycle(NamedTuple):
    """The stage of a card, its outcome ('' while it is open), and whether it is archived."""

    stage: str
    outcome: str
    archived: bool

    @property
    def is_open(self) -> bool:
        return not self.outcome and not self.archived

    @property
    def hidden(self) -> bool:
        """Whether somebody took the card off the board, other than by shipping it."""
        return self.archived or self.outcome not in ("", Outcome.SHIPPED)


def lifecycle(fields: Mapping[str, Any]) -> Lifecycle:
    """The lifecycle of a card with these fields."""
    place = fields.get("place") or ["", ""]
    return Lifecycle(place[0], fields.get("outcome") or "", bool(fields.get("archived")))


def merged_into(values: Mapping[str, Any]) -> str:
    """The short id of the card that another is merged into which gets these values; '' where they
    say nothing of a merge."""
    verdict = str(values.get(VERDICT) or "")
    merged = verdict.startswith(DUPLICATE_OF) and bool(values.get("archived"))
    return verdict.removeprefix(DUPLICATE_OF) if merged else ""


def conflict_value(now: Lifecycle, fields: Mapping[str, Any]) -> dict[str, Any]:
    """A lifecycle in the form that conflicts store: its parts, and the fields of the card that are
    shown with it."""
    hidden = _hidden(now)
    if fields.get("snoozed_until") != UNTIL_RUN:
        hidden = [*hidden, "snoozed_run"]  # the run of an earlier snooze
    kept = {name: fields[name] for name in COMPANIONS if name not in hidden and fields.get(name)}
    if kept.get("work") == Work.ATTENDED:
        del kept["work"]
    return {**now._asdict(), **kept}


def from_conflict_value(held: Mapping[str, Any]) -> Lifecycle:
    """The lifecycle in a value made by `conflict_value`."""
    return Lifecycle(held["stage"], held["outcome"], held["archived"])


def lifecycle_text(held: Mapping[str, Any], stages: Mapping[str, str]) -> str:
    """A value made by `conflict_value` in words; `stages` are the names of stages by id."""
    parts = [stages.get(held["stage"], "a removed stage"), held["outcome"]]
    if held["archived"]:
        parts.append("archived")
    if block := held.get("blocker"):
        parts.append(f"blocked by {block['reason']}")
        parts[-1] += f" ({block['note']})" if block.get("note") else ""
    if held.get("work") == Work.UNATTENDED:
        parts.append("unattended")
    if until := held.get("snoozed_until"):
        until = f"run {held.get('snoozed_run')} ends" if until == UNTIL_RUN else until
        parts.append(f"snoozed until {until}")
    if held.get("health"):
        parts.append(f"health {held['health']}")
    if held.get(VERDICT):
        parts.append(f"verdict: {held[VERDICT]}")
    return ", ".join(filter(None, parts))


def whole(card: Entity, values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` completed to all parts of the lifecycle of a card, if they set any part. The verdict
    is cleared together with the outcome when the card is re-opened."""
    fields = shown(card)
    if not fields.get("place") or not any(name in values for name in PARTS):
        return dict(values)
    written = {name: values.get(name, fields.get(name)) for name in PARTS}
    before, verdict = fields.get("outcome"), fields.get(VERDICT)
    if before or written["outcome"] or verdict != card.fields.get(VERDICT):
        opened = before and not written["outcome"]
        written[VERDICT] = values.get(VERDICT, None if opened else verdict)
    return {**values, **written}


def restated(card: Entity) -> dict[str, Any]:
    """The present lifecycle of a card, to be written again: an action that needs the card to stay
    wins over an end that its writer did not know of."""
    return whole(card, {"place": card.fields["place"]})


def writes(event: Event) -> bool:
    """Whether an event sets the stage, the outcome, or archived."""
    values = event.data.get("set", {})
    if event.kind == "card.reordered" and "outcome" not in values:
        return False  # of a program that wrote the rank with the stage
    return any(name in values for name in PARTS)


def works_on(event: Event, before: Lifecycle, now: Lifecycle) -> bool:
    """Whether an event does something with a card, as it was `before`, that makes no sense or is
    invisible once the card has become `now`."""
    values = changes(event) if event.kind not in _WORKED else event.data.get("set", {})
    unattended = values.get("work") == Work.UNATTENDED
    if now.is_open and unattended and now.stage != before.stage:
        return True  # a run belongs to the stage it was begun in
    if now.hidden and event.kind in _WORKED:
        return True
    return any(unattended if name == "work" else values.get(name) for name in _hidden(now))


def shown(card: Entity) -> Mapping[str, Any]:
    """The fields of a card as the board shows them, without those that belong to another lifecycle,
    since two machines may have written them.

    No block and no unattended work once it is finished, no snooze once it is no longer open, no
    health unless it is shipped.
    """
    fields = {**card.fields, **card.derived} if card.derived else card.fields
    hidden = {name: None for name in _hidden(lifecycle(fields)) if fields.get(name)}
    return {**fields, **hidden} if hidden else fields


def _hidden(now: Lifecycle) -> list[str]:
    """The fields that do not belong to the present lifecycle."""
    names = ["blocker", "work"] if now.outcome else []
    names += ["snoozed_until"] if not now.is_open else []
    return names + (["health"] if now.outcome != Outcome.SHIPPED else [])


def lifting(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The values to write when a card is finished or re-opened, so that nothing of its former
    lifecycle is left: the block is lifted, and work is attended."""
    values: dict[str, Any] = {}
    if fields.get("blocker"):
        values["blocker"] = None
    if fields.get("work") not in (None, Work.ATTENDED):
        values["work"] = Work.ATTENDED.value
    return values


def derived_values(
    board: Board, fields: Mapping[str, Any], *, ended_in_place: bool
) -> dict[str, str | None]:
    """The values that the stages of a board impose on a card, where they differ: past delivery it
    is shipped; before delivery a shipped card is open again, unless it was finished in place."""
    now = lifecycle(fields)
    stage = next((stage for stage in board.stages if stage.id == now.stage), None)
    if stage is None or now.archived:
        return {}
    delivered = board.is_delivered(stage.id)
    derived: dict[str, str | None] = {}
    if delivered and not now.outcome:
        derived["outcome"] = Outcome.SHIPPED.value
    if now.outcome == Outcome.SHIPPED and not delivered and not ended_in_place:
        derived |= {"outcome": None, VERDICT: None}
    return derived


def ended_in_place(events: Iterable[Event]) -> bool:
    """Whether the event that shipped a card left it in its stage, as on boards without a stage past
    delivery. `events` are those of the card, in order."""
    past = list(events)
    while (ended := _last_shipped(past)) is not None:
        # An undo says again what an earlier event did.
        origin = ended.data.get("restores", {}).get("outcome", "")
        if not origin or origin >= ended.stamp:
            break
        past = [event for event in past if event.stamp <= origin]
    if ended is None or not ended.data["set"].get("place"):
        return True
    before = ended.data["was"].get("place", [None])[0]
    return bool(before) and before[0] == ended.data["set"]["place"][0]


def _last_shipped(events: Sequence[Event]) -> Event | None:
    for event in reversed(events):
        decides = FIELD in event.data.get("settles", {})
        values = event.data.get("set", {}) if decides else changes(event)
        if values.get("outcome") == Outcome.SHIPPED:
            return event
    return None
