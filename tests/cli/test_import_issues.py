import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

FILES = Path(__file__).parent.parent / "exchange" / "files"
LIST = "ID,Title,Status,Sprint\n1,One,In Progress,S1\n2,Two,To do,\n"


@pytest.fixture
def board(mlk):
    mlk("init", "Cards", "--template", "plain", "--timezone", "UTC")
    return mlk


@pytest.fixture
def file(tmp_path) -> str:
    (tmp_path / "list.csv").write_text(LIST)
    return str(tmp_path / "list.csv")


def test_what_was_understood_is_shown_and_nobody_is_here_to_be_asked(board, file) -> None:
    answer = board("import", "issues", file)
    assert answer.code == 2
    assert "list.csv: a table, 2 cards, for the board cards" in answer.out
    assert [line.split() for line in answer.out.splitlines() if "left out" in line] == [
        ["Sprint", "left", "out", "1"]
    ]
    assert 'To keep a column: --column "Sprint=tags".' in answer.out
    assert "Doing (guessed)" in answer.out
    assert "1 card in progress without the day they began" in answer.out
    assert "2 new cards, 0 to be changed, 0 as they are." in answer.err
    assert "Add --yes to write the cards." in answer.err
    assert board.data("list", "--all") == []


def test_a_list_is_one_undo(board, file) -> None:
    board.card("mine")
    answer = board("import", "issues", "--yes", file)
    assert answer.code == 0
    assert "2 cards added to Cards, 0 changed, 0 as they were." in answer.err
    assert [card["title"] for card in board.data("list", "--all")] == ["mine", "Two", "One"]
    assert "Nothing new" in board("import", "issues", "--yes", file).err
    assert "imported: list.csv: 2 cards, 2 new" in board("undo", "--list").out
    assert "the import of" in board("undo").err
    assert [card["title"] for card in board.data("list", "--all")] == ["mine"]
    assert board("redo").code == 0
    assert len(board.data("list", "--all")) == 3


def test_undo_names_a_list_whatever_its_cards_did(board, file) -> None:
    Path(file).write_text("ID,Title,Status\n1,One,Doing\n2,Two,Done\n")
    board("import", "issues", "--yes", file)
    assert "2 cards: imported: list.csv: 2 cards, 2 new" in board("undo", "--list").out


def test_undo_and_redo_date_an_import_by_its_day_and_name_the_list(board, tmp_path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("Title,Status,Created\nOne,To do,2020-01-02\nTwo,To do,2020-03-04\n")
    board("import", "issues", "--yes", str(file))
    assert board("undo").err.startswith("Undone: the import of list.csv, 2 cards, with v")
    redone = board("redo").err
    assert redone.startswith("Done again: the import of list.csv, 2 cards, with v")
    assert "01-02" not in redone


def test_a_list_in_json(board, file) -> None:
    data = board.data("import", "issues", "--dry-run", file)
    assert (data["kind"], data["cards"], data["created"], data["written"]) == ("table", 2, 2, False)
    assert data["columns"][-1] == {"column": "Sprint", "field": None, "cards": 1}
    assert data["statuses"][0] == {
        "status": "In Progress", "cards": 1, "stage": "Doing", "outcome": None, "guessed": True,
        "archived": False, "unknown": False, "discarded": 0,
    }  # fmt: skip
    assert data["types"] == [{"type": "", "cards": 2, "becomes": "chore", "guessed": True}]
    assert (data["begun_unknown"], data["created_to_resolved"]) == (1, 0)
    assert board.data("list", "--all") == []
    data = board.data("import", "issues", "--yes", file)
    assert (data["created"], data["written"], data["refused"]) == (2, True, None)
    assert board.data("import", "issues", "--yes", file)["unchanged"] == 2


def test_a_map_is_written_edited_and_used(board, file, tmp_path) -> None:
    kept = tmp_path / "map.toml"
    assert board("import", "issues", "--dry-run", "--write-map", str(kept), file).code == 0
    assert kept.read_text().splitlines() == [
        'kind = "table"', "", "[columns]", 'ID = "key"', 'Title = "title"', 'Status = "status"',
        'Sprint = "none"', "", "[statuses]", '"In Progress" = "Doing"', '"To do" = "To do"',
    ]  # fmt: skip
    kept.write_text(kept.read_text().replace('Sprint = "none"', 'Sprint = "tags"'))
    words = "--status", "In Progress=learned", "--column", "id=none"
    assert board("import", "issues", "--yes", "--map", str(kept), *words, file).code == 0
    one = next(card for card in board.data("list", "--all") if card["title"] == "One")
    assert (one["tags"], one["outcome"]) == (["s1"], "learned")


def test_a_map_leaves_out_a_column_whose_name_is_half_a_character(board, tmp_path) -> None:
    file, kept = tmp_path / "a.json", tmp_path / "map.toml"
    file.write_text('[{"number": 1, "title": "One", "state": "OPEN", "team\\ud800": "b"}]')
    assert board("import", "issues", "--dry-run", "--write-map", str(kept), str(file)).code == 0
    assert "team" not in kept.read_text()
    assert board("import", "issues", "--yes", "--map", str(kept), str(file)).code == 0
    assert [card["title"] for card in board.data("list")] == ["One"]


def test_a_list_is_piped_in(board) -> None:
    assert board("import", "issues", "-", stdin=LIST).code == 2
    assert board("import", "issues", "-", "--yes", "--as", "table", stdin=LIST).code == 0
    assert len(board.data("list")) == 2


def test_a_full_stage_refuses_a_list(board, file) -> None:
    board("stages", "limit", "Doing", "1")
    board.card("mine")
    Path(file).write_text("ID,Title,Status\n1,One,Doing\n2,Two,Doing\n")
    planned = board("import", "issues", "--dry-run", file)
    assert "Writing this would be refused: Doing is 1/1" in planned.err
    refused = board("import", "issues", "--yes", file)
    assert refused.code == 1
    assert "--override REASON" in refused.err
    assert len(board.data("list", "--all")) == 1
    assert board("import", "issues", "--yes", "--override", "were there", file).code == 0
    assert len(board.data("list")) == 3


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--as", "excel"], 2, "There is no kind of list 'excel'. There are: kanban-tui, trello,"),
        (["--status", "done"], 2, "'done' says nothing. Write it as STATUS=STAGE."),
        (["--status", "to dp=Doing"], 2, "no status 'to dp'. There are: In Progress, To do."),
        (["--column", "team=tags"], 2, "The list has no column 'team'. There are: ID, Title,"),
        (["--status", "to do=nowhere"], 2, "There is no stage 'nowhere' on cards."),
        (["--column", "id=titel"], 2, "The column 'id' cannot become 'titel'. Did you mean title?"),
        (["--format", "x"], 2, "'x' is neither day-first, month-first nor a form of dates."),
        (["--format", "%Y%Y"], 2, "'%Y%Y' is neither day-first, month-first nor a form of dates."),
    ],
)
def test_what_is_said_wrongly(board, file, words, code, said) -> None:
    answer = board("import", "issues", "--yes", *words, file)
    assert answer.code == code
    assert said in answer.err
    assert board.data("list", "--all") == []


def test_a_table_whose_title_has_an_unknown_name_asks_for_it(board, tmp_path) -> None:
    file = tmp_path / "plan.csv"
    file.write_text("Experiment,Status,Owner\nTrain baseline,Doing,ann\nLabel data,Todo,bob\n")
    for words in ([], ["--as", "table"], ["--column", "Nope=title"]):
        refused = board("import", "issues", "--yes", *words, str(file))
        assert refused.code == 5
        assert "no column for the title. Its columns: Experiment, Status, Owner." in refused.err
        assert '--column "Experiment=title"' in refused.err
        assert board.data("list", "--all") == []
    board("import", "issues", "--yes", "--column", "experiment=title", str(file))
    titles = {card["title"] for card in board.data("list", "--all")}
    assert titles == {"Train baseline", "Label data"}


def test_an_outcome_that_a_list_does_not_name_is_guessed_and_won_by_nobody(board, file) -> None:
    Path(file).write_text("Title,Status\nRead a paper,Closed\nTrain it,Live\nOpen it,To do\n")
    planned = board("import", "issues", "--dry-run", "--status", "Live=shipped", file)
    assert "Done, shipped (guessed)" in " ".join(planned.out.split())
    assert "1 finished card with a guessed outcome" in planned.out
    board("import", "issues", "--yes", "--status", "Live=shipped", file)
    report = board.data("report")
    assert [card["title"] for card in report["won"]] == ["Train it"]
    assert "2 cards were finished: 1 shipped and 1 imported as finished." in report["lead"][0]
    read = next(c["id"] for c in board.data("list", "--all") if c["title"] == "Read a paper")
    assert "shipped (outcome guessed)" in board("history", read).out
    board("move", read, "To do")
    board("done", read, "--outcome", "learned")
    report = board.data("report")
    assert [card["title"] for card in report["learned"]] == ["Read a paper"]


def test_a_guessed_end_is_no_model_in_monitoring(mlk, file) -> None:
    mlk("init", "Fraud", "--timezone", "UTC")
    Path(file).write_text("Key,Title,Status\nML-1,Read a paper,Closed\nML-2,Train it,Live\n")
    words = "--status", "Live=shipped"
    planned = mlk("import", "issues", "--dry-run", *words, file)
    assert "Closed shipped, archived (guessed)" in " ".join(planned.out.split())
    assert "Live Monitoring, shipped 1" in " ".join(planned.out.split())
    assert "1 finished card with a guessed outcome: archived," in planned.out
    mlk("import", "issues", "--yes", *words, file)
    monitored = mlk.data("list", "-q", "stage:monitoring")
    assert [card["title"] for card in monitored] == ["Train it"]
    assert len(mlk.data("list", "--all", "-q", "outcome:shipped")) == 2
    assert "unchanged" in str(mlk.data("import", "issues", "--yes", *words, file))
    Path(file).write_text("Key,Title,Status\nML-1,Read a paper,Doing\nML-2,Train it,Live\n")
    mlk("import", "issues", "--yes", *words, file)
    [again] = mlk.data("list", "-q", "key:ML-1")
    assert (again["stage"], again["outcome"], again["archived"]) == ("Data prep", None, False)


def test_the_key_of_another_tool_is_shown_and_found(board, tmp_path) -> None:
    file = tmp_path / "jira.csv"
    rows = "".join(f"ML-{n},Task {n},To do\n" for n in (2, 20))
    file.write_text("Issue key,Summary,Status\n" + rows)
    planned = board("import", "issues", "--dry-run", str(file)).out
    assert "Issue key key 2" in " ".join(planned.split()).replace("  ", " ")
    board("import", "issues", "--yes", str(file))
    [two] = board.data("list", "-q", "key:ml-2")
    assert (two["title"], two["key"]) == ("Task 2", "ML-2"), "ML-20 is another one"
    assert board.data("show", two["id"])["key"] == "ML-2"
    assert "Task 2" in board("find", "ML-2").out
    assert "\nKey         ML-2\n" in board("show", two["id"]).out
    assert "ML-20" in board("export", "csv").out
    board("export", "sqlite", str(tmp_path / "out.db"))
    with closing(sqlite3.connect(tmp_path / "out.db")) as db:
        exported = db.execute("SELECT title, key FROM cards ORDER BY key").fetchall()
    assert exported == [("Task 2", "ML-2"), ("Task 20", "ML-20")]
    assert board.data("list", "-q", "key:none") == []


def test_boxes_of_a_description_are_a_checklist_and_a_label_may_be_a_priority(
    board, tmp_path
) -> None:
    file = tmp_path / "gh.json"
    file.write_text(
        '[{"number": 3, "title": "One", "state": "OPEN", "labels": [{"name": "priority: high"},'
        ' {"name": "gpu"}], "body": "Why\\r\\n\\r\\n- [ ] reproduce\\r\\n* [x] mend"},'
        ' {"number": 4, "title": "Two", "state": "OPEN", "labels": [{"name": "priority/odd"}]}]'
    )
    said = " ".join(board("import", "issues", "--yes", str(file)).out.split())
    assert "labels tags, priority 2" in said
    assert "body description, checklist 1" in said
    [one] = board.data("list", "-q", "key:#3")
    card = board.data("show", one["id"])
    assert (card["priority"], card["tags"]) == ("high", ["gpu"])
    items = [(item["text"], item["done"]) for item in card["checklist"]]
    assert items == [("reproduce", False), ("mend", True)]
    assert [note["text"] for note in card["notes"]] == ["Why"]
    [two] = board.data("list", "-q", "key:4")
    assert (two["priority"], two["tags"]) == ("normal", ["priority/odd"])


def test_a_column_that_is_empty_in_all_rows_may_be_named(board, tmp_path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("Title,Status,Team\nOne,To do,\n")
    assert board("import", "issues", "--yes", "--column", "Team=tags", str(file)).code == 0


@pytest.mark.parametrize("text", ["Buy milk, eggs\nWrite, print\n", "One\nTwo\n", "Read a, b\n"])
def test_lines_with_commas_are_no_table(board, tmp_path, text) -> None:
    file = tmp_path / "list.txt"
    file.write_text(text)
    assert "plain lines, a card each" in board("import", "issues", "--dry-run", str(file)).out


def test_a_list_without_a_board_or_a_file(mlk, file) -> None:
    assert mlk("import", "issues", "--yes", file).code == 3
    assert mlk("import", "issues", "--yes", "nowhere.csv").code == 5


def test_a_title_that_nobody_sees_is_none(board, tmp_path) -> None:
    file = tmp_path / "list.txt"
    file.write_text("One\n\u200b\n\u2060 \u00ad\nTw\u200bo\n")
    answer = board("import", "issues", "--yes", "--as", "lines", str(file))
    assert "Left out: entries without a title (2)." in answer.out
    assert len(board.data("list")) == 2
    for words in (("add", "\u200b"), ("edit", board.data("list")[0]["id"], "--title", "\u200b ")):
        refused = board(*words)
        assert (refused.code, "A title is needed." in refused.err) == (2, True)


def test_a_file_in_the_place_of_a_kind_of_import_names_the_command(mlk) -> None:
    answer = mlk("import", "my list.csv")
    assert answer.code == 2
    assert (
        "'my list.csv' is a file. Did you mean: mlkanban import issues 'my list.csv'" in answer.err
    )
    assert "import jsonl log.jsonl" in mlk("import", "log.jsonl").err


def test_the_only_card_with_a_key_of_another_tool_is_named_by_it(board) -> None:
    for title, key in (("One", "ML-1"), ("Two", "ML-2"), ("Three", "ML-2")):
        board("edit", board.card(title), "--key", key)
    assert board.data("show", "ml-1")["title"] == "One"
    assert board("move", "ML-1", "Doing").code == 0
    answer = board("show", "ML-2")
    assert answer.code == 3
    assert "Several cards have the key 'ML-2'" in answer.err
    assert board("show", "ML-3").code == 3
