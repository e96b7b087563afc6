import sqlite3
from pathlib import Path

import pytest

from mlkanban.core.events import Change
from mlkanban.store import database, log
from tests.ids import fixed_id
from tests.service.people import Person


def all_events(person: Person) -> list[tuple]:
    conn = person.service._context.store.conn
    return conn.execute("SELECT * FROM event ORDER BY seq").fetchall()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET actor = 'eve'",
        "UPDATE event SET data = data WHERE seq = 1",
        "DELETE FROM event WHERE seq = 2",
        "DELETE FROM event",
    ],
)
def test_events_are_never_changed_or_deleted(ada: Person, statement: str) -> None:
    before = all_events(ada)
    with pytest.raises(sqlite3.IntegrityError, match="events are never"):
        ada.service._context.store.conn.execute(statement)
    assert all_events(ada) == before


def test_the_log_of_one_store_is_dense_ordered_and_chained(ada: Person) -> None:
    ada.adds("c", "d")
    ada.undoes()
    conn = ada.service._context.store.conn
    rows = conn.execute("SELECT rseq, hlc, at FROM event ORDER BY seq").fetchall()
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    assert [row[1:] for row in rows] == sorted(row[1:] for row in rows)
    assert len({row[1] for row in rows}) == len(rows)
    assert log.broken_link(conn) == ""


@pytest.mark.parametrize(
    "tampering",
    [
        f"UPDATE event SET {column} = {value} WHERE seq = 10"
        for column, value in {
            "data": "replace(data, 'a', 'b')", "at": "'2020-01-01T00:00:00.000000Z'",
            "actor": "'eve'", "host": "'elsewhere'", "board": "'x'", "card": "'x'",
            "kind": "'card.noted'", "action": "'x'", "undoes": "'x'", "hlc": "'0'", "id": "'x'",
            "version": "2", "hash": "'0'", "replica": "'x'",
        }.items()
    ]
    + ["DELETE FROM event WHERE seq = 9"],
)  # fmt: skip
def test_tampering_breaks_the_chain(path: Path, tampering: str) -> None:
    conn = sqlite3.connect(path)
    assert log.broken_link(conn) == ""
    (wanted,) = conn.execute("SELECT id FROM event WHERE seq = 10").fetchone()
    conn.execute("DROP TRIGGER event_is_never_changed")
    conn.execute("DROP TRIGGER event_is_never_deleted")
    conn.execute(tampering)
    conn.commit()
    assert conn.total_changes == 1
    found = log.broken_link(conn)
    if "replica" in tampering:
        assert found, "the gap it leaves is found first"
    else:
        assert found == ("x" if "SET id" in tampering else wanted)
    conn.close()


def test_an_event_with_a_known_id_is_written_once(ada: Person) -> None:
    changes = [
        Change(
            "card.created", ada.board_id, card=fixed_id("card-1"), event_id=fixed_id("import-2"),
            at="2025-01-01T00:00:00.000000Z",
            set={"title": "old", "place": [ada.stage("Ideas").id, "a0V"], "deleted": False},
        ),
        Change(
            "card.moved", ada.board_id, card=fixed_id("card-1"), event_id=fixed_id("import-3"),
            at="2025-01-02T00:00:00.000000Z", set={"place": [ada.stage("Features").id, "a0V"]},
        ),
        Change("import.noted", ada.board_id, note="old.csv", event_id=fixed_id("import-1")),
    ]  # fmt: skip
    assert ada.history.bring_in(changes).new == 3
    state, events = ada.state(), all_events(ada)
    assert ada.history.bring_in(changes).new == 0
    assert ada.history.bring_in([*changes, *changes]).new == 0
    assert (ada.state(), all_events(ada)) == (state, events)
    card = next(f for f in ada.boards.snapshot(ada.board_id).faces if f.title == "old")
    assert card.started_at == "2025-01-02T00:00:00.000000Z"
    assert ada.cards.get(card.ref).created_at.year == 2025


def test_the_same_id_twice_in_one_import_counts_once(ada: Person) -> None:
    change = Change("card.noted", ada.board_id, note="x", event_id=fixed_id("import-1"))
    assert ada.history.bring_in([change, change]).new == 1


def test_a_write_that_is_tried_again_happens_once(ada: Person) -> None:
    change = Change("import.noted", ada.board_id, note="x", event_id=fixed_id("tried-twice"))
    written = []
    for _ in range(2):
        with ada.service._context.writing() as tx:
            written.append(tx.write(change))
    assert [event is None for event in written] == [False, True]
    assert [row[1] for row in all_events(ada)].count(fixed_id("tried-twice")) == 1


def test_the_events_of_one_action_belong_together(ada: Person) -> None:
    ada.cards.edit(["", *ada.order("Ideas")][1:], {"priority": "high"})
    conn = ada.service._context.store.conn
    rows = conn.execute("SELECT action FROM event ORDER BY seq DESC LIMIT 3").fetchall()
    assert rows[0] == rows[1] != rows[2]


def test_what_is_written_is_there_in_the_next_process(path: Path, ada: Person) -> None:
    store = database.open_for_reading(path)
    assert store.conn.execute("SELECT title FROM card ORDER BY ref").fetchall() == [("a",), ("b",)]
    assert log.broken_link(store.conn) == ""
    store.close()
