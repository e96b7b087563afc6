"""Learned from a history made with known times: today comes out again, and so does the effect of
another limit."""

from collections import Counter
from dataclasses import replace
from datetime import UTC
from random import Random

import pytest
import simpy

from mlkanban.core.models import Board, Stage, StageKind
from mlkanban.core.templates import template
from mlkanban.display.number_text import suggest_limits
from mlkanban.display.number_text.simulate import summary, to_json
from mlkanban.errors import NotFound, UsageProblem
from mlkanban.flow.history import CardHistory, Limits, Step, Workflow
from mlkanban.flow.sample import follow
from mlkanban.flow.simulation import whatif
from mlkanban.flow.simulation.model import Model
from mlkanban.flow.simulation.run import SimulationResult
from mlkanban.flow.simulation.suggest import suggest
from mlkanban.flow.simulation.whatif import Spread, limits_from, part_of, summed, what_if
from mlkanban.flow.window import Window
from tests.flow.logs import ACTIVE, GATE, QUEUE, at, took
from tests.flow.logs import sample as small

DAYS = 240
KINDS: tuple[StageKind, ...] = (QUEUE, ACTIVE, QUEUE, GATE, QUEUE)


def made(evaluators, *, seed=11, every=1.6, days=DAYS, slow=1.0):
    """Ready -> Train (2) -> Queue -> Evaluate (so many) -> Done, by a simulation of its own. The
    same cards come at the same times, with the same work in them, whatever the limit."""
    rng = Random(seed)
    env = simpy.Environment()
    train, evaluate = simpy.Resource(env, 2), simpy.Resource(env, evaluators)
    cards: list[list[tuple[float, int]]] = []

    def go(steps, training, evaluation):
        steps.append((env.now, 0))
        with train.request() as place:
            yield place
            steps.append((env.now, 1))
            yield env.timeout(training)
        steps.append((env.now, 2))
        with evaluate.request() as place:
            yield place
            steps.append((env.now, 3))
            yield env.timeout(evaluation)
        steps.append((env.now, 4))

    def come():
        while True:
            yield env.timeout(rng.expovariate(1 / every))
            cards.append([])
            work = rng.uniform(0.5, 3.5), rng.expovariate(1 / 1.4) * slow
            env.process(go(cards[-1], *work))

    env.process(come())
    env.run(until=days)
    workflow = Workflow(
        ("Ready", "Train", "Queue", "Evaluate", "Done"), 1, 4, UTC, KINDS,
        (Limits(), Limits(2), Limits(), Limits(evaluators), Limits()),
    )  # fmt: skip
    histories = [
        CardHistory(f"c{n}", "t", "model", (), tuple(Step(at(1 + t), s, None) for t, s in steps))
        for n, steps in enumerate(cards)
    ]
    day = at(days)
    return follow(workflow, histories, day, Window.back(150, day.date()))


def test_today_is_reproduced():
    found = what_if(made(1), {})
    assert found.trusted, (found.observed, found.today)
    assert "Today is reproduced" in summary(found).lines[0]


@pytest.mark.parametrize(("today", "other"), [(1, 2), (2, 1)])
def test_the_known_effect_of_a_limit_is_recovered(today, other):
    """What the other limit did to the very same cards lies in the interval of nine runs in ten, for
    most of the histories it was learned from."""
    held: Counter[str] = Counter()
    for seed in range(11, 23):
        found = what_if(made(today, seed=seed), {"Evaluate": other}, runs=50)
        truth = what_if(made(other, seed=seed), {}, runs=1).observed
        for measure in ("p50", "p85", "per_week"):
            spread = found.proposed[measure]
            held[measure] += spread.low <= truth[measure] <= spread.high
        change = found.proposed["p85"].mean - found.today["p85"].mean
        assert change < -1 if other > today else change > 1
    assert min(held.values()) >= 9, held


def test_a_better_limit_is_found_with_its_evidence():
    found = suggest(made(1, every=1.5))
    assert next((s.stage, s.after) for s in found.steps) == ("Evaluate", 2)
    assert found.steps[0].p85_change_days < 0
    assert found.steps[0].agreed >= 0.75
    assert (found.played.changes["Evaluate"] or 0) >= 2
    assert "Evaluate 1 -> 2" in " ".join(suggest_limits.summary(found).lines)


def test_a_history_that_it_cannot_play_is_not_trusted():
    """Cards rest in Train for no reason the limits know, all until the same day."""
    rng = Random(3)
    steps = [sorted(rng.uniform(1, 80) for _ in range(1)) for _ in range(60)]
    workflow = Workflow(("Ready", "Train", "Done"), 1, 2, UTC, (), (
        Limits(), Limits(1), Limits()))  # fmt: skip
    histories = [
        CardHistory(f"c{n}", "t", "model", (), (
            Step(at(begin), 1, None), Step(at(90 + n / 100), 2, None)))
        for n, (begin,) in enumerate(steps)
    ]  # fmt: skip
    sample = follow(workflow, histories, at(100), Window.back(None, at(100).date()))
    found = what_if(sample, {})
    assert not found.trusted
    assert "Not to be trusted" in summary(found).lines[0]
    assert to_json(found)["trusted"] is False


def test_too_few_cards_are_a_sentence():
    found = what_if(small([took(f"c{n}", 2, start=n + 1) for n in range(19)], day=30), {})
    assert found.today == {}
    assert summary(found).lines == ("19 finished cards in this window; a simulation needs 20.",)
    assert suggest_limits.summary(suggest(small([], day=30))).table is None


def test_it_says_how_far_it_is():
    told: list[float] = []
    what_if(made(1), {"Evaluate": 2}, runs=5, progress=told.append)
    assert told == pytest.approx([n / 10 for n in range(1, 11)])


def test_limits_are_read_from_text(board):
    assert limits_from(board, "train=2 data p=none, Eval = 3") == {
        "Training": 2, "Data prep": None, "Evaluation": 3
    }  # fmt: skip
    assert limits_from(board, " ") == {}
    for bad in ("train", "train=0", "train=-1", "train=x", "=2", "train=2x"):
        with pytest.raises(UsageProblem):
            limits_from(board, bad)
    with pytest.raises(UsageProblem, match="not a committed stage"):
        limits_from(board, "Ready=2")
    with pytest.raises(NotFound):
        limits_from(board, "Nowhere=2")


@pytest.fixture
def board():
    ml = template("ml")
    assert ml is not None
    stages = tuple(
        Stage(str(n), s.name, s.kind, s.committed, s.limit) for n, s in enumerate(ml.stages)
    )
    return Board("b", "b", "B", stages)


def test_a_spread_has_the_values_that_few_runs_lie_beyond():
    values = list(range(1, 201))
    Random(2).shuffle(values)
    spread = summed([SimulationResult(v, 0, 0, 0, 0) for v in values])["p50"]
    assert (spread.mean, spread.low, spread.high) == (100.5, 10, 190)
    assert (spread.lowest, spread.highest) == (2, 198)
    assert [value in spread for value in (1, 2, 198, 199)] == [False, True, True, False]
    assert summed([]) == {}


@pytest.mark.parametrize(
    ("jobs", "asked", "runs"),
    [
        (400, None, 100), (500, None, 100), (501, None, 99), (1000, None, 50), (2499, None, 20),
        (2500, None, 20), (9000, None, 20), (400, 30, 30), (9000, 30, 20), (9000, 5, 5),
    ],
)  # fmt: skip
def test_busy_boards_are_played_less_often(monkeypatch, jobs, asked, runs):
    """Fifty thousand cards in all, but at least twenty runs."""
    gap = 100 / jobs
    model = Model(("Train", "Wait", "Evaluate"), (Limits(),) * 3, (), (gap,), days=90, warm_up=10)
    assert model.jobs_a_run == jobs
    played: list[int] = []

    def play(model, runs, progress):
        played.append(runs)
        return []

    monkeypatch.setattr(whatif, "learn", lambda sample: model)
    monkeypatch.setattr(whatif, "play", play)
    some = small([took(f"c{n}", 1) for n in range(20)])
    found = what_if(some, {"Train": 1}) if asked is None else what_if(some, {}, runs=asked)
    assert found.runs == runs
    assert played == [runs] * (2 if asked is None else 1)
    assert found.observed == {"p50": 1, "p85": 1, "per_week": 7 * 20 / 21}
    assert found.limits == {"Train": 1, "Wait": None, "Evaluate": 2}


def test_other_limits_leave_those_for_runs():
    model = Model(tuple("ab"), (Limits(3, 2), Limits(1)), (), (1.0,), 9, 1)
    changed = model.limited({0: None, 1: 4})
    assert changed.limits == (Limits(None, 2), Limits(4))
    assert model.limits == (Limits(3, 2), Limits(1))
    assert model.limited({}) == model


def test_a_history_is_reproduced_within_all_but_one_run_in_a_hundred():
    spread = Spread(2.0, 1.5, 2.5, 1.0, 3.0)
    assert [value in spread for value in (0.9, 1.0, 2.0, 3.0, 3.1)] == [
        False, True, True, True, False,
    ]  # fmt: skip
    found = what_if(small([]), {})
    assert (found.n, found.today, found.trusted, found.not_reproduced) == (0, {}, False, [])
    played = replace(found, today=dict.fromkeys(("p50", "p85", "per_week", "wip"), spread))
    for observed, wrong in ((1.0, []), (3.0, []), (3.1, ["p50", "p85", "per_week"])):
        told = replace(played, observed=dict.fromkeys(("p50", "p85", "per_week"), observed))
        assert (told.not_reproduced, told.trusted) == (wrong, not wrong)


def test_the_progress_of_a_part_is_that_of_the_whole():
    told: list[float] = []
    first, last = part_of(told.append, 0, 4), part_of(told.append, 3, 4)
    assert first is not None
    assert last is not None
    first(0.5)
    first(1)
    last(0)
    last(1)
    assert told == [0.125, 0.25, 0.75, 1]
    assert part_of(None, 0, 1) is None


def test_what_was_observed_are_the_percentiles_of_all_cards():
    """A hundred cards that took 1 to 100 days, all finished on day 120."""
    cards = [took(f"c{n}", n, start=121 - n) for n in range(1, 101)]
    found = what_if(small(cards, day=120), {}, runs=1)
    assert found.observed == {"p50": 50, "p85": 85, "per_week": 7 * 100 / 100}
