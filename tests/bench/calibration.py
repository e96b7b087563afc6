"""How often forecasts hold that say 50, 70, 85 and 95 %: on made-up boards, the demo, and logs of
your own.

    make calibration
    make calibration LOGS="log.csv=map.toml other.csv=other.toml"

A log is a CSV file as `mlkanban import events` takes it, with its map. Beside the forecasts that
are shown (new) stand those of the convolution of independent days (old). Trials are made on every
H // 7th day and look H days ahead; `apart` is how many of them do not overlap. Of both the same
trials count, those whose days have come. The pinball loss is the mean one of the four levels: the
less the better.
"""

import argparse
import tempfile
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path

from mlkanban import demo
from mlkanban.cli.program import run
from mlkanban.flow.backtest import shown
from mlkanban.flow.card_chances import Remaining
from mlkanban.flow.history import FlowState
from mlkanban.flow.percentiles import PERCENTILES
from mlkanban.flow.sample import Sample, follow
from mlkanban.flow.survival import kaplan_meier
from mlkanban.flow.window import Window
from mlkanban.service import Service
from tests.bench.convolution import Sums
from tests.bench.worlds import World, worlds

HORIZONS = (7, 14, 30)
SEEDS, YOUNG_SEEDS = 3, 40
_OLD_DAYS = 90
_FEWEST_PAST, _FEWEST_ACTIVE, _FEWEST_FINISHED = 30, 5, 5
_WEEK = 7
NEW, OLD = "new", "old"

Key = tuple[str, str, str]
"""A group of boards, a kind of forecast, and who made it."""


@dataclass
class Tally:
    """The trials of one kind of forecast: by percent whether each held; losses; days spanned by
    trials that do not overlap."""

    held: dict[int, list[bool]] = field(default_factory=lambda: defaultdict(list))
    loss: list[float] = field(default_factory=list)
    apart: float = 0.0

    def add(self, percent: int, held: bool, loss: float) -> None:
        self.held[percent].append(held)
        self.loss.append(loss)


Tallies = dict[Key, Tally]


def tried(world: World, tallies: Tallies, group: str) -> None:
    """Make all forecasts on the days of a board, and see what came."""
    counts = world.counts
    for days in HORIZONS:
        _how_many(counts, days, tallies, group)
    _when(counts, tallies, group)
    _cards(world, tallies, group)


def _trial_days(counts: Sequence[int], step: int) -> Iterator[int]:
    """Days with a past of which something is known, one every `step` days."""
    for day in range(_FEWEST_PAST - 1, len(counts) - 1, step):
        if sum(map(bool, counts[max(0, day - _OLD_DAYS + 1) : day + 1])) >= _FEWEST_ACTIVE:
            yield day


def _how_many(counts: Sequence[int], days: int, tallies: Tallies, group: str) -> None:
    new = shown(days, 1)
    kind = f"how many in {days} d"
    step = max(1, days // _WEEK)
    for day in _trial_days(counts, step):
        if day + days >= len(counts):
            continue
        came = sum(counts[day + 1 : day + 1 + days])
        sums = Sums(counts[max(0, day - _OLD_DAYS + 1) : day + 1])
        answers: dict[str, Mapping[int, int]] = {
            NEW: new.how_many(counts[: day + 1]),
            OLD: {p: sums.how_many(p, days) for p in PERCENTILES},
        }
        for method, answer in answers.items():
            tally = tallies[group, kind, method]
            tally.apart += step / days
            for p, cards in answer.items():
                tally.add(p, cards <= came, _pinball(came - cards, 100 - p))


def _when(counts: Sequence[int], tallies: Tallies, group: str) -> None:
    """Of as many cards as are usual in two weeks."""
    cards = max(1, round(14 * sum(counts) / len(counts)))
    new = shown(14, cards)
    done = list(accumulate(counts, initial=0))
    for day in _trial_days(counts, 2):
        reached = bisect_left(done, done[day + 1] + cards) - 1
        sums = Sums(counts[max(0, day - _OLD_DAYS + 1) : day + 1])
        answers: dict[str, Mapping[int, int | None]] = {
            NEW: new.when(counts[: day + 1]),
            OLD: {p: sums.when(p, cards) for p in PERCENTILES},
        }
        # What takes longer than is known counts as long as that.
        took = min(reached, len(counts)) - day
        for method in answers:
            tallies[group, "when 14 d of cards", method].apart += 2 / 14
        for p in PERCENTILES:
            told = {method: answer.get(p) for method, answer in answers.items()}
            # Both are judged by the same trials: those whose days have come.
            if any(ahead is None or day + ahead >= len(counts) for ahead in told.values()):
                continue
            for method, ahead in told.items():
                assert ahead is not None
                tally = tallies[group, "when 14 d of cards", method]
                tally.add(p, took <= ahead, _pinball(took - ahead, p))


def _cards(world: World, tallies: Tallies, group: str) -> None:
    """Of each open card, every week."""
    last_end = [min(filter(None, (finish, gone)), default=None) for _, finish, gone in world.cards]
    for day in range(world.first + _FEWEST_PAST, world.last, _WEEK):
        since = day - _OLD_DAYS + 1
        ended: list[int] = []
        cut: list[int] = []
        lately: list[int] = []
        cut_lately: list[int] = []
        open_cards = []
        for (start, finish, _), end in zip(world.cards, last_end, strict=True):
            if start > day:
                continue
            if end is None or end > day:
                open_cards.append((day - start + 1, finish, end))
                continue
            some, recent = (ended, lately) if finish is not None else (cut, cut_lately)
            some.append(end - start + 1)
            if end >= since:
                recent.append(end - start + 1)
        ages = [age for age, _, _ in open_cards]
        new = Remaining(kaplan_meier(ended, [*cut, *ages]), over=True)
        old = kaplan_meier(lately, [*cut_lately, *ages])
        answers: dict[str, Callable[[int, int], int | None]] = {NEW: new.days}
        if len(lately) >= _FEWEST_FINISHED:
            answers[OLD] = old.time_left
        for method in answers:
            tallies[group, "an open card", method].apart += _WEEK / 14
        for age, finish, end in open_cards:
            if finish is None and end is not None:
                continue
            took = (world.last + 1 if finish is None else finish) - day
            for p in PERCENTILES:
                told = {method: answer(age, p) for method, answer in answers.items()}
                if any(ahead is None or day + ahead > world.last for ahead in told.values()):
                    continue
                for method, ahead in told.items():
                    assert ahead is not None
                    tally = tallies[group, "an open card", method]
                    tally.add(p, took <= ahead, _pinball(took - ahead, p))


def _pinball(over: int, percent: int) -> float:
    """The loss of a quantile that was exceeded by so much."""
    return over * percent / 100 if over >= 0 else -over * (100 - percent) / 100


# Boards


def of_sample(name: str, sample: Sample) -> World:
    cards = []
    for card in sample.worked:
        assert card.start is not None
        finished = card.flow.state is FlowState.FINISHED
        end = card.finish
        cards.append((card.start, end if finished else None, None if finished else end))
    return World(name, cards, sample.whole_days.stop - 1)


def of_log(log: Path, rules: Path) -> World:
    """The cards of a log, as the program imports it."""
    with tempfile.TemporaryDirectory(prefix="mlkanban-calibration-") as home:
        if run(["--home", home, "import", "events", str(log), "--map", str(rules)]):
            raise SystemExit(f"{log} cannot be imported.")
        return of_sample(log.stem, _sample(Path(home), datetime.now(UTC)))


def of_demo(now: datetime) -> World:
    with tempfile.TemporaryDirectory(prefix="mlkanban-calibration-") as home:
        service = Service.open(Path(home), actor="bench", clock=lambda: now)
        demo.fill(service, now)
        service.close()
        return of_sample("demo", _sample(Path(home), now))


def _sample(home: Path, now: datetime) -> Sample:
    """All cards up to the last thing that happened: after that the log ends, not the work."""
    service = Service.open(home, actor="bench", clock=lambda: now, write=False)
    workflow, histories = service.history.for_flow(service.boards.find(), now)
    service.close()
    end = max(step.at for card in histories for step in card.steps)
    as_of = workflow.end_of_day(workflow.day(end))
    return follow(workflow, histories, as_of, Window.back(None, workflow.day(as_of)))


# Tables


def table(tallies: Tallies) -> Iterator[str]:
    yield (
        f"{'boards':28} {'forecast':20} {'':4}"
        + "".join(f"{f'{p} %':>7}" for p in PERCENTILES)
        + f"{'loss':>8}{'trials':>9}{'apart':>8}"
    )
    for (group, kind, method), tally in tallies.items():
        shares = (
            f"{100 * sum(held) / len(held):7.1f}" if (held := tally.held[p]) else f"{'-':>7}"
            for p in PERCENTILES
        )
        loss = f"{sum(tally.loss) / len(tally.loss):8.3f}" if tally.loss else f"{'-':>8}"
        trials = max((len(held) for held in tally.held.values()), default=0)
        yield (
            f"{group:28} {kind:20} {method:4}{''.join(shares)}{loss}{trials:9,}{tally.apart:8.0f}"
        )


def pooled(tallies: Tallies, group: str) -> Tallies:
    """The trials of all boards as those of one."""
    made: Tallies = defaultdict(Tally)
    for (_, kind, method), tally in tallies.items():
        whole = made[group, kind, method]
        for p, held in tally.held.items():
            whole.held[p] += held
        whole.loss += tally.loss
        whole.apart += tally.apart
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description="How often forecasts hold.")
    parser.add_argument("logs", nargs="*", metavar="LOG.csv=MAP.toml")
    parser.add_argument("--only-logs", action="store_true", help="leave out the made-up boards")
    asked = parser.parse_args()
    logs: Tallies = defaultdict(Tally)
    for log in asked.logs:
        data, _, rules = log.partition("=")
        world = of_log(Path(data), Path(rules))
        tried(world, logs, world.name[:28])
    if logs:
        print("\n".join(table(logs)), end="\n\n")
        print("\n".join(table(pooled(logs, "all logs"))), end="\n\n")
    if asked.only_logs:
        return
    made: Tallies = defaultdict(Tally)
    tried(of_demo(datetime.now(UTC)), made, "demo")
    for seed in range(YOUNG_SEEDS):
        for world in worlds(seed):
            if seed < SEEDS or world.name == "young":
                tried(world, made, world.name)
    print("\n".join(table(made)))


if __name__ == "__main__":
    main()
