"""How a metric is typed."""

import math

import pytest

from mlkanban.core.metrics import (
    accept_aim,
    compact,
    metric_text,
    number_text,
    parse_metric,
    precise,
    reaches,
    split_metrics,
)
from mlkanban.errors import UsageProblem


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("", ()),
        ("val_auc>=0.92", ("val_auc>=0.92",)),
        ("val_auc>=0.92 val_auc=0.917", ("val_auc>=0.92", "val_auc=0.917")),
        ("no metric at all", ("no metric at all",)),
    ],
)
def test_a_line_is_split_into_its_metrics(line: str, parts: tuple[str, ...]) -> None:
    assert tuple(part.strip() for part in split_metrics(line)) == parts


@pytest.mark.parametrize(
    "written", [["auc>=.9 auc=.8"], ["auc>=.9", "auc=.8"], [" auc=.8 auc>=.9 "]]
)
def test_target_and_value_are_typed_in_one_text_or_in_two(written: list[str]) -> None:
    made = {"name": "auc", "direction": ">=", "target": 0.9, "value": 0.8}
    assert parse_metric(written) == made
    assert parse_metric(["None"], before=made) is None


def test_an_empty_text_is_no_metric_and_two_names_are_two() -> None:
    with pytest.raises(UsageProblem, match="'' is not a metric"):
        parse_metric([""])
    with pytest.raises(UsageProblem, match="not both auc and loss"):
        parse_metric(["auc>=.9 loss<=.1"])


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ("auc>=0.9", {"name": "auc", "direction": ">=", "target": 0.9}),
        ("loss <= 1e-3", {"name": "loss", "direction": "<=", "target": 0.001}),
        ("auc=-1", {"name": "auc", "value": -1.0}),
        ("auc=0", {"name": "auc", "value": 0.0}),
        ("val auc>=0", {"name": "val auc", "direction": ">=", "target": 0.0}),
        ("none", None),
    ],
)
def test_a_metric_is_its_name_with_a_target_or_a_value(written, made) -> None:
    assert parse_metric([written]) == made


@pytest.mark.parametrize("written", ["auc>=", "auc>=high", "auc>=nan", "auc=inf", "auc>0.9", "=1"])
def test_what_is_no_metric_is_refused(written: str) -> None:
    with pytest.raises(UsageProblem):
        parse_metric([written])


def test_what_is_not_typed_stays_as_long_as_it_is_the_same_metric() -> None:
    before = {"name": "auc", "direction": ">=", "target": 0.9, "noise": 0.01}
    assert parse_metric(["auc=0.8"], before=before) == {**before, "value": 0.8}
    assert parse_metric(["auc<=0.2"], before=before) == {
        **before, "direction": "<=", "target": 0.2,
    }  # fmt: skip
    assert parse_metric(["f1=0.8"], before=before) == {"name": "f1", "value": 0.8}
    assert parse_metric([], before=before) == before
    assert parse_metric([]) is None
    assert parse_metric(["none", "f1=1"], before=before) == {"name": "f1", "value": 1.0}


@pytest.mark.parametrize("amount", [0.0, 0.5, -2.0])
def test_what_a_metric_is_compared_with_needs_a_metric(amount: float) -> None:
    made = {"name": "auc", "value": 1.0}
    assert parse_metric(["auc=1"], amount) == {**made, "baseline": amount}
    assert parse_metric(["auc=1"], None, amount) == {**made, "noise": amount}
    assert parse_metric([], amount, amount, made) == {
        **made, "baseline": amount, "noise": amount,
    }  # fmt: skip
    for given in ((amount, None), (None, amount)):
        with pytest.raises(UsageProblem, match="no metric to compare with"):
            parse_metric([], *given)
    with pytest.raises(UsageProblem, match="cannot be inf"):
        parse_metric(["auc=1"], float("inf"))


@pytest.mark.parametrize(
    ("metric", "text"),
    [
        (None, ""), ({}, ""), ({"name": "auc"}, "auc"),
        ({"name": "auc", "value": 0.0}, "auc 0"), ({"name": "auc", "target": 0.0}, "auc >=0"),
        ({"name": "auc", "value": 0.917, "target": 0.92}, "auc .917/>=.92"),
        ({"name": "loss", "value": 1.5, "target": 0.1, "direction": "<="}, "loss 1.5/<=.1"),
        ({"name": "auc", "value": 0.1234567}, "auc .123457"),
        ({"name": "auc", "value": -0.5}, "auc -0.5"), ({"name": "auc", "value": 10.5}, "auc 10.5"),
        # As many digits as it takes not to look as if the target were reached.
        ({"name": "auc", "value": 0.91999996, "target": 0.92}, "auc .91999996/>=.92"),
    ],
)  # fmt: skip
def test_a_metric_on_a_card(metric, text) -> None:
    assert metric_text(metric) == text


@pytest.mark.parametrize(
    ("direction", "below", "at", "above"),
    [(">=", False, True, True), ("<=", True, True, False), (None, False, True, True)],
)
def test_a_target_is_reached_from_its_own_value_on(direction, below, at, above) -> None:
    metric = {"name": "auc", "direction": direction, "target": 0.5}
    assert [reaches(metric, value) for value in (0.4, 0.5, 0.6)] == [below, at, above]
    assert not reaches({"name": "auc", "direction": direction}, 0.5)
    zero = {"name": "auc", "direction": direction, "target": 0.0}
    assert [reaches(zero, value) for value in (-1.0, 0.0, 1.0)] == [below, at, above]


@pytest.mark.parametrize(
    ("number", "short"),
    [(0.917, ".917"), (0.0, "0"), (1.0, "1"), (-0.5, "-0.5"), (10.25, "10.25"), (1e-9, "1e-09"),
     (0.1 + 0.2, ".3"), (0.123456789012345, ".123456789012345")],
)  # fmt: skip
def test_every_cell_counts(number: float, short: str) -> None:
    assert compact(number) == short
    assert precise(number).removeprefix("0") in (short, "")


def test_a_number_stays_on_its_side_of_the_target() -> None:
    assert number_text(0.123456) == "0.1235"
    assert number_text(0.123456, digits=2) == "0.12"
    target = {"name": "auc", "target": 0.92}
    assert number_text(0.919993, target) == "0.91999"
    assert number_text(0.92, target) == "0.92"
    assert number_text(0.9999, {"name": "auc"}, digits=2) == "1"
    closest = math.nextafter(0.92, 0)
    assert float(number_text(closest, target)) == closest
    third = {"name": "auc", "target": 1 / 3}
    assert number_text(1 / 3, third) in ("0.3333333333333333", repr(1 / 3))


def test_an_aim_has_a_target() -> None:
    assert accept_aim(" auc>=0.9 ") == "auc>=0.9"
    for text in ("auc=0.9", "none"):
        with pytest.raises(UsageProblem, match="does not say what to reach"):
            accept_aim(text)
