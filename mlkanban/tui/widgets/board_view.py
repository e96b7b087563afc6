"""The whole board as one widget that draws lines: a key paints the cells that it changes."""

from collections.abc import Collection, Sequence
from datetime import datetime

from textual import events
from textual.geometry import Region
from textual.strip import Strip

from mlkanban.cells import shortened
from mlkanban.core.board import CardFace
from mlkanban.display import card_face
from mlkanban.display.card_face import Line, Piece, Room
from mlkanban.display.lines import width_of
from mlkanban.flow.pace import Pace
from mlkanban.glyphs import Glyphs
from mlkanban.tui import board_header
from mlkanban.tui.board_header import StageHeads
from mlkanban.tui.board_model import MANY_CARDS, BoardModel
from mlkanban.tui.geometry import (
    GAP,
    MOST_DETAILS,
    NARROW_STAGE,
    BoardLayout,
    DrawnCards,
    Heights,
    Kind,
    Slot,
    StageColumn,
    StageContent,
    VisibleColumn,
    slot_at,
)
from mlkanban.tui.title_line import title_line
from mlkanban.tui.widgets.cards_view import CardsView, Cells, merged

_CACHE_LIMIT = 5_000
_LONG_TITLE = 240
"""Of longer titles their beginning tells how wide a stage should be."""
_TITLE = 1
"""Lines above those of the stages."""


class BoardView(CardsView):
    """The cards of a BoardModel in a column for each stage.

    The layout is made anew by `lay_out`, by another size, and by a card that enters a stage where
    there is no room for it; a key that moves the cursor, or a card, leaves it as it is.
    """

    def __init__(self, *, glyphs: Glyphs) -> None:
        super().__init__(id="board", glyphs=glyphs)
        self._cards: dict[tuple[object, ...], list[Cells]] = {}
        self._layout_now: BoardLayout | None = None
        self._first = 0
        self._columns: dict[int, StageColumn] = {}
        self._heights: dict[int, Heights] = {}
        self._tops: list[int] = []
        self._starts: dict[int, tuple[int, ...]] = {}
        self._painted: dict[int, list[Cells]] = {}
        self._painted_heads: list[Cells] = []
        self._empty_shown = False
        self._dragging: CardFace | None = None
        self._drop_slot: Slot | None = None

    # What the screen calls

    def show(self, model: BoardModel, now: datetime, pace: Pace | None = None) -> None:
        self._tops = (self._tops + [0] * len(model.columns))[: len(model.columns)]
        self._cards.clear()
        super().show(model, now, pace)

    def lay_out(self) -> None:
        self._layout_now = None
        self.post_message(self.CursorMoved())
        self.refresh()

    def repaint(self) -> None:
        if self.model is None or not self.size:
            return
        self._starts.clear()
        self._follow()
        for at in self._columns:
            if len(self._model.columns[at]) > self._rows(at):
                self._fit_heights(at)
        self._paint(range(len(self._tops)))

    def moved(self, stage: int, row: int) -> None:
        self._paint({stage, self._model.stage})

    def changed(self, stages: set[int]) -> None:
        if any(self._needs_layout(at) for at in stages):
            self.lay_out()
            return
        for at in stages:
            self._fit_heights(at)
        self._paint(stages | {self._model.stage})

    def marked(self, stages: set[int]) -> None:
        self._paint(stages)

    def fold(self, stage: int) -> bool:
        """Fold a stage, or unfold it; False where the board is too narrow for that."""
        if not self._layout.folds:
            return False
        folded = self._layout.kind(stage) is Kind.FOLDED
        self._model.folds[self._model.board.stages[stage].id] = not folded
        self.lay_out()
        return True

    @property
    def page(self) -> int:
        """How many cards of the stage under the cursor are in sight."""
        self._follow()
        return self._rows(self._model.stage)

    # The layout

    @property
    def _layout(self) -> BoardLayout:
        width, height = max(self.size.width, 1), max(self.size.height - _TITLE, 1)
        made = self._layout_now
        if made is None or (made.width, made.height) != (width, height):
            # A new size is painted, and looked at by the mouse, before its event arrives.
            contents = tuple(map(self._content, range(len(self._model.columns))))
            made = self._layout_now = BoardLayout(width, height, contents)
            self._columns = {}
            self._painted = {}
        return made

    def _content(self, at: int) -> StageContent:
        board = self._model.board
        stage = board.stages[at]
        header = self._model.header(at)
        head = board_header.head_cells(header, self._glyphs)
        least = board_header.least_head_cells(header, self._glyphs)
        limits = board_header.limits_head_cells(header, self._glyphs)
        delivered = board.is_delivered(stage.id)
        folded = self._model.folds.get(stage.id, delivered)
        cards = self._model.columns[at]
        return StageContent.of(
            head,
            self._model.cards(at),
            self._titles(at),
            folded=folded,
            least_head=least,
            limits_head=limits if header.filtered else 0,
            fold_head=limits if cards else 0,
            unfolds=delivered and stage.id not in self._model.folds,
            alarms=self._alarms(cards) if folded and self._model.cards(at) <= MANY_CARDS else (),
        )

    def _alarms(self, cards: Sequence[CardFace]) -> list[str]:
        """The titles of folded cards that somebody should look at now."""
        found = ((card, *card_face.folded_title(card, self._facing, _LONG_TITLE)) for card in cards)
        return [
            f"{title} {card.ref}"
            for card, sign, title in found
            if sign is not None and sign.role == "alarm"
        ]

    def _titles(self, at: int, *, with_ids: bool = False) -> list[str]:
        """The titles of a stage, as far as they matter for a layout: of very many the first ones;
        where it is folded, `with_ids` behind them."""
        some = self._model.columns[at][:MANY_CARDS]
        return [
            card_face.title_text(face, self._facing, _LONG_TITLE) + f" {face.ref}" * with_ids
            for face in some
        ]

    def _needs_layout(self, at: int) -> bool:
        """Whether a stage is too narrow for what it holds by now: cards where there were none, runs
        that wait for a slot, cards that count and are out of sight, or that a merge took it over
        its limit."""
        layout, header = self._layout, self._model.header(at)
        if header.state == card_face.SINCE_MERGE or header.queued or header.note.cards:
            head = board_header.head_cells(header, self._glyphs)
            if layout.contents[at].head < head:
                return True
        if layout.kind(at) is not Kind.EMPTY or not self._model.columns[at]:
            return False
        column = self._columns.get(at)
        return column is None or column.width < NARROW_STAGE

    def _fit_heights(self, at: int) -> None:
        """Give the cards of a stage other heights if they do not fit into theirs, and would."""
        column, cards = self._columns.get(at), len(self._model.columns[at])
        if column is None or not 0 < cards <= self._layout.lines:
            return
        made, held = self._heights_of(at, column), self._heights[at]
        was_empty = self._layout.contents[at].cards == 0
        if made != held and (was_empty or made.title > held.title or made.pitch < held.pitch):
            self._heights[at] = made
            self._starts.pop(at, None)

    def _heights_of(self, at: int, column: StageColumn) -> Heights:
        faces, waits = self._model.columns[at], self._model.waits

        def details() -> list[int]:
            return [
                card_face.detail_lines(
                    face, column.text, self._facing, waits.get(face.id, ()), MOST_DETAILS
                )
                for face in faces
            ]

        titles = self._titles(at, with_ids=column.kind is Kind.FOLDED)
        return self._layout.heights(column, len(faces), titles, details=details)

    def _cards_of(self, at: int) -> DrawnCards:
        """The cards of a stage in sight, one below another."""
        column, heights, faces = self._columns[at], self._heights[at], self._model.columns[at]

        def height(row: int) -> int:
            here = self._is_here(at, row)
            return len(self._card(faces[row], column, heights, cursor=here))

        return DrawnCards(len(faces), height, heights.gap, self._layout.lines)

    def _rows(self, at: int) -> int:
        """How many cards of a stage are in sight where it is."""
        return max(1, len(self._starts.get(at, ())) - 1)

    def _follow(self) -> bool:
        """Scroll by half of what is in sight where the cursor has left it; whether other stages
        are in sight now."""
        layout = self._layout
        first = layout.scrolled(self._first, self._model.stage)
        other = first != self._first or not self._columns
        if other:
            self._first = first
            self._columns = {column.stage: column for column in layout.columns(first)}
            self._heights = {at: self._heights_of(at, c) for at, c in self._columns.items()}
            self._painted = {}
            self._starts = {}
        for at in self._columns:
            row, top = self._model.rows[at], self._tops[at]
            if at not in self._starts or not top <= row < top + self._rows(at):
                cards = self._cards_of(at)
                self._tops[at] = cards.scrolled(top, row)
                self._starts[at] = cards.starts(self._tops[at])
        return other

    @property
    def in_sight(self) -> list[VisibleColumn]:
        """The stages that are drawn, from left to right."""
        return [
            VisibleColumn(
                column,
                self._heights[at],
                self._tops[at],
                self._starts[at],
                self._model.cards(at),
            )
            for at, column in self._columns.items()
        ]

    @property
    def head(self) -> int:
        """Lines above the first card."""
        return _TITLE + self._layout.head

    # Painting

    def _paint(self, stages: Collection[int]) -> None:
        """Paint what is different in these stages and over all of them."""
        if self.model is None or not self.size:
            return
        self.post_message(self.CursorMoved())
        for at in (*stages, self._model.stage):
            self._starts.pop(at, None)
        was_empty, self._empty_shown = self._empty_shown, not self._model.shown
        if self._follow() or not self._painted or was_empty or self._empty_shown:
            self._painted = {}
            self.refresh()
            return
        regions = _changes(self._painted_heads, self._draw_heads(), 0, 0, self._layout.width)
        for at in stages:
            if at in self._columns:
                column, now = self._columns[at], self._draw_column(at)
                regions += _changes(self._painted[at], now, column.x, self.head, column.width)
                self._painted[at] = now
        if regions:
            self.refresh(*regions)

    def _draw_all(self) -> None:
        self._follow()
        self._empty_shown = not self._model.shown
        self._painted = {at: self._draw_column(at) for at in self._columns}
        self._draw_heads()

    def _draw_heads(self) -> list[Cells]:
        model, width = self._model, self._layout.width
        target = self._drop_slot.stage if self._drop_slot else model.stage
        heads = StageHeads(model, self.in_sight, width, self._glyphs, target)
        lines = [title_line(model, width, self._glyphs)]
        lines += [] if self._layout.whole else [heads.beside()]
        lines += [heads.names(), heads.rules()]
        self._painted_heads = [self._segments(line) for line in lines]
        return self._painted_heads

    def _draw_column(self, at: int) -> list[Cells]:
        """The lines of a stage below its head, each as wide as the stage."""
        column, heights = self._columns[at], self._heights[at]
        top, blank = self._tops[at], self._blank(column.width)
        lines: list[Cells] = []
        for row, card in enumerate(self._model.columns[at][top : top + self._rows(at)], top):
            drawn = self._card(card, column, heights, cursor=self._is_here(at, row))
            lines += [*drawn, *[blank] * heights.gap]
        if self._drop_slot is not None and at == self._drop_slot.stage:
            self._draw_carried(lines, column, heights)
        elif not self._model.columns[at] and at == self._model.stage:
            edge = [self._cursor_spine, Piece(" ", "dim")]
            lines.append(self._card_line(edge, [], column, cursor=True))
        room = self._layout.lines
        return [*lines[:room], *[blank] * (room - len(lines))]

    def _draw_carried(self, lines: list[Cells], column: StageColumn, heights: Heights) -> None:
        """The card that is dragged, in the line above the place where it would be dropped."""
        assert self._dragging is not None
        assert self._drop_slot is not None
        row, cards = self._drop_slot.row, len(self._model.columns[column.stage])
        if self._dragging.id in self._model.faces:
            at, own = self._model.locate(self._dragging.id)
            row += at == column.stage and own < row  # it goes below the card it is dragged to
        starts = self._starts[column.stage]
        place = starts[min(min(row, cards) - self._tops[column.stage], len(starts) - 1)]
        if heights.gap and place:
            place -= 1
        lines += [self._blank(column.width)] * (place + 1 - len(lines))
        title = card_face.title_text(self._dragging, self._facing, column.width * 2)
        edge = [self._cursor_spine, Piece(" ", "dim")]
        text = shortened(title, column.text, self._glyphs.cut)
        lines[place] = self._card_line(edge, [Piece(text, "focus")], column, cursor=True)

    def _is_here(self, at: int, row: int) -> bool:
        return at == self._model.stage and row == self._model.rows[at]

    def _card(
        self, card: CardFace, column: StageColumn, heights: Heights, *, cursor: bool
    ) -> list[Cells]:
        mark, waits = card.id in self._model.marks, self._model.waits.get(card.id, ())
        now = self._facing.now if card.runs else None
        live = self._facing.live.get(card.id)
        key = (card.id, card.version, column.width, heights, cursor, mark, waits, now, live)
        drawn = self._cards.get(key)
        if drawn is None:
            if len(self._cards) > _CACHE_LIMIT:
                self._cards.clear()
            if heights.facts:
                room = Room(column.text, heights.title, heights.state)
                lines = card_face.lines(card, room, self._facing, waits)
            else:
                lines = card_face.folded(card, column.text, self._facing, heights.title)
            spine = self._cursor_spine if cursor else self._spine(card)
            marks = [Piece(self._glyphs.marked if mark else " ", "mark"), Piece(" ", "dim")]
            # Where no line is between cards, the edge tells where each begins.
            apart = heights.facts and heights.gap
            edges = [spine, spine if apart or cursor else Piece(" ", "dim")]
            drawn = self._cards[key] = [
                self._card_line([edges[at > 0], marks[at > 0]], line, column, cursor=cursor)
                for at, line in enumerate(lines)
            ]
        return drawn

    def _card_line(self, edge: Line, line: Line, column: StageColumn, *, cursor: bool) -> Cells:
        left = column.text - width_of(line)
        blank = Piece(" " * left, "dim")
        drawn = self._segments([*edge, *line, blank], cursor=cursor)
        return [*drawn, *self._blank(GAP)]

    def forget_cards(self) -> None:
        self._cards.clear()
        self._painted = {}
        self._starts = {}

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if self.model is None or self._face_context is None:
            return Strip(self._blank(width), width)
        head = self.head
        if not self._painted or not self._columns:
            self._draw_all()
        if y < head:
            segments = self._painted_heads[y]
        elif self._empty_shown:
            text = self._nothing_shown().center(width) if y == head + 1 else " " * width
            segments = self._segments([Piece(text, "dim")])
        else:
            segments = [
                segment
                for at in self._columns
                for segment in (self._painted[at][y - head : y - head + 1] or [[]])[0]
            ]
        return Strip(merged(segments)).adjust_cell_length(width, self._style("dim"))

    # The mouse

    def _slot(self, event: events.MouseEvent) -> Slot | None:
        if self.model is None:
            return None
        self._follow()
        return slot_at(event.x, event.y, self.in_sight, self.head)

    def _stage_at(self, x: int) -> int | None:
        self._follow()
        columns = self._columns.values()
        return next((c.stage for c in columns if c.x <= x < c.x + c.width), None)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        slot = self._slot(event)
        if self.model is None or event.button != 1:
            return
        model, was = self.model, (self.model.stage, self.model.rows[self.model.stage])
        stage = self._stage_at(event.x)
        if slot is not None and slot.row < len(model.columns[slot.stage]):
            model.stage, model.rows[slot.stage] = slot.stage, slot.row
            self._dragging, self._drop_slot = model.current, None
            self.capture_mouse()
        elif stage is not None:
            model.stage = stage
        self.moved(*was)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._dragging is None or self.model is None:
            return
        slot = self._slot(event)
        here = slot is not None and self._is_place_of(self._dragging, slot)
        self._carry_to(None if here else slot)

    def _is_place_of(self, card: CardFace, slot: Slot) -> bool:
        column = self._model.columns[slot.stage]
        return slot.row < len(column) and column[slot.row].id == card.id

    def _carry_to(self, slot: Slot | None) -> None:
        """Show where the dragged card would be dropped, or nowhere any more."""
        before, self._drop_slot = self._drop_slot, slot
        if before != slot:
            self._paint({place.stage for place in (before, slot) if place is not None})

    def on_mouse_up(self, event: events.MouseUp) -> None:
        slot = self._slot(event)
        self._carry_to(None)
        card, self._dragging = self._dragging, None
        self.release_mouse()
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
        stage = self._stage_at(event.x)
        if stage is None:
            return
        cards = self._cards_of(stage)
        top = max(0, min(self._tops[stage] + by, cards.last_top))
        if top != self._tops[stage]:
            rows = max(1, len(cards.starts(top)) - 1)
            self._tops[stage] = top
            self.model.rows[stage] = max(top, min(self.model.rows[stage], top + rows - 1))
            self._paint({stage})


def _changes(before: list[Cells], now: list[Cells], x: int, y: int, width: int) -> list[Region]:
    """The lines at (x, y) that differ, `width` cells each; which cells of them are sent is found
    out where they go to the terminal."""
    if len(before) != len(now):
        return [Region(x, y, width, max(len(before), len(now)))]
    pairs = enumerate(zip(before, now, strict=True), y)
    return [Region(x, line, width, 1) for line, (old, new) in pairs if old != new]
