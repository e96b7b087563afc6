"""A chart on the screen, as large as its place."""

from collections.abc import Iterable, Mapping

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from mlkanban.charts.layouts import Layout, layout
from mlkanban.charts.layouts.canvas import Target
from mlkanban.charts.render import ChartPiece, finish_of, render
from mlkanban.charts.spec import Spec
from mlkanban.glyphs import Glyphs
from mlkanban.tui.theme import role_styles


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

    def target_at(self, x: int, y: int) -> int | None:
        """The number of the part at a place of the content, or of the nearest in its column."""
        placed = self._layout
        if placed is None:
            return None
        column, row = x - placed.margin, placed.heads + placed.rows - 1 - y
        hit = [
            (abs((target.row if target.row is not None else row) - row), at)
            for at, target in enumerate(placed.targets)
            if target.column - target.columns // 2 <= column <= target.column + target.columns // 2
            or (target.row == row and target.column <= column)
        ]
        return min(hit)[1] if hit else None

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
