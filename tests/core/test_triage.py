"""Which cards ask for a decision, in which order, and why."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.board import Board, CardFace, Stage
from mlkanban.core.triage import Item, TriageView, queue
from tests.tui.test_board_model import FACES, face

BOARD = Board(
    "b", "b", "B", tuple(Stage(f"s{n}", f"S{n}", committed=n in (1, 2)) for n in range(4))
)
TODAY = date(2026, 3, 20)


def card(number, stage="s0", **more):
    made = face(number, stage, "a", f"card {number}", 0, "", "")
    return made._replace(created_at=f"2026-03-{number:02}T10:00:00Z", **more)


def asked(*cards, view=TriageView.ALL, quiet=None, old=()):
    return queue(
        BOARD, cards, TODAY, quiet=quiet or {}, old=lambda face: face.ref in old, view=view
    )


CARDS = (
    card(9),
    card(8),
    card(7, "s1", started_at="2026-03-07T10:00:00Z"),
    card(6, "s2", block_reason="bug"),
    card(5, snoozed_until="2026-03-20"),
    card(4, snoozed_until="2026-03-18"),
    card(3, snoozed_until="2026-03-21"),
    card(2, "s1", block_reason="decision"),
    card(1, "s3", outcome="shipped"),
)
QUIET, OLD = {"c6": 5, "c2": 2}, ("r7",)


def test_the_most_pressing_comes_first_and_says_why() -> None:
    assert asked(*CARDS, quiet=QUIET, old=OLD) == [
        Item("r4", "its snooze is over"),
        Item("r5", "its snooze is over"),
        Item("r6", "blocked (bug), nothing done for 5 days"),
        Item("r7", "old for its stage"),
        Item("r8", "new"),
        Item("r9", "new"),
    ]


def test_a_part_of_it() -> None:
    def refs(view):
        return [item.ref for item in asked(*CARDS, quiet=QUIET, old=OLD, view=view)]

    assert refs(TriageView.NEW) == ["r8", "r9"]
    assert refs(TriageView.SNOOZED) == ["r4", "r5"]
    assert refs(TriageView.BLOCKED) == ["r6"]
    assert refs(TriageView.STALE) == ["r7"]


@given(st.lists(FACES, max_size=12, unique_by=lambda face: face.id), st.integers(0, 9))
def test_each_open_card_is_there_once_at_most(cards, days) -> None:
    found = asked(*cards, quiet={card.id: days for card in cards}, old={card.ref for card in cards})
    refs = [item.ref for item in found]
    assert len(refs) == len(set(refs))
    open_ = {card.ref for card in cards if card.is_open}
    assert set(refs) <= open_
    parts = [asked(*cards, quiet={card.id: days for card in cards},
                   old={card.ref for card in cards}, view=view)
             for view in (TriageView.SNOOZED, TriageView.BLOCKED, TriageView.LATE, TriageView.STALE,
                          TriageView.NEW)]  # fmt: skip
    assert [item for part in parts for item in part] == found


def test_a_model_at_alert_comes_before_all() -> None:
    alarmed = [
        card(1, "s3", outcome="shipped", health="alert"),
        card(2, "s3", outcome="shipped", health="alert"),
        card(3, "s3", outcome="shipped", health="alert", archived=1),
        card(4, "s3", outcome="shipped", health="watch"),
    ]
    alerts = {"c1": ("2026-03-02", "psi 0.3"), "c2": ("2026-03-01", "auc 0.7")}
    idea = card(9)

    def found(view, **more):
        return queue(BOARD, [idea, *alarmed], TODAY, quiet={}, old=lambda face: False, view=view,
                     **more)  # fmt: skip

    assert found(TriageView.ALL, alerts=alerts) == [
        Item("r2", "auc 0.7"), Item("r1", "psi 0.3"), Item("r9", "new"),
    ]  # fmt: skip
    assert found(TriageView.ALERTS) == [Item("r1", "at alert"), Item("r2", "at alert")]
    assert found(TriageView.NEW) == [Item("r9", "new")]


@pytest.mark.parametrize(("days", "asks"), [(0, False), (2, False), (3, True), (4, True)])
def test_a_blocked_card_is_looked_at_after_three_quiet_days(days: int, asks: bool) -> None:
    blocked = card(1, "s1", block_reason="bug")
    assert bool(asked(blocked, quiet={"c1": days})) is asks
    assert asked(card(1, "s1"), quiet={"c1": days}) == []
    assert asked(blocked) == []


def test_of_quiet_blocks_the_longest_comes_first() -> None:
    blocked = [card(n, "s1", block_reason="bug") for n in (1, 2, 3, 4)]
    found = asked(*blocked, quiet={"c1": 3, "c2": 40, "c3": 1000, "c4": 40})
    assert [item.ref for item in found] == ["r3", "r2", "r4", "r1"]
    assert found[3].why == "blocked (bug), nothing done for 3 days"


@pytest.mark.parametrize(
    ("stage", "more", "asks"),
    [
        ("s0", {}, "new"),
        ("s1", {}, ""),
        ("s3", {}, ""),
        ("s0", {"outcome": "discarded"}, ""),
        ("s0", {"archived": 1}, ""),
        ("s0", {"snoozed_until": "2026-03-21"}, ""),
        ("s0", {"snoozed_until": "2026-03-20"}, "its snooze is over"),
        ("s1", {"snoozed_until": "2026-03-19"}, "its snooze is over"),
    ],
)
def test_why_a_card_is_in_the_queue(stage, more, asks) -> None:
    assert [item.why for item in asked(card(1, stage, **more))] == ([asks] if asks else [])


def test_a_committed_first_stage_has_no_new_cards() -> None:
    board = Board("b", "b", "B", (Stage("s0", "S0", committed=True), Stage("s1", "S1")))
    assert queue(board, [card(1)], TODAY, quiet={}, old=lambda face: False) == []


def test_runs_that_ended_and_conflicts_are_told_with_their_reason() -> None:
    one, two, three = card(1, "s1", entered_at="2"), card(2, "s1", entered_at="1"), card(3)
    ended = {"c1": "run 1 failed", "c2": "run 2 finished", "c3": ""}

    def found(**more):
        return queue(BOARD, [one, two, three], TODAY, quiet={}, old=lambda face: False, **more)

    assert found(ended=ended) == [
        Item("r2", "run 2 finished"), Item("r1", "run 1 failed"), Item("r3", "new"),
    ]  # fmt: skip
    assert found(ended=ended, view=TriageView.RUNS) == found(ended=ended)[:2]
    first = found(ended=ended, undecided={"c3", "c1"})
    assert [item.ref for item in first] == ["r1", "r3", "r2"]
    assert "written on two machines" in first[0].why
    assert found(undecided={"c1"}, view=TriageView.UNDECIDED) == first[:1]
    gone = card(4, "s3", outcome="shipped", archived=1)
    assert queue(BOARD, [gone], TODAY, quiet={}, old=lambda face: True, undecided={"c4"}) != []


def test_of_cards_that_came_at_once_the_first_made_comes_first() -> None:
    cards = [card(n)._replace(created_at="x") for n in (3, 1, 2)]
    assert [item.ref for item in asked(*cards)] == ["r1", "r2", "r3"]


@pytest.mark.parametrize(
    ("day", "chance", "why"),
    [
        ("2026-03-19", 0.0, "1 day late"), ("2026-03-10", None, "10 days late"),
        ("2026-03-20", 0.37, "will be late (37 %)"), ("2026-04-20", 0.004, "will be late (<1 %)"),
        ("2026-04-20", 0.499, "will be late (<50 %)"), ("2026-04-20", 0.5, ""),
        ("2026-04-20", None, ""), ("", 0.1, ""),
    ],
)  # fmt: skip
def test_a_due_date_that_will_not_be_kept_asks_for_a_decision(
    day: str, chance: float | None, why: str
) -> None:
    due = {} if chance is None else {"c7": chance}
    begun = card(7, "s1", started_at="2026-03-07T10:00:00Z", due=day)
    others = (card(6, "s1", block_reason="bug"), card(9))

    def found(view: TriageView, face: CardFace = begun) -> list[Item]:
        faces = (face, *others)
        return queue(
            BOARD, faces, TODAY, quiet={"c6": 5}, old=lambda f: f.ref == "r7", due=due, view=view
        )

    assert found(TriageView.LATE) == ([Item("r7", why)] if why else [])
    assert [item.ref for item in found(TriageView.ALL)] == ["r6", "r7", "r9"]
    assert found(TriageView.LATE, begun._replace(outcome="shipped")) == []
