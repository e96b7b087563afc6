"""The first line of the board: its name or what it is filtered by, and what needs somebody."""

from collections.abc import Iterator
from typing import NamedTuple

from rich.cells import cell_len

from mlkanban.cells import shortened
from mlkanban.core.rules import Meter, in_progress
from mlkanban.display.card_face import Line, Piece, drawn
from mlkanban.display.lines import width_of
from mlkanban.glyphs import Glyphs
from mlkanban.text import quantity
from mlkanban.tui.board_model import BoardModel

_SNOOZED_CELLS = 90
"""In fewer cells snoozed cards are not mentioned."""
_LEAST_NAME = 8
_GAP = "   "


class _Sum(NamedTuple):
    """A count with its words, and in short."""

    words: str
    short: str
    role: str


def title_line(model: BoardModel, width: int, glyphs: Glyphs) -> Line:
    """The line in exactly `width` cells. Snoozed cards go first where there is little room, then
    words, then the name of the board."""
    sums = list(_sums(model, glyphs))
    right = [Piece(each.words, each.role) for each in sums]
    if width >= _SNOOZED_CELLS and (asleep := model.asleep.total()):
        right.append(Piece(f"z {asleep} snoozed", "dim"))
    left = _left(model, width, glyphs)
    if _cells(left) + _cells(right, _GAP) + 3 > width:
        right = [Piece(each.words, each.role) for each in sums]
    if _cells(left) + _cells(right, _GAP) + 3 > width:
        right = [Piece(each.short, each.role) for each in sums]
    room = width - _cells(right, _GAP) - 3
    if room < _LEAST_NAME:
        right, room = [], width - 1
    left = _fitted(left, room, glyphs.cut)
    spaced = [piece for each in right for piece in (Piece(_GAP, "dim"), each)][1:]
    gap = width - _cells(left) - _cells(spaced) - bool(spaced)
    end = [Piece(" ", "dim")] if spaced else []
    return [*left, Piece(" " * max(0, gap), "dim"), *spaced, *end]


def _left(model: BoardModel, width: int, glyphs: Glyphs) -> Line:
    text = drawn(model.board.name[:width], ascii=glyphs.ascii)
    left = [Piece(f" {text}", "title")]
    for what in filter(None, (model.query, model.only_label if model.only else "")):
        left.append(Piece(f"  {drawn(what[:width], ascii=glyphs.ascii)}", "focus"))
    if model.filtered:
        left.append(Piece(f"  {model.shown} of {model.standing_cards}", "text"))
    return left


def attention(model: BoardModel, width: int, glyphs: Glyphs) -> Line:
    """How many cards are blocked, past the SLE and late, in at most `width` cells: in words, else
    in short, else nothing."""
    sums = list(_attention(model, glyphs))
    lines = [[Piece(s.words, s.role) for s in sums], [Piece(s.short, s.role) for s in sums]]
    line = next((line for line in lines if _cells(line, _GAP) <= width), [])
    return [piece for each in line for piece in (Piece(_GAP, "dim"), each)][1:]


def _sums(model: BoardModel, glyphs: Glyphs) -> Iterator[_Sum]:
    if model.marks:
        count = f"{glyphs.marked} {len(model.marks)}"
        yield _Sum(f"{count} marked", count, "mark")
    if model.conflicts:
        yield _Sum(quantity(model.conflicts, "conflict"), f"= {model.conflicts}", "alarm")
    if model.everything:
        yield _Sum("finished shown", "finished", "focus")
    wip = Meter(in_progress(model.board, model.loads), model.board.conwip)
    role = "alarm" if wip.over else "clock" if wip.full else "text"

    shown = _counted(model, "in progress", wip)
    yield _Sum(f"{shown} in progress", f"{shown} WIP", role)
    yield from _attention(model, glyphs)


def _counted(model: BoardModel, what: str, whole: object) -> str:
    """Under a filter `5 of 12`."""
    return f"{whole}" if model.found is None else f"{model.found[what]} of {whole}"


def _attention(model: BoardModel, glyphs: Glyphs) -> Iterator[_Sum]:
    if model.blocked:
        shown = _counted(model, "blocked", model.blocked)
        yield _Sum(f"{glyphs.blocked} {shown} blocked", f"{glyphs.blocked} {shown}", "alarm")
    if model.past_sle:
        shown = _counted(model, "past SLE", model.past_sle)
        yield _Sum(f"!! {shown} past SLE", f"!! {shown}", "clock")
    if model.late:
        shown = _counted(model, "late", model.late)
        yield _Sum(f"{shown} late", f"{shown} late", "alarm")


def _fitted(left: Line, room: int, cut: str) -> Line:
    """The left side in `room` cells: the name of the board gives way to the filter."""
    over = _cells(left) - room
    if over <= 0:
        return left
    name, *rest = left
    if not rest:
        return [Piece(shortened(name.text, max(0, room), cut), name.role)]
    kept = max(0, cell_len(name.text) - over)
    if kept >= _LEAST_NAME:
        return [Piece(shortened(name.text, kept, cut), name.role), *rest]
    count = rest[-1]
    query = "".join(piece.text for piece in rest[:-1])
    query = shortened(query, max(0, room - _cells([count])), cut)
    return [
        Piece(query, "focus"),
        Piece(shortened(count.text, max(0, room - cell_len(query)), cut), count.role),
    ]


def _cells(line: Line, between: str = "") -> int:
    return width_of(line) + len(between) * max(0, len(line) - 1)
