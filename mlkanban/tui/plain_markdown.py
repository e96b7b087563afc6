"""Markdown of people on the screen, as nothing but text and form."""

import re
from functools import cache

from markdown_it import MarkdownIt


def plain_parser() -> MarkdownIt:
    """Markdown without HTML and entities: both would bring back what `display` took out."""
    return MarkdownIt("gfm-like", {"html": False}).disable("entity")


_HEADING = re.compile(r"#{1,6} +")
_FENCES = ("```", "~~~")


@cache
def _parser() -> MarkdownIt:
    return plain_parser()


def plain_line(text: str) -> str:
    """One line of Markdown without the signs of its form: `**bold**` is bold."""
    start = text[: len(text) - len(text.lstrip())]
    inline = _parser().parseInline(_HEADING.sub("", text.lstrip(), count=1))
    return start + "".join(part.content for token in inline for part in token.children or ())


def plain_lines(text: str) -> list[str]:
    """The lines of a Markdown text without the signs of its form; code stays as it is."""
    lines: list[str] = []
    code = False
    for line in text.split("\n"):
        if line.lstrip().startswith(_FENCES):
            code = not code
        else:
            lines.append(line if code else plain_line(line))
    return lines
