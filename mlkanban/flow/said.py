"""A number in words: the same sentences and table for the command line, the screen and the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under a head; the first column names the row. Titles are as they were stored."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What a number says: sentences, most important first, then a table, then how it was counted.

    `note` names n, window, zone and convention. Lines are ASCII, but for stored titles and names,
    and at most 78 characters wide.
    """

    title: str
    lines: tuple[str, ...]
    table: Table | None
    note: str


class Number(Protocol):
    """What every flow number answers."""

    def to_data(self) -> dict[str, Any]:
        """What `--json` prints."""
        ...

    def said(self) -> Said:
        """The same for people."""
        ...

    def figures(self) -> Sequence[tuple[str, str]]:
        """The few figures that groups of cards are compared by: a short name and a value."""
        ...


def finished_cards(n: int) -> str:
    """`No finished cards`, `1 finished card`, `7 finished cards`."""
    return f"{n or 'No'} finished card{'' if n == 1 else 's'}"
