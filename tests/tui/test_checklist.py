"""C: a menu of the checklist that stays while one ticks."""

from pathlib import Path
from typing import Any

import pytest

from tests.tui.boards import somebody
from tests.tui.page import SMALL, Page, opened

CARD = "calibrate probabilities"


@pytest.fixture
def listed(small: Path) -> Path:
    ada = somebody(small)
    items = [{"text": "three seeds", "gate": "Evaluation"}, {"text": "report [/] sent"}]
    ada.cards.edit([ada.order("Ideas")[0]], {"checklist": items})
    ada.service.close()
    return small


def rows(board: Page) -> list[str]:
    return [line.strip() for line in board.question().split("\n")]


@pytest.mark.parametrize("size", [(160, 45), SMALL])
async def test_a_number_ticks_and_the_menu_stays(listed: Path, size) -> None:
    async with opened(listed, size=size) as board:
        await board.press("card.checklist")
        assert rows(board) == [
            "Checklist of v1, 0/2",
            "1  · three seeds       gate: Evaluation",
            "2  · report [/] sent",
            "+  add an item",
            "-  remove one",
            "q  done",
        ]
        await board.keys("1")
        assert rows(board)[:2] == [
            "Checklist of v1, 1/2", "1  ✓ three seeds       gate: Evaluation",
        ]  # fmt: skip
        assert board.status() == "v1 ticked: three seeds.  u undoes it."
        await board.keys("2", "1")
        assert rows(board)[:3] == [
            "Checklist of v1, 1/2",
            "1  · three seeds       gate: Evaluation",
            "2  ✓ report [/] sent",
        ]
        await board.keys("q")
        assert (board.question(), board.screen.ask.display) == ("", False)
        assert board.current() == CARD


async def test_the_menu_does_not_flicker_while_a_tick_is_saved(
    listed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(listed) as board:
        await board.press("card.checklist")
        shown: list[bool] = []
        call = board.app.store_thread.call

        async def watched(action: Any) -> Any:
            shown.append(board.screen.ask.display)
            return await call(action)

        monkeypatch.setattr(board.app.store_thread, "call", watched)
        await board.keys("1")
        assert shown
        assert all(shown)


async def test_each_tick_is_one_undo(listed: Path) -> None:
    async with opened(listed) as board:
        await board.press("card.checklist")
        await board.keys("1", "2", "q")
        await board.press("undo", "card.checklist")
        assert [row[3] for row in rows(board)[1:3]] == ["✓", "·"]
        await board.keys("escape")
        await board.press("undo", "card.checklist")
        assert rows(board)[0] == "Checklist of v1, 0/2"


async def test_keys_typed_ahead_are_for_the_menu(listed: Path) -> None:
    async with opened(listed) as board:
        before = board.app.model.stage
        board.send("C", "1", "2", "q")
        await board.settled()
        assert (board.question(), board.app.model.stage) == ("", before)
        await board.press("card.checklist")
        assert rows(board)[0] == "Checklist of v1, 2/2"


async def test_items_are_added_and_removed_in_the_menu(listed: Path) -> None:
    async with opened(listed) as board:
        await board.press("card.checklist")
        await board.keys("+")
        assert "New item for v1" in board.question()
        await board.answer("call Ann")
        assert rows(board)[3] == "3  · call Ann"
        await board.keys("-")
        assert rows(board)[0] == "Remove from v1"
        await board.keys("q")
        assert len(rows(board)) == 7
        await board.keys("-", "1")
        assert rows(board)[:2] == ["Checklist of v1, 0/2", "1  · report [/] sent"]


async def test_without_a_checklist_one_can_only_add(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.checklist")
        assert rows(board) == ["Checklist of v1", "+  add an item", "q  done"]
        await board.keys("+")
        await board.type("half an it")
        await board.keys("ctrl+g")
        assert rows(board)[0] == "Checklist of v1"
        await board.keys("+")
        await board.answer("first")
        assert rows(board)[:2] == ["Checklist of v1, 0/1", "1  · first"]


async def test_what_somebody_else_changed_meanwhile_is_shown_not_ticked(listed: Path) -> None:
    async with opened(listed) as board:
        await board.press("card.checklist")
        with board.store() as bob:
            bob.checklists.remove("v1", 0, "three seeds")
        await board.keys("1")
        assert "The checklist of v1 was changed meanwhile." in board.status()
        assert rows(board)[:2] == ["Checklist of v1, 0/1", "1  · report [/] sent"]


async def test_on_the_page_of_a_card_the_list_has_its_count_and_gates(listed: Path) -> None:
    async with opened(listed) as board:
        await board.press("card.open", "card.checklist")
        await board.keys("1", "q")
        lines = [line.split("│")[0].strip(" ─") for line in board.lines()]
        at = lines.index("Checklist 1/2")
        assert lines[at + 1].split() == ["✓", "three", "seeds", "Evaluation"]
        assert lines[at + 2] == "· report [/] sent"
        assert "ticked three seeds" in board.text()


async def test_the_preview_shows_it_and_the_cards_of_the_board_do_not(listed: Path) -> None:
    async with opened(listed) as board:
        assert "three seeds" in board.text()
        await board.press("preview")
        board.place_of(CARD)
        assert "0/2 items" not in board.text()
        assert "three seeds" not in board.text()


async def test_in_triage_a_tick_is_no_decision(listed: Path) -> None:
    async with opened(listed) as board:
        await board.press("triage")
        for _ in board.stage("Ideas").cards():
            if CARD in board.lines()[5]:
                break
            await board.press("triage.skip")
        head = board.lines()[0]
        assert "· three seeds" in board.text()
        await board.press("card.checklist")
        await board.keys("1", "q")
        assert board.lines()[0] == head
        assert "✓ three seeds" in board.text()


async def test_in_a_small_triage_the_next_item_is_named(listed: Path) -> None:
    async with opened(listed, size=SMALL) as board:
        await board.press("triage")
        for _ in board.stage("Ideas").cards():
            if CARD in board.lines()[5]:
                break
            await board.press("triage.skip")
        assert "·· 0/2 items   next: three seeds" in board.text()
        await board.press("card.checklist")
        await board.keys("1", "q")
        assert "✓· 1/2 items   next: report [/] sent" in board.text()


async def test_of_several_marked_cards_none_is_ticked(listed: Path) -> None:
    async with opened(listed) as board:
        await board.press("mark.all", "card.checklist")
        assert board.question() == ""
        assert "Mark one card at most" in board.status()


async def test_a_long_checklist_has_a_key_for_every_item(small: Path) -> None:
    ada = somebody(small)
    ada.adds("long", checklist=[{"text": f"item {n}"} for n in range(1, 13)])
    ada.service.close()
    async with opened(small, size=SMALL) as board:
        await board.go_to("long")
        await board.press("card.checklist")
        await board.keys("9", "a", "c")
        done = [row for row in rows(board) if "✓" in row]
        assert done == ["9  ✓ item 9", "a  ✓ item 10", "c  ✓ item 12"]
