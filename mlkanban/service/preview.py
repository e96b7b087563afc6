"""What the board shows of the card under the cursor besides its face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from mlkanban.core import lifecycle
from mlkanban.core.card import Blocker, CheckItem
from mlkanban.core.card_fields import FIELD
from mlkanban.core.field_kinds import blocker_in, items_in
from mlkanban.core.milestones import in_sequence
from mlkanban.core.notes import current_text
from mlkanban.records import record
from mlkanban.store import repository
from mlkanban.store.rows import parse_instant

if TYPE_CHECKING:
    from mlkanban.core.model_health import HealthReading
    from mlkanban.runs.model.run import Run
    from mlkanban.service.transaction import Context
    from mlkanban.store.repository import Transition

_NOTES = 6


class StageStay(NamedTuple):
    """A stage, by its id, in which a card was, or is: since when and until when (None for now)."""

    stage: str
    since: datetime
    until: datetime | None


@record(frozen=True, slots=True)
class CardPreview:
    """A few fields of a card as they are stored, its runs (newest first), the last readings of a
    model in use, the newest notes, newest first, by when they were written, and the stages it was
    in, in the order of time."""

    hypothesis: str
    verdict: str
    metric: Mapping[str, Any]
    blocker: Blocker | None
    checklist: Sequence[CheckItem]
    runs: Sequence[Run]
    readings: Sequence[HealthReading]
    notes: Sequence[tuple[datetime, str]]
    stays: Sequence[StageStay] = ()
    key: str = ""


class Previews:
    def __init__(self, context: Context) -> None:
        self._context = context

    def of_card(self, card_id: str) -> CardPreview:
        """The preview of a card, blank for one that is no more. It is read whenever the cursor
        rests, so nothing is read that is not shown, and nothing is checked again."""
        with self._context.store.reading() as conn:
            entity = repository.entity(conn, card_id)
            fields = lifecycle.shown(entity) if entity.fields else {}
            events = repository.newest_notes(conn, card_id, _NOTES)
            return CardPreview(
                hypothesis=fields.get("hypothesis") or "",
                verdict=fields.get("verdict") or "",
                metric=fields.get("metric") or {},
                blocker=blocker_in(fields.get("blocker")),
                checklist=items_in(fields.get("checklist") or ()),
                runs=_runs(conn, card_id, fields),
                readings=_readings(fields),
                notes=[
                    (parse_instant(event.at), text)
                    for event in events
                    if (text := current_text(event.id, str(event.data["note"]), fields))
                ],
                key=fields.get(FIELD["key"].stored) or "",
                stays=_stays(repository.transitions_of(conn, (card_id,))),
            )


def _stays(transitions: Sequence[Transition]) -> Sequence[StageStay]:
    """The stages of a card; an outcome ends the last one, and being reopened begins another."""
    stays: list[StageStay] = []
    stage, ended = "", False
    instants = in_sequence([transition.at for transition in transitions])
    for at, transition in zip(map(parse_instant, instants), transitions, strict=True):
        was = stage, ended
        stage = transition.stage or stage
        ended = ended if transition.outcome is None else bool(transition.outcome)
        if (stage, ended) == was:
            continue
        if stays and stays[-1].until is None:
            stays[-1] = stays[-1]._replace(until=at)
        if not ended:
            stays.append(StageStay(stage, at, None))
    return stays


def _runs(conn: Any, card_id: str, fields: Mapping[str, Any]) -> Sequence[Run]:
    if not any(name.startswith("run:") and value for name, value in fields.items()):
        return ()
    from mlkanban.runs.use_cases.own_runs import own_runs  # most boards have no runs

    return own_runs(conn, card_id)[1]


def _readings(fields: Mapping[str, Any]) -> Sequence[HealthReading]:
    if not fields.get("health"):
        return ()
    from mlkanban.core.model_health import readings  # of few cards

    return readings(fields)
