"""The values of a card in documents: every field as a text or a list of texts, by its public name,
and which of them a person changed. The texts themselves have the words that people type."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from typing import Any, NamedTuple

from mlkanban.core.board import Board
from mlkanban.core.card import Card, to_json
from mlkanban.core.card_fields import FIELD, FIELDS, SETS
from mlkanban.core.field_kinds import guards_typed, items_typed, spoken
from mlkanban.core.markdown.front_matter import Value, flow
from mlkanban.core.metrics import CardMetrics, parse_metrics, split_metrics
from mlkanban.core.names import find_stage
from mlkanban.text import display

Values = dict[str, Value]

_IN_TEXTS = tuple(field for field in FIELDS if not field.part_of or field.commands)
"""The fields in documents; the run of a snooze is written with the snooze."""
LISTS = tuple(field.name for field in SETS)
"""Lists of members, which are changed one by one."""
METRIC = ("metric", *(field.name for field in FIELDS if field.part_of == "metric"))
READ_ONLY = {
    field.name: field.changed_by
    for field in _IN_TEXTS
    if field.changed_by and field.name != "stage"
}
"""The fields that a document shows but cannot change, each with the command that changes it. A
stage is changed by a move."""

DEFAULTS: Values = {field.name: field.kind.text(field.kind.blank) for field in _IN_TEXTS}
"""The values of a blank card, in the order of documents."""
_BRIEF = 60


def values(card: Card, board: Board) -> Values:
    """The values of a card as documents write them."""
    now = {**card.values, "metric": card.measured}
    texts: Values = {field.name: field.kind.text(now[field.name]) for field in _IN_TEXTS}
    texts["stage"] = shown(board.stage(card.stage).name)
    if card.snoozed_run:
        texts["snoozed"] = f"run:{display(card.snoozed_run)}"
    return texts


def brief(value: Value) -> str:
    """A value in one short line, for a sentence about it."""
    text = " ".join((value if isinstance(value, str) else flow(value)).split())
    return text if len(text) <= _BRIEF else text[: _BRIEF - 2] + ".."


def shown(member: str) -> str:
    """A name, member or item as documents have it."""
    return display(member).strip()


def understood(name: str, typed: Value, board: Board, today: date) -> Value:
    """A value as a card has it, from how it was typed; UsageProblem (or NotFound) says what is
    wrong with it."""
    if name == "stage":
        return shown(find_stage(board, str(typed).strip()).name)
    return FIELD[name].kind.parse(typed, FIELD[name].word, today)


def word(name: str) -> str:
    """What people call what texts tell of: a field of a card, or something else, as it is named."""
    return FIELD[name].word if name in FIELD else name


def unknown(name: str, names: Iterable[str]) -> tuple[str, str]:
    """The error message and the hint for an unknown name."""
    known = list(names)
    near = get_close_matches(name, known, 1)
    guess = f" Did you mean {near[0]}?" if near else ""
    return f"There is no {name!r} here.{guess}", f"There are: {', '.join(known)}."


class TextConflict(NamedTuple):
    """A field that was changed on both sides: as it was, as it is now, as the text has it."""

    ref: str
    name: str
    was: Value
    now: Value
    wanted: Value


def three_way(
    ref: str,
    was: Mapping[str, Value],
    wanted: Mapping[str, Value],
    now: Mapping[str, Value],
    *,
    lists: Container[str] = (),
) -> tuple[Values, list[TextConflict]]:
    """What is to be set so that `now` gets the changes from `was` to `wanted`, and the fields for
    which that would take back what somebody else changed. `lists` are changed member by member."""
    changes: Values = {}
    conflicts: list[TextConflict] = []
    for name, value in wanted.items():
        before, present = was.get(name, ""), now.get(name, "")
        if value == before:
            continue
        if name in lists:
            added, gone = set(value) - set(before), set(before) - set(value)
            value = tuple(sorted((set(present) | added) - gone))
        elif value != present and (present != before or _moved_on(name, was, now)):
            conflicts.append(TextConflict(ref, name, before, present, value))
        if value != present:
            changes[name] = value
    return changes, conflicts


def _moved_on(name: str, was: Mapping[str, Value], now: Mapping[str, Value]) -> bool:
    """Whether a card was finished, opened or archived, so that a move means something else now."""
    ends = ("outcome", "archived")
    return name == "stage" and any(was.get(end, "") != now.get(end, "") for end in ends)


def stored(
    changes: Mapping[str, Value], now: Mapping[str, Value], card: Card | None
) -> dict[str, Any]:
    """`changes` as the fields of a card, JSON-ready; its stage is left out, lists are whole."""
    fields: dict[str, Any] = {}
    for name, value in changes.items():
        if name == "checklist":
            fields[name] = items_typed(value)
        elif name not in (*METRIC, "stage"):
            fields[name] = value or None
    if any(name in changes for name in METRIC):
        metrics = changed_metrics(changes, now, card)
        fields["metric"] = metrics.metric
        if metrics.guards:
            fields["guards"] = [*metrics.guards]
    return fields


def changed_metrics(
    changes: Mapping[str, Value], now: Mapping[str, Value], card: Card | None
) -> CardMetrics:
    """The metric with `changes`: what its text does not say (any more) is taken away, but for the
    side that is good. Further metrics in its text are guards beside those there are. UsageProblem
    says what cannot be."""
    texts = {**now, **changes}
    before = to_json(card.metric) if card and card.metric else {}
    baseline, noise = (float(str(texts[n])) if texts[n] else None for n in ("baseline", "noise"))
    if "metric" not in changes:
        own = {n: value for n, value in before.items() if n not in ("baseline", "noise")}
        return parse_metrics((), baseline, noise, CardMetrics(own or None))
    if not texts["metric"] and not any(changes.get(name) for name in METRIC):
        return CardMetrics()
    typed = parse_metrics(split_metrics(str(texts["metric"])), baseline, noise)
    made, guards = typed.metric, typed.guards
    if guards:
        named = {guard["name"] for guard in guards}
        others = [
            guard for guard in guards_typed(str(texts["guards"])) if guard["name"] not in named
        ]
        guards = (*others, *guards)
    if made and before and made["name"] == spoken(before["name"]):
        made = {"direction": before["direction"], **made, "name": before["name"]}
        if card and card.measured and made.get("value") == card.measured.value:
            # The text has the value that the runs stand at; nobody wrote it.
            made["value"] = before["value"]
    return CardMetrics(made, guards)
