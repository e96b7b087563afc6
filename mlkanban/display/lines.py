"""Lines of a page in pieces: cut and wrapped to a width, with rules between them, side by side.

Pieces are safe to show; everything is measured in cells.
"""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len

from mlkanban.cells import shortened, wrapped
from mlkanban.core.rules import Meter
from mlkanban.display.card_face import Line, Piece, meter_role
from mlkanban.glyphs import Glyphs

_MANY_LINES = 10_000
"""More than any text is broken into."""


def width_of(line: Iterable[Piece]) -> int:
    """The cells of a line."""
    return sum(cell_len(piece.text) for piece in line)


def fitted(line: Iterable[Piece], width: int, glyphs: Glyphs) -> Line:
    """The line in at most `width` cells, with an ellipsis where something was cut off."""
    line = [*line]
    if width_of(line) <= width:
        return line
    kept: Line = []
    left = width
    for text, role in line:
        if cell_len(text) >= left:
            # What follows is cut off too, so that even a piece that just fits ends in an ellipsis.
            # A number that is a piece of its own is whole or left out.
            before = "x" * bool(kept)
            short = shortened(f"{before}{text} ", left + len(before), glyphs.cut)
            kept.append(Piece(short.removeprefix(before), role))
            break
        kept.append(Piece(text, role))
        left -= cell_len(text)
    return kept


def filled(line: Iterable[Piece], width: int, glyphs: Glyphs) -> Line:
    """The line in exactly `width` cells."""
    shown = fitted(line, width, glyphs)
    return [*shown, Piece(" " * (width - width_of(shown)), "text")]


def spread(left: Iterable[Piece], right: Iterable[Piece], width: int, glyphs: Glyphs) -> Line:
    """`left` and `right` at either edge of a line; `left` gives way."""
    last = fitted(right, width, glyphs)
    room = width - width_of(last) - 1
    return [*filled(left, room, glyphs), Piece(" ", "text"), *last] if room > 3 else last


def page_title(
    page: str,
    about: str,
    width: int,
    glyphs: Glyphs,
    *,
    more: Iterable[Piece] = (),
    right: Iterable[Piece] = (),
) -> Line:
    """The first line of every page: what it is, what it is `about`, `more` on that, and at the
    right what there is to count. `about` is safe to show."""
    left = [Piece(f" {page}", "title"), *([Piece(f"  {about}", "text")] if about else []), *more]
    end = [*right]
    return (
        spread(left, [*end, Piece(" ", "dim")], width, glyphs)
        if end
        else fitted(left, width, glyphs)
    )


def paragraph(text: str, role: str, width: int, glyphs: Glyphs, most: int = 0) -> list[Line]:
    """A text of one or several lines, broken between words; at most `most` lines if that is not
    0."""
    lines: list[Line] = []
    for part in text.split("\n"):
        room = (most or _MANY_LINES) - len(lines)
        lines += [[Piece(line, role)] for line in wrapped(part, width, room, glyphs.cut)] or [[]]
    return lines[: most or None]


def labelled(
    label: Iterable[Piece], indent: int, body: Sequence[Line], *, gap: str = " "
) -> list[Line]:
    """A paragraph behind its label; its further lines begin where the first one does."""
    first, *rest = body or [[]]
    named = [*label]
    space = max(0, indent - width_of(named))
    return [
        [*named, Piece(gap * space, "text"), *first],
        *([Piece(" " * indent, "text"), *line] for line in rest),
    ]


def joined(parts: Iterable[Line], between: str = "   ") -> Line:
    """Several parts in one line."""
    line: Line = []
    for part in parts:
        line += [Piece(between, "text"), *part] if line else part
    return line


def as_many_as_fit(parts: Iterable[Line], width: int, between: str = "   ") -> tuple[Line, int]:
    """The first parts that fit into a line whole, and how many those are."""
    line: Line = []
    many = 0
    for part in parts:
        longer = joined([line, part], between) if line else part
        if width_of(longer) > width:
            break
        line, many = longer, many + 1
    return line, many


def flow(
    parts: Sequence[Line], width: int, glyphs: Glyphs, between: str = " ", start: str = ""
) -> list[Line]:
    """Parts after each other in as many lines as they need; no part is broken. `start` stands where
    a line is not the first."""
    lines: list[Line] = []
    room, rest = width, [*parts]
    while rest:
        line, many = as_many_as_fit(rest, room, between)
        if not many:
            line, many = fitted(rest[0], room, glyphs), 1
        rest = rest[many:]
        lines.append([Piece(start, "dim"), *line] if lines and start else line)
        room = width - cell_len(start)
    return lines


def chain(parts: Sequence[Line], width: int, glyphs: Glyphs) -> list[Line]:
    """Parts that follow each other, with an arrow between them."""
    return flow(parts, width, glyphs, f" {glyphs.to} ", f"{glyphs.to} ")


def rule(title: Line, width: int, glyphs: Glyphs, right: Line | None = None) -> Line:
    """A rule with a title in it, and another one at its right end if there is room."""
    start = [Piece(glyphs.rule + " ", "faint"), *fitted(title, max(0, width - 4), glyphs)]
    end = [Piece(" ", "text"), *right, Piece(f" {glyphs.rule}", "faint")] if right else []
    left = width - width_of(start) - width_of(end) - 1
    if left < 1 and end:
        return rule(title, width, glyphs)
    return [*start, Piece(" ", "text"), Piece(glyphs.rule * max(0, left), "faint"), *end]


def edge(state: str, glyphs: Glyphs, *, here: bool = False) -> Piece:
    """The left edge of a row, which tells its state by its role, or that the cursor is `here`."""
    if here:
        return Piece(glyphs.spine_cursor, "focus")
    states = {"alarm": glyphs.spine_alarm, "live": glyphs.spine_live, "clock": glyphs.spine_clock}
    return Piece(states.get(state, glyphs.thin_spine), state)


def meter_rule(meter: Meter, cells: int, glyphs: Glyphs) -> Line:
    """A rule that is a meter: heavy for what is taken of a limit."""
    heavy = _share(meter, cells)
    return [
        Piece(glyphs.heavy_rule * heavy, meter_role(meter)),
        Piece(glyphs.rule * (cells - heavy), "faint"),
    ]


def meter_cells(meter: Meter, glyphs: Glyphs) -> Line:
    """A meter with a cell for each card: heavy for those there are, light for the free places."""
    free = 0 if meter.limit is None else max(0, meter.limit - meter.count)
    return [
        Piece(glyphs.heavy_rule * meter.count, meter_role(meter)),
        Piece(glyphs.rule * free, "faint"),
    ]


def _share(meter: Meter, cells: int) -> int:
    """How many of the cells are taken: all of them only when it is full, none only when empty."""
    assert meter.limit is not None
    if meter.count >= meter.limit:
        return cells
    taken = max(round(cells * meter.count / meter.limit), min(1, meter.count))
    return max(0, min(taken, cells - 1))


def side_by_side(
    left: Sequence[Line], right: Sequence[Line], at: int, glyphs: Glyphs
) -> list[Line]:
    """Two columns, the right one from cell `at` on."""
    many = max(len(left), len(right))
    both = zip(
        [*left, *([[]] * (many - len(left)))], [*right, *([[]] * (many - len(right)))], strict=True
    )
    return [[*filled(one, at, glyphs), *other] for one, other in both]
