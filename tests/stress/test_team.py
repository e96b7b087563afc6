"""The line to the database of a team is cut at any byte, its server crashes in the middle, and
people race for a slot."""

import contextlib
import random
import threading
from pathlib import Path

import pytest

from mlkanban.errors import LimitReached, StoreProblem
from mlkanban.sync.transports import postgresql
from mlkanban.sync.transports.postgresql import PostgreSQL
from tests.service.exchanging import shown
from tests.service.people import Clock, Person
from tests.stress.faults import Tell
from tests.stress.sizes import size
from tests.sync.databases import database as database
from tests.sync.databases import server as server
from tests.sync.postgres import LOGINS, Server
from tests.sync.proxy import Proxy
from tests.sync.test_postgresql import of_log, sync
from tests.sync.test_postgresql import two as two
from tests.sync.test_team_limits import Team, order, says, slot_taker

pytestmark = pytest.mark.postgresql

CUTS, CRASHES = size(20, 300), size(3, 30)
RACES, SLOT_CUTS = size(4, 50), size(5, 100)
PEOPLE = (*LOGINS, "dan")


def test_a_line_cut_at_any_byte_loses_nothing(
    two: tuple[Person, Person], server: Server, database: str,
    monkeypatch: pytest.MonkeyPatch, tell: Tell,
) -> None:  # fmt: skip
    monkeypatch.setattr(postgresql, "_WRITE_EVENTS", 5)
    ada, bob = two
    chance = random.Random(7)
    with Proxy(server.port) as line:
        for number in range(CUTS):
            ada.adds(*(f"{number}.{one}" for one in range(4)))
            line.cut_after = chance.randrange(200, 12_000)
            with contextlib.suppress(StoreProblem):
                sync(ada, server.address(database, port=line.port))
            rows = server.sql(
                database,
                "SELECT coalesce(max(rseq), 0) = count(*) AND coalesce(max(rseq), 0) ="
                " (SELECT coalesce(max(rseq), 0) FROM mlkanban.replica) FROM mlkanban.event",
            )
            assert rows == "t"
        line.cut_after = None
        assert sync(ada, server.address(database, port=line.port)) == []
    sync(bob, server.address(database, "bob"))
    assert of_log(ada) == of_log(bob)
    assert shown(ada) == shown(bob)
    tell("line to PostgreSQL cut in the middle of an exchange", CUTS, 0)


def test_a_server_that_crashes_in_the_middle_loses_nothing(
    two: tuple[Person, Person], server: Server, database: str,
    monkeypatch: pytest.MonkeyPatch, tell: Tell,
) -> None:  # fmt: skip
    monkeypatch.setattr(postgresql, "_WRITE_EVENTS", 1)
    ada, bob = two
    chance = random.Random(7)
    for number in range(CRASHES):
        ada.adds(*(f"{number}.{one}" for one in range(20)))
        crash = threading.Timer(chance.uniform(0.0, 0.2), server.stop, ["immediate"])
        crash.start()
        with contextlib.suppress(StoreProblem):
            sync(ada, server.address(database))
        crash.join()
        server.start()
        assert sync(ada, server.address(database)) == []
        sync(bob, server.address(database, "bob"))
        assert of_log(ada) == of_log(bob)
    assert shown(ada) == shown(bob)
    tell("PostgreSQL crashed in the middle of an exchange", CRASHES, 0)


def test_a_line_cut_at_any_byte_never_gives_a_slot_twice(
    tmp_path: Path, server: Server, database: str, tell: Tell
) -> None:
    team = Team(tmp_path, server, database, ("ada", "bob"))
    chance = random.Random(7)
    ada, bob = team.people.values()
    with Proxy(server.port) as line:
        team.connects("ada", line.port)
        for number in range(SLOT_CUTS):
            line.cut_after = chance.randrange(1, 4000)
            ada.moves(team.cards["ada"], to="Doing")
            assert ada.service.take_notices() == [], number
            with pytest.raises(LimitReached, match=r"\(ada\)"):
                bob.moves(team.cards["bob"], to="Doing")
            ada.moves(team.cards["ada"], to="To do")
    team.meet()
    assert team.same()
    for person in team.people.values():
        person.service.close()
    tell("line to PostgreSQL cut while a slot of a team is taken", SLOT_CUTS, 0)


def test_of_four_who_take_the_last_slot_at_once_one_does(
    tmp_path: Path, server: Server, database: str, tell: Tell
) -> None:
    team = Team(tmp_path, server, database, PEOPLE)
    for person in team.people.values():
        person.service.close()
    takers = {who: slot_taker(tmp_path, who) for who in PEOPLE}
    try:
        assert {says(taker) for taker in takers.values()} == {"ready"}
        for number in range(RACES):
            for who, taker in takers.items():
                order(taker, f"move {team.cards[who]} Doing")
            answers = {who: says(taker) for who, taker in takers.items()}
            [winner] = [who for who, answer in answers.items() if answer == "done"]
            refusals = {answer for who, answer in answers.items() if who != winner}
            assert refusals == {f"Doing is 1/1: {team.cards[winner]} ({winner})."}, number
            order(takers[winner], f"move {team.cards[winner]} To")
            assert says(takers[winner]) == "done"
    finally:
        for taker in takers.values():
            taker.terminate()
            taker.communicate()
    again = [Person(tmp_path / who, who, Clock()) for who in PEOPLE]
    for person in again * 2:
        address = server.address(database, person.service.actor)
        person.service.sync.exchange(PostgreSQL(address))
    boards = [shown(person) for person in again]
    assert all(board == boards[0] for board in boards)
    for person in again:
        person.service.close()
    tell("4 people race for the last slot of a team, over PostgreSQL", RACES, 0)
