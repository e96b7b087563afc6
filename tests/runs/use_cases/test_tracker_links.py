"""Runs that trackers tell of: joined to runs of ours, and news of them kept once."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlkanban.core.timestamps import instant
from mlkanban.errors import RuleRefused
from mlkanban.runs.model.state import RunState
from mlkanban.runs.model.tracker_run import Tracked
from tests.service.exchanging import meet
from tests.service.machine import FINISHED, Machine
from tests.service.people import Clock, Person


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
    assert (synced.linked, tuple(synced.inbox.unlinked)) == ((), ()), "it waits for the end"
    assert synced.inbox.waiting == [one]
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
    one = Tracked("mlflow:a", tags={"mlkanban.card": ada.service.runs.label(ref)})
    ada.service.links.sync([one])
    ada.service.links.unlink(ref, "mlflow:a")
    assert ada.service.runs.of_card(ref) == []
    synced = ada.service.links.sync([one])
    assert (synced.linked, tuple(synced.inbox.unlinked)) == ((), (one,))
    ada.undoing.undo(ada.board_id)
    assert [run.id for run in ada.service.runs.of_card(ref)] == ["mlflow:a"]


def test_a_record_heard_of_before_the_run_of_ours_is_joined_later(
    ada: Person, box: Machine
) -> None:
    [ref] = ada.adds("focal loss", to="Training")
    tags = {"mlkanban.card": ada.service.runs.label(ref), "mlkanban.run": "r1"}
    one = Tracked("mlflow:a", metrics={"auc": 0.9}, tags=tags)
    assert ada.service.links.sync([one]).linked
    box.starts(ref, "r1")
    box.ends(ref, "r1", FINISHED)
    assert ada.service.links.sync([one]).changed == ("mlflow:a",)
    [run] = ada.service.runs.of_card(ref)
    assert (run.id, dict(run.metrics)) == ("r1", {"auc": 0.9})
    assert ada.service.links.sync([one]).changed == ()


def test_a_trial_linked_by_its_short_name_stays_linked_to_that_file(ada: Person) -> None:
    [ref, other] = ada.adds("focal loss", "another")
    short = Tracked("optuna:s/1", says="RUNNING", where="/a.db")
    ada.service.links.link(ref, short)
    one = replace(short, ref="optuna:s/1@0123abcd", says="COMPLETE")
    synced = ada.service.links.sync([one])
    assert (synced.changed, tuple(synced.inbox.unlinked)) == (("optuna:s/1",), ())
    assert [run.says for run in ada.service.runs.of_card(ref)] == ["COMPLETE"]
    with pytest.raises(RuleRefused, match="already"):
        ada.service.links.link(other, one)
    elsewhere = replace(one, ref="optuna:s/1@4567abcd", where="/b.db")
    assert ada.service.links.sync([elsewhere]).inbox.unlinked == [elsewhere]
    ada.service.links.link(other, elsewhere)
    ada.service.links.unlink(other, "optuna:s/1")
    tagged = replace(elsewhere, tags={"mlkanban.card": ada.service.runs.label(other)})
    assert ada.service.links.sync([tagged]).inbox.unlinked == [tagged]
    ada.service.links.unlink(ref, "optuna:s/1")
    tagged = replace(one, tags={"mlkanban.card": ada.service.runs.label(ref)})
    assert ada.service.links.sync([tagged]).inbox.unlinked == [tagged]


def test_what_one_machine_ignores_another_does_not_list(ada: Person, tmp_path: Path) -> None:
    bob = Person(tmp_path / "bob", "bob", Clock())
    place = tmp_path / "between"
    place.mkdir()
    one = Tracked("mlflow:a", experiment="focal: loss", where="/m.db")
    ada.service.links.ignore(ada.board_id, one, all_of_it=True)
    meet(place, ada, bob)
    later = replace(one, ref="mlflow:b")
    assert bob.service.links.sync([one, later]).inbox.ignored == [one, later]
    bob.service.links.heed([later])
    meet(place, ada, bob)
    assert ada.service.links.sync([one, later]).inbox.unlinked == [one, later]
    bob.service.close()


def test_several_runs_inside_one_are_rows_below_it_and_written_once(
    ada: Person, box: Machine
) -> None:
    [ref] = ada.adds("focal loss", to="Training", metric={"name": "auc", "target": 0.9})
    box.starts(ref, "r1")
    box.ends(ref, "r1", FINISHED)
    tags = {"mlkanban.card": ada.service.runs.label(ref), "mlkanban.run": "r1"}
    seeds = [
        Tracked(f"mlflow:{n}", metrics={"auc": 0.91 + n / 100}, tags=tags, where="/mlflow.db")
        for n in range(2)
    ]
    assert len(ada.service.links.sync(seeds).linked) == 2
    runs = ada.service.runs.of_card(ref)
    assert [(run.id, run.parent, dict(run.metrics)) for run in runs] == [
        ("r1", "", {}),
        ("mlflow:1", "r1", {"auc": 0.92}),
        ("mlflow:0", "r1", {"auc": 0.91}),
    ]
    assert {run.gpus for run in runs[1:]} == {0}, "the run they were started in uses them"
    before = kinds(ada, ref)
    for told in (seeds, seeds[::-1], seeds[:1], seeds[1:]):
        synced = ada.service.links.sync(told)
        assert (synced.linked, synced.changed) == ((), ())
    assert kinds(ada, ref) == before
    found = ada.service.runs.results(ref)
    assert found is not None
    assert found.values == (0.91, 0.92)


def test_the_parent_of_nested_runs_is_the_record_and_counts_for_them(
    ada: Person, box: Machine
) -> None:
    [ref] = ada.adds("focal loss", to="Training", metric={"name": "auc"})
    box.starts(ref, "r1")
    box.ends(ref, "r1", FINISHED)
    tags = {"mlkanban.card": ada.service.runs.label(ref), "mlkanban.run": "r1"}
    top = Tracked("mlflow:p", metrics={"auc": 0.95}, tags=tags)
    below = [
        replace(top, ref=f"mlflow:{n}", tags={**tags, "mlflow.parentRunId": "p"}) for n in "ab"
    ]
    other = Tracked("wandb:20260320_100000-x", metrics={"auc": 0.95}, tags=tags)
    ada.service.links.sync([below[0], top, below[1], other])
    runs = {run.id: run for run in ada.service.runs.of_card(ref)}
    assert (runs["r1"].tracked, dict(runs["r1"].metrics)) == ("mlflow:p", {"auc": 0.95})
    assert [run.parent for name, run in runs.items() if name != "r1"] == ["r1"] * 3
    found = ada.service.runs.results(ref)
    assert found is not None
    assert found.values == (0.95,), "one job, one result"
    assert ada.service.links.sync([other, *below, top]).changed == ()


def test_trials_are_in_the_order_of_their_numbers(ada: Person) -> None:
    [ref] = ada.adds("search")
    for number in (9, 10, 2, 100):
        ada.service.links.link(ref, Tracked(f"optuna:s/{number}@0123abcd"))
    names = [run.id.partition("@")[0] for run in ada.service.runs.of_card(ref)]
    assert names == ["optuna:s/100", "optuna:s/10", "optuna:s/9", "optuna:s/2"]
    assert [run.id.partition("@")[0] for _, run in ada.service.runs.of_board(ada.board_id)] == names


def _trials(many: int, card: str = "") -> list[Tracked]:
    return [
        replace(
            Tracked(
                f"optuna:lr search/{n}@0123abcd", name=f"lr search {n}", experiment="lr search",
                says="COMPLETE", metrics={"auc": 0.9 + n / 10_000}, params={"lr": f"{n}e-5"},
                started=f"2026-03-01T09:{n // 60:02}:{n % 60:02}.000000Z", where="/o.db",
            ),
            tags={"mlkanban.card": card} if card else {},
        )
        for n in range(many)
    ]  # fmt: skip


def test_runs_of_an_experiment_are_written_in_one_event_and_only_once(ada: Person) -> None:
    [ref] = ada.adds("search", metric={"name": "auc", "target": 0.95})
    trials = _trials(40, ada.service.runs.label(ref))
    assert len(ada.service.links.sync(trials).linked) == 40
    assert kinds(ada, ref) == ["card.created", "run.linked"]
    assert len(ada.service.runs.of_card(ref)) == 40
    metric = ada.service.runs.metric(ref)
    assert metric is not None
    assert metric["value"] == 0.9039, "that of the newest"
    for again in (trials, trials[::-1]):
        synced = ada.service.links.sync(again)
        assert (synced.linked, synced.changed) == ((), ())
    assert kinds(ada, ref) == ["card.created", "run.linked"]
    better = [replace(one, metrics={"auc": 0.99}) for one in trials[:2]]
    assert ada.service.links.sync([*better, *trials[2:]]).changed == (trials[0].ref, trials[1].ref)
    assert kinds(ada, ref)[2:] == ["run.changed"]


def test_later_runs_of_a_linked_experiment_come_by_themselves(ada: Person) -> None:
    [ref, other] = ada.adds("search", "another")
    trials = _trials(6)
    ada.service.links.link(other, trials[0])
    done = ada.service.links.link_experiment(ref, trials[:4])
    assert "3 runs now" in done.message
    assert "1 run of it stays with another card" in done.message
    elsewhere = replace(trials[0], ref="optuna:lr search/0@ffffffff", where="/other.db")
    synced = ada.service.links.sync([*trials, elsewhere])
    assert synced.linked == ((trials[4].ref, ref), (trials[5].ref, ref))
    assert synced.inbox.unlinked == [elsewhere], "an experiment of another file"
    with pytest.raises(RuleRefused, match=r"linked to .* already"):
        ada.service.links.link_experiment(other, trials)
    ada.service.links.unlink(ref, trials[1].ref)
    assert ada.service.links.sync(trials).inbox.unlinked == [trials[1]], "a person took it off"


def test_an_experiment_is_unlinked_with_its_runs_and_that_is_undone_at_once(ada: Person) -> None:
    [ref] = ada.adds("search")
    trials = _trials(3)
    ada.service.links.link_experiment(ref, trials)
    ada.service.links.unlink(ref, "optuna:lr search")
    assert ada.service.runs.of_card(ref) == []
    later = _trials(4)
    assert ada.service.links.sync(later).inbox.unlinked == later
    ada.undoes()
    assert len(ada.service.runs.of_card(ref)) == 3
    assert ada.service.links.sync(later).linked == ((later[3].ref, ref),)


def test_nested_runs_come_with_the_run_that_is_linked(ada: Person) -> None:
    [ref] = ada.adds("search")
    parent = Tracked("mlflow:p", experiment="Default", where="/m.db")
    children = [
        replace(parent, ref=f"mlflow:{n}", tags={"mlflow.parentRunId": "p"}) for n in range(3)
    ]
    below = replace(parent, ref="mlflow:x", tags={"mlflow.parentRunId": "1"})
    beside = replace(parent, ref="mlflow:q")
    ada.service.links.link(ref, parent)
    synced = ada.service.links.sync([parent, *children, below, beside])
    assert [run for run, _ in synced.linked] == ["mlflow:0", "mlflow:1", "mlflow:2", "mlflow:x"]
    assert synced.inbox.unlinked == [beside]
    runs = {run.id: run.parent for run in ada.service.runs.of_card(ref)}
    assert runs["mlflow:1"] == "mlflow:p"
    assert runs["mlflow:x"] == "mlflow:1"


def test_runs_tagged_with_a_card_of_another_store_are_counted_and_not_asked_about(
    ada: Person,
) -> None:
    [ref] = ada.adds("focal loss")
    label = str(ada.service.runs.label(ref))
    other = Tracked("mlflow:a", tags={"mlkanban.card": "01234567:v1"}, where="/m")
    here = Tracked("mlflow:b", tags={"mlkanban.card": label}, where="/m")
    gone = Tracked(
        "mlflow:c", tags={"mlkanban.card": f"{label.partition(':')[0]}:v999"}, where="/m"
    )
    bare = Tracked("mlflow:d", tags={"mlkanban.card": "v999"}, where="/m")
    synced = ada.service.links.sync([other, here, gone, bare])
    assert synced.linked == (("mlflow:b", ref),)
    assert synced.inbox.of_other_stores == [other]
    assert synced.inbox.unlinked == [gone, bare]
    ada.service.links.link(ref, other)
    assert ada.service.links.sync([other]).inbox.of_other_stores == []


def test_what_a_person_links_is_below_the_run_in_which_it_was_written(
    ada: Person, box: Machine
) -> None:
    [ref] = ada.adds("focal loss", to="Training")
    box.starts(ref, "r1")
    box.ends(ref, "r1", FINISHED)
    one, two = (
        Tracked(f"tensorboard:/w/runs/{name}", name=name, metrics={"auc": value}, within="r1",
                where="/w/runs", within_card=ref, beside=True)
        for name, value in (("a", 0.8), ("b", 0.9))
    )  # fmt: skip
    assert ada.service.links.sync([one, two]).inbox.unlinked == [one, two], "nobody said so yet"
    for run in (one, two):
        ada.service.links.link(ref, run)
    own, *below = sorted(ada.service.runs.of_card(ref), key=lambda run: run.id)
    assert (own.id, own.tracked, dict(own.metrics)) == ("r1", "", {})
    assert [(run.id, run.parent) for run in below] == [(one.ref, "r1"), (two.ref, "r1")]
    unknown = [replace(run, within="", within_card="") for run in (one, two)]
    assert ada.service.links.sync(unknown).changed == (), "as where another machine reads them"


def test_the_only_one_that_was_written_in_a_run_is_its_record(ada: Person, box: Machine) -> None:
    [ref] = ada.adds("focal loss", to="Training")
    box.starts(ref, "r1")
    box.ends(ref, "r1", FINISHED)
    only = Tracked("tensorboard:/w/runs/a", metrics={"auc": 0.8}, within="r1", within_card=ref)
    ada.service.links.link(ref, only)
    [own] = ada.service.runs.of_card(ref)
    assert (own.id, own.tracked, dict(own.metrics)) == ("r1", only.ref, {"auc": 0.8})


def test_the_inbox_knows_what_cards_are_for_and_when_linked_runs_ended(ada: Person) -> None:
    [ref] = ada.adds("focal loss")
    ada.service.cards.edit([ref], {"metric": {"name": "val_auc", "direction": ">=", "target": 0.9}})
    assert ada.service.links.inbox([]).metrics == {"val_auc"}
    ended = Tracked("mlflow:a", ended="2026-03-01T10:00:00Z", where="/m")
    ada.service.links.link(ref, ended)
    ada.service.links.link(ref, Tracked("mlflow:b", where="/m"))
    assert ada.service.links.ended() == {"mlflow:a": datetime(2026, 3, 1, 10, tzinfo=UTC)}
