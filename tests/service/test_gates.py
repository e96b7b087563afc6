"""Soft gates as the person meets them: on every way forward, and on none back."""

from collections.abc import Callable
from typing import Any

import pytest

from mlkanban.core.board import Outcome
from mlkanban.core.card_templates import card_template
from mlkanban.core.events import Change
from mlkanban.errors import GateClosed, LimitReached
from mlkanban.service import Done
from tests.service.people import Person

EVALUATION = {"text": "beats the baseline", "gate": "Evaluation"}
SEEDS = {"text": "three seeds", "gate": "evaluation"}
ROLLBACK = {"text": "rollback tested", "gate": "Deployment"}
READY = {"text": "goal written", "done": True, "gate": "Ready"}
CHECKLIST = [READY, EVALUATION, SEEDS, ROLLBACK, {"text": "verdict"}]


@pytest.fixture
def ref(ada: Person) -> str:
    """A card in Evaluation with two unticked items for that stage and one for the next."""
    [ref] = ada.adds("gated", to="Evaluation", checklist=CHECKLIST)
    return ref


def last(ada: Person, ref: str) -> dict:
    return dict(ada.history.of_card(ref)[-1].event.data)


def test_leaving_a_stage_names_what_is_unticked_and_writes_nothing(ada: Person, ref: str) -> None:
    cursor = ada.boards.cursor()
    with pytest.raises(GateClosed) as closed:
        ada.moves(ref, to="Deployment")
    assert closed.value.message == (
        f"{ref} leaves Evaluation with 2 unticked: beats the baseline; three seeds."
    )
    assert "override with a reason" in closed.value.hint
    assert closed.value.unticked == {ref: ("beats the baseline", "three seeds")}
    assert (ada.where(ref), ada.boards.cursor()) == ("Evaluation", cursor)


FORWARD: dict[str, Callable[..., Done]] = {
    "move": lambda p, ref, **more: p.cards.move([ref], p.stage("Deployment").id, **more),
    "jump": lambda p, ref, **more: p.cards.move([ref], p.stage("Monitoring").id, **more),
    "ship": lambda p, ref, **more: p.cards.finish([ref], Outcome.SHIPPED, **more),
    "swap": lambda p, ref, **more: p.cards.swap(
        ref, p.adds("other", to="Deployment")[0], **more
    ),
    "swapped": lambda p, ref, **more: p.cards.swap(
        p.adds("other", to="Deployment")[0], ref, **more
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", FORWARD)
def test_every_way_forward_asks_and_passes_with_a_reason(ada: Person, ref: str, way: str) -> None:
    with pytest.raises(GateClosed, match="beats the baseline; three seeds"):
        FORWARD[way](ada, ref)
    ada.cards.archive(ada.order("Deployment"))
    with pytest.raises(GateClosed):
        FORWARD[way](ada, ref, override="  ")
    ada.cards.archive([one for one in ada.order("Deployment") if not ada.cards.get(one).archived])
    done = FORWARD[way](ada, ref, override=" the shop is down ")
    assert ada.where(ref) in ("Deployment", "Monitoring")
    assert "unticked: beats the baseline; three seeds" in done.warning
    assert done.warning.endswith("Gone on all the same: the shop is down.")
    moved = next(e.event.data for e in ada.history.of_card(ref) if e.event.data.get("reason"))
    assert moved["reason"] == "the shop is down"
    assert moved["unticked"][:2] == ["beats the baseline", "three seeds"]


def test_a_jump_and_shipping_ask_for_the_gates_in_between_too(ada: Person, ref: str) -> None:
    for way in ("jump", "ship"):
        with pytest.raises(GateClosed, match=r"with 3 unticked: .*; rollback tested"):
            FORWARD[way](ada, ref)


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.SHIPPED])
def test_no_other_end_asks(ada: Person, ref: str, outcome: Outcome) -> None:
    assert ada.cards.finish([ref], outcome).cards[0].outcome


def test_going_back_reordering_archiving_and_coming_back_never_ask(ada: Person, ref: str) -> None:
    [other] = ada.adds("other", to="Evaluation")
    ada.cards.reorder(ref)
    ada.cards.reorder(ref, other)
    ada.moves(ref, to="Evaluation", before=other)
    ada.moves(ref, to="Training")
    ada.cards.archive([ref])
    ada.cards.restore([ref])
    ada.moves(ref, to="Evaluation")
    assert ada.where(ref) == "Evaluation"


def test_what_is_ticked_is_no_obstacle(ada: Person, ref: str) -> None:
    ada.cards.edit([ref], tick=["beats", "3"])
    assert ada.cards.move([ref], ada.stage("Deployment").id).warning == ""
    assert "reason" not in last(ada, ref)


def test_an_override_that_was_not_needed_leaves_no_trace(ada: Person, ref: str) -> None:
    done = ada.cards.move([ref], ada.stage("Training").id, override="just in case")
    assert done.warning == ""
    assert last(ada, ref).keys() == {"set", "was", "saw"}


def test_one_reason_passes_a_limit_and_a_gate(ada: Person, ref: str) -> None:
    ada.adds("inside", to="Deployment")
    with pytest.raises(GateClosed, match=r"three seeds\. Deployment is 1/1\.") as closed:
        ada.moves(ref, to="Deployment")
    assert closed.value.unticked == {ref: ("beats the baseline", "three seeds")}
    done = ada.cards.move([ref], ada.stage("Deployment").id, override="production is down")
    assert "Gone on all the same: production is down." in done.warning
    assert "Deployment is 2/1! now, over the limit: production is down." in done.warning
    assert last(ada, ref)["reason"] == "production is down"


def test_ticks_go_with_the_move_and_one_undo_takes_both_back(ada: Person, ref: str) -> None:
    before = ada.state()
    ticks = {ref: ("beats the baseline", "three seeds")}
    done = ada.cards.move([ref], ada.stage("Deployment").id, ticks=ticks)
    assert (done.warning, done.message) == ("", f"{ref} moved to Deployment.")
    assert [i.done for i in done.cards[0].checklist] == [True, True, True, False, False]
    edit, move = (entry.event for entry in ada.history.of_card(ref)[-2:])
    assert (edit.kind, set(edit.data["set"])) == ("card.edited", {"checklist"})
    assert (move.kind, edit.action) == ("card.moved", move.action)
    assert ada.undoes() == f"Undone: moving {ref} gated."
    assert ada.state() == before
    ada.redoes()
    assert ada.where(ref) == "Deployment"


def test_only_the_items_named_are_ticked(ada: Person, ref: str) -> None:
    with pytest.raises(GateClosed, match="with 1 unticked: three seeds"):
        ada.cards.move(
            [ref], ada.stage("Deployment").id, ticks={ref: ("beats the baseline", "gone")}
        )
    assert not any(item.done for item in ada.cards.get(ref).checklist[1:])


def test_ticking_does_not_pass_a_limit(ada: Person, ref: str) -> None:
    ada.adds("inside", to="Deployment")
    ticks = {ref: ("beats the baseline", "three seeds")}
    with pytest.raises(LimitReached):
        ada.cards.move([ref], ada.stage("Deployment").id, ticks=ticks)
    assert ada.cards.get(ref).checklist[1].done is False


def test_a_bulk_move_names_every_card_that_is_not_ready(ada: Person, ref: str) -> None:
    [also] = ada.adds("also", to="Evaluation", checklist=[SEEDS])
    [free] = ada.adds("free", to="Features")
    ada.sets("Deployment", limit=None)
    with pytest.raises(GateClosed) as closed:
        ada.moves(ref, free, also, to="Deployment")
    assert closed.value.unticked.keys() == {ref, also}
    assert f"{also} leaves Evaluation with 1 unticked: three seeds." in closed.value.message
    assert [ada.where(one) for one in (ref, free, also)] == ["Evaluation", "Features", "Evaluation"]
    ada.moves(ref, free, also, to="Deployment", override="agreed")
    kept = {one: last(ada, one).get("reason") for one in (ref, free, also)}
    assert kept == {ref: "agreed", free: None, also: "agreed"}


def test_all_of_a_bulk_move_are_named_when_there_is_no_room_either(ada: Person, ref: str) -> None:
    [free] = ada.adds("free", to="Features")
    [also] = ada.adds("also", to="Evaluation", checklist=[SEEDS])
    with pytest.raises(GateClosed, match="room for 1 of these 3 cards") as closed:
        ada.moves(free, ref, also, to="Deployment")
    assert closed.value.unticked.keys() == {ref, also}


def test_undo_does_not_ask(ada: Person, ref: str) -> None:
    ada.moves(ref, to="Features")
    ada.undoes()
    assert ada.where(ref) == "Evaluation"
    ada.moves(ref, to="Deployment", override="now")
    ada.undoes()
    ada.redoes()
    assert ada.where(ref) == "Deployment"


def test_a_history_from_elsewhere_is_not_asked(ada: Person, ref: str) -> None:
    card = ada.cards.get(ref)
    place = [ada.stage("Monitoring").id, ""]
    ada.history.bring_in([Change("card.moved", ada.board_id, card=card.id, set={"place": place})])
    assert ada.where(ref) == "Monitoring"


def test_a_gate_of_a_renamed_stage_closes_the_last_committed_one(ada: Person, ref: str) -> None:
    ada.sets("Evaluation", name="Review")
    ada.moves(ref, to="Deployment")
    with pytest.raises(GateClosed, match="leaves Deployment with 3 unticked"):
        ada.moves(ref, to="Monitoring")


def test_a_card_that_was_shipped_is_not_asked_again(ada: Person, ref: str) -> None:
    ada.cards.finish([ref], Outcome.SHIPPED, override="now")
    assert not ada.cards.finish([ref], Outcome.SHIPPED).changed


def test_shipping_ticks_what_it_is_told_to(ada: Person, ref: str) -> None:
    ticks = {ref: ("beats the baseline", "three seeds", "rollback tested")}
    done = ada.cards.finish([ref], Outcome.SHIPPED, ticks=ticks)
    assert [item.done for item in done.cards[0].checklist] == [True] * 4 + [False]
    assert ada.undoes() == f"Undone: finishing {ref} gated."
    assert ada.where(ref) == "Evaluation"


def test_a_gate_stays_with_its_stage_when_that_gets_another_name(ada: Person) -> None:
    template = card_template("experiment")
    assert template is not None
    [ref] = ada.adds("x", to="Evaluation", **template.fields(ada.board))
    ada.sets("Evaluation", name="Review")
    with pytest.raises(GateClosed, match="three seeds"):
        ada.moves(ref, to="Deployment")


def test_an_item_that_is_worded_anew_keeps_its_gate(ada: Person) -> None:
    [ref] = ada.adds("x", checklist=[{"text": "seeds", "gate": "Evaluation"}, {"text": "b"}])
    ada.cards.edit([ref], {"checklist": [{"text": "three seeds"}, {"text": "b", "done": True}]})
    assert [one.gate for one in ada.cards.get(ref).checklist] == ["Evaluation", ""]


def test_a_card_written_past_delivery_goes_past_no_gate(ada: Person) -> None:
    items = [{"text": "seeds", "gate": "Evaluation"}]
    with pytest.raises(GateClosed, match="seeds"):
        ada.adds("x", to="Monitoring", checklist=items)
    ada.adds("x", to="Monitoring", checklist=items, override="it runs already")


P95: dict[str, Any] = {"name": "p95", "direction": "<=", "target": 50.0}
GUARDED: dict[str, Any] = {
    "metric": {"name": "auc", "target": 0.9},
    "guards": [{**P95, "value": 61.0}],
}


@pytest.mark.parametrize("way", FORWARD)
def test_every_way_out_of_evaluation_asks_about_a_broken_guard(ada: Person, way: str) -> None:
    [ref] = ada.adds("guarded", to="Evaluation", **GUARDED)
    with pytest.raises(GateClosed, match=r"with a broken guard: p95 61, not <=50\.") as closed:
        FORWARD[way](ada, ref)
    assert (closed.value.broken, closed.value.unticked) == ({ref: ("p95 61, not <=50",)}, {})
    ada.cards.archive(ada.order("Deployment"))
    done = FORWARD[way](ada, ref, override="the shop is down")
    assert done.warning.endswith("Gone on all the same: the shop is down.")
    moved = next(e.event.data for e in ada.history.of_card(ref) if e.event.data.get("reason"))
    assert moved["broken"] == ["p95 61, not <=50"]
    assert "unticked" not in moved


def test_a_broken_guard_and_unticked_items_are_named_together(ada: Person) -> None:
    [ref] = ada.adds("both", to="Evaluation", checklist=CHECKLIST, **GUARDED)
    with pytest.raises(GateClosed) as closed:
        ada.moves(ref, to="Deployment")
    assert closed.value.message == (
        f"{ref} leaves Evaluation with 2 unticked: beats the baseline; three seeds, and with a"
        " broken guard: p95 61, not <=50."
    )
    ticks = closed.value.unticked
    with pytest.raises(GateClosed, match="with a broken guard"):
        ada.cards.move([ref], ada.stage("Deployment").id, ticks=ticks)


@pytest.mark.parametrize("guard", [P95, {**P95, "value": 50.0}])
def test_what_is_not_broken_does_not_ask(ada: Person, guard: dict[str, object]) -> None:
    [ref] = ada.adds("held", to="Evaluation", **GUARDED | {"guards": [guard]})
    assert ada.moves(ref, to="Deployment")


def test_before_evaluation_and_back_from_it_a_broken_guard_does_not_ask(ada: Person) -> None:
    [ref] = ada.adds("early", to="Training", **GUARDED)
    ada.moves(ref, to="Evaluation")
    ada.moves(ref, to="Features")
    ada.cards.finish([ref], Outcome.LEARNED)
