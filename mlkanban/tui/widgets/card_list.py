"""The board as a list: a line for each card below a line for each stage."""

from bisect import bisect_right
from itertools import accumulate
from typing import NamedTuple

from textual import events
from textual.geometry import Region
from textual.strip import Strip

from mlkanban.cells import shortened
from mlkanban.core.board import CardFace
from mlkanban.display.card_face import SINCE_MERGE, Line, Piece
from mlkanban.display.card_row import RowCells, row
from mlkanban.display.lines import meter_cells, width_of
from mlkanban.glyphs import Glyphs
from mlkanban.tui.title_line import title_line
from mlkanban.tui.widgets.cards_view import CardsView, Cells, merged

_TITLE = 1
"""Lines above the list."""
_CACHE_LIMIT = 5_000
_EDGE = 2
_LONGEST_METER = 12


class _Entry(NamedTuple):
    """A line of the list: a card by its stage and row, or with the row -1 a stage."""

    stage: int
    row: int


class CardList(CardsView):
    """The cards of a BoardModel below each other, with the cursor of the board. The stage of the
    first line in sight is always named at the top."""

    def __init__(self, *, glyphs: Glyphs) -> None:
        super().__init__(id="card-list", glyphs=glyphs)
        self._top = 0
        self._starts: list[int] = [0]
        self._lines: list[Cells] = []
        self._rows: dict[tuple[object, ...], Cells] = {}
        self._dragging: CardFace | None = None

    # What the screen calls

    def lay_out(self) -> None:
        self.forget_cards()
        self.repaint()

    def repaint(self) -> None:
        """Paint the lines that are different now."""
        self.post_message(self.CursorMoved())
        if self.model is None or not self.size:
            return
        before, self._lines = self._lines, self._drawn()
        if len(before) != len(self._lines):
            self.refresh()
            return
        width = self.size.width
        changed = [
            Region(0, y, width, 1)
            for y, (old, new) in enumerate(zip(before, self._lines, strict=True))
            if old != new
        ]
        if changed:
            self.refresh(*changed)

    @property
    def page(self) -> int:
        return self._room - 1

    def step(self, by: int) -> None:
        """Move the cursor by some cards, over the ends of stages too."""
        model = self._model
        counts = [len(column) for column in model.columns]
        row = model.rows[model.stage]
        if not counts[model.stage]:
            row = -1 if by > 0 else 0  # between the cards of the stages before and after
        place = max(0, min(sum(counts[: model.stage]) + row + by, sum(counts) - 1))
        for stage, count in enumerate(counts):
            if place < count:
                model.stage, model.rows[stage] = stage, place
                return
            place -= count

    # Where things are

    @property
    def _room(self) -> int:
        """Lines for stages and cards."""
        return max(1, self.size.height - _TITLE)

    def _count(self) -> int:
        """Count the lines before each stage; how many there are."""
        lines = (len(column) + 1 for column in self._model.columns)
        self._starts = [0, *accumulate(lines)]
        return self._starts[-1]

    def _entry(self, line: int) -> _Entry:
        stage = bisect_right(self._starts, line) - 1
        return _Entry(stage, line - self._starts[stage] - 1)

    @property
    def _here(self) -> int:
        """The line of the cursor: of its card, or of its stage if that has none."""
        model = self._model
        on_card = bool(model.columns[model.stage])
        return self._starts[model.stage] + (model.rows[model.stage] + 1 if on_card else 0)

    def _follow(self) -> None:
        """Scroll by half of what is in sight where the cursor has left it. The first line names a
        stage, so a card there is out of sight."""
        lines, room, here = self._count(), self._room, self._here
        hidden = self._top + 1 if self._entry(here).row >= 0 and room > 1 else self._top
        if here < hidden:
            self._top = min(here - (hidden - self._top), max(0, self._top - room // 2))
        elif here >= self._top + room:
            self._top = max(here - room + 1, min(here - 1, self._top + room // 2))
        self._top = max(0, min(self._top, lines - room))

    # Painting

    def _drawn(self) -> list[Cells]:
        self._follow()
        width, model = self.size.width, self._model
        lines = [self._segments(title_line(model, width, self._glyphs))]
        if not model.shown:
            lines += [self._blank(width) for _ in range(self._room)]
            middle = min(2, self._room)
            lines[middle] = self._segments([Piece(self._nothing_shown().center(width), "dim")])
            return lines
        last = min(self._starts[-1], self._top + self._room)
        for line in range(self._top, last):
            entry = self._entry(line)
            if entry.row < 0 or (line == self._top and self._room > 1):
                lines.append(self._head(entry.stage, width))
            else:
                lines.append(self._row(entry, width))
        return lines + [self._blank(width) for _ in range(self._room + 1 - len(lines))]

    def _head(self, at: int, width: int) -> Cells:
        """`3 Data prep  3/2! ━━━ ─────`."""
        model, signs = self._model, self._glyphs
        header, here = model.header(at), at == model.stage
        number, _, name = header.name.partition(" ")
        line: Line = [
            Piece(f"{number} ", "focus" if here else "dim"),
            Piece(shortened(name, max(7, width // 2), signs.cut), "focus" if here else "text"),
            Piece("  ", "dim"),
            *header.signs(signs),
        ]
        if header.state == SINCE_MERGE:
            line.append(Piece(f" {SINCE_MERGE}", "alarm"))
        for meter in header.meters:
            if meter.limit is not None and max(meter.limit, meter.count) <= _LONGEST_METER:
                line += [Piece(" ", "dim"), *meter_cells(meter, signs)]
        if header.note.text:
            line.append(Piece(header.note.text, "dim"))
        left = width - width_of(line) - 1
        line.append(Piece(f" {signs.rule * max(0, left - 1)}", "focus" if here else "faint"))
        return self._fitted(line, width)

    def _row(self, entry: _Entry, width: int) -> Cells:
        model = self._model
        card = model.columns[entry.stage][entry.row]
        cursor = entry.stage == model.stage and entry.row == model.rows[model.stage]
        mark, waits = card.id in model.marks, model.waits.get(card.id, ())
        now = self._facing.now if card.runs else None
        live = self._facing.live.get(card.id)
        key = (card.id, card.version, width, cursor, mark, waits, now, live)
        drawn = self._rows.get(key)
        if drawn is None:
            if len(self._rows) > _CACHE_LIMIT:
                self._rows.clear()
            cells = RowCells.of(width - _EDGE - 1)
            spine = self._cursor_spine if cursor else self._spine(card)
            marked = Piece(self._glyphs.marked if mark else " ", "mark")
            words = row(card, cells, self._facing, waits)
            line = [spine, marked, *words, Piece(" ", "dim")]
            drawn = self._rows[key] = self._fitted(line, width, cursor=cursor)
        return drawn

    def _fitted(self, line: Line, width: int, *, cursor: bool = False) -> Cells:
        """A line in exactly `width` cells."""
        strip = Strip(self._segments(line, cursor=cursor))
        return list(strip.adjust_cell_length(width, self._style("dim", cursor=cursor)))

    def forget_cards(self) -> None:
        self._rows.clear()
        self._lines = []

    def on_resize(self) -> None:
        self.lay_out()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if self.model is None or self._face_context is None:
            return Strip(self._blank(width), width)
        if len(self._lines) != self._room + _TITLE:
            self._lines = self._drawn()
        cells = self._lines[y] if y < len(self._lines) else self._blank(width)
        return Strip(merged(cells)).adjust_cell_length(width, self._style("dim"))

    # The mouse

    def _entry_at(self, y: int) -> _Entry | None:
        """What stands in a line of the screen."""
        if self.model is None or not self.model.shown or y < _TITLE:
            return None
        self._follow()
        line = self._top + y - _TITLE
        if line >= self._starts[-1]:
            return None
        entry = self._entry(line)
        return _Entry(entry.stage, -1) if line == self._top and self._room > 1 else entry

    def on_mouse_down(self, event: events.MouseDown) -> None:
        entry = self._entry_at(event.y)
        if entry is None or event.button != 1:
            return
        self._model.stage = entry.stage
        if entry.row >= 0:
            self._model.rows[entry.stage] = entry.row
            self._dragging = self._model.current
            self.capture_mouse()
        self.repaint()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        card, self._dragging = self._dragging, None
        self.release_mouse()
        entry = self._entry_at(event.y)
        if card is None or entry is None or card.id not in self._model.faces:
            return
        target = self._model.columns[entry.stage][entry.row] if entry.row >= 0 else None
        at, row_now = self._model.locate(card.id)
        if target == card or (target is None and entry.stage == at):
            return
        if target is not None and entry.stage == at and entry.row > row_now:
            below = self._model.columns[at][entry.row + 1 : entry.row + 2]
            target = below[0] if below else None
        self.post_message(self.Dropped(card, entry.stage, target.ref if target else ""))

    def on_click(self, event: events.Click) -> None:
        entry = self._entry_at(event.y)
        if event.chain == 2 and entry is not None and entry.row >= 0:
            self.post_message(self.Opened())

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(-1)

    def _wheel(self, by: int) -> None:
        """Scroll; the cursor stays in sight."""
        if self.model is None or not self.model.shown:
            return
        self._follow()
        top = max(0, min(self._top + by, self._starts[-1] - self._room))
        if top == self._top:
            return
        self._top = top
        first, last = top + 1, top + self._room - 1
        wanted = max(first, min(self._here, last))
        lines = (*range(wanted, last + 1), *range(wanted - 1, first - 1, -1))
        entry = next((e for e in map(self._entry, lines) if e.row >= 0), None)
        if entry is not None:
            self._model.stage, self._model.rows[entry.stage] = entry
        self.repaint()
