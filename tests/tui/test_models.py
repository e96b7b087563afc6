"""Models in use on the screen: delivered, listed, rolled back; what Monitoring shows of them."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from mlkanban.config import Settings
from mlkanban.core.board import Outcome
from mlkanban.core.model_versions import VersionName
from tests.tui.boards import started
from tests.tui.page import NOW, ROOMY, SMALL, Page, opened
from tests.tui.test_screens import check

METRIC = {"name": "auc", "direction": ">=", "target": 0.9, "value": 0.93, "baseline": 0.9}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """fraud 1 and fraud 2 with readings, a silent churn 1, an experiment, a chore delivered."""
    ada = started(tmp_path / "data", days_ago=60)

    def ships(title: str, model: str, version: str, owner: str) -> str:
        [ref] = ada.adds(title, to="Training", type="model", tags=[model], metric=METRIC)
        use = VersionName(model, version, owner)
        ada.cards.finish([ref], Outcome.SHIPPED, "good enough", use=use)
        return ref

    ships("Boosted trees", "fraud", "1", "risk team")
    [chore] = ada.adds("Bigger disk", to="Training", type="chore")
    ada.moves(chore, to="Monitoring")
    churn = ships("Churn v1", "churn", "1", "marketing")
    ada.clock.now += timedelta(days=20)
    fraud = ships("Transformer", "fraud", "2", "risk team")
    ada.adds("Two towers", to="Training", tags=["fraud"], metric=METRIC)
    for day in range(10):
        ada.clock.now += timedelta(days=1)
        ada.service.retraining.record_readings(fraud, [f"psi={0.05 + day / 100:.2f}"], ">0.2")
        if day < 5:
            ada.service.retraining.record_readings(churn, ["psi=0.04"], ">0.2")
    ada.clock.now = NOW - timedelta(days=3)
    ada.service.retraining.record_readings(fraud, ["psi=0.31"], note="merchants")
    ada.service.close()
    return tmp_path / "data"


@pytest.mark.parametrize("size", [SMALL, ROOMY], ids=["80x24", "160x45"])
@pytest.mark.parametrize("screen", ["models", "model"])
async def test_the_screens_of_models(data: Path, screen: str, size) -> None:
    async with opened(data, size=size) as page:
        await page.keys("gv", *(["j", "enter"] if screen == "model" else []))
        lines = [line.rstrip() for line in page.lines()]
        check(f"{screen}-{size[0]}x{size[1]}", "\n".join(lines))


async def test_the_models_are_listed_the_silent_one_first(data: Path) -> None:
    async with opened(data, size=ROOMY) as page:
        await page.keys("gv")
        lines = page.lines()
        assert "2 models   ■ 1 at alert   1 silent" in lines[0]
        assert lines[3].startswith("█ churn  1")
        assert "SILENT" in lines[3]
        assert "fraud  2" in lines[4]
        assert "psi .31 (>.2)" in lines[4]
        assert "■ alert" in lines[4]
        await page.keys("j")
        assert "fraud 1 to 2" in page.text()
        await page.keys("enter")
        assert page.lines()[0].startswith(" Model  fraud")
        assert "good enough" in page.text()
        await page.keys("q", "c")
        assert "Transformer" in page.lines()[0]


async def test_a_model_is_rolled_back_after_a_question(data: Path) -> None:
    async with opened(data, size=ROOMY) as page:
        await page.keys("gv", "j", "X")
        assert "Roll fraud 2 (" in page.question()
        await page.keys("q")
        assert page.status() == "Nothing was changed."
        await page.keys("X", "y")
        await page.answer("false alarms doubled")
        assert page.messages("fraud 2 (")[0].startswith("fraud 2 (v")
        assert any("fraud  1" in line for line in page.list_lines())
        await page.keys("j", "X", "y")
        await page.answer("again")
        assert "There is no version before fraud 1" in page.status()
        await page.keys("ctrl+g", "u")
        assert any("fraud  2" in line for line in page.list_lines())
        assert page.messages("Undone: the rollback of")


async def test_the_picture_of_readings_is_whole_or_gives_way(data: Path) -> None:
    for height, whole in ((24, True), (16, False)):
        async with opened(data, size=(80, height)) as page:
            await page.keys("gv", "j")
            await page.settled()
            text = page.text()
            assert ("readings since" in text) == whole
            assert ("alert >.2" in text) == whole, "the line of the alert stands in the picture"
            assert not re.search(r"\d lines? more", text) or not whole


async def test_owner_and_look_are_written(data: Path) -> None:
    async with opened(data, size=ROOMY) as page:
        await page.keys("gv", "j", "o")
        assert page.typed() == "risk team"
        await page.answer("night watch")
        assert "night watch" in page.text()
        await page.keys("d")
        await page.answer("every 4w retrain")
        assert "retrain 04-" in page.text()
        await page.keys("w", "l")
        assert page.messages("v")[-1].startswith("v")


async def test_delivering_a_model_asks_what_it_is_in_use_as(data: Path) -> None:
    async with opened(data, size=ROOMY) as page:
        await page.go_to("Two towers")
        await page.press("card.release")
        assert "Release Two towers" in page.stage("Ideas").cards()
        await page.go_to("Release Two towers")
        await page.keys("m", "8")
        ref = page.ref("Release Two towers")
        assert page.question().startswith(f"{ref} is in use as  (Enter delivers it so, Ctrl+g: not")
        assert page.typed() == "fraud 3   owner: risk team"
        await page.keys("enter", "o")
        await page.answer("the board agreed")
        faces = {face.title: face.health for face in page.app.model.faces.values()}
        assert (faces["Release Two towers"], faces["Transformer"]) == ("ok", "superseded")
        await page.keys("u")
        faces = {face.title: face.health for face in page.app.model.faces.values()}
        assert (faces["Release Two towers"], faces["Transformer"]) == ("", "alert"), "one undo"


async def test_what_is_no_model_is_delivered_all_the_same(data: Path) -> None:
    async with opened(data, size=ROOMY) as page:
        await page.go_to("Two towers")
        await page.press("card.release")
        await page.go_to("Release Two towers")
        await page.keys("m", "8", "ctrl+g", "o")
        await page.answer("so")
        faces = {face.title: face for face in page.app.model.faces.values()}
        assert faces["Release Two towers"].outcome == "shipped"
        assert faces["Release Two towers"].health == ""
        assert faces["Transformer"].health == "alert", "nothing took its place"
        assert "Release Two towers" not in page.stage("Monitoring").cards()


async def test_of_what_was_delivered_only_models_in_use_are_shown(data: Path) -> None:
    async with opened(data, size=ROOMY) as page:
        assert set(page.stage("Monitoring").cards()) == {"Churn v1", "Transformer"}
        assert page.app.model.header(7).text == "4, 2 in use"
        assert "2 delivered cards are no model in use and no longer shown: F shows" in page.status()
        await page.press("finished.show")
        assert len(page.stage("Monitoring").cards()) == 4
        await page.press("finished.show", "filter")
        await page.answer("disk")
        assert page.stage("Monitoring").cards() == ["Bigger disk"], "a search finds all"
    async with opened(data, size=ROOMY) as page:
        assert "no longer shown" not in page.status(), "it is told once"


async def test_a_board_without_models_shows_what_was_delivered(used: Path) -> None:
    async with opened(used, size=ROOMY) as page:
        assert len(page.stage("Monitoring").cards()) == 8
        title = page.stage("Monitoring").cards()[0]
        await page.go_to(title)
        await page.keys("w", "o")
        assert page.stage("Monitoring").cards() == [title]
        await page.press("undo")
        assert len(page.stage("Monitoring").cards()) == 8
        await page.keys("gv")
        assert "No model is in use." in page.text()
        await page.keys("X", "d", "o", "enter", "w")
        assert page.question() == ""


async def test_in_ascii_nothing_else_comes_out(data: Path) -> None:
    async with opened(data, size=SMALL, settings=Settings(ascii=True)) as page:
        for keys in (["gv"], ["j"], ["enter"]):
            await page.keys(*keys)
            assert page.text().isascii()


async def test_an_ab_test_stands_on_the_card(tmp_path: Path) -> None:
    ada = started(tmp_path / "data")
    [ref] = ada.adds("Shadow test", to="Evaluation")
    ada.service.ab_tests.record(ref, ["v90=412/18230", "v133=371/18190"], least="15%", less=True)
    ada.service.close()
    async with opened(tmp_path / "data", size=ROOMY) as page:
        assert "A/B -9.8 % (-21..+4)" in page.text()
        await page.go_to("Shadow test")
        await page.keys("enter")
        await _to_details(page)
        assert "92.6 % that v133 is better" in page.text()
        assert "early look: do not stop for it" in page.text()


async def _to_details(page: Page) -> None:
    if "92.6 %" not in page.text():
        await page.keys("5")
