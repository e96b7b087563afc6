"""A full stage: one line with the ways out, and what each of them does."""

from pathlib import Path

import pytest

from tests.tui.page import SMALL, Page, opened

CARD = "calibrate probabilities"


async def into_training(board: Page) -> None:
    await board.go_to(CARD)
    await board.press("card.move")
    await board.keys("5")


async def test_the_choice_is_one_line(small: Path) -> None:
    async with opened(small) as board:
        before = board.stages()
        await into_training(board)
        assert board.lines()[-2].strip(" ─") == (
            "Training is 1/1:   r put in Ready   w swap out...   o override (reason)  >q cancel"
        )
        assert "2/2" in board.stage("Data prep").header() or board.stages() == before


async def test_in_a_narrow_terminal_the_choice_is_whole_too(small: Path) -> None:
    async with opened(small, size=(40, 10)) as board:
        await into_training(board)
        for words in ("Training is 1/1", "put in Ready", "swap out", "override", "cancel"):
            assert words in board.text()


async def test_put_in_ready(small: Path) -> None:
    async with opened(small) as board:
        await into_training(board)
        await board.keys("r")
        assert board.stage("Ready").cards() == ["audit the labels", CARD]
        assert "moved to Ready" in board.status()


@pytest.mark.parametrize("size", [(160, 45), SMALL])
async def test_swap(small: Path, size: tuple[int, int]) -> None:
    async with opened(small, size=size) as board:
        before = board.stages()
        await into_training(board)
        await board.keys("w")
        assert "Swap v1 with" in board.question()
        assert "logistic baseline" in board.question()
        await board.keys("1")
        assert board.stage("Training").cards() == [CARD]
        assert "logistic baseline" in board.stage("Ideas").cards()
        assert board.current() == CARD, "the cursor follows the card that was moved"
        await board.press("undo")
        assert {name: set(cards) for name, cards in board.stages().items()} == {
            name: set(cards) for name, cards in before.items()
        }


async def test_only_cards_that_free_the_slot_are_offered_for_a_swap(used: Path) -> None:
    async with opened(used) as board:
        await into_training(board)
        await board.keys("w")
        assert "logistic baseline" in board.question()
        assert "sweep of learning rates" not in board.question(), "it runs, and takes no such slot"


async def test_where_no_card_frees_the_slot_no_swap_is_offered(small: Path) -> None:
    async with opened(small) as board:
        with board.store() as service:
            stages = {s.name: s for s in board.app.model.board.stages}
            service.boards.edit_stage(
                board.app.model.board.id, stages["Training"].id, {"limit": 0, "unattended": 1}
            )
            service.cards.edit([board.ref("logistic baseline")], {"work": "unattended"})
        await board.until(lambda: "0/0 ►1/1" in board.stage("Training").header())
        await into_training(board)
        assert board.question().startswith("Training is 0/0:")
        assert "swap out" not in board.question()


async def test_override_needs_a_reason_and_shows_in_the_header(small: Path) -> None:
    async with opened(small) as board:
        await into_training(board)
        await board.keys("o")
        assert "Why go over the limit of Training?" in board.question()
        await board.keys("enter")
        assert "An override needs a reason." in board.status()
        assert CARD in board.stage("Ideas").cards()
        await board.answer("deadline on Friday")
        assert board.stage("Training").cards() == ["logistic baseline", CARD]
        assert board.stage("Training").header() == "5 Training 2/1! ►0/2"
        await board.press("card.open")
        assert "over the limit: deadline on Friday" in board.text()


@pytest.mark.parametrize("key", ["q", "ctrl+g", "escape"])
async def test_cancel(small: Path, key: str) -> None:
    async with opened(small) as board:
        before = board.events()
        await into_training(board)
        await board.keys(key)
        assert board.question() == ""
        assert "Nothing was moved." in board.status()
        assert board.events() == before


async def test_other_keys_are_no_answer(small: Path) -> None:
    async with opened(small) as board:
        before = board.events()
        await into_training(board)
        await board.keys("x", "j", "5", "space")
        assert "Training is 1/1" in board.question()
        assert board.events() == before


async def test_a_full_ready_is_no_place_to_park(small: Path) -> None:
    async with opened(small) as board:
        await board.go_to("embedding store")
        await board.keys("m", "2")
        await board.go_to("focal loss for minority classes")
        await board.keys("m", "2")
        await into_training(board)
        assert board.question().startswith("Training is 1/1:")
        assert "put in Ready" not in board.question()
        await board.keys("r")
        assert "Training is 1/1" in board.question(), "r is no answer"


async def test_ready_is_offered_only_where_all_the_cards_fit(small: Path) -> None:
    async with opened(small) as board:
        for title in (CARD, "embedding store"):
            await board.go_to(title)
            await board.keys("space")
        await board.keys("m", "5")
        assert "put in Ready" in board.question(), "1 of 3, and 2 come"
        await board.keys("q")
        await board.go_to("focal loss for minority classes")
        await board.keys("space")
        await board.keys("m", "5")
        assert "Training is 1/1" in board.question()
        assert "put in Ready" not in board.question()


async def test_the_messages_say_what_the_head_says(small: Path) -> None:
    async with opened(small) as board:
        await into_training(board)
        await board.keys("o")
        await board.answer("deadline on Friday")
        assert "5 Training 2/1! ►0/2" in board.stage("Training").header()
        assert "Training is 2/1! now, over the limit: deadline on Friday." in board.status()
        await board.go_to("embedding store")
        await board.keys("m", "5")
        assert board.question().startswith("Training is 2/1!:")


async def test_a_soft_limit_lets_pass_and_warns(small: Path) -> None:
    async with opened(small) as board:
        await board.keys("5")
        await board.press("stages", "stage.soft", "back")
        await into_training(board)
        assert board.question() == ""
        assert board.stage("Training").cards() == ["logistic baseline", CARD]
        assert "Training is 2/1!: over its soft limit now." in board.status()
        assert "2/1!" in board.stage("Training").header()


async def test_a_limit_on_the_whole_board_is_said(small: Path) -> None:
    async with opened(small) as board:
        with board.store() as bob:
            bob.boards.edit(board.app.model.board.id, {"conwip": 2})
        await board.until(lambda: "2/2 in progress" in board.lines()[0])
        await board.go_to(CARD)
        await board.press("card.move")
        await board.keys("4")
        assert "The board has 2/2 cards in progress (CONWIP)" in board.question()
        assert "swap" not in board.question()
