"""What two replicas wrote to one field without knowing of each other, from any order of events."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core import lifecycle
from mlkanban.core.board import UNTIL_RUN
from mlkanban.core.conflicts import conflicts_of, standing_verdict
from mlkanban.core.events import KNOWN, Entity, Event, in_order
from mlkanban.core.timestamps import tick
from tests.core.test_events import BLANK

FIELDS = ("title", "due", "tag:gpu", "place")


class Replica:
    """Writes as a store does: with what it knows, and a clock of its own."""

    def __init__(self, name: str, skew: int) -> None:
        self.name, self.clock = name, skew
        self.log: list[Event] = []
        self.hlc = ""

    def learn(self, events: Sequence[Event]) -> None:
        known = {event.id for event in self.log}
        self.log += [event for event in events if event.id not in known]
        self.hlc = max([self.hlc, *(event.hlc for event in events)])

    def write(self, name: str, number: int) -> Event:
        entity = Entity()
        for event in self.log:
            entity.apply(event)
        value = [f"s{number}", "r"] if name == "place" else number
        values = {name: value}
        self.clock += 1
        self.hlc = tick(self.hlc, self.clock)
        rseq = 1 + sum(event.replica == self.name for event in self.log)
        made = replace(
            BLANK, id=f"{self.name}{rseq}", replica=self.name, rseq=rseq, hlc=self.hlc,
            data={"set": values, "was": entity.replaced_by(values),
                  "saw": entity.taken_back(values)},
        )  # fmt: skip
        self.log.append(made)
        return made


STEPS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from((*FIELDS, "meet")), st.integers(0, 2)), max_size=14
)


def told(steps: Sequence[tuple[int, str, int]]) -> list[Replica]:
    some = [Replica("p", 0), Replica("q", 50), Replica("r", 5)]
    for who, what, number in steps:
        if what == "meet":
            some[who].learn(some[number].log)
        else:
            some[who].write(what, number)
    for one in some * 2:
        for other in some:
            one.learn(other.log)
    return some


def state(events: Sequence[Event]) -> Entity:
    entity = Entity()
    for event in events:
        entity.apply(event)
    return entity


@given(STEPS, st.randoms())
def test_any_order_and_any_duplicates_give_the_same(steps, random) -> None:
    log = told(steps)[0].log
    other = log + random.sample(log, len(log) // 2)
    random.shuffle(other)
    assert state(other) == state(log)
    assert conflicts_of({event.id: event for event in other}.values()) == conflicts_of(log)


@given(STEPS)
def test_replicas_that_met_agree(steps) -> None:
    first, *others = told(steps)
    for other in others:
        assert state(other.log) == state(first.log)
        assert conflicts_of(other.log) == conflicts_of(first.log)


@given(STEPS)
def test_the_latest_write_of_a_plain_field_stands(steps) -> None:
    log = in_order(told(steps)[0].log)
    last = {name: value for event in log for name, value in event.data["set"].items()}
    for name, value in last.items():
        if name != "tag:gpu":
            assert state(log).fields[name] == value


@given(st.lists(st.tuples(st.sampled_from(FIELDS), st.integers(0, 2)), max_size=8))
def test_who_writes_alone_clashes_with_nobody(steps) -> None:
    alone = Replica("p", 0)
    for name, number in steps:
        alone.write(name, number)
    assert conflicts_of(alone.log) == []


@given(STEPS)
def test_a_decision_that_saw_all_leaves_nothing_undecided(steps) -> None:
    one = told(steps)[0]
    open_ones = conflicts_of(one.log)
    for field in {clash.field for clash in open_ones}:
        made = one.write(field, 1)
        stamps = [clash.other_stamp for clash in open_ones if clash.field == field]
        one.log[-1] = replace(made, data={**made.data, "settles": {field: stamps}})
    assert conflicts_of(one.log) == []


def test_the_value_of_one_who_went_on_writing_hides_nothing() -> None:
    p, q = Replica("p", 0), Replica("q", 0)
    p.write("title", 1)
    q.learn(p.log)
    p.write("title", 2)
    q.write("title", 3)
    p.write("title", 4)
    q.learn(p.log)
    (clash,) = conflicts_of(q.log)
    assert {clash.kept, clash.other} == {3, 4}


def test_an_addition_that_a_removal_did_not_see_survives_it() -> None:
    p, q = Replica("p", 0), Replica("q", 100)
    p.write("tag:gpu", 1)
    q.learn(p.log)
    p.write("tag:gpu", 1)
    q.write("tag:gpu", 0)
    q.learn(p.log)
    assert state(q.log).members("tag:") == ["gpu"]
    q.write("tag:gpu", 0)
    assert state(q.log).members("tag:") == []


def card_event(number: int, kind: str, values: dict[str, Any], was: dict[str, Any], **more: Any):
    return replace(
        BLANK, id=f"e{number}", kind=kind, hlc=f"{number:04}", rseq=number,
        **{"replica": "p", **more.pop("by", {})},
        data={"set": values, "was": {name: [was.get(name), "0001:p"] for name in values}, **more},
    )  # fmt: skip


@pytest.mark.parametrize(("knew_of_it", "conflicts"), [(False, ["lifecycle"]), (True, [])])
def test_a_note_on_a_card_that_was_archived_without_knowing_of_it_is_a_conflict(
    knew_of_it, conflicts
) -> None:
    place = ["s1", "r"]
    made = card_event(1, "card.created", {"place": place}, {})
    note = card_event(2, "card.noted", {}, {}, note="It diverges.", saw={"card": []})
    archived = card_event(
        3, "card.archived", {"place": place, "outcome": None, "archived": True}, {"place": place},
        by={"replica": "q"}, saw={"card": [(note if knew_of_it else made).stamp]},
    )  # fmt: skip
    found = conflicts_of([made, note, archived])
    assert [conflict.field for conflict in found] == conflicts
    if found:
        assert (found[0].other_stamp, found[0].kept["archived"]) == (note.stamp, True)


def test_a_rank_beside_a_field_hides_no_conflict_about_it() -> None:
    made = card_event(1, "card.created", {"title": "a"}, {})
    here = card_event(2, "card.edited", {"title": "b"}, {"title": "a"})
    there = card_event(
        3, "card.edited", {"rank:s1": "q", "title": "c"}, {"title": "a"}, by={"replica": "q"},
        saw={"card": [made.stamp]},
    )  # fmt: skip
    (conflict,) = conflicts_of([made, here, there])
    assert (conflict.field, conflict.kept, conflict.other) == ("title", "c", "b")


def test_a_conflict_about_a_lifecycle_is_over_when_somebody_decides_it() -> None:
    place = ["s1", "r"]
    made = card_event(1, "card.created", {"place": place}, {})
    note = card_event(2, "card.noted", {}, {}, note="It diverges.", saw={"card": []})
    archived = card_event(
        3, "card.archived", {"place": place, "outcome": None, "archived": True}, {"place": place},
        by={"replica": "q"}, saw={"card": [made.stamp]},
    )  # fmt: skip
    log = [made, note, archived]
    [conflict] = conflicts_of(log)
    knows_all = {"card": [note.stamp, archived.stamp]}
    for field in ("lifecycle", "place", "outcome", "archived"):
        settled = card_event(
            4, "card.settled", {}, {}, by={"replica": "z"}, saw=knows_all,
            settles={field: [conflict.other_stamp]},
        )  # fmt: skip
        assert conflicts_of([*log, settled]) == []
        taken_back = replace(
            settled, id="e5", hlc="0005", rseq=5, undoes=settled.id, kind="undone",
            data={**settled.data, "settles": {}},
        )  # fmt: skip
        assert conflicts_of([*log, settled, taken_back]) == [conflict]
    for other in ({"title": [conflict.other_stamp]}, {"lifecycle": [made.stamp]}):
        settled = card_event(
            4, "card.settled", {}, {}, by={"replica": "z"}, saw=knows_all, settles=other
        )
        assert conflicts_of([*log, settled]) == [conflict]


@pytest.mark.parametrize(
    ("editor_saw", "deleter_saw", "stays"),
    [
        (False, False, True),
        (True, False, False),  # edited though it was known to be deleted
        (False, True, False),  # deleted though it was known to be edited
    ],
)
def test_a_card_stays_that_was_deleted_while_somebody_worked_on_it(
    editor_saw, deleter_saw, stays
) -> None:
    made = card_event(1, "card.created", {"title": "a"}, {})
    edited = card_event(2, "card.edited", {"title": "b"}, {"title": "a"}, by={"replica": "q"})
    deleted = card_event(3, "undone", {"deleted": True}, {})
    edited.data["saw"] = {"card": [(deleted if editor_saw else made).stamp]}
    deleted.data["saw"] = {"card": [edited.stamp] if deleter_saw else []}
    found = conflicts_of([made, edited, deleted])
    assert [conflict.field for conflict in found] == (["deleted"] if stays else [])
    if found:
        assert (found[0].kept, found[0].other) == (False, True)
        assert found[0].other_stamp == deleted.stamp
    alone = replace(edited, replica="p", id="e2")
    assert conflicts_of([made, alone, deleted]) == [], "a replica knows what it did"


class Machine(Replica):
    """Acts on a card as a store does: with its whole lifecycle, and with what it knew of others."""

    def does(self, kind: str, values: dict[str, Any], **more: Any) -> Event:
        card = state(in_order(self.log))
        written = lifecycle.whole(card, values)
        newest = {e.replica: e.stamp for e in in_order(self.log) if e.replica != self.name}
        self.clock += 1
        self.hlc = tick(self.hlc, self.clock)
        rseq = 1 + sum(event.replica == self.name for event in self.log)
        data = {
            "set": written, "was": card.replaced_by(written),
            "saw": {KNOWN: sorted(newest.values()), **card.taken_back(written)},
            **more.pop("data", {}),
        }  # fmt: skip
        made = replace(
            BLANK, id=f"{self.name}{rseq}", replica=self.name, rseq=rseq, hlc=self.hlc, kind=kind,
            data=data, **more,
        )  # fmt: skip
        self.log.append(made)
        return made

    def acts(self, name: str) -> Event:
        return self.does(*ACTIONS[name])


ACTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "move": ("card.moved", {"place": ["s2", "r"]}),
    "back": ("card.moved", {"place": ["s0", "r"]}),
    "ship": ("card.finished", {"place": ["live", "r"], "outcome": "shipped"}),
    "learn": ("card.finished", {"outcome": "learned", "verdict": "no gain"}),
    "archive": ("card.archived", {"archived": True}),
    "note": ("card.noted", {}),
    "title": ("card.edited", {"title": "b"}),
    "block": ("card.blocked", {"blocker": {"reason": "bug"}}),
    "snooze": ("card.snoozed", {"snoozed_until": "2026-05-01"}),
    "run": ("run.started", {"work": "unattended"}),
    "tag": ("card.edited", {"tag:gpu": True}),
    "rank": ("card.reordered", {"rank:s1": "q"}),
    "delete": ("undone", {"deleted": True}),
}
LIVES = {
    "move": ("s2", "", False), "back": ("s0", "", False), "ship": ("live", "shipped", False),
    "learn": ("s1", "learned", False), "archive": ("s1", "", True),
}  # fmt: skip
"""What the actions that write a lifecycle make of a card that stands, open, in s1."""
HIDES = {
    "move": {"run"}, "back": {"run"}, "ship": {"block", "snooze", "run"},
    "learn": {"note", "title", "block", "snooze", "run", "tag"},
    "archive": {"note", "title", "block", "snooze", "run", "tag"},
}  # fmt: skip
"""The work of another machine that is in vain after them."""


def apart(one: str, other: str) -> tuple[Machine, Machine, list[Event]]:
    """Two machines that know of one card, each with an action of which the other does not know."""
    p, q = Machine("p", 0), Machine("q", 50)
    p.does("card.created", {"place": ["s1", "r"], "title": "a"})
    q.learn(p.log)
    return p, q, [p.acts(one), q.acts(other)]


def expected(first: str, second: str) -> tuple[str, str, str] | None:
    """The field that is in conflict after two actions, what stands, and what lost."""
    pair = {first, second}
    if "delete" in pair:
        lost = first if first == "delete" else second
        return None if pair == {"delete"} else ("deleted", (pair - {"delete"}).pop(), lost)
    if first in LIVES and second in LIVES:
        return None if first == second else ("lifecycle", second, first)
    for life, work in ((first, second), (second, first)):
        if work in HIDES.get(life, ()):
            return "lifecycle", life, work
    return None


@pytest.mark.parametrize("second", ACTIONS)
@pytest.mark.parametrize("first", ACTIONS)
def test_two_actions_that_do_not_go_together_are_one_conflict(first: str, second: str) -> None:
    p, q, (one, other) = apart(first, second)
    log = [*p.log, other]
    found = conflicts_of(log)
    wanted = expected(first, second)
    if wanted is None:
        assert found == []
        return
    field, stands, lost = wanted
    (conflict,) = found
    loser = one if lost == first else other
    assert (conflict.field, conflict.other_stamp) == (field, loser.stamp)
    assert (conflict.actor, conflict.host, conflict.at) == (loser.actor, loser.host, loser.at)
    if field == "deleted":
        assert (conflict.kept, conflict.other) == (False, True)
    else:
        kept, other_value = conflict.kept, conflict.other
        assert tuple(kept[name] for name in lifecycle.Lifecycle._fields) == LIVES[stands]
        there = LIVES.get(lost, ("s1", "", False))
        assert tuple(other_value[name] for name in lifecycle.Lifecycle._fields) == there
        shown = {"block": "blocker", "snooze": "snoozed_until", "run": "work"}.get(lost)
        assert shown is None or other_value[shown]
        assert ("verdict" in kept) == (stands == "learn")
    # Whoever knows of both decides, and takes the decision back.
    q.learn(p.log)
    settled = q.does("card.settled", {}, data={"settles": {field: [loser.stamp]}})
    assert conflicts_of([*log, settled]) == ([] if field != "deleted" else [conflict])
    q.does("undone", {}, undoes=settled.id)
    assert conflicts_of(q.log) == [conflict]


@pytest.mark.parametrize("first", ACTIONS)
def test_who_knew_of_the_other_is_in_conflict_with_nobody(first: str) -> None:
    for second in ACTIONS:
        p, q = Machine("p", 0), Machine("q", 50)
        p.does("card.created", {"place": ["s1", "r"], "title": "a"})
        p.acts(first)
        q.learn(p.log)
        q.acts(second)
        assert conflicts_of(q.log) == []


FIELD_VALUES = {
    "title": ("b", "c"), "due": ("2026-05-01", ""), "hypothesis": ("x", None),
    "blocker": ({"reason": "bug"}, {"reason": "other"}),
    "snoozed_until": ("2026-05-01", "2026-06-01"), "verdict": ("yes", "no"),
    "note:e1": ("x", "y"), "health": ("ok", "watch"),
}  # fmt: skip


@pytest.mark.parametrize("name", FIELD_VALUES)
def test_two_values_of_one_field_are_a_conflict_until_somebody_decides(name: str) -> None:
    one, other = FIELD_VALUES[name]
    p, q, r = Machine("p", 0), Machine("q", 50), Machine("r", 0)
    live = {"outcome": "shipped"} if name == "health" else {}
    p.does("card.created", {"place": ["s1", "r"], name: "before", **live})
    q.learn(p.log)
    first, second = p.does("card.edited", {name: one}), q.does("card.edited", {name: other})
    log = [*p.log, second]
    (conflict,) = conflicts_of(log)
    assert (conflict.field, conflict.kept, conflict.other) == (name, other, one)
    assert conflict.other_stamp == first.stamp
    # The same value from both is none, and a third machine that knew one of them adds nothing.
    again = replace(second, data={**second.data, "set": {**second.data["set"], name: one}})
    assert conflicts_of([*p.log, again]) == []
    # A later value hides nothing of what lost, unless it is the same.
    for value in (one, other, "2026-07-01"):
        r.log = list(log)
        r.hlc = q.hlc
        r.does("card.edited", {name: value})
        found = conflicts_of(r.log)
        assert found == ([] if value == one else [replace(conflict, kept=value)])
    for stamp, left in ((first.stamp, []), (second.stamp, [conflict])):
        r.log = list(log)
        r.does("card.settled", {name: other}, data={"settles": {name: [stamp]}})
        assert conflicts_of(r.log) == left


@pytest.mark.parametrize(
    ("one", "other", "conflicts"),
    [
        ("2026-05-01", "2026-06-01", 1), ("2026-05-01", None, 0), (None, "2026-05-01", 0),
        (UNTIL_RUN, "2026-05-01", 0), ("2026-05-01", UNTIL_RUN, 0), (None, None, 0),
    ],
)  # fmt: skip
def test_of_a_snooze_only_days_are_chosen_by_a_person(one, other, conflicts: int) -> None:
    p, q = Machine("p", 0), Machine("q", 50)
    p.does("card.created", {"place": ["s1", "r"], "snoozed_until": "2026-04-01"})
    q.learn(p.log)
    p.does("card.snoozed", {"snoozed_until": one})
    q.does("card.snoozed", {"snoozed_until": other})
    q.learn(p.log)
    assert len(conflicts_of(q.log)) == conflicts


@pytest.mark.parametrize("name", ["rank", "rank:s1", "work", "snoozed_run", "run:1", "alert:auc"])
def test_what_follows_by_itself_is_in_no_conflict(name: str) -> None:
    p, q = Machine("p", 0), Machine("q", 50)
    p.does("card.created", {"place": ["s1", "r"], name: "before"})
    q.learn(p.log)
    p.does("card.edited", {name: "b"})
    q.does("card.edited", {name: "c"})
    q.learn(p.log)
    assert conflicts_of(q.log) == []


@pytest.mark.parametrize(
    ("verdicts", "outcome", "stands"),
    [
        ([], "", None),
        ([("", "early")], "", "early"), ([("", "early")], "learned", "early"),
        ([("learned", "no gain")], "learned", "no gain"), ([("learned", "no gain")], "", None),
        ([("learned", "no gain")], "shipped", None),
        ([("", "early"), ("learned", "no gain")], "shipped", "early"),
        ([("", "early"), ("learned", "no gain")], "learned", "no gain"),
        ([("", "early"), ("", None)], "", None), ([("", "early"), ("", "")], "", None),
    ],
)  # fmt: skip
def test_the_verdict_that_stands_was_written_for_the_same_outcome(
    verdicts, outcome, stands
) -> None:
    p = Machine("p", 0)
    p.does("card.created", {"place": ["s1", "r"]})
    for written_for, verdict in verdicts:
        p.does("card.edited", {"verdict": verdict, "outcome": written_for or None})
    assert standing_verdict(in_order(p.log), outcome) == stands
