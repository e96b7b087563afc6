"""Runs of trackers that wait for a decision, as lines of text. Safe to show."""

from collections.abc import Mapping
from datetime import tzinfo
from textwrap import wrap

from mlkanban.cells import padded, shortened
from mlkanban.display.run_text import metrics_text, started
from mlkanban.runs.model.inbox import Experiment
from mlkanban.runs.model.tracker_run import Tracked
from mlkanban.text import display, steady

_NAME = 26


def experiment_line(one: Experiment, width: int, *, opened: bool) -> str:
    """A heading: what it is called, how many runs it has, and the file they are in."""
    count = one.count
    name = f"{'-' if opened else '+'} {_shown(one.name)}"
    room = max(8, width // 2 - len(count))
    return shortened(f"{padded(name, room)} {count}  {_shown(one.where)}", width)


def run_line(one: Tracked, zone: tzinfo, width: int) -> str:
    """A run below its heading: its name, when it began, its state, two of its metrics."""
    run = one.as_run()
    begun, says = padded(started(run, zone), 11), padded(_shown(one.says), 9)
    line = f"    {padded(_shown(one.title), _NAME)} {begun} {says} {_shown(metrics_text(run))}"
    return shortened(line.rstrip(), width)


def run_details(one: Tracked, width: int, most: int) -> list[str]:
    """What else is known of a run, in at most so many lines."""
    told = [("run", one.ref), ("in", one.where), ("metrics", _values(one.numbers)),
            ("params", _values(one.params))]  # fmt: skip
    lines = []
    for label, text in told:
        first, *rest = wrap(_shown(text), max(20, width - 10)) or [""]
        if first:
            lines += [f"{label:<9} {first}", *(f"{'':10}{line}" for line in rest)]
    return lines[:most]


def _values(given: Mapping[str, object]) -> str:
    return "  ".join(
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in given.items()
    )


def _shown(text: str) -> str:
    return steady(display(text))
