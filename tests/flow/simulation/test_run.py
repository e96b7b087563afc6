"""One run against what queueing theory says, and against endings that never come."""

from math import factorial
from random import Random
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlkanban.flow.history import Limits
from mlkanban.flow.simulation.model import Leg, Model, SimulatedCard
from mlkanban.flow.simulation.run import Line, SimulationResult, run
from mlkanban.flow.simulation.whatif import play


def line(limits, jobs, gaps, days=400, warm_up=100):
    names = tuple(f"S{n}" for n in range(len(limits)))
    made = tuple(Limits(*lim) if isinstance(lim, tuple) else Limits(lim) for lim in limits)
    return Model(names, made, tuple(jobs), tuple(gaps), days, warm_up)


def job(*legs):
    return SimulatedCard(tuple(Leg(stage, False, days, 0.0) for stage, days in legs))


def result(model: Model) -> SimulationResult:
    """What one run measured, of cards that were finished."""
    measured = run(model, 1)
    assert measured is not None
    return measured


def test_a_line_without_chance_is_known_beforehand():
    """A card every two days that takes one: it is never kept waiting."""
    out = result(line([1], [job((0, 1.0))], [2.0]))
    assert (out.p50, out.p85, out.waiting) == (2, 2, 0)  # a day between the ends are two days
    assert out.per_week == pytest.approx(3.5, abs=0.1)
    assert out.wip == pytest.approx(0.5, abs=0.01)


def test_no_more_is_finished_than_the_slowest_stage_lets_through():
    out = result(line([3, 1], [job((0, 0.1), (1, 2.0))], [1.0]))
    assert out.per_week == pytest.approx(3.5, abs=0.05)
    assert out.waiting > 200
    wide = result(line([3, 2], [job((0, 0.1), (1, 2.0))], [1.0]))
    assert wide.per_week == pytest.approx(7, abs=0.1)


def test_a_full_stage_holds_the_cards_before_it():
    """The first stage is done in no time, but its cards cannot leave."""
    out = result(line([2, 1], [job((0, 0.0), (1, 3.0))], [1.0]))
    assert out.wip == pytest.approx(3, abs=0.05)
    assert out.p50 == pytest.approx(10, abs=1)


def test_the_wait_for_a_start_is_that_of_erlang():
    """M/M/2: cards that could be begun wait as Erlang's C says; by Little's law, their number."""
    rng = Random(5)
    rate, service, servers = 1.4, 1.0, 2
    jobs = [job((0, rng.expovariate(1 / service))) for _ in range(4000)]
    gaps = [rng.expovariate(rate) for _ in range(4000)]
    load = mean(leg.days for j in jobs for leg in j.legs) / mean(gaps)
    top = load**servers / factorial(servers) * servers / (servers - load)
    busy = top / (sum(load**k / factorial(k) for k in range(servers)) + top)
    expected = busy * load / (servers - load)
    waiting = [out.waiting for out in play(line([servers], jobs, gaps, days=60, warm_up=300), 300)]
    assert mean(waiting) == pytest.approx(expected, rel=0.25)


def test_runs_of_a_machine_have_room_of_their_own():
    legs = (Leg(0, True, 3.0, 0.0),)
    apart = result(line([(1, 3)], [SimulatedCard(legs)], [1.0]))
    together = result(line([1], [SimulatedCard(legs)], [1.0]))
    assert apart.per_week == pytest.approx(7, abs=0.2)
    assert together.per_week == pytest.approx(7 / 3, abs=0.2)


legs = st.builds(
    Leg,
    stage=st.integers(0, 2),
    unattended=st.booleans(),
    days=st.floats(0, 5),
    blocked=st.floats(0, 2),
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(legs, min_size=1, max_size=6), min_size=1, max_size=5),
    st.lists(st.sampled_from([None, 1, 2, (1, 1), (1, 2)]), min_size=3, max_size=3),
    st.integers(0, 5),
)
def test_no_way_through_ever_hangs(ways, limits, seed):
    """Back and forth, from hand to run, all at once: when nothing new comes, all are finished."""
    rng = Random(seed)
    model = line(limits, [SimulatedCard(tuple(way)) for way in ways], [1.0])
    played = Line(model)
    for _ in range(30):
        played.env.process(played.play(rng.uniform(0, 10), rng.choice(model.jobs)))
    played.env.run()
    out = played.outcome(0, played.env.now, 30)
    assert out is not None
    assert out.waiting == 0
    assert out.per_week * played.env.now / 7 == pytest.approx(30)


def test_the_same_seed_brings_the_same_run():
    model = line([1, 2], [job((0, 1.0), (1, 2.0)), job((0, 3.0))], [0.5, 2.0, 4.0])
    assert run(model, 7) == run(model, 7)
    assert run(model, 7) != run(model, 8)


def test_the_percentiles_of_a_run_are_those_of_its_cards():
    played = Line(line([1], [job((0, 1.0))], [2.0]))
    played._begun = [0.0] * 100
    played._ended = {number: float(number) for number in range(100)}  # 1 to 100 days
    out = played.outcome(0.0, 100.0, 100)
    assert out is not None
    assert (out.p50, out.p85) == (50, 85)


@pytest.mark.parametrize(
    ("limit", "hand", "machine"),
    [
        # A card every day that takes three: by hand, or as a run.
        (1, 1, 1), (2, 2, 2), (3, 3, 3), (None, 3, 3), ((1, 1), 1, 1), ((1, 2), 1, 2),
        ((2, 1), 2, 1), ((None, 1), 3, 1), ((1, 3), 1, 3),
    ],
)  # fmt: skip
def test_each_way_of_working_has_as_much_room_as_its_limit(limit, hand, machine):
    for unattended, rooms in ((False, hand), (True, machine)):
        legs = (Leg(0, unattended, 3.0, 0.0),)
        out = result(line([limit], [SimulatedCard(legs)], [1.0]))
        assert out.per_week == pytest.approx(7 * rooms / 3, abs=0.1)
        assert out.wip == pytest.approx(rooms, abs=0.05)


def test_blocked_time_holds_the_place_as_work_does():
    leg = Leg(0, False, 1.0, 2.0)
    out = result(line([1], [SimulatedCard((leg,))], [3.0]))
    assert out.p50 == 4
    assert out.per_week == pytest.approx(7 / 3, abs=0.05)


def test_a_run_is_measured_after_it_has_warmed_up():
    """Cards come on days 1 to 14; those count that end from day 5 on, up to day 15."""
    out = result(line([None], [job((0, 2.5))], [1.0], days=10, warm_up=5))
    assert (out.per_week, out.waiting) == (7.0, 0)
    assert (out.p50, out.p85) == (3, 3)
    assert out.wip == pytest.approx(2.5, abs=0.2)


def test_what_a_line_measures_by_hand():
    played = Line(line([1], [job((0, 1.0))], [1.0]))
    # From day 10 to day 20: one ended before, two in it, one is still there.
    played._begun = [1.0, 8.0, 12.5, 18.0]
    played._ended = {0: 9.9, 1: 10.0, 2: 15.5}
    out = played.outcome(10.0, 20.0, 6)
    assert out == SimulationResult(3, 4, 7 * 2 / 10, (0 + 3 + 2) / 10, 2)
    assert played.outcome(16.0, 20.0, 6) is None
    assert played.outcome(15.5, 20.0, 4) == SimulationResult(4, 4, 7 / 4.5, 2 / 4.5, 0)
