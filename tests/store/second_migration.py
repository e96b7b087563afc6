"""A program one version further on, whose next migration must not run twice.

Run with the path of a store, it opens the store and prints its version.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from mlkanban.store import database, migrations
from mlkanban.store.sqlite import Database, Migrations


def once(db: Database) -> None:
    db.table("second").create({"card": str, "value": int}, pk="card", not_null={"value"})
    db.table("second").create_index(["value"], index_name="second_value")
    db.table("event").add_column("signature", str, not_null_default="")


def failing(db: Database) -> None:
    once(db)
    db.conn.execute("SELECT * FROM a_table_that_is_not_there")


def program(second: Callable[[Database], None] = once) -> tuple[Migrations, int]:
    """The migrations and the store version of that program."""
    made = Migrations("mlkanban")
    made()(migrations.m001_first_store)
    made()(migrations.m002_what_flow_is_made_of)
    made()(migrations.m003_what_cards_wait_for_and_say)
    made()(migrations.m005_how_models_do_and_what_cards_came_from)
    made()(migrations.m006_what_other_replicas_wrote)
    made()(migrations.m007_what_faces_show_of_runs)
    made()(migrations.m008_metrics_by_configuration)
    made()(migrations.m009_events_that_do_not_count)
    made()(migrations.m010_stages_by_board)
    made()(migrations.m011_short_ids_and_kinds)
    made()(migrations.m012_what_goes_with_a_lifecycle)
    made()(migrations.m013_results_of_finished_runs)
    made()(migrations.m014_times_beside_removed_stages)
    made()(migrations.m015_runs_that_wait)
    made(name="m029_next")(second)
    return made, database.LATEST + 1


if __name__ == "__main__":
    migrations.migrations, database.LATEST = program()
    print("ready", flush=True)
    sys.stdin.readline()
    store = database.open_for_writing(Path(sys.argv[1]))
    print(store.conn.execute("PRAGMA user_version").fetchone()[0])
    store.close()
