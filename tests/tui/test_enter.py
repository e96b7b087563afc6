"""Keys that must do no harm: Enter never changes a card, but for the answer under the cursor of a
menu that one opened; q goes one level up, Alt is Esc."""

from pathlib import Path

import pytest

from tests.tui.page import Page, opened

STATES: dict[str, list[str]] = {
    "board": [],
    "empty stage": ["8"],
    "marked": ["V"],
    "filtered": ["/", *"the", "enter"],
    "filtering": ["/", *"the"],
    "finished shown": ["F"],
    "move menu": ["m"],
    "bulk move menu": ["V", "m"],
    "full stage": ["m", "5"],
    "override reason, empty": ["m", "5", "o"],
    "new card, empty": ["n"],
    "note, empty": ["a"],
    "priority": ["p"],
    "tags, unchanged": ["t"],
    "due, unchanged": ["d"],
    "form, unchanged": ["e"],
    "boards": ["B"],
    "themes": ["T"],
    "palette": [":"],
    "card page": ["enter"],
    "card page, move menu": ["enter", "m"],
    "card page, full stage": ["enter", "m", "5"],
    "card page, note": ["enter", "a"],
    "card page, form": ["enter", "e"],
    "card page, help": ["enter", "?"],
    "reports": ["R"],
    "reports by type": ["R", "o", "l"],
    "reports, a card pointed at": ["R", "6", "l"],
    "triage": ["i"],
    "triage, full stage": ["i", "5"],
    "views": ["f"],
    "stages": ["s"],
    "new stage, empty": ["s", "n"],
    "stage name, unchanged": ["s", "e"],
    "help": ["?"],
}


async def go(board: Page, keys: list[str]) -> None:
    for key in keys:
        await board.keys(key)


async def go_home(board: Page) -> None:
    """Back to the bare board, whatever is open."""
    for _ in range(4):
        await board.keys("escape")
        if board.app.screen is not board.board_screen:
            await board.keys("q")
    await board.press("cursor.top")
    await board.keys("1")
    assert board.question() == ""
    assert board.app.screen is board.board_screen


async def test_enter_changes_nothing_wherever_one_is(used: Path) -> None:
    async with opened(used) as board:
        before = board.events()
        for state, keys in STATES.items():
            await go(board, keys)
            for _ in range(3):
                await board.keys("enter")
            made = {kind for event, kind in board.events() if (event, kind) not in before}
            assert not made, state
            await go_home(board)


@pytest.mark.parametrize(
    ("keys", "where"),
    [
        (["enter"], "board"),
        (["R"], "board"),
        (["s"], "board"),
        (["?"], "board"),
        (["enter", "?"], "card"),
        (["R", "?"], "reports"),
        (["enter", "m"], "card"),
        (["m", "5"], "board"),
    ],
)
async def test_q_is_one_level_up(used: Path, keys: list[str], where: str) -> None:
    async with opened(used) as board:
        before = board.events()
        await go(board, keys)
        await board.keys("q")
        shown = board.screen.WHERE
        assert shown == where
        assert board.question() == ""
        assert not board.app._exit
        assert board.events() == before


async def test_q_leaves_from_the_board(used: Path) -> None:
    async with opened(used) as board:
        board.send("q")
        await board.until(lambda: board.app._exit)


@pytest.mark.parametrize("keys", [[], ["enter"], ["R"], ["s"], ["?"], ["enter", "?"]])
async def test_upper_q_leaves_from_everywhere(used: Path, keys: list[str]) -> None:
    async with opened(used) as board:
        await go(board, keys)
        board.send("Q")
        await board.until(lambda: board.app._exit)


@pytest.mark.parametrize("key", ["q", "Q"])
async def test_a_demo_board_asks_before_it_is_thrown_away(used: Path, key: str) -> None:
    async with opened(used, demo=True) as board:
        await board.keys(key)
        assert board.question().startswith("Leave the demo?")
        await board.keys("q")
        assert board.question() == ""
        assert not board.app._exit
        await board.keys(key)
        board.send("y")
        await board.until(lambda: board.app._exit)


async def test_q_is_a_letter_while_typing(used: Path) -> None:
    async with opened(used) as board:
        await board.press("card.note")
        await board.type("qQ?:")
        assert board.typed() == "qQ?:"


async def test_alt_and_a_cursor_key_is_escape_and_the_key(used: Path) -> None:
    async with opened(used) as board:
        await board.press("card.move")
        await board.keys("alt+j")
        assert board.question() == ""
        assert board.current() == "focal loss for minority classes"


async def test_escape_takes_marks_and_filter_off_but_never_leaves(used: Path) -> None:
    async with opened(used) as board:
        await board.press("mark.all")
        await board.keys("escape")
        assert board.marked() == set()
        await board.keys("escape", "escape")
        assert not board.app._exit


async def test_ctrl_c_and_ctrl_q_do_not_leave(used: Path) -> None:
    async with opened(used) as board:
        await board.keys("ctrl+q", "ctrl+c")
        assert not board.app._exit


async def test_no_key_alone_does_something_that_cannot_be_undone(used: Path) -> None:
    """Every printable key once on the board, then as many undos: the cards are as they were."""
    async with opened(used) as board:
        with board.store() as store:
            before = {f.ref: f.stage for f in store.boards.snapshot(board.app.model.board.id).faces}
        already = len(board.events())
        pressed = [chr(code) for code in range(33, 127) if chr(code) not in "qQuU"]
        for key in pressed:
            await board.keys(key)
            for _ in range(3):
                if board.app.screen is not board.board_screen or board.question():
                    await board.keys("escape" if key == ":" else "ctrl+g")
                if board.app.screen is not board.board_screen:
                    await board.keys("q")
        assert board.app.screen is board.board_screen
        with board.store() as store:
            done = [*store.exports.events(board.app.model.board.id)][already:]
        for _ in {event.action for event in done}:
            await board.keys("u")
        with board.store() as store:
            after = {f.ref: f.stage for f in store.boards.snapshot(board.app.model.board.id).faces}
        assert after == before
