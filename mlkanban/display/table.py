"""A table of text, and the one way each surface draws it: lines of text, Markdown, HTML; what a
screen shows of it is in `table_layout`.

Columns line up whatever the script. Markdown and HTML take every sign of the cells literally.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from mlkanban.patterns import pattern
from mlkanban.records import record
from mlkanban.text import display

GAP = "  "
_LEAST_LAST = 10
_MARKDOWN = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_[]<>#|&~"})
_MENTION = pattern(r"(?<![\w@])@(?=\w)")
_LINK = pattern(r"\b(https?|ftp)(?=://)|\b(www)(?=\.)", re.IGNORECASE)
"""What becomes a link without any sign around it."""
# What html.escape does; that module takes longer to import than any table to draw.
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})


@record(frozen=True, slots=True)
class Table:
    """Rows of text under a head; the first column names the row. Titles are as they were stored.
    `roles`: the colour of the first cell of each row, where it says something."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    roles: Sequence[str] = ()


def markdown_text(text: str) -> str:
    """Stored text with every sign that means something to Markdown taken literally: addresses
    become no links, and `@name` calls nobody where the text is pasted, by a space without width."""
    literal = _LINK.sub(r"\g<0>\\", display(text).translate(_MARKDOWN))
    return _MENTION.sub("@&#8203;", literal)


def html_text(text: str) -> str:
    """Stored text with every sign that means something to HTML taken literally."""
    return display(text).translate(_HTML)


def text_lines(table: Table, width: int | None = None) -> list[str]:
    """The head and a line for each row, cells as they are; the last column is cut where lines have
    a `width`, in cells."""
    # What makes JSON of a table measures no cells.
    from rich.cells import cell_len

    # The same; they measure with rich.
    from mlkanban.cells import padded, shortened

    def line(cells: Sequence[str]) -> str:
        *first, last = cells
        shown = [padded(cell, size) for cell, size in zip(first, sizes, strict=True)]
        return GAP.join([*shown, last if room is None else shortened(last, room)]).rstrip()

    columns = zip(table.head, *table.rows, strict=True)
    *sizes, _ = (max(map(cell_len, column)) for column in columns)
    room = None if width is None else max(_LEAST_LAST, width - sum(sizes) - len(GAP) * len(sizes))
    return [line(cells) for cells in (table.head, *table.rows)]


def first_in_sight(selected: int, room: int, count: int) -> int:
    """Which of `count` lines comes first where there is room for some, the selected one amidst."""
    return max(0, min(selected - room // 2, count - room))


def markdown_table(table: Table, cell: Callable[[str], str] = markdown_text) -> str:
    """The table in Markdown; `cell` makes Markdown of the text of a cell."""

    def line(cells: Iterable[str]) -> str:
        return f"| {' | '.join(cells)} |"

    head = [line(map(cell, table.head)), line("---" for _ in table.head)]
    return "\n".join([*head, *(line(map(cell, row)) for row in table.rows)])


def html_table(table: Table) -> str:
    head = "".join(f"<th>{html_text(name)}</th>" for name in table.head)
    rows = "".join(
        f"<tr>{''.join(f'<td>{html_text(cell)}</td>' for cell in row)}</tr>" for row in table.rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
