"""Limits that hold for a whole team at once, in a PostgreSQL database, with a process a person."""

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from mlkanban.errors import LimitReached, StoreProblem
from mlkanban.store import merge
from mlkanban.sync.transports import remotes, turns
from mlkanban.sync.transports.postgresql import PostgreSQL
from mlkanban.sync.transports.turns import take_turn
from tests.service.exchanging import shown
from tests.service.people import Clock, Person
from tests.sync.databases import database as database
from tests.sync.databases import server as server
from tests.sync.postgres import Server
from tests.sync.proxy import Proxy

pytestmark = pytest.mark.postgresql


class Team:
    """People with a card each, who share a board where Doing takes one card."""

    def __init__(self, folder: Path, server: Server, name: str, people: tuple[str, ...]) -> None:
        self.server, self.name = server, name
        if "dan" not in server.sql("postgres", "SELECT rolname FROM pg_roles"):
            server.sql("postgres", "CREATE ROLE dan LOGIN")
        way = PostgreSQL(server.address(name))
        way.prepare(people[1:])
        way.close()
        self.people = {
            who: Person(folder / who, who, Clock(), take_turn=take_turn) for who in people
        }
        self.first = next(iter(self.people.values()))
        self.first.starts("plain")
        self.first.sets("Doing", limit=1)
        self.first.boards.edit(self.first.board_id, {"team_limits": True})
        self.cards = dict(zip(people, self.first.adds(*people), strict=True))
        for who in people:
            self.sync(who)
            self.people[who].board_id = self.first.board_id
            self.connects(who)

    def connects(self, who: str, port: int = 0) -> None:
        path = self.people[who].service.path
        turns._open.pop(path, None)
        path.with_name("sync").joinpath("away").unlink(missing_ok=True)
        (path.parent / "sync").mkdir(exist_ok=True)
        address = self.server.address(self.name, who, port)
        (path.parent / "sync" / "remote").write_text(address)

    def sync(self, who: str) -> list[str]:
        address = self.server.address(self.name, who)
        return self.people[who].service.sync.exchange(PostgreSQL(address)).notices

    def meet(self) -> None:
        for _ in range(2):
            for who in self.people:
                self.sync(who)

    def doing(self) -> list[str]:
        return self.first.order("Doing")

    def same(self) -> bool:
        boards = [shown(person) for person in self.people.values()]
        return all(board == boards[0] for board in boards)


@pytest.fixture
def team(tmp_path: Path, server: Server, database: str) -> Iterator[Team]:
    team = Team(tmp_path, server, database, ("ada", "bob"))
    yield team
    for person in team.people.values():
        person.service.close()


def test_who_comes_second_is_refused_with_the_name_of_the_first(team: Team) -> None:
    ada, bob = team.people.values()
    ada.moves(team.cards["ada"], to="Doing")
    with pytest.raises(LimitReached) as refused:
        bob.moves(team.cards["bob"], to="Doing")
    assert refused.value.message == f"Doing is 1/1: {team.cards['ada']} (ada)."
    assert bob.service.take_notices() == []
    ada.moves(team.cards["ada"], to="Done")
    bob.moves(team.cards["bob"], to="Doing")
    with pytest.raises(LimitReached, match=r"\(bob\)"):
        ada.adds("another", to="Doing")
    team.meet()
    assert team.same()


def test_a_board_without_the_setting_asks_nobody(team: Team) -> None:
    ada, bob = team.people.values()
    ada.boards.edit(ada.board_id, {"team_limits": False})
    team.meet()
    ada.moves(team.cards["ada"], to="Doing")
    bob.moves(team.cards["bob"], to="Doing")
    team.meet()
    assert len(team.doing()) == 2
    assert ada.boards.over_since_merge(ada.board_id) == {ada.stage("Doing").id}


def test_without_a_server_limits_hold_on_each_machine_and_the_merge_says_so(team: Team) -> None:
    ada, bob = team.people.values()
    team.server.stop("immediate")
    try:
        ada.moves(team.cards["ada"], to="Doing")
        bob.moves(team.cards["bob"], to="Doing")
        for person in (ada, bob):
            [notice] = person.service.take_notices()
            assert notice.startswith("The limits of the team were checked on this machine alone:")
    finally:
        team.server.start()
    notices = [*team.sync("ada"), *team.sync("bob"), *team.sync("ada")]
    assert "Doing is 2/1! since the merge." in notices
    team.meet()
    assert team.same()


@pytest.mark.parametrize("before", [True, False])
def test_a_line_that_is_cut_when_a_slot_is_taken_leaves_all_or_nothing(
    team: Team, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    ada, bob = team.people.values()
    commit = PostgreSQL.end_turn
    with Proxy(team.server.port) as line:
        team.connects("ada", line.port)

        def cut(way: PostgreSQL) -> None:
            monkeypatch.setattr(PostgreSQL, "end_turn", commit)
            if not before:
                commit(way)
            line.cut()
            commit(way)

        monkeypatch.setattr(PostgreSQL, "end_turn", cut)
        ada.moves(team.cards["ada"], to="Doing")
        assert ada.service.take_notices() == []
        with pytest.raises(LimitReached):
            bob.moves(team.cards["bob"], to="Doing")
    team.meet()
    assert team.same()
    assert team.doing() == [team.cards["ada"]]


def test_a_machine_that_dies_after_the_database_has_it_gets_it_back(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = team.people.values()
    commit = PostgreSQL.end_turn

    class Died(BaseException):
        pass

    def dies(way: PostgreSQL) -> None:
        commit(way)
        raise Died

    monkeypatch.setattr(PostgreSQL, "end_turn", dies)
    with pytest.raises(Died):
        ada.moves(team.cards["ada"], to="Doing")
    monkeypatch.undo()
    assert ada.where(team.cards["ada"]) == "To do", "nothing half written"
    with pytest.raises(LimitReached):
        bob.moves(team.cards["bob"], to="Doing")
    with pytest.raises(LimitReached):
        ada.adds("other", to="Doing")
    assert ada.where(team.cards["ada"]) == "Doing"
    team.meet()
    assert team.same()


@pytest.mark.parametrize(
    ("died", "then"), [("before", "move"), ("after", "move"), ("after", "note")]
)
def test_a_process_killed_between_the_two_commits_goes_on_and_no_slot_is_lost(
    team: Team, tmp_path: Path, died: str, then: str
) -> None:
    ada, bob = team.people.values()
    ada.service.close()
    card = team.cards["ada"]
    taker = slot_taker(tmp_path, "ada", died)
    assert says(taker) == "ready"
    order(taker, f"move {card} Doing")
    assert says(taker) == "there"
    taker.kill()
    taker.communicate()
    if died == "before":
        bob.moves(team.cards["bob"], to="Doing")
        bob.moves(team.cards["bob"], to="To do")
    else:
        with pytest.raises(LimitReached, match=r"\(ada\)"):
            bob.moves(team.cards["bob"], to="Doing")
    # The first thing that it does again may be one without a turn, which knows nothing of the move.
    taker = slot_taker(tmp_path, "ada")
    assert says(taker) == "ready"
    order(taker, f"note {card} back" if then == "note" else f"move {card} Done")
    answer = says(taker)
    assert answer.startswith("done")
    assert ("killed while sending" in answer) == (died == "after" and then == "move")
    taker.terminate()
    taker.communicate()
    again = team.people["ada"] = team.first = Person(tmp_path / "ada", "ada", Clock())
    again.board_id = bob.board_id
    team.meet()
    assert team.same()
    assert team.doing() == ([card] if then == "note" else [])
    if then == "note":
        assert [note.text for note in bob.cards.get(card).notes] == ["back"]
        bob.moves(card, to="Done")
    bob.moves(team.cards["bob"], to="Doing")


def slot_taker(folder: Path, who: str, *stays: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.sync.slot_taker", str(folder / who), who, *stays],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
    )  # fmt: skip


def order(taker: "subprocess.Popen[str]", line: str) -> None:
    assert taker.stdin is not None
    taker.stdin.write(f"{line}\n")
    taker.stdin.flush()


def says(taker: "subprocess.Popen[str]") -> str:
    assert taker.stdout is not None
    return taker.stdout.readline().strip()


def test_a_server_that_is_silent_is_waited_for_once_and_the_wait_is_shown(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", 0.4)
    monkeypatch.setattr(turns, "ONCE_MORE_SECONDS", 0.2)
    monkeypatch.setattr(turns, "SHOWN_AFTER_SECONDS", 0.1)
    waits: list[str] = []
    ada = team.people["ada"]
    with Proxy(team.server.port) as line:
        team.connects("ada", line.port)
        slowly = Person(
            tmp_path / "ada", "ada", Clock(),
            take_turn=partial(take_turn, show_wait=waits.append),
        )  # fmt: skip
        slowly.board_id = ada.board_id
        slowly.moves(team.cards["ada"], to="Doing")
        assert slowly.service.take_notices() == []
        waits.clear()
        line.silent = True
        alone = "The limits of the team were checked on this machine alone: "
        reason = f"{team.server.address(team.name, 'ada', line.port)} said nothing for 0.4 seconds."
        slowly.moves(team.cards["ada"], to="To do")
        assert slowly.service.take_notices() == [alone + reason]
        assert waits == [f"Waiting for {team.server.address(team.name, 'ada', line.port)} ...", ""]
        # Another process of this machine does not wait again, but says so.
        turns._open.pop(ada.service.path).close()
        ada.moves(team.cards["ada"], to="Doing")
        assert ada.service.take_notices() == [alone + reason]
        assert len(waits) == 2
        line.silent = False
        monkeypatch.setattr(turns, "AGAIN_SECONDS", 0.0)
        slowly.moves(team.cards["ada"], to="To do")
        assert slowly.service.take_notices() == []
    slowly.service.close()


def test_a_turn_costs_nine_answers_of_the_database_and_one_more_with_news(team: Team) -> None:
    ada, bob = team.people.values()
    with Proxy(team.server.port) as line:
        team.connects("ada", line.port)
        ada.moves(team.cards["ada"], to="Doing")
        for news, answers in ((False, 9), (True, 10)):
            if news:
                bob.adds("new")
            line.answers = 0
            ada.moves(team.cards["ada"], to="To do" if news else "Done")
            assert line.answers == answers


def test_a_fault_of_the_own_store_ends_the_turn_and_does_not_count_as_away(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = team.people.values()
    bob.adds("new")
    asked = []

    def full(*_: object) -> None:
        asked.append(1)
        raise StoreProblem("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(merge, "add", full)
        with pytest.raises(StoreProblem, match="The disk is full"):
            ada.moves(team.cards["ada"], to="Doing")
    assert asked == [1], "tried once"
    assert not turns._open[ada.service.path].in_turn
    assert ada.service.take_notices() == []
    bob.moves(team.cards["bob"], to="Doing")
    with pytest.raises(LimitReached, match=r"\(bob\)"):
        ada.moves(team.cards["ada"], to="Doing")


def test_a_place_that_was_left_gets_nothing_more(team: Team, tmp_path: Path) -> None:
    ada, bob = team.people.values()
    ada.moves(team.cards["ada"], to="Doing")
    live = remotes.live(ada.service)
    assert live is not None
    assert remotes.live(ada.service, live) is live
    remotes.choose(ada.service, str(tmp_path / "repository.git"))
    assert remotes.live(ada.service, live) is None
    ada.adds("only here")
    assert ada.service.path not in turns._open
    team.sync("bob")
    assert "only here" not in [face.title for face in bob.boards.snapshot(bob.board_id).faces]


def test_an_exchange_without_news_reads_no_cards(team: Team) -> None:
    ada, _ = team.people.values()
    team.meet()
    with ada.service._context.store.reading() as conn:
        statements: list[str] = []
        conn.set_trace_callback(statements.append)
    team.sync("ada")
    conn.set_trace_callback(None)
    assert not [text for text in statements if "FROM card" in text and "clash" not in text]
