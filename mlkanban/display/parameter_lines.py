"""The hyper-parameters of a search as lines: the values over one of them, and all of them below one
another, with the best configurations marked by letters on every one."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.cells import cell_len

from mlkanban.charts.parameter_curve import parameter_curve
from mlkanban.charts.render import render
from mlkanban.core.metrics import compact_text, number_text
from mlkanban.display.card_face import Line, Piece
from mlkanban.display.curve_lines import LEAST_HEIGHT, outside_lines
from mlkanban.display.lines import filled, fitted, paragraph
from mlkanban.display.run_lines import LETTERS, MARK_ROLES, merged
from mlkanban.glyphs import Glyphs
from mlkanban.runs.model.parameter_axes import ParameterAxis, Scale, SearchSpace
from mlkanban.runs.model.parameters import rounded
from mlkanban.runs.model.value_range import readable_range
from mlkanban.text import cell_text

_MOST_NAME = 18
_LEAST_STRIP = 20
_MOST_STRIP = 100
_ENDS = 28
"""The cells of what stands at the ends of a strip."""


def parameter_heading(metric: str, axis: ParameterAxis) -> str:
    """`loss by lr (log scale)`."""
    scale = " (log scale)" if axis.scale is Scale.LOG else ""
    return f"{cell_text(metric)} by {cell_text(axis.name)}{scale}"


def parameter_lines(
    space: SearchSpace,
    axis: ParameterAxis,
    metric: Mapping[str, Any],
    width: int,
    height: int,
    glyphs: Glyphs,
    *,
    coloured: bool,
    whole: bool = False,
    whole_key: str = "",
) -> list[Line]:
    """The values of a search over one parameter in at most `height` lines, with what the best ones
    have and how much the parameter tells."""
    picture = parameter_curve(space, axis, metric, whole=whole)
    most = max(0, min(2, height - LEAST_HEIGHT - picture.cut))
    text = glyphs.figures(cell_text(parameter_sentence(space, axis)))
    lines = paragraph(text, "text", width, glyphs, most) if most else []
    foot = outside_lines(picture, len(axis.known), metric, whole_key, height - len(lines))
    drawn = render(
        picture.spec, width, height - len(lines) - len(foot), coloured=coloured, glyphs=glyphs
    )
    shown = [[Piece(piece.text, piece.role) for piece in line] for line in drawn]
    return [*lines, *shown, *foot][:height]


def parameter_sentence(space: SearchSpace, axis: ParameterAxis) -> str:
    """`The best 6 of 60 have lr from 0.00062 to 0.0021; it tells 0.61 of the rank variance beyond
    chance.`"""
    many = len(axis.known)
    parts = []
    if space.best:
        texts = [rounded(text) for text in space.best_texts(axis)]
        joined = (
            " or ".join(texts) if axis.scale is Scale.WORDS else " to ".join(dict.fromkeys(texts))
        )
        between = "from " if axis.scale is not Scale.WORDS and len(set(texts)) > 1 else ""
        have = f"have {axis.name} {between}{joined}" if texts else f"have no {axis.name}"
        parts.append(f"The best {space.best} of {len(space.means)} {have}")
    one = next((one for one in space.importances if one.name == axis.name), None)
    if one is not None:
        first = one is space.importances[0]
        text = f"it {'tells' if first else 'adds'} {one.share:.2f} of the rank variance"
        text += " beyond chance" if first else f" to what {space.importances[0].name} tells"
        parts.append(text if one.beyond_chance else "what it tells is within chance")
    if many < len(space.means):
        parts.append(f"{len(space.means) - many:,} have no value of it")
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def space_heading(metric: str) -> str:
    """What the strips are of."""
    return f"hyper-parameters by {cell_text(metric)}"


def space_lines(
    space: SearchSpace, metric: Mapping[str, Any], width: int, height: int, glyphs: Glyphs
) -> list[Line]:
    """A strip for the metric and one for each hyper-parameter, as parallel coordinates that lie on
    their sides: a letter is the same configuration on each, of many points in a cell the best one
    is drawn."""
    name = str(metric["name"])
    size = min(_MOST_NAME, max(cell_len(cell_text(one)) for one in (name, *_names(space))))
    strip = max(_LEAST_STRIP, min(_MOST_STRIP, width - size - _ENDS))
    letters = min(len(LETTERS), space.best)
    lines: list[Line] = [_legend(space, letters, width, glyphs)]
    low, high = min(space.means), max(space.means)
    if space.best:
        low, high = readable_range(space.means, lower=space.means[space.ranking[0]] == low)
    low_text, high_text = (compact_text(number_text(end, metric)) for end in (low, high))
    beyond = sum(not low <= mean <= high for mean in space.means)
    high_text += f" ({beyond} beyond)" if beyond else ""
    rows: list[tuple[str, Sequence[float | None], float, float, str, str]] = [
        (name, space.means, low, high, low_text, high_text)
    ]
    for axis in space.axes:
        first, last = min(axis.known), max(axis.known)
        if axis.scale is not Scale.WORDS:
            low_text, high_text = (
                compact_text(rounded(axis.texts[axis.places.index(end)])) for end in (first, last)
            )
            high_text += " (log)" if axis.scale is Scale.LOG else ""
            rows.append((axis.name, axis.places, first, last, low_text, high_text))
    ends = max(cell_len(row[4]) for row in rows)
    for title, places, first, last, low_text, high_text in rows:
        line = filled([Piece(cell_text(title), "text")], size, glyphs)
        line.append(Piece(f" {low_text:>{ends}} ", "dim"))
        line += _strip(space, places, first, last, strip, letters, glyphs)
        lines.append(fitted([*line, Piece(f" {high_text}", "dim")], width, glyphs))
    for axis in space.axes:
        if axis.scale is Scale.WORDS:
            line = filled([Piece(cell_text(axis.name), "text")], size, glyphs)
            lines.append(fitted([*line, *_words(space, axis, letters, glyphs)], width, glyphs))
    if len(lines) > height:
        more = len(lines) - max(1, height - 1)
        lines = [*lines[: max(1, height - 1)], [Piece(f"{more} more hyper-parameters", "dim")]]
    return lines[:height]


def _names(space: SearchSpace) -> Sequence[str]:
    return [axis.name for axis in space.axes]


def _legend(space: SearchSpace, letters: int, width: int, glyphs: Glyphs) -> Line:
    many = len(space.means)
    if not space.best:
        text = f"{many} configurations; the card does not say which values are better"
        return fitted([Piece(text, "dim")], width, glyphs)
    line = [Piece(LETTERS[at], MARK_ROLES[at]) for at in range(letters)]
    line.append(Piece(f" the best {letters} of {many} in order   ", "dim"))
    if space.best > letters:
        line += [Piece(glyphs.point, "live"), Piece(f" the best {space.best}   ", "dim")]
    return fitted([*line, Piece(f"{glyphs.open} others", "dim")], width, glyphs)


def _strip(
    space: SearchSpace,
    places: Sequence[float | None],
    first: float,
    last: float,
    width: int,
    letters: int,
    glyphs: Glyphs,
) -> Line:
    """The configurations on a line of cells from `first` to `last`; what lies farther is an arrow
    at its end."""
    cells = [Piece(" ", "text")] * width
    span = last / 2 - first / 2
    for rank, at in reversed([*enumerate(space.ranking)]):  # the best is drawn last
        place = places[at]
        if place is None:
            continue
        if not first <= place <= last:
            beyond = place > last
            sign = glyphs.more_right if beyond else glyphs.more_left
            cells[width - 1 if beyond else 0] = Piece(sign, "dim")
            continue
        cell = round((place / 2 - first / 2) / span * (width - 1)) if span else (width - 1) // 2
        cells[cell] = _point(rank, space.best, letters, glyphs)
    return merged(cells)


def _point(rank: int, best: int, letters: int, glyphs: Glyphs) -> Piece:
    if rank < letters:
        return Piece(LETTERS[rank], MARK_ROLES[rank])
    return Piece(glyphs.point, "live") if rank < best else Piece(glyphs.open, "dim")


def _words(space: SearchSpace, axis: ParameterAxis, letters: int, glyphs: Glyphs) -> Line:
    """`relu abcd●● of 21   gelu of 20`: the words, those of the best first."""
    line: Line = []
    of_word: dict[str, list[int]] = {}
    for rank, at in enumerate(space.ranking):
        if axis.texts[at]:
            of_word.setdefault(axis.texts[at], []).append(rank)
    for word, ranks in of_word.items():
        line.append(Piece(f"  {cell_text(word)} ", "text"))
        best = [rank for rank in ranks if rank < space.best]
        line += [_point(rank, space.best, letters, glyphs) for rank in best]
        line.append(Piece(f"{' ' if best else ''}of {len(ranks)}", "dim"))
    return merged(line)
