"""A run as a card keeps it, whoever wrote it."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.display.run_lines import detail_lines
from mlkanban.display.run_table import result_lines, run_rows
from mlkanban.glyphs import UTF8
from mlkanban.runs.model.brief import Brief
from mlkanban.runs.model.results import results
from mlkanban.runs.model.run import Run, Task, is_typed, runs_in, tasks_apart
from mlkanban.runs.model.state import RunStanding, RunState
from mlkanban.runs.model.usage import length
from mlkanban.text import keepable

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
NAMES = [one.name for one in fields(Run)]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


def test_a_run_is_kept_as_it_is() -> None:
    run = Run(
        "x", RunState.FAILED, "seen", ("python", "t.py"), "gpu1", 7, "why", "bug",
        "2026-03-20T10:00:00Z", "2026-03-20T11:00:00Z", "abc", True, 2, "so", "SLURM job 7", 60,
        True, {"auc": 0.9}, ("last",), "n", "RUNNING", "/m.db", "mlflow:1",
        {"lr": "0.1"}, ("loss=nan",), "r1", 30,
    )  # fmt: skip
    assert Run.of_field("x", json.loads(json.dumps(run.to_field()))) == run
    assert Run.of_field("x", Run("x").to_field()) == Run("x")


@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_whatever_a_log_from_elsewhere_says_can_be_shown(value) -> None:
    run = Run.of_field("x", value)
    assert run is not None
    found = results([run, run], {"name": "auc", "target": 0.9})
    run_rows([run], found, UTC, NOW, evidence=True)
    detail_lines(run, 70, UTF8)
    result_lines([run, run], found, UTC, NOW)
    assert Brief.read(Brief.of([run, run]).packed).runs == 2


def test_numbers_too_large_are_none() -> None:
    metrics = {"a": 10**400, "b": float("nan"), "c": "1", "d": 1}
    run = Run.of_field("x", {"metrics": metrics, "gpus": 10**400})
    assert run is not None
    assert (run.metrics, run.gpus) == ({"d": 1.0}, None)


ODD = st.text(st.sampled_from("a\0\ud800\udfff\n\x1b"))


@given(ODD, ODD)
def test_what_is_kept_any_board_can_keep(name, text) -> None:
    run = Run("x", argv=(text,), last=(text,), metrics={name: 1.0}, params={name: text}, why=text)
    kept = run.to_field()
    texts = [*kept.get("argv", ()), *kept.get("last", ()), *kept["metrics"], kept.get("why", "")]
    texts += [part for pair in kept["params"].items() for part in pair]
    assert all(map(keepable, texts))


def test_none_is_not_unknown() -> None:
    run = Run("x", RunState.FINISHED, exit=0, gpus=0, elapsed=0)
    assert Run.of_field("x", json.loads(json.dumps(run.to_field()))) == run


def test_a_value_that_no_run_reported_was_typed() -> None:
    metric = {"name": "auc", "value": 0.9}
    reported = [Run("a", metrics={"auc": 0.8}), Run("b", metrics={"auc": 0.9})]
    assert not is_typed(reported, metric)
    assert is_typed(reported[:1], metric)
    assert is_typed(reported, {"name": "f1", "value": 0.9})
    assert not is_typed([], metric), "there is nothing it could be told apart from"
    for none in (None, {}, {"name": "auc"}, {"name": "auc", "value": None}):
        assert not is_typed(reported[:1], none)


R = RunState


@pytest.mark.parametrize(
    ("run", "outcome", "ending"),
    [
        (Run("x", R.RUNNING, why="w"), "", "running"), (Run("x", R.FINISHED, exit=0), "exit 0",
                                                         "finished (exit 0)"),
        (Run("x", R.FAILED, exit=1, why="out of memory (exit 1)"), "out of memory (exit 1)",
         "failed: out of memory (exit 1)"),
        (Run("x", R.LOST, evidence="gone"), "gone", "lost (gone)"),
        (Run("x", R.LOST), "lost", "lost (lost)"),
        (Run("x", R.FAILED, evidence="e", exit=3), "exit 3", "failed (exit 3)"),
        (Run("x", R.TRACKED, says="RUNNING"), "tracker says RUNNING",
         "tracked (tracker says RUNNING)"),
        (Run("x", R.TRACKED, says="RUNNING", why="lost with its run"),
         "lost with its run; tracker says RUNNING",
         "tracked (lost with its run; tracker says RUNNING)"),
    ],
)  # fmt: skip
def test_how_a_run_ended_in_words(run: Run, outcome: str, ending: str) -> None:
    assert (run.outcome, run.ending) == (outcome, ending)


@pytest.mark.parametrize(
    ("run", "progress"),
    [
        (Run("x", R.QUEUED), (0, True)),
        (Run("x", R.RUNNING), (1, False)),
        (Run("x", R.FINISHED), (1, True)),
        (Run("x", R.FINISHED, job="7"), (0, True)),
        (Run("x", R.FINISHED, job="7", started="a"), (1, True)),
        (Run("x", R.RUNNING, lives=("a/b", "c/")), (2, False)),
        (Run("x", R.QUEUED, lives=("a/b",)), (1, True)),
    ],
)
def test_how_far_a_run_has_come(run: Run, progress: tuple[int, bool]) -> None:
    assert run.progress == progress


@pytest.mark.parametrize(
    ("now", "had", "again"),
    [
        (Run("x", R.QUEUED, job="7"), Run("x", R.FAILED, job="7"), True),
        (Run("x", R.RUNNING, job="7"), Run("x", R.FAILED, job="7"), True),
        (Run("x", R.UNKNOWN, job="7"), Run("x", R.FAILED, job="7"), False),
        (Run("x", R.RUNNING), Run("x", R.FAILED), False),
        (Run("x", R.FAILED, job="7", started="a"), Run("x", R.FAILED, job="7", started="a"), False),
        (Run("x", R.FAILED, job="7", lives=("a/b", "c/d")), Run("x", R.FAILED, job="7",
                                                               lives=("a/b",)), True),
    ],
)  # fmt: skip
def test_a_scheduler_may_have_a_run_again(now: Run, had: Run, again: bool) -> None:
    assert now.reopens(had) is again


@pytest.mark.parametrize(
    ("state", "says", "result"),
    [(R.FINISHED, "", True), (R.FINISHED, "FAILED", True), (R.FAILED, "finished", False),
     (R.RUNNING, "", False), (R.TRACKED, "", True), (R.TRACKED, "Complete", True),
     (R.TRACKED, "running", False)],
)  # fmt: skip
def test_only_what_came_to_its_end_is_a_result(state: RunState, says: str, result: bool) -> None:
    assert Run("x", state, says=says).is_result is result


def test_what_was_known_when_it_began() -> None:
    ended = Run(
        "x", R.FAILED, "e", ("t",), exit=1, why="w", reason="bug", started="a", ended="b",
        metrics={"auc": 1.0}, last=("l",), unread=("u",), gpus=2,
    )  # fmt: skip
    assert ended.begun == Run("x", R.RUNNING, argv=("t",), started="a", gpus=2)
    going = Run("x", R.STALE, "e", started="a")
    assert going.begun is going
    assert Run("x", started="a", made="b").since == "b"
    assert Run("x", started="c", made="b").since == "c"


def test_runs_are_newest_first_each_followed_by_those_started_in_it() -> None:
    values = {
        f"run:{run.id}": run.to_field()
        for run in (
            Run("a", started="2"), Run("b", started="3"), Run("a1", parent="a", started="5"),
            Run("a2", parent="a", started="4"), Run("t", tracked="mlflow:t", started="1"),
            Run("t1", parent="mlflow:t", started="9"), Run("n9"), Run("n10"), Run("m", made="6"),
        )
    }  # fmt: skip
    found = [run.id for run in runs_in({**values, "run:gone": None, "title": "x", "run:odd": 3})]
    assert found == ["m", "b", "a", "a1", "a2", "t", "t1", "n10", "n9"]


def kept(*runs: Run) -> dict[str, Run]:
    """Runs as a card has them, by id."""
    return {run.id: run for run in runs_in({f"run:{run.id}": run.to_field() for run in runs})}


def test_runs_that_were_started_in_runs_in_a_run_stand_below_them() -> None:
    order = kept(
        Run("a", started="2", tracked="mlflow:p"), Run("a1", parent="mlflow:p", started="3"),
        Run("a11", parent="a1", started="6"), Run("a2", parent="a", started="4"),
        Run("b", started="5"),
    )  # fmt: skip
    assert [*order] == ["b", "a", "a2", "a1", "a11"]


@pytest.mark.parametrize(
    ("state", "why", "word"),
    [
        (RunState.LOST, "lost with its run", "lost"),
        (RunState.FAILED, "lost with its run", "lost"),
        (RunState.FINISHED, "over with its run", "over"),
        (RunState.RUNNING, "", "running"),
    ],
)  # fmt: skip
def test_what_a_tracker_calls_running_for_ever_ended_with_its_run(
    state: RunState, why: str, word: str
) -> None:
    outer = Run("r", state, started="2026-03-20T09:00:00Z", ended="2026-03-20T10:00:00Z")
    outer = replace(outer, ended=outer.ended * state.ended, tracked="mlflow:p")
    inner = Run("mlflow:1", RunState.TRACKED, says="RUNNING", started="2026-03-20T09:40:00Z",
                parent="mlflow:p", metrics={"auc": 0.9})  # fmt: skip
    deeper = replace(inner, id="mlflow:2", parent="mlflow:1")
    over = replace(inner, id="mlflow:3", says="FINISHED", ended="2026-03-20T09:50:00Z")
    late = replace(inner, id="mlflow:4", started="2026-03-20T10:00:01Z")
    runs = kept(outer, inner, deeper, over, late)
    for name in ("mlflow:1", "mlflow:2"):
        run = runs[name]
        assert (run.why, run.word, run.is_result) == (why, word, False)
        assert run.outcome == "; ".join(filter(None, (why, "tracker says RUNNING")))
        assert run.evidence.startswith("the run that it was started in") is bool(why)
        assert length(run, NOW) == (timedelta(minutes=20) if why else None)
    assert (runs["mlflow:3"].why, runs["mlflow:3"].word) == ("", "finished")
    assert length(runs["mlflow:4"], NOW) == (timedelta() if why else None)


@pytest.mark.parametrize(
    ("says", "standing", "word"),
    [
        ("COMPLETE", RunStanding.SUCCEEDED, "complete"),
        ("FINISHED", RunStanding.SUCCEEDED, "finished"),
        ("PRUNED", RunStanding.STOPPED, "pruned"),
        ("KILLED", RunStanding.STOPPED, "killed"),
        ("FAIL", RunStanding.FAILED, "failed"),
        ("crashed", RunStanding.FAILED, "crashed"),
        ("RUNNING", RunStanding.UNSEEN, "running"),
        ("", RunStanding.NOT_KNOWN, "tracked"),
        ("odd", RunStanding.NOT_KNOWN, "odd"),
    ],
)
def test_a_run_of_a_tracker_stands_as_that_says(
    says: str, standing: RunStanding, word: str
) -> None:
    run = Run("mlflow:1", RunState.TRACKED, says=says)
    assert (run.standing, run.word) == (standing, word)


def test_a_pruned_trial_says_where_it_was_stopped() -> None:
    trial = Run("optuna:s/7", RunState.TRACKED, says="PRUNED")
    assert trial.outcome == "tracker says PRUNED"
    stopped = replace(trial, pruned_at={"value": 0.31234, "step": 7.0})
    assert stopped.outcome == "tracker says PRUNED at step 7, with 0.3123 so far"
    assert not stopped.is_result
    assert Run.of_field(trial.id, stopped.to_field()) == stopped


@pytest.mark.parametrize(
    ("metrics", "direction", "metric", "names"),
    [
        ({"loss": 1.0, "auc": 2.0}, "", {"name": "auc"}, ["auc", "loss"]),
        ({"loss": 1.0}, "", {"name": "auc"}, ["loss"]),
        ({"value": 1.0}, ">=", {"name": "auc", "direction": ">="}, ["auc"]),
        ({"value": 1.0}, ">=", {"name": "auc", "direction": "<="}, ["value"]),
        ({"value": 1.0}, ">=", {"name": "auc"}, ["auc"]),
        ({"value": 1.0}, "", {"name": "auc", "direction": ">="}, ["value"]),
        ({"value": 0.0, "x": 1.0}, "<=", {"name": "auc", "direction": "<="}, ["auc", "x"]),
        ({"value": 1.0, "auc": 2.0, "x": 3.0}, ">=", {"name": "auc", "direction": ">="},
         ["auc", "x", "value"]),
    ],
)  # fmt: skip
def test_the_metric_of_the_card_comes_first(metrics, direction, metric, names) -> None:
    kept = Run("x", R.TRACKED, metrics=metrics, direction=direction).to_field()
    (run,) = runs_in({"run:x": kept, "metric": metric})
    assert list(run.metrics) == names


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63) + 1, 0, -1])
def test_a_whole_number_that_a_board_can_keep_is_read(number: int) -> None:
    run = Run.of_field("x", {"gpus": number, "exit": number})
    assert run is not None
    assert (run.gpus, run.exit) == (number, number)
    for odd in (2**63, -(2**63), True, 1.0, "1"):
        run = Run.of_field("x", {"gpus": odd, "state": "of a later version"})
        assert run is not None
        assert (run.gpus, run.state) == (None, R.UNKNOWN)
    assert Run.of_field("x", []) is Run.of_field("x", None) is None


TASKS = (
    Task(1, RunState.FINISHED, 60, "", {"auc": 0.91}, 1796086752, 1796086812),
    Task(2, RunState.FAILED, 60, "exit 1", {"auc": 0.2}),
    Task(3, RunState.FINISHED, 70, "", {"auc": 0.93}),
)


def test_the_tasks_of_an_array_are_kept_with_their_run() -> None:
    run = Run("a", RunState.FAILED, task_count=3, tasks=TASKS, task_params={"seed": "{}"})
    field = json.loads(json.dumps(run.to_field()))
    assert Run.of_field("a", field) == run
    broken = field | {"tasks": [[1], "x", [2, "no state", 1, "", {}], *field["tasks"]]}
    assert Run.of_field("a", broken) == run
    assert run.results_for("auc") == [0.91, 0.93]


def test_each_task_of_an_array_has_its_own_time() -> None:
    run = Run("a", RunState.FAILED, started="2026-03-20T09:00:00Z", job="SLURM job 7", tasks=TASKS)
    first, second, _ = tasks_apart([run])
    assert (first.id, first.started, first.job) == (
        "a_1", "2026-12-01T00:59:12.000000Z", "SLURM job 7_1",
    )  # fmt: skip
    assert length(first, NOW) == timedelta(minutes=1)
    assert second.started == run.started


def test_the_value_of_a_task_is_none_that_a_person_typed() -> None:
    run = Run("a", RunState.FAILED, tasks=TASKS)
    assert not is_typed([run], {"name": "auc", "value": 0.93})
    assert is_typed([run], {"name": "auc", "value": 0.2}), "that task failed"


@pytest.mark.parametrize(
    ("count", "over", "failed", "at_work", "news"),
    [(50, 1, 0, 2, True), (50, 0, 0, 3, True), (50, 0, 0, 2, False), (500, 9, 0, 2, False),
     (500, 10, 0, 2, True), (500, 1, 1, 2, True), (500, 0, 0, 12, True)],
)  # fmt: skip
def test_of_many_tasks_not_each_end_is_news(
    count: int, over: int, failed: int, at_work: int, news: bool
) -> None:
    had = Run("a", RunState.RUNNING, task_count=count, tasks_over=0, tasks_failed=0, at_work=2)
    run = replace(had, tasks_over=over, tasks_failed=failed, at_work=at_work)
    assert run.has_news_of_tasks(had) is news


def test_a_job_of_a_sweep_has_parameters_of_its_own() -> None:
    argv = ("python", "-m", "train", "-m", "lr=0.1,0.2", "+x=1", "hydra.mode=MULTIRUN")
    jobs = [Task(at, RunState.FINISHED, params={"lr": f"0.{at}", "x": "1"}) for at in (1, 2)]
    run = Run("a", RunState.FINISHED, argv=argv, tasks=tuple(jobs))
    first, second = tasks_apart([run])
    assert first.argv == ("python", "-m", "train", "lr=0.1", "x=1")
    assert (first.job, second.params) == ("", {"lr": "0.2", "x": "1"})
    assert Run.of_field("a", json.loads(json.dumps(run.to_field()))) == run


def test_tasks_without_parameters_of_their_own_are_kept_as_before() -> None:
    rows = Run("a", RunState.FAILED, tasks=TASKS).to_field()["tasks"]
    assert [len(row) for row in rows] == [7, 7, 7]
    assert rows[1] == [2, "failed", 60, "exit 1", {"auc": 0.2}, None, None]


def test_a_run_taken_out_of_the_queue_was_never_started() -> None:
    taken_out = Run("a", RunState.KILLED, made="2026-03-20T09:00:00Z")
    assert taken_out.word == "never started"
    assert replace(taken_out, started="2026-03-20T09:01:00Z").word == "killed"
