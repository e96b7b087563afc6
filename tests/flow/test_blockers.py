from mlkanban.flow.blockers import blockers
from mlkanban.flow.history import Block
from tests.flow.logs import GPU, card, sample

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
    assert (gpu.reason, gpu.side, len(gpu.blocks), gpu.days, gpu.open) == (
        "compute-queue", "external", 3, 8.0, 1
    )  # fmt: skip
    assert (bug.reason, bug.side, len(bug.blocks), bug.days, bug.median) == (
        "bug", "internal", 2, 6.0, 3.0
    )  # fmt: skip
    assert gpu.cards == ("a", "b")
    assert [block.ref for block in found.still] == ["a"]
    assert found.to_data()["n"] == 5


def test_the_same_reason_on_both_sides_is_two_clusters():
    ours = card("a", (1, 1, None, None, Block("bug", False)), (3, 1))
    theirs = card("b", (1, 1, None, None, Block("bug", True)), (2, 1))
    assert [(c.side, c.days) for c in blockers(sample([ours, theirs])).clusters] == [
        ("internal", 2.0), ("external", 1.0)
    ]  # fmt: skip


def test_blocks_that_ended_before_the_window_are_left_out():
    found = blockers(sample(cards(), day=12, days=5))
    assert [(c.reason, len(c.blocks)) for c in found.clusters] == [("bug", 1), ("compute-queue", 1)]


def test_nothing_blocked_is_a_sentence():
    assert blockers(sample([card("a", (1, 1))])).said().lines == (
        "Nothing was blocked in this window.",
    )


def test_minutes_lead_nobody():
    found = blockers(sample([card("a", (1, 1, None, None, GPU))], day=1.02))
    assert found.said().lines == ("1 block, less than 0.1 days lost, 1 still open",)
    assert dict(found.figures())["most"] == "-"
    longer = blockers(sample([card("a", (1, 1, None, None, GPU))], day=1.2)).said().lines
    assert longer[1] == "Most days went to compute-queue (external): 0.2 (100 %)"
