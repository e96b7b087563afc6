"""The runs of a card as lines of text: the attempts, and more about one of them."""

import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from textwrap import wrap
from typing import Any

from rich.cells import cell_len

from mlkanban.charts.face import padded
from mlkanban.charts.runs import duration, metrics_text, started
from mlkanban.core.runs.figures import figures, sparkline
from mlkanban.core.runs.model import Run
from mlkanban.core.runs.usage import usage, usage_text
from mlkanban.text import display, steady

HEAD = ("STARTED", "STATE", "TIME", "METRIC", "RESULT")


def run_rows(
    runs: Sequence[Run], zone: tzinfo, now: datetime, *, evidence: bool = False
) -> list[str]:
    """A head and a line for every run; with `evidence`, how that is known of those that go on.
    Safe to show."""
    rows = [HEAD] + [
        (
            started(run, zone),
            run.state.value,
            duration(run, now),
            _shown(metrics_text(run)),
            _shown(run.outcome or (run.evidence if evidence else "")),
        )
        for run in runs
    ]
    sizes = [max(cell_len(row[at]) for row in rows) for at in range(len(HEAD) - 1)] + [0]
    return [
        "  ".join(
            padded(text, size) if size else text for text, size in zip(row, sizes, strict=True)
        )
        for row in rows
    ]


def run_details(run: Run, width: int) -> list[str]:
    """What is known of a run, how that is known, and the last it wrote. Safe to show."""
    lines: list[str] = []

    def add(label: str, text: str) -> None:
        if text:
            first, *rest = wrap(text, max(20, width - 12)) or [""]
            lines.extend([f"{label:<10}{first}", *(" " * 10 + line for line in rest)])

    add("run", _shown(f"{run.id} on {run.host}" if run.host else run.id))
    add("name", _shown(run.name))
    add("job", _shown(run.job))
    add("evidence", _shown(run.evidence))
    add("command", _shown(shlex.join(run.argv)))
    dirty = " with changes" if run.dirty else ""
    add("commit", f"{_shown(run.commit[:10])}{dirty}" if run.commit else "")
    add("gpus", "" if run.gpus is None else str(run.gpus))
    add("forced", _shown(run.force))
    add("metrics", "  ".join(f"{_shown(name)} {value:g}" for name, value in run.metrics.items()))
    add("tracker", _shown("  ".join(filter(None, (run.tracked, run.where)))))
    if run.last:
        lines += ["", "last lines on stderr", *(f"  {_shown(line)}" for line in run.last)]
    return lines


def figure_lines(
    runs: Sequence[Run],
    metric: Mapping[str, Any] | None,
    zone: tzinfo,
    now: datetime,
    *,
    ascii: bool = False,
) -> list[str]:
    """What the runs of a card say together, and what they used. Safe to show."""
    lines: list[str] = []
    if found := figures(runs, metric):
        best = next(run for run in runs if run.id == found.best)
        bars = sparkline(found.values, ascii=ascii)
        value = f"best {best.metrics[found.name]:.4g} of {started(best, zone)}"
        lines.append(_shown("  ".join(filter(None, (found.said, bars, value)))))
        if found.proposal:
            lines.append(f"proposed: {found.proposal}, {found.why}")
    if used := usage_text(usage(runs, now)):
        lines.append(f"used: {used}")
    return lines


def _shown(text: str) -> str:
    return steady(display(text))
