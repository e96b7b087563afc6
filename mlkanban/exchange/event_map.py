"""The map of an event log: which column means what, and which state belongs to which stage.

The tables are checked by hand: models of pydantic that give the same sentences ("stage 4: done:
must be true or false.") were a quarter longer, most of it words for pydantic's kinds of errors.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from mlkanban.core.board import StageKind
from mlkanban.core.names import pick, slug
from mlkanban.core.templates import StageTemplate
from mlkanban.errors import BadInput, UsageProblem
from mlkanban.exchange.dates import ORDERS, is_form
from mlkanban.exchange.delimited import DELIMITERS
from mlkanban.exchange.text_file import bad, read_text, read_toml
from mlkanban.hints import hint
from mlkanban.text import accept_title

_HINT = hint("See: {import events --help}.")


@dataclass(frozen=True, slots=True)
class EventMap:
    """The map of an event log. `stage_of` gives the position in `stages` of the stage that a state
    belongs to; entering a stage from `first_delivered` on finishes a card.

    `case`, `timestamp`, `state`, `title`, `created` and `origin` name columns, '' for none; a row
    counts if its cells in the columns of `where` are among these values. `date_columns`: there is
    a row for each card, which has the day of entry of each stage in a column of its own; the names
    of these columns are the states then. `format` and `delimiter` are '' to be found out.
    """

    file: Path
    name: str
    timezone: str
    format: str
    delimiter: str
    case: str
    timestamp: str
    state: str
    title: str
    created: str
    origin: str
    where: Mapping[str, frozenset[str]]
    stages: tuple[StageTemplate, ...]
    first_delivered: int
    stage_of: Mapping[str, int]
    date_columns: tuple[str, ...]

    @property
    def key(self) -> str:
        return slug(self.name)


def read_map(file: Path) -> EventMap:
    """Read the map from a TOML file; BadInput names the key that is wrong."""
    data = read_toml(file)
    table = _TomlTable(file, data, "")
    table.only("board", "timezone", "format", "delimiter", "where", "columns", "stage")
    columns = _TomlTable(file, data.get("columns", {}), "columns.")
    columns.only("card", "timestamp", "state", "title", "created", "from")
    zone = table.text("timezone", "UTC")
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise table.bad("timezone", f"there is no time zone {zone!r}.") from None
    stage_tables = data.get("stage")
    if not isinstance(stage_tables, list) or not stage_tables:
        raise table.bad("stage", "is missing; a [[stage]] table per stage is needed.")
    stages = [_TomlTable(file, entry, f"stage {n}: ") for n, entry in enumerate(stage_tables, 1)]
    committed, delivered = _points(table, stages)
    wide = any(stage.has("column") for stage in stages)
    stage_of: dict[str, int] = {}
    for at, stage in enumerate(stages):
        for state in [stage.text("column")] if wide else stage.texts("states"):
            if stage_of.setdefault(state, at) != at:
                raise stage.bad("column" if wide else "states", f"{state!r} belongs to two stages.")
    made = tuple(_stage(stage, committed <= at < delivered) for at, stage in enumerate(stages))
    names = [stage.name.casefold() for stage in made]
    twice = next((stage.name for stage in made if names.count(stage.name.casefold()) > 1), None)
    if twice:
        raise table.bad("stage", f"two stages are called {twice!r}.")
    needed = "" if wide or "columns" not in data else None
    return EventMap(
        file=file,
        name=table.title("board"),
        timezone=zone,
        format=_format(table),
        delimiter=_delimiter(table),
        case=columns.text("card", None if "columns" in data else ""),
        timestamp=columns.text("timestamp", needed),
        state=columns.text("state", needed),
        title=columns.text("title", ""),
        created=columns.text("created", ""),
        origin=columns.text("from", ""),
        where=_where(file, data.get("where", {})),
        stages=made,
        first_delivered=delivered,
        stage_of=stage_of,
        date_columns=tuple(stage_of) if wide else (),
    )


def _format(table: "_TomlTable") -> str:
    format = table.text("format", "")
    if format and format not in ORDERS and not is_form(format):
        what = f"{format!r} is neither day-first, month-first nor a form such as"
        raise table.bad("format", f"{what} %d/%b/%y %I:%M %p.")
    return format


def _delimiter(table: "_TomlTable") -> str:
    given = table.text("delimiter", "")
    delimiter = "\t" if given in ("tab", "\\t") else given
    if delimiter and delimiter not in DELIMITERS:
        raise table.bad("delimiter", f"{given!r} is none of comma, semicolon, tab and bar.")
    return delimiter


def _where(file: Path, data: object) -> dict[str, frozenset[str]]:
    """The values that the cells of some columns must have, in lower case."""
    table = _TomlTable(file, data, "where.")
    where = {}
    for column in table.keys:
        one = table.text_or_texts(column)
        where[column] = frozenset(text.casefold() for text in one)
    return where


def with_states(map: EventMap, states: Mapping[str, str]) -> EventMap:
    """The map with further states, {state: name of its stage or the beginning of that}."""
    places = {stage.name: at for at, stage in enumerate(map.stages)}
    stage_of = dict(map.stage_of)
    for state, name in states.items():
        at = pick(name, places)
        if at is None:
            there = ", ".join(places)
            raise UsageProblem(f"The map has no stage {name!r}.", f"There are: {there}.")
        if stage_of.setdefault(state, at) != at:
            had = map.stages[stage_of[state]].name
            raise UsageProblem(f"{state!r} belongs to {had} in the map.", "Change it there.")
    return replace(map, stage_of=stage_of)


def map_text(map: EventMap) -> str:
    """The text of the file of a map, with the states and the form of dates that it was given
    since."""
    import tomlkit  # 25 ms that only somebody who writes a map has to wait

    text = read_text(map.file)
    document = tomlkit.parse(text)
    tables: Any = document["stage"]
    for at, stage in enumerate(tables):
        known = stage.get("states", ())
        new = [state for state, place in map.stage_of.items() if place == at and state not in known]
        if "states" in stage:
            stage["states"].extend(new)
    head = tomlkit.document()
    if map.format and "format" not in document:
        head["format"] = map.format
    elif map.format:
        document["format"] = map.format
    return tomlkit.dumps(head) + tomlkit.dumps(document)


def _points(table: "_TomlTable", stages: list["_TomlTable"]) -> tuple[int, int]:
    """The positions of the commitment point and of the first stage that finishes."""
    commit = [at for at, stage in enumerate(stages) if stage.flag("commit")]
    done = [at for at, stage in enumerate(stages) if stage.flag("done")]
    if not commit:
        raise table.bad("stage", "no stage says commit = true, so no card would ever start.")
    if not done:
        raise table.bad("stage", "no stage says done = true, so no card would ever finish.")
    if commit[0] >= done[0]:
        raise table.bad("stage", "the first stage with commit must stand before the first done.")
    if commit[-1] >= done[0]:
        raise stages[commit[-1]].bad("commit", "it stands after a stage that finishes cards.")
    return commit[0], done[0]


def _stage(table: "_TomlTable", committed: bool) -> StageTemplate:
    table.only("name", "states", "column", "kind", "commit", "done")
    kind = table.text("kind", "active" if committed else "queue")
    if kind not in list(StageKind):
        raise table.bad("kind", f"{kind!r} is none of {', '.join(StageKind)}.")
    return StageTemplate(table.title("name"), StageKind(kind), committed)


class _TomlTable:
    """A table of the map with its name, for error messages."""

    def __init__(self, file: Path, data: object, name: str) -> None:
        self._file = file
        self._name = name
        if not isinstance(data, dict):
            raise bad(file, 0, f"{name.rstrip('.: ')} must be a table.", _HINT)
        self._data: dict[str, Any] = data

    @property
    def keys(self) -> list[str]:
        return list(self._data)

    def has(self, key: str) -> bool:
        return key in self._data

    def bad(self, key: str, what: str) -> BadInput:
        return bad(self._file, 0, f"{self._name}{key}: {what}", _HINT)

    def only(self, *known: str) -> None:
        for key in self._data:
            if key not in known:
                close = get_close_matches(key, known, n=1)
                suggestion = f" Did you mean {close[0]}?" if close else ""
                raise self.bad(key, f"a map has no such key.{suggestion}")

    def text(self, key: str, default: str | None = None) -> str:
        value = self._data.get(key, default)
        if value is None:
            raise self.bad(key, "is missing.")
        if not isinstance(value, str) or not (value or value == default):
            raise self.bad(key, "must be text in quotes.")
        return value

    def title(self, key: str) -> str:
        try:
            return accept_title(self.text(key))
        except UsageProblem as problem:
            raise self.bad(key, problem.message) from None

    def texts(self, key: str) -> list[str]:
        value = self._data.get(key)
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            raise self.bad(key, 'must be a list of states, such as ["New", "Open"].')
        return value

    def text_or_texts(self, key: str) -> list[str]:
        return [self.text(key)] if isinstance(self._data[key], str) else self.texts(key)

    def flag(self, key: str) -> bool:
        value = self._data.get(key, False)
        if not isinstance(value, bool):
            raise self.bad(key, "must be true or false.")
        return value
