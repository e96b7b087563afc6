"""Regular expressions that are compiled when they are first used.

A start passes the patterns of every module on its way, 150 of them in a tenth of its time, and uses
a few. `pattern` takes the place of `re.compile` at the top of such a module.
"""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

__all__ = ["LatePattern", "pattern"]


class LatePattern:
    """A regular expression with the methods of a compiled one that are listed here; functions of
    `re` do not take it."""

    def __init__(self, text: str, flags: int = 0) -> None:
        self.pattern, self._flags = text, flags

    if TYPE_CHECKING:

        def search(self, text: str, start: int = 0, end: int = ..., /) -> re.Match[str] | None: ...
        def match(self, text: str, start: int = 0, /) -> re.Match[str] | None: ...
        def fullmatch(self, text: str, /) -> re.Match[str] | None: ...
        def finditer(self, text: str, start: int = 0, /) -> Iterator[re.Match[str]]: ...
        def findall(self, text: str, /) -> list[Any]: ...
        def split(self, text: str, most: int = 0, /) -> list[str | Any]: ...
        def sub(
            self, new: str | Callable[[re.Match[str]], str], text: str, /, count: int = 0
        ) -> str: ...

    else:

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            method = getattr(re.compile(self.pattern, self._flags), name)
            setattr(self, name, method)  # found at once from now on
            return method


pattern = LatePattern
"""As `re.compile` is called."""
