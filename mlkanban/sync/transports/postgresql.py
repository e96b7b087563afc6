"""A PostgreSQL database that a team shares: one row per event, with the text of its line in a sync
file.

The database accepts events of a replica only in their order, and only from the login that wrote as
that replica first. Events that others pass on, before the replica itself has come, belong to no
login yet.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

from mlkanban.core.events import Record
from mlkanban.errors import RuleRefused, StoreBusy, Unreachable, UsageProblem
from mlkanban.hints import hint, install_extra
from mlkanban.log import logger
from mlkanban.sync import file_format
from mlkanban.sync.exchange import KnownEvents, Listing, NotTaken, Progress

if TYPE_CHECKING:
    import psycopg

_SCHEMES = ("postgresql:", "postgres:")
SILENCE_SECONDS = 60.0
"""A statement without an answer for so long has failed: its connection is cut."""
TURN_SECONDS = 8
"""How long one waits for a turn, and how long the server lets a turn be idle."""
_READ_EVENTS, _READ_BYTES = 1000, file_format.LARGEST // 2
_WRITE_EVENTS, _WRITE_BYTES = 1000, 1_000_000
"""What one statement reads or writes at most; always one event."""
_SECRETS = frozenset({"password", "sslpassword"})
_DEFAULTS = {
    "application_name": ("PGAPPNAME", "mlkanban"),
    "connect_timeout": ("PGCONNECT_TIMEOUT", "15"),
    "keepalives_idle": ("", "15"),
    "keepalives_interval": ("", "5"),
    "keepalives_count": ("", "3"),
    "tcp_user_timeout": ("", "30000"),
}
"""Parameters of a connection that the address leaves open: libpq's variable, and our value."""

MIGRATIONS: Sequence[str] = (
    """
CREATE TABLE mlkanban.replica (
    id uuid PRIMARY KEY,
    login name,
    rseq integer NOT NULL DEFAULT 0,
    hash text NOT NULL DEFAULT ''
);
COMMENT ON TABLE mlkanban.replica IS
    'The machines: the login that writes, and the number and hash of the last event of each';
CREATE TABLE mlkanban.event (
    replica uuid NOT NULL REFERENCES mlkanban.replica,
    rseq integer NOT NULL CHECK (rseq > 0),
    hash text NOT NULL,
    line text NOT NULL,
    login name NOT NULL DEFAULT session_user,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (replica, rseq)
);
COMMENT ON TABLE mlkanban.event IS
    'One row per event; line is its JSON, login and at say who sent it and when';

CREATE FUNCTION mlkanban.after_insert() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE part record;
BEGIN
    FOR part IN
        SELECT replica, min(rseq) AS first, max(rseq) AS last, count(*) AS number
        FROM added GROUP BY replica
    LOOP
        UPDATE mlkanban.replica SET rseq = part.last, hash = (
            SELECT added.hash FROM added
            WHERE added.replica = part.replica AND added.rseq = part.last)
        WHERE id = part.replica AND rseq = part.first - 1
            AND part.number = part.last - part.first + 1;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'events of a replica follow each other without a gap'
                USING ERRCODE = 'check_violation';
        END IF;
    END LOOP;
    PERFORM pg_notify('mlkanban', '');
    RETURN NULL;
END $$;
CREATE TRIGGER after_insert AFTER INSERT ON mlkanban.event REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION mlkanban.after_insert();

CREATE FUNCTION mlkanban.never() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are never changed or deleted';
END $$;
CREATE TRIGGER never BEFORE UPDATE OR DELETE OR TRUNCATE ON mlkanban.event
    FOR EACH STATEMENT EXECUTE FUNCTION mlkanban.never();

ALTER TABLE mlkanban.replica ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE mlkanban.event ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY read ON mlkanban.replica FOR SELECT USING (true);
CREATE POLICY read ON mlkanban.event FOR SELECT USING (true);
CREATE POLICY begin ON mlkanban.replica FOR INSERT
    WITH CHECK (login IS NULL OR login = session_user);
CREATE POLICY go_on ON mlkanban.replica FOR UPDATE
    USING (login IS NULL OR login = session_user)
    WITH CHECK (login IS NULL OR login = session_user);
CREATE POLICY write ON mlkanban.event FOR INSERT WITH CHECK (EXISTS (
    SELECT FROM mlkanban.replica
    WHERE id = event.replica AND (replica.login IS NULL OR replica.login = session_user)));
""",
    """
CREATE OR REPLACE FUNCTION mlkanban.never() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('mlkanban.redacting', true) = 'yes' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'events are never changed or deleted';
END $$;
CREATE POLICY redact ON mlkanban.event FOR UPDATE
    USING (current_setting('mlkanban.redacting', true) = 'yes');
CREATE FUNCTION mlkanban.is_redacted(before jsonb, after jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
SELECT CASE
    WHEN before = after OR after = '"[redacted]"' THEN true
    WHEN jsonb_typeof(before) = 'object' AND jsonb_typeof(after) = 'object' THEN NOT EXISTS (
        SELECT FROM jsonb_each(before) AS b FULL JOIN jsonb_each(after) AS a USING (key)
        WHERE b.value IS NULL OR CASE
            WHEN a.value IS NULL THEN key !~ '^(tag|link):'
            ELSE NOT mlkanban.is_redacted(b.value, a.value) END)
    WHEN jsonb_typeof(before) = 'array' AND jsonb_typeof(after) = 'array' THEN
        jsonb_array_length(before) = jsonb_array_length(after) AND NOT EXISTS (
            SELECT FROM generate_series(0, jsonb_array_length(before) - 1) AS at
            WHERE NOT mlkanban.is_redacted(before -> at, after -> at))
    ELSE false END
$$;
COMMENT ON FUNCTION mlkanban.is_redacted IS
    'Whether two values differ only in texts that were replaced, and tags and links that went';
CREATE FUNCTION mlkanban.redact(of uuid, number integer, stub text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held text := (SELECT line FROM mlkanban.event WHERE replica = of AND rseq = number);
    before jsonb;
    after jsonb;
BEGIN
    IF held IS NULL OR held = stub THEN
        RETURN;
    END IF;
    before := (held::jsonb ->> 'data')::jsonb;
    after := (stub::jsonb ->> 'data')::jsonb;
    IF held::jsonb - 'data' = stub::jsonb - 'data' AND after -> 'redacted' = 'true'
        AND mlkanban.is_redacted(before - 'redacted', after - 'redacted')
    THEN
        PERFORM set_config('mlkanban.redacting', 'yes', true);
        UPDATE mlkanban.event SET line = stub WHERE replica = of AND rseq = number;
        PERFORM set_config('mlkanban.redacting', '', true);
    END IF;
END $$;
COMMENT ON FUNCTION mlkanban.redact IS
    'Replaces texts of an event by [redacted]; everything else stays as it is';
""",
)
"""The schema, version after version: a migration that was applied never changes."""

_MEMBER = (
    "GRANT USAGE ON SCHEMA mlkanban TO {}",
    "GRANT SELECT ON ALL TABLES IN SCHEMA mlkanban TO {}",
    "GRANT INSERT (id, login), UPDATE (login) ON mlkanban.replica TO {}",
    "GRANT INSERT (replica, rseq, hash, line) ON mlkanban.event TO {}",
)


class PostgreSQL:
    """A database at an address without a password. With `stays` the connection stays open between
    exchanges, and `heard` says that others wrote since the last one began."""

    def __init__(self, address: str, *, stays: bool = False, patience: float | None = None) -> None:
        self.remote = address.strip()
        _check(self.remote)
        self._stays = stays
        self._patience = patience
        self._open: psycopg.Connection[Any] | None = None
        self._known: KnownEvents | None = None
        self._lasts: dict[tuple[str, int], int] = {}
        self._again = self.heard = False

    # The tables, and who may use them

    def prepare(self, members: Sequence[str] = ()) -> None:
        """Create the tables or bring them up to date, and let logins or groups take part."""
        from psycopg import errors, sql  # an extra, which `__init__` has found

        with self._explained() as conn, conn.transaction():
            # Two at once: the second one waits, and finds it done.
            conn.execute("SELECT pg_advisory_xact_lock(hashtext('mlkanban'))")
            version = self._version(conn)
            if not version:
                try:
                    conn.execute("CREATE SCHEMA IF NOT EXISTS mlkanban")
                except errors.InsufficientPrivilege as error:
                    login, name = conn.info.user, conn.info.dbname
                    raise RuleRefused(
                        f"{login} may not make tables at {self.remote}.",
                        f"Its owner can change that: GRANT CREATE ON DATABASE {name} TO {login}. "
                        "Nothing was changed.",
                    ) from error
                conn.execute(
                    "CREATE TABLE mlkanban.migration"
                    " (version integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())"
                )
            elif version < len(MIGRATIONS) and not self._owner(conn)[1]:
                raise RuleRefused(
                    f"Only {self._owner(conn)[0]}, who set it up, can update the tables at "
                    f"{self.remote}.",
                    "Nothing was changed.",
                )
            for number, migration in enumerate(MIGRATIONS[version:], version + 1):
                conn.execute(migration.encode())
                conn.execute("INSERT INTO mlkanban.migration (version) VALUES (%s)", [number])
            self._check_owner(conn, members)
            for member in members:
                try:
                    for grant in _MEMBER:
                        conn.execute(sql.SQL(grant).format(sql.Identifier(member)))
                except errors.UndefinedObject as error:
                    raise UsageProblem(
                        f"{self.remote} has no login or group {member!r}.",
                        "Make it first, with CREATE ROLE. Nothing was changed.",
                    ) from error

    def _check_owner(self, conn: psycopg.Connection[Any], members: Sequence[str]) -> None:
        """Refuse members from a login that cannot add any: the database would only warn."""
        owner, owns = self._owner(conn)
        if members and not owns:
            raise RuleRefused(
                f"Only {owner}, who set it up, can add members at {self.remote}.",
                "Nothing was changed.",
            )

    def _owner(self, conn: psycopg.Connection[Any]) -> tuple[str, bool]:
        """Who made the tables, and whether this login may change them."""
        owner, owns = _row(
            conn.execute(
                "SELECT pg_get_userbyid(nspowner), pg_has_role(nspowner, 'USAGE')"
                " FROM pg_namespace WHERE nspname = 'mlkanban'"
            )
        )
        return owner, owns

    def _version(self, conn: psycopg.Connection[Any]) -> int:
        """The version of the tables, 0 when they are not there."""
        if _row(conn.execute("SELECT to_regclass('mlkanban.migration') IS NULL"))[0]:
            return 0
        version = int(_row(conn.execute("SELECT max(version) FROM mlkanban.migration"))[0])
        if version > len(MIGRATIONS):
            raise Unreachable(
                f"A newer mlkanban made the tables at {self.remote} (version {version}).",
                "Update mlkanban here. Nothing is lost; the next sync catches up.",
            )
        return version

    # Exchanging

    def begin(self, progress: Progress = lambda _: None) -> None:
        with self._explained() as conn:
            version = self._version(conn)
            owner = self._owner(conn)[0] if 0 < version < len(MIGRATIONS) else ""
        if version < len(MIGRATIONS):
            self.close()
            if not version:
                raise Unreachable(
                    f"{self.remote} has no boards yet.",
                    hint("Set it up: {sync init {}}", self.remote),
                )
            raise Unreachable(
                f"An older mlkanban made the tables at {self.remote} (version {version}).",
                hint(
                    "Nothing is lost; the next sync catches up. {}, who set it up, updates them: "
                    "{sync init {}}", owner, self.remote,
                ),
            )  # fmt: skip
        self._again = self.heard = False

    def listed(self, known: KnownEvents) -> Listing:
        """List by a query of one row for each replica; of its events nothing that is known."""
        self._known = known
        firsts: dict[str, list[int]] = {}
        ends: dict[str, int] = {}
        closed = set()
        with self._explained() as conn:
            rows = conn.execute(
                "SELECT id::text, rseq, hash, login IS NULL OR login = session_user"
                " FROM mlkanban.replica ORDER BY id"
            ).fetchall()
        for replica, last, digest, mine in rows:
            here = known.lasts.get(replica, 0)
            if last <= here and known.digest(replica, last) == digest:
                ends[replica] = last
            else:
                firsts[replica] = _firsts(here, last)
                for first, following in pairwise([*firsts[replica], last + 1]):
                    self._lasts[replica, first] = following - 1
            if not mine and not known.owns(replica):
                closed.add(replica)
        return Listing(firsts, [], ends, frozenset(closed))

    def name(self, replica: str, first: int) -> str:
        last = self._lasts[replica, first]
        return f"The part of replica {replica[-6:]} from event {first} to event {last}"

    def read(self, replica: str, first: int) -> bytes:
        with self._explained() as conn:
            lines = conn.execute(
                "SELECT line FROM (SELECT rseq, line,"
                "  sum(length(line)) OVER (ORDER BY rseq) - length(line) AS bytes"
                "  FROM mlkanban.event WHERE replica = %s AND rseq BETWEEN %s AND %s) AS part"
                " WHERE bytes < %s ORDER BY rseq",
                [replica, first, self._lasts[replica, first], _READ_BYTES],
            ).fetchall()
        return file_format.from_lines([line for (line,) in lines]) if lines else b""

    def write(self, replica: str, first: int, content: bytes) -> None:
        lines = file_format.lines_in(content)
        while lines and not self._again:
            part = _portion(lines)
            self._append(replica, first, part)
            first += len(part)
            lines = lines[len(part) :]

    def _append(self, replica: str, first: int, lines: Sequence[str]) -> None:
        """Add events in one transaction, those that are there already left out."""
        assert self._known is not None  # listed before
        hashes = [json.loads(line)["hash"] for line in lines]
        own = self._known.owns(replica)
        with (
            self._explained() as conn,
            contextlib.nullcontext() if self.in_turn else conn.transaction(),
        ):
            conn.execute(
                "INSERT INTO mlkanban.replica (id) VALUES (%s) ON CONFLICT DO NOTHING", [replica]
            )
            row = conn.execute(
                "SELECT login, rseq, hash FROM mlkanban.replica WHERE id = %s FOR UPDATE", [replica]
            ).fetchone()
            if row is None:  # row-level security hides it from this login
                if own:
                    raise NotTaken(self._of_another(conn, replica))
                return  # its own machine has come meanwhile, and sends all of it
            login, last, digest = row
            if own and login is None:
                conn.execute(
                    "UPDATE mlkanban.replica SET login = session_user WHERE id = %s", [replica]
                )
            if last < first - 1:  # the database went back, to a backup
                self._again = True
                return
            there = min(last - first + 1, len(lines))
            ours = hashes[there - 1] if there else self._known.digest(replica, last)
            if there and there < last - first + 1:
                [digest] = _row(conn.execute(
                    "SELECT hash FROM mlkanban.event WHERE replica = %s AND rseq = %s",
                    [replica, first + there - 1],
                ))  # fmt: skip
            if ours != digest:
                raise NotTaken(
                    f"Two stores write as the replica {replica[-6:]}: event {first + there - 1} "
                    f"at {self.remote} is another one than here. Nothing of it was sent."
                )
            conn.execute(
                "INSERT INTO mlkanban.event (replica, rseq, hash, line)"
                " SELECT %s, %s + number, hash, line"
                " FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS new (hash, line, number)",
                [replica, first + there - 1, hashes[there:], list(lines[there:])],
            )

    def redact(self, records: Sequence[Record]) -> None:
        """Replace the lines of events whose text was removed by their stubs."""
        lines = file_format.lines_in(file_format.written(records))
        with self._explained() as conn:
            conn.execute(
                "SELECT mlkanban.redact(replica::uuid, rseq, line)"
                " FROM unnest(%s::text[], %s::int[], %s::text[]) AS stub (replica, rseq, line)",
                [[r.replica for r in records], [r.rseq for r in records], list(lines)],
            )

    def _of_another(self, conn: psycopg.Connection[Any], replica: str) -> str:
        [login] = _row(conn.execute("SELECT login FROM mlkanban.replica WHERE id = %s", [replica]))
        return (
            f"The login {login} was the first to write as the replica {replica[-6:]} at "
            f"{self.remote}, and you are {conn.info.user}: nothing of it was sent. "
            f"Connect as {login}."
        )

    def end(self, progress: Progress, known: KnownEvents, ends: Mapping[str, int]) -> bool:
        if not self._stays:
            self.close()
        return not self._again

    # Turns

    def begin_turn(self) -> None:
        """Begin a transaction that one person of the team has at a time; StoreBusy when others do
        not end theirs."""
        import psycopg  # as above

        with self._explained() as conn:
            # Of a machine that was put to sleep in the middle the server takes the turn away.
            conn.execute(
                f"BEGIN; SET LOCAL lock_timeout = '{TURN_SECONDS}s';"
                f"SET LOCAL idle_in_transaction_session_timeout = '{TURN_SECONDS}s'"
            )
        # The server has answered: now others are waited for.
        with self._explained(TURN_SECONDS) as conn:
            try:
                conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('mlkanban turn', 0))")
            except psycopg.errors.LockNotAvailable as error:
                self.close()
                raise StoreBusy(
                    f"Others of the team have been taking slots for {TURN_SECONDS} seconds.",
                    "Nothing was changed. Try again in a moment.",
                ) from error

    def end_turn(self) -> None:
        """Make what was written in this turn known to all."""
        with self._explained() as conn:
            conn.execute("COMMIT")

    # The connection

    def wait(self, wake: int, seconds: float) -> None:
        """Wait until others have written, the file `wake` is readable, or that time has passed."""
        if self._open is None or self.closed or self.heard:
            return
        if self._open.fileno() in select.select([self._open.fileno(), wake], [], [], seconds)[0]:
            self.heard = True  # or lost, which the next exchange sees

    @property
    def in_turn(self) -> bool:
        """Whether a turn was begun and is not ended."""
        if self._open is None or self._open.closed:
            return False
        status = self._open.info.transaction_status
        return status is not type(status).IDLE

    @property
    def closed(self) -> bool:
        """Whether there is no connection, none yet or none any more."""
        return self._open is None or self._open.closed

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _connected(self) -> psycopg.Connection[Any]:
        if self._open is not None and not self._open.closed:
            return self._open
        import psycopg  # as above

        given = _parameters(self.remote)
        defaults: dict[str, Any] = {
            name: value
            for name, (variable, value) in _DEFAULTS.items()
            if name not in given and not os.environ.get(variable)
        }
        if self._patience is not None:
            defaults["connect_timeout"] = str(max(2, int(self._patience)))
        # PgBouncer knows no prepared statements of a session.
        conn = psycopg.connect(
            self.remote, autocommit=True, prepare_threshold=None, client_encoding="UTF8", **defaults
        )
        self._open = conn
        if self._stays:
            conn.add_notify_handler(self._hear)
            conn.execute("LISTEN mlkanban")
        return conn

    def _hear(self, notify: psycopg.Notify) -> None:
        self.heard |= self._open is not None and notify.pid != self._open.info.backend_pid

    @contextlib.contextmanager
    def _explained(self, longer: float = 0.0) -> Iterator[psycopg.Connection[Any]]:
        """The connection, for some statements: their errors become errors to show, and it is cut
        when the other side falls silent, `longer` than usual."""
        import psycopg  # as above

        watch = None
        silence = (self._patience or SILENCE_SECONDS) + longer
        try:
            conn = self._connected()
            with _Watch(conn.fileno(), silence) as watch:
                yield conn
        except psycopg.errors.InsufficientPrivilege as error:
            login = self._open.info.user if self._open is not None else ""
            self.close()
            raise Unreachable(
                f"{self.remote} lets {login} in, but not to the boards ({_reason(error)}).",
                hint("The login that set it up can change that: {sync init {} --member {}}",
                     self.remote, login),
            ) from error  # fmt: skip
        except psycopg.Error as error:
            connected = self._open is not None
            self.close()
            logger("sync").debug("postgresql: %s", error)
            advice = ""
            if watch is not None and watch.silent:
                problem = f"{self.remote} said nothing for {silence:g} seconds."
            else:
                doing = "did not take it" if connected else "cannot be reached"
                if isinstance(error, psycopg.OperationalError) and connected:
                    doing = "broke off"
                doing, advice = next(
                    (known for cause, *known in _CAUSES if re.search(cause, str(error))),
                    (doing, ""),
                )
                problem = f"{self.remote} {doing} (PostgreSQL: {_reason(error)})."
            later = "Nothing is lost; the next sync catches up."
            raise Unreachable(problem, f"{advice} {later}".lstrip()) from error


class _Watch:
    """Cuts a connection that is in use for too long at once: its statement fails."""

    def __init__(self, file: int, seconds: float) -> None:
        self._socket = socket.socket(fileno=os.dup(file))
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self.silent = False

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._timer.join()
        self._socket.close()

    def _cut(self) -> None:
        self.silent = True
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)


def is_address(text: str) -> bool:
    """Whether an address is that of a PostgreSQL database."""
    return text.strip().startswith(_SCHEMES)


def _check(address: str) -> None:
    """Refuse what is no address, and one that holds a password: addresses are kept and shown."""
    try:
        parts = urlsplit(address)
        secret = parts.password is not None or bool(_SECRETS & parse_qs(parts.query).keys())
    except ValueError as error:
        raise UsageProblem("That is no address of a database.", _FORM) from error
    if secret:
        raise UsageProblem(
            "The address holds a password, and addresses are kept and shown.",
            "Leave it out, and put it into ~/.pgpass (mode 0600), as for psql.",
        )
    if not address.isprintable():
        raise UsageProblem("That is no address of a database.", _FORM)
    _parameters(address)


def _parameters(address: str) -> Mapping[str, Any]:
    """The parameters of a connection that an address holds."""
    try:
        # An extra: only a store with a database has it.
        import psycopg
        from psycopg.conninfo import conninfo_to_dict
    except ImportError as error:
        raise Unreachable(
            "For a PostgreSQL database mlkanban needs psycopg, which is not installed here.",
            install_extra("team"),
        ) from error
    try:
        parameters: dict[str, Any] = conninfo_to_dict(address)
    except psycopg.ProgrammingError as error:
        raise UsageProblem(f"{address} is no address of a database.", _FORM) from error
    return parameters


_FORM = "Give one like postgresql://HOST/DATABASE."


def _firsts(here: int, last: int) -> list[int]:
    """The first numbers of the parts that are read: those that are known, in case that the two
    sides differ, and what is new, or the last event."""
    known = range(1, min(here, last - 1) + 1, _READ_EVENTS)
    return [*known, *range(min(here + 1, last), last + 1, _READ_EVENTS)]


def _portion(lines: Sequence[str]) -> Sequence[str]:
    """What is sent at once of some lines: at least one."""
    size = 0
    for number, line in enumerate(lines[:_WRITE_EVENTS]):
        size += len(line)
        if number and size > _WRITE_BYTES:
            return lines[:number]
    return lines[:_WRITE_EVENTS]


def _row(cursor: psycopg.Cursor[Any]) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = cursor.fetchone()
    return row or (None,)


def _reason(error: Exception) -> str:
    """The line of an error that says why."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return _WHERE.sub("", (lines or [type(error).__name__])[0]).rstrip(".")


_WHERE = re.compile(r"^connection failed: (?:connection to server at .*? failed: )?(?:FATAL: +)?")
"""What psycopg and libpq say before it: the address that was asked for is named by us."""
_CAUSES = (
    ("no password supplied|password authentication failed", "lets nobody in",
     "Put the password of that login into ~/.pgpass (mode 0600), as for psql."),
    ('role ".*" does not exist', "lets nobody in",
     "Name another login in the address, or make this one, with CREATE ROLE."),
    ('database ".*" does not exist', "is no database",
     "Correct the address, or make the database, with createdb."),
    ("does not support SSL", "cannot be reached",
     "Leave sslmode out of the address and of PGSSLMODE, or turn TLS on at the server."),
    ("certificate verify failed|root certificate", "cannot be reached",
     "Put the certificate that signed the server's into ~/.postgresql/root.crt, as for psql."),
    ("no encryption|SSL off", "lets nobody in without TLS",
     "Set PGSSLMODE=require, or add ?sslmode=require to the address."),
    (r"pg_hba\.conf", "lets nobody in", "Its pg_hba.conf has to name your login and machine."),
    ("statement pooling mode", "did not take it",
     "Set pool_mode = transaction, or session, in its PgBouncer."),
    ("Connection refused|resolve host|timeout expired|No route|unreachable", "cannot be reached",
     "See whether the address is right and the server runs."),
)  # fmt: skip
"""Frequent causes, in libpq's words: what it comes to, and what to do."""
