"""What the board screen shows and where its cursor is: no Textual, no store, no clock."""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mlkanban.core.board import (
    Board,
    CardFace,
    StageRole,
    Work,
    asleep,
    in_use,
    place,
    stands,
    waits,
)
from mlkanban.core.query.store_terms import Answers
from mlkanban.core.rules import Load
from mlkanban.core.timestamps import instant
from mlkanban.display.card_face import SNOOZED, USED, Header, HeadNote, header
from mlkanban.records import record
from mlkanban.runs.model.queue_order import held_runs, more_slots_of, waiting_runs
from mlkanban.service import FirstLook
from mlkanban.text import natural

_NOTHING = Answers()
MANY_CARDS = 100
"""The first ones of a stage with more cards tell how wide it should be, and are read first."""


def oldest_expected(board: Board, today: date, sle_days: int | None) -> str:
    """The instant before which cards were started that are past the expectation; '' for none."""
    if sle_days is None:
        return ""
    first = today - timedelta(days=sle_days - 1)
    return instant(datetime.combine(first, time(), ZoneInfo(board.timezone)))


@record(slots=True)
class BoardModel:
    """Cards by stage in order, the filter, the marks, and one cursor per stage.

    `columns[i]` are the cards shown in stage i; `loads`, `blocked` and `asleep` (by stage) count
    all open cards, `standing` (by stage) the finished ones that are not archived, `queued` (by
    stage) the runs that wait for a slot there, `held` those of them that are held back;
    `waits` names, by card id, the open cards that an open card depends on, and `needed_by` the
    other way round, by short id. `used` counts the models in use, `late` and `past_sle`
    count the open cards that are past their due dates, and those older than the expectation of
    `sle_days`; where that was not counted yet when the board was opened, and may be known, it is
    `sle_awaited`, so that there is room for it from the beginning. `today` says which snoozed
    ones are out of sight, `over_since_merge` which stages a merge took over their limits,
    `conflicts` how many are to be resolved, `review_day` when the next review is due, `folds` which
    stages, by their ids, a person folded (True) or unfolded.
    """

    board: Board
    today: date
    faces: dict[str, CardFace] = field(default_factory=dict)
    columns: list[list[CardFace]] = field(default_factory=list)
    loads: dict[str, Load] = field(default_factory=dict)
    blocked: int = 0
    asleep: Counter[str] = field(default_factory=Counter)
    standing: Counter[str] = field(default_factory=Counter)
    queued: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    marks: set[str] = field(default_factory=set)
    query: str = ""
    only: frozenset[str] = frozenset()
    only_label: str = ""
    everything: bool = False
    stage: int = 0
    rows: list[int] = field(default_factory=list)
    waits: dict[str, tuple[str, ...]] = field(default_factory=dict)
    needed_by: dict[str, list[str]] = field(default_factory=dict)
    late: int = 0
    used: int = 0
    past_sle: int = 0
    review_day: date | None = None
    sle_days: int | None = None
    sle_awaited: bool = False
    over_since_merge: frozenset[str] = frozenset()
    conflicts: int = 0
    unread: Counter[int] = field(default_factory=Counter)
    """Cards of each stage that are shown and not read yet."""
    complete: bool = True
    """Whether all cards are read."""
    folds: dict[str, bool] = field(default_factory=dict)
    found: Counter[str] | None = None
    """Under a filter, of the cards in sight: how many are in progress, blocked, late, past SLE."""
    _needed: set[str] = field(default_factory=set)
    """The short ids that open cards depend on, whether these are open or not."""
    _matches: Callable[[CardFace], bool] = lambda face: True
    _sleepers: bool = False
    _counted: list[Load] = field(default_factory=list)
    _watched: tuple[Board | None, frozenset[str]] = (None, frozenset())
    _oldest: str = ""
    """Open cards that were started before this instant are past the expectation."""

    @classmethod
    def at_first(cls, look: FirstLook, today: date, sle_days: int | None) -> "BoardModel":
        """The board for its first picture: of stages with many cards it has the first ones, as many
        as can be in sight, until `reset` brings all. Until then the cursor may go about them."""
        model = cls(look.board, today, sle_days=sle_days, faces=look.faces, complete=False)
        stages = look.board.stages
        model.rows = [0] * len(stages)
        opened = [face for face in look.faces.values() if face.is_open]
        model.loads = look.loads
        model.queued = waiting_runs(look.board, opened)
        model.held = held_runs(look.board, opened)
        model.used = sum(1 for face in look.faces.values() if face.health and in_use(face))
        for stage_id, counts in look.counts.items():
            model.asleep[stage_id] = counts.asleep
            model.standing[stage_id] = counts.standing
            model.blocked += counts.blocked
            model.late += counts.late
            model.past_sle += counts.started_before
        model._oldest = oldest_expected(look.board, today, sle_days)
        model._find_waiting()
        model._arrange()
        for at, stage in enumerate(stages):
            if stage.id not in model._monitoring:
                load = look.loads.get(stage.id, Load())
                delivered = look.board.is_delivered(stage.id)
                standing = model.standing[stage.id] if delivered else 0
                cards = load.total - model.asleep[stage.id] + standing
                # Cards of stages that were removed stand in others, and are all read.
                read = sum(1 for face in model.columns[at] if face.stage == stage.id)
                model.unread[at] = max(0, cards - read)
        return model

    def cards(self, at: int) -> int:
        """How many cards stage `at` shows, the ones included that are not read yet."""
        return len(self.columns[at]) + self.unread[at]

    @classmethod
    def of(cls, board: Board, faces: Iterable[CardFace], today: date) -> "BoardModel":
        model = cls(board, today)
        model.reset(board, faces)
        return model

    def reset(self, board: Board, faces: Iterable[CardFace]) -> None:
        """Take over a whole board; the cursor stays on its card when that is still there."""
        here = self.current
        self.board = board
        self.unread, self.complete = Counter(), True
        self.faces = {face.id: face for face in faces}
        self.rows = (self.rows + [0] * len(board.stages))[: len(board.stages)]
        self.stage = max(0, min(self.stage, len(board.stages) - 1))
        self.marks &= self.faces.keys()
        self._count_all()
        self._find_waiting()
        self._arrange()
        if here is not None:
            self.go_to(here.id)

    def update(self, faces: Iterable[CardFace], gone: Iterable[str]) -> set[int]:
        """Take in changed cards; the stages whose columns look different now.

        The cursor stays where it is, but follows its own card within the stage.
        """
        here, used = self.current, bool(self.used)
        touched: set[int] = set()
        waiting = False
        for card_id, face in (*((card_id, None) for card_id in gone), *((f.id, f) for f in faces)):
            waiting |= self._concerns_waiting(self.faces.get(card_id), face)
            touched |= self._replace(card_id, face)
        if used != bool(self.used):
            # The first model in use, or none any more: other cards are shown now.
            self._arrange()
            touched = set(range(len(self.columns)))
        if here is not None and here.id in self.faces:
            column, row = self.locate(here.id)
            if column == self.stage and row >= 0:
                self.rows[column] = row
        if waiting:
            touched |= self._find_waiting()
        for at in touched:
            self._clamp(at)
        self._count_columns(touched)
        return touched

    @property
    def _monitoring(self) -> frozenset[str]:
        """The stages past delivery, by their ids, in which only models in use are shown; none on a
        board that has no model in use."""
        if not self.used:
            return frozenset()
        if self._watched[0] is not self.board:
            # What names the roles of stages: once for a board.
            from mlkanban.core.card_templates import role_of

            self._watched = (
                self.board,
                frozenset(
                    stage.id
                    for stage in self.board.stages[self.board.first_delivered :]
                    if role_of(self.board, stage) is StageRole.MONITOR
                ),
            )
        return self._watched[1]

    @property
    def review_due(self) -> bool:
        """Whether a review of the board is due."""
        return self.review_day is not None and self.review_day <= self.today

    @property
    def filtered(self) -> bool:
        """Whether cards are out of sight because they were not asked for."""
        return bool(self.query or self.only)

    def header(self, at: int) -> Header:
        """What stands above stage `at`."""
        stage = self.board.stages[at]
        delivered = self.board.is_delivered(stage.id)
        note = HeadNote(self.asleep[stage.id], SNOOZED)
        if stage.id in self._monitoring and not self.everything and not self.filtered:
            note = HeadNote(len(self.columns[at]), USED)
        elif self._counted:
            beyond = len(self.columns[at]) - self._counted[at].total
            note = HeadNote(beyond, "archived" if delivered else "finished")
        return header(
            self.board,
            at,
            self.loads.get(stage.id, Load()),
            self.standing[stage.id],
            found=self._counted[at] if self.filtered else None,
            note=note,
            by_merge=stage.id in self.over_since_merge,
            queued=self.queued[stage.id],
            held=self.held[stage.id],
        )

    def _count_columns(self, stages: Iterable[int]) -> None:
        """What of the counts of these stages is in sight, where that is not all of it."""
        self.found = self._found() if self.filtered else None
        if not (self.filtered or self.everything):
            self._counted = []
            return
        self._counted = (self._counted + [Load()] * len(self.columns))[: len(self.columns)]
        for at in stages:
            load, column = Load(), self.columns[at]
            if self.board.is_delivered(self.board.stages[at].id):
                load = Load(sum(1 for face in column if stands(self.board, face)))
            else:
                for work, cards in Counter(face.work for face in column if face.is_open).items():
                    load = load.plus(Work(work), cards)
                more = sum(more_slots_of(face) for face in column if face.is_open)
                load = load.plus(Work.UNATTENDED, 0, more)
            self._counted[at] = load

    def _found(self) -> Counter[str]:
        # A step for each card and count would take a third of the time of a filter key.
        found: Counter[str] = Counter()
        for stage, column in zip(self.board.stages, self.columns, strict=True):
            opened = [face for face in column if face.is_open]
            found["in progress"] += len(opened) if self.board.is_committed(stage.id) else 0
            found["blocked"] += sum(1 for face in opened if face.block_reason)
            found["past SLE"] += sum(1 for face in opened if self._is_past_sle(face))
            found["late"] += sum(1 for face in opened if face.due and self._is_late(face))
        found["snoozed"] = self.asleep_found if self.asleep.total() else 0
        return found

    def _concerns_waiting(self, old: CardFace | None, new: CardFace | None) -> bool:
        """Whether cards may wait for others than before because a card changed."""

        def bond(face: CardFace | None) -> tuple[str, str] | None:
            return (face.ref, face.needs) if face is not None and face.is_open else None

        bonds = {bond(old), bond(new)}
        return len(bonds) > 1 and any(b and (b[1] or b[0] in self._needed) for b in bonds)

    def _find_waiting(self) -> set[int]:
        """Find out which cards wait for others; the stages where that is different now."""
        before, self.waits = self.waits, waits(self.faces.values())
        self._needed = {
            ref
            for face in self.faces.values()
            if face.needs and face.is_open
            for ref in face.needs.split()
        }
        needed_by: dict[str, list[str]] = {}
        for card, refs in self.waits.items():
            for ref in refs:
                needed_by.setdefault(ref, []).append(self.faces[card].ref)
        self.needed_by = {ref: sorted(cards, key=natural) for ref, cards in needed_by.items()}
        return {
            self.board.position(self.faces[card].stage)
            for card in before.keys() | self.waits.keys()
            if before.get(card) != self.waits.get(card) and card in self.faces
        }

    def _replace(self, card_id: str, face: CardFace | None) -> set[int]:
        old = self.faces.pop(card_id, None)
        touched: set[int] = set()
        if old is not None:
            self._count(old, -1)
            at = self.board.position(old.stage)
            column = self.columns[at]
            row = bisect_left(column, place(old), key=place)
            if row < len(column) and column[row].id == card_id:
                del column[row]
            touched.add(at)
        if face is None:
            self.marks.discard(card_id)
            return touched
        self.faces[card_id] = face
        self._count(face, 1)
        at = self.board.position(face.stage)
        touched.add(at)
        if self.shows(face):
            insort(self.columns[at], face, key=place)
        else:
            self.marks.discard(card_id)
        return touched

    def _count_all(self) -> None:
        """The counts of ten thousand cards, without ten thousand steps between."""
        taken = [face for face in self.faces.values() if face.is_open]
        self.loads, self.blocked = {}, sum(1 for face in taken if face.block_reason)
        self.asleep = Counter(
            face.stage for face in taken if face.snoozed_until and asleep(face, self.today)
        )
        self.standing = Counter(
            face.stage for face in self.faces.values() if face.outcome and not face.archived
        )
        for (stage, work), cards in Counter((face.stage, face.work) for face in taken).items():
            self.loads[stage] = self.loads.get(stage, Load()).plus(Work(work), cards)
        for face in taken:
            if more := more_slots_of(face):
                self.loads[face.stage] = self.loads[face.stage].plus(Work(face.work), 0, more)
        self.queued = waiting_runs(self.board, taken)
        self.held = held_runs(self.board, taken)
        self._oldest = oldest_expected(self.board, self.today, self.sle_days)
        self.late = sum(1 for face in taken if self._is_late(face))
        self.used = sum(1 for face in self.faces.values() if face.health and in_use(face))
        self.past_sle = sum(1 for face in taken if self._is_past_sle(face))

    def expect(self, sle_days: int | None) -> bool:
        """Count the cards older than so many days from now on; whether that is something new."""
        if sle_days == self.sle_days:
            return False
        self.sle_days = sle_days
        self._count_all()
        self._count_columns(range(len(self.columns)))
        return True

    def _is_late(self, face: CardFace) -> bool:
        return bool(face.due) and face.due < self.today.isoformat()

    def _is_past_sle(self, face: CardFace) -> bool:
        return bool(face.started_at) and not face.finished_at and face.started_at < self._oldest

    def _count(self, face: CardFace, by: int) -> None:
        if face.is_open:
            load = self.loads.get(face.stage, Load())
            self.loads[face.stage] = load.plus(Work(face.work), by, by * more_slots_of(face))
            self.blocked += by if face.block_reason else 0
            self.late += by if self._is_late(face) else 0
            self.past_sle += by if self._is_past_sle(face) else 0
            if face.snoozed_until and asleep(face, self.today):
                self.asleep[face.stage] += by
            for stage, runs in waiting_runs(self.board, (face,)).items():
                self.queued[stage] += by * runs
            for stage, runs in held_runs(self.board, (face,)).items():
                self.held[stage] += by * runs
        elif not face.archived:
            self.standing[face.stage] += by
            self.used += by if in_use(face) else 0

    def _arrange(self) -> None:
        self.columns = [[] for _ in self.board.stages]
        for face in self.faces.values():
            if self.shows(face):
                self.columns[self.board.position(face.stage)].append(face)
        for at, column in enumerate(self.columns):
            column.sort(key=place)
            self._clamp(at)
        self._count_columns(range(len(self.columns)))

    def _clamp(self, at: int) -> None:
        self.rows[at] = max(0, min(self.rows[at], len(self.columns[at]) - 1))

    def shows(self, face: CardFace) -> bool:
        """Whether a card stands on the board now: open or delivered, and found by the filter; or
        one of the few asked for."""
        if self.only:
            return face.ref in self.only and self._matches(face)
        if not self.everything:
            if not stands(self.board, face):
                return False
            if face.snoozed_until and not self._sleepers and asleep(face, self.today):
                return False
            if not self.query and face.stage in self._monitoring and not in_use(face):
                return False
        return self._matches(face)

    @property
    def put_away(self) -> int:
        """How many delivered cards are out of sight because they are no models in use."""
        if self.everything or self.query or self.only:
            return 0
        return sum(
            1
            for face in self.faces.values()
            if face.stage in self._monitoring and stands(self.board, face) and not in_use(face)
        )

    def new_day(self, today: date) -> None:
        """Wake the cards whose day has come."""
        here = self.current
        self.today = today
        self._count_all()
        self._arrange()
        if here is not None:
            self.go_to(here.id)

    @property
    def query_meant(self) -> str:
        """The query that was meant by the names of states that were looked for as words, '' for
        none."""
        # As in `filter`.
        from mlkanban.core.query.complete import meant
        from mlkanban.core.query.fields import QueryContext

        return meant(self.query, QueryContext(self.board, self.today, self.faces.values()))

    def check(self, text: str) -> None:
        """BadQuery says what is wrong with a query."""
        # As in `filter`.
        from mlkanban.core.query.fields import QueryContext
        from mlkanban.core.query.match import matcher

        matcher(text, QueryContext(self.board, self.today, self.faces.values()))

    def filter(self, text: str, answers: Answers = _NOTHING) -> None:
        """Show only cards that a query asks for; BadQuery leaves what is shown as it was. `told` is
        what the store says of them besides, as far as it was asked already."""
        # The query language, which the board does without at its start.
        from mlkanban.core.query.fields import QueryContext
        from mlkanban.core.query.match import looks_for_sleepers, matcher

        matches = matcher(text, QueryContext(self.board, self.today, self.faces.values(), answers))
        here = self.current
        self.query, self._matches = text.strip(), matches
        self._sleepers = looks_for_sleepers(text)
        self._arrange()
        if here is not None:
            self.go_to(here.id)
        if not self.columns[self.stage]:
            filled = [at for at, column in enumerate(self.columns) if column]
            if self.query and filled:
                self.stage = min(filled, key=lambda at: abs(at - self.stage))

    def show_only(self, refs: Iterable[str], label: str) -> None:
        """Only the cards with these short ids, wherever they ended; with none, all again."""
        here = self.current
        self.only, self.only_label = frozenset(refs), label
        self._arrange()
        if here is None or not self.go_to(here.id):
            filled = [at for at, column in enumerate(self.columns) if column]
            if filled and not self.columns[self.stage]:
                self.stage = min(filled, key=lambda at: abs(at - self.stage))

    def show_everything(self, everything: bool) -> None:
        """Finished and archived cards too, in the stage where they ended."""
        here = self.current
        self.everything = everything
        self._arrange()
        if here is not None:
            self.go_to(here.id)

    @property
    def current(self) -> CardFace | None:
        """The card under the cursor."""
        if not self.columns:
            return None
        column = self.columns[self.stage]
        return column[self.rows[self.stage]] if column else None

    @property
    def chosen(self) -> list[CardFace]:
        """The marked cards in the order they are seen, else the one under the cursor."""
        if self.marks:
            return [face for column in self.columns for face in column if face.id in self.marks]
        return [self.current] if self.current else []

    def locate(self, card_id: str) -> tuple[int, int]:
        """(stage, row) of a card that is shown; row -1 when it is not."""
        face = self.faces[card_id]
        at = self.board.position(face.stage)
        row = bisect_left(self.columns[at], place(face), key=place)
        there = row < len(self.columns[at]) and self.columns[at][row].id == card_id
        return at, row if there else -1

    def go_to(self, card_id: str) -> bool:
        """Put the cursor on a card; False when it is not shown."""
        if card_id not in self.faces:
            return False
        at, row = self.locate(card_id)
        if row < 0:
            return False
        self.stage, self.rows[at] = at, row
        return True

    def neighbour(self, by: int) -> CardFace | None:
        """The card shown `by` places below the cursor."""
        row = self.rows[self.stage] + by
        column = self.columns[self.stage]
        return column[row] if 0 <= row < len(column) else None

    @property
    def asleep_found(self) -> int:
        """How many cards would be shown if they were not snoozed."""
        return sum(
            1
            for face in self.faces.values()
            if face.snoozed_until
            and asleep(face, self.today)
            and self._matches(face)
            and (not self.only or face.ref in self.only)
        )

    @property
    def standing_cards(self) -> int:
        """How many cards have a place on the board, in sight or not."""
        opened = sum(load.total for load in self.loads.values())
        board = self.board
        return opened + sum(n for at, n in self.standing.items() if board.is_delivered(at))

    @property
    def shown(self) -> int:
        """How many cards the columns hold together."""
        return sum(map(len, self.columns))
