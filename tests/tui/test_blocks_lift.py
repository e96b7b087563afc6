"""An open board lifts the blocks whose condition holds, and says so."""

from pathlib import Path

from mlkanban.core.board import BlockReason, Outcome
from tests.tui.page import opened


async def test_when_somebody_else_finishes_the_card(small: Path) -> None:
    async with opened(small) as board:
        labels, model = board.ref("audit the labels"), board.ref("logistic baseline")
        with board.store() as bob:
            bob.cards.block([model], BlockReason.LABELLING, until=f"card:{labels}")
        await board.until(lambda: "1 blocked" in board.lines()[0])
        with board.store() as bob:
            bob.cards.finish([labels], Outcome.SHIPPED)
        await board.until(lambda: "blocked" not in board.lines()[0])
        assert f"{model} is not blocked any more: {labels} is shipped." in board.status()


async def test_what_a_key_did_stands_before_what_came_of_it(small: Path) -> None:
    async with opened(small) as board:
        labels, model = board.ref("audit the labels"), board.ref("logistic baseline")
        with board.store() as bob:
            bob.cards.block([model], BlockReason.LABELLING, until=f"card:{labels}")
        await board.until(lambda: "1 blocked" in board.lines()[0])
        await board.go_to("audit the labels")
        await board.press("card.archive")
        await board.until(lambda: "not blocked any more" in board.status())
        done, lifted = board.status().split("  u undoes it.", 1)
        assert done.startswith(labels)
        assert f"{model} is not blocked any more: {labels} is archived." in lifted
        assert len(board.messages(f"{model} is not blocked")) == 1


async def test_the_condition_is_typed_with_the_note(small: Path) -> None:
    async with opened(small) as board:
        labels = board.ref("audit the labels")
        await board.go_to("logistic baseline")
        await board.press("card.block")
        await board.keys("4")
        await board.answer(f"half are missing until:card:{labels}")
        with board.store() as bob:
            block = bob.cards.get(board.ref("logistic baseline")).blocker
        assert (block.note, block.until) == ("half are missing", f"card:{labels}")
        await board.go_to("audit the labels")
        await board.press("card.archive")
        await board.until(lambda: "blocked" not in board.lines()[0])


async def test_what_is_understood_is_shown_and_the_message_names_the_day(small: Path) -> None:
    async with opened(small) as board:
        await board.go_to("logistic baseline")
        ref = board.ref("logistic baseline")
        await board.press("card.block")
        await board.keys("5")
        await board.type("waiting until")
        assert "a remark only" in board.question()
        await board.type(" friday")
        assert "  until Fri 03-27" in board.question()
        await board.keys("enter")
        await board.until(lambda: f"{ref} blocked by dependency until Fri 03-27." in board.status())
        with board.store() as bob:
            block = bob.cards.get(ref).blocker
        assert (block.note, block.until) == ("waiting", "2026-03-27")
