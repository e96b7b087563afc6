"""The runs of a card in short: nothing that its face says is lost on the way."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.metrics import CardMetrics, metric_texts
from mlkanban.core.timestamps import instant
from mlkanban.runs.model.brief import Brief, measured, on_face, weak_guards
from mlkanban.runs.model.repeats import DEFAULT, Repeats
from mlkanban.runs.model.run import PREFIX, Run, runs_in
from mlkanban.runs.model.state import RunState
from mlkanban.runs.model.usage import usage

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
METRIC = {"name": "auc", "direction": ">=", "target": 0.92}

hours = st.integers(0, 300).map(lambda n: instant(NOW - timedelta(hours=n)))
some_runs = st.lists(
    st.builds(
        Run,
        id=st.uuids().map(str),
        state=st.sampled_from(RunState),
        started=hours | st.just(""),
        ended=hours | st.just(""),
        gpus=st.none() | st.integers(0, 64),
        elapsed=st.none() | st.integers(0, 100_000),
        commit=st.sampled_from(["", "a1b2c3d4e5f6"]),
        dirty=st.booleans(),
    ).map(lambda run: run if run.state.ended else replace(run, ended="")),
    max_size=8,
)


def fields(*runs: Run, metric: dict | None = None) -> dict:
    return {"metric": metric} | {PREFIX + run.id: run.to_field() for run in runs}


@given(some_runs, st.integers(0, 100))
def test_the_hours_are_those_of_the_page_at_any_time(runs: list[Run], later: int) -> None:
    now = NOW + timedelta(hours=later)
    brief = Brief.read(Brief.of(runs).packed)
    assert brief.runs == len(runs)
    assert brief.used(now) == pytest.approx(usage(runs, now).gpu_hours, abs=0.01)
    assert brief.partly == bool(usage(runs, now).unknown)


def test_what_goes_on_is_counted_from_the_longest() -> None:
    short, long = (Run(n, RunState.RUNNING, started=f"2026-03-20T0{n}:00:00Z") for n in "84")
    waits = Run("q", RunState.QUEUED, started="2026-03-19T00:00:00Z")
    over = Run("f", RunState.FAILED, started="2026-03-18T00:00:00Z")
    brief = Brief.of([short, waits, long, over])
    assert (brief.runs, brief.since, brief.sure) == (4, long.started, True)
    assert Brief.of([waits, over]).since == ""
    odd = [replace(long, id=text, started=text) for text in ("", "soon")]
    assert Brief.of([*odd, short]).since == short.started, "what has no start says nothing"
    assert not Brief.of([replace(long, state=RunState.STALE)]).sure


def test_the_commit_is_that_of_the_newest_run_that_has_one() -> None:
    newest, older = Run("b", commit=""), Run("a", commit="a1b2c3d4e5f6", dirty=True)
    assert Brief.of([newest, older]).commit == "a1b2c3d*"
    assert Brief.of([newest]).commit == ""
    assert Brief.read("").packed == ""


def face_text(of: dict[str, Any]) -> str:
    """The metric and the guards on the face of a card, in words."""
    kept = CardMetrics.read(on_face(of)[0])
    return "\n".join(metric_texts(kept)) + " typed" * kept.typed


def reported(*values: float) -> list[Run]:
    return [
        Run(
            f"r{at}", RunState.FINISHED, argv=("train",), started=f"2026-03-20T0{at}:00:00Z",
            metrics={"auc": value},
        )
        for at, value in enumerate(values)
    ]  # fmt: skip


def test_a_card_stands_at_the_mean_of_its_runs() -> None:
    runs = reported(0.91, 0.925)
    assert face_text(fields(*runs, metric=METRIC | {"value": 0.925})) == "auc .9175/>=.92"
    assert face_text(fields(*runs, metric=METRIC)) == "auc .9175/>=.92"
    assert face_text(fields(*runs)) == ""
    by_hand = METRIC | {"value": 0.95}
    assert measured(runs, CardMetrics(by_hand)).metric == by_hand, "a person wrote another value"


def test_a_card_stands_at_the_best_configuration_and_tells_of_the_one_tried_last() -> None:
    older, newer = reported(0.95, 0.91)
    newer = replace(newer, argv=("train", "--lr", "0.1"))
    metric, packed = on_face(fields(older, newer, metric=METRIC))
    assert CardMetrics.read(metric).metric == METRIC | {"value": 0.95}
    assert Brief.read(packed).last == 0.91
    assert Brief.read(on_face(fields(older, metric=METRIC))[1]).last is None


@given(st.floats(0.9, 0.95), st.floats(0.9, 0.95), st.sampled_from([">=", "<="]))
def test_a_rounded_mean_is_on_the_same_side_of_the_target(
    value: float, target: float, direction: str
) -> None:
    metrics = CardMetrics({"name": "auc", "direction": direction, "target": target})
    shown = measured(reported(value), metrics).metric
    assert shown is not None
    reached = value >= target if direction == ">=" else value <= target
    assert reached == (shown["value"] >= target if direction == ">=" else shown["value"] <= target)
    assert shown["value"] == pytest.approx(value, abs=1e-3)


def test_what_failed_does_not_stand_on_a_face() -> None:
    failed = [replace(run, state=RunState.FAILED) for run in reported(0.97)]
    kept = METRIC | {"value": 0.97}
    assert face_text(fields(*failed, metric=kept)) == "auc >=.92"
    good = replace(failed[0], id="g", state=RunState.FINISHED, metrics={"auc": 0.8})
    assert face_text(fields(*failed, good, metric=kept)) == "auc .8/>=.92"


def test_what_was_typed_beside_runs_says_so() -> None:
    assert face_text(fields(*reported(0.9), metric=METRIC | {"value": 0.95})) == (
        "auc .95/>=.92 typed"
    )
    assert face_text(fields(metric=METRIC | {"value": 0.95})) == "auc .95/>=.92"


def test_no_face_rounds_over_the_target() -> None:
    near = METRIC | {"value": 0.91999999}
    assert face_text(fields(metric=near)) == "auc .91999999/>=.92"
    runs = reported(0.9199999, 0.5)
    other = [replace(runs[0], argv=("train", "--a=1")), runs[1]]
    assert face_text(fields(*other, metric=METRIC)) == "auc .9199999/>=.92"
    assert Brief.read(on_face(fields(*other, metric=METRIC))[1]).last == 0.5


def test_the_objective_of_a_study_is_the_metric_of_its_card() -> None:
    trial = Run(
        "optuna:s/1", RunState.TRACKED, says="COMPLETE", metrics={"value": 0.95}, direction=">="
    )
    assert face_text(fields(trial, metric=METRIC)) == "auc .95/>=.92"
    other = replace(trial, direction="<=")
    assert face_text(fields(other, metric=METRIC)) == "auc >=.92"
    [run] = runs_in(fields(replace(trial, metrics={"a": 1.0, "auc": 0.9}), metric=METRIC))
    assert [*run.metrics] == ["auc", "a"]


def test_a_card_without_runs_has_no_brief() -> None:
    assert Brief.of([]) == Brief(0, "", "", True, 0.0, 0, 0.0, False, None, "")
    assert (Brief.of([]).packed, Brief.read("")) == ("", Brief(0))
    assert Brief(1).used(NOW) == 0
    assert Brief.read(Brief(1, mark="x").packed) == Brief(1, mark="x")


@pytest.mark.parametrize(
    ("runs", "gpus", "hours_now", "hours_later"),
    [
        # Two hours since their start, and an hour later.
        ([Run("a", RunState.RUNNING, started="2026-03-20T10:00:00Z", gpus=2)], 2, 4, 6),
        ([Run("a", RunState.RUNNING, started="2026-03-20T10:00:00Z", gpus=2, waited=3600)], 2, 2,
         4),
        ([Run("a", RunState.RUNNING, started="2026-03-20T10:00:00Z", gpus=2, elapsed=3600)], 0, 2,
         2),
        ([Run("a", RunState.RUNNING, started="2026-03-20T10:00:00Z", gpus=0)], 0, 0, 0),
        ([Run("a", RunState.RUNNING, started="2026-03-20T10:00:00Z", gpus=1),
          Run("b", RunState.RUNNING, started="2026-03-20T11:00:00Z", gpus=3)], 4, 5, 9),
        ([Run("a", RunState.RUNNING, started="2026-03-20T14:00:00Z", gpus=2)], 2, 0, 0),
        ([Run("a", RunState.FINISHED, started="2026-03-20T10:00:00Z",
              ended="2026-03-20T11:00:00Z", gpus=2)], 0, 2, 2),
    ],
)  # fmt: skip
def test_the_hours_of_what_goes_on_grow_by_themselves(runs, gpus, hours_now, hours_later) -> None:
    brief = Brief.of(runs)
    assert brief.gpus == gpus
    assert brief.used(NOW) == pytest.approx(hours_now)
    assert brief.used(NOW + timedelta(hours=1)) == pytest.approx(hours_later)
    assert not brief.partly


def test_a_value_that_no_run_reported_stands_on_no_face_of_a_card_with_runs() -> None:
    failed = [replace(reported(0.9)[0], state=RunState.FAILED)]
    assert measured(failed, CardMetrics(METRIC | {"value": 0.9})).metric == METRIC | {"value": None}
    assert measured(failed, CardMetrics(METRIC)) == CardMetrics(METRIC)
    assert measured([], CardMetrics(METRIC | {"value": 0.9})) == CardMetrics(
        METRIC | {"value": 0.9}
    )
    assert measured([], CardMetrics()) == measured(reported(0.9), CardMetrics()) == CardMetrics()


P95: dict[str, object] = {"name": "p95", "direction": "<=", "target": 50.0}


def timed(*values: tuple[float, float | None]) -> list[Run]:
    """Runs with an auc and, where it is not None, a p95."""
    return [
        replace(run, metrics=run.metrics if p95 is None else {**run.metrics, "p95": p95})
        for run, (_, p95) in zip(reported(*(auc for auc, _ in values)), values, strict=True)
    ]


def test_a_guard_stands_at_the_mean_of_the_configuration_that_a_release_takes() -> None:
    metrics = CardMetrics(METRIC, (P95,))
    runs = timed((0.93, 40.0), (0.94, 44.0))
    later = replace(timed((0.9, 61.0))[0], id="r9", argv=("train", "--lr", "1"), started="2027")
    assert measured(runs, metrics).guards == ({**P95, "value": 42.0},)
    higher = replace(later, metrics={"auc": 0.97, "p95": 61.0})
    for last, shown in ((later, 0.9), (higher, 0.97)):
        assert measured([*runs, last], metrics).guards == ({**P95, "value": 42.0},)
        of = {**fields(*runs, last, metric=METRIC), "guards": [P95]}
        assert face_text(of) == "auc .935/>=.92\np95 42/<=50"
        assert Brief.read(on_face(of)[1]).last == shown
        assert weak_guards(of, DEFAULT)[0] == ()
        only = {**fields(last, metric=METRIC), "guards": [P95]}
        assert weak_guards(only, DEFAULT)[0] == ("p95 61, not <=50",)


def test_the_gate_asks_about_the_guards_of_the_chosen_configuration() -> None:
    def broken(*some: Run) -> tuple[str, ...]:
        return weak_guards({**fields(*some), "metric": METRIC, "guards": [P95]}, DEFAULT)[0]

    good, bad = timed((0.93, 40.0), (0.94, 44.0)), timed((0.95, 61.0))
    later = replace(bad[0], id="r9", argv=("train", "--lr", "1"), started="2027")
    assert broken(*bad) == ("p95 61, not <=50",)
    assert broken(*good, later) == (), "nobody takes what was tried last"


def test_a_face_knows_that_the_spread_leaves_a_guard_open() -> None:
    metrics = CardMetrics(METRIC, (P95,))
    runs = timed((0.93, 10.0), (0.94, 94.0), (0.95, 46.0))
    [guard] = measured(runs, metrics).guards
    assert guard == {**P95, "value": 50.0, "state": "open"}
    of = {**fields(*runs, metric=METRIC), "guards": [P95]}
    assert CardMetrics.read(on_face(of)[0]).guards == (guard,)
    unsure = ("p95 50, and <=50 lies within the spread",)
    assert weak_guards(of, DEFAULT) == ((), unsure), "the gate asks about broken ones alone"
    [part] = measured(timed((0.93, 10.0), (0.94, None)), metrics).guards
    assert part == {**P95, "value": 10.0, "state": "not measured"}
    [alone] = measured(
        [replace(run, metrics={"p95": run.metrics["p95"]}) for run in runs], metrics
    ).guards
    assert alone == guard, "no run reported the metric itself"


def test_a_mean_stands_on_the_face_with_the_digits_of_its_spread() -> None:
    metrics = CardMetrics({"name": "auc", "direction": "<=", "target": 1234.0})
    shown = measured(reported(1234.56, 1234.6, 1234.52), metrics).metric
    assert shown is not None
    assert shown["value"] == 1234.56
    one = measured(reported(1234.6), metrics).metric
    assert one is not None
    assert one["value"] == 1234.6


def test_what_a_face_stands_at_breaks_no_guard_where_another_holds() -> None:
    tried = [
        replace(run, argv=("t", run.id)) for run in timed((0.95, 61.0), (0.93, 40.0), (0.9, 40.0))
    ]
    of = {**fields(*tried, metric=METRIC), "guards": [P95]}
    assert face_text(of) == "auc .93/>=.92\np95 40/<=50"
    assert Brief.read(on_face(of)[1]).last == 0.9
    all_broken = {**of, "guards": [{**P95, "target": 30.0}]}
    assert "<=30" in face_text(all_broken)


def test_a_guard_that_no_run_reported_is_not_measured() -> None:
    runs = timed((0.93, None))
    assert measured(runs, CardMetrics(METRIC, (P95,))).guards == (P95,)
    assert face_text({**fields(*runs, metric=METRIC), "guards": [P95]}).endswith("\np95 <=50")
    by_hand = {**P95, "value": 60.0}
    assert measured(runs, CardMetrics(METRIC, (by_hand,))).guards == (by_hand,)
    measured_since = timed((0.93, 45.0))
    assert measured(measured_since, CardMetrics(METRIC, (by_hand,))).guards == (
        {**P95, "value": 45.0},
    )
    only_guard = [replace(run, metrics={"p95": 70.0}) for run in runs]
    shown = measured(only_guard, CardMetrics(METRIC, (P95,)))
    assert shown == CardMetrics(METRIC, ({**P95, "value": 70.0},)), (
        "no run reported the metric itself"
    )


def test_the_tasks_of_an_array_are_at_work_together() -> None:
    going = Run(
        "a", RunState.RUNNING, started="2026-03-20T10:00:00Z", gpus=2, elapsed=3600, task_count=9,
        at_work=3, at_work_since="2026-03-20T11:00:00Z",
    )  # fmt: skip
    brief = Brief.of([going])
    assert (brief.runs, brief.since, brief.gpus) == (1, "2026-03-20T10:00:00Z", 6)
    assert brief.used(datetime(2026, 3, 20, 12, tzinfo=UTC)) == 2 * (1 + 3)


@pytest.mark.parametrize("mark", ["", Repeats(("shard",)).mark])
def test_a_run_that_waits_is_apart_from_those_that_go_on(mark: str) -> None:
    waits = Run("q", RunState.QUEUED, made="2026-03-20T10:00:00Z", job="SLURM job 7", gpus=4)
    brief = Brief.of([waits], mark=mark)
    assert (brief.since, brief.gpus, brief.gpu_hours) == ("", 0, 0.0)
    assert brief.waits == datetime(2026, 3, 20, 10, tzinfo=UTC).timestamp()
    assert Brief.read(brief.packed) == brief
    again = replace(waits, lives=("2026-03-20T10:00:00Z/2026-03-20T11:00:00Z",))
    assert Brief.of([again]).waits == datetime(2026, 3, 20, 11, tzinfo=UTC).timestamp()
    for repeats in (Repeats(), Repeats(("shard",)), Repeats(("other",))):
        for packed in (
            brief.packed,
            Brief.of([replace(waits, state=RunState.LOST)], 0.5, mark).packed,
        ):
            assert repeats.made(packed) is (repeats.mark == mark)


def test_a_job_that_its_scheduler_forgot_does_not_go_on() -> None:
    gone = Run(
        "q", RunState.UNKNOWN, started="2026-03-20T10:00:00Z", ended="2026-03-20T11:00:00Z",
        job="SLURM job 7", gpus=2,
    )  # fmt: skip
    assert Brief.of([gone])[2:6] == ("", True, 2.0, 0)
    silent = Brief.of([replace(gone, ended="")])
    assert (silent.since, silent.partly) == ("", True), "how long it ran is not known"
    elsewhere = replace(gone, job="", ended="")
    assert Brief.of([elsewhere]).since == gone.started, "it may go on"
