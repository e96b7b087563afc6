"""Stores of a team that exchange events through a PostgreSQL database."""

import json
import os
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mlkanban.core.events import Record
from mlkanban.errors import RuleRefused, StoreProblem, UsageProblem
from mlkanban.store import log
from mlkanban.store.rows import RECORD_COLUMNS, record_of
from mlkanban.sync import file_format
from mlkanban.sync.exchange import KnownEvents, NotTaken
from mlkanban.sync.transports import postgresql, remotes
from mlkanban.sync.transports.folder import Folder
from mlkanban.sync.transports.postgresql import PostgreSQL
from tests.service.exchanging import shown
from tests.service.people import Clock, Person
from tests.sync.databases import database as database
from tests.sync.databases import server as server
from tests.sync.postgres import Server
from tests.sync.proxy import Proxy
from tests.tools import needs

pytestmark = pytest.mark.postgresql


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Person, Person]]:
    ada, bob = (Person(tmp_path / name, name, Clock()) for name in ("ada", "bob"))
    bob.board_id = ada.starts("plain").id
    ada.adds("one")
    yield ada, bob
    ada.service.close()
    bob.service.close()


Meet = Callable[..., list[str]]


@pytest.fixture
def meet(server: Server, database: str) -> Meet:
    """Exchange until everybody has everything; what was said."""

    def meet(*people: Person, rounds: int = 2) -> list[str]:
        notices = []
        for _ in range(rounds):
            for person in people:
                notices += sync(person, server.address(database, person.service.actor))
        return notices

    return meet


def sync(person: Person, address: str) -> list[str]:
    return person.service.sync.exchange(PostgreSQL(address)).notices


def of_log(person: Person, columns: str = "replica, rseq, hash") -> set[tuple[Any, ...]]:
    conn = person.service._context.store.conn
    return set(conn.execute(f"SELECT {columns} FROM event").fetchall())


def everything(_replica: str) -> bool:
    return True


def test_what_one_adds_the_other_has(
    two: tuple[Person, Person], meet: Meet, server: Server, database: str
) -> None:
    ada, bob = two
    meet(ada, bob)
    bob.adds("two")
    [card] = ada.order("To do")[:1]
    ada.cards.edit([card], {"title": "new", "hypothesis": "größer\u2028\U0001f600 \\ ' \" 100%"})
    assert meet(ada, bob) == []
    assert shown(ada) == shown(bob)
    assert of_log(ada) == of_log(bob)
    for person in two:
        address = server.address(database, person.service.actor)
        assert person.service.sync.exchange(PostgreSQL(address)).message == "Nothing new."
    assert server.sql(database, "SELECT count(*) FROM mlkanban.event") == str(len(of_log(ada)))


def test_what_is_known_is_not_read_again(
    two: tuple[Person, Person], server: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "_READ_EVENTS", 10)
    monkeypatch.setattr(postgresql, "_WRITE_EVENTS", 7)
    ada, bob = two
    ada.adds(*map(str, range(40)))
    with Proxy(server.port) as line:
        ways = [
            PostgreSQL(server.address(database, person.service.actor, line.port)) for person in two
        ]
        assert ada.service.sync.exchange(ways[0]).sent == len(of_log(ada))
        assert bob.service.sync.exchange(ways[1]).taken == len(of_log(ada))
        ada.adds("last")
        ada.service.sync.exchange(ways[0])
        line.received = 0
        assert bob.service.sync.exchange(ways[1]).taken == 1
        one, line.received, line.sent = line.received, 0, 0
        assert bob.service.sync.exchange(ways[1]).message == "Nothing new."
        assert line.received + line.sent < 4000
        assert one < line.received + 2000, "one event, not forty"
    assert shown(ada) == shown(bob)


def test_a_login_writes_only_as_its_own_replicas(
    two: tuple[Person, Person], meet: Meet, server: Server, database: str
) -> None:
    ada, bob = two
    meet(ada, bob)
    [replica] = of_log(ada, "replica")
    row = (
        "INSERT INTO mlkanban.event (replica, rseq, hash, line)"
        f" VALUES ('{replica[0]}', %s, '', '')"
    )
    last = len(of_log(ada))
    with pytest.raises(RuntimeError, match="row-level security"):
        server.sql(database, row % (last + 1), login="bob")
    for rseq in (last, last + 2):
        with pytest.raises(RuntimeError, match=r"without a gap|duplicate key"):
            server.sql(database, row % rseq)
    for statement in (
        "UPDATE mlkanban.event SET line = ''", "DELETE FROM mlkanban.event",
        "TRUNCATE mlkanban.event", "UPDATE mlkanban.replica SET rseq = 0",
        "DELETE FROM mlkanban.replica",
    ):  # fmt: skip
        before = server.sql(database, "TABLE mlkanban.replica")
        with pytest.raises(RuntimeError, match=r"permission denied|row-level security"):
            server.sql(database, statement, login="bob")
        assert server.sql(database, "TABLE mlkanban.replica") == before
    server.sql(database, "UPDATE mlkanban.replica SET login = 'bob'", login="bob")
    assert server.sql(database, "TABLE mlkanban.replica") == before, "those of others are not seen"
    with pytest.raises(RuntimeError, match="never changed"):
        server.sql(database, "UPDATE mlkanban.event SET line = ''")
    with pytest.raises(RuntimeError, match="permission denied"):
        server.sql(database, "TABLE mlkanban.event", login="cy")


def test_who_is_no_member_is_told_what_to_ask_for(
    two: tuple[Person, Person], server: Server, database: str
) -> None:
    _, bob = two
    with pytest.raises(StoreProblem) as refused:
        sync(bob, server.address(database, "cy"))
    assert "lets cy in, but not to the boards" in refused.value.message
    assert f"sync init {server.address(database, 'cy')} --member cy" in str(refused.value)
    PostgreSQL(server.address(database)).prepare(["cy"])
    assert sync(bob, server.address(database, "cy")) == []
    with pytest.raises(UsageProblem, match="no login or group 'dan'"):
        PostgreSQL(server.address(database)).prepare(["dan"])
    with pytest.raises(RuleRefused, match="Only ada, who set it up, can add members"):
        PostgreSQL(server.address(database, "bob")).prepare(["cy"])


def test_two_stores_that_write_as_one_replica_are_told_apart(
    two: tuple[Person, Person], meet: Meet, server: Server, database: str
) -> None:
    ada, bob = two
    meet(ada, bob)
    last = max(of_log(ada, "rseq"))[0]
    ada.adds("here")
    [mine] = [record for record in _records(ada) if record.rseq == last + 1]
    ada.cards.edit([ada.order("To do")[0]], {"title": "after"})
    before = {record.rseq: record.hash for record in _records(ada)}
    known = KnownEvents({}, lambda _, rseq: before.get(rseq, ""), everything)
    meet(ada, rounds=1)
    # Another one, which has the same history up to the last exchange.
    way = PostgreSQL(server.address(database))
    way.begin()
    way.listed(known)
    theirs = file_format.written([mine]).replace(mine.hash.encode(), b"0" * 64)
    with pytest.raises(NotTaken, match=rf"Two stores write as the replica .*event {mine.rseq} at"):
        way.write(mine.replica, mine.rseq, theirs)
    way.write(mine.replica, mine.rseq, file_format.written([mine]))  # the same one is no harm
    way.close()
    other = PostgreSQL(server.address(database, "bob"))
    other.begin()
    other.listed(known)
    with pytest.raises(NotTaken, match=r"ada was the first to write .* you are bob"):
        other.write(mine.replica, last + 1, file_format.written([mine]))
    other.close()
    assert meet(ada, bob) == []
    assert shown(ada) == shown(bob)


def test_a_store_that_was_put_back_goes_on_as_a_new_replica(
    two: tuple[Person, Person], meet: Meet, tmp_path: Path
) -> None:
    ada, bob = two
    meet(ada, bob)
    old = ada.service.path.read_bytes()
    ada.adds("sent")
    meet(ada)
    with ada.service.path.open("r+b") as file:
        file.write(old)
        file.truncate()
    ada.service.close()
    again = Person(tmp_path / "ada", "ada", ada.clock)
    again.board_id = bob.board_id
    again.adds("not sent")
    notices = meet(again, bob)
    assert sum("written again as a new replica" in notice for notice in notices) == 1
    assert shown(again) == shown(bob)
    titles = {face.title for face in bob.boards.snapshot(bob.board_id).faces}
    assert titles == {"one", "sent", "not sent"}
    again.service.close()


def test_others_pass_on_what_a_machine_wrote_until_it_comes_itself(
    two: tuple[Person, Person], tmp_path: Path, server: Server, database: str
) -> None:
    ada, bob = two
    between = tmp_path / "between"
    between.mkdir()
    for person in (ada, bob):
        person.service.sync.exchange(Folder(between))
    assert sync(bob, server.address(database, "bob")) == []
    logins = "SELECT login FROM mlkanban.replica"
    assert server.sql(database, logins) == ""
    ada.adds("two")
    assert sync(ada, server.address(database)) == []
    assert server.sql(database, logins) == "ada"
    # From then on nobody else adds to it.
    ada.adds("three")
    for person in (ada, bob):
        person.service.sync.exchange(Folder(between))
    report = bob.service.sync.exchange(PostgreSQL(server.address(database, "bob")))
    assert (report.sent, report.notices) == (0, [])
    assert sync(ada, server.address(database)) == []
    assert sync(bob, server.address(database, "bob")) == []
    assert of_log(ada) == of_log(bob)


@pytest.mark.parametrize("line", ["", "garbage", "{}", "[" * 20_000, "\u2028\x1b[2J", "OTHER"])
def test_a_row_that_no_log_can_hold_is_passed_over_and_told(
    two: tuple[Person, Person], meet: Meet, server: Server, database: str, line: str
) -> None:
    ada, bob = two
    meet(ada, bob)
    if line == "OTHER":  # what ada wrote, under another replica
        line = server.sql(database, "SELECT line FROM mlkanban.event WHERE rseq = 1")
    forged = str(uuid.uuid4())
    quoted = line.replace("'", "''")
    server.sql(
        database,
        f"INSERT INTO mlkanban.replica (id, login) VALUES ('{forged}', 'bob')",
        "INSERT INTO mlkanban.event (replica, rseq, hash, line)"
        f" VALUES ('{forged}', 1, 'x', '{quoted}')",
        login="bob",
    )
    ada.adds("two")
    for notices in (meet(ada, rounds=1), meet(ada, rounds=1)):
        [notice] = notices
        assert notice.startswith(f"The part of replica {forged[-6:]} from event 1 to event 1 ")
        assert notice.endswith("in line 1. It was passed over.")
    meet(bob)
    assert shown(ada) == shown(bob)


def test_a_server_that_falls_silent_is_left(
    two: tuple[Person, Person], server: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "SILENCE_SECONDS", 1.0)
    ada, _ = two
    with Proxy(server.port) as line:
        way = PostgreSQL(server.address(database, port=line.port), stays=True)
        ada.service.sync.exchange(way)
        line.silent = True
        with pytest.raises(StoreProblem, match="said nothing for 1 seconds"):
            ada.service.sync.exchange(way)
        line.silent = False
        assert ada.service.sync.exchange(way).message == "Nothing new."
        way.close()


def test_a_server_that_starts_again_is_found_again(
    two: tuple[Person, Person], meet: Meet, server: Server, database: str
) -> None:
    ada, bob = two
    way = PostgreSQL(server.address(database), stays=True)
    ada.service.sync.exchange(way)
    ada.adds("two")
    server.stop("immediate")
    for _ in range(2):
        with pytest.raises(StoreProblem, match=r"broke off|cannot be reached"):
            ada.service.sync.exchange(way)
    server.start()
    assert ada.service.sync.exchange(way).sent == 1
    way.close()
    meet(bob)
    assert shown(ada) == shown(bob)


def test_what_others_write_is_heard_at_once_and_what_is_ours_is_not(
    two: tuple[Person, Person], server: Server, database: str
) -> None:
    ada, bob = two
    way = PostgreSQL(server.address(database, "bob"), stays=True)
    wake, ours = os.pipe()
    bob.service.sync.exchange(way)
    bob.starts("plain", "Other")
    bob.service.sync.exchange(way)
    way.wait(wake, 0.0)
    assert not way.heard
    count = len(of_log(ada))
    sync(ada, server.address(database))
    way.wait(wake, 30.0)
    assert way.heard
    assert bob.service.sync.exchange(way).taken == count
    way.close()
    os.close(wake)
    os.close(ours)


def _records(person: Person) -> list[Record]:
    conn = person.service._context.store.conn
    rows = conn.execute(f"SELECT {RECORD_COLUMNS} FROM event ORDER BY rseq").fetchall()
    return list(map(record_of, rows))


@pytest.mark.parametrize("secret", [
    "postgresql://ada:secret@h/board", "postgres://ada:@h/b", "postgresql://h/b?password=secret",
    "postgresql://h/b?sslpassword=secret",
])  # fmt: skip
def test_a_password_in_an_address_is_refused(secret: str) -> None:
    with pytest.raises(UsageProblem) as refused:
        PostgreSQL(secret)
    assert "holds a password" in refused.value.message
    assert "~/.pgpass" in refused.value.hint
    assert "secret" not in str(refused.value)


SECRET = "hf_SeCrEt12345"


def test_redacted_text_is_gone_from_the_table_and_from_all_stores(
    two: tuple[Person, Person], meet: Meet, server: Server, database: str
) -> None:
    ada, bob = two
    [ref] = ada.order("To do")
    ada.cards.note([ref], f"the token is {SECRET}")
    ada.cards.edit([ref], {"title": f"train with {SECRET}"})
    meet(ada, bob)
    held = f"SELECT count(*) FROM mlkanban.event WHERE line LIKE '%{SECRET}%'"
    assert server.sql(database, held) == "2"
    # Not sent when it happens: a new card, and a change that keeps the text as what was before.
    ada.adds("unsent")
    ada.cards.edit([ref], {"title": "train"})
    count = len(of_log(ada))
    # bob does it: the events are ada's.
    bob.service.redacting.redact(bob.service.redacting.plan(ref, containing=SECRET))
    meet(bob, rounds=1)
    assert server.sql(database, held) == "0"
    meet(ada, rounds=1)
    assert server.sql(database, held) == "0"
    meet(ada, bob)
    for person in two:
        assert len(of_log(person)) == count + 1
        assert [note.text for note in person.cards.get(ref).notes] == ["[redacted]"]
        assert {f.title for f in person.boards.snapshot(person.board_id).faces} == {
            "train", "unsent"
        }  # fmt: skip
        assert not log.broken_link(person.service._context.store.conn)
        for file in person.service.path.parent.rglob("*"):
            assert file.is_dir() or SECRET.encode() not in file.read_bytes()
    assert shown(ada) == shown(bob)
    assert server.sql(database, "SELECT count(*) FROM mlkanban.event") == str(count + 1)


def test_nothing_but_text_can_be_replaced_in_the_table(
    two: tuple[Person, Person], meet: Meet, server: Server, database: str
) -> None:
    meet(*two)
    first = "SELECT line FROM mlkanban.event WHERE rseq = 1 LIMIT 1"
    line = server.sql(database, first)
    kept = json.loads(line)
    for forged in (
        {"data": '{"set":{"name":"forged"}}'}, {"actor": "bob", "data": '{"redacted":true}'},
        {"data": '{"redacted":true}'},
    ):  # fmt: skip
        text = json.dumps(kept | forged)
        call = f"SELECT mlkanban.redact('{kept['replica']}', 1, '{text}')"
        server.sql(database, call, login="bob")
        assert server.sql(database, first) == line
    with pytest.raises(RuntimeError, match="permission denied"):
        server.sql(database, call, login="cy")


def test_tables_of_an_older_program_are_updated_while_others_are_connected(
    two: tuple[Person, Person], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = two
    now, older = postgresql.MIGRATIONS, postgresql.MIGRATIONS[:1]
    database = uuid.uuid4().hex
    server.database(database)
    monkeypatch.setattr(postgresql, "MIGRATIONS", older)
    PostgreSQL(server.address(database)).prepare(["bob"])
    open_board = PostgreSQL(server.address(database, "bob"), stays=True)
    sync(ada, server.address(database))
    bob.service.sync.exchange(open_board)
    assert shown(ada) == shown(bob)

    monkeypatch.setattr(postgresql, "MIGRATIONS", now)
    new = PostgreSQL(server.address(database))
    bob.adds("before the update")
    for _ in range(2):
        with pytest.raises(StoreProblem, match=r"An older mlkanban made .* \(version 1\)") as told:
            ada.service.sync.exchange(new)
        assert (
            f"ada, who set it up, updates them: mlkanban sync init {new.remote}" in told.value.hint
        )
    with pytest.raises(RuleRefused, match="Only ada, who set it up, can update the tables"):
        PostgreSQL(server.address(database, "bob")).prepare()
    # While an older program is in the middle of a turn the update waits.
    monkeypatch.setattr(postgresql, "MIGRATIONS", older)
    open_board.begin_turn()
    assert bob.service.sync.exchange(open_board).sent
    monkeypatch.setattr(postgresql, "MIGRATIONS", now)
    updating = threading.Thread(target=new.prepare)
    updating.start()
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    while server.sql(database, waiting) == "0":
        assert updating.is_alive()
    open_board.end_turn()
    updating.join()
    monkeypatch.setattr(postgresql, "MIGRATIONS", older)
    bob.adds("unsent")
    with pytest.raises(StoreProblem, match=r"A newer mlkanban made .* \(version 2\)") as told:
        bob.service.sync.exchange(open_board)
    assert "Update mlkanban here. Nothing is lost" in told.value.hint
    open_board.close()

    monkeypatch.setattr(postgresql, "MIGRATIONS", now)
    for person in (bob, ada, bob):
        assert sync(person, server.address(database, person.service.actor)) == []
    assert shown(ada) == shown(bob)
    assert of_log(ada) == of_log(bob)
    titles = {face.title for face in ada.boards.snapshot(ada.board_id).faces}
    assert titles == {"one", "before the update", "unsent"}


@pytest.mark.parametrize(("login", "other", "words", "advice"), [
    ("ada", {"port": 1}, "cannot be reached (PostgreSQL: Connection refused", "server runs"),
    ("ada", {"name": "nodb"}, 'is no database (PostgreSQL: database "nodb"', "createdb"),
    ("nobody", {}, "lets nobody in (PostgreSQL: role", "CREATE ROLE"),
    ("locked", {}, "lets nobody in (PostgreSQL: fe_sendauth: no password", "~/.pgpass"),
    ("locked", {"PGPASSWORD": "wrong"}, "lets nobody in (PostgreSQL: password", "~/.pgpass"),
    ("ada", {"PGSSLMODE": "require"}, "(PostgreSQL: server does not support SSL", "turn TLS on"),
])  # fmt: skip
def test_common_mistakes_are_told_with_what_to_do(
    server: Server, database: str, monkeypatch: pytest.MonkeyPatch,
    login: str, other: dict[str, Any], words: str, advice: str,
) -> None:  # fmt: skip
    for name, value in other.items():
        if name.isupper():
            monkeypatch.setenv(name, value)
    address = server.address(other.get("name", database), login, other.get("port", 0))
    with pytest.raises(StoreProblem) as told:
        PostgreSQL(address).begin()
    assert told.value.message.startswith(f"{address} ")
    assert words in told.value.message
    assert advice in told.value.hint


def test_a_server_that_wants_tls_says_so(
    server: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs("openssl")
    data = server.folder / "data"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1",
         "-keyout", data / "server.key", "-out", data / "server.crt"],
        check=True, capture_output=True,
    )  # fmt: skip
    owner = data.stat()
    for file in (data / "server.key", data / "server.crt"):
        os.chown(file, owner.st_uid, owner.st_gid)
        file.chmod(0o600)
    hba = data / "pg_hba.conf"
    before = hba.read_text()
    hba.write_text("hostnossl all ada 127.0.0.1/32 reject\n" + before)
    server.sql("postgres", "ALTER SYSTEM SET ssl = on", "SELECT pg_reload_conf()")
    try:
        monkeypatch.setenv("PGSSLMODE", "disable")
        with pytest.raises(StoreProblem, match="lets nobody in without TLS") as told:
            PostgreSQL(server.address(database)).begin()
        assert "PGSSLMODE=require" in told.value.hint
        monkeypatch.setenv("PGSSLMODE", "verify-full")
        with pytest.raises(StoreProblem, match="certificate") as told:
            PostgreSQL(server.address(database)).begin()
        assert "~/.postgresql/root.crt" in told.value.hint
        monkeypatch.delenv("PGSSLMODE")
        PostgreSQL(server.address(database)).begin()
    finally:
        hba.write_text(before)
        server.sql("postgres", "ALTER SYSTEM RESET ssl", "SELECT pg_reload_conf()")


def test_a_login_that_may_not_make_the_tables_is_told_who_can(server: Server) -> None:
    database = uuid.uuid4().hex
    server.database(database)
    with pytest.raises(RuleRefused) as told:
        PostgreSQL(server.address(database, "bob")).prepare()
    assert told.value.message.startswith("bob may not make tables at postgresql://bob@")
    assert f"GRANT CREATE ON DATABASE {database} TO bob" in told.value.hint


def test_a_team_moves_from_git_to_the_database_and_may_keep_both_for_a_while(
    tmp_path: Path, two: tuple[Person, Person], meet: Meet, server: Server, database: str
) -> None:
    needs("git")
    ada, bob = two
    bare = tmp_path / "bare.git"
    subprocess.run(["git", "init", "--quiet", "--bare", str(bare)], check=True)

    def over_git(*people: Person) -> None:
        for person in people:
            remotes.exchange(person.service, [remotes.repository(person.service, str(bare))])

    over_git(ada, bob)
    bob.adds("bob's, over git")
    over_git(bob, ada)
    # ada moves first, with what she has of bob's; bob still has git alone.
    assert sync(ada, server.address(database)) == []
    bob.adds("bob's, sent nowhere")
    over_git(bob)
    ada.adds("ada's, in the database")
    assert sync(ada, server.address(database)) == []
    # Whoever exchanges with both passes on what is in one to the other.
    over_git(ada, bob)
    assert sync(ada, server.address(database)) == []
    assert shown(ada) == shown(bob)
    bob.adds("bob's, unsent when he moves")
    assert meet(bob, ada) == []
    assert shown(ada) == shown(bob)
    assert of_log(ada) == of_log(bob)
    count = server.sql(database, "SELECT count(*) FROM mlkanban.event")
    assert count == str(len(of_log(ada)))
    owners = server.sql(database, "SELECT login FROM mlkanban.replica ORDER BY login").split()
    assert owners == ["ada", "bob"]
