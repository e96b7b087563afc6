"""Checklists in words: an item as a row of a list, and all of it in little room."""

from collections.abc import Sequence

from mlkanban.core import checklist, rules
from mlkanban.core.board import Board
from mlkanban.core.card import CheckItem
from mlkanban.display.card_face import Line, Piece, drawn
from mlkanban.glyphs import Glyphs

_MOST_TICKS = 12
_LONGEST = 800
"""Letters of an item that are looked at: more never fit into a line."""


def item_text(item: CheckItem, board: Board, glyphs: Glyphs) -> str:
    """An item with its sign and the stage that it closes: `· three seeds  (gate: Evaluation)`. Not
    safe to show."""
    gate = gate_of(item, board)
    return f"{item_sign(item, glyphs)} {item.text}{f'  (gate: {gate})' if gate else ''}"


def item_sign(item: CheckItem, glyphs: Glyphs) -> str:
    return glyphs.ticked if item.done else glyphs.open


def gate_of(item: CheckItem, board: Board) -> str:
    """The stage that an item closes, '' for none. Not safe to show."""
    closed = rules.gate(board, item.gate)
    return closed.name if closed else ""


def in_short(items: Sequence[CheckItem], board: Board, glyphs: Glyphs) -> list[Line]:
    """`✓✓···· 2/6 gates`, and `next: three seeds` while something is open. Safe to show."""
    done: Line = []
    if len(items) <= _MOST_TICKS:
        ticked = sum(item.done for item in items)
        done = [
            Piece(glyphs.ticked * ticked, "live"),
            Piece(f"{glyphs.open * (len(items) - ticked)} ", "dim"),
        ]
    word = "gates" if checklist.are_gates(items) else "items"
    done.append(Piece(f"{checklist.progress(items)} {word}", "text"))
    following = checklist.next_item(board, items)
    if following is None:
        return [done]
    text = drawn(" ".join(following.text[:_LONGEST].split()), ascii=glyphs.ascii)
    return [done, [Piece("next: ", "dim"), Piece(text, "text")]]
