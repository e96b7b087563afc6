"""The whole board as one widget that draws lines: a key repaints two cards, not a screen."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from mlkanban.core.models import CardFace
from mlkanban.display import card_face
from mlkanban.display.card_face import FaceContext, Piece
from mlkanban.glyphs import Glyphs
from mlkanban.text import ascii_only, quantity
from mlkanban.tui.board_header import StageHeaders
from mlkanban.tui.board_model import BoardModel
from mlkanban.tui.geometry import GUTTER, Geometry, Slot
from mlkanban.tui.theme import role_styles
from mlkanban.tui.title_line import title_line

if TYPE_CHECKING:
    from mlkanban.flow.aging import Pace

_MINUTE = timedelta(minutes=1)
_CACHE_LIMIT = 5_000


class BoardView(Widget):
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

    class CursorMoved(Message):
        """The cursor may be on another card, or the card is another one now."""

    def __init__(self, *, glyphs: Glyphs) -> None:
        super().__init__(id="board")
        self.model: BoardModel | None = None
        self._empty_shown = False
        self._glyphs = glyphs
        self._view: FaceContext | None = None
        self._styles: dict[str, Style] = {}
        self._cursor_styles: dict[str, Style] = {}
        self._cache: dict[tuple[object, ...], list[list[Segment]]] = {}
        self._first = 0
        self._tops: list[int] = []
        self._dragging: CardFace | None = None
        self._pace: Pace | None = None

    # What the screen calls

    def show(self, model: BoardModel, now: datetime) -> None:
        """Draw another board, or the same one after a change of its shape."""
        self.model = model
        if self._view is not None and self._view.board.id != model.board.id:
            self._pace = None
        self._view = FaceContext.at(model.board, now, glyphs=self._glyphs, pace=self._pace)
        self._tops = (self._tops + [0] * len(model.columns))[: len(model.columns)]
        self._cache.clear()
        self.redraw()

    def new_day(self, now: datetime) -> bool:
        """Ages count in days: draw everything again when the day has changed; whether it has."""
        if self.model is None or self._view is None:
            return False
        view = FaceContext.at(self.model.board, now, glyphs=self._glyphs, pace=self._pace)
        if view == self._view:
            return False
        self.show(self.model, now)
        return True

    def aged(self, now: datetime) -> None:
        """Paint the cards in sight that say something else of their runs by now; that is no sooner
        than after a minute."""
        if self.model is None or self._view is None or abs(now - self._view.now) < _MINUTE:
            return
        before, self._view = self._view, replace(self._view, now=now)
        # After the last stage there may be room for more.
        end = min(self._first + self.geometry.visible, len(self.model.columns))
        for at in range(self._first, end):
            top = self._tops[at]
            for row, card in enumerate(self.model.columns[at][top : top + self.geometry.rows], top):
                if card_face.of_runs(card, before) != card_face.of_runs(card, self._view):
                    self._refresh_card(at, row)

    def mark_old(self, pace: "Pace", now: datetime) -> None:
        """Mark the cards that are old by this pace from now on."""
        if pace != self._pace:
            self._pace = pace
            self.new_day(now)

    def redraw(self) -> None:
        """Paint everything again (another filter, another size)."""
        self.post_message(self.CursorMoved())
        self._follow()
        self.refresh()

    def moved(self, stage: int, row: int) -> None:
        """The cursor left (stage, row): paint both cards, or the columns that had to scroll."""
        self.post_message(self.CursorMoved())
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
            self._refresh_headers()

    def changed(self, stages: set[int]) -> None:
        """Cards of these stages are different now: paint the columns and the counts."""
        self.post_message(self.CursorMoved())
        first = self._first
        self._follow()
        if first != self._first or self._empty_shown or not self._model.shown:
            self.refresh()
            return
        for at in stages | {self._model.stage}:
            self._refresh_column(at)
        self._refresh_headers()

    def marked(self, stages: set[int]) -> None:
        """Marks of these stages changed."""
        self.post_message(self.CursorMoved())
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
            self.refresh(Region(x, y, shape.column, card_face.height(shape.text)))

    def _refresh_headers(self) -> None:
        self.refresh(Region(0, 0, self.size.width, self.geometry.head))

    # Drawing

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles = {}
        self._cache.clear()

    def _style(self, role: str, *, cursor: bool = False) -> Style:
        if not self._styles:
            self._styles = role_styles(self.app)
            self._cursor_styles = role_styles(self.app, cursor=True)
        return self._cursor_styles[role] if cursor else self._styles[role]

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if self.model is None or self._view is None:
            return self._line([], width)
        shape = self.geometry
        if y == 0 or self._first + shape.visible > len(self.model.columns):
            # A new size is painted, and looked at by the mouse, before its event arrives; it may
            # have room for more stages.
            self._follow()
        if y == 0:
            return self._line(title_line(self.model, width, self._glyphs), width)
        if y < shape.head:
            return self._line(
                StageHeaders(self.model, shape, self._first, self._tops).line(y), width
            )
        self._empty_shown = not self.model.shown
        if self._empty_shown and y == shape.head + 2:
            return self._line([Piece(self._empty().center(width), "dim")], width)
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
        blank = line >= card_face.height(shape.text) or row >= shape.rows or index >= len(column)
        if blank:
            return [Segment(" " * shape.column, self._style("dim"))]
        card = column[index]
        cursor = at == model.stage and index == model.rows[at]
        mark = card.id in model.marks
        waits = model.waits.get(card.id, ())
        assert self._view is not None
        now = self._view.now if card.runs else None
        key = (card.id, card.version, shape.text, cursor, mark, waits, now)
        drawn = self._cache.get(key)
        if drawn is None:
            if len(self._cache) > _CACHE_LIMIT:
                self._cache.clear()
            drawn = self._cache[key] = self._draw(card, shape, cursor, mark, waits)
        return drawn[line]

    def _draw(
        self,
        card: CardFace,
        shape: Geometry,
        cursor: bool,
        mark: bool,
        waits: Sequence[str],
    ) -> list[list[Segment]]:
        """The lines of a card, as wide as its column."""
        assert self._view is not None
        drawn = []
        for line, pieces in enumerate(card_face.lines(card, shape.text, self._view, waits)):
            signs = (">" if cursor else " ") + ("*" if mark else " ") if line == 0 else "  "
            used = sum(cell_len(text) for text, _ in pieces)
            blank = Piece(" " * (shape.text - used), "dim")
            segments = self._segments([Piece(signs, "mark"), *pieces, blank], cursor=cursor)
            gap = shape.column - shape.text - GUTTER
            drawn.append([*segments, *self._segments([Piece(" " * gap, "dim")])])
        return drawn

    def _empty(self) -> str:
        model = self._model
        asleep = quantity(model.asleep_found, "card") + " snoozed"
        if model.query:
            how = f"{asleep}: add snoozed:yes. " if model.asleep_found else ""
            return f"No card is found by this. {how}Press / to change the filter."
        if model.asleep_found:
            return f"Nothing in sight: {asleep}. / snoozed:yes finds them, n makes a new card."
        if model.faces:
            return "Nothing open here. Press n for a new card, F to show finished ones."
        return "An empty board. Press n to write the first card, ? for help."

    def _segments(self, pieces: list[Piece], *, cursor: bool = False) -> list[Segment]:
        return [Segment(text, self._style(role, cursor=cursor)) for text, role in pieces if text]

    def _line(self, pieces: list[Piece], width: int) -> Strip:
        if self._glyphs.ascii:
            pieces = [Piece(ascii_only(text), role) for text, role in pieces]
        return self._strip(self._segments(pieces), width)

    def _strip(self, segments: list[Segment], width: int) -> Strip:
        return Strip(_merged(segments)).adjust_cell_length(width, self._style("dim"))

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
        slot = self._slot(event)
        if event.chain != 2 or slot is None or self.model is None:
            return
        if slot.row < len(self.model.columns[slot.stage]):  # below the last card there is nothing
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
            self._refresh_headers()


def _merged(segments: list[Segment]) -> list[Segment]:
    """Fewer segments that look the same: colour codes are most of what goes over the line.

    A blank has no colour but its ground, so it joins whatever neighbour stands on the same ground.
    """
    merged: list[Segment] = []
    for segment in segments:
        text, style = segment.text, segment.style
        if merged:
            before, last = merged[-1].text, merged[-1].style
            same_ground = _same_ground(style, last)
            if style is last or (same_ground and text.isspace()):
                merged[-1] = Segment(before + text, last)
                continue
            if same_ground and before.isspace():
                merged[-1] = Segment(before + text, style)
                continue
        merged.append(segment)
    return merged


def _same_ground(one: Style | None, other: Style | None) -> bool:
    if one is None or other is None:
        return False
    return one.bgcolor == other.bgcolor and one.reverse == other.reverse
