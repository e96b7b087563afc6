"""Models in use: released, put into use, rolled back, looked at again; on two machines, too."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from mlkanban.core.board import CardFace, Health, Outcome
from mlkanban.core.model_versions import VersionName
from mlkanban.core.timestamps import instant
from mlkanban.errors import GateClosed, NotFound, RuleRefused, UsageProblem
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState
from mlkanban.runs.use_cases.card_runs import RunReport
from mlkanban.service.report import ReportRequest
from tests.service.exchanging import meet, shown
from tests.service.people import Person
from tests.service.test_retraining import health, notes

METRIC = {"name": "auc", "direction": ">=", "target": 0.9, "noise": 0.01, "value": 0.93}


def version(ada: Person, title: str, number: str, **fields: Any) -> str:
    """A card that is delivered as a version of the model fraud."""
    [ref] = ada.adds(title, to="Training", tags=["fraud"], type="model", metric=METRIC, **fields)
    use = VersionName("fraud", number, "risk team")
    ada.cards.finish([ref], Outcome.SHIPPED, use=use)
    return ref


@pytest.fixture
def champion(ada: Person) -> str:
    return version(ada, "Fraud boosted", "2")


def names(ada: Person) -> list[str]:
    return [one.version.name for one in ada.service.models.all(ada.board)]


def roll_back(ada: Person, name: str = "fraud", reason: str = "false alarms doubled"):
    return ada.service.models.roll_back(ada.board, name, reason)


# In use


def test_a_delivered_card_is_in_use_as_it_is_named(ada: Person, champion: str) -> None:
    card = ada.cards.get(champion)
    assert (card.model, card.version, card.owner, card.health) == (
        "fraud", "2", "risk team", Health.OK,
    )  # fmt: skip
    assert names(ada) == ["fraud 2"]
    ada.undoes()
    assert names(ada) == []
    assert ada.where(champion) == "Training", "one action delivers and names it"


def test_the_version_before_is_superseded(ada: Person, champion: str) -> None:
    newer = version(ada, "Fraud transformer", "3")
    assert (health(ada, champion), health(ada, newer)) == ("superseded", "ok")
    assert names(ada) == ["fraud 3"]
    ada.undoes()
    assert health(ada, champion) == "ok"
    ada.redoes()
    assert (health(ada, champion), health(ada, newer)) == ("superseded", "ok")


def test_an_older_delivery_that_is_named_later_supersedes_nothing(ada: Person) -> None:
    [old] = ada.adds("Fraud rules", to="Training")
    ada.moves(old, to="Monitoring")
    newer = version(ada, "Fraud boosted", "2")
    done = ada.service.models.use(old, VersionName("fraud", "1"))
    assert done.message == f"{old} was in use as fraud 1; it is superseded."
    assert (health(ada, old), health(ada, newer)) == ("superseded", "ok")


def test_a_version_is_one_card(ada: Person, champion: str) -> None:
    [ref] = ada.adds("Another", to="Training")
    with pytest.raises(RuleRefused, match=f"Fraud 2 is {champion} already"):
        ada.cards.finish([ref], Outcome.SHIPPED, use=VersionName("Fraud", "2"))
    assert ada.where(ref) == "Training", "nothing was written"
    with pytest.raises(RuleRefused, match="not shipped"):
        ada.service.models.use(ref, VersionName("fraud", "3"))


def test_the_next_version_is_proposed(ada: Person, champion: str) -> None:
    [ref] = ada.adds("Fraud transformer", to="Training", tags=["fraud"], metric=METRIC)
    ada.moves(ref, to="Monitoring")
    assert ada.service.models.proposal(ref) == VersionName("fraud", "3", "risk team")
    [other] = ada.adds("Churn in the campaign", to="Training", tags=["churn"])
    ada.moves(other, to="Monitoring")
    assert ada.service.models.proposal(other) == VersionName("churn", "1", "ada")


# Release


def test_a_release_carries_what_was_found(ada: Person, champion: str) -> None:
    [found] = ada.adds(
        "Transformer", to="Training", tags=["fraud"], dataset="payments/seq-50",
        metric=METRIC | {"value": 0.95, "baseline": 0.5}, guards="p95_ms<=50 p95_ms=41",
    )  # fmt: skip
    done = ada.service.models.release(found)
    made = done.cards[-1]
    assert done.message == f"{made.ref} releases {found}, in Ideas."
    assert made.title == "Release Transformer"
    assert made.lineage == (f"release-of:{found}",)
    assert (made.tags, made.dataset) == (("fraud",), "payments/seq-50")
    assert made.metric is not None
    assert (made.metric.value, made.metric.baseline) == (0.95, 0.93), "the model in use"
    assert [str(guard) for guard in made.guards] == ["p95_ms 41/<=50"]
    assert len(made.checklist) == 10
    assert (made.model, made.version, made.owner) == ("fraud", "3", "risk team")
    again = ada.service.models.release(found)
    assert not again.changed
    assert again.message == f"{found} has an open release: {made.ref}."
    ada.undoes()
    with pytest.raises(NotFound):
        ada.cards.get(made.ref)


def test_gates_of_a_release_hold(ada: Person, champion: str) -> None:
    [found] = ada.adds("Transformer", to="Training")
    made = ada.service.models.release(found).cards[-1].ref
    with pytest.raises(GateClosed):
        ada.cards.finish([made], Outcome.SHIPPED)
    ada.cards.finish([made], Outcome.SHIPPED, override="the board agreed")
    assert ada.cards.get(made).outcome == Outcome.SHIPPED


def test_a_delivered_release_supersedes_the_model_in_use(ada: Person, champion: str) -> None:
    [found] = ada.adds("Transformer", to="Training", tags=["fraud"], metric=METRIC)
    made = ada.service.models.release(found).cards[-1].ref
    ada.cards.finish([made], Outcome.SHIPPED, override="the board agreed")
    assert (health(ada, champion), health(ada, made)) == ("superseded", "ok")
    record = ada.service.models.record(ada.board, "fraud")
    assert [one.name for one in record.versions] == ["fraud 3", "fraud 2"]
    [waiver] = record.versions[0].life.waivers
    assert (waiver.actor, waiver.reason, len(waiver.passed)) == ("ada", "the board agreed", 10)


def test_what_came_to_nothing_is_not_released(ada: Person) -> None:
    [ref] = ada.adds("Transformer", to="Training")
    ada.cards.finish([ref], Outcome.ABANDONED)
    with pytest.raises(RuleRefused, match="abandoned: there is nothing to release"):
        ada.service.models.release(ref)


def test_a_retrain_card_has_the_gates_of_a_release(ada: Person, champion: str) -> None:
    made = ada.service.retraining.retrain(champion).cards[0]
    assert len(made.checklist) == 10
    assert (made.model, made.version, made.owner) == ("fraud", "3", "risk team")


# Roll back


def test_the_version_before_is_in_use_again(ada: Person, champion: str) -> None:
    failed = version(ada, "Fraud transformer", "3")
    ada.service.retraining.record_readings(failed, ["psi=0.31"], "0.2")
    done = roll_back(ada)
    asks = done.cards[-1]
    assert done.message == (
        f"fraud 3 ({failed}) is rolled back: fraud 2 ({champion}) is in use again."
        f" {asks.ref} asks why."
    )
    assert (health(ada, champion), health(ada, failed)) == ("ok", "rolled-back")
    assert asks.title == "Why fraud 3 failed"
    assert asks.lineage == (f"follow-up-of:{failed}",)
    assert notes(ada, asks.ref) == [
        "Rolled back: false alarms doubled\nAlert: psi 0.31, alert at >0.2"
    ]
    record = ada.service.models.record(ada.board, "fraud")
    assert record.in_use is not None
    assert record.in_use.version.name == "fraud 2"
    back = record.versions[0].life.rolled_back
    assert back is not None
    assert (back.actor, back.reason) == ("ada", "false alarms doubled")
    assert len(record.versions[1].life.spans) == 2, "it was in use, and is again"


def test_a_rollback_is_undone_and_done_again_as_one(ada: Person, champion: str) -> None:
    failed = version(ada, "Fraud transformer", "3")
    before = ada.state()
    asks = roll_back(ada).cards[-1].ref
    assert ada.undoes() == f"Undone: the rollback of {failed}, with {champion}, {asks}."
    assert ada.state() == before
    record = ada.service.models.record(ada.board, "fraud")
    assert record.versions[0].life.rolled_back is None
    assert ada.redoes() == f"Done again: the rollback of {failed}, with {champion}, {asks}."
    assert names(ada) == ["fraud 2"]
    assert ada.cards.get(asks).title == "Why fraud 3 failed"


def test_an_archived_version_comes_back_by_a_rollback(ada: Person, champion: str) -> None:
    version(ada, "Fraud transformer", "3")
    ada.cards.archive([champion])
    roll_back(ada)
    card = ada.cards.get(champion)
    assert (card.archived, card.health) == (False, Health.OK)


def test_a_second_rollback_makes_no_second_card_while_one_is_open(
    ada: Person, champion: str
) -> None:
    failed = version(ada, "Fraud transformer", "3")
    asks = roll_back(ada).cards[-1].ref
    ada.service.retraining.judge([failed], Health.OK)
    ada.service.retraining.judge([champion], Health.SUPERSEDED)
    assert roll_back(ada, reason="again").cards[-1].ref == asks
    assert notes(ada, asks) == ["Rolled back: false alarms doubled", "Rolled back: again"]
    assert len(ada.service.models.record(ada.board, "fraud").versions[0].life.rollbacks) == 2


def test_versions_that_failed_are_passed_over(ada: Person, champion: str) -> None:
    version(ada, "Fraud transformer", "3")
    roll_back(ada)
    version(ada, "Fraud two towers", "4")
    roll_back(ada)
    assert names(ada) == ["fraud 2"]
    with pytest.raises(RuleRefused, match="no version before fraud 2"):
        roll_back(ada)


def test_a_rollback_never_goes_forward(ada: Person, champion: str) -> None:
    newer = version(ada, "Fraud transformer", "3")
    ada.service.retraining.judge([newer], Health.SUPERSEDED)
    ada.service.retraining.judge([champion], Health.OK)
    with pytest.raises(RuleRefused, match="no version before fraud 2"):
        roll_back(ada)
    assert (health(ada, champion), health(ada, newer)) == ("ok", "superseded")


def test_a_rollback_needs_a_model_in_use_and_a_reason(ada: Person, champion: str) -> None:
    version(ada, "Fraud transformer", "3")
    with pytest.raises(UsageProblem, match="reason"):
        roll_back(ada, reason="  ")
    with pytest.raises(NotFound, match="no model 'churn'"):
        roll_back(ada, "churn")
    with pytest.raises(RuleRefused, match="superseded"):
        roll_back(ada, "fraud 2")
    assert names(ada) == ["fraud 3"]


def test_a_rolled_back_model_is_not_retrained(ada: Person, champion: str) -> None:
    failed = version(ada, "Fraud transformer", "3")
    roll_back(ada)
    with pytest.raises(RuleRefused, match="rolled-back"):
        ada.service.retraining.retrain(failed)
    ada.service.retraining.record_readings(failed, ["psi=0.5"], "0.2")
    assert health(ada, failed) == "rolled-back"


# Looking again, and silence


def test_a_model_is_looked_at_again_after_90_days(ada: Person, champion: str) -> None:
    [one] = ada.service.models.all(ada.board)
    delivered = ada.clock.now.date()
    assert one.look.day == delivered + timedelta(90)
    assert not one.look_due
    ada.clock.now += timedelta(90)
    [one] = ada.service.models.all(ada.board)
    assert one.look_due
    queue = ada.service.triage.queue(ada.board)
    assert [(item.ref, item.why) for item in queue.items] == [
        (champion, f"look again at fraud 2: due since {one.look.day}; keep, retrain or retire?")
    ]
    ada.service.models.keep(champion)
    assert ada.service.triage.queue(ada.board).items == []
    [one] = ada.service.models.all(ada.board)
    assert one.look.day == ada.clock.now.date() + timedelta(90)


def test_a_scheduled_retraining_is_a_look_to_retrain(ada: Person, champion: str) -> None:
    done = ada.service.models.look_again(ada.board, "fraud", "every 4w retrain")
    day = ada.clock.now.date() + timedelta(28)
    assert done.message == f"{champion}: look again {day} every 28d, to retrain it."
    ada.clock.now += timedelta(28)
    [item] = ada.service.triage.queue(ada.board).items
    assert item.why == f"retrain fraud 2: due since {day}; retrain, keep or retire?"
    ada.service.models.keep(champion)
    look = ada.cards.get(champion).look_again
    assert look is not None
    assert str(look) == f"{day + timedelta(28)} every 28d retrain"


@pytest.mark.parametrize(
    ("word", "then"), [("keep", "ok"), ("retrain", "retraining"), ("retire", "retired")]
)
def test_a_review_asks_about_models_whose_day_has_come(
    ada: Person, champion: str, word: str, then: str
) -> None:
    reviews, key = ada.service.reviews, f"models:{champion}"
    assert key not in [topic.key for topic in reviews.agenda(ada.board).left]
    ada.clock.now += timedelta(91)
    [topic] = [topic for topic in reviews.agenda(ada.board).left if topic.key == key]
    assert topic.text.startswith("look again at fraud 2: due since")
    reviews.answer(ada.board, key, word)
    assert health(ada, champion) == then
    assert key not in [topic.key for topic in reviews.agenda(ada.board).left]
    looks = ada.service.models.all(ada.board)
    assert word == "retrain" or not any(one.look_due for one in looks)


@pytest.mark.parametrize("when", ["yesterday", "2026-01-01", "every 0d", "every 99999d"])
def test_a_look_lies_ahead(ada: Person, champion: str, when: str) -> None:
    with pytest.raises(UsageProblem):
        ada.service.models.look_again(ada.board, "fraud", when)
    assert ada.cards.get(champion).look_again is None


def told_daily(ada: Person, ref: str, days: int) -> None:
    for _ in range(days):
        ada.clock.now += timedelta(days=1)
        ada.service.retraining.record_readings(ref, ["psi=0.1"], "0.2")


def test_a_metric_that_is_told_no_more_is_silent(ada: Person, champion: str) -> None:
    told_daily(ada, champion, 3)
    ada.clock.now += timedelta(days=30)
    assert ada.service.models.all(ada.board)[0].silence is None, "three readings are too few"
    told_daily(ada, champion, 2)
    ada.clock.now += timedelta(days=2)
    assert ada.service.models.all(ada.board)[0].silence is None
    ada.clock.now += timedelta(days=2)
    [one] = ada.service.models.all(ada.board)
    assert one.silence is not None
    assert one.silence.metric == "psi"
    assert one.silence.usual == timedelta(days=1)
    [item] = ada.service.triage.queue(ada.board).items
    assert item.why == "SILENT: no reading of psi for 4 d, usually one every 1 d"
    told_daily(ada, champion, 1)
    assert ada.service.models.all(ada.board)[0].silence is None


def test_readings_that_were_tried_at_once_make_no_silence(ada: Person, champion: str) -> None:
    for _ in range(6):
        ada.service.retraining.record_readings(champion, ["psi=0.1"], "0.2")
    ada.clock.now += timedelta(hours=5)
    assert ada.service.models.all(ada.board)[0].silence is None


def test_readings_tried_at_once_are_one_of_the_gaps(ada: Person, champion: str) -> None:
    """Five in a row, then one a week: a week is usual."""
    for _ in range(5):
        ada.service.retraining.record_readings(champion, ["psi=0.1"], "0.2")
    for _ in range(3):
        ada.clock.now += timedelta(days=7)
        ada.service.retraining.record_readings(champion, ["psi=0.1"], "0.2")
    ada.clock.now += timedelta(days=21)
    assert ada.service.models.all(ada.board)[0].silence is None
    ada.clock.now += timedelta(days=1)
    [one] = ada.service.models.all(ada.board)
    assert one.silence is not None
    assert one.silence.usual == timedelta(days=7)


def test_a_weekend_is_no_silence(ada: Person, champion: str) -> None:
    """From Monday to Friday one a day: on Monday nothing is missing before the day is over."""
    told_daily(ada, champion, 5)
    ada.clock.now += timedelta(days=3, hours=2)
    assert ada.service.models.all(ada.board)[0].silence is None


def test_a_version_that_came_back_is_heard_and_looked_at_from_then_on(
    ada: Person, champion: str
) -> None:
    told_daily(ada, champion, 5)
    ada.clock.now += timedelta(days=1)
    version(ada, "Fraud transformer", "3")
    ada.clock.now += timedelta(days=100)
    roll_back(ada)
    [one] = ada.service.models.all(ada.board)
    assert (one.version.name, one.silence) == ("fraud 2", None), "it could not be read before"
    assert not one.look_due
    assert champion not in [item.ref for item in ada.service.triage.queue(ada.board).items]
    ada.clock.now += timedelta(days=4)
    [one] = ada.service.models.all(ada.board)
    assert one.silence is not None


# Two machines


def both(two: tuple[Person, Person], place: Path) -> tuple[Person, Person, str, str]:
    ada, bob = two
    old, new = version(ada, "Fraud boosted", "2"), version(ada, "Fraud transformer", "3")
    meet(place, ada, bob)
    return ada, bob, old, new


def test_both_roll_back(two: tuple[Person, Person], place: Path) -> None:
    ada, bob, old, new = both(two, place)
    roll_back(ada)
    roll_back(bob, reason="too slow")
    meet(place, ada, bob)
    assert shown(ada) == shown(bob)
    for person in (ada, bob):
        assert (health(person, old), health(person, new)) == ("ok", "rolled-back")
        assert person.boards.snapshot(person.board_id).conflicts == 0
        newest = person.service.models.record(person.board, "fraud").versions[0]
        reasons = {back.reason for back in newest.life.rollbacks}
        assert reasons == {"false alarms doubled", "too slow"}
        assert len(newest.asks) == 2, "two cards ask the same"


def test_a_rollback_apart_from_a_delivery_puts_no_failed_version_back(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob, old, failed = both(two, place)
    roll_back(ada)
    bob.clock.now += timedelta(hours=1)
    version(bob, "Fraud two towers", "4")
    meet(place, ada, bob)
    assert shown(ada) == shown(bob)
    later = ada.service.models.ref_of(ada.board, "fraud 4")  # a merge may have renamed it
    assert sorted(names(ada)) == ["fraud 2", "fraud 4"]
    [why] = [item.why for item in ada.service.triage.queue(ada.board).items if item.ref == old]
    assert why == f"fraud 2 is in use beside fraud 4 ({later}): which one stays?"
    done = roll_back(ada, reason="too slow")
    assert f"fraud 4 ({later}) is rolled back: fraud 2 ({old}) is in use again." in done.message
    assert names(ada) == ["fraud 2"]
    assert health(ada, failed) in ("superseded", "rolled-back")


def test_a_reading_apart_from_a_rollback_makes_no_failed_version_fit(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob, _, failed = both(two, place)
    roll_back(ada)
    bob.clock.now += timedelta(hours=1)
    bob.service.retraining.record_readings(failed, ["psi=0.31"], "0.2")
    meet(place, ada, bob)
    later = version(ada, "Fraud two towers", "4")
    assert names(ada) == ["fraud 4"]
    roll_back(ada, reason="too slow")
    assert names(ada) == ["fraud 2"]
    assert health(ada, later) == "rolled-back"
    bob.service.retraining.judge([failed], Health.OK)
    meet(place, ada, bob)
    version(ada, "Fraud five", "5")
    roll_back(ada, reason="worse")
    assert names(ada) == ["fraud 3"], "a person judged that one fit for use"


def test_both_release_one_card(two: tuple[Person, Person], place: Path) -> None:
    ada, bob, old, new = both(two, place)
    [found] = ada.adds("Two towers", to="Training")
    meet(place, ada, bob)
    made = {person.service.models.release(found).cards[-1].id for person in (ada, bob)}
    meet(place, ada, bob)
    # The merge renames one of them where both machines name cards alike.
    first, second = (f.ref for f in ada.boards.snapshot(ada.board_id).faces if f.id in made)
    assert shown(ada) == shown(bob)
    assert ada.service.models.release(found).cards[0].ref in (first, second)
    for person, ref in ((ada, first), (bob, second)):
        use = VersionName("fraud", "4")
        person.cards.finish([ref], Outcome.SHIPPED, override="so", use=use)
    meet(place, ada, bob)
    assert shown(ada) == shown(bob)
    for person in (ada, bob):
        models = person.service.models.all(person.board)
        assert [one.version.name for one in models] == ["fraud 4", "fraud 4"], "both are said"
        assert sorted(one.others[0] for one in models) == sorted((first, second))
        assert (health(person, new), health(person, old)) == ("superseded", "superseded")


def test_one_rolls_back_and_the_other_retires(two: tuple[Person, Person], place: Path) -> None:
    ada, bob, _, new = both(two, place)
    roll_back(ada)
    bob.service.retraining.judge([new], Health.RETIRED)
    meet(place, ada, bob)
    assert shown(ada) == shown(bob)
    assert ada.boards.snapshot(ada.board_id).conflicts == 1, "the other word is kept"


def test_history_reads_a_day(ada: Person, champion: str) -> None:
    assert ada.service.models.record(ada.board, champion).model == "fraud"
    assert ada.service.models.record(ada.board, "FRAUD 2").versions[0].face.ref == champion
    assert isinstance(ada.service.models.all(ada.board)[0].look.day, date)


def reported(ada: Person, ref: str, *values: tuple[int, float]) -> None:
    """Runs of a card, each with another seed: a learning rate and what it reached."""
    for number, (lr, value) in enumerate(values):
        run = Run(
            f"r{number}", RunState.FINISHED, argv=("python", "train.py", f"--lr={lr}",
            "--device=cuda:1", f"--seed={number}"), metrics={"auc": value},
            commit="a1b2c3d4e5f6" + 28 * "0", started=instant(ada.clock()),
            ended=instant(ada.clock()), exit=0,
        )  # fmt: skip
        ada.service.runs.take_in([RunReport(run, ref)])


AUC = {"name": "auc", "direction": ">=", "target": 0.9}


def test_a_release_is_of_the_best_configuration(ada: Person) -> None:
    """Of two configurations with runs, the one that says most of the target is released."""
    [found] = ada.adds("Transformer", to="Training", metric=AUC, work="unattended")
    reported(ada, found, (1, 0.8), (1, 0.82), (3, 0.95), (3, 0.96), (3, 0.97))
    made = ada.service.models.release(found).cards[-1]
    assert made.configuration.split("  ")[-1] == "lr 3"
    assert made.configuration.startswith("commit a1b2c3d4e5f6")
    assert "cuda" not in made.configuration
    assert made.metric is not None
    assert made.metric.value == pytest.approx(0.96)
    command = "python train.py --lr=3 --device=cuda:1 --seed=4"
    assert notes(ada, made.ref) == [
        f"From {found}: auc lr 3: 0.96 +- 0.01 (3 runs)\nRuns: r2, r3, r4\n"
        f"Command of the last one: {command}"
    ]


def test_the_configuration_tried_last_is_not_released_for_that(ada: Person) -> None:
    [found] = ada.adds("Search", to="Training", metric=AUC, work="unattended")
    reported(ada, found, *((lr, 0.8 + lr / 100) for lr in (1, 2, 9, 4, 3)))
    made = ada.service.models.release(found).cards[-1]
    assert made.metric is not None
    assert (made.metric.value, made.configuration.split("  ")[-1]) == (0.89, "lr 9")


def test_a_shipped_card_stands_at_its_best_configuration(ada: Person) -> None:
    [found] = ada.adds("Transformer", to="Training", metric=AUC, work="unattended")
    reported(ada, found, (3, 0.95), (3, 0.96), (1, 0.8))
    [face] = [f for f in ada.boards.snapshot(ada.board_id).faces if f.ref == found]
    assert metric_value(face) == 0.955, "and so it does while it is open"
    ada.cards.finish([found], Outcome.SHIPPED, use=VersionName("fraud", "1"))
    card = ada.cards.get(found)
    assert card.measured is not None
    assert card.measured.value == pytest.approx(0.955)
    [face] = [f for f in ada.boards.snapshot(ada.board_id).faces if f.ref == found]
    assert metric_value(face) == pytest.approx(0.955)
    record = ada.service.models.record(ada.board, "fraud")
    assert record.versions[0].configuration.endswith("lr 3")
    ada.undoes()
    [face] = [f for f in ada.boards.snapshot(ada.board_id).faces if f.ref == found]
    assert metric_value(face) == 0.955


def metric_value(face: CardFace) -> float:
    return float(json.loads(face.metric)["metric"]["value"])


def test_a_version_that_measures_worse_is_said_and_keeps_the_owner(
    ada: Person, champion: str
) -> None:
    [weak] = ada.adds("Weak", to="Training", metric=METRIC | {"value": 0.91})
    done = ada.cards.finish([weak], Outcome.SHIPPED, use=VersionName("fraud", "3"))
    assert done.warning == (
        "fraud 3 measures worse than fraud 2, which it replaces: auc 0.91 after 0.93."
    )
    assert ada.cards.get(weak).owner == "risk team"
    newest, oldest = ada.service.models.record(ada.board, "fraud").versions
    assert (newest.before, oldest.before) == (0.93, None)
    [strong] = ada.adds("Strong", to="Training", metric=METRIC | {"value": 0.95}, owner="eve")
    done = ada.cards.finish([strong], Outcome.SHIPPED, use=VersionName("fraud", "4"))
    assert (done.warning, ada.cards.get(strong).owner) == ("", "eve")
    with pytest.raises(RuleRefused, match="is a model in use already"):
        ada.service.models.release(strong)


def test_many_models_are_read_in_as_many_statements_as_few(ada: Person) -> None:
    conn = ada.service._context.store.conn

    def asked(read: Callable[[], object]) -> int:
        statements: list[str] = []
        conn.set_trace_callback(statements.append)
        read()
        conn.set_trace_callback(None)
        return len(statements)

    def counts() -> list[int]:
        models, board = ada.service.models, ada.board
        return [
            asked(lambda: models.all(board)),
            asked(lambda: models.record(board, "model 1")),
            asked(lambda: models.proposal(ref)),
            asked(lambda: ada.service.reports.make(board, ReportRequest())),
            asked(lambda: ada.service.reviews.agenda(board)),
        ]

    def delivers(name: str) -> str:
        [ref] = ada.adds(name, type="model")
        ada.cards.finish([ref], Outcome.SHIPPED, use=VersionName(name, "1"), override="so")
        ada.service.retraining.record_readings(ref, ["psi=0.1"], ">0.2")
        return ref

    for number in range(3):
        ref = delivers(f"model {number}")
    few = counts()
    for number in range(3, 15):
        ref = delivers(f"model {number}")
    assert counts() == few
