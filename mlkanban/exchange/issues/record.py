"""What one entry of a list says, by the names that its tool has for it."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple


class ListComment(NamedTuple):
    """`at` as it is written in the file, like all dates here."""

    at: str
    who: str
    text: str


class StatusChange(NamedTuple):
    """A card came to a status, from another one where that is known."""

    at: str
    status: str
    origin: str = ""


@dataclass(slots=True)
class ListEntry:
    """An entry in a line of its file (0: unknown): values by name, several under one name where the
    tool has several. `comments` and `history` are kept apart. `left_out` says why the entry makes
    no card, '' for one that does."""

    line: int
    values: dict[str, list[str]] = field(default_factory=dict)
    comments: list[ListComment] = field(default_factory=list)
    history: list[StatusChange] = field(default_factory=list)
    left_out: str = ""

    def add(self, name: str, *values: Any) -> None:
        """Add values that say something."""
        texts = [text for value in values if (text := as_text(value))]
        if texts:
            self.values.setdefault(name, []).extend(texts)

    def first(self, name: str) -> str:
        return next(iter(self.values.get(name, ())), "")


def as_text(value: Any) -> str:
    if value is None or value is False:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() if isinstance(value, str | int | float) else ""


class ListFile(NamedTuple):
    """A file that was read: its text, '' for a `database`."""

    file: Path
    text: str
    database: bool = False


_NUMBER = re.compile(r"\d+$")


@dataclass(frozen=True, slots=True)
class ListKind:
    """A kind of list. `name` is what people call it with --as, `title` what it is in a sentence.
    Lists of one `tool` name their cards alike.

    `recognise` looks at the content, `records` reads it. `fields` {name of a value, in lower case:
    field of a card} says what becomes of the values; `keys` name those that tell cards apart, the
    best one first. `called` names the values, the best one first, of which people make the name of
    a card, such as ML-2; `mark` stands before a number that such a value ends with. `zone` is that
    of dates without one, '' for the zone of the board; `order` says whether the day or the month
    usually comes first, '' where that differs. `head` gives the names of all columns of a table, in
    lower case, also of those in which nothing stands.
    """

    name: str
    title: str
    tool: str
    recognise: Callable[[ListFile], bool]
    records: Callable[[ListFile, str], Iterator[ListEntry]]
    fields: Mapping[str, str]
    keys: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    mark: str = ""
    zone: str = ""
    order: str = ""
    head: Callable[[ListFile], Collection[str]] = lambda source: ()

    def key_of(self, text: str) -> str:
        """What people call the card with this value of those in `called`, '' for none."""
        if not self.mark:
            return " ".join(text.split())
        number = _NUMBER.search(text)
        return self.mark + number[0] if number else ""
