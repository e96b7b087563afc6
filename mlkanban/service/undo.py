"""Undo and redo: new events that put the old values back, in any session.

What was there comes back even where that passes a limit or a gate. What an action set off, such as
a block that lifted itself, is taken back and done again with it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from mlkanban.cells import shortened
from mlkanban.core import lifecycle, notes, review, rules
from mlkanban.core.actors import CONDITION
from mlkanban.core.board import Board
from mlkanban.core.card_fields import noun
from mlkanban.core.events import REDONE, UNDONE, Change, Event, changed_since, putting_back
from mlkanban.core.lifecycle import merged_into
from mlkanban.core.model_versions import ROLLED_BACK
from mlkanban.core.names import only_id
from mlkanban.errors import CannotTakeBack, NotFound, RuleRefused
from mlkanban.hints import hint, sentences
from mlkanban.service.card_writes import archived
from mlkanban.service.conflicts import conflicts_in
from mlkanban.service.transaction import Context, Done, Transaction
from mlkanban.service.views import VIEW
from mlkanban.store import repository, run_queries, stages
from mlkanban.store.replica import present
from mlkanban.store.rows import board_of
from mlkanban.store.undo_stack import UndoStack, set_off
from mlkanban.text import display, quantity

if TYPE_CHECKING:
    from mlkanban.store.database import Connection


class UndoableAction(NamedTuple):
    """An action of this person that is not undone: its `id`, the `event` that names it, how many
    `cards` it was about, the short id and title of the first of them ('' for none), and between
    which stages, by their ids, it moved cards."""

    id: str
    event: Event
    cards: int
    ref: str
    title: str
    moves: tuple[tuple[str, str], ...] = ()


class Undoing:
    """One action of this person at a time, newest first.

    CannotTakeBack says why the next one cannot be undone (or redone); with `skip` it is passed
    over, and all others that cannot, until one can. What was passed over stays so until something
    new is done.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    def undo(self, board_id: str, *, skip: bool = False) -> Done:
        """Take back the last action that this person did on the board in this store."""
        return self._next(board_id, UNDONE, skip)

    def undo_action(self, board_id: str, action: str) -> Done:
        """Take back one of the `latest` actions, and nothing that was done after it. NotFound where
        the board has no such action."""
        with self._context.writing() as tx:
            return _TakingBack(tx, board_id, self._context.actor, UNDONE).take_chosen(action)

    def undo_back_to(self, board_id: str, action: str) -> Done:
        """Take back one of the `latest` actions with all that this person did after it, all or
        nothing: one action, which `redo` does again as one. NotFound where the board has no such
        action."""
        with self._context.writing() as tx:
            return _TakingBack(tx, board_id, self._context.actor, UNDONE).take_back_to(action)

    def latest(self, board_id: str, most: int) -> list[UndoableAction]:
        """The last actions of this person on the board in this store that are not undone, newest
        first, at most `most`."""
        with self._context.store.reading() as conn:
            replica = present(conn, self._context.store.path)
            stack = UndoStack(conn, replica, board_id, self._context.actor)
            return [_undoable(conn, action) for action in stack.latest(most)]

    def redo(self, board_id: str, *, skip: bool = False) -> Done:
        """Do again what was undone last, as long as nothing new was done since."""
        return self._next(board_id, REDONE, skip)

    def _next(self, board_id: str, kind: str, skip: bool) -> Done:
        passed: list[CannotTakeBack] = []
        while True:
            try:
                with self._context.writing() as tx:
                    step = _TakingBack(tx, board_id, self._context.actor, kind)
                    return step.take([error.action for error in passed])
            except CannotTakeBack as error:
                if not skip:
                    raise
                passed.append(error)


class _TakingBack:
    """One undo or redo inside its transaction."""

    def __init__(self, tx: Transaction, board_id: str, actor: str, kind: str) -> None:
        self._tx = tx
        self._kind = kind
        self._stack = UndoStack(tx.conn, tx.writer.replica.id, board_id, actor)
        self._passed: Sequence[str] = ()
        self._known: dict[str, frozenset[str]] = {}
        self._append: Callable[[Change], Event | None] = tx.write

    def take(self, passed: Sequence[str]) -> Done:
        """Take back the next action but those `passed`; what can be said of it."""
        self._passed = passed
        undoing = self._kind == UNDONE
        actions = self._stack.to_undo(passed) if undoing else self._stack.to_redo(passed)
        if not actions:
            more = "nothing else" if passed else "nothing"
            verb = "undo" if undoing else "redo"
            raise RuleRefused(f"There is {more} to {verb}.", "Nothing was changed.")
        try:
            return self._take_back_all(actions)
        except CannotTakeBack:
            raise
        except RuleRefused as error:
            raise CannotTakeBack(error.message, error.hint, actions[0]) from error

    def take_chosen(self, action: str) -> Done:
        """Take back this action, wherever it is among those in force."""
        action = self._in_force(action)
        conn = self._tx.conn
        added = [e.card for e in repository.action(conn, action) if e.kind == "card.created"]
        if added and all(self._stack.worked_on(card, action) for card in added):
            faces = repository.faces_of(conn, tuple(added[:_SHOWN]))
            refs = ", ".join(face.ref for face in faces) + (", ..." if added[_SHOWN:] else "")
            raise CannotTakeBack(
                f"You changed {refs} after adding {'it' if len(added) == 1 else 'them'}.",
                "That would be lost.", action, faces[0].ref,
            )  # fmt: skip
        return self._take_back(action)

    def take_back_to(self, action: str) -> Done:
        """Take back this action and all of this person after it, the newest first."""
        action = self._in_force(action)
        newest_first = self._stack.latest(-1)
        return self._take_back_all(newest_first[: newest_first.index(action) + 1])

    def _take_back_all(self, actions: Sequence[str]) -> Done:
        """Take back these actions, the newest first, as one."""
        if len(actions) == 1:
            return self._take_back(actions[0])
        conn = self._tx.conn
        taken = [event for one in actions for event in repository.action(conn, one)]
        boards = dict.fromkeys(event.board for event in (*taken, *set_off(conn, taken)))
        before = {board: repository.loads(conn, board) for board in boards}
        done = [self._take_back(one) for one in actions]
        refs = dict.fromkeys(card.ref for step in done for card in step.cards)
        faces = [face for ref in refs if (face := repository.face_by_ref(conn, ref))]
        later = quantity(len(actions) - 1, "action")
        message = f"{done[-1].message} With it: {later} done after it."
        return Done(
            message,
            tuple(repository.card(conn, face) for face in faces),
            self._outgrown(before),
            board_gone=any(step.board_gone for step in done),
            back=self._kind,
        )

    def _in_force(self, wanted: str) -> str:
        """The action in force that is meant by its id, or by a part of it."""
        action = wanted if self._stack.holds(wanted) else only_id(self._stack.actions(), wanted)
        if not action:
            raise NotFound(
                f"There is no action {wanted} on this board.", hint("See: {undo --list}")
            )
        if self._stack.holds(action):
            return action
        raise RuleRefused("It is undone already, or somebody else did it.", "Nothing was changed.")

    def _outgrown(self, before: Mapping[str, Mapping[str, rules.Load]]) -> str:
        """The limits of boards that are passed now, and were not `before`."""
        conn = self._tx.conn
        return " ".join(
            warning
            for board, loads in before.items()
            for warning in rules.outgrown(
                board_of(conn, board), loads, repository.loads(conn, board)
            )
        )

    def _take_back(self, action: str) -> Done:
        conn = self._tx.conn
        dead = repository.undone_ids_of_action(conn, action)
        whole = repository.action(conn, action)
        # An import may hold undos, with what they undid: both are over.
        ids = {event.id for event in whole}
        events = [event for event in whole if event.id not in dead and event.undoes not in ids]
        with_it = self._set_off(events)
        all_of_it = [*events, *(event for event in with_it if event not in events)]
        boards = dict.fromkeys(event.board for event in all_of_it)
        before = {board: repository.loads(conn, board) for board in boards}
        overruled = stages.overruled(conn).keys()
        made = self._board_of_its_own(events, action)
        if made:
            self._append = self._tx.writer.append  # of thousands, brought up to date at the end
        kept = {} if made else self._archive_touched(events, action)
        put_back, beside = list[str](), dict[str, None]()
        for event in reversed(all_of_it):
            if event in with_it:
                beside[self._also(event)] = None
            elif event.card not in kept and not (made and event.kind == "stage.added"):
                put_back.append(self._put_back(event, action))
        if self._kind == UNDONE:
            put_back.reverse()  # cards are named in the order in which the action was about them
        refs = dict.fromkeys([*kept.values(), *put_back])
        if stages.overruled(conn).keys() - overruled:
            for board in boards:
                _check_order(replace(board_of(conn, board), stages=stages.written(conn, board)))
        self._tx.writer.projector.flush()
        for card in dict.fromkeys(event.card for event in all_of_it if event.card):
            self._check_place(card)
        over = self._outgrown(before)
        others = [ref for ref in beside if ref and ref not in refs]
        changed = [*others, *filter(None, refs)]
        faces = [face for ref in changed if (face := repository.face_by_ref(conn, ref))]
        cards = tuple(repository.card(conn, face) for face in faces)
        if made:
            gone = self._kind == UNDONE
            return Done(_with_board(events, made, self._kind), board_gone=gone, back=self._kind)
        message = self._message(events, changed[len(others) :], others, list(kept.values()))
        return Done(sentences((message, self._conflicts(all_of_it))), cards, over, back=self._kind)

    def _conflicts(self, events: Sequence[Event]) -> str:
        """The open conflicts about what these events wrote. The value from before it is back, and
        another machine, which knew no more than that, wrote a different one."""
        fields = {
            (event.entity, lifecycle.FIELD if name in lifecycle.PARTS else name)
            for event in events
            for name in event.data.get("set", {})
        }
        found = [
            one for one in conflicts_in(self._tx.conn, "") if (one.entity, one.field) in fields
        ]
        if not found:
            return ""
        one, others = found[0], len(found) - 1
        more = f" {quantity(others, 'more conflict')}." if others else ""
        return hint(
            "Conflict about the {} of {}: {} now, {} on {} wrote {}.{} Resolve: {resolve}",
            one.label, one.name, one.kept, one.actor, one.machine, one.other, more,
        )  # fmt: skip

    def _board_of_its_own(self, events: Sequence[Event], action: str) -> Board | None:
        """The board that an import made, which goes with it and comes again with it, but for its
        stages, which stay in it. None for any other action."""
        made = next(
            (e for e in events if e.entity == e.board and "deleted" in e.data.get("set", {})), None
        )
        if made is None:
            return None
        board = board_of(self._tx.conn, made.board)
        if self._kind == UNDONE and self._stack.touched("", action):
            raise CannotTakeBack(
                f"The import that made the board {board.key} stays: others have worked there "
                "since.", "Archive the cards that are too many.", action,
            )  # fmt: skip
        return board

    def _set_off(self, events: Sequence[Event]) -> list[Event]:
        """What an action set off, and what of an undo took that back."""
        if self._kind == UNDONE:
            return set_off(self._tx.conn, events)
        conn = self._tx.conn
        return [e for e in events if repository.actor_of_event(conn, e.undoes) == CONDITION]

    def _message(
        self, events: Sequence[Event], refs: Sequence[str], beside: Sequence[str],
        kept: Sequence[str],
    ) -> str:  # fmt: skip
        more = f" and {len(refs) - _SHOWN:,} more" if len(refs) > _SHOWN else ""
        names = ", ".join(refs[:_SHOWN]) + more
        if len(refs) == 1:
            names = f"{names} {self._title(events)}".rstrip()
        things = ", ".join(self._things(events))
        about = events if self._kind == UNDONE else self._originals(events)
        many = len({event.action for event in about})
        merge = next((e for e in about if merged_into(e.data.get("set", {}))), None)
        if many > 1:  # an undo of several, which is redone as one
            did = things = quantity(many, "action")
        elif merge is not None:
            duplicate = self._tx.writer.projector.entity(merge.entity).fields.get("ref", "")
            did = f"merging {duplicate} into {merged_into(merge.data['set'])}"
        elif back := next((e for e in about if e.kind == ROLLED_BACK), None):
            failed = self._tx.writer.projector.entity(back.entity).fields.get("ref", "")
            did = things = f"the rollback of {failed}"
            names = ", ".join(ref for ref in refs if ref != failed)
        else:
            if list_name := _list_name(about):
                things = f"{list_name}, {quantity(len(refs), 'card')}"
            did = " ".join(filter(None, (_doing(about), things or names))) or "the last change"
        verb = "Undone" if self._kind == UNDONE else "Done again"
        of = self._of(about) if self._kind == UNDONE else ""
        message = f"{verb}: {did}{f', with {names}' if things and names else ''}{of}"
        message += "" if message.endswith(_CUT) else "."
        if beside:
            message += f" With it: {', '.join(beside)}."
        if kept:
            message += f" Kept in the archive, for there is later work on it: {', '.join(kept)}."
        return message

    def _title(self, events: Sequence[Event]) -> str:
        """The title of the one card that an action was about."""
        cards = (self._tx.writer.projector.entity(e.entity).fields for e in events if e.card)
        title = next((str(fields.get("title", "")) for fields in cards), "")
        return shortened(" ".join(title.split()), _TITLE, _CUT)

    def _of(self, events: Sequence[Event]) -> str:
        """When an action was done, where that was not just now."""
        zone = ZoneInfo(board_of(self._tx.conn, events[0].board).timezone)
        # What an import wrote has the days of its list; the note of the import has its own.
        at = next((event.at for event in events if event.kind == "import.noted"), events[0].at)
        done = datetime.fromisoformat(at).replace(tzinfo=UTC).astimezone(zone)
        now = self._tx.now.astimezone(zone)
        if now - done < _JUST_NOW:
            return ""
        if done.date() == now.date():
            return f" of {done:%H:%M}"
        if done.date() == now.date() - timedelta(days=1):
            return " of yesterday"
        return f" of {done:%m-%d}" if done.year == now.year else f" of {done:%Y-%m-%d}"

    def _originals(self, events: Sequence[Event]) -> list[Event]:
        """The events that an undo took back, in the order in which they were written."""
        found = repository.events_by_id(self._tx.conn, [event.undoes for event in events])
        by_id = {event.id: event for event in found}
        return [by_id.get(event.undoes, event) for event in reversed(events)]

    def _things(self, events: Sequence[Event]) -> list[str]:
        """The stages and views that an action was about, as they are called now."""
        if _leading(events).startswith("card."):
            return []
        if any(name.startswith(_OF_REVIEW) for e in events for name in e.data.get("set", {})):
            return ["the review"]
        entity = self._tx.writer.projector.entity
        names = [
            f"the stage {entity(event.entity).fields.get('name', '')}"
            for event in events
            if event.data.get("stage")
        ]
        names += [
            f"the view {name.removeprefix(VIEW)}"
            for event in events
            for name in event.data.get("set", {})
            if name.startswith(VIEW)
        ]
        return list(dict.fromkeys(names))

    def _also(self, event: Event) -> str:
        """Take back what an action set off, unless that has changed since; the id of the card."""
        fields = self._tx.writer.projector.entity(event.entity).fields
        values, _ = putting_back(event)
        finished = bool(values.get("blocker") and fields.get("outcome"))
        return "" if finished or self._changed(event) else self._write(event, putting_back(event))

    def _archive_touched(self, events: Sequence[Event], action: str) -> dict[str, str]:
        """Archive the cards that these events added and that anybody has worked on since; their
        short ids. All that the action did to them stays."""
        kept: dict[str, str] = {}
        for event in events:
            if event.kind != "card.created" or not self._stack.touched(event.card, action):
                continue
            for face in repository.faces_of(self._tx.conn, (event.card,)):
                self._tx.write(
                    Change(
                        self._kind, event.board, card=event.card, passed=self._passed,
                        set={} if face.archived else archived(face),
                        instead=[e.id for e in events if e.card == event.card],
                    )
                )  # fmt: skip
                kept[event.card] = face.ref
        return kept

    def _put_back(self, event: Event, action: str) -> str:
        """Take back one event under the rules that hold now; the short id of its card."""
        fields = self._tx.writer.projector.entity(event.entity).fields
        ref = str(fields.get("ref", ""))
        values, origins = putting_back(event)
        changed = self._changed(event)
        # Where somebody put it back already, there is nothing to overwrite.
        same = {n for n in changed if (fields.get(n) or None) == (values.get(n) or None)}
        if event.kind == "card.noted" and fields.get(notes.field(event.id)) is not None:
            changed.append(notes.field(event.id))
        if later := [n for n in changed if n not in same and not self._by_condition(event, n)]:
            raise CannotTakeBack(
                f"{ref or 'This'} was changed again since ({', '.join(map(_spoken, later))}).",
                "That would be overwritten.", action, ref,
            )  # fmt: skip
        values = {name: value for name, value in values.items() if name not in same}
        _check_stage(self._tx, event, values.get("deleted"))
        return self._write(event, (values, {n: o for n, o in origins.items() if n in values}))

    def _by_condition(self, event: Event, name: str) -> bool:
        """Whether a field is as a condition left it when its time came: that is nobody's work."""
        origin = self._tx.writer.projector.entity(event.entity).origins.get(name, "")
        return run_queries.actor_of(self._tx.conn, event.card, origin) == CONDITION

    def _check_place(self, card: str) -> None:
        """No card stands in a stage that was removed."""
        fields = self._tx.writer.projector.entity(card).fields
        board = self._tx.writer.projector.home(card)
        if not fields.get("deleted") and fields["place"][0] not in self._stages(board):
            raise RuleRefused(
                f"The stage {fields['ref']} stood in was removed since.", "Nothing was changed."
            )

    def _stages(self, board: str) -> frozenset[str]:
        if board not in self._known:
            stages = board_of(self._tx.conn, board).stages
            self._known[board] = frozenset(stage.id for stage in stages)
        return self._known[board]

    def _changed(self, event: Event) -> list[str]:
        return changed_since(event, self._tx.writer.projector.entity(event.entity))

    def _write(self, event: Event, back: tuple[dict[str, Any], dict[str, str]]) -> str:
        values, origins = back
        self._append(
            Change(
                self._kind, event.board, card=event.card, stage=str(event.data.get("stage", "")),
                set=values, restores=origins, undoes=event.id, passed=self._passed,
            )
        )  # fmt: skip
        return str(self._tx.writer.projector.entity(event.entity).fields.get("ref", ""))


def _check_stage(tx: Transaction, event: Event, deleted: object) -> None:
    """No stage is taken away under its cards."""
    if event.card or not deleted:
        return
    board = board_of(tx.conn, event.board)
    stage = next((s for s in board.stages if s.id == event.data.get("stage")), None)
    if stage is not None:
        standing = len(repository.stage_order(tx.conn, board.id, stage.id))
        rules.required(rules.remove_stage(board, stage, standing))


def _check_order(board: Board) -> None:
    """The stages as they would be now: names told apart, committed ones together."""
    rules.required(rules.arrange(board.stages))
    names = [stage.name.casefold() for stage in board.stages]
    twice = next((s.name for s in board.stages if names.count(s.name.casefold()) > 1), "")
    if twice:
        raise RuleRefused(f"There would be two stages {twice}.", "Rename one of them first.")


def _with_board(events: Sequence[Event], board: Board, kind: str) -> str:
    """What to say of an import that was taken back, or done again, with the board it made."""
    cards = quantity(len({event.card for event in events if event.card}), "card")
    if kind == REDONE:
        return f"Done again: the import of {cards} on the board {board.key}."
    return hint(
        "Undone: the import of {}, and the board {} that it made. Do it again: {--board {} redo}",
        cards, board.key, board.key,
    )  # fmt: skip


_SHOWN = 8
"""So many cards are named."""
_LOOKED_AT = 50
"""Events of an action that is listed: an import has thousands."""
_TITLE, _CUT = 60, "\u2026"
_OF_REVIEW = (review.REVIEW, review.ANSWER)
_JUST_NOW = timedelta(hours=1)

_DOING = {
    "card.created": "adding", "card.edited": "editing", "card.moved": "moving",
    "card.reordered": "reordering", "card.blocked": "blocking", "card.unblocked": "unblocking",
    "card.noted": "the note on", "card.finished": "finishing", "card.reopened": "re-opening",
    "card.archived": "archiving",
    "card.transferred": "the move to another board of",
    "card.snoozed": "snoozing", "card.woken": "waking", "card.restored": "restoring",
    "card.settled": "a decision on",
    "card.alerted": "the alert of", "card.compared": "the A/B test of",
    "card.rolled-back": "the rollback of",
    "stage.added": "adding", "stage.edited": "changing", "stage.removed": "removing",
    "board.edited": "changing the board",
    "view.saved": "saving", "view.removed": "removing",
    "charter.edited": "changing the charter", "charter.measured": "the reading of the goal",
    "review.began": "beginning", "review.answered": "an answer in", "review.ended": "ending",
    "import.noted": "the import of",
    "run.linked": "linking a run to", "run.unlinked": "unlinking a run from",
    "run.ignored": "ignoring runs", "run.heeded": "listing runs again",
}  # fmt: skip


def _undoable(conn: "Connection", action: str) -> UndoableAction:
    events = repository.action(conn, action, _LOOKED_AT)
    kind = _leading(events)
    event = next((event for event in events if event.kind == kind), events[0])
    face = next(iter(repository.faces_of(conn, (event.card,))), None) if event.card else None
    cards = repository.cards_of_action(conn, action)
    places = (
        (one.data.get("was", {}).get("place", [None])[0], one.data.get("set", {}).get("place"))
        for one in events
        if one.kind == "card.moved"
    )
    moves = dict.fromkeys((was[0], now[0]) for was, now in places if was and now)
    ref, title = (face.ref, face.title) if face else ("", "")
    return UndoableAction(action, event, cards, ref, title, tuple(moves))


def _doing(events: Sequence[Event]) -> str:
    """What an action did, ready for what it did that to."""
    return _DOING.get(_leading(events), "")


def _list_name(events: Sequence[Event]) -> str:
    """What the list or log was called that an import read, '' for another action."""
    notes = (str(e.data.get("note", "")) for e in events if e.kind == "import.noted")
    return next((display(note.rpartition(": ")[0]) for note in notes), "")


def _leading(events: Sequence[Event]) -> str:
    """The kind that names an action; what was edited on the way is less. To correct notes, and
    nothing else, is of the kind of writing one."""
    kinds = [event.kind for event in events]
    if "import.noted" in kinds:
        return "import.noted"
    if of_review := [kind for kind in kinds if kind in review.KINDS]:
        return of_review[-1]
    if all(e.kind == "card.edited" and notes.alone(e.data.get("set", {})) for e in events):
        return "card.noted"
    beside = ("card.edited", "run.moved")
    return next((kind for kind in kinds if kind not in beside), kinds[0])


def _spoken(field: str) -> str:
    name, _, member = field.partition(":")
    return {
        "place": "its place", "rank": "its place", "note": "a note", "tag": f"tag {member}",
        "needs": "dependencies",
        "lineage": "lineage", "ab": "the A/B test", "alert": f"the reading of {member}",
        "charter": f"charter: {member}", "reading": f"the reading of {member}",
        "review": "the review", "answer": "an answer in the review",
    }.get(name, noun(field))  # fmt: skip
