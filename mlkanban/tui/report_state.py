"""Which report was looked at last."""

from dataclasses import dataclass


@dataclass
class ReportState:
    """What is being looked at; kept while the person is on the board."""

    view: str = "cycle-time"
    window: int = 0
    grouping: int = 0
    group: int = 0
    part: int | None = None
