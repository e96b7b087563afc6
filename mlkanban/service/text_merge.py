"""Merging edited texts into a board that has changed meanwhile."""

from collections.abc import Sequence

from mlkanban.core.markdown.card_values import TextConflict, brief, word
from mlkanban.core.markdown.front_matter import Value
from mlkanban.errors import RuleRefused


class ChangedMeanwhile(RuleRefused):
    """Fields that the text changes were also changed by somebody else; nothing was written."""

    def __init__(self, conflicts: Sequence[TextConflict]) -> None:
        super().__init__(" ".join(map(spoken, conflicts)), "Nothing was written.")
        self.conflicts = tuple(conflicts)


def spoken(conflict: TextConflict) -> str:
    """A conflict as a sentence."""
    about = f"{conflict.ref}: " if conflict.ref else ""
    if conflict.name == GONE:
        return f"{about}the card is no more."
    return (
        f"{about}{word(conflict.name)} was changed meanwhile to {_value_text(conflict.now)}; "
        f"the text has {_value_text(conflict.wanted)}."
    )


GONE = "card"
"""The name of a conflict about a card that no longer exists."""


def _value_text(value: Value) -> str:
    return repr(brief(value)) if value else "nothing"
