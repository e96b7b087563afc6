"""A stage that machines filled without knowing of each other says so until it has room again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlkanban.core.board import Outcome
from mlkanban.errors import LimitReached
from mlkanban.store.after_merge import StageEntry, by_merge
from tests.service.exchanging import meet
from tests.service.people import Clock, Person

Two = tuple[Person, Person]


@pytest.fixture
def two(tmp_path: Path, place: Path) -> Iterator[Two]:
    """Ada and Bob, each with a store of the same board; three cards may stand in Features."""
    ada, bob = (Person(tmp_path / name, name, Clock()) for name in ("ada", "bob"))
    ada.starts()
    ada.sets("Features", limit=3)
    bob.board_id = ada.board_id
    meet(place, ada, bob)
    yield ada, bob
    for person in (ada, bob):
        person.service.close()


def over(person: Person) -> set[str]:
    ids = person.boards.over_since_merge(person.board_id)
    assert person.boards.snapshot(person.board_id).over_since_merge == ids
    assert person.boards.update(person.board_id, 0).over_since_merge == ids
    return {stage.name for stage in person.board.stages if stage.id in ids}


def filled(two: Two, place: Path, stage: str = "Features", **fields: Any) -> list[str]:
    """Three cards of Ada and two of Bob in one stage, and both know of them."""
    ada, bob = two
    cards = ada.adds("a", "b", "c", to=stage, **fields) + bob.adds("d", "e", to=stage, **fields)
    meet(place, ada, bob)
    return cards


def test_it_is_said_on_both_machines_until_it_is_within_its_limit(two: Two, place: Path) -> None:
    ada, bob = two
    cards = filled(two, place)
    for left in (4, 3):
        assert over(ada) == over(bob) == {"Features"}
        with pytest.raises(LimitReached):
            ada.adds("f", to="Features")
        ada.moves(cards.pop(), to="Ideas")
        meet(place, ada, bob)
        assert len(ada.order("Features")) == left
    assert over(ada) == over(bob) == set()
    with pytest.raises(LimitReached):
        ada.adds("f", to="Features")
    ada.moves(cards.pop(), to="Ideas")
    ada.adds("f", to="Features")


def test_to_put_cards_in_order_there_does_not_make_it_another_matter(two: Two, place: Path) -> None:
    ada, _ = two
    cards = filled(two, place)
    ada.moves(cards[4], to="Features", before=cards[0])
    assert over(ada) == {"Features"}


def test_who_goes_over_a_limit_knowingly_is_told_nothing_of_a_merge(two: Two, place: Path) -> None:
    ada, bob = two
    ada.adds("a", "b", to="Features")
    bob.clock.now = ada.clock.now
    meet(place, ada, bob)
    bob.adds("c", to="Features")
    bob.adds("d", to="Features", override="the paper is due")
    meet(place, ada, bob)
    assert over(ada) == over(bob) == set()


def test_what_is_said_after_an_exchange_is_what_the_board_says(two: Two, place: Path) -> None:
    ada, bob = two
    ada.sets("Features", limit=2)
    (first,) = ada.adds("a", to="Features")
    second, third, fourth = ada.adds("b", "c", "d", to="Ideas")
    meet(place, ada, bob)
    ada.cards.finish([first], Outcome.LEARNED)
    ada.moves(second, to="Features")
    bob.clock.now = ada.clock.now
    bob.moves(third, to="Features")
    bob.moves(fourth, to="Features", override="the paper is due")
    told = meet(place, ada, bob)
    assert "Features is 3/2!, over its limit." in told
    assert not [line for line in told if line.endswith("since the merge.")]
    assert over(ada) == over(bob) == set()


def test_a_limit_that_was_lowered_is_no_merge(two: Two, place: Path) -> None:
    ada, bob = two
    ada.adds("a", to="Features")
    meet(place, ada, bob)
    bob.clock.now = ada.clock.now
    bob.adds("b", to="Features")
    meet(place, ada, bob)
    ada.clock.now = bob.clock.now
    ada.sets("Features", limit=1)
    assert over(ada) == set()


def test_runs_are_counted_apart(two: Two, place: Path) -> None:
    ada, bob = two
    for person in two:
        person.adds("a", "b", to="Training", work="unattended")
    ada.adds("c", to="Training")
    meet(place, ada, bob)
    assert over(ada) == {"Training"}
    ada.sets("Training", unattended=4)
    assert over(ada) == set()


def test_a_soft_limit_may_be_passed(two: Two, place: Path) -> None:
    ada, _ = two
    filled(two, place)
    ada.sets("Features", soft=True)
    assert over(ada) == set()


@pytest.mark.parametrize(
    ("entries", "limit_set", "expected"),
    [
        (["1a", "2b"], "", True),
        (["1a", "2b"], "3", False),
        (["1a", "2b!"], "", False),
        (["1a!", "2b"], "", True),
        (["1a", "2a"], "", False),
        (["1a"], "", False),
    ],
)
def test_the_rule(entries: list[str], limit_set: str, expected: bool) -> None:
    """A digit is the stamp, a letter the replica, `!` an override; the limit is one."""
    made = [StageEntry(one[0], one[1], one.endswith("!")) for one in entries]
    assert by_merge(reversed(made), 1, limit_set) is expected
