"""Markdown of people on the screen, as nothing but text and form."""

from markdown_it import MarkdownIt


def plain_parser() -> MarkdownIt:
    """Markdown without HTML and entities: both would bring back what `display` took out."""
    return MarkdownIt("gfm-like", {"html": False}).disable("entity")
