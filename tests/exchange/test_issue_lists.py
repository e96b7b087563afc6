"""What comes of small made-up lists in the layout of each tool."""

import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mlkanban.core.board import Board
from mlkanban.errors import BadInput, LimitReached, UsageProblem
from mlkanban.exchange.dates import UnclearDates
from mlkanban.exchange.issues.issue_list import (
    KINDS,
    IssueList,
    kind_of,
    read_source,
    summary_lines,
)
from mlkanban.exchange.issues.issue_map import IssueMap, map_text, read_issue_map
from mlkanban.exchange.issues.record import ListFile
from mlkanban.service import Service

FILES = Path(__file__).parent / "files"
NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)


@pytest.fixture
def service(tmp_path) -> Iterator[Service]:
    made = Service.open(tmp_path, actor="mira", clock=lambda: NOW)
    made.boards.create("Cards", "plain", "UTC")
    yield made
    made.close()


def board_of(service: Service) -> Board:
    return service.boards.find("cards")


def read(service: Service, file: str | Path, map: IssueMap | None = None) -> IssueList:
    source = read_source(FILES / file)
    return IssueList(source, kind_of(source), map or IssueMap(), board_of(service))


def taken(service: Service, file: str | Path, map: IssueMap | None = None, **how: Any):
    issues = read(service, file, map)
    return service.issue_import.take(
        issues.board.id, issues.kind.tool, "list", issues.cards(), **how
    )


def cards(service: Service) -> dict[str, dict[str, Any]]:
    """What differs from a blank card, by title."""
    board, made = board_of(service), {}
    for face in service.boards.snapshot(board.id).faces:
        card = service.cards.get(face.ref)
        days = {
            "created": face.created_at,
            "started": face.started_at,
            "finished": face.finished_at,
        }
        told = {
            "stage": board.stage(card.stage).name, "outcome": card.outcome and card.outcome.value,
            "tags": " ".join(card.tags), "type": card.type.value, "priority": card.priority.value,
            "key": card.values["key"], "due": card.due and card.due.isoformat(),
            "links": " ".join(card.links),
            **{name: at[:16] if at else "" for name, at in days.items()},
            "notes": [note.text for note in card.notes],
            "checklist": [f"{'x' if item.done else '-'} {item.text}" for item in card.checklist],
            "parent": card.parent and service.cards.get(card.parent).title,
            "needs": [service.cards.get(ref).title for ref in card.needs],
        }  # fmt: skip
        usual = {"type": "chore", "priority": "normal"}
        made[card.title] = {n: v for n, v in told.items() if v and v != usual.get(n)}
    return made


def day(number: int, hour: int = 9) -> str:
    return f"2026-01-{number:02}T{hour:02}:00"


TODAY = "2026-02-01T12:00"
WANTED: dict[str, tuple[str, dict[str, dict[str, Any]]]] = {
    "jira.csv": ("jira", {
        "Focal loss": {
            "key": "FRD-1",
            "stage": "Done", "outcome": "shipped", "tags": "@ada gpu nlp", "priority": "high",
            "type": "feature", "due": "2026-01-15", "created": day(5), "finished": day(9),
            "notes": ["two\nlines", "ada: first; with a mark", "bob: second"],
        },
        "Rebalance classes": {
            "key": "FRD-2",
            "stage": "Doing", "tags": "@bob bug", "created": day(6), "started": day(8, 10),
            "parent": "Focal loss", "needs": ["Old idea"],
        },
        "Old idea": {
            "key": "FRD-3",
            "stage": "To do", "outcome": "discarded", "priority": "low", "created": day(6),
        },
        "Next one": {"key": "FRD-4", "stage": "To do", "priority": "low", "created": day(7)},
    }),
    "github.json": ("github", {
        "Focal loss": {
            "key": "#12",
            "stage": "Done", "outcome": "shipped", "tags": "@ada experiment nlp",
            "type": "experiment", "links": "https://github.example/o/r/issues/12",
            "created": day(5), "finished": day(9),
            "notes": ["Why", "bob: Looks good"], "checklist": ["- one"],
        },
        "Mixup": {
            "key": "#13",
            "stage": "To do", "outcome": "discarded", "created": day(6),
            "links": "https://github.example/o/r/issues/13",
        },
        "Baseline": {
            "key": "#14",
            "stage": "Doing", "created": day(7), "started": day(8),
            "links": "https://github.example/o/r/issues/14",
        },
    }),
    "github-project.tsv": ("github-project", {
        "Focal loss": {
            "key": "#12",
            "stage": "Doing", "tags": "@ada @bob gpu nlp", "created": TODAY, "started": TODAY,
            "links": "https://github.example/o/r/issues/12",
        },
        "Baseline": {
            "key": "#13",
            "stage": "Done", "outcome": "shipped", "created": TODAY, "finished": TODAY,
            "links": "https://github.example/o/r/issues/13",
        },
        "Draft without a URL": {"stage": "To do", "created": TODAY},
    }),
    "gitlab.csv": ("gitlab", {
        "Focal loss": {
            "key": "#7",
            "stage": "Done", "outcome": "shipped", "tags": "@bob-b gpu nlp", "due": "2026-01-15",
            "created": day(5), "finished": day(9), "notes": ["two\nlines"],
            "links": "https://gitlab.example/g/p/-/issues/7",
        },
        "Baseline": {
            "key": "#8",
            "stage": "To do", "created": day(6), "links": "https://gitlab.example/g/p/-/issues/8",
        },
    }),
    "linear.csv": ("linear", {
        "Focal loss": {
            "key": "FRD-1",
            "stage": "Done", "outcome": "shipped", "tags": "@ada@lab.example gpu nlp",
            "priority": "high", "due": "2026-01-15", "created": day(5), "started": day(6),
            "finished": day(9), "notes": ["two\nlines"],
        },
        "Rebalance classes": {
            "key": "FRD-2",
            "stage": "Doing", "priority": "urgent", "created": day(5, 10), "started": day(7),
            "parent": "Focal loss",
        },
        "Mixup": {
            "key": "FRD-3",
            "stage": "Done", "outcome": "abandoned", "created": day(5, 10), "started": day(7),
            "finished": day(8),
        },
    }),
    "azure-devops.csv": ("azure", {
        "Losses": {
            "key": "100",
            "stage": "Doing", "tags": "@ada", "type": "feature", "priority": "high",
            "created": day(5), "started": day(6),
        },
        "Focal loss": {
            "key": "101",
            "stage": "Done", "outcome": "shipped", "tags": "@ada gpu nlp", "created": day(5),
            "started": day(6), "finished": day(19), "notes": ["two\nlines"], "parent": "Losses",
            "type": "feature",
        },
    }),
    "trello.json": ("trello", {
        "Baseline": {"stage": "Doing", "created": "2026-01-06T09:10", "started": day(8)},
        "Focal loss": {
            "key": "#12",
            "stage": "Done", "outcome": "shipped", "tags": "@ada green nlp", "due": "2026-01-15",
            "links": "https://trello.example/c/1 https://x.example/plot.png",
            "created": day(5), "started": day(6), "finished": day(9),
            "notes": ["two\nlines", "ada: Looks good"],
            "checklist": ["x three seeds", "- report"],
        },
    }),
    "taskwarrior.json": ("taskwarrior", {
        "Focal loss": {
            "key": "5f0c3c1e-0000-4000-8000-000000000001",
            "stage": "Doing", "tags": "fraud.losses nlp", "priority": "high", "due": "2026-01-15",
            "created": day(5), "started": day(6), "notes": ["first", "second"],
            "needs": ["Get labels"],
        },
        "Baseline": {
            "key": "5f0c3c1e-0000-4000-8000-000000000002",
            "stage": "Done", "outcome": "shipped", "created": day(1), "finished": day(4),
        },
        "Get labels": {
            "key": "5f0c3c1e-0000-4000-8000-000000000003", "stage": "To do", "created": day(2),
        },
    }),
    "todo.txt": ("todo.txt", {
        "Focal loss": {
            "key": "3f2a", "stage": "To do", "tags": "fraud gpu", "priority": "high",
            "due": "2026-01-15", "created": day(5, 0),
        },
        "Baseline": {
            "stage": "Done", "outcome": "shipped", "tags": "fraud", "created": day(1, 0),
            "finished": day(4, 0),
        },
        "Read the paper about mixup": {"stage": "To do", "tags": "home", "created": TODAY},
    }),
    "obsidian.md": ("obsidian", {
        "Try mixup": {
            "stage": "To do", "tags": "vision", "due": "2026-12-04", "created": TODAY,
        },
        "Multi line card": {
            "stage": "To do", "created": TODAY, "notes": ["second line of it"],
            "checklist": ["- nested box", "x nested done"],
        },
        "Focal loss": {
            "stage": "Doing", "priority": "high", "links": "notes/focal", "created": day(5, 0),
            "started": day(6, 0),
        },
        "Baseline": {
            "stage": "Done", "outcome": "shipped", "created": "2026-11-01T00:00",
            "finished": "2026-11-01T00:00",
        },
        "Paper": {
            "stage": "Done", "outcome": "shipped", "created": TODAY, "finished": TODAY,
            "links": "https://x.example/paper",
        },
    }),
    "lines.txt": ("lines", {
        "Focal loss": {"stage": "To do", "created": TODAY},
        "Baseline": {
            "stage": "Done", "outcome": "shipped", "created": TODAY, "finished": TODAY,
        },
        "Mixup": {"stage": "To do", "created": TODAY},
    }),
    "table.csv": ("table", {
        "Focal loss": {
            "stage": "Doing", "tags": "@ada", "due": "2026-01-15", "created": TODAY,
            "started": TODAY,
        },
        "Baseline": {
            "stage": "Done", "outcome": "shipped", "created": TODAY, "finished": TODAY,
        },
    }),
}  # fmt: skip


def kanban_tui(folder: Path) -> Path:
    """A database with the tables that kanban-tui 0.19 makes."""
    file = folder / "database.db"
    with contextlib.closing(sqlite3.connect(file)) as conn:
        conn.executescript((FILES / "kanban-tui.sql").read_text())
    return file


def test_a_database_of_kanban_tui(service, tmp_path) -> None:
    file = kanban_tui(tmp_path)
    before = file.read_bytes()
    assert read(service, file).kind.name == "kanban-tui"
    taken(service, file)
    wanted = {
        "Focal loss": {
            "key": "1", "stage": "Done", "outcome": "shipped", "tags": "nlp", "due": "2026-01-15",
            "created": day(5), "started": day(6, 8), "finished": day(9, 8),
            "notes": ["two\nlines"],
        },
        "Baseline": {
            "key": "2", "stage": "Doing", "created": day(5), "started": day(7),
            "needs": ["Focal loss"],
        },
    }  # fmt: skip
    assert cards(service) == wanted
    assert taken(service, file).unchanged == 2
    assert file.read_bytes() == before
    with contextlib.closing(sqlite3.connect(tmp_path / "other.db")) as conn:
        conn.execute("CREATE TABLE tasks (title)")
        conn.commit()
    with pytest.raises(BadInput, match="without the tables of kanban-tui"):
        read(service, tmp_path / "other.db")
    (tmp_path / "torn.db").write_bytes(before[:5000])
    with pytest.raises(BadInput, match=r"torn\.db cannot be read"):
        read(service, tmp_path / "torn.db")


@pytest.mark.parametrize("file", WANTED)
def test_a_list_of_each_tool(service, file) -> None:
    kind, wanted = WANTED[file]
    assert read(service, file).kind.name == kind
    taken(service, file)
    assert cards(service) == wanted
    again = taken(service, file)
    assert (again.created, again.updated, again.kept) == (0, 0, {}), "nothing comes twice"
    assert cards(service) == wanted
    service.undoing.undo(board_of(service).id)
    assert cards(service) == {}
    taken(service, file)
    assert cards(service) == wanted, "what was undone can come again"


def list_of(
    folder: Path, *rows: str, head: str = "ID,Title,Status,Labels,Priority,Completed"
) -> Path:
    file = folder / "list.csv"
    file.write_text("\n".join([head, *rows]) + "\n")
    return file


def test_two_entries_with_one_title_are_two_cards(service) -> None:
    assert taken(service, "lines.txt").created == 4


def test_a_list_that_comes_again_changes_what_changed_there(service, tmp_path) -> None:
    taken(service, list_of(tmp_path, "1,One,To Do,a b;c,High,", "2,Two,Doing,,,"))
    later = list_of(
        tmp_path, "1,One!,Doing,c;d,Low,", "2,Two,Done,,,2026-01-20", "3,Three,To Do,,,"
    )
    came = taken(service, later)
    assert (came.created, came.updated, came.unchanged, came.kept) == (1, 2, 0, {})
    assert {title: (card["stage"], card.get("tags")) for title, card in cards(service).items()} == {
        "One!": ("Doing", "c d"),
        "Two": ("Done", None),
        "Three": ("To do", None),
    }
    assert cards(service)["One!"]["priority"] == "low"
    service.undoing.undo(board_of(service).id)
    before = cards(service)
    assert {title: card["stage"] for title, card in before.items()} == {
        "One": "To do",
        "Two": "Doing",
    }
    assert before["One"]["tags"] == "a-b c"
    assert taken(service, later).updated == 2, "it can come again after it was undone"


def test_what_a_person_changed_here_stays(service, tmp_path) -> None:
    first = "1,One,To Do,a;b,High,", "2,Two,Doing,,,", "3,Three,To Do,,,"
    taken(service, list_of(tmp_path, *first))
    refs = {face.title: face.ref for face in service.boards.snapshot(board_of(service).id).faces}
    stages = {stage.name: stage.id for stage in board_of(service).stages}
    service.cards.edit(
        [refs["One"]], {"title": "Mine"}, add={"tags": ["x"]}, remove={"tags": ["a"]}
    )
    service.cards.move([refs["Two"]], stages["Done"])
    service.cards.archive([refs["Three"]])
    mine = cards(service)
    same = taken(service, list_of(tmp_path, *first))
    assert (same.updated, same.kept) == (0, {}), "nothing changed in the list"
    assert cards(service) == mine
    came = taken(
        service, list_of(tmp_path, "1,One?,To Do,a;b;c,Low,", "2,Two,To Do,,,", "3,Three,Doing,,,")
    )
    assert came.kept == {
        refs["One"]: ["title"], refs["Two"]: ["stage"], refs["Three"]: ["stage"],
    }  # fmt: skip
    now = cards(service)
    assert (now["Mine"]["tags"], now["Mine"]["priority"]) == ("b c x", "low")
    assert (now["Two"]["stage"], now["Three"]["stage"]) == ("Done", "To do")


def test_a_description_and_comments_that_change(service, tmp_path) -> None:
    head = "Key,Title,Description,Comment"
    taken(service, list_of(tmp_path, "1,One,why,first", "2,Two,what,", head=head))
    refs = {face.title: face.ref for face in service.boards.snapshot(board_of(service).id).faces}
    service.cards.correct_note(refs["Two"], 1, "what I think")
    came = taken(service, list_of(tmp_path, "1,One,why not,second", "2,Two,else,", head=head))
    assert came.kept == {refs["Two"]: ["description"]}
    now = cards(service)
    assert now["One"]["notes"] == ["why not", "first", "second"]
    assert now["Two"]["notes"] == ["what I think"]


def test_a_card_that_was_opened_again_there(service, tmp_path) -> None:
    taken(service, list_of(tmp_path, "1,One,Done,,,2026-01-09", "2,Two,Canceled,,,2026-01-09"))
    taken(service, list_of(tmp_path, "1,One,Doing,,,", "2,Two,To Do,,,"))
    now = cards(service)
    assert (now["One"]["stage"], now["One"].get("outcome")) == ("Doing", None)
    assert (now["Two"]["stage"], now["Two"].get("outcome")) == ("To do", None)


def test_a_full_stage_refuses_all_of_a_list(service, tmp_path) -> None:
    file = list_of(tmp_path, *(f"{n},Card {n},Doing,,," for n in range(4)))
    with pytest.raises(LimitReached, match="Doing is 3/3"):
        taken(service, file)
    assert cards(service) == {}
    came = taken(service, file, override="as it was there")
    assert came.created == 4
    assert any("as it was there" in warning for warning in came.warnings)


def test_a_map_says_what_becomes_of_columns_and_statuses(service, tmp_path) -> None:
    (tmp_path / "map.toml").write_text(
        '[columns]\n"GPU hours" = "dataset"\n"Owner" = "assignee"\n[statuses]\n'
        '"in progress" = "To"\ndone = "learned"\n'
    )
    map = read_issue_map(tmp_path / "map.toml")
    taken(service, "table.csv", map)
    made = cards(service)
    assert (made["Focal loss"]["stage"], made["Focal loss"]["tags"]) == ("To do", "@ada")
    assert made["Baseline"]["outcome"] == "learned"
    faces = service.boards.snapshot(board_of(service).id).faces
    assert {service.cards.get(face.ref).dataset for face in faces} == {"12", ""}
    with pytest.raises(UsageProblem, match="There is no stage 'Nowhere'"):
        taken(service, "table.csv", IssueMap(statuses={"done": "Nowhere"}))
    for text, said in (
        ('[columns]\na = "titel"', "cannot become 'titel'. Did you mean title"),
        ('[status]\na = "b"', "status: a map has no such key. Did you mean statuses"),
        ("columns = 3", "columns: must be a table"),
        ('[types]\na = "bug"', "type 'a' cannot become 'bug'. There are: experiment, data"),
        ('format = "x"', "neither day-first"),
    ):
        (tmp_path / "map.toml").write_text(text)
        with pytest.raises(BadInput, match=r"map\.toml") as caught:
            read_issue_map(tmp_path / "map.toml")
        assert said in str(caught.value)


def test_statuses_that_name_a_stage_in_their_words_or_nothing(service, tmp_path) -> None:
    list = tmp_path / "list.csv"
    list.write_text(
        "Title,Status\nOne,Doing now\nTwo,On Hold\nThree,Backlog\nFour,Ready for review\n"
        "Five,Zeta\n"
    )
    issues = read(service, list)
    places = {status: issues.landing(status) for status in issues.understood.statuses}
    assert places["Doing now"].word == "Doing"
    assert [status for status, place in places.items() if place.unknown] == ["On Hold", "Zeta"]
    assert summary_lines(issues)[:2] == [
        'No stage is known to mean "On Hold": 1 card to To do, not blocked. Name the stage:'
        ' --status "On Hold=STAGE".',
        'No stage is known to mean "Zeta": 1 card to To do. Name the stage: --status "Zeta=STAGE".',
    ]


def test_what_never_began_is_discarded_in_the_preview(service, tmp_path) -> None:
    list = tmp_path / "list.csv"
    list.write_text(
        "Title,Status,Started\nOne,Won't Do,\nTwo,Cancelled,2026-01-20\nThree,Cancelled,\n"
    )
    issues = read(service, list)
    assert issues.goes_to("Won't Do") == "discarded"
    assert issues.goes_to("Cancelled") == "abandoned (1), discarded (1)"
    taken(service, list)
    outcomes = {title: card["outcome"] for title, card in cards(service).items()}
    assert outcomes == {"One": "discarded", "Two": "abandoned", "Three": "discarded"}


def test_types_of_a_list_become_types_of_cards(service, tmp_path) -> None:
    list = tmp_path / "list.csv"
    list.write_text(
        "Title,Type,Labels\nOne,Story,\nTwo,Bug,\nThree,Spike,gpu\nFour,Task,experiment\nFive,,data\n"
    )
    issues = read(service, list)
    assert issues.understood.types == {"Story": 1, "Bug": 1, "Spike": 1, "experiment": 1, "data": 1}
    assert "type" in issues.understood.more["Labels"]
    taken(service, list)
    made = cards(service)
    types = {title: (card.get("type", "chore"), card.get("tags")) for title, card in made.items()}
    assert types == {
        "One": ("feature", None), "Two": ("chore", "bug"), "Three": ("experiment", "gpu spike"),
        "Four": ("experiment", "experiment"), "Five": ("data", "data"),
    }  # fmt: skip
    (tmp_path / "map.toml").write_text('[types]\nBug = "monitoring"\ngpu = "model"\n')
    taken(service, list, read_issue_map(tmp_path / "map.toml"))
    made = cards(service)
    assert (made["Two"]["type"], made["Three"]["type"]) == ("monitoring", "model")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "ID,Title,Created\n1,One,yesterday\n", "line 2: 'yesterday' is no date"),
        ("a.csv", "ID,Title,Created\n1,One,0001-01-01\n", "line 2: '0001-01-01' does not lie"),
        ("a.csv", "ID,Title\n1\n", "line 2: has 1 fields, the first line 2"),
        ("a.json", '[{"title": "x", "number": 1}', "line 1: is not JSON"),
        ("a.json", '{"a": 1}', "is no list that is known. Say what it is: --as kanban-tui, trello"),
        ("a.json", "[" * 100_000, "lies too deep"),
        (
            "a.json",
            '[{"number": 1, "title": "x", "state": "OPEN", "url": "a\\ud800"}]',
            "the key of 'x' holds the character U+D800 at position 2, which no board can keep",
        ),
        (
            "a.json",
            '[{"uuid": "\\ud800", "description": "x", "status": "pending"}]',
            "the key of 'x' holds the character U+D800",
        ),
        ("a.txt", "", "holds no cards"),
        ("a.txt", "a\0b", "line 1: holds a NUL character"),
    ],
)
def test_what_is_wrong_with_a_list_is_named(service, tmp_path, name, text, said) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(BadInput) as caught:
        taken(service, tmp_path / name)
    assert said in str(caught.value)
    assert cards(service) == {}


def test_dates_that_can_be_read_in_two_ways(service, tmp_path) -> None:
    file = list_of(tmp_path, "1,One,Done,,,02/03/2026")
    with pytest.raises(UnclearDates, match="'02/03/2026' can be read in two ways"):
        taken(service, file)
    taken(service, file, IssueMap(format="day-first"))
    assert cards(service)["One"]["finished"] == "2026-03-02T00:00"
    usual = "ID,Work Item Type,Title,State,Closed Date\n1,Bug,One,Closed,1/6/2026 9:00:00 AM\n"
    (tmp_path / "azure.csv").write_text(usual)
    assert read(service, tmp_path / "azure.csv").assumed == "1/6/2026 9:00:00 AM"


def test_every_kind_has_a_file_here(tmp_path) -> None:
    here = {kind for kind, _ in WANTED.values()} | {"kanban-tui"}
    assert here == {kind.name for kind in KINDS}
    empty = ListFile(tmp_path / "x", "")
    assert kind_of(empty, "lines").name == "lines"
    with pytest.raises(UsageProblem, match="There is no kind of list 'excel'"):
        kind_of(empty, "excel")


def test_a_table_of_very_many_columns(service, tmp_path) -> None:
    """Each step is in proportion to the columns; quadratic ones take minutes here."""
    names = [f"c{number}" for number in range(20_000)]
    text = f"ID,Title,{','.join(names)}\n1,One,{','.join('x' * len(names))}\n"
    (tmp_path / "wide.csv").write_text(text)
    source = read_source(tmp_path / "wide.csv")
    found = IssueList(source, kind_of(source), IssueMap(), board_of(service))
    targets = [(name, found.target(name) or "none") for name in found.understood.columns]
    assert targets[:3] == [("ID", "key"), ("Title", "title"), ("c0", "none")]
    (tmp_path / "map.toml").write_text(map_text("table", "", targets, []))
    assert read_issue_map(tmp_path / "map.toml").columns == {
        name.casefold(): target for name, target in targets
    }
