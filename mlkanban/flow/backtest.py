"""Back-test: how often the forecasts would have held, had they been made in the past.

On each trial day only what was known then is used; what came after decides. Trials lie closer than
they reach, so they are not independent: read the shares as a summary, not as a proof.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate, pairwise
from operator import attrgetter
from sys import maxsize

from mlkanban.flow.forecast import FEWEST_DAYS, Sums, whole_days
from mlkanban.flow.history import CardHistory, FlowState, Workflow, trace
from mlkanban.flow.percentiles import PERCENTILES, needed
from mlkanban.flow.sample import Followed, Sample
from mlkanban.flow.survival import kaplan_meier
from mlkanban.flow.window import Scope

HORIZON = 14
MOST_TRIALS = 120
PASTS = (30, 90)
"""The days of past that forecasts are tried from."""
FEWEST_PAST = 30
_NEVER = maxsize
KINDS = ("how_many", "when", "card")


@dataclass(frozen=True, slots=True)
class HitRate:
    """Of one kind of forecast at p %: how many of the trials held."""

    percent: int
    trials: int
    held: int

    @property
    def share(self) -> float | None:
        """In percent; None where there are fewer trials than a percentile asks for values."""
        enough = self.trials >= needed(self.percent)
        return 100 * self.held / self.trials if enough else None


@dataclass(frozen=True, slots=True)
class Backtest:
    """Scores by days of past, then by kind (how_many, when, card), in order of p. `days` are the
    trial days, `cards_ahead` how many finishes `when` waited for."""

    days: tuple[date, ...]
    scores: dict[int, dict[str, tuple[HitRate, ...]]]
    cards_ahead: int
    scope: Scope

    @property
    def best_past_days(self) -> int:
        """The days of past from which the forecasts held closest to what they say; 90 if none
        is better."""
        known = [back for back in PASTS if self.differences(back)] or PASTS
        return min(known, key=lambda back: (round(self.worst(back), 6), -back))

    def differences(self, back: int) -> list[float]:
        """By how many points each forecast held more often (above 0) or less often than it says;
        those with a share."""
        return [
            score.share - score.percent
            for scores in self.scores[back].values()
            for score in scores
            if score.share is not None
        ]

    def worst(self, back: int) -> float:
        """The most points by which a forecast held more or less often than it says: the one is as
        wrong as the other."""
        return max(map(abs, self.differences(back)), default=0.0)


@dataclass(frozen=True, slots=True)
class _Facts:
    """A committed card that was worked on: days as ordinals; `done` is finished, not abandoned."""

    start: int
    finish: int | None
    done: bool


def backtest(sample: Sample) -> Backtest:
    """Replay the window, a trial every few days so that there are at most about 120."""
    replay = _Replay(sample)
    first = max(replay.first + FEWEST_PAST, sample.days.start)
    span = max(0, whole_days(sample).stop - HORIZON - first)
    held: Counter[tuple[int, str, int]] = Counter()
    made: Counter[tuple[int, str, int]] = Counter()
    used: list[date] = []
    for day in range(first, first + span, max(1, -(-span // MOST_TRIALS))):
        before = made.total()
        for back, kind, p, tries, good in replay.trial(day):
            made[back, kind, p] += tries
            held[back, kind, p] += good
        if made.total() > before:
            used.append(date.fromordinal(day))
    return Backtest(
        tuple(used),
        {
            back: {
                kind: tuple(
                    HitRate(p, made[back, kind, p], held[back, kind, p]) for p in PERCENTILES
                )
                for kind in KINDS
            }
            for back in PASTS
        },
        replay.cards,
        sample.scope,
    )


class _Replay:
    """The history, ready to be looked at from any day in it."""

    def __init__(self, sample: Sample) -> None:
        self._workflow = sample.workflow
        # The final facts of a card that never came back, cut off at a day, are what was known then.
        came_back = {c.ref for c in sample.cards if _came_back(sample.workflow, c.history)}
        self._plain = [_facts(c) for c in sample.worked if c.ref not in came_back]
        self._coming = sorted(self._plain, key=attrgetter("start"), reverse=True)
        self._running: list[_Facts] = []
        self._ends = sorted((f for f in self._plain if f.finish is not None), key=_finish)
        self._turned = [card for card in sample.cards if card.ref in came_back]
        self._plain_done = Counter(facts.finish for facts in self._plain if facts.done)
        starts = [card.start for card in sample.worked if card.start is not None]
        self.first = min(starts, default=sample.days.stop)
        self._last = whole_days(sample).stop - 1
        done = Counter(c.finish for c in sample.worked if c.flow.state is FlowState.FINISHED)
        per_day = [done[day] for day in range(self.first, self._last + 1)]
        self._done_before = [0, *accumulate(per_day)]
        self.cards = max(1, round(HORIZON * self._done_before[-1] / max(1, len(per_day))))

    def trial(self, day: int) -> Iterator[tuple[int, str, int, int, int]]:
        """The days of past used, kind, p, how many forecasts were made on the day that are decided
        by now, and how many of these held. To be asked day by day, in order."""
        turned = [(card, self._then(card, day)) for card in self._turned]
        known = [then for _, then in turned if then is not None]
        done = self._plain_done + Counter(facts.finish for facts in known if facts.done)
        while self._coming and self._coming[-1].start <= day:
            self._running.append(self._coming.pop())
        self._running = [f for f in self._running if f.finish is None or f.finish > day]
        still: list[tuple[int, _Facts | None]] = [
            (day - facts.start + 1, facts) for facts in self._running
        ]
        still += [
            (day - then.start + 1, None if card.start is None else _facts(card))
            for card, then in turned
            if then is not None and then.finish is None
        ]
        for back in PASTS:
            since = max(self.first, day - back + 1)
            past = [done[at] for at in range(since, day + 1)]
            if sum(count > 0 for count in past) >= FEWEST_DAYS:
                yield from ((back, *one) for one in self._throughput(day, past))
            lately = [f for f in known if f.finish is not None and f.finish >= since]
            first, last = (bisect_left(self._ends, at, key=_finish) for at in (since, day + 1))
            yield from (
                (back, *one) for one in self._cards(day, self._ends[first:last] + lately, still)
            )

    def _throughput(self, day: int, past: Sequence[int]) -> Iterator[tuple[str, int, int, int]]:
        sums = Sums(past)
        before = self._done_until(day)
        came = self._done_until(day + HORIZON) - before
        reached = bisect_left(self._done_before, before + self.cards)
        # The k-th entry counts the finishes of the first k days.
        actual = self.first + reached - 1 if reached < len(self._done_before) else None
        for p in PERCENTILES:
            # Asked the other way round: whether more, or sooner, was as likely as that. The
            # forecasts themselves may lie far ahead and take long.
            yield "how_many", p, 1, not sums.reaches(HORIZON, came + 1, p)
            if actual is not None:
                sooner = actual > day + 1 and sums.reaches(actual - 1 - day, self.cards, p)
                yield "when", p, 1, not sooner
            elif sums.reaches(self._last - day, self.cards, p):
                yield "when", p, 1, False

    def _cards(
        self, day: int, lately: Sequence[_Facts], still: Sequence[tuple[int, _Facts | None]]
    ) -> Iterator[tuple[str, int, int, int]]:
        took = [f.finish - f.start + 1 for f in lately if f.done and f.finish is not None]
        if len(took) < needed(PERCENTILES[0]):
            return
        cut = [f.finish - f.start + 1 for f in lately if not f.done and f.finish is not None]
        survival = kaplan_meier(took, [*cut, *(age for age, _ in still)])
        # A card that was abandoned, discarded or taken back before commitment since decides
        # nothing; one that is open still, only that it is late.
        ends = Counter(
            (age, f.finish - day if f.finish is not None else _NEVER)
            for age, f in still
            if f is not None and (f.done or f.finish is None)
        )
        ages = {age for age, _ in ends}
        for p in PERCENTILES:
            due = {age: survival.time_left(age, p) for age in ages}
            decided = [
                (often, took <= left)
                for (age, took), often in ends.items()
                if (left := due[age]) is not None and (took < _NEVER or day + left <= self._last)
            ]
            yield "card", p, sum(n for n, _ in decided), sum(n for n, good in decided if good)

    def _then(self, card: Followed, day: int) -> "_Facts | None":
        """What was known of a card at the end of a day; None when it was not worked on."""
        workflow = self._workflow
        as_of = workflow.end_of_day(date.fromordinal(day))
        flow = trace(workflow, card.history, as_of)
        if flow is None or flow.start is None or flow.never_worked:
            return None
        start = workflow.day(flow.start).toordinal()
        finish = None if flow.finish is None else workflow.day(flow.finish).toordinal()
        return _Facts(start, finish, flow.state is FlowState.FINISHED)

    def _done_until(self, day: int) -> int:
        return self._done_before[min(max(day - self.first + 1, 0), len(self._done_before) - 1)]


def _facts(card: Followed) -> _Facts:
    assert card.start is not None
    return _Facts(card.start, card.finish, card.flow.state is FlowState.FINISHED)


def _finish(facts: _Facts) -> int:
    assert facts.finish is not None
    return facts.finish


def _came_back(workflow: Workflow, history: CardHistory) -> bool:
    """Whether something that was known of the card once is not true any more."""
    phases = [workflow.phase(step) for step in history.steps]
    outcomes = {step.outcome for step in history.steps if step.outcome}
    straight = all(before <= after for before, after in pairwise(phases))
    return not straight or len(outcomes) > 1 or "discarded" in outcomes
