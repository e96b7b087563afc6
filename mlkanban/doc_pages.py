"""The documentation: pages of Markdown that are shipped in mlkanban/docs, found and searched."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from mlkanban.errors import NotFound
from mlkanban.hints import hint

TOPICS = (
    "first-hour", "questions", "board", "keys", "queries", "planning", "runs", "results", "slurm",
    "trackers", "models", "numbers", "forecasts", "report", "sync", "browser", "backups", "import",
    "configuration", "scripting", "agents", "privacy", "troubleshooting",
)  # fmt: skip
"""The pages in the order in which they are listed and turned; each is TOPIC.md."""

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n\n", re.DOTALL)
"""What stands before the title of a page that is a file elsewhere, such as a SKILL.md."""
_MARKER = re.compile(r"^<!-- .*? -->\n", re.MULTILINE)
"""Where parts that are made from the code begin and end."""


class DocPage(NamedTuple):
    """A page: its topic, its title, what it is about in a sentence, its Markdown, and what stands
    before that in the file."""

    topic: str
    title: str
    about: str
    text: str
    front_matter: str = ""

    @property
    def file_text(self) -> str:
        """The page as a file."""
        return self.front_matter + self.text


class FoundLine(NamedTuple):
    """A line with the words that were looked for: `number` counts the lines of the page from 0."""

    topic: str
    number: int
    text: str


@cache
def doc_page(topic: str) -> DocPage:
    """A page by its topic. Raises KeyError where there is none."""
    if topic not in TOPICS:
        raise KeyError(topic)
    text = (files("mlkanban") / "docs" / f"{topic}.md").read_text(encoding="utf-8")
    front = found[0] if (found := _FRONT_MATTER.match(text)) else ""
    text = _MARKER.sub("", text.removeprefix(front))
    title, _, rest = text.partition("\n")
    paragraph = " ".join(rest.strip().split("\n\n", 1)[0].split())
    about = re.split(r"(?<=[.:]) ", paragraph, maxsplit=1)[0].rstrip(".:") + "."
    return DocPage(topic, title.removeprefix("# "), about, text, front)


def find_page(words: str) -> DocPage:
    """The page whose topic, or the beginning of one, or whose title this is. Raises NotFound."""
    wanted = words.strip().casefold().replace(" ", "-")
    begins = [topic for topic in TOPICS if topic.startswith(wanted)]
    titled = [topic for topic in TOPICS if doc_page(topic).title.casefold() == words.casefold()]
    if wanted in TOPICS or len(begins) == 1 or titled:
        return doc_page(wanted if wanted in TOPICS else (begins or titled)[0])
    close = begins or get_close_matches(wanted, TOPICS, n=3)
    meant = f" Did you mean {' or '.join(close)}?" if close else ""
    if not close and re.fullmatch(r"\w+", wanted) and any(search_pages(wanted)):
        raise NotFound(
            f"There is no page {words!r} in the documentation, but lines with it.",
            hint("List them: {docs --search {}}", wanted),
        )
    raise NotFound(
        f"There is no page {words!r} in the documentation.{meant}", hint("List them: {docs}")
    )


def search_pages(words: str) -> Iterator[FoundLine]:
    """Every line that has all the words, page by page; the title of a page counts as its line 0."""
    wanted = words.casefold().split()
    if not wanted:
        return
    for topic in TOPICS:
        for number, line in enumerate(doc_page(topic).text.split("\n")):
            folded = line.casefold()
            if all(word in folded for word in wanted):
                yield FoundLine(topic, number, line)
