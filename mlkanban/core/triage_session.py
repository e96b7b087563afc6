"""Triage sessions: going through the queue, and the numbers that are stored about it."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from mlkanban.core.timestamps import instant
from mlkanban.core.triage import FORMER_VIEWS, Item
from mlkanban.records import record

KIND, FIELD = "triage.ended", "triage"
"""The event that keeps a session, and the field of the board it sets."""
VERBS = (
    "accepted", "snoozed", "blocked", "unblocked", "completed", "archived", "merged", "answered",
)  # fmt: skip
_WORDS = {"accepted": "moved on", "completed": "finished"}
"""What verbs of the log are called everywhere else: the log keeps those of its beginning."""
AWAY = timedelta(minutes=2)
"""Who presses no key for longer is not at it: that time does not count."""
REMEMBERED = timedelta(days=7)
"""How long a paused session can be gone on with."""


@record(frozen=True, slots=True)
class TriageSession:
    """The result of a session.

    `queue` is the number of cards it began with, `decided` the number of decisions by verb, each
    card by its last decision, undone ones not counted; `overrides` of the accepted ones exceeded a
    limit. `left` were still to be decided, in order; the last `again` of them had been skipped
    already.
    """

    view: str
    began: datetime
    seconds: int
    queue: int
    decided: Mapping[str, int]
    skipped: int
    undone: int
    overrides: int
    left: tuple[str, ...] = ()
    again: int = 0

    @property
    def decisions(self) -> int:
        return sum(self.decided.values())

    @property
    def minutes(self) -> float:
        return self.seconds / 60

    def to_field(self) -> dict[str, Any]:
        """The value of the board's field."""
        return {
            "view": self.view,
            "began": instant(self.began),
            "seconds": self.seconds,
            "queue": self.queue,
            "decided": {verb: self.decided.get(verb, 0) for verb in VERBS},
            "skipped": self.skipped,
            "undone": self.undone,
            "overrides": self.overrides,
            "left": list(self.left),
            "again": self.again,
        }

    @classmethod
    def of_field(cls, value: Any) -> "TriageSession | None":
        """A stored session; None for a malformed value, since logs come from elsewhere, too."""
        try:
            began = datetime.fromisoformat(value["began"])
            view = str(value["view"])
            return cls(
                FORMER_VIEWS.get(view, view),
                began.astimezone(UTC) if began.tzinfo else began.replace(tzinfo=UTC),
                int(value["seconds"]),
                int(value["queue"]),
                {verb: int(value["decided"].get(verb, 0)) for verb in VERBS},
                int(value["skipped"]),
                int(value["undone"]),
                int(value["overrides"]),
                tuple(map(str, value["left"])),
                int(value.get("again", 0)),
            )
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
            return None


def decision_word(verb: str) -> str:
    """A decision as it is called where people read it."""
    return _WORDS.get(verb, verb)


def in_minutes(minutes: float) -> str:
    """`8 minutes`, `1 minute`, `less than a minute`."""
    whole = round(minutes)
    return f"{whole} minute{'' if whole == 1 else 's'}" if whole else "less than a minute"


class Queue(NamedTuple):
    """The cards a session begins with. `skipped` were skipped in the session it resumes: each is
    offered once more."""

    items: list[Item]
    skipped: frozenset[str] = frozenset()
    resumed: bool = False

    def first(self, limit: int | None) -> "Queue":
        return self._replace(items=self.items[:limit])


def resumed(items: Sequence[Item], paused: TriageSession) -> Queue:
    """The present queue in the order in which a paused session stopped: the cards it had left, then
    cards that are new, then those it had skipped. Cards that need no decision any more are left
    out."""
    order = {ref: at for at, ref in enumerate(paused.left)}
    skipped = frozenset(paused.left[len(paused.left) - paused.again :])

    def place(item: Item) -> tuple[bool, int]:
        return item.ref in skipped, order.get(item.ref, len(order))

    there = [item for item in items if item.ref in order]
    if not there:
        return Queue(list(items))
    return Queue(sorted(items, key=place), skipped & {item.ref for item in there}, True)


class _CardChange(NamedTuple):
    """A change of a card; `verb` is '' when it was no decision."""

    ref: str
    verb: str
    forced: bool


class ActiveTime:
    """The time in which somebody was at it, from keys that were pressed. No clock."""

    def __init__(self, began: datetime) -> None:
        self._seen, self.total = began, timedelta()

    def seen(self, now: datetime) -> None:
        """Record that a key was pressed."""
        gap = now - self._seen
        if timedelta() < gap <= AWAY:
            self.total += gap
        self._seen = now


class Sitting:
    """A running session: a place in the queue, and the decisions so far. No store, no clock."""

    def __init__(self, view: str, queue: Queue, began: datetime) -> None:
        self.resumed = queue.resumed
        self.items = list(queue.items)
        self.at = 0
        self._view, self._began, self._length = view, began, len(queue.items)
        self._passed, self._skipped = set(queue.skipped), set[str]()
        self._done: list[_CardChange] = []
        self._taken_back: list[_CardChange] = []
        self._undone = 0
        self._active = ActiveTime(began)

    @property
    def item(self) -> Item | None:
        """The card to decide on; None at the end."""
        return self.items[self.at] if self.at < len(self.items) else None

    @property
    def decided(self) -> Mapping[str, int]:
        """The number of cards by verb, in the order of first decisions; of several decisions on a
        card the last one counts."""
        return Counter(change.verb for change in self._decisions.values())

    @property
    def cards(self) -> int:
        """How many cards the queue has; skipped ones are in it twice."""
        return len({item.ref for item in self.items})

    @property
    def place(self) -> int:
        """The number of the card in the queue, from 1 on: of a skipped card the same when it comes
        back; at the end that of the last one, 0 where there is none."""
        if self.item is None:
            return self.cards
        refs = list(dict.fromkeys(item.ref for item in self.items))
        return refs.index(self.item.ref) + 1

    @property
    def minutes(self) -> float:
        """Active time in minutes."""
        return self._active.total / timedelta(minutes=1)

    @property
    def left(self) -> int:
        """How many cards are still to be decided."""
        return len(self._left()[0])

    @property
    def to_come(self) -> list[Item]:
        """The rest of the queue after the card."""
        return self.items[self.at + 1 :]

    @property
    def has_changes(self) -> bool:
        """Whether there is anything to store."""
        return bool(self.decided or self._skipped or self._undone)

    def seen(self, now: datetime) -> None:
        """Record that a key was pressed."""
        self._active.seen(now)

    def decide(self, verb: str, *, forced: bool = False) -> None:
        """Record a decision on the card, and go to the next card."""
        if self.item is not None:
            self._do(_CardChange(self.item.ref, verb, forced))
            self._go_on()

    def note(self, refs: Collection[str]) -> None:
        """Record a change of cards that decides nothing."""
        for ref in [*refs][-1:]:
            self._do(_CardChange(ref, "", False))

    def skip(self) -> None:
        """Skip the card; it comes back once, at the end."""
        item = self.item
        if item is None:
            return
        if item.ref not in self._decisions:
            self._skipped.add(item.ref)
            if item.ref not in self._passed:
                self._passed.add(item.ref)
                self.items.append(item)
        self._go_on()

    def bring(self, place: int) -> None:
        """Go to the card at a place of `to_come`, from 0 on; the others wait behind it."""
        item = self.items.pop(self.at + 1 + place)
        self.items.insert(self.at, item)

    def previous(self) -> None:
        self.at = max(0, self.at - 1)

    def gone(self) -> None:
        """Record that the card no longer exists."""
        if self.item is not None:
            del self.items[self.at]

    def undo(self, refs: Collection[str]) -> None:
        """Record the undo of the last change of these cards, and go back to the card."""
        if not refs:
            return
        ref = [*refs][-1]
        if self._done and self._done[-1].ref in refs:
            change = self._done.pop()
            self._taken_back.append(change)
            self._undone += bool(change.verb)
            ref = change.ref
        self.at = next((at for at, item in enumerate(self.items) if item.ref == ref), self.at)

    def redo(self, refs: Collection[str]) -> None:
        """Record the redo of the last undone change of these cards."""
        if self._taken_back and self._taken_back[-1].ref in refs:
            change = self._taken_back.pop()
            self._done.append(change)
            self._undone -= bool(change.verb)
            if change.verb and self.item is not None and self.item.ref == change.ref:
                self._go_on()

    def ended(self) -> TriageSession:
        """The session to store, as of the last key."""
        left, again = self._left()
        forced = [change for change in self._decisions.values() if change.forced]
        return TriageSession(
            view=self._view, began=self._began, seconds=round(self._active.total.total_seconds()),
            queue=self._length, decided=dict(self.decided), skipped=len(self._skipped),
            undone=self._undone, overrides=sum(c.verb == "accepted" for c in forced),
            left=left, again=again,
        )  # fmt: skip

    @property
    def _decisions(self) -> dict[str, _CardChange]:
        """The last decision on each card."""
        return {change.ref: change for change in self._done if change.verb}

    def _do(self, change: _CardChange) -> None:
        self._done.append(change)
        self._taken_back.clear()

    def _go_on(self) -> None:
        """Go to the next undecided card."""
        decided = self._decisions
        self.at += 1
        while self.item is not None and self.item.ref in decided:
            self.at += 1

    def _left(self) -> tuple[tuple[str, ...], int]:
        decided = self._decisions
        rest = [r for r in dict.fromkeys(i.ref for i in self.items[self.at :]) if r not in decided]
        again = [ref for ref in rest if ref in self._passed]
        return (*(ref for ref in rest if ref not in self._passed), *again), len(again)
