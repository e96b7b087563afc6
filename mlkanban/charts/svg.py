"""Pictures as inline SVG, for a page that opens anywhere: the same layout in cells, painted as
shapes."""

from html import escape

from mlkanban.charts.layouts import Layout, layout
from mlkanban.charts.layouts.canvas import BLOCKS, EIGHTHS
from mlkanban.charts.spec import Spec

CELL, LINE = 8, 16
"""Width and height of a cell, in pixels."""
_SHADES = {"█": 1.0, "▓": 0.7, "▒": 0.45, "░": 0.22}


def svg(spec: Spec, width: int, height: int, title: str) -> str:
    """A picture of `width` x `height` cells; '' where there is nothing to draw. Its colours are
    the classes of the page."""
    placed = layout(spec, width, height)
    if placed is None:
        return ""
    left = placed.left * CELL
    high = placed.heads + placed.rows + (2 if placed.has_axes else 0)
    shapes = [*_cells(placed, left), *_axes(placed, left), *_words(placed, left)]
    w, h = left + placed.columns * CELL, high * LINE
    return (
        f'<svg role="img" viewBox="0 0 {w} {h}" width="{w}" height="{h}">'
        f"<title>{escape(title)}</title>{''.join(shapes)}</svg>"
    )


def _top(placed: Layout, row: int) -> int:
    """The upper edge of a row."""
    return (placed.heads + placed.rows - 1 - row) * LINE


def _cells(placed: Layout, left: int) -> list[str]:
    made: list[str] = []
    for (glyph, role), places in placed.cells.items():
        for column, row in places:
            made.append(_cell(glyph, role, left + column * CELL, _top(placed, row)))
    return made


def _cell(glyph: str, role: str, x: int, y: int) -> str:
    middle_x, middle_y = x + CELL / 2, y + LINE / 2
    if glyph in _SHADES and glyph != "█":
        shade = _SHADES[glyph]
        return (
            f'<rect class="{role}" x="{x}" y="{y}" width="{CELL}" height="{LINE}"'
            f' opacity="{shade}"/>'
        )
    if glyph in BLOCKS[1:]:
        tall = LINE * BLOCKS.index(glyph) / EIGHTHS
        return (
            f'<rect class="{role}" x="{x}" y="{y + LINE - tall:g}" width="{CELL}"'
            f' height="{tall:g}"/>'
        )
    if glyph == "│":
        return f'<path class="{role} rule" d="M{middle_x:g} {y}v{LINE}"/>'
    if glyph in "─┄":
        return f'<path class="{role} rule" d="M{x} {middle_y:g}h{CELL}"/>'
    if glyph in "●○":
        ring = " ring" if glyph == "○" else ""
        return f'<circle class="{role}{ring}" cx="{middle_x:g}" cy="{middle_y:g}" r="3.5"/>'
    if glyph == "◆":
        return f'<path class="{role}" d="M{middle_x:g} {middle_y - 5:g}l4 5l-4 5l-4-5z"/>'
    if glyph == "▲":
        return f'<path class="{role}" d="M{middle_x:g} {middle_y - 4:g}l4 8h-8z"/>'
    return _text(glyph, role, middle_x, y, "middle")


def _axes(placed: Layout, left: int) -> list[str]:
    if not placed.has_axes:
        return []
    bottom = (placed.heads + placed.rows) * LINE
    right = left + placed.columns * CELL
    made = [
        f'<path class="faint rule" d="M{left - 2} {placed.heads * LINE}V{bottom + 2}H{right}"/>',
        _text(placed.y_unit, "dim", left - 6, (placed.heads - 1) * LINE, "end"),
        _text(placed.x_unit, "dim", left - 6, bottom + 4, "end"),
    ]
    for row, label in placed.y_ticks:
        made.append(_text(label, "dim", left - 6, _top(placed, row), "end"))
    for column, label in placed.x_ticks:
        made.append(_text(label, "dim", left + column * CELL + CELL / 2, bottom + 4, "middle"))
    return made


def _words(placed: Layout, left: int) -> list[str]:
    made = []
    for words in placed.words:
        x = left + words.column * CELL
        above = words.row - placed.rows
        y = (placed.heads - 1 - above) * LINE if above >= 0 else _top(placed, words.row)
        if above < 0:
            made.append(
                f'<rect class="ground" x="{x}" y="{y + 1}" width="{len(words.text) * CELL}"'
                f' height="{LINE - 2}"/>'
            )
        made.append(_text(words.text, words.role, x, y, "start"))
    return made


def _text(text: str, role: str, x: float, y: float, anchor: str) -> str:
    if not text:
        return ""
    return (
        f'<text class="{role}" x="{x:g}" y="{y + LINE - 4:g}" text-anchor="{anchor}"'
        f' xml:space="preserve">{escape(text)}</text>'
    )
