"""Text in terminal cells: cut, padded and broken into lines."""

from textwrap import wrap

from rich.cells import cell_len, set_cell_size

_BAR = " | "
_BEFORE_CUT = " ,;:.("


def shortened(text: str, width: int, cut: str = "..") -> str:
    """`text` in at most `width` cells, with two dots where something was cut off; what would stand
    before these without a word is left out. What is drawn on a screen gives the `cut` of its
    glyphs, what is printed anywhere does without."""
    if cell_len(text) <= width:
        return text
    left = width - len(cut)
    if left < 2:
        return set_cell_size(text, width)
    kept = set_cell_size(text, left).rstrip()
    return (kept.rstrip(_BEFORE_CUT) or kept) + cut


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
    for part in text.split(_BAR):
        if lines and len(lines[-1]) + len(_BAR) + len(part) <= width:
            lines[-1] += _BAR + part
        else:
            lines += wrap(part, max(1, width)) or [""]
    return lines
