"""A real training from the idea to its end: what is seen on the way, and what is kept of it."""

import re
from pathlib import Path

import pytest

from mlkanban.clock import now
from mlkanban.core.board import Outcome
from mlkanban.runs.model.state import RunState
from mlkanban.service import Service
from tests.runs.training.journey import SEEDS, TITLE, Journey

pytestmark = pytest.mark.terminal


def test_from_an_idea_to_a_shipped_card(home: dict[str, str], tmp_path: Path) -> None:
    journey = Journey(home, tmp_path, (80, 24))
    seen = {step.name: step.screen for step in journey.steps()}
    reached = {
        seed: float(re.findall(r"^mlkanban: val_auc=(\S+)$", said, re.MULTILINE)[0])
        for seed, said in journey.printed.items()
    }
    assert all(re.search(r"^epoch 60  loss 0\.\d+$", s, re.M) for s in journey.printed.values())
    mean = sum(reached.values()) / len(reached)

    assert TITLE in seen["1-idea"]
    assert "≥.85" in seen["1-idea"]
    assert re.search(r"5 Training  1/1.* ►5/5", seen["3-running"])
    assert re.search(r"█ .*►\S+ .*≥\.85", seen["3-running"])
    assert re.search(r"--seed [123]\b", seen["4-runs"])
    assert "its processes are alive" in seen["4-runs"]
    assert "6 Evaluation  3/2!" in seen["5-evaluation"]
    assert re.search(r"█ .*\.\d+→≥\.85", seen["5-evaluation"])
    for screen in (seen["6-verdict"], seen["7-card"]):
        assert screen.count("exit 0") == len(SEEDS)
        assert re.search(r"supported  ≥\.85 is reached by more than the spread", screen)
    assert f"val_auc {f'{mean:.3g}'.lstrip('0')} → ≥.85" in seen["7-card"]
    shown = re.search(r"mean (\.\d+) ±(\.\d+) of 3", seen["6-verdict"])
    assert shown is not None
    assert abs(float(shown[1]) - mean) < float(shown[2])
    assert f"{journey.ref} finished: shipped" in seen["8-shipped"]

    service = Service.open(Path(home["MLKANBAN_HOME"]), actor="you", clock=now, write=False)
    try:
        card = service.cards.get(journey.ref)
        runs = {int(run.argv[-1]): run for run in service.runs.of_card(journey.ref)}
        entries = service.history.of_card(journey.ref)
    finally:
        service.close()
    assert (card.outcome, card.blocker) == (Outcome.SHIPPED, None)
    assert card.metric
    assert card.metric.value in reached.values()
    assert {seed: run.metrics["val_auc"] for seed, run in runs.items()} == reached
    assert {(run.state, run.exit, run.gpus) for run in runs.values()} == {(RunState.FINISHED, 0, 0)}
    kinds = [entry.event.kind for entry in entries if "place" in entry.event.data.get("set", {})]
    assert kinds == ["card.created", "card.moved", "run.started", "run.ended", "card.finished"]
