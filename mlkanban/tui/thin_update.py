"""Sends to the terminal only the cells that changed, and of their looks only what changes.

Textual sends every line of a changed region from the left edge of its widget on (in 8.2.8
`ChopsUpdate.render_segments` crops at the right end alone), and all colours of each part with a
reset behind it: a cursor key costs five times as much in the last stage as in the first. Here each
line is compared with what the terminal shows already, that of a whole screen too: opening a
question lays the screen out anew. What the terminal shows is forgotten where it may be otherwise:
after another size and after another program.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console, RenderableType
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import Strip

_RESET = "\x1b[0m"
_CLOSING = {"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "7": "27", "9": "29"}
"""What ends an attribute. Any other one is ended by a reset."""
_SEEN_ON_BLANKS = frozenset("47") | {"5", "9", "21", "51", "52", "53"}
"""Attributes that a blank shows: underline, reverse video, strike through and the like."""
_GAP = 4
"""So many cells that did not change are sent again rather than jumped over."""
_UNKNOWN = "\0"
# Latin, Greek, Cyrillic, punctuation, arrows, lines, blocks, braille: one cell in every terminal.
_NARROW = re.compile("[ -~\xa0-\u052f\u1e00-\u1fff\u2010-\u22ff\u2500-\u25fc\u2800-\u28ff✓✗]*")


class _CellLook(NamedTuple):
    """How a cell looks, in parameters of SGR sequences. A blank that shows no more than its ground
    has no `text` colour."""

    attributes: frozenset[str]
    text: str
    ground: str


_PLAIN = _CellLook(frozenset(), "39", "49")


class _ScreenLine:
    """What the terminal shows in a line, cell by cell."""

    __slots__ = ("characters", "looks")

    def __init__(self, characters: list[str], looks: list[_CellLook]) -> None:
        self.characters = characters
        self.looks = looks


class ThinUpdates:
    """Makes updates thin; knows what the terminal shows since the last `forget`."""

    def __init__(self) -> None:
        self._lines: dict[int, _ScreenLine] = {}

    def thin(self, renderable: RenderableType | None) -> RenderableType | None:
        """The same update, thin. What is no update of a screen is left as it is."""
        if type(renderable) is ChopsUpdate:
            return _ThinChops(renderable, self)
        if type(renderable) is LayoutUpdate:
            return _ThinLayout(renderable, self)
        if renderable is not None:
            self.forget()
        return renderable

    def forget(self) -> None:
        """Something else may have written to the terminal."""
        self._lines.clear()

    def paint(self, pen: "_Pen", y: int, x: int, strip: Strip, left: int, right: int) -> None:
        """Bring the cells from `left` to `right` of a strip that begins at (x, y) to the screen."""
        right = min(right, x + strip.cell_length)
        if left >= right:
            return
        shown = self._lines.setdefault(y, _ScreenLine([], []))
        if (missing := right - len(shown.characters)) > 0:
            shown.characters += [_UNKNOWN] * missing
            shown.looks += [_PLAIN] * missing
        drawn = _cells(strip, pen.system)
        if drawn is None:
            pen.write(x, y, strip.crop(0, right - x))
            shown.characters[x:right] = [_UNKNOWN] * (right - x)
            return
        characters = drawn.characters[left - x : right - x]
        looks = drawn.looks[left - x : right - x]
        pen.draw(left, y, shown, characters, looks)
        shown.characters[left:right] = characters
        shown.looks[left:right] = looks


class _ThinChops(ChopsUpdate):
    """An update of some regions."""

    def __init__(self, plain: ChopsUpdate, terminal: ThinUpdates) -> None:
        super().__init__(plain.chops, plain.spans, plain.chop_ends)
        self._terminal = terminal

    def render_segments(self, console: Console) -> str:
        pen = _Pen(console)
        for y, x1, x2 in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                if strip is not None:
                    self._terminal.paint(pen, y, x, strip, max(x, x1), min(end, x2))
        return pen.written()


class _ThinLayout(LayoutUpdate):
    """A whole screen."""

    def __init__(self, plain: LayoutUpdate, terminal: ThinUpdates) -> None:
        super().__init__(plain.strips, plain.region)
        self._terminal = terminal

    def render_segments(self, console: Console) -> str:
        pen = _Pen(console)
        for y, line in enumerate(self.strips, self.region.y):
            x = self.region.x
            for strip in line:
                self._terminal.paint(pen, y, x, strip, x, x + strip.cell_length)
                x += strip.cell_length
        return pen.written()


class _Pen:
    """Writes cells, and knows where the terminal's cursor is and what looks it writes with."""

    def __init__(self, console: Console) -> None:
        self.system = console._color_system or ColorSystem.TRUECOLOR
        self._console = console
        self._out: list[str] = []
        self._x = self._y = -1
        self._look = _PLAIN

    def written(self) -> str:
        return "".join(self._out) + (_RESET if self._look is not _PLAIN else "")

    def write(self, x: int, y: int, strip: Strip) -> None:
        """A strip as Textual renders it."""
        if self._look is not _PLAIN:
            self._out.append(_RESET)
        self._out += [f"\x1b[{y + 1};{x + 1}H", strip.render(self._console)]
        self._x, self._look = -1, _PLAIN

    def draw(
        self,
        x: int,
        y: int,
        shown: _ScreenLine,
        characters: Sequence[str],
        looks: Sequence[_CellLook],
    ) -> None:
        """The cells from (x, y) on that look otherwise than those shown."""
        end = x + len(characters)
        if shown.characters[x:end] == characters and shown.looks[x:end] == looks:
            return
        for at, (character, look) in enumerate(zip(characters, looks, strict=True)):
            if shown.characters[x + at] == character and shown.looks[x + at] == look:
                continue
            self._go_to(x + at, y, x, characters, looks)
            self._put(character, look)

    def _go_to(
        self, x: int, y: int, start: int, characters: Sequence[str], looks: Sequence[_CellLook]
    ) -> None:
        if y == self._y and self._x == x:
            return
        gap = x - self._x
        if y != self._y or self._x < start:
            self._out.append(f"\x1b[{y + 1};{x + 1}H")
        elif gap <= _GAP and all(map(self._writes, looks[self._x - start : x - start])):
            self._out += characters[self._x - start : x - start]
        else:
            self._out.append(f"\x1b[{gap}C")
        self._x, self._y = x, y

    def _writes(self, look: _CellLook) -> bool:
        """Whether what is written now looks like this."""
        now = self._look
        if look.text:
            return look == now
        return look.ground == now.ground and not now.attributes & _SEEN_ON_BLANKS

    def _put(self, character: str, look: _CellLook) -> None:
        if not self._writes(look):
            self._change(look)
        self._out.append(character)
        self._x += 1

    def _change(self, look: _CellLook) -> None:
        now = self._look
        text = look.text or now.text
        wanted = look.attributes if look.text else now.attributes - _SEEN_ON_BLANKS
        ended = now.attributes - wanted
        if ended <= _CLOSING.keys():
            codes = sorted({_CLOSING[code] for code in ended})
            again = {code for code in wanted & now.attributes if _CLOSING.get(code) in codes}
            codes += sorted(again | (wanted - now.attributes))
        else:
            now = _PLAIN
            codes = ["0", *sorted(wanted)]
        if text != now.text:
            codes.append(text)
        if look.ground != now.ground:
            codes.append(look.ground)
        self._out.append(f"\x1b[{';'.join(codes)}m")
        self._look = _CellLook(wanted, text, look.ground)


def _cells(strip: Strip, system: ColorSystem) -> _ScreenLine | None:
    """The cells of a strip. None where terminals may disagree about how many cells a character
    takes, or where there are links."""
    characters: list[str] = []
    looks: list[_CellLook] = []
    for text, style, control in strip:
        if control:
            continue
        if not (text.isascii() or _one_cell_each(text)) or (style and style.link):
            return None
        look = _look(style, system) if style else _PLAIN
        characters += text
        if " " in text:
            blank = _blank(look)
            looks += [blank if character == " " else look for character in text]
        else:
            looks += [look] * len(text)
    return _ScreenLine(characters, looks)


def _one_cell_each(text: str) -> bool:
    return _NARROW.fullmatch(text) is not None and cell_len(text) == len(text)


@lru_cache(4096)
def _look(style: Style, system: ColorSystem) -> _CellLook:
    codes = iter(Strip.render_ansi(style, system).split(";"))
    attributes, text, ground = set(), "39", "49"
    for code in codes:
        if code in ("38", "48"):
            kind = next(codes)
            colour = ";".join([code, kind, *(next(codes) for _ in range(3 if kind == "2" else 1))])
            text, ground = (colour, ground) if code == "38" else (text, colour)
        elif code.isdigit() and (30 <= int(code) <= 39 or 90 <= int(code) <= 97):
            text = code
        elif code.isdigit() and (40 <= int(code) <= 49 or 100 <= int(code) <= 107):
            ground = code
        elif code:
            attributes.add(code)
    return _CellLook(frozenset(attributes), text, ground)


@lru_cache(4096)
def _blank(look: _CellLook) -> _CellLook:
    """The look of a blank: a colour that it does not show costs nothing."""
    if look.attributes & _SEEN_ON_BLANKS:
        return look
    return _CellLook(frozenset(), "", look.ground)
