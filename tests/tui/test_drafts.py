import asyncio
import stat
from pathlib import Path

import pytest

from mlkanban.editor.drafts import Drafts
from mlkanban.tui.screens.edit import EditScreen
from tests.tui.page import opened


@pytest.fixture
def drafts(tmp_path: Path) -> Drafts:
    return Drafts(tmp_path / "drafts")


def test_what_is_kept_is_there_until_it_is_dropped(drafts: Drafts, tmp_path: Path) -> None:
    drafts.keep("note g1", "half a sentence\nand 模 \ud800")
    assert Drafts(tmp_path / "drafts").get("note g1") == "half a sentence\nand 模 \ud800"
    assert drafts.forms() == ["note g1"]
    assert drafts.get("note g2") == ""
    drafts.drop("note g1")
    assert drafts.forms() == []


def test_nobody_else_may_read_it(drafts: Drafts, tmp_path: Path) -> None:
    drafts.keep("note g1", "private")
    folder = tmp_path / "drafts"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


@pytest.mark.parametrize("content", ["", "{", "[]", '"text"', '{"form": 1}', "\xff"])
def test_a_file_that_cannot_be_read_is_no_draft(
    drafts: Drafts, tmp_path: Path, content: str
) -> None:
    drafts.keep("note g1", "x")
    [file] = (tmp_path / "drafts").iterdir()
    file.write_bytes(content.encode("latin-1"))
    assert drafts.get("note g1") == ""
    assert all(isinstance(form, str) for form in drafts.forms())


def test_a_name_cannot_lead_out_of_the_folder(drafts: Drafts, tmp_path: Path) -> None:
    drafts.keep("note ../../x", "inside")
    assert [file.parent for file in tmp_path.rglob("*.json")] == [tmp_path / "drafts"]


def test_dropping_where_nothing_can_be_written_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "drafts").write_text("a file")
    Drafts(tmp_path / "drafts").drop("note g1")


async def test_a_form_that_is_left_before_it_is_there(small: Path) -> None:
    async with opened(small) as board:
        with board.store() as here:
            card = here.cards.get(board.ref("logistic baseline"))
        screen = EditScreen(card)
        board.app.push_screen(screen)
        assert screen.unsaved_texts() == {}
        board.app.pop_screen()
        await board.settled()
        assert board.app.crash is None
        assert board.app.screen is board.board_screen


async def test_a_text_that_is_saved_while_its_draft_is_written_leaves_none(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(small) as board:
        await board.press("card.note")
        await board.type("half a thought")
        keeping, written = board.app.draft_autosave, Drafts.keep
        loop = asyncio.get_running_loop()

        def slow(drafts: Drafts, form: str, text: str) -> None:
            asyncio.run_coroutine_threadsafe(board.keys("enter"), loop).result(10)
            written(drafts, form, text)

        monkeypatch.setattr(Drafts, "keep", slow)
        await keeping.look()
        assert "noted" in board.status()
        assert board.app.drafts.forms() == []
