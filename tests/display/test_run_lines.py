"""Runs on a screen: a line for each run or configuration, within the cells there are."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from mlkanban.display.card_face import Line
from mlkanban.display.lines import width_of
from mlkanban.display.run_lines import (
    MetricScale,
    RunPageContext,
    configuration_grid,
    detail_lines,
    run_grid,
    verdict_lines,
    written_lines,
)
from mlkanban.glyphs import UTF8, glyphs
from mlkanban.runs.model.overview import overview
from mlkanban.runs.model.parameters import differing
from mlkanban.runs.model.results import results
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState
from mlkanban.text import display

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
METRIC = {"name": "auc", "target": 0.9, "baseline": 0.8}


def plain(lines: list[Line]) -> list[str]:
    return ["".join(piece.text for piece in line) for line in lines]


def run(at: int, value: float | None, lr: str, *, seed: int = 0, why: str = "") -> Run:
    return Run(
        f"r{at}", RunState.FAILED if why else RunState.FINISHED, exit=int(bool(why)), why=why,
        argv=("t", f"lr={lr}", f"seed={seed}"), commit="abc", started=f"2026-03-20T0{at}:00:00Z",
        ended=f"2026-03-20T0{at}:30:00Z", metrics={} if value is None else {"auc": value},
    )  # fmt: skip


RUNS = [
    run(0, 0.91, "1e-3"), run(1, 0.9012, "1e-3", seed=1), run(2, 0.92, "1e-3", seed=2),
    run(3, 0.85, "1e-4"), run(4, None, "1e-4", seed=1, why="out of memory (exit 1)"),
]  # fmt: skip


def context(runs: list[Run] = RUNS, *, ascii: bool = False) -> RunPageContext:
    found = results(runs, METRIC)
    return RunPageContext(found, METRIC, UTC, NOW, glyphs("ascii") if ascii else UTF8)


def test_a_configuration_has_its_mean_and_what_became_of_its_runs() -> None:
    here = context()
    grid = configuration_grid(overview(RUNS, here.found), here, 80)
    head, failed, best = plain([grid.head, grid.row(0), grid.row(1)])
    assert head.split() == ["n", "auc", "lr", "time", "state"]
    assert best.split() == ["*", "3", ".9104", "±.0094", "best", "1e-3", "1h", "✓"]
    assert failed.split() == ["1", ".8500", "one", "run", "1e-4", "1h", "✗", "1", "failed"]


def test_two_runs_are_not_called_the_best() -> None:
    few = RUNS[:2] + RUNS[3:]
    here = context(few)
    grid = configuration_grid(overview(few, here.found), here, 80)
    assert "best" not in "".join(plain([grid.row(0), grid.row(1)]))


def test_the_reason_of_a_failure_is_told_before_its_exit_code() -> None:
    grid = run_grid(RUNS, differing(RUNS), context(), 100)
    roles = {piece.text: piece.role for piece in grid.row(4)}
    assert roles["out of memory"] == "alarm"
    assert roles[" (exit 1)"] == "dim"


@pytest.mark.parametrize("ascii", [False, True])
@given(width=st.integers(1, 200), name=st.text(max_size=30), value=st.text(max_size=30))
def test_no_line_is_wider_than_the_screen(ascii: bool, width: int, name: str, value: str) -> None:
    strange = [replace(r, params={name: f"{value}{at}"}, host=value) for at, r in enumerate(RUNS)]
    here = context(strange, ascii=ascii)
    rows = overview(strange, here.found)
    for grid, many in (
        (run_grid(strange, differing(strange), here, width), len(strange)),
        (configuration_grid(rows, here, width, marks=[rows[0].key], marking=True), len(rows)),
    ):
        for line in (grid.head, *map(grid.row, range(many))):
            assert width_of(line) <= width
            text = "".join(piece.text for piece in line)
            assert text == display(text)


def test_the_spread_stands_between_the_baseline_and_the_target() -> None:
    found = results(RUNS, METRIC)
    assert found is not None
    scale = MetricScale.of(found.configurations, METRIC)
    [shown] = plain([scale.line(found.best, 40, UTF8, "")])
    assert shown.index("·") < shown.index("●")
    assert cell_len(shown) == 40
    assert {piece.role for piece in scale.line(found.best, 40, UTF8, "") if piece.text == "●"} == {
        "live"
    }


def test_a_verdict_has_its_colour() -> None:
    [line, *_] = verdict_lines(context(RUNS[:3]), 80)
    assert line[0] == ("supported", "live")
    bad = [run(0, 0.5, "1"), run(1, 0.51, "1", seed=1)]
    [line, *_] = verdict_lines(context(bad), 80)
    assert line[0] == ("not supported", "alarm")


def test_a_verdict_has_the_signs_of_the_terminal() -> None:
    said = " ".join(plain(verdict_lines(context(RUNS), 80)))
    assert "±" in said
    assert not any(written in said for written in (">=", "<=", "+-"))
    signs = glyphs("ascii")
    said = " ".join(plain(verdict_lines(replace(context(RUNS), glyphs=signs), 80)))
    assert "+-" in said
    assert "±" not in said


def test_what_differs_is_told_of_a_run() -> None:
    told = plain(detail_lines(RUNS[0], 80, UTF8, {"lr": "0.1", "depth": "1", "data": "x" * 40}))
    assert f"differs   lr 0.1  depth 1  data {'x' * 28}.." in told


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 40))
def test_the_last_lines_fill_the_room_there_is(out: int, err: int, room: int) -> None:
    wrote = {"stdout": [f"o{n}" for n in range(out)], "stderr": [f"e{n}" for n in range(err)]}
    shown = plain(written_lines(wrote["stdout"], wrote["stderr"], room))
    assert len(shown) <= room
    found: dict[str, list[str]] = {}
    for line in filter(None, shown):
        name = line.removeprefix("last lines on ")
        if name in wrote:
            found[name] = lines = []
        else:
            lines.append(line.strip())
    for name, some in found.items():
        assert some == wrote[name][-len(some) :] != []
    needed = sum(2 + len(some) for some in wrote.values() if some)
    if needed <= room:
        assert len(shown) == needed
    elif room >= 6 and out and err:
        assert len(shown) == room
        assert len(found) == 2
