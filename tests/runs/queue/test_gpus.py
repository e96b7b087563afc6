"""Which GPUs a run may have: those it sees, that nobody computes on, and that no other run got."""

import pytest

from mlkanban.runs.queue.gpus import Gpu, Gpus

GPUS = Gpus([Gpu(number, f"GPU-{number}{number}") for number in range(4)], {"GPU-11"})


@pytest.mark.parametrize(
    ("names", "visible"),
    [(None, [0, 1, 2, 3]), ("", []), ("2", [2]), ("3,1", [3, 1]), (" GPU-22 , 0", [2, 0]),
     ("1,1,GPU-11", [1]), ("9,x", [])],
)  # fmt: skip
def test_the_variable_says_which_are_visible(names: str | None, visible: list[int]) -> None:
    assert [gpu.number for gpu in GPUS.visible(names)] == visible


def test_those_at_work_and_those_given_away_are_not_free() -> None:
    assert GPUS.free(None, ()) == [0, 2, 3]
    assert GPUS.free(None, {2}) == [0, 3]
    assert GPUS.free("1,2", ()) == [2]
