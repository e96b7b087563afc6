"""The plan: every card of the demo gets its visits, none where a stage is full."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from mlkanban.core.models import ServiceClass
from mlkanban.core.templates import Template
from mlkanban.demo.cards import DemoCard, read
from mlkanban.demo.schedule import DAY, RUN, Calendar, Slots, Visit, visits

STAGE_OF = {
    "ideas": "Ideas",
    "ready": "Ready",
    "data": "Data prep",
    "features": "Features",
    "train": "Training",
    RUN: "Training",
    "eval": "Evaluation",
    "deploy": "Deployment",
    "live": "Monitoring",
}
"""The stage of each slot."""

_HURRY = (1.0, 0.8, 0.6, 0.4, 0.25)
_ATTEMPTS = 40
_QUIET = 4 * DAY
"""Before now little is begun that is finished already."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A card with all its visits."""

    told: DemoCard
    visits: tuple[Visit, ...]

    @property
    def start(self) -> float:
        return self.visits[0].start

    @property
    def begun(self) -> float:
        """When work on it began."""
        return next((v.start for v in self.visits if v.slot not in ("ideas", "ready")), self.start)

    @property
    def end(self) -> float:
        return self.visits[-1].end

    @property
    def looked(self) -> Visit:
        """The last visit in which somebody did anything: nobody saw yet what failed since."""
        failed = {failure.where for failure in self.told.failures}
        return next((v for v in self.visits[-2:-1] if v.name in failed), self.visits[-1])


def planned(made: Template, calendar: Calendar, rng: Random) -> list[Planned]:
    """All cards. Those that end on a given day, or have not ended yet, are placed first, back from
    there; the others where room is left."""
    cards, limits = read(), _limits(made)
    for _ in range(_ATTEMPTS):
        with contextlib.suppress(_NoRoom):
            return _attempt(cards, Slots(limits), calendar, rng)
    raise AssertionError("the story does not fit into six months")


class _NoRoom(Exception):
    """A card fits nowhere beside those already placed."""


def _attempt(
    cards: Mapping[str, list[DemoCard]], slots: Slots, calendar: Calendar, rng: Random
) -> list[Planned]:
    done: list[Planned] = []
    slots.close(RUN, calendar.holiday)  # no run goes on for two weeks
    ended: dict[str, float] = {"": 0.0}
    fixed = [told for told in cards["finished"] if told.ago is not None]
    for told in cards["open"] + fixed:
        steps = told.steps()
        end = calendar.length - (told.ago or 0) * DAY
        start = end - sum(minutes for _, minutes in steps)
        done.append(_take(slots, told, tuple(visits(steps, start, told.forced))))
    free = [told for told in cards["finished"] if told.ago is None]
    # Cards that others need go first, so that none of them is put off until it is too late.
    for at, told in sorted(enumerate(free), key=lambda one: one[1].can_wait):
        wanted = (calendar.length - _QUIET) * at / len(free)
        card = _take(slots, told, _room(slots, told, ended, wanted, calendar, rng))
        if told.key:
            ended[told.key] = card.end
        done.append(card)
    for told in cards["dropped"]:
        start = rng.uniform(0.02, 0.75) * calendar.length
        idle = rng.uniform(3, 25) * DAY
        done.append(Planned(told, tuple(visits([("ideas", idle)], start, {}))))
    return done


def _limits(made: Template) -> dict[str, int]:
    stages = {stage.name: stage for stage in made.stages}
    limits = {
        slot: stages[name].unattended if slot == RUN else stages[name].limit
        for slot, name in STAGE_OF.items()
    }
    return {slot: limit for slot, limit in limits.items() if limit is not None}


def _take(slots: Slots, told: DemoCard, taken: tuple[Visit, ...]) -> Planned:
    slots.take(taken)
    return Planned(told, taken)


def _room(
    slots: Slots,
    told: DemoCard,
    ended: Mapping[str, float],
    wanted: float,
    calendar: Calendar,
    rng: Random,
) -> tuple[Visit, ...]:
    """Visits that fit, work beginning about the minute `wanted`, after the cards it needs; in a
    hurry when nothing else does."""
    known = ended[told.after]
    for hurry in _HURRY:
        steps = told.steps(rng, hurry * min(max(rng.lognormvariate(0.3, 0.5), 0.5), 4.0))
        ready, idea = rng.uniform(0.2, 2.5) * DAY, rng.expovariate(1 / 9) * DAY
        if told.service_class == ServiceClass.EXPEDITE:
            ready, idea = 5.0, 15.0
        earliest = max([known + ready + 30, *(ended[key] for key in told.needs)])
        latest = calendar.length - sum(minutes for _, minutes in steps) - 5
        for begin in _tries(earliest, wanted, latest, rng):
            waits = begin - ready
            start = max(waits - idea, known + (waits - known) * rng.uniform(0, 0.1))
            path = [("ideas", waits - start), ("ready", ready), *steps]
            # Looked at one by one: most do not fit, and are not made to the end.
            if slots.fit(visits(path, start, told.forced)):
                return tuple(visits(path, start, told.forced))
    raise _NoRoom(told.title)


def _tries(earliest: float, wanted: float, latest: float, rng: Random) -> Iterator[float]:
    """Minutes around the wanted one, near ones first."""
    middle, away = max(earliest, min(wanted, latest)), 0.0
    while middle + away <= latest or middle - away >= earliest:
        for minute in (middle + away, middle - away):
            if earliest <= minute <= latest:
                yield minute
        away += rng.uniform(20, 80)
