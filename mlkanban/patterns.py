"""Regular expressions that are compiled when they are first used.

A start passes the patterns of every module on its way, 150 of them in a tenth of its time, and uses
a few. `pattern` takes the place of `re.compile` at the top of such a module.
"""

import re
from typing import TYPE_CHECKING, Any

__all__ = ["pattern"]

if TYPE_CHECKING:
    from re import compile as pattern
else:

    class pattern:  # noqa: N801 - stands for the function re.compile
        """A regular expression with the methods and attributes of a compiled one; functions of `re`
        do not take it."""

        def __init__(self, text: str, flags: int = 0) -> None:
            self._text, self._flags = text, flags

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            compiled = re.compile(self._text, self._flags)
            value = getattr(compiled, name)
            setattr(self, name, value)  # found at once from now on
            return value
