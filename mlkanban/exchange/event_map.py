"""The map of an event log: which column means what, and which state belongs to which stage.

The tables are checked by hand: models of pydantic that give the same sentences ("stage 4: done:
must be true or false.") were a quarter longer, most of it words for pydantic's kinds of errors.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from mlkanban.core.board import StageKind
from mlkanban.core.names import slug
from mlkanban.core.templates import StageTemplate
from mlkanban.errors import BadInput, UsageProblem
from mlkanban.exchange.text_file import bad, read_toml
from mlkanban.hints import hint
from mlkanban.text import accept_title

_HINT = hint("See: {import events --help}.")


@dataclass(frozen=True, slots=True)
class EventMap:
    """The map of an event log. `stage_of` gives the position in `stages` of the stage that a state
    belongs to; entering a stage from `first_delivered` on finishes a card."""

    name: str
    timezone: str
    case: str
    timestamp: str
    state: str
    title: str
    stages: tuple[StageTemplate, ...]
    first_delivered: int
    stage_of: Mapping[str, int]

    @property
    def key(self) -> str:
        return slug(self.name)


def read_map(file: Path) -> EventMap:
    """Read the map from a TOML file; BadInput names the key that is wrong."""
    data = read_toml(file)
    table = _TomlTable(file, data, "")
    table.only("board", "timezone", "columns", "stage")
    columns = _TomlTable(file, data.get("columns"), "columns.")
    columns.only("card", "timestamp", "state", "title")
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
    stage_of: dict[str, int] = {}
    for at, stage in enumerate(stages):
        for state in stage.texts("states"):
            if stage_of.setdefault(state, at) != at:
                raise stage.bad("states", f"{state!r} belongs to two stages.")
    made = tuple(_stage(stage, committed <= at < delivered) for at, stage in enumerate(stages))
    names = [stage.name.casefold() for stage in made]
    twice = next((stage.name for stage in made if names.count(stage.name.casefold()) > 1), None)
    if twice:
        raise table.bad("stage", f"two stages are called {twice!r}.")
    return EventMap(
        name=table.title("board"),
        timezone=zone,
        case=columns.text("card"),
        timestamp=columns.text("timestamp"),
        state=columns.text("state"),
        title=columns.text("title", ""),
        stages=made,
        first_delivered=delivered,
        stage_of=stage_of,
    )


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
    table.only("name", "states", "kind", "commit", "done")
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

    def flag(self, key: str) -> bool:
        value = self._data.get(key, False)
        if not isinstance(value, bool):
            raise self.bad(key, "must be true or false.")
        return value
