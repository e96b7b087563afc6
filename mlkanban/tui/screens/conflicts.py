"""Resolving conflicts between what was done on two machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlkanban.text import display
from mlkanban.tui.screens.checklists import ChecklistActions
from mlkanban.tui.widgets.ask import Option

if TYPE_CHECKING:
    from mlkanban.service.conflicts import OpenConflict

_LONGEST = 40


class ConflictActions(ChecklistActions):
    async def do_card_settle(self) -> None:
        """Resolve the conflicts of the card; without any, go to a card that has some."""
        faces = self._chosen()
        found = await self.fetch(lambda service: service.conflicts.all())
        if found is None:
            return
        here = [one for one in found if faces and one.entity == faces[0].id]
        if not here:
            self._lead_on(found)
        for one in here:
            if not await self._decide_about(one):
                return

    async def _decide_about(self, one: OpenConflict) -> bool:
        label = f"{one.name}, {one.label}: '{_cut(one.kept)}' stands"
        other = f"take '{_cut(one.other)}' from {display(one.machine)}"
        key = await self.ask.choose(label, [Option("k", "keep it"), Option("o", other)], rows=True)
        if key is None:
            return False
        done = await self.write(
            lambda service: service.conflicts.resolve(one.entity, one.field, take=key == "o")
        )
        if done is not None:
            self.after(done)
        return done is not None

    def _lead_on(self, found: list[OpenConflict]) -> None:
        """Say where there are conflicts, and go to one where that can be."""
        if not found:
            self.status.say("There are no conflicts.")
            return
        names = ", ".join(dict.fromkeys(display(one.name) for one in found))
        self.status.say(f"Conflicts: {names}. The same key resolves them.")
        known = next((o.entity for o in found if o.entity in self.host.model.faces), "")
        if known:
            self.go_to(known)

    def go_to(self, card_id: str) -> None:
        """Show a card, on a screen that has several."""


def _cut(text: str) -> str:
    shown = display(text)
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 2] + ".."
