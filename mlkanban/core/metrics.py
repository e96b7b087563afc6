"""Metrics as people type them, and as a card shows them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from mlkanban.errors import UsageProblem
from mlkanban.patterns import pattern
from mlkanban.text import accept

NONE = "none"
_READING = pattern(r"\s*([^\s<>=][^<>=]*?)\s*=\s*([^\s<>=]+)\s*")
_METRIC = pattern(r"\s*([^<>=]+?)\s*(>=|<=|=)\s*(\S+)\s*")
_ONE = r"[^\s<>=][^<>=]*?\s*(?:>=|<=|=)\s*[^\s<>=]+"
_SEVERAL = pattern(rf"\s*{_ONE}(?:\s+{_ONE})*\s*")


_DIGITS = 4
"""Of a value without a target."""
_LEAST_DIGITS = 3
_WHOLE_DIGITS = 6
"""So long a number is shown without an exponent, whatever its digits."""
_FAR = 3
"""Digits by which a value is so much longer than its target that they are told apart at sight."""
_TWO_DIGITS_BELOW = 3.55
_DECIMALS = 6
"""The most decimals of a column."""

MetricFields = Mapping[str, Any]
"""A metric as it is stored: its name, direction, target, baseline, noise and value. A guard at the
value of runs has a `state` where the value alone does not say it."""


_ON_FACES = ("name", "direction", "target", "value", "state")


class CardMetrics(NamedTuple):
    """What a card is measured by: the `metric` that it is for, and the `guards`, limits that must
    hold too. `typed` is whether the metric stands at a value that a person wrote although the card
    has runs."""

    metric: dict[str, Any] | None = None
    guards: tuple[dict[str, Any], ...] = ()
    typed: bool = False

    @property
    def name(self) -> str:
        """The name of the metric; '' for none."""
        return str(self.metric["name"]) if self.metric else ""

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of a card that hold them."""
        return {"metric": self.metric, "guards": [*self.guards] or None}

    @property
    def all(self) -> tuple[dict[str, Any], ...]:
        """The metric, if there is one, and the guards."""
        return (self.metric, *self.guards) if self.metric else self.guards

    @property
    def packed(self) -> str:
        """The JSON that a face keeps of them, without baseline and noise; '' for none."""
        if not self.all:
            return ""
        kept: dict[str, Any] = {"metric": _on_face(self.metric)} if self.metric else {}
        if self.guards:
            kept["guards"] = [*map(_on_face, self.guards)]
        if self.typed:
            kept["typed"] = True
        return json.dumps(kept, separators=(",", ":"))

    @classmethod
    def read(cls, packed: str) -> CardMetrics:
        """What `packed` holds, to be read only; none for ''."""
        return _read(packed) if packed else cls()


@lru_cache(maxsize=1 << 14)  # a filter reads those of all cards again with each key
def _read(packed: str) -> CardMetrics:
    kept = json.loads(packed)
    return CardMetrics(kept.get("metric"), tuple(kept.get("guards", ())), kept.get("typed", False))


def _on_face(metric: MetricFields) -> dict[str, Any]:
    return {name: metric[name] for name in _ON_FACES if metric.get(name) is not None}


class GuardState(StrEnum):
    """Whether a limit holds. It is open where the mean of runs holds it, and their spread reaches
    beyond it."""

    HELD = "held"
    BROKEN = "broken"
    OPEN = "open"
    NOT_MEASURED = "not measured"


def guard_state(guard: MetricFields, value: float | None, spread: float = 0.0) -> GuardState:
    """The state of a guard that stands at `value`, None for one that is not measured. `spread` is
    the standard deviation of the runs whose mean that is."""
    if value is None:
        return GuardState.NOT_MEASURED
    if not reaches(guard, value):
        return GuardState.BROKEN
    worse = value + spread if direction_of(guard) == "<=" else value - spread
    return GuardState.HELD if reaches(guard, worse) else GuardState.OPEN


def state_of(guard: MetricFields) -> GuardState:
    """The state of a guard of a card: the one that its runs gave it, or by the value that it stands
    at."""
    state = guard.get("state")
    return GuardState(state) if state else guard_state(guard, guard.get("value"))


def is_broken(guard: MetricFields) -> bool:
    """Whether a guard stands beyond its limit."""
    return state_of(guard) is GuardState.BROKEN


class MetricParts(NamedTuple):
    """The typed parts of the metrics of a card: the arguments of `parse_metrics` except `before`.
    `keeps_metric`: the metric was named before these parts, so new names are guards."""

    written: Sequence[str] = ()
    baseline: float | None = None
    noise: float | None = None
    keeps_metric: bool = False

    def metrics(self, before: CardMetrics) -> CardMetrics:
        """The metrics with these parts, from those `before`."""
        return parse_metrics(
            self.written, self.baseline, self.noise, before, keeps_metric=self.keeps_metric
        )


def metrics_in(fields: Mapping[str, Any]) -> CardMetrics:
    """The metric and the guards of a card with these stored fields."""
    metric = fields.get("metric")
    return CardMetrics(
        dict(metric) if metric else None, tuple(map(dict, fields.get("guards") or ()))
    )


def parse_metrics(
    written: Sequence[str],
    baseline: float | None = None,
    noise: float | None = None,
    before: CardMetrics | None = None,
    *,
    keeps_metric: bool = False,
) -> CardMetrics:
    """Parse metrics from targets (`val_auc>=0.92`) and values (`val_auc=0.91`), each by itself or
    several in one text.

    The first name is that of the metric, unless it is that of a guard before or the text
    `keeps_metric`; further names are those of guards, which need a limit. Parts that are not typed
    stay as they were `before`, and so do guards that are not named. `p95_ms=none` takes it away,
    `none` all of them.
    """
    had = before or CardMetrics()
    metrics = {metric["name"]: dict(metric) for metric in had.all}
    replaced = had.metric and had.metric["name"]
    named = keeps_metric
    parts = [part for text in written for part in split_metrics(text.strip()) or (text,)]
    for text in parts:
        if text.lower() == NONE:
            metrics.clear()
            continue
        match = _METRIC.fullmatch(text)
        if not match:
            raise UsageProblem(
                f"{text!r} is not a metric.", "Write val_auc>=0.92, loss<=0.1 or val_auc=0.91."
            )
        name, sign, number = match.groups()
        if sign == "=" and number.lower() == NONE:
            if metrics.pop(name, None) is None:
                raise UsageProblem(f"The card has no metric {name}.", "Nothing was changed.")
            named = True
            continue
        if name not in metrics and not named:
            metrics.pop(replaced, None)
            metrics = {name: {"name": name}, **metrics}
        metrics.setdefault(name, {"name": name})
        named = True
        if sign == "=":
            metrics[name]["value"] = _number(number)
        else:
            metrics[name] |= {"direction": sign, "target": _number(number)}
    if (baseline is not None or noise is not None) and not metrics:
        raise UsageProblem("There is no metric to compare with.", "Name it, as in val_auc>=0.92.")
    metric, *guards = metrics.values() or [None]
    for key, amount in (("baseline", baseline), ("noise", noise)):
        if amount is not None and metric is not None:
            metric[key] = _finite(amount, str(amount))
    for guard in guards:
        require_limit(guard or {})
    return CardMetrics(metric, tuple(guard for guard in guards if guard))


def require_limit(guard: MetricFields) -> None:
    """UsageProblem for a guard that says nothing of what must hold."""
    if guard.get("target") is None:
        name = guard["name"]
        raise UsageProblem(
            f"{name} is a guard beside the metric, and has no limit.", f"Write {name}<=50."
        )


def accept_target(text: str) -> str:
    """`val_auc>=0.92` as it was typed, or several such, if each has a target; else
    UsageProblem."""
    made = parse_metrics([accept(text, "the metric")])
    if made.metric is None or "target" not in made.metric:
        raise UsageProblem(
            f"{text!r} does not say what to reach.", "Write val_auc>=0.92 or loss<=0.1."
        )
    return text.strip()


def split_metrics(line: str) -> tuple[str, ...]:
    """Split one line, `val_auc>=0.92 val_auc=0.917`, into arguments for `parse_metrics`."""
    if not line or not _SEVERAL.fullmatch(line):
        return (line,) if line else ()
    return tuple(match[0].strip() for match in _METRIC.finditer(line))


def metric_texts(metrics: CardMetrics) -> list[str]:
    """The metric in few cells, if there is one, and each guard."""
    return [*map(metric_text, metrics.all)]


def broken_text(guard: MetricFields) -> str:
    """`p95_ms 61, not <=50`."""
    return f"{guard['name']} {_value_text(guard)}, not {limit_text(guard)}"


def open_text(guard: MetricFields) -> str:
    """`p95_ms 48.7, and <=50 lies within the spread`."""
    text = f"{guard['name']} {_value_text(guard)}"
    return f"{text}, and {limit_text(guard)} lies within the spread"


def direction_of(metric: MetricFields) -> Literal[">=", "<="]:
    """Which side of its target is good: `>=`, or `<=`."""
    return "<=" if metric.get("direction") == "<=" else ">="


def limit_text(guard: MetricFields) -> str:
    """`<=0.5`, as a person types it."""
    return f"{direction_of(guard)}{precise(guard['target'])}"


def value_text(metric: MetricFields) -> str:
    """Where a metric stands, in few cells: `.917`; '' for nowhere."""
    return "" if metric.get("value") is None else _compact(number_text(metric["value"], metric))


def _value_text(metric: MetricFields, digits: int = 4) -> str:
    """Where a metric stands in so many digits, or as it is where that is shorter."""
    value = metric["value"]
    return min(precise(value), rounded_text(value, metric, digits), key=len)


def target_text(metric: MetricFields) -> str:
    """What a metric is to reach, in few cells: `>=.92`; '' for nothing."""
    target = metric.get("target")
    return "" if target is None else f"{direction_of(metric)}{compact(target)}"


def metric_text(metric: MetricFields | None) -> str:
    """A metric in few cells: `val_auc .917/>=.92`; '' for none. The value has six digits: a person
    may have typed it."""
    if not metric:
        return ""
    value = "" if metric.get("value") is None else _compact(_value_text(metric, 6))
    shown = "/".join(filter(None, (value, target_text(metric))))
    return f"{metric['name']} {shown}".rstrip()


def has_direction(metric: Mapping[str, Any]) -> bool:
    """Whether it is known which values are better; a target without a direction is a least one."""
    return bool(metric.get("direction")) or metric.get("target") is not None


def reaches(metric: Mapping[str, Any], value: float) -> bool:
    """Whether a value meets the target; False without a target."""
    target = metric.get("target")
    if target is None:
        return False
    return bool(value <= target if direction_of(metric) == "<=" else value >= target)


def metric_named(name: str, metric: MetricFields | None) -> MetricFields | None:
    """The metric of a card where it has that name, else None: a target is only for its own
    metric."""
    return metric if metric and metric.get("name") == name else None


def parse_reading(text: str, example: str = "psi=0.31") -> tuple[str, float]:
    """Parse the name and value of `psi=0.31`."""
    match = _READING.fullmatch(text)
    if not match:
        raise UsageProblem(f"{text!r} is not a value of a metric.", f"Write it as {example}.")
    return match[1], parse_number(match[2])


def parse_number(text: str) -> float:
    """Parse a finite number."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageProblem(f"{text!r} is not a number.", "Write it as 0.31 or 1e-3.")
    return value


def compact(number: float) -> str:
    """`.917` for 0.917: every cell counts on a card."""
    return _compact(precise(number))


def compact_text(text: str) -> str:
    """`.917` for `0.917`, `-.5` for `-0.5`, `+.5` for `+0.5`."""
    sign = text[:1] if text[:1] in ("-", "+") else ""
    rest = text[len(sign) :]
    return f"{sign}{rest[1:] if rest.startswith('0.') else rest}"


def _compact(text: str) -> str:
    return text[1:] if text.startswith("0.") else text


def precise(number: float) -> str:
    """A number as a person typed it."""
    return f"{number:.15g}"


def exponent(number: float) -> int:
    """The power of ten of the first of two digits of a number: -2 for 0.01, and for 0.00999999."""
    return int(f"{number:.1e}".partition("e")[2])


def number_text(value: float, metric: Mapping[str, Any] | None = None) -> str:
    """A value of a metric in the digits that it needs, the same on every surface: four, or fewer
    where it has one decimal more than its target; as many decimals as the target in any case. The
    part before the point is whole, and a value stays on its side of the target: 0.919993 is not
    shown as 0.92 where 0.92 would be reached."""
    return rounded_text(value, metric, _digits_needed(value, metric))


def rounded_text(value: float, metric: Mapping[str, Any] | None, digits: int) -> str:
    """A value of a metric rounded to so many digits, or to as many more as it takes to stay on its
    side of the target."""
    for many in range(digits, 17):
        text = f"{value:.{many}g}"
        if metric is None or reaches(metric, float(text)) == reaches(metric, value):
            return text
    return repr(value)


def aligned(values: Sequence[tuple[float, str]]) -> list[str]:
    """Values with as many decimals as the text of each needs, so that their points stand below one
    another in a column."""
    texts = [text for _, text in values]
    if any("e" in text for text in texts):
        return texts
    decimals = min(_DECIMALS, max((len(text.partition(".")[2]) for text in texts), default=0))
    return [
        f"{value:.{decimals}f}" if len(text.partition(".")[2]) <= decimals else text
        for value, text in values
    ]


def _digits_needed(value: float, metric: Mapping[str, Any] | None) -> int:
    """How many digits of a value are shown."""
    before_point = exponent(value) + 1
    least = max(_DIGITS, _digits_before_point(value))
    target = (metric or {}).get("target")
    if target is None or before_point > max(_WHOLE_DIGITS, exponent(target) + _FAR):
        return least
    decimals = len(f"{target:.15f}".rstrip("0").partition(".")[2])
    return max(_LEAST_DIGITS, min(before_point + decimals + 1, max(least, before_point + decimals)))


def _digits_before_point(number: float) -> int:
    """The digits before the point of a number that is shown without an exponent, else 0."""
    before_point = exponent(number) + 1
    return before_point if 0 < before_point <= _WHOLE_DIGITS else 0


def mean_text(mean: float, size: float | None, metric: Mapping[str, Any] | None) -> str:
    """A mean with the decimals of `size`, the spread or difference that it is told apart by; as any
    value of its metric without one."""
    if not size or not mean:
        return number_text(mean, metric)
    digits = exponent(mean) - exponent(size) + spread_digits(size)
    digits = max(_LEAST_DIGITS, _digits_before_point(mean), digits)
    return rounded_text(mean, metric, min(15, digits))


def spread_text(spread: float) -> str:
    """A standard deviation in the digits that tell: one, or two from 10 to 35, as physicists round
    theirs."""
    digits = max(spread_digits(spread), _digits_before_point(spread))
    return f"{spread:.{digits}g}"


def spread_digits(spread: float) -> int:
    """How many digits of a standard deviation tell."""
    return 2 if float(f"{spread:.1e}".partition("e")[0]) < _TWO_DIGITS_BELOW else 1


def _number(text: str) -> float:
    try:
        return _finite(float(text), text)
    except ValueError:
        raise UsageProblem(f"{text!r} is not a number.", "Write it as 0.92 or 1e-3.") from None


def _finite(number: float, text: str) -> float:
    if not math.isfinite(number):
        raise UsageProblem(f"A metric cannot be {text}.", "Write a finite number such as 0.92.")
    return number
