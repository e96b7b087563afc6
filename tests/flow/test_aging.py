from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.display.number_text.aging import summary
from mlkanban.flow.aging import aging
from mlkanban.flow.pace import Pace
from mlkanban.flow.percentiles import PERCENTILES, needed
from tests.flow.logs import GPU, card, histories, sample, took


def board():
    """Ten cards that leave Train at the age of 1 to 10 days and are finished two days later."""
    done = [card(f"f{n}", (1, 1), (n, 3), (n + 2, 4)) for n in range(1, 11)]
    open_ones = [
        card("young", (19, 1)),
        card("stale", (11, 1)),
        card("late", (1, 1), (5, 3)),
        card("stuck", (18, 1), (19, 1, None, None, GPU)),
    ]
    return done + open_ones


def test_the_pace_of_a_stage_is_the_age_on_leaving_it():
    found = aging(sample(board(), day=20), 12)
    train, wait, evaluate = found.stages
    assert train.percentiles == {50: 5, 70: 7, 85: 9, 95: None}
    assert wait.percentiles == train.percentiles  # skipped: left when the next one was entered
    assert evaluate.percentiles == {50: 7, 70: 9, 85: 11, 95: None}


def test_cards_have_their_marks_and_their_pace():
    found = {c.ref: c for c in aging(sample(board(), day=20), 12).cards}
    assert {ref: (c.age_days, c.marks) for ref, c in found.items()} == {
        "late": (20, "~>"), "stale": (10, "~"), "stuck": (3, "!"), "young": (2, "")
    }  # fmt: skip
    assert found["young"].pace == 0.2
    assert found["stale"].pace == 1.0
    assert next(c.ref for c in aging(sample(board(), day=20), 12).cards) == "late"


def test_too_few_cards_give_no_pace():
    found = aging(sample([took("a", 3), card("b", (5, 1))], day=9), None)
    assert found.stages[0].percentiles == dict.fromkeys(PERCENTILES)
    assert (found.cards[0].pace, found.cards[0].marks) == (None, "")
    assert "needs 10" in summary(found).lines[1]


def test_marks_without_a_sample():
    pace = Pace((None, 5), 9)
    assert [pace.marks(1, age, blocked=False) for age in (5, 6, 9, 10)] == ["", "~", "~", "~>"]
    assert pace.marks(0, 99, blocked=True) == "!>"
    assert pace.marks(7, 1, blocked=False) == ""


def test_a_stage_past_those_that_have_a_pace_has_none():
    pace = Pace((None, 5, 7), 9)
    assert pace.at((2, 1, 0, 3, 4)) == Pace((7, 5, None, None, None), 9)
    assert [pace.marks(stage, 8, blocked=False) for stage in range(5)] == ["", "~", "~", "", ""]


@given(histories(25), st.integers(1, 31))
def test_pace_is_as_counted_and_never_falls_from_left_to_right(cards, day):
    some = sample(cards, day)
    found = aging(some, None)
    floor = dict.fromkeys(PERCENTILES, 0)
    for at, stage in zip(some.workflow.committed, found.stages, strict=True):
        ages = []
        for c in some.finished:
            begun, left = c.flow.start, c.flow.arrivals[at + 1]
            assert begun is not None
            assert left is not None
            ages.append(some.workflow.days(begun, left))
        assert stage.n == len(ages)
        for p, value in stage.percentiles.items():
            assert (value is not None) == (len(ages) >= needed(p))
            if value is not None:
                assert Fraction(sum(a <= value for a in ages), len(ages)) >= Fraction(p, 100)
                assert value >= floor[p]
                floor[p] = value
        for open_card in found.cards:
            if open_card.stage == at and len(ages) >= 5:
                assert open_card.pace == sum(a <= open_card.age_days for a in ages) / len(ages)
    assert [c.age_days for c in found.cards] == sorted(
        (c.age_days for c in found.cards), reverse=True
    )


@pytest.mark.parametrize(("left", "pace"), [(4, None), (5, 0.6), (10, 0.3)])
def test_the_pace_of_a_card_needs_five_that_left_its_stage(left, pace):
    done = [card(f"f{n}", (1, 1), (n, 2), (n + 1, 4)) for n in range(1, left + 1)]
    (found,) = aging(sample([*done, card("o", (18, 1))], day=20), None).cards
    assert (found.age_days, found.pace) == (3, pace)


@pytest.mark.parametrize(
    ("age", "sle", "stale", "marks"),
    [
        (5, None, None, ""), (5, 5, 5, ""), (6, 5, 6, ">"), (6, 6, 5, "~"), (6, 5, 5, "~>"),
        (1, 0, 0, "~>"),
    ],
)  # fmt: skip
def test_a_card_is_marked_past_its_pace_and_its_expectation(age, sle, stale, marks):
    for blocked in (False, True):
        assert Pace((stale,), sle).marks(0, age, blocked=blocked) == "!" * blocked + marks


def test_cards_of_one_age_are_in_the_order_of_their_ids_and_stages_have_their_names():
    cards = [card(ref, (5, 1)) for ref in ("c", "a", "b")]
    found = aging(sample([*cards, card("old", (4, 3))], day=20), 16)
    assert [(c.ref, c.age_days, c.stage, c.marks) for c in found.cards] == [
        ("old", 17, 3, ">"), ("a", 16, 1, ""), ("b", 16, 1, ""), ("c", 16, 1, ""),
    ]  # fmt: skip
    assert found.names == {1: "Train", 2: "Wait", 3: "Evaluate"}
    assert (found.n, found.sle_days, found.pace) == (0, 16, Pace((None,) * 4, 16))


def test_nothing_is_said_of_old_cards_before_there_is_a_pace():
    """Of a board with few finished cards nobody knows which open ones are old."""
    few = [took(f"c{n}", 3) for n in range(9)]
    waits = [card("a", (1, 1)), card("b", (2, 2))]
    first, second = summary(aging(sample([*few, *waits]), None)).lines
    assert first.endswith("0 blocked, no pace yet: it needs 10 finished cards")
    assert second == "No SLE yet: it needs 10 finished cards"
    enough = [*few, took("c9", 3)]
    first, second = summary(aging(sample([*enough, *waits]), 3)).lines
    assert first.endswith("0 blocked, 2 older than 85 % at this stage")
    assert second == "2 past the SLE (85 % within 3 d)"


def test_old_cards_are_counted_among_those_whose_stage_has_a_pace():
    """Ten finished cards left the first committed stage, and one the second."""
    left_by_outcome = [card(f"c{n}", (1, 1), (3, 1, "shipped")) for n in range(10)]
    found = aging(sample([*left_by_outcome, card("a", (1, 1)), card("b", (2, 2))]), None)
    known = sum(stage.percentiles[85] is not None for stage in found.stages)
    assert known == len(found.stages)
    stages = tuple(
        replace(stage, percentiles=dict.fromkeys(stage.percentiles))
        if stage.position == 2
        else stage
        for stage in found.stages
    )
    cards = tuple(replace(c, marks="") if c.stage == 2 else c for c in found.cards)
    said = summary(replace(found, stages=stages, cards=cards)).lines[0]
    assert said.endswith("1 of 1 older than 85 % at this stage")
