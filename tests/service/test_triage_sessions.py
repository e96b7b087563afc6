"""Sessions of triage are kept with the board, are nothing to undo, and are gone on with."""

from datetime import timedelta
from pathlib import Path

import pytest

from mlkanban.core.board import BlockReason
from mlkanban.core.triage import TriageView
from mlkanban.core.triage_session import TriageSession
from mlkanban.errors import RuleRefused
from mlkanban.service import Service
from tests.service.people import Clock, Person
from tests.store.test_projections import assert_log_and_tables_agree


def session(person: Person, *left: str, view: str = "all", again: int = 0) -> TriageSession:
    return TriageSession(
        view, person.clock.now, 480, 23, {"accepted": 12}, 2, 1, 3, tuple(left), again
    )  # fmt: skip


def ends(person: Person, *left: str, view: str = "all", again: int = 0) -> None:
    person.service.triage.end(person.board_id, session(person, *left, view=view, again=again))


def queue(person: Person, view: TriageView = TriageView.ALL) -> list[str]:
    return [item.ref for item in person.service.triage.queue(person.board, view).items]


def test_a_session_is_kept_with_the_board_and_moves_no_card(ada: Person) -> None:
    [ref] = ada.adds("a", to="Data prep")
    before, flow = ada.state(), ada.history.for_flow(ada.board)
    ends(ada, ref)
    assert ada.state() == before
    assert ada.history.for_flow(ada.board) == flow
    [kept] = ada.service.triage.sessions(ada.board_id, ada.clock.now)
    assert (kept.decisions, kept.seconds, kept.left) == (12, 480, (ref,))
    event = [*ada.exports.events(ada.board_id)][-1]
    assert (event.kind, event.card) == ("triage.ended", "")
    assert event.data["set"]["triage"]["decided"]["accepted"] == 12
    assert_log_and_tables_agree(ada)


def test_nobody_reads_the_board_again_for_it(ada: Person) -> None:
    ada.adds("a")
    before = ada.boards.cursor()
    ends(ada)
    update = ada.boards.update(ada.board_id, before)
    assert (update.board, update.faces, update.gone) == (None, (), ())
    assert update.cursor > before


def test_it_is_nothing_to_undo_and_does_not_hinder_a_redo(ada: Person) -> None:
    [ref] = ada.adds("a")
    ada.moves(ref, to="Ready")
    ends(ada)
    ada.undoes()
    assert ada.where(ref) == "Ideas"
    ends(ada)
    ada.redoes()
    assert ada.where(ref) == "Ready"
    ends(ada)
    ada.undoes()
    ada.undoes()
    with pytest.raises(RuleRefused, match="nothing to undo"):
        ada.undoes()


def test_the_next_session_goes_on_where_the_last_one_stopped(ada: Person) -> None:
    a, b, c, d = ada.adds("a", "b", "c", "d")
    ends(ada, d, c, a, again=1)
    ada.moves(d, to="Ready")
    [e] = ada.adds("e")
    found = ada.service.triage.queue(ada.board)
    assert [item.ref for item in found.items] == [c, b, e, a]
    assert (found.skipped, found.resumed) == (frozenset({a}), True)
    assert [item.ref for item in found.first(2).items] == [c, b]


def test_of_another_view_or_of_somebody_else_it_is_not_gone_on_with(
    ada: Person, bob: Person
) -> None:
    a, b = ada.adds("a", "b")
    ends(bob, b, a)
    assert queue(ada) == [a, b]
    assert queue(bob) == [b, a]
    for view in ("new", "inbox"):  # its earlier name, which logs have
        ends(ada, b, a, view=view)
        assert queue(ada) == [a, b]
        assert queue(ada, TriageView.NEW) == [b, a]
        ends(ada, view=view)
        assert queue(ada, TriageView.NEW) == [a, b]
    ends(ada, b, a, view="marked")
    assert queue(ada) == [a, b]


def test_a_finished_session_is_not_gone_on_with(ada: Person) -> None:
    a, b = ada.adds("a", "b")
    ends(ada, b, a)
    ends(ada)
    assert queue(ada) == [a, b]


@pytest.mark.parametrize(("hours", "remembered"), [(7 * 24 - 1, True), (7 * 24 + 1, False)])
def test_a_pause_is_forgotten_after_a_week(ada: Person, hours: int, remembered: bool) -> None:
    a, b = ada.adds("a", "b")
    ends(ada, b, a)
    ada.clock.now += timedelta(hours=hours)
    assert (queue(ada) == [b, a]) == remembered


def test_sessions_of_another_board_stay_there(ada: Person) -> None:
    ends(ada)
    first = ada.board_id
    ada.starts("plain", "Chores")
    assert ada.service.triage.sessions(ada.board_id, ada.clock.now) == []
    assert len(ada.service.triage.sessions(first, ada.clock.now)) == 1


def test_where_nothing_can_be_written_nothing_is_kept(ada: Person, tmp_path: Path) -> None:
    reader = Service.open(tmp_path / "data", actor="ada", clock=Clock(), write=False)
    assert not reader.triage.end(ada.board_id, session(ada)).changed
    reader.close()
    assert ada.service.triage.sessions(ada.board_id, ada.clock.now) == []


def test_what_was_done_for_a_reason_says_so(ada: Person) -> None:
    ada.sets("Ready", limit=1)
    a, b = ada.adds("a", "b")
    ready = ada.stage("Ready").id
    assert not ada.cards.move([a], ready).forced
    assert ada.cards.move([b], ready, override="a demo tomorrow").forced
    assert not ada.cards.block([b], BlockReason.BUG).forced
