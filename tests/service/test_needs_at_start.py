"""Cards that come into progress while cards that they need are open: a warning, no refusal."""

import pytest

from mlkanban.core.board import BlockReason
from mlkanban.hints import Hint
from tests.service.people import Person


@pytest.fixture
def refs(ada: Person) -> tuple[str, str]:
    """A card in Ideas that needs another one there."""
    [first] = ada.adds("label the set")
    [second] = ada.adds("train on it", needs=[first])
    return first, second


def move(ada: Person, *refs: str, to: str) -> str:
    return ada.cards.move(refs, ada.stage(to).id).warning


def test_a_card_that_needs_an_open_one_warns_where_it_begins(
    ada: Person, refs: tuple[str, str]
) -> None:
    first, second = refs
    warning = move(ada, second, to="Data prep")
    assert ada.where(second) == "Data prep"
    assert warning == (
        f"{second} needs {first} (open in Ideas). Finish it first, or block {second} until then:"
        f" mlkanban block {second} --reason dependency --until card:{first}"
    )
    assert isinstance(warning, Hint)  # the board names its key instead


def test_what_the_warning_proposes_can_be_done(ada: Person, refs: tuple[str, str]) -> None:
    first, second = refs
    move(ada, second, to="Data prep")
    ada.cards.block([second], BlockReason.DEPENDENCY, until=f"card:{first}")
    ada.moves(second, to="Ideas")
    assert move(ada, second, to="Data prep") == (
        f"{second} needs {first} (open in Ideas). Finish it first."
    )


def test_nothing_is_said_before_commitment_nor_within_it(
    ada: Person, refs: tuple[str, str]
) -> None:
    _, second = refs
    assert move(ada, second, to="Ready") == ""
    move(ada, second, to="Data prep")
    assert move(ada, second, to="Training") == ""
    assert move(ada, second, to="Ideas") == ""
    assert move(ada, second, to="Training")


def test_finished_and_archived_cards_hold_nothing_up(ada: Person, refs: tuple[str, str]) -> None:
    first, second = refs
    [third] = ada.adds("buy disks")
    ada.cards.edit([second], add={"needs": [third]})
    ada.moves(first, to="Monitoring")
    ada.cards.archive([third])
    assert move(ada, second, to="Data prep") == ""


def test_all_open_cards_are_named(ada: Person, refs: tuple[str, str]) -> None:
    first, second = refs
    [third] = ada.adds("buy disks", to="Ready")
    ada.cards.edit([second], add={"needs": [third]})
    warning = move(ada, second, to="Data prep")
    assert f"needs {first} (open in Ideas) and {third} (open in Ready). Finish them" in warning


def test_each_of_several_cards_warns(ada: Person, refs: tuple[str, str]) -> None:
    first, second = refs
    [third] = ada.adds("tune it", needs=[second])
    warning = move(ada, second, third, to="Data prep")
    assert f"{second} needs {first}" in warning
    assert f"{third} needs {second} (open in Data prep)" in warning


def test_other_ways_into_progress_warn_too(ada: Person, refs: tuple[str, str]) -> None:
    first, second = refs
    made = ada.cards.add(
        ada.board_id, "go on", stage_id=ada.stage("Features").id, fields={"needs": [first]}
    )
    assert f"needs {first} (open in Ideas)" in made.warning
    [busy] = ada.adds("busy", to="Training")
    swapped = ada.cards.swap(second, busy)
    assert f"{second} needs {first} (open in Ideas)" in swapped.warning
    ada.moves(second, to="Monitoring")
    assert f"{second} needs" in move(ada, second, to="Training")  # open again


def test_cards_of_another_board_are_named_too(ada: Person) -> None:
    [here] = ada.adds("train on it")
    other = ada.boards.create("Data", "plain", "UTC")
    there = ada.cards.add(other.id, "collect").cards[0].ref
    ada.cards.edit([here], add={"needs": [there]})
    assert f"{here} needs {there} (open in To do)" in move(ada, here, to="Data prep")
