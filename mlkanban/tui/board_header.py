"""The lines above the cards: the stages out of sight, names with counts, WIP meters."""

from collections.abc import Sequence
from functools import cached_property

from rich.cells import cell_len

from mlkanban.cells import shortened
from mlkanban.display.card_face import SINCE_MERGE, Header, Line, Piece
from mlkanban.display.lines import joined, meter_rule, width_of
from mlkanban.glyphs import Glyphs
from mlkanban.tui.board_model import BoardModel
from mlkanban.tui.geometry import GAP, VisibleColumn

_LEAST_NAME = 8
"""Cells of a stage name that are kept as long as that is possible at all: seven letters and the
sign that there are more."""
_APART = "  "
"""Between two stages; a single blank would make the number of the next one part of the counts."""
_NARROW = 80
"""In fewer cells names of stages out of sight have fewer letters."""
_MERGED = " merged"
"""What is said of a limit that a merge broke where there is no room for all of it."""


def head_cells(header: Header, signs: Glyphs) -> int:
    """What a name with its counts takes, and in short the cards out of sight; a stage that is over
    its limit because of a merge says so."""
    aside = header.note.brief
    if header.state == SINCE_MERGE:
        aside = _MERGED + aside
    return width_of([Piece(f"{header.name}  {aside}", ""), *header.signs(signs)])


def least_head_cells(header: Header, signs: Glyphs) -> int:
    """What is enough: under a filter the cards that it found need the room, so names are cut, and
    limits are left out."""
    if not header.filtered:
        return head_cells(header, signs)
    number, _, name = header.name.partition(" ")
    return len(number) + 3 + min(_LEAST_NAME, cell_len(name)) + width_of(_short_counts(header))


def limits_head_cells(header: Header, signs: Glyphs) -> int:
    """What a cut name takes with counts and limits."""
    number, _, name = header.name.partition(" ")
    counts = min(map(width_of, _whole_counts(header, signs)))
    return len(number) + 3 + min(_LEAST_NAME, cell_len(name)) + counts


def _whole_counts(header: Header, signs: Glyphs) -> list[Line]:
    """The counts of a stage with their limits, in all words first, then in fewer."""
    ways = [header.signs(signs), header.limits(signs)]
    if header.filtered and len(header.meters) > 1:
        found = header.plain.partition(" ")[0]
        limits = "+".join(f"{m.count}/{m.limit}{'!' if m.over else ''}" for m in header.meters)
        ways.append([Piece(f"{found} of {limits}", header.role)])
    return ways


def _short_counts(header: Header) -> Line:
    """The counts of a stage without limits; that it is over its limit is said all the same."""
    over = "!" if any(meter.over for meter in header.meters) else ""
    return [Piece(f"{header.plain}{over}", header.role)]


class StageHeads:
    """The lines over the stages in sight. The stage that is `lit` has the cursor, or a card is
    dragged to it."""

    def __init__(
        self,
        model: BoardModel,
        columns: Sequence[VisibleColumn],
        width: int,
        signs: Glyphs,
        lit: int,
    ) -> None:
        self._model = model
        self._columns = columns
        self._width = width
        self._signs = signs
        self._lit = lit

    def beside(self) -> Line:
        """The stages out of sight with their counts, each on the side where it is: as many letters
        of their names as there is room for, and where even the counts take too much, those next to
        the stages in sight."""
        signs, stages = self._signs, len(self._model.columns)
        first, last = self._columns[0].column.stage, self._columns[-1].column.stage
        before, after = range(first), range(last + 1, stages)
        ends = [
            Piece(f"{signs.more_left} " if before else "", "focus"),
            Piece(f" {signs.more_right}" if after else "", "focus"),
        ]
        room = self._width - width_of(ends) - len(_APART)
        names = self._fitting_beside([*before, *after], room, near=first)
        left = joined((names[at] for at in before if at in names), _APART)
        right = joined((names[at] for at in after if at in names), _APART)
        left, right = ([ends[0], *left], [*right, ends[1]])
        gap = max(0, self._width - width_of(left) - width_of(right))
        return [*left, Piece(" " * gap, "dim"), *right]

    def _fitting_beside(self, stages: Sequence[int], room: int, *, near: int) -> dict[int, Line]:
        """As much of the stages out of sight as fits: letters of their names go first, then those
        where a filter finds nothing, then those furthest from the one in sight that is `near`."""
        headers = {at: self._model.header(at) for at in stages}
        least = _LEAST_NAME if self._width >= _NARROW else 3
        while stages:
            for letters in range(24, least - 1, -1):
                names = {at: self._beside(headers[at], letters) for at in stages}
                cells = sum(map(width_of, names.values()))
                if cells + len(_APART) * max(0, len(names) - 2) <= room:
                    return names
            found = [at for at in stages if not headers[at].nothing_found]
            furthest = max(stages, key=lambda at: abs(at - near))
            stages = found if len(found) < len(stages) else [at for at in stages if at != furthest]
        return {}

    def _beside(self, header: Header, letters: int) -> Line:
        number, _, name = header.name.partition(" ")
        shown = shortened(name, letters, self._signs.cut)
        return [Piece(f"{number} {shown} ", "dim"), *self._ways(header)[0]]

    def _ways(self, header: Header) -> list[Line]:
        """The counts of a stage, the longest way first. Under a filter they read alike in all
        stages: without limits where these find no room in one."""
        if header.filtered and not self._room_for_limits:
            return [_short_counts(header)]
        return [*_whole_counts(header, self._signs), _short_counts(header)]

    @cached_property
    def _room_for_limits(self) -> bool:
        """Whether each stage in sight has room for its limits, and the line of the others, too."""
        for seen in self._columns:
            header = self._model.header(seen.column.stage)
            if limits_head_cells(header, self._signs) > self._room(seen):
                return False
        least = _LEAST_NAME if self._width >= _NARROW else 3
        in_sight = {seen.column.stage for seen in self._columns}
        headers = map(self._model.header, set(range(len(self._model.columns))) - in_sight)
        cells = [
            width_of(header.signs(self._signs)) + len(_APART) + least + 3 for header in headers
        ]
        return sum(cells) <= self._width

    def _room(self, seen: VisibleColumn) -> int:
        """Cells for the name of a stage in sight and its counts."""
        return seen.column.width - (GAP if seen is self._columns[-1] else len(_APART))

    def names(self) -> Line:
        """The names of the stages, each with its counts right behind it."""
        return [piece for seen in self._columns for piece in self._name(seen)]

    def _name(self, seen: VisibleColumn) -> Line:
        model, column = self._model, seen.column
        header = model.header(column.stage)
        here = column.stage == self._lit
        width = self._room(seen)
        number, _, name = header.name.partition(" ")
        room = width - len(number) - 3
        ways = self._ways(header)
        kept = min(_LEAST_NAME, cell_len(name))
        counts = next((way for way in ways if room - width_of(way) >= kept), ways[-1])
        why = (f" {SINCE_MERGE}", _MERGED) if header.state == SINCE_MERGE else ()
        for_name = room - width_of(counts)
        if why and for_name - len(_MERGED) >= min(_LEAST_NAME, cell_len(name)):
            for_name -= len(_MERGED)
        name = shortened(name, max(1, for_name), self._signs.cut)
        line = [
            Piece(f"{number} ", "focus" if here else "dim"),
            Piece(name, "focus" if here else "text"),
            Piece("  ", "dim"),
            *counts,
        ]
        for forms, role in ((why, "alarm"), ((header.note.text, header.note.brief), "dim")):
            fitting = (text for text in forms if text and width_of(line) + cell_len(text) <= width)
            if text := next(fitting, ""):
                line.append(Piece(text, role))
        return _exactly(line, width, column.width)

    def rules(self) -> Line:
        """Under each name a rule that is its WIP meter, and which of its cards are in sight."""
        return [piece for seen in self._columns for piece in self._rule(seen)]

    def _rule(self, seen: VisibleColumn) -> Line:
        model, column, signs = self._model, seen.column, self._signs
        cards = model.cards(column.stage)
        where = f" {seen.top + 1}-{min(cards, seen.top + seen.rows)}/{cards}"
        if cards <= seen.rows:
            where = ""
        width = max(0, column.width - GAP - len(where))
        header = model.header(column.stage)
        limited = [m for m in header.meters if m.limit is not None]
        if not limited:
            rule = [Piece(signs.rule * width, "faint")]
        else:
            each, more = divmod(width - len(limited) + 1, len(limited))
            rule = []
            for turn, meter in enumerate(limited):
                part = max(0, each + (turn < more))
                rule.append(Piece(" " if turn else "", "dim"))
                drawn = meter_rule(meter, part, signs)
                rule += (
                    [Piece(text, "faint") for text, _ in drawn] if header.nothing_found else drawn
                )
        return _exactly([*rule, Piece(where, "dim")], column.width - GAP, column.width)


def _exactly(line: Line, most: int, width: int) -> Line:
    """The line in exactly `width` cells, of which `most` may hold something."""
    fitted: Line = []
    for text, role in line:
        short = shortened(text, max(0, most), "")
        fitted.append(Piece(short, role))
        most -= cell_len(short)
        width -= cell_len(short)
    return [*fitted, Piece(" " * max(0, width), "dim")]
