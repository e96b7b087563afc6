"""A store that cannot be written: the board is up, the reason shown, and what is typed stays."""

from pathlib import Path

from mlkanban.service import Service
from tests.tui.page import clock, opened

REASON = "The disk is mounted read-only."


def reader(data: Path) -> Service:
    service = Service.open(data, actor="ada", clock=clock, write=False)
    service.forbid_writing(REASON)
    return service


async def test_the_board_is_up_and_says_why(used: Path) -> None:
    async with opened(used, opening=lambda: reader(used)) as board:
        assert REASON in board.status()
        assert len(board.stages()) > 4
        for command in ("card.open", "back", "reports", "back", "stages", "back"):
            await board.press(command)
        assert board.screen is board.board_screen


async def test_every_write_is_refused_with_the_reason(used: Path) -> None:
    async with opened(used, opening=lambda: reader(used)) as board:
        before = board.events()
        for keys in (["L"], ["J"], ["m", "2"], ["x"], ["p", "u"], ["c", "s", "enter"], ["u"]):
            board.screen.status.clear()
            await board.keys(*keys)
            assert REASON in board.status(), keys
        await board.press("stages", "stage.raise")
        assert REASON in board.status()
        assert board.events() == before


async def test_what_is_typed_stays(used: Path) -> None:
    async with opened(used, opening=lambda: reader(used)) as board:
        for command in ("card.new", "card.note", "card.tags"):
            await board.press(command)
            await board.answer("kept")
            assert REASON in board.status()
            assert board.typed() == "kept"
            await board.keys("ctrl+g", "ctrl+g")
        await board.press("card.edit")
        await board.type(" well")
        await board.keys("enter")
        assert REASON in board.status()
        assert "calibrate probabilities well" in board.text()


async def test_others_can_be_watched(used: Path) -> None:
    async with opened(used, opening=lambda: reader(used)) as board:
        with board.store() as bob:
            bob.cards.add(board.app.model.board.id, "from elsewhere")
        await board.until(lambda: "from elsewhere" in board.text())
