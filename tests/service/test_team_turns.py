"""Whoever may take a slot of a board with limits of a team takes a turn first."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlkanban.core.board import Outcome, Work
from mlkanban.core.model_versions import VersionName
from mlkanban.service.enforce import enter
from mlkanban.service.transaction import Context, Send
from tests.service.people import Person


@pytest.fixture
def turns() -> list[str]:
    return []


@pytest.fixture
def ada(tmp_path: Path, turns: list[str]) -> Iterator[Person]:
    @contextlib.contextmanager
    def take_turn(context: Context) -> Iterator[Send]:
        turns.append(context.actor)
        yield lambda _: None

    person = Person(tmp_path / "ada", take_turn=take_turn)
    person.starts()
    person.boards.edit(person.board_id, {"team_limits": True})
    yield person
    person.service.close()


def test_a_card_that_retrains_or_releases_is_added_in_a_turn(ada: Person, turns: list[str]) -> None:
    found, used = ada.adds("found", "used")
    ada.cards.finish([used], Outcome.SHIPPED, use=VersionName("Fraud", "1"))
    turns.clear()
    ada.service.retraining.retrain(used)
    assert len(turns) == 1
    ada.service.models.release(found)
    assert len(turns) == 2


def test_a_use_case_that_would_not_ask_the_team_cannot_take_a_slot(ada: Person) -> None:
    board, context = ada.board, ada.service._context
    with pytest.raises(AssertionError, match="slots"), context.writing() as tx:
        enter(tx, board, board.stages[0], Work.ATTENDED, None, override="")
