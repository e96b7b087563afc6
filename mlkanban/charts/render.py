"""Charts drawn with plotext: the only file that knows it. It is loaded with the first chart."""

import re
from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import Any, Literal, NamedTuple, TypeVar, get_args

from mlkanban.charts.layouts import SMALLEST, Finish, Layout, layout
from mlkanban.charts.layouts.canvas import Curve, Drawn
from mlkanban.charts.picture_table import spec_table
from mlkanban.charts.spec import Role, Spec
from mlkanban.glyphs import UTF8, Glyphs
from mlkanban.text import ascii_only

T = TypeVar("T")

THEME = "mlkanban"
NOTHING = "Nothing to draw yet."
_ROLES: tuple[Role, ...] = get_args(Role)
_FIRST_COLOUR = 101
"""plotext is given numbers of colours that stand for roles, so that one drawing does for all
themes."""
_CODES = re.compile("\x1b\\[([0-9;]*)m")


class ChartPiece(NamedTuple):
    """Text of one role; `ground` is the role of what is behind it, '' for the screen."""

    text: str
    role: Role
    ground: Role | Literal[""] = ""


ChartLine = list[ChartPiece]


def render(
    spec: Spec,
    width: int,
    height: int,
    *,
    coloured: bool = False,
    glyphs: Glyphs = UTF8,
    legend: bool = True,
) -> list[ChartLine]:
    """Draw a picture as at most `height` lines of at most `width` cells.

    Where it is not `coloured`, areas have glyphs of their own. Where plotext cannot be loaded, or
    the room is smaller than a chart needs, a table says the same. plotext has one figure per
    process: draw from one thread only.
    """
    placed = layout(spec, width, height, finish_of(coloured, glyphs), legend=legend)
    if placed is None:
        too_small = width < SMALLEST[0] or height < SMALLEST[1]
        lines = spec_table(spec, width, height) if too_small else []
        return _plain(lines or [NOTHING[:width]], glyphs)
    try:
        # Only a chart that fits needs it, and where it cannot be loaded a table is shown.
        import plotext
    except ImportError as error:
        reason = str(error).partition("\n")[0]
        why = wrap(f"A table, because the chart cannot be drawn: {reason}", width)
        lines = [*spec_table(spec, width, max(1, height - len(why))), *why]
        return _plain(lines[:height], glyphs)
    drawn = _pieces(_draw(plotext, placed, glyphs))
    return [_shown(line, glyphs) for line in drawn]


def finish_of(coloured: bool, glyphs: Glyphs) -> Finish:
    """How the areas of a picture are told apart on such a terminal."""
    if glyphs.ascii:
        return "letters"
    return "colour" if coloured and glyphs == UTF8 else "shades"


def as_text(lines: Iterable[ChartLine]) -> str:
    """The lines without their colours."""
    return "\n".join("".join(piece.text for piece in line).rstrip() for line in lines)


def _plain(lines: Iterable[str], glyphs: Glyphs) -> list[ChartLine]:
    return [_shown([ChartPiece(line, "text")], glyphs) for line in lines]


def _shown(line: ChartLine, glyphs: Glyphs) -> ChartLine:
    """The line in the glyphs of the terminal, without the blanks at its end."""
    if glyphs != UTF8:
        line = [piece._replace(text=_one_for_one(piece.text, glyphs)) for piece in line]
    if glyphs.ascii:
        line = [piece._replace(text=ascii_only(piece.text)) for piece in line]
    while line and not line[-1].ground and not line[-1].text.strip():
        line = line[:-1]
    if line and not line[-1].ground:
        line = [*line[:-1], line[-1]._replace(text=line[-1].text.rstrip())]
    return line


def _one_for_one(text: str, glyphs: Glyphs) -> str:
    """Each character has its cell here."""
    return "".join(glyphs.drawn(sign)[:1] for sign in text)


def _draw(plotext: Any, placed: Layout, glyphs: Glyphs) -> str:
    numbers = {role: _FIRST_COLOUR + at for at, role in enumerate(_ROLES)}
    pixels = {role: plotext.pixel(number) for role, number in numbers.items()}

    def written(words: str, role: Role) -> Any:
        return plotext.colorize(words).fill(pixels[role])

    # Only a theme leaves the background alone: set one by one, each colour brings a white one.
    plotext.terminal.limit(False, False)
    plotext.add_theme(THEME, text=pixels["faint"])

    def canvas_of(curves: Iterable[Curve]) -> Any:
        figure = plotext.figure
        figure.clear()
        figure.theme(THEME)
        figure.plot_size(placed.columns, placed.rows + placed.feet)
        for axis in (0, 1):
            for side in (0, 1):
                figure.axes(bool(placed.feet) and (axis, side) == (0, 0), axis=axis, side=side)
        figure.ruler("x").lim(0, placed.columns - 1)
        figure.ruler("x").ticks(*_unzip([(at, written(t, "dim")) for at, t in placed.x_ticks]))
        figure.ruler("y").lim(0, placed.rows - 1)
        figure.ruler("y").ticks([], [])
        for curve in curves:
            dots = plotext.marker("braille" if glyphs == UTF8 else curve.letter, pixels[curve.role])
            figure.draw(figure.signal(*_unzip(curve.points), marker=dots).lines(curve.joined))
        return figure.build()

    # A cell of braille has one colour: what is behind is drawn by itself, for the free cells.
    behind = [
        (one.role, canvas_of([one]).string(colorless=True).split("\n"))
        for one in placed.curves if one.behind
    ]  # fmt: skip
    canvas = canvas_of(one for one in placed.curves if not one.behind)
    drawn = canvas.string(colorless=True).split("\n") if placed.curves else []
    # As runs of text: plotext copies every point of a signal several times.
    for run in _runs(placed, drawn, behind):
        pixel = plotext.pixel(numbers[run.role], numbers[run.ground]) if run.ground else None
        text = plotext.colorize(run.glyphs).fill(pixel or pixels[run.role])
        canvas.insert(run.column, placed.rows - 1 - run.row, text)
    below = plotext.matrix(placed.columns, placed.heads, plotext.pixel()).vstack(canvas)
    picture = (
        plotext.matrix(placed.margin, placed.height, plotext.pixel())
        .hstack(below)
        .hstack(plotext.matrix(placed.right, placed.height, plotext.pixel()))
    )
    top = placed.heads + placed.rows - 1
    for row, text in placed.y_ticks:
        picture.insert(0, top - row, written(f"{text:>{placed.margin - 1}}", "dim"))
    for words in placed.words:
        picture.insert(
            placed.margin + words.column, top - words.row, written(words.text, words.role)
        )
    drawing: str = picture.string()
    return drawing


class _CellRun(NamedTuple):
    """Cells side by side that have the same colours."""

    column: int
    row: int
    glyphs: str
    role: Role
    ground: Role | Literal[""]


def _runs(
    placed: Layout, drawn: Sequence[str], behind: Iterable[tuple[Role, Sequence[str]]]
) -> list[_CellRun]:
    """The cells of a picture that no curve, of which these are the lines, goes through; among them
    those of the curves `behind`."""
    cells: list[tuple[int, int, Drawn]] = [
        (row, column, cell) for cell, places in placed.cells.items() for column, row in places
    ]
    for role, lines in behind:
        cells += [
            (placed.rows - 1 - at, column, Drawn(glyph, role, ""))
            for at, line in enumerate(lines[: placed.rows])
            for column, glyph in enumerate(line)
            if glyph.strip()
        ]
    runs: list[_CellRun] = []
    for row, column, (glyph, role, ground) in sorted(cells):
        line = drawn[placed.rows - 1 - row] if drawn else ""
        if line[column : column + 1].strip():
            continue
        last = runs[-1] if runs else None
        if (
            last
            and (last.row, last.column + len(last.glyphs)) == (row, column)
            and (last.role, last.ground) == (role, ground)
        ):
            runs[-1] = last._replace(glyphs=last.glyphs + glyph)
        else:
            runs.append(_CellRun(column, row, glyph, role, ground))
    return runs


def _pieces(drawing: str) -> list[ChartLine]:
    """What plotext made, its colours read back as roles."""
    made = []
    for line in drawing.rstrip("\n").split("\n"):
        role: Role = "text"
        ground: Role | Literal[""] = ""
        pieces: ChartLine = []
        # Text and codes take turns.
        for at, part in enumerate(_CODES.split(line)):
            if at % 2:
                role, ground = _state(part, role, ground)
            elif part and pieces and (pieces[-1].role, pieces[-1].ground) == (role, ground):
                pieces[-1] = pieces[-1]._replace(text=pieces[-1].text + part)
            elif part:
                pieces.append(ChartPiece(part, role, ground))
        made.append(pieces)
    return made


def _state(codes: str, role: Role, ground: Role | Literal[""]) -> tuple[Role, Role | Literal[""]]:
    numbers = codes.split(";")
    if numbers[:2] == ["38", "5"]:
        return _ROLES[int(numbers[2]) - _FIRST_COLOUR], ground
    if numbers[:2] == ["48", "5"]:
        return role, _ROLES[int(numbers[2]) - _FIRST_COLOUR]
    return "text", ""


def _unzip(pairs: Sequence[tuple[Any, T]]) -> tuple[list[Any], list[T]]:
    return [first for first, _ in pairs], [second for _, second in pairs]
