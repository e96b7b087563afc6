import csv
import io
import json
from datetime import UTC, datetime

import pytest

from mlkanban.core.triage_session import TriageSession
from mlkanban.exchange.export import COLUMNS, guarded, write_csv, write_jsonl
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
    assert tuple(rows[0]) == COLUMNS
    assert rows[0]["title"] == "'=cmd|' /C calc'!A1"
    assert (rows[0]["tags"], rows[0]["archived"], rows[0]["stage"]) == ("a b", "yes", "Ideas")
    assert rows[1]["title"] == 'quoted "x", y\ufffd'
    assert rows[0]["created"] == "2026-02-01T00:00:00.000000Z"


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
