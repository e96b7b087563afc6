"""The runs of a card on a screen: a line for each run, or for each configuration, and what they say
together."""

import shlex
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any, NamedTuple

from rich.cells import cell_len

from mlkanban.cells import shortened
from mlkanban.charts.spec import Role
from mlkanban.core.metrics import (
    GuardState,
    MetricFields,
    aligned,
    compact,
    compact_text,
    direction_of,
    guard_state,
    has_direction,
    metric_named,
    number_text,
    reaches,
    spread_text,
)
from mlkanban.display.card_face import Line, Piece
from mlkanban.display.grid import Column, Grid, column
from mlkanban.display.guard_text import STATE_ROLES, state_sign
from mlkanban.display.lines import filled, flow, joined, labelled, paragraph, width_of
from mlkanban.display.run_text import (
    SHORTLY,
    before_text,
    columns_of,
    difference_text,
    elapsed,
    metrics_in,
    parameter_text,
    parameters_text,
    spoken,
    standing_sign,
    started,
    tasks_text,
    values_text,
    without_common_folders,
)
from mlkanban.display.sparkline import sparkline
from mlkanban.glyphs import Glyphs
from mlkanban.runs.model.intervals import Difference
from mlkanban.runs.model.launch_words import (
    NO_PARAMETERS,
    Differing,
    ParameterSets,
    parameter_sets,
)
from mlkanban.runs.model.metric_lines import unread_text
from mlkanban.runs.model.overview import (
    ConfigurationRuns,
    Importance,
    RunCounts,
    best_of,
    importances,
)
from mlkanban.runs.model.parameters import is_word, rounded
from mlkanban.runs.model.repeats import DEFAULT, Repeats
from mlkanban.runs.model.results import (
    Configuration,
    GuardResult,
    Proposal,
    Results,
    remarks,
)
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.series import Latest, means
from mlkanban.runs.model.state import HELD, RunStanding, RunState
from mlkanban.runs.model.usage import Spending, usage, usage_text
from mlkanban.runs.model.value_range import readable_range, with_levels
from mlkanban.text import cell_text, quantity

_PARAMETER = 14
"""The most cells of a parameter."""
_KNOWN = 24
"""The cells that parameters leave to what is known of a run."""
_REPORTED = 30
"""The most cells of what a run reported."""
LABEL = 10
"""The cells of what stands in front of a fact about a run."""
_NAME = 24
"""The cells of the name of a configuration that another one is compared with."""
_VALUE = 30
"""The most cells of the value of a parameter where it is told in full."""
_STATE = 12
"""The cells that parameters leave to the states of a configuration."""
_SPREADS = ((150, 40), (120, 24))
"""From how many cells of a line on the spread is drawn, and how wide."""
_FEW_BARS = 5
_IMPORTANCE_BAR, _SHORT_BAR = 20, 10
_MOST_TELLING = 4
"""Parameters whose importance stands in a line."""
_BASELINE = "vs the baseline"
_DIFFERENCE, _NAMED_DIFFERENCE = 25, 40
"""The cells of a difference with its interval, and of one with the name of what it is compared
with."""
LETTERS = "abcd"
"""Of the marked configurations, or runs."""
MARK_ROLES: tuple[Role, ...] = ("value", "mark", "clock", "live")
_VERDICT_ROLES = {
    Proposal.SUPPORTED: "live", Proposal.NOT_SUPPORTED: "alarm", Proposal.OPEN: "clock",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RunPageContext:
    """What lines of runs depend on besides the runs: the results of the card, its metric, time and
    place, and the characters."""

    found: Results | None
    metric: Mapping[str, Any] | None
    zone: tzinfo
    now: datetime
    glyphs: Glyphs
    latest: Mapping[str, Latest] = field(default_factory=dict)
    """What runs that go on reported last, by their ids."""

    large: Mapping[str, int] = field(default_factory=dict)
    """The bytes of logs over the limit that still grow, by the ids of their runs."""

    written_guards: Sequence[MetricFields] = ()
    """The guards of the card, which stand on its page before there are results."""

    @property
    def guards(self) -> Sequence[MetricFields]:
        """The limits that must hold beside the metric."""
        return self.found.guards if self.found else self.written_guards

    @property
    def name(self) -> str:
        """The name of the metric, '' without one."""
        return str((self.metric or {}).get("name") or "")


def state_piece(run: Run, glyphs: Glyphs) -> Piece:
    """The sign of the state of a run."""
    return Piece(*standing_sign(run.standing, glyphs))


def run_grid(
    runs: Sequence[Run],
    differs: Differing,
    context: RunPageContext,
    width: int,
    *,
    marks: Sequence[str] = (),
    marking: bool = False,
) -> Grid:
    """A line for each run; `differs` are the parameters in which they are not the same, with the
    value of each run, launch words behind the others. `marks` are the ids of marked runs, in the
    order of their letters."""
    glyphs = context.glyphs
    known_values = iter(
        _aligned(
            _with_text(
                [run.metrics[context.name] for run in runs if context.name in run.metrics],
                context.metric,
            )
        )
    )
    values = [
        next(known_values) if context.name in run.metrics else _others(run, context, width // 3)
        for run in runs
    ]
    shapes = [_shape(run, context) for run in runs]
    signs = [state_piece(run, glyphs) for run in runs]
    names = [cell_text(run.word) for run in runs]

    def state(at: int) -> Line:
        role = "alarm" if runs[at].standing is RunStanding.FAILED else "text"
        inside = "  " if runs[at].parent else ""
        return [Piece(inside, "text"), signs[at], Piece(f" {names[at]}", role)]

    inner = 2 * any(run.parent for run in runs)
    columns = [
        Column("  run", inner + 2 + max(map(cell_len, ("run", *names)), default=3), state),
        column("time", [elapsed(run, context.now) for run in runs], "text", right=True),
        column(cell_text(context.name) or "reported", values, "value", most=_REPORTED),
        *([column("", shapes, "live")] if any(shapes) else []),
        *_parameters(differs, glyphs),
        column("started", [_since(run, context.zone) for run in runs], "dim"),
    ]
    columns[3:3] = [
        _guard_column(values, guard, glyphs)
        for guard in context.guards
        for values in [[_reported(run, str(guard["name"]), context) for run in runs]]
        if any(value is not None for value in values)
    ]
    if any(run.gpus for run in runs):
        texts = ["" if run.gpus is None else str(run.gpus) for run in runs]
        columns.insert(-1, column("gpus", texts, "text", right=True))
    if marking:
        columns.insert(0, Column("", 1, lambda at: _letter(runs[at].id, marks)))
    # When it started goes before a parameter does.
    head = "what is known"
    widest = max((width_of(known_of(run, context)) for run in runs), default=0)
    least = min(_KNOWN, max(len(head), widest))
    known = Column(head, least, lambda at: known_of(runs[at], context))
    return Grid.of(columns, known, width, glyphs, least=least)


def _reported(run: Run, name: str, context: RunPageContext) -> float | None:
    """What a run reported of a metric: in the end, or last while it goes on."""
    latest = context.latest.get(run.id)
    return run.metrics.get(name, dict(latest.beside).get(name) if latest else None)


def _guard_column(values: Sequence[float | None], guard: MetricFields, glyphs: Glyphs) -> Column:
    """What each run reported for a guard, with a sign behind what is beyond the limit."""
    known = iter(_aligned(_with_text([value for value in values if value is not None], guard)))
    texts = ["" if value is None else next(known) for value in values]

    def cell(at: int) -> Line:
        if guard_state(guard, values[at]) is not GuardState.BROKEN:
            return [Piece(texts[at], "value")]
        return [Piece(f"{texts[at]} {glyphs.failed}", "alarm")]

    head = cell_text(str(guard["name"]))
    return Column(head, max(cell_len(head), 2 + max(map(cell_len, texts))), cell)


def _since(run: Run, zone: tzinfo) -> str:
    """When a run started; of one that waits, since when."""
    return started(replace(run, started=run.waits_since or run.started), zone)


def known_of(run: Run, context: RunPageContext, *, in_short: bool = False) -> Line:
    """How a run ended and how that is known: of a failed one the reason first. Of a run that only a
    tracker knows, `in_short`, only how it ended."""
    found = context.found
    best = found is not None and found.is_best_run(run)
    latest = context.latest.get(run.id)
    ended = run.ended_as if in_short else run.outcome
    remark = cell_text((latest.about if latest else "") or ended or run.evidence)
    line: Line = []
    if run.standing is RunStanding.FAILED:
        reason, bracket, code = remark.partition(" (exit ")
        line = [Piece(reason, "alarm"), Piece(bracket + code, "dim")]
        if not bracket and run.last:
            line.append(Piece(f"  {cell_text(run.last[-1].strip())}", "dim"))
    elif remark:
        line = [Piece(remark, "dim")]
    if run.id in context.large:
        size = f"log {context.large[run.id] / 1e6:,.0f} MB"
        line = [Piece(size, "alarm"), Piece("  ", "text"), *line]
    if run.unread:
        line += [*([Piece("  ", "text")] if line else []), Piece(cell_text(run.unread[0]), "alarm")]
    return [Piece("best", "live"), Piece("  ", "text"), *line] if best else line


def _shape(run: Run, context: RunPageContext) -> str:
    """All values of a run that goes on, as bars."""
    latest = context.latest.get(run.id)
    return sparkline(latest.shape, context.glyphs.spark) if latest else ""


def _others(run: Run, context: RunPageContext, cells: int = _REPORTED) -> str:
    """What a run that goes on reported last, named where that is not the metric of the card; what
    one reported where the card has no metric, and the values of the tasks of an array."""
    if context.name and run.tasks:
        return values_text(run, context.name, context.metric)
    if latest := context.latest.get(run.id):
        if latest.unread or latest.value is None:
            return cell_text(latest.unread)
        aim = metric_named(latest.name, context.metric)
        value = compact_text(number_text(latest.value, aim))
        return f"{cell_text(latest.name)} {value}" if latest.other else value
    return "" if context.name else metrics_in(run, min(cells, _REPORTED), context.glyphs.cut)


def _parameters(differs: Differing, glyphs: Glyphs) -> Iterator[Column]:
    """A column for each hyper-parameter, then one for each launch word, which stands back."""
    for some, role in zip(differs, ("text", "dim"), strict=True):
        for name, texts in columns_of(some).items():
            yield _parameter(name, texts, role, glyphs)


def _parameter(name: str, texts: Sequence[str], role: str, glyphs: Glyphs) -> Column:
    shown = [parameter_text(text, _PARAMETER, glyphs.cut) for text in without_common_folders(texts)]
    head = cell_text(name)
    return column(
        head, shown, role, right=all(map(_is_number, filter(None, shown))), most=_PARAMETER
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


# One run


def detail_lines(
    run: Run,
    width: int,
    glyphs: Glyphs,
    differs: ParameterSets = NO_PARAMETERS,
    repeats: Repeats = DEFAULT,
) -> list[Line]:
    """What is known of a run and how that is known; `differs` are its parameters that are not the
    same in all runs, which come before the others. Launch words have a line of their own."""
    lines: list[Line] = []

    def add(label: str, text: str) -> None:
        if text:
            body = paragraph(cell_text(text), "text", max(20, width - LABEL), glyphs)
            lines.extend(labelled([Piece(label, "dim")], LABEL, body))

    add("name", run.name)
    add("job", run.job)
    add("evidence", run.evidence)
    add("command", shlex.join(run.argv))
    known = parameter_sets(run, repeats)
    alike = ({n: rounded(v) for n, v in some.items() if not is_word(n)} for some in known)
    params, launch = ({n: v for n, v in some.items() if n not in differs.launch} for some in alike)
    add("differs", _parameters_in_short(differs.parameters, glyphs))
    params = {n: v for n, v in params.items() if n not in differs.parameters}
    add("params", _parameters_in_short(params, glyphs))
    add("launch", _parameters_in_short({**differs.launch, **launch}, glyphs))
    add("folder", run.folder.removeprefix("."))
    add("dataset", run.dataset)
    add("commit", f"{run.commit[:10]}{' with changes' * run.dirty}" if run.commit else "")
    add("forced", run.force)
    if len(run.metrics) > SHORTLY:
        add(
            "metrics",
            "  ".join(f"{name} {compact_text(number_text(v))}" for name, v in run.metrics.items()),
        )
    add("tasks", tasks_text(run))
    add("unread", unread_text(run.unread))
    add("tracker", "  ".join(filter(None, (run.tracked, run.where))))
    return lines


def _parameters_in_short(values: Mapping[str, str], glyphs: Glyphs) -> str:
    return parameters_text(
        {name: parameter_text(value, _VALUE, glyphs.cut) for name, value in values.items()}
    )


def written_lines(out: Sequence[str], err: Sequence[str], room: int) -> list[Line]:
    """The last that a run wrote to stdout and to stderr, in at most `room` lines: half of them
    each, or what the other does not need; of both only stderr where there is hardly any room."""
    streams = [(name, lines) for name, lines in (("stdout", out), ("stderr", err)) if lines]
    while streams and (left := room - 2 * len(streams)) < len(streams):
        del streams[0]
    shown: list[Line] = []
    for at, (name, lines) in enumerate(streams):
        others = sum(len(more) for _, more in streams[at + 1 :])
        take = min(len(lines), max(left - others, left // (len(streams) - at)))
        left -= take
        shown += [[], [Piece(f"last lines on {name}", "dim")]]
        shown += [[Piece(f"  {cell_text(line)}", "text")] for line in lines[-take:]]
    return shown


# Configurations


def configuration_grid(
    rows: Sequence[ConfigurationRuns],
    context: RunPageContext,
    width: int,
    *,
    marks: Sequence[str] = (),
    marking: bool = False,
) -> Grid:
    """A line for each configuration, as many as `width` has room for; `marks` are the keys of the
    marked ones, in the order of their letters; with `marking`, they have a column."""
    glyphs, best = context.glyphs, best_of(context.found)
    results = [row.result for row in rows]
    means = iter(_aligned([(one.mean, one.mean_text) for one in results if one]))
    mean_texts = [next(means) if one else "" for one in results]
    sds = ["" if one is None or not one.sd else _sd_text(one.sd) for one in results]
    many = [str(one.n) if one else "-" for one in results]

    # Nothing is green of what misses the target.
    missed = best is not None and best.proposal is Proposal.NOT_SUPPORTED
    best_role = "dim" if missed else "live"

    def mean(at: int) -> Line:
        line = [Piece(mean_texts[at], "value")]
        if sds[at]:
            line.append(Piece(f" {glyphs.plus_minus}{sds[at]}", "dim"))
        return line

    def note(at: int) -> Line:
        if best is not None and rows[at].result is best:
            return [Piece("best", best_role)]
        return [Piece("one run" if many[at] == "1" else "", "dim")]

    differs = Differing(
        *(
            {name: [row[name] for row in some] for name in (some[0] if some else ())}
            for some in ([row.differs for row in rows], [row.launch for row in rows])
        )
    )
    size = max(map(cell_len, mean_texts), default=0)
    spread = max(map(cell_len, sds), default=0)
    size += spread + 1 + cell_len(glyphs.plus_minus) if spread else 0
    columns = [
        *([Column("", 1, lambda at: _letter(rows[at].key, marks))] if marking else []),
        column("n", many, "text", right=True),
    ]
    if any(results):
        columns.append(
            Column(cell_text(context.name), max(size, cell_len(cell_text(context.name))), mean)
        )
        if best or "1" in many:
            columns.append(Column("", 7 if "1" in many else 4, note))
        if (cells := next((cells for least, cells in _SPREADS if width >= least), 0)) and sds:
            scale = MetricScale.of([one for one in results if one], context.metric or {})
            role = {key: MARK_ROLES[at % len(MARK_ROLES)] for at, key in enumerate(marks)}
            columns.append(
                Column(
                    _ends(scale, cells), cells,
                    lambda at: scale.line(results[at], cells, glyphs, role.get(rows[at].key, "")),
                )
            )  # fmt: skip
    guards: dict[bool, list[Column]] = {True: [], False: []}
    for at, guard in enumerate(context.guards):
        known = any(one.guards[at].values for one in results if one)
        guards[known].append(_guard_results_column(results, at, guard, glyphs))
    columns += guards[True]
    columns += _parameters(differs, glyphs)
    columns += guards[False]
    times = [spoken_seconds(row.seconds(context.now)) for row in rows]
    columns.append(column("time", times, "dim", right=True))
    columns += _comparison_columns(rows, context)
    last = Column("state", _STATE, lambda at: states_of(rows[at], context))
    return Grid.of(columns, last, width, glyphs, least=_STATE)


def _guard_results_column(
    results: Sequence[Configuration | None], place: int, guard: MetricFields, glyphs: Glyphs
) -> Column:
    """How each configuration did by a guard: its mean with a sign, or that it was not measured."""

    def text(at: int) -> Line:
        one = results[at]
        return [_guard_piece(one.guards[place], glyphs)] if one else []

    head = f"{cell_text(str(guard['name']))} {target_shown(guard, glyphs)}"
    sizes = (width_of(text(at)) for at in range(len(results)))
    return Column(head, max(cell_len(head), *sizes), text)


def _guard_piece(found: GuardResult, glyphs: Glyphs) -> Piece:
    role = STATE_ROLES[found.state]
    if found.mean is None:
        return Piece(found.state.value, role)
    text = compact_text(found.mean_text)
    if found.state is GuardState.NOT_MEASURED:
        return Piece(f"{text} in {len(found.values)} of {found.runs}", role)
    if found.state is GuardState.OPEN and found.sd is not None:
        text += f" {glyphs.plus_minus}{_sd_text(found.sd)}"
    return Piece(f"{text} {state_sign(found.state, glyphs)}", role)


def _comparison_columns(
    rows: Sequence[ConfigurationRuns], context: RunPageContext
) -> Iterator[Column]:
    """What each configuration says about the target by itself, and how it differs from the one that
    was tried before it, by its name, and from the baseline."""
    found = context.found
    if found is None:
        return

    compared = [found.comparison(row.result) if row.result else None for row in rows]

    def before(at: int) -> Line:
        one = compared[at]
        if one is None or one.before is None:
            return []
        text = cell_text(before_text(one, _NAME))
        if cell_len(text) > _NAMED_DIFFERENCE:
            text = _without_interval(text)
        return [Piece(text, _difference_role(one.before))]

    def baseline(at: int) -> Line:
        one = compared[at]
        if one is None or one.baseline is None:
            return []
        text = difference_text(one.baseline)
        if cell_len(text) > _DIFFERENCE:
            text = _without_interval(text)
        return [Piece(text, _difference_role(one.baseline))]

    def says(at: int) -> Line:
        one = rows[at].result
        if one is None or one.proposal is None:
            return []
        return [Piece(one.proposal.value, _VERDICT_ROLES[one.proposal])]

    if found.metric.get("target") is not None:
        yield Column("says", max(map(len, Proposal)), says)
    if len(found.configurations) > 1:
        widest = max(width_of(before(at)) for at in range(len(rows)))
        yield Column("difference", max(len("difference"), widest), before)
    if found.metric.get("baseline") is not None:
        yield Column(_BASELINE, _DIFFERENCE, baseline)


def _without_interval(text: str) -> str:
    """A difference that is too long for its column: an interval is shown whole or not at all."""
    value, _, rest = text.partition(" (")
    return f"{value}{rest.partition(')')[2]}"


def _difference_role(known: Difference) -> str:
    """Differences whose interval leaves 0 out stand out."""
    clear = known.low is not None and known.high is not None and not known.low <= 0 <= known.high
    return "text" if clear else "dim"


def comparison_lines(
    one: Configuration, context: RunPageContext, width: int, *, with_verdict: bool = True
) -> list[Line]:
    """What one configuration says: n, mean and spread, how it differs, its verdict unless that
    stands below; in as many lines as that takes."""
    found = context.found
    assert found is not None
    compared = found.comparison(one)
    parts: list[Line] = [mean_line(one, context)]
    for name, known in (
        (compared.other and f"vs {shortened(compared.other.name, _NAME)}", compared.before),
        (_BASELINE, compared.baseline),
    ):
        if known is not None:
            difference = Piece(difference_text(known), _difference_role(known))
            parts.append([Piece(f"{cell_text(name or '')} ", "dim"), difference])
    for guard in one.guards:
        target = f"{cell_text(guard.name)} {target_shown(guard.guard, context.glyphs)} "
        parts.append([Piece(target, "dim"), _guard_piece(guard, context.glyphs)])
    if one.proposal is not None and with_verdict:
        parts.append([Piece(one.proposal.value, _VERDICT_ROLES[one.proposal])])
    return flow(parts, width, context.glyphs, "   ")


def _letter(key: str, marks: Sequence[str]) -> Line:
    if key not in marks:
        return [Piece(" ", "text")]
    at = marks.index(key)
    return [Piece(LETTERS[at], MARK_ROLES[at])]


def spoken_seconds(seconds: float) -> str:
    """A length of time in few cells, '' for none."""
    return spoken(timedelta(seconds=seconds)) if seconds >= 1 else ""


def states_of(row: ConfigurationRuns, context: RunPageContext) -> Line:
    """What became of the runs of a configuration: what goes on first, then what failed. Of an only
    run that failed, why."""
    glyphs = context.glyphs
    if len(row.runs) == 1:
        run = row.runs[0]
        start = [state_piece(run, glyphs), Piece(" ", "text")]
        if run.standing is RunStanding.FAILED or run.state is RunState.TRACKED:
            return [*start, *known_of(run, context, in_short=True)]
        if run.state is RunState.FINISHED:
            return start
        return [*start, Piece(run.word, "text"), *_so_far(row, context)]
    parts: list[Line] = []
    for (standing, word), many in row.standings:
        sign, role = standing_sign(standing, glyphs)
        if standing is RunStanding.SUCCEEDED:
            if len(row.standings) == 1:
                parts.append([Piece(sign, role)])
            continue
        parts.append([Piece(f"{sign} {many} {cell_text(word)}", role)])
    return [*joined(parts, "  "), *_so_far(row, context)]


def _so_far(row: ConfigurationRuns, context: RunPageContext) -> Line:
    """What the newest run that goes on reported last: ` .937 ▁▃▅▆▇`."""
    run = next((run for run in row.runs if run.id in context.latest), None)
    if run is None:
        return []
    shape = sparkline(means(context.latest[run.id].shape, _FEW_BARS), context.glyphs.spark)
    return [
        Piece(f" {_others(run, context)}", "value"), Piece(f" {shape}" if shape else "", "live"),
    ]  # fmt: skip


def _with_text(
    values: Sequence[float], metric: Mapping[str, Any] | None
) -> list[tuple[float, str]]:
    return [(value, number_text(value, metric)) for value in values]


def _aligned(values: Sequence[tuple[float, str]]) -> list[str]:
    return [*map(compact_text, aligned(values))]


def _sd_text(sd: float) -> str:
    return compact_text(spread_text(sd))


@dataclass(frozen=True, slots=True)
class MetricScale:
    """The numbers from `low` to `high` on a line of cells, with the baseline and the target of a
    metric on it, where there are any that leave room for the values. Of a metric with a direction,
    what is far worse than the others lies outside."""

    low: float
    high: float
    metric: Mapping[str, Any]

    @classmethod
    def of(
        cls, configurations: Sequence[Configuration], metric: Mapping[str, Any]
    ) -> "MetricScale":
        levels = [end for end in (metric.get("baseline"), metric.get("target")) if end is not None]
        means = [one.mean for one in configurations]
        if not means:
            return cls(min(levels, default=0.0), max(levels, default=0.0), metric)
        low, high = min(means), max(means)
        if has_direction(metric):
            low, high = readable_range(means, lower=direction_of(metric) == "<=")
        ends = [low, high]
        for one in configurations:
            if low <= one.mean <= high:
                ends += [one.mean - (one.sd or 0.0), one.mean + (one.sd or 0.0)]
        return cls(*with_levels(min(ends), max(ends), levels), metric)

    def holds(self, number: float) -> bool:
        """Whether a number is on the line."""
        return self.low <= number <= self.high

    def cell(self, number: float, width: int) -> int:
        """The cell of a number, from 0."""
        if not self.high > self.low:
            return (width - 1) // 2
        # Scaled before they are subtracted: the span of two huge numbers has no end.
        scale = max(abs(self.low), abs(self.high))
        low, high = self.low / scale, self.high / scale
        return max(0, min(width - 1, round((number / scale - low) / (high - low) * (width - 1))))

    def line(self, one: Configuration | None, width: int, glyphs: Glyphs, role: str) -> Line:
        """The mean of a configuration as a point on its spread, with the baseline and the target as
        dots."""
        cells = [Piece(" ", "text")] * width
        for name, dot_role in (("baseline", "dim"), ("target", "focus")):
            level = self.metric.get(name)
            if level is not None and self.holds(level):
                cells[self.cell(level, width)] = Piece(glyphs.open, dot_role)
        if one is not None and not self.holds(one.mean):
            beyond = one.mean > self.high
            sign = glyphs.more_right if beyond else glyphs.more_left
            cells[width - 1 if beyond else 0] = Piece(sign, role or "dim")
        elif one is not None:
            if one.sd is not None:
                first = self.cell(one.mean - one.sd, width)
                last = self.cell(one.mean + one.sd, width)
                cells[first : last + 1] = [Piece(glyphs.spread, role or "dim")] * (last + 1 - first)
            reached = "live" if reaches(self.metric, one.mean) else "text"
            cells[self.cell(one.mean, width)] = Piece(glyphs.point, role or reached)
        return merged(cells)


def _ends(scale: MetricScale, width: int) -> str:
    """What stands over the scale: where baseline and target are."""
    head = [" "] * width
    for name, word in (("target", "target"), ("baseline", "base")):
        if (level := scale.metric.get(name)) is not None and scale.holds(level):
            at = scale.cell(level, width) - len(word) // 2
            at = max(0, min(width - len(word), at))
            if not "".join(head[max(0, at - 1) : at + len(word) + 1]).strip():
                head[at : at + len(word)] = word
    return "".join(head).rstrip()


def merged(line: Sequence[Piece]) -> Line:
    """Neighbours with one role as one piece."""
    made: Line = []
    for text, role in line:
        if made and made[-1].role == role:
            made[-1] = Piece(made[-1].text + text, role)
        else:
            made.append(Piece(text, role))
    return made


# What they say together


def verdict_lines(context: RunPageContext, width: int) -> list[Line]:
    """The verdict that the runs propose, in its colour, with what it rests on; without a target,
    what to do after a search."""
    found = context.found
    if found is not None and found.proposal is None and found.is_search:
        text = context.glyphs.figures(cell_text(found.search_text))
        body = paragraph(text, "text", max(20, width - 8), context.glyphs)
        return labelled([Piece("search", "clock")], 8, body)
    if found is None or found.proposal is None:
        return []
    word = cell_text(found.proposal.value)
    role = _VERDICT_ROLES[found.proposal]
    about = found.proposal_text.removeprefix(found.proposal.value).strip()
    why = ": ".join(filter(None, (about, found.why)))
    indent = len(word) + 2
    reason = context.glyphs.figures(cell_text(why))
    return labelled(
        [Piece(word, role)], indent,
        paragraph(reason, "text", max(20, width - indent), context.glyphs),
    )  # fmt: skip


def remark_lines(
    runs: Sequence[Run],
    context: RunPageContext,
    width: int,
    repeats: Repeats,
    spent: Spending | None = None,
    rows: Sequence[ConfigurationRuns] = (),
) -> list[Line]:
    """What else is to be known of the runs of a card: which do not count, what was used, and what
    the parameters of a search tell by its configurations, the `rows`."""
    found = context.found
    sentences = remarks(runs, context.metric, found)
    several = found is not None and len(found.configurations) > 1
    if found is not None and several and all(one.n == 1 for one in found.configurations):
        sentences.append(repeats.sentence)
    used = usage_text(usage(runs, context.now))
    lines = [
        line
        for sentence in sentences
        for line in paragraph(
            context.glyphs.figures(cell_text(sentence)), "dim", max(20, width), context.glyphs
        )
    ]
    if parts := importance_parts(rows, context.glyphs):
        lines += flow(parts, width, context.glyphs, "   ")
    if spent:
        lines.append(budget_line(spent))
    elif used:
        lines.append([Piece(f"used {used}", "dim")])
    return lines


def importance_title(rows: Sequence[ConfigurationRuns]) -> str:
    """What the bars of parameters are: `what parameters tell: share of rank variance, n 40`."""
    found = importances(rows)
    return f"what parameters tell{f': share of rank variance, n {found[0].n}' if found else ''}"


def importance_parts(rows: Sequence[ConfigurationRuns], glyphs: Glyphs) -> list[Line]:
    """What the parameters of a search tell of its metric, those that tell most, as parts of a line
    with a bar each: `lr .62 ━━━━━━`; how that is known comes last. None where all that they tell
    is within chance, and for few configurations."""
    found = [one for one in importances(rows) if one.beyond_chance][:_MOST_TELLING]
    if not found:
        return []
    parts: list[Line] = [
        [
            Piece(f"{cell_text(one.name)} ", "text"),
            Piece(f"{compact_text(f'{one.share:.2f}')} ", "value"),
            Piece(glyphs.heavy_rule * max(1, round(one.share * _SHORT_BAR)), "value"),
        ]
        for one in found
    ]
    parts[0] = [Piece("tells most  ", "dim"), *parts[0]]
    return [*parts, [Piece(f"(share of rank variance beyond chance; n {found[0].n})", "dim")]]


def importance_lines(
    rows: Sequence[ConfigurationRuns], width: int, room: int, glyphs: Glyphs
) -> list[Line]:
    """How much each parameter tells of the metric of the card, as bars, in at most `room` lines.
    How that is measured stands below where there is room for it."""
    found = importances(rows)
    if not found:
        text = "Too few configurations with a value: five, which differ in a parameter, are needed."
        return paragraph(text, "dim", width, glyphs)[:room]
    note = (
        "share of the variance of ranks between values, or groups of neighbouring numbers, less"
        " chance, that each adds to those above it; it proves no cause"
    )
    bar = glyphs.heavy_rule
    size = min(_PARAMETER + 6, max(cell_len(cell_text(one.name)) for one in found))
    lines = [
        [
            *filled([Piece(cell_text(one.name), "text")], size, glyphs),
            Piece(f" {one.share:4.2f} ", "value"),
            Piece(f"{bar * round(one.share * _IMPORTANCE_BAR):<{_IMPORTANCE_BAR}} ", "value"),
            Piece(_what_it_tells(one), "dim"),
        ]
        for one in found
    ]
    if len(lines) > room:
        more = len(lines) - max(1, room - 1)
        lines = [*lines[: max(1, room - 1)], [Piece(f"{more} more parameters", "dim")]]
    below = paragraph(note, "dim", width, glyphs)
    return [*lines, *(below if len(lines) + len(below) <= room else [])][:room]


def _what_it_tells(one: Importance) -> str:
    if not one.beyond_chance:
        return "within chance"
    return "words" if one.correlation is None else f"rho {one.correlation:+.2f}"


def budget_line(spent: Spending) -> Line:
    """What is used of a budget: `budget  ! 80 % used, 33 of 40 gpu-h`."""
    role = "alarm" if spent.share >= 1 else "clock" if spent.warning else "text"
    return [Piece("budget  ", "dim"), Piece(spent.summary, role)]


def mean_line(one: Configuration, context: RunPageContext) -> Line:
    """`mean .935 ±.0071 of 2`, `.935 of one run`, or `.935 of 2 equal runs`."""
    text = compact_text(one.mean_text)
    if one.n == 1:
        return [Piece(text, "value"), Piece(" of one run", "dim")]
    if one.may_be_one:
        return [Piece(text, "value"), Piece(f" of {one.many}", "dim")]
    sd = "" if one.sd is None else f" {context.glyphs.plus_minus}{_sd_text(one.sd)}"
    return [
        Piece("mean ", "dim"), Piece(text, "value"), Piece(sd, "text"),
        Piece(f" of {one.n}", "dim"),
    ]  # fmt: skip


_COUNTED = (
    (RunStanding.AT_WORK, "running"), (RunStanding.WAITING, "queued"),
    (RunStanding.WAITING, HELD), (RunStanding.FAILED, "failed"), (RunStanding.FAILED, "lost"),
    (RunStanding.STOPPED, "lost"), (RunStanding.STOPPED, "pruned"),
)  # fmt: skip


def _counted_as(run: Run) -> tuple[RunStanding, str]:
    """How a run stands, and the word by which it is counted."""
    plain = {RunStanding.AT_WORK: "running", RunStanding.WAITING: "queued"}
    if run.held_back:
        return run.standing, HELD
    if run.standing is RunStanding.FAILED and run.word != "lost":
        return run.standing, "failed"
    return run.standing, plain.get(run.standing, run.word)


class StandingCounts(NamedTuple):
    """How many runs stand how, by the word they are counted by, and the runs in which others were
    started that gave no result."""

    inner: Counter[tuple[RunStanding, str]]
    outer: Sequence[Run]


def standing_counts(runs: Sequence[Run], outer: Collection[str] = ()) -> StandingCounts:
    """Count runs by how they stand; `outer` are the ids of those in which others were started."""
    inner = Counter(_counted_as(run) for run in runs if run.id not in outer)
    return StandingCounts(inner, [r for r in runs if r.id in outer and not r.is_result])


def counts_line(counts: StandingCounts, glyphs: Glyphs, *, words: bool) -> Line:
    """How many runs go on, wait, failed or were lost, and of a search were pruned: `► 2 running
    • 4 queued  ✗ 11 failed  ✗ 1 lost  · 17 pruned`. The runs in which others were started are
    counted by themselves: `outer run ✗ lost`."""
    parts: list[Line] = []
    for standing, word in _COUNTED:
        if many := counts.inner[standing, word]:
            sign, role = standing_sign(standing, glyphs)
            parts.append([Piece(f"{sign} {many} {word}" if words else f"{sign}{many}", role)])
    for run in counts.outer:
        sign, role = standing_sign(run.standing, glyphs)
        text = f"outer run {sign} {cell_text(run.word)}" if words else f"outer {sign}"
        parts.append([Piece(text, role)])
    return joined(parts, "  ")


def count_text(counts: RunCounts) -> str:
    """`60 runs in 30 configurations`, `50 trials in 50 configurations + 1 outer run`; '' for
    none."""
    many = quantity(counts.runs, counts.word) if counts.runs else ""
    some = f" in {counts.configurations} configurations" if counts.configurations > 1 else ""
    around = quantity(counts.outer, "outer run") if counts.outer else ""
    return " + ".join(filter(None, (f"{many}{some}", around)))


def target_line(context: RunPageContext) -> list[Line]:
    """The target and the baseline of the metric, each a part of a line."""
    metric = context.metric
    if not metric:
        return []
    name = cell_text(context.name)
    parts: list[Line] = [[Piece(name, "dim")]]
    if metric.get("target") is not None:
        parts = [[Piece(f"{name} ", "dim"), Piece(target_shown(metric, context.glyphs), "title")]]
    for word in ("baseline", "noise"):
        if metric.get(word) is not None:
            number = compact(metric[word])
            parts.append([Piece(f"{word} ", "dim"), Piece(number, "text")])
    for guard in context.guards:
        name = cell_text(str(guard["name"]))
        target = Piece(target_shown(guard, context.glyphs), "title")
        parts.append([Piece(f"guard {name} ", "dim"), target])
    return parts


def target_shown(metric: Mapping[str, Any], glyphs: Glyphs) -> str:
    """The target of a metric: `≥.95`."""
    sign = glyphs.at_most if direction_of(metric) == "<=" else glyphs.at_least
    return f"{sign}{compact(metric['target'])}"
