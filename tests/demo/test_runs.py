"""The runs of the demo board: what they do and say is what real ones would."""

from collections import Counter
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from mlkanban.core.board import CardFace
from mlkanban.core.timestamps import instant
from mlkanban.display.run_text import duration
from mlkanban.runs.model.effects import RunContext, on_end, on_start
from mlkanban.runs.model.results import Proposal, results
from mlkanban.runs.model.run import Run, runs_in
from mlkanban.runs.model.state import RunState
from mlkanban.runs.series_reader import SeriesReader
from tests.demo.demos import NOW, Demo


def test_runs_do_to_their_cards_what_runs_do(demo: Demo) -> None:
    """Every start and every end of a run, against what the rules of runs make of the board then."""
    cards: dict[str, dict[str, Any]] = {}
    blocked_by: dict[str, str] = {}
    for event in demo.events:
        fields = event.data.get("set", {})
        before = cards.get(event.card, {})
        if event.kind in ("run.started", "run.ended"):
            [run] = runs_in(fields)
            others = any(r.id != run.id and not r.state.ended for r in runs_in(before))
            by_run = bool(before.get("blocker")) and blocked_by[event.card].startswith("run:")
            scene = RunContext(
                demo.board, face_of(event.card, before), blocked_by_run=by_run, others=others
            )
            effect = on_start(scene) if event.kind == "run.started" else on_end(scene, run)
            stage = effect.to.id if effect.to else before["place"][0]
            assert fields.get("place", before["place"])[0] == stage
            work = effect.work or before.get("work") or "attended"
            assert fields.get("work", before.get("work") or "attended") == work
            block = dict(effect.block, since=run.ended) if effect.block else None
            kept = None if effect.unblock else before.get("blocker")
            assert fields.get("blocker", before.get("blocker")) == (block or kept)
        if "blocker" in fields:
            blocked_by[event.card] = event.actor
        if event.card:
            cards[event.card] = {**before, **fields}


def face_of(card: str, fields: dict[str, Any]) -> CardFace:
    """As much of a card as runs look at."""
    place, rank = fields["place"]
    parts = dict.fromkeys(CardFace._fields, "") | {"id": card, "stage": place, "rank": rank}
    block = (fields.get("blocker") or {}).get("reason", "")
    parts |= {"work": fields.get("work") or "attended", "block_reason": block}
    parts |= {"outcome": fields.get("outcome") or "", "archived": fields.get("archived") or 0}
    return CardFace(**parts)


def test_nothing_that_is_said_of_a_run_is_a_lie(demo: Demo) -> None:
    """There is no process and no folder: what goes on does so elsewhere, and says who says so."""
    found = [run for _, run in demo.service.runs.of_board(demo.board.id)]
    going = {run.state: run for run in found if not run.state.ended}
    assert sorted(going) == ["queued", "running", "unknown"]
    assert going[RunState.RUNNING].job
    assert going[RunState.RUNNING].evidence == "squeue says RUNNING"
    assert duration(going[RunState.RUNNING], demo.now) == "14h"
    assert "started on cpu-02" in going[RunState.UNKNOWN].evidence
    states = Counter(run.state for run in found)
    assert states[RunState.FINISHED] > 60
    assert states[RunState.FAILED] >= 4
    assert all(run.started <= (run.ended or run.started) <= instant(demo.now) for run in found)
    assert max(map(days, found)) <= 4.5
    failed = next(run for run in found if run.state is RunState.FAILED)
    assert failed.outcome == "out of GPU memory (exit 1)"
    assert failed.last[-1].startswith("torch.OutOfMemoryError: CUDA out of memory.")
    assert sum(run.gpus == 0 for run in found) >= 4


def test_logs_lead_to_what_runs_reported(demo: Demo) -> None:
    reader = SeriesReader(demo.data)
    going_on = 0
    for ref, run in demo.service.runs.of_board(demo.board.id):
        metric = demo.service.runs.metric(ref)
        if metric is None:
            continue
        series = reader.read(run, metric).of(metric["name"])
        last = series.last if series else None
        if metric["name"] in run.metrics:
            assert series is not None
            assert last is not None
            assert last.value == float(f"{run.metrics[metric['name']]:.4g}")
            assert len(series.points) > 20
        elif last is not None:
            assert run.state in (RunState.UNKNOWN, RunState.RUNNING)
            going_on += 1
    assert going_on


def days(run: Run) -> float:
    if not run.ended:
        return 0.0
    lasted = datetime.fromisoformat(run.ended) - datetime.fromisoformat(run.started)
    return lasted / timedelta(days=1)


def test_a_card_under_evaluation_has_a_verdict_from_its_seeds(demo: Demo) -> None:
    face = next(face for face in demo.faces if face.title.startswith("Quantile forecast"))
    metric = demo.service.cards.get(face.ref).metric
    assert metric
    found = results(demo.service.runs.of_card(face.ref), asdict(metric))
    assert found
    assert found.latest.n >= 3
    assert found.proposal is Proposal.SUPPORTED
    assert metric.value == found.values[-1]


def test_attempts_differ_in_what_was_run(demo: Demo) -> None:
    face = next(face for face in demo.faces if face.title.startswith("Demand with price"))
    runs = demo.service.runs.of_card(face.ref)
    assert len({run.argv[:-2] for run in runs if run.metrics}) == 1
    assert len({run.argv for run in runs}) == len(runs) == 4
    assert len({run.commit for run in runs}) == 2
    assert all(len(run.commit) == 40 for run in runs)


def test_the_card_whose_run_failed_asks_for_a_decision(demo: Demo) -> None:
    [ref] = [f.ref for f in demo.faces if f.title.startswith("Demand with price")]
    why = {item.ref: item.why for item in demo.service.triage.queue(demo.board).items}[ref]
    if demo.now == NOW:  # at other times it is old, or blocked for days, before that
        assert why == "run failed: out of GPU memory (exit 1)"
