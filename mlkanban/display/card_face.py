"""The face of a card: which words stand in which line, at any width. Drawn by screen and printer.

Every mark is a word or a character of its own, so that nothing depends on colour.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from rich.cells import cell_len

from mlkanban.cells import shortened, wrapped
from mlkanban.core.metrics import TYPED
from mlkanban.core.milestones import days_old
from mlkanban.core.models import Board, CardFace, Health, Priority, Work
from mlkanban.core.rules import Load, meters
from mlkanban.glyphs import UTF8, Glyphs
from mlkanban.text import ascii_only, display, some, steady

if TYPE_CHECKING:
    from mlkanban.flow.aging import Pace

WIDE = 44
"""From this many cells on a card takes two lines, below it four."""

_MANY_TAGS, _FEW_TAGS = 8, 2
"""Of a card with more tags than the first number only the second one are drawn."""

_HEALTH_ROLES: dict[str, str] = {Health.ALERT: "alarm", Health.WATCH: "clock"}

PRIORITY_MARKS = {Priority.URGENT: "^^", Priority.HIGH: "^", Priority.LOW: "v"}


class Piece(NamedTuple):
    """Some text and the role it plays; themes give roles their colours."""

    text: str
    role: str


Line = list[Piece]


class Fact(NamedTuple):
    """What is said whole or not at all: in the first of its `forms` that there is room for, each a
    name, which alone may be cut, and what follows it."""

    forms: tuple[tuple[str, str], ...]
    role: str

    def fitting(self, room: int) -> str:
        """The fact in at most `room` cells, '' where that is too little."""
        for name, rest in self.forms:
            left = room - cell_len(rest) - bool(name)
            if left >= min(4, cell_len(name)):
                return f"{shortened(name, left)} {rest}" if name else rest
        return ""


OVER, FULL, SINCE_MERGE = "OVER", "FULL", "since merge"
"""The states of a stage: over its limit, at its limit, or taken over it by a merge, when machines
filled it without knowing of each other."""


@dataclass(frozen=True, slots=True)
class FaceContext:
    """What a face depends on besides the card: the board, this day there, the characters, and what
    is old for a stage, as far as that is known. `now` is the time, for what runs at the moment."""

    board: Board
    today: date
    now: datetime = field(compare=False)
    glyphs: Glyphs = UTF8
    pace: "Pace | None" = None

    @classmethod
    def at(
        cls, board: Board, now: datetime, *, glyphs: Glyphs = UTF8, pace: "Pace | None" = None
    ) -> "FaceContext":
        return cls(board, now.astimezone(ZoneInfo(board.timezone)).date(), now, glyphs, pace)

    def day(self, instant: str) -> date:
        """The day of a stored instant in the board's time zone; today for what a clock that was
        ahead dated later."""
        moment = datetime.fromisoformat(instant).replace(tzinfo=UTC)
        return min(moment.astimezone(ZoneInfo(self.board.timezone)).date(), self.today)


def height(width: int) -> int:
    """Lines a card takes at a width."""
    return 2 if width >= WIDE else 4


def lines(face: CardFace, width: int, view: FaceContext, waits: Sequence[str] = ()) -> list[Line]:
    """The `height(width)` lines of a card, each at most `width` cells; `waits` are the open cards
    it depends on."""
    title = _text(face.title[: width * 4], view)  # cut before it is measured
    if width >= WIDE:
        return [
            _spread(
                [Piece(face.ref.ljust(5), "dim"), *_priority(face, gap=True)],
                Piece(title, "title"),
                _age(face, view),
                width,
            ),
            _said(
                [Piece(face.type, "dim"), *_marks(face, view, waits)],
                [*_metric(face, view), *map(_fact, _running(face, view)), *_runs(face, view)],
                _tags(face, view),
                width,
                indent=6,
            ),
        ]
    first, second = wrapped(title, width)
    return [
        _spread(
            [Piece(face.ref + " ", "dim"), *_priority(face)],
            # Where there is little room, what runs is of more worth than the type.
            next(iter(_running(face, view)), Piece(face.type, "dim")),
            _age(face, view),
            width,
        ),
        [Piece(first, "title")],
        [Piece(second, "title")],
        _said(
            _marks(face, view, waits),
            [*_metric(face, view), *_runs(face, view)],
            _tags(face, view),
            width,
        ),
    ]


class HeadNote(NamedTuple):
    """Cards of a stage that its count and its column do not tell alike: `1 snoozed` are counted and
    out of sight, `2 finished` are shown and not counted."""

    cards: int
    what: str

    @property
    def text(self) -> str:
        return f", {self.cards} {self.what}" if self.cards else ""

    @property
    def brief(self) -> str:
        sign = "z" if self.what == SNOOZED else "+"
        return f" {sign}{self.cards}" if self.cards else ""


SNOOZED = "snoozed"
NOTHING_ASIDE = HeadNote(0, "")


class Header(NamedTuple):
    """What stands over a stage: its `name` with its number, its `counts` against their limits
    (`1/1 + 2/2 running`, under a filter `1 of 3/3`), its `state` in a word (OVER, FULL, since merge
    or none), and a `note` on cards out of sight. `plain` are the counts without limits."""

    name: str
    counts: str
    state: str
    plain: str
    note: HeadNote = NOTHING_ASIDE

    @property
    def filtered(self) -> bool:
        """Whether the counts say how many of the cards a filter found."""
        return " of " in self.plain

    @property
    def text(self) -> str:
        """The counts with the state and the note; of two counts one sees that they are at their
        limits."""
        return self._stated + self.note.text

    @property
    def _stated(self) -> str:
        said = "" if self.state == FULL and " + " in self.counts else self.state
        return f"{self.counts} {said}".rstrip()

    @property
    def named(self) -> str:
        """The text with a name for either count: `1/1 attended + 2/2 running`."""
        return self.text.replace(" + ", " attended + ")

    def fitting(self, room: int) -> str:
        """The text, or as much of it as tells the counts apart in `room` cells."""
        stated = self._stated
        short = stated.replace("running", "run").replace(SINCE_MERGE, "merged")
        counts = (
            stated.replace(" + ", " attended + "), stated, short, short.replace(" + ", "+"),
            self._compact,
        )  # fmt: skip
        whole = (form + self.note.text for form in counts)
        signed = (form + self.note.brief for form in counts)
        fits = (form for form in (*whole, *signed) if len(form) <= room)
        return next(fits, self.plain)

    @property
    def _compact(self) -> str:
        return self.counts.replace(" running", "").replace(" + ", "+")

    @property
    def brief(self) -> str:
        """The counts where there is little room: `1/1+2/2`; a stage that is full because of
        snoozed cards says so."""
        return self._compact + (self.note.brief if self.state else "")

    @property
    def role(self) -> str:
        return _STATES.get(self.state, "dim")


_STATES = {OVER: "alarm", SINCE_MERGE: "alarm", FULL: "clock"}


def header(
    board: Board,
    position: int,
    load: Load,
    standing: int,
    *,
    found: Load | None = None,
    note: HeadNote = NOTHING_ASIDE,
    by_merge: bool = False,
) -> Header:
    """The header of a stage. `load` are its open cards; past delivery, where none is open, the
    `standing` ones are counted. `found` are those of them that a filter shows, None without one.
    `by_merge` says that a merge took it over its limit."""
    stage = board.stages[position]
    counted = Load(standing) if board.is_delivered(stage.id) else load
    shown = meters(stage, counted)
    state = ""
    if any(meter.over for meter in shown):
        state = SINCE_MERGE if by_merge else OVER
    elif shown[0].full or all(meter.full for meter in shown):
        state = FULL
    name = f"{position + 1} {steady(display(stage.name))}"
    counts, plain = [str(meter) for meter in shown], str(counted.total)
    if found is not None:
        parts = zip(meters(stage, found), counts, strict=True)
        counts = [f"{part.count} of {whole}" for part, whole in parts]
        plain = f"{found.total} of {plain}"
    return Header(name, " + ".join(counts), state, plain, note)


def age(face: CardFace, view: FaceContext) -> str:
    """`5d` since commitment, `(5d)` since it was made while not committed, `=5d` cycle time, `=`
    when it was finished without having been worked on."""
    if not face.created_at:
        return ""
    if face.finished_at and not face.started_at:
        return "="
    if not face.started_at:
        return f"({days_old(view.day(face.created_at), view.today)}d)"
    last = view.day(face.finished_at) if face.finished_at else view.today
    days = days_old(view.day(face.started_at), last)
    return f"={days}d" if face.finished_at else f"{days}d"


def old(face: CardFace, view: FaceContext) -> str:
    """`~` for an open card older than the pace of its stage, `>` past the SLE, or both."""
    if view.pace is None or not face.started_at or face.finished_at or not face.is_open:
        return ""
    days = days_old(view.day(face.started_at), view.today)
    return view.pace.marks(view.board.position(face.stage), days, blocked=False)


def due(face: CardFace, view: FaceContext) -> str:
    """`due 2d`, `due today`, `LATE 3d`; '' without a date or when finished."""
    if not face.due or face.outcome:
        return ""
    days = (date.fromisoformat(face.due) - view.today).days
    if days < 0:
        return f"LATE {-days}d"
    return "due today" if days == 0 else f"due {days}d"


def _priority(face: CardFace, *, gap: bool = False) -> Line:
    mark = PRIORITY_MARKS.get(Priority(face.priority), "")
    role = "dim" if face.priority == Priority.LOW else "title"
    if gap:
        return [Piece(mark.ljust(3), role)]
    return [Piece(mark + " ", role)] if mark else []


def _age(face: CardFace, view: FaceContext) -> Piece:
    marks = old(face, view)
    return Piece(marks + age(face, view), "clock" if marks else "dim")


def _marks(face: CardFace, view: FaceContext, waits: Sequence[str]) -> Line:
    marks: Line = []
    if face.health:
        marks.append(
            Piece(
                f"! {face.health}" if face.health == Health.ALERT else face.health,
                _HEALTH_ROLES.get(face.health, "live"),
            )
        )
    if face.block_reason:
        side = "ext " if face.block_external else ""
        marks.append(Piece(f"! {side}{face.block_reason}", "alarm"))
    if waits:
        more = f" +{len(waits) - 1}" if len(waits) > 1 else ""
        marks.append(Piece(f"needs {_text(waits[0], view)}{more}", "mark"))
    if face.outcome and not view.board.is_delivered(face.stage):
        marks.append(Piece(f"= {face.outcome}", "dim"))
    if face.archived:
        marks.append(Piece("archived", "dim"))
    if face.work == Work.WAITING:
        marks.append(Piece("waiting", "dim"))
    if when := due(face, view):
        marks.append(Piece(when, "alarm" if when.startswith("LATE") else "clock"))
    if face.service_class != "standard":
        marks.append(Piece(face.service_class, "clock"))
    return marks


def running(face: CardFace, view: FaceContext) -> str:
    """`run 14h` while a run goes on, `run` where a person said so; '' when nothing runs."""
    said = "run" if face.work == Work.UNATTENDED else ""
    if not face.runs:
        return said
    from mlkanban.display.card_face_runs import going_on  # results of runs: most boards have none

    return going_on(face.runs, view.now) or said


def _running(face: CardFace, view: FaceContext) -> Line:
    text = running(face, view)
    return [Piece(text, "live")] if text else []


def _metric(face: CardFace, view: FaceContext) -> list[Fact]:
    """The metric of the configuration that was tried last, with the best one where that is another:
    where there is little room the name and the target give way to it."""
    if not face.metric:
        return []
    said = _text(face.metric, view)
    measured = said.removesuffix(TYPED)
    name, _, numbers = measured.rpartition(" ")
    if said != measured:
        return [Fact(((name, numbers + TYPED), (name, numbers), ("", numbers)), "value")]
    if not (best := _best(face)):
        return [Fact(((name, numbers),), "value")]
    value, _, _ = numbers.partition("/")
    both = f"{numbers}  {best}"
    return [Fact(((name, both), ("", both), ("", f"{value}  {best}"), ("", best)), "value")]


def _best(face: CardFace) -> str:
    if not face.runs:
        return ""
    from mlkanban.display.card_face_runs import best  # as above

    return best(face.runs)


def _fact(piece: Piece) -> Fact:
    return Fact((("", piece.text),), piece.role)


def of_runs(face: CardFace, view: FaceContext) -> tuple[str, ...]:
    """All that is said of the runs of a card, which becomes another as time goes on; () when it has
    none."""
    if not face.runs:
        return ()
    from mlkanban.display.card_face_runs import facts  # as above

    return running(face, view), *facts(face.runs, view.now)


def _runs(face: CardFace, view: FaceContext) -> list[Fact]:
    if not face.runs:
        return []
    from mlkanban.display.card_face_runs import facts  # as above

    return [_fact(Piece(_text(fact, view), "dim")) for fact in facts(face.runs, view.now)]


def _tags(face: CardFace, view: FaceContext) -> Line:
    tags = [f"#{tag}" for tag in face.tags.split()]
    if len(tags) > _MANY_TAGS:
        tags = some(tags, _FEW_TAGS)  # so that there is room to say how many
    return [Piece(_text(tag, view), "dim") for tag in tags]


def _text(text: str, view: FaceContext) -> str:
    return drawn(text, ascii=view.glyphs.ascii)


def drawn(text: str, *, ascii: bool) -> str:
    """Stored text as it stands in a line whose columns have to fit."""
    shown = steady(display(text))
    return ascii_only(shown) if ascii else shown


def _said(marks: Line, facts: Sequence[Fact], tags: Line, width: int, indent: int = 0) -> Line:
    """What is said of a card in one line: words are cut where the line ends; facts, which would say
    something else then, are left out."""
    line = [Piece(" " * min(indent, width), "dim")] if indent else []
    left, gap = width - indent, ""
    parts: list[Piece | Fact] = [*marks, *facts, *tags]
    for number, said in enumerate(parts):
        room, role = left - len(gap), said.role
        text = said.fitting(room) if isinstance(said, Fact) else said.text
        if not text:
            continue
        if room < min(4, cell_len(text)):
            break
        cut = shortened(text, room)
        line += [Piece(gap, "dim"), Piece(cut, role)]
        left = room - cell_len(cut)
        gap = "  " if number < len(marks) + len(facts) else " "
    return line


def _fit(pieces: Iterable[Piece], width: int) -> Line:
    """The pieces, cut to `width` cells; a stub of a few letters is left out."""
    line: Line = []
    left = width
    for text, role in pieces:
        if left < min(4, cell_len(text)):
            break
        cut = shortened(text, left)
        line.append(Piece(cut, role))
        left -= cell_len(cut)
    return line


def _spread(left: Line, middle: Piece, right: Piece, width: int) -> Line:
    """`left` and `middle` from the left edge, `right` at the right edge; `middle` gives way."""
    taken = sum(cell_len(piece.text) for piece in left)
    room = max(0, width - taken - cell_len(right.text) - 1)
    cut = shortened(middle.text, room)
    gap = room - cell_len(cut) + 1
    return _fit([*left, Piece(cut, middle.role), Piece(" " * gap, "dim"), right], width)
