"""Links between runs of trackers and cards, made by a tag of the run or by a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from mlkanban.core.board import CardFace, Work
from mlkanban.core.events import Change, Entity, holders
from mlkanban.core.timestamps import moment
from mlkanban.errors import NotFound, RuleRefused, UsageProblem
from mlkanban.hints import hint
from mlkanban.runs.model.labels import read_label
from mlkanban.runs.model.run import PREFIX, runs_in
from mlkanban.runs.model.tracker_run import (
    EXPERIMENT,
    IGNORED,
    RUN_TAG,
    Tracked,
    group_of,
    is_experiment,
    short,
)
from mlkanban.runs.use_cases.tracker_records import LINK, CardRecords
from mlkanban.service.card_writes import write_new
from mlkanban.service.enforce import enter
from mlkanban.service.fields import checked, flat
from mlkanban.service.transaction import Context, Done, Transaction
from mlkanban.store import repository, run_queries
from mlkanban.store.database import Connection
from mlkanban.store.rows import board_of
from mlkanban.text import quantity

_AT_ONCE = 2_000
"""Runs that are written in one event: keys and other programs come between two transactions."""
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Inbox:
    """What trackers tell of: runs that are to be linked, or have news, each with its card and
    whether that is new; those that belong to no card yet; those of them nobody wants to hear of;
    those that are tagged with a card of another store, which decides on them; and those that wait
    for the end of the run of ours that they were started in. `metrics` are what cards are for, by
    name."""

    wanted: list[tuple[Tracked, str, bool]] = field(default_factory=list)
    unlinked: list[Tracked] = field(default_factory=list)
    ignored: list[Tracked] = field(default_factory=list)
    of_other_stores: list[Tracked] = field(default_factory=list)
    waiting: list[Tracked] = field(default_factory=list)
    metrics: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Synced:
    """What a look at trackers brought: refs of runs that were linked, each with its card, of those
    with news, and what waits for a decision."""

    linked: tuple[tuple[str, str], ...]
    changed: tuple[str, ...]
    inbox: Inbox


class Links:
    def __init__(self, context: Context) -> None:
        self._context = context

    def link(self, ref: str, tracked: Tracked) -> Done:
        """Link a run of a tracker to a card."""
        with self._context.writing() as tx:
            face = tx.face(ref)
            tracked, other = _known(tx, tracked)
            if other is not None and other.id != face.id:
                raise _linked_already(tracked, other)
            if other is None:
                _link(tx, face, tracked)
            return tx.done(f"{tracked.ref} linked to {face.ref}.", (tx.card(face.ref),))

    def link_experiment(self, ref: str, runs: Sequence[Tracked]) -> Done:
        """Link an experiment of a tracker to a card: these runs of it, but for those that are
        linked to another card, and at each later look the new ones."""
        group, name = runs[0].group, runs[0].experiment_name
        with self._context.writing() as tx:
            face = tx.face(ref)
            linked = _linked(tx.conn)
            follower = holders(linked, EXPERIMENT).get(group, "")
            if follower not in ("", face.id):
                [other] = repository.faces_of(tx.conn, (follower,))
                raise RuleRefused(
                    f"{name} is linked to {other.ref} already.",
                    hint(
                        "Unlink it there first: {unlink {} {}}", other.ref, runs[0].experiment_ref
                    ),
                )
            kept = {card: CardRecords(entity.fields) for card, entity in linked.items()}
            cards = holders(linked, LINK)
            named = [_as_linked(run, kept) for run in runs]
            new = [(run, True) for run in named if run.ref not in cards]
            if not follower:
                tx.write(_change(tx, "run.linked", face, {EXPERIMENT + group: True}))
            for some in _batched(new, _AT_ONCE):
                _write_runs(tx, face, some, by_hand=True)
            elsewhere = sum(cards.get(run.ref, face.id) != face.id for run in named)
            others = {0: "", 1: " 1 run of it stays with another card."}.get(
                elsewhere, f" {elsewhere:,} runs of it stay with other cards."
            )
            message = (
                f"{name} linked to {face.ref}: {quantity(len(new), 'run')} now, later ones as they"
                f" are read.{others}"
            )
            return tx.done(message, (tx.card(face.ref),))

    def new_card(self, board_id: str, title: str, tracked: Tracked) -> Done:
        """Add a card for a run of a tracker, in the first stage of a board."""
        with self._context.writing(slots=True) as tx:
            tracked, other = _known(tx, tracked)
            if other is not None:
                raise _linked_already(tracked, other)
            board = board_of(tx.conn, board_id)
            stage = board.stages[0]
            warning, _ = enter(tx, board, stage, Work.ATTENDED, None, override="")
            face = write_new(tx, board, stage, flat(checked({"title": title})))
            _link(tx, face, tracked)
            message = f"{face.ref} added to {stage.name}, with {tracked.ref}."
            return tx.done(message, (tx.card(face.ref),), warning)

    def unlink(self, ref: str, name: str) -> Done:
        """Unlink a run of a tracker from a card, or an experiment with the runs that came with it;
        a tag of a run does not link it again."""
        with self._context.writing() as tx:
            face = tx.face(ref)
            entity = tx.writer.projector.entity(face.id)
            values = _unlinked_experiment(entity.fields, name) or _unlinked_run(face, entity, name)
            tx.write(tx.change("run.unlinked", face, values))
            return tx.done(f"{name} unlinked from {face.ref}.", (tx.card(face.ref),))

    def ignore(self, board_id: str, tracked: Tracked, *, all_of_it: bool = False) -> Done:
        """Never list a run again, or no run of its experiment, until `heed` is called."""
        name = tracked.group if all_of_it else tracked.ref
        with self._context.writing() as tx:
            if not tx.writer.projector.entity(board_id).fields.get(IGNORED + name):
                tx.write(Change("run.ignored", board_id, set={IGNORED + name: True}))
            what = (
                f"all runs of {tracked.experiment or tracked.where}" if all_of_it else tracked.ref
            )
            return tx.done(f"Ignored from now on: {what}.")

    def heed(self, runs: Sequence[Tracked]) -> Done:
        """List ignored runs again; those of an ignored experiment together."""
        names = {IGNORED + name for run in runs for name in (run.ref, short(run.ref), run.group)}
        with self._context.writing() as tx:
            for board in repository.boards(tx.conn):
                fields = tx.writer.projector.entity(board.id).fields
                if values := {name: None for name in names if fields.get(name)}:
                    tx.write(Change("run.heeded", board.id, set=values))
            more = f" and {len(runs) - 1:,} more" if len(runs) > 1 else ""
            return tx.done(f"Listed again: {runs[0].ref}{more}.")

    def places(self) -> list[str]:
        """The files that runs of cards were read from."""
        with self._context.store.reading() as conn:
            linked = _linked(conn).values()
            places = {run.where for entity in linked for run in runs_in(entity.fields)}
        return sorted(places - {""})

    def ended(self) -> dict[str, datetime]:
        """When those runs of trackers ended, by their refs, that cards keep as ended."""
        with self._context.store.reading() as conn:
            kept = [run for entity in _linked(conn).values() for run in runs_in(entity.fields)]
        refs = ((run.tracked or run.id, moment(run.ended)) for run in kept if run.where)
        return {ref: at for ref, at in refs if at is not None}

    def inbox(self, tracked: Sequence[Tracked]) -> Inbox:
        """The runs that belong to no card; nothing is written."""
        with self._context.store.reading() as conn:
            return _inbox(conn, tracked)

    def sync(
        self, tracked: Sequence[Tracked], progress: Callable[[int, int], None] | None = None
    ) -> Synced:
        """Link the runs that are to be linked, and store what is new about linked ones: those of
        one experiment and card together, at most 2,000 in a transaction. Repeating it writes
        nothing that is known. `progress` is called with (done, total)."""
        inbox = self.inbox(tracked)
        wanted: dict[tuple[str, str], list[tuple[Tracked, bool]]] = {}
        for run, card, new in inbox.wanted:
            wanted.setdefault((card, run.group), []).append((run, new))
        linked: list[tuple[str, str]] = []
        changed: list[str] = []
        done = 0
        for (card, _), runs in wanted.items():
            for some in _batched(runs, _AT_ONCE):
                if progress is not None:
                    progress(done, len(inbox.wanted))
                done += len(some)
                with replace(self._context, actor=_actor(some)).writing() as tx:
                    face = next(iter(repository.faces_of(tx.conn, (card,))), None)
                    if face is not None:
                        refs, known = _write_runs(tx, face, some)
                        linked += [(ref, face.ref) for ref in refs]
                        changed += known
        return Synced(tuple(linked), tuple(changed), inbox)


def _batched(items: Sequence[_Item], most: int) -> Iterator[Sequence[_Item]]:
    """The items in parts of at most so many."""
    for first in range(0, len(items), most):
        yield items[first : first + most]


def _inbox(conn: Connection, tracked: Iterable[Tracked]) -> Inbox:
    linked, ignoring = _linked(conn), _ignored(conn)
    cards, followed = holders(linked, LINK), holders(linked, EXPERIMENT)
    kept = {card: CardRecords(entity.fields) for card, entity in linked.items()}
    tracked_runs = [_as_linked(run, kept) for run in tracked]
    many = Counter(filter(None, map(_started_in, tracked_runs)))
    tagged: dict[str, CardFace | None] = {"": None}
    stores = repository.store_names(conn)
    inbox = Inbox(metrics=repository.metric_names(conn))
    for run in tracked_runs:
        if many[_started_in(run)] > 1:
            run = replace(run, beside=True)
        if card := cards.get(run.ref, ""):
            if kept[card].has_news(run):
                inbox.wanted.append((run, card, False))
            continue
        if run.card not in tagged:
            face = tagged[run.card] = repository.face_by_label(conn, run.card)
            if face is not None and face.id not in kept:
                kept[face.id] = CardRecords(repository.entity(conn, face.id).fields)
        face = tagged[run.card]
        # Of runs nested in a linked one, and of an experiment that is linked, no tag is needed.
        following = cards.get(run.above, "") or followed.get(run.group, "")
        card = face.id if face and kept[face.id].is_named_by(run) else following
        if not card or kept[card].lost(run):
            if _is_of_another_store(run, stores):
                inbox.of_other_stores.append(run)
                continue
            heard = ignoring.isdisjoint((run.ref, short(run.ref), run.group))
            (inbox.unlinked if heard else inbox.ignored).append(run)
        elif kept[card].waits(run):
            inbox.waiting.append(run)
        else:
            inbox.wanted.append((run, card, True))
            cards[run.ref] = card
    return inbox


def _is_of_another_store(run: Tracked, stores: frozenset[str]) -> bool:
    """Whether a run is tagged with a card of another store than those of this one's names."""
    label = read_label(run.card)
    return label is not None and bool(label.store) and label.store not in stores


def _actor(runs: Sequence[tuple[Tracked, bool]]) -> str:
    """Who links runs, or has news of them: the run, or of several their experiment."""
    first = runs[0][0]
    return PREFIX + (first.ref if len(runs) == 1 else f"{first.kind}:{first.experiment}")


def _write_runs(
    tx: Transaction, face: CardFace, runs: Iterable[tuple[Tracked, bool]], *, by_hand: bool = False
) -> tuple[list[str], list[str]]:
    """Link the new ones of these runs to a card, and store the news of the others, each kind in one
    event; the refs of both. What a person took off is only linked again `by_hand`."""
    records = CardRecords(tx.writer.projector.entity(face.id).fields)
    linked: dict[str, dict[str, Any]] = {}
    changed: dict[str, dict[str, Any]] = {}
    for run, new in sorted(runs, key=lambda one: not one[1]):
        link = LINK + run.ref
        there = records.fields.get(link)
        if new and not there and (by_hand or not records.lost(run)):
            linked[run.ref] = records.take({link: True, **records.values(run)})
        elif not new and there and records.has_news(run):
            changed[run.ref] = records.take(records.values(run))
    for kind, written in (("run.linked", linked), ("run.changed", changed)):
        if written:
            values = {name: value for some in written.values() for name, value in some.items()}
            tx.write(_change(tx, kind, face, values))
    return [*linked], [*changed]


def _unlinked_run(face: CardFace, entity: Entity, name: str) -> dict[str, Any]:
    """The fields of a card without a run of a tracker; NotFound, UsageProblem where that is none
    or one of several."""
    there = [*holders({face.id: entity}, LINK)]
    matching = [run for run in there if run == name] or [r for r in there if short(r) == name]
    if not matching:
        raise NotFound(f"{name} is not linked to {face.ref}.", hint("See: {runs {}}", face.ref))
    if len(matching) > 1:
        raise UsageProblem(f"{name} could be {' or '.join(matching)}.", "Name it in full.")
    return _without(entity.fields, matching)


def _unlinked_experiment(fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The fields of a card without the experiments of this name, KIND:NAME, and without their runs;
    none where it has no such experiment."""
    followed = [
        field.removeprefix(EXPERIMENT)
        for field, there in fields.items()
        if there and field.startswith(EXPERIMENT) and is_experiment(field[len(EXPERIMENT) :], name)
    ]
    gone = [
        run.id
        for run in runs_in(fields)
        if run.experiment and group_of(run.id, run.where, run.experiment) in followed
    ]
    return {EXPERIMENT + group: None for group in followed} | _without(fields, gone)


def _without(fields: Mapping[str, Any], runs: Iterable[str]) -> dict[str, Any]:
    names = [prefix + run for run in runs for prefix in (LINK, PREFIX)]
    return {name: None for name in names if name.startswith(LINK) or fields.get(name)}


def _known(tx: Transaction, tracked: Tracked) -> tuple[Tracked, CardFace | None]:
    """The run by the name it is linked by, and the card it is linked to."""
    linked = _linked(tx.conn)
    kept = {card: CardRecords(entity.fields) for card, entity in linked.items()}
    tracked = _as_linked(tracked, kept)
    card = holders(linked, LINK).get(tracked.ref, "")
    return tracked, next(iter(repository.faces_of(tx.conn, (card,))), None)


def _linked_already(tracked: Tracked, has: CardFace) -> RuleRefused:
    return RuleRefused(
        f"{tracked.ref} is linked to {has.ref} already.",
        hint("Unlink it there first: {unlink {} {}}", has.ref, tracked.ref),
    )


def _as_linked(tracked: Tracked, kept: Mapping[str, CardRecords]) -> Tracked:
    """The run by the name it is linked by: that was a short one where one file was thought of."""
    name = short(tracked.ref)
    if name != tracked.ref and any(
        records.keeps_by_short_name(name, tracked.where) for records in kept.values()
    ):
        return replace(tracked, ref=name)
    return tracked


def _linked(conn: Connection) -> dict[str, Entity]:
    """The cards that runs of trackers are linked to, by id."""
    cards = run_queries.with_links(conn)
    faces = repository.faces_of(conn, tuple(cards))
    return {face.id: repository.entity(conn, face.id) for face in faces}


def _ignored(conn: Connection) -> set[str]:
    return {
        name.removeprefix(IGNORED)
        for board in repository.boards(conn)
        for name, there in repository.entity(conn, board.id).fields.items()
        if there and name.startswith(IGNORED)
    }


def _started_in(tracked: Tracked) -> tuple[str, ...]:
    """Names the run of ours that a tracker says one was started in, but for one that is nested in
    another; () for none."""
    named = tracked.tags.get(RUN_TAG, "")
    return (tracked.kind, named) if named and not tracked.above else ()


def _link(tx: Transaction, face: CardFace, tracked: Tracked) -> None:
    _write_runs(tx, face, [(tracked, True)], by_hand=True)


def _change(tx: Transaction, kind: str, face: CardFace, values: Mapping[str, Any]) -> Change:
    """A change that does not wake the card."""
    return Change(kind, repository.board_id(tx.conn, face), card=face.id, set=values)
