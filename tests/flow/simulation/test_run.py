"""One run against what queueing theory says, and against endings that never come."""

from dataclasses import replace
from math import factorial
from random import Random
from statistics import mean, pstdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlkanban.flow.history import Limits
from mlkanban.flow.simulation.model import Leg, Model, SimulatedCard
from mlkanban.flow.simulation.run import Line, SimulationResult, run


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


def test_a_backlog_waits_when_the_measuring_begins():
    """Twenty cards wait, and a card comes when one is finished: all places are taken throughout."""
    model = line([2], [job((0, 2.0))], [1.0], days=100, warm_up=10)
    assert result(model).waiting <= 1
    out = result(replace(model, backlog=20))
    assert out.wip == pytest.approx(2, abs=0.01)
    assert out.waiting == pytest.approx(20, abs=1)


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
    model = line([servers], jobs, gaps, days=60, warm_up=300)
    runs = [run(model, seed, resampled=False) for seed in range(300)]
    waiting = [out.waiting for out in runs if out is not None]
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


def effort(*days):
    """A job of one leg in each stage, which takes so many days of one person."""
    return SimulatedCard(
        tuple(Leg(stage, False, 0.0, 0.0, each) for stage, each in enumerate(days))
    )


def test_cards_beside_each_other_share_the_time_of_one_person():
    """Two cards of two days begin together, and are both done after four; a third, of one day,
    begins a day later: it has 1 of 3 parts until it has its day, and so have the others."""
    played = Line(line([None], [effort(2.0)], [1.0]))
    for at, days in ((0.0, 2.0), (0.0, 2.0), (1.0, 1.0)):
        played.env.process(played.play(at, effort(days)))
    played.env.run()
    assert {n: round(end, 6) for n, end in played._ended.items()} == {0: 5, 1: 5, 2: 4}


def test_attended_cards_slow_each_other_in_all_stages():
    played = Line(line([None, None], [effort(1.0)], [1.0]))
    played.env.process(played.play(0.0, effort(2.0)))
    played.env.process(played.play(0.0, SimulatedCard((Leg(1, False, 0.0, 0.0, 1.0),))))
    played.env.run()
    assert {n: round(end, 6) for n, end in played._ended.items()} == {0: 3, 1: 2}


def test_no_more_is_finished_by_one_person_whatever_the_limit():
    few, many = (result(line([n], [effort(1.0)], [1.25])) for n in (2, 9))
    assert few.per_week == pytest.approx(many.per_week, rel=0.01)


@pytest.mark.parametrize(("limit", "p50"), [(2, 4), (3, 6), (None, 100)])
def test_the_lower_the_limit_of_one_person_the_sooner_each_card_is_done(limit, p50):
    out = result(line([limit], [effort(1.5)], [1.0]))
    assert out.p50 == pytest.approx(p50, abs=1) if limit else out.p50 > p50


def test_with_the_same_cards_sharing_takes_no_less_time_than_an_own_pace():
    own = result(line([None], [job((0, 1.0))], [1.25]))
    shared = result(line([None], [effort(1.0)], [1.25]))
    assert (own.p85, shared.p85) == (2, 2)
    assert shared.wip == pytest.approx(own.wip, abs=0.02), "one at a time has the person alone"


def test_a_limit_that_is_always_overridden_is_none():
    model = line([1], [job((0, 3.0))], [1.0])
    over = result(replace(model, overrides=1.0))
    assert over.per_week == pytest.approx(7, abs=0.1)
    assert over.waiting == 0
    half = result(replace(model, overrides=0.3))
    assert result(model).per_week < half.per_week <= over.per_week


@pytest.mark.parametrize(("oldest", "order"), [(1.0, [0, 1, 2, 3, 4, 5, 6, 7]), (0.0, None)])
def test_the_oldest_is_taken_or_any(oldest, order):
    model = replace(line([1], [job((0, 1.0))], [1.0]), oldest=oldest)
    played = Line(model, 4)
    ended = []
    for n in range(8):
        leg = Leg(0, False, 1.0 + n / 100, 0.0)
        played.env.process(played.play(n / 1000, SimulatedCard((leg,))))
    played.env.run()
    lengths = [played._ended[n] - played._begun[n] for n in range(8)]
    ended = [round(100 * (length - 1)) for length in lengths]
    assert (ended == order) if order else (ended[0] == 0 and ended != sorted(ended))


def test_each_run_draws_jobs_and_gaps_anew():
    jobs = [job((0, float(days))) for days in (1, 2, 3, 4, 5, 6, 7, 8)]
    model = line([None], jobs, [1.0, 2.0, 3.0], days=60, warm_up=20)

    def wips(*, resampled):
        runs = [run(model, seed, resampled=resampled) for seed in range(60)]
        return [out.wip for out in runs if out is not None]

    assert pstdev(wips(resampled=True)) > 1.15 * pstdev(wips(resampled=False))
