"""A walk past all surfaces with a field that THE table of fields has besides: `risk`.

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
from mlkanban.core.event_validation import MALFORMED, inert
from mlkanban.display.event_text import told
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


def data(*args: str) -> Any:
    return json.loads(says("--json", *args))["data"]


def added(*args: str) -> str:
    """The id of a new card."""
    return str(data("add", "Try focal loss", *args)["id"])


@surface("options")
def options(place: Path) -> None:
    assert "--risk TEXT" in says("add", "--help")
    assert "What may go wrong." in says("edit", "--help")
    ref = added("--risk", "leaks")
    assert data("show", ref)["risk"] == "leaks"
    assert data("edit", ref, "--risk", "drift")["cards"][0]["risk"] == "drift"
    assert data("edit", ref, "--risk", "")["cards"][0]["risk"] == ""
    says("undo")
    assert data("show", ref)["risk"] == "drift"


@surface("show")
def show(place: Path) -> None:
    assert "Risk        leaks\n" in says("show", added("--risk", "leaks"))
    assert "Risk" not in says("show", added())


@surface("search")
def search(place: Path) -> None:
    ref, other = added("--risk", "Leaks of the target"), added()
    assert [card["id"] for card in data("list", "-q", "leaks")] == [ref]
    for query, found in (("risk:LEAK", ref), ("risk:none", other), ("-risk:none", ref)):
        assert [card["id"] for card in data("list", "-q", query)] == [found], query
    data("edit", ref, "--risk", "none known")
    assert data("list", "-q", "leaks") == []


@surface("Markdown")
def markdown(place: Path) -> None:
    ref, file = added("--risk", "leaks"), place / "board.md"
    added()
    says("export", "markdown", "--out", str(file))
    text = file.read_text()
    assert text.count("- risk: ") == 1
    file.write_text(text.replace("- risk: leaks", "- risk: drift"))
    says("import", "markdown", str(file), "--yes")
    assert data("show", ref)["risk"] == "drift"


@surface("editor")
def editor(place: Path) -> None:
    ref = added("--risk", "leaks")
    fake = FakeEditor(place / "editor")
    os.environ["EDITOR"] = fake.command
    fake.does(replacing("risk: leaks", "risk: drift"))
    says("edit", ref, "--editor")
    assert data("show", ref)["risk"] == "drift"


@surface("screen")
def screen(place: Path) -> None:
    async def walk() -> None:
        ada = Person(place / "screen", "ada", Clock(NOW))
        ada.starts("ml", "Fraud")
        [ref] = ada.adds("Try focal loss", risk="leaks")
        ada.service.close()
        async with opened(place / "screen") as board:
            await board.press("card.open")
            assert "  risk         leaks" in board.text()
            await board.press("card.edit")
            field = board.app.screen.query_one("#field-risk")
            assert field.value == "leaks"  # type: ignore[attr-defined]
            field.value = "drift"  # type: ignore[attr-defined]
            await board.keys("enter")
            assert "  risk         drift" in board.text()
            assert "risk: drift" in board.text()
            with board.store() as service:
                assert service.cards.get(ref).values["risk"] == "drift"

    asyncio.run(walk())


@surface("events of other machines")
def validation(place: Path) -> None:
    assert inert(event('{"set": {"risk": "leaks"}}')) == ""
    assert inert(event('{"set": {"risk": null}}')) == ""
    assert inert(event('{"set": {"risk": 3}}')) == MALFORMED


@surface("conflicts")
def conflicts(place: Path) -> None:
    ada = Person(place / "ada", "ada", Clock(NOW))
    ada.starts("ml", "Fraud")
    [ref] = ada.adds("Try focal loss", risk="leaks")
    bob = Person(place / "bob", "bob", Clock(NOW))
    (place / "shared").mkdir()
    meet(place / "shared", ada, bob)
    bob.board_id = ada.board_id
    bob.cards.edit([ref], {"risk": "drift"})
    ada.cards.edit([ref], {"risk": "bias"})
    meet(place / "shared", ada, bob)
    [found] = ada.service.conflicts.all()
    assert (found.label, found.word, {found.kept, found.other}) == (
        "risk", "risk", {"drift", "bias"},
    )  # fmt: skip
    other = found.other
    ada.service.conflicts.resolve(ref, "risk", take=True)
    assert ada.cards.get(ref).values["risk"] == other
    last = ada.service.history.of_card(ref)[-1].event
    assert told(last, ada.board) == f"conflict resolved: risk: {other}"


@surface("schema")
def schema(place: Path) -> None:
    check_shape(says("--json", "show", added("--risk", "leaks")))
    shape = data("schema", "card")["$defs"]["CardJson"]["properties"]
    assert shape["risk"]["type"] == "string"


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
