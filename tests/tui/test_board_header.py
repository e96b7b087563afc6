"""The lines over the stages: names and counts that can be read, at any width."""

import re
from dataclasses import replace
from datetime import date

import pytest

from mlkanban.core.board import Stage
from mlkanban.display.card_face import Line
from mlkanban.glyphs import UTF8
from mlkanban.tui.board_header import (
    StageHeads,
    head_cells,
    least_head_cells,
    limits_head_cells,
)
from mlkanban.tui.board_model import BoardModel
from mlkanban.tui.geometry import BoardLayout, Heights, StageContent, VisibleColumn
from tests.tui.test_board_model import face
from tests.tui.test_title_line import BOARD

NAMES = (
    "Ideas",
    "Ready",
    "Data prep",
    "Features",
    "Training",
    "Evaluation",
    "Deployment",
    "Monitoring",
)
OVER = 2
"""The stage that is over its limit."""


def text_of(line: Line) -> str:
    return "".join(piece.text for piece in line)


def board(query: str = "") -> BoardModel:
    """Eight stages of three cards, some of them of fraud; all are full, and one is over."""
    stages = [
        Stage(f"s{at}", name, committed=0 < at < 7, limit=2 if at == OVER else 3 if at else None,
              unattended=2 if name == "Training" else None)
        for at, name in enumerate(NAMES)
    ]  # fmt: skip
    faces = [
        face(at * 3 + n, f"s{at}", f"a{n}", "fraud" if n < at % 3 else "churn", 0, "", "")
        for at in range(8)
        for n in range(3)
    ]
    made = BoardModel.of(replace(BOARD, stages=tuple(stages)), faces, date(2026, 3, 20))
    if query:
        made.filter(query)
    return made


def heads(model: BoardModel, width: int) -> StageHeads:
    headers = [model.header(at) for at in range(8)]
    contents = tuple(
        StageContent(
            head_cells(header, UTF8),
            len(cards),
            30,
            least_head=least_head_cells(header, UTF8),
            limits_head=limits_head_cells(header, UTF8) if header.filtered else 0,
        )
        for header, cards in zip(headers, model.columns, strict=True)
    )
    layout = BoardLayout(width, 20, contents)
    columns = [
        VisibleColumn(column, Heights(2), 0, (0, 3, 6, 9), 3) for column in layout.columns(0)
    ]
    return StageHeads(model, columns, width, UTF8, 0)


@pytest.mark.parametrize("query", ["", "fraud", "nothing-like-it"])
@pytest.mark.parametrize("width", [80, 120, 158, 220])
def test_names_keep_seven_letters_and_two_blanks_to_the_next(width: int, query: str) -> None:
    made = heads(board(query), width)
    lines = [text_of(made.names())]
    if len(made._columns) < len(NAMES):
        lines.append(text_of(made.beside()))
    for line in lines:
        entries = re.findall(r"(?:^|  |◄ )(\d) (.*?)(?=  \d [A-Z]|\s*►?$)", line)
        assert entries
        for number, entry in entries:
            whole = NAMES[int(number) - 1]
            shown = re.split(r"…|  | (?=\d)", entry)[0]
            assert whole.startswith(shown), entry
            assert shown == whole or len(shown) >= 7, entry
            assert not re.search(r"\d \d [A-Z]", line), line
            if int(number) == OVER + 1:
                assert entry.rstrip().endswith("!"), entry


def test_stages_beside_lose_limits_before_names_and_those_without_a_find_first() -> None:
    line = text_of(heads(board("fraud"), 80).beside())
    assert "5 Training 1 of 3!  6 Evaluat" not in line
    assert re.search(r"5 Training 1 of 3!?  ", line), line
    assert "4 Features" not in line, "nothing is found there"


@pytest.mark.parametrize("query", ["fraud", "nothing-like-it"])
@pytest.mark.parametrize("width", [80, 120, 158, 160, 180, 220])
def test_under_a_filter_all_stages_count_in_one_way(width: int, query: str) -> None:
    made = heads(board(query), width)
    text = text_of(made.names())
    if len(made._columns) < len(NAMES):
        text += "  " + text_of(made.beside())
    counts = re.findall(r"\d of 3(/\d|\+|!?)", text.replace("0/3", ""))
    assert len(counts) >= len(made._columns) - 1, text
    of_limited = {bool(limit.startswith(("/", "+"))) for limit in counts[1:]}
    assert len(of_limited) == 1, text
    assert not re.search(r" 0!", text), text
