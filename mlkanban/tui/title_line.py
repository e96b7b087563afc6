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
_LEAST_NAME, _NAME_BESIDE_FILTER = 8, 9
"""Cells that are kept of the name of the board, as long as that is possible."""
_GAP = "   "


class _Sum(NamedTuple):
    """A count with its words, and in short."""

    words: str
    short: str
    role: str
    nothing_found: bool = False


def title_line(model: BoardModel, width: int, glyphs: Glyphs) -> Line:
    """The line in exactly `width` cells. Snoozed cards go first where there is little room, then
    words, then what a filter finds none of, then the end of the name of the board, then the counts
    from the left."""
    sums = list(_sums(model, glyphs))
    left = _left(model, width, glyphs)
    right = [Piece(each.words, each.role) for each in sums]
    if width >= _SNOOZED_CELLS and (asleep := model.asleep.total()):
        shown = f"{asleep}" if model.found is None else f"{model.found['snoozed']} of {asleep}"
        right.append(Piece(f"z {shown} snoozed", "dim"))

    def over(right: Line) -> int:
        return _cells(left) + _cells(right, _GAP) + 3 - width

    if over(right) > 0:
        right = [Piece(each.words, each.role) for each in sums]
    if over(right) > 0:
        right = [Piece(each.short, each.role) for each in sums]
        if over(right) > 0:
            right = [Piece(each.short, each.role) for each in sums if not each.nothing_found]
    kept = _LEAST_NAME if len(left) == 1 else _NAME_BESIDE_FILTER
    while right and over(right) > max(0, cell_len(left[0].text) - kept):
        right = right[1:]
    room = width - _cells(right, _GAP) - 3 if right else width - 1
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
    if model.review_due:
        yield _Sum("review due", "review due", "clock")
    wip = Meter(in_progress(model.board, model.loads), model.board.conwip)
    role = "alarm" if wip.over else "clock" if wip.full else "text"

    yield _counted(model, "in progress", wip, "{} in progress", "{} WIP", role)
    yield from _attention(model, glyphs)


def _counted(
    model: BoardModel, what: str, whole: object, words: str, short: str, role: str
) -> _Sum:
    """Under a filter `5 of 12`; of nothing nobody needs to be warned."""
    if model.found is None:
        return _Sum(words.format(whole), short.format(whole), role)
    found = model.found[what]
    shown = f"{found} of {whole}"
    return _Sum(words.format(shown), short.format(shown), role if found else "dim", not found)


def _attention(model: BoardModel, glyphs: Glyphs) -> Iterator[_Sum]:
    sign = glyphs.blocked
    if model.blocked:
        blocked = f"{sign} {{}} blocked", f"{sign} {{}}"
        yield _counted(model, "blocked", model.blocked, *blocked, "alarm")
    if model.past_sle:
        yield _counted(model, "past SLE", model.past_sle, "!! {} past SLE", "!! {}", "clock")
    elif model.sle_awaited and in_progress(model.board, model.loads):
        words, short = ("", "") if model.sle_days is None else ("0 past SLE", "0")
        room = len("!! 1 past SLE"), len("!! 1")
        yield _Sum(words.rjust(room[0]), short.rjust(room[1]), "dim", model.found is not None)
    if model.late:
        yield _counted(model, "late", model.late, "{} late", "{} late", "alarm")


def _fitted(left: Line, room: int, cut: str) -> Line:
    """The left side in `room` cells: the name of the board gives way to the filter, then the filter
    to what is left of the name."""
    if _cells(left) <= room:
        return left
    name, *rest = left
    if not rest:
        return [Piece(shortened(name.text, max(0, room), cut), name.role)]
    kept = max(room - _cells(rest), min(_NAME_BESIDE_FILTER, cell_len(name.text), room // 3))
    name = Piece(shortened(name.text, max(0, kept), cut), name.role)
    count = rest[-1]
    query = "".join(piece.text for piece in rest[:-1])
    room -= _cells([name])
    query = shortened(query, max(0, room - _cells([count])), cut)
    return [
        name,
        Piece(query, "focus"),
        Piece(shortened(count.text, max(0, room - cell_len(query)), cut), count.role),
    ]


def _cells(line: Line, between: str = "") -> int:
    return width_of(line) + len(between) * max(0, len(line) - 1)
