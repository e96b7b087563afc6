"""Cards, boards and charters as texts, from the command line."""

import json
from pathlib import Path

import pytest

from mlkanban.paths import places
from tests.cli.conftest import Person
from tests.editors import FakeEditor, replacing


@pytest.fixture
def editor(tmp_path: Path, board: Person, monkeypatch: pytest.MonkeyPatch) -> FakeEditor:
    made = FakeEditor(tmp_path / "editor")
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", made.command)
    return made


@pytest.fixture
def file(tmp_path: Path, board: Person) -> Path:
    """A board of three cards, exported."""
    one, two = board.card("one", "--tag", "a"), board.card("two")
    board("note", two, "seen")
    board.card("three", "--stage", "Training")
    out = tmp_path / "board.md"
    assert board("export", "markdown", "--out", str(out)).err == f"3 cards written to {out}.\n"
    assert one == "v1"
    return out


def edits(file: Path, *pairs: str) -> None:
    text = file.read_text()
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert old in text
        text = text.replace(old, new, 1)
    file.write_text(text)


def test_a_card_in_the_editor(board: Person, editor: FakeEditor) -> None:
    ref = board.card("focal loss")
    editor.does(replacing("title: focal", "title: my focal", "priority: normal", "priority: low"))
    answer = board("edit", ref, "--editor")
    assert (answer.code, answer.err) == (0, f"{ref} saved.\n")
    assert board.data("show", ref)["title"] == "my focal loss"
    board("undo")
    assert board.data("show", ref)["title"] == "focal loss"
    assert board("edit", ref, "--editor").err == "Nothing changed.\n"


def test_an_editor_that_fails_changes_nothing_and_the_exit_code_says_so(
    board: Person, editor: FakeEditor
) -> None:
    ref = board.card("focal loss")
    editor.does(
        "sys.exit(1)",
        replacing("title: focal", "title: my focal") + "sys.exit(1)",
        "file.write_text('')\nsys.exit(2)",
    )
    nothing = board("edit", ref, "--editor")
    assert (nothing.code, nothing.err) == (
        4, "mlkanban: Nothing changed. The editor ended with 1.\n",
    )  # fmt: skip
    kept = board("--json", "edit", ref, "--editor")
    assert (kept.code, kept.object["kind"]) == (4, "error")
    assert "your text is kept for the next time. The editor ended with 1." in kept.err
    assert board("edit", ref, "--editor").code == 4
    assert board.data("show", ref)["title"] == "focal loss"


def test_without_a_terminal_a_mistake_is_raised_and_the_text_kept(
    board: Person, editor: FakeEditor
) -> None:
    ref = board.card("focal loss")
    editor.does(
        replacing("title: focal", "title: my focal", "priority: normal", "priority: soon"),
        "lines = file.read_text().splitlines(True)[2:]\n"
        "file.write_text(''.join(lines).replace('soon', 'low'))",
    )
    answer = board("edit", ref, "--editor")
    kept = places().drafts / f"card-{ref}-in-the-editor.md"
    assert answer.code == 5
    assert answer.err.startswith(f"Your text is kept in {kept}.\nmlkanban: Line 6: 'soon' is no")
    assert "my focal loss" in kept.read_text()
    assert board("edit", ref, "--editor").code == 0
    card = board.data("show", ref)
    assert (card["title"], card["priority"], kept.exists()) == ("my focal loss", "low", False)


@pytest.mark.parametrize("args", [["--title", "x"], ["--tag", "x"], ["v2"], ["--due", "none"]])
def test_the_editor_goes_with_nothing_else(board: Person, editor: FakeEditor, args) -> None:
    board.card("focal loss")
    board.card("second")
    answer = board("edit", "v1", "--editor", *args)
    assert (answer.code, "--editor is for one card, and alone." in answer.err) == (2, True)
    assert editor.seen() == []


def test_an_edited_board_is_shown_written_and_undone(board: Person, file: Path) -> None:
    before = board.data("list", "--all")
    edits(file, "### v1 one", "### v1 uno", "[a]", "[b]", "## Ready\n",
          "## Ready\n\n### new\x1b[2J one\n\n#### New note\n\nhello\n")  # fmt: skip
    shown = board("import", "markdown", str(file), "--dry-run")
    assert shown.out.split("\n") == [
        "v1  one",
        "  title       one -> uno",
        "  tags        [a] -> [b]",
        "new card  new\ufffd[2J one",
        "  title       new\ufffd[2J one",
        "  stage       Ready",
        "  note        hello",
        "",
    ]
    assert board.data("list", "--all") == before
    answer = board("import", "markdown", str(file), "--yes")
    assert (answer.code, answer.out) == (0, shown.out)
    assert answer.err == "1 card changed, 1 added.\n"
    assert {card["title"] for card in board.data("list")} >= {"uno", "three"}
    assert board("import", "markdown", str(file), "--yes").err == "Nothing differs.\n"
    board("undo")
    assert board.data("list", "--all") == before


def test_without_a_terminal_nothing_is_written_unasked(board: Person, file: Path) -> None:
    edits(file, "### v1 one", "### v1 uno")
    for json_too in ([], ["--json"]):
        answer = board("import", "markdown", str(file), *json_too)
        assert (answer.code, "Add --yes" in answer.err) == (2, True)
        assert ("title       one -> uno" in answer.out) == (not json_too)
    assert board.data("show", "v1")["title"] == "one"
    edits(file, "### v1 uno", "### v1 one")
    answer = board("import", "markdown", str(file))
    assert (answer.code, answer.err) == (0, "Nothing differs.\n")


def test_a_file_older_than_the_board_does_not_say_that_nothing_differs(
    board: Person, file: Path
) -> None:
    board("edit", "v1", "--title", "eins")
    answer = board("import", "markdown", str(file), "--dry-run")
    assert (answer.code, answer.out) == (0, "")
    assert answer.err.startswith("The file was not edited since its export;")
    edits(file, "### v2 two", "### v2 due")
    board("import", "markdown", str(file), "--yes")
    again = board("import", "markdown", str(file), "--yes").err
    assert again.startswith("The board has all that was edited in the file;")


def test_a_full_stage_is_told_before_and_passed_with_a_reason(board: Person, file: Path) -> None:
    board("stages", "limit", "ready", "0")
    edits(file, "## Ready\n", "## Ready\n\n### more\n")
    args = ("import", "markdown", str(file))
    shown = board(*args, "--dry-run")
    assert shown.code == 0
    assert "Writing this would be refused: Ready would be 1/0!, over its limit." in shown.err
    assert "Ready would be 1/0" in board.data(*args, "--dry-run")["refused"]
    refused = board(*args, "--yes")
    assert (refused.code, "override with a reason" in refused.err) == (1, True)
    assert board.data(*args, "--dry-run", "--override", "planned")["refused"] is None
    passed = board(*args, "--yes", "--override", "planned")
    assert (passed.code, ", over the limit: planned." in passed.err) == (0, True)
    assert "planned" in board("history").out


def test_a_conflict_is_listed_and_nothing_is_written(board: Person, file: Path) -> None:
    edits(file, "### v1 one", "### v1 uno", "### v2 two", "### v2 due")
    board("edit", "v1", "--title", "eins")
    answer = board("import", "markdown", str(file), "--yes")
    assert answer.code == 1
    assert "v1: title was changed meanwhile to 'eins'; the text has 'uno'." in answer.out
    assert "--mine" in answer.err
    told = board("import", "markdown", str(file), "--yes", "--json")
    assert (told.code, told.object["kind"]) == (1, "import.markdown")
    assert told.object["data"]["conflicts"] == [
        {"id": "v1", "field": "title", "at_export": "one", "now": "eins", "file": "uno"}
    ]
    assert board.data("show", "v2")["title"] == "two"
    told = board.data("import", "markdown", str(file), "--yes", "--mine")
    assert (told["written"], told["compared_with"], told["left_alone"]) == (True, "export", [])
    assert [(c["id"], c["changes"]) for c in told["cards"]] == [
        ("v1", [{"field": "title", "from": "eins", "to": "uno"}]),
        ("v2", [{"field": "title", "from": "two", "to": "due"}]),
    ]
    assert board.data("show", "v1")["title"] == "uno"


def test_a_board_in_another_store_is_compared_with_now(board: Person, file: Path) -> None:
    edits(file, "cursor: ", "cursor: 1", "### v1 one", "### v1 uno")
    shown = board("import", "markdown", str(file), "--yes")
    assert shown.out.startswith("The board as it was exported is not in this store")
    assert board.data("show", "v1")["title"] == "uno"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file"),
        (b"", "line 1: The front matter is missing."),
        (b"\xff", "line 1: is not UTF-8 text."),
        (b"---\nboard: fraud\n---\n\n" + b"x" * 1_000_001, "line 5: is longer than 1,000,000"),
        (b"---\nboard: fraud\n---\n# Cards\n## Idaes\n### x", "line 5: No stage of fraud is"),
        (b"---\nboard: fraud\n---\n# Cards\n## Ideas\n### x\n- due: soon",
         "line 7: 'soon' is no day."),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_writes_nothing(
    board: Person, tmp_path: Path, content: bytes | None, said: str
) -> None:
    file = tmp_path / "bad.md"
    if content is not None:
        file.write_bytes(content)
    answer = board("import", "markdown", str(file), "--yes")
    assert (answer.code, answer.out) == (5, "")
    assert answer.err.startswith(f"mlkanban: {file}")
    assert said in answer.err
    assert "Nothing was written." in answer.err
    assert board.data("list") == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("## Features", "## Feature store", "is called 'Feature store'"),
        ("## Monitoring", "## Monitoring\n\n## Retired", "is called 'Retired'"),
        ("name:", "owner: me\nname:", "The front matter has no 'owner'"),
    ],
)
def test_what_a_document_cannot_change_is_refused_with_its_line(
    board: Person, file: Path, old: str, new: str, said: str
) -> None:
    edits(file, old, new)
    answer = board("import", "markdown", str(file), "--yes")
    assert answer.code == 5
    assert said in answer.err
    assert f"{file}, line " in answer.err


def test_a_stage_that_the_document_has_no_more_is_left_alone_and_that_is_said(
    board: Person, file: Path
) -> None:
    edits(file, "## Features\n", "", "### v1 one", "### v1 uno")
    answer = board("import", "markdown", str(file), "--yes")
    assert "stages not in the file, left alone: Features" in answer.out
    assert board.data("show", "v1")["title"] == "uno"
    assert "Features" in [stage["name"] for stage in board.data("stages")]


def test_a_new_name_in_the_front_matter_renames_the_board(board: Person, file: Path) -> None:
    edits(file, "name: Fraud", "name: Card fraud")
    answer = board("import", "markdown", str(file), "--yes")
    assert "Fraud -> Card fraud" in answer.out
    assert answer.err == "The board renamed.\n"
    [found] = board.data("boards")
    assert (found["key"], found["name"]) == ("fraud", "Card fraud")
    assert board("import", "markdown", str(file), "--yes").err == "Nothing differs.\n"
    board("undo")
    assert board.data("boards")[0]["name"] == "Fraud"


def test_a_document_names_its_board(board: Person, file: Path) -> None:
    board("init", "Other", "--timezone", "UTC")
    assert board("import", "markdown", str(file), "--dry-run").err == "Nothing differs.\n"
    answer = board("--board", "other", "import", "markdown", str(file), "--dry-run")
    assert (answer.code, "is of the board fraud." in answer.err) == (2, True)
    edits(file, "board: fraud", "board: nowhere")
    assert board("import", "markdown", str(file), "--dry-run").code == 3


def test_the_charter(board: Person, editor: FakeEditor, tmp_path: Path) -> None:
    nothing = board("charter")
    assert (nothing.code, nothing.out, "The charter is empty." in nothing.err) == (0, "", True)
    assert board("charter", "set", "scope", "Cards.").err == "Charter: Scope saved.\n"
    assert board("charter", "set", "Risks", "-", stdin="drift\x1b[2J\n").code == 0
    assert board("charter").out == "## Scope\n\nCards.\n\n## Risks\n\ndrift\ufffd[2J\n"
    sections = board.data("charter")["sections"]
    assert len(sections) == 13
    assert sections[0]["text"] == "Cards."
    editor.does(replacing("Cards.", "All cards."))
    assert board("charter", "--edit").err == "Charter saved.\n"
    assert board("charter").out.startswith("## Scope\n\nAll cards.\n")
    out = tmp_path / "out.md"
    board("export", "markdown", "--out", str(out))
    edits(out, "All cards.", "No cards.")
    board("import", "markdown", str(out), "--yes")
    assert "No cards." in board("charter").out
    assert "charter: scope written" in board("history").out
    board("undo")
    assert "All cards." in board("charter").out
    assert board("charter", "set", "nothing", "x").code == 3
    assert board("charter", "--edit", "set", "scope", "x").code == 2


def test_an_export_as_json_lines_has_the_charter(board: Person) -> None:
    board("charter", "set", "scope", "Cards.")
    rows = [json.loads(line) for line in board("export", "jsonl").out.splitlines()]
    assert rows[-1]["kind"] == "charter.edited"
    assert rows[-1]["data"]["set"] == {"charter:scope": "Cards."}


def test_a_file_taken_back_twice_writes_its_new_notes_once(board: Person, file: Path) -> None:
    edits(file, "- tags: [a]\n", "- tags: [a]\n\n#### New note\n\nlooks *good*\n\nreally\n")
    assert "1 card changed." in board("import", "markdown", str(file), "--yes").err
    again = board("import", "markdown", str(file), "--yes")
    assert again.out == (
        "new notes written before, left alone: v1\n"
        "  Export the board again before the next edit: that has them with their ids.\n"
    )
    assert "The board has all that was edited in the file" in again.err
    assert board.data("import", "markdown", str(file), "--yes")["noted_before"] == ["v1"]
    notes = [note["text"] for note in board.data("show", "v1")["notes"]]
    assert notes == ["looks *good*\n\nreally"]
    edits(file, "really", "not really")
    assert "1 card changed." in board("import", "markdown", str(file), "--yes").err
    assert len(board.data("show", "v1")["notes"]) == 2
