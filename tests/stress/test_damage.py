"""Damaged files: each gets its sentence and its exit code, and is left as it is."""

import json
import os
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from mlkanban.service import Service
from tests.stress.checks import assert_whole
from tests.stress.cutting import cards_of
from tests.stress.disks import told
from tests.stress.faults import Tell
from tests.stress.sizes import size
from tests.stress.worker import opened

pytestmark = pytest.mark.slow

FLIPS = size(60, 600)


@pytest.fixture
def store(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The store of the person who types the commands, closed: 20 cards, one of them moved."""
    monkeypatch.setenv("MLKANBAN_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))
    board = service.boards.find()
    service.history.bring_in(cards_of(board.id, board.stages[0].id, "card", 20))
    [card] = service.cards.add(board.id, "moved").cards
    service.cards.move([card.ref], board.stages[1].id)
    service.close()
    return service.path


def cut(path: Path, size: int) -> None:
    os.truncate(path, size)


def sql(path: Path, statement: str) -> None:
    conn = sqlite3.connect(path)
    conn.execute(statement)
    conn.commit()
    conn.close()


def foreign(path: Path) -> None:
    path.unlink()
    sql(path, "CREATE TABLE event (x)")


STATES: dict[str, tuple[Callable[[Path], object], str]] = {
    "0 bytes": (lambda path: cut(path, 0), "is empty (0 bytes)"),
    "garbage": (lambda path: path.write_bytes(b"garbage " * 4096), "is not a database"),
    "cut in half": (lambda path: cut(path, path.stat().st_size // 2), "image is malformed"),
    "cut in its header": (lambda path: cut(path, 50), "image is malformed"),
    "a database of another program": (foreign, "is a database of another program"),
    "another application_id": (
        lambda path: sql(path, "PRAGMA application_id=7"),
        "another program",
    ),
}
COMMANDS = (
    ("list",), ("add", "x"), ("move", "x1", "Ready"), ("undo",), ("flow", "wip"), ("backup",),
    ("export", "csv"), ("boards",), ("init", "Another"),
)  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_every_command_refuses_a_damaged_store_and_leaves_it(
    store: Path, tell: Tell, state: str
) -> None:
    spoil, words = STATES[state]
    spoil(store)
    before = {path: path.read_bytes() for path in store.parent.rglob("*") if path.is_file()}
    for command in COMMANDS:
        code, out, err = told(*command)
        assert (code, out) == (4, ""), command
        assert words in err, command
        assert "left untouched" in err
    after = {path: path.read_bytes() for path in store.parent.rglob("*") if path.is_file()}
    assert after == before
    tell(f"damaged store: {state}", len(COMMANDS), 0)


def test_a_store_of_a_newer_program_is_read_and_never_written(store: Path, tell: Tell) -> None:
    cards = told("list")
    sql(store, "PRAGMA user_version=99")
    before = store.read_bytes()
    assert told("list")[:2] == cards[:2]
    for command in (("add", "x"), ("undo",), ("init", "Another")):
        code, _, err = told(*command)
        assert code == 4
        assert "was written by a newer mlkanban (store version 99" in err
    assert store.read_bytes() == before
    tell("a store of a newer program", 4, 0)


def test_a_flipped_bit_is_said_or_does_no_harm_and_is_mended_where_that_is_safe(
    store: Path, tell: Tell
) -> None:
    whole, cards = store.read_bytes(), told("--json", "list")
    chance = random.Random("flip")
    written = [at for at, byte in enumerate(whole) if byte]
    shown = mended = 0
    for _ in range(FLIPS):
        at, bit = chance.choice(written), 1 << chance.randrange(8)
        damaged = whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :]
        store.write_bytes(damaged)
        said = [told(*command) for command in (("--json", "list"), ("flow", "wip"), ("history",))]
        assert {code for code, *_ in said} <= {0, 3, 4}, (at, bit)
        for _, _, err in said:
            assert "should not have happened" not in err or "mlkanban doctor --deep" in err
        assert store.read_bytes() == damaged, "what is damaged is left as it is"
        if said[0] == cards:
            continue
        shown += 1
        code, found, err = told("doctor", "--deep")
        assert (code, err) == (4, ""), (at, bit)
        if "BAD   tables" in found:
            assert told("doctor", "--fix")[0] == 0, (at, bit)
            assert told("--json", "list") == cards, (at, bit)
            mended += 1
    assert shown, "no bit was flipped where it shows"
    print(f"shown: {shown}, mended: {mended}")
    tell("one bit of the store flipped", FLIPS, 0)


@pytest.mark.parametrize("journal", ["of 0 bytes", "garbage", "cut short"])
def test_a_torn_journal_does_no_harm(store: Path, tell: Tell, journal: str) -> None:
    file = store.with_name("board.db-journal")
    conn = sqlite3.connect(store, isolation_level=None)
    conn.execute("BEGIN IMMEDIATE")
    conn.execute("UPDATE card SET title = 'half done'")
    content = {
        "of 0 bytes": b"",
        "garbage": b"garbage " * 999,
        "cut short": file.read_bytes()[:700],
    }
    conn.execute("ROLLBACK")
    conn.close()
    before = json.loads(told("--json", "list")[1])
    file.write_bytes(content[journal])
    assert json.loads(told("--json", "list")[1]) == before
    service = opened(store.parent)
    assert_whole(service)
    service.close()
    tell(f"a torn journal beside the store: {journal}", 1, 0)
