"""Markdown in parts: headings with what stands below them, and text of people that is no heading.

A line of somebody's text that would be read as a heading of the document gets a backslash in front
(Markdown shows `\\## x` as `## x`), and loses it again when it is read; so every text comes back.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from mlkanban.errors import BadMarkdown
from mlkanban.text import tidy

_NO_UTF8 = re.compile("[\ud800-\udfff]")


class Part(NamedTuple):
    """A heading (level 0: what stands before the first one) with the lines below it."""

    level: int
    title: str
    line: int
    lines: tuple[str, ...]

    @property
    def empty(self) -> bool:
        return not any(line.strip() for line in self.lines)

    def rows(self) -> Iterator[tuple[int, str]]:
        """The lines that are not blank, with their numbers."""
        for number, line in enumerate(self.lines, self.line + 1):
            if line.strip():
                yield number, line

    @property
    def first(self) -> int:
        """The number of the first line that is not blank."""
        return next((number for number, _ in self.rows()), self.line)


class Levels:
    """The levels of heading that a kind of document is made of."""

    def __init__(self, least: int, most: int) -> None:
        marks = f"#{{{least},{most}}}[ \\t]+.*\\S"
        self._heading = re.compile(f"(#{{{least},{most}}})[ \\t]+(.*\\S)")
        self._unsafe = re.compile(rf"^(?=\\*{marks})", re.MULTILINE)
        self._guarded = re.compile(rf"^\\(?=\\*{marks})", re.MULTILINE)

    def parts(self, lines: Sequence[str], first: int = 1) -> list[Part]:
        """The document in parts; `first` is the number of its first line."""
        parts: list[Part] = []
        below: list[str] = []
        level, title, at = 0, "", first - 1
        for number, line in enumerate(lines, first):
            heading = self._heading.fullmatch(line.rstrip(" \t"))
            if heading:
                parts.append(Part(level, title, at, tuple(below)))
                level, title, at, below = len(heading[1]), heading[2], number, []
            else:
                below.append(line)
        return [*parts, Part(level, title, at, tuple(below))]

    def guarded(self, text: str) -> str:
        """`text` with a backslash before every line that would be read as a heading."""
        return self._unsafe.sub(r"\\", text)

    def text(self, part: Part) -> str:
        """The text of a part, without these backslashes."""
        return tidy(self._guarded.sub("", tidy("\n".join(part.lines))))


def quoted(paragraphs: Iterable[str]) -> list[str]:
    """Texts as one Markdown quote."""
    lines = "\n\n".join(paragraphs).split("\n")
    return [f"> {line}".rstrip(" \t") for line in lines]


def lines_of(text: str) -> list[str]:
    """A hand-edited text in lines, whatever editor it comes from. Bytes that are no UTF-8 are lone
    surrogates in it."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    for number, line in enumerate(lines, 1):
        if _NO_UTF8.search(line):
            raise BadMarkdown("The line is not UTF-8 text.", number, "Save the file as UTF-8.")
    return lines
