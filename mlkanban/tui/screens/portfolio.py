"""All boards beside each other: open one, or make one."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from mlkanban.cells import wrapped_note
from mlkanban.core.models import Board
from mlkanban.display.portfolio_text import PortfolioRow, sentences, table
from mlkanban.errors import MlkanbanError
from mlkanban.flow.portfolio import Standing
from mlkanban.tui.commands import PORTFOLIO
from mlkanban.tui.new_board import NewBoard
from mlkanban.tui.screens.list_screen import ListScreen

_NUMBERS = "numbers"
_FEWEST = 4
"""So many boards are listed before anything is said of one."""


class PortfolioScreen(ListScreen):
    """The list is there at once; the numbers come in board by board, beside the keys."""

    WHERE: ClassVar[str] = PORTFOLIO

    def __init__(self) -> None:
        super().__init__()
        self._new_board = NewBoard(self)
        self._boards: list[Board] = []
        self._standings: dict[str, Standing] = {}
        self._counting = self._again = False

    def compose(self) -> ComposeResult:
        yield Static(markup=False, id="portfolio")
        yield self.ask
        yield self.status

    async def on_mount(self) -> None:
        await self._list()
        here = [board.id == self.board.id for board in self._boards]
        self.row = here.index(True) if any(here) else 0
        await self.board_changed()

    def on_resize(self) -> None:
        self.draw()

    @property
    def length(self) -> int:
        return len(self._boards)

    # Counting

    async def _list(self) -> None:
        self._boards = await self.fetch(lambda service: service.boards.all()) or self._boards

    async def board_changed(self) -> None:
        """Count again; what is being counted is counted to its end first, else a board that others
        work on all the time would never have numbers."""
        self.draw()
        self._again = True
        if not self._counting:
            self._counting = True
            self.run_worker(self._count(), group=_NUMBERS)

    async def _count(self) -> None:
        try:
            while self._again:
                self._again = False
                await self._list()
                for board in self._boards:
                    await self._count_one(board)
        except MlkanbanError as error:
            self.show_error(error)
        finally:
            self._counting = False

    async def _count_one(self, board: Board) -> None:
        self._standings[board.id] = await self.host.store_thread.call(
            lambda service: service.portfolio.standing(board)
        )
        self.draw()

    # Showing

    def draw(self) -> None:
        if not self.ready or not self._boards:
            return
        self.row = max(0, min(self.row, len(self._boards) - 1))
        ascii, width = self.host.ascii, self.size.width - 2
        in_use = self.board.id
        rows = [PortfolioRow(b, self._standings.get(b.id), b.id == in_use) for b in self._boards]
        head, *lines = table(rows, width - 2, ascii=ascii)
        notes = [
            line
            for sentence in sentences(rows[self.row], ascii=ascii)
            for line in wrapped_note(sentence, width)
        ]
        # Beside the title, the head, the lines between and the status line; boards come first.
        room = self.size.height - 5
        notes = notes[: max(0, room - min(len(lines), _FEWEST) - 1)]
        room = max(1, room - len(notes) - bool(notes))
        text = [
            "Boards (* the one in use)",
            "",
            f"  {head}",
            *self.visible_lines(lines, room),
            "",
            *notes,
        ]
        self.query_one("#portfolio", Static).update(Content("\n".join(text)))

    # Choosing

    async def do_board_open(self) -> None:
        if self._boards:
            await self._open(self._boards[self.row])

    async def _open(self, board: Board) -> None:
        await self.host.open_board(board.key)
        self.close()

    async def do_board_new(self) -> None:
        chosen = await self._new_board.which_template("How does its work flow?", rows=True)
        board = await self._new_board.make(chosen) if chosen is not None else None
        if board is not None:
            await self._open(board)
            self._new_board.welcome(board)
