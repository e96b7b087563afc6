"""Text in terminal cells: cut, padded and broken into lines."""

import re
from textwrap import wrap

from rich.cells import cell_len, set_cell_size

_BAR = " | "
_PERCENT = re.compile(r"(\d) %")
_BEFORE_CUT = " ,;:.(="
_NUMBER = re.compile(r"[-+±<>=≤≥]*\.?\d(?:[\d.,:/-]*\d)?(?:e[-+]?\d+)?(?: ?%|[dhms](?![^\W\d_]))?")
"""A number with its sign and unit, as `.917`, `≥.95`, `14h`, `80 %`, and a day."""
_LONGEST_NUMBER = 24


def shortened(text: str, width: int, cut: str = "..") -> str:
    """`text` in at most `width` cells, with two dots where something was cut off; what would stand
    before these without a word is left out, and so is a number that would not be whole. What is
    drawn on a screen gives the `cut` of its glyphs, what is printed anywhere does without."""
    if cell_len(text) <= width:
        return text
    left = width - len(cut)
    kept = set_cell_size(text, width if left < 2 else left)
    if text.startswith(kept):
        kept = without_part_of_number(text, len(kept))
    if left < 2:
        return kept
    kept = kept.rstrip()
    return (kept.rstrip(_BEFORE_CUT) or kept) + cut


def without_part_of_number(text: str, end: int) -> str:
    """The first characters of `text`, up to `end`, or up to a number that goes on behind it. A
    number that is all there is stays in part."""
    begin = max(0, end - _LONGEST_NUMBER)
    for number in _NUMBER.finditer(text, begin, end + _LONGEST_NUMBER):
        if number.start() < end < number.end():
            return text[: number.start()] if text[: number.start()].strip() else text[:end]
    return text[:end]


def padded(text: str, width: int, cut: str = "..") -> str:
    """`text` in exactly `width` cells."""
    short = shortened(text, width, cut)
    return short + " " * (width - cell_len(short))


def wrapped(text: str, width: int, most: int, cut: str = "..") -> list[str]:
    """`text` in at most `most` lines of at most `width` cells, broken between words if that wastes
    little; the last line is cut where more does not fit."""
    if width < 1:
        return []
    lines: list[str] = []
    rest = text.strip()
    while rest and len(lines) < most - 1 and cell_len(rest) > width:
        head = set_cell_size(rest, width).rstrip()
        left = rest[len(head) :]
        space = head.rfind(" ")
        if not left.startswith(" ") and space >= width // 3:
            head, left = head[:space].rstrip(), rest[space:]
        lines.append(head)
        rest = left.lstrip()
    return [*lines, shortened(rest, width, cut)] if rest and most > 0 else lines


def wrapped_note(text: str, width: int) -> list[str]:
    """Break at the bars between parts if possible, else between words."""
    lines: list[str] = []
    # A number is not torn from its sign: 50 %.
    text = _PERCENT.sub("\\1\N{NO-BREAK SPACE}%", text)
    for part in text.split(_BAR):
        if lines and len(lines[-1]) + len(_BAR) + len(part) <= width:
            lines[-1] += _BAR + part
        else:
            lines += wrap(part, max(1, width)) or [""]
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]
