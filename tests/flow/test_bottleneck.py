from dataclasses import replace
from datetime import UTC, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlkanban.core.board import Work
from mlkanban.display.number_text.bottleneck import summary, to_json
from mlkanban.flow.bottleneck import Evidence, bottleneck
from mlkanban.flow.history import CardHistory, Limits, PastLimits, Workflow
from tests.examples import examples
from tests.flow.logs import ACTIVE, GPU, QUEUE, WORKFLOW, at, card, histories, rows, sample, took


def line(n, evaluate=3.0):
    """Cards come every day, take a day in Train and longer in Evaluate."""
    return [card(f"c{k}", (k, 1), (k + 1, 3), (k + 1 + evaluate, 4)) for k in range(1, n + 1)]


def test_a_stage_is_named_where_the_evidence_agrees():
    found = bottleneck(sample(line(20), day=20))
    evaluate = found.stages[2]
    assert found.named == 2
    assert evaluate.residence_share > 0.6
    assert (evaluate.at_limit_share or 0) > 0.5
    assert evaluate.arrivals_minus_departures > 0
    assert summary(found).lines[0].startswith("Evaluate is the bottleneck")


def test_it_is_not_named_on_few_cards_or_without_a_second_reason():
    few = bottleneck(sample(line(6), day=7))
    assert few.named is None
    assert "it takes 10" in summary(few).lines[0]
    roomy = replace(WORKFLOW, limits=(Limits(),) * 5)
    done = bottleneck(sample(line(12), day=40, workflow=roomy))
    assert done.named is None
    assert done.stages[2].at_limit_share is None
    line_of_it = summary(done).lines[0]
    assert line_of_it.startswith("No stage is named: Evaluate takes the most")
    assert line_of_it.endswith(
        "but it has no limit, and work does not pile up there beyond chance."
    )


def test_a_stage_that_had_all_cards_to_itself_is_compared_with_none():
    roomy = replace(WORKFLOW, limits=(Limits(),) * 5)
    cards = [card(f"c{k}", (k, 1), (k + 2, 4)) for k in range(1, 13)]
    found = bottleneck(sample(cards, day=40, workflow=roomy))
    assert summary(found).lines == (
        "No stage is named: no card in progress was in any other than Train.",
    )


def test_the_queue_before_is_its_mean_number_of_cards():
    waited = [
        card("a", (1, 1), (2, 2), (6, 3), (11, 4)),
        card("b", (1, 1), (2, 2), (4, 3), (11, 4)),
    ]
    found = bottleneck(sample(waited, day=11))
    # Six card-days of waiting over the ten days since the first card was there.
    assert found.stages[2].queue_before == pytest.approx(6 / 10)
    assert found.stages[1].queue_before is None


def test_shares_of_time_count_from_the_first_card_on():
    """Not from midnight: a board of eighteen minutes has been full for most of its life."""
    minute = 1 / (24 * 60)
    begun = card("a", (1, 0), (1 + 2 * minute, 1))
    young = bottleneck(sample([begun], day=1 + 18 * minute))
    assert young.stages[0].at_limit_share == pytest.approx(16 / 18)
    assert young.stages[0].queue_before == pytest.approx(2 / 18)
    late = bottleneck(sample([begun], day=3, days=1))
    assert late.stages[0].at_limit_share == pytest.approx(1), (
        "a later window begins with its first day"
    )
    older = card("b", (0.5, 0))
    old = bottleneck(sample([begun, older], day=1 + 18 * minute))
    assert old.stages[0].at_limit_share is not None
    assert old.stages[0].at_limit_share < 0.05


@settings(max_examples=examples(30), deadline=None)
@given(histories(8), st.integers(2, 20))
def test_the_time_at_the_limit_is_that_of_looking_every_hour(cards, day):
    some = sample(cards, day)
    found = bottleneck(some)
    if not some.days:
        return
    midnight = at(1).replace(hour=0) + timedelta(days=some.days.start - at(1).toordinal())
    start = max(midnight, min(c.steps[0].at for c in cards if c.steps))
    hours = int((some.as_of - start) / timedelta(hours=1))

    def full(moment):
        inside = 0
        for c in some.cards:
            now = [s for s in c.history.steps if s.at <= moment]
            if now and now[-1].outcome is None and now[-1].stage == 1:
                inside += now[-1].work is not Work.UNATTENDED
        return inside >= 1

    looked = sum(full(start + timedelta(hours=h, minutes=30)) for h in range(hours))
    if hours:
        assert found.stages[0].at_limit_share == pytest.approx(looked / hours, abs=1e-9)


THREE = Workflow(("Ready", "A", "B", "C", "Done"), 1, 4, UTC)


def world(seed, mean, *, alone):
    """200 days of cards that come at random and go through three stages, each as long as its `mean`
    in days: `alone` where one card is worked on at a time in a stage."""
    rng = Random(seed)
    free, come = [0.0] * 3, 1.0
    cards: list[CardHistory] = []
    while (come := come + rng.expovariate(0.5)) < 200:
        moment, steps = come, [(come, 1)]
        for stage, days in enumerate(mean):
            begun = max(moment, free[stage]) if alone else moment
            moment = free[stage] = begun + rng.expovariate(1 / days)
            steps.append((moment, stage + 2))
        cards.append(card(f"c{len(cards)}", *steps))
    return sample(cards, day=200, days=90, workflow=THREE)


@pytest.mark.parametrize(("days", "alone"), [(3.0, False), (1.6, True)])
def test_equal_stages_are_hardly_ever_a_bottleneck(days, alone):
    named = [bottleneck(world(seed, (days,) * 3, alone=alone)).named for seed in range(60)]
    assert sum(stage is not None for stage in named) <= 2


def test_a_stage_that_cannot_keep_up_is_named():
    named = [bottleneck(world(seed, (1.0, 5.0, 1.0), alone=True)).named for seed in range(20)]
    assert named.count(1) >= 18


def test_one_committed_stage_is_no_bottleneck():
    alone = Workflow(("Ready", "Doing", "Done"), 1, 2, UTC, limits=(Limits(), Limits(1), Limits()))
    cards = [card(f"c{n}", (n, 1), (n + 0.9, 2)) for n in range(1, 21)]
    found = bottleneck(sample(cards, day=22, workflow=alone))
    assert found.stages[0].full
    assert found.named is None
    assert summary(found).lines == (
        "No stage is named: one committed stage alone has none to be compared with.",
    )
    assert summary(found).table is not None


def test_shares_of_time_add_up_to_100():
    thirds = [card("a", (1, 1), (2, 2), (3, 3), (4, 4))]
    found = bottleneck(sample(thirds, day=9))
    assert [row[1] for row in rows(summary(found))] == ["34 %", "33 %", "33 %"]


def test_the_limits_of_each_time_count():
    changed = replace(WORKFLOW, past_limits=((), (PastLimits(at(5), Limits(2)),), (), (), ()))
    found = bottleneck(sample([card("a", (1, 1))], day=9, workflow=changed))
    assert found.stages[0].at_limit_share == pytest.approx(4 / 8), "one card is full from day 5 on"
    before = bottleneck(sample([card("a", (1, 1))], day=4, workflow=changed))
    assert before.stages[0].at_limit_share == 0


def test_two_committed_stages_are_enough_to_name_one():
    """Cards come every day into Train, and stay three days in Evaluate, which takes two."""
    two = Workflow(
        ("Ideas", "Train", "Evaluate", "Done"), 1, 3, WORKFLOW.timezone,
        limits=(Limits(), Limits(), Limits(2), Limits()),
    )  # fmt: skip
    cards = [card(f"c{k}", (k, 1), (k + 1, 2), (k + 4, 3)) for k in range(1, 21)]
    assert bottleneck(sample(cards, day=20, workflow=two)).named == 1


EVIDENCE = Evidence(
    "Train", residence_share=0.5, at_limit_share=None, arrivals=0, arrivals_minus_departures=0,
    blocked_share=0.0, queue_before=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("share", "full"), [(None, False), (0.0, False), (0.49, False), (0.5, True), (1.0, True)]
)
def test_a_stage_is_full_that_was_at_its_limit_half_of_the_time(share, full):
    assert replace(EVIDENCE, at_limit_share=share).full is full


@pytest.mark.parametrize(
    ("arrivals", "more", "piles_up"),
    [
        # Beyond two square roots of the arrivals.
        (0, 0, False), (1, 1, False), (4, 4, False), (4, -5, False), (5, 5, True), (9, 6, False),
        (9, 7, True), (100, 20, False), (100, 21, True), (100, -21, False), (100, 0, False),
    ],
)  # fmt: skip
def test_work_piles_up_where_more_comes_than_leaves_beyond_chance(arrivals, more, piles_up):
    found = replace(EVIDENCE, arrivals=arrivals, arrivals_minus_departures=more)
    assert found.piles_up is piles_up


@pytest.mark.parametrize(("cards", "named"), [(9, None), (10, 2), (11, 2)])
def test_a_name_needs_ten_finished_cards(cards, named):
    found = bottleneck(sample(line(cards, evaluate=4.0), day=cards + 5))
    assert (found.n, found.known) == (cards, True)
    assert found.named == named


def test_where_nothing_was_in_a_stage_nothing_is_known():
    for cards in ([], [card("idea", (1, 0))]):
        found = bottleneck(sample(cards))
        assert (found.n, found.named, found.known) == (0, None, False)
        assert [stage.residence_share for stage in found.stages] == [0.0, 0.0, 0.0]
        assert [stage.arrivals for stage in found.stages] == [0, 0, 0]


def test_the_evidence_of_each_stage_by_hand():
    cards = [
        card("a", (1, 0), (3, 1), (5, 2), (6, 3), (9, 4)),
        card("b", (1, 0), (4, 1), (6, 1, None, None, GPU), (8, 3)),
        card("c", (1, 0), (5, 1, "abandoned")),
    ]
    train, wait, evaluate = bottleneck(sample(cards, day=11)).stages
    whole = 2 + 1 + 3 + 4 + 3  # days in Train, Wait, Evaluate of a, then of b
    assert train.residence_share == pytest.approx(6 / whole)
    assert wait.residence_share == pytest.approx(1 / whole)
    assert evaluate.residence_share == pytest.approx(6 / whole)
    assert train.blocked_share == pytest.approx(2 / 6)
    assert (wait.blocked_share, evaluate.blocked_share) == (0, 0)
    came = [(e.arrivals, e.arrivals_minus_departures) for e in (train, wait, evaluate)]
    assert came == [(2, 0), (2, 0), (2, 1)]
    frame = 8 + 9 / 24  # days from the midnight before day 3 to the morning of day 11
    assert train.queue_before == pytest.approx((9 / 24 + 1 + 9 / 24 + 2 + 9 / 24) / frame)
    assert wait.queue_before is None
    assert evaluate.queue_before == pytest.approx(1 / frame)


def test_before_a_first_stage_that_is_committed_there_is_no_queue():
    at_once = replace(WORKFLOW, first_committed=0)
    found = bottleneck(sample([card("a", (1, 0), (2, 1), (3, 4))], day=11, workflow=at_once))
    assert [stage.queue_before is None for stage in found.stages] == [True, False, True, False]


def test_a_board_without_queues_names_the_command_that_makes_them():
    cards = [took(f"c{n}", 3) for n in range(12)]
    kinds = replace(WORKFLOW, kinds=(QUEUE, ACTIVE, ACTIVE, ACTIVE, QUEUE))
    told, configured = (summary(bottleneck(sample(cards, workflow=w))) for w in (kinds, WORKFLOW))
    assert "mlkanban stages kind" in told.lines[1]
    assert len(configured.lines) == 1
    assert to_json(bottleneck(sample(cards, workflow=kinds)))["configured"] is False
