"""What flow numbers take for open is what the board has open: neither finished nor archived."""

import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mlkanban.core.board import Outcome
from mlkanban.errors import MlkanbanError
from mlkanban.flow.sample import Sample, follow
from mlkanban.flow.window import Window
from tests.examples import examples
from tests.service.exchanging import meet
from tests.service.people import START, Clock, Person
from tests.stress.sizes import size


def sample(person: Person) -> Sample:
    now = person.clock.now + timedelta(days=2)
    workflow, histories = person.history.for_flow(person.board)
    return follow(workflow, histories, now, Window.back(90, workflow.day(now)))


def check(person: Person) -> None:
    """The numbers and the board agree on which cards are open, and on which are in progress."""
    faces, seen = person.boards.snapshot(person.board_id).faces, sample(person)
    still = {card.ref for card in seen.everyone if card.history.steps[-1].outcome is None}
    assert still == {face.ref for face in faces if face.is_open}
    assert {card.ref for card in seen.open} == {
        face.ref for face in faces if face.is_open and person.board.is_committed(face.stage)
    }


def commit(person: Person, stage: str, committed: bool) -> None:
    person.boards.edit_stage(
        person.board_id, person.stage(stage).id, {"committed": committed}, agreed=True
    )


def test_an_archived_card_of_a_stage_that_is_committed_later_is_not_in_progress(
    ada: Person,
) -> None:
    [ref] = ada.adds("c", to="Ready")
    commit(ada, "Ready", False)
    ada.cards.archive([ref])
    archived = ada.clock.now
    commit(ada, "Ready", True)
    check(ada)
    [left] = sample(ada).abandoned
    assert left.flow.finish == archived
    ada.cards.restore([ref])
    check(ada)
    assert [card.ref for card in sample(ada).open] == [ref]


def test_the_same_when_one_commits_and_the_other_archives(ada: Person, tmp_path: Path) -> None:
    commit(ada, "Ready", False)
    [ref] = ada.adds("c", to="Ready")
    bob = Person(tmp_path / "bob's", "bob", ada.clock)
    bob.board_id = ada.board_id
    place = tmp_path / "place"
    place.mkdir()
    meet(place, ada, bob)
    commit(bob, "Ready", True)
    ada.cards.archive([ref])
    meet(place, ada, bob)
    for person in (ada, bob):
        check(person)
        assert [card.ref for card in sample(person).abandoned] == [ref]
    bob.service.close()


def act(person: Person, what: str, card: int, number: int) -> None:
    """Do something with one of the cards or stages, if the board allows it."""
    stages = person.board.stages
    stage = stages[number % len(stages)]
    refs = sorted(face.ref for face in person.boards.snapshot(person.board_id).faces)
    one = refs[card % len(refs)] if refs else "none"
    todo = {
        "add": lambda: person.adds("n", to=stage.name),
        "move": lambda: person.cards.move([one], stage.id, override="so"),
        "archive": lambda: person.cards.archive([one]),
        "restore": lambda: person.cards.restore([one]),
        "finish": lambda: person.cards.finish([one], list(Outcome)[number]),
        "commit": lambda: commit(person, stage.name, True),
        "uncommit": lambda: commit(person, stage.name, False),
        "undo": person.undoes,
        "redo": person.redoes,
    }
    with suppress(MlkanbanError):
        todo[what]()


DEEDS = st.tuples(
    st.integers(0, 1),
    st.sampled_from(
        (
            "add",
            "move",
            "archive",
            "restore",
            "finish",
            "commit",
            "uncommit",
            "undo",
            "redo",
            "meet",
        )
    ),
    st.integers(0, 3),
    st.integers(0, 4),
)


@settings(
    max_examples=examples(size(25, 400)), deadline=None, suppress_health_check=list(HealthCheck)
)  # fmt: skip
@given(st.lists(DEEDS, max_size=14))
@example([(0, "commit", 0, 0), (0, "uncommit", 0, 1), (1, "add", 0, 1)])
@example([(0, "move", 0, 1), (0, "undo", 0, 0), (1, "move", 0, 1)])
@example([(0, "move", 0, 1), (0, "undo", 0, 0), (1, "move", 0, 2)])
@example(
    [(0, "move", 0, 1), (0, "undo", 0, 0), (1, "move", 0, 2), (0, "meet", 0, 0), (1, "redo", 0, 0)]
)
def test_whatever_two_did_numbers_and_board_agree(deeds: list[tuple[int, str, int, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        place = root / "place"
        place.mkdir()
        people = [Person(root / name, name, Clock(START)) for name in ("ada", "bob")]
        people[0].starts("plain")
        people[0].adds("one", "two")
        people[1].board_id = people[0].board_id
        meet(place, *people)
        for who, what, card, number in deeds:
            person = people[who]
            if what == "meet":
                meet(place, *people)
            else:
                act(person, what, card, number)
        for person in people:
            check(person)
        meet(place, *people)
        for person in people:
            check(person)
            person.service.close()
