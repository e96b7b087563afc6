"""The documentation, a page at a time: topics at the left where there is room, search over all."""

import re
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Markdown

from mlkanban.display.card_face import Line, Piece
from mlkanban.display.lines import fitted, page_title
from mlkanban.doc_pages import TOPICS, FoundLine, doc_page, search_pages
from mlkanban.text import display, quantity
from mlkanban.tui.commands import DOCS
from mlkanban.tui.plain_markdown import plain_parser
from mlkanban.tui.screens.text_screen import TextScreen
from mlkanban.tui.widgets.lines import Lines
from mlkanban.tui.widgets.menu import numbered

_TOPICS_WIDTH = 20
_LANGUAGE = re.compile(r"^```\w+$", re.MULTILINE)
_FOUND = "found"
"""The class of the part of a page that a search led to."""
_WIDE = 100
"""Cells from which on the topics stand beside the page."""


class DocsScreen(TextScreen):
    """`topic` is the page to begin with, '' for the one that has the `words`, which are looked
    for then."""

    WHERE: ClassVar[str] = DOCS

    def __init__(self, topic: str = TOPICS[0], words: str = "") -> None:
        super().__init__()
        self._topic = topic or TOPICS[0]
        self._wanted = words
        self._came_from: list[str] = []
        """The pages that links were followed from, the last one at the end."""
        self._words = ""
        self._found: list[FoundLine] = []
        self._at = -1
        """Of the lines found the one that was gone to last, -1 for none yet."""
        self._title = Lines(ascii=self.host.ascii, id="docs-title")
        self._topics = Lines(ascii=self.host.ascii, id="docs-topics")
        self._page = Markdown(id="docs-page", open_links=False, parser_factory=plain_parser)

    def compose(self) -> ComposeResult:
        yield self._title
        with Horizontal(id="docs-body"):
            yield self._topics
            with self.scroll:
                yield self._page
        yield self.ask
        yield self.status

    def on_mount(self) -> None:
        self.start(self._begin())

    async def _begin(self) -> None:
        await self._turn_to(self._topic)
        if self._wanted:
            await self._look_for(self._wanted)

    def on_resize(self, event: events.Resize) -> None:
        self._topics.display = event.size.width >= _WIDE
        self._show_place()

    async def _turn_to(self, topic: str) -> None:
        self._topic = topic
        # Colours mean something here: words of commands have none of their own.
        text = _LANGUAGE.sub("```text", doc_page(topic).text)
        await self._page.update(self.plain(text))
        if self.ready:
            self.scroll.scroll_home(animate=False)
            self._show_place()

    def _show_place(self) -> None:
        """The title, and where the page stands among the topics."""
        if not self.ready:
            return
        glyphs, at = self.host.glyphs, TOPICS.index(self._topic)
        right = [Piece(f"{at + 1} of {len(TOPICS)}", "dim")]
        more = []
        if self._words:
            place = f"{self._at + 1} of " if self._at >= 0 else ""
            found = f"{place}{quantity(len(self._found), 'line')} with {self._words!r}"
            more = [Piece(f"  {display(found)}", "focus")]
        about = doc_page(self._topic).title
        self._title.show(
            [page_title("Documentation", about, self.size.width, glyphs, more=more, right=right)]
        )
        rows: list[Line] = [
            fitted([Piece(f" {topic}", "text")], _TOPICS_WIDTH, glyphs) for topic in TOPICS
        ]
        self._topics.show(rows, at)

    @on(Markdown.LinkClicked)
    def _follow(self, event: Markdown.LinkClicked) -> None:
        topic = event.href.partition("#")[0].removesuffix(".md")
        if topic in TOPICS:
            self.start(self._follow_to(topic))

    async def _follow_to(self, topic: str) -> None:
        self._came_from.append(self._topic)
        await self._turn_to(topic)

    async def do_docs_follow(self) -> None:
        links = dict.fromkeys(re.findall(r"\]\(([a-z-]+)\.md[^)]*\)", doc_page(self._topic).text))
        topics = [topic for topic in links if topic in TOPICS]
        if not topics:
            self.status.show("This page has no links. o chooses a topic.")
            return
        options = numbered([doc_page(topic).title for topic in topics])
        key = await self.ask.choose("Follow", options)
        if key is not None:
            await self._follow_to(topics[[option.key for option in options].index(key)])

    async def do_docs_return(self) -> None:
        if self._came_from:
            await self._turn_to(self._came_from.pop())
        else:
            self.status.show("No link was followed yet. q leaves the documentation.")

    async def do_docs_next(self) -> None:
        await self._turn_to(TOPICS[(TOPICS.index(self._topic) + 1) % len(TOPICS)])

    async def do_docs_previous(self) -> None:
        await self._turn_to(TOPICS[TOPICS.index(self._topic) - 1])

    async def do_docs_choose(self) -> None:
        options = numbered([doc_page(topic).title for topic in TOPICS])
        key = await self.ask.choose("Topic", options, at=TOPICS.index(self._topic))
        if key is not None:
            await self._turn_to(TOPICS[[option.key for option in options].index(key)])

    async def do_docs_search(self) -> None:
        words = await self.ask.text("Search all pages:", self._words, verb="finds", preview=_count)
        if words is not None:
            await self._look_for(words)

    async def _look_for(self, words: str) -> None:
        self._words, self._found, self._at = words, [*search_pages(words)], -1
        if self._found:
            # From the page that is open on.
            here = TOPICS.index(self._topic)
            later = (n for n, line in enumerate(self._found) if TOPICS.index(line.topic) >= here)
            await self._go_to_found(next(later, 0))
        else:
            self._show_place()
            if words:
                self.status.show(f"No page has a line with {words!r}.")

    async def do_docs_again(self) -> None:
        await self._step(1)

    async def do_docs_before(self) -> None:
        await self._step(-1)

    async def _step(self, by: int) -> None:
        if not self._found:
            await self.do_docs_search()
            return
        await self._go_to_found((self._at + by) % len(self._found))

    async def _go_to_found(self, at: int) -> None:
        self._at, line = at, self._found[at]
        if line.topic != self._topic:
            await self._turn_to(line.topic)
        self._show_place()
        # Its place is known when the page has been laid out.
        self.call_after_refresh(self._scroll_to_line, line.number)

    def _scroll_to_line(self, number: int) -> None:
        """Show the part of the page that a line of its Markdown is in."""
        blocks = [
            block
            for block in self._page.children
            if hasattr(block, "source_range") and block.source_range[0] <= number
        ]
        if not blocks or not self.ready:
            return
        for marked in self._page.query(f".{_FOUND}"):
            marked.remove_class(_FOUND)
        block = blocks[-1]
        block.add_class(_FOUND)
        first, end = block.source_range
        into = block.size.height * (number - first) // max(1, end - first)
        top = block.virtual_region.y + into - self.scroll.size.height // 3
        self.scroll.scroll_to(y=max(0, top), animate=False)

    def do_docs(self) -> None:
        self.status.show("This is the documentation. / searches it.")

    def do_back(self) -> None:
        if self._words:
            self._words, self._found, self._at = "", [], -1
            self._show_place()
        else:
            super().do_back()


def _count(words: str) -> str:
    found = [*search_pages(words)]
    topics = len({line.topic for line in found})
    return f"{quantity(len(found), 'line')} in {quantity(topics, 'topic')}" if words else ""
