"""Aging work in progress: open cards as words, by stage and age."""

from collections import defaultdict
from math import sqrt

from mlkanban.charts.layouts.canvas import (
    CanvasText,
    Cells,
    Layout,
    Role,
    Scale,
    Target,
    above,
    legend,
    margin_for,
    nice,
)
from mlkanban.charts.spec import AgingItem, AgingSpec
from mlkanban.text import quantity

_FAR = 4
_LEGEND = [("!", "blocked"), ("~", "older than 85 % here"), (">", "past the SLE")]


def layout_aging(spec: AgingSpec, width: int, height: int) -> Layout:
    """Place at least one card. Ages far beyond the pace are brought closer by their square root."""
    margin = margin_for([str(max(item.age for item in spec.items)), "days"])
    columns = width - margin - 1
    head = legend(_LEGEND, columns, height)
    rows = height - len(head) - 2
    highest = max(item.age for item in spec.items)
    paces = [mark.value for marks in spec.pace for mark in marks]
    far = bool(paces) and highest > _FAR * max(paces)
    top = max([highest, *paces])
    scale = Scale(1000, rows)

    def row_of(age: int) -> int:
        return scale.row(1000 * (sqrt(age / top) if far else age / top))

    step = Scale(top, rows).step
    ticks: list[tuple[int, str]] = []
    for n in nice() if far else range(step, top + 1, step):
        if n > top:
            break
        if row_of(n) >= (ticks[-1][0] + 2 if ticks else 0):
            ticks.append((row_of(n), str(n)))
    wide = columns // len(spec.stages)
    cells, words, targets = Cells(), above(head, rows), []
    for stage, marks in enumerate(spec.pace):
        for mark in marks:
            for column in range(stage * wide, stage * wide + wide - 1):
                cells.put_below(column, row_of(mark.value), "┄", "focus")
    groups: defaultdict[tuple[int, int], list[AgingItem]] = defaultdict(list)
    for item in spec.items:
        groups[item.stage, row_of(item.age)].append(item)
    taken = set()
    for (stage, row), items in sorted(groups.items()):
        taken.add((stage, row))
        made, stands = _packed(items, stage * wide, row, wide - 1)
        words += made
        targets += stands
    for stage, marks in enumerate(spec.pace):
        for mark in marks:
            place = (stage, row_of(mark.value))
            if place not in taken and wide > len(mark.label) + 3:
                taken.add(place)
                end = stage * wide + wide - 1 - len(mark.label)
                words.append(CanvasText(end, place[1], mark.label, "focus"))
    names = [
        (stage * wide + (wide - 1) // 2, _cut(name, wide - 1))
        for stage, name in enumerate(spec.stages)
    ]
    return Layout(
        margin, columns, rows, len(head), cells.groups(), tuple(words), tuple(ticks), tuple(names),
        "days", "", tuple(targets),
    )  # fmt: skip


def _packed(
    items: list[AgingItem], column: int, row: int, room: int
) -> tuple[list[CanvasText], list[Target]]:
    """Cards side by side; those that find no room as a number."""
    words: list[CanvasText] = []
    targets: list[Target] = []
    start = column
    ordered = sorted(items, key=lambda item: (-len(item.marks), -item.age, item.card))
    for at, item in enumerate(ordered):
        text = item.card + item.marks
        left = len(ordered) - at - 1
        more = f"+{left + 1}"
        needs = len(text) + (len(f" +{left}") if left else 0)
        role: Role = "alarm" if item.marks else "area-2"
        if start + needs > column + room and start + len(more) <= column + room:
            rest = tuple(one.card for one in ordered[at:])
            words.append(CanvasText(start, row, more, "dim"))
            targets.append(Target(f"{len(rest)} more cards", rest, start, row))
            break
        text = text[: max(1, column + room - start)]
        words.append(CanvasText(start, row, text, role))
        targets.append(
            Target(f"{quantity(item.age, 'day')} {item.marks}".strip(), (item.card,), start, row)
        )
        start += len(text) + 1
        if start >= column + room:
            if left:
                last = targets.pop()
                rest = last.cards + tuple(one.card for one in ordered[at + 1 :])
                targets.append(Target(f"{quantity(len(rest), 'card')}", rest, last.column, row))
            break
    return words, targets


def _cut(name: str, room: int) -> str:
    return name if len(name) <= room else name[: max(1, room)]
