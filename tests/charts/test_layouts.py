"""Every picture at any size: nothing leaves its place, nothing overlaps, no card is lost."""

import os
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlkanban.charts.layouts import layout
from mlkanban.charts.render import as_text, render
from mlkanban.charts.spec import (
    AgingItem,
    AgingSpec,
    Band,
    BarRow,
    BarsSpec,
    CfdSpec,
    ChancesSpec,
    CurveLevel,
    CurveLine,
    CurveSpec,
    Dot,
    HistogramBar,
    HistogramSpec,
    Mark,
    Role,
    RunSpec,
    ScatterSpec,
    Spec,
    XmrSpec,
)
from mlkanban.charts.svg import svg
from mlkanban.glyphs import glyphs

GOLDEN = Path(__file__).parent / "golden"
ROLES: tuple[Role, ...] = ("live", "value", "faint", "alarm")
GRAPHIC_CONTROLS = str.maketrans("•○▲▼", "....")
"""Code page 437 has these in the places of control characters, where Python does not look."""
FIRST = date(2026, 1, 5)
sizes = st.tuples(st.integers(24, 200), st.integers(5, 60))
counts = st.integers(0, 60)


def day(n):
    return FIRST + timedelta(days=n)


def refs(n, start=0):
    return tuple(f"c{start + k}" for k in range(n))


@st.composite
def scatters(draw):
    outcomes = st.sampled_from(["shipped", "learned", "superseded", "abandoned"])
    some = draw(st.lists(st.tuples(st.integers(0, 500), st.integers(1, 900), outcomes), min_size=1))
    dots = tuple(Dot(day(n), d, o, f"c{k}") for k, (n, d, o) in enumerate(some))
    marks = tuple(Mark(v, f"p{v}") for v in draw(st.lists(st.integers(1, 90), max_size=5)))
    return ScatterSpec(FIRST, day(500), dots, marks)


@st.composite
def cfds(draw):
    days, bands = draw(st.integers(1, 400)), draw(st.integers(2, 4))
    steps = draw(st.lists(st.integers(0, 3), min_size=days, max_size=days))
    total, lines = 0, []
    for n in steps:
        total += n
        lines.append(total)
    made = [
        Band(f"Stage {b}", tuple(max(0, v - 2 * b) for v in lines), refs(b)) for b in range(bands)
    ]
    return CfdSpec(FIRST, 0, tuple(made))


@st.composite
def agings(draw):
    stages = draw(st.integers(1, 6))
    item = st.tuples(
        st.integers(0, stages - 1), st.integers(1, 1500) | st.integers(1, 9), *[st.booleans()] * 3
    )
    items = draw(st.lists(item, min_size=1, max_size=60))
    return AgingSpec(
        tuple(f"A stage {n}" for n in range(stages)),
        tuple(draw(st.none() | st.integers(1, 60)) for _ in range(stages)),
        tuple(AgingItem(f"c{k}", *values) for k, values in enumerate(items)),
        draw(st.none() | st.integers(1, 90)),
    )


@st.composite
def runs(draw):
    some = draw(st.lists(st.tuples(counts, st.one_of(st.none(), counts)), min_size=1, max_size=300))
    buckets, start = [], 0
    for n, (amount, second) in enumerate(some):
        buckets.append(HistogramBar(day(n), amount, second, refs(min(amount, 3), start)))
        start += 3
    merge = draw(st.sampled_from(["sum", "max"]))
    return RunSpec(
        "day", "finished", draw(st.sampled_from(["", "begun"])), tuple(buckets), 2.5, merge
    )


@st.composite
def xmrs(draw):
    values = draw(st.lists(st.integers(1, 400), min_size=1, max_size=300))
    mean = sum(values) / len(values)
    return XmrSpec(tuple((f"c{n}", v) for n, v in enumerate(values)), mean, 0.0, 2 * mean)


@st.composite
def chances(draw):
    some = draw(st.lists(st.floats(0.001, 1), min_size=1, max_size=200))
    marks = [Mark(draw(st.integers(0, len(some) - 1)), f"{p}%") for p in (50, 70, 85, 95)]
    falling = tuple(sorted(some, reverse=True))
    return ChancesSpec(
        "cards", tuple(f"{n}+" for n in range(1, len(some) + 1)), falling, tuple(marks)
    )


@st.composite
def bars(draw):
    parts = draw(st.integers(1, 4))
    row = st.lists(st.floats(0, 500), min_size=parts, max_size=parts)
    some = draw(st.lists(row, min_size=1, max_size=40))
    rows = [
        BarRow(
            f"{draw(st.text('ab ', min_size=1, max_size=40))}{n}",
            tuple(r),
            f"{sum(r):.1f} d",
            (f"c{n}",),
        )
        for n, r in enumerate(some)
    ]
    return BarsSpec("days", tuple(f"part {p}" for p in range(parts)), tuple(rows), ROLES[:parts])


@st.composite
def histograms(draw):
    values = draw(st.lists(st.integers(1, 400) | st.integers(1, 20), min_size=1, max_size=80))
    counts = tuple((value, values.count(value)) for value in sorted(set(values)))
    names = draw(st.lists(st.sampled_from(["p50", "p70", "p85", "p95", "SLE"]), unique=True))
    marks = tuple(Mark(draw(st.integers(1, 500)), name) for name in names)
    cards, start = [], 0
    for _, count in counts:
        cards.append(refs(count, start))
        start += count
    return HistogramSpec(counts, "days", marks, tuple(cards))


@st.composite
def curves(draw):
    size = draw(st.sampled_from([1e-4, 1.0, 1e7]))
    values = st.floats(-1, 1).map(lambda value: value * size)
    lines = []
    for n in range(draw(st.integers(1, 4))):
        steps = sorted(draw(st.lists(st.integers(0, 5_000), min_size=1, max_size=60, unique=True)))
        points = tuple((float(step), draw(values)) for step in steps)
        at = draw(st.integers(1, len(points)))
        parts = tuple(part for part in (points[:at], points[at:]) if part)
        lines.append(CurveLine(f".9 run {n}", ROLES[n], parts, "abcd"[n]))
    levels = tuple(
        CurveLevel(draw(values), f"level {n}", "focus") for n in range(draw(st.integers(0, 2)))
    )
    known = [v for line in lines for part in line.parts for _, v in part]
    low = draw(st.sampled_from(known))
    axis = draw(st.sampled_from(["step", "time", "report"]))
    last = max(part[-1][0] for line in lines for part in line.parts)
    return CurveSpec(axis, tuple(lines), levels, 0.0, last, low, max(known))


numbers = st.one_of(histograms(), scatters(), cfds(), agings(), runs(), xmrs(), chances(), bars())
specs = st.one_of(numbers, curves())
finishes = st.sampled_from(["colour", "shades", "letters"])


@settings(max_examples=150, deadline=None)
@given(specs, sizes, finishes, st.booleans())
def test_everything_has_its_own_place(spec, size, finish, legend):
    width, height = size
    placed = layout(spec, width, height, finish, legend=legend)
    assert placed is not None
    assert placed.width <= size[0]
    assert placed.height <= size[1]
    taken = set()
    for places in placed.cells.values():
        for column, row in places:
            assert 0 <= column < placed.columns
            assert 0 <= row < placed.rows
            assert (column, row) not in taken
            taken.add((column, row))
    written = set()
    for words in placed.words:
        assert -placed.margin <= words.column <= words.end <= placed.columns + placed.right, words
        assert 0 <= words.row < placed.rows + placed.heads, words
        for column in range(words.column, words.end):
            assert (column, words.row) not in written, words
            written.add((column, words.row))
    rows = [row for row, _ in placed.y_ticks]
    assert all(0 <= row < placed.rows for row in rows)
    for (a, before), (b, after) in zip(placed.x_ticks, placed.x_ticks[1:], strict=False):
        assert a + (len(before) + 1) // 2 < b - len(after) // 2 + 1, placed.x_ticks
    for curve in placed.curves:
        assert all(0 <= x < placed.columns and 0 <= y < placed.rows for x, y in curve.points)
    for number, target in enumerate(placed.targets):
        column, line, _ = placed.pointer(number) or (-1, -1, "")
        assert 0 <= column < size[0]
        assert 0 <= line < size[1]
        assert target.cards
        assert 0 <= target.column < placed.columns
        assert target.row is None or 0 <= target.row < placed.rows


@settings(max_examples=80, deadline=None)
@given(specs, sizes)
def test_ticks_are_evenly_apart(spec, size):
    """20 is as many rows above 10 as 30 above 20."""
    placed = layout(spec, *size)
    assert placed is not None
    amounts = [(row, float(text.rstrip("%"))) for row, text in placed.y_ticks]
    apart = {(b[0] - a[0], float(f"{b[1] - a[1]:.2g}")) for a, b in pairwise(amounts)}
    assert len(apart) <= 1
    assert all(rows >= 2 for rows, _ in apart)


@settings(max_examples=80, deadline=None)
@given(st.one_of(histograms(), scatters(), agings(), runs()), sizes)
def test_every_card_can_be_reached(spec, size):
    placed = layout(spec, *size)
    assert placed is not None
    reached = sorted(card for target in placed.targets for card in target.cards)
    match spec:
        case ScatterSpec():
            cards = [dot.card for dot in spec.dots]
        case AgingSpec():
            cards = [item.card for item in spec.items]
        case HistogramSpec():
            cards = [card for some in spec.cards for card in some]
        case RunSpec():
            cards = [card for bucket in spec.buckets for card in bucket.cards]
    assert reached == sorted(cards)


@settings(max_examples=60, deadline=None)
@given(specs, sizes, st.sampled_from(["utf-8", "linux", "ascii"]), st.booleans())
def test_it_fits_and_shows_only_what_the_terminal_can(spec, size, characters, coloured):
    lines = render(spec, *size, coloured=coloured, glyphs=glyphs(characters))
    assert 1 <= len(lines) <= size[1]
    drawn = as_text(lines)
    assert max(map(len, drawn.split("\n"))) <= size[0]
    assert drawn.isascii() or characters != "ascii"
    if characters == "linux":
        drawn.translate(GRAPHIC_CONTROLS).encode("cp437")


@settings(max_examples=40, deadline=None)
@given(specs, sizes)
def test_the_page_has_the_same_picture_without_scripts(spec, size):
    from xml.etree import ElementTree

    width, height = size
    drawn = svg(spec, 8 * width, 16 * height, "A <title> & more")
    root = ElementTree.fromstring(drawn)
    assert root.findtext("title") == "A <title> & more"
    assert "script" not in drawn
    assert len(list(root)) > 1


def test_in_next_to_no_room_a_value_outside_hides_the_name_of_a_limit():
    values = (("c0", 1), ("c1", 1), ("c2", 223))
    placed = layout(XmrSpec(values, 75.0, 0.0, 150.0), 24, 6, legend=False)
    assert placed is not None
    assert [word.text for word in placed.words if word.row == 2] == ["X"]


@pytest.mark.parametrize(("days", "names"), [(1, ["01-05"]), (2, ["01-05", "01-06"])])
def test_a_young_board_has_no_day_that_is_still_to_come(days, names):
    spec = CfdSpec(
        FIRST, 0, (Band("Doing", (2,) * days, ("a", "b")), Band("Done", (0,) * days, ()))
    )
    placed = layout(spec, 80, 20, legend=True)
    assert placed is not None
    assert [name for _, name in placed.x_ticks] == names


def test_too_little_room_is_a_table():
    drawn = as_text(render(SPECS["throughput"], 20, 6, glyphs=glyphs("ascii")))
    assert len(drawn.split("\n")) <= 6
    assert "week" in drawn


SPECS: dict[str, Spec] = {
    "scatter": ScatterSpec(
        FIRST, day(89),
        tuple(
            Dot(day(n * n % 90), 1 + n * 7 % 23 + (60 if n == 20 else 0),
                ("shipped", "shipped", "learned", "superseded", "abandoned")[n % 5], f"c{n}")
            for n in range(50)
        ),
        (Mark(9, "p50"), Mark(14, "p70"), Mark(19, "p85"), Mark(20, "SLE")),
    ),
    "cfd": CfdSpec(
        FIRST, 20,
        (
            *(
                Band(name, tuple(20 + max(0, n - 3 * b) // 2 + (2 if b < 2 else 0)
                                 for n in range(90)), refs(b + 1, 10 * b))
                for b, name in enumerate(["Data prep", "Training", "Evaluation + Deployment"])
            ),
            Band("Departed", tuple(20 + max(0, n - 12) // 2 for n in range(90)), ()),
        ),
    ),
    "aging": AgingSpec(
        ("Data prep", "Features", "Training", "Evaluation", "Deployment"),
        (10, 11, 13, 14, None),
        tuple(AgingItem(f"g{n}", n % 5, 1 + n * 5 % 24, n % 5 == 2, n % 4 == 3, 1 + n * 5 % 24 > 18)
              for n in range(14)),
        18,
    ),
    "throughput": RunSpec(
        "week", "finished", "begun",
        tuple(HistogramBar(day(7 * n), n * 5 % 8, n * 3 % 7, refs(n * 5 % 8, 10 * n))
              for n in range(13)),
        3.4, "sum",
    ),
    "wip": RunSpec(
        "day", "cards", "",
        tuple(HistogramBar(day(n), 4 + n * n % 5, None, ()) for n in range(90)), 5.6, "max",
    ),
    "xmr": XmrSpec(
        tuple((f"c{n}", 2 + n * 11 % 17 + (20 if n == 30 else 0)) for n in range(48)),
        10.3, 0.0, 25.4,
    ),
    "forecast": ChancesSpec(
        "cards", tuple(f"{n}+" for n in range(1, 20)),
        tuple(c / 100 for c in (100, 99, 98, 96, 92, 87, 78, 66, 53, 40, 29, 19, 12, 7, 4, 2, 1,
                                0, 0)),
        (Mark(8, "50 %"), Mark(6, "70 %"), Mark(5, "85 %"), Mark(3, "95 %")),
    ),
    "curves": CurveSpec(
        "step",
        (
            CurveLine(".937 running", "live",
                      (tuple((100.0 * n, 0.937 - 0.07 / n + n % 3 / 900) for n in range(1, 26)),),
                      "r"),
            CurveLine(".949 best", "value",
                      (tuple((100.0 * n, 0.951 - 0.08 / n + n % 4 / 900) for n in range(1, 40)),),
                      "b"),
        ),
        (CurveLevel(0.934, "base .934", "faint"), CurveLevel(0.95, "target .95", "focus")),
        0.0, 4000.0, 0.92, 0.952,
    ),
    "blockers": BarsSpec(
        "days lost", ("external", "internal"),
        tuple(BarRow(name, (d, 0.0) if n % 2 else (0.0, d), f"{d} d  2x", refs(2, n),
                     "1 open" if n == 1 else "")
              for n, (name, d) in enumerate([
                  ("approval-gate", 16.1), ("decision", 11.0), ("compute-queue", 4.5),
                  ("bug", 0.4)])),
        ("alarm", "clock"),
    ),
    "stage-times": BarsSpec(
        "days", ("active", "unattended", "waiting", "blocked"),
        tuple(BarRow(name, p, f"{sum(p):.0f} d", refs(1, n)) for n, (name, p) in enumerate([
            ("Data prep", (95.0, 0.0, 0.0, 18.1)), ("Training", (21.5, 36.3, 0.0, 6.0)),
            ("Evaluation", (0.0, 0.0, 111.2, 17.8))])),
        ("live", "value", "faint", "alarm"),
    ),
}  # fmt: skip
SIZES = {"80x24": (78, 14), "160x45": (158, 32)}


@pytest.mark.parametrize("ascii", [False, True], ids=["unicode", "ascii"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SPECS)
def test_the_picture(name, size, ascii):
    drawn = as_text(render(SPECS[name], *SIZES[size], glyphs=glyphs("ascii" if ascii else "utf-8")))
    path = GOLDEN / f"{name}-{size}-{'ascii' if ascii else 'unicode'}.txt"
    if os.environ.get("UPDATE_GOLDENS"):
        path.write_text(drawn + "\n", encoding="utf-8")
    assert drawn + "\n" == path.read_text(encoding="utf-8")


def laid_out(*args, **options):
    placed = layout(*args, **options)
    assert placed is not None
    return placed


def at_age(n, age, **states):
    return AgingItem(f"v{n}", 0, age, **states)


def test_cards_in_one_place_keep_the_state_of_the_worst():
    items = (*(at_age(n, 9) for n in range(1, 5)), at_age(9, 9, blocked=True))
    spec = AgingSpec(("Training", "Deployment"), (None, None), items, None)
    placed = laid_out(spec, 38, 5, "colour", legend=False)
    drawn = {cell.glyph: cell.role for cell in placed.cells}
    assert drawn["■"] == "alarm"
    assert not {"1", "2", "3", "4", "5"} & {*drawn}
    assert ("5", "alarm") in [(word.text, word.role) for word in placed.words]
    assert {len(target.cards) for target in placed.targets} == {5}


def test_names_of_stages_are_whole_in_a_tile():
    names = ("Evaluation", "Deployment")
    spec = AgingSpec(names, (None, None), (at_age(1, 9),), None)
    placed = laid_out(spec, 38, 6, "colour", legend=False)
    assert set(names) <= {word.text for word in placed.words}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["wip", "throughput"])
def test_the_axis_of_amounts_ends_with_the_last_of_them(name, size):
    placed = laid_out(SPECS[name], *SIZES[size], "colour")
    last = max(column for places in placed.cells.values() for column, _ in places)
    bars = [column for cell, places in placed.cells.items() for column, _ in places
            if cell.glyph not in "·─"]  # fmt: skip
    assert placed.columns - 2 <= max(bars) <= last <= placed.columns - 1


def test_only_what_is_over_the_mean_of_work_in_progress_is_bright():
    placed = laid_out(SPECS["wip"], 100, 20, "colour", legend=False)
    bright = [row for cell, places in placed.cells.items() for _, row in places
              if cell.role == "area-2"]  # fmt: skip
    dark = [row for cell, places in placed.cells.items() for _, row in places
            if cell.role == "area-1"]  # fmt: skip
    assert min(bright) >= max(dark) > 0


def test_bars_stand_line_by_line_and_the_answer_has_its_own_colour():
    rows = (
        BarRow("Data prep", (40.0,), "40 %", (), role="clock"), BarRow("Training", (9.0,), "", ()),
    )  # fmt: skip
    placed = laid_out(BarsSpec("share", ("share",), rows, ("dim",)), 80, 12, "colour")
    names = {word.text: word.row for word in placed.words}
    assert names["Data prep"] - names["Training"] == 1
    lines = {row: cell.role for cell, places in placed.cells.items() for _, row in places}
    assert lines == {names["Data prep"]: "clock", names["Training"]: "dim"}


def test_the_names_of_lines_stand_beside_the_dots():
    dots = tuple(Dot(date(2026, 9, 1) + timedelta(n), 9, "shipped", f"c{n}") for n in range(80))
    marks = (Mark(9, "p50"), Mark(14, "p85"), Mark(14, "SLE"))
    spec = ScatterSpec(date(2026, 9, 1), date(2026, 11, 19), dots, marks)
    placed = laid_out(spec, 78, 14, "colour")
    names = {word.text.strip(): word.column for word in placed.words if word.row < placed.rows}
    assert names == dict.fromkeys(("p50 9", "SLE 14 d, p85 14"), placed.columns)


def test_labels_of_bars_are_short_rather_than_cut():
    rows = tuple(
        BarRow(f"v{n}  Uplift model: whom", (9.0,), "9 d, open: alert", (), short=f"v{n}")
        for n in range(3)
    )
    for width, first in ((78, "v0  Uplift model: whom"), (42, "v0")):
        placed = laid_out(BarsSpec("days", ("waiting",), rows, ("dim",)), width, 12, "colour")
        assert first in [word.text for word in placed.words if not word.column]


@pytest.mark.parametrize("rows", range(6, 40))
def test_a_histogram_has_two_amounts_and_none_far_above_its_bars(rows):
    spec = HistogramSpec(((1, 3), (2, 9), (3, 6), (7, 1)), "days", ())
    ticks = [int(text) for _, text in laid_out(spec, 60, rows, "colour", legend=False).y_ticks]
    assert sum(tick > 9 for tick in ticks) <= 1
    assert len(ticks) >= 2 or rows < 10


def test_the_bar_of_a_part_is_known():
    spec = HistogramSpec(((1, 3), (2, 9)), "days", (), (refs(3), refs(9)))
    placed = laid_out(spec, 60, 12, "colour", legend=False)
    for target in placed.targets:
        assert target.column in target.bar


def test_a_value_may_lie_farther_off_than_any_number_of_steps() -> None:
    """Equal values that are next to nothing make steps as small."""
    tiny = 2.2250738585e-313
    lines = [
        CurveLine(f"run {value}", "value", (((0.0, value),),), "a") for value in (tiny, -1e300)
    ]
    spec = CurveSpec("step", tuple(lines), (), 0.0, 0.0, tiny, tiny)
    made = layout(spec, 24, 5, "colour")
    assert made is not None
    assert "run -1e+300" in [word.text.strip() for word in made.words]
