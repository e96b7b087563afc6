"""Boards and their stages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from mlkanban.core import rules
from mlkanban.core.board import ROLE_WORDS, Board, CardFace, Stage, StageKind
from mlkanban.core.card import Blocker
from mlkanban.core.card_templates import role_of
from mlkanban.core.events import Change
from mlkanban.core.field_kinds import blocker_in
from mlkanban.core.names import find_board, free_slug
from mlkanban.core.rules import Load
from mlkanban.core.templates import TEMPLATES, StageTemplate, Template, template
from mlkanban.errors import NotFound, RuleRefused, UsageProblem
from mlkanban.hints import hint, sentences
from mlkanban.records import record
from mlkanban.runs.model.brief import Brief
from mlkanban.service.fields import validated
from mlkanban.service.stage_changes import cards_after
from mlkanban.service.transaction import Context, Done, find_face, find_stage_by_id, free_key
from mlkanban.store import after_merge, ranks, repository
from mlkanban.store.database import Connection
from mlkanban.store.replica import uuid7
from mlkanban.store.rows import board_of
from mlkanban.text import accept_title, quantity

BOARD_FIELDS = frozenset({"name", "timezone", "conwip", "archived", "team_limits"})
STAGE_FIELDS = frozenset(
    {"name", "kind", "committed", "limit", "unattended", "soft", "role", "deliverables"}
)

_HIGHEST_LIMIT = 1_000_000
"""The highest limit; beyond it, no limit is what is meant."""


_MOST_DELIVERABLES = 10

_KINDS = {
    StageKind.QUEUE: "It is a queue: cards in it wait.",
    StageKind.ACTIVE: "It is active: cards in it are worked on.",
    StageKind.GATE: "It is a gate: cards in it wait for a decision.",
}


class Snapshot(NamedTuple):
    """A board with all its cards as of `cursor`, the ids of the stages that a merge took over their
    limits, and the number of open conflicts."""

    board: Board
    faces: list[CardFace]
    cursor: int
    over_since_merge: frozenset[str]
    conflicts: int


class FirstLook(NamedTuple):
    """What the first picture of a board is painted from: faces and counts as in the repository, the
    other fields as in a Snapshot."""

    board: Board
    faces: dict[str, CardFace]
    loads: dict[str, Load]
    counts: dict[str, repository.StageCounts]
    cursor: int
    over_since_merge: frozenset[str]
    conflicts: int


@record(frozen=True, slots=True)
class Update:
    """What changed on a board after a cursor. `board` is None while its stages and settings are the
    same; `gone` are ids of cards that no longer exist, the last two fields are as in a Snapshot."""

    cursor: int
    board: Board | None
    faces: tuple[CardFace, ...]
    gone: tuple[str, ...]
    over_since_merge: frozenset[str]
    conflicts: int


class Boards:
    """Several boards live in one store; each has its stages, limits and time zone."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def all(self, *, archived: bool = False) -> list[Board]:
        """All boards, oldest first; the archived ones after them where they are asked for."""
        with self._context.store.reading() as conn:
            boards = sorted(repository.boards(conn), key=lambda board: board.archived)
        return [board for board in boards if archived or not board.archived]

    def find(self, key: str = "", *, taken_back: bool = False) -> Board:
        """The board `key`, or without a key the board worked on last that is not archived. NotFound
        when there is none.
        A board that was `taken_back` with its import is only found when that is asked for."""
        with self._context.store.reading() as conn:
            boards = repository.board_names(conn)
            if taken_back:
                boards += repository.board_names(conn, taken_back=True)
            if key:
                return board_of(conn, find_board(boards, key).id)
            if not boards:
                raise NotFound("There is no board yet.", hint("Make one: {init NAME}"))
            in_use = [board for board in boards if not board.archived]
            if not in_use:
                raise NotFound(
                    "All boards are archived.",
                    hint("Bring one back: {boards restore {}}", boards[0].key),
                )
            last = repository.last_used_board(conn, taken_back=taken_back)
            return board_of(conn, last if any(b.id == last for b in in_use) else in_use[0].id)

    def of_id(self, board_id: str) -> Board:
        """The board with this id; NotFound when there is none."""
        with self._context.store.reading() as conn:
            return board_of(conn, board_id)

    def of_card(self, ref: str) -> Board:
        """The board of the card `ref`; NotFound when there is no such card."""
        with self._context.store.reading() as conn:
            return board_of(conn, repository.board_id(conn, find_face(conn, ref)))

    def create(
        self, name: str, made_from: str | Template, timezone: str, *, key: str = ""
    ) -> Board:
        """Create a board from a template, or from the one that the program has under this key; a
        key that is taken is refused."""
        made = template(made_from) if isinstance(made_from, str) else made_from
        if made is None:
            choices = ", ".join(t.key for t in TEMPLATES)
            raise UsageProblem(f"There is no template {made_from!r}.", f"Choose: {choices}.")
        with self._context.writing() as tx:
            board_id = uuid7(tx.now)
            key = key or free_slug(name, repository.board_keys(tx.conn))
            free_key(tx, key)
            values = {
                "key": key, "name": accept_title(name), "template": made.key,
                "timezone": _zone(timezone), "conwip": made.conwip, "deleted": False,
            }  # fmt: skip
            tx.write(Change("board.created", board_id, set=values))
            for stage, rank in zip(made.stages, ranks.fresh(len(made.stages)), strict=True):
                tx.write(added_stage(board_id, uuid7(tx.now), stage, rank))
            return board_of(tx.conn, board_id)

    def edit(self, board_id: str, fields: Mapping[str, Any]) -> Done:
        """Set name, timezone, conwip (None: no limit), archived or team_limits."""
        _known(fields, BOARD_FIELDS, "A board", hint("See: {boards}"))
        with self._context.writing() as tx:
            board = board_of(tx.conn, board_id)
            changed = validated(Board, {**_set_values(board), **fields})
            values = {name: getattr(changed, name) for name in fields}
            if "timezone" in values:
                _zone(values["timezone"])
            if "name" in values:
                values["name"] = accept_title(values["name"])
            _limit(values.get("conwip"))
            if values := _unlike(board, values):
                tx.write(Change("board.edited", board_id, set=values))
            now = board_of(tx.conn, board_id)
            wip = rules.in_progress(now, repository.loads(tx.conn, board_id))
            warning = rules.over_conwip(now, 0, wip) if "conwip" in values else ""
            return tx.done(f"The board {now.name} was changed.", warning=warning)

    def rename(self, board_id: str, name: str) -> Done:
        """Give a board another name. Its key stays: scripts and settings name it by that."""
        done = self.edit(board_id, {"name": name})
        board = self.of_id(board_id)
        message = f"The board is called {board.name} now; its key stays {board.key}."
        return replace(done, message=message) if done.changed else done

    def archive(self, board_id: str) -> Done:
        """Put a board away: it leaves the lists, and nothing is changed on it any more. Jobs of its
        cards go on, and what becomes of them is recorded."""
        with self._context.store.reading() as conn:
            board = board_of(conn, board_id)
            if board.archived:
                raise RuleRefused(f"The board {board.name} is archived already.",
                                  "Nothing was changed.")  # fmt: skip
            left = _left_open(conn, board)
        self.edit(board_id, {"archived": True})
        return Done(
            sentences([f"The board {board.name} is archived.", left])
            + hint(" Bring it back: {boards restore {}}", board.key)
        )

    def restore(self, board_id: str) -> Done:
        """Bring an archived board back."""
        board = self.of_id(board_id)
        if not board.archived:
            raise RuleRefused(f"The board {board.name} is not archived.", "Nothing was changed.")
        self.edit(board_id, {"archived": False})
        return Done(f"The board {board.name} is back.")

    def add_stage(
        self, board_id: str, name: str, *, after: str = "", kind: StageKind = StageKind.ACTIVE
    ) -> Done:
        """Add a stage after the stage `after` (id), or first. After a committed stage, even the
        last one, it is committed."""
        name = accept_title(name)
        with self._context.writing() as tx:
            board = board_of(tx.conn, board_id)
            _free_name(board, name)
            at = board.stages.index(find_stage_by_id(board, after)) + 1 if after else 0
            committed = at > 0 and board.stages[at - 1].committed
            low = board.stages[at - 1].rank if at else None
            high = board.stages[at].rank if at < len(board.stages) else None
            new = StageTemplate(name, kind, committed=committed)
            tx.write(added_stage(board_id, uuid7(tx.now), new, ranks.between(low, high)))
        return Done(f"Stage {name} added.")

    def edit_stage(
        self, board_id: str, stage_id: str, fields: Mapping[str, Any], *, agreed: bool = False
    ) -> Done:
        """Set name, kind, committed, limit, unattended (None: no limit), soft, role ('': by its
        name) or deliverables of a stage.

        WouldChangeCards when cards would be finished or re-opened, unless that is `agreed`.
        """
        _known(fields, STAGE_FIELDS, "A stage", hint("See: {stages}"))
        with self._context.writing() as tx:
            board = board_of(tx.conn, board_id)
            stage = find_stage_by_id(board, stage_id)
            changed = validated(Stage, {**_set_values(stage), **fields})
            values = {name: getattr(changed, name) for name in fields}
            if "name" in values:
                values["name"] = accept_title(values["name"])
                _free_name(board, values["name"], besides=stage_id)
                if (role := role_of(board, stage)) and "role" not in values:
                    values["role"] = role.word  # it does not change with the name
            if values.get("role") and values["role"] not in ROLE_WORDS:
                choices = ", ".join(ROLE_WORDS)
                raise UsageProblem(f"There is no role {values['role']!r}.", f"Choose: {choices}.")
            if "deliverables" in values:
                values["deliverables"] = _deliverables(values["deliverables"])
                if values["deliverables"] and board.is_delivered(stage_id):
                    raise RuleRefused(
                        f"{stage.name} is past delivery, so nothing there holds a card back.",
                        "Choose an earlier stage.",
                    )
            _limit(values.get("limit"))
            _limit(values.get("unattended"))
            then = tuple(changed if s.id == stage_id else s for s in board.stages)
            if "committed" in values:
                rules.required(rules.arrange(then))
            moved = cards_after(tx, board, replace(board, stages=then), agreed=agreed)
            if values := _unlike(stage, values):
                tx.write(Change("stage.edited", board_id, stage=stage_id, set=values))
            message = moved.write(tx)
            load = repository.loads(tx.conn, board_id).get(stage_id, Load())
            shown = rules.meters(changed, load)
            counts = " + ".join(map(str, shown))
            over = any(meter.over for meter in shown)
            warning = f"{changed.name} is over its limit now: {counts}." if over else ""
            warning = " ".join(filter(None, (warning, moved.warning)))
            if "committed" in values:
                message = _counting(load.total, changed.committed) + message
            if "role" in values and "name" not in fields:
                message = f" {_role_text(board, changed)}{message}"
            if "deliverables" in values:
                message = f" {_asked(values['deliverables'])}{message}"
            if "kind" in values:
                message = f" {_KINDS[changed.kind]}{message}"
            return tx.done(f"Stage {changed.name} saved ({counts}).{message}", warning=warning)

    def move_stage(self, board_id: str, stage_id: str, to: int, *, agreed: bool = False) -> Done:
        """Move a stage to position `to` (from 0); committed stages stay together. `agreed` as for
        an edit."""
        with self._context.writing() as tx:
            board = board_of(tx.conn, board_id)
            moved = find_stage_by_id(board, stage_id)
            others = [s for s in board.stages if s.id != stage_id]
            to = max(0, min(to, len(others)))
            low = others[to - 1].rank if to else None
            high = others[to].rank if to < len(others) else None
            rank = moved.rank if board.stages[to] == moved else ranks.between(low, high)
            order = (*others[:to], replace(moved, rank=rank), *others[to:])
            rules.required(rules.arrange(order))
            moved_cards = cards_after(tx, board, replace(board, stages=order), agreed=agreed)
            if rank != moved.rank:
                place = {"rank": rank}
                tx.write(Change("stage.edited", board_id, stage=stage_id, set=place))
            message = moved_cards.write(tx)
            message = f"Stage {moved.name} is number {to + 1} now.{message}"
            return tx.done(message, warning=moved_cards.warning)

    def remove_stage(self, board_id: str, stage_id: str, *, agreed: bool = False) -> Done:
        """Remove a stage that has no cards; `agreed` as for an edit."""
        with self._context.writing() as tx:
            board = board_of(tx.conn, board_id)
            stage = find_stage_by_id(board, stage_id)
            cards = len(repository.stage_order(tx.conn, board_id, stage_id))
            rules.required(rules.remove_stage(board, stage, cards))
            left = tuple(s for s in board.stages if s.id != stage_id)
            rules.required(rules.arrange(left))
            then = replace(board, stages=left, former=(*board.former, stage))
            moved = cards_after(tx, board, then, agreed=agreed)
            tx.write(Change("stage.removed", board_id, stage=stage_id, set={"deleted": True}))
            message = moved.write(tx)
        return Done(f"Stage {stage.name} removed.{message}", warning=moved.warning)

    def loads(self, board_id: str) -> dict[str, Load]:
        """Open cards per stage id."""
        with self._context.store.reading() as conn:
            return repository.loads(conn, board_id)

    def blockers(self, board_id: str) -> dict[str, Blocker]:
        """The blocks of a board's blocked cards, by card id: a face has only the reason."""
        with self._context.store.reading() as conn:
            stored = repository.blockers(conn, board_id)
        return {card: block for card, fields in stored.items() if (block := blocker_in(fields))}

    def keys_elsewhere(self, board_id: str) -> dict[str, str]:
        """The keys that other tools have for cards of a board, by card id."""
        with self._context.store.reading() as conn:
            return repository.keys_elsewhere(conn, board_id)

    def over_since_merge(self, board_id: str) -> frozenset[str]:
        """Ids of the stages that a merge took over their limits."""
        with self._context.store.reading() as conn:
            return after_merge.over_since_merge(conn, board_of(conn, board_id))

    def snapshot(self, board_id: str) -> Snapshot:
        """The board with all its cards."""
        with self._context.store.reading() as conn:
            board = board_of(conn, board_id)
            return Snapshot(
                board,
                repository.faces(conn, board_id),
                repository.cursor(conn),
                after_merge.over_since_merge(conn, board),
                after_merge.count_conflicts(conn, board_id),
            )

    def has_more_cards(self, board_id: str, than: int) -> bool:
        """Whether a board has more than so many cards."""
        with self._context.store.reading() as conn:
            return repository.has_more_cards(conn, board_id, than)

    def first_look(self, board_id: str, today: date, started_before: str, most: int) -> FirstLook:
        """What the first picture of a board needs, which takes no longer on a large board; see
        `repository.first_faces` and `repository.stage_counts`."""
        with self._context.store.reading() as conn:
            board = board_of(conn, board_id)
            return FirstLook(
                board,
                repository.first_faces(conn, board, today, most),
                repository.loads(conn, board_id),
                repository.stage_counts(conn, board_id, today, started_before),
                repository.cursor(conn),
                after_merge.over_since_merge(conn, board),
                after_merge.count_conflicts(conn, board_id),
            )

    def cursor(self) -> int:
        """The place where the log ends now: cheap to read, it grows with every change by any
        process."""
        with self._context.store.reading() as conn:
            return repository.cursor(conn)

    def update(self, board_id: str, after: int, *, of_team: bool | None = None) -> Update:
        """What changed on the board after the cursor `after`, whoever did it.

        A change of stages moves the commitment or delivery point, and with it start and finish of
        any card: then `faces` are all of them, and also when the board is no longer `of_team` as it
        was, or is so now.
        """
        with self._context.store.reading() as conn:
            changes = repository.changes(conn, board_id, after)
            board = board_of(conn, board_id)
            everything = changes.board or of_team not in (None, board.of_team)
            faces = tuple(
                repository.faces(conn, board_id)
                if everything
                else repository.faces_of(
                    conn, tuple(repository.on_board(conn, board_id, changes.cards))
                )
            )
            there = {face.id for face in faces}
            return Update(
                changes.cursor,
                board if everything else None,
                faces,
                tuple(card for card in changes.cards if card not in there),
                after_merge.over_since_merge(conn, board),
                after_merge.count_conflicts(conn, board_id),
            )


def _role_text(board: Board, stage: Stage) -> str:
    """What the role of a stage is now; the gates of cards do not move with it."""
    role = role_of(board, stage)
    what = "It has no role" if role is None else f"Its role is {role.word}"
    return f"{what}; gates of cards that there are stay where they are."


def _left_open(conn: Connection, board: Board) -> str:
    """What goes on, and what nobody is reminded of, when a board is archived."""
    faces = [face for face in repository.faces(conn, board.id) if face.is_open]
    briefs = [Brief.read(face.runs) for face in faces if face.runs]
    running, queued = sum(bool(b.since) for b in briefs), sum(b.queued for b in briefs)
    promised = repository.promised(conn, board.id)
    counts = (
        (sum(board.is_committed(face.stage) for face in faces), "in progress"),
        (sum(face.id in promised for face in faces), "promised"),
        (sum(bool(face.due) for face in faces), "with a due date"),
    )
    cards = ", ".join(f"{n} {what}" for n, what in counts if n)
    goes = (
        "1 card has a run that goes on" if running == 1 else f"{running} cards have runs that go on"
    )
    return sentences([
        f"Nobody is reminded of its open cards: {cards}." if cards else "",
        f"{goes}; what becomes of them is recorded." if running else "",
        f"{quantity(queued, 'run')} in the queue will not start." if queued else "",
    ])  # fmt: skip


def _deliverables(texts: Iterable[str]) -> tuple[str, ...]:
    """Texts for the checklists of new cards, each once."""
    kept = {text.casefold(): text for text in map(accept_title, texts)}
    if len(kept) > _MOST_DELIVERABLES:
        raise UsageProblem(
            f"A stage has at most {_MOST_DELIVERABLES} deliverables ({len(kept)} given).",
            "Keep those without which no card may go on.",
        )
    return tuple(kept.values())


def _asked(deliverables: Sequence[str]) -> str:
    if not deliverables:
        return "It asks new cards for nothing."
    many = quantity(len(deliverables), "deliverable")
    return f"It asks new experiments and models for {many}; cards that there are stay as they are."


def _counting(cards: int, committed: bool) -> str:
    """What becomes of the open cards of a stage that is committed now, or no longer."""
    if not cards:
        return " Cards in it count as in progress now." if committed else ""
    verb = "counts" if cards == 1 else "count"
    verb = verb if committed else f"no longer {verb}"
    return (
        f" {quantity(cards, 'open card')} in it {verb} as in progress{' now' if committed else ''}."
    )


def _set_values(value: Board | Stage) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in dataclass_fields(value)}


def _unlike(value: Board | Stage, wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: list(new) if isinstance(new, tuple) else new
        for name, new in wanted.items()
        if getattr(value, name) != new
    }


def added_stage(board_id: str, stage_id: str, stage: StageTemplate, rank: str) -> Change:
    """The change that adds a stage."""
    return Change(
        "stage.added", board_id, stage=stage_id,
        set={
            "name": stage.name, "kind": stage.kind.value, "committed": stage.committed,
            "limit": stage.limit, "unattended": stage.unattended, "soft": stage.soft, "rank": rank,
            "deleted": False, **({"role": stage.role.word} if stage.role else {}),
            **({"deliverables": list(stage.deliverables)} if stage.deliverables else {}),
        },
    )  # fmt: skip


def _known(fields: Mapping[str, Any], names: frozenset[str], what: str, see: str) -> None:
    unknown = sorted(set(fields) - names)
    if unknown:
        raise UsageProblem(f"{what} has no field {unknown[0]!r}.", see)


def _limit(number: int | None) -> None:
    if number is not None and not 0 <= number <= _HIGHEST_LIMIT:
        raise UsageProblem(f"A limit cannot be {number}.", "Give 0 or more, or none.")


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise UsageProblem(
            f"There is no time zone {name!r}.", "Give one such as Europe/Berlin or UTC."
        ) from error
    return name


def _free_name(board: Board, name: str, besides: str = "") -> None:
    taken = next(
        (s for s in board.stages if s.name.casefold() == name.casefold() and s.id != besides),
        None,
    )
    if taken is not None:
        raise RuleRefused(f"There is a stage {taken.name} already.", "Choose another name.")
