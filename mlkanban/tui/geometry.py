"""Where things stand on the board, in cells. Pure arithmetic, so that the mouse finds them too."""

from dataclasses import dataclass
from typing import NamedTuple

from mlkanban.display import card_face

NARROW = 100
"""Below this many cells one stage is shown at a time, with a strip of counts."""

_LEAST = 18
"""Fewest cells a stage column can do with."""

GUTTER = 2
"""Cells at the left of a card for the cursor and the mark."""


class Slot(NamedTuple):
    """A place where a card can stand: stage, row in the stage, and line of the card."""

    stage: int
    row: int
    line: int


@dataclass(frozen=True, slots=True)
class Geometry:
    """The board at a size, in cells."""

    width: int
    height: int
    stages: int

    @property
    def narrow(self) -> bool:
        return self.width < NARROW

    @property
    def visible(self) -> int:
        """How many stages fit side by side."""
        if self.narrow:
            return 1
        return min(self.stages, self.width // _LEAST)

    @property
    def column(self) -> int:
        """Cells from one stage to the next."""
        return self.width // self.visible

    @property
    def text(self) -> int:
        """Cells for the text of a card."""
        return self.column - GUTTER - (0 if self.narrow else 1)

    @property
    def head(self) -> int:
        """Lines above the first card: title line, then the stage's name, counts and rule."""
        return 3 if self.narrow else 4

    @property
    def pitch(self) -> int:
        """Lines from one card to the next; tall screens leave a blank line between cards."""
        lines = card_face.height(self.text)
        roomy = self.height - self.head >= 8 * (lines + 1)
        return lines + (1 if roomy or not self.narrow else 0)

    @property
    def rows(self) -> int:
        """How many whole cards of a stage are seen at once."""
        return max(1, (self.height - self.head) // self.pitch)

    def at(self, x: int, y: int, first: int, tops: list[int]) -> Slot | None:
        """What stands at a point; None above and below the cards and right of the last stage.
        `first` is the leftmost stage shown, `tops[i]` the first row shown of stage i."""
        column = x // self.column
        stage = first + column
        if y < self.head or column >= self.visible or stage >= self.stages:
            return None
        row, line = divmod(y - self.head, self.pitch)
        if row >= self.rows:
            return None
        return Slot(stage, tops[stage] + row, line)

    def stage_at(self, x: int, first: int) -> int | None:
        """The stage whose column holds the cell column x."""
        column = x // self.column
        stage = first + column
        return stage if column < self.visible and stage < self.stages else None
