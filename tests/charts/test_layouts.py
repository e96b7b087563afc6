"""Every picture at any size: nothing leaves its place, nothing overlaps, no card is lost."""

import os
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlkanban.charts.layouts import layout
from mlkanban.charts.render import render
from mlkanban.charts.spec import (
    AgingItem,
    AgingSpec,
    Band,
    BarRow,
    BarsSpec,
    CfdSpec,
    ChancesSpec,
    Dot,
    HistogramBar,
    Mark,
    RunSpec,
    ScatterSpec,
    Spec,
    XmrSpec,
)
from mlkanban.charts.svg import svg

GOLDEN = Path(__file__).parent / "golden"
FIRST = date(2026, 1, 5)
sizes = st.tuples(st.integers(30, 200), st.integers(8, 60))
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
        st.integers(0, stages - 1), st.integers(1, 1500), st.sampled_from(["", "~", "!~>"])
    )
    items = draw(st.lists(item, min_size=1, max_size=40))
    ages = st.lists(st.integers(1, 60), max_size=4).map(sorted)
    pace = tuple(
        tuple(Mark(a, str(50 + n)) for n, a in enumerate(draw(ages))) for _ in range(stages)
    )
    return AgingSpec(
        tuple(f"A stage {n}" for n in range(stages)),
        pace,
        tuple(AgingItem(f"c{k}", s, a, m) for k, (s, a, m) in enumerate(items)),
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
    return ChancesSpec(
        "cards", tuple(map(str, range(len(some)))), tuple(c / sum(some) for c in some), tuple(marks)
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
    return BarsSpec("days", tuple(f"part {p}" for p in range(parts)), tuple(rows))


specs = st.one_of(scatters(), cfds(), agings(), runs(), xmrs(), chances(), bars())


@settings(max_examples=300, deadline=None)
@given(specs, sizes)
def test_everything_has_its_own_place(spec, size):
    width, height = size
    placed = layout(spec, width, height)
    assert placed is not None
    axes = 2 if placed.has_axes else 0
    assert placed.left + placed.columns <= width
    assert placed.heads + placed.rows + axes <= height
    taken = set()
    for places in placed.cells.values():
        for column, row in places:
            assert 0 <= column < placed.columns
            assert 0 <= row < placed.rows
            assert (column, row) not in taken
            taken.add((column, row))
    written = set()
    for words in placed.words:
        assert 0 <= words.column <= words.end <= placed.columns, words
        assert 0 <= words.row < placed.rows + placed.heads
        for column in range(words.column, words.end):
            assert (column, words.row) not in written, words
            written.add((column, words.row))
    rows = [row for row, _ in placed.y_ticks]
    assert len(set(rows)) == len(rows)
    assert all(0 <= row < placed.rows for row in rows)
    for (a, before), (b, after) in zip(placed.x_ticks, placed.x_ticks[1:], strict=False):
        assert a + (len(before) + 1) // 2 < b - len(after) // 2 + 1, placed.x_ticks
    for target in placed.targets:
        assert target.cards
        assert 0 <= target.column < placed.columns


@settings(max_examples=150, deadline=None)
@given(st.one_of(scatters(), agings(), runs()), sizes)
def test_every_card_can_be_reached(spec, size):
    placed = layout(spec, *size)
    assert placed is not None
    reached = sorted(card for target in placed.targets for card in target.cards)
    match spec:
        case ScatterSpec():
            cards = [dot.card for dot in spec.dots]
        case AgingSpec():
            cards = [item.card for item in spec.items]
        case RunSpec():
            cards = [card for bucket in spec.buckets for card in bucket.cards]
    assert reached == sorted(cards)


@settings(max_examples=60, deadline=None)
@given(specs, sizes, st.booleans(), st.integers(0, 5))
def test_it_fits_and_is_ascii_when_asked(spec, size, ascii, selected):
    drawn = render(spec, *size, palette=None, ascii=ascii, selected=selected)
    lines = drawn.split("\n")
    assert 1 <= len(lines) <= size[1]
    assert max(map(len, lines)) <= size[0]
    assert drawn.isascii() or not ascii


@settings(max_examples=40, deadline=None)
@given(specs, sizes)
def test_the_page_has_the_same_picture_without_scripts(spec, size):
    from xml.etree import ElementTree

    width, height = size
    drawn = svg(spec, width, height, "A <title> & more")
    root = ElementTree.fromstring(drawn)
    assert root.findtext("title") == "A <title> & more"
    assert "script" not in drawn
    assert len(list(root)) > 1


def test_too_little_room_is_a_table():
    drawn = render(SPECS["throughput"], 25, 6, palette=None, ascii=True)
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
        tuple(tuple(Mark(b + 2 + 4 * k, str(p)) for k, p in enumerate((50, 70, 85, 95)))
              for b in range(5)),
        tuple(AgingItem(f"g{n}", n % 5, 1 + n * 5 % 24, ("", "", "!", "~", "!~>")[n % 5])
              for n in range(14)),
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
        "cards", tuple(map(str, range(20))),
        tuple(c / 100 for c in (0, 0, 1, 2, 5, 8, 11, 14, 15, 14, 11, 8, 5, 3, 2, 1, 0, 0, 0, 0)),
        (Mark(8, "50%"), Mark(7, "70%"), Mark(6, "85%"), Mark(4, "95%")),
    ),
    "blockers": BarsSpec(
        "days lost", ("days",),
        tuple(BarRow(name, (d,), f"{d} d, 2x", refs(2, n)) for n, (name, d) in enumerate([
            ("approval-gate (ext)", 16.1), ("decision (ext)", 11.0), ("compute-queue (ext)", 4.5),
            ("bug", 0.4)])),
    ),
    "stage-times": BarsSpec(
        "days", ("active", "unattended", "waiting", "blocked"),
        tuple(BarRow(name, p, f"{sum(p):.0f} d", refs(1, n)) for n, (name, p) in enumerate([
            ("Data prep", (95.0, 0.0, 0.0, 18.1)), ("Training", (21.5, 36.3, 0.0, 6.0)),
            ("Evaluation", (0.0, 0.0, 111.2, 17.8))])),
    ),
}  # fmt: skip
SIZES = {"80x24": (78, 14), "160x45": (158, 32)}


@pytest.mark.parametrize("ascii", [False, True], ids=["unicode", "ascii"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SPECS)
def test_the_picture(name, size, ascii):
    drawn = render(SPECS[name], *SIZES[size], palette=None, ascii=ascii)
    path = GOLDEN / f"{name}-{size}-{'ascii' if ascii else 'unicode'}.txt"
    if os.environ.get("UPDATE_GOLDENS"):
        path.write_text(drawn + "\n", encoding="utf-8")
    assert drawn + "\n" == path.read_text(encoding="utf-8")
