"""One whole card as Markdown, for an editor, and back.

Front matter with a field a line, then the sections Hypothesis, Checklist, New note (what is typed
there becomes a note) and Notes (those there are, as quotes that begin with a line of their own; a
text below that line that was changed corrects the note, one that was taken out deletes it).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from mlkanban.core.board import Board
from mlkanban.core.card_fields import FIELD, FIELDS, CardField, called
from mlkanban.core.field_kinds import Day, Flag, MetricNumber, item_text
from mlkanban.core.markdown.card_values import (
    DEFAULTS,
    LISTS,
    METRIC,
    READ_ONLY,
    Values,
    changed_metrics,
    understood,
    unknown,
    word,
)
from mlkanban.core.markdown.front_matter import (
    FENCE,
    FrontMatterLine,
    Value,
    entry_line,
    read_lines,
    read_list,
    read_scalar,
    scalar,
    written,
)
from mlkanban.core.markdown.sections import Levels, Part, lines_of, quoted
from mlkanban.errors import BadMarkdown, MlkanbanError
from mlkanban.text import display, tidy

if TYPE_CHECKING:
    from mlkanban.core.card import Card, Note

LEVELS = Levels(2, 2)
NEW_NOTE, NOTES = "New note", "Notes"
SECTIONS = {field.section: field for field in FIELDS if field.section}
"""The fields that have a section of their own, by its title."""
_TITLES = (*SECTIONS, NEW_NOTE, NOTES)
IN_SECTIONS = tuple(field.name for field in SECTIONS.values())
_ITEM = re.compile(r"[ \t]*[-*][ \t]+(?:\[([ xX])\](?:[ \t]+|$))?(.*)")
_RAW = (Day, Flag, MetricNumber)
"""Kinds of fields whose text YAML may take for a day or a number."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a text says of one card. `values` are as they were typed, `notes` are the lines of
    the old notes (None when they were left out), `lines` tell where each field and section
    stands; `line` is the first. `ref` is empty for a card to be made."""

    ref: str
    values: Values
    note: str
    notes: Part | None
    lines: Mapping[str, int]
    line: int


def card_page(ref: str, values: Mapping[str, Value], notes: Sequence[str], note: str = "") -> str:
    """The text of a card: its `values`, its `note_lines`, and a note that is being written."""
    front = [entry_line("id", scalar(ref))]
    for name in DEFAULTS:
        if name not in IN_SECTIONS and (values[name] or name not in READ_ONLY):
            front.append(field_line(name, values[name]))
    lines = [FENCE, *front, FENCE, ""]
    for title, below in (
        *((title, section_lines(field, values, LEVELS)) for title, field in SECTIONS.items()),
        (NEW_NOTE, _text_lines(LEVELS.guarded(note))),
        (NOTES, list(notes)),
    ):
        lines += [f"## {title}", "", *below, *([""] if below else [])]
    return "\n".join(lines)


def section_lines(field: CardField, values: Mapping[str, Value], levels: Levels) -> list[str]:
    """A field in the section it has of its own: a list, or a text without headings in it."""
    value = values[field.name]
    if isinstance(value, tuple):
        return [f"- {item}" for item in value]
    return _text_lines(levels.guarded(value))


def field_line(name: str, value: Value) -> str:
    """A field as a line."""
    raw = isinstance(FIELD[name].kind, _RAW) and isinstance(value, str)
    return entry_line(word(name), str(value) if raw else written(value))


def note_lines(notes: Iterable[Note], zone: ZoneInfo) -> list[str]:
    """Notes as quotes with a day each, the newest last."""
    lines: list[str] = []
    for note in notes:
        lines += [*([""] if lines else []), *quoted((_head(note, zone), tidy(note.text)))]
    return lines


def corrections(card_sheet: Sheet, notes: Sequence[Note], zone: ZoneInfo) -> dict[str, str]:
    """The texts that the notes of a card get, by their ids; '' deletes one. BadMarkdown says where
    a note lost its first line, by which it is known."""
    if card_sheet.notes is None:
        return {}
    first_lines = [tidy(_head(note, zone)) for note in notes]
    texts: list[list[str]] = []
    for number, paragraph in _quotes(card_sheet.notes):
        if len(texts) < len(first_lines) and paragraph[0] == first_lines[len(texts)]:
            texts.append(paragraph[1:])
        elif texts:
            texts[-1] += ["", *paragraph]
        else:
            raise _no_note(number, first_lines)
    if len(texts) < len(first_lines):
        raise _no_note(card_sheet.lines["notes"], first_lines[len(texts) :])
    typed = [tidy("\n".join(lines)) for lines in texts]
    return {
        note.id: text for note, text in zip(notes, typed, strict=True) if text != _as_read(note)
    }


def _as_read(note: Note) -> str:
    """The text of a note as it comes back from a document where nobody changed it."""
    return tidy("\n".join(tidy(line) for line in tidy(note.text).split("\n")))


def _quotes(part: Part) -> Iterator[tuple[int, list[str]]]:
    """The quotes of a part, without their marks, each with the number of its first line."""
    quote: list[str] = []
    for number, line in enumerate((*part.lines, ""), part.line + 1):
        if line.startswith(">"):
            quote.append(tidy(line[1:].removeprefix(" ")))
        elif line.strip():
            raise BadMarkdown(
                f"{line.strip()[:40]!r} belongs to no note.", number,
                f"Begin each line of a note with '> '; a new one goes below {NEW_NOTE}.",
            )  # fmt: skip
        elif quote:
            yield number - len(quote), quote
            quote = []


def _no_note(line: int, first_lines: Sequence[str]) -> BadMarkdown:
    if not first_lines:
        return BadMarkdown(
            "There is no such note.", line, f"What you want to add goes below {NEW_NOTE}."
        )
    return BadMarkdown(
        f"The line '> {first_lines[0]}' of a note is missing.", line,
        "Put it back; to delete the note, leave that line and take out the text below it.",
    )  # fmt: skip


def read_card(text: str) -> Sheet:
    """What a text says of the card; BadMarkdown says where it cannot be read."""
    lines = lines_of(text)
    start = next((at for at, line in enumerate(lines) if line.strip()), len(lines))
    if start == len(lines) or lines[start].strip() != FENCE:
        raise BadMarkdown(
            "The front matter is missing.", start + 1,
            f"The text begins with a line {FENCE}, then come the fields, then {FENCE} again.",
        )  # fmt: skip
    end = next((at for at in range(start + 1, len(lines)) if lines[at].strip() == FENCE), None)
    if end is None:
        raise BadMarkdown("The front matter has no end.", start + 1, f"Close it with a {FENCE}.")
    entries = read_lines(lines[start + 1 : end], start + 2)
    named = entries.pop("id", None)
    if named is None:
        raise BadMarkdown("The id is missing.", start + 1, "Put the line id: ... back.")
    first, *parts = LEVELS.parts(lines[end + 1 :], end + 2)
    refuse_text(first, "Put it below ## Hypothesis or ## New note.")
    return sheet(read_scalar(named).strip().lower(), entries, parts, LEVELS, named.line)


def sheet(
    ref: str,
    entries: Mapping[str, FrontMatterLine],
    parts: Sequence[Part],
    levels: Levels,
    line: int,
) -> Sheet:
    """A card from its fields and sections."""
    values: Values = dict(DEFAULTS)
    lines: dict[str, int] = {}
    for typed, entry in entries.items():
        field = called(typed)
        name = field.name if field else typed
        if name in lines:
            raise BadMarkdown(
                f"{typed} stands here a second time.", entry.line,
                f"Keep one of the two; the other is in line {lines[name]}.",
            )  # fmt: skip
        if name not in DEFAULTS or name in IN_SECTIONS:
            words = [word(n) for n in DEFAULTS if n not in (*IN_SECTIONS, *READ_ONLY)]
            what, hint = unknown(typed, words)
            raise BadMarkdown(what, entry.line, hint)
        values[name] = read_list(entry) if name in LISTS else read_scalar(entry)
        lines[name] = entry.line
    note, notes = "", None
    for part in parts:
        if part.title not in _TITLES:
            what, hint = unknown(part.title, _TITLES)
            marks = "#" * part.level
            raise BadMarkdown(what, part.line, f"{hint} For a heading of your own: \\{marks} ...")
        if part.title.lower() in lines:
            raise BadMarkdown(
                f"The section {part.title} stands here a second time.", part.line, "Join the two."
            )
        lines[part.title.lower()] = part.line
        if field := SECTIONS.get(part.title):
            lines[field.name] = part.line
            values[field.name] = tuple(_items(part)) if field.kind.several else levels.text(part)
        elif part.title == NEW_NOTE:
            note = levels.text(part)
        else:
            notes = part
    return Sheet(ref, values, note, notes, lines, line)


def changed_values(
    card_sheet: Sheet,
    was: Mapping[str, Value],
    board: Board,
    today: date,
    card: Card | None,
) -> Values:
    """The values that a text changes of `was`, as a card has them.

    BadMarkdown names the line of what cannot be read and of what is not changed in a text: fields
    that have a command of their own.
    """
    changes: Values = {}
    for name, typed in card_sheet.values.items():
        if typed == was[name]:
            continue
        line = card_sheet.lines.get(name, card_sheet.line)
        if name in READ_ONLY:
            raise BadMarkdown(
                f"{word(name)} is not changed here.", line,
                f"It is {written(was[name]) or 'not set'}; change it with: "
                + READ_ONLY[name] + ".",
            )  # fmt: skip
        try:
            value = understood(name, typed, board, today)
            if value == was[name]:
                continue
            changes[name] = value
            if name in METRIC:
                changed_metrics(changes, was, card)
        except MlkanbanError as error:
            raise BadMarkdown(error.message, line, error.hint) from error
    return changes


def refuse_text(part: Part, hint: str) -> None:
    """No text where none belongs: it would be lost."""
    if not part.empty:
        raise BadMarkdown("The text here belongs to nothing.", part.first, hint)


def _items(part: Part) -> Iterable[str]:
    for number, line in part.rows():
        match = _ITEM.fullmatch(line)
        if match is None:
            raise BadMarkdown(
                f"{line.strip()[:40]!r} is no item of a checklist.", number,
                "Begin each with '- [ ] ', or '- [x] ' when it is done.",
            )  # fmt: skip
        if text := match[2].strip():
            yield item_text(text, done=(match[1] or "").lower() == "x")


def _text_lines(text: str) -> list[str]:
    return text.split("\n") if text else []


def _head(note: Note, zone: ZoneInfo) -> str:
    """The first line of a note."""
    return tidy(f"{note.at.astimezone(zone):%Y-%m-%d %H:%M} {display(note.actor)}")
