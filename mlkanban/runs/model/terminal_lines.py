"""A log as a terminal would leave it: progress bars in their last state, without control sequences.

A terminal of unlimited width: carriage returns, backspaces, moves of the cursor and erasing act as
they do there; colours, titles and everything else that is no text is left out.
"""

from __future__ import annotations

import re
from unicodedata import east_asian_width

LONGEST = 100_000
"""The cells of a line; the rest of a longer one is counted, not kept."""
REACH = 100
"""How many lines above the last a program can still change."""
_LONGEST_ESCAPE = 4096
_TOKEN = re.compile(
    r"(?P<text>[^\x00-\x08\x0b-\x1f\x7f]+)"
    r"|\x1b\[(?P<numbers>[0-?]*)[ -/]*(?P<final>[@-~])"
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b[ -/]*[0-~]"
    r"|(?P<control>\r+|\x08+|[\x0b\x0c])|[\x00-\x07\x0e-\x1a\x1c-\x1f\x7f]+|."
)
_UNFINISHED = re.compile(r"\x1b(?:[\]PX^_][^\x07\x1b]*\x1b?|\[[0-?]*[ -/]*|[ -/]*)\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_PLAIN = re.compile(r"(?:[\t\x20-\x7e\xa0-\u02ff\u2500-\u259f]*\n)+")
"""Whole lines in which nothing acts and nothing is wide."""
_OTHER_THAN_RETURN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MAYBE_WIDE = re.compile("[\u1100-\u11ff\u231a-\u23ff\u25fd-\u27bf\u2b00-\u2bff\u2e80-\U0010ffff]")
_FILLER = "\x00"
"""The second cell of a wide character."""


class TerminalLines:
    """Takes a log piece by piece. Lines are held back as long as the log may change them: none but
    the last until it moves the cursor up, from the start `reach` more."""

    def __init__(self, reach: int = 0) -> None:
        self._reach = reach
        # A row in which something acts is a list, so that what is written into it copies no more
        # than that.
        self._rows: list[str | list[str]] = [""]
        self._row = self._column = 0
        self._left_out: dict[int, int] = {}
        self._unfinished = ""

    def feed(self, text: str) -> list[str]:
        """Take a piece of the log; the lines that are final now."""
        text = self._unfinished + text
        self._unfinished = ""
        if cut := _UNFINISHED.search(text, max(0, len(text) - _LONGEST_ESCAPE)):
            text, self._unfinished = text[: cut.start()], cut[0]
        if (plain := _PLAIN.match(text)) and len(text) < LONGEST:
            text = text[plain.end() :]
            self._lines(plain[0][:-1].split("\n"))
            self._line_feed()
        for at, line in enumerate(text.split("\n")):
            if at:
                self._line_feed()
            if not _CONTROL.search(line):
                self._write(line)
            elif _OTHER_THAN_RETURN.search(line) or _MAYBE_WIDE.search(line):
                self._act(line)
            else:
                self._overwrite(line.split("\r"))
        return self._final()

    def rest(self) -> list[str]:
        """The lines that later output may still change; the last one has no line feed yet."""
        return [self._shown(at) for at in range(len(self._rows))]

    def _final(self) -> list[str]:
        many = min(self._row, len(self._rows) - 1 - self._reach)
        if many <= 0:
            return []
        final = [self._shown(at) for at in range(many)]
        del self._rows[:many]
        self._row -= many
        if self._left_out:
            self._left_out = {at - many: n for at, n in self._left_out.items() if at >= many}
        return final

    def _shown(self, at: int) -> str:
        row = self._text(at)
        if _FILLER in row:
            row = row.replace(_FILLER, "")
        if more := self._left_out.get(at):
            row += f" ... {more:,} more characters in this line"
        return "" if row.isspace() else row

    def _text(self, at: int) -> str:
        row = self._rows[at]
        if isinstance(row, str):
            return row
        text = self._rows[at] = "".join(row)
        return text

    @property
    def _cells(self) -> list[str]:
        """The row of the cursor, to be changed in place."""
        row = self._rows[self._row]
        if not isinstance(row, list):
            row = self._rows[self._row] = list(row)
        return row

    def _lines(self, lines: list[str]) -> None:
        """Write lines in which nothing acts."""
        self._write(lines[0])
        if len(lines) > 1 and self._row == len(self._rows) - 1:
            self._rows += lines[1:]
            self._row += len(lines) - 1
            self._column = len(lines[-1])
            return
        for line in lines[1:]:
            self._line_feed()
            self._write(line)

    def _line_feed(self) -> None:
        self._row += 1
        self._column = 0
        if self._row == len(self._rows):
            self._rows.append("")

    def _write(self, text: str, *, acting: bool = False) -> None:
        if not text:
            return
        if _MAYBE_WIDE.search(text):
            text = "".join(
                letter + _FILLER if east_asian_width(letter) in "WF" else letter for letter in text
            )
        at = self._column
        if at == 0:
            self._left_out.pop(self._row, None)
        room = LONGEST - at
        self._column = at + len(text)
        if len(text) > room:
            kept = max(0, room)
            self._left_out[self._row] = self._left_out.get(self._row, 0) + len(text) - kept
            text = text[:kept]
            if not text:
                return
        if acting and at <= len(self._rows[self._row]):
            self._cells[at : at + len(text)] = text
            return
        row = self._text(self._row)
        if at > len(row):
            row = row.ljust(at)
        self._rows[self._row] = row[:at] + text + row[at + len(text) :]

    def _overwrite(self, parts: list[str]) -> None:
        """Write parts of a line, each from its beginning except the first."""
        self._write(parts[0])
        last = parts[-1]
        longest = max(map(len, parts[1:]))
        if longest > len(last):
            # What is right of the last part was written by the last one that was long enough.
            for part in reversed(parts[1:-1]):
                if len(part) > len(last):
                    last += part[len(last) :]
                    if len(last) == longest:
                        break
        self._column = 0
        self._write(last)
        if not parts[-1] or len(parts[-1]) != len(last):
            self._column = len(parts[-1])

    def _act(self, line: str) -> None:
        for token in _TOKEN.finditer(line):
            kind = token.lastgroup
            if kind == "text":
                self._write(token["text"], acting=True)
            elif kind == "final":
                self._sequence(token["final"], token["numbers"])
            elif kind == "control":
                control = token["control"]
                if control[0] == "\r":
                    self._column = 0
                elif control[0] == "\b":
                    self._column = max(0, self._column - len(control))
                else:
                    self._line_feed()

    def _sequence(self, final: str, numbers: str) -> None:
        first = numbers.partition(";")[0]
        given = int(first[:6]) if first.isdecimal() else None
        many = given or 1
        if final in "AF":
            self._up(many)
        elif final in "BE":
            self._row = min(len(self._rows) - 1, self._row + many)
        elif final == "C":
            self._column = min(LONGEST, self._column + many)
        elif final == "D":
            self._column = max(0, self._column - many)
        elif final == "G":
            self._column = min(LONGEST, many) - 1
        elif final == "K" or (final == "J" and not given):
            self._erase(given)
            if final == "J":
                del self._rows[self._row + 1 :]
        if final in "EF":
            self._column = 0

    def _erase(self, which: int | None) -> None:
        """Erase the line of the cursor: right of it, left of it (1), or whole (2)."""
        here = self._column
        if not which:
            del self._cells[here:]
        elif which == 1 and len(self._rows[self._row]) > here + 1:
            self._cells[: here + 1] = " " * (here + 1)
        else:
            self._rows[self._row] = ""
        self._left_out.pop(self._row, None)

    def _up(self, many: int) -> None:
        below = len(self._rows) - 1 - self._row
        self._reach = min(REACH, max(self._reach, below + many))
        self._row = max(0, self._row - many)


def screen_lines(text: str) -> list[str]:
    """The lines of the end of a log as a terminal would leave them."""
    lines = TerminalLines(REACH)
    return lines.feed(text) + lines.rest()
