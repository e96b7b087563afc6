"""How a metric is typed."""

import pytest

from mlkanban.core.metrics import parse_metric, split_metrics
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
