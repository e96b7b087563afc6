"""The table of commands as Textual's own bindings and actions, behind the one gate for keys."""

from pathlib import Path

import pytest

from mlkanban.config import Settings
from mlkanban.tui.bindings import action_name, key_name
from mlkanban.tui.commands import (
    BOARD,
    BY_NAME,
    CARD,
    CHARTER,
    COMMANDS,
    PLAN,
    SCREENS,
    STAGES,
    TRIAGE,
    UNLINKED,
    on_screen,
)  # fmt: skip
from tests.tui.page import opened
from tests.tui.test_commands import arrive


@pytest.mark.parametrize("where", SCREENS)
async def test_each_key_of_a_screen_is_a_binding_with_the_name_of_its_command(
    used: Path, where: str
) -> None:
    async with opened(used) as board:
        await arrive(board, where)
        screen = board.screen
        keys = on_screen(COMMANDS, where)
        assert {key: b.id for key, b in screen.command_bindings.items()} == {
            key_name(key): command.name for key, command in keys.items()
        }
        for binding in screen.command_bindings.values():
            assert binding.id is not None
            assert binding.action.startswith(f"{action_name(BY_NAME[binding.id])}(")
            assert not binding.priority
        for command in keys.values():
            assert callable(getattr(screen, f"action_{action_name(command)}"))


async def test_a_command_is_an_action_of_its_screen(small: Path) -> None:
    async with opened(small) as board:
        assert await board.app.run_action("screen.card_note")
        await board.settled()
        assert board.question().startswith("Note on v1")
        await board.keys("ctrl+g")
        assert await board.app.run_action("screen.cursor_stage(3)")
        assert board.app.model.stage == 2


@pytest.mark.parametrize("key", ["f2", "comma", "gx"])
async def test_a_keymap_of_textual_gives_a_command_another_key(small: Path, key: str) -> None:
    async with opened(small) as board:
        board.app.set_keymap({"card.note": key})
        await board.keys("a")
        assert not board.question()
        await board.keys("," if key == "comma" else key)
        assert board.question().startswith("Note on v1")


async def test_a_comma_can_be_a_key(small: Path) -> None:
    async with opened(small, settings=Settings(keys={"card.note": ", g,"})) as board:
        for key in (",", "g,"):
            await board.keys(key)
            assert board.question().startswith("Note on v1")
            await board.keys("ctrl+g")


async def test_keys_that_choose_a_stage_can_be_others(small: Path) -> None:
    async with opened(small, settings=Settings(keys={"cursor.stage": "( )"})) as board:
        await board.keys(")")
        assert board.app.model.stage == 1
        await board.keys("(")
        assert board.app.model.stage == 0


@pytest.mark.parametrize("key", ["f1", "down", "pageup", "shift+left"])
async def test_a_key_that_a_field_lets_pass_runs_no_command(small: Path, key: str) -> None:
    async with opened(small) as board:
        before = board.events(), board.app.screen
        await board.go_to(board.stage("Ideas").cards()[1])
        current = board.current()
        await board.press("card.note")
        await board.keys(key)
        assert board.question().startswith("Note on")
        assert (board.events(), board.app.screen) == before
        assert board.current() == current


@pytest.mark.parametrize("where", [BOARD, CARD, TRIAGE, PLAN, UNLINKED, STAGES, CHARTER])
async def test_what_cannot_be_taken_back_is_said_on_every_screen(used: Path, where: str) -> None:
    async with opened(used) as board:
        await arrive(board, where)
        await board.press("redo")
        assert "redo" in board.status() or "done again" in board.status()
