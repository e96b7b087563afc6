import itertools
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.errors import BadInput
from mlkanban.exchange.event_log import read_log
from mlkanban.exchange.event_map import read_map
from mlkanban.service import Service

MAP = """
board = "desk"
timezone = "Europe/Rome"
[columns]
card = "case"
timestamp = "at"
state = "state"
[[stage]]
name = "New"
states = ["new"]
[[stage]]
name = "Working"
states = ["work", "wait"]
commit = true
[[stage]]
name = "Closed"
states = ["done"]
done = true
[[stage]]
name = "Shelf"
states = ["shelf"]
"""
HEADER = "case,at,state\n"
ROWS = [
    "a,2026-01-01T08:00:00Z,new",
    "b,2026-01-01T07:00:00Z,work",
    "a,2026-01-02T08:00:00Z,work",
    "a,2026-01-02T08:00:00Z,wait",
    "a,2026-01-03T08:00:00Z,done",
    "b,2026-01-03T08:00:00Z,done",
    "b,2026-01-03T08:00:00Z,shelf",
    "a,2026-01-04T08:00:00Z,wait",
    "a,2026-01-05T08:00:00Z,done",
    "c,2026-01-05T08:00:00Z,done",
]
COUNTER = itertools.count()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("log")


def log_of(folder: Path, rows: list[str], header: str = HEADER, map_text: str = MAP):
    name = f"{next(COUNTER)}"
    (folder / f"{name}.toml").write_text(map_text)
    (folder / f"{name}.csv").write_text(header + "".join(f"{row}\n" for row in rows))
    return read_log(folder / f"{name}.csv", read_map(folder / f"{name}.toml"))


@pytest.fixture
def service(tmp_path):
    made = Service.open(tmp_path, actor="mira", clock=lambda: datetime(2026, 2, 1, 12, tzinfo=UTC))
    yield made
    made.close()


def test_the_steps_of_a_case(folder) -> None:
    changes = [c for c in log_of(folder, ROWS).changes() if c.card]
    first = changes[1].card
    steps = [(c.kind, c.at[:10], c.set.get("outcome", "-")) for c in changes if c.card == first]
    assert steps == [
        ("card.created", "2026-01-01", "-"),
        ("card.moved", "2026-01-02", "-"),
        ("card.moved", "2026-01-03", "shipped"),
        ("card.reopened", "2026-01-04", None),
        ("card.moved", "2026-01-05", "shipped"),
    ]
    [only] = [c for c in changes if c.set.get("title") == "c"]
    assert (only.kind, only.set["outcome"]) == ("card.created", "shipped")
    ids = [c.event_id for c in log_of(folder, ROWS).changes()]
    assert len(set(ids)) == len(ids)


def test_a_log_on_a_board(folder, service) -> None:
    log = log_of(folder, ROWS)
    assert (log.cases, log.finished, str(log.last_day)) == (3, 3, "2026-01-05")
    new = service.history.bring_in(log.changes()).new
    board = service.boards.find("desk")
    assert (board.first_committed, board.first_delivered) == (1, 2)
    faces = {face.title: face for face in service.boards.snapshot(board.id).faces}
    assert sorted(face.ref[-1] for face in faces.values()) == ["1", "2", "3"]
    assert board.stage(faces["b"].stage).name == "Shelf"
    assert faces["a"].started_at.startswith("2026-01-02")
    assert faces["a"].finished_at.startswith("2026-01-05")
    assert {face.outcome for face in faces.values()} == {"shipped"}
    entry = service.history.of_board(board.id, 1)[0].event
    assert entry.kind == "import.noted"
    assert "10 rows, 3 cases" in entry.data["note"]
    assert new == len(list(log.changes()))
    assert service.history.bring_in(log.changes()).new == 0
    # The board goes on as any other: more stages, more cards.
    assert service.boards.add_stage(board.id, "Review", after=board.stages[1].id)
    assert service.cards.add(board.id, "d").cards[0].ref.endswith("4")


def test_an_undo_takes_an_import_back_and_a_redo_brings_all_of_it_again(folder, service) -> None:
    service.history.bring_in(log_of(folder, ROWS).changes())
    board = service.boards.find("desk")
    before = service.boards.snapshot(board.id)
    for _ in range(2):
        service.undoing.undo(board.id)
        assert service.boards.all() == []
        service.undoing.redo(board.id)
        again = service.boards.snapshot(board.id)
        assert again.board == before.board
        assert [face._replace(version=0) for face in again.faces] == [
            face._replace(version=0) for face in before.faces
        ]


@given(cut=st.integers(0, len(ROWS) - 1))
def test_a_longer_version_adds_only_what_is_new(folder, tmp_path_factory, cut) -> None:
    rows = sorted(ROWS, key=lambda row: row.split(",")[1])
    home = tmp_path_factory.mktemp("store")
    service = Service.open(home, actor="mira", clock=lambda: datetime(2026, 2, 1, tzinfo=UTC))
    whole = log_of(folder, rows)
    if cut:
        service.history.bring_in(log_of(folder, rows[:cut]).changes())
    service.history.bring_in(whole.changes())
    assert service.history.bring_in(whole.changes()).new == 0
    board = service.boards.find("desk")
    kept = [(e.card, e.at, e.kind) for e in [*service.exports.events(board.id)] if e.card]
    assert sorted(kept) == sorted((c.card, c.at, c.kind) for c in whole.changes() if c.card)
    service.close()


def test_other_stages_make_another_board(folder) -> None:
    one = log_of(folder, ROWS)
    assert one.board_id == log_of(folder, ROWS[:3]).board_id
    renamed = log_of(folder, ROWS, map_text=MAP.replace('"Shelf"', '"Attic"'))
    assert renamed.board_id != one.board_id


def test_timestamps_and_titles(folder) -> None:
    rows = [
        "a,2026-07-01T08:00:00,new,First line",
        "a,2026-07-01T08:00:00+05:30,work,Other",
        'b,2026-07-01 09:00,new,"two, ""quoted"""',
        "",
    ]
    map_text = MAP.replace('state = "state"', 'state = "state"\ntitle = "summary"')
    log = log_of(folder, rows, "case,at,state,summary\n", map_text)
    assert [(row.case, row.at[11:16], row.title) for row in log.rows] == [
        ("a", "02:30", "Other"),
        ("a", "06:00", "First line"),
        ("b", "07:00", 'two, "quoted"'),
    ]


@pytest.mark.parametrize(
    ("rows", "header", "said"),
    [
        (["a,yesterday,new"], HEADER, "line 2: 'yesterday' is no date that can be read"),
        (["a,2026-01-01T08:00:00Z"], HEADER, "line 2: has 2 fields, the first line 3"),
        ([",2026-01-01T08:00:00Z,new"], HEADER, "line 2: the column 'case' is empty"),
        (["a,0001-01-01T00:00:00,new"], HEADER, "line 2: '0001-01-01T00:00:00' does not lie"),
        ([], HEADER, "holds no rows"),
        ([], "", "line 1: there is no column 'case'. The columns are: none"),
        (ROWS, "case,when,state\n", "no column 'at'. The columns are: case, when, state"),
        (['a,"2026-01-01T08:00:00Z"x,new'], HEADER, "line 2: is not CSV"),
        (['a,"2026'], HEADER, "is not CSV"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(folder, rows, header, said) -> None:
    with pytest.raises(BadInput) as caught:
        log_of(folder, rows, header)
    assert said in str(caught.value)
    assert "Nothing was written." in str(caught.value)


def test_all_unknown_states_are_listed(folder) -> None:
    rows = [*ROWS, "a,2026-01-06T08:00:00Z,lost\x1b[31m", "a,2026-01-06T08:00:00Z,found"] * 2
    with pytest.raises(BadInput) as caught:
        log_of(folder, rows)
    assert "'found' (line 13)" in str(caught.value)
    assert "(line 12)" in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_a_title_has_at_most_500_characters(folder) -> None:
    map_text = MAP.replace('state = "state"', 'state = "state"\ntitle = "summary"')
    header, row = "case,at,state,summary\n", "a,2026-01-01T08:00:00Z,new,"
    assert log_of(folder, [row + "x" * 500], header, map_text).rows
    with pytest.raises(BadInput, match=r"line 3.*The title has 501 characters; 500 is the most"):
        log_of(folder, [row + "x", row + "x" * 501], header, map_text)


def test_a_long_log_that_is_written_out_in_parts(folder, tmp_path, monkeypatch) -> None:
    boards = []
    for held in (2, 20_000):
        monkeypatch.setattr("mlkanban.service.history.HELD", held)
        made = Service.open(
            tmp_path / str(held), actor="mira", clock=lambda: datetime(2026, 2, 1, 12, tzinfo=UTC)
        )
        made.history.bring_in(log_of(folder, ROWS).changes())
        faces = made.boards.snapshot(made.boards.find("desk").id).faces
        boards.append([(f.title, f.stage, f.outcome, f.started_at, f.finished_at) for f in faces])
        made.close()
    assert boards[0] == boards[1]
    assert len(boards[0]) == 3
