"""What triage says each key would do is what the rules then do."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from mlkanban.core.board import BlockReason
from tests.tui.boards import started
from tests.tui.page import NOW, Page, opened

CARD = "the card"


def effect(page: Page, key: str) -> str:
    """The line of a key under the reason why the card is here."""
    below = page.text().partition("Why it is here")[2]
    line = re.search(rf"^ {key}  +(.*?)(   |$)", below, re.MULTILINE)
    assert line is not None, page.text()
    return " ".join(below[line.start() : below.index("\n", line.start())].split())


def board_with(
    data: Path,
    *,
    ready: int = 0,
    snoozes: int = 0,
    blocked: str = "",
    items: object = (),
    **stage: object,
) -> Path:
    """A board with the card in Ideas, and `ready` others in Ready."""
    ada = started(data)
    [ref] = ada.adds(CARD, checklist=items)
    for _ in range(snoozes):
        ada.cards.snooze([ref], NOW.date() + timedelta(days=1))
        ada.cards.wake([ref])
    if blocked:
        ada.cards.block([ref], BlockReason(blocked))
    ada.sets("Ready", limit=2)
    if ready:
        ada.adds(*(f"ready {n}" for n in range(ready)), to="Ready")
    if stage:
        ada.sets("Ready", **stage)
    ada.service.close()
    return data


async def triage_of(page: Page) -> None:
    await page.press("triage")
    for _ in range(9):
        if re.search(rf"^ v\d+  {CARD}\b", page.text(), re.MULTILINE):
            return
        await page.keys("j")
    raise AssertionError(page.text())


async def test_it_names_where_the_card_would_go(tmp_path: Path) -> None:
    async with opened(board_with(tmp_path / "data", ready=1)) as page:
        await triage_of(page)
        assert effect(page, "L") == "L move on to Ready, 1/2"
        await page.keys("L")
        assert CARD in page.stage("Ready").cards()


async def test_a_full_stage_is_named_with_its_cards_and_then_asks(tmp_path: Path) -> None:
    async with opened(board_with(tmp_path / "data", ready=2)) as page:
        await triage_of(page)
        assert effect(page, "L") == "L move on Ready is 2/2 (v2, v3); asks what gives way"
        await page.keys("L")
        assert page.question()
        assert CARD not in page.stage("Ready").cards()


async def test_a_soft_limit_is_no_obstacle_and_is_named(tmp_path: Path) -> None:
    async with opened(board_with(tmp_path / "data", ready=2, soft=True)) as page:
        await triage_of(page)
        assert effect(page, "L") == "L move on to Ready, 2/2, a soft limit"
        await page.keys("L")
        assert CARD in page.stage("Ready").cards()


async def test_the_head_counts_what_needs_somebody_and_the_reason_is_on_top(
    tmp_path: Path,
) -> None:
    data = board_with(tmp_path / "data", blocked="bug")
    async with opened(data) as page:
        await page.press("mark.toggle", "triage")
        head, lines = page.lines()[0], page.text().splitlines()
        assert "■ 1 blocked" in head
        assert head.rstrip().endswith("1 to go")
        why = next(at for at, line in enumerate(lines) if "Why it is here" in line)
        assert lines[why - 1].startswith("─ Ideas ")
        assert why < next(at for at, line in enumerate(lines) if line.startswith(" blocked"))


async def test_the_keys_line_has_what_the_page_does_not_name(tmp_path: Path) -> None:
    async with opened(board_with(tmp_path / "data"), size=(160, 45)) as page:
        await triage_of(page)
        hints = [hint.word for hint in page.screen.status.hints]
        assert hints[:5] == ["open", "previous", "edit", "priority", "due date"]
        assert not {"snooze", "block", "finish", "skip"} & set(hints)


async def test_gates_that_are_unticked_are_counted(tmp_path: Path) -> None:
    items = [{"text": "goal written", "gate": "Ideas"}, {"text": "named", "gate": ""}]
    data = board_with(tmp_path / "data", items=items)
    async with opened(data) as page:
        await triage_of(page)
        assert effect(page, "L") == "L move on to Ready, 0/2; 1 gate unticked"
        await page.keys("L")
        assert page.question()


def offered(page: Page) -> list[str]:
    """The words of the keys, from the first to the last."""
    below = page.text().partition("Why it is here")[2]
    words = ("move on", "finish", "block", "unblock", "note", "snooze", "archive", "skip")
    return re.findall(rf"^ [a-zA-Z]  +({'|'.join(words)})  ", below, re.MULTILINE)


@pytest.mark.parametrize(
    ("blocked", "words"),
    [
        ("", "move on, snooze, archive, note, finish, block, skip"),
        ("compute-queue", "unblock, snooze, move on, finish, note, archive, skip"),
    ],
)
async def test_keys_stand_in_the_order_of_likeliness(
    tmp_path: Path, blocked: str, words: str
) -> None:
    async with opened(board_with(tmp_path / "data", blocked=blocked)) as page:
        await triage_of(page)
        assert ", ".join(offered(page)) == words


async def test_a_blocked_card_is_unblocked_first_of_all(tmp_path: Path) -> None:
    data = board_with(tmp_path / "data", blocked="bug")
    async with opened(data) as page:
        await page.press("mark.toggle", "triage")
        assert effect(page, "b") == "b unblock it goes on in Ideas, 1"
        keys = re.findall(r"^ ([a-zA-Z])  ", page.text().partition("Why")[2], re.MULTILINE)
        assert keys[0] == "b"


@pytest.mark.parametrize(
    ("snoozes", "says"),
    [
        (0, "z snooze out of sight for a day, a week ..."),
        (1, "z snooze snoozed 1 time before; out of sight again"),
        (2, "z snooze snoozed 2 times before: asks for a decision"),
    ],
)
async def test_a_card_that_was_often_snoozed_says_so(
    tmp_path: Path, snoozes: int, says: str
) -> None:
    data = board_with(tmp_path / "data", snoozes=snoozes)
    async with opened(data) as page:
        await page.press("mark.toggle", "triage")
        assert effect(page, "z") == says
