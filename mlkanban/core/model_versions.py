"""Versions of models: what they are called, and what became of them.

A version is a card that was delivered and got a health; the cards with one `model` are the versions
of that model. What is in use, since when, and what was rolled back, follows from the events of
these cards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from mlkanban.core.board import OUT_OF_USE, Health, Outcome
from mlkanban.core.events import Event
from mlkanban.core.model_health import ALERTED, HealthReading, readings
from mlkanban.records import record
from mlkanban.text import natural

ROLLED_BACK = "card.rolled-back"
"""The kind of the event that rolls a version back."""
_DIGIT = re.compile(r"\d")
_OWNER = re.compile(
    r"(?:(.*?)(?:^|\s)owner\s*[:=]|(.*\S\s+\S*\d\S*)\s+owner\s)(.*)", re.IGNORECASE | re.DOTALL
)


class VersionName(NamedTuple):
    """What a delivered card is in use as; an `owner` of None is whoever it was before."""

    model: str
    version: str
    owner: str | None = None

    @property
    def name(self) -> str:
        return f"{self.model} {self.version}".strip()

    @property
    def text(self) -> str:
        """The line in which a person types it: `fraud 3   owner: risk team`."""
        return f"{self.name}   owner: {self.owner or ''}".strip()


NOT_A_MODEL = VersionName("", "")
"""A card that is delivered and is no model, whatever it was to become."""


def parse_version_name(text: str) -> VersionName:
    """Parse `fraud 3   owner: risk team`: the version is a word with a digit that ends the name,
    and an owner without a colon follows a version."""
    match = _OWNER.fullmatch(text)
    before, owner = (match[1] or match[2] or "", match[3]) if match else (text, None)
    model, _, last = " ".join(before.split()).rpartition(" ")
    named = None if owner is None else " ".join(owner.split())
    if model and _DIGIT.search(last):
        return VersionName(model, last, named)
    return VersionName(f"{model} {last}".strip(), "", named)


def next_version(versions: Iterable[str]) -> str:
    """The version after these: the last in natural order that ends in a number, with one more
    there; a day is followed by `2024-11-30.1`. `1` where there is none."""
    numbered = [match for text in versions if (match := _NUMBER.fullmatch(text))]
    last = max(numbered, key=lambda match: natural(match[0]), default=None)
    if last is None:
        return "1"
    if _DAY.fullmatch(last[0]):
        return f"{last[0]}.1"
    return f"{last[1]}{int(last[2]) + 1:0{len(last[2])}}"


_NUMBER = re.compile(r"(.*?)(\d{1,9})")
_DAY = re.compile(r"\d{4}-?\d{2}-?\d{2}")


class Waiver(NamedTuple):
    """Gates that were passed over: unticked items and broken guards, why, by whom and when."""

    at: str
    actor: str
    reason: str
    passed: tuple[str, ...]


class RolledBack(NamedTuple):
    at: str
    actor: str
    reason: str


class UseSpan(NamedTuple):
    """A time in use; `until` is '' while it lasts."""

    since: str
    until: str = ""


@record(frozen=True, slots=True)
class VersionLife:
    """What the events of a card say of it as a model: the times in use, who delivered it, the
    gates that were passed over, all readings in order, and how it was rolled back: more than once
    where two machines did that apart, or where it came back. It `failed` where it was rolled back
    and nobody judged it fit for use since: a reading alone does not."""

    spans: tuple[UseSpan, ...] = ()
    actor: str = ""
    waivers: tuple[Waiver, ...] = ()
    readings: tuple[HealthReading, ...] = ()
    rollbacks: tuple[RolledBack, ...] = ()
    failed: bool = False

    @property
    def rolled_back(self) -> RolledBack | None:
        """How it was rolled back last."""
        return self.rollbacks[-1] if self.rollbacks else None


def life_of(events: Iterable[Event], delivered: str) -> VersionLife:
    """The life of a card as a model, from its events in force, in order. It was `delivered` at
    that instant ('' for never): from then on it is in use, whenever somebody said how it does."""
    spans: list[UseSpan] = []
    actor = health = outcome = ""
    waivers: list[Waiver] = []
    all_readings: list[HealthReading] = []
    rollbacks: list[RolledBack] = []
    failed = False
    for event in events:
        values = event.data.get("set", {})
        reason = str(event.data.get("reason") or "")
        if values.get("outcome") == Outcome.SHIPPED and outcome != Outcome.SHIPPED:
            actor, rollbacks, failed = event.actor, [], False
        outcome = (values["outcome"] or "") if "outcome" in values else outcome
        health = (values["health"] or "") if "health" in values else health
        passed = [str(t) for name in ("unticked", "broken") for t in event.data.get(name, ())]
        if passed:
            waivers.append(Waiver(event.at, event.actor, reason, tuple(passed)))
        if event.kind == ALERTED:
            all_readings += readings(values)
        if event.kind == ROLLED_BACK and health == Health.ROLLED_BACK:
            rollbacks.append(RolledBack(event.at, event.actor, reason))
            failed = True
        elif event.kind != ALERTED and values.get("health") not in (None, *OUT_OF_USE):
            failed = False
        used = outcome == Outcome.SHIPPED and bool(health) and health not in OUT_OF_USE
        open_span = bool(spans) and not spans[-1].until
        if used and not open_span:
            since = delivered if not spans and delivered and delivered <= event.at else event.at
            spans.append(UseSpan(since))
        elif not used and open_span:
            spans[-1] = spans[-1]._replace(until=event.at)
    return VersionLife(
        tuple(spans), actor, tuple(waivers), tuple(all_readings), tuple(rollbacks), failed
    )
