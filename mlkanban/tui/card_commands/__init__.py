"""What can be done with cards, the same on every screen that shows some: an object for each kind
of command, each given the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlkanban.tui.card_commands.block import Block
from mlkanban.tui.card_commands.checklist import Checklist
from mlkanban.tui.card_commands.conflicts import Conflicts
from mlkanban.tui.card_commands.edits import CardEdits
from mlkanban.tui.card_commands.fields import Fields
from mlkanban.tui.card_commands.finish import Finish
from mlkanban.tui.card_commands.gates import Gates
from mlkanban.tui.card_commands.model_health import ModelHealth
from mlkanban.tui.card_commands.move import Move
from mlkanban.tui.card_commands.open import Open
from mlkanban.tui.card_commands.snooze import Snooze

if TYPE_CHECKING:
    from mlkanban.tui.command_screen import CardsScreen


class CardCommands:
    """`objects` are all of them, for a screen that looks for the one that does a command."""

    def __init__(self, screen: CardsScreen) -> None:
        self._screen = screen
        self.edits = CardEdits(screen)
        gates = Gates(screen)
        self.finish = Finish(screen, self.edits, gates)
        self.move = Move(screen, self.edits, gates, self.finish)
        self.snooze = Snooze(screen, self.edits)
        self.objects: tuple[object, ...] = (
            self,
            self.move,
            self.finish,
            Block(screen, self.edits),
            self.snooze,
            Fields(screen, self.edits),
            ModelHealth(screen, self.edits),
            Checklist(screen, self.edits),
            Conflicts(screen, self.edits),
            Open(screen, self.edits),
        )

    async def do_card_repeat(self) -> None:
        again, faces = self._screen.host.again, self.edits.chosen()
        if faces and again is None:
            self._screen.status.say("Nothing was done in this session that could be done again.")
        elif faces and again is not None:
            await again(self, faces)
