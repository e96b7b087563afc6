"""What our programs may send to a terminal, and nothing else."""

import re
import unicodedata
from base64 import b64decode
from collections.abc import Iterator

_SEQUENCE = re.compile(r"\x1b(?:\[([<=>?]?)([0-9;]*)([ -/]*)([@-~])|\]([^\x07\x1b]*)\x07|)")
_MODES = frozenset({"7", "25", "1000", "1003", "1004", "1006", "1015", "1049", "2004", "2026"})
_ASKS = frozenset({("?", "2026", "$", "p")})
_KITTY_KEYS = frozenset({(">", "25", "", "u"), ("=", "4;2", "", "u"), ("<", "", "", "u")})
_STYLES = frozenset({0, 1, 2, 3, 4, 7, 9, 22, 23, 24, 27, 29, 39, 49})
_COLOURS = frozenset({*range(30, 38), *range(40, 48), *range(90, 98), *range(100, 108)})
_POINTER = re.compile(r"22;[a-z]+")
_COPIED = re.compile(r"52;c;([A-Za-z0-9+/=]*)")
_CARD = re.compile(rb"[a-z]{1,2}[0-9]+")
_TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def strangers(raw: bytes, size: tuple[int, int], *, screen: bool) -> list[str]:
    """What a terminal of (columns, rows) got that it should not have, each with what stood around
    it. A command may use styles alone, a screen of ours the few sequences that it draws with."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        return [f"no UTF-8: {raw[max(0, error.start - 40) : error.end + 10]!r}"]
    return [
        f"{what} in {text[max(0, at - 60) : at + 60]!r}" for at, what in _found(text, size, screen)
    ]


def _found(text: str, size: tuple[int, int], screen: bool) -> Iterator[tuple[int, str]]:
    ends = 0
    for at, character in enumerate(text):
        if at < ends:
            continue
        if character == "\x1b":
            found = _SEQUENCE.match(text, at)
            assert found is not None
            ends = found.end()
            if not _known(found, size, screen):
                yield at, repr(found[0])
        elif character == "\r":
            # A pseudo-terminal makes CR LF of LF; a bare one would go back and write over the line.
            if not text[at:].lstrip("\r").startswith("\n"):
                yield at, "a bare CR"
        elif _stranger(character) and (screen or character != "\t"):
            yield at, f"U+{ord(character):04X}"


def _stranger(character: str) -> bool:
    return (
        (character < " " and character != "\n")
        or "\x7f" <= character <= "\x9f"
        or character in "\u061c\u200e\u200f\u2028\u2029\ufeff"
        or unicodedata.bidirectional(character) in _TURNING
    )


def _known(found: re.Match[str], size: tuple[int, int], screen: bool) -> bool:
    mark, numbers, between, end, command = found.groups()
    if end == "m" and not mark + between:
        return _style([int(number or 0) for number in numbers.split(";")])
    if not screen:
        return False
    if command is not None:
        copied = _COPIED.fullmatch(command)
        return bool(
            _POINTER.fullmatch(command) or (copied and _CARD.fullmatch(b64decode(copied[1])))
        )
    if end == "H" and not mark + between:
        row, column = (int(number) for number in (numbers or "1;1").split(";"))
        return row <= size[1] and column <= size[0]
    if end == "C" and not mark + between:
        return int(numbers or 1) < size[0]
    if end in ("h", "l") and mark == "?":
        return numbers in _MODES
    return (mark, numbers, between, end) in _ASKS | _KITTY_KEYS


def _style(numbers: list[int]) -> bool:
    while numbers:
        first, *rest = numbers
        if first in (38, 48):
            if rest[:1] not in ([2], [5]):
                return False
            rest = rest[4 if rest[0] == 2 else 2 :]
        elif first not in _STYLES | _COLOURS:
            return False
        numbers = rest
    return True
