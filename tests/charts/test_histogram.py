"""What a histogram promises beyond what every picture does."""

from hypothesis import given, settings
from hypothesis import strategies as st

from mlkanban.charts.layouts import layout
from mlkanban.charts.layouts.canvas import BLOCKS, Layout
from mlkanban.charts.spec import HistogramSpec, Mark

values = st.lists(st.integers(1, 400) | st.integers(1, 20), min_size=1, max_size=80)
sizes = st.tuples(st.integers(30, 200), st.integers(8, 60))


def spec_of(values: list[int], *marks: Mark) -> HistogramSpec:
    counts = {value: values.count(value) for value in sorted(set(values))}
    cards = tuple(tuple(f"c{value}.{n}" for n in range(count)) for value, count in counts.items())
    return HistogramSpec(tuple(counts.items()), "days", marks, cards)


def placed(spec: HistogramSpec, width: int = 76, height: int = 16) -> Layout:
    made = layout(spec, width, height)
    assert made is not None
    return made


def eighths(made: Layout, column: int) -> int:
    """How high the bar at a column is."""
    return sum(
        BLOCKS.index(drawn.glyph) if not drawn.ground else 8
        for drawn, places in made.cells.items()
        if drawn.glyph in BLOCKS
        for at, _ in places
        if at == column
    )


@settings(max_examples=80, deadline=None)
@given(values, sizes)
def test_bars_are_as_high_as_the_axis_says(values: list[int], size: tuple[int, int]) -> None:
    made = placed(spec_of(values), *size)
    row, label = made.y_ticks[0]
    for target in made.targets:
        height = eighths(made, target.column)
        cards = height / 8 / (row + 1) * int(label)
        rounding = 0.5 / 8 / (row + 1) * int(label)
        assert abs(cards - len(target.cards)) <= rounding + 1e-9 or height == 1


def test_an_overfull_last_bar_says_so() -> None:
    made = placed(spec_of([1, 2, 2, 3, 400]))
    assert made.x_ticks[-1][1] == "36+"
    assert made.targets[-1].cards == ("c400.0",)
    assert made.targets[-1].label == "36 days or more"


def test_one_card_among_thousands_is_seen() -> None:
    made = placed(HistogramSpec(((1, 1), (2, 9000)), "days", (), (("a",), ("b",) * 9000)))
    assert eighths(made, made.targets[0].column) == 1


def test_a_single_card_is_no_crowd() -> None:
    made = placed(spec_of([4]), 76, 30)
    assert eighths(made, made.targets[0].column) <= 8 * made.rows / 4


def test_an_sle_beyond_the_values_has_its_place() -> None:
    made = placed(spec_of([1, 2, 2, 3], Mark(10, "SLE")))
    line = {at for drawn, places in made.cells.items() if drawn.glyph == "┊" for at, _ in places}
    [column] = line
    assert column > made.targets[-1].column
    assert [word.text for word in made.words] == ["SLE 10 d", "0 of 4 past it"]


def test_bars_of_several_days_are_named_by_their_range() -> None:
    assert placed(spec_of(list(range(1, 71)))).x_ticks[0][1] == "1-2"
    assert placed(spec_of(list(range(1, 71))), 40).x_ticks[0][1] == "1-5"


def test_labels_that_would_touch_become_one() -> None:
    values = [1] * 12 + [2] * 4 + [3] * 3 + [40]
    marks = (Mark(1, "p50"), Mark(2, "p70"), Mark(3, "p85"), Mark(3, "p95"))
    words = [word.text for word in placed(spec_of(values, *marks)).words]
    assert words == ["p50 p70 p85 p95"]
