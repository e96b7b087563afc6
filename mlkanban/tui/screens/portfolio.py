"""All boards beside each other: open one, or make one."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult

from mlkanban.core.board import Board, CardFace
from mlkanban.display.card_face import FaceContext, Piece
from mlkanban.display.lines import page_title
from mlkanban.display.portfolio_text import PortfolioRow, board_details, table_lines
from mlkanban.errors import MlkanbanError
from mlkanban.flow.due import Prospects
from mlkanban.flow.pace import Pace
from mlkanban.flow.portfolio import Standing
from mlkanban.service import Done, Service
from mlkanban.text import quantity
from mlkanban.tui.commands import PORTFOLIO
from mlkanban.tui.new_board import NewBoard
from mlkanban.tui.screens.list_screen import ListScreen
from mlkanban.tui.widgets.lines import ListLines

_NUMBERS = "numbers"


class OpenCards(NamedTuple):
    """The open cards of a board, and what their signs rest on; nothing before they are read."""

    faces: Sequence[CardFace] = ()
    pace: Pace | None = None
    prospects: Prospects | None = None


def _open_cards(service: Service, board: Board, now: datetime) -> OpenCards:
    faces = service.portfolio.open_cards(board)
    return OpenCards(
        faces, service.history.pace(board, now), service.planning.prospects(board, faces)
    )


class PortfolioScreen(ListScreen):
    """The list is there at once; the numbers come in board by board, beside the keys."""

    WHERE: ClassVar[str] = PORTFOLIO

    def __init__(self) -> None:
        super().__init__()
        self._new_board = NewBoard(self)
        self._boards: list[Board] = []
        self._standings: dict[str, Standing] = {}
        self._open_cards: dict[str, OpenCards] = {}
        self._counting = self._again = False
        self._page = ListLines(ascii=self.host.ascii, id="portfolio")

    def compose(self) -> ComposeResult:
        yield self._page
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
        boards = await self.fetch(lambda service: service.boards.all(archived=True))
        self._boards = boards or self._boards

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
        if board.archived:
            self._standings.pop(board.id, None)
            self._open_cards[board.id] = OpenCards()
            self.draw()
            return
        self._standings[board.id] = await self.host.store_thread.read(
            lambda service: service.portfolio.standing(board)
        )
        now = self.host.now()
        self._open_cards[board.id] = await self.host.store_thread.read(
            lambda service: _open_cards(service, board, now)
        )
        self.draw()

    # Showing

    def draw(self) -> None:
        if not self.ready or not self._boards:
            return
        self.row = max(0, min(self.row, len(self._boards) - 1))
        glyphs, width = self.host.glyphs, self.list_width
        in_use = self.board.id
        rows = [PortfolioRow(b, self._standings.get(b.id), b.id == in_use) for b in self._boards]
        head, lines = table_lines(rows, width, glyphs, self.row)
        count = [Piece(f"{quantity(len(rows), 'board')}   * is in use", "dim")]
        title = page_title("Boards", "", width, glyphs, right=count)
        here = rows[self.row]
        cards = self._open_cards.get(here.board.id, OpenCards())
        view = FaceContext.at(
            here.board, self.host.now(), glyphs=glyphs, pace=cards.pace, prospects=cards.prospects
        )
        self.show_list(
            self._page,
            [title, [], head],
            len(lines),
            lines.__getitem__,
            self.row,
            details=partial(board_details, here, cards.faces, view),
        )
        word = "restore" if here.board.archived else "archive"
        self.status.offer(
            [
                hint._replace(word=word) if hint.command == "board.archive" else hint
                for hint in self.hints()
            ]
        )

    # Choosing

    async def do_board_open(self) -> None:
        if self._boards:
            await self._open(self._boards[self.row])

    async def _open(self, board: Board) -> None:
        await self.host.open_board(board.key)
        self.close()

    async def do_board_rename(self) -> None:
        board = self._boards[self.row]
        await self.ask_and_write(
            f"New name of {board.name}",
            board.name,
            lambda s, text: s.boards.rename(board.id, text) if text != board.name else Done(""),
            form="rename board",
        )
        await self.board_changed()

    async def do_board_archive(self) -> None:
        board = self._boards[self.row]
        if board.archived:
            await self.write(lambda service: service.boards.restore(board.id))
        else:
            await self.write(lambda service: service.boards.archive(board.id))
        await self._list()
        self.row = next(at for at, one in enumerate(self._boards) if one.id == board.id)
        await self.board_changed()

    async def do_board_new(self) -> None:
        chosen = await self._new_board.which_template("How does its work flow?")
        board = await self._new_board.make(chosen) if chosen is not None else None
        if board is not None:
            await self._open(board)
            self._new_board.welcome(board)
