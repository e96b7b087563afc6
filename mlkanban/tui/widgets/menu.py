"""A question with a few answers: each has a key of its own, and a cursor chooses among them, too.

No Textual here: `Ask` shows it and gives it keys and clicks.
"""

from collections.abc import Sequence
from textwrap import wrap
from typing import NamedTuple

from rich.cells import cell_len

from mlkanban.cells import shortened
from mlkanban.display.card_face import Line, Piece
from mlkanban.display.lines import fitted, width_of
from mlkanban.display.table import first_in_sight
from mlkanban.glyphs import Glyphs
from mlkanban.text import display
from mlkanban.tui.commands import CANCELS, shown

NOTHING = -1
"""The row of a menu that leaves everything as it is: where the cursor of a question begins that
nobody asked for, so that an Enter on its way does no harm."""
_STEPS = {"j": 1, "down": 1, "right": 1, "k": -1, "up": -1, "left": -1}
_CURSOR = ">"
_LEAST_ROWS = 3
"""So many answers are in sight however long the question is."""


class Option(NamedTuple):
    """A key and what it stands for; a `note` on it plays a role of its own."""

    key: str
    text: str
    note: str = ""
    role: str = "dim"


class Menu:
    """`label` is asked; the last row, `last`, chooses nothing. `row` is the one under the cursor.
    One that is not `listed` is shown elsewhere; it has a cursor where that shows one (`moves`)."""

    def __init__(
        self,
        label: str,
        options: Sequence[Option],
        *,
        at: int = 0,
        last: str = "cancel",
        rows: bool = False,
        listed: bool = True,
        moves: bool = True,
    ) -> None:
        self.label = label
        self.options = (*options, Option(CANCELS, last))
        self.row = at % len(self.options)
        self._rows = rows
        self._listed = listed
        self._moves = moves
        self._spans: list[tuple[int, int, int, int]] = []
        """Of each option in sight the line, the first cell, the one after its last, and its row."""

    @property
    def cursor_line(self) -> int:
        """The line of the cursor, where it has one for itself; -1 where it has not."""
        rows = (line for line, first, _, row in self._spans if row == self.row and not first)
        return next(rows, -1) if self._moves else -1

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(option.key for option in self.options)

    @property
    def chosen(self) -> str:
        """The key of the option under the cursor."""
        return self.options[self.row].key

    def step(self, key: str) -> bool:
        """Move the cursor by a key; False for one that does not."""
        if not self._moves or key not in _STEPS or key in self.keys:
            return False
        self.row = max(0, min(self.row + _STEPS[key], len(self.options) - 1))
        return True

    def key_at(self, x: int, y: int) -> str:
        """The key of the option that is shown there, '' where there is none."""
        rows = (row for line, first, end, row in self._spans if line == y and first <= x < end)
        row = next(rows, None)
        return "" if row is None else self.options[row].key

    def idle_text(self, key: str) -> str:
        """What is said of a key that is no answer."""
        ways = ["Enter takes the answer at >"] if self._moves else []
        others = [option for option in self.options if option.key != CANCELS]
        if not self._moves:
            ways = [f"{shown(option.key)} {option.text}" for option in others]
        return f"{shown(key)} is no answer here; {', '.join([*ways, f'{CANCELS} cancels'])}."

    def lines(self, room: int, height: int, glyphs: Glyphs) -> list[Line]:
        """The menu in one line if it fits, else in rows, at most `height` lines: of more answers
        those around the cursor."""
        if not self._listed:
            self._spans = []
            return [[Piece(self.label, "title")]]
        if not self._rows and (line := self._in_one_line(room)):
            return [line]
        return self._in_rows(room, height, glyphs)

    def _cursor(self, row: int) -> Piece:
        return Piece(_CURSOR if self._moves and row == self.row else " ", "focus")

    def _in_one_line(self, room: int) -> Line:
        """`Training is 1/1:  >r put in Ready   q cancel`; [] if there is too little room."""
        for gap in ("  ", " "):
            line: Line = [Piece(self.label, "title")]
            self._spans = []
            for row, option in enumerate(self.options):
                role = "dim" if option.key == CANCELS else "text"
                line += [Piece(gap, "dim"), self._cursor(row)]
                start = width_of(line)
                line += [Piece(option.key, "focus"), Piece(f" {display(option.text)}", role)]
                if option.note:
                    line.append(Piece(f" {display(option.note)}", option.role))
                self._spans.append((0, start, width_of(line), row))
            if cell_len(display(self.label)) - cell_len(self.label) + width_of(line) <= room:
                return line
        return []

    def _in_rows(self, room: int, height: int, glyphs: Glyphs) -> list[Line]:
        """The options below one another; of a very long label as much as there is room for."""
        count = len(self.options) - 1
        most = max(1, height - 1 - min(count, _LEAST_ROWS))
        head = wrap(display(self.label), room, max_lines=most, placeholder=f" {glyphs.cut}")
        many = max(1, min(count, height - 1 - len(head)))
        first = first_in_sight(min(self.row, count - 1), many, count)
        lines: list[Line] = [[Piece(line, "title")] for line in head]
        if many < count:
            place = Piece(f"  {first + 1}-{first + many} of {count}", "dim")
            lines[-1] = fitted([*lines[-1], place], room, glyphs)
        self._spans = []
        for row in (*range(first, first + many), count):
            self._spans.append((len(lines), 0, room, row))
            lines.append(self._row(row, room, glyphs.cut))
        ways = "j k move, Enter chooses" if not {"j", "k"} & self.keys else "Enter chooses"
        ways = f"   {ways}"
        if width_of(lines[-1]) + len(ways) <= room:
            lines[-1].append(Piece(ways, "dim"))
        return lines

    def _row(self, row: int, room: int, cut: str) -> Line:
        option = self.options[row]
        role = "dim" if option.key == CANCELS else "text"
        start = [self._cursor(row), Piece(option.key, "focus")]
        text = shortened(display(option.text), max(1, room - width_of(start) - 2), cut)
        line = [*start, Piece(f"  {text}", role)]
        left = room - width_of(line) - 1
        if option.note and left > 1:
            line.append(Piece(f" {shortened(display(option.note), left, cut)}", option.role))
        return line


def numbered(texts: Sequence[str]) -> list[Option]:
    """Options for 1 to 9, then letters that mean nothing else in a menu."""
    keys = "123456789abcdefghilmnoprstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return [Option(key, text) for key, text in zip(keys, texts, strict=False)]
