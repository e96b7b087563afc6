"""Optuna: its database (4.x and 5.x) and its journal. Its times are local up to 4.x and UTC from
5.x on, and nothing tells which: they are left out, so nothing is counted from them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from mlkanban.core.runs.tracker_run import CARD_TAG, RUN_TAG, Tracked
from mlkanban.runs.trackers.sqlite_files import SqliteFile
from mlkanban.runs.trackers.values import numbers

_STATES = ("RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING")
_WAITING = _STATES.index("WAITING")
"""Of a trial that has not begun: it is no run yet."""
_COMPLETE = _STATES.index("COMPLETE")
"""Only such a trial has a result: what a pruned one says of its value is where it was stopped."""
_BEGINS = (b'{"op_code":4,', b'{"op_code": 4,')


class OptunaDatabase:
    """The trials in a database."""

    def __init__(self, file: SqliteFile, where: Path) -> None:
        self._file, self._where = file, where
        self._columns = file.columns("trials")

    @classmethod
    def of(cls, file: SqliteFile, where: Path) -> OptunaDatabase | None:
        """None when it is none of Optuna."""
        there = {"trial_id", "number", "study_id", "state"} <= file.columns("trials")
        return cls(file, where) if there else None

    def count(self) -> int:
        [(found,)] = self._file.rows("SELECT count(*) FROM trials WHERE state != 'WAITING'")
        return int(found)

    def runs(self) -> Iterator[Tracked]:
        rows = self._file.rows
        values = _values(
            rows(
                "SELECT trial_id, value FROM trial_values JOIN trials USING (trial_id)"
                " WHERE state = 'COMPLETE' ORDER BY objective"
            )
        )
        params = self._params()
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

    def _params(self) -> dict[int, dict[str, str]]:
        told = {"distribution_json"} & self._file.columns("trial_params")
        distribution = "distribution_json" if told else "''"
        found: dict[int, dict[str, str]] = {}
        for trial, name, value, kind in self._file.rows(
            f"SELECT trial_id, param_name, param_value, {distribution} FROM trial_params"
        ):
            found.setdefault(trial, {})[str(name)] = in_words(value, kind)
        return found


def in_words(value: Any, distribution: Any) -> str:
    """A parameter as the person wrote it, from what Optuna keeps: the choice for its place in the
    list, whole numbers without a point, others with four digits."""
    with suppress(ValueError, LookupError, TypeError, RecursionError, OverflowError):
        made = json.loads(distribution)
        name = str(made["name"])
        if name == "CategoricalDistribution":
            return str(made["attributes"]["choices"][int(value)])
        if name.startswith("Int"):
            return str(int(value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


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
        told = _Told()
        with self._path.open(encoding="utf-8", errors="replace") as source:
            for line in source:
                with suppress(LookupError, ValueError, TypeError, AttributeError, RecursionError):
                    told.take(json.loads(line))
        for trial in told.trials:
            study = told.studies.get(trial.study)
            if study is not None and trial.state != _WAITING:
                yield self._tracked(trial, study)

    def _tracked(self, trial: _Trial, study: _Study) -> Tracked:
        known = isinstance(trial.state, int) and 0 <= trial.state < len(_STATES)
        tags = {**study.tags, **trial.tags}
        return Tracked(
            ref=_ref(study.name, trial.number, trial.start),
            name=f"{study.name} {trial.number}",
            experiment=study.name,
            says=_STATES[trial.state] if known else str(trial.state),
            metrics=named(trial.values) if trial.state == _COMPLETE else {},
            params=trial.params,
            tags={name: str(tags[name]) for name in (CARD_TAG, RUN_TAG) if name in tags},
            about=str(trial.start or ""),
            where=str(self._path),
        )


@dataclass(slots=True)
class _Study:
    name: str
    tags: dict[str, Any] = field(default_factory=dict)
    trials: int = 0


@dataclass(slots=True)
class _Trial:
    study: int
    number: int
    state: Any
    values: Any
    params: dict[str, str]
    tags: dict[str, Any]
    start: Any

    @property
    def over(self) -> bool:
        return self.state not in (_STATES.index("RUNNING"), _WAITING)


class _Told:
    """What the lines of a journal amount to, as Optuna reads them. Workers write without waiting
    for each other: what comes too late counts for nothing, and takes no number."""

    def __init__(self) -> None:
        self.studies: dict[int, _Study] = {}
        self.trials: list[_Trial] = []
        self._made = 0

    def take(self, entry: dict[str, Any]) -> None:
        code = entry["op_code"]
        if code == 0:
            self._begin_study(str(entry["study_name"]))
        elif code == 1:
            self.studies.pop(entry["study_id"], None)
        elif code == 2:
            self.studies[entry["study_id"]].tags.update(entry["user_attr"])
        elif code == 4:
            self._begin_trial(entry)
        elif code in (5, 6, 8):
            trial = self.trials[entry["trial_id"]]
            if not trial.over:
                self._go_on(trial, code, entry)

    def _begin_study(self, name: str) -> None:
        if all(study.name != name for study in self.studies.values()):
            self.studies[self._made] = _Study(name)
            self._made += 1

    def _begin_trial(self, entry: dict[str, Any]) -> None:
        """A trial as the line tells of it that makes it."""
        study = self.studies[entry["study_id"]]
        kinds = entry.get("distributions") or {}
        self.trials.append(
            _Trial(
                entry["study_id"], study.trials, entry.get("state", 0),
                entry.get("values") or [entry.get("value")],
                {str(n): in_words(v, kinds.get(n)) for n, v in (entry.get("params") or {}).items()},
                dict(entry.get("user_attrs") or {}), entry.get("datetime_start"),
            )
        )  # fmt: skip
        study.trials += 1

    def _go_on(self, trial: _Trial, code: int, entry: dict[str, Any]) -> None:
        if code == 5:
            value = in_words(entry["param_value_internal"], entry.get("distribution"))
            trial.params[str(entry["param_name"])] = value
        elif code == 8:
            trial.tags.update(entry["user_attr"])
        elif trial.state or entry["state"]:  # not RUNNING twice: another worker has it
            trial.state = entry["state"]
            trial.values = entry.get("values") or trial.values
            trial.start = entry.get("datetime_start") or trial.start
