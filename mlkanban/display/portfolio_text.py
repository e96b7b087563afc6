"""The boards beside each other as lines of text, for the screen and the command line."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from rich.cells import cell_len

from mlkanban.cells import padded, shortened
from mlkanban.core.board import Board, CardFace
from mlkanban.core.rules import Meter
from mlkanban.display.card_face import FaceContext, Line, Piece, drawn, meter_role, state_role
from mlkanban.display.card_row import RowCells, row
from mlkanban.display.lines import chain, edge, labelled, paragraph, rule
from mlkanban.display.stage_lines import stage_with_limits
from mlkanban.display.table import GAP, Table, text_lines
from mlkanban.flow.portfolio import AHEAD, BACK, PERCENT, Standing
from mlkanban.glyphs import Glyphs
from mlkanban.text import quantity

_LONG, _SHORT = "too little history", "too little"
_NONE = "-"
_READABLE = 100
"""Lines of text are no longer."""
_MOST_CARDS = 8
_LEAST_NAME, _MOST_NAME = 16, 32
_DROPPED_FIRST = (f"last {BACK} d", "next 30 d", "at risk", "late", "past SLE", "blocked")
"""The columns that are left out where there is no room, the first of them first, after the key."""


class PortfolioRow(NamedTuple):
    """A board, its numbers once they are counted, and whether it is the one in use."""

    board: Board
    standing: Standing | None
    here: bool = False


def _meter(s: Standing) -> Meter:
    return Meter(s.wip, s.conwip)


_ARCHIVED = " (archived)"
_COLUMNS: dict[str, Callable[[Standing], str]] = {
    "WIP": lambda s: str(_meter(s)),
    "blocked": lambda s: str(s.blocked),
    "past SLE": lambda s: _NONE if s.past_sle is None else str(s.past_sle),
    f"last {BACK} d": lambda s: _NONE if s.per_week is None else f"{s.per_week:.1f}/week",
    "late": lambda s: str(s.overdue),
    "at risk": lambda s: str(s.at_risk),
    "next 30 d": lambda s: _LONG if s.next_30_days is None else f"{s.next_30_days}+",
}


def _if_any(count: int | None, role: str) -> str:
    return role if count else "dim"


_ROLES: dict[str, Callable[[Standing], str]] = {
    "WIP": lambda s: meter_role(_meter(s)) if _meter(s).full or _meter(s).over else "text",
    "blocked": lambda s: _if_any(s.blocked, "alarm"),
    "past SLE": lambda s: _if_any(s.past_sle, "clock"),
    f"last {BACK} d": lambda s: "text",
    "late": lambda s: _if_any(s.overdue, "alarm"),
    "at risk": lambda s: _if_any(s.at_risk, "clock"),
    "next 30 d": lambda s: "dim" if s.next_30_days is None else "text",
}


def _state(s: Standing | None) -> str:
    """What the edge of a board says."""
    if s is None:
        return "faint"
    if _meter(s).over or s.blocked or s.overdue:
        return "alarm"
    return _if_any(s.past_sle, "clock").replace("dim", "faint")


def table(
    rows: Sequence[PortfolioRow], width: int | None = None, *, ascii: bool = False
) -> list[str]:
    """The head, then a line for each board; what does not fit into `width` cells is left out, the
    least important first. `*` is the board in use."""
    columns, name = _columns(rows, width, ascii=ascii)
    names, *others = columns
    head, *boards = zip([padded(text, name) for text in names], *others, strict=True)
    marks = ["", *(_mark(row) for row in rows)]
    lines = text_lines(Table(head, boards))
    return [f"{mark:2}{line}" for mark, line in zip(marks, lines, strict=True)]


def table_lines(
    rows: Sequence[PortfolioRow], width: int, glyphs: Glyphs, here: int
) -> tuple[Line, list[Line]]:
    """The same for a screen, with the board `here` under the cursor: the head, and the lines."""
    columns, name = _columns(rows, width - 3, ascii=glyphs.ascii, cut=glyphs.cut)
    names, *numbers = columns
    sizes = [max(map(cell_len, column)) for column in numbers]

    def line(at: int, start: Piece, role: str) -> Line:
        made = [start, Piece(f" {_mark(rows[at - 1]) if at else '':2}", "focus")]
        made.append(Piece(_in_cells(names[at], name, glyphs.cut), role))
        for column, size in zip(numbers, sizes, strict=True):
            standing = rows[at - 1].standing if at else None
            own = _ROLES[column[0]](standing) if standing and column[0] in _ROLES else "dim"
            number = column[0] in _ROLES
            text = column[at].rjust(size) if number else padded(column[at], size)
            made += [Piece(GAP, "text"), Piece(text, own)]
        return made

    lines = [
        line(
            at,
            edge(_state(row.standing), glyphs, here=at == here + 1),
            "dim" if row.board.archived else "title",
        )
        for at, row in enumerate(rows, 1)
    ]
    return line(0, Piece(" ", "text"), "dim"), lines


def _mark(row: PortfolioRow) -> str:
    return "*" if row.here else ""


def _name(board: Board, *, ascii: bool) -> str:
    name = drawn(board.name, ascii=ascii)
    return f"{name}{_ARCHIVED}" if board.archived else name


def _in_cells(name: str, width: int, cut: str) -> str:
    """A name in so many cells; that a board is archived is cut last."""
    start = name.removesuffix(_ARCHIVED)
    room = width - cell_len(_ARCHIVED)
    if start == name or cell_len(name) <= width or room < _LEAST_NAME - cell_len(_ARCHIVED):
        return padded(name, width, cut)
    return padded(f"{shortened(start, room, cut)}{_ARCHIVED}", width, cut)


def _number(row: PortfolioRow, cell: Callable[[Standing], str]) -> str:
    """A number of a board; archived boards are not counted."""
    if row.standing:
        return cell(row.standing)
    return _NONE if row.board.archived else ".."


def _columns(
    rows: Sequence[PortfolioRow], width: int | None, *, ascii: bool, cut: str = ".."
) -> tuple[list[list[str]], int]:
    """The columns, each with its head, as many as fit, and the cells of the first one."""
    columns = {
        head: [head, *(_number(row, cell) for row in rows)] for head, cell in _COLUMNS.items()
    }
    names = ["board", *(_name(row.board, ascii=ascii) for row in rows)]
    keys = ["key", *(drawn(row.board.key, ascii=ascii) for row in rows)]
    longest = max(map(cell_len, names))
    if width is None:
        return [names, keys, *columns.values()], longest
    name, key = min(longest, _MOST_NAME), min(max(map(cell_len, keys)), _MOST_NAME)
    # The key tells nothing that the name does not: it goes before anything is cut.
    least = name + len(GAP) + key
    if _room(columns, width) < least:
        columns["next 30 d"] = [c.replace(_LONG, _SHORT) for c in columns["next 30 d"]]
    if _room(columns, width) >= least:
        return [names, [padded(text, key, cut) for text in keys], *columns.values()], name
    for head in _DROPPED_FIRST:
        if _room(columns, width) >= min(name, _LEAST_NAME):
            break
        del columns[head]
    return [names, *columns.values()], max(4, min(name, _room(columns, width)))


def _room(columns: dict[str, list[str]], width: int) -> int:
    """What is left beside some columns, and the mark before them."""
    taken = sum(max(map(cell_len, cells)) + len(GAP) for cells in columns.values())
    return width - len(GAP) - taken


def sentences(row: PortfolioRow, *, ascii: bool = False) -> list[str]:
    """The same of one board, in words."""
    first, *more = facts(row)
    return [f"{named(row, ascii=ascii)}: {first}", *more]


def named(row: PortfolioRow, *, ascii: bool = False) -> str:
    """The board by its name and key."""
    return f"{drawn(row.board.name, ascii=ascii)} ({drawn(row.board.key, ascii=ascii)})"


def facts(row: PortfolioRow) -> list[str]:
    """What is known of a board, in words, without its name."""
    s = row.standing
    if row.board.archived:
        return ["Archived: nothing is changed on it, and its numbers are left out."]
    if s is None:
        return ["counting ..."]
    limit = "" if s.conwip is None else f" of {s.conwip}"
    past = (
        "no SLE yet"
        if s.past_sle is None
        else f"{s.past_sle} past the SLE of {quantity(s.sle_days or 0, 'day')}"
    )
    lately = f"Nothing was in progress in the last {BACK} days"
    if s.days:
        rate = "" if s.per_week is None else f" ({s.per_week:.1f} a week)"
        days = "today" if s.days == 1 else f"in the last {s.days} days"
        lately = f"{quantity(s.finished, 'card')} finished {days}{rate}"
    ahead = (
        f"{_LONG} for a forecast"
        if s.next_30_days is None
        else f"at {PERCENT} %, {s.next_30_days} or more will finish in the next {AHEAD}"
    )
    return [
        f"{s.wip}{limit} in progress, {s.blocked} blocked, {s.overdue} late, {s.at_risk} at risk,"
        f" {past}.",
        f"{lately}; {ahead}.",
    ]


def board_details(
    board_row: PortfolioRow, cards: Sequence[CardFace], view: FaceContext, width: int
) -> list[Line]:
    """What is known of a board: its numbers in words, its stages, and of its open `cards`
    those that are blocked, and those that are due next."""
    glyphs, room = view.glyphs, min(width - 2, _READABLE)
    name = named(board_row, ascii=glyphs.ascii)
    lines: list[Line] = []
    for fact in facts(board_row):
        lines += paragraph(fact, "text", room, glyphs)
    flow = [stage_with_limits(stage, glyphs) for stage in board_row.board.stages]
    lines += labelled([Piece("stages", "dim")], 8, chain(flow, width - 2 - 8, glyphs))
    lines = [[Piece(" ", "text"), *line] for line in lines]
    cells = RowCells.brief(width - 2)
    due = sorted((card for card in cards if card.due), key=lambda card: card.due)
    blocked = [card for card in cards if card.block_reason]
    for title, some in (("Blocked", blocked), ("Next due", due)):
        if not some:
            continue
        shown = some[: _MOST_CARDS if len(some) <= _MOST_CARDS else _MOST_CARDS - 1]
        lines += [[], [Piece(f" {title}", "focus"), Piece(f"  {len(some)}", "dim")]]
        lines += [
            [edge(state_role(card, view), glyphs), Piece(" ", "text"), *row(card, cells, view)]
            for card in shown
        ]
        if len(some) > len(shown):
            lines.append([Piece(f"  {len(some) - len(shown)} more", "dim")])
    return [rule([Piece(name, "title")], width, glyphs), *lines]


def standing_json(standing: Standing) -> dict[str, Any]:
    return {
        "wip": standing.wip,
        "conwip": standing.conwip,
        "blocked": standing.blocked,
        "overdue": standing.overdue,
        "at_risk": standing.at_risk,
        "sle_days": standing.sle_days,
        "past_sle": standing.past_sle,
        "finished": standing.finished,
        "days": standing.days,
        "per_week": standing.per_week,
        "next_30_days": standing.next_30_days,
    }
