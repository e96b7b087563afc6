"""WIP limits as the person meets them: on every way into a stage."""

import pytest

from mlkanban.core.board import BlockReason, Outcome
from mlkanban.errors import LimitReached, RuleRefused
from tests.service.people import Person


def test_a_full_stage_refuses_and_nothing_is_written(ada: Person) -> None:
    ada.adds("a", "b", to="Data prep")
    [third] = ada.adds("c")
    cursor = ada.boards.cursor()
    with pytest.raises(LimitReached, match="Data prep is 2/2") as refused:
        ada.moves(third, to="Data prep")
    assert "override with a reason" in refused.value.hint
    assert ada.where(third) == "Ideas"
    assert ada.boards.cursor() == cursor


def test_adding_to_a_full_stage_is_refused_too(ada: Person) -> None:
    ada.adds("a", to="Deployment")
    with pytest.raises(LimitReached):
        ada.adds("b", to="Deployment")
    assert len(ada.order("Deployment")) == 1


def test_an_override_passes_with_its_reason_in_the_log(ada: Person) -> None:
    ada.adds("a", "b", to="Data prep")
    [third] = ada.adds("c")
    done = ada.cards.move([third], ada.stage("Data prep").id, override=" production is down ")
    assert done.warning == "Data prep is 3/2! now, over the limit: production is down."
    assert ada.where(third) == "Data prep"
    assert ada.history.of_card(third)[-1].event.data["reason"] == "production is down"


def test_an_override_that_was_not_needed_leaves_no_reason(ada: Person) -> None:
    [ref] = ada.adds("a")
    done = ada.cards.move([ref], ada.stage("Data prep").id, override="just in case")
    assert done.warning == ""
    assert "reason" not in ada.history.of_card(ref)[-1].event.data


def test_an_empty_override_is_none(ada: Person) -> None:
    ada.adds("a", to="Deployment")
    with pytest.raises(LimitReached):
        ada.adds("b", to="Deployment", override="  ")


def test_a_soft_limit_lets_in_and_warns(ada: Person) -> None:
    ada.sets("Deployment", soft=True)
    ada.adds("a", to="Deployment")
    done = ada.cards.add(ada.board_id, "b", stage_id=ada.stage("Deployment").id)
    assert "over its soft limit" in done.warning


def test_runs_have_their_own_slots_in_training(ada: Person) -> None:
    ada.adds("attended", to="Training")
    refs = ada.adds("run 1", "run 2", to="Training", work="unattended")
    with pytest.raises(LimitReached, match="2/2 running"):
        ada.adds("run 3", to="Training", work="unattended")
    with pytest.raises(LimitReached, match="1/1"):
        ada.cards.edit([refs[0]], {"work": "attended"})
    # A run that has gone on elsewhere is somebody's work again.
    assert ada.moves(refs[0], to="Evaluation")[0].work == "attended"


def test_clearing_the_work_field_asks_the_limit_too(ada: Person) -> None:
    ada.adds("attended", to="Training")
    [run] = ada.adds("run", to="Training", work="unattended")
    with pytest.raises(LimitReached):
        ada.cards.edit([run], {"work": None})
    assert ada.cards.get(run).work == "unattended"


def test_a_blocked_card_keeps_its_slot(ada: Person) -> None:
    [ref] = ada.adds("a", to="Deployment")
    ada.cards.block([ref], BlockReason.BUG)
    with pytest.raises(LimitReached):
        ada.adds("b", to="Deployment")


def test_finished_and_archived_cards_free_their_slot(ada: Person) -> None:
    [one] = ada.adds("a", to="Deployment")
    ada.cards.finish([one], Outcome.LEARNED)
    [two] = ada.adds("b", to="Deployment")
    ada.cards.archive([two])
    ada.adds("c", to="Deployment")


def test_the_board_wide_limit_counts_all_committed_cards(ada: Person) -> None:
    ada.boards.edit(ada.board_id, {"conwip": 2})
    one, _ = ada.adds("a", "b", to="Data prep")
    [three] = ada.adds("c")
    with pytest.raises(LimitReached, match=r"2/2 cards in progress \(CONWIP\)"):
        ada.moves(three, to="Features")
    ada.moves(one, to="Features")
    ada.moves(one, to="Monitoring")
    ada.moves(three, to="Features")
    with pytest.raises(LimitReached):
        ada.moves(one, to="Features")  # re-opening counts as joining


def test_an_archived_card_joins_again_when_it_is_restored(ada: Person) -> None:
    [old] = ada.adds("a", to="Ready")
    ada.cards.archive([old])
    ada.sets("Ready", committed=True)
    ada.boards.edit(ada.board_id, {"conwip": 1})
    ada.adds("b", to="Features")
    with pytest.raises(RuleRefused, match="CONWIP") as refused:
        ada.cards.restore([old])
    assert "override" not in str(refused.value), "there is none"


def test_bringing_back_asks_the_limit(ada: Person) -> None:
    [one] = ada.adds("a", to="Deployment")
    ada.moves(one, to="Monitoring")
    [two] = ada.adds("b", to="Deployment")
    with pytest.raises(LimitReached):
        ada.moves(one, to="Deployment")
    ada.cards.archive([two])
    ada.moves(one, to="Deployment")
    with pytest.raises(RuleRefused, match="Deployment would be 2/1"):
        ada.cards.restore([two])


def test_bringing_back_into_a_stage_with_a_soft_limit_warns(ada: Person) -> None:
    [one] = ada.adds("a", to="Deployment")
    ada.cards.archive([one])
    ada.adds("b", to="Deployment")
    ada.sets("Deployment", soft=True)
    assert ada.cards.restore([one]).warning == "Deployment is 2/1!: over its soft limit now."


def test_other_work_in_the_same_slot_is_no_question_of_limits(ada: Person) -> None:
    refs = ada.adds("a", "b", to="Data prep")
    ada.sets("Data prep", limit=1)
    ada.cards.edit(refs, {"work": "waiting"})
    ada.cards.archive(refs[:1])
    ada.sets("Data prep", limit=0, unattended=0)
    ada.cards.edit(refs[:1], {"work": "unattended"})
    with pytest.raises(LimitReached, match="0/0 running"):
        ada.cards.edit(refs[1:], {"work": "unattended"})


def test_the_warning_about_an_earlier_card_is_kept(ada: Person) -> None:
    ada.sets("Training", unattended=0, soft=True)
    [running] = ada.adds("a", to="Training")
    [idea] = ada.adds("b")
    done = ada.cards.edit([running, idea], {"work": "unattended"})
    assert done.warning == "Training is 1/0! running: over its soft limit now."


def test_many_cards_move_all_or_none(ada: Person) -> None:
    refs = ada.adds("a", "b", "c")
    with pytest.raises(LimitReached):
        ada.moves(*refs, to="Data prep")
    assert ada.order("Ideas") == refs
    assert ada.order("Data prep") == []
    ada.moves(*refs[:2], to="Data prep")
    assert ada.order("Data prep") == refs[:2]


def test_swapping_works_where_moving_is_refused(ada: Person) -> None:
    [inside] = ada.adds("a", to="Deployment")
    [waiting] = ada.adds("b", to="Evaluation")
    done = ada.cards.swap(waiting, inside)
    assert (ada.where(waiting), ada.where(inside)) == ("Deployment", "Evaluation")
    assert done.message == f"{waiting} moved to Deployment, {inside} to Evaluation."


def test_a_swap_does_not_pass_the_limit_of_runs(ada: Person) -> None:
    [attended] = ada.adds("a", to="Training")
    [run] = ada.adds("b", to="Training", work="unattended")
    assert ada.cards.get(run).stage == ada.cards.get(attended).stage
    [outside] = ada.adds("c", to="Evaluation")
    with pytest.raises(RuleRefused, match="Training would be 2/1"):
        ada.cards.swap(outside, run)  # a run leaves, an attended card would come
    assert ada.where(outside) == "Evaluation"


def test_only_open_cards_of_one_board_swap(ada: Person) -> None:
    [inside] = ada.adds("a", to="Deployment")
    done, old = ada.adds("b", "c")
    ada.cards.finish([done], Outcome.SHIPPED)
    ada.cards.archive([old])
    here = ada.board_id
    ada.starts("plain", "Other")
    [elsewhere] = ada.adds("d")
    ada.board_id = here
    for other, words in ((done, "is finished"), (old, "is archived"), (elsewhere, "different")):
        with pytest.raises(RuleRefused, match=words):
            ada.cards.swap(inside, other)
        with pytest.raises(RuleRefused, match=words):
            ada.cards.swap(other, inside)
    assert ada.where(inside) == "Deployment"
