"""The records in the folder of a run: what is no part of one is left out, whoever wrote it."""

import json
from typing import Any

import pytest

from mlkanban.runs.model.records import (
    EndRecord,
    SchedulerRecord,
    StartRecord,
    StopRecord,
    left_out,
    record_of,
)
from mlkanban.runs.model.state import RunState

START = {
    "v": 1, "card": "v3", "argv": ["python", "train.py"], "cwd": "/work", "dirty": True, "gpus": 2,
    "environment": {"SLURM_JOB_ID": "7"}, "session": 41, "child": {"pid": 42, "start": "998"},
    "queue": {"waiter": {"pid": 40, "start": "990"}, "held": "", "cuda": [0, 1]},
    "slurm": {"job": "7", "submit": 1772442000, "task_params": {"lr": "{}"}},
}  # fmt: skip
SCHEDULER = {
    "state": "running", "exit": None, "elapsed": 12, "listed": True, "tasks": 3,
    "lives": [["7_1", 1772442000, 1772442001, None], ["7_2", 1772442000, 1772442005, 9]],
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (StartRecord, START),
        (SchedulerRecord, SCHEDULER),
        (EndRecord, {"exit": 3, "ended": "2026-03-01T10:00:00Z", "oom": None}),
        (StopRecord, {"by": "ada", "at": "2026-03-01T10:00:00Z"}),
    ],
    ids=lambda part: part.__name__ if isinstance(part, type) else "",
)
def test_a_record_is_read_as_it_was_written(kind: Any, values: dict[str, Any]) -> None:
    assert json.loads(json.dumps(record_of(kind, values))) == values


@pytest.mark.parametrize("values", [None, [], "start", 7, {"lr": 1}.items(), True])
def test_what_is_no_record_is_an_empty_one(values: object) -> None:
    assert record_of(StartRecord, values) == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("card", 3),
        ("card", None),
        ("cwd", "/work\0/../etc"),
        ("cwd", "\ud800"),
        ("argv", ["python", "\ud800"]),
        ("card", "v\udcff"),
        ("card_id", "\ud800"),
        ("environment", {"SLURM_JOB_ID": "\ud800"}),
        ("argv", "python train.py"),
        ("argv", ["python", 3]),
        ("dirty", "no"),
        ("gpus", True),
        ("gpus", -1),
        ("gpus", 10**30),
        ("gpus", 1.0),
        ("session", -1),
        ("environment", {"SLURM_JOB_ID": 7}),
        ("child", 42),
        ("child", {"start": "998"}),
        ("child", {"pid": "42"}),
        ("child", {"pid": True}),
        ("child", {"pid": 0}),
        ("child", {"pid": -1}),
        ("child", {"pid": 2**31}),
        ("queue", True),
        ("slurm", "7"),
    ],
)
def test_a_part_of_another_kind_counts_as_missing(name: str, value: object) -> None:
    record = record_of(StartRecord, START | {name: value})
    assert record == {part: kept for part, kept in START.items() if part != name}


def test_paths_and_words_that_are_no_utf8_are_kept() -> None:
    odd = START | {"cwd": "/scratch/\udcff", "argv": ["python", "\udcff.py"]}
    assert record_of(StartRecord, odd) == odd


def test_what_is_left_out_of_a_record_has_a_name() -> None:
    slurm = {"job": "7", "stdout": "\ud800", "later": "\ud800"}
    values = START | {"card_id": "\ud800", "slurm": slurm, "later": "\ud800"}
    assert left_out(values, record_of(StartRecord, values)) == ["slurm.stdout", "card_id"]
    assert left_out(START, record_of(StartRecord, START)) == []
    assert left_out(None, record_of(StartRecord, None)) == []


def test_a_wrong_part_takes_none_of_its_neighbours_with_it() -> None:
    slurm = {"job": "7", "submit": "soon", "stdout": "/scratch/7.out", "by": []}
    queue = {"waiter": {"pid": -9}, "held": "ada", "cuda": [0, "1"]}
    record = record_of(StartRecord, {"card": "v3", "slurm": slurm, "queue": queue})
    assert record["slurm"] == {"job": "7", "stdout": "/scratch/7.out"}
    assert record["queue"] == {"held": "ada"}


@pytest.mark.parametrize(
    "lives",
    [
        7,
        [7],
        [["7", 1, 2]],
        [["7", 1, 2, 3, 4]],
        [["7", 1, 10**12, 3]],
        [["7", -5, 2, None]],
        [[7, 1, 2, None]],
    ],
)
def test_lives_that_no_date_can_show_are_left_out(lives: object) -> None:
    record = record_of(SchedulerRecord, SCHEDULER | {"lives": lives, "state": "exploded"})
    assert record == {n: v for n, v in SCHEDULER.items() if n not in ("lives", "state")}


def test_a_state_is_one_of_ours() -> None:
    assert record_of(SchedulerRecord, SCHEDULER)["state"] is RunState.RUNNING
    assert record_of(SchedulerRecord, {"state": ["running"]}) == {}


def test_what_a_later_version_added_is_kept() -> None:
    later = {"card": "v3", "container": {"image": ["a"]}, "child": {"pid": 7, "cgroup": "/x"}}
    assert record_of(StartRecord, later) == later
