"""THE table of characters that are drawn beside letters, digits and punctuation.

Each has a form for UTF-8 and one for ASCII. The console of Linux (TERM=linux) has the characters of
code page 437 and no more: what is not among them is drawn there as in ASCII. A character is one
cell wide in every terminal, so there are no emoji here.
"""

import re
from collections.abc import Mapping
from dataclasses import field, fields
from functools import cache
from typing import Any, Literal

from mlkanban.records import record

Characters = Literal["utf-8", "linux", "ascii"]
"""Which characters a terminal can show."""


def _glyph(utf8: str, ascii: str, *, cp437: bool = True, linux: str = "") -> Any:
    linux = linux or (utf8 if cp437 else ascii)
    return field(metadata={"utf-8": utf8, "linux": linux, "ascii": ascii})


_BEFORE_POINT = re.compile(r"(?<![\w.,:/-])([-+]?)0(?=\.\d+(?![\w.]*\w))")
"""The zero of a number below 1 that stands by itself: not that of a version or in a name."""


@record(frozen=True, slots=True)
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
    marked: str = _glyph("◆", "#", cp437=False)
    blocked: str = _glyph("■", "!")
    running: str = _glyph("►", ">")
    queued: str = _glyph("•", "*")
    unseen: str = _glyph("?", "?")
    ticked: str = _glyph("✓", "+", cp437=False)
    failed: str = _glyph("✗", "X", cp437=False)
    open: str = _glyph("·", ".")
    high: str = _glyph("▲", "^")
    urgent: str = _glyph("▲▲", "^^")

    # Between words
    cut: str = _glyph("…", "..", cp437=False)
    to: str = _glyph("→", "->")
    waits_for: str = _glyph("←", "<-")
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
    spark: str = _glyph("▁▂▃▄▅▆▇█", "_.-=^", cp437=False)
    point: str = _glyph("●", "o", cp437=False)
    ring: str = _glyph("○", "o")
    double_rule: str = _glyph("═", "=")
    spread: str = _glyph("─", "-")

    @property
    def ascii(self) -> bool:
        """Whether all that is drawn, texts too, has to be ASCII."""
        return self.characters == "ascii"

    def figures(self, text: str) -> str:
        """A sentence about metrics with its numbers as cards have them: `≥.95` for `>=0.95`, `.94
        ±.01` for `0.94 +- 0.01`."""
        text = text.replace("+- ", "+-")
        return _BEFORE_POINT.sub(r"\1", self.compared(text))

    def compared(self, text: str) -> str:
        """A text that compares numbers, `>=0.95`, `0.94 +- 0.01`, with the signs for that."""
        for written, sign in (*self._signs, ("+/-", self.plus_minus)):
            text = text.replace(written, sign)
        return text

    def cell(self, text: str) -> str:
        """A cell of a table: figures with the signs for that, words and titles as they are."""
        return text if any(map(str.isalpha, text)) else self.compared(text)

    def as_typed(self, text: str) -> str:
        """A compared text as it was before: `>=0.95`, `0.94 +- 0.01`."""
        for written, sign in self._signs:
            text = text.replace(sign, written)
        return text

    @property
    def _signs(self) -> tuple[tuple[str, str], ...]:
        return ((">=", self.at_least), ("<=", self.at_most), ("+-", self.plus_minus))

    def drawn(self, text: str) -> str:
        """A text written in the characters of UTF-8 with those of this terminal; what is no
        character of the table stays."""
        return text.translate(_translation(self)) if self.characters != "utf-8" else text


@cache
def glyphs(characters: Characters) -> Glyphs:
    table = {f.name: f.metadata[characters] for f in fields(Glyphs) if f.metadata}
    return Glyphs(characters, **table)


UTF8 = glyphs("utf-8")

ONE_LETTER = str.maketrans(
    {
        drawn: letter
        for glyph in fields(Glyphs)
        if glyph.metadata and len(glyph.metadata["utf-8"]) == len(glyph.metadata["ascii"])
        for drawn, letter in zip(glyph.metadata["utf-8"], glyph.metadata["ascii"], strict=True)
    }
    | {UTF8.cut: "."}
)
"""For texts whose columns are laid out already. A glyph that means several things (the spine, which
is the same for all states) has the letter of one of them."""


@cache
def _translation(used: Glyphs) -> dict[int, str]:
    """What stands for each character of the table. Shades are told apart by other things."""
    table: dict[int, str] = {}
    for entry in fields(Glyphs):
        ours, theirs = str(getattr(UTF8, entry.name)), str(getattr(used, entry.name))
        if entry.metadata and entry.name != "shades" and len(ours) == 1:
            table.setdefault(ord(ours), theirs)
        elif entry.name == "eighths":
            table |= {ord(one): other for one, other in zip(ours, theirs, strict=True)}
    return table


def terminal_glyphs(environ: Mapping[str, str], *, ascii: bool) -> Glyphs:
    """The glyphs for a terminal by its TERM and the characters of the locale, or those of ASCII if
    a person wants these."""
    if ascii or not _shows_utf8(environ):
        return glyphs("ascii")
    return glyphs("linux" if environ.get("TERM") == "linux" else "utf-8")


def _shows_utf8(environ: Mapping[str, str]) -> bool:
    """No, where the locale is C or names other characters; where there is none, terminals of today
    do."""
    names = (environ.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    locale = next(filter(None, names), "")
    characters = locale.partition(".")[2].partition("@")[0].lower().replace("-", "")
    return locale not in ("C", "POSIX") and characters in ("", "utf8")
