"""Before and after runs: whether one may start, who sleeps until it ends, who looks then."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mlkanban.core.triage import TriageView
from mlkanban.display.event_text import event_text
from mlkanban.errors import GateClosed, LimitReached, NotFound, RuleRefused
from mlkanban.runs.model.state import NOT_ANSWERED, RunState
from tests.service.machine import FAILED, FINISHED, KILLED, LOST, Machine
from tests.service.people import START, Person


def full(ada: Person, box: Machine) -> str:
    *running, ref = ada.adds("a", "b", "c")
    for one in running:
        box.starts(one, f"r-{one}")
    return ref


def test_over_the_unattended_limit_a_run_is_refused(ada: Person, box: Machine) -> None:
    ref = full(ada, box)
    with pytest.raises(LimitReached, match=r"Training is 2/2 running.*--override"):
        ada.service.runs.may_start(ref, "")
    assert ada.service.runs.may_start(ref, "the deadline is today").ref == ref
    running = ada.order("Training")[0]
    assert ada.service.runs.may_start(running, "").ref == running, "it has its slot already"


def test_what_was_forced_is_kept_with_its_reason(ada: Person, box: Machine) -> None:
    ref = full(ada, box)
    box.starts(ref, "r3", force="the deadline is today")
    assert len(ada.order("Training")) == 3
    last = ada.history.of_card(ref)[-1].event
    assert "over the limit: the deadline is today" in event_text(last, ada.board)


def test_a_closed_gate_refuses_a_run(ada: Person) -> None:
    [ref] = ada.adds("x", to="Features", checklist=[{"text": "held-out set", "gate": "Features"}])
    with pytest.raises(GateClosed, match="held-out set"):
        ada.service.runs.may_start(ref, "")
    with pytest.raises(NotFound):
        ada.service.runs.may_start("zz9", "")


# Snoozed until the run ends


def test_a_card_snoozed_until_its_run_ends_comes_back_then(ada: Person, box: Machine) -> None:
    [ref] = ada.adds("focal loss")
    with pytest.raises(RuleRefused, match="no run that goes on"):
        ada.service.runs.snooze([ref])
    box.starts(ref, "r1")
    assert ada.service.runs.snooze([ref]).message == f"{ref} snoozed until the run ends."
    assert ada.cards.get(ref).snoozed_run == "r1"
    assert event_text(ada.history.of_card(ref)[-1].event, ada.board) == "snoozed until run r1 ends"
    box.tells(ref, replace(box.runs["r1"], state=RunState.ORPHAN))
    assert ada.cards.get(ref).snoozed_until is not None, "it goes on"
    box.ends(ref, "r1", FAILED)
    card = ada.cards.get(ref)
    assert (card.snoozed_until, card.snoozed_run) == (None, "")


def test_a_later_snooze_until_a_day_outlasts_the_run(ada: Person, box: Machine) -> None:
    [ref] = ada.adds("focal loss")
    box.starts(ref, "r1")
    ada.service.runs.snooze([ref])
    ada.cards.wake([ref])
    ada.cards.snooze([ref], START.date() + timedelta(days=9))
    assert ada.cards.get(ref).snoozed_run == ""
    box.ends(ref, "r1", FINISHED)
    assert ada.cards.get(ref).snoozed_until is not None


# Triage


def test_a_run_that_ended_asks_for_a_look_until_somebody_had_one(ada: Person, box: Machine) -> None:
    ref, other = ada.adds("focal loss", "other", to="Data prep")

    def queue() -> list[tuple[str, str]]:
        items = ada.service.triage.queue(ada.board, TriageView.RUNS).items
        return [(item.ref, item.why) for item in items]

    box.starts(ref, "r1")
    assert queue() == []
    box.ends(ref, "r1", LOST)
    assert queue() == [(ref, "run lost: alive")]
    box.starts(other, "r2")
    box.ends(other, "r2", FINISHED)
    assert set(queue()) == {(ref, "run lost: alive"), (other, "run finished: exit 0")}
    assert {ref, other} <= {i.ref for i in ada.service.triage.queue(ada.board).items}
    ada.cards.note([ref], "the node was rebooted")
    assert [one for one, _ in queue()] == [other]
    box.starts(other, "r3")
    assert queue() == []
    box.ends(other, "r3", KILLED)
    assert queue() == [], "whoever stopped it knows"


def test_a_slot_that_is_not_taken_shows_the_run_as_one_that_starts(
    ada: Person, box: Machine
) -> None:
    [ref] = ada.adds("focal loss")
    box.starts(ref, "r1")
    given = replace(box.runs["r1"], evidence="")
    box.tells(ref, given)
    box.tells(ref, replace(given, state=RunState.STARTING, evidence="it is being started"))
    assert ada.service.runs.of_card(ref)[0].state is RunState.RUNNING
    box.tells(ref, replace(given, state=RunState.STARTING, evidence=NOT_ANSWERED))
    assert ada.service.runs.of_card(ref)[0].state is RunState.STARTING
    box.tells(ref, replace(given, evidence="its processes are alive"))
    assert ada.service.runs.of_card(ref)[0].state is RunState.RUNNING
