"""Runs that are taken in: kept once, and their cards follow without overruling anybody."""

import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest

from mlkanban.core.board import BlockReason, Outcome
from mlkanban.core.metrics import CardMetrics, metric_texts
from mlkanban.core.timestamps import instant
from mlkanban.display.event_text import event_text
from mlkanban.runs.model.brief import Brief
from mlkanban.runs.model.repeats import DEFAULT, Repeats
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState
from mlkanban.runs.use_cases.card_runs import RunReport
from mlkanban.store import database
from tests.core.test_metrics import packed
from tests.service.machine import FAILED, FINISHED, KILLED, RUNNING, Machine
from tests.service.people import Person


def events(ada: Person, ref: str) -> list[str]:
    return [entry.event.kind for entry in ada.history.of_card(ref)]


def work(ada: Person, ref: str) -> str:
    return ada.cards.get(ref).work.value


def test_a_run_that_succeeds_takes_its_card_along(ada: Person, box: Machine) -> None:
    [ref] = ada.adds("focal loss", to="Features")
    assert box.starts(ref, "r1") == (f"{ref}: run r1 started. It moved from Features to Training.")
    assert (ada.where(ref), work(ada, ref)) == ("Training", "unattended")
    assert box.ends(ref, "r1", FINISHED) == (
        f"{ref}: run r1 finished (exit 0). It is in Evaluation now."
    )
    assert (ada.where(ref), work(ada, ref)) == ("Evaluation", "attended")
    [run] = ada.service.runs.of_card(ref)
    assert (run.state, run.exit, run.argv) == (FINISHED, 0, ("python", "x.py"))
    actors = {e.event.actor for e in ada.history.of_card(ref) if e.event.kind != "card.created"}
    assert actors == {"run:r1"}


def test_taking_in_twice_is_taking_in_once(ada: Person, bob: Person, box: Machine) -> None:
    [ref] = ada.adds("focal loss")
    box.starts(ref, "r1")
    box.ends(ref, "r1", FAILED)
    before = events(ada, ref)
    for person in (ada, bob):
        again = [
            RunReport(box.runs["r1"], ref),
            RunReport(replace(box.runs["r1"], state=RUNNING), ref),
        ]
        assert not person.service.runs.take_in(again).changed
        other = replace(box.runs["r1"], evidence="in other words")
        assert not person.service.runs.take_in([RunReport(other, ref)]).changed
    assert events(ada, ref) == before


def test_a_run_first_heard_of_when_it_is_over_counts_for_its_time(
    ada: Person, box: Machine
) -> None:
    [ref] = ada.adds("focal loss", to="Data prep")
    begun = ada.clock()
    ended = begun + timedelta(hours=14)
    ada.clock.now = ended + timedelta(hours=5)
    run = Run("r1", FINISHED, exit=0, started=instant(begun), ended=instant(ended))
    box.tells(ref, run)
    at = {e.event.kind: e.event.at for e in ada.history.of_card(ref)}
    assert (at["run.started"], at["run.ended"]) == (instant(begun), instant(ended))
    assert ada.where(ref) == "Evaluation"


def test_a_failed_run_blocks_and_the_next_one_lifts_that(ada: Person, box: Machine) -> None:
    [ref] = ada.adds("focal loss", to="Training")
    box.starts(ref, "r1")
    assert "It is blocked." in box.ends(ref, "r1", FAILED)
    block = ada.cards.get(ref).blocker
    assert block is not None
    assert (block.reason, block.note) == (BlockReason.BUG, "exit 1, run r1")
    assert (ada.where(ref), work(ada, ref)) == ("Training", "attended")
    box.starts(ref, "r2")
    assert ada.cards.get(ref).blocker is None
    last = ada.history.of_card(ref)[-1].event
    assert event_text(last, ada.board) == "run r2 started, unblocked"


def test_a_block_that_a_person_set_stays(ada: Person, box: Machine) -> None:
    [ref] = ada.adds("focal loss", to="Training")
    ada.cards.block([ref], BlockReason.DECISION)
    box.starts(ref, "r1")
    box.ends(ref, "r1", FAILED)
    box.starts(ref, "r2")
    box.ends(ref, "r2", FINISHED)
    block = ada.cards.get(ref).blocker
    assert block is not None
    assert block.reason is BlockReason.DECISION
    assert ada.where(ref) == "Training", "what is blocked goes no further"


def test_a_block_of_a_run_that_a_person_took_over_stays(ada: Person, box: Machine) -> None:
    [ref] = ada.adds("focal loss", to="Training")
    box.starts(ref, "r1")
    box.ends(ref, "r1", FAILED)
    ada.cards.block([ref], BlockReason.DATA_QUALITY)
    box.starts(ref, "r2")
    assert ada.cards.get(ref).blocker is not None


@pytest.mark.parametrize("state", [FINISHED, FAILED])
def test_a_card_that_a_person_moved_meanwhile_stays(
    ada: Person, box: Machine, state: RunState
) -> None:
    [ref] = ada.adds("focal loss", to="Features")
    box.starts(ref, "r1")
    ada.moves(ref, to="Features")
    ada.moves(ref, to="Training")
    box.ends(ref, "r1", state)
    assert ada.where(ref) == "Training"
    assert ada.cards.get(ref).blocker is None


def test_a_card_that_was_moved_before_the_board_heard_of_the_run_stays(
    ada: Person, box: Machine
) -> None:
    [ref] = ada.adds("focal loss", to="Features")
    started = instant(ada.clock())
    ada.moves(ref, to="Data prep")
    box.tells(ref, Run("r1", RUNNING, started=started))
    assert ada.where(ref) == "Data prep"


def test_a_move_after_the_end_of_a_run_does_not_bury_its_failure(ada: Person, box: Machine) -> None:
    [ref] = ada.adds("focal loss", to="Features")
    box.starts(ref, "r1")
    ended = instant(ada.clock())
    ada.moves(ref, to="Evaluation")
    run = box.runs["r1"]
    box.tells(ref, replace(run, state=FAILED, exit=1, why="exit 1", reason="bug", ended=ended))
    assert ada.where(ref) == "Evaluation"
    blocker = ada.cards.get(ref).blocker
    assert blocker is not None
    assert "r1" in blocker.note


def test_runs_side_by_side_that_nobody_watched_make_one_visit(ada: Person, box: Machine) -> None:
    [ref] = ada.adds("focal loss", to="Features")
    started = {name: instant(ada.clock()) for name in ("c", "b", "a")}
    reports = [
        RunReport(
            Run(name, FINISHED, exit=0, started=started[name], ended=instant(ada.clock())), ref
        )
        for name in ("c", "a", "b")
    ]
    ada.service.runs.take_in(reports)
    assert ada.where(ref) == "Evaluation"
    steps = [one.event for one in ada.history.of_card(ref) if one.event.kind.startswith("run.")]
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    order = ["run:c", "run:b", "run:a", "run:c", "run:a", "run:b"]
    assert [step.actor for step in steps] == order
    moves = [step.actor for step in steps if "place" in step.data["set"]]
    assert moves == ["run:c", "run:b"], "to Training with the first start, on with the last end"


def test_a_run_that_starts_as_another_ends_keeps_the_card(ada: Person, box: Machine) -> None:
    [ref] = ada.adds("focal loss", to="Features")
    first, then, last = (instant(ada.clock()) for _ in range(3))
    ada.service.runs.take_in([
        RunReport(Run("b", FINISHED, exit=0, started=then, ended=last), ref),
        RunReport(Run("a", FINISHED, exit=0, started=first, ended=then), ref),
    ])  # fmt: skip
    steps = [one.event for one in ada.history.of_card(ref) if one.event.kind.startswith("run.")]
    assert [step.actor for step in steps if "place" in step.data["set"]] == ["run:a", "run:b"]


def test_putting_cards_in_order_is_not_moving(ada: Person, box: Machine) -> None:
    ref, other = ada.adds("focal loss", "other", to="Features")
    box.starts(ref, "r1")
    box.starts(other, "r2")
    ada.cards.reorder(other, before=ref)
    box.ends(other, "r2", FINISHED)
    assert ada.where(other) == "Evaluation"


def test_a_finished_card_stays_where_it_is(ada: Person, box: Machine) -> None:
    [ref] = ada.adds("focal loss", to="Deployment")
    ada.cards.finish([ref], Outcome.SHIPPED)
    for state in (FAILED, FINISHED):
        box.starts(ref, f"r{state}")
        box.ends(ref, f"r{state}", state)
    card = ada.cards.get(ref)
    assert (ada.where(ref), card.outcome, card.blocker) == ("Monitoring", Outcome.SHIPPED, None)
    assert len(ada.service.runs.of_card(ref)) == 2


def test_stopped_by_a_person_nothing_is_blocked(ada: Person, box: Machine) -> None:
    [ref] = ada.adds("focal loss")
    box.starts(ref, "r1")
    box.ends(ref, "r1", KILLED)
    assert (ada.where(ref), work(ada, ref)) == ("Training", "attended")
    assert ada.cards.get(ref).blocker is None


def test_while_other_runs_go_on_the_card_stays_with_them(ada: Person, box: Machine) -> None:
    [ref] = ada.adds("focal loss")
    box.starts(ref, "r1")
    box.starts(ref, "r2")
    box.ends(ref, "r1", FINISHED)
    assert (ada.where(ref), work(ada, ref)) == ("Training", "unattended")
    box.ends(ref, "r2", FINISHED)
    assert ada.where(ref) == "Evaluation"


def test_after_a_failure_among_several_a_person_decides(ada: Person, box: Machine) -> None:
    [ref] = ada.adds("focal loss")
    box.starts(ref, "r1")
    box.starts(ref, "r2")
    box.ends(ref, "r1", FAILED)
    assert work(ada, ref) == "unattended"
    box.ends(ref, "r2", FINISHED)
    assert ada.where(ref) == "Training"
    assert ada.cards.get(ref).blocker is not None


def test_a_board_that_counts_no_runs_moves_no_card(ada: Person, box: Machine) -> None:
    ada.starts("plain", "Plain")
    [ref] = ada.adds("fit", to="Doing")
    box.starts(ref, "r1")
    box.ends(ref, "r1", FINISHED)
    assert (ada.where(ref), work(ada, ref)) == ("Doing", "attended")
    box.starts(ref, "r2")
    box.ends(ref, "r2", FAILED)
    assert ada.cards.get(ref).blocker is not None
    box.starts(ref, "r3")
    assert ada.cards.get(ref).blocker is None


def test_a_full_stage_takes_a_finished_run_and_shows_it(ada: Person, box: Machine) -> None:
    ada.sets("Evaluation", limit=1)
    ada.adds("there", to="Evaluation")
    [ref] = ada.adds("focal loss")
    box.starts(ref, "r1")
    assert box.ends(ref, "r1", FINISHED).endswith(
        " It is in Evaluation now. Evaluation is 2/1!: over its limit now."
    )
    assert len(ada.order("Evaluation")) == 2
    last = ada.history.of_card(ref)[-1].event
    assert event_text(last, ada.board).endswith(
        "r1 finished (exit 0), moved to Evaluation, over the limit"
    )


def test_a_run_that_fails_says_that_its_stage_is_over_its_limit_once(
    ada: Person, box: Machine
) -> None:
    ada.sets("Training", limit=1, unattended=2)
    ada.adds("there", to="Training")
    first, second = ada.adds("focal loss", "mixup")
    box.starts(first, "r1")
    box.starts(second, "r2")
    assert box.ends(first, "r1", FAILED) == (
        f"{first}: run r1 failed (exit 1). It is blocked. Training is 2/1!: over its limit now."
    )
    assert box.ends(second, "r2", FAILED) == f"{second}: run r2 failed (exit 1). It is blocked."
    assert "limit" not in box.starts(second, "r3"), "which frees a place"


def test_brackets_are_not_nested_in_what_a_run_came_to(ada: Person, box: Machine) -> None:
    [ref] = ada.adds("focal loss")
    box.starts(ref, "r1")
    run = replace(
        box.runs["r1"], state=FAILED, exit=1, why="out of GPU memory (exit 1)",
        reason="environment", ended=instant(ada.clock()),
    )  # fmt: skip
    said = "run r1 failed: out of GPU memory (exit 1)"
    assert box.tells(ref, run) == f"{ref}: {said}. It is blocked."
    assert event_text(ada.history.of_card(ref)[-1].event, ada.board).startswith(f"{said}, blocked")


def test_a_closed_gate_keeps_the_card(ada: Person, box: Machine) -> None:
    [ref] = ada.adds("focal loss", checklist=[{"text": "seed recorded", "gate": "Training"}])
    box.starts(ref, "r1")
    box.ends(ref, "r1", FINISHED)
    assert (ada.where(ref), work(ada, ref)) == ("Training", "attended")


def test_nobodys_undo_takes_a_run_back(ada: Person, box: Machine) -> None:
    [ref] = ada.adds("focal loss")
    ada.cards.note([ref], "go")
    box.starts(ref, "r1")
    box.ends(ref, "r1", FINISHED)
    assert "the note on" in ada.undoes()
    assert ada.where(ref) == "Evaluation"
    assert len(ada.service.runs.of_card(ref)) == 1


def test_the_metric_of_the_card_gets_the_value(ada: Person, box: Machine) -> None:
    metric = {"name": "auc", "direction": ">=", "target": 0.9}
    [ref] = ada.adds("focal loss", metric=metric)
    box.starts(ref, "r1")
    box.ends(ref, "r1", FINISHED, metrics={"auc": 0.917, "loss": 0.2})
    card = ada.cards.get(ref)
    assert card.metric is not None
    assert (card.metric.value, card.metric.target) == (0.917, 0.9)
    box.starts(ref, "r2")
    box.ends(ref, "r2", FINISHED, metrics={"loss": 0.1})
    assert str(ada.cards.get(ref).metric) == "auc .917/>=.9"


def test_a_run_of_a_card_that_is_not_here_is_left_for_others(ada: Person, box: Machine) -> None:
    assert not ada.service.runs.take_in([RunReport(Run("r1", RUNNING), "zz9")]).changed
    assert not ada.service.runs.take_in([RunReport(Run("r1", RUNNING), "v1", "another id")]).changed


def test_many_runs_at_once_are_told_in_few_words(ada: Person, box: Machine) -> None:
    refs = ada.adds("sweep", "a", "b", "c", "d")
    at = instant(ada.clock())
    sweep = [Run(f"r{n}", RUNNING, started=at) for n in range(20)]
    single = [Run(f"s{n}", RUNNING, started=at) for n in range(4)]
    reports = [RunReport(run, refs[0]) for run in sweep]
    reports += [RunReport(run, ref) for run, ref in zip(single, refs[1:], strict=True)]
    assert ada.service.runs.take_in(reports).message == (
        f"{refs[0]}: 20 runs started. {refs[1]}: run s0 started."
        f" It moved from Ideas to Training. {refs[2]}: run s1 started. It moved from Ideas to"
        " Training. 2 more about runs: mlkanban runs."
        " Training is 24/2! running: over its limit now."
    )
    ended = [replace(run, state=FINISHED, exit=0, ended=at) for run in sweep]
    assert ada.service.runs.take_in([RunReport(run, refs[0]) for run in ended]).message == (
        f"{refs[0]}: 20 runs finished (exit 0). It is in Evaluation now."
    )


def test_where_runs_left_a_card_is_told_once_and_as_it_is(ada: Person) -> None:
    [ref] = ada.adds("sweep", to="Features")
    at, later = instant(ada.clock()), instant(ada.clock() + timedelta(hours=1))
    done = [Run(f"r{n}", FINISHED, exit=0, started=at, ended=at) for n in range(2)]
    died = Run("s", FAILED, exit=1, why="exit 1", reason="bug", started=later, ended=later)
    assert ada.service.runs.take_in([RunReport(run, ref) for run in [*done, died]]).message == (
        f"{ref}: 2 runs finished (exit 0). {ref}: run s failed (exit 1). It is blocked."
    )


def test_a_run_does_not_make_its_board_the_one_worked_on(ada: Person, box: Machine) -> None:
    [ref] = ada.adds("focal loss")
    other = ada.service.boards.create("Other", "plain", "UTC").id
    box.starts(ref, "r1")
    assert ada.service.boards.find().id == other


def test_a_card_taken_back_to_its_run_by_hand_stays_too(ada: Person, box: Machine) -> None:
    [ref] = ada.adds("focal loss", to="Features")
    box.starts(ref, "r1")
    ada.moves(ref, to="Features")
    ada.moves(ref, to="Training")
    ada.cards.edit([ref], {"work": "unattended"})
    box.ends(ref, "r1", FINISHED)
    assert (ada.where(ref), work(ada, ref)) == ("Training", "attended")


def test_what_a_person_moved_before_the_run_goes_with_the_run(ada: Person, box: Machine) -> None:
    [ref] = ada.adds("focal loss")
    ada.moves(ref, to="Features")
    box.starts(ref, "r1")
    assert ada.where(ref) == "Training"
    box.ends(ref, "r1", FINISHED)
    assert ada.where(ref) == "Evaluation"


def test_no_run_ships_a_card(ada: Person, box: Machine) -> None:
    ada.sets("Deployment", unattended=1)
    [ref] = ada.adds("roll out", to="Deployment")
    box.starts(ref, "r1")
    assert ada.where(ref) == "Deployment", "that stage counts runs too"
    box.ends(ref, "r1", FINISHED)
    assert ada.cards.get(ref).outcome is None
    assert ada.where(ref) == "Deployment"


def test_while_it_runs_the_same_in_other_words_is_nothing_new(ada: Person, box: Machine) -> None:
    [ref] = ada.adds("focal loss")
    box.starts(ref, "r1")
    before = events(ada, ref)
    box.tells(ref, replace(box.runs["r1"], evidence="in other words"))
    assert events(ada, ref) == before
    box.tells(ref, replace(box.runs["r1"], state=RunState.ORPHAN))
    assert events(ada, ref) == [*before, "run.changed"]
    assert ada.where(ref) == "Training"


def aim(ada: Person, ref: str) -> str:
    return str(ada.cards.get(ref).metric)


def test_a_run_sets_what_its_card_aims_at(ada: Person, box: Machine) -> None:
    [ref] = ada.adds("focal loss", metric={"name": "loss", "target": 0.1, "noise": 0.01})
    box.starts(ref, "r1", target="auc>=0.92")
    assert aim(ada, ref) == "auc >=.92"
    [edited] = [e.event for e in ada.history.of_card(ref) if e.event.kind == "card.edited"]
    assert (edited.actor, event_text(edited, ada.board)) == ("run:r1", "metric: auc >=.92")
    box.ends(ref, "r1", FINISHED, metrics={"auc": 0.93})
    assert aim(ada, ref) == "auc .93/>=.92"


def test_a_run_sets_guards_and_one_that_a_person_wrote_since_stands(
    ada: Person, box: Machine
) -> None:
    [ref] = ada.adds("focal loss")
    box.starts(ref, "r1", target="auc>=0.92 p95<=50")
    assert aim(ada, ref) == "auc >=.92"
    assert [str(guard) for guard in ada.cards.get(ref).guards] == ["p95 <=50"]
    box.ends(ref, "r1", FINISHED, metrics={"auc": 0.93, "p95": 61})
    card = ada.cards.get(ref)
    assert [str(guard) for guard in card.measured_guards] == ["p95 61/<=50"]
    assert [guard.value for guard in card.guards] == [None], "runs write no values of guards"
    box.starts(ref, "r2", target="auc>=0.92 p95<=50")
    kinds = [e.event.kind for e in ada.history.of_card(ref)]
    assert kinds.count("card.edited") == 1, "nothing new"
    started = instant(ada.clock.now)
    ada.clock()
    ada.cards.edit([ref], {"guards": "p95<=40"})
    box.tells(ref, Run("r3", RUNNING, started=started), target="auc>=0.92 p95<=50")
    assert [str(guard) for guard in ada.cards.get(ref).guards] == ["p95 <=40"]


def test_a_run_that_aims_at_the_same_writes_nothing_of_it(ada: Person, box: Machine) -> None:
    aimed = {"name": "auc", "target": 0.92, "noise": 0.01}
    [ref] = ada.adds("focal loss", metric=aimed)
    box.starts(ref, "r1", target="auc>=0.92")
    assert "card.edited" not in events(ada, ref)
    box.starts(ref, "r2", target="auc>=0.95")
    metric = ada.cards.get(ref).metric
    assert metric is not None
    assert (metric.target, metric.noise) == (0.95, 0.01)


def test_what_a_person_aims_at_after_the_start_stands(ada: Person, box: Machine) -> None:
    [ref] = ada.adds("focal loss")
    started = instant(ada.clock())
    ada.clock.now += timedelta(minutes=5)
    ada.cards.edit([ref], {"metric": {"name": "auc", "target": 0.5}})
    box.tells(ref, Run("r1", RUNNING, started=started), target="auc>=0.92")
    assert aim(ada, ref) == "auc >=.5"
    box.starts(ref, "r2", target="auc>=0.95")
    assert aim(ada, ref) == "auc >=.95", "the edit was before this one"


def test_a_start_file_of_somebody_else_cannot_break_the_card(ada: Person, box: Machine) -> None:
    [ref] = ada.adds("focal loss", metric={"name": "auc", "target": 0.5})
    for at, odd in enumerate(("auc", "none", "auc=1", "auc>=nan", "a\0>=1", "auc>=0.9 x")):
        box.starts(ref, f"r{at}", target=odd)
    assert aim(ada, ref) == "auc >=.5"


def test_faces_follow_the_names_of_parameters_in_which_repeats_differ(
    ada: Person, box: Machine
) -> None:
    conn = ada.service._context.store.conn
    [ref] = ada.adds("focal loss", metric={"name": "auc", "target": 0.9})
    for at, value in enumerate((0.95, 0.91)):
        box.starts(ref, f"r{at}", argv=("train", f"--shard={at}"))
        box.ends(ref, f"r{at}", FINISHED, metrics={"auc": value})

    def shown() -> str:
        [face] = ada.boards.snapshot(ada.board_id).faces
        brief = Brief.read(face.runs)
        [metric] = metric_texts(CardMetrics.read(face.metric))
        return f"{metric} {brief.last} {ada.cards.get(ref).measured}"

    apart = "auc .95/>=.9 0.91 auc .95/>=.9"
    assert shown() == apart
    conn.repeats = Repeats(("shard",))
    assert shown() == "auc .93/>=.9 None auc .93/>=.9", "though nothing was written"
    ada.cards.edit([ref], {"priority": "high"})
    assert shown() == "auc .93/>=.9 None auc .93/>=.9"
    conn.repeats = DEFAULT
    assert shown() == apart


def test_a_run_keeps_the_dataset_that_its_card_named_when_it_began(
    ada: Person, box: Machine
) -> None:
    [ref] = ada.adds("focal loss", dataset="v1", metric={"name": "auc", "target": 0.9})
    box.starts(ref, "r1")
    ada.cards.edit([ref], {"dataset": "v2"})
    box.ends(ref, "r1", FINISHED, metrics={"auc": 0.93})
    box.starts(ref, "r2")
    box.ends(ref, "r2", FINISHED, metrics={"auc": 0.94})
    assert [run.dataset for run in ada.service.runs.of_card(ref)] == ["v2", "v1"]
    found = ada.service.runs.results(ref)
    assert found is not None
    assert [one.n for one in found.configurations] == [1, 1]
    assert not ada.service.runs.take_in([RunReport(box.runs["r1"], ref)]).changed
    goes_on = replace(box.runs["r1"], id="r3", state=RUNNING, exit=None, ended="", metrics={})
    box.tells(ref, goes_on)
    assert not ada.service.runs.take_in([RunReport(goes_on, ref)]).changed, "it is no news"


def test_faces_of_older_stores_are_made_anew(ada: Person, box: Machine) -> None:
    [ref] = ada.adds("focal loss", metric={"name": "auc", "target": 0.9})
    box.starts(ref, "r1")
    box.ends(ref, "r1", FAILED, metrics={"auc": 0.97})
    path = ada.service.path
    ada.service.close()
    conn = sqlite3.connect(path)
    conn.executescript(
        "UPDATE card SET metric = 'auc .97/>=.9'; PRAGMA user_version=11;"
        " DELETE FROM _sqlite_migrations WHERE name > 'm013'"
    )
    conn.close()
    database.open_for_writing(path).close()
    conn = sqlite3.connect(path)
    assert conn.execute("SELECT metric FROM card").fetchall() == [(packed("auc>=.9"),)]
    conn.close()
