from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlkanban.core.events import (
    LOGGED,
    RANK,
    Entity,
    Event,
    changed_since,
    changes,
    fold,
    holders,
    in_order,
    knew,
    putting_back,
    roots,
    undone,
    with_data,
)
from mlkanban.core.timestamps import tick

FIELDS = ("title", "place", "rank:s1", "tag:gpu", "limit")
BLANK = Event(
    id="", replica="r", rseq=0, hlc="", at="", actor="ada", host="h", board="b", card="c",
    kind="card.edited", version=1, data={}, action="", undoes="",
)  # fmt: skip


def event(number: int, values: dict[str, Any], *, replica: str = "r", clock: int = 0) -> Event:
    hlc = tick("", clock or number)
    return replace(
        BLANK, id=f"{replica}{number}", replica=replica, rseq=number, hlc=hlc, data={"set": values}
    )


VALUES = st.dictionaries(st.sampled_from(FIELDS), st.integers(0, 3), max_size=3).map(
    lambda made: {
        name: [f"s{value}", "p"] if name == "place" else value
        for name, value in made.items()
        if name != "rank:s1" or "place" not in made
    }
)
# Several replicas whose clocks often agree, so that ties are the rule.
LOGS = st.lists(
    st.tuples(VALUES, st.sampled_from("pqr"), st.integers(1, 5)), max_size=8
).map(
    lambda made: [
        event(n, values, replica=f"{replica}{n}", clock=clock)
        for n, (values, replica, clock) in enumerate(made)
    ]
)  # fmt: skip


@given(LOGS, st.randoms())
def test_any_order_of_arrival_gives_the_same_state(log: list[Event], random) -> None:
    shuffled = list(log)
    random.shuffle(shuffled)
    assert fold(shuffled) == fold(log)


@given(LOGS)
def test_an_event_taken_in_twice_changes_nothing(log: list[Event]) -> None:
    assert fold(log + log) == fold(log)


def test_the_later_clock_wins_and_the_replica_breaks_a_tie() -> None:
    entity = Entity()
    assert entity.apply(event(1, {"title": 1}, replica="p", clock=5))
    assert not entity.apply(event(2, {"title": 2}, replica="z", clock=4))
    assert entity.fields["title"] == 1
    assert entity.apply(event(3, {"title": 3}, replica="q", clock=5))
    assert entity.fields["title"] == 3


def test_the_members_of_a_set_are_fields_of_their_own() -> None:
    entity = Entity({"tag:gpu": True, "tag:a": True, "tag:old": False, "title": "x"})
    assert entity.members("tag:") == ["a", "gpu"]


def test_an_event_is_about_its_card_its_stage_or_its_board() -> None:
    assert BLANK.entity == "c"
    assert replace(BLANK, card="", data={"stage": "s"}).entity == "s"
    assert replace(BLANK, card="").entity == "b"


class Log:
    """One store: every event says what it replaces, as the writer of a store does."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.entity = Entity()

    def write(self, values, *, restores=None, undoes: str = "") -> Event:
        number = len(self.events) + 1
        data = {"set": values, "was": self.entity.replaced_by(values), "restores": restores or {}}
        made = replace(event(number, {}), data=data, undoes=undoes)
        self.events.append(made)
        self.entity.apply(made)
        return made

    def take_back(self, wrong: Event) -> Event:
        values, origins = putting_back(wrong)
        return self.write(values, restores=origins, undoes=wrong.id)


@given(st.lists(VALUES, min_size=1, max_size=8))
@example([{"rank:s1": 0}, {"title": 0, "place": ["s1", "p"]}, {"rank:s1": 0}])
def test_undoing_everything_brings_every_value_and_origin_back(steps) -> None:
    def state() -> tuple[dict[str, Any], dict[str, str]]:
        # What a rank says is said by the place that it put in order.
        values = log.entity.fields.items()
        return (
            {n: v for n, v in values if v is not None and not n.startswith(RANK)},
            {n: o for n, o in log.entity.origins.items() if o},
        )

    log, states = Log(), []
    for values in steps:
        states.append(state())
        log.write(values)
    for wrong, before in zip(log.events[::-1], states[::-1], strict=True):
        assert changed_since(wrong, log.entity) == []
        log.take_back(wrong)
        assert state() == before


@given(VALUES.filter(bool), st.integers(1, 7))
def test_undo_and_redo_in_turn_put_an_event_out_of_and_in_force(values, turns: int) -> None:
    log = Log()
    before = dict.fromkeys(FIELDS, 9) | {"place": ["s9", "p"]}
    log.write(before)
    first = last = log.write(values)
    for turn in range(1, turns + 1):
        assert changed_since(last, log.entity) == []
        last = log.take_back(last)
        in_force = turn % 2 == 0
        assert (first.id not in undone(log.events)) is in_force
        expected = {**before, **(values if in_force else {})}
        assert log.entity.fields == expected


def test_undone_does_not_depend_on_the_order_of_arrival() -> None:
    log = Log()
    first = log.write({"title": 1})
    back = log.take_back(first)
    again = log.take_back(back)
    second_time = log.take_back(first)
    dead = {first.id, back.id}
    assert undone(log.events) == undone(log.events[::-1]) == dead
    assert undone([first, back, again]) == {back.id}
    assert second_time.id not in dead


def test_an_undo_that_archived_stands_for_what_it_did_not_take_back() -> None:
    log = Log()
    first = log.write({"title": 1})
    archived = replace(log.write({"archived": 1}), data={"instead": [first.id]})
    assert undone([first, archived]) == {first.id}
    assert undone([first, archived, log.take_back(archived)]) == {archived.id}


def test_a_later_value_of_somebody_else_is_seen() -> None:
    log = Log()
    mine = log.write({"title": 1, "limit": 1})
    log.write({"limit": 1})
    assert changed_since(mine, log.entity) == ["limit"]


def test_undoing_the_making_deletes() -> None:
    made = replace(BLANK, kind="card.created", data={"set": {"title": 1}, "was": {}})
    assert putting_back(made) == ({"deleted": True}, {})
    assert putting_back(replace(made, kind="stage.added")) == ({"deleted": True}, {})


def test_an_event_that_no_store_has_numbered_has_no_number() -> None:
    assert BLANK.seq == 0
    assert BLANK.stamp == ":r"


def test_applying_says_whether_something_changed() -> None:
    entity = Entity()
    first = event(1, {"title": "a"}, clock=5)
    assert entity.apply(first)
    assert not entity.apply(first), "again"
    assert not entity.apply(event(2, {"title": "b"}, clock=4)), "older"
    assert not entity.apply(event(3, {}, clock=6)), "of nothing"
    added = event(4, {"tag:gpu": True}, clock=7)
    assert entity.apply(added)
    assert not entity.apply(added)
    assert entity.apply(event(5, {"tag:gpu": True}, clock=8)), "a newer origin"
    assert entity.apply(event(6, {"tag:gpu": False}, clock=9))
    assert not entity.apply(event(7, {"tag:gpu": False}, clock=3)), "taken out before"


def test_what_an_event_replaces_is_a_value_with_its_origin() -> None:
    entity = Entity()
    first = event(1, {"title": "a", "place": ["s1", "a0"]})
    entity.apply(first)
    assert entity.replaced_by(["title", "due"]) == {"title": ["a", first.stamp], "due": [None, ""]}
    assert entity.replaced_by(["rank:s1", "rank:s2"]) == {
        "rank:s1": ["a0", ""], "rank:s2": [None, ""],
    }  # fmt: skip
    restored = replace(event(2, {"title": "b"}), data={
        "set": {"title": "b"}, "restores": {"title": "0:r"}})  # fmt: skip
    entity.apply(restored)
    assert entity.replaced_by(["title"]) == {"title": ["b", "0:r"]}


@pytest.mark.parametrize(
    ("first", "second", "place"),
    [
        # A rank given since the card entered its stage is the one it has there.
        ({"place": ["s1", "a"]}, {"rank:s1": "b"}, ["s1", "b"]),
        ({"rank:s1": "b"}, {"place": ["s1", "a"]}, ["s1", "a"]),
        ({"place": ["s1", "a"]}, {"rank:s2": "b"}, ["s1", "a"]),
        ({"place": ["s1", "a"]}, {"title": "b"}, ["s1", "a"]),
    ],
)  # fmt: skip
def test_a_rank_orders_the_stage_it_was_given_in(first, second, place) -> None:
    for log in ([event(1, first), event(2, second)], [event(2, second), event(1, first)]):
        assert fold(log)["c"].fields["place"] == place


def test_of_several_holders_the_one_that_got_it_last_counts() -> None:
    state = {
        "e1": Entity({"run:1": {}, "run:2": {"x": 1}, "run:3": {"x": 1}, "title": "a"},
                     {"run:1": "1", "run:2": "5", "run:3": "5", "title": "9"}),
        "e2": Entity({"run:2": {"x": 1}, "run:3": None, "run:4": True},
                     {"run:2": "4", "run:3": "9", "run:4": "1"}),
        "e3": Entity({"run:2": {"x": 1}}, {"run:2": "5"}),
    }  # fmt: skip
    assert holders(state, "run:") == {"2": "e3", "3": "e1", "4": "e2"}
    assert holders({}, "run:") == {}


def test_undos_of_undos_are_about_the_first_event() -> None:
    chain = [replace(BLANK, id=f"e{n}", undoes=f"e{n - 1}" if n else "") for n in range(4)]
    assert roots(chain) == {"e1": "e0", "e2": "e0", "e3": "e0"}
    circle = [replace(BLANK, id="a", undoes="b"), replace(BLANK, id="b", undoes="a")]
    assert set(roots(circle)) == {"a", "b"}
    assert roots([BLANK]) == {}


@pytest.mark.parametrize(
    ("values", "was", "changed"),
    [
        ({"title": "a"}, {"title": ["a", ""]}, {}), ({"title": "b"}, {"title": ["a", ""]}, None),
        ({"title": "a"}, {}, None), ({"title": ""}, {"title": [None, ""]}, {}),
        ({"title": None}, {"title": ["", ""]}, {}), ({"title": None}, {"title": ["a", ""]}, None),
        ({"limit": 0}, {"limit": [None, ""]}, {}), ({"limit": 1}, {"limit": [0, ""]}, None),
    ],
)  # fmt: skip
def test_what_is_written_again_is_no_change(values, was, changed) -> None:
    made = replace(BLANK, data={"set": values, "was": was})
    assert changes(made) == (values if changed is None else changed)


def test_a_writer_knew_of_what_it_saw_and_of_its_own() -> None:
    def made(replica: str, hlc: str, rseq: int = 1, **data: object) -> Event:
        return replace(BLANK, replica=replica, hlc=hlc, rseq=rseq, data=data)

    other = made("q", "5")
    assert knew(made("q", "6"), other) is True
    assert knew(made("q", "4"), other) is False
    assert knew(made("q", "5", 2), other) is True
    assert knew(made("q", "5", 1), other) is False, "itself"
    assert knew(made("p", "6"), other) is None, "it was not noted"
    for seen, known in ([], False), (["5:q"], True), (["6:q"], True), (["4:q"], False), (
        ["9:r"], False), (["4:q", "5:q"], True):  # fmt: skip
        assert knew(made("p", "6", saw={"card": seen}), other) is known


def test_history_brought_in_twice_counts_once_by_what_comes_first() -> None:
    one = replace(BLANK, id="e1", hlc="2", replica="q")
    same = replace(BLANK, id="e1", hlc="1", replica="p")
    third = replace(BLANK, id="e2", hlc="1", replica="p", rseq=7)
    first = replace(BLANK, id="e3", hlc="1", replica="p", rseq=-1)
    assert in_order([one, third, same, first]) == [first, same, third]


def test_data_in_another_form_stands_in_its_column() -> None:
    values = with_data(BLANK, "{}")
    assert values == tuple(
        "{}" if name == "data" else getattr(BLANK, name) for name in LOGGED
    )  # fmt: skip
