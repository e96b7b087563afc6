"""The charter of a board: what the work is for, to read and to edit."""

from typing import ClassVar
from zoneinfo import ZoneInfo

from textual.app import ComposeResult
from textual.widgets import Markdown

from mlkanban.core.goal import SECTION as TARGET
from mlkanban.core.markdown.charter import SECTIONS
from mlkanban.display.card_face import Piece
from mlkanban.display.goal_text import now_lines
from mlkanban.display.lines import page_title, rule
from mlkanban.display.table import markdown_text
from mlkanban.editor.documents import CharterDocument
from mlkanban.errors import MlkanbanError
from mlkanban.text import display
from mlkanban.tui.commands import CHARTER
from mlkanban.tui.external_editor import ExternalEditor
from mlkanban.tui.screens.text_screen import TextScreen
from mlkanban.tui.undo import UndoCommands
from mlkanban.tui.widgets.lines import Lines
from mlkanban.tui.widgets.plain_text import PlainMarkdown


class CharterScreen(TextScreen):
    """`section` is the key of the one to begin with."""

    WHERE: ClassVar[str] = CHARTER

    def __init__(self, section: str = "") -> None:
        super().__init__()
        self.command_objects = (UndoCommands(self),)
        self._editor = ExternalEditor(self)
        self._section = section
        self._texts: dict[str, str] = {}
        self._title = Lines(ascii=self.host.ascii, id="charter-title")

    def compose(self) -> ComposeResult:
        yield self._title
        with self.scroll:
            for section in SECTIONS:
                yield Lines(ascii=self.host.ascii, id=f"title-{section.key}")
                yield PlainMarkdown(self.host.glyphs, id=section.key, classes="charter")
        yield self.ask
        yield self.status

    def on_resize(self) -> None:
        if not self.ready:
            return
        self._show_title()
        for section in SECTIONS:
            title = rule([Piece(section.title, "title")], self.size.width - 2, self.host.glyphs)
            self.query_one(f"#title-{section.key}", Lines).show([title])

    def on_mount(self) -> None:
        self.start(self._begin())

    async def _begin(self) -> None:
        await self.board_changed()
        if self._section and self.ready:
            # Its place is known when the texts above it have theirs.
            self.call_after_refresh(self.call_after_refresh, self._go_to, self._section)

    def _go_to(self, key: str) -> None:
        if self.ready:
            self.query_one(f"#title-{key}").scroll_visible(animate=False, top=True)

    async def board_changed(self) -> None:
        """Read the charter again."""
        board = self.board
        try:
            texts, goal = await self.host.store_thread.call(
                lambda s: (s.charter.of(board.id), s.charter.goal(board.id))
            )
        except MlkanbanError as error:
            self.show_error(error)
            return
        if not self.ready:
            return
        self._show_title()
        now = map(markdown_text, now_lines(goal, ZoneInfo(board.timezone)))
        texts[TARGET] = "\n\n".join(filter(None, (texts[TARGET], *now)))
        for section in SECTIONS:
            text = texts[section.key]
            if self._texts.get(section.key) != text and self.ready:
                shown = self.plain(text or f"*{section.hint}*")
                await self.query_one(f"#{section.key}", Markdown).update(shown)
        self._texts = texts

    def _show_title(self) -> None:
        about = display(self.board.name)
        self._title.show([page_title("Charter", about, self.size.width, self.host.glyphs)])

    async def do_charter_edit(self) -> None:
        board = self.board
        await self._editor.edit(CharterDocument(board.id, board.key))
