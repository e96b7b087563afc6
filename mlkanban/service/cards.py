"""The use cases of cards. Rules are checked inside the transaction that writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from mlkanban.core import checklist, rules
from mlkanban.core.board import (
    EXTERNAL_BY_DEFAULT,
    BlockReason,
    Board,
    CardFace,
    Outcome,
    Stage,
    Work,
)
from mlkanban.core.card import Blocker, Card, to_json
from mlkanban.core.events import RANK, Change, changes
from mlkanban.core.field_kinds import condition_text, items_in
from mlkanban.core.lifecycle import lifting
from mlkanban.core.metrics import CardMetrics, MetricParts, metrics_in
from mlkanban.errors import LimitReached, NotFound, RuleRefused, UsageProblem
from mlkanban.hints import hint, sentences
from mlkanban.records import record
from mlkanban.service.card_writes import (
    archived,
    correct_notes,
    move_one,
    rank_at_end,
    rank_before,
    write_edit,
    write_new,
)
from mlkanban.service.checklists import edited, with_deliverables
from mlkanban.service.enforce import (
    Gates,
    Ticks,
    began_early,
    check_growth,
    condition,
    enter,
    passed,
)
from mlkanban.service.fields import checked, flat, member
from mlkanban.service.transaction import Context, Done, Transaction, find_face, find_stage_by_id
from mlkanban.store import repository
from mlkanban.store.rows import board_of
from mlkanban.text import accept

if TYPE_CHECKING:
    from mlkanban.core.model_versions import VersionName


@record(frozen=True, slots=True)
class NewCard:
    """A card to be added, with a first note."""

    title: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


class Cards:
    """The use cases of cards, named by their short ids. Of several cards all change or none
    does."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def get(self, ref: str) -> Card:
        """The whole card; NotFound when there is none."""
        with self._context.store.reading() as conn:
            return repository.card(conn, find_face(conn, ref))

    def beginning_with(self, prefix: str, most: int) -> list[tuple[str, str]]:
        """(short id, title) of at most `most` unarchived cards, for completion."""
        with self._context.store.reading() as conn:
            return repository.refs(conn, prefix.lower(), most)

    def add(
        self,
        board_id: str,
        title: str,
        *,
        stage_id: str = "",
        fields: Mapping[str, Any] | None = None,
        note: str = "",
        override: str = "",
    ) -> Done:
        """Add a card at the end of a stage (the first one by default), with a first note."""
        made = NewCard(title, fields or {}, note)
        return self.add_all(board_id, [made], stage_id=stage_id, override=override)

    def add_all(
        self, board_id: str, new: Sequence[NewCard], *, stage_id: str = "", override: str = ""
    ) -> Done:
        """Add cards at the end of a stage, in their order: all of them, or none."""
        with self._context.writing(slots=True) as tx:
            board = board_of(tx.conn, board_id)
            stage = find_stage_by_id(board, stage_id) if stage_id else board.stages[0]
            added = [_add(tx, board, stage, new_card, override) for new_card in new]
            cards = tuple(tx.card(face.ref) for face, _ in added)
            of = f" of {board.name}" if repository.count_boards(tx.conn) > 1 else ""
        names = ", ".join(card.ref for card in cards)
        warnings = dict.fromkeys(warning for _, warning in added if warning)
        return Done(f"{names} added to {stage.name}{of}.", cards, sentences(warnings))

    def edit(
        self,
        refs: Sequence[str],
        fields: Mapping[str, Any] | None = None,
        *,
        add: Mapping[str, Sequence[str]] | None = None,
        remove: Mapping[str, Sequence[str]] | None = None,
        metric: MetricParts | None = None,
        tick: Sequence[str] = (),
        untick: Sequence[str] = (),
        override: str = "",
    ) -> Done:
        """Edit cards: set `fields` (JSON-ready values by public names, None clears), and `add` and
        `remove` members of sets such as tags, links and needs.

        `metric` changes the metric that each card has; `tick` and `untick` name items of its
        checklist.
        """
        wanted = flat(checked(fields or {}, partial=True))
        for members, present in ((add or {}, True), (remove or {}, False)):
            for name, values in members.items():
                for value in values:
                    wanted[member(name, value, added=present)] = present
        if not wanted and metric is None and not tick and not untick:
            raise UsageProblem("Nothing to change was given.", "Name a field, such as --title.")
        cards = []
        warnings: dict[str, str] = {}
        with self._context.writing(slots="work" in wanted) as tx:
            for ref in refs:
                face = tx.face(ref)
                forced = ""
                if metric is not None:
                    before = metrics_in({**tx.fields(face), **wanted})
                    metrics = metric.metrics(before)
                    wanted |= checked(metrics.fields, partial=True)
                    if warning := _replaced_metric(face.ref, before, metrics):
                        warnings[face.id] = warning
                if tick or untick or wanted.get("checklist"):
                    had, items = tx.checklist(face), (fields or {}).get("checklist")
                    wanted["checklist"] = checklist.dumped(edited(had, items, tick, untick))
                work = Work(wanted.get("work") or Work.ATTENDED)
                if "work" in wanted and face.is_open:
                    board = tx.board_of(face)
                    stage = board.stage(face.stage)
                    if not rules.same_slot(stage, Work(face.work), work):
                        warning, forced = enter(tx, board, stage, work, face, override=override)
                        # The last one of a stage says how full it is in the end.
                        warnings |= {stage.id: warning} if warning else {}
                write_edit(tx, face, wanted, forced)
                cards.append(tx.card(ref))
            due = f" Due {wanted['due']}." if wanted.get("due") else ""
            return tx.done(f"{_listed(cards)} saved.{due}", cards, " ".join(warnings.values()))

    def move(
        self,
        refs: Sequence[str],
        stage_id: str,
        *,
        override: str = "",
        before: str = "",
        ticks: Ticks | None = None,
        use: VersionName | None = None,
    ) -> Done:
        """Move cards to a stage, to its end or ahead of the card `before`. `use` says what one that
        is delivered by that is in use as.

        Passing the delivery point finishes a card as shipped; coming back re-opens it. A full stage
        refuses (LimitReached), and so do unticked items with a gate on the way and broken guards
        (GateClosed), unless `override` gives a reason, which is recorded. `ticks` are ticked first.
        """
        cards: list[Card] = []
        warning = ""
        waiting: list[str] = []
        with self._context.writing(slots=True) as tx:
            gates = Gates(tx, override, ticks)
            faces = list(map(tx.face, refs))
            for face in faces:
                board = tx.board_of(face)
                gates.check(board, face, board.position(stage_id))
            for ref, face in zip(refs, faces, strict=True):
                _name_use(tx, ref, use)
                try:
                    warning_of_move = move_one(
                        tx, ref, stage_id, gates, override=override, before=before
                    )
                except LimitReached as error:
                    room = f"There is room for {len(cards)} of these {len(refs)} cards."
                    gates.require_passed(
                        LimitReached(room, error.hint) if cards else error
                    )  # raises
                warning = warning_of_move or warning
                _check_use(tx, ref, use)
                cards.append(tx.card(ref))
                waiting.append(began_early(tx, tx.face(ref), face))
            name = board_of(tx.conn, cards[0].board).stage(stage_id).name
            message = f"{_listed(cards)} moved to {name}.{_used_as(cards, use)}"
            worse = _worse_than_before(tx, refs, use)
            warnings = gates.require_passed(), warning, worse, *waiting
            return tx.done(message, cards, sentences(warnings))

    def swap(self, ref: str, out: str, *, override: str = "", ticks: Ticks | None = None) -> Done:
        """Swap the places of two open cards of one board, as for a full stage. An override passes
        gates; limits are kept."""
        with self._context.writing(slots=True) as tx:
            face, other = tx.face(ref), tx.face(out)
            board = tx.board_of(face)
            if repository.board_id(tx.conn, other) != board.id:
                raise RuleRefused(
                    f"{face.ref} and {other.ref} are on different boards.",
                    "Choose cards of one board.",
                )
            for card in (face, other):
                if not card.is_open:
                    raise RuleRefused(
                        f"{card.ref} is {'archived' if card.archived else 'finished'}.",
                        "Only open cards change places.",
                    )
            gates = Gates(tx, override, ticks)
            gates.check(board, face, board.position(other.stage))
            gates.check(board, other, board.position(face.stage))
            before = repository.limited_loads(tx.conn, board)
            for moving, target in ((face, other.stage), (other, face.stage)):
                stage = board.stage(target)
                values: dict[str, Any] = {"place": [stage.id, rank_at_end(tx, board, stage)]}
                if rules.work_in(stage, moving.work) != moving.work:
                    values["work"] = rules.work_in(stage, moving.work).value
                tx.write(tx.change("card.moved", moving, values, **gates.kept(moving)))
            after = repository.limited_loads(tx.conn, board)
            grown = rules.required(rules.grown(board, before, after)).warning
            waiting = [began_early(tx, tx.face(card.ref), card) for card in (face, other)]
            warning = sentences((gates.require_passed(), grown, *waiting))
            moved, given_way = tx.card(face.ref), tx.card(other.ref)
        message = (
            f"{moved.ref} moved to {board.stage(moved.stage).name}, "
            f"{given_way.ref} to {board.stage(given_way.stage).name}."
        )
        return Done(message, (given_way, moved), warning)

    def reorder(self, ref: str, before: str = "") -> Done:
        """Move a card ahead of another one of its stage, or to the end."""
        with self._context.writing() as tx:
            face = tx.face(ref)
            board = tx.board_of(face)
            stage = board.stage(face.stage)
            ahead_of = tx.face(before).id if before else ""
            order = [
                card_id for card_id, _ in repository.stage_order(tx.conn, board.id, stage.id)
            ] + [""]
            if order[order.index(face.id) + 1] != ahead_of:
                rank = rank_before(tx, board, stage, face.id, ahead_of)
                tx.write(tx.change("card.reordered", face, {RANK + face.stage: rank}))
            card = tx.card(ref)
            return tx.done(f"{card.ref} put in its new place.", (card,))

    def note(self, refs: Sequence[str], text: str) -> Done:
        """Append a Markdown note."""
        text = accept(text, "the note").strip()
        if not text:
            raise UsageProblem("The note is empty.", "Type what you want to keep.")
        return self._each(
            refs, "noted", lambda tx, face: tx.change("card.noted", face, {}, note=text)
        )

    def correct_note(self, ref: str, number: int, text: str) -> Done:
        """Replace the text of a note of a card, by its number from 1, the oldest; '' deletes it."""
        with self._context.writing() as tx:
            face = tx.face(ref)
            notes = tx.card(ref).notes
            if not 1 <= number <= len(notes):
                has = "no notes" if not notes else f"{len(notes)} note{'s'[: len(notes) - 1]}"
                raise NotFound(
                    f"{face.ref} has {has}, no note {number}.", hint("See: {show {}}", face.ref)
                )
            note, text = notes[number - 1], text.strip()
            if text != note.text:
                correct_notes(tx, face, {note.id: text})
            what = "corrected" if text else "deleted"
            return tx.done(f"Note {number} of {face.ref} {what}.", (tx.card(ref),))

    def block(
        self,
        refs: Sequence[str],
        reason: BlockReason,
        *,
        external: bool | None = None,
        note: str = "",
        until: str = "",
    ) -> Done:
        """Flag cards as blocked; a blocked card keeps its place and its slot. `until` is
        `card:ID`, `run:ID` or a day as people type them."""
        lifted_by = ""

        def blocked(tx: Transaction, face: CardFace) -> Change:
            nonlocal lifted_by
            if face.outcome:
                raise RuleRefused(f"{face.ref} is finished.", "Move it back to re-open it first.")
            blocker = Blocker(
                reason=reason,
                external=reason in EXTERNAL_BY_DEFAULT if external is None else external,
                note=accept(note, "the note of the block").strip(),
                until=condition(tx, accept(until, "the condition of the block").strip(), face),
                since=tx.now,
            )
            zone = ZoneInfo(tx.board_of(face).timezone)
            lifted_by = condition_text(blocker.until, tx.now.astimezone(zone).date())
            return tx.change("card.blocked", face, {"blocker": to_json(blocker)})

        return self._each(refs, lambda: f"blocked by {reason.value} {lifted_by}".rstrip(), blocked)

    def unblock(self, refs: Sequence[str]) -> Done:
        """Lift the block."""

        def lifted(tx: Transaction, face: CardFace) -> Change:
            if not face.block_reason:
                raise RuleRefused(f"{face.ref} is not blocked.", "Nothing was changed.")
            return tx.change("card.unblocked", face, {"blocker": None})

        return self._each(refs, "unblocked", lifted)

    def snooze(self, refs: Sequence[str], until: date) -> Done:
        """Hide open cards until a day. They keep their places and slots, and come back sooner when
        somebody changes them."""

        def snoozed(tx: Transaction, face: CardFace) -> Change:
            if not face.is_open:
                raise RuleRefused(
                    f"{face.ref} is {'archived' if face.archived else 'finished'}.",
                    "Only open cards are snoozed.",
                )
            zone = ZoneInfo(tx.board_of(face).timezone)
            if until <= tx.now.astimezone(zone).date():
                raise UsageProblem(f"{until} does not lie ahead.", "Name a later day.")
            return tx.change("card.snoozed", face, {"snoozed_until": until.isoformat()})

        return self._each(refs, f"snoozed until {until}", snoozed)

    def wake(self, refs: Sequence[str]) -> Done:
        """Show snoozed cards again."""

        def woken(tx: Transaction, face: CardFace) -> Change:
            if not face.snoozed_until:
                raise RuleRefused(f"{face.ref} is not snoozed.", "Nothing was changed.")
            return tx.change("card.woken", face, {})

        return self._each(refs, "back on the board", woken)

    def finish(
        self,
        refs: Sequence[str],
        outcome: Outcome,
        verdict: str = "",
        *,
        override: str = "",
        ticks: Ticks | None = None,
        use: VersionName | None = None,
    ) -> Done:
        """Finish cards with an outcome. `use` says what one that is shipped is in use as.

        Shipped cards go to the stage after delivery, if there is one, and pass all gates before it
        (GateClosed, `override` and `ticks` as in a move); a card that was never committed cannot be
        abandoned and is recorded as discarded.
        """
        cards = []
        with self._context.writing() as tx:
            gates = Gates(tx, override, ticks)
            for ref in refs:
                face = tx.face(ref)
                board = tx.board_of(face)
                outcome_in_flow = rules.outcome_for(outcome, committed=bool(face.started_at))
                if face.outcome not in ("", outcome_in_flow):
                    raise RuleRefused(
                        f"{face.ref} is finished already ({face.outcome}).",
                        "Move it back into a stage to re-open it first.",
                    )
                values = {
                    **lifting(tx.fields(face)),
                    "outcome": outcome_in_flow.value,
                    "work": "attended",
                }
                if verdict:
                    values["verdict"] = accept(verdict, "the verdict").strip()
                rest = rules.resting_place(board, outcome_in_flow)
                if rest and not board.is_delivered(face.stage):
                    values["place"] = [rest.id, rank_at_end(tx, board, rest)]
                if outcome_in_flow is Outcome.SHIPPED and not face.outcome:
                    gates.check(board, face, board.first_delivered)
                _name_use(tx, ref, use)
                if tx.new_values(face.id, values).keys() - {"work"}:
                    tx.write(tx.change("card.finished", face, values, **gates.kept(face)))
                _check_use(tx, ref, use)
                cards.append(tx.card(ref))
            ends = ", ".join(sorted({c.outcome.value for c in cards if c.outcome}))
            message = f"{_listed(cards)} finished: {ends}.{_used_as(cards, use)}"
            worse = _worse_than_before(tx, refs, use)
            return tx.done(message, cards, " ".join(filter(None, (gates.require_passed(), worse))))

    def archive(self, refs: Sequence[str]) -> Done:
        """Take cards off the board. Work in progress counts as abandoned from then on."""
        abandoned: set[str] = set()

        def change(tx: Transaction, face: CardFace) -> Change:
            if face.archived:
                raise RuleRefused(f"{face.ref} is archived already.", "Nothing was changed.")
            values = archived(face)
            if "outcome" in values:
                abandoned.add(face.ref)
                values |= lifting(tx.fields(face))
            return tx.change("card.archived", face, values)

        done = self._each(refs, "archived", change)
        ended = [card for card in done.cards if card.ref in abandoned]
        if len(ended) == len(done.cards):
            return replace(done, message=f"{_listed(done.cards)} archived as abandoned.")
        if ended:
            message = f"{_listed(done.cards)} archived; in progress, and so abandoned: "
            return replace(done, message=f"{message}{_listed(ended)}.")
        return done

    def restore(self, refs: Sequence[str]) -> Done:
        """Restore archived cards to the stage and outcome they had."""
        cards = []
        reopened: list[Card] = []
        with self._context.writing(slots=True) as tx:
            boards = {board.id: board for board in (tx.board_of(tx.face(ref)) for ref in refs)}
            before = {id_: repository.limited_loads(tx.conn, b) for id_, b in boards.items()}
            for ref in refs:
                face = tx.face(ref)
                if not face.archived:
                    raise RuleRefused(f"{face.ref} is not archived.", "Nothing was changed.")
                values: dict[str, Any] = {"archived": False}
                archived_at = tx.writer.projector.entity(face.id).origins.get("archived", "")
                event = repository.event_of_card(tx.conn, face.id, archived_at)
                by_that = event is not None and "outcome" in changes(event)
                if face.outcome == Outcome.ABANDONED and by_that:
                    values |= {"outcome": None, "verdict": tx.fields(face).get("verdict")}
                tx.write(tx.change("card.restored", face, values))
                cards.append(tx.card(ref))
                if "outcome" in values:
                    reopened.append(cards[-1])
            warning = check_growth(tx, before)
        again = ""
        if reopened:
            some = "" if len(reopened) == len(cards) else f": {_listed(reopened)}"
            again = f", in progress again and no longer abandoned{some}"
        return Done(f"{_listed(cards)} restored{again}.", tuple(cards), warning)

    def _each(self, refs: Sequence[str], what: str | Callable[[], str], make: Any) -> Done:
        cards = []
        with self._context.writing() as tx:
            for ref in refs:
                tx.write(make(tx, tx.face(ref)))
                cards.append(tx.card(ref))
        text = what if isinstance(what, str) else what()
        return Done(f"{_listed(cards)} {text}.", tuple(cards))


def _add(
    tx: Transaction, board: Board, stage: Stage, new: NewCard, override: str
) -> tuple[CardFace, str]:
    """The new card, and a warning."""
    wanted = with_deliverables(board, stage, checked({**new.fields, "title": new.title}))
    work = Work(wanted.get("work") or Work.ATTENDED)
    warning, forced = enter(tx, board, stage, work, None, override=override)
    if board.is_delivered(stage.id):
        warning, forced = passed(_shipped_at_once(board, wanted), override)
    face = write_new(tx, board, stage, flat(wanted), forced)
    warning = sentences((warning, began_early(tx, face, None)))
    if text := accept(new.note, "the note").strip():
        tx.write(Change("card.noted", board.id, card=face.id, note=text))
    return face, warning


def _name_use(tx: Transaction, ref: str, use: VersionName | None) -> None:
    """Write what a card is in use as, in the action that delivers it, and before that, so that
    what follows from its delivery is about this model."""
    if use is None:
        return
    from mlkanban.service.model_names import name_use  # few cards are models in use

    name_use(tx, tx.face(ref), use)


def _check_use(tx: Transaction, ref: str, use: VersionName | None) -> None:
    if use is not None and use.model and tx.face(ref).outcome != Outcome.SHIPPED:
        raise RuleRefused(f"{ref} is not in use: it was not shipped.", "Leave --model out.")


def _used_as(cards: Sequence[Card], use: VersionName | None) -> str:
    """What the last of some cards is in use as, as a sentence behind another one."""
    named = use is not None and use.model
    return f" In use as {cards[-1].model} {cards[-1].version}." if named else ""


def _worse_than_before(tx: Transaction, refs: Sequence[str], use: VersionName | None) -> str:
    """That a version measures worse than the one it replaces; '' for what is no model."""
    if use is None or not use.model:
        return ""
    from mlkanban.service.model_rollback import worse_text  # as above

    return worse_text(tx, refs[-1])


def _shipped_at_once(board: Board, wanted: Mapping[str, Any]) -> rules.Verdict:
    """A card that is written past delivery is shipped, past all gates."""
    items = items_in(wanted.get("checklist") or ())
    return rules.leave(board, "It", board.stages[0].id, board.first_delivered, items)


def _replaced_metric(ref: str, before: CardMetrics, after: CardMetrics) -> str:
    """That a card is for another metric than before, which a person who meant to add a guard did
    not want; '' where it is not."""
    if before.metric is None or after.metric is None:
        return ""
    was, now = before.metric["name"], after.metric["name"]
    if was == now or was in {guard["name"] for guard in after.guards}:
        return ""
    return f"{ref} is measured by {now} now, no longer by {was}."


def _listed(cards: Sequence[Card]) -> str:
    refs = [card.ref for card in cards]
    return ", ".join(refs) if len(refs) <= 4 else f"{len(refs)} cards"
