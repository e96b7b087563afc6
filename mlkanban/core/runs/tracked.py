"""A run as a tracker tells of it, and what a card keeps of that.

Trackers lie about dead runs, so what one says of the state of a run is shown and never believed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mlkanban.core.runs.judging import RunState
from mlkanban.core.runs.model import Run
from mlkanban.core.runs.redaction import redacted

KINDS = {"mlflow": "MLflow", "optuna": "Optuna"}
"""Trackers by the word their runs are named with, as people write them."""
CARD_TAG, RUN_TAG = "mlkanban.card", "mlkanban.run"
"""What a run of a tracker is told through its environment: its card, and the run of ours."""
IGNORED = "ignored:"
"""Of the field of a board that names a run nobody wants to hear of."""
_MOST = 100
"""Metrics or parameters, and characters of one."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """One run. `ref` is `mlflow:<run id>` or `optuna:<study>/<trial>`, `says` the state its tracker
    gives it; instants are ISO 8601 UTC, '' when they are not known; `where` is the file."""

    ref: str
    name: str = ""
    says: str = ""
    started: str = ""
    ended: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    where: str = ""

    @property
    def kind(self) -> str:
        return self.ref.partition(":")[0]

    @property
    def card(self) -> str:
        """The short id of the card it is tagged with, '' for none."""
        return self.tags.get(CARD_TAG, "").strip().lower()

    def as_run(self) -> Run:
        """What the card it is linked to keeps of it."""
        return Run(
            id=self.ref,
            state=RunState.TRACKED,
            evidence=f"{KINDS[self.kind]} says {self.says or 'nothing'}; that moves no card",
            says=self.says,
            name=self.name[:_MOST],
            where=self.where,
            started=self.started,
            ended=self.ended,
            metrics=self.numbers,
            params=self.settings,
        )

    @property
    def numbers(self) -> dict[str, float]:
        """Its metrics that are numbers, at most so many as are worth keeping."""
        finite = {name: v for name, v in sorted(self.metrics.items()) if math.isfinite(v)}
        return dict(list(finite.items())[:_MOST])

    @property
    def settings(self) -> dict[str, str]:
        """Its parameters without what must stay secret, as far as they are worth keeping."""
        return {
            name: redacted([f"{name}={value}"])[0].partition("=")[2][:_MOST]
            for name, value in sorted(self.params.items())[:_MOST]
            if "=" not in name
        }


def ours(one: Tracked, runs: Sequence[Run]) -> Run | None:
    """The run of ours, of `runs` of its card, that it is the record of: the one it names, or the
    only one it was started in. A run that goes on is not named: its end comes first."""
    named = one.tags.get(RUN_TAG, "")
    own = [run for run in runs if run.state is not RunState.TRACKED]
    if named:
        found = [run for run in own if run.id == named]
    else:
        found = [
            run for run in own
            if one.card and one.started and run.started
            and run.started <= one.started and (not run.ended or one.started <= run.ended)
        ]  # fmt: skip
    return found[0] if len(found) == 1 else None
