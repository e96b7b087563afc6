"""A chart on the screen, as large as its place."""

from collections.abc import Iterable, Mapping

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from mlkanban.charts.layouts import Layout, layout
from mlkanban.charts.layouts.canvas import Target
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
        self._strips: dict[object, list[Strip]] = {}

    def show(self, spec: Spec | None, selected: int | None = None) -> None:
        if (spec, selected) != (self._spec, self._selected):
            self._spec, self._selected = spec, selected
            self._strips.clear()
            self.refresh()

    @property
    def _layout(self) -> Layout | None:
        if self._spec is None:
            return None
        finish = finish_of(not self.app.no_color, self._glyphs)
        return layout(self._spec, *self.content_size, finish)

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
        self._strips.clear()
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        width, height = self.content_size
        ground = role_styles(self.app)["text"]
        if self._spec is None:
            return Strip.blank(width, ground)
        if (width, height) not in self._strips:
            styles = role_styles(self.app)
            lines = render(
                self._spec, width, height, coloured=not self.app.no_color, glyphs=self._glyphs,
                selected=self._selected,
            )  # fmt: skip
            self._strips = {
                (width, height): [
                    Strip(chart_segments(line, styles)).adjust_cell_length(width, ground)
                    for line in lines
                ]
            }
        strips = self._strips[width, height]
        return strips[y] if y < len(strips) else Strip.blank(width, ground)
