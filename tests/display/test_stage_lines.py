"""The stages of a board as a page, in any width."""

from datetime import UTC, datetime

import pytest

from mlkanban.core.board import Board, Stage
from mlkanban.core.rules import Load, Meter
from mlkanban.display.card_face import FaceContext, header
from mlkanban.display.lines import width_of
from mlkanban.display.stage_lines import StagesPage, stage_details
from mlkanban.flow.pace import Pace
from mlkanban.glyphs import UTF8, Glyphs, glyphs


def page(
    stages: list[Stage], counts: list[int], width: int = 80, signs: Glyphs = UTF8
) -> StagesPage:
    board = Board("b", "b", "异常 Fraud", tuple(stages))
    heads = [header(board, at, Load(count), count) for at, count in enumerate(counts)]
    return StagesPage(board, heads, Meter(sum(counts), None), signs, width)


STAGES = [
    Stage("i", "Ideas"), Stage("d", "Data 数据", committed=True, limit=2, soft=True),
    Stage("t", "Training", committed=True, limit=1, unattended=2), Stage("m", "Monitoring"),
]  # fmt: skip


def text(page: StagesPage, at: int) -> str:
    return "".join(piece.text for piece in page.line(at, 0))


def test_commitment_and_delivery_stand_where_the_board_has_them() -> None:
    made = page(STAGES, [4, 3, 1, 0])
    kinds = [what if isinstance(what, int) else what.split(":")[0] for what in made.lines]
    assert kinds == [0, "commitment", 1, 2, "delivery", 3]
    last = page(STAGES[:3], [4, 3, 1])
    assert last.lines[-1] == "delivery: finishing a card stops its clock"
    assert page([Stage("i", "Ideas")], [1]).lines == (0,)


def test_counts_stand_against_their_limits() -> None:
    made = page(STAGES, [4, 3, 1, 0])
    assert "3/2! OVER" in text(made, 2)
    assert text(made, 2).rstrip().endswith("soft")
    assert "━━━━━━━━━━━━━" in text(made, 2)
    assert "1/1 ►0/2" in text(made, 3)
    assert "━━━━━━ ──────" in text(made, 3)
    assert made.line(2, 0)[0].role == "alarm"


@pytest.mark.parametrize("width", [12, 20, 43, 44, 60, 80, 160])
@pytest.mark.parametrize("signs", [UTF8, glyphs("ascii")])
def test_no_line_is_wider_than_the_page(width: int, signs: Glyphs) -> None:
    made = page(STAGES, [4, 3, 1, 0], width, signs)
    lines = [made.title(), made.head(), *(made.line(at, 1) for at in range(len(made.lines)))]
    assert max(map(width_of, lines)) <= width


@pytest.mark.parametrize("width", [36, 40, 50, 60, 80])
def test_whether_a_limit_is_hard_is_told_before_kind_and_meters(width: int) -> None:
    made = page(
        [*STAGES[:2], Stage("b", "Business understanding", committed=True)], [4, 3, 1], width
    )
    assert "soft" in text(made, 2)


@pytest.mark.parametrize(
    ("at", "limit", "work", "times"),
    [
        (0, "none: any number of cards", "not begun", ""),
        (1, "2 cards at a time; one more is taken with a warning", "committed", "last 9 finished"),
        (2, "1 attended and 2 unattended cards at a time; one more needs a reason", "committed",
         "too few cards finished"),
        (3, "none", "delivered", ""),
    ],
)  # fmt: skip
def test_the_details_of_a_stage_are_its_limit_its_work_and_its_times(
    at: int, limit: str, work: str, times: str
) -> None:
    made = page(STAGES, [4, 3, 1, 0])
    pace = Pace((None, 5, None, None), 9, (0, 9, 2, 0))
    view = FaceContext.at(made.board, datetime(2026, 3, 20, tzinfo=UTC), pace=pace)
    lines = stage_details(view, at, made.headers[at], (), 90, {})
    text = "\n".join("".join(piece.text for piece in line) for line in lines)
    assert f" limit  {limit}" in text
    assert f" work   {work}" in text
    assert times in text
    assert ("times" in text) == bool(times)
    assert max(map(width_of, lines)) <= 90
