from collections.abc import Callable
from pathlib import Path

import pytest

from mlkanban.cli.session import Session
from mlkanban.core.events import Change
from tests.exchange.maps import THREE_STAGES

FILES = Path(__file__).parent.parent / "exchange" / "files"
LOG = """case,at,state
a,2026-01-01T08:00:00Z,new
a,2026-01-02T08:00:00Z,work
a,2026-01-03T08:00:00Z,done
b,2026-01-02T08:00:00Z,work
"""


@pytest.fixture
def files(tmp_path):
    (tmp_path / "map.toml").write_text(THREE_STAGES.replace('"desk"', '"Desk"'))
    (tmp_path / "log.csv").write_text(LOG)
    return ["import", "events", str(tmp_path / "log.csv"), "--map", str(tmp_path / "map.toml")]


def test_an_import_says_what_came_in(mlk, files) -> None:
    answer = mlk(*files)
    assert (answer.code, answer.out) == (0, "")
    assert "4 rows, 2 cards on desk\n1 finished, 1 open;" in answer.err
    assert "mlkanban --board desk flow cycle-time --window all --as-of 2026-01-03" in answer.err
    assert "Nothing new" in mlk(*files).err
    assert mlk.data("list", "--all")[1]["outcome"] == "shipped"


def test_an_import_says_that_another_board_is_in_use_now(mlk, files) -> None:
    mlk("init", "Fraud", "--timezone", "UTC")
    mlk("add", "one")
    told = "Commands without --board are about the board desk now."
    assert told in mlk(*files).err
    assert {board["key"]: board["in_use"] for board in mlk.data("boards")} == {
        "fraud": False, "desk": True,
    }  # fmt: skip
    assert [line for line in mlk("boards").out.splitlines() if line.startswith("*  desk")]
    assert told not in mlk(*files).err


def test_an_import_in_json(mlk, files) -> None:
    data = mlk.data(*files)
    assert data.pop("new_events") > 0
    assert data == {
        "board": "desk", "rows": 4, "cards": 2, "finished": 1, "undone_events": 0, "left_out": [],
        "columns_left_out": [],
    }  # fmt: skip
    assert mlk.data(*files)["new_events"] == 0


def test_a_longer_log_adds_its_new_rows(mlk, files) -> None:
    mlk(*files)
    refs = [card["id"] for card in mlk.data("list", "--all")]
    Path(files[2]).write_text(LOG + "b,2026-01-04T08:00:00Z,done\nc,2026-01-04T09:00:00Z,new\n")
    # A step of an old card, a new card, and where they came from.
    assert mlk.data(*files)["new_events"] == 3
    cards = mlk.data("list", "--all")
    assert [card["title"] for card in cards] == ["c", "b", "a"]
    assert set(refs) < {card["id"] for card in cards}


def test_a_file_with_only_the_new_rows_goes_on_from_where_each_card_stands(mlk, files) -> None:
    mlk(*files)
    before = {card["title"]: card["id"] for card in mlk.data("list", "--all")}
    mlk("edit", before["b"], "--title", "edited here")
    Path(files[2]).write_text(
        "case,at,state\na,2026-01-05T08:00:00Z,work\nb,2026-01-04T08:00:00Z,done\n"
    )
    assert mlk.data(*files)["new_events"] == 3, "two steps, and where they came from"
    cards = {card["id"]: card for card in mlk.data("list", "--all")}
    assert cards.keys() == set(before.values())
    assert (cards[before["b"]]["title"], cards[before["b"]]["outcome"]) == (
        "edited here",
        "shipped",
    )
    assert (cards[before["a"]]["stage"], cards[before["a"]]["outcome"]) == ("Working", None)
    assert mlk.data(*files)["new_events"] == 0


def test_a_later_import_is_one_step_of_undo(mlk, files) -> None:
    mlk(*files)
    before = mlk.data("list", "--all")
    Path(files[2]).write_text(LOG + "b,2026-01-04T08:00:00Z,done\nc,2026-01-04T09:00:00Z,new\n")
    mlk(*files)
    assert mlk("undo").err.startswith("Undone: the import of ")
    assert mlk.data("list", "--all") == before
    again = mlk(*files)
    assert "2 of its steps were undone and stay so. Do them again: mlkanban --board desk redo" in (
        again.err
    )
    assert mlk("redo").code == 0
    assert [card["title"] for card in mlk.data("list", "--all")] == ["c", "b", "a"]


def test_what_a_person_did_here_is_not_overwritten_by_older_rows(mlk, files) -> None:
    mlk(*files)
    a, b = (next(c["id"] for c in mlk.data("list", "--all") if c["title"] == t) for t in "ab")
    mlk("move", b, "New")
    mlk("archive", a)
    log = Path(files[2])
    log.write_text(LOG + "b,2026-01-04T08:00:00Z,done\na,2029-01-04T08:00:00Z,work\n")
    answer = mlk(*files)
    assert f"Left alone, for what was done here is newer: {b}." in answer.err
    assert f"Left alone, for they were archived or ended here: {a}." in answer.err
    assert [mlk.data("show", ref)["stage"] for ref in (a, b)] == ["Closed", "New"]


def test_rows_older_than_those_of_another_file_are_not_said_to_be_done_here(mlk, files) -> None:
    mlk(*files)
    b = next(c["id"] for c in mlk.data("list", "--all") if c["title"] == "b")
    Path(files[2]).write_text(LOG + "b,2026-01-01T08:00:00Z,new\n")
    answer = mlk(*files)
    assert f"Left alone, older than what is on the board already: {b}." in answer.err
    assert "done here" not in answer.err
    mlk("block", b, "waiting", "--reason", "data")
    assert mlk.data(*files)["left_out"] == [b]


@pytest.mark.parametrize("order", ["newest first", "by case, newest first", "oldest first"])
def test_equal_stamps_follow_the_order_of_the_file(mlk, files, order: str) -> None:
    rows = [
        "a,2026-01-01T08:00,new", "b,2026-01-01T09:00,new",
        "a,2026-01-02T08:00,work", "a,2026-01-02T08:00,done", "b,2026-01-03T08:00,work",
    ]  # fmt: skip
    if order == "newest first":
        rows.reverse()
    elif order == "by case, newest first":
        rows.sort(key=lambda row: row[0])
        rows = [row for case in "ab" for row in reversed([r for r in rows if r[0] == case])]
    Path(files[2]).write_text("\n".join(["case,at,state", *rows, ""]))
    mlk(*files)
    outcomes = {card["title"]: card["outcome"] for card in mlk.data("list", "--all")}
    assert outcomes == {"a": "shipped", "b": None}


def test_a_board_that_is_somebody_elses_is_left_alone(mlk, files) -> None:
    mlk("init", "Desk")
    answer = mlk(*files)
    assert answer.code == 1
    assert "There is a board 'desk' already" in answer.err
    assert mlk.data("list", "--all") == []


@pytest.mark.parametrize(
    ("which", "old", "new"),
    [
        (2, "2026-01-02", "soon"),
        (2, "done", "lost"),
        (2, "case,", "kase,"),
        (2, "case,at,state", "case,state,state"),
        (4, "commit = true", ""),
        (4, "[columns]", "[columns"),
    ],
)
def test_a_bad_file_writes_nothing(mlk, files, home, which, old, new) -> None:
    file = Path(files[which])
    file.write_text(file.read_text().replace(old, new))
    answer = mlk("--json", *files)
    assert answer.code == 5
    assert answer.object["data"]["exit_code"] == 5
    assert str(file) in answer.err
    assert list(Path(home["MLKANBAN_HOME"]).iterdir()) == []


def test_exports(mlk, files, tmp_path) -> None:
    mlk(*files)
    out = tmp_path / "cards.csv"
    answer = mlk("--json", "export", "csv", "--out", str(out))
    assert answer.data == {"file": str(out), "rows": 2}
    assert out.read_text() == mlk("export", "csv").out
    assert mlk("--json", "export", "jsonl").code == 2
    assert len(mlk("export", "jsonl").out.splitlines()) == 9
    assert mlk("export", "csv", "--out", str(tmp_path / "no" / "where.csv")).code == 4


def test_an_import_puts_no_card_into_a_removed_stage(mlk, files) -> None:
    log = Path(files[2])
    log.write_text(LOG.replace("a,2026-01-01T08:00:00Z,new\n", ""))
    mlk(*files)
    assert mlk("stages", "remove", "New").code == 0
    before = mlk.data("list", "--all")
    log.write_text(log.read_text() + "b,2026-01-04T08:00:00Z,done\nc,2026-01-04T09:00:00Z,new\n")
    answer = mlk(*files)
    assert answer.code == 1
    assert "Cards would go to New, which was removed from the board desk." in answer.err
    assert mlk.data("list", "--all") == before


def test_a_card_in_a_removed_stage_is_listed_where_the_stage_was(mlk, files) -> None:
    Path(files[2]).write_text(LOG + "c,2026-01-04T09:00:00Z,new\n")
    mlk(*files)
    with Session().service(write=True) as service:
        board = service.boards.find("desk")
        with service._context.writing() as tx:
            tx.write(
                Change("stage.removed", board.id, stage=board.stages[0].id, set={"deleted": True})
            )
    assert {card["stage"] for card in mlk.data("list", "--all")} == {"Working", "Closed"}
    assert mlk("list", "--all").code == 0
    assert ",c,Working," in mlk("export", "csv").out


@pytest.mark.parametrize("year", ["0001", "1969", "2201", "9999"])
def test_an_instant_far_from_any_work_is_refused(mlk, files, year) -> None:
    Path(files[2]).write_text(LOG.replace("2026-01-03T", f"{year}-06-03T"))
    answer = mlk(*files)
    assert answer.code == 5
    assert f"line 4: '{year}-06-03T08:00:00Z' does not lie between 1970 and 2200." in answer.err
    assert mlk("boards").code == 3


def test_undoing_a_first_import_takes_its_board_away_too(mlk, files) -> None:
    for name in ("Fraud", "Churn"):
        mlk("init", name, "--timezone", "UTC")
    mlk("add", "one")
    mlk(*files)
    before = mlk.data("list", "--all")
    answer = mlk("undo")
    assert answer.err == (
        "Undone: the import of 2 cards, and the board desk that it made."
        " Do it again: mlkanban --board desk redo\n"
        "Commands without --board are about the board churn now.\n"
    )
    assert [board["key"] for board in mlk.data("boards")] == ["fraud", "churn"]
    assert mlk("--board", "desk", "list").code == 3
    taken = mlk("init", "Desk")
    assert (taken.code, "or do the import again: mlkanban --board desk redo" in taken.err) == (
        1,
        True,
    )
    assert "Do them again: mlkanban --board desk redo" in mlk(*files).err
    assert mlk("--board", "desk", "redo").err.startswith("Done again: the import of 2 cards on ")
    assert mlk.data("list", "--all") == before
    assert mlk("undo").code == 0
    assert mlk("redo").code == 0, "the board that was worked on last"
    assert mlk.data("list", "--all") == before
    assert "BAD" not in mlk("doctor", "--deep").out


def test_what_was_done_on_the_board_since_is_undone_first(mlk, files) -> None:
    mlk(*files)
    mlk("add", "one")
    mlk("init", "Fraud")
    mlk("--board", "desk", "undo")
    assert [card["title"] for card in mlk.data("--board", "desk", "list", "--all")] == ["b", "a"]
    assert mlk("--board", "desk", "undo").code == 0
    assert [board["key"] for board in mlk.data("boards")] == ["fraud"]


def test_a_board_on_which_others_worked_stays_with_its_import(mlk, files, monkeypatch) -> None:
    mlk(*files)
    with monkeypatch.context() as patch:
        patch.setattr("getpass.getuser", lambda: "bob")
        mlk("add", "one")
    answer = mlk("undo")
    assert answer.code == 1
    assert (
        "The import that made the board desk stays: others have worked there since." in answer.err
    )


FILES = Path(__file__).parent.parent / "exchange" / "files"
DAYS_MAP = FILES / "actionable-agile.toml"
DAYS = "ID,Title,To Do,In Progress,Done\n1,One,02/03/2026,05/03/2026,06/03/2026\n"


def test_dates_that_can_be_read_in_two_ways_need_a_word(mlk, tmp_path) -> None:
    (tmp_path / "cards.csv").write_text(DAYS)
    command = "import", "events", str(tmp_path / "cards.csv"), "--map", str(DAYS_MAP)
    refused = mlk(*command)
    assert refused.code == 5
    assert "'02/03/2026' can be read in two ways" in refused.err
    assert "--format day-first or month-first" in refused.err
    assert mlk("boards").code == 3, "nothing was written"
    kept = str(tmp_path / "kept.toml")
    assert mlk(*command, "--format", "day-first", "--write-map", kept).code == 0
    assert mlk.data("list", "--all")[0]["finished"].startswith("2026-03-06")
    assert mlk.data(*command[:-1], kept)["new_events"] == 0
    assert mlk(*command, "--format", "tomorrow").code == 2


def test_a_state_that_the_tracker_gained_is_given_its_stage(mlk, files) -> None:
    mlk(*files)
    Path(files[2]).write_text(LOG + "b,2026-01-04T08:00:00Z,in review\n")
    refused = mlk(*files)
    assert refused.code == 5
    assert "'in review' (line 6)" in refused.err
    assert "--state STATE=STAGE" in refused.err
    assert mlk(*files, "--state", "in review").code == 2
    assert mlk(*files, "--state", "in review=nowhere").code == 2
    data = mlk.data(*files, "--state", "in review=closed")
    assert data["new_events"] == 2, "a step, and where it came from"
    assert mlk.data("list", "--all")[0]["stage"] == "Closed"


def test_what_is_piped_in(mlk, files) -> None:
    assert mlk("import", "events", "-", *files[3:], stdin=LOG).code == 0
    assert len(mlk.data("list", "--all")) == 2
    assert "standard input, line 2" in mlk(
        "import", "events", "-", *files[3:], stdin="case,at,state\na,b\n"
    ).err  # fmt: skip


def test_a_month_of_weekly_files_is_the_file_of_the_month(mlk, tmp_path, monkeypatch) -> None:
    """Five files, each with the rows of a week, newest first; in between a person works on."""
    head = "Key,Summary,When,Field,From,To\n"
    way = ("new", "work", "done", "work", "done")
    rows = sorted(
        (f"2026-03-{1 + card + step * (1 + card % 5):02}T{8 + step:02}:{card:02}:00Z", card, step)
        for card in range(12)
        for step in range(3 if card % 3 else 5)
        if 1 + card + step * (1 + card % 5) <= 31
    )
    lines = [
        f"K-{card},Card {card},{at},status,{way[step - 1] if step else ''},{way[step]}\n"
        for at, card, step in rows
    ]
    (tmp_path / "map.toml").write_text(
        THREE_STAGES.replace('"case"', '"Key"').replace('"at"', '"When"').replace(
            '"state"', '"To"\ntitle = "Summary"'
        ).replace("[columns]", 'where = {Field = "status"}\n[columns]')
    )  # fmt: skip

    def bring(name: str, some: list[str]) -> None:
        (tmp_path / name).write_text(head + "".join(reversed(some)))
        answer = mlk("import", "events", str(tmp_path / name), "--map", str(tmp_path / "map.toml"))
        assert answer.code == 0, answer.err

    def numbers(*more: str) -> dict:
        data = mlk.data("flow", "cycle-time", "--window", "all", "--as-of", "2026-04-01", *more)
        return {key: value for key, value in data.items() if key != "only"}

    def steps() -> dict[str, list[str]]:
        return {
            card["title"].removeprefix("edited: "): [
                event["at"] for event in mlk.data("history", card["id"])
                if event["kind"] in ("card.created", "card.moved", "card.reopened")
            ]
            for card in mlk.data("list", "--all")
        }  # fmt: skip

    refs: dict[str, str] = {}
    for week in range(5):
        first, last = f"2026-03-{week * 7 + 1:02}", f"2026-03-{week * 7 + 8:02}"
        bring(f"{week}.csv", [line for line in lines if first <= line.split(",")[2] < last])
        cards = mlk.data("list", "--all")
        now = {card["title"].removeprefix("edited: "): card["id"] for card in cards}
        assert refs.items() <= now.items(), "nothing is renumbered"
        refs = now
        title, ref = sorted(refs.items())[week]
        mlk("edit", ref, "--title", f"edited: {title}", "--tag", f"week{week}")
        mlk("note", ref, f"seen in week {week}")
    by_weeks, steps_by_weeks = numbers(), steps()
    edited = [card for card in mlk.data("list", "--all") if card["title"].startswith("edited: ")]
    assert sorted(tag for card in edited for tag in card["tags"]) == [f"week{n}" for n in range(5)]
    bring("month.csv", lines)
    assert (numbers(), steps()) == (by_weeks, steps_by_weeks), "nothing comes twice"

    monkeypatch.setenv("MLKANBAN_HOME", str(tmp_path / "other"))
    bring("month.csv", lines)
    assert steps() == steps_by_weeks
    assert numbers() == by_weeks
    assert by_weeks["n"] > 5


def test_a_date_column_that_the_map_does_not_have_is_named(mlk, files) -> None:
    log, map = Path(files[2]), Path(files[4])
    map.write_text(
        'board = "desk"\n[columns]\ncard = "ID"\ntitle = "Name"\n'
        '[[stage]]\nname = "Working"\ncolumn = "In Progress"\ncommit = true\n'
        '[[stage]]\nname = "Closed"\ncolumn = "Done"\ndone = true\n'
    )
    log.write_text(
        "ID,Name,In Progress,Verified,Done,Points,Sprint,Blocked\n"
        "ML-1,One,2026-01-02,2026-01-03,2026-01-04,3,2026-01-01 to 01-14,\n"
        "ML-2,Two,2026-01-05,,,5,,\n"
    )
    answer = mlk(*files)
    assert answer.code == 0
    assert "Left out: dates in the columns Verified, which no stage of the map names." in answer.err
    assert mlk.data(*files)["columns_left_out"] == ["Verified"]
    [card] = mlk.data("list", "--all", "-q", "key:ml-2")
    assert mlk.data("show", card["id"])["title"] == "Two", "the case is the key of its card"


def newest_first(text: str) -> str:
    head, *rows = text.splitlines(keepends=True)
    return head + "".join(reversed(rows))


LAYOUTS: dict[str, tuple[str, Callable[[str], str], str]] = {
    "a change log of all fields": ("jira-changelog.csv", str, "utf-8"),
    "a change log, newest first": ("jira-changelog.csv", newest_first, "utf-8"),
    "a date for each stage": ("actionable-agile.csv", str, "utf-8"),
    "semicolons, with a mark": (
        "actionable-agile.csv", lambda text: text.replace(",", ";"), "utf-8-sig",
    ),
    "tabs in UTF-16": ("actionable-agile.csv", lambda text: text.replace(",", "\t"), "utf-16"),
    "the JSON of Jira": ("jira-rest.json", str, "utf-8"),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_history_of_each_layout_comes_in_and_is_one_undo(mlk, tmp_path, layout) -> None:
    name, change, encoding = LAYOUTS[layout]
    map = FILES / Path(name).with_suffix(".toml")
    (tmp_path / name).write_bytes(change((FILES / name).read_text()).encode(encoding))
    brought = "import", "events", str(tmp_path / name), "--map", str(map)
    data = mlk.data(*brought)
    first = next(card for card in mlk.data("list", "--all") if card["key"] == "FRD-1")
    assert (first["outcome"], first["started"][:10], first["finished"][:10]) == (
        "shipped", "2026-01-15", "2026-01-19",
    )  # fmt: skip
    assert data["cards"] == len(mlk.data("list", "--all"))
    assert mlk.data(*brought)["new_events"] == 0
    before = mlk.data("list", "--all")
    assert mlk("undo").code == 0
    assert mlk.data("boards") == []
    assert mlk("--board", data["board"], "redo").code == 0
    assert mlk.data("list", "--all") == before
