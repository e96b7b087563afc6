"""Links between runs of trackers and cards, made by a tag of the run or by a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import filterfalse
from typing import Any

from mlkanban.core.events import Change, Entity, holders
from mlkanban.core.models import CardFace, Work
from mlkanban.errors import NotFound, RuleRefused, UsageProblem
from mlkanban.hints import hint
from mlkanban.runs.model.labels import read_label
from mlkanban.runs.model.metric_lines import is_of_tracker
from mlkanban.runs.model.run import PREFIX, Run, runs_in
from mlkanban.runs.model.tracker_run import IGNORED, RUN_TAG, Tracked, ours, short
from mlkanban.service.card_writes import write_new
from mlkanban.service.enforce import enter
from mlkanban.service.fields import checked, flat
from mlkanban.service.transaction import Context, Done, Transaction
from mlkanban.store import repository, run_queries
from mlkanban.store.database import Connection
from mlkanban.store.rows import board_of

_LINK = "link:"


@dataclass(frozen=True, slots=True)
class Inbox:
    """What trackers tell of: runs that are to be linked, or have news, each with its card and
    whether that is new; those that belong to no card yet; and those of them nobody wants to hear
    of."""

    wanted: list[tuple[Tracked, str, bool]] = field(default_factory=list)
    unlinked: list[Tracked] = field(default_factory=list)
    ignored: list[Tracked] = field(default_factory=list)


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

    def new_card(self, board_id: str, title: str, tracked: Tracked) -> Done:
        """Add a card for a run of a tracker, in the first stage of a board."""
        with self._context.writing() as tx:
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
        """Unlink a run of a tracker from a card; a tag of the run does not link it again."""
        with self._context.writing() as tx:
            face = tx.face(ref)
            entity = tx.writer.projector.entity(face.id)
            fields, there = entity.fields, [*holders({face.id: entity}, _LINK)]
            matching = [run for run in there if run == name] or [
                r for r in there if short(r) == name
            ]
            if not matching:
                raise NotFound(
                    f"{name} is not linked to {face.ref}.",
                    hint("See: {runs {}}", face.ref),
                )
            if len(matching) > 1:
                raise UsageProblem(f"{name} could be {' or '.join(matching)}.", "Name it in full.")
            [name] = matching
            values: dict[str, Any] = {_LINK + name: None}
            if fields.get(PREFIX + name):
                values[PREFIX + name] = None
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

    def inbox(self, tracked: Sequence[Tracked]) -> Inbox:
        """The runs that belong to no card; nothing is written."""
        with self._context.store.reading() as conn:
            return _inbox(conn, tracked)

    def sync(
        self, tracked: Sequence[Tracked], progress: Callable[[int, int], None] | None = None
    ) -> Synced:
        """Link the runs that are tagged with a card, and store what is new about linked ones.
        Repeating it writes nothing that is known. `progress` is called with (done, total)."""
        inbox = self.inbox(tracked)
        linked, changed = [], []
        for at, (run, card, new) in enumerate(inbox.wanted):
            if progress is not None:
                progress(at, len(inbox.wanted))
            with replace(self._context, actor=PREFIX + run.ref).writing() as tx:
                face = next(iter(repository.faces_of(tx.conn, (card,))), None)
                if face is None:
                    continue
                state = tx.writer.projector.entity(card).fields
                if new and _LINK + run.ref not in state:
                    _link(tx, face, run)
                    linked.append((run.ref, face.ref))
                elif (
                    not new
                    and state.get(_LINK + run.ref)
                    and (values := _news(state, runs_in(state), run))
                ):
                    tx.write(_change(tx, "run.changed", face, values))
                    changed.append(run.ref)
        return Synced(tuple(linked), tuple(changed), inbox)


def _inbox(conn: Connection, tracked: Iterable[Tracked]) -> Inbox:
    linked, ignoring = _linked(conn), _ignored(conn)
    cards = holders(linked, _LINK)
    runs = {card: runs_in(entity.fields) for card, entity in linked.items()}
    named = [_as_linked(run, linked) for run in tracked]
    many = Counter(filter(None, map(_started_in, named)))
    tagged: dict[str, tuple[CardFace | None, Mapping[str, Any]]] = {}
    inbox = Inbox()
    for run in named:
        card = cards.get(run.ref, "")
        if many[_started_in(run)] > 1:
            run = replace(run, beside=True)
        if card:
            if _news(linked[card].fields, runs[card], run):
                inbox.wanted.append((run, card, False))
            continue
        if run.card not in tagged:
            face = repository.face_by_label(conn, run.card) if run.card else None
            tagged[run.card] = face, repository.entity(conn, face.id).fields if face else {}
        face, had = tagged[run.card]
        if face is None or not _names_run(run, runs_in(had)) or _taken_off(run, had):
            heard = ignoring.isdisjoint((run.ref, short(run.ref), run.group))
            (inbox.unlinked if heard else inbox.ignored).append(run)
        elif not _waits(run, runs_in(had)):
            inbox.wanted.append((run, face.id, True))
    return inbox


def _known(tx: Transaction, tracked: Tracked) -> tuple[Tracked, CardFace | None]:
    """The run by the name it is linked by, and the card it is linked to."""
    linked = _linked(tx.conn)
    tracked = _as_linked(tracked, linked)
    card = holders(linked, _LINK).get(tracked.ref, "")
    return tracked, next(iter(repository.faces_of(tx.conn, (card,))), None)


def _linked_already(tracked: Tracked, has: CardFace) -> RuleRefused:
    return RuleRefused(
        f"{tracked.ref} is linked to {has.ref} already.",
        hint("Unlink it there first: {unlink {} {}}", has.ref, tracked.ref),
    )


def _as_linked(tracked: Tracked, linked: Mapping[str, Entity]) -> Tracked:
    """The run by the name it is linked by: that was a short one where one file was thought of."""
    name = short(tracked.ref)
    for entity in linked.values() if name != tracked.ref else ():
        if entity.fields.get(_LINK + name) and any(
            run.where == tracked.where
            for run in runs_in(entity.fields)
            if name in (run.id, run.tracked)
        ):
            return replace(tracked, ref=name)
    return tracked


def _names_run(tracked: Tracked, runs: Iterable[Run]) -> bool:
    """Whether its tag can mean no card of another store: it names this one, or a run of the card.
    A short id alone is only a hint: every store has a g1."""
    label = read_label(tracked.card)
    named = tracked.tags.get(RUN_TAG, "")
    return (label is not None and bool(label.store)) or any(run.id == named for run in runs)


def _taken_off(tracked: Tracked, fields: Mapping[str, Any]) -> bool:
    """Whether a person took it off a card: that is not for a tag to take back."""
    return any(not fields.get(_LINK + name, True) for name in (tracked.ref, short(tracked.ref)))


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


def _waits(tracked: Tracked, runs: Iterable[Run]) -> bool:
    """Whether it is the record of a run of ours that still goes on: its end comes first."""
    own = ours(tracked, [*runs])
    return own is not None and not own.state.ended


def _started_in(tracked: Tracked) -> tuple[str, ...]:
    """Names the run of ours that a tracker says one was started in, but for one that is nested in
    another; () for none."""
    named = tracked.tags.get(RUN_TAG, "")
    return (tracked.kind, named) if named and not tracked.above else ()


def _own(runs: Sequence[Run], tracked: Tracked) -> Run | None:
    """The run of ours, of those of a card, it is the record of, or would be: of several that were
    started in one none is, and a run has one record at most."""
    joined = next((run for run in runs if run.tracked == tracked.ref), None)
    if joined is not None or tracked.above or tracked.beside:
        return joined
    if tracked.kind == "optuna" and RUN_TAG not in tracked.tags:
        return None  # a trial is part of a search, not the record of all of it
    if any(run.id == tracked.ref and run.parent for run in runs):
        return None
    own = ours(tracked, runs)
    return None if own is None or own.tracked else own


def _record(fields: Mapping[str, Any], runs: Sequence[Run], tracked: Tracked) -> dict[str, Any]:
    """The fields of a card (`runs` are those in them) that keep a run of a tracker: one of its own,
    or the run of ours that it is the record of. The card's metric follows its newest run."""
    own = _own(runs, tracked)
    if own is not None and own.state.ended:
        metrics = {**own.metrics, **tracked.numbers}
        run = replace(
            own, tracked=tracked.ref, says=tracked.says, where=tracked.where, metrics=metrics,
            params=tracked.settings, direction=tracked.direction,
            unread=(*filterfalse(is_of_tracker, own.unread), *tracked.unread),
        )  # fmt: skip
    else:
        within = ours(tracked, runs) if own is None else None
        known = next((run for run in runs if run.id == tracked.ref), None)
        run = replace(
            tracked.as_run(within.id if within else tracked.above),
            dataset=known.dataset if known else fields.get("dataset") or "",
        )
    values: dict[str, Any] = {PREFIX + run.id: run.to_field()}
    if run.tracked and fields.get(PREFIX + tracked.ref):
        values[PREFIX + tracked.ref] = None  # it was heard of before the run of ours
    metric = fields.get("metric")
    name = metric.get("name") if metric else ""
    others = [
        other for other in runs
        if other.id not in (run.id, tracked.ref) and name in other.metrics
    ]  # fmt: skip
    if (
        metric
        and run.is_result
        and name in run.metrics
        and all(o.started <= run.started for o in others)
    ):
        values["metric"] = {**metric, "value": run.metrics[name]}
    return {name: value for name, value in values.items() if fields.get(name) != value}


def _news(fields: Mapping[str, Any], runs: Sequence[Run], tracked: Tracked) -> dict[str, Any]:
    """What is to be written of a run that is linked, where anything of it is new."""
    values = _record(fields, runs, tracked)
    return values if any(name.startswith(PREFIX) for name in values) else {}


def _link(tx: Transaction, face: CardFace, tracked: Tracked) -> None:
    fields = tx.writer.projector.entity(face.id).fields
    values = {_LINK + tracked.ref: True, **_record(fields, runs_in(fields), tracked)}
    tx.write(_change(tx, "run.linked", face, values))


def _change(tx: Transaction, kind: str, face: CardFace, values: Mapping[str, Any]) -> Change:
    """A change that does not wake the card."""
    return Change(kind, repository.board_id(tx.conn, face), card=face.id, set=values)
