"""The triage queue: the cards that need a decision, one by one, and why."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from mlkanban.core.board import Board, CardFace, Health
from mlkanban.core.plan import EVEN
from mlkanban.text import quantity

MARKED = "marked"
"""The view of a queue that a person put together, and why each card is in it."""
"""A due date with a lower chance is doubtful."""
QUIET_DAYS = 3
"""A blocked card that nothing was done with for so many days is looked at."""


class TriageView(StrEnum):
    """A part of the triage queue."""

    ALL = "all"
    SILENT = "silent"
    UNDECIDED = "undecided"
    ALERTS = "alerts"
    LOOK_AGAIN = "look-again"
    SNOOZED = "snoozed"
    BLOCKED = "blocked"
    LATE = "late"
    STALE = "stale"
    RUNS = "runs"
    NEW = "new"
    UNLINKED = "unlinked"
    """Runs of trackers that belong to no card yet: they are no part of the queue of cards."""


FORMER_VIEWS = {"inbox": "new"}
"""Earlier names of views, which scripts type and logs have."""


class Item(NamedTuple):
    """A card of the queue, and why it is in it."""

    ref: str
    why: str


def queue(
    board: Board,
    faces: Iterable[CardFace],
    today: date,
    *,
    quiet: Mapping[str, int],
    old: Callable[[CardFace], bool],
    due: Mapping[str, float] | None = None,
    ended: Mapping[str, str] | None = None,
    alerts: Mapping[str, tuple[str, str]] | None = None,
    silent: Mapping[str, tuple[str, str]] | None = None,
    looks: Mapping[str, tuple[str, str]] | None = None,
    undecided: Collection[str] = (),
    view: TriageView = TriageView.ALL,
) -> list[Item]:
    """The cards that need a decision, each once, in order.

    First models in use of which nothing is heard any more (`silent`: card id -> since when, and
    what), cards with a conflict since a merge (`undecided`: card ids), models at alert
    (`alerts`: likewise, the alert in words) and those to be looked at again (`looks`: likewise);
    then snoozes that came due, blocked cards
    without activity (`quiet`: card id -> days), cards that are late or will be (`due`: card id ->
    the chance to be finished by the due date), cards that are `old` for their stage, cards with a
    run that `ended` since anyone looked (card id -> its result), and new cards; the oldest first.
    """
    by_view: dict[TriageView, list[tuple[str, CardFace, str]]] = {part: [] for part in TriageView}
    now = today.isoformat()
    for face in faces:
        if quiet_model := (silent or {}).get(face.id):
            since, why = quiet_model
            if face.health == Health.ALERT:
                why += f"; {(alerts or {}).get(face.id, ('', 'at alert'))[1]}"
            by_view[TriageView.SILENT].append((since, face, why))
            continue
        if face.id in undecided:
            why = "written on two machines at once, = decides"
            by_view[TriageView.UNDECIDED].append((face.created_at, face, why))
            continue
        if face.health == Health.ALERT and not face.archived:
            since, why = (alerts or {}).get(face.id, ("", "at alert"))
            by_view[TriageView.ALERTS].append((since, face, why))
        elif look := (looks or {}).get(face.id):
            by_view[TriageView.LOOK_AGAIN].append((look[0], face, look[1]))
        if not face.is_open or face.snoozed_until > now:
            continue
        days = quiet.get(face.id, 0)
        if face.snoozed_until:
            by_view[TriageView.SNOOZED].append((face.snoozed_until, face, "its snooze is over"))
        elif face.block_reason and days >= QUIET_DAYS:
            why = f"blocked ({face.block_reason}), nothing done for {quantity(days, 'day')}"
            by_view[TriageView.BLOCKED].append((f"{10**6 - days:07}", face, why))
        elif late := _late(face, today, (due or {}).get(face.id)):
            by_view[TriageView.LATE].append((face.due, face, late))
        elif old(face):
            by_view[TriageView.STALE].append((face.started_at, face, "old for its stage"))
        elif what := (ended or {}).get(face.id):
            by_view[TriageView.RUNS].append((face.entered_at, face, what))
        elif board.position(face.stage) == 0 and not board.is_committed(face.stage):
            by_view[TriageView.NEW].append((face.created_at, face, "new"))
    return [
        Item(face.ref, why)
        for part in (
            TriageView.SILENT,
            TriageView.UNDECIDED,
            TriageView.ALERTS,
            TriageView.LOOK_AGAIN,
            TriageView.SNOOZED,
            TriageView.BLOCKED,
            TriageView.LATE,
            TriageView.STALE,
            TriageView.RUNS,
            TriageView.NEW,
        )
        if view in (TriageView.ALL, part)
        for _, face, why in sorted(by_view[part], key=lambda entry: (entry[0], entry[1].id))
    ]


def _late(face: CardFace, today: date, chance: float | None) -> str:
    """Why a due date asks for a decision: its day is over, or it is kept with a chance below 50 %;
    '' where it asks for none."""
    if not face.due or face.finished_at:
        return ""
    if (days := (today - date.fromisoformat(face.due)).days) > 0:
        return f"{quantity(days, 'day')} late"
    if chance is None or chance >= EVEN:
        return ""
    percent = f"{100 * chance:.0f} %" if chance >= 0.01 else "<1 %"
    percent = percent if percent != "50 %" else "<50 %"  # which it is, rounded up
    return f"will be late ({percent})"
