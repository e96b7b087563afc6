"""The queue on a screen: a line for each run that executes or waits, and its slots."""

import shlex
from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.cells import cell_len

from mlkanban.display.card_face import Header, Line, Piece
from mlkanban.display.grid import Column, Grid, column
from mlkanban.display.lines import joined, labelled
from mlkanban.display.run_lines import LABEL, detail_lines, state_piece
from mlkanban.display.run_text import elapsed
from mlkanban.glyphs import Glyphs
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import FAILED
from mlkanban.text import cell_text

_KNOWN = 24
"""The cells that other columns leave to the command."""
_LEAST_TITLE, _TITLE = 16, 40
"""Cells for the title of the card of a run."""


def queue_grid(
    rows: Sequence[tuple[str, str, Run, str]], now: datetime, width: int, glyphs: Glyphs
) -> Grid:
    """A line for each run: the short id and the title of its card, the run, and its turn, ''
    for none."""
    runs = [run for *_, run, _ in rows]
    names = [cell_text(run.word) for run in runs]
    signs = [state_piece(run, glyphs) for run in runs]

    def state(at: int) -> Line:
        role = "alarm" if runs[at].state in FAILED else "text"
        return [signs[at], Piece(f" {names[at]}", role)]

    columns = [
        column("turn", [turn for *_, turn in rows], "title", right=True),
        Column("  run", 2 + max(map(cell_len, ("run", *names))), state),
        column("card", [cell_text(ref) for ref, *_ in rows], "title"),
        column("time", [elapsed(run, now) for run in runs], "text", right=True),
    ]
    left = width - sum(one.width + 2 for one in columns) - 2 - _KNOWN
    titles = [cell_text(title) for _, title, *_ in rows]
    columns.append(column("title", titles, "text", most=max(_LEAST_TITLE, min(_TITLE, left))))
    commands = [cell_text(shlex.join(run.argv)) for run in runs]
    size = max(map(cell_len, ("command", *commands)))
    last = Column("command", size, lambda at: [Piece(commands[at], "dim")])
    return Grid.of(columns, last, width, glyphs, least=_KNOWN)


def slots_line(heads: Iterable[Header], glyphs: Glyphs) -> Line:
    """The slots of each stage that counts runs, as they stand above the stage: `5 Training 1/1
    ►2/2 •1`."""
    parts = [[Piece(f"{head.name} ", "dim"), *head.signs(glyphs)] for head in heads]
    return joined(parts, "   ")


def queue_details(run: Run, width: int, glyphs: Glyphs) -> list[Line]:
    """What is known of a run that executes or waits, first its id."""
    named = labelled([Piece("run", "dim")], LABEL, [[Piece(cell_text(run.id), "text")]])
    lines = [*named, *detail_lines(run, width - 2, glyphs)]
    return [[Piece(" ", "text"), *line] for line in lines]
