"""The board marks open cards that are old for their stage, or past the expectation."""

import re
from pathlib import Path

import pytest

from mlkanban.demo import fill
from mlkanban.flow.aging import aging
from mlkanban.flow.sample import follow
from mlkanban.flow.sle import sle
from mlkanban.flow.window import Window
from mlkanban.service import Service
from tests.tui.page import NOW, SMALL, clock, opened


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
