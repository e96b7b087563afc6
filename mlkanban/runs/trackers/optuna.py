"""Optuna: its database (4.x and 5.x) and its journal. Its times are local up to 4.x and UTC from
5.x on, and nothing tells which: they are left out, so nothing is counted from them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mlkanban.core.runs.tracked import CARD_TAG, RUN_TAG, Tracked
from mlkanban.runs.trackers.sqlite_files import SqliteFile

_STATES = ("RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING")


def in_database(file: SqliteFile, where: Path) -> Iterator[Tracked] | None:
    """The trials in a database; None when it is none of Optuna."""
    if not {"trial_id", "number", "study_id", "state"} <= file.columns("trials"):
        return None
    return _rows(file, where)


def _rows(file: SqliteFile, where: Path) -> Iterator[Tracked]:
    values = _values(file.rows("SELECT trial_id, value FROM trial_values ORDER BY objective"))
    params = _pairs(file.rows("SELECT trial_id, param_name, param_value FROM trial_params"))
    trial_tags = _pairs(file.rows("SELECT trial_id, key, value_json FROM trial_user_attributes"))
    study_tags = _pairs(file.rows("SELECT study_id, key, value_json FROM study_user_attributes"))
    for trial, number, study_id, study, state in file.rows(
        "SELECT trial_id, number, trials.study_id, study_name, state FROM trials"
        " JOIN studies ON studies.study_id = trials.study_id ORDER BY trial_id"
    ):
        tags = {**study_tags.get(study_id, {}), **trial_tags.get(trial, {})}
        yield Tracked(
            ref=f"optuna:{study}/{number}", name=f"{study} {number}", says=str(state),
            metrics=values.get(trial, {}), params=params.get(trial, {}),
            tags={name: _plain(text) for name, text in tags.items()}, where=str(where),
        )  # fmt: skip


def _values(rows: Iterable[tuple[Any, ...]]) -> dict[int, dict[str, float]]:
    lists: dict[int, list[Any]] = {}
    for trial, value in rows:
        lists.setdefault(trial, []).append(value)
    return {trial: named(found) for trial, found in lists.items()}


def named(values: list[Any]) -> dict[str, float]:
    """The values of a trial by name: `value`, or of several objectives `value_0`, `value_1` ..."""
    one = len(values) == 1
    return {
        "value" if one else f"value_{at}": float(value)
        for at, value in enumerate(values)
        if isinstance(value, int | float)
    }


def _pairs(rows: Iterable[tuple[Any, ...]]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for owner, key, value in rows:
        found.setdefault(owner, {})[str(key)] = str(value)
    return found


def _plain(text: str) -> str:
    """A value kept as JSON, as text."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, str) else text


def in_journal(path: Path) -> Iterator[Tracked]:
    """The trials that a journal tells of, one JSON object on each line. A line that is still being
    written, or is none, is passed over."""
    studies: list[str] = []
    study_tags: dict[int, dict[str, str]] = {}
    trials: list[dict[str, Any]] = []
    counts: dict[int, int] = {}
    with path.open(encoding="utf-8", errors="replace") as source:
        for line in source:
            try:
                entry = json.loads(line)
                code = entry["op_code"]
                if code == 0:
                    studies.append(str(entry["study_name"]))
                elif code == 2:
                    study_tags.setdefault(entry["study_id"], {}).update(entry["user_attr"])
                elif code == 4:
                    study = entry["study_id"]
                    number = counts[study] = counts.get(study, -1) + 1
                    values = entry.get("values") or [entry.get("value")]
                    trials.append(
                        {"study": study, "number": number, "state": entry.get("state", 0),
                         "values": values, "params": {}, "tags": dict(entry.get("user_attrs", {}))}
                    )  # fmt: skip
                elif code == 5:
                    value = entry["param_value_internal"]
                    trials[entry["trial_id"]]["params"][entry["param_name"]] = value
                elif code == 6:
                    trial = trials[entry["trial_id"]]
                    trial |= {"state": entry["state"], "values": entry.get("values") or []}
                elif code == 8:
                    trials[entry["trial_id"]]["tags"].update(entry["user_attr"])
            except (ValueError, KeyError, IndexError, TypeError, AttributeError):
                continue
    for trial in trials:
        if not 0 <= trial["study"] < len(studies):
            continue
        study, number = studies[trial["study"]], trial["number"]
        tags = {**study_tags.get(trial["study"], {}), **trial["tags"]}
        state = trial["state"]
        yield Tracked(
            ref=f"optuna:{study}/{number}",
            name=f"{study} {number}",
            says=_STATES[state] if state in range(len(_STATES)) else str(state),
            metrics=named(trial["values"]),
            params={name: str(value) for name, value in trial["params"].items()},
            tags={name: str(tags[name]) for name in (CARD_TAG, RUN_TAG) if name in tags},
            where=str(path),
        )
