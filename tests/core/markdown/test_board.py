"""A board as a document and back."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.board import Board
from mlkanban.core.card import Card
from mlkanban.core.events import Position
from mlkanban.core.markdown.board import CardText, board_page, read_board
from mlkanban.core.markdown.card import changed_values, corrections, note_lines
from mlkanban.core.markdown.card_values import values
from mlkanban.core.markdown.charter import SECTIONS, charter_page, read_charter
from mlkanban.errors import BadMarkdown
from mlkanban.text import tidy
from tests.core.markdown.test_card import BOARDS_AND_CARDS, TEXTS, TODAY, ZONE, plain

AT = Position(41, "000001772442120000.000001")
CHARTERS = st.dictionaries(st.sampled_from([s.key for s in SECTIONS]), TEXTS.map(tidy)).map(
    lambda texts: {section.key: texts.get(section.key, "") for section in SECTIONS}
)


def document(board: Board, card: Card, charter: dict[str, str]) -> str:
    told = CardText(card.ref, values(card, board), note_lines(card.notes, ZONE))
    return "\n".join(board_page(board, "now", AT, charter, {card.stage: [told]})) + "\n"


@given(BOARDS_AND_CARDS, CHARTERS)
def test_what_is_said_is_what_is_read(both: tuple[Board, Card], charter: dict[str, str]) -> None:
    board, card = both
    said = values(card, board)
    page = read_board(document(board, card, charter), {"g12"})
    [found] = page.sheets
    assert (page.key, page.position, page.charter.texts if page.charter else {}) == (
        "b", AT, charter if any(charter.values()) else {},
    )  # fmt: skip
    assert (found.ref, found.note, found.values) == ("g12", "", said)
    assert changed_values(found, said, board, TODAY, card) == {}
    assert corrections(found, card.notes, ZONE) == {}


@pytest.mark.parametrize("name", ["\xa0Training", "Training\u3000"])
def test_a_stage_may_begin_or_end_with_a_wide_or_fixed_blank(name: str) -> None:
    board, card = plain()
    board = replace(board, stages=(replace(board.stages[0], name=name),))
    [found] = read_board(document(board, card, {}), {"g12"}).sheets
    assert found.values == values(card, board)


@given(CHARTERS)
def test_a_charter_comes_back(charter: dict[str, str]) -> None:
    assert read_charter(charter_page(charter, hints=True)).texts == charter
    assert read_charter(charter_page(charter)).texts == charter


BOARD = """\
---
board: fraud
cursor: 41
hlc: "000"
---

# Charter

## Scope

Cards.

# Cards

## Ideas

### g12 focal loss

- tags: [gpu]

#### Hypothesis

It helps.

## Ready

### New: one #2

#### New note

seen
"""


def test_new_cards_and_known_ones() -> None:
    page = read_board(BOARD.replace("\n", "\r\n"), {"g12"})
    first, second = page.sheets
    assert (first.ref, first.values["title"], first.values["tags"]) == (
        "g12", "focal loss", ("gpu",),
    )  # fmt: skip
    assert (second.ref, second.values["title"], second.note) == ("", "New: one #2", "seen")
    assert [sheet.values["stage"] for sheet in page.sheets] == ["Ideas", "Ready"]
    assert page.charter is not None
    assert page.charter.texts["scope"] == "Cards."
    assert read_board(BOARD, set()).sheets[0].values["title"] == "g12 focal loss"
    without = BOARD.replace("cursor: 41\n", "").replace("# Charter\n\n## Scope\n\nCards.\n\n", "")
    page = read_board(without, {"g12"})
    assert (page.position, page.charter) == (None, None)


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ("---\nboard", "board", 1, "The front matter is missing."),
        ('"000"\n---', '"000"', 1, "The front matter has no end."),
        ("board: fraud\n", "", 1, "The key of the board is missing."),
        ("cursor: 41", "cursor: old", 3, "'old' is no place in the log."),
        ("# Charter\n", "lost\n# Charter\n", 7, "The text here belongs to nothing."),
        ("# Charter\n", "# Charta\n", 7, "The heading 'Charta' belongs to nothing."),
        ("# Cards\n", "# Charter\n", 13, "# Charter stands here a second time."),
        ("## Scope", "## Scoop", 9, "There is no 'Scoop' here. Did you mean Scope?"),
        ("## Scope", "### Scope", 9, "The heading 'Scope' belongs to nothing."),
        ("## Ideas\n", "", 16, "The heading 'g12 focal loss' belongs to nothing."),
        ("## Ideas\n", "## Ideas\nfree\n", 16, "The text here belongs to nothing."),
        ("- tags", "tags", 19, "The text here belongs to nothing."),
        ("- tags", "- tag", 19, "There is no 'tag' here. Did you mean tags?"),
        ("- tags: [gpu]", "- title: x", 19, "title stands in a place of its own."),
        ("- tags: [gpu]\n", "- due:\n- due:\n", 20, "due stands a second time."),
        ("#### Hypothesis", "#### Idea", 21, "There is no 'Idea' here."),
        ("### New: one #2", "### G12 again", 27, "g12 stands here a second time."),
    ],
)
def test_every_mistake_has_its_line(old: str, new: str, line: int, sentence: str) -> None:
    assert old in BOARD
    with pytest.raises(BadMarkdown) as caught:
        read_board(BOARD.replace(old, new, 1), {"g12"})
    assert (caught.value.line, caught.value.what[: len(sentence)]) == (line, sentence)
    assert caught.value.hint


def test_no_other_text_gets_into_a_charter() -> None:
    def line_of(text: str) -> Any:
        with pytest.raises(BadMarkdown) as caught:
            read_charter(text)
        return caught.value.line

    assert line_of("\nfree\n## Scope\n") == 2
    assert line_of("## Scope\n\n## Scope\n") == 3
    assert line_of("## Scope\n\ud800\n") == 2
