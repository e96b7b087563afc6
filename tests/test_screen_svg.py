"""Pictures and films of screens as SVG."""

import re
from xml.etree import ElementTree

from rich.segment import Segment
from rich.style import Style

from tests.screen_svg import CELL_HEIGHT, CELL_WIDTH, Colors, Frame, film, still

COLORS = Colors("#11151b", "#c2ccd9", "#74b8fa")
SVG = "{http://www.w3.org/2000/svg}"


def lines(*texts: str) -> tuple[tuple[Segment, ...], ...]:
    return tuple((Segment(text, Style(color="#ff0000")),) for text in texts)


def texts(document: str) -> list[str]:
    return [text.text or "" for text in ElementTree.fromstring(document).iter(f"{SVG}text")]


def test_text_stands_as_it_was_and_as_wide_as_its_cells() -> None:
    document = still(Frame(lines("  a <b> & c", "漢字")), COLORS)
    assert texts(document) == ["a <b> & c", "漢字"]
    first, second = ElementTree.fromstring(document).iter(f"{SVG}text")
    assert float(first.get("textLength", "")) == round(9 * CELL_WIDTH, 1)
    assert float(second.get("textLength", "")) == round(4 * CELL_WIDTH, 1)
    assert float(first.get("x", "")) - float(second.get("x", "")) == round(2 * CELL_WIDTH, 1)


def test_blocks_are_areas_that_reach_the_next_line() -> None:
    document = still(Frame(lines("x██▂▂")), COLORS)
    assert texts(document) == ["x"]
    blocks = [r for r in ElementTree.fromstring(document).iter(f"{SVG}rect") if r.get("class")]
    assert [float(block.get("height", "")) for block in blocks] == [
        CELL_HEIGHT,
        round(CELL_HEIGHT / 4, 1),
    ]
    assert {block.get("width") for block in blocks} == {f"{2 * CELL_WIDTH:.1f}"}


def test_a_line_that_frames_share_is_kept_once() -> None:
    frames = [Frame(lines("same", "one")), Frame(lines("same", "two"))]
    assert sorted(texts(film(frames, COLORS))) == ["", "", "one", "same", "two"]


def test_at_any_moment_one_frame_of_a_film_is_shown() -> None:
    frames = [Frame(lines(str(at)), seconds) for at, seconds in enumerate((0.5, 2, 1.5, 4))]
    document = film(frames, COLORS)
    shown = []
    for rule in re.findall(r"@keyframes k\d+\{(.*?\})\}", document):
        steps = re.findall(r"([\d.]+)%\{visibility:(\w+)\}", rule)
        on = [float(share) for share, state in steps if state == "visible"]
        off = [
            float(share) for share, state in steps if state == "hidden" and float(share) > on[-1]
        ]
        shown.append((on[0], off[0] if off else 100.0))
    assert shown == [(0, 6.25), (6.25, 31.25), (31.25, 50), (50, 100)]
    assert "8.00s step-end infinite" in document
