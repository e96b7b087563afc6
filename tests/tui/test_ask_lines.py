"""How the lines of a question are broken."""

from pathlib import Path

import pytest

from mlkanban.glyphs import UTF8
from mlkanban.tui.widgets.ask import _label_lines
from mlkanban.tui.widgets.menu import Menu, Option
from tests.tui.page import ROOMY, SMALL, opened

SAVES = ("saves", " cancels")
"""What Enter and Ctrl+g do."""


def texts(lines) -> list[str]:
    return ["".join(piece.text for piece in line) for line in lines]


def test_an_answer_never_loses_its_word() -> None:
    menu = Menu("The demo is thrown away.", [Option("y", "leave")])
    [line] = texts(menu.lines(50, 10, UTF8))
    assert line.endswith("  >y leave   q cancel")
    for room in range(10, 50):
        lines = texts(menu.lines(room, 10, UTF8))
        assert sum("leave" in line for line in lines) == 1
        assert sum("q" in line and "cancel" in line for line in lines) == 1


def test_what_the_keys_do_is_not_broken() -> None:
    assert texts(_label_lines("Why", SAVES, "", 78)) == ["Why  (Enter saves, Ctrl+g cancels)"]
    label = "Why is it blocked, until when, and who or what is it waiting for?"
    assert texts(_label_lines(label, SAVES, "", 78)) == [label, "(Enter saves, Ctrl+g cancels)"]


def test_what_is_said_of_a_text_breaks_no_other_line() -> None:
    asked = "Why  (Enter saves, Ctrl+g cancels)"
    assert texts(_label_lines("Why", SAVES, "until Fri 12-04", 78)) == [f"{asked}  until Fri 12-04"]
    assert texts(_label_lines("Why", SAVES, "until Fri 12-04", 40)) == [asked, "until Fri 12-04"]


@pytest.mark.parametrize("keys", [("card.block",), ("card.move",), ("filter",), ("card.note",)])
@pytest.mark.parametrize("size", [SMALL, ROOMY])
async def test_a_question_stands_under_a_rule_and_the_keys_of_the_screen_are_gone(
    small: Path, keys: tuple[str, ...], size: tuple[int, int]
) -> None:
    async with opened(small, size=size) as board:
        keys_line = board.status()
        assert "Enter open" in keys_line
        for key in keys:
            await board.press(key)
        await board.until(lambda: bool(board.question()))
        asked = board.question().split("\n")[0]
        rule = next(line for line in board.lines() if asked.split("  ")[0] in line)
        assert rule.startswith("─ ")
        assert rule.endswith("─")
        assert board.status() == ""
        await board.keys("escape")
        await board.until(lambda: board.status() == keys_line)
