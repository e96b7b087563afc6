import csv
import io
import json
from contextlib import closing
from datetime import UTC, datetime

import pytest

from mlkanban.core.board import BlockReason
from mlkanban.core.card_fields import FIELDS
from mlkanban.core.triage_session import TriageSession
from mlkanban.exchange.export import (
    card_columns,
    guarded,
    write_csv,
    write_jsonl,
)
from mlkanban.service import Service


@pytest.fixture
def service(tmp_path):
    made = Service.open(tmp_path, actor="mira", clock=lambda: datetime(2026, 2, 1, tzinfo=UTC))
    yield made
    made.close()


def test_a_row_per_card(service) -> None:
    board = service.boards.create("x", "ml", "UTC")
    ref = (
        service.cards.add(board.id, "=cmd|' /C calc'!A1", fields={"tags": ["b", "a"]}).cards[0].ref
    )
    service.cards.add(board.id, 'quoted "x", y\x1b')
    service.cards.archive([ref])
    file = io.StringIO()
    assert write_csv(service, board, file) == 2
    rows = list(csv.DictReader(io.StringIO(file.getvalue())))
    assert tuple(rows[0])[: -len(board.stages)] == card_columns()
    names = {column.partition("_")[0] for column in rows[0]} | set(rows[0])
    assert {field.name for field in FIELDS} <= names
    assert rows[0]["title"] == "'=cmd|' /C calc'!A1"
    assert (rows[0]["tags"], rows[0]["archived"], rows[0]["stage"]) == ("a b", "yes", "Ideas")
    assert rows[1]["title"] == 'quoted "x", y\ufffd'
    assert rows[0]["created"] == "2026-02-01T00:00:00.000000Z"


def test_a_row_has_every_field_numbers_as_numbers_and_days(tmp_path) -> None:
    now = datetime(2026, 2, 1, 23, 30, tzinfo=UTC)
    with closing(Service.open(tmp_path / "b", actor="mira", clock=lambda: now)) as later:
        board = later.boards.create("z", "ml", "Asia/Tokyo")
        fields = {
            "metric": {"name": "loss", "direction": "<=", "target": 0.1, "value": -0.5},
            "hypothesis": "smaller,\nfaster", "due": "2026-03-01", "links": ["a b", "https://x"],
        }  # fmt: skip
        ref = later.cards.add(board.id, "a", fields=fields).cards[0].ref
        later.cards.block([ref], BlockReason.BUG, note="why; not")
        file, excel = io.StringIO(), io.StringIO()
        write_csv(later, board, file)
        write_csv(later, board, excel, excel=True)
    [row] = csv.DictReader(io.StringIO(file.getvalue()))
    assert (row["metric_name"], row["metric_direction"]) == ("loss", "<=")
    assert (row["metric_value"], row["metric_target"]) == ("-0.5", "0.1")
    assert (row["hypothesis"], row["due"]) == ("smaller,\nfaster", "2026-03-01")
    assert (row["links"], row["blocked"], row["blocked_note"]) == (
        "a b | https://x", "bug", "why; not",
    )  # fmt: skip
    assert row["created"] == "2026-02-01T23:30:00.000000Z"
    assert (row["day Ideas"], row["day Ready"]) == ("2026-02-02", "")
    assert excel.getvalue().startswith("\ufeffid,")
    [row] = csv.DictReader(io.StringIO(excel.getvalue()))
    assert row["created"] == "2026-02-02 08:30:00"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(start) -> None:
    assert guarded(f"{start}1").startswith("'")
    assert guarded("1" + start)[0] == "1"
    assert guarded("") == ""


def test_the_whole_log_in_order(service) -> None:
    board = service.boards.create("x", "plain", "UTC")
    other = service.boards.create("y", "plain", "UTC")
    ref = service.cards.add(board.id, "a\x1b").cards[0].ref
    service.cards.add(other.id, "b")
    service.cards.note([ref], "one\ntwo")
    file = io.StringIO()
    count = write_jsonl(service, board, file)
    lines = file.getvalue().splitlines()
    assert len(lines) == count == 6
    events = [json.loads(line) for line in lines]
    assert [event["kind"] for event in events] == [
        "board.created", *["stage.added"] * 3, "card.created", "card.noted"
    ]  # fmt: skip
    assert events[-1]["data"]["note"] == "one\ntwo"
    assert {event["board"] for event in events} == {board.id}


def test_a_session_of_triage_is_an_event_and_no_row(service) -> None:
    board = service.boards.create("x", "plain", "UTC")
    service.cards.add(board.id, "a")
    at = datetime(2026, 2, 1, tzinfo=UTC)
    service.triage.end(board.id, TriageSession("all", at, 60, 2, {"accepted": 1}, 0, 0, 0, ("m1",)))
    rows, lines = io.StringIO(), io.StringIO()
    assert write_csv(service, board, rows) == 1
    write_jsonl(service, board, lines)
    last = json.loads(lines.getvalue().splitlines()[-1])
    assert (last["kind"], last["card"]) == ("triage.ended", "")
    assert last["data"]["set"]["triage"]["left"] == ["m1"]
