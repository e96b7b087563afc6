"""Texts that come back, compared three ways: as they were, as the card is now, as they are."""

import pytest

from mlkanban.core.markdown.card_values import TextConflict, Values, stored, three_way

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
