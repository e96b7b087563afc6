"""Boards and cards as --json prints them: the names that scripts rely on.

Plain dictionaries, for `add`, `move` and `list` start with this; the models are in `json_output`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from mlkanban.core.board import Board, CardFace, Stage, place
from mlkanban.core.card import Blocker, Card, to_json
from mlkanban.core.card_fields import FIELD, FIELDS
from mlkanban.core.milestones import days_old
from mlkanban.core.rules import Load, gate
from mlkanban.core.timestamps import instant
from mlkanban.service import Service

if TYPE_CHECKING:
    from mlkanban.core.ab_test import AbTest, Arm
    from mlkanban.flow.due import PartsDone
    from mlkanban.runs.model.usage import Spending

Data = dict[str, Any]


def cards_data(cards: Iterable[Card], service: Service, now: datetime) -> list[Data]:
    """Whole cards, of whatever boards."""
    given = list(cards)
    boards = {board_id: service.boards.of_id(board_id) for board_id in {c.board for c in given}}
    return [card_data(card, boards[card.board], now) for card in given]


def card_data(card: Card, board: Board, now: datetime) -> Data:
    """Everything on a card. Instants are UTC; `age_days` counts from commitment until finished, or
    until `now`."""
    values = {**card.values, "metric": card.measured}
    closed = [gate(board, item.gate) for item in card.checklist]
    return {
        "id": card.ref,
        "uuid": card.id,
        "board": board.key,
        **{
            field.json_name: field.kind.data(values[field.name])
            for field in FIELDS
            if field.part_of != "metric"
        },
        "stage": board.stage(card.stage).name,
        "guards": [to_json(guard) for guard in card.measured_guards],
        "checklist": [
            {**to_json(item), "gate": stage.name if stage else ""}
            for item, stage in zip(card.checklist, closed, strict=True)
        ],
        "readings": [reading._asdict() for reading in card.readings],
        "ab": ab_data(card.ab) if card.ab else None,
        "created": _instant(card.created_at),
        "entered": _instant(card.entered_at),
        "started": _instant(card.started_at),
        "finished": _instant(card.finished_at),
        "person": card.person or None,
        "age_days": age_days(card.started_at, card.finished_at, board, now),
        "notes": [
            {"at": _instant(note.at), "actor": note.actor, "text": note.text} for note in card.notes
        ],
    }


def ab_data(test: AbTest) -> Data:
    """An A/B test, with what follows from it; `ratio` and the numbers are null where they cannot be
    told."""
    difference, ratio = test.difference, test.ratio

    def arm(one: Arm) -> Data:
        return {
            "name": one.name, "n": one.n, "successes": one.successes, "value": one.value,
            "sd": one.sd,
        }  # fmt: skip

    return {
        "in_use": arm(test.control),
        "challenger": arm(test.challenger),
        "difference": difference._asdict(),
        "ratio": ratio._asdict() if ratio else None,
        "chance_better": test.chance,
        "less_is_better": test.less,
        "least": test.least,
        "n": test.n,
        "planned": test.planned,
        "more": test.more,
        "verdict": str(test.verdict) if test.verdict else None,
        "at": test.at,
    }


def spent_data(spent: Spending | None) -> Data | None:
    """What is used of the budget of a card; `share` 1 is all of it."""
    if spent is None:
        return None
    return {
        "budget": spent.budget.amount,
        "unit": spent.budget.unit,
        "used": spent.used,
        "share": spent.share,
        "unknown": spent.unknown,
    }


def parts_data(parts: PartsDone | None) -> Data | None:
    """The parts of a card that are done, of all, and the day by which all are with 85 %."""
    if parts is None:
        return None
    return {"done": parts.done, "total": parts.total, "by": parts.by and parts.by.isoformat()}


def face_data(
    faces: Sequence[CardFace],
    board: Board,
    service: Service,
    now: datetime,
    every: Collection[CardFace],
) -> list[Data]:
    """What the board shows of some of `every` card of it: the names and values of `card_data`,
    without the long texts."""
    blocked = FIELD["blocked"].kind
    blockers: Mapping[str, Blocker] = {}
    if any(face.block_reason for face in faces):
        blockers = service.boards.blockers(board.id)
    chances: Mapping[str, float | None] = {}
    if any(face.due and face.is_open for face in faces):
        due_dates = service.planning.due_dates(board, every)
        chances = {card.ref: card.chance for card in due_dates.cards}
    keys = service.boards.keys_elsewhere(board.id) if faces else {}
    return [
        {
            "id": face.ref,
            "uuid": face.id,
            "board": board.key,
            "stage": board.stage(face.stage).name,
            "title": face.title,
            "key": keys.get(face.id, ""),
            "type": face.type,
            "priority": face.priority,
            "class": face.service_class,
            "tags": face.tags.split(),
            "due": face.due or None,
            "due_chance": chances.get(face.ref),
            "snoozed_until": face.snoozed_until or None,
            "blocked": blocked.data(blockers.get(face.id)) if face.block_reason else None,
            "work": face.work,
            "outcome": face.outcome or None,
            "health": face.health or None,
            "archived": bool(face.archived),
            "created": face.created_at,
            "entered": face.entered_at,
            "started": face.started_at or None,
            "finished": face.finished_at or None,
            "person": face.person or None,
            "age_days": age_days(_moment(face.started_at), _moment(face.finished_at), board, now),
        }
        for face in faces
    ]


def by_stage(faces: Iterable[CardFace], board: Board) -> list[CardFace]:
    """The cards stage by stage, each stage in its order."""
    return sorted(faces, key=lambda face: (board.position(face.stage), *place(face)))


def board_data(board: Board, loads: Mapping[str, Load], merged: Collection[str]) -> Data:
    return {
        "key": board.key,
        "uuid": board.id,
        "name": board.name,
        "timezone": board.timezone,
        "template": board.template,
        "conwip": board.conwip,
        "team_limits": board.team_limits,
        "archived": board.archived,
        "stages": stages_data(board, loads, merged),
    }


def stages_data(board: Board, loads: Mapping[str, Load], merged: Collection[str]) -> list[Data]:
    """The stages of a board; `merged` are the ids of those a merge took over their limits."""
    return [
        {
            **_stage(board, stage, loads.get(stage.id, Load())),
            "over_since_merge": stage.id in merged,
        }
        for stage in board.stages
    ]


def _stage(board: Board, stage: Stage, load: Load) -> Data:
    """`count` are the open cards that stand there, `running` those of them that are unattended."""
    from mlkanban.core.card_templates import role_of  # spares `add` and `list` all templates

    role = role_of(board, stage)
    return {
        "name": stage.name,
        "kind": stage.kind,
        "role": role.word if role else None,
        "committed": stage.committed,
        "deliverables": list(stage.deliverables),
        "limit": stage.limit,
        "unattended": stage.unattended,
        "soft": stage.soft,
        "count": load.total,
        "running": load.slots,
    }


def _instant(moment: datetime | None) -> str | None:
    return instant(moment) if moment else None


def _moment(instant: str) -> datetime | None:
    return datetime.fromisoformat(instant) if instant else None


def age_days(
    started: datetime | None, finished: datetime | None, board: Board, now: datetime
) -> int | None:
    """Days from the commitment of a card until it was finished, or until now; None before that."""
    if started is None:
        return None
    zone = ZoneInfo(board.timezone)

    def day(moment: datetime) -> date:
        return moment.astimezone(zone).date()

    return days_old(day(started), day(min(finished or now, now)))
