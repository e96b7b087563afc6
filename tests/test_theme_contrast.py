"""Contrasts as WCAG 2 defines them; the figures are those of its documents."""

import pytest

from mlkanban.theme_contrast import Parts, RoleContrast, bold_roles, contrast, least, luminance

BLACK, WHITE, GREY = (0, 0, 0), (255, 255, 255), (118, 118, 118)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [(BLACK, WHITE, 21.0), (WHITE, BLACK, 21.0), (GREY, WHITE, 4.54), (WHITE, WHITE, 1.0)],
)
def test_a_contrast_is_that_of_wcag(one: Parts, other: Parts, expected: float) -> None:
    assert contrast(one, other) == pytest.approx(expected, abs=0.005)


def test_green_is_the_lightest_of_the_three_colours() -> None:
    pure = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    assert [luminance(parts) for parts in pure] == pytest.approx([0.2126, 0.7152, 0.0722])


def test_the_least_contrast_leaves_out_what_the_terminal_chooses() -> None:
    assert least([RoleContrast("text", "default", None, None)]) is None
    known = RoleContrast("mark", "#767676", 4.54, 7.0)
    assert least([RoleContrast("text", "default", None, None), known]) == 4.54


def test_titles_are_bold_where_colours_are_few() -> None:
    assert set(bold_roles(True)) - set(bold_roles(False)) == {"title", "mark"}
