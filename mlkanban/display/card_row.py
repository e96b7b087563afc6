"""A card in one line of a list, in columns that line up from card to card."""

from collections.abc import Sequence
from typing import NamedTuple

from mlkanban.core.board import CardFace
from mlkanban.display.card_face import (
    FaceContext,
    Line,
    Piece,
    corner,
    drawn,
    fill,
    metric,
    priority_sign,
    states,
    tags,
    title_role,
)
from mlkanban.display.lines import filled

_WIDE = 120
_ID, _PRIORITY, _CLOCK = 5, 3, 8
_LEAST_TITLE = 20
_TITLE_AT = 2
"""Which of the parts of a row is its title."""


class RowCells(NamedTuple):
    """The cells of the columns of a list: title, state, metric and tags; ids, priorities and clocks
    take the same in every list."""

    title: int
    state: int
    metric: int
    tags: int

    @classmethod
    def of(cls, width: int) -> "RowCells":
        """The columns of a list: in a narrow one tags go first, then the metric, then the state."""
        state, metric, tags = (19, 20, 24) if width >= _WIDE else (15, 11, 0)
        title = width - _ID - _PRIORITY - 1 - state - metric - tags - _CLOCK
        if title < _LEAST_TITLE:
            title, metric = title + metric, 0
        if title < _LEAST_TITLE:
            title, state = title + state, 0
        return cls(max(0, title), state, metric, tags)

    @classmethod
    def brief(cls, width: int) -> "RowCells":
        """The columns of a list beside something else: title and state."""
        state = 16
        return cls(max(0, width - _ID - _PRIORITY - 1 - state - _CLOCK), state, 0, 0)


def row(face: CardFace, cells: RowCells, view: FaceContext, waits: Sequence[str] = ()) -> Line:
    """A card in one line; `waits` are the open cards it depends on."""
    signs = view.glyphs
    title = drawn(face.title[: max(1, sum(cells)) * 2], ascii=signs.ascii)
    parts = [
        ([Piece(drawn(face.ref, ascii=signs.ascii), "dim")], _ID),
        ([Piece(priority_sign(face, signs), "title")], _PRIORITY),
        ([Piece(title, title_role(face, view))], cells.title + 1),
        (fill(states(face, view, waits), cells.state - 1, view)[0], cells.state),
        (fill(metric(face, view, column=True), cells.metric - 1, view)[0], cells.metric),
        (fill(tags(face, view), cells.tags - 1, view)[0], cells.tags),
    ]
    clock = corner(face, view)
    line: Line = []
    widths = _with_blanks(parts)
    for (part, _), width in zip(parts, widths, strict=True):
        if width > 0:
            line += [*filled(part, width - 1, signs), Piece(" ", "dim")]
    return [*line, Piece(clock.text.rjust(_CLOCK), clock.role)]


def _with_blanks(parts: Sequence[tuple[Line, int]]) -> list[int]:
    """The widths of the parts: columns behind the title that say nothing of this card are for its
    title."""
    widths = [width for _, width in parts]
    for at in range(_TITLE_AT + 1, len(parts)):
        if any(text.strip() for text, _ in parts[at][0]):
            break
        widths[_TITLE_AT] += widths[at]
        widths[at] = 0
    return widths
