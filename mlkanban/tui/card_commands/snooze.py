"""Snoozing cards until a day or the end of their run, and waking them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from mlkanban.core.board import CardFace, Work, asleep
from mlkanban.core.day_input import day_ahead
from mlkanban.tui.card_commands.edits import names
from mlkanban.tui.widgets.menu import Option

if TYPE_CHECKING:
    from mlkanban.tui.card_commands.edits import CardEdits
    from mlkanban.tui.command_screen import CardsScreen

_DAYS = {"d": ("a day", 1), "w": ("a week", 7), "m": ("a month", 30)}


class SnoozeCommands:
    def __init__(self, screen: CardsScreen, edits: CardEdits) -> None:
        self._screen = screen
        self._edits = edits

    async def do_card_snooze(self) -> None:
        edits, faces = self._edits, self._edits.chosen()
        if not faces:
            return
        today = self._screen.host.today()
        if all(asleep(face, today) for face in faces):
            await edits.change_cards(faces, lambda service, refs: service.cards.wake(refs))
            return
        options = [Option(key, name) for key, (name, _) in _DAYS.items()]
        options += [*_until_run(faces), Option("o", "until a day")]
        key = await self._screen.ask.choose(f"Snooze {names(faces)} for:", options)
        if key == "r":
            await edits.change_cards(faces, lambda service, refs: service.runs.snooze(refs))
        elif key == "o":
            await edits.ask_and_change(
                faces,
                f"Snooze {names(faces)} until: 2026-12-01, 3d, 2w, fri",
                "",
                lambda service, refs, text: service.cards.snooze(refs, day_ahead(text, today)),
                "snooze",
            )
        elif key is not None:
            until = today + timedelta(days=_DAYS[key][1])
            await edits.change_cards(faces, lambda service, refs: service.cards.snooze(refs, until))


def _until_run(faces: Sequence[CardFace]) -> list[Option]:
    """The choice to wait for runs, where they go on."""
    waiting = all(face.work == Work.UNATTENDED for face in faces)
    return [Option("r", "until its run ends")] if waiting else []
