"""The table of a number, as much of it as its place holds."""

from rich.text import Text
from textual.widget import Widget

from mlkanban.display.table import Table, screen_lines
from mlkanban.text import ascii_only


class TablePane(Widget):
    """Lines fit the size there is when they are drawn; the selected row stays in sight."""

    DEFAULT_CSS = "TablePane { height: 1fr; width: 1fr; padding: 0 1; }"

    def __init__(self, *, ascii: bool, id: str) -> None:
        super().__init__(id=id)
        self._table: Table | None = None
        self._selected: int | None = None
        self._ascii = ascii

    def show(self, table: Table | None, selected: int | None) -> None:
        self._table, self._selected = table, selected
        self.refresh()

    def render(self) -> Text:
        if self._table is None:
            return Text("")
        text = "\n".join(screen_lines(self._table, *self.content_size, self._selected))
        return Text(ascii_only(text) if self._ascii else text, no_wrap=True, end="")
