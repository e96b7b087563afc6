"""Numbers as bars in a line."""

from hypothesis import given
from hypothesis import strategies as st

from mlkanban.display.sparkline import sparkline
from mlkanban.glyphs import glyphs


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=60), st.booleans())
def test_a_sparkline_has_a_bar_for_a_value_and_the_highest_for_the_most(values, ascii) -> None:
    drawn = sparkline(values, glyphs("ascii" if ascii else "utf-8").spark)
    shown = values[-40:]
    assert len(drawn) == (len(shown) if len(values) > 1 else 0)
    assert not ascii or drawn.isascii()
    order = "_.-=^" if ascii else "▁▂▃▄▅▆▇█"
    heights = [order.index(bar) for bar in drawn]
    for one, height in zip(shown, heights, strict=False):
        assert all(height >= other for v, other in zip(shown, heights, strict=True) if one > v)


def test_a_sparkline_of_equal_values_is_flat() -> None:
    assert sparkline([1.0, 2.0, 3.0], "_.-=^") == "_-^"
    assert sparkline([0.5, 0.5], "▁▂▃▄▅▆▇█") == "▅▅"
    assert sparkline([0.5], "▁▂▃▄▅▆▇█") == ""
