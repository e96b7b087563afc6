"""Aging work in progress: open cards as dots, a few lines for each stage, by age."""

from collections import defaultdict
from itertools import takewhile
from math import sqrt

from rich.cells import cell_len, set_cell_size

from mlkanban.charts.layouts.canvas import (
    FEET,
    GRID,
    LINE,
    CanvasText,
    Cells,
    Finish,
    Layout,
    LegendPart,
    RowScale,
    Target,
    nice,
    scale_to,
    spread,
)
from mlkanban.charts.layouts.canvas import legend as legend_lines
from mlkanban.charts.spec import AgingItem, AgingSpec
from mlkanban.text import quantity

_FAR = 4
"""Ages beyond so many times the pace are brought closer by their square root."""
_BLOCKED, _OPEN = "■", "•"
_LONGEST_NAME = 20
_NAMES_WHOLE = 36
"""From so many columns on common names of stages are not cut."""
_APART = 4
"""Stages stand apart by so many lines, where there are more than enough."""


def layout_aging(
    spec: AgingSpec, width: int, height: int, finish: Finish, *, legend: bool
) -> Layout:
    """Place at least one card. A label that would touch another goes, its dot stays; a number
    tells how many cards share a place."""
    most = max(12 if width >= _NAMES_WHOLE else 6, width // 4)
    margin = min(_LONGEST_NAME, most, max(map(cell_len, spec.stages))) + 2
    columns = width - margin
    heads, over = 0, list[CanvasText]()
    if legend and height - FEET - 2 > len(spec.stages):
        heads, over = legend_lines(_parts(spec, finish), width, height - FEET)
    rows = height - heads - FEET
    # The oldest card is named at the right of its dot.
    axis = _AgeAxis(spec, max(8, columns - max(len(item.label) for item in spec.items) - 1))
    stages = _lines_of_stages(spec, rows)
    apart = _APART if legend else 2
    lines = _lines_needed(spec, axis, rows // len(stages), columns, apart)
    unused = rows - lines * len(stages)
    rows -= unused
    words = [CanvasText(w.column - margin, w.row - unused, w.text, w.role) for w in over]
    cells, targets = Cells(), []
    if spec.sle is not None:
        for row in range(rows):
            cells.put(axis.column(spec.sle + 0.5), row, LINE, "clock")
    for number, (name, positions) in enumerate(stages):
        first = rows - 1 - number * lines
        words.append(CanvasText(-margin, first, _cut(name, margin - 2), "text"))
        here = [item for item in spec.items if item.stage in positions]
        made, stands = _packed(here, axis, first, lines, columns, cells)
        words += made
        targets += stands
        pace = spec.pace[positions[0]]
        if pace is not None and len(positions) == 1:
            taken = {c for word in made if word.row == first for c in range(word.column, word.end)}
            free = (c for c in range(axis.column(pace) + 1) if c not in taken)
            cells.rule(first, free, GRID, "faint")
    return Layout(
        margin, columns, rows, heads, cells.groups(), tuple(words), (),
        axis.ticks(spec.sle), tuple(targets),
    )  # fmt: skip


def _lines_needed(spec: AgingSpec, axis: "_AgeAxis", most: int, columns: int, least: int) -> int:
    """How many lines each stage needs for all its labels, if there are so many; at `least` so many,
    so that stages stand apart."""
    for lines in range(least, most):
        if not any(
            _placed([item for item in spec.items if item.stage == stage], axis, lines, columns)[1]
            for stage in range(len(spec.stages))
        ):
            return lines
    return most


class _AgeAxis:
    """Where an age stands: round ages in whole columns, unless some are far older."""

    def __init__(self, spec: AgingSpec, columns: int) -> None:
        top = max([item.age for item in spec.items] + [spec.sle or 1, 2])
        paces = [age for age in spec.pace if age is not None]
        self._far = bool(paces) and top > _FAR * max([*paces, spec.sle or 1])
        self._columns, self._oldest = columns, max(item.age for item in spec.items)
        self._gap = len(str(top)) + 3
        if self._far:
            top = next(age for age in nice() if age >= top)
        # The axis ends with a round age that is not before the oldest card.
        while not self._far and top % (step := self._scale_to(top).step):
            top += step - top % step
        self._top, self._scale = top, self._scale_to(top)

    def _scale_to(self, top: int) -> RowScale:
        return scale_to(top, self._columns - 1, least=self._gap)

    def column(self, age: float) -> int:
        if self._far:
            place = sqrt(age / self._top) * (self._columns - 1)
        else:
            place = self._scale.height(age)
        return max(0, min(self._columns - 1, int(place + 0.5)))

    def ticks(self, sle: int | None) -> tuple[tuple[int, str], ...]:
        """Round ages, and that of the SLE; those that would touch are left out."""
        step = self._scale.step
        ages = (
            takewhile(self._top.__ge__, nice()) if self._far else range(step, self._top + 1, step)
        )
        kept = [] if sle is None else [(self.column(sle), str(sle))]
        end = self.column(self._top)
        if kept and abs(kept[0][0] - end) < self._gap and kept[0][0] < self.column(self._oldest):
            kept = []
        for age in (self._top, 1, *ages):
            column = self.column(age)
            if all(abs(column - other) >= self._gap for other, _ in kept):
                kept.append((column, str(age)))
        kept.sort()
        column, text = kept.pop()
        return spread([*kept, (column + 1, f"{text} d")])


def _lines_of_stages(spec: AgingSpec, rows: int) -> list[tuple[str, list[int]]]:
    """The stages by name; where there are more than rows those with cards, and the last of them
    together."""
    names = [(name, [at]) for at, name in enumerate(spec.stages)]
    if len(names) > rows:
        busy = {item.stage for item in spec.items}
        names = [(name, [at]) for name, [at] in names if at in busy]
    if len(names) > rows:
        rest = names[rows - 1 :]
        joined = [at for _, some in rest for at in some]
        names = [*names[: rows - 1], (f"{len(rest)} more stages", joined)]
    return names


def _packed(
    items: list[AgingItem], axis: _AgeAxis, first: int, lines: int, columns: int, cells: Cells
) -> tuple[list[CanvasText], list[Target]]:
    """The dots of a stage: on its first line those that find room there with their labels, those
    with something wrong before others, then on the next lines; what finds none stands on the last
    without a label."""
    found, crowd = _placed(items, axis, lines, columns)
    words: list[CanvasText] = []
    targets: list[tuple[int, Target]] = []
    ends: list[set[int]] = [set() for _ in range(lines)]
    standing: dict[tuple[int, int], list[AgingItem]] = {}
    for item, column, line in found:
        row = first - line
        standing[column, row] = [item]
        ends[line] |= _span(item, column)
        cells.put(column, row, _BLOCKED if item.blocked else _OPEN, item.role)
        words.append(CanvasText(column + 1, row, item.label, item.role))
        targets.append((item.age, Target(_described([item]), (item.card,), column, row)))
    by_age: defaultdict[int, list[AgingItem]] = defaultdict(list)
    for item in crowd:
        by_age[axis.column(item.age)].append(item)
    for column, some in sorted(by_age.items()):
        # A dot may stand in a label's blank, and, where all is full, takes the place of a dot.
        line = next((n for n in range(lines - 1, -1, -1) if column not in ends[n]), lines - 1)
        row = first - line
        together = standing[column, row] = [*standing.get((column, row), ()), *some]
        worst = min(together, key=_urgency)
        here = [n for n, (_, t) in enumerate(targets) if t.column == column and t.row == row]
        for word in [
            w for w in words if w.row == row and w.column <= column + 1 and column < w.end
        ]:
            words.remove(word)
        if here:
            _, before = targets.pop(here[0])
            cards = before.cards + tuple(item.card for item in some)
            age = min(worst.age, *(item.age for item in some))
            targets.append((age, Target(quantity(len(cards), "card"), cards, column, row)))
        else:
            cards = tuple(item.card for item in some)
            targets.append((worst.age, Target(_described(some), cards, column, row)))
        number = "" if len(together) == 1 else str(len(together)) if len(together) < 10 else "*"
        ends[line].add(column)
        # That one of them is blocked is worth more than how many they are.
        if not worst.blocked:
            cells.put(column, row, number or _OPEN, worst.role)
            continue
        cells.put(column, row, _BLOCKED, worst.role)
        beside = [w for w in words if w.row == row and w.column <= column + 1 < w.end]
        free = column + 1 < columns and cells.free(row, column + 1, column + 2) and not beside
        if number and free:
            ends[line].add(column + 1)
            words.append(CanvasText(column + 1, row, number, worst.role))
    targets.sort(key=lambda target: -target[0])
    return words, [target for _, target in targets]


def _placed(
    items: list[AgingItem], axis: _AgeAxis, lines: int, columns: int
) -> tuple[list[tuple[AgingItem, int, int]], list[AgingItem]]:
    """The cards whose labels find room, with their column and line, those with something wrong
    first; and those whose do not."""
    ordered = sorted(items, key=_urgency)
    ends: list[set[int]] = [set() for _ in range(lines)]
    found: list[tuple[AgingItem, int, int]] = []
    crowd: list[AgingItem] = []
    full: set[int] = set()
    for item in ordered:
        column = axis.column(item.age)
        span = _span(item, column)
        fits = column not in full and column + 1 + len(item.label) <= columns
        line = next((n for n in range(lines) if fits and not span & ends[n]), None)
        if line is None:
            full.add(column)
            crowd.append(item)
        else:
            ends[line] |= span
            found.append((item, column, line))
    return found, crowd


def _urgency(item: AgingItem) -> tuple[bool, bool, bool, int, str]:
    return not item.blocked, not item.late, not item.stale, -item.age, item.card


def _span(item: AgingItem, column: int) -> set[int]:
    """The columns of a dot and its label, and a blank, so that two do not run into each other."""
    return set(range(column, column + 2 + len(item.label)))


def _described(items: list[AgingItem]) -> str:
    if len(items) > 1:
        return quantity(len(items), "card")
    [item] = items
    states = [("blocked", item.blocked), ("past the SLE", item.late)]
    if not item.late:
        states.append(("older than 85 % here", item.stale))
    names = [name for name, is_so in states if is_so]
    return ", ".join([quantity(item.age, "day"), *names])


def _parts(spec: AgingSpec, finish: Finish) -> list[LegendPart]:
    # In ASCII both signs are "!": their places tell them apart.
    before, behind = ("before: ", "behind: ") if finish == "letters" else ("", "")
    parts = []
    if any(item.blocked for item in spec.items):
        parts.append(LegendPart(_BLOCKED, "alarm", f"{before}blocked"))
    if any(item.stale and not item.late for item in spec.items):
        parts.append(LegendPart("!", "clock", f"{behind}older than 85 % here"))
    if any(item.late for item in spec.items):
        parts.append(LegendPart("!!", "clock", "past the SLE"))
    if any(age is not None for age in spec.pace):
        parts.append(LegendPart(GRID * 3, "dim", "85 % leave the stage by then"))
    if spec.sle is not None:
        parts.append(LegendPart(LINE, "clock", f"SLE {spec.sle} d"))
    return parts


def _cut(name: str, room: int) -> str:
    if cell_len(name) <= room:
        return name
    return set_cell_size(name, max(1, room - 1)) + "…"
