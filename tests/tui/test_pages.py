"""The pages beside the board: a card, the stages, the reports, help."""

import re
from datetime import date
from pathlib import Path

import pytest

from tests.tui.page import ROOMY, SMALL, Page, opened
from tests.tui.test_pasting import paste


async def test_the_card_says_what_is_known(used: Path) -> None:
    async with opened(used) as board:
        await board.go_to("retrain on the new quarter")
        await board.press("card.open")
        text = board.text()
        assert "retrain on the new quarter" in board.lines()[0]
        assert "■ data-access" in board.lines()[1]
        assert "external" not in board.lines()[1], "nobody said so"
        assert "blocked     since 03-17" in text
        assert "            ticket 4711" in text
        assert "blocked by data-access: ticket 4711" in text  # nothing but history is there
        await board.keys("2")
        assert "No notes yet: a writes the first one." in board.text()


async def test_an_action_on_the_page_shows_there(used: Path) -> None:
    async with opened(used) as board:
        await board.press("card.open", "card.priority")
        await board.keys("u")
        assert "▲▲ urgent" in board.lines()[1]
        await board.press("undo")
        assert "urgent" not in board.lines()[1]
        assert "(undone)" in board.text()
        await board.press("card.move")
        await board.keys("4")
        assert "Features since 03-20" in board.text()
        await board.press("back")
        assert board.stage("Features").cards() == ["calibrate probabilities"]


@pytest.mark.parametrize("size", [SMALL, ROOMY, (220, 60)])
async def test_every_field_that_is_set_is_somewhere_on_the_page(
    used: Path, size: tuple[int, int]
) -> None:
    values = {
        "hypothesis": "because of the hubs\nand spokes", "dataset": "payments/2026",
        "budget": "40 gpu-h", "score": "5/2", "class": "expedite", "verdict": "it was so",
        "due": "2026-04-01",
        "metric": {"name": "auc", "target": 0.9, "baseline": 0.8, "noise": 0.01},
    }  # fmt: skip
    async with opened(used, size=size) as board:
        await board.app.store_thread.call(
            lambda s: s.cards.edit(["v1"], values, add={"links": ["https://example.org/x"],
            "needs": ["v2"], "lineage": ["ablation-of:v3"]})
        )  # fmt: skip
        with board.store() as bob:
            bob.checklists.add("v1", "three seeds")
            bob.cards.snooze(["v1"], date(2026, 5, 1))
        await board.app.catch_up()
        board.screen.open("card", "v1")
        await board.settled()
        text = board.text()
        for tab in "12345":
            await board.keys(tab)
            text += board.text()
        for shown in (
            "because of the hubs", "and spokes", "payments/2026", "40 gpu-h", "5/2", "expedite",
            "it was so", "2026-04-01", "auc", "≥.9", ".8", "noise .01", "https://example.org/x",
            "needs", "v2", "ablation of v3", "three seeds", "2026-05-01", "#tabular", "experiment",
            "created 03-08",
        ):  # fmt: skip
            assert shown in text, shown


async def test_the_page_goes_on_to_the_next_card_of_the_stage(used: Path) -> None:
    async with opened(used) as board:
        await board.go_to("calibrate probabilities")
        await board.press("card.open")
        at, many = (int(word) for word in re.findall(r"‹ (\d+) of (\d+)", board.lines()[0])[0])
        seen = [board.lines()[0].split("‹")[0].split(maxsplit=1)[1].strip()]
        for _ in range(at, many):
            await board.press("card.next")
            seen.append(board.lines()[0].split("‹")[0].split(maxsplit=1)[1].strip())
        assert seen == board.stage("Ideas").cards()[at - 1 :]
        await board.press("card.next")
        assert "the last card of Ideas" in board.status()
        await board.press("card.previous", "back")
        assert board.current() == seen[-2]


async def test_the_tabs_are_opened_by_keys_and_by_clicks(used: Path) -> None:
    async with opened(used) as board:
        await board.go_to("drift alert")
        await board.press("card.open")
        assert "PSI above 0.2" in board.text()
        at = board.lines()[2].index("3 History")
        await board.pilot.click(offset=(at + 3, 2))
        await board.settled()
        assert "written in Ideas" in board.text()
        await board.keys("4")
        assert "No links and no related cards." in board.text()


async def test_undoing_the_card_itself_leaves_its_page(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.new")
        await board.answer("a mistake")
        await board.press("card.open", "undo")
        assert board.screen is board.board_screen
        assert "a mistake" not in board.text()


async def test_a_long_page_scrolls(used: Path) -> None:
    async with opened(used, size=SMALL) as board:
        with board.store() as bob:
            for number in range(1, 31):
                bob.cards.note(["v1"], f"note number {number:02}")
        await board.app.catch_up()  # else the page may be written anew while it is looked at
        await board.press("card.open")
        await board.keys("2")
        assert "note number 30" in board.text()
        await board.press("cursor.bottom")
        assert "note number 01" in board.text()
        await board.press("cursor.top", "cursor.down", "cursor.down", "cursor.page-down")
        await board.press("cursor.page-up", "cursor.up", "cursor.up")
        assert "calibrate probabilities" in board.lines()[0]


async def test_a_help_page_scrolls_to_its_end(used: Path) -> None:
    async with opened(used, size=SMALL) as board:
        await board.press("help", "cursor.bottom")
        last = next(line for line in reversed(board.lines()[:-1]) if line.strip())
        assert last.split() == ["wheel", "scrolls"]
        assert any(line.startswith(" ─ Questions and the mouse ─") for line in board.lines())
        title = board.lines()[0].split()
        assert title[2:4] == [title[4], "of"], "on the last page"
        await board.press("cursor.top")
        assert board.lines()[0].split() == ["Help", "board", "1", "of", title[4]]
        assert board.lines()[1].strip(" ─") == "Most used"
        await board.press("help")
        assert board.screen is board.board_screen


# Stages


def row(board: Page, name: str) -> list[str]:
    line = next(line for line in board.list_lines() if f" {name} " in line)
    return line[1:].split()


async def test_the_columns_of_the_table_stand_under_their_heads(used: Path) -> None:
    async with opened(used) as board:
        await board.press("stages")
        head = next(line for line in board.lines() if "kind" in line and "limit" in line)
        training = next(line for line in board.lines() if " Training " in line)
        for title, cell in (("kind", "active"), ("cards", "1/1 ►1/2"), ("rule", "hard")):
            assert head.index(title) == training.index(cell)


async def test_commitment_and_delivery_stand_between_the_stages(used: Path) -> None:
    async with opened(used) as board:
        await board.press("stages")
        said = [
            line.split()[1]
            for line in board.lines()[3:]
            if line[0] in "│▌█" or line.startswith("─ ")
        ]
        assert said == ["1", "2", "commitment:", "3", "4", "5", "6", "7", "delivery:", "8"]


@pytest.mark.parametrize("size", [(40, 10), (20, 5)])
async def test_on_a_small_screen_the_stage_under_the_cursor_is_in_sight(
    used: Path, size: tuple[int, int]
) -> None:
    async with opened(used, size=size) as board:
        await board.press("stages")
        for number in range(1, 9):
            assert any(line.startswith(f"█ {number} ") for line in board.lines())
            await board.press("cursor.down")


async def test_limits(used: Path) -> None:
    async with opened(used) as board:
        await board.keys("5")
        await board.press("stages", "stage.raise")
        assert "1/2" in row(board, "Training")
        await board.press("stage.lower", "stage.lower")
        assert "1/0!" in row(board, "Training")
        assert "over its limit now" in board.status()
        await board.press("stage.lower")
        assert "1" in row(board, "Training")
        await board.press("stage.raise")
        assert "1/1" in row(board, "Training")
        await board.press("stage.more-runs")
        assert "►1/3" in row(board, "Training")
        await board.press("stage.fewer-runs", "stage.fewer-runs")
        assert "►1/1" in row(board, "Training")
        await board.press("stage.soft")
        assert "soft" in row(board, "Training")
        await board.press("undo")
        assert "hard" in row(board, "Training")
        await board.press("redo")
        assert "soft" in row(board, "Training")


async def test_the_role_of_a_stage_is_chosen_by_what_it_means(used: Path) -> None:
    async with opened(used, size=(160, 45)) as board:
        await board.keys("5")
        await board.press("stages")
        assert "role   train: models are trained" in board.text()
        assert "r role   d deliverables   t kind" in board.lines()[-1]
        await board.press("stage.role")
        assert "data         data is collected" in board.text()
        assert "train        models are trained (now)" in board.text()
        assert board.text().count("(now)") == 1
        await board.keys("2")
        assert "Its role is data" in board.status()
        assert "role   data: data is" in board.text()


async def test_what_a_stage_asks_for_is_typed_one_a_line(used: Path) -> None:
    async with opened(used, size=(160, 45)) as board:
        await board.keys("5")
        await board.press("stages", "stage.deliverables")
        await paste(board, "seeds noted\nbaseline beaten")
        await board.keys("enter")
        assert "It asks new experiments and models for 2 deliverables" in board.status()
        assert "asks   new experiments and models, before they" in board.text()
        await board.press("stage.deliverables")
        await board.keys(*["backspace"] * 28, "enter")
        assert "It asks new cards for nothing." in board.status()


async def test_the_kind_of_a_stage_goes_round(used: Path) -> None:
    async with opened(used) as board:
        await board.keys("5")
        await board.press("stages")
        for kind in ("gate", "queue", "active"):
            await board.press("stage.kind")
            assert f"It is {'a ' * (kind != 'active')}{kind}" in board.status()
        await board.press("undo")
        assert board.app.model.board.stages[4].kind == "queue"


async def test_a_stage_is_added_renamed_moved_and_removed(used: Path) -> None:
    async with opened(used) as board:
        await board.press("stages", "stage.add")
        await board.answer("Triage")
        assert row(board, "Triage")[0] == "2"
        await board.press("stage.rename")
        assert board.typed() == "Triage"
        await board.answer("Inbox")
        assert row(board, "Inbox")[0] == "2"
        await board.press("stage.up")
        assert row(board, "Inbox")[0] == "1"
        await board.press("stage.down")
        assert row(board, "Inbox")[0] == "2"
        await board.press("stage.remove")
        assert "Stage Inbox removed." in board.status()
        await board.press("back")
        assert "Inbox" not in board.text().replace(board.status(), "")


async def test_a_stage_with_cards_or_a_second_name_is_refused(used: Path) -> None:
    async with opened(used) as board:
        before = board.app.model.board.stages
        await board.press("stages", "stage.remove")
        assert "4 cards stand in Ideas" in board.status()
        await board.press("stage.rename")
        await board.answer("ready")
        assert "There is a stage Ready already." in board.status()
        assert board.typed() == "ready"
        await board.keys("ctrl+g")
        await board.press("stage.committed")
        assert "committed" in board.status()
        assert board.app.model.board.stages == before


async def test_a_change_of_stages_asks_before_it_opens_shipped_cards(used: Path) -> None:
    async with opened(used) as board:
        await board.press("stages")
        for _ in range(8):
            await board.press("cursor.down")
        before = board.app.model.board.stages
        for key in ("escape", "y"):
            assert board.app.model.board.stages == before
            await board.press("stage.committed")
            await board.until(lambda: "would be open again" in board.text())
            await board.keys(key)
        await board.until(lambda: "opened again" in board.status())
        assert board.app.model.board.stages[-1].committed


async def test_the_pointer_stays_on_the_table(used: Path) -> None:
    async with opened(used) as board:
        await board.press("stages", "cursor.up")
        assert next(line for line in board.list_lines() if " Ideas " in line).startswith("█")
        for _ in range(20):
            await board.press("cursor.down")
        assert next(line for line in board.list_lines() if " Monitoring " in line).startswith("█")


# Reports


async def test_the_window_and_the_groups_turn(used: Path) -> None:
    async with opened(used) as board:
        await board.press("reports", "view.cycle-time")
        assert "Cycle time  90 days" in board.lines()[0]
        assert "8 finished   mean 3.4 d" in board.text()
        await board.press("reports.window")
        assert "Cycle time  30 days" in board.lines()[0]
        await board.press("reports.window")
        assert "Cycle time  all time" in board.lines()[0]
        await board.press("reports.group")
        assert "by" not in board.lines()[0]
        assert "type: " in board.lines()[0]
        first = board.lines()[0]
        await board.press("group.next")
        assert board.lines()[0] != first
        await board.press("group.previous")
        assert board.lines()[0] == first
        await board.press("reports.group", "reports.group")
        assert "Time in stage" in board.lines()[0]


@pytest.mark.parametrize("size", [(160, 45), SMALL, (40, 10)])
async def test_reports_of_a_board_without_finished_cards(
    small: Path, size: tuple[int, int]
) -> None:
    async with opened(small, size=size) as board:
        await board.press("reports")
        for _ in range(8):
            await board.press("reports.group", "cursor.right", "reports.window")
        assert board.app.crash is None


async def test_the_report_follows_the_board(used: Path) -> None:
    async with opened(used) as board:
        await board.press("reports")
        with board.store() as bob:
            bob.cards.move([board.ref("join the transactions")], _last(board))
        await board.until(lambda: "9 finished" in board.text())


def _last(board: Page) -> str:
    return board.app.model.board.stages[-1].id


# Empty states


async def test_a_board_where_all_is_done_or_archived_says_how_to_see_it(small: Path) -> None:
    async with opened(small) as board:
        for title in [title for cards in board.stages().values() for title in cards]:
            await board.go_to(title)
            await board.press("card.archive")
        assert "Nothing open here. n writes a card, F shows finished ones." in board.text()
        await board.press("finished.show")
        assert "Nothing open here" not in board.text()
        assert "calibrate probabilities" in board.stage("Ideas").cards()
