"""Models in use: alerts, the cards that train them again, and what becomes of both."""

from dataclasses import asdict
from typing import Any

import pytest

from mlkanban.core.board import Health, Outcome
from mlkanban.errors import NotFound, RuleRefused, UsageProblem
from tests.service.people import Person


def model(ada: Person, **fields: Any) -> str:
    """A model that was shipped, and stands in Monitoring."""
    [ref] = ada.adds(
        "Fraud v1", to="Training",
        tags=["fraud"], dataset="payments/v4", type="model",
        metric={"name": "auc", "direction": ">=", "target": 0.9, "noise": 0.01, "value": 0.93},
        **fields,
    )  # fmt: skip
    ada.moves(ref, to="Monitoring")
    return ref


def health(ada: Person, ref: str) -> str:
    face = next(f for f in ada.boards.snapshot(ada.board_id).faces if f.ref == ref)
    assert face.health == (ada.cards.get(ref).health or ""), "the board and the page agree"
    return face.health


def notes(ada: Person, ref: str) -> list[str]:
    return [note.text for note in ada.cards.get(ref).notes]


@pytest.fixture
def champion(ada: Person) -> str:
    return model(ada)


def alert(ada: Person, ref: str, metric: str = "psi=0.31", threshold: str = "0.2", note: str = ""):
    return ada.service.retraining.record_readings(ref, [metric], threshold, note)


def test_an_alert_is_kept_with_its_threshold(ada: Person, champion: str) -> None:
    assert health(ada, champion) == ""
    done = alert(ada, champion, note="since the holiday")
    assert done.message == f"{champion}: psi 0.31, alert at >0.2; alert."
    [reading] = ada.cards.get(champion).readings
    assert (reading.metric, reading.value, reading.threshold) == ("psi", 0.31, ">0.2")
    assert reading.alert
    assert reading.note == "since the holiday"
    assert health(ada, champion) == "alert"
    assert ada.undoes() == f"Undone: the alert of {champion} Fraud v1."
    assert health(ada, champion) == ""
    assert ada.cards.get(champion).readings == ()


def test_a_low_value_alerts_below_its_threshold(ada: Person, champion: str) -> None:
    alert(ada, champion, "auc=0.85", "<0.8")
    assert health(ada, champion) == "ok"
    alert(ada, champion, "auc=0.79", "<0.8")
    assert health(ada, champion) == "alert"


def test_an_alert_is_over_when_no_metric_is_past_its_threshold(ada: Person, champion: str) -> None:
    alert(ada, champion, "psi=0.31", "0.2")
    alert(ada, champion, "auc=0.7", "<0.8")
    alert(ada, champion, "psi=0.1", "0.2")
    assert health(ada, champion) == "alert", "auc still is"
    alert(ada, champion, "auc=0.9", "<0.8")
    assert health(ada, champion) == "watch"
    alert(ada, champion, "auc=0.9", "<0.8")
    assert health(ada, champion) == "watch"


def test_only_what_was_shipped_has_a_health(ada: Person) -> None:
    [ref] = ada.adds("An idea")
    for act in (
        lambda: alert(ada, ref),
        lambda: ada.service.retraining.retrain(ref),
        lambda: ada.service.retraining.judge([ref], Health.OK),
        lambda: ada.cards.edit([ref], {"health": "ok"}),
    ):
        with pytest.raises(RuleRefused, match="not in use"):
            act()
    with pytest.raises(RuleRefused, match="not in use"):
        ada.adds("Another", health="ok")
    with pytest.raises(NotFound):
        alert(ada, "g99")
    with pytest.raises(UsageProblem):
        alert(ada, ref, "psi", "0.2")
    assert len(ada.history.of_card(ref)) == 1


def test_an_archived_model_has_no_alerts(ada: Person, champion: str) -> None:
    ada.cards.archive([champion])
    with pytest.raises(RuleRefused, match="archived"):
        alert(ada, champion)


def test_what_is_opened_again_has_no_health(ada: Person, champion: str) -> None:
    alert(ada, champion)
    ada.moves(champion, to="Training")
    assert health(ada, champion) == ""
    ada.undoes()
    assert health(ada, champion) == "alert"


def test_a_retrain_card_begins_with_what_the_model_reached(ada: Person, champion: str) -> None:
    alert(ada, champion, note="new merchants")
    done = ada.service.retraining.retrain(champion)
    retrain = done.cards[0]
    assert done.message == f"{retrain.ref} retrains {champion}, in Ideas."
    assert retrain.title == "Retrain Fraud v1"
    assert retrain.lineage == (f"retrain-of:{champion}",)
    assert retrain.tags == ("fraud",)
    assert retrain.dataset == "payments/v4"
    assert retrain.metric is not None
    assert asdict(retrain.metric) == {
        "name": "auc", "direction": ">=", "target": 0.9, "noise": 0.01, "baseline": 0.93,
        "value": None,
    }  # fmt: skip
    assert notes(ada, retrain.ref) == [
        f"Alert on {champion}: psi 0.31, alert at >0.2. new merchants"
    ]
    assert health(ada, champion) == "retraining"
    ada.undoes()
    assert health(ada, champion) == "alert"
    with pytest.raises(NotFound):
        ada.cards.get(retrain.ref)


def test_a_retrain_card_has_the_guards_of_the_model(ada: Person, champion: str) -> None:
    ada.cards.edit([champion], {"guards": "p95<=50 p95=48 fpr<=1.25"})
    retrain = ada.service.retraining.retrain(champion).cards[0]
    assert [str(guard) for guard in retrain.guards] == ["p95 <=50", "fpr <=1.25"]


def test_it_may_have_a_title_and_a_stage(ada: Person, champion: str) -> None:
    ready = ada.stage("Ready").id
    card = ada.service.retraining.retrain(champion, " v2 ", stage_id=ready).cards[0]
    assert card.title == "v2"
    assert ada.where(card.ref) == "Ready"


def test_limits_hold_and_nothing_is_trained_past_delivery(ada: Person, champion: str) -> None:
    ada.adds("a", to="Deployment")
    for stage in ("Deployment", "Monitoring"):
        with pytest.raises(RuleRefused):
            ada.service.retraining.retrain(champion, stage_id=ada.stage(stage).id)
    assert health(ada, champion) == ""


def test_further_alerts_join_the_open_card(ada: Person, champion: str) -> None:
    alert(ada, champion)
    retrain = ada.service.retraining.retrain(champion).cards[0].ref
    for value in (0.4, 0.4):
        done = alert(ada, champion, f"psi={value}")
        assert done.message.endswith(f"retraining; noted on {retrain}.")
    alert(ada, champion, "psi=0.1")
    assert len(notes(ada, retrain)) == 3, "what is within is no alert"
    again = ada.service.retraining.retrain(champion)
    assert again.message == f"{champion} is being retrained already: {retrain}."
    assert not again.changed
    assert len(ada.boards.snapshot(ada.board_id).faces) == 2
    ada.undoes()
    ada.undoes()
    assert len(notes(ada, retrain)) == 2, "the alert and its note are one action"


@pytest.mark.parametrize("way", ["move", "done"])
def test_a_shipped_one_supersedes_the_model(ada: Person, champion: str, way: str) -> None:
    retrain = ada.service.retraining.retrain(champion).cards[0].ref
    ada.moves(retrain, to="Training")
    if way == "move":
        ada.moves(retrain, to="Monitoring", override="so")
    else:
        ada.cards.finish([retrain], Outcome.SHIPPED, override="so")
    assert health(ada, champion) == "superseded"
    assert health(ada, retrain) == "ok"
    alert(ada, champion)
    assert health(ada, champion) == "superseded"
    with pytest.raises(RuleRefused, match="superseded"):
        ada.service.retraining.retrain(champion)
    ada.undoes()
    ada.undoes()
    assert (health(ada, champion), health(ada, retrain)) == ("retraining", "")


@pytest.mark.parametrize("way", ["abandoned", "learned", "archived", "discarded"])
def test_one_that_ends_otherwise_leaves_the_model_at_alert(
    ada: Person, champion: str, way: str
) -> None:
    retrain = ada.service.retraining.retrain(champion).cards[0].ref
    if way != "discarded":
        ada.moves(retrain, to="Training")
    if way == "archived":
        ada.cards.archive([retrain])
    else:
        ada.cards.finish([retrain], Outcome.LEARNED if way == "learned" else Outcome.ABANDONED)
    assert health(ada, champion) == "alert"
    ada.undoes()
    assert health(ada, champion) == "retraining"
    ada.redoes()
    assert health(ada, champion) == "alert"
    second = ada.service.retraining.retrain(champion).cards[0].ref
    assert second != retrain
    assert health(ada, champion) == "retraining"


def test_one_that_comes_back_is_a_retraining_again(ada: Person, champion: str) -> None:
    retrain = ada.service.retraining.retrain(champion).cards[0].ref
    ada.moves(retrain, to="Monitoring", override="so")
    ada.moves(retrain, to="Evaluation")
    assert (health(ada, champion), health(ada, retrain)) == ("retraining", "")
    ada.cards.archive([retrain])
    ada.cards.restore([retrain])
    assert health(ada, champion) == "retraining"


def test_what_is_out_of_use_stays_so(ada: Person, champion: str) -> None:
    retrain = ada.service.retraining.retrain(champion).cards[0].ref
    ada.service.retraining.judge([champion], Health.RETIRED)
    ada.moves(retrain, to="Monitoring", override="so")
    assert health(ada, champion) == "retired"
    with pytest.raises(RuleRefused, match="retired"):
        ada.service.retraining.retrain(champion)


def test_a_card_is_no_origin_of_itself(ada: Person) -> None:
    a, b, c = ada.adds("a", "b", "c")
    ada.cards.edit([b], add={"lineage": [f"ablation-of:{a}"]})
    ada.cards.edit([c], add={"lineage": [f"follow-up-of:{b}"]})
    with pytest.raises(
        RuleRefused, match=f"be a retrain of {c}: {c} comes from {b} comes from {a}"
    ):
        ada.cards.edit([a], add={"lineage": [f"retrain-of:{c}"]})
    with pytest.raises(RuleRefused, match="cannot be an ablation of itself"):
        ada.cards.edit([a], add={"lineage": [f"ablation-of:{a}"]})
    ada.cards.edit([b], {"parent": a})
    ada.cards.edit([c], {"parent": b})
    with pytest.raises(RuleRefused, match=f"{c} is part of {b} is part of {a}"):
        ada.cards.edit([a], {"parent": c})
    with pytest.raises(NotFound):
        ada.cards.edit([a], add={"lineage": ["retrain-of:g99"]})
    ada.cards.edit([b], remove={"lineage": [f"ablation-of:{a}"]})
    ada.cards.edit([a], add={"lineage": [f"retrain-of:{c}"]})
    assert ada.cards.get(a).lineage == (f"retrain-of:{c}",)
    ada.undoes()
    assert ada.cards.get(a).lineage == ()


def test_a_duplicate_of_its_origin_leaves_no_circle(ada: Person) -> None:
    a, b, c = ada.adds("a", "b", "c")
    ada.cards.edit([b], add={"lineage": [f"ablation-of:{a}", f"follow-up-of:{c}"]})
    ada.service.duplicates.merge(b, a)
    assert ada.cards.get(a).lineage == (f"follow-up-of:{c}",)


def test_the_text_of_a_card_says_health_and_lineage(ada: Person, champion: str) -> None:
    other = model(ada)
    documents = ada.service.documents
    text, since = documents.card_page(champion)
    asked = text.replace("health:\n", "health: watch\n").replace(
        "lineage: []\n", f"lineage: [ablation-of:{other}]\n"
    )
    documents.save_card(champion, asked, since)
    assert health(ada, champion) == "watch"
    assert ada.cards.get(champion).lineage == (f"ablation-of:{other}",)
    [idea] = ada.adds("An idea")
    text, since = documents.card_page(idea)
    with pytest.raises(RuleRefused, match="not in use"):
        documents.save_card(idea, text.replace("health:\n", "health: ok\n"), since)


def test_a_decision_on_the_old_model_is_not_overruled_later(ada: Person, champion: str) -> None:
    retrain = ada.service.retraining.retrain(champion).cards[0].ref
    ada.moves(retrain, to="Monitoring", override="so")
    ada.service.retraining.judge([champion, retrain], Health.WATCH)
    ada.cards.finish([retrain], Outcome.SHIPPED, "0.95", override="so")
    ada.cards.archive([retrain])
    assert (health(ada, champion), health(ada, retrain)) == ("watch", "watch")


def test_a_duplicate_passes_its_model_on(ada: Person, champion: str) -> None:
    retrain = ada.service.retraining.retrain(champion).cards[0].ref
    [other] = ada.adds("Fraud v2")
    ada.service.duplicates.merge(retrain, other)
    assert ada.cards.get(other).lineage == (f"retrain-of:{champion}",)
    assert health(ada, champion) == "retraining"
    ada.undoes()
    assert ada.cards.get(other).lineage == ()


def test_an_alert_that_was_undone_is_in_no_number(ada: Person, champion: str) -> None:
    def known() -> list[str]:
        return next(
            [judged.health for judged in card.healths]
            for card in ada.history.for_flow(ada.board)[1]
            if card.ref == champion
        )

    alert(ada, champion, "psi=0.1")
    alert(ada, champion)
    assert known() == ["ok", "alert"]
    ada.undoes()
    assert known() == ["ok"]
    ada.redoes()
    assert known() == ["ok", "alert"]
