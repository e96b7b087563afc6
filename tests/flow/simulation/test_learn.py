"""What is learned from a history: ways through the stages, the gaps between cards, the length."""

from dataclasses import replace
from datetime import UTC, date
from random import Random

import pytest

from mlkanban.core.board import Work
from mlkanban.flow.history import Limits, PastLimits, Workflow
from mlkanban.flow.sample import Sample
from mlkanban.flow.simulation.learn import (
    FEWEST,
    Learned,
    Overridden,
    TouchFit,
    learn,
    under_these_limits,
)
from mlkanban.flow.simulation.model import Capacity, Leg, Model
from tests.flow.logs import ACTIVE, GPU, QUEUE, at, card, sample

# Ready | A (1), B (1) | Done
LINE = Workflow(
    ("Ready", "A", "B", "Done"), 1, 3, UTC, (QUEUE, ACTIVE, ACTIVE, QUEUE),
    (Limits(), Limits(1), Limits(1, 2), Limits()),
)  # fmt: skip
HOUR = 1 / 24


def one(n, every=2.0, *, a=0.75, b=0.5):
    """A card that waits for nothing: a while in A, then in B."""
    begun = 1 + n * every
    return card(f"c{n:03}", (begun, 1), (begun + a, 2), (begun + a + b, 3))


def learned(cards, day=100.0, days=None) -> Model:
    return in_its_own_time(sample(cards, day, days, LINE))


def in_its_own_time(some: Sample) -> Model:
    found = learn(some)
    assert found is not None
    return found.models[Capacity.INDEPENDENT]


def legs(model, at=-1):
    return [(leg.stage, leg.unattended, leg.days, leg.blocked) for leg in model.jobs[at].legs]


def test_it_takes_twenty_cards():
    cards = [one(n) for n in range(FEWEST)]
    assert FEWEST == 20
    assert learn(sample(cards[1:], 100, None, LINE)) is None
    model = learned(cards)
    assert (model.stages, model.limits) == (("A", "B"), LINE.limits[1:3])
    assert model.gaps == (2.0,) * 19
    assert [legs(model, at) for at in range(20)] == [
        [(0, False, 0.75, 0.0), (1, False, 0.5, 0.0)]
    ] * 20


def test_cards_that_all_came_at_once_tell_nothing_of_how_they_come():
    assert learn(sample([one(n, every=0.0) for n in range(30)], 100, None, LINE)) is None


@pytest.mark.parametrize(
    ("every", "many", "day", "days"),
    [(2.0, 20, 50, 50), (0.5, 400, 205, 150), (0.125, 1600, 205, 38), (0.05, 4000, 205, 30)],
)
def test_a_run_has_about_three_hundred_cards_but_a_month(every, many, day, days):
    model = learned([one(n, every, a=0.02, b=0.02) for n in range(many)], day)
    assert model.days == days
    assert model.jobs_a_run == round((model.warm_up + model.days) / every)


@pytest.mark.parametrize(("long", "warm_up"), [(0.1, 3), (9, 30), (38, 117), (39, 120), (60, 120)])
def test_it_warms_up_for_three_usual_cycle_times(long, warm_up):
    assert learned([one(n, 5.0, a=long, b=0.1) for n in range(25)], 400).warm_up == warm_up


def test_only_cards_begun_in_the_window_come_and_only_finished_ones_go():
    cards = [one(n) for n in range(40)]
    model = learned([*cards, card("open", (90, 1))], day=100, days=70)
    # From day 31 on: 25 finished, begun on day 31 or later, and the open one.
    assert len(model.jobs) == 25
    assert model.gaps == (2.0,) * 24 + (11.0,)


def odd(*steps):
    """The way of a card among twenty ordinary ones, far from them."""
    return legs(learned([*(one(n) for n in range(20)), card("odd", *steps)]))


def test_time_that_is_blocked_or_waited_is_no_touch_time():
    assert odd((60, 1), (62, 1, None, None, GPU), (65.5, 1), (66, 3)) == [(0, False, 2.5, 3.5)]
    assert odd((60, 1), (62, 1, None, Work.WAITING), (65, 3)) == [
        (0, False, 2.0, 0.0), (0, False, 0.0, 0.0),
    ]  # fmt: skip
    assert odd((60, 1), (61, 2, None, Work.UNATTENDED), (64, 3)) == [
        (0, False, 1.0, 0.0), (1, True, 3.0, 0.0),
    ]  # fmt: skip


def test_in_a_queue_nothing_is_done():
    queue = Workflow(
        LINE.stages, 1, 3, UTC, (QUEUE, ACTIVE, QUEUE, QUEUE), (Limits(),) * 4
    )  # fmt: skip
    model = in_its_own_time(sample([one(n) for n in range(20)], 100, None, queue))
    assert legs(model) == [(0, False, 0.75, 0.0), (1, False, 0.0, 0.0)]


def test_a_way_begins_with_the_start_that_holds():
    assert odd((60, 1), (62, 0), (70, 1), (71, 2), (73, 1), (76, 3)) == [
        (0, False, 1.0, 0.0), (1, False, 2.0, 0.0), (0, False, 3.0, 0.0),
    ]  # fmt: skip


def waits(after, stays=9.0):
    """A card that is done in A when B is full, and moves so long after B has room again."""
    room = 60 + stays
    cards = [
        *(one(n, a=0.44 - n / 100) for n in range(20)),
        card("before", (59.5, 1), (59.75, 2), (room, 3)),
        card("kept", (60, 1), (room + after, 2), (room + after + 0.5, 3)),
    ]
    return legs(learned(cards))[0][2]


def test_a_card_that_waited_for_room_took_as_long_as_one_that_did_not():
    free = [0.44 - n / 100 for n in range(20)]
    for after in (0, HOUR / 2, HOUR):
        assert any(waits(after) == pytest.approx(took) for took in free)
    assert waits(HOUR * 1.01) == pytest.approx(9 + HOUR * 1.01)


def test_no_card_took_longer_than_it_was_there():
    """It was in A for less than any other: its own time is all that is known."""
    assert waits(0, stays=0.1) == pytest.approx(0.1)
    assert waits(0, stays=0.2501) == pytest.approx(0.25)


def test_a_card_that_waited_to_be_begun_could_have_been_when_it_came():
    """A is full from day 61 to 70; a card comes on day 58, one on day 65, one without waiting."""
    ordinary = [one(n) for n in range(20)]
    long = card("long", (61, 1), (70, 3))

    def gap(*steps):
        model = learned([*ordinary, long, card("next", *steps)])
        return model.gaps[-1]

    assert gap((65, 0), (70, 1), (71, 3)) == pytest.approx(4)
    assert gap((58, 0), (70, 1), (71, 3)) == pytest.approx(0), "not before it had to wait"
    assert gap((65, 0), (70 + HOUR, 1), (72, 3)) == pytest.approx(4)
    assert gap((65, 0), (70 + 2 * HOUR, 1), (72, 3)) == pytest.approx(9 + 2 * HOUR)
    assert gap((70, 1), (71, 3)) == pytest.approx(9), "it came and was begun at once"


def test_a_stage_may_be_full_from_the_first_card_on():
    cards = [one(n + 40, 1.5) for n in range(20)]
    cards += [card("long", (1, 1), (30, 3)), card("next", (10, 0), (30, 1), (31, 3))]
    assert learned(cards).gaps[0] == pytest.approx(9)


def test_a_card_waits_as_long_as_a_stage_is_filled_again_at_once():
    """A has room on day 65, 67 and 70, and within the hour the next card is in it."""
    ordinary = [one(n) for n in range(20)]
    line = [
        card("a", (61, 1), (65, 3)), card("b", (62, 0), (65, 1), (67, 3)),
        card("c", (63, 0), (67 + HOUR, 1), (70, 3)), card("d", (64, 0), (70, 1), (71, 3)),
    ]  # fmt: skip
    assert learned([*ordinary, *line]).gaps[-3:] == pytest.approx((1, 1, 1))
    late = card("c", (63, 0), (67 + 2 * HOUR, 1), (70, 3))
    gaps = learned([*ordinary, *line[:2], late, line[3]]).gaps
    assert sum(gaps[-2:]) == pytest.approx(67 + 2 * HOUR - 62), "nobody waited for two hours"


def backlog(begins, day=100.0):
    """Two cards are in A one after the other, the second waits while ten of day 1 are done."""
    cards = [card(f"c{n:02}", (1, 0), (1 + 3 * n, 1), (4 + 3 * n, 3)) for n in range(25)]
    cards += [card(f"l{n}", (40 + n, 0), (76 + 3 * n, 1), (79 + 3 * n, 3)) for n in range(5)]
    return learned(cards, day, days=begins)


def test_cards_that_waited_when_the_window_began_are_a_backlog_and_no_arrivals():
    """All of day 1 wait for A, which is never empty; five more come from day 40 on."""
    model = backlog(None)
    assert (model.backlog, model.gaps) == (24, (39.0, 1.0, 1.0, 1.0, 1.0))
    model = backlog(70)
    assert (model.backlog, model.gaps) == (14, (1.0,) * 4)


def test_legs_are_stretches_of_one_way_of_working():
    assert odd((60, 1), (61, 1), (62, 1, None, Work.UNATTENDED), (63, 1), (65, 3)) == [
        (0, False, 2.0, 0.0), (0, True, 1.0, 0.0), (0, False, 2.0, 0.0),
    ]  # fmt: skip
    assert (
        Leg(0, False, 2.0, 0.0)
        in learned([*(one(n) for n in range(20)), card("odd", (60, 1), (62, 3))]).jobs[-1].legs
    )


def test_it_warms_up_for_three_times_what_85_percent_took():
    """Of a hundred cards 84 took two days, and the others three."""
    for quick, warm_up in ((84, 9), (85, 6), (86, 6)):
        cards = [one(n, 2.0, a=1.0 if n < quick else 2.0, b=0.1) for n in range(100)]
        assert learned(cards, 300).warm_up == warm_up


def test_a_board_where_all_cards_came_at_two_instants_has_a_gap():
    early, late = ([one(n, every) for n in range(12)] for every in (0.0, 0.0))
    moved = [card(f"l{n}", (21, 1), (21.5, 2), (22, 3)) for n in range(len(late))]
    model = learned([*early, *moved])
    assert sorted(model.gaps) == [0.0] * 22 + [20.0]


def test_where_the_first_stage_is_committed_cards_could_be_begun_when_they_were():
    at_once = Workflow(
        ("A", "B", "Done"), 0, 2, UTC, (ACTIVE, ACTIVE, QUEUE), (Limits(1), Limits(), Limits())
    )
    cards = [card(f"c{n:03}", (1 + 2 * n, 0), (2 + 2 * n, 1), (3 + 2 * n, 2)) for n in range(20)]
    # A is full from day 60 to 61; the next card is begun as soon as it has room.
    cards += [card("x", (60, 0), (61, 1), (62, 2)), card("y", (61, 0), (63, 1), (64, 2))]
    model = in_its_own_time(sample(cards, 100, None, at_once))
    assert model.gaps == (2.0,) * 19 + (60 - 39, 1.0)
    assert (model.stages, model.limits) == (("A", "B"), at_once.limits[:2])


def found(cards, workflow=LINE, day=100.0, days=None) -> Learned:
    learned = learn(sample(cards, day, days, workflow))
    assert learned is not None
    return learned


ROOMY = replace(LINE, limits=(Limits(),) * 4)


def world(*, shared, seed=3, many=120):
    """Cards that come at random into A, each with some work in it: all share one person, or none
    does."""
    rng = Random(seed)
    come, coming = 1.0, []
    for n in range(many):
        come += rng.expovariate(1 / 1.5)
        coming.append((come, f"c{n}", rng.expovariate(1.0)))
    coming.reverse()
    now, step = 1.0, 1 / 48
    begun: dict[str, float] = {}
    left: dict[str, float] = {}
    ended: dict[str, float] = {}
    while coming or left:
        now += step
        while coming and coming[-1][0] <= now:
            _, ref, work = coming.pop()
            begun[ref], left[ref] = now, work
        left = {ref: work - step / (len(left) if shared else 1) for ref, work in left.items()}
        ended |= {ref: now for ref, work in left.items() if work <= 0}
        left = {ref: work for ref, work in left.items() if work > 0}
    return [card(ref, (begun[ref], 1), (end, 3)) for ref, end in ended.items()]


def test_one_person_shows_in_days_that_grow_with_the_cards_beside():
    fit = found(world(shared=True), ROOMY, 250).fit
    assert fit.possible == (Capacity.SHARED,)
    assert fit.days > 0.2 > abs(fit.effort)


def test_independent_touch_shows_in_days_that_do_not():
    fit = found(world(shared=False), ROOMY, 250).fit
    assert fit.possible == (Capacity.INDEPENDENT,)
    assert fit.effort < -0.2 < -abs(fit.days)


def test_what_fits_shows_in_a_year_where_the_window_is_always_full():
    """The window has the same three cards side by side all the time; the time before it does not.
    What was before the year says nothing."""
    full = [
        card(f"f{n}", (300 + n, 1), (303 + n, 3)) for n in range(60)
    ]  # fmt: skip
    before = world(shared=True)
    fit = found([*before, *full], ROOMY, 361, days=60).fit
    assert fit.possible == (Capacity.SHARED,)
    assert fit.legs > 150
    later = [card(f"f{n}", (700 + n, 1), (703 + n, 3)) for n in range(60)]
    assert found([*before, *later], ROOMY, 761, days=60).fit.legs < 65


@pytest.mark.parametrize(
    ("legs", "days", "effort", "possible"),
    [
        (101, 0.0, -0.3, "independent"), (101, 0.3, 0.0, "shared"), (101, 0.1, -0.19, "both"),
        (101, 0.3, -0.1, "shared"), (101, 0.1, -0.3, "independent"), (17, 0.3, -0.1, "both"),
        # More cards beside, and yet sooner done: no model says so, and none is ruled out by it.
        (101, -0.3, -0.4, "independent"), (101, 0.5, 0.4, "shared"), (0, 0.0, 0.0, "both"),
    ],
)  # fmt: skip
def test_the_worse_model_is_ruled_out_beyond_two_standard_errors(legs, days, effort, possible):
    models = TouchFit(legs, days, effort).possible
    assert ("both" if len(models) == 2 else models[0].value) == possible
    assert models[0] == ("independent" if abs(days) <= abs(effort) else "shared")


def test_the_effort_of_cards_side_by_side_is_a_part_of_their_days():
    """Two cards in A for four days, the second from the middle on: 2 + 2 / 2, and 2 / 2 + 2."""
    pair = [card("x", (60, 1), (64, 3)), card("y", (62, 1), (66, 3))]
    model = found([*(one(n) for n in range(20)), *pair], ROOMY).models[Capacity.SHARED]
    efforts = [[leg.effort for leg in job.legs] for job in model.jobs[-2:]]
    assert efforts == [[pytest.approx(3)], [pytest.approx(3)]]
    assert all(leg.days == 0 for job in model.jobs for leg in job.legs)


def test_runs_and_gates_take_no_time_of_a_person():
    run = [card("x", (60, 1), (61, 1, None, Work.UNATTENDED), (64, 3)), card("y", (61, 1), (63, 3))]
    model = found([*(one(n) for n in range(20)), *run], ROOMY).models[Capacity.SHARED]
    shown = [[(leg.days, leg.effort) for leg in job.legs] for job in model.jobs[-2:]]
    assert shown == [[(0.0, pytest.approx(2))], [(0.0, pytest.approx(1)), (3.0, 0.0)]]


def test_cards_that_enter_a_full_stage_override_its_limit():
    ordinary = [one(n) for n in range(20)]
    full = card("full", (60, 1), (66, 3))
    over = card("over", (62, 1), (64, 3))
    waited = card("waited", (61, 0), (66, 1), (67, 3))
    assert found([*ordinary, full]).overridden == Overridden(0, 0)
    assert found([*ordinary, full, over]).overridden == Overridden(1, 1)
    both = found([*ordinary, full, over, waited])
    assert both.overridden == Overridden(1, 2)
    assert both.models[Capacity.SHARED].overrides == 0.5


QUEUED = Workflow(
    ("Ready", "A", "Wait", "B", "Done"), 1, 4, UTC, (QUEUE, ACTIVE, QUEUE, ACTIVE, QUEUE),
    (Limits(), Limits(), Limits(), Limits(1), Limits()),
)  # fmt: skip


@pytest.mark.parametrize(("order", "oldest"), [("ab", 1.0), ("ba", 0.0)])
def test_it_learns_who_is_taken_from_a_queue(order, oldest):
    cards = []
    for n in range(20):
        day = 1 + 4.0 * n
        leaves = dict(zip(order, (2.0, 3.0), strict=True))
        cards += [
            card(
                f"a{n}",
                (day, 1),
                (day + 0.5, 2),
                (day + leaves["a"], 3),
                (day + leaves["a"] + 1, 4),
            ),
            card(
                f"b{n}",
                (day, 1),
                (day + 0.6, 2),
                (day + leaves["b"], 3),
                (day + leaves["b"] + 1, 4),
            ),
        ]
    assert found(cards, QUEUED).models[Capacity.INDEPENDENT].oldest == oldest


def test_only_what_was_finished_under_todays_limits_is_played():
    changed = replace(LINE, past_limits=((), (PastLimits(at(31), Limits(2)),), (), ()))
    cards = [one(n) for n in range(45)]
    kept, since = under_these_limits(sample(cards, 100, None, changed))
    assert since == date(2026, 1, 31)
    assert (kept.window.first, len(kept.finished)) == (date(2026, 2, 1), 30)
    other = replace(LINE, past_limits=((PastLimits(at(31), Limits(2)),), (), (), ()))
    assert under_these_limits(sample(cards, 100, None, other))[1] is None, "it is not committed"
    assert under_these_limits(sample(cards, 100, 30, changed))[1] is None, "it was before"
