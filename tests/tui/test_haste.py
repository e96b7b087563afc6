"""Keys that arrive all at once, as over a slow line, and pages left while they load."""

import asyncio
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.style import Style
from textual import events
from textual.command import CommandInput, CommandList

from mlkanban.runs.use_cases.card_runs import Runs
from mlkanban.service.history import History
from mlkanban.tui.palette import Palette
from mlkanban.tui.screens.base import KeyScreen
from mlkanban.tui.screens.help import HelpScreen
from mlkanban.tui.screens.stages import StagesScreen
from tests.tui.page import NOW, opened

FIRST = "calibrate probabilities"


async def test_a_title_typed_ahead_is_a_title_and_no_commands(small: Path) -> None:
    async with opened(small) as board:
        board.send("n", *"xLq mx", "enter")
        await board.settled()
        assert board.stage("Ideas").cards()[-1] == "xLq mx"
        assert FIRST in board.stage("Ideas").cards()


async def test_a_card_and_a_filter_typed_ahead_keep_their_order(small: Path) -> None:
    """Also where the screen has read something beside all commands before."""
    async with opened(small) as board:
        await board.screen.fetch(lambda service: service.boards.cursor())
        board.send("n", *"write card #tag", "enter", "/", *"focal", "enter")
        await board.settled()
        assert board.question() == ""
        assert board.app.model.query == "focal"
        assert "write card" in [face.title for face in board.app.model.faces.values()]


async def test_keys_on_their_way_when_the_field_gets_them_are_text(small: Path) -> None:
    """The app gave them to the screen, for the field did not have the focus yet."""
    async with opened(small) as board:
        await board.press("card.new")
        for key in (*"xq", "enter"):
            board.app.screen._forward_event(events.Key(key, key if len(key) == 1 else "\r"))
        await board.settled()
        assert board.stage("Ideas").cards()[-1] == "xq"


async def test_a_title_typed_ahead_answers_no_question_of_a_full_stage(small: Path) -> None:
    async with opened(small) as board:
        await board.keys("5")
        board.send("n", *"another r", "enter", "r", "o")
        await board.settled()
        assert "Training is 1/1:" in board.question()
        assert "another r" not in board.stage("Ideas").cards()


async def test_an_answer_typed_ahead_is_an_answer(small: Path) -> None:
    async with opened(small) as board:
        board.send("m", "4")
        await board.settled()
        assert board.stage("Features").cards() == [FIRST]


@pytest.mark.parametrize("last", ["enter", "ctrl+g"])
async def test_keys_after_a_filter_typed_ahead_are_commands(small: Path, last: str) -> None:
    """The field gets the keys late, when its question has been answered already."""
    async with opened(small) as board:
        board.send("/", *"focal", last)
        await board.settled()
        await board.keys("?")
        assert isinstance(board.app.screen, HelpScreen)


async def test_many_moves_at_once_arrive_one_after_the_other(small: Path) -> None:
    async with opened(small) as board:
        board.send(*"jjkjjk")
        await board.settled()
        assert board.current() == "focal loss for minority classes"


@pytest.mark.parametrize("way_in", ["enter", "R", "s", "?"])
async def test_q_twice_does_not_lose_the_board(small: Path, way_in: str) -> None:
    async with opened(small) as board:
        await board.keys(way_in)
        board.send("q", "q")
        await board.settled()
        assert board.app.screen is board.board_screen
        await board.press("cursor.down")
        assert board.current() == "focal loss for minority classes"


@pytest.mark.parametrize("way_in", ["enter", "R", "s", "?"])
async def test_in_and_out_at_once_never_leaves_the_program(small: Path, way_in: str) -> None:
    async with opened(small) as board:
        for _ in range(5):
            board.send(way_in, "q")
            await board.settled()
            assert not board.app._exit
            if board.app.screen is not board.board_screen:
                await board.keys("q")
            assert board.app.screen is board.board_screen


@pytest.mark.parametrize(("way_in", "read"), [("enter", "of_card"), ("R", "for_flow")])
async def test_a_page_left_while_the_store_is_slow(
    small: Path, monkeypatch: pytest.MonkeyPatch, way_in: str, read: str
) -> None:
    slow = threading.Event()
    real = getattr(History, read)

    def late(*args: Any) -> Any:
        slow.wait(20)
        return real(*args)

    async with opened(small) as board:
        await board.keys(way_in)
        monkeypatch.setattr(History, read, late)
        following = asyncio.create_task(board.app.catch_up())
        await board.keys("q")
        slow.set()
        await following
        await board.press("cursor.down")
        assert board.current() == "focal loss for minority classes"


@pytest.mark.parametrize("tab", ["2", "3", "4"])
async def test_a_tab_chosen_while_the_card_is_still_read(
    small: Path, monkeypatch: pytest.MonkeyPatch, tab: str
) -> None:
    slow, real = threading.Event(), History.of_card

    def late(*args: Any) -> Any:
        slow.wait(20)
        return real(*args)

    async with opened(small) as board:
        monkeypatch.setattr(History, "of_card", late)
        board.send("enter")
        await board.until(lambda: "card-tabs" in {w.id for w in board.app.screen.query("*")})
        board.send(tab)
        await asyncio.sleep(0.05)
        slow.set()
        await board.settled()
        shown = {"2": "No notes yet", "3": "created", "4": "No links"}
        assert FIRST in board.text()
        assert shown[tab] in board.text()


async def test_the_stages_left_before_they_are_drawn(small: Path) -> None:
    async with opened(small) as board:
        board.board_screen.do_stages()
        board.app.pop_screen()
        await board.settled()
        assert board.app.crash is None


@pytest.mark.parametrize("way_in", ["enter", "R", "s", "?"])
async def test_somebody_else_writes_while_a_page_opens(small: Path, way_in: str) -> None:
    async with opened(small) as board:
        for number in range(3):
            with board.store() as bob:
                bob.cards.note(["v1"], f"note {number}")
            board.send(way_in)
            await board.app.catch_up()
            await board.settled()
            await board.keys("q")
        assert board.app.crash is None


@pytest.mark.parametrize(
    ("way_in", "together"),
    [
        (["enter"], "t"),
        (["enter"], "E"),
        (["s"], "e"),
        (["i"], "z"),
        (["g", "p"], "n"),
        (["B"], "n"),
        (["R"], "w"),
    ],
)
async def test_escape_and_a_key_that_asks_in_one_packet(
    small: Path, way_in: list[str], together: str
) -> None:
    async with opened(small) as board:
        await board.keys(*way_in)
        assert board.app._driver is not None
        board.app._driver.send_message(events.Key(f"alt+{together}", together))
        await board.settled()
        assert board.app.crash is None
        assert board.app.screen is board.board_screen
        await board.press("card.new")
        assert "New card" in board.question()


async def test_escape_and_a_key_answer_a_question_one_after_the_other(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.move")
        assert board.app._driver is not None
        board.app._driver.send_message(events.Key("alt+n", "n"))
        await board.settled()
        assert "New card" in board.question()


async def test_a_command_that_asks_when_its_screen_is_gone_ends_with_it(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.open")
        page = board.screen
        asked = asyncio.create_task(page.ask.text("Tags"))
        page.close()
        with pytest.raises(asyncio.CancelledError):
            await asked
        await board.settled()
        assert board.app.screen is board.board_screen


@pytest.mark.parametrize("typed", ["", "undo", "no such thing"])
@pytest.mark.parametrize("keys", [["enter", "enter"], ["enter", "escape"], ["escape", "enter"]])
async def test_two_keys_at_once_leave_the_palette_once(
    small: Path, typed: str, keys: list[str]
) -> None:
    async with opened(small) as board:
        await board.press("palette")
        await board.type(typed)
        await asyncio.sleep(0)
        board.send(*keys)
        await board.settled()
        if isinstance(board.app.screen, Palette):  # nothing was found: Enter chooses nothing
            await board.keys("escape")
        assert board.board_screen in board.app.screen_stack
        assert isinstance(board.app.screen, KeyScreen)
        assert board.app.crash is None


@pytest.mark.parametrize("size", [(80, 24), (30, 5), (10, 3), (1, 1)])
@pytest.mark.parametrize("key", ["pageup", "pagedown", "up", "down"])
async def test_the_palette_at_any_size(small: Path, size: tuple[int, int], key: str) -> None:
    async with opened(small, size=size) as board:
        await board.press("palette")
        await board.keys(key, key)
        await board.keys("escape")
        assert board.app.screen is board.board_screen


@pytest.mark.parametrize("columns", [1, 2, 3])
async def test_reports_on_a_terminal_of_hardly_any_width(small: Path, columns: int) -> None:
    async with opened(small, size=(columns, 20)) as board:
        await board.press("reports")
        for view in "1234567890ABCDEFG":
            await board.keys(view)
        assert board.app.crash is None


async def test_a_click_from_before_the_terminal_became_smaller(small: Path) -> None:
    async with opened(small, size=(30, 10)) as board:
        await board.press("palette")
        palette = board.app.screen
        assert palette.get_widget_at(500, 500)[0] is palette


async def test_what_the_palette_began_finds_it_gone(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Palette, "_NO_MATCHES_COUNTDOWN", 0.001)
    async with opened(small) as board:
        await board.press("palette")
        palette = board.app.screen
        assert isinstance(palette, Palette)
        await palette.query(CommandList).remove()
        palette._start_no_matches_countdown("nothing has this")
        palette._list_visible = not palette._list_visible
        palette._show_busy = not palette._show_busy
        timer = palette._no_matches_timer
        assert timer is not None
        await board.until(lambda: timer._task is None or timer._task.done())
        await board.keys("escape")
        assert board.app.crash is None
        assert board.app.screen is board.board_screen


async def test_nothing_is_asked_while_the_program_ends(small: Path) -> None:
    async with opened(small) as board:
        board.app.exit()
        with pytest.raises(asyncio.CancelledError):
            await board.board_screen.ask.text("Tags")
        assert not board.board_screen.takes_keys


@pytest.mark.parametrize("key", ["pageup", "pagedown"])
async def test_a_page_of_a_palette_without_any_lines(small: Path, key: str) -> None:
    async with opened(small) as board:
        await board.press("palette")
        await board.until(lambda: board.app.screen.query_one(CommandList).option_count > 0)
        await board.keys("down")
        for size in ((40, 4), (3, 2), (1, 1)):
            await board.pilot.resize_terminal(*size)
            await board.settled()
            board.app.screen.query_one(CommandList)._clear_caches()
            await board.keys(key)
        assert board.app.crash is None


@pytest.mark.parametrize("columns", [1, 2, 3, 5, 8])
async def test_every_screen_and_question_on_a_terminal_that_becomes_narrow(
    small: Path, columns: int
) -> None:
    ways = (["enter"], ["s"], ["i"], ["g", "p"], ["g", "c"], ["B"], ["?"], ["r"], ["e"], ["n"],
            ["m"], ["b"], ["/"], ["g"], ["N"])  # fmt: skip
    async with opened(small, size=(80, 20)) as board:
        for way in ways:
            await board.keys(*way)
            await board.pilot.resize_terminal(columns, 5)
            await board.settled()
            await board.keys("j", "escape", "escape")
            await board.pilot.resize_terminal(80, 20)
            assert board.app.crash is None, way
            await board.settled()
            assert board.app.screen is board.board_screen, way


@pytest.mark.parametrize("columns", range(1, 13))
async def test_a_full_palette_on_a_terminal_that_becomes_narrow(small: Path, columns: int) -> None:
    async with opened(small) as board:
        await board.press("palette")
        await board.until(lambda: board.app.screen.query_one(CommandList).option_count > 0)
        for rows in (30, 3):
            await board.pilot.resize_terminal(columns, rows)
            await board.settled()
        assert board.app.crash is None


async def test_a_long_paste_does_not_keep_the_palette_searching(small: Path) -> None:
    async with opened(small) as board:
        await board.press("palette")
        board.app.post_message(events.Paste("x" * 50_000))
        await board.settled()
        assert len(board.app.screen.query_one(CommandInput).value) <= 200
        await board.type("undo")
        assert board.app.screen.query_one(CommandInput).value.endswith("undo")


async def test_ages_where_there_is_room_for_more_stages(small: Path) -> None:
    async with opened(small, size=(80, 24)) as board:
        await board.keys("8")
        await board.pilot.resize_terminal(400, 45)
        view = board.board_view
        view._first = len(board.app.model.columns) - 1
        view.aged(NOW + timedelta(minutes=5))
        title, names, cards = (view.render_line(y) for y in (0, 1, 9))
        assert names.text.startswith("1 Ideas ")
        assert " 8 Monitoring " in names.text
        assert {line.cell_length for line in (title, names, cards)} == {view.size.width}


async def test_a_click_on_what_the_palette_no_longer_finds(small: Path) -> None:
    async with opened(small) as board:
        await board.press("palette")
        found = board.app.screen.query_one(CommandList)
        await board.until(lambda: found.option_count > 0)
        click = events.Click(found, 1, 1, 0, 0, 1, False, False, False)
        click.style = Style(meta={"option": found.option_count})
        found.post_message(click)
        await board.settled()
        assert board.app.crash is None


async def test_a_command_typed_ahead_of_the_palette_is_found_whole(small: Path) -> None:
    async with opened(small) as board:
        board.send(":", *"stages", "enter")
        await board.until(lambda: isinstance(board.app.screen, StagesScreen))


async def test_enter_right_behind_colon_runs_nothing(small: Path) -> None:
    async with opened(small) as board:
        board.send(":", "enter")
        await board.settled()
        assert isinstance(board.app.screen, Palette)


async def test_keys_behind_a_cancelled_palette_mean_what_they_mean_one_by_one(small: Path) -> None:
    async with opened(small) as board:
        board.send(":", *"xy", "ctrl+g", "n", *"one", "enter")
        await board.until(lambda: "one" in board.stage("Ideas").cards())
        board.send(":", "x", "ctrl+g", ":", "y", "ctrl+g", ":", "x")
        await board.settled()
        palette = board.app.screen
        assert isinstance(palette, Palette)
        # It takes what was typed ahead once it is drawn.
        await board.until(lambda: palette.query_one(CommandInput).value == "x")
        assert {FIRST, "one"} <= set(board.stage("Ideas").cards()), "x archived nothing"
        assert "Copied" not in "".join(message.text for message in board.app.messages.entries)


async def test_a_key_pressed_while_the_runs_are_still_read(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, real = threading.Event(), Runs.with_results

    def late(*args: Any) -> Any:
        slow.wait(20)
        return real(*args)

    async with opened(small) as board:
        monkeypatch.setattr(Runs, "with_results", late)
        board.send("r")
        await board.until(lambda: "Reading the runs" in board.text())
        assert "No runs yet" not in board.text()
        board.send("?")
        slow.set()
        await board.until(lambda: isinstance(board.app.screen, HelpScreen))
        await board.keys("q")
        assert "No runs yet" in board.text()
