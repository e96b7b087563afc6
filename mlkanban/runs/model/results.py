"""What the runs of a card say about its metric, configuration by configuration, and what verdict
that would be."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from statistics import mean, stdev
from typing import Any, NamedTuple

from mlkanban.core.board import Outcome
from mlkanban.core.metrics import (
    GuardState,
    MetricFields,
    aligned,
    direction_of,
    exponent,
    guard_state,
    has_direction,
    limit_text,
    mean_text,
    number_text,
    precise,
    rounded_text,
    spread_text,
)
from mlkanban.runs.model.configurations import grouped, labels, observations, with_origin
from mlkanban.runs.model.intervals import PERCENT, Difference, MeanValue, difference, t_quantile
from mlkanban.runs.model.outcome_counts import outcome_counts
from mlkanban.runs.model.parameters import known_parameters
from mlkanban.runs.model.repeats import DEFAULT, Repeats
from mlkanban.runs.model.run import (
    UNKNOWN_TASK,
    Run,
    ancestors,
    is_typed,
    parents_of,
    tasks_apart,
)
from mlkanban.runs.model.sweep import failures_text
from mlkanban.runs.model.tracker_names import KINDS, SEARCHING
from mlkanban.runs.model.tracker_run import DIRECTORY, LIKELY_SEED

LEAST = 2
"""Runs of a configuration from which on anything is concluded from it."""
SEVERAL, CONFIRMED = 3, 3
"""Of so many configurations the best one is lucky: it is supported from so many runs on, and by the
others than its best one."""
SEARCH = 5
"""Configurations with one run each from which on they are called a search."""
_LARGEST_VALUE = 1e150
"""Beyond this no value is a measurement, and its square no number."""
_MOST_NAMED = 3
_OF_ONE = 6
"""The digits that a card keeps of the value of one run."""
_IN_WORDS = {1: "one more seed", 2: "two more seeds"}
_BY_LUCK = {
    1: "; with the true mean at the target, two runs say so in up to 1 of 5 cases",
    2: "; with both true means at the target, one of the two says so in up to 2 of 5 cases",
}
"""How often the mean of two runs of a normal distribution lies beyond its own true value by more
than their standard deviation: `1/2 - atan(sqrt(2))/pi`, 19.6 %; by the configurations that the best
was chosen from."""


class Proposal(StrEnum):
    """What the runs say about the target. A person decides."""

    SUPPORTED = "supported"
    NOT_SUPPORTED = "not supported"
    OPEN = "open"


_SAYS = {Outcome.SHIPPED: Proposal.SUPPORTED, Outcome.LEARNED: Proposal.NOT_SUPPORTED}
"""What the outcome of a card says of its target. The others say nothing of it."""


@dataclass(frozen=True)
class GuardResult:
    """A guard of the card, and what the runs of a configuration reported for it: `values` of `runs`
    that count."""

    guard: MetricFields
    values: tuple[float, ...]
    runs: int

    @property
    def name(self) -> str:
        return str(self.guard["name"])

    @cached_property
    def mean(self) -> float | None:
        return mean(self.values) if self.values else None

    @cached_property
    def sd(self) -> float | None:
        """The sample standard deviation, None for fewer than two values."""
        return stdev(self.values) if len(self.values) > 1 else None

    @property
    def state(self) -> GuardState:
        """It is held only where every run reported it, and their spread is within the limit."""
        state = guard_state(self.guard, self.mean, self.sd or 0.0)
        complete = len(self.values) == self.runs
        return state if complete or state is GuardState.BROKEN else GuardState.NOT_MEASURED

    @property
    def clearly_broken(self) -> bool:
        """Whether the mean is beyond the limit by more than the spread of the runs."""
        if self.state is not GuardState.BROKEN or self.mean is None or self.sd is None:
            return False
        return abs(self.mean - float(self.guard["target"])) > self.sd

    @property
    def limit(self) -> str:
        """`<=50`."""
        return limit_text(self.guard)

    @property
    def measured(self) -> str:
        """`61.3 +- 1.5`, `48 in 2 of 3 runs`, or `not measured`."""
        if self.mean is None:
            return "not measured"
        spread = "" if self.sd is None else f" +- {spread_text(self.sd)}"
        some = len(self.values)
        part = "" if some == self.runs else f" in {some} of {self.runs} runs"
        return f"{self.mean_text}{spread}{part}"

    @property
    def mean_text(self) -> str:
        """The mean, '' for none."""
        return "" if self.mean is None else mean_text(self.mean, self.sd, self.guard)

    @property
    def summary(self) -> str:
        """`p95_ms 61.3 +- 1.5, not <=50`, `p95_ms 48 <=50`, `p95_ms not measured`, `p95_ms 48 +- 3,
        open: <=50 lies within the spread`."""
        if self.state is GuardState.BROKEN:
            return f"{self.name} {self.measured}, not {self.limit}"
        if self.state is GuardState.OPEN:
            return f"{self.name} {self.measured}, open: {self.limit} lies within the spread"
        held = f" {self.limit}" if self.state is GuardState.HELD else ""
        return f"{self.name} {self.measured}{held}"

    @property
    def objection(self) -> str:
        """What keeps it from being held: `p95_ms is 61.3 +- 1.5, not <=50`."""
        if self.state is GuardState.BROKEN:
            return f"{self.name} is {self.measured}, not {self.limit}"
        if self.state is GuardState.OPEN:
            return f"{self.name} is {self.measured}: {self.limit} lies within the spread"
        if not self.values:
            return f"{self.name} was not measured"
        return f"{self.name} was measured in {len(self.values)} of {self.runs} runs alone"


@dataclass(frozen=True)
class Configuration:
    """The observations of one configuration: its runs that finished and reported the metric of the
    card, oldest first; of runs with the same seed only the newest.

    `label` is what tells it from the others of its card, '' for an only one; `again` is how many
    runs with a seed that was run once more are left out. `margin` is what the mean is trusted to:
    the sample standard deviation of the runs, or the noise of the card where that is more.
    `chosen_from` is how many configurations of the card were repeated. Runs that all gave one value
    to the last digit `may_be_one` observation: the code sets the seed, or the same was computed
    again.

    `about_target` is what it says about the target by itself, None without a target, and `proposal`
    the same where no guard of the card, of those in `limits`, keeps it from being supported.
    """

    runs: tuple[Run, ...]
    metric: Mapping[str, Any] = field(repr=False)
    label: str = ""
    again: int = 0
    limits: tuple[MetricFields, ...] = field(default=(), repr=False)
    about_target: Proposal | None = None
    chosen_from: int = 1

    @property
    def may_be_one(self) -> bool:
        return self.n > 1 and len(set(self.values)) == 1

    @property
    def observed(self) -> int:
        """How many observations its runs are for certain."""
        return 1 if self.may_be_one else self.n

    @property
    def proposal(self) -> Proposal | None:
        if self.about_target is not Proposal.SUPPORTED or self.holds_guards:
            return self.about_target
        if any(guard.clearly_broken for guard in self.guards):
            return Proposal.NOT_SUPPORTED
        return Proposal.OPEN

    @cached_property
    def guards(self) -> tuple[GuardResult, ...]:
        """What its runs say of each guard."""
        return tuple(
            GuardResult(
                guard,
                tuple(float(run.metrics[guard["name"]]) for run in self.runs if _value(run, guard)),
                self.n,
            )
            for guard in self.limits
        )

    @property
    def holds_guards(self) -> bool:
        """Whether every guard was measured and none is broken."""
        return all(guard.state is GuardState.HELD for guard in self.guards)

    @property
    def breaks_guards(self) -> bool:
        return any(guard.state is GuardState.BROKEN for guard in self.guards)

    @property
    def guards_in_the_way(self) -> str:
        """What is wrong with the guards that are not held."""
        wrong = (guard.objection for guard in self.guards if guard.state is not GuardState.HELD)
        return ", and ".join(wrong)

    @cached_property
    def values(self) -> tuple[float, ...]:
        return tuple(float(run.metrics[self.metric["name"]]) for run in self.runs)

    @property
    def n(self) -> int:
        return len(self.values)

    @cached_property
    def mean(self) -> float:
        return mean(self.values)  # exact: that of equal values is their value

    @cached_property
    def sd(self) -> float | None:
        """The sample standard deviation, None for one run."""
        return stdev(self.values) if self.n > 1 else None

    @property
    def noise(self) -> float:
        return float(self.metric.get("noise") or 0.0)

    @property
    def margin(self) -> float:
        return max(self.sd or 0.0, self.noise)

    @property
    def margin_text(self) -> str:
        """`the spread`, or `the noise (0.01)` where the card says that it is more."""
        return f"the noise ({self.noise:g})" if self.noise > (self.sd or 0.0) else "the spread"

    @property
    def sample(self) -> MeanValue:
        """Its mean with its standard error: by the spread of its runs, or by the noise of the card
        where that is more."""
        if self.sd and self.sd > self.noise:
            return MeanValue(self.mean, self.sd / math.sqrt(self.n), self.n - 1)
        return MeanValue(self.mean, self.noise / math.sqrt(self.observed) if self.noise else None)

    def is_clear(self, target: float, of: int = 1) -> bool:
        """Whether the interval of its mean does not hold the target, were it the best `of` so many.
        True where nothing is known of chance."""
        mean, error, freedom = self.sample
        return error is None or abs(mean - target) >= error * t_quantile(freedom, of)

    @property
    def mean_without_best(self) -> float:
        """The mean of its runs but for the best one, which may be the reason that anybody repeated
        the configuration."""
        least_first = sorted(self.values, reverse=_is_lower_better(self.metric))
        return mean(least_first[:-1])

    @property
    def summary(self) -> str:
        """`0.915 +- 0.003 (2 runs, depth 6)`."""
        return f"{self.measured} ({', '.join(filter(None, (self.many, self.label)))})"

    @property
    def name(self) -> str:
        """What tells it from the others; `default` where it has none of their parameters, and the
        name of its newest run where its parameters are not known."""
        if self.label:
            return self.label
        newest = self.runs[-1]
        known = bool(newest.argv or known_parameters(newest))
        return "default" if known else newest.name or "unknown parameters"

    @property
    def summary_by_label(self) -> str:
        """`depth 6: 0.915 +- 0.003 (2 runs)`."""
        return f"{self.name}: {self.measured} ({self.many})"

    @property
    def measured(self) -> str:
        """`0.915 +- 0.003`; of equal values `0.915`."""
        return f"{self.mean_text}{self.spread}"

    @property
    def spread(self) -> str:
        """` +- 0.003`; '' of one value, and of equal ones."""
        return "" if self.sd is None or self.may_be_one else f" +- {spread_text(self.sd)}"

    @property
    def mean_text(self) -> str:
        """The mean with the decimals that its spread has, or without one its difference to the
        baseline."""
        return mean_text(self.mean, self._size, self.metric)

    @property
    def kept_mean(self) -> float:
        """The mean as a card keeps it: that of one run with more digits than are shown."""
        least = _OF_ONE if self.n == 1 else 4
        size = self._size
        digits = exponent(self.mean) - exponent(size) + 2 if size and self.mean else least
        return float(rounded_text(self.mean, self.metric, min(15, max(least, digits))))

    @property
    def _size(self) -> float | None:
        """What its mean is to be told apart by: its spread, or without one its difference to the
        baseline."""
        baseline = self.metric.get("baseline")
        return self.sd or (None if baseline is None else self.mean - float(baseline))

    @property
    def many(self) -> str:
        """`3 runs`, or `3 equal runs` where all gave one value."""
        equal = "equal " if self.may_be_one else ""
        return f"{self.n} {equal}run{'' if self.n == 1 else 's'}"


class Comparison(NamedTuple):
    """How a configuration differs from the one that was tried `before` it, which is `other`, and
    from the `baseline` of the card, which is taken as exact; None where there is none."""

    other: Configuration | None
    before: Difference | None
    baseline: Difference | None


@dataclass(frozen=True)
class Results:
    """The metric of a card by configuration, the one that was tried last at the end.

    `proposal` is None without a target; `why` says what it rests on, and `basis` is the
    configuration that it is about. `repeats` are the names by which runs were told to be repeats.
    """

    metric: Mapping[str, Any] = field(repr=False)
    configurations: tuple[Configuration, ...]
    proposal: Proposal | None = None
    why: str = ""
    basis: Configuration | None = None
    repeats: Repeats = DEFAULT

    @property
    def name(self) -> str:
        return str(self.metric["name"])

    @property
    def lower(self) -> bool:
        """Whether less is better."""
        return _is_lower_better(self.metric)

    @property
    def guards(self) -> tuple[MetricFields, ...]:
        """The limits that must hold beside the metric."""
        return self.latest.limits

    @property
    def latest(self) -> Configuration:
        return self.configurations[-1]

    @cached_property
    def best(self) -> Configuration | None:
        """The configuration with the best mean of those that break no guard; of equal ones, that
        with most runs. None where all break one, or nobody knows which values are better."""
        unbroken = self.unbroken if has_direction(self.metric) else []
        return self._best_of(unbroken) if unbroken else None

    @cached_property
    def unbroken(self) -> list[Configuration]:
        """The configurations that break no guard."""
        return [one for one in self.configurations if not one.breaks_guards]

    @property
    def chosen(self) -> Configuration:
        """The configuration to take into use: the one that supports the target, else the best, and
        where nobody knows which that is the one that the proposal rests on, or the last one."""
        supported = self.basis if self.proposal is Proposal.SUPPORTED else None
        return supported or self.best or self.basis or self.latest

    def _best_of(self, some: Iterable[Configuration]) -> Configuration:
        return max(some, key=lambda one: (-one.mean if self.lower else one.mean, one.n))

    @cached_property
    def runs(self) -> list[Run]:
        """All runs that count, in the order they started."""
        counted = [run for configuration in self.configurations for run in configuration.runs]
        return sorted(counted, key=lambda run: (run.started, run.id))

    @property
    def values(self) -> tuple[float, ...]:
        """Their values, in that order."""
        return tuple(float(run.metrics[self.name]) for run in self.runs)

    @cached_property
    def best_run(self) -> Run | None:
        """The run with the best value of those that break no guard. None where all break one, or
        nobody knows which values are better."""
        return self.best_among(self.runs)

    def best_among(self, some: Iterable[Run]) -> Run | None:
        """The same of some of the runs that count."""
        runs = [run for run in some if not self._breaks_guards(run)]
        if not runs or not has_direction(self.metric):
            return None
        return (min if self.lower else max)(runs, key=lambda run: run.metrics[self.name])

    def _breaks_guards(self, run: Run) -> bool:
        return any(
            guard_state(guard, run.metrics[guard["name"]]) is GuardState.BROKEN
            for guard in self.guards
            if _value(run, guard)
        )

    def is_best_run(self, run: Run) -> bool:
        """Whether a run is the best of several that do not all have one value."""
        several = len(set(self.values)) > 1
        return several and self.best_run is not None and run.id == self.best_run.id

    @property
    def better_breaks_guards(self) -> bool:
        """Whether a run with a better value than the best one breaks a guard."""
        values = self.values
        best = self.best_run
        most = min(values) if self.lower else max(values)
        return best is not None and best.metrics[self.name] != most

    def text(self, run: Run) -> str:
        """The value of a run, on its side of the target, with the decimals of the others."""
        value = run.metrics[self.name]
        return self._texts.get(value) or number_text(value, self.metric)

    @cached_property
    def _texts(self) -> dict[float, str]:
        values = [run.metrics[self.name] for run in self.runs]
        texts = aligned([(value, number_text(value, self.metric)) for value in values])
        return dict(zip(values, texts, strict=True))

    def comparison(self, configuration: Configuration) -> Comparison:
        """How one of the configurations differs from others."""
        at = self._places[configuration.runs[0].id]
        other = self.configurations[at - 1] if at else None
        sample, baseline = configuration.sample, self.metric.get("baseline")
        return Comparison(
            other,
            difference(sample, other.sample) if other else None,
            None if baseline is None else difference(sample, MeanValue(float(baseline))),
        )

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {one.runs[0].id: at for at, one in enumerate(self.configurations)}

    @property
    def trials(self) -> int:
        """Configurations with one observation each."""
        return sum(configuration.observed == 1 for configuration in self.configurations)

    @property
    def is_search(self) -> bool:
        """Whether these are many configurations tried once, not repeats of a few."""
        return self.trials >= SEARCH

    @property
    def search_text(self) -> str:
        """`40 trials, best 3.80 (lr 3e-4): repeat it with two more seeds; the best of many is
        lucky`. The best is by its mean, of those that break no guard. A configuration that was
        repeated need not be once more, and is no trial."""
        if not has_direction(self.metric):
            least, most = (number_text(pick(self.values), self.metric) for pick in (min, max))
            many = f"{self.trials} trials, values from {least} to {most}"
            return f"{many}; the card does not say which are better"
        lead = self.best or self._best_of(self.configurations)
        best = f"best {lead.measured}"
        if details := ", ".join(filter(None, (lead.many if lead.n > 1 else "", lead.label))):
            best += f" ({details})"
        if self.best is None:
            return f"{self.trials} trials, {best}, but {lead.guards_in_the_way}"
        if lead is not self._best_of(self.configurations):
            best += " of those that break no guard"
        if lead.observed >= CONFIRMED:
            return f"{self.trials} trials, {best}"
        todo = f"repeat it with {_IN_WORDS[CONFIRMED - lead.observed]}; the best of many is lucky"
        return f"{self.trials} trials, {best}: {todo}"

    @property
    def summary(self) -> str:
        """`val_auc 0.915 +- 0.003 (2 runs)`: of the configuration that was tried last."""
        return f"{self.name} {self.latest.summary}"

    @property
    def proposal_text(self) -> str:
        """What is proposed, and of several configurations by which: `supported by depth 6: 0.925 +-
        0.003 (3 runs)`."""
        if self.proposal is None or self.proposal is Proposal.OPEN or self.basis is None:
            return self.proposal or ""
        if len(self.configurations) == 1:
            return self.proposal
        best = self.proposal is Proposal.NOT_SUPPORTED and self.basis is self.best
        link = "by the best," if best else "by"
        return f"{self.proposal} {link} {self.basis.summary_by_label}"

    @property
    def verdict(self) -> str:
        """What a person may take for a verdict: `supported: val_auc 0.925 +- 0.003 (2 runs)`; ''
        where the runs leave it open, or without a target."""
        if self.proposal in (None, Proposal.OPEN) or self.basis is None:
            return ""
        guards = "".join(f"; {guard.summary}" for guard in self.basis.guards)
        return f"{self.proposal}: {self.name} {self.basis.summary}{guards}"

    def verdict_on(self, outcome: Outcome) -> str:
        """The `verdict` for a card that ends so, '' where it does not say the same."""
        return self.verdict if self.proposal is _SAYS.get(outcome) else ""

    def contradicts(self, outcome: Outcome) -> bool:
        """Whether the runs say the opposite of how a card ended."""
        return bool(self.verdict) and self.proposal is not _SAYS.get(outcome, self.proposal)


def results(
    runs: Iterable[Run],
    metric: Mapping[str, Any] | None,
    repeats: Repeats = DEFAULT,
    guards: Sequence[MetricFields] = (),
) -> Results | None:
    """The results of a card with this metric and these guards; None without a metric, or when no
    run that finished reported it."""
    if not metric or not metric.get("name"):
        return None
    apart = tasks_apart(with_origin([*runs]))
    counted = [run for run in apart if run.is_result and _value(run, metric)]
    groups = grouped(_counted_once(counted, apart), repeats)
    if not groups:
        return None
    directions = {run.direction for run in counted}
    if len(directions) == 1 and not has_direction(metric):
        metric = {**metric, "direction": directions.pop()}
    configurations = []
    for group in groups:
        some = observations(group, repeats)
        again = len(group) - len(some)
        configurations.append(Configuration(some, metric, again=again, limits=tuple(guards)))
    names = labels(groups, repeats, [one.mean for one in configurations])
    configurations = [
        replace(one, label=label) for one, label in zip(configurations, names, strict=True)
    ]
    if metric.get("target") is None:
        return Results(metric, tuple(configurations), repeats=repeats)
    target, several = float(metric["target"]), len(configurations) >= SEVERAL
    chosen_from = max(1, sum(one.observed >= LEAST for one in configurations))
    configurations = [
        replace(
            one,
            chosen_from=chosen_from,
            about_target=_alone(one, target, several=several, of=chosen_from),
        )
        for one in configurations
    ]
    made = Results(metric, tuple(configurations), repeats=repeats)
    proposal, why, basis = _proposed(made, target)
    return replace(made, proposal=proposal, why=why, basis=basis)


def _counted_once(counted: Sequence[Run], runs: Sequence[Run]) -> list[Run]:
    """The runs that count by themselves, of those `counted` among all `runs`.

    A run that was started in another and has parameters of its own, as a trial of a search or one
    seed of several has, counts; what the outer run reports repeats the value of one or all of them.
    Without parameters of its own it is a part of the outer run, which counts for it."""
    parents = parents_of(runs)
    search = outer_runs(counted, parents)
    by_themselves = {run.id for run in counted} - search
    return [
        run
        for run in counted
        if run.id not in search
        and by_themselves.isdisjoint(outer.id for outer in ancestors(run, parents))
    ]


def outer_runs(runs: Sequence[Run], parents: Mapping[str, Run]) -> frozenset[str]:
    """The ids of the runs in which some of these `runs` with parameters of their own were started,
    as trials of a search are; `parents` are the runs that each was started in."""
    outer: set[str] = set()
    for run in runs:
        above = parents.get(run.id)
        if above and not known_parameters(run).items() <= known_parameters(above).items():
            outer.update(one.id for one in ancestors(run, parents))
    return frozenset(outer)


def inner_word(runs: Sequence[Run]) -> str:
    """What these runs are called: `trial` where all are of studies, else `run`."""
    return "trial" if {run.id.partition(":")[0] for run in runs} <= SEARCHING else "run"


def remarks(
    runs: Sequence[Run], metric: Mapping[str, Any] | None, found_results: Results | None
) -> list[str]:
    """What is to be known of the runs of a card besides what counts for its metric, as sentences;
    `found` are their results."""
    outer = outer_runs(runs, parents_of(runs))
    inner = [run for run in runs if run.id not in outer]
    sentences = [*filter(None, [failures_text(runs)]), *outcome_counts(inner)]
    if not metric or not metric.get("name"):
        return sentences
    apart = tasks_apart(runs)
    sentences += [
        *_left_out(apart, metric),
        *_repeated(found_results),
        *_other_names(apart, metric),
    ]
    if any(UNKNOWN_TASK in run.params for run in apart):
        sentences.append(
            "what the tasks of an array differ in is not known, so each counts by itself; where"
            f" they are repeats, add `{UNKNOWN_TASK}` to the setting repeat_parameters"
        )
    sentences += _likely_seeds(apart)
    if found_results and _has_many_intervals(found_results):
        sentences.append(
            f"each difference has its own {PERCENT} % interval: about 1 in 20 misses,"
            " that of the best more often, because it was chosen"
        )
    if is_typed(runs, metric):
        sentences.append(
            f"the card stands at {number_text(metric['value'], metric)}, typed by hand"
        )
    return sentences


def _likely_seeds(runs: Sequence[Run]) -> Iterator[str]:
    """That folders of runs that are known by their names alone end in what may be a seed."""
    numbers: dict[str, set[str]] = {}
    for run in runs:
        if run.params.keys() == {DIRECTORY, LIKELY_SEED}:
            numbers.setdefault(run.params[DIRECTORY], set()).add(run.params[LIKELY_SEED])
    for folder, some in numbers.items():
        if len(some) > 1:
            names = ", ".join(f"{folder}-{LIKELY_SEED}{number}" for number in sorted(some)[:2])
            yield (
                f"{names} count separately; if the number is their seed, add `{LIKELY_SEED}` to the"
                " setting repeat_parameters"
            )
            return


def _has_many_intervals(found_results: Results) -> bool:
    """Whether there are many configurations, and differences of them with an interval."""
    if len(found_results.configurations) < SEARCH:
        return False
    compared = map(found_results.comparison, found_results.configurations)
    return any(
        known is not None and known.low is not None
        for one in compared
        for known in (one.before, one.baseline)
    )


def _left_out(runs: Sequence[Run], metric: Mapping[str, Any]) -> Iterator[str]:
    some = [run for run in runs if run.state.ended and not run.is_result and _value(run, metric)]
    if not some:
        return
    states = Counter(run.word for run in some)
    what = ", ".join(f"{many} {state}" for state, many in states.items())
    values = ", ".join(number_text(run.metrics[metric["name"]], metric) for run in some[:4])
    more = ", .." if len(some) > 4 else ""
    yield (f"only finished runs count: left out {what} ({metric['name']} {values}{more})")


def _repeated(found_results: Results | None) -> Iterator[str]:
    again = (
        sum(configuration.again for configuration in found_results.configurations)
        if found_results
        else 0
    )
    if found_results and again:
        many = "1 run has" if again == 1 else f"{again} runs have"
        if found_results.repeats.mark:
            yield f"equal repeats count once, the newest of each: {many} a newer one"
        else:
            yield f"equal seeds count once, the newest run of each: {many} a seed that ran again"


def _other_names(runs: Sequence[Run], metric: Mapping[str, Any]) -> Iterator[str]:
    """That runs report something, and none of them the metric of the card."""
    finished = [run for run in runs if run.is_result and run.metrics]
    if any(metric["name"] in run.metrics for run in runs) or not finished:
        return
    kinds = {run.id.partition(":")[0] for run in finished}
    what = inner_word(finished)
    if len(kinds) == 1 and what == "run" and (kind := KINDS.get(min(kinds))):
        what = f"{kind} run"
    names = [*dict.fromkeys(name for run in finished for name in run.metrics)]
    shown = ", ".join(f"`{name}`" for name in names[:_MOST_NAMED])
    shown += ", .." if len(names) > _MOST_NAMED else ""
    many = f"1 {what} reports" if len(finished) == 1 else f"{len(finished)} {what}s report"
    yield f"{many} {shown}, the card's target is `{metric['name']}`"


def _value(run: Run, metric: Mapping[str, Any]) -> bool:
    """Whether a run reported a value for a metric that can be one."""
    return abs(run.metrics.get(metric["name"], math.nan)) <= _LARGEST_VALUE


def _is_lower_better(metric: Mapping[str, Any]) -> bool:
    return direction_of(metric) == "<="


def _proposed(results: Results, target: float) -> tuple[Proposal, str, Configuration]:
    """What the configurations say together: supported if one of them is, not supported if all were
    repeated and none comes near."""
    aim = f"{'<=' if results.lower else '>='}{precise(target)}"
    many = len(results.configurations)
    best, pick = results._best_of(results.configurations), min if results.lower else max
    ahead = [one for one in results.configurations if one.proposal is Proposal.SUPPORTED]
    if ahead:
        basis = pick(ahead, key=lambda configuration: configuration.mean)
        value = basis.mean_without_best if many >= SEVERAL else basis.mean
        by = f"{aim} is reached{_by(basis, _ahead(basis, value, target))}"
        if many >= SEVERAL:
            by += f", and without its best run too ({number_text(value, results.metric)})"
        if not basis.is_clear(target):
            by += _BY_LUCK[basis.chosen_from]
        held = "".join(f"; {guard.summary}" for guard in basis.guards)
        return Proposal.SUPPORTED, by + held + _doubt(basis), basis
    reached = [one for one in results.configurations if one.about_target is Proposal.SUPPORTED]
    if reached:
        basis = pick(reached, key=lambda configuration: configuration.mean)
        proposal = Proposal.OPEN
        if all(one.proposal is Proposal.NOT_SUPPORTED for one in results.configurations):
            proposal = Proposal.NOT_SUPPORTED
        label = f" by {basis.label}" if basis.label else ""
        why = f"{aim} is reached{label}, but {basis.guards_in_the_way}"
        return proposal, why + _doubt(basis), basis
    if all(one.proposal is Proposal.NOT_SUPPORTED for one in results.configurations):
        by = f"{aim} is missed{_by(best, -_ahead(best, best.mean, target))}"
        if not best.is_clear(target):
            by += _BY_LUCK[1]
        if many > 1:
            by = f"each of {many} configurations misses {aim} by more than its spread or the noise"
        return Proposal.NOT_SUPPORTED, by + _doubt(best), best
    lucky = [
        configuration for configuration in results.configurations
        if _alone(configuration, target, several=False, of=1) is Proposal.SUPPORTED
    ]  # fmt: skip
    if lucky:
        lead = pick(lucky, key=lambda configuration: configuration.mean)
        if lead.n >= CONFIRMED:
            why = f"{lead.summary_by_label}: {_open_because(lead, target, aim)}"
            return Proposal.OPEN, why, lead
        why = (
            f"{lead.summary_by_label} is one of {many} configurations, and the best of many is"
            f" lucky: repeat it with {_IN_WORDS[CONFIRMED - lead.n]}"
        )
        return Proposal.OPEN, why, lead
    if results.is_search:
        return Proposal.OPEN, results.search_text, results.latest
    if results.latest.n < LEAST:
        what = "run" if many == 1 else "run of a configuration"
        return Proposal.OPEN, f"one {what} says too little about {aim}", results.latest
    if results.latest.proposal is Proposal.OPEN:
        return Proposal.OPEN, _open_because(results.latest, target, aim), results.latest
    lead = results._best_of(one for one in results.configurations if one.proposal is Proposal.OPEN)
    why = f"the configuration tried last misses {aim}; {lead.summary_by_label}"
    return Proposal.OPEN, f"{why}: {_open_because(lead, target, aim)}", lead


def _open_because(one: Configuration, target: float, aim: str) -> str:
    """Why a configuration by itself leaves it open."""
    if one.n < LEAST:
        return f"one run says too little about {aim}"
    if one.may_be_one:
        return f"{one.n} runs gave {one.mean_text} to the last digit: that may be one observation"
    if abs(_ahead(one, one.mean, target)) < one.margin:
        return f"{aim} lies within {one.margin_text}"
    if not one.is_clear(target):
        return f"{aim} lies within the {PERCENT} % interval of the mean"
    if one.is_clear(target, one.chosen_from):
        value = number_text(one.mean_without_best, one.metric)
        return f"without its best run ({value}) it is not beyond {aim} by {one.margin_text}"
    return f"the best of {one.chosen_from} that were repeated may be luck: use fresh seeds"


def _alone(configuration: Configuration, target: float, *, several: bool, of: int) -> Proposal:
    """Which side of the target the mean of a configuration is on, and whether its margin and, from
    three runs on, the interval of the mean are on that side too: the interval of two runs is too
    wide to ask for. One of several is supported without its best run, or not at all, and were it
    the best `of` so many."""
    if configuration.observed < LEAST:
        return Proposal.OPEN
    few = configuration.n < CONFIRMED
    if _ahead(configuration, configuration.mean, target) + configuration.margin < 0:
        clear = few or configuration.is_clear(target)
        return Proposal.NOT_SUPPORTED if clear else Proposal.OPEN
    if not few and not configuration.is_clear(target, of):
        return Proposal.OPEN
    if several and configuration.n < CONFIRMED:
        return Proposal.OPEN
    value = configuration.mean_without_best if several else configuration.mean
    return (
        Proposal.SUPPORTED
        if _ahead(configuration, value, target) >= configuration.margin
        else Proposal.OPEN
    )


def _ahead(configuration: Configuration, value: float, target: float) -> float:
    """How far a value is on the good side of the target."""
    return target - value if _is_lower_better(configuration.metric) else value - target


def _by(configuration: Configuration, ahead: float) -> str:
    """By how much the target is reached or missed."""
    return (
        f" by {'more than' if ahead > configuration.margin else 'just'} {configuration.margin_text}"
    )


def _doubt(basis: Configuration) -> str:
    """What the runs of a configuration may differ in without anybody having written it down."""
    if any(run.dirty for run in basis.runs):
        return "; the runs had uncommitted changes, so their code may differ"
    if any(not run.commit for run in basis.runs):
        return "; no commit of the runs is known, so their code may differ"
    return ""
