"""User text is data: how it is displayed anywhere, and which text is accepted.

Titles, notes and logs come from imports and colleagues. Printed raw they could drive the terminal
(clipboard, window title) or reorder a line; so every output passes through `display`.
"""

from collections.abc import Sequence
from unicodedata import category, east_asian_width

from mlkanban.errors import UsageProblem
from mlkanban.patterns import pattern

# C0 except tab, DEL, C1, bidi controls, line/paragraph separators, BOM, lone surrogates.
_UNSAFE = pattern(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_UNSAFE_IN_LINES = pattern(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_REFUSED = pattern("[\x00\ud800-\udfff]")
_UNSTEADY = pattern("[\u200d\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff]")
_LINE_END = pattern("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
_FLAG = pattern("[\U0001f1e6-\U0001f1ff]")

_NUMBERS = pattern(r"0*([0-9]+)")

MAX_TEXT = 1_000_000
NAME_CELLS = 24


def display(text: str) -> str:
    """One line of stored text, safe to print: every control character becomes U+FFFD."""
    return text if text.isascii() and text.isprintable() else _UNSAFE.sub("\ufffd", text)


def short_name(text: str) -> str:
    """The name of a person or machine within a sentence: safe to print and at most NAME_CELLS wide,
    since others may have written anything there."""
    shown = display(text[: NAME_CELLS + 1])
    if _cells(shown) <= NAME_CELLS:
        return shown
    while _cells(shown) > NAME_CELLS - 2:
        shown = shown[:-1]
    return shown + ".."


def _cells(text: str) -> int:
    return sum(1 + (east_asian_width(letter) in "WF") for letter in text)


def display_lines(text: str) -> str:
    """Stored text of several lines, safe to print; line feeds stay."""
    return _UNSAFE_IN_LINES.sub("\ufffd", text.replace("\r\n", "\n"))


def tidy(text: str) -> str:
    """Stored or typed text of several lines as documents have it: safe to show, no blanks at the
    ends of lines, no blank lines around it."""
    lines = [line.rstrip(" \t") for line in display_lines(text).split("\n")]
    return "\n".join(lines).strip("\n")


def lines_of(text: str) -> list[str]:
    """The lines of a text from anywhere: terminals end pasted lines with CR, Windows with CR and
    LF."""
    return _LINE_END.split(text)


def steady(text: str) -> str:
    """`text` without characters whose width terminals disagree about.

    Joined emoji become single ones, flags letters; variation selectors, skin tones and keycaps are
    removed. Columns then line up in every terminal.
    """
    text = text.replace("\t", " ")
    if text.isascii():
        return text
    return _FLAG.sub(lambda c: chr(ord(c[0]) - 0x1F1E6 + ord("A")), _UNSTEADY.sub("", text))


def cell_text(text: str) -> str:
    """One line of stored text as it stands where columns have to fit: safe to print, and as wide in
    every terminal."""
    return steady(display(text))


def ascii_only(text: str) -> str:
    """`text` for a terminal that only shows ASCII, as wide as before: of a glyph stays its form of
    one letter, each other character becomes `?`."""
    if not text.isascii():
        # Most texts are ASCII.
        from mlkanban.glyphs import ONE_LETTER

        text = text.translate(ONE_LETTER)
    return text.encode("ascii", "replace").decode("ascii")


def quantity(number: int, what: str, several: str = "") -> str:
    """A count with its noun: `1 card`, `2 cards`, `0 cards`; `several` where the plural does not
    end in s."""
    return f"{number:,} {what if number == 1 else several or what + 's'}"


def next_cards(count: int) -> str:
    """`the next card`, `the next 2 cards`."""
    return f"the next {'card' if count == 1 else quantity(count, 'card')}"


LONG_TITLE, MANY_TAGS, MANY_LINKS = 1_000, 50, 8
"""So much is shown of a title, and so many tags and links, on a page about one card."""


def some(words: Sequence[str], most: int) -> list[str]:
    """The first `most` words, and how many more there are: `+4,990 more`."""
    more = len(words) - most
    return [*words[:most], f"+{more:,} more"] if more > 0 else list(words)


def natural(text: str) -> tuple[tuple[int, str], ...]:
    """A sort key under which numbers in texts count as numbers: `trial 2` before `trial 10`."""
    parts = _NUMBERS.split(text)
    return tuple((len(part) if at % 2 else 0, part) for at, part in enumerate(parts))


def beginning(text: str, most: int) -> str:
    """The text, or the beginning of a very long one: `The quick .. (+99,000 characters)`."""
    more = len(text) - most
    return f"{text[:most]} .. (+{more:,} characters)" if more > 0 else text


def keepable(text: str) -> bool:
    """Whether a board can store the text: it has no NUL and no half character."""
    return _REFUSED.search(text) is None


def made_keepable(text: str) -> str:
    """Output of a program, with U+FFFD for characters that no board can store; people are asked
    instead."""
    return _REFUSED.sub("\ufffd", text)


def accept(text: str, what: str) -> str:
    """`text` if it may be stored, else a UsageProblem that names `what` (a field or a place)."""
    match = _REFUSED.search(text)
    if match:
        raise UsageProblem(
            f"{what} holds the character U+{ord(match[0]):04X} at position {match.start() + 1}, "
            "which no board can keep.",
            "Remove it and try again.",
        )
    if len(text) > MAX_TEXT:
        raise UsageProblem(
            f"{what} has {len(text):,} characters; {MAX_TEXT:,} is the most a field can keep.",
            "Put the text in a file and link it.",
        )
    return text


def accept_title(text: str) -> str:
    """The title of a card, board or stage as it is stored: one line, not empty."""
    title = " ".join(lines_of(accept(text, "the title"))).strip()
    if not is_seen(title):
        raise UsageProblem("A title is needed.", "Type a few words.")
    return title


_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that are drawn as blanks: fillers of Hangul, Braille without dots."""


def is_seen(text: str) -> bool:
    """Whether anything of the text is to be seen: more than blanks and characters without width."""
    return any(
        not character.isspace() and category(character) != "Cf" and character not in _BLANK
        for character in text
    )
