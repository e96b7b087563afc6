"""How models in use are doing, and the cards that train them again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlkanban.core.board import Health, Outcome, in_use
from mlkanban.core.model_versions import parse_version_name
from mlkanban.tui.card_commands.edits import names
from mlkanban.tui.widgets.menu import Option

if TYPE_CHECKING:
    from mlkanban.core.board import CardFace
    from mlkanban.tui.card_commands.edits import CardEdits
    from mlkanban.tui.command_screen import CardsScreen

_HEALTH = {"o": Health.OK, "w": Health.WATCH, "a": Health.ALERT, "x": Health.RETIRED}


class HealthCommands:
    def __init__(self, screen: CardsScreen, edits: CardEdits) -> None:
        self._screen = screen
        self._edits = edits

    async def do_card_health(self) -> None:
        faces = self._in_use()
        if not faces:
            return
        options = [Option(key, health.value) for key, health in _HEALTH.items()]
        options += [Option("r", "retrain")] if len(faces) == 1 else []
        used = len(faces) == 1 and in_use(faces[0])
        options += [Option("l", "keep, look again later")] if used else []
        options += [Option("u", "in use as ...")] if len(faces) == 1 else []
        options += [Option("n", "none")] if any(face.health for face in faces) else []
        known = [health.value for health in _HEALTH.values()]
        at = known.index(faces[0].health) if faces[0].health in known else 0
        key = await self._screen.ask.choose(f"Health of {names(faces)}:", options, at=at)
        if key == "r":
            await self._retrain(faces)
        elif key == "l":
            await self._edits.change_cards(faces, lambda s, refs: s.models.keep(refs[0]))
        elif key == "u":
            await self._name(faces[0])
        elif key is not None:
            health = _HEALTH.get(key)
            await self._edits.change_cards(faces, lambda s, refs: s.retraining.judge(refs, health))

    async def _name(self, face: CardFace) -> None:
        """Say what a delivered card is in use as."""
        proposed = await self._screen.fetch(lambda service: service.models.proposal(face.ref))
        if proposed is None:
            return
        self._screen.expect_question()
        await self._edits.ask_and_change(
            [face],
            f"{face.ref} is in use as",
            proposed.text,
            lambda service, refs, text: service.models.use(refs[0], parse_version_name(text)),
            "in use as",
        )

    async def do_card_release(self) -> None:
        faces = self._edits.chosen()
        if len(faces) > 1:
            self._screen.status.show("Mark one card at most: each release is of one card.")
        elif faces:
            await self._edits.change_cards(faces, lambda s, refs: s.models.release(refs[0]))

    async def do_card_retrain(self) -> None:
        faces = self._in_use()
        if len(faces) > 1:
            self._screen.status.show(
                "Mark one card at most: each model is retrained by a card of its own."
            )
        elif faces:
            await self._retrain(faces)

    async def _retrain(self, faces: Sequence[CardFace]) -> None:
        await self._edits.change_cards(faces, lambda s, refs: s.retraining.retrain(refs[0]))

    def _in_use(self) -> Sequence[CardFace]:
        """The chosen cards, if they are models in use; says so when they are not."""
        faces = self._edits.chosen()
        other = next((face.ref for face in faces if face.outcome != Outcome.SHIPPED), None)
        if other is None:
            return faces
        self._screen.status.show(f"{other} is not in use: only what was shipped has a health.")
        return ()
