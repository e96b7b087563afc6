"""The documentation in the terminal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from mlkanban.cli.layout import table
from mlkanban.cli.session import Session, pass_session
from mlkanban.cli.types import TOPIC
from mlkanban.doc_pages import TOPICS, doc_page, find_page, search_pages
from mlkanban.errors import NotFound, UsageProblem
from mlkanban.streams import on_terminal
from mlkanban.text import quantity

if TYPE_CHECKING:
    from mlkanban.doc_pages import DocPage


@click.command()
@click.argument("topic", type=TOPIC, default="")
@click.option("--search", metavar="WORDS", default="", help="List the lines with all these words.")
@click.option("--print", "printed", is_flag=True, help="Print the page, on a terminal too.")
@pass_session
def docs(session: Session, topic: str, search: str, printed: bool) -> None:
    """Read the documentation.

    On a terminal it opens a reader; `]` and `[` turn to other topics, / searches all of them.
    Without a terminal, and with --print, it prints the page as Markdown, or the list of topics.

    Example: mlkanban docs runs
             mlkanban docs --search confidence
    """
    if search and topic:
        raise UsageProblem("--search looks through all topics.", "Leave out TOPIC or --search.")
    if search:
        _print_found(session, search)
        return
    page = find_page(topic) if topic else None
    has_screen = on_terminal() and os.environ.get("TERM", "dumb") != "dumb"
    if has_screen and not printed and not session.json:
        # Textual: 300 ms that a page printed as text does without.
        from mlkanban.tui.docs_app import read_docs

        code = read_docs(session.settings, page.topic if page else TOPICS[0])
        raise click.exceptions.Exit(code)
    if page is None:
        _print_topics(session)
    else:
        session.answer("docs.page", lambda: _page_json(page), lambda: [page.file_text.rstrip()])


def _print_topics(session: Session) -> None:
    pages = [doc_page(topic) for topic in TOPICS]

    def lines() -> Iterator[str]:
        yield from table([(page.topic, page.about) for page in pages], ("TOPIC", "ABOUT"))

    session.answer(
        "docs", lambda: {"topics": [_page_json(page, text=False) for page in pages]}, lines
    )


def _print_found(session: Session, words: str) -> None:
    found = [*search_pages(words)]
    if not found:
        raise NotFound(
            f"No page of the documentation has a line with {words!r}.",
            "Try fewer words, or the beginning of one.",
        )
    session.answer(
        "docs.search",
        lambda: {
            "words": words,
            "lines": [
                {"topic": line.topic, "line": line.number + 1, "text": line.text} for line in found
            ],
        },
        lambda: [
            *(f"{line.topic}:{line.number + 1}: {line.text.strip()}" for line in found),
            f"{quantity(len(found), 'line')} in"
            f" {quantity(len({line.topic for line in found}), 'topic')}",
        ],
    )


def _page_json(page: DocPage, *, text: bool = True) -> dict[str, str]:
    made = {"topic": page.topic, "title": page.title, "about": page.about}
    return made | {"text": page.file_text} if text else made
