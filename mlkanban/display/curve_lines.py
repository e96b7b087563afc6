"""The learning curves of a few runs as lines: what they show in a sentence, the picture, and what
is not in it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from mlkanban.cells import shortened
from mlkanban.charts.layouts.curves import drawn_range
from mlkanban.charts.learning_curve import LearningCurve, NamedSeries
from mlkanban.charts.render import render
from mlkanban.charts.search_curve import SearchPicture, search_curve
from mlkanban.charts.spec import CurveSpec
from mlkanban.core.metrics import (
    compact_text,
    direction_of,
    has_direction,
    number_text,
    reaches,
)
from mlkanban.display.card_face import Line, Piece
from mlkanban.display.lines import paragraph
from mlkanban.display.run_lines import LETTERS, MARK_ROLES
from mlkanban.glyphs import Glyphs
from mlkanban.runs.model.overview import RUNNING, telling_differences
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.search import SearchHistory
from mlkanban.runs.model.series import Axis, Point, RunSeries, Series
from mlkanban.runs.model.state import UNSEEN
from mlkanban.text import cell_text

LEAST_HEIGHT = 7
"""The lines of the smallest picture, with its axis."""
_SENTENCES = ((190, 1), (0, 2))
"""From how many cells on there are how many lines for the sentences: kept free where these are
shorter, so that the picture stays where it is while values come."""
_MOST_NOW = 2
"""Of so many kinds of runs that go on it is told where they are."""
UNDER_CURSOR = "cursor"
_MOST_NAME = 17
"""Cells of what tells a curve from others, behind its letter."""
_WORDS = {
    Axis.STEP: "by step",
    Axis.EPOCH: "by epoch",
    Axis.TIME: "by time since the first value",
    Axis.REPORT: "in the order of reports",
}


def named_series(
    chosen: Sequence[tuple[Run, str, RunSeries]], name: str, runs: Sequence[Run] = ()
) -> list[NamedSeries]:
    """The series of runs with their labels, in the colours of curves: the first the most important.
    Without a `name` only those of the first one's metric. `runs` are all runs of the card, of which
    one may have been started in another."""
    found = [(run, label, read, read.of(name)) for run, label, read in chosen]
    wanted = name or next((series.name for *_, series in found if series), "")
    named: list[NamedSeries] = []
    given = {label for _, label, *_ in found}
    names = _told_apart([(run, label) for run, label, *_ in found], wanted)
    for (run, label, read, series), name_shown in zip(found, names, strict=True):
        if series is not None and series.name == wanted:
            going_on = not run.state.ended
            free = [role for role in MARK_ROLES if role not in {one.role for one in named}]
            result = None if going_on else run.metrics.get(wanted)
            role = "live" if going_on and "live" in free else free[0]
            letter = label[:1] or "*"
            taken = {one[:1] for one in names if one in given} | {one.letter for one in named}
            if name_shown != label:  # else two curves would have one letter
                letter = next(one for one in (*LETTERS, *"efgh") if one not in taken)
                name_shown = f"{letter}: {name_shown}"
            named.append(
                NamedSeries(
                    series, name_shown, role, letter, going_on, result, name_of(run, read, runs)
                )
            )
    return named


def _told_apart(labelled: Sequence[tuple[Run, str]], metric: str) -> list[str]:
    """The labels of runs, where several that execute would have the same one by what they differ
    in: `hidden 128`, or `hidden 128 seed 2` where others of them have the same configuration."""
    labels = [label for _, label in labelled]
    alike = [at for at, label in enumerate(labels) if label == RUNNING and labels.count(label) > 1]
    unlike = telling_differences([labelled[at][0] for at in alike], metric, exact=True)
    told = [*zip(*unlike.parameters.values(), strict=True)]
    shown = {**unlike.parameters, **({} if len({*told}) == len(alike) else unlike.launch)}
    for place, at in enumerate(alike):
        words = [f"{name} {values[place]}" for name, values in shown.items() if values[place]]
        labels[at] = shortened(cell_text(" ".join(words)), _MOST_NAME) if words else labels[at]
    return labels


def name_of(run: Run, read: RunSeries, runs: Sequence[Run]) -> str:
    """Whose values were read: what their tracker calls the run, one of `runs` that was started in
    `run`, or `run` itself; or which of several they are (`job 3: lr=0.02`, `best of 32 trials`)."""
    about = next((series.about for series in read.series.values() if series.about), "")
    return about or next((inner.name for inner in runs if inner.id == read.inner), run.name)


def heading(name: str, curve: LearningCurve, wanted: str) -> str:
    """`val_auc by epoch`; in the place of another metric, that this one has no curve."""
    missing = f" (no curve of {cell_text(wanted)})" if wanted not in ("", name) else ""
    return f"{cell_text(name)} {_WORDS[Axis(curve.spec.axis)]}{missing}"


def curve_lines(
    curve: LearningCurve,
    named: Sequence[NamedSeries],
    metric: Mapping[str, Any] | None,
    width: int,
    height: int,
    glyphs: Glyphs,
    *,
    coloured: bool,
    whole_key: str = "",
    closer_key: str = "",
) -> list[Line]:
    """At most `height` lines. `whole_key` is the key that shows the whole range, `closer_key` the
    one that goes back from it."""
    conclusions = sentences(named, metric)
    foot: list[Line] = [[]] if height > LEAST_HEIGHT or curve.hidden or curve.closer else []
    if curve.closer and closer_key:
        foot = [[Piece(f"The whole range: {closer_key} shows the ends closer", "dim")]]
    most = next(lines for least, lines in _SENTENCES if width >= least)
    most = max(0, min(most, height - LEAST_HEIGHT - len(foot)))
    hidden = _not_drawn(curve.spec, curve.hidden, height - most - len(foot))
    if hidden:
        foot = [_outside(hidden, curve.values, (), metric or {}, whole_key)]
    lines = _whole(conclusions, width, glyphs, most) if most else []
    lines += [[]] * (most - len(lines))
    drawn = render(
        curve.spec, width, height - len(lines) - len(foot), coloured=coloured, glyphs=glyphs
    )
    picture = [[Piece(piece.text, piece.role) for piece in line] for line in drawn]
    return [*lines, *picture, *foot][:height]


def search_heading(name: str, history: SearchHistory) -> str:
    """`val_loss by trial`."""
    return f"{cell_text(name)} by {history.word}"


def search_lines(
    history: SearchHistory,
    metric: Mapping[str, Any],
    width: int,
    height: int,
    glyphs: Glyphs,
    *,
    coloured: bool,
    whole: bool = False,
    whole_key: str = "",
) -> list[Line]:
    """How the best value of a search grew, in at most `height` lines, over the `whole` range or
    where the improvement can be seen. `whole_key` is the key that shows the whole range."""
    picture = search_curve(history, metric, whole=whole)
    most = next(lines for least, lines in _SENTENCES if width >= least)
    most = max(0, min(most, height - LEAST_HEIGHT - picture.cut))
    foot = outside_lines(picture, len(history.trials), metric, whole_key, height - most)
    lines = paragraph(search_sentence(history, metric), "text", width, glyphs, most) if most else []
    lines += [[]] * (most - len(lines))
    drawn = render(
        picture.spec, width, height - len(lines) - len(foot), coloured=coloured, glyphs=glyphs
    )
    shown = [[Piece(piece.text, piece.role) for piece in line] for line in drawn]
    return [*lines, *shown, *foot][:height]


def outside_lines(
    picture: SearchPicture, values: int, metric: Mapping[str, Any], whole_key: str, height: int
) -> list[Line]:
    """What of a search is not in its picture, which has so many lines with this one: `5 of 60
    values (.9 to 41) and base 5 lie outside the picture`; none where nothing is."""
    if not picture.cut:
        return []
    hidden = _not_drawn(picture.spec, picture.hidden, height - 1)
    levels = [level.label for level in picture.levels]
    return [_outside(hidden, values, levels, metric, whole_key)] if hidden or levels else []


def _not_drawn(spec: CurveSpec, hidden: Sequence[float], height: int) -> list[float]:
    """Those of the values that need not be in a picture which are not, in so many lines."""
    low, high = drawn_range(spec, height)
    return [value for value in hidden if not low <= value <= high]


def _outside(
    hidden: Sequence[float],
    values: int,
    levels: Sequence[str],
    metric: Mapping[str, Any],
    whole_key: str,
) -> Line:
    parts = [*levels]
    if hidden:
        ends = dict.fromkeys(_value(end, metric) for end in (min(hidden), max(hidden)))
        parts = [f"{len(hidden):,} of {values:,} values ({' to '.join(ends)})", *levels]
    verb = "lies" if len(parts) == 1 and len(hidden) < 2 else "lie"
    all_key = f": {whole_key} shows all" if whole_key else ""
    return [Piece(f"{' and '.join(parts)} {verb} outside the picture{all_key}", "dim")]


def search_sentence(history: SearchHistory, metric: Mapping[str, Any]) -> str:
    """`The best of 32 trials with a value is .0751 (trial 48), .0049 beyond the target; 18 have
    none.`"""
    best, many = history.best, len(history.trials)
    none = history.total - many
    without = f"; {none:,} {'has' if none == 1 else 'have'} none" if none else ""
    some = f"{many:,} {history.word}s{' with a value' if none else ''}"
    return (
        f"The best of {some} is {_value(best.value, metric)}"
        f" ({history.word} {best.number:,}){_distance(best.value, metric)}{without}."
    )


def _whole(texts: Sequence[str], width: int, glyphs: Glyphs, most: int) -> list[Line]:
    """As many of the sentences as are whole in so many lines, of the first one at least its first
    statement."""
    shorter = [f"{text.split('; ', 1)[0].rstrip('.')}." for text in texts[:1]]
    for some in [*(texts[:many] for many in range(len(texts), 0, -1)), shorter]:
        lines = paragraph(glyphs.compared(" ".join(some)), "text", width, glyphs)
        if len(lines) <= most:
            return lines
    return paragraph(glyphs.compared(" ".join(shorter)), "text", width, glyphs, most)


def sentences(named: Sequence[NamedSeries], metric: Mapping[str, Any] | None) -> list[str]:
    """Where the curves are: those of runs that go on, of several with one name the newest, and the
    one that ends best; without a `metric` nobody knows what is better, and the first one is
    told."""
    metric = metric or {}
    lower, directed = direction_of(metric) == "<=", has_direction(metric)
    shown = [one for one in named if one.series.points]
    names = Counter(one.label for one in shown if one.grows)
    newest = [next(one for one in shown if one.grows and one.label == name) for name in names]
    parts = [_now(one, names[one.label], metric, lower=lower) for one in newest[:_MOST_NOW]]
    ended = [one for one in shown if not one.grows]
    if ended:
        sign = 1 if lower else -1
        first = ended[0]
        if directed:
            first = min(ended, key=lambda one: sign * _final(one))
        how = "ended at"
        if directed and len(ended) > 1:
            # Marked runs are compared with each other; the two newest are not all there are.
            how = f"ended {'lowest' if lower else 'highest'}, at"
            if first.label in _TWO_NEWEST:
                how = f"ended {'lower' if lower else 'higher'} of the two, at"
        parts.append(_in_the_end(first, how, metric))
    return parts


def _final(one: NamedSeries) -> float:
    return one.series.points[-1].value if one.result is None else one.result


def _in_the_end(one: NamedSeries, how: str, metric: Mapping[str, Any]) -> str:
    """`The best run ended at .94 (step 1200), .01 short of the target.`; where its result is
    another value, or there is none, both."""
    last = one.series.points[-1]
    value = f"{_value(last.value, metric)}{_at(one.series, last)}"
    away = _distance(_final(one), metric)
    if one.result is not None and one.result != last.value:
        result = f"its result is {_value(one.result, metric)}{away}"
        name = _name(one)
        name = f"the {name.removeprefix('The ')}" if one.label in _NAMES else name
        return f"The last logged value of {name} is {value}; {result}."
    if one.series.unread:
        unread = cell_text(one.series.unread)
        return f"{_name(one)} ended without a number ({unread}), after {value}{away}."
    return f"{_name(one)} {how} {value}{away}."


def _now(one: NamedSeries, many: int, metric: Mapping[str, Any], *, lower: bool) -> str:
    """`The running curve is at .937 (step 1200), .013 short of the target.`; of `many` curves that
    are called alike the newest. Of a run that nobody can see here it is not known whether it still
    is there."""
    series = one.series
    last, best = series.points[-1], series.best(lower=lower)
    name = _name(one)
    if many > 1:
        name = name.replace("The ", "The newest ", 1)
    verb, reports = "is at", "now reports"
    if one.label in UNSEEN:
        verb, reports = "was last at", "last reported"
    if series.unread:
        return f"{name} {reports} no number: {cell_text(series.unread)}."
    value = f"{_value(last.value, metric)}{_at(series, last)}"
    text = f"{name} {verb} {value}{_distance(last.value, metric)}"
    if (
        has_direction(metric)
        and best is not None
        and _value(best.value, metric) != (_value(last.value, metric))
    ):
        text += f"; best so far {_value(best.value, metric)}{_at(series, best)}"
    return f"{text}."


def _name(one: NamedSeries) -> str:
    """`The best run (lr0.001-s2)`, `b`."""
    name = _NAMES.get(one.label, one.label)
    return f"{name} ({cell_text(one.run)})" if one.run else name


_TWO_NEWEST = ("newest", "before")
_NAMES = {
    "best": "The best run",
    UNDER_CURSOR: "The run under the cursor",
    RUNNING: "The running curve",
    "unknown": "The curve of a run that nobody can see here",
    "stale": "The curve of a stale run",
    "newest": "The newest run",
    "before": "The run before the newest",
}
"""What sentences call the runs that nobody marked."""


def _value(value: float, metric: Mapping[str, Any]) -> str:
    return compact_text(number_text(value, metric))


def _at(series: Series, point: Point) -> str:
    place = series.place(point)
    return f" ({place})" if place else ""


def _distance(value: float, metric: Mapping[str, Any]) -> str:
    """How far one value is from the target, '' without one. Whether a target counts as reached is
    the verdict on all runs with their spread."""
    target = metric.get("target")
    if target is None:
        return ""
    if value == target:
        return ", exactly the target"
    side = "beyond" if reaches(metric, value) else "short of"
    # Of the numbers as they are shown, so that the sentence adds up.
    away = abs(Decimal(number_text(value, metric)) - Decimal(repr(target)))
    shown = f"{away.normalize():f}" if away else f"{abs(target - value):.2g}"
    return f", {compact_text(shown)} {side} the target"
