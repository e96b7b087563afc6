"""Writing on cards from the board: each action, what it asks, and what the board shows then."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from textual.widgets import Static

from mlkanban.core.board import Outcome
from mlkanban.core.card_fields import FIELD
from mlkanban.tui.widgets.field import Field
from tests.tui.page import ROOMY, SMALL, opened

FOCAL = "focal loss for minority classes"


async def test_a_new_card_goes_to_the_stage_one_looks_at(small: Path) -> None:
    async with opened(small) as board:
        await board.press("cursor.right", "card.new")
        assert "New card in Ready" in board.question()
        await board.answer("try SMOTE [/] 100%")
        assert board.stage("Ready").cards() == ["audit the labels", "try SMOTE [/] 100%"]
        assert board.current() == "try SMOTE [/] 100%"
        assert "added to Ready" in board.status()
        await board.press("undo")
        assert board.stage("Ready").cards() == ["audit the labels"]


async def test_a_new_card_without_a_title_is_asked_again(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.new")
        await board.keys("enter")
        assert "A title is needed." in board.status()
        assert "New card" in board.question()


async def test_a_new_card_for_a_full_stage_keeps_its_text(small: Path) -> None:
    async with opened(small) as board:
        await board.keys("3")
        await board.press("card.new")
        with board.store() as bob:
            model = board.app.model.board
            bob.cards.add(model.id, "quicker", stage_id=model.stages[2].id)
        await board.answer("another join")
        assert "Data prep is 2/2:" in board.question()
        await board.keys("q")
        assert board.typed() == "another join"


async def test_a_full_stage_asks_where_a_new_card_goes(small: Path) -> None:
    async with opened(small) as board:
        await board.keys("5")
        await board.press("card.new")
        await board.answer("later")
        assert "Training is 1/1:" in board.question()
        await board.keys("r")
        assert "later" in board.stage("Ideas").cards()
        await board.keys("5")
        await board.press("card.new")
        await board.answer("now")
        await board.keys("o")
        await board.answer(" ")
        assert "needs a reason" in board.status()
        await board.answer("the demo is tomorrow")
        assert "now" in board.stage("Training").cards()
        assert "!" in board.stage("Training").header()
        assert board.app.drafts.forms() == []


async def test_tags_are_edited_as_a_line(small: Path) -> None:
    async with opened(small) as board:
        await board.go_to(FOCAL)
        await board.press("card.tags")
        assert board.typed() == "gpu nlp"
        await board.answer("#gpu imbalance")
        card = board.app.model.current
        assert card is not None
        assert card.tags.split() == ["gpu", "imbalance"]
        assert "#gpu #imbalance" in board.text()


async def test_a_note_is_appended_and_stands_on_the_card(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.note")
        await board.answer("isotonic beats Platt")
        assert "noted" in board.status()
        await board.press("card.open")
        assert "isotonic beats Platt" in board.text()


async def test_block_asks_for_the_reason_and_the_same_key_lifts_it(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.block")
        assert "data-access" in board.question()
        await board.keys("2")
        await board.answer("waiting for the warehouse")
        assert "■ data-access" in board.text()
        assert "1 blocked" in board.lines()[0]
        await board.press("card.block")
        assert "v1 is blocked by data-access since " in board.question()
        assert "waiting for the warehouse" in board.question()
        await board.keys("enter")
        assert "■ data-access" in board.text(), "Enter is at cancel, and lifts nothing"
        await board.press("card.block")
        await board.keys("y")
        assert "■ data-access" not in board.text()
        assert "blocked" not in board.lines()[0]


async def test_completing_asks_for_the_outcome(small: Path) -> None:
    async with opened(small) as board:
        ref = board.ref("join the transactions")
        await board.go_to("join the transactions")
        await board.press("card.finish")
        assert "learned" in board.question()
        await board.keys("s")
        assert f"Verdict on {ref}, shipped  (Enter finishes" in board.question()
        await board.answer("joins in a minute")
        assert "finished: shipped" in board.status()
        with board.store() as service:
            assert service.cards.get(ref).verdict == "joins in a minute"
        assert board.stage("Monitoring").cards() == ["join the transactions"]
        await board.press("undo")
        assert board.stage("Data prep").cards() == ["join the transactions"]


async def test_archive_takes_off_the_board_and_the_same_key_brings_back(small: Path) -> None:
    async with opened(small) as board:
        await board.go_to(FOCAL)
        await board.press("card.archive")
        assert FOCAL not in board.stage("Ideas").cards()
        await board.press("finished.show")
        assert "finished shown" in board.lines()[0]
        await board.go_to(FOCAL)
        assert "archived" in board.text()
        await board.press("card.archive", "finished.show")
        assert FOCAL in board.stage("Ideas").cards()


async def test_what_was_learned_is_hidden_until_finished_cards_are_shown(small: Path) -> None:
    async with opened(small) as board:
        await board.go_to("logistic baseline")
        await board.press("card.finish")
        await board.keys("l", "enter")
        assert board.stage("Training").cards() == []
        assert "0/1" in board.stage("Training").header()
        await board.press("finished.show")
        assert "= learned" in board.text()
        assert "0/1" in board.stage("Training").header()
        await board.press("finished.show")
        assert "= learned" not in board.text()


async def test_priority(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.priority")
        assert "u urgent" in board.question()
        await board.keys("u")
        assert "█ ▲▲ calibrate" in board.text()


async def test_due_day_in_words_and_none_clears_it(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.due")
        await board.answer("3d")
        assert "due 3d" in board.text()
        await board.press("card.due")
        assert board.typed() == "2026-03-23"
        await board.answer("none")
        assert "due 3d" not in board.text()


async def test_a_day_that_cannot_be_read_is_said_and_stays(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.due")
        await board.answer("soonish")
        assert "'soonish' is no day." in board.status()
        assert board.typed() == "soonish"


async def test_the_id_is_copied(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.copy")
        assert board.app.clipboard == "v1"
        assert board.status() == "Copied: v1"


async def test_a_link_is_copied_over_ssh_and_opened_where_there_is_a_browser(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_TTY", "/dev/pts/1")
    given: list[object] = []
    monkeypatch.setattr(subprocess, "Popen", lambda args, **_: given.append(args))
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    async with opened(small) as board:
        await board.press("card.link")
        assert "v1 has no link. Add one: e" in board.status()
        with board.store() as bob:
            bob.cards.edit(["v1"], add={"links": ["https://a", "runbook https://b"]})
        await board.press("card.link")
        assert "Open or copy a link of v1" in board.question()
        await board.keys("2")
        assert board.app.clipboard == "https://b"
        assert "Copied to the clipboard of the terminal (OSC 52): https://b" in board.status()
        assert not given
        monkeypatch.delenv("SSH_TTY")
        monkeypatch.delenv("SSH_CONNECTION", raising=False)
        monkeypatch.delenv("SSH_CLIENT", raising=False)
        monkeypatch.setenv("DISPLAY", ":0")
        await board.press("card.link")
        await board.keys("1")
        assert "Opened in the browser: https://a" in board.status()
        assert len(given) == 1
        assert given[0][-1] == "https://a"  # type: ignore[index]


async def test_the_form_saves_with_enter(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.edit")
        assert "Edit  v1" in board.text()
        await board.keys("end")
        await board.type(" again")
        await board.keys("tab")
        await board.keys("home", "ctrl+k")
        await board.type("model")
        await board.keys("enter")
        assert board.current() == "calibrate probabilities again"
        card = board.app.model.current
        assert card is not None
        assert card.type == "model"
        assert "saved" in board.status()


@pytest.mark.parametrize("way", ["the form", "the line"])
async def test_none_takes_all_tags_away(small: Path, way: str) -> None:
    async with opened(small) as board:
        if way == "the form":
            await board.press("card.edit")
            board.screen.query_one("#field-tags", Field).focus()
            await board.keys("home", "ctrl+k")
            await board.type("none")
            await board.keys("enter")
        else:
            await board.press("card.tags")
            await board.answer("none")
        assert board.app.model.current is not None
        assert board.app.model.current.tags == ""


async def test_guards_are_typed_in_the_form_and_in_a_title(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.new")
        await board.type("fast metric:auc>=.9 metric:p95<=50")
        assert "auc ≥.9, p95 ≤50" in board.text()
        await board.keys("enter")
        await board.press("card.edit")
        form = board.screen.query_one("#field-guards", Field)
        assert form.value == "p95<=50.0"
        form.value = "p95=48"
        await board.keys("enter")
        assert "p95 is a guard beside the metric, and has no limit." in board.text()
        form.value = "p95<=40 fpr<=1.25"
        board.screen.query_one("#field-metric", Field).value = "auc>=0.9 ram<=8"
        await board.keys("enter")
        with board.store() as bob:
            card = bob.cards.get(board.ref("fast"))
        assert str(card.metric) == "auc >=.9"
        assert [str(guard) for guard in card.guards] == ["p95 <=40", "fpr <=1.25", "ram <=8"]
        await board.press("card.edit")
        board.screen.query_one("#field-guards", Field).value = "none"
        await board.keys("enter")
        with board.store() as bob:
            assert bob.cards.get(board.ref("fast")).guards == ()


@pytest.mark.parametrize("size", [SMALL, ROOMY])
async def test_the_form_explains_the_field_one_is_in(small: Path, size: tuple[int, int]) -> None:
    async with opened(small, size=size) as board:
        with board.store() as bob:
            bob.cards.finish([board.ref("calibrate probabilities")], Outcome.SHIPPED)
        await board.press("card.edit")
        names = [str(field.id).removeprefix("field-") for field in board.screen.query(Field)]
        assert "health" in names
        for about in map(FIELD.__getitem__, names):
            shown = str(board.screen.query_one("#edit-help", Static).content).strip()
            choices = ", ".join(about.kind.choices)
            assert shown in (about.form_help or about.help, choices), about.name
            seen = " ".join(re.sub("[▁-█]", " ", board.text()).split())  # without the scroll bar
            assert choices in seen, "all of them are seen, beside the field or below it"
            assert " ".join(shown.split()) in seen, "all of it is seen"
            field = board.screen.query_one(f"#field-{about.name}", Field)
            assert board.screen.find_widget(field).visible_region, "the field one is in is seen"
            await board.keys("tab")


async def test_choices_stand_beside_their_fields_wherever_one_is(small: Path) -> None:
    async with opened(small, size=SMALL) as board:
        await board.press("card.edit")
        lines = {
            line.split()[0]: " ".join(line.split()[1:]) for line in board.lines() if line.strip()
        }
        assert lines["priority"] == "normal ▼ urgent, high, normal, low"
        assert lines["type"].startswith("experiment ▼ experiment, data, ")
        assert lines["type"].endswith("…"), "what does not fit is not broken off without a sign"
        assert "▼" not in lines["tags"]


async def test_the_form_keeps_what_it_cannot_read(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.edit")
        await board.keys("tab")
        await board.type("zzz")
        before = board.events()
        await board.keys("enter")
        assert "is no type" in board.status()
        assert "experimentzzz" in board.text()
        assert board.events() == before


async def test_the_form_saved_by_an_impatient_person_closes_once(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.edit")
        await board.type("x")
        board.send("enter", "enter")
        await board.settled()
        assert board.screen is board.board_screen
        await board.press("cursor.down")
        assert board.current() == FOCAL


async def test_where_there_is_no_card_nothing_is_asked(small: Path) -> None:
    async with opened(small) as board:
        await board.keys("8")
        for command in (
            "card.open", "card.right", "card.move", "card.finish", "card.archive", "card.edit",
            "card.note", "card.block", "card.priority", "card.tags", "card.due", "card.copy",
            "card.down", "mark.toggle", "mark.range", "mark.all",
        ):  # fmt: skip
            await board.press(command)
            assert board.question() == "", command
            assert board.screen is board.board_screen
        assert "There is no card here" in board.status() or board.marked() == set()


async def test_what_cannot_be_undone_is_passed_over_with_a_key(small: Path) -> None:
    async with opened(small) as board:
        await board.go_to(FOCAL)
        await board.press("card.note")
        await board.answer("older")
        await board.press("card.right")
        with board.store() as bob:
            ref = next(f.ref for f in board.app.model.faces.values() if f.title == FOCAL)
            bob.cards.move([ref], board.app.model.board.stages[2].id, override="now")
        await board.press("undo")
        assert f"{ref} was changed again since (its place):" in board.text()
        assert "s skip it" in board.text()
        await board.keys("q")
        assert "Nothing was changed." in board.status()
        await board.press("undo")
        await board.keys("s")
        assert f"Undone: the note on {ref} {FOCAL}." in board.status()
        assert FOCAL in board.stage("Data prep").cards()
        await board.press("redo")
        assert "Done again" in board.status()


async def test_the_question_how_a_card_ends_names_what_stops_as_the_flow_does(small: Path) -> None:
    async with opened(small) as board:
        await board.go_to(FOCAL)
        await board.press("card.finish")
        assert "discarded" in board.question()
        assert "abandoned" not in board.question()
        await board.keys("escape")
        await board.go_to("join the transactions")
        await board.press("card.finish")
        assert "abandoned" in board.question()
        await board.keys("escape")
        await board.press("card.archive")
        assert "archived as abandoned." in board.status()
