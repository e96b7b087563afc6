"""The fields of a card as they are given, checked, and in the shape the log keeps them."""

from collections.abc import Mapping
from typing import Any

from mlkanban.core import lineage
from mlkanban.core.names import as_tag
from mlkanban.errors import UsageProblem
from mlkanban.service.validation import accept_all, validated
from mlkanban.text import accept, accept_title

PLAIN_FIELDS = frozenset(
    [
        "title",
        "type",
        "priority",
        "service_class",
        "due",
        "snoozed_until",
        "metric",
        "work",
        "hypothesis",
        "dataset",
        "worth",
        "budget",
        "checklist",
        "parent",
        "health",
        "verdict",
    ]
)
SET_FIELDS = {"tags": "tag:", "links": "link:", "depends_on": "needs:", "lineage": "lineage:"}


def checked(fields: Mapping[str, Any], *, partial: bool = False) -> dict[str, Any]:
    """`fields` as Card understands them, JSON-ready; UsageProblem names the field that is wrong."""
    unknown = sorted(set(fields) - PLAIN_FIELDS - set(SET_FIELDS))
    if unknown:
        raise UsageProblem(f"A card has no field {unknown[0]!r}.", "See: mlkanban edit --help")
    values = dict(fields)
    if "title" in values or not partial:
        values["title"] = accept_title(values.get("title") or "")
    for name, value in values.items():
        accept_all(value, f"the field {name}")
    from mlkanban.core.card import Card  # with pydantic, when something is given to check

    blank = {"id": "", "ref": "", "board": "", "stage": "", "rank": "", "title": "-"}
    times = {"created_at": 0, "entered_at": 0}
    given = {name: value for name, value in values.items() if value is not None}
    dumped = validated(Card, {**blank, **times, **given}).model_dump(mode="json")
    return {name: None if values[name] is None else dumped[name] for name in values}


def flat(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Sets as one yes/no value per member, the way they are kept."""
    values: dict[str, Any] = {}
    for name, given in fields.items():
        prefix = SET_FIELDS.get(name)
        if name == "parent":
            values[name] = given and given.strip().lower()
        elif prefix is None:
            values[name] = given
        else:
            values.update({prefix + member(name, one): True for one in given or ()})
    return values


def member(field: str, value: str) -> str:
    """One tag, link or dependency as it is stored."""
    text = accept(value, f"one of {field}").strip()
    if field == "tags":
        text = as_tag(text)
    elif field == "depends_on":
        text = text.lower()
    elif field == "lineage" and text:
        text = lineage.parsed(text)
    if not text:
        raise UsageProblem(f"An empty value was given for {field}.", "Leave it out.")
    return text


def by_ref(values: Mapping[str, Any], refs: Mapping[str, str]) -> dict[str, Any]:
    """`values` that name other cards by short id wherever `refs` {id: short id} knows them."""
    named: dict[str, Any] = {}
    for name, value in values.items():
        kind, _, other = name.partition(":")
        if kind == "needs":
            name = f"needs:{refs.get(other, other)}"
        elif kind == "lineage":
            how, _, whose = other.partition(":")
            name = f"lineage:{how}:{refs.get(whose, whose)}"
        elif name == "parent":
            value = refs.get(value, value)
        elif name == "blocker" and value:
            kind, _, other = str(value.get("until", "")).partition(":")
            if kind == "card":
                value = {**value, "until": f"card:{refs.get(other, other)}"}
        named[name] = value
    return named
