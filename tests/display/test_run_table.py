"""Runs as lines of text: what there is room for."""

from dataclasses import replace
from datetime import UTC, datetime

from rich.cells import cell_len

from mlkanban.display.card_face_runs import so_far
from mlkanban.display.run_table import result_lines, run_rows
from mlkanban.display.run_text import latest_text, metrics_text, short_id, short_ids
from mlkanban.glyphs import UTF8
from mlkanban.runs.model.launch_words import Differing
from mlkanban.runs.model.repeats import DEFAULT, DEFAULT_NAMES, Repeats
from mlkanban.runs.model.results import results
from mlkanban.runs.model.run import Run
from mlkanban.runs.model.series import Latest
from mlkanban.runs.model.state import RunState

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
AT = "2026-03-20T09:00:00Z"
RUNS = [Run(name, RunState.FINISHED, exit=0, started=AT, ended=AT) for name in "ab"]


def test_runs_are_named_by_as_much_of_their_ids_as_only_one_has() -> None:
    ids = ["20260302-090000-1a000001", "20260302-090000-1a000002", "r1"]
    assert [*short_ids([Run(one) for one in ids]).values()] == ["1a000001", "1a000002", "r1"]
    alike = ["20260302-090000-1a000001", "20260302-090009-1a000001"]
    assert [*short_ids([Run(one) for one in alike]).values()] == ["0-1a000001", "9-1a000001"]
    assert short_ids([]) == {}


def test_the_best_run_has_no_time_where_none_is_known() -> None:
    run = Run("20260302-090000-1a000001", RunState.FINISHED, exit=0, metrics={"auc": 0.8411})
    [said, *_] = result_lines([run], results([run], {"name": "auc", "direction": ">="}), UTC, NOW)
    assert said.endswith("  best run 0.8411 (1a000001)")


MEASURED = [replace(run, metrics={"auc": v}) for run, v in zip(RUNS, (0.9, 0.8), strict=True)]
BEST_IS_A = results(MEASURED, {"name": "auc", "direction": ">="})


def test_parameters_stand_beside_as_far_as_there_is_room_for_the_result() -> None:
    differs = Differing({"lr": ("0.1", "0.2"), "depth": ("1", ""), "data": ("x" * 40, "y")}, {})
    heads = {
        width: run_rows(RUNS, None, UTC, NOW, differs=differs, width=width)
        for width in (0, 20, 64, 99)
    }
    assert {width: rows[0].split()[4:] for width, rows in heads.items()} == {
        0: ["lr", "depth", "data", "RESULT"], 20: ["RESULT"], 64: ["lr", "depth", "RESULT"],
        99: ["lr", "depth", "data", "RESULT"],
    }  # fmt: skip
    for rows in heads.values():
        at = rows[0].index("RESULT")
        assert [row[at:] for row in rows[1:]] == ["exit 0", "exit 0"]
    assert "x" * 40 in heads[0][1], "where the width is not known nothing is cut"
    assert "best" not in "".join(heads[99])
    noisy = replace(MEASURED[0], metrics={"loss": 0.0333333, "auc": 0.9437831})
    assert "auc 0.9438 best  loss 0.03333  " in run_rows([noisy], BEST_IS_A, UTC, NOW)[1]


def test_words_that_start_a_run_are_no_columns() -> None:
    launch = {"script": ("a.py", "b.py"), "wrapper": ("sbatch", ""), "seed": ("1", "2")}
    [head, *_] = run_rows(RUNS, None, UTC, NOW, differs=Differing({"lr": ("1", "2")}, launch))
    assert head.split()[4:] == ["lr", "seed", "RESULT"]


def test_why_a_verdict_is_proposed_is_not_cut_off() -> None:
    metric = {"name": "auc", "target": 0.5}
    runs = [replace(run, argv=("t", f"seed={run.id}")) for run in MEASURED]
    found = results(runs, metric)
    assert found is not None
    [said] = [
        line
        for line in result_lines(runs, found, UTC, NOW, metric=metric)
        if line.startswith("proposed: ")
    ]
    narrow = result_lines(runs, found, UTC, NOW, metric=metric, width=40)
    at = next(at for at, line in enumerate(narrow) if line.startswith("proposed: "))
    assert all(len(line) <= 40 for line in narrow[at:])
    assert said in " ".join(line.strip() for line in narrow[at:])


def repeats_line(repeats: Repeats) -> str:
    metric = {"name": "auc", "target": 0.5}
    runs = [replace(run, argv=("t", f"depth={run.id}")) for run in MEASURED]
    lines = result_lines(runs, results(runs, metric, repeats), UTC, NOW, metric=metric)
    [said] = [line for line in lines if line.startswith("repeats are runs that differ")]
    return said.removeprefix("repeats are runs that differ ")


def test_the_parameters_in_which_repeats_differ_are_those_of_the_settings() -> None:
    assert repeats_line(DEFAULT) == "only in their seed, as in --seed 3 or seed=3"
    assert repeats_line(Repeats(("shard", "fold"))) == "only in shard, fold (repeat_parameters)"
    assert repeats_line(Repeats(())) == "in no parameter (repeat_parameters is empty)"
    more = repeats_line(Repeats((*DEFAULT_NAMES, "shard")))
    assert more == "only in shard, seed, seeds, *_seed, seed_*, ... (repeat_parameters)"


def test_where_a_table_of_configurations_does_not_fit_each_has_lines_of_its_own() -> None:
    metric = {"name": "auc", "target": 0.9, "baseline": 0.8, "noise": 0.01}
    guard = {"name": "p95", "direction": "<=", "target": 50.0}
    runs = [
        replace(
            run, argv=("t", f"depth={at}"), metrics={"auc": 0.9 + at / 100, "p95": 49.0 + at * 3}
        )
        for at, run in enumerate(RUNS)
    ]
    found = results(runs, metric, guards=[guard])
    wide = result_lines(runs, found, UTC, NOW, metric=metric)
    table = [line for line in wide if line.startswith(("CONFIGURATION", "depth"))]
    assert [line.split("  ")[0] for line in table] == ["CONFIGURATION", "depth 1", "depth 0"]
    for width in (48, 60, 80):
        lines = result_lines(runs, found, UTC, NOW, metric=metric, width=width, room=width)
        at = lines.index("depth 1")
        own = lines[at : lines.index("depth 0  best so far")]
        assert all(cell_len(line) <= width for line in own)
        said = " ".join(" ".join(own).split())
        for part in ("n 1", "auc 0.91", "difference +.010 (", "vs depth 0",
                     "vs the baseline +.110 (",
                     "p95 <=50 52 broken", "says open"):  # fmt: skip
            assert part in said


def test_what_a_run_reports_is_on_its_side_of_the_target() -> None:
    metric = {"name": "auc", "direction": ">=", "target": 0.92}
    latest = Latest("a", "auc", 0.919996, 3, None, "step 3", ())
    assert latest_text(latest, metric, UTF8) == "auc 0.919996 at step 3"
    running = [replace(RUNS[0], state=RunState.RUNNING)]
    rows = run_rows(running, None, UTC, NOW, latest={"a": latest}, metric=metric)
    assert "auc 0.919996 at step 3" in rows[1]
    assert so_far(latest, metric, UTF8)[0] == (".919996",)
    best = latest._replace(best_so_far=True)
    assert so_far(best, metric, UTF8)[0] == ("best .919996",)
    assert so_far(latest, {"name": "f1", "target": 0.92}, UTF8)[0] == (".92",)


def test_an_interval_is_named_where_there_is_one() -> None:
    metric = {"name": "auc", "target": 0.5, "baseline": 0.8}
    one = RUNS[:1]
    measured = [replace(run, metrics={"auc": 0.9}) for run in one]
    assert "vs the baseline +.10" in result_lines(measured, results(measured, metric), UTC, NOW)
    noisy = result_lines(measured, results(measured, metric | {"noise": 0.01}), UTC, NOW)
    assert any(line.endswith(", with its 95 % interval") for line in noisy)


def test_that_intervals_miss_is_said_where_there_are_many_of_them() -> None:
    said = (
        "each difference has its own 95 % interval: about 1 in 20 misses, that of the best more"
        " often, because it was chosen"
    )
    for many, noise, told in ((5, 0.01, True), (5, None, False), (4, 0.01, False)):
        metric = {"name": "auc", "noise": noise}
        runs = [
            Run(f"r{at}", RunState.FINISHED, argv=("t", f"depth={at}"), metrics={"auc": at / 10})
            for at in range(many)
        ]
        assert (said in result_lines(runs, results(runs, metric), UTC, NOW, metric=metric)) is told


def test_the_metric_and_its_guards_come_first_among_what_a_run_reported() -> None:
    goal, guard = {"name": "auc", "direction": ">="}, {"name": "ms", "direction": "<=", "target": 9}
    values = {"loss": 0.1, "ms": 12.0, "lr": 0.2, "auc": 0.9}
    run = replace(RUNS[0], metrics=values)
    found = results([run], goal, DEFAULT, [guard])
    assert metrics_text(run, found, "…") == "auc 0.9  ms 12 …"
    assert metrics_text(run) == "loss 0.1  ms 12 .."


def test_values_of_a_metric_have_as_many_decimals_as_the_others() -> None:
    goal = {"name": "auc", "direction": ">="}
    runs = [
        replace(RUNS[0], id=f"r{at}", argv=("t", "--lr", str(at)), metrics={"auc": value})
        for at, value in enumerate((0.89, 0.8985, 0.9))
    ]
    found = results(runs, goal)
    assert found is not None
    shown = [metrics_text(run, found) for run in runs]
    assert shown == ["auc 0.8900", "auc 0.8985", "auc 0.9000 best"]
    lines = result_lines(runs, found, UTC, NOW, metric=goal)
    rows = [line.split() for line in lines if line.startswith("lr ")]
    assert [row[-1] if len(row) < 5 else row[3] for row in rows][1:] == ["0.8985", "0.8900"]


def test_a_run_of_tensorboard_is_called_as_its_folder_is() -> None:
    ids = [f"tensorboard:/w/runs/{name}" for name in ("a/v0", "b/v0", "resnet-s1")]
    assert [*short_ids([Run(one) for one in ids]).values()] == ["a/v0", "b/v0", "runs/resnet-s1"]
    mixed = short_ids([Run(ids[2]), Run("20260301-100000-1a000001")])
    assert [*mixed.values()] == ["1a000001", "resnet-s1"]


def test_a_task_is_called_by_the_short_id_of_its_run() -> None:
    ids = short_ids([Run("20260301-100000-1a000001")])
    assert short_id("20260301-100000-1a000001_3", ids) == "1a000001_3"
    assert short_id("20260301-100000-1a000001", ids) == "1a000001"
    assert short_id("other", ids) == "other"


def test_the_result_of_a_tracked_run_is_short() -> None:
    pruned = Run(
        "optuna:s/3", RunState.TRACKED, says="PRUNED", started=RUNS[0].started,
        pruned_at={"value": 0.42213, "step": 7.0},
    )  # fmt: skip
    silent = Run(
        "tensorboard:/tb/a", RunState.TRACKED, started=RUNS[0].started,
        evidence="TensorBoard says nothing; that moves no card",
    )  # fmt: skip
    complete = Run("optuna:s/4", RunState.TRACKED, says="COMPLETE", metrics={"auc": 0.9})
    rows = run_rows([pruned, silent, complete], None, UTC, NOW, evidence=True)
    assert rows[1].endswith("  step 7: 0.4221"), "that it was pruned is its state"
    assert "complete" in rows[3]
    assert rows[3].endswith("auc 0.9")
    assert rows[2].endswith("  TensorBoard says nothing")
    assert "says" not in run_rows([silent], None, UTC, NOW)[1]
