"""The shape of the store, step by step. `event` only gains columns; projections are rebuilt.

A new migration comes last, raises `LATEST` in store/database.py by one, and speaks sqlite-utils:

    @migrations()
    def m017_reviews_and_signatures(db: Database) -> None:
        db.table("review").create({"card": str, "at": str}, pk="card", not_null={"at"})
        db.table("review").create_index(["at"], index_name="review_at")
        db.table("event").add_column("signature", str, not_null_default="")

- It runs in one transaction with the others that a store has not seen. `create`, `create_index`,
  `add_column` and `insert_all` stay in it. `executescript()` of sqlite3 commits it, and so would
  `commit()`.
- `transform` makes a table anew and loses its triggers, also those that keep the log: never for
  `event` or `replica`. A projection needs none: change its latest shape, which
  `recreate_projections` has, and replay the log into it (`log.rebuild`).
- A new table of projections goes into PROJECTION_TABLES and `recreate_projections`.
- A misspelt table name makes a table when it is written to: see the new one in a test.
- Migrations that were released are history: they stay as they are, in SQL.
"""

from collections.abc import Iterator
from sqlite3 import Connection

from mlkanban.core import lifecycle
from mlkanban.core.event_validation import inert
from mlkanban.core.events import FIRST_FORMAT, FORMAT, Event
from mlkanban.core.lineage import members
from mlkanban.runs.model.brief import on_face
from mlkanban.store import log
from mlkanban.store.inert import ambiguous
from mlkanban.store.projector import Projector, save_words
from mlkanban.store.rows import CARD_LETTER, CARD_NUMBER, COLUMNS, entity_from, event_of
from mlkanban.store.sqlite import Database, Migrations

migrations = Migrations("mlkanban")


def _run(conn: Connection, script: str) -> None:
    # executescript() would commit the transaction the caller holds.
    for statement in script.split("\n\n"):
        conn.execute(statement)


@migrations()
def m001_first_store(db: Database) -> None:
    _run(db.conn, _EVENTS)
    _run(db.conn, _PROJECTIONS + "\n" + _FIRST_TRANSITIONS)


@migrations()
def m002_what_flow_is_made_of(db: Database) -> None:
    """`transition` tells what each event set, work and blocks too, and nothing it did not set."""
    _run(db.conn, "DROP TABLE transition\n\n" + _TRANSITIONS + "\n\n" + _REFILL)


@migrations()
def m003_what_cards_wait_for_and_say(db: Database) -> None:
    """`card.needs` names the cards one depends on, `words` holds what is written about it."""
    _run(db.conn, _NEEDS + "\n\n" + _FILL_NEEDS + "\n\n" + _WORDS)
    rows = db.conn.execute(
        "SELECT card.id, card.board, state FROM card JOIN entity ON entity.id = card.id"
    ).fetchall()
    for card, board, state in rows:
        save_words(db.conn, card, board, entity_from(state).fields)


@migrations()
def m005_how_models_do_and_what_cards_came_from(db: Database) -> None:
    """`card.health` is that of a model in use, `card.lineage` names the cards one came from."""
    _run(db.conn, _MODELS)
    rows = db.conn.execute(
        "SELECT card.id, state FROM card JOIN entity ON entity.id = card.id"
    ).fetchall()
    for card, state in rows:
        if came_from := " ".join(members(entity_from(state).fields)):
            db.conn.execute("UPDATE card SET lineage = ? WHERE id = ?", (came_from, card))


@migrations()
def m006_what_other_replicas_wrote(db: Database) -> None:
    """Steps in the order all replicas agree on, two cards of one name until they are told apart,
    `clash` for what two wrote without knowing of each other."""
    _run(db.conn, _CLOCKS)
    _run(db.conn, _STAMPS + "\n\n" + _FILL_STAMPS + "\n\n" + _SAME_REFS + "\n\n" + _CLASHES)


@migrations()
def m007_what_faces_show_of_runs(db: Database) -> None:
    """`card.runs` is the runs of a card in short; with runs, `card.metric` is at their mean."""
    _run(db.conn, _RUNS)
    _fill_faces(db)


@migrations()
def m008_metrics_by_configuration(db: Database) -> None:
    """With runs, `card.metric` is at the mean of the configuration that was tried last, no longer
    at that of all runs."""
    _fill_faces(db)


def _fill_faces(db: Database, which: str = "instr(state, '\"run:')") -> None:
    rows = db.conn.execute(
        f"SELECT card.id, state FROM card JOIN entity ON entity.id = card.id WHERE {which}"
    ).fetchall()
    for card, state in rows:
        shown = on_face(entity_from(state).fields)
        db.conn.execute("UPDATE card SET metric = ?, runs = ? WHERE id = ?", (*shown, card))


@migrations()
def m009_events_that_do_not_count(db: Database) -> None:
    """`inert` names the events that no table is made of. If malformed ones got in earlier, the
    tables are made anew without them."""
    if any(inert(event) for event in _log(db.conn)):
        recreate_projections(db.conn)
        log.rebuild(db.conn)


def _log(conn: Connection) -> Iterator[Event]:
    return map(event_of, conn.execute(f"SELECT {COLUMNS} FROM event"))


@migrations()
def m010_stages_by_board(db: Database) -> None:
    """With many boards the stages of one were looked for among those of all."""
    _run(db.conn, _STAGES_BY_BOARD)


@migrations()
def m011_short_ids_and_kinds(db: Database) -> None:
    """Short ids with numbers that leave no room, and ids of things of two kinds, count no more: if
    any got in earlier, the tables are made anew without them."""
    left_out = {seq for (seq,) in db.conn.execute("SELECT seq FROM inert").fetchall()}
    if any(event.seq not in left_out and inert(event) for event in _log(db.conn)) or ambiguous(
        db.conn
    ):
        recreate_projections(db.conn)
        log.rebuild(db.conn)


@migrations()
def m012_what_goes_with_a_lifecycle(db: Database) -> None:
    """Conflicts about where a card stands hold what went with that, such as a block."""
    rows = db.conn.execute("SELECT entity FROM clash WHERE field = ?", (lifecycle.FIELD,))
    entities = {entity for (entity,) in rows.fetchall()}
    if entities:
        projector = Projector(db.conn)
        projector.look_for_conflicts(entities)
        projector.flush()


@migrations()
def m013_results_of_finished_runs(db: Database) -> None:
    """With runs, `card.metric` is at the mean of those that finished, each seed once, and says
    where a person typed it."""
    _fill_faces(db)


@migrations()
def m014_times_beside_removed_stages(db: Database) -> None:
    """A removed stage before commitment or past delivery starts and finishes cards as it did."""
    projector = Projector(db.conn)
    for (board_id,) in db.conn.execute("SELECT DISTINCT board FROM stage WHERE deleted").fetchall():
        projector.retime(board_id)
    projector.flush()


@migrations()
def m015_runs_that_wait(db: Database) -> None:
    """`card.runs` counts those that wait in a queue."""
    _fill_faces(db)


@migrations()
def m016_guards_of_cards(db: Database) -> None:
    """Faces show the guards that an older program merged without knowing them, and malformed ones
    count no more."""
    rows = db.conn.execute("SELECT 1 FROM entity WHERE instr(state, '\"guards\":') LIMIT 1")
    if rows.fetchall():
        recreate_projections(db.conn)
        log.rebuild(db.conn)


@migrations()
def m017_metrics_as_json(db: Database) -> None:
    """`card.metric` is the metric and the guards of a card as JSON, no longer the words for
    them."""
    _fill_faces(db, "card.metric != ''")


@migrations()
def m018_slots_of_runs(db: Database) -> None:
    """`card.runs` has how many slots the runs of an unattended card take."""
    _fill_faces(db, "card.work = 'unattended' AND card.runs != ''")


@migrations()
def m019_states_of_guards(db: Database) -> None:
    """`card.metric` says of a guard whether the spread of the runs leaves it open, means have the
    digits of their spread, and the best in `card.runs` breaks no guard."""
    _fill_faces(db)


@migrations()
def m020_releases_and_ab_tests(db: Database) -> None:
    """`card.ab` is the A/B test of a card, and what was malformed before models were released and
    rolled back counts."""
    _add_ab(db.conn)
    table = db.conn.execute("PRAGMA table_info(card)").fetchall()
    columns = [name for _, name, *_ in table if name != "person"]  # added likewise, later
    misplaced = columns[-1] != "ab"  # it was added before the others that an old store lacks
    if misplaced or db.conn.execute("SELECT 1 FROM inert LIMIT 1").fetchall():
        recreate_projections(db.conn)
        log.rebuild(db.conn)


def _add_ab(conn: Connection) -> None:
    """Add `card.ab` to a table that there is, and that was not made in its latest shape."""
    columns = [name for _, name, *_ in conn.execute("PRAGMA table_info(card)").fetchall()]
    if columns and "ab" not in columns:
        _run(conn, _AB)


@migrations()
def m021_configurations_by_value(db: Database) -> None:
    """With runs, `card.metric` is at the mean of all whose parameters are the same by value, on
    whatever device they ran."""
    _fill_faces(db)


@migrations()
def m022_what_was_shipped(db: Database) -> None:
    """The `card.metric` of a shipped card is at the configuration that was chosen, no longer at the
    one that was tried last."""
    _fill_faces(db, "card.outcome = 'shipped' AND card.runs != ''")


@migrations()
def m023_roles_of_stages(db: Database) -> None:
    """`stage.role` is the role that a stage was given."""
    _add_to_stages(db.conn)


@migrations()
def m024_deliverables_of_stages(db: Database) -> None:
    """`stage.deliverables` are what a stage asks of new experiments and models, one a line."""
    _add_to_stages(db.conn)


def _add_to_stages(conn: Connection) -> None:
    """Add the newest columns to the stages of a store, if they are not there."""
    columns = [name for _, name, *_ in conn.execute("PRAGMA table_info(stage)").fetchall()]
    for column, script in (("role", _ROLE), ("deliverables", _DELIVERABLES)):
        if columns and column not in columns:
            _run(conn, script)


@migrations()
def m025_next_number_and_blocked_cards(db: Database) -> None:
    """The next short id and the cards that are blocked are found without looking at all cards."""
    _run(db.conn, _LARGE_BOARDS)


@migrations()
def m026_redactions(db: Database) -> None:
    """Redactions are found without reading the whole log, at every sync."""
    _run(db.conn, _REDACTED)


@migrations()
def m027_who_has_cards(db: Database) -> None:
    """`card.person` is who moved a card last into the stage in progress that it came to."""
    _add_person(db.conn)
    projector = Projector(db.conn)
    for (board,) in db.conn.execute("SELECT id FROM board").fetchall():
        projector.retime(board)
    projector.flush()


@migrations()
def m028_metrics_of_what_is_chosen(db: Database) -> None:
    """The `card.metric` of any card with runs is at the configuration that was chosen, as that of a
    shipped one was, and `card.runs` has the mean of the one that was tried last."""
    _fill_faces(db)


def _add_person(conn: Connection) -> None:
    """Add `card.person` as `_add_ab` does its column."""
    columns = [name for _, name, *_ in conn.execute("PRAGMA table_info(card)").fetchall()]
    if columns and "person" not in columns:
        _run(conn, _PERSON)


if FORMAT > 1:

    @migrations(name=f"format_{FORMAT}")  # the last one: it makes tables of the latest shape
    def fold_what_waited(db: Database) -> None:
        """Events that a newer program wrote lie in the log, and in no table, until this one knows
        their format. A log without any is not replayed: a large one takes minutes."""
        waiting = (
            f"SELECT 1 FROM event WHERE version > {FIRST_FORMAT} LIMIT 1",
            "SELECT 1 FROM inert LIMIT 1",
        )
        if any(db.conn.execute(query).fetchall() for query in waiting):
            recreate_projections(db.conn)
            log.rebuild(db.conn)


PROJECTION_TABLES = (
    "entity",
    "board",
    "stage",
    "card",
    "transition",
    "undone",
    "words",
    "clash",
    "inert",
)

_EVENTS = """
CREATE TABLE event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    replica TEXT NOT NULL,
    rseq INTEGER NOT NULL,
    hlc TEXT NOT NULL,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    host TEXT NOT NULL,
    board TEXT NOT NULL,
    card TEXT NOT NULL,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    data TEXT NOT NULL,
    action TEXT NOT NULL,
    undoes TEXT NOT NULL,
    hash TEXT NOT NULL,
    UNIQUE (replica, rseq)
)

CREATE INDEX event_card ON event (card)

CREATE INDEX event_board ON event (board, seq)

CREATE INDEX event_action ON event (action)

CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END

CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END

CREATE TABLE replica (
    id TEXT PRIMARY KEY,
    letter TEXT NOT NULL UNIQUE,
    host TEXT NOT NULL,
    machine TEXT NOT NULL,
    path TEXT NOT NULL,
    inode TEXT NOT NULL,
    created_at TEXT NOT NULL
)
"""

_PROJECTIONS = """
CREATE TABLE entity (id TEXT PRIMARY KEY, board TEXT NOT NULL, state TEXT NOT NULL)

CREATE TABLE board (
    id TEXT PRIMARY KEY,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    timezone TEXT NOT NULL,
    conwip INTEGER,
    template TEXT NOT NULL,
    deleted INTEGER NOT NULL,
    created_at TEXT NOT NULL
)

CREATE TABLE stage (
    id TEXT PRIMARY KEY,
    board TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    committed INTEGER NOT NULL,
    wip_limit INTEGER,
    unattended INTEGER,
    soft INTEGER NOT NULL,
    rank TEXT NOT NULL,
    deleted INTEGER NOT NULL
)

CREATE TABLE card (
    id TEXT PRIMARY KEY,
    ref TEXT NOT NULL,
    stage TEXT NOT NULL,
    rank TEXT NOT NULL,
    title TEXT NOT NULL,
    type TEXT NOT NULL,
    priority TEXT NOT NULL,
    service_class TEXT NOT NULL,
    tags TEXT NOT NULL,
    due TEXT NOT NULL,
    snoozed_until TEXT NOT NULL,
    block_reason TEXT NOT NULL,
    block_external INTEGER NOT NULL,
    metric TEXT NOT NULL,
    work TEXT NOT NULL,
    outcome TEXT NOT NULL,
    archived INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    entered_at TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT NOT NULL,
    version INTEGER NOT NULL,
    board TEXT NOT NULL,
    deleted INTEGER NOT NULL
)

CREATE UNIQUE INDEX card_ref ON card (ref)

CREATE INDEX card_stage ON card (board, stage, rank)

CREATE INDEX card_open ON card (board, stage, work)
    WHERE outcome = '' AND NOT archived AND NOT deleted

CREATE TABLE undone (event TEXT PRIMARY KEY, undone_by TEXT NOT NULL)
"""


_FIRST_TRANSITIONS = """
CREATE TABLE transition (
    event TEXT PRIMARY KEY,
    card TEXT NOT NULL,
    board TEXT NOT NULL,
    at TEXT NOT NULL,
    seq INTEGER NOT NULL,
    stage TEXT NOT NULL,
    outcome TEXT NOT NULL,
    live INTEGER NOT NULL
)

CREATE INDEX transition_card ON transition (card)

CREATE INDEX transition_board ON transition (board, card)
"""

_TRANSITIONS = """
CREATE TABLE transition (
    event TEXT PRIMARY KEY,
    card TEXT NOT NULL,
    board TEXT NOT NULL,
    at TEXT NOT NULL,
    seq INTEGER NOT NULL,
    stage TEXT,
    outcome TEXT,
    work TEXT,
    block TEXT,
    live INTEGER NOT NULL
)

CREATE INDEX transition_card ON transition (card)

CREATE INDEX transition_board ON transition (board, card)
"""

_NEEDS = "ALTER TABLE card ADD COLUMN needs TEXT NOT NULL DEFAULT ''"

_FILL_NEEDS = """
UPDATE card SET needs = ifnull((
    SELECT group_concat(other, ' ') FROM (
        SELECT substr(key, 7) AS other FROM entity, json_each(entity.state, '$.fields')
        WHERE entity.id = card.id AND key LIKE 'needs:%' AND value ORDER BY other
    )
), '')
"""

_MODELS = """
ALTER TABLE card ADD COLUMN health TEXT NOT NULL DEFAULT ''

ALTER TABLE card ADD COLUMN lineage TEXT NOT NULL DEFAULT ''
"""

_AB = "ALTER TABLE card ADD COLUMN ab TEXT NOT NULL DEFAULT ''"

_PERSON = """
ALTER TABLE card ADD COLUMN person TEXT NOT NULL DEFAULT ''

CREATE INDEX IF NOT EXISTS card_person ON card (board, person) WHERE person != ''
"""

_ROLE = "ALTER TABLE stage ADD COLUMN role TEXT NOT NULL DEFAULT ''"

_DELIVERABLES = "ALTER TABLE stage ADD COLUMN deliverables TEXT NOT NULL DEFAULT ''"

_RUNS = "ALTER TABLE card ADD COLUMN runs TEXT NOT NULL DEFAULT ''"

_WORDS = """
CREATE TABLE words (card TEXT PRIMARY KEY, board TEXT NOT NULL, text TEXT NOT NULL)

CREATE INDEX words_board ON words (board)
"""

_CLOCKS = "CREATE INDEX event_hlc ON event (hlc)"

_STAMPS = "ALTER TABLE transition ADD COLUMN stamp TEXT NOT NULL DEFAULT ''"

_STAGES_BY_BOARD = "CREATE INDEX IF NOT EXISTS stage_board ON stage (board, deleted, rank)"

_FILL_STAMPS = """
UPDATE transition SET stamp = (
    SELECT hlc || ':' || replica FROM event WHERE event.id = transition.event
)
"""

_SAME_REFS = """
DROP INDEX card_ref

CREATE INDEX card_ref ON card (ref)
"""

_CLASHES = """
CREATE TABLE clash (
    entity TEXT NOT NULL,
    board TEXT NOT NULL,
    field TEXT NOT NULL,
    other TEXT NOT NULL,
    stamp TEXT NOT NULL,
    actor TEXT NOT NULL,
    host TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (entity, field, stamp)
)
"""

# Expressions and conditions as in the queries that these are for.
_LARGE_BOARDS = f"""
CREATE INDEX IF NOT EXISTS card_number ON card ({CARD_LETTER}, {CARD_NUMBER})

CREATE INDEX IF NOT EXISTS card_blocked ON card (board)
    WHERE block_reason != '' AND outcome = '' AND NOT archived AND NOT deleted
"""

_REDACTED = "CREATE INDEX IF NOT EXISTS event_redacted ON event (seq) WHERE kind = 'redacted'"

_INERT = "CREATE TABLE IF NOT EXISTS inert (seq INTEGER PRIMARY KEY, why TEXT NOT NULL)"

_REFILL = """
INSERT INTO transition
SELECT id, card, board, at, seq, stage, outcome, work, block,
    id NOT IN (SELECT event FROM undone)
FROM (
    SELECT id, card, board, at, seq,
        json_extract(data, '$.set.place[0]') AS stage,
        CASE WHEN json_type(data, '$.set.outcome') IS NOT NULL
            THEN ifnull(json_extract(data, '$.set.outcome'), '') END AS outcome,
        CASE WHEN json_type(data, '$.set.work') IS NOT NULL
            THEN ifnull(json_extract(data, '$.set.work'), 'attended') END AS work,
        CASE json_type(data, '$.set.blocker') WHEN 'null' THEN '' WHEN 'object' THEN
            iif(json_extract(data, '$.set.blocker.external'), '+', '-')
                || json_extract(data, '$.set.blocker.reason') END AS block
    FROM event WHERE card != '' AND undoes = ''
)
WHERE coalesce(stage, outcome, work, block) IS NOT NULL
"""


def apply(conn: Connection) -> None:
    """Run the migrations the store has not seen, inside the caller's transaction."""
    conn.execute(_INERT)  # the steps before the one that fills it read the log as all do
    _add_ab(conn)  # and they save cards and stages with all columns
    _add_person(conn)
    _add_to_stages(conn)
    migrations.apply(Database(conn, execute_plugins=False))


def recreate_projections(conn: Connection) -> None:
    """Empty projections in their latest shape; the caller replays the events into them."""
    for table in PROJECTION_TABLES:
        conn.execute(f"DROP TABLE IF EXISTS {table}")
    parts = (
        _PROJECTIONS, _TRANSITIONS, _NEEDS, _WORDS, _MODELS, _RUNS, _STAMPS, _SAME_REFS,
        _CLASHES, _INERT, _STAGES_BY_BOARD, _AB, _ROLE, _DELIVERABLES,
        _LARGE_BOARDS, _PERSON,
    )  # fmt: skip
    _run(conn, "\n\n".join(parts))
