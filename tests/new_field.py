"""A walk past all surfaces with a field that THE table of fields has besides, whose name has two
words: `model_card`.

Run by tests/test_new_field.py in a process of its own, with a copy of the package in which one
entry was added to the table. Prints, as JSON, what went wrong on each surface, '' for nothing.
"""

import asyncio
import contextlib
import io
import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlkanban.cli.program import run
from mlkanban.core.board import Board
from mlkanban.core.event_validation import MALFORMED, inert
from mlkanban.core.query.complete import completion
from mlkanban.core.query.fields import FIELDS, QueryContext
from mlkanban.core.query.parse import parse
from mlkanban.core.query.tree import TextTerm, printed
from mlkanban.display.event_text import event_text
from tests.core.test_event_validation import event
from tests.editors import FakeEditor, replacing
from tests.json_shapes import check_shape
from tests.service.exchanging import meet
from tests.service.people import Clock, Person
from tests.tui.page import NOW, opened

SURFACES: dict[str, Callable[[Path], None]] = {}


def surface(name: str) -> Callable[[Callable[[Path], None]], Callable[[Path], None]]:
    def listed(walk: Callable[[Path], None]) -> Callable[[Path], None]:
        SURFACES[name] = walk
        return walk

    return listed


def says(*args: str) -> str:
    """What a command prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()) as err:
        code = run(args)
    assert code == 0, err.getvalue()
    return out.getvalue()


def refusal(*args: str) -> str:
    """What a command prints that is refused."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
        code = run(args)
    assert code != 0
    return out.getvalue()


def data(*args: str) -> Any:
    return json.loads(says("--json", *args))["data"]


def added(*args: str) -> str:
    """The id of a new card."""
    return str(data("add", "Try focal loss", *args)["id"])


@surface("options")
def options(place: Path) -> None:
    assert "--model-card TEXT" in says("add", "--help")
    assert "What the model is for." in says("edit", "--help")
    ref = added("--model-card", "fraud")
    assert data("show", ref)["model_card"] == "fraud"
    assert data("edit", ref, "--model-card", "scoring")["cards"][0]["model_card"] == "scoring"
    assert data("edit", ref, "--model-card", "")["cards"][0]["model_card"] == ""
    says("undo")
    assert data("show", ref)["model_card"] == "scoring"


@surface("show")
def show(place: Path) -> None:
    assert "\nModel card  fraud\n" in says("show", added("--model-card", "fraud"))
    assert "Model" not in says("show", added())


@surface("history")
def history(place: Path) -> None:
    ref = added()
    says("edit", ref, "--model-card", "fraud")
    assert "  model card: fraud\n" in says("history", ref)


@surface("search")
def search(place: Path) -> None:
    ref, other = added("--model-card", "Fraud of cards"), added()
    assert [card["id"] for card in data("list", "-q", "fraud")] == [ref]
    for query, found in (
        ("model-card:FRAUD", ref), ('focal model-card:"fraud of"', ref), ("model-card:none", other),
        ("-model-card:none", ref), ("model_card:fraud", ref),
    ):  # fmt: skip
        assert [card["id"] for card in data("list", "-q", query)] == [found], query
    data("edit", ref, "--model-card", "none known")
    assert data("list", "-q", "fraud") == []


@surface("words of the query language")
def words(place: Path) -> None:
    ref = added("--model-card", "fraud")
    refused = refusal("list", "-q", "mode-card:fraud")
    assert "There is no field mode-card (at character 1)." in refused
    assert "Did you mean model-card?" in refused
    assert data("list", "-q", "some-word:fraud") == []
    context = QueryContext(Board("b", "ml", "ML", ()), NOW.date())
    for typed, whole in (
        ("model-c", "model-card:"), ("-mod", "-model-card:"), ("model-", "model-card:"),
        ("model-card:n", "model-card:none"),
    ):  # fmt: skip
        assert completion(typed, context) == whole, typed
    assert FIELDS["model-card"].meaning == "a text in its model card, or none"
    assert ref in says("list", "-q", printed(parse("model-card:fraud")))
    assert printed(TextTerm("model-card:fraud")) == '"model-card:fraud"'


@surface("Markdown")
def markdown(place: Path) -> None:
    ref, file = added("--model-card", "fraud"), place / "board.md"
    added()
    says("export", "markdown", "--out", str(file))
    text = file.read_text()
    assert text.count("- model-card: ") == 1
    file.write_text(text.replace("- model-card: fraud", "- model-card: scoring"))
    says("edit", ref, "--model-card", "credit")
    assert "model-card was changed meanwhile to 'credit'" in refusal(
        "import", "markdown", str(file), "--yes"
    )
    assert "  model-card  credit -> scoring\n" in says(
        "import", "markdown", str(file), "--yes", "--mine"
    )
    assert data("show", ref)["model_card"] == "scoring"
    file.write_text(text.replace("- model-card: fraud", "- model_card: drift\n- model-card: x"))
    assert "a second time" in refusal("import", "markdown", str(file), "--yes")
    file.write_text(text.replace("- model-card: fraud", "- mode-card: drift"))
    assert "Did you mean model-card?" in refusal("import", "markdown", str(file), "--yes")


@surface("editor")
def editor(place: Path) -> None:
    ref = added("--model-card", "fraud")
    fake = FakeEditor(place / "editor")
    os.environ["EDITOR"] = fake.command
    fake.does(replacing("\nmodel-card: fraud\n", "\nmodel-card: scoring\n"))
    says("edit", ref, "--editor")
    assert data("show", ref)["model_card"] == "scoring"


@surface("screen")
def screen(place: Path) -> None:
    async def walk() -> None:
        ada = Person(place / "screen", "ada", Clock(NOW))
        ada.starts("ml", "Fraud")
        [ref] = ada.adds("Try focal loss", model_card="fraud")
        ada.service.close()
        async with opened(place / "screen") as board:
            await board.press("card.open")
            assert " model card " in board.text()
            assert "fraud" in next(line for line in board.lines() if " model card " in line)
            await board.press("card.edit")
            assert any(line.split() == ["model-card", "fraud"] for line in board.lines())
            field = board.app.screen.query_one("#field-model_card")
            assert field.value == "fraud"  # type: ignore[attr-defined]
            field.value = "scoring"  # type: ignore[attr-defined]
            await board.keys("enter")
            assert "scoring" in next(line for line in board.lines() if " model card " in line)
            await board.keys("3")
            assert "model card: scoring" in board.text()
            with board.store() as service:
                assert service.cards.get(ref).values["model_card"] == "scoring"

    asyncio.run(walk())


@surface("events of other machines")
def validation(place: Path) -> None:
    assert inert(event('{"set": {"model_card": "fraud"}}')) == ""
    assert inert(event('{"set": {"model_card": null}}')) == ""
    assert inert(event('{"set": {"model_card": 3}}')) == MALFORMED


@surface("conflicts")
def conflicts(place: Path) -> None:
    ada = Person(place / "ada", "ada", Clock(NOW))
    ada.starts("ml", "Fraud")
    [ref] = ada.adds("Try focal loss", model_card="fraud")
    bob = Person(place / "bob", "bob", Clock(NOW))
    (place / "shared").mkdir()
    meet(place / "shared", ada, bob)
    bob.board_id = ada.board_id
    bob.cards.edit([ref], {"model_card": "scoring"})
    ada.cards.edit([ref], {"model_card": "credit"})
    meet(place / "shared", ada, bob)
    [found] = ada.service.conflicts.all()
    assert (found.label, found.word, {found.kept, found.other}) == (
        "model card", "model-card", {"scoring", "credit"},
    )  # fmt: skip
    other = found.other
    ada.service.conflicts.resolve(ref, "model-card", take=True)
    assert ada.cards.get(ref).values["model_card"] == other
    last = ada.service.history.of_card(ref)[-1].event
    assert event_text(last, ada.board) == f"conflict resolved: model card: {other}"


@surface("schema")
def schema(place: Path) -> None:
    check_shape(says("--json", "show", added("--model-card", "fraud")))
    shape = data("schema", "card")["$defs"]["CardJson"]["properties"]
    assert shape["model_card"]["type"] == "string"


def main(place: Path) -> None:
    report = {}
    for name, walk in SURFACES.items():
        here = place / name.replace(" ", "-")
        here.mkdir()
        os.environ["MLKANBAN_HOME"] = str(here / "home")
        try:
            says("init", "Fraud")
            walk(here)
            report[name] = ""
        except Exception:
            report[name] = traceback.format_exc()
    print(json.dumps(report))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
