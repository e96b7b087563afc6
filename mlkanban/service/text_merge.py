"""Edited texts against a board that went on meanwhile."""

from collections.abc import Sequence

from mlkanban.core.card_values import TextConflict, brief
from mlkanban.core.markdown.front_matter import Value
from mlkanban.errors import RuleRefused


class ChangedMeanwhile(RuleRefused):
    """Fields that the text changes were changed by somebody else since; nothing was written."""

    def __init__(self, clashes: Sequence[TextConflict]) -> None:
        super().__init__(" ".join(map(spoken, clashes)), "Nothing was written.")
        self.clashes = tuple(clashes)


def spoken(clash: TextConflict) -> str:
    """A clash as a sentence."""
    about = f"{clash.ref}: " if clash.ref else ""
    if clash.name == GONE:
        return f"{about}the card is no more."
    return (
        f"{about}{clash.name} was changed meanwhile to {_told(clash.now)}; "
        f"the text has {_told(clash.wanted)}."
    )


GONE = "card"
"""The name of a clash about a whole card that is no more."""


def _told(value: Value) -> str:
    return repr(brief(value)) if value else "nothing"
