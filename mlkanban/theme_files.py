"""Theme files: found, read and checked without Textual, so that the command line can do it, too.

All of them are read before the first paint, and so by hand: pydantic would be loaded for nothing
else by then, and takes longer to load (about 100 ms) than all the themes to check.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from mlkanban import toml
from mlkanban.paths import bundled_themes, user_themes
from mlkanban.records import record
from mlkanban.text import display

COLORS = (
    "primary",
    "secondary",
    "accent",
    "foreground",
    "background",
    "surface",
    "panel",
    "success",
    "warning",
    "error",
)

ROLES = {
    "title": "foreground",
    "text": "foreground",
    "dim": "foreground",
    "faint": "secondary",
    "alarm": "error",
    "live": "success",
    "clock": "warning",
    "value": "accent",
    "mark": "accent",
    "focus": "primary",
    "cursor-bg": "panel",
    "area-1": "panel",
    "area-2": "primary",
    "area-3": "accent",
    "area-4": "foreground",
}
"""The colours of the board, each with the theme colour it takes where a file leaves it out.

`title` are headings and the titles of committed cards, `text` other words, `dim` ids, ages and
tags, `faint` rules and never a text. A state has one colour everywhere: `alarm` blocked, over,
failed, late; `live` running, succeeded, ticked; `clock` old, due, full, queued; `value` a metric;
`mark` marked, needs another card. `focus` is where the cursor is, and keys. On `cursor-bg` the
card under the cursor keeps the colours of its text. `area-1` to `area-4` are bars and bands.
"""

STRONG = ("alarm", "focus")
"""Roles in bold."""

REVERSE = "reverse"
"""As `cursor-bg`: the card under the cursor in reverse video."""

OLD_ROLES = {
    "stage-title": "focus",
    "stage-rule": "faint",
    "count": "",
    "count-full": "clock",
    "count-over": "alarm",
    "card-id": "",
    "card-title": "title",
    "card-meta": "dim",
    "card-tags": "",
    "cursor-fg": "",
    "marked": "mark",
    "blocked": "alarm",
    "due": "",
    "aging": "clock",
    "priority-high": "",
    "metric": "value",
    "status-bg": "",
    "status-fg": "",
    "chart-bar": "area-2",
    "chart-line": "",
    "chart-axis": "",
}
"""Roles that a theme had before: each with the one that takes its colour now, if any."""

_ANSI = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"]
_ANSI_NAMES = {"ansi_default", *(f"ansi_{c}" for c in _ANSI), *(f"ansi_bright_{c}" for c in _ANSI)}
_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


class ThemeError(ValueError):
    """A bad theme file, as one sentence: which file, which key, what is wrong and what to do."""


@record(frozen=True)
class ThemeFile:
    path: Path
    name: str
    dark: bool
    colors: dict[str, str]
    board: dict[str, str]
    note: str = ""
    """What the person who wrote the file should change in it, as one sentence."""

    @property
    def ansi(self) -> bool:
        """Whether the terminal's own background shows through."""
        return self.colors["background"].startswith("ansi_")


def available() -> tuple[dict[str, ThemeFile], list[str]]:
    """The themes by name, the person's own in place of bundled ones, and a sentence for each bad
    file."""
    themes, problems = read_folder(bundled_themes())
    own, own_problems = read_folder(user_themes())
    return themes | own, problems + own_problems


def read_folder(folder: Path) -> tuple[dict[str, ThemeFile], list[str]]:
    themes: dict[str, ThemeFile] = {}
    problems = []
    for path in sorted(folder.glob("*.toml")):
        try:
            theme = read(path)
            if theme.name in themes:
                other = themes[theme.name].path.name
                raise _problem(path, f"the name {theme.name!r} is taken by {other}; choose another")
            themes[theme.name] = theme
        except ThemeError as problem:
            problems.append(str(problem))
    return themes, problems


def read(path: Path) -> ThemeFile:
    try:
        data = toml.parsed(toml.read(path))
    except OSError as error:
        raise _problem(path, f"cannot be read: {error.strerror}; check the file") from error
    except UnicodeDecodeError as error:
        raise _problem(path, "is not UTF-8 text; save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise _problem(path, f"is not valid TOML: {error}; correct it there") from error
    try:
        return _check(path, data)
    except ThemeError as error:
        raise _problem(path, str(error)) from None


def _check(path: Path, data: Mapping[str, Any]) -> ThemeFile:
    _refuse_unknown(data, ("name", "dark", *COLORS, "board"))
    name, dark, board = data.get("name"), data.get("dark"), data.get("board", {})
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ThemeError("name: letters, digits, - and _ are needed, such as name = 'my-theme'")
    if not isinstance(dark, bool):
        raise ThemeError("dark: true or false is needed, such as dark = true")
    if not isinstance(board, dict):
        raise ThemeError("board: a table is needed; write [board] on a line of its own")
    _refuse_unknown(board, (*ROLES, *OLD_ROLES), table="board.")
    colors = {key: _color(key, data.get(key)) for key in COLORS}
    given = {role: _color(f"board.{role}", color) for role, color in board.items()}
    roles = {role: given.get(role, colors[base]) for role, base in ROLES.items()}
    old = [role for role in OLD_ROLES if role in given]
    if old:
        roles |= {OLD_ROLES[role]: given[role] for role in old if OLD_ROLES[role] not in given}
        roles.pop("", None)
        # The ground was chosen for another text than that of the roles.
        roles["cursor-bg"] = colors[ROLES["cursor-bg"]]
    return ThemeFile(path, name, dark, colors, roles, _old_names_note(path, old))


def _old_names_note(path: Path, old: Sequence[str]) -> str:
    if not old:
        return ""
    renamed = ", ".join(f"{role} ({OLD_ROLES[role]})" for role in old if OLD_ROLES[role])
    unused = ", ".join([*(role for role in old if not OLD_ROLES[role]), "cursor-bg"])
    parts = [f"rename {renamed}" if renamed else "", f"remove {unused}"]
    return display(
        f"{path}: [board] has roles of an older version: {'; '.join(filter(None, parts))}."
    )


def _refuse_unknown(data: Mapping[str, Any], known: Iterable[str], table: str = "") -> None:
    for key in data:
        if key not in known:
            close = get_close_matches(key, known, n=1)
            advice = f"did you mean {close[0]}?" if close else "remove it"
            raise ThemeError(f"{table}{_shown(key)}: a theme has no such key; {advice}")


def _color(key: str, value: object) -> str:
    if key == "board.cursor-bg" and value == REVERSE:
        return REVERSE
    advice = "write '#rgb', '#rrggbb' or a terminal colour such as 'ansi_blue'"
    if value is None:
        raise ThemeError(f"{key}: is missing; {advice}")
    if not isinstance(value, str) or not (value in _ANSI_NAMES or _HEX.fullmatch(value)):
        raise ThemeError(f"{key}: {_shown(value)} is not a colour; {advice}")
    return value


def _problem(path: Path, what: str) -> ThemeError:
    return ThemeError(display(f"{path}: {what}"))


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
