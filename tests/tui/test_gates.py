"""A closed gate: one question with two ways on, wherever a card is moved or shipped from."""

from pathlib import Path

import pytest

from tests.tui.boards import somebody
from tests.tui.page import SMALL, Page, opened
from tests.tui.test_triage import title

CARD = "fraud v3"
ITEMS = [
    {"text": "goal written", "done": True, "gate": "Data prep"},
    {"text": "three seeds", "gate": "Evaluation"},
    {"text": "beats the baseline", "gate": "Evaluation"},
    {"text": "rollback tested", "gate": "Deployment"},
    {"text": "verdict"},
]
QUESTION = "leaves Evaluation with 2 unticked: three seeds; beats the baseline:"


@pytest.fixture
def gated(small: Path) -> Path:
    """The small board with one card in Evaluation."""
    ada = somebody(small)
    ada.adds(CARD, to="Evaluation", checklist=ITEMS)
    ada.service.close()
    return small


async def ticked(board: Page) -> list[bool]:
    with board.store() as store:
        return [item.done for item in store.cards.get(board.ref(CARD)).checklist]


async def test_the_question_names_the_items_in_one_line(gated: Path) -> None:
    async with opened(gated) as board:
        await board.go_to(CARD)
        await board.press("card.right")
        assert board.lines()[-2].strip(" ─") == (
            f"{board.ref(CARD)} {QUESTION}   t tick them   o go on (reason)  >q cancel"
        )


@pytest.mark.parametrize("size", [SMALL, (40, 12)])
async def test_in_a_small_terminal_no_word_of_it_is_lost(gated: Path, size) -> None:
    async with opened(gated, size=size) as board:
        await board.go_to(CARD)
        await board.press("card.right")
        said = " ".join(board.text().replace("─", " ").split())
        assert f"{board.ref(CARD)} {QUESTION} t tick them o go on (reason) >q cancel" in said


async def test_ticking_moves_at_once_and_one_undo_takes_both_back(gated: Path) -> None:
    async with opened(gated) as board:
        await board.go_to(CARD)
        await board.press("card.right")
        await board.keys("t")
        assert board.stage("Deployment").cards() == [CARD]
        assert board.status().endswith("moved to Deployment.  u undoes it.")
        assert await ticked(board) == [True, True, True, False, False]
        await board.press("undo")
        assert board.stage("Evaluation").cards() == [CARD]
        assert await ticked(board) == [True, False, False, False, False]


async def test_going_on_needs_a_reason_and_the_history_shows_it(gated: Path) -> None:
    async with opened(gated) as board:
        await board.go_to(CARD)
        await board.press("card.right")
        await board.keys("o")
        assert "Why go on with this unticked?" in board.question()
        await board.keys("enter")
        assert "An override needs a reason." in board.status()
        assert board.stage("Evaluation").cards() == [CARD]
        await board.answer("demo on Friday")
        assert board.stage("Deployment").cards() == [CARD]
        assert "Gone on all the same: demo on Friday." in board.text()
        assert board.current() == CARD
        await board.press("card.open")
        await board.keys("3")
        text = " ".join(board.text().replace("│", " ").split())
        assert "with 2 unticked: demo on Friday (three seeds; beats the baseline)" in text


@pytest.mark.parametrize("key", ["q", "ctrl+g", "escape", "enter"])
async def test_cancel_changes_nothing(gated: Path, key: str) -> None:
    async with opened(gated) as board:
        await board.go_to(CARD)
        before = board.events()
        await board.press("card.right")
        await board.keys("x", "5", key)
        assert (board.question(), board.events()) == ("", before)
        assert "Nothing was changed." in board.status()


async def test_the_menu_asks_for_all_on_the_way_and_going_back_never_asks(gated: Path) -> None:
    async with opened(gated) as board:
        await board.go_to(CARD)
        await board.press("card.move")
        await board.keys("8")
        assert "with 3 unticked: three seeds; beats the baseline; rollback tested" in (
            board.question()
        )
        await board.keys("q")
        await board.press("card.move")
        await board.keys("4")
        assert board.question() == ""
        assert board.stage("Features").cards() == [CARD]


async def test_shipping_asks_and_other_ends_do_not(gated: Path) -> None:
    async with opened(gated) as board:
        await board.go_to(CARD)
        await board.press("card.finish")
        await board.keys("s", "enter")
        assert "with 3 unticked" in board.question()
        await board.keys("t")
        assert board.stage("Monitoring").cards() == [CARD]
        assert "finished: shipped" in board.status()
        await board.press("undo", "card.finish")
        await board.keys("l", "enter")
        assert "finished: learned" in board.status()


async def test_after_ticking_a_full_stage_asks_too_and_keeps_the_ticks(gated: Path) -> None:
    ada = somebody(gated)
    ada.adds("shadow week", to="Deployment")
    ada.service.close()
    async with opened(gated) as board:
        await board.go_to(CARD)
        await board.press("card.right")
        assert "beats the baseline. Deployment is 1/1:" in board.question()
        await board.keys("t")
        assert "Deployment is 1/1:   r " in board.question()
        await board.keys("w", "1")
        assert board.stage("Deployment").cards() == [CARD]
        assert board.stage("Evaluation").cards() == ["shadow week"]
        assert await ticked(board) == [True, True, True, False, False]
        await board.press("undo")
        await board.go_to(CARD)
        await board.press("card.right")
        await board.keys("t", "o")
        await board.answer("both are urgent")
        assert set(board.stage("Deployment").cards()) == {CARD, "shadow week"}
        assert await ticked(board) == [True, True, True, False, False]


async def test_one_reason_passes_the_gate_and_the_full_stage(gated: Path) -> None:
    ada = somebody(gated)
    ada.adds("shadow week", to="Deployment")
    ada.service.close()
    async with opened(gated) as board:
        await board.go_to(CARD)
        await board.press("card.right")
        await board.keys("o")
        await board.answer("production is down")
        assert set(board.stage("Deployment").cards()) == {CARD, "shadow week"}
        assert await ticked(board) == [True, False, False, False, False]


async def test_marked_cards_are_asked_about_together(gated: Path) -> None:
    ada = somebody(gated)
    ada.adds("churn v2", to="Evaluation", checklist=ITEMS[1:2])
    ada.sets("Deployment", limit=None)
    ada.service.close()
    async with opened(gated) as board:
        await board.go_to(CARD)
        await board.press("mark.all", "card.right")
        assert f"{board.ref(CARD)} leaves" in board.question()
        assert f"{board.ref('churn v2')} leaves Evaluation with 1 unticked" in board.question()
        await board.keys("t")
        assert board.stage("Deployment").cards() == [CARD, "churn v2"]
        assert board.marked() == set()
        await board.press("undo")
        assert board.stage("Evaluation").cards() == [CARD, "churn v2"]


async def test_triage_asks_as_everywhere(gated: Path) -> None:
    ada = somebody(gated, 11)
    ada.adds("new release", checklist=[{"text": "goal written", "gate": "Ideas"}])
    ada.service.close()
    async with opened(gated) as board:
        await board.press("triage")
        while title(board) != "new release":
            await board.press("triage.skip")
        before = board.lines()[0].split("|")[0]
        await board.press("triage.accept")
        assert "leaves Ideas with 1 unticked: goal written" in board.question()
        await board.keys("q")
        assert board.lines()[0].split("|")[0] == before
        await board.press("triage.accept")
        await board.keys("t")
        assert "new release" in board.stage("Ready").cards()
        assert "moved on 1" in board.lines()[0]


async def test_a_broken_guard_asks_and_cannot_be_ticked(small: Path) -> None:
    ada = somebody(small)
    guard = {"name": "p95", "direction": "<=", "target": 50.0, "value": 61.0}
    ada.adds(CARD, to="Evaluation", metric={"name": "auc", "target": 0.9}, guards=[guard])
    ada.service.close()
    async with opened(small) as board:
        await board.go_to(CARD)
        assert "✗ p95" in board.text()
        await board.press("card.right")
        assert board.lines()[-2].strip(" ─") == (
            f"{board.ref(CARD)} leaves Evaluation with a broken guard: p95 61, not ≤50:"
            "   o go on (reason)  >q cancel"
        )
        await board.keys("o")
        assert "Why go on all the same?" in board.question()
        await board.answer("users wait")
        assert board.stage("Deployment").cards() == [CARD]
