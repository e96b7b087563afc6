"""Looking back: the log of a card or a board, and the history that flow numbers are made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from mlkanban.core import lineage
from mlkanban.core.events import Change, Event, roots
from mlkanban.core.milestones import in_sequence
from mlkanban.core.models import Board, CardFace, Outcome, Work
from mlkanban.core.timestamps import instant
from mlkanban.service.fields import by_ref
from mlkanban.service.imported_steps import LeftOut, continued, is_known
from mlkanban.service.ordering import Ends
from mlkanban.service.transaction import Context, find_face, free_key
from mlkanban.store import repository
from mlkanban.sync.clock import AHEAD

if TYPE_CHECKING:
    from mlkanban.flow.aging import Pace
    from mlkanban.flow.history import CardHistory, PastLimits, Step, Workflow
    from mlkanban.store.database import Connection
    from mlkanban.store.repository import LimitsSet, Transition

_EVERYTHING = 1_000_000_000
_NEVER = "9999"
_Dated = TypeVar("_Dated", "Transition", "LimitsSet")


class HistoryEntry(NamedTuple):
    """An event with the short id of its card ('' for the board), whether it is in force, and the
    event that an undo or a redo is `about`, however often it was undone and done again."""

    event: Event
    ref: str
    in_force: bool
    about: Event | None = None


class BroughtIn(NamedTuple):
    """What came of history from elsewhere: `new` events, events that are there and `undone`, and
    the short ids of cards with steps that were `left_out`, each with a reason."""

    new: int
    undone: int = 0
    left_out: tuple[tuple[str, LeftOut], ...] = ()


def _about(conn: Connection, events: Sequence[Event]) -> dict[str, Event]:
    """The event that each undo and redo of these is about, where it is in the log."""
    known = {event.id: event for event in events}
    due = {event.undoes for event in events if event.undoes} - known.keys()
    while due:
        found = repository.events_by_id(conn, due)
        known |= {event.id: event for event in found}
        due = {event.undoes for event in found if event.undoes} - known.keys()
    about = roots(known.values())
    return {e.id: known[about[e.id]] for e in events if about.get(e.id) in known}


class History:
    def __init__(self, context: Context) -> None:
        self._context = context

    def of_card(self, ref: str) -> list[HistoryEntry]:
        """Everything that happened to a card, oldest first."""
        with self._context.store.reading() as conn:
            face = find_face(conn, ref)
            events = repository.history(conn, "", face.id, _EVERYTHING)
            dead = repository.undone_ids(conn, repository.board_id(conn, face))
            about = _about(conn, events)
        return [HistoryEntry(e, face.ref, e.id not in dead, about.get(e.id)) for e in events]

    def of_board(self, board_id: str, limit: int) -> list[HistoryEntry]:
        """The newest `limit` events of a board, oldest first."""
        with self._context.store.reading() as conn:
            events = repository.history(conn, board_id, "", limit)
            dead = repository.undone_ids(conn, board_id)
            refs = repository.ref_by_id(conn, board_id)
            about = _about(conn, events)
        return [
            HistoryEntry(e, refs.get(e.card, ""), e.id not in dead, about.get(e.id)) for e in events
        ]

    def events(self, board_id: str) -> list[Event]:
        """The whole log of a board, oldest first, for export."""
        with self._context.store.reading() as conn:
            return repository.history(conn, board_id, "", _EVERYTHING)

    def dated_ahead(self, now: datetime) -> tuple[int, str, list[str]]:
        """Events dated in the future: how many, the last date, the short ids of their cards."""
        with self._context.store.reading() as conn:
            return repository.dated_after(conn, instant(now + AHEAD))

    def for_flow(
        self, board: Board, now: datetime | None = None
    ) -> tuple[Workflow, list[CardHistory]]:
        """The board's workflow and the steps of all its cards, undone ones left out. What a clock
        that was ahead dated later than `now` counts as of now, as it does on the board."""
        last = instant(now) if now else _NEVER
        with self._context.store.reading() as conn:
            faces = {face.id: face for face in repository.faces(conn, board.id)}
            transitions = repository.transitions(conn, board.id)
            healths = repository.healths(conn, board.id)
            archivings = repository.archivings(conn, board.id)
            limits = [_by(last, one) for one in repository.limits_set(conn, board.id)]
        transitions = [_by(last, one) for one in transitions]
        archivings = {card: _by(last, one) for card, one in archivings.items()}
        healths = {
            card: [(min(at, last), health) for at, health in some] for card, some in healths.items()
        }
        lived = _as_lived(board, transitions)
        found = _histories(lived, faces, transitions, healths, archivings)
        return _workflow(lived, board, limits), list(found)

    def pace(self, board: Board, as_of: datetime) -> Pace:
        """What marks open cards as old: the pace of each stage and the service level expectation,
        from the cards finished lately; reads no others."""
        from mlkanban.flow.aging import aging
        from mlkanban.flow.sample import follow
        from mlkanban.flow.sle import BASIS_CARDS, BASIS_DAYS, sle
        from mlkanban.flow.window import Window

        since = (as_of - timedelta(days=BASIS_DAYS + 1)).isoformat()
        with self._context.store.reading() as conn:
            ids = repository.finished_since(conn, board.id, since, BASIS_CARDS)
            faces = {face.id: face for face in repository.faces_of(conn, tuple(ids))}
            transitions = repository.transitions_of(conn, ids)
        transitions = [_by(instant(as_of), one) for one in transitions]
        lived = _as_lived(board, transitions)
        workflow = _workflow(lived, board, ())
        histories = _histories(lived, faces, transitions, {}, {})
        window = Window.back(BASIS_DAYS, workflow.day(as_of))
        sample = follow(workflow, histories, as_of, window)
        return aging(sample, sle(sample).days).pace.at(
            lived.position(stage.id) for stage in board.stages
        )

    def bring_in(
        self,
        changes: Iterable[Change],
        progress: Callable[[int], None] | None = None,
        *,
        every: int = 500,
    ) -> BroughtIn:
        """Write history from elsewhere in one transaction; what is there already adds nothing.

        A card made by it gets its short id here, and later changes that name it by its long one
        (dependencies, parents, conditions) get the short one too; what has no rank goes to the end.
        A card that is there already goes on from where it stands, and keeps what was edited here.
        RuleRefused when a new board has the key of another, or a card's stage was removed.
        `progress` is told the number looked at so far.
        """
        added, undone, left_out = 0, 0, dict[tuple[str, LeftOut], None]()
        with self._context.writing() as tx:
            ends = Ends(tx)
            refs: dict[str, str] = {}
            for count, change in enumerate(changes, 1):
                if progress is not None and count % every == 0:
                    progress(count)
                if change.event_id and tx.writer.knows(change.event_id):
                    undone += bool(change.card) and repository.is_undone(tx.conn, change.event_id)
                    continue
                if change.kind == "import.noted" and not added:
                    continue
                if change.kind == "board.created":
                    free_key(tx, str(change.set["key"]))
                if change.card and change.card not in refs and is_known(tx, change.card):
                    step = continued(tx, change)
                    if isinstance(step, LeftOut):
                        ref = str(tx.writer.projector.entity(change.card).fields["ref"])
                        left_out[ref, step] = None
                    if not isinstance(step, Change):
                        continue
                    change = step
                change = ends.placed(replace(change, set=by_ref(change.set, refs)))
                if change.kind == "card.created":
                    named = {"ref": tx.writer.new_ref(), **change.set}
                    change = replace(change, set=named)
                    refs[change.card] = str(named["ref"])
                tx.writer.append(change)
                added += 1
                if not change.card:
                    tx.writer.projector.flush()
        return BroughtIn(added, undone, tuple(left_out))


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


def _workflow(lived: Board, board: Board, limits_set: Sequence[LimitsSet]) -> Workflow:
    """The workflow of a board `lived` with stages that the board has no more."""
    # Loaded here: commands that need no numbers start without it.
    from mlkanban.flow.history import Limits, Workflow

    return Workflow(
        tuple(stage.name for stage in lived.stages),
        lived.first_committed,
        lived.first_delivered,
        ZoneInfo(lived.timezone),
        tuple(stage.kind for stage in lived.stages),
        tuple(Limits(stage.limit, stage.unattended) for stage in lived.stages),
        tuple(
            _past_limits([one for one in limits_set if one.stage == stage.id])
            for stage in lived.stages
        ),
        frozenset(at for at, stage in enumerate(lived.stages) if stage not in board.stages),
    )


def _past_limits(limits_set: Sequence[LimitsSet]) -> tuple[PastLimits, ...]:
    """What held before each of the changes of the limits of a stage; before the first, none."""
    from mlkanban.flow.history import Limits, PastLimits

    instants = in_sequence([one.at for one in limits_set])
    before = [Limits(), *(Limits(one.limit, one.unattended) for one in limits_set)]
    return tuple(
        PastLimits(_instant(at), held)
        for at, held, then in zip(instants, before, before[1:], strict=False)
        if held != then
    )


def _histories(
    board: Board,
    faces: Mapping[str, CardFace],
    transitions: Iterable[Transition],
    healths: Mapping[str, Sequence[tuple[str, str]]],
    archivings: Mapping[str, Transition],
) -> Iterator[CardHistory]:
    from mlkanban.flow.history import CardHistory, Judged

    for card, taken in groupby(transitions, key=itemgetter(0)):
        if card in faces:
            face = faces[card]
            tags = tuple(face.tags.split())
            yield CardHistory(
                face.ref, face.title, face.type, tags, _steps(board, taken, archivings.get(card)),
                tuple(Judged(_instant(at), health) for at, health in healths.get(card, ())),
                tuple(lineage.origins(face, lineage.Kind.RETRAIN_OF)) if face.lineage else (),
            )  # fmt: skip


def _by(last: str, row: _Dated) -> _Dated:
    """A row that is dated no later than an instant."""
    return row if row.at <= last else row._replace(at=last)


def _steps(
    board: Board, transitions: Iterable[Transition], archived: Transition | None
) -> tuple[Step, ...]:
    """The states of one card from what changed, each with all that was set before.

    A card that was `archived` without an outcome has left the flow by that: in a committed stage
    it counts as abandoned, as it does when it is archived there, elsewhere as discarded."""
    from mlkanban.flow.history import Block, Step

    made: list[Step] = []
    rows = list(transitions)
    if archived is not None and all(row.stamp != archived.stamp for row in rows):
        rows = sorted([*rows, archived], key=attrgetter("stamp"))
    instants = in_sequence([row.at for row in rows])
    place, ended, doing, block = 0, None, Work.ATTENDED, None
    for at, (_, _, stage, outcome, work, blocked, stamp) in zip(instants, rows, strict=True):
        if stage is not None:
            place = board.position(stage)
        if outcome is not None:
            ended = outcome or None
        if work is not None:
            doing = Work(work)
        if blocked is not None:
            block = Block(blocked[1:], blocked[0] == "+") if blocked else None
        left = None
        if archived is not None and stamp >= archived.stamp:
            inside = board.first_committed <= place < board.first_delivered
            left = Outcome.ABANDONED.value if inside else Outcome.DISCARDED.value
        made.append(Step(_instant(at), place, ended or left, doing, block))
    return tuple(made)


def _instant(at: str) -> datetime:
    return datetime.fromisoformat(at).astimezone(UTC)
