"""A card in triage: where the board is full, what the card is, why it is here, and what each key
would do with it now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.cells import cell_len

from mlkanban.core import rules
from mlkanban.core.board import Board, CardFace, CardType, Health
from mlkanban.core.metrics import GuardState
from mlkanban.core.rules import Load
from mlkanban.display.card_face import Header, Line, Piece
from mlkanban.display.card_layout import (
    CardContent,
    PlainNote,
    budget_lines,
    gate_lines,
    guard_lines,
    head_lines,
    last_note_lines,
    metric_lines,
    trouble_lines,
)
from mlkanban.display.checklist_lines import in_short
from mlkanban.display.lines import (
    filled,
    fitted,
    joined,
    labelled,
    meter_cells,
    paragraph,
    rule,
    width_of,
)
from mlkanban.glyphs import Glyphs
from mlkanban.text import cell_text, quantity, some

THREE_COLUMNS = 76
"""From so many cells on three stages stand side by side, below two."""
OFTEN_SNOOZED = 2
"""A card that was snoozed so often before needs a decision."""
_MOST_METER = 12
_LABEL = 12


class TriageChoice(NamedTuple):
    """The command of a key, a word for it, and what it would do to the card now."""

    command: str
    word: str
    effect: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """What decides how the keys of triage act: the headers of all stages, the open cards that fill
    each, the loads by stage without this card, and how often it was snoozed."""

    headers: Sequence[Header]
    cards: Sequence[Sequence[str]]
    loads: Mapping[str, Load]
    snoozes: int = 0


def stage_grid(headers: Sequence[Header], width: int, glyphs: Glyphs) -> list[Line]:
    """Every stage with its full name, its count and a meter, in columns of one width."""
    many = 3 if width >= THREE_COLUMNS else 2
    room = max(1, (width - 2) // many)
    cells = [_stage(header, room - 2, glyphs) for header in headers]
    rows = [cells[at : at + many] for at in range(0, len(cells), many)]
    return [
        [Piece(" ", "text"), *joined((filled(cell, room - 2, glyphs) for cell in row), "  ")]
        for row in rows
    ]


def _stage(header: Header, width: int, glyphs: Glyphs) -> Line:
    bars: Line = []
    for meter in header.meters:
        if meter.limit is not None and max(meter.limit, meter.count) <= _MOST_METER:
            bars += [Piece(" ", "text"), *meter_cells(meter, glyphs)]
    counts = header.signs(glyphs)
    name = fitted([Piece(header.name, "text")], max(7, width - width_of(counts) - 1), glyphs)
    line = [*name, Piece(" ", "text"), *counts]
    return [*line, *bars] if width_of([*line, *bars]) <= width else line


def card_lines(
    content: CardContent,
    why: str,
    choices: Sequence[tuple[str, TriageChoice]],
    plain_note: PlainNote,
    size: tuple[int, int],
) -> list[Line]:
    """The card with why it is here, and each key with what it would do, in a size. What is said of
    the card gives way to the keys."""
    width, height = size
    glyphs, room = content.glyphs, width - 2
    head, _ = head_lines(content, width, height)
    reason = labelled(
        [Piece("Why it is here", "dim")], 16,
        paragraph(glyphs.figures(cell_text(why)), "title", max(10, room - 16), glyphs),
    )  # fmt: skip
    end = choice_lines(choices, room, glyphs)
    stage = cell_text(content.view.board.stage(content.card.stage).name)
    body: list[Line] = [*trouble_lines(content, room)]
    body += metric_lines(content, room)
    body += guard_lines(content, room)
    body += budget_lines(content, room)
    if text := content.card.hypothesis:
        body += paragraph(cell_text(" ".join(text.split())), "text", room, glyphs, 2)
    shown = [_set_in(line) for line in body]
    left = height - len(head) - len(reason) - len(end) - 4
    if content.card.checklist:
        gates = gate_lines(content, width)
        # The newest note says more about what to decide than items that are not the next one.
        short = joined(in_short(content.card.checklist, content.view.board, glyphs))
        whole = len(gates) <= (left - len(shown)) // 2
        shown += gates if whole else [_set_in(fitted(short, room, glyphs))]
    shown = shown[: max(0, left)]
    if content.card.notes and left - len(shown) > 2:
        shown += last_note_lines(content, width, left - len(shown), plain_note)
    under = rule([Piece(stage, "dim")], width, glyphs)
    return [*head, under, *map(_set_in, reason), [], *shown, [], *map(_set_in, end)]


def _set_in(line: Line) -> Line:
    return [Piece(" ", "text"), *line]


def choice_lines(
    choices: Sequence[tuple[str, TriageChoice]], width: int, glyphs: Glyphs
) -> list[Line]:
    """A line for each key: the key, its word, and what it would do."""
    keys = max((cell_len(key) for key, _ in choices), default=0) + 2
    words = max((cell_len(choice.word) for _, choice in choices), default=0) + 3
    lines = []
    for key, choice in choices:
        line = [
            Piece(f"{key:<{keys}}", "focus"),
            Piece(f"{choice.word:<{words}}", "title"),
            Piece(choice.effect, "dim"),
        ]
        lines.append(fitted(line, width, glyphs))
    return lines


def choices(content: CardContent, outlook: Outlook) -> list[TriageChoice]:
    """What can be decided about the card, in the order of likeliness."""
    card, face, board = content.card, content.page.face, content.view.board
    if card.outcome or card.archived:
        answers = [_health(alert=card.health is Health.ALERT)] if card.health else []
        away = TriageChoice("card.archive", "archive", "off the board; it stays in the numbers")
        return [*answers, _note(), *([] if card.archived else [away]), _skip()]
    block = _unblock(board, face, outlook, content.glyphs) if card.blocker else _block()
    accept, snooze = _accept(content, outlook), _snooze(outlook.snoozes)
    finish, archive, note = _finish(content), _archive(content), _note()
    if card.blocker:
        rest = [block, snooze, accept, finish, note, archive]
    elif card.started_at:
        rest = [accept, finish, block, note, snooze, archive]
    else:  # an idea
        rest = [accept, snooze, archive, note, finish, block]
    answers = [_health(alert=card.health is Health.ALERT)] if card.health else []
    return [*answers, *rest, _skip()]


def _accept(content: CardContent, outlook: Outlook) -> TriageChoice:
    """What the rules say to the next stage: the same ones that are asked when the key is
    pressed."""
    board, card = content.view.board, content.card
    at = board.position(card.stage) + 1
    if at == len(board.stages):
        return TriageChoice("triage.accept", "finish", "this is the last stage: asks how it ended")
    stage, header = board.stages[at], outlook.headers[at]
    name, counts, effects = cell_text(stage.name), header.counted(content.glyphs), []
    work = rules.work_in(stage, card.work)
    verdict = rules.enter(board, stage, outlook.loads, work, from_stage=card.stage)
    if isinstance(verdict, rules.Allowed):
        effects.append(f"to {name}, {counts}{', a soft limit' * bool(verdict.warning)}")
    elif any(meter.full or meter.over for meter in header.meters):
        cards = ", ".join(some(outlook.cards[at], 3))
        effects.append(f"{name} is {counts}{f' ({cards})' * bool(cards)}")
        effects.append("asks what gives way")
    else:
        effects += [cell_text(verdict.reason.rstrip(".")), "asks"]
    if unticked := rules.in_the_way(board, card.stage, at, card.checklist):
        effects.append(f"{quantity(len(unticked), 'gate')} unticked")
    broken = [guard.name for guard in card.measured_guards if guard.state is GuardState.BROKEN]
    if broken and rules.closed_by_guards(board, card.stage, at):
        effects.append(f"{quantity(len(broken), 'broken guard')}: {cell_text(', '.join(broken))}")
    return TriageChoice("triage.accept", "move on", "; ".join(effects))


def _unblock(board: Board, face: CardFace | None, outlook: Outlook, glyphs: Glyphs) -> TriageChoice:
    if face is None:
        return TriageChoice("card.block", "unblock", "it goes on")
    at = board.position(face.stage)
    counts = outlook.headers[at].counted(glyphs)
    effect = f"it goes on in {cell_text(board.stages[at].name)}, {counts}"
    return TriageChoice("card.block", "unblock", effect)


def _block() -> TriageChoice:
    return TriageChoice("card.block", "block", "asks by what; until fri lifts it by itself")


def _snooze(snoozes: int) -> TriageChoice:
    effect = "out of sight for a day, a week ..."
    if snoozes:
        effect = f"snoozed {quantity(snoozes, 'time')} before"
        effect += ": asks for a decision" if snoozes >= OFTEN_SNOOZED else "; out of sight again"
    return TriageChoice("card.snooze", "snooze", effect)


def _finish(content: CardContent) -> TriageChoice:
    effect = "asks how it ended: shipped, learned ..."
    if content.card.type in (CardType.EXPERIMENT, CardType.MODEL):
        effect = "asks what came of it: shipped, or learned that it does not work"
    return TriageChoice("card.finish", "finish", effect)


def _note() -> TriageChoice:
    return TriageChoice("card.note", "note", "what is new; then decide")


def _archive(content: CardContent) -> TriageChoice:
    if content.card.started_at:
        return TriageChoice("card.archive", "archive", "abandoned; it counts in the numbers")
    return TriageChoice("card.archive", "archive", "off the board; it was never begun")


def _health(*, alert: bool) -> TriageChoice:
    effect = "ok, watch, keep it, retired, or train it again"
    return TriageChoice(
        "card.health", "health", f"answers the alert: {effect}" if alert else effect
    )


def _skip() -> TriageChoice:
    return TriageChoice("triage.skip", "skip", "it comes back once, at the end")
