"""The stages of the board: add, rename, order, limit, remove."""

from collections.abc import Callable
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from mlkanban.cells import padded
from mlkanban.core.models import Stage
from mlkanban.errors import MlkanbanError, WouldChangeCards
from mlkanban.service import Done, Service
from mlkanban.text import display, steady
from mlkanban.tui.commands import STAGES
from mlkanban.tui.screens.list_screen import ListScreen
from mlkanban.tui.undo import UndoCommands
from mlkanban.tui.widgets.ask import Option


class StagesScreen(ListScreen):
    WHERE: ClassVar[str] = STAGES

    def __init__(self) -> None:
        super().__init__()
        self.command_objects = (UndoCommands(self),)
        self.row = self.host.model.stage

    def compose(self) -> ComposeResult:
        yield Static(markup=False, id="stages")
        yield self.ask
        yield self.status

    async def on_mount(self) -> None:
        await self.board_changed()

    @property
    def _stage(self) -> Stage:
        return self.board.stages[self.row]

    @property
    def length(self) -> int:
        return len(self.board.stages)

    async def board_changed(self) -> None:
        if self.ready:
            self.go(self.row)

    def draw(self) -> None:
        head = (
            f"   {'':2} {'Stage':<20} {'Kind':<7} {'Committed':<10} {'Cards / limit':<20} Limit is"
        )
        lines = [f" Stages of {display(self.board.name)}", "", head, ""]
        for at, stage in enumerate(self.board.stages):
            shown = self.host.model.header(at).text
            name = padded(steady(display(stage.name)), 20)
            lines.append(
                f" {'>' if at == self.row else ' '} {at + 1:>2} {name} "
                f"{stage.kind.value:<7} {'yes' if stage.committed else '-':<10} {shown:<20} "
                f"{_limit_words(stage)}"
            )
        lines += ["", "   Committed stages are work in progress: entering the first one starts the"]
        lines.append("   clock of a card, leaving the last one stops it.")
        self.query_one("#stages", Static).update(Content(self.plain("\n".join(lines))))

    async def _change(self, action: Callable[[Service, bool], Done]) -> bool:
        """Change the stages, and ask where that finishes or re-opens cards: `action` hears whether
        the person agreed."""
        done = None
        try:
            done = await self.attempt(lambda service: action(service, False))
        except WouldChangeCards as error:
            if await self.ask.choose(error.message, [Option("y", "do it")]) == "y":
                done = await self.write(lambda service: action(service, True))
            else:
                self.status.show("Nothing was changed.")
        except MlkanbanError as error:
            self.show_error(error)
        await self.board_changed()
        return done is not None

    async def _edit(self, **fields: Any) -> None:
        board, stage = self.board, self._stage
        await self._change(
            lambda service, agreed: service.boards.edit_stage(
                board.id, stage.id, fields, agreed=agreed
            )
        )

    async def do_stage_add(self) -> None:
        board, stage = self.board, self._stage
        done = await self.ask_and_write(
            f"New stage after {stage.name}",
            "",
            lambda s, text: s.boards.add_stage(board.id, text, after=stage.id),
            form="new stage",
        )
        if done is not None:
            self.row += 1
            await self.board_changed()

    async def do_stage_rename(self) -> None:
        board, stage = self.board, self._stage
        await self.ask_and_write(
            f"New name of {stage.name}",
            stage.name,
            lambda s, text: (
                s.boards.edit_stage(board.id, stage.id, {"name": text})
                if text != stage.name
                else Done("")
            ),
            form="rename stage",
        )
        await self.board_changed()

    async def do_stage_raise(self) -> None:
        await self._edit(limit=_stepped(self._stage.limit, 1))

    async def do_stage_lower(self) -> None:
        await self._edit(limit=_stepped(self._stage.limit, -1))

    async def do_stage_more_runs(self) -> None:
        await self._edit(unattended=_stepped(self._stage.unattended, 1))

    async def do_stage_fewer_runs(self) -> None:
        await self._edit(unattended=_stepped(self._stage.unattended, -1))

    async def do_stage_soft(self) -> None:
        await self._edit(soft=not self._stage.soft)

    async def do_stage_committed(self) -> None:
        await self._edit(committed=not self._stage.committed)

    async def _shift(self, by: int) -> None:
        board, stage, to = self.board, self._stage, self.row + by
        if 0 <= to < len(board.stages) and await self._change(
            lambda service, agreed: service.boards.move_stage(board.id, stage.id, to, agreed=agreed)
        ):
            self.row = to
            await self.board_changed()

    async def do_stage_up(self) -> None:
        await self._shift(-1)

    async def do_stage_down(self) -> None:
        await self._shift(1)

    async def do_stage_remove(self) -> None:
        board, stage = self.board, self._stage
        await self._change(
            lambda service, agreed: service.boards.remove_stage(board.id, stage.id, agreed=agreed)
        )


def _stepped(limit: int | None, by: int) -> int | None:
    """The next limit up or down; below zero there is none, and from none one goes to 1."""
    if limit is None:
        return 1 if by > 0 else None
    return limit + by if limit + by >= 0 else None


def _limit_words(stage: Stage) -> str:
    if stage.limit is None and stage.unattended is None:
        return "-"
    return "soft" if stage.soft else "hard"
