from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.charts.pictures import blockers as picture
from mlkanban.display.number_text.blockers import figures, summary, to_json
from mlkanban.flow.blockers import LEAST, blockers
from mlkanban.flow.history import Block
from mlkanban.flow.sample import follow
from mlkanban.flow.window import Window
from tests.flow.logs import GPU, WORKFLOW, at, card, histories, sample

BUG = Block("bug", False)


def cards():
    return [
        # Blocked from day 2 to 6 across a move, again from 10 on.
        card("a", (1, 1), (2, 1, None, None, GPU), (4, 3, None, None, GPU), (6, 3),
             (10, 3, None, None, GPU)),
        # The reason changes; being finished ends a block.
        card("b", (1, 1, None, None, GPU), (3, 1, None, None, BUG), (8, 1, "shipped", None, BUG)),
        card("c", (1, 1), (2, 1, None, None, BUG), (3, 1)),
    ]  # fmt: skip


def test_blocks_are_clustered_by_reason_and_side():
    found = blockers(sample(cards(), day=12))
    gpu, bug = found.clusters
    assert (gpu.reason, gpu.external, len(gpu.blocks), gpu.days, gpu.open) == (
        "compute-queue", True, 3, 8.0, 1
    )  # fmt: skip
    assert (bug.reason, bug.external, len(bug.blocks), bug.days, bug.median_days) == (
        "bug", False, 2, 6.0, 3.0
    )  # fmt: skip
    assert gpu.cards == ("a", "b")
    assert [block.ref for block in found.still] == ["a"]
    assert to_json(found)["n"] == 5


def test_the_same_reason_on_both_sides_is_two_clusters():
    ours = card("a", (1, 1, None, None, Block("bug", False)), (3, 1))
    theirs = card("b", (1, 1, None, None, Block("bug", True)), (2, 1))
    assert [(c.external, c.days) for c in blockers(sample([ours, theirs])).clusters] == [
        (False, 2.0), (True, 1.0)
    ]  # fmt: skip


def test_blocks_that_ended_before_the_window_are_left_out():
    found = blockers(sample(cards(), day=12, days=5))
    # From the midnight before day 8 on: nine hours of the one, two days of the other.
    assert [(c.reason, len(c.blocks), c.days) for c in found.clusters] == [
        ("compute-queue", 1, 2.0), ("bug", 1, 0.375)
    ]  # fmt: skip


def test_only_days_within_the_window_are_lost():
    long = card("a", (1, 1, None, None, GPU), (30, 1))
    found = blockers(sample([long], day=40, days=20))  # from the midnight before day 21 on
    assert (found.n, found.days, found.still) == (1, 9.375, ())
    past = Window.between(WORKFLOW.day(at(1)), WORKFLOW.day(at(10)))
    then = blockers(follow(WORKFLOW, [long], at(40), past))
    assert then.days == pytest.approx(9 + 15 / 24)
    assert [block.ref for block in then.still] == ["a"], "it was, at the end of that window"


def test_an_idea_that_is_blocked_costs_no_days():
    idea = card("idea", (1, 0, None, None, GPU))
    begun = card("begun", (1, 0, None, None, GPU), (4, 1, None, None, GPU), (6, 1))
    found = blockers(sample([idea, begun], day=21))
    assert (found.n, found.days, found.blocked_not_committed) == (1, 2.0, 1)
    assert summary(found).lines[-1] == "1 blocked before commitment"
    alone = blockers(sample([idea], day=40, days=7))
    assert (alone.n, alone.days) == (0, 0)
    assert summary(alone).lines == (
        "Nothing committed was blocked in this window.", "1 blocked before commitment",
    )  # fmt: skip


@given(histories(), st.integers(2, 30), st.integers(1, 30))
def test_the_days_lost_are_those_of_looking_every_hour(cards, last, days):
    some = sample(cards, last, days)
    hour = timedelta(hours=1)
    assert some.window.first is not None
    start = WORKFLOW.start_of_day(some.window.first)
    lost = 0
    for moment in (start + hour * n + hour / 2 for n in range(int((some.as_of - start) / hour))):
        for known in some.cards:
            now = [step for step in known.history.steps if step.at <= moment]
            if now and now[-1].block and now[-1].outcome is None:
                lost += now[-1].stage in WORKFLOW.committed
    assert blockers(some).days == pytest.approx(lost / 24)


def test_nothing_blocked_is_a_sentence():
    assert summary(blockers(sample([card("a", (1, 1))]))).lines == (
        "Nothing committed was blocked in this window.",
    )


def test_the_reason_with_most_days_over_both_sides_leads():
    def block(name, reason, external, days):
        return card(name, (1, 1, None, None, Block(reason, external)), (1 + days, 1))

    cards = [
        block("a", "decision", True, 14), block("b", "dependency", True, 11),
        block("c", "dependency", False, 3.5),
    ]  # fmt: skip
    found = blockers(sample(cards, day=20))
    said = (
        "The largest share of days went to dependency (external 11.0, internal 3.5): 14.5 d (51 %)"
    )
    assert summary(found).lines[1] == said
    assert dict(figures(found))["most"] == "dependency"
    assert [(c.reason, c.days) for c in found.clusters] == [
        ("dependency", 11), ("dependency", 3.5), ("decision", 14)
    ]  # fmt: skip
    spec = picture(found)
    assert [(row.label, row.parts, row.text) for row in spec.rows] == [
        ("dependency", (11, 3.5), "14.5 d  2x"), ("decision", (14, 0), "14.0 d  1x")
    ]  # fmt: skip
    assert spec.rows[0].cards == ("b", "c")
    assert [row.leads for row in spec.rows] == [True, False]
    assert not {"alarm", "clock"} & {*spec.roles}


def test_minutes_lead_nobody():
    found = blockers(sample([card("a", (1, 1, None, None, GPU))], day=1.02))
    assert summary(found).lines == ("1 block, less than 0.1 days lost, 1 still open",)
    assert dict(figures(found))["most"] == "-"
    longer = summary(blockers(sample([card("a", (1, 1, None, None, GPU))], day=1.2))).lines
    assert longer[1] == "All days went to compute-queue (external): 0.2 d (100 %)"


def test_what_most_days_went_to_leads_whatever_else_was_blocked():
    hours = card("b", (11, 1, None, None, Block("bug", False)), (11.05, 1))
    found = blockers(sample([card("a", (1, 1, None, None, GPU)), hours], day=12))
    assert found.clusters[-1].days < LEAST
    assert found.leader is not None
    assert found.leader.clusters == found.clusters[:1]


@pytest.mark.parametrize(("hours", "leads"), [(1, False), (2.3, False), (2.4, True), (48, True)])
def test_a_tenth_of_a_day_leads(hours, leads):
    stuck = card("a", (1, 1), (2, 1, None, None, GPU), (2 + hours / 24, 1))
    found = blockers(sample([stuck]))
    assert found.n == 1
    assert (found.leader is not None) is leads


def test_what_is_still_blocked_is_told_longest_first():
    cards = [
        card("young", (5, 1, None, None, GPU)), card("b old", (2, 1, None, None, GPU)),
        card("a old", (2, 1, None, None, Block("bug", False))),
        card("over", (1, 1, None, None, GPU), (9, 1)),
    ]  # fmt: skip
    found = blockers(sample(cards, day=11))
    assert [stretch.ref for stretch in found.still] == ["a old", "b old", "young"]
    gpu, bug = found.clusters
    assert (gpu.open, gpu.cards, bug.open) == (2, ("young", "b old", "over"), 1)
    assert (gpu.days, gpu.median_days) == (6 + 9 + 8, 8)
    assert (found.n, found.days) == (4, 23 + 9)


def test_of_equal_clusters_the_first_by_name_comes_first():
    sides = (("bug", True), ("approval", False), ("bug", False), ("approval", True))
    reasons = [Block(*side) for side in sides]
    cards = [card(f"c{n}", (1, 1, None, None, reason)) for n, reason in enumerate(reasons)]
    found = blockers(sample(cards))
    assert [(c.reason, c.external) for c in found.clusters] == [
        ("approval", False), ("approval", True), ("bug", False), ("bug", True),
    ]  # fmt: skip


def test_blocked_before_commitment_is_counted_apart_at_the_end_alone():
    cards = [
        card("idea", (1, 0, None, None, GPU)), card("free", (1, 0, None, None, GPU), (2, 0)),
        card("ended", (1, 0, None, None, GPU), (2, 0, "discarded", None, GPU)),
        card("begun", (1, 0, None, None, GPU), (3, 1, None, None, GPU)),
        card("past", (1, 1), (3, 4, None, None, GPU)),
    ]  # fmt: skip
    found = blockers(sample(cards, day=11))
    assert found.blocked_not_committed == 1
    (gpu,) = found.clusters
    assert [(b.ref, b.days, b.begin, b.end) for b in gpu.blocks] == [("begun", 8, at(1), None)]
