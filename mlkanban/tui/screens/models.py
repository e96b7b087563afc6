"""The models in use, and the change record of one."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult

from mlkanban.core.board import CardFace, Health
from mlkanban.display.card_face import FaceContext, Line, Piece
from mlkanban.display.lines import page_title, paragraph
from mlkanban.display.model_text import details, record_lines, record_title, table_lines
from mlkanban.errors import UsageProblem
from mlkanban.service import Done, Service
from mlkanban.service.model_records import ModelInUse, ModelRecord
from mlkanban.text import cell_text, quantity
from mlkanban.tui.card_commands.edits import CardEdits
from mlkanban.tui.card_commands.model_health import HealthCommands
from mlkanban.tui.commands import MODEL, MODELS, STATUS
from mlkanban.tui.help_text import with_keys
from mlkanban.tui.screens.list_screen import ListScreen, lines_below
from mlkanban.tui.screens.text_screen import TextScreen
from mlkanban.tui.undo import UndoCommands
from mlkanban.tui.widgets.lines import Lines, ListLines

_NONE = (
    "No model is in use. A card of the type model, or a release ({card.release} on the board),"
    " becomes one when it is shipped."
)


class ModelsScreen(ListScreen):
    WHERE: ClassVar[str] = MODELS

    def __init__(self) -> None:
        super().__init__()
        edits = CardEdits(self)
        self.command_objects = (HealthCommands(self, edits), UndoCommands(self))
        self._models: list[ModelInUse] | None = None
        self._records: dict[str, ModelRecord] = {}
        self._page = ListLines(ascii=self.host.ascii, id="models")

    def compose(self) -> ComposeResult:
        yield self._page
        yield self.ask
        yield self.status

    async def on_mount(self) -> None:
        await self.board_changed()

    def on_resize(self) -> None:
        self.draw()

    @property
    def length(self) -> int:
        return len(self._models or ())

    @property
    def _model(self) -> ModelInUse | None:
        return self._models[self.row] if self._models else None

    def targets(self) -> list[CardFace]:
        return [self._model.version.face] if self._model else []

    async def board_changed(self) -> None:
        """Read the models again; the one under the cursor stays there."""
        board = self.board
        here = [face.id for face in self.targets()]
        models = await self.fetch(lambda service: service.models.all(board))
        if models is None or not self.ready:
            return
        self._models = models
        self._records.clear()
        ids = [model.version.face.id for model in models]
        self.go(ids.index(here[0]) if here and here[0] in ids else self.row)

    def after_change(self, done: Done) -> None:
        self.start(self.board_changed())

    def go(self, row: int) -> None:
        super().go(row)
        if self._model and self._model.version.face.id not in self._records:
            self.only_newest("record", self._read_record)

    async def _read_record(self) -> None:
        board, face = self.board, self.targets()[0]
        record = await self.fetch(lambda service: service.models.record(board, face.ref))
        if record is not None and self.ready:
            self._records[face.id] = record
            self.draw()

    def draw(self) -> None:
        if not self.ready or self._models is None:
            return
        models, width, glyphs = self._models, self.list_width, self.host.glyphs
        alerts = sum(model.version.face.health == Health.ALERT for model in models)
        silent = sum(model.silence is not None for model in models)
        count = [Piece(quantity(len(models), "model"), "dim")]
        count += [Piece(f"   {glyphs.blocked} {alerts} at alert", "alarm")] if alerts else []
        count += [Piece(f"   {silent} silent", "alarm")] if silent else []
        about = cell_text(self.board.name)
        title = page_title("Models in use", about, width, glyphs, right=count)
        names = [name for name in STATUS[MODELS] if models or name in ("undo", "help", "back")]
        self.status.offer(self.hints(names))
        view = FaceContext.at(self.board, self.host.now(), glyphs=glyphs)
        if not models:
            text = with_keys(_NONE, self.host.commands)
            lines = paragraph(text, "dim", width - 2, glyphs)
            empty: list[Line] = [title, [], *([Piece(" ", "text"), *line] for line in lines)]
            self.show_list(self._page, empty, 0, lambda at: [], 0)
            return
        self.row = max(0, min(self.row, len(models) - 1))
        head_line, rows = table_lines(models, view, width, self.row)
        head = [title, [], head_line]
        height = self._page.size.height
        if width == self.size.width:
            height = lines_below(height, len(head) + len(rows))
        model = models[self.row]
        record = self._records.get(model.version.face.id)
        self.show_list(
            self._page,
            head,
            len(rows),
            rows.__getitem__,
            self.row,
            details=partial(self._details, model, record, view, height),
        )

    def _details(
        self,
        model: ModelInUse,
        record: ModelRecord | None,
        view: FaceContext,
        height: int,
        width: int,
    ) -> Sequence[Line]:
        return details(model, record, view, (width, height), coloured=not self.host.no_color)

    # What is done with the one under the cursor

    def do_model_open(self) -> None:
        if self._model:
            self.open("model", self._model.version.face.ref)

    def do_model_card(self) -> None:
        if self._model:
            self.open("card", self._model.version.face.ref)

    async def do_model_rollback(self) -> None:
        model, board = self._model, self.board
        if model is None:
            return
        name, ref = cell_text(model.version.name), model.version.face.ref
        question = f"Roll {name} ({ref}) back? The version before is in use again."
        if not await self.ask.confirm(question, "roll back"):
            self.status.show("Nothing was changed.")
            return
        self.expect_question()
        done = await self.ask_and_write(
            f"What failed in {name}?", "",
            lambda service, text: service.models.roll_back(board, ref, text),
            form=f"rollback {ref}", lines=True,
        )  # fmt: skip
        if done is not None:
            self.after_change(done)

    async def do_model_owner(self) -> None:
        if (model := self._model) is None:
            return
        ref = model.version.face.ref
        done = await self.ask_and_write(
            f"Who watches {cell_text(model.version.name)}?", model.version.card.owner,
            lambda service, text: service.cards.edit([ref], {"owner": text.strip() or None}),
            form=f"owner {ref}",
        )  # fmt: skip
        if done is not None:
            self.after_change(done)

    async def do_model_look(self) -> None:
        model, board = self._model, self.board
        if model is None:
            return
        ref = model.version.face.ref

        def write(service: Service, text: str) -> Done:
            if not text.strip():
                raise UsageProblem("No day is given.", "Type 2026-12-15, 3w, every 90d, or none.")
            return service.models.look_again(board, ref, text)

        done = await self.ask_and_write(
            f"Look again at {cell_text(model.version.name)} (a day, every 90d, with retrain)",
            str(model.look), write, form=f"look {ref}",
        )  # fmt: skip
        if done is not None:
            self.after_change(done)


class ModelScreen(TextScreen):
    """The change record of the model that a card is a version of."""

    WHERE: ClassVar[str] = MODEL

    def __init__(self, ref: str) -> None:
        super().__init__()
        self._ref = ref
        self._record: ModelRecord | None = None
        self._title = Lines(ascii=self.host.ascii, id="model-title")
        self._body = Lines(ascii=self.host.ascii, id="model")

    def compose(self) -> ComposeResult:
        yield self._title
        with self.scroll:
            yield self._body
        yield self.ask
        yield self.status

    async def on_mount(self) -> None:
        await self.board_changed()

    def on_resize(self) -> None:
        self._show()

    async def board_changed(self) -> None:
        board, ref = self.board, self._ref
        record = await self.fetch(lambda service: service.models.record(board, ref))
        if record is not None and self.ready:
            self._record = record
            self._show()

    def _show(self) -> None:
        if self._record is None or not self.ready:
            return
        view = FaceContext.at(self.board, self.host.now(), glyphs=self.host.glyphs)
        width = self.size.width
        self._title.show([record_title(self._record, view, width), []])
        coloured = not self.host.no_color
        height = max(8, min(14, self.size.height // 3))
        self._body.show(
            record_lines(self._record, view, width - 2, coloured=coloured, height=height)
        )
