"""The page of a card on a screen: which words stand in which line, at any size.

From `WIDE` cells on, what the card is stands at the left and one of its tabs at the right; below,
a few lines of it stand over the tabs, and everything is on a tab of its own.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from rich.cells import cell_len

from mlkanban.cells import padded
from mlkanban.core import checklist, dependencies, rules
from mlkanban.core.board import CardFace, CardType, Health, Outcome, Priority, Work
from mlkanban.core.card import Card, MeasuredGuard, Metric, to_json
from mlkanban.core.card_fields import FIELD
from mlkanban.core.field_kinds import until_text
from mlkanban.core.lineage import member_text
from mlkanban.core.metrics import GuardState, compact, reaches, value_text
from mlkanban.core.notes import is_note
from mlkanban.display.card_face import FaceContext, Line, Piece, age, due, person_text, running
from mlkanban.display.card_face_runs import tried_last
from mlkanban.display.card_page import CardPage, link_texts, rows
from mlkanban.display.checklist_lines import in_short
from mlkanban.display.event_text import event_text, who
from mlkanban.display.guard_text import STATE_ROLES, live_text, state_sign, state_words
from mlkanban.display.lines import (
    as_many_as_fit,
    filled,
    fitted,
    joined,
    labelled,
    paragraph,
    rule,
    spread,
    width_of,
)
from mlkanban.display.relation_tree import Relative, related
from mlkanban.display.run_lines import target_shown
from mlkanban.display.worth_text import worth_text
from mlkanban.glyphs import Glyphs
from mlkanban.runs.model.series import Latest
from mlkanban.runs.model.usage import Spending
from mlkanban.service.conflicts import OpenConflict
from mlkanban.service.history import HistoryEntry
from mlkanban.text import (
    LONG_TITLE,
    beginning,
    cell_text,
    display,
    display_lines,
    short_name,
    some,
    steady,
)

WIDE = 110
"""From so many cells on there are two columns."""
_LEFT, _MOST_LEFT = 0.4, 58
_LABEL = 12
_MOST_ON_LINE = 8
"""Tags, or cards that it needs, that one line names."""
_SHORT = 18
"""Lines of a screen from which on something of the card stands over the tabs."""
_NOTE_LINES = 12
"""Of the last notes among the details."""
_EXPECTING = frozenset({CardType.EXPERIMENT, CardType.MODEL})
"""Kinds of work from which something is expected that may turn out false."""
_PRIORITIES = {Priority.URGENT: "urgent", Priority.HIGH: "high"}
_HEALTH_ROLES = {Health.ALERT: "alarm", Health.OK: "live"}


PlainNote = Callable[[str], str]
"""Takes the signs of Markdown out of a note."""


class Tab(StrEnum):
    """The tabs of the page, in the order of their keys."""

    RUNS = "Runs"
    NOTES = "Notes"
    HISTORY = "History"
    LINKS = "Links"
    DETAILS = "Details"


TABS = tuple(Tab)


@dataclass(frozen=True, slots=True)
class CardContent:
    """A card with what its page shows of other things: `faces` are the cards of the board, `place`
    is which of how many it is in its stage, (0, 0) where it is not among those shown; `sle_days` is
    within how many days cards are expected to be finished, if that is known; `live` is what those
    of its runs reported last that go on, the newest first."""

    card: Card
    page: CardPage
    faces: Collection[CardFace]
    run_count: int = 0
    conflicts: Sequence[OpenConflict] = ()
    entries: Sequence[HistoryEntry] = ()
    place: tuple[int, int] = (0, 0)
    sle_days: int | None = None
    live: Sequence[Latest] = ()

    @property
    def view(self) -> FaceContext:
        return self.page.view

    @property
    def glyphs(self) -> Glyphs:
        return self.view.glyphs

    def day(self, moment: datetime) -> str:
        """The day of an instant on the board: `11-29`, or `2025-11-29` in another year."""
        return self.view.short_day(self.view.board.day_of(moment))

    @property
    def counts(self) -> Mapping[Tab, int]:
        """How much there is on each tab that is a list."""
        related_cards = sum(len(lines) for _, lines in self.related)
        return {
            Tab.RUNS: self.run_count,
            Tab.NOTES: len(self.card.notes),
            Tab.HISTORY: len(self.entries),
            Tab.LINKS: len(self.card.links) + related_cards,
        }

    @property
    def related(self) -> list[tuple[str, list[Relative]]]:
        return related(self.faces, self.card.ref, self.view.board)


def left_width(width: int) -> int:
    """The cells of the left column, 0 where there is none."""
    return min(int(width * _LEFT), _MOST_LEFT) if width >= WIDE else 0


# The lines over everything


def head_lines(content: CardContent, width: int, height: int) -> tuple[list[Line], frozenset[str]]:
    """The title and the state of the card, and the fields that they show whole."""
    card, glyphs = content.card, content.glyphs
    name = [Piece(f" {card.ref}  ", "dim")]
    text = cell_text(beginning(card.title, LONG_TITLE))
    place = _place(content, width)
    room = max(10, width - width_of(name) - width_of(place) - 3)
    title = paragraph(text, "title", room, glyphs, most=_title_lines(height))
    whole = paragraph(text, "title", room, glyphs)
    first, *rest = title or [[]]
    lines = [spread([*name, *first], place, width, glyphs)]
    lines += [[Piece(" " * width_of(name), "text"), *line] for line in rest]
    states = list(_state(content))
    line, many = as_many_as_fit((part for _, part in states), width - 2)
    shown = {field for field, _ in states[:many]}
    if len(title) == len(whole):
        shown.add("title")
    # A lone state that is too long is cut rather than left out.
    line = line or fitted(states[0][1], width - 2, glyphs)
    return [*lines, [Piece(" ", "text"), *line]], frozenset(shown)


def _title_lines(height: int) -> int:
    return 1 if height < 22 else 2 if height < 30 else 3


def _place(content: CardContent, width: int) -> Line:
    """`‹ 1 of 3 in Training ›`: that there are cards before and after it."""
    at, many = content.place
    if not many:
        return []
    if width < WIDE:
        return [Piece(f"{at}/{many} ", "dim")]
    stage = cell_text(content.view.board.stage(content.card.stage).name)
    glyphs = content.glyphs
    return [Piece(f"{glyphs.previous} {at} of {many} in {stage} {glyphs.next} ", "dim")]


def _state(content: CardContent) -> Iterator[tuple[str, Line]]:
    """What the card is and how it is doing, the most urgent first, each with the field it shows
    whole ('' for none)."""
    card, view, glyphs = content.card, content.view, content.glyphs
    face = content.page.face
    if card.archived:
        yield "", [Piece("archived", "clock")]
    if card.health:
        sign = f"{glyphs.blocked} " if card.health is Health.ALERT else ""
        yield "health", [Piece(f"{sign}{card.health}", _HEALTH_ROLES.get(card.health, "clock"))]
    if block := card.blocker:
        side = f" ({unusual})" if (unusual := block.unusual_side) else ""
        yield "", [Piece(f"{glyphs.blocked} {block.reason}{side}", "alarm")]
    if face is not None and not card.outcome and (text := running(face, view)):
        long = f" {text}" if text != "run" else ""
        if text.endswith(glyphs.unseen):
            yield (
                "",
                [Piece(f"{glyphs.unseen} unknown {text.removesuffix(glyphs.unseen)}", "clock")],
            )
        else:
            yield "", [Piece(f"{glyphs.running} running{long}", "live")]
    if card.outcome:
        shipped = card.outcome is Outcome.SHIPPED
        sign = f"{glyphs.ticked} " if shipped else ""
        yield "outcome", [Piece(f"{sign}{card.outcome}", "live" if shipped else "text")]
    if card.snoozed_run or card.snoozed_until:
        yield "snoozed", [Piece(f"snoozed until {_snoozed_until(content)}", "dim")]
    if face is not None and (text := due(face, view)):
        yield "", [Piece(text, "alarm" if text.startswith("LATE") else "clock")]
        if content.page.due_chance:
            yield "", [Piece(content.page.due_chance, "text")]
    if content.page.parts:
        yield "", [Piece(f"parts {content.page.parts}", "text")]
    if card.service_class != FIELD["class"].kind.blank:
        yield "class", [Piece(str(card.service_class), "text")]
    if card.priority in _PRIORITIES:
        sign = glyphs.urgent if card.priority is Priority.URGENT else glyphs.high
        yield "priority", [Piece(f"{sign} {card.priority}", "title")]
    elif card.priority != FIELD["priority"].kind.blank:
        yield "priority", [Piece(f"{card.priority} priority", "dim")]
    yield "type", [Piece(str(card.type), "text")]
    if face is not None and (part := _age(face, content)):
        yield "", part
    if card.work is Work.WAITING:
        yield "work", [Piece("waiting", "text")]
    if person := person_text(card.person, content.view.board):
        yield "person", [Piece(person, "mark")]
    yield from _waits(content)
    if card.tags and len(card.tags) <= _MOST_ON_LINE:
        yield "tags", [Piece(" ".join(f"#{cell_text(tag)}" for tag in card.tags), "dim")]


def _age(face: CardFace, content: CardContent) -> Line:
    """`11d in progress`, `took 5d`, `6d old` while not committed; `today` in words."""
    text = age(face, content.view)
    days = text.strip("=()")
    if not days:
        return []
    if text.startswith("="):
        return [Piece(f"took {days}", "dim")]
    if text.startswith("("):
        if days == "1d":
            return [Piece("created today", "dim")]
        return [Piece(f"{days} old", "dim")]
    sle = content.sle_days
    if sle is not None and int(days.rstrip("d")) > sle:
        return [Piece(f"{days}!! in progress", "clock"), Piece(f", past the SLE of {sle}d", "dim")]
    begun = "in progress since today" if days == "1d" else f"{days} in progress"
    return [Piece(begun, "dim")]


def _waits(content: CardContent) -> Iterator[tuple[str, Line]]:
    """The cards that it needs, and those that need it."""
    faces, ref = content.faces, content.card.ref
    needs = [branch.face for branch in dependencies.needs(faces, ref) if branch.depth == 1]
    known = {face.ref for face in needs}
    if content.card.needs and len(content.card.needs) <= _MOST_ON_LINE:
        parts: list[Line] = []
        for name in content.card.needs:
            face = next((face for face in needs if face.ref == name), None)
            done = face is not None and not face.is_open
            sign = f" {content.glyphs.ticked}" if done else ""
            parts.append([Piece(f"{cell_text(name)}{sign}", "live" if done else "mark")])
        yield "needs" if known else "", [Piece("needs ", "dim"), *joined(parts, " ")]
    needed = [branch.face.ref for branch in dependencies.needed_by(faces, ref) if branch.depth == 1]
    if needed:
        yield "", [Piece("needed by ", "dim"), Piece(" ".join(some(needed, 4)), "text")]


def _snoozed_until(content: CardContent) -> str:
    if content.card.snoozed_run:
        return f"run {cell_text(content.card.snoozed_run)} ends"
    return str(content.card.snoozed_until)


# What the card is: the left column


def what_lines(content: CardContent, shown: frozenset[str], width: int) -> list[Line]:
    """All fields of the card but those that are `shown` already: first what is wrong, then what is
    expected, the metric, the other fields and the dates."""
    card, glyphs = content.card, content.glyphs
    lines = [*_conflict_lines(content, width), *trouble_lines(content, width)]
    if lines:
        lines.append([])
    if card.verdict:
        verdict = glyphs.figures(_text(card.verdict))
        lines += [*_row("verdict", paragraph(verdict, "title", width - _LABEL, glyphs))]
        lines.append([])
    if card.hypothesis:
        lines += [*paragraph(_text(card.hypothesis), "text", width, glyphs), []]
    elif card.type in _EXPECTING and not card.outcome and not card.archived:
        lines += [*paragraph("What is expected, and why? e writes it.", "dim", width, glyphs), []]
    lines += metric_lines(content, width)
    if content.page.worth:
        words = glyphs.figures(cell_text(worth_text(content.page.worth)))
        lines += _row("worth", paragraph(words, "text", max(10, width - _LABEL), glyphs))
    lines += guard_lines(content, width)
    for label, text in _other_rows(content, shown):
        lines += _row(label, paragraph(text, "text", max(10, width - _LABEL), glyphs))
    lines += budget_lines(content, width)
    lines += _row("dates", paragraph(_dates(content), "text", max(10, width - _LABEL), glyphs))
    return lines


def _row(label: str, body: Sequence[Line]) -> list[Line]:
    indent = max(_LABEL, cell_len(label) + 2)
    return labelled([Piece(label, "dim")], indent, body)


def _conflict_lines(content: CardContent, width: int) -> Iterator[Line]:
    for conflict in content.conflicts:
        text = (
            f"{conflict.label}: {conflict.kept} stands, {short_name(conflict.actor)} on"
            f" {conflict.machine} wrote {conflict.other}; = decides"
        )
        yield from labelled(
            [Piece("conflict", "alarm")], _LABEL,
            paragraph(cell_text(text), "text", max(10, width - _LABEL), content.glyphs),
        )  # fmt: skip


def trouble_lines(content: CardContent, width: int) -> Iterator[Line]:
    """Why it cannot go on, that it is archived, and readings of a model in use."""
    card, glyphs, room = content.card, content.glyphs, max(10, width - _LABEL)
    if block := card.blocker:
        until = f", {text}" if (text := display(until_text(block.until))) else ""
        text = f"since {content.day(block.since)}{until}"
        body = paragraph(cell_text(text), "text", room, glyphs)
        if block.note:
            body += paragraph(_text(block.note), "title", room, glyphs)
        yield from labelled([Piece("blocked", "alarm")], _LABEL, body)
    if card.archived:
        text = f"{content.page.restore_hint} brings it back"
        yield from _row("archived", paragraph(text, "text", room, glyphs))
    for reading in card.readings:
        note = f": {reading.note}" if reading.note else ""
        day = content.view.short_day(content.view.day(reading.at))
        words = f"{day} {glyphs.figures(reading.text)}{note}"
        body = paragraph(cell_text(words), "text", room, glyphs)
        label = Piece("alert", "alarm") if reading.alert else Piece("within", "dim")
        yield from labelled([label], _LABEL, body)


def metric_lines(content: CardContent, width: int) -> list[Line]:
    """The metric: its value against the target, and below, where there is room, how far it is from
    the baseline to the target."""
    card, glyphs = content.card, content.glyphs
    if (measured := card.measured) is None:
        return []
    metric = to_json(measured)
    name = cell_text(measured.name)
    parts: list[Line] = [value_line(content)]
    for word in ("baseline", "noise"):
        if metric[word] is not None:
            parts.append([Piece(f"{word} ", "dim"), Piece(compact(metric[word]), "text")])
    value = _standing(content)
    has_scale = None not in (value.amount, measured.baseline, measured.target)
    if has_scale:
        del parts[1]
    if content.page.face and (last := tried_last(content.page.face.runs, metric)):
        word, _, number = last.partition(" ")
        parts.append([Piece(f"{word} ", "dim"), Piece(number, "value")])
    line, many = as_many_as_fit(parts, max(10, width - _LABEL))
    lines = [line, *parts[many:]] if many else parts
    if has_scale:
        lines.append(scale_line(metric, value, max(10, width - _LABEL), glyphs))
    if measured.target is None and value.amount is None:
        lines = [[Piece("no value yet", "dim")], *lines[1:]]
    label = fitted([Piece(name, "dim")], max(_LABEL, width // 3), glyphs)
    return labelled(label, max(_LABEL, width_of(label) + 2), lines)


def guard_lines(content: CardContent, width: int) -> list[Line]:
    """A line for each guard: `61 → ≤50  ✗ broken`, with what a run that goes on reported last:
    `now 60 ✗`."""
    lines: list[Line] = []
    for guard, written in zip(content.card.measured_guards, content.card.guards, strict=True):
        typed = guard.value is not None and guard.value == written.value
        role = "value" if guard.state is GuardState.OPEN else ""
        line = [
            *value_and_target(guard, content.glyphs, typed=typed, role=role),
            *_guard_state(guard, content),
        ]
        label = fitted(
            [Piece(cell_text(guard.name), "dim")], max(_LABEL, width // 3), content.glyphs
        )
        lines += labelled(label, max(_LABEL, width_of(label) + 2), [line])
    return lines


def _guard_state(guard: MeasuredGuard, content: CardContent) -> Line:
    words = state_words(guard.state, guard.value)
    sign = state_sign(guard.state, content.glyphs)
    text = f"{sign} {words}" if sign not in words else words
    line = [Piece("  ", "text"), Piece(text, STATE_ROLES[guard.state])]
    if now := live_text(to_json(guard), content.live, content.glyphs):
        line += [Piece("  now ", "dim"), Piece(*now)]
    return line


class _ValueAt(NamedTuple):
    """Where a metric stands, with the role of that, and whether it was read of a model in use."""

    amount: float | None
    role: str
    in_use: bool = False


def _standing(content: CardContent) -> _ValueAt:
    """The value of the metric of a card: of a model in use the last reading says more than what it
    reached before."""
    measured = content.card.measured
    if measured is None:
        return _ValueAt(None, "value")
    name, metric = measured.name, to_json(measured)
    reading = next((one for one in content.card.readings if one.metric == name), None)
    amount = measured.value if reading is None else reading.value
    if reading is not None and reading.alert:
        return _ValueAt(amount, "alarm", in_use=True)
    reached = amount is not None and reaches(metric, amount)
    return _ValueAt(amount, "live" if reached else "value", in_use=reading is not None)


def value_line(content: CardContent) -> Line:
    """`.944 → ≥.950`, the value in live where it reaches the target; of a model in use with the
    last reading: `.11 → ≥.1   in use .06`."""
    if (measured := content.card.measured) is None:
        return []
    now = _standing(content)
    line = value_and_target(measured, content.glyphs, role="dim" if now.in_use else "")
    if now.in_use and now.amount is not None:
        gap = "   " if line else ""
        line += [Piece(f"{gap}in use ", "dim"), Piece(compact(now.amount), now.role)]
    return line


def value_and_target(
    measured: Metric, glyphs: Glyphs, *, typed: bool = False, role: str = ""
) -> Line:
    """Where a metric or a guard stands, and what it is to reach; `typed` by hand. The value has its
    own role where `role` is empty."""
    metric = to_json(measured)
    line: Line = []
    if measured.value is not None:
        role = role or ("live" if reaches(metric, measured.value) else "value")
        line.append(Piece(f"{value_text(metric)}{' typed' * typed}", role))
    if measured.target is not None:
        between = f" {glyphs.to} " if line else ""
        line += [Piece(between, "dim"), Piece(target_shown(metric, glyphs), "title")]
    return line


def scale_line(metric: Mapping[str, float], value: _ValueAt, width: int, glyphs: Glyphs) -> Line:
    """From the baseline at the left to the target at the right, with a point where the value
    stands, or an arrow where it is worse than the baseline."""
    low, high = compact(metric["baseline"]), compact(metric["target"])
    room = width - cell_len(low) - cell_len(high) - 2
    span = metric["target"] - metric["baseline"]
    if room < 5 or not span:
        return [Piece(low, "dim"), Piece(f" {glyphs.to} ", "dim"), Piece(high, "focus")]
    assert value.amount is not None
    share = (value.amount - metric["baseline"]) / span
    at = round(max(0.0, min(1.0, share)) * (room - 1))
    return [
        Piece(f"{low} ", "dim"),
        Piece(glyphs.heavy_rule * at, value.role),
        Piece(glyphs.more_left if share < 0 else glyphs.point, value.role),
        Piece(glyphs.rule * (room - 1 - at), "faint"),
        Piece(f" {high}", "focus"),
    ]


def budget_lines(content: CardContent, width: int) -> list[Line]:
    """What is used of the budget of the card, if it has one."""
    if not (spent := content.page.spent):
        return []
    return _row("budget", [_budget(spent, max(10, width - _LABEL), content.glyphs)])


def _budget(spent: Spending, width: int, glyphs: Glyphs) -> Line:
    """`444 of 600 gpu-h ━━━━━━━━━─── 74 %`."""
    role = "alarm" if spent.share >= 1 else "clock" if spent.warning else "text"
    words = Piece(str(spent), "text" if role == "text" else role)
    # Rounded down: what is not used up is never called so.
    share = f" {int(100 * spent.share)} %"
    room = min(12, width - cell_len(words.text) - cell_len(share) - 1)
    if room < 4:
        return fitted([words, Piece(share, role)], width, glyphs)
    used = min(room, int(room * spent.share))
    return [
        words, Piece(" ", "text"), Piece(glyphs.heavy_rule * used, role if used else "faint"),
        Piece(glyphs.rule * (room - used), "faint"), Piece(share, role),
    ]  # fmt: skip


_HERE = frozenset(
    {
        "title",
        "hypothesis",
        "verdict",
        "metric",
        "guards",
        "budget",
        "blocked",
        "archived",
        "links",
        "health",
    }
)
"""Fields that have a place of their own on the page."""


def _other_rows(content: CardContent, shown: frozenset[str]) -> Iterator[tuple[str, str]]:
    """The fields without a place of their own, as any page has them, but for those `shown`."""
    hidden = {FIELD[name].label for name in shown | _HERE if name in FIELD}
    hidden |= {"stage", "age", "alert", "within", "guard", "worth", ""}
    for label, text in rows(content.card, content.page):
        if label not in hidden and label != "link":
            yield label, steady(text)
    # What a tree shows elsewhere, where it is not on the line of states.
    card = content.card
    if card.needs and "needs" not in shown:
        yield "needs", cell_text(" ".join(some(card.needs, _MOST_ON_LINE)))
    if card.lineage:
        yield "comes from", cell_text(", ".join(map(member_text, card.lineage)))


def _dates(content: CardContent) -> str:
    card = content.card
    stage = cell_text(content.view.board.stage(card.stage).name)
    dates = (
        ("finished", card.finished_at), (f"{stage} since", card.entered_at),
        ("committed", card.started_at), ("created", card.created_at),
    )  # fmt: skip
    return ", ".join(f"{what} {content.day(date)}" for what, date in dates if date)


def gate_lines(content: CardContent, width: int, *, most: int = 0) -> list[Line]:
    """The checklist with a rule over it, each item with the stage that it closes; what is ticked is
    dim."""
    card, glyphs = content.card, content.glyphs
    if not card.checklist:
        return []
    board = content.view.board
    closed = [rules.gate(board, item.gate) for item in card.checklist]
    names = ["" if stage is None else cell_text(stage.name) for stage in closed]
    width, whole = width - 1, width
    right = min(max(map(cell_len, names)), width // 3)
    word = "Gates" if checklist.are_gates(card.checklist) else "Checklist"
    head = f"{word} {checklist.progress(card.checklist)}"
    lines = [rule([Piece(head, "title")], whole, glyphs)]
    room = max(10, width - 3 - (right + 1 if right else 0))
    for item, name in zip(card.checklist, names, strict=True):
        sign = Piece(glyphs.ticked, "live") if item.done else Piece(glyphs.open, "dim")
        role = "dim" if item.done else "text"
        body = paragraph(cell_text(item.text), role, room, glyphs, most=most)
        start = [Piece(" ", "text"), sign]
        first, *rest = labelled(start, 3, body)
        stage = fitted([Piece(name, "dim")], right, glyphs)
        lines += [spread(first, stage, width, glyphs) if name else first, *rest]
    return lines


def last_note_lines(
    content: CardContent, width: int, room: int, plain_note: PlainNote
) -> list[Line]:
    """The newest notes with a rule over them, as far as `room` lines go; none where not even one
    is whole."""
    lines: list[Line] = []
    for note in reversed(content.card.notes):
        text = cell_text(" ".join(plain_note(display_lines(note.text)).split()))
        body = paragraph(text, "text", width - 8, content.glyphs, 4)
        more = labelled([Piece(f" {content.day(note.at)}", "dim")], 8, body)
        if len(lines) + len(more) + 1 > room:
            break
        lines += more
    if not lines:
        return []
    return [rule([Piece("Last notes", "title")], width, content.glyphs), *lines]


def left_lines(
    content: CardContent,
    shown: frozenset[str],
    width: int,
    height: int,
    plain_note: PlainNote | None,
) -> tuple[list[Line], bool]:
    """The left column under its rule, and whether all of the card is in it. With `plain_note` the
    newest notes fill what room there is."""
    width = max(10, width)
    body = [[Piece(" ", "text"), *line] for line in what_lines(content, shown, width - 3)]
    gates = gate_lines(content, width)
    whole = len(body) + bool(gates) + len(gates) <= height
    if gates and not whole:
        # At least what is to be done is seen.
        gates = gate_lines(content, width, most=1)
        body = body[: max(0, height - len(gates) - 1)]
    if gates:
        body += [[], *gates]
    left = height - len(body) - 1
    if plain_note and left > 2:
        last = last_note_lines(content, width, left, plain_note)
        body += [[], *last] if last else []
    return body[:height], whole


def summary_lines(content: CardContent, width: int, height: int) -> list[Line]:
    """What stands over the tabs where there is one column: at most a line each of what is expected,
    of the metric and of the gates."""
    card, glyphs = content.card, content.glyphs
    if height < _SHORT:
        return []
    lines: list[Line] = []
    if block := card.blocker:
        note = f": {cell_text(block.note)}" if block.note else ""
        until = f", {text}" if (text := cell_text(until_text(block.until))) else ""
        text = f"since {content.day(block.since)}{until}{note}"
        lines.append([Piece("blocked ", "alarm"), Piece(text, "text")])
    if text := glyphs.figures(card.verdict) or card.hypothesis:
        lines.append([Piece(cell_text(" ".join(text.split())), "text")])
    if line := _measured_line(content, width - 2):
        lines.append(line)
    if card.checklist:
        lines.append(joined(in_short(card.checklist, content.view.board, glyphs)))
    return [[Piece(" ", "text"), *fitted(line, width - 2, glyphs)] for line in lines]


def _measured_line(content: CardContent, width: int) -> Line:
    parts: list[Line] = []
    if (measured := content.card.measured) is not None:
        parts.append([Piece(f"{cell_text(measured.name)} ", "dim"), *value_line(content)])
        for word in ("baseline", "noise"):
            if (number := getattr(measured, word)) is not None:
                parts.append([Piece(f"{word} ", "dim"), Piece(compact(number), "text")])
    for guard in content.card.measured_guards:
        name = Piece(f"{cell_text(guard.name)} ", "dim")
        line = value_and_target(guard, content.glyphs)
        parts.append([name, *line, *_guard_state(guard, content)])
    if content.page.spent:
        parts.append([Piece("budget ", "dim"), _budget(content.page.spent, 0, content.glyphs)[0]])
    return as_many_as_fit(parts, width)[0] or joined(parts[:1])


# Tabs


def tab_pieces(content: CardContent, current: Tab, tabs: Sequence[Tab]) -> list[tuple[Tab, Line]]:
    """The tabs with their keys and counts; the current one is `chosen`."""
    counts = content.counts
    made: list[tuple[Tab, Line]] = []
    for tab in tabs:
        line = [
            Piece(str(TABS.index(tab) + 1), "focus"), Piece(" ", "text"),
            Piece(tab.value, "chosen" if tab is current else "text"),
        ]  # fmt: skip
        if tab in counts:
            line.append(Piece(f" {counts[tab]:,}", "dim"))
        made.append((tab, line))
    return made


def detail_lines(
    content: CardContent, shown: frozenset[str], width: int, plain_note: PlainNote
) -> list[Line]:
    """The tab with everything on the card, and its last notes."""
    lines = what_lines(content, shown, width)
    if "title" not in shown:
        text = cell_text(beginning(content.card.title, LONG_TITLE))
        lines = [*paragraph(text, "title", width, content.glyphs), [], *lines]
    for more in (
        gate_lines(content, width), last_note_lines(content, width, _NOTE_LINES, plain_note),
    ):  # fmt: skip
        lines += [[], *more] if more else []
    return lines


def link_lines(content: CardContent, width: int, nothing: str) -> list[Line]:
    """The tab of links and of cards that this one has to do with, or `nothing` without any."""
    lines: list[Line] = []
    for text in link_texts(content.card.links):
        lines += paragraph(cell_text(text), "text", width, content.glyphs)
    for title, cards in content.related:
        lines += [[]] if lines else []
        lines.append([Piece(title, "dim")])
        lines += _relative_lines(cards, width, content.glyphs)
    return lines or paragraph(nothing, "dim", width, content.glyphs)


def _relative_lines(cards: Sequence[Relative], width: int, glyphs: Glyphs) -> list[Line]:
    """Cards with their states in a column; a title takes as many lines as it needs."""
    states = max(cell_len(card.state) for card in cards)
    longest = max((cell_len(card.name) for card in cards if card.state), default=0)
    room = max(20, min(longest, width - states - 2))
    lines: list[Line] = []
    for card in cards:
        start = len(card.name) - len(card.name.lstrip())
        inset = [Piece(" " * start, "text")]
        cells = room - start if card.state else width - start
        name = paragraph(cell_text(card.name.strip()), "text", max(8, cells), glyphs)
        if card.state and name:
            state = [Piece("  ", "text"), Piece(cell_text(card.state), "dim")]
            name[0] = [*filled(name[0], max(8, cells), glyphs), *state]
        lines += [fitted([*inset, *line], width, glyphs) for line in name]
    return lines


def history_lines(content: CardContent, width: int, plain_note: PlainNote) -> list[Line]:
    """The tab of everything that happened, the newest first; what was undone is dim. `plain_note`
    takes the signs of Markdown out of a line of a note."""
    zone = ZoneInfo(content.view.board.timezone)
    board = content.view.board
    names = [who(entry.event)[:10] for entry in content.entries]
    size = max(map(cell_len, names), default=0)
    lines: list[Line] = []
    for entry, name in zip(reversed(content.entries), reversed(names), strict=True):
        at = datetime.fromisoformat(entry.event.at).astimezone(zone)
        what = event_text(entry.event, board, entry.about)
        events = (entry.event, entry.about)
        if any(is_note(e.kind, e.data.get("set", {})) for e in events if e is not None):
            what = plain_note(what)
        else:
            what = content.glyphs.compared(what)
        role = "text" if entry.in_force else "dim"
        what += "" if entry.in_force else "  (undone)"
        start = [Piece(f"{at:%Y-%m-%d %H:%M}  ", "dim"), Piece(f"{padded(name, size)}  ", "dim")]
        indent = width_of(start)
        body = paragraph(cell_text(what), role, max(20, width - indent), content.glyphs)
        lines += labelled(start, indent, body)
    return lines


def _text(text: str) -> str:
    """A text of several lines, safe to show."""
    return "\n".join(cell_text(line) for line in text.split("\n"))
