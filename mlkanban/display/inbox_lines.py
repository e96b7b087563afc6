"""Runs of trackers that wait for a decision, as lines of a screen."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import tzinfo

from mlkanban.core.metrics import number_text
from mlkanban.display.card_face import Line, Piece, drawn
from mlkanban.display.lines import edge, filled, fitted, labelled, paragraph, rule, width_of
from mlkanban.display.run_text import metrics_text, standing_sign, started
from mlkanban.glyphs import Glyphs
from mlkanban.runs.model.inbox import Experiment
from mlkanban.runs.model.metric_order import in_order_of_interest
from mlkanban.runs.model.parameters import rounded
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.tracker_run import Tracked

_NAME, _WIDE_NAME, _WIDE = 26, 40, 120
_INDENT = 9


def experiment_line(
    one: Experiment, width: int, glyphs: Glyphs, *, opened: bool, here: bool
) -> Line:
    """A heading in a rule: what it is called, how many runs it has, and the file they are in."""
    sign = Piece(" - " if opened else " + ", "focus")
    start = edge("faint", glyphs, here=True) if here else Piece(" ", "faint")
    name = Piece(drawn(one.name[:width], ascii=glyphs.ascii), "title")
    room = width - width_of([start, sign])
    count = Piece(one.count, "text")
    where = Piece(f"  {drawn(one.where, ascii=glyphs.ascii)}", "dim")
    title = fitted([name], max(8, room - len(one.count) - 6), glyphs)
    place = fitted([count, where], max(len(one.count), room - width_of(title) - 6), glyphs)
    # Without the beginning of a rule: its sign stands there.
    return [start, sign, *rule(title, room + 2, glyphs, place)[1:]]


def run_line(
    one: Tracked,
    zone: tzinfo,
    width: int,
    glyphs: Glyphs,
    *,
    here: bool,
    metrics: Collection[str] = (),
) -> Line:
    """A run below its heading: its name, when it began, its state, two of its metrics, those first
    that cards are for."""
    run, ascii = _in_order(one, metrics), glyphs.ascii
    state = standing_sign(run.standing, glyphs)[1]
    name = [Piece(drawn(one.title, ascii=ascii), "text")]
    line = [
        edge(state if state == "alarm" else "faint", glyphs, here=here),
        Piece("   ", "text"),
        *filled(name, _WIDE_NAME if width >= _WIDE else _NAME, glyphs),
        Piece(f"  {started(run, zone):<11}  ", "dim"),
        *filled([Piece(drawn(one.says, ascii=ascii), state)], 9, glyphs),
        *_metrics(run, ascii=ascii),
    ]
    return fitted(line, width, glyphs)


def _in_order(one: Tracked, metrics: Collection[str]) -> Run:
    """The run with its metrics in order of interest."""
    run = one.as_run()
    names = in_order_of_interest(run.metrics, metrics)
    return replace(run, metrics={name: run.metrics[name] for name in names})


def _metrics(run: Run, *, ascii: bool) -> Line:
    """Its first metrics, and the first that is no number."""
    text, wrong = metrics_text(run), next(iter(run.unread), "")
    if not wrong:
        return [Piece(f"  {drawn(text, ascii=ascii)}", "value")]
    return [
        Piece(f"  {drawn(text.removesuffix(wrong), ascii=ascii)}", "value"),
        Piece(drawn(wrong, ascii=ascii), "alarm"),
    ]


def experiment_details(one: Experiment, width: int, glyphs: Glyphs) -> list[Line]:
    """What is known of an experiment."""
    known = [("name", one.name, "text"), ("in", one.where, "dim"), ("runs", one.count, "text")]
    return _details(known, width, glyphs)


def run_details(one: Tracked, width: int, glyphs: Glyphs) -> list[Line]:
    """What else is known of a run."""
    known = [
        ("run", one.ref, "text"), ("in", one.where, "dim"), ("during", one.within_text, "text"),
        ("metrics", _values(one.numbers), "value"), ("params", _values(one.params), "text"),
    ]  # fmt: skip
    return _details(known, width, glyphs)


def _details(known: Iterable[tuple[str, str, str]], width: int, glyphs: Glyphs) -> list[Line]:
    lines: list[Line] = []
    room = max(8, width - _INDENT - 1)
    for label, text, role in known:
        if text:
            shown = paragraph(drawn(text, ascii=glyphs.ascii), role, room, glyphs)
            lines += labelled([Piece(f" {label}", "dim")], _INDENT, shown)
    return lines


def _values(given: Mapping[str, object]) -> str:
    return "  ".join(
        f"{name} {number_text(value)}"
        if isinstance(value, float)
        else f"{name} {rounded(str(value))}"
        for name, value in given.items()
    )
