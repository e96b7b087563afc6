"""Worth in words: what a value of a metric brings."""

from typing import Literal, TypedDict

from mlkanban.core.metrics import compact, number_text
from mlkanban.core.profit_curve import MetricWorth

_STEPS = {0.1: "tenth", 0.01: "hundredth", 0.001: "thousandth", 0.0001: "ten-thousandth"}
_DIGITS = 3


def money(amount: float, unit: str = "") -> str:
    """`28,900 EUR/year`: in three digits, for a curve through a few points is no more exact."""
    rounded = float(f"{amount:.{_DIGITS}g}")
    return f"{rounded + 0.0:,.12g} {unit}".rstrip()


def compact_value(at: MetricWorth) -> str:
    """`.944`."""
    return compact(float(number_text(at.value)))


def value_text(at: MetricWorth) -> str:
    """`.944 +- .004`."""
    text = compact_value(at)
    return text if not at.margin else f"{text} +- {compact(float(f'{at.margin:.2g}'))}"


def stands_text(at: MetricWorth) -> str:
    """`val_auc .944 +- .004 = 28,900 EUR/year (27,500..30,300)`."""
    text = f"{at.metric} {value_text(at)} = {money(at.worth, at.unit)}"
    if at.margin and at.low != at.high:
        text += f" ({money(at.low)}..{money(at.high)})"
    return text


def worth_text(at: MetricWorth | None) -> str:
    """The same with what one step more brings: `...; one more thousandth: 350`. '' for none."""
    return f"{stands_text(at)}; {step_text(at)}" if at else ""


def step_text(at: MetricWorth) -> str:
    """`one more thousandth: 350`; beyond the points of the curve that is said instead."""
    if at.beyond:
        return f"{at.beyond} all points of the curve, flat there"
    size = abs(at.step)
    name = next((word for step, word in _STEPS.items() if abs(size / step - 1) < 1e-9), "")
    less = at.step < 0
    if name:
        step = f"one {name} less" if less else f"one more {name}"
    else:
        step = f"{size:,.12g} {'less' if less else 'more'}"
    return f"{step}: {money(at.more)}"


class MetricWorthJson(TypedDict):
    """What a value brings, in `unit`. It is trusted to `margin`, which brings from `low` to `high`;
    a better value by one `step` brings `more`. `beyond` the points the curve is flat."""

    metric: str
    value: float
    margin: float | None
    worth: float
    low: float
    high: float
    step: float
    more: float
    unit: str
    beyond: Literal["below", "above", ""]


def worth_json(at: MetricWorth) -> MetricWorthJson:
    return {
        "metric": at.metric, "value": at.value, "margin": at.margin, "worth": at.worth,
        "low": at.low, "high": at.high, "step": at.step, "more": at.more, "unit": at.unit,
        "beyond": at.beyond,
    }  # fmt: skip
