"""THE table of characters that are drawn beside letters, digits and punctuation.

Each has a form for UTF-8 and one for ASCII. The console of Linux (TERM=linux) has the characters of
code page 437 and no more: what is not among them is drawn there as in ASCII. A character is one
cell wide in every terminal, so there are no emoji here.
"""

from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, Literal

Characters = Literal["utf-8", "linux", "ascii"]
"""Which characters a terminal can show."""


def _glyph(utf8: str, ascii: str, *, cp437: bool = True, linux: str = "") -> Any:
    linux = linux or (utf8 if cp437 else ascii)
    return field(metadata={"utf-8": utf8, "linux": linux, "ascii": ascii})


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters of one kind of terminal; `glyphs` has them."""

    characters: Characters

    # The left edge of a card, by its state. Without a colour for idle ones `thin_spine` stands out
    # less.
    spine: str = _glyph("▌", "|")
    thin_spine: str = _glyph("│", "|")
    spine_alarm: str = _glyph("▌", "!")
    spine_live: str = _glyph("▌", ">")
    spine_clock: str = _glyph("▌", "~")
    spine_cursor: str = _glyph("█", ">")

    # States
    marked: str = _glyph("◆", "+", cp437=False)
    blocked: str = _glyph("■", "!")
    running: str = _glyph("►", ">")
    queued: str = _glyph("•", "*")
    ticked: str = _glyph("✓", "x", cp437=False)
    failed: str = _glyph("✗", "X", cp437=False)
    open: str = _glyph("·", ".")
    high: str = _glyph("▲", "^")
    urgent: str = _glyph("▲▲", "^^")
    best: str = _glyph("*", "*")

    # Between words
    cut: str = _glyph("…", "..", cp437=False)
    to: str = _glyph("→", "->")
    at_least: str = _glyph("≥", ">=")
    at_most: str = _glyph("≤", "<=")
    plus_minus: str = _glyph("±", "+-")
    sorted: str = _glyph("▼", "v")
    more_left: str = _glyph("◄", "<")
    more_right: str = _glyph("►", ">")
    more_up: str = _glyph("▲", "^")
    more_down: str = _glyph("▼", "v")
    previous: str = _glyph("‹", "<", cp437=False)
    next: str = _glyph("›", ">", cp437=False)

    # Rules, meters, bars
    rule: str = _glyph("─", "-")
    heavy_rule: str = _glyph("━", "=", cp437=False)
    heavy_rule_end: str = _glyph("╸", "=", cp437=False)
    dashed_rule: str = _glyph("┄", "-", cp437=False)
    upright: str = _glyph("│", "|")
    dashed_upright: str = _glyph("┊", ":", cp437=False)
    axis_tick: str = _glyph("┤", "+")
    axis_corner: str = _glyph("└", "+")
    axis_tick_below: str = _glyph("┬", "+")
    full: str = _glyph("█", "#")
    shades: str = _glyph("█▓▒░", "#dtr")
    eighths: str = _glyph("▁▂▃▄▅▆▇█", "...::###", linux="▄▄▄▄▄███")
    point: str = _glyph("●", "o", cp437=False)
    ring: str = _glyph("○", "o")
    double_rule: str = _glyph("═", "=")
    spread: str = _glyph("─", "-")

    @property
    def ascii(self) -> bool:
        """Whether all that is drawn, texts too, has to be ASCII."""
        return self.characters == "ascii"


@cache
def glyphs(characters: Characters) -> Glyphs:
    table = {f.name: f.metadata[characters] for f in fields(Glyphs) if f.metadata}
    return Glyphs(characters, **table)


UTF8 = glyphs("utf-8")


def terminal_glyphs(term: str, *, ascii: bool) -> Glyphs:
    """The glyphs for a terminal by its TERM, or those of ASCII if a person wants these."""
    return glyphs("ascii" if ascii else "linux" if term == "linux" else "utf-8")
