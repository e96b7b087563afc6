"""The page of help as columns of sections: keys by group, signs, states, and what to do when."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from mlkanban.display.card_face import Line, Piece
from mlkanban.display.lines import fitted, labelled, paragraph, rule, side_by_side, width_of
from mlkanban.display.signs import ON_CARDS, OVER_STAGES, Sign
from mlkanban.glyphs import UTF8, Glyphs
from mlkanban.tui.commands import BOARD, BY_NAME, CARD, RUNS, Command, keys_shown, most_used
from mlkanban.tui.help_text import SITUATIONS, with_keys

_TWO_COLUMNS, _THREE_COLUMNS, _GAP = 88, 132, 2
_STATES = (
    ("queued", "SLURM or the queue has it, and has not started it"),
    ("starting", "it has no process yet"),
    ("running", "its processes are alive, or SLURM says so"),
    ("orphan", "it runs, but nothing watches it; how it ends will be known"),
    ("finished", "exit status 0: its card went on"),
    ("failed", "any other exit status: its card is blocked"),
    ("killed", "a person stopped it: its card is not blocked"),
    ("lost", "no process is left, and no exit status was written"),
    ("unknown", "it is elsewhere: nobody can see it from here"),
    ("stale", "it is elsewhere, and gives no sign of life any more"),
    ("tracked", "a tracker tells of it; that moves no card"),
)
"""Of a run, on the screen of runs."""
_MOST_USED = "Most used"
_OF_THE_WAY = (BY_NAME["cursor.down"].group, BY_NAME["triage"].group)
_QUESTIONS = (
    ("Enter", "saves, or takes the answer"),
    ("Ctrl+g Esc", "cancels"),
    ("click", "selects, or does what a key in the last line does"),
    ("double click", "opens"),
    ("drag", "moves the card"),
    ("wheel", "scrolls"),
)


class Row(NamedTuple):
    """A key, sign or situation, what it does or means, and by which other words it is found."""

    left: str
    text: str
    also: str = ""


class HelpSection(NamedTuple):
    """A title, its rows, how wide their left part is, and its colour, which is that of keys where
    there are keys or signs in it."""

    title: str
    rows: tuple[Row, ...]
    left: int
    role: str = "focus"

    def found(self, words: Sequence[str]) -> "HelpSection":
        """The rows that have all the words, or all rows where the title has them."""
        if all(word in self.title.casefold() for word in words):
            return self
        rows = (row for row in self.rows if _has(row, words))
        return self._replace(rows=tuple(rows))


def sections(about: str, commands: Iterable[Command], group: str = "") -> list[list[HelpSection]]:
    """What help says of a screen: the keys that are used most, the groups of the others, and what
    else there is. `group` is that of the key pressed last, which comes first with all its keys,
    unless that key only moved the cursor or opened a screen."""
    commands = tuple(commands)
    group = "" if group in _OF_THE_WAY else group
    used = {name: at for at, name in enumerate(most_used(about))}
    groups: dict[str, list[Row]] = {group: [], _MOST_USED: []}
    often = []
    for command in commands:
        if about in command.where:
            row = Row(keys_shown(command), command.help, command.title)
            if command.name in used and command.group != group:
                often.append((used[command.name], row))
            else:
                groups.setdefault(command.group, []).append(row)
    groups[_MOST_USED] = [row for _, row in sorted(often)]
    keys = [HelpSection(name, tuple(rows), 15) for name, rows in groups.items() if rows]
    rest = []
    if about in (BOARD, CARD):
        rest += [_signs("Signs over a stage", OVER_STAGES), _signs("Signs on a card", ON_CARDS)]
    if about == RUNS:
        rest.append(HelpSection("States of a run", tuple(Row(*state) for state in _STATES), 10))
    if situations := SITUATIONS.get(about):
        rows = tuple(Row(when, with_keys(text, commands)) for when, text in situations)
        left = max(cell_len(row.left) for row in rows) + 2
        rest.append(HelpSection("What to do when", rows, left, "title"))
    rest.append(HelpSection("Questions and the mouse", tuple(Row(*row) for row in _QUESTIONS), 13))
    return [keys, rest]


def _signs(title: str, signs: Iterable[Sign]) -> HelpSection:
    return HelpSection(title, tuple(Row(sign.example, sign.meaning) for sign in signs), 17)


def page(
    parts: Sequence[Sequence[HelpSection]], width: int, glyphs: Glyphs, search: str = ""
) -> list[Line]:
    """The lines of help in as many columns as the width has room for, each line `width` cells at
    most. With `search` only the rows that have all its words."""
    words = search.casefold().split()
    keys, rest = ([found for one in part if (found := one.found(words)).rows] for part in parts)
    count = 3 if width >= _THREE_COLUMNS else 2 if width >= _TWO_COLUMNS else 1
    room = (width - (count - 1) * _GAP) // count
    if not keys and not rest:
        return [[Piece(f"Nothing here has {search!r} in it.", "dim")]]
    if count == 1:
        # Signs are looked for more often than keys that are seldom used.
        signs = [one for one in rest if one.title.startswith("Signs")]
        stacked = [*keys[:1], *signs, *keys[1:], *(one for one in rest if one not in signs)]
        columns = [stacked]
    elif count == 2:
        columns = [keys, rest]
    else:
        columns = [*_halves(keys, room, glyphs), rest]
    drawn = [[line for one in column for line in _drawn(one, room, glyphs)] for column in columns]
    lines, *others = [column for column in drawn if column]
    for at, column in enumerate(others, 1):
        lines = side_by_side(lines, column, at * (room + _GAP), glyphs)
    return lines


def _halves(some: Sequence[HelpSection], room: int, glyphs: Glyphs) -> list[list[HelpSection]]:
    """Sections in two columns of about the same height, in their order."""
    heights = [len(_drawn(one, room, glyphs)) for one in some]
    cut = min(range(len(some) + 1), key=lambda at: max(sum(heights[:at]), sum(heights[at:])))
    return [list(some[:cut]), list(some[cut:])]


def _drawn(section: HelpSection, room: int, glyphs: Glyphs) -> list[Line]:
    """A heading with its rule, the rows, and a blank line."""
    lines = [rule([Piece(section.title, "title")], room, glyphs)]
    inset = min(section.left, max(6, room // 2))
    for left, text, _ in section.rows:
        label = [Piece(f" {_as_drawn(left, glyphs)}", section.role)]
        if width_of(label) > inset:
            lines.append(fitted(label, room, glyphs))
            label = []
        body = paragraph(_as_drawn(text, glyphs), "text", max(8, room - inset - 1), glyphs)
        lines += labelled(label, inset + 1, body)
    return [*lines, []]


def _as_drawn(text: str, glyphs: Glyphs) -> str:
    """A sign, or a text with signs in it, as this terminal shows it on cards. Bars are those of the
    values of a run here, which some terminals draw otherwise than bars of charts."""
    steps = len(glyphs.spark)
    bars = {ord(bar): glyphs.spark[at * steps // len(UTF8.spark)]
            for at, bar in enumerate(UTF8.spark)}  # fmt: skip
    return glyphs.drawn(text.translate(bars))


def _has(row: Row, words: Sequence[str]) -> bool:
    text = " ".join(row).casefold()
    return all(word in text for word in words)
