"""A session of triage: where one is, what counts, and where the next one goes on."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.triage import Item
from mlkanban.core.triage_session import VERBS, Queue, Sitting, TriageSession, in_minutes, resumed

NOW = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)


def items(*refs: str) -> list[Item]:
    return [Item(ref, "new") for ref in refs]


def sitting(*refs: str, queue: Queue | None = None) -> Sitting:
    return Sitting("all", queue or Queue(items(*refs)), NOW)


def here(some: Sitting) -> str:
    return some.item.ref if some.item else ""


def test_what_is_kept() -> None:
    some = sitting("a", "b", "c", "d", "e", "f")
    some.seen(NOW + timedelta(seconds=30))
    some.decide("accepted", forced=True)
    some.skip()
    some.decide("snoozed")
    some.decide("accepted")
    some.undo(["d"])
    assert some.has_changes
    assert some.ended() == TriageSession(
        view="all", began=NOW, seconds=30, queue=6, decided={"accepted": 1, "snoozed": 1},
        skipped=1, undone=1, overrides=1, left=("d", "e", "f", "b"), again=1,
    )  # fmt: skip


def test_nothing_is_left_at_the_end() -> None:
    some = sitting("a", "b")
    some.skip()
    some.decide("archived")
    assert some.ended().left == ("a",)
    some.skip()
    assert some.item is None
    assert (some.ended().left, some.ended().again) == ((), 0)


def test_a_skipped_card_keeps_its_number() -> None:
    some = sitting("a", "b", "c")
    some.skip()
    assert (some.place, some.cards) == (2, 3)
    some.decide("accepted")
    some.decide("accepted")
    assert (here(some), some.place, some.cards) == ("a", 1, 3)
    some.skip()
    assert (some.place, some.cards) == (3, 3)
    assert (sitting().place, sitting().cards) == (0, 0)


def test_who_looks_and_does_nothing_leaves_nothing() -> None:
    some = sitting("a")
    some.seen(NOW + timedelta(minutes=1))
    some.note([here(some)])
    assert not some.has_changes


def test_time_away_does_not_count() -> None:
    some = sitting("a")
    for seconds in (10, 130, 251, 255):
        some.seen(NOW + timedelta(seconds=seconds))
    some.seen(NOW)
    assert some.ended().seconds == 10 + 120 + 0 + 4
    assert some.minutes == 134 / 60


def test_a_card_decided_on_does_not_come_back() -> None:
    some = sitting("a", "b", "c")
    some.skip()
    some.previous()
    some.decide("archived")
    assert here(some) == "b"
    some.decide("archived")
    some.decide("archived")
    assert some.item is None
    assert sum(some.decided.values()) == 3


def test_of_a_card_decided_on_again_the_last_decision_counts() -> None:
    some = sitting("a", "b", "c")
    some.decide("accepted", forced=True)
    some.previous()
    some.decide("snoozed")
    assert (some.decided, some.left) == ({"snoozed": 1}, 2)
    kept = some.ended()
    assert (kept.decisions, kept.overrides, len(kept.left)) == (1, 0, 2)
    some.undo(["a"])
    assert (some.decided, some.ended().overrides) == ({"accepted": 1}, 1)


def test_a_skipped_card_is_one_card_of_the_queue() -> None:
    some = sitting("a", "b")
    some.skip()
    assert (len(some.items), some.cards) == (3, 2)


def test_undo_takes_the_last_change_back_and_redo_does_it_again() -> None:
    some = sitting("a", "b", "c")
    some.decide("accepted", forced=True)
    some.note([here(some)])
    some.undo(["b"])
    assert (here(some), some.decided, some.ended().undone) == ("b", {"accepted": 1}, 0)
    some.undo(["a"])
    assert (here(some), some.decided, some.ended().undone) == ("a", {}, 1)
    assert some.ended().overrides == 0
    some.redo(["a"])
    assert (here(some), some.decided, some.ended().undone) == ("b", {"accepted": 1}, 0)
    some.undo(["elsewhere"])
    assert (here(some), some.decided) == ("b", {"accepted": 1})
    some.undo([])
    assert here(some) == "b"


def test_of_a_merge_the_card_that_went_is_gone_back_to() -> None:
    some = sitting("a", "b")
    some.decide("merged")
    some.undo(["a", "b"])
    assert (here(some), some.decided) == ("a", {})


def test_a_change_made_before_the_session_is_gone_back_to_by_its_last_card() -> None:
    some = sitting("a", "b", "c", "d")
    for _ in range(3):
        some.decide("accepted")
    some.undo(["x", "a", "b"])
    assert (here(some), some.decided, some.ended().undone) == ("b", {"accepted": 3}, 0)
    some.undo(["b", "x"])
    assert here(some) == "b", "one that is not in the queue leads nowhere"


def test_a_redo_leads_on_only_from_the_card_that_it_decides() -> None:
    some = sitting("a", "b", "c")
    some.decide("accepted")
    some.undo(["a"])
    some.skip()
    some.redo(["elsewhere"])
    assert (here(some), some.decided) == ("b", {})
    some.redo(["a"])
    assert (here(some), some.decided) == ("b", {"accepted": 1})
    some.note([here(some)])
    some.undo(["b"])
    some.redo(["b"])
    assert here(some) == "b", "a note decides nothing"
    some.gone()
    some.gone()
    some.undo(["b"])
    some.redo(["b"])
    assert here(some) == "a", "the skipped card, once more"


def paused(*left: str, again: int = 0) -> TriageSession:
    return TriageSession("all", NOW, 60, 9, {}, 0, 0, 0, left, again)


def test_one_goes_on_where_one_stopped() -> None:
    found = resumed(items("new", "c", "s", "b", "newer"), paused("b", "gone", "c", "s", again=1))
    assert [item.ref for item in found.items] == ["b", "c", "new", "newer", "s"]
    assert found.skipped == {"s"}
    assert found.resumed


def test_where_nothing_of_it_is_left_one_begins_anew() -> None:
    assert resumed(items("x"), paused("gone", "s", again=1)) == Queue(items("x"))


def test_what_was_skipped_before_is_offered_once() -> None:
    found = resumed(items("a", "s"), paused("a", "s", again=1))
    some = sitting(queue=found)
    some.skip()
    assert [item.ref for item in some.items] == ["a", "s", "a"]
    some.skip()
    some.skip()
    assert some.item is None
    assert (some.ended().skipped, some.ended().left) == (2, ())


REFS = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8)
MOVES = st.lists(st.sampled_from(["decide", "skip", "previous", "undo", "redo", "gone", "note"]))


@given(REFS, MOVES)
def test_whatever_is_done_no_card_is_lost_or_decided_twice(refs, moves) -> None:
    some = sitting(*refs)
    gone, twice = set(), False
    done: list[str] = []
    for move in moves:
        ref = here(some)
        match move:
            case "decide" if ref and ref not in done:
                some.decide("accepted")
                done.append(ref)
            case "undo" if done:
                some.undo([done.pop()])
            case "redo" | "decide" | "undo":
                pass
            case "gone":
                some.gone()
                gone |= {ref} - {""}
                twice |= ref in done
            case "note":
                pass
            case _:
                getattr(some, move)()
        kept = some.ended()
        assert sum(kept.decided.values()) == len(done) == len(set(done))
        assert not set(kept.left) & set(done)
        assert len(kept.left) == len(set(kept.left)) == some.left
        assert 0 <= kept.again <= len(kept.left)
        assert set(kept.left) <= set(refs)
    for _ in range(3 * len(refs) + len(moves)):
        some.skip()
    assert some.item is None
    assert some.ended().left == ()


@given(REFS, REFS, st.integers(0, 8))
def test_what_asks_now_is_asked_once_each_and_nothing_else(now, left, again) -> None:
    again = min(again, len(left))
    found = resumed(items(*now), paused(*left, again=again))
    order = [item.ref for item in found.items]
    assert sorted(order) == sorted(now)
    assert found.resumed == bool(set(now) & set(left))
    if found.resumed:
        old, skipped = left[: len(left) - again], left[len(left) - again :]
        there = [ref for ref in old if ref in now]
        assert order[: len(there)] == there
        late = [ref for ref in skipped if ref in now]
        assert order[len(order) - len(late) :] == late


COUNT = st.integers(0, 10**6)


@given(
    st.builds(
        TriageSession,
        view=st.sampled_from(["all", "new", "marked"]),
        began=st.datetimes(timezones=st.just(UTC)),
        seconds=COUNT, queue=COUNT, decided=st.fixed_dictionaries(dict.fromkeys(VERBS, COUNT)),
        skipped=COUNT, undone=COUNT, overrides=COUNT,
        left=st.lists(st.text(max_size=4)).map(tuple), again=COUNT,
    )
)  # fmt: skip
def test_it_is_read_as_it_was_kept(session) -> None:
    assert TriageSession.of_field(json.loads(json.dumps(session.to_field()))) == session


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(),
    lambda some: st.lists(some) | st.dictionaries(st.text(), some),
)


@given(JSON, st.sampled_from([*paused().to_field()]), st.booleans())
def test_what_is_no_session_is_none(value, field, whole) -> None:
    kept = {**paused().to_field(), field: value}
    TriageSession.of_field(value if whole else kept)
    del kept[field]
    assert TriageSession.of_field(kept) is None or field == "again"


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(0, "less than a minute"), (0.4, "less than a minute"), (0.6, "1 minute"), (1, "1 minute"),
     (1.4, "1 minute"), (1.6, "2 minutes"), (8, "8 minutes")],
)  # fmt: skip
def test_minutes_in_words(minutes: float, said: str) -> None:
    assert in_minutes(minutes) == said


@pytest.mark.parametrize(
    ("gap", "counted"),
    [(-5, 0), (0, 0), (1, 1), (119, 119), (120, 120), (121, 0), (3600, 0)],
)
def test_a_gap_of_two_minutes_still_counts(gap: int, counted: int) -> None:
    some = sitting("a")
    some.seen(NOW + timedelta(seconds=gap))
    assert some.ended().seconds == counted
    assert some.minutes == counted / 60
    assert TriageSession("all", NOW, 90, 0, {"accepted": 2, "snoozed": 1}, 0, 0, 0).minutes == 1.5
    assert TriageSession("all", NOW, 90, 0, {"accepted": 2, "snoozed": 1}, 0, 0, 0).decisions == 3


@pytest.mark.parametrize(("limit", "many"), [(None, 3), (0, 0), (1, 1), (3, 3), (9, 3)])
def test_a_queue_may_be_cut_to_its_first_cards(limit: int | None, many: int) -> None:
    queue = Queue(items("a", "b", "c"), frozenset("b"), True)
    first = queue.first(limit)
    assert first == (items("a", "b", "c")[:many], frozenset("b"), True)
    assert Queue(items("a")) == (items("a"), frozenset(), False)


def test_at_the_end_nothing_is_decided_skipped_or_gone() -> None:
    some = sitting("a")
    some.decide("accepted")
    for move in (lambda: some.decide("accepted"), some.skip, some.gone):
        move()
        assert (some.at, some.item, some.cards, some.left) == (1, None, 1, 0)
    assert some.ended().decided == {"accepted": 1}
    some.previous()
    some.previous()
    assert (some.at, here(some)) == (0, "a")
    assert not sitting("a").has_changes


def test_what_was_noted_skipped_or_taken_back_is_something_to_store() -> None:
    skipped = sitting("a")
    skipped.skip()
    assert skipped.has_changes
    undone = sitting("a")
    undone.decide("accepted")
    undone.undo(["a"])
    assert (undone.decided, undone.has_changes, undone.ended().undone) == ({}, True, 1)
    undone.redo(["a"])
    assert undone.ended().undone == 0
    many = sitting("a", "b")
    many.note(["a", "b"])
    many.note([])
    many.undo(["b"])
    assert (here(many), many.has_changes) == ("b", False)


def test_only_accepted_cards_go_past_a_limit() -> None:
    some = sitting("a", "b", "c")
    some.decide("accepted", forced=True)
    some.decide("completed", forced=True)
    some.decide("accepted")
    assert some.ended().overrides == 1


@pytest.mark.parametrize(
    ("change", "read"),
    [
        ({"view": "inbox"}, {"view": "new"}), ({"view": "later"}, {"view": "later"}),
        ({"began": "2026-03-20T09:00:00"}, {"began": NOW}),
        ({"began": "2026-03-20T10:00:00+01:00"}, {"began": NOW}),
        ({"decided": {"accepted": 2, "postponed": 5}}, {"decided": {**dict.fromkeys(VERBS, 0),
                                                                    "accepted": 2}}),
        ({"left": ["a"], "again": 1}, {"left": ("a",), "again": 1}),
    ],
)  # fmt: skip
def test_a_session_of_another_version_is_read(change, read) -> None:
    kept = {**paused().to_field(), **change}
    found = TriageSession.of_field(kept)
    assert found is not None
    assert {name: getattr(found, name) for name in read} == read
    del kept["again"]
    found = TriageSession.of_field(kept)
    assert found is not None
    assert found.again == 0
