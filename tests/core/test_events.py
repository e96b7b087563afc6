from dataclasses import replace
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from mlkanban.core.events import (
    RANK,
    Entity,
    Event,
    changed_since,
    fold,
    putting_back,
    undone,
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
