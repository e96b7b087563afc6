"""What documents say of a card: every field as a text or as a list of texts, and what of it a
person changed. Names are those that people type."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple

from mlkanban.core.budget import budget_text
from mlkanban.core.day_input import parse_day
from mlkanban.core.lineage import parsed
from mlkanban.core.markdown.front_matter import Value, flow
from mlkanban.core.markdown.sections import tidy
from mlkanban.core.metrics import parse_metric, split_metrics
from mlkanban.core.models import Board, CardType, Health, Priority, ServiceClass, Work
from mlkanban.core.names import as_tag, find_stage
from mlkanban.core.score import parse_worth
from mlkanban.errors import UsageProblem
from mlkanban.text import display

if TYPE_CHECKING:
    from mlkanban.core.card import Card, Metric

Values = dict[str, Value]

CHOICES: dict[str, tuple[str, ...]] = {
    "type": tuple(value.value for value in CardType),
    "priority": tuple(value.value for value in Priority),
    "class": tuple(value.value for value in ServiceClass),
    "work": tuple(value.value for value in Work),
    "health": tuple(value.value for value in Health),
}
LISTS = {"tags": "tags", "needs": "depends_on", "lineage": "lineage", "links": "links"}
"""Lists of members, and their names on a card."""
METRIC = ("metric", "baseline", "noise")
READ_ONLY = {
    "outcome": "mlkanban done, or a move",
    "archived": "mlkanban archive",
    "blocked": "mlkanban block or unblock",
    "snoozed": "mlkanban snooze",
}
"""What a document tells and does not change, and what does."""

DEFAULTS: Values = {
    "title": "", "stage": "", "type": CardType.EXPERIMENT.value,
    "priority": Priority.NORMAL.value, "class": ServiceClass.STANDARD.value,
    "work": Work.ATTENDED.value, "tags": (), "due": "", "metric": "", "baseline": "", "noise": "",
    "dataset": "", "worth": "", "budget": "", "parent": "", "lineage": (), "needs": (), "links": (),
    "health": "", "verdict": "",
    **dict.fromkeys(READ_ONLY, ""), "hypothesis": "", "checklist": (),
}  # fmt: skip
"""All there is to say of a card, in the order it is said, as it stands on a blank one."""

STORED = {"class": "service_class", **LISTS}
"""Names that a card keeps by others."""
_BRIEF = 60


def values(card: Card, board: Board) -> Values:
    """What documents say of a card."""
    metric, block = card.measured, card.blocker
    said: Values = {
        "title": display(card.title).strip(),
        "stage": shown(board.stage(card.stage).name),
        "type": card.type.value,
        "priority": card.priority.value,
        "class": card.service_class.value,
        "work": card.work.value,
        "due": card.due.isoformat() if card.due else "",
        "dataset": tidy(card.dataset).strip(),
        "worth": card.worth,
        "budget": card.budget,
        "parent": display(card.parent).strip(),
        "health": card.health.value if card.health else "",
        "verdict": tidy(card.verdict).strip(),
        "outcome": card.outcome.value if card.outcome else "",
        "archived": "yes" if card.archived else "",
        "snoozed": f"run:{display(card.snoozed_run)}" if card.snoozed_run
        else card.snoozed_until.isoformat() if card.snoozed_until else "",
        "hypothesis": tidy(card.hypothesis),
        "checklist": tuple(
            item(text, done=one.done) for one in card.checklist if (text := shown(one.text))
        ),
    }  # fmt: skip
    for name, stored in LISTS.items():
        said[name] = tuple(sorted({one for m in getattr(card, stored) if (one := shown(m))}))
    if metric:
        said["metric"] = metric_written(metric)
        said["baseline"] = "" if metric.baseline is None else repr(metric.baseline)
        said["noise"] = "" if metric.noise is None else repr(metric.noise)
    if block:
        parts = (block.reason.value, block.note, block.until and f"until {block.until}")
        said["blocked"] = display(": ".join(filter(None, parts))).strip()
    return {**DEFAULTS, **said}


def metric_written(metric: Metric) -> str:
    """What a metric aims at and where it stands, as it is typed: `auc>=0.9 auc=0.87`."""
    name = _spoken(metric.name)
    target = "" if metric.target is None else f"{name}{metric.direction}{metric.target!r}"
    value = "" if metric.value is None else f"{name}={metric.value!r}"
    return " ".join(filter(None, (target, value))) or name


def brief(value: Value) -> str:
    """A value in one short line, for a sentence about it."""
    text = " ".join((value if isinstance(value, str) else flow(value)).split())
    return text if len(text) <= _BRIEF else text[: _BRIEF - 2] + ".."


def item(text: str, *, done: bool) -> str:
    """An item of a checklist as a text."""
    return f"[{'x' if done else ' '}] {text}"


def shown(member: str) -> str:
    """A name, member or item as documents have it."""
    return display(member).strip()


def understood(name: str, given: Value, board: Board, today: date) -> Value:
    """A value as a card has it, from how it was typed; UsageProblem (or NotFound) says what is
    wrong with it."""
    if not isinstance(given, str):
        if name == "tags":
            return tuple(sorted({tag for one in given if (tag := as_tag(one))}))
        if name == "lineage":
            return tuple(sorted({parsed(one) for one in given}))
        if name == "needs":
            return tuple(sorted({one.strip().lower() for one in given}))
        return given if name == "checklist" else tuple(sorted({one.strip() for one in given}))
    text = given.strip()
    match name:
        case "title":
            if not text:
                raise UsageProblem("A title is needed.", "Type a few words.")
            return " ".join(text.split("\n"))
        case "stage":
            return shown(find_stage(board, text).name)
        case "due":
            day = parse_day(text, today)
            return day.isoformat() if day else ""
        case "parent":
            return "" if text.lower() == "none" else text.lower()
        case "health" if text.lower() == "none":
            return ""
        case "baseline" | "noise":
            return "" if text.lower() == "none" else repr(_number(text)) if text else ""
        case "metric":
            return "" if text.lower() == "none" else " ".join(text.split())
        case "hypothesis":
            return given
        case "worth":
            return worth.text if (worth := parse_worth(text)) else ""
        case "budget":
            return budget_text(text)
        case _:
            return choice(name, text) if name in CHOICES else text


def unknown(name: str, names: Iterable[str]) -> tuple[str, str]:
    """Sentence and hint about a name that nothing has."""
    known = list(names)
    near = get_close_matches(name, known, 1)
    guess = f" Did you mean {near[0]}?" if near else ""
    return f"There is no {name!r} here.{guess}", f"There are: {', '.join(known)}."


def choice(name: str, text: str) -> str:
    """The value of a field of CHOICES that begins so, the usual one for nothing; UsageProblem for
    another text."""
    choices = CHOICES[name]
    begun = [value for value in choices if value.startswith(text.lower())]
    if not text:
        return str(DEFAULTS[name])
    if len(begun) != 1:
        raise UsageProblem(f"{text!r} is no {name}.", f"Choose: {', '.join(choices)}.")
    return begun[0]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageProblem(f"{text!r} is not a number.", "Write it as 0.92 or 1e-3.") from None


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
            fields[name] = [{"text": one[4:], "done": one.startswith("[x]")} for one in value]
        elif name not in (*METRIC, "stage"):
            fields[STORED.get(name, name)] = value or None
    if any(name in changes for name in METRIC):
        fields["metric"] = metric_of(changes, now, card)
    return fields


def metric_of(
    changes: Mapping[str, Value], now: Mapping[str, Value], card: Card | None
) -> dict[str, Any] | None:
    """The metric with `changes`: what its text does not say (any more) is taken away, but for the
    side that is good. UsageProblem says what cannot be."""
    said = {**now, **changes}
    before = card.metric.model_dump() if card and card.metric else {}
    baseline, noise = (float(str(said[n])) if said[n] else None for n in ("baseline", "noise"))
    if "metric" not in changes:
        own = {n: value for n, value in before.items() if n not in ("baseline", "noise")}
        return parse_metric((), baseline, noise, own)
    if not said["metric"] and not any(changes.get(name) for name in METRIC):
        return None
    made = parse_metric(split_metrics(str(said["metric"])), baseline, noise)
    if made and before and made["name"] == _spoken(before["name"]):
        made = {"direction": before["direction"], **made, "name": before["name"]}
        if card and card.measured and made.get("value") == card.measured.value:
            # The text has the value that the runs stand at; nobody wrote it.
            made["value"] = before["value"]
    return made


def _spoken(name: str) -> str:
    return " ".join(display(name).split())
