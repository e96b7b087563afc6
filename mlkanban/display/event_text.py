"""What an event says, in a sentence, for the history of a card or a board."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from mlkanban.core import checklist, lifecycle, lineage
from mlkanban.core.ab_test import ab_test_in
from mlkanban.core.board import UNTIL_RUN, Board
from mlkanban.core.card_fields import brief, noun
from mlkanban.core.conflicts import DELETED, SETTLED
from mlkanban.core.events import RANK, REDONE, UNDONE, Event, changes
from mlkanban.core.goal import goal_in
from mlkanban.core.metrics import metric_text
from mlkanban.core.model_health import readings
from mlkanban.core.review import ANSWER, REVIEW, AnswerRecord
from mlkanban.core.triage_session import FIELD, TriageSession, in_minutes
from mlkanban.display.goal_text import reading_text
from mlkanban.runs.model.run import PREFIX, runs_in
from mlkanban.runs.model.state import RunState
from mlkanban.runs.model.tracker_run import EXPERIMENT
from mlkanban.text import display, quantity, short_name

if TYPE_CHECKING:
    from mlkanban.service.undo import UndoableAction

_LONGEST = 120
_PARTS = frozenset(lifecycle.PARTS)
_BACK = {UNDONE: "undone", REDONE: "done again"}
_TRANSFERS = ("card.transferred", "card.arrived")
_ABOUT = {
    "card.blocked": ("blocker",),
    "card.finished": ("outcome", "verdict"),
    "card.snoozed": ("snoozed_until", "snoozed_run"),
    "card.reordered": ("place",),
}
"""Fields that an event of a kind is about, told also where it wrote again what was there."""


def who(event: Event) -> str:
    """Whose doing it was. Of a run, its event says itself which one. Safe to print."""
    return "run" if event.actor.startswith(PREFIX) else short_name(event.actor)


def event_text(event: Event, board: Board, about: Event | None = None) -> str:
    """One line on what happened; stages by their present names. `about` is the event that an undo
    or a redo is about, however often it was undone and done again. Safe to print."""
    values = _news(event)
    if about and (not values or about.kind in _TRANSFERS) and not event.data.get("instead"):
        return f"{_BACK[event.kind]}: {event_text(about, board)}"[:500]
    was: Mapping[str, Any] = event.data.get("was", {})
    reason = str(event.data.get("reason", ""))
    text = _sentence(event, values, was, {s.id: s.name for s in (*board.former, *board.stages)})
    if event.data.get("note") == lifecycle.GUESSED:
        text += f" ({lifecycle.GUESSED})"
    if reason and event.kind == "card.unblocked":
        text += f": {reason}"
    elif closed := _closed_gates(event):
        what, texts = closed
        text += f", with {what}: {reason} ({'; '.join(texts)})"
    elif event.kind == "card.rolled-back":
        pass  # the sentence has it
    elif reason and reason == event.actor.replace(PREFIX, "run "):
        text += ", over the limit"  # it says already which run
    elif reason:
        text += f", over the limit: {reason}"
    return display(" ".join(text.split()))[:500]


def _closed_gates(event: Event) -> tuple[str, list[str]] | None:
    """What an override went past, counted, and each of it in words; None where it was nothing."""
    unticked, broken = (
        [str(text) for text in event.data.get(name, ())] for name in ("unticked", "broken")
    )
    counts = [f"{len(unticked)} unticked"] if unticked else []
    counts += [quantity(len(broken), "broken guard")] if broken else []
    return (" and ".join(counts), [*unticked, *broken]) if counts else None


def action_text(action: UndoableAction, board: Board, now: datetime) -> str:
    """One line on what an action did, with when it was and its card. Safe to print."""
    zone = ZoneInfo(board.timezone)
    at = datetime.fromisoformat(action.event.at).replace(tzinfo=UTC).astimezone(zone)
    today = now.astimezone(zone).date()
    when = f"{at:%H:%M}" if at.date() == today else f"{at:%m-%d}"
    if at.year != today.year:
        when = f"{at:%Y-%m-%d}"
    did = event_text(action.event, board)
    if len(action.moves) > 1 and action.event.kind != "import.noted":
        names = {stage.id: stage.name for stage in (*board.former, *board.stages)}
        ways = (f"from {_stage(a, names)} to {_stage(b, names)}" for a, b in action.moves)
        did = display(f"moved {', and '.join(ways)}")[:500]
    merged = lifecycle.merged_into(action.event.data.get("set", {}))
    if action.cards > 1 and not merged:
        return f"{when:>5}  {quantity(action.cards, 'card')}: {did}"
    named = action.title and action.event.kind != "card.created"  # whose sentence has the title
    title = f'  "{display(action.title[:_LONGEST])}"' if named else ""
    return f"{when:>5}  {f'{action.ref} ' if action.ref else ''}{did}{title}"


def _news(event: Event) -> Mapping[str, Any]:
    """What an event changed, with what its kind is about, though it was so before. One that changed
    nothing says what it wrote, but for those that only put back or confirm."""
    values: Mapping[str, Any] = event.data.get("set", {})
    new = changes(event)
    if not new and event.kind not in (*_BACK, SETTLED):
        return values
    kept = _ABOUT.get(event.kind, ())
    return {name: value for name, value in values.items() if name in new or name in kept}


def _resolved(event: Event, new: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """What a conflict was resolved to; `kept` where that stood already."""
    values: Mapping[str, Any] = event.data.get("set", {})
    parts = []
    for about in event.data.get("settles", ()):
        living = (*lifecycle.PARTS, *lifecycle.COMPANIONS)
        fields = living if about == lifecycle.FIELD else (about,)
        text = _field(about, values.get(about))
        if about == lifecycle.FIELD:
            text = lifecycle.lifecycle_text(
                lifecycle.conflict_value(lifecycle.lifecycle(values), values), names
            )
        elif about == DELETED:
            text = "its adding undone" if values.get(about) else "the card"
        parts.append(text if any(name in new for name in fields) else f"kept {text}")
    return ", ".join(parts) or _fields(new)


def _sentence(
    event: Event, values: Mapping[str, Any], was: Mapping[str, Any], names: Mapping[str, str]
) -> str:
    def stage(place: Any) -> str:
        return _stage(place[0], names) if place else "nowhere"

    match event.kind:
        case "card.created":
            return f"written in {stage(values['place'])}: {_cut(values.get('title', ''))}"
        case "card.moved" | "card.reopened":
            verb = "moved" if event.kind == "card.moved" else "re-opened, moved"
            before = stage(was.get("place", [None])[0])
            ends = f", {values['outcome']}" if values.get("outcome") else ""
            return f"{verb} from {before} to {stage(values.get('place'))}{ends}"
        case "card.transferred":
            return f"moved to the board {_cut(event.data.get('note', ''))}"
        case "card.arrived":
            return f"came from the board {_cut(event.data.get('note', ''))}"
        case "card.reordered":
            place = values.get("place") or [next(iter(values), "").removeprefix(RANK)]
            return f"put in another place in {stage(place)}"
        case "card.blocked":
            return _field("blocker", values["blocker"])
        case "card.unblocked":
            return "unblocked"
        case "card.snoozed":
            return _snooze(values)
        case "card.woken":
            return "woken"
        case "card.settled":
            return f"conflict resolved: {_resolved(event, values, names)}"
        case "card.noted":
            return f"note: {_cut(event.data.get('note', ''))}"
        case "card.finished":
            if other := lifecycle.merged_into(values):
                return f"merged into {display(other)}, {values['outcome']}"
            verdict = f": {_cut(values['verdict'])}" if values.get("verdict") else ""
            return f"finished, {values['outcome']}{verdict}"
        case "card.alerted":
            after = f"; {values['health']}" if values.get("health") else ""
            note = f": {_cut(note)}" if (note := str(event.data.get("note", ""))) else ""
            return "; ".join(reading.text for reading in readings(values)) + after + note
        case "card.compared" if (test := ab_test_in(values)) is not None:
            from mlkanban.display.ab_text import change_text, counts_text  # as above

            return " ".join(filter(None, ["A/B", change_text(test), counts_text(test)]))
        case "card.rolled-back":
            return f"rolled back: {_cut(str(event.data.get('reason', '')))}"
        case "card.archived":
            return "archived" + (" and abandoned" if values.get("outcome") else "")
        case "card.restored":
            return "brought back from the archive"
        case "run.linked" | "run.unlinked" if linked := _linked(event.kind, values):
            return linked
        case "run.queued" | "run.started" | "run.changed" | "run.ended":
            return _run(event.kind, values, stage)
        case "card.edited" | "run.moved" if event.data.get("set", {}).keys() <= _PARTS:
            return "another card was merged into it"
        case "card.edited" if "checklist" in values and "checklist" in was:
            return _ticked(values, was["checklist"][0] or ())
        case "undone" if event.data.get("instead"):
            return "archived when its adding was undone: others had worked on it"
        case "undone" | "redone":
            if other := lifecycle.merged_into(values) or lifecycle.merged_into(_before(was)):
                return f"{_BACK[event.kind]}: merged into {display(other)}"
            if values and not changes(event) and values.keys() <= _PARTS:
                return f"{_BACK[event.kind]}: another card was merged into it"
            return f"{_BACK[event.kind]}: {_back(values, was, stage) or 'an earlier change'}"
        case "board.created":
            return f"board {values['name']} made"
        case "board.edited":
            return _board(values)
        case "stage.added":
            return f"stage {values['name']} added"
        case "stage.removed":
            return f"stage {was.get('name', [''])[0] or ''} removed".replace("  ", " ")
        case "stage.edited":
            name = names.get(str(event.data.get("stage")), "")
            return f"stage {name}: {_fields(values)}"
        case "view.saved" | "view.removed":
            return "; ".join(
                f"view {name.removeprefix('view:')} "
                + (f"saved: {_cut(str(query))}" if query else "removed")
                for name, query in values.items()
            )
        case "redacted":
            return "text removed for good"
        case "triage.ended" if (session := TriageSession.of_field(values.get(FIELD))) is not None:
            return (
                f"triage: {session.decisions} of {session.queue} decided"
                f" in {in_minutes(session.minutes)}"
            )
        case "review.began":
            return "review begun"
        case "review.answered":
            answers = (
                AnswerRecord.of_field(name.split(":", 2)[-1], answer)
                for name, answer in values.items()
                if name.startswith(ANSWER)
            )
            return "; ".join(
                f"review: {answer.key} {answer.answer}"
                + (f": {_cut(answer.text)}" if answer.answer == "line" else "")
                for answer in answers
                if answer
            )
        case "review.ended":
            promised = [
                ref
                for name, value in values.items()
                if name.startswith(REVIEW) and value
                for ref in value["promised"]
            ]
            return f"review ended, promised: {_cut(', '.join(promised)) or 'nothing'}"
        case "charter.edited":
            keys = ", ".join(name.removeprefix("charter:") for name in values)
            return f"charter: {keys} written"
        case "charter.measured" if found := goal_in(values).readings:
            return "goal: " + "; ".join(map(reading_text, found))
        case "import.noted":
            return f"imported: {_cut(event.data.get('note', ''))}"
        case _:
            return _fields(values) or event.kind


def _board(values: Mapping[str, Any]) -> str:
    """What was changed of a board."""
    parts = [f"renamed to {values['name']}"] if "name" in values else []
    if "archived" in values:
        parts.append("archived" if values["archived"] else "brought back from the archive")
    if "team_limits" in values:
        parts.append(f"limits for the whole team {'on' if values['team_limits'] else 'off'}")
    own = ("name", "archived", "team_limits")
    parts.append(_fields({n: v for n, v in values.items() if n not in own}))
    return f"board {', '.join(filter(None, parts))}"


def _before(was: Mapping[str, Any]) -> dict[str, Any]:
    """The values that an event replaced."""
    return {name: had[0] for name, had in was.items() if had}


def _stage(stage: str, names: Mapping[str, str]) -> str:
    return names.get(stage, "a removed stage")


def _back(values: Mapping[str, Any], was: Mapping[str, Any], stage: Callable[[Any], str]) -> str:
    """What an undo or a redo wrote: the stage first, then what belongs to being there."""
    place = values.get("place")
    if not place:
        return _fields(values)
    before = was.get("place", [None])[0]
    same = before is not None and before[0] == place[0]
    first = f"its place in {stage(place)}" if same else f"in {stage(place)} again"
    without = {"place", *(name for name in ("outcome", "work") if not values.get(name))}
    parts = [first, "open again" if "outcome" in values and not values["outcome"] else ""]
    parts.append(_fields({name: value for name, value in values.items() if name not in without}))
    return ", ".join(filter(None, parts))


def _linked(kind: str, values: Mapping[str, Any]) -> str:
    """An experiment that was linked or unlinked, and of several runs how many; '' for one run."""
    groups = [name.removeprefix(EXPERIMENT) for name in values if name.startswith(EXPERIMENT)]
    names = [display(":".join(group.split(":")[::2])) for group in groups]
    runs = sum(name.startswith("link:") for name in values)
    parts = [f"all runs of {name}" for name in names]
    parts += [quantity(runs, "run")] if runs > 1 or (runs and names) else []
    return f"{', '.join(parts)} {kind.removeprefix('run.')}" if parts else ""


def _run(kind: str, values: Mapping[str, Any], stage: Callable[[Any], str]) -> str:
    """What a run did, and what followed for its card."""
    runs = runs_in(values)
    run = next(iter(runs), None)
    if run is None:
        return _fields(values)
    if len(runs) > 1:  # of an experiment, read at once
        return f"news of {len(runs)} runs"
    did = "is being stopped" if run.stopping and kind == "run.changed" else run.ending
    if kind == "run.started":
        did = "was adopted" if run.adopted else "started"
    if kind == "run.changed" and run.state is RunState.QUEUED and run.lives:
        did = "was put back into the queue"
    elif kind == "run.changed" and run.state is RunState.RUNNING and run.task_count:
        did = f"goes on, {run.tasks_over or 0:,} of {run.task_count:,} tasks over"
    parts = [f"run {run.id} {did}"]
    parts += [f", moved to {stage(values['place'])}" if values.get("place") else ""]
    if "blocker" in values:
        block = values["blocker"]
        parts.append(f", blocked by {block['reason']}" if block else ", unblocked")
    if metric := metric_text(values.get("metric")):
        parts.append(f", {metric}")
    return "".join(parts)


def _ticked(values: Mapping[str, Any], before: Sequence[Mapping[str, Any]]) -> str:
    """An edit of a checklist, and of what else was edited with it."""
    after = values["checklist"] or ()
    ticked = (
        _cut(checklist.changes_text(before, after)) or f"checklist: {quantity(len(after), 'item')}"
    )
    others = {name: value for name, value in values.items() if name != "checklist"}
    return ", ".join(filter(None, (ticked, _fields(others))))


def _fields(values: Mapping[str, Any]) -> str:
    parts = []
    for name, value in values.items():
        if name == "snoozed_until" and value:
            parts.append(_snooze(values))
        elif name != "snoozed_run" or "snoozed_until" not in values:
            parts.append(_field(name, value))
    return ", ".join(parts)


def _snooze(values: Mapping[str, Any]) -> str:
    run, until = values.get("snoozed_run"), values["snoozed_until"]
    if until == UNTIL_RUN and not run:
        return "snoozed until its run ends"
    return f"snoozed until {f'run {run} ends' if run else until}"


def _field(name: str, value: Any) -> str:
    if name.startswith(RANK):
        return "its place"
    kind, _, member = name.partition(":")
    if member:
        if kind == "note":
            return (
                "a note as it was"
                if value is None
                else (f"note corrected: {_cut(str(value))}" if value else "note deleted")
            )
        if kind == "charter":
            return f"charter: {member}"
        if kind in ("review", "answer"):
            return f"{'a review' if kind == 'review' else 'an answer'}{'' if value else ' no more'}"
        if kind in ("alert", "reading"):
            return f"reading of {member}{'' if value else ' taken away'}"
        if kind == "ignored":
            return f"{member} {'ignored' if value else 'listed again'}"
        if kind == "lineage":
            return f"{lineage.member_text(member)}{'' if value else ' no more'}"
        return f"{noun(name)} {member} {'added' if value else 'removed'}"
    if name == "place":
        return "its place"
    if name == "archived":
        return "archived" if value else "not archived"
    if name == "deleted":
        return "taken away" if value else "brought back"
    if name == "blocker" and value:
        note = f": {_cut(value['note'])}" if value.get("note") else ""
        return f"blocked by {value['reason']}{note}"
    text = brief(name, value)
    return f"{noun(name)}: {_cut(text)}" if text else f"{noun(name)} cleared"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 2] + ".."
