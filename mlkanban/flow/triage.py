"""Triage: how many decisions its sessions came to, how fast, and how many were only put off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from mlkanban.core.triage_session import VERBS, TriageSession
from mlkanban.flow.percentiles import nearest_rank, needed
from mlkanban.flow.sample import Sample
from mlkanban.flow.throughput import monday
from mlkanban.flow.window import Scope


@dataclass(frozen=True, slots=True)
class Week:
    """The sessions of an ISO week, from `first` on."""

    first: date
    sessions: tuple[TriageSession, ...]

    @property
    def decisions(self) -> int:
        return sum(session.decisions for session in self.sessions)

    @property
    def minutes(self) -> float:
        return sum(session.seconds for session in self.sessions) / 60


@dataclass(frozen=True, slots=True)
class TriageNumbers:
    """The sessions of a window, and their weeks from the first one on, those of none too."""

    sessions: tuple[TriageSession, ...]
    weeks: tuple[Week, ...]
    last_at: datetime | None
    scope: Scope

    @property
    def n(self) -> int:
        return len(self.sessions)

    @property
    def decided(self) -> dict[str, int]:
        return {verb: sum(s.decided.get(verb, 0) for s in self.sessions) for verb in VERBS}

    @property
    def decisions(self) -> int:
        return sum(self.decided.values())

    @property
    def minutes(self) -> float:
        return sum(session.seconds for session in self.sessions) / 60

    @property
    def per_minute(self) -> float | None:
        """Decisions per minute of active time."""
        return self.decisions / self.minutes if self.minutes else None

    @property
    def snooze_rate(self) -> float | None:
        """The share of decisions that only put a card off."""
        return _share(self.decided["snoozed"], self.decisions)

    @property
    def override_rate(self) -> float | None:
        """The share of accepted cards that went over a limit."""
        return _share(sum(s.overrides for s in self.sessions), self.decided["accepted"])

    @property
    def undo_rate(self) -> float | None:
        """The share of all decisions that were taken back."""
        undone = sum(session.undone for session in self.sessions)
        return _share(undone, self.decisions + undone)

    @property
    def skipped(self) -> int:
        return sum(session.skipped for session in self.sessions)

    @property
    def median_minutes(self) -> float | None:
        """The median of active time; None for too few sessions."""
        lengths = sorted(session.seconds for session in self.sessions)
        return nearest_rank(lengths, 50) / 60 if len(lengths) >= needed(50) else None


def triage(sample: Sample) -> TriageNumbers:
    """Count the sessions that began in the window, as far as they were known."""
    zone = sample.workflow.timezone
    some = tuple(
        session
        for session in sorted(sample.sessions, key=lambda session: session.began)
        if session.began <= sample.as_of and sample.workflow.day(session.began) in sample.window
    )
    at = some[-1].began.astimezone(zone) if some else None
    return TriageNumbers(some, _weeks(sample, some), at, sample.scope)


def _weeks(sample: Sample, sessions: Sequence[TriageSession]) -> tuple[Week, ...]:
    if not sessions:
        return ()
    held: dict[int, list[TriageSession]] = {}
    first, last = (
        monday(day.toordinal())
        for day in (sample.workflow.day(sessions[0].began), sample.window.last)
    )
    for week in range(first, last + 1, 7):
        held[week] = []
    for session in sessions:
        held[monday(sample.workflow.day(session.began).toordinal())].append(session)
    return tuple(Week(date.fromordinal(first), tuple(some)) for first, some in held.items())


def _share(some: int, of: int) -> float | None:
    return some / of if of else None
