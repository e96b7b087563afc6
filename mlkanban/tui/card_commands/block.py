"""Blocking cards with a reason, and unblocking them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from mlkanban.core.board import BlockReason
from mlkanban.core.day_input import day_text
from mlkanban.core.field_kinds import condition_text
from mlkanban.core.quick_add import condition_in
from mlkanban.errors import UsageProblem
from mlkanban.tui.card_commands.edits import names
from mlkanban.tui.widgets.menu import numbered

if TYPE_CHECKING:
    from mlkanban.core.board import CardFace
    from mlkanban.core.card import Blocker
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
            await self._unblock(faces)
            return
        # Of several, those that are blocked already keep their reasons.
        await self._block(free)

    async def _unblock(self, faces: Sequence[CardFace]) -> None:
        """Lift blocks after a question, which says of one card what would be lost."""
        question = f"Unblock {names(faces)}?"
        if len(faces) == 1:
            ref, today = faces[0].ref, self._screen.host.today()
            card = await self._screen.fetch(lambda service: service.cards.get(ref))
            if card is None:
                return
            if card.blocker is None:  # lifted meanwhile
                self._screen.status.show(f"{ref} is not blocked any more.")
                return
            self._screen.expect_question()
            since = card.blocker.since.astimezone(ZoneInfo(self._screen.host.model.board.timezone))
            question = f"{ref} is blocked by {_blocker_text(card.blocker, since.date(), today)}."
        if await self._screen.ask.confirm(question, "unblock"):
            await self._edits.change_cards(faces, lambda s, refs: s.cards.unblock(refs))

    async def _block(self, faces: Sequence[CardFace]) -> None:
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


def _blocker_text(block: Blocker, since: date, today: date) -> str:
    """`environment since Thu 11-26, until Fri 12-04: image lacks libcudnn`."""
    lifted_by = condition_text(block.until, today)
    text = f"{block.reason} since {day_text(since, today)}{f', {lifted_by}' if lifted_by else ''}"
    note = " ".join(block.note.split())
    return f"{text}: {note}".rstrip(".") if note else text


def _understood(text: str, today: date) -> str:
    """What lifts the block by what is typed."""
    if not text.strip():
        return ""
    try:
        _, until = condition_in(text, today)
    except UsageProblem as error:
        return f"{error.message} {error.hint}"
    return condition_text(until, today) or "a remark only: nothing lifts the block by itself"
