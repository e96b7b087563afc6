"""How a metric is typed."""

import pytest

from mlkanban.core.metrics import split_metrics


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
