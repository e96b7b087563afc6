"""The board marks open cards that are old for their stage, or past the expectation."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from mlkanban.core.names import find_stage
from mlkanban.demo import fill
from mlkanban.flow.aging import aging
from mlkanban.flow.pace import Pace
from mlkanban.flow.sample import follow
from mlkanban.flow.sle import sle
from mlkanban.flow.window import Window
from mlkanban.service import Service
from mlkanban.tui.pace_file import read_pace, write_pace
from tests.tui.page import NOW, SMALL, Page, clock, opened


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    service = Service.open(tmp_path / "data", actor="ada", clock=clock)
    fill(service, NOW)
    service.close()
    return tmp_path / "data"


async def test_the_marks_are_those_of_the_numbers(filled: Path) -> None:
    async with opened(filled, size=SMALL) as page:
        with page.store() as bob:
            board = page.app.model.board
            workflow, histories = bob.history.for_flow(board)
        sample = follow(workflow, histories, NOW, Window.back(90, workflow.day(NOW)))
        cards = aging(sample, sle(sample).days).cards
        assert any("~" in card.marks for card in cards)
        assert any(">" in card.marks for card in cards)
        old = next(card for card in cards if "~" in card.marks)
        await page.go_to(old.title)
        # They are counted after the first picture.
        await page.until(lambda: re.search(r"\d+d!", page.text()) is not None)
        for card in cards:
            face = next(f for f in page.app.model.faces.values() if f.ref == card.ref)
            if face.due:
                continue  # a due date may be more urgent than the age
            await page.go_to(card.title)
            text = page.text()
            found = re.search(rf" {card.ref} [^│▌█]*? (\d+)d(!*)(?=\s|$)", text, re.MULTILINE)
            assert found is not None, text
            expected = "!!" if ">" in card.marks else "!" if "~" in card.marks else ""
            assert (int(found[1]), found[2]) == (card.age_days, expected), card


async def test_from_the_second_start_on_nothing_changes_by_itself(filled: Path) -> None:
    async with opened(filled) as page:
        await page.until(lambda: "past SLE" in page.lines()[0])
    async with opened(filled) as page:
        first = page.text()
        assert "past SLE" in first
        await page.app.look_around()
        await page.settled()
        assert page.lines()[0].rstrip() == first.splitlines()[0]


@pytest.mark.parametrize(
    "text", ["", "[]", '{"b": 3}', '{"b": {"stale": [true], "sle": 3, "counted": []}}', "{"]
)
def test_a_file_that_says_nothing_of_a_pace_is_no_fault(tmp_path: Path, text: str) -> None:
    (tmp_path / "pace.json").write_text(text)
    assert read_pace(tmp_path, "b") is None
    pace = Pace((None, 6, 11), 18, (0, 65, 65))
    write_pace(tmp_path, "b", pace)
    kept = read_pace(tmp_path, "b")
    assert kept == pace
    assert kept.counted == pace.counted


async def shows(page: Page, words: str) -> None:
    await page.until(lambda: words in " ".join(page.text().split()))


async def test_the_chance_on_a_face_follows_what_is_done(filled: Path) -> None:
    async with opened(filled) as page:
        board = page.app.model.board
        with page.store() as service:
            due = {"due": (NOW + timedelta(days=3)).date().isoformat()}
            [card] = service.cards.add(board.id, "Try label smoothing", fields=due).cards
        for stage in ("", "Training"):
            with page.store() as service:
                if stage:
                    to = find_stage(board, stage).id
                    service.cards.move([card.ref], to, override="a try")
                chance = service.planning.prospects(board).chances[card.id]
            number = "<1" if chance < 0.01 else f"{chance * 100:.0f}"
            face = f"due 3d {number}%" + "!" * (chance < 0.5)
            await page.until(lambda: any(f.id == card.id for f in page.app.model.faces.values()))
            await page.go_to("Try label smoothing")
            await shows(page, face)
