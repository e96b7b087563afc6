"""Blocks with a condition lift themselves, once, whoever looks; dependencies never go round."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mlkanban.core.board import BlockReason, Outcome
from mlkanban.core.timestamps import instant
from mlkanban.display.event_text import event_text
from mlkanban.errors import RuleRefused
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState
from mlkanban.runs.use_cases.card_runs import RunReport
from tests.service.people import START, Person


def blocked(ada: Person, ref: str) -> bool:
    return ada.cards.get(ref).blocker is not None


def last_word(ada: Person, ref: str) -> str:
    entry = ada.history.of_card(ref)[-1]
    return f"{entry.event.actor}: {event_text(entry.event, ada.board)}"


def test_a_day_that_came_lifts_it(ada: Person) -> None:
    [ref] = ada.adds("wait for GPUs", to="Data prep")
    day = (START + timedelta(days=2)).date().isoformat()
    ada.cards.block([ref], BlockReason.COMPUTE_QUEUE, until=day)
    assert not ada.service.conditions.lift().changed
    assert blocked(ada, ref)
    ada.clock.now += timedelta(days=2)
    assert (
        ada.service.conditions.lift().message == f"{ref} is not blocked any more: {day} has come."
    )
    assert not blocked(ada, ref)
    assert last_word(ada, ref) == f"condition: unblocked: {day} has come"
    assert not ada.service.conditions.lift().changed


@pytest.mark.parametrize("end", ["finished", "archived"])
def test_a_card_that_is_done_lifts_it(ada: Person, bob: Person, end: str) -> None:
    first, second = ada.adds("labels", "model")
    ada.cards.block([second], BlockReason.LABELLING, until=f"card:{first}")
    assert not ada.service.conditions.lift().changed
    if end == "finished":
        bob.cards.finish([first], Outcome.SHIPPED)
    else:
        bob.cards.archive([first])
    assert bob.service.conditions.lift().changed
    assert not ada.service.conditions.lift().changed, "only once"
    assert not blocked(ada, second)


@pytest.mark.parametrize("end", ["finished", "archived"])
def test_the_block_comes_back_with_the_card_that_lifted_it(ada: Person, end: str) -> None:
    first, second = ada.adds("labels", "model")
    ada.cards.block([second], BlockReason.LABELLING, until=f"card:{first}")
    waiting = ada.state()
    if end == "finished":
        ada.cards.finish([first], Outcome.DISCARDED)
    else:
        ada.cards.archive([first])
    ada.service.conditions.lift()
    over = ada.state()
    for _ in range(2):
        done = ada.undoing.undo(ada.board_id)
        assert f"With it: {second}." in done.message
        assert {card.ref for card in done.cards} == {first, second}
        assert ada.state() == waiting
        assert not ada.service.conditions.lift().changed
        ada.redoes()
        assert ada.state() == over
    ada.undoes()
    assert "blocking" in ada.undoes()
    assert not blocked(ada, second)


def test_a_block_that_a_day_lifted_is_undone_and_done_again(ada: Person) -> None:
    [ref] = ada.adds("wait for GPUs", to="Data prep")
    ada.cards.block([ref], BlockReason.BUG, note="the first")
    before = ada.state()
    day = (START + timedelta(days=2)).date().isoformat()
    ada.cards.block([ref], BlockReason.COMPUTE_QUEUE, until=day)
    ada.clock.now += timedelta(days=2)
    ada.service.conditions.lift()
    after = ada.state()
    ada.undoes()
    assert ada.state() == before
    ada.redoes()
    assert ada.state() == after
    assert not ada.service.conditions.lift().changed


def test_a_block_that_a_run_lifted_is_undone(ada: Person) -> None:
    first, second = ada.adds("train", "compare")
    run = Run("20260302-090000-00000000", RunState.RUNNING, started=instant(ada.clock()))
    ada.service.runs.take_in([RunReport(run, first)])
    ada.cards.block([second], BlockReason.DEPENDENCY, until=f"run:{run.id}")
    ended = replace(run, state=RunState.LOST, ended=instant(ada.clock()))
    ada.service.runs.take_in([RunReport(ended, first)])
    ada.service.conditions.lift()
    assert "blocking" in ada.undoes()
    assert ada.undoes() == f"Undone: adding {second} compare."


def test_a_card_that_was_blocked_anew_keeps_that_block(ada: Person, bob: Person) -> None:
    first, second = ada.adds("labels", "model")
    ada.cards.block([second], BlockReason.LABELLING, until=f"card:{first}")
    ada.cards.finish([first], Outcome.DISCARDED)
    ada.service.conditions.lift()
    bob.cards.block([second], BlockReason.BUG)
    ada.undoes()
    assert ada.cards.get(first).outcome is None
    block = ada.cards.get(second).blocker
    assert block is not None
    assert block.reason is BlockReason.BUG


def test_a_finished_card_is_left_alone(ada: Person) -> None:
    first, second = ada.adds("labels", "model")
    ada.cards.block([second], BlockReason.LABELLING, until=f"card:{first}")
    ada.cards.archive([second])
    ada.cards.archive([first])
    assert not ada.service.conditions.lift().changed


def test_cards_cannot_wait_for_each_other_in_a_circle(ada: Person) -> None:
    a, b, c = ada.adds("a", "b", "c")
    ada.cards.edit([a], add={"needs": [b]})
    ada.cards.edit([b], add={"needs": [c]})
    with pytest.raises(RuleRefused, match=f"{c} cannot depend on {a}: {a} needs {b} needs {c}"):
        ada.cards.edit([c], add={"needs": [a]})
    assert ada.cards.get(c).needs == ()
    ada.cards.edit([c], {"title": "still fine"})


def test_a_run_that_ended_lifts_it(ada: Person) -> None:
    first, second = ada.adds("train", "compare")
    run = Run("20260302-090000-00000000", RunState.RUNNING, started=instant(ada.clock()))
    ada.service.runs.take_in([RunReport(run, first)])
    ada.cards.block([second], BlockReason.DEPENDENCY, until=f"run:{run.id}")
    ada.cards.block([first], BlockReason.DECISION, until="run:0000000")
    block = ada.cards.get(first).blocker
    assert block is not None
    assert block.until == f"run:{run.id}", "an end of its id is enough for a run of the card"
    assert not ada.service.conditions.lift().changed
    ended = replace(run, state=RunState.LOST, ended=instant(ada.clock()))
    ada.service.runs.take_in([RunReport(ended, first)])
    assert ada.service.conditions.lift().changed
    assert not blocked(ada, first)
    assert not blocked(ada, second)
    assert last_word(ada, second) == f"condition: unblocked: run {run.id} has ended"
