"""Optuna: its database (4.x and 5.x) and its journal. Its times are local up to 4.x and UTC from
5.x on, and nothing tells which: they are left out, so nothing is counted from them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from mlkanban.core.runs.tracked import CARD_TAG, RUN_TAG, Tracked
from mlkanban.runs.trackers.sqlite_files import SqliteFile
from mlkanban.runs.trackers.values import numbers

_STATES = ("RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING")
_WAITING = _STATES.index("WAITING")
"""Of a trial that has not begun: it is no run yet."""
_BEGINS = (b'{"op_code":4,', b'{"op_code": 4,')


class Database:
    """The trials in a database."""

    def __init__(self, file: SqliteFile, where: Path) -> None:
        self._file, self._where = file, where
        self._columns = file.columns("trials")

    @classmethod
    def of(cls, file: SqliteFile, where: Path) -> Database | None:
        """None when it is none of Optuna."""
        there = {"trial_id", "number", "study_id", "state"} <= file.columns("trials")
        return cls(file, where) if there else None

    def count(self) -> int:
        [(found,)] = self._file.rows("SELECT count(*) FROM trials WHERE state != 'WAITING'")
        return int(found)

    def runs(self) -> Iterator[Tracked]:
        rows = self._file.rows
        values = _values(rows("SELECT trial_id, value FROM trial_values ORDER BY objective"))
        params = _pairs(rows("SELECT trial_id, param_name, param_value FROM trial_params"))
        trial_tags = _pairs(rows("SELECT trial_id, key, value_json FROM trial_user_attributes"))
        study_tags = _pairs(rows("SELECT study_id, key, value_json FROM study_user_attributes"))
        began = "datetime_start" if "datetime_start" in self._columns else "''"
        for trial, number, study_id, study, state, start in rows(
            f"SELECT trial_id, number, trials.study_id, study_name, state, {began} FROM trials"
            " JOIN studies ON studies.study_id = trials.study_id WHERE state != 'WAITING'"
            " ORDER BY trial_id"
        ):
            tags = {**study_tags.get(study_id, {}), **trial_tags.get(trial, {})}
            yield Tracked(
                ref=_ref(study, number, start), name=f"{study} {number}", experiment=str(study),
                says=str(state), metrics=values.get(trial, {}), params=params.get(trial, {}),
                tags={name: _plain(text) for name, text in tags.items()}, about=str(start or ""),
                where=str(self._where),
            )  # fmt: skip


def _ref(study: Any, number: int, start: Any) -> str:
    """Names a trial. Studies in several files may have one name, and Optuna keeps nothing that
    tells them apart but when a trial began: of that, to the microsecond, a few digits."""
    name = f"optuna:{study}/{number}"
    moment = "".join(filter(str.isdigit, str(start or "")))
    return f"{name}@{sha256(moment.encode()).hexdigest()[:8]}" if moment else name


def _values(rows: Iterable[tuple[Any, ...]]) -> dict[int, dict[str, float]]:
    lists: dict[int, list[Any]] = {}
    for trial, value in rows:
        lists.setdefault(trial, []).append(value)
    return {trial: named(found) for trial, found in lists.items()}


def named(values: Any) -> dict[str, float]:
    """The values of a trial by name: `value`, or of several objectives `value_0`, `value_1` ...
    What is no list holds none."""
    if not isinstance(values, list):
        return {}
    one = len(values) == 1
    return numbers({"value" if one else f"value_{at}": v for at, v in enumerate(values)})


def _pairs(rows: Iterable[tuple[Any, ...]]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for owner, key, value in rows:
        found.setdefault(owner, {})[str(key)] = str(value)
    return found


def _plain(text: str) -> str:
    """A value kept as JSON, as text."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, str) else text


class Journal:
    """The trials that a journal tells of, one JSON object on each line. A line that is still being
    written, or is none, is passed over."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def count(self) -> int:
        """As many as were begun or put into the queue: the lines are not read closely."""
        with self._path.open("rb") as source:
            return sum(line.startswith(_BEGINS) for line in source)

    def runs(self) -> Iterator[Tracked]:
        studies: dict[int, str] = {}
        study_tags: dict[int, dict[str, str]] = {}
        trials: list[dict[str, Any]] = []
        counts: dict[int, int] = {}
        with self._path.open(encoding="utf-8", errors="replace") as source:
            for line in source:
                try:
                    entry = json.loads(line)
                    code = entry["op_code"]
                    if code == 0:
                        studies[len(studies)] = str(entry["study_name"])
                    elif code == 2:
                        tags = study_tags.setdefault(entry["study_id"], {})
                        tags.update(entry["user_attr"])
                    elif code == 4:
                        study = entry["study_id"]
                        number = counts[study] = counts.get(study, -1) + 1
                        trials.append(_begun(entry, study, number))
                    elif code == 5:
                        value = entry["param_value_internal"]
                        trials[entry["trial_id"]]["params"][str(entry["param_name"])] = value
                    elif code == 6:
                        trial = trials[entry["trial_id"]]
                        trial |= {"state": entry["state"], "values": entry.get("values") or []}
                        trial["start"] = entry.get("datetime_start") or trial["start"]
                    elif code == 8:
                        trials[entry["trial_id"]]["tags"].update(entry["user_attr"])
                except (LookupError, ValueError, TypeError, AttributeError, RecursionError):
                    continue
        for trial in trials:
            study = studies.get(trial["study"])
            if study is not None and trial["state"] != _WAITING:
                yield self._told(trial, study, study_tags)

    def _told(
        self, trial: dict[str, Any], study: str, study_tags: dict[int, dict[str, str]]
    ) -> Tracked:
        number, state = trial["number"], trial["state"]
        known = isinstance(state, int) and 0 <= state < len(_STATES)
        tags = {**study_tags.get(trial["study"], {}), **trial["tags"]}
        return Tracked(
            ref=_ref(study, number, trial["start"]),
            name=f"{study} {number}",
            experiment=study,
            says=_STATES[state] if known else str(state),
            metrics=named(trial["values"]),
            params={name: str(value) for name, value in trial["params"].items()},
            tags={name: str(tags[name]) for name in (CARD_TAG, RUN_TAG) if name in tags},
            about=str(trial["start"] or ""),
            where=str(self._path),
        )


def _begun(entry: dict[str, Any], study: int, number: int) -> dict[str, Any]:
    """A trial as the line tells of it that makes it."""
    return {
        "study": study, "number": number, "state": entry.get("state", 0),
        "values": entry.get("values") or [entry.get("value")], "params": {},
        "tags": dict(entry.get("user_attrs", {})), "start": entry.get("datetime_start"),
    }  # fmt: skip
