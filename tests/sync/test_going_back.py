"""A store whose file is put back to an earlier state, in place: it goes on as a new replica, and
nothing is lost of what was written before or after."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from mlkanban.store import backup, integrity, log
from mlkanban.sync import file_format
from mlkanban.sync.transports.folder import Folder
from tests.service.exchanging import files, meet, shown
from tests.service.forging import Forge, forged, rechained
from tests.service.killing import ended
from tests.service.people import Clock, Person

Makes = Callable[..., Person]


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Makes]:
    """Opens the store of somebody: with a folder outside of it for marks, unless `marks` is
    False."""
    clocks: dict[str, Clock] = {}
    with ExitStack() as opened:

        def make(name: str, *, marks: bool = True, board: str = "") -> Person:
            clock = clocks.setdefault(name, Clock())
            config = tmp_path / "config" if marks else None
            made = Person(tmp_path / name, name, clock, config=config)
            opened.callback(made.service.close)
            made.board_id = board
            return made

        yield make


def kept(person: Person) -> bytes:
    return person.service.path.read_bytes()


def put_back(person: Person, content: bytes) -> None:
    """As `cp` does it: the file keeps its place."""
    person.service.close()
    with person.service.path.open("r+b") as file:
        file.write(content)
        file.truncate()


def titles(person: Person) -> list[str]:
    return sorted(face.title for face in person.boards.snapshot(person.board_id).faces)


def replicas(person: Person) -> set[str]:
    conn = person.service._context.store.conn
    return {row[0] for row in conn.execute("SELECT DISTINCT replica FROM event").fetchall()}


def is_sound(person: Person) -> bool:
    conn = person.service._context.store.conn
    return log.broken_link(conn) == "" and integrity.differences(conn) == []


def sync(person: Person, place: Path) -> list[str]:
    return person.service.sync.exchange(Folder(place)).notices


def test_what_is_older_than_its_mark_goes_on_as_a_new_replica(person: Makes) -> None:
    ada = person("ada")
    board = ada.starts().id
    ada.adds("one")
    old = kept(ada)
    [two] = ada.adds("two")
    put_back(ada, old)
    ada = person("ada", board=board)
    assert titles(ada) == ["one"]
    assert ada.service.take_notices() == []
    [three] = ada.adds("three")
    (notice,) = ada.service.take_notices()
    assert "goes on as a new replica" in notice
    ada.adds("four")
    assert ada.service.take_notices() == []
    assert len(replicas(ada)) == 2
    assert three != two
    assert is_sound(ada)


def test_going_back_is_seen_by_who_has_the_store_open(person: Makes) -> None:
    ada = person("ada")
    ada.starts()
    old = kept(ada)
    ada.adds("two")
    with ada.service.path.open("r+b") as file:  # by another process, as far as locks go
        file.write(old)
        file.truncate()
    other = person("ada", board=ada.board_id)
    other.adds("three")
    assert len(other.service.take_notices()) == 1


@pytest.mark.parametrize("marks", [True, False])
def test_what_had_been_sent_comes_back(person: Makes, place: Path, marks: bool) -> None:
    ada = person("ada", marks=marks)
    board = ada.starts().id
    ada.adds("one")
    sync(ada, place)
    old = kept(ada)
    ada.adds("two")
    sync(ada, place)
    put_back(ada, old)
    ada = person("ada", marks=marks, board=board)
    (told,) = sync(ada, place)
    assert "taken in again" in told
    assert titles(ada) == ["one", "two"]
    ada.adds("three")
    assert ada.service.take_notices() == []
    bob = person("bob", board=board)
    assert meet(place, ada, bob) == []
    assert titles(bob) == titles(ada) == ["one", "three", "two"]
    assert shown(bob) == shown(ada)
    assert len(replicas(ada)) == 2


def test_what_was_written_since_without_a_mark_is_written_again(person: Makes, place: Path) -> None:
    ada, bob = person("ada", marks=False), person("bob")
    board = bob.board_id = ada.starts().id
    [one] = ada.adds("one", tags=["x"])
    meet(place, ada, bob)
    old = kept(ada)
    for number in range(3):
        ada.adds(f"two {number}")
        sync(ada, place)
    bob.cards.note([one], "seen")
    put_back(ada, old)
    ada = person("ada", marks=False, board=board)
    for number in range(7):
        ada.adds(f"three {number}")
    ada.cards.edit([one], {"title": "first"}, add={"tags": ["y"]})
    ada.cards.edit([one], {"title": "again"}, remove={"tags": ["x", "y"]})
    ada.cards.note([one], "mine")
    told = sync(ada, place)
    assert "10 changes made here since were written again" in told[0]
    assert [one.label for one in backup.all_of(ada.service.path)] == ["before-new-replica"]
    assert meet(place, ada, bob) == []
    wanted = {"again", *(f"two {n}" for n in range(3)), *(f"three {n}" for n in range(7))}
    assert set(titles(ada)) == set(titles(bob)) == wanted
    assert shown(ada) == shown(bob)
    assert is_sound(ada)
    assert is_sound(bob)
    assert ada.cards.get(one).tags == ()
    assert [note.text for note in ada.cards.get(one).notes] == ["seen", "mine"]
    refs = [face.ref for face in ada.boards.snapshot(board).faces]
    assert len(set(refs)) == len(refs)
    ada.adds("four")
    assert meet(place, ada, bob) == []
    assert "four" in titles(bob)


def test_what_a_program_without_marks_wrote_is_written_again(person: Makes, place: Path) -> None:
    ada = person("ada")
    board = ada.starts().id
    old = kept(ada)
    ada.adds("one")
    sync(ada, place)
    put_back(ada, old)
    older = person("ada", marks=False, board=board)
    older.adds("two", "three")
    older.service.close()
    ada = person("ada", board=board)
    ada.adds("four")
    assert len(ada.service.take_notices()) == 1
    assert any("2 changes made here since were" in one for one in sync(ada, place))
    bob = person("bob", board=board)
    assert meet(place, bob, ada) == []
    assert titles(ada) == titles(bob) == ["four", "one", "three", "two"]
    assert shown(ada) == shown(bob)
    assert is_sound(ada)


def test_undo_reaches_what_was_written_again(person: Makes, place: Path) -> None:
    ada = person("ada", marks=False)
    board = ada.starts().id
    [one] = ada.adds("one")
    old = kept(ada)
    ada.adds("two")
    sync(ada, place)
    put_back(ada, old)
    ada = person("ada", marks=False, board=board)
    ada.cards.edit([one], {"title": "first"})
    ada.cards.edit([one], {"title": "second"})
    sync(ada, place)
    ada.undoes()
    assert titles(ada) == ["first", "two"]
    ada.undoes()
    assert titles(ada) == ["one", "two"]


def test_two_copies_that_are_one_replica_part_at_the_next_sync(
    person: Makes, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As images of a machine are, with one machine id, path and inode."""
    from mlkanban.store import replica

    monkeypatch.setattr(replica, "_place", lambda path: ("machine", "path", "inode"))
    ada = person("ada")
    board = ada.starts().id
    ada.adds("one")
    (ada.service.path.parent.parent / "copy").mkdir()
    (ada.service.path.parent.parent / "copy" / "board.db").write_bytes(kept(ada))
    copy = person("copy", marks=False, board=board)
    ada.adds("here")
    copy.adds("there")
    assert replicas(ada) == replicas(copy)
    told = meet(place, ada, copy)
    assert len([one for one in told if "1 change made here since was written again" in one]) == 1
    assert titles(ada) == titles(copy) == ["here", "one", "there"]
    assert shown(ada) == shown(copy)


def test_who_had_the_other_history_takes_in_both(
    person: Makes, place: Path, tmp_path: Path
) -> None:
    ada, bob = person("ada", marks=False), person("bob")
    board = bob.board_id = ada.starts().id
    ada.adds("one")
    meet(place, ada, bob)
    old = kept(ada)
    ada.adds("two")
    sync(ada, place)
    put_back(ada, old)
    ada = person("ada", marks=False, board=board)
    ada.adds("three")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    meet(elsewhere, ada, bob)
    assert titles(bob) == ["one", "three"]
    (told,) = [one for one in sync(bob, place) if "Two stores" in one]
    assert "Run mlkanban sync on" in told
    assert "mlkanban restore" in told
    sync(ada, place)
    assert [one for one in meet(place, bob, ada) if "another machine was first" not in one] == []
    assert titles(bob) == titles(ada) == ["one", "three", "two"]
    assert shown(bob) == shown(ada)
    assert is_sound(bob)
    for folder in (elsewhere, place, elsewhere):
        assert meet(folder, ada, bob) == []
    assert titles(bob) == titles(ada) == ["one", "three", "two"]


def title(text: str) -> Forge:
    def forge(event: dict[str, object]) -> None:
        event["data"] = {"set": {"title": text}}

    return forge


def altered(file: Path, before: str) -> None:
    forged(file, [title("forged")], before)


def appended(file: Path, before: str) -> None:
    """Events after ours that do not follow from them."""
    found = file_format.read(file.read_bytes(), file.parent.name, int(file.stem)).records
    last = found[-1]
    more = replace(last, id="f" + last.id[1:], rseq=last.rseq + 1)
    more = replace(more, data=json.dumps({"set": {"title": "forged"}}))
    target = file.with_name(f"{more.rseq:09}.jsonl")
    target.write_bytes(file_format.written(rechained([more], "0" * 64)))


@pytest.mark.parametrize("forge", [altered, appended])
def test_forged_changes_of_our_own_are_passed_over(
    person: Makes, place: Path, forge: Callable[[Path, str], None]
) -> None:
    ada, bob = person("ada"), person("bob")
    bob.board_id = ada.starts().id
    ada.adds("one")
    meet(place, ada, bob)
    ada.adds("two")
    conn = ada.service._context.store.conn
    (before,) = conn.execute("SELECT hash FROM event ORDER BY seq DESC LIMIT 1 OFFSET 1").fetchone()
    (own,) = replicas(ada)
    sync(ada, place)
    newest = max(file for file in files(place) if file.parent.name == own)
    forge(newest, before)
    bob.adds("his")
    bob.service.sync.exchange(Folder(place))
    told = sync(ada, place)
    assert len([one for one in told if "it did not" in one]) == 1
    assert titles(ada) == ["his", "one", "two"]
    ada.adds("three")
    assert replicas(ada) == {own} | replicas(bob)
    sync(ada, place)
    cy = person("cy", board=ada.board_id)
    sync(cy, place)
    sync(cy, place)
    assert titles(cy) == ["his", "one", "three", "two"]
    assert "forged" not in str(shown(ada))


def test_changes_of_our_own_behind_a_gap_stop_nothing(person: Makes, place: Path) -> None:
    ada, bob = person("ada"), person("bob")
    bob.board_id = ada.starts().id
    ada.adds("one")
    sync(ada, place)
    [first] = files(place)
    last = file_format.read(first.read_bytes(), first.parent.name, 1).records[-1]
    far = replace(last, id="f" + last.id[1:], rseq=999)
    first.with_name("000000999.jsonl").write_bytes(file_format.written([far]))
    ada.adds("two")
    sync(ada, place)
    ada.adds("three")
    sync(ada, place)
    sync(bob, place)
    assert titles(bob) == titles(ada) == ["one", "three", "two"]


def _adds_and_dies(home: Path, clock: Clock, board: str) -> None:
    log.keep_mark = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[attr-defined]
    dying = Person(home / "ada", "ada", clock, config=home / "config")
    dying.board_id = board
    dying.adds("two")


def test_a_mark_that_was_not_kept_does_no_harm(person: Makes, tmp_path: Path) -> None:
    """A process is killed after the commit and before the mark."""
    ada = person("ada")
    board = ada.starts().id
    ada.adds("one")
    ada.service.close()
    assert ended(_adds_and_dies, tmp_path, ada.clock, board) == -signal.SIGKILL
    ada = person("ada", board=board)
    assert titles(ada) == ["one", "two"]
    ada.adds("three")
    assert ada.service.take_notices() == []
    assert len(replicas(ada)) == 1


@pytest.mark.parametrize("content", [b"", b"7", b"\xff\xfe", b"9999999999 x\n"])
def test_a_mark_that_cannot_be_read_does_no_harm(
    person: Makes, tmp_path: Path, content: bytes
) -> None:
    ada = person("ada")
    ada.starts()
    [mark] = (tmp_path / "config" / "marks").iterdir()
    mark.write_bytes(content)
    ada.adds("one")
    assert ada.service.take_notices() == []
    assert mark.read_bytes() != content


def test_a_mark_that_cannot_be_written_stops_no_write(person: Makes, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("in the way")
    ada = person("ada")
    ada.starts()
    ada.adds("one")
    assert titles(ada) == ["one"]
    assert ada.service.take_notices() == []


def test_a_copied_home_is_no_store_that_went_back(person: Makes, tmp_path: Path) -> None:
    """The marks lie within it, where everything lies below one folder."""
    ada = person("ada")
    board = ada.starts().id
    ada.adds("one")
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "board.db").write_bytes(kept(ada))
    ada.adds("two")
    copy = person("copy", board=board)
    copy.adds("three")
    ada.adds("four")
    assert [*ada.service.take_notices(), *copy.service.take_notices()] == []
    assert titles(copy) == ["one", "three"]


def test_a_restored_backup_is_no_store_that_went_back(person: Makes, tmp_path: Path) -> None:
    from mlkanban.service import restore

    ada = person("ada")
    board = ada.starts().id
    copy = ada.service.backups.make()
    ada.adds("two")
    ada.service.close()
    restore.restore(tmp_path / "ada", copy)
    ada = person("ada", board=board)
    ada.adds("three")
    assert ada.service.take_notices() == []
    assert titles(ada) == ["three"]
