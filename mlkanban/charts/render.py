"""Charts drawn with plotext: the only file that knows it. It is loaded with the first chart."""

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any, TypeVar, get_args

from mlkanban.charts.layouts import SMALLEST, Layout, layout
from mlkanban.charts.layouts.canvas import Role
from mlkanban.charts.picture_table import spec_table
from mlkanban.charts.spec import Spec
from mlkanban.text import ascii_only

Colour = tuple[int, int, int] | int
T = TypeVar("T")

THEME = "mlkanban"
SELECTED = "^"
NOTHING = "Nothing to draw yet."
# A bar of blocks ends on an eighth of a row, a bar of ASCII on a half.
ASCII = str.maketrans("│─└┤┬┼┄▁▂▃▄▅▆▇█▓▒░●◆▲○", "|-++++-...::###=-.o+so")


Palette = Mapping[Role, Colour]
"""The colour of each role: red, green, blue 0..255, or a number of the terminal's own palette."""

ROLES: tuple[Role, ...] = get_args(Role)


def render(
    spec: Spec,
    width: int,
    height: int,
    *,
    palette: Palette | None,
    ascii: bool,
    selected: int | None = None,
) -> str:
    """Draw a picture as lines of text of at most `width` cells, at most `height` of them.

    With a palette the text holds ANSI colours; the background stays the terminal's. The target
    number `selected` of the layout is pointed at. Where plotext cannot be loaded, or the room is
    smaller than a chart needs, a table says the same. plotext has one figure per process: draw
    from one thread only.
    """
    placed = layout(spec, width, height)
    if placed is None:
        too_small = width < SMALLEST[0] or height < SMALLEST[1]
        lines = spec_table(spec, width, height) if too_small else []
        return "\n".join(lines) or NOTHING[:width]
    try:
        # Only a chart that fits needs it, and where it cannot be loaded a table is shown.
        import plotext
    except ImportError as error:
        reason = str(error).partition("\n")[0]
        why = wrap(f"A table, because the chart cannot be drawn: {reason}", width)
        lines = [*spec_table(spec, width, max(1, height - len(why))), *why]
        return "\n".join(lines[:height])
    text = _draw(plotext, placed, palette, selected)
    picture = "\n".join(line.rstrip() for line in text.rstrip("\n").split("\n"))
    return "\n".join(map(ascii_only, picture.translate(ASCII).split("\n"))) if ascii else picture


def _draw(plotext: Any, placed: Layout, palette: Palette | None, selected: int | None) -> str:
    colours: Mapping[Role, Any] = {
        role: plotext.pixel(palette[role] if palette else None) for role in ROLES
    }

    def written(words: str, role: Role) -> Any:
        return plotext.colorize(words).fill(colours[role])

    figure = plotext.figure
    plotext.terminal.limit(False, False)
    figure.clear()
    # Only a theme leaves the background alone: set one by one, each colour brings a white one.
    plotext.add_theme(THEME, text=colours["dim"])
    figure.theme(THEME)
    left = placed.left
    figure.plot_size(left + placed.columns, placed.rows + (2 if placed.has_axes else 0))
    for axis in (0, 1):
        figure.axes(placed.has_axes, axis=axis, side=0)
        figure.axes(False, axis=axis, side=1)
    figure.ruler("x").lim(0, placed.columns - 1)
    figure.ruler("x").ticks(*_unzip([(at, written(t, "dim")) for at, t in placed.x_ticks]))
    figure.ruler("y").lim(0, placed.rows - 1)
    figure.ruler("y").ticks(
        *_unzip([(at, written(f"{t:>{placed.margin - 1}} ", "dim")) for at, t in placed.y_ticks])
    )
    for (glyph, role), places in placed.cells.items():
        marker = plotext.marker(glyph, colours[role])
        figure.draw(figure.signal(*_unzip(places), marker=marker))
    picture = figure.build()
    header = plotext.matrix(left + placed.columns, placed.heads, plotext.pixel())
    if placed.has_axes:
        below, above = placed.rows + 1, placed.heads - 1
        end = placed.margin - 1
        picture.insert(end - len(placed.x_unit), below, written(placed.x_unit, "dim"))
        header.insert(end - len(placed.y_unit), above, written(placed.y_unit, "dim"))
    for words in placed.words:
        above = words.row - placed.rows
        text = written(words.text, words.role)
        if above >= 0:
            header.insert(left + words.column, placed.heads - 1 - above, text)
        else:
            picture.insert(left + words.column, placed.rows - 1 - words.row, text)
    if selected is not None and selected < len(placed.targets):
        target = placed.targets[selected]
        if target.row is None:
            picture.insert(left + target.column, placed.rows, written(SELECTED, "focus"))
        else:
            column = max(0, left + target.column - 1)
            picture.insert(column, placed.rows - 1 - target.row, written(">", "focus"))
    drawing: str = header.vstack(picture).string(colorless=palette is None)
    return drawing


def _unzip(pairs: Sequence[tuple[int, T]]) -> tuple[list[int], list[T]]:
    return [first for first, _ in pairs], [second for _, second in pairs]
