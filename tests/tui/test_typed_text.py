"""What somebody typed is never lost without being asked, whatever the store says."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlkanban.errors import StoreBusy, StoreProblem
from mlkanban.service.cards import Cards
from tests.tui.page import Page, opened

TEXT = "a thought of some length"
UNSAVED = "Your text is not saved: Enter saves it, Ctrl+g again drops it."
BUSY = StoreBusy("The store is busy: another process is writing.", "Try again.")
FULL = StoreProblem("The disk is full.", "Make room, then try again.")


def failing(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


@pytest.mark.parametrize("key", ["ctrl+g", "escape"])
@pytest.mark.parametrize("command", ["card.new", "card.tags", "card.due"])
async def test_a_line_is_cancelled_at_once(small: Path, command: str, key: str) -> None:
    async with opened(small) as board:
        before = board.events()
        await board.press(command)
        await board.type(TEXT)
        await board.keys(key)
        assert board.question() == ""
        assert board.events() == before
        await board.press(command)
        assert TEXT not in board.typed()


@pytest.mark.parametrize("key", ["ctrl+g", "escape"])
@pytest.mark.parametrize(("command", "times"), [("card.note", 1), ("card.new", 4)])
async def test_cancelling_a_note_or_a_long_text_warns_and_the_second_drops(
    small: Path, command: str, times: int, key: str
) -> None:
    async with opened(small) as board:
        before = board.events()
        await board.press(command)
        await board.type(TEXT * times)
        await board.keys(key)
        assert board.status() == UNSAVED
        assert board.typed().endswith(TEXT)
        await board.keys(key)
        assert board.question() == ""
        assert board.events() == before
        await board.press(command)
        assert TEXT not in board.typed()


async def test_typing_on_after_the_warning_arms_it_again(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.note")
        await board.type(TEXT)
        await board.keys("ctrl+g")
        await board.type("!")
        await board.keys("ctrl+g")
        assert board.status() == UNSAVED
        assert board.question()


async def test_cancelling_with_nothing_typed_asks_nothing(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.tags")
        await board.keys("ctrl+g")
        assert board.question() == ""


@pytest.mark.parametrize("error", [BUSY, FULL])
async def test_a_failed_write_keeps_the_text(
    small: Path, monkeypatch: pytest.MonkeyPatch, error: StoreProblem
) -> None:
    async with opened(small) as board:
        with monkeypatch.context() as broken:
            broken.setattr(Cards, "note", failing(error))
            await board.press("card.note")
            await board.answer(TEXT)
            assert error.message in board.status()
            assert board.typed() == TEXT
            await board.keys("ctrl+g")
            assert board.status() == UNSAVED, "typed text, though it was offered again"
        await board.keys("enter")
        assert "noted" in board.status()
        with board.store() as store:
            assert [note.text for note in store.cards.get("v1").notes] == [TEXT]


@pytest.mark.parametrize("error", [BUSY, FULL])
async def test_a_failed_write_keeps_the_form(
    small: Path, monkeypatch: pytest.MonkeyPatch, error: StoreProblem
) -> None:
    async with opened(small) as board:
        with monkeypatch.context() as broken:
            broken.setattr(Cards, "edit", failing(error))
            await board.press("card.edit")
            await board.type(" well")
            await board.keys("enter")
            assert error.message in board.status()
            assert "calibrate probabilities well" in board.text()
        await board.keys("enter")
        assert board.current() == "calibrate probabilities well"


@pytest.mark.parametrize("error", [BUSY, FULL])
async def test_a_failed_action_without_text_is_said_and_the_board_stays(
    small: Path, monkeypatch: pytest.MonkeyPatch, error: StoreProblem
) -> None:
    for name in ("move", "reorder", "archive", "edit", "finish", "unblock"):
        monkeypatch.setattr(Cards, name, failing(error))
    async with opened(small) as board:
        before = board.stages()
        for keys in (["L"], ["m", "2"], ["J"], ["K"], ["x"], ["p", "u"], ["c", "s", "enter"]):
            await board.press("cursor.top")
            if keys == ["K"]:
                await board.press("cursor.down")
            await board.keys(*keys)
            assert error.message in board.status(), keys
            assert board.stages() == before


async def test_the_form_warns_before_it_drops_changes(small: Path) -> None:
    async with opened(small) as board:
        before = board.events()
        await board.press("card.edit")
        await board.type(" well")
        await board.keys("ctrl+g")
        assert "Your changes are not saved" in board.status()
        await board.keys("ctrl+g")
        assert board.screen is board.board_screen
        assert board.events() == before
        await board.press("card.edit")
        assert "probabilities well" not in board.text()


async def test_a_form_nobody_changed_closes_at_once(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.edit")
        await board.keys("ctrl+g")
        assert board.screen is board.board_screen


async def test_keys_typed_ahead_never_answer_a_question_nobody_has_seen(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow store answers that Training is full while the next card is being typed already."""
    slow = threading.Event()
    real = Cards.move

    def late(*args: Any, **kwargs: Any) -> Any:
        slow.wait(20)
        return real(*args, **kwargs)

    monkeypatch.setattr(Cards, "move", late)
    async with opened(small) as board:
        board.send("m")
        await board.until(lambda: bool(board.question()))
        board.send("5", "n", *"or")
        await asyncio.sleep(0.2)
        slow.set()
        await board.until(lambda: "Training is 1/1" in board.question())
        board.send("q")
        await board.until(lambda: board.typed() == "or")
        board.send(*"acle", "enter")
        await board.until(lambda: "added" in board.status())
        assert "oracle" in board.stage("Ideas").cards()
        assert "calibrate probabilities" in board.stage("Ideas").cards()


async def test_a_click_elsewhere_does_not_take_the_keys_away(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.note")
        await board.type("one ")
        await board.pilot.click(offset=board.place_of("embedding store"))
        await board.type("two!")
        await board.keys("backspace")
        assert board.typed() == "one two"
        await board.keys("enter")
        assert "noted" in board.status()


async def test_the_palette_waits_for_the_question(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.note")
        await board.type(TEXT)
        await run_by_title(board, "New card")
        assert board.typed() == TEXT
        await board.keys("enter")
        with board.store() as store:
            assert [note.text for note in store.cards.get("v1").notes] == [TEXT]


async def run_by_title(board: Page, title: str) -> None:
    board.send("ctrl+p")
    await board.until(lambda: board.app.screen is not board.board_screen)
    board.send(*title)
    await board.until(lambda: title in board.text())
    await asyncio.sleep(0.3)
    board.send("enter")
    await board.until(lambda: board.app.screen is board.board_screen)
    await asyncio.sleep(0.2)


async def test_the_form_leaves_texts_of_several_lines_alone(small: Path) -> None:
    async with opened(small) as board:
        with board.store() as bob:
            bob.cards.edit(["v1"], {"hypothesis": "first\nsecond"})
        await board.app.catch_up()
        await board.press("card.edit")
        assert "(several lines: E edits them)" in board.text()
        await board.type(" more")
        await board.keys("enter")
        with board.store() as bob:
            card = bob.cards.get("v1")
        assert (card.title, card.hypothesis) == ("calibrate probabilities more", "first\nsecond")


async def test_a_long_error_stands_below_the_question(small: Path) -> None:
    async with opened(small, size=(80, 24)) as board:
        await board.press("filter")
        await board.type("stage:nope")
        assert "No stage begins with 'nope'" in board.text()
