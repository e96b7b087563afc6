"""Resolving conflicts between what was done on two machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlkanban.text import display
from mlkanban.tui.widgets.menu import Option

if TYPE_CHECKING:
    from mlkanban.service.conflicts import OpenConflict
    from mlkanban.tui.card_commands.edits import CardEdits
    from mlkanban.tui.command_screen import CardsScreen

_LONGEST = 40


class ConflictCommands:
    def __init__(self, screen: CardsScreen, edits: CardEdits) -> None:
        self._screen = screen
        self._edits = edits

    async def do_card_resolve(self) -> None:
        """Resolve the conflicts of the card; without any, go to a card that has some."""
        faces = self._edits.chosen()
        conflicts = await self._screen.fetch(lambda service: service.conflicts.all())
        if conflicts is None:
            return
        here = [conflict for conflict in conflicts if faces and conflict.entity == faces[0].id]
        if not here:
            self._lead_on(conflicts)
        for conflict in here:
            if not await self._resolve(conflict):
                return

    async def _resolve(self, conflict: OpenConflict) -> bool:
        """Ask which value is to stand; False when that was not decided."""
        label = f"{conflict.name}, {conflict.label}: '{_cut(conflict.kept)}' stands"
        other = f"take '{_cut(conflict.other)}' from {display(conflict.machine)}"
        options = [Option("y", "keep it"), Option("o", other)]
        key = await self._screen.ask.choose(label, options, rows=True)
        if key is None:
            return False
        done = await self._edits.change(
            lambda service: service.conflicts.resolve(
                conflict.entity, conflict.field, take=key == "o"
            )
        )
        return done is not None

    def _lead_on(self, conflicts: list[OpenConflict]) -> None:
        """Say where there are conflicts, and go to one where that can be."""
        if not conflicts:
            self._screen.status.show("There are no conflicts.")
            return
        names = ", ".join(dict.fromkeys(display(conflict.name) for conflict in conflicts))
        self._screen.status.show(f"Conflicts: {names}. The same key resolves them.")
        faces = self._screen.host.model.faces
        known = next((c.entity for c in conflicts if c.entity in faces), "")
        if known:
            self._screen.go_to(known)


def _cut(text: str) -> str:
    shown = display(text)
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 2] + ".."
