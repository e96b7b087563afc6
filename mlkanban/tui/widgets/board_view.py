"""The whole board as one widget that draws lines: a key repaints two cards, not a screen."""

from datetime import datetime

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from mlkanban.charts import face
from mlkanban.charts.face import Piece, View
from mlkanban.core.models import CardFace
from mlkanban.core.rules import Load
from mlkanban.text import ascii_only, display
from mlkanban.tui.board_model import BoardModel
from mlkanban.tui.geometry import GUTTER, Geometry, Slot
from mlkanban.tui.theme import role_styles

_CACHE_LIMIT = 20_000


class BoardView(Widget, can_focus=True):
    """Draws a BoardModel. Changes go through the model; then `moved`, `changed` or `redraw` says
    what to paint again."""

    class Dropped(Message):
        """A card was dragged: to `stage`, ahead of the card `before` ('' for the end)."""

        def __init__(self, card: CardFace, stage: int, before: str) -> None:
            super().__init__()
            self.card = card
            self.stage = stage
            self.before = before

    class Opened(Message):
        """A card was double-clicked."""

    def __init__(self, *, ascii: bool = False) -> None:
        super().__init__(id="board")
        self.model: BoardModel | None = None
        self.notice = ""
        self._ascii = ascii
        self._view: View | None = None
        self._styles: dict[str, Style] = {}
        self._cache: dict[tuple[object, ...], list[Segment]] = {}
        self._first = 0
        self._tops: list[int] = []
        self._dragging: CardFace | None = None

    # What the screen calls

    def show(self, model: BoardModel, now: datetime) -> None:
        """Draw another board, or the same one after a change of its shape."""
        self.model = model
        self._view = View.at(model.board, now, ascii=self._ascii)
        self._tops = (self._tops + [0] * len(model.columns))[: len(model.columns)]
        self._cache.clear()
        self.redraw()

    def new_day(self, now: datetime) -> None:
        """Ages count in days: draw everything again when the day has changed."""
        if self.model is not None and self._view is not None:
            view = View.at(self.model.board, now, ascii=self._ascii)
            if view != self._view:
                self.show(self.model, now)

    def redraw(self) -> None:
        """Paint everything again (another filter, another size)."""
        self._follow()
        self.refresh()

    def moved(self, stage: int, row: int) -> None:
        """The cursor left (stage, row): paint both cards, or the columns that had to scroll."""
        model = self._model
        tops, first = list(self._tops), self._first
        self._follow()
        if first != self._first or (self.geometry.narrow and stage != model.stage):
            self.refresh()
            return
        scrolled = [at for at in (stage, model.stage) if tops[at] != self._tops[at]]
        for at in scrolled:
            self._refresh_column(at)
        self._refresh_card(stage, row)
        self._refresh_card(model.stage, model.rows[model.stage])
        if scrolled or stage != model.stage:
            self._refresh_heads()

    def changed(self, stages: set[int]) -> None:
        """Cards of these stages are different now: paint the columns and the counts."""
        first = self._first
        self._follow()
        if first != self._first:
            self.refresh()
            return
        for at in stages | {self._model.stage}:
            self._refresh_column(at)
        self._refresh_heads()

    def marked(self, stages: set[int]) -> None:
        """Marks of these stages changed."""
        for at in stages:
            self._refresh_column(at)
        self.refresh(Region(0, 0, self.size.width, 1))

    @property
    def geometry(self) -> Geometry:
        stages = len(self.model.columns) if self.model else 1
        return Geometry(max(self.size.width, 1), max(self.size.height, 1), stages)

    # Scrolling

    @property
    def _model(self) -> BoardModel:
        assert self.model is not None
        return self.model

    def _follow(self) -> None:
        """Scroll by half a page where the cursor has left the window."""
        model, shape = self.model, self.geometry
        if model is None:
            return
        if not self._first <= model.stage < self._first + shape.visible:
            self._first = model.stage - (shape.visible - 1 if model.stage > self._first else 0)
        self._first = max(0, min(self._first, len(model.columns) - shape.visible))
        for at, column in enumerate(model.columns):
            row, top = model.rows[at], self._tops[at]
            if row < top:
                top = min(row, max(0, top - max(1, shape.rows // 2)))
            elif row >= top + shape.rows:
                top = max(row - shape.rows + 1, min(row, top + max(1, shape.rows // 2)))
            self._tops[at] = max(0, min(top, max(0, len(column) - shape.rows)))

    def _column_region(self, stage: int) -> Region:
        shape = self.geometry
        x = (stage - self._first) * shape.column
        return Region(x, shape.head, shape.column, max(0, shape.height - shape.head))

    def _refresh_column(self, stage: int) -> None:
        if 0 <= stage - self._first < self.geometry.visible:
            self.refresh(self._column_region(stage))

    def _refresh_card(self, stage: int, row: int) -> None:
        shape = self.geometry
        if 0 <= stage - self._first < shape.visible and 0 <= row - self._tops[stage] < shape.rows:
            y = shape.head + (row - self._tops[stage]) * shape.pitch
            x = (stage - self._first) * shape.column
            self.refresh(Region(x, y, shape.column, face.height(shape.text)))

    def _refresh_heads(self) -> None:
        self.refresh(Region(0, 0, self.size.width, self.geometry.head))

    # Drawing

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles = {}
        self._cache.clear()

    def on_resize(self) -> None:
        self._cache.clear()
        self.redraw()

    def _style(self, role: str, state: str = "") -> Style:
        if not self._styles:
            self._styles = role_styles(self.app)
        if state == "cursor":
            return self._styles["cursor"]
        return self._styles[role]

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if self.model is None or self._view is None:
            text = self.notice if y == self.size.height // 2 else ""
            return self._line([Piece(text.center(width), "card-meta")], width)
        shape = self.geometry
        if y == 0:
            return self._title(width)
        if y < shape.head:
            return self._head(y, width, shape)
        if not self.model.shown and y == shape.head + 2:
            return self._line([Piece(self._empty().center(width), "card-meta")], width)
        row, line = divmod(y - shape.head, shape.pitch)
        segments: list[Segment] = []
        for at in range(self._first, self._first + shape.visible):
            segments += self._cell(at, row, line, shape)
        return self._strip(segments, width)

    def _cell(self, at: int, row: int, line: int, shape: Geometry) -> list[Segment]:
        """One line of the card in a column, as wide as the column."""
        model = self._model
        index = self._tops[at] + row
        column = model.columns[at]
        blank = line >= face.height(shape.text) or row >= shape.rows or index >= len(column)
        if blank:
            return [Segment(" " * shape.column, self._style("card-meta"))]
        card = column[index]
        cursor = at == model.stage and index == model.rows[at]
        mark = card.id in model.marks
        key = (card.id, card.version, line, shape.text, cursor, mark)
        found = self._cache.get(key)
        if found is None:
            if len(self._cache) > _CACHE_LIMIT:
                self._cache.clear()
            found = self._cache[key] = self._draw(card, line, shape, cursor, mark)
        return found

    def _draw(
        self, card: CardFace, line: int, shape: Geometry, cursor: bool, mark: bool
    ) -> list[Segment]:
        assert self._view is not None
        state = "cursor" if cursor else ""
        gutter = (">" if cursor else " ") + ("*" if mark else " ") if line == 0 else "  "
        pieces = [Piece(gutter, "marked"), *face.lines(card, shape.text, self._view)[line]]
        used = sum(cell_len(text) for text, _ in pieces)
        pieces.append(Piece(" " * (GUTTER + shape.text - used), "card-meta"))
        segments = self._segments(pieces, state)
        gap = shape.column - shape.text - GUTTER
        return [*segments, Segment(" " * gap, self._style("card-meta"))] if gap else segments

    def _title(self, width: int) -> Strip:
        model = self._model
        board = model.board
        wip = sum((load.total for sid, load in model.loads.items() if board.is_committed(sid)), 0)
        total = sum(load.total for load in model.loads.values())
        blocked = sum(1 for f in model.faces.values() if f.block_reason and not f.archived)
        conwip = "" if board.conwip is None else f"/{board.conwip}"
        parts = [f"{wip}{conwip} in progress", f"{blocked} blocked", f"{total} open"]
        if model.marks:
            parts.insert(0, f"{len(model.marks)} marked")
        if model.words:
            found = f"filter: {' '.join(map(display, model.words))} ({model.shown} found)"
            parts.insert(0, found)
        if model.everything:
            parts.insert(0, "finished shown")
        shape = self.geometry
        if not shape.narrow and shape.visible < len(model.columns):
            last = self._first + shape.visible
            parts.append(f"stages {self._first + 1}-{last} of {len(model.columns)}")
        right = "  ".join(parts) + " "
        name = face.shortened(f" {display(board.name)}", max(4, width - cell_len(right) - 2))
        gap = " " * max(1, width - cell_len(name) - cell_len(right))
        return self._line(
            [Piece(name, "stage-title"), Piece(gap, "card-meta"), Piece(right, "card-meta")], width
        )

    def _head(self, y: int, width: int, shape: Geometry) -> Strip:
        if shape.narrow:
            return self._strip_of_counts(width) if y == 1 else self._narrow_rule(width, shape)
        pieces: list[Piece] = []
        for at in range(self._first, self._first + shape.visible):
            pieces += self._head_cell(at, y, shape)
        return self._line(pieces, width)

    def _head_cell(self, at: int, y: int, shape: Geometry) -> list[Piece]:
        model = self._model
        name, counts = self._header(at)
        here = at == model.stage
        room = shape.column - 1
        if y == 1:
            mark = "> " if here else "  "
            return [Piece(_padded(mark + name, room) + " ", "stage-title" if here else "count")]
        if y == 2:
            text = "  " + " ".join(piece.text for piece in counts)
            if cell_len(text) > room:
                text = text.replace(" running", "")
            return [Piece(_padded(text, room) + " ", counts[-1].role)]
        fill = "=" if here else "-"
        where = self._position_text(at, shape)
        return [Piece("  " + _ruled(where, room - 2, fill) + " ", "stage-rule")]

    def _header(self, at: int) -> tuple[str, list[Piece]]:
        model = self._model
        load = model.loads.get(model.board.stages[at].id, Load())
        return face.header(model.board, at, load, len(model.columns[at]))

    def _position_text(self, at: int, shape: Geometry) -> str:
        shown = len(self._model.columns[at])
        if shown <= shape.rows:
            return ""
        top = self._tops[at]
        return f" {top + 1}-{min(shown, top + shape.rows)} of {shown}"

    def _strip_of_counts(self, width: int) -> Strip:
        """All stages in one line, as much of their names as fits; the one shown is in brackets."""
        model = self._model
        counts: list[tuple[str, str]] = []
        for at in range(len(model.columns)):
            _, pieces = self._header(at)
            count = pieces[0].text.removesuffix(" FULL").removesuffix(" OVER")
            counts.append((count.replace(" running", "").replace(" ", ""), pieces[0].role))
        for letters in range(12, -1, -1):
            cells = [self._strip_cell(at, *counts[at], letters) for at in range(len(counts))]
            if sum(cell_len(cell.text) for cell in cells) <= width:
                break
        return self._line(cells, width)

    def _strip_cell(self, at: int, count: str, role: str, letters: int) -> Piece:
        name = display(self._model.board.stages[at].name)
        if at == self._model.stage:
            return Piece(f"[{at + 1} {name} {count}]", "stage-title")
        return Piece(f" {at + 1} {name[:letters]}{' ' if letters else ''}{count} ", role)

    def _narrow_rule(self, width: int, shape: Geometry) -> Strip:
        model = self._model
        name, counts = self._header(model.stage)
        text = " ".join(piece.text for piece in counts)
        head = [Piece(f"== {name} ", "stage-title"), Piece(f" {text} ", counts[-1].role)]
        left = width - sum(cell_len(piece.text) for piece in head)
        where = self._position_text(model.stage, shape)
        return self._line([*head, Piece(_ruled(where, left, "="), "stage-rule")], width)

    def _empty(self) -> str:
        if self._model.words:
            return "No card has these words. Press / to change the filter."
        if self._model.faces:
            return "Nothing open here. Press n for a new card, F to show finished ones."
        return "An empty board. Press n to write the first card, ? for help."

    def _segments(self, pieces: list[Piece], state: str = "") -> list[Segment]:
        """Pieces as segments; neighbours that look the same become one."""
        merged: list[Segment] = []
        for text, role in pieces:
            if not text:
                continue
            style = self._style(role, state)
            if merged and merged[-1].style is style:
                merged[-1] = Segment(merged[-1].text + text, style)
            else:
                merged.append(Segment(text, style))
        return merged

    def _line(self, pieces: list[Piece], width: int) -> Strip:
        if self._ascii:
            pieces = [Piece(ascii_only(text), role) for text, role in pieces]
        return self._strip(self._segments(pieces), width)

    def _strip(self, segments: list[Segment], width: int) -> Strip:
        return Strip(segments).adjust_cell_length(width, self._style("card-meta"))

    # The mouse

    def _slot(self, event: events.MouseEvent) -> Slot | None:
        if self.model is None:
            return None
        return self.geometry.at(event.x, event.y, self._first, self._tops)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        slot = self._slot(event)
        if self.model is None or event.button != 1:
            return
        model, was = self.model, (self.model.stage, self.model.rows[self.model.stage])
        stage = self.geometry.stage_at(event.x, self._first)
        if slot is not None and slot.row < len(model.columns[slot.stage]):
            model.stage, model.rows[slot.stage] = slot.stage, slot.row
            self._dragging = model.current
            self.capture_mouse()
        elif stage is not None and not self.geometry.narrow:
            model.stage = stage
        self.moved(*was)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        card, self._dragging = self._dragging, None
        self.release_mouse()
        slot = self._slot(event)
        if card is None or slot is None or self.model is None:
            return
        column = self.model.columns[slot.stage]
        target = column[slot.row] if slot.row < len(column) else None
        at, row = self.model.locate(card.id) if card.id in self.model.faces else (-1, -1)
        if slot.stage == at and (target is None or slot.row == row):
            return
        before = "" if target is None else target.ref
        if slot.stage == at and slot.row > row:
            below = column[slot.row + 1] if slot.row + 1 < len(column) else None
            before = "" if below is None else below.ref
        self.post_message(self.Dropped(card, slot.stage, before))

    def on_click(self, event: events.Click) -> None:
        if event.chain == 2 and self._slot(event) is not None:
            self.post_message(self.Opened())

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, -1)

    def _wheel(self, event: events.MouseEvent, by: int) -> None:
        if self.model is None:
            return
        stage = self.geometry.stage_at(event.x, self._first)
        if stage is None:
            return
        rows, shown = self.geometry.rows, len(self.model.columns[stage])
        top = max(0, min(self._tops[stage] + by, shown - rows))
        if top != self._tops[stage]:
            self._tops[stage] = top
            self.model.rows[stage] = max(top, min(self.model.rows[stage], top + rows - 1))
            self._refresh_column(stage)
            self._refresh_heads()


def _padded(text: str, width: int) -> str:
    cut = face.shortened(text, width)
    return cut + " " * (width - cell_len(cut))


def _ruled(where: str, width: int, fill: str) -> str:
    """A rule of `width` cells with `where` near its right end."""
    if len(where) + 2 > width:
        return fill * max(0, width)
    return fill * (width - len(where) - (2 if where else 0)) + where + (" " + fill if where else "")
