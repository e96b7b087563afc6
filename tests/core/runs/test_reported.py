"""What jobs report of themselves: lines of their output, and the file of metrics."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.runs.reported import MOST, in_file, reported


def test_the_last_value_of_a_metric_counts() -> None:
    lines = [
        "mlkanban: auc=0.5", "noise", "mlkanban: auc=0.917", " mlkanban: loss = 1e-3 ",
        "mlkanban: bad=high", "mlkanban: inf=inf", "mlkanban:", "say mlkanban: x=1",
    ]  # fmt: skip
    assert reported(lines) == {"auc": 0.917, "loss": 0.001}


@given(st.lists(st.text()))
def test_no_line_is_too_odd(lines) -> None:
    assert all(isinstance(value, float) for value in reported(lines).values())


def test_of_a_file_only_what_is_a_number_counts() -> None:
    text = """{"auc": 0.917, "n": 12, "nan": NaN, "inf": -Infinity, "big": 1e999, "none": null,
        "deep": {"f1": 0.5}, "list": [1], "said": "0.5", "yes": true, "\\u001b]0;x": 1, "": 1}"""
    assert in_file(text) == {"auc": 0.917, "n": 12.0}
    assert in_file('{"huge": 1' + "0" * 400 + "}") == {}
    assert len(in_file(json.dumps({f"m{at}": at for at in range(MOST + 9)}))) == MOST


@pytest.mark.parametrize("text", ["", "0.9", "[0.9]", "{'auc': 0.9}", '{"auc": 0.9', "[" * 99999])
def test_a_file_that_is_no_object_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError, match="it is no JSON"):
        in_file(text)


@given(st.dictionaries(st.text(), st.floats() | st.integers() | st.text() | st.none()))
def test_no_value_in_a_file_is_too_odd(values) -> None:
    assert all(isinstance(value, float) for value in in_file(json.dumps(values)).values())
