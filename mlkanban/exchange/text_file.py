"""Read a text file from elsewhere: UTF-8 or UTF-16, small enough, and with nothing that a board
cannot keep."""

import codecs
import sys
import tomllib
from pathlib import Path
from typing import Any

from mlkanban import toml
from mlkanban.errors import BadInput
from mlkanban.text import display

MOST_BYTES = 64_000_000
LONGEST_LINE = 1_000_000
STDIN = Path("-")
"""Names what is piped in."""
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CUT = ("truncated data", "unexpected end of data")
"""What Python says of text whose last character lacks bytes."""


def bad(file: Path, line: int, what: str, hint: str) -> BadInput:
    """The error for a file, with the line where it is known (not 0)."""
    name = named(file)
    where = f"{name}, line {line}" if line else name
    return BadInput(display(f"{where}: {what}"), display(f"{hint} Nothing was written."))


def named(file: Path) -> str:
    """What a file is called in a sentence."""
    return "standard input" if file == STDIN else str(file)


def read_bytes(file: Path) -> bytes:
    """The content of a file, or of standard input for STDIN; BadInput when there is too much."""
    try:
        if file == STDIN:
            data = getattr(sys.stdin, "buffer", sys.stdin).read(MOST_BYTES + 1)
            data = data.encode() if isinstance(data, str) else data
        else:
            with file.open("rb") as stream:
                data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise bad(file, 0, f"cannot be read: {error.strerror}.", "Check the name.") from error
    if len(data) > MOST_BYTES:
        raise bad(file, 0, f"is larger than {MOST_BYTES // 1_000_000} MB.", "Split it.")
    return bytes(data)


def read_text(file: Path) -> str:
    """Read the text of a file; BadInput says what is wrong with it and where."""
    return decoded(file, read_bytes(file))


def decoded(file: Path, data: bytes, *, in_lines: bool = True) -> str:
    """The content of a file as text, `in_lines` of a reasonable length. UTF-16 is known by its byte
    order mark."""
    code = "utf-16" if data.startswith(_UTF_16) else "utf-8-sig"
    try:
        text = data.decode(code)
    except UnicodeDecodeError as error:
        name = "UTF-16" if code == "utf-16" else "UTF-8"
        line = data[: error.start].decode(code, "ignore").count("\n") + 1
        if error.end == len(data) and error.reason in _CUT:
            what = f"ends within a character of its {name} text."
            raise bad(file, line, what, "Is the file whole? Get it again.") from error
        raise bad(file, line, f"is not {name} text.", "Save the file as UTF-8.") from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise bad(file, line, "holds a NUL character.", "Export the file again as text.")
    for number, row in enumerate(text.split("\n") if in_lines else (), 1):
        if len(row) > LONGEST_LINE:
            raise bad(file, number, f"is longer than {LONGEST_LINE:,} characters.", "Is it text?")
    return text


def read_toml(file: Path) -> dict[str, Any]:
    """Read the tables of a TOML file; BadInput says where it is wrong."""
    try:
        return toml.parsed(read_text(file))
    except tomllib.TOMLDecodeError as error:
        raise bad(file, 0, f"is not TOML: {error}.", "Correct it there.") from error
