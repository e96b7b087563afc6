"""What became of the runs of studies, sweeps and other experiments of trackers, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState
from mlkanban.runs.model.tracker_names import KINDS


def outcome_counts(runs: Sequence[Run]) -> Iterator[str]:
    """A sentence for each experiment whose runs did not all end alike: `study-rdb (Optuna): 32
    complete, 17 pruned, 1 failed`."""
    groups: dict[tuple[str, str, str], list[Run]] = {}
    for run in runs:
        if run.state is RunState.TRACKED:
            kind = run.id.partition(":")[0]
            groups.setdefault((kind, run.experiment, run.where), []).append(run)
    for (kind, experiment, _), some in groups.items():
        words = Counter(run.word for run in some if run.says)
        if len(words) < 2:
            continue
        counts = ", ".join(f"{many:,} {word}" for word, many in words.most_common())
        tracker = KINDS.get(kind, kind)
        yield f"{experiment} ({tracker}): {counts}" if experiment else f"{tracker}: {counts}"
