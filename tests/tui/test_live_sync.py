"""An open board and the database of a team: what one writes the other sees by itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlkanban.sync.transports import remotes
from mlkanban.tui import background
from tests.service.people import Clock, Person
from tests.sync.databases import database as database
from tests.sync.databases import server as server
from tests.sync.postgres import Server
from tests.tui.page import opened

pytestmark = pytest.mark.postgresql

IDLE_SECONDS = 2.0
"""Until the exchanges that the start of a board set off are over: what comes then is heard of."""


@pytest.fixture
def bob(tmp_path: Path, server: Server, database: str) -> Iterator[Person]:
    person = Person(tmp_path / "bob", "bob", Clock())
    yield person
    person.service.close()


async def test_an_open_board_and_a_database_stay_in_step(
    small: Path, bob: Person, server: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Only calls of the database are quick enough for this test.
    monkeypatch.setattr(background, "LIVE_POLL_SECONDS", 600.0)
    monkeypatch.setattr(background, "_RETRY_SECONDS", (0.2, 0.2))

    def meet() -> list[str]:
        way = remotes.place_at(bob.service, server.address(database, "bob"))
        bob.service.sync.exchange(way)
        return [face.title for board in bob.boards.all()
                for face in bob.boards.snapshot(board.id).faces]  # fmt: skip

    async with opened(small) as board:
        with board.store() as here:
            remotes.choose(here, server.address(database))
        await board.app.live_sync.begin()
        try:
            await board.until(lambda: "logistic baseline" in meet())
            bob.board_id = bob.boards.all()[0].id
            await board.pilot.pause(IDLE_SECONDS)
            bob.adds("from bob")
            meet()
            await board.until(lambda: "from bob" in board.text())
            ref = board.ref("from bob")
            with board.store() as here:
                here.cards.edit([ref], {"title": "from ada"})
            await board.until(lambda: "from ada" in meet())
            server.stop("immediate")
            await board.until(lambda: "Nothing is lost" in board.status())
            with board.store() as here:
                here.cards.edit([ref], {"title": "written alone"})
            server.start()
            await board.until(lambda: "The database is back." in board.status())
            await board.until(lambda: "written alone" in meet())
            with board.store() as here:
                here.cards.edit([ref], {"title": "written last"})
        finally:
            board.app.live_sync.at_the_end()
        assert "written last" in meet()


async def test_where_the_database_calls_nobody_the_board_looks(
    small: Path, bob: Person, server: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "LIVE_POLL_SECONDS", 0.2)
    # As behind a PgBouncer that shares connections between clients.
    definition = server.sql(database, "SELECT pg_get_functiondef('mlkanban.after_insert'::regproc)")
    server.sql(database, definition.replace("PERFORM pg_notify('mlkanban', '');", ""))
    address = server.address(database, "bob")
    async with opened(small) as board:
        with board.store() as here:
            remotes.choose(here, server.address(database))
        await board.app.live_sync.begin()
        try:
            await board.pilot.pause(IDLE_SECONDS)
            bob.starts("plain", "Other")
            remotes.exchange(bob.service, [remotes.place_at(bob.service, address)])
            with board.store() as here:
                await board.until(lambda: "Other" in [one.name for one in here.boards.all()])
        finally:
            board.app.live_sync.at_the_end()
