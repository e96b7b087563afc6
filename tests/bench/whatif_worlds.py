"""Whether what-if can be believed: worlds whose truth is known, each lived many times.

    PYTHONPATH=. .venv/bin/python tests/bench/whatif_worlds.py [--seeds 24] [--runs 60] [WORLD ...]

Each world is lived under its limits by a simulation of its own, in half-hours; what-if sees that
history alone, and is asked what other limits would do. The truth is the same world lived under
these. Counted are, by world: answers with the right direction (85th percentile of cycle time, and
throughput where it changes by a tenth or more), refusals, where no model reproduces today or the
runs or the models disagree, and wrong directions; and how often the intervals of 90 % (where
two models are shown, from the lower end to the higher one) hold what another period under the other
limits brings.
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import mean

from mlkanban.core.board import StageKind
from mlkanban.flow.history import CardHistory, Limits, Step, Workflow
from mlkanban.flow.sample import Sample, follow
from mlkanban.flow.simulation.whatif import WhatIf, observed, what_if
from mlkanban.flow.window import Window

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
TICK = 1 / 48
DAYS, WINDOW = 240, 150
MEASURES = ("p50", "p85", "per_week", "wip")
READY, BUILD, WAIT, CHECK, DONE = range(5)


@dataclass(frozen=True)
class World:
    """Ready -> Build -> (Wait) -> Check -> Done. `build` and `check` are mean days of work;
    `limits` are those of the two stages, `others` the ones that are asked for."""

    name: str
    limits: tuple[int | None, int | None]
    others: tuple[int | None, int | None]
    every: float = 1.6
    build: float = 2.0
    check: float = 1.4
    one_person: bool = False
    queue: bool = True
    overrides: float = 0.0
    hours: bool = False
    any_order: bool = False


WORLDS = (
    World("own time, limit up", (2, 1), (2, 2)),
    World("own time, limit down", (2, 2), (2, 1)),
    World("one person, limit up", (2, 2), (6, 2), build=0.8, check=0.5, one_person=True,
          queue=False),
    World("one person, limit down", (6, 2), (2, 2), build=0.8, check=0.5, one_person=True,
          queue=False),
    World("overrides 5 %", (2, 1), (2, 2), overrides=0.05),
    World("overrides 30 %", (2, 1), (2, 2), overrides=0.3),
    World("working hours", (2, 1), (2, 2), build=1.4, check=1.0, hours=True),
    World("any order", (2, 1), (2, 2), any_order=True),
    World("own time, no queue", (2, 1), (2, 2), queue=False, build=1.6, check=1.1),
    World("one person, backlog", (6, 2), (2, 2), every=1.2, build=0.8, check=0.5, one_person=True,
          queue=False),
    World("one person, hours", (6, 2), (2, 2), build=0.55, check=0.35, one_person=True,
          queue=False, hours=True),
)  # fmt: skip


@dataclass
class Card:
    """`work` is what is left of it in the stage, `steps` where it was since when."""

    number: int
    left: dict[int, float]
    steps: list[tuple[float, int]] = field(default_factory=list)
    hasty: dict[int, bool] = field(default_factory=dict)

    @property
    def stage(self) -> int:
        return self.steps[-1][1]

    def move(self, now: float, stage: int) -> None:
        self.steps.append((now, stage))


def lived(world: World, seed: int, limits: tuple[int | None, int | None]) -> Sample:
    """The history of a world under some limits; the same seed has the same cards with the same
    work, and the same haste, whatever the limits."""
    cards = list(_cards(world, seed))
    choice = Random(f"choice {seed}")
    room = {BUILD: limits[0], CHECK: limits[1]}
    coming = list(reversed(cards))
    there: list[Card] = []
    for tick in range(DAYS * 48):
        now = tick * TICK
        hour = now % 1 * 24
        at_work = not world.hours or (now % 7 < 5 and 9 <= hour < 17)
        if not at_work:
            continue
        while coming and coming[-1].steps[0][0] <= now:
            card = coming.pop()
            card.steps[0] = now, READY
            there.append(card)
        busy = [c for c in there if c.stage in (BUILD, CHECK) and c.left[c.stage] > 0]
        given = TICK * (3 if world.hours else 1) / (len(busy) if world.one_person and busy else 1)
        for card in busy:
            card.left[card.stage] -= given
        for card in [c for c in there if c.stage == CHECK and c.left[CHECK] <= 0]:
            card.move(now, DONE)
            there.remove(card)
        if world.queue:
            for card in [c for c in there if c.stage == BUILD and c.left[BUILD] <= 0]:
                card.move(now, WAIT)
        while _pulled(world, there, room, now, choice):
            pass
    return _sample(cards, limits)


def _cards(world: World, seed: int) -> Iterator[Card]:
    rng = Random(f"cards {seed}")
    now, number = 0.0, 0
    while (now := now + rng.expovariate(1 / world.every)) < DAYS:
        left = {
            BUILD: world.build * rng.uniform(0.25, 1.75), CHECK: rng.expovariate(1 / world.check)
        }  # fmt: skip
        hasty = {stage: rng.random() < world.overrides for stage in (BUILD, CHECK)}
        yield Card(number, left, [(now, READY)], hasty)
        number += 1


def _pulled(
    world: World, there: list[Card], room: dict[int, int | None], now: float, choice: Random
) -> bool:
    """Move one card into a stage with room, or a hasty one into a full one."""
    for stage, before in ((CHECK, WAIT if world.queue else BUILD), (BUILD, READY)):
        ready = sorted(
            (c for c in there if c.stage == before and c.left.get(before, 0) <= 0),
            key=lambda c: c.steps[-1][0],
        )
        inside = sum(c.stage == stage for c in there)
        if ready and (room[stage] is None or inside < (room[stage] or 0)):
            picked = choice.choice(ready) if world.any_order else ready[0]
        elif hasty := [c for c in ready if c.hasty[stage]]:
            picked = hasty[0]
        else:
            continue
        picked.move(now, stage)
        return True
    return False


def _sample(cards: list[Card], limits: tuple[int | None, int | None]) -> Sample:
    kinds = (StageKind.QUEUE, StageKind.ACTIVE, StageKind.QUEUE, StageKind.ACTIVE, StageKind.QUEUE)
    build, check = map(Limits, limits)
    workflow = Workflow(
        ("Ready", "Build", "Wait", "Check", "Done"), 1, 4, UTC, kinds,
        (Limits(), build, Limits(), check, Limits()),
    )  # fmt: skip
    histories = [
        CardHistory(
            f"c{card.number}", "t", "model", (),
            tuple(Step(MONDAY + timedelta(days=at), stage, None) for at, stage in card.steps),
        )
        for card in cards
    ]  # fmt: skip
    end = MONDAY + timedelta(days=DAYS)
    return follow(workflow, histories, end, Window.back(WINDOW, end.date()))


def asked(world: World, sample: Sample, runs: int) -> WhatIf:
    """What what-if answers on a history of the world."""
    changes = {
        name: after
        for name, before, after in zip(("Build", "Check"), world.limits, world.others, strict=True)
        if before != after
    }
    return what_if(sample, changes, runs=runs)


@dataclass
class Score:
    """Of one world: directions, refusals, and how many of the intervals held."""

    truth: dict[str, tuple[float, float]]
    right: int = 0
    wrong: int = 0
    refused: int = 0
    why: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    of: int = 0


def scored(world: World, seeds: int, runs: int) -> Score:
    """Live a world so many times, and hold what-if against it."""
    befores = [lived(world, seed, world.limits) for seed in range(seeds)]
    nexts = [observed(lived(world, 1000 + seed, world.others)) for seed in range(seeds)]
    same = [observed(lived(world, seed, world.others)) for seed in range(seeds)]
    were = [observed(sample) for sample in befores]
    score = Score({m: (mean(w[m] for w in were), mean(s[m] for s in same)) for m in MEASURES})
    for sample, then in zip(befores, nexts, strict=True):
        answer = asked(world, sample, runs)
        marks = [_direction(answer, m, *score.truth[m]) for m in ("p85", "per_week")]
        if -1 in marks:
            score.wrong += 1
        elif 1 in marks:
            score.right += 1
        else:
            score.refused += 1
        models = "+".join(play.capacity.value for play in answer.shown)
        missed = ", ".join(
            f"{play.capacity.value}: {' '.join(play.not_reproduced)}" for play in answer.plays
        )
        score.why[f"{answer.refused} ({missed})" if answer.refused else models] += 1
        if answer.shown:
            score.of += 1
            for m in MEASURES:
                spreads = [play.proposed[m] for play in answer.shown]
                low, high = min(s.low for s in spreads), max(s.high for s in spreads)
                score.held[m] += low <= then[m] <= high
    return score


def _direction(answer: WhatIf, measure: str, before: float, after: float) -> int:
    """1 for the right direction, -1 for the wrong one, 0 where none is claimed or true."""
    if not answer.shown or abs(after - before) < 0.1 * before:
        return 0
    way = answer.direction(measure)
    return way * (1 if after > before else -1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("worlds", nargs="*", help="the beginning of the name of a world")
    parser.add_argument("--seeds", type=int, default=24)
    parser.add_argument("--runs", type=int, default=60)
    options = parser.parse_args()
    held: Counter[str] = Counter()
    of = 0
    print(f"{'world':<24}{'p85':>14}{'a week':>13}  right  refused  wrong  intervals that held")
    for world in WORLDS:
        if options.worlds and not any(world.name.startswith(w) for w in options.worlds):
            continue
        began = time.perf_counter()
        score = scored(world, options.seeds, options.runs)
        p85, week = (f"{a:.1f}->{b:.1f}" for a, b in (score.truth["p85"], score.truth["per_week"]))
        shares = " ".join(f"{m} {score.held[m]}/{score.of}" for m in MEASURES)
        took = time.perf_counter() - began
        print(
            f"{world.name:<24}{p85:>14}{week:>13}{score.right:>7}{score.refused:>9}{score.wrong:>7}"
            f"  {shares}  ({took:.0f} s)",
            flush=True,
        )
        for why, count in score.why.most_common():
            print(f"    {count:>3}  {why}", flush=True)
        held += score.held
        of += score.of
    whole = of * len(MEASURES)
    if whole:
        print(f"intervals of 90 %: {sum(held.values())} of {whole} held"
              f" ({100 * sum(held.values()) / whole:.0f} %)")  # fmt: skip


if __name__ == "__main__":
    main()
