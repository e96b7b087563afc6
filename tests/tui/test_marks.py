"""Marked cards: one action, one undo step."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from mlkanban.core.board import CardFace
from tests.tui.boards import somebody
from tests.tui.page import ROOMY, SMALL, Page, opened

IDEAS = {"calibrate probabilities", "focal loss for minority classes", "embedding store"}


async def test_space_marks_and_goes_on(small: Path) -> None:
    async with opened(small) as board:
        await board.press("mark.toggle")
        assert board.marked() == {"calibrate probabilities"}
        assert board.current() == "focal loss for minority classes"
        assert "▌◆calibrate" in board.text()
        assert "1 marked" in board.lines()[0]
        await board.press("cursor.up", "mark.toggle")
        assert board.marked() == set()
        assert "marked" not in board.lines()[0]


async def test_a_range_goes_from_the_last_mark_to_here(small: Path) -> None:
    async with opened(small) as board:
        await board.press("mark.toggle", "cursor.bottom", "mark.range")
        assert board.marked() == IDEAS


async def test_all_of_the_stage_are_marked_or_all_marks_cleared(small: Path) -> None:
    async with opened(small) as board:
        await board.press("mark.all")
        assert board.marked() == IDEAS
        await board.press("mark.all")
        assert board.marked() == set()


async def test_a_bulk_move_is_one_undo_step(small: Path) -> None:
    async with opened(small) as board:
        before = board.stages()
        await board.press("mark.toggle", "mark.toggle", "card.move")
        assert "v1, v2" in board.question()
        await board.keys("2")
        assert IDEAS - set(board.stage("Ideas").cards()) == IDEAS - {"embedding store"}
        assert board.marked() == set()
        assert len(board.stage("Ready").cards()) == 3
        await board.press("undo")
        assert board.stages() == before


async def test_a_bulk_move_that_does_not_fit_moves_nothing(small: Path) -> None:
    async with opened(small) as board:
        await board.press("mark.all", "card.move")
        before = board.stages()
        await board.keys("2")
        assert "room for 2 of these 3 cards" in board.question()
        assert "swap" not in board.question()
        await board.keys("q")
        assert board.stages() == before
        assert board.marked() == IDEAS


async def test_marked_cards_get_tags_and_notes_together(small: Path) -> None:
    async with opened(small) as board:
        await board.press("mark.all", "card.tags")
        await board.answer("shared")
        await board.press("cursor.top")
        assert all(
            "shared" in face.tags for face in board.app.model.faces.values() if face.title in IDEAS
        )


async def test_marks_are_left_by_the_same_key_that_leaves_everything(small: Path) -> None:
    async with opened(small) as board:
        await board.press("mark.all", "back")
        assert board.marked() == set()
        assert board.app.is_running


# The verbs of triage


def faces(board: Page, titles: set[str] = IDEAS) -> list[CardFace]:
    return [face for face in board.app.model.faces.values() if face.title in titles]


def seen(board: Page) -> tuple[object, ...]:
    """All that an action on the ideas can change of them."""
    return tuple(
        (f.title, f.stage, f.outcome, f.archived, f.snoozed_until, f.block_reason)
        for f in sorted(faces(board), key=lambda face: face.ref)
    )


def outcome(what: str) -> Callable[[CardFace], bool]:
    return lambda face: face.outcome == what


VERBS: dict[str, tuple[list[str], Callable[[CardFace], bool]]] = {
    "right": (["L"], lambda face: bool(face.entered_at != face.created_at)),
    "move": (["m", "4"], lambda face: bool(face.started_at)),
    "complete": (["c", "p"], outcome("superseded")),
    "block": (["b", "8", "enter"], lambda face: face.block_reason == "bug"),
    "snooze": (["z", "w"], lambda face: face.snoozed_until == "2026-03-27"),
    "archive": (["x"], lambda face: bool(face.archived)),
}


@pytest.mark.parametrize("size", [SMALL, ROOMY], ids=["80x24", "160x45"])
@pytest.mark.parametrize("verb", VERBS)
async def test_a_verb_is_about_all_marked_cards_and_one_undo_step(
    small: Path, verb: str, size: tuple[int, int]
) -> None:
    keys, done = VERBS[verb]
    roomy(small)
    async with opened(small, size=size) as board:
        before = seen(board)
        actions = len(board.events())
        await board.press("mark.all")
        await board.keys(*keys)
        assert all(done(face) for face in faces(board))
        assert len(board.events()) == actions + 3
        assert board.marked() == set()
        assert "marked" not in board.lines()[0]
        await board.press("undo")
        assert seen(board) == before


def roomy(data: Path) -> None:
    """No stage is full."""
    ada = somebody(data)
    for stage in ada.board.stages:
        ada.sets(stage.name, limit=None, unattended=None)
    ada.service.close()


async def test_marked_cards_go_back_together(small: Path) -> None:
    roomy(small)
    async with opened(small) as board:
        await board.press("mark.all", "card.right")
        await board.press("cursor.top", "mark.all")
        assert len(board.marked()) == 4
        before = board.stages()
        await board.press("card.left")
        assert "Ready" not in board.stages()
        await board.press("undo")
        assert board.stages() == before


async def test_marked_cards_of_several_stages_go_to_one(small: Path) -> None:
    roomy(small)
    async with opened(small) as board:
        before = board.stages()
        await board.press("mark.all", "cursor.right", "mark.toggle", "card.right")
        assert "m moves them to one" in board.status()
        assert board.stages() == before
        await board.press("card.move")
        await board.keys("5")
        assert len(board.stage("Training").cards()) == 5
        await board.press("undo")
        assert board.stages() == before


async def test_snoozed_and_blocked_together_they_come_back_together(small: Path) -> None:
    async with opened(small) as board:
        await board.press("mark.all", "card.block")
        await board.keys("8", "enter")
        await board.press("mark.all", "card.block")
        assert "Unblock v1, v2, v3?" in board.question()
        await board.keys("y")
        assert not any(face.block_reason for face in faces(board))
        await board.press("undo")
        assert all(face.block_reason for face in faces(board))


async def test_a_block_of_some_leaves_those_alone_that_are_blocked(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.block")
        await board.keys("1", "enter")
        await board.press("mark.all", "card.block")
        assert "What blocks v2, v3?" in board.question()
        await board.keys("8", "enter")
        reasons = sorted(face.block_reason for face in faces(board))
        assert reasons == ["bug", "bug", "compute-queue"]
        await board.press("undo")
        assert sorted(face.block_reason for face in faces(board)) == ["", "", "compute-queue"]


async def test_what_one_of_them_does_not_allow_is_done_to_none(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.finish")
        await board.keys("l", "enter")
        await board.press("finished.show", "mark.all")
        before = seen(board)
        for keys in (["b"], ["z", "w"], ["c", "s"]):
            await board.keys(*keys)
            assert "finished" in board.status(), keys
            assert seen(board) == before
            assert board.marked() == IDEAS


async def test_several_are_no_duplicates_of_one(small: Path) -> None:
    async with opened(small) as board:
        await board.press("mark.all", "card.merge")
        assert "Mark one card at most" in board.status()
        assert board.question() == ""
        assert board.marked() == IDEAS


async def test_a_full_stage_takes_all_of_them_for_a_reason_or_none(small: Path) -> None:
    async with opened(small) as board:
        before = board.stages()
        await board.press("mark.all", "card.move")
        await board.keys("5")
        assert "Training is 1/1" in board.question()
        assert "put in" not in board.question(), "Ready has room for 2 of these 3 cards"
        await board.keys("q")
        assert board.stages() == before
        await board.press("card.move")
        await board.keys("5", "o")
        await board.answer("the cluster is free tonight")
        assert len(board.stage("Training").cards()) == 4
        assert board.marked() == set()
        await board.press("undo")
        assert board.stages() == before


def triaged(board: Page) -> str:
    """The title of the card that triage asks about."""
    card = re.search(r"^ v\d+  (.*?)(  |$)", board.text(), re.MULTILINE)
    return card[1].strip() if card else ""


@pytest.mark.parametrize("size", [SMALL, ROOMY], ids=["80x24", "160x45"])
async def test_triage_goes_through_the_marked_ones(small: Path, size: tuple[int, int]) -> None:
    async with opened(small, size=size) as board:
        await board.press("mark.toggle", "cursor.down", "mark.toggle", "cursor.right")
        await board.press("mark.toggle", "triage")
        assert board.marked() == set()
        assert board.lines()[0].startswith(" Triage  1 of 3 ")
        assert triaged(board) == "calibrate probabilities"
        assert "Why it is here  marked" in board.text()
        await board.keys("x")
        assert triaged(board) == "embedding store"
        await board.keys("x")
        assert triaged(board) == "audit the labels"
        await board.press("back")
        assert board.status() == "Triage: archived 2; 1 left."
        assert "marked" not in board.lines()[0]
        await board.press("triage")
        assert "resumed" not in board.lines()[0], "it was no part of the queue"
