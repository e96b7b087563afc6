"""A card in the person's own editor: the real program, and an editor that does as it is told."""

import signal
import stat
import sys
from pathlib import Path

import pytest

from mlkanban.core.card import Card
from mlkanban.service import Service
from tests.editors import FakeEditor, replacing
from tests.terminal import Terminal
from tests.tui import boards
from tests.tui.page import clock

pytestmark = pytest.mark.terminal

PROGRAM = [sys.executable, "-m", "mlkanban"]
TITLE = "calibrate probabilities"
NEW = "recalibrate the model"


@pytest.fixture
def editor(tmp_path: Path) -> FakeEditor:
    return FakeEditor(tmp_path / "editor")


@pytest.fixture
def env(home: dict[str, str], editor: FakeEditor) -> dict[str, str]:
    boards.small_board(Path(home["MLKANBAN_HOME"]))
    return home | {"VISUAL": editor.command}


def opened(env: dict[str, str]) -> Terminal:
    terminal = Terminal(PROGRAM, env=env, size=(160, 30))
    terminal.wait_for("v1 ")
    terminal.settle()
    return terminal


def card(env: dict[str, str], ref: str = "v1") -> Card:
    service = Service.open(Path(env["MLKANBAN_HOME"]), actor="bob", clock=clock)
    try:
        return service.cards.get(ref)
    finally:
        service.close()


def drafts(env: dict[str, str]) -> list[str]:
    folder = Path(env["MLKANBAN_HOME"]) / "drafts"
    return sorted(file.name for file in folder.iterdir())


def leaves(terminal: Terminal) -> None:
    terminal.send("Q")
    assert terminal.wait() == 0
    assert terminal.leftovers() == []


def test_what_is_saved_in_the_editor_is_one_action(env: dict[str, str], editor: FakeEditor) -> None:
    editor.does(
        replacing(TITLE, NEW, "stage: Ideas", "stage: ready", "## New note\n", "## New note\n\nwhy")
    )
    before = card(env)
    with opened(env) as terminal:
        terminal.send("E")
        terminal.wait_for("v1 saved.  u undoes it.")
        terminal.wait_for("recalibrate the")
        assert (card(env).title, card(env).notes[0].text) == (NEW, "why")
        assert drafts(env) == []
        terminal.send("u")
        terminal.wait_for("Undone: moving v1 calibrate probabilities.")
        leaves(terminal)
    assert card(env) == before


@pytest.mark.parametrize(("way_in", "seen"), [("", "1 Ideas"), ("\r", "History"), ("i", "1 of 4")])
def test_it_is_there_on_the_board_the_card_and_in_triage(
    env: dict[str, str], editor: FakeEditor, way_in: str, seen: str
) -> None:
    editor.does(replacing("title: ", "title: my "))
    with opened(env) as terminal:
        terminal.send(way_in)
        terminal.wait_for(seen)
        terminal.settle()
        terminal.send("E")
        terminal.wait_for("saved.  u undoes it.")
        terminal.wait_for("my ")
        terminal.wait_for(seen)
        leaves(terminal)


def test_a_mistake_comes_back_and_is_mended(env: dict[str, str], editor: FakeEditor) -> None:
    editor.does(
        replacing(TITLE, NEW, "priority: normal", "priority: soon"),
        replacing("priority: soon", "priority: high", "stage: Ideas", "stage: Training"),
        replacing("stage: Training", "stage: Ready"),
    )
    with opened(env) as terminal:
        terminal.send("E")
        terminal.wait_for("v1 saved.")
        leaves(terminal)
    _, bad, full = editor.seen()
    wrong = bad.split("\n").index("priority: soon") + 1
    assert bad.startswith(f"# error: Line {wrong}: 'soon' is no priority.\n# error: Choose: urgent")
    assert full.startswith(
        "# error: Training would be 2/1!, over its limit.\n# error: Finish or move a card"
    )
    assert "soon" not in full
    assert (card(env).title, card(env).priority, drafts(env)) == (NEW, "high", [])


def test_what_is_given_up_is_kept_and_offered_again(
    env: dict[str, str], editor: FakeEditor
) -> None:
    editor.does(
        replacing(TITLE, NEW, "priority: normal", "priority: soon"),
        "",
        "",
        "file.write_text(''.join(file.read_text().splitlines(True)[2:]).replace('soon', 'low'))",
    )
    with opened(env) as terminal:
        terminal.send("E")
        terminal.wait_for("'soon' is no priority.")
        terminal.wait_for("your text is kept for the next time.")
        assert drafts(env) == ["card-v1-in-the-editor.json", "card-v1-in-the-editor.md"]
        leaves(terminal)
    with opened(env) as terminal:
        terminal.wait_for("Kept from last time: card v1 in the editor")
        terminal.send("E")
        terminal.wait_for("your text is kept for the next time.")
        terminal.send("E")
        terminal.wait_for("v1 saved.")
        leaves(terminal)
    assert [text.startswith("# note: This was kept from last time") for text in editor.seen()] == [
        False, False, True, True,
    ]  # fmt: skip
    assert NEW in editor.seen()[2]
    assert (card(env).title, card(env).priority, drafts(env)) == (NEW, "low", [])


@pytest.mark.parametrize("step", ["", "file.write_text('# note: x\\n \\n')", "sys.exit(3)"])
def test_nothing_saved_changes_nothing_and_keeps_nothing(
    env: dict[str, str], editor: FakeEditor, step: str
) -> None:
    editor.does(step)
    before = card(env)
    with opened(env) as terminal:
        terminal.send("E")
        terminal.wait_for("emptied" if "write" in step else "Nothing changed.")
        leaves(terminal)
    assert (card(env), drafts(env)) == (before, [])


def test_a_text_is_there_again_after_the_program_was_killed(
    env: dict[str, str], editor: FakeEditor
) -> None:
    editor.does(
        replacing(TITLE, NEW) + "(folder / 'ready').touch()\ntime.sleep(60)",
        "file.write_text(''.join(file.read_text().splitlines(True)[2:]))",
    )
    folder = Path(env["MLKANBAN_HOME"]) / "drafts"
    with opened(env) as terminal:
        terminal.send("E")
        terminal.wait_for(lambda _: (Path(editor.command.split()[-1]) / "ready").exists())
        assert {stat.S_IMODE(f.stat().st_mode) for f in folder.iterdir()} == {0o600}
        with opened(env) as other:
            other.send("E")
            other.wait_for("The card v1 is open in an editor already.")
            leaves(other)
        terminal.terminate(signal.SIGKILL)
    assert card(env).title == TITLE
    with opened(env) as terminal:
        terminal.wait_for("Kept from last time: card v1 in the editor")
        terminal.send("E")
        terminal.wait_for("v1 saved.")
        leaves(terminal)
    assert (card(env).title, drafts(env)) == (NEW, [])


def test_a_line_that_drops_under_the_editor_ends_both(
    env: dict[str, str], editor: FakeEditor
) -> None:
    editor.does(replacing(TITLE, NEW) + "(folder / 'ready').touch()\nsys.stdin.read()\nsys.exit(1)")
    with Terminal(PROGRAM, env=env) as terminal:
        terminal.wait_for("v1 ")
        terminal.settle()
        terminal.send("E")
        terminal.wait_for(lambda _: (Path(editor.command.split()[-1]) / "ready").exists())
        terminal.hang_up()
        assert terminal.wait(10) == 128 + signal.SIGHUP
    assert NEW in (Path(env["MLKANBAN_HOME"]) / "drafts/card-v1-in-the-editor.md").read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_the_editor_is_open_leaves_cleanly_when_it_is_done(
    env: dict[str, str], editor: FakeEditor, number: signal.Signals
) -> None:
    editor.does(replacing(TITLE, NEW) + "(folder / 'ready').touch()\ntime.sleep(1)")
    with opened(env) as terminal:
        terminal.send("E")
        terminal.wait_for(lambda _: (Path(editor.command.split()[-1]) / "ready").exists())
        assert terminal.terminate(number) == 128 + number
        assert terminal.leftovers() == []
    assert card(env).title == NEW


def test_ctrl_c_in_the_editor_is_for_the_editor_alone(
    env: dict[str, str], editor: FakeEditor
) -> None:
    editor.does(
        replacing(TITLE, NEW)
        + "try:\n    (folder / 'ready').touch()\n    time.sleep(60)\nexcept KeyboardInterrupt: pass"
    )
    with opened(env) as terminal:
        terminal.send("E")
        terminal.wait_for(lambda _: (Path(editor.command.split()[-1]) / "ready").exists())
        terminal.send("\x03")
        terminal.wait_for("v1 saved.")
        terminal.send("\x03")
        terminal.wait_for("q leaves.")
        leaves(terminal)


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(
    env: dict[str, str], editor: FakeEditor
) -> None:
    data = env["MLKANBAN_HOME"]
    meanwhile = f"""
from pathlib import Path
from mlkanban.service import Service
from mlkanban.clock import now
bob = Service.open(Path({data!r}), actor="bob", clock=now)
bob.cards.edit(["v1"], {{"title": "theirs", "priority": "low"}}, add={{"tags": ["new"]}})
bob.close()
"""
    editor.does(
        replacing(TITLE, NEW, "[tabular]", "[mine]") + meanwhile,
        "file.write_text('\\n'.join(x for x in file.read_text().split('\\n') if x[:1] != '#'))",
    )
    with opened(env) as terminal:
        terminal.send("E")
        terminal.wait_for("v1 saved.")
        leaves(terminal)
    clash = editor.seen()[1]
    assert f"# error: v1: title was changed meanwhile to 'theirs'; the text has '{NEW}'." in clash
    assert f"title: {NEW}\n" in clash
    assert "priority: low\n" in clash
    found = card(env)
    assert (found.title, found.priority, found.tags) == (NEW, "low", ("mine", "new"))


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("/nowhere/edit -f", "The editor /nowhere/edit cannot be started: No such file"),
        ("'vi", "$VISUAL is no command: 'vi."),
    ],
)
def test_an_editor_that_is_not_there_is_named(env: dict[str, str], command: str, said: str) -> None:
    with opened(env | {"VISUAL": command}) as terminal:
        terminal.send("E")
        terminal.wait_for(said)
        terminal.settle()
        leaves(terminal)
    assert drafts(env) == []
