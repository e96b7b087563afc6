"""Metrics that are read no more."""

from datetime import UTC, datetime, timedelta

import pytest

from mlkanban.core.model_health import HealthReading
from mlkanban.core.model_silence import Silence, days_text, silence, silence_text
from mlkanban.core.model_versions import UseSpan
from mlkanban.core.timestamps import instant

BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)


def on(day: float) -> datetime:
    return BEGIN + timedelta(days=day)


def read(metric: str, *days: float) -> list[HealthReading]:
    return [HealthReading(metric, 0.1, ">0.2", False, instant(on(day))) for day in days]


@pytest.mark.parametrize(
    ("days", "now", "silent"),
    [
        ((0, 1, 2, 3), 6, False),
        ((0, 1, 2, 3), 7, True),
        ((0, 1, 2), 30, False),
        ((0, 0.1, 0.2, 0.3), 30, False),
        ((0, 7, 14, 21), 42, False),
        ((0, 7, 14, 21), 43, True),
        ((0, 1, 2, 3, 40), 43, False),
    ],
)
def test_three_usual_gaps_without_a_reading_are_silence(
    days: tuple[float, ...], now: float, silent: bool
) -> None:
    assert (silence(read("psi", *days), [], on(now)) is not None) is silent


def test_the_metric_that_is_silent_for_most_of_its_gaps_is_named() -> None:
    readings = read("daily", 0, 1, 2, 3) + read("weekly", 0, 7, 14, 21)
    found = silence(readings, [], on(60))
    assert found == Silence("daily", on(3), timedelta(days=1))
    assert silence_text(found, on(60)) == "no reading of daily for 57 d, usually one every 1 d"


def test_a_version_that_came_back_is_silent_since_then_at_most() -> None:
    readings = read("psi", 0, 1, 2, 3)
    spans = [UseSpan(instant(on(0)), instant(on(4))), UseSpan(instant(on(30)))]
    assert silence(readings, spans, on(33)) is None
    assert silence(readings, spans, on(34)) is not None


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(days=32, hours=3), "32 d"),
        (timedelta(hours=5), "5 h"),
        (timedelta(minutes=10), "10 min"),
        (timedelta(seconds=3), "1 min"),
    ],
)
def test_a_span_of_time_is_in_its_largest_unit(span: timedelta, text: str) -> None:
    assert days_text(span) == text
