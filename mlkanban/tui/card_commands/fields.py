"""Writing into cards: notes, priority, tags, score, due day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlkanban.core.board import Priority
from mlkanban.core.card_fields import FIELD
from mlkanban.core.day_input import parse_day
from mlkanban.service import Done, Service
from mlkanban.tui.card_commands.edits import names
from mlkanban.tui.widgets.menu import Option

if TYPE_CHECKING:
    from mlkanban.tui.card_commands.edits import CardEdits
    from mlkanban.tui.command_screen import CardsScreen

_PRIORITIES = {
    "u": Priority.URGENT,
    "h": Priority.HIGH,
    "n": Priority.NORMAL,
    "l": Priority.LOW,
}


class FieldCommands:
    def __init__(self, screen: CardsScreen, edits: CardEdits) -> None:
        self._screen = screen
        self._edits = edits

    async def do_card_note(self) -> None:
        faces = self._edits.chosen()
        if faces:
            await self._edits.ask_and_change(
                faces,
                f"Note on {names(faces)}",
                "",
                lambda service, refs, text: service.cards.note(refs, text),
                "note",
                guarded=True,
                lines=True,
            )

    async def do_card_priority(self) -> None:
        faces = self._edits.chosen()
        if not faces:
            return
        options = [Option(key, value.value) for key, value in _PRIORITIES.items()]
        at = [priority.value for priority in _PRIORITIES.values()].index(faces[0].priority)
        key = await self._screen.ask.choose(f"Priority of {names(faces)}:", options, at=at)
        if key is not None:
            fields = {"priority": _PRIORITIES[key].value}
            await self._edits.change_cards(faces, lambda s, refs: s.cards.edit(refs, fields))

    async def do_card_tags(self) -> None:
        faces = self._edits.chosen()
        if not faces:
            return
        today = self._screen.host.today()
        had = set(faces[0].tags.split()).intersection(*(f.tags.split() for f in faces[1:]))

        def save(service: Service, refs: Sequence[str], text: str) -> Done:
            wanted = set(FIELD["tags"].kind.parse(text, "tags", today))
            added, removed = sorted(wanted - had), sorted(had - wanted)
            if not added and not removed:
                return Done("")
            return service.cards.edit(refs, add={"tags": added}, remove={"tags": removed})

        tags = " ".join(sorted(had))
        await self._edits.ask_and_change(faces, f"Tags of {names(faces)}", tags, save, "tags")

    async def do_card_score(self) -> None:
        faces = self._edits.chosen()
        if not faces:
            return
        card = await self._screen.fetch(lambda service: service.cards.get(faces[0].ref))
        if card is not None:
            await self._edits.ask_and_change(
                faces,
                f"Score of {names(faces)}: value/effort 5/2, RICE 8*2*80%/3, WSJF 5+3+1/2 or none",
                card.score,
                lambda service, refs, text: service.cards.edit(refs, {"score": text}),
                "score",
            )

    async def do_card_win(self) -> None:
        """Star the cards; where all are starred, take the stars off."""
        faces = self._edits.chosen()
        if not faces:
            return
        refs = [face.ref for face in faces]
        cards = await self._screen.fetch(lambda s: [s.cards.get(ref) for ref in refs])
        if cards is not None:
            fields = {"win": not all(card.values["win"] for card in cards)}
            await self._edits.change_cards(faces, lambda s, refs: s.cards.edit(refs, fields))

    async def do_card_due(self) -> None:
        faces = self._edits.chosen()
        if not faces:
            return
        today = self._screen.host.today()

        def save(service: Service, refs: Sequence[str], text: str) -> Done:
            day = parse_day(text, today)
            return service.cards.edit(refs, {"due": day.isoformat() if day else None})

        await self._edits.ask_and_change(
            faces,
            f"Due day of {names(faces)}: 2026-12-01, 3d, 2w, fri or none",
            faces[0].due,
            save,
            "due",
        )
