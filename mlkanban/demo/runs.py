"""The runs of the demo's cards: what was tried in which stage, its results, and what is still
running."""

import shlex
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from mlkanban.core.board import Work
from mlkanban.core.card import Metric, to_json
from mlkanban.core.events import Change
from mlkanban.core.names import slug
from mlkanban.core.timestamps import instant
from mlkanban.demo.plan import STAGE_OF, PlannedCard
from mlkanban.demo.schedule import DAY, RUN, Calendar, Visit
from mlkanban.runs.model.effects import block_by
from mlkanban.runs.model.failure import death
from mlkanban.runs.model.run import PREFIX, Run
from mlkanban.runs.model.state import Judgement, PidScope, RunState, Seen, judge
from mlkanban.runs.slurm.job_records import SlurmJob, Ticket, judge_job

_HOSTS = ("gpu-01", "gpu-02", "gpu-03")
_LOGIN = "login-01"
_RUNNING_FOR = timedelta(hours=14)
_GAP = timedelta(seconds=41)
"""In which SLURM starts a job."""
_SEEDS = 3
"""Jobs of a card that SLURM has."""


class DemoRuns:
    """The runs of one card as changes, the way the service writes them. `place` gives the end of
    the stage of a slot."""

    def __init__(
        self,
        board: str,
        place: Callable[[str], list[str]],
        calendar: Calendar,
        rng: Random,
        card_id: str,
        card: PlannedCard,
    ) -> None:
        self._board, self._place, self._calendar, self._rng = board, place, calendar, rng
        self._card_id, self._card, self._spec = card_id, card, card.spec
        metric, self._reached = card.spec.measured()
        self._metric = to_json(Metric(**metric)) if metric else {}
        self._host = card.spec.host or rng.choice(_HOSTS)
        self._commit = ""
        self._blocked = False
        failed = [failure.where for failure in card.spec.failures]
        self._finished = [
            visit for visit in card.visits[:-1] if visit.slot == RUN and visit.name not in failed
        ]

    @property
    def report(self) -> bool:
        """Whether the value of the card's metric comes from its runs."""
        return bool(self._finished or self._spec.job)

    def changes(self) -> Iterator[tuple[float, Change]]:
        """All changes by the runs and the commits they were made with, each with its minute."""
        visits = self._card.visits
        for before, visit, after in zip(visits, visits[1:], (*visits[2:], None), strict=False):
            if visit.slot == "train" or (visit.slot == RUN and not self._commit):
                self._commit = f"{self._rng.getrandbits(160):040x}"
            if visit.slot == "train" and after:
                minute = visit.at(0.9)
                values = {f"link:git:{self._commit[:7]}": True}
                at = self._calendar.instant(minute)
                change = Change("card.edited", self._board, card=self._card_id, set=values, at=at)
                yield minute, change
            if visit.slot == RUN:
                if after:
                    runs = self._tried(visit)
                elif self._spec.job:
                    runs = yield from self._submitted(visit)
                else:
                    runs = [self._elsewhere(visit)]
                yield from self._began(runs, before)
                yield from self._ended(runs, after)

    def _tried(self, visit: Visit) -> list[Run]:
        """The runs of a finished visit; the last of them ended it."""
        failure = next((f for f in self._spec.failures if f.where == visit.name), None)
        number = self._finished.index(visit) if failure is None else 0
        values = self._values(number) if failure is None else [None]
        over = self._over(visit)
        runs = []
        for at, value in enumerate(values, 1):
            run = self._run(visit, at, len(values))
            begun = datetime.fromisoformat(run.started)
            share = 1.0 if at == len(values) else self._rng.uniform(0.75, 0.97)
            run = replace(run, ended=instant(begun + share * (over - begun)))
            run = _judged(run, judge(_seen(exit=failure.exit if failure else 0)))
            if failure is not None:
                died = death(failure.exit, failure.last)
                run = replace(run, why=died.why, reason=died.reason.value, last=tuple(failure.last))
            runs.append(replace(run, metrics=self._metrics(value)))
        return runs

    def _over(self, visit: Visit) -> datetime:
        """When the last run of a visit ended: with the visit, or in the night at its end."""
        if visit.end % DAY:
            return self._calendar.moment(visit.end)
        return self._calendar.night(visit.end, self._rng.uniform(0.5, 11))

    def _elsewhere(self, visit: Visit) -> Run:
        """A run that is still going on a host that cannot be inspected from here."""
        return _judged(self._run(visit, 1, 1), judge(_seen(elsewhere=self._host)))

    def _submitted(self, visit: Visit) -> Generator[tuple[float, Change], None, list[Run]]:
        """A SLURM job for each seed: by now the first is over, the second runs and the third
        waits."""
        numbers = [str(self._spec.job + at) for at in range(_SEEDS)]
        runs = [
            replace(self._run(visit, at, _SEEDS), job=f"SLURM job {number}", host=_LOGIN)
            for at, number in enumerate(numbers, 1)
        ]
        jobs = [
            SlurmJob(numbers[0], numbers[0], "COMPLETED", exit=0),
            SlurmJob(numbers[1], numbers[1], "RUNNING", teller="squeue"),
            SlurmJob(numbers[2], numbers[2], "PENDING", reason="Resources", teller="squeue"),
        ]
        judgements = (judge_job(Ticket(job.id), jobs[:1], jobs[1:], 0, 0.0) for job in jobs)
        over, running, waits = (judgement.judgement for judgement in judgements if judgement)
        for run in runs:
            submitted = replace(run, started="", made=run.started)
            yield self._change("run.queued", {}, _judged(submitted, waits), run.started)
        since = self._calendar.now - _RUNNING_FOR
        begun, ended = self._calendar.moment(visit.start) + _GAP, since - _GAP
        first = replace(
            _judged(runs[0], over), host=self._host, started=instant(begun), ended=instant(ended),
            elapsed=int((ended - begun).total_seconds()), metrics=self._metrics(self._reached),
        )  # fmt: skip
        second = replace(_judged(runs[1], running), started=instant(since))
        return [first, second, _judged(runs[2], waits)]

    def _run(self, visit: Visit, at: int, of: int) -> Run:
        """Run number `at` of the `of` runs that were started when a visit began."""
        made = self._calendar.moment(visit.start) + timedelta(seconds=7 * at)
        started = instant(made)
        digits = started.replace("-", "").replace(":", "")
        words = shlex.split(self._command(visit))
        return Run(
            f"{digits[:8]}-{digits[9:15]}-{self._rng.getrandbits(32):08x}",
            argv=(*words, "--seed", str(at)) if of > 1 else tuple(words),
            host=self._host,
            started=started,
            commit=self._commit,
            gpus=self._spec.gpus,
        )

    def _command(self, visit: Visit) -> str:
        """The command that was run in a visit; the last one given also serves the visits after
        it."""
        if commands := self._spec.commands:
            runs = [other for other in self._card.visits if other.slot == RUN]
            return commands[min(runs.index(visit), len(commands) - 1)]
        area = self._spec.tags.split()[0]
        return f"python train.py --config configs/{area}/{slug(self._spec.title)[:24]}.yaml"

    def _values(self, number: int) -> list[float | None]:
        """The values that the runs of a visit reported: as given in cards.toml, or on the way to
        the value of the last visit, and around it where the metric is noisy."""
        if self._reached is None:
            return [None]
        value: float | list[float] = self._reached
        if self._spec.runs:
            value = self._spec.runs[number]
        elif number < len(self._finished) - 1:
            first = self._metric["baseline"]
            first = self._reached if first is None else first
            value = round(first + (self._reached - first) * 0.7, 3)
        if isinstance(value, list):
            return [*value]
        noise = self._metric.get("noise")
        if not noise:
            return [value]
        away = max(0.001, round(noise * self._rng.uniform(0.4, 1), 3))
        return [round(value - away, 3), round(value + away, 3), value]

    def _metrics(self, value: float | None) -> dict[str, float]:
        return {} if value is None else {self._metric["name"]: value}

    def _began(self, runs: Sequence[Run], before: Visit) -> Iterator[tuple[float, Change]]:
        for run in runs:
            values: dict[str, Any] = {}
            if run is runs[0]:
                if STAGE_OF[before.slot] != STAGE_OF[RUN]:
                    values["place"] = self._place(RUN)
                values["work"] = Work.UNATTENDED.value
                if self._blocked:
                    values["blocker"], self._blocked = None, False
            if run.state is not RunState.QUEUED:
                yield self._change("run.started", values, run.begun, run.started)

    def _ended(self, runs: Sequence[Run], after: Visit | None) -> Iterator[tuple[float, Change]]:
        for run in runs:
            if not run.state.ended:
                continue
            values: dict[str, Any] = {}
            if after and run is runs[-1]:
                if run.state is RunState.FINISHED:
                    values["place"] = self._place(after.slot)
                values["work"] = Work.ATTENDED.value
                if run.state is RunState.FAILED:
                    values["blocker"] = {**block_by(run), "since": run.ended}
                    self._blocked = True
            if run.metrics:
                [value] = run.metrics.values()
                values["metric"] = {**self._metric, "value": value}
            yield self._change("run.ended", values, run, run.ended)

    def _change(
        self, kind: str, values: Mapping[str, Any], run: Run, at: str
    ) -> tuple[float, Change]:
        """A change that a run makes, with its minute."""
        name = PREFIX + run.id
        change = Change(
            kind, self._board, card=self._card_id, set={**values, name: run.to_field()}, at=at,
            actor=name,
        )  # fmt: skip
        return self._calendar.minute(datetime.fromisoformat(at)), change


def _judged(run: Run, judgement: Judgement) -> Run:
    return replace(run, state=judgement.state, evidence=judgement.evidence, exit=judgement.exit)


def _seen(*, exit: int | None = None, elsewhere: str = "") -> Seen:
    """The observations of a run whose end was recorded, or of a run on another host."""
    here, there = PidScope(_LOGIN, "", ""), PidScope(elsewhere or _LOGIN, "", "")
    return Seen(here, there, age=9e9, heartbeat=1.0, end_written=exit is not None, exit=exit)
