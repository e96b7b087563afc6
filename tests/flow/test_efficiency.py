from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.board import StageKind, Work
from mlkanban.display.number_text.efficiency import headline, summary, to_json
from mlkanban.flow.efficiency import Efficiency, Share, efficiency
from tests.flow.logs import GPU, WORKFLOW, card, histories, rows, sample

ALL_ACTIVE = replace(WORKFLOW, kinds=(StageKind.ACTIVE,) * 5)


def one():
    """Train: 2 days by hand, 3 as a run, 1 blocked; Wait: 2; Evaluate: 1 waiting, 1 blocked."""
    return card(
        "a", (1, 1), (3, 1, None, Work.UNATTENDED), (6, 1, None, None, GPU), (7, 2),
        (8, 2, None, None, GPU), (9, 3), (10, 3, None, None, GPU), (11, 4),
    )  # fmt: skip


def test_time_is_divided_and_blocked_in_a_queue_counts_once():
    found = efficiency(sample([one()]))
    days = {share: found.total.days(share) for share in Share}
    assert days == {
        Share.ACTIVE: 2, Share.UNATTENDED: 3, Share.WAITING: 3, Share.BLOCKED: 2
    }  # fmt: skip
    assert found.efficiency == 2 / 7  # the run is a third share of its own
    assert found.share(Share.UNATTENDED) == 0.3
    assert [stage.spent.total for stage in found.stages] == [6, 2, 2]


def test_without_a_queue_or_a_gate_there_is_no_percentage():
    found = efficiency(sample([one()], workflow=ALL_ACTIVE))
    assert not found.configured
    assert (found.efficiency, found.share(Share.ACTIVE)) == (None, None)
    said = summary(found)
    assert "not configured" in said.lines[0]
    assert said.table is not None
    assert said.table.head[1] == "hands-on or waiting d"
    assert "100 %" not in " ".join(said.lines)
    assert to_json(found)["efficiency"] is None


def test_nothing_finished_is_a_sentence():
    assert summary(efficiency(sample([]))).lines == ("No finished cards to divide.",)


@given(histories(), st.integers(1, 31))
def test_the_shares_are_all_the_time_since_the_start(cards, day):
    some = sample(cards, day)
    found = efficiency(some)
    expected = timedelta()
    for c in some.finished:
        begun = c.flow.start
        assert begun is not None
        ends = [*(s.at for s in c.history.steps[1:]), some.as_of]
        for step, until in zip(c.history.steps, ends, strict=True):
            if step.outcome is None and 1 <= step.stage < 4 and until > begun:
                expected += until - max(step.at, begun)
    assert sum(found.total.time.values(), timedelta()) == expected
    if found.total.total:
        shares = [found.share(share) for share in Share]
        assert None not in shares
        assert sum(share or 0 for share in shares) == pytest.approx(1)
        if found.efficiency is not None:
            assert 0 <= found.efficiency <= 1


def test_shares_in_words_add_up_to_100():
    train = card("a", (1, 1), (2, 1, None, Work.UNATTENDED), (3, 1, None, Work.WAITING), (4, 4))
    found = efficiency(sample([train], day=9))
    assert list(found.percents.values()) == [34, 33, 33, 0]
    assert (
        summary(found).lines[1]
        == "All time of finished cards: 34 % hands on, 33 % unattended, 33 % waiting or blocked"
    )
    # .598, .044, .294 and .064: what is told together is added before it is rounded.
    steps = [(0, 1), (59.8, 1, None, Work.UNATTENDED), (64.2, 2), (93.6, 1, None, None, GPU)]
    mixed = efficiency(sample([card("a", *steps, (100, 4))], day=101))
    assert [mixed.share(share) for share in Share] == pytest.approx([0.598, 0.044, 0.294, 0.064])
    assert list(mixed.percents.values()) == [60, 4, 30, 6]
    said = "60 % hands on, 4 % unattended, 36 % waiting or blocked"
    assert summary(mixed).lines[1] == f"All time of finished cards: {said}"
    thirds = card("a", (1, 1), (2, 2), (3, 3), (4, 4))
    shares = [row[-1] for row in rows(summary(efficiency(sample([thirds], day=9))))]
    assert shares == ["34 %", "33 %", "33 %", "100 %"]


def test_of_each_stage_the_cards_are_told_that_stayed_longest():
    cards = [
        card("short", (1, 1), (2, 3), (6, 4)), card("long", (1, 1), (4, 3), (5, 4)),
        card("back", (1, 1), (2, 2), (3, 1), (4.5, 4)), card("open", (1, 1)),
    ]  # fmt: skip
    found = efficiency(sample(cards))
    train, wait, evaluate = found.stages
    assert (found.n, found.configured) == (3, True)
    assert [stage.stage for stage in found.stages] == ["Train", "Wait", "Evaluate"]
    assert (train.cards, wait.cards, evaluate.cards) == (
        ("long", "back", "short"), ("back",), ("short", "long"),
    )  # fmt: skip
    assert [stage.spent.total for stage in found.stages] == [6.5, 1, 5]
    assert train.spent.days(Share.ACTIVE) == 6.5
    assert evaluate.spent.days(Share.WAITING) == 5
    assert found.efficiency == 6.5 / 12.5


@pytest.mark.parametrize(
    ("stage", "work", "block", "share"),
    [
        (1, Work.ATTENDED, None, Share.ACTIVE), (1, Work.UNATTENDED, None, Share.UNATTENDED),
        (1, Work.WAITING, None, Share.WAITING), (1, Work.ATTENDED, GPU, Share.BLOCKED),
        (1, Work.UNATTENDED, GPU, Share.BLOCKED), (1, Work.WAITING, GPU, Share.BLOCKED),
        *((2, work, block, Share.WAITING) for work in Work for block in (None, GPU)),
        (3, Work.ATTENDED, None, Share.WAITING), (3, Work.UNATTENDED, None, Share.UNATTENDED),
        (3, Work.WAITING, None, Share.WAITING), (3, Work.ATTENDED, GPU, Share.BLOCKED),
    ],
)  # fmt: skip
def test_what_time_is_in_each_kind_of_stage(stage, work, block, share):
    found = efficiency(sample([card("a", (1, stage, None, work, block), (3, 4))]))
    assert {s: days for s in Share if (days := found.total.days(s))} == {share: 2}
    assert found.share(share) == 1
    assert found.percents[share] == 100
    assert found.efficiency == (
        None if share is Share.UNATTENDED else float(share is Share.ACTIVE)
    )  # fmt: skip


def test_where_nothing_was_finished_no_share_is_known():
    found = efficiency(sample([]))
    assert (found.n, found.efficiency, found.percents) == (0, None, {})
    assert [found.share(share) for share in Share] == [None] * 4
    late = efficiency(sample([card("a", (0, 0), (5, 1), (9, 4))], day=12, days=5))
    assert late.total.total == 4, "from its commitment on, before the window too"


def test_a_share_names_its_cards_and_no_tile_has_that_of_fewer_than_five():
    def finished(n: int) -> Efficiency:
        return efficiency(sample([card(f"c{at}", (at, 1), (at + 2, 4)) for at in range(n)], day=20))

    assert (
        "100 %: the hands-on share of the time of 2 finished cards" in summary(finished(2)).lines[0]
    )
    assert headline(finished(4)) == ()
    assert headline(finished(5)) == (("100 % efficient", "text"),)
