"""A card written in one line, with what is understood shown as it is typed."""

from pathlib import Path

from tests.tui.page import opened


async def test_marks_are_shown_and_taken_out(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.new")
        assert "#tag !high ^fri @experiment" in board.question()
        await board.type("quantile forecast #Demand !hi ^1w")
        assert board.question().endswith("#demand, priority high, due 2026-03-27")
        await board.keys("enter")
        assert board.current() == "quantile forecast"
        card = board.app.model.current
        assert card is not None
        assert (card.tags, card.priority, card.due) == ("demand", "high", "2026-03-27")


async def test_a_title_alone_is_what_it_was(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.new")
        await board.type("fix #12, ask @maria")
        await board.keys("enter")
        assert board.current() == "fix #12, ask @maria"


async def test_what_is_understood_of_a_target_has_its_sign(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.new")
        await board.type("wider metric:auc>=0.9")
        assert "auc ≥.9" in board.text()
