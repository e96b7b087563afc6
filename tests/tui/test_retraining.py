"""Models in use on the screen: their health, and triage of their alerts."""

import re
from pathlib import Path

import pytest
from textual.widgets import Input

from mlkanban.core.board import Health
from tests.tui.boards import somebody, started
from tests.tui.page import ROOMY, SMALL, Page, opened


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A model at alert, one that is fine, and a new idea."""
    ada = started(tmp_path / "data")
    fraud, churn, _ = ada.adds("Fraud v1", "Churn v1", "An idea")
    for ref in (fraud, churn):
        ada.moves(ref, to="Monitoring")
    ada.service.retraining.record_readings(fraud, ["psi=0.31"], ">0.2", "merchants")
    ada.service.retraining.judge([churn], Health.WATCH)
    ada.service.close()
    return tmp_path / "data"


def health(page: Page) -> dict[str, str]:
    return {face.title: face.health for face in page.app.model.faces.values()}


@pytest.mark.parametrize("size", [SMALL, ROOMY], ids=["80x24", "160x45"])
async def test_an_alert_is_first_in_triage_and_says_why(data: Path, size) -> None:
    async with opened(data, size=size) as page:
        await page.press("triage")
        assert "1 of 2" in page.lines()[0]
        assert re.search(r"^ v\d+  Fraud v1\b", page.text(), re.MULTILINE)
        assert re.search(r"Why it is here +psi .31, alert at >.2", page.text())
        assert re.search(r"^ w +health +answers the alert: ok, ", page.text(), re.MULTILINE)
        await page.keys("w", "w")
        assert re.search(r"^ v\d+  An idea\b", page.text(), re.MULTILINE)
        assert "answered 1" in page.lines()[0]
        await page.press("undo")
        assert re.search(r"^ v\d+  Fraud v1\b", page.text(), re.MULTILINE)
        await page.keys("w", "r")
        assert health(page)["Fraud v1"] == "retraining"
        await page.press("undo", "card.retrain")
        assert health(page)["Fraud v1"] == "retraining"
        assert "Retrain Fraud v1" in health(page)


async def test_an_unanswered_alert_decides_nothing(data: Path) -> None:
    async with opened(data) as page:
        await page.press("triage")
        await page.keys("w", "q")
        assert "1 of 2" in page.lines()[0]
        assert "answered" not in page.lines()[0]


async def test_the_board_shows_health_and_sets_it(data: Path) -> None:
    async with opened(data, size=ROOMY) as page:
        await page.keys("8", "j")
        assert "■ alert" in page.text()
        await page.press("card.health")
        await page.keys("o")
        assert health(page)["Fraud v1"] == "ok"
        assert "■ alert" not in page.text()
        await page.press("cursor.up", "card.repeat")
        assert health(page)["Churn v1"] == "ok"
        await page.keys("1")
        await page.press("card.health")
        assert "not in use" in page.status()


async def test_the_page_of_a_card_shows_readings_and_descent(data: Path) -> None:
    async with opened(data, size=ROOMY) as page:
        await page.keys("8", "j")
        await page.press("card.open")
        text = page.text()
        assert "■ alert" in text
        assert re.search(r"alert +\d\d-\d\d psi .31, alert at >.2:", text)
        await page.press("card.retrain")
        await page.keys("4")
        text = page.text()
        assert "what came of it" in text
        assert "Retrain Fraud v1" in text
        assert "Ideas, retrain of it" in text


async def test_only_one_model_is_retrained_at_a_time(data: Path) -> None:
    async with opened(data, size=ROOMY) as page:
        await page.keys("8")
        await page.press("mark.all", "card.retrain")
        assert "one card at most" in page.status()
        assert len(health(page)) == 3


async def test_cron_is_seen_by_whoever_looks(data: Path) -> None:
    async with opened(data, size=ROOMY) as page:
        ada = somebody(data)
        other = next(f.ref for f in page.app.model.faces.values() if f.title == "Churn v1")
        ada.service.retraining.record_readings(other, ["auc=0.7"], "<0.8")
        ada.service.close()
        await page.settled()
        await page.press("triage")
        assert "1 of 3" in page.lines()[0]


async def test_the_form_has_the_health_of_what_was_shipped(data: Path) -> None:
    async with opened(data) as page:
        await page.press("card.edit")
        assert "lineage" in page.text()
        assert "health" not in page.text()
        await page.keys("ctrl+g")
        await page.keys("8", "j")
        await page.press("card.edit")
        field = page.app.screen.query_one("#field-health", Input)
        assert field.value == "alert"
        field.value = "wat"
        await page.keys("enter")
        assert health(page)["Fraud v1"] == "watch"
        await page.press("card.edit")
        page.app.screen.query_one("#field-health", Input).value = ""
        await page.keys("enter")
        assert health(page)["Fraud v1"] == ""


async def test_a_model_that_is_not_in_use_names_the_key_that_says_it_is(data: Path) -> None:
    async with opened(data, size=ROOMY) as page:
        await page.press("finished.show")
        await page.go_to("Fraud v1")
        await page.press("card.health")
        await page.keys("x")
        await page.press("card.retrain")
        assert page.status().endswith("is retired: it is not in use any more. If it is: w")
