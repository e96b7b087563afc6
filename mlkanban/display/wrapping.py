"""Sentences in lines."""

from textwrap import wrap

_BAR = " | "


def wrapped_note(text: str, width: int) -> list[str]:
    """Break at the bars between parts if it can be, else between words."""
    lines: list[str] = []
    for part in text.split(_BAR):
        if lines and len(lines[-1]) + len(_BAR) + len(part) <= width:
            lines[-1] += _BAR + part
        else:
            lines += wrap(part, max(1, width)) or [""]
    return lines
