"""The history of cards as flow numbers count it, read from the log of a board."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, pairwise
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from mlkanban.core.board import Board, CardFace, Outcome, Stage, StageKind, Work
from mlkanban.core.lineage import PARENT, LineageKind, origins
from mlkanban.core.milestones import in_sequence
from mlkanban.core.plan import plan_order
from mlkanban.core.rules import Refused, arrange
from mlkanban.core.timestamps import instant
from mlkanban.flow.aging import aging
from mlkanban.flow.history import (
    Block,
    CardHistory,
    Judged,
    Limits,
    PastLimits,
    PastPoint,
    PointName,
    Step,
    Workflow,
    end_of_day,
)
from mlkanban.flow.pace import Pace
from mlkanban.flow.sample import follow
from mlkanban.flow.sle import BASIS_CARDS, BASIS_DAYS, sle
from mlkanban.flow.window import Window
from mlkanban.store import repository

if TYPE_CHECKING:
    from mlkanban.store.database import Store
    from mlkanban.store.repository import StageSet, Transition

_NEVER = "9999"
_Dated = TypeVar("_Dated", "Transition", "StageSet")


def read(
    store: Store, board: Board, now: datetime | None, day: date | None = None
) -> tuple[Workflow, list[CardHistory]]:
    """The workflow of a board and the steps of all its cards, undone ones left out. What is dated
    later than `now` counts as of now.

    The stages are those at the end of a `day`, if one is given: their names, order and kinds, those
    added later left out, those removed later there. Which of them are committed is that of today.
    Due dates are those of that day, too.
    """
    last = instant(now) if now else _NEVER
    with store.reading() as conn:
        faces = {face.id: face for face in repository.faces(conn, board.id)}
        transitions = repository.transitions(conn, board.id)
        left = {transition.card for transition in transitions} - faces.keys()
        gone = {face.id: face for face in repository.faces_of(conn, tuple(left))}
        elsewhere = repository.stages_elsewhere(conn, board.id)
        healths = repository.healths(conn, board.id)
        archivings = repository.archivings(conn, board.id)
        stages_set = [_by(last, item) for item in repository.stages_set(conn, board.id)]
        merged = repository.merged(conn, board.id)
        due = None
        if day is not None and now is not None and day < _day(board, now):
            due = repository.due_dates(conn, board.id, _end(board, day))
    transitions = [_by(last, item) for item in transitions]
    archivings = {card: _by(last, item) for card, item in archivings.items()}
    healths = {
        card: [(min(at, last), health) for at, health in some] for card, some in healths.items()
    }
    until = _end(board, day) if day else _NEVER
    plans = _plans(board, faces.values(), now, due)
    changes = _in_order(stages_set)
    then = _as_of(board, changes, until, {row.stage for row in transitions if row.at <= until})
    lived = _as_lived(then, transitions)
    histories = _histories(
        lived, faces | gone, transitions, healths, archivings, merged, plans, elsewhere
    )
    return _workflow(lived, then, changes, until), list(histories)


class _Plans(NamedTuple):
    """The due dates of cards, and their places in the plan from 1, by card id; None where nobody
    knows the plan."""

    due: Mapping[str, str]
    places: Mapping[str, int] | None


def _plans(
    board: Board,
    faces: Collection[CardFace],
    now: datetime | None,
    due: Mapping[str, str] | None,
) -> _Plans:
    """What is planned now, or the due dates of an earlier day: the order in which cards stood then
    is not looked for."""
    if due is not None or now is None:
        return _Plans(due or {}, None)
    order = plan_order(board, faces, _day(board, now))
    by_ref = {face.ref: face.id for face in faces}
    places = {by_ref[ref]: place for place, ref in enumerate(order, 1)}
    return _Plans({face.id: face.due for face in faces if face.due}, places)


def _day(board: Board, now: datetime) -> date:
    return board.day_of(now)


def _end(board: Board, day: date) -> str:
    return instant(end_of_day(day, ZoneInfo(board.timezone)))


def pace(store: Store, board: Board, as_of: datetime) -> Pace:
    """The pace of each stage and the service level expectation, from the cards finished lately."""
    since = (as_of - timedelta(days=BASIS_DAYS + 1)).isoformat()
    with store.reading() as conn:
        ids = repository.finished_since(conn, board.id, since, BASIS_CARDS)
        faces = {face.id: face for face in repository.faces_of(conn, tuple(ids))}
        transitions = repository.transitions_of(conn, ids)
        merged = repository.merged(conn, board.id)
        elsewhere = repository.stages_elsewhere(conn, board.id)
    transitions = [_by(instant(as_of), item) for item in transitions]
    lived = _as_lived(board, transitions)
    workflow = _workflow(lived, board, (), _NEVER)
    histories = _histories(lived, faces, transitions, {}, {}, merged, _Plans({}, {}), elsewhere)
    window = Window.back(BASIS_DAYS, workflow.day(as_of))
    sample = follow(workflow, histories, as_of, window)
    return aging(sample, sle(sample).days).pace.at(
        lived.position(stage.id) for stage in board.stages
    )


def _in_order(stages_set: Sequence[StageSet]) -> list[StageSet]:
    """Changes of stages in order of their corrected instants."""
    instants = in_sequence([one.at for one in stages_set])
    return [one._replace(at=at) for one, at in zip(stages_set, instants, strict=True)]


def _as_of(
    board: Board, changes: Sequence[StageSet], until: str, been: Collection[str | None]
) -> Board:
    """The board with the stages that it had at an instant, or when it was made if that was later;
    a stage that was added later is there where cards have `been` in it, as imported ones may."""
    if not changes or changes[-1].at <= until:
        return board
    until = max(until, changes[0].at)
    values: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for one in changes:
        if one.at <= until:
            values[one.stage] |= one.values
    present = {stage.id for stage in board.stages}
    there: list[Stage] = []
    former: list[Stage] = []
    ranks: dict[str, str] = {}
    for stage in board.with_former.stages:
        held = values.get(stage.id, {"deleted": stage.id not in present})
        if stage.id not in values and stage.id not in been:
            continue
        ranks[stage.id] = held.get("rank", stage.rank)
        name, kind = held.get("name", stage.name), StageKind(held.get("kind", stage.kind))
        (former if held.get("deleted") else there).append(replace(stage, name=name, kind=kind))
    if not any(stage.committed for stage in there):
        return board
    then = sorted(
        (replace(stage, rank=ranks[stage.id]) for stage in there), key=attrgetter("rank", "id")
    )
    if isinstance(arrange(tuple(then)), Refused):
        # The order of that day does not go with the points of today.
        then = there
    return replace(board, stages=tuple(then), former=tuple(former))


def _as_lived(board: Board, transitions: Iterable[Transition]) -> Board:
    """The board with those of its removed stages in which cards have been, named as removed; they
    have no limit any more."""
    been = {row.stage for row in transitions}
    former = tuple(
        replace(stage, name=f"{stage.name} (removed)", limit=None, unattended=None)
        for stage in board.former
        if stage.id in been
    )
    return replace(board, former=former).with_former


def _workflow(lived: Board, board: Board, changes: Sequence[StageSet], until: str) -> Workflow:
    """The workflow of a board `lived` with stages that the board has no more, its kinds as they
    were at an instant."""
    return Workflow(
        tuple(stage.name for stage in lived.stages),
        lived.first_committed,
        lived.first_delivered,
        ZoneInfo(lived.timezone),
        tuple(stage.kind for stage in lived.stages),
        tuple(Limits(stage.limit, stage.unattended) for stage in lived.stages),
        tuple(
            _past_limits([one for one in changes if one.stage == stage.id])
            for stage in lived.stages
        ),
        frozenset(at for at, stage in enumerate(lived.stages) if stage not in board.stages),
        tuple(_past_points(board, changes, until)),
    )


def _past_limits(changes: Sequence[StageSet]) -> tuple[PastLimits, ...]:
    """What held before each of the changes of the limits of a stage; before the first, and from its
    removal on, none."""
    held = Limits()
    past: list[PastLimits] = []
    for one in changes:
        values = one.values
        cards = values.get("limit", held.cards)
        then = Limits(cards, values.get("unattended", held.unattended))
        then = Limits() if values.get("deleted") else then
        if held != then:
            past.append(PastLimits(_instant(one.at), held))
        held = then
    return tuple(past)


def _past_points(board: Board, changes: Sequence[StageSet], last: str) -> Iterator[PastPoint]:
    """How long commitment and delivery were others than now, and the kinds of stages others than at
    an instant. A removed stage keeps its place and what it was."""
    names = {stage.id: stage.name for stage in (*board.stages, *board.former)}
    values: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    held: defaultdict[tuple[PointName, str], list[tuple[str, datetime]]] = defaultdict(list)
    for at, together in groupby(changes, key=attrgetter("at")):
        for one in together:
            values[one.stage] |= one.values
        for point, value in _points(values).items():
            late = point[0] == "kind" and at > last
            if not held[point] or (not late and held[point][-1][0] != value):
                held[point].append((value, _instant(at)))
    for (what, stage), spells in held.items():
        now = spells[-1][0]
        for at, ((was, since), (_, until)) in enumerate(pairwise(spells)):
            if was != now and stage in {"", *names}:
                shown = (was, now) if what == "kind" else (names.get(was, was), names.get(now, now))
                yield PastPoint(what, names.get(stage, ""), *shown, since if at else None, until)


def _points(values: Mapping[str, Mapping[str, Any]]) -> dict[tuple[PointName, str], str]:
    """Commitment, delivery and kinds of stages with these values: (what, stage) -> value."""
    order = sorted(values, key=lambda stage: (values[stage].get("rank", ""), stage))
    committed = [stage for stage in order if values[stage].get("committed")]
    points: dict[tuple[PointName, str], str] = {
        ("kind", stage): str(values[stage].get("kind", "")) for stage in order
    }
    if committed:
        points |= {("commitment", ""): committed[0], ("delivery", ""): committed[-1]}
    return points


def _histories(
    board: Board,
    faces: Mapping[str, CardFace],
    transitions: Iterable[Transition],
    healths: Mapping[str, Sequence[tuple[str, str]]],
    archivings: Mapping[str, Transition],
    merged: Collection[str],
    plans: _Plans,
    elsewhere: Collection[str],
) -> Iterator[CardHistory]:
    for card, taken in groupby(transitions, key=itemgetter(0)):
        rows = list(taken)
        if card in faces and (steps := _steps(board, rows, archivings.get(card), elsewhere)):
            face = faces[card]
            away = any(row.stage in elsewhere for row in rows)
            tags = tuple(face.tags.split())
            yield CardHistory(
                face.ref, face.title, face.type, tags,
                _without_delivery(steps) if card in merged else steps,
                tuple(Judged(_instant(at), health) for at, health in healths.get(card, ())),
                tuple(origins(face, LineageKind.RETRAIN_OF)) if face.lineage else (),
                tuple(ref for kind in LineageKind for ref in origins(face, kind))
                if face.lineage
                else (),
                next(iter(origins(face, PARENT)), "") if face.lineage else "",
                plans.due.get(card, ""),
                None if plans.places is None else plans.places.get(card, 0),
                _instant(face.created_at) if away else None,
            )  # fmt: skip


def _by(last: str, row: _Dated) -> _Dated:
    """A row that is dated no later than an instant."""
    return row if row.at <= last else row._replace(at=last)


def _steps(
    board: Board,
    transitions: Sequence[Transition],
    archived: Transition | None,
    elsewhere: Collection[str],
) -> tuple[Step, ...]:
    """The states of one card from what changed, each with all that was set before.

    A card that was `archived` without an outcome has left the flow by that: in a committed stage
    it counts as abandoned, as it does when it is archived there, before as discarded. The same goes
    for a card that was moved to another board, in a stage `elsewhere`; what it did there is left
    out, also before it came."""
    made: list[Step] = []
    rows = list(transitions)
    if archived is not None and all(row.stamp != archived.stamp for row in rows):
        rows = sorted([*rows, archived], key=attrgetter("stamp"))
    instants = in_sequence([row.at for row in rows])
    place, ended, doing, block = 0, None, Work.ATTENDED, None
    away = False
    for at, (_, _, stage, outcome, work, blocked, stamp) in zip(instants, rows, strict=True):
        if stage is not None and not (away := stage in elsewhere):
            place = board.position(stage)
        if outcome is not None:
            ended = outcome or None
        if work is not None:
            doing = Work(work)
        if blocked is not None:
            block = Block(blocked[1:], blocked[0] == "+") if blocked else None
        left = None
        if away and not made:
            continue
        if away or (archived is not None and stamp >= archived.stamp):
            inside = board.first_committed <= place < board.first_delivered
            left = Outcome.ABANDONED.value if inside else Outcome.DISCARDED.value
        made.append(Step(_instant(at), place, left if away else ended or left, doing, block))
    return tuple(made)


def _without_delivery(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps of a duplicate: merged into another card it left, and nothing was delivered."""
    abandoned = Outcome.ABANDONED.value
    last = steps[-1].outcome
    return tuple(
        replace(step, outcome=abandoned) if step.outcome == last == Outcome.SUPERSEDED else step
        for step in steps
    )


def _instant(at: str) -> datetime:
    moment = datetime.fromisoformat(at)
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
