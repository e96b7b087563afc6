"""What a person sees first, as pages of a screen: the choice of a template, and the tour."""

from collections.abc import Callable, Sequence

from mlkanban.core.templates import TEMPLATES, Template
from mlkanban.display.card_face import Line, Piece
from mlkanban.display.lines import chain, fitted, flow, page_title, paragraph, rule
from mlkanban.display.stage_lines import stage_with_limits
from mlkanban.glyphs import Glyphs

_MOST_CELLS = 76
"""A column is no wider, so that it can be read at a glance."""
_ABOUT = (
    "A board for machine-learning work: stages with limits you can feel, blockers with a reason, "
    "and how long things really take."
)
_DEMO = "To see a board at work first, leave and type `mlkanban demo`"
_METER = 60
"""In fewer cells the progress of the tour is told in words alone."""
_INDENT = 4
_PAGE = 10
"""Lines that a page of the tour takes."""


def welcome_lines(
    width: int, height: int, glyphs: Glyphs, here: int = -1
) -> tuple[list[Line], int]:
    """The templates by their numbers, with as much about them as there is room for, and the line of
    the one under the cursor; -1 where no cursor is `here`."""
    room = min(_MOST_CELLS, width - 2)
    forms = (
        _welcome(room, glyphs, stages=stages, spaced=spaced, intro=intro, demo=demo)
        for stages, spaced, intro, demo in (
            (True, True, True, True), (True, False, True, True), (True, False, True, False),
            (False, False, True, True), (False, False, True, False), (False, False, False, False),
        )
    )  # fmt: skip
    made = next((lines for lines in forms if len(lines) < height), None)
    shown = made or _welcome(room, glyphs, stages=False, spaced=False, intro=False, demo=False)
    page = _centred(shown, room, width, height)
    start = f" {here + 1}  "
    titles = (at for at, line in enumerate(page) if Piece(start, "focus") in line)
    return page, next(titles, -1)


def _welcome(
    room: int, glyphs: Glyphs, *, stages: bool, spaced: bool, intro: bool, demo: bool
) -> list[Line]:
    lines: list[Line] = []
    if intro:
        lines += [[Piece("Welcome to mlkanban.", "title")], []]
        lines += [*paragraph(_ABOUT, "text", room, glyphs), []]
    later = [Piece("stages and limits can be changed later", "dim")]
    lines.append(rule([Piece("How does your work flow?", "title")], room, glyphs, later))
    for number, template in enumerate(TEMPLATES, 1):
        lines += [[]] if spaced else []
        lines += _template(number, template, room, glyphs, stages=stages)
    if demo:
        lines += [[]] if spaced else []
        lines += paragraph(_DEMO, "dim", room, glyphs)
    return lines


def _template(
    number: int, template: Template, room: int, glyphs: Glyphs, *, stages: bool
) -> list[Line]:
    title = [
        Piece(f" {number}  ", "focus"),
        Piece(f"{template.title:<18} ", "title"),
        Piece(template.about, "text"),
    ]
    lines = [fitted(title, room, glyphs)]
    if stages:
        names = [stage_with_limits(stage, glyphs) for stage in template.stages]
        named = chain(names, room - _INDENT, glyphs)
        lines += [[Piece(" " * _INDENT, "text"), *line] for line in named]
    return lines


def tour_lines(
    pages: Sequence[tuple[str, str]],
    at: int,
    word: Callable[[str], Line],
    size: tuple[int, int],
    glyphs: Glyphs,
) -> list[Line]:
    """A page of the tour; `word` draws a word of its text, which may name a key."""
    width, height = size
    room = min(_MOST_CELLS, width - 2)
    title, text = pages[at]
    progress = [Piece(f"{at + 1} of {len(pages)}", "dim")]
    if room >= _METER:
        progress = [
            Piece(glyphs.heavy_rule * 2 * (at + 1), "focus"),
            Piece(glyphs.rule * 2 * (len(pages) - at - 1) + " ", "faint"),
            *progress,
        ]
    lines = [rule([Piece(title, "title")], room, glyphs), []]
    for part in text.split("\n"):
        lines += flow([word(each) for each in part.split()], room, glyphs) or [[]]
    if len(lines) > height - 1:
        lines = [line for line in lines if line]
    head = page_title("Tour", "the board in a minute", width, glyphs, right=progress)
    # All pages begin in the same line.
    return [head, *_centred(lines, room, width, height - 1, takes=_PAGE)]


def _centred(
    lines: Sequence[Line], column: int, width: int, height: int, takes: int = 0
) -> list[Line]:
    """A column amidst the screen, a little above the middle, in exactly so many lines."""
    left = Piece(" " * max(0, (width - column) // 2), "text")
    shown: list[Line] = [[]] * max(0, (height - (takes or len(lines))) // 3)
    shown += [[left, *line] if line else [] for line in lines]
    return [*shown, *([[]] * (height - len(shown)))][: max(0, height)]
