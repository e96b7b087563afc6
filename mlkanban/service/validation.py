"""Validate values of fields with the pydantic models they are for."""

from collections.abc import Mapping
from typing import Any, TypeVar

from mlkanban.errors import UsageProblem
from mlkanban.text import accept

M = TypeVar("M")


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
