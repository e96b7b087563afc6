"""A forecast: the chance of so many cards or more, or of a day or an earlier one."""

from mlkanban.charts.layouts.canvas import (
    EIGHTHS,
    FEET,
    LINE,
    Cells,
    Finish,
    Layout,
    grid,
    margin_for,
    merged_labels,
    scale_to,
    spread,
)
from mlkanban.charts.spec import ChancesSpec, Role

_WIDEST = 5
_MAIN = "85 %"
"""The chance that is promised."""
_HARDLY = 0.005
"""Ends that differ by no more are one bar."""


def layout_chances(
    spec: ChancesSpec, width: int, height: int, finish: Finish, *, legend: bool
) -> Layout:
    """Place at least one chance, on a scale up to 100 %."""
    heads = 1 if legend else 0
    rows = height - heads - FEET
    names, chances, start = _folded(spec)
    margin = margin_for(["100 %"])
    columns = width - margin
    # Where there is no room for all, every second, third ... stands for itself.
    size = -(-len(chances) // max(1, columns // 2))
    names, chances = names[::size], chances[::size]
    pitch = max(1, min(columns // len(chances), _WIDEST))
    wide = max(1, pitch - 1)
    scale = scale_to(100, rows, spare=1)
    cells = Cells(plain=finish != "colour")
    for at, chance in enumerate(chances):
        if chance:
            cells.bar(at * pitch, wide, [(scale.eighths(100 * chance), "area-2")])
    marked: list[tuple[int, str, Role]] = []
    for mark in sorted(spec.marks, key=lambda mark: mark.label == _MAIN):
        at = max(0, min(len(chances) - 1, (mark.value - start) // size))
        column = at * pitch + (wide - 1) // 2
        role: Role = "live" if mark.label == _MAIN else "dim"
        marked.append((column, mark.label, role))
        for row in range(-(-scale.eighths(100 * chances[at]) // EIGHTHS), rows):
            cells.put(column, row, LINE, role)
    words = merged_labels(marked, columns, rows) if heads else []
    ticks = tuple((row, f"{text} %") for row, text in scale.bar_ticks())
    grid(cells, ticks, columns, finish, words)
    room = max(map(len, names)) + 2
    every = max(1, -(-(room + 2) // pitch))
    half = room // 2
    end = len(names) - 1
    named = [at for at in range(0, end, every) if end - at >= every] + [end]
    x_ticks = spread(
        (max(half - 1, min(at * pitch + (wide - 1) // 2, columns - half)), names[at])
        for at in named
    )
    return Layout(margin, columns, rows, heads, cells.groups(), tuple(words), ticks, x_ticks)


def _folded(spec: ChancesSpec) -> tuple[list[str], list[float], int]:
    """Names and chances without those at either end that hardly differ from the next, and where
    they start."""
    chances = spec.chances
    first, last = 0, len(chances) - 1
    while first < last and abs(chances[first + 1] - chances[0]) <= _HARDLY:
        first += 1
    while last > first and abs(chances[last - 1] - chances[-1]) <= _HARDLY:
        last -= 1
    return list(spec.names[first : last + 1]), list(chances[first : last + 1]), first
