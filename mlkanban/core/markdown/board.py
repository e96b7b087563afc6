"""A whole board as one readable Markdown document, and back.

Front matter with the place in the log it was written at, `# Charter` with its sections, `# Cards`
with a `## Stage` per stage and a `### g12 Title` per card: a list of the fields that are set,
then Hypothesis, Checklist and Notes. A `### Title` without an id is a card to be made.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mlkanban.core.board import Board
from mlkanban.core.events import Position
from mlkanban.core.markdown.card import (
    IN_SECTIONS,
    NOTES,
    SECTIONS,
    Sheet,
    field_line,
    refuse_text,
    section_lines,
    sheet,
)
from mlkanban.core.markdown.card_values import DEFAULTS, Values
from mlkanban.core.markdown.charter import ReadCharter, charter_from, charter_lines
from mlkanban.core.markdown.front_matter import (
    FENCE,
    FrontMatterLine,
    entry_line,
    read_entry,
    read_lines,
    read_scalar,
    scalar,
)
from mlkanban.core.markdown.sections import Levels, Part, lines_of
from mlkanban.errors import BadMarkdown
from mlkanban.text import display

LEVELS = Levels(1, 4)
CHARTER, CARDS = "Charter", "Cards"
_FRONT = ("board", "name", "exported", "cursor", "hlc")
_ELSEWHERE = ("title", "stage", *IN_SECTIONS)


class CardText(NamedTuple):
    """A card as a document tells it: its `values` and its `note_lines`."""

    ref: str
    values: Values
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class BoardPage:
    """What a document says of a board. `position` is None when it does not say (any more) what
    state it was written from, `charter` when it has none, `name` is '' for none. `stages` are the
    headings of stages with their lines, None without a chapter of cards."""

    key: str
    position: Position | None
    charter: ReadCharter | None
    sheets: tuple[Sheet, ...]
    name: str = ""
    stages: Mapping[str, int] | None = None


def board_page(
    board: Board,
    at: str,
    position: Position,
    charter: Mapping[str, str],
    cards: Mapping[str, Iterable[CardText]],
) -> Iterator[str]:
    """The lines of the document; `cards` are given by the id of their stage, `at` is now."""
    yield from (
        FENCE,
        entry_line("board", scalar(board.key)),
        entry_line("name", scalar(display(board.name))),
        entry_line("exported", at),
        entry_line("cursor", str(position.cursor)),
        entry_line("hlc", scalar(position.hlc)),
        FENCE,
        "",
    )
    if any(charter.values()):
        yield from (f"# {CHARTER}", "", *charter_lines(charter, LEVELS))
    yield from (f"# {CARDS}", "")
    for stage in board.stages:
        yield from (f"## {display(stage.name).strip()}", "")
        for card in cards.get(stage.id, ()):
            yield from _card(card)


def _card(card: CardText) -> Iterator[str]:
    values = card.values
    yield from (f"### {card.ref} {values['title']}", "")
    fields = [
        f"- {field_line(name, values[name])}"
        for name, default in DEFAULTS.items()
        if name not in _ELSEWHERE and values[name] != default
    ]
    if fields:
        yield from (*fields, "")
    for title, lines in (
        *((title, section_lines(field, values, LEVELS)) for title, field in SECTIONS.items()),
        (NOTES, card.notes),
    ):
        if lines:
            yield from (f"#### {title}", "", *lines, "")


def read_board(text: str, known: Container[str]) -> BoardPage:
    """What a document says; `known` are the short ids there are. BadMarkdown says where it cannot
    be read."""
    lines = lines_of(text)
    if lines[0].strip() != FENCE:
        raise BadMarkdown(
            "The front matter is missing.", 1, "Export the board, and edit that file."
        )
    end = next((at for at in range(1, len(lines)) if lines[at].strip() == FENCE), None)
    if end is None:
        raise BadMarkdown("The front matter has no end.", 1, f"Close it with a line {FENCE}.")
    front = read_lines(lines[1:end], 2)
    if "board" not in front:
        raise BadMarkdown("The key of the board is missing.", 1, "Put the line board: ... back.")
    if odd := next((name for name in front if name not in _FRONT), ""):
        raise BadMarkdown(
            f"The front matter has no {odd!r}.", front[odd].line,
            f"There are {', '.join(_FRONT)}; take the line out.",
        )  # fmt: skip
    first, *parts = LEVELS.parts(lines[end + 1 :], end + 2)
    refuse_text(first, f"Text belongs below a section of # {CHARTER}, or of a card.")
    charter: ReadCharter | None = None
    sheets: list[Sheet] = []
    stages: Mapping[str, int] | None = None
    chapters: list[str] = []
    for part, below in _chapters(parts):
        if part.title in chapters:
            raise BadMarkdown(f"# {part.title} stands here a second time.", part.line, "Join them.")
        chapters.append(part.title)
        refuse_text(part, "Text belongs below one of its sections.")
        if part.title == CHARTER:
            charter = charter_from(_only(below, 2), LEVELS)
        else:
            sheets = list(_cards(below, known))
            stages = {heading.title: heading.line for heading in below if heading.level == 2}
    key, name = read_scalar(front["board"]), front.get("name")
    return BoardPage(
        key, _position(front), charter, tuple(sheets), read_scalar(name) if name else "", stages
    )


def _position(front: Mapping[str, FrontMatterLine]) -> Position | None:
    cursor, hlc = front.get("cursor"), front.get("hlc")
    if cursor is None or hlc is None:
        return None
    if not cursor.raw.isascii() or not cursor.raw.isdigit():
        raise BadMarkdown(
            f"{cursor.raw[:20]!r} is no place in the log.", cursor.line,
            "Put back what was exported, or take the line out to compare with the board of now.",
        )  # fmt: skip
    return Position(int(cursor.raw[:18]), read_scalar(hlc))


def _chapters(parts: Sequence[Part]) -> Iterator[tuple[Part, list[Part]]]:
    """The headings of the first level, each with the parts below it."""
    at = 0
    while at < len(parts):
        chapter = parts[at]
        if chapter.level != 1 or chapter.title not in (CHARTER, CARDS):
            raise BadMarkdown(
                f"The heading {chapter.title[:40]!r} belongs to nothing.", chapter.line,
                f"There are # {CHARTER} and # {CARDS}; one of your own gets a backslash in front.",
            )  # fmt: skip
        end = next((n for n in range(at + 1, len(parts)) if parts[n].level == 1), len(parts))
        yield chapter, list(parts[at + 1 : end])
        at = end


def _only(parts: Sequence[Part], level: int) -> Sequence[Part]:
    """`parts`, which may all have only this level."""
    for part in parts:
        if part.level != level:
            raise BadMarkdown(
                f"The heading {part.title[:40]!r} belongs to nothing.", part.line,
                f"Headings here have {level} marks; one of your own gets a backslash in front.",
            )  # fmt: skip
    return parts


def _cards(parts: Sequence[Part], known: Container[str]) -> Iterator[Sheet]:
    stage: Part | None = None
    seen: dict[str, int] = {}
    at = 0
    while at < len(parts):
        part = parts[at]
        end = next((n for n in range(at + 1, len(parts)) if parts[n].level <= 3), len(parts))
        if part.level == 2:
            refuse_text(part, "Put it below #### Hypothesis or #### New note of a card.")
            _only(parts[at + 1 : end], 3)
            stage = part
        elif part.level == 3 and stage is not None:
            card_sheet = _sheet(part, parts[at + 1 : end], stage, known)
            if card_sheet.ref and card_sheet.ref in seen:
                raise BadMarkdown(
                    f"{card_sheet.ref} stands here a second time.", part.line,
                    f"Keep one of the two; the other is in line {seen[card_sheet.ref]}.",
                )  # fmt: skip
            seen[card_sheet.ref] = part.line
            yield card_sheet
        else:
            raise BadMarkdown(
                f"The heading {part.title[:40]!r} belongs to nothing.", part.line,
                "A ## Stage comes first, then ### Card, then its sections with ####.",
            )  # fmt: skip
        at = end


def _sheet(part: Part, below: Sequence[Part], stage: Part, known: Container[str]) -> Sheet:
    word, *rest = part.title.split(maxsplit=1)
    ref = word.lower() if word.lower() in known else ""
    entries: dict[str, FrontMatterLine] = {}
    for number, line in part.rows():
        if not line.startswith("- "):
            raise BadMarkdown(
                "The text here belongs to nothing.", number,
                "Write fields as '- name: value', text below #### Hypothesis or #### New note.",
            )  # fmt: skip
        name, raw = read_entry(line[2:], number)
        if name in _ELSEWHERE or name in entries:
            where = "a second time" if name in entries else "in a place of its own"
            raise BadMarkdown(f"{name} stands {where}.", number, "Take this line out.")
        entries[name] = FrontMatterLine(raw, number)
    card_sheet = sheet(ref, entries, below, LEVELS, part.line)
    card_sheet.values["title"] = "".join(rest) if ref else part.title
    card_sheet.values["stage"] = stage.title
    return Sheet(
        ref, card_sheet.values, card_sheet.note, card_sheet.notes,
        {**card_sheet.lines, "title": part.line, "stage": stage.line}, part.line,
    )  # fmt: skip
