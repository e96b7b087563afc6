"""A person's own templates on the screen: what there is, and keeping a card or the board as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlkanban.paths import places
from mlkanban.text import cell_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlkanban.service import Service
    from mlkanban.template_files import OwnTemplates
    from mlkanban.tui.command_screen import CommandScreen


def own_templates() -> OwnTemplates | None:
    """The templates of this person; None where there is no folder of them."""
    config = places().config
    if not (config / "templates").is_dir():
        return None
    # TOML and what checks it: only templates of one's own wait for them.
    from mlkanban import template_files

    return template_files.own_templates(config)


async def save_template(
    screen: CommandScreen, what: str, about: str, text_of: Callable[[Service, str, str], str]
) -> None:
    """Ask for a name and keep `what` as a template that is said to be `about` something; `text_of`
    gives its text from a title and that."""
    name = ""
    while True:
        typed = await screen.ask.text(f"Keep {what} as a template called", typed=name)
        screen.refocus()
        if typed is None:
            screen.status.clear()
            return
        name = typed.strip()
        if not name:
            screen.status.show("Type a name: letters, digits, - and _.")
            continue
        if await _write(screen, name, about, text_of, replace=False):
            return


async def _write(
    screen: CommandScreen,
    name: str,
    about: str,
    text_of: Callable[[Service, str, str], str],
    *,
    replace: bool,
) -> bool:
    from mlkanban import template_files  # as above

    def write(service: Service) -> str:
        file = template_files.file_of(places().config, name)
        if file.exists() and not replace:
            return ""
        text = text_of(service, name, about)
        return str(template_files.save(places().config, name, text, replace=replace))

    file = await screen.fetch(write)
    if file is None:
        return False
    if not file:
        question = cell_text(f"There is a template {name} already.")
        if not await screen.ask.confirm(question, "replace it"):
            return False
        return await _write(screen, name, about, text_of, replace=True)
    screen.status.show(cell_text(f"The template {name} is kept in {file}"))
    return True
