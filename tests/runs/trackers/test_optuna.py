"""What Optuna keeps, told as the person wrote it: parameters, results, studies that are gone."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from mlkanban.runs.model.tracker_run import Tracked, short
from mlkanban.runs.trackers.places import count_all, read_all
from tests.runs.trackers.files import database

CHOICES = json.dumps(
    {"name": "CategoricalDistribution", "attributes": {"choices": ["adam", None, True, 3]}}
)
ALIKE = json.dumps(
    {"name": "CategoricalDistribution", "attributes": {"choices": [None, "None", "adam"]}}
)
WHOLE = json.dumps({"name": "IntDistribution", "attributes": {"low": 1, "high": 9}})
OLD = json.dumps({"name": "IntUniformDistribution", "attributes": {"low": 1, "high": 9}})
REAL = json.dumps({"name": "FloatDistribution", "attributes": {"low": 0.0, "high": 1.0}})
START = "2026-11-30T03:38:00.235206+00:00"


def journal(path: Path, *lines: dict[str, Any]) -> list[Tracked]:
    path.write_text("".join(json.dumps({"worker_id": "w", **line}) + "\n" for line in lines))
    found = read_all([path])
    assert not found.problems
    return list(found.runs)


def study(name: str) -> dict[str, Any]:
    return {"op_code": 0, "study_name": name, "directions": [1]}


def trial(study_id: int, **more: Any) -> dict[str, Any]:
    return {"op_code": 4, "study_id": study_id, "datetime_start": START, **more}


def ended(trial_id: int, state: int, *values: Any) -> dict[str, Any]:
    return {"op_code": 6, "trial_id": trial_id, "state": state, "values": list(values)}


def param(trial_id: int, name: str, value: Any, kind: str) -> dict[str, Any]:
    return {"op_code": 5, "trial_id": trial_id, "param_name": name, "param_value_internal": value,
            "distribution": kind}  # fmt: skip


@pytest.mark.parametrize("kept", ["database", "journal"])
@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        (0, CHOICES, "adam"),
        (1.0, CHOICES, "None"),
        (2, CHOICES, "True"),
        (3, CHOICES, "3"),
        (3.0, WHOLE, "3"),
        (4.0, OLD, "4"),
        (0.001128871899812969, REAL, "0.001128871899812969"),
        (0.00001234567, REAL, "1.234567e-05"),
        (1.0, REAL, "1"),
        (0, ALIKE, "null"),
        (1, ALIKE, '"None"'),
        (2, ALIKE, "adam"),
        (9.0, CHOICES, "9"),
        (0.5, "no JSON", "0.5"),
    ],
)
def test_parameters_are_told_in_their_own_words(
    kept: str, value: float, kind: str, shown: str, tmp_path: Path
) -> None:
    if kept == "journal":
        lines = (study("s"), trial(0), param(0, "opt", value, kind), ended(0, 1, 0.5))
        [one] = journal(tmp_path / "optuna.log", *lines)
    else:
        path = database("o5", tmp_path / "optuna.db")
        conn = sqlite3.connect(path)
        told = "param_name = 'opt', param_value = ?, distribution_json = ? WHERE trial_id = 1"
        conn.execute(f"UPDATE trial_params SET {told}", (value, kind))
        conn.commit()
        conn.close()
        one = read_all([path]).runs[0]
    assert dict(one.params) == {"opt": shown}


def test_a_trial_that_is_put_in_whole_has_its_parameters(tmp_path: Path) -> None:
    kinds = {"opt": CHOICES, "lr": REAL}
    made = trial(0, state=1, value=0.5, params={"opt": 0, "lr": 0.25}, distributions=kinds)
    [one] = journal(tmp_path / "optuna.log", study("s"), made)
    assert (dict(one.params), one.numbers) == ({"opt": "adam", "lr": "0.25"}, {"value": 0.5})


def test_only_a_complete_trial_has_a_result(tmp_path: Path) -> None:
    lines = [study("s")]
    for number, state in enumerate((1, 2, 3)):
        lines += [trial(0), ended(number, state, 0.5)]
    told = journal(tmp_path / "optuna.log", *lines, trial(0))
    assert [(one.says, one.numbers) for one in told] == [
        ("COMPLETE", {"value": 0.5}),
        ("PRUNED", {}),
        ("FAIL", {}),
        ("RUNNING", {}),
    ]
    path = database("o5", tmp_path / "optuna.db")
    conn = sqlite3.connect(path)
    conn.execute("UPDATE trials SET state = 'PRUNED' WHERE number = 2")
    conn.commit()
    conn.close()
    assert [one.numbers for one in read_all([path]).runs] == [{"value": 0.5}, {}, {}]


def reported(trial_id: int, step: int, value: float) -> dict[str, Any]:
    return {"op_code": 7, "trial_id": trial_id, "step": step, "intermediate_value": value}


@pytest.mark.parametrize("kept", ["database", "journal"])
def test_a_pruned_trial_has_its_last_value_and_step(kept: str, tmp_path: Path) -> None:
    if kept == "journal":
        lines = [study("s"), trial(0), trial(0), trial(0)]
        for number, step, value in ((0, 9, 0.4), (0, 10, 0.3), (0, 2, 0.9), (1, 5, 0.2)):
            lines.append(reported(number, step, value))
        told = journal(tmp_path / "optuna.log", *lines, ended(0, 2), ended(1, 1, 0.2), ended(2, 2))
    else:
        path = database("o5", tmp_path / "optuna.db")
        conn = sqlite3.connect(path)
        conn.execute("UPDATE trials SET state = 'PRUNED' WHERE number != 1")
        conn.execute("UPDATE trials SET state = 'COMPLETE' WHERE number = 1")
        conn.executemany(
            "INSERT INTO trial_intermediate_values"
            " (trial_id, step, intermediate_value, intermediate_value_type)"
            " VALUES (?, ?, ?, 'FINITE')",
            [(1, 9, 0.4), (1, 10, 0.3), (1, 2, 0.9), (2, 5, 0.2)],
        )
        conn.commit()
        conn.close()
        told = list(read_all([path]).runs)
    assert [dict(one.pruned_at) for one in told] == [{"value": 0.3, "step": 10}, {}, {}]
    assert told[0].numbers == {}
    assert dict(told[0].as_run().pruned_at) == {"value": 0.3, "step": 10}


def test_infinite_values_are_no_numbers(tmp_path: Path) -> None:
    lines = [study("s"), trial(0), ended(0, 1, float("inf"), 0.5, float("nan"))]
    [one] = journal(tmp_path / "optuna.log", *lines)
    assert one.numbers == {"value_1": 0.5}


def test_deleted_studies_stay_deleted_and_take_no_name_from_a_later_one(tmp_path: Path) -> None:
    told = journal(
        tmp_path / "optuna.log",
        study("gone"), trial(0), ended(0, 1, 0.1),
        {"op_code": 1, "study_id": 0},
        trial(0),  # of a worker that had not heard of it: it takes no number
        study("stays"), study("stays"), trial(1), ended(1, 1, 0.2),
        study("gone"), trial(2), ended(2, 1, 0.3),
    )  # fmt: skip
    assert [(short(one.ref), one.numbers["value"]) for one in told] == [
        ("optuna:stays/0", 0.2),
        ("optuna:gone/0", 0.3),
    ]


def test_what_comes_after_the_end_of_a_trial_counts_for_nothing(tmp_path: Path) -> None:
    [one] = journal(
        tmp_path / "optuna.log", study("s"), trial(0), ended(0, 1, 0.5), ended(0, 3),
        param(0, "lr", 0.5, REAL),
    )  # fmt: skip
    assert (one.says, one.numbers, dict(one.params)) == ("COMPLETE", {"value": 0.5}, {})


def names(study_id: int, *given: str) -> dict[str, Any]:
    return {"op_code": 3, "study_id": study_id, "system_attr": {"study:metric_names": given}}


@pytest.mark.parametrize("kept", ["database", "journal"])
def test_values_have_the_names_of_their_objectives(kept: str, tmp_path: Path) -> None:
    if kept == "journal":
        lines = (study("s"), names(0, "val_loss"), trial(0), ended(0, 1, 0.5))
        one, *_ = journal(tmp_path / "optuna.log", *lines)
        two = {**study("t"), "directions": [1, 2]}
        lines = (two, names(0, "loss", "auc"), trial(0), ended(0, 1, 0.4, 0.9))
        [several] = journal(tmp_path / "several.log", *lines)
        assert (several.numbers, several.direction) == ({"loss": 0.4, "auc": 0.9}, "")
        direction = "<="
    else:
        path = database("o5", tmp_path / "optuna.db")
        conn = sqlite3.connect(path)
        conn.execute(
            "INSERT INTO study_system_attributes (study_id, key, value_json)"
            " VALUES (1, 'study:metric_names', '[\"val_loss\"]')"
        )
        conn.commit()
        conn.close()
        one, direction = read_all([path]).runs[0], ">="
    assert (one.numbers, one.direction) == ({"val_loss": 0.5}, direction)


def test_trials_of_deleted_studies_are_not_counted(tmp_path: Path) -> None:
    path = tmp_path / "optuna.log"
    gone = {"op_code": 1, "study_id": 0}
    journal(path, study("a"), trial(0), gone, study("b"), trial(1), names(1, "x"), trial(1))
    assert count_all([path]) == ({path: 2}, [])
    stored = database("o5", tmp_path / "optuna.db")
    conn = sqlite3.connect(stored)
    conn.execute("DELETE FROM studies")
    conn.commit()
    conn.close()
    assert count_all([stored]) == ({stored: 0}, [])


def test_an_infinite_value_is_said(tmp_path: Path) -> None:
    lines = [study("s"), trial(0), ended(0, 1, float("inf"))]
    [one] = journal(tmp_path / "optuna.log", *lines)
    assert one.unread == ("value is infinite",)
