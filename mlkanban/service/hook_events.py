"""Hook events: what a person just did and how runs ended, for the hooks of that person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, NamedTuple

from mlkanban.core.board import Board
from mlkanban.core.events import Event, changes
from mlkanban.core.model_health import ALERTED, HealthReading, readings
from mlkanban.service.transaction import Context
from mlkanban.store import repository

MOVE, BLOCK, DONE, RUN_END, ALERT = HOOKS = (
    "on-move", "on-block", "on-done", "on-run-end", "on-alert",
)  # fmt: skip
_OF_RUN = {
    "state": "state", "exit": "exit", "why": "why", "started": "started", "ended": "ended",
    "host": "host", "command": "argv", "commit": "commit", "metrics": "metrics",
    "last_lines": "last",
}  # fmt: skip
"""What a hook gets of a run, named as by `mlkanban --json runs`, and how a card keeps it."""


_RUN_ENDED = "run.ended"


class HookEvent(NamedTuple):
    """One action that a hook is called with."""

    hook: str
    data: dict[str, Any]


def take(context: Context) -> list[HookEvent]:
    """The actions of this person since the last call, with the names that people know, and the ends
    of runs that were taken in.

    Other actions by runs and conditions are left out, and so is what was undone or imported.
    """
    events = [
        event
        for event in context.new_events
        if event.actor == context.actor or event.kind == _RUN_ENDED
    ]
    context.new_events.clear()
    hooked = [(hook, event) for event in events for hook in _hooks(event)]
    if not hooked:
        return []
    with context.store.reading() as conn:
        boards = {board.id: board for board in repository.boards(conn)}
        faces = repository.faces_of(conn, tuple({event.card for _, event in hooked}))
        used = {event.card for hook, event in hooked if hook == ALERT}
        entities = repository.entities(conn, used)
        models = {card: entity.fields for card, entity in entities.items()}
    titles = {face.id: (face.ref, face.title) for face in faces}
    return [
        HookEvent(hook, _data(hook, boards[board], list(group), titles, models))
        for (_, board, hook), group in _grouped(hooked)
        if board in boards
    ]


def _grouped(hooked: Iterable[tuple[str, Event]]) -> Iterable[tuple[Any, Iterable[Event]]]:
    by_action = sorted(
        hooked, key=lambda pair: (pair[1].action, pair[1].board, pair[0], pair[1].seq)
    )
    for key, group in groupby(by_action, key=lambda pair: (pair[1].action, pair[1].board, pair[0])):
        yield key, [event for _, event in group]


def _hooks(event: Event) -> list[str]:
    if event.kind == _RUN_ENDED:
        return [RUN_END]
    values = changes(event)
    moved = event.kind in ("card.moved", "card.reopened")
    return [
        hook
        for hook, wanted in (
            (MOVE, moved),
            (BLOCK, event.kind == "card.blocked"),
            (DONE, event.kind == "card.finished" or (moved and values.get("outcome"))),
            (ALERT, event.kind == ALERTED and _begun(event)),
        )
        if wanted
    ]


def _begun(event: Event) -> list[HealthReading]:
    """The readings of an event that began an alert: those at alert whose reading before was not."""
    was = {name: had[0] for name, had in event.data.get("was", {}).items() if had and had[0]}
    before = {reading.metric for reading in readings(was) if reading.alert}
    return [
        reading
        for reading in readings(event.data.get("set", {}))
        if reading.alert and reading.metric not in before
    ]


def _data(
    hook: str,
    board: Board,
    events: list[Event],
    titles: dict[str, tuple[str, str]],
    models: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    names = {stage.id: stage.name for stage in (*board.former, *board.stages)}
    first = events[0]
    made = {
        "schema": 1,
        "kind": hook,
        "action": first.action,
        "at": first.at,
        "actor": first.actor,
        "host": first.host,
        "board": board.key,
        "cards": [_card(event, names, titles) for event in events],
    }
    if hook == ALERT:
        fields = models.get(first.card, {})
        made |= {name: fields.get(name) or None for name in ("model", "version", "owner")}
        made["readings"] = [reading._asdict() for event in events for reading in _begun(event)]
    return made | ({"run": _run(first)} if hook == RUN_END else {})


def _run(event: Event) -> dict[str, Any]:
    """The run of an event with which it ended: its actor is `run:ID`, and so is its field."""
    kept = changes(event).get(event.actor) or {}
    values = {name: kept.get(key) for name, key in _OF_RUN.items()}
    return {"id": event.actor.partition(":")[2], **values}


def _card(
    event: Event, names: dict[str, str], titles: dict[str, tuple[str, str]]
) -> dict[str, Any]:
    values, was = changes(event), event.data.get("was", {})
    ref, title = titles.get(event.card, ("", ""))
    card: dict[str, Any] = {"id": ref, "uuid": event.card, "title": title}
    if values.get("place"):
        before = was.get("place", [None])[0]
        card |= {"from": names.get(before[0]) if before else None,
                 "to": names.get(values["place"][0])}  # fmt: skip
    if values.get("blocker"):
        card["blocked"] = values["blocker"]
    if values.get("outcome"):
        card["outcome"] = values["outcome"]
    if event.data.get("reason"):
        card["reason"] = event.data["reason"]
    return card
