"""The line to the database of a team is cut at any byte, and its server crashes in the middle."""

import contextlib
import random
import threading

import pytest

from mlkanban.errors import StoreProblem
from mlkanban.sync.transports import postgresql
from tests.service.exchanging import shown
from tests.service.people import Person
from tests.stress.faults import Tell
from tests.stress.sizes import size
from tests.sync.databases import database as database
from tests.sync.databases import server as server
from tests.sync.postgres import Server
from tests.sync.proxy import Proxy
from tests.sync.test_postgresql import of_log, sync
from tests.sync.test_postgresql import two as two

pytestmark = pytest.mark.postgresql

CUTS, CRASHES = size(20, 300), size(3, 30)


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
