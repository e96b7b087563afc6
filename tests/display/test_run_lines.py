"""Runs on a screen: a line for each run or configuration, within the cells there are."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from scipy import stats

from mlkanban.display.card_face import Line
from mlkanban.display.lines import width_of
from mlkanban.display.run_lines import (
    MetricScale,
    RunPageContext,
    comparison_lines,
    configuration_grid,
    count_text,
    counts_line,
    detail_lines,
    importance_lines,
    importance_parts,
    remark_lines,
    run_grid,
    standing_counts,
    verdict_lines,
    written_lines,
)
from mlkanban.display.run_text import (
    difference_text,
    elapsed,
    in_order_of_state,
    standing_sign,
    without_common_folders,
)
from mlkanban.glyphs import UTF8, glyphs
from mlkanban.runs.model.intervals import Difference
from mlkanban.runs.model.launch_words import NO_DIFFERENCE, Differing, ParameterSets
from mlkanban.runs.model.metric_lines import reported
from mlkanban.runs.model.overview import overview, run_counts
from mlkanban.runs.model.parameters import differing
from mlkanban.runs.model.repeats import DEFAULT
from mlkanban.runs.model.results import outer_runs, results
from mlkanban.runs.model.run import Run, parents_of
from mlkanban.runs.model.state import RunState
from mlkanban.text import display

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
METRIC = {"name": "auc", "target": 0.88, "baseline": 0.8}


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
    grid = configuration_grid(overview(RUNS, here.found), here, 70)
    head, failed, best = plain([grid.head, grid.row(0), grid.row(1)])
    assert head.split() == ["n", "auc", "lr", "time", "says", "state"]
    assert best.split()[3:] == ["best", "1e-3", "1h", "supported", "✓"]
    assert best.split()[:3] == ["3", ".91", "±.009"]
    assert failed.split() == ["1", ".85", "one", "run", "1e-4", "1h", "open", "✗", "1", "failed"]


@pytest.mark.parametrize(("limit", "roles"), [(50, ["live"]), (5, [])])
def test_no_configuration_that_breaks_a_guard_is_the_best(limit: int, roles: list[str]) -> None:
    guard = {"name": "ms", "direction": "<=", "target": limit}
    runs = [replace(one, metrics={**one.metrics, "ms": 10.0}) for one in RUNS[:4]]
    here = replace(context(runs), found=results(runs, METRIC, DEFAULT, [guard]))
    grid = configuration_grid(overview(runs, here.found), here, 70)
    best = [piece for at in range(2) for piece in grid.row(at) if piece.text.strip() == "best"]
    assert [piece.role for piece in best] == roles


def test_where_there_is_room_a_configuration_is_compared() -> None:
    here = context()
    grid = configuration_grid(overview(RUNS, here.found), here, 180)
    head, failed, best = plain([grid.head, grid.row(0), grid.row(1)])
    assert "difference" in head
    assert "vs the baseline" in head
    assert "says" in head
    assert "-.060 " in failed, "one run without noise: a difference without an interval"
    assert "(" not in failed
    low, high = stats.ttest_1samp([0.91, 0.9012, 0.92], 0.8).confidence_interval()
    assert f"+.110 (+{low - 0.8:.3f} to +{high - 0.8:.3f})".replace("0.", ".") in best
    assert best.rstrip().endswith("✓")
    assert "supported" not in failed
    assert "open" in failed


def test_a_difference_is_never_rounded_to_the_other_side_of_zero() -> None:
    for value, low, high in ((0.01, 0.0002, 0.0198), (-0.01, -0.0198, -0.0002)):
        text = difference_text(Difference(value, low, high))
        assert (" (+.0002 to" in text) if value > 0 else (" to -.0002)" in text)
    assert difference_text(Difference(0.0103, -0.003, 0.0236)) == "+.010 (-.003 to +.024)"
    assert difference_text(Difference(0.25)) == "+.25"
    steps = {difference_text(Difference(one - two)) for one, two in ((0.93, 0.92), (0.95, 0.94))}
    assert steps == {"+.010"}, "1e-17 does not decide on a digit"
    assert difference_text(Difference(0.0)) == "0"
    assert difference_text(Difference(-1234.5, -1300.0, -1169.0)) == "-1234 (-1300 to -1169)"
    assert difference_text(Difference(3e-9, -1e-9, 7e-9)) == "+3e-09 (-1e-09 to +7e-09)"


@given(st.floats(-1e12, 1e12), st.floats(0, 1e12))
def test_a_difference_keeps_its_order_and_signs(value, half) -> None:
    text = difference_text(Difference(value, value - half, value + half))
    numbers = [float(part) for part in re.findall(r"[-+]?[\d.]+(?:e[-+]\d+)?", text)]
    assert len(numbers) == 3
    assert numbers[1] <= numbers[0] <= numbers[2]
    for number, true in zip(numbers, (value, value - half, value + half), strict=True):
        assert (number > 0) - (number < 0) == (true > 0) - (true < 0)


def test_what_one_configuration_says_fits_into_any_width() -> None:
    here = context()
    assert here.found is not None
    best = here.found.best
    assert best is not None
    for width in (40, 80, 160):
        lines = comparison_lines(best, here, width)
        assert all(width_of(line) <= width for line in lines)
        assert "vs the baseline +.110" in " ".join(plain(lines))
    [one_run, *_] = plain(comparison_lines(here.found.latest, here, 80))
    assert one_run.startswith(".85 of one run")


def test_a_search_without_a_target_says_what_to_repeat() -> None:
    many = [run(at, 0.9 + at / 100, f"1e-{at}") for at in range(5)]
    here = replace(context(many), found=results(many, {"name": "auc", "direction": ">="}))
    [said] = plain(verdict_lines(here, 200))
    assert said == (
        "search  5 trials, best .94 (lr 1e-4): repeat it with two more seeds; the best of many is"
        " lucky"
    )


def test_two_runs_are_not_called_the_best() -> None:
    few = RUNS[:2] + RUNS[3:]
    here = context(few)
    grid = configuration_grid(overview(few, here.found), here, 80)
    kept = [
        configuration_grid(overview(few, here.found), here, 80, marks=marks, marking=True)
        for marks in ([], [overview(few, here.found)[0].key])
    ]
    assert kept[0].head == kept[1].head, "a mark moves no column"
    assert "best" not in "".join(plain([grid.row(0), grid.row(1)]))


def test_the_reason_of_a_failure_is_told_before_its_exit_code() -> None:
    grid = run_grid(RUNS, Differing(differing(RUNS), {}), context(), 100)
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
        (run_grid(strange, Differing(differing(strange), {}), here, width), len(strange)),
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


def test_a_configuration_far_off_is_an_arrow_at_the_end_of_the_scale() -> None:
    values = [0.9, 0.91, 0.92, 0.93, -40.0]
    found = results([run(at, value, f"{at}") for at, value in enumerate(values)], METRIC)
    assert found is not None
    scale = MetricScale.of(found.configurations, METRIC)
    shown = plain([scale.line(one, 40, UTF8, "") for one in found.configurations])
    assert [line.count("●") for line in shown] == [1, 1, 1, 1, 0]
    assert len({line.index("●") for line in shown[:4]}) == 4, "the others are told apart"
    assert shown[4][0] == UTF8.more_left


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
    told = plain(
        detail_lines(
            RUNS[0], 80, UTF8,
            ParameterSets({"lr": "0.1", "depth": "1", "data": "x" * 40}, {}),
        )
    )  # fmt: skip
    assert f"differs   lr 0.1  depth 1  data {'x' * 29}…" in told


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


def tracked(at: int, says: str, value: float | None = None, **params: str) -> Run:
    return Run(
        f"optuna:s/{at}", RunState.TRACKED, says=says, params={"seed": str(at), **params},
        metrics={} if value is None else {"auc": value}, started=f"2026-03-20T0{at}:00:00Z",
    )  # fmt: skip


def test_what_trackers_say_of_runs_is_told_apart_by_signs_and_words() -> None:
    stopped = replace(tracked(1, "PRUNED"), pruned_at={"value": 0.5, "step": 7.0})
    runs = [tracked(0, "COMPLETE", 0.9), stopped, tracked(2, "FAIL"), tracked(3, "RUNNING"),
            tracked(4, "")]  # fmt: skip
    grid = run_grid(runs, NO_DIFFERENCE, context(runs), 160)
    rows = [row.split() for row in plain([grid.row(at) for at in range(len(runs))])]
    assert [row[:2] for row in rows] == [
        ["✓", "complete"], ["·", "pruned"], ["✗", "failed"], ["?", "running"], ["·", "tracked"],
    ]  # fmt: skip
    assert "tracker says PRUNED at step 7, with 0.5 so far" in plain([grid.row(1)])[0]
    signs = [standing_sign(run.standing, UTF8) for run in runs]
    assert [sign for sign, role in signs if role in ("live", "alarm")] == ["✓", "✗"]


def test_grouped_runs_of_a_study_say_how_they_ended() -> None:
    runs = [
        tracked(0, "COMPLETE", 0.9, lr="1"), tracked(1, "COMPLETE", 0.8, lr="1"),
        tracked(2, "PRUNED", lr="2"), tracked(3, "PRUNED", lr="2"), tracked(4, "FAIL", lr="2"),
    ]  # fmt: skip
    here = context(runs)
    grid = configuration_grid(overview(runs, here.found), here, 100)
    other, complete = plain([grid.row(0), grid.row(1)])
    assert complete.split()[-1] == "✓"
    assert other.rstrip().endswith("✗ 1 failed  · 2 pruned")
    single = [runs[0], replace(runs[2], pruned_at={"value": 0.5, "step": 7.0})]
    grid = configuration_grid(overview(single, here.found), here, 110)
    one, other = plain([grid.row(0), grid.row(1)])
    assert one.rstrip().endswith("· pruned at step 7, with 0.5 so far")
    assert other.rstrip().endswith("✓ best  complete")
    counts = counts_line(standing_counts(runs), UTF8, words=True)
    assert "".join(plain([counts])) == "✗ 1 failed  · 2 pruned"


def test_the_run_around_a_study_is_counted_apart_from_its_trials() -> None:
    around = Run("r", RunState.LOST, tracked="", started="2026-03-20T08:00:00Z")
    trials = [
        tracked(0, "COMPLETE", 0.9, lr="1"), tracked(1, "FAIL", lr="2"),
        replace(tracked(2, "RUNNING", lr="3"), why="lost with its run"),
    ]  # fmt: skip
    runs = [around, *(replace(run, parent="r") for run in trials)]
    outer = outer_runs(runs, parents_of(runs))
    rows = overview(runs, None)
    assert count_text(run_counts(runs, rows)) == "3 trials in 3 configurations + 1 outer run"
    counts = "".join(plain([counts_line(standing_counts(runs, outer), UTF8, words=True)]))
    assert counts == "✗ 1 failed  · 1 lost  outer run ✗ lost"
    assert count_text(run_counts(trials[:1], rows[:1])) == "1 trial"


def test_small_print_hides_no_importance_of_a_parameter() -> None:
    runs = [
        Run(
            f"r{at}", RunState.FINISHED, exit=0, started=f"2026-03-20T0{at}:00:00Z", commit="abc",
            argv=("t", f"a={at}", f"b={at % 2}", f"c={at % 3}", f"d={at // 2}"),
            metrics={"auc": 0.8 + at / 100},
        )
        for at in range(8)
    ]  # fmt: skip
    rows = overview(runs, context(runs).found)
    shown = {room: plain(importance_lines(rows, 50, room, UTF8)) for room in (3, 4, 5, 12)}
    assert [line.split()[0] for line in shown[4]] == [line.split()[0] for line in shown[5]]
    assert {line.split()[0] for line in shown[4]} == {*"abcd"}
    assert shown[3][-1] == "2 more parameters"
    assert "it proves no cause" in " ".join(shown[12])


def test_parameters_that_most_rows_lack_have_no_column() -> None:
    runs = [*RUNS[:4], replace(RUNS[4], argv=("env", "S=1", "python", "t.py", "lr=1e-4"))]
    here = context(runs)
    head = plain([configuration_grid(overview(runs, here.found), here, 160).head])[0]
    assert "lr" in head.split()
    assert not {"S", "wrapper", "python", "script"} & set(head.split())


def test_paths_are_told_apart_by_where_they_differ() -> None:
    venvs = ["/home/a/v-tqdm/bin/python", "/home/a/v-mlflow/bin/python", ""]
    assert without_common_folders(venvs) == ["v-tqdm", "v-mlflow", ""]
    assert without_common_folders(["a/b/c.py", "a/c.py"]) == ["b/c.py", "c.py"]
    for same in (["python", "/v/bin/python"], ["/v/bin/python"] * 2, ["a", "b"], [], [""]):
        assert without_common_folders(same) == same
    runs = [replace(one, argv=(f"/home/ada/{v}/bin/python", *one.argv[1:]))
            for one, v in zip(RUNS[:2], ("v-tqdm", "v-mlflow"), strict=True)]  # fmt: skip
    grid = run_grid(runs, Differing(differing(runs), {}), context(runs), 120)
    assert ["v-tqdm" in row for row in plain([grid.row(0), grid.row(1)])] == [True, False]


def test_all_parameters_of_a_run_are_told_those_that_differ_first() -> None:
    run = replace(tracked(0, "COMPLETE", lr="1e-3", store="/data/" + "x" * 40 + "/train.csv"))
    unlike = ParameterSets({"lr": "1e-3"}, {"device": "cuda:1"})
    lines = plain(detail_lines(replace(run, argv=("python", "t.py")), 70, UTF8, unlike))
    assert [line for line in lines if line.startswith("differs")] == ["differs   lr 1e-3"]
    [launch] = [line for line in lines if line.startswith("launch")]
    assert launch.startswith("launch    device cuda:1  seed 0  store ")
    assert launch.endswith("/train.csv")
    assert "python" not in launch
    told = "".join(plain(detail_lines(run, 70, UTF8)))
    assert "params    lr 1e-3" in told


def test_what_tells_most_of_a_search_is_a_line_with_bars() -> None:
    runs = [tracked(at, "COMPLETE", 0.9 - at / 100, lr=f"1e-{at}", opt="ab"[at % 2])
            for at in range(6)]  # fmt: skip
    here = context(runs)
    rows = overview(runs, here.found)
    told = " ".join(plain(remark_lines(runs, here, 200, DEFAULT, rows=rows)))
    assert "tells most  lr 1.00 ━━━━━━━━━━" in told
    assert "(share of rank variance beyond chance; n 6)" in told
    assert "opt" not in told, "within chance"
    assert "tells most" not in "".join(plain(remark_lines(runs, here, 200, DEFAULT)))
    assert importance_parts(rows[:4], UTF8) == []


def test_runs_stand_in_the_order_of_their_states() -> None:
    queued = Run("q", RunState.QUEUED, made="2026-03-18T12:00:00Z")
    live = Run("r", RunState.RUNNING, started="2026-03-19T12:00:00Z")
    failed, finished = run(4, None, "1e-4", why="out of memory"), run(0, 0.91, "1e-3")
    part = replace(run(5, 0.9, "1e-3"), parent="r")
    newest_first = [queued, failed, live, part, finished]
    assert in_order_of_state(newest_first) == [live, part, queued, finished, failed]


def test_a_run_that_waits_has_its_time_and_since_when() -> None:
    queued = Run("q", RunState.QUEUED, made="2026-03-18T12:00:00Z")
    grid = run_grid([queued], NO_DIFFERENCE, context([queued]), 120)
    assert plain([grid.row(0)])[0].split()[:5] == ["•", "queued", "2d", "03-18", "12:00"]


def test_a_run_out_of_sight_says_so_behind_its_time() -> None:
    far = Run("u", RunState.UNKNOWN, started="2026-03-20T02:00:00Z")
    assert elapsed(far, NOW) == "10h?"


def test_of_a_card_without_a_metric_a_run_shows_whole_values_the_newest_lines_first() -> None:
    lines = ["mlkanban: step=1 zeta=0.51 accuracy=0.93123", "mlkanban: f1_weighted=0.8123456"]
    values = reported(lines).values
    made = Run("r1", RunState.FINISHED, metrics=values)
    context = RunPageContext(None, None, UTC, NOW, UTF8)
    for width in (60, 70, 80, 120):
        grid = run_grid([made], NO_DIFFERENCE, context, width)
        text = "".join(piece.text for piece in grid.row(0))
        assert "f1_weighted .8123" in text, width
    assert "f1_weighted .8123  zeta .51 …" in text, "accuracy does not fit whole into 30 cells"
