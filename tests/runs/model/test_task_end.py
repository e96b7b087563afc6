"""The ends of tasks as they are kept: read back whole, with less and with more than is known."""

import json

from mlkanban.runs.model.state import RunState
from mlkanban.runs.model.task_end import TaskEnd, task_ends

ENDS = [
    TaskEnd("7_1", "COMPLETED", RunState.FINISHED, 0, 4, 100, "", "8"),
    TaskEnd("7_2", "FAILED", RunState.FAILED, 1, None, None, "exit 1", "7"),
]


def test_ends_are_read_back_as_they_were_kept() -> None:
    assert task_ends(json.loads(json.dumps(ENDS))) == ENDS


def test_a_field_of_a_later_version_loses_no_task() -> None:
    assert task_ends([[*end, "gpu"] for end in ENDS]) == ENDS


def test_a_field_that_is_missing_is_not_known() -> None:
    assert task_ends([["7_3", "FAILED", "failed"]]) == [TaskEnd("7_3", "FAILED", RunState.FAILED)]


def test_rows_that_are_none_are_passed_over() -> None:
    assert task_ends([["7_3"], None, ["7_1", "X", "no state"], "abc"]) == []
    assert task_ends("7_1") == []


def test_the_number_of_a_task_is_behind_that_of_its_array() -> None:
    assert [end.number for end in ENDS] == [1, 2]
    assert TaskEnd("x", "FAILED", RunState.FAILED).number == -1
