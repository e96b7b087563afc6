"""Pictures as inline SVG, for a page that opens anywhere: the same layout in cells, painted as
shapes."""

from html import escape

from rich.cells import cell_len

from mlkanban.charts.layouts import Layout, layout
from mlkanban.charts.layouts.canvas import BLOCKS, EIGHTHS
from mlkanban.charts.spec import Spec

CELL, LINE = 8, 16
"""Width and height of a cell, in pixels."""
_BAR = 6
"""How thick a flat bar is, in pixels."""


def svg(spec: Spec, width: int, height: int, title: str) -> str:
    """A picture of `width` x `height` cells; '' where there is nothing to draw. Its colours are
    the classes of the page."""
    placed = layout(spec, width, height)
    if placed is None:
        return ""
    left = placed.margin * CELL
    shapes = [
        *_cells(placed, left), *_curves(placed, left), *_axes(placed, left), *_words(placed, left)
    ]  # fmt: skip
    w, h = placed.width * CELL, placed.height * LINE
    return (
        f'<svg role="img" viewBox="0 0 {w} {h}" width="{w}" height="{h}">'
        f"<title>{escape(title)}</title>{''.join(shapes)}</svg>"
    )


def _top(placed: Layout, row: int) -> int:
    """The upper edge of a row."""
    return (placed.heads + placed.rows - 1 - row) * LINE


def _cells(placed: Layout, left: int) -> list[str]:
    made: list[str] = []
    for (glyph, role, ground), places in placed.cells.items():
        for column, row in places:
            x, y = left + column * CELL, _top(placed, row)
            if ground:
                made.append(_cell("█", ground, x, y))
            made.append(_cell(glyph, role, x, y))
    return made


def _curves(placed: Layout, left: int) -> list[str]:
    made = []
    for curve in placed.curves:
        places = [
            (left + (x + 0.5) * CELL, (placed.heads + placed.rows - 0.5 - y) * LINE)
            for x, y in curve.points
        ]
        if curve.joined:
            points = " ".join(f"{x:g},{y:g}" for x, y in places)
            made.append(f'<polyline class="{curve.role} rule" points="{points}"/>')
        else:
            made += [
                f'<circle class="{curve.role}" cx="{x:g}" cy="{y:g}" r="2"/>' for x, y in places
            ]
    return made


def _cell(glyph: str, role: str, x: int, y: int) -> str:
    middle_x, middle_y = x + CELL / 2, y + LINE / 2
    if glyph in BLOCKS[1:]:
        tall = LINE * BLOCKS.index(glyph) / EIGHTHS
        return (
            f'<rect class="{role}" x="{x}" y="{y + LINE - tall:g}" width="{CELL}"'
            f' height="{tall:g}"/>'
        )
    if glyph in "━╸":
        wide = CELL if glyph == "━" else CELL // 2
        return (
            f'<rect class="{role}" x="{x}" y="{middle_y - _BAR / 2:g}" width="{wide}"'
            f' height="{_BAR}"/>'
        )
    if glyph == "┊":
        return f'<path class="{role} rule dashed" d="M{middle_x:g} {y}v{LINE}"/>'
    if glyph == "─":
        return f'<path class="{role} rule" d="M{x} {middle_y:g}h{CELL}"/>'
    if glyph == "·":
        return f'<circle class="{role}" cx="{middle_x:g}" cy="{middle_y:g}" r="1"/>'
    if glyph in "•○":
        ring = " ring" if glyph == "○" else ""
        return f'<circle class="{role}{ring}" cx="{middle_x:g}" cy="{middle_y:g}" r="3"/>'
    return _text(glyph, role, middle_x, y, "middle")


def _axes(placed: Layout, left: int) -> list[str]:
    made = []
    bottom = (placed.heads + placed.rows) * LINE
    if placed.feet:
        right = left + placed.columns * CELL
        made.append(f'<path class="faint rule" d="M{left} {bottom + 4}H{right}"/>')
    for row, label in placed.y_ticks:
        made.append(_text(label, "dim", left - CELL, _top(placed, row), "end"))
    for column, label in placed.x_ticks:
        made.append(_text(label, "dim", left + column * CELL + CELL / 2, bottom + 8, "middle"))
    return made


def _words(placed: Layout, left: int) -> list[str]:
    made = []
    for words in placed.words:
        x = left + words.column * CELL
        above = words.row - placed.rows
        y = (placed.heads - 1 - above) * LINE if above >= 0 else _top(placed, words.row)
        if above < 0:
            made.append(
                f'<rect class="ground" x="{x}" y="{y + 1}" width="{cell_len(words.text) * CELL}"'
                f' height="{LINE - 2}"/>'
            )
        if words.text == "█":
            made.append(_cell(words.text, words.role, x, y))
        else:
            made.append(_text(words.text, words.role, x, y, "start"))
    return made


def _text(text: str, role: str, x: float, y: float, anchor: str) -> str:
    if not text:
        return ""
    return (
        f'<text class="{role}" x="{x:g}" y="{y + LINE - 4:g}" text-anchor="{anchor}"'
        f' xml:space="preserve">{escape(text)}</text>'
    )
