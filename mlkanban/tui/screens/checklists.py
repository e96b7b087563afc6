"""The checklist of a card as a menu that stays open while one ticks."""

from mlkanban.core import checklist
from mlkanban.tui.screens.gates import GateActions
from mlkanban.tui.widgets.ask import Option, numbered


class ChecklistActions(GateActions):
    async def do_card_checklist(self) -> None:
        faces = self._chosen()
        if len(faces) > 1:
            self.status.say("Mark one card at most: each has a checklist of its own.")
        elif faces:
            await self.tick(faces[0].ref)

    async def tick(self, ref: str) -> None:
        """Show the checklist of a card until the person has enough; every tick is saved at once."""
        try:
            while await self._tick_once(ref):
                pass
        finally:
            self.ask.close()

    async def _tick_once(self, ref: str) -> bool:
        card = await self.fetch(lambda service: service.cards.get(ref))
        if card is None:
            return False
        # The menu was to be expected: keys typed ahead are for it.
        self._surprise = False
        items = card.checklist
        rows = numbered([checklist.line(self.board, item) for item in items])
        more = [Option("+", "add an item")] + ([Option("-", "remove one")] if items else [])
        head = f"Checklist of {ref}" + (f", {checklist.progress(items)}" if items else "")
        key = await self.ask.choose(head, [*rows, *more], rows=True, stays=True)
        if key == "+":
            done = await self.ask_and_write(
                f"New item for {ref}", "", lambda s, text: s.checklists.add(ref, text),
                form=f"checklist {ref}",
            )  # fmt: skip
        elif key == "-":
            key = await self.ask.choose(f"Remove from {ref}", rows, rows=True)
            if key is None:
                return True
            at = [row.key for row in rows].index(key)
            done = await self.write(lambda s: s.checklists.remove(ref, at, items[at].text))
        elif key is not None:
            at = [row.key for row in rows].index(key)
            done = await self.write(lambda s: s.checklists.toggle(ref, at, items[at].text))
        else:
            return False
        if done is not None:
            self.after(done)
        return True
