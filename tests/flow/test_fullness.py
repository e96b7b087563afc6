"""When a stage had no room, against asking at every hour how many cards are in it."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.board import Work
from mlkanban.flow.fullness import Stay, stays, when_full
from mlkanban.flow.history import Limits, PastLimits
from tests.flow.logs import WORKFLOW, at, card, histories, sample


def full(limits, some, within=(1, 11), past=()):
    """When Train was full, in days; stays are (begin, end[, unattended])."""
    workflow = replace(
        WORKFLOW,
        limits=(Limits(), limits, Limits(), Limits(), Limits()),
        past_limits=((), tuple(PastLimits(at(day), was) for day, was in past), (), (), ()),
    )
    there = [Stay(at(begin), at(end), *apart or [False]) for begin, end, *apart in some]
    found = when_full(workflow, 1, there, (at(within[0]), at(within[1])))
    return [tuple((moment - at(1)) / timedelta(days=1) + 1 for moment in span) for span in found]


@pytest.mark.parametrize(
    ("limits", "some", "expected"),
    [
        (Limits(), [(1, 5)], []),
        (Limits(1), [], []),
        (Limits(2), [(1, 5)], []),
        (Limits(1), [(2, 5)], [(2, 5)]),
        (Limits(1), [(2, 5), (3, 7)], [(2, 7)]),
        (Limits(2), [(2, 5), (3, 7)], [(3, 5)]),
        (Limits(2), [(2, 5), (3, 7), (4, 9)], [(3, 7)]),
        # One leaves at the instant at which another comes: room was there, for no time.
        (Limits(1), [(2, 5), (5, 7)], [(2, 5), (5, 7)]),
        (Limits(1), [(2, 3), (5, 7)], [(2, 3), (5, 7)]),
        # Only what lies within counts.
        (Limits(1), [(-5, 3)], [(1, 3)]),
        (Limits(1), [(9, 30)], [(9, 11)]),
        (Limits(1), [(-5, 30)], [(1, 11)]),
        (Limits(1), [(-5, 1), (11, 30)], []),
        (Limits(2), [(-5, 1), (1, 3), (2, 4)], [(2, 3)]),
        (Limits(0), [], [(1, 11)]),
        # An unattended run takes room from the attended ones, unless it has a limit of its own.
        (Limits(1), [(2, 5, True)], [(2, 5)]),
        (Limits(1, 4), [(2, 5, True)], []),
        (Limits(1, 0), [(2, 5, True), (3, 4)], [(3, 4)]),
    ],
)
def test_a_stage_is_full_from_the_last_card_that_fits_until_one_leaves(limits, some, expected):
    assert full(limits, some) == expected


def test_each_time_has_the_limit_that_held_then():
    past = [(4, Limits(2)), (6, Limits())]
    assert full(Limits(1), [(2, 10)], past=past) == [(6, 10)]
    assert full(Limits(2), [(2, 10)], past=[(4, Limits(1))]) == [(2, 4)]
    assert full(Limits(1), [(2, 10)], (3, 5), past) == []
    assert full(Limits(1), [(2, 10)], (3, 8), past) == [(6, 8)]


stay = st.tuples(st.integers(-20, 120), st.integers(1, 60), st.booleans())


@given(st.lists(stay, max_size=8), st.integers(0, 4), st.sampled_from([None, 2]))
def test_every_hour_is_as_counted_by_hand(some, most, unattended):
    hours = [at(1) + timedelta(hours=n) for n in range(101)]
    there = [
        Stay(at(1) + timedelta(hours=begin), at(1) + timedelta(hours=begin + hours_long), apart)
        for begin, hours_long, apart in some
    ]
    limits = (Limits(), Limits(most, unattended), Limits(), Limits(), Limits())
    found = when_full(replace(WORKFLOW, limits=limits), 1, there, (hours[0], hours[-1]))
    assert all(begin < end for begin, end in found)
    assert all(end <= begin for (_, end), (begin, _) in pairwise(found))
    for begin, end in pairwise(hours):
        counted = sum(
            one.begin <= begin and one.end >= end and not (one.unattended and unattended)
            for one in there
        )
        assert (counted >= most) == any(since <= begin and end <= until for since, until in found)


def test_stays_are_those_in_the_stage_until_the_card_moves_or_ends():
    cards = [
        card("a", (1, 0), (2, 1), (4, 1, None, Work.UNATTENDED), (5, 3), (6, 1), (7, 1, "shipped")),
        card("b", (3, 1)),
    ]
    found = stays(sample(cards, day=9), (1, 2, 3))
    assert found == {
        1: [
            Stay(at(2), at(4), False),
            Stay(at(4), at(5), True),
            Stay(at(6), at(7), False),
            Stay(at(3), at(9), False),
        ],
        2: [],
        3: [Stay(at(5), at(6), False)],
    }


@given(histories())
def test_stays_are_there_for_all_cards_whatever_cards_are_looked_at(cards):
    some = sample(cards, day=31)
    assert stays(some.only(()), range(5)) == stays(some, range(5))
