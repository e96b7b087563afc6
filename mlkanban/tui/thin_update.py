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
_NOWHERE = -1
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


class _Span:
    """Cells side by side that one look can write."""

    __slots__ = ("characters", "look", "x", "y")

    def __init__(self, y: int, x: int, look: _CellLook) -> None:
        self.y = y
        self.x = x
        self.look = look
        self.characters: list[str] = []

    @property
    def end(self) -> int:
        return self.x + len(self.characters)


class _Pen:
    """Collects the cells to write, then writes one look after the other: in true colour another
    look takes about 20 bytes, another place 8 at most."""

    def __init__(self, console: Console) -> None:
        self.system = console._color_system or ColorSystem.TRUECOLOR
        self._console = console
        self._whole: list[str] = []
        self._spans: list[_Span] = []

    def written(self) -> str:
        return "".join(self._whole) + _sequences(_by_look(self._spans))

    def write(self, x: int, y: int, strip: Strip) -> None:
        """A strip as Textual renders it."""
        self._whole += [f"\x1b[{y + 1};{x + 1}H", strip.render(self._console)]

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
        by_look: dict[_CellLook, _Span] = {}
        last = _Span(y, _NOWHERE, _PLAIN)
        for at, (character, look) in enumerate(zip(characters, looks, strict=True), x):
            if shown.characters[at] == character and shown.looks[at] == look:
                continue
            beside = last.end == at
            if beside and look.text and not last.look.text and _writes(look, last.look):
                last.look = look  # blanks are written with what follows them
                by_look[look] = last
            if not beside or not _writes(last.look, look):
                before = by_look.get(look)
                between = slice(before.end - x, at - x) if before else slice(0)
                if before and _worth_sending(before.look, looks[between]):
                    before.characters += characters[between]
                    last = before
                else:
                    last = by_look[look] = _Span(y, at, look)
                    self._spans.append(last)
            last.characters.append(character)


def _worth_sending(look: _CellLook, between: Sequence[_CellLook]) -> bool:
    """Whether cells that did not change are sent again rather than jumped over."""
    return len(between) <= _GAP and all(_writes(look, each) for each in between)


def _writes(now: _CellLook, look: _CellLook) -> bool:
    """Whether what is written with the look `now` looks like this."""
    if look.text:
        return look == now
    return look.ground == now.ground and not now.attributes & _SEEN_ON_BLANKS


def _by_look(spans: Sequence[_Span]) -> list[_Span]:
    """All spans of a look behind each other, and looks on the same ground. Blanks are written with
    whatever has their ground."""
    grounds = list(dict.fromkeys(span.look.ground for span in spans))
    looks: dict[_CellLook, _CellLook] = {}
    for span in spans:
        looks.setdefault(span.look, span.look)
    for look in looks:
        looks[look] = next((each for each in looks if each.text and _writes(each, look)), look)
    places = {look: place for place, look in enumerate(looks)}
    return sorted(
        spans, key=lambda span: (grounds.index(span.look.ground), places[looks[span.look]])
    )


def _sequences(spans: Sequence[_Span]) -> str:
    """What writes these spans, and ends with a plain look."""
    out: list[str] = []
    x = y = _NOWHERE
    now = _PLAIN
    for span in spans:
        if span.y != y or span.x < x:
            out.append(f"\x1b[{span.y + 1};{span.x + 1}H")
        elif span.x > x:
            out.append(f"\x1b[{span.x - x}C")
        if not _writes(now, span.look):
            codes, now = _change(now, span.look)
            out.append(codes)
        out += span.characters
        x, y = span.end, span.y
    return "".join(out) + (_RESET if now != _PLAIN else "")


def _change(now: _CellLook, look: _CellLook) -> tuple[str, _CellLook]:
    """What makes a terminal write with this look, and all of the look that it writes with then."""
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
    return f"\x1b[{';'.join(codes)}m", _CellLook(wanted, text, look.ground)


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
