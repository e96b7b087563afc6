"""The histogram as text. UPDATE_GOLDENS=1 writes the expected pictures anew: look at them."""

import os
import re
import subprocess
import sys
from math import exp, sin
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.charts.picture_table import spec_table
from mlkanban.charts.render import ROLES, Palette, render
from mlkanban.charts.spec import HistogramSpec, Mark
from mlkanban.flow.percentiles import percentiles

GOLDEN = Path(__file__).parent / "golden"
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def spec_of(values, sle=None):
    ordered = sorted(values)
    marks = [Mark(v, f"p{p}") for p, v in percentiles(ordered).items() if v is not None]
    if sle is not None:
        marks.append(Mark(sle, "SLE"))
    counts = {value: ordered.count(value) for value in ordered}
    return HistogramSpec(tuple(counts.items()), "days", tuple(marks))


SPECS = {
    "team": spec_of([round(exp(2.4 + 0.8 * sin(i * i))) for i in range(180)], sle=20),
    "beginner": spec_of([1, 1, 2, 3, 3, 3, 4, 5, 5, 6, 8, 12]),
    "long-tail": spec_of([1 + i * i * i % 19 + i**4 // 60000 for i in range(70)]),
}
TERMINAL: Palette = {role: at + 1 for at, role in enumerate(ROLES)} | {"area-2": 4}
SIZES = {"80x24": (76, 16), "160x45": (156, 36)}


@pytest.mark.parametrize("ascii", [False, True], ids=["unicode", "ascii"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SPECS)
def test_the_picture(name, size, ascii):
    drawn = render(SPECS[name], *SIZES[size], palette=None, ascii=ascii)
    path = GOLDEN / f"{name}-{size}-{'ascii' if ascii else 'unicode'}.txt"
    if os.environ.get("UPDATE_GOLDENS"):
        path.write_text(drawn + "\n", encoding="utf-8")
    assert drawn + "\n" == path.read_text(encoding="utf-8")


@given(
    st.lists(st.integers(1, 90), min_size=1, max_size=60),
    st.integers(14, 120),
    st.integers(1, 50),
    st.booleans(),
)
def test_it_fits_in_every_size(values, width, height, ascii):
    drawn = render(spec_of(values), width, height, palette=None, ascii=ascii)
    lines = drawn.split("\n")
    assert 1 <= len(lines) <= height
    assert max(map(len, lines)) <= width
    assert lines[-1].strip()
    assert drawn.isascii() or not ascii
    assert "\x1b" not in drawn


@pytest.mark.parametrize(
    "palette",
    [TERMINAL, {**dict.fromkeys(ROLES, (200, 200, 200)), "area-2": (90, 150, 220)}],
    ids=["terminal colours", "rgb"],
)
def test_colour_adds_nothing_but_colour(palette):
    plain = render(SPECS["team"], 76, 16, palette=None, ascii=False)
    coloured = render(SPECS["team"], 76, 16, palette=palette, ascii=False)
    bare = [line.rstrip() for line in ANSI.sub("", coloured).split("\n")]
    assert bare == plain.split("\n")
    code = "38;5;4m" if palette["area-2"] == 4 else "38;2;90;150;220m"
    assert f"{code}██" in coloured
    assert "\x1b[48" not in coloured  # the background stays the terminal's


def test_one_chart_leaves_nothing_in_the_next():
    first = render(SPECS["team"], 76, 16, palette=None, ascii=False)
    render(SPECS["beginner"], 40, 10, palette=TERMINAL, ascii=True)
    assert render(SPECS["team"], 76, 16, palette=None, ascii=False) == first


def test_nothing_to_draw_is_said():
    assert render(HistogramSpec((), "days", ()), 76, 16, palette=None, ascii=False) == (
        "Nothing to draw yet."
    )


def test_without_plotext_a_table_says_the_same_and_why(monkeypatch):
    monkeypatch.setitem(sys.modules, "plotext", None)
    drawn = render(SPECS["beginner"], 60, 20, palette=None, ascii=False)
    assert drawn.split("\n") == [
        "days  cards",
        "   1      2",
        "   2      1",
        "   3      3",
        "   4      1",
        "   5      2",
        "   6      1",
        "   7      0",
        "   8      1",
        "   9      0",
        "  10      0",
        "  11      0",
        " 12+      1",
        "p50 3 | p70 5 | p85 8",
        "A table, because the chart cannot be drawn: import of",
        "plotext halted; None in sys.modules",
    ]


def test_the_table_leaves_room_for_the_reason(monkeypatch):
    monkeypatch.setitem(sys.modules, "plotext", None)
    lines = render(SPECS["team"], 30, 8, palette=None, ascii=False).split("\n")
    assert len(lines) == 8
    assert lines[-1].endswith("sys.modules")


def test_a_long_reason_keeps_to_the_room_too(monkeypatch):
    class Broken:
        def find_spec(self, name, path=None, target=None):
            if name == "plotext":
                raise ImportError("no kernel " * 40)

    monkeypatch.delitem(sys.modules, "plotext", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    drawn = render(SPECS["team"], 30, 8, palette=None, ascii=False)
    assert len(drawn.split("\n")) == 8


def test_the_table_keeps_to_its_room():
    lines = spec_table(SPECS["team"], 20, 6)
    assert len(lines) <= 6
    assert max(map(len, lines)) <= 20


def test_plotext_is_not_loaded_before_the_first_chart():
    code = "import mlkanban.charts.render, sys; sys.exit('plotext' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=GOLDEN.parents[2])
