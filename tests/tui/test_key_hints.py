"""The keys line: keys that do something to the card under the cursor, and how they give way."""

from datetime import date
from pathlib import Path

import pytest

from mlkanban.config import Settings
from mlkanban.core.board import CardFace, Outcome
from mlkanban.runs.model.brief import Brief
from mlkanban.tui.commands import BOARD, COMMANDS, STATUS
from mlkanban.tui.key_hints import card_hints
from mlkanban.tui.widgets import status_line
from tests.tui.boards import somebody
from tests.tui.page import SMALL, opened


def test_without_a_card_only_keys_that_need_none_are_named() -> None:
    hints = card_hints(COMMANDS, STATUS[BOARD], (), date(2026, 3, 20))
    assert [hint.word for hint in hints] == ["new", "find", "undo", "reports", "help"]


def test_the_key_of_runs_comes_first_for_every_card_that_has_some() -> None:
    for runs, first in (
        (Brief(2, since="2026-03-20T11:00:00Z").packed, "runs"),
        (Brief(2).packed, "runs"),
        ("", "open"),
    ):
        face = CardFace._make([""] * len(CardFace._fields))._replace(runs=runs)
        hints = card_hints(COMMANDS, STATUS[BOARD], (face,), date(2026, 3, 20))
        assert hints[0].word == first


async def test_a_blocked_card_is_to_be_unblocked(used: Path) -> None:
    async with opened(used) as board:
        await board.go_to("calibrate probabilities")
        assert "b block " in board.status()
        await board.go_to("retrain on the new quarter")
        assert "b unblock" in board.status()
        await board.press("card.block")
        await board.keys("y")
        await board.press("cursor.up")
        assert "b block " in board.status()


async def test_the_page_of_a_card_names_the_keys_that_work_on_it(used: Path) -> None:
    async with opened(used) as board:
        await board.go_to("retrain on the new quarter")
        await board.press("card.open")
        assert "b unblock" in board.status()
        assert "r runs" not in board.status()
        await board.press("card.block")
        await board.keys("y")
        await board.press("back", "card.open")
        assert "b block " in board.status()


async def test_a_finished_card_is_neither_blocked_nor_finished_again(used: Path) -> None:
    async with opened(used) as board:
        await board.go_to("finished experiment 1")
        words = [hint.word for hint in board.screen.status.hints]
        assert "block" not in words
        assert "finish" not in words
        assert "move" in words


async def test_the_health_of_a_shipped_model_can_be_said(used: Path) -> None:
    ada = somebody(used)
    [ref] = ada.adds("ranker", to="Deployment")
    ada.cards.finish([ref], Outcome.SHIPPED)
    ada.service.close()
    async with opened(used) as board:
        await board.go_to("ranker")
        assert "w health" in board.status()


async def test_marked_cards_are_what_the_keys_are_about(used: Path) -> None:
    async with opened(used) as board:
        await board.go_to("retrain on the new quarter")
        await board.press("mark.toggle")
        await board.go_to("calibrate probabilities")
        assert "b unblock" in board.status()


async def test_whole_pairs_are_cut_from_the_right_and_help_never(used: Path) -> None:
    async with opened(used, size=(40, 24)) as board:
        assert board.status() == "Enter open   n new   m move   ? help"
    async with opened(used, size=(12, 10)) as board:
        assert board.lines()[-1].strip() == "? help"


async def test_the_way_back_goes_after_the_others_and_before_help(used: Path) -> None:
    async with opened(used, size=(20, 10)) as board:
        await board.press("messages")
        assert board.status() == "? help   q back"
        assert board.screen.status.message == ""


async def test_ones_own_keys_are_named(used: Path) -> None:
    async with opened(used, settings=Settings(keys={"card.move": "gx"})) as board:
        assert "gx move" in board.status()


@pytest.mark.parametrize(("word", "question"), [("move", "Move v1"), ("block", "What blocks v1?")])
async def test_a_click_on_a_key_presses_it(used: Path, word: str, question: str) -> None:
    async with opened(used) as board:
        await board.pilot.click(offset=(board.lines()[-1].index(word), len(board.lines()) - 1))
        await board.settled()
        assert board.question().startswith(question)


async def test_a_click_between_keys_and_while_a_question_is_open_does_nothing(used: Path) -> None:
    async with opened(used) as board:
        last = len(board.lines()) - 1
        gap = board.lines()[-1].index("n new") - 2
        await board.pilot.click(offset=(gap, last))
        assert not board.question()
        move = board.lines()[-1].index("move")
        await board.press("card.note")
        await board.pilot.click(offset=(move, last))
        assert board.question().startswith("Note on v1")
        assert board.typed() == ""


# Messages


async def test_a_message_gives_way_to_the_keys_after_some_seconds(
    used: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status_line, "MESSAGE_SECONDS", 0.2)
    async with opened(used) as board:
        await board.press("card.right")
        await board.until(lambda: board.status().startswith("Enter open"))
        assert board.stage("Ready").cards()


async def test_what_was_said_can_be_read_again(used: Path) -> None:
    async with opened(used) as board:
        await board.press("card.right", "undo")
        said = [entry.text for entry in board.app.messages.entries]
        await board.press("messages")
        assert len(said) == 2
        assert board.text().index(said[1]) < board.text().index(said[0])
        assert f"09:00:00  {said[0]}" in board.text()


async def test_a_query_that_is_half_typed_is_no_message_to_read_again(used: Path) -> None:
    async with opened(used) as board:
        await board.press("filter")
        await board.type("age>")
        assert board.screen.status.message
        assert not board.app.messages.entries


async def test_a_message_that_comes_again_is_kept_once_and_old_ones_are_dropped(
    used: Path,
) -> None:
    async with opened(used) as board:
        for number in range(300):
            board.screen.status.show(f"message {number // 2} of \x1b[31mhostile\u202e text")
        entries = board.app.messages.entries
        assert len(entries) == 150
        assert all("\x1b" not in entry.text and "\u202e" not in entry.text for entry in entries)
        for number in range(500):
            board.screen.status.show(f"more {number}")
        assert len(board.app.messages.entries) == 200


async def test_at_80_cells_the_keys_of_the_board_stand_whole(used: Path) -> None:
    async with opened(used, size=SMALL) as board:
        assert board.status() == (
            "Enter open   n new   m move   b block     c finish   / find   u undo   ? help"
        )
        await board.go_to("retrain on the new quarter")
        assert board.status() == (
            "Enter open   n new   m move   b unblock   c finish   / find   u undo   ? help"
        ), "the keys behind stay where they are"


async def test_a_long_message_lies_over_the_board_and_moves_nothing(used: Path) -> None:
    async with opened(used, size=SMALL) as board:
        before, size = board.lines(), board.board_screen.view.size
        board.screen.status.show("word " * 40)
        await board.settled()
        assert board.board_screen.view.size == size
        assert [line.startswith(" word word") for line in board.lines()[-4:]] == [True] * 3 + [
            False
        ]
        assert board.lines()[-1] == before[-1], "the keys stay"
        assert board.lines()[:-4] == before[:-4]
        await board.press("card.note")
        assert board.lines()[-2].startswith(" Note on v1") or "Note on v1" in board.text()
        await board.keys("ctrl+g")
        assert board.lines() == before
