"""Commands about the program itself: keys, themes, settings."""

import os
from collections.abc import Iterable, Iterator

import click

from mlkanban.cli.layout import bold, table
from mlkanban.cli.session import Session, pass_session
from mlkanban.config import DEFAULT, meanings, read
from mlkanban.paths import places
from mlkanban.theme_contrast import LEAST, TEXTS, least, role_contrasts, told_apart_at_16
from mlkanban.theme_files import ThemeFile, available
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
@click.option(
    "--contrast",
    "with_contrast",
    is_flag=True,
    help="How well each colour of words can be read, and told apart at 16 colours.",
)
@pass_session
def themes(session: Session, with_contrast: bool) -> None:
    """List the available themes.

    With --contrast: the contrast of each role on the ground and on the card under the cursor, as
    WCAG 2 defines it (4.5 is enough for text, 21 the most), and the roles that look the same in a
    terminal of 16 colours, where the board takes the theme terminal by itself. --json always has
    them.
    """
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
                | _contrast_json(theme)
                for theme in themes_found.values()
            ],
            "in_use": in_use,
            "problems": problems,
        },
        (lambda: _contrast_lines(themes_found.values())) if with_contrast else lines,
    )
    for problem in [*problems, *(theme.note for theme in themes_found.values() if theme.note)]:
        session.show_message(problem)


def _contrast_lines(themes: Iterable[ThemeFile]) -> Iterator[str]:
    """For each role a row, for each theme a column of its contrasts: on the ground and under the
    cursor."""
    files = list(themes)
    of_themes = [role_contrasts(theme) for theme in files]
    rows = [
        (role, *(f"{_digits(of.on_ground)} {_digits(of.on_cursor)}" for of in row))
        for role, *row in zip(TEXTS, *of_themes, strict=True)
    ]
    yield from table(rows, ("ROLE", *(theme.name for theme in files)))
    yield ""
    yield f"Contrast on the ground, and under the cursor: {LEAST} is enough for text, 21 the most."
    for theme, contrasts in zip(files, of_themes, strict=True):
        groups = told_apart_at_16(theme)
        same = "; ".join(" = ".join(group) for group in groups if len(group) > 1)
        weakest = least(contrasts)
        yield (
            f"{theme.name}: {f'least {weakest:.1f}' if weakest else 'colours of the terminal'}; "
            f"{len(groups)} of {len(TEXTS)} roles told apart at 16 colours"
            + (f" ({same})" if same else "")
        )


def _digits(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _contrast_json(theme: ThemeFile) -> dict[str, object]:
    return {
        "contrasts": [of._asdict() for of in role_contrasts(theme)],
        "roles_at_16_colours": told_apart_at_16(theme),
    }


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
