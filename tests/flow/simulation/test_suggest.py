"""When another limit is a step worth taking, and which limits are tried."""

from dataclasses import replace
from typing import Any

import pytest

from mlkanban.display.number_text.suggest_limits import summary
from mlkanban.flow.history import Limits
from mlkanban.flow.simulation import suggest
from mlkanban.flow.simulation.model import Capacity, Leg, Model, SimulatedCard
from mlkanban.flow.simulation.run import SimulationResult
from mlkanban.flow.simulation.suggest import LimitStep, Suggestion, _neighbours, _step, _step_in
from mlkanban.flow.simulation.whatif import LimitEffect, Play, what_if
from tests.flow.logs import card, sample


def played(p85, per_week, n=8):
    """The same in every run, or another value for each."""
    several = [value if isinstance(value, list) else [value] * n for value in (p85, per_week)]
    return [SimulationResult(1, p, w, 1, 0) for p, w in zip(*several, strict=True)]


def step(before, after):
    return _step_in("Train", 3, 2, before, after)


@pytest.mark.parametrize(
    ("p85", "per_week", "taken"),
    [
        # Sooner by more than 3 %, and no more than 3 % fewer are finished.
        (96, 100, True), (97, 100, False), (98, 100, False), (96, 97, True), (96, 96, False),
        # More by more than 3 %, and not later.
        (100, 104, True), (100, 103, False), (101, 104, False), (99, 104, True),
        (100, 100, False), (104, 96, False),
    ],
)  # fmt: skip
def test_a_step_is_a_gain_that_costs_nothing(p85, per_week, taken):
    found = step(played(100.0, 100.0), played(float(p85), float(per_week)))
    assert (found is not None) == taken
    if found is not None:
        assert (found.stage, found.before, found.after) == ("Train", 3, 2)
        assert (found.p85_change_days, found.per_week_change) == (p85 - 100, per_week - 100)
        assert found.agreed == 1


@pytest.mark.parametrize(("agree", "taken"), [(5, False), (6, True), (7, True)])
def test_three_of_four_runs_have_to_agree(agree, taken):
    sooner = played([50.0] * agree + [100.0] * (8 - agree), 100.0)
    more = played(100.0, [200.0] * agree + [100.0] * (8 - agree))
    for after in (sooner, more):
        found = step(played(100.0, 100.0), after)
        assert (found.agreed if found else None) == (agree / 8 if taken else None)


def test_what_agrees_is_what_was_gained():
    """Sooner in all runs and more in none; more in all and sooner in none."""
    shorter = step(played(100.0, 100.0), played(50.0, 99.0))
    faster = step(played(100.0, 100.0), played(100.0, 150.0))
    assert shorter == LimitStep("Train", 3, 2, -50, -1, 1)
    assert faster == LimitStep("Train", 3, 2, 0, 50, 1)


def test_runs_without_an_outcome_are_no_evidence():
    assert step([], []) is None
    assert step(played(100.0, 100.0), played(50.0, 100.0, 7)) is None
    assert step(played(100.0, 100.0, 7), played(50.0, 100.0)) is None


def test_limits_one_off_are_tried_and_none_below_one():
    limits = (Limits(1), Limits(), Limits(3, 2), Limits(2))
    model = Model(tuple("abcd"), limits, (SimulatedCard((Leg(0, False, 1.0, 0.0),)),), (1.0,), 9, 1)
    assert [(stage, wanted) for stage, _, wanted in _neighbours(model, ())] == [
        (0, 2), (2, 2), (2, 4), (3, 1), (3, 3),
    ]  # fmt: skip
    assert all(was == limits[stage] for stage, was, _ in _neighbours(model, ()))


def test_a_stage_without_a_limit_gets_one_that_is_felt():
    model = Model(("a", "b", "c"), (Limits(),) * 3, (), (1.0,), 9, 1)
    held = ((6, 2.4), (1, 0.3), (3, 2.6))
    assert [(stage, wanted) for stage, _, wanted in _neighbours(model, held)] == [
        (0, 3), (0, 5), (2, 2),
    ]  # fmt: skip


def test_the_cards_that_a_stage_held_are_counted_in_the_window():
    cards = [card("a", (1, 1), (11, 4)), card("b", (6, 1), (11, 4)), card("c", (11, 1))]
    some = sample(cards, day=21)
    most, mean = suggest._held(some)[0]
    assert most == 2
    assert mean == pytest.approx((10 + 5 + 10) / 20, rel=0.02)


def test_a_step_has_to_help_in_every_model():
    model = Model(("Train",), (Limits(3),), (), (1.0,), 9, 1)
    slow, quick = played(100.0, 100.0), played(50.0, 100.0)
    some = played(90.0, 100.0)
    found = _step("Train", 3, 2, [(model, slow)] * 2, [(model, quick), (model, some)])
    assert found == LimitStep("Train", 3, 2, -10, 0, 1), "the smaller gain is shown"
    assert _step("Train", 3, 2, [(model, slow)] * 2, [(model, quick), (model, slow)]) is None


LIMITS = Limits(10), Limits()


def found(monkeypatch, p85_of, limits=LIMITS, confirmed=lambda changes: True):
    """The steps from some limits where a run takes as long as `p85_of` says of the limits, and how
    many runs each try had."""
    model = Model(("Train", "Evaluate"), limits, (), (1.0,), 9, 1)
    tries: list[int] = []

    def play(model, runs, progress=None, *, skipped):
        assert skipped >= 100, "other runs than those the result is played in"
        tries.append(runs)
        if progress is not None:
            progress(1)
        return played(float(p85_of(model.limits)), 100.0, runs)

    monkeypatch.setattr(suggest, "learn", lambda sample: model)
    monkeypatch.setattr(suggest, "under_these_limits", lambda sample: (sample, None))
    monkeypatch.setattr(
        suggest,
        "reproducing",
        lambda model, runs, skipped: [(model, play(model, runs, skipped=skipped))],
    )
    monkeypatch.setattr(suggest, "_confirmed", confirmed)
    monkeypatch.setattr(suggest, "_held", lambda sample: ())
    monkeypatch.setattr(suggest, "play", play)
    monkeypatch.setattr(suggest, "what_if", lambda sample, changes, progress: changes)
    told: list[float] = []
    return suggest.suggest(sample([]), progress=told.append), tries, told


def test_four_steps_are_taken_at_most_each_the_best_of_those_one_off(monkeypatch):
    some, tries, told = found(monkeypatch, lambda limits: 100 * limits[0].cards)
    assert [(step.stage, step.before, step.after) for step in some.steps] == [
        ("Train", 10, 9), ("Train", 9, 8), ("Train", 8, 7), ("Train", 7, 6),
    ]  # fmt: skip
    assert [step.p85_change_days for step in some.steps] == [-100] * 4
    assert some.played == {"Train": 6}
    assert some.tried == 8
    assert tries == [24] * 9
    assert told == pytest.approx([n / 10 for n in range(1, 9)])


def test_a_step_that_is_not_confirmed_is_none(monkeypatch):
    def twice(changes):
        return changes["Train"] >= 8

    some, _, _ = found(monkeypatch, lambda limits: 100 * limits[0].cards, confirmed=twice)
    assert [step.after for step in some.steps] == [9, 8]
    assert [step.after for step in some.unconfirmed] == [7, 6]
    assert some.played == {"Train": 8}

    some, _, _ = found(
        monkeypatch, lambda limits: 100 * limits[0].cards, confirmed=lambda changes: False
    )
    assert (some.steps, len(some.unconfirmed), some.played) == ((), 4, {})


def replayed(*effects):
    """What other limits did in each model, as they were played again: (p85, share of runs that
    agree, cards a week) of 100 and 10 before."""
    plays = tuple(
        Play(
            capacity, {}, (), {},
            {"p85": LimitEffect(100, p85, agreed), "per_week": LimitEffect(10, week, agreed)},
        )
        for capacity, (p85, agreed, week) in zip(Capacity, effects, strict=False)
    )  # fmt: skip
    return replace(what_if(sample([]), {}), refused=None, plays=plays)


@pytest.mark.parametrize(
    ("effects", "confirmed"),
    [
        ([(80, 0.8, 10)], True), ([(80, 0.7, 10)], False), ([(100, 0.8, 11)], True),
        ([(110, 0.8, 11)], False), ([(80, 0.8, 9)], False), ([], False),
        ([(80, 0.8, 10), (80, 0.9, 10)], True), ([(80, 0.7, 10), (80, 0.9, 10)], False),
    ],
)  # fmt: skip
def test_what_is_played_again_has_to_confirm_the_steps_in_every_model(effects, confirmed):
    assert suggest._confirmed(replayed(*effects)) is confirmed


def test_the_sentence_has_no_figures_of_the_search():
    step, other = LimitStep("Train", 3, 2, -5.8, 0.5, 0.83), LimitStep("Train", 2, 1, -3, 0, 0.8)
    again = replayed((80, 0.8, 10))
    again = replace(again, plays=(replace(again.plays[0], today={}, proposed={}),))
    line = summary(Suggestion((step,), (), 7, again)).lines[0]
    assert line == "To try: Train 3 -> 2."
    line = summary(Suggestion((step,), (other,), 7, again)).lines[0]
    assert line.endswith(
        "Further, Train 2 -> 1 looked better at first and did not when played again."
    )
    line = summary(Suggestion((), (step,), 7, again)).lines[0]
    assert line.startswith(
        "Nothing better was found: of 7 other limits, Train 3 -> 2 looked better"
    )


def test_where_no_step_helps_none_is_taken(monkeypatch):
    some, tries, _ = found(monkeypatch, lambda limits: 100, (Limits(2), Limits(1)))
    assert (some.steps, some.tried, some.played) == ((), 3, {})
    assert tries == [24] * 4


def test_of_two_steps_that_help_the_one_that_helps_more_is_taken(monkeypatch):
    def p85(limits):
        return 10 * limits[0].cards + 20 * limits[1].cards

    some, _, _ = found(monkeypatch, p85, (Limits(2), Limits(2)))
    assert [(step.stage, step.after) for step in some.steps] == [("Evaluate", 1), ("Train", 1)]
    assert some.tried == 4 + 3 + 2


def test_without_a_model_nothing_is_tried(monkeypatch):
    monkeypatch.setattr(suggest, "what_if", lambda sample, changes, progress: changes)
    some: Any = suggest.suggest(sample([]))
    assert (some.steps, some.tried, some.played) == ((), 0, {})
