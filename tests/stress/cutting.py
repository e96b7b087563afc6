"""Use cases that are cut off by kill -9: `python -m tests.stress.cutting CASE FOLDER TRIES SEED`.

Every other try at any time, which is mostly within SQLite, and every other just before a file is
opened, renamed, linked or removed. Prints how many were cut off, how many left a journal or a
draft, and what went wrong after that.
"""

import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from mlkanban.core.events import Change
from mlkanban.service import Service, restore
from mlkanban.store import backup, database, integrity, snapshots
from mlkanban.store import restore_backup as files
from mlkanban.sync import file_format
from mlkanban.sync.transports.folder import Folder
from tests.ids import fixed_id
from tests.store.test_migrations import BEFORE_MERGING
from tests.stress.checks import assert_whole
from tests.stress.worker import opened, say

CARDS = 60
OLD = "board-20260101T000000-by-hand-1.db"
"""A backup that was there before, and has to stay as it is."""


class Case:
    """Something that is cut off. `folder` holds the store and all that belongs to it; `keeps` says
    that every event is in the store afterwards too."""

    keeps = True

    def prepare(self, folder: Path) -> None:
        """Make what each try begins with, in a folder that holds a store and an old backup."""

    def act(self, folder: Path) -> None:
        """Do it; what it says is acknowledged."""
        raise NotImplementedError

    def check(self, folder: Path, said: list[str]) -> None:
        """AssertionError when something of it is not as it should be."""
        raise NotImplementedError


def filled(folder: Path) -> None:
    service = opened(folder, "ada")
    board = service.boards.create("Before", "ml", "UTC")
    service.history.bring_in(cards_of(board.id, board.stages[0].id, "before"))
    made = service.backups.make()
    made.rename(made.with_name(OLD))
    for number in range(5):
        service.cards.add(board.id, f"after the backup {number}")
    service.close()


def cards_of(board: str, stage: str, name: str, count: int = CARDS) -> Iterator[Change]:
    for number in range(count):
        card = fixed_id(f"{name}-{number}")
        title = f"{name}-{number}"
        values = {"place": [stage, ""], "title": title, "type": "chore", "deleted": False}
        yield Change(
            "card.created", board, card=card, set=values, event_id=fixed_id(f"{card}-created")
        )
        yield Change(
            "card.noted", board, card=card, note="x" * 200, event_id=fixed_id(f"{card}-noted")
        )


def events(file: Path) -> set[str]:
    """The ids of the events in a store, after what was half done was rolled back."""
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=rw", uri=True)) as conn:
        return set(snapshots.event_ids(conn))


@contextlib.contextmanager
def whole_store(folder: Path) -> Iterator[Service]:
    """The store, open again; it is whole, and so is every backup that counts as one."""
    service = opened(folder, "after")
    yield service
    assert_whole(service)
    service.close()
    for one in backup.all_of(folder / "board.db"):
        with files.opened(one.path) as conn:
            assert not integrity.damage(conn), one.path


class Migration(Case):
    def prepare(self, folder: Path) -> None:
        with contextlib.closing(sqlite3.connect(folder / "board.db")) as conn:
            conn.executescript(
                f"DROP INDEX card_ref; {BEFORE_MERGING} ALTER TABLE card DROP COLUMN runs;"
                " PRAGMA user_version=4;"
                "DELETE FROM _sqlite_migrations WHERE name > 'm006'"
            )

    def act(self, folder: Path) -> None:
        database.open_for_writing(folder / "board.db").close()
        say("done")

    def check(self, folder: Path, said: list[str]) -> None:
        conn = sqlite3.connect(folder / "board.db")
        (version,) = conn.execute("PRAGMA user_version").fetchone()
        conn.close()
        assert version == database.LATEST if said else version in (4, database.LATEST)
        with whole_store(folder):
            pass


class Backup(Case):
    def act(self, folder: Path) -> None:
        service = opened(folder)
        board = service.boards.find().id
        for _ in range(3):
            say(service.cards.add(board, "a card").cards[0].ref)
            say(service.backups.make())

    def check(self, folder: Path, said: list[str]) -> None:
        with whole_store(folder) as service:
            for at, name in enumerate(said):
                if at % 2 == 0:
                    service.cards.get(name)
                else:
                    with files.opened(Path(name)) as conn:
                        assert set(said[:at:2]) <= set(snapshots.names(conn))


class Import(Case):
    def act(self, folder: Path) -> None:
        self.import_into(folder)
        say("done")

    def import_into(self, folder: Path) -> int:
        service = opened(folder)
        board = service.boards.find()
        new = service.history.bring_in(cards_of(board.id, board.stages[0].id, "new", 2 * CARDS)).new
        service.close()
        return new

    def check(self, folder: Path, said: list[str]) -> None:
        wanted = {change.event_id for change in cards_of("", "", "new", 2 * CARDS)}
        new = wanted & events(folder / "board.db")
        assert len(new) in ((4 * CARDS,) if said else (0, 4 * CARDS))
        assert self.import_into(folder) == 4 * CARDS - len(new)
        with whole_store(folder):
            pass


class Rebuild(Case):
    def prepare(self, folder: Path) -> None:
        with contextlib.closing(sqlite3.connect(folder / "board.db")) as conn:
            conn.executescript("DELETE FROM transition; UPDATE card SET title = 'wrong'")

    def act(self, folder: Path) -> None:
        service = opened(folder)
        service.repair(service.check_integrity())
        say("done")

    def check(self, folder: Path, said: list[str]) -> None:
        with whole_store(folder) as service:
            found = service.check_integrity()
            assert found.sound
            if said:
                assert not found.differing
            service.repair(found)


class Restore(Case):
    keeps = False

    def act(self, folder: Path) -> None:
        say(restore.restore(folder, folder / "backups" / OLD))

    def check(self, folder: Path, said: list[str]) -> None:
        there, old = events(folder / "board.db"), events(folder / "backups" / OLD)
        full = events(folder.parent / "origin" / "board.db")
        assert there in ((old,) if said else (old, full))
        if there == old:
            assert any(events(one.path) == full for one in backup.all_of(folder / "board.db"))
        if said:
            assert events(Path(said[0])) == full
        with whole_store(folder):
            pass


class RestoreOverDamage(Case):
    keeps = False

    def prepare(self, folder: Path) -> None:
        (folder / "board.db").write_bytes(b"no store any more " * 9999)

    def act(self, folder: Path) -> None:
        say(restore.restore(folder, folder / "backups" / OLD))

    def check(self, folder: Path, said: list[str]) -> None:
        store = folder / "board.db"
        damaged = (folder.parent / "origin" / store.name).read_bytes()
        if store.read_bytes() == damaged:
            assert not said
            restore.restore(folder, folder / "backups" / OLD)
        else:
            [kept] = (folder / "backups").glob("*.damaged")
            assert kept.read_bytes() == damaged
        with whole_store(folder):
            pass


class Segments(Case):
    def prepare(self, folder: Path) -> None:
        other = opened(folder / "other", "bob")
        board = other.boards.create("Theirs", "ml", "UTC")
        other.history.bring_in(cards_of(board.id, board.stages[0].id, "theirs"))
        (folder / "place").mkdir()
        other.sync.exchange(Folder(folder / "place"))
        other.close()

    def act(self, folder: Path) -> None:
        service = opened(folder)
        service.sync.exchange(Folder(folder / "place"))
        say("done")

    def check(self, folder: Path, said: list[str]) -> None:
        theirs = events(folder / "other" / "board.db")
        taken = theirs & events(folder / "board.db")
        assert taken in ((theirs,) if said else (set(), theirs))
        for file in (folder / "place").glob("log/*/*.jsonl"):
            read = file_format.read(file.read_bytes(), file.parent.name, int(file.stem))
            assert not read.fault, file
        with whole_store(folder) as service:
            service.sync.exchange(Folder(folder / "place"))
        with whole_store(folder / "other") as other:
            other.sync.exchange(Folder(folder / "place"))
        assert events(folder / "board.db") == events(folder / "other" / "board.db")


CASES = {
    "migration": Migration, "backup": Backup, "import": Import, "rebuild": Rebuild,
    "restore": Restore, "restore-over-damage": RestoreOverDamage, "segments": Segments,
}  # fmt: skip


class Files:
    """What a process does with files, counted; it is killed before number `last`."""

    def __init__(self, last: int = 0) -> None:
        self._last, self.count = last, 0

    def __call__(self, event: str, args: tuple[object, ...]) -> None:
        if event in ("open", "os.link", "os.mkdir", "os.remove", "os.rename", "sqlite3.connect"):
            self.count += 1
            if self.count == self._last:
                os.kill(os.getpid(), signal.SIGKILL)


def in_child(work: Callable[[], None], seconds: float | None = None) -> tuple[bool, list[str]]:
    """Whether `work` was killed, after `seconds` or by itself, and what it said before."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.dup2(writing, 1)
            work()
        finally:
            os._exit(0)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    os.close(writing)
    with open(reading) as pipe:
        said = pipe.read().splitlines()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL, said


def watched(case: Case, folder: Path, last: int) -> None:
    files = Files(last)
    sys.addaudithook(files)
    case.act(folder)
    if not last:
        say(files.count)


def cut_off(case: Case, folder: Path, tries: int, chance: random.Random) -> dict[str, object]:
    origin, data = folder / "origin", folder / "data"
    filled(origin)
    before = events(origin / "board.db")
    case.prepare(origin)
    old = (origin / "backups" / OLD).read_bytes()
    # Twice in this process, which so has imported everything before the first child begins.
    for _ in range(2):
        shutil.copytree(origin, data)
        began = time.monotonic()
        case.act(data)
        longest = time.monotonic() - began
        shutil.rmtree(data)
    shutil.copytree(origin, data)
    count = int(in_child(lambda: watched(case, data, 0))[1][-1])
    shutil.rmtree(data)
    cut = journals = drafts = 0
    wrong = []
    for number in range(tries):
        shutil.copytree(origin, data)
        if number % 2:
            last = number // 2 % count + 1
            killed, said = in_child(partial(watched, case, data, last))
        else:
            killed, said = in_child(lambda: case.act(data), chance.uniform(0, 1.5 * longest))
        cut += killed
        journals += (data / "board.db-journal").exists()
        drafts += any(data.glob(".new-*")) or any(data.rglob(".*.tmp*"))
        try:
            case.check(data, said)
            if case.keeps:
                assert before <= events(data / "board.db"), "events are gone"
            assert (data / "backups" / OLD).read_bytes() == old, "an old backup was changed"
        except BaseException:
            wrong.append(f"try {number}, said {said}: {traceback.format_exc()}")
        shutil.rmtree(data)
    return {"cut": cut, "journals": journals, "drafts": drafts, "wrong": wrong}


if __name__ == "__main__":
    _, name, folder, tries, seed = sys.argv
    stdout = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what the tries before say is not acknowledged
    done = cut_off(CASES[name](), Path(folder), int(tries), random.Random(seed))
    os.write(stdout, json.dumps(done).encode())
