"""Cards and boards as texts that people edit: written, compared, and read back as one action."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from mlkanban.core import checklist, rules
from mlkanban.core.board import Board, CardFace, Stage, Work, place
from mlkanban.core.card_fields import FIELD, CardField
from mlkanban.core.events import Change, Position
from mlkanban.core.markdown.board import BoardPage, CardText, board_page
from mlkanban.core.markdown.card import (
    Sheet,
    card_page,
    changed_values,
    corrections,
    note_lines,
    read_card,
)
from mlkanban.core.markdown.card_values import (
    DEFAULTS,
    LISTS,
    TextConflict,
    Values,
    shown,
    stored,
    three_way,
    values,
)
from mlkanban.core.markdown.charter import SECTIONS, charter_in
from mlkanban.core.markdown.front_matter import Value
from mlkanban.core.names import find_stage
from mlkanban.core.rules import Load
from mlkanban.core.timestamps import instant
from mlkanban.errors import BadMarkdown, LimitReached, MlkanbanError, NotFound
from mlkanban.hints import hint, sentences
from mlkanban.service.card_writes import (
    correct_notes,
    rank_at_end,
    write_edit,
    write_move,
    write_new,
)
from mlkanban.service.charter import charter_states, write_charter
from mlkanban.service.checklists import edited
from mlkanban.service.enforce import Gates, check_growth, passed
from mlkanban.service.fields import checked, flat, member
from mlkanban.service.text_merge import GONE, ChangedMeanwhile
from mlkanban.service.transaction import Context, Done, Transaction, find_face
from mlkanban.store import repository, snapshots
from mlkanban.store.database import Connection
from mlkanban.store.rows import board_of
from mlkanban.store.snapshots import Named
from mlkanban.text import accept, accept_title, display

if TYPE_CHECKING:
    from mlkanban.core.card import Card, Note


_KEYS = tuple(section.key for section in SECTIONS)


class CardDifference(NamedTuple):
    """What a text changes on one card (new where `ref` is empty): (field, old, new), with `note`
    for a corrected note; and a new note."""

    ref: str
    title: str
    line: int
    changes: Sequence[tuple[str, Value, Value]]
    note: str


@dataclass(frozen=True, slots=True)
class Differences:
    """What a document changes on its board.

    `conflicts` were changed on both sides; `left_alone` are cards that the text has no more,
    `added_before` new ones of it that were added since it was written, by their titles,
    `noted_before` cards whose new note was written since then, and `stages_left_alone` stages
    without a heading; `name` is the name of the board, old and new, () where it stays. `since` is
    False when the state it was written from cannot be found, and that of now was taken. `edited`
    says whether the document was changed since it was written, `outdated` whether the board has
    changes since then that the document does not have.
    """

    board: Board
    cards: tuple[CardDifference, ...]
    charter: tuple[tuple[str, str, str], ...]
    conflicts: tuple[TextConflict, ...]
    left_alone: tuple[str, ...]
    added_before: tuple[str, ...]
    noted_before: tuple[str, ...]
    stages_left_alone: tuple[str, ...]
    name: tuple[str, ...]
    since: bool
    edited: bool
    outdated: bool

    @property
    def nothing(self) -> bool:
        return not (self.cards or self.charter or self.name)


@dataclass(frozen=True, slots=True)
class _Planned:
    """The planned change of one card of a text: `card` is None for a new one."""

    sheet: Sheet
    card: Card | None
    now: Values
    changes: Values
    notes: Mapping[str, str] = field(default_factory=dict)
    """Texts of notes that were corrected, by their ids."""

    @property
    def nothing(self) -> bool:
        return self.card is not None and not (self.changes or self.notes or self.sheet.note)

    def noted(self) -> tuple[Note, ...]:
        """The notes of the card with what the text corrects."""
        notes = self.card.notes if self.card else ()
        return tuple(replace(note, text=self.notes.get(note.id, note.text)) for note in notes)


class Documents:
    def __init__(self, context: Context) -> None:
        self._context = context

    # One card

    def card_page(self, ref: str) -> tuple[str, Position]:
        """A card for an editor, and the place in the log it was read at."""
        with self._context.store.reading() as conn:
            card, board = _card(conn, ref)
            notes = note_lines(card.notes, ZoneInfo(board.timezone))
            return card_page(card.ref, values(card, board), notes), snapshots.position(conn)

    def save_card(self, ref: str, text: str, since: Position | None) -> Done:
        """Write what an edited text changes of a card as it was at `since` (None: now).

        BadMarkdown says where it cannot be read; ChangedMeanwhile, what somebody else changed too.
        """
        sheet = _sheet(ref, text)
        with self._context.writing(slots=True) as tx:
            board = tx.board_of(tx.face(ref))
            planned, conflicts = _Look(tx.conn, board, since, self._today(board)).card(sheet)
            if conflicts:
                raise ChangedMeanwhile(conflicts)
            before = {board.id: repository.limited_loads(tx.conn, board)}
            gates = Gates(tx, "", None)
            _write(tx, board, planned, gates, "")
            gates.require_passed()
            warning = check_growth(tx, before)
            card = tx.card(ref)
            return tx.done(f"{card.ref} saved.", (card,), warning)

    def again(self, ref: str, text: str, since: Position | None) -> tuple[str, Position]:
        """An edited text as a change of the card of now, with what others wrote meanwhile."""
        sheet = _sheet(ref, text)
        with self._context.store.reading() as conn:
            card, board = _card(conn, ref)
            planned, _ = _Look(conn, board, since, self._today(board)).card(sheet)
            notes = note_lines(planned.noted(), ZoneInfo(board.timezone))
            values_now = {**planned.now, **planned.changes}
            return card_page(card.ref, values_now, notes, sheet.note), snapshots.position(conn)

    # A board

    def board_page(self, board_id: str) -> tuple[list[str], int]:
        """The lines of a document with the charter and all cards but the archived ones, and how
        many cards that are."""
        cards: dict[str, list[CardText]] = {}
        with self._context.store.reading() as conn:
            board, at = board_of(conn, board_id), instant(self._context.clock())
            zone = ZoneInfo(board.timezone)
            faces = [face for face in repository.faces(conn, board_id) if not face.archived]
            for face in sorted(faces, key=place):
                card = repository.card(conn, face)
                card_text = CardText(card.ref, values(card, board), note_lines(card.notes, zone))
                cards.setdefault(board.stage(card.stage).id, []).append(card_text)
            charter = charter_in(repository.entity(conn, board_id).fields)
            return list(board_page(board, at, snapshots.position(conn), charter, cards)), len(faces)

    def refs(self) -> frozenset[str]:
        """The short ids of all cards, deleted ones too."""
        with self._context.store.reading() as conn:
            return frozenset(snapshots.names(conn))

    def compare(self, board_id: str, page: BoardPage, *, mine: bool = False) -> Differences:
        """What a document would change; with `mine` it wins where both sides changed a field."""
        with self._context.store.reading() as conn:
            return self._plan(conn, board_id, page, mine)[0]

    def take_back(
        self, board_id: str, page: BoardPage, *, mine: bool = False, override: str = ""
    ) -> Done:
        """Change the board as an edited document says, all of it or nothing. A limit (LimitReached)
        or a gate (GateClosed) in the way is passed where `override` gives the reason."""
        with self._context.writing(slots=True) as tx:
            differences, planned = self._plan(tx.conn, board_id, page, mine)
            if differences.conflicts:
                raise ChangedMeanwhile(differences.conflicts)
            gates = Gates(tx, override, None)
            growth = _Growth(tx, differences.board, planned)
            forced = ""
            limit: LimitReached | None = None
            try:
                warning, forced = passed(growth.verdict, override)
            except LimitReached as error:
                warning, limit = "", error
            refs = [
                _write(
                    tx,
                    differences.board,
                    planned_card,
                    gates,
                    forced if growth.is_over(planned_card) else "",
                )
                for planned_card in planned
            ]
            warnings = dict.fromkeys(filter(None, (gates.require_passed(limit), warning)))
            write_charter(tx, board_id, {key: new for key, _, new in differences.charter})
            if differences.name:
                tx.write(Change("board.edited", board_id, set={"name": differences.name[1]}))
            cards = tuple(map(tx.card, refs))
            return tx.done(f"{summary(differences)}.", cards, " ".join(warnings))

    def _plan(
        self, conn: Connection, board_id: str, page: BoardPage, mine: bool
    ) -> tuple[Differences, list[_Planned]]:
        board = board_of(conn, board_id)
        look = _Look(conn, board, page.position, self._today(board))
        stages_left_alone = _stages_left_alone(board, page)
        name, conflicts = look.name(page)
        planned: list[_Planned] = []
        added: list[str] = []
        newer = look.newer()
        look.outdated |= not newer.keys() <= {
            shown(str(sheet.values["title"])) for sheet in page.sheets if not sheet.ref
        }
        for sheet in page.sheets:
            title = shown(str(sheet.values["title"]))
            if not sheet.ref and title in newer:
                added.append(newer[title])
                continue
            planned_card, more_conflicts = look.card(sheet)
            conflicts += more_conflicts
            if not planned_card.nothing and not any(
                conflict.name == GONE for conflict in more_conflicts
            ):
                planned.append(planned_card)
        charter: Values = {}
        now: Mapping[str, str] = {}
        if page.charter is not None:
            was, now = charter_states(conn, board_id, look.since)
            charter, more_conflicts = three_way("", was, page.charter.texts, now)
            page.charter.check(charter)
            look.note(page.charter.texts, was, now)
            conflicts += more_conflicts
        return (
            Differences(
                board,
                tuple(map(_difference, planned)),
                tuple((key, now[key], str(charter[key])) for key in _KEYS if key in charter),
                tuple(conflict for conflict in conflicts if not mine or conflict.name == GONE),
                tuple(look.left_alone(page)),
                tuple(added),
                tuple(look.noted_before),
                stages_left_alone,
                name,
                look.since is not None,
                look.edited,
                look.outdated,
            ),
            planned,
        )  # fmt: skip

    def _today(self, board: Board) -> date:
        return board.day_of(self._context.clock())


def summary(differences: Differences) -> str:
    """The extent of a document's changes, in words."""
    new = sum(not card.ref for card in differences.cards)
    old = len(differences.cards) - new
    parts = [f"{old} card{'' if old == 1 else 's'} changed"] if old else []
    parts += [f"{new} added"] if new else []
    parts += ["the charter changed"] if differences.charter else []
    parts += ["the board renamed"] if differences.name else []
    return ", ".join(parts).capitalize()


def _stages_left_alone(board: Board, page: BoardPage) -> tuple[str, ...]:
    """The stages that a document has no heading for; BadMarkdown for a heading of no stage, for
    stages are not made or renamed by a document."""
    if page.stages is None:
        return ()
    headings = {shown(stage.name): stage.id for stage in board.stages}
    there = set()
    for title, line in page.stages.items():
        try:
            there.add(headings.get(title) or find_stage(board, title).id)
        except MlkanbanError as error:
            how = hint("Stages are changed with: {stages add, rename or remove}.")
            raise BadMarkdown(error.message, line, sentences((error.hint, how))) from error
    return tuple(stage.name for stage in board.stages if stage.id not in there)


class _Look:
    """A board now, and as it was at a place in the log (None, or one that is not there: as now)."""

    def __init__(self, conn: Connection, board: Board, since: Position | None, today: date) -> None:
        self._conn = conn
        self._board = board
        self._today = today
        self._zone = ZoneInfo(board.timezone)
        self.since = since if since is not None and snapshots.holds(conn, since) else None
        self._touched: frozenset[str] = frozenset()
        if self.since is not None:
            changes = repository.changes(conn, board.id, self.since.cursor)
            self._touched = frozenset(changes.cards)
        self._names: dict[str, Named] | None = None
        self.edited = False
        self.outdated = False
        self.noted_before: list[str] = []

    def note(
        self, wanted: Mapping[str, Value], was: Mapping[str, Value], now: Mapping[str, Value]
    ) -> None:
        """Remember whether a text changes fields, and whether the board changed others."""
        edits = {name for name, value in wanted.items() if value != was.get(name, "")}
        self.edited |= bool(edits)
        self.outdated |= any(now[name] != was.get(name, "") for name in now if name not in edits)

    def card(self, sheet: Sheet) -> tuple[_Planned, list[TextConflict]]:
        """What a text changes on a card, and where somebody else did as well."""
        if not sheet.ref:
            self.edited = True
            wanted = changed_values(sheet, DEFAULTS, self._board, self._today, None)
            return _Planned(sheet, None, dict(DEFAULTS), wanted), []
        known = self._known(sheet)
        then = self._then(known.id)
        if known.deleted:
            changed = then and (
                self._changed_values(sheet, then)
                or sheet.note
                or corrections(sheet, then.notes, self._zone)
            )
            gone = (
                [TextConflict(sheet.ref, GONE, then.title, "", then.title)]
                if then and changed
                else []
            )
            self.edited |= bool(changed)
            self.outdated = True
            return _Planned(sheet, then, {}, {}), gone
        card = repository.card(self._conn, find_face(self._conn, sheet.ref))
        now = values(card, self._board)
        base = then or card
        wanted = self._changed_values(sheet, base)
        was = values(base, self._board)
        changes, conflicts = three_way(card.ref, was, wanted, now, lists=LISTS)
        corrected = corrections(sheet, base.notes, self._zone)
        notes, unlike = _corrected(card, base, corrected)
        self.note(wanted, was, now)
        self.note(corrected, _note_texts(base), _note_texts(card))
        self.edited |= bool(sheet.note)
        if sheet.note and self._noted_before(sheet, card, then):
            self.noted_before.append(card.ref)
            sheet = replace(sheet, note="")
        return _Planned(sheet, card, now, changes, notes), conflicts + unlike

    def _noted_before(self, sheet: Sheet, card: Card, then: Card | None) -> bool:
        """Whether a note that a text adds has been written since the text was, as when it is taken
        back twice; ever, where it is not known when that was."""
        if then is None and self.since is not None:
            return False
        had = {note.id for note in then.notes} if then else set()
        text = shown(sheet.note.strip())
        return any(shown(note.text) == text for note in card.notes if note.id not in had)

    def name(self, page: BoardPage) -> tuple[tuple[str, ...], list[TextConflict]]:
        """The name of the board and the one a text gives it, () where it gives none of its own; and
        where somebody else renamed it as well."""
        now = self._board.name
        was = now
        if self.since is not None:
            then = snapshots.board_at(self._conn, self._board.id, self.since.cursor).fields
            was = str(then.get("name") or now)
        name_then = display(was)
        self.note(
            {"name": page.name.strip() or name_then}, {"name": name_then}, {"name": display(now)}
        )
        if not page.name.strip() or page.name in (name_then, display(now)):
            return (), []
        conflict = (
            [TextConflict("", "name of the board", was, now, page.name)] if was != now else []
        )
        return (now, accept_title(page.name)), conflict

    def newer(self) -> dict[str, str]:
        """The short ids of cards that were not there yet, by title."""
        faces = repository.faces_of(self._conn, tuple(self._touched))
        return {shown(f.title): f.ref for f in faces if self._then(f.id) is None}

    def left_alone(self, page: BoardPage) -> Iterator[str]:
        """The cards that were written in the document and are not in it any more."""
        there = {sheet.ref for sheet in page.sheets}
        for face in sorted(repository.faces(self._conn, self._board.id), key=place):
            if face.ref not in there and not face.archived:
                then = self._then(face.id)
                if face.id not in self._touched or (then is not None and not then.archived):
                    yield face.ref

    def _known(self, sheet: Sheet) -> Named:
        if self._names is None:
            self._names = snapshots.names(self._conn)
        known = self._names.get(sheet.ref)
        if known is None:
            raise NotFound(f"There is no card {sheet.ref!r}.", hint("List them: {list --all}"))
        if known.board != self._board.id:
            other = board_of(self._conn, known.board)
            raise BadMarkdown(
                f"{sheet.ref} is on the board {other.key}.", sheet.line,
                f"Only cards of {self._board.key} stand here.",
            )  # fmt: skip
        return known

    def _then(self, card_id: str) -> Card | None:
        if self.since is None or card_id not in self._touched:
            return None
        return snapshots.card_at(self._conn, self._board.id, card_id, self.since.cursor)

    def _changed_values(self, sheet: Sheet, card: Card) -> Values:
        return changed_values(sheet, values(card, self._board), self._board, self._today, card)


def _corrected(
    card: Card, base: Card, wanted: Mapping[str, str]
) -> tuple[dict[str, str], list[TextConflict]]:
    """The notes of a card that get another text, and those that somebody else changed as well
    since the card was `base`."""
    was, now = _note_texts(base), _note_texts(card)
    changes = {note: text for note, text in wanted.items() if text != now.get(note, "")}
    return changes, [
        TextConflict(card.ref, "note", was[note], now.get(note, ""), text)
        for note, text in changes.items()
        if now.get(note, "") != was[note]
    ]


def _note_texts(card: Card) -> dict[str, str]:
    return {note.id: note.text for note in card.notes}


def _card(conn: Connection, ref: str) -> tuple[Card, Board]:
    face = find_face(conn, ref)
    return repository.card(conn, face), board_of(conn, repository.board_id(conn, face))


def _sheet(ref: str, text: str) -> Sheet:
    sheet = read_card(text)
    if sheet.ref != ref.strip().lower():
        raise BadMarkdown(
            f"The id was changed to {sheet.ref!r}.", sheet.line, f"Put {ref} back; ids stay."
        )
    return sheet


def _difference(planned: _Planned) -> CardDifference:
    changes = [
        (name, planned.now[name], planned.changes[name])
        for name in DEFAULTS
        if name in planned.changes
    ]
    had = _note_texts(planned.card) if planned.card else {}
    changes += [("note", had.get(note, ""), text) for note, text in planned.notes.items()]
    title = planned.now["title"] if planned.card else planned.changes["title"]
    return CardDifference(
        planned.sheet.ref, str(title), planned.sheet.line, changes, planned.sheet.note
    )


class _Growth:
    """The open cards per stage as they are, and as a document wants them."""

    def __init__(self, tx: Transaction, board: Board, planned: Sequence[_Planned]) -> None:
        self._board = board
        before = repository.loads(tx.conn, board.id)
        self._after = dict(before)
        self._entered: dict[int, Stage] = {}
        for card in planned:
            face = tx.face(card.card.ref) if card.card else None
            had = (face.stage, Work(face.work)) if face is not None and face.is_open else None
            wanted = _slot(board, card, face)
            if had == wanted:
                continue
            if had is not None:
                self._count(*had, -1)
            if wanted is not None:
                self._count(*wanted, 1)
                self._entered[id(card)] = board.stage(wanted[0])
        self.verdict = rules.grown(board, before, self._after)
        if isinstance(self.verdict, rules.Refused):
            advice = f"{self.verdict.hint.rstrip('.')}, or override with a reason."
            self.verdict = replace(self.verdict, hint=advice, by_limit=True)

    def _count(self, stage: str, work: Work, cards: int) -> None:
        self._after[stage] = self._after.get(stage, Load()).plus(work, cards)

    def is_over(self, planned: _Planned) -> bool:
        """Whether a card enters a place that is over a limit then."""
        stage = self._entered.get(id(planned))
        if stage is None:
            return False
        board, load = self._board, self._after[stage.id]
        full = board.conwip is not None and rules.in_progress(board, self._after) > board.conwip
        return any(meter.over for meter in rules.meters(stage, load)) or (full and stage.committed)


def _slot(board: Board, planned: _Planned, face: CardFace | None) -> tuple[str, Work] | None:
    """The stage (id) and the work that a card of a document counts for, None when it is ended."""
    moved = "stage" in planned.changes
    if face is not None and not moved and not face.is_open:
        return None
    if moved or face is None:
        stage = find_stage(board, str(planned.changes["stage"]))
    else:
        stage = board.stage(face.stage)
    if board.is_delivered(stage.id):
        return None
    work = str(planned.changes.get("work") or (face.work if face else Work.ATTENDED))
    return stage.id, rules.work_in(stage, work) if moved else Work(work)


def _write(tx: Transaction, board: Board, planned: _Planned, gates: Gates, forced: str) -> str:
    """Write what becomes of one card, asking the gates it goes past; its short id. `forced` is the
    reason why it passes a limit."""
    fields = stored(planned.changes, planned.now, planned.card)
    lists = {name: fields.pop(name) for name in LISTS if name in fields}
    stage = find_stage(board, str(planned.changes["stage"])) if "stage" in planned.changes else None
    if planned.card is None:
        assert stage is not None
        wanted = flat(checked({**fields, **{name: lists[name] or () for name in lists}}))
        face = write_new(tx, board, stage, wanted, forced)
    else:
        face = tx.face(planned.card.ref)
        work = str(fields.pop("work", None) or face.work) if stage else ""
        if items := fields.get("checklist"):
            fields["checklist"] = checklist.dumped(edited(planned.card.checklist, items, (), ()))
        wanted = flat(checked(fields, partial=True))
        for name, members in lists.items():
            wanted |= _members(FIELD[name], planned.card.values[name], members or ())
        write_edit(tx, face, wanted, "" if stage else forced)
        if stage:
            face = tx.face(face.ref)
            gates.check(board, face, board.position(stage.id))
            kept = ({"reason": forced} if forced else {}) | gates.kept(face)
            write_move(tx, board, face, stage, rank_at_end(tx, board, stage), work, **kept)
    correct_notes(tx, face, planned.notes)
    if text := accept(planned.sheet.note, "the note").strip():
        tx.write(tx.change("card.noted", tx.face(face.ref), {}, note=text))
    return face.ref


def _members(field: CardField, has: Sequence[str], wanted: Sequence[str]) -> dict[str, bool]:
    """The members of a set to add and to remove; a text has them as they are shown."""
    there = {shown(value) for value in has}
    changes = {field.stored + value: False for value in has if shown(value) not in wanted}
    return changes | {member(field.name, value): True for value in wanted if value not in there}
