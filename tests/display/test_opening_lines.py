"""What a person sees first, at any size."""

import pytest

from mlkanban.core.templates import TEMPLATES
from mlkanban.display.card_face import Line, Piece
from mlkanban.display.lines import width_of
from mlkanban.display.opening_lines import tour_lines, welcome_lines
from mlkanban.glyphs import UTF8, Glyphs, glyphs

SIZES = [(40, 14), (80, 22), (160, 43), (20, 5)]


def text(lines: list[Line]) -> str:
    return "\n".join("".join(piece.text for piece in line) for line in lines)


def plain(word: str) -> Line:
    return [Piece(word, "text")]


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("signs", [UTF8, glyphs("ascii")])
def test_the_welcome_fills_the_screen_and_no_more(width: int, height: int, signs: Glyphs) -> None:
    for here in (-1, 0, len(TEMPLATES) - 1):
        lines, cursor = welcome_lines(width, height, signs, here)
        assert len(lines) == height
        assert max(map(width_of, lines)) <= width
        assert (cursor >= 0) == (here >= 0) or height < 14  # the question lists them there


def test_templates_have_their_stages_where_there_is_room() -> None:
    small, roomy = text(welcome_lines(80, 22, UTF8)[0]), text(welcome_lines(160, 43, UTF8)[0])
    for number, template in enumerate(TEMPLATES, 1):
        for shown in (small, roomy, text(welcome_lines(40, 14, UTF8)[0])):
            assert f"{number}  {template.title}" in shown
        for shown in (small, roomy):
            assert template.about in shown
            assert all(stage.name in shown for stage in template.stages)
    assert "Training 1 ►2" in small


@pytest.mark.parametrize("size", SIZES)
def test_a_page_of_the_tour_is_whole_at_80x24_and_fits_everywhere(size: tuple[int, int]) -> None:
    page = ("Limits", "one two three\n\n" + "word " * 40)
    lines = tour_lines([page] * 6, 1, plain, size, UTF8)
    assert len(lines) == size[1]
    assert max(map(width_of, lines)) <= size[0]
    if size[0] >= 80:
        assert text(lines[:1]).startswith(" Tour  the board in a minute ")
        assert text(lines[:1]).endswith(" 2 of 6 ")
        assert text(lines).count("word") == 40


def test_all_pages_begin_in_the_same_line() -> None:
    pages = [("A", "short"), ("B", "long " * 90)]
    lines = [tour_lines(pages, at, plain, (80, 22), UTF8) for at in (0, 1)]
    first, second = (next(at for at, line in enumerate(page) if line and at) for page in lines)
    assert first == second
