"""Screens that are one long text to scroll through."""

from textual.containers import VerticalScroll

from mlkanban.tui.screens.base import KeyScreen


class TextScreen(KeyScreen):
    """Put the text into `scroll`; the cursor keys move it."""

    def __init__(self) -> None:
        super().__init__()
        self.scroll = VerticalScroll(can_focus=False)

    def do_cursor_down(self) -> None:
        self.scroll.scroll_relative(y=1, animate=False)

    def do_cursor_up(self) -> None:
        self.scroll.scroll_relative(y=-1, animate=False)

    def do_cursor_page_down(self) -> None:
        self.scroll.scroll_relative(y=self.size.height // 2, animate=False)

    def do_cursor_page_up(self) -> None:
        self.scroll.scroll_relative(y=-self.size.height // 2, animate=False)

    def do_cursor_top(self) -> None:
        self.scroll.scroll_home(animate=False)

    def do_cursor_bottom(self) -> None:
        self.scroll.scroll_end(animate=False)
