"""A run as a tracker describes it, and what a card stores of that. Trackers are wrong about dead
runs, so the state they give is shown but never believed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from sys import float_info

from mlkanban.records import record
from mlkanban.runs.model.metric_lines import MOST_UNREAD
from mlkanban.runs.model.metric_order import in_order_of_interest
from mlkanban.runs.model.redaction import redacted
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState
from mlkanban.runs.model.tracker_names import BY_FOLDER, KINDS

CARD_TAG, RUN_TAG = "mlkanban.card", "mlkanban.run"
"""What a run of a tracker is told through its environment: its card, and the run of ours."""
DIRECTORY, LIKELY_SEED = "directory", "s"
"""Parameters of a run that is known by the name of its folder alone: `resnet-s1` is folder resnet,
and 1 of what may be its seed, or may not."""
NESTED_TAG = "mlflow.parentRunId"
_COMMIT_TAG = "mlflow.source.git.commit"
IGNORED = "ignored:"
"""Of the field of a board that names a run, or an experiment, nobody wants to hear of."""
EXPERIMENT = "experiment:"
"""Of the field of a card that names an experiment, by its group: its runs belong to the card."""
_MOST_ENTRIES = 100
"""Metrics or parameters of a run."""
_MOST_CHARACTERS = 100
"""Of a name or a value."""
_LONG = re.compile(r"(optuna:.+)@[0-9a-f]{8}|(wandb:)[0-9]{8}_[0-9]{6}-(.+)", re.DOTALL)
"""A ref with what tells it from those of other files."""


def not_ours(ref: str, where: str) -> str:
    """Why a run that only a tracker knows can be neither read nor stopped here."""
    tracker = KINDS.get(ref.partition(":")[0], "Its tracker")
    kept = f" ({where})" if where else ""
    return f"{tracker} keeps its own log{kept}; this board did not start it and cannot stop it."


def short(ref: str) -> str:
    """A ref as people type it, which several files may have."""
    match = _LONG.fullmatch(ref)
    return "".join(filter(None, match.groups())) if match else ref


def group_of(ref: str, where: str, experiment: str) -> str:
    """The name of the experiment of a run within its file."""
    return f"{ref.partition(':')[0]}:{where}:{experiment}"


def is_experiment(group: str, name: str) -> bool:
    """Whether a person who types `name`, KIND:EXPERIMENT, means the experiment with this group."""
    kind, _, experiment = name.partition(":")
    return group.startswith(f"{kind}:") and group.endswith(f":{experiment}")


@record(frozen=True, slots=True)
class Tracked:
    """One run. `ref` is its tracker and what that calls it, `mlflow:<run id>` or
    `optuna:<study>/<trial>@<digits>`; `experiment` is what its tracker puts it with, `says` the
    state that gives it; instants are ISO 8601 UTC, '' when they are not known; `about` is when it
    began as a text to order by, in whatever time zone; `where` is the file or folder; `beside` is
    whether its tracker has others that were started in the same run of ours; `direction` is which
    side of its only objective is good (`<=`), `since` the step from which on a metric is no
    number; `pruned_at` is the last `value` of a trial that was pruned, and its `step`. `within` is
    the run of ours in whose folder it was written while that went on, and `within_card` its card,
    of one that names neither: likely, but not sure."""

    ref: str
    name: str = ""
    experiment: str = ""
    says: str = ""
    started: str = ""
    ended: str = ""
    about: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    where: str = ""
    beside: bool = False
    direction: str = ""
    since: Mapping[str, int] = field(default_factory=dict)
    pruned_at: Mapping[str, float] = field(default_factory=dict)
    within: str = ""
    within_card: str = ""

    @property
    def kind(self) -> str:
        return self.ref.partition(":")[0]

    @property
    def group(self) -> str:
        """The name of its experiment within this file."""
        return group_of(self.ref, self.where, self.experiment)

    @property
    def experiment_ref(self) -> str:
        """Its experiment as people type it: `optuna:lr search`."""
        return f"{self.kind}:{self.experiment}"

    @property
    def experiment_name(self) -> str:
        """Its experiment in words: `Optuna, focal loss`."""
        kind = KINDS[self.kind]
        return f"{kind}, {self.experiment}" if self.experiment else kind

    @property
    def moment(self) -> str:
        """When it began, as precisely as that is known."""
        return (self.started or self.about)[:26].replace(" ", "T")

    @property
    def title(self) -> str:
        """The title of a card that is made from it."""
        return self.name or self.experiment or self.ref

    @property
    def card(self) -> str:
        """The label of the card it is tagged with, or a short id alone; '' for none."""
        return self.tags.get(CARD_TAG, "").strip().lower()

    @property
    def place(self) -> str:
        """The file it is kept in, or the folder of its own."""
        return self.ref.partition(":")[2] if self.kind in BY_FOLDER else self.where

    @property
    def within_text(self) -> str:
        """`written during run 075ac6fb of v3`; '' for any other."""
        run = self.within.rpartition("-")[2]
        return f"written during run {run} of {self.within_card}" if run else ""

    @property
    def above(self) -> str:
        """The ref of the tracker run that it is nested in; '' for none."""
        parent = self.tags.get(NESTED_TAG, "").strip()
        return f"{self.kind}:{parent}" if parent else ""

    def as_run(self, parent: str = "") -> Run:
        """The run as the card it is linked to stores it; `parent` is the run that it was started
        in, which uses the GPUs for it."""
        return Run(
            id=self.ref,
            state=RunState.TRACKED,
            evidence=f"{KINDS[self.kind]} says {self.says or 'nothing'}; that moves no card",
            says=self.says,
            name=self.name[:_MOST_CHARACTERS],
            experiment=self.experiment[:_MOST_CHARACTERS],
            where=self.where,
            started=self.started,
            ended=self.ended,
            metrics=self.numbers,
            params=self.settings,
            direction=self.direction,
            pruned_at=self.pruned_at,
            unread=self.unread,
            commit=self.tags.get(_COMMIT_TAG, "")[:_MOST_CHARACTERS],
            parent=parent,
            gpus=0 if parent else None,
        )

    @property
    def numbers(self) -> dict[str, float]:
        """Its metrics that are numbers, up to a limit, those of interest first. MLflow's database
        stores the largest float for an infinite one."""
        finite = [name for name in sorted(self.metrics) if abs(self.metrics[name]) < float_info.max]
        return {name: self.metrics[name] for name in in_order_of_interest(finite)[:_MOST_ENTRIES]}

    @property
    def unread(self) -> tuple[str, ...]:
        """Its metrics that are none: `val_auc is NaN since step 50`."""
        return tuple(
            f"{name} is {'NaN' if value != value else 'infinite'}"
            + (f" since step {self.since[name]}" if name in self.since else "")
            for name, value in sorted(self.metrics.items())
            if not abs(value) < float_info.max
        )[:MOST_UNREAD]

    @property
    def settings(self) -> dict[str, str]:
        """Its parameters without secrets, up to a limit."""
        return {
            name: redacted([f"{name}={value}"])[0].partition("=")[2][:_MOST_CHARACTERS]
            for name, value in sorted(self.params.items())[:_MOST_ENTRIES]
            if "=" not in name
        }


def ours(tracked: Tracked, runs: Sequence[Run]) -> Run | None:
    """The run of ours, of `runs` of its card, that it is the record of: the one it names, or the
    only one it was started in. A run that goes on is not named: its end comes first."""
    named = tracked.tags.get(RUN_TAG, "")
    own = [run for run in runs if run.state is not RunState.TRACKED]
    if named:
        matching = [run for run in own if run.id == named]
    else:
        matching = [
            run for run in own
            if tracked.card and tracked.started and run.started
            and run.started <= tracked.started and (not run.ended or tracked.started <= run.ended)
        ]  # fmt: skip
    return matching[0] if len(matching) == 1 else None
