"""Small charts side by side, each with the one figure that matters; one of them has the focus."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from mlkanban.cells import wrapped_note
from mlkanban.charts.render import ChartPiece, render
from mlkanban.charts.spec import Spec
from mlkanban.display.number_view import Headline
from mlkanban.glyphs import Glyphs
from mlkanban.text import ascii_only
from mlkanban.tui.theme import role_styles
from mlkanban.tui.widgets.picture import chart_segments

_LEAST_WIDE, _LEAST_HIGH = 30, 8
"""A smaller tile shows nothing of its chart."""
_GAP = 2


class Tile(NamedTuple):
    """A number in little room: its name, key and title, the figure, and its picture or sentences;
    `ready` once it is counted."""

    name: str
    key: str
    title: str
    headline: Headline = ()
    spec: Spec | None = None
    sentences: tuple[str, ...] = ()
    ready: bool = False


class Overview(Widget):
    """A grid of tiles: as many as its place holds, the first ones. A tile is drawn when its number
    is ready, again for another size or theme, and its title once the focus comes or goes."""

    class Chosen(Message):
        """A tile was clicked."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    DEFAULT_CSS = "Overview { height: 1fr; width: 1fr; }"

    def __init__(self, *, glyphs: Glyphs, id: str) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._tiles: list[Tile] = []
        self._focused = 0
        self._shape = (1, 1)
        self._drawn: dict[tuple[int, int, int], list[Strip]] = {}

    def show(self, tiles: Sequence[Tile], shape: tuple[int, int], focused: int) -> None:
        """Draw other tiles, in so many columns and rows."""
        self._tiles, self._shape, self._focused = list(tiles), shape, focused
        self._drawn.clear()
        self.refresh()

    @property
    def tiles(self) -> Sequence[Tile]:
        return self._tiles

    def reshape(self, shape: tuple[int, int]) -> None:
        """The same tiles in other columns and rows."""
        if shape != self._shape:
            self._shape = shape
            self._drawn.clear()
        self.refresh()

    def show_tile(self, number: int, tile: Tile) -> None:
        """The number of a tile is counted."""
        if number < len(self._tiles):
            self._tiles[number] = tile
            self._drawn = {key: drawn for key, drawn in self._drawn.items() if key[0] != number}
            self.refresh(self._region(number))

    def focus_tile(self, number: int) -> None:
        before, self._focused = self._focused, number
        for at in (before, number):
            region = self._region(at)
            self.refresh(Region(region.x, region.y, region.width, 1))

    def _region(self, number: int) -> Region:
        """Where a tile is; widths and heights that do not divide evenly go to the first ones."""
        columns, rows = self._shape
        across, down = number % columns, number // columns
        width, height = self.size
        left, right = width * across // columns, width * (across + 1) // columns
        top, bottom = height * down // rows, height * (down + 1) // rows
        return Region(left, top, right - left, bottom - top)

    def notify_style_update(self) -> None:
        self._drawn.clear()
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        text = role_styles(self.app)["text"]
        strips = []
        for number, tile in enumerate(self._tiles):
            region = self._region(number)
            if region.y <= y < region.bottom:
                row = y - region.y
                strip = self._title(number, tile, region.width) if row == 0 else None
                if strip is None:
                    body = self._body(number, tile, region)
                    strip = body[row - 1] if row - 1 < len(body) else Strip([])
                strips.append(strip.adjust_cell_length(region.width, text))
        return Strip.join(strips).adjust_cell_length(self.size.width, text)

    def _title(self, number: int, tile: Tile, width: int) -> Strip:
        """`- 1 Cycle time ------ 85 % <= 11 d -`: that of the focus is in its colour, its rule
        heavy. What does not fit goes, the last part of the figure first."""
        here = number == self._focused
        rule = self._glyphs.heavy_rule if here else self._glyphs.rule
        start = [
            ChartPiece(f"{rule} ", "focus" if here else "faint"),
            ChartPiece(f"{tile.key} " if tile.key else "", "focus"),
            ChartPiece(f"{tile.title} ", "focus" if here else "title"),
        ]
        edge = ChartPiece(f" {rule}", start[0].role)
        figures = [ChartPiece(self._text(text), role) for text, role in tile.headline]
        end: list[ChartPiece] = []
        while figures:
            end = [ChartPiece(" ", "text"), *figures, edge]
            if _width(start) + _width(end) <= width - _GAP:
                break
            figures.pop()
            end = []
        room = width - _GAP - _width(start) - _width(end)
        line = [*start, ChartPiece(rule * max(0, room), start[0].role), *end]
        strip = Strip(chart_segments(line, role_styles(self.app)))
        return strip.crop(0, max(0, width - _GAP))

    def _body(self, number: int, tile: Tile, region: Region) -> list[Strip]:
        width, height = region.width - _GAP - 1, region.height - 2
        key = (number, width, height)
        if key not in self._drawn and height > 0 and width > 0:
            roles = role_styles(self.app)
            indent = Segment(" ", roles["text"])
            self._drawn[key] = [
                Strip([indent, *chart_segments(line, roles)])
                for line in self._lines(tile, width, height)
            ]
        return self._drawn.get(key, [])

    def _lines(self, tile: Tile, width: int, height: int) -> list[list[ChartPiece]]:
        if not tile.ready:
            return [[ChartPiece(self._text("counting …"), "dim")]]
        if tile.spec is None:
            lines: list[list[ChartPiece]] = []
            for at, sentence in enumerate(tile.sentences):
                lines += [[]] if at and height > 2 * len(tile.sentences) else []
                lines += [
                    [ChartPiece(self._text(line), "title" if not at else "text")]
                    for line in wrapped_note(sentence, width)
                ]
            return lines[:height]
        if width < _LEAST_WIDE or height < _LEAST_HIGH - 2:
            return []
        return render(
            tile.spec, width, height, coloured=not self.app.no_color, glyphs=self._glyphs,
            legend=False,
        )  # fmt: skip

    def _text(self, text: str) -> str:
        shown = self._glyphs.drawn(text)
        return ascii_only(shown) if self._glyphs.ascii else shown

    def on_click(self, event: events.Click) -> None:
        for number in range(len(self._tiles)):
            if self._region(number).contains(event.x, event.y):
                self.post_message(self.Chosen(number))
                return


def _width(line: Sequence[ChartPiece]) -> int:
    return sum(cell_len(piece.text) for piece in line)
