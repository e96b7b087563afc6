"""Blocking cards with a reason, and unblocking them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from mlkanban.core.field_kinds import condition_text
from mlkanban.core.models import BlockReason
from mlkanban.core.quick_add import condition_in
from mlkanban.errors import UsageProblem
from mlkanban.tui.card_commands.edits import names
from mlkanban.tui.widgets.ask import numbered

if TYPE_CHECKING:
    from mlkanban.service import Done, Service
    from mlkanban.tui.card_commands.edits import CardEdits
    from mlkanban.tui.command_screen import CardsScreen


class BlockCommands:
    def __init__(self, screen: CardsScreen, edits: CardEdits) -> None:
        self._screen = screen
        self._edits = edits

    async def do_card_block(self) -> None:
        faces = self._edits.chosen()
        if not faces:
            return
        finished = next((face.ref for face in faces if face.outcome), None)
        if finished is not None:
            self._screen.status.show(f"{finished} is finished; only open cards can be blocked.")
            return
        free = [face for face in faces if not face.block_reason]
        if not free:
            await self._edits.change_cards(faces, lambda s, refs: s.cards.unblock(refs))
            return
        # Of several, those that are blocked already keep their reasons.
        faces = free
        reasons = list(BlockReason)
        options = numbered([reason.value for reason in reasons])
        key = await self._screen.ask.choose(f"What blocks {names(faces)}?", options, rows=True)
        if key is None:
            return
        reason = reasons[[option.key for option in options].index(key)]
        today = self._screen.host.today()

        def block(service: Service, refs: Sequence[str], text: str) -> Done:
            note, until = condition_in(text, today)
            return service.cards.block(refs, reason, note=note, until=until)

        await self._edits.ask_and_change(
            faces,
            f"Blocked by {reason.value}: what exactly? until fri or until card:ID lifts it",
            "",
            block,
            f"block {reason.value}",
            lines=True,
            preview=lambda text: _understood(text, today),
        )


def _understood(text: str, today: date) -> str:
    """What lifts the block by what is typed."""
    if not text.strip():
        return ""
    try:
        _, until = condition_in(text, today)
    except UsageProblem as error:
        return f"{error.message} {error.hint}"
    return condition_text(until, today) or "a remark only: nothing lifts the block by itself"
