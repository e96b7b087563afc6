"""The documentation on the screen, which needs no store: pages are turned, searched, followed."""

import re

import pytest
from textual.widgets import Markdown

from mlkanban.config import Settings
from mlkanban.doc_pages import TOPICS, doc_page, search_pages
from mlkanban.tui.docs_app import DocsApp
from mlkanban.tui.screens.docs import DocsScreen


def _screen(app: DocsApp) -> DocsScreen:
    assert isinstance(app.screen, DocsScreen)
    return app.screen


def _text(app: DocsApp) -> str:
    return _screen(app).query_one(Markdown).source


def _page(topic: str) -> str:
    """The text of a page without the languages of its code, which is not coloured."""
    return re.sub(r"^```\w+$", "```text", doc_page(topic).text, flags=re.MULTILINE)


@pytest.mark.parametrize("width", [80, 160])
async def test_pages_are_turned_and_topics_chosen(width: int) -> None:
    app = DocsApp(Settings(), TOPICS[0])
    async with app.run_test(size=(width, 24)) as pilot:
        await pilot.pause()
        assert _text(app) == _page(TOPICS[0])
        await pilot.press("right_square_bracket")
        await pilot.pause()
        assert _text(app) == _page(TOPICS[1])
        await pilot.press("left_square_bracket", "left_square_bracket")
        await pilot.pause()
        assert _text(app) == _page(TOPICS[-1])
        await pilot.press("o", "3")
        await pilot.pause()
        assert _text(app) == _page(TOPICS[2])
        assert _screen(app).query_one("#docs-topics").display == (width >= 100)


async def test_search_goes_to_the_line_and_n_to_the_next_one() -> None:
    words = "permutation"
    found = [*search_pages(words)]
    app = DocsApp(Settings(), TOPICS[0])
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("slash", *words, "enter")
        for line in (*found, found[0]):
            await pilot.pause()
            await pilot.pause()
            assert _text(app) == _page(line.topic)
            shown = "\n".join(
                "".join(segment.text for segment in strip)
                for strip in app.screen._compositor.render_strips()
            )
            assert words in shown.split(" of ", 1)[1]
            await pilot.press("n")
        await pilot.press("slash", *"no such words", "enter")
        assert "No page" in _screen(app).status.message


async def test_a_link_turns_to_its_page_and_q_leaves() -> None:
    app = DocsApp(Settings(), "first-hour")
    async with app.run_test(size=(100, 30)) as pilot:
        page = _screen(app).query_one(Markdown)
        page.post_message(Markdown.LinkClicked(page, "runs.md#starting"))
        await pilot.pause()
        await pilot.pause()
        assert _text(app) == _page("runs")
        await pilot.press("h")
        await pilot.pause()
        assert _text(app) == _page("first-hour")
        await pilot.press("enter", "1")
        await pilot.pause()
        assert _text(app) == _page("keys")
        await pilot.press("question_mark")
        assert not isinstance(app.screen, DocsScreen)
        await pilot.press("q", "q")
        assert app.return_code == 0
