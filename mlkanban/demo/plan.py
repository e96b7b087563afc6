"""The plan of the demo: visits to slots for every card, none where a stage is full."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from mlkanban.core.board import ServiceClass
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
"""Minutes before now in which few cards begin that are finished already."""


@dataclass(frozen=True, slots=True)
class PlannedCard:
    """A card with all its visits."""

    spec: DemoCard
    visits: tuple[Visit, ...]

    @property
    def start(self) -> float:
        return self.visits[0].start

    @property
    def begun(self) -> float:
        """The minute when work on the card began."""
        return next((v.start for v in self.visits if v.slot not in ("ideas", "ready")), self.start)

    @property
    def end(self) -> float:
        return self.visits[-1].end

    @property
    def looked(self) -> Visit:
        """The last visit in which anyone touched the card: runs that failed since were not seen
        yet."""
        failed = {failure.where for failure in self.spec.failures}
        return next((v for v in self.visits[-2:-1] if v.name in failed), self.visits[-1])


def planned(made: Template, calendar: Calendar, rng: Random) -> list[PlannedCard]:
    """Place all cards. Those that end on a given day, or are still open, are placed first,
    backwards from there; the others where there is room."""
    cards, limits = read(), _limits(made)
    for _ in range(_ATTEMPTS):
        with contextlib.suppress(_NoRoom):
            return _attempt(cards, Slots(limits), calendar, rng)
    raise AssertionError("the story does not fit into six months")


class _NoRoom(Exception):
    """No room for a card beside those already placed."""


def _attempt(
    cards: Mapping[str, list[DemoCard]], slots: Slots, calendar: Calendar, rng: Random
) -> list[PlannedCard]:
    done: list[PlannedCard] = []
    slots.close(RUN, calendar.holiday)  # no run goes on for two weeks
    ended: dict[str, float] = {"": 0.0}
    fixed = [spec for spec in cards["finished"] if spec.ago is not None]
    for spec in cards["open"] + fixed:
        steps = spec.steps()
        end = calendar.length - (spec.ago or 0) * DAY
        start = end - sum(minutes for _, minutes in steps)
        done.append(_take(slots, spec, tuple(visits(steps, start, spec.forced))))
    free = [spec for spec in cards["finished"] if spec.ago is None]
    # Cards that others need go first, so that none of them is put off until it is too late.
    for at, spec in sorted(enumerate(free), key=lambda item: item[1].can_wait):
        wanted = (calendar.length - _QUIET) * at / len(free)
        card = _take(slots, spec, _room(slots, spec, ended, wanted, calendar, rng))
        if spec.key:
            ended[spec.key] = card.end
        done.append(card)
    for spec in cards["dropped"]:
        start = rng.uniform(0.02, 0.75) * calendar.length
        idle = rng.uniform(3, 25) * DAY
        done.append(PlannedCard(spec, tuple(visits([("ideas", idle)], start, {}))))
    return done


def _limits(made: Template) -> dict[str, int]:
    stages = {stage.name: stage for stage in made.stages}
    limits = {
        slot: stages[name].unattended if slot == RUN else stages[name].limit
        for slot, name in STAGE_OF.items()
    }
    return {slot: limit for slot, limit in limits.items() if limit is not None}


def _take(slots: Slots, spec: DemoCard, taken: tuple[Visit, ...]) -> PlannedCard:
    slots.take(taken)
    return PlannedCard(spec, taken)


def _room(
    slots: Slots,
    spec: DemoCard,
    ended: Mapping[str, float],
    wanted: float,
    calendar: Calendar,
    rng: Random,
) -> tuple[Visit, ...]:
    """Visits that fit, with work beginning about the minute `wanted` and after the cards that this
    card needs; faster than usual when nothing else fits."""
    known = ended[spec.after]
    for hurry in _HURRY:
        steps = spec.steps(rng, hurry * min(max(rng.lognormvariate(0.3, 0.5), 0.5), 4.0))
        ready, idea = rng.uniform(0.2, 2.5) * DAY, rng.expovariate(1 / 9) * DAY
        if spec.service_class == ServiceClass.EXPEDITE:
            ready, idea = 5.0, 15.0
        earliest = max([known + ready + 30, *(ended[key] for key in spec.needs)])
        latest = calendar.length - sum(minutes for _, minutes in steps) - 5
        for begin in _tries(earliest, wanted, latest, rng):
            waits = begin - ready
            start = max(waits - idea, known + (waits - known) * rng.uniform(0, 0.1))
            path = [("ideas", waits - start), ("ready", ready), *steps]
            # Looked at one by one: most do not fit, and are not made to the end.
            if slots.fit(visits(path, start, spec.forced)):
                return tuple(visits(path, start, spec.forced))
    raise _NoRoom(spec.title)


def _tries(earliest: float, wanted: float, latest: float, rng: Random) -> Iterator[float]:
    """Minutes around the wanted one, near ones first."""
    middle, away = max(earliest, min(wanted, latest)), 0.0
    while middle + away <= latest or middle - away >= earliest:
        for minute in (middle + away, middle - away):
            if earliest <= minute <= latest:
                yield minute
        away += rng.uniform(20, 80)
