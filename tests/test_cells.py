"""Text cut to a width in terminal cells."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from mlkanban.cells import shortened
from mlkanban.display.card_face import Piece
from mlkanban.display.lines import fitted
from mlkanban.glyphs import UTF8


@pytest.mark.parametrize(
    ("text", "width", "short"),
    [
        ("accuracy 0.9512 more", 15, "accuracy…"), ("accuracy 0.9512 more", 16, "accuracy 0.9512…"),
        ("done by 2026-12-31", 14, "done by…"), ("it ran 14h alone", 9, "it ran…"),
        ("lr=0.0001 x", 7, "lr…"), ("within 80 % of it", 10, "within…"), ("0.1234567", 6, "0.123…"),
        ("Re-label 600 payments", 11, "Re-label…"),
    ],
)  # fmt: skip
def test_a_number_is_whole_or_left_out(text: str, width: int, short: str) -> None:
    assert shortened(text, width, "…") == short


@given(
    st.lists(st.sampled_from(["auc", "loss", "0.9512", "12", "≥.95", "1e-05", "at"]), min_size=1),
    st.integers(3, 40),
)
@example(["loss", "loss", "0.9512"], 16)
def test_no_line_shows_a_part_of_a_number(words: list[str], width: int) -> None:
    line = [Piece("name ", "dim"), *(Piece(f"{word} ", "value") for word in words)]
    shown = "".join(piece.text for piece in fitted(line, width, UTF8))
    assert cell_len(shown) <= width
    if width > len("name …"):
        numbers = re.findall(r"[≥\d.e-]*\d[\d.e-]*", shown)
        assert set(numbers) <= set(words)
