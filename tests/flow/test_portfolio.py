"""The figures of a board in one line are those that other numbers tell."""

from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.board import Board, Stage
from mlkanban.display.number_text.throughput import to_json
from mlkanban.display.portfolio_text import standing_json
from mlkanban.flow.forecast import forecast
from mlkanban.flow.portfolio import Standing, standing
from mlkanban.flow.sle import sle
from mlkanban.flow.throughput import throughput
from mlkanban.flow.window import Window
from tests.flow.logs import WORKFLOW, card, histories, sample, took
from tests.tui.test_board_model import face

BOARD = Board(
    "b", "b", "B",
    tuple(Stage(f"s{n}", name, committed=1 <= n < 4) for n, name in enumerate(WORKFLOW.stages)),
    conwip=4,
)  # fmt: skip


def a_card(number, stage, **more):
    return face(number, stage, "a", f"card {number}", 0, "", "")._replace(**more)


FACES = (
    a_card(1, "s0", due="2026-01-20"),
    a_card(2, "s1", due="2026-01-21", block_reason="bug"),
    a_card(3, "s3", due="2026-01-01"),
    a_card(4, "s3", outcome="shipped", due="2026-01-01", block_reason="bug"),
    a_card(5, "s2", archived=1, due="2026-01-01"),
    a_card(6, "s4", outcome="shipped"),
    a_card(7, "s0", block_reason="decision"),
)


def test_open_cards_are_counted_as_on_the_board() -> None:
    found = standing(BOARD, FACES, sample([]))
    assert found == Standing(
        wip=2,
        conwip=4,
        blocked=2,
        overdue=2,
        sle_days=None,
        past_sle=None,
        finished=0,
        days=0,
        per_week=None,
        next_30_days=None,
        at_risk=0,
    )


def test_the_numbers_of_flow() -> None:
    cards = [took(f"c{n}", 3, start=1 + n) for n in range(12)]
    cards += [card("old", (1, 1)), card("young", (19, 1))]
    found = standing(BOARD, (), sample(cards, days=90))
    assert (found.sle_days, found.past_sle) == (3, 1)
    assert (found.finished, found.days, found.per_week) == (12, 21, 12 / 21 * 7)
    assert found.next_30_days == forecast(sample(cards, days=90), days=30).how_many[85]
    assert standing_json(found)["next_30_days"] == found.next_30_days


def test_a_few_days_make_no_rate() -> None:
    for days, rate in ((13, None), (14, 7 / 2)):
        cards = [took(f"c{n}", 1, start=1) for n in range(7)]
        found = standing(BOARD, (), sample(cards, day=days, days=90))
        assert (found.finished, found.days, found.per_week) == (7, days, rate)


@given(histories(), st.integers(1, 60))
def test_they_are_the_same_wherever_they_are_told(cards, day) -> None:
    some = sample(cards, day, 90)
    found = standing(BOARD, (), some)
    lately = throughput(some.within(Window.back(30, some.today)))
    assert found.per_week == to_json(lately)["per_week"]
    expected = sle(some)
    assert (found.sle_days, found.past_sle) == (
        expected.days, None if expected.days is None else len(expected.past),
    )  # fmt: skip
    assert found.next_30_days == forecast(some, days=30).how_many.get(85)
