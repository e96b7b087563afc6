"""Two stores at work for long, one of them offline for half of it, come to the same board."""

import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from mlkanban.core.board import BlockReason, Outcome
from mlkanban.errors import MlkanbanError
from mlkanban.sync.exchange import Report, Transport
from mlkanban.sync.transports import remotes
from mlkanban.sync.transports.folder import Folder
from tests.service.exchanging import shown
from tests.service.people import START, Clock, Person
from tests.service.replicas import IN_MEMORY
from tests.stress.sizes import size
from tests.sync.test_git import bare as bare

ROUNDS = size(50, 200)
OFFLINE = range(ROUNDS // 4, ROUNDS * 3 // 4)
DEEDS = 4

Way = Callable[[Person], Transport]


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as made:
        yield Path(made)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Person, Person]]:
    """Ada with a board, and Bob, whose clock is nine minutes behind."""
    ada = Person(tmp_path / "ada", "ada", Clock())
    bob = Person(tmp_path / "bob", "bob", Clock(START - timedelta(minutes=9)))
    bob.board_id = ada.starts("plain").id
    ada.adds("one", "two", "three")
    yield ada, bob
    ada.service.close()
    bob.service.close()


def test_through_a_repository(two: tuple[Person, Person], bare: Path) -> None:
    went = rounds(two, lambda person: remotes.repository(person.service, str(bare)))
    assert git(bare, "log", "--merges", "--oneline", "mlkanban") == ""
    before = bytes_below(bare)
    for place in (bare, *(person.service.path.parent / "sync" / "clone" for person in two)):
        git(place, "fsck", "--strict")
    git(bare, "gc", "--quiet", "--prune=now")
    print(f"git: {went}, repository {before} kB, {bytes_below(bare)} kB after gc")


def test_through_a_folder(two: tuple[Person, Person], tmp_path: Path) -> None:
    place = tmp_path / "between"
    place.mkdir()
    went = rounds(two, lambda person: Folder(place))
    print(f"folder: {went}, {bytes_below(place)} kB")


def rounds(two: tuple[Person, Person], way: Way) -> str:
    """Work and exchange; how it went, in words."""
    chance, began, longest = random.Random(7), time.monotonic(), 0.0
    acknowledged: set[str] = set()
    exchange(two[0], way)
    exchange(two[1], way)
    for number in range(ROUNDS):
        for person in two:
            for _ in range(DEEDS):
                acknowledged |= acts(person, chance)
            if person is two[0] or number not in OFFLINE:
                once = time.monotonic()
                exchange(person, way)
                longest = max(longest, time.monotonic() - once)
    for person in (*two, two[0]):
        exchange(person, way)
    assert shown(two[0]) == shown(two[1])
    for person in two:
        assert acknowledged <= ids(person)
    assert exchange(two[0], way).message.startswith("Nothing new")
    took = time.monotonic() - began
    return (
        f"{ROUNDS} rounds, {len(ids(two[0]))} events, {took:.1f} s in all, "
        f"{longest:.2f} s the longest exchange"
    )


def exchange(person: Person, way: Way) -> Report:
    report = remotes.exchange(person.service, [way(person)])
    harmless = ("since the merge.", "over its limit.", "another machine was first.")
    assert [said for said in report.notices if not said.endswith(harmless)] == []
    return report


def acts(person: Person, chance: random.Random) -> set[str]:
    """Do something at random; the ids of the events it wrote."""
    before = ids(person)
    cards, board = person.cards, person.board
    refs = sorted(face.ref for face in person.boards.snapshot(board.id).faces) or ["none"]
    ref, stage = chance.choice(refs), chance.choice(board.stages)
    word = f"w{chance.randrange(1000)}"
    with suppress(MlkanbanError):
        chance.choice(
            (
                lambda: cards.add(board.id, word),
                lambda: cards.edit([ref], {"title": word}),
                lambda: cards.edit([ref], add={"tags": [word]}),
                lambda: cards.move([ref], stage.id, override="so"),
                lambda: cards.note([ref], word),
                lambda: cards.block([ref], BlockReason.BUG),
                lambda: cards.finish([ref], Outcome.SHIPPED),
                lambda: cards.archive([ref]),
                person.undoes,
                lambda: person.boards.edit_stage(board.id, stage.id, {"name": word}),
            )
        )()
    return ids(person) - before


def ids(person: Person) -> set[str]:
    rows = person.service._context.store.conn.execute("SELECT id FROM event").fetchall()
    return {row[0] for row in rows}


def git(place: Path, *args: str) -> str:
    done = subprocess.run(["git", "-C", str(place), *args], capture_output=True, check=True)
    return done.stdout.decode()


def bytes_below(place: Path) -> int:
    """Of all files below a folder, in kB."""
    return sum(file.stat().st_size for file in place.rglob("*") if file.is_file()) // 1000
