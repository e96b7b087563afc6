"""Field values as they are typed, checked, by pydantic where they have parts, and in the form that
the log stores."""

from collections.abc import Mapping
from typing import Any, TypeVar

from mlkanban.core.card import to_json
from mlkanban.core.card_fields import FIELDS, CardField, called
from mlkanban.core.field_kinds import Members
from mlkanban.errors import UsageProblem
from mlkanban.hints import hint
from mlkanban.text import accept, accept_title

M = TypeVar("M")


def checked(fields: Mapping[str, Any], *, partial: bool = False) -> dict[str, Any]:
    """`fields` of a card by their public names, JSON-ready, None for what is cleared; UsageProblem
    names the field that is wrong."""
    values: dict[str, Any] = {}
    for name, value in fields.items():
        field = called(name)
        if field is None or not field.settable:
            raise UsageProblem(f"A card has no field {name!r}.", hint("See: {edit --help}"))
        accept_all(value, f"the field {field.word}")
        values[field.name] = None if value is None else _accepted(field, value)
    if values.get("title") is None and ("title" in values or not partial):
        values["title"] = accept_title("")
    return values


def _accepted(field: CardField, value: Any) -> Any:
    """A value the way the log keeps it; its parts, where it has some, are checked by pydantic."""
    if field.kind.model is None:
        return field.kind.accept(value, field.word)
    parts = field.kind.parts_of(value)
    made = validated(field.kind.model, parts, field.word) if parts else None
    whole = [to_json(part) for part in made] if isinstance(made, list) else made and to_json(made)
    if whole and not field.kind.is_valid(whole):
        raise UsageProblem(
            f"{field.word}: {value!r} is no {field.kind.typed}.", "Nothing was changed."
        )
    return whole or ([] if field.kind.several else None)


def flat(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Checked fields by the names that events use for them; each member of a set by itself."""
    values: dict[str, Any] = {}
    for field in FIELDS:
        if field.name not in fields:
            continue
        value = fields[field.name]
        if field.is_set:
            values.update({field.stored + member: True for member in value or ()})
        else:
            values[field.stored] = value
    return values


def member(name: str, value: str, *, added: bool = True) -> str:
    """One tag, link or dependency by the name that events have for it."""
    field = called(name)
    assert field is not None
    assert isinstance(field.kind, Members)
    return field.stored + field.kind.member(value, field.word, added=added)


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
        elif kind == "review" and value:
            came = [
                {**each, "card": refs.get(each["card"], each["card"])} for each in value["came"]
            ]
            promised = [refs.get(card, card) for card in value["promised"]]
            value = {**value, "came": came, "promised": promised}
        elif kind == "answer" and value:
            card = refs.get(value["card"], value["card"])
            name = name.replace(value["card"], card) if value["card"] else name
            value = {**value, "card": card}
        named[name] = value
    return named


def validated(model: type[M], values: Any, name: str = "") -> M:
    """Validate `values` as a `model`; UsageProblem names the invalid part, of the field `name`."""
    from pydantic import TypeAdapter, ValidationError  # loaded when something is given to check

    try:
        return TypeAdapter(model).validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in (*filter(None, [name]), *first["loc"]))
        raise UsageProblem(
            f"{field}: {first['msg']} (given: {first['input']!r}).", "Nothing was changed."
        ) from error


def accept_all(value: Any, what: str) -> None:
    """Refuse `value` when a text anywhere in it may not be stored."""
    if isinstance(value, str):
        accept(value, what)
    elif isinstance(value, Mapping):
        for part in value.values():
            accept_all(part, what)
    elif isinstance(value, list | tuple):
        for part in value:
            accept_all(part, what)
