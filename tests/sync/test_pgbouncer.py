"""A PgBouncer in transaction mode between people and the database of their team: its calls do not
get through, everything else does."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlkanban.errors import LimitReached, StoreProblem
from mlkanban.sync.transports.postgresql import PostgreSQL
from tests.service.exchanging import shown
from tests.service.people import Clock, Person
from tests.sync.databases import database as database
from tests.sync.databases import server as server
from tests.sync.postgres import LOGINS, Server, _free_port
from tests.sync.test_team_limits import Team

pytestmark = pytest.mark.postgresql


@pytest.fixture
def bouncer(server: Server, request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of a PgBouncer before the server, in transaction mode or that of the parameter."""
    mode = getattr(request, "param", "transaction")
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("no PgBouncer here: apt-get install pgbouncer")
    folder, port = server.folder / "bouncer", _free_port()
    folder.mkdir(exist_ok=True)
    folder.joinpath("users").write_text("".join(f'"{login}" ""\n' for login in LOGINS))
    folder.joinpath("ini").write_text(
        f"[databases]\n* = host=127.0.0.1 port={server.port}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = trust\nauth_file = {folder / 'users'}\npool_mode = {mode}\n"
        "default_pool_size = 2\nignore_startup_parameters = extra_float_digits\n"
    )
    command = [program, str(folder / "ini")]
    if os.getuid() == 0:
        user = pwd.getpwnam("postgres")
        command = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}",
                   "--clear-groups", *command]  # fmt: skip
    log = folder.joinpath("log").open("w")
    process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/")
    try:
        end = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                assert process.poll() is None, folder.joinpath("log").read_text()
                assert time.monotonic() < end
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()
        log.close()


def test_changes_and_turns_get_through_and_calls_do_not(
    tmp_path: Path, server: Server, database: str, bouncer: int
) -> None:
    team = Team(tmp_path, server, database, ("ada", "bob"))
    ada, bob = team.people.values()
    for who in team.people:
        team.connects(who, bouncer)
    way = PostgreSQL(server.address(database, "bob", bouncer), stays=True)
    wake, ours = os.pipe()
    bob.service.sync.exchange(way)
    ada.moves(team.cards["ada"], to="Doing")
    assert ada.service.take_notices() == []
    way.wait(wake, 0.5)
    assert bob.service.sync.exchange(way).taken == 1, "the next look has it"
    with pytest.raises(LimitReached, match=r"\(ada\)"):
        bob.moves(team.cards["bob"], to="Doing")
    ada.moves(team.cards["ada"], to="To do")
    bob.moves(team.cards["bob"], to="Doing")
    bob.cards.note([team.cards["bob"]], "by bob")
    assert bob.service.sync.exchange(way).sent == 1
    ada.service.sync.exchange(PostgreSQL(server.address(database, "ada", bouncer)))
    assert shown(ada) == shown(bob)
    logins = "SELECT DISTINCT login FROM mlkanban.event ORDER BY login"
    assert server.sql(database, logins).split() == ["ada", "bob"]
    way.close()
    os.close(wake)
    os.close(ours)
    for person in (ada, bob):
        person.service.close()


@pytest.mark.parametrize("bouncer", ["statement"], indirect=True)
def test_one_that_shares_single_statements_is_told_what_to_set(
    tmp_path: Path, server: Server, database: str, bouncer: int
) -> None:
    ada = Person(tmp_path / "ada", "ada", Clock())
    ada.starts("plain")
    with pytest.raises(StoreProblem) as told:
        ada.service.sync.exchange(PostgreSQL(server.address(database, "ada", bouncer)))
    assert "pool_mode = transaction, or session, in its PgBouncer" in told.value.hint
    ada.service.close()
