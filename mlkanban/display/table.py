"""A table."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under a head; the first column names the row. Titles are as they were stored."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
