"""The logs of the demo's runs, as far as their lines of metrics go."""

import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

from mlkanban.core.events import Change
from mlkanban.core.metrics import direction_of
from mlkanban.runs.local.folder import RunFolder, runs_folder
from mlkanban.runs.model.run import PREFIX

_EPOCHS, _SO_FAR = 40, 26
_STEPS = 250
"""Of an epoch."""


def write_logs(data: Path, changes: Iterable[Change]) -> None:
    """Write the logs of all runs that `changes` tell of and that report a metric."""
    for run, text in logs(changes):
        folder = RunFolder(runs_folder(data) / run)
        folder.make()
        folder.out.write_text(text, encoding="utf-8")


def logs(changes: Iterable[Change]) -> Iterator[tuple[str, str]]:
    """Each run that reports a metric, and its log."""
    metrics: dict[str, Mapping[str, Any]] = {}
    going_on: dict[str, Mapping[str, Any]] = {}
    for change in changes:
        if metric := change.set.get("metric"):
            metrics[change.card] = metric
        [run] = [name for name in change.set if name.startswith(PREFIX)] or [""]
        if not run:
            continue
        metric = metrics.get(change.card)
        if change.kind == "run.started" and metric:
            going_on[run] = metric
        elif change.kind == "run.ended":
            started = going_on.pop(run, None)
            value = change.set[run].get("metrics", {}).get((started or {}).get("name"))
            if started and value is not None:
                yield run.removeprefix(PREFIX), _log(run, started, value, _EPOCHS)
    for run, metric in going_on.items():
        ends = [metric.get(name) for name in ("value", "target", "baseline")]
        value = next((end for end in ends if end is not None), None)
        if value is not None:
            yield run.removeprefix(PREFIX), _log(run, metric, value, _SO_FAR)


def _log(run: str, metric: Mapping[str, Any], reached: float, epochs: int) -> str:
    """A training that gets near to a value soon and ends at it; one that goes on is a little short
    of it."""
    rng = Random(run)
    better = -1.0 if direction_of(metric) == "<=" else 1.0
    size = abs(reached) or 1.0
    noise = metric.get("noise") or size / 500
    lines = []
    for epoch in range(1, epochs + 1):
        loss = 0.69 * math.exp(-epoch / 15) + 0.11 + rng.gauss(0, 0.004)
        away = 0.06 * size * math.exp(-(epoch - 1) / 6) + 0.3 * noise * (epochs < _EPOCHS)
        value = reached - better * (away + abs(rng.gauss(0, noise / 3)))
        if epoch == _EPOCHS:
            value = reached
        lines += [
            f"epoch {epoch}/{_EPOCHS}  train loss {loss:.4f}",
            f"mlkanban: step={_STEPS * epoch} epoch={epoch} {metric['name']}={value:.4g}",
        ]
    return "".join(f"{line}\n" for line in lines)
