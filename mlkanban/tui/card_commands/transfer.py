"""Moving cards to another board: which one, and where to where it has no stage of that name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlkanban.errors import LimitReached, MlkanbanError, NoSuchStage
from mlkanban.tui.card_commands.edits import names, needed
from mlkanban.tui.widgets.menu import numbered

if TYPE_CHECKING:
    from mlkanban.core.board import Board
    from mlkanban.tui.card_commands.edits import CardEdits
    from mlkanban.tui.command_screen import CardsScreen


class TransferCommands:
    def __init__(self, screen: CardsScreen, edits: CardEdits) -> None:
        self._screen = screen
        self._edits = edits

    async def do_card_transfer(self) -> None:
        faces = self._edits.chosen()
        boards = await self._screen.fetch(lambda service: service.boards.all()) or []
        here = self._screen.host.model.board.id
        boards = [board for board in boards if board.id != here]
        if not faces:
            return
        if not boards:
            self._screen.status.show("There is no other board. B, then n, makes one.")
            return
        options = numbered([board.name for board in boards])
        key = await self._screen.ask.choose(f"Move {names(faces)} to", options, rows=True)
        if key is not None:
            board = boards[[option.key for option in options].index(key)]
            await self._to(board, [face.ref for face in faces])

    async def _to(self, board: Board, refs: list[str], stage_id: str = "") -> None:
        screen = self._screen
        try:
            done = await screen.attempt(lambda s: s.transfers.transfer(refs, board.id, stage_id))
        except NoSuchStage as error:
            stages = board.stages[: board.first_delivered]
            options = numbered([stage.name for stage in stages])
            key = await screen.ask.choose(f"{error.message} Move to", options, rows=True)
            if key is not None:
                at = [option.key for option in options].index(key)
                await self._to(board, refs, stages[at].id)
        except LimitReached as error:
            await screen.ask_and_write(
                f"{error.message} Why go over the limit?",
                "",
                lambda s, text: s.transfers.transfer(
                    refs, board.id, stage_id, override=needed(text)
                ),
                form=f"override {refs[0]}",
                lines=True,
            )
        except MlkanbanError as error:
            screen.show_error(error)
        else:
            screen.after_change(done)
