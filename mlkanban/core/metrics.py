"""Metrics as people type them, and as a card shows them."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mlkanban.errors import UsageProblem
from mlkanban.text import accept

NONE = "none"
TYPED = " typed"
"""Behind a value on a face that a person wrote, where the card has runs."""
_METRIC = re.compile(r"\s*([^<>=]+?)\s*(>=|<=|=)\s*(\S+)\s*")
_ONE = r"[^\s<>=][^<>=]*?\s*(?:>=|<=|=)\s*[^\s<>=]+"
_SEVERAL = re.compile(rf"\s*{_ONE}(?:\s+{_ONE})*\s*")


class MetricParts(NamedTuple):
    """The typed parts of a metric: the arguments of `parse_metric` except the metric before."""

    written: Sequence[str] = ()
    baseline: float | None = None
    noise: float | None = None


def parse_metric(
    written: Sequence[str],
    baseline: float | None = None,
    noise: float | None = None,
    before: Mapping[str, Any] | None = None,
) -> dict[str, Any] | None:
    """Parse a metric from `val_auc>=0.92` (its target) and `val_auc=0.91` (its value), each by
    itself or both in one text.

    Parts that are not typed stay as they were `before`, as long as it is the same metric; `none`
    clears the metric.
    """
    made = dict(before or {})
    parts = [part for text in written for part in split_metrics(text.strip()) or (text,)]
    for at, text in enumerate(parts):
        if text.lower() == NONE:
            made = {}
            continue
        match = _METRIC.fullmatch(text)
        if not match:
            raise UsageProblem(
                f"{text!r} is not a metric.", "Write val_auc>=0.92, loss<=0.1 or val_auc=0.91."
            )
        name, sign, number = match.groups()
        if at and made.get("name", name) != name:
            raise UsageProblem(
                f"A card has one metric, not both {made['name']} and {name}.",
                "Keep the other one in a note or in the checklist.",
            )
        if made.get("name") != name:
            made = {"name": name}
        if sign == "=":
            made["value"] = _number(number)
        else:
            made |= {"direction": sign, "target": _number(number)}
    if (baseline is not None or noise is not None) and not made:
        raise UsageProblem("There is no metric to compare with.", "Name it, as in val_auc>=0.92.")
    for key, amount in (("baseline", baseline), ("noise", noise)):
        if amount is not None:
            made[key] = _finite(amount, str(amount))
    return made or None


def accept_aim(text: str) -> str:
    """`val_auc>=0.92` as it was typed, if it has a target; else UsageProblem."""
    made = parse_metric([accept(text, "the metric")])
    if made is None or "target" not in made:
        raise UsageProblem(
            f"{text!r} does not say what to reach.", "Write val_auc>=0.92 or loss<=0.1."
        )
    return text.strip()


def split_metrics(line: str) -> tuple[str, ...]:
    """Split one line, `val_auc>=0.92 val_auc=0.917`, into arguments for `parse_metric`."""
    if not line or not _SEVERAL.fullmatch(line):
        return (line,) if line else ()
    return tuple(match[0].strip() for match in _METRIC.finditer(line))


def metric_text(metric: Mapping[str, Any] | None) -> str:
    """A metric in few cells: `val_auc .917/>=.92`; '' for none."""
    if not metric:
        return ""
    value, target = metric.get("value"), metric.get("target")
    shown = [] if value is None else [_compact(number_text(value, metric, digits=6))]
    shown += [] if target is None else [f"{metric.get('direction') or '>='}{compact(target)}"]
    return f"{metric['name']} {'/'.join(shown)}".rstrip()


def reaches(metric: Mapping[str, Any], value: float) -> bool:
    """Whether a value meets the target; False without a target."""
    target = metric.get("target")
    if target is None:
        return False
    return bool(value <= target if metric.get("direction") == "<=" else value >= target)


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


def number_text(value: float, metric: Mapping[str, Any] | None = None, *, digits: int = 4) -> str:
    """A value of a metric rounded to some digits, or to as many as it takes to stay on its side of
    the target: 0.919993 is not shown as 0.92 where 0.92 would be reached."""
    for many in range(digits, 17):
        text = f"{value:.{many}g}"
        if metric is None or reaches(metric, float(text)) == reaches(metric, value):
            return text
    return repr(value)


def _number(text: str) -> float:
    try:
        return _finite(float(text), text)
    except ValueError:
        raise UsageProblem(f"{text!r} is not a number.", "Write it as 0.92 or 1e-3.") from None


def _finite(number: float, text: str) -> float:
    if not math.isfinite(number):
        raise UsageProblem(f"A metric cannot be {text}.", "Write a finite number such as 0.92.")
    return number
