"""The face of a card: which words stand in which line, at any width. Drawn by screen and printer.

Every mark is a word or a character of its own, so that nothing depends on colour.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len

from mlkanban.cells import shortened, wrapped
from mlkanban.core.board import Board, CardFace, Health, Priority, Work
from mlkanban.core.metrics import (
    CardMetrics,
    GuardState,
    MetricFields,
    state_of,
    target_text,
    value_text,
)
from mlkanban.core.milestones import days_old
from mlkanban.core.plan import EVEN
from mlkanban.core.rules import Load, Meter, meters
from mlkanban.display.guard_text import STATE_ROLES
from mlkanban.glyphs import UTF8, Glyphs
from mlkanban.records import record
from mlkanban.text import ascii_only, cell_text, short_name, some

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlkanban.flow.due import PartsDone, Prospects
    from mlkanban.flow.pace import Pace
    from mlkanban.runs.model.series import Latest

    Live = Mapping[str, Sequence[Latest]]

_MANY_TAGS, _FEW_TAGS = 8, 2
"""Of a card with more tags than the first number only the second one are drawn."""
_SOON_DAYS = 7
"""A due date that is no nearer does not hide that a card is old."""
TYPED = " typed"
"""Behind a value that a person wrote, where the card has runs."""
_OWNER_CELLS = 6
_LEAST_WORDS = 3
"""Fewer letters of a cut word say nothing: its sign stands alone then."""


class Piece(NamedTuple):
    """Some text and the role it plays; themes give roles their colours."""

    text: str
    role: str


Line = list[Piece]


class Fact(NamedTuple):
    """What is said in the first of its `forms` for which there is room, or not at all. `measured`
    ones end in numbers or ids, which are never cut. It `leaves` so many cells for what stands
    behind it where that is possible. Each of its `breaks` is the first form in two lines, the
    best first."""

    forms: tuple[str, ...]
    role: str
    measured: bool = False
    leaves: int = 0
    breaks: tuple[tuple[str, str], ...] = ()

    def fitting(self, room: int) -> str:
        """The fact in at most `room` cells, '' where that is too little."""
        return next((form for form in self.forms if cell_len(form) <= room), "")


OVER, FULL, SINCE_MERGE = "OVER", "FULL", "since merge"
"""The states of a stage: over its limit, at its limit, or taken over it by a merge, when machines
filled it without knowing of each other."""


@record(frozen=True, slots=True)
class FaceContext:
    """What a face depends on besides the card: the board, this day there, the characters, what is
    old for a stage, and the chances of due dates and parts of cards as `prospects`, as far as these
    are known.
    `now` is the time, for what runs at the moment."""

    board: Board
    today: date
    now: datetime = field(compare=False)
    glyphs: Glyphs = UTF8
    pace: "Pace | None" = None
    live: "Live" = field(default_factory=dict, compare=False)
    """What the runs of each card that go on reported last, by card id, newest run first."""
    prospects: "Prospects | None" = None

    @classmethod
    def at(
        cls,
        board: Board,
        now: datetime,
        *,
        glyphs: Glyphs = UTF8,
        pace: "Pace | None" = None,
        live: "Live | None" = None,
        prospects: "Prospects | None" = None,
    ) -> "FaceContext":
        today = board.day_of(now)
        return cls(board, today, now, glyphs, pace, live or {}, prospects)

    def day(self, instant: str) -> date:
        """The day of a stored instant in the board's time zone; today for what a clock that was
        ahead dated later."""
        return self.board.past_day(instant, self.today)

    def short_day(self, day: date) -> str:
        """A day of this year as `11-30`, another one in full."""
        return f"{day:%m-%d}" if day.year == self.today.year else day.isoformat()


class Room(NamedTuple):
    """The room for a card: its width in cells, the lines of its title and those of its state. From
    two lines of state on, other facts are written in full."""

    width: int
    title: int
    state: int = 0


def lines(face: CardFace, room: Room, view: FaceContext, waits: Sequence[str] = ()) -> list[Line]:
    """The lines of a card, each at most `room.width` cells: its title, its state if there is a line
    for it and something to say, its facts. `waits` are the open cards it depends on."""
    title = Piece(title_text(face, view, room.width * (room.title + 1)), title_role(face, view))
    made = [
        [Piece(line, title.role)]
        for line in wrapped(title.text, room.width, room.title, view.glyphs.cut)
    ]
    facts = [*states(face, view, waits), *metric(face, view)]
    if room.state == 1:
        state, facts = fill(facts, room.width, view)
        if state:
            made.append(state)
    elif room.state:
        details, facts = _details(face, room.width, room.state, view, waits)
        return [*made, *details, _facts(face, facts, room.width, view)]
    return [*made, _facts(face, [*facts, *tags(face, view)], room.width, view)]


def detail_lines(
    face: CardFace, width: int, view: FaceContext, waits: Sequence[str], most: int
) -> int:
    """How many lines, `most` at most, the state of a card takes with its metric and its tags in
    full."""
    return len(_details(face, width, most, view, waits)[0])


def _details(
    face: CardFace, width: int, most: int, view: FaceContext, waits: Sequence[str]
) -> tuple[list[Line], list[Fact]]:
    """The state of a card and its metric in full over at most so many lines, then its tags, as far
    as they find no place behind its id; what is left for the facts."""
    facts = [*states(face, view, waits), *metric(face, view, named=True)]
    made: list[Line] = []
    while facts and len(made) < most:
        if len(made) < most - 1 and (halves := _broken(facts[0], width)):
            # Nothing else on these lines: a number stands behind no name but its own.
            made += halves
            facts = facts[1:]
            continue
        line, facts = (
            _whole(facts, width, view) if len(made) < most - 1 else fill(facts, width, view)
        )
        if not line:
            break
        made.append(line)
    tagged = tags(face, view)
    behind = [*facts, *tagged]
    _, left_out = fill(behind, _room_for_facts(face, width, view), view)
    if len(made) < most and any(tag in left_out for tag in tagged):
        # All of them together: one behind the id and one in a line of its own look unlike.
        left_out = [fact for fact in behind if fact in tagged or fact in left_out]
    while left_out and len(made) < most:
        line, left_out = fill(left_out, width, view)
        if not line:
            break
        made.append(line)
        shown = {piece.text for piece in line}
        behind = [fact for fact in behind if not shown & set(fact.forms)]
    return made, behind


def _broken(fact: Fact, width: int) -> list[Line]:
    """A fact that is wider than a line, in two lines; [] where it fits, or has no such break."""
    if cell_len(fact.forms[0]) <= width:
        return []
    fitting = (halves for halves in fact.breaks if max(map(cell_len, halves)) <= width)
    return [[Piece(half, fact.role)] for half in next(fitting, ())]


def _whole(facts: Sequence[Fact], width: int, view: FaceContext) -> tuple[Line, list[Fact]]:
    """A line of as many facts as fit without being shortened, at least one, and the other facts."""
    line: Line = []
    for number, fact in enumerate(facts):
        gap = " " if line else ""
        left = width - sum(cell_len(piece.text) for piece in line) - len(gap)
        if line and left < cell_len(fact.forms[0]):
            return line, list(facts[number:])
        text = fact.fitting(left) or shortened(fact.forms[0], width, view.glyphs.cut)
        line += [Piece(gap, "dim"), Piece(text, fact.role)] if gap else [Piece(text, fact.role)]
    return line, []


def folded(face: CardFace, width: int, view: FaceContext, most: int = 1) -> list[Line]:
    """A card in as many lines as its title takes, `most` at most: the sign of its state before its
    title. Where it may have several, its id is in the right corner, and its clock before that if
    both find room."""
    sign, title = folded_title(face, view, width * (most + 1))
    before = f"{sign.forms[-1]} " if sign else ""
    ref, clock = _text(face.ref, view), corner(face, view)
    room = width - cell_len(ref) - 1
    if most == 1 or room < _LEAST_WORDS:
        return [_with_sign(shortened(title, width, view.glyphs.cut), sign, before)]
    texts = wrapped(title, width, most, view.glyphs.cut) or [""]
    urgent = room - cell_len(clock.text) - 1
    if clock.role != "dim" and urgent >= _LEAST_WORDS + cell_len(view.glyphs.cut):
        room = urgent  # the clock of a card is never cut, its title is
    if cell_len(texts[-1]) > room and len(texts) < most:
        texts.append("")
    texts[-1] = shortened(texts[-1], room, view.glyphs.cut)
    first, *rest = texts
    lines = [_with_sign(first, sign, before), *([Piece(text, "text")] for text in rest)]
    left = width - cell_len(texts[-1]) - cell_len(ref)
    if clock.text and cell_len(clock.text) + 2 <= left:
        lines[-1].append(Piece(" " * (left - cell_len(clock.text) - 1), "dim"))
        lines[-1] += [clock, Piece(" ", "dim")]
    else:
        lines[-1].append(Piece(" " * left, "dim"))
    lines[-1].append(Piece(ref, "dim"))
    return lines


def _with_sign(text: str, sign: Fact | None, before: str) -> Line:
    line = [Piece(text[: len(before)], sign.role)] if sign else []
    return [*line, Piece(text[len(before) :], "text")]


def folded_title(face: CardFace, view: FaceContext, most: int) -> tuple[Fact | None, str]:
    """The most urgent state of a card, if it has one, and the title behind its sign; of the title
    `most` letters."""
    sign = next((f for f in states(face, view, ()) if f.role in _URGENT and len(f.forms) > 1), None)
    before = f"{sign.forms[-1]} " if sign else ""
    return sign, before + _text(face.title[:most], view)


def printed(
    face: CardFace, width: int, view: FaceContext, waits: Sequence[str] = ()
) -> Iterable[Line]:
    """A card on paper: its id and title with its clock, and a line with what is said of it, if
    there is something."""
    clock = corner(face, view)
    left = Piece(face.ref.ljust(6), "dim")
    title = Piece(title_text(face, view, width), title_role(face, view))
    yield _spread([left], title, clock, width, view)
    facts = [*states(face, view, waits), *metric(face, view, named=True), *tags(face, view)]
    fitting, _ = fill(facts, width - len(left.text), view)
    if fitting:
        yield [Piece(" " * len(left.text), "dim"), *fitting]


def title_text(face: CardFace, view: FaceContext, most: int) -> str:
    """The title with the sign of its priority before it, safe to show; cut to `most` letters before
    it is measured."""
    sign = priority_sign(face, view.glyphs)
    return f"{sign} {_text(face.title[:most], view)}" if sign else _text(face.title[:most], view)


def priority_sign(face: CardFace, signs: Glyphs) -> str:
    """The sign of a priority above normal."""
    return {Priority.URGENT: signs.urgent, Priority.HIGH: signs.high}.get(
        Priority(face.priority), ""
    )


def title_role(face: CardFace, view: FaceContext) -> str:
    """Titles of cards in progress are brighter than others."""
    return "title" if view.board.is_committed(face.stage) and face.is_open else "text"


def state_role(face: CardFace, view: FaceContext) -> str:
    """What the edge of a card says: `alarm`, `live`, `clock`, or `faint` for nothing."""
    roles = {fact.role for fact in states(face, view, ())} | {corner(face, view).role}
    if "clock" in roles and not _on_the_clock(face, view):
        roles.discard("clock")
    return next((role for role in _URGENT if role in roles), "faint")


_URGENT = ("alarm", "live", "clock")
"""The states a card may be in, the most urgent first."""


class HeadNote(NamedTuple):
    """Cards of a stage that its count and its column do not tell alike: `1 snoozed` are counted and
    out of sight, `2 finished` are shown and not counted."""

    cards: int
    what: str

    @property
    def text(self) -> str:
        if not self.cards:
            return ""
        count = f"{self.cards} {self.what}"
        return f" ({count})" if self.what == SNOOZED else f", {count}"

    @property
    def brief(self) -> str:
        if self.what == USED:
            return ""  # what is shown is no news
        sign = "z" if self.what == SNOOZED else "+"
        return f" {sign}{self.cards}" if self.cards else ""


SNOOZED = "snoozed"
USED = "in use"
NOTHING_ASIDE = HeadNote(0, "")


class Header(NamedTuple):
    """What stands over a stage: its `name` with its number, its `counts` against their limits
    (`1/1 + 2/2 running`, under a filter `1 of 3/3`), its `state` in a word (OVER, FULL, since merge
    or none), and a `note` on cards out of sight. `plain` are the counts without limits, `meters`
    those of all cards with their limits, `queued` the runs that wait for a slot, `held` those of
    them that are held back, `found` the counts of the cards that a filter found."""

    name: str
    counts: str
    state: str
    plain: str
    note: HeadNote = NOTHING_ASIDE
    meters: tuple[Meter, ...] = ()
    queued: int = 0
    found: tuple[Meter, ...] = ()
    held: int = 0

    @property
    def filtered(self) -> bool:
        """Whether the counts say how many of the cards a filter found."""
        return bool(self.found)

    @property
    def nothing_found(self) -> bool:
        """Whether there is a filter, and it finds no card here."""
        return self.filtered and not any(meter.count for meter in self.found)

    @property
    def text(self) -> str:
        """The counts with the state and the note; of two counts one sees that they are at their
        limits."""
        return self._stated + self.note.text

    @property
    def _stated(self) -> str:
        state = "" if self.state == FULL and " + " in self.counts else self.state
        return f"{self.counts}{self.waiting} {state}".rstrip()

    @property
    def waiting(self) -> str:
        """`, 3 waiting`, `, 3 waiting (1 held)`, `, 1 held` where none of them starts by itself; ''
        where no run waits for a slot."""
        if self.queued and self.queued == self.held:
            return f", {self.held} held"
        return f", {self.queued} waiting{self._of_these_held}" if self.queued else ""

    @property
    def _of_these_held(self) -> str:
        return f" ({self.held} held)" if self.held else ""

    @property
    def named(self) -> str:
        """The text with a name for either count: `1/1 attended + 2/2 running`."""
        return self.text.replace(" + ", " attended + ")

    @property
    def brief(self) -> str:
        """The counts where there is little room: `1/1+2/2`; a stage that is full because of
        snoozed cards says so."""
        counts = self.counts.replace(" running", "").replace(" + ", "+")
        return counts + (self.note.brief if self.state else "")

    def counted(self, glyphs: Glyphs) -> str:
        """The counts alone, as a text: `1/1 ►2/2`."""
        return "".join(piece.text for piece in self.limits(glyphs))

    def with_signs(self, glyphs: Glyphs) -> str:
        """The counts as they stand behind the name of a stage, with what is to be known of them."""
        counts = "".join(piece.text for piece in self.signs(glyphs))
        return f"{counts} {self.state}".rstrip() + self.note.text

    @property
    def role(self) -> str:
        return "dim" if self.nothing_found else _STATES.get(self.state, "dim")

    def signs(self, glyphs: Glyphs) -> Line:
        """The counts as they stand behind the name of a stage: `1/1 ►2/2 •3` where it limits
        attended and unattended cards apart, with the runs that wait: `•3 (1 held)`, `•1 held`."""
        if not self.queued:
            return self.limits(glyphs)
        held = " held" if self.queued == self.held else self._of_these_held
        return [*self.limits(glyphs), Piece(f" {glyphs.queued}{self.queued}{held}", "clock")]

    def limits(self, glyphs: Glyphs) -> Line:
        """The counts alone: `1/1 ►2/2`."""
        if len(self.meters) == 1:
            return [Piece(self.counts, self.role)]
        in_hand, running = self.counts.removesuffix(" running").split(" + ")
        attended, unattended = (
            "dim" if self.found and not self.found[at].count else meter_role(meter)
            for at, meter in enumerate(self.meters)
        )
        return [Piece(in_hand, attended), Piece(f" {glyphs.running}{running}", unattended)]


_STATES = {OVER: "alarm", SINCE_MERGE: "alarm", FULL: "clock"}


def meter_role(meter: Meter) -> str:
    """What a count against a limit says by its colour."""
    return "alarm" if meter.over else "clock" if meter.full else "dim"


def header(
    board: Board,
    position: int,
    load: Load,
    standing: int,
    *,
    found: Load | None = None,
    note: HeadNote = NOTHING_ASIDE,
    by_merge: bool = False,
    queued: int = 0,
    held: int = 0,
) -> Header:
    """The header of a stage. `load` are its open cards; past delivery, where none is open, the
    `standing` ones are counted. `found` are those of them that a filter shows, None without one;
    a stage without cards has the same counts with a filter as without. `by_merge` says that a merge
    took it over its limit, `queued` are the runs that wait for one of its slots, `held` of
    them are held back."""
    stage = board.stages[position]
    counted = Load(standing) if board.is_delivered(stage.id) else load
    shown = meters(stage, counted)
    state = ""
    if any(meter.over for meter in shown):
        state = SINCE_MERGE if by_merge else OVER
    elif shown[0].full or all(meter.full for meter in shown):
        state = FULL
    name = f"{position + 1} {cell_text(stage.name)}"
    counts, plain = [str(meter) for meter in shown], str(counted.total)
    parts: tuple[Meter, ...] = ()
    if found is not None and counted.total:
        parts = meters(stage, found)
        counts = [f"{part.count} of {whole}" for part, whole in zip(parts, counts, strict=True)]
        plain = f"{found.total} of {plain}"
    return Header(name, " + ".join(counts), state, plain, note, shown, queued, parts, held)


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


DOUBTFUL = "!"
"""Behind a due date that is kept with a chance below 50 %."""
OLD, PAST_SLE = "!", "!!"
"""Behind the age of a card that is older than its stage usually takes, or past the SLE."""


def old(face: CardFace, view: FaceContext) -> str:
    """`!` for an open card older than the pace of its stage, `!!` past the SLE, else ''."""
    if view.pace is None or not face.started_at or face.finished_at or not face.is_open:
        return ""
    days = days_old(view.day(face.started_at), view.today)
    if view.pace.sle is not None and days > view.pace.sle:
        return PAST_SLE
    return OLD if view.pace.marks(view.board.position(face.stage), days, blocked=False) else ""


def due(face: CardFace, view: FaceContext) -> str:
    """`due 2d 80%`, `due today`, `LATE 3d`, with `!` where its chance is below 50 %; '' without a
    date or when finished."""
    if not face.due or face.outcome:
        return ""
    days = (date.fromisoformat(face.due) - view.today).days
    if days < 0:
        return f"LATE {-days}d"
    return f"due {'today' if days == 0 else f'{days}d'}{_chance(face, view)}"


def _chance(face: CardFace, view: FaceContext) -> str:
    """The chance of a due date, with a mark below 50 %; '' where it is not known."""
    if view.prospects is None or (chance := view.prospects.chances.get(face.id)) is None:
        return ""
    # Loaded with the chances: most boards have none.
    from mlkanban.display.number_view import chance_text

    if chance >= EVEN:
        return f" {chance_text(chance)}".replace(" %", "%")
    # What is rounded up to 50 % is below it all the same.
    return f" {chance_text(chance)}{DOUBTFUL}".replace(" 50 %", " <50 %").replace(" %", "%")


def parts_text(parts: "PartsDone", today: date) -> str:
    """`3/5, 85 % by 12-22`; `3/5` where no day is known."""
    done = f"{parts.done}/{parts.total}"
    if parts.by is None:
        return done
    day = f"{parts.by:%m-%d}" if parts.by.year == today.year else f"{parts.by}"
    return f"{done}, 85 % by {day}"


def corner(face: CardFace, view: FaceContext) -> Piece:
    """The clock of a card: the most urgent of a due date that is past or near, an age that is high,
    a due date, and the age."""
    when, days = due(face, view), age(face, view).strip("()")
    if when.startswith("LATE"):
        return Piece(when, "alarm")
    if when and (_days_left(face, view) <= _SOON_DAYS or when.endswith(DOUBTFUL)):
        return Piece(when, "clock")
    if marks := old(face, view):
        return Piece(days + marks, "clock")
    return Piece(when or days, "dim")


def _on_the_clock(face: CardFace, view: FaceContext) -> bool:
    """Whether it is due soon, past the SLE, or has a run that cannot be seen."""
    near = bool(due(face, view)) and _days_left(face, view) <= _SOON_DAYS
    near = near or (bool(face.runs) and running(face, view).endswith(view.glyphs.unseen))
    return near or old(face, view) == PAST_SLE or face.health == Health.WATCH


def _days_left(face: CardFace, view: FaceContext) -> int:
    return (date.fromisoformat(face.due) - view.today).days


def running(face: CardFace, view: FaceContext) -> str:
    """`14h` while a run goes on, `14h?` while its processes cannot be seen, `run` where a person
    said so; '' when nothing runs."""
    by_hand = "run" if face.work == Work.UNATTENDED else ""
    if not face.runs:
        return by_hand
    from mlkanban.display.card_face_runs import going_on  # results of runs: most boards have none

    return going_on(face.runs, view.now) or by_hand


def queued(face: CardFace, view: FaceContext) -> str:
    """`2h` while a scheduler lets a run wait and none goes on, `held` where all that wait are held
    back, else ''."""
    if not face.runs:
        return ""
    from mlkanban.display.card_face_runs import waiting  # as above

    return waiting(face.runs, view.now)


def states(face: CardFace, view: FaceContext, waits: Sequence[str]) -> list[Fact]:
    """What holds a card up, or drives it, the most urgent first."""
    signs = view.glyphs
    found: list[Fact] = []

    def add(text: str, role: str, sign: str = "") -> None:
        forms = (f"{sign} {text}", sign) if sign else (text,)
        found.append(Fact(forms, role))

    if face.health == Health.ALERT:
        add(face.health, "alarm", signs.blocked)
    if face.block_reason:
        add(face.block_reason, "alarm", signs.blocked)
    if wait := queued(face, view):
        found.append(Fact((signs.queued + wait, signs.queued), "clock"))
    elif run := running(face, view):
        role = "clock" if run.endswith(signs.unseen) else "live"
        found.append(Fact((signs.running + run, signs.running), role))
    for latest in view.live.get(face.id, ())[:1]:
        from mlkanban.display.card_face_runs import so_far  # as for `running`

        shown, role = so_far(latest, CardMetrics.read(face.metric).metric, signs)
        value, _, bars = shown[0].rpartition(" ")
        breaks = ((value, bars),) if len(shown) > 1 else ()
        found.append(Fact(shown, role, measured=role == "value", breaks=breaks))
    if face.health in _HEALTH_SIGNS:
        name, role = _HEALTH_SIGNS[face.health]
        add(face.health, role, getattr(signs, name))
    elif face.health and face.health != Health.ALERT:
        add(face.health, "dim")
    if face.ab and face.is_open:
        found += _ab_test(face)
    told_by_date = face.service_class == "fixed-date" and due(face, view)
    if face.service_class != "standard" and not told_by_date:
        add(face.service_class, "clock" if face.service_class == "expedite" else "dim")
    if waits:
        more = f" +{len(waits) - 1}" if len(waits) > 1 else ""
        first = _text(waits[0], view)
        forms = dict.fromkeys((f"needs {first}{more}", f"needs {first}", signs.waits_for + first))
        found.append(Fact(tuple(forms), "mark", measured=True))
    if face.outcome and not view.board.is_delivered(face.stage):
        add(f"= {face.outcome}", "dim")
    if face.archived:
        add("archived", "dim")
    if face.work == Work.WAITING:
        add("waiting", "dim")
    if view.prospects is not None and (parts := view.prospects.parts.get(face.id)):
        whole = parts_text(parts, view.today)
        named = f"parts {whole.partition(',')[0]}"
        forms = dict.fromkeys((f"parts {whole}", whole if parts.by else named, named))
        found.append(Fact(tuple(forms), "text", measured=True))
    return found


def _ab_test(face: CardFace) -> list[Fact]:
    """`A/B -9.8 % (-21..+4)  n 36k/56k`, at least `A/B`."""
    # Statistics: few cards have an A/B test.
    from mlkanban.core.ab_test import FIELD, ab_test_in
    from mlkanban.display.ab_text import change_text, counts_text

    test = ab_test_in({FIELD: json.loads(face.ab)})
    if test is None:
        return []
    change = change_text(test)
    role = "live" if test.verdict == AB_BETTER else "value"
    forms = [f"A/B {change}  {counts_text(test)}", f"A/B {change}", f"A/B {change.split(' (')[0]}"]
    if not change:
        forms = [f"A/B {counts_text(test)}"]
    breaks = ((f"A/B {change}", counts_text(test)),) if change else ()
    return [Fact((*forms, "A/B"), role, measured=True, breaks=breaks)]


AB_BETTER = "better"


_HEALTH_SIGNS: dict[str, tuple[str, str]] = {
    Health.RETRAINING: ("running", "live"),
    Health.WATCH: ("queued", "clock"),
}


def metric(
    face: CardFace, view: FaceContext, *, named: bool = False, column: bool = False
) -> list[Fact]:
    """The metric of the chosen configuration, with its target, and the one that was tried last
    where that is another and no run goes on. Its name stands where there is no value, and on paper.
    In a `column` of its own its value cannot be mistaken for that of a run at work."""
    kept = CardMetrics.read(face.metric)
    last = _tried_last(face, kept.metric)
    guards = _guards(kept.guards, view)
    broken = guards and guards[0].role == STATE_ROLES[GuardState.BROKEN]
    # Neither the metric nor the one tried last takes the room of what says that a guard is broken.
    name, sign = (1 + cell_len(form) for form in guards[0].forms[-2:]) if broken else (0, 0)
    facts: list[Fact] = []
    if kept.metric and any(not latest.other for latest in view.live.get(face.id, ())[:1]):
        last = ""
        facts += _beside_newest(kept.metric, view, typed=kept.typed, column=column)
    elif kept.metric:
        forms = _metric_forms(kept.metric, view, named=named, typed=kept.typed)
        breaks = _breaks(_text(kept.metric["name"], view), kept.metric, view, typed=kept.typed)
        # What it is for is no riddle on its own line: value and target stay together.
        breaks = (*breaks[-1:], *breaks[:-1])
        facts.append(Fact(forms, "value", measured=True, leaves=sign, breaks=breaks))
    if facts and last:
        facts.append(Fact((last,), "value", measured=True, leaves=name))
    return facts + guards


def _metric_forms(
    metric: MetricFields, view: FaceContext, *, named: bool, typed: bool
) -> tuple[str, ...]:
    """A metric in ever fewer cells."""
    name, value = _text(metric["name"], view), value_text(metric)
    target = view.glyphs.compared(target_text(metric))
    whole = _value_to_target(value, target, view)
    if value and target:
        forms = [f"{name} {whole}"] * named + [whole, value]
    elif value:
        forms = [f"{name} {whole}", whole]
    elif target:
        forms = [f"{name}{target}", target]
    else:
        forms = [name]
    return (forms[0] + TYPED, whole + TYPED, *forms) if typed else tuple(forms)


def _breaks(
    name: str, metric: MetricFields, view: FaceContext, *, typed: bool = False
) -> tuple[tuple[str, str], ...]:
    """Where `val_auc .917→≥.92` is broken: before its target, else behind its name."""
    value, target = value_text(metric), view.glyphs.compared(target_text(metric))
    if not value:
        return ()
    between = "" if view.glyphs.ascii else view.glyphs.to
    last = TYPED * typed
    # The arrow at the end of the first line, where it finds room: none begins with one.
    at_target = tuple((f"{name} {value}{to}", f"{target}{last}") for to in (between, "") if target)
    return (*at_target, (name, _value_to_target(value, target, view) + last))


def _value_to_target(value: str, target: str, view: FaceContext) -> str:
    """`.917→≥.92`, or the one that there is."""
    # In ASCII an arrow before >= would be a riddle.
    between = "/" if view.glyphs.ascii else view.glyphs.to
    return between.join(filter(None, (value, target)))


def _beside_newest(
    metric: MetricFields, view: FaceContext, *, typed: bool, column: bool
) -> Iterator[Fact]:
    """The metric of a card whose run goes on, beside the newest value: `was .917→≥.92`, at least
    the target; in a `column` of its own at least the value."""
    value, target = value_text(metric), view.glyphs.compared(target_text(metric))
    whole = _value_to_target(value, target, view)
    forms = [f"was {whole}{TYPED}"] if value and typed else []
    forms += [f"was {whole}"] if value else []
    forms += [whole, value] if value and column else []
    if forms or target:
        forms += [target] if target else []
        breaks = _breaks("was", metric, view, typed=typed)
        yield Fact(tuple(forms), "value", measured=True, breaks=breaks)


def _guards(guards: Sequence[MetricFields], view: FaceContext) -> list[Fact]:
    """The guards that are broken, `✗ p95_ms 61→≤50`, then those whose limit lies within the spread
    of the runs, `? p95_ms 48→≤50`; of each at least the sign."""
    facts: list[Fact] = []
    signs = {GuardState.BROKEN: view.glyphs.failed, GuardState.OPEN: view.glyphs.unseen}
    for state, sign in signs.items():
        for guard in (guard for guard in guards if state_of(guard) is state):
            name, limit = _text(guard["name"], view), view.glyphs.compared(target_text(guard))
            value = value_text(guard)
            whole = _value_to_target(value, limit, view)
            forms = (f"{sign} {name} {whole}", f"{sign} {name} {value}", f"{sign} {name}", sign)
            breaks = _breaks(f"{sign} {name}", guard, view)
            facts.append(Fact(forms, STATE_ROLES[state], measured=True, breaks=breaks))
    return facts


def _tried_last(face: CardFace, metric: MetricFields | None) -> str:
    if not face.runs:
        return ""
    from mlkanban.display.card_face_runs import tried_last  # as above

    return tried_last(face.runs, metric)


def tags(face: CardFace, view: FaceContext) -> list[Fact]:
    """The person who has it on a board of several, and the tags, each whole or not at all; of very
    many only a few and how many more there are."""
    texts = [f"#{tag}" for tag in face.tags.split()]
    if len(texts) > _MANY_TAGS:
        texts = some(texts, _FEW_TAGS)  # so that there is room to say how many
    owners = [Fact(owner, "mark")] if (owner := _owner(face, view)) else []
    return [*owners, *(Fact((_text(text, view),), "dim") for text in texts)]


def person_text(person: str, board: Board) -> str:
    """`@bob`, the person who has a card, on a board of several people; else ''."""
    return f"@{short_name(person)}" if board.of_team and person else ""


def _owner(face: CardFace, view: FaceContext) -> tuple[str, ...]:
    """The person who has a card, whole or in a few letters."""
    text = _text(person_text(face.person, view.board), view)
    short = shortened(text, _OWNER_CELLS, view.glyphs.cut)
    return tuple(dict.fromkeys((text, short))) if text else ()


def _text(text: str, view: FaceContext) -> str:
    return drawn(text, ascii=view.glyphs.ascii)


def drawn(text: str, *, ascii: bool) -> str:
    """Stored text as it stands in a line whose columns have to fit."""
    shown = cell_text(text)
    return ascii_only(shown) if ascii else shown


def fill(facts: Sequence[Fact], room: int, view: FaceContext) -> tuple[Line, list[Fact]]:
    """The facts in one line, each as long as there is room for, and those for which there is none;
    the first one is cut, if it has a sign, rather than left out."""
    line: Line = []
    left_out: list[Fact] = []
    for number, fact in enumerate(facts):
        gap = " " if line else ""
        left = room - len(gap)
        text = fact.fitting(left - fact.leaves)
        if number == 0 and len(fact.forms) > 1 and text != fact.forms[0] and not fact.measured:
            sign = fact.forms[-1]
            words = shortened(fact.forms[0], left, view.glyphs.cut)
            least = cell_len(sign) + 1 + _LEAST_WORDS + cell_len(view.glyphs.cut)
            text = words if cell_len(words) >= least else shortened(sign, left, "")
        if not text:
            left_out.append(fact)
            continue
        line += [Piece(gap, "dim"), Piece(text, fact.role)] if gap else [Piece(text, fact.role)]
        room = left - cell_len(text)
    return line, left_out


def _clock_beside(face: CardFace, width: int, view: FaceContext) -> Piece:
    """The clock of a card in a line with its id, which is never cut: `due 2d <50%!`, `due 2d!`,
    `2d!`, or nothing."""
    clock = corner(face, view)
    room = width - cell_len(_text(face.ref, view)) - 1
    if cell_len(clock.text) <= room:
        return clock
    mark = DOUBTFUL if clock.text.endswith(DOUBTFUL) else ""
    first, _, rest = clock.text.partition(" ")
    day = rest.partition(" ")[0] + mark
    forms = ["LATE"] if first == "LATE" else [f"{first} {day}", day]
    short = next((form for form in forms if cell_len(form) <= room), "")
    return Piece(short, clock.role)


def _room_for_facts(face: CardFace, width: int, view: FaceContext) -> int:
    """Cells between the id of a card and its clock."""
    clock = _clock_beside(face, width, view)
    ref = _text(face.ref, view)
    return width - cell_len(ref) - 1 - (cell_len(clock.text) + 1 if clock.text else 0)


def _facts(face: CardFace, known: Sequence[Fact], width: int, view: FaceContext) -> Line:
    """The last line of a card: its id, what is said of it as far as there is room, its clock."""
    clock = _clock_beside(face, width, view)
    ref = Piece(_text(face.ref, view), "dim")
    facts, _ = fill(known, _room_for_facts(face, width, view), view)
    return _spread([ref, *([Piece(" ", "dim"), *facts] if facts else [])], None, clock, width, view)


def _fit(pieces: Iterable[Piece], width: int) -> Line:
    """The pieces, cut to `width` cells."""
    line: Line = []
    left = width
    for text, role in pieces:
        if left <= 0:
            break
        short = shortened(text, left, "")
        line.append(Piece(short, role))
        left -= cell_len(short)
    return line


def _spread(left: Line, middle: Piece | None, right: Piece, width: int, view: FaceContext) -> Line:
    """`left` and `middle` from the left edge, `right` at the right edge; `middle` gives way, then
    what is `left`."""
    room = max(0, width - cell_len(right.text) - 1)
    line = _fit(left, room)
    room -= sum(cell_len(piece.text) for piece in line)
    if middle is not None:
        short = shortened(middle.text, room, view.glyphs.cut)
        line.append(Piece(short, middle.role))
        room -= cell_len(short)
    return _fit([*line, Piece(" " * (room + 1), "dim"), right], width)
