"""A clock that was two years ahead for a while, and is right again."""

from datetime import UTC, datetime, timedelta

from mlkanban.core.board import Outcome
from mlkanban.core.triage_session import TriageSession
from mlkanban.display.card_face import FaceContext, age
from mlkanban.flow.aging import aging
from mlkanban.flow.sample import follow
from mlkanban.flow.window import Window
from mlkanban.flow.wip import wip
from tests.service.people import Person

AHEAD = timedelta(days=731)


def written_ahead(ada: Person) -> str:
    """A card that was made and committed while the clock was ahead."""
    right = ada.clock.now
    ada.clock.now = right + AHEAD
    [ref] = ada.adds("from the future")
    ada.moves(ref, to="Data prep")
    ada.clock.now = right
    return ref


def test_what_is_finished_now_is_dated_now_and_counted(ada: Person) -> None:
    ref = written_ahead(ada)
    ada.cards.finish([ref], Outcome.SHIPPED)
    card = ada.cards.get(ref)
    assert card.finished_at == card.started_at == ada.clock.now
    workflow, histories = ada.service.history.for_flow(ada.board)
    now = ada.clock.now
    sample = follow(workflow, histories, now, Window.back(30, workflow.day(now)))
    assert [(c.ref, sample.days_of(c)) for c in sample.finished] == [(ref, 1)]


def test_all_that_follows_keeps_the_right_clock(ada: Person) -> None:
    ref = written_ahead(ada)
    ada.moves(ref, to="Features")
    moved = ada.clock.now
    ada.clock.now += timedelta(days=3)
    ada.cards.finish([ref], Outcome.SHIPPED)
    card = ada.cards.get(ref)
    assert (card.started_at, card.finished_at) == (moved, ada.clock.now)


def test_what_is_dated_ahead_is_told(ada: Person) -> None:
    assert ada.service.history.dated_ahead(ada.clock.now) == (0, "", [])
    ref = written_ahead(ada)
    count, last, refs = ada.service.history.dated_ahead(ada.clock.now)
    assert (count, refs) == (2, [ref])
    assert last[:10] == f"{ada.clock.now + AHEAD:%Y-%m-%d}"


def test_a_clock_behind_all_that_was_ever_written_moves_nothing_back(ada: Person) -> None:
    [ref] = ada.adds("made in time")
    ada.moves(ref, to="Data prep")
    began = ada.cards.get(ref).started_at
    ada.clock.now = datetime(1990, 1, 1, tzinfo=UTC)
    ada.cards.finish([ref], Outcome.SHIPPED)
    assert ada.cards.get(ref).finished_at == began


def test_all_numbers_count_what_is_dated_ahead_as_of_now(ada: Person) -> None:
    ref = written_ahead(ada)
    now = ada.clock.now
    workflow, histories = ada.history.for_flow(ada.board, now)
    sample = follow(workflow, histories, now, Window.back(30, workflow.day(now)))
    (old,) = aging(sample, None).cards
    assert (old.ref, old.age_days) == (ref, 1)
    assert wip(sample).cards == (ref,)
    standing = ada.service.portfolio.standing(ada.board)
    assert standing.wip == 1
    (face,) = ada.boards.snapshot(ada.board_id).faces
    assert age(face, FaceContext.at(ada.board, now)) == "1d"
    found = ada.service.search.find(ada.board, [face], "age:1d", now.date())
    assert [one.ref for one in found] == [ref]


def test_a_limit_that_was_set_ahead_holds_now(ada: Person) -> None:
    right = ada.clock.now
    ada.clock.now = right + AHEAD
    ada.sets("Data prep", limit=7)
    workflow, _ = ada.history.for_flow(ada.board, right)
    at = workflow.stages.index("Data prep")
    assert workflow.as_of(right).limits[at].cards == 7


def test_a_session_of_triage_that_was_held_ahead_counts_now(ada: Person) -> None:
    now = ada.clock.now
    held = TriageSession("all", now + AHEAD, 60, 1, {"accepted": 1}, 0, 0, 0)
    ada.service.triage.end(ada.board_id, held)
    assert [one.began for one in ada.service.triage.sessions(ada.board_id, now)] == [now]
