"""Stores that earlier programs wrote open in this one, and say what they said then."""

import gzip
import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlkanban.store import backup, database, log
from tests.store.at_once import at_once
from tests.store.golden.make import ROOT, STORES, play
from tests.store.test_migrations import rows

GOLDEN = sorted(folder.name for folder in STORES.iterdir())
OLDEST = GOLDEN[0]

OPENS = """
import sys
from pathlib import Path
from mlkanban.store import database
print("ready", flush=True)
sys.stdin.readline()
store = database.open_for_writing(Path(sys.argv[1]))
print(store.conn.execute("PRAGMA user_version").fetchone()[0], store.read_only)
store.close()
"""


def taken_out(name: str, home: Path) -> Path:
    """A copy of a golden store, in a home of its own."""
    home.mkdir(mode=0o700, exist_ok=True)
    path = home / "board.db"
    path.touch(0o600)
    path.write_bytes(gzip.decompress((STORES / name / "board.db.gz").read_bytes()))
    return path


def differences(then: Any, now: Any, where: str = "") -> Iterator[str]:
    """What is not as it was; what is said besides is no difference."""
    if isinstance(then, dict) and isinstance(now, dict):
        for key, value in then.items():
            yield from differences(value, now.get(key, "nothing"), f"{where}.{key}")
    elif where.endswith("charter.sections"):
        sections = {section["section"]: section for section in now}
        for section in then:
            yield from differences(section, sections.get(section["section"]), where)
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for at, value in enumerate(then):
            yield from differences(value, now[at], f"{where}[{at}]")
    elif then != now:
        yield f"{where} was {then!r}, is {now!r}"


def version(path: Path) -> int:
    return int(rows(path, "PRAGMA user_version")[0][0])


def test_every_shape_of_a_store_that_ever_was_is_kept() -> None:
    shapes = {version_of(name) for name in GOLDEN}
    assert {1, 2, 3, 4, 5, 6} <= shapes


def version_of(name: str) -> int:
    return int(name.partition("-schema-")[2].partition("-")[0])


@pytest.mark.parametrize("name", GOLDEN)
def test_it_says_what_it_said_and_works(name: str, tmp_path: Path) -> None:
    path, others = taken_out(name, tmp_path / "home"), tmp_path / "others"
    others.mkdir()
    events = rows(path, "SELECT * FROM event ORDER BY seq")
    golden = json.loads((STORES / name / "said.json").read_text())
    questions = [question for question, _ in golden["said"]]
    work = [
        ["doctor", "--deep"], ["--board", "fraud", "undo"], ["--board", "fraud", "redo"],
        ["--board", "fraud", "add", "by this program"], ["sync", "--dir", str(others)],
    ]  # fmt: skip
    after = [["--board", "fraud", "list", "--all"], ["show", "l1"], ["show", "l2"]]
    here = answers(path.parent, [*questions, *work, ["doctor", "--deep"], *after], golden["at"])
    for (question, then), now in zip(golden["said"], here, strict=False):
        assert list(differences(then, now, " ".join(question))) == []
    kept = rows(path, "SELECT * FROM event ORDER BY seq")[: len(events)]
    assert [row[: len(events[0])] for row in kept] == events
    assert version(path) == database.LATEST
    old = [version(one.path) for one in backup.all_of(path) if one.label == "before-update"]
    assert old == [version_of(name)] * (version_of(name) < database.LATEST)
    for looked in (here[len(questions)], here[-len(after) - 1]):
        verdicts = {check["what"]: check["verdict"] for check in looked["checks"]}
        assert {verdicts[what] for what in ("file", "log", "tables", "order")} == {"ok"}
    # Who was never here gets all of it, and reads it the same.
    there = tmp_path / "there"
    there.mkdir()
    _, *said = answers(there, [["sync", "--dir", str(others)], *after], golden["at"])
    assert said == here[-len(after) :]


def answers(home: Path, lines: list[list[str]], at: str) -> list[Any]:
    """The data of the answers of today's program, all of them without an error; a machine that
    doctor finds fault with is none."""
    done = play(ROOT, home, [["--json", *line] for line in lines], at)
    for line, (code, out, err) in zip(lines, done, strict=True):
        assert code == 0 or line[0] == "doctor", f"{line}: {out}{err}"
    return [json.loads(out)["data"] for _, out, _ in done]


def test_six_starts_at_once_update_the_oldest_store_once(tmp_path: Path) -> None:
    path = taken_out(OLDEST, tmp_path)
    said = at_once([sys.executable, "-c", OPENS, str(path)])
    assert said == [(f"{database.LATEST} \n", "")] * 6
    ran = [name for (name,) in rows(path, "SELECT name FROM _sqlite_migrations ORDER BY id")]
    assert len(ran) == len(set(ran)) == database.LATEST
    [copy] = backup.all_of(path)
    assert version(copy.path) == version_of(OLDEST)


def test_a_newer_store_is_shown_and_no_command_writes_to_it(tmp_path: Path) -> None:
    """What an older program says of the store of a newer one: the newest golden one, stamped."""
    path = taken_out(GOLDEN[-1], tmp_path / "home")
    database.open_for_writing(path).close()
    shutil.rmtree(backup.folder_of(path), ignore_errors=True)
    conn = sqlite3.connect(path)
    conn.execute(f"PRAGMA user_version={database.LATEST + 1}")
    conn.close()
    before = path.read_bytes()
    golden = json.loads((STORES / GOLDEN[-1] / "said.json").read_text())
    done = play(
        ROOT, path.parent,
        [["--board", "fraud", "list"], ["show", "l1"], ["--board", "fraud", "add", "x"],
         ["move", "l1", "Ready"], ["--board", "fraud", "undo"], ["sync", "--dir", str(tmp_path)]],
        golden["at"],
    )  # fmt: skip
    assert [code for code, _, _ in done] == [0, 0, 4, 4, 4, 4]
    for _, out, err in done[2:]:
        assert f"store version {database.LATEST + 1}" in err
        assert f"this program knows {database.LATEST}" in err
        assert "Nothing was written." in err
        assert out == ""
    assert path.read_bytes() == before
    assert backup.all_of(path) == []


@pytest.mark.parametrize("name", GOLDEN)
def test_a_golden_store_that_is_compacted_holds_what_it_held(name: str, tmp_path: Path) -> None:
    path = taken_out(name, tmp_path / "home")
    store = database.open_for_writing(path)
    tables = [table for (table,) in store.conn.execute(_TABLES).fetchall()]
    before = {table: held(store, table) for table in tables}
    store.compact()
    assert {table: held(store, table) for table in tables} == before
    assert store.conn.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert log.broken_link(store.conn) == ""
    with pytest.raises(sqlite3.IntegrityError, match="never changed"):
        store.conn.execute("UPDATE event SET actor = 'x'")
    store.close()


_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"


def held(store: database.Store, table: str) -> list[tuple[Any, ...]]:
    return sorted(store.conn.execute(f"SELECT * FROM {table}").fetchall(), key=repr)


KILLED = """
import sys
from pathlib import Path
from mlkanban.store import database
store = database.open_for_writing(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    store.compact()
"""


def test_a_kill_while_a_store_is_compacted_loses_nothing(tmp_path: Path) -> None:
    path = taken_out(GOLDEN[-1], tmp_path / "home")
    store = database.open_for_writing(path)
    before = held(store, "event")
    store.close()
    for at in range(8):
        command = [sys.executable, "-c", KILLED, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(0.003 * at)
            process.kill()
        store = database.open_for_writing(path)
        assert held(store, "event") == before
        assert store.conn.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        store.close()
