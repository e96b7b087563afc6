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


Goal = Mapping[str, Any]
"""A metric as it is stored: its name, direction, target, baseline, noise and value."""


class Goals(NamedTuple):
    """What a card aims at: the `metric` that it is for, and the `guards`, limits that must hold
    too."""

    metric: dict[str, Any] | None = None
    guards: tuple[dict[str, Any], ...] = ()

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of a card that hold them."""
        return {"metric": self.metric, "guards": [*self.guards] or None}


class MetricParts(NamedTuple):
    """The typed parts of the goals of a card: the arguments of `parse_goals` except the goals
    before. `keeps_metric`: the metric was named before these parts, so new names are guards."""

    written: Sequence[str] = ()
    baseline: float | None = None
    noise: float | None = None
    keeps_metric: bool = False

    def goals(self, before: Goals) -> Goals:
        """The goals with these parts, from those `before`."""
        return parse_goals(
            self.written, self.baseline, self.noise, before, keeps_metric=self.keeps_metric
        )


def goals_in(fields: Mapping[str, Any]) -> Goals:
    """The goals of a card with these stored fields."""
    metric = fields.get("metric")
    return Goals(dict(metric) if metric else None, tuple(map(dict, fields.get("guards") or ())))


def parse_goals(
    written: Sequence[str],
    baseline: float | None = None,
    noise: float | None = None,
    before: Goals | None = None,
    *,
    keeps_metric: bool = False,
) -> Goals:
    """Parse goals from targets (`val_auc>=0.92`) and values (`val_auc=0.91`), each by itself or
    several in one text.

    The first name is that of the metric, unless it is that of a guard before or the text
    `keeps_metric`; further names are those of guards, which need a limit. Parts that are not typed
    stay as they were `before`, and so do guards that are not named. `p95_ms=none` takes a goal
    away, `none` all of them.
    """
    had = before or Goals()
    goals = {goal["name"]: dict(goal) for goal in (had.metric, *had.guards) if goal}
    replaced = had.metric and had.metric["name"]
    named = keeps_metric
    parts = [part for text in written for part in split_metrics(text.strip()) or (text,)]
    for text in parts:
        if text.lower() == NONE:
            goals.clear()
            continue
        match = _METRIC.fullmatch(text)
        if not match:
            raise UsageProblem(
                f"{text!r} is not a metric.", "Write val_auc>=0.92, loss<=0.1 or val_auc=0.91."
            )
        name, sign, number = match.groups()
        if sign == "=" and number.lower() == NONE:
            if goals.pop(name, None) is None:
                raise UsageProblem(f"The card has no metric {name}.", "Nothing was changed.")
            named = True
            continue
        if name not in goals and not named:
            goals.pop(replaced, None)
            goals = {name: {"name": name}, **goals}
        goals.setdefault(name, {"name": name})
        named = True
        if sign == "=":
            goals[name]["value"] = _number(number)
        else:
            goals[name] |= {"direction": sign, "target": _number(number)}
    if (baseline is not None or noise is not None) and not goals:
        raise UsageProblem("There is no metric to compare with.", "Name it, as in val_auc>=0.92.")
    metric, *guards = goals.values() or [None]
    for key, amount in (("baseline", baseline), ("noise", noise)):
        if amount is not None and metric is not None:
            metric[key] = _finite(amount, str(amount))
    for guard in guards:
        require_limit(guard or {})
    return Goals(metric, tuple(guard for guard in guards if guard))


def require_limit(guard: Goal) -> None:
    """UsageProblem for a guard that says nothing of what must hold."""
    if guard.get("target") is None:
        name = guard["name"]
        raise UsageProblem(
            f"{name} is a guard beside the metric, and has no limit.", f"Write {name}<=50."
        )


def accept_aim(text: str) -> str:
    """`val_auc>=0.92` as it was typed, or several such, if each has a target; else
    UsageProblem."""
    made = parse_goals([accept(text, "the metric")])
    if made.metric is None or "target" not in made.metric:
        raise UsageProblem(
            f"{text!r} does not say what to reach.", "Write val_auc>=0.92 or loss<=0.1."
        )
    return text.strip()


def split_metrics(line: str) -> tuple[str, ...]:
    """Split one line, `val_auc>=0.92 val_auc=0.917`, into arguments for `parse_goals`."""
    if not line or not _SEVERAL.fullmatch(line):
        return (line,) if line else ()
    return tuple(match[0].strip() for match in _METRIC.finditer(line))


def goals_text(goals: Goals) -> str:
    """The metric in few cells, '' for none, and each guard on a line of its own."""
    return "\n".join(map(metric_text, (goals.metric, *goals.guards)))


def is_broken(guard: Goal) -> bool:
    """Whether a guard stands at a value beyond its limit. Where it stands is not always known."""
    return guard.get("value") is not None and not reaches(guard, guard["value"])


def is_beyond(value: float, limit: str) -> bool:
    """Whether a value is beyond a limit as a face has it: `<=50`."""
    return value > float(limit[2:]) if limit.startswith("<=") else value < float(limit[2:])


def broken_text(guard: Goal) -> str:
    """`p95_ms 61, not <=50`."""
    value = number_text(guard["value"], guard, digits=6)
    return (
        f"{guard['name']} {value}, not {guard.get('direction') or '>='}{precise(guard['target'])}"
    )


def metric_text(metric: Mapping[str, Any] | None) -> str:
    """A metric in few cells: `val_auc .917/>=.92`; '' for none."""
    if not metric:
        return ""
    value, target = metric.get("value"), metric.get("target")
    shown = [] if value is None else [_compact(number_text(value, metric, digits=6))]
    shown += [] if target is None else [f"{metric.get('direction') or '>='}{compact(target)}"]
    return f"{metric['name']} {'/'.join(shown)}".rstrip()


def has_direction(metric: Mapping[str, Any]) -> bool:
    """Whether it is known which values are better; a target without a direction is a least one."""
    return bool(metric.get("direction")) or metric.get("target") is not None


def reaches(metric: Mapping[str, Any], value: float) -> bool:
    """Whether a value meets the target; False without a target."""
    target = metric.get("target")
    if target is None:
        return False
    return bool(value <= target if metric.get("direction") == "<=" else value >= target)


def goal_named(name: str, metric: Goal | None) -> Goal | None:
    """The metric of a card where it has that name, else None: a target is only for its own
    metric."""
    return metric if metric and metric.get("name") == name else None


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
