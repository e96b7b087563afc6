"""Turns of the queue: by priority, then by arrival, unless somebody changed that by hand."""

from hypothesis import given
from hypothesis import strategies as st

from mlkanban.runs.model.queue_order import InQueue, in_turn, shifted

HIGH, LOW = InQueue("a", "high", "2026-01-03"), InQueue("b", "low", "2026-01-01")
NORMAL, LATER = InQueue("c", "normal", "2026-01-02"), InQueue("d", "normal", "2026-01-04")


def test_priority_comes_before_arrival() -> None:
    assert in_turn([LOW, LATER, NORMAL, HIGH], []) == ["a", "c", "d", "b"]


def test_a_priority_that_nobody_knows_is_normal() -> None:
    assert in_turn([LOW, InQueue("e", "", "2026-01-01")], []) == ["e", "b"]


def test_an_order_by_hand_stays_and_newcomers_find_their_place_in_it() -> None:
    assert in_turn([LOW, NORMAL, HIGH], ["b", "c", "gone"]) == ["a", "b", "c"]
    assert in_turn([LOW, NORMAL, LATER, HIGH], ["b", "a", "c"]) == ["b", "a", "c", "d"]


def test_a_run_is_shifted_within_the_queue() -> None:
    assert shifted(["a", "b", "c"], ["c"], earlier=True) == ["a", "c", "b"]
    assert shifted(["a", "b", "c"], ["a"], earlier=False) == ["b", "a", "c"]
    assert shifted(["a", "b", "c"], ["a"], earlier=True) == ["a", "b", "c"]


def test_several_are_shifted_together_and_keep_their_order() -> None:
    assert shifted([*"abcde"], ["c", "e"], earlier=True) == [*"acbed"]
    assert shifted([*"abcde"], ["a", "b"], earlier=True) == [*"abcde"]
    assert shifted([*"abcde"], ["a", "b"], earlier=False) == [*"cabde"]
    assert shifted([*"abcde"], ["a", "e"], earlier=False) == [*"bacde"]


PLACES = st.lists(
    st.builds(InQueue, st.sampled_from("abcdef"), st.sampled_from(["high", "low", "?"]), st.text()),
    unique_by=lambda place: place.run,
)


@given(PLACES, st.lists(st.sampled_from("abcdefgh")))
def test_every_run_has_one_turn(places: list[InQueue], by_hand: list[str]) -> None:
    order = in_turn(places, by_hand)
    assert sorted(order) == sorted(place.run for place in places)
    kept = [run for run in dict.fromkeys(by_hand) if run in order]
    assert [run for run in order if run in kept] == kept
