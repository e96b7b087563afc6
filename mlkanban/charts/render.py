"""Charts drawn with plotext: the only file that knows it. It is loaded with the first chart."""

from collections import defaultdict
from dataclasses import dataclass
from textwrap import wrap
from typing import Any, TypeVar

from mlkanban.charts.layout import EIGHTHS, SMALLEST, HistogramLayout, layout_histogram
from mlkanban.charts.spec import HistogramSpec
from mlkanban.charts.table import histogram_table

Colour = tuple[int, int, int] | int

BLOCKS = " ▁▂▃▄▅▆▇█"
T = TypeVar("T")

THEME = "mlkanban"
COUNTED = "cards"
LINE = "│"
# A bar of blocks ends on an eighth of a row, a bar of ASCII on a half.
ASCII = str.maketrans("│─└┤┬┼▁▂▃▄▅▆▇█", "|-++++...::###")


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of a chart: red, green, blue 0..255, or a number of the terminal's own palette."""

    bar: Colour
    line: Colour
    axis: Colour
    text: Colour


def render(
    spec: HistogramSpec, width: int, height: int, *, palette: Palette | None, ascii: bool
) -> str:
    """Draw a histogram as lines of text of at most `width` cells, at most `height` of them.

    With a palette the text holds ANSI colours; the background stays the terminal's. Where plotext
    cannot be loaded, or the room is smaller than a chart needs, a table says the same. plotext has
    one figure per process: draw from one thread only.
    """
    if not spec.counts:
        return "No finished card to draw."[:width]
    if width < SMALLEST[0] or height < SMALLEST[1]:
        return "\n".join(histogram_table(spec, width, height))
    try:
        import plotext
    except ImportError as error:
        reason = str(error).partition("\n")[0]
        why = wrap(f"A table, because the chart cannot be drawn: {reason}", width)
        lines = [*histogram_table(spec, width, max(1, height - len(why))), *why]
        return "\n".join(lines[:height])
    text = _draw(plotext, layout_histogram(spec, width, height), spec.unit, palette)
    picture = "\n".join(line.rstrip() for line in text.rstrip("\n").split("\n"))
    return picture.translate(ASCII) if ascii else picture


def _draw(plotext: Any, layout: HistogramLayout, unit: str, palette: Palette | None) -> str:
    def pixel(colour: Colour | None) -> Any:
        return plotext.pixel(colour)

    bar, line, axis, text = (
        map(pixel, (palette.bar, palette.line, palette.axis, palette.text))
        if palette
        else (pixel(None) for _ in range(4))
    )

    def written(words: str) -> Any:
        return plotext.colorize(words).fill(text)

    figure = plotext.figure
    plotext.terminal.limit(False, False)
    figure.clear()
    # Only a theme leaves the background alone: set one by one, each colour brings a white one.
    plotext.add_theme(THEME, text=axis)
    figure.theme(THEME)
    left = layout.margin + 1
    figure.plot_size(left + layout.columns, layout.rows + 2)
    figure.axes(False, axis=1, side=1)
    figure.axes(False, axis=0, side=1)
    figure.ruler("x").lim(0, layout.columns - 1)
    figure.ruler("x").ticks(*_unzip([(at, written(words)) for at, words in layout.x_ticks]))
    figure.ruler("y").lim(0, layout.rows - 1)
    figure.ruler("y").ticks(
        *_unzip([(at, written(f"{words:>{layout.margin - 1}} ")) for at, words in layout.y_ticks])
    )
    for glyph, places in _cells(layout).items():
        marker = plotext.marker(glyph, line if glyph == LINE else bar)
        figure.draw(figure.signal(*_unzip(places), marker=marker))
    picture = figure.build()
    picture.insert(layout.margin - len(unit) - 1, layout.rows + 1, written(unit))
    header = plotext.matrix(left + layout.columns, 1, plotext.pixel())
    header.insert(layout.margin - len(COUNTED) - 1, 0, written(COUNTED))
    for label in layout.mark_labels:
        header.insert(left + label.column, 0, plotext.colorize(label.text).fill(line))
    drawing: str = header.vstack(picture).string(colorless=palette is None)
    return drawing


def _cells(layout: HistogramLayout) -> dict[str, list[tuple[int, int]]]:
    """Return the (column, row) cells of each glyph: the bars, and the lines down to them."""
    cells: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for bar in layout.bars:
        for row in range(bar.rows):
            glyph = BLOCKS[min(EIGHTHS, bar.eighths - row * EIGHTHS)]
            cells[glyph] += [(bar.column + i, row) for i in range(bar.columns)]
    for column, lowest in layout.marks:
        cells[LINE] += [(column, row) for row in range(lowest, layout.rows)]
    return cells


def _unzip(pairs: list[tuple[int, T]]) -> tuple[list[int], list[T]]:
    return [first for first, _ in pairs], [second for _, second in pairs]
