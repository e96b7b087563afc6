"""The stages of the board: add, rename, order, limit, remove."""

from collections.abc import Callable
from typing import Any, ClassVar

from textual.app import ComposeResult

from mlkanban.core.board import NO_ROLE, ROLE_WORDS, Stage, StageKind, StageRole
from mlkanban.core.card_templates import ROLE_ABOUT, role_of
from mlkanban.core.rules import Meter, in_progress
from mlkanban.display.card_face import FaceContext, Line, Piece
from mlkanban.display.lines import paragraph
from mlkanban.display.stage_lines import StagesPage, stage_details
from mlkanban.errors import MlkanbanError, WouldChangeCards
from mlkanban.flow.pace import Pace
from mlkanban.service import Done, Service
from mlkanban.tui.commands import STAGES
from mlkanban.tui.help_text import with_keys
from mlkanban.tui.own_templates import save_template
from mlkanban.tui.screens.list_screen import ListScreen
from mlkanban.tui.undo import UndoCommands
from mlkanban.tui.widgets.field import LINE_SIGN
from mlkanban.tui.widgets.lines import ListLines
from mlkanban.tui.widgets.menu import numbered

_LINE = "\n"
_UNCOMMITTED = (
    "No stage is committed, so no card counts as in progress. {stage.committed} commits a stage."
)


class StagesScreen(ListScreen):
    WHERE: ClassVar[str] = STAGES

    def __init__(self) -> None:
        super().__init__()
        self.command_objects = (UndoCommands(self),)
        self.row = self.host.model.stage
        self._pace: Pace | None = None
        self._page = ListLines(ascii=self.host.ascii, id="stages")

    def compose(self) -> ComposeResult:
        yield self._page
        yield self.ask
        yield self.status

    async def on_mount(self) -> None:
        await self.board_changed()
        self.run_worker(self._count())

    async def on_resize(self) -> None:
        await self.board_changed()

    async def _count(self) -> None:
        """Count how old cards are when they leave a stage."""
        board, now = self.board, self.host.now()
        self._pace = await self.fetch(lambda service: service.history.pace(board, now))
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
        model, board, width = self.host.model, self.board, self.list_width
        page = StagesPage(
            board,
            [model.header(at) for at in range(len(board.stages))],
            Meter(in_progress(board, model.loads), board.conwip),
            self.host.glyphs,
            width,
        )
        self.show_list(
            self._page,
            [page.title(), [], page.head()],
            len(page.lines),
            lambda at: page.line(at, self.row),
            page.lines.index(self.row),
            details=self._details,
            foot=self._foot(width),
        )
        self.rows_in_sight = {
            y: stage
            for y, at in self.rows_in_sight.items()
            if isinstance(stage := page.lines[at], int)
        }

    def _details(self, width: int) -> list[Line]:
        model, host = self.host.model, self.host
        view = FaceContext.at(self.board, host.now(), glyphs=host.glyphs, pace=self._pace)
        header = model.header(self.row)
        return stage_details(view, self.row, header, model.columns[self.row], width, model.waits)

    def _foot(self, width: int) -> list[Line]:
        """What to do on a board on which no card counts as in progress."""
        if any(stage.committed for stage in self.board.stages):
            return []
        text = with_keys(_UNCOMMITTED, self.host.commands)
        lines = paragraph(text, "dim", width - 2, self.host.glyphs)
        return [[], *([Piece(" ", "text"), *line] for line in lines)]

    async def _change(self, action: Callable[[Service, bool], Done]) -> bool:
        """Change the stages, and ask where that finishes or re-opens cards: `action` hears whether
        the person agreed."""
        done = None
        try:
            done = await self.attempt(lambda service: action(service, False))
        except WouldChangeCards as error:
            if await self.ask.confirm(error.message, "do it"):
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

    async def do_stage_kind(self) -> None:
        kinds = list(StageKind)
        await self._edit(kind=kinds[(kinds.index(self._stage.kind) + 1) % len(kinds)])

    async def do_stage_role(self) -> None:
        words = [*((role.word, ROLE_ABOUT[role]) for role in StageRole), (NO_ROLE, "none of these")]
        if self._stage.role:
            words.append(("by its name", "what its template or its name says"))
        now = role.word if (role := role_of(self.board, self._stage)) else NO_ROLE
        options = numbered(
            [f"{word:<12} {about}{' (now)' * (word == now)}" for word, about in words]
        )
        label = f"{self._stage.name} is for"
        at = [word for word, _ in words].index(now)
        key = await self.ask.choose(label, options, rows=True, at=at)
        if key is not None:
            word = words[[option.key for option in options].index(key)][0]
            await self._edit(role=word if word in ROLE_WORDS else "")

    async def do_stage_deliverables(self) -> None:
        board, stage = self.board, self._stage
        # One that has a semicolon was written elsewhere: then lines divide them.
        between = _LINE if any(";" in text for text in stage.deliverables) else ";"
        await self.ask_and_write(
            f"What do new experiments and models need before they leave {stage.name}?"
            f" {LINE_SIGN if between == _LINE else between} between two",
            (between if between == _LINE else "; ").join(stage.deliverables),
            lambda s, text: s.boards.edit_stage(
                board.id,
                stage.id,
                {
                    "deliverables": [
                        part
                        for line in text.splitlines()
                        for part in line.split(between)
                        if part.strip()
                    ]
                },
            ),
            form="stage deliverables",
            lines=True,
        )
        await self.board_changed()

    async def do_template_save(self) -> None:
        board = self.board

        def text(_service: Service, title: str, about: str) -> str:
            from mlkanban.template_files import board_text  # seldom needed

            return board_text(board, title, about)

        await save_template(self, "the stages of the board", f"the stages of {board.name}", text)

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
