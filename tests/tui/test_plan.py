"""Planning on the screen: what is ready over the ideas, an order, pulling, and what fits."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from mlkanban.tui.screens.plan import PlanScreen
from tests.tui.boards import somebody
from tests.tui.page import NOW, ROOMY, SMALL, Page, opened


def lists(board: Page) -> tuple[list[str], list[str]]:
    screen = board.screen
    assert isinstance(screen, PlanScreen)
    ideas, ready = screen._sides()
    return [row.face.title for row in ideas], [row.face.title for row in ready]


def row(board: Page, title: str) -> str:
    """The line of a card."""
    return next(line for line in board.list_lines() if title in line)


def under_cursor(board: Page) -> str:
    return next((line[1:].strip() for line in board.list_lines() if line.startswith("█")), "")


@pytest.mark.parametrize("size", [ROOMY, SMALL])
async def test_what_is_ready_stands_over_the_ideas(used: Path, size: tuple[int, int]) -> None:
    async with opened(used, size=size) as board:
        await board.press("plan")
        lines = [line.strip() for line in board.list_lines()]
        assert "fit at 85 %" in lines[1]
        heads = [line.split() for line in lines if line.startswith("─ ")]
        assert heads[0][1:6] == ["Ready", "1/3", "room", "for", "2"]
        assert heads[1][1:3] == ["Ideas", "4"]
        text = "\n".join(board.list_lines())
        ready, ideas = (text.index(f"─ {name}") for name in ("Ready", "Ideas"))
        assert ready < text.index("audit the labels") < ideas
        assert ideas < text.index("calibrate probabilities")


async def test_snoozed_cards_are_counted_as_on_the_board(used: Path) -> None:
    async with opened(used) as board:
        with board.store() as service:
            refs = [board.ref("calibrate probabilities"), board.ref("audit the labels")]
            service.cards.snooze(refs, date(2026, 4, 1))
        await board.until(lambda: "4 z1" in board.stage("Ideas").header())
        assert board.stage("Ready").header().startswith("2 Ready 1/3 z1")
        await board.press("plan")
        heads = [line.strip() for line in board.list_lines() if line.strip().startswith("─ ")]
        assert heads[0].startswith("─ Ready 1/3 (1 snoozed) room for 2")
        assert heads[1].startswith("─ Ideas 4 (1 snoozed) ─")


@pytest.mark.parametrize("size", [SMALL, ROOMY], ids=["80x24", "160x45"])
async def test_a_due_date_stands_beside_the_days_that_fit(
    used: Path, size: tuple[int, int]
) -> None:
    async with opened(used, size=size) as board:
        with board.store() as service:
            service.cards.edit(
                [board.ref("audit the labels")], {"due": f"{NOW.date() + timedelta(9)}"}
            )
        await board.app.catch_up()
        await board.press("plan")
        assert " due 9d " in row(board, "audit the labels")


async def test_each_card_says_when_it_is_finished_and_whether_it_fits(used: Path) -> None:
    async with opened(used) as board:
        await board.press("plan", "plan.day")
        await board.answer("110d")
        assert row(board, "audit the labels").split()[-1] == "━━"
        lines = board.list_lines()
        cards = [line for line in lines if line[0] in "│▌█"]
        at = next(at for at, line in enumerate(lines) if "85 % line" in line)
        assert any("━━" in line for line in lines[3:at])
        assert not any("━━" in line for line in lines[at:])
        days = [card.split()[-2] for card in cards]
        assert days == sorted(days)
        assert len(days) == 5


async def test_no_line_is_drawn_where_all_cards_fit(used: Path) -> None:
    async with opened(used) as board:
        await board.press("plan", "plan.day")
        await board.answer("300d")
        assert "85 % line" not in board.text()
        assert "··" not in board.text()


async def test_without_a_past_nothing_is_promised(small: Path) -> None:
    async with opened(small) as board:
        await board.press("plan")
        assert "A forecast needs" in board.list_lines()[1]
        assert "fits" not in board.text()
        assert "85 %" not in board.text()


async def test_the_cursor_goes_from_one_list_into_the_other(used: Path) -> None:
    async with opened(used, size=(40, 10)) as board:
        await board.press("plan", "cursor.top")
        assert "audit" in under_cursor(board)
        await board.press("cursor.down")
        assert "calibrate" in under_cursor(board)
        await board.press("cursor.bottom")
        assert "drift" in under_cursor(board)
        assert "─ Ideas 4" in board.text(), "the head of the list stays in sight"
        await board.press("cursor.right")
        assert "audit" in under_cursor(board)
        await board.press("cursor.left")
        assert "drift" in under_cursor(board)


async def test_cards_are_pulled_and_put_back(small: Path) -> None:
    async with opened(small) as board:
        await board.press("plan", "cursor.down", "card.right")
        assert lists(board)[1] == ["audit the labels", "focal loss for minority classes"]
        assert "moved to Ready" in board.status()
        await board.press("card.left")
        assert lists(board)[1] == ["audit the labels"]
        await board.press("undo", "undo")
        assert lists(board)[0][1] == "focal loss for minority classes"


async def test_marked_cards_are_pulled_together(small: Path) -> None:
    async with opened(small) as board:
        await board.press("plan", "mark.toggle", "mark.toggle", "card.right")
        assert lists(board)[0] == ["embedding store"]
        assert not board.app.model.marks
        await board.press("undo")
        assert len(lists(board)[0]) == 3


async def test_score_is_written_down_and_orders(small: Path) -> None:
    async with opened(small) as board:
        await board.press("plan", "cursor.bottom", "card.score")
        await board.answer("much")
        assert "5/2" in board.status()
        await board.answer("8*2*80%/3")
        assert "4.3" in board.text()
        await board.press("plan.order")
        assert lists(board)[0][0] == "embedding store"
        await board.press("card.down")
        assert "ordered by score" in board.status()
        await board.press(
            "plan.order", "cursor.top", "cursor.left", "cursor.up", "cursor.up", "card.down"
        )
        assert lists(board)[0][:2] == [
            "focal loss for minority classes", "calibrate probabilities",
        ]  # fmt: skip


async def test_the_first_ideas_are_pulled_up_to_the_limit(small: Path) -> None:
    async with opened(small) as board:
        await board.press("plan", "plan.replenish")
        assert lists(board) == (
            ["embedding store"],
            ["audit the labels", "calibrate probabilities", "focal loss for minority classes"],
        )
        assert "Ready 3/3 FULL" in board.text()
        await board.press("plan.replenish")
        assert "Ready is full" in board.status()


async def test_the_day_can_be_chosen(used: Path) -> None:
    async with opened(used) as board:
        await board.press("plan", "plan.day")
        await board.answer("yesterday")
        assert "is no day" in board.status()
        await board.answer("2026-05-01")
        assert "by 2026-05-01" in board.list_lines()[1]


async def test_a_new_card_goes_to_the_list_one_is_in(small: Path) -> None:
    async with opened(small) as board:
        await board.press("plan", "cursor.right", "card.new")
        await board.answer("at once score:9/1")
        assert lists(board)[1] == ["audit the labels", "at once"]
        await board.press("back")
        assert board.stage("Ready").cards() == ["audit the labels", "at once"]


async def test_what_another_process_does_is_seen(small: Path) -> None:
    async with opened(small) as board:
        await board.press("plan")
        with board.store() as service:
            service.cards.add(board.app.model.board.id, "from elsewhere")
        await board.until(lambda: "from elsewhere" in lists(board)[0])


async def test_a_stage_without_limit_names_the_key_that_sets_one(small: Path) -> None:
    ada = somebody(small)
    ready = next(stage.id for stage in ada.board.stages if stage.name == "Ready")
    ada.boards.edit_stage(ada.board_id, ready, {"limit": None})
    ada.service.close()
    async with opened(small) as board:
        await board.press("plan", "plan.replenish")
        assert "Set one (s on the board), or move" in board.status()
