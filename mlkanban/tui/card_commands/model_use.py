"""What a delivered model is in use as: one line, filled in, asked when it is delivered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlkanban.core.board import CardType
from mlkanban.core.lineage import LineageKind, origins

if TYPE_CHECKING:
    from mlkanban.core.board import CardFace
    from mlkanban.core.model_versions import VersionName
    from mlkanban.tui.command_screen import CommandScreen


def may_be_model(face: CardFace) -> bool:
    """Whether a card that is delivered may be a model: by its type, or by what it came from."""
    kinds = (LineageKind.RELEASE_OF, LineageKind.RETRAIN_OF)
    return face.type == CardType.MODEL or any(origins(face, kind) for kind in kinds)


async def ask_use(screen: CommandScreen, faces: Sequence[CardFace]) -> VersionName | None:
    """Ask what the card that is about to be delivered is in use as. None where nothing is asked:
    of several cards, and of one that is no model; a use without a name where it is not one."""
    if len(faces) != 1 or not faces[0].is_open or not may_be_model(faces[0]):
        return None
    # Few cards are models.
    from mlkanban.core.model_versions import NOT_A_MODEL, parse_version_name

    ref = faces[0].ref
    proposed = await screen.fetch(lambda service: service.models.proposal(ref))
    if proposed is None:
        return None
    screen.expect_question()
    text = await screen.ask.text(
        f"{ref} is in use as", proposed.text, verb="delivers it so", cancels=": not a model"
    )
    screen.refocus()
    return NOT_A_MODEL if text is None or not text.strip() else parse_version_name(text)
