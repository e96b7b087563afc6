"""The lines above the cards: the stages out of sight, names with counts, WIP meters."""

from collections.abc import Sequence

from rich.cells import cell_len

from mlkanban.cells import shortened
from mlkanban.display.card_face import SINCE_MERGE, Header, Line, Piece
from mlkanban.display.lines import joined, meter_rule, width_of
from mlkanban.glyphs import Glyphs
from mlkanban.tui.board_model import BoardModel
from mlkanban.tui.geometry import GAP, VisibleColumn

_LEAST_NAME = 7
"""Letters of a stage name that are kept as long as that is possible at all."""
_MERGED = " merged"
"""What is said of a limit that a merge broke where there is no room for all of it."""


def head_cells(header: Header, signs: Glyphs) -> int:
    """What a name with its counts takes; a stage that is full because of snoozed cards, or over
    its limit because of a merge, says so."""
    aside = header.note.brief if header.state else ""
    if header.state == SINCE_MERGE:
        aside = _MERGED + aside
    return width_of([Piece(f"{header.name}  {aside}", ""), *header.signs(signs)])


def least_head_cells(header: Header, signs: Glyphs) -> int:
    """What is enough: under a filter the cards that it found need the room, so names are cut, and a
    stage where it found none leaves out of how many."""
    if not header.filtered:
        return head_cells(header, signs)
    number, _, name = header.name.partition(" ")
    count = header.counts if len(header.meters) == 1 else header.plain
    if header.plain.startswith("0 "):
        count = "0"
    return len(number) + 3 + min(_LEAST_NAME, cell_len(name)) + cell_len(count)


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
        room = self._width - width_of(ends) - 2
        for letters in (*range(24, 2, -1), 0):
            names = {at: self._beside(at, letters) for at in (*before, *after)}
            if sum(map(width_of, names.values())) + 2 * max(0, len(names) - 2) <= room:
                break
        else:
            for at in sorted(names, key=lambda at: min(abs(at - first), abs(at - last))):
                room -= width_of(names[at]) + 2
                if room < 0:
                    names[at] = []
        left = joined((names[at] for at in before if names[at]), "  ")
        right = joined((names[at] for at in after if names[at]), "  ")
        left, right = ([ends[0], *left], [*right, ends[1]])
        gap = max(0, self._width - width_of(left) - width_of(right))
        return [*left, Piece(" " * gap, "dim"), *right]

    def _beside(self, at: int, letters: int) -> Line:
        header = self._model.header(at)
        number, _, name = header.name.partition(" ")
        shown = shortened(name, letters, self._signs.cut) + " " if letters else ""
        return [Piece(f"{number} {shown}", "dim"), *header.signs(self._signs)]

    def names(self) -> Line:
        """The names of the stages, each with its counts right behind it."""
        return [piece for seen in self._columns for piece in self._name(seen)]

    def _name(self, seen: VisibleColumn) -> Line:
        model, column = self._model, seen.column
        header = model.header(column.stage)
        here = column.stage == self._lit
        width = column.width - GAP
        number, _, name = header.name.partition(" ")
        room = width - len(number) - 3
        found = header.plain.partition(" ")[0]
        texts = [header.plain, found]
        if header.filtered and len(header.meters) > 1:
            limits = "+".join(f"{meter.count}/{meter.limit}" for meter in header.meters)
            texts = [f"{found} of {limits}", *texts]
        ways = [header.signs(self._signs), header.limits(self._signs)]
        ways = [*ways, *([Piece(t, header.role)] for t in texts)]
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
        cards = len(model.columns[column.stage])
        where = f" {seen.top + 1}-{min(cards, seen.top + seen.rows)}/{cards}"
        if cards <= seen.rows:
            where = ""
        width = max(0, column.width - GAP - len(where))
        limited = [m for m in model.header(column.stage).meters if m.limit is not None]
        if not limited:
            rule = [Piece(signs.rule * width, "faint")]
        else:
            each, more = divmod(width - len(limited) + 1, len(limited))
            rule = []
            for turn, meter in enumerate(limited):
                part = max(0, each + (turn < more))
                rule.append(Piece(" " if turn else "", "dim"))
                rule += meter_rule(meter, part, signs)
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
