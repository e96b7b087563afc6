"""What others count from our exports is what `flow` counts."""

import csv
import os
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import date, timedelta
from math import ceil
from pathlib import Path

import pytest

from mlkanban.exchange.export_tables import TABLES
from mlkanban.paths import places
from tests.cli.conftest import Person
from tests.demo.demos import MOMENTS, Demo


@pytest.fixture(params=[MOMENTS[0], MOMENTS[2]], ids=["UTC", "Los Angeles"])
def demo(request: pytest.FixtureRequest, mlk: Person) -> Person:
    """Somebody with a board full of history."""
    Demo(places().data, *request.param).service.close()
    return mlk


def exported(person: Person, folder: Path) -> Path:
    out = folder / "out.db"
    assert person.data("export", "sqlite", str(out))["search"]
    return out


def test_cycle_times_and_throughput_follow_from_the_database(demo, tmp_path: Path) -> None:
    with closing(sqlite3.connect(exported(demo, tmp_path))) as db:
        rows = db.execute(
            "SELECT finished_day, cycle_days FROM cards"
            " WHERE flow_state = 'finished' AND NOT never_worked"
        ).fetchall()
        begun = db.execute("SELECT started_day, finished_day, cycle_days FROM cards").fetchall()
    times = demo.data("flow", "cycle-time", "--window", "all")
    days = sorted(cycle for _, cycle in rows)
    assert len(days) == times["n"] > 20
    assert sum(days) / len(days) == pytest.approx(times["mean"])
    for percent, value in times["percentiles"].items():
        assert value == days[ceil(len(days) * int(percent) / 100) - 1]
    finished = Counter(date.fromisoformat(day) for day, _ in rows)
    weeks = demo.data("flow", "throughput", "--window", "all")
    assert len(rows) == weeks["n"]
    for week in weeks["buckets"]:
        first = date.fromisoformat(week["from"])
        assert week["finished"] == sum(finished[first + timedelta(days=n)] for n in range(7))
    for start, end, cycle in begun:
        if cycle is not None:
            assert cycle == (date.fromisoformat(end) - date.fromisoformat(start)).days + 1


def test_flow_numbers_follow_from_the_transitions_alone(demo, tmp_path: Path) -> None:
    """Recomputed from the steps of the cards, without what the board says of their days."""
    with closing(sqlite3.connect(exported(demo, tmp_path))) as db:
        steps = db.execute(
            "SELECT card, day, phase, outcome FROM transitions"
            " JOIN stages ON position = transitions.stage ORDER BY card, at, transitions.id"
        ).fetchall()
        straight = {card for (card,) in db.execute("SELECT id FROM cards WHERE never_worked")}
    ways: dict[str, list[tuple[str, str, str]]] = {}
    for card, *step in steps:
        ways.setdefault(card, []).append(tuple(step))
    spans = []
    for card, way in ways.items():
        started = min((day for day, phase, _ in way if phase != "before"), default="")
        ended = ""
        for day, phase, outcome in way:
            over = outcome or phase == "delivered"
            ended = (ended or day) if over else ""
        if started and card not in straight:
            spans.append((started, ended, way[-1][2] in ("abandoned", "discarded")))
    days = sorted(
        (date.fromisoformat(end) - date.fromisoformat(start)).days + 1
        for start, end, lost in spans
        if end and not lost
    )
    times = demo.data("flow", "cycle-time", "--window", "all")
    assert len(days) == times["n"] > 20
    assert sum(days) / len(days) == pytest.approx(times["mean"])
    for percent, value in times["percentiles"].items():
        assert value == days[ceil(len(days) * int(percent) / 100) - 1]
    for day in demo.data("flow", "wip", "--window", "all")["days"]:
        at = day["day"]
        assert day["wip"] == sum(start <= at and not (end and end <= at) for start, end, _ in spans)


def test_the_database_fits_together_and_can_be_searched(demo, tmp_path: Path) -> None:
    out = exported(demo, tmp_path)
    with closing(sqlite3.connect(out)) as db:
        db.execute("PRAGMA foreign_keys=ON")
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        for table in TABLES:
            columns = db.execute(f"PRAGMA table_info({table.name})").fetchall()
            assert [name for _, name, *_ in columns] == [column.name for column in table.columns]
            assert db.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0], table.name
            keys = db.execute(f"PRAGMA foreign_key_list({table.name})").fetchall()
            wanted = {(c.name, c.references) for c in table.columns if c.references}
            assert {(key[3], key[2]) for key in keys} == wanted
        [title] = db.execute("SELECT title FROM cards ORDER BY id LIMIT 1").fetchone()
        word = max(title.split(), key=len)
        found = db.execute(
            "SELECT title FROM cards WHERE rowid IN"
            " (SELECT rowid FROM cards_fts WHERE cards_fts MATCH ?)",
            (f'"{word}"',),
        ).fetchall()
        assert (title,) in found
        [spans] = db.execute("SELECT total(days) FROM blocked_spans").fetchone()
        [days] = db.execute("SELECT total(blocked_days) FROM cards").fetchone()
        assert spans == pytest.approx(days, abs=1)
        ids = db.execute("SELECT id FROM events ORDER BY number").fetchall()
    lines = demo("export", "jsonl").out.splitlines()
    assert len(lines) == len(ids)
    assert all(event_id in line for (event_id,), line in zip(ids, lines, strict=True))


def test_an_export_takes_the_place_of_an_export_and_of_nothing_else(board, tmp_path: Path) -> None:
    board("add", "one")
    out, other, mine = tmp_path / "out.db", tmp_path / "mine.db", tmp_path / "notes.txt"
    assert "1 card and " in board("export", "sqlite", str(out)).err
    board("add", "two")
    assert board.data("export", "sqlite", str(out))["cards"] == 2
    assert out.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE mine (a)")
    mine.write_text("notes")
    for file in (other, mine, places().data / "board.db"):
        before = file.read_bytes()
        refused = board("export", "sqlite", str(file))
        assert (refused.code, file.read_bytes()) == (2, before)
        assert f"{file} is" in refused.err
    os.mkfifo(tmp_path / "pipe")
    assert board("export", "sqlite", str(tmp_path / "pipe")).code == 2
    assert not list(tmp_path.glob(".mlkanban-*"))


def test_a_database_that_fails_half_way_leaves_the_old_one(
    board, tmp_path: Path, monkeypatch
) -> None:
    out = tmp_path / "out.db"
    board.data("export", "sqlite", str(out))
    before = out.read_bytes(), os.listdir(tmp_path)

    def full(self, table, columns) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("mlkanban.store.export_file.ExportFile.index", full)
    answer = board("export", "sqlite", str(out))
    assert answer.code == 4
    assert "disk is full" in answer.err
    assert (out.read_bytes(), os.listdir(tmp_path)) == before


MAP = """
board = "agile"
timezone = "{zone}"
[columns]
card = "ID"
title = "Title"
"""


def test_actionable_agile_has_the_same_cycle_times(demo, tmp_path: Path) -> None:
    out = tmp_path / "agile.csv"
    left_out = demo.data("export", "actionable-agile", "--out", str(out))["left_out"]
    with out.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) + left_out == len(demo.data("list", "--all"))
    stages = list(rows[0])[3:-6]
    with closing(sqlite3.connect(exported(demo, tmp_path))) as db:
        phases = dict(db.execute("SELECT name, phase FROM stages").fetchall())
        [zone] = db.execute("SELECT timezone FROM board").fetchone()
    text = MAP.format(zone=zone)
    for at, stage in enumerate(stages):
        first = phases[stage] == "committed" and phases[stages[at - 1]] == "before"
        done = at == len(stages) - 1
        text += f'[[stage]]\nname = "{stage}"\ncolumn = "{stage}"\n'
        text += "commit = true\n" * first + "done = true\n" * done
    (tmp_path / "map.toml").write_text(text)
    whole = demo.data("flow", "cycle-time", "--window", "all")
    demo.data("import", "events", str(out), "--map", str(tmp_path / "map.toml"))
    again = demo.data("--board", "agile", "flow", "cycle-time", "--window", "all")
    for name in ("n", "mean", "percentiles", "never_worked", "open"):
        assert again[name] == whole[name], name
