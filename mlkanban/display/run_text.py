"""Runs in words, the same on the command line and on the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len, set_cell_size

from mlkanban.cells import shortened
from mlkanban.core.metrics import (
    compact,
    compact_text,
    exponent,
    metric_named,
    number_text,
    spread_digits,
)
from mlkanban.core.names import id_ends
from mlkanban.core.timestamps import moment
from mlkanban.display.sparkline import sparkline
from mlkanban.glyphs import UTF8, Glyphs
from mlkanban.runs.model.run import Run, ancestors, parents_of
from mlkanban.runs.model.run_ids import split_task
from mlkanban.runs.model.state import UNSEEN, RunStanding, RunState
from mlkanban.runs.model.tracker_names import BY_FOLDER
from mlkanban.runs.model.usage import length
from mlkanban.text import cell_text

if TYPE_CHECKING:
    from mlkanban.runs.model.intervals import Difference
    from mlkanban.runs.model.launch_words import ParameterSets
    from mlkanban.runs.model.results import Comparison, Results
    from mlkanban.runs.model.series import Latest

SHORTLY = 2
"""So many metrics stand in a line."""
_MOST_NAMED = 3
"""So many values of the tasks of an array are named."""
_MOST_TASKS = 20


_SIGNS: Mapping[RunStanding, tuple[str, str]] = {
    RunStanding.WAITING: ("queued", "clock"), RunStanding.AT_WORK: ("running", "live"),
    RunStanding.UNSEEN: ("unseen", "clock"), RunStanding.SUCCEEDED: ("ticked", "live"),
    RunStanding.FAILED: ("failed", "alarm"), RunStanding.STOPPED: ("open", "dim"),
    RunStanding.NOT_KNOWN: ("open", "dim"),
}  # fmt: skip
"""The glyph and the role of each."""


def standing_sign(standing: RunStanding, glyphs: Glyphs) -> tuple[str, str]:
    """The sign of how a run stands, and its role."""
    name, role = _SIGNS[standing]
    return getattr(glyphs, name), role


def short_ids(runs: Sequence[Run]) -> dict[str, str]:
    """The end of the id of each of these runs that no other of them has, by the whole id; `mlkanban
    logs` takes it for the id. A run of TensorBoard is called as its folder is."""
    folders = dict.fromkeys(run.id for run in runs if run.id.partition(":")[0] in BY_FOLDER)
    return id_ends(run.id for run in runs if run.id not in folders) | _ends_of_paths([*folders])


def _ends_of_paths(paths: Sequence[str]) -> dict[str, str]:
    """The shortest end of each path, in whole parts, with which all are unlike."""
    parts = [path.split("/") for path in paths]
    longest = max(map(len, parts), default=0)
    ends = (["/".join(some[-many:]) for some in parts] for many in range(1, longest + 1))
    unlike = next((some for some in ends if len({*some}) == len(paths)), paths)
    return dict(zip(paths, unlike, strict=True))


def short_id(run: str, ids: Mapping[str, str]) -> str:
    """The short id of a run, or of one of the tasks of a run, by the short `ids` of all runs."""
    whole, task = split_task(run)
    return ids.get(run) or (f"{ids[whole]}_{task}" if whole in ids else run)


def started(run: Run, zone: tzinfo) -> str:
    """When a run started: `03-20 09:15`."""
    begun = moment(run.started)
    return f"{begun.astimezone(zone):%m-%d %H:%M}" if begun else "-"


def inside(run: Run, text: str) -> str:
    """The beginning of the line of a run, set in below the run that it was started in."""
    return f"  {text}" if run.parent else text


def duration(run: Run, now: datetime) -> str:
    """How long it ran, or has run by now: `14h`, `3m`, or waits by now: `waits 3m`; '' when that is
    not known."""
    if since := moment(run.waits_since):
        return f"waits {spoken(now - since)}"
    known = length(run, now)
    return "" if known is None else spoken(known)


def elapsed(run: Run, now: datetime) -> str:
    """How long a run has run, or waited for its scheduler; `?` behind it where its processes cannot
    be seen."""
    if since := moment(run.waits_since):
        return spoken(now - since)
    return duration(run, now) + UTF8.unseen * (run.state in UNSEEN)


def columns_of(differs: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Parameters with a value for each row of a table: those that most rows have."""
    return {n: texts for n, texts in differs.items() if 2 * sum(map(bool, texts)) >= len(texts)}


def without_common_folders(texts: Sequence[str]) -> list[str]:
    """Paths in one column without the folders and names that all of them share at their beginning
    and at their end: `v-tqdm` of `/home/ada/v-tqdm/bin/python`. Other texts stay."""
    parts = {text: text.split("/") for text in texts if text}
    if len(parts) < 2 or any(len(names) < 2 for names in parts.values()):
        return [*texts]
    for place in (0, -1):
        while len({names[place] for names in parts.values()}) == 1 and all(
            len(names) > 1 for names in parts.values()
        ):
            for names in parts.values():
                names.pop(place)
    return ["/".join(parts[text]) if text else "" for text in texts]


def parameter_text(text: str, cells: int, cut: str = "..") -> str:
    """The value of a parameter in at most so many cells: of a path its end."""
    shown = cell_text(text)
    if "/" not in shown or cell_len(shown) <= cells:
        return shortened(shown, cells, cut)
    return cut + set_cell_size(shown[::-1], cells - cell_len(cut))[::-1].lstrip()


def parameters_text(values: Mapping[str, str]) -> str:
    """`lr 3e-4  depth 6`; what has no value is left out."""
    return "  ".join(f"{name} {value}" for name, value in values.items() if value)


def parameter_sets_text(sets: ParameterSets) -> str:
    """`lr 3e-4  depth 6  (seed 2  device cuda:1)`: launch words in parentheses."""
    parameters, launch = map(parameters_text, sets)
    return "  ".join(filter(None, (parameters, f"({launch})" if launch else "")))


def in_order_of_state(runs: Sequence[Run]) -> list[Run]:
    """Those that go on first, then those that wait, those that finished, and the others, each in
    the order given, with the runs that they started."""
    parents = parents_of(runs)

    def place(run: Run) -> int:
        *_, outermost = (run, *ancestors(run, parents))
        if outermost.may_go_on:
            return int(outermost.state is RunState.QUEUED)
        return 2 if outermost.is_result else 3

    return sorted(runs, key=place)


def spoken(length: timedelta) -> str:
    """A length of time in few cells."""
    seconds = max(0, int(length.total_seconds()))
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= size * (2 if unit == "d" else 1):
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def latest_text(latest: Latest, metric: Mapping[str, Any] | None, glyphs: Glyphs) -> str:
    """What a run that goes on reported last: `val_auc 0.937 at step 1200 ▁▃▅▆▇`, and whose value it
    is: `val_loss 0.075 ▇▅▂▁ (best of 32 trials; trial 33 runs)`."""
    own = metric_named(latest.name, metric)
    bars = sparkline(latest.shape, glyphs.spark)
    if latest.unread or latest.value is None:
        return "  ".join(filter(None, (latest.unread, bars)))
    place = f" at {latest.place}" if latest.place else ""
    about = f"({latest.about})" if latest.about else ""
    text = f"{latest.name} {number_text(latest.value, own)}{place}"
    return " ".join(filter(None, (text, bars, about)))


def metrics_text(run: Run, found: Results | None = None, cut: str = "..") -> str:
    """What it reported: `val_auc 0.917`; of many the first ones with `cut` behind them, and the
    first that is no number. By the results of its card, its metric and all guards come first, and
    the metric of the best of several runs is named so: `val_auc 0.917 best  loss 0.2`."""
    metric = found.metric if found else {}
    if run.tasks:
        return _of_tasks(run, metric)
    goals = {str(goal["name"]): goal for goal in (metric, *(found.guards if found else ())) if goal}
    first = [name for name in goals if name in run.metrics]
    order = [*first, *(name for name in run.metrics if name not in goals)]
    most, own = max(SHORTLY, len(first)), metric.get("name")
    best = " best" if found is not None and found.is_best_run(run) else ""
    shown = "  ".join(
        f"{name} {found.text(run)}{best}"
        if found is not None and name == own
        else f"{name} {number_text(run.metrics[name], goals.get(name))}"
        for name in order[:most]
    )
    more = f" {cut}" if len(order) > most else ""
    return "  ".join(filter(None, (f"{shown}{more}", *run.unread[:1])))


def metrics_in(run: Run, cells: int, cut: str = "..") -> str:
    """What a run reported in so many cells: its first metrics, each with its whole value, and `cut`
    behind them where that is not all. Safe to show."""
    texts = [
        (cell_text(name), compact_text(number_text(value))) for name, value in run.metrics.items()
    ]
    if run.tasks or run.unread or not texts:
        return shortened(cell_text(metrics_text(run, cut=cut)), cells, cut)
    name, value = texts[0]
    line = f"{shortened(name, max(1, cells - len(value) - 1), cut)} {value}"
    for at, (name, value) in enumerate(texts[1:SHORTLY], 2):
        longer = f"{line}  {name} {value}"
        if cell_len(longer) + (1 + cell_len(cut)) * (at < len(texts)) > cells:
            break
        line = longer
    more = f"{line} {cut}"
    whole = line.count("  ") + 1 == len(texts)
    return line if whole or cell_len(more) > cells else more


def difference_text(known: Difference) -> str:
    """`+.010 (-.003 to +.023)`: a difference with its interval; without one, of which nothing is
    known of chance, `+.010`. No end is rounded to the other side of 0."""
    if known.low is None or known.high is None:
        return compact_text(_signed(known.value, _places(known.value)))
    half = (known.high - known.low) / 2
    places = _places(half, spread_digits(half))
    value, low, high = (
        compact_text(_signed(end, places)) for end in (known.value, known.low, known.high)
    )
    return f"{value} ({low} to {high})"


def before_text(compared: Comparison, cells: int = 0) -> str:
    """`+.010 (-.003 to +.023) vs lr 3`: how a configuration differs from the one tried before it,
    by its name, of which so many cells are shown if that is not 0; '' for the first one."""
    if compared.before is None or compared.other is None:
        return ""
    name = compared.other.name
    return f"{difference_text(compared.before)} vs {shortened(name, cells) if cells else name}"


_MOST_PLACES = 6


def _places(size: float, digits: int = 2) -> int:
    """The decimals that show so many digits of a number of this size; -1 where that takes an
    exponent."""
    if not size:
        return 0
    places = digits - 1 - exponent(size)
    return max(0, places) if -4 <= places <= _MOST_PLACES else -1


def _signed(number: float, places: int) -> str:
    if not number:
        return "0"
    for more in range(_MOST_PLACES if places >= 0 else 0):
        text = f"{number:+.{places + more}f}"
        if float(text):
            return text
    return f"{number:+.2g}"


def _of_tasks(run: Run, metric: Mapping[str, Any]) -> str:
    """What the tasks of an array reported: `val_auc 0.91, 0.93`, of many `val_auc 0.88 to 0.93 of
    40 tasks`; the metric of the card alone where there is one of that name."""
    known = run.task_values
    names = [metric["name"]] if metric.get("name") in known else [*known][:SHORTLY]
    parts = []
    for name in names:
        about = metric if name == metric.get("name") else None
        values = known[name]
        if len(values) > _MOST_NAMED:
            values = [min(values), max(values)]
        texts = [number_text(value, about) for value in values]
        many = len(known[name])
        text = (
            f"{texts[0]} to {texts[1]} of {many} tasks" if many > _MOST_NAMED else ", ".join(texts)
        )
        parts.append(f"{name} {text}")
    return "  ".join((*parts, *run.unread[:1]))


def values_text(run: Run, name: str, metric: Mapping[str, Any] | None) -> str:
    """The values of a metric that the tasks of an array reported, in few cells: `.88 to .93`; ''
    for none."""
    values = run.results_for(name)
    ends = dict.fromkeys((min(values), max(values))) if values else ()
    return " to ".join(compact(float(number_text(value, metric))) for value in ends)


def tasks_text(run: Run) -> str:
    """What became of each task of an array, for the first of them: `1: val_auc=0.91  2: failed, out
    of memory`."""
    tasks = []
    for task in run.tasks[:_MOST_TASKS]:
        reported = "  ".join(f"{name}={number_text(value)}" for name, value in task.metrics.items())
        how = "" if task.state is RunState.FINISHED else task.state.value
        tasks.append(
            f"{task.number}: " + (", ".join(filter(None, (how, task.why, reported))) or "finished")
        )
    more = len(run.tasks) - len(tasks)
    return "; ".join(tasks) + (f" and {more:,} more: `mlkanban --json runs`" if more else "")
