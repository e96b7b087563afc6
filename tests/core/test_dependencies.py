"""Trees of what must come first, in both directions."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mlkanban.core.board import CardFace, waits
from mlkanban.core.dependencies import Branch, needed_by, needs


def card(ref: str, *others: str, outcome: str = "") -> CardFace:
    blank: dict[str, Any] = dict.fromkeys(CardFace._fields, "")
    blank |= {"archived": 0, "block_external": 0, "version": 1}
    return CardFace(**{**blank, "id": f"id-{ref}", "ref": ref, "outcome": outcome,
                       "needs": " ".join(others)})  # fmt: skip


def told(branches: list[Branch]) -> list[str]:
    return ["." * depth + face.ref + ("*" if again else "") for depth, face, again in branches]


def test_each_card_is_followed_by_what_comes_before_it() -> None:
    faces = [card("g1", "g2", "g3"), card("g2", "g4"), card("g3", "g4"), card("g4")]
    assert told(needs(faces, "g1")) == [".g2", "..g4", ".g3", "..g4*"]
    assert told(needed_by(faces, "g4")) == [".g2", "..g1", ".g3", "..g1*"]
    assert told(needs(faces, "g4")) == []


def test_cards_that_are_not_there_are_left_out() -> None:
    assert told(needs([card("g1", "g7")], "g1")) == []
    assert told(needs([card("g1")], "g7")) == []
    assert told(needed_by([card("g1")], "g7")) == []


@given(st.lists(st.sets(st.integers(0, 7)), max_size=8))
def test_a_circle_in_a_log_from_elsewhere_comes_to_an_end(links: list[set[int]]) -> None:
    faces = [card(f"g{n}", *(f"g{m}" for m in sorted(to))) for n, to in enumerate(links)]
    for face in faces:
        shown = needs(faces, face.ref)
        firsts = [branch.face.ref for branch in shown if not branch.again]
        assert len(firsts) == len(set(firsts))
        reached: set[str] = set()
        new = set(face.needs.split())
        there = {one.ref: one for one in faces}
        while new := {one for one in new if one in there} - reached:
            reached |= new
            new = {more for one in new for more in there[one].needs.split()}
        assert set(firsts) == reached


def test_only_open_cards_wait_and_only_for_open_ones() -> None:
    faces = [
        card("g1", "g2", "g3", "g9"), card("g2"), card("g3", outcome="learned"),
        card("g4", "g2", outcome="shipped"), card("g5", "g3"),
    ]  # fmt: skip
    assert waits(faces) == {"id-g1": ("g2",)}


def test_a_long_chain_is_followed_to_its_end() -> None:
    faces = [card(f"g{n}", f"g{n + 1}") for n in range(3000)] + [card("g3000")]
    assert len(needs(faces, "g0")) == len(needed_by(faces, "g3000")) == 3000
