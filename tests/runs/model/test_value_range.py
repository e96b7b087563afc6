"""Which values of a search are in its picture."""

import pytest

from mlkanban.runs.model.value_range import readable_range, with_levels

CLOSE = [0.2, 0.22, 0.25, 0.3, 0.31, 0.24]


def test_values_far_worse_than_the_others_are_left_out_on_either_side() -> None:
    assert readable_range([40.5, *CLOSE, 9e307], lower=True) == (0.2, 0.31)
    assert readable_range([-40.5, *(-value for value in CLOSE)], lower=False) == (-0.31, -0.2)


def test_values_far_better_than_the_others_stay() -> None:
    assert readable_range([*CLOSE, -40.0], lower=True) == (-40.0, 0.31)


@pytest.mark.parametrize(
    "values",
    [[float(at) for at in range(60)], [1.0], [0.5] * 40 + [0.9] * 3, [-1e308, 1e308], [0.2, 0.9]],
)
def test_values_without_a_gap_to_the_others_are_all_there(values: list[float]) -> None:
    assert readable_range(values, lower=True) == (min(values), max(values))


def test_levels_are_there_where_they_leave_room_for_the_values() -> None:
    assert with_levels(0.2, 0.3, [0.15, 5.0]) == (0.15, 0.3)
    assert with_levels(0.2, 0.3, [5.0, 0.4, -3.0]) == (0.2, 0.4)
    assert with_levels(0.2, 0.2, [0.9]) == (0.2, 0.9), "a single value needs no room"
