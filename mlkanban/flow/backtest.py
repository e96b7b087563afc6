"""Back-test: how often the forecasts would have held, had they been made in the past.

On each trial day only what was known then is used; what came after decides. A trial counts once its
day has come, whether the forecast held or not. Trials lie closer than they look ahead: how much
they show is judged by how many of them do not overlap. Source of the interval: E. B. Wilson,
Probable Inference, the Law of Succession, and Statistical Inference, JASA 22 (1927).
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate, pairwise
from math import inf, sqrt
from operator import attrgetter
from typing import NamedTuple

from mlkanban.flow.card_chances import Remaining
from mlkanban.flow.forecast import HOW_MANY_DAYS, Forecaster
from mlkanban.flow.history import CardHistory, FlowState, Workflow, trace
from mlkanban.flow.percentiles import PERCENTILES, needed
from mlkanban.flow.sample import Followed, Sample
from mlkanban.flow.survival import kaplan_meier
from mlkanban.flow.window import Scope

MOST_TRIALS = 120
FEWEST_PAST = 30
"""Days of past that a trial has behind it."""
FEWEST_PERIODS = 10
"""Below so many independent periods nothing is concluded."""
CONFIDENCE = 95
CHANCE_BINS = (0, 20, 40, 60, 80, 95, 100)
_MAIN_PERCENT = 85
_Z = 1.959964
"""The quantile of the normal distribution for that interval."""
KINDS = ("how_many", "when", "card")
_ROUNDING = 1e-9
"""What sums of days may lack of a whole period."""


@dataclass(frozen=True, slots=True)
class HitRate:
    """Of one kind of forecast at p %: how many of the trials held, and how many `periods` these
    spanned that do not overlap. On so many days more it was `silent`: not one card was that likely,
    and no forecast is neither right nor wrong."""

    percent: int
    trials: int
    held: int
    periods: int
    silent: int = 0

    @property
    def share(self) -> float | None:
        """In percent; None where there are fewer trials than a percentile asks for values."""
        enough = self.trials >= needed(self.percent)
        return 100 * self.held / self.trials if enough else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the share in percent, by Wilson's score, with the independent
        periods for the number of trials; None without a share."""
        if self.share is None or not self.periods:
            return None
        return _wilson(self.share / 100, self.periods)

    @property
    def judged(self) -> bool:
        """Whether there is enough to say that it holds as often as it says, or not."""
        return self.interval is not None and self.periods >= FEWEST_PERIODS

    @property
    def off(self) -> int:
        """-1 where it held less often than it says, 1 where more often, beyond chance; else 0, also
        where nothing can be concluded."""
        if not self.judged or self.interval is None:
            return 0
        low, high = self.interval
        return -1 if high < self.percent else int(low > self.percent)


@dataclass(frozen=True, slots=True)
class ChanceBin:
    """The chances of open cards, from `low` to `high` %: `n` of them were told, `said` % in the
    mean, and so many cards were finished in time (`held`). They are of so many `periods` that do
    not overlap; cards of one period share what happened in it, so that nothing is concluded."""

    low: int
    high: int
    n: int
    said: float
    held: int
    periods: int

    @property
    def share(self) -> float | None:
        """In percent; None where there are fewer than ten."""
        return 100 * self.held / self.n if self.n >= needed(_MAIN_PERCENT) else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the share in percent, by Wilson's score, with the periods for the
        number of trials; None without a share, and below ten periods."""
        if self.share is None or self.periods < FEWEST_PERIODS:
            return None
        return _wilson(self.share / 100, self.periods)


def _wilson(share: float, n: int) -> tuple[float, float]:
    z = _Z
    middle = share + z * z / (2 * n)
    reach = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low, high = ((middle + side * reach) / (1 + z * z / n) for side in (-1, 1))
    return 100 * max(0.0, low), 100 * min(1.0, high)


@dataclass(frozen=True, slots=True)
class Backtest:
    """Scores by kind (how_many, when, card), in order of p; `how_many` looked `days_ahead` days
    ahead, `when` waited for `cards_ahead` finishes. `chances` are those that open cards had to be
    finished in `days_ahead` days, told at least as many days apart. `days` are the days on which at
    least one trial that counts was made."""

    days: tuple[date, ...]
    scores: dict[str, tuple[HitRate, ...]]
    chances: tuple[ChanceBin, ...]
    days_ahead: int
    cards_ahead: int
    scope: Scope

    def score(self, kind: str, percent: int) -> HitRate:
        return next(score for score in self.scores[kind] if score.percent == percent)


class Methods(NamedTuple):
    """What is tested. `how_many` and `when` are given the finished cards of each day of the past,
    and answer with a number of cards, or of days, by percent; None is a day that is not told.
    `card` is given what is known of how long cards take, an age, and percent; it answers in
    days."""

    how_many: Callable[[Sequence[int]], Mapping[int, int]]
    when: Callable[[Sequence[int]], Mapping[int, int | None]]
    card: Callable[[Remaining, int, int], int | None]


def shown(days: int, cards: int) -> Methods:
    """The forecasts that are shown: of so many days, and of so many cards."""
    forecaster = Forecaster(days)

    def how_many(counts: Sequence[int]) -> Mapping[int, int]:
        forecaster.learn(counts)
        if not forecaster.possible:
            return {}
        ahead = forecaster.how_many()
        return {p: ahead.cards(p) for p in PERCENTILES}

    def when(counts: Sequence[int]) -> Mapping[int, int | None]:
        forecaster.learn(counts)
        if not forecaster.possible:
            return {}
        soon = forecaster.dates()
        return {p: soon.days(cards, p) for p in PERCENTILES}

    return Methods(how_many, when, Remaining.days)


def backtest(
    sample: Sample,
    *,
    days: int = HOW_MANY_DAYS,
    cards: int | None = None,
    kinds: Sequence[str] = KINDS,
    methods: Methods | None = None,
) -> Backtest:
    """Replay the past, a trial every few days so that there are at most about 120, each from the
    window of the sample as it was then: the last days before, or all from its first day on.

    `how_many` looks `days` days ahead, `when` for `cards` cards (None: as many as are usual in
    these days). Kinds that are not asked for have no trials.
    """
    replay = _Replay(sample)
    cards = replay.usual(days) if cards is None else cards
    methods = methods or shown(days, cards)
    tallies = {(kind, p): _Tally() for kind in KINDS for p in PERCENTILES}
    used: list[date] = []
    told: list[_ToldChance] = []
    next_told = replay.first
    trial_days = range(replay.first + FEWEST_PAST, replay.last)
    for day in trial_days[:: max(1, -(-len(trial_days) // MOST_TRIALS))]:
        known = replay.known_on(day)
        trials = [
            *(replay.how_many(known, methods.how_many, days) if "how_many" in kinds else ()),
            *(replay.when(known, methods.when, cards) if "when" in kinds else ()),
            *(replay.cards(known, methods.card) if "card" in kinds else ()),
        ]
        if "card" in kinds and day >= next_told:
            told += (_ToldChance(day, *one) for one in replay.chances(known, days))
            next_told = day + days
        for trial in trials:
            tallies[trial.kind, trial.percent].add(day, trial)
        if any(trial.often for trial in trials):
            used.append(date.fromordinal(day))
    return Backtest(
        tuple(used),
        {kind: tuple(tallies[kind, p].rate(p) for p in PERCENTILES) for kind in KINDS},
        _bins(told),
        days,
        cards,
        sample.scope,
    )


class _ToldChance(NamedTuple):
    """A chance that was told on a `day`, and whether the card was finished in time."""

    day: int
    chance: float
    held: bool


def _bins(told: Sequence[_ToldChance]) -> tuple[ChanceBin, ...]:
    """The chances in bins; those that hold none are left out. Days on which they were told lie as
    far apart as they look ahead: each is a period of its own."""
    bins = []
    for low, high in pairwise(CHANCE_BINS):
        end = high / 100 if high < CHANCE_BINS[-1] else inf
        some = [one for one in told if low / 100 <= one.chance < end]
        if some:
            said = 100 * sum(one.chance for one in some) / len(some)
            held, periods = sum(one.held for one in some), len({one.day for one in some})
            bins.append(ChanceBin(low, high, len(some), said, held, periods))
    return tuple(bins)


class _ForecastTrial(NamedTuple):
    """So `often` a forecast was made that said p % within `ahead` days, and `held` or not; 0 where
    nothing has that chance."""

    kind: str
    percent: int
    ahead: int
    often: int
    held: int


@dataclass(slots=True)
class _Tally:
    trials: int = 0
    held: int = 0
    ahead: int = 0
    days: list[int] = field(default_factory=list)
    due: int = 0
    silent: int = 0

    def add(self, day: int, trial: _ForecastTrial) -> None:
        if not trial.often:
            self.silent += 1
            return
        self.trials += trial.often
        self.held += trial.held
        self.ahead += trial.ahead * trial.often
        self.due = max(self.due, day + trial.ahead)
        if not self.days or self.days[-1] != day:
            self.days.append(day)

    def rate(self, percent: int) -> HitRate:
        """With the time that trials look at by the days looked ahead."""
        periods = 0
        if self.trials:
            ahead = max(1.0, self.ahead / self.trials)
            looked_at = sum(min(later - day, ahead) for day, later in pairwise(self.days))
            looked_at += self.due - self.days[-1]
            periods = min(len(self.days), int(looked_at / ahead + _ROUNDING))
        return HitRate(percent, self.trials, self.held, periods, self.silent)


@dataclass(frozen=True, slots=True)
class _Facts:
    """A committed card that was worked on: days as ordinals; `done` is finished, not abandoned,
    `took` what either took, 0 as long as it goes on, and `whole` one with parts. It is `blocked` at
    the end of each of these days."""

    start: int
    finish: int | None
    done: bool
    took: int
    whole: bool = False
    blocked: tuple[range, ...] = ()


@dataclass(frozen=True, slots=True)
class _KnownThen:
    """What was known at the end of a day: the cards that had `ended` in the window, those `still`
    open with what became of them (None: taken back, or never worked on), and the finished cards of
    each day of the window, which begins on `since`."""

    day: int
    since: int
    counts: Sequence[int]
    ended: Sequence[_Facts]
    still: Sequence[tuple[_Facts, _Facts | None]]


class _Replay:
    """The history, ready to be looked at from any day in it."""

    def __init__(self, sample: Sample) -> None:
        self._workflow = sample.workflow
        self._window = sample.window
        self.last = sample.whole_days.stop - 1
        # The final facts of a card that never came back, cut off at a day, are what was known then.
        came_back = {c.ref for c in sample.cards if _came_back(sample.workflow, c.history)}
        self._wholes = {card.history.parent for card in sample.everyone}
        self._plain = [self._facts(c) for c in sample.worked if c.ref not in came_back]
        self._coming = sorted(self._plain, key=attrgetter("start"), reverse=True)
        self._running: list[_Facts] = []
        self._ends = sorted((f for f in self._plain if f.finish is not None), key=_finish)
        self._turned = [card for card in sample.cards if card.ref in came_back]
        self._plain_done = Counter(facts.finish for facts in self._plain if facts.done)
        starts = [card.start for card in sample.worked if card.start is not None]
        self._begin = min(starts, default=sample.days.stop)
        first = self._window.first
        if first is not None and self._window.days is None:
            self._begin = max(self._begin, first.toordinal())
        self.first = self._begin
        done = Counter(c.finish for c in sample.worked if c.flow.state is FlowState.FINISHED)
        per_day = [done[day] for day in range(self.first, self.last + 1)]
        self._done_before = [0, *accumulate(per_day)]

    def usual(self, days: int) -> int:
        """How many cards are finished in so many days on average, at least one."""
        return max(1, round(days * self._done_before[-1] / max(1, len(self._done_before) - 1)))

    def known_on(self, day: int) -> _KnownThen:
        """What was known at the end of a day. To be asked day by day, in order."""
        turned = [(card, self._then(card, day)) for card in self._turned]
        known = [then for _, then in turned if then is not None]
        done = self._plain_done + Counter(facts.finish for facts in known if facts.done)
        while self._coming and self._coming[-1].start <= day:
            self._running.append(self._coming.pop())
        self._running = [f for f in self._running if f.finish is None or f.finish > day]
        still: list[tuple[_Facts, _Facts | None]] = [(facts, facts) for facts in self._running]
        still += [
            (then, None if card.start is None or card.flow.never_worked else self._facts(card))
            for card, then in turned
            if then is not None and then.finish is None
        ]
        since = self._begin
        if self._window.days is not None:
            since = max(since, day - self._window.days + 1)
        first, end = (bisect_left(self._ends, at, key=_finish) for at in (since, day + 1))
        lately = [f for f in known if f.finish is not None and f.finish >= since]
        counts = [done[at] for at in range(since, day + 1)]
        return _KnownThen(day, since, counts, self._ends[first:end] + lately, still)

    def how_many(
        self, known: _KnownThen, method: Callable[[Sequence[int]], Mapping[int, int]], days: int
    ) -> Iterator[_ForecastTrial]:
        if known.day + days > self.last:
            return
        came = self._done_until(known.day + days) - self._done_until(known.day)
        for p, cards in method(known.counts).items():
            yield _ForecastTrial("how_many", p, days, int(cards > 0), cards <= came)

    def when(
        self,
        known: _KnownThen,
        method: Callable[[Sequence[int]], Mapping[int, int | None]],
        cards: int,
    ) -> Iterator[_ForecastTrial]:
        before = self._done_until(known.day)
        for p, days in method(known.counts).items():
            if days is not None and known.day + days <= self.last:
                came = self._done_until(known.day + days) - before
                yield _ForecastTrial("when", p, days, 1, came >= cards)

    def cards(
        self, known: _KnownThen, method: Callable[[Remaining, int, int], int | None]
    ) -> Iterator[_ForecastTrial]:
        remaining = _remaining(known)
        ends: defaultdict[int, Counter[int | None]] = defaultdict(Counter)
        for age, end in _decided(known):
            ends[age][end] += 1
        for p in PERCENTILES:
            for age, some in ends.items():
                days = method(remaining, age, p)
                if days is None or known.day + days > self.last:
                    continue
                due = known.day + days
                held = sum(often for end, often in some.items() if end is not None and end <= due)
                yield _ForecastTrial("card", p, days, some.total(), held)

    def chances(self, known: _KnownThen, days: int) -> Iterator[tuple[float, bool]]:
        """The chance of each open card to be finished in so many days, and whether it was."""
        due = known.day + days
        if due > self.last:
            return
        remaining = _remaining(known)
        for age, end in _decided(known):
            chance = remaining.chance(age, days)
            if chance is not None:
                yield chance, end is not None and end <= due

    def _then(self, card: Followed, day: int) -> "_Facts | None":
        """What was known of a card at the end of a day; None when it was not worked on."""
        workflow = self._workflow
        as_of = workflow.end_of_day(date.fromordinal(day))
        flow = trace(workflow, card.history, as_of)
        if flow is None or flow.start is None or flow.never_worked:
            return None
        start = workflow.day(flow.start).toordinal()
        finish = None if flow.finish is None else workflow.day(flow.finish).toordinal()
        done, took = flow.state is FlowState.FINISHED, _took(start, finish)
        return _Facts(start, finish, done, took, blocked=self._blocked(card))

    def _facts(self, card: Followed) -> _Facts:
        assert card.start is not None
        done, whole = card.flow.state is FlowState.FINISHED, card.ref in self._wholes
        took, blocked = _took(card.start, card.finish), self._blocked(card)
        return _Facts(card.start, card.finish, done, took, whole, blocked)

    def _blocked(self, card: Followed) -> tuple[range, ...]:
        """The days, as ordinals, at whose end it is blocked."""
        steps = card.history.steps
        if all(step.block is None for step in steps):
            return ()
        days = [*(self._workflow.day(step.at).toordinal() for step in steps), self.last + 1]
        return tuple(
            range(day, until)
            for step, (day, until) in zip(steps, pairwise(days), strict=True)
            if step.block is not None and day < until
        )

    def _done_until(self, day: int) -> int:
        return self._done_before[min(max(day - self.first + 1, 0), len(self._done_before) - 1)]


def _took(start: int, finish: int | None) -> int:
    return 0 if finish is None else finish - start + 1


def _remaining(known: _KnownThen) -> Remaining:
    """How long cards take, by what was known at the end of a day."""
    open_cards = [then for then, _ in known.still]
    since = known.since
    survival = kaplan_meier(
        [facts.took for facts in known.ended if facts.done],
        [
            *[facts.took for facts in known.ended if not facts.done],
            *[known.day - then.start + 1 for then in open_cards],
        ],
        [
            since - facts.start
            for some in (known.ended, open_cards)
            for facts in some
            if facts.start < since
        ],
    )
    return Remaining(survival, over=True)


def _decided(known: _KnownThen) -> Iterator[tuple[int, int | None]]:
    """The age of each card that was open at the end of a day, and the day it was finished. A card
    that was abandoned, discarded or taken back before commitment since decides nothing, one with
    parts is not judged by its age, and one that is blocked then has no chance that is known."""
    for then, facts in known.still:
        if any(known.day in days for days in then.blocked):
            continue
        if facts is not None and not facts.whole and (facts.done or facts.finish is None):
            yield known.day - then.start + 1, facts.finish


def _finish(facts: _Facts) -> int:
    assert facts.finish is not None
    return facts.finish


def _came_back(workflow: Workflow, history: CardHistory) -> bool:
    """Whether something that was known of the card once is not true any more."""
    phases = [workflow.phase(step) for step in history.steps]
    outcomes = {step.outcome for step in history.steps if step.outcome}
    straight = all(before <= after for before, after in pairwise(phases))
    return not straight or len(outcomes) > 1 or "discarded" in outcomes
