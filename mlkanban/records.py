"""Dataclasses that cost a fifth to define: those that every start defines are made with `record`.

`dataclasses` compiles a method of its own for comparing, hashing, showing and freezing each class,
0.7 ms a class with `frozen` and `slots`. Records share theirs. For type checkers, `replace`,
`fields` and pickles they are the same; that nothing sets a field of a frozen one is checked by mypy
alone.
"""

from dataclasses import dataclass, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any

__all__ = ["record"]

if TYPE_CHECKING:
    from dataclasses import dataclass as record
else:

    def record(cls: type | None = None, /, *, frozen: bool = False, slots: bool = False) -> Any:
        """Make a dataclass of a class; `frozen` ones can be hashed."""
        if cls is None:
            return lambda cls: record(cls, frozen=frozen, slots=slots)
        own = vars(cls)
        # Where there is none, `dataclass` would write one: it looks at the signature for that.
        cls.__doc__ = cls.__doc__ or cls.__name__
        made = dataclass(cls, repr=False, eq=False, slots=slots)
        shown = tuple(field.name for field in fields(made) if field.repr)
        compared = [field.name for field in fields(made) if field.compare]
        values = attrgetter(*compared) if compared else _nothing

        def equals(self: Any, other: object) -> bool:
            if other.__class__ is not self.__class__:
                return NotImplemented
            return self is other or values(self) == values(other)

        def hashed(self: Any) -> int:
            return hash((made, values(self)))

        def in_words(self: Any) -> str:
            said = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
            return f"{self.__class__.__qualname__}({said})"

        if "__eq__" not in own:
            made.__eq__ = equals
            made.__hash__ = hashed if frozen else None
        if "__repr__" not in own:
            made.__repr__ = in_words
        return made


def _nothing(_record: Any) -> tuple[()]:
    return ()
