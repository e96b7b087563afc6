"""Notes are corrected and deleted: what stands is the new text, and history keeps the old one."""

from pathlib import Path

import pytest

from mlkanban.core.markdown.board import read_board
from mlkanban.core.query.store_terms import StoreTerms
from mlkanban.errors import BadMarkdown, CannotTakeBack, NotFound
from mlkanban.service.text_merge import ChangedMeanwhile
from mlkanban.sync.transports.folder import Folder
from tests.service.exchanging import meet, shown
from tests.service.people import Person

SECRET = "token=abcd typed by mistake"


def notes(person: Person, ref: str) -> list[str]:
    return [note.text for note in person.cards.get(ref).notes]


def edits(person: Person, ref: str, old: str, new: str) -> None:
    text, since = person.service.documents.card_page(ref)
    assert old in text
    person.service.documents.save_card(ref, text.replace(old, new), since)


def exported(person: Person) -> str:
    return "\n".join(person.service.documents.board_page(person.board_id)[0])


@pytest.fixture
def ref(ada: Person) -> str:
    [ref] = ada.adds("a")
    ada.cards.note([ref], SECRET)
    ada.cards.note([ref], "two\n\n> lines")
    return ref


def test_a_note_is_corrected_in_the_text_of_its_card(ada: Person, ref: str) -> None:
    before = ada.state()
    edits(ada, ref, "abcd", "removed")
    assert notes(ada, ref) == ["token=removed typed by mistake", "two\n\n> lines"]
    assert "abcd" not in exported(ada)
    assert "abcd" not in ada.service.documents.card_page(ref)[0]
    found = ada.service.search.answers(ada.board_id, StoreTerms(("abcd", "removed"))).written
    assert {text: len(cards) for text, cards in found.items()} == {"abcd": 0, "removed": 1}
    assert any(entry.event.data.get("note") == SECRET for entry in ada.history.of_card(ref))
    after = ada.state()
    assert ada.undoes() == f"Undone: the note on {ref} a."
    assert ada.state() == before
    ada.redoes()
    assert ada.state() == after


def test_a_note_is_deleted_by_taking_its_text_out(ada: Person, ref: str) -> None:
    edits(ada, ref, f">\n> {SECRET}\n", "")
    assert notes(ada, ref) == ["two\n\n> lines"]
    assert ada.undoes() == f"Undone: the note on {ref} a."
    assert notes(ada, ref) == [SECRET, "two\n\n> lines"]
    ada.redoes()
    assert notes(ada, ref) == ["two\n\n> lines"]
    edits(ada, ref, "> two", "> three")
    assert notes(ada, ref) == ["three\n\n> lines"]
    ada.undoes()
    ada.undoes()
    assert notes(ada, ref)[0] == SECRET


def test_a_whole_quote_that_is_gone_is_asked_about(ada: Person, ref: str) -> None:
    text, since = ada.service.documents.card_page(ref)
    cut = text[: text.index("> 2026")] + text[text.rindex("> 2026") :]
    with pytest.raises(BadMarkdown, match="of a note is missing") as refused:
        ada.service.documents.save_card(ref, cut, since)
    assert "to delete the note, leave that line" in refused.value.hint
    assert len(notes(ada, ref)) == 2
    gone = text[: text.index("## Notes")]
    assert not ada.service.documents.save_card(ref, gone, since).changed


def test_a_note_is_corrected_by_its_number(ada: Person, ref: str) -> None:
    done = ada.cards.correct_note(ref, 1, " better ")
    assert done.message == f"Note 1 of {ref} corrected."
    assert not ada.cards.correct_note(ref, 1, "better").changed
    assert ada.cards.correct_note(ref, 2, "").message == f"Note 2 of {ref} deleted."
    assert notes(ada, ref) == ["better"]
    with pytest.raises(NotFound, match=f"{ref} has 1 note, no note 2"):
        ada.cards.correct_note(ref, 2, "x")


def test_a_note_is_corrected_by_an_edited_board(ada: Person, ref: str) -> None:
    documents, text = ada.service.documents, exported(ada)
    page = read_board(text.replace("abcd", "removed"), documents.refs())
    [change] = documents.compare(ada.board_id, page).cards
    assert change.changes == [("note", SECRET, SECRET.replace("abcd", "removed"))]
    documents.take_back(ada.board_id, page)
    assert notes(ada, ref)[0] == SECRET.replace("abcd", "removed")
    page = read_board(exported(ada), documents.refs())
    assert documents.compare(ada.board_id, page).cards == ()


def test_a_note_that_somebody_corrected_meanwhile_is_a_conflict(
    ada: Person, bob: Person, ref: str
) -> None:
    text, since = ada.service.documents.card_page(ref)
    bob.cards.correct_note(ref, 1, "of bob")
    mine = text.replace("abcd", "mine")
    with pytest.raises(ChangedMeanwhile, match="note was changed meanwhile to 'of bob'"):
        ada.service.documents.save_card(ref, mine, since)
    again, since = ada.service.documents.again(ref, mine, since)
    assert "token=mine typed" in again
    ada.service.documents.save_card(ref, again, since)
    assert notes(ada, ref)[0] == "token=mine typed by mistake"


def test_a_note_that_somebody_corrected_is_not_taken_away_with_its_writing(
    ada: Person, bob: Person
) -> None:
    [ref] = ada.adds("a")
    ada.cards.note([ref], SECRET)
    bob.cards.correct_note(ref, 1, "of bob")
    with pytest.raises(CannotTakeBack, match=r"\(a note\)"):
        ada.undoes()
    assert notes(ada, ref) == ["of bob"]


def test_a_duplicate_takes_corrected_notes_with_it(ada: Person, ref: str) -> None:
    ada.cards.correct_note(ref, 1, "better")
    [other] = ada.adds("b")
    ada.service.duplicates.merge(ref, other)
    assert notes(ada, other)[0].endswith("better")


def test_two_machines_correct_one_note(two: tuple[Person, Person], place: Path) -> None:
    ada, bob = two
    [ref] = ada.order("Ideas")
    ada.cards.note([ref], SECRET)
    meet(place, ada, bob)
    ada.cards.correct_note(ref, 1, "of ada")
    bob.clock.now = ada.clock.now
    bob.cards.correct_note(ref, 1, "of bob")
    meet(place, ada, bob)
    assert notes(ada, ref) == notes(bob, ref) == ["of bob"]
    for person in (ada, bob):
        [conflict] = person.service.conflicts.of_card(ref)
        assert (conflict.kept, conflict.other) == ("of bob", "of ada")
    ada.service.conflicts.resolve(ref, conflict.field, take=True)
    meet(place, ada, bob)
    assert notes(bob, ref) == ["of ada"]
    assert shown(ada) == shown(bob)
    assert bob.service.sync.exchange(Folder(place)).message == "Nothing new."
