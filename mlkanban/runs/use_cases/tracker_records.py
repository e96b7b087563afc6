"""What a card keeps of runs of trackers: which of its runs each is the record of, and what is new.

All runs of a card are looked at once; after that each run of a tracker costs the same, however many
there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import filterfalse
from typing import Any

from mlkanban.runs.model.labels import read_label
from mlkanban.runs.model.metric_lines import is_of_tracker
from mlkanban.runs.model.run import PREFIX, Run, runs_in
from mlkanban.runs.model.state import RunState
from mlkanban.runs.model.tracker_names import SEARCHING
from mlkanban.runs.model.tracker_run import RUN_TAG, Tracked, ours, short

LINK = "link:"
"""Of the field of a card that names a run of a tracker."""


class CardRecords:
    """The runs among the fields of a card, and what runs of trackers change about them. `take` adds
    to `fields`, which are a copy."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.fields = dict(fields)
        metric = fields.get("metric")
        self._metric_name = str(metric.get("name") or "") if metric else ""
        self._runs: dict[str, Run] = {}
        self._record_of: dict[str, str] = {}
        self._own: dict[str, Run] = {}
        self._starts: dict[str, str] = {}
        self._newest_start = ""
        for run in runs_in(fields):
            self._add(run)

    def _add(self, run: Run) -> None:
        self._runs[run.id] = run
        if run.tracked:
            self._record_of[run.tracked] = run.id
        if run.state is not RunState.TRACKED:
            self._own[run.id] = run
        if self._metric_name in run.metrics:
            self._starts[run.id] = run.started
            self._newest_start = max(self._newest_start, run.started)

    def take(self, values: dict[str, Any]) -> dict[str, Any]:
        """Bring the fields up to date with what is written; the same values."""
        self.fields |= values
        for name, value in values.items():
            run_id = name.removeprefix(PREFIX)
            if run_id == name:
                continue
            self._runs.pop(run_id, None)
            self._own.pop(run_id, None)
            if self._starts.pop(run_id, "") and not value:
                self._newest_start = max(self._starts.values(), default="")
            kept = {name: value, "metric": self.fields.get("metric")}
            for run in runs_in(kept):
                self._add(run)
        return values

    def is_named_by(self, tracked: Tracked) -> bool:
        """Whether its tag can mean no card of another store: it names this one, or a run of this
        card. A short id alone is only a hint: every store has a g1."""
        label = read_label(tracked.card)
        return (label is not None and bool(label.store)) or (
            tracked.tags.get(RUN_TAG, "") in self._runs
        )

    def lost(self, tracked: Tracked) -> bool:
        """Whether a person took it off the card: that is not for a tag to take back."""
        names = (tracked.ref, short(tracked.ref))
        return any(not self.fields.get(LINK + name, True) for name in names)

    def keeps_by_short_name(self, name: str, where: str) -> bool:
        """Whether a run of this file is linked by a short name."""
        if not self.fields.get(LINK + name):
            return False
        run_ids = (name, self._record_of.get(name, ""))
        return any(run.where == where for one in run_ids if (run := self._runs.get(one)))

    def waits(self, tracked: Tracked) -> bool:
        """Whether it is the record of a run of ours that still goes on: its end comes first."""
        own = self._ours(tracked)
        return own is not None and not own.state.ended

    def has_news(self, tracked: Tracked) -> bool:
        """Whether anything of a run that is linked is to be written."""
        return any(name.startswith(PREFIX) for name in self.values(tracked))

    def values(self, tracked: Tracked) -> dict[str, Any]:
        """The fields of the card that keep a run of a tracker and are not that way yet: a run of
        its own, or the run of ours that it is the record of. The card's metric follows its newest
        run."""
        own = self._own_run(tracked)
        if own is not None and own.state.ended:
            run = replace(
                own, tracked=tracked.ref, says=tracked.says, where=tracked.where,
                metrics={**own.metrics, **tracked.numbers}, params=tracked.settings,
                direction=tracked.direction,
                unread=(*filterfalse(is_of_tracker, own.unread), *tracked.unread),
            )  # fmt: skip
        else:
            within = self._ours(tracked) if own is None else None
            known = self._runs.get(tracked.ref)
            # Below the run of the tracker that it is nested in, where the card has that one.
            parent = tracked.above if within is None or tracked.above in self._runs else within.id
            parent = parent or (known.parent if known else "")
            run = replace(
                tracked.as_run(parent),
                dataset=known.dataset if known else self.fields.get("dataset") or "",
            )
        values: dict[str, Any] = {PREFIX + run.id: run.to_field()}
        if run.tracked and self.fields.get(PREFIX + tracked.ref):
            values[PREFIX + tracked.ref] = None  # it was heard of before the run of ours
        name, metric = self._metric_name, self.fields.get("metric")
        if metric and run.is_result and name in run.metrics and self._is_newest(run, tracked.ref):
            values["metric"] = {**metric, "value": run.metrics[name]}
        return {name: value for name, value in values.items() if self.fields.get(name) != value}

    def _is_newest(self, run: Run, ref: str) -> bool:
        """Whether no other run that reported the metric started later."""
        if self._newest_start <= run.started:
            return True
        if self._newest_start not in (self._starts.get(run.id), self._starts.get(ref)):
            return False
        others = (at for other, at in self._starts.items() if other not in (run.id, ref))
        return max(others, default="") <= run.started

    def _ours(self, tracked: Tracked) -> Run | None:
        """The run of ours that it was started in."""
        if named := tracked.tags.get(RUN_TAG, "") or tracked.within:
            return self._own.get(named)
        return ours(tracked, [*self._own.values()]) if self._own else None

    def _own_run(self, tracked: Tracked) -> Run | None:
        """The run of ours it is the record of, or would be: of several that were started in one
        none is, and a run has one record at most."""
        if joined := self._runs.get(self._record_of.get(tracked.ref, "")):
            return joined
        if tracked.above or tracked.beside:
            return None
        if tracked.kind in SEARCHING and RUN_TAG not in tracked.tags:
            return None  # a trial is part of a search, not the record of all of it
        known = self._runs.get(tracked.ref)
        if known is not None and known.parent:
            return None
        own = self._ours(tracked)
        return None if own is None or own.tracked else own
