"""Notes and their corrections among the events of a card."""

import pytest

from mlkanban.core.notes import alone, current_text, field, is_note


@pytest.mark.parametrize(
    ("fields", "corrects"),
    [
        ((), False), (("note:e1",), True), (("note:e1", "note:e2"), True),
        (("note:e1", "title"), False), (("title",), False), (("notes",), False),
    ],
)  # fmt: skip
def test_what_sets_corrections_and_nothing_else_is_about_notes(fields, corrects) -> None:
    assert alone(fields) is corrects
    assert is_note("card.edited", fields) is corrects
    assert is_note("card.noted", fields)


def test_the_present_text_is_the_last_correction() -> None:
    assert field("e1") == "note:e1"
    assert current_text("e1", "first", {}) == "first"
    assert current_text("e1", "first", {"note:e1": None}) == "first"
    assert current_text("e1", "first", {"note:e1": "second", "note:e2": "x"}) == "second"
    assert current_text("e1", "first", {"note:e1": ""}) == "", "deleted"
