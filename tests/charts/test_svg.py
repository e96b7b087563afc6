"""Pictures as vectors: axes are linear, and a colour is named by a spot of it."""

from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlkanban.charts.spec import (
    CurveLevel,
    CurveLine,
    CurveSpec,
    HistogramBar,
    HistogramSpec,
    Mark,
    RunSpec,
)
from mlkanban.charts.svg import LinearAxis, nice_step, svg, ticks

FIRST = date(2026, 1, 5)


def shapes(drawn: str, tag: str, role: str) -> list[dict[str, str]]:
    found = ElementTree.fromstring(drawn).iter(tag)
    return [one.attrib | {"text": one.text or ""} for one in found
            if role in one.attrib["class"].split()]  # fmt: skip


def weeks(counts: list[int]) -> RunSpec:
    bars = [HistogramBar(FIRST + timedelta(weeks=at), n, None, ()) for at, n in enumerate(counts)]
    return RunSpec("week", "finished", "", tuple(bars), None, "sum")


def up_ticks(drawn: str) -> dict[float, float]:
    """The heights of the ticks of the axis upwards, by their values."""
    found = [t for t in shapes(drawn, "text", "dim") if t["text-anchor"] == "end"]
    return {float(tick["text"].replace(",", "")): float(tick["y"]) for tick in found}


@settings(deadline=None)
@given(st.lists(st.integers(0, 90), min_size=1, max_size=30).filter(any), st.integers(60, 400))
def test_bars_are_as_high_as_their_numbers(counts: list[int], height: int) -> None:
    drawn = svg(weeks(counts), 600, height, "x")
    bars = [b for b in shapes(drawn, "rect", "area-2") if b["width"] != "8"]
    shown = [count for count in counts if count]
    assert len(bars) == len(shown)
    unit = float(bars[0]["height"]) / shown[0]
    for bar, count in zip(bars, shown, strict=True):
        assert float(bar["height"]) == pytest.approx(unit * count, abs=0.02 + 0.02 * count)
    steps = [a - b for a, b in pairwise(up_ticks(drawn).values())]
    values = [b - a for a, b in pairwise(up_ticks(drawn))]
    assert values
    for step, value in zip(steps, values, strict=True):
        assert step == pytest.approx(unit * value, abs=0.02 + 0.02 * value)


def test_equal_times_are_equally_far_apart() -> None:
    drawn = svg(weeks([1, 0, 0, 2, 3, 1]), 600, 200, "x")
    bars = [b for b in shapes(drawn, "rect", "area-2") if b["width"] != "8"]
    places = [float(bar["x"]) for bar in bars]
    week = places[3] - places[2]
    assert [place - places[0] for place in places] == pytest.approx(
        [0, 3 * week, 4 * week, 5 * week], abs=0.05
    )


def test_a_histogram_is_linear_in_its_values() -> None:
    spec = HistogramSpec(((1, 2), (2, 1), (12, 4)), "days", (Mark(7, "p85"),), ())
    drawn = svg(spec, 600, 200, "x")
    one, two, twelve = (float(bar["x"]) for bar in shapes(drawn, "rect", "area-2"))
    assert twelve - one == pytest.approx(11 * (two - one), abs=0.2)
    [mark] = [t for t in shapes(drawn, "text", "dim") if t["text"] == "85 %"]
    assert one < float(mark["x"]) < twelve


def test_a_curve_is_a_line_of_its_points() -> None:
    line = CurveLine("here", "value", (((0.0, 0.0), (1.0, 5.0), (4.0, 10.0)),))
    spec = CurveSpec("step", (line,), (CurveLevel(8, "goal", "focus"),), 0.0, 4.0, 0.0, 10.0)
    drawn = svg(spec, 600, 200, "x")
    [path] = [p["points"] for p in shapes(drawn, "polyline", "value")]
    (x0, y0), (x1, y1), (x2, y2) = (map(float, point.split(",")) for point in path.split())
    assert x2 - x0 == pytest.approx(4 * (x1 - x0), abs=0.05)
    assert y0 - y2 == pytest.approx(2 * (y0 - y1), abs=0.05)
    ends = shapes(drawn, "text", "value") + shapes(drawn, "text", "focus")
    assert [(end["text"], end["class"]) for end in ends] == [("here", "value"), ("goal", "focus")]


def test_a_legend_has_the_colour_of_what_it_names() -> None:
    bars = tuple(HistogramBar(FIRST + timedelta(days=at), 2, 1, ()) for at in range(5))
    drawn = svg(RunSpec("day", "finished", "begun", bars, 2.0, "sum"), 600, 200, "x")
    assert [b for b in shapes(drawn, "rect", "area-2") if b["width"] == "8"]
    assert [r for r in shapes(drawn, "circle", "ring") if "value" in r["class"]]
    texts = [t["text"] for t in shapes(drawn, "text", "text")]
    assert texts == ["finished per day", "begun", "mean 2.0"]


@given(st.floats(1e-6, 1e9), st.floats(1, 40))
def test_a_step_is_round_and_fits(span: float, most: float) -> None:
    step = nice_step(span, most)
    assert span / step <= most * (1 + 1e-6)
    assert f"{step:.0e}"[0] in "125"
    assert all(b - a == pytest.approx(step) for a, b in pairwise(ticks(0, span, step)))


def test_an_axis_of_one_value_has_room_for_it() -> None:
    assert LinearAxis(3, 3, 0, 100).at(3) == 0
