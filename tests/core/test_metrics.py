"""How a metric is typed."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.metrics import (
    CardMetrics,
    GuardState,
    accept_target,
    broken_text,
    compact,
    guard_state,
    is_broken,
    metric_text,
    metric_texts,
    metrics_in,
    number_text,
    parse_metrics,
    precise,
    reaches,
    rounded_text,
    split_metrics,
    spread_text,
    state_of,
)
from mlkanban.errors import UsageProblem


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("", ()),
        ("val_auc>=0.92", ("val_auc>=0.92",)),
        ("val_auc>=0.92 val_auc=0.917", ("val_auc>=0.92", "val_auc=0.917")),
        ("no metric at all", ("no metric at all",)),
        ("auc>=.9 p95<=50", ("auc>=.9", "p95<=50")),
    ],
)
def test_a_line_is_split_into_its_metrics(line: str, parts: tuple[str, ...]) -> None:
    assert tuple(part.strip() for part in split_metrics(line)) == parts


def packed(*written: str, typed: bool = False) -> str:
    """What a face keeps of metrics that were written so."""
    return parse_metrics(written)._replace(typed=typed).packed


AUC = {"name": "auc", "direction": ">=", "target": 0.9}
P95 = {"name": "p95", "direction": "<=", "target": 50.0}
FPR = {"name": "fpr", "direction": "<=", "target": 1.25}


@pytest.mark.parametrize(
    "written", [["auc>=.9 auc=.8"], ["auc>=.9", "auc=.8"], [" auc=.8 auc>=.9 "]]
)
def test_target_and_value_are_typed_in_one_text_or_in_two(written: list[str]) -> None:
    made = CardMetrics({**AUC, "value": 0.8})
    assert parse_metrics(written) == made
    assert parse_metrics(["None"], before=made) == CardMetrics()


def test_an_empty_text_is_no_metric() -> None:
    with pytest.raises(UsageProblem, match="'' is not a metric"):
        parse_metrics([""])


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
    assert parse_metrics([written]) == CardMetrics(made)


@pytest.mark.parametrize("written", ["auc>=", "auc>=high", "auc>=nan", "auc=inf", "auc>0.9", "=1"])
def test_what_is_no_metric_is_refused(written: str) -> None:
    with pytest.raises(UsageProblem):
        parse_metrics([written])


def test_what_is_not_typed_stays_as_long_as_it_is_the_same_metric() -> None:
    before = CardMetrics({**AUC, "noise": 0.01})
    assert before.metric is not None
    assert parse_metrics(["auc=0.8"], before=before).metric == {**before.metric, "value": 0.8}
    assert parse_metrics(["auc<=0.2"], before=before).metric == {
        **before.metric, "direction": "<=", "target": 0.2,
    }  # fmt: skip
    assert parse_metrics(["f1=0.8"], before=before) == CardMetrics({"name": "f1", "value": 0.8})
    assert parse_metrics([], before=before) == before
    assert parse_metrics([]) == CardMetrics()
    assert parse_metrics(["none", "f1=1"], before=before) == CardMetrics(
        {"name": "f1", "value": 1.0}
    )
    assert before == CardMetrics({**AUC, "noise": 0.01}), "the metrics before are not touched"


@pytest.mark.parametrize(
    "written", [["auc>=.9 p95<=50 fpr<=1.25"], ["auc>=.9", "p95<=50", "fpr<=1.25"]]
)
def test_the_first_is_the_metric_and_the_others_are_guards(written: list[str]) -> None:
    assert parse_metrics(written) == CardMetrics(AUC, (P95, FPR))


def test_guards_stay_until_they_are_taken_away() -> None:
    before = CardMetrics(AUC, (P95, FPR))
    assert parse_metrics(["auc>=.95"], before=before).guards == (P95, FPR)
    assert parse_metrics(["p95<=40"], before=before) == CardMetrics(
        AUC, ({**P95, "target": 40.0}, FPR)
    )
    assert parse_metrics(["p95=48"], before=before) == CardMetrics(
        AUC, ({**P95, "value": 48.0}, FPR)
    )
    assert parse_metrics(["auc>=.9", "ram<=8"], before=before) == CardMetrics(
        AUC, (P95, FPR, {"name": "ram", "direction": "<=", "target": 8.0})
    )
    assert parse_metrics(["f1>=.5"], before=before) == CardMetrics(
        {"name": "f1", "direction": ">=", "target": 0.5}, (P95, FPR)
    )
    assert parse_metrics(["p95=none"], before=before) == CardMetrics(AUC, (FPR,))
    assert parse_metrics(["auc=none"], before=before) == CardMetrics(P95, (FPR,)), (
        "the next one moves up"
    )
    assert parse_metrics(["none"], before=before) == CardMetrics()
    with pytest.raises(UsageProblem, match="no metric ram"):
        parse_metrics(["ram=none"], before=before)
    lost = CardMetrics(None, (P95,))
    assert CardMetrics.read(lost.packed) == lost, "a guard is never taken for the metric"
    assert parse_metrics(["auc>=.9"], before=lost) == CardMetrics(AUC, (P95,)), (
        "a merge left it no metric"
    )


def test_a_guard_has_a_limit() -> None:
    with pytest.raises(UsageProblem, match="p95 is a guard beside the metric, and has no limit"):
        parse_metrics(["auc>=.9", "p95=48"])
    assert parse_metrics(["auc>=.9 p95=48 p95<=50"]).guards == ({**P95, "value": 48.0},)


@given(st.lists(st.sampled_from("abcdef"), min_size=1, unique=True), st.data())
def test_metrics_are_read_back_as_they_were_written(names: list[str], data) -> None:
    signs = st.sampled_from([">=", "<="])
    parts = [f"{name}{data.draw(signs)}{at}" for at, name in enumerate(names)]
    made = parse_metrics(parts)
    assert parse_metrics([" ".join(parts)]) == made
    assert metrics_in(made.fields) == made
    assert CardMetrics.read(made.packed) == made
    assert [text.split(" ")[0] for text in metric_texts(made)] == names


@pytest.mark.parametrize("direction", [">=", "<="])
def test_a_guard_holds_up_to_its_limit(direction: str) -> None:
    guard = {"name": "p95", "direction": direction, "target": 50.0}
    beyond = 50.5 if direction == "<=" else 49.5
    assert not is_broken(guard), "not measured is not broken"
    assert not is_broken({**guard, "value": 50.0})
    assert is_broken({**guard, "value": beyond})
    assert broken_text({**guard, "value": beyond}) == f"p95 {beyond}, not {direction}50"
    assert guard_state(guard, None) is GuardState.NOT_MEASURED
    assert guard_state(guard, 50.0) is GuardState.HELD
    assert guard_state(guard, beyond) is GuardState.BROKEN
    assert guard_state(guard, 50.0, 0.5) is GuardState.OPEN
    within = 2 * 50.0 - beyond
    assert guard_state(guard, within, abs(beyond - 50.0)) is GuardState.HELD
    assert state_of({**guard, "value": within}) is GuardState.HELD
    assert state_of({**guard, "value": within, "state": "open"}) is GuardState.OPEN


def test_what_a_face_keeps_of_metrics_is_json() -> None:
    metrics = CardMetrics({**AUC, "noise": 0.01, "value": 0.95}, ({"name": "lat/p95 ms"},), True)
    assert json.loads(metrics.packed) == {
        "metric": {**AUC, "value": 0.95}, "guards": [{"name": "lat/p95 ms"}], "typed": True,
    }  # fmt: skip
    assert CardMetrics.read(metrics.packed) == CardMetrics(
        {**AUC, "value": 0.95}, metrics.guards, True
    )
    assert CardMetrics().packed == ""
    assert CardMetrics.read("") == CardMetrics()


@pytest.mark.parametrize("amount", [0.0, 0.5, -2.0])
def test_what_a_metric_is_compared_with_needs_a_metric(amount: float) -> None:
    made = {"name": "auc", "value": 1.0}
    assert parse_metrics(["auc=1"], amount) == CardMetrics({**made, "baseline": amount})
    assert parse_metrics(["auc=1"], None, amount) == CardMetrics({**made, "noise": amount})
    assert parse_metrics([], amount, amount, CardMetrics(made, (P95,))) == CardMetrics(
        {**made, "baseline": amount, "noise": amount}, (P95,)
    )
    for given_amounts in ((amount, None), (None, amount)):
        with pytest.raises(UsageProblem, match="no metric to compare with"):
            parse_metrics([], *given_amounts)
    with pytest.raises(UsageProblem, match="cannot be inf"):
        parse_metrics(["auc=1"], float("inf"))


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
    assert rounded_text(0.123456, None, 2) == "0.12"
    target = {"name": "auc", "target": 0.92}
    assert number_text(0.919993, target) == "0.91999"
    assert number_text(0.92, target) == "0.92"
    assert rounded_text(0.9999, {"name": "auc"}, 2) == "1"
    closest = math.nextafter(0.92, 0)
    assert float(number_text(closest, target)) == closest
    third = {"name": "auc", "target": 1 / 3}
    assert number_text(1 / 3, third) in ("0.3333333333333333", repr(1 / 3))


@pytest.mark.parametrize(
    ("value", "target", "text"),
    [
        (0.94097, 0.95, "0.941"), (0.943431, 0.9, "0.943"), (48.7134, 50, "48.7"),
        (12345.678, 13000, "12346"), (0.0123, 50, "0.0123"), (0.95123, 0.9501, "0.9512"),
        (15234.5, None, "15234"), (0.95123456, None, "0.9512"), (2469134.5, None, "2.469e+06"),
    ],
)  # fmt: skip
def test_a_value_has_the_digits_that_its_target_asks_for(value, target, text) -> None:
    assert number_text(value, {"name": "m", "target": target} if target else None) == text
    assert number_text(-value, {"name": "m", "target": -target} if target else None) == f"-{text}"


def test_a_spread_has_the_digits_that_tell() -> None:
    shown = [spread_text(sd) for sd in (0.00071, 0.0094, 0.0136, 0.0364, 0.4, 42, 421.3)]
    assert shown == ["0.0007", "0.009", "0.014", "0.04", "0.4", "42", "421"]


def test_an_aim_has_a_target() -> None:
    assert accept_target(" auc>=0.9 ") == "auc>=0.9"
    assert accept_target("auc>=0.9 p95<=50") == "auc>=0.9 p95<=50"
    for text in ("auc=0.9", "none"):
        with pytest.raises(UsageProblem, match="does not say what to reach"):
            accept_target(text)
