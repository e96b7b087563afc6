"""What jobs report of themselves: lines of their output, and the file of metrics."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.runs.model.metric_lines import (
    MOST_METRICS,
    in_file,
    metric_line,
    reported,
    together,
    unread_text,
)


def test_the_last_value_of_a_metric_counts() -> None:
    lines = [
        "mlkanban: auc=0.5", "noise", "mlkanban: auc=0.917", " mlkanban: loss = 1e-3 ",
        "mlkanban: bad=high", "mlkanban: inf=inf", "mlkanban:", "say mlkanban: x=1",
    ]  # fmt: skip
    assert reported(lines).values == {"auc": 0.917, "loss": 0.001}
    assert reported(lines).unread == ("bad=high", "inf=inf", "say mlkanban: x=1")


@pytest.mark.parametrize(
    ("line", "values", "unread"),
    [
        ("val_auc=0.9,loss=0.1", {"val_auc": 0.9, "loss": 0.1}, ()),
        ("val_auc=0.9, loss = 0.1; f1=.5", {"val_auc": 0.9, "loss": 0.1, "f1": 0.5}, ()),
        ("step=1200 val_loss=0.41 val_auc=0.87", {"val_loss": 0.41, "val_auc": 0.87}, ()),
        ("epoch=3 top 5 acc=0.8", {"top 5 acc": 0.8}, ()),
        ("epoch=3", {"epoch": 3.0}, ()),
        ("step=3", {}, ()),
        ("step=1,200 loss=0.5", {"loss": 0.5}, ("step=1,200",)),
        ("step=last loss=0.5", {"loss": 0.5}, ("step=last",)),
        ("f1=91.5%", {"f1": 0.915}, ()),
        ("f1=91.5 % loss=2", {"f1": 0.915, "loss": 2.0}, ()),
        ("comma=0,91", {"comma": 0.91}, ()),
        ("comma=0,91,loss=1,5", {"comma": 0.91, "loss": 1.5}, ()),
        ("a=1,2b=3", {"a": 1.0}, ("2b=3",)),
        ("n=1,234", {}, ("n=1,234",)),
        ("n=1,234,567 loss=2", {"loss": 2.0}, ("n=1,234,567",)),
        ("nan_metric=nan", {}, ("nan_metric=nan",)),
        ("loss=-inf auc=0.5", {"auc": 0.5}, ("loss=-inf",)),
        ("big=1e400", {}, ("big=1e400",)),
        ("auc=high", {}, ("auc=high",)),
        ("auc 0.9", {}, ("auc 0.9",)),
        ("auc=0.9 done", {"auc": 0.9}, ("done",)),
        ("auc=", {}, ("auc=",)),
        ("9lives=0.9", {}, ("9lives=0.9",)),
        ("Genauigkeit_größe=0.9", {"Genauigkeit_größe": 0.9}, ()),
        ("Run 20261130-053000-abcdef01 of v1. Close the terminal and it runs on.", {}, ()),
    ],
)
def test_what_is_in_a_line_is_read_or_told(line, values, unread) -> None:
    assert reported([f"mlkanban: {line}"]) == (values, unread)


@pytest.mark.parametrize(
    ("line", "step", "epoch"),
    [
        ("step=1200 val_loss=0.41 val_auc=0.87", 1200.0, None),
        ("val_auc=0.87, global_step = 7; epoch=3,5", 7.0, 3.5),
        ("iter=9 loss=1", 9.0, None),
        ("epoch=2 iteration=40 step=5 loss=1", 5.0, 2.0),
        ("loss=1", None, None),
        ("epoch=3", None, None),
    ],
)
def test_a_line_names_the_step_and_the_epoch_of_its_values(line, step, epoch) -> None:
    found = metric_line(f"mlkanban: {line}")
    assert found is not None
    assert (found.step, found.epoch) == (step, epoch)


def test_other_lines_are_no_lines_of_metrics() -> None:
    assert metric_line("loss=0.5") is None
    assert metric_line("see mlkanban: https://example.org") is None


def test_a_metric_that_ended_as_nan_is_not_what_it_was_before() -> None:
    lines = ["mlkanban: loss=0.3", "mlkanban: loss=nan", "mlkanban: auc=nan", "mlkanban: auc=0.5"]
    assert reported(lines) == ({"auc": 0.5}, ("loss=nan",))


def test_what_is_not_read_is_told_in_few_words() -> None:
    assert unread_text(()) == ""
    assert unread_text(("a=nan",)) == "metrics not understood: a=nan"
    assert unread_text(("a=x",) * 9).endswith("a=x and 4 more")
    [told] = reported(["mlkanban: " + "x" * 500]).unread
    assert len(told) == 60


@given(st.lists(st.text()))
def test_no_line_is_too_odd(lines) -> None:
    assert all(isinstance(value, float) for value in reported(lines).values.values())


def test_of_a_file_only_what_is_a_number_counts() -> None:
    text = """{"auc": 0.917, "n": 12, "nan": NaN, "inf": -Infinity, "big": 1e999, "none": null,
        "deep": {"f1": 0.5}, "list": [1], "said": "0.5", "yes": true, "\\u001b]0;x": 1, "": 1}"""
    unread = ("nan=nan", "inf=-inf", "big=inf")
    assert in_file(text) == ({"auc": 0.917, "n": 12.0}, unread)
    assert in_file('{"huge": 1' + "0" * 400 + "}") == ({}, ("huge=?",))
    many = in_file(json.dumps({f"m{at}": at for at in range(MOST_METRICS + 9)}))
    assert (len(many.values), len(many.unread)) == (MOST_METRICS, 9)


@pytest.mark.parametrize("text", ["", "0.9", "[0.9]", "{'auc': 0.9}", '{"auc": 0.9', "[" * 99999])
def test_a_file_that_is_no_object_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError, match="it is no JSON"):
        in_file(text)


@given(st.dictionaries(st.text(), st.floats() | st.integers() | st.text() | st.none()))
def test_no_value_in_a_file_is_too_odd(values) -> None:
    assert all(isinstance(value, float) for value in in_file(json.dumps(values)).values.values())


def test_a_secret_in_what_is_not_understood_is_hidden() -> None:
    key = "Zx9Qw7Er5T7Kd9fLmQ2Rs8Tu"
    lines = [
        f"mlkanban: token={key}",
        f"at {'x' * 30} mlkanban: hf_token={key}",
        f"mlkanban: {key}",
    ]
    told = reported(lines).unread
    assert len(told) == 3
    assert all("***" in one and key[:4] not in one for one in told)


def test_an_endless_line_is_no_metric_and_is_not_dropped_in_silence() -> None:
    long = "mlkanban: " + "a=1 " * 2_000_000
    found = reported([long, "x" * 9_000_000, "mlkanban: b=2"])
    assert found.values == {"b": 2.0}
    assert found.unread == ("a line of 8,000,010 characters",)


TWO = ["step=0 auc=0.8", "step=10 auc=0.9", "step=0 auc=0.7", "step=10 auc=0.95"]


@pytest.mark.parametrize(
    ("lines", "values", "times"),
    [
        (TWO, {}, "once"), ([*TWO, *TWO[:2]], {}, "2 times"), ([*TWO, "auc=0.9"], {"auc": 0.9}, ""),
        (["step=0 auc=0.8", "step=10 auc=0.9", "step=5 auc=0.85"], {"auc": 0.85}, ""),
        (["epoch=1 step=0 auc=0.8", "epoch=1 step=9 auc=0.9", "epoch=2 step=0 auc=0.7"],
         {"auc": 0.7}, ""),
        (["epoch=1 auc=0.8", "epoch=2 auc=0.9", "epoch=1 auc=0.7"], {}, "once"),
        (["auc=0.7", "step=1 auc=0.8", "auc=0.9", "step=2 auc=0.95"], {"auc": 0.95}, ""),
        (["step=5 auc=0.8"] * 3, {"auc": 0.8}, ""),
    ],
)  # fmt: skip
def test_the_last_of_several_trainings_is_no_value_of_all(lines, values, times) -> None:
    """A training that goes on from a checkpoint repeats steps, but does not begin again."""
    found = reported([f"mlkanban: {line}" for line in lines])
    sentence = f"steps of auc began again {times}: several trainings in one log"
    assert (found.values, found.unread) == (values, (sentence,) if times else ())
    assert unread_text(found.unread) == (sentence if times else "")


def test_a_file_of_metrics_has_the_last_word_about_several_trainings() -> None:
    lines = reported([f"mlkanban: {line}" for line in TWO])
    assert together(lines, in_file('{"loss": 0.1}')).unread == lines.unread
    assert together(lines, in_file('{"auc": 0.97}')) == ({"auc": 0.97}, ())
