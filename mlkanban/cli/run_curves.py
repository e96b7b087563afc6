"""What runs report while they go on, and the learning curves of a card."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlkanban.core.metrics import metric_named
from mlkanban.display.run_text import short_ids
from mlkanban.errors import UsageProblem
from mlkanban.paths import places
from mlkanban.runs.model.overview import worth_watching
from mlkanban.runs.model.series import Latest, drawn_metric
from mlkanban.runs.series_reader import SeriesReader
from mlkanban.text import cell_text

if TYPE_CHECKING:
    from mlkanban.cli.session import Session
    from mlkanban.display.card_face import Line
    from mlkanban.runs.model.parameter_axes import SearchSpace
    from mlkanban.runs.model.results import Results
    from mlkanban.runs.model.run import Run
    from mlkanban.runs.model.search import SearchHistory
    from mlkanban.service import Service

CURVES, PARAMETERS = "curves", "parameters"
"""What is drawn of runs, besides the values over a hyper-parameter."""
_SIZE_ELSEWHERE = (80, 24)
_WHOLE = "--whole"
_TALLEST = 24
_MOST_PARAMETERS = 12
"""Lines about what parameters tell."""


def latest_values(
    card_runs: Sequence[tuple[str, Run]], service: Service
) -> dict[str, list[Latest]]:
    """What the runs that go on reported last, by run, the metric of the card first. `card_runs` are
    runs with their cards."""
    reader = SeriesReader(places().data)
    metrics: dict[str, Mapping[str, Any]] = {}
    found: dict[str, list[Latest]] = {}
    for ref, run in card_runs:
        if run.state.ended:
            continue
        if ref not in metrics:
            metrics[ref] = service.runs.metric(ref) or {}
        name = str(metrics[ref].get("name") or "")
        beside = [other for card, other in card_runs if card == ref]
        series = reader.read(run, metrics[ref], beside).series.values()
        if series:
            order = sorted(series, key=lambda one: one.name != name)
            found[run.id] = [Latest.of(run.id, one, name) for one in order]
    return found


def latest_data(latest: Sequence[Latest]) -> list[dict[str, object]]:
    """The newest values of a run as --json prints them."""
    return [
        {
            "metric": one.name, "value": one.value, "step": one.step, "epoch": one.epoch,
            "unread": one.unread or None, "about": one.about or None,
        }
        for one in latest
    ]  # fmt: skip


def curve(
    session: Session,
    runs: Sequence[Run],
    results: Results | None,
    metric: Mapping[str, Any] | None,
    *,
    whole: bool,
) -> Iterator[str]:
    """Of a search how its best value grew, and what its parameters tell; the learning curves of the
    runs of a card that tell most, after a blank line; why there are none where none of them has
    values over time."""
    # Pictures: `runs` without a chart does without.
    from mlkanban.charts.learning_curve import learning_curve
    from mlkanban.display.curve_lines import curve_lines, heading, named_series

    width, height = shutil.get_terminal_size(_SIZE_ELSEWHERE)
    height = max(10, min(_TALLEST, height - 6))
    yield from _search(session, runs, results, width - 1, height, whole=whole)
    reader = SeriesReader(places().data)
    name = str((metric or {}).get("name") or "")
    chosen = worth_watching(runs, results)
    read = [(run, label, reader.read(run, metric, runs)) for run, label in chosen]
    drawn = drawn_metric([found for _, _, found in read], name)
    named = named_series(read, drawn, runs)
    metric = metric_named(drawn, metric)
    picture = learning_curve(named, metric, whole=whole)
    yield ""
    if picture is None:
        ids = short_ids(runs)
        reasons = [f"{ids[run.id]}: {found.why}" for run, _, found in read if found.why]
        yield session.clean("; ".join(["No values over time", *reasons]) + ".")
        return
    lines = curve_lines(
        picture, named, metric, width - 1, height, session.glyphs, coloured=False, whole_key=_WHOLE
    )
    yield session.clean(heading(named[0].series.name, picture, name))
    yield _as_text(lines)


def _search(
    session: Session,
    runs: Sequence[Run],
    results: Results | None,
    width: int,
    height: int,
    *,
    whole: bool,
) -> Iterator[str]:
    """How the best value of a search grew, and what its parameters tell; nothing of other runs."""
    from mlkanban.display.curve_lines import search_heading, search_lines  # as above
    from mlkanban.display.run_lines import importance_lines, importance_title
    from mlkanban.runs.model.overview import overview
    from mlkanban.runs.model.search import search_history

    history = search_history(runs, results)
    if history is None or results is None:
        return
    lines = search_lines(
        history, results.metric, width, height, session.glyphs, coloured=False, whole=whole,
        whole_key=_WHOLE,
    )  # fmt: skip
    yield ""
    yield session.clean(search_heading(results.name, history))
    yield _as_text(lines)
    rows = overview(runs, results, session.settings.repeats)
    yield ""
    yield session.clean(importance_title(rows))
    yield _as_text(importance_lines(rows, width, _MOST_PARAMETERS, session.glyphs))


def check_chart(chart: str, space: SearchSpace | None, card: str) -> None:
    """UsageProblem where there is no hyper-parameter of this name to draw values over."""
    if space is None or (chart == PARAMETERS and not space.axes):
        raise UsageProblem(
            f"The runs of {card} cannot be drawn over {cell_text(chart)}.",
            "Three configurations with a value of the card's metric, which differ in a"
            " hyper-parameter, are needed.",
        )
    if chart != PARAMETERS and space.axis(chart) is None:
        names = ", ".join(cell_text(axis.name) for axis in (*space.axes, *space.launch))
        raise UsageProblem(
            f"The configurations of {card} do not differ in a hyper-parameter {cell_text(chart)}.",
            f"They differ in: {names}. All together: --chart {PARAMETERS}",
        )


def parameters_drawn(
    session: Session, chart: str, results: Results, space: SearchSpace, *, whole: bool
) -> Iterator[str]:
    """The values of a search over a hyper-parameter, or over all of them, after a blank line."""
    from mlkanban.display.parameter_lines import (  # pictures: `runs` without a chart does without
        parameter_heading,
        parameter_lines,
        space_heading,
        space_lines,
    )

    width, height = shutil.get_terminal_size(_SIZE_ELSEWHERE)
    height = max(10, min(_TALLEST, height - 6))
    axis, metric = space.axis(chart), results.metric
    yield ""
    if axis is None:
        yield session.clean(space_heading(results.name))
        lines = space_lines(space, metric, width - 1, len(space.axes) + 2, session.glyphs)
    else:
        yield session.clean(parameter_heading(results.name, axis))
        lines = parameter_lines(
            space, axis, metric, width - 1, height, session.glyphs, coloured=False, whole=whole,
            whole_key=_WHOLE,
        )  # fmt: skip
    yield _as_text(lines)


def search_data(
    history: SearchHistory | None, space: SearchSpace | None
) -> dict[str, object] | None:
    """What --json says of a search: its values in their order, and its hyper-parameters."""
    if history is None and space is None:
        return None
    return {
        "word": history.word if history else "run",
        "total": history.total if history else None,
        "history": [trial._asdict() for trial in (history.trials if history else ())],
        "configurations": len(space.means) if space else 0,
        "best": space.best if space else 0,
        "parameters": [
            {
                "name": axis.name, "scale": axis.scale.value,
                "values": [text or None for text in axis.texts],
                "best_values": space.best_texts(axis),
            }
            for axis in space.axes
        ] if space else [],
        "values": [*space.means] if space else [],
    }  # fmt: skip


def _as_text(lines: Sequence[Line]) -> str:
    from mlkanban.charts.render import ChartPiece, as_text  # as above

    return as_text([[ChartPiece(text, "text") for text, _ in line] for line in lines])
