"""A limit counts for the days on which it held."""

from datetime import datetime, timedelta

import pytest

from mlkanban.core.board import StageKind
from mlkanban.flow.bottleneck import Bottleneck, bottleneck
from mlkanban.flow.history import Limits
from mlkanban.flow.sample import follow
from mlkanban.flow.window import Window
from tests.service.people import Person


def at_limit(person: Person, as_of: datetime) -> float | None:
    return weighed(person, as_of).stages[0].at_limit_share


def weighed(person: Person, as_of: datetime) -> Bottleneck:
    workflow, histories = person.history.for_flow(person.board)
    return bottleneck(follow(workflow, histories, as_of, Window.back(90, workflow.day(as_of))))


def unlimited(person: Person) -> None:
    person.starts("plain", "Plain")
    if person.stage("Doing").limit is not None:
        person.sets("Doing", limit=None)


def test_a_limit_of_yesterday_was_not_reached_before(ada: Person) -> None:
    unlimited(ada)
    ada.adds(*"abc", to="Doing")
    ada.clock.now += timedelta(days=9)
    before = ada.clock.now
    ada.sets("Doing", limit=2)
    ada.clock.now += timedelta(days=1)
    assert at_limit(ada, ada.clock.now) == pytest.approx(1 / 10, abs=0.001)
    assert at_limit(ada, before) is None
    ada.sets("Doing", limit=None)
    ada.clock.now += timedelta(days=10)
    assert at_limit(ada, ada.clock.now) == pytest.approx(1 / 20, abs=0.001)


def test_each_limit_counts_for_its_own_time(ada: Person) -> None:
    unlimited(ada)
    ada.adds(*"abc", to="Doing")
    for limit in (2, 5, 3):
        ada.sets("Doing", limit=limit)
        ada.clock.now += timedelta(days=5)
    assert at_limit(ada, ada.clock.now) == pytest.approx(2 / 3, abs=0.001)


def test_a_limit_that_was_undone_never_held(ada: Person) -> None:
    unlimited(ada)
    ada.adds("a", to="Doing")
    ada.clock.now += timedelta(days=5)
    ada.sets("Doing", limit=1)
    ada.clock.now += timedelta(days=5)
    assert at_limit(ada, ada.clock.now) == pytest.approx(1 / 2, abs=0.001)
    ada.undoes()
    assert at_limit(ada, ada.clock.now) is None
    ada.redoes()
    assert at_limit(ada, ada.clock.now) == pytest.approx(1 / 2, abs=0.001)


def test_what_if_plays_the_limits_of_its_own_day(ada: Person) -> None:
    unlimited(ada)
    ada.adds("a", to="Doing")
    ada.sets("Doing", limit=4)
    then = ada.clock.now
    ada.clock.now += timedelta(days=5)
    ada.sets("Doing", limit=7, unattended=2)
    workflow, histories = ada.history.for_flow(ada.board)
    known = follow(workflow, histories, then, Window.back(90, workflow.day(then))).workflow
    assert (known.limits[1], workflow.limits[1]) == (Limits(4), Limits(7, 2))


def test_a_removed_stage_has_no_limit_any_more_and_had_one(ada: Person) -> None:
    unlimited(ada)
    ada.boards.add_stage(ada.board_id, "Review", after=ada.stage("Doing").id, kind=StageKind.QUEUE)
    ada.boards.edit_stage(ada.board_id, ada.stage("Review").id, {"committed": True, "limit": 1})
    [ref] = ada.adds("a", to="Review")
    ada.clock.now += timedelta(days=4)
    ada.moves(ref, to="Done")
    ada.clock.now += timedelta(days=4)
    ada.boards.remove_stage(ada.board_id, ada.stage("Review").id)
    found = weighed(ada, ada.clock.now)
    assert found.stages[1].stage == "Review (removed)"
    assert found.stages[1].at_limit_share == pytest.approx(1 / 2, abs=0.001)
    workflow, _ = ada.history.for_flow(ada.board)
    assert workflow.limits[2] == Limits()
