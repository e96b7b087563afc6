"""Pasted lines: terminals end each with CR, files with LF or both; none is lost or garbled."""

from pathlib import Path

import pytest
from textual import events

from tests.tui.page import Page, opened

ENDS = ["\r", "\n", "\r\n"]
LINES = ["Try mixup #vision", "Try cutmix !high #vision", "Label smoothing 0.1"]


async def paste(board: Page, text: str) -> None:
    assert board.app._driver is not None
    event = events.Paste(text)
    event.set_sender(board.app)
    board.app._driver.send_message(event)
    await board.settled()


@pytest.mark.parametrize("end", ENDS)
async def test_lines_in_the_field_for_a_new_card_become_cards(small: Path, end: str) -> None:
    async with opened(small) as board:
        await board.press("card.new")
        await paste(board, end.join(LINES) + end)
        assert "3 lines, ¶ between them: 3 cards or one" in board.question()
        await board.keys("enter")
        assert board.question().startswith("3 lines:   y make 3 cards")
        await board.keys("y")
        made = board.app.model.columns[0][-3:]
        assert [f.title for f in made] == ["Try mixup", "Try cutmix", "Label smoothing 0.1"]
        assert [f.tags for f in made] == ["vision", "vision", ""]
        assert [f.priority for f in made] == ["normal", "high", "normal"]
        assert board.status().count(",") == 2
        assert "added to Ideas." in board.status()
        await board.press("undo")
        assert len(board.app.model.faces) == 6, "they are one step"


async def test_pasted_lines_of_a_list_lose_their_marks(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.new")
        await paste(board, "- one\r- [ ] two")
        await board.keys("enter", "y")
        assert [f.title for f in board.app.model.columns[0][-2:]] == ["one", "two"]


async def test_they_may_be_one_card_and_one_may_look_at_them_again(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.new")
        await paste(board, "first\rsecond")
        await board.keys("enter", "q")
        assert board.typed() == "first¶second"
        await board.keys("enter", "o")
        assert board.current() == "first second"


async def test_all_of_them_or_none_find_room(small: Path) -> None:
    async with opened(small) as board:
        await board.keys("2")
        await board.press("card.new")
        await paste(board, "one\rtwo\rthree")
        await board.keys("enter", "y")
        assert board.question().startswith("Ready is 3/3")
        assert len(board.app.model.faces) == 6
        await board.keys("r")
        assert board.stage("Ideas").cards()[-3:] == ["one", "two", "three"]


async def test_a_paste_together_with_the_key_that_opens_the_field_is_not_lost(small: Path) -> None:
    async with opened(small) as board:
        board.send("n")
        await paste(board, "all at once")
        assert board.typed() == "all at once"


@pytest.mark.parametrize("end", ENDS)
async def test_a_note_keeps_its_lines(small: Path, end: str) -> None:
    async with opened(small) as board:
        await board.press("card.note")
        await paste(board, end.join(["loss went up", "", "then down"]))
        await board.keys("enter")
        with board.store() as service:
            [note] = service.cards.get("v1").notes
        assert note.text == "loss went up\n\nthen down"


@pytest.mark.parametrize("end", ENDS)
async def test_fields_of_the_form_keep_lines_or_join_them(small: Path, end: str) -> None:
    async with opened(small) as board:
        await board.press("card.edit")
        await paste(board, f" and more{end}of it")
        while board.screen.focused is None or board.screen.focused.id != "field-hypothesis":
            await board.keys("tab")
        await paste(board, f"it helps{end}a little")
        await board.keys("enter")
        with board.store() as service:
            card = service.cards.get("v1")
        assert card.title == "calibrate probabilities and more of it"
        assert card.hypothesis == "it helps\na little"


@pytest.mark.parametrize("end", ENDS)
async def test_a_name_is_one_line(small: Path, end: str) -> None:
    async with opened(small) as board:
        await board.press("card.tags")
        await paste(board, f"{end}fast{end}slow{end}")
        await board.keys("enter")
        assert board.app.model.current is not None
        assert board.app.model.current.tags == "slow tabularfast"


async def test_what_is_suggested_is_replaced_by_typing_or_a_paste(tmp_path: Path) -> None:
    for arrives in (Page.type, paste):
        data = tmp_path / arrives.__name__
        async with opened(data) as board:
            await board.keys("1")
            await arrives(board, "Rain forecast")
            await board.keys("enter")
            with board.store() as store:
                assert [b.name for b in store.boards.all()] == ["Rain forecast"]


async def test_a_suggestion_may_be_edited(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as board:
        await board.keys("1", "end")
        await board.type(" two")
        await board.keys("enter")
        with board.store() as store:
            assert [b.name for b in store.boards.all()] == ["ML project two"]
