"""The goal of a board in words and as JSON: its target, and where the business metric stands."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from mlkanban.core.goal import Goal, GoalReading, GoalTarget

_SIDES = {">=": "at least", "<=": "at most"}


def amount_text(value: float, unit: str = "") -> str:
    """`18,200 EUR/year`: as it was typed, with commas."""
    return f"{value:,.12g} {unit}".rstrip()


def reading_text(reading: GoalReading, unit: str = "") -> str:
    """`eur_saved 18,200 EUR/year: invoices of June`."""
    note = f": {reading.note}" if reading.note else ""
    return f"{reading.metric} {amount_text(reading.value, unit)}{note}"


def target_text(target: GoalTarget) -> str:
    """`eur_saved at least 50,000 EUR/year`."""
    side = _SIDES[target.direction]
    return f"{target.metric} {side} {amount_text(target.target, target.unit)}"


def now_text(goal: Goal, zone: ZoneInfo) -> str:
    """Where the business metric stands against its target: `eur_saved 18,200 EUR/year on
    2026-06-30; target at least 50,000 EUR/year, not reached`. What is not known is said; '' where
    there is neither a target nor a reading."""
    target, reading = goal.target, goal.now
    if reading is None:
        return "" if target is None else f"{target_text(target)}; no reading yet"
    unit = target.unit if target else ""
    now = f"{reading.metric} {amount_text(reading.value, unit)} on {reading_day(reading, zone)}"
    if target is None:
        return now
    wanted = f"{_SIDES[target.direction]} {amount_text(target.target, target.unit)}"
    return f"{now}; target {wanted}, {'reached' if goal.reached else 'not reached'}"


def now_lines(goal: Goal, zone: ZoneInfo) -> list[str]:
    """The same, and the last readings of other metrics."""
    others = [reading for reading in goal.readings if reading is not goal.now]
    first = now_text(goal, zone)
    return [
        *filter(None, [first]),
        *(f"{reading_text(other)} on {reading_day(other, zone)}" for other in others),
    ]


def reading_day(reading: GoalReading, zone: ZoneInfo) -> str:
    """The day of a reading."""
    return f"{datetime.fromisoformat(reading.at).replace(tzinfo=UTC).astimezone(zone):%Y-%m-%d}"


def reading_json(reading: GoalReading) -> dict[str, Any]:
    return reading._asdict()


def goal_json(goal: Goal, board: str, readings: Sequence[GoalReading]) -> dict[str, Any]:
    """`readings` are all of them, oldest first."""
    target = goal.target
    return {
        "board": board,
        "target": target and target._asdict(),
        "now": goal.now and reading_json(goal.now),
        "reached": goal.reached,
        "readings": [*map(reading_json, readings)],
    }
