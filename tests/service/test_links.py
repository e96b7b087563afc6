"""Runs that trackers tell of: joined to runs of ours, and news of them kept once."""

from dataclasses import replace

from mlkanban.core.instants import instant
from mlkanban.core.runs.judging import RunState
from mlkanban.core.runs.tracked import Tracked
from tests.service.machine import FINISHED, Machine
from tests.service.people import Person


def kinds(ada: Person, ref: str) -> list[str]:
    return [entry.event.kind for entry in ada.history.of_card(ref)]


def test_the_record_of_a_run_of_ours_is_shown_with_it_once_it_ended(
    ada: Person, box: Machine
) -> None:
    [ref] = ada.adds("focal loss", to="Training")
    box.starts(ref, "r1")
    tags = {"mlkanban.card": ref, "mlkanban.run": "r1"}
    one = Tracked("mlflow:a", says="RUNNING", metrics={"auc": 0.9}, tags=tags, where="/mlflow.db")
    one = replace(one, params={"lr": "0.1", "api_key": "sk-secret"})
    synced = ada.service.links.sync([one])
    assert (synced.linked, synced.unlinked) == ((), ()), "it waits for the end"
    box.ends(ref, "r1", FINISHED)
    stage = ada.where(ref)
    assert ada.service.links.sync([one]).linked == (("mlflow:a", ref),)
    [run] = ada.service.runs.of_card(ref)
    assert (run.id, run.state, run.exit, run.tracked) == ("r1", FINISHED, 0, "mlflow:a")
    assert dict(run.metrics) == {"auc": 0.9}
    assert dict(run.params) == {"lr": "0.1", "api_key": "***"}
    assert ada.where(ref) == stage
    before = kinds(ada, ref)
    assert ada.service.links.sync([one]).changed == ()
    assert kinds(ada, ref) == before


def test_news_of_a_linked_run_are_kept_once_and_leave_undo_alone(ada: Person) -> None:
    [ref] = ada.adds("focal loss")
    one = Tracked("optuna:s/1", says="RUNNING", started=instant(ada.clock()))
    ada.service.links.link(ref, one)
    ended = replace(one, says="COMPLETE", metrics={"value": 0.5, "nan": float("nan")})
    assert ada.service.links.sync([ended]).changed == ("optuna:s/1",)
    assert ada.service.links.sync([ended]).changed == ()
    [run] = ada.service.runs.of_card(ref)
    assert (run.state, run.says) == (RunState.TRACKED, "COMPLETE")
    assert dict(run.metrics) == {"value": 0.5}
    assert kinds(ada, ref)[-2:] == ["run.linked", "run.changed"]
    assert ada.service.runs.of_board(ada.board_id) == [(ref, run)]
    assert not ada.service.runs.may_start(ref, "").block_reason


def test_a_person_unlinking_takes_the_run_off(ada: Person) -> None:
    [ref] = ada.adds("focal loss")
    one = Tracked("mlflow:a", tags={"mlkanban.card": ref})
    ada.service.links.sync([one])
    ada.service.links.unlink(ref, "mlflow:a")
    assert ada.service.runs.of_card(ref) == []
    synced = ada.service.links.sync([one])
    assert (synced.linked, synced.unlinked) == ((), (one,))
    ada.undoing.undo(ada.board_id)
    assert [run.id for run in ada.service.runs.of_card(ref)] == ["mlflow:a"]


def test_a_record_heard_of_before_the_run_of_ours_is_joined_later(
    ada: Person, box: Machine
) -> None:
    [ref] = ada.adds("focal loss", to="Training")
    one = Tracked(
        "mlflow:a", metrics={"auc": 0.9}, tags={"mlkanban.card": ref, "mlkanban.run": "r1"}
    )
    assert ada.service.links.sync([one]).linked
    box.starts(ref, "r1")
    box.ends(ref, "r1", FINISHED)
    assert ada.service.links.sync([one]).changed == ("mlflow:a",)
    [run] = ada.service.runs.of_card(ref)
    assert (run.id, dict(run.metrics)) == ("r1", {"auc": 0.9})
    assert ada.service.links.sync([one]).changed == ()
