"""The history of the demo: its plan as changes of the board, the way the service writes them."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any

from mlkanban.core.board import EXTERNAL_BY_DEFAULT, BlockReason, Outcome, Work
from mlkanban.core.card import Blocker, to_json
from mlkanban.core.events import Change
from mlkanban.demo.cards import PlannedBlock
from mlkanban.demo.models_in_use import models_in_use
from mlkanban.demo.plan import STAGE_OF, PlannedCard
from mlkanban.demo.reviews import reviews
from mlkanban.demo.runs import DemoRuns
from mlkanban.demo.schedule import DAY, RUN, Calendar, Visit
from mlkanban.service.fields import checked, flat

_AGAIN = (
    "Back to training: within the noise of three seeds.",
    "Back to training: good on average, worse on the newest two weeks.",
    "Back to training: one feature knew a day too much. Removed.",
    "Back to training: the smallest segment pays for the gain of the others.",
)
_REVIEWS = 11
_TIDIED = 5 * DAY
"""What was shipped leaves the board on the first Monday after this, unless somebody watches it."""


def new_id(rng: Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


class Story:
    """Collects the changes of the demo card by card; `changes` yields them in order of time, merged
    with the changes `beside`."""

    def __init__(
        self,
        board: str,
        stages: Mapping[str, str],
        calendar: Calendar,
        rng: Random,
        beside: Iterable[tuple[float, Change]] = (),
        risks: str = "",
    ) -> None:
        self._board = board
        self._stages = stages
        self._calendar = calendar
        self._rng = rng
        self._changes = list(beside)
        self._risks = risks
        self._cards: dict[str, tuple[str, PlannedCard]] = {}

    def changes(self) -> Iterator[Change]:
        """All collected changes, oldest first."""
        self._relate()
        self._changes += models_in_use(self._cards, self._board, self._calendar)
        # With dice of their own: nothing else depends on them.
        self._changes += reviews(
            self._cards, self._board, self._risks, self._calendar, Random(_REVIEWS)
        )
        # What happens at night has the minute of the morning after.
        for _, change in sorted(self._changes, key=lambda dated: (dated[0], dated[1].at)):
            yield change

    def add(self, card: PlannedCard) -> None:
        """Collect what happened to one card from its first day to its end, or to now."""
        card_id = new_id(self._rng)
        self._cards[card.spec.key or card_id] = (card_id, card)
        self._created(card_id, card)
        for before, visit in pairwise(card.visits):
            if RUN not in (before.slot, visit.slot):  # runs take the card along
                self._enters(card_id, before, visit)
        self._noted(card_id, card)
        self._runs(card_id, card)
        for block in card.spec.blocks:
            self._blocked(card_id, card, block)
        if card.spec.end:
            self._finished(card_id, card)

    def _record(self, minute: float, kind: str, card: str, **parts: Any) -> None:
        at = self._calendar.instant(minute)
        self._changes.append((minute, Change(kind, self._board, card=card, at=at, **parts)))

    def _edit(self, minute: float, card: str, **fields: Any) -> None:
        self._record(minute, "card.edited", card, set=flat(checked(fields, partial=True)))

    def _place(self, slot: str) -> list[str]:
        """The end of a stage: a place without a rank."""
        return [self._stages[STAGE_OF[slot]], ""]

    def _created(self, card_id: str, card: PlannedCard) -> None:
        spec = card.spec
        metric, _ = spec.measured()
        fields: dict[str, Any] = {
            "title": spec.title, "type": spec.type, "tags": spec.tags.split(),
            "priority": spec.priority, "class": spec.service_class,
            "hypothesis": spec.hypothesis, "dataset": spec.dataset, "metric": metric,
            "worth": spec.worth, "model": spec.model, "version": spec.version, "owner": spec.owner,
            "links": spec.links, "checklist": self._checklist(spec.checklist, at_first=True),
        }  # fmt: skip
        if spec.due is not None:
            last = self._calendar.moment(card.end).date() if spec.end else self._calendar.today
            fields["due"] = (last + timedelta(days=spec.due)).isoformat()
        set_fields = {name: value for name, value in fields.items() if value}
        values = {"deleted": False, "place": self._place("ideas"), **flat(checked(set_fields))}
        self._record(card.start, "card.created", card_id, set=values)
        if any(not text.startswith("[ ]") for text in spec.checklist):
            self._edit(card.looked.at(0.7), card_id, checklist=self._checklist(spec.checklist))
        if spec.snoozed is not None:
            until = self._calendar.today + timedelta(days=spec.snoozed)
            values = {"snoozed_until": until.isoformat()}
            self._record(card.end - 0.8 * DAY, "card.snoozed", card_id, set=values)

    def _enters(self, card_id: str, before: Visit, visit: Visit) -> None:
        """The move from one visit to the next."""
        kind = "card.moved"
        values: dict[str, Any] = {"place": self._place(visit.slot)}
        if visit.slot == "live":
            values["outcome"] = Outcome.SHIPPED.value
        elif before.slot == "live":
            kind, values["outcome"] = "card.reopened", None
        self._record(visit.start, kind, card_id, set=values, reason=visit.forced)

    def _noted(self, card_id: str, card: PlannedCard) -> None:
        """The notes of each visit, spread over it; a step back without a note gets a short one."""
        texts: dict[str, list[str]] = {}
        for note in card.spec.notes:
            where, _, text = note.partition(": ")
            texts.setdefault(where, []).append(text)
        following = {visit.name: after.slot for visit, after in pairwise(card.visits)}
        for visit in card.visits:
            mine = texts.pop(visit.name, [])
            if not mine and visit.slot == "eval" and following.get(visit.name) == "train":
                mine = [self._rng.choice(_AGAIN)]
            for number, text in enumerate(mine, 1):
                self._record(visit.at(number / (len(mine) + 0.4)), "card.noted", card_id, note=text)
        assert not texts, (card.spec.title, texts)

    def _runs(self, card_id: str, card: PlannedCard) -> None:
        """The changes by the card's runs; without a run that reports, a person typed the metric's
        value."""
        runs = DemoRuns(self._board, self._place, self._calendar, self._rng, card_id, card)
        self._changes += runs.changes()
        metric, reached = card.spec.measured()
        if reached is not None and not runs.report:
            self._edit(card.visits[-1].at(0.75), card_id, metric={**metric, "value": reached})

    def _blocked(self, card_id: str, card: PlannedCard, block: PlannedBlock) -> None:
        visit = next(visit for visit in card.visits if visit.name == block.where)
        if block.waiting:
            since = max(self._calendar.days_ago(block.waiting), visit.start + 5)
        else:
            since = visit.start + 0.3 * (visit.end - visit.start - block.days * DAY)
        reason = BlockReason(block.why)
        outside = reason in EXTERNAL_BY_DEFAULT if block.external is None else block.external
        until = f"card:{self._cards[block.until][0]}" if block.until else ""
        blocker = Blocker(
            reason=reason, external=outside, note=block.note, until=until,
            since=self._calendar.moment(since),
        )  # fmt: skip
        values = {"blocker": to_json(blocker)}
        self._record(since, "card.blocked", card_id, set=values)
        if block.days:
            self._record(since + block.days * DAY, "card.unblocked", card_id, set={"blocker": None})

    def _finished(self, card_id: str, card: PlannedCard) -> None:
        spec = card.spec
        values: dict[str, Any] = {"outcome": spec.end, "work": Work.ATTENDED.value}
        if spec.verdict:
            values["verdict"] = spec.verdict
        if spec.end == Outcome.SHIPPED:
            values["place"] = self._place("live")
        self._record(card.end, "card.finished", card_id, set=values)
        if spec.end == Outcome.DISCARDED or (spec.end == Outcome.SHIPPED and not spec.live):
            monday = next((m for m in self._calendar.mondays() if m > card.end + _TIDIED), None)
            if monday is not None:
                minute = monday + self._rng.uniform(4, 9)
                self._record(minute, "card.archived", card_id, set={"archived": True})

    def _relate(self) -> None:
        """Dependencies and parents, as soon as both cards exist."""
        for card_id, card in list(self._cards.values()):
            for key in card.spec.needs:
                other_id, other = self._cards[key]
                self._edit(max(card.start, other.start) + 3, card_id, needs=[other_id])
            if card.spec.parent:
                other_id, other = self._cards[card.spec.parent]
                self._edit(max(card.start, other.start) + 4, card_id, parent=other_id)

    def _checklist(self, texts: list[str], *, at_first: bool = False) -> list[dict[str, Any]]:
        """The checklist: `[x]` and `[ ]` before a text say whether the item is done by now; without
        them it is. After a bar follows the stage of the gate."""
        items = []
        for written in texts:
            text, _, gate = written.removeprefix("[x] ").removeprefix("[ ] ").partition(" | ")
            done = not at_first and not written.startswith("[ ]")
            items.append({"text": text, "done": done, "gate": self._stages[gate] if gate else ""})
        return items
