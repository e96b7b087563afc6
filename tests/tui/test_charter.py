"""The charter on the screen: read, found, followed, edited."""

import contextlib
from pathlib import Path

import pytest
from textual.widgets._markdown import MarkdownParagraph

from mlkanban.config import Settings
from mlkanban.core.markdown.charter import SECTIONS
from mlkanban.tui.app import BoardApp
from mlkanban.tui.screens.charter import CharterScreen
from mlkanban.tui.theme import role_styles
from tests.editors import FakeEditor, replacing
from tests.tui.page import SMALL, Page, opened


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEditor:
    """An editor for a screen that is drawn nowhere, and so has nothing to make way for."""
    made = FakeEditor(tmp_path / "editor")
    monkeypatch.setenv("VISUAL", made.command)
    monkeypatch.setattr(BoardApp, "suspend", contextlib.nullcontext)
    return made


async def writes(board: Page, **texts: str) -> None:
    with board.store() as bob:
        for section, text in texts.items():
            bob.charter.set(board.app.model.board.id, section, text)
    await board.app.catch_up()
    await board.settled()


async def charter(board: Page) -> None:
    board.screen.run_command("charter")
    await board.settled()
    assert isinstance(board.screen, CharterScreen)


async def test_empty_sections_say_what_belongs_there(small: Path) -> None:
    async with opened(small, size=(100, 80)) as board:
        await charter(board)
        for section in SECTIONS:
            assert section.title in board.text()
            assert section.hint.split(",")[0].rstrip(".") in board.text()
        await writes(board, scope="Cards only.\n\n**Not** loans")
        assert "Not loans" in board.text()
        assert SECTIONS[0].hint[:20] not in board.text()


async def test_the_business_metric_stands_beside_its_target(small: Path) -> None:
    async with opened(small, size=(100, 80)) as board:
        await charter(board)
        await writes(board, target="eur_saved>=50000 EUR/year")
        assert "eur_saved at least 50,000 EUR/year; no reading yet" in board.text()
        with board.store() as bob:
            bob.charter.measure(board.app.model.board.id, ["eur_saved=18200", "new*users*=3"])
        await board.app.catch_up()
        await board.settled()
        assert "eur_saved 18,200 EUR/year on" in board.text()
        assert "not reached" in board.text()
        assert "new*users* 3 on" in board.text()


async def test_in_ascii_its_bullets_are_ascii(small: Path) -> None:
    async with opened(small, settings=Settings(ascii=True)) as board:
        await writes(board, data="- payments\n- sales\n    - per shop")
        await charter(board)
        lines = [line.strip() for line in board.lines()]
        assert {"* payments", "* sales", "* per shop"} <= {*lines}
        assert board.text().isascii()


async def test_it_scrolls_and_goes_back(small: Path) -> None:
    async with opened(small, size=SMALL) as board:
        await writes(board, scope="\n".join(f"- number {n}" for n in range(60)))
        await charter(board)
        assert "number 0" in board.text()
        await board.keys("}")
        assert "number 0" not in board.text()
        await board.keys("G")
        assert "Links" in board.text()
        await board.keys("gg", "j", "j", "j", "k")
        assert "Scope" not in board.text().replace("Charter", "")
        assert "number 1" in board.text()
        await board.keys("q")
        assert board.screen is board.board_screen


async def test_a_row_of_a_table_is_found_without_its_rules(small: Path) -> None:
    async with opened(small, size=SMALL) as board:
        await writes(board, baseline="| what | now |\n|---|---|\n| loss caught | 63 % |")
        board.send(":")
        await board.settled()
        board.send(*"caught")
        await board.until(lambda: "loss caught, 63 %" in board.text())
        await board.keys("ctrl+g")


@pytest.mark.parametrize("way_in", [[], ["card.open"], ["triage"], ["reports"]])
async def test_a_line_of_it_is_found_in_the_palette(small: Path, way_in: list[str]) -> None:
    async with opened(small, size=SMALL) as board:
        await writes(board, risks="- x\n- **Drift** of [merchants] goes unseen", data="x\n" * 40)
        await board.press(*way_in)
        before = board.app.screen
        board.send(":")
        await board.until(lambda: board.app.screen is not before)
        board.send(*"merchants unseen")
        await board.until(lambda: "Charter: Risks: Drift of [merchants] goes" in board.text())
        board.send("enter")
        await board.until(lambda: isinstance(board.app.screen, CharterScreen))
        await board.until(lambda: "Drift of [merchants]" in board.text())


@pytest.mark.parametrize("key", ["e", "E"])
async def test_it_is_edited_whole_and_undone(small: Path, editor: FakeEditor, key: str) -> None:
    hint = f"<!-- {SECTIONS[0].hint} -->"
    editor.does(
        replacing(hint, "Cards only.\n\n### Not\n\nloans", "## Links", "## Linsk"),
        replacing("## Linsk", "## Links"),
    )
    async with opened(small, size=(100, 80)) as board:
        await charter(board)
        await board.keys(key)
        await board.until(lambda: "Charter saved." in board.status())
        assert "Cards only." in board.text()
        assert "loans" in board.text()
        mistake = editor.seen()[1].split("\n")
        at = mistake.index("## Linsk") + 1
        assert mistake[0] == f"# error: Line {at}: There is no 'Linsk' here. Did you mean Links?"
        with board.store() as bob:
            texts = bob.charter.of(board.app.model.board.id)
        assert {key: text for key, text in texts.items() if text} == {
            "scope": "Cards only.\n\n### Not\n\nloans"
        }
        await board.press("undo")
        assert "Undone: changing the charter" in board.status()
        assert "Cards only." not in board.text()


async def test_hostile_text_only_stands_there(small: Path) -> None:
    async with opened(small, size=(100, 80)) as board:
        await writes(board, scope="[@click=app.bell]x[/] <b>y</b> &#27;[31m \x1b]52;c;aGk=\x07 z")
        await charter(board)
        assert "[@click=app.bell]x[/] <b>y</b> &#27;[31m" in board.text()
        assert "\x1b" not in board.text()


async def test_names_in_code_have_no_colour_of_a_state(small: Path) -> None:
    async with opened(small) as board:
        await writes(board, scope="see `payments/seq-50`")
        await charter(board)
        blocks = board.app.screen.query(MarkdownParagraph)
        styles = {block.get_component_rich_style("code_inline") for block in blocks}
        title = role_styles(board.screen.app)["title"]
        assert {style.color for style in styles} == {title.color}
        assert {style.bgcolor for style in styles} <= {title.bgcolor, None}


async def test_the_filter_of_the_board_names_what_the_charter_says(small: Path) -> None:
    async with opened(small, size=(100, 30)) as board:
        await writes(board, links="Runbook: https://wiki/runbook")
        await board.press("filter")
        await board.type("runbook")
        await board.keys("enter")
        assert "Esc shows all cards again. Also in the charter (gc): Links." in board.text()
        await board.press("filter")
        await board.type(" is:open")
        await board.keys("enter")
        assert "in the charter" not in board.text()
