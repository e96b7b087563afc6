"""What is simulated: stages with room for so many cards, jobs that go through them, arrivals.

Times are in days. A job keeps its place in a stage until the next stage has room (pull), which is
how a limit makes work wait. Touch time is calendar time: nights and weekends are part of it.

There are two models, because a limit means different things. With *independent touch* each card
takes its time, however many others are there: machines, training runs, many people. With *shared
capacity* the attended legs share one person: each goes on the slower the more of them there are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from mlkanban.flow.history import Limits


class Capacity(StrEnum):
    """Whose time the attended legs take."""

    INDEPENDENT = "independent"
    SHARED = "shared"


@dataclass(frozen=True, slots=True)
class Leg:
    """A stretch of a job in the stage at a position among the committed ones: `days` of work, run
    or decision, after `blocked` days, then `effort`: days that one person needs who has nothing
    else to do. Unattended legs take the room for runs where there is one."""

    stage: int
    unattended: bool
    days: float
    blocked: float
    effort: float = 0.0


@dataclass(frozen=True, slots=True)
class SimulatedCard:
    """A finished card as a way to go."""

    legs: tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """`limits` by stage; the `gaps` between cards that could be begun, one for each job or more.

    A run warms up for `warm_up` days and is measured over the `days` after. `overrides` is the
    chance that a card which finds a stage full enters all the same, `oldest` the chance that the
    card that waited longest is taken where several wait; else it is any of them. `backlog`
    is how many jobs wait when it begins.
    """

    stages: tuple[str, ...]
    limits: tuple[Limits, ...]
    jobs: tuple[SimulatedCard, ...]
    gaps: tuple[float, ...]
    days: int
    warm_up: int
    overrides: float = 0.0
    oldest: float = 1.0
    backlog: int = 0

    @property
    def jobs_a_run(self) -> int:
        """About how many begin in a run."""
        return round((self.warm_up + self.days) * len(self.gaps) / sum(self.gaps))

    def limited(self, changes: Mapping[int, int | None]) -> "Model":
        """With other limits for some stages; that for runs stays."""
        limits = list(self.limits)
        for stage, cards in changes.items():
            limits[stage] = Limits(cards, limits[stage].unattended)
        return replace(self, limits=tuple(limits))
