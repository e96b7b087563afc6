"""An update of the store happens whole, once, and after a backup; or not at all."""

import json
import sqlite3
import sys
from pathlib import Path

import pytest

from mlkanban.core.board import CardFace
from mlkanban.core.events import RECORD_FIELDS
from mlkanban.core.metrics import MetricParts
from mlkanban.errors import StoreProblem
from mlkanban.store import database, migrations
from mlkanban.store.database import LATEST
from tests.core.test_metrics import packed
from tests.service.machine import FINISHED, Machine
from tests.service.people import Person
from tests.store import second_migration
from tests.store.at_once import at_once

ROOT = Path(__file__).parents[2]


BEFORE_MERGING = """
    CREATE UNIQUE INDEX card_ref ON card (ref);
    DROP INDEX event_hlc; ALTER TABLE transition DROP COLUMN stamp; DROP TABLE clash;
"""
"""Takes what the newest migration added away again, from a store without merged events."""


def rows(path: Path, sql: str) -> list[tuple]:
    conn = sqlite3.connect(path)
    try:
        return conn.execute(sql).fetchall()
    finally:
        conn.close()


def backups(path: Path) -> list[Path]:
    return sorted((path.parent / "backups").glob("*"))


def becomes(monkeypatch: pytest.MonkeyPatch, second=second_migration.once) -> None:
    made, version = second_migration.program(second)
    monkeypatch.setattr(migrations, "migrations", made)
    monkeypatch.setattr(database, "LATEST", version)


def test_an_old_store_is_updated_after_a_backup(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards = rows(path, "SELECT * FROM card")
    becomes(monkeypatch)
    database.open_for_writing(path).close()
    assert rows(path, "PRAGMA user_version") == [(LATEST + 1,)]
    assert rows(path, "SELECT * FROM second") == []
    assert rows(path, "SELECT * FROM card") == cards
    [copy] = backups(path)
    assert "before-update" in copy.name
    assert rows(copy, "PRAGMA user_version") == [(LATEST,)]
    assert rows(copy, "SELECT * FROM card") == cards
    database.open_for_writing(path).close()
    assert backups(path) == [copy], "nothing is left to do"


def test_reading_an_old_store_updates_it_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    becomes(monkeypatch)
    database.open_for_reading(path).close()
    assert rows(path, "PRAGMA user_version") == [(LATEST + 1,)]
    assert len(backups(path)) == 1


def test_a_failing_update_leaves_the_store_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        becomes(patch, second_migration.failing)
        with pytest.raises(StoreProblem, match="a_table_that_is_not_there"):
            database.open_for_writing(path)
    assert path.read_bytes() == before
    [copy] = backups(path)
    assert rows(copy, "SELECT title FROM card") == rows(path, "SELECT title FROM card")
    database.open_for_writing(path).close()
    # The mended program finds nothing half done.
    becomes(monkeypatch)
    database.open_for_writing(path).close()
    assert rows(path, "PRAGMA user_version") == [(LATEST + 1,)]


def test_a_store_that_cannot_be_backed_up_is_not_updated(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path.parent / "backups").write_text("a file where the folder should be")
    before = path.read_bytes()
    becomes(monkeypatch)
    with pytest.raises(StoreProblem):
        database.open_for_writing(path)
    assert path.read_bytes() == before


def test_an_old_program_only_reads_the_updated_store(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        becomes(patch)
        database.open_for_writing(path).close()
    store = database.open_for_writing(path)
    assert f"store version {LATEST + 1}, this program knows {LATEST}" in store.read_only
    store.close()


def test_six_starts_at_once_update_once(path: Path) -> None:
    said = at_once([sys.executable, "-m", "tests.store.second_migration", str(path)])
    assert said == [(f"{LATEST + 1}\n", "")] * 6
    assert rows(path, "SELECT name FROM _sqlite_migrations ORDER BY id") == [
        ("m001_first_store",), ("m002_what_flow_is_made_of",),
        ("m003_what_cards_wait_for_and_say",),
        ("m005_how_models_do_and_what_cards_came_from",), ("m006_what_other_replicas_wrote",),
        ("m007_what_faces_show_of_runs",), ("m008_metrics_by_configuration",),
        ("m009_events_that_do_not_count",), ("m010_stages_by_board",),
        ("m011_short_ids_and_kinds",),
        ("m012_what_goes_with_a_lifecycle",), ("m013_results_of_finished_runs",),
        ("m014_times_beside_removed_stages",), ("m015_runs_that_wait",),
        ("m016_guards_of_cards",), ("m017_metrics_as_json",),
        ("m018_slots_of_runs",), ("m019_states_of_guards",),
        ("m020_releases_and_ab_tests",), ("m021_configurations_by_value",),
        ("m022_what_was_shipped",), ("m023_roles_of_stages",),
        ("m024_deliverables_of_stages",), ("m025_next_number_and_blocked_cards",),
        ("m026_redactions",), ("m027_who_has_cards",), ("m028_metrics_of_what_is_chosen",),
        ("format_2",), ("m029_next",),
    ]  # fmt: skip
    [copy] = backups(path)
    assert rows(copy, "PRAGMA user_version") == [(LATEST,)]


def test_a_store_that_became_newer_meanwhile_is_not_stamped_back(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    becomes(monkeypatch)
    update = database._migrate

    def after_a_newer_program(store: database.Store) -> None:
        other = sqlite3.connect(path)
        other.execute(f"PRAGMA user_version={LATEST + 2}")
        other.close()
        update(store)

    monkeypatch.setattr(database, "_migrate", after_a_newer_program)
    store = database.open_for_writing(path)
    assert f"store version {LATEST + 2}, this program knows {LATEST + 1}" in store.read_only
    store.close()
    assert rows(path, "PRAGMA user_version") == [(LATEST + 2,)]
    assert rows(path, "SELECT name FROM sqlite_master WHERE name = 'second'") == []


def test_a_store_of_the_second_version_learns_what_cards_need_and_say(ada: Person) -> None:
    first, second, third = ada.adds("c", "d", "e")
    ada.service.cards.edit([first], {"hypothesis": "Weights HELP"}, add={"links": ["http://x/y"]})
    ada.service.cards.edit([first], add={"needs": [third, second]})
    ada.service.cards.note([second], "Straße gesperrt")
    ada.service.cards.note([second], "never mind")
    ada.service.undoing.undo(ada.board.id)
    ada.service.close()
    path = ada.service.path
    now = (
        rows(path, "SELECT * FROM card ORDER BY id"),
        rows(path, "SELECT * FROM words ORDER BY card"),
    )
    assert (f"{second} {third}",) in rows(path, "SELECT needs FROM card")
    assert [text for _, _, text in now[1] if "strasse" in text] == ["d\nstrasse gesperrt"]
    conn = sqlite3.connect(path)
    new = ("needs", "health", "lineage", "runs", "ab")
    names = [row[1] for row in conn.execute("PRAGMA table_info(card)") if row[1] not in new]
    conn.executescript(
        f"CREATE TABLE old AS SELECT {', '.join(names)} FROM card; DROP TABLE card;"
        " ALTER TABLE old RENAME TO card; DROP TABLE words; PRAGMA user_version=2;"
        f"{BEFORE_MERGING} DELETE FROM _sqlite_migrations WHERE name > 'm003'"
    )
    conn.close()
    database.open_for_writing(path).close()
    after = (
        rows(path, "SELECT * FROM card ORDER BY id"),
        rows(path, "SELECT * FROM words ORDER BY card"),
    )
    assert after == now


def test_a_store_of_the_third_version_learns_what_cards_came_from(ada: Person) -> None:
    first, second = ada.adds("c", "d")
    ada.service.cards.edit([second], {"parent": first}, add={"lineage": [f"ablation-of:{first}"]})
    ada.service.close()
    path = ada.service.path
    now = rows(path, "SELECT * FROM card")
    assert (f"parent:{first} ablation-of:{first}",) in rows(path, "SELECT lineage FROM card")
    conn = sqlite3.connect(path)
    new = ("health", "lineage", "runs", "ab")
    names = [row[1] for row in conn.execute("PRAGMA table_info(card)") if row[1] not in new]
    conn.executescript(
        f"CREATE TABLE old AS SELECT {', '.join(names)} FROM card; DROP TABLE card;"
        " ALTER TABLE old RENAME TO card; PRAGMA user_version=3;"
        f"{BEFORE_MERGING} DELETE FROM _sqlite_migrations WHERE name > 'm004'"
    )
    conn.close()
    database.open_for_writing(path).close()
    assert rows(path, "SELECT * FROM card") == now


def test_a_store_of_the_fifth_version_learns_what_faces_show_of_runs(ada: Person) -> None:
    [ref] = ada.adds("c", metric={"name": "auc", "target": 0.92})
    box = Machine(ada)
    for run, reached in (("r1", 0.91), ("r2", 0.94)):
        box.starts(ref, run, gpus=2, commit="a1b2c3d4")
        box.ends(ref, run, FINISHED, metrics={"auc": reached})
    ada.service.close()
    path = ada.service.path
    now = rows(path, "SELECT * FROM card")
    assert rows(path, "SELECT metric FROM card WHERE runs != ''") == [
        (packed("auc=.925 auc>=.92"),)
    ]
    conn = sqlite3.connect(path)
    conn.executescript(
        "ALTER TABLE card DROP COLUMN runs; UPDATE card SET metric = 'auc .94/>=.92'"
        " WHERE metric != ''; PRAGMA user_version=5;"
        " DELETE FROM _sqlite_migrations WHERE name > 'm007'"
    )
    conn.close()
    database.open_for_writing(path).close()
    assert rows(path, "SELECT * FROM card") == now


def test_guards_that_an_older_program_merged_are_shown(ada: Person) -> None:
    ada.adds("c", metric={"name": "auc", "target": 0.92}, guards="p95<=50")
    ada.adds("d", metric={"name": "auc", "target": 0.9})
    ada.service.close()
    path = ada.service.path
    now = rows(path, "SELECT * FROM card")
    assert rows(path, "SELECT metric FROM card WHERE metric != ''") == [
        (packed("auc>=.92", "p95<=50"),),
        (packed("auc>=.9"),),
    ]
    conn = sqlite3.connect(path)
    # What a program without guards made of these events.
    conn.executescript(
        "UPDATE card SET metric = 'auc >=.92' WHERE metric LIKE '%p95%'; PRAGMA user_version=14;"
        " DELETE FROM _sqlite_migrations WHERE name > 'm016'"
    )
    conn.close()
    database.open_for_writing(path).close()
    assert rows(path, "SELECT * FROM card") == now


def test_metrics_that_an_older_program_kept_as_words_are_json(ada: Person) -> None:
    ada.adds("c", metric={"name": "lat/p95 ms", "value": 0.3}, guards="fpr 1<=50")
    [ref] = ada.adds("d", metric={"name": "auc", "target": 0.9})
    ada.adds("without any")
    box = Machine(ada)
    box.starts(ref, "r1")
    box.ends(ref, "r1", FINISHED, metrics={"auc": 0.8})
    ada.cards.edit([ref], metric=MetricParts(["auc=.95"]))
    ada.service.close()
    path = ada.service.path
    now = rows(path, "SELECT * FROM card")
    conn = sqlite3.connect(path)
    conn.executescript(
        "UPDATE card SET metric = 'lat/p95 ms .3\nfpr 1 <=50' WHERE metric LIKE '%fpr%';"
        " UPDATE card SET metric = 'auc .95/>=.9 typed' WHERE runs != '';"
        f" PRAGMA user_version={LATEST - 1};"
        " DELETE FROM _sqlite_migrations WHERE name > 'm017'"
    )
    conn.close()
    database.open_for_writing(path).close()
    assert rows(path, "SELECT * FROM card") == now
    assert rows(path, "SELECT metric FROM card WHERE runs != ''") == [
        (packed("auc=.95 auc>=.9", typed=True),)
    ]


def test_slots_that_an_older_program_did_not_count_are_counted(ada: Person) -> None:
    [ref] = ada.adds("focal loss")
    box = Machine(ada)
    box.starts(ref, "r1")
    box.starts(ref, "r2")
    ada.service.close()
    path = ada.service.path
    now = rows(path, "SELECT * FROM card")
    [[runs]] = rows(path, "SELECT runs FROM card WHERE runs != ''")
    short = json.dumps(json.loads(runs)[:9], separators=(",", ":"))
    conn = sqlite3.connect(path)
    conn.executescript(
        f"UPDATE card SET runs = '{short}' WHERE runs != '';"
        f" PRAGMA user_version={LATEST - 1};"
        " DELETE FROM _sqlite_migrations WHERE name > 'm018'"
    )
    conn.close()
    database.open_for_writing(path).close()
    assert rows(path, "SELECT * FROM card") == now


@pytest.mark.parametrize(
    ("table", "columns"),
    [("event", {*RECORD_FIELDS, "seq"}), ("card", {*CardFace._fields, "board", "deleted"})],
)
def test_the_columns_of_a_table_are_those_that_the_code_names(path: Path, table, columns) -> None:
    assert {name for _, name, *_ in rows(path, f"PRAGMA table_info({table})")} == columns


def test_what_was_malformed_before_models_were_rolled_back_counts(ada: Person) -> None:
    """A program that did not know `rolled-back` kept the event of another machine, and showed
    nothing of it."""
    from mlkanban.core.board import Outcome
    from mlkanban.core.model_versions import VersionName

    for number in ("1", "2"):
        [ref] = ada.adds(f"fraud {number}", to="Training")
        ada.cards.finish([ref], Outcome.SHIPPED, use=VersionName("fraud", number))
    ada.service.models.roll_back(ada.board, "fraud", "too slow")
    ada.service.close()
    path = ada.service.path
    now = rows(path, "SELECT ref, health FROM card ORDER BY ref")
    assert ("v4", "rolled-back") in now
    conn = sqlite3.connect(path)
    conn.executescript(
        "INSERT INTO inert SELECT seq, 'malformed' FROM event WHERE kind = 'card.rolled-back';"
        "UPDATE card SET health = 'ok' WHERE ref = 'v4'; ALTER TABLE card DROP COLUMN ab;"
        "PRAGMA user_version=18; DELETE FROM _sqlite_migrations WHERE name > 'm020'"
    )
    conn.close()
    database.open_for_writing(path).close()
    assert rows(path, "SELECT ref, health FROM card ORDER BY ref") == now
    assert rows(path, "SELECT * FROM inert") == []


def test_a_store_before_ab_tests_keeps_its_cards(ada: Person) -> None:
    ada.adds("a", "b")
    ada.service.close()
    path = ada.service.path
    now = rows(path, "SELECT * FROM card")
    conn = sqlite3.connect(path)
    conn.executescript(
        "ALTER TABLE card DROP COLUMN ab; PRAGMA user_version=18;"
        "DELETE FROM _sqlite_migrations WHERE name > 'm020'"
    )
    conn.close()
    database.open_for_writing(path).close()
    assert rows(path, "SELECT * FROM card") == now


def test_a_log_in_which_nothing_waited_is_not_replayed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store of the format before this one: on a large board that would take minutes."""
    conn = sqlite3.connect(path)
    conn.execute("DELETE FROM _sqlite_migrations WHERE name LIKE 'format%'")
    conn.execute(f"PRAGMA user_version={LATEST - 1}")
    conn.commit()
    conn.close()

    def rebuild(conn: sqlite3.Connection) -> None:
        raise AssertionError("replayed")

    monkeypatch.setattr("mlkanban.store.log.rebuild", rebuild)
    database.open_for_writing(path).close()
    assert rows(path, "PRAGMA user_version") == [(LATEST,)]
