from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlkanban.core.board import StageKind
from mlkanban.flow.history import (
    CardHistory,
    FlowState,
    Limits,
    PastLimits,
    Step,
    Workflow,
    known,
    spans,
    trace,
)
from tests.examples import examples

# Ideas, Ready | Train, Evaluate | Monitor
WORKFLOW = Workflow(("Ideas", "Ready", "Train", "Evaluate", "Monitor"), 2, 4, UTC)
START = datetime(2026, 3, 1, 9, tzinfo=UTC)
OUTCOMES = ("shipped", "learned", "superseded", "abandoned", "discarded")


def at(day: float) -> datetime:
    return START + timedelta(days=day)


def card(*steps: tuple[float, int] | tuple[float, int, str | None]) -> CardHistory:
    made = [Step(at(s[0]), s[1], s[2] if len(s) == 3 else None) for s in steps]
    return CardHistory("C1", "A card", "model", (), tuple(made))


def flow_of(*steps, as_of: float = 100):
    flow = trace(WORKFLOW, card(*steps), at(as_of))
    assert flow is not None
    return flow


def test_a_straight_run_is_finished_when_it_leaves_the_last_committed_stage():
    flow = flow_of((0, 0), (1, 1), (2, 2), (5, 3), (9, 4))
    assert (flow.state, flow.start, flow.finish) == (FlowState.FINISHED, at(2), at(9))
    assert (flow.outcome, flow.never_worked, flow.reopened) == ("shipped", False, 0)
    assert flow.passes == (1, 1, 1, 1, 1)
    assert flow.residence[2] == timedelta(days=3)


def test_an_outcome_finishes_a_card_in_any_committed_stage():
    flow = flow_of((0, 0), (2, 2), (4, 2, "learned"))
    assert (flow.state, flow.finish, flow.outcome) == (FlowState.FINISHED, at(4), "learned")
    assert flow.residence[2] == timedelta(days=2)
    assert flow.passes[2] == 1


def test_an_outcome_given_after_delivery_names_it_but_does_not_move_the_finish():
    flow = flow_of((0, 2), (3, 4), (8, 4, "learned"))
    assert (flow.finish, flow.outcome) == (at(3), "learned")


def test_going_back_before_commitment_restarts_the_clock():
    flow = flow_of((0, 2), (3, 1), (6, 2), (7, 4))
    assert (flow.start, flow.finish, flow.reopened) == (at(6), at(7), 0)
    assert flow_of((0, 2), (3, 1)).state is FlowState.UNCOMMITTED
    assert flow_of((0, 2), (3, 1)).start is None


def test_going_back_inside_the_workflow_does_not():
    flow = flow_of((0, 2), (3, 3), (5, 2), (8, 3), (9, 4))
    assert flow.start == at(0)
    assert flow.passes[2:4] == (2, 2)
    assert flow.residence[2:4] == (timedelta(days=6), timedelta(days=3))


def test_reopening_undoes_the_finish_and_is_counted():
    flow = flow_of((0, 2), (3, 4), (5, 3))
    assert (flow.state, flow.start, flow.finish, flow.reopened) == (FlowState.OPEN, at(0), None, 1)
    again = flow_of((0, 2), (3, 2, "learned"), (5, 2, None), (9, 4))
    assert (again.start, again.finish, again.reopened) == (at(0), at(9), 1)
    assert again.outcome == "shipped"
    assert again.passes[2] == 2
    assert again.residence[2] == timedelta(days=7)


def test_never_worked_is_a_last_crossing_straight_past_delivery():
    assert flow_of((0, 0), (3, 4)).never_worked
    assert flow_of((0, 4)).never_worked
    assert flow_of((0, 0), (3, 0, "superseded")).never_worked
    assert flow_of((0, 2, "learned")).never_worked
    assert flow_of((0, 2), (1, 1), (3, 4)).never_worked
    assert not flow_of((0, 0), (3, 4), (4, 3), (5, 4)).never_worked
    assert not flow_of((0, 2), (0, 4)).never_worked


def test_abandoned_departs_and_discarded_is_outside():
    assert flow_of((0, 2), (4, 2, "abandoned")).state is FlowState.ABANDONED
    assert flow_of((0, 2), (4, 2, "abandoned")).finish == at(4)
    discarded = flow_of((0, 0), (4, 0, "discarded"))
    assert (discarded.state, discarded.start, discarded.finish) == (FlowState.DISCARDED, None, None)
    assert not discarded.never_worked


def test_taking_a_discard_back_leaves_no_trace():
    plain = flow_of((0, 2), (9, 4))
    undone = flow_of((0, 2), (4, 2, "discarded"), (4, 2, None), (9, 4))
    assert (undone.start, undone.finish, undone.reopened) == (plain.start, plain.finish, 0)


def test_only_steps_up_to_the_instant_count():
    assert trace(WORKFLOW, card((3, 2)), at(2)) is None
    assert flow_of((3, 2), (5, 4), as_of=4).state is FlowState.OPEN
    assert flow_of((3, 2), (5, 4), as_of=5).state is FlowState.FINISHED


@pytest.mark.parametrize(("committed", "delivered"), [(0, 0), (-1, 2), (2, 2), (1, 6)])
def test_a_workflow_has_its_points_in_order(committed, delivered):
    with pytest.raises(ValueError, match="do not fit 5 stages"):
        Workflow(WORKFLOW.stages, committed, delivered, UTC)


@given(
    st.dates(date(1990, 1, 1), date(2060, 1, 1)),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "America/Havana", "Asia/Kolkata"]),
)
def test_the_end_of_a_day_is_its_last_instant(day, zone):
    workflow = Workflow(("a",), 0, 1, ZoneInfo(zone))
    end = workflow.end_of_day(day)
    assert workflow.day(end) == day
    assert workflow.day(end + timedelta(microseconds=1)) == day + timedelta(days=1)


def test_an_hour_that_comes_twice_at_midnight_belongs_to_its_day():
    workflow = Workflow(("a",), 0, 1, ZoneInfo("America/Sao_Paulo"))
    end = workflow.end_of_day(date(2018, 2, 17))
    assert end + timedelta(microseconds=1) == datetime(2018, 2, 18, 3, tzinfo=UTC)


def test_days_are_those_of_the_board_zone():
    first, last = datetime(2026, 3, 1, 22, tzinfo=UTC), datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    assert WORKFLOW.days(first, last) == 1
    assert Workflow(("a",), 0, 1, ZoneInfo("Europe/Berlin")).days(first, last) == 2


# A slow reference that reads the definitions, each on its own, off the whole list of states.


def zones(steps):
    return [
        "after" if s.stage >= 4 or s.outcome in OUTCOMES[:4] else "before" if s.stage < 2 else "in"
        for s in steps
    ]


def reference(history, as_of):
    steps = [s for s in history.steps if s.at <= as_of]
    where = zones(steps)
    before = ["before", *where]
    crossings = [
        i for i in range(len(steps)) if before[i] == "before" and "before" not in where[i:]
    ]
    deliveries = [
        i for i in range(len(steps)) if before[i] != "after" and set(where[i:]) == {"after"}
    ]
    start = crossings[0] if crossings else None
    finish = deliveries[0] if deliveries else None
    last = steps[-1].outcome
    if last == "discarded":
        state = "discarded"
    elif start is None:
        state = "uncommitted"
    elif finish is None:
        state = "open"
    else:
        state = "abandoned" if last == "abandoned" else "finished"
    departed = state in ("finished", "abandoned")
    ends = [*(s.at for s in steps[1:]), as_of]
    return {
        "state": state,
        "start": None if start is None or state == "discarded" else steps[start].at,
        "finish": None if finish is None or not departed else steps[finish].at,
        "outcome": (last or "shipped") if departed else None,
        "never_worked": departed and "in" not in where[start:],
        "reopened": sum(a == "after" != b for a, b in zip(before, where, strict=False)),
        "residence": tuple(
            sum(
                (
                    end - s.at
                    for s, end in zip(steps, ends, strict=True)
                    if s.stage == k and s.outcome is None
                ),
                timedelta(),
            )
            for k in range(5)
        ),
        "passes": tuple(
            sum(
                s.stage == k
                and s.outcome is None
                and (i == 0 or (steps[i - 1].stage, steps[i - 1].outcome) != (k, None))
                for i, s in enumerate(steps)
            )
            for k in range(5)
        ),
        "arrivals": tuple(arrival(k, steps, where) for k in range(5)),
    }


def arrival(stage, steps, where):
    """When a card last came to a stage or past it from before, None where it is before it. The last
    of them, 4, is past delivery, where an outcome but discarding leads from any stage."""
    reached = [4 if now == "after" else step.stage for step, now in zip(steps, where, strict=True)]
    if reached[-1] < stage:
        return None
    first = max((i + 1 for i, place in enumerate(reached) if place < stage), default=0)
    return steps[first].at


moves = st.tuples(
    st.integers(0, 30),
    st.integers(0, 4),
    st.one_of(st.none(), st.none(), st.none(), st.sampled_from(OUTCOMES)),
)
logs = st.lists(moves, min_size=1, max_size=12).map(
    lambda steps: card(*sorted(steps, key=lambda step: step[0]))
)


@settings(max_examples=examples(400))
@given(logs, st.integers(0, 30))
def test_any_log_agrees_with_the_definitions(history, as_of):
    flow = trace(WORKFLOW, history, at(as_of))
    if flow is None:
        assert history.steps[0].at > at(as_of)
    else:
        assert {k: getattr(flow, k) for k in reference(history, at(as_of))} == reference(
            history, at(as_of)
        )


@given(logs)
def test_time_without_an_outcome_is_all_residence(history):
    flow = trace(WORKFLOW, history, at(30))
    assert flow is not None
    ends = [*(s.at for s in history.steps[1:]), at(30)]
    idle = [e - s.at for s, e in zip(history.steps, ends, strict=True) if s.outcome is not None]
    assert sum(flow.residence, timedelta()) + sum(idle, timedelta()) == at(30) - history.steps[0].at


PASTS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 9)), max_size=4, unique_by=lambda one: one[0]
).map(lambda some: tuple(PastLimits(at(day), Limits(cards)) for day, cards in sorted(some)))


@given(PASTS, PASTS, st.integers(0, 31), st.integers(0, 31))
def test_each_instant_has_the_limits_that_held_then(one, other, first, last):
    past = (one, (), other, (), ())
    workflow = replace(WORKFLOW, limits=(Limits(11),) * 5, past_limits=past)

    def held(stage, moment):
        return next((was.limits for was in past[stage] if was.until > moment), Limits(11))

    for stage in range(5):
        assert workflow.as_of(at(first)).limits[stage] == held(stage, at(first))
        assert workflow.as_of(at(first)).past_limits[stage] == tuple(
            was for was in past[stage] if was.until <= at(first)
        )
        parts = list(workflow.limits_between(stage, at(first), at(last)))
        assert [begin for _, begin, _ in parts[1:]] == [end for *_, end in parts[:-1]]
        assert all(begin < end for _, begin, end in parts)
        if first < last:
            assert (parts[0][1], parts[-1][2]) == (at(first), at(last))
        else:
            assert parts == []
        for limits, begin, end in parts:
            assert limits == held(stage, begin) == held(stage, end - timedelta(microseconds=1))


def test_of_no_steps_none_are_known_and_of_an_instant_those_up_to_it():
    steps = card((1, 0), (2, 1), (2, 2), (4, 3)).steps
    assert list(known((), at(1))) == []
    for instant, many in ((0.5, 0), (1, 1), (1.9, 1), (2, 3), (3.9, 3), (4, 4), (9, 4)):
        assert list(known(steps, at(instant))) == list(steps[:many])
    assert [until for _, until in spans(steps, at(9))] == [at(2), at(2), at(4), at(9)]


def test_a_card_without_what_happened_in_between():
    history = card((1, 0), (2, 1), (3, 2), (4, 3))
    left = history.without(at(1), at(3))
    assert [step.at for step in left.steps] == [at(1), at(4)]
    assert history.until(at(3)).steps == history.steps[:3]


@pytest.mark.parametrize(
    ("stages", "committed", "delivered", "fits"),
    [
        (1, 0, 1, True), (3, 0, 3, True), (3, 1, 2, True), (3, 2, 3, True), (3, 1, 1, False),
        (3, 2, 1, False), (3, -1, 1, False), (3, 0, 4, False), (0, 0, 0, False),
    ],
)  # fmt: skip
def test_the_points_of_a_workflow_lie_on_its_stages(stages, committed, delivered, fits):
    names = tuple(map(str, range(stages)))
    if not fits:
        with pytest.raises(ValueError, match=f"do not fit {stages} stages"):
            Workflow(names, committed, delivered, UTC)
        return
    made = Workflow(names, committed, delivered, UTC)
    assert list(made.committed) == list(range(committed, delivered))
    assert (len(made.kinds), len(made.limits), len(made.past_limits)) == (stages,) * 3
    assert set(made.kinds) == {StageKind.ACTIVE}
    assert set(made.limits) == {Limits(None, None)}
    for short in ({"kinds": made.kinds * 2}, {"limits": made.limits * 2},
                  {"past_limits": made.past_limits * 2}):  # fmt: skip
        with pytest.raises(ValueError, match="one kind and one limit"):
            Workflow(names, committed, delivered, UTC, **short)


def test_both_ends_of_days_are_counted():
    made = Workflow(("a",), 0, 1, UTC)
    assert [made.days(at(1), at(day)) for day in (1, 2, 9)] == [1, 2, 9]
    assert made.start_of_day(date(2026, 1, 1)) == datetime(2026, 1, 1, tzinfo=UTC)
    assert made.end_of_day(date(2026, 1, 1)) == datetime(2026, 1, 1, 23, 59, 59, 999999, tzinfo=UTC)
