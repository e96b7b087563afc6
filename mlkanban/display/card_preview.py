"""The preview of a card: what is worth knowing of it besides its face, in a strip or a pane."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from mlkanban.cells import padded, shortened
from mlkanban.core import checklist
from mlkanban.core.board import CardFace, Health
from mlkanban.core.card import CheckItem
from mlkanban.core.field_kinds import until_text
from mlkanban.core.metrics import (
    CardMetrics,
    MetricFields,
    compact,
    direction_of,
    has_direction,
    number_text,
    state_of,
    target_text,
    value_text,
)
from mlkanban.core.milestones import days_old
from mlkanban.core.timestamps import moment
from mlkanban.display.card_face import TYPED, FaceContext, Line, Piece, drawn, due, person_text
from mlkanban.display.checklist_lines import in_short
from mlkanban.display.guard_text import STATE_ROLES, live_text, state_sign
from mlkanban.display.lines import filled, fitted, flow, paragraph, width_of
from mlkanban.display.run_text import (
    elapsed,
    in_order_of_state,
    metrics_text,
    short_ids,
    standing_sign,
    values_text,
)
from mlkanban.records import record
from mlkanban.runs.model.run import Run, tasks_apart
from mlkanban.runs.model.state import RunState
from mlkanban.runs.model.tracker_names import SEARCHING

if TYPE_CHECKING:
    from mlkanban.runs.model.series import Latest
    from mlkanban.service.preview import CardPreview, StageStay

_GAP = Piece("   ", "dim")
_TWO_PARTS = 100
"""From this many cells on a strip has a second part, beside what is said of the card."""
_WIDEST_FIRST_PART = 64
_LEAST_WORDS = 8
"""A text is not cut to less."""
_TITLE_LINES, _HYPOTHESIS_LINES, _NOTE_LINES = 3, 6, 4
_MOST_ITEMS, _MOST_RUNS, _MOST_STAYS = 10, 8, 10
_WIDEST_STAGE = 24
_LETTERS = 4
"""Letters that are looked at of a text, for each cell that there is for it."""


@record(frozen=True, slots=True)
class Previewed:
    """A card as its preview shows it: its face, what was read of it besides (None before that), the
    cards it waits for and those that wait for it, `remarks` of the screen, which come first, and
    the chance of its due date in words, '' before it is known."""

    face: CardFace
    found: CardPreview | None
    needs: Sequence[str] = ()
    needed_by: Sequence[str] = ()
    remarks: Sequence[Line] = ()
    due_chance: str = ""


def strip(card: Previewed, view: FaceContext, width: int, height: int) -> list[Line]:
    """The preview below the board: a rule with the card's title, and `height - 1` lines."""
    lines = [_rule(card.face, view, width)]
    body = height - 1
    beside = _beside(card, view, width, body) if width >= _TWO_PARTS else []
    left = min(width // 2, _WIDEST_FIRST_PART) if beside else width
    room = left - (4 if beside else 2)
    about = list(_about(card, view, room, hypothesis=2 if width >= _TWO_PARTS else 1))
    remarks = flow(card.remarks, room, view.glyphs, _GAP.text)
    if card.found and card.found.runs and not beside:
        about.insert(min(_before_runs(card), len(about)), _runs_in_short(card, view, left - 2))
    about, beside = [*remarks, *about][:body], beside[:body]
    for at in range(max(len(about), len(beside))):
        first = about[at] if at < len(about) else []
        lines.append(_set_in(first, left) + beside[at] if at < len(beside) else _set_in(first))
    return lines[:height]


def pane(card: Previewed, view: FaceContext, width: int, height: int) -> list[Line]:
    """The preview at the right of the board, in at most `height` lines."""
    face, found, room = card.face, card.found, width - 2
    stage = _text(view.board.stage(face.stage).name, view)
    lines = [
        fitted(
            [Piece(f"{face.ref}  ", "dim"), Piece(_kind(face, stage, view), "dim")],
            room,
            view.glyphs,
        )
    ]
    title = _text(face.title[: room * _LETTERS], view)
    lines += paragraph(title, "title", room, view.glyphs, _TITLE_LINES)
    lines.append([])
    if card.remarks:
        lines += [*(fitted(line, room, view.glyphs) for line in card.remarks), []]
    lines += _about(card, view, room, hypothesis=_HYPOTHESIS_LINES, gates=False)
    if found is None:
        return [_set_in(line) for line in lines[:height]]
    if found.checklist:
        head = Piece("Gates" if checklist.are_gates(found.checklist) else "Checklist", "focus")
        lines += [[], [head, Piece(f"  {checklist.progress(found.checklist)}", "dim")]]
        lines += [_set_in(line) for line in _items(found.checklist, view, room - 1, _MOST_ITEMS)]
    runs: list[Line] = []
    if found.runs:
        from mlkanban.display.run_lines import count_text  # statistics: most cards have no runs
        from mlkanban.runs.model.overview import run_counts  # as above

        many = count_text(run_counts(tasks_apart(found.runs)))
        runs = [[], [Piece("Runs", "focus"), Piece(f"  {many}", "dim")]]
        runs += [_set_in(line) for line in _runs(card, view, room - 1, _MOST_RUNS)]
    several = len(found.stays) > 1
    stays = _stays(found.stays, view, room - 1, _MOST_STAYS) if several else []
    stages = [[], [Piece("Stages", "focus")], *map(_set_in, stays)] if stays else []
    notes = found.notes[0 if found.hypothesis or (runs or lines)[-1] else 1 :]
    left = height - len(lines) - len(runs) - len(stages) - 2 * len(notes)
    most = max(_NOTE_LINES, left // max(1, len(notes)))
    written: list[Line] = []
    for at, text in notes:
        written += [[], [Piece(_day(at, view), "dim")]]
        words = _one_line(text, room * most, view)
        written += map(_set_in, paragraph(words, "text", room - 1, view.glyphs, most))
    written += stages
    # The runs come last, right above their curves, where all that is said finds room.
    above = len(lines) + len(runs) + len(written) <= height
    lines += written + runs if above else runs + written
    return [_set_in(line) for line in lines[:height]]


# What is said of a card, a line each


def _about(
    card: Previewed, view: FaceContext, width: int, *, hypothesis: int, gates: bool = True
) -> Iterator[Line]:
    """What is known of a card, what one would ask first at first."""
    found = card.found
    if found is None:
        return
    if block := _block(card, view):
        # Its note, which comes last, has lines of its own where there is room for them.
        apart = bool(not gates and found.blocker and found.blocker.note)
        yield _joined(block[:-1] if apart else block, width, view)
        if apart and found.blocker:
            note = _one_line(found.blocker.note, width * _NOTE_LINES, view)
            yield from paragraph(note, "text", width, view.glyphs, _NOTE_LINES)
    text = _one_line(found.hypothesis, width * hypothesis, view)
    yield from paragraph(text, "text", width, view.glyphs, hypothesis) if text else ()
    if metric := _metric(card, view):
        yield _joined(metric, width, view)
    if guards := _guards(card, view):
        yield _joined(guards, width, view, whole=True)
    if gates and found.checklist:
        yield _joined(in_short(found.checklist, view.board, view.glyphs), width, view)
    if related := _related(card, view):
        yield _joined(related, width, view)
    if ending := _ending(card, view):
        yield _joined(ending, width, view)
    for reading in found.readings[:1]:
        sign = Piece(f"{view.glyphs.blocked} ", "alarm") if reading.alert else Piece("", "dim")
        role = "alarm" if reading.alert else "text"
        reading_line = [
            Piece(f"{view.short_day(view.day(reading.at))} ", "dim"),
            sign,
            Piece(view.glyphs.figures(_text(reading.text, view)), role),
        ]
        yield _joined([reading_line], width, view)
    if gates and found.notes:
        at, text = found.notes[0]
        note_line = [
            Piece(f"{_day(at, view)} ", "dim"),
            Piece(_one_line(text, width, view), "text"),
        ]
        yield _joined([note_line], width, view)
    key = [[Piece(_text(found.key, view), "text")]] if found.key else []
    yield _joined([*key, *_dates(card.face, view)], width, view, whole=True)


def _before_runs(card: Previewed) -> int:
    """How many lines stand above the runs, where they have one line."""
    found = card.found
    assert found is not None
    kept = CardMetrics.read(card.face.metric)
    return sum(map(bool, (found.blocker, found.hypothesis, kept.metric, kept.guards)))


def _block(card: Previewed, view: FaceContext) -> list[Line]:
    block = card.found.blocker if card.found else None
    if block is None:
        return []
    since = view.board.day_of(block.since)
    parts: list[Line] = [[Piece(f"{view.glyphs.blocked} {block.reason}", "alarm")]]
    if side := block.unusual_side:
        parts.append([Piece(side, "dim")])
    parts.append([Piece(_for_days(since, view), "dim")])
    if block.until:
        parts.append([Piece(_text(until_text(block.until), view), "text")])
    if block.note:
        parts.append([Piece(_one_line(block.note, 200, view), "text")])
    return parts


def _for_days(first: date, view: FaceContext) -> str:
    """The days since a day, both counted; `today` for none before this one."""
    return "today" if first >= view.today else f"{days_old(first, view.today)}d"


def _metric(card: Previewed, view: FaceContext) -> list[Line]:
    """`val_auc .944 → ≥.95   best .951   baseline .934   noise .004`, the values as the face has
    them."""
    kept = CardMetrics.read(card.face.metric)
    shown, metric = kept.metric, card.found.metric if card.found else {}
    if not shown or shown["name"] != metric.get("name"):
        return []
    value, target = value_text(shown), target_text(shown)
    first = [Piece(f"{_text(shown['name'], view)} ", "dim")]
    if value:
        first.append(Piece(value + TYPED * kept.typed, "value"))
    if target:
        first.append(Piece(f"{' ' if value else ''}{view.glyphs.to} ", "dim"))
        first.append(Piece(view.glyphs.compared(target), "text"))
    parts: list[Line] = [first]
    if card.face.runs:
        # Results of runs: most boards have none.
        from mlkanban.display.card_face_runs import tried_last

        if last := tried_last(card.face.runs, shown):
            word, _, mean = last.partition(" ")
            parts.append([Piece(f"{word} ", "dim"), Piece(mean, "value")])
    for label in ("baseline", "noise"):
        if (number := metric.get(label)) is not None:
            parts.append([Piece(f"{label} ", "dim"), Piece(compact(number), "text")])
    return parts


def _guards(card: Previewed, view: FaceContext) -> list[Line]:
    """Where each guard of the card stands, the broken ones first."""
    guards, live = CardMetrics.read(card.face.metric).guards, view.live.get(card.face.id, ())
    lines = [_guard(guard, view, live) for guard in guards]
    return sorted(lines, key=lambda line: line[1].role != "alarm")


def _guard(guard: MetricFields, view: FaceContext, live: Sequence[Latest]) -> Line:
    """`p95_ms 61 → ≤50 ✗`; without a value `p95_ms not measured → ≤50`. What a run that goes on
    reported last stands behind it: ` now 60 ✗`."""
    glyphs, state = view.glyphs, state_of(guard)
    role, sign = STATE_ROLES[state], state_sign(state, glyphs)
    now = live_text(guard, live, glyphs)
    return [
        Piece(f"{_text(guard['name'], view)} ", "dim"),
        Piece(value_text(guard) or state, role),
        Piece(f" {glyphs.to} ", "dim"), Piece(glyphs.compared(target_text(guard)), "text"),
        Piece(f" {sign}" if sign else "", role),
        *([Piece("  now ", "dim"), Piece(*now)] if now else []),
    ]  # fmt: skip


def _related(card: Previewed, view: FaceContext) -> list[Line]:
    """The cards that it waits for and that wait for it, its due date and class."""
    face = card.face
    parts: list[Line] = []
    for label, refs, role in (
        ("needs", card.needs, "mark"),
        ("needed by", card.needed_by, "text"),
    ):
        if refs:
            more = f" +{len(refs) - 3}" if len(refs) > 3 else ""
            named = _text(" ".join(refs[:3]), view) + more
            parts.append([Piece(f"{label} ", "dim"), Piece(named, role)])
    if when := due(face, view):
        parts.append(
            [Piece(f"{when}  {face.due}", "alarm" if when.startswith("LATE") else "clock")]
        )
        if card.due_chance:
            parts.append([Piece(card.due_chance, "text")])
    if face.service_class != "standard":
        parts.append([Piece(face.service_class, "clock")])
    return parts


def _ending(card: Previewed, view: FaceContext) -> list[Line]:
    """How it ended, and what was learned; how a model in use is doing."""
    face, found = card.face, card.found
    assert found is not None
    parts: list[Line] = []
    if face.outcome:
        day = f" {view.short_day(view.day(face.finished_at))}" if face.finished_at else ""
        parts.append([Piece(f"{face.outcome}{day}", "text")])
    if face.archived:
        parts.append([Piece("archived", "dim")])
    if face.health:
        roles: dict[str, str] = {Health.ALERT: "alarm", Health.WATCH: "clock"}
        parts.append([Piece("health ", "dim"), Piece(face.health, roles.get(face.health, "text"))])
    if found.verdict:
        parts.append([Piece(view.glyphs.figures(_one_line(found.verdict, 200, view)), "text")])
    return parts


def _dates(face: CardFace, view: FaceContext) -> list[Line]:
    """Since when it is in its stage, is committed, and is written down, each day once; its person
    and tags."""
    parts: list[Line] = []
    made = view.day(face.created_at) if face.created_at else None
    if face.entered_at and not face.outcome and view.day(face.entered_at) != made:
        entered, since = view.day(face.entered_at), "today"
        if entered < view.today:
            since = f"{view.short_day(entered)}, {_for_days(entered, view)}"
        parts.append([Piece(f"in this stage since {since}", "dim")])
    if face.started_at and view.day(face.started_at) != made:
        parts.append([Piece(f"committed {view.short_day(view.day(face.started_at))}", "dim")])
    if made is not None:
        both = face.started_at and view.day(face.started_at) == made
        began = "created and committed" if both else "created"
        parts.append([Piece(f"{began} {view.short_day(made)}", "dim")])
    if owner := person_text(face.person, view.board):
        parts.append([Piece(owner, "mark")])
    if face.tags:
        tags = " ".join(f"#{_text(tag, view)}" for tag in face.tags.split()[:9])
        parts.append([Piece(tags, "dim")])
    return parts


# Its runs


def _value(run: Run, card: Previewed, view: FaceContext) -> Line:
    """What a run reported of the metric of the card, so far where it goes on."""
    metric = card.found.metric if card.found else {}
    for latest in view.live.get(card.face.id, ()):
        if latest.run == run.id:
            # As above.
            from mlkanban.display.card_face_runs import so_far
            from mlkanban.runs.model.series import SHAPE_CELLS

            forms, role = so_far(latest, metric, view.glyphs, SHAPE_CELLS)
            return [Piece(forms[0], role)]
    name = str(metric.get("name", ""))
    if run.tasks:
        return [Piece(values_text(run, name, metric), "value")]
    value = run.metrics.get(name)
    if value is None:
        return []
    return [Piece(compact(float(number_text(value, metric))), "value")]


def _best_trials_first(runs: Sequence[Run], metric: Mapping[str, Any]) -> list[Run]:
    """The runs, of those that only a tracker knows and that have a value of the metric the best
    first, each where one of them stood."""
    name, sign = str(metric.get("name", "")), 1 if direction_of(metric) == "<=" else -1
    if not has_direction(metric):
        return [*runs]

    def is_trial(run: Run) -> bool:
        return run.state is RunState.TRACKED and run.is_result and name in run.metrics

    best = iter(sorted(filter(is_trial, runs), key=lambda run: sign * run.metrics[name]))
    return [next(best) if is_trial(run) else run for run in runs]


def _known(run: Run, names: Mapping[str, str], card: Previewed, view: FaceContext) -> str:
    """How a run ended; of one that only a tracker knows, its name, and what it reported where that
    is not the metric of the card: `trial 15 value 0.141`."""
    if run.state is not RunState.TRACKED:
        return run.outcome or run.evidence or run.word
    name = run.name or names[run.id]
    if run.id.partition(":")[0] in SEARCHING:
        name = f"trial {run.id.rpartition('/')[2].partition('@')[0]}"
    metric = card.found.metric if card.found else {}
    value = "" if metric.get("name") in run.metrics else metrics_text(run, cut=view.glyphs.cut)
    ended = "" if run.is_result else run.ended_as
    return " ".join(filter(None, (name, value, ended)))


def _whose_values(run: Run, card: Previewed, view: FaceContext) -> str:
    """Whose values they are that a run reports while it goes on, where it has those of several."""
    live = view.live.get(card.face.id, ())
    return next((latest.about for latest in live if latest.run == run.id), "")


def _runs_in_short(card: Previewed, view: FaceContext, width: int) -> Line:
    """`runs  ► 15h    • 4d    ✓ 3d .944`, as many as fit."""
    assert card.found is not None
    parts: list[Line] = []
    for run in in_order_of_state(card.found.runs):
        sign = Piece(*standing_sign(run.standing, view.glyphs))
        part: Line = [Piece(f"{sign.text} ", sign.role), Piece(elapsed(run, view.now), "text")]
        if value := _value(run, card, view):
            part += [Piece(" ", "text"), *value]
        parts.append(part)
    label = Piece("runs  ", "dim")
    return [label, *_joined(parts, width - cell_len(label.text), view, whole=True)]


def _runs(card: Previewed, view: FaceContext, width: int, most: int) -> list[Line]:
    """A line for each run: state, time, value, start, what is known; of many the first ones."""
    assert card.found is not None
    runs = _best_trials_first(in_order_of_state(card.found.runs), card.found.metric)
    more = len(runs) - most
    if more > 0:
        runs = runs[: most - 1]
    names = short_ids(card.found.runs)
    times = [elapsed(run, view.now) for run in runs]
    values = [_value(run, card, view) for run in runs]
    begun = [_day(at, view) if (at := moment(run.started or run.made)) else "" for run in runs]
    wide, day = (max(map(len, column), default=0) for column in (times, begun))
    long = max(map(width_of, values), default=0)
    lines = []
    for run, time, value, since in zip(runs, times, values, begun, strict=True):
        sign = Piece(*standing_sign(run.standing, view.glyphs))
        known = _whose_values(run, card, view) or _known(run, names, card, view)
        line = [
            Piece(f"{sign.text} ", sign.role),
            Piece(time.rjust(max(4, wide)), "text"),
            *([Piece(" ", "text"), *filled(value, long, view.glyphs)] if long else []),
            Piece(f"  {since.ljust(day)}  ", "dim"),
            Piece(_one_line(known, width, view), "alarm" if sign.role == "alarm" else "dim"),
        ]
        lines.append(fitted(line, width, view.glyphs))
    if more > 0:
        lines.append([Piece(f"  {more + 1} more", "dim")])
    return lines


# Beside it


def _beside(card: Previewed, view: FaceContext, width: int, height: int) -> list[Line]:
    """The second part of a strip: the runs, else the checklist, else the stages it was in, if those
    are several."""
    found, room = card.found, width - min(width // 2, _WIDEST_FIRST_PART) - 1
    if found is None:
        return []
    if found.runs:
        return _runs(card, view, room, height)
    if found.checklist:
        return _items(found.checklist, view, room, height)
    return _stays(found.stays, view, room, height) if len(found.stays) > 1 else []


def _stays(stays: Sequence[StageStay], view: FaceContext, width: int, most: int) -> list[Line]:
    """A line for each stage that the card was in, and when; of many the last ones."""
    board = view.board
    names = {stage.id: _text(stage.name, view) for stage in (*board.former, *board.stages)}
    more = len(stays) - most
    shown = stays[-(most - 1) :] if more > 0 else stays
    known = [(names.get(stay.stage, "a removed stage"), stay) for stay in shown]
    wide = min(_WIDEST_STAGE, max((cell_len(name) for name, _ in known), default=0))
    lines: list[Line] = [[Piece(f"{more + 1} earlier stays", "dim")]] if more > 0 else []
    for name, stay in known:
        since = _day(stay.since, view)
        until = _day(stay.until, view) if stay.until else ""
        when = f"since {since}" if not until else since if until == since else f"{since} to {until}"
        line = [
            Piece(padded(name, wide, view.glyphs.cut), "dim" if until else "text"),
            Piece(f"  {when}", "dim" if until else "text"),
        ]
        lines.append(fitted(line, width, view.glyphs))
    return lines


def _items(items: Sequence[CheckItem], view: FaceContext, width: int, most: int) -> list[Line]:
    """A line for each item of a checklist; of many those that are open come first."""
    more = len(items) - most
    if more > 0:
        items = sorted(items, key=lambda item: item.done)[: most - 1]
    lines = []
    for item in items:
        sign = Piece(view.glyphs.ticked, "live") if item.done else Piece(view.glyphs.open, "dim")
        text = Piece(_one_line(item.text, width, view), "dim" if item.done else "text")
        lines.append(fitted([Piece(f"{sign.text} ", sign.role), text], width, view.glyphs))
    if more > 0:
        lines.append([Piece(f"  {more + 1} more", "dim")])
    return lines


# Lines


def _rule(face: CardFace, view: FaceContext, width: int) -> Line:
    """`── v133  Fraud v3 ─────── model · Training ──`."""
    bar = view.glyphs.rule
    stage = _text(view.board.stage(face.stage).name, view)
    kind = f" {_kind(face, shortened(stage, 24, view.glyphs.cut), view)} "
    ref = f" {face.ref}  "
    room = width - cell_len(ref) - cell_len(kind) - 6
    if room < _LEAST_WORDS:
        kind, room = "", max(0, width - cell_len(ref) - 4)
    title = shortened(_text(face.title[: max(1, room) * _LETTERS], view), room, view.glyphs.cut)
    left = width - cell_len(ref) - cell_len(title) - cell_len(kind) - 5
    line = [
        Piece(bar * 2, "faint"), Piece(ref, "dim"), Piece(title, "title"),
        Piece(f" {bar * max(0, left)}", "faint"), Piece(kind, "dim"), Piece(bar * 2, "faint"),
    ]  # fmt: skip
    return fitted(line, width, view.glyphs)


def _kind(face: CardFace, stage: str, view: FaceContext) -> str:
    return f"{face.type} {view.glyphs.open} {stage}"


def _joined(parts: Sequence[Line], width: int, view: FaceContext, *, whole: bool = False) -> Line:
    """Parts side by side, as many as fit; the first of them, and the last text if it is not to be
    `whole`, may be cut."""
    line: Line = []
    left = width
    for part in parts:
        gap = [_GAP] if line else []
        cells = width_of([*gap, *part])
        if cells > left and line and (whole or left < len(_GAP.text) + _LEAST_WORDS):
            break
        line += gap + part
        left -= cells
        if left <= 0:
            break
    return fitted(line, width, view.glyphs)


def _set_in(line: Line, width: int = 0) -> Line:
    """A line one cell from the edge, filled up to `width` cells."""
    if not line and not width:
        return []
    missing = width - 1 - width_of(line)
    return [Piece(" ", "dim"), *line, *([Piece(" " * missing, "dim")] if missing > 0 else [])]


def _one_line(text: str, cells: int, view: FaceContext) -> str:
    """The beginning of a text of any length and many lines, as one line."""
    return _text(" ".join(text[: max(1, cells) * _LETTERS].split()), view)


def _text(text: str, view: FaceContext) -> str:
    return drawn(text, ascii=view.glyphs.ascii)


def _day(at: datetime, view: FaceContext) -> str:
    """The day of an instant in the time zone of the board."""
    return view.short_day(view.board.day_of(at))
