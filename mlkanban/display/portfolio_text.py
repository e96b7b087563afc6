"""The boards beside each other as lines of text, for the screen and the command line."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from rich.cells import cell_len

from mlkanban.cells import padded
from mlkanban.core.models import Board
from mlkanban.display.card_face import drawn
from mlkanban.display.table import GAP, Table, text_lines
from mlkanban.flow.portfolio import AHEAD, BACK, PERCENT, Standing
from mlkanban.text import quantity

_LONG, _SHORT = "too little history", "too little"
_NONE = "-"
_LEAST_NAME, _LEAST_KEY, _MOST_NAME = 10, 6, 32
_GIVE_WAY = ("a week", "next 30 d", "overdue", "past SLE", "blocked")
"""The columns that are left out where there is no room, the first of them first, after the key."""


class PortfolioRow(NamedTuple):
    """A board, its numbers once they are counted, and whether it is the one in use."""

    board: Board
    standing: Standing | None
    here: bool = False


def _wip(s: Standing) -> str:
    return f"{s.wip}" if s.conwip is None else f"{s.wip}/{s.conwip}{'!' * (s.wip > s.conwip)}"


_COLUMNS: dict[str, Callable[[Standing], str]] = {
    "WIP": _wip,
    "blocked": lambda s: str(s.blocked),
    "past SLE": lambda s: _NONE if s.past_sle is None else str(s.past_sle),
    "a week": lambda s: _NONE if s.per_week is None else f"{s.per_week:.1f}",
    "overdue": lambda s: str(s.overdue),
    "next 30 d": lambda s: _LONG if s.next_30_days is None else f"{s.next_30_days} or more",
}


def table(
    rows: Sequence[PortfolioRow], width: int | None = None, *, ascii: bool = False
) -> list[str]:
    """The head, then a line for each board; what does not fit into `width` cells is left out, the
    least important first. `*` is the board in use."""
    columns = {
        head: [head, *(cell(row.standing) if row.standing else ".." for row in rows)]
        for head, cell in _COLUMNS.items()
    }
    names = ["board", *(drawn(row.board.name, ascii=ascii) for row in rows)]
    keys = ["key", *(drawn(row.board.key, ascii=ascii) for row in rows)]
    longest = max(map(cell_len, names))
    if width is None:
        return _lines(rows, [names, keys, *columns.values()], longest)
    name, key = min(longest, _MOST_NAME), min(max(map(cell_len, keys)), _MOST_NAME)
    least = min(name, _LEAST_NAME) + len(GAP) + min(key, _LEAST_KEY)
    if _room(columns, width) < least:
        columns["next 30 d"] = [c.replace(_LONG, _SHORT) for c in columns["next 30 d"]]
    if _room(columns, width) >= least:
        room = _room(columns, width) - len(GAP)
        name = min(name, room - min(key, _LEAST_KEY))
        keys = [padded(text, min(key, room - name)) for text in keys]
        return _lines(rows, [names, keys, *columns.values()], name)
    for head in _GIVE_WAY:
        if _room(columns, width) >= min(name, _LEAST_NAME):
            break
        del columns[head]
    return _lines(rows, [names, *columns.values()], max(4, min(name, _room(columns, width))))


def _room(columns: dict[str, list[str]], width: int) -> int:
    """What is left beside some columns, and the mark before them."""
    taken = sum(max(map(cell_len, cells)) + len(GAP) for cells in columns.values())
    return width - len(GAP) - taken


def _lines(rows: Sequence[PortfolioRow], columns: list[list[str]], name: int) -> list[str]:
    names, *others = columns
    head, *boards = zip([padded(text, name) for text in names], *others, strict=True)
    marks = ["", *("*" if row.here else "" for row in rows)]
    lines = text_lines(Table(head, boards))
    return [f"{mark:2}{line}" for mark, line in zip(marks, lines, strict=True)]


def sentences(row: PortfolioRow, *, ascii: bool = False) -> list[str]:
    """The same of one board, in words."""
    name = f"{drawn(row.board.name, ascii=ascii)} ({drawn(row.board.key, ascii=ascii)})"
    s = row.standing
    if s is None:
        return [f"{name}: counting ..."]
    limit = "" if s.conwip is None else f" of {s.conwip}"
    past = (
        "no expectation yet how long cards take"
        if s.past_sle is None
        else f"{s.past_sle} past the expectation of {quantity(s.sle_days or 0, 'day')}"
    )
    lately = f"Nothing was in progress in the last {BACK} days"
    if s.days:
        rate = "" if s.per_week is None else f", {s.per_week:.1f} a week"
        days = "today" if s.days == 1 else f"in the last {s.days} days"
        lately = f"{quantity(s.finished, 'card')} finished {days}{rate}"
    ahead = (
        f"{_LONG} for a forecast"
        if s.next_30_days is None
        else f"{s.next_30_days} or more will be in the next {AHEAD} ({PERCENT} %)"
    )
    return [
        f"{name}: {s.wip}{limit} in progress, {s.blocked} blocked, {s.overdue} overdue, {past}.",
        f"{lately}; {ahead}.",
    ]


def standing_json(standing: Standing) -> dict[str, Any]:
    return {
        "wip": standing.wip,
        "conwip": standing.conwip,
        "blocked": standing.blocked,
        "overdue": standing.overdue,
        "sle_days": standing.sle_days,
        "past_sle": standing.past_sle,
        "finished": standing.finished,
        "days": standing.days,
        "per_week": standing.per_week,
        "next_30_days": standing.next_30_days,
    }
