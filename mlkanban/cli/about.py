"""Commands about the program itself: keys, themes, settings."""

import os
from collections.abc import Iterator

import click

from mlkanban.cli.layout import bold, table
from mlkanban.cli.session import Session, pass_session
from mlkanban.config import DEFAULT, meanings, read
from mlkanban.paths import places
from mlkanban.theme_files import available
from mlkanban.tui.commands import keymap, keys_shown

_SHOWN = 4
"""So many values of a list are printed; `--json` has them all."""


@click.command()
@pass_session
def keys(session: Session) -> None:
    """Print the keys of the board, including your own."""
    commands, problems = keymap(session.settings.keys)

    def lines() -> Iterator[str]:
        rows = [(keys_shown(c), c.name, f"{c.title}: {c.help}") for c in commands]
        head, *drawn = table(rows, ("KEYS", "NAME", "WHAT IT DOES"))
        yield head
        group = ""
        for command, row in zip(commands, drawn, strict=True):
            if command.group != group:
                group = command.group
                yield ""
                yield bold(group)
            yield row

    session.answer(
        "keys",
        lambda: {
            "keys": [
                {
                    "name": command.name,
                    "keys": list(command.keys),
                    "title": command.title,
                    "help": command.help,
                    "group": command.group,
                    "screens": list(command.where),
                }
                for command in commands
            ],
            "problems": problems,
        },
        lines,
    )
    for problem in problems:
        session.show_message(problem)


@click.command()
@pass_session
def themes(session: Session) -> None:
    """List the available themes."""
    themes_found, problems = available()
    in_use = session.settings.theme

    def lines() -> Iterator[str]:
        rows = [
            (
                "*" if theme.name == in_use else "",
                theme.name,
                "dark" if theme.dark else "light",
                session.clean(str(theme.path)),
            )
            for theme in themes_found.values()
        ]
        yield from table(rows, ("", "NAME", "GROUND", "FILE"))

    session.answer(
        "themes",
        lambda: {
            "themes": [
                {"name": theme.name, "dark": theme.dark, "file": str(theme.path)}
                for theme in themes_found.values()
            ],
            "in_use": in_use,
            "problems": problems,
        },
        lines,
    )
    for problem in [*problems, *(theme.note for theme in themes_found.values() if theme.note)]:
        session.show_message(problem)


@click.command()
@pass_session
def config(session: Session) -> None:
    """Print the settings, where each comes from and what it means."""
    file = places().config_file
    settings, origins = read(file, os.environ)
    described = meanings()

    def lines() -> Iterator[str]:
        rows = [
            (
                name,
                session.clean(written_value(getattr(settings, name))),
                _source(origins[name]),
                meaning,
            )
            for name, meaning in described.items()
        ]
        yield from table(rows, ("SETTING", "VALUE", "FROM", "MEANING"))
        yield ""
        yield f"File: {session.clean(str(file))}{'' if file.exists() else ' (not there yet)'}"

    session.answer(
        "config",
        lambda: {
            "file": str(file),
            "settings": [
                {
                    "name": name,
                    "value": getattr(settings, name),
                    "from": origins[name],
                    "meaning": meaning,
                }
                for name, meaning in described.items()
            ],
        },
        lines,
    )


def written_value(value: object) -> str:
    """A value of a setting in a line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return ", ".join(f"{name} = {key}" for name, key in value.items()) or "none"
    if isinstance(value, list):
        more = f", and {len(value) - _SHOWN:,} more" if len(value) > _SHOWN else ""
        return (", ".join(map(str, value[:_SHOWN])) or "none") + more
    return str(value) or "''"


def _source(origin: str) -> str:
    return origin if origin == DEFAULT or origin.startswith("MLKANBAN_") else "file"
