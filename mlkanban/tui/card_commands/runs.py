"""Starting the newest run of a card again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlkanban.runs.model.state import RunState

if TYPE_CHECKING:
    from mlkanban.tui.card_commands.edits import CardEdits
    from mlkanban.tui.command_screen import CardsScreen


class RunCommands:
    def __init__(self, screen: CardsScreen, edits: CardEdits) -> None:
        self._screen = screen
        self._edits = edits

    async def do_run_again(self) -> None:
        """Start the newest run of the card again, after a question."""
        faces = self._edits.chosen()
        if not faces:
            return
        ref = faces[0].ref
        runs = await self._screen.fetch(lambda service: service.runs.of_card(ref))
        own = [run for run in runs or () if run.state is not RunState.TRACKED]
        if runs is not None and not own:
            self._screen.status.show(f"{ref} has no run that could be started again.")
        elif own:
            # Processes and git: only who starts a job waits for them.
            from mlkanban.tui.rerun import rerun

            await rerun(self._screen, own[0])
