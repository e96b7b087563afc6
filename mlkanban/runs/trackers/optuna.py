"""Optuna: its database (4.x and 5.x) and its journal. Its times are local up to 4.x and UTC from
5.x on; a database says only which version made it, which the times are read by."""

from __future__ import annotations

import json
import math
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from mlkanban.core.timestamps import instant, moment
from mlkanban.errors import StoreBusy
from mlkanban.growing_file import GrowingFile
from mlkanban.runs.model.run import OBJECTIVE
from mlkanban.runs.model.series import Series, SeriesBuilder
from mlkanban.runs.model.tracker_run import CARD_TAG, RUN_TAG, Tracked
from mlkanban.runs.trackers.tracker import GoingOn, LiveRecord, SeriesSource, Tracker
from mlkanban.runs.trackers.values import numbers
from mlkanban.sqlite_files import SqliteFile, reading
from mlkanban.text import quantity

_STATES = ("RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING")
_RUNNING = _STATES.index("RUNNING")
_WAITING = _STATES.index("WAITING")
"""Of a trial that has not begun: it is no run yet."""
_COMPLETE, _PRUNED = _STATES.index("COMPLETE"), _STATES.index("PRUNED")
"""Only a complete trial has a result: what a pruned one says of its value is where it was
stopped."""
_COUNTED = {"PRUNED": "pruned", "FAIL": "failed"}
"""What is counted beside the trials with a result."""
_SELDOM = 20
"""For as many times the time that reading took, nothing is read."""
_NAMED = 3
"""So many of the trials that run are named."""
_NAMES = "study:metric_names"
"""Of the attribute that has what the objectives of a study are called."""
_BETTER = {"1": "<=", "MINIMIZE": "<=", "2": ">=", "MAXIMIZE": ">="}
_LOCAL = ("2", "3", "4")
"""Versions whose times are local."""
_COUNTS = re.compile(rb'(?=\{).*?"op_code": ?[014],')
"""Lines that begin and delete studies, and begin trials."""
_BEGINS = re.compile(rb'\{"op_code": ?\d')


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
        [(count,)] = self._file.rows(
            "SELECT count(*) FROM trials JOIN studies ON studies.study_id = trials.study_id"
            " WHERE state != 'WAITING'"
        )
        return int(count)

    def records(self, run: GoingOn) -> list[LiveRecord]:
        return _studies(self.runs(), run, self._where)

    def runs(self) -> Iterator[Tracked]:
        rows = self._file.rows
        values = _values(
            rows(
                "SELECT trial_id, value FROM trial_values JOIN trials USING (trial_id)"
                " WHERE state = 'COMPLETE' ORDER BY objective"
            )
        )
        names = _metric_names(self._file)
        better = self._directions()
        utc = self._is_in_utc()
        params = self._params()
        stopped = self._pruned_at()
        trial_tags = _pairs(rows("SELECT trial_id, key, value_json FROM trial_user_attributes"))
        study_tags = _pairs(rows("SELECT study_id, key, value_json FROM study_user_attributes"))
        began, over = (
            name if name in self._columns else "''"
            for name in ("datetime_start", "datetime_complete")
        )
        for trial, number, study_id, study, state, start, end in rows(
            f"SELECT trial_id, number, trials.study_id, study_name, state, {began}, {over}"
            " FROM trials"
            " JOIN studies ON studies.study_id = trials.study_id WHERE state != 'WAITING'"
            " ORDER BY trial_id"
        ):
            tags = {**study_tags.get(study_id, {}), **trial_tags.get(trial, {})}
            yield Tracked(
                ref=_ref(study, number, start), name=f"{study} {number}", experiment=str(study),
                says=str(state), metrics=named(values.get(trial), names.get(study_id)),
                params=params.get(trial, {}), direction=better.get(study_id, ""),
                tags={name: _plain(text) for name, text in tags.items()}, about=str(start or ""),
                where=str(self._where), started=_moment(start, utc), ended=_moment(end, utc),
                pruned_at=stopped.get(trial, {}),
            )  # fmt: skip

    def _pruned_at(self) -> dict[int, dict[str, float]]:
        """The last intermediate value of each trial that was pruned, with its step."""
        columns = self._file.columns("trial_intermediate_values")
        if not {"trial_id", "step", "intermediate_value"} <= columns:
            return {}
        rows = self._file.rows(
            "SELECT trial_id, max(step), intermediate_value FROM trial_intermediate_values"
            " JOIN trials USING (trial_id) WHERE state = 'PRUNED' GROUP BY trial_id"
        )  # SQLite takes the value from the row with the greatest step
        return {trial: pruned_at(step, value) for trial, step, value in rows}

    def _directions(self) -> dict[int, str]:
        if not {"direction", "study_id"} <= self._file.columns("study_directions"):
            return {}
        lists: dict[int, list[str]] = {}
        for study, direction in self._file.rows("SELECT study_id, direction FROM study_directions"):
            lists.setdefault(study, []).append(str(direction))
        return {study: _direction(directions) for study, directions in lists.items()}

    def _is_in_utc(self) -> bool:
        if "library_version" not in self._file.columns("version_info"):
            return False
        rows = self._file.rows("SELECT library_version FROM version_info")
        return any(str(version).partition(".")[0] not in _LOCAL for (version,) in rows)

    def _params(self) -> dict[int, dict[str, str]]:
        known = {"distribution_json"} & self._file.columns("trial_params")
        distribution = "distribution_json" if known else "''"
        params: dict[int, dict[str, str]] = {}
        for trial, name, value, kind in self._file.rows(
            f"SELECT trial_id, param_name, param_value, {distribution} FROM trial_params"
        ):
            params.setdefault(trial, {})[str(name)] = in_words(value, kind)
        return params


def _metric_names(file: SqliteFile) -> dict[int, Any]:
    """What the objectives of each study are called, where somebody gave them names."""
    if not {"key", "value_json"} <= file.columns("study_system_attributes"):
        return {}
    names = {}
    for study, text in file.rows(
        "SELECT study_id, value_json FROM study_system_attributes WHERE key = ?", _NAMES
    ):
        with suppress(ValueError, RecursionError):
            names[study] = json.loads(text)
    return names


def in_words(value: Any, distribution: Any) -> str:
    """A parameter as the person wrote it, from what Optuna keeps: the choice for its place in the
    list (as JSON where another choice reads the same, such as None and "None"), whole numbers
    without a point, others with as many digits as a script needs to set them again."""
    with suppress(ValueError, LookupError, TypeError, RecursionError, OverflowError):
        made = json.loads(distribution)
        name = str(made["name"])
        if name == "CategoricalDistribution":
            choices = made["attributes"]["choices"]
            choice = choices[int(value)]
            alike = sum(str(other) == str(choice) for other in choices)
            return json.dumps(choice) if alike > 1 else str(choice)
        if name.startswith("Int"):
            return str(int(value))
    return str(value).removesuffix(".0")


def _ref(study: Any, number: int, start: Any) -> str:
    """Names a trial. Studies in several files may have one name, and Optuna keeps nothing that
    tells them apart but when a trial began: of that, to the microsecond, a few digits."""
    name = f"optuna:{study}/{number}"
    moment = "".join(filter(str.isdigit, str(start or "")))
    return f"{name}@{sha256(moment.encode()).hexdigest()[:8]}" if moment else name


def _values(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[Any]]:
    lists: dict[int, list[Any]] = {}
    for trial, value in rows:
        lists.setdefault(trial, []).append(value)
    return lists


def _direction(directions: Any) -> str:
    """Which side of the only objective is good, '' of several ones."""
    single = isinstance(directions, list) and len(directions) == 1
    return _BETTER.get(str(directions[0]), "") if single else ""


def _moment(text: Any, utc: bool = False) -> str:
    """An instant from a time that says its zone, is UTC, or else is that of this machine."""
    with suppress(TypeError, ValueError, OverflowError):
        when = datetime.fromisoformat(text)
        if when.tzinfo is None:
            when = when.replace(tzinfo=UTC) if utc else when.astimezone()
        return instant(when)
    return ""


def named(values: Any, names: Any = None) -> dict[str, float]:
    """The values of a trial by the names of the objectives, and where nobody gave them names by
    `value`, or of several objectives `value_0`, `value_1` ... What is no list holds none."""
    if not isinstance(values, list):
        return {}
    single = len(values) == 1
    if isinstance(names, list) and len(names) == len(values):
        return numbers({str(name): value for name, value in zip(names, values, strict=True)})
    return numbers({"value" if single else f"value_{at}": v for at, v in enumerate(values)})


def pruned_at(step: Any, value: Any) -> dict[str, float]:
    """The last value of a trial that was pruned, and its step; none where one is no number."""
    known = numbers({"value": value, "step": step})
    return known if len(known) == 2 and math.isfinite(known["value"]) else {}


def _pairs(rows: Iterable[tuple[Any, ...]]) -> dict[int, dict[str, str]]:
    pairs: dict[int, dict[str, str]] = {}
    for owner, key, value in rows:
        pairs.setdefault(owner, {})[str(key)] = str(value)
    return pairs


def _plain(text: str) -> str:
    """A value kept as JSON, as text."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, str) else text


def _series(ref: str, where: Path, name: str, argv: Sequence[str]) -> SeriesSource:
    return TrialSeries(ref, where, name)


TRACKER = Tracker(
    "optuna", ("optuna.db", "optuna.log", "journal.log"), _series, ("OPTUNA_STORAGE",)
)


class TrialSeries:
    """The intermediate values of a trial: those of the only objective of its study. They have the
    name that was given to it, or where it has none the name they are wanted by."""

    def __init__(self, ref: str, where: Path, name: str) -> None:
        self._ref, self._where, self._name = ref, where, name
        with where.open("rb") as file:
            journal = file.read(1) == b"{"
        self._journal = GrowingFile(where) if journal else None
        self._known = _JournalState()

    def read(self) -> Series:
        values, names = (
            self._of_database() if self._journal is None else self._of_journal(self._journal)
        )
        single = isinstance(names, list) and len(names) == 1
        series = SeriesBuilder(str(names[0]) if single else self._name)
        for step, value in sorted(values.items()):
            series.add(math.nan if value is None else float(value), step)
        return series.series

    def _of_database(self) -> tuple[dict[int, float | None], Any]:
        """The values by step, and what the objectives of the study are called."""
        with reading(self._where) as file:
            columns = file.columns("trial_intermediate_values")
            if not {"trial_id", "step", "intermediate_value"} <= columns:
                return {}, None
            begun = "datetime_start" if "datetime_start" in file.columns("trials") else "''"
            trials = file.rows(
                f"SELECT trial_id, trials.study_id, study_name, number, {begun} FROM trials"
                " JOIN studies ON studies.study_id = trials.study_id"
            )
            found = [some[:2] for some in trials if _ref(*some[2:]) == self._ref]
            trial, study = found[0] if found else (None, None)
            names = _metric_names(file).get(study)
            rows = file.rows(
                "SELECT step, intermediate_value FROM trial_intermediate_values WHERE trial_id = ?",
                trial,
            )
            return {int(step): value for step, value in rows}, names

    def _of_journal(self, file: GrowingFile) -> tuple[dict[int, float | None], Any]:
        new = file.read()
        if new.anew:
            self._known = _JournalState()
        for line in new.lines:
            self._known.take_line(line)
        for trial in self._known.trials:
            study = self._known.studies.get(trial.study)
            if study is not None and _ref(study.name, trial.number, trial.start) == self._ref:
                return trial.intermediate, study.names
        return {}, None


# Studies while a run goes on


def _is_of(trial: Tracked, run: GoingOn) -> bool:
    """Whether a trial was begun by a run of ours: it, or its study, names the run or its card, or
    nothing else of ours goes on in the folder."""
    began = moment(trial.started)
    if began is None or began < run.since:
        return False
    if named := trial.tags.get(RUN_TAG, ""):
        return named == run.run
    return trial.card == run.card if trial.card else run.alone


def _studies(trials: Iterable[Tracked], run: GoingOn, where: Path) -> list[LiveRecord]:
    """The studies that a run works on, the one with the newest trial first."""
    by_study: dict[str, list[Tracked]] = {}
    for trial in trials:
        if _is_of(trial, run):
            by_study.setdefault(trial.experiment, []).append(trial)
    newest_first = sorted(
        by_study, key=lambda study: max(trial.started for trial in by_study[study]), reverse=True
    )
    return [
        LiveRecord(
            f"{TRACKER.kind}:{study}",
            _objectives(by_study[study], run),
            partial(StudySeries, study, where, run),
            where,
            f"study {study}" if len(by_study) > 1 else "",
        )
        for study in newest_first
    ]


def _objectives(trials: Sequence[Tracked], run: GoingOn) -> list[str]:
    """What the objectives are called: the only one of a study that nobody gave a name is the metric
    of the card, where both call the same side good."""
    names = dict.fromkeys(name for trial in trials for name in trial.metrics)
    direction = next((trial.direction for trial in trials), "")
    if run.metric and [*names] == [OBJECTIVE] and run.direction in ("", direction):
        return [run.metric]
    return [*names]


class StudySeries:
    """The best value so far after each trial of a study that a run of ours began. A large study is
    read seldom."""

    def __init__(self, study: str, where: Path, run: GoingOn, name: str) -> None:
        self._study, self._where, self._name, self._run = study, where, name, run
        self._next = 0.0

    def read(self) -> Series:
        """The series as it is. StoreBusy says that it is to be read later."""
        begin = time.monotonic()
        if begin < self._next:
            raise StoreBusy(f"{self._where} was read just now.")
        series = self._of(self._trials())
        end = time.monotonic()
        self._next = end + _SELDOM * (end - begin)
        return series

    def _trials(self) -> list[Tracked]:
        with self._where.open("rb") as file:
            journal = file.read(1) == b"{"
        if journal:
            return [*Journal(self._where).runs()]
        with reading(self._where) as database:
            source = OptunaDatabase.of(database, self._where)
            return [*source.runs()] if source else []

    def _of(self, trials: Sequence[Tracked]) -> Series:
        own = [t for t in trials if t.experiment == self._study and _is_of(t, self._run)]
        done = [trial for trial in own if trial.says == _STATES[_COMPLETE] and self._value(trial)]
        series = SeriesBuilder(self._name)
        best = None
        for trial in sorted(done, key=lambda trial: trial.ended):
            [value] = self._value(trial)
            direction = trial.direction or self._run.direction
            better = {"<=": min, ">=": max}.get(direction)
            best = value if best is None or better is None else better(best, value)
            ended = moment(trial.ended)
            series.add(best, at=ended.timestamp() if ended else None)
        directed = all(trial.direction or self._run.direction for trial in done)
        parts = [f"{'best' if directed else 'newest'} of {quantity(len(done), 'trial')}"]
        if running := [t.name.rpartition(" ")[2] for t in own if t.says == _STATES[_RUNNING]]:
            word, runs = ("trials", "run") if len(running) > 1 else ("trial", "runs")
            parts.append(f"{word} {', '.join(running[-_NAMED:])} {runs}")
        states = Counter(trial.says for trial in own)
        parts += [f"{states[says]} {word}" for says, word in _COUNTED.items() if states[says]]
        return replace(series.series, about=", ".join(parts), best_so_far=directed)

    def _value(self, trial: Tracked) -> list[float]:
        value = trial.metrics.get(self._name, trial.metrics.get(OBJECTIVE))
        return [] if value is None or not math.isfinite(value) else [value]


class Journal:
    """The trials that a journal tells of, one JSON object on each line. A line that is still being
    written, or is none, is passed over."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @staticmethod
    def is_begun_by(head: bytes) -> bool:
        """Whether a file that begins so is a journal."""
        return _BEGINS.match(head) is not None

    def count(self) -> int:
        """As many as were begun or put into the queue and were not deleted with their study: other
        lines are not read closely."""
        journal = _JournalState()
        with self._path.open("rb") as source:
            for line in filter(_COUNTS.match, source):
                journal.take_line(line)
        return sum(trial.study in journal.studies for trial in journal.trials)

    def records(self, run: GoingOn) -> list[LiveRecord]:
        return _studies(self.runs(), run, self._path)

    def runs(self) -> Iterator[Tracked]:
        journal = _JournalState()
        with self._path.open(encoding="utf-8", errors="replace") as source:
            for line in source:
                journal.take_line(line)
        for trial in journal.trials:
            study = journal.studies.get(trial.study)
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
            metrics=named(trial.values, study.names) if trial.state == _COMPLETE else {},
            params=trial.params,
            tags={name: str(tags[name]) for name in (CARD_TAG, RUN_TAG) if name in tags},
            about=str(trial.start or ""),
            started=_moment(trial.start),
            ended=_moment(trial.end),
            direction=study.direction,
            pruned_at=_last_value(trial) if trial.state == _PRUNED else {},
            where=str(self._path),
        )


def _last_value(trial: _Trial) -> dict[str, float]:
    if not trial.intermediate:
        return {}
    step = max(trial.intermediate)
    return pruned_at(step, trial.intermediate[step])


@dataclass(slots=True)
class _Study:
    name: str
    direction: str = ""
    names: Any = None
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
    end: Any
    intermediate: dict[int, float | None] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        return self.state not in (_RUNNING, _WAITING)


class _JournalState:
    """What the lines of a journal amount to, as Optuna reads them. Workers write without waiting
    for each other: what comes too late counts for nothing, and takes no number."""

    def __init__(self) -> None:
        self.studies: dict[int, _Study] = {}
        self.trials: list[_Trial] = []
        self._made = 0

    def take_line(self, line: str | bytes) -> None:
        with suppress(LookupError, ValueError, TypeError, AttributeError, RecursionError):
            self.take(json.loads(line))

    def take(self, entry: dict[str, Any]) -> None:
        code = entry["op_code"]
        if code == 0:
            self._begin_study(str(entry["study_name"]), entry.get("directions"))
        elif code == 1:
            self.studies.pop(entry["study_id"], None)
        elif code == 2:
            self.studies[entry["study_id"]].tags.update(entry["user_attr"])
        elif code == 3:
            self.studies[entry["study_id"]].names = entry["system_attr"][_NAMES]
        elif code == 4:
            self._begin_trial(entry)
        elif code in (5, 6, 7, 8):
            trial = self.trials[entry["trial_id"]]
            if not trial.over:
                self._go_on(trial, code, entry)

    def _begin_study(self, name: str, directions: Any) -> None:
        if all(study.name != name for study in self.studies.values()):
            self.studies[self._made] = _Study(name, _direction(directions))
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
                entry.get("datetime_complete"),
            )
        )  # fmt: skip
        study.trials += 1

    def _go_on(self, trial: _Trial, code: int, entry: dict[str, Any]) -> None:
        if code == 5:
            value = in_words(entry["param_value_internal"], entry.get("distribution"))
            trial.params[str(entry["param_name"])] = value
        elif code == 7:
            trial.intermediate[int(entry["step"])] = float(entry["intermediate_value"])
        elif code == 8:
            trial.tags.update(entry["user_attr"])
        elif trial.state or entry["state"]:  # not RUNNING twice: another worker has it
            trial.state = entry["state"]
            trial.values = entry.get("values") or trial.values
            trial.start = entry.get("datetime_start") or trial.start
            trial.end = entry.get("datetime_complete") or trial.end
