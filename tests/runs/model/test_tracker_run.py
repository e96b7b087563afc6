"""What is taken of a run that a tracker tells of."""

from dataclasses import replace
from sys import float_info

import pytest

from mlkanban.runs.model.run import Run
from mlkanban.runs.model.state import RunState
from mlkanban.runs.model.tracker_run import Tracked, not_ours, ours

NAN, LARGEST = float("nan"), float_info.max


def test_only_numbers_are_metrics_and_a_hundred_at_most() -> None:
    tracked = Tracked(
        "mlflow:a",
        metrics={"auc": 0.9, "nan": NAN, "inf": -float("inf"), "max": LARGEST, "big": LARGEST / 2},
        since={"nan": 0, "auc": 3},
    )
    assert tracked.numbers == {"auc": 0.9, "big": LARGEST / 2}
    assert tracked.unread == ("inf is infinite", "max is infinite", "nan is NaN since step 0")
    many = Tracked("mlflow:a", metrics={f"m{n:03}": float(n) for n in range(150)})
    assert list(many.numbers) == [f"m{n:03}" for n in range(100)]
    broken = Tracked("mlflow:a", metrics={f"m{n}": NAN for n in range(9)})
    assert broken.unread == tuple(f"m{n} is NaN" for n in range(5))


def test_settings_are_a_hundred_at_most_without_secrets() -> None:
    tracked = Tracked("mlflow:a", params={"lr": "3e-4", "api_key": "s3cr3t-value", "a=b": "x"})
    assert tracked.settings["lr"] == "3e-4"
    assert "s3cr3t" not in str(tracked.settings)
    assert "a=b" not in tracked.settings
    long = Tracked("mlflow:a", params={f"p{n:03}": "x" * 150 for n in range(150)})
    assert list(long.settings) == [f"p{n:03}" for n in range(100)]
    assert {len(value) for value in long.settings.values()} == {100}


@pytest.mark.parametrize(
    ("parts", "title", "moment", "above", "card"),
    [
        ({}, "mlflow:a", "", "", ""), ({"experiment": "e"}, "e", "", "", ""),
        ({"name": "n", "experiment": "e"}, "n", "", "", ""),
        ({"about": "2026-01-02 03:04:05.678901+00"}, "mlflow:a", "2026-01-02T03:04:05.678901", "",
         ""),
        ({"started": "2026-01-01T00:00:00Z", "about": "x"}, "mlflow:a", "2026-01-01T00:00:00Z", "",
         ""),
        ({"tags": {"mlflow.parentRunId": " p ", "mlkanban.card": " G1 "}}, "mlflow:a", "",
         "mlflow:p", "g1"),
    ],
)  # fmt: skip
def test_what_a_tracked_run_says_of_itself(parts, title, moment, above, card) -> None:
    tracked = Tracked("mlflow:a", **parts)
    assert (tracked.title, tracked.moment, tracked.above, tracked.card) == (
        title, moment, above, card,
    )  # fmt: skip


def test_a_run_inside_another_uses_no_gpus_of_its_own() -> None:
    tracked = Tracked(
        "wandb:a", name="n" * 150, tags={"mlflow.source.git.commit": "c" * 150}, where="/w"
    )
    alone, inside = tracked.as_run(), tracked.as_run("r1")
    assert (alone.gpus, alone.parent, inside.gpus, inside.parent) == (None, "", 0, "r1")
    assert (alone.name, alone.commit) == ("n" * 100, "c" * 100)
    assert (alone.state, alone.evidence) == (
        RunState.TRACKED, "W&B says nothing; that moves no card",
    )  # fmt: skip
    assert not_ours("wandb:a", "/w").startswith("W&B keeps its own log (/w);")
    assert not_ours("other:a", "").startswith("Its tracker keeps its own log;")


BEGUN, ENDED = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"


@pytest.mark.parametrize(
    ("started", "ended", "found"),
    [
        (BEGUN, ENDED, True), (ENDED, ENDED, True), ("2025-12-31T00:00:00Z", ENDED, False),
        ("2026-01-02T00:00:01Z", ENDED, False), ("2026-06-01T00:00:00Z", "", True), ("", "", False),
    ],
)  # fmt: skip
def test_a_record_belongs_to_the_only_run_that_it_was_started_in(started, ended, found) -> None:
    run = Run("r1", RunState.FINISHED, started=BEGUN, ended=ended)
    tagged = Tracked("mlflow:a", started=started, tags={"mlkanban.card": "g1"})
    assert ours(tagged, [run]) == (run if found else None)
    assert ours(tagged, [run, replace(run, id="r2")]) is None, "it could be either"
    assert ours(Tracked("mlflow:a", started=started), [run]) is None
    other = Run("mlflow:b", RunState.TRACKED, started=BEGUN)
    assert ours(tagged, [run, other]) == (run if found else None)
    named = Tracked("mlflow:a", tags={"mlkanban.run": "r1"})
    assert ours(named, [run, other]) == run
    assert ours(Tracked("mlflow:a", tags={"mlkanban.run": "r9"}), [run]) is None
