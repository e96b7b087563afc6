"""What two wrote to one field, or one set, without knowing of each other."""

import socket
import sqlite3
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from mlkanban.core.board import BlockReason, Outcome, StageKind
from mlkanban.core.card_fields import SETS
from mlkanban.core.metrics import MetricParts
from mlkanban.display.event_text import event_text
from mlkanban.errors import NotFound, UsageProblem
from mlkanban.flow.blockers import blockers
from mlkanban.flow.sample import follow
from mlkanban.flow.window import Window
from mlkanban.store import database, replica
from tests.service.exchanging import meet, shown
from tests.service.people import Person
from tests.store.test_migrations import rows


def moved_and_ended(place: Path, ada: Person, bob: Person) -> str:
    """A card that ada moved and bob finished, neither knowing of the other."""
    (card,) = ada.order("Ideas")
    ada.moves(card, to="Ready")
    bob.clock.now = ada.clock.now
    bob.cards.finish([card], Outcome.LEARNED)
    meet(place, ada, bob)
    return card


def two_titles(place: Path, ada: Person, bob: Person) -> str:
    """A card whose title both wrote without knowing of each other, Bob later than Ada."""
    (card,) = ada.order("Ideas")
    ada.cards.edit([card], {"title": "A"})
    bob.clock.now = ada.clock.now
    bob.cards.edit([card], {"title": "B"})
    meet(place, ada, bob)
    return card


def test_edits_of_one_field_leave_both_values(two: tuple[Person, Person], place: Path) -> None:
    ada, bob = two
    card = two_titles(place, ada, bob)
    for person in (ada, bob):
        (clash,) = person.service.conflicts.of_card(card)
        assert (clash.field, clash.kept, clash.other, clash.actor) == ("title", "B", "A", "ada")
    ada.service.conflicts.resolve(card, "title", take=True)
    meet(place, ada, bob)
    assert bob.cards.get(card).title == "A"
    assert bob.service.conflicts.all() == []


def test_what_clashes_about_a_stage_is_decided_by_its_name(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    ada.sets("Ready", limit=2)
    bob.clock.now = ada.clock.now
    bob.sets("Ready", limit=5)
    meet(place, ada, bob)
    (clash,) = ada.service.conflicts.all()
    assert (clash.name, clash.field, clash.kept, clash.other) == ("Ready", "limit", "5", "2")
    with pytest.raises(NotFound):
        ada.service.conflicts.resolve("Ready", "name", take=True)
    assert ada.service.conflicts.resolve("ready", "limit", take=True).message.startswith("Ready: ")
    meet(place, ada, bob)
    assert [one.stage("Ready").limit for one in two] == [2, 2]
    assert bob.service.conflicts.all() == []


def test_two_kinds_of_one_stage_are_a_conflict_and_undone_apart(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    ada.sets("Features", kind=StageKind.QUEUE)
    bob.clock.now = ada.clock.now
    bob.sets("Features", kind=StageKind.GATE)
    meet(place, ada, bob)
    (conflict,) = ada.service.conflicts.all()
    assert (conflict.name, conflict.field) == ("Features", "kind")
    assert (conflict.kept, conflict.other) == ("gate", "queue")
    bob.service.conflicts.resolve("Features", "kind", take=True)
    meet(place, ada, bob)
    assert [one.stage("Features").kind for one in two] == [StageKind.QUEUE] * 2
    assert ada.service.conflicts.all() == []


def test_stages_of_one_name_are_decided_by_their_long_ids(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    boards = [ada.board_id, ada.boards.create("Churn", "ml", "UTC").id]
    meet(place, ada, bob)
    for person, limit in ((ada, 2), (bob, 5)):
        bob.clock.now = ada.clock.now
        for person.board_id in boards:
            person.sets("Ready", limit=limit)
    meet(place, ada, bob)
    first, second = ada.service.conflicts.all()
    with pytest.raises(UsageProblem, match=f"{first.entity}, {second.entity}"):
        ada.service.conflicts.resolve("Ready", "limit", take=True)
    ada.service.conflicts.resolve(second.entity, "limit", take=True)
    assert ada.service.conflicts.all() == [first]


def test_two_days_of_a_snooze_are_both_kept_until_the_card_wakes(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    (card,) = ada.order("Ideas")
    ada.cards.snooze([card], date(2026, 5, 1))
    bob.clock.now = ada.clock.now
    bob.cards.snooze([card], date(2026, 6, 1))
    meet(place, ada, bob)
    for person in two:
        (clash,) = person.service.conflicts.of_card(card)
        assert (clash.kept, clash.other) == ("2026-06-01", "2026-05-01")
    bob.cards.edit([card], {"title": "up"})
    meet(place, ada, bob)
    assert [one.service.conflicts.all() for one in two] == [[], []]


def test_who_wakes_a_card_and_who_snoozes_it_have_nothing_to_decide(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    (card,) = ada.order("Ideas")
    ada.cards.snooze([card], date(2026, 5, 1))
    meet(place, ada, bob)
    ada.cards.edit([card], {"title": "up"})
    bob.clock.now = ada.clock.now
    bob.cards.snooze([card], date(2026, 6, 1))
    meet(place, ada, bob)
    assert ada.service.conflicts.all() == []


def test_a_decision_is_undone_like_anything_else(two: tuple[Person, Person], place: Path) -> None:
    ada, bob = two
    card = two_titles(place, ada, bob)
    ada.service.conflicts.resolve(card, "title", take=True)
    ada.undoes()
    assert ada.cards.get(card).title == "B"
    meet(place, ada, bob)
    assert shown(ada) == shown(bob)


def test_one_who_saw_the_other_value_overwrites_it_in_peace(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    (card,) = ada.order("Ideas")
    ada.cards.edit([card], {"title": "A"})
    meet(place, ada, bob)
    bob.cards.edit([card], {"title": "B"})
    meet(place, ada, bob)
    assert ada.cards.get(card).title == "B"
    assert ada.service.conflicts.all() == []


@pytest.mark.parametrize("field", [field.name for field in SETS])
def test_a_member_added_meanwhile_survives_its_removal(
    two: tuple[Person, Person], place: Path, field: str
) -> None:
    ada, bob = two
    (card,) = ada.order("Ideas")
    (other,) = ada.adds("another")
    member = {"needs": other, "lineage": f"ablation-of:{other}"}.get(field, "gpu")
    ada.cards.edit([card], add={field: [member]})
    meet(place, ada, bob)
    ada.cards.edit([card], remove={field: [member]})
    ada.cards.edit([card], add={field: [member]})
    bob.clock.now = ada.clock.now + timedelta(minutes=5)
    bob.cards.edit([card], remove={field: [member]})
    meet(place, ada, bob)
    kept = [getattr(one.cards.get(card), field) for one in two]
    assert kept == [(member,), (member,)]
    ada.cards.edit([card], remove={field: [member]})
    meet(place, ada, bob)
    assert getattr(bob.cards.get(card), field) == ()


def test_readings_of_cron_on_two_machines_ask_for_no_decision(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    (card,) = ada.order("Ideas")
    ada.cards.finish([card], Outcome.SHIPPED)
    meet(place, ada, bob)
    for one, value in ((ada, 0.31), (bob, 0.33)):
        one.service.retraining.record_readings(card, [f"psi={value}"], "0.2")
    meet(place, ada, bob)
    assert ada.service.conflicts.all() == []
    assert ada.cards.get(card).readings == bob.cards.get(card).readings


def test_undoing_a_decision_opens_the_conflict_again_on_all_machines(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    card = two_titles(place, ada, bob)
    before = ada.service.conflicts.all()
    for take in (True, False):
        for again in (False, True):
            ada.service.conflicts.resolve(card, "title", take=take)
            ada.undoes()
            if again:
                ada.redoes()
                meet(place, ada, bob)
                assert [one.service.conflicts.all() for one in two] == [[], []]
                ada.undoes()
            assert ada.service.conflicts.all() == before
            meet(place, ada, bob)
            assert bob.service.conflicts.all() == before
            assert shown(ada) == shown(bob)
    bob.service.conflicts.resolve(card, "title", take=True)
    meet(place, ada, bob)
    assert [one.service.conflicts.all() for one in two] == [[], []]


@pytest.mark.parametrize("take", [True, False])
def test_undoing_a_decision_on_a_lifecycle_opens_its_conflict_again(
    two: tuple[Person, Person], place: Path, take: bool
) -> None:
    ada, bob = two
    card = moved_and_ended(place, ada, bob)
    before = ada.service.conflicts.all()
    ada.service.conflicts.resolve(card, "stage", take=take)
    ada.undoes()
    assert ada.service.conflicts.all() == before
    meet(place, ada, bob)
    assert bob.service.conflicts.all() == before
    ada.redoes()
    meet(place, ada, bob)
    assert [one.service.conflicts.all() for one in two] == [[], []]
    ada.undoes()
    meet(place, ada, bob)
    assert [one.service.conflicts.all() for one in two] == [before, before]
    assert shown(ada) == shown(bob)


@pytest.mark.parametrize("take", [True, False])
def test_undoing_a_decision_on_a_removed_card_opens_its_conflict_again(
    two: tuple[Person, Person], place: Path, take: bool
) -> None:
    ada, bob = two
    (card,) = ada.adds("Optuna sweep")
    meet(place, ada, bob)
    ada.undoes()
    bob.clock.now = ada.clock.now
    bob.cards.edit([card], {"title": "Optuna sweep over depth"})
    meet(place, ada, bob)
    before = bob.service.conflicts.all()
    assert [one.field for one in before] == ["deleted"]
    bob.service.conflicts.resolve(card, "deleted", take=take)
    bob.undoes()
    meet(place, ada, bob)
    assert [one.service.conflicts.all() for one in two] == [before, before]


@pytest.mark.parametrize(
    ("mine", "his", "sentence"),
    [
        (
            lambda p, card: p.cards.edit([card], {"dataset": "mine"}),
            lambda p, card: p.cards.edit([card], {"dataset": "his"}),
            "about the dataset of {}: nothing now, bob on {} wrote his.",
        ),
        (
            lambda p, card: p.moves(card, to="Ready"),
            lambda p, card: p.moves(card, to="Training"),
            "about the stage and outcome of {}: Ideas now, bob on {} wrote Training.",
        ),
    ],
)
def test_undoing_what_won_names_what_another_machine_wrote(
    two: tuple[Person, Person], place: Path, mine: Any, his: Any, sentence: str
) -> None:
    ada, bob = two
    (card,) = ada.adds("one")
    meet(place, ada, bob)
    his(bob, card)
    ada.clock.now = bob.clock.now
    mine(ada, card)
    meet(place, ada, bob)
    (before,) = ada.service.conflicts.all()
    message = ada.undoes()
    assert message.endswith(
        f" Conflict {sentence.format(card, before.machine)} Resolve: mlkanban resolve"
    )
    assert len(ada.service.conflicts.all()) == 1
    ada.service.conflicts.resolve(card, before.word, take=True)
    assert "Conflict" in ada.undoes()
    meet(place, ada, bob)
    assert [one.service.conflicts.all() for one in two] == [ada.service.conflicts.all()] * 2


def test_undoing_a_later_write_opens_the_conflict_it_settled(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    card = moved_and_ended(place, ada, bob)
    before = ada.service.conflicts.all()
    ada.cards.archive([card])
    assert ada.service.conflicts.all() == []
    ada.undoes()
    meet(place, ada, bob)
    assert [one.service.conflicts.all() for one in two] == [before, before]


def ended_here_and_blocked_there(place: Path, ada: Person, bob: Person) -> str:
    (card,) = ada.adds("two", to="Data prep")
    meet(place, ada, bob)
    ada.cards.finish([card], Outcome.LEARNED)
    bob.clock.now = ada.clock.now
    bob.cards.block([card], BlockReason.DATA_ACCESS, note="ask Ann")
    meet(place, ada, bob)
    return card


def test_a_block_on_a_card_that_was_finished_meanwhile_is_told_and_comes_back(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    card = ended_here_and_blocked_there(place, ada, bob)
    for person in two:
        (conflict,) = person.service.conflicts.of_card(card)
        assert conflict.kept == "Data prep, learned"
        assert conflict.other == "Data prep, blocked by data-access (ask Ann)"
    bob.service.conflicts.resolve(card, "stage", take=True)
    event = bob.history.of_card(card)[-1].event
    resolved = "conflict resolved: Data prep, blocked by data-access (ask Ann)"
    assert event_text(event, bob.board) == resolved
    meet(place, ada, bob)
    for person in two:
        blocker = person.cards.get(card).blocker
        assert blocker is not None
        assert (blocker.reason, blocker.note) == (BlockReason.DATA_ACCESS, "ask Ann")
        now = person.clock.now + timedelta(days=2)
        sample = follow(*person.history.for_flow(person.board), now, Window.back(None, now.date()))
        assert [cluster.reason for cluster in blockers(sample).clusters] == ["data-access"]
        assert person.service.conflicts.all() == []


def test_a_block_that_was_decided_against_does_not_come_back_with_the_card(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    card = ended_here_and_blocked_there(place, ada, bob)
    ada.service.conflicts.resolve(card, "stage", take=False)
    ada.moves(card, to="Features")
    meet(place, ada, bob)
    assert [one.cards.get(card).blocker for one in two] == [None, None]
    assert [one.service.conflicts.all() for one in two] == [[], []]


@pytest.mark.parametrize("later", ["edit", "finish"])
def test_a_verdict_goes_with_the_end_it_is_about(
    two: tuple[Person, Person], place: Path, later: str
) -> None:
    ada, bob = two
    (card,) = ada.adds("two", to="Data prep")
    meet(place, ada, bob)
    ada.cards.finish([card], Outcome.LEARNED, "no gain" if later == "finish" else "")
    if later == "edit":
        ada.cards.edit([card], {"verdict": "no gain"})
    bob.clock.now = ada.clock.now
    bob.moves(card, to="Features")
    meet(place, ada, bob)
    for person in two:
        assert (person.where(card), person.cards.get(card).verdict) == ("Features", "")
        (conflict,) = person.service.conflicts.of_card(card)
        assert conflict.other == "Data prep, learned, verdict: no gain"
    ada.service.conflicts.resolve(card, "stage", take=True)
    meet(place, ada, bob)
    assert [one.cards.get(card).verdict for one in two] == ["no gain", "no gain"]
    assert [one.service.conflicts.all() for one in two] == [[], []]
    assert shown(ada) == shown(bob)


def test_a_hidden_verdict_does_not_come_back_with_the_next_move(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    (card,) = ada.adds("two", to="Data prep")
    meet(place, ada, bob)
    ada.cards.finish([card], Outcome.LEARNED, "no gain")
    bob.clock.now = ada.clock.now
    bob.moves(card, to="Features")
    meet(place, ada, bob)
    bob.moves(card, to="Data prep")
    bob.cards.edit([card], {"title": "on"})
    meet(place, ada, bob)
    assert [one.cards.get(card).verdict for one in two] == ["", ""]
    bob.cards.edit([card], {"verdict": "so far nothing"})
    meet(place, ada, bob)
    assert ada.cards.get(card).verdict == "so far nothing"


def test_two_ends_with_two_verdicts_are_one_conflict(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    (card,) = ada.adds("two", to="Data prep")
    meet(place, ada, bob)
    ada.cards.finish([card], Outcome.LEARNED, "no gain")
    bob.clock.now = ada.clock.now
    bob.cards.finish([card], Outcome.ABANDONED, "no time")
    meet(place, ada, bob)
    (conflict,) = ada.service.conflicts.all()
    assert conflict.kept == "Data prep, abandoned, verdict: no time"
    assert conflict.other == "Data prep, learned, verdict: no gain"
    for take, verdict in ((False, "no time"), (True, "no gain")):
        ada.service.conflicts.resolve(card, "stage", take=take)
        meet(place, ada, bob)
        assert [one.cards.get(card).verdict for one in two] == [verdict, verdict]
        assert [one.service.conflicts.all() for one in two] == [[], []]
        ada.undoes()


def test_of_two_cards_merged_into_each_other_the_one_that_stays_has_no_verdict(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    first, second = ada.adds("two", "three", to="Data prep", override="so")
    meet(place, ada, bob)
    ada.service.duplicates.merge(first, second)
    bob.clock.now = ada.clock.now
    bob.service.duplicates.merge(second, first)
    meet(place, ada, bob)
    for person in two:
        stays, goes = person.cards.get(first), person.cards.get(second)
        assert (stays.outcome, stays.archived, stays.verdict) == (None, False, "")
        assert (goes.outcome, goes.verdict) == (Outcome.SUPERSEDED, f"duplicate of {first}")
        assert {one.field for one in person.service.conflicts.all()} == {"lifecycle"}


def test_who_opens_a_card_again_leaves_its_verdict_behind(ada: Person) -> None:
    (card,) = ada.adds("two", to="Data prep")
    ada.cards.finish([card], Outcome.LEARNED, "no gain")
    ada.moves(card, to="Features")
    assert ada.cards.get(card).verdict == ""
    ada.undoes()
    assert ada.cards.get(card).verdict == "no gain"


CLASHES = "SELECT * FROM clash"


def test_a_conflict_of_the_tenth_version_learns_what_goes_with_it(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    (card,) = ada.order("Ideas")
    ada.cards.finish([card], Outcome.LEARNED)
    bob.clock.now = ada.clock.now
    bob.cards.block([card], BlockReason.BUG)
    meet(place, ada, bob)
    ada.service.close()
    path = ada.service.path
    now = rows(path, CLASHES)
    conn = sqlite3.connect(path)
    conn.executescript(
        "UPDATE clash SET other = json_remove(other, '$.blocker'); PRAGMA user_version=10;"
        " DELETE FROM _sqlite_migrations WHERE name > 'm012'"
    )
    conn.close()
    assert rows(path, CLASHES) != now
    database.open_for_writing(path).close()
    assert rows(path, CLASHES) == now


def test_two_machines_of_one_host_name_are_told_apart(
    two: tuple[Person, Person], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = two
    card = two_titles(place, ada, bob)
    host = socket.gethostname()
    assert [one.service.conflicts.of_card(card)[0].machine for one in two] == [
        "this machine", f"another machine named {host}",
    ]  # fmt: skip
    machine = replica._machine()  # which is named after the host where it has no id
    monkeypatch.setattr(replica, "_machine", lambda: machine)
    monkeypatch.setattr(socket, "gethostname", lambda: "gpu2")
    ada.cards.edit([card], {"due": "2026-04-01"})
    bob.clock.now = ada.clock.now
    bob.cards.edit([card], {"due": "2026-04-02"})
    meet(place, ada, bob)
    found = {one.field: one for one in bob.service.conflicts.of_card(card)}
    assert (found["due"].host, found["due"].machine) == ("gpu2", "gpu2")


def test_an_archive_that_knew_of_a_note_is_no_conflict_whatever_its_clock_said(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    (card,) = ada.order("Ideas")
    ada.clock.now += timedelta(hours=30)
    ada.cards.note([card], "seen by bob")
    meet(place, ada, bob)
    bob.cards.archive([card])
    meet(place, ada, bob)
    assert [one.service.conflicts.all() for one in two] == [[], []]
    assert shown(ada) == shown(bob)


def test_guards_of_two_machines_are_a_conflict_and_the_metric_is_none(
    two: tuple[Person, Person], place: Path
) -> None:
    ada, bob = two
    (card,) = ada.order("Ideas")
    ada.cards.edit([card], metric=MetricParts(["auc>=.9", "p95<=50"]))
    meet(place, ada, bob)
    ada.cards.edit([card], {"guards": "p95<=40"})
    bob.clock.now = ada.clock.now
    bob.cards.edit([card], {"guards": "p95<=60 fpr<=1"})
    ada.cards.edit([card], metric=MetricParts(["auc>=.95"]))
    meet(place, ada, bob)
    for person in (ada, bob):
        (clash,) = person.service.conflicts.of_card(card)
        assert (clash.field, clash.kept, clash.other) == ("guards", "p95 <=60  fpr <=1", "p95 <=40")
        metric = person.cards.get(card).metric
        assert metric is not None
        assert metric.target == 0.95
    ada.service.conflicts.resolve(card, "guards", take=True)
    meet(place, ada, bob)
    assert [str(guard) for guard in bob.cards.get(card).guards] == ["p95 <=40"]
