"""`.` does the last thing again, and g opens a menu that waits."""

from pathlib import Path

from mlkanban.config import Settings
from mlkanban.tui.commands import keymap
from tests.tui.page import opened


async def test_the_last_action_is_done_again_to_the_card_under_the_cursor(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.due")
        await board.answer("2026-04-01")
        await board.press("cursor.down", "card.repeat")
        due = {face.ref: face.due for face in board.app.model.faces.values()}
        assert due["v1"] == due["v2"] == "2026-04-01"
        assert board.question() == ""
        await board.press("undo")
        assert next(f.due for f in board.app.model.faces.values() if f.ref == "v2") == ""


async def test_a_step_to_the_right_is_repeated_from_where_the_card_stands(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.right", "card.repeat")
        assert "calibrate probabilities" in board.stage("Data prep").cards()


async def test_marked_cards_are_done_together_and_undone_together(small: Path) -> None:
    async with opened(small) as board:
        before = board.stages()
        await board.press("card.priority")
        await board.keys("u")
        await board.press("cursor.top", "mark.all", "card.repeat")
        urgent = [f for f in board.app.model.faces.values() if f.priority == "urgent"]
        assert len(urgent) >= 3
        await board.press("undo")
        assert [f.ref for f in board.app.model.faces.values() if f.priority == "urgent"] == ["v1"]
        assert board.stages() == before


async def test_before_anything_was_done_it_says_so(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.repeat")
        assert "Nothing was done in this session" in board.status()


async def test_it_works_on_the_page_of_a_card(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.note")
        await board.answer("seen on the board")
        await board.press("cursor.down", "card.open", "card.repeat")
        assert "seen on the board" in board.text()


async def test_g_waits_for_the_second_key_and_q_leaves_it(small: Path) -> None:
    async with opened(small) as board:
        await board.press("cursor.bottom")
        last = board.current()
        await board.keys("g")
        assert "g  top" in board.question()
        await board.keys("q")
        assert board.question() == ""
        assert board.current() == last
        board.send("g", "g")
        await board.settled()
        assert board.current() == "calibrate probabilities"


async def test_a_pair_is_a_key_like_others_in_the_config(small: Path) -> None:
    settings = Settings(keys={"reports": "gy"})
    async with opened(small, settings=settings) as board:
        await board.keys("gy")
        assert "Cycle time" in board.text()


def test_a_pair_whose_first_key_is_taken_is_told() -> None:
    commands, problems = keymap({"cursor.down": "g"})
    assert problems == [
        "[keys] g alone is cursor.down, so gg (cursor.top), gb (card.transfer), gm (card.retrain), "
        "gr (card.release), gn (template.save), gh (undo.list), gw (review), gp (plan), gj (queue),"
        " gu (unlinked), gv (models), ge (report.write), gc (charter), gt (tour), gd (docs), gl "
        "(messages) cannot be reached."
    ]
    assert {c.name: c.keys for c in commands}["cursor.down"] == ("g",)


def test_a_pair_is_made_of_keys_that_arrive() -> None:
    assert "ssh takes it" in keymap({"reports": "g~"})[1][0]
    assert "there is no key gq" in keymap({"reports": "gq"})[1][0]


async def test_what_was_not_done_is_not_done_again(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.due")
        await board.answer("2026-04-01")
        await board.press("cursor.down", "card.move")
        await board.keys("5", "q")
        await board.press("card.repeat")
        assert next(f.due for f in board.app.model.faces.values() if f.ref == "v2") == "2026-04-01"


async def test_tags_given_on_a_page_that_was_left_are_given_again(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.open", "card.tags")
        await board.answer("churn")
        await board.press("back", "cursor.down", "card.repeat")
        assert {f.ref for f in board.app.model.faces.values() if "churn" in f.tags} >= {"v1", "v2"}
