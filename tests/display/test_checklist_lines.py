"""Checklists in words."""

import pytest

from mlkanban.core.board import Board, Stage
from mlkanban.core.card import CheckItem
from mlkanban.display.checklist_lines import item_text
from mlkanban.glyphs import UTF8, glyphs


@pytest.mark.parametrize(
    ("item", "shown"),
    [
        (CheckItem("x"), "· x"), (CheckItem("x", True), "✓ x"),
        (CheckItem("x", False, "evaluation"), "· x  (gate: Evaluation)"),
        (CheckItem("x", True, "e"), "✓ x  (gate: Evaluation)"),
        (CheckItem("x", False, "removed"), "· x  (gate: Training)"),
    ],
)  # fmt: skip
def test_an_item_is_shown_with_the_stage_it_closes(item: CheckItem, shown: str) -> None:
    stages = (Stage("e", "Evaluation", committed=True), Stage("t", "Training", committed=True),
              Stage("d", "Done"))  # fmt: skip
    assert item_text(item, Board("b", "b", "B", stages), UTF8) == shown


def test_in_ascii_what_is_done_is_no_cross() -> None:
    done = item_text(CheckItem("x", True), Board("b", "b", "B", ()), glyphs("ascii"))
    assert done == "+ x"
