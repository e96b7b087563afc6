"""What can be done with cards, the same on every screen that shows some: an object for each kind
of command, each given the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlkanban.tui.card_commands.block import BlockCommands
from mlkanban.tui.card_commands.checklist import ChecklistCommands
from mlkanban.tui.card_commands.conflicts import ConflictCommands
from mlkanban.tui.card_commands.edits import CardEdits
from mlkanban.tui.card_commands.fields import FieldCommands
from mlkanban.tui.card_commands.finish import FinishCommands
from mlkanban.tui.card_commands.model_health import HealthCommands
from mlkanban.tui.card_commands.move import MoveCommands
from mlkanban.tui.card_commands.open import OpenCommands
from mlkanban.tui.card_commands.runs import RunCommands
from mlkanban.tui.card_commands.snooze import SnoozeCommands
from mlkanban.tui.card_commands.transfer import TransferCommands

if TYPE_CHECKING:
    from mlkanban.tui.command_screen import CardsScreen


class CardCommands:
    """`objects` are all of them, for a screen that looks for the one that does a command."""

    def __init__(self, screen: CardsScreen) -> None:
        self._screen = screen
        self.edits = CardEdits(screen)
        self.finish = FinishCommands(screen, self.edits)
        self.move = MoveCommands(screen, self.edits, self.finish)
        self.snooze = SnoozeCommands(screen, self.edits)
        self.objects: tuple[object, ...] = (
            self,
            self.move,
            TransferCommands(screen, self.edits),
            self.finish,
            BlockCommands(screen, self.edits),
            self.snooze,
            FieldCommands(screen, self.edits),
            HealthCommands(screen, self.edits),
            ChecklistCommands(screen, self.edits),
            ConflictCommands(screen, self.edits),
            OpenCommands(screen, self.edits),
            RunCommands(screen, self.edits),
        )

    async def do_card_repeat(self) -> None:
        again, faces = self._screen.host.repeat, self.edits.chosen()
        if faces and again is None:
            self._screen.status.show("Nothing was done in this session that could be done again.")
        elif faces and again is not None:
            await again(self, faces)
