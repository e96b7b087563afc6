"""The histogram as text. UPDATE_GOLDENS=1 writes the expected pictures anew: look at them."""

import os
import subprocess
import sys
from datetime import date
from math import exp, sin
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.charts.picture_table import spec_table
from mlkanban.charts.render import as_text, render
from mlkanban.charts.spec import (
    AgingItem,
    AgingSpec,
    BarRow,
    BarsSpec,
    Dot,
    HistogramBar,
    HistogramSpec,
    Mark,
    RunSpec,
    ScatterSpec,
)
from mlkanban.flow.percentiles import percentiles
from mlkanban.glyphs import UTF8, glyphs

GOLDEN = Path(__file__).parent / "golden"


def text_of(spec, width, height, *, ascii=False, **options):
    used = glyphs("ascii") if ascii else UTF8
    return as_text(render(spec, width, height, glyphs=used, **options))


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
SIZES = {"80x24": (76, 16), "160x45": (156, 36)}


@pytest.mark.parametrize("ascii", [False, True], ids=["unicode", "ascii"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SPECS)
def test_the_picture(name, size, ascii):
    drawn = text_of(SPECS[name], *SIZES[size], ascii=ascii)
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
    drawn = text_of(spec_of(values), width, height, ascii=ascii)
    lines = drawn.split("\n")
    assert 1 <= len(lines) <= height
    assert max(map(len, lines)) <= width
    assert lines[-1].strip()
    assert drawn.isascii() or not ascii
    assert "\x1b" not in drawn


def test_bars_past_the_sle_and_past_p95_have_other_colours():
    lines = render(SPECS["team"], 120, 20, coloured=True)
    roles = {role for line in lines for text, role, _ in line if "█" in text}
    assert roles == {"area-2", "clock", "alarm"}
    [within] = [m.value for m in SPECS["team"].marks if m.label == "SLE"]
    lowest = lines[-3]
    line = next(at for at, piece in enumerate(lowest) if "┊" in piece.text)
    assert all(role in ("area-2", "dim", "text") for _, role, _ in lowest[:line])
    assert all(role != "area-2" for _, role, _ in lowest[line:])
    late = sum(count for value, count in SPECS["team"].counts if value > within)
    assert f"SLE {within} d" in as_text(lines)
    assert f"{late} of 180 past it" in as_text(lines)


def test_a_bar_that_holds_both_sides_of_the_sle_is_parted():
    spec = spec_of(list(range(1, 121)), sle=50)
    lines = render(spec, 40, 12, coloured=True)
    stacks = [{part for line in lines for part in _cell(line, column)} for column in range(40)]
    assert any({"area-2", "clock"} <= stack for stack in stacks)


def _cell(line, column):
    at = 0
    for text, role, ground in line:
        if at <= column < at + len(text):
            return role, ground
        at += len(text)
    return "", ""


def test_each_part_of_bars_has_a_glyph_of_its_own_in_colour_too():
    parts = ("active", "unattended", "waiting", "blocked")
    row = BarRow("Train", (4.0, 3.0, 2.0, 3.0), "12 d", ())
    spec = BarsSpec("days", parts, (row,), ("live", "value", "dim", "alarm"))
    for coloured in (True, False):
        lines = as_text(render(spec, 70, 10, coloured=coloured)).split("\n")
        assert lines[0].startswith("━ active   ─ unattended   ┄ waiting   ■ blocked")
        assert {*lines[1]} >= {*"━─┄■"}


def test_a_ring_over_a_bar_keeps_the_ground_of_the_bar():
    buckets = [HistogramBar(date(2026, 1, day), 8, begun, ()) for day, begun in ((1, 2), (2, 8))]
    buckets.append(HistogramBar(date(2026, 1, 3), 1, 6, ()))
    spec = RunSpec("day", "finished", "begun", tuple(buckets), None, "sum")
    lines = render(spec, 40, 16, coloured=True, legend=False)
    rings = [piece for line in lines for piece in line if "○" in piece.text]
    assert sorted(piece.ground for piece in rings) == ["", "area-2", "area-2"]
    plain = render(spec, 40, 16, legend=False)
    assert not any(piece.ground for line in plain for piece in line)


def test_the_line_of_the_sle_is_not_that_of_the_grid():
    first, last = date(2026, 1, 1), date(2026, 1, 20)
    dots = tuple(Dot(day, 30, "shipped", "c") for day in (first, last))
    spec = ScatterSpec(first, last, dots, (Mark(20, "SLE"), Mark(10, "p50")))
    drawn = as_text(render(spec, 60, 20, coloured=True)).split("\n")
    assert "┄┄┄" in next(line for line in drawn if "SLE 20 d" in line)
    assert "···" in next(line for line in drawn if "p50" in line)


@pytest.mark.parametrize(("oldest", "sle"), [(24, 18), (19, 18), (27, 29), (31, 29), (400, 18)])
@pytest.mark.parametrize("width", [60, 80, 160])
def test_the_axis_of_ages_reaches_beyond_the_oldest_card(oldest, sle, width):
    items = (AgingItem("c1", 0, 3), AgingItem("c2", 0, oldest))
    drawn = as_text(render(AgingSpec(("Train",), (12,), items, sle), width, 16)).split("\n")
    *_, last, unit = drawn[-1].split()
    assert unit == "d"
    assert int(last) >= oldest


def test_colour_adds_nothing_but_colour_to_bars():
    plain = text_of(SPECS["beginner"], 76, 16)
    assert text_of(SPECS["beginner"], 76, 16, coloured=True) == plain
    assert "\x1b" not in plain


def test_the_console_of_linux_has_only_what_it_can_show():
    drawn = as_text(render(SPECS["team"], 76, 16, coloured=True, glyphs=glyphs("linux")))
    drawn.encode("cp437")
    assert "█" in drawn


def test_one_chart_leaves_nothing_in_the_next():
    first = render(SPECS["team"], 76, 16, coloured=True)
    render(SPECS["beginner"], 40, 10, glyphs=glyphs("ascii"))
    assert render(SPECS["team"], 76, 16, coloured=True) == first


def test_nothing_to_draw_is_said():
    assert text_of(HistogramSpec((), "days", ()), 76, 16) == ("Nothing to draw yet.")


def test_without_plotext_a_table_says_the_same_and_why(monkeypatch):
    monkeypatch.setitem(sys.modules, "plotext", None)
    drawn = text_of(SPECS["beginner"], 60, 20)
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
    lines = text_of(SPECS["team"], 30, 8).split("\n")
    assert len(lines) == 8
    assert lines[-1].endswith("sys.modules")


def test_a_long_reason_keeps_to_the_room_too(monkeypatch):
    class Broken:
        def find_spec(self, name, path=None, target=None):
            if name == "plotext":
                raise ImportError("no kernel " * 40)

    monkeypatch.delitem(sys.modules, "plotext", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    drawn = text_of(SPECS["team"], 30, 8)
    assert len(drawn.split("\n")) == 8


def test_the_table_keeps_to_its_room():
    lines = spec_table(SPECS["team"], 20, 6)
    assert len(lines) <= 6
    assert max(map(len, lines)) <= 20


def test_plotext_is_not_loaded_before_the_first_chart():
    code = "import mlkanban.charts.render, sys; sys.exit('plotext' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=GOLDEN.parents[2])
