import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.errors import StoreProblem
from mlkanban.store.replica import replica_letter, uuid7
from tests.service.people import Person


def replicas(person: Person) -> list[tuple[str, str]]:
    conn = person.service._context.store.conn
    return conn.execute("SELECT id, letter FROM replica ORDER BY created_at").fetchall()


def goes_on(folder: Path, like: Person) -> Person:
    person = Person(folder, clock=like.clock)
    person.board_id = like.board_id
    return person


def test_a_copied_store_is_a_new_replica_with_another_letter(path: Path, ada: Person) -> None:
    there = path.parent.parent / "copy"
    shutil.copytree(path.parent, there)
    here, copy = goes_on(path.parent, ada), goes_on(there, ada)
    mine = here.adds("c", "d")
    theirs = copy.adds("c", "d")
    assert len(replicas(here)) == 1
    assert len(replicas(copy)) == 2
    assert mine[0][0] != theirs[0][0]
    old = {"1", "2"}
    assert not set(mine) & set(theirs)
    assert {ref[1:] for ref in mine} == {"3", "4"}
    assert {ref[1:] for ref in theirs} == old
    conn = copy.service._context.store.conn
    rows = conn.execute(
        "SELECT rseq FROM event WHERE replica = ? ORDER BY seq", (replicas(copy)[1][0],)
    ).fetchall()
    assert rows == [(1,), (2,)]


def test_a_backup_put_back_is_a_new_replica(path: Path, ada: Person) -> None:
    kept = path.with_suffix(".kept")
    shutil.copy(path, kept)
    here = goes_on(path.parent, ada)
    lost = here.adds("c", "d")
    here.service.close()
    os.replace(kept, path)
    after = goes_on(path.parent, ada)
    assert not set(lost) & set(after.adds("e", "f"))
    assert len(replicas(after)) == 2


def test_opening_again_goes_on_as_the_same_replica(path: Path, ada: Person) -> None:
    assert goes_on(path.parent, ada).adds("c")[0][1:] == "3"
    later = goes_on(path.parent, ada)
    assert later.adds("d")[0][1:] == "4"
    assert len(replicas(later)) == 1


def test_a_letter_is_the_hosts_own_while_it_is_free() -> None:
    assert replica_letter("gpu-7", set()) == "g"
    assert replica_letter("42-Zeta", {"z"}) == "a"
    assert replica_letter("7", set()) == "m"
    singles = set("abcdefghijklmnopqrstuvwxyz")
    assert replica_letter("gpu", singles) == "ga"


@given(st.text(max_size=8), st.integers(1, 60))
def test_letters_never_repeat(host: str, count: int) -> None:
    taken: set[str] = set()
    for _ in range(count):
        letter = replica_letter(host, taken)
        assert letter.isascii()
        assert letter.isalpha()
        assert letter not in taken
        taken.add(letter)


def test_a_uuid7_says_so() -> None:
    moment = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    made = {uuid7(moment) for _ in range(1000)}
    assert len(made) == 1000
    assert {int(one.replace("-", "")[:12], 16) for one in made} == {int(moment.timestamp() * 1000)}
    assert uuid7(moment) < uuid7(moment + timedelta(milliseconds=1))
    assert {(one[14], one[19] in "89ab") for one in made} == {("7", True)}


@pytest.mark.parametrize("replaced", [False, True])
def test_a_store_that_lost_its_place_takes_nothing_more(ada: Person, replaced: bool) -> None:
    path = ada.service.path
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    path.unlink()
    if replaced:
        copy.rename(path)
    with pytest.raises(StoreProblem, match="was removed or replaced while it was open"):
        ada.adds("c")
    assert path.exists() is replaced
