"""When the work of the demo was done: in working hours, and only where a stage has room."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

from mlkanban.core.timestamps import instant

DAY = 510.0
"""Minutes of a working day, from nine to half past five."""

_MORNING = time(9)
_WEEKS = 26
_HOLIDAY = (14, 12)
"""Nobody works from this many weeks ago to that many."""

_NIGHTS = 2
"""No run goes on for more."""

RUN = "run"
"""The slot of unattended runs."""

Steps = Sequence[tuple[str, float]]
"""Where a card goes, in order, with the minutes it stays."""


class Calendar:
    """Six months of working minutes up to the last evening, counted from 0, and the instants they
    stand for. Nothing depends on the time of day: the board is the same one from morning to night.
    """

    def __init__(self, now: datetime, zone: ZoneInfo, rng: Random) -> None:
        self.now, self._zone = now, zone
        self.today = now.astimezone(zone).date()
        monday = self.today - timedelta(days=self.today.weekday())
        away = [monday - timedelta(weeks=weeks) for weeks in _HOLIDAY]
        first = monday - timedelta(weeks=_WEEKS)
        days = [first + timedelta(days=n) for n in range((self.today - first).days)]
        self.days = [d for d in days if d.weekday() < 5 and not away[0] <= d < away[1]]
        self.holiday = sum(day < away[0] for day in self.days) * DAY
        # No two days begin and end alike.
        self._habits = [(rng.uniform(-25, 25), rng.uniform(0.92, 1.06)) for _ in self.days]
        self.length = len(self.days) * DAY

    def moment(self, minute: float) -> datetime:
        """The instant in the board's zone, to the second; never later than now."""
        day, rest = divmod(min(max(minute, 0.0), self.length), DAY)
        if day == len(self.days):
            day, rest = day - 1, DAY
        morning = datetime.combine(self.days[int(day)], _MORNING, self._zone)
        late, pace = self._habits[int(day)]
        return (morning + timedelta(minutes=late + rest * pace)).replace(microsecond=0)

    def instant(self, minute: float) -> str:
        """The instant of a minute, as the log stores it."""
        return instant(self.moment(minute))

    def days_ago(self, days: int) -> float:
        """The middle of the last working day at least `days` calendar days ago."""
        at = bisect_right(self.days, self.today - timedelta(days=days)) - 1
        return (at + 0.5) * DAY

    def minute(self, moment: datetime) -> float:
        """The working minute of an instant; one at night or at a weekend is that of the morning
        after."""
        here = moment.astimezone(self._zone)
        at = bisect_left(self.days, here.date())
        if at == len(self.days) or self.days[at] != here.date():
            return at * DAY
        late, pace = self._habits[at]
        morning = datetime.combine(here.date(), _MORNING, self._zone)
        spent = ((here - morning).total_seconds() / 60 - late) / pace
        return at * DAY + min(max(spent, 0.0), DAY)

    def night(self, minute: float, hours: float) -> datetime:
        """An instant so many hours after the end of the working day before a minute."""
        return self.moment(minute - 0.01) + timedelta(hours=hours)

    def mondays(self) -> Iterator[float]:
        """The first working minute of every week but the first."""
        for at, (before, day) in enumerate(pairwise(self.days), 1):
            if _week(day) != _week(before):
                yield at * DAY


def _week(day: date) -> tuple[int, int]:
    return day.isocalendar()[:2]


@dataclass(frozen=True, slots=True)
class Visit:
    """A stay in a slot. `name` distinguishes a second visit (`eval2`); `forced` is the reason for
    exceeding the limit."""

    name: str
    slot: str
    start: float
    end: float
    forced: str = ""

    def at(self, share: float) -> float:
        """The minute when this share of the stay is over."""
        return self.start + share * (self.end - self.start)


def names(steps: Steps) -> list[str]:
    """The names of the visits; a second visit to a slot gets a number."""
    times: Counter[str] = Counter()
    made = []
    for slot, _ in steps:
        times[slot] += 1
        made.append(slot if times[slot] == 1 else f"{slot}{times[slot]}")
    return made


def visits(steps: Steps, start: float, forced: Mapping[str, str]) -> Iterator[Visit]:
    """Visits one after the other from the minute `start` on. A run that is not over by the evening
    ends in the night, or in the next one, and the visit after it begins in the morning."""
    end, last = start, len(steps) - 1
    for at, (name, (slot, minutes)) in enumerate(zip(names(steps), steps, strict=True)):
        end += minutes
        over = end
        if slot == RUN and at < last and end // DAY > start // DAY:
            over = min(end // DAY, start // DAY + _NIGHTS) * DAY
        yield Visit(name, slot, start, over, forced.get(name, ""))
        start = over


class Slots:
    """Which slots are taken when. A visit may exceed the limit of its slot only if forced, by one,
    and only when the slot is full."""

    def __init__(self, limits: Mapping[str, int]) -> None:
        self._limits = limits
        self._taken: defaultdict[str, list[Visit]] = defaultdict(list)

    def fit(self, wanted: Iterable[Visit]) -> bool:
        """Whether there is room for all these visits of one card beside those already taken."""
        return all(self._fits(visit) for visit in wanted)

    def take(self, visits: Iterable[Visit]) -> None:
        for visit in visits:
            self._taken[visit.slot].append(visit)

    def close(self, slot: str, minute: float) -> None:
        """Close a slot at a minute: no visit of it may span that minute."""
        closed = Visit(slot, slot, minute, minute + 1)
        self._taken[slot] += [closed] * self._limits[slot]

    def _fits(self, visit: Visit) -> bool:
        limit = self._limits.get(visit.slot)
        if limit is None:
            return True
        beside = [
            other
            for other in self._taken[visit.slot]
            if other.start < visit.end and visit.start < other.end
        ]
        # The count only grows when somebody enters.
        for entering in (visit, *beside):
            if not visit.start <= entering.start < visit.end:
                continue
            there = 1 + sum(o.start <= entering.start < o.end for o in beside)
            if entering.forced and there != limit + 1:
                return False
            if not entering.forced and there > limit:
                return False
        return True
