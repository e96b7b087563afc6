"""The runs of a card as lines of text: the attempts, and what they say together."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from textwrap import wrap
from typing import Any

from rich.cells import cell_len

from mlkanban.cells import shortened
from mlkanban.core.budget import Unit
from mlkanban.core.metrics import GuardState, aligned
from mlkanban.display.run_lines import count_text, importance_parts
from mlkanban.display.run_text import (
    before_text,
    columns_of,
    difference_text,
    duration,
    inside,
    latest_text,
    metrics_text,
    parameter_text,
    short_id,
    short_ids,
    started,
    without_common_folders,
)
from mlkanban.display.sparkline import sparkline
from mlkanban.display.table import GAP, Table, text_lines
from mlkanban.glyphs import UTF8, Glyphs
from mlkanban.runs.model.intervals import PERCENT
from mlkanban.runs.model.launch_words import NO_DIFFERENCE, Differing
from mlkanban.runs.model.overview import BEST_FROM, arrays_apart, overview, run_counts
from mlkanban.runs.model.parameters import is_word
from mlkanban.runs.model.results import (
    Configuration,
    GuardResult,
    Results,
    remarks,
)
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.series import Latest
from mlkanban.runs.model.state import RunState
from mlkanban.runs.model.usage import Spending, usage, usage_text
from mlkanban.text import cell_text

_CELL = 14
"""The most cells of a parameter."""
_NAME = 40
"""The most cells of what tells a configuration from the others."""
_RESULT = 14
"""The cells that parameters leave to the result."""


def run_rows(
    runs: Sequence[Run],
    found: Results | None,
    zone: tzinfo,
    now: datetime,
    *,
    evidence: bool = False,
    differs: Differing = NO_DIFFERENCE,
    width: int = 0,
    ids: Mapping[str, str] | None = None,
    latest: Mapping[str, Latest] | None = None,
    metric: Mapping[str, Any] | None = None,
    glyphs: Glyphs = UTF8,
) -> list[str]:
    """A head and a line for every run, the best of `found` marked; with `evidence`, how that is
    known of those that go on. `ids` are the names of the runs, by id, where they are to be told.
    `differs` are the values of the runs of parameters in which they are not the same, launch words
    behind the others: the first of them, as many as `width` has room for, or all of them, uncut,
    where that is 0. `latest` is what runs that go on reported last, by id. Safe to show."""
    when = [started(run, zone) for run in runs]
    if ids is None:
        columns = [["STARTED", *map(inside, runs, when)]]
    else:
        names = [inside(run, cell_text(ids[run.id])) for run in runs]
        columns = [["RUN", *names], ["STARTED", *when]]
    columns += [
        ["STATE", *(cell_text(run.word) for run in runs)],
        ["TIME", *(duration(run, now) for run in runs)],
        ["METRIC", *(reported_text(run, found, latest or {}, metric, glyphs) for run in runs)],
    ]
    sizes = [_cells(column) for column in columns]
    launch = {name: some for name, some in differs.launch.items() if not is_word(name)}
    for name, values in columns_of({**differs.parameters, **launch}).items():
        if width:
            shown = without_common_folders(values)
            column = [parameter_text(text, _CELL) for text in (name, *shown)]
        else:
            column = [cell_text(text) for text in (name, *values)]
        size = _cells(column)
        if width and sum(sizes) + size + _RESULT > width:
            break
        columns.append(column)
        sizes.append(size)
    results = [result_text(run, evidence=evidence) for run in runs]
    head, *rows = zip(*columns, ["RESULT", *map(cell_text, results)], strict=True)
    return text_lines(Table(head, rows))


def result_text(run: Run, *, evidence: bool = True) -> str:
    """How a run ended, beside its state: of a pruned trial where; with `evidence`, of those that go
    on, how that is known."""
    if run.state is not RunState.TRACKED:
        return run.outcome or (run.evidence if evidence else "")
    if run.says:  # its state is what the tracker says
        return run.why or run.stopped_at
    # That a tracker moves no card need not stand in each line.
    return run.outcome or run.evidence.partition("; ")[0] * evidence


def reported_text(
    run: Run,
    found: Results | None,
    latest: Mapping[str, Latest],
    metric: Mapping[str, Any] | None,
    glyphs: Glyphs,
) -> str:
    """What a run reported: in the end, or so far while it goes on, on its side of the target of the
    `metric` of the card."""
    newest = latest.get(run.id)
    return cell_text(
        metrics_text(run, found, glyphs.cut)
        if newest is None
        else latest_text(newest, metric, glyphs)
    )


def _cells(column: Sequence[str]) -> int:
    """The cells of a column with the gap after it."""
    return max(map(cell_len, column)) + len(GAP)


def result_lines(
    runs: Sequence[Run],
    found: Results | None,
    zone: tzinfo,
    now: datetime,
    *,
    glyphs: Glyphs = UTF8,
    spent: Spending | None = None,
    metric: Mapping[str, Any] | None = None,
    width: int = 0,
    most: int = 0,
    room: int = 0,
) -> list[str]:
    """What the runs of a card say together of its `metric`, which of them count for nothing, and
    what they used: of its budget, where `spent` says that. Of many configurations only `most` are
    listed, where that is not 0, each in a line, or in several where `room` is too few cells.
    Sentences are wrapped to `width` cells where there is one. Safe to show."""
    lines: list[str] = []
    counts = run_counts(arrays_apart(runs, found.repeats) if found else runs)
    if counts.outer:
        lines.append(count_text(counts))
    if found:
        best = found.best_run
        bars = sparkline(found.values, glyphs.spark)
        value = ""
        if best is not None:
            when = f" of {started(best, zone)}" if best.started else ""
            name = short_id(best.id, short_ids(runs))
            which = "best run" + " that holds its guards" * found.better_breaks_guards
            value = f"{which} {found.text(best)}{when} ({name})"
        lines.append(cell_text("  ".join(filter(None, (found.summary, bars, value)))))
        lines += map(cell_text, _configurations(found, most, room))
        if found.proposal:
            lines += _wrapped(f"proposed: {found.proposal_text}; {found.why}", width)
        elif found.is_search:
            lines += _wrapped(f"search: {found.search_text}", width)
        if parts := importance_parts(overview(runs, found, found.repeats), glyphs):
            lines += _wrapped("   ".join("".join(text for text, _ in p) for p in parts), width)
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


def _configurations(found: Results, most: int, room: int) -> Iterator[str]:
    """The configurations of the runs, a line each, the one that was tried last first; how repeats
    are told where there are none."""
    many = len(found.configurations)
    if many == 1:
        if found.guards:
            yield f"guards: {'; '.join(guard.summary for guard in found.latest.guards)}"
        if (baseline := found.comparison(found.latest).baseline) is not None:
            level = "" if baseline.low is None else f", with its {PERCENT} % interval"
            yield f"vs the baseline {difference_text(baseline)}{level}"
        return
    yield f"tried last of {many} configurations; only runs of one configuration are averaged"
    yield from _comparison_table(found, most, room)
    if all(one.n == 1 for one in found.configurations):
        yield found.repeats.sentence


def _comparison_table(found: Results, most: int, room: int) -> Iterator[str]:
    """A head and a line for each configuration, newest first. Where there are too many, the best
    one has a line in any case."""
    shown = [*reversed(found.configurations)]
    if most and len(shown) > most:
        shown = shown[:most]
        if found.best is not None and found.best not in shown:
            shown[-1] = found.best
    compared = [found.comparison(one) for one in shown]
    means = aligned([(one.mean, one.mean_text) for one in shown])
    columns = [
        ["CONFIGURATION", *(_name(one, found, room) for one in shown)],
        ["N", *(str(one.n) for one in shown)],
        [
            found.name.upper(),
            *(f"{mean}{one.spread}" for mean, one in zip(means, shown, strict=True)),
        ],
    ]
    for head, parts in (
        ("DIFFERENCE", [before_text(one, room and _NAME) for one in compared]),
        (
            "VS THE BASELINE",
            ["" if one.baseline is None else difference_text(one.baseline) for one in compared],
        ),
    ):
        if any(parts):
            columns.append([head, *parts])
    for at, guard in enumerate(found.latest.guards):
        head = f"{guard.name.upper()} {guard.limit}"
        columns.append([head, *(_guard(one.guards[at]) for one in shown)])
    if found.proposal:
        columns.append(["SAYS", *(one.proposal or "" for one in shown)])
    first, *rows = ([*map(cell_text, row)] for row in zip(*columns, strict=True))
    lines = text_lines(Table(first, rows))
    if room and max(map(cell_len, lines)) > room:
        lines = [line for row in rows for line in _stacked(first, row, room)]
    yield from lines
    if more := len(found.configurations) - len(shown):
        yield f"{more} more configurations"


def _stacked(heads: Sequence[str], cells: Sequence[str], room: int) -> Iterator[str]:
    """A row of a table in several lines: its name, and below it each cell behind its head."""
    name, *others = cells
    yield shortened(name, room)
    parts = [f"{head.lower()} {cell}" for head, cell in zip(heads[1:], others, strict=True) if cell]
    line = ""
    for part in parts:
        longer = f"{line}   {part}" if line else f"  {part}"
        if line and cell_len(longer) > room:
            yield line
            longer = f"  {part}"
        line = longer
    yield line


def _guard(found: GuardResult) -> str:
    """`61.3 +- 1.5 broken`, `48 +- 3 open`; what no run reported is not measured."""
    if found.mean is None:
        return found.state.value
    if found.state is GuardState.NOT_MEASURED:
        return found.measured
    return f"{found.measured} {found.state}"


def _name(one: Configuration, found: Results, room: int) -> str:
    """What tells a configuration from the others, whole where there is no end of `room`, and
    whether it is the best: with few runs, so far."""
    name = shortened(one.name, _NAME) if room else one.name
    if one is not found.best:
        return name
    return f"{name}  best" if one.observed >= BEST_FROM else f"{name}  best so far"
