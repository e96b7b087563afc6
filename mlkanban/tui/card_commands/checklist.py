"""The checklist of a card as a menu that stays open while one ticks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from mlkanban.cells import padded
from mlkanban.core import checklist
from mlkanban.display.checklist_lines import gate_of, item_sign
from mlkanban.tui.widgets.menu import Option, numbered

if TYPE_CHECKING:
    from mlkanban.tui.card_commands.edits import CardEdits
    from mlkanban.tui.command_screen import CardsScreen


_LONGEST = 54
"""Cells of an item: at 80 cells there is room for its key and the stage that it closes."""


class ChecklistCommands:
    def __init__(self, screen: CardsScreen, edits: CardEdits) -> None:
        self._screen = screen
        self._edits = edits
        self._row = 0
        """Where the cursor of the list is: a tick leaves it there."""

    async def do_card_checklist(self) -> None:
        faces = self._edits.chosen()
        if len(faces) > 1:
            self._screen.status.show("Mark one card at most: each has a checklist of its own.")
        elif faces:
            await self._tick(faces[0].ref)

    async def _tick(self, ref: str) -> None:
        """Show the checklist of a card until the person has enough; every tick is saved at once."""
        self._row = 0
        try:
            while await self._tick_once(ref):
                pass
        finally:
            self._screen.ask.close()

    async def _tick_once(self, ref: str) -> bool:
        screen = self._screen
        card = await screen.fetch(lambda service: service.cards.get(ref))
        if card is None:
            return False
        screen.expect_question()
        items = card.checklist
        board, glyphs = screen.host.model.board, screen.host.glyphs
        all_gates = bool(items) and checklist.are_gates(items)
        closes = "" if all_gates else "gate: "
        texts = [f"{item_sign(item, glyphs)} {item.text}" for item in items]
        # The stages that items close stand below one another, as on the page of the card.
        wide = min(_LONGEST, max(map(cell_len, texts), default=0))
        rows = [
            option._replace(text=padded(option.text, wide, glyphs.cut), note=f"  {closes}{gate}")
            if gate
            else option
            for option, gate in zip(
                numbered(texts), (gate_of(item, board) for item in items), strict=False
            )
        ]
        more = [Option("+", "add an item")] + ([Option("-", "remove one")] if items else [])
        head = f"{'Gates' if all_gates else 'Checklist'} of {ref}" + (
            f", {checklist.progress(items)}" if items else ""
        )
        key = await screen.ask.choose(head, [*rows, *more], rows=True, stays=True, at=self._row)
        if key == "+":
            done = await screen.ask_and_write(
                f"New item for {ref}", "", lambda s, text: s.checklists.add(ref, text),
                form=f"checklist {ref}",
            )  # fmt: skip
        elif key == "-":
            key = await screen.ask.choose(f"Remove from {ref}", rows, rows=True)
            if key is None:
                return True
            at = [row.key for row in rows].index(key)
            done = await screen.write(lambda s: s.checklists.remove(ref, at, items[at].text))
        elif key is not None:
            self._row = at = [row.key for row in rows].index(key)
            done = await screen.write(lambda s: s.checklists.toggle(ref, at, items[at].text))
        else:
            return False
        if done is not None:
            screen.after_change(done)
        return True
