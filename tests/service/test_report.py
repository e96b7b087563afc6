"""What a report has to say: which cards ended since, what is won first, and what is due when."""

from datetime import UTC, datetime, timedelta

import pytest

from mlkanban.core.board import Outcome
from mlkanban.core.timestamps import moment
from mlkanban.service.report import BoardReport, NextCard, ReportRequest
from tests.service.people import Person


def made(ada: Person, since: datetime | None = None) -> BoardReport:
    return ada.service.reports.make(ada.board, ReportRequest(since=since))


def planned(ada: Person, ref: str) -> NextCard:
    [card] = [card for card in made(ada).next if card.ref == ref]
    return card


def test_a_day_counts_from_its_first_instant_on(ada: Person) -> None:
    """A card that ended in the instant of the last report was in that one; a day that somebody
    names begins with its first instant."""
    [early, late] = ada.adds("early", "late")
    ada.cards.finish([early], Outcome.LEARNED)
    last = made(ada)
    ada.cards.finish([late], Outcome.LEARNED)
    faces = {face.ref: face for face in ada.boards.snapshot(ada.board_id).faces}
    ended = moment(faces[late].finished_at)
    assert ended is not None
    assert [card.ref for card in made(ada, ended).learned] == [late]
    assert made(ada, ended + timedelta(seconds=1)).learned == ()
    ada.clock.now = ended - timedelta(minutes=1)
    at_the_end = made(ada)
    assert at_the_end.now == ended
    assert [card.ref for card in at_the_end.learned] == [late, early]
    ada.service.reports.remember(at_the_end)
    ada.clock.now += timedelta(days=1)
    assert made(ada).since.at == ended
    assert made(ada).learned == ()
    assert [card.ref for card in last.learned] == [early]


def test_a_duplicate_that_was_in_progress_is_no_card_that_ended(ada: Person) -> None:
    kept, twice, replaced = ada.adds("kept", "twice", "replaced", to="Features", override="so")
    ada.service.duplicates.merge(twice, kept)
    ada.cards.finish([replaced], Outcome.SUPERSEDED)
    ada.cards.archive([replaced])
    outcomes = {face.ref: face.outcome for face in ada.boards.snapshot(ada.board_id).faces}
    assert outcomes[twice] == outcomes[replaced] == "superseded"
    assert made(ada).outcomes == {"superseded": 1}


def test_starred_cards_come_first_and_then_those_that_scored_most(ada: Person) -> None:
    scores = {"none": "", "small": "2/4", "star": "1/8", "big": "9/3", "middle": "5/5"}
    for title, score in scores.items():
        [ref] = ada.adds(title, **({"score": score} if score else {}))
        ada.cards.finish([ref], Outcome.SHIPPED)
        if title == "star":
            ada.cards.edit([ref], {"win": True})
    assert [card.title for card in made(ada).won] == ["star", "big", "middle", "small", "none"]


def test_the_chance_of_a_card_with_a_due_and_a_promised_day_is_that_of_the_due_day(
    ada: Person,
) -> None:
    yesterday = ada.clock.now.date() - timedelta(days=1)
    late, promised = ada.adds("late", to="Features", due=str(yesterday)), ada.adds("promised")
    ada.service.reviews.end(ada.board, [*late, *promised])
    card = planned(ada, late[0])
    assert card.promised is not None
    assert (card.due, card.by, card.chance) == (yesterday, yesterday, 0.0)
    other = planned(ada, promised[0])
    assert (other.due, other.by, other.chance) == (None, other.promised, None)


def test_the_last_report_of_each_day_is_kept_as_long_as_the_next_one_looks_back_to_it(
    ada: Person,
) -> None:
    ats: list[datetime] = []
    for _ in range(4):
        for _ in range(3):
            report = made(ada)
            ada.service.reports.remember(report)
        assert not ats or report.since.at == ats[-1]
        ats.append(report.now)
        ada.clock.now += timedelta(days=1)


@pytest.mark.parametrize("hour", [0, 23])
def test_days_are_those_of_the_board(ada: Person, hour: int) -> None:
    ada.clock.now = datetime(2026, 3, 20, hour, 30, tzinfo=UTC)
    assert made(ada).today == ada.clock.now.date()
