"""An input field for text of any origin: typed, pasted, or stored by somebody else."""

from collections.abc import Callable
from typing import Any

from textual import events
from textual.widgets import Input

from mlkanban.text import display


class Field(Input):
    """Holds what may be drawn: a control character in it would reach the terminal.

    Enter is taken at once: on a slow line it arrives together with the keys after it, and those
    are not text any more. While `closed`, keys pass on to the screen.
    """

    def __init__(
        self,
        value: str = "",
        *,
        entered: Callable[[], None],
        tab: Callable[[], None] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(value, select_on_focus=False, **more)
        self.closed = False
        self._entered = entered
        self._tab = tab

    def validate_value(self, value: str) -> str:
        return display(value)

    async def _on_key(self, event: events.Key) -> None:
        if self.closed:
            event.prevent_default()
        elif event.key == "enter":
            event.stop()
            event.prevent_default()
            self.closed = True
            self._entered()
        elif event.key == "tab" and self._tab is not None:
            event.stop()
            event.prevent_default()
            self._tab()

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        # One line holds it all: pasted lines are joined, none is dropped.
        self.insert_text_at_cursor(" ".join(event.text.split("\n")).strip())
