"""Settings: config.toml, then MLKANBAN_* variables; an error names file, key and line."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import field, fields
from math import inf
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

from mlkanban import toml
from mlkanban.access import refusal
from mlkanban.errors import BadInput
from mlkanban.files import write_whole
from mlkanban.hints import hint
from mlkanban.paths import places
from mlkanban.records import record
from mlkanban.runs.model import repeats
from mlkanban.runs.model.repeats import Repeats
from mlkanban.text import beginning, display

DEFAULT = "default"


@record(frozen=True, slots=True)
class Settings:
    """What a person can set. `mlkanban config` prints the description of each.

    A plain dataclass, because a command without settings does not wait for pydantic. pydantic
    checks what is set; pydantic-settings would need a second class, for the same start-up reason,
    and has neither the lines of the file nor the origin of a value.
    """

    board: str = field(
        default="",
        metadata={"description": "key of the board to open; empty: the one used last"},
    )
    name: str = field(
        default="",
        metadata={
            "description": "your name in the log, where several people share a login; empty: it"
        },
    )
    agent: str = field(
        default="",
        metadata={
            "description": "the program that acts for you, such as claude: an actor of its own, "
            "with an undo of its own; empty: you act"
        },
    )
    theme: str = field(
        default="mlkanban-dark",
        metadata={"description": hint("name of the theme; see: {themes}")},
    )
    ascii: bool = field(
        default=False,
        metadata={"description": "draw with ASCII characters only"},
    )
    preview: bool = field(
        default=True,
        metadata={"description": "show the preview of the card under the cursor on the board"},
    )
    card_list: bool = field(
        default=False,
        metadata={"description": "show the cards of the board as a list, not in columns"},
    )
    timezone: str = field(
        default="",
        metadata={"description": "time zone of new boards; empty: this machine's"},
    )
    keys: dict[str, str] = field(
        default_factory=dict,
        metadata={
            "description": hint(
                "other keys for commands, each a key or a list of keys; see: {keys}"
            )
        },
    )
    trackers: list[str] = field(
        default_factory=list,
        metadata={"description": "files and folders of trackers that sync-runs reads too"},
    )
    notify: Literal["none", "bell", "osc9", "osc777"] = field(
        default="none",
        metadata={
            "description": "how the open board calls when a run ends: none, bell, osc9 or osc777"
        },
    )
    log_limit_mb: float = field(
        default=200.0,
        metadata={
            "description": "MB (1,000,000 bytes) of a log that are kept after the end; 0: all"
        },
    )
    backup_room_mb: float = field(
        default=2000.0,
        metadata={
            "description": "MB (1,000,000 bytes) that automatic backups may take: the oldest go; "
            "0: any number"
        },
    )
    repeat_parameters: list[str] = field(
        default_factory=lambda: [*repeats.DEFAULT_NAMES],
        metadata={
            "description": "parameters in which runs of one configuration may differ; * is anything"
        },
    )

    @property
    def repeats(self) -> Repeats:
        return Repeats(tuple(self.repeat_parameters))

    @property
    def backup_room(self) -> int:
        """Bytes that automatic backups may take; 0 for any number."""
        return round(self.backup_room_mb * 1_000_000)

    @property
    def log_limit(self) -> int:
        """Bytes of a log that are kept after the end of its run; 0 for all."""
        return round(self.log_limit_mb * 1_000_000)


_NAMES = tuple(setting.name for setting in fields(Settings))
_VARIABLES = {
    setting.name: f"MLKANBAN_{setting.name.upper()}"
    for setting in fields(Settings)
    if isinstance(setting.default, str | bool | float)
}


def meanings() -> dict[str, str]:
    """What each setting is for."""
    return {setting.name: setting.metadata["description"] for setting in fields(Settings)}


def load() -> Settings:
    """The settings in force for this person."""
    return read(places().config_file, os.environ)[0]


def read(file: Path, environ: Mapping[str, str]) -> tuple[Settings, dict[str, str]]:
    """The settings, and where each one comes from: a file, a variable, or `default`."""
    values, text = _parsed(file)
    for key in values:
        if key not in _NAMES:
            # Only a mistyped setting waits for it.
            from difflib import get_close_matches

            close = get_close_matches(key, _NAMES, n=1)
            advice = f"Did you mean {close[0]}?" if close else "Remove it."
            raise _problem(file, text, key, "there is no such setting.", advice)
    if isinstance(values.get("keys"), dict):
        values["keys"] = _flat(values["keys"])
    origins = {name: str(file) if name in values else DEFAULT for name in _NAMES}
    for name, variable in _VARIABLES.items():
        if environ.get(variable):
            values[name] = environ[variable]
            origins[name] = variable
    if not values:
        return Settings(), origins
    # 60 ms that only a person with settings waits for.
    from pydantic import TypeAdapter, ValidationError

    try:
        settings = TypeAdapter(Settings).validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        name, *rest = map(str, first["loc"])
        what = f"{first['input']!r} is not {_expected(name, whole=not rest)}."
        if origins[name] in _VARIABLES.values():
            problem = display(f"{origins[name]}: {what}")
            raise BadInput(problem, "Correct or unset the variable.") from None
        key = rest[0] if name == "keys" and rest else name
        raise _problem(file, text, key, what, "Correct it there.") from None
    for name in ("log_limit_mb", "backup_room_mb"):
        if not 0 <= (size := getattr(settings, name)) < inf:
            what, advice = f"{size} is no size.", "Write a number of MB, 0 for no limit."
            if (origin := origins[name]) in _VARIABLES.values():
                raise BadInput(f"{origin}: {what}", advice)
            raise _problem(file, text, name, what, advice)
    if wrong := _unfit_name(settings.name):
        if (origin := origins["name"]) in _VARIABLES.values():
            raise BadInput(display(f"{origin}: {wrong}"), _NAME_HINT)
        raise _problem(file, text, "name", wrong, _NAME_HINT)
    if wrong := repeats.refusal(settings.repeat_parameters):
        raise _problem(file, text, "repeat_parameters", wrong, "Give names such as seed or *_seed.")
    return settings, origins


_LONGEST_NAME = 40
_NAME_HINT = "Give a name such as ada or Ada Lovelace."


def _unfit_name(name: str) -> str:
    """What is wrong with a name for the log; '' for none. The log has names of its own for runs and
    conditions, which undo leaves alone."""
    if not name:
        return ""
    if name != " ".join(name.split()) or name != display(name) or len(name) > _LONGEST_NAME:
        return (
            f"{beginning(name, _LONGEST_NAME)!r} is no name: one line of at most {_LONGEST_NAME}"
            " letters is."
        )
    if name.startswith("run:") or name == "condition":
        return f"{name!r} is what the log calls something that is no person."
    return ""


def _expected(name: str, *, whole: bool) -> str:
    """What is to be written for a setting, or for one part of it."""
    if name == "keys":
        return "a table: [keys]" if whole else "a key in quotes, or a list of them"
    if isinstance(getattr(Settings(), name), bool):
        return "true or false"
    if isinstance(getattr(Settings(), name), float):
        return "a number"
    choices = get_args(get_type_hints(Settings)[name])
    if choices and all(isinstance(choice, str) for choice in choices):
        return f"one of {', '.join(choices)}"
    listed = isinstance(getattr(Settings(), name), list)
    return "a list of texts in quotes" if listed and whole else "a text in quotes"


def remember(file: Path, key: str, value: str | bool) -> None:
    """Set one setting in the file, whatever else stands there.

    OSError or BadInput say why it cannot be; the file is then as it was.
    """
    file = file.resolve()
    _, text = _parsed(file)
    import tomlkit  # 25 ms that only somebody who changes a setting has to wait

    try:
        document = tomlkit.parse(text)
        document[key] = value
        text = document.as_string()
        tomllib.loads(text)
    except (tomlkit.exceptions.TOMLKitError, tomllib.TOMLDecodeError):
        raise BadInput(f"{key} cannot be set in {file}.", "Set it there yourself.") from None
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(file, text.encode())


def _parsed(file: Path) -> tuple[dict[str, Any], str]:
    try:
        text = toml.read(file)
        return toml.parsed(text), text
    except FileNotFoundError:
        return {}, ""
    except OSError as error:
        cause, mend = refusal(file) if isinstance(error, PermissionError) else ("", "")
        raise BadInput(
            f"{file} cannot be read: {cause or error.strerror}.", mend or "Check the file."
        ) from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{file} is not UTF-8 text.", "Save it as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise BadInput(display(f"{file} is not TOML: {error}."), "Correct it there.") from error


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """`card.block = "b"` is a nested table to TOML and a command's name to people; several keys may
    stand in one text or in a list."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            flat.update(_flat(value, f"{prefix}{key}."))
        elif isinstance(value, list) and all(isinstance(part, str) for part in value):
            flat[prefix + key] = " ".join(value)
        else:
            flat[prefix + key] = value
    return flat


def _problem(file: Path, text: str, key: str, what: str, hint: str) -> BadInput:
    name = re.compile(rf"\s*\[*\s*[\"']?{re.escape(key)}[\"']?\s*[=\].]")
    line = next((n for n, row in enumerate(text.splitlines(), 1) if name.match(row)), 0)
    where = f"{file}, line {line}" if line else str(file)
    return BadInput(display(f"{where}: {key}: {what}"), hint)
