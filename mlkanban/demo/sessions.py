"""The triage sessions of the demo: on most Mondays, first thing in the morning."""

from collections import Counter
from collections.abc import Iterator
from random import Random

from mlkanban.core.events import Change
from mlkanban.core.triage_session import FIELD, KIND, TriageSession
from mlkanban.demo.schedule import Calendar

_VERBS = {
    "accepted": 9, "snoozed": 4, "archived": 3, "blocked": 2, "completed": 1, "merged": 1,
}  # fmt: skip
_HELD = 0.8


def sessions(board: str, calendar: Calendar, rng: Random) -> Iterator[tuple[float, Change]]:
    """The triage sessions, each with the minute it ended; all were finished, so none can be
    resumed."""
    for monday in calendar.mondays():
        begin, queue = monday + rng.uniform(2, 9), rng.randint(5, 14)
        skipped = rng.choice((0, 0, 1, 2))
        seconds = round(sum(rng.uniform(12, 50) for _ in range(queue)))
        verbs = rng.choices([*_VERBS], [*_VERBS.values()], k=queue - skipped)
        decided = Counter(verbs)
        session = TriageSession(
            view="all", began=calendar.moment(begin), seconds=seconds, queue=queue,
            decided=decided, skipped=skipped, undone=rng.choice((0, 0, 0, 1)),
            overrides=min(decided["accepted"], rng.choice((0, 0, 0, 1))),
        )  # fmt: skip
        end = begin + seconds / 60
        if rng.random() < _HELD and end < calendar.length:
            at = calendar.instant(end)
            yield end, Change(KIND, board, set={FIELD: session.to_field()}, at=at)
