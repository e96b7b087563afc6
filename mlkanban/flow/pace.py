"""From which age on a card is old, by the stage where it stands: what the board needs of that, and
can be had without the numbers it comes from."""

from collections.abc import Iterable
from dataclasses import field

from mlkanban.records import record

BLOCKED_MARK, STALE_MARK, LATE_MARK = "!", "~", ">"


@record(frozen=True, slots=True)
class Pace:
    """What the board needs to mark cards: by stage position the age that 85 % of the finished
    cards had at most when they left it, and the days of the SLE; None where too few finished.
    `counted` are the finished cards of each stage."""

    stale: tuple[int | None, ...]
    sle: int | None
    counted: tuple[int, ...] = field(default=(), compare=False)

    def at(self, positions: Iterable[int]) -> "Pace":
        """The pace of the stages at these positions, in their order."""
        positions = tuple(positions)
        return Pace(
            tuple(self.stale[at] if at < len(self.stale) else None for at in positions),
            self.sle,
            tuple(self.counted[at] if at < len(self.counted) else 0 for at in positions),
        )

    def marks(self, stage: int, age: int, *, blocked: bool) -> str:
        """`!` blocked, `~` older than the pace of its stage, `>` past the SLE."""
        pace = self.stale[stage] if stage < len(self.stale) else None
        return (
            BLOCKED_MARK * blocked
            + STALE_MARK * (pace is not None and age > pace)
            + LATE_MARK * (self.sle is not None and age > self.sle)
        )
