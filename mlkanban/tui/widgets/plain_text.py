"""Texts of people in Markdown as a widget."""

from typing import Any

from textual.widgets import Markdown

from mlkanban.glyphs import Glyphs
from mlkanban.tui.plain_markdown import plain_parser


class PlainMarkdown(Markdown):
    """A text of a person, with the bullets of this terminal, and links that nothing opens."""

    def __init__(self, glyphs: Glyphs, **more: Any) -> None:
        super().__init__(open_links=False, parser_factory=plain_parser, **more)
        self.BULLETS = [f"{glyphs.queued} "]
