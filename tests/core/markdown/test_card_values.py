"""Texts that come back, compared three ways: as they were, as the card is now, as they are."""

import pytest

from mlkanban.core.markdown.card_values import (
    TextConflict,
    Values,
    brief,
    stored,
    three_way,
    unknown,
)

WAS: Values = {"title": "a", "stage": "Ready", "outcome": "", "tags": ("x", "y"), "dataset": "d1"}


def compared(wanted: Values, now: Values) -> tuple[Values, list[str]]:
    """What is to be set, and the names of the fields changed on both sides."""
    changes, conflicts = three_way("g1", WAS, WAS | wanted, WAS | now, lists=("tags",))
    assert all(conflict.ref == "g1" for conflict in conflicts)
    return changes, [conflict.name for conflict in conflicts]


@pytest.mark.parametrize(
    ("wanted", "now", "changes", "both"),
    [
        ({}, {"title": "b"}, {}, []),
        ({"title": "c"}, {}, {"title": "c"}, []),
        ({"title": "c"}, {"title": "c"}, {}, []),
        ({"title": "c"}, {"title": "b"}, {"title": "c"}, ["title"]),
        ({"title": "c"}, {"dataset": "d2"}, {"title": "c"}, []),
        ({"stage": "Training"}, {}, {"stage": "Training"}, []),
        # A move means something else once the card was finished meanwhile; a title does not.
        ({"stage": "Training"}, {"outcome": "learned"}, {"stage": "Training"}, ["stage"]),
        ({"title": "c"}, {"outcome": "learned"}, {"title": "c"}, []),
        ({"tags": ("x", "z")}, {"tags": ("w", "x", "y")}, {"tags": ("w", "x", "z")}, []),
    ],
)
def test_only_what_a_text_changes_is_set(wanted, now, changes, both) -> None:
    assert compared(wanted, now) == (changes, both)


def test_a_conflict_has_all_three_values() -> None:
    _, (conflict,) = three_way("g1", WAS, {"title": "c"}, {"title": "b"})
    assert conflict == TextConflict("g1", "title", "a", "b", "c")


def test_what_is_stored_leaves_out_the_stage_and_empties_are_none() -> None:
    changes: Values = {"stage": "Training", "title": "c", "dataset": "", "tags": ("x",)}
    assert stored(changes, WAS, None) == {"title": "c", "dataset": None, "tags": ("x",)}


def test_a_long_value_is_cut_for_a_sentence() -> None:
    assert brief("x" * 60) == "x" * 60
    assert brief("x" * 61) == "x" * 58 + ".."
    assert brief(" a\n b ") == "a b"
    assert brief(("a", "b")) == "[a, b]"


def test_an_unknown_name_is_guessed() -> None:
    assert unknown("titel", ["title", "due"]) == (
        "There is no 'titel' here. Did you mean title?", "There are: title, due.",
    )  # fmt: skip
    assert unknown("xyz", ["title"])[0] == "There is no 'xyz' here."


@pytest.mark.parametrize(
    ("was", "wanted", "now", "set_to", "both"),
    [
        ((), ("a",), (), ("a",), False), (("a",), (), ("a",), (), False),
        (("a",), (), (), None, False), ((), ("a",), ("a",), None, False),
        (("a",), ("b",), ("a", "c"), ("b", "c"), False), (("a",), ("a",), ("c",), None, False),
    ],
)  # fmt: skip
def test_members_are_changed_one_by_one(was, wanted, now, set_to, both: bool) -> None:
    changes, conflicts = three_way(
        "g1", {"tags": was}, {"tags": wanted}, {"tags": now}, lists=("tags",)
    )
    assert changes == ({} if set_to is None else {"tags": set_to})
    assert bool(conflicts) is both


@pytest.mark.parametrize("end", ["outcome", "archived"])
def test_only_a_stage_means_something_else_once_a_card_has_ended(end: str) -> None:
    for before, after, both in (("", "", 0), ("", "yes", 1), ("yes", "", 1), ("yes", "yes", 0)):
        was: Values = {"stage": "a", "title": "x", end: before}
        now: Values = {"stage": "a", "title": "x", end: after}
        for name in ("stage", "title"):
            changes, conflicts = three_way("g1", was, {name: "b"}, now)
            assert changes == {name: "b"}
            assert len(conflicts) == (both if name == "stage" else 0)
