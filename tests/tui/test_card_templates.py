"""N: a card from a template, asked for line by line and written at once."""

from pathlib import Path

from mlkanban.core.card import Card
from mlkanban.paths import places
from tests.tui.page import Page, opened


def card(board: Page) -> Card:
    face = board.app.model.current
    assert face is not None
    with board.store() as store:
        return store.cards.get(face.ref)


async def test_the_menu_says_what_each_is_about(small: Path) -> None:
    async with opened(small) as board:
        await board.press("cursor.right", "card.template")
        lines = board.question().split("\n")
        assert lines[0] == "New card in Ready from"
        assert "a question with a measure and a baseline" in lines[1]
        assert [line.split()[0] for line in lines[1:]] == ["1", "2", "3", "4", "5", "6", "q"]
        await board.keys("q")
        assert board.question() == ""


async def test_an_experiment_asks_for_hypothesis_and_metric_and_is_one_action(small: Path) -> None:
    async with opened(small) as board:
        before = board.events()
        await board.press("cursor.right", "card.template")
        await board.keys("1")
        assert "New experiment in Ready" in board.question()
        assert "#tag !high ^fri @experiment" in board.question()
        await board.type("mixup on minority classes #nlp !high")
        assert board.question().endswith("#nlp, priority high")
        await board.keys("enter")
        assert "What do you expect, and why?" in board.question()
        await board.answer("more variety, less overfit")
        assert "What is it measured by?" in board.question()
        assert board.events() == before, "nothing is written yet"
        await board.answer("val_auc>=0.92")
        assert "added to Ready" in board.status()
        assert board.current() == "mixup on minority classes"
        made = card(board)
        assert (made.type, made.tags, made.priority) == ("experiment", ("nlp",), "high")
        assert made.hypothesis == "more variety, less overfit"
        assert made.metric is not None
        assert (made.metric.name, made.metric.target) == ("val_auc", 0.92)
        gates = [(c.text, board.app.model.board.stage(c.gate).name) for c in made.checklist]
        assert ("beats the baseline", "Evaluation") in gates
        assert [kind for _, kind in board.events()[len(before) :]] == ["card.created"]
        await board.press("undo")
        assert board.stage("Ready").cards() == ["audit the labels"]


async def test_empty_lines_leave_out_and_a_bad_metric_is_asked_again(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.template")
        await board.keys("1")
        await board.answer("plain idea")
        await board.keys("enter")
        await board.answer("auc")
        assert "'auc' is not a metric." in board.status()
        assert "What is it measured by?" in board.question()
        assert board.typed() == "auc"
        await board.answer("")
        made = card(board)
        assert (made.title, made.hypothesis, made.metric) == ("plain idea", "", None)


async def test_what_the_first_line_says_is_not_asked_and_wins(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.template")
        await board.keys("3")
        await board.answer("fraud v3 @feature metric:auc>=0.9")
        made = card(board)
        assert (made.title, made.type) == ("fraud v3", "feature")
        assert made.metric is not None
        assert made.metric.target == 0.9
        assert len(made.checklist) == 10


async def test_a_scope_card_asks_what_decides_whether_to_begin(small: Path) -> None:
    async with opened(small) as board:
        before = board.events()
        await board.press("card.template")
        await board.keys("6")
        await board.answer("predict churn")
        assert "Which decision does it serve, and whose is it?" in board.question()
        await board.answer("whom marketing calls; Maria")
        assert "the least that is worth the work? As in val_auc>=0.92" in board.question()
        await board.answer("val_auc>=0.8")
        assert "Which data does it need" in board.question()
        await board.answer("")
        assert "What is the biggest risk" in board.question()
        await board.answer("labels come late: ask for last month")
        made = card(board)
        assert (made.hypothesis, made.dataset) == ("whom marketing calls; Maria", "")
        assert made.metric is not None
        assert made.metric.target == 0.8
        assert [note.text for note in made.notes] == ["labels come late: ask for last month"]
        assert len(made.checklist) == 6
        assert len(board.events()) == len(before) + 2
        await board.press("undo")
        assert "predict churn" not in board.stage("Ideas").cards()


async def test_a_chore_asks_for_the_title_alone(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.template")
        await board.keys("5")
        await board.keys("enter")
        assert "A title is needed." in board.status()
        await board.answer("new driver")
        assert (card(board).title, card(board).type) == ("new driver", "chore")


async def test_cancelling_goes_one_back_and_out_at_the_first_line(small: Path) -> None:
    async with opened(small) as board:
        before = board.events()
        await board.press("card.template")
        await board.keys("1")
        await board.answer("an idea")
        await board.type("because")
        await board.keys("ctrl+g")
        assert "is not saved" in board.status()
        await board.keys("ctrl+g")
        assert "New experiment in Ideas" in board.question()
        assert board.typed() == "an idea"
        await board.keys("enter")
        assert board.typed() == "", "what was dropped is gone"
        await board.keys("ctrl+g", "ctrl+g", "ctrl+g")
        assert board.question() == ""
        assert board.events() == before
        assert board.app.drafts.forms() == []


async def test_a_full_stage_refuses_and_nothing_typed_is_lost(small: Path) -> None:
    async with opened(small) as board:
        await board.keys("3")
        await board.press("card.template")
        await board.keys("1")
        await board.answer("another baseline")
        await board.answer("it may help")
        with board.store() as bob:
            model = board.app.model.board
            bob.cards.add(model.id, "quicker", stage_id=model.stages[2].id)
        await board.keys("enter")
        assert "Data prep is 2/2" in board.question()
        await board.keys("q")
        assert board.typed() == "another baseline"
        await board.keys("enter")
        assert board.typed() == "it may help"
        assert board.screen.unsaved_texts() == {
            "new experiment title": "another baseline",
            "new experiment hypothesis": "it may help",
            "new experiment metric": "",
        }


async def test_what_was_typed_is_there_after_a_crash(small: Path) -> None:
    async with opened(small) as board:
        await board.press("card.template")
        await board.keys("1")
        await board.answer("an idea")
        await board.type("because")
        board.app.draft_autosave.keep()
    async with opened(small) as board:
        assert "Kept from last time: new experiment" in board.status()
        await board.press("card.template")
        await board.keys("1")
        assert board.typed() == "an idea"
        await board.keys("enter")
        assert board.typed() == "because"
        await board.keys("enter", "enter")
        assert card(board).hypothesis == "because"
        assert board.app.drafts.forms() == []


async def test_a_card_is_kept_as_a_template_and_used_again(small: Path) -> None:
    async with opened(small) as board:
        await board.press("template.save")
        assert "Keep type, fields and checklist of v1 as a template" in board.question()
        await board.keys("enter")
        assert board.status() == "Type a name: letters, digits, - and _."
        await board.answer("no such name")
        assert "cannot name a template" in board.status()
        assert board.typed() == "no such name"
        await board.keys(*["backspace"] * len("no such name"))
        await board.answer("calib")
        assert "The template calib is kept in" in board.status()
        await board.press("card.template")
        assert "7  calib           as v1, calibrate probabilities" in board.question()
        await board.keys("7")
        await board.answer("calibrate again")
        first, made = board.app.model.faces, card(board)
        assert made.title == "calibrate again"
        assert {face.type for face in first.values() if face.ref in ("v1", made.ref)} == {made.type}
        await board.press("template.save")
        await board.answer("calib")
        assert "There is a template calib already." in board.question()
        await board.keys("y")
        assert "The template calib is kept in" in board.status()


async def test_a_board_is_made_from_a_template_of_ones_own(small: Path) -> None:
    async with opened(small) as board:
        await board.press("stages", "template.save")
        await board.answer("ours")
        assert "The template ours is kept in" in board.status()
        await board.press("back", "board.switch", "board.new")
        assert "6  ours" in board.question()
        await board.keys("6")
        await board.answer("Next")
        await board.until(lambda: "Next" in board.lines()[0])
        assert len(board.app.model.board.stages) == 8


async def test_a_broken_file_is_named_and_the_others_are_offered(small: Path) -> None:
    templates = places().config / "templates"
    templates.mkdir(parents=True)
    (templates / "bad.toml").write_text("x = 1")
    (templates / "good.toml").write_text('about = "fine"')
    async with opened(small) as board:
        await board.press("card.template")
        assert "7  good" in board.question()
        await board.keys("q")
        assert "bad.toml" in board.app.messages.entries[-1].text
