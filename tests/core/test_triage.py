"""Which cards ask for a decision, in which order, and why."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.models import Board, Stage
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
             for view in (TriageView.SNOOZED, TriageView.BLOCKED, TriageView.STALE,
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
