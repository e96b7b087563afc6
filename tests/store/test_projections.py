"""The tables that are read are what the log amounts to, whatever was done."""

import json
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.events import fold, undone
from mlkanban.core.models import BlockReason, Outcome
from mlkanban.errors import MlkanbanError
from mlkanban.store import log, migrations
from mlkanban.store.rows import entity_from
from tests.service.people import Person


def tables(person: Person) -> dict[str, list[Any]]:
    """All projections, row by row; of two texts of one state the order of the names is free."""
    conn = person.service._desk.store.conn
    found = {
        table: sorted(conn.execute(f"SELECT * FROM {table}").fetchall(), key=repr)
        for table in migrations.PROJECTION_TABLES
    }
    found["entity"] = [(i, b, entity_from(state)) for i, b, state in found["entity"]]
    return found


def rebuilt(person: Person) -> dict[str, list[Any]]:
    store = person.service._desk.store
    with store.writing() as conn:
        migrations.recreate_projections(store.db)
        log.rebuild(conn)
    return tables(person)


def assert_log_and_tables_agree(person: Person) -> None:
    conn = person.service._desk.store.conn
    held = tables(person)
    rows = conn.execute(f"SELECT {log.COLUMNS} FROM event ORDER BY seq").fetchall()
    events = [log.event_of(row) for row in rows]
    assert {entity: state for entity, _, state in held["entity"]} == fold(events)
    assert {row[0] for row in held["undone"]} == undone(events)
    assert log.broken_link(conn) == ""
    assert rebuilt(person) == held


def do(person: Person, data: st.DataObject) -> None:
    """One action of the many, on whatever is there; many are refused, as they are for people."""
    pick: Callable[..., Any] = data.draw
    faces = person.boards.snapshot(person.board_id).faces
    refs = [face.ref for face in faces] or ["none"]
    ref, other = pick(st.sampled_from(refs)), pick(st.sampled_from(refs))
    stage = pick(st.sampled_from(person.board.stages))
    number = pick(st.integers(0, 5))
    override = pick(st.sampled_from(["", "because"]))
    board = person.board_id
    actions = {
        "add": lambda: person.cards.add(
            board, "x", stage_id=stage.id, override=override, fields={"tags": ["t"]}
        ),
        "move": lambda: person.cards.move([ref, other], stage.id, override=override),
        "move ahead": lambda: person.cards.move([ref], stage.id, before=other),
        "swap": lambda: person.cards.swap(ref, other),
        "reorder": lambda: person.cards.reorder(ref, other),
        "edit": lambda: person.cards.edit(
            [ref],
            {"title": f"t{number}", "work": "unattended" if number > 2 else None},
            add={"tags": [f"t{number}"]},
            remove={"tags": ["t"]},
        ),
        "note": lambda: person.cards.note([ref], "n"),
        "block": lambda: person.cards.block([ref], BlockReason.BUG),
        "unblock": lambda: person.cards.unblock([ref]),
        "finish": lambda: person.cards.finish([ref], list(Outcome)[number % 5]),
        "archive": lambda: person.cards.archive([ref]),
        "restore": lambda: person.cards.restore([ref]),
        "undo": lambda: person.undoes(),
        "redo": lambda: person.redoes(),
        "edit the board": lambda: person.boards.edit(board, {"conwip": number + 2}),
        "add a stage": lambda: person.boards.add_stage(board, f"S{number}", after=stage.id),
        "edit a stage": lambda: person.boards.edit_stage(
            board, stage.id, {"limit": number, "committed": number > 2}
        ),
        "move a stage": lambda: person.boards.move_stage(board, stage.id, number),
        "remove a stage": lambda: person.boards.remove_stage(board, stage.id),
        "set the clock back": lambda: person.clock.__setattr__(
            "now", person.clock.now - timedelta(minutes=number)
        ),
    }
    # Undo is where the two could part: it comes up often.
    names = [*actions, "undo", "undo", "redo", "redo", "add", "move"]
    with suppress(MlkanbanError):
        actions[pick(st.sampled_from(names), label="action")]()


@given(st.data())
def test_after_any_actions_the_tables_are_what_the_log_amounts_to(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ada = Person(Path(folder) / "data")
        ada.starts("crisp-dm", "Older")
        ada.starts(data.draw(st.sampled_from(["ml", "plain"])))
        bob = Person(Path(folder) / "data", "bob", ada.clock)
        bob.board_id = ada.board_id
        ada.adds("a", "b")
        for _ in range(data.draw(st.integers(5, 25), label="steps")):
            do(data.draw(st.sampled_from([ada, bob])), data)
        assert_log_and_tables_agree(ada)
        ada.service.close()
        bob.service.close()


def test_a_board_is_as_old_after_a_rebuild_as_before(ada: Person) -> None:
    ada.starts("plain", "Second")
    first = ada.boards.all()[0].id
    ada.boards.edit(first, {"name": "Renamed last"})
    before = tables(ada)
    assert rebuilt(ada) == before
    assert ada.boards.all()[0].id == first


def test_what_is_kept_of_an_entity_is_valid_json(ada: Person) -> None:
    conn = ada.service._desk.store.conn

    def never(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    ada.adds("m", metric={"name": "auc", "target": 0.5, "value": float("1e300")})
    for (text,) in conn.execute("SELECT data FROM event UNION ALL SELECT state FROM entity"):
        json.loads(text, parse_constant=never)
