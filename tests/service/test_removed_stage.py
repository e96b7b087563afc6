"""A stage that is gone still counts in the history of the cards that passed through it."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mlkanban.core.board import StageKind
from mlkanban.core.names import find_stage
from mlkanban.flow.bottleneck import bottleneck
from mlkanban.flow.cfd import cfd
from mlkanban.flow.efficiency import Share, efficiency
from mlkanban.flow.sample import Sample, follow
from mlkanban.flow.window import Window
from mlkanban.service import Service
from mlkanban.store import database
from tests.service.people import Person

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_removing_a_stage_restarts_no_clock(tmp_path: Path) -> None:
    now = [START]
    service = Service.open(tmp_path, actor="ada", clock=lambda: now[0])
    board = service.boards.create("Fraud", "ml", "UTC")
    (card,) = service.cards.add(board.id, "a").cards
    for name in ("Data prep", "Features", "Training"):
        now[0] += timedelta(days=1)
        service.cards.move([card.ref], find_stage(board, name).id)
    started = service.cards.get(card.ref).started_at
    for gone in ("Features", "Data prep"):
        service.boards.remove_stage(board.id, find_stage(board, gone).id)
    assert service.cards.get(card.ref).started_at == started == START + timedelta(days=1)

    board = service.boards.find("fraud")
    workflow, (history,) = service.history.for_flow(board)
    committed = [step.stage >= workflow.first_committed for step in history.steps]
    assert committed == [False, True, True, True]
    story = [entry.event.kind for entry in service.history.of_card(card.ref)]
    assert story == ["card.created", "card.moved", "card.moved", "card.moved"]
    service.close()


def looked_at(person: Person, as_of: datetime) -> Sample:
    workflow, histories = person.history.for_flow(person.board)
    return follow(workflow, histories, as_of, Window.back(90, workflow.day(as_of)))


def with_review(person: Person) -> None:
    """To do | Doing, Review (a queue) | Done: five cards, two days in Doing and 16 in Review."""
    person.starts("plain", "Plain")
    doing = person.stage("Doing")
    person.boards.add_stage(person.board_id, "Review", after=doing.id, kind=StageKind.QUEUE)
    person.boards.edit_stage(person.board_id, person.stage("Review").id, {"committed": True})
    person.sets("Doing", limit=None)
    refs = person.adds("a", "b", "c", "d", "e", to="Doing")
    person.clock.now += timedelta(days=2)
    person.moves(*refs, to="Review")
    person.clock.now += timedelta(days=16)
    person.moves(*refs, to="Done")
    person.clock.now += timedelta(days=1)


def test_a_removed_queue_stays_a_queue_in_the_past(ada: Person) -> None:
    with_review(ada)
    before = ada.clock.now
    then = looked_at(ada, before)
    ada.clock.now += timedelta(days=1)
    ada.boards.remove_stage(ada.board_id, ada.stage("Review").id)
    for as_of in (before, ada.clock.now):
        now = looked_at(ada, as_of)
        assert now.workflow.stages == ("To do", "Doing", "Review (removed)", "Done")
        found = efficiency(now)
        assert found.efficiency == efficiency(then).efficiency == pytest.approx(2 / 18, abs=0.001)
        assert found.total.days(Share.WAITING) == pytest.approx(5 * 16, abs=0.1)
        assert [line.counts[-1] for line in cfd(now).lines] == [5, 5, 5]
        assert [name for name, _ in now.grouped("stage")] == ["To do", "Doing", "Review (removed)"]
        assert bottleneck(now).stages[1].residence_share == pytest.approx(16 / 18, abs=0.001)
    assert cfd(then).lines[1].counts == cfd(looked_at(ada, before)).lines[1].counts


def test_a_window_of_the_past_shows_the_removed_stage_in_which_cards_stood(ada: Person) -> None:
    with_review(ada)
    ada.boards.remove_stage(ada.board_id, ada.stage("Review").id)
    ada.clock.now += timedelta(days=50)
    now = looked_at(ada, ada.clock.now)
    first = START.date()
    mid = now.within(Window.between(first, first + timedelta(days=10)))
    assert [(line.name, len(line.cards)) for line in cfd(mid).lines] == [
        ("Doing", 0), ("Review (removed)", 5), ("Departed", 0)
    ]  # fmt: skip
    late = now.within(Window.between(first + timedelta(days=30), first + timedelta(days=40)))
    assert [line.name for line in cfd(late).lines] == ["Doing", "Departed"]


def test_the_pace_is_that_of_the_stages_there_are(ada: Person) -> None:
    with_review(ada)
    refs = ada.adds(*"fghijk", to="Doing")
    ada.clock.now += timedelta(days=3)
    ada.moves(*refs, to="Done")
    pace = ada.history.pace(ada.board, ada.clock.now)
    assert pace.stale[1:3] == (4, 19)
    ada.boards.remove_stage(ada.board_id, ada.stage("Review").id)
    assert ada.history.pace(ada.board, ada.clock.now).stale[:2] == (None, 4)
    assert len(ada.history.pace(ada.board, ada.clock.now).stale) == len(ada.board.stages)


def test_a_removed_stage_is_told_of_only_where_a_card_was_in_it(ada: Person) -> None:
    with_review(ada)
    ada.boards.add_stage(ada.board_id, "Never", after=ada.stage("Doing").id)
    ada.boards.remove_stage(ada.board_id, ada.stage("Never").id)
    ada.boards.remove_stage(ada.board_id, ada.stage("Review").id)
    ada.clock.now += timedelta(days=100)
    later = looked_at(ada, ada.clock.now)
    assert [stage.stage for stage in efficiency(later).stages] == ["Doing"]
    assert [line.name for line in cfd(later).lines] == ["Doing", "Departed"]
    assert "Never (removed)" not in later.workflow.stages


def test_removing_the_stages_beside_the_committed_ones_moves_no_start_and_no_finish(
    ada: Person,
) -> None:
    ada.starts("plain", "Plain")
    ada.boards.add_stage(ada.board_id, "Checked", after=ada.stage("Doing").id)
    ada.boards.edit_stage(ada.board_id, ada.stage("Checked").id, {"committed": False})
    [ref] = ada.adds("a", to="To do")
    for stage in ("Doing", "Checked", "Done"):
        ada.clock.now += timedelta(days=3)
        ada.moves(ref, to=stage)
    card = ada.cards.get(ref)
    for stage in ("Checked", "To do"):
        ada.boards.remove_stage(ada.board_id, ada.stage(stage).id)
        after = ada.cards.get(ref)
        assert (after.started_at, after.finished_at) == (card.started_at, card.finished_at)
        [seen] = looked_at(ada, ada.clock.now).finished
        assert (seen.flow.start, seen.flow.finish) == (card.started_at, card.finished_at)
    ada.service.close()
    conn = sqlite3.connect(ada.service.path)
    conn.executescript(
        "UPDATE card SET started_at = created_at, finished_at = entered_at;"
        " PRAGMA user_version=12; DELETE FROM _sqlite_migrations WHERE name > 'm014'"
    )
    conn.close()
    database.open_for_writing(ada.service.path).close()
    [face] = Person(ada.service.path.parent).service.boards.snapshot(ada.board_id).faces
    assert datetime.fromisoformat(face.started_at) == card.started_at
    assert datetime.fromisoformat(face.finished_at) == card.finished_at
