"""A pasted secret is gone from everything that mlkanban keeps, and the log holds."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlkanban.core.board import BlockReason, Outcome
from mlkanban.errors import MlkanbanError, NotFound
from mlkanban.service import Service, restore
from mlkanban.store import backup, integrity, log
from mlkanban.store.database import Store
from mlkanban.sync.transports.folder import Folder
from tests.examples import examples
from tests.service.exchanging import files, meet, shown
from tests.service.killing import killed
from tests.service.people import Clock, Person

SECRET = "hf_SeCrEtToken12345"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "place").mkdir()
    return tmp_path / "place"


@pytest.fixture
def ada(tmp_path: Path) -> Person:
    person = Person(tmp_path / "ada", "ada", Clock())
    person.starts("plain")
    return person


def bob(tmp_path: Path, ada: Person) -> Person:
    person = Person(tmp_path / "bob", "bob", Clock())
    person.board_id = ada.board_id
    return person


def holding(folder: Path) -> list[str]:
    """The files below a folder that hold the secret, in any form that we write."""
    found = []
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            content = file.read_bytes()
            if file.suffix == ".gz":
                content = gzip.decompress(content)
            if SECRET.lower().encode() in content.lower():
                found.append(str(file.relative_to(folder)))
    return found


def sound(person: Person) -> bool:
    store: Store = person.service._context.store
    return not (log.broken_link(store.conn) or integrity.differences(store.conn))


def paste_everywhere(person: Person, ref: str) -> None:
    """Everything that a person can paste a secret into, kept, edited and undone."""
    cards = person.cards
    cards.edit(
        [ref], {"title": f"use {SECRET}", "hypothesis": f"{SECRET} works", "dataset": SECRET}
    )
    cards.edit([ref], {"title": "use the token", "checklist": [{"text": f"try {SECRET}"}]})
    cards.edit([ref], add={"links": [f"https://x?t={SECRET}"], "tags": [SECRET.lower()]})
    cards.edit([ref], remove={"tags": [SECRET.lower()]})
    cards.edit([ref], {"dataset": f"{'long ' * 20_000}{SECRET}"})
    cards.edit([ref], {"dataset": "short"})  # pages with the secret are free now
    cards.note([ref], f"the token is {SECRET}")
    cards.block([ref], BlockReason.BUG, note=f"{SECRET} expired")
    cards.unblock([ref])
    person.undoes()
    cards.finish([ref], Outcome.LEARNED, verdict=f"{SECRET} was wrong")
    cards.archive([ref])


def test_the_secret_is_in_no_file_and_the_log_holds(tmp_path: Path, ada: Person) -> None:
    # As SQLite is built by most: what is deleted stays in free pages.
    ada.service._context.store.conn.execute("PRAGMA secure_delete=OFF")
    [ref] = ada.adds("plain")
    paste_everywhere(ada, ref)
    made = ada.service.backups.make()
    older = made.with_name(made.name.replace("by-hand", "auto") + ".gz")
    older.write_bytes(gzip.compress(made.read_bytes()))
    assert len(holding(ada.service.path.parent)) == 3
    before = ada.service._context.store.conn.execute("SELECT hash FROM event").fetchall()
    done = ada.service.redacting.redact(ada.service.redacting.plan(ref))
    assert (done.backups, done.failed) == (2, [])
    assert holding(tmp_path) == []
    after = ada.service._context.store.conn.execute("SELECT hash FROM event").fetchall()
    assert after[: len(before)] == before
    assert sound(ada)
    card = ada.cards.get(ref)
    assert (card.title, card.hypothesis, card.verdict) == ("[redacted]",) * 3
    assert (card.outcome, card.archived, card.links) == ("learned", True, ())
    with pytest.raises(NotFound):
        ada.service.redacting.plan(ref)
    for copy in backup.all_of(ada.service.path):
        ada.service.close()
        restore.restore(ada.service.path.parent, copy.path)
        again = Person(ada.service.path.parent, "ada", ada.clock)
        assert sound(again)
        again.service.close()


def test_only_what_was_asked_for_goes(ada: Person) -> None:
    one, two = ada.adds("one", "two")
    ada.cards.note([one, two], f"see {SECRET}")
    ada.cards.note([one], "harmless")
    plan = ada.service.redacting.plan(one, ["note"], SECRET)
    assert [item.text for item in plan.found] == [f"see {SECRET}"]
    assert plan.elsewhere == [two]
    ada.service.redacting.redact(plan)
    assert [note.text for note in ada.cards.get(one).notes] == ["[redacted]", "harmless"]
    [event] = [e for e in ada.exports.events(ada.board_id) if SECRET in str(e.data)]
    ada.service.redacting.redact(ada.service.redacting.plan(event.id))
    assert [note.text for note in ada.cards.get(two).notes] == ["[redacted]"]
    assert ada.cards.get(two).title == "two"


def test_the_other_machines_follow_and_the_sync_files_too(
    tmp_path: Path, place: Path, ada: Person
) -> None:
    [ref] = ada.adds("plain")
    paste_everywhere(ada, ref)
    other = bob(tmp_path, ada)
    meet(place, ada, other)
    other.cards.restore([ref])  # writes the verdict again, which ada does not know of
    other.cards.edit([ref], {"hypothesis": "mine"})
    other.service.backups.make()
    ada.service.redacting.redact(ada.service.redacting.plan(ref))
    meet(place, ada, other)
    late = Person(tmp_path / "late", "cy", Clock())
    meet(place, ada, other, late)
    for person in (other, late):
        assert shown(person) == shown(ada)
        assert sound(person)
    assert holding(tmp_path) == []
    assert other.cards.get(ref).hypothesis == "mine"


def test_a_redaction_is_never_undone(ada: Person) -> None:
    [ref] = ada.adds("plain")
    ada.cards.note([ref], SECRET)
    ada.service.redacting.redact(ada.service.redacting.plan(ref, ["note"]))
    ada.undoes()
    assert ada.cards.get(ref).notes == ()
    ada.undoing.redo(ada.board_id)
    assert [note.text for note in ada.cards.get(ref).notes] == ["[redacted]"]
    assert holding(ada.service.path.parent) == []


def _redact(service: Service) -> None:
    refs = [face.ref for face in service.boards.snapshot(service.boards.find().id).faces]
    redacting = service.redacting
    try:
        redacting.redact(redacting.plan(refs[0], ["note"]))
    except MlkanbanError:
        redacting.finish()


@given(at=st.integers(1, 400))
@settings(max_examples=examples(10), deadline=None)
def test_a_killed_redaction_is_finished_by_the_next_one(tmp_path_factory, at: int) -> None:
    folder = tmp_path_factory.mktemp("killed")
    person = Person(folder / "ada", "ada", Clock())
    person.starts("plain")
    [ref] = person.adds("plain")
    person.cards.note([ref], SECRET)
    person.service.backups.make()
    person.service.close()
    killed(folder / "ada", person.clock, at, _redact)
    again = Person(folder / "ada", "ada", person.clock)
    assert sound(again)
    _redact(again.service)
    assert holding(folder) == []
    assert sound(again)
    assert not again.service.redacting.is_pending
    again.service.close()


DEED = st.tuples(
    st.integers(0, 2), st.sampled_from(("note", "title", "verdict", "undo", "sync", "redact")),
)  # fmt: skip


@given(deeds=st.lists(DEED, min_size=3, max_size=14))
@settings(max_examples=examples(12), deadline=None)
def test_replicas_agree_whatever_happens(tmp_path_factory, deeds: list[tuple[int, str]]) -> None:
    folder = tmp_path_factory.mktemp("replicas")
    (folder / "place").mkdir()
    place = folder / "place"
    people = [Person(folder / name, name, Clock()) for name in ("ada", "bob", "cy")]
    people[0].starts("plain")
    [ref] = people[0].adds("plain")
    for person in people:
        person.board_id = people[0].board_id
    meet(place, *people)
    redacted = False
    for who, what in deeds:
        person = people[who]
        secret = not redacted
        text = SECRET if secret else "fine"
        try:
            match what:
                case "note":
                    person.cards.note([ref], text)
                case "title":
                    person.cards.edit([ref], {"title": text})
                case "verdict":
                    person.cards.edit([ref], {"verdict": text})
                case "undo":
                    person.undoes()
                case "sync":
                    person.service.sync.exchange(Folder(place))
                case "redact":
                    meet(place, *people)
                    person.service.redacting.redact(person.service.redacting.plan(ref))
                    redacted = True
        except MlkanbanError:
            pass
    meet(place, *people)
    if any(what == "redact" for _, what in deeds) and redacted:
        assert holding(folder) == []
        assert files(place)
    for person in people:
        assert shown(person) == shown(people[0])
        assert sound(person)
    for person in people:
        person.service.close()
