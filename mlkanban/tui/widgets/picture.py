"""A chart on the screen, as large as its place."""

from collections.abc import Iterable, Mapping

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from mlkanban.charts.layouts import Layout, layout
from mlkanban.charts.layouts.canvas import GRID, LINE, Target
from mlkanban.charts.render import ChartPiece, finish_of, render
from mlkanban.charts.spec import Spec
from mlkanban.glyphs import Glyphs
from mlkanban.tui.theme import role_styles

_USUAL = (80, 20)


def chart_segments(pieces: Iterable[ChartPiece], styles: Mapping[str, Style]) -> list[Segment]:
    """A line of a picture in the colours of a theme."""
    return [
        Segment(
            piece.text,
            styles[piece.role] + Style(bgcolor=styles[piece.ground].color)
            if piece.ground
            else styles[piece.role],
        )
        for piece in pieces
    ]


class Picture(Widget):
    """Drawn again only for another spec, size, theme or part pointed at."""

    class Chosen(Message):
        """A part was clicked."""

        def __init__(self, part: int) -> None:
            super().__init__()
            self.part = part

    DEFAULT_CSS = "Picture { height: 1fr; width: 1fr; padding: 0 1; }"

    def __init__(self, *, glyphs: Glyphs) -> None:
        super().__init__()
        self._spec: Spec | None = None
        self._selected: int | None = None
        self._glyphs = glyphs
        self._placed: tuple[Size, Layout | None] | None = None
        self._strips: tuple[Size, list[Strip]] | None = None

    def show(self, spec: Spec | None, selected: int | None = None) -> None:
        before = self._pointer
        if spec is not self._spec:
            self._spec, self._placed, self._strips = spec, None, None
            self._selected = selected
            self.refresh()
        elif selected != self._selected:
            self._selected = selected
            if any(target.bar for target in self.targets()):
                self.refresh()
                return
            for place in (before, self._pointer):
                if place is not None:
                    self.refresh(Region(0, place[1], self.outer_size.width, 1))

    @property
    def _layout(self) -> Layout | None:
        size = self.content_size
        if self._placed is None or self._placed[0] != size:
            finish = finish_of(not self.app.no_color, self._glyphs)
            self._placed = (size, layout(self._spec, *size, finish) if self._spec else None)
        return self._placed[1]

    @property
    def _pointer(self) -> tuple[int, int, str] | None:
        placed = self._layout if self._selected is not None else None
        return placed.pointer(self._selected or 0) if placed else None

    def targets(self) -> tuple[Target, ...]:
        """The parts that stand for cards, at the present size."""
        placed = self._layout
        return placed.targets if placed else ()

    @property
    def has_targets(self) -> bool:
        """Whether it has such parts; before it has a place, whether it usually would."""
        if all(self.content_size):
            return bool(self.targets())
        placed = self._spec and layout(self._spec, *_USUAL)
        return bool(placed and placed.targets)

    def on_click(self, event: events.Click) -> None:
        at, placed = event.get_content_offset(self), self._layout
        if at is None or placed is None:
            return
        column, row = at.x - placed.margin, placed.heads + placed.rows - 1 - at.y
        hit = [
            (abs((row if target.row is None else target.row) - row), number)
            for number, target in enumerate(placed.targets)
            if abs(target.column - column) <= target.columns // 2 or target.row == row
        ]
        if hit:
            self.post_message(self.Chosen(min(hit)[1]))

    def notify_style_update(self) -> None:
        self._strips = None
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        size = self.content_size
        roles = role_styles(self.app)
        if self._spec is None:
            return Strip.blank(size.width, roles["text"])
        if self._strips is None or self._strips[0] != size:
            lines = render(self._spec, *size, coloured=not self.app.no_color, glyphs=self._glyphs)
            drawn = [Strip(chart_segments(line, roles)) for line in lines]
            self._strips = (size, [s.adjust_cell_length(size.width, roles["text"]) for s in drawn])
        strips = self._strips[1]
        strip = strips[y] if y < len(strips) else Strip.blank(size.width, roles["text"])
        pointer = self._pointer
        if pointer is not None and (placed := self._layout):
            bar = placed.targets[self._selected or 0].bar
            if bar and placed.heads <= y < placed.heads + placed.rows:
                strip = _lit(strip, placed.margin + bar.start, placed.margin + bar.stop, roles)
        if pointer is not None and pointer[1] == y:
            column, _, glyph = pointer
            sign = Strip([Segment(glyph, roles["focus"])])
            strip = Strip.join([strip.crop(0, column), sign, strip.crop(column + 1)])
        return strip


def _lit(strip: Strip, start: int, end: int, roles: Mapping[str, Style]) -> Strip:
    """A line with the part of a bar that goes through these cells in the colour of the cursor."""
    before, part, after = strip.divide([start, end, strip.cell_length])
    lit = [Segment(s.text, roles["focus"]) if s.text.strip(f" {GRID}{LINE}") else s for s in part]
    return Strip.join([before, Strip(lit), after])
