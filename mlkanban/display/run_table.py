"""The runs of a card as lines of text: the attempts, and what they say together."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from textwrap import wrap
from typing import Any

from rich.cells import cell_len

from mlkanban.cells import shortened
from mlkanban.core.budget import Unit
from mlkanban.display.run_text import duration, inside, metrics_text, short_ids, started
from mlkanban.display.table import GAP, Table, text_lines
from mlkanban.runs.model.results import Results, remarks, sparkline
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.usage import Spending, usage, usage_text
from mlkanban.text import cell_text

_CELL = 14
"""The most cells of a parameter."""
_RESULT = 14
"""The cells that parameters leave to the result."""


def run_rows(
    runs: Sequence[Run],
    found: Results | None,
    zone: tzinfo,
    now: datetime,
    *,
    evidence: bool = False,
    differs: Mapping[str, Sequence[str]] | None = None,
    width: int = 0,
    ids: Mapping[str, str] | None = None,
) -> list[str]:
    """A head and a line for every run, the best of `found` marked; with `evidence`, how that is
    known of those that go on. `ids` are the names of the runs, by id, where they are to be told.
    `differs` are the values of the runs of parameters in which they
    are not the same: the first of them, as many as `width` has room for. Safe to show."""
    when = [started(run, zone) for run in runs]
    if ids is None:
        columns = [["STARTED", *map(inside, runs, when)]]
    else:
        names = [inside(run, cell_text(ids[run.id])) for run in runs]
        columns = [["RUN", *names], ["STARTED", *when]]
    columns += [
        ["STATE", *(run.state.value for run in runs)],
        ["TIME", *(duration(run, now) for run in runs)],
        ["METRIC", *(cell_text(metrics_text(run, found)) for run in runs)],
    ]
    sizes = [_cells(column) for column in columns]
    for name, values in (differs or {}).items():
        column = [shortened(cell_text(text), _CELL) for text in (name, *values)]
        size = _cells(column)
        if sum(sizes) + size + _RESULT > width:
            break
        columns.append(column)
        sizes.append(size)
    results = [run.outcome or (run.evidence if evidence else "") for run in runs]
    head, *rows = zip(*columns, ["RESULT", *map(cell_text, results)], strict=True)
    return text_lines(Table(head, rows))


def _cells(column: Sequence[str]) -> int:
    """The cells of a column with the gap after it."""
    return max(map(cell_len, column)) + len(GAP)


def result_lines(
    runs: Sequence[Run],
    found: Results | None,
    zone: tzinfo,
    now: datetime,
    *,
    ascii: bool = False,
    spent: Spending | None = None,
    metric: Mapping[str, Any] | None = None,
    width: int = 0,
) -> list[str]:
    """What the runs of a card say together of its `metric`, which of them count for nothing, and
    what they used: of its budget, where `spent` says that. Sentences are wrapped to `width` cells
    where there is one. Safe to show."""
    lines: list[str] = []
    if found:
        best = found.best_run
        bars = sparkline(found.values, ascii=ascii)
        when = f" of {started(best, zone)}" if best.started else ""
        name = short_ids(runs).get(best.id, best.id)
        value = f"best run {found.text(best)}{when} ({name})"
        lines.append(cell_text("  ".join(filter(None, (found.summary, bars, value)))))
        lines += map(cell_text, _configurations(found))
        if found.proposal:
            lines += _wrapped(f"proposed: {found.proposal_text}; {found.why}", width)
    for remark in remarks(runs, metric, found):
        lines += _wrapped(remark, width)
    used = usage_text(usage(runs, now))
    if spent:
        lines.append(f"budget: {spent.summary}")
    if used and not (spent and spent.budget.unit is Unit.GPU_HOURS):
        lines.append(f"used: {used}")
    return lines


def _wrapped(sentence: str, width: int) -> list[str]:
    shown = cell_text(sentence)
    return wrap(shown, max(20, width), subsequent_indent="  ") if width else [shown]


def _configurations(found: Results) -> Iterator[str]:
    """How many configurations the runs are of, the best of them where another was tried last, and
    how repeats are told where there are none."""
    many = len(found.configurations)
    if many == 1:
        return
    yield f"tried last of {many} configurations; only runs of one configuration are averaged"
    if found.best is not found.latest:
        yield f"best configuration: {found.best.summary}"
    if all(one.n == 1 for one in found.configurations):
        yield found.repeats.sentence
