"""Every number of the catalogue in words and as JSON: a module for each, by its name there.

The modules are imported when they are asked for, so that one number does not wait for all others.
"""

from functools import cache
from importlib import import_module
from typing import Any

from mlkanban.display.number_view import NumberView


@cache
def number_view(name: str) -> NumberView[Any]:
    """The view of the number of a name; ModuleNotFoundError where the catalogue has none."""
    view = import_module(f"{__name__}.{name.replace('-', '_')}").NUMBER
    assert isinstance(view, NumberView)
    return view
